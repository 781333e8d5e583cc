//! Wrong fields of a request, one after another. Imports the ground floor.

use crate::kernel::error::{Error, FieldError, Result};

pub const LONGEST_NAME: usize = 40;
pub const LONGEST_LINE: usize = 100;
pub const LONGEST_COMMENT: usize = 1_000;

pub const FUTURE: (&str, &str, &str) = ("date.future", "a day that has come", "不能晚于今天");

#[derive(Debug, Default)]
pub struct Wrong(Vec<FieldError>);

impl Wrong {
    pub fn refuse(
        &mut self,
        is_wrong: bool,
        pointer: &str,
        (code, en, zh): (&'static str, &str, &str),
    ) {
        if is_wrong {
            self.0.push(FieldError::new(pointer, code, en, zh));
        }
    }

    /// A text without spaces around, of one to so many characters in one line.
    pub fn line(&mut self, text: &mut String, pointer: &str, longest: usize) {
        *text = text.trim().to_owned();
        let fits = (1..=longest).contains(&text.chars().count());
        let wrong = !fits || text.chars().any(char::is_control);
        let en = format!("one line of 1 to {longest} characters");
        let zh = format!("1 至 {longest} 个字的一行文字");
        self.refuse(wrong, pointer, ("text.length", &en, &zh));
    }

    /// What is said beside; nothing where only spaces are.
    pub fn comment(&mut self, text: &mut Option<String>, needed: bool) {
        *text = text.take().map(|text| text.trim().to_owned());
        *text = text.take().filter(|text| !text.is_empty());
        let length = text.as_ref().map_or(0, |text| text.chars().count());
        let wrong = (
            "comment.length",
            "up to 1000 characters, and needed by this action",
            "不超过1000字；此操作须填写说明",
        );
        self.refuse(
            length > LONGEST_COMMENT || (needed && length == 0),
            "/comment",
            wrong,
        );
    }

    /// What one action takes and the others do not.
    pub fn belongs(&mut self, is_there: bool, belongs: bool, pointer: &str) {
        let missing = ("field.missing", "this action needs it", "此操作须填写");
        let strange = (
            "field.not_of_action",
            "this action has none",
            "此操作不填写",
        );
        self.refuse(belongs && !is_there, pointer, missing);
        self.refuse(is_there && !belongs, pointer, strange);
    }

    pub fn done(self) -> Result<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::fields(self.0))
        }
    }
}
