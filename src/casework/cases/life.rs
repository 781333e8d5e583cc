//! The life cycle: from where an action leads where, or why not. Pure: an illegal move is a value.

use crate::access::Role;
use crate::kernel::vocabulary::vocabulary;
use crate::programs::{ReviewStep, Step};

vocabulary! {
    /// State of a case.
    pub enum State {
        Draft = "draft", "草稿";
        Submitted = "submitted", "已提交";
        InReview = "in_review", "审核中";
        Approved = "approved", "已批准";
        InService = "in_service", "服务中";
        Completed = "completed", "已完成";
        Returned = "returned", "退回补正";
        Rejected = "rejected", "不予批准";
        Withdrawn = "withdrawn", "已撤回";
        Suspended = "suspended", "中止";
        Terminated = "terminated", "终止";
        UnderReconsideration = "under_reconsideration", "复查中";
    }
}

impl State {
    /// Of these a person has one case at a time in a program (`cases_one_open`).
    pub const OPEN: [Self; 8] = [
        Self::Draft,
        Self::Submitted,
        Self::InReview,
        Self::Returned,
        Self::Approved,
        Self::InService,
        Self::Suspended,
        Self::UnderReconsideration,
    ];

    /// Nothing more happens to it, short of reconsideration.
    pub const fn is_closed(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Rejected | Self::Withdrawn | Self::Terminated
        )
    }
}

vocabulary! {
    /// What can be done to a case.
    pub enum Action {
        Create = "create", "建立";
        Submit = "submit", "提交";
        /// Passes the present review step.
        Endorse = "endorse", "通过";
        Return = "return", "退回";
        Reject = "reject", "驳回";
        /// Stops a public notice: the case goes back to verification.
        Object = "object", "异议";
        Approve = "approve", "批准";
        Start = "start", "开始服务";
        Suspend = "suspend", "中止";
        Resume = "resume", "恢复";
        Complete = "complete", "办结";
        Terminate = "terminate", "终止";
        Withdraw = "withdraw", "撤回";
        RequestReconsideration = "request_reconsideration", "申请复查";
        /// A public notice ended without objection.
        CloseNotice = "close_notice", "公示期满";
        /// What a reviewer asked for did not come in time.
        Lapse = "lapse", "逾期未补正";
        /// A rejection or stop was right.
        Uphold = "uphold", "维持原决定";
        /// It was not: the case is filed anew.
        Reopen = "reopen", "撤销原决定、重新办理";
        /// Another office goes on with the case where it stands.
        Transfer = "transfer", "移交";
    }
}

impl Action {
    /// Those a client may ask for; the others happen by themselves or with the case's creation.
    pub const ASKED: [Self; 12] = [
        Self::Submit,
        Self::Endorse,
        Self::Return,
        Self::Reject,
        Self::Object,
        Self::Approve,
        Self::Withdraw,
        Self::Complete,
        Self::Terminate,
        Self::RequestReconsideration,
        Self::Uphold,
        Self::Reopen,
    ];

    /// The audit's name of it.
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Create => "case.created",
            Self::Submit => "case.submitted",
            Self::Endorse => "case.endorsed",
            Self::Return => "case.returned",
            Self::Reject => "case.rejected",
            Self::Object => "case.objected",
            Self::Approve => "case.approved",
            Self::Start => "case.started",
            Self::Suspend => "case.suspended",
            Self::Resume => "case.resumed",
            Self::Complete => "case.completed",
            Self::Terminate => "case.terminated",
            Self::Withdraw => "case.withdrawn",
            Self::RequestReconsideration => "case.reconsideration_requested",
            Self::CloseNotice => "case.notice_closed",
            Self::Lapse => "case.lapsed",
            Self::Uphold => "case.upheld",
            Self::Reopen => "case.reopened",
            Self::Transfer => "case.transferred",
        }
    }
}

vocabulary! {
    /// What a person has done for a case in a round; one person, one duty.
    pub enum Duty {
        Filing = "filing", "申报";
        InitialReview = "initial_review", "初审";
        Verification = "verification", "复核";
        Determination = "determination", "认定";
        Approval = "approval", "审批";
        Reconsideration = "reconsideration", "复查";
    }
}

