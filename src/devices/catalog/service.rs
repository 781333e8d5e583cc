//! Use cases of the device catalog.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::file::{CatalogFile, CatalogRow};
use super::model::{CatalogRowOutcome, DeviceItem, ItemKey};
use super::store;
use crate::access::{Permit, acts};
use crate::audit::Event;
use crate::db::{Db, Recorded, Tx};
use crate::kernel::crypto::hex;
use crate::kernel::error::{Code, FieldError, Result};
use crate::kernel::time::Timestamp;

pub use super::store::{Filter, page};

/// What holds of a code on a day.
pub fn item(db: &mut Db, key: &ItemKey, on: NaiveDate) -> Result<DeviceItem> {
    let versions = store::versions(db, key)?;
    held(&versions, on)
        .cloned()
        .ok_or_else(|| Code::DeviceItemNotFound.into())
}

/// What held of a code at an instant, as far as it was laid down by then: what is laid down later and reaches back does not
/// change what was granted.
pub fn item_then(db: &mut Db, key: &ItemKey, at: Timestamp) -> Result<DeviceItem> {
    let mut versions = store::versions(db, key)?;
    versions.retain(|version| version.recorded_at <= at);
    held(&versions, at.office_date())
        .cloned()
        .ok_or_else(|| Code::DeviceItemNotFound.into())
}

/// As [`item`], if it is subsidized then.
pub fn listed_item(db: &mut Db, key: &ItemKey, on: NaiveDate) -> Result<DeviceItem> {
    let item = item(db, key, on)?;
    if item.listed {
        Ok(item)
    } else {
        Err(Code::DeviceItemUnlisted.into())
    }
}

/// Of what reaches a day, what was recorded last.
fn held(versions: &[DeviceItem], on: NaiveDate) -> Option<&DeviceItem> {
    versions
        .iter()
        .rfind(|version| version.effective_from_date <= on)
}

/// What codes are called, and in which unit they are counted.
pub type Called = HashMap<ItemKey, (String, String)>;

/// What some codes are called: as was last laid down.
pub fn called(db: &mut Db, keys: &[ItemKey]) -> Result<Called> {
    let all = store::versions_of(db, keys)?;
    let name = |(key, versions): (ItemKey, Vec<DeviceItem>)| {
        let last = versions.into_iter().next_back()?;
        Some((key, (last.name_zh, last.unit)))
    };
    Ok(all.into_iter().filter_map(name).collect())
}

/// A code with its history, and what it became of and became.
#[derive(Debug)]
pub struct Shown {
    pub current: DeviceItem,
    pub versions: Vec<DeviceItem>,
    pub replaces: Vec<ItemKey>,
    pub replaced_by: Vec<ItemKey>,
}

/// What holds of a code on a day; before anything holds, what will first.
pub fn view(db: &mut Db, key: &ItemKey, on: NaiveDate) -> Result<Shown> {
    let versions = store::versions(db, key)?;
    let current = held(&versions, on).or_else(|| versions.first()).cloned();
    let (replaces, replaced_by) = store::mapped(db, key)?;
    Ok(Shown {
        current: current.ok_or(Code::DeviceItemNotFound)?,
        versions,
        replaces,
        replaced_by,
    })
}

/// What became of a row.
#[derive(Debug)]
pub struct RowResult {
    pub line: u32,
    pub key: Option<ItemKey>,
    pub outcome: CatalogRowOutcome,
    pub errors: Vec<FieldError>,
}

