//! The application: middleware from the outside in, routes, and what happens to the rest.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header::{ALLOW, CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use actix_web::middleware::{Compress, DefaultHeaders, from_fn};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

use super::{Office, jobs, openapi, routes};
use crate::access::authenticate;
use crate::http::{BODY_LIMIT, Methods, Routes, problem, request};
use crate::kernel::error::{Code, Error};

/// How long a client may take to send its head, and a request to end when the server stops.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
const SHUTDOWN_SECONDS: u64 = 20;

pub fn app(
    office: &Office,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = actix_web::Error,
        InitError = (),
    > + use<>,
> {
    App::new()
        .app_data(office.store.clone())
        .app_data(office.sessions.clone())
        .app_data(office.hasher.clone())
        .app_data(office.desk.clone())
        .app_data(office.registrar.clone())
        .app_data(office.given.clone())
        .app_data(office.sealer.clone())
        .app_data(office.archive.clone())
        .app_data(office.library.clone())
        .app_data(web::PayloadConfig::new(BODY_LIMIT))
        // An id that is none names nothing.
        .app_data(
            web::PathConfig::default()
                .error_handler(|_error, _request| Error::new(Code::RouteNotFound).into()),
        )
        .configure(|config| {
            let mut methods = Methods::default();
            routes(&mut Routes::Served(config, &mut methods));
            config.app_data(web::Data::new(methods));
        })
        .configure(openapi::pages)
        .default_service(web::to(nowhere))
        .wrap(Compress::default())
        .wrap(from_fn(authenticate))
        .wrap(from_fn(request::refuse_nul))
        .wrap(from_fn(problem::render))
        .wrap(
            DefaultHeaders::new()
                .add((X_CONTENT_TYPE_OPTIONS, "nosniff"))
                .add((CACHE_CONTROL, "no-store")),
        )
        .wrap(from_fn(request::identify))
}

/// A known address with another method is 405 and says which it takes, an unknown one 404.
async fn nowhere(request: HttpRequest, methods: web::Data<Methods>) -> Result<HttpResponse, Error> {
    let known = request.resource_map().match_pattern(request.path());
    let known = known.ok_or(Code::RouteNotFound)?;
    Ok(HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, methods.of(&known)))
        .finish())
}

/// Serves until told to stop; then lets running requests end. `ready` hears the address once it can
/// be called, which is a free port where port 0 was asked for.
pub async fn run(
    office: Office,
    listen: SocketAddr,
    workers: usize,
    ready: impl FnOnce(SocketAddr),
) -> std::io::Result<()> {
    let jobs = [
        actix_web::rt::spawn(jobs::tick(office.clone())),
        actix_web::rt::spawn(jobs::seal(office.clone())),
        actix_web::rt::spawn(jobs::simulate(office.clone())),
        actix_web::rt::spawn(jobs::entitle(office.clone())),
        actix_web::rt::spawn(jobs::assess(office.clone())),
        actix_web::rt::spawn(jobs::sweep(office.clone())),
    ];
    let server = HttpServer::new(move || app(&office))
        .workers(workers)
        .client_request_timeout(HEAD_TIMEOUT)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .bind(listen)?;
    ready(server.addrs().first().copied().unwrap_or(listen));
    let ended = server.run().await;
    for job in jobs {
        job.abort();
    }
    ended
}
