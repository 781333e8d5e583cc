//! The house: which floor imports what, and what each kind of file may hold. Reads the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Top floor first. Departments on one floor do not import each other.
const FLOORS: [&[&str]; 10] = [
    &["cli"],
    &["server"],
    &["exchange", "indicators", "inspection"],
    &[
        "subsidies",
        "rehabilitation",
        "devices",
        "renovations",
        "employment",
        "outreach",
    ],
    &["casework"],
    &["programs"],
    &["registry"],
    &["access"],
    &["http"],
    &["audit", "db", "sheets", "kernel"],
];

/// The ground has an order of its own.
const GROUND: [&str; 4] = ["audit", "db", "sheets", "kernel"];

const LONGEST_FILE: usize = 500;

struct Source {
    /// Beneath `src/`, with slashes.
    path: String,
    text: String,
}

impl Source {
    fn department(&self) -> &str {
        self.path.split('/').next().unwrap()
    }

    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap()
    }

    /// The code, without comments and without the tests at its end.
    fn code(&self) -> String {
        let code = self.text.split("#[cfg(test)]").next().unwrap();
        let lines = code.lines().map(|line| line.split("//").next().unwrap());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The departments it names after `crate::`.
    fn imports(&self) -> BTreeSet<String> {
        let code = self.code();
        code.split("crate::")
            .skip(1)
            .flat_map(|after| match after.strip_prefix('{') {
                Some(group) => top_level(group),
                None => vec![word(after)],
            })
            .collect()
    }
}

fn word(text: &str) -> String {
    text.chars()
        .take_while(|one| one.is_alphanumeric() || *one == '_')
        .collect()
}

/// The first words of a `{…}` group, whose opening brace is gone.
fn top_level(group: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut entries = vec![String::new()];
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => entries.push(String::new()),
            other if depth == 0 => entries.last_mut().unwrap().push(other),
            _ => {}
        }
    }
    entries
        .iter()
        .map(|entry| word(entry.trim()))
        .filter(|entry| !entry.is_empty())
        .collect()
}

fn sources() -> Vec<Source> {
    fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                into.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|path| Source {
            path: path
                .strip_prefix(&root)
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/"),
            text: fs::read_to_string(&path).unwrap(),
        })
        .filter(|source| !matches!(source.path.as_str(), "main.rs" | "lib.rs"))
        .collect()
}

fn floor(department: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&department))
}

fn may_import(from: &str, to: &str) -> bool {
    let ground = |name: &str| GROUND.iter().position(|one| *one == name);
    match (floor(from), floor(to)) {
        (Some(above), Some(beneath)) if above == beneath => {
            from == to
                || ground(from)
                    .zip(ground(to))
                    .is_some_and(|(above, beneath)| above < beneath)
        }
        (Some(above), Some(beneath)) => above < beneath,
        _ => false,
    }
}

#[track_caller]
fn nobody<'s>(what: &str, sinners: impl Iterator<Item = &'s Source>) {
    let sinners: Vec<_> = sinners.map(|source| source.path.as_str()).collect();
    assert!(sinners.is_empty(), "{what}: {sinners:?}");
}

#[test]
fn a_floor_imports_only_floors_beneath_it() {
    let mut forbidden = Vec::new();
    for source in sources() {
        assert!(
            floor(source.department()).is_some(),
            "{} is on no floor",
            source.path
        );
        for import in source.imports() {
            // A macro of the department's own is named like one.
            let is_department = floor(&import).is_some();
            if is_department && !may_import(source.department(), &import) {
                forbidden.push(format!("{} imports {import}", source.path));
            }
        }
    }
    assert!(forbidden.is_empty(), "{forbidden:#?}");
}

#[test]
fn the_rules_above_catch_what_they_should() {
    let source = |text: &str| Source {
        path: "registry/service.rs".to_owned(),
        text: text.to_owned(),
    };
    let group = source(
        "use crate::{casework, db::{Db, Tx}, kernel};\n// crate::cli\nlet x = crate::server::run();",
    );
    assert_eq!(
        group.imports().into_iter().collect::<Vec<_>>(),
        ["casework", "db", "kernel", "server"]
    );
    assert!(may_import("casework", "registry") && !may_import("registry", "casework"));
    assert!(
        !may_import("exchange", "inspection")
            && may_import("audit", "db")
            && !may_import("db", "audit")
    );
}

