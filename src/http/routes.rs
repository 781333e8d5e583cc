//! Where each department says which handlers it has.

use actix_web::dev::HttpServiceFactory;
use actix_web::web::ServiceConfig;
use utoipa::openapi::{Components, OpenApi};
use utoipa_actix_web::OpenApiFactory;

/// Handlers are served by every worker, and written down once: the document takes more memory while it is made
/// than all else a worker needs.
#[expect(
    missing_debug_implementations,
    reason = "actix-web's configuration has none"
)]
pub enum Routes<'a> {
    Served(&'a mut ServiceConfig),
    Documented(&'a mut OpenApi),
}

impl Routes<'_> {
    pub fn service<H: HttpServiceFactory + OpenApiFactory + 'static>(
        &mut self,
        handler: H,
    ) -> &mut Self {
        match self {
            Self::Served(config) => {
                config.service(handler);
            }
            Self::Documented(document) => {
                document.paths.merge(handler.paths());
                let mut schemas = Vec::new();
                handler.schemas(&mut schemas);
                let components = document.components.get_or_insert_with(Components::new);
                components.schemas.extend(schemas);
            }
        }
        self
    }
}
