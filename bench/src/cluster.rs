//! A PostgreSQL with its usual durability, in a folder of its own.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

use crate::Outcome;

const SETTINGS: &str = "
listen_addresses = ''
max_connections = 100
shared_buffers = 1GB
effective_cache_size = 4GB
max_wal_size = 8GB
checkpoint_timeout = 30min
";

pub struct Cluster {
    programs: PathBuf,
    home: PathBuf,
    user: Option<(u32, u32)>,
}

impl Cluster {
    /// Starts what lies in `home`, made when it is missing.
    pub fn start(home: &Path) -> Outcome<Self> {
        let programs = programs().ok_or("no PostgreSQL is installed")?;
        let fresh = !home.join("data").exists();
        fs::create_dir_all(home)?;
        let mut cluster = Self {
            programs,
            home: home.to_owned(),
            user: None,
        };
        // PostgreSQL refuses to run as root.
        if fs::metadata(home)?.uid() == 0 || fs::metadata("/proc/self")?.uid() == 0 {
            let user =
                user_of("postgres").ok_or("running as root, and there is no user postgres")?;
            std::os::unix::fs::chown(home, Some(user.0), Some(user.1))?;
            cluster.user = Some(user);
        }
        if fresh {
            cluster.run(
                "initdb",
                "--pgdata=data --username=postgres --auth=trust --encoding=UTF8 --locale=C",
            )?;
            let socket = home.to_str().ok_or("the folder's name is not UTF-8")?;
            let settings = format!("{SETTINGS}unix_socket_directories = '{socket}'\n");
            let file = home.join("data/postgresql.conf");
            let text = fs::read_to_string(&file)? + &settings;
            fs::write(&file, text)?;
        }
        fs::write(home.join("log"), "")?;
        if let Some((user, group)) = cluster.user {
            std::os::unix::fs::chown(home.join("log"), Some(user), Some(group))?;
        }
        // One that was left running is as good.
        if cluster.run("pg_ctl", "status --pgdata=data").is_err() {
            cluster.run(
                "pg_ctl",
                "start --wait --timeout=60 --silent --pgdata=data --log=log",
            )?;
        }
        Ok(cluster)
    }

    fn run(&self, program: &str, arguments: &str) -> Outcome<()> {
        let mut command = Command::new(self.programs.join(program));
        command
            .args(arguments.split(' '))
            .current_dir(&self.home)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        if command.status()?.success() {
            Ok(())
        } else {
            Err(format!("{program} {arguments} failed in {}", self.home.display()).into())
        }
    }

    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    pub fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@/{database}?host={}", self.home.display())
    }

    pub fn connect(&self, database: &str) -> Outcome<PgConnection> {
        Ok(PgConnection::establish(&self.url("postgres", database))?)
    }

    pub fn postmaster(&self) -> Outcome<u32> {
        let text = fs::read_to_string(self.home.join("data/postmaster.pid"))?;
        Ok(text
            .lines()
            .next()
            .ok_or("postmaster.pid is empty")?
            .parse()?)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the server takes its settings in when it likes"
    )]
    fn settle() {
        std::thread::sleep(std::time::Duration::from_millis(300));
    }

    /// What statements the server hears while `work` runs, as it logs them.
    pub fn overheard(&self, work: impl FnOnce() -> Outcome<()>) -> Outcome<String> {
        let mut admin = self.connect("postgres")?;
        let log = self.home.join("log");
        admin.batch_execute("ALTER SYSTEM SET log_statement = 'all'")?;
        admin.batch_execute("SELECT pg_reload_conf()")?;
        Self::settle();
        let before = usize::try_from(fs::metadata(&log)?.len())?;
        let worked = work();
        Self::settle();
        let text = fs::read(&log)?;
        admin.batch_execute("ALTER SYSTEM RESET log_statement")?;
        admin.batch_execute("SELECT pg_reload_conf()")?;
        Self::settle();
        worked?;
        let heard = text.get(before..).unwrap_or_default();
        Ok(String::from_utf8_lossy(heard).into_owned())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.run("pg_ctl", "stop --mode=fast --silent --pgdata=data"));
    }
}

fn programs() -> Option<PathBuf> {
    let asked = Command::new("pg_config").arg("--bindir").output().ok();
    let said = asked.and_then(|output| String::from_utf8(output.stdout).ok());
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    said.map(|text| PathBuf::from(text.trim()))
        .into_iter()
        .chain(debian.map(|version| version.path().join("bin")))
        .find(|folder| folder.join("initdb").exists() && folder.join("pgbench").exists())
}

fn user_of(name: &str) -> Option<(u32, u32)> {
    let text = fs::read_to_string("/etc/passwd").ok()?;
    let line = text
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}
