//! As much of S3 as the archive speaks, over HTTP on this machine: a double of a server, not one.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

use actix_web::dev::ServerHandle;
use actix_web::http::Method;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

/// What lies in it: whole contents by their keys, and parts of what is under way.
#[derive(Default)]
pub struct Shelves {
    pub contents: BTreeMap<String, Vec<u8>>,
    uploads: BTreeMap<String, BTreeMap<u32, Vec<u8>>>,
    /// How large the parts were, but the last of each content.
    pub parts: Vec<usize>,
}

type Shared = Arc<Mutex<Shelves>>;

pub struct Bucket {
    pub address: String,
    pub shelves: Shared,
    server: ServerHandle,
}

const NAME: &str = "office";
const DAY: &str = "Mon, 04 Jul 2022 01:00:00 GMT";

impl Bucket {
    pub fn open() -> Self {
        let shelves = Shared::default();
        let shared = Arc::clone(&shelves);
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::PayloadConfig::new(64 * 1024 * 1024))
                .app_data(web::Data::new(Arc::clone(&shared)))
                .default_service(web::to(answer))
        })
        .workers(1)
        .bind(("127.0.0.1", 0))
        .unwrap();
        let address = format!("http://{}", server.addrs()[0]);
        let running = server.run();
        let handle = running.handle();
        actix_web::rt::spawn(running);
        Self {
            address,
            shelves,
            server: handle,
        }
    }

    pub async fn close(self) {
        self.server.stop(false).await;
    }
}

fn value(query: &str, name: &str) -> Option<String> {
    let mut all = query.split('&').filter_map(|pair| pair.split_once('='));
    all.find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

fn xml(text: String) -> HttpResponse {
    HttpResponse::Ok().content_type("application/xml").body(text)
}

fn content(bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("ETag", "\"1\""))
        .insert_header(("Last-Modified", DAY))
        .content_type("application/octet-stream")
        .body(bytes)
}

fn listed(shelves: &Shelves) -> HttpResponse {
    let mut all = String::new();
    for (key, content) in &shelves.contents {
        write!(
            all,
            "<Contents><Key>{key}</Key><LastModified>2022-07-04T01:00:00.000Z</LastModified><ETag>\"1\"</ETag><Size>{}</Size></Contents>",
            content.len()
        )
        .unwrap();
    }
    xml(format!("<ListBucketResult><IsTruncated>false</IsTruncated>{all}</ListBucketResult>"))
}

async fn answer(
    request: HttpRequest,
    body: web::Bytes,
    shelves: web::Data<Shared>,
) -> HttpResponse {
    let signed = request.headers().get("Authorization");
    let signed = signed.and_then(|value| value.to_str().ok());
    if !signed.is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256 Credential=office-key/")) {
        return HttpResponse::Forbidden().finish();
    }
    let path = request.path().trim_start_matches('/');
    let key = path.strip_prefix(NAME).unwrap().trim_start_matches('/');
    let query = request.query_string();
    let mut shelves = shelves.lock().unwrap();
    let upload = value(query, "uploadId");
    match (request.method().clone(), upload) {
        (Method::GET, None) if key.is_empty() => listed(&shelves),
        (Method::POST, None) if query.starts_with("uploads") => {
            let id = format!("{}-{}", key.replace('/', "-"), shelves.uploads.len());
            shelves.uploads.insert(id.clone(), BTreeMap::new());
            xml(format!(
                "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
            ))
        }
        (Method::PUT, Some(upload)) => {
            let number = value(query, "partNumber").unwrap().parse().unwrap();
            let parts = shelves.uploads.get_mut(&upload).unwrap();
            parts.insert(number, body.to_vec());
            HttpResponse::Ok()
                .insert_header(("ETag", format!("\"{number}\"")))
                .finish()
        }
        (Method::POST, Some(upload)) => {
            let parts = shelves.uploads.remove(&upload).unwrap();
            let sizes: Vec<_> = parts.values().map(Vec::len).collect();
            shelves.parts.extend(&sizes[..sizes.len() - 1]);
            let whole = parts.into_values().flatten().collect();
            shelves.contents.insert(key.to_owned(), whole);
            xml("<CompleteMultipartUploadResult><ETag>\"1\"</ETag></CompleteMultipartUploadResult>".to_owned())
        }
        (Method::DELETE, Some(upload)) => {
            shelves.uploads.remove(&upload);
            HttpResponse::NoContent().finish()
        }
        (Method::GET, None) => match shelves.contents.get(key) {
            Some(bytes) => content(bytes.clone()),
            None => HttpResponse::NotFound().finish(),
        },
        (Method::DELETE, None) => {
            shelves.contents.remove(key);
            HttpResponse::NoContent().finish()
        }
        _ => HttpResponse::NotImplemented().finish(),
    }
}
