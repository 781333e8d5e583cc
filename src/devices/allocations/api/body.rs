//! A device allocation on the wire.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::casework::cases::api::Staff;
use crate::devices::allocations::model::{
    AllocationAction, AllocationState, DeviceExceptionKind, Evaluation, Exception, Handover,
    ReturnCondition, SignerRelation, Supply, SupplySource, Turn,
};
use crate::devices::allocations::service::Shown;
use crate::devices::catalog::{DeviceCode, Edition, EvaluationLevel};
use crate::devices::checks::DeviceCheckBody;
use crate::kernel::division::DivisionCode;
use crate::kernel::id::{
    CaseId, DeviceAllocationId, DocumentId, OrganizationId, ResidentId, StockMovementId, UserId,
};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;

/// Where a piece came from.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DeviceSupplyKind {
    Stock,
    Purchase,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeviceEvaluation)]
struct EvaluationBody {
    level: EvaluationLevel,
    #[schema(value_type = uuid::Uuid)]
    organization_id: OrganizationId,
    evaluator: String,
    date: NaiveDate,
}

impl From<Evaluation> for EvaluationBody {
    fn from(one: Evaluation) -> Self {
        Self {
            level: one.level,
            organization_id: one.organization,
            evaluator: one.evaluator,
            date: one.date,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeviceException)]
struct ExceptionBody {
    kind: DeviceExceptionKind,
    #[schema(value_type = Option<uuid::Uuid>)]
    document_id: Option<DocumentId>,
    /// Which allocation it replaces.
    #[schema(value_type = uuid::Uuid)]
    previous_id: DeviceAllocationId,
}

impl From<Exception> for ExceptionBody {
    fn from(one: Exception) -> Self {
        Self {
            kind: one.kind,
            document_id: one.document,
            previous_id: one.previous,
        }
    }
}

/// The piece, and where it came from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeviceSupply)]
struct SupplyBody {
    kind: DeviceSupplyKind,
    /// Of stock: the issue.
    #[schema(value_type = Option<uuid::Uuid>)]
    movement_id: Option<StockMovementId>,
    /// Of a purchase: who sold it.
    #[schema(value_type = Option<uuid::Uuid>)]
    supplier_id: Option<OrganizationId>,
    invoice_number: Option<String>,
    price_fen: Option<Fen>,
    brand: Option<String>,
    model: Option<String>,
    batch_number: Option<String>,
    serial_number: Option<String>,
    #[schema(value_type = uuid::Uuid)]
    supplied_by: UserId,
}

impl From<Supply> for SupplyBody {
    fn from(one: Supply) -> Self {
        let (kind, movement_id, bought) = match one.source {
            SupplySource::Stock(movement) => (DeviceSupplyKind::Stock, Some(movement), None),
            SupplySource::Purchase {
                supplier,
                invoice_number,
                price,
            } => (
                DeviceSupplyKind::Purchase,
                None,
                Some((supplier, invoice_number, price)),
            ),
        };
        let (supplier_id, invoice_number, price_fen) = match bought {
            Some((supplier, number, price)) => (Some(supplier), Some(number), Some(price)),
            None => (None, None, None),
        };
        Self {
            kind,
            movement_id,
            supplier_id,
            invoice_number,
            price_fen,
            brand: one.brand,
            model: one.model,
            batch_number: one.batch_number,
            serial_number: one.serial_number,
            supplied_by: one.by,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeviceDelivery)]
struct HandoverBody {
    /// Left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    signed_by: Option<String>,
    relation: SignerRelation,
    date: NaiveDate,
    /// From when on another is possible; null where there is no such rule.
    possible_from: Option<NaiveDate>,
}

impl HandoverBody {
    fn of(one: Handover, is_told: bool) -> Self {
        Self {
            signed_by: is_told.then_some(one.signed_by),
            relation: one.relation,
            date: one.date,
            possible_from: one.use_life_until,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeviceAllocationTransition)]
struct AllocationTurn {
    sequence: i32,
    action: AllocationAction,
    from_state: Option<AllocationState>,
    to_state: AllocationState,
    actor: Staff,
    /// Of the first entry: the finding.
    comment: Option<String>,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
}

impl From<Turn> for AllocationTurn {
    fn from(turn: Turn) -> Self {
        Self {
            sequence: turn.sequence,
            action: turn.action,
            from_state: turn.from,
            to_state: turn.to,
            actor: turn.actor.into(),
            comment: turn.comment,
            at: turn.at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeviceAllocation, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e11", "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07",
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "division_code": "990121103201", "edition": "2022", "code": "122203",
    "name_zh": "手动轮椅车", "unit": "辆", "state": "supplied", "allowed_actions": ["fit", "cancel"],
    "evaluation": {"level": "county", "organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "evaluator": "陈评估师", "date": "2022-07-04"},
    "exception": null,
    "supply": {"kind": "stock", "movement_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0d", "supplier_id": null, "invoice_number": null,
        "price_fen": null, "brand": "某牌", "model": "W-100", "batch_number": "20220301", "serial_number": null,
        "supplied_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0c"},
    "delivery": null, "return_condition": null,
    "recorded_by": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0b", "username": "township.990121103", "display_name": "乡镇经办人"},
    "recorded_at": "2022-07-04T01:00:00.000000Z", "version": 3, "history": [], "checks": []
}))]
pub struct AllocationBody {
    #[schema(value_type = uuid::Uuid)]
    id: DeviceAllocationId,
    #[schema(value_type = uuid::Uuid)]
    case_id: CaseId,
    #[schema(value_type = uuid::Uuid)]
    resident_id: ResidentId,
    /// Where the case is.
    #[schema(value_type = String)]
    division_code: DivisionCode,
    #[schema(value_type = String)]
    edition: Edition,
    #[schema(value_type = String)]
    code: DeviceCode,
    name_zh: String,
    unit: String,
    state: AllocationState,
    /// What you may do now; to issue takes the keeper's duty besides.
    allowed_actions: Vec<AllocationAction>,
    evaluation: EvaluationBody,
    #[schema(value_type = Option<ExceptionBody>)]
    exception: Option<ExceptionBody>,
    #[schema(value_type = Option<SupplyBody>)]
    supply: Option<SupplyBody>,
    #[schema(value_type = Option<HandoverBody>)]
    delivery: Option<HandoverBody>,
    return_condition: Option<ReturnCondition>,
    /// Who took down the evaluation, and so does not supply.
    recorded_by: Staff,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    recorded_at: Timestamp,
    version: i32,
    /// From the beginning; left out of lists, as is what follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    history: Option<Vec<AllocationTurn>>,
    /// What was found at follow-ups.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    checks: Option<Vec<DeviceCheckBody>>,
}

impl From<Shown> for AllocationBody {
    fn from(shown: Shown) -> Self {
        let one = shown.allocation;
        let is_told = shown.told.is_some();
        let (history, checks) = match shown.told {
            Some(told) => (
                Some(told.history.into_iter().map(Into::into).collect()),
                Some(told.checks.into_iter().map(Into::into).collect()),
            ),
            None => (None, None),
        };
        Self {
            id: one.id,
            case_id: one.case_id,
            resident_id: one.resident_id,
            division_code: one.division_code,
            edition: one.item.edition,
            code: one.item.code,
            name_zh: shown.name_zh,
            unit: shown.unit,
            state: one.state,
            allowed_actions: shown.allowed,
            evaluation: one.evaluation.into(),
            exception: one.exception.map(Into::into),
            supply: one.supply.map(Into::into),
            delivery: one.handover.map(|to| HandoverBody::of(to, is_told)),
            return_condition: one.returned,
            recorded_by: one.recorded_by.into(),
            recorded_at: one.recorded_at,
            version: one.last_transition,
            history,
            checks,
        }
    }
}
