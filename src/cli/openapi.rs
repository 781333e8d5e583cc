//! `huican openapi`

use super::Outcome;
use crate::server::openapi::Document;

pub fn run() -> Outcome {
    say!("{}", Document::new()?.yaml.trim_end());
    Ok(())
}
