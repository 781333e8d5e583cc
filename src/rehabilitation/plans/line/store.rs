//! SQL of who is at an institution and who waits for it, wherever they live: a question that concerns every office.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::Db;
use crate::db::schema::rehabilitation_plans;
use crate::kernel::error::Result;
use crate::kernel::id::OrganizationId;
use crate::rehabilitation::institutions::Occupancy;
use crate::rehabilitation::plans::PlanState;

pub fn occupancies(
    db: &mut Db,
    of: &[OrganizationId],
) -> Result<HashMap<OrganizationId, Occupancy>> {
    let query = rehabilitation_plans::table
        .filter(rehabilitation_plans::organization_id.eq_any(of))
        .filter(rehabilitation_plans::state.eq_any([PlanState::Waiting, PlanState::Active]))
        .group_by((
            rehabilitation_plans::organization_id,
            rehabilitation_plans::state,
        ))
        .select((
            rehabilitation_plans::organization_id,
            rehabilitation_plans::state,
            diesel::dsl::count_star(),
        ));
    let rows: Vec<(OrganizationId, PlanState, i64)> =
        db.in_every_office(|db| Ok(query.load(db.conn())?))?;
    let mut all: HashMap<_, Occupancy> = HashMap::new();
    for (institution, state, count) in rows {
        let occupancy = all.entry(institution).or_default();
        match state {
            PlanState::Waiting => occupancy.waiting_count = count,
            _ => occupancy.active_count = count,
        }
    }
    Ok(all)
}

/// How many wait before a place in the line.
pub fn before(db: &mut Db, institution: OrganizationId, place: i32) -> Result<i64> {
    let query = rehabilitation_plans::table
        .filter(rehabilitation_plans::organization_id.eq(institution))
        .filter(rehabilitation_plans::state.eq(PlanState::Waiting))
        .filter(rehabilitation_plans::place.lt(place))
        .count();
    db.in_every_office(|db| Ok(query.get_result(db.conn())?))
}
