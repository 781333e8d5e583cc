//! The one place where errors become HTTP: RFC 9457 problem documents, in Chinese or English.

use std::collections::BTreeMap;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_LANGUAGE, CONTENT_LANGUAGE, ETAG, HeaderMap, HeaderValue, RETRY_AFTER, VARY,
    WWW_AUTHENTICATE,
};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, Object, Ref, RefOr, Response, ResponseBuilder, Type,
};
use utoipa::{IntoResponses, ToSchema};

use super::{IfMatch, request};
use crate::kernel::error::{Class, Code, Error, Text};
use crate::kernel::id::RequestId;

const MEDIA_TYPE: &str = "application/problem+json";

/// An RFC 9457 problem document. Switch on `code`; `title` and `detail` are for people, in the
/// language asked for by Accept-Language (zh-CN, en).
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "urn:huican:problem:case.transition_not_allowed",
    "title": "The case is not in a state that allows this",
    "status": 409,
    "detail": "a case in state approved takes none of: endorse",
    "instance": "/v1/cases/0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07/transitions",
    "code": "case.transition_not_allowed",
    "request_id": "0192f0c1-8a44-7b02-8f0e-94b1c6a2d355",
    "errors": []
}))]
pub struct Problem {
    r#type: String,
    title: String,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    detail: Option<String>,
    instance: String,
    /// Stable; all codes are listed in the introduction of this document.
    code: &'static str,
    #[schema(value_type = Option<uuid::Uuid>)]
    request_id: Option<RequestId>,
    /// The fields at fault.
    errors: Vec<ProblemField>,
    #[serde(flatten)]
    #[schema(value_type = ProblemMembers)]
    members: serde_json::Map<String, serde_json::Value>,
}

/// What some codes add.
// `Error::member` is called with these names.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "as the document shows it; errors carry a map")]
struct ProblemMembers {
    /// `if_match.stale`: the version it has now; it is the ETag of this answer, too.
    #[schema(required = false)]
    current_version: i32,
    /// `if_match.stale`: what you wrote on, as `GET` shows it to you now. Not there where you may not
    /// read it.
    #[schema(required = false, value_type = Object)]
    current: (),
    /// `if_match.stale`, along with `current`: JSON pointers to the members of what you sent whose value
    /// there is another. A member that is shown masked counts as another. Where you sent no values but an
    /// action, pointers into `current` to what decides about it.
    #[schema(required = false, example = json!(["/name"]))]
    differing: Vec<String>,
    /// `session.delayed`: in how many seconds to try again.
    #[schema(required = false)]
    retry_after: u64,
    /// `resident.duplicate`: who it is.
    #[schema(required = false)]
    resident_id: uuid::Uuid,
    /// `resident.registered_elsewhere`: whom to ask.
    #[schema(required = false)]
    office: ProblemOffice,
    /// `case.transition_not_allowed`, `payment_batch.transition_not_allowed`: the state it is in.
    #[schema(required = false)]
    state: String,
    /// `case.reconsideration_late`: the last day to ask for it.
    #[schema(required = false)]
    last_date: chrono::NaiveDate,
    /// `resident.in_transfer`: the transfer that holds.
    #[schema(required = false)]
    transfer_id: uuid::Uuid,
    /// `resident.merged`: the record that is kept.
    #[schema(required = false)]
    merged_into_id: uuid::Uuid,
    /// `resident.merge_conflict`: the programs of which both have something.
    #[schema(required = false)]
    program_codes: Vec<String>,
    /// `case.separation_of_duties`: what you have done in this round. `payment_batch.separation_of_duties`: what
    /// you have done of this batch.
    #[schema(required = false)]
    duty: String,
    /// `payment_batch.nothing_payable`: to how many something is due that cannot be paid.
    #[schema(required = false)]
    left_out_count: usize,
    /// `settlement.nothing_attended`: the plans for which nothing is paid.
    #[schema(required = false)]
    left_out: Vec<uuid::Uuid>,
    /// `budget.exceeded`: what was laid down for the year.
    #[schema(required = false)]
    budget_fen: i64,
    /// The same: what was spent of it.
    #[schema(required = false)]
    spent_fen: i64,
    /// The same: what this would spend.
    #[schema(required = false)]
    needed_fen: i64,
    /// `bank_return.read_already`: where that is.
    #[schema(required = false)]
    bank_return_id: uuid::Uuid,
    /// `match_list.imported_already`: which that is.
    #[schema(required = false)]
    match_list_id: uuid::Uuid,
    /// `recovery.exceeds_rest`: what is left.
    #[schema(required = false)]
    rest_fen: i64,
    /// `stock.insufficient`: how many pieces of the lot there are.
    #[schema(required = false)]
    in_stock: i32,
    /// `stocktake.overtaken`: the lot of which too much has gone out since.
    #[schema(required = false)]
    lot_id: uuid::Uuid,
    /// `case.recusal_required`: how you are related to the resident.
    #[schema(required = false)]
    relation: String,
    /// `case.not_eligible`, `case.needs_information`: the clauses that did not hold, as in a case's
    /// `eligibility`.
    #[schema(required = false, value_type = Vec<Object>)]
    clauses: (),
    /// The same two: the facts that are missing. `case.documents_missing`: the codes of the documents.
    #[schema(required = false)]
    missing: Vec<String>,
}

