//! Rules at work: CEL over the published facts, three-valued. A fact that is not known makes a clause
//! unknown, not false, unless the clause is decided without it.
//!
//! The text is read once, into a small expression (`compile`), which one evaluator runs over one
//! person, to explain, or over the columns of a county (`evaluate`). `schema` has the facts.

mod column;
mod compile;
mod evaluate;
mod explain;
mod expression;
mod parameter;
mod people;
pub mod schema;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

pub use self::compile::Refusal;
use self::evaluate::{BLOCK, Ground};
pub use self::parameter::{Parameter, Tables};
pub use self::people::{People, age};

use self::explain::Explanation;
pub use self::expression::FALSE;
use self::expression::{Condition, NO_NUMBER, Number, TRUE, Truth};
use self::schema::Language;
use super::model::{
    Claimed, Clause, ClauseOutcome, Decision, FactSource, Outcome, ProgramVersion, Rules,
};
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::ProgramVersionId;
use crate::kernel::money::Fen;
use crate::registry::Resident;
use crate::registry::facts::{CertificateState, Snapshot};

/// A version's rules, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    conditions: Vec<Condition>,
    amount: Number,
    /// A rule names a parameter by its place here.
    pub parameters: Vec<Parameter>,
}

/// What is wrong with a rule, by the field that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `/clauses/0/when`, `/benefit/amount_fen`.
    pub pointer: String,
    pub refusal: Refusal,
}

impl Problem {
    /// As a field of the terms at fault.
    pub fn field(self) -> FieldError {
        let at = |language: &str| match (self.refusal.place, language) {
            (None, _) => String::new(),
            (Some((first, last)), "zh") => format!("（第{}至{}字节）", first + 1, last + 1),
            (Some((first, last)), _) => format!(" (bytes {} to {})", first + 1, last + 1),
        };
        FieldError::new(
            format!("/rules{}", self.pointer),
            "rule.invalid",
            format!("{}{}", self.refusal.en, at("en")),
            format!("{}{}", self.refusal.zh, at("zh")),
        )
    }
}

/// Reads rules, or says all that is wrong with them; with what looks like a slip.
pub fn read(rules: &Rules) -> std::result::Result<(Compiled, Vec<Problem>), Vec<Problem>> {
    let (mut conditions, mut wrong, mut doubts) = (Vec::new(), Vec::new(), Vec::new());
    let mut amount = None;
    let parameters = parameter::read(&rules.parameters)?;
    let problem = |pointer: &str, refusal| Problem {
        pointer: pointer.to_owned(),
        refusal,
    };
    for (place, clause) in rules.clauses.iter().enumerate() {
        let pointer = format!("/clauses/{place}/when");
        match compile::condition(&clause.when, &parameters) {
            Ok(read) => {
                conditions.push(read.rule);
                doubts.extend(
                    read.doubts
                        .into_iter()
                        .map(|doubt| problem(&pointer, doubt)),
                );
            }
            Err(refusal) => wrong.push(problem(&pointer, refusal)),
        }
    }
    let pointer = "/benefit/amount_fen";
    match compile::amount(&rules.benefit.amount_fen, &parameters) {
        Ok(read) => {
            amount = Some(read.rule);
            doubts.extend(read.doubts.into_iter().map(|doubt| problem(pointer, doubt)));
        }
        Err(refusal) => wrong.push(problem(pointer, refusal)),
    }
    match amount {
        Some(amount) if wrong.is_empty() => Ok((
            Compiled {
                conditions,
                amount,
                parameters,
            },
            doubts,
        )),
        _ => Err(wrong),
    }
}

/// Versions whose rules were read before: they never change, and reading costs far more than running.
static READ: LazyLock<Mutex<HashMap<ProgramVersionId, Arc<Compiled>>>> =
    LazyLock::new(Mutex::default);

/// Versions kept at once; an office has a few dozen.
const MOST_READ: usize = 1_000;

/// The rules of a version that is in force, which were read when it was saved.
pub fn of_version(version: &ProgramVersion) -> Result<Arc<Compiled>> {
    let mut known = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(compiled) = known.get(&version.id) {
        return Ok(Arc::clone(compiled));
    }
    let (compiled, _doubts) = read(&version.terms.rules)
        .map_err(|problems| Error::internal(format!("{}: {problems:?}", version.id)))?;
    let compiled = Arc::new(compiled);
    if known.len() >= MOST_READ {
        known.clear();
    }
    known.insert(version.id, Arc::clone(&compiled));
    Ok(compiled)
}