/// Lays down what a file says and does not hold already; rows that cannot be taken are told one by one.
pub fn import(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::DeviceCatalogManage>,
    sha256: &[u8],
    file: CatalogFile,
) -> Result<Recorded<Vec<RowResult>>> {
    let by = permit.actor().user;
    let (rows, mut results) = with_known_replaced(tx, file)?;
    let keys: Vec<_> = rows.iter().map(|row| row.key.clone()).collect();
    let known = store::known(tx, &keys)?;
    let fresh: HashSet<_> = keys.iter().filter(|key| !known.contains(key)).collect();
    for key in fresh {
        store::insert_code(tx, key)?;
    }
    let mut held_before = store::versions_of(tx, &keys)?;
    for row in &rows {
        let versions = held_before.entry(row.key.clone()).or_default();
        let outcome = lay_down(tx, row, versions, by)?;
        results.push(RowResult {
            line: row.line,
            key: Some(row.key.clone()),
            outcome,
            errors: Vec::new(),
        });
    }
    let mut mapped = 0;
    for row in &rows {
        for old in &row.replaces {
            mapped += usize::from(store::insert_mapping(tx, old, &row.key, by)?);
        }
    }
    results.sort_by_key(|result| result.line);
    let count = |outcome| {
        let of = results.iter().filter(|result| result.outcome == outcome);
        of.count()
    };
    let event = Event::new(permit.origin(), "device_catalog.imported")
        .change("sha256", hex(sha256))
        .change("created", count(CatalogRowOutcome::Created))
        .change("revised", count(CatalogRowOutcome::Revised))
        .change("unchanged", count(CatalogRowOutcome::Unchanged))
        .change("rejected", count(CatalogRowOutcome::Rejected))
        .change("mapped", mapped);
    tx.record(event, results)
}

/// Takes out the rows that replace a code which neither the catalog nor another row has.
fn with_known_replaced(
    tx: &mut Tx<'_>,
    file: CatalogFile,
) -> Result<(Vec<CatalogRow>, Vec<RowResult>)> {
    let replaced: Vec<_> = file
        .rows
        .iter()
        .flat_map(|row| row.replaces.clone())
        .collect();
    let known = store::known(tx, &replaced)?;
    let mut results: Vec<_> = file.rejected.into_iter().map(|row| (row, None)).collect();
    let mut rows = file.rows;
    loop {
        let here: HashSet<_> = rows.iter().map(|row| row.key.clone()).collect();
        let missing = |row: &CatalogRow| {
            let mut replaced = row.replaces.iter();
            replaced
                .find(|key| !known.contains(*key) && !here.contains(*key))
                .cloned()
        };
        let (out, stay): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| missing(row).is_some());
        rows = stay;
        if out.is_empty() {
            break;
        }
        for row in out {
            if let Some(key) = missing(&row) {
                results.push((row.replaces_unknown(&key), Some(row.key)));
            }
        }
    }
    let rejected = |(row, key): (crate::sheets::table::RejectedRow, _)| RowResult {
        line: row.line,
        key,
        outcome: CatalogRowOutcome::Rejected,
        errors: row.errors,
    };
    Ok((rows, results.into_iter().map(rejected).collect()))
}

fn lay_down(
    tx: &mut Tx<'_>,
    row: &CatalogRow,
    versions: &mut Vec<DeviceItem>,
    by: crate::kernel::id::UserId,
) -> Result<CatalogRowOutcome> {
    let holding = held(versions, row.effective_from);
    if holding.is_some_and(|one| one.terms() == row.terms) {
        return Ok(CatalogRowOutcome::Unchanged);
    }
    let version = versions.last().map_or(1, |last| last.version + 1);
    store::insert_version(tx, row, version, by)?;
    let terms = row.terms.clone();
    versions.push(DeviceItem {
        edition: row.key.edition.clone(),
        code: row.key.code.clone(),
        version,
        name_zh: terms.name_zh,
        name_en: terms.name_en,
        unit: terms.unit,
        subsidy_percent: terms.subsidy_percent,
        cap: terms.cap,
        use_life_months: terms.use_life_months,
        child_use_life_months: terms.child_use_life_months,
        evaluation_level: terms.evaluation_level,
        listed: terms.listed,
        effective_from_date: row.effective_from,
        recorded_at: tx.now(),
    });
    Ok(if version == 1 {
        CatalogRowOutcome::Created
    } else {
        CatalogRowOutcome::Revised
    })
}