#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "as the document shows it; errors carry a map")]
struct ProblemOffice {
    name: String,
    division_code: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemField {
    /// A JSON pointer into the body, or the name of a query parameter or header.
    #[schema(example = "/id_number")]
    pointer: String,
    #[schema(example = "id_number.checksum")]
    code: &'static str,
    #[schema(example = "the check digit does not fit the other seventeen")]
    detail: String,
}

/// What any reading operation may answer.
#[derive(Debug)]
pub enum ReadErrors {}

/// What any writing operation may answer, beyond [`ReadErrors`].
#[derive(Debug)]
pub enum WriteErrors {}

/// What a reading operation may answer whose question does not fit the state of things any more.
#[derive(Debug)]
pub enum ConflictError {}

impl IntoResponses for ConflictError {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&[Class::Conflict])
    }
}

impl IntoResponses for ReadErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&[
            Class::Malformed,
            Class::Unauthenticated,
            Class::Forbidden,
            Class::NotFound,
            Class::Unavailable,
            Class::Internal,
        ])
    }
}

impl IntoResponses for WriteErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&[
            Class::Conflict,
            Class::Stale,
            Class::TooSlow,
            Class::TooLarge,
            Class::UnsupportedMedia,
            Class::Unprocessable,
            Class::PreconditionRequired,
        ])
    }
}

fn references(classes: &[Class]) -> BTreeMap<String, RefOr<Response>> {
    classes
        .iter()
        .map(|class| {
            let reference = Ref::from_response_name(format!("{class:?}"));
            (status(*class).as_str().to_owned(), RefOr::Ref(reference))
        })
        .collect()
}

/// The answers that [`ReadErrors`] and [`WriteErrors`] point to, with the codes each may carry.
pub fn components(builder: ComponentsBuilder) -> ComponentsBuilder {
    let builder = builder.schema_from::<Problem>();
    Class::ALL.iter().fold(builder, |builder, class| {
        let codes: Vec<_> = Code::ALL
            .iter()
            .copied()
            .filter(|code| code.class() == *class)
            .collect();
        let names: Vec<_> = codes
            .iter()
            .map(|code| format!("`{}`", code.as_str()))
            .collect();
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
        let content = match codes.first() {
            Some(Code::IfMatchStale) => {
                content.examples_from_iter([Language::Chinese, Language::English].map(|language| {
                    (
                        language.tag(),
                        ExampleBuilder::new().value(Some(sample(&stale(), language))),
                    )
                }))
            }
            first => {
                content.example(first.map(|code| sample(&Error::new(*code), Language::Chinese)))
            }
        };
        let mut response = ResponseBuilder::new()
            .description(format!("{}: {}", status(*class), names.join(", ")))
            .content(MEDIA_TYPE, content.build());
        if *class == Class::Stale {
            let tag = HeaderBuilder::new()
                .schema(Some(Object::with_type(Type::String)))
                .description(Some("The version it has now"));
            response = response.header("ETag", tag.build());
        }
        builder.response(format!("{class:?}"), response.build())
    })
}

fn sample(error: &Error, language: Language) -> serde_json::Value {
    let sample = document(error, language, "/v1/…", None);
    serde_json::to_value(sample).unwrap_or_default()
}

/// Two devices corrected one resident; this is what the second is told.
fn stale() -> Error {
    let stale = IfMatch::seen(3).check(4).err();
    let stale = stale.unwrap_or_else(|| Code::IfMatchStale.into());
    stale.member("differing", vec!["/phone"]).member(
        "current",
        serde_json::json!({
            "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "name": "张晓宝",
            "phone_masked": "120****1234", "version": 4
        }),
    )
}

