//! A public venue, and how it goes on.

use chrono::NaiveDate;

use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{PublicVenueId, PublicVenueItemId, ResidentId, UserId};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What a venue is.
    pub enum VenueKind {
        Government = "government", "政务服务";
        Hospital = "hospital", "医疗卫生";
        School = "school", "学校";
        Transport = "transport", "交通";
        Culture = "culture", "文化体育";
        Commerce = "commerce", "商业";
        Park = "park", "公园";
        Other = "other", "其他";
    }
}

vocabulary! {
    /// State of a venue.
    pub enum VenueState {
        /// Something is still to be remedied.
        Listed = "listed", "待整改";
        Remedied = "remedied", "待验收";
        Accepted = "accepted", "验收合格";
        Cancelled = "cancelled", "已取消";
    }
}

vocabulary! {
    /// What is done to a venue.
    pub enum VenueAction {
        List = "list", "列入清单";
        /// The owner reports that something is remedied.
        Remedy = "remedy", "登记整改";
        Extend = "extend", "延期";
        Reject = "reject", "退回整改";
        Accept = "accept", "验收合格";
        Cancel = "cancel", "取消";
    }
}

vocabulary! {
    /// What is missing there.
    pub enum VenueItemKind {
        Entrance = "entrance", "出入口";
        Lift = "lift", "电梯";
        Toilet = "toilet", "卫生间";
        Parking = "parking", "停车位";
        Counter = "counter", "服务台";
        Signage = "signage", "标识";
        Other = "other", "其他";
    }
}

impl VenueAction {
    /// Those that are asked for.
    pub const ASKED: [Self; 5] = [
        Self::Remedy,
        Self::Extend,
        Self::Reject,
        Self::Accept,
        Self::Cancel,
    ];

    /// The audit's name of it.
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::List => "public_venue.added",
            Self::Remedy => "public_venue.remedied",
            Self::Extend => "public_venue.extended",
            Self::Reject => "public_venue.rejected",
            Self::Accept => "public_venue.accepted",
            Self::Cancel => "public_venue.cancelled",
        }
    }

    const fn fits(self, at: VenueState) -> bool {
        match self {
            Self::List => false,
            Self::Remedy | Self::Extend => matches!(at, VenueState::Listed),
            Self::Reject | Self::Accept => matches!(at, VenueState::Remedied),
            Self::Cancel => matches!(at, VenueState::Listed | VenueState::Remedied),
        }
    }

    /// Of the county's office alone.
    pub const fn is_of_county(self) -> bool {
        !matches!(self, Self::List | Self::Remedy)
    }
}

/// A user by id, user name and display name.
pub type Named = (UserId, String, String);

#[derive(Debug, Clone)]
pub struct Venue {
    pub id: PublicVenueId,
    pub name: String,
    pub kind: VenueKind,
    pub division_code: DivisionCode,
    pub address: String,
    /// Who has to remedy it.
    pub owner: String,
    pub accepted_date: Option<NaiveDate>,
    pub state: VenueState,
    /// The number of its last entry, and its version.
    pub last_transition: i32,
    pub recorded_by: Named,
    pub recorded_at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct VenueItem {
    pub id: PublicVenueItemId,
    pub number: i32,
    pub kind: VenueItemKind,
    pub finding: String,
    pub due_date: NaiveDate,
    pub remedied: bool,
}

/// One entry of a venue's history.
#[derive(Debug, Clone)]
pub struct Turn {
    pub sequence: i32,
    pub action: VenueAction,
    pub from: Option<VenueState>,
    pub to: VenueState,
    pub actor: Named,
    pub comment: Option<String>,
    pub at: Timestamp,
    /// Of an acceptance: who tried it.
    pub participants: Vec<ResidentId>,
}

/// Refuses what a venue does not take; `of_county` says that somebody sits in the county's office.
pub fn check(at: VenueState, action: VenueAction, of_county: bool) -> Result<()> {
    if !action.fits(at) {
        return Err(Error::new(Code::PublicVenueTransition)
            .detail(
                format!("a venue in state {at} does not take: {action}"),
                format!("{}的场所不能{}", at.label_zh(), action.label_zh()),
            )
            .member("state", at.as_str()));
    }
    if action.is_of_county() && !of_county {
        return Err(Code::PublicVenueCounty.into());
    }
    Ok(())
}

/// What somebody may do to it now.
pub fn allowed(at: VenueState, of_county: bool) -> Vec<VenueAction> {
    let may = |action: &VenueAction| check(at, *action, of_county).is_ok();
    VenueAction::ASKED.into_iter().filter(may).collect()
}

/// Where an action leads, once the items stand as they then do.
pub fn next(action: VenueAction, items: &[VenueItem]) -> VenueState {
    match action {
        VenueAction::Accept => VenueState::Accepted,
        VenueAction::Cancel => VenueState::Cancelled,
        _ if items.iter().all(|item| item.remedied) => VenueState::Remedied,
        _ => VenueState::Listed,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::kernel::id::Id;

    fn item(remedied: bool) -> VenueItem {
        VenueItem {
            id: Id::new(Uuid::nil()),
            number: 1,
            kind: VenueItemKind::Lift,
            finding: "无".to_owned(),
            due_date: "2022-12-31".parse().unwrap(),
            remedied,
        }
    }

    #[test]
    fn a_venue_is_remedied_when_all_of_it_is() {
        let remedy = VenueAction::Remedy;
        let half = [item(true), item(false)];
        assert_eq!(next(remedy, &half), VenueState::Listed);
        assert_eq!(next(remedy, &[item(true)]), VenueState::Remedied);
        assert_eq!(next(VenueAction::Reject, &half), VenueState::Listed);
        assert_eq!(next(VenueAction::Cancel, &half), VenueState::Cancelled);
    }

    #[test]
    fn the_county_accepts_and_what_is_over_stays() {
        let at = VenueState::Remedied;
        assert_eq!(allowed(at, false), []);
        assert_eq!(
            allowed(at, true),
            [
                VenueAction::Reject,
                VenueAction::Accept,
                VenueAction::Cancel
            ]
        );
        assert_eq!(allowed(VenueState::Listed, false), [VenueAction::Remedy]);
        for over in [VenueState::Accepted, VenueState::Cancelled] {
            assert_eq!(allowed(over, true), []);
        }
    }
}
