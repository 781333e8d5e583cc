//! `Idempotency-Key`: the same request sent twice is done once and answered the same, byte for
//! byte. The answer is kept in the business transaction, so neither exists without the other.

mod store;

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, LOCATION};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use serde::Serialize;

use super::etag;
use crate::audit::{Event, Origin};
use crate::db::{Recorded, Tx};
use crate::kernel::error::{Code, Error, Result};

const LONGEST: usize = 100;

/// The key the client sent, if any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(Option<String>);

impl FromRequest for IdempotencyKey {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let Some(value) = request.headers().get("idempotency-key") else {
            return ready(Ok(Self(None)));
        };
        let key = value.to_str().unwrap_or_default().trim();
        let fits =
            (1..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        ready(if fits {
            Ok(Self(Some(key.to_owned())))
        } else {
            Err(Code::IdempotencyKeyInvalid.into())
        })
    }
}

/// An answer as it goes out, and as it is kept.
#[derive(Debug)]
pub struct Answer {
    status: i32,
    location: Option<String>,
    etag: Option<String>,
    body: Vec<u8>,
}

impl Answer {
    /// 201 with where the new thing is and which version it has.
    pub fn created(location: String, version: i32, body: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(body).map_err(Error::internal)?;
        Ok(Self {
            status: 201,
            location: Some(location),
            etag: Some(etag(version)),
            body,
        })
    }
}

impl From<Answer> for HttpResponse {
    fn from(answer: Answer) -> Self {
        let status = u16::try_from(answer.status)
            .ok()
            .and_then(|code| StatusCode::from_u16(code).ok());
        let mut response = Self::build(status.unwrap_or(StatusCode::CREATED));
        if let Some(location) = answer.location {
            response.insert_header((LOCATION, location));
        }
        if let Some(tag) = answer.etag {
            response.insert_header((ETAG, tag));
        }
        response.content_type("application/json").body(answer.body)
    }
}

/// Does `work` unless this user's key has been answered already.
pub fn once(
    tx: &mut Tx<'_>,
    origin: &Origin,
    key: &IdempotencyKey,
    fingerprint: &[u8],
    work: impl FnOnce(&mut Tx<'_>) -> Result<Recorded<Answer>>,
) -> Result<Recorded<Answer>> {
    let (Some(key), Some(user)) = (&key.0, origin.user) else {
        return work(tx);
    };
    if let Some((before, answer)) = store::find(tx, user, key)? {
        if before != fingerprint {
            return Err(Code::IdempotencyKeyReused.into());
        }
        return tx.record(Event::new(origin, "request.replayed").on(key), answer);
    }
    let answer = work(tx)?;
    store::insert(tx, user, key, fingerprint, answer.value())?;
    Ok(answer)
}
