//! A division, and a list of them as a file brings it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::division::{DivisionCode, DivisionLevel};

/// An administrative division. A code that was replaced keeps its row, with the day it ended and
/// the code that follows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "code": "990121103000", "name": "丙岭三号镇", "level": "township", "parent_code": "990121000000",
    "valid_from": null, "valid_to": null, "successor_code": null
}))]
pub struct Division {
    #[schema(value_type = String)]
    pub code: DivisionCode,
    pub name: String,
    pub level: DivisionLevel,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub parent_code: Option<DivisionCode>,
    #[serde(default)]
    pub valid_from: Option<NaiveDate>,
    #[serde(default)]
    pub valid_to: Option<NaiveDate>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub successor_code: Option<DivisionCode>,
}

/// What an import of divisions did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    pub added: usize,
    pub changed: usize,
    pub unchanged: usize,
}

/// Why a list of divisions cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    #[error("line {line}: {problem}")]
    Line { line: u64, problem: String },
    #[error("{code} is a {found}, but its code is that of a {expected}")]
    Level {
        code: DivisionCode,
        found: DivisionLevel,
        expected: DivisionLevel,
    },
    #[error("{code} names {other} as its {relation}, which is neither in the list nor known")]
    Dangling {
        code: DivisionCode,
        other: DivisionCode,
        relation: &'static str,
    },
}

/// Reads `code,name,level[,valid_from,valid_to,successor_code]`.
pub fn read_csv(text: &[u8]) -> Result<Vec<Division>, ListError> {
    let mut reader = csv::Reader::from_reader(text);
    let mut divisions = Vec::new();
    for row in reader.deserialize::<Division>() {
        let division = row.map_err(|error| ListError::Line {
            line: error.position().map_or(0, csv::Position::line),
            problem: error.to_string(),
        })?;
        let expected = division.code.level();
        if division.level != expected {
            return Err(ListError::Level {
                code: division.code,
                found: division.level,
                expected,
            });
        }
        divisions.push(Division {
            parent_code: division.code.parent(),
            ..division
        });
    }
    // A parent before its children.
    divisions.sort_by_key(|division| (division.code.level(), division.code));
    Ok(divisions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_with_and_without_dates() {
        let plain = read_csv(
            "code,name,level\n990121000000,丙岭县,county\n990000000000,虚省,province\n".as_bytes(),
        )
        .unwrap();
        assert_eq!(plain[0].name, "虚省");
        assert_eq!(plain[1].parent_code, Some("9901".parse().unwrap()));
        let dated = read_csv(
            "code,name,level,valid_from,valid_to,successor_code\n990101000000,旧区,county,,2019-01-01,990102000000\n".as_bytes(),
        )
        .unwrap();
        assert_eq!(dated[0].successor_code, Some("990102".parse().unwrap()));
        assert!(matches!(
            read_csv(b"code,name,level\n990121000000,x,city\n"),
            Err(ListError::Level { .. })
        ));
        assert!(matches!(
            read_csv(b"code,name,level\n99x,x,city\n"),
            Err(ListError::Line { line: 2, .. })
        ));
    }
}
