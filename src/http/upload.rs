//! A file on its way in, part by part, so that nobody's memory grows with it.

use std::fmt;
use std::future::{Ready, poll_fn, ready};
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::rt::time::timeout;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use futures_util::Stream;
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::IdempotencyKey;
use crate::kernel::crypto::{Hash, sha256};
use crate::kernel::error::{Code, Error, Result};

/// A page scanned at 600 dpi, or a dozen at 200.
const UPLOAD_LIMIT: usize = 20 * 1024 * 1024;

/// How long each part may keep us waiting, and how many parts: whoever sends a letter at a time is not
/// waited for.
const PART_TIMEOUT: Duration = Duration::from_secs(10);
const WHOLE_TIMEOUT: Duration = Duration::from_mins(5);

/// A file's bytes, as the API document shows them.
#[derive(Debug)]
pub enum FileContent {}

impl PartialSchema for FileContent {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
            .into()
    }
}

impl ToSchema for FileContent {}

/// A body that is a file, with the key that makes sending it again harmless.
pub struct Upload {
    payload: Payload,
    media_type: Option<String>,
    key: IdempotencyKey,
    route: String,
    received: usize,
    hash: Hash,
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("media_type", &self.media_type)
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

impl Upload {
    /// What the client says it is; nothing, where that says nothing.
    pub fn media_type(&self) -> Option<&str> {
        self.media_type.as_deref()
    }

    /// The next part; none at the end.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        let payload = &mut self.payload;
        let part = poll_fn(|context| Pin::new(&mut *payload).poll_next(context));
        let part = timeout(PART_TIMEOUT, part).await;
        let part = part.map_err(|_elapsed| Code::RequestTooSlow)?;
        let Some(part) = part.transpose().map_err(|_error| Code::RequestMalformed)? else {
            return Ok(None);
        };
        self.received += part.len();
        if self.received > UPLOAD_LIMIT {
            return Err(too_large());
        }
        self.hash.update(&part);
        Ok(Some(part))
    }

    /// Hands on each part as it comes. Afterwards: the hash of all, the key, and the fingerprint of the
    /// request.
    pub async fn each(
        mut self,
        mut take: impl AsyncFnMut(Bytes) -> Result<()>,
    ) -> Result<Received> {
        let whole = async {
            while let Some(part) = self.next().await? {
                take(part).await?;
            }
            Ok::<_, Error>(())
        };
        timeout(WHOLE_TIMEOUT, whole)
            .await
            .map_err(|_elapsed| Code::RequestTooSlow)??;
        let sha256_of_all = self.hash.finish();
        Ok(Received {
            fingerprint: sha256(&[self.route.as_bytes(), &sha256_of_all].concat()),
            sha256: sha256_of_all,
            key: self.key,
        })
    }
}

/// What is known once a file has come in.
#[derive(Debug)]
pub struct Received {
    pub sha256: Vec<u8>,
    pub key: IdempotencyKey,
    /// A hash of method, address and content: two requests with the same are the same.
    pub fingerprint: Vec<u8>,
}

fn too_large() -> Error {
    let limit = UPLOAD_LIMIT / (1024 * 1024);
    Error::new(Code::RequestTooLarge).detail(
        format!("a file has up to {limit} MiB"),
        format!("文件不得超过 {limit} MiB"),
    )
}

impl FromRequest for Upload {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let header = |name| {
            let value = request.headers().get(name)?;
            value.to_str().ok().map(str::trim)
        };
        let length = header(CONTENT_LENGTH).and_then(|text| text.parse::<usize>().ok());
        if length.is_some_and(|length| length > UPLOAD_LIMIT) {
            return ready(Err(too_large()));
        }
        let media_type = header(CONTENT_TYPE)
            .and_then(|media| media.split(';').next())
            .map(|media| media.trim().to_ascii_lowercase())
            .filter(|media| !media.is_empty() && media != "application/octet-stream");
        let key = IdempotencyKey::from_request(request, payload).into_inner();
        ready(key.map(|key| Self {
            payload: payload.take(),
            media_type,
            key,
            route: format!("{} {}\n", request.method(), request.uri()),
            received: 0,
            hash: Hash::default(),
        }))
    }
}
