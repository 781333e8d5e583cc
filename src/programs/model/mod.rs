//! Programs, what their versions lay down, and what a decision consists of.

mod decision;
mod file;
mod terms;
mod version;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::decision::{ClauseOutcome, Decision, FactSource, Outcome};
pub use self::file::ProgramFile;
pub use self::terms::{
    Benefit, BenefitPeriod, Clause, ParameterTables, RequiredDocument, ReviewStep, Rules, Terms,
};
pub use self::version::{DraftState, ProgramDraft, ProgramVersion};
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// The five services.
    pub enum Service {
        Subsidy = "subsidy", "补贴";
        Rehabilitation = "rehabilitation", "康复";
        AssistiveDevice = "assistive_device", "辅助器具";
        AccessibilityRenovation = "accessibility_renovation", "无障碍改造";
        Employment = "employment", "就业";
    }
}

vocabulary! {
    /// The review steps a case may pass.
    pub enum Step {
        InitialReview = "initial_review", "初审";
        Verification = "verification", "复核";
        Determination = "determination", "认定";
        /// Ends by itself, unless somebody objects.
        PublicNotice = "public_notice", "公示";
        Approval = "approval", "审批";
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"code": "nursing_subsidy", "service": "subsidy", "name_zh": "重度残疾人护理补贴", "name_en": "Nursing subsidy", "exclusive_group": null}))]
#[serde(deny_unknown_fields)]
pub struct Program {
    pub code: String,
    pub service: Service,
    pub name_zh: String,
    pub name_en: String,
    /// Of the programs of one group a person has one at a time.
    #[serde(default)]
    pub exclusive_group: Option<String>,
}
