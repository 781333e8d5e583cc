//! The commands, as somebody types them in a folder of their own.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::served::Served;

/// A folder to work in, and a database for the commands.
pub struct Console {
    pub folder: tempfile::TempDir,
    pub url: String,
}

impl Console {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("office.db").to_str().unwrap().to_owned();
        Self { folder, url }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_huican"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("HUICAN_DATABASE_URL", &self.url);
        command
    }

    pub fn command_of(&self, url: &str, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.env("HUICAN_DATABASE_URL", url);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    #[track_caller]
    pub fn says(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    pub fn says_when_told(&self, arguments: &[&str], line: &str) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{line}").unwrap();
        child.wait_with_output().unwrap()
    }

    /// The one sentence of a command that cannot be done; `serve` logs its settings before.
    #[track_caller]
    pub fn refuses(&self, arguments: &[&str]) -> String {
        refused(&self.run(arguments))
    }
}

#[track_caller]
pub fn refused(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(!output.status.success(), "{said}");
    let sentences: Vec<_> = said
        .lines()
        .filter(|line| !line.contains(" INFO ") && !line.is_empty())
        .collect();
    assert_eq!(sentences.len(), 1, "{said}");
    sentences[0].trim_start_matches("Password: ").to_owned()
}

pub fn data(file: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data/demo")
        .join(file)
        .to_str()
        .unwrap()
        .to_owned()
}

/// The password of whoever [`Console::furnish`] lets in.
pub const PASSWORD: &str = "three green umbrellas at noon";

impl Console {
    /// Makes the office of a county with one caseworker, `lina`.
    pub fn furnish(&self) {
        self.says(&["migrate"]);
        self.says(&["import", "divisions", &data("divisions.csv")]);
        let create = ["user", "create", "lina", "--display-name", "李娜"];
        assert!(self.says_when_told(&create, PASSWORD).status.success());
        let grant =
            "user grant lina --organization 县残联 --role county_caseworker --division 990121";
        self.says(&grant.split(' ').collect::<Vec<_>>());
    }
}

/// The access token of `lina`.
pub fn sign_in(served: &Served) -> String {
    let body = serde_json::json!({"username": "lina", "password": PASSWORD});
    let (status, pair) = served.call("POST", "/v1/sessions", None, &body);
    assert_eq!(status, 201, "{pair}");
    pair["access_token"].as_str().unwrap().to_owned()
}
