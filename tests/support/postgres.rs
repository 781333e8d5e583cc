//! One PostgreSQL for the whole test process, and a database of its own for every test that asks.
//!
//! The server is started from the programs installed here, on a socket in a temporary directory,
//! and is gone when the process is. `HUICAN_TEST_POSTGRES_URL` names a server to use instead (the
//! user must be allowed to create databases); `HUICAN_REQUIRE_POSTGRES` makes it an error that
//! there is none.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::zombie_processes,
    reason = "a test that cannot prepare has failed and says so; the watchdog outlives us"
)]

use std::collections::HashMap;
use std::env;
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};

const URL: &str = "HUICAN_TEST_POSTGRES_URL";
const REQUIRE: &str = "HUICAN_REQUIRE_POSTGRES";

/// Socket addresses hold about 100 bytes, and the server's user must be able to reach it.
const TEMPORARY: &str = "/tmp";

/// What a commit needs to outlive the server.
const DURABLE: &str = "synchronous_commit = on\nfull_page_writes = on\n";

/// Nothing here outlives the process, so nothing needs to survive a power cut.
const SETTINGS: &str = "
listen_addresses = ''
port = 5432
unix_socket_permissions = 0700
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_connections = 300
shared_buffers = 64MB
";

/// Waits until the test process is gone, however it ended, then clears up behind it.
const WATCHDOG: &str = r#"
trap '' HUP INT TERM
cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
    kill -QUIT "$pid" 2>/dev/null
    tries=0
    while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 50 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null
fi
rm -rf "$1"
"#;

/// The server of this process, started on first use. `None` where PostgreSQL is not installed.
pub fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER.get_or_init(Cluster::find).as_ref()
}

pub struct Cluster {
    /// Of the database that the others are created from.
    url: String,
    admin: Mutex<Admin>,
    /// Closed by the end of the process, which is what the watchdog waits for.
    _watchdog: Option<ChildStdin>,
}

struct Admin {
    connection: PgConnection,
    /// By the place in the tests that prepares it.
    templates: HashMap<&'static Location<'static>, String>,
    prefix: String,
    made: u32,
}

/// A database of one test, dropped with it.
pub struct TestDatabase {
    cluster: &'static Cluster,
    name: String,
    url: String,
}

impl TestDatabase {
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of a plain login, made when it is missing, which is a member of a group.
    pub fn login(&self, name: &str, group: Option<&str>) -> String {
        let mut connection = PgConnection::establish(&self.url).expect("connect as the owner");
        let role = |name: &str, how: &str| {
            format!(
                "DO $$ BEGIN CREATE ROLE {name} {how}; \
                 EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;"
            )
        };
        let mut sql = role(name, "LOGIN PASSWORD 'huican'");
        if let Some(group) = group {
            sql += &role(group, "NOLOGIN");
            let grant = format!("GRANT {group} TO {name};");
            sql += &grant;
        }
        connection.batch_execute(&sql).expect("make a login");
        let (scheme, rest) = self.url.split_once("://").expect("a URL");
        let (_owner, place) = rest.split_once('@').expect("a URL with a user");
        format!("{scheme}://{name}:huican@{place}")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Err(error) = self.cluster.admin().drop_database(&self.name) {
            eprintln!("could not drop the test database {}: {error}", self.name);
        }
    }
}

impl Cluster {
    /// A copy of a template database, which `prepare` migrates and fills when it is first asked
    /// for: once a process for every place that calls this.
    #[track_caller]
    pub fn clone_of(&'static self, prepare: impl FnOnce(&str)) -> TestDatabase {
        let place = Location::caller();
        let mut admin = self.admin();
        let template = if let Some(known) = admin.templates.get(place) {
            known.clone()
        } else {
            let name = admin.fresh_name();
            admin
                .create(&name, None)
                .expect("create the template database");
            prepare(&with_database(&self.url, &name));
            admin.close(&name).expect("close the template database");
            admin.templates.insert(place, name.clone());
            name
        };
        let name = admin.fresh_name();
        admin
            .create(&name, Some(&template))
            .expect("copy the template database");
        TestDatabase {
            cluster: self,
            url: with_database(&self.url, &name),
            name,
        }
    }

