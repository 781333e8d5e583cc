//! Tasks on the wire.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Role;
use crate::casework::Desk;
use crate::casework::follow_ups::api::FollowUpBody;
use crate::casework::tasks::model::{HandedOver, Item, Listed, Overdue, Task, TaskKind};
use crate::casework::tasks::service::Names;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Code;
use crate::kernel::id::{CaseId, ResidentId, UserId};
use crate::kernel::name::PersonName;
use crate::kernel::time::Timestamp;
use crate::programs::{Service, Step};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Task, example = json!({
    "kind": "review", "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "case_number": "990121-2022-000123", "service": "subsidy",
    "program_code": "nursing_subsidy", "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "resident_name_masked": "张**",
    "division_code": "990121103201", "step": "initial_review", "role": "township_caseworker", "round": 1,
    "due_date": "2022-07-18", "overdue": false, "overdue_working_days": 0, "reminded_at": "2022-07-14T01:00:00.000000Z",
    "assignee": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "username": "township2.990121103", "display_name": "丙岭三号镇 审核人"},
    "version": 1, "created_at": "2022-07-04T01:05:00.000000Z"
}))]
pub struct TaskBody {
    kind: TaskKind,
    #[schema(value_type = uuid::Uuid)]
    case_id: CaseId,
    case_number: String,
    service: Service,
    program_code: String,
    #[schema(value_type = uuid::Uuid)]
    resident_id: ResidentId,
    /// Null where the resident has moved out of your sight.
    resident_name_masked: Option<String>,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    step: Step,
    /// Who takes the step.
    role: Role,
    round: i32,
    /// Null while the clock stands still, because a reviewer waits for supplements.
    due_date: Option<NaiveDate>,
    /// Past its due date.
    overdue: bool,
    /// By how many working days.
    overdue_working_days: usize,
    /// When it was last pointed out that its due date comes near, or is past.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    reminded_at: Option<Timestamp>,
    /// Null where it is nobody's.
    assignee: Option<TaskAssignee>,
    /// The task's own, not the case's.
    version: i32,
    /// Since when it waits.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    created_at: Timestamp,
}

/// What waits on a desk, told apart by `kind`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum DeskItem {
    Review(TaskBody),
    FollowUp(FollowUpTask),
}

impl DeskItem {
    pub fn of(item: Item, desk: &Desk, today: NaiveDate) -> Self {
        match item {
            Item::Review(listed) => Self::Review(TaskBody::of(listed, desk, today)),
            Item::FollowUp(listed) => Self::FollowUp(FollowUpTask {
                kind: TaskKind::FollowUp,
                follow_up: FollowUpBody::of(listed, today),
            }),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FollowUpTask {
    kind: TaskKind,
    follow_up: FollowUpBody,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TaskAssignee {
    #[schema(value_type = uuid::Uuid)]
    id: UserId,
    username: String,
    display_name: String,
}

fn named(id: Option<UserId>, name: Option<(String, String)>) -> Option<TaskAssignee> {
    let ((username, display_name), id) = name.zip(id)?;
    Some(TaskAssignee {
        id,
        username,
        display_name,
    })
}

impl TaskBody {
    pub fn of(listed: Listed, desk: &Desk, today: NaiveDate) -> Self {
        let task = listed.task;
        let is_late = !task.paused && task.due_date < today;
        let name = listed.resident_name.as_deref().map(PersonName::parse);
        Self {
            kind: TaskKind::Review,
            case_id: task.case_id,
            case_number: listed.case_number,
            service: listed.service,
            program_code: listed.program_code,
            resident_id: task.resident_id,
            resident_name_masked: name.and_then(|name| Some(name.ok()?.masked())),
            division_code: task.division_code,
            step: task.step,
            role: task.role,
            round: task.round,
            due_date: (!task.paused).then_some(task.due_date),
            overdue: is_late,
            overdue_working_days: if is_late {
                desk.overdue(task.due_date, today)
            } else {
                0
            },
            reminded_at: task.reminded_at,
            assignee: named(task.assignee, listed.assignee),
            version: task.version,
            created_at: task.created_at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Assignment, example = json!({
    "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "step": "verification",
    "assignee_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "version": 2
}))]
pub struct AssignmentBody {
    #[schema(value_type = uuid::Uuid)]
    case_id: CaseId,
    step: Step,
    #[schema(value_type = Option<uuid::Uuid>)]
    assignee_id: Option<UserId>,
    version: i32,
}

impl From<&Task> for AssignmentBody {
    fn from(task: &Task) -> Self {
        Self {
            case_id: task.case_id,
            step: task.step,
            assignee_id: task.assignee,
            version: task.version,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OverdueTasks, example = json!({
    "division_code": "990121103000", "role": "township_caseworker",
    "assignee": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "username": "township2.990121103", "display_name": "丙岭三号镇 审核人"},
    "count": 3
}))]
pub struct OverdueBody {
    /// The office's.
    #[schema(value_type = String)]
    division_code: DivisionCode,
    role: Role,
    /// Null for what is nobody's.
    assignee: Option<TaskAssignee>,
    count: i64,
}

impl OverdueBody {
    pub fn of(count: Overdue, names: &Names) -> Self {
        let name = count.assignee.and_then(|id| names.get(&id).cloned());
        Self {
            division_code: count.division,
            role: count.role,
            assignee: named(count.assignee, name),
            count: count.count,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HandedOverTask, example = json!({
    "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "assignee_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "code": null
}))]
pub struct HandedOverBody {
    #[schema(value_type = uuid::Uuid)]
    case_id: CaseId,
    /// Whose it is now; null where nobody else may take it.
    #[schema(value_type = Option<uuid::Uuid>)]
    assignee_id: Option<UserId>,
    /// Why it stayed where it was; null where it did not.
    code: Option<&'static str>,
}

impl From<HandedOver> for HandedOverBody {
    fn from(item: HandedOver) -> Self {
        Self {
            case_id: item.case_id,
            assignee_id: item.assignee,
            code: (!item.moved).then_some(Code::TaskNotEligible.as_str()),
        }
    }
}
