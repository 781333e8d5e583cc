//! A rehabilitation session on the wire.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::id::{
    OrganizationId, RehabilitationPlanId, RehabilitationSessionId, SettlementLineId, UserId,
};
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::rehabilitation::sessions::model::{ConfirmationMethod, SessionAction, SessionState};
use crate::rehabilitation::sessions::service::Shown;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RehabilitationSession, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "plan_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "institution_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "session_date": "2022-07-04", "month": "2022-07",
    "started_at": "2022-07-04T01:00:00.000000Z", "ended_at": "2022-07-04T01:45:00.000000Z", "minutes": 45, "therapist": "李治疗师",
    "state": "confirmed", "allowed_actions": ["void"], "confirmed_date": "2022-07-04", "confirmation_method": "signature",
    "settlement_line_id": null, "recorded_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "recorded_at": "2022-07-04T02:00:00.000000Z",
    "version": 2, "note": "坐位平衡训练", "guardian_name": "张大宝"
}))]
pub struct SessionBody {
    #[schema(value_type = uuid::Uuid)]
    id: RehabilitationSessionId,
    #[schema(value_type = uuid::Uuid)]
    plan_id: RehabilitationPlanId,
    #[schema(value_type = uuid::Uuid)]
    institution_id: OrganizationId,
    session_date: NaiveDate,
    #[schema(value_type = String)]
    month: Month,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    started_at: Timestamp,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    ended_at: Timestamp,
    minutes: i32,
    therapist: String,
    state: SessionState,
    /// What you may do now.
    allowed_actions: Vec<SessionAction>,
    confirmed_date: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    confirmation_method: Option<ConfirmationMethod>,
    /// Where it was settled.
    #[schema(value_type = Option<uuid::Uuid>)]
    settlement_line_id: Option<SettlementLineId>,
    #[schema(value_type = uuid::Uuid)]
    recorded_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    recorded_at: Timestamp,
    version: i32,
    /// Left out of lists, as is what follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    guardian_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    void_reason: Option<String>,
}

impl SessionBody {
    pub fn listed(shown: Shown) -> Self {
        Self {
            note: None,
            guardian_name: None,
            void_reason: None,
            ..Self::read(shown)
        }
    }

    pub fn read(shown: Shown) -> Self {
        let session = shown.session;
        let state = session.state();
        let confirmation = session.confirmation;
        Self {
            id: session.id,
            plan_id: session.plan_id,
            institution_id: session.institution,
            session_date: session.date,
            month: session.month,
            started_at: session.started_at,
            ended_at: session.ended_at,
            minutes: session.minutes,
            therapist: session.therapist,
            state,
            allowed_actions: shown.allowed,
            confirmed_date: confirmation.as_ref().map(|one| one.date),
            confirmation_method: confirmation.as_ref().map(|one| one.method),
            settlement_line_id: session.settlement_line,
            recorded_by: session.recorded_by,
            recorded_at: session.recorded_at,
            version: session.version,
            note: session.note,
            guardian_name: confirmation.map(|one| one.guardian_name),
            void_reason: session.void_reason,
        }
    }
}