    /// A test that failed while it held the lock says so itself; the others go on.
    fn admin(&self) -> MutexGuard<'_, Admin> {
        self.admin.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find() -> Option<Self> {
        if let Some(url) = env::var(URL).ok().filter(|url| !url.is_empty()) {
            return Some(Self::at(url, None));
        }
        if let Some(programs) = programs() {
            return Some(Self::start(&programs));
        }
        assert!(
            env::var_os(REQUIRE).is_none(),
            "{REQUIRE} is set, but no PostgreSQL server is installed and {URL} names none"
        );
        notice();
        None
    }

    fn at(url: String, watchdog: Option<ChildStdin>) -> Self {
        let connection = PgConnection::establish(&url).unwrap_or_else(|error| {
            panic!("cannot connect to the PostgreSQL of the tests: {error}")
        });
        let admin = Admin::new(connection).expect("look around on the PostgreSQL of the tests");
        Self {
            url,
            admin: Mutex::new(admin),
            _watchdog: watchdog,
        }
    }

    fn start(programs: &Path) -> Self {
        let server = Server::start(programs, "");
        Self::at(server.url(), Some(server.watchdog))
    }
}

/// A server of our own, which ends with this process.
pub struct Server {
    programs: PathBuf,
    home: PathBuf,
    /// Whom it runs as, where we may not.
    owner: Option<(u32, u32)>,
    watchdog: ChildStdin,
}

impl Server {
    /// One that nobody else uses, where there are programs for it.
    pub fn alone() -> Option<Self> {
        Self::with(DURABLE)
    }

    /// As `alone`, with these settings.
    pub fn with(settings: &str) -> Option<Self> {
        let found = programs().map(|programs| Self::start(&programs, settings));
        assert!(found.is_some() || env::var_os(REQUIRE).is_none());
        found
    }

    fn start(programs: &Path, more: &str) -> Self {
        let home = tempfile::Builder::new()
            .prefix("huican-pg-")
            .tempdir_in(TEMPORARY)
            .expect("make a directory for the test server")
            .keep();
        let watchdog = watch(&home);
        // PostgreSQL refuses to run as root. Whoever owns what we create is who we are.
        let owner = match fs::metadata(&home).expect("look at the directory").uid() {
            0 => Some(unprivileged()),
            _ => None,
        };
        if let Some((user, group)) = owner {
            std::os::unix::fs::chown(&home, Some(user), Some(group))
                .expect("hand the directory over");
        }
        let server = Self {
            programs: programs.to_owned(),
            home,
            owner,
            watchdog,
        };
        let initdb =
            "--pgdata=data --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync";
        server.run("initdb", &initdb.split(' ').collect::<Vec<_>>());
        let socket = server.socket();
        fs::OpenOptions::new()
            .append(true)
            .open(server.home.join("data/postgresql.conf"))
            .and_then(|mut file| {
                writeln!(file, "{SETTINGS}{more}unix_socket_directories = '{socket}'")
            })
            .expect("write the settings of the test server");
        server.go();
        server
    }

    fn socket(&self) -> &str {
        self.home.to_str().expect("a path in plain letters")
    }

    pub fn url(&self) -> String {
        let socket = self.socket();
        format!("postgres://postgres@/postgres?host={socket}&port=5432")
    }

    /// Starts, and recovers if it must.
    pub fn go(&self) {
        let start = "start --wait --timeout=60 --silent --pgdata=data --log=log";
        self.run("pg_ctl", &start.split(' ').collect::<Vec<_>>());
    }

    /// `kill -9` of the server and all its processes.
    pub fn kill(&self) {
        let file = self.home.join("data/postmaster.pid");
        let text = fs::read_to_string(&file).expect("who runs the server");
        let server = text.lines().next().expect("a process id");
        let children = Command::new("pgrep").args(["-P", server]).output();
        let children = String::from_utf8(children.expect("run pgrep").stdout).expect("numbers");
        // One that ended meanwhile cannot be killed.
        let all = ["-9", server].into_iter().chain(children.lines());
        let killed = Command::new("kill")
            .args(all)
            .stderr(Stdio::null())
            .status();
        killed.expect("run kill");
        // Where nobody reaps it, the dead server still has its number.
        for lock in [file, self.home.join(".s.PGSQL.5432.lock")] {
            fs::remove_file(lock).expect("take the lock away");
        }
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(self.programs.join(program));
        command
            .args(arguments)
            .current_dir(&self.home)
            .stdin(Stdio::null())
            .env("LC_ALL", "C");
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("cannot run {program}: {error}"));
        assert!(
            output.status.success(),
            "{program} failed:\n{}{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
            fs::read_to_string(self.home.join("log")).unwrap_or_default()
        );
    }
}

