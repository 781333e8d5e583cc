//! A household and its members.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::date;
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::{HouseholdId, HouseholdMemberId, PersonId, ResidentId};
use crate::kernel::name::PersonName;
use crate::kernel::patch::{self, Patch};
use crate::kernel::phone::Phone;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::registry::Resident;
use crate::registry::facts::Period;

vocabulary! {
    /// What a member is to the head of the household.
    pub enum HouseholdRelation {
        Head = "head", "户主";
        Spouse = "spouse", "配偶";
        Child = "child", "子女";
        Parent = "parent", "父母";
        Grandparent = "grandparent", "祖父母或外祖父母";
        Grandchild = "grandchild", "孙子女或外孙子女";
        Sibling = "sibling", "兄弟姐妹";
        OtherRelative = "other_relative", "其他亲属";
        Other = "other", "非亲属";
    }
}

/// Who a member is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    Registered(ResidentId),
    Other {
        name: PersonName,
        phone: Option<Phone>,
    },
}

impl Who {
    pub fn resident(&self) -> Option<ResidentId> {
        match self {
            Self::Registered(id) => Some(*id),
            Self::Other { .. } => None,
        }
    }
}

/// What is believed of a member for a while.
#[derive(Debug, Clone)]
pub struct Membership {
    pub person: PersonId,
    pub who: Who,
    pub relation: HouseholdRelation,
    pub cares_for: Vec<ResidentId>,
    pub period: Period,
    pub end_reason: Option<String>,
}

/// A membership as it is kept.
#[derive(Debug, Clone)]
pub struct Member {
    pub id: HouseholdMemberId,
    pub membership: Membership,
    pub recorded_at: Timestamp,
}

#[derive(Debug, Clone, Copy)]
pub struct Household {
    pub id: HouseholdId,
    /// The member where the household is seen from.
    pub resident: ResidentId,
    pub version: i32,
}

/// With whom somebody lives, themself among them.
#[derive(Debug, Clone, Default)]
pub struct Companions {
    pub residents: Vec<ResidentId>,
    /// Of those who are no residents.
    pub names: Vec<String>,
}

/// A household as it is shown: of members in sight with who they are.
#[derive(Debug)]
pub struct Shown {
    pub household: Household,
    pub members: Vec<(Member, Option<Resident>)>,
    /// Members with a certificate that was valid on the day.
    pub disabled: usize,
}

/// A member: a registered resident by `resident_id`, or somebody else by `name`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "王五", "phone": "12000005678", "relation": "spouse", "cares_for": []}))]
pub struct NewMember {
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub resident_id: Option<ResidentId>,
    #[serde(default)]
    pub name: Option<String>,
    /// Of who is no resident.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Phone>,
    pub relation: HouseholdRelation,
    /// Residents of the same household.
    #[serde(default)]
    #[schema(value_type = Vec<uuid::Uuid>, max_items = 30)]
    pub cares_for: Vec<ResidentId>,
    /// Today, unless given; no day to come.
    #[serde(default, deserialize_with = "date::maybe")]
    pub valid_from: Option<NaiveDate>,
}

pub const MOST_MEMBERS: usize = 30;

impl NewMember {
    /// Who it is; `within` is the place of the form.
    pub fn who(&self, within: &str) -> Result<Who> {
        match (self.resident_id, &self.name, &self.phone) {
            (Some(id), None, None) => Ok(Who::Registered(id)),
            (None, Some(name), phone) => Ok(Who::Other {
                name: named(name, within)?,
                phone: phone.clone(),
            }),
            _ => Err(Error::field(
                within,
                "member.one_of",
                "give resident_id, or name and perhaps phone",
                "请提供 resident_id，或姓名（及电话）",
            )),
        }
    }
}

pub fn named(name: &str, within: &str) -> Result<PersonName> {
    PersonName::parse(name).map_err(|error| {
        let pointer = format!("{within}/name");
        let field = FieldError::new(pointer, error.code(), error.to_string(), error.zh());
        Error::fields(vec![field])
    })
}

/// Opens a household with the resident of the address in it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "relation": "head", "valid_from": "2020-01-01",
    "members": [{"name": "王五", "phone": "12000005678", "relation": "spouse", "cares_for": ["0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07"]}]
}))]
pub struct NewHousehold {
    /// What the resident is to the head.
    pub relation: HouseholdRelation,
    /// Of the resident; today, unless given; no day to come.
    #[serde(default)]
    pub valid_from: Option<NaiveDate>,
    #[serde(default)]
    #[schema(max_items = 30)]
    pub members: Vec<NewMember>,
}

/// What is changed of a member from a day on: what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"cares_for": ["0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07"]}))]
pub struct MemberPatch {
    #[serde(default, deserialize_with = "patch::stated")]
    #[schema(nullable = false)]
    pub relation: Option<HouseholdRelation>,
    #[serde(default, deserialize_with = "patch::stated")]
    #[schema(value_type = Vec<uuid::Uuid>, max_items = 30, nullable = false)]
    pub cares_for: Option<Vec<ResidentId>>,
    /// Of who is no resident.
    #[serde(default, deserialize_with = "patch::stated")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// Of who is no resident.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub phone: Patch<Phone>,
    /// From when it is so; today, unless given. A correction gives the day the membership began.
    #[serde(default, deserialize_with = "date::maybe")]
    pub valid_from: Option<NaiveDate>,
}

impl MemberPatch {
    /// What a member is then; a resident's name and telephone are the resident's.
    pub fn applied(&self, old: &Membership) -> Result<Membership> {
        let mut new = old.clone();
        new.relation = self.relation.unwrap_or(old.relation);
        if let Some(cares_for) = &self.cares_for {
            new.cares_for.clone_from(cares_for);
        }
        match &mut new.who {
            Who::Other { name, phone } => {
                if let Some(text) = &self.name {
                    *name = named(text, "")?;
                }
                self.phone.apply(phone);
            }
            Who::Registered(_) if self.name.is_some() || self.phone != Patch::Keep => {
                return Err(Error::field(
                    "",
                    "member.registered",
                    "name and phone of a resident are changed there",
                    "登记在册人员的姓名和电话请在其档案中修改",
                ));
            }
            Who::Registered(_) => {}
        }
        Ok(new)
    }
}

/// When and why somebody is no member any more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewHouseholdEnding, example = json!({"reason": "婚后分户", "valid_to": "2022-06-30"}))]
pub struct NewEnding {
    #[schema(min_length = 2, max_length = 500)]
    pub reason: String,
    /// The first day they are none; today, unless given. The day on which it began says that it never was.
    #[serde(default, deserialize_with = "date::maybe")]
    pub valid_to: Option<NaiveDate>,
}
