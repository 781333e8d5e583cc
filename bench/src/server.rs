//! huican itself, as a program.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::load::{Client, Request};

pub struct Server {
    child: Child,
    pub address: String,
    /// From its start until it answered that it is ready.
    pub start: Duration,
}

/// Builds the program that is measured, as it is released.
pub fn build() -> Outcome<()> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let built = Command::new(cargo)
        .args(["build", "--release", "--locked", "--package", "huican"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    if built.success() {
        Ok(())
    } else {
        Err("huican could not be built".into())
    }
}

/// The program beside this one.
pub fn program() -> Outcome<std::path::PathBuf> {
    let own = std::env::current_exe()?;
    let program = own.with_file_name("huican");
    if program.exists() {
        Ok(program)
    } else {
        Err(format!("{} is missing: cargo build --release", program.display()).into())
    }
}

impl Server {
    pub fn start(url: &str, keys: &Path) -> Outcome<Self> {
        let began = Instant::now();
        let mut child = Command::new(program()?)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("HUICAN_DATABASE_URL", url)
            .env("HUICAN_KEYS", keys)
            .env("HUICAN_FICTIONAL_DIVISIONS", "true")
            .stderr(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(child.stderr.take().ok_or("no log")?);
        let mut log = String::new();
        while !log.contains("listening") {
            if lines.read_line(&mut log)? == 0 {
                return Err(format!("huican did not start: {log}").into());
            }
        }
        let address = log
            .split("address=")
            .nth(1)
            .and_then(|rest| rest.split_whitespace().next());
        let address = address.ok_or("no address")?.to_owned();
        Client::connect(&address)?.expect(200, &Request::get("/health/ready".to_owned()))?;
        let start = began.elapsed();
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Ok(Self {
            child,
            address,
            start,
        })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
