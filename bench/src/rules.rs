//! Rules over columns, beside the same programs in OpenFisca-Core vectorised with numpy.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use huican::kernel::impairment::{Component, ImpairmentType};
use huican::programs::Rules;
use huican::programs::rules::schema::{FACTS, Kind};
use huican::programs::rules::{Compiled, People, Tables, amount_of, read};
use serde::Deserialize;

use crate::Outcome;
use crate::report::{Budget, Finding, median};

const PROGRAMS: &str = include_str!("../../data/demo/programs.json");
const YARDSTICK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openfisca.py");
const OPENFISCA: &str = "openfisca-core==46.0.1";
const PEOPLE: usize = 1_000_000;
/// Those that `openfisca.py` has, too.
pub const MEASURED: [&str; 5] = [
    "nursing_subsidy",
    "living_subsidy",
    "social_insurance_subsidy",
    "home_renovation",
    "child_rehabilitation",
];

#[derive(Deserialize)]
struct File {
    programs: Vec<Program>,
}

#[derive(Deserialize)]
struct Program {
    code: String,
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    rules: Rules,
}

fn programs() -> Outcome<Vec<(String, Rules, Compiled)>> {
    let file: File = serde_json::from_str(PROGRAMS)?;
    let latest = file.programs.into_iter().filter_map(|mut program| {
        let measured = MEASURED.contains(&program.code.as_str());
        let version = program.versions.pop().filter(|_| measured)?;
        Some((program.code, version.rules))
    });
    latest
        .map(|(code, rules)| match read(&rules) {
            Ok((compiled, _doubts)) => Ok((code, rules, compiled)),
            Err(problems) => Err(format!("{code}: {problems:?}").into()),
        })
        .collect()
}

/// A generator whose sequence is always the same.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

fn draw(count: usize) -> Outcome<People> {
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    let mut people = People::unknown(count);
    for (place, fact) in FACTS.iter().enumerate() {
        let (lowest, highest) = fact.kind.range();
        let span = u64::try_from(highest - lowest + 1)?;
        for person in 0..count {
            let value = match fact.kind {
                // The living, for the most part.
                Kind::Date => None,
                Kind::Truth if fact.path == "certificate.valid" => Some(chance.below(10) > 0),
                Kind::Truth => Some(chance.below(20) == 0),
                _ => {
                    let value = lowest + i64::try_from(chance.below(span.min(100)))?;
                    people.set(place, person, i32::try_from(value).ok());
                    continue;
                }
            };
            people.set(place, person, value.map(i32::from));
        }
    }
    for person in 0..count {
        let mut components = Vec::new();
        for kind in ImpairmentType::ALL.iter().take(6) {
            let level = u8::try_from(chance.below(24))?;
            if let Ok(severity_level) = level.try_into() {
                components.push(Component {
                    impairment_type: *kind,
                    severity_level,
                });
            }
        }
        people.set_components(person, &components);
    }
    Ok(people)
}

/// What OpenFisca does, in person-months a second; its environment is made once.
fn yardstick(folder: &Path) -> Outcome<f64> {
    let environment = folder.join("openfisca");
    let python = environment.join("bin/python");
    if !python.exists() {
        run(Command::new("python3")
            .args(["-m", "venv"])
            .arg(&environment))?;
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", OPENFISCA, "numpy"]))?;
    }
    let output = Command::new(&python)
        .args([YARDSTICK, &PEOPLE.to_string(), "5"])
        .output()?;
    let said = String::from_utf8(output.stdout)?;
    let rates: Vec<f64> = said.lines().map(str::parse).collect::<Result<_, _>>()?;
    if rates.is_empty() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(median(&rates))
}

fn run(command: &mut Command) -> Outcome<()> {
    if command.status()?.success() {
        Ok(())
    } else {
        Err(format!("{command:?} failed").into())
    }
}

pub fn measure(folder: &Path, rounds: usize) -> Outcome<Vec<Finding>> {
    let programs = programs()?;
    let people = draw(PEOPLE)?;
    let months = f64::from(u32::try_from(PEOPLE * programs.len())?);
    let pass = || {
        let begun = Instant::now();
        let mut cost = 0;
        for (_, _, compiled) in &programs {
            let tables = Tables::of(&compiled.parameters, "990121103201".parse()?);
            compiled.run(&people, &tables, |_from, holds, amounts| {
                let due = holds.iter().zip(amounts);
                cost += due
                    .filter_map(|(holds, amount)| amount_of(*holds, *amount))
                    .sum::<i64>();
            });
        }
        if cost == 0 {
            return Err("nobody is entitled to anything".into());
        }
        Outcome::Ok(months / begun.elapsed().as_secs_f64())
    };
    let (mut rates, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        // As many passes as there are of theirs, and one to warm up.
        pass()?;
        let ours: Vec<f64> = (0..5).map(|_| pass()).collect::<Outcome<_>>()?;
        rates.push(median(&ours));
        theirs.push(yardstick(folder)?);
    }
    let ratios: Vec<_> = rates
        .iter()
        .zip(&theirs)
        .map(|(one, other)| one / other)
        .collect();
    let beside = format!(
        "{:.0} million person-months a second beside {:.0} million",
        median(&rates) / 1e6,
        median(&theirs) / 1e6
    );
    let vectorised = Finding::of(
        (PEOPLE, "–"),
        "5 programs over 1,000,000 residents",
        "OpenFisca-Core with numpy",
        ratios,
        Budget::AtLeast(1.3),
        beside,
    );
    let one = draw(1)?;
    let mut explained = Vec::new();
    let mut decided = Vec::new();
    for _ in 0..rounds {
        decided.push(each(|| {
            for (_, _, compiled) in &programs {
                let tables = Tables::of(&compiled.parameters, "990121103201".parse()?);
                compiled.run(&one, &tables, |_from, holds, _| {
                    drop(std::hint::black_box(holds.to_vec()))
                });
            }
            Ok(())
        })?);
        explained.push(each(|| {
            if let Some((_, rules, compiled)) = programs.first() {
                let tables = Tables::of(&compiled.parameters, "990121103201".parse()?);
                drop(std::hint::black_box(compiled.judge(
                    &rules.clauses,
                    &one,
                    &tables,
                    0,
                )));
            }
            Ok(())
        })?);
    }
    let micros = |work: &str, budget: f64, taken: &[f64]| {
        Finding::of(
            (1, "–"),
            work,
            &format!("{budget} µs"),
            taken.iter().map(|one| one / budget).collect(),
            Budget::AtMost(1.0),
            format!("{:.1} µs", median(taken)),
        )
    };
    Ok(vec![
        vectorised,
        micros("5 programs over one resident", 5.0, &decided),
        micros("an explanation in both languages", 20.0, &explained),
    ])
}

/// Microseconds for one of ten thousand.
fn each(mut work: impl FnMut() -> Outcome<()>) -> Outcome<f64> {
    const TIMES: u32 = 10_000;
    let begun = Instant::now();
    for _ in 0..TIMES {
        work()?;
    }
    Ok(begun.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES))
}
