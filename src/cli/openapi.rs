//! `huican openapi`

use super::Outcome;
use crate::server::openapi::Document;

pub fn run() -> Outcome {
    print!("{}", Document::new()?.yaml());
    Ok(())
}
