//! An institution, what is agreed with it, and what becomes of that.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::date;
use crate::kernel::division::{DivisionCode, DivisionLevel};
use crate::kernel::error::{Code, Error, FieldError, Result};
use crate::kernel::id::{InstitutionAgreementId, OrganizationId, UserId};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What an institution does with children.
    pub enum ServiceType {
        HearingSpeech = "hearing_speech", "听力言语康复";
        Visual = "visual", "视力康复";
        Physical = "physical", "肢体康复";
        Intellectual = "intellectual", "智力康复";
        Autism = "autism", "孤独症康复";
    }
}

vocabulary! {
    /// Standing of an institution.
    pub enum InstitutionState {
        Applied = "applied", "已申请";
        Agreed = "agreed", "已定点";
        Suspended = "suspended", "暂停";
        Terminated = "terminated", "已终止";
    }
}

vocabulary! {
    /// What is done to an institution's standing.
    pub enum InstitutionAction {
        Apply = "apply", "申请";
        /// Signs an agreement, the first one or another.
        Agree = "agree", "签订协议";
        Suspend = "suspend", "暂停";
        Resume = "resume", "恢复";
        Terminate = "terminate", "终止";
    }
}

impl InstitutionAction {
    /// Those that follow the application.
    pub const ASKED: [Self; 4] = [Self::Agree, Self::Suspend, Self::Resume, Self::Terminate];

    /// The audit's name of it.
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Apply => "institution.applied",
            Self::Agree => "institution.agreed",
            Self::Suspend => "institution.suspended",
            Self::Resume => "institution.resumed",
            Self::Terminate => "institution.terminated",
        }
    }

    /// Where it leads, or nowhere.
    const fn follow(self, at: InstitutionState) -> Option<InstitutionState> {
        use InstitutionState::{Agreed, Applied, Suspended, Terminated};
        match (at, self) {
            (Applied | Agreed, Self::Agree) | (Suspended, Self::Resume) => Some(Agreed),
            (Agreed, Self::Suspend) => Some(Suspended),
            (Applied | Agreed | Suspended, Self::Terminate) => Some(Terminated),
            _ => None,
        }
    }

    pub fn check(self, at: InstitutionState) -> Result<InstitutionState> {
        self.follow(at).ok_or_else(|| {
            Error::new(Code::InstitutionTransition)
                .detail(
                    format!("an institution in state {at} does not take: {self}"),
                    format!("{}的机构不能{}", at.label_zh(), self.label_zh()),
                )
                .member("state", at.as_str())
        })
    }
}

/// What an institution applies with.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "service_types": ["physical", "autism"],
    "address": "丙岭县康宁路8号", "contact": "王主任 12000005678", "licence_number": "990121-KF-0007"
}))]
pub struct NewInstitution {
    /// An organization of the kind `institution`.
    #[schema(value_type = uuid::Uuid)]
    pub organization_id: OrganizationId,
    #[schema(min_items = 1)]
    pub service_types: Vec<ServiceType>,
    #[schema(min_length = 1, max_length = 200)]
    pub address: String,
    /// Whom guardians ask, and how.
    #[schema(min_length = 1, max_length = 100)]
    pub contact: String,
    /// Under which it works.
    #[schema(min_length = 1, max_length = 50)]
    pub licence_number: String,
}

fn text_field(wrong: &mut Vec<FieldError>, pointer: &str, text: &str, longest: usize) {
    if !(1..=longest).contains(&text.chars().count()) {
        wrong.push(FieldError::new(
            pointer,
            "text.length",
            format!("1 to {longest} characters"),
            format!("1 至 {longest} 个字"),
        ));
    }
}

/// Each once, in the order of the vocabulary.
fn sorted(types: &mut Vec<ServiceType>, wrong: &mut Vec<FieldError>) {
    let given = types.len();
    types.sort_unstable();
    types.dedup();
    if types.is_empty() || types.len() < given {
        wrong.push(FieldError::new(
            "/service_types",
            "service_types.once",
            "one at least, each once",
            "至少一项，且不得重复",
        ));
    }
}

fn all_right(wrong: Vec<FieldError>) -> Result<()> {
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Error::fields(wrong))
    }
}

impl NewInstitution {
    pub fn check(&mut self) -> Result<()> {
        let mut wrong = Vec::new();
        sorted(&mut self.service_types, &mut wrong);
        for text in [
            &mut self.address,
            &mut self.contact,
            &mut self.licence_number,
        ] {
            *text = text.trim().to_owned();
        }
        text_field(&mut wrong, "/address", &self.address, 200);
        text_field(&mut wrong, "/contact", &self.contact, 100);
        text_field(&mut wrong, "/licence_number", &self.licence_number, 50);
        all_right(wrong)
    }
}

/// What is to be agreed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "division_code": "990121000000", "service_types": ["physical"], "capacity": 30,
    "valid_from": "2022-01-01", "valid_to": "2023-01-01"
}))]
pub struct NewAgreement {
    /// Whose residents may choose it: a county's, or a city's.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    /// Of those it applied with.
    #[schema(min_items = 1)]
    pub service_types: Vec<ServiceType>,
    /// So many children at once.
    #[schema(minimum = 1, maximum = 10_000)]
    pub capacity: i32,
    #[serde(deserialize_with = "date::written")]
    pub valid_from: NaiveDate,
    /// The first day it no longer holds.
    #[serde(deserialize_with = "date::written")]
    pub valid_to: NaiveDate,
}

const LARGEST_CAPACITY: i32 = 10_000;