impl Duty {
    pub const fn of(step: Step) -> Option<Self> {
        match step {
            Step::InitialReview => Some(Self::InitialReview),
            Step::Verification => Some(Self::Verification),
            Step::Determination => Some(Self::Determination),
            Step::Approval => Some(Self::Approval),
            Step::Reconsideration => Some(Self::Reconsideration),
            Step::PublicNotice => None,
        }
    }
}

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub state: State,
    pub step: Option<Step>,
    /// Grows each time a returned case is submitted anew.
    pub round: i32,
}

impl Position {
    pub const START: Self = Self {
        state: State::Draft,
        step: None,
        round: 1,
    };
}

/// Where an action leads, and as what its actor acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    pub to: Position,
    /// None where anybody with the permission may act, and for what happens by itself.
    pub duty: Option<Duty>,
    /// The review step's limit, when one begins.
    pub working_days: Option<usize>,
}

/// The same in every program. A review is decided within 30 days (信访工作条例 2022, 第三十五条), some
/// 20 working days.
const RECONSIDERATION: ReviewStep = ReviewStep {
    step: Step::Reconsideration,
    role: Some(Role::CountyApprover),
    working_days: 20,
};

/// Who takes a step, and within which time.
pub fn step_of(step: Step, steps: &[ReviewStep]) -> Option<&ReviewStep> {
    steps
        .iter()
        .chain([&RECONSIDERATION])
        .find(|one| one.step == step)
}

