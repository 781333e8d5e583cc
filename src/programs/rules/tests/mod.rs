//! Rules as they are written, refused and explained.

mod agreement;

use serde_json::{Value, json};

use super::expression::NO_NUMBER;
use super::schema::{COMPONENTS, FACTS, FactId, Language};
use super::*;
use crate::kernel::impairment::{Component, ImpairmentType};

fn place(path: &str) -> FactId {
    FACTS.iter().position(|fact| fact.path == path).unwrap()
}

/// One value here and there is missing.
fn parameters() -> Vec<Parameter> {
    let parameter = |name: &str, keys: &[&str], rows: i64| Parameter {
        name: name.to_owned(),
        keys: keys.iter().map(|key| place(key)).collect(),
        tables: [(
            CITY.parse().unwrap(),
            (0..rows)
                .map(|row| if row % 5 == 3 { NO_NUMBER } else { row * 100 })
                .collect(),
        )]
        .into(),
    };
    vec![
        parameter("limit", &[], 1),
        parameter("rate", &["circumstances.care_need"], 4),
        parameter(
            "grid",
            &["certificate.impairment_type", "certificate.severity_level"],
            7 * 4,
        ),
    ]
}

const CITY: &str = "9901";

fn tables(parameters: &[Parameter]) -> Tables<'_> {
    Tables::of(parameters, CITY.parse().unwrap())
}

/// Somebody of whom this is known.
#[derive(Debug, Clone)]
struct Known {
    values: Vec<Option<i32>>,
    components: Option<Vec<Component>>,
}

fn of(people: &[Known]) -> People {
    let mut columns = People::unknown(people.len());
    for (person, known) in people.iter().enumerate() {
        for (fact, value) in known.values.iter().enumerate() {
            columns.set(fact, person, *value);
        }
        if let Some(components) = &known.components {
            columns.set_components(person, components);
        }
    }
    columns
}

#[test]
fn a_table_of_two_keys_is_read_by_both() {
    let known = |kind: Option<i32>, level: Option<i32>| {
        let mut values = vec![None; FACTS.len()];
        values[place("certificate.impairment_type")] = kind;
        values[place("certificate.severity_level")] = level;
        Known {
            values,
            components: None,
        }
    };
    let people = of(&[
        known(Some(2), Some(3)),
        known(Some(6), Some(4)),
        known(None, Some(1)),
        known(Some(1), Some(4)),
    ]);
    let text = "params.grid[certificate.impairment_type][certificate.severity_level]";
    let amount = compile::amount(text, &parameters()).unwrap().rule;
    let parameters = parameters();
    let tables = tables(&parameters);
    let ground = Ground::new(&people, &tables);
    let amounts: Vec<_> = (0..4)
        .map(|person| ground.amount(&amount, person))
        .collect();
    assert_eq!(
        amounts,
        [
            (2 * 4 + 2) * 100,
            (6 * 4 + 3) * 100,
            NO_NUMBER,
            (4 + 3) * 100
        ]
    );
}

/// The text that is refused, and what the refusal points at.
fn refused(text: &str) -> (String, String) {
    let refusal = compile::condition(text, &parameters()).expect_err(text);
    let place = refusal.place.map_or(String::new(), |(first, last)| {
        let (first, last) = (
            usize::try_from(first).unwrap(),
            usize::try_from(last).unwrap(),
        );
        text.get(first..=last.min(text.len() - 1))
            .unwrap_or_default()
            .to_owned()
    });
    assert!(!refusal.zh.is_empty());
    (place, refusal.en)
}

