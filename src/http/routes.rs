//! Where each department says which handlers it has.

use std::collections::BTreeMap;

use actix_web::dev::HttpServiceFactory;
use actix_web::web::ServiceConfig;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::{Components, OpenApi};
use utoipa_actix_web::OpenApiFactory;

/// Handlers are served by every worker, and written down only when somebody asks for the document: making it
/// takes more memory than all else a worker needs.
#[expect(
    missing_debug_implementations,
    reason = "actix-web's configuration has none"
)]
pub enum Routes<'a> {
    Served(&'a mut ServiceConfig, &'a mut Methods),
    Documented(&'a mut OpenApi),
}

/// What each address takes, as an `Allow` header lists it.
#[derive(Debug, Default)]
pub struct Methods(BTreeMap<String, String>);

impl Methods {
    pub fn of(&self, path: &str) -> &str {
        self.0.get(path).map_or("", String::as_str)
    }

    fn add(&mut self, path: String, method: &HttpMethod) {
        let methods = self.0.entry(path).or_default();
        if !methods.is_empty() {
            methods.push_str(", ");
        }
        methods.push_str(match method {
            HttpMethod::Get => "GET",
            HttpMethod::Post => "POST",
            HttpMethod::Put => "PUT",
            HttpMethod::Delete => "DELETE",
            HttpMethod::Options => "OPTIONS",
            HttpMethod::Head => "HEAD",
            HttpMethod::Patch => "PATCH",
            HttpMethod::Trace => "TRACE",
        });
    }
}

impl Routes<'_> {
    pub fn service<H: HttpServiceFactory + OpenApiFactory + utoipa::Path + 'static>(
        &mut self,
        handler: H,
    ) -> &mut Self {
        match self {
            Self::Served(config, methods) => {
                for method in H::methods() {
                    methods.add(H::path(), &method);
                }
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