/// Where `action` leads from `at`, or nowhere. `closed_as` is what a case was that is reconsidered.
pub fn follow(
    at: Position,
    action: Action,
    steps: &[ReviewStep],
    closed_as: Option<State>,
) -> Option<Move> {
    let plain = |state| {
        Some(Move {
            to: Position {
                state,
                step: None,
                round: at.round,
            },
            duty: None,
            working_days: None,
        })
    };
    let enter = |step: &ReviewStep, round| Move {
        to: Position {
            state: State::InReview,
            step: Some(step.step),
            round,
        },
        duty: None,
        working_days: Some(step.working_days),
    };
    let after = |step| steps.iter().skip_while(|one| one.step != step).nth(1);
    let duty = at.step.and_then(Duty::of);
    match (at.state, action) {
        (State::Draft, Action::Submit) => steps.first().map(|first| Move {
            duty: Some(Duty::Filing),
            ..enter(first, at.round)
        }),
        (State::Returned, Action::Submit) => steps.first().map(|first| Move {
            duty: Some(Duty::Filing),
            ..enter(first, at.round + 1)
        }),
        (State::Draft | State::Returned | State::InReview, Action::Withdraw) => {
            plain(State::Withdrawn).map(|to| Move {
                duty: Some(Duty::Filing),
                ..to
            })
        }
        (State::InReview, Action::Endorse) if duty.is_some() => {
            at.step.and_then(after).map(|next| Move {
                duty,
                ..enter(next, at.round)
            })
        }
        (State::InReview, Action::Approve) if at.step == Some(Step::Approval) => {
            plain(State::Approved).map(|to| Move { duty, ..to })
        }
        (State::InReview, Action::Return) if duty.is_some() => {
            plain(State::Returned).map(|to| Move { duty, ..to })
        }
        (State::InReview, Action::Lapse) if duty.is_some() => plain(State::Returned),
        (State::InReview, Action::Reject) if duty.is_some() => {
            plain(State::Rejected).map(|to| Move { duty, ..to })
        }
        (State::InReview, Action::Object) if at.step == Some(Step::PublicNotice) => steps
            .iter()
            .find(|one| one.step == Step::Verification)
            .or(steps.first())
            .map(|step| enter(step, at.round)),
        (State::InReview, Action::CloseNotice) if at.step == Some(Step::PublicNotice) => {
            at.step.and_then(after).map(|next| enter(next, at.round))
        }
        (State::Approved, Action::Start) => plain(State::InService),
        (State::Approved | State::InService, Action::Complete) => plain(State::Completed),
        (State::Approved | State::InService | State::Suspended, Action::Terminate) => {
            plain(State::Terminated)
        }
        (State::Rejected | State::Terminated, Action::RequestReconsideration) => Some(Move {
            to: Position {
                state: State::UnderReconsideration,
                step: Some(RECONSIDERATION.step),
                round: at.round,
            },
            duty: Some(Duty::Filing),
            working_days: Some(RECONSIDERATION.working_days),
        }),
        (State::UnderReconsideration, Action::Uphold) => {
            closed_as.and_then(plain).map(|to| Move { duty, ..to })
        }
        (State::UnderReconsideration | State::Rejected | State::Terminated, Action::Reopen) => {
            plain(State::Returned).map(|to| Move {
                duty: Some(Duty::Reconsideration),
                ..to
            })
        }
        (_, Action::Transfer) => Some(Move {
            to: at,
            duty: None,
            working_days: at
                .step
                .and_then(|step| step_of(step, steps))
                .map(|step| step.working_days),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps() -> Vec<ReviewStep> {
        let step = |step, role| ReviewStep {
            step,
            role,
            working_days: 5,
        };
        vec![
            step(Step::InitialReview, Some(Role::TownshipCaseworker)),
            step(Step::Verification, Some(Role::CountyCaseworker)),
            step(Step::PublicNotice, None),
            step(Step::Approval, Some(Role::CountyApprover)),
        ]
    }

    fn walk(actions: &[Action]) -> Option<Position> {
        let steps = steps();
        let mut closed_as = None;
        actions.iter().try_fold(Position::START, |at, action| {
            let to = follow(at, *action, &steps, closed_as)?.to;
            closed_as = Some(to.state)
                .filter(|state| state.is_closed())
                .or(closed_as);
            Some(to)
        })
    }

    #[test]
    fn a_case_walks_through_its_steps() {
        use Action::{Approve, CloseNotice, Endorse, Object, Reject, Return, Submit, Withdraw};
        let state = |actions: &[Action]| walk(actions).map(|at| (at.state, at.step, at.round));
        assert_eq!(
            state(&[Submit, Endorse, Endorse, CloseNotice, Approve]),
            Some((State::Approved, None, 1))
        );
        assert_eq!(
            state(&[Submit, Return, Submit]),
            Some((State::InReview, Some(Step::InitialReview), 2))
        );
        assert_eq!(
            state(&[Submit, Endorse, Endorse, Object]),
            Some((State::InReview, Some(Step::Verification), 1))
        );
        assert_eq!(state(&[Submit, Reject]), Some((State::Rejected, None, 1)));
        assert_eq!(
            state(&[Submit, Withdraw]),
            Some((State::Withdrawn, None, 1))
        );
    }

    #[test]
    fn a_rejection_or_stop_is_reconsidered_and_upheld_or_annulled() {
        use Action::{
            Approve, CloseNotice, Endorse, Reject, Reopen, RequestReconsideration, Submit,
            Terminate, Transfer, Uphold,
        };
        let state = |actions: &[Action]| walk(actions).map(|at| (at.state, at.step, at.round));
        let stopped = [Submit, Endorse, Endorse, CloseNotice, Approve, Terminate];
        for (closing, closed) in [
            (&[Submit, Reject][..], State::Rejected),
            (&stopped[..], State::Terminated),
        ] {
            let then = |more: &[Action]| state(&[closing, more].concat());
            let reconsidered = Some(Step::Reconsideration);
            assert_eq!(
                then(&[RequestReconsideration]),
                Some((State::UnderReconsideration, reconsidered, 1))
            );
            assert_eq!(
                then(&[RequestReconsideration, Transfer]),
                Some((State::UnderReconsideration, reconsidered, 1))
            );
            assert_eq!(
                then(&[RequestReconsideration, Uphold]),
                Some((closed, None, 1))
            );
            for annulled in [&[Reopen][..], &[RequestReconsideration, Reopen]] {
                assert_eq!(then(annulled), Some((State::Returned, None, 1)));
                assert_eq!(
                    then(&[annulled, &[Submit]].concat()),
                    Some((State::InReview, Some(Step::InitialReview), 2))
                );
            }
            assert_eq!(then(&[Uphold]), None);
        }
        assert_eq!(state(&[Submit, Terminate]), None);
        assert_eq!(state(&[Submit, RequestReconsideration]), None);
    }

    #[test]
    fn nobody_takes_a_notice_and_no_step_is_skipped() {
        use Action::{Approve, CloseNotice, Endorse, Submit};
        for illegal in [
            &[Endorse][..],
            &[Submit, Submit],
            &[Submit, Approve],
            &[Submit, CloseNotice],
            &[Submit, Endorse, Endorse, Endorse],
            &[Submit, Endorse, Endorse, CloseNotice, Endorse],
        ] {
            assert_eq!(walk(illegal), None, "{illegal:?}");
        }
    }
}
