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

/// The places of those who wait for some institutions.
pub fn waiting(
    db: &mut Db,
    of: &[OrganizationId],
) -> Result<HashMap<OrganizationId, Vec<i32>>> {
    let query = rehabilitation_plans::table
        .filter(rehabilitation_plans::organization_id.eq_any(of))
        .filter(rehabilitation_plans::state.eq(PlanState::Waiting))
        .filter(rehabilitation_plans::place.is_not_null())
        .select((
            rehabilitation_plans::organization_id,
            rehabilitation_plans::place.assume_not_null(),
        ));
    let rows: Vec<(OrganizationId, i32)> = db.in_every_office(|db| Ok(query.load(db.conn())?))?;
    let mut all: HashMap<_, Vec<_>> = HashMap::new();
    for (institution, place) in rows {
        all.entry(institution).or_default().push(place);
    }
    Ok(all)
}
