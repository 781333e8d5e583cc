//! Programs with their versions, as a file brings them.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Program, Terms};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramFile {
    pub programs: Vec<ProgramEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub struct ProgramEntry {
    pub program: Program,
    pub versions: Vec<VersionEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub struct VersionEntry {
    pub version: i32,
    pub terms: Terms,
}

/// One part stands beside the other's fields; what is left must be all of the other.
fn apart<A, B>(mut entry: Map<String, Value>, field: &str) -> Result<(A, B), String>
where
    A: for<'de> Deserialize<'de>,
    B: for<'de> Deserialize<'de>,
{
    let part = entry
        .remove(field)
        .ok_or_else(|| format!("{field} is missing"))?;
    let part = serde_json::from_value(part).map_err(|error| error.to_string())?;
    let rest = serde_json::from_value(Value::Object(entry)).map_err(|error| error.to_string())?;
    Ok((part, rest))
}

impl TryFrom<Map<String, Value>> for ProgramEntry {
    type Error = String;

    fn try_from(entry: Map<String, Value>) -> Result<Self, String> {
        let (versions, program) = apart(entry, "versions")?;
        Ok(Self { program, versions })
    }
}

impl TryFrom<Map<String, Value>> for VersionEntry {
    type Error = String;

    fn try_from(entry: Map<String, Value>) -> Result<Self, String> {
        let (version, terms) = apart(entry, "version")?;
        Ok(Self { version, terms })
    }
}
