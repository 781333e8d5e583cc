//! Use cases of standards of need.

use chrono::NaiveDate;

use super::model::{
    Measure, NeedStandard, NeedStandardDecision, NeedStandardOutcome, NeedStandardState,
    NewNeedStandard,
};
use super::store;
use crate::access::{Permit, acts, divisions};
use crate::audit::{Event, Origin};
use crate::db::{Db, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::NeedStandardId;
use crate::kernel::text::maybe;

pub use super::model::nearest;
pub use super::store::{Filter, page};

/// All that may hold somewhere on a day, read.
pub fn measures(db: &mut Db, day: NaiveDate) -> Result<Vec<Measure>> {
    let all = store::approved(db, day)?.into_iter();
    all.map(Measure::of).collect()
}

fn event(origin: &Origin, action: &'static str, of: &NeedStandard) -> Event {
    Event::new(origin, action)
        .on(&of.id)
        .within(of.division_code)
        .change("effective_from", of.effective_from)
        .change("state", of.state)
}

pub fn propose(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::NeedStandardPropose>,
    new: &NewNeedStandard,
) -> Result<Recorded<NeedStandard>> {
    let legal_basis = new.check()?;
    if !permit.scope().sees(new.division_code) {
        return Err(Code::DivisionNotFound.into());
    }
    divisions::service::current(tx, new.division_code, "/division_code")?;
    let standard = NeedStandard {
        id: tx.new_id(),
        division_code: new.division_code,
        effective_from: new.effective_from,
        clauses: new.clauses.clone(),
        legal_basis,
        state: NeedStandardState::Proposed,
        proposed_by: permit.actor().user,
        proposed_at: tx.now(),
        decided_by: None,
        decided_at: None,
        comment: None,
        version: 1,
    };
    store::insert(tx, &standard)?;
    let event = event(permit.origin(), "need_standard.proposed", &standard)
        .change("clauses", &standard.clauses);
    tx.record(event, standard)
}

/// Approves or rejects what somebody else proposed.
pub fn decide(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::NeedStandardApprove>,
    id: NeedStandardId,
    seen: IfMatch,
    decision: &NeedStandardDecision,
) -> Result<Recorded<NeedStandard>> {
    let old = store::find(tx, id)?
        .filter(|one| permit.scope().sees(one.division_code))
        .ok_or(Code::NeedStandardNotFound)?;
    seen.check(old.version)?;
    let comment = maybe("/comment", decision.comment.as_deref(), 1_000)
        .map_err(|error| Error::fields(vec![error]))?;
    if decision.outcome == NeedStandardOutcome::Reject && comment.is_none() {
        return Err(Error::field(
            "/comment",
            "comment.length",
            "say why, in up to 1000 characters",
            "须说明理由，不超过1000字",
        ));
    }
    if old.state != NeedStandardState::Proposed {
        return Err(Code::NeedStandardDecided.into());
    }
    let actor = permit.actor().user;
    if old.proposed_by == actor {
        return Err(Code::NeedStandardOwn.into());
    }
    let decided = NeedStandard {
        state: match decision.outcome {
            NeedStandardOutcome::Approve => NeedStandardState::Approved,
            NeedStandardOutcome::Reject => NeedStandardState::Rejected,
        },
        decided_by: Some(actor),
        decided_at: Some(tx.now()),
        comment,
        version: old.version + 1,
        ..old
    };
    store::decide(tx, &decided)?;
    tx.record(
        event(permit.origin(), "need_standard.decided", &decided),
        decided,
    )
}
