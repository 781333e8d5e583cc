//! `Idempotency-Key`: the same request sent twice is done once and answered the same, byte for
//! byte. The answer is kept in the business transaction, so neither exists without the other.

mod store;

use std::future::{Future, Ready, ready};
use std::ops::Deref;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, LOCATION};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, Type};

use super::{Body, Sent, etag};
use crate::audit::{Event, Origin};
use crate::db::{Db, Reach, Recorded, Store, Tx};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::RequestId;

const LONGEST: usize = 100;

/// Answers are kept so long, which is more than the day that clients are promised.
const KEPT: Duration = Duration::from_hours(48);

/// The key the client sent, if any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(Option<String>);

impl IntoParams for IdempotencyKey {
    fn into_params(_place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(LONGEST))
            .pattern(Some("^[!-~]*$"));
        let header = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .description(Some("Makes a repeated request harmless"))
            .required(Required::False)
            .schema(Some(text));
        vec![header.build()]
    }
}

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

    /// 202 with where what was begun is followed.
    pub fn accepted(location: String, version: i32, body: &impl Serialize) -> Result<Self> {
        let created = Self::created(location, version, body)?;
        Ok(Self {
            status: 202,
            ..created
        })
    }

    /// 200 with what something became, and which version that is.
    pub fn changed(version: i32, body: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(body).map_err(Error::internal)?;
        Ok(Self {
            status: 200,
            location: None,
            etag: Some(etag(version)),
            body,
        })
    }

    /// 201 for what has no address of its own.
    pub fn done(body: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(body).map_err(Error::internal)?;
        Ok(Self {
            status: 201,
            location: None,
            etag: None,
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

/// A body that creates something, changes it or moves it on, with the key that makes sending it again harmless.
#[derive(Debug)]
pub struct Creation<T> {
    body: Body<T>,
    key: IdempotencyKey,
}

impl<T> Deref for Creation<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.body
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Creation<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let key = IdempotencyKey::from_request(request, payload).into_inner();
        let body = Body::from_request(request, payload);
        Box::pin(async move {
            Ok(Self {
                key: key?,
                body: body.await?,
            })
        })
    }
}

impl<T> Creation<T> {
    /// As it came in, to be compared with what there is.
    pub fn sent(&self) -> Sent {
        self.body.sent()
    }
}

impl<T: Send + 'static> Creation<T> {
    /// Does `work` in one unit, unless this user's key has been answered already.
    pub async fn once(
        self,
        store: &Store,
        reach: Reach,
        origin: &Origin,
        work: impl FnOnce(&mut Tx<'_>, T) -> Result<Recorded<Answer>> + Send + 'static,
    ) -> Result<HttpResponse> {
        let Self { body, key } = self;
        let (value, fingerprint) = body.into_parts();
        key.once(store, reach, origin, fingerprint, |tx| work(tx, value))
            .await
    }
}

impl IdempotencyKey {
    /// As [`Creation::once`], for what came in another way; two requests with the same `fingerprint` are
    /// the same.
    pub async fn once(
        self,
        store: &Store,
        reach: Reach,
        origin: &Origin,
        fingerprint: Vec<u8>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<Recorded<Answer>> + Send + 'static,
    ) -> Result<HttpResponse> {
        let origin = origin.clone();
        // Answers are kept for whom they were given to.
        let reach = match origin.user {
            Some(user) => reach.on_behalf_of(user),
            None => reach,
        };
        let answer = store
            .write(reach, move |tx| {
                once(tx, &origin, &self, &fingerprint, work)
            })
            .await?;
        Ok(answer.into())
    }
}

fn once(
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

/// Whether there are answers that have been kept long enough.
pub fn forgettable(db: &mut Db) -> Result<bool> {
    let instant = db.now().minus(KEPT);
    store::any_before(db, instant)
}

/// Deletes them: they repeat what people were shown.
pub fn forget(tx: &mut Tx<'_>, request: RequestId) -> Result<Recorded<()>> {
    let instant = tx.now().minus(KEPT);
    let answers = store::delete_before(tx, instant)?;
    let event = Event::new(&Origin::system(request), "request.answers_forgotten")
        .change("answers", answers);
    tx.record(event, ())
}