pub fn status(class: Class) -> StatusCode {
    match class {
        Class::Malformed => StatusCode::BAD_REQUEST,
        Class::Unauthenticated => StatusCode::UNAUTHORIZED,
        Class::Forbidden => StatusCode::FORBIDDEN,
        Class::NotFound => StatusCode::NOT_FOUND,
        Class::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Class::Conflict => StatusCode::CONFLICT,
        Class::Stale => StatusCode::PRECONDITION_FAILED,
        Class::TooSlow => StatusCode::REQUEST_TIMEOUT,
        Class::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Class::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Class::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
        Class::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        Class::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Class::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Class::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Handlers return our error with `?`; [`render`] writes the document, for only there is the
/// request known.
impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        status(self.code().class())
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// Middleware: every refusal, ours or the framework's, leaves as a problem document.
pub async fn render(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    if response.status().as_u16() < 400 {
        return Ok(response);
    }
    let known = response
        .response()
        .error()
        .and_then(|error| error.as_error::<Error>());
    let foreign;
    let error = match known {
        Some(error) => error,
        None => {
            foreign = from_status(response.status());
            &foreign
        }
    };
    log(error);
    let language = Language::of(response.request().headers());
    let document = document(
        error,
        language,
        response.request().path(),
        response.request().extensions().get().copied(),
    );
    let mut answer = HttpResponse::build(status(error.code().class()));
    answer
        .content_type(MEDIA_TYPE)
        .insert_header((CONTENT_LANGUAGE, language.tag()))
        .insert_header((VARY, ACCEPT_LANGUAGE.as_str()));
    match error.code().class() {
        Class::Unauthenticated => {
            answer.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        Class::Stale => {
            let version = error.members().get("current_version");
            if let Some(version) = version.and_then(serde_json::Value::as_i64) {
                answer.insert_header((ETAG, format!("\"{version}\"")));
            }
        }
        Class::Unavailable | Class::TooMany => {
            let seconds = error
                .members()
                .get("retry_after")
                .and_then(serde_json::Value::as_u64)
                .unwrap_or(1);
            answer.insert_header((RETRY_AFTER, seconds));
        }
        _ => {}
    }
    let headers = response.headers().clone();
    let mut response = response.into_response(answer.json(document));
    for (name, value) in headers
        .iter()
        .filter(|(name, _)| *name == request::HEADER || *name == "allow")
    {
        response
            .headers_mut()
            .insert(name.clone(), HeaderValue::clone(value));
    }
    Ok(response)
}

fn document(
    error: &Error,
    language: Language,
    path: &str,
    request_id: Option<RequestId>,
) -> Problem {
    let code = error.code();
    Problem {
        r#type: format!("urn:huican:problem:{}", code.as_str()),
        title: language.pick(code.title_en(), code.title_zh()).to_owned(),
        status: status(code.class()).as_u16(),
        detail: error.text().map(|text| language.say(text).to_owned()),
        instance: path.to_owned(),
        code: code.as_str(),
        request_id,
        errors: error
            .field_errors()
            .iter()
            .map(|field| ProblemField {
                pointer: field.pointer.clone(),
                code: field.code,
                detail: language.say(&field.detail).to_owned(),
            })
            .collect(),
        members: error.members().clone(),
    }
}

/// What the framework refused before a handler saw it.
fn from_status(status: StatusCode) -> Error {
    Error::new(match status.as_u16() {
        404 => Code::RouteNotFound,
        405 => Code::MethodNotAllowed,
        413 => Code::RequestTooLarge,
        415 => Code::RequestMedia,
        400..=499 => Code::RequestMalformed,
        503 => Code::Busy,
        _ => Code::Internal,
    })
}

fn log(error: &Error) {
    match error.code().class() {
        Class::Internal => tracing::error!(%error, "a fault of ours"),
        Class::Unavailable => tracing::warn!(%error, "not available"),
        _ => tracing::debug!(%error, "refused"),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    Chinese,
}

impl Language {
    /// The first of the caller's languages that we speak; Chinese otherwise.
    pub fn of(headers: &HeaderMap) -> Self {
        let asked = headers
            .get(ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        asked
            .split(',')
            .filter_map(|entry| {
                let mut parts = entry.trim().split(";q=");
                let tag = parts.next()?.to_ascii_lowercase();
                let weight = parts
                    .next()
                    .map_or(Some(1.0), |q| q.trim().parse::<f32>().ok())?;
                let language = match tag.split('-').next()? {
                    "zh" => Self::Chinese,
                    "en" => Self::English,
                    _ => return None,
                };
                (weight > 0.0).then_some((language, weight))
            })
            // Equal weights: the first one named.
            .fold(None, |best: Option<(Self, f32)>, next| match best {
                Some(kept) if kept.1 >= next.1 => Some(kept),
                _ => Some(next),
            })
            .map_or(Self::Chinese, |(language, _)| language)
    }

    fn tag(self) -> &'static str {
        self.pick("en", "zh-CN")
    }

    fn pick<'t>(self, en: &'t str, zh: &'t str) -> &'t str {
        match self {
            Self::English => en,
            Self::Chinese => zh,
        }
    }

    fn say(self, text: &Text) -> &str {
        self.pick(&text.en, &text.zh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_callers_first_that_we_speak() {
        let of = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(value));
            Language::of(&headers)
        };
        assert_eq!(of("zh-CN,zh;q=0.9,en;q=0.8"), Language::Chinese);
        assert_eq!(of("en-US,zh;q=0.9"), Language::English);
        assert_eq!(of("fr, zh;q=0.1"), Language::Chinese);
        assert_eq!(of("de"), Language::Chinese);
        assert_eq!(Language::of(&HeaderMap::new()), Language::Chinese);
    }
}
