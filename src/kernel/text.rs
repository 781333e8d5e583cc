//! Text as people type it: full-width characters, stray spaces, invisible marks.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

use super::error::{Error, FieldError, Result};

/// Distance between `！` and `!`, the same for every full-width form of ASCII.
const FULL_WIDTH_OFFSET: u32 = 0xFEE0;

/// The ASCII form of a full-width character or space; any other character as it is.
pub fn half_width(character: char) -> char {
    match character {
        '\u{3000}' => ' ',
        '！'..='～' => {
            char::from_u32(u32::from(character) - FULL_WIDTH_OFFSET).unwrap_or(character)
        }
        other => other,
    }
}

/// A text without what surrounds it, if it is not empty and not too long.
pub fn text(pointer: &str, text: &str, longest: usize) -> Result<String, FieldError> {
    let text = text.trim();
    if (1..=longest).contains(&text.chars().count()) {
        return Ok(text.to_owned());
    }
    Err(FieldError::new(
        pointer,
        "text.length",
        format!("1 to {longest} characters"),
        format!("1 至 {longest} 个字"),
    ))
}

/// As [`text`]; what is empty is not there.
pub fn maybe(
    pointer: &str,
    given: Option<&str>,
    longest: usize,
) -> Result<Option<String>, FieldError> {
    let given = given.map(str::trim).filter(|text| !text.is_empty());
    given.map(|one| text(pointer, one, longest)).transpose()
}

const SHORTEST_REASON: usize = 2;
const LONGEST_REASON: usize = 500;

/// Why somebody does what takes a reason.
pub fn reason(text: &str) -> Result<&str> {
    let text = text.trim();
    if (SHORTEST_REASON..=LONGEST_REASON).contains(&text.chars().count()) {
        return Ok(text);
    }
    Err(Error::field(
        "/reason",
        "reason.length",
        "2 to 500 characters",
        "2 至 500 个字",
    ))
}

/// Whether a text may be a code that people give: 1 to 40 of a–z, 0–9 and `_`, a letter first.
pub fn is_code(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Marks that take no room on the screen and travel along when text is copied.
pub fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}')
}

/// Half-width, without spaces and invisible marks, without the apostrophe by which a spreadsheet
/// is told to keep digits as text.
pub fn compact(text: &str) -> String {
    let compact: String = text
        .chars()
        .map(half_width)
        .filter(|character| !character.is_whitespace() && !is_invisible(*character))
        .collect();
    match compact.strip_prefix('\'') {
        Some(rest) => rest.to_owned(),
        None => compact,
    }
}

/// Deserialises what is written as text on the wire, with the parser's own words on failure.
pub fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: Display,
{
    Cow::<str>::deserialize(deserializer)?
        .parse()
        .map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compacting_leaves_what_was_meant() {
        assert_eq!(compact("　９９０１ ０２\u{FEFF}ｘ "), "990102x");
        assert_eq!(compact("'990102"), "990102");
        assert_eq!(compact("张　三"), "张三");
    }
}
