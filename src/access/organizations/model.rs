//! An office or institution.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::division::DivisionCode;
use crate::kernel::id::OrganizationId;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What an organization is.
    pub enum OrganizationKind {
        Federation = "federation", "残联";
        CivilAffairs = "civil_affairs", "民政部门";
        Finance = "finance", "财务部门";
        Township = "township", "乡镇（街道）";
        Village = "village", "村（社区）";
        Institution = "institution", "定点机构";
        /// Those who run the system.
        Administration = "administration", "系统管理";
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "name": "丙岭县残疾人联合会", "kind": "federation",
    "division_code": "990121000000", "created_at": "2022-01-05T01:00:00.000000Z"
}))]
pub struct Organization {
    #[schema(value_type = uuid::Uuid)]
    pub id: OrganizationId,
    pub name: String,
    pub kind: OrganizationKind,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "丙岭县残疾人联合会", "kind": "federation", "division_code": "990121000000"}))]
pub struct NewOrganization {
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    pub kind: OrganizationKind,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
}
