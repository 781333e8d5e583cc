//! Use cases of matches: list, read, decide.

use super::model::{BroughtList, Match, MatchState, NewDecision, changes};
use super::store::{self, Filter};
use crate::access::{Permit, Scope, acts};
use crate::audit::{Event, Origin};
use crate::casework::recusals::{self, keep_off};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{MatchId, MatchListId, ResidentId};
use crate::kernel::month::Month;
use crate::registry::facts::{self, NewFact, Period};
use crate::registry::residents;
use crate::subsidies::enrollments::{self, NewTransition};
use crate::subsidies::match_lists::MatchListKind;

pub use super::lists::{import, invite};
pub use super::store::SEALED_COLUMNS;

fn found(db: &mut Db, scope: &Scope, id: MatchId) -> Result<Match> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, scope, &filter, None, 1)?.pop();
    one.ok_or_else(|| Code::MatchNotFound.into())
}

fn event(origin: &Origin, action: &'static str, of: &Match) -> Event {
    Event::new(origin, action)
        .on(&of.id)
        .about(of.resident_id)
        .within(of.division_code)
        .change("kind", of.kind)
}

/// Lists that were brought for divisions in sight.
pub fn lists(
    db: &mut Db,
    scope: &Scope,
    kind: Option<MatchListKind>,
    after: Option<MatchListId>,
    count: i64,
) -> Result<Vec<BroughtList>> {
    store::lists(db, scope, kind, after, count)
}

/// Which part of the list is asked for.
#[derive(Debug)]
pub struct Window {
    pub state: Option<MatchState>,
    pub kind: Option<MatchListKind>,
    pub list: Option<MatchListId>,
    pub resident: Option<ResidentId>,
    pub after: Option<MatchId>,
    pub count: i64,
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::MatchRead>,
    scope: &Scope,
    window: &Window,
) -> Result<Looked<Vec<Match>>> {
    let residents = match window.resident {
        Some(resident) => Some(residents::service::records(db, &[resident])?),
        None => None,
    };
    let filter = Filter {
        id: None,
        state: window.state,
        kind: window.kind,
        list: window.list,
        residents,
    };
    let all = store::page(db, scope, &filter, window.after, window.count)?;
    let event = Event::new(permit.origin(), "match.listed").within_first(scope.divisions());
    let event = match window.resident {
        Some(resident) => event.about(resident),
        None => event,
    };
    db.looked(event, all)
}

pub fn view(db: &mut Db, permit: &Permit<acts::MatchRead>, id: MatchId) -> Result<Looked<Match>> {
    let one = found(db, permit.scope(), id)?;
    let event = event(permit.origin(), "match.viewed", &one);
    db.looked(event, one)
}

/// Holds back or ends all that a match names and that still reaches beyond the event, writes down what the list
/// has shown of the person, and has recovered what was paid since; or dismisses it.
pub fn decide(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::MatchDecide>,
    id: MatchId,
    seen: IfMatch,
    new: &NewDecision,
) -> Result<Recorded<Match>> {
    let old = found(tx, permit.scope(), id)?;
    seen.check(old.version)?;
    if old.state != MatchState::Suspected {
        return Err(Code::MatchDecided.into());
    }
    let comment = new.comment()?;
    let month = new.month(old.event_date, Month::of(tx.today()))?;
    let user = permit.actor().user;
    if store::imported_by(tx, old.list_id)? == Some(user) {
        return Err(Code::MatchOwn.into());
    }
    let ties = recusals::service::ties_of(tx, user, old.resident_id)?;
    keep_off(&ties, false)?;
    let decided = Match {
        state: new.outcome.leads_to(),
        outcome: Some(new.outcome),
        effective_month: month,
        comment: comment.map(str::to_owned),
        decided_by: Some(user),
        decided_at: Some(tx.now()),
        version: old.version + 1,
        ..old
    };
    store::decide(tx, &decided)?;
    let event = event(permit.origin(), "match.decided", &decided)
        .change("outcome", new.outcome)
        .change("effective_month", month);
    let mut recorded = tx.record(event, ())?;
    if let Some(month) = month {
        recorded = recorded.and(end(tx, permit, &decided, month)?).map(drop);
        if let Some(learned) = learn(tx, permit, &decided)? {
            recorded = recorded.and(learned).map(drop);
        }
    }
    Ok(recorded.map(|()| decided))
}

/// Does to what the match names what was decided; what has ended by then is left as it is.
fn end(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::MatchDecide>,
    of: &Match,
    month: Month,
) -> Result<Recorded<()>> {
    let mut done: Option<Recorded<()>> = None;
    let outcome = of.outcome.ok_or_else(|| Error::internal("it is decided"))?;
    for id in &of.enrollment_ids {
        let one = enrollments::service::find(tx, permit.scope(), *id)?;
        let one = one.ok_or(Code::EnrollmentNotFound)?;
        let from = month.max(one.start_month);
        let Some(action) = outcome.action().filter(|_| changes(outcome, &one, from)) else {
            continue;
        };
        let new = NewTransition {
            action,
            effective_month: Some(from),
            reason: of.kind.ends_for(),
            comment: of.comment.clone(),
        };
        let changed = enrollments::service::by_match(tx, permit, *id, &new)?.map(drop);
        done = Some(match done {
            Some(before) => before.and(changed).map(drop),
            None => changed,
        });
    }
    // Somebody ended all of it since.
    done.map_or_else(
        || {
            let event = event(permit.origin(), "match.without_effect", of);
            tx.record(event, ())
        },
        Ok,
    )
}

/// Where a list comes from, as the source of what it shows.
const SOURCE: &str = "match_list";

fn learn(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::MatchDecide>,
    of: &Match,
) -> Result<Option<Recorded<()>>> {
    let Some((kind, value)) = of.kind.shows(of.event_date) else {
        return Ok(None);
    };
    let resident = residents::service::counting(tx, permit.scope(), of.resident_id)?;
    let value = kind
        .parse(&value)
        .map_err(|error| Error::fields(vec![error]))?;
    let fact = NewFact {
        kind,
        value,
        period: Period::open(of.event_date),
        source: SOURCE.to_owned(),
    };
    let learned = facts::service::learn(tx, permit.origin(), resident, &fact)?;
    Ok(Some(learned.map(drop)))
}
