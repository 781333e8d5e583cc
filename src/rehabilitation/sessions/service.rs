//! Use cases of rehabilitation sessions.

use std::collections::HashMap;

use super::model::{Change, NewSession, NewSessionTransition, Session, SessionAction};
use super::store;
use crate::access::{Act, Permit, acts};
use crate::audit::{Event, Origin};
use crate::casework::recusals;
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::RehabilitationSessionId;
use crate::kernel::month::Month;
use crate::rehabilitation::institutions;
use crate::rehabilitation::plans::service::{sight, standing};
use crate::rehabilitation::plans::{self, Plan, Sight};

pub use super::store::{Filter, SEALED_COLUMNS};
pub use crate::rehabilitation::plans::service::reach;

/// A session with what the caller may do to it.
#[derive(Debug)]
pub struct Shown {
    pub session: Session,
    pub allowed: Vec<SessionAction>,
}

fn shown<A: Act>(permit: &Permit<A>, plan: &Plan, session: Session) -> Shown {
    let acts = permit.also::<acts::RehabilitationAct>().is_ok();
    Shown {
        allowed: if acts {
            session.allowed(standing(permit, plan))
        } else {
            Vec::new()
        },
        session,
    }
}

fn event(origin: &Origin, action: &'static str, session: &Session, plan: &Plan) -> Event {
    Event::new(origin, action)
        .on(&session.id)
        .about(plan.resident_id)
        .within(plan.division_code)
        .change("plan_id", session.plan_id)
        .change("session_date", session.date)
        .change("state", session.state())
}

fn found(db: &mut Db, sight: &Sight, id: RehabilitationSessionId) -> Result<Session> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, sight, &filter, None, 1)?.pop();
    one.ok_or_else(|| Code::RehabilitationSessionNotFound.into())
}

/// Records what was done with a child, by the institution that did it.
pub fn record(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::RehabilitationDeliver>,
    mut new: NewSession,
) -> Result<Recorded<Shown>> {
    let plan = plans::service::found(tx, &sight(permit), new.plan_id)?;
    if !institutions::service::works_at(permit).contains(&plan.institution) {
        return Err(Code::RehabilitationPlanSide.into());
    }
    let now = tx.now();
    new.check(now)?;
    let user = permit.actor().user;
    recusals::service::apart(tx, user, &[plan.resident_id])?;
    let date = new.started_at.office_date();
    let session = Session {
        id: tx.new_id(),
        plan_id: plan.id,
        institution: plan.institution,
        date,
        month: Month::of(date),
        started_at: new.started_at,
        minutes: new.minutes,
        ended_at: new.ended_at(),
        therapist: new.therapist,
        note: new.note,
        recorded_by: user,
        recorded_at: now,
        confirmation: None,
        void_reason: None,
        settlement_line: None,
        version: 1,
    };
    // Whether it lies within plan and agreement, and beside no other, the database says.
    store::insert(tx, &session)?;
    let event = event(
        permit.origin(),
        "rehabilitation_session.recorded",
        &session,
        &plan,
    )
    .change("minutes", session.minutes);
    let shown = shown(permit, &plan, session);
    tx.record(event, shown)
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::RehabilitationRead>,
    id: RehabilitationSessionId,
) -> Result<Looked<Shown>> {
    let sight = sight(permit);
    let session = found(db, &sight, id)?;
    let plan = plans::service::found(db, &sight, session.plan_id)?;
    let event = event(
        permit.origin(),
        "rehabilitation_session.viewed",
        &session,
        &plan,
    );
    db.looked(event, shown(permit, &plan, session))
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::RehabilitationRead>,
    filter: &Filter,
    after: Option<RehabilitationSessionId>,
    count: i64,
) -> Result<Vec<Shown>> {
    let all = store::page(db, &sight(permit), filter, after, count)?;
    let plans: Vec<_> = all.iter().map(|one| one.plan_id).collect();
    let plans: HashMap<_, _> = plans::service::known(db, &plans)?
        .into_iter()
        .map(|plan| (plan.id, plan))
        .collect();
    all.into_iter()
        .map(|one| {
            let plan = plans.get(&one.plan_id);
            let plan = plan.ok_or_else(|| Error::internal("a session is of a plan"))?;
            Ok(shown(permit, plan, one))
        })
        .collect()
}

/// Takes down a guardian's confirmation, or voids what was recorded in error.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::RehabilitationAct>,
    id: RehabilitationSessionId,
    seen: IfMatch,
    request: NewSessionTransition,
) -> Result<Recorded<Shown>> {
    let sight = sight(permit);
    let old = found(tx, &sight, id)?;
    seen.check(old.version)?;
    let action = request.action;
    old.check(action)?;
    let plan = plans::service::found(tx, &sight, old.plan_id)?;
    if !action.is_for(standing(permit, &plan)) {
        return Err(Code::RehabilitationPlanSide.into());
    }
    let user = permit.actor().user;
    recusals::service::apart(tx, user, &[plan.resident_id])?;
    let today = tx.today();
    let mut moved = Session {
        version: old.version + 1,
        ..old.clone()
    };
    let name = match request.change(&old, today)? {
        Change::Confirmed(confirmation) => {
            store::confirm(tx, id, &confirmation, user, old.version)?;
            moved.confirmation = Some(confirmation);
            "rehabilitation_session.confirmed"
        }
        Change::Voided(why) => {
            store::void(tx, id, &why, user, old.version)?;
            moved.void_reason = Some(why);
            "rehabilitation_session.voided"
        }
    };
    let event = event(permit.origin(), name, &moved, &plan);
    let shown = shown(permit, &plan, moved);
    tx.record(event, shown)
}
