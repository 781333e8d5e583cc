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
use crate::kernel::error::FieldError;
use crate::kernel::money::Fen;
use crate::kernel::text;
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
        /// Of a rejection or a stop; comes after all others, and stands in no version.
        Reconsideration = "reconsideration", "复查";
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"code": "nursing_subsidy", "service": "subsidy", "name_zh": "重度残疾人护理补贴", "name_en": "Nursing subsidy", "exclusive_group": null, "higher_group": null}))]
#[serde(deny_unknown_fields)]
pub struct Program {
    pub code: String,
    pub service: Service,
    pub name_zh: String,
    pub name_en: String,
    /// Of the programs of one group a person has one at a time.
    #[serde(default)]
    pub exclusive_group: Option<String>,
    /// Of the programs of one group a person may have several, and of a month only the higher counts.
    #[serde(default)]
    pub higher_group: Option<String>,
}

vocabulary! {
    /// Whether two benefits may be held beside each other.
    pub enum StackingRelation {
        Together = "together", "可同时享受";
        Exclusive = "exclusive", "只能享受其一";
        /// Both may be held; of a month the higher counts.
        Higher = "higher", "就高享受";
    }
}

/// What an application claims for: facts of the case, not of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Claimed {
    pub contribution_fen: Fen,
    pub months: i32,
}

/// Two programs, and whether a person may have both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"program_code": "living_subsidy", "other_program_code": "nursing_subsidy", "relation": "together"}))]
pub struct Stacking {
    pub program_code: String,
    pub other_program_code: String,
    pub relation: StackingRelation,
}

const LONGEST_NAME: usize = 100;

impl Program {
    /// What a benefit of it may not run beside: those of its group, or itself.
    pub fn exclusive_key(&self) -> &str {
        self.exclusive_group.as_deref().unwrap_or(&self.code)
    }

    /// What excludes goes before what is compared.
    pub fn beside(&self, other: &Self) -> StackingRelation {
        let compared = self.higher_group.is_some() && self.higher_group == other.higher_group;
        if self.exclusive_key() == other.exclusive_key() {
            StackingRelation::Exclusive
        } else if compared {
            StackingRelation::Higher
        } else {
            StackingRelation::Together
        }
    }

    /// What breaks a rule; all of it.
    pub fn problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        let mut refuse = |wrong: bool, pointer: &str, code, en: &str, zh: &str| {
            if wrong {
                problems.push(FieldError::new(pointer, code, en, zh));
            }
        };
        let (en, zh) = (
            "1 to 40 of a–z, 0–9 and _, a letter first",
            "1 至 40 个小写字母、数字或下划线，以字母开头",
        );
        let wrong_code = !text::is_code(&self.code);
        refuse(wrong_code, "/code", "program.code", en, zh);
        for (pointer, group, code) in [
            (
                "/exclusive_group",
                &self.exclusive_group,
                "program.exclusive_group",
            ),
            ("/higher_group", &self.higher_group, "program.higher_group"),
        ] {
            let wrong = group.as_deref().is_some_and(|group| !text::is_code(group));
            refuse(wrong, pointer, code, en, zh);
        }
        for (pointer, name) in [("/name_zh", &self.name_zh), ("/name_en", &self.name_en)] {
            refuse(
                !(1..=LONGEST_NAME).contains(&name.trim().chars().count()),
                pointer,
                "program.name",
                "1 to 100 characters",
                "1 至 100 个字",
            );
        }
        problems
    }
}
