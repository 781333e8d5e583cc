//! The API document: collected from the handlers, introduced here, served as YAML and as a page
//! that needs no internet.

use std::collections::BTreeMap;

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};
use tokio::sync::OnceCell;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    AllOf, ComponentsBuilder, ContactBuilder, InfoBuilder, License, Object, ObjectBuilder, OpenApi,
    OpenApiBuilder, RefOr, Schema, Type, tag::TagBuilder,
};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::routes;
use crate::http::{Routes, problem};
use crate::kernel::error::{Code, Error, Result};

const TAGS: [(&str, &str); 11] = [
    (
        "access",
        "Sessions, divisions, organizations, users and their grants",
    ),
    (
        "registry",
        "Residents, certificates, circumstances, disclosure",
    ),
    (
        "programs",
        "What the office offers: dated versions, rules, review steps",
    ),
    ("casework", "Cases from filing to decision"),
    ("subsidies", "Who is entitled to what a month"),
    (
        "rehabilitation",
        "Institutions, what they do with children, and what they are paid",
    ),
    (
        "outreach",
        "Activities, who is most in need, and the visits to them",
    ),
    ("exchange", "What changed, for devices in the field"),
    ("inspection", "The record of who did and saw what"),
    ("health", "For those who run the service"),
    ("problem", "Errors"),
];

const INTRODUCTION: &str = "Case management of a Disabled Persons' Federation (残联) and its county offices.

**Sign in** with `POST /v1/sessions`; send `Authorization: Bearer <access_token>`. Other systems send an API key in its place.
**Lists** answer `{items, next}`; ask for the next page with `cursor=<next>` and the same filter.
**Changes** need `If-Match` with the ETag you saw: missing 428; stale 412 with the `current_version`; of residents, cases and other records that several people write on, also how it is now in `current`, and in `differing` what of yours is otherwise there. The tag stands in quotes, as `ETag` gives it.
**Retries**: send `Idempotency-Key` with a POST, PUT or PATCH; the same key and body get the same answer.
**Offline**: `GET /v1/changes` says what changed in your sight; what was written offline is sent later with both of these, and judged by your rights of then.
**Errors** are `application/problem+json` (RFC 9457); switch on `code`. They are in Chinese unless `Accept-Language: en` asks for English.
**Out of sight is 404**; in sight but not allowed is 403. `x-permit` of an operation names the permission it takes; `GET /v1/me` lists yours.
**Units**: money in fen, months as `2022-07`, dates as `2022-07-04` in Asia/Shanghai, instants in UTC.

### Error codes

| code | status | meaning | 含义 |
|---|---|---|---|
";

/// The document without its operations.
fn introduction() -> OpenApi {
    let codes: Vec<String> = Code::ALL
        .iter()
        .map(|code| {
            let status = problem::status(code.class()).as_u16();
            format!(
                "| `{}` | {status} | {} | {} |",
                code.as_str(),
                code.title_en(),
                code.title_zh()
            )
        })
        .collect();
    let codes = codes.join("\n");
    let info = InfoBuilder::new()
        .title("Huican 惠残")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(format!("{INTRODUCTION}{codes}")))
        .contact(Some(ContactBuilder::new().name(Some("Huican")).build()))
        .license(Some(License::new("Apache-2.0")))
        .build();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    OpenApiBuilder::new()
        .info(info)
        .components(Some(
            problem::components(ComponentsBuilder::new())
                .security_scheme("bearer", bearer)
                .build(),
        ))
        .security(Some([SecurityRequirement::new(
            "bearer",
            Vec::<String>::new(),
        )]))
        .tags(Some(TAGS.map(|(name, text)| {
            TagBuilder::new().name(name).description(Some(text)).build()
        })))
        .build()
}

/// The whole document, as it is served.
#[derive(Debug)]
pub struct Document {
    pub yaml: String,
    pub json: String,
}

impl Document {
    pub fn new() -> Result<Self> {
        let mut api = introduction();
        routes(&mut Routes::Documented(&mut api));
        if let Some(components) = &mut api.components {
            flatten(&mut components.schemas);
        }
        Ok(Self {
            yaml: api.to_yaml().map_err(Error::internal)?,
            json: api.to_json().map_err(Error::internal)?,
        })
    }
}

type Schemas = BTreeMap<String, RefOr<Schema>>;

/// What serde flattens is one object on the wire, and so it is in the document: `allOf` with a part that
/// takes no other fields would be nothing at all.
fn flatten(schemas: &mut Schemas) {
    let flat: Vec<_> = schemas
        .iter()
        .filter_map(|(name, schema)| match schema {
            RefOr::T(Schema::AllOf(all)) => {
                let mut whole = merged(all, schemas)?;
                whole.description.clone_from(&all.description);
                whole.example.clone_from(&all.example);
                Some((name.clone(), RefOr::T(Schema::Object(whole))))
            }
            _ => None,
        })
        .collect();
    schemas.extend(flat);
}

/// All parts as one object, where they are objects all of them.
fn merged(all: &AllOf, schemas: &Schemas) -> Option<Object> {
    let mut whole = ObjectBuilder::new().schema_type(Type::Object).build();
    for part in &all.items {
        let object = object(part, schemas)?;
        whole.required.extend(object.required);
        whole.properties.extend(object.properties);
    }
    Some(whole)
}

fn object(part: &RefOr<Schema>, schemas: &Schemas) -> Option<Object> {
    match part {
        RefOr::Ref(reference) => {
            let (_, name) = reference.ref_location.rsplit_once('/')?;
            object(schemas.get(name)?, schemas)
        }
        RefOr::T(Schema::Object(object)) => Some(object.clone()),
        RefOr::T(Schema::AllOf(all)) => merged(all, schemas),
        RefOr::T(_) => None,
    }
}

/// Made when it is first asked for: most offices never do.
#[derive(Debug, Default)]
pub(super) struct Library(OnceCell<Document>);

impl Library {
    async fn document(&self) -> Result<&Document> {
        self.0
            .get_or_try_init(async || web::block(Document::new).await.map_err(Error::internal)?)
            .await
    }
}

async fn yaml(library: web::Data<Library>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok()
        .content_type("application/yaml; charset=utf-8")
        .body(library.document().await?.yaml.clone()))
}

async fn json(library: web::Data<Library>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(library.document().await?.json.clone()))
}

/// `/openapi.yaml` and the reference page `/docs`.
pub(super) fn pages(config: &mut web::ServiceConfig) {
    config
        .route("/openapi.yaml", web::get().to(yaml))
        .route("/openapi.json", web::get().to(json))
        .route(
            "/docs",
            web::get().to(async || {
                HttpResponse::PermanentRedirect()
                    .insert_header((LOCATION, "/docs/"))
                    .finish()
            }),
        )
        .service(
            SwaggerUi::new("/docs/{_:.*}")
                .config(Config::from("/openapi.json").validator_url("none")),
        );
}
