//! An enrollment, and what holds of it in a month.

use chrono::{Months, NaiveDate};
use serde::Deserialize;
use utoipa::ToSchema;

use super::claim::Claim;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, EnrollmentId, ResidentId, UserId};
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

vocabulary! {
    /// What is done to an enrollment.
    pub enum EnrollmentAction {
        Open = "open", "开始享受";
        Suspend = "suspend", "停发";
        Resume = "resume", "恢复";
        Stop = "stop", "退出";
    }
}

impl EnrollmentAction {
    /// Those that follow the approval.
    pub const ASKED: [Self; 3] = [Self::Suspend, Self::Resume, Self::Stop];

    /// The audit's name of it.
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Open => "enrollment.opened",
            Self::Suspend => "enrollment.suspended",
            Self::Resume => "enrollment.resumed",
            Self::Stop => "enrollment.stopped",
        }
    }
}

vocabulary! {
    /// Why something is done to an enrollment (残疾人两项补贴资格认定申请审核…管理: 停发、退出的情形).
    pub enum EnrollmentReason {
        /// Of the opening alone.
        Approved = "approved", "经批准";
        /// Of resuming alone.
        ReviewPassed = "review_passed", "复核合格";
        Death = "death", "死亡";
        Missing = "missing", "失踪失联";
        MovedAway = "moved_away", "迁出";
        CertificateEnded = "certificate_ended", "残疾人证失效或注销";
        Imprisoned = "imprisoned", "服刑羁押";
        ReviewFailed = "review_failed", "复核不合格";
        IncomeChanged = "income_changed", "经济状况变化";
        Voluntary = "voluntary", "自愿放弃";
        ExtremePovertySupport = "extreme_poverty_support", "纳入特困供养";
        WorkInjuryCare = "work_injury_care", "领取工伤生活护理费";
        OtherAllowance = "other_allowance", "享受其他互斥待遇";
        PeriodEnded = "period_ended", "补贴期满";
        Error = "error", "更正差错";
        Other = "other", "其他";
    }
}

impl EnrollmentReason {
    fn fits(self, action: EnrollmentAction) -> bool {
        match self {
            Self::Approved => action == EnrollmentAction::Open,
            Self::ReviewPassed => action == EnrollmentAction::Resume,
            Self::Error | Self::Other | Self::IncomeChanged => action != EnrollmentAction::Open,
            _ => matches!(action, EnrollmentAction::Suspend | EnrollmentAction::Stop),
        }
    }

    /// Says too little by itself.
    const fn needs_comment(self) -> bool {
        matches!(self, Self::Error | Self::Other)
    }
}

#[derive(Debug, Clone)]
pub struct Enrollment {
    pub id: EnrollmentId,
    pub resident_id: ResidentId,
    pub case_id: CaseId,
    pub program_code: String,
    /// What it may not run beside: its program's group, or the program itself.
    pub exclusive_key: String,
    pub division_code: DivisionCode,
    /// Where its last entry led. What holds in a month its entries say.
    pub state: EnrollmentState,
    /// The first month it is paid for.
    pub start_month: Month,
    /// The last month it is paid for; the one before the first, where nothing is.
    pub stop_month: Option<Month>,
    /// Fen a month, at the time of approval; of a claim, for the first.
    pub rate_fen: Fen,
    /// What it was granted for, where that was claimed for a period.
    pub claim: Option<Claim>,
    /// By when it is to be reviewed, while it runs.
    pub review_due_date: Option<NaiveDate>,
    pub last_transition: i32,
    pub version: i32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// One entry of an enrollment's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnrollmentTransition {
    pub sequence: i32,
    pub action: EnrollmentAction,
    pub to: EnrollmentState,
    /// From this month on it counts, and overrides the entries before it.
    pub effective_month: Month,
    pub reason: EnrollmentReason,
    pub actor: UserId,
    /// When the office knew.
    pub at: Timestamp,
}

/// What held in a month, by entries from the beginning on; nothing before the first.
pub fn state_in(entries: &[EnrollmentTransition], month: Month) -> Option<EnrollmentState> {
    let mut latest = entries.iter().rev();
    latest
        .find(|entry| entry.effective_month <= month)
        .map(|entry| entry.to)
}

/// As `state_in`; what had not begun is as if it had stopped.
pub fn status_in(entries: &[EnrollmentTransition], month: Month) -> EnrollmentState {
    state_in(entries, month).unwrap_or(EnrollmentState::Stopped)
}

/// The entries that the office knew at an instant.
pub fn known_at(entries: &[EnrollmentTransition], at: Timestamp) -> &[EnrollmentTransition] {
    let known = entries.iter().take_while(|entry| entry.at <= at).count();
    entries.get(..known).unwrap_or_default()
}

/// What somebody does to an enrollment.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewEnrollmentTransition, example = json!({"action": "suspend", "effective_month": "2022-09", "reason": "missing"}))]
pub struct NewTransition {
    pub action: EnrollmentAction,
    /// From which month on; the next, unless given. Of a stop: the first month that is not paid for.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub effective_month: Option<Month>,
    /// `review_passed` for resume alone; `error`, `other` and `income_changed` for everything.
    pub reason: EnrollmentReason,
    /// Needed by `error` and `other`.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

const LONGEST: usize = 1_000;

impl NewTransition {
    pub fn comment(&self) -> Result<Option<&str>> {
        let comment = self.comment.as_deref().map(str::trim);
        let comment = comment.filter(|text| !text.is_empty());
        let length = comment.map_or(0, |text| text.chars().count());
        if length > LONGEST || (self.reason.needs_comment() && length == 0) {
            return Err(Error::field(
                "/comment",
                "comment.length",
                "up to 1000 characters; the reasons error and other need one",
                "不超过1000字；原因为更正差错、其他的须说明",
            ));
        }
        Ok(comment)
    }

