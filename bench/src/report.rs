//! What was found, for people and for programs.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::Outcome;

/// One line of the budgets.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    pub residents: usize,
    pub database: &'static str,
    pub work: String,
    /// What it was measured beside.
    pub beside: String,
    /// huican divided by the limit, round for round.
    pub ratios: Vec<f64>,
    pub median: f64,
    pub budget: Budget,
    pub met: bool,
    /// The figures behind it, of this machine in this run.
    pub figures: String,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Budget {
    AtLeast(f64),
    AtMost(f64),
}

impl Budget {
    fn met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(limit) => value >= limit,
            Self::AtMost(limit) => value <= limit,
        }
    }

    fn shown(self) -> String {
        match self {
            Self::AtLeast(limit) => format!("≥ {limit}"),
            Self::AtMost(limit) => format!("≤ {limit}"),
        }
    }
}

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

impl Finding {
    pub fn of(
        (residents, database): (usize, &'static str),
        work: &str,
        beside: &str,
        ratios: Vec<f64>,
        budget: Budget,
        figures: String,
    ) -> Self {
        let median = median(&ratios);
        let finding = Self {
            residents,
            database,
            work: work.to_owned(),
            beside: beside.to_owned(),
            median,
            ratios,
            met: budget.met(median),
            budget,
            figures,
        };
        eprintln!("  {}", finding.line());
        finding
    }

    fn line(&self) -> String {
        let lowest = self.ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = self.ratios.iter().copied().fold(0.0, f64::max);
        format!(
            "| {} | {} | {} | {} | {:.2} ({lowest:.2}–{highest:.2}) | {} | {} | {} |",
            self.residents,
            self.database,
            self.work,
            self.beside,
            self.median,
            self.budget.shown(),
            if self.met { "yes" } else { "**no**" },
            self.figures
        )
    }
}

pub fn write(folder: &Path, name: &str, findings: &[Finding]) -> Outcome<()> {
    fs::create_dir_all(folder)?;
    fs::write(
        folder.join(format!("{name}.json")),
        serde_json::to_string_pretty(findings)? + "\n",
    )?;
    let mut text = String::from(
        "# Measured\n\nBy `cargo run --release -p huican-bench`. Each figure is a ratio to something run beside it in the \
         same run, round by round in turn: the median, and the range of the rounds. Absolute figures tell of one machine \
         on one day, with other work on it.\n\n\
         | Residents | Database | Work | Beside | Ratio | Budget | Met | Figures |\n|---|---|---|---|---|---|---|---|\n",
    );
    for finding in findings {
        let _ = writeln!(text, "{}", finding.line());
    }
    fs::write(folder.join(format!("{name}.md")), text)?;
    Ok(())
}
