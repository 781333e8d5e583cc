//! The database's own limit: pgbench with the very statements that the server was heard to send.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::cluster::Cluster;
use crate::load::Measured;
use crate::machine;

/// A statement with its parameters, as PostgreSQL logs them.
pub struct Statement {
    text: String,
    parameters: Vec<Option<String>>,
}

/// The prepared statements among what was overheard, in order. Transaction control, settings, the
/// look at who asks, and the sealer's own work are left out: the limit is the data's alone.
pub fn statements(heard: &str) -> Vec<Statement> {
    let mut found: Vec<Statement> = Vec::new();
    for line in heard.lines() {
        if let Some((_, rest)) = line.split_once("LOG:  execute ") {
            let text = rest.split_once(": ").map_or("", |(_, text)| text);
            found.push(Statement {
                text: text.to_owned(),
                parameters: Vec::new(),
            });
        } else if let (Some((_, said)), Some(last)) =
            (line.split_once("DETAIL:  parameters: "), found.last_mut())
        {
            last.parameters = parameters(said);
        }
    }
    let others = [
        "\"sessions\"",
        "\"grants\"",
        "audit_checkpoints",
        "FROM \"audit_events\"",
        "\"idempotency_keys\"",
        "\"installation\"",
        "\"due_date\" <",
        "\"leased_until\" <",
    ];
    found.retain(|statement| {
        !statement.text.starts_with("SET ")
            && !others.iter().any(|other| statement.text.contains(other))
    });
    found
}

/// `$1 = 'x', $2 = NULL`: quotes inside are doubled.
fn parameters(said: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    let mut rest = said;
    while let Some((_, after)) = rest.split_once(" = ") {
        if let Some(quoted) = after.strip_prefix('\'') {
            let mut value = String::new();
            let mut characters = quoted.char_indices().peekable();
            let mut end = quoted.len();
            while let Some((place, character)) = characters.next() {
                if character != '\'' {
                    value.push(character);
                } else if characters.peek().is_some_and(|(_, next)| *next == '\'') {
                    value.push('\'');
                    characters.next();
                } else {
                    end = place + 1;
                    break;
                }
            }
            values.push(Some(value));
            rest = quoted.get(end..).unwrap_or_default();
        } else {
            values.push(None);
            rest = after.get(4..).unwrap_or_default();
        }
    }
    values
}

/// A pgbench script of one transaction. `variables` are values that each run must have of its own,
/// with the SQL that makes them.
pub fn script(head: &str, statements: &[Statement], variables: &[(String, String)]) -> String {
    let mut script = format!("{head}\nBEGIN;\n");
    for statement in statements {
        let mut text = statement.text.clone();
        let columns = statement.columns();
        for (number, value) in statement.parameters.iter().enumerate().rev() {
            let place = format!("${}", number + 1);
            let mut sql = literal(value.as_deref(), variables);
            // Of what kind something is, the record says in words.
            if columns
                .get(number)
                .is_some_and(|column| column == "\"entity_id\"")
            {
                sql = format!("({sql})::text");
            }
            text = text.replace(&place, &sql);
        }
        let _ = writeln!(script, "{text};");
    }
    script + "COMMIT;\n"
}

fn literal(value: Option<&str>, variables: &[(String, String)]) -> String {
    let Some(value) = value else {
        return "NULL".to_owned();
    };
    let variable = variables.iter().find(|(known, _)| known == value);
    if let Some((_, sql)) = variable {
        return sql.clone();
    }
    let inner = value
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    if let Some((_, sql)) = variables
        .iter()
        .find(|(known, _)| Some(known.as_str()) == inner)
    {
        return format!("ARRAY[{sql}]");
    }
    let mut plain = String::new();
    for character in value.chars() {
        // A colon before a letter would be a variable of pgbench.
        if plain.ends_with(':') && character.is_alphabetic() {
            plain.push(' ');
        }
        plain.push(character);
        if character == '\'' {
            plain.push(character);
        }
    }
    format!("'{plain}'")
}

/// An id of one of the spaces of `city`, made from a number.
pub fn id(space: &str, number: &str) -> String {
    format!("(('0190a000-0000-7000-{space}-' || lpad(({number})::text, 12, '0'))::uuid)")
}

/// Ids that are made up at each request.
pub fn fresh_ids(statements: &[Statement]) -> Vec<String> {
    let made = |statement: &&Statement| {
        let columns = statement.columns();
        columns.first().is_some_and(|column| column == "\"id\"")
    };
    let first = |statement: &Statement| statement.parameters.first().cloned().flatten();
    statements.iter().filter(made).filter_map(first).collect()
}

/// The id of what was written into a table.
pub fn made(statements: &[Statement], table: &str) -> Option<String> {
    let start = format!("INSERT INTO \"{table}\" (\"id\"");
    let statement = statements.iter().find(|one| one.text.starts_with(&start))?;
    statement.parameters.first().cloned().flatten()
}

impl Statement {
    /// Of an INSERT of one row.
    fn columns(&self) -> Vec<String> {
        let list = self.text.strip_prefix("INSERT INTO ").and_then(|rest| {
            let (_, list) = rest.split_once('(')?;
            list.split_once(')').map(|(list, _)| list)
        });
        list.unwrap_or_default()
            .split(", ")
            .map(str::to_owned)
            .collect()
    }
}

/// Runs a script by so many clients, each so many times; `start` is the first value of `k`, less one.
pub fn run(
    cluster: &Cluster,
    database: &str,
    script: &Path,
    clients: usize,
    transactions: usize,
    start: usize,
) -> Outcome<Measured> {
    let postmaster = cluster.postmaster()?;
    let (own, family) = (
        machine::cpu_of_children(),
        machine::cpu_of_family(postmaster),
    );
    let mut command = Command::new(cluster.program("pgbench"));
    command.args([
        "-n",
        "-M",
        "prepared",
        "-j",
        "2",
        "-c",
        &clients.to_string(),
        "-t",
        &transactions.to_string(),
    ]);
    command.args([
        "-D",
        &format!("k={start}"),
        "-D",
        &format!("each={transactions}"),
    ]);
    command.arg("-f").arg(script);
    command.arg(cluster.url("postgres", database));
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = |name: &str| -> Option<f64> {
        let line = said.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let failed = said
        .lines()
        .any(|line| line.starts_with("number of failed transactions: ") && !line.contains(": 0 "));
    let (Some(rate), Some(latency), false) =
        (number("tps = "), number("latency average = "), failed)
    else {
        return Err(format!("pgbench: {}{said}", String::from_utf8_lossy(&output.stderr)).into());
    };
    let done = f64::from(u32::try_from(clients * transactions)?);
    Ok(Measured {
        rate,
        median_ms: latency,
        p99_ms: f64::NAN,
        server_cpu_ms: (machine::cpu_of_children() - own) * 1000.0 / done,
        database_cpu_ms: (machine::cpu_of_family(postmaster) - family) * 1000.0 / done,
    })
}

pub fn write(folder: &Path, name: &str, script: &str) -> Outcome<std::path::PathBuf> {
    let path = folder.join(name);
    std::fs::write(&path, script)?;
    Ok(path)
}
