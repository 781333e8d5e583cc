//! What is said of a petition when it comes, and of each step.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::model::{
    Hand, PetitionAction, PetitionCategory, PetitionChannel, PetitionOutcome, PetitionerKind,
};
use crate::kernel::date;
use crate::kernel::division::{DivisionCode, DivisionLevel};
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::{CaseId, ResidentId, UserId};
use crate::kernel::text::{maybe, text};
use crate::outreach::limits::LONGEST_EXTENSION;
use crate::outreach::texts::{LONG, SHORT};

/// A petition as it came.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "channel": "visit", "category": "subsidy", "text": "补贴停发未告知原因"
}))]
pub struct NewPetition {
    /// Who petitions, if registered; otherwise a name, or nobody.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub resident_id: Option<ResidentId>,
    #[serde(default)]
    #[schema(max_length = 100)]
    pub name: Option<String>,
    /// How to reach them; not of who stays nameless.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub contact: Option<String>,
    pub channel: PetitionChannel,
    pub category: PetitionCategory,
    #[schema(min_length = 1, max_length = 4000)]
    pub text: String,
    /// When it came; today, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub received_date: Option<NaiveDate>,
    /// The case complained of.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub case_id: Option<CaseId>,
    /// Of the office, who is complained about. They will not see it.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub complained_user_id: Option<UserId>,
}

/// What was said, checked.
#[derive(Debug, Clone)]
pub struct Said {
    pub petitioner: PetitionerKind,
    pub name: Option<String>,
    pub contact: Option<String>,
    pub text: String,
    pub received_date: NaiveDate,
}

impl NewPetition {
    pub fn check(&self, today: NaiveDate) -> Result<Said> {
        let mut errors = Vec::new();
        let body = text("/text", &self.text, LONG);
        let name = maybe("/name", self.name.as_deref(), SHORT);
        let contact = maybe("/contact", self.contact.as_deref(), SHORT);
        let received_date = self.received_date.unwrap_or(today);
        if received_date > today {
            errors.push(FieldError::new(
                "/received_date",
                "received_date.future",
                "not a day to come",
                "不得为今后的日期",
            ));
        }
        let named = matches!(name, Ok(Some(_)) | Err(_));
        let petitioner = match (self.resident_id, named) {
            (Some(_), true) => {
                errors.push(FieldError::new(
                    "/name",
                    "petitioner.twice",
                    "a registered resident or another name, not both",
                    "在册残疾人与其他姓名只能填写其一",
                ));
                PetitionerKind::Resident
            }
            (Some(_), false) => PetitionerKind::Resident,
            (None, true) => PetitionerKind::Named,
            (None, false) => PetitionerKind::Anonymous,
        };
        if petitioner == PetitionerKind::Anonymous && matches!(contact, Ok(Some(_))) {
            errors.push(FieldError::new(
                "/contact",
                "petitioner.nameless",
                "who can be reached has a name",
                "填写联系方式的须填写姓名",
            ));
        }
        match (body, name, contact) {
            (Ok(text), Ok(name), Ok(contact)) if errors.is_empty() => Ok(Said {
                petitioner,
                name,
                contact,
                text,
                received_date,
            }),
            (body, name, contact) => {
                errors.extend(
                    body.err()
                        .into_iter()
                        .chain(name.err())
                        .chain(contact.err()),
                );
                Err(Error::fields(errors))
            }
        }
    }
}

/// What somebody does next.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "accept", "on_date": "2022-07-06"}))]
pub struct NewPetitionTransition {
    pub action: PetitionAction,
    /// When it was done, and the petitioner told; today, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub on_date: Option<NaiveDate>,
    /// Of `transfer`: the county, city or township whose office is to handle it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub to_division_code: Option<DivisionCode>,
    /// Of `request_extension`.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 30)]
    pub extension_days: Option<i32>,
    /// Of `decide`, `review`, `rereview`.
    #[serde(default)]
    pub outcome: Option<PetitionOutcome>,
    /// Of what is decided; needed of a review above the city, which is the province's.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub document_number: Option<String>,
    /// What was decided, or why; `accept`, `approve_extension`, `notify_extension` and, once nobody may ask for a review, `close`
    /// need none.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub comment: Option<String>,
}

/// A step as it is written down.
#[derive(Debug, Clone)]
pub struct Step {
    pub action: PetitionAction,
    pub on_date: NaiveDate,
    pub to_division: Option<DivisionCode>,
    pub days: Option<i32>,
    pub outcome: Option<PetitionOutcome>,
    pub document_number: Option<String>,
    pub comment: Option<String>,
}

impl Step {
    /// The first one.
    pub const fn receipt(on_date: NaiveDate) -> Self {
        Self {
            action: PetitionAction::Receive,
            on_date,
            to_division: None,
            days: None,
            outcome: None,
            document_number: None,
            comment: None,
        }
    }
}

impl NewPetitionTransition {
    /// The step, if it says what it must and nothing else: of a petition handled at a level, after a day.
    pub fn step(&self, today: NaiveDate, before: NaiveDate, level: DivisionLevel) -> Result<Step> {
        let mut errors = Vec::new();
        let mut wrong = |pointer: &str, code, en: &str, zh: &str| {
            errors.push(FieldError::new(pointer, code, en, zh));
        };
        let action = self.action;
        let on_date = self.on_date.unwrap_or(today);
        if !(before..=today).contains(&on_date) {
            wrong(
                "/on_date",
                "on_date.range",
                "not before the step before, and not after today",
                "不早于上一环节，不晚于今日",
            );
        }
        if (action == PetitionAction::Transfer) != self.to_division_code.is_some() {
            wrong(
                "/to_division_code",
                "division.needed",
                "needed by transfer, and by nothing else",
                "转送须填写承办机关所在区划，其他环节不填",
            );
        }
        let asks = action == PetitionAction::RequestExtension;
        let days = self.extension_days;
        if asks != days.is_some()
            || days.is_some_and(|days| !(1..=LONGEST_EXTENSION).contains(&days))
        {
            wrong(
                "/extension_days",
                "extension_days.range",
                "1 to 30 of request_extension, and of nothing else",
                "申请延期须填写 1 至 30 日，其他环节不填",
            );
        }
        if action.has_outcome() != self.outcome.is_some() {
            wrong(
                "/outcome",
                "outcome.needed",
                "needed by decide, review and rereview, and by nothing else",
                "答复、复查、复核须填写结果，其他环节不填",
            );
        }
        let document = maybe("/document_number", self.document_number.as_deref(), SHORT);
        let hand: Hand = action.hand();
        let given = matches!(document, Ok(Some(_)));
        if (given && !action.has_outcome())
            || (document.is_ok() && !given && action.has_outcome() && hand.is_outside(level))
        {
            wrong(
                "/document_number",
                "document_number.needed",
                "of a decision; needed of one that the province made",
                "仅答复、复查、复核可填写文号；上级作出的意见须填写",
            );
        }
        let comment = maybe("/comment", self.comment.as_deref(), LONG);
        if action.needs_comment() && matches!(comment, Ok(None)) {
            wrong(
                "/comment",
                "comment.length",
                "say what was decided, or why",
                "须写明处理意见或理由",
            );
        }
        match (document, comment) {
            (Ok(document_number), Ok(comment)) if errors.is_empty() => Ok(Step {
                action,
                on_date,
                to_division: self.to_division_code,
                days,
                outcome: self.outcome,
                document_number,
                comment,
            }),
            (document, comment) => {
                errors.extend(document.err().into_iter().chain(comment.err()));
                Err(Error::fields(errors))
            }
        }
    }
}
