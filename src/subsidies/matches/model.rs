//! A list that was brought, and whom it names.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::kernel::division::{DivisionCode, DivisionLevel};
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::{EnrollmentId, MatchId, MatchListId, ResidentId, UserId};
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::registry::facts::CircumstanceKind;
use crate::sheets::table::RejectedRow;
use crate::subsidies::enrollments::{
    Enrollment, EnrollmentAction, EnrollmentReason, EnrollmentState,
};
use crate::subsidies::match_lists::MatchListKind;

vocabulary! {
    /// State of a match.
    pub enum MatchState {
        Suspected = "suspected", "疑似";
        Confirmed = "confirmed", "属实";
        Dismissed = "dismissed", "排除";
    }
}

vocabulary! {
    /// What somebody decides of a match.
    pub enum MatchOutcome {
        Suspend = "suspend", "停发";
        Stop = "stop", "退出";
        Dismiss = "dismiss", "排除";
    }
}

vocabulary! {
    /// What is thought of a row of a list. Rows that name nobody of ours are only counted.
    pub enum MatchVerdict {
        /// A new match.
        Suspected = "suspected", "疑似";
        /// An earlier list said the same.
        Known = "known", "已知";
        Rejected = "rejected", "无法读取";
    }
}

impl MatchListKind {
    /// Why a benefit ends that a list of this kind ends.
    pub const fn ends_for(self) -> EnrollmentReason {
        match self {
            Self::Deaths => EnrollmentReason::Death,
            Self::Moves => EnrollmentReason::MovedAway,
            Self::Imprisonments => EnrollmentReason::Imprisoned,
            Self::ExtremePovertySupport => EnrollmentReason::ExtremePovertySupport,
            Self::WorkInjuryAllowance => EnrollmentReason::WorkInjuryCare,
        }
    }

    /// What is known of a person whom such a list rightly names.
    pub fn shows(self, date: NaiveDate) -> Option<(CircumstanceKind, Value)> {
        match self {
            Self::Deaths => Some((CircumstanceKind::Death, json!(date))),
            Self::Imprisonments => Some((CircumstanceKind::Imprisonment, json!(true))),
            Self::ExtremePovertySupport => Some((
                CircumstanceKind::IncomeStatus,
                json!("extreme_poverty_support"),
            )),
            Self::WorkInjuryAllowance => {
                Some((CircumstanceKind::WorkInjuryNursingAllowance, json!(true)))
            }
            // Where somebody lives is changed by a transfer.
            Self::Moves => None,
        }
    }
}

/// Whether months of an enrollment reach beyond what a list says happened.
pub fn reaches(of: &Enrollment, event: Month) -> bool {
    of.stop_month
        .is_none_or(|last| last > event && last >= of.start_month)
}

/// Whether an outcome changes an enrollment: it runs, or its months reach beyond the last that is left.
pub fn changes(outcome: MatchOutcome, of: &Enrollment, from: Month) -> bool {
    match outcome {
        MatchOutcome::Dismiss => false,
        MatchOutcome::Suspend => of.state == EnrollmentState::Active,
        MatchOutcome::Stop => of
            .stop_month
            .is_none_or(|last| last >= from && last >= of.start_month),
    }
}

impl MatchOutcome {
    /// What it does to what runs.
    pub const fn action(self) -> Option<EnrollmentAction> {
        match self {
            Self::Suspend => Some(EnrollmentAction::Suspend),
            Self::Stop => Some(EnrollmentAction::Stop),
            Self::Dismiss => None,
        }
    }

    pub const fn leads_to(self) -> MatchState {
        match self {
            Self::Suspend | Self::Stop => MatchState::Confirmed,
            Self::Dismiss => MatchState::Dismissed,
        }
    }
}

