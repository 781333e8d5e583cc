//! One field of a merge patch (RFC 7396): absent leaves as it is, null takes away.

use serde::{Deserialize, Deserializer};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Patch<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

impl<T: Clone> Patch<T> {
    /// Changes a value as asked; whether anything was asked.
    pub fn apply(&self, value: &mut Option<T>) -> bool {
        *value = match self {
            Self::Keep => return false,
            Self::Clear => None,
            Self::Set(new) => Some(new.clone()),
        };
        true
    }
}

/// With `#[serde(default)]`, which is what an absent field becomes.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

/// A field that can be left out but not taken away: null is refused.
pub fn stated<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Form {
        #[serde(default)]
        phone: Patch<String>,
        #[serde(default, deserialize_with = "stated")]
        name: Option<String>,
    }

    #[test]
    fn null_is_not_absent() {
        let read = |text: &str| serde_json::from_str::<Form>(text).unwrap().phone;
        assert_eq!(read("{}"), Patch::Keep);
        assert_eq!(read(r#"{"phone": null}"#), Patch::Clear);
        assert_eq!(read(r#"{"phone": "1"}"#), Patch::Set("1".to_owned()));
    }

    #[test]
    fn what_cannot_be_taken_away_is_not_null() {
        let read = |text: &str| serde_json::from_str::<Form>(text).map(|form| form.name);
        assert_eq!(read("{}").unwrap(), None);
        assert_eq!(read(r#"{"name": "1"}"#).unwrap(), Some("1".to_owned()));
        assert!(read(r#"{"name": null}"#).is_err());
    }
}
