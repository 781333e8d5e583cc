//! Every request has an id: it is in the answer's header, in problem documents, in the log and in
//! every record the request leaves.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderValue;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, web};
use tracing::Instrument;

use crate::kernel::error::{Code, Error};
use crate::kernel::given::Given;
use crate::kernel::id::RequestId;

pub const HEADER: &str = "x-request-id";

/// Outermost middleware: gives the id, opens the log's span, says how it ended.
pub async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let given = request
        .app_data::<web::Data<Given>>()
        .ok_or_else(|| Error::internal("no clock is configured"))?
        .clone();
    let id: RequestId = given.new_id();
    request.extensions_mut().insert(id);
    let span =
        tracing::info_span!("request", %id, method = %request.method(), path = request.path());
    let started = given.now();
    let mut response = next.call(request).instrument(span.clone()).await?;
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(
            actix_web::http::header::HeaderName::from_static(HEADER),
            value,
        );
    }
    let micros = given.now().since(started).as_micros();
    span.in_scope(|| tracing::info!(status = response.status().as_u16(), micros, "answered"));
    Ok(response)
}

/// Middleware: an address with the character U+0000 is refused, for no database keeps it in a text.
pub async fn refuse_nul(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let address = request.uri().path_and_query();
    if address.is_some_and(|address| address.as_str().contains("%00")) {
        let (en, zh) = (
            "the address holds the character U+0000",
            "地址中含有空字符（U+0000）",
        );
        return Ok(request.error_response(Error::new(Code::RequestMalformed).detail(en, zh)));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

pub fn id_of(request: &HttpRequest) -> Result<RequestId, Error> {
    request
        .extensions()
        .get()
        .copied()
        .ok_or_else(|| Error::internal("the request has no id"))
}

/// The client's network address, as the connection shows it.
pub fn address_of(request: &HttpRequest) -> String {
    request
        .peer_addr()
        .map_or_else(|| "unknown".to_owned(), |address| address.ip().to_string())
}
