//! A petition: where it stands, until when, and what a step makes of it.

mod actions;

use chrono::{Days, NaiveDate};
use serde::Serialize;
use utoipa::ToSchema;

use super::request::Step;
use crate::access::Role;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, OrganizationId, PetitionId, ResidentId, UserId};
use crate::kernel::time::Timestamp;
use crate::kernel::working_days::WorkingDays;
use crate::outreach::limits::{Due, LegalLimit};

pub use actions::{
    ExtensionState, Hand, PetitionAction, PetitionCategory, PetitionChannel, PetitionOutcome,
    PetitionState, PetitionerKind, allowed, follow,
};

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "petitioner": "resident", "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "channel": "visit", "category": "subsidy", "text": "补贴停发未告知原因", "case_id": null, "complained_user_id": null,
    "origin_organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "origin_division_code": "990121103000",
    "organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "division_code": "990121000000", "received_date": "2022-07-04",
    "received_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0b", "received_at": "2022-07-04T01:00:00.000000Z", "state": "accepted",
    "due_limit": "petition_decision", "due_clause": "信访工作条例第三十四条", "due_date": "2022-09-04", "overdue": false,
    "objection_due_date": "2022-07-11", "accepted_date": "2022-07-06", "extension": null, "extension_days": null, "outcome": null,
    "late_acts": 0, "allowed_actions": ["request_extension", "decide", "withdraw"], "version": 3, "history": []
}))]
pub struct Petition {
    #[schema(value_type = uuid::Uuid)]
    pub id: PetitionId,
    pub petitioner: PetitionerKind,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub resident_id: Option<ResidentId>,
    /// Of who is named. Left out of lists, as are the contact, the text, who is complained about, and the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// To those who may act on petitions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub contact: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub text: Option<String>,
    pub channel: PetitionChannel,
    pub category: PetitionCategory,
    /// The case complained of.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub case_id: Option<CaseId>,
    /// Who sees nothing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<uuid::Uuid>, nullable = false)]
    pub complained_user_id: Option<UserId>,
    /// Where it was received.
    #[schema(value_type = uuid::Uuid)]
    pub origin_organization_id: OrganizationId,
    #[schema(value_type = String)]
    pub origin_division_code: DivisionCode,
    /// Where it is handled.
    #[schema(value_type = uuid::Uuid)]
    pub organization_id: OrganizationId,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub received_date: NaiveDate,
    #[schema(value_type = uuid::Uuid)]
    pub received_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub received_at: Timestamp,
    pub state: PetitionState,
    /// What is due next, by which clause, and until when.
    pub due_limit: Option<LegalLimit>,
    pub due_clause: Option<String>,
    pub due_date: Option<NaiveDate>,
    /// The office owes it, and is late.
    pub overdue: bool,
    /// The last day on which the office it was transferred to may object: five working days.
    pub objection_due_date: Option<NaiveDate>,
    pub accepted_date: Option<NaiveDate>,
    pub extension: Option<ExtensionState>,
    pub extension_days: Option<i32>,
    /// As last decided or reviewed.
    pub outcome: Option<PetitionOutcome>,
    /// How often the office was late.
    pub late_acts: i32,
    /// What its state allows next; of one petition, only what the reader may do.
    pub allowed_actions: Vec<PetitionAction>,
    pub version: i32,
    /// From the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub history: Option<Vec<PetitionEntry>>,
}

/// One entry of a petition's history.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PetitionEntry {
    pub sequence: i32,
    pub action: PetitionAction,
    pub from_state: Option<PetitionState>,
    pub to_state: PetitionState,
    /// When it was done, and the petitioner told.
    pub on_date: NaiveDate,
    /// By when it was to be done.
    pub due_date: Option<NaiveDate>,
    pub late: bool,
    /// What was due after it.
    pub next_limit: Option<LegalLimit>,
    pub next_due_date: Option<NaiveDate>,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub organization_id: Option<OrganizationId>,
    pub extension_days: Option<i32>,
    pub outcome: Option<PetitionOutcome>,
    pub document_number: Option<String>,
    /// The reason; of a decision, what was decided.
    pub comment: Option<String>,
    /// Who wrote it down, and when.
    #[schema(value_type = uuid::Uuid)]
    pub actor_id: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub at: Timestamp,
}

/// An office that handles petitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Office {
    pub id: OrganizationId,
    pub division: DivisionCode,
}

impl Petition {
    pub fn due(&self) -> Option<Due> {
        let due = self.due_limit.zip(self.due_date);
        due.map(|(limit, date)| Due { limit, date })
    }

    fn set_due(&mut self, due: Option<Due>) {
        self.due_limit = due.map(|due| due.limit);
        self.due_date = due.map(|due| due.date);
    }

    /// What the state and the due date say, as of a day.
    #[must_use]
    pub fn told(mut self, today: NaiveDate) -> Self {
        let due = self.due();
        self.due_clause = due.map(|due| due.limit.clause(self.received_date).into_owned());
        self.overdue = due.is_some_and(|due| due.is_overdue(today));
        self.allowed_actions = allowed(self.state, self.extension);
        self
    }

