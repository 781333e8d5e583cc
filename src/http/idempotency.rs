//! `Idempotency-Key`: the same request sent twice is done once and answered the same, byte for
//! byte. The answer is kept in the business transaction, so neither exists without the other.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, LOCATION};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use diesel::prelude::*;
use serde::Serialize;

use super::etag;
use crate::audit::{Event, Origin};
use crate::db::schema::idempotency_keys;
use crate::db::{Recorded, Tx, on_unique};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::UserId;
use crate::kernel::time::Timestamp;

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
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = idempotency_keys)]
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

#[derive(Insertable)]
#[diesel(table_name = idempotency_keys)]
struct Row<'a> {
    user_id: UserId,
    key: &'a str,
    fingerprint: &'a [u8],
    status: i32,
    location: Option<&'a str>,
    etag: Option<&'a str>,
    body: &'a [u8],
    created_at: Timestamp,
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
    let mine = idempotency_keys::table
        .filter(idempotency_keys::user_id.eq(user))
        .filter(idempotency_keys::key.eq(key));
    let earlier: Option<(Vec<u8>, Answer)> = mine
        .select((idempotency_keys::fingerprint, Answer::as_select()))
        .first(tx.conn())
        .optional()?;
    if let Some((before, answer)) = earlier {
        if before != fingerprint {
            return Err(Code::IdempotencyKeyReused.into());
        }
        return tx.record(Event::new(origin, "request.replayed").on(key), answer);
    }
    let answer = work(tx)?;
    let row = Row {
        user_id: user,
        key,
        fingerprint,
        status: answer.value().status,
        location: answer.value().location.as_deref(),
        etag: answer.value().etag.as_deref(),
        body: &answer.value().body,
        created_at: tx.now(),
    };
    diesel::insert_into(idempotency_keys::table)
        .values(&row)
        .execute(tx.conn())
        .map_err(|error| {
            // Another request with this key committed while this one ran; this one is undone.
            on_unique(
                error,
                "idempotency_keys.user_id",
                "idempotency_keys_pkey",
                || Code::IdempotencyKeyBusy.into(),
            )
        })?;
    Ok(answer)
}