#[test]
fn models_are_pure() {
    let all = sources();
    let impure = [
        "diesel",
        "actix",
        "std::fs",
        "SystemTime",
        "Utc::now",
        "random(",
        "crate::db",
    ];
    let models = all.iter().filter(|source| {
        source.name() == "model.rs"
            || source.path.contains("/model/")
            || source.department() == "kernel"
    });
    // What hands the clock and randomness in, and keeps the keys.
    let given = [
        "kernel/given.rs",
        "kernel/crypto/mod.rs",
        "kernel/crypto/file.rs",
        "kernel/crypto/keys.rs",
    ];
    // The seam between casework and the services above names the transaction they write in.
    let seam = ["casework/cases/model.rs"];
    nobody(
        "no diesel, actix, files, clock or randomness in a model",
        models
            .filter(|source| {
                !given.contains(&source.path.as_str()) && !seam.contains(&source.path.as_str())
            })
            .filter(|source| impure.iter().any(|word| source.code().contains(word))),
    );
}

#[test]
fn only_stores_name_tables() {
    let all = sources();
    nobody(
        "db::schema is named by store.rs and db/ alone",
        all.iter()
            .filter(|source| source.code().contains("schema::") && source.name() != "store.rs")
            .filter(|source| {
                // `migrate::schema` is the state of the schema, not a table.
                source.department() != "db"
                    && source
                        .code()
                        .replace("migrate::schema", "")
                        .contains("db::schema")
            }),
    );
    nobody(
        "SQL as text is written in db/ alone",
        all.iter()
            .filter(|source| source.department() != "db" && source.code().contains("sql_query")),
    );
}

#[test]
fn only_the_edge_knows_http() {
    let all = sources();
    // The permit extractor, and the pool that passwords are hashed on.
    let extractors = ["access/permit.rs", "access/users/password.rs"];
    nobody(
        "actix_web is named by api.rs, http/, server/ and cli/ alone",
        all.iter()
            .filter(|source| source.code().contains("actix_web"))
            .filter(|source| !matches!(source.department(), "http" | "server" | "cli"))
            .filter(|source| source.name() != "api.rs" && !source.path.contains("/api/"))
            .filter(|source| !extractors.contains(&source.path.as_str())),
    );
}

#[test]
fn only_the_audit_makes_records_and_only_the_console_sees_everything() {
    let all = sources();
    nobody(
        "`impl Record` belongs to audit/",
        all.iter().filter(|source| {
            source.code().contains("impl Record for") && source.department() != "audit"
        }),
    );
    nobody(
        "the scope of everything belongs to cli/",
        all.iter()
            .filter(|source| source.code().contains("everywhere("))
            .filter(|source| {
                source.department() != "cli" && source.path != "access/divisions/service.rs"
            }),
    );
    nobody(
        "the reach of everything belongs to cli/, to jobs and to the sealer",
        all.iter()
            .filter(|source| source.code().contains("Reach::EVERYTHING"))
            .filter(|source| {
                !["cli", "db"].contains(&source.department())
                    && !["server/jobs.rs", "audit/sealing/sealer.rs"]
                        .contains(&source.path.as_str())
            }),
    );
    nobody(
        "only a registration, a transfer, what excludes a benefit or speaks against a payment, what counts or names a person with all their records, who is tied to whom, who waits for an institution, what a person's cap leaves, what was done to a dwelling, whom a payment was for and why, and whoever looks for the least busy ask every office",
        all.iter()
            .filter(|source| source.code().contains("in_every_office("))
            .filter(|source| {
                ![
                    "db/reach.rs",
                    "registry/residents/store.rs",
                    "registry/bank_accounts/store.rs",
                    "renovations/dwellings/store.rs",
                    "renovations/projects/store.rs",
                    "registry/households/store.rs",
                    "casework/recusals/service.rs",
                    "casework/tasks/store.rs",
                    "casework/transfers/service.rs",
                    "casework/transfers/store.rs",
                    "subsidies/enrollments/subsidies.rs",
                    // Why something was due here to somebody who has moved since.
                    "subsidies/entitlements/service.rs",
                    // Whom a payment names, wherever they live by now.
                    "subsidies/batches/files.rs",
                    "subsidies/public_lists/service.rs",
                    "subsidies/batches/steps.rs",
                    "subsidies/flags/finding.rs",
                    "subsidies/flags/store.rs",
                    "rehabilitation/plans/line/store.rs",
                    "rehabilitation/settlements/caps/service.rs",
                    "rehabilitation/settlements/service.rs",
                    "rehabilitation/needs/service.rs",
                    "rehabilitation/screenings/service.rs",
                    // Who has a device already, under whichever record, and whether somebody looked where its holder lives.
                    "devices/allocations/service.rs",
                    "devices/allocations/store.rs",
                    "devices/recalls/service.rs",
                    // Whose work counts, and whose certificate was valid.
                    "employment/persons.rs",
                    "employment/placements/counting.rs",
                    "employment/seekers/graduates.rs",
                    "employment/levies/service.rs",
                    // Who had a hand in the case complained of.
                    "outreach/petitions/steps.rs",
                    // Who came to activities, by all their records.
                    "outreach/activities/counting.rs",
                ]
                .contains(&source.path.as_str())
            }),
    );
    nobody(
        "only a transfer, what an institution settles, what is planned or found where whoever has a device or a renovated home lives by now, and what a township writes on another record of a person in its county, reach beyond their own",
        all.iter()
            .filter(|source| source.code().contains(".reaching("))
            .filter(|source| {
                ![
                    "casework/transfers/service.rs",
                    "rehabilitation/settlements/caps/service.rs",
                    "rehabilitation/settlements/service.rs",
                    "devices/allocations/steps.rs",
                    "devices/checks/service.rs",
                    "devices/recalls/service.rs",
                    "renovations/visits/service.rs",
                    "employment/persons.rs",
                    // A petition that goes to the office that is competent.
                    "outreach/petitions/steps.rs",
                ]
                .contains(&source.path.as_str())
                    && source.department() != "db"
            }),
    );
}