#[test]
fn a_bad_rule_is_refused_where_it_is_wrong() {
    for (text, place, reason) in [
        ("certificat.valid", "certificat.valid", "no fact"),
        ("age", "age", "a condition is expected"),
        ("age > 'x'", "'x'", "none of"),
        ("circumstances.care_need == 'fool'", "'fool'", "none of"),
        ("circumstances.care_need < 'full'", "", "no order"),
        ("age == certificate.impairment_type", "", "compared"),
        ("age > 3 && 1", "1", "a condition is expected"),
        ("age / 0 == 1", "", "divisor"),
        ("1 / age == 1", "", "divisor"),
        (
            "claim.contribution_fen * claim.contribution_fen > 1",
            "",
            "2^53",
        ),
        (
            "params.rate[age] > 1",
            "",
            "is written params.rate[circumstances.care_need]",
        ),
        (
            "params.rate > 1",
            "",
            "is written params.rate[circumstances.care_need]",
        ),
        ("params.none > 1", "", "no parameter"),
        (
            "certificate.components.exists(c, c.severity_level < age)",
            "age",
            "no fact",
        ),
        (
            "certificate.components.exists_one(c, c.severity_level == 1)",
            "",
            "macro",
        ),
        (
            "certificate.components.map(c, c.severity_level) == [1]",
            "",
            "subset",
        ),
        ("[1].exists(x, x == 1)", "", "subset"),
        ("age == 1.0", "1.0", "subset"),
        ("age.matches('a')", "", "subset"),
        (
            "date('2022-02-30') < circumstances.death",
            "",
            "a date is written",
        ),
        ("certificate.valid &&", "", ""),
    ] {
        let (found, said) = refused(text);
        assert!(said.contains(reason), "{text}: {said}");
        assert!(found.contains(place), "{text}: {found}");
    }
    let negative = compile::amount("100 - age", &parameters()).unwrap_err();
    assert!(negative.en.contains("negative"), "{}", negative.en);
    assert!(compile::amount("circumstances.death", &[]).is_err());
}

#[test]
fn a_rule_that_goes_too_deep_is_refused() {
    let nested = |times: usize| format!("{}true{}", "(".repeat(times), ")".repeat(times));
    assert!(compile::condition(&nested(6), &[]).is_ok());
    for deep in [
        nested(7),
        format!("age{} == 1", "+1".repeat(900)),
        format!("certificate{}", ".components".repeat(150)),
        "true && ".repeat(1_000),
    ] {
        assert!(compile::condition(&deep, &[]).is_err());
    }
}

#[test]
fn what_always_or_never_holds_is_doubted() {
    let doubts = |text: &str| compile::condition(text, &[]).unwrap().doubts.len();
    assert_eq!(doubts("age >= 0 && certificate.severity_level <= 4"), 2);
    assert_eq!(doubts("certificate.severity_level > 4"), 1);
    assert_eq!(doubts("certificate.severity_level <= 2"), 0);
}

fn explained(text: &str, known: &Known, language: Language) -> String {
    let condition = compile::condition(text, &parameters()).unwrap().rule;
    let people = of(std::slice::from_ref(known));
    let parameters = parameters();
    let tables = tables(&parameters);
    let explanation = Explanation {
        ground: Ground::new(&people, &tables),
        people: &people,
        person: 0,
        parameters: &parameters,
        language,
    };
    explanation.because(&condition)
}

#[test]
fn only_what_decided_is_told() {
    let mut values = vec![None; FACTS.len()];
    values[place("age")] = Some(20);
    values[place("certificate.severity_level")] = Some(3);
    values[place("circumstances.care_need")] = Some(0);
    let known = Known {
        values,
        components: Some(vec![Component {
            impairment_type: ImpairmentType::Mental,
            severity_level: 3.try_into().unwrap(),
        }]),
    };
    let text = "age >= 18 && certificate.severity_level <= 2 && circumstances.care_need == 'full'";
    assert_eq!(
        explained(text, &known, Language::Zh),
        "残疾等级 ≤ 2（残疾等级：3）"
    );
    assert_eq!(
        explained(text, &known, Language::En),
        "severity level ≤ 2 (severity level: 3)"
    );
    let text = format!(
        "certificate.severity_level <= 2 || {COMPONENTS}.exists(c, c.impairment_type in ['mental'] && c.severity_level <= 3)"
    );
    assert_eq!(
        explained(&text, &known, Language::Zh),
        "有一类残疾满足：(残疾类别属于{精神} 且 残疾等级 ≤ 3)（残疾类别明细：精神 3）"
    );
    let text = "circumstances.orphan_allowance && age >= 18";
    assert_eq!(
        explained(text, &known, Language::En),
        "receives the orphan allowance (receives the orphan allowance: not known)"
    );
}