#[derive(QueryableByName)]
struct Backend {
    #[diesel(sql_type = Integer)]
    pid: i32,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    datname: String,
}

impl Admin {
    /// Names carry this process and its connection to the server. On a server that stays, a process
    /// leaves its templates behind: what is named after a connection that has ended goes now.
    fn new(mut connection: PgConnection) -> QueryResult<Self> {
        connection.batch_execute("SET client_min_messages = warning")?;
        let backend: Backend =
            diesel::sql_query("SELECT pg_backend_pid() AS pid").get_result(&mut connection)?;
        let prefix = format!("huican_test_{}_{}", std::process::id(), backend.pid);
        let mut admin = Self {
            connection,
            templates: HashMap::new(),
            prefix,
            made: 0,
        };
        let left: Vec<Name> = diesel::sql_query(
            "SELECT datname::text AS datname FROM pg_database \
             WHERE datname ~ '^huican_test_[0-9]+_[0-9]+_[0-9]+$' \
             AND NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid::text = split_part(datname::text, '_', 4))",
        )
        .load(&mut admin.connection)?;
        for Name { datname } in left {
            // Another process may be clearing up as well, or may not let us.
            let _ = admin.drop_database(&datname);
        }
        Ok(admin)
    }

    fn fresh_name(&mut self) -> String {
        self.made += 1;
        format!("{}_{}", self.prefix, self.made)
    }

    fn create(&mut self, name: &str, template: Option<&str>) -> QueryResult<()> {
        let template = template.unwrap_or("template0");
        self.drop_database(name)?;
        self.connection.batch_execute(&format!(
            "CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'"
        ))
    }

    /// Nobody may be connected to a database while it is copied.
    fn close(&mut self, name: &str) -> QueryResult<()> {
        self.connection.batch_execute(&format!(
            "ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false; \
             SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        ))
    }

    fn drop_database(&mut self, name: &str) -> QueryResult<()> {
        self.connection
            .batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    }
}

/// The same server, another database.
fn with_database(url: &str, name: &str) -> String {
    let (address, parameters) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = address
        .split_once("://")
        .expect("a URL of the form postgres://…");
    let host = rest.split('/').next().unwrap_or_default();
    let question = if parameters.is_empty() { "" } else { "?" };
    format!("{scheme}://{host}/{name}{question}{parameters}")
}

/// Where the server's programs are: what `pg_config` says, beside `postgres` on the path, or the
/// newest version where distributions put them.
fn programs() -> Option<PathBuf> {
    let told = Command::new("pg_config")
        .arg("--bindir")
        .stderr(Stdio::null())
        .output()
        .ok();
    let told = told.filter(|output| output.status.success());
    let told = told.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path)
        .filter_map(|folder| fs::canonicalize(folder.join("postgres")).ok())
        .filter_map(|program| program.parent().map(Path::to_owned));
    let mut installed: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse().ok()?,
                entry.path().join("bin"),
            ))
        })
        .collect();
    installed.sort();
    let installed = installed.into_iter().rev().map(|(_, folder)| folder);
    let complete = |folder: &PathBuf| {
        ["initdb", "pg_ctl", "postgres"]
            .iter()
            .all(|program| folder.join(program).is_file())
    };
    told.into_iter()
        .chain(found)
        .chain(installed)
        .find(complete)
}

/// User and group that the server runs as when the tests run as root.
fn unprivileged() -> (u32, u32) {
    let users = fs::read_to_string("/etc/passwd").expect("read the list of users");
    let ids = |name: &str| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next()? == name).then_some(())?;
            Some((fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
        })
    };
    ids("postgres")
        .or_else(|| ids("nobody"))
        .expect("a user `postgres` or `nobody` to run the server as")
}

fn watch(home: &Path) -> ChildStdin {
    let mut dog = Command::new("sh")
        .args(["-c", WATCHDOG, "watchdog"])
        .arg(home)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("start the watchdog of the test server");
    dog.stdin.take().expect("the watchdog's end of the pipe")
}

/// Straight to the process's stderr: what a test prints is shown only when it fails.
fn notice() {
    let _ = std::io::stderr().write_all(
        format!(
            "\n\
             ****************************************************************\n\
             *  ONLY SQLITE IS TESTED. No PostgreSQL server was found.\n\
             *  Install one (initdb, pg_ctl and postgres), or name one in\n\
             *  {URL}. To make this an error, set\n\
             *  {REQUIRE}=1.\n\
             ****************************************************************\n\n"
        )
        .as_bytes(),
    );
}
