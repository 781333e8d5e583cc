//! New employment of a year (新增就业): distinct persons with verified evidence. A person counts by their first
//! placement of the year, in the county where that stands, whatever records they have; a re-hire counts no more.

mod store;

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::model::Placement;
use crate::access::Scope;
use crate::db::Db;
use crate::employment::employers::EmployerType;
use crate::employment::retention::{self, CheckOutcome, CheckState, RetentionCheck};
use crate::kernel::error::Result;
use crate::kernel::id::PlacementId;
use crate::registry::facts::EmploymentForm;

pub use store::Mark;

/// Persons by the form of their first placement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = NewEmploymentByForm, example = json!({"form": "quota", "persons": 3}))]
pub struct ByForm {
    pub form: EmploymentForm,
    pub persons: usize,
}

/// Persons by the type of their employer; null is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = NewEmploymentByEmployer, example = json!({"employer_type": "private", "persons": 3}))]
pub struct ByEmployer {
    pub employer_type: Option<EmployerType>,
    pub persons: usize,
}

/// How the checks of those counted came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RetentionCount, example = json!({"months": 3, "due": 1, "retained": 2, "left": 1, "cancelled": 0}))]
pub struct Retention {
    pub months: i32,
    /// To be done, on whatever day.
    pub due: usize,
    pub retained: usize,
    /// Found to have left.
    pub left: usize,
    /// Left before.
    pub cancelled: usize,
}

/// New employment of a year.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "year": 2022, "persons": 4, "by_form": [{"form": "quota", "persons": 3}], "by_employer_type": [{"employer_type": "private", "persons": 3}],
    "retention": [{"months": 3, "due": 1, "retained": 2, "left": 1, "cancelled": 0}]
}))]
pub struct NewEmployment {
    pub year: i32,
    /// Distinct persons; what `GET /v1/placements?counted_in_year=` lists, one a person.
    pub persons: usize,
    pub by_form: Vec<ByForm>,
    pub by_employer_type: Vec<ByEmployer>,
    pub retention: Vec<Retention>,
}

/// The placements that count for a year, one a person; oldest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    year: i32,
    after: Option<Mark>,
    count: i64,
) -> Result<Vec<Placement>> {
    db.in_every_office(|db| store::page(db, scope, year, after, count))
}

fn retained(all: &[RetentionCheck]) -> Vec<Retention> {
    let of = |months: i32| {
        let count = |test: &dyn Fn(&RetentionCheck) -> bool| {
            all.iter()
                .filter(|one| one.months == months && test(one))
                .count()
        };
        Retention {
            months,
            due: count(&|one| one.state == CheckState::Due),
            retained: count(&|one| one.outcome == Some(CheckOutcome::Retained)),
            left: count(&|one| one.outcome == Some(CheckOutcome::Left)),
            cancelled: count(&|one| one.state == CheckState::Cancelled),
        }
    };
    retention::MONTHS.into_iter().map(of).collect()
}

/// Counts what [`page`] lists.
pub fn count(db: &mut Db, scope: &Scope, year: i32) -> Result<NewEmployment> {
    let all = page(db, scope, year, None, i64::MAX)?;
    let mut forms: BTreeMap<EmploymentForm, usize> = BTreeMap::new();
    let mut employers: BTreeMap<Option<EmployerType>, usize> = BTreeMap::new();
    for one in &all {
        *forms.entry(one.form).or_default() += 1;
        *employers.entry(one.employer_type).or_default() += 1;
    }
    let ids: Vec<PlacementId> = all.iter().map(|one| one.id).collect();
    let checks = retention::service::of_placements(db, &ids)?;
    let by_form = forms
        .into_iter()
        .map(|(form, persons)| ByForm { form, persons });
    let by_employer = employers
        .into_iter()
        .map(|(employer_type, persons)| ByEmployer {
            employer_type,
            persons,
        });
    Ok(NewEmployment {
        year,
        persons: all.len(),
        by_form: by_form.collect(),
        by_employer_type: by_employer.collect(),
        retention: retained(&checks),
    })
}