/// What rules may know of a person on a day, as it is kept with a decision.
pub fn facts(resident: &Resident, snapshot: &Snapshot, day: NaiveDate) -> Map<String, Value> {
    let mut certificate = Map::new();
    certificate.insert("valid".to_owned(), Value::Bool(false));
    if let Some(held) = &snapshot.certificate {
        certificate.insert(
            "valid".to_owned(),
            Value::Bool(held.state_on(day) == CertificateState::Valid),
        );
        certificate.insert("impairment_type".to_owned(), json!(held.impairment_type));
        certificate.insert("severity_level".to_owned(), json!(held.severity_level));
        certificate.insert("components".to_owned(), json!(held.components));
    }
    let circumstances: Map<String, Value> = snapshot
        .circumstances
        .iter()
        .map(|(kind, held)| (kind.as_str().to_owned(), kind.show(&held.value)))
        .collect();
    let mut facts = Map::new();
    facts.insert("certificate".to_owned(), Value::Object(certificate));
    facts.insert("circumstances".to_owned(), Value::Object(circumstances));
    facts.insert(
        "age".to_owned(),
        json!(people::age(resident.birth_date, day)),
    );
    facts.insert("sex".to_owned(), json!(resident.sex));
    facts
}

/// Where each fact is from, and since when it holds and is known.
fn sources(snapshot: &Snapshot) -> BTreeMap<String, FactSource> {
    let certificate = snapshot.certificate.as_ref().map(|held| {
        let source = FactSource {
            source: "certificate".to_owned(),
            valid_from: held.period.from,
            recorded_at: held.recorded_at,
        };
        ("certificate".to_owned(), source)
    });
    let circumstances = snapshot.circumstances.iter().map(|(kind, held)| {
        let source = FactSource {
            source: held.source.clone(),
            valid_from: held.valid_from,
            recorded_at: held.recorded_at,
        };
        (format!("circumstances.{kind}"), source)
    });
    certificate.into_iter().chain(circumstances).collect()
}

/// What is due to somebody by what `run` said of them: nothing where they are not, or not certainly,
/// eligible, or the amount hangs on a missing fact.
pub fn amount_of(holds: Truth, amount: i64) -> Option<i64> {
    (holds == TRUE && amount != NO_NUMBER).then_some(amount)
}

const fn known(holds: Truth) -> Option<bool> {
    match holds {
        TRUE => Some(true),
        FALSE => Some(false),
        _ => None,
    }
}

impl Compiled {
    /// Goes over all people, block by block: where a block begins, whether each of it is eligible, and
    /// the amounts, which count where somebody is.
    pub fn run(
        &self,
        people: &People,
        tables: &Tables<'_>,
        mut each: impl FnMut(usize, &[Truth], &[i64]),
    ) {
        let ground = Ground::new(people, tables);
        let (mut holds, mut part) = ([TRUE; BLOCK], [TRUE; BLOCK]);
        let mut amounts = [NO_NUMBER; BLOCK];
        for from in (0..people.count()).step_by(BLOCK) {
            let count = BLOCK.min(people.count() - from);
            let (holds, _) = holds.split_at_mut(count);
            let (part, _) = part.split_at_mut(count);
            let (amounts, _) = amounts.split_at_mut(count);
            holds.fill(TRUE);
            for condition in &self.conditions {
                ground.conditions::<BLOCK>(condition, from, part);
                let mut highest = FALSE;
                for (holds, part) in holds.iter_mut().zip(&*part) {
                    *holds = (*holds).min(*part);
                    highest = highest.max(*holds);
                }
                if highest == FALSE {
                    break;
                }
            }
            if holds.contains(&TRUE) {
                ground.numbers::<BLOCK>(&self.amount, from, amounts);
            } else {
                amounts.fill(NO_NUMBER);
            }
            each(from, holds, amounts);
        }
    }

