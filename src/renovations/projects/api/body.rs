//! A renovation project on the wire.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::casework::cases::api::Staff;
use crate::kernel::division::DivisionCode;
use crate::kernel::id::{
    CaseId, DocumentId, HouseholdId, OrganizationId, RenovationItemId, RenovationProjectId,
    ResidentId, UserId,
};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;
use crate::renovations::projects::model::{
    Acceptance, Assessment, Consent, Item, RenovationAction, RenovationItemKind,
    RenovationItemState, RenovationSigner, RenovationState, Settlement, Turn,
};
use crate::renovations::projects::service::Shown;
use crate::renovations::visits::RenovationVisitBody;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RenovationAssessment)]
struct AssessmentBody {
    #[schema(value_type = uuid::Uuid)]
    organization_id: OrganizationId,
    assessor: String,
    date: NaiveDate,
}

impl From<Assessment> for AssessmentBody {
    fn from(one: Assessment) -> Self {
        Self {
            organization_id: one.organization,
            assessor: one.assessor,
            date: one.date,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RenovationConsent)]
struct ConsentBody {
    /// Left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    signed_by: Option<String>,
    relation: RenovationSigner,
    date: NaiveDate,
    #[schema(value_type = Option<uuid::Uuid>)]
    document_id: Option<DocumentId>,
    notice_from: NaiveDate,
    /// The first day on which nothing hangs out any more.
    notice_until: NaiveDate,
}

impl ConsentBody {
    fn of(one: Consent, is_told: bool) -> Self {
        Self {
            signed_by: is_told.then_some(one.by),
            relation: one.relation,
            date: one.date,
            document_id: one.document,
            notice_from: one.notice_from,
            notice_until: one.notice_until,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RenovationAcceptance)]
struct AcceptanceBody {
    /// Left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    signed_by: Option<String>,
    relation: RenovationSigner,
    date: NaiveDate,
    /// From when on the dwelling may be renovated again; null where there is no such rule.
    possible_from: Option<NaiveDate>,
}

impl AcceptanceBody {
    fn of(one: Acceptance, is_told: bool) -> Self {
        Self {
            signed_by: is_told.then_some(one.by),
            relation: one.relation,
            date: one.date,
            possible_from: one.possible_from,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RenovationSettlement)]
struct SettlementBody {
    amount_fen: Fen,
    /// Who does not check it.
    #[schema(value_type = uuid::Uuid)]
    proposed_by: UserId,
}

impl From<Settlement> for SettlementBody {
    fn from(one: Settlement) -> Self {
        Self {
            amount_fen: one.amount,
            proposed_by: one.proposed_by,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RenovationItem)]
struct ItemBody {
    #[schema(value_type = uuid::Uuid)]
    id: RenovationItemId,
    number: i32,
    kind: RenovationItemKind,
    place: String,
    measured_before: String,
    quantity: i32,
    unit_price_fen: Fen,
    state: RenovationItemState,
    measured_after: Option<String>,
    #[schema(value_type = Option<uuid::Uuid>)]
    before_document_id: Option<DocumentId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    after_document_id: Option<DocumentId>,
}

impl From<Item> for ItemBody {
    fn from(one: Item) -> Self {
        Self {
            id: one.id,
            number: one.number,
            kind: one.kind,
            place: one.place,
            measured_before: one.measured_before,
            quantity: one.quantity,
            unit_price_fen: one.unit_price,
            state: one.state,
            measured_after: one.measured_after,
            before_document_id: one.before_document,
            after_document_id: one.after_document,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RenovationTransition)]
struct ProjectTurn {
    sequence: i32,
    action: RenovationAction,
    from_state: Option<RenovationState>,
    to_state: RenovationState,
    actor: Staff,
    /// Of an inspection.
    passed: Option<bool>,
    /// Of the first two entries: the findings.
    comment: Option<String>,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
}

impl From<Turn> for ProjectTurn {
    fn from(turn: Turn) -> Self {
        Self {
            sequence: turn.sequence,
            action: turn.action,
            from_state: turn.from,
            to_state: turn.to,
            actor: turn.actor.into(),
            passed: turn.passed,
            comment: turn.comment,
            at: turn.at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RenovationProject, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e11", "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07",
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "division_code": "990121103201", "household_id": null,
    "address": "丙岭三号镇一号村12号", "cap_fen": 600_000, "budget_fen": 180_000, "state": "designed",
    "allowed_actions": ["design", "consent", "cancel"],
    "assessment": {"organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "assessor": "陈评估师", "date": "2022-07-04"},
    "consent": null, "contractor_id": null, "acceptance": null, "settlement": null,
    "recorded_by": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0b", "username": "township.990121103", "display_name": "乡镇经办人"},
    "recorded_at": "2022-07-04T01:00:00.000000Z", "version": 3, "items": [], "history": [], "visits": []
}))]
pub struct ProjectBody {
    #[schema(value_type = uuid::Uuid)]
    id: RenovationProjectId,
    #[schema(value_type = uuid::Uuid)]
    case_id: CaseId,
    #[schema(value_type = uuid::Uuid)]
    resident_id: ResidentId,
    /// Where the case is.
    #[schema(value_type = String)]
    division_code: DivisionCode,
    /// Counts once, however many of it are residents.
    #[schema(value_type = Option<uuid::Uuid>)]
    household_id: Option<HouseholdId>,
    /// Of the dwelling; masked in lists.
    address: String,
    /// The most that is paid.
    cap_fen: Fen,
    /// What the items of the design cost.
    budget_fen: Option<Fen>,
    state: RenovationState,
    /// What you may do now.
    allowed_actions: Vec<RenovationAction>,
    #[schema(value_type = Option<AssessmentBody>)]
    assessment: Option<AssessmentBody>,
    #[schema(value_type = Option<ConsentBody>)]
    consent: Option<ConsentBody>,
    #[schema(value_type = Option<uuid::Uuid>)]
    contractor_id: Option<OrganizationId>,
    #[schema(value_type = Option<AcceptanceBody>)]
    acceptance: Option<AcceptanceBody>,
    #[schema(value_type = Option<SettlementBody>)]
    settlement: Option<SettlementBody>,
    recorded_by: Staff,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    recorded_at: Timestamp,
    version: i32,
    /// Of the design that holds; left out of lists, as is what follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    items: Option<Vec<ItemBody>>,
    /// From the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    history: Option<Vec<ProjectTurn>>,
    /// What was found at follow-ups.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    visits: Option<Vec<RenovationVisitBody>>,
}

fn all<Body, One: Into<Body>>(all: Vec<One>) -> Vec<Body> {
    all.into_iter().map(Into::into).collect()
}

impl From<Shown> for ProjectBody {
    fn from(shown: Shown) -> Self {
        let one = shown.project;
        let is_told = shown.told.is_some();
        let (items, history, visits) = match shown.told {
            Some(told) => (
                Some(all(told.items)),
                Some(all(told.history)),
                Some(all(told.visits)),
            ),
            None => (None, None, None),
        };
        Self {
            id: one.id,
            case_id: one.case_id,
            resident_id: one.resident_id,
            division_code: one.division_code,
            household_id: one.household,
            address: if is_told {
                one.address.as_str().to_owned()
            } else {
                one.address.masked()
            },
            cap_fen: one.cap,
            budget_fen: one.design.map(|design| design.budget),
            state: one.state,
            allowed_actions: shown.allowed,
            assessment: one.assessment.map(Into::into),
            consent: one.consent.map(|given| ConsentBody::of(given, is_told)),
            contractor_id: one.contractor,
            acceptance: one
                .acceptance
                .map(|given| AcceptanceBody::of(given, is_told)),
            settlement: one.settlement.map(Into::into),
            recorded_by: one.recorded_by.into(),
            recorded_at: one.recorded_at,
            version: one.last_transition,
            items,
            history,
            visits,
        }
    }
}
