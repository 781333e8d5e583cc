//! A whole office for one test: a database of its own with the fictional city in it, a clock that
//! the test moves, and the application that the program serves, called without a network.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::body::to_bytes;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, init_service};
use diesel::connection::SimpleConnection;
use huican::access::sessions::LoginPolicy;
use huican::audit::Origin;
use huican::audit::sealing::Sealer;
use huican::casework::documents::Archive;
use huican::cli::demo::offices;
use huican::db::{DatabaseUrl, Db, Size, Store, migrate};
use huican::kernel::crypto::Keys;
use huican::kernel::given::{Given, ManualClock};
use huican::kernel::time::Timestamp;
use huican::registry::Registrar;
use huican::server::{self, Office};
use serde_json::Value;
use tempfile::TempDir;

use super::postgres::{TestDatabase, cluster};

const CALENDAR: &[u8] = include_bytes!("../../data/calendar-days.csv");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// When the offices opened: everybody's grants hold from that day.
const OPENED: &str = "2022-01-04T01:00:00Z";
/// What time it is when a test begins: Monday, nine in the morning.
const MONDAY: &str = "2022-07-04T01:00:00Z";

pub fn instant(text: &str) -> Timestamp {
    text.parse::<chrono::DateTime<chrono::Utc>>()
        .unwrap()
        .into()
}

/// Lives until the process ends; all databases share its keys.
struct Templates {
    folder: PathBuf,
    keys: Arc<Keys>,
}

fn templates() -> &'static Templates {
    static TEMPLATES: OnceLock<Templates> = OnceLock::new();
    TEMPLATES.get_or_init(|| {
        let folder = templates_folder();
        let keys = Arc::new(Keys::open_or_create(&folder.join("keys")).unwrap());
        Templates { folder, keys }
    })
}

/// Beneath `target/`; what earlier processes left there goes now.
fn templates_folder() -> PathBuf {
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("templates");
    let own = all.join(std::process::id().to_string());
    std::fs::create_dir_all(&own).unwrap();
    for left in std::fs::read_dir(&all).unwrap().filter_map(Result::ok) {
        let processes = Path::new("/proc");
        if processes.exists() && !processes.join(left.file_name()).exists() {
            // Another process may be clearing up as well.
            drop(std::fs::remove_dir_all(left.path()));
        }
    }
    own
}

fn clock_at(text: &str) -> (Arc<ManualClock>, Given) {
    let clock = Arc::new(ManualClock::at(instant(text)));
    (Arc::clone(&clock), Given::new(clock))
}

/// Migrates a database and opens the city's offices in it.
fn furnish(url: &DatabaseUrl) {
    let (_clock, given) = clock_at(OPENED);
    let mut db = url.connect(&given, &templates().keys).unwrap();
    migrate::up(&mut db).unwrap();
    let origin = Origin::system(db.new_id());
    db.write(|tx| huican::casework::calendar::service::import(tx, &origin, CALENDAR))
        .unwrap();
    offices::open(&mut db, &origin).unwrap();
    if url.file().is_some() {
        db.conn()
            .batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")
            .unwrap();
    }
}

fn sqlite_template() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let file = templates().folder.join("template.db");
        furnish(&file.to_str().unwrap().parse().unwrap());
        file
    })
}

/// What is kept alive with a test's database.
enum Home {
    Folder(TempDir),
    Postgres(TestDatabase),
}

type Answering = Pin<Box<dyn Future<Output = Reply>>>;

pub struct TestOffice {
    pub backend: Backend,
    pub url: DatabaseUrl,
    pub clock: Arc<ManualClock>,
    given: Given,
    inner: Office,
    call: Box<dyn Fn(TestRequest) -> Answering>,
    tokens: RefCell<HashMap<String, (String, Timestamp)>>,
    home: Home,
    outside: TempDir,
}

impl TestOffice {
    /// None where PostgreSQL is asked for and not installed.
    pub async fn open(backend: Backend) -> Option<Self> {
        Self::remembering(backend, Duration::ZERO).await
    }

