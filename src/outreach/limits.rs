//! By when the law wants something done: each limit with the clause that sets it, in the days it counts. The one place where
//! these figures stand; what is due of a petition or an application keeps the day and the limit's name.

use std::borrow::Cow;

use chrono::{Days, NaiveDate};

use crate::kernel::vocabulary::vocabulary;
use crate::kernel::working_days::WorkingDays;

vocabulary! {
    /// What is to be done within a time.
    pub enum LegalLimit {
        PetitionReceipt = "petition_receipt", "书面告知是否受理";
        PetitionObjection = "petition_objection", "对转送提出异议";
        PetitionDecision = "petition_decision", "办结";
        PetitionReviewRequest = "petition_review_request", "请求复查";
        PetitionReview = "petition_review", "提出复查意见";
        PetitionRereviewRequest = "petition_rereview_request", "请求复核";
        PetitionRereview = "petition_rereview", "提出复核意见";
        LegalAidDecision = "legal_aid_decision", "审查决定";
        LegalAidAssignment = "legal_aid_assignment", "指派法律援助人员";
        LegalAidObjection = "legal_aid_objection", "司法行政部门审查异议";
    }
}

/// In which days a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    Calendar(u64),
    Working(usize),
}

/// What a limit is from a day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    pub limit: LegalLimit,
    /// The day the rule came into force.
    since: Option<NaiveDate>,
    pub span: Span,
    pub clause: &'static str,
}

/// By how much a petition's decision may be put off at the most.
pub const LONGEST_EXTENSION: i32 = 30;

const PETITION_RULES: Option<NaiveDate> = NaiveDate::from_ymd_opt(2022, 5, 1);
const LEGAL_AID_LAW: Option<NaiveDate> = NaiveDate::from_ymd_opt(2022, 1, 1);

const fn term(
    limit: LegalLimit,
    since: Option<NaiveDate>,
    span: Span,
    clause: &'static str,
) -> Term {
    Term {
        limit,
        since,
        span,
        clause,
    }
}

/// A newer rule is a further row.
const TERMS: [Term; 10] = [
    term(
        LegalLimit::PetitionReceipt,
        PETITION_RULES,
        Span::Calendar(15),
        "信访工作条例第二十三条",
    ),
    term(
        LegalLimit::PetitionObjection,
        PETITION_RULES,
        Span::Working(5),
        "信访工作条例第二十三条",
    ),
    term(
        LegalLimit::PetitionDecision,
        PETITION_RULES,
        Span::Calendar(60),
        "信访工作条例第三十四条",
    ),
    term(
        LegalLimit::PetitionReviewRequest,
        PETITION_RULES,
        Span::Calendar(30),
        "信访工作条例第三十五条",
    ),
    term(
        LegalLimit::PetitionReview,
        PETITION_RULES,
        Span::Calendar(30),
        "信访工作条例第三十五条",
    ),
    term(
        LegalLimit::PetitionRereviewRequest,
        PETITION_RULES,
        Span::Calendar(30),
        "信访工作条例第三十六条",
    ),
    term(
        LegalLimit::PetitionRereview,
        PETITION_RULES,
        Span::Calendar(30),
        "信访工作条例第三十六条",
    ),
    term(
        LegalLimit::LegalAidDecision,
        LEGAL_AID_LAW,
        Span::Calendar(7),
        "法律援助法第四十三条",
    ),
    term(
        LegalLimit::LegalAidAssignment,
        LEGAL_AID_LAW,
        Span::Calendar(3),
        "法律援助法第四十三条",
    ),
    term(
        LegalLimit::LegalAidObjection,
        LEGAL_AID_LAW,
        Span::Calendar(5),
        "法律援助法第四十九条",
    ),
];

impl LegalLimit {
    /// What it is on a day: the latest rule by then, or the first there was.
    pub fn term(self, on: NaiveDate) -> Option<&'static Term> {
        let mut of = TERMS.iter().filter(|term| term.limit == self);
        let first = of.clone().next();
        of.rfind(|term| term.since <= Some(on)).or(first)
    }

    /// The clause that sets it, as of a day.
    pub fn clause(self, on: NaiveDate) -> Cow<'static, str> {
        self.term(on)
            .map_or(Cow::Borrowed(""), |term| term.clause.into())
    }

    /// The last day for it, counted from the day after.
    pub fn due(self, from: NaiveDate, calendar: &WorkingDays) -> NaiveDate {
        match self.term(from).map(|term| term.span) {
            Some(Span::Calendar(days)) => from
                .checked_add_days(Days::new(days))
                .unwrap_or(NaiveDate::MAX),
            Some(Span::Working(days)) => calendar.after(from, days),
            None => from,
        }
    }

    /// Whether it is the office that has so long; the others are the petitioner's, or another office's.
    pub const fn binds_the_office(self) -> bool {
        !matches!(
            self,
            Self::PetitionReviewRequest | Self::PetitionRereviewRequest | Self::LegalAidObjection
        )
    }
}

/// Those that bind the office, by name.
pub fn of_the_office() -> Vec<LegalLimit> {
    LegalLimit::ALL
        .iter()
        .copied()
        .filter(|limit| limit.binds_the_office())
        .collect()
}

/// What is due, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub limit: LegalLimit,
    pub date: NaiveDate,
}

impl Due {
    pub fn of(limit: LegalLimit, from: NaiveDate, calendar: &WorkingDays) -> Self {
        Self {
            limit,
            date: limit.due(from, calendar),
        }
    }

    /// The office is late with it.
    pub fn is_overdue(self, today: NaiveDate) -> bool {
        self.limit.binds_the_office() && self.date < today
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::working_days::DayKind;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn working_days_leave_holidays_out_and_calendar_days_do_not() {
        let holidays = (1..=7).map(|one| (day(&format!("2022-10-0{one}")), DayKind::Holiday));
        let worked = [(day("2022-10-08"), DayKind::MakeupWorkday)];
        let calendar: WorkingDays = holidays.chain(worked).collect();
        let from = day("2022-09-29");
        let due = |limit: LegalLimit| limit.due(from, &calendar);
        assert_eq!(due(LegalLimit::PetitionObjection), day("2022-10-12"));
        assert_eq!(due(LegalLimit::PetitionReceipt), day("2022-10-14"));
        assert_eq!(due(LegalLimit::PetitionDecision), day("2022-11-28"));
        assert_eq!(due(LegalLimit::LegalAidAssignment), day("2022-10-02"));
    }

    #[test]
    fn every_limit_has_its_clause() {
        for limit in LegalLimit::ALL {
            assert!(limit.clause(day("2022-07-04")).contains('第'), "{limit}");
            assert_eq!(limit.term(day("2001-01-01")), limit.term(day("2022-07-04")));
        }
    }
}