#[test]
fn what_is_missing_is_named_only_where_it_matters() {
    let mut values = vec![None; FACTS.len()];
    values[place("age")] = Some(20);
    let known = Known {
        values,
        components: None,
    };
    let missing = |text: &str| {
        let condition = compile::condition(text, &parameters()).unwrap().rule;
        let people = of(std::slice::from_ref(&known));
        let parameters = parameters();
        let tables = tables(&parameters);
        let explanation = Explanation {
            ground: Ground::new(&people, &tables),
            people: &people,
            person: 0,
            parameters: &parameters,
            language: Language::En,
        };
        explanation.missing(&condition)
    };
    assert_eq!(
        missing("circumstances.income_status == 'none' && age > 3"),
        ["circumstances.income_status"]
    );
    assert_eq!(
        missing("circumstances.orphan_allowance || age > 3"),
        [""; 0]
    );
    assert_eq!(missing("has(circumstances.death)"), [""; 0]);
    assert_eq!(
        missing(&format!("{COMPONENTS}.exists(c, c.severity_level == 1)")),
        [COMPONENTS]
    );
}

fn rules(parameters: &Value) -> Rules {
    serde_json::from_value(json!({
        "clauses": [{"code": "c", "when": "age >= 18", "zh": "成年", "en": "of age"}],
        "benefit": {"amount_fen": "params.rate[circumstances.care_need]", "zh": "按标准", "en": "by rate"},
        "parameters": parameters,
    }))
    .unwrap()
}

#[test]
fn the_nearest_division_has_the_say() {
    let rate = |tables: Value| {
        rules(&json!([{"name": "rate", "zh": "标准", "en": "rate",
            "keys": ["circumstances.care_need"], "tables": tables}]))
    };
    let tables =
        json!({"990100000000": {"full": 500, "partial": 100}, "990121000000": {"full": 600}});
    let (compiled, _) = read(&rate(tables)).unwrap();
    let value = |division: &str, row| {
        Tables::of(&compiled.parameters, division.parse().unwrap()).value(0, row)
    };
    assert_eq!(value("990122103201", 0), 500);
    assert_eq!(value("990121103201", 0), 600);
    // A table is whole: what it leaves out is not looked for above.
    assert_eq!(value("990121103201", 2), NO_NUMBER);
    assert_eq!(value("110101000000", 0), NO_NUMBER);
    for (tables, pointer) in [
        (json!({}), "/parameters/0/tables"),
        (
            json!({"990100000000": 5}),
            "/parameters/0/tables/990100000000",
        ),
        (
            json!({"990100000000": {"fool": 5}}),
            "/parameters/0/tables/990100000000/fool",
        ),
        (
            json!({"990100000000": {"full": -5}}),
            "/parameters/0/tables/990100000000/full",
        ),
    ] {
        let wrong = read(&rate(tables)).unwrap_err();
        assert_eq!(wrong[0].pointer, pointer, "{wrong:?}");
    }
    for (name, key, pointer) in [
        ("Rate", "age", "/parameters/0/name"),
        ("rate", "circumstances.death", "/parameters/0/keys"),
        ("rate", "circumstances.orphan", "/parameters/0/keys"),
    ] {
        let given = json!([{"name": name, "zh": "标准", "en": "rate", "keys": [key], "tables": {"990100000000": {}}}]);
        assert_eq!(read(&rules(&given)).unwrap_err()[0].pointer, pointer);
    }
}
