//! Graduates of a year (应届残疾人毕业生): distinct persons, whether they want to work, and who of them does. A person counts
//! by the last file that says when they graduated, in the county where that stands, whatever records they have.

mod store;

use serde::Serialize;
use utoipa::ToSchema;

use super::model::JobSeeker;
use crate::access::Scope;
use crate::db::Db;
use crate::kernel::error::Result;
use crate::kernel::id::JobSeekerId;

pub use store::Graduates;

/// Graduates of a year. Each figure is what `GET /v1/job-seekers?graduates_of=` lists, one file a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"year": 2022, "persons": 16, "willing": 14, "unwilling": 1, "not_asked": 1, "employed": 14}))]
pub struct GraduateEmployment {
    pub year: i32,
    pub persons: usize,
    /// Who want to work now: what the rate of employment is of (`willing=true`).
    pub willing: usize,
    pub unwilling: usize,
    pub not_asked: usize,
    /// Of the willing: whose work began in that year, with verified evidence (`willing=true&employed=true`).
    pub employed: usize,
}

/// The files that count for a year, one a person; newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    asked: Graduates,
    after: Option<JobSeekerId>,
    count: i64,
) -> Result<Vec<JobSeeker>> {
    db.in_every_office(|db| store::page(db, scope, asked, after, count))
}

/// Counts what [`page`] lists.
pub fn count(db: &mut Db, scope: &Scope, year: i32) -> Result<GraduateEmployment> {
    let all = db.in_every_office(|db| store::answers(db, scope, year))?;
    Ok(tally(year, &all))
}

/// By whether somebody is willing, and employed.
fn tally(year: i32, all: &[(Option<bool>, bool)]) -> GraduateEmployment {
    let said = |answer| all.iter().filter(move |(willing, _)| *willing == answer);
    GraduateEmployment {
        year,
        persons: all.len(),
        willing: said(Some(true)).count(),
        unwilling: said(Some(false)).count(),
        not_asked: said(None).count(),
        employed: said(Some(true)).filter(|(_, employed)| *employed).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_willing_count_as_employed() {
        let all = [
            (Some(true), true),
            (Some(true), false),
            (Some(false), true),
            (None, true),
        ];
        let counted = GraduateEmployment {
            year: 2022,
            persons: 4,
            willing: 2,
            unwilling: 1,
            not_asked: 1,
            employed: 1,
        };
        assert_eq!(tally(2022, &all), counted);
    }
}