    /// As it is after a step, and the day by which that was owed.
    pub fn after(
        &self,
        step: &Step,
        to: Option<Office>,
        calendar: &WorkingDays,
    ) -> Result<(Self, Option<NaiveDate>)> {
        let state = follow(self.state, self.extension, step.action)
            .ok_or_else(|| self.refused(step.action))?;
        let owed = if step.action.is_owed() {
            self.due_date
        } else {
            None
        };
        let mut next = Self {
            state,
            version: self.version + 1,
            ..self.clone()
        };
        next.late_acts += i32::from(owed.is_some_and(|due| step.on_date > due));
        let due = |limit| Some(Due::of(limit, step.on_date, calendar));
        match step.action {
            PetitionAction::Receive => {}
            PetitionAction::Transfer => {
                let to = to.ok_or_else(|| Error::internal("a transfer without its office"))?;
                next.organization_id = to.id;
                next.division_code = to.division;
                next.objection_due_date =
                    Some(LegalLimit::PetitionObjection.due(step.on_date, calendar));
                next.set_due(due(LegalLimit::PetitionReceipt));
            }
            PetitionAction::Object => {
                if self.objection_due_date.is_none_or(|day| step.on_date > day) {
                    return Err(Code::PetitionObjectionLate.into());
                }
                next.organization_id = self.origin_organization_id;
                next.division_code = self.origin_division_code;
                let receipt = LegalLimit::PetitionReceipt;
                next.set_due(Some(Due::of(receipt, self.received_date, calendar)));
            }
            PetitionAction::Accept => {
                next.accepted_date = Some(step.on_date);
                next.set_due(due(LegalLimit::PetitionDecision));
            }
            PetitionAction::RequestExtension => {
                if self.due_date.is_none_or(|day| step.on_date > day) {
                    return Err(Code::PetitionExtension.into());
                }
                next.extension = Some(ExtensionState::Asked);
                next.extension_days = step.days;
            }
            PetitionAction::ApproveExtension => {
                next.extension = Some(ExtensionState::Approved);
                let days = u64::try_from(self.extension_days.unwrap_or(0)).unwrap_or(0);
                next.due_date = self
                    .due_date
                    .and_then(|day| day.checked_add_days(Days::new(days)));
            }
            PetitionAction::RefuseExtension => next.extension = Some(ExtensionState::Refused),
            PetitionAction::NotifyExtension => next.extension = Some(ExtensionState::Notified),
            PetitionAction::Decide => {
                next.outcome = step.outcome;
                next.set_due(due(LegalLimit::PetitionReviewRequest));
            }
            PetitionAction::RequestReview | PetitionAction::RequestRereview => {
                // The petitioner's time, and not ours.
                if self.due_date.is_none_or(|day| step.on_date > day) {
                    return Err(Code::PetitionReviewLate.into());
                }
                next.set_due(match step.action {
                    PetitionAction::RequestReview => due(LegalLimit::PetitionReview),
                    _ => due(LegalLimit::PetitionRereview),
                });
            }
            PetitionAction::Review => {
                next.outcome = step.outcome;
                next.set_due(due(LegalLimit::PetitionRereviewRequest));
            }
            PetitionAction::Rereview => {
                next.outcome = step.outcome;
                next.set_due(None);
            }
            PetitionAction::Close
                if step.comment.is_none()
                    && self.due_date.is_some_and(|day| step.on_date <= day) =>
            {
                return Err(Error::field(
                    "/comment",
                    "comment.length",
                    "while another review may be asked for, say why nobody will",
                    "在可请求复查、复核的期限内办结须说明理由",
                ));
            }
            PetitionAction::NotAccept | PetitionAction::Close | PetitionAction::Withdraw => {
                next.set_due(None);
            }
        }
        Ok((next, owed))
    }

    fn refused(&self, action: PetitionAction) -> Error {
        Error::new(Code::PetitionTransition)
            .detail(
                format!("a petition in state {} does not take: {action}", self.state),
                format!(
                    "{}的信访事项不能{}",
                    self.state.label_zh(),
                    action.label_zh()
                ),
            )
            .member("state", self.state.as_str())
    }

    /// Whose turn it is, by role, while something is due of the office.
    pub fn waits_for(&self) -> Option<(Role, NaiveDate)> {
        let due = self.due().filter(|due| due.limit.binds_the_office())?;
        let hand = match self.state {
            PetitionState::ReviewAsked => Hand::Reviewer,
            PetitionState::RereviewAsked => Hand::Rereviewer,
            PetitionState::Accepted if self.extension == Some(ExtensionState::Asked) => {
                Hand::Approver
            }
            _ => Hand::Handler,
        };
        let role = hand.roles(self.division_code.level()).first()?;
        Some((*role, due.date))
    }
}
