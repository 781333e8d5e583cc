//! A person to be visited, and why.

use crate::programs::{Decision, Outcome, Program};
use crate::registry::Resident;

/// Somebody, with what the rules find them entitled to, or nearly.
#[derive(Debug)]
pub struct Unserved {
    pub resident: Resident,
    pub programs: Vec<(Program, Decision)>,
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
