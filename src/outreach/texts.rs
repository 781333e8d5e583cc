//! Texts of so many characters.

use crate::kernel::error::FieldError;

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
