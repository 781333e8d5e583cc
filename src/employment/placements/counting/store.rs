//! SQL of new employment: a view that knows which placement a person counts by.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::access::{Scope, within};
use crate::db::schema::{counted_placements, placements};
use crate::db::{Db, MultiBackend};
use crate::employment::placements::model::Placement;
use crate::employment::placements::store::Row;
use crate::kernel::error::Result;
use crate::kernel::id::PlacementId;

diesel::joinable!(counted_placements -> placements (placement_id));
diesel::allow_tables_to_appear_in_same_query!(counted_placements, placements);

/// Where in the list a page lies.
pub type Mark = (NaiveDate, PlacementId);

pub fn page(
    db: &mut Db,
    scope: &Scope,
    year: i32,
    after: Option<Mark>,
    count: i64,
) -> Result<Vec<Placement>> {
    let mut query = placements::table
        .inner_join(counted_placements::table)
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            placements::division_code,
            placements::county_code,
            scope
        ))
        .filter(placements::year.eq(year));
    if let Some((day, id)) = after {
        query = query.filter(
            placements::start_date
                .gt(day)
                .or(placements::start_date.eq(day).and(placements::id.gt(id))),
        );
    }
    let rows: Vec<Row> = query
        .order((placements::start_date, placements::id))
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}
