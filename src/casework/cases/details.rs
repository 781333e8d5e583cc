//! What an application says beyond what is known of the person: each service has its fields.

use serde_json::{Map, Value};

use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::month::Month;

/// What a field of the details takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Up to so many characters.
    Text(usize),
    Word(&'static [&'static str]),
    /// Several words, each once.
    Words(&'static [&'static str]),
    Number(i64, i64),
    /// As `2022-07`.
    Month,
    Truth,
}

impl Field {
    fn takes(self, value: &Value) -> bool {
        match self {
            Self::Text(longest) => value
                .as_str()
                .is_some_and(|text| (1..=longest).contains(&text.trim().chars().count())),
            Self::Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Self::Words(words) => value.as_array().is_some_and(|list| {
                let known = |one: &Value| one.as_str().is_some_and(|word| words.contains(&word));
                let twice = list
                    .iter()
                    .enumerate()
                    .any(|(place, one)| list.iter().take(place).any(|other| other == one));
                !list.is_empty() && list.iter().all(known) && !twice
            }),
            Self::Number(lowest, highest) => value
                .as_i64()
                .is_some_and(|number| (lowest..=highest).contains(&number)),
            Self::Month => value
                .as_str()
                .is_some_and(|text| Month::parse(text).is_ok()),
            Self::Truth => value.is_boolean(),
        }
    }

    fn described(self) -> String {
        match self {
            Self::Text(longest) => format!("1 to {longest} characters"),
            Self::Word(words) => format!("one of {}", words.join(", ")),
            Self::Words(words) => format!("some of {}", words.join(", ")),
            Self::Number(lowest, highest) => format!("{lowest} to {highest}"),
            Self::Month => "a month, as 2022-07".to_owned(),
            Self::Truth => "true or false".to_owned(),
        }
    }
}

/// Refuses details that a service's applications do not have, naming each.
pub fn check(details: &Map<String, Value>, fields: &[(&str, Field)]) -> Result<()> {
    let wrong: Vec<_> = details
        .iter()
        .filter_map(|(name, value)| {
            let pointer = format!("/details/{name}");
            let Some((_, field)) = fields.iter().find(|(known, _)| known == name) else {
                let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
                let names = names.join(", ");
                return Some(FieldError::new(
                    pointer,
                    "details.unknown",
                    format!("the details have: {names}"),
                    format!("可填写：{names}"),
                ));
            };
            (!field.takes(value)).then(|| {
                let described = field.described();
                FieldError::new(
                    pointer,
                    "details.value",
                    format!("{name} takes {described}"),
                    format!("{name} 的取值应为 {described}"),
                )
            })
        })
        .collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Error::fields(wrong))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_field_takes_its_own() {
        const FIELDS: &[(&str, Field)] = &[
            ("note", Field::Text(5)),
            ("reason", Field::Word(&["first", "loss"])),
            ("items", Field::Words(&["ramp", "rail"])),
            ("quantity", Field::Number(1, 3)),
            ("consent", Field::Truth),
        ];
        let refused = |details: Value| {
            let error = check(details.as_object().unwrap(), FIELDS).err();
            error.map(|error| error.field_errors()[0].pointer.clone())
        };
        let good = json!({"note": "需要", "reason": "loss", "items": ["rail", "ramp"], "quantity": 3, "consent": false});
        assert_eq!(refused(good), None);
        assert_eq!(refused(json!({})), None);
        for (name, value) in [
            ("note", json!("  ")),
            ("note", json!("很长很长很长")),
            ("reason", json!("whim")),
            ("items", json!([])),
            ("items", json!(["ramp", "ramp"])),
            ("items", json!(["lift"])),
            ("quantity", json!(4)),
            ("quantity", json!(1.5)),
            ("consent", json!("yes")),
            ("color", json!("red")),
        ] {
            assert_eq!(
                refused(json!({name: value})),
                Some(format!("/details/{name}"))
            );
        }
    }
}
