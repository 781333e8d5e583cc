//! A person to be visited, and why.

use serde::{Deserialize, Serialize};

use crate::kernel::division::DivisionCode;
use crate::kernel::id::ResidentId;
use crate::programs::{Decision, Outcome, Program};
use crate::registry::Resident;

/// Somebody, with what the rules find them entitled to, or nearly.
#[derive(Debug)]
pub struct Unserved {
    pub resident: Resident,
    pub programs: Vec<(Program, Decision)>,
}

/// Where the search stands: village by village.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub division_code: DivisionCode,
    pub id: ResidentId,
}

/// Whom to look for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sought {
    /// Also those of whom facts are missing, unless only one outcome is asked for.
    pub outcome: Option<Outcome>,
}

impl Sought {
    pub fn takes(self, decision: &Decision) -> bool {
        match self.outcome {
            Some(outcome) => decision.outcome == outcome,
            None => decision.outcome != Outcome::NotEligible,
        }
    }
}

/// What one search found before it had enough, or had looked at enough.
#[derive(Debug, Default)]
pub struct Found {
    pub people: Vec<Unserved>,
    /// From where to go on; nothing when everybody was looked at.
    pub next: Option<Mark>,
}
