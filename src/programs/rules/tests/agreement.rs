//! Random rules on random people: one at a time, in blocks, and by the `cel` crate's own interpreter.

use std::collections::HashMap;
use std::sync::Arc;

use cel::{Context, Program, Value as CelValue};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::evaluate::BLOCK;
use super::super::expression::{NO_NUMBER, UNKNOWN, truth};
use super::super::schema::{FACTS, Fact, Kind};
use super::super::{Ground, compile};
use super::{Known, of, parameters, place, tables};
use crate::kernel::impairment::{Component, ImpairmentType};

/// As the crate's interpreter takes a person: what is not known is not there.
fn as_cel(known: &Known) -> Context<'static, 'static> {
    let mut facts: Map<String, Value> = Map::new();
    for root in ["certificate", "circumstances", "claim"] {
        facts.insert(root.to_owned(), json!({}));
    }
    for (fact, value) in FACTS.iter().zip(&known.values) {
        let Some(value) = value else { continue };
        let shown = shown(fact, *value);
        match fact.path.split_once('.') {
            Some((root, name)) => facts[root][name] = shown,
            None => drop(facts.insert(fact.path.to_owned(), shown)),
        }
    }
    if let Some(components) = &known.components {
        facts["certificate"]["components"] = json!(components);
    }
    facts.insert("params".to_owned(), as_cel_parameters());
    let mut context = Context::default();
    for (name, value) in &facts {
        context.add_variable_from_value(name.as_str(), cel_of(value));
    }
    context
}

/// With whole numbers that have a sign, as those in the text of a rule.
fn cel_of(value: &Value) -> CelValue {
    match value {
        Value::Number(number) => CelValue::Int(number.as_i64().unwrap()),
        Value::Array(list) => CelValue::List(Arc::new(list.iter().map(cel_of).collect())),
        Value::Object(map) => {
            let entries = map
                .iter()
                .map(|(name, value)| (name.clone(), cel_of(value)));
            entries.collect::<HashMap<_, _>>().into()
        }
        plain => cel::to_value(plain).unwrap(),
    }
}

fn shown(fact: &Fact, kept: i32) -> Value {
    match &fact.kind {
        Kind::Truth => json!(kept != 0),
        Kind::Word(words) => json!(words[usize::try_from(kept).unwrap()].name),
        Kind::Number { .. } | Kind::Date => json!(kept),
    }
}

/// Words as keys of maps; the crate's maps take whole numbers as keys only where CEL makes them, so
/// the grid is looked up by text in its oracle.
fn as_cel_parameters() -> Value {
    let parameters = parameters();
    let tables = tables(&parameters);
    let mut limit = json!({});
    if tables.value(0, 0) != NO_NUMBER {
        limit["limit"] = json!(tables.value(0, 0));
    }
    let mut rate = Map::new();
    if let Kind::Word(words) = &FACTS[place("circumstances.care_need")].kind {
        for (row, word) in words.iter().enumerate() {
            if tables.value(1, row) != NO_NUMBER {
                rate.insert(word.name.to_owned(), json!(tables.value(1, row)));
            }
        }
    }
    limit["rate"] = Value::Object(rate);
    limit
}

fn somebody() -> impl Strategy<Value = Known> {
    let values: Vec<_> = FACTS
        .iter()
        .map(|fact| {
            let (lowest, highest) = fact.kind.range();
            let range = i32::try_from(lowest).unwrap()..=i32::try_from(highest).unwrap();
            // Dates are written by a function that the crate does not have.
            if fact.kind == Kind::Date {
                return Just(None).boxed();
            }
            prop::option::weighted(0.8, range).boxed()
        })
        .collect();
    let levels = prop::collection::vec(prop::option::weighted(0.3, 1_u8..=4), 6);
    (values, prop::option::weighted(0.8, levels)).prop_map(|(values, levels)| Known {
        values,
        components: levels.map(|levels| {
            ImpairmentType::ALL
                .iter()
                .zip(levels)
                .filter_map(|(kind, level)| {
                    Some(Component {
                        impairment_type: *kind,
                        severity_level: level?.try_into().unwrap(),
                    })
                })
                .collect()
        }),
    })
}

fn words() -> impl Strategy<Value = String> {
    let names: Vec<_> = ImpairmentType::ALL
        .iter()
        .map(|kind| kind.as_str())
        .collect();
    prop::sample::subsequence(names, 1..4).prop_map(|names| {
        let quoted: Vec<_> = names.iter().map(|name| format!("'{name}'")).collect();
        format!("[{}]", quoted.join(", "))
    })
}