impl NewAgreement {
    pub fn check(&mut self, offered: &[ServiceType]) -> Result<()> {
        let mut wrong = Vec::new();
        sorted(&mut self.service_types, &mut wrong);
        let mut refuse = |is_wrong: bool, pointer: &str, code, en: &str, zh: &str| {
            if is_wrong {
                wrong.push(FieldError::new(pointer, code, en, zh));
            }
        };
        let stranger = self.service_types.iter().any(|one| !offered.contains(one));
        refuse(
            stranger,
            "/service_types",
            "service_types.not_offered",
            "services that the institution applied with",
            "须为该机构申请的服务类别",
        );
        refuse(
            !(1..=LARGEST_CAPACITY).contains(&self.capacity),
            "/capacity",
            "capacity.range",
            "1 to 10 000",
            "1 至 10000",
        );
        let level = self.division_code.level();
        refuse(
            !matches!(level, DivisionLevel::City | DivisionLevel::County),
            "/division_code",
            "division.level",
            "a county or a city",
            "须为县级或市级区划",
        );
        refuse(
            self.valid_to <= self.valid_from,
            "/valid_to",
            "period.order",
            "valid_to lies after valid_from",
            "valid_to 须晚于 valid_from",
        );
        all_right(wrong)
    }
}

/// What somebody does to an institution's standing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "agree", "agreement_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08"}))]
pub struct NewInstitutionTransition {
    pub action: InstitutionAction,
    /// What is signed; for `agree`, and nothing else.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub agreement_id: Option<InstitutionAgreementId>,
    /// Needed but to agree: why.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

const LONGEST_COMMENT: usize = 1_000;

impl NewInstitutionTransition {
    pub fn check(&mut self) -> Result<()> {
        let comment = self.comment.take().map(|text| text.trim().to_owned());
        self.comment = comment.filter(|text| !text.is_empty());
        let agrees = self.action == InstitutionAction::Agree;
        let mut wrong = Vec::new();
        if agrees != self.agreement_id.is_some() {
            wrong.push(FieldError::new(
                "/agreement_id",
                "agreement_id.needed",
                "which agreement, where one is signed",
                "签订协议时须指明协议，其他操作不得填写",
            ));
        }
        let length = self.comment.as_ref().map_or(0, |text| text.chars().count());
        if length > LONGEST_COMMENT || (!agrees && length == 0) {
            wrong.push(FieldError::new(
                "/comment",
                "comment.length",
                "up to 1000 characters; suspend, resume and terminate need one",
                "不超过1000字；暂停、恢复、终止须说明理由",
            ));
        }
        all_right(wrong)
    }
}

#[derive(Debug, Clone)]
pub struct Institution {
    pub id: OrganizationId,
    pub division_code: DivisionCode,
    pub service_types: Vec<ServiceType>,
    pub address: String,
    pub contact: String,
    pub licence_number: String,
    pub state: InstitutionState,
    /// The number of its last entry, and its version.
    pub last_transition: i32,
    pub applied_by: UserId,
    pub applied_at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct Agreement {
    pub id: InstitutionAgreementId,
    pub institution: OrganizationId,
    pub division_code: DivisionCode,
    pub service_types: Vec<ServiceType>,
    pub capacity: i32,
    pub valid_from: NaiveDate,
    pub valid_to: NaiveDate,
    pub proposed_by: UserId,
    pub proposed_at: Timestamp,
    pub signed_by: Option<UserId>,
    pub signed_at: Option<Timestamp>,
}

impl Agreement {
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.signed_by.is_some() && self.valid_from <= day && day < self.valid_to
    }
}

/// A user by id, user name and display name.
pub type Named = (UserId, String, String);

/// One entry of an institution's history.
#[derive(Debug, Clone)]
pub struct Turn {
    pub sequence: i32,
    pub action: InstitutionAction,
    pub from: Option<InstitutionState>,
    pub to: InstitutionState,
    pub agreement: Option<InstitutionAgreementId>,
    pub effective_date: NaiveDate,
    pub actor: Named,
    pub comment: Option<String>,
    pub at: Timestamp,
}

/// How many children are there, and how many wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Occupancy {
    pub active_count: i64,
    pub waiting_count: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_institution_applies_is_agreed_with_and_ends() {
        use InstitutionAction::{Agree, Resume, Suspend, Terminate};
        let walk = |actions: &[InstitutionAction]| {
            let begin = Ok(InstitutionState::Applied);
            actions
                .iter()
                .fold(begin, |at: Result<_>, action| action.check(at?))
        };
        let ends = walk(&[Agree, Agree, Suspend, Resume, Terminate]);
        assert_eq!(ends.unwrap(), InstitutionState::Terminated);
        for wrong in [
            &[Suspend][..],
            &[Agree, Resume],
            &[Agree, Suspend, Agree],
            &[Terminate, Agree],
            &[Agree, Terminate, Resume],
        ] {
            let error = walk(wrong).unwrap_err();
            assert_eq!(error.code(), Code::InstitutionTransition, "{wrong:?}");
        }
    }

    #[test]
    fn each_service_is_named_once_and_was_applied_with() {
        let new = |types: &[ServiceType]| NewAgreement {
            division_code: "990121".parse().unwrap(),
            service_types: types.to_vec(),
            capacity: 1,
            valid_from: NaiveDate::MIN,
            valid_to: NaiveDate::MAX,
        };
        let offered = [ServiceType::Visual, ServiceType::Physical];
        let wrong = |types: &[ServiceType]| {
            let error = new(types).check(&offered).err()?;
            Some(error.field_errors()[0].code)
        };
        assert_eq!(wrong(&[ServiceType::Physical, ServiceType::Visual]), None);
        assert_eq!(wrong(&[]), Some("service_types.once"));
        assert_eq!(wrong(&[ServiceType::Visual; 2]), Some("service_types.once"));
        assert_eq!(
            wrong(&[ServiceType::Autism]),
            Some("service_types.not_offered")
        );
    }
}
