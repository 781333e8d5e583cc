//! What placements tell of a person: how they work, on the record that is kept of them, for rules and reviews to see.
//! Nothing is told in another county than the placement's.

use chrono::NaiveDate;

use super::model::Placement;
use crate::audit::{Event, Origin};
use crate::db::{Recorded, Tx};
use crate::employment::persons::{kept_at, write_at};
use crate::kernel::error::Result;
use crate::registry::Resident;
use crate::registry::facts::{self, Belief, CircumstanceKind, EmploymentForm, NewFact, Period};

/// Where the office has a fact from that a placement says.
const SOURCE: &str = "placement";

/// What was told.
#[derive(Debug)]
pub(super) enum Told {
    Written(Box<Recorded<Resident>>),
    /// There was nothing to tell.
    Nothing,
    /// The record is kept in another county.
    Elsewhere,
}

impl Told {
    /// Whoever reads the record of it is told why nothing was written.
    pub(super) fn on(&self, event: Event) -> Event {
        match self {
            Self::Elsewhere => event.change("kept_elsewhere", true),
            Self::Written(_) | Self::Nothing => event,
        }
    }

    pub(super) fn recorded(self) -> Option<Recorded<Resident>> {
        match self {
            Self::Written(recorded) => Some(*recorded),
            Self::Nothing | Self::Elsewhere => None,
        }
    }
}

/// Tells that somebody works from the first day on.
pub(super) fn works(tx: &mut Tx<'_>, origin: &Origin, of: &Placement) -> Result<Told> {
    let since = Period::open(of.start_date);
    let Some(person) = kept_at(tx, of.resident_id, of.division_code)? else {
        return Ok(Told::Elsewhere);
    };
    write_at(tx, person.division_code, |tx| {
        learned(tx, origin, person, of.form, since)
    })
}

/// Tells that somebody has no work from a day on, until something else is known; nothing where that is so at once.
pub(super) fn idle(
    tx: &mut Tx<'_>,
    origin: &Origin,
    of: &Placement,
    from: NaiveDate,
) -> Result<Told> {
    let Some(person) = kept_at(tx, of.resident_id, of.division_code)? else {
        return Ok(Told::Elsewhere);
    };
    write_at(tx, person.division_code, |tx| {
        let later = |one: &Belief| {
            one.kind == CircumstanceKind::EmploymentForm
                && one.superseded_at.is_none()
                && one.valid_from >= from
        };
        let beliefs = facts::service::beliefs(tx, person.id, None)?.into_iter();
        let to = beliefs.filter(later).map(|one| one.valid_from).min();
        if to == Some(from) {
            return Ok(Told::Nothing);
        }
        let none = EmploymentForm::None;
        learned(tx, origin, person, none, Period { from, to })
    })
}

fn learned(
    tx: &mut Tx<'_>,
    origin: &Origin,
    person: Resident,
    form: EmploymentForm,
    period: Period,
) -> Result<Told> {
    let fact = NewFact {
        kind: CircumstanceKind::EmploymentForm,
        value: form.to_string(),
        period,
        source: SOURCE.to_owned(),
    };
    let recorded = facts::service::learn(tx, origin, person, &fact)?;
    Ok(Told::Written(Box::new(recorded)))
}
