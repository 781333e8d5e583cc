//! What is owed to an organization.

use crate::kernel::division::DivisionCode;
use crate::kernel::id::{CaseId, OrganizationId, PayableId, PayableSubjectId, ResidentId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What it is owed for.
    pub enum PayableSource {
        RehabilitationSettlement = "rehabilitation_settlement", "康复服务结算";
        RenovationSettlement = "renovation_settlement", "无障碍改造结算";
        DevicePurchase = "device_purchase", "辅具采购";
    }
}

vocabulary! {
    /// Where it stands.
    pub enum PayableState {
        Due = "due", "待付";
        InPayment = "in_payment", "付款中";
        Paid = "paid", "已付";
        Withdrawn = "withdrawn", "已撤销";
    }
}

/// What a service finds is owed.
#[derive(Debug, Clone)]
pub struct Owed {
    pub source: PayableSource,
    /// What it is for, by the service's own id: owed once.
    pub subject_id: PayableSubjectId,
    pub organization_id: OrganizationId,
    pub case_id: CaseId,
    pub resident_id: ResidentId,
    pub program_code: String,
    pub division_code: DivisionCode,
    pub month: Month,
    pub amount: Fen,
}

#[derive(Debug, Clone)]
pub struct Payable {
    pub id: PayableId,
    pub owed: Owed,
    pub state: PayableState,
    /// Why it was withdrawn.
    pub reason: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
