//! The words of petitions, where each action leads, and whose hand it takes.

use crate::access::Role;
use crate::kernel::division::DivisionLevel;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    pub enum PetitionerKind {
        Resident = "resident", "在册残疾人";
        Named = "named", "实名";
        Anonymous = "anonymous", "匿名";
    }
}

vocabulary! {
    /// How it came.
    pub enum PetitionChannel {
        Letter = "letter", "来信";
        Visit = "visit", "来访";
        Phone = "phone", "来电";
        Online = "online", "网上";
    }
}

vocabulary! {
    /// What it is about.
    pub enum PetitionCategory {
        Certificate = "certificate", "残疾人证";
        Subsidy = "subsidy", "补贴";
        Rehabilitation = "rehabilitation", "康复";
        Device = "device", "辅具";
        Renovation = "renovation", "无障碍改造";
        Employment = "employment", "就业";
        Rights = "rights", "权益保护";
        ServiceAttitude = "service_attitude", "服务态度";
        Corruption = "corruption", "违纪违法";
        Other = "other", "其他";
    }
}

vocabulary! {
    pub enum PetitionState {
        Received = "received", "已登记";
        Transferred = "transferred", "已转送";
        Accepted = "accepted", "已受理";
        NotAccepted = "not_accepted", "不予受理";
        Decided = "decided", "已答复";
        ReviewAsked = "review_asked", "复查中";
        Reviewed = "reviewed", "已复查";
        RereviewAsked = "rereview_asked", "复核中";
        Final = "final", "已终结";
        Closed = "closed", "已办结";
        Withdrawn = "withdrawn", "已撤回";
    }
}

vocabulary! {
    pub enum PetitionAction {
        Receive = "receive", "登记";
        Transfer = "transfer", "转送";
        /// The office it was transferred to says that it is not theirs.
        Object = "object", "提出异议";
        Accept = "accept", "受理";
        NotAccept = "not_accept", "不予受理";
        RequestExtension = "request_extension", "申请延期";
        ApproveExtension = "approve_extension", "批准延期";
        RefuseExtension = "refuse_extension", "不予延期";
        /// The petitioner is told that it takes longer, and why.
        NotifyExtension = "notify_extension", "告知延期";
        Decide = "decide", "答复";
        RequestReview = "request_review", "请求复查";
        Review = "review", "复查";
        RequestRereview = "request_rereview", "请求复核";
        Rereview = "rereview", "复核";
        Close = "close", "办结";
        Withdraw = "withdraw", "撤回";
    }
}

vocabulary! {
    /// What the petitioner was told.
    pub enum PetitionOutcome {
        Supported = "supported", "支持";
        PartlySupported = "partly_supported", "部分支持";
        NotSupported = "not_supported", "不支持";
        Mediated = "mediated", "调解";
    }
}

vocabulary! {
    pub enum ExtensionState {
        Asked = "asked", "待批准";
        Approved = "approved", "已批准";
        Notified = "notified", "已告知";
        Refused = "refused", "未批准";
    }
}

/// Whose hand something takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    Handler,
    Approver,
    Reviewer,
    Rereviewer,
}

impl Hand {
    /// By which role, of what is handled at a level; the level above looks at it again.
    pub const fn roles(self, level: DivisionLevel) -> &'static [Role] {
        match (self, level) {
            (Self::Handler, DivisionLevel::Village | DivisionLevel::Township) => {
                &[Role::TownshipCaseworker, Role::CountyCaseworker]
            }
            (Self::Handler, DivisionLevel::County) => &[Role::CountyCaseworker],
            (
                Self::Approver,
                DivisionLevel::Village | DivisionLevel::Township | DivisionLevel::County,
            )
            | (Self::Reviewer, DivisionLevel::Village | DivisionLevel::Township) => {
                &[Role::CountyApprover]
            }
            _ => &[Role::CitySupervisor],
        }
    }

    /// Above the city the province decides: what is kept here is its document.
    pub const fn is_outside(self, level: DivisionLevel) -> bool {
        match self {
            Self::Handler | Self::Approver => false,
            Self::Reviewer => matches!(level, DivisionLevel::City | DivisionLevel::Province),
            Self::Rereviewer => matches!(
                level,
                DivisionLevel::County | DivisionLevel::City | DivisionLevel::Province
            ),
        }
    }
}

