//! What a record says.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::kernel::division::DivisionCode;
use crate::kernel::id::{OrganizationId, RequestId, ResidentId, UserId};

/// Whose doing it is. Jobs and commands have no user, but always a request id.
#[derive(Debug, Clone)]
pub struct Origin {
    pub user: Option<UserId>,
    pub username: Option<String>,
    pub organization: Option<OrganizationId>,
    pub request: RequestId,
}

impl Origin {
    /// The system itself: a job, or a command at the console.
    pub fn system(request: RequestId) -> Self {
        Self {
            user: None,
            username: None,
            organization: None,
            request,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EventOutcome)]
pub enum Outcome {
    Success,
    /// The rules did not allow it.
    Refused,
    Failed,
}

impl Outcome {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// A stable name of something done, `entity.verb`.
pub type Action = &'static str;

/// The last words by which a look at people is told from what was done to them. The database tells them
/// apart by the same (`audit_events.done`), and neither is recorded in the other's name (`audit/store.rs`).
pub const LOOKS: [&str; 5] = ["viewed", "listed", "searched", "disclosed", "read"];

pub fn is_look(action: &str) -> bool {
    let last = action.rsplit(['.', '_']).next();
    last.is_some_and(|word| LOOKS.contains(&word))
}

/// One entry of the record, in the making.
#[derive(Debug, Clone)]
pub struct Event {
    pub(super) origin: Origin,
    pub(super) action: Action,
    pub(super) entity_type: &'static str,
    pub(super) entity_id: Option<String>,
    pub(super) resident: Option<ResidentId>,
    pub(super) division: Option<DivisionCode>,
    pub(super) outcome: Outcome,
    pub(super) reason: Option<String>,
    pub(super) changes: Map<String, Value>,
}

impl Event {
    /// `action` is `entity.verb`; the entity's type is its first word.
    pub fn new(origin: &Origin, action: Action) -> Self {
        Self {
            origin: origin.clone(),
            action,
            entity_type: action.split('.').next().unwrap_or(action),
            entity_id: None,
            resident: None,
            division: None,
            outcome: Outcome::Success,
            reason: None,
            changes: Map::new(),
        }
    }

    #[must_use]
    pub fn on(mut self, entity_id: &impl ToString) -> Self {
        self.entity_id = Some(entity_id.to_string());
        self
    }

    #[must_use]
    pub fn about(mut self, resident: ResidentId) -> Self {
        self.resident = Some(resident);
        self
    }

    #[must_use]
    pub fn within(mut self, division: DivisionCode) -> Self {
        self.division = Some(division);
        self
    }

    /// A look at many belongs to the division that was looked at, so that its auditor sees it.
    #[must_use]
    pub fn within_first(mut self, divisions: &[DivisionCode]) -> Self {
        self.division = divisions.first().copied();
        self
    }

    #[must_use]
    pub fn refused(mut self) -> Self {
        self.outcome = Outcome::Refused;
        self
    }

    #[must_use]
    pub fn failed(mut self) -> Self {
        self.outcome = Outcome::Failed;
        self
    }

    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// What changed. Never a sealed value in clear: say that it changed, not what it is.
    #[must_use]
    pub fn change(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.changes.insert(name.to_owned(), value);
        self
    }
}