    /// As `open`, where rights are remembered for so long.
    pub async fn remembering(backend: Backend, remembered: Duration) -> Option<Self> {
        let (url, home) = match backend {
            Backend::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let file = folder.path().join("office.db");
                std::fs::copy(sqlite_template(), &file).unwrap();
                (file.to_str().unwrap().to_owned(), Home::Folder(folder))
            }
            Backend::Postgres => {
                let database = cluster()?.clone_of(|url| furnish(&url.parse().unwrap()));
                (database.url().to_owned(), Home::Postgres(database))
            }
        };
        let url: DatabaseUrl = url.parse().unwrap();
        let (clock, given) = clock_at(MONDAY);
        let size = Size {
            readers: NonZeroUsize::new(2).unwrap(),
            writers: NonZeroUsize::new(2).unwrap(),
        };
        let store = Store::open(&url, size, &given, &templates().keys).unwrap();
        let outside = tempfile::tempdir().unwrap();
        let sealer = Sealer::open(&outside.path().join("checkpoints")).unwrap();
        let policy = LoginPolicy {
            remembered,
            ..LoginPolicy::default()
        };
        let archive = Archive::open(&outside.path().join("documents")).unwrap();
        let registrar = Registrar { fictional: true };
        let inner = Office::open(store, registrar, 2, sealer, archive, policy)
            .await
            .unwrap();
        let service = Rc::new(init_service(server::app(&inner)).await);
        let call = Box::new(move |request: TestRequest| -> Answering {
            let service = Rc::clone(&service);
            Box::pin(async move {
                let response = actix_web::test::call_service(&*service, request.to_request()).await;
                let (status, headers) = (response.status(), response.headers().clone());
                let body = to_bytes(response.into_body()).await.ok();
                Reply {
                    status,
                    headers,
                    body: body.map(|bytes| bytes.to_vec()).unwrap_or_default(),
                }
            })
        });
        Some(Self {
            backend,
            url,
            clock,
            given,
            inner,
            call,
            tokens: RefCell::default(),
            home,
            outside,
        })
    }

    /// A connection beside the application's, with its clock.
    pub fn db(&self) -> Db {
        self.url.connect(&self.given, &templates().keys).unwrap()
    }

    /// Where the owner connects.
    pub fn postgres_url(&self) -> String {
        match &self.home {
            Home::Postgres(database) => database.url().to_owned(),
            Home::Folder(_) => panic!("this office is on SQLite"),
        }
    }

    /// Where the database's owner connects.
    pub fn owner_url(&self) -> String {
        match &self.home {
            Home::Postgres(database) => database.url().to_owned(),
            Home::Folder(folder) => folder.path().join("office.db").display().to_string(),
        }
    }

    /// Where a process that serves this office connects: behind the database's fences.
    pub fn service_url(&self) -> String {
        match &self.home {
            Home::Postgres(database) => database.login("huican_served", Some("huican_service")),
            Home::Folder(_) => self.owner_url(),
        }
    }

    /// With which this office, as all of a run, was written.
    pub fn keys_file() -> PathBuf {
        templates().folder.join("keys")
    }

    /// Runs SQL as somebody would who has the database and no scruples; the refusal, if any.
    pub fn sql(&self, text: &str) -> Result<(), String> {
        self.db()
            .conn()
            .batch_execute(text)
            .map_err(|error| error.to_string())
    }

    /// An id as this database writes it.
    pub fn literal(&self, id: &str) -> String {
        match self.backend {
            Backend::Sqlite => format!("x'{}'", id.replace('-', "")),
            Backend::Postgres => format!("'{id}'::uuid"),
        }
    }

    /// A truth as this database writes it.
    pub const fn truth(&self, truth: bool) -> &'static str {
        match (self.backend, truth) {
            (Backend::Sqlite, true) => "1",
            (Backend::Sqlite, false) => "0",
            (Backend::Postgres, true) => "true",
            (Backend::Postgres, false) => "false",
        }
    }

    pub fn store(&self) -> &Store {
        self.inner.store()
    }

    pub fn now(&self) -> Timestamp {
        self.given.now()
    }

    pub fn today(&self) -> chrono::NaiveDate {
        self.given.now().office_date()
    }

    /// The file with the copies of the checkpoints.
    pub fn checkpoints(&self) -> PathBuf {
        self.outside.path().join("checkpoints")
    }

    /// Where documents lie.
    pub fn archive(&self) -> PathBuf {
        self.outside.path().join("documents")
    }

    /// Removes what no document has; how many contents.
    pub async fn sweep(&self) -> usize {
        server::sweep_due(&self.inner).await.unwrap()
    }

    /// Seals what is new; how many entries.
    pub async fn seal(&self) -> usize {
        server::seal_due(&self.inner).await.unwrap()
    }

    /// Runs the simulations that wait; how many.
    pub async fn simulate(&self) -> usize {
        server::simulate_due(&self.inner).await.unwrap()
    }

    /// Does the monthly runs that wait; how many.
    pub async fn entitle(&self) -> usize {
        server::entitle_due(&self.inner).await.unwrap()
    }

    /// Does the assessments of need that wait; how many.
    pub async fn assess(&self) -> usize {
        server::assess_due(&self.inner).await.unwrap()
    }

    /// Moves the clock, and does what is due by then.
    pub async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        server::run_due(&self.inner).await.unwrap();
    }

    pub async fn pass_days(&self, days: u64) {
        self.pass(Duration::from_hours(days * 24)).await;
    }

    /// Somebody who works there, signed in.
    pub async fn as_user(&self, username: &str) -> Client<'_> {
        let now = self.given.now();
        let known = self.tokens.borrow().get(username).cloned();
        let fresh =
            known.filter(|(_, since)| *since <= now && now.since(*since) < Duration::from_mins(9));
        let token = match fresh {
            Some((token, _)) => token,
            None => {
                let body = serde_json::json!({"username": username, "password": offices::PASSWORD});
                let reply = self
                    .anonymous()
                    .post("/v1/sessions", body)
                    .await
                    .expect(201);
                let token = reply["access_token"].as_str().unwrap().to_owned();
                self.tokens
                    .borrow_mut()
                    .insert(username.to_owned(), (token.clone(), now));
                token
            }
        };
        Client {
            office: self,
            token: Some(token),
        }
    }

    pub fn anonymous(&self) -> Client<'_> {
        Client {
            office: self,
            token: None,
        }
    }

    pub fn with_token(&self, token: &str) -> Client<'_> {
        Client {
            office: self,
            token: Some(token.to_owned()),
        }
    }
}

