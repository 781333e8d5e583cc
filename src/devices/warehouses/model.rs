//! A warehouse and its people.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::id::{OrganizationId, UserId, WarehouseDutyId, WarehouseId};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What somebody does at a warehouse.
    pub enum WarehouseDuty {
        Buyer = "buyer", "采购";
        Keeper = "keeper", "保管";
        StockTaker = "stock_taker", "盘点";
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "丙岭县辅助器具仓库", "organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07"}))]
pub struct NewWarehouse {
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Of a county or a city.
    #[schema(value_type = uuid::Uuid)]
    pub organization_id: OrganizationId,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "name": "丙岭县辅助器具仓库", "organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07",
    "division_code": "990121000000", "created_at": "2022-01-05T01:00:00.000000Z"
}))]
pub struct Warehouse {
    #[schema(value_type = uuid::Uuid)]
    pub id: WarehouseId,
    pub name: String,
    #[schema(value_type = uuid::Uuid)]
    pub organization_id: OrganizationId,
    /// The organization's.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Timestamp,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"user_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "duty": "keeper"}))]
pub struct NewDuty {
    /// Somebody who may act on stock there.
    #[schema(value_type = uuid::Uuid)]
    pub user_id: UserId,
    pub duty: WarehouseDuty,
    /// Today, unless given; not earlier.
    #[serde(default, deserialize_with = "date::maybe")]
    pub valid_from: Option<NaiveDate>,
    /// The first day it no longer holds; open, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub valid_to: Option<NaiveDate>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"valid_to": "2022-07-01"}))]
pub struct EndDuty {
    /// The first day it no longer holds: today, unless given; not earlier.
    #[serde(default, deserialize_with = "date::maybe")]
    pub valid_to: Option<NaiveDate>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0b", "duty": "keeper", "user_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a",
    "username": "county.990121", "display_name": "丙岭县残联 经办人", "valid_from": "2022-01-05", "valid_to": null
}))]
pub struct WarehouseDutyHeld {
    #[schema(value_type = uuid::Uuid)]
    pub id: WarehouseDutyId,
    pub duty: WarehouseDuty,
    #[schema(value_type = uuid::Uuid)]
    pub user_id: UserId,
    pub username: String,
    pub display_name: String,
    pub valid_from: NaiveDate,
    /// The first day it no longer holds.
    pub valid_to: Option<NaiveDate>,
}
