//! A note.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::error::{Error, Result};
use crate::kernel::id::{NoteId, UserId};
use crate::kernel::time::Timestamp;

#[derive(Debug, Clone)]
pub struct Note {
    pub id: NoteId,
    /// Id, user name and display name.
    pub author: (UserId, String, String),
    pub text: String,
    pub written_at: Timestamp,
}

/// What somebody writes down.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "已电话核实，家属明日补交户口簿。"}))]
pub struct NewNote {
    /// 1 to 4000 characters.
    pub text: String,
}

const LONGEST: usize = 4_000;

impl NewNote {
    pub fn check(&self) -> Result<&str> {
        let text = self.text.trim();
        if (1..=LONGEST).contains(&text.chars().count()) {
            return Ok(text);
        }
        Err(Error::field(
            "/text",
            "text.length",
            "1 to 4000 characters",
            "1 至 4000 个字",
        ))
    }
}
