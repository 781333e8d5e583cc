//! Use cases of financial disclosure.

use std::collections::{BTreeMap, HashMap};

use super::model::{FinancialDisclosure, Period, PeriodLength};
use super::store;
use crate::access::Scope;
use crate::db::Db;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Fen;
use crate::programs;
use crate::subsidies::ledger::EntryKind;

/// What each program came to in each period; programs without money in a period are left out of it.
pub fn disclose(
    db: &mut Db,
    scope: &Scope,
    division: Option<DivisionCode>,
    length: PeriodLength,
    periods: Vec<Period>,
) -> Result<Vec<FinancialDisclosure>> {
    let programs = programs::service::all(db)?;
    let programs: HashMap<_, _> = programs
        .into_iter()
        .map(|program| (program.code.clone(), program))
        .collect();
    let mut all = Vec::new();
    for (name, from, to) in periods {
        let mut found: BTreeMap<String, FinancialDisclosure> = BTreeMap::new();
        for (program, kind, amount, times) in store::booked(db, scope, (from, to))? {
            let one = found.entry(program).or_default();
            book(one, kind, amount, times)
                .ok_or_else(|| Error::internal("books beyond counting"))?;
        }
        for (program, persons) in store::persons(db, scope, (from, to))? {
            found.entry(program).or_default().persons = persons;
        }
        if length == PeriodLength::Year {
            let year = name.parse().map_err(Error::internal)?;
            for (program, budget) in budgets(db, scope, year)? {
                found.entry(program).or_default().budget_fen = Some(budget);
            }
        }
        for (code, one) in found {
            let program = programs.get(&code);
            let within = division.map_or_else(String::new, |code| format!("&division_code={code}"));
            all.push(FinancialDisclosure {
                program_name_zh: program.map_or_else(String::new, |one| one.name_zh.clone()),
                program_name_en: program.map_or_else(String::new, |one| one.name_en.clone()),
                period: name.clone(),
                from_date: from,
                to_date: to,
                entries: format!(
                    "/v1/ledger-entries?program_code={code}{within}&from_date={from}&to_date={to}"
                ),
                program_code: code,
                ..one
            });
        }
    }
    Ok(all)
}

/// Adds what was booked so many times; nothing where that cannot be counted.
fn book(one: &mut FinancialDisclosure, kind: EntryKind, amount: Fen, times: i64) -> Option<()> {
    let sum = amount.checked_mul(times)?;
    let (figure, more) = match kind {
        EntryKind::Due => (&mut one.due_fen, true),
        EntryKind::Reversal => (&mut one.due_fen, false),
        EntryKind::Release => (&mut one.released_fen, true),
        EntryKind::Return => (&mut one.returned_fen, true),
        EntryKind::Offset => (&mut one.offset_fen, true),
        EntryKind::OffsetReturn => (&mut one.offset_fen, false),
        EntryKind::Overpaid => (&mut one.overpaid_fen, true),
        EntryKind::Withdrawal => (&mut one.overpaid_fen, false),
        EntryKind::Refund => (&mut one.refunded_fen, true),
        EntryKind::WriteOff => (&mut one.written_off_fen, true),
    };
    *figure = if more {
        figure.checked_add(sum)?
    } else {
        figure.checked_sub(sum)?
    };
    Some(())
}

/// The last revision of each county's budget, summed by program.
fn budgets(db: &mut Db, scope: &Scope, year: i32) -> Result<HashMap<String, Fen>> {
    let mut last: HashMap<(String, DivisionCode), (i32, Fen)> = HashMap::new();
    for (program, division, revision, amount) in store::budgeted(db, scope, year)? {
        let known = last
            .entry((program, division))
            .or_insert((revision, amount));
        if revision > known.0 {
            *known = (revision, amount);
        }
    }
    let mut sums: HashMap<String, Fen> = HashMap::new();
    for ((program, _), (_, amount)) in last {
        let sum = sums.entry(program).or_default();
        let more = sum.checked_add(amount);
        *sum = more.ok_or_else(|| Error::internal("budgets beyond counting"))?;
    }
    Ok(sums)
}
