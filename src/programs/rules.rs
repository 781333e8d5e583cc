//! Rules at work: CEL over the published facts, three-valued. A fact that is not known makes a
//! clause unknown, not false, unless the clause is decided without it.
//!
//! The facts: `certificate` {valid, impairment_type, severity_level, components: [{impairment_type,
//! severity_level}]}, `circumstances` {as recorded, by kind}, `age`, `sex`.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use cel::common::ast::{EntryExpr, Expr, IdedEntryExpr};
use cel::{Context, ExecutionError, IdedExpr, Program, Value as CelValue};
use chrono::{Datelike, NaiveDate};
use serde_json::{Map, Value, json};

use super::model::{Clause, ClauseOutcome, Decision, Outcome, ProgramVersion, Rules};
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Fen;
use crate::registry::Resident;
use crate::registry::facts::{CertificateState, Snapshot};

/// What reads and runs a rule goes as deep as the rule does, on the stack of a thread that serves:
/// the parser stops at 96 levels, which is too late where it was not optimised, and counts no
/// operations in a row. Loops within loops multiply, and nothing stops them.
const LONGEST_RULE: usize = 2_000;
const DEEPEST_BRACKETS: usize = 6;
const DEEPEST_RULE: usize = 48;
const MOST_LOOPS: usize = 2;

/// What rules may name.
const FACTS: [&str; 4] = ["certificate", "circumstances", "age", "sex"];

/// What rules may know of a person on a day.
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
        .map(|(kind, value)| (kind.as_str().to_owned(), kind.show(value)))
        .collect();
    let born = resident.birth_date;
    let before_birthday = (day.month(), day.day()) < (born.month(), born.day());
    let age = day.year() - born.year() - i32::from(before_birthday);
    let mut facts = Map::new();
    facts.insert("certificate".to_owned(), Value::Object(certificate));
    facts.insert("circumstances".to_owned(), Value::Object(circumstances));
    facts.insert("age".to_owned(), json!(age));
    facts.insert("sex".to_owned(), json!(resident.sex));
    facts
}

/// Refuses rules that cannot be read, before anybody depends on them.
pub fn check(rules: &Rules) -> std::result::Result<(), String> {
    let texts = rules
        .clauses
        .iter()
        .map(|clause| (clause.code.as_str(), &clause.when));
    for (name, text) in texts.chain([("benefit", &rules.benefit.amount_fen)]) {
        if text.len() > LONGEST_RULE {
            return Err(format!("{name}: longer than {LONGEST_RULE} bytes"));
        }
        if depth_of_brackets(text) > DEEPEST_BRACKETS {
            return Err(format!(
                "{name}: brackets in more than {DEEPEST_BRACKETS} others"
            ));
        }
        let program = Program::compile(text).map_err(|error| format!("{name}: {error}"))?;
        let expression = &program.expression().expr;
        if !is_shallow(expression, DEEPEST_RULE, MOST_LOOPS) {
            return Err(format!(
                "{name}: deeper than {DEEPEST_RULE} operations, or than {MOST_LOOPS} loops"
            ));
        }
        if let Some(stranger) = stranger(expression, &FACTS) {
            return Err(format!("{name}: there is no fact `{stranger}`"));
        }
    }
    Ok(())
}

