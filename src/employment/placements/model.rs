//! A placement, its evidence, and what the evidence must hold.

use chrono::{Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::suiting::{of_age, suits};
use crate::employment::employers::EmployerType;
use crate::employment::words;
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, FieldError, Result};
use crate::kernel::id::{
    EmployerId, JobFairId, JobReferralId, JobSeekerId, PlacementId, ResidentId, UserId,
};
use crate::kernel::money::Fen;
use crate::kernel::text::maybe;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::registry::facts::EmploymentForm;

vocabulary! {
    pub enum PlacementState {
        Entered = "entered", "待核实";
        Returned = "returned", "已退回";
        Verified = "verified", "已核实";
        Left = "left", "已离岗";
    }
}

vocabulary! {
    /// What becomes of a placement.
    pub enum PlacementAction {
        Enter = "enter", "登记";
        Return = "return", "退回";
        Resubmit = "resubmit", "补充佐证";
        Verify = "verify", "核实";
        Leave = "leave", "离岗";
    }
}

vocabulary! {
    pub enum LeaveReason {
        ContractEnded = "contract_ended", "合同到期";
        Resigned = "resigned", "本人辞职";
        Dismissed = "dismissed", "单位辞退";
        EmployerClosed = "employer_closed", "单位停业";
        Health = "health", "健康原因";
        Moved = "moved", "迁居";
        Retired = "retired", "退休";
        Deceased = "deceased", "死亡";
        Other = "other", "其他";
    }
}

vocabulary! {
    /// What somebody works by.
    pub enum ContractKind {
        LaborContract = "labor_contract", "劳动合同";
        ServiceAgreement = "service_agreement", "劳务（服务）协议";
        BusinessLicense = "business_license", "营业执照";
        LandContract = "land_contract", "土地承包（流转）合同";
    }
}

vocabulary! {
    pub enum VerificationOutcome {
        Verify = "verify", "核实";
        Return = "return", "退回";
    }
}

vocabulary! {
    /// What new employment asks of the evidence.
    pub enum EvidenceCriterion {
        /// A contract for a year at least, or without an end, that covers the first day.
        Contract = "contract", "合同涵盖上岗日且期满一年";
        /// Not less than the minimum of that division on the first day.
        Wage = "wage", "工资不低于当地最低工资标准";
        /// Since today or before.
        Insurance = "insurance", "已参加社会保险";
        /// Valid on the first day.
        Certificate = "certificate", "持有效残疾人证";
    }
}

/// Whether a criterion is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"criterion": "wage", "met": true}))]
pub struct EvidenceVerdict {
    pub criterion: EvidenceCriterion,
    pub met: bool,
}

/// What somebody works by, for how long and how much.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPlacementEvidence, example = json!({
    "contract_kind": "labor_contract", "contract_number": "HT-2022-018", "contract_from": "2022-07-01", "contract_to": "2024-06-30",
    "wage_fen": 320_000, "insured_from": "2022-07-01", "insurance_number": "SB0018"
}))]
pub struct NewEvidence {
    pub contract_kind: ContractKind,
    #[serde(default)]
    #[schema(max_length = 100)]
    pub contract_number: Option<String>,
    #[serde(deserialize_with = "date::written")]
    pub contract_from: NaiveDate,
    /// Its last day; without one it has no end.
    #[serde(default, deserialize_with = "date::maybe")]
    pub contract_to: Option<NaiveDate>,
    /// A month.
    #[schema(minimum = 1)]
    pub wage_fen: Fen,
    /// Since when social insurance is paid.
    #[serde(default, deserialize_with = "date::maybe")]
    pub insured_from: Option<NaiveDate>,
    #[serde(default)]
    #[schema(max_length = 100)]
    pub insurance_number: Option<String>,
}

/// Who works where.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "form": "quota", "employer_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09",
    "start_date": "2022-07-01", "evidence": {"contract_kind": "labor_contract", "contract_from": "2022-07-01", "contract_to": "2024-06-30",
        "wage_fen": 320_000, "insured_from": "2022-07-01"}
}))]
pub struct NewPlacement {
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    /// Any but `none`.
    pub form: EmploymentForm,
    /// Not of who works on their own account; of `flexible` and `farming` where there is one.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub employer_id: Option<EmployerId>,
    /// A referral to a vacancy that was accepted.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub job_referral_id: Option<JobReferralId>,
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub fair_id: Option<JobFairId>,
    #[serde(deserialize_with = "date::written")]
    pub start_date: NaiveDate,
    pub evidence: NewEvidence,
}

