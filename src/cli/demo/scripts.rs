//! What happens to the cases of the demonstration's year, and how long ago.

use crate::casework::cases::service::Action;

/// Who takes a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Filer,
    Reviewer,
    County,
    Civil,
    Approver,
}

#[derive(Debug, Clone, Copy)]
pub enum Doing {
    Act(Action),
    /// The last notice reaches the applicant.
    Serve,
}

/// Something done to a case, so many days before today.
#[derive(Debug, Clone, Copy)]
pub struct Deed {
    pub days_ago: u64,
    pub doing: Doing,
    pub by: By,
    pub comment: Option<&'static str>,
}

pub const fn deed(days_ago: u64, action: Action, by: By) -> Deed {
    Deed {
        days_ago,
        doing: Doing::Act(action),
        by,
        comment: None,
    }
}

const fn served(days_ago: u64) -> Deed {
    Deed {
        days_ago,
        doing: Doing::Serve,
        by: By::Filer,
        comment: None,
    }
}

const fn said(days_ago: u64, action: Action, by: By, comment: &'static str) -> Deed {
    Deed {
        days_ago,
        doing: Doing::Act(action),
        by,
        comment: Some(comment),
    }
}

/// From filing to the public notice, with `age` days between filing and today.
fn until_notice(age: u64) -> Vec<Deed> {
    vec![
        deed(age, Action::Create, By::Filer),
        deed(age, Action::Submit, By::Filer),
        said(
            age - 3,
            Action::Endorse,
            By::Reviewer,
            "材料齐全，已入户核实",
        ),
        said(
            age - 8,
            Action::Endorse,
            By::County,
            "残疾人证及等级核验无误",
        ),
        said(age - 14, Action::Endorse, By::Civil, "符合认定条件"),
    ]
}

/// The notice takes seven working days; three weeks span the longest holidays.
fn approved(age: u64) -> Vec<Deed> {
    let mut script = until_notice(age);
    script.push(deed(age - 36, Action::Approve, By::Approver));
    script
}

/// Rejected at verification, and told so.
fn rejected(age: u64) -> Vec<Deed> {
    vec![
        deed(age, Action::Create, By::Filer),
        deed(age, Action::Submit, By::Filer),
        deed(age - 5, Action::Endorse, By::Reviewer),
        said(age - 11, Action::Reject, By::County, "经核查不符合条件"),
        served(age - 13),
    ]
}

/// A rejection that the applicant does not accept, told so many days before today.
fn reconsidered(age: u64) -> Vec<Deed> {
    let mut script = rejected(age);
    script.push(said(
        age - 20,
        Action::RequestReconsideration,
        By::Filer,
        "本人认为符合条件，申请复查",
    ));
    script
}

/// What becomes of approvals, rejections and notices that somebody does not accept.
fn disputes() -> Vec<Vec<Deed>> {
    use Action::{Endorse, Object, Reopen, Submit, Terminate, Uphold};
    use By::{Approver, Civil, County, Filer, Reviewer};
    let with = |mut script: Vec<Deed>, more: &[Deed]| {
        script.extend_from_slice(more);
        script
    };
    let upheld = said(99, Uphold, Approver, "经复查，原决定认定事实清楚");
    let annulled = said(52, Reopen, Approver, "原决定所依据的收入数据已过期");
    let stop = said(20, Terminate, Civil, "户籍已迁出本县");
    vec![
        rejected(75),
        reconsidered(26),
        with(reconsidered(130), &[upheld, served(97)]),
        with(
            reconsidered(80),
            &[
                annulled,
                deed(48, Submit, Filer),
                deed(45, Endorse, Reviewer),
            ],
        ),
        with(approved(150), &[served(112), stop, served(18)]),
        with(
            until_notice(30),
            &[
                said(14, Object, County, "有群众反映其家庭收入较高"),
                said(9, Endorse, County, "经入户核查，反映情况不属实"),
                said(6, Endorse, Civil, "符合认定条件"),
            ],
        ),
    ]
}

/// Where the cases of one program in one county stand today, one script each.
pub fn scripts() -> Vec<Vec<Deed>> {
    use Action::{Create, Endorse, Return, Submit, Withdraw};
    use By::{Filer, Reviewer};
    let mut all: Vec<_> = [340, 300, 262, 221, 180, 139, 101, 66]
        .into_iter()
        .map(approved)
        .collect();
    for age in [45, 38] {
        // Determined three weeks ago: the notice is over, approval is due.
        all.push(until_notice(age));
    }
    for age in [16, 15] {
        all.push(until_notice(age));
    }
    for (steps, ages) in [(4, [12, 10]), (3, [7, 6]), (2, [2, 1])] {
        for age in ages {
            all.push(until_notice_first(steps, age));
        }
    }
    // Overdue at its first step.
    all.push(vec![deed(33, Create, Filer), deed(33, Submit, Filer)]);
    all.push(vec![deed(1, Create, Filer)]);
    all.push(vec![
        deed(12, Create, Filer),
        deed(12, Submit, Filer),
        said(9, Return, Reviewer, "请补充户口簿复印件"),
    ]);
    all.extend(disputes());
    all.push(vec![
        deed(30, Create, Filer),
        deed(30, Submit, Filer),
        said(27, Withdraw, Filer, "本人放弃申请"),
    ]);
    // Returned once, and filed anew.
    all.push(vec![
        deed(24, Create, Filer),
        deed(24, Submit, Filer),
        said(21, Return, Reviewer, "照片不清晰"),
        deed(8, Submit, Filer),
        deed(5, Endorse, Reviewer),
    ]);
    all
}

fn until_notice_first(steps: usize, age: u64) -> Vec<Deed> {
    let mut script = vec![
        deed(age, Action::Create, By::Filer),
        deed(age, Action::Submit, By::Filer),
    ];
    let reviews = [(3, By::Reviewer), (5, By::County)];
    script.extend(
        reviews
            .into_iter()
            .take(steps - 2)
            .map(|(later, by)| deed(age - later, Action::Endorse, by)),
    );
    script
}
