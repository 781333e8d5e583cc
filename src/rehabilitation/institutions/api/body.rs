//! An institution on the wire.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::casework::cases::api::Staff;
use crate::kernel::division::DivisionCode;
use crate::kernel::id::{InstitutionAgreementId, OrganizationId, UserId};
use crate::kernel::time::Timestamp;
use crate::rehabilitation::institutions::model::{
    Agreement, InstitutionAction, InstitutionState, ServiceType, Turn,
};
use crate::rehabilitation::institutions::service::Shown;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Institution, example = json!({
    "organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "name": "丙岭县康复中心", "division_code": "990121000000",
    "service_types": ["physical", "autism"], "address": "丙岭县康宁路8号", "contact": "王主任 12000005678",
    "licence_number": "990121-KF-0007", "state": "agreed", "allowed_actions": ["agree", "suspend", "terminate"],
    "capacity": 30, "active_count": 12, "waiting_count": 0, "free_places": 18,
    "applied_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "applied_at": "2022-01-05T01:00:00.000000Z", "version": 2,
    "agreements": [{"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "division_code": "990121000000", "service_types": ["physical"],
        "capacity": 30, "valid_from": "2022-01-01", "valid_to": "2023-01-01",
        "proposed_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "proposed_at": "2022-01-05T01:00:00.000000Z",
        "signed_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "signed_at": "2022-01-06T01:00:00.000000Z"}],
    "history": []
}))]
pub struct InstitutionBody {
    #[schema(value_type = uuid::Uuid)]
    organization_id: OrganizationId,
    name: String,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    service_types: Vec<ServiceType>,
    address: String,
    contact: String,
    licence_number: String,
    state: InstitutionState,
    /// What you may do now.
    allowed_actions: Vec<InstitutionAction>,
    /// Of the agreement that holds today.
    capacity: Option<i32>,
    active_count: i64,
    waiting_count: i64,
    /// For who chooses it now: none while others wait.
    free_places: i64,
    #[schema(value_type = uuid::Uuid)]
    applied_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    applied_at: Timestamp,
    version: i32,
    /// In the order of their beginnings. Left out of lists, as is the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    agreements: Option<Vec<AgreementBody>>,
    /// From the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    history: Option<Vec<InstitutionTurn>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InstitutionAgreement)]
pub struct AgreementBody {
    #[schema(value_type = uuid::Uuid)]
    id: InstitutionAgreementId,
    /// Whose residents may choose it.
    #[schema(value_type = String)]
    division_code: DivisionCode,
    service_types: Vec<ServiceType>,
    capacity: i32,
    valid_from: NaiveDate,
    /// The first day it no longer holds.
    valid_to: NaiveDate,
    #[schema(value_type = uuid::Uuid)]
    proposed_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    proposed_at: Timestamp,
    /// Null until it holds.
    #[schema(value_type = Option<uuid::Uuid>)]
    signed_by: Option<UserId>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    signed_at: Option<Timestamp>,
}

impl From<Agreement> for AgreementBody {
    fn from(one: Agreement) -> Self {
        Self {
            id: one.id,
            division_code: one.division_code,
            service_types: one.service_types,
            capacity: one.capacity,
            valid_from: one.valid_from,
            valid_to: one.valid_to,
            proposed_by: one.proposed_by,
            proposed_at: one.proposed_at,
            signed_by: one.signed_by,
            signed_at: one.signed_at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InstitutionTransition)]
pub struct InstitutionTurn {
    sequence: i32,
    action: InstitutionAction,
    from_state: Option<InstitutionState>,
    to_state: InstitutionState,
    /// What was signed.
    #[schema(value_type = Option<uuid::Uuid>)]
    agreement_id: Option<InstitutionAgreementId>,
    /// From this day on it is so.
    effective_date: NaiveDate,
    actor: Staff,
    comment: Option<String>,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
}

impl From<Turn> for InstitutionTurn {
    fn from(turn: Turn) -> Self {
        Self {
            sequence: turn.sequence,
            action: turn.action,
            from_state: turn.from,
            to_state: turn.to,
            agreement_id: turn.agreement,
            effective_date: turn.effective_date,
            actor: turn.actor.into(),
            comment: turn.comment,
            at: turn.at,
        }
    }
}

impl From<Shown> for InstitutionBody {
    fn from(shown: Shown) -> Self {
        let (institution, occupancy) = (shown.institution, shown.occupancy);
        let capacity = shown.agreement.map(|one| one.capacity);
        let open = institution.state == InstitutionState::Agreed && occupancy.waiting_count == 0;
        let free = i64::from(capacity.unwrap_or_default()) - occupancy.active_count;
        let (agreements, history) = match shown.told {
            Some(told) => (
                Some(told.agreements.into_iter().map(Into::into).collect()),
                Some(told.history.into_iter().map(Into::into).collect()),
            ),
            None => (None, None),
        };
        Self {
            organization_id: institution.id,
            name: shown.organization.name,
            division_code: institution.division_code,
            service_types: institution.service_types,
            address: institution.address,
            contact: institution.contact,
            licence_number: institution.licence_number,
            state: institution.state,
            allowed_actions: shown.allowed,
            capacity,
            active_count: occupancy.active_count,
            waiting_count: occupancy.waiting_count,
            free_places: if open { free.max(0) } else { 0 },
            applied_by: institution.applied_by,
            applied_at: institution.applied_at,
            version: institution.last_transition,
            agreements,
            history,
        }
    }
}