    /// Where it leads and from which month on, if the enrollment may take it.
    pub fn check(&self, of: &Enrollment, present: Month) -> Result<(EnrollmentState, Month)> {
        let to = of.follow(self.action)?;
        if !self.reason.fits(self.action) {
            return Err(Error::field(
                "/reason",
                "enrollment.reason",
                format!("{} is no reason to {}", self.reason, self.action),
                format!(
                    "{}不是{}的原因",
                    self.reason.label_zh(),
                    self.action.label_zh()
                ),
            ));
        }
        let latest = present.next().max(of.start_month);
        let month = self.effective_month.unwrap_or(latest);
        if month < of.start_month || month > latest {
            let first = of.start_month;
            return Err(Error::field(
                "/effective_month",
                "enrollment.month",
                format!("{first} to {latest}"),
                format!("{first}至{latest}"),
            ));
        }
        // A month that was found to be one too many is given back; none is paid after all.
        if of.stop_month.is_some_and(|last| month > last) {
            return Err(Error::field(
                "/effective_month",
                "enrollment.not_earlier",
                "what stopped is found to have stopped earlier, or not at all",
                "退出月份只能更正为更早的月份",
            ));
        }
        Ok((to, month))
    }
}

/// So many months after a day, if a version says how many.
pub fn review_after(day: NaiveDate, months: Option<i32>) -> Option<NaiveDate> {
    let months = months.and_then(|months| u32::try_from(months).ok())?;
    day.checked_add_months(Months::new(months))
}

impl Enrollment {
    pub fn is_running(&self) -> bool {
        self.state != EnrollmentState::Stopped
    }

    /// Where an action leads.
    fn follow(&self, action: EnrollmentAction) -> Result<EnrollmentState> {
        use EnrollmentAction::{Resume, Stop, Suspend};
        use EnrollmentState::{Active, Stopped, Suspended};
        match (self.state, action) {
            (Active, Suspend) => Ok(Suspended),
            (Suspended, Resume) => Ok(Active),
            (Active | Suspended, Stop) => Ok(Stopped),
            // It may be found to have stopped earlier.
            (Stopped, Stop) if self.stop_month >= Some(self.start_month) => Ok(Stopped),
            (state, action) => Err(Error::new(Code::EnrollmentTransition)
                .detail(
                    format!("an enrollment in state {state} does not take: {action}"),
                    format!("{}的资格不能{}", state.label_zh(), action.label_zh()),
                )
                .member("state", state.as_str())),
        }
    }

    /// What may be done to it, by whoever may.
    pub fn allowed(&self) -> Vec<EnrollmentAction> {
        let may = |action: &EnrollmentAction| self.follow(*action).is_ok();
        EnrollmentAction::ASKED.into_iter().filter(may).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn entry(
        sequence: i32,
        action: EnrollmentAction,
        from: &str,
        day: i64,
    ) -> EnrollmentTransition {
        let to = match action {
            EnrollmentAction::Open | EnrollmentAction::Resume => EnrollmentState::Active,
            EnrollmentAction::Suspend => EnrollmentState::Suspended,
            EnrollmentAction::Stop => EnrollmentState::Stopped,
        };
        EnrollmentTransition {
            sequence,
            action,
            to,
            effective_month: month(from),
            reason: EnrollmentReason::Other,
            actor: UserId::new(uuid::Uuid::nil()),
            at: Timestamp::from_micros(day),
        }
    }

    #[test]
    fn the_last_entry_that_reaches_a_month_holds_in_it() {
        use EnrollmentAction::{Open, Resume, Stop, Suspend};
        use EnrollmentState::{Active, Stopped, Suspended};
        let entries = [
            entry(1, Open, "2022-07", 1),
            entry(2, Suspend, "2022-09", 2),
            entry(3, Resume, "2022-11", 3),
            // What was paid again was to be held back earlier, and from then on.
            entry(4, Suspend, "2022-08", 4),
            entry(5, Stop, "2022-12", 5),
        ];
        let at = |known: usize, in_month: &str| status_in(&entries[..known], month(in_month));
        assert_eq!(state_in(&entries, month("2022-06")), None);
        assert_eq!(at(5, "2022-06"), Stopped);
        assert_eq!(
            [at(3, "2022-08"), at(3, "2022-09"), at(3, "2022-11")],
            [Active, Suspended, Active]
        );
        assert_eq!(
            [at(4, "2022-07"), at(4, "2022-08"), at(4, "2022-11")],
            [Active, Suspended, Suspended]
        );
        assert_eq!(
            [at(5, "2022-11"), at(5, "2022-12"), at(5, "2030-01")],
            [Suspended, Stopped, Stopped]
        );
        let known = known_at(&entries, entries[2].at);
        assert_eq!(known.len(), 3);
        assert_eq!(known_at(&entries, Timestamp::from_micros(0)), []);
    }
}