fn component() -> impl Strategy<Value = String> {
    prop_oneof![
        words().prop_map(|words| format!("c.impairment_type in {words}")),
        (1..5).prop_map(|level| format!("c.severity_level <= {level}")),
        (1..5, words()).prop_map(|(level, words)| format!(
            "c.severity_level != {level} || !(c.impairment_type in {words})"
        )),
    ]
}

fn atom() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("certificate.valid".to_owned()),
        Just("circumstances.orphan_allowance".to_owned()),
        Just("has(circumstances.imprisonment) && circumstances.imprisonment".to_owned()),
        Just("has(certificate.severity_level)".to_owned()),
        Just("circumstances.care_need == 'full'".to_owned()),
        Just("'none' != circumstances.income_status".to_owned()),
        (0..120).prop_map(|age| format!("age >= {age}")),
        (0..120).prop_map(|age| format!("{age} < age")),
        (1..5).prop_map(|level| format!("certificate.severity_level < {level}")),
        words().prop_map(|words| format!("certificate.impairment_type in {words}")),
        component().prop_map(|inner| format!("certificate.components.exists(c, {inner})")),
        component().prop_map(|inner| format!("certificate.components.all(c, {inner})")),
    ]
}

fn number() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("age".to_owned()),
        Just("certificate.severity_level".to_owned()),
        Just("params.limit".to_owned()),
        Just("params.rate[circumstances.care_need]".to_owned()),
        (0..100_000).prop_map(|number: i32| number.to_string()),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} + {other})")),
            (inner.clone(), 1..50).prop_map(|(one, times)| format!("({one} * {times})")),
            (inner.clone(), 1..50).prop_map(|(one, by)| format!("({one} / {by})")),
            (inner.clone(), 1..50).prop_map(|(one, by)| format!("({one} % {by})")),
            (atom(), inner.clone(), inner)
                .prop_map(|(asked, yes, no)| format!("({asked} ? {yes} : {no})")),
        ]
    })
}

fn rule() -> impl Strategy<Value = String> {
    let compared = (
        number(),
        number(),
        prop::sample::select(vec!["<", "<=", "==", "!=", ">"]),
    )
        .prop_map(|(one, other, sign)| format!("{one} {sign} {other}"));
    prop_oneof![3 => atom(), 1 => compared].prop_recursive(2, 12, 3, |inner| {
        let many = || prop::collection::vec(inner.clone(), 2..5);
        prop_oneof![
            many().prop_map(|parts| format!("({})", parts.join(" && "))),
            many().prop_map(|parts| format!("({})", parts.join(" || "))),
            inner.clone().prop_map(|part| format!("!({part})")),
        ]
    })
}

/// What the crate says: an error is what is not known.
fn oracle<T>(text: &str, known: &Known, read: impl Fn(CelValue) -> T, unknown: T) -> T {
    let program = Program::compile(text).unwrap();
    program.execute(&as_cel(known)).map_or(unknown, read)
}

proptest! {
    /// One at a time, in blocks, and by the crate: all three agree.
    #[test]
    fn the_interpreters_agree(when in rule(), amount in number(), people in prop::collection::vec(somebody(), 1..6)) {
        let (Ok(condition), Ok(amount_read)) = (compile::condition(&when, &parameters()), compile::amount(&amount, &parameters())) else {
            // Generated deeper than rules may be, or beyond the range: nothing to compare.
            return Ok(());
        };
        let (columns, parameters) = (of(&people), parameters());
        let tables = tables(&parameters);
        let ground = Ground::new(&columns, &tables);
        let mut holds = vec![UNKNOWN; people.len()];
        let mut amounts = vec![NO_NUMBER; people.len()];
        ground.conditions::<BLOCK>(&condition.rule, 0, &mut holds);
        ground.numbers::<BLOCK>(&amount_read.rule, 0, &mut amounts);
        for (person, known) in people.iter().enumerate() {
            let one = (ground.holds(&condition.rule, person), ground.amount(&amount_read.rule, person));
            prop_assert_eq!((holds[person], amounts[person]), one, "{} / {}", when, amount);
            let truth = |value| match value {
                CelValue::Bool(value) => truth(value),
                other => panic!("{when}: {other:?}"),
            };
            let whole = |value| match value {
                CelValue::Int(value) => value,
                other => panic!("{amount}: {other:?}"),
            };
            let cel = (oracle(&when, known, truth, UNKNOWN), oracle(&amount, known, whole, NO_NUMBER));
            prop_assert_eq!(one, cel, "{} / {} {:?}", when, amount, known);
        }
    }
}
