//! What is due of a screening, on somebody's desk.

use super::model::{Screening, ScreeningState};
use crate::access::Role;
use crate::audit::Origin;
use crate::casework::follow_ups::{self, FollowUpKind, FollowUpState, Planned};
use crate::db::{Recorded, Tx};
use crate::kernel::error::Result;
use crate::kernel::id::{FollowUpSubjectId, UserId};

/// Said of what was left before anything followed; the reason itself stands in the history, sealed.
const LEFT: &str = "筛查随访已终结";

/// What somebody has to see to in a state.
const fn awaited(state: ScreeningState) -> Option<FollowUpKind> {
    match state {
        ScreeningState::DiagnosisDue => Some(FollowUpKind::ScreeningDiagnosis),
        ScreeningState::InterventionDue => Some(FollowUpKind::ScreeningIntervention),
        _ => None,
    }
}

/// Ends what was due before, and plans what is due now, where the person lives.
pub fn keep_up(
    tx: &mut Tx<'_>,
    origin: &Origin,
    now_at: &Screening,
    by: UserId,
) -> Result<Vec<Recorded<()>>> {
    let subject = FollowUpSubjectId::new(now_at.id.uuid());
    let mut all = Vec::new();
    if now_at.state == ScreeningState::Ended {
        all.extend(follow_ups::service::cancel_for(tx, origin, subject, LEFT)?);
    } else {
        for one in follow_ups::service::of(tx, subject)? {
            if one.state == FollowUpState::Open {
                all.push(follow_ups::service::done(tx, origin, &one, by)?);
            }
        }
    }
    if let Some((kind, due_date)) = awaited(now_at.state).zip(now_at.due_date) {
        let planned = Planned {
            kind,
            case_id: None,
            resident_id: Some(now_at.resident_id),
            division_code: now_at.division_code,
            subject_id: subject,
            role: Role::TownshipCaseworker,
            due_date,
            kept_from: None,
        };
        all.push(follow_ups::service::plan(tx, origin, planned)?.map(drop));
    }
    Ok(all)
}