/// What another person says of the evidence.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPlacementVerification, example = json!({"outcome": "return", "comment": "缺少参保证明"}))]
pub struct NewVerification {
    pub outcome: VerificationOutcome,
    /// Needed to return it.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

/// Who leaves when and why.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPlacementEnding, example = json!({"end_date": "2022-09-30", "reason": "resigned", "comment": "拟回乡照顾家人"}))]
pub struct NewEnding {
    /// The last day of work.
    #[serde(deserialize_with = "date::written")]
    pub end_date: NaiveDate,
    pub reason: LeaveReason,
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

/// Evidence as it was entered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PlacementEvidence, example = json!({
    "revision": 1, "contract_kind": "labor_contract", "contract_number": "HT-2022-018", "contract_from": "2022-07-01",
    "contract_to": "2024-06-30", "wage_fen": 320_000, "insured_from": "2022-07-01", "insurance_number": "SB0018",
    "entered_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "entered_at": "2022-07-04T01:00:00.000000Z"
}))]
pub struct Evidence {
    pub revision: i32,
    pub contract_kind: ContractKind,
    pub contract_number: Option<String>,
    pub contract_from: NaiveDate,
    pub contract_to: Option<NaiveDate>,
    pub wage_fen: Fen,
    pub insured_from: Option<NaiveDate>,
    pub insurance_number: Option<String>,
    #[schema(value_type = uuid::Uuid)]
    pub entered_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub entered_at: Timestamp,
}

/// One entry of a placement's history.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PlacementTurn, example = json!({
    "sequence": 2, "action": "verify", "from_state": "entered", "to_state": "verified", "revision": 1, "comment": null,
    "actor_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "at": "2022-07-08T02:00:00.000000Z"
}))]
pub struct Turn {
    pub sequence: i32,
    pub action: PlacementAction,
    pub from_state: Option<PlacementState>,
    pub to_state: PlacementState,
    /// Of the evidence.
    pub revision: i32,
    pub comment: Option<String>,
    #[schema(value_type = uuid::Uuid)]
    pub actor_id: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub at: Timestamp,
}

/// What a look at one placement shows beside it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PlacementDetail, example = json!({"evidence": [], "verdicts": [{"criterion": "wage", "met": true}], "minimum_wage_fen": 207_000, "history": []}))]
pub struct Told {
    /// Oldest first; the last counts.
    pub evidence: Vec<Evidence>,
    /// Of the last evidence, by what is known now.
    pub verdicts: Vec<EvidenceVerdict>,
    /// Of that division on the first day; null where none is laid down.
    pub minimum_wage_fen: Option<Fen>,
    /// Oldest first.
    pub history: Vec<Turn>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e10", "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "division_code": "990121103201",
    "form": "quota", "employer_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "employer_type": "private", "job_seeker_id": null,
    "job_referral_id": null, "fair_id": null, "start_date": "2022-07-01", "end_date": null, "leave_reason": null, "state": "verified",
    "evidence_revision": 1, "verified_at": "2022-07-08T02:00:00.000000Z", "version": 2
}))]
pub struct Placement {
    #[schema(value_type = uuid::Uuid)]
    pub id: PlacementId,
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    /// Where the person lives, or lived when they left.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub form: EmploymentForm,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub employer_id: Option<EmployerId>,
    pub employer_type: Option<EmployerType>,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub job_seeker_id: Option<JobSeekerId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub job_referral_id: Option<JobReferralId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub fair_id: Option<JobFairId>,
    pub start_date: NaiveDate,
    /// The last day of work.
    pub end_date: Option<NaiveDate>,
    pub leave_reason: Option<LeaveReason>,
    pub state: PlacementState,
    pub evidence_revision: i32,
    /// Kept when they leave.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub verified_at: Option<Timestamp>,
    /// Left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub detail: Option<Told>,
    #[serde(skip)]
    pub last_transition: i32,
    #[serde(skip)]
    pub verified_revision: Option<i32>,
    pub version: i32,
}

/// Who works on their own account has no employer; who is employed has one.
fn employer_fits(form: EmploymentForm, employed: bool) -> bool {
    use EmploymentForm as Form;
    match form {
        Form::SelfEmployed => !employed,
        Form::Flexible | Form::Farming => true,
        Form::Quota | Form::Concentrated | Form::PublicWelfarePost | Form::Sheltered => employed,
        Form::None => false,
    }
}

/// Numbers of contract and insurance, without what surrounds them.
pub type Numbers = (Option<String>, Option<String>);

impl NewEvidence {
    fn errors(&self, before: &str) -> (Vec<FieldError>, Option<Numbers>) {
        let at = |name: &str| format!("{before}/{name}");
        let mut errors = Vec::new();
        errors.extend(words::amount(&at("wage_fen"), self.wage_fen).err());
        if self
            .contract_to
            .is_some_and(|last| last < self.contract_from)
        {
            errors.push(FieldError::new(
                at("contract_to"),
                "period.order",
                "not before contract_from",
                "不得早于 contract_from",
            ));
        }
        let number =
            |name: &str, given: &Option<String>| maybe(&at(name), given.as_deref(), words::NAME);
        let contract = number("contract_number", &self.contract_number);
        let contract = words::keep(contract, &mut errors);
        let insurance = number("insurance_number", &self.insurance_number);
        let insurance = words::keep(insurance, &mut errors);
        (errors, contract.zip(insurance))
    }