impl PetitionAction {
    /// The audit's name of it.
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Receive => "petition.received",
            Self::Transfer => "petition.transferred",
            Self::Object => "petition.objected",
            Self::Accept => "petition.accepted",
            Self::NotAccept => "petition.not_accepted",
            Self::RequestExtension => "petition.extension_requested",
            Self::ApproveExtension => "petition.extension_approved",
            Self::RefuseExtension => "petition.extension_refused",
            Self::NotifyExtension => "petition.extension_notified",
            Self::Decide => "petition.decided",
            Self::RequestReview => "petition.review_requested",
            Self::Review => "petition.reviewed",
            Self::RequestRereview => "petition.rereview_requested",
            Self::Rereview => "petition.rereviewed",
            Self::Close => "petition.closed",
            Self::Withdraw => "petition.withdrawn",
        }
    }

    pub const fn hand(self) -> Hand {
        match self {
            Self::ApproveExtension | Self::RefuseExtension => Hand::Approver,
            Self::Review => Hand::Reviewer,
            Self::Rereview => Hand::Rereviewer,
            _ => Hand::Handler,
        }
    }

    /// What the office owes by a day.
    pub const fn is_owed(self) -> bool {
        matches!(
            self,
            Self::Transfer
                | Self::Accept
                | Self::NotAccept
                | Self::Decide
                | Self::Review
                | Self::Rereview
        )
    }

    pub const fn has_outcome(self) -> bool {
        matches!(self, Self::Decide | Self::Review | Self::Rereview)
    }

    /// Whoever had a hand in the case complained of does not do it.
    pub const fn judges(self) -> bool {
        !matches!(
            self,
            Self::Receive
                | Self::Transfer
                | Self::Object
                | Self::NotifyExtension
                | Self::RequestReview
                | Self::RequestRereview
                | Self::Withdraw
        )
    }

    /// What somebody did before does not go with it.
    pub const fn apart_from(self) -> &'static [Self] {
        match self {
            Self::Review | Self::Rereview => &[Self::Decide, Self::Review],
            Self::ApproveExtension | Self::RefuseExtension => &[Self::RequestExtension],
            _ => &[],
        }
    }

    /// What cannot be done without a word.
    pub const fn needs_comment(self) -> bool {
        !matches!(
            self,
            Self::Receive
                | Self::Accept
                | Self::ApproveExtension
                | Self::NotifyExtension
                | Self::Close
        )
    }
}

/// Where an action leads, or nowhere.
pub fn follow(
    at: PetitionState,
    extension: Option<ExtensionState>,
    action: PetitionAction,
) -> Option<PetitionState> {
    use PetitionAction as Do;
    use PetitionState as At;
    match (at, action) {
        (At::Received, Do::Transfer) => Some(At::Transferred),
        (At::Transferred, Do::Object) => Some(At::Received),
        (At::Received | At::Transferred, Do::Accept) => Some(At::Accepted),
        (At::Received | At::Transferred, Do::NotAccept) => Some(At::NotAccepted),
        (At::Accepted, Do::RequestExtension) => {
            matches!(extension, None | Some(ExtensionState::Refused)).then_some(At::Accepted)
        }
        (At::Accepted, Do::ApproveExtension | Do::RefuseExtension) => {
            (extension == Some(ExtensionState::Asked)).then_some(At::Accepted)
        }
        (At::Accepted, Do::NotifyExtension) => {
            (extension == Some(ExtensionState::Approved)).then_some(At::Accepted)
        }
        (At::Accepted, Do::Decide) => Some(At::Decided),
        (At::Decided, Do::RequestReview) => Some(At::ReviewAsked),
        (At::ReviewAsked, Do::Review) => Some(At::Reviewed),
        (At::Reviewed, Do::RequestRereview) => Some(At::RereviewAsked),
        (At::RereviewAsked, Do::Rereview) => Some(At::Final),
        (At::Decided | At::Reviewed, Do::Close) => Some(At::Closed),
        (At::Received | At::Transferred | At::Accepted, Do::Withdraw) => Some(At::Withdrawn),
        _ => None,
    }
}

pub fn allowed(at: PetitionState, extension: Option<ExtensionState>) -> Vec<PetitionAction> {
    PetitionAction::ALL
        .iter()
        .copied()
        .filter(|action| follow(at, extension, *action).is_some())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_petition_is_extended_once_and_looked_at_again_twice() {
        use PetitionAction as Do;
        let accepted = |extension| allowed(PetitionState::Accepted, extension);
        assert_eq!(
            accepted(None),
            [Do::RequestExtension, Do::Decide, Do::Withdraw]
        );
        assert_eq!(
            accepted(Some(ExtensionState::Asked)),
            [
                Do::ApproveExtension,
                Do::RefuseExtension,
                Do::Decide,
                Do::Withdraw
            ]
        );
        assert_eq!(
            accepted(Some(ExtensionState::Notified)),
            [Do::Decide, Do::Withdraw]
        );
        assert_eq!(
            allowed(PetitionState::Reviewed, None),
            [Do::RequestRereview, Do::Close]
        );
        for ended in [
            PetitionState::NotAccepted,
            PetitionState::Final,
            PetitionState::Closed,
            PetitionState::Withdrawn,
        ] {
            assert_eq!(allowed(ended, None), []);
        }
    }

    #[test]
    fn the_level_above_looks_again_and_above_the_city_the_province() {
        let township = DivisionLevel::Township;
        assert_eq!(Hand::Reviewer.roles(township), [Role::CountyApprover]);
        assert_eq!(Hand::Rereviewer.roles(township), [Role::CitySupervisor]);
        assert!(!Hand::Rereviewer.is_outside(township));
        assert_eq!(
            Hand::Reviewer.roles(DivisionLevel::County),
            [Role::CitySupervisor]
        );
        assert!(Hand::Rereviewer.is_outside(DivisionLevel::County));
        assert!(Hand::Reviewer.is_outside(DivisionLevel::City));
    }
}
