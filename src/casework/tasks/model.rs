//! A task, and who is to do it.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::Role;
use crate::casework::follow_ups;
use crate::kernel::division::{DivisionCode, DivisionLevel};
use crate::kernel::id::{CaseId, FollowUpId, ResidentId, UserId};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::programs::{Service, Step};

/// A review step that waits.
#[derive(Debug, Clone, Copy)]
pub struct Task {
    pub case_id: CaseId,
    /// The entry of the case's history that began it.
    pub sequence: i32,
    pub resident_id: ResidentId,
    pub division_code: DivisionCode,
    pub round: i32,
    pub step: Step,
    pub role: Role,
    pub due_date: NaiveDate,
    pub assignee: Option<UserId>,
    pub version: i32,
    pub created_at: Timestamp,
    /// When its due date was last pointed out.
    pub reminded_at: Option<Timestamp>,
    /// Its clock stands still while a reviewer waits for supplements.
    pub paused: bool,
}

/// A task as a list shows it.
#[derive(Debug)]
pub struct Listed {
    pub task: Task,
    pub case_number: String,
    pub service: Service,
    pub program_code: String,
    pub resident_name: Option<String>,
    /// User name and display name.
    pub assignee: Option<(String, String)>,
}

/// Somebody of an office: id, user name and display name.
pub type Staff = (UserId, String, String);

/// What is pointed out of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reminder {
    DueSoon,
    Overdue,
}

/// Somebody who may take a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    pub user: UserId,
    /// Of the office where they hold the role.
    pub level: DivisionLevel,
    /// How many tasks wait with them.
    pub load: i64,
}

/// By rule: of the nearest office, the least busy, the earliest account.
pub fn choose(candidates: &[Candidate]) -> Option<UserId> {
    candidates
        .iter()
        .min_by_key(|one| (std::cmp::Reverse(one.level), one.load, one.user))
        .map(|one| one.user)
}

vocabulary! {
    /// Which tasks of one's own desk.
    pub enum View {
        All = "all", "全部";
        Mine = "mine", "我的";
        Unassigned = "unassigned", "待认领";
    }
}

vocabulary! {
    /// What waits on a desk.
    pub enum TaskKind {
        Review = "review", "审核";
        FollowUp = "follow_up", "回访";
    }
}

/// What waits: of a case, or of what a service gave.
#[derive(Debug)]
pub enum Item {
    Review(Listed),
    FollowUp(follow_ups::Listed),
}

impl Item {
    pub fn case(&self) -> Option<CaseId> {
        match self {
            Self::Review(one) => Some(one.task.case_id),
            Self::FollowUp(_) => None,
        }
    }

    pub fn follow_up(&self) -> Option<FollowUpId> {
        match self {
            Self::Review(_) => None,
            Self::FollowUp(one) => Some(one.follow_up.id),
        }
    }
}

/// Where a page of a desk ended: on a day, of one day all reviews before all follow-ups, by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    pub due_date: NaiveDate,
    kind: TaskKind,
    id: Uuid,
}

impl Place {
    pub fn of(item: &Item) -> Self {
        match item {
            Item::Review(one) => Self {
                due_date: one.task.due_date,
                kind: TaskKind::Review,
                id: one.task.case_id.uuid(),
            },
            Item::FollowUp(one) => Self {
                due_date: one.follow_up.planned.due_date,
                kind: TaskKind::FollowUp,
                id: one.follow_up.id.uuid(),
            },
        }
    }

    /// The id after which those of a kind go on.
    pub fn id_of(self, kind: TaskKind) -> Uuid {
        match self.kind.cmp(&kind) {
            Ordering::Equal => self.id,
            Ordering::Less => Uuid::nil(),
            Ordering::Greater => Uuid::max(),
        }
    }
}

/// Who is to do it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"user_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07"}))]
pub struct NewAssignment {
    #[schema(value_type = uuid::Uuid)]
    pub user_id: UserId,
}

/// Who takes over a whole desk.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to_user_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07"}))]
pub struct HandOver {
    /// By rule, task by task, unless given.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub to_user_id: Option<UserId>,
}

/// What became of one task of a desk that was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandedOver {
    pub case_id: CaseId,
    /// Whose it is now; nobody's where nobody else may take it.
    pub assignee: Option<UserId>,
    /// Whether it left the desk.
    pub moved: bool,
}

/// Whose office a role's tasks in a division belong to.
pub fn office_of(role: Role, division: DivisionCode) -> DivisionCode {
    let level = match role {
        Role::VillageLiaison => DivisionLevel::Village,
        Role::TownshipCaseworker => DivisionLevel::Township,
        _ => DivisionLevel::County,
    };
    std::iter::successors(Some(division), |lower| lower.parent())
        .find(|office| office.level() <= level)
        .unwrap_or(division)
}

/// Tasks past their due date, with one person or with nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overdue {
    /// Of the cases, or of the office where they wait.
    pub division: DivisionCode,
    pub role: Role,
    pub assignee: Option<UserId>,
    pub count: i64,
}

/// Sums up counts by division into counts by office.
pub fn by_office(counts: impl IntoIterator<Item = Overdue>) -> Vec<Overdue> {
    let mut sums = BTreeMap::new();
    for one in counts {
        let office = office_of(one.role, one.division);
        *sums.entry((office, one.role, one.assignee)).or_default() += one.count;
    }
    sums.into_iter()
        .map(|((division, role, assignee), count)| Overdue {
            division,
            role,
            assignee,
            count,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(number: u8) -> UserId {
        format!("0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e{number:02}")
            .parse()
            .unwrap()
    }

    #[test]
    fn the_nearest_office_comes_first_then_the_least_busy_then_the_earliest() {
        let candidate = |number, level, load| Candidate {
            user: user(number),
            level,
            load,
        };
        let county = candidate(1, DivisionLevel::County, 0);
        let busy = candidate(2, DivisionLevel::Township, 3);
        let later = candidate(4, DivisionLevel::Township, 1);
        let earlier = candidate(3, DivisionLevel::Township, 1);
        assert_eq!(choose(&[county, busy, later, earlier]), Some(user(3)));
        assert_eq!(choose(&[county, busy]), Some(user(2)));
        assert_eq!(choose(&[county]), Some(user(1)));
        assert_eq!(choose(&[]), None);
    }

    #[test]
    fn counts_are_summed_up_by_office() {
        let overdue = |division: &str, role, assignee, count| Overdue {
            division: division.parse().unwrap(),
            role,
            assignee,
            count,
        };
        let (township, county) = (Role::TownshipCaseworker, Role::CountyCaseworker);
        let counts = [
            overdue("990121103201", township, None, 1),
            overdue("990121103202", township, None, 2),
            overdue("990121103201", county, Some(user(1)), 4),
        ];
        let sums = [
            overdue("990121", county, Some(user(1)), 4),
            overdue("990121103", township, None, 3),
        ];
        assert_eq!(by_office(counts), sums);
    }
}
