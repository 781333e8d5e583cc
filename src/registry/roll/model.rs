//! What stands in the roll.

use chrono::NaiveDate;

use crate::kernel::division::DivisionCode;
use crate::kernel::id::ResidentId;
use crate::kernel::impairment::{Component, ImpairmentType, SeverityLevel};
use crate::kernel::sex::Sex;
use crate::kernel::time::Timestamp;
use crate::registry::facts::{CertificateState, CircumstanceKind};

/// Somebody, without a name.
#[derive(Debug, Clone)]
pub struct Enrolled {
    pub id: ResidentId,
    pub division_code: DivisionCode,
    pub birth_date: NaiveDate,
    pub sex: Sex,
}

/// When a fact holds in the world, and when the office believed so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub recorded_at: Timestamp,
    pub superseded_at: Option<Timestamp>,
}

/// What is held to be true of somebody for a term.
#[derive(Debug, Clone)]
pub enum Held {
    Certificate {
        impairment_type: ImpairmentType,
        severity_level: SeverityLevel,
        components: Vec<Component>,
        state: CertificateState,
        expires_date: NaiveDate,
    },
    Circumstance {
        kind: CircumstanceKind,
        value: String,
    },
}

/// People, and of each by their place in the list what was ever held to be true.
#[derive(Debug, Default)]
pub struct Roll {
    pub people: Vec<Enrolled>,
    pub facts: Vec<(usize, Term, Held)>,
}
