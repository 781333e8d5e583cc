//! Optimistic locking over HTTP: `ETag: "7"` out, `If-Match: "7"` in.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::IF_MATCH;
use actix_web::{FromRequest, HttpRequest};

use crate::kernel::error::{Code, Error, Result};

/// The version the caller saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(i32);

impl IfMatch {
    pub const fn seen(version: i32) -> Self {
        Self(version)
    }

    /// Refuses a caller whose copy is older than `current`.
    pub fn check(self, current: i32) -> Result<()> {
        if self.0 == current {
            return Ok(());
        }
        Err(Error::new(Code::IfMatchStale)
            .detail(
                format!("you saw version {}, it is now version {current}", self.0),
                format!("您所见为第 {} 版，现为第 {current} 版", self.0),
            )
            .member("current_version", current))
    }
}

pub fn etag(version: i32) -> String {
    format!("\"{version}\"")
}

impl FromRequest for IfMatch {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let Some(value) = request.headers().get(IF_MATCH) else {
            return ready(Err(Code::IfMatchMissing.into()));
        };
        // A tag we never issued matches nothing, which is what "stale" says.
        let version = value.to_str().ok().and_then(|text| {
            text.trim()
                .strip_prefix('"')?
                .strip_suffix('"')?
                .parse()
                .ok()
        });
        ready(
            version
                .map(Self)
                .ok_or_else(|| Error::new(Code::IfMatchStale)),
        )
    }
}