    /// The numbers, if all is as it may be for who works in a form and was born on a day.
    pub fn check(&self, form: EmploymentForm, birth: NaiveDate) -> Result<Numbers> {
        let (mut errors, numbers) = self.errors("");
        errors.extend(suits(self, form, birth, ""));
        match numbers {
            Some(numbers) if errors.is_empty() => Ok(numbers),
            _ => Err(Error::fields(errors)),
        }
    }
}

impl NewPlacement {
    /// The numbers of the evidence, if all is as it may be for somebody born on a day.
    pub fn check(&self, birth: NaiveDate, today: NaiveDate) -> Result<Numbers> {
        let (mut errors, numbers) = self.evidence.errors("/evidence");
        errors.extend(suits(&self.evidence, self.form, birth, "/evidence"));
        errors.extend(of_age("/start_date", self.start_date, birth).err());
        if self.start_date > today {
            errors.push(FieldError::new(
                "/start_date",
                "start_date.future",
                "not a day to come",
                "不得为今后的日期",
            ));
        }
        errors.extend(words::form("/form", self.form).err());
        if self.form != EmploymentForm::None
            && !employer_fits(self.form, self.employer_id.is_some())
        {
            errors.push(FieldError::new(
                "/employer_id",
                "employer.form",
                "who is employed has an employer, who works on their own account has none",
                "受雇就业须填写用人单位，个体就业不填",
            ));
        }
        match numbers {
            Some(numbers) if errors.is_empty() => Ok(numbers),
            _ => Err(Error::fields(errors)),
        }
    }
}

/// Whether a contract is for a year at least.
pub fn lasts_a_year(from: NaiveDate, to: Option<NaiveDate>) -> bool {
    let Some(to) = to else {
        return true;
    };
    let anniversary = from.checked_add_months(Months::new(12));
    let last = anniversary.and_then(|day| day.checked_sub_days(Days::new(1)));
    last.is_some_and(|last| to >= last)
}

/// What evidence is held against.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// The first day of work.
    pub start: NaiveDate,
    pub today: NaiveDate,
    pub minimum_wage: Option<Fen>,
    pub certified: bool,
}

/// What new employment asks of evidence, criterion by criterion.
pub fn judge(of: &Evidence, by: Measure) -> Vec<EvidenceVerdict> {
    use EvidenceCriterion as Criterion;
    let covered =
        of.contract_from <= by.start && of.contract_to.is_none_or(|last| last >= by.start);
    [
        (
            Criterion::Contract,
            covered && lasts_a_year(of.contract_from, of.contract_to),
        ),
        (
            Criterion::Wage,
            by.minimum_wage.is_some_and(|least| of.wage_fen >= least),
        ),
        (
            Criterion::Insurance,
            of.insured_from.is_some_and(|since| since <= by.today),
        ),
        (Criterion::Certificate, by.certified),
    ]
    .map(|(criterion, met)| EvidenceVerdict { criterion, met })
    .to_vec()
}

/// Refuses what is not met, and names it.
pub fn require(verdicts: &[EvidenceVerdict]) -> Result<()> {
    let unmet: Vec<_> = verdicts
        .iter()
        .filter(|one| !one.met)
        .map(|one| one.criterion)
        .collect();
    if unmet.is_empty() {
        return Ok(());
    }
    let en: Vec<_> = unmet.iter().map(|one| one.as_str()).collect();
    let zh: Vec<_> = unmet.iter().map(|one| one.label_zh()).collect();
    Err(Error::new(Code::PlacementEvidence)
        .detail(
            format!("not met: {}", en.join(", ")),
            format!("未满足：{}", zh.join("、")),
        )
        .member("unmet", en))
}

impl PlacementState {
    /// Where an action leads.
    pub fn after(self, action: PlacementAction) -> Result<Self> {
        use PlacementAction as Action;
        match (self, action) {
            (Self::Entered, Action::Verify) => Ok(Self::Verified),
            (Self::Entered, Action::Return) => Ok(Self::Returned),
            (Self::Entered | Self::Returned, Action::Resubmit) => Ok(Self::Entered),
            (Self::Entered | Self::Returned | Self::Verified, Action::Leave) => Ok(Self::Left),
            _ => Err(Error::new(Code::PlacementTransition)
                .detail(
                    format!("a placement in state {self} does not take: {action}"),
                    format!("{}的就业登记不能{}", self.label_zh(), action.label_zh()),
                )
                .member("state", self.as_str())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_ends_on_the_day_before() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (from, to, year) in [
            ("2022-07-01", "2023-06-30", true),
            ("2022-07-01", "2023-06-29", false),
            ("2024-02-29", "2025-02-27", true),
            ("2024-02-29", "2025-02-26", false),
            ("2023-03-01", "2024-02-29", true),
            ("2023-03-01", "2024-02-28", false),
        ] {
            assert_eq!(lasts_a_year(day(from), Some(day(to))), year, "{from} {to}");
        }
        assert!(lasts_a_year(day("2022-07-01"), None));
    }
}