/// A county or a city.
pub fn check_division(division: DivisionCode) -> Result<()> {
    match division.level() {
        DivisionLevel::County | DivisionLevel::City => Ok(()),
        _ => Err(Error::parameter(
            "division_code",
            "division.level",
            "a county or a city",
            "须为县（市、区）或市",
        )),
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = MatchList, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "kind": "deaths", "division_code": "990121000000",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "row_count": 120, "rejected_count": 1,
    "unmatched_count": 117, "known_count": 0, "suspected_count": 2, "imported_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09",
    "imported_at": "2022-08-05T01:00:00.000000Z"
}))]
pub struct BroughtList {
    #[schema(value_type = uuid::Uuid)]
    pub id: MatchListId,
    pub kind: MatchListKind,
    /// Whose people were looked for.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    /// Of the file.
    pub sha256: String,
    pub row_count: i32,
    /// Rows that cannot be read.
    pub rejected_count: i32,
    /// Rows that name nobody with a benefit whose months reach beyond the event.
    pub unmatched_count: i32,
    /// Rows that say what an earlier list said.
    pub known_count: i32,
    pub suspected_count: i32,
    #[schema(value_type = uuid::Uuid)]
    pub imported_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub imported_at: Timestamp,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MatchListFault {
    /// `/rows/12/id_number`: counts the rows of the list from 0.
    pub pointer: String,
    pub code: String,
    pub detail_zh: String,
    pub detail_en: String,
}

impl From<FieldError> for MatchListFault {
    fn from(error: FieldError) -> Self {
        Self {
            pointer: error.pointer,
            code: error.code.to_owned(),
            detail_zh: error.detail.zh,
            detail_en: error.detail.en,
        }
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = MatchListRow)]
pub struct Row {
    /// Row of the sheet or line of the file, from 1.
    pub line: u32,
    pub verdict: MatchVerdict,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub match_id: Option<MatchId>,
    /// What is wrong with a row that cannot be read.
    pub errors: Vec<MatchListFault>,
}

impl From<&RejectedRow> for Row {
    fn from(row: &RejectedRow) -> Self {
        Self {
            line: row.line,
            verdict: MatchVerdict::Rejected,
            match_id: None,
            errors: row.errors.iter().cloned().map(Into::into).collect(),
        }
    }
}

/// A list, and what came of its rows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MatchListAnswer)]
pub struct Answered {
    #[serde(flatten)]
    pub list: BroughtList,
    /// All that name somebody of ours, and the first 500 that cannot be read.
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "list_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "line": 17, "kind": "deaths",
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "division_code": "990121103201", "event_date": "2022-07-20",
    "name_differs": false, "enrollment_ids": ["0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a"], "state": "confirmed", "outcome": "stop",
    "effective_month": "2022-08", "comment": "已与村委会核实", "decided_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0b",
    "decided_at": "2022-08-08T01:00:00.000000Z", "version": 2
}))]
pub struct Match {
    #[schema(value_type = uuid::Uuid)]
    pub id: MatchId,
    #[schema(value_type = uuid::Uuid)]
    pub list_id: MatchListId,
    pub line: i32,
    pub kind: MatchListKind,
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub event_date: NaiveDate,
    /// The list has another name with this number.
    pub name_differs: bool,
    /// What the person had that it may end.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub enrollment_ids: Vec<EnrollmentId>,
    pub state: MatchState,
    pub outcome: Option<MatchOutcome>,
    /// The first month that is not paid for.
    #[schema(value_type = Option<String>)]
    pub effective_month: Option<Month>,
    pub comment: Option<String>,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub decided_by: Option<UserId>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub decided_at: Option<Timestamp>,
    pub version: i32,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMatchDecision, example = json!({"outcome": "stop", "comment": "已与村委会核实"}))]
pub struct NewDecision {
    pub outcome: MatchOutcome,
    /// The first month that is not paid for; the one after the event, unless given. Of suspend and stop alone.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub effective_month: Option<Month>,
    /// Needed by `dismiss`.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

const LONGEST: usize = 1_000;

impl NewDecision {
    pub fn comment(&self) -> Result<Option<&str>> {
        let comment = self.comment.as_deref().map(str::trim);
        let comment = comment.filter(|text| !text.is_empty());
        let length = comment.map_or(0, |text| text.chars().count());
        if length > LONGEST || (self.outcome == MatchOutcome::Dismiss && length == 0) {
            return Err(Error::field(
                "/comment",
                "comment.length",
                "up to 1000 characters; dismiss needs one",
                "不超过1000字；排除须说明理由",
            ));
        }
        Ok(comment)
    }

    /// From which month on nothing is paid, where something ends.
    pub fn month(&self, event: NaiveDate, present: Month) -> Result<Option<Month>> {
        let after = Month::of(event).next();
        let month = match (self.outcome, self.effective_month) {
            (MatchOutcome::Dismiss, None) => return Ok(None),
            (MatchOutcome::Dismiss, Some(_)) => None,
            (_, given) => Some(given.unwrap_or(after)),
        };
        let fits = |month: &Month| (after..=present.next()).contains(month);
        month.filter(fits).map(Some).ok_or_else(|| {
            let last = present.next();
            Error::field(
                "/effective_month",
                "match.month",
                format!("{after} to {last}, and none where it is dismissed"),
                format!("{after}至{last}；排除时不填"),
            )
        })
    }
}

/// How many rows of each verdict.
pub fn tally(rows: &[Row]) -> BTreeMap<MatchVerdict, usize> {
    let mut tally = BTreeMap::new();
    for row in rows {
        *tally.entry(row.verdict).or_default() += 1;
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(outcome: MatchOutcome, month: Option<&str>) -> NewDecision {
        NewDecision {
            outcome,
            effective_month: month.map(|text| text.parse().unwrap()),
            comment: None,
        }
    }

    #[test]
    fn what_a_list_ends_ends_with_the_month_of_the_event_or_later() {
        let month = |outcome, given| {
            let event = "2022-07-20".parse().unwrap();
            let found = decision(outcome, given).month(event, "2022-09".parse().unwrap());
            found.map(|month| month.map(|month| month.to_string()))
        };
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(month(MatchOutcome::Stop, None).unwrap(), is("2022-08"));
        assert_eq!(
            month(MatchOutcome::Suspend, Some("2022-10")).unwrap(),
            is("2022-10")
        );
        assert_eq!(month(MatchOutcome::Dismiss, None).unwrap(), None);
        for (outcome, given) in [
            (MatchOutcome::Stop, "2022-07"),
            (MatchOutcome::Stop, "2022-11"),
            (MatchOutcome::Dismiss, "2022-08"),
        ] {
            assert!(month(outcome, Some(given)).is_err());
        }
    }

    #[test]
    fn what_a_list_shows_is_a_circumstance() {
        let date = "2022-07-20".parse().unwrap();
        for kind in MatchListKind::ALL {
            if let Some((circumstance, value)) = kind.shows(date) {
                assert!(circumstance.parse(&value).is_ok(), "{kind}");
            }
        }
    }
}
