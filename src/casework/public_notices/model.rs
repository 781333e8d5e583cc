//! A public notice, and objections to it.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::casework::cases::service::Action;
use crate::casework::cases::{State, Transition};
use crate::kernel::division::DivisionCode;
use crate::kernel::id::{CaseId, PublicNoticeId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

/// Whoever is younger is not publicized.
const OF_AGE: u32 = 18;

pub fn is_minor(born: NaiveDate, on: NaiveDate) -> bool {
    on.years_since(born).is_none_or(|age| age < OF_AGE)
}

vocabulary! {
    /// How a public notice ended.
    pub enum PublicNoticeOutcome {
        Passed = "passed", "无异议";
        Objected = "objected", "有异议";
        /// The case went another way, as when the application is withdrawn.
        Closed = "closed", "终止公示";
    }
}

impl PublicNoticeOutcome {
    pub const fn of(action: Action) -> Self {
        match action {
            Action::CloseNotice => Self::Passed,
            Action::Object => Self::Objected,
            _ => Self::Closed,
        }
    }
}

vocabulary! {
    /// Which public notices.
    pub enum PublicNoticeState {
        Current = "current", "公示中";
        Ended = "ended", "已结束";
    }
}

/// As published; only its end is added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "division_code": "990121103201", "name_masked": "张**", "village_name": "甲江县一号镇一村",
    "program_code": "nursing_subsidy", "program_name_zh": "重度残疾人护理补贴", "program_name_en": "Nursing subsidy",
    "amount_fen": 55000, "from_date": "2022-07-18", "to_date": "2022-07-27", "outcome": null, "ended_at": null
}))]
pub struct PublicNotice {
    #[schema(value_type = uuid::Uuid)]
    pub id: PublicNoticeId,
    #[schema(value_type = uuid::Uuid)]
    pub case_id: CaseId,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub name_masked: String,
    pub village_name: String,
    pub program_code: String,
    pub program_name_zh: String,
    pub program_name_en: String,
    /// As the rules found it; null where something was still to be found out.
    pub amount_fen: Option<Fen>,
    pub from_date: NaiveDate,
    /// The last day.
    pub to_date: NaiveDate,
    /// Null while it lasts.
    pub outcome: Option<PublicNoticeOutcome>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub ended_at: Option<Timestamp>,
}

vocabulary! {
    /// What came of an objection.
    pub enum ObjectionOutcome {
        /// The case was sent back or rejected.
        Upheld = "upheld", "异议成立";
        Dismissed = "dismissed", "异议不成立";
        /// The case ended before anybody decided.
        Moot = "moot", "不再处理";
    }
}

/// Somebody of an office: id, user name and display name.
pub type Named = (UserId, String, String);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handling {
    pub outcome: ObjectionOutcome,
    pub comment: Option<String>,
    pub by: Option<Named>,
    pub at: Timestamp,
}

/// What was said against a public notice, who took it down, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// Of the entry of the case's history.
    pub sequence: i32,
    pub text: String,
    pub taken_by: Option<Named>,
    pub at: Timestamp,
    pub handling: Option<Handling>,
}

/// The objections in a case's history, oldest first. Each is answered by the next decision.
pub fn objections(history: &[Transition]) -> Vec<Objection> {
    let entries = history.iter().enumerate();
    entries
        .filter(|(_, entry)| entry.action == Action::Object)
        .map(|(place, entry)| Objection {
            sequence: entry.sequence,
            text: entry.comment.clone().unwrap_or_default(),
            taken_by: entry.actor.clone(),
            at: entry.at,
            handling: history.iter().skip(place + 1).find_map(handling),
        })
        .collect()
}

fn handling(entry: &Transition) -> Option<Handling> {
    let outcome = match (entry.action, entry.to.0) {
        (Action::Transfer, _) => return None,
        (Action::Return | Action::Reject, _) => ObjectionOutcome::Upheld,
        (_, State::InReview) => ObjectionOutcome::Dismissed,
        _ => ObjectionOutcome::Moot,
    };
    Some(Handling {
        outcome,
        comment: entry.comment.clone(),
        by: entry.actor.clone(),
        at: entry.at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::Step;

    #[test]
    fn who_is_seventeen_is_a_minor() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (born, on, minor) in [
            ("2004-07-04", "2022-07-03", true),
            ("2004-07-04", "2022-07-04", false),
            ("2004-02-29", "2022-02-28", true),
            ("2004-02-29", "2022-03-01", false),
            ("2023-01-01", "2022-07-04", true),
        ] {
            assert_eq!(is_minor(day(born), day(on)), minor, "{born} on {on}");
        }
    }

    #[test]
    fn an_objection_is_answered_by_the_next_decision() {
        let review = (State::InReview, Some(Step::Verification));
        let entry = |sequence, action, to, comment: &str| Transition {
            sequence,
            action,
            from: Some(review),
            to,
            round: 1,
            actor: None,
            comment: Some(comment.to_owned()),
            at: Timestamp::from_micros(i64::from(sequence)),
        };
        let returned = (State::Returned, None);
        let withdrawn = (State::Withdrawn, None);
        let answers = |next: &[Transition]| {
            let first = entry(1, Action::Object, review, "有人反映");
            let history: Vec<_> = [first].iter().chain(next).cloned().collect();
            let all = objections(&history);
            let outcome = |one: &Objection| one.handling.as_ref().map(|handling| handling.outcome);
            all.iter().map(outcome).collect::<Vec<_>>()
        };
        let moved = entry(2, Action::Transfer, review, "");
        let dismissed = entry(3, Action::Endorse, review, "查无此事");
        let again = entry(4, Action::Object, review, "再次反映");
        let upheld = entry(5, Action::Return, returned, "属实");
        assert_eq!(answers(&[]), [None]);
        assert_eq!(answers(std::slice::from_ref(&moved)), [None]);
        assert_eq!(
            answers(&[moved, dismissed, again, upheld]),
            [
                Some(ObjectionOutcome::Dismissed),
                Some(ObjectionOutcome::Upheld)
            ]
        );
        assert_eq!(
            answers(&[entry(2, Action::Withdraw, withdrawn, "")]),
            [Some(ObjectionOutcome::Moot)]
        );
    }
}