    fn explanation<'a>(
        &'a self,
        people: &'a People,
        tables: &'a Tables<'a>,
        person: usize,
        language: Language,
    ) -> Explanation<'a> {
        Explanation {
            ground: Ground::new(people, tables),
            people,
            person,
            parameters: &self.parameters,
            language,
        }
    }

    /// Whether each clause holds for one person, without the reasons; nothing where a fact is missing.
    pub fn truths(&self, people: &People, tables: &Tables<'_>, person: usize) -> Vec<Option<bool>> {
        let ground = Ground::new(people, tables);
        let holds = |condition| known(ground.holds(condition, person));
        self.conditions.iter().map(holds).collect()
    }

    /// How each clause came out for one person, and why.
    pub fn judge(
        &self,
        clauses: &[Clause],
        people: &People,
        tables: &Tables<'_>,
        person: usize,
    ) -> Vec<ClauseOutcome> {
        let zh = self.explanation(people, tables, person, Language::Zh);
        let en = self.explanation(people, tables, person, Language::En);
        clauses
            .iter()
            .zip(&self.conditions)
            .map(|(clause, condition)| ClauseOutcome {
                code: clause.code.clone(),
                holds: known(zh.ground.holds(condition, person)),
                zh: clause.zh.clone(),
                en: clause.en.clone(),
                reason_zh: zh.because(condition),
                reason_en: en.because(condition),
                missing: en.missing(condition),
            })
            .collect()
    }
}

/// What a version's rules say of a person on a day, and why.
pub fn decide(
    version: &ProgramVersion,
    compiled: &Compiled,
    who: (&Resident, &Snapshot),
    day: NaiveDate,
) -> Decision {
    decide_claim(version, compiled, who, day, None)
}

/// As `decide`, of an application that claims for something.
pub fn decide_claim(
    version: &ProgramVersion,
    compiled: &Compiled,
    (resident, snapshot): (&Resident, &Snapshot),
    day: NaiveDate,
    claimed: Option<&Claimed>,
) -> Decision {
    let mut people = People::one(resident, snapshot, day);
    let mut facts = facts(resident, snapshot, day);
    if let Some(claimed) = claimed {
        people.claim(0, claimed);
        facts.insert("claim".to_owned(), json!(claimed));
    }
    let tables = Tables::of(&compiled.parameters, resident.division_code);
    let clauses = compiled.judge(&version.terms.rules.clauses, &people, &tables, 0);
    let benefit = &version.terms.rules.benefit;
    let mut decision = Decision {
        outcome: outcome(&clauses),
        program_version: version.version,
        decided_on: day,
        clauses,
        amount_fen: None,
        amount_zh: benefit.zh.clone(),
        amount_en: benefit.en.clone(),
        amount_reason_zh: None,
        amount_reason_en: None,
        amount_missing: Vec::new(),
        facts,
        sources: sources(snapshot),
    };
    if decision.outcome == Outcome::Eligible {
        let zh = compiled.explanation(&people, &tables, 0, Language::Zh);
        let en = compiled.explanation(&people, &tables, 0, Language::En);
        match zh.ground.amount(&compiled.amount, 0) {
            // An amount that hangs on a missing fact is a missing fact.
            NO_NUMBER => {
                decision.outcome = Outcome::NeedsInformation;
                decision.amount_missing = en.missing_for(&compiled.amount);
            }
            amount => {
                decision.amount_fen = Some(Fen::new(amount));
                decision.amount_reason_zh = Some(zh.amount(&compiled.amount));
                decision.amount_reason_en = Some(en.amount(&compiled.amount));
            }
        }
    }
    decision
}

/// What is due to one person on a day, without the reasons.
pub fn due(
    compiled: &Compiled,
    (resident, snapshot): (&Resident, &Snapshot),
    day: NaiveDate,
) -> Option<Fen> {
    let people = People::one(resident, snapshot, day);
    let tables = Tables::of(&compiled.parameters, resident.division_code);
    let mut due = None;
    compiled.run(&people, &tables, |_from, holds, amounts| {
        due = holds
            .iter()
            .zip(amounts)
            .find_map(|(holds, amount)| amount_of(*holds, *amount));
    });
    due.map(Fen::new)
}

fn outcome(clauses: &[ClauseOutcome]) -> Outcome {
    if clauses.iter().any(|clause| clause.holds == Some(false)) {
        Outcome::NotEligible
    } else if clauses.iter().any(|clause| clause.holds.is_none()) {
        Outcome::NeedsInformation
    } else {
        Outcome::Eligible
    }
}
