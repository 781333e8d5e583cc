//! A settlement, its lines, and the arithmetic of caps and deductions.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{
    OrganizationId, PayableId, ProgramVersionId, RehabilitationCapId, RehabilitationPlanId,
    ResidentId, SettlementId, SettlementLineId, UserId,
};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// State of a settlement.
    pub enum SettlementState {
        Proposed = "proposed", "待复核";
        Checked = "checked", "已复核";
        Returned = "returned", "已退回";
        Withdrawn = "withdrawn", "已撤回";
    }
}

vocabulary! {
    /// What is done to a settlement.
    pub enum SettlementAction {
        Propose = "propose", "提出";
        Check = "check", "复核";
        Return = "return", "退回";
        Withdraw = "withdraw", "撤回";
    }
}

impl SettlementAction {
    /// Those that follow the proposal.
    pub const ANSWERS: [Self; 3] = [Self::Check, Self::Return, Self::Withdraw];

    /// The audit's name of it.
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Propose => "settlement.proposed",
            Self::Check => "settlement.checked",
            Self::Return => "settlement.returned",
            Self::Withdraw => "settlement.withdrawn",
        }
    }

    const fn follow(self, at: SettlementState) -> Option<SettlementState> {
        match (at, self) {
            (SettlementState::Proposed, Self::Check) => Some(SettlementState::Checked),
            (SettlementState::Proposed, Self::Return) => Some(SettlementState::Returned),
            (SettlementState::Proposed, Self::Withdraw) => Some(SettlementState::Withdrawn),
            _ => None,
        }
    }
}

vocabulary! {
    /// State of a line of a settlement.
    pub enum LineState {
        /// It counts.
        Live = "live", "有效";
        /// Given up with its settlement.
        Dropped = "dropped", "已放弃";
        /// Taken back after the check.
        Reversed = "reversed", "已冲销";
    }
}

/// For what an institution asks.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"institution_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "month": "2022-07"}))]
pub struct NewSettlement {
    /// The organization's id.
    #[schema(value_type = uuid::Uuid)]
    pub institution_id: OrganizationId,
    #[schema(value_type = String)]
    pub month: Month,
    /// The county that pays; the institution's own, unless given.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub division_code: Option<DivisionCode>,
}

/// What somebody does to a settlement.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "return", "comment": "7月12日的训练无监护人签字"}))]
pub struct NewSettlementTransition {
    pub action: SettlementAction,
    /// Needed to return and to withdraw: why.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

const LONGEST_COMMENT: usize = 1_000;

impl NewSettlementTransition {
    pub fn comment(&self) -> Result<Option<&str>> {
        let comment = self.comment.as_deref().map(str::trim);
        let comment = comment.filter(|text| !text.is_empty());
        let length = comment.map_or(0, |text| text.chars().count());
        let needed = self.action != SettlementAction::Check;
        if length > LONGEST_COMMENT || (needed && length == 0) {
            return Err(Error::field(
                "/comment",
                "comment.length",
                "up to 1000 characters; return and withdraw need one",
                "不超过1000字；退回、撤回须说明理由",
            ));
        }
        Ok(comment)
    }
}

/// A line that is taken back after the check.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"line_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "reason": "训练记录与签到不符"}))]
pub struct NewReversal {
    #[schema(value_type = uuid::Uuid)]
    pub line_id: SettlementLineId,
    #[schema(min_length = 2, max_length = 500)]
    pub reason: String,
}

/// What may be paid at the most for a person of a program in a year.
#[derive(Debug, Clone)]
pub struct Cap {
    pub id: RehabilitationCapId,
    pub resident_id: ResidentId,
    pub program_code: String,
    pub year: i32,
    pub amount: Fen,
    /// By which it was decided, with the facts of that day.
    pub program_version_id: ProgramVersionId,
    pub decided_date: NaiveDate,
}

/// The year's cap as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AnnualCap, example = json!({"year": 2022, "cap_fen": 2_400_000, "settled_fen": 96_000, "remaining_fen": 2_304_000}))]
pub struct Standing {
    pub year: i32,
    pub cap_fen: Fen,
    /// Of all records of the person.
    pub settled_fen: Fen,
    pub remaining_fen: Fen,
}

impl Standing {
    pub fn of(year: i32, cap: Fen, settled: Fen) -> Self {
        Self {
            year,
            cap_fen: cap,
            settled_fen: settled,
            remaining_fen: left(cap, settled),
        }
    }
}

/// What a cap leaves: never less than nothing, whatever two records of one person had before they were merged.
pub fn left(cap: Fen, settled: Fen) -> Fen {
    Fen::new(cap.get().saturating_sub(settled.get()).max(0))
}

/// The day by which a year's cap is decided: when the year began, or the child.
pub fn decided_on(year: i32, began: Option<NaiveDate>) -> Option<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(year, 1, 1)?;
    Some(began.map_or(first, |day| day.max(first)))
}

