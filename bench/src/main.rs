//! `cargo run --release -p huican-bench`: builds huican, fills both databases with a city of N residents and 3 N
//! cases, and measures huican beside the limits of its databases in the same run, alternating.

mod city;
mod cluster;
mod load;
mod machine;
mod measures;
mod pgbench;
mod report;
mod rules;
mod server;
mod sqlite;

use std::path::PathBuf;

use clap::Parser;

pub type Problem = Box<dyn std::error::Error + Send + Sync>;
pub type Outcome<T> = Result<T, Problem>;

#[derive(Debug, Parser)]
struct Options {
    /// Residents; several sizes show the growth
    #[arg(long, value_delimiter = ',', default_value = "10000,100000")]
    residents: Vec<usize>,
    /// Only the growth: requests to a city of this size beside the smallest
    #[arg(long)]
    growth: Option<usize>,
    /// Only simulations of 24 months, over so many residents on SQLite
    #[arg(long)]
    simulations: Option<usize>,
    /// Only monthly runs, over so many enrollments
    #[arg(long)]
    runs: Option<usize>,
    /// Only rules over columns, beside OpenFisca
    #[arg(long)]
    rules: bool,
    /// Rounds of each pair
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Connections
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// Only this one of the databases
    #[arg(long)]
    only: Option<Database>,
    /// Where the databases are kept between runs
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
    /// Where the results are written, as JSON and Markdown
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Database {
    Sqlite,
    Postgres,
}

fn main() -> Outcome<()> {
    let options = Options::parse();
    if options.rules {
        std::fs::create_dir_all(&options.folder)?;
        let results = rules::measure(&options.folder, options.rounds)?;
        return report::write(&options.results, "rules", &results);
    }
    server::build()?;
    std::fs::create_dir_all(&options.folder)?;
    let folder = options.folder.canonicalize()?;
    let mut results = Vec::new();
    let bench = |residents| measures::Bench {
        folder: folder.clone(),
        residents,
        rounds: options.rounds,
        clients: options.clients,
    };
    if let Some(residents) = options.simulations {
        eprintln!("== simulations over {residents} residents");
        let results = bench(residents).simulations()?;
        return report::write(&options.results, "simulations", &results);
    }
    let databases = [Database::Postgres, Database::Sqlite]
        .into_iter()
        .filter(|database| options.only.is_none_or(|only| only == *database));
    if let Some(enrollments) = options.runs {
        eprintln!("== runs over {enrollments} enrollments");
        for database in databases {
            results.extend(bench(enrollments).runs(database)?);
            report::write(&options.results, "runs", &results)?;
        }
        return Ok(());
    }
    if let Some(large) = options.growth {
        let small = options.residents.iter().min().ok_or("no size")?;
        eprintln!("== growth from {small} to {large} residents");
        for database in databases {
            results.extend(bench(large).growth(&bench(*small), database)?);
            report::write(&options.results, "growth", &results)?;
        }
        return Ok(());
    }
    for residents in &options.residents {
        eprintln!("== {residents} residents");
        for database in databases.clone() {
            results.extend(match database {
                Database::Postgres => bench(*residents).postgres()?,
                Database::Sqlite => bench(*residents).sqlite()?,
            });
        }
        report::write(&options.results, "results", &results)?;
    }
    Ok(())
}
