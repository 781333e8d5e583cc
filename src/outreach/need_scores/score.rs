//! Measuring people by what is believed of them.

use chrono::NaiveDate;

use super::model::{NeedScore, ScoredClause};
use crate::outreach::need_standards::Measure;
use crate::programs::rules::{People, Tables};
use crate::registry::Resident;
use crate::registry::facts::Snapshot;

/// Points that somebody has, and that hang on missing facts.
pub fn points(
    measure: &Measure,
    resident: &Resident,
    snapshot: &Snapshot,
    day: NaiveDate,
) -> (i32, i32) {
    let people = People::one(resident, snapshot, day);
    let compiled = &measure.compiled;
    let tables = Tables::of(&compiled.parameters, resident.division_code);
    measure.points(&compiled.truths(&people, &tables, 0))
}

/// As [`points`], with how each clause came out and why.
pub fn explained(
    measure: &Measure,
    resident: &Resident,
    snapshot: &Snapshot,
    day: NaiveDate,
) -> NeedScore {
    let people = People::one(resident, snapshot, day);
    let compiled = &measure.compiled;
    let tables = Tables::of(&compiled.parameters, resident.division_code);
    let outcomes = compiled.judge(&measure.clauses, &people, &tables, 0);
    let truths: Vec<_> = outcomes.iter().map(|one| one.holds).collect();
    let (score, unknown_points) = measure.points(&truths);
    let standard = &measure.standard;
    let clauses = standard.clauses.iter().zip(outcomes);
    NeedScore {
        resident_id: resident.id,
        as_of: day,
        standard_id: standard.id,
        score,
        unknown_points,
        highest_points: standard.clauses.iter().map(|clause| clause.points).sum(),
        clauses: clauses
            .map(|(clause, outcome)| ScoredClause {
                code: outcome.code,
                points: clause.points,
                holds: outcome.holds,
                zh: outcome.zh,
                en: outcome.en,
                basis: clause.basis.clone(),
                reason_zh: outcome.reason_zh,
                reason_en: outcome.reason_en,
                missing: outcome.missing,
            })
            .collect(),
    }
}
