//! A session, and what becomes of it.

use std::time::Duration;

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::date;
use crate::kernel::error::{Code, Error, FieldError, Result};
use crate::kernel::id::{
    OrganizationId, RehabilitationPlanId, RehabilitationSessionId, SettlementLineId, UserId,
};
use crate::kernel::month::Month;
use crate::kernel::text::reason;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::rehabilitation::plans::Standing;

vocabulary! {
    /// State of a rehabilitation session.
    pub enum SessionState {
        Recorded = "recorded", "已记录";
        /// By the guardian: it counts as attended.
        Confirmed = "confirmed", "已确认";
        Void = "void", "已作废";
    }
}

vocabulary! {
    /// What is done to a rehabilitation session.
    pub enum SessionAction {
        Confirm = "confirm", "监护人确认";
        Void = "void", "作废";
    }
}

impl SessionAction {
    /// The institution voids what it recorded; a guardian's word is taken down on either side.
    pub const fn is_for(self, standing: Standing) -> bool {
        match self {
            Self::Confirm => standing.office || standing.institution,
            Self::Void => standing.institution,
        }
    }
}

vocabulary! {
    /// How a guardian confirmed.
    pub enum ConfirmationMethod {
        Signature = "signature", "签字";
        Phone = "phone", "电话";
        Visit = "visit", "上门";
    }
}

/// What was done with a child.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "plan_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "started_at": "2022-07-04T01:00:00Z", "minutes": 45,
    "therapist": "李治疗师", "note": "坐位平衡训练"
}))]
pub struct NewSession {
    #[schema(value_type = uuid::Uuid)]
    pub plan_id: RehabilitationPlanId,
    /// It ends on the same day, and has ended by now.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub started_at: Timestamp,
    #[schema(minimum = 10, maximum = 480)]
    pub minutes: i32,
    /// Who did it; one person is written the same way each time.
    #[schema(min_length = 1, max_length = 40)]
    pub therapist: String,
    #[serde(default)]
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

const SHORTEST: i32 = 10;
const LONGEST: i32 = 480;
const LONGEST_NAME: usize = 40;
const LONGEST_NOTE: usize = 500;

impl NewSession {
    pub fn ended_at(&self) -> Timestamp {
        let minutes = u64::try_from(self.minutes).unwrap_or_default();
        self.started_at.plus(Duration::from_secs(minutes * 60))
    }

    pub fn check(&mut self, now: Timestamp) -> Result<()> {
        self.therapist = self.therapist.split_whitespace().collect();
        let note = self.note.take().map(|text| text.trim().to_owned());
        self.note = note.filter(|text| !text.is_empty());
        let mut wrong = Vec::new();
        let mut refuse = |is_wrong: bool, pointer: &str, code, en: &str, zh: &str| {
            if is_wrong {
                wrong.push(FieldError::new(pointer, code, en, zh));
            }
        };
        let in_range = (SHORTEST..=LONGEST).contains(&self.minutes);
        refuse(
            !in_range,
            "/minutes",
            "minutes.range",
            "10 to 480",
            "10 至 480 分钟",
        );
        let ends = self.ended_at();
        refuse(
            in_range && ends > now,
            "/started_at",
            "session.future",
            "a session that has ended",
            "训练结束后方可记录",
        );
        let last = Timestamp::from_micros(ends.micros() - 1);
        refuse(
            in_range && last.office_date() != self.started_at.office_date(),
            "/minutes",
            "session.day",
            "a session ends on the day it began",
            "训练须在当日结束",
        );
        refuse(
            !(1..=LONGEST_NAME).contains(&self.therapist.chars().count()),
            "/therapist",
            "text.length",
            "1 to 40 characters",
            "1 至 40 个字",
        );
        let note = self.note.as_ref();
        refuse(
            note.is_some_and(|text| text.chars().count() > LONGEST_NOTE),
            "/note",
            "text.length",
            "up to 500 characters",
            "不超过500个字",
        );
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(Error::fields(wrong))
        }
    }
}

/// What somebody does to a session.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "confirm", "guardian_name": "张大宝", "method": "signature", "confirmed_date": "2022-07-04"}))]
pub struct NewSessionTransition {
    pub action: SessionAction,
    /// To confirm: who did.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 40)]
    pub guardian_name: Option<String>,
    /// To confirm: how.
    #[serde(default)]
    pub method: Option<ConfirmationMethod>,
    /// To confirm: when.
    #[serde(default, deserialize_with = "date::maybe")]
    pub confirmed_date: Option<NaiveDate>,
    /// To void: why.
    #[serde(default)]
    #[schema(min_length = 2, max_length = 500)]
    pub reason: Option<String>,
}

