//! Optimistic locking over HTTP: `ETag: "7"` out, `If-Match: "7"` in.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::IF_MATCH;
use actix_web::{FromRequest, HttpRequest};

use crate::kernel::error::{Code, Error, Result};

/// The version the caller saw; none for a tag we never issued, which matches nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(Option<i32>);

impl IfMatch {
    pub const fn seen(version: i32) -> Self {
        Self(Some(version))
    }

    /// Refuses a caller whose copy is older than `current`.
    pub fn check(self, current: i32) -> Result<()> {
        let (en, zh) = match self.0 {
            Some(seen) if seen == current => return Ok(()),
            Some(seen) => (
                format!("you saw version {seen}, it is now version {current}"),
                format!("您所见为第 {seen} 版，现为第 {current} 版"),
            ),
            None => (
                format!("the tag is none of ours; it is now version {current}"),
                format!("If-Match 并非本系统所发，现为第 {current} 版"),
            ),
        };
        Err(Error::new(Code::IfMatchStale)
            .detail(en, zh)
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
        let version = value.to_str().ok().and_then(|text| {
            text.trim()
                .strip_prefix('"')?
                .strip_suffix('"')?
                .parse()
                .ok()
        });
        ready(Ok(Self(version)))
    }
}
