//! A referral on the wire.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::organizations::{Organization, OrganizationKind};
use crate::casework::cases::api::Staff;
use crate::casework::referrals::model::{ReferralAction, ReferralState, Side, Turn};
use crate::casework::referrals::service::Shown;
use crate::kernel::id::{CaseId, OrganizationId, ReferralId, ResidentId};
use crate::kernel::impairment::{ImpairmentType, SeverityLevel};
use crate::kernel::sex::Sex;
use crate::kernel::time::Timestamp;
use crate::registry::Resident;
use crate::registry::facts::Snapshot;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Referral, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09",
    "from_organization": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "name": "丙岭县残疾人联合会", "kind": "federation"},
    "to_organization": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0b", "name": "丙岭县康复中心", "kind": "institution"},
    "due_date": "2022-08-31", "state": "offered", "allowed_actions": ["accept", "decline"],
    "offered_by": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0c", "username": "county.990121", "display_name": "丙岭县残联经办人"},
    "offered_at": "2022-07-04T01:00:00.000000Z", "version": 1, "purpose": "请评估并安排步态训练",
    "person": {"name": "张晓宝", "sex": "male", "birth_year": 1990, "phone_masked": "120****1234",
        "impairment_type": "physical", "severity_level": 1},
    "history": []
}))]
pub struct ReferralBody {
    #[schema(value_type = uuid::Uuid)]
    id: ReferralId,
    /// Null for the receiving side, which sees no case.
    #[schema(value_type = Option<uuid::Uuid>)]
    case_id: Option<CaseId>,
    /// Null for the receiving side.
    #[schema(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    from_organization: End,
    to_organization: End,
    due_date: Option<NaiveDate>,
    state: ReferralState,
    /// What you may do now.
    allowed_actions: Vec<ReferralAction>,
    offered_by: Staff,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    offered_at: Timestamp,
    version: i32,
    /// Left out of the list of all referrals, as are person and history.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    purpose: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    person: Option<ReferredPerson>,
    /// From the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    history: Option<Vec<ReferralTurn>>,
}

/// One of the two organizations.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReferralEnd)]
struct End {
    #[schema(value_type = uuid::Uuid)]
    id: OrganizationId,
    name: String,
    kind: OrganizationKind,
}

impl From<Organization> for End {
    fn from(organization: Organization) -> Self {
        Self {
            id: organization.id,
            name: organization.name,
            kind: organization.kind,
        }
    }
}

/// As much of a resident as the work needs.
#[derive(Debug, Serialize, ToSchema)]
struct ReferredPerson {
    name: String,
    sex: Sex,
    birth_year: i32,
    phone_masked: Option<String>,
    /// Of the certificate that is held now, if any.
    impairment_type: Option<ImpairmentType>,
    severity_level: Option<SeverityLevel>,
}

impl From<(Resident, Snapshot)> for ReferredPerson {
    fn from((resident, believed): (Resident, Snapshot)) -> Self {
        let certificate = believed.certificate.as_ref();
        Self {
            name: resident.name.as_str().to_owned(),
            sex: resident.sex,
            birth_year: resident.birth_date.year(),
            phone_masked: resident.phone.map(|phone| phone.masked()),
            impairment_type: certificate.map(|held| held.impairment_type),
            severity_level: certificate.map(|held| held.severity_level),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct ReferralTurn {
    sequence: i32,
    action: ReferralAction,
    side: Side,
    from_state: Option<ReferralState>,
    to_state: ReferralState,
    actor: Staff,
    comment: Option<String>,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
}

impl From<Turn> for ReferralTurn {
    fn from(turn: Turn) -> Self {
        Self {
            sequence: turn.sequence,
            action: turn.action,
            side: turn.side,
            from_state: turn.from,
            to_state: turn.to,
            actor: turn.actor.into(),
            comment: turn.comment,
            at: turn.at,
        }
    }
}

impl From<Shown> for ReferralBody {
    fn from(shown: Shown) -> Self {
        let referral = shown.referral;
        let (purpose, person, history) = match shown.told {
            Some(told) => (
                Some(referral.purpose),
                Some(told.person.into()),
                Some(told.history.into_iter().map(Into::into).collect()),
            ),
            None => (None, None, None),
        };
        Self {
            id: referral.id,
            case_id: shown.case_in_sight.then_some(referral.case_id),
            resident_id: shown.case_in_sight.then_some(referral.resident_id),
            from_organization: shown.from.into(),
            to_organization: shown.to.into(),
            due_date: referral.due_date,
            state: referral.state,
            allowed_actions: shown.allowed,
            offered_by: referral.offered_by.into(),
            offered_at: referral.offered_at,
            version: referral.last_transition,
            purpose,
            person,
            history,
        }
    }
}