/// What is done, with all that it takes.
#[derive(Debug)]
pub enum Change {
    Confirmed(Confirmation),
    Voided(String),
}

impl NewSessionTransition {
    pub fn change(self, session: &Session, today: NaiveDate) -> Result<Change> {
        if self.action == SessionAction::Void {
            if self.guardian_name.is_some()
                || self.method.is_some()
                || self.confirmed_date.is_some()
            {
                return Err(Error::field(
                    "/action",
                    "session.confirmation",
                    "to void takes a reason and nothing else",
                    "作废只须说明理由",
                ));
            }
            let given = self.reason.unwrap_or_default();
            return Ok(Change::Voided(reason(&given)?.to_owned()));
        }
        let mut wrong = Vec::new();
        let mut refuse = |is_wrong: bool, pointer: &str, code, en: &str, zh: &str| {
            if is_wrong {
                wrong.push(FieldError::new(pointer, code, en, zh));
            }
        };
        let guardian = self.guardian_name.unwrap_or_default().trim().to_owned();
        refuse(
            !(1..=LONGEST_NAME).contains(&guardian.chars().count()),
            "/guardian_name",
            "text.length",
            "1 to 40 characters",
            "1 至 40 个字",
        );
        refuse(
            self.method.is_none(),
            "/method",
            "method.needed",
            "how the guardian confirmed",
            "须注明确认方式",
        );
        let day = self.confirmed_date;
        refuse(
            !day.is_some_and(|day| session.date <= day && day <= today),
            "/confirmed_date",
            "date.range",
            "from the day of the session to today",
            "自训练当日至今天",
        );
        refuse(
            self.reason.is_some(),
            "/reason",
            "session.reason",
            "only to void",
            "仅作废时填写",
        );
        match (self.method, day) {
            (Some(method), Some(date)) if wrong.is_empty() => Ok(Change::Confirmed(Confirmation {
                guardian_name: guardian,
                method,
                date,
            })),
            _ => Err(Error::fields(wrong)),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Confirmation {
    pub guardian_name: String,
    pub method: ConfirmationMethod,
    pub date: NaiveDate,
}

#[derive(Debug, Clone)]
pub struct Session {
    pub id: RehabilitationSessionId,
    pub plan_id: RehabilitationPlanId,
    pub institution: OrganizationId,
    pub date: NaiveDate,
    pub month: Month,
    pub started_at: Timestamp,
    pub minutes: i32,
    pub ended_at: Timestamp,
    pub therapist: String,
    pub note: Option<String>,
    pub recorded_by: UserId,
    pub recorded_at: Timestamp,
    pub confirmation: Option<Confirmation>,
    pub void_reason: Option<String>,
    /// Where it was settled.
    pub settlement_line: Option<SettlementLineId>,
    pub version: i32,
}

impl Session {
    pub const fn state(&self) -> SessionState {
        match (&self.void_reason, &self.confirmation) {
            (Some(_), _) => SessionState::Void,
            (None, Some(_)) => SessionState::Confirmed,
            (None, None) => SessionState::Recorded,
        }
    }

    /// Whether something may be done to it. What stands in a settlement stays.
    pub fn check(&self, action: SessionAction) -> Result<()> {
        let at = self.state();
        let allowed = match action {
            SessionAction::Confirm => at == SessionState::Recorded,
            SessionAction::Void => at != SessionState::Void,
        };
        if !allowed {
            return Err(Error::new(Code::RehabilitationSessionTransition)
                .detail(
                    format!("a session in state {at} does not take: {action}"),
                    format!("{}的训练不能{}", at.label_zh(), action.label_zh()),
                )
                .member("state", at.as_str()));
        }
        if self.settlement_line.is_some() {
            return Err(Code::RehabilitationSessionSettled.into());
        }
        Ok(())
    }

    /// What somebody on these sides of its plan may do.
    pub fn allowed(&self, standing: Standing) -> Vec<SessionAction> {
        let may = |action: &&SessionAction| action.is_for(standing) && self.check(**action).is_ok();
        SessionAction::ALL.iter().filter(may).copied().collect()
    }
}
