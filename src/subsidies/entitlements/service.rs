//! Use cases of entitlements.

use super::model::{Entitlement, fingerprint};
use super::store;
use crate::access::{Act, Permit, acts};
use crate::audit::{Event, Origin};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{EntitlementId, ProgramVersionId};
use crate::kernel::month::Month;
use crate::programs::{self, Decision};
use crate::registry::facts::{self, AsOf};
use crate::registry::{Resident, residents};
use crate::subsidies::enrollments::Enrollment;
use crate::subsidies::{enrollments, runs};

pub use super::store::{
    Filter, count_before, insert, months_before, page, reverse, settle, standing, unpaid,
};

pub fn get<A: Act>(db: &mut Db, permit: &Permit<A>, id: EntitlementId) -> Result<Entitlement> {
    store::find(db, permit.scope(), id)?.ok_or_else(|| Code::EntitlementNotFound.into())
}

/// Reverses what is due of an enrollment from a month on and what no payment has taken up. A run finds it again
/// where it is due after all.
pub fn take_back(
    tx: &mut Tx<'_>,
    origin: &Origin,
    of: &Enrollment,
    from: Month,
) -> Result<Option<Recorded<()>>> {
    let open = store::open_since(tx, of.id, from)?;
    if open.is_empty() {
        return Ok(None);
    }
    for (id, version) in &open {
        store::reverse(tx, *id, *version)?;
    }
    let ids: Vec<_> = open.into_iter().map(|(id, _)| id).collect();
    let event = Event::new(origin, "enrollment.taken_back")
        .on(&of.id)
        .about(of.resident_id)
        .within(of.division_code)
        .change("entitlement_ids", ids);
    tx.record(event, ()).map(Some)
}

/// Why an entitlement is as it is: what the rules of its month's version say, by what was known when it was
/// found; and whether that was found from the very same facts.
#[derive(Debug)]
pub struct Explained {
    pub entitlement: Entitlement,
    pub decision: Option<Decision>,
    pub reproduced: bool,
}

/// Computes an entitlement again, with the knowledge of its time.
pub fn explain(
    db: &mut Db,
    permit: &Permit<acts::EntitlementRead>,
    id: EntitlementId,
) -> Result<Looked<Explained>> {
    let entitlement = get(db, permit, id)?;
    let event = Event::new(permit.origin(), "entitlement.viewed")
        .on(&id)
        .about(entitlement.resident_id)
        .within(entitlement.division_code);
    let Some(version) = entitlement.program_version_id else {
        let bare = Explained {
            entitlement,
            decision: None,
            reproduced: true,
        };
        return db.looked(event, bare);
    };
    // The person may have moved to another office since; what was due here is explained here.
    let decision = db.in_every_office(|db| decided(db, &entitlement, version))?;
    let same_facts = match &entitlement.facts {
        Some(kept) => *kept == fingerprint(decision.facts.clone()),
        None => true,
    };
    let explained = Explained {
        reproduced: same_facts,
        entitlement,
        decision: Some(decision),
    };
    db.looked(event, explained)
}

fn decided(db: &mut Db, entitlement: &Entitlement, version: ProgramVersionId) -> Result<Decision> {
    let enrollment = enrollments::service::known(db, entitlement.enrollment_id)?
        .ok_or_else(|| Error::internal("an entitlement is of an enrollment"))?;
    let version = programs::service::version(db, version)?;
    let resident = residents::service::kept(db, entitlement.resident_id)?
        .ok_or_else(|| Error::internal("an entitlement is somebody's"))?;
    let at = AsOf {
        valid_at: day_of(db, &enrollment, entitlement)?,
        known_at: Some(entitlement.updated_at),
    };
    let snapshot = facts::service::snapshot(db, resident.id, at)?;
    let resident = Resident {
        division_code: entitlement.division_code,
        ..resident
    };
    let compiled = programs::rules::of_version(&version)?;
    let who = (&resident, &snapshot);
    let claimed = enrollment.claimed();
    Ok(programs::rules::decide_claim(
        &version,
        &compiled,
        who,
        at.valid_at,
        claimed.as_ref(),
    ))
}

fn day_of(
    db: &mut Db,
    enrollment: &Enrollment,
    entitlement: &Entitlement,
) -> Result<chrono::NaiveDate> {
    let submitted = crate::casework::cases::service::submitted_at(db, &[enrollment.case_id])?;
    let submitted = submitted
        .get(&enrollment.case_id)
        .map(|at| at.office_date());
    Ok(runs::day_of(entitlement.month, enrollment, submitted))
}