/// The year a month is settled in.
pub fn year_of(month: Month) -> i32 {
    month.first_day().year()
}

/// A line about to be proposed.
#[derive(Debug)]
pub struct Reckoned {
    pub plan: RehabilitationPlanId,
    pub resident: ResidentId,
    pub program_code: String,
    pub cap: RehabilitationCapId,
    pub program_version: ProgramVersionId,
    pub sessions: i32,
    pub rate: Fen,
    pub gross: Fen,
    pub remaining: Fen,
    pub amount: Fen,
    /// What is kept back of it, by the reversed line.
    pub kept_back: Vec<(SettlementLineId, Fen)>,
}

/// What an institution owes back.
#[derive(Debug, Clone, Copy)]
pub struct Owed {
    pub reversed_line: SettlementLineId,
    pub rest: Fen,
}

impl Reckoned {
    pub fn deduction(&self) -> Fen {
        let all = self.kept_back.iter().map(|(_, amount)| *amount);
        Fen::sum(all).unwrap_or(self.amount)
    }

    pub fn net(&self) -> Fen {
        left(self.amount, self.deduction())
    }

    /// Keeps back what is owed, oldest first, as far as the line goes.
    pub fn keep_back(&mut self, owed: &mut [Owed]) {
        for one in owed.iter_mut().filter(|one| one.rest > Fen::ZERO) {
            let part = self.net().min(one.rest);
            if part == Fen::ZERO {
                break;
            }
            one.rest = left(one.rest, part);
            self.kept_back.push((one.reversed_line, part));
        }
    }
}

/// A user by id, user name and display name.
pub type Named = (UserId, String, String);

#[derive(Debug, Clone)]
pub struct Settlement {
    pub id: SettlementId,
    pub institution: OrganizationId,
    /// The county that pays.
    pub division_code: DivisionCode,
    pub month: Month,
    pub state: SettlementState,
    /// The number of its last entry, and its version.
    pub last_transition: i32,
    pub line_count: i32,
    pub amount: Fen,
    pub deduction: Fen,
    pub proposed_by: UserId,
    pub proposed_at: Timestamp,
    pub checked_by: Option<UserId>,
}

#[derive(Debug, Clone)]
pub struct Line {
    pub id: SettlementLineId,
    pub plan_id: RehabilitationPlanId,
    pub resident_id: ResidentId,
    pub program_code: String,
    pub session_count: i32,
    pub rate: Fen,
    pub gross: Fen,
    pub remaining: Fen,
    pub amount: Fen,
    pub deduction: Fen,
    /// What is owed for it, from the check on.
    pub payable: Option<PayableId>,
    pub state: LineState,
    pub reversal: Option<(UserId, Timestamp, String)>,
}

impl Line {
    /// What is to be paid.
    pub fn net(&self) -> Fen {
        left(self.amount, self.deduction)
    }
}

/// One entry of a settlement's history.
#[derive(Debug, Clone)]
pub struct Turn {
    pub sequence: i32,
    pub action: SettlementAction,
    pub from: Option<SettlementState>,
    pub to: SettlementState,
    pub actor: Named,
    pub comment: Option<String>,
    pub at: Timestamp,
}

/// On which sides of a settlement somebody stands.
#[derive(Debug, Clone, Copy)]
pub struct Sides {
    /// May check for the county that pays.
    pub office: bool,
    /// Works at the institution.
    pub institution: bool,
    /// Proposed it.
    pub proposer: bool,
}

