//! What the entities of employment have in common: comments, lists of words, amounts.

use std::fmt::Display;
use std::str::FromStr;

use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::money::Fen;
use crate::kernel::text::maybe;
use crate::registry::facts::EmploymentForm;

/// Of a person, an employer, a place.
pub const NAME: usize = 100;
/// Of a comment or a note.
pub const NOTE: usize = 1_000;

/// Why something is done or not: needed, or not.
pub fn comment(given: Option<&str>, needed: bool) -> Result<Option<String>> {
    match maybe("/comment", given, NOTE) {
        Ok(None) if needed => Err(Error::field(
            "/comment",
            "comment.length",
            "say why, in up to 1000 characters",
            "须说明理由，不超过1000字",
        )),
        other => other.map_err(|error| Error::fields(vec![error])),
    }
}

pub fn amount(pointer: &str, fen: Fen) -> Result<Fen, FieldError> {
    // A hundred million yuan.
    if (1..=10_000_000_000).contains(&fen.get()) {
        return Ok(fen);
    }
    Err(FieldError::new(
        pointer,
        "amount.range",
        "1 to 10000000000 fen",
        "须为 1 至 10000000000 分",
    ))
}

/// Anything but none at all.
pub fn form(pointer: &str, form: EmploymentForm) -> Result<EmploymentForm, FieldError> {
    if form == EmploymentForm::None {
        return Err(FieldError::new(
            pointer,
            "employment_form.none",
            "a form of employment",
            "须为就业形式",
        ));
    }
    Ok(form)
}

/// Words as a column keeps them: one after the other, each once.
pub fn join<T: Display + Ord + Copy>(words: &[T]) -> String {
    let mut words = words.to_vec();
    words.sort_unstable();
    words.dedup();
    let words: Vec<_> = words.iter().map(ToString::to_string).collect();
    words.join(" ")
}

pub fn split<T: FromStr>(text: &str) -> Result<Vec<T>> {
    text.split_whitespace()
        .map(|word| {
            word.parse()
                .map_err(|_unknown| Error::internal("a word that nobody knows"))
        })
        .collect()
}

/// Collects what is wrong, so that all of it is told at once.
pub fn keep<T>(parsed: Result<T, FieldError>, errors: &mut Vec<FieldError>) -> Option<T> {
    parsed.map_err(|error| errors.push(error)).ok()
}
