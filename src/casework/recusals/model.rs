//! What ties a user to a resident, and what that keeps them from.

use std::str::FromStr;

use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{RecusalId, UserId};
use crate::kernel::text;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::{UnknownWord, vocabulary};

vocabulary! {
    /// What the user is to the resident, as they declare it.
    pub enum Relation {
        Oneself = "self", "本人";
        Spouse = "spouse", "配偶";
        Parent = "parent", "父母";
        Child = "child", "子女";
        Sibling = "sibling", "兄弟姐妹";
        OtherRelative = "other_relative", "其他亲属";
        FriendOrInterest = "friend_or_interest", "朋友或利害关系人";
    }
}

vocabulary! {
    /// What shows a relation without anybody's saying so.
    pub enum Detection {
        Phone = "same_phone", "联系电话相同";
        Household = "same_household", "同一家庭";
        Address = "same_address", "住址相同";
        BankAccount = "same_bank_account", "银行账户相同";
    }
}

/// A relation that holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    Declared(Relation),
    Detected(Detection),
}

impl Tie {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declared(relation) => relation.as_str(),
            Self::Detected(detection) => detection.as_str(),
        }
    }

    const fn label_zh(self) -> &'static str {
        match self {
            Self::Declared(relation) => relation.label_zh(),
            Self::Detected(detection) => detection.label_zh(),
        }
    }
}

impl FromStr for Tie {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let detected = text.parse().map(Self::Detected);
        detected.or_else(|_unknown| text.parse().map(Self::Declared))
    }
}

/// Refuses whoever has such ties. A village liaison, who knows everybody in the village, files for
/// everybody but themself.
pub fn keep_off(ties: &[Tie], files_as_liaison: bool) -> Result<()> {
    let in_the_way = ties
        .iter()
        .find(|tie| !files_as_liaison || **tie == Tie::Declared(Relation::Oneself));
    let Some(tie) = in_the_way else {
        return Ok(());
    };
    Err(Error::new(Code::CaseRecusal)
        .detail(
            format!("you are related to the resident: {}", tie.as_str()),
            format!("您与当事人的关系：{}", tie.label_zh()),
        )
        .member("relation", tie.as_str()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"relation": "sibling", "reason": "当事人是我妹妹"}))]
pub struct NewRecusal {
    pub relation: Relation,
    #[serde(default)]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
}

/// Why a declared relation does not hold any more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "经核实为同名，并非亲属"}))]
pub struct NewEnding {
    #[schema(min_length = 2, max_length = 500)]
    pub reason: String,
}

const LONGEST_REASON: usize = 500;

fn reason_length() -> Error {
    Error::field(
        "/reason",
        "reason.length",
        "2 to 500 characters",
        "2 至 500 个字",
    )
}

impl NewRecusal {
    /// The reason, which may be left out.
    pub fn reason(&self) -> Result<Option<&str>> {
        let reason = self.reason.as_deref().map(str::trim);
        let given = reason.filter(|text| !text.is_empty());
        if given.is_some_and(|text| text.chars().count() > LONGEST_REASON) {
            return Err(reason_length());
        }
        Ok(given)
    }
}

impl NewEnding {
    pub fn reason(&self) -> Result<&str> {
        text::reason(&self.reason)
    }
}

/// A user by id, user name and display name.
pub type Named = (UserId, String, String);

/// One relation of one user to the resident, ended ones too.
#[derive(Debug, Clone)]
pub struct Recusal {
    /// None of what was detected, which nobody declared.
    pub id: Option<RecusalId>,
    pub user: Named,
    pub tie: Tie,
    pub reason: Option<String>,
    pub declared_at: Option<Timestamp>,
    pub ended: Option<Ending>,
}

#[derive(Debug, Clone)]
pub struct Ending {
    pub at: Timestamp,
    pub by: UserId,
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_liaison_files_for_everybody_but_themself() {
        let oneself = Tie::Declared(Relation::Oneself);
        let neighbour = Tie::Declared(Relation::FriendOrInterest);
        let phone = Tie::Detected(Detection::Phone);
        assert!(keep_off(&[], false).is_ok());
        assert!(keep_off(&[neighbour, phone], true).is_ok());
        for (ties, files_as_liaison) in [
            ([neighbour].as_slice(), false),
            (&[phone], false),
            (&[neighbour, oneself], true),
        ] {
            let refused = keep_off(ties, files_as_liaison).unwrap_err();
            assert_eq!(refused.code(), Code::CaseRecusal);
        }
    }
}