/// Those in quoted text count along: no rule needs that many.
fn depth_of_brackets(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Whether no more than so many operations, and loops, lie within one another.
fn is_shallow(expression: &Expr, depth: usize, loops: usize) -> bool {
    let looping = usize::from(matches!(expression, Expr::Comprehension(_)));
    let (Some(depth), Some(loops)) = (depth.checked_sub(1), loops.checked_sub(looping)) else {
        return false;
    };
    parts_of(expression)
        .into_iter()
        .all(|part| is_shallow(&part.expr, depth, loops))
}

/// The first name that is none of `known`; a comprehension knows its own variables besides.
fn stranger<'e>(expression: &'e Expr, known: &[&'e str]) -> Option<&'e str> {
    match expression {
        Expr::Ident(name) => (!known.contains(&name.as_str())).then_some(name),
        Expr::Comprehension(inner) => {
            let own = [
                Some(&inner.iter_var),
                inner.iter_var2.as_ref(),
                Some(&inner.accu_var),
            ];
            let within: Vec<_> = known
                .iter()
                .copied()
                .chain(own.into_iter().flatten().map(String::as_str))
                .collect();
            stranger(&inner.iter_range.expr, known)
                .or_else(|| stranger(&inner.accu_init.expr, known))
                .or_else(|| {
                    [&inner.loop_cond, &inner.loop_step, &inner.result]
                        .into_iter()
                        .find_map(|part| stranger(&part.expr, &within))
                })
        }
        other => parts_of(other)
            .into_iter()
            .find_map(|part| stranger(&part.expr, known)),
    }
}

fn parts_of(expression: &Expr) -> Vec<&IdedExpr> {
    match expression {
        Expr::Ident(_) | Expr::Unspecified | Expr::Literal(_) => Vec::new(),
        Expr::Select(select) => vec![&select.operand],
        Expr::Call(call) => call
            .target
            .as_deref()
            .into_iter()
            .chain(&call.args)
            .collect(),
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Map(map) => map.entries.iter().flat_map(parts_of_entry).collect(),
        Expr::Struct(made) => made.entries.iter().flat_map(parts_of_entry).collect(),
        Expr::Comprehension(inner) => vec![
            &inner.iter_range,
            &inner.accu_init,
            &inner.loop_cond,
            &inner.loop_step,
            &inner.result,
        ],
    }
}

fn parts_of_entry(entry: &IdedEntryExpr) -> impl Iterator<Item = &IdedExpr> {
    let (key, value) = match &entry.expr {
        EntryExpr::StructField(field) => (None, &field.value),
        EntryExpr::MapEntry(entry) => (Some(&entry.key), &entry.value),
    };
    key.into_iter().chain([value])
}

/// Programs read before: a rule's text is read once a process, for it costs far more than running it.
static READ: LazyLock<Mutex<HashMap<String, Arc<Program>>>> = LazyLock::new(Mutex::default);

/// Texts kept at once; an office has a few dozen.
const MOST_READ: usize = 1_000;

fn read(text: &str) -> Result<Arc<Program>> {
    let mut known = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(program) = known.get(text) {
        return Ok(Arc::clone(program));
    }
    let program = Program::compile(text).map_err(|error| Error::internal(error.to_string()))?;
    let program = Arc::new(program);
    if known.len() >= MOST_READ {
        known.clear();
    }
    known.insert(text.to_owned(), Arc::clone(&program));
    Ok(program)
}

pub fn decide(
    version: &ProgramVersion,
    facts: Map<String, Value>,
    day: NaiveDate,
) -> Result<Decision> {
    static BUILT_IN: LazyLock<Context<'static, 'static>> = LazyLock::new(Context::default);
    let mut context = BUILT_IN.new_inner_scope();
    for (name, value) in &facts {
        let value = cel::to_value(value).map_err(|error| Error::internal(error.to_string()))?;
        context.add_variable_from_value(name.as_str(), value);
    }
    let clauses = version
        .rules
        .clauses
        .iter()
        .map(|clause| judge(clause, &context))
        .collect::<Result<Vec<_>>>()?;
    let outcome = if clauses.iter().any(|clause| clause.holds == Some(false)) {
        Outcome::NotEligible
    } else if clauses.iter().any(|clause| clause.holds.is_none()) {
        Outcome::NeedsInformation
    } else {
        Outcome::Eligible
    };
    let benefit = &version.rules.benefit;
    let amount_fen = if outcome == Outcome::Eligible {
        amount(&benefit.amount_fen, &context)?
    } else {
        None
    };
    Ok(Decision {
        // An amount that hangs on a missing fact is a missing fact.
        outcome: if outcome == Outcome::Eligible && amount_fen.is_none() {
            Outcome::NeedsInformation
        } else {
            outcome
        },
        program_version: version.version,
        decided_on: day,
        clauses,
        amount_fen,
        amount_zh: benefit.zh.clone(),
        amount_en: benefit.en.clone(),
        facts,
    })
}

fn judge(clause: &Clause, context: &Context<'_, '_>) -> Result<ClauseOutcome> {
    let (holds, missing) = match run(&clause.when, context)? {
        Known::Value(CelValue::Bool(truth)) => (Some(truth), Vec::new()),
        Known::Value(other) => {
            return Err(Error::internal(format!(
                "clause {} is no condition: {other:?}",
                clause.code
            )));
        }
        Known::Missing(fact) => (None, vec![fact]),
    };
    Ok(ClauseOutcome {
        code: clause.code.clone(),
        holds,
        zh: clause.zh.clone(),
        en: clause.en.clone(),
        missing,
    })
}

fn amount(text: &str, context: &Context<'_, '_>) -> Result<Option<Fen>> {
    match run(text, context)? {
        Known::Value(CelValue::Int(fen)) if fen > 0 => Ok(Some(Fen::new(fen))),
        Known::Value(other) => Err(Error::internal(format!(
            "an amount is a positive whole number, not {other:?}"
        ))),
        Known::Missing(_) => Ok(None),
    }
}

enum Known {
    Value(CelValue),
    Missing(String),
}

fn run(text: &str, context: &Context<'_, '_>) -> Result<Known> {
    match read(text)?.execute(context) {
        Ok(value) => Ok(Known::Value(value)),
        Err(ExecutionError::NoSuchKey(fact)) => Ok(Known::Missing(fact.to_string())),
        Err(error) => Err(Error::internal(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Benefit;
    use super::*;
    use crate::kernel::id::Id;

    fn version(when: &str, amount_fen: &str) -> ProgramVersion {
        let clause = Clause {
            code: "c".into(),
            when: when.into(),
            zh: "条款".into(),
            en: "clause".into(),
        };
        ProgramVersion {
            id: Id::new(uuid::Uuid::nil()),
            program_code: "p".into(),
            version: 1,
            division_code: "9901".parse().unwrap(),
            effective_from: NaiveDate::MIN,
            effective_to: None,
            legal_basis: String::new(),
            steps: vec![],
            rules: Rules {
                clauses: vec![clause],
                benefit: Benefit {
                    amount_fen: amount_fen.into(),
                    zh: String::new(),
                    en: String::new(),
                },
            },
        }
    }

    fn outcome(when: &str, facts: Value) -> (Outcome, Option<i64>) {
        let Value::Object(facts) = facts else {
            panic!("facts are an object")
        };
        let decision = decide(
            &version(when, "circumstances.care_need == 'full' ? 500 : 125"),
            facts,
            NaiveDate::MIN,
        )
        .unwrap();
        (decision.outcome, decision.amount_fen.map(Fen::get))
    }

    #[test]
    fn an_unknown_fact_is_not_false() {
        let known =
            json!({"certificate": {"severity_level": 1}, "circumstances": {"care_need": "full"}});
        let unknown = json!({"certificate": {"severity_level": 1}, "circumstances": {}});
        assert_eq!(
            outcome("certificate.severity_level <= 2", known.clone()),
            (Outcome::Eligible, Some(500))
        );
        assert_eq!(
            outcome("certificate.severity_level > 2", unknown.clone()),
            (Outcome::NotEligible, None)
        );
        assert_eq!(
            outcome("circumstances.income_status == 'none'", known),
            (Outcome::NeedsInformation, None)
        );
        // Decided without the missing fact, but the amount hangs on it.
        assert_eq!(
            outcome(
                "certificate.severity_level <= 2 || circumstances.orphan",
                unknown
            ),
            (Outcome::NeedsInformation, None)
        );
    }

    #[test]
    fn rules_that_cannot_be_read_are_refused() {
        let refused = |when: &str| check(&version(when, "1").rules).is_err();
        assert!(!refused(
            "certificate.valid && certificate.components.exists(c, c.severity_level <= 2)"
        ));
        assert!(refused("certificate.valid &&"));
        assert!(refused("certificat.valid"));
        assert!(refused(
            "certificate.components.exists(c, d.severity_level <= 2)"
        ));
        assert!(refused(&"true && ".repeat(1_000)));
    }

    #[test]
    fn rules_that_go_too_deep_are_refused() {
        let check = |when: &str| check(&version(when, "1").rules);
        let nested = |open: &str, times: usize, close: &str| {
            format!("{}true{}", open.repeat(times), close.repeat(times))
        };
        assert_eq!(check(&nested("(", 6, ")")), Ok(()));
        assert_eq!(check(&nested("[1].all(x, ", 2, ")")), Ok(()));
        for deep in [
            nested("(", 7, ")"),
            nested("[1].all(x, ", 3, ")"),
            nested("[", 900, "]"),
            format!("age{} == 1", "+1".repeat(900)),
            format!("certificate{}", ".components".repeat(150)),
        ] {
            let refusal = check(&deep).unwrap_err();
            assert!(
                refusal.contains("others") || refusal.contains("deeper"),
                "{refusal}"
            );
        }
    }
}
