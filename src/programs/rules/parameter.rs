//! Parameters: amounts and limits that differ between divisions while the rule that names them is the
//! same. A table has a value for each word of each key; a rule runs over the tables that hold where
//! its people live.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Problem;
use super::column::Kept;
use super::compile::Refusal;
use super::expression::NO_NUMBER;
use super::schema::{FACTS, FactId, Kind};
use crate::kernel::division::DivisionCode;
use crate::kernel::text;
use crate::programs::model::ParameterTables;

/// The largest value of a parameter, in fen or whatever it counts.
pub const LARGEST: i64 = 10_000_000_000;
const MOST_KEYS: usize = 2;
/// A key of so many values at the most.
const MOST_VALUES: usize = 1_000;

/// A parameter as rules name it: `params.<name>[fact]…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    /// The facts whose values choose a row: words and small numbers only.
    pub keys: Vec<FactId>,
    /// By division, row by row; the last key counts fastest.
    pub tables: BTreeMap<DivisionCode, Vec<i64>>,
}

impl Parameter {
    /// No value of it is larger, wherever it holds.
    pub fn highest(&self) -> i64 {
        let values = self.tables.values().flatten().copied();
        values.max().unwrap_or(0).clamp(0, LARGEST)
    }
}

/// For each parameter the values that hold in one place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tables<'a>(Vec<&'a [i64]>);

impl<'a> Tables<'a> {
    /// Of each parameter the nearest division's table.
    pub fn of(parameters: &'a [Parameter], division: DivisionCode) -> Self {
        let nearest = |parameter: &'a Parameter| {
            let tables = parameter.tables.iter();
            let over = tables.filter(|(code, _)| code.contains(division));
            over.max_by_key(|(code, _)| code.level())
                .map_or(&[][..], |(_, table)| table.as_slice())
        };
        Self(parameters.iter().map(nearest).collect())
    }

    pub fn value(&self, parameter: usize, row: usize) -> i64 {
        let table = self.0.get(parameter);
        let value = table.and_then(|table| table.get(row));
        value.copied().unwrap_or(NO_NUMBER)
    }
}

/// What a key adds to a row.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    lowest: i64,
    size: usize,
}

/// Beyond every table.
pub const NO_ROW: usize = usize::MAX;

impl Span {
    /// The values a fact may have, where they are few enough to be a key.
    pub fn of(fact: FactId) -> Option<Self> {
        let kind = &FACTS.get(fact)?.kind;
        if !matches!(kind, Kind::Word(_) | Kind::Number { .. }) {
            return None;
        }
        let (lowest, highest) = kind.range();
        let size = usize::try_from(highest - lowest + 1).ok()?;
        if size > MOST_VALUES {
            return None;
        }
        Some(Self { lowest, size })
    }

    pub fn row<K: Kept>(self, row: usize, kept: K) -> usize {
        let place = kept
            .known()
            .and_then(|kept| usize::try_from(kept - self.lowest).ok());
        match place.filter(|place| *place < self.size) {
            Some(place) if row != NO_ROW => row * self.size + place,
            _ => NO_ROW,
        }
    }
}

/// Reads what a version lays down of its parameters.
pub fn read(laid_down: &[ParameterTables]) -> Result<Vec<Parameter>, Vec<Problem>> {
    let mut wrong = Vec::new();
    let mut parameters: Vec<Parameter> = Vec::new();
    for (place, given) in laid_down.iter().enumerate() {
        match one(given, &format!("/parameters/{place}")) {
            Ok(parameter) if parameters.iter().any(|other| other.name == parameter.name) => {
                wrong.push(problem(
                    format!("/parameters/{place}/name"),
                    "there is another of this name",
                    "名称重复",
                ));
            }
            Ok(parameter) => parameters.push(parameter),
            Err(problem) => wrong.push(problem),
        }
    }
    if wrong.is_empty() {
        Ok(parameters)
    } else {
        Err(wrong)
    }
}

fn problem(pointer: String, en: &str, zh: &str) -> Problem {
    Problem {
        pointer,
        refusal: Refusal {
            place: None,
            en: en.to_owned(),
            zh: zh.to_owned(),
        },
    }
}

fn one(given: &ParameterTables, at: &str) -> Result<Parameter, Problem> {
    if !text::is_code(&given.name) {
        return Err(problem(
            format!("{at}/name"),
            "1 to 40 of a–z, 0–9 and _, a letter first",
            "1 至 40 个小写字母、数字或下划线，以字母开头",
        ));
    }
    let keys: Vec<_> = given
        .keys
        .iter()
        .filter_map(|key| FACTS.iter().position(|fact| fact.path == key))
        .filter(|fact| Span::of(*fact).is_some())
        .collect();
    if keys.len() < given.keys.len() || keys.len() > MOST_KEYS {
        return Err(problem(
            format!("{at}/keys"),
            "up to two facts that are words or small numbers",
            "最多两个取值为词语或小整数的事实",
        ));
    }
    let tables = given
        .tables
        .iter()
        .map(|(division, values)| {
            let mut table = Vec::new();
            fill(
                &keys,
                values,
                &format!("{at}/tables/{division}"),
                &mut table,
            )?;
            Ok((*division, table))
        })
        .collect::<Result<BTreeMap<_, _>, _>>()?;
    if tables.is_empty() {
        return Err(problem(
            format!("{at}/tables"),
            "a table of one division at least",
            "至少一个区划的取值表",
        ));
    }
    Ok(Parameter {
        name: given.name.clone(),
        keys,
        tables,
    })
}

/// Appends the rows that `values` has for these keys; what is left out is not known.
fn fill(keys: &[FactId], values: &Value, at: &str, table: &mut Vec<i64>) -> Result<(), Problem> {
    let refuse = |pointer: String, en: &str, zh: &str| Err(problem(pointer, en, zh));
    let Some((key, rest)) = keys.split_first() else {
        return match values.as_i64() {
            Some(value) if (0..=LARGEST).contains(&value) => {
                table.push(value);
                Ok(())
            }
            _ => refuse(
                at.to_owned(),
                "a whole number from 0 to 10 000 000 000",
                "0 至 10000000000 的整数",
            ),
        };
    };
    let kind = FACTS.get(*key).map_or(&Kind::Truth, |fact| &fact.kind);
    let Some(given) = values.as_object() else {
        return refuse(
            at.to_owned(),
            "an object by the key's values",
            "按键取值的对象",
        );
    };
    let (lowest, highest) = kind.range();
    let known = |name: &String| kind.keep(name).is_some();
    if let Some(stranger) = given.keys().find(|name| !known(name)) {
        let described = kind.described();
        return refuse(
            format!("{at}/{stranger}"),
            &format!("none of: {described}"),
            &format!("不在可选范围：{described}"),
        );
    }
    for kept in lowest..=highest {
        let named = given
            .iter()
            .find(|(name, _)| kind.keep(name).map(i64::from) == Some(kept));
        match named {
            Some((name, values)) => fill(rest, values, &format!("{at}/{name}"), table)?,
            None => table.extend(vec![NO_NUMBER; rows(rest)]),
        }
    }
    Ok(())
}

fn rows(keys: &[FactId]) -> usize {
    keys.iter()
        .filter_map(|key| Span::of(*key))
        .map(|span| span.size)
        .product()
}
