//! A standard, and how it is read.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::{NeedStandardId, UserId};
use crate::kernel::text::{is_code, text};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::programs::rules::{self, Compiled};
use crate::programs::{Benefit, Clause, Rules};

vocabulary! {
    pub enum NeedStandardState {
        Proposed = "proposed", "待审批";
        Approved = "approved", "已批准";
        Rejected = "rejected", "未批准";
    }
}

vocabulary! {
    pub enum NeedStandardOutcome {
        Approve = "approve", "批准";
        Reject = "reject", "不批准";
    }
}

/// One condition, in CEL over the published facts (`GET /v1/program-facts`), and what it is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "lives_alone", "when": "circumstances.lives_alone", "points": 20, "zh": "独居", "en": "lives alone",
    "basis": "民发〔2023〕27号第二条"}))]
pub struct NeedClause {
    pub code: String,
    pub when: String,
    #[schema(minimum = 1, maximum = 100)]
    pub points: i32,
    pub zh: String,
    pub en: String,
    /// The document and clause that it follows.
    #[serde(default)]
    pub basis: Option<String>,
}

/// What somebody proposes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "division_code": "990121", "effective_from": "2099-01-01", "legal_basis": "县残联《困难残疾人走访探视办法》",
    "clauses": [{"code": "lives_alone", "when": "circumstances.lives_alone", "points": 20, "zh": "独居", "en": "lives alone"}]
}))]
pub struct NewNeedStandard {
    /// Holds here and beneath, wherever nothing nearer does.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    #[serde(deserialize_with = "date::written")]
    pub effective_from: NaiveDate,
    #[schema(min_items = 1, max_items = 40)]
    pub clauses: Vec<NeedClause>,
    #[schema(min_length = 1, max_length = 500)]
    pub legal_basis: String,
}

/// What another person says of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"outcome": "approve"}))]
pub struct NeedStandardDecision {
    pub outcome: NeedStandardOutcome,
    /// Needed to reject.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "division_code": "990100000000", "effective_from": "2022-01-01",
    "clauses": [{"code": "lives_alone", "when": "circumstances.lives_alone", "points": 20, "zh": "独居", "en": "lives alone", "basis": null}],
    "legal_basis": "市残联通知", "state": "approved",
    "proposed_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "proposed_at": "2022-01-05T01:00:00.000000Z",
    "decided_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "decided_at": "2022-01-06T01:00:00.000000Z", "comment": null, "version": 2
}))]
pub struct NeedStandard {
    #[schema(value_type = uuid::Uuid)]
    pub id: NeedStandardId,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub effective_from: NaiveDate,
    pub clauses: Vec<NeedClause>,
    pub legal_basis: String,
    pub state: NeedStandardState,
    #[schema(value_type = uuid::Uuid)]
    pub proposed_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub proposed_at: Timestamp,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub decided_by: Option<UserId>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub decided_at: Option<Timestamp>,
    pub comment: Option<String>,
    pub version: i32,
}

const MOST_CLAUSES: usize = 40;
const LONGEST_WORDS: usize = 200;
const MOST_POINTS: i32 = 100;

/// The rules of a standard, as those of a program are kept, of which nothing is paid.
fn rules_of(clauses: &[NeedClause]) -> Rules {
    let clauses = clauses.iter().map(|clause| Clause {
        code: clause.code.clone(),
        when: clause.when.clone(),
        zh: clause.zh.clone(),
        en: clause.en.clone(),
    });
    Rules {
        clauses: clauses.collect(),
        benefit: Benefit {
            amount_fen: "0".to_owned(),
            zh: String::new(),
            en: String::new(),
        },
        parameters: Vec::new(),
    }
}

impl NeedClause {
    /// All that is wrong with it but the rule's own text.
    fn problems(&self, place: usize) -> Vec<FieldError> {
        let at = |field: &str| format!("/clauses/{place}/{field}");
        let mut problems = Vec::new();
        if !is_code(&self.code) {
            problems.push(FieldError::new(
                at("code"),
                "code.form",
                "1 to 40 of a–z, 0–9 and _, a letter first",
                "1 至 40 个小写字母、数字和下划线，以字母开头",
            ));
        }
        if !(1..=MOST_POINTS).contains(&self.points) {
            problems.push(FieldError::new(
                at("points"),
                "points.range",
                "1 to 100",
                "须为 1 至 100",
            ));
        }
        problems.extend(text(&at("zh"), &self.zh, LONGEST_WORDS).err());
        problems.extend(text(&at("en"), &self.en, LONGEST_WORDS).err());
        let basis = self.basis.as_deref();
        problems.extend(basis.and_then(|basis| text(&at("basis"), basis, LONGEST_WORDS).err()));
        // What an application says is no fact of a person.
        if self.when.contains("claim.") {
            problems.push(FieldError::new(
                at("when"),
                "rule.invalid",
                "a claim is of an application, not of a person",
                "申报事项属于申请，不属于个人情况",
            ));
        }
        problems
    }
}

impl NewNeedStandard {
    /// The legal basis, if all is as it may be.
    pub fn check(&self) -> Result<String> {
        let mut errors = Vec::new();
        let mut codes: Vec<_> = self.clauses.iter().map(|clause| &clause.code).collect();
        codes.sort_unstable();
        codes.dedup();
        let count = self.clauses.len();
        if !(1..=MOST_CLAUSES).contains(&count) || codes.len() < count {
            errors.push(FieldError::new(
                "/clauses",
                "clauses.range",
                "1 to 40 clauses, each with a code of its own",
                "1 至 40 条，每条有唯一代码",
            ));
        }
        let each = self.clauses.iter().enumerate();
        errors.extend(each.flat_map(|(place, clause)| clause.problems(place)));
        if errors.is_empty()
            && let Err(problems) = rules::read(&rules_of(&self.clauses))
        {
            errors.extend(problems.into_iter().map(|problem| {
                FieldError::new(
                    problem.pointer,
                    "rule.invalid",
                    problem.refusal.en,
                    problem.refusal.zh,
                )
            }));
        }
        match text("/legal_basis", &self.legal_basis, 500) {
            Ok(basis) if errors.is_empty() => Ok(basis),
            other => {
                errors.extend(other.err());
                Err(Error::fields(errors))
            }
        }
    }
}

/// A standard that was read, to measure people by.
#[derive(Debug)]
pub struct Measure {
    pub standard: NeedStandard,
    pub clauses: Vec<Clause>,
    pub compiled: Compiled,
}

impl Measure {
    pub fn of(standard: NeedStandard) -> Result<Self> {
        let rules = rules_of(&standard.clauses);
        let (compiled, _doubts) = rules::read(&rules)
            .map_err(|problems| Error::internal(format!("{}: {problems:?}", standard.id)))?;
        Ok(Self {
            standard,
            clauses: rules.clauses,
            compiled,
        })
    }

    /// Points of the clauses that hold, and of those of which facts are missing.
    pub fn points(&self, truths: &[Option<bool>]) -> (i32, i32) {
        let (mut score, mut unknown) = (0, 0);
        for (clause, holds) in self.standard.clauses.iter().zip(truths) {
            match holds {
                Some(true) => score += clause.points,
                Some(false) => {}
                None => unknown += clause.points,
            }
        }
        (score, unknown)
    }
}

/// Which of several measures holds at a place: the nearest division's, and of that the latest.
pub fn nearest(all: &[Measure], place: DivisionCode) -> Option<&Measure> {
    all.iter()
        .filter(|one| one.standard.division_code.contains(place))
        .max_by_key(|one| {
            (
                one.standard.division_code.level(),
                one.standard.effective_from,
            )
        })
}
