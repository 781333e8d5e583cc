//! What follows a petition's receipt, step by step, and who is kept off.

use super::model::{Office, Petition, PetitionAction};
use super::request::{NewPetitionTransition, Step};
use super::service::{event, found};
use super::store;
use crate::access::{Act, Permit, acts, organizations};
use crate::audit::Origin;
use crate::casework::follow_ups::{self, FollowUp, FollowUpKind, FollowUpState, Planned};
use crate::casework::{calendar, recusals};
use crate::db::{Db, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Class, Code, Error, Result};
use crate::kernel::id::{FollowUpSubjectId, PetitionId, UserId};

/// Whom it is not for: another office and role, who is tied to those it is about, who had a hand in what is complained of,
/// and who decided before.
fn may_act<A: Act>(
    db: &mut Db,
    permit: &Permit<A>,
    of: &Petition,
    action: PetitionAction,
) -> Result<()> {
    let actor = permit.actor();
    let roles = action.hand().roles(of.division_code.level());
    if !roles
        .iter()
        .any(|role| actor.holds(*role, of.division_code))
    {
        return Err(Code::PetitionRole.into());
    }
    let mut persons: Vec<_> = of.resident_id.into_iter().collect();
    if let Some(case) = of.case_id {
        let (resident, acted) = db.in_every_office(|db| {
            let resident = store::resident_of(db, case)?;
            Ok((resident, store::acted_on(db, case, actor.user)?))
        })?;
        if acted && action.judges() {
            return Err(Code::PetitionComplained.into());
        }
        persons.push(resident);
    }
    recusals::service::apart(db, actor.user, &persons)?;
    let did = |done: &PetitionAction| {
        let mut history = of.history.iter().flatten();
        history.any(|entry| entry.action == *done && entry.actor_id == actor.user)
    };
    if action.apart_from().iter().any(did) {
        return Err(Code::PetitionSeparation.into());
    }
    Ok(())
}

/// With what whoever looks may do next: what the state allows, and nothing that is not for them.
pub(super) fn theirs<A: Act>(
    db: &mut Db,
    permit: &Permit<A>,
    mut of: Petition,
) -> Result<Petition> {
    for action in std::mem::take(&mut of.allowed_actions) {
        match may_act(db, permit, &of, action) {
            Ok(()) => of.allowed_actions.push(action),
            Err(error) if error.code().class() == Class::Forbidden => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(of)
}

/// Ends what was due before, and plans what is due now, on the desks of the office that handles it.
pub(super) fn keep_up(
    tx: &mut Tx<'_>,
    origin: &Origin,
    now_at: &Petition,
    by: UserId,
) -> Result<Vec<Recorded<()>>> {
    let subject = FollowUpSubjectId::new(now_at.id.uuid());
    let waits = now_at.waits_for();
    let stays = |one: &FollowUp| {
        waits == Some((one.planned.role, one.planned.due_date))
            && one.planned.division_code == now_at.division_code
    };
    let mut all = Vec::new();
    let mut is_planned = false;
    for one in follow_ups::service::of(tx, subject)? {
        if one.state != FollowUpState::Open {
            continue;
        }
        if stays(&one) {
            is_planned = true;
        } else {
            all.push(follow_ups::service::done(tx, origin, &one, by)?);
        }
    }
    if let Some((role, due_date)) = waits.filter(|_| !is_planned) {
        let planned = Planned {
            kind: FollowUpKind::Petition,
            case_id: None,
            resident_id: None,
            division_code: now_at.division_code,
            subject_id: subject,
            role,
            due_date,
            kept_from: now_at.complained_user_id,
        };
        all.push(follow_ups::service::plan(tx, origin, planned)?.map(drop));
    }
    Ok(all)
}

/// The office of a division that handles petitions, if it is another one.
fn competent(tx: &mut Tx<'_>, division: DivisionCode, of: &Petition) -> Result<Office> {
    let refused = |code, en: &str, zh: &str| Err(Error::field("/to_division_code", code, en, zh));
    match organizations::service::office_at(tx, division)? {
        None => refused(
            "division.no_office",
            "no federation and no township office is there",
            "该区划没有残联或乡镇（街道）机构",
        ),
        Some(one) if one.id == of.organization_id => refused(
            "division.same",
            "another office than the one that has it",
            "不得转送本机关",
        ),
        Some(one) => Ok(Office {
            id: one.id,
            division: one.division_code,
        }),
    }
}

/// Writes down the next step. Late is not refused, but said.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::PetitionAct>,
    id: PetitionId,
    seen: IfMatch,
    asked: &NewPetitionTransition,
) -> Result<Recorded<Petition>> {
    let by = permit.actor().user;
    let old = found(tx, permit.scope(), by, id)?;
    seen.check(old.version)?;
    let today = tx.today();
    let last = old.history.as_ref().and_then(|all| all.last());
    let before = last.map_or(today, |entry| entry.on_date);
    let step = asked.step(today, before, old.division_code.level())?;
    let to = match step.to_division {
        Some(division) => Some(competent(tx, division, &old)?),
        None => None,
    };
    let calendar = calendar::service::load(tx)?;
    let (next, owed) = old.after(&step, to, &calendar)?;
    may_act(tx, permit, &old, step.action)?;
    let late = owed.is_some_and(|due| step.on_date > due);
    // What goes to another office is written at both ends.
    let (shown, planned) = tx.reaching(&[old.division_code, next.division_code], |tx| {
        write(tx, permit.origin(), &old, next, &step, owed, by)
    })?;
    let event = event(
        permit.origin(),
        step.action.recorded_as(),
        permit.scope(),
        &shown,
    )
    .change("outcome", step.outcome)
    .change("late", late);
    let shown = theirs(tx, permit, shown)?;
    Ok(tx.record(event, shown)?.along(planned))
}

fn write(
    tx: &mut Tx<'_>,
    origin: &Origin,
    old: &Petition,
    next: Petition,
    step: &Step,
    owed: Option<chrono::NaiveDate>,
    by: UserId,
) -> Result<(Petition, Vec<Recorded<()>>)> {
    store::update(tx, &next, old.version)?;
    store::insert_entry(tx, &next, Some(old.state), step, owed, by)?;
    let planned = keep_up(tx, origin, &next, by)?;
    let history = store::histories(tx, &[next.id])?.remove(&next.id);
    let today = tx.today();
    let shown = store::unsealed(tx, Petition { history, ..next }.told(today))?;
    Ok((shown, planned))
}
