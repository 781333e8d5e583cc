//! SQL of what was done since.

use diesel::prelude::*;

use crate::access::{Scope, within};
use crate::db::schema::audit_events;
use crate::db::{Db, MultiBackend};
use crate::kernel::error::Result;
use crate::kernel::time::Timestamp;

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = audit_events)]
pub struct Row {
    pub sequence: i64,
    pub at: Timestamp,
    pub entity_type: String,
    pub entity_id: Option<String>,
    pub changes: Option<String>,
}

/// What was done to residents after a number, oldest first.
pub fn since(db: &mut Db, scope: &Scope, sequence: i64, count: i64) -> Result<Vec<Row>> {
    let mut query = audit_events::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            audit_events::division_code.assume_not_null(),
            audit_events::county_code,
            scope
        ))
        .filter(audit_events::done)
        .filter(audit_events::resident_id.is_not_null())
        .filter(audit_events::sequence.gt(sequence));
    // An office within a county goes through what is new in the county, not through all its own.
    if let [own] = scope.divisions()
        && let Some(county) = own.county()
    {
        query = query.filter(audit_events::county_code.eq(county.county_digits()));
    }
    Ok(query
        .order(audit_events::sequence)
        .limit(count)
        .load(db.conn())?)
}
