//! Use cases of legal aid.

use super::means::judge;
use super::model::{
    LegalAidApplication, LegalAidState, NewLegalAidApplication, NewLegalAidTransition, Step,
    allowed,
};
use super::store::{self, Filter};
use crate::access::{Act, Permit, Role, Scope, acts};
use crate::audit::{Event, Origin};
use crate::casework::follow_ups::{self, FollowUpKind, FollowUpState, Planned};
use crate::casework::{calendar, recusals};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{FollowUpSubjectId, LegalAidApplicationId, ResidentId, UserId};
use crate::outreach::limits::{Due, LegalLimit};
use crate::registry::{facts, residents};

pub use super::store::SEALED_COLUMNS;

fn event(origin: &Origin, action: &'static str, of: &LegalAidApplication) -> Event {
    Event::new(origin, action)
        .on(&of.id)
        .about(of.resident_id)
        .within(of.division_code)
        .change("matter", of.matter)
        .change("state", of.state)
        .change("due_date", of.due_date)
}

/// An application in sight with its history, or 404.
fn found(db: &mut Db, scope: &Scope, id: LegalAidApplicationId) -> Result<LegalAidApplication> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, scope, &filter, None, 1)?.pop();
    let one = one.ok_or(Code::LegalAidNotFound)?;
    let history = store::histories(db, &[id])?.remove(&id);
    Ok(LegalAidApplication { history, ..one })
}

/// Ends what was due before, and plans what is due now, on the county's desks.
fn keep_up(
    tx: &mut Tx<'_>,
    origin: &Origin,
    now_at: &LegalAidApplication,
    by: UserId,
) -> Result<Vec<Recorded<()>>> {
    let subject = FollowUpSubjectId::new(now_at.id.uuid());
    let mut all = Vec::new();
    for one in follow_ups::service::of(tx, subject)? {
        if one.state == FollowUpState::Open {
            all.push(follow_ups::service::done(tx, origin, &one, by)?);
        }
    }
    if let Some(due_date) = now_at.waits_until() {
        let planned = Planned {
            kind: FollowUpKind::LegalAid,
            case_id: None,
            resident_id: None,
            division_code: now_at.division_code,
            subject_id: subject,
            role: Role::CountyCaseworker,
            due_date,
            kept_from: None,
        };
        all.push(follow_ups::service::plan(tx, origin, planned)?.map(drop));
    }
    Ok(all)
}

/// With what whoever looks may do next: what the state allows, and nothing that is not for them.
fn theirs<A: Act>(
    db: &mut Db,
    permit: &Permit<A>,
    mut of: LegalAidApplication,
) -> Result<LegalAidApplication> {
    let user = permit.actor().user;
    let acting = permit.also::<acts::LegalAidAct>();
    let acts = acting.is_ok_and(|permit| permit.scope().sees(of.division_code));
    let apart = match recusals::service::apart(db, user, &[of.resident_id]) {
        Ok(()) => true,
        Err(error) if error.code() == Code::CaseRecusal => false,
        Err(fault) => return Err(fault),
    };
    let filed = user == of.filed_by;
    of.allowed_actions
        .retain(|action| acts && apart && !(filed && action.decides()));
    Ok(of)
}

/// Takes an application down; whether means are checked is judged by what is known on the day.
pub fn file(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::LegalAidFile>,
    new: &NewLegalAidApplication,
) -> Result<Recorded<LegalAidApplication>> {
    let resident = residents::service::standing(tx, permit.scope(), new.resident_id)?;
    let (statement, applied_date) = new.check(tx.today())?;
    let by = permit.actor().user;
    recusals::service::apart(tx, by, &[resident.id])?;
    let as_of = residents::service::as_of(tx, Some(applied_date), None);
    let known = facts::service::snapshot(tx, resident.id, as_of)?;
    let (means_check, basis) = judge(&known, new.fixed_income, applied_date);
    let calendar = calendar::service::load(tx)?;
    let due = Due::of(LegalLimit::LegalAidDecision, applied_date, &calendar);
    let state = LegalAidState::Applied;
    let application = LegalAidApplication {
        id: tx.new_id(),
        resident_id: resident.id,
        division_code: resident.division_code,
        matter: new.matter,
        statement: None,
        applied_date,
        filed_by: by,
        filed_at: tx.now(),
        means_check,
        means_basis: None,
        hardship: None,
        state,
        due_limit: Some(due.limit),
        due_clause: None,
        due_date: Some(due.date),
        overdue: false,
        lawyer: None,
        late_acts: 0,
        allowed_actions: allowed(state),
        version: 1,
        history: None,
    };
    store::insert(tx, &application, &statement, &basis)?;
    let step = Step::filing(applied_date);
    store::insert_entry(tx, &application, None, &step, None, by)?;
    let planned = keep_up(tx, permit.origin(), &application, by)?;
    let event = event(permit.origin(), step.action.recorded_as(), &application)
        .change("means_check", means_check);
    let shown = found(tx, permit.scope(), application.id)?;
    let shown = store::unsealed(tx, shown)?;
    let shown = theirs(tx, permit, shown)?;
    Ok(tx.record(event, shown)?.along(planned))
}

/// Writes down the next step. Late is not refused, but said.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::LegalAidAct>,
    id: LegalAidApplicationId,
    seen: IfMatch,
    asked: &NewLegalAidTransition,
) -> Result<Recorded<LegalAidApplication>> {
    let old = found(tx, permit.scope(), id)?;
    seen.check(old.version)?;
    let today = tx.today();
    let last = old.history.as_ref().and_then(|all| all.last());
    let before = last.map_or(today, |entry| entry.on_date);
    let step = asked.step(&old, today, before)?;
    let calendar = calendar::service::load(tx)?;
    let (next, owed) = old.after(&step, &calendar)?;
    let by = permit.actor().user;
    recusals::service::apart(tx, by, &[old.resident_id])?;
    if step.action.decides() && by == old.filed_by {
        return Err(Code::LegalAidSeparation.into());
    }
    store::update(tx, &next, old.version)?;
    store::insert_entry(tx, &next, Some(old.state), &step, owed, by)?;
    let planned = keep_up(tx, permit.origin(), &next, by)?;
    let event = event(permit.origin(), step.action.recorded_as(), &next)
        .change("late", owed.is_some_and(|due| step.on_date > due));
    let shown = found(tx, permit.scope(), id)?;
    let shown = store::unsealed(tx, shown)?;
    let shown = theirs(tx, permit, shown)?;
    Ok(tx.record(event, shown)?.along(planned))
}

/// An application with what is sealed of it.
pub fn view(
    db: &mut Db,
    permit: &Permit<acts::LegalAidRead>,
    id: LegalAidApplicationId,
) -> Result<Looked<LegalAidApplication>> {
    let one = found(db, permit.scope(), id)?;
    let event = event(permit.origin(), "legal_aid.viewed", &one);
    let one = store::unsealed(db, one)?;
    let one = theirs(db, permit, one)?;
    db.looked(event, one)
}

/// Which part of the list is asked for.
#[derive(Debug)]
pub struct Window {
    pub filter: Filter,
    pub resident: Option<ResidentId>,
    pub after: Option<LegalAidApplicationId>,
    pub count: i64,
}

pub fn page(db: &mut Db, scope: &Scope, window: &Window) -> Result<Vec<LegalAidApplication>> {
    let residents = match window.resident {
        Some(resident) => Some(residents::service::records(db, &[resident])?),
        None => None,
    };
    let filter = Filter {
        residents,
        ..window.filter.clone()
    };
    store::page(db, scope, &filter, window.after, window.count)
}
