//! What can go wrong, in the office's words. Errors know no HTTP: `http::problem` alone turns a
//! [`Code`] into an answer. Every code a client may see stands in the one table of `codes`.

mod codes;

pub use codes::{Class, Code};

use std::error::Error as StdError;
use std::fmt;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One sentence in both languages of the office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub en: String,
    pub zh: String,
}

impl Text {
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self {
            en: en.into(),
            zh: zh.into(),
        }
    }
}

/// One field that breaks a rule. `pointer` is a JSON pointer into the body, or the name of a
/// query parameter or header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub pointer: String,
    pub code: &'static str,
    pub detail: Text,
}

impl FieldError {
    pub fn new(
        pointer: impl Into<String>,
        code: &'static str,
        en: impl Into<String>,
        zh: impl Into<String>,
    ) -> Self {
        Self {
            pointer: pointer.into(),
            code,
            detail: Text::new(en, zh),
        }
    }
}

/// An error on its way to whoever asked. Boxed, so that a `Result` stays small.
pub struct Error(Box<Parts>);

struct Parts {
    code: Code,
    detail: Option<Text>,
    fields: Vec<FieldError>,
    members: serde_json::Map<String, serde_json::Value>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub fn new(code: Code) -> Self {
        Self(Box::new(Parts {
            code,
            detail: None,
            fields: Vec::new(),
            members: serde_json::Map::new(),
            source: None,
        }))
    }

    /// A fault of ours: the client learns nothing of it, the log everything.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let mut error = Self::new(Code::Internal);
        error.0.source = Some(source.into());
        error
    }

    /// One field against a rule.
    pub fn field(
        pointer: impl Into<String>,
        code: &'static str,
        en: impl Into<String>,
        zh: impl Into<String>,
    ) -> Self {
        Self::fields(vec![FieldError::new(pointer, code, en, zh)])
    }

    /// One query parameter against a rule: the request as such cannot be read.
    pub fn parameter(
        name: &str,
        code: &'static str,
        en: impl Into<String>,
        zh: impl Into<String>,
    ) -> Self {
        let field = FieldError::new(name, code, en, zh);
        Self::new(Code::RequestMalformed)
            .detail(
                format!("query parameter `{name}`: {}", field.detail.en),
                format!("查询参数 `{name}` 有误：{}", field.detail.zh),
            )
            .with_fields(vec![field])
    }

    pub fn fields(fields: Vec<FieldError>) -> Self {
        let mut error = Self::new(Code::RequestInvalid);
        error.0.fields = fields;
        error
    }

    #[must_use]
    pub fn with_fields(mut self, fields: Vec<FieldError>) -> Self {
        self.0.fields = fields;
        self
    }

    #[must_use]
    pub fn detail(mut self, en: impl Into<String>, zh: impl Into<String>) -> Self {
        self.0.detail = Some(Text::new(en, zh));
        self
    }

    /// An extra member of the problem document, such as the id of what is in the way.
    #[must_use]
    pub fn member(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same trouble, told to one more of those it befell.
    #[must_use]
    pub fn shared(&self) -> Self {
        Self::new(self.code()).because(self.to_string())
    }

    /// The same rule, broken by a field of another name.
    #[must_use]
    pub fn at(mut self, pointer: &str) -> Self {
        for field in &mut self.0.fields {
            pointer.clone_into(&mut field.pointer);
        }
        self
    }

    /// Not the caller's doing.
    pub fn is_fault(&self) -> bool {
        matches!(self.code().class(), Class::Internal | Class::Unavailable)
    }

    pub fn code(&self) -> Code {
        self.0.code
    }

    pub fn text(&self) -> Option<&Text> {
        self.0.detail.as_ref()
    }

    pub fn field_errors(&self) -> &[FieldError] {
        &self.0.fields
    }

    pub fn members(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.0.members
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("code", &self.0.code.as_str())
            .field("detail", &self.0.detail)
            .field("fields", &self.0.fields)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}",
            self.0.code.as_str(),
            self.0
                .detail
                .as_ref()
                .map_or(self.0.code.title_en(), |text| &text.en)
        )?;
        for field in &self.0.fields {
            write!(f, "; {} {}", field.pointer, field.detail.en)?;
        }
        match &self.0.source {
            Some(source) => write!(f, " ({source})"),
            None => Ok(()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| -> &(dyn StdError + 'static) { source })
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_said_in_both_languages() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(
            Code::ALL
                .iter()
                .all(|code| !code.title_en().is_empty() && !code.title_zh().is_ascii())
        );
    }
}
