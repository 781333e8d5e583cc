//! What somebody is told who wrote on a version that is not the present one: how it is now, as far as
//! they may see it, and what of what they sent is otherwise there. Nothing was written, and nothing is
//! lost: they merge and send again.

use actix_web::web::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::kernel::error::{Code, Error, Result};

/// A body as it was sent.
#[derive(Debug, Clone, Default)]
pub struct Sent(Bytes);

impl Sent {
    /// As it was understood: with what it left out, and codes in full.
    pub fn understood(value: &impl Serialize) -> Result<Self> {
        let text = serde_json::to_vec(value).map_err(Error::internal)?;
        Ok(Self(text.into()))
    }
}

impl From<Bytes> for Sent {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

/// Something as its `GET` shows it now to whoever wrote.
#[derive(Debug)]
pub struct Current {
    version: i32,
    shown: Value,
    /// What was sent is compared with this, where that is not what is shown.
    against: Option<Value>,
    /// What of it says what may be done to it: named where what was sent are no values of it.
    deciding: &'static [&'static str],
}

impl Current {
    pub fn of(version: i32, shown: &impl Serialize) -> Result<Self> {
        Ok(Self {
            version,
            shown: serde_json::to_value(shown).map_err(Error::internal)?,
            against: None,
            deciding: &[],
        })
    }

    /// What was sent are values of a part of what is shown.
    #[must_use]
    pub fn against(mut self, part: impl FnOnce(&Value) -> Value) -> Self {
        self.against = Some(part(&self.shown));
        self
    }

    /// What was sent is an action; these pointers say on what it was decided.
    #[must_use]
    pub fn deciding(mut self, pointers: &'static [&'static str]) -> Self {
        self.deciding = pointers;
        self
    }

    fn differing(&self, sent: &Sent) -> Vec<String> {
        if !self.deciding.is_empty() {
            return self.deciding.iter().map(ToString::to_string).collect();
        }
        let mut found = Vec::new();
        // It was read before, or there is none.
        if let Ok(sent) = serde_json::from_slice(&sent.0) {
            let now = self.against.as_ref().unwrap_or(&self.shown);
            differences(&sent, now, "", &mut found);
        }
        found
    }
}

/// Pointers to the members of `sent` whose value is another in `now`. What is shown masked counts as
/// another value: whether it is the same is not told.
fn differences(sent: &Value, now: &Value, place: &str, found: &mut Vec<String>) {
    if let (Value::Object(sent), Value::Object(now)) = (sent, now) {
        for (name, value) in sent {
            let masked = || now.get(&format!("{name}_masked"));
            if let Some(there) = now.get(name).or_else(masked) {
                let name = name.replace('~', "~0").replace('/', "~1");
                differences(value, there, &format!("{place}/{name}"), found);
            }
        }
    } else if sent != now {
        found.push(place.to_owned());
    }
}

/// Hands an outcome on; to what was refused as stale it adds how it is now. `now` looks, and records
/// the look, as `GET` does; where that is refused, no more is said than the version.
pub async fn or_current<T>(
    outcome: Result<T>,
    sent: &Sent,
    now: impl AsyncFnOnce() -> Result<Current>,
) -> Result<T> {
    let stale = match outcome {
        Err(error) if error.code() == Code::IfMatchStale => error,
        other => return other,
    };
    match now().await {
        Ok(current) => Err(stale
            .member("current_version", current.version)
            .member("differing", current.differing(sent))
            .member("current", current.shown)),
        Err(error) if error.is_fault() => Err(error),
        Err(_out_of_sight) => Err(stale),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn differing(sent: &Value, current: &Current) -> Vec<String> {
        let sent = Sent(Bytes::from(sent.to_string()));
        let mut found = current.differing(&sent);
        found.sort();
        found
    }

    #[test]
    fn what_was_sent_is_compared_member_by_member() {
        let shown = json!({
            "name": "张三", "phone_masked": "120****1234", "guardian": null, "version": 4,
            "terms": {"limit": 5, "steps": [1, 2], "a/b": 1}
        });
        let current = || Current::of(4, &shown).unwrap();
        assert!(differing(&json!({"name": "张三", "unheard_of": 1}), &current()).is_empty());
        assert_eq!(differing(&json!({"name": "李四"}), &current()), ["/name"]);
        assert_eq!(differing(&json!({"name": null}), &current()), ["/name"]);
        assert!(differing(&json!({"guardian": null}), &current()).is_empty());
        // Whether a masked value is the same is not told.
        assert_eq!(
            differing(&json!({"phone": "12000001234"}), &current()),
            ["/phone"]
        );
        let terms = json!({"terms": {"limit": 5, "steps": [1], "a/b": 2}});
        assert_eq!(
            differing(&terms, &current()),
            ["/terms/a~1b", "/terms/steps"]
        );
        let part = current().against(|shown| shown["terms"].clone());
        assert_eq!(
            differing(&json!({"limit": 6, "name": 1}), &part),
            ["/limit"]
        );
        let action = current().deciding(&["/version"]);
        assert_eq!(differing(&json!({"name": "李四"}), &action), ["/version"]);
    }
}
