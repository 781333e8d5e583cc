//! The use case of batches.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::access::{Permit, acts};
use crate::audit::Event;
use crate::casework::cases::service::{self as cases, Action, Shown};
use crate::casework::cases::{Case, Desk, NewTransition};
use crate::db::{Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::CaseId;

const MOST: usize = 100;

/// What somebody does to one case of a batch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchItem {
    #[schema(value_type = uuid::Uuid)]
    pub case_id: CaseId,
    /// The version of the case that was seen.
    pub version: i32,
    pub action: Action,
    /// Needed as for one case alone.
    #[serde(default)]
    pub comment: Option<String>,
}

/// Cases to be moved, in this order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"items": [
    {"case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "version": 2, "action": "endorse", "comment": "材料齐全"}
]}))]
pub struct NewBatch {
    #[schema(min_items = 1, max_items = 100)]
    pub items: Vec<BatchItem>,
}

/// What became of one case: where it now stands, or why nothing happened to it.
#[derive(Debug)]
pub struct Outcome {
    pub case_id: CaseId,
    pub moved: std::result::Result<Shown, Refusal>,
}

/// Why a case was not moved; and how it is, where another version was seen.
#[derive(Debug)]
pub struct Refusal {
    pub error: Error,
    pub now: Option<Case>,
}

/// Moves each case on its own: one that is refused keeps no other back, and is on record like them. A
/// fault of ours takes all of it back.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::CaseAct>,
    desk: &Desk,
    batch: NewBatch,
) -> Result<Recorded<Vec<Outcome>>> {
    if !(1..=MOST).contains(&batch.items.len()) {
        return Err(Error::field(
            "/items",
            "items.count",
            "1 to 100 items",
            "1 至 100 项",
        ));
    }
    let event = Event::new(permit.origin(), "batch.acted").change("items", batch.items.len());
    let mut all = tx.record(event, Vec::new())?;
    for item in batch.items {
        let one = act_on(tx, permit, desk, item)?;
        all = all.and(one).map(|(mut outcomes, outcome)| {
            outcomes.push(outcome);
            outcomes
        });
    }
    Ok(all)
}

fn act_on(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::CaseAct>,
    desk: &Desk,
    item: BatchItem,
) -> Result<Recorded<Outcome>> {
    let BatchItem {
        case_id,
        version,
        action,
        comment,
    } = item;
    let asked = NewTransition { action, comment };
    let seen = IfMatch::seen(version);
    match tx.attempt(|tx| cases::act(tx, permit, desk, case_id, seen, asked)) {
        Ok(moved) => Ok(moved.map(|shown| Outcome {
            case_id,
            moved: Ok(shown),
        })),
        Err(error) if error.is_fault() => Err(error),
        Err(error) => {
            let refused = refuse(tx, permit, case_id, action, &error)?;
            Ok(refused.map(|case| Outcome {
                case_id,
                moved: Err(Refusal {
                    now: case.filter(|_| error.code() == Code::IfMatchStale),
                    error,
                }),
            }))
        }
    }
}

/// Puts on record that a case was not moved, and why; the case, where it is in sight.
fn refuse(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::CaseAct>,
    id: CaseId,
    action: Action,
    error: &Error,
) -> Result<Recorded<Option<Case>>> {
    let refused = Event::new(permit.origin(), "case.transition_refused")
        .refused()
        .on(&id)
        .reason(error.code().as_str())
        .change("action", action);
    let (refused, case) = match cases::found(tx, permit, id) {
        Ok(case) => (
            refused.about(case.resident_id).within(case.division_code),
            Some(case),
        ),
        Err(error) if error.is_fault() => return Err(error),
        // Of what is out of sight, no more is known than its id.
        Err(_not_there) => match permit.scope().divisions().first() {
            Some(own) => (refused.within(*own), None),
            None => (refused, None),
        },
    };
    tx.record(refused, case)
}
