//! SQL of the record about one resident.

use diesel::prelude::*;

use super::model::Window;
use crate::access::{Scope, within};
use crate::db::schema::audit_events;
use crate::db::{Db, MultiBackend};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::UserId;
use crate::kernel::time::Timestamp;

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = audit_events)]
pub struct Row {
    pub sequence: i64,
    pub at: Timestamp,
    pub actor_id: Option<UserId>,
    pub action: String,
    pub entity_type: String,
    pub entity_id: Option<String>,
    #[diesel(select_expression = audit_events::division_code.assume_not_null())]
    pub division_code: DivisionCode,
    pub changes: Option<String>,
}

/// What was done to a resident, newest first.
pub fn page(db: &mut Db, scope: &Scope, window: &Window) -> Result<Vec<Row>> {
    let mut query = audit_events::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            audit_events::division_code.assume_not_null(),
            audit_events::county_code,
            scope
        ))
        .filter(audit_events::resident_id.eq(window.resident))
        .filter(audit_events::done);
    if let Some(before) = window.before {
        query = query.filter(audit_events::sequence.lt(before));
    }
    Ok(query
        .order(audit_events::sequence.desc())
        .limit(window.count)
        .load(db.conn())?)
}