/// Somebody who calls the API.
#[derive(Clone)]
pub struct Client<'o> {
    office: &'o TestOffice,
    token: Option<String>,
}

impl<'o> Client<'o> {
    pub fn request(&self, method: &str, path: &str) -> Request<'o> {
        let method = method.parse().unwrap();
        let mut request = TestRequest::default()
            .method(method)
            .uri(path)
            .peer_addr(([127, 0, 0, 1], 9).into());
        if let Some(token) = &self.token {
            request = request.insert_header(("authorization", format!("Bearer {token}")));
        }
        Request {
            office: self.office,
            request,
        }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.request("GET", path).send().await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.request("DELETE", path).send().await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.request("POST", path).json(&body).send().await
    }

    /// With If-Match.
    pub async fn post_seen(&self, path: &str, version: i64, body: Value) -> Reply {
        self.request("POST", path)
            .seen(version)
            .json(&body)
            .send()
            .await
    }

    pub async fn patch_seen(&self, path: &str, version: i64, body: Value) -> Reply {
        self.request("PATCH", path)
            .seen(version)
            .json(&body)
            .send()
            .await
    }

    /// Adds a file to a case; `said` is the query.
    pub async fn attach(&self, case: &str, said: &str, content: &[u8]) -> Reply {
        self.request("POST", &format!("/v1/cases/{case}/documents?{said}"))
            .content("application/octet-stream", content)
            .send()
            .await
    }

    /// Takes an action on a case as it now is.
    pub async fn act(&self, case: &str, action: &str) -> Reply {
        self.act_saying(case, action, None).await
    }

    pub async fn act_saying(&self, case: &str, action: &str, comment: Option<&str>) -> Reply {
        let now = self.get(&format!("/v1/cases/{case}")).await.expect(200);
        let path = format!("/v1/cases/{case}/transitions");
        let body = serde_json::json!({"action": action, "comment": comment});
        self.post_seen(&path, now["version"].as_i64().unwrap(), body)
            .await
    }
}

/// A request in the making.
pub struct Request<'o> {
    office: &'o TestOffice,
    request: TestRequest,
}

impl Request<'_> {
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.request = self.request.insert_header((name, value));
        self
    }

    pub fn seen(self, version: i64) -> Self {
        self.header("if-match", &format!("\"{version}\""))
    }

    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub fn json(mut self, body: &Value) -> Self {
        self.request = self.request.set_json(body);
        self
    }

    pub fn raw(self, media: &str, body: &str) -> Self {
        self.content(media, body.as_bytes())
    }

    pub fn content(mut self, media: &str, content: &[u8]) -> Self {
        self.request = self
            .request
            .insert_header(("content-type", media))
            .set_payload(content.to_owned());
        self
    }

    pub async fn send(self) -> Reply {
        (self.office.call)(self.request).await
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    /// The JSON body of an answer with this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(
            self.status.as_u16(),
            status,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        if self.body.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    /// The problem document of a refusal with this status and code.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Value {
        let body = self.expect(status);
        assert_eq!(body["code"], code, "{body}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(body["status"], status);
        assert_eq!(body["request_id"].as_str(), self.header("x-request-id"));
        body
    }

    /// As `refused` with 422 `request.invalid`, at this field for this rule.
    #[track_caller]
    pub fn refused_field(&self, pointer: &str, code: &str) -> Value {
        let body = self.refused(422, "request.invalid");
        let errors = body["errors"].as_array().unwrap();
        assert!(
            errors
                .iter()
                .any(|error| error["pointer"] == pointer && error["code"] == code),
            "{pointer} {code} is not among {errors:?}"
        );
        body
    }

    /// As `refused` with 400 `request.malformed`, because of this query parameter.
    #[track_caller]
    pub fn refused_parameter(&self, name: &str, code: &str) {
        let body = self.refused(400, "request.malformed");
        assert_eq!(
            (&body["errors"][0]["pointer"], &body["errors"][0]["code"]),
            (&name.into(), &code.into()),
            "{body}"
        );
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
