//! A dwelling that another program renovated.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::address::Address;
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{ElderlyRenovationId, UserId};
use crate::kernel::time::Timestamp;
use crate::renovations::wrong::{FUTURE, LONGEST_LINE, Wrong};

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"division_code": "990121103201", "address": "丙岭三号镇一号村18号", "completed_date": "2022-05-20", "source": "县民政局2022年适老化改造名单"}))]
pub struct NewElderlyRenovation {
    /// Where the dwelling is.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub address: Address,
    #[serde(deserialize_with = "date::written")]
    pub completed_date: NaiveDate,
    /// Who says so.
    #[schema(min_length = 1, max_length = 100)]
    pub source: String,
}

impl NewElderlyRenovation {
    pub fn check(&mut self, today: NaiveDate) -> Result<()> {
        let mut wrong = Wrong::default();
        wrong.line(&mut self.source, "/source", LONGEST_LINE);
        wrong.refuse(self.completed_date > today, "/completed_date", FUTURE);
        wrong.done()
    }
}

/// Why it was wrong.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "名单中的门牌号有误"}))]
pub struct NewElderlyWithdrawal {
    #[schema(min_length = 2, max_length = 500)]
    pub reason: String,
}

#[derive(Debug, Clone)]
pub struct ElderlyRenovation {
    pub id: ElderlyRenovationId,
    pub division_code: DivisionCode,
    pub address: Address,
    pub completed_date: NaiveDate,
    pub source: String,
    pub recorded_by: UserId,
    pub recorded_at: Timestamp,
    /// By whom, when and why it was withdrawn.
    pub withdrawal: Option<(UserId, Timestamp, String)>,
}