#[test]
fn every_file_says_what_it_is_for_and_stays_readable() {
    let all = sources();
    nobody(
        "a file begins with `//!`",
        all.iter().filter(|source| !source.text.starts_with("//!")),
    );
    nobody(
        "a file that grows past 500 lines becomes a folder",
        all.iter()
            .filter(|source| source.text.lines().count() > LONGEST_FILE),
    );
}

/// Of two schemas with one name the document has but one, and it is wrong of the other.
/// What clients write is read in one way: chrono itself takes `2022-7-5`, and years before Christ.
#[test]
fn dates_of_requests_are_read_by_the_kernel() {
    fn lax(code: &str) -> bool {
        let mut structs = code.split("#[derive(").skip(1);
        structs.any(|one| {
            let derived = one.split(')').next().unwrap();
            let body = one.split("\n}").next().unwrap();
            let derived: Vec<_> = derived.split(',').map(str::trim).collect();
            // What is written, too, is kept for ourselves, but for a query, which its cursors hold.
            let kept = derived.contains(&"Serialize") && !body.contains("Query {");
            let asked = derived.contains(&"Deserialize") && !kept;
            let lines: Vec<_> = body.lines().collect();
            asked
                && (1..lines.len()).any(|at| {
                    let above = lines[..at].iter().rev();
                    let mut above = above.take_while(|line| line.trim().starts_with("#["));
                    lines[at].contains(": ")
                        && lines[at].contains("NaiveDate")
                        && !above.any(|line| line.contains("deserialize_with = \"date::"))
                })
        })
    }
    assert!(lax(
        "#[derive(Deserialize)]\nstruct New {\n    day: NaiveDate,\n}"
    ));
    assert!(!lax(
        "#[derive(Serialize)]\nstruct Body {\n    day: NaiveDate,\n}"
    ));
    nobody(
        "reads dates as chrono does",
        sources().iter().filter(|source| lax(&source.code())),
    );
}

#[test]
fn no_two_schemas_have_one_name() {
    let (mut names, mut twice) = (BTreeSet::new(), Vec::new());
    for source in sources() {
        let text = source.code();
        for declared in text.split("ToSchema").skip(1) {
            // What lies between the derive and the body, and names it.
            let Some((head, _)) = declared.split_once(" {") else {
                continue;
            };
            let given = head.split_once("(as = ").map(|(_, rest)| rest);
            let own = ["struct ", "enum "]
                .iter()
                .find_map(|kind| head.split_once(kind).map(|(_, rest)| rest));
            let Some(name) = given.or(own) else { continue };
            let name: String = name
                .chars()
                .take_while(|one| one.is_alphanumeric())
                .collect();
            if head.starts_with([')', ',']) && !name.is_empty() && !names.insert(name.clone()) {
                twice.push(format!("{}: {name}", source.path));
            }
        }
        for declared in text.split("vocabulary! {").skip(1) {
            let (_, rest) = declared.split_once("pub enum ").unwrap();
            let (name, _) = rest.split_once(" {").unwrap();
            if !names.insert(name.to_owned()) {
                twice.push(format!("{}: {name}", source.path));
            }
        }
    }
    assert!(names.len() > 400, "{names:?}");
    assert!(twice.is_empty(), "{twice:?}");
}