impl Sides {
    /// Where an action leads. Nobody checks for the institution they work at.
    pub fn check(self, at: SettlementState, action: SettlementAction) -> Result<SettlementState> {
        let to = action.follow(at).ok_or_else(|| {
            Error::new(Code::SettlementTransition)
                .detail(
                    format!("a settlement in state {at} does not take: {action}"),
                    format!("{}的结算不能{}", at.label_zh(), action.label_zh()),
                )
                .member("state", at.as_str())
        })?;
        match action {
            SettlementAction::Withdraw if self.institution => Ok(to),
            SettlementAction::Withdraw => Err(Code::SettlementSide.into()),
            _ if self.proposer || (self.office && self.institution) => {
                Err(Code::SettlementOwn.into())
            }
            _ if self.office => Ok(to),
            _ => Err(Code::SettlementSide.into()),
        }
    }

    pub fn allowed(self, at: SettlementState) -> Vec<SettlementAction> {
        let may = |action: &SettlementAction| self.check(at, *action).is_ok();
        SettlementAction::ANSWERS.into_iter().filter(may).collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::kernel::id::Id;

    fn line(amount: i64) -> Reckoned {
        Reckoned {
            plan: Id::new(Uuid::nil()),
            resident: Id::new(Uuid::nil()),
            program_code: "child_rehabilitation".to_owned(),
            cap: Id::new(Uuid::nil()),
            program_version: Id::new(Uuid::nil()),
            sessions: 1,
            rate: Fen::new(amount),
            gross: Fen::new(amount),
            remaining: Fen::new(amount),
            amount: Fen::new(amount),
            kept_back: Vec::new(),
        }
    }

    #[test]
    fn what_is_owed_is_kept_back_oldest_first_and_no_more_than_there_is() {
        let id = |number| Id::new(Uuid::from_u128(number));
        let owe = |number, rest| Owed {
            reversed_line: id(number),
            rest: Fen::new(rest),
        };
        let mut owed = [owe(1, 300), owe(2, 500)];
        let (mut first, mut second, mut third) = (line(200), line(0), line(1_000));
        for one in [&mut first, &mut second, &mut third] {
            one.keep_back(&mut owed);
        }
        let parts = |line: &Reckoned| {
            let of = |(id, amount): &(SettlementLineId, Fen)| (*id, amount.get());
            line.kept_back.iter().map(of).collect::<Vec<_>>()
        };
        assert_eq!(parts(&first), [(id(1), 200)]);
        assert_eq!(parts(&second), []);
        assert_eq!(parts(&third), [(id(1), 100), (id(2), 500)]);
        assert_eq!((first.net().get(), third.net().get()), (0, 400));
        assert!(owed.iter().all(|one| one.rest == Fen::ZERO));
    }

    #[test]
    fn a_cap_leaves_nothing_rather_than_less() {
        assert_eq!(left(Fen::new(10), Fen::new(4)), Fen::new(6));
        assert_eq!(left(Fen::new(10), Fen::new(14)), Fen::ZERO);
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(decided_on(2022, None), Some(day("2022-01-01")));
        let began = Some(day("2022-03-04"));
        assert_eq!(decided_on(2022, began), began);
        assert_eq!(decided_on(2023, began), Some(day("2023-01-01")));
    }

    #[test]
    fn nobody_checks_their_own() {
        use SettlementAction::{Check, Return, Withdraw};
        let sides = |office, institution, proposer| Sides {
            office,
            institution,
            proposer,
        };
        let at = SettlementState::Proposed;
        assert_eq!(sides(true, false, false).allowed(at), [Check, Return]);
        assert_eq!(sides(false, true, true).allowed(at), [Withdraw]);
        assert_eq!(sides(true, true, false).allowed(at), [Withdraw]);
        let refused = |sides: Sides| sides.check(at, Check).unwrap_err().code();
        assert_eq!(refused(sides(true, true, false)), Code::SettlementOwn);
        assert_eq!(refused(sides(true, false, true)), Code::SettlementOwn);
        assert_eq!(refused(sides(false, true, false)), Code::SettlementSide);
        for over in [
            SettlementState::Checked,
            SettlementState::Returned,
            SettlementState::Withdrawn,
        ] {
            assert_eq!(sides(true, false, false).allowed(over), []);
        }
    }
}
