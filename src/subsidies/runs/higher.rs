//! Of programs of which only the higher counts: which of two that fall due for one month does.

use std::collections::HashMap;

use super::judge::{Judged, Verdict};
use super::standing::{People, Standing};
use crate::db::Db;
use crate::kernel::error::Result;
use crate::kernel::id::ResidentId;
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::programs;
use crate::subsidies::entitlements::Reason;

/// The programs beside each of which only the higher counts.
fn rivals(db: &mut Db) -> Result<HashMap<String, Vec<String>>> {
    let all = programs::service::all(db)?;
    let beside = |one: &programs::Program| {
        let group = one.higher_group.as_ref()?;
        let others = all
            .iter()
            .filter(|other| other.code != one.code && other.higher_group.as_ref() == Some(group));
        Some((
            one.code.clone(),
            others.map(|other| other.code.clone()).collect(),
        ))
    };
    Ok(all.iter().filter_map(beside).collect())
}

/// Holds what is lower than another of its group for the same month, and takes that back where it is lower and
/// not paid. Of two that are alike the one whose code comes first counts; what was paid counts.
pub fn settle(
    db: &mut Db,
    people: &People,
    standing: &Standing,
    judged: &mut Judged<'_>,
) -> Result<()> {
    let rivals = rivals(db)?;
    if rivals.is_empty() {
        return Ok(());
    }
    let mut due: HashMap<(ResidentId, Month), Vec<(String, Fen)>> = HashMap::new();
    for (question, verdict) in &judged.found {
        if let Verdict::Due { amount, .. } = verdict {
            let person = people.counts_for(question.enrollment.resident_id);
            let program = question.enrollment.program_code.clone();
            due.entry((person, question.month))
                .or_default()
                .push((program, *amount));
        }
    }
    for (question, verdict) in &mut judged.found {
        let Verdict::Due {
            amount, version, ..
        } = verdict
        else {
            continue;
        };
        let program = &question.enrollment.program_code;
        let Some(others) = rivals.get(program) else {
            continue;
        };
        let person = people.counts_for(question.enrollment.resident_id);
        let ours = (*amount, std::cmp::Reverse(program));
        let now = due.get(&(person, question.month)).into_iter().flatten();
        let mut beaten = now
            .filter(|(other, _)| others.contains(other))
            .any(|(other, theirs)| (*theirs, std::cmp::Reverse(other)) > ours);
        for (there, open) in standing.rivals(person, question.month, others) {
            if !open || (there.amount_fen, std::cmp::Reverse(&there.program_code)) > ours {
                beaten = true;
            } else if !judged.over.iter().any(|one| one.id == there.id) {
                judged.over.push(there.clone());
            }
        }
        if beaten {
            let reason = Reason::new(
                "higher_elsewhere",
                "就高享受：当月另有项目应发",
                "another program of which only the higher counts is due for that month",
            );
            *verdict = Verdict::held(reason, Some(*version));
        }
    }
    Ok(())
}
