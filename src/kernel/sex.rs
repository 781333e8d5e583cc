//! Sex as the citizen ID records it.

use super::text;
use super::vocabulary::vocabulary;

vocabulary! {
    /// Sex (性别).
    pub enum Sex {
        Male = "male", "男";
        Female = "female", "女";
    }
}

impl Sex {
    /// Reads `男` or `女`, also as `男性` or `女性`.
    pub fn from_chinese(text: &str) -> Option<Self> {
        match text::compact(text).as_str() {
            "男" | "男性" => Some(Self::Male),
            "女" | "女性" => Some(Self::Female),
            _ => None,
        }
    }
}
