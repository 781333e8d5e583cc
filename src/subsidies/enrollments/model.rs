//! An enrollment.

use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::division::DivisionCode;
use crate::kernel::id::{CaseId, EnrollmentId, ResidentId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// State of an enrollment.
    pub enum EnrollmentState {
        Active = "active", "享受中";
        Suspended = "suspended", "停发";
        Stopped = "stopped", "退出";
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "program_code": "nursing_subsidy", "division_code": "990121103201",
    "state": "active", "start_month": "2022-07", "stop_month": null, "rate_fen": 55000, "version": 1,
    "created_at": "2022-08-11T02:00:00.000000Z", "updated_at": "2022-08-11T02:00:00.000000Z"
}))]
pub struct Enrollment {
    #[schema(value_type = uuid::Uuid)]
    pub id: EnrollmentId,
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    #[schema(value_type = uuid::Uuid)]
    pub case_id: CaseId,
    pub program_code: String,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub state: EnrollmentState,
    /// The first month it is paid for: that of submission.
    #[schema(value_type = String)]
    pub start_month: Month,
    /// The last month it is paid for.
    #[schema(value_type = Option<String>)]
    pub stop_month: Option<Month>,
    /// Fen a month, at the time of approval.
    pub rate_fen: Fen,
    pub version: i32,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Timestamp,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub updated_at: Timestamp,
}
