//! The command line: one file a command. Imports everything beneath.
#![expect(
    clippy::print_stderr,
    reason = "this is where the program speaks to a person"
)]

/// Says something on stdout; that nobody listens any more is no fault.
macro_rules! say {
    ($($arg:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stdout(), $($arg)*);
    }};
}

mod audit;
pub mod demo;
mod import;
mod keys;
mod migrate;
mod openapi;
mod serve;
mod setup;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::server::settings::{Flags, Settings};

/// Why a command cannot be done: one sentence for the person at the console.
type Problem = Box<dyn std::error::Error + Send + Sync>;
type Outcome = Result<(), Problem>;

#[derive(Debug, Parser)]
#[command(
    name = "huican",
    version,
    about = "Case management for a Disabled Persons' Federation (惠残)"
)]
struct Cli {
    /// A settings file (TOML); huican.toml is read when it is there
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A file, sqlite://… or postgres://…
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API
    Serve {
        /// Address and port
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<String>,
    },
    /// Make the fictional city in a fresh database and serve it
    Demo(demo::Options),
    /// Bring the database's schema up to date
    Migrate,
    /// Take over a list from a file
    #[command(subcommand)]
    Import(import::What),
    /// Accounts, from the console
    #[command(subcommand)]
    User(user::What),
    /// The record of who did and saw what
    #[command(subcommand)]
    Audit(audit::What),
    /// Newer keys in place of older ones
    #[command(subcommand)]
    Keys(keys::What),
    /// Print the API document
    Openapi,
}

pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("huican: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Outcome {
    let listen = match &cli.command {
        Command::Serve { listen } => listen.clone(),
        Command::Demo(options) => options.listen.clone(),
        _ => None,
    };
    let flags = Flags {
        config: cli.config,
        database_url: cli.database_url,
        listen,
    };
    let environment = |name: &str| std::env::var(name).ok();
    let settings = Settings::load(&flags, environment)?;
    match cli.command {
        Command::Serve { .. } => serve::run(&settings),
        Command::Demo(options) => {
            let asked = flags
                .database_url
                .or_else(|| environment("HUICAN_DATABASE_URL"));
            demo::run(settings, &options, asked.is_some())
        }
        Command::Migrate => migrate::run(&settings),
        Command::Import(what) => import::run(&settings, what),
        Command::User(what) => user::run(&settings, what),
        Command::Audit(what) => audit::run(&settings, what),
        Command::Keys(what) => keys::run(&settings, &what),
        Command::Openapi => openapi::run(),
    }
}
