//! SQL of the device catalog.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::file::CatalogRow;
use super::model::{DeviceCode, DeviceItem, Edition, EvaluationLevel, ItemKey};
use crate::db::schema::{device_code_mappings, device_codes, device_items};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::error::{Code, Result};
use crate::kernel::id::UserId;
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;

types::text_columns!(DeviceCode, Edition, EvaluationLevel);

#[derive(Queryable, Selectable)]
#[diesel(table_name = device_items)]
struct Row {
    edition: Edition,
    code: DeviceCode,
    version: i32,
    name_zh: String,
    name_en: Option<String>,
    unit: String,
    subsidy_percent: i32,
    cap_fen: Option<Fen>,
    use_life_months: Option<i32>,
    child_use_life_months: Option<i32>,
    evaluation_level: EvaluationLevel,
    listed: bool,
    effective_from: NaiveDate,
    recorded_at: Timestamp,
}

impl From<Row> for DeviceItem {
    fn from(row: Row) -> Self {
        Self {
            edition: row.edition,
            code: row.code,
            version: row.version,
            name_zh: row.name_zh,
            name_en: row.name_en,
            unit: row.unit,
            subsidy_percent: row.subsidy_percent,
            cap: row.cap_fen,
            use_life_months: row.use_life_months,
            child_use_life_months: row.child_use_life_months,
            evaluation_level: row.evaluation_level,
            listed: row.listed,
            effective_from_date: row.effective_from,
            recorded_at: row.recorded_at,
        }
    }
}

/// Which items a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub edition: Option<Edition>,
    /// How the code begins.
    pub code_prefix: Option<String>,
    /// Part of a name.
    pub q: Option<String>,
    pub listed: Option<bool>,
    pub on: NaiveDate,
}

fn part_of_name(text: &str) -> String {
    format!("%{}%", text.replace(['%', '_', '\\'], ""))
}

/// What holds on a day, by edition and code.
pub fn page(
    db: &mut Db,
    filter: &Filter,
    after: Option<ItemKey>,
    count: i64,
) -> Result<Vec<DeviceItem>> {
    let later = diesel::alias!(device_items as later);
    let overtaken = later
        .filter(later.field(device_items::edition).eq(device_items::edition))
        .filter(later.field(device_items::code).eq(device_items::code))
        .filter(later.field(device_items::version).gt(device_items::version))
        .filter(later.field(device_items::effective_from).le(filter.on));
    let mut query = device_items::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(device_items::effective_from.le(filter.on))
        .filter(not(exists(overtaken)));
    if let Some(edition) = &filter.edition {
        query = query.filter(device_items::edition.eq(edition.clone()));
    }
    if let Some(prefix) = &filter.code_prefix {
        query = query.filter(device_items::code.like(format!("{prefix}%")));
    }
    if let Some(q) = &filter.q {
        query = query.filter(device_items::name_zh.like(part_of_name(q)));
    }
    if let Some(listed) = filter.listed {
        query = query.filter(device_items::listed.eq(listed));
    }
    if let Some(after) = after {
        query = query.filter(
            device_items::edition
                .gt(after.edition.clone())
                .or(device_items::edition
                    .eq(after.edition)
                    .and(device_items::code.gt(after.code))),
        );
    }
    let rows: Vec<Row> = query
        .order((device_items::edition, device_items::code))
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// All that was ever laid down of a code, the first first.
pub fn versions(db: &mut Db, key: &ItemKey) -> Result<Vec<DeviceItem>> {
    let rows: Vec<Row> = device_items::table
        .filter(device_items::edition.eq(&key.edition))
        .filter(device_items::code.eq(&key.code))
        .order(device_items::version)
        .select(Row::as_select())
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// All that was laid down of some codes, in order.
pub fn versions_of(db: &mut Db, keys: &[ItemKey]) -> Result<HashMap<ItemKey, Vec<DeviceItem>>> {
    let editions: HashSet<_> = keys.iter().map(|key| key.edition.clone()).collect();
    let codes: HashSet<_> = keys.iter().map(|key| key.code.clone()).collect();
    let rows: Vec<Row> = device_items::table
        .filter(device_items::edition.eq_any(editions))
        .filter(device_items::code.eq_any(codes))
        .order(device_items::version)
        .select(Row::as_select())
        .load(db.conn())?;
    let mut all: HashMap<ItemKey, Vec<DeviceItem>> = HashMap::new();
    for item in rows.into_iter().map(DeviceItem::from) {
        all.entry(item.key()).or_default().push(item);
    }
    Ok(all)
}

/// Of earlier editions what a code took the place of, and of later ones what took its place.
pub fn mapped(db: &mut Db, key: &ItemKey) -> Result<(Vec<ItemKey>, Vec<ItemKey>)> {
    use device_code_mappings::{from_code, from_edition, table, to_code, to_edition};
    let before: Vec<(Edition, DeviceCode)> = table
        .filter(to_edition.eq(&key.edition))
        .filter(to_code.eq(&key.code))
        .order((from_edition, from_code))
        .select((from_edition, from_code))
        .load(db.conn())?;
    let after: Vec<(Edition, DeviceCode)> = table
        .filter(from_edition.eq(&key.edition))
        .filter(from_code.eq(&key.code))
        .order((to_edition, to_code))
        .select((to_edition, to_code))
        .load(db.conn())?;
    let keyed = |all: Vec<(Edition, DeviceCode)>| {
        let key = |(edition, code)| ItemKey { edition, code };
        all.into_iter().map(key).collect()
    };
    Ok((keyed(before), keyed(after)))
}

/// Of these, the ones that the catalog has.
pub fn known(db: &mut Db, keys: &[ItemKey]) -> Result<HashSet<ItemKey>> {
    let editions: HashSet<_> = keys.iter().map(|key| key.edition.clone()).collect();
    let codes: HashSet<_> = keys.iter().map(|key| key.code.clone()).collect();
    let found: Vec<(Edition, DeviceCode)> = device_codes::table
        .filter(device_codes::edition.eq_any(editions))
        .filter(device_codes::code.eq_any(codes))
        .select((device_codes::edition, device_codes::code))
        .load(db.conn())?;
    let key = |(edition, code)| ItemKey { edition, code };
    Ok(found.into_iter().map(key).collect())
}

pub fn insert_code(tx: &mut Tx<'_>, key: &ItemKey) -> Result<()> {
    diesel::insert_into(device_codes::table)
        .values((
            device_codes::edition.eq(&key.edition),
            device_codes::code.eq(&key.code),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Somebody else brings it in this moment.
            on_unique(error, "device_codes.edition", "device_codes_pkey", || {
                Code::Busy.into()
            })
        })?;
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = device_items)]
#[diesel(treat_none_as_default_value = false)]
struct NewRow {
    edition: Edition,
    code: DeviceCode,
    version: i32,
    previous_version: Option<i32>,
    name_zh: String,
    name_en: Option<String>,
    unit: String,
    subsidy_percent: i32,
    cap_fen: Option<Fen>,
    use_life_months: Option<i32>,
    child_use_life_months: Option<i32>,
    evaluation_level: EvaluationLevel,
    listed: bool,
    effective_from: NaiveDate,
    recorded_by: UserId,
    recorded_at: Timestamp,
}

pub fn insert_version(tx: &mut Tx<'_>, row: &CatalogRow, version: i32, by: UserId) -> Result<()> {
    let terms = &row.terms;
    let new = NewRow {
        edition: row.key.edition.clone(),
        code: row.key.code.clone(),
        version,
        previous_version: (version > 1).then(|| version - 1),
        name_zh: terms.name_zh.clone(),
        name_en: terms.name_en.clone(),
        unit: terms.unit.clone(),
        subsidy_percent: terms.subsidy_percent,
        cap_fen: terms.cap,
        use_life_months: terms.use_life_months,
        child_use_life_months: terms.child_use_life_months,
        evaluation_level: terms.evaluation_level,
        listed: terms.listed,
        effective_from: row.effective_from,
        recorded_by: by,
        recorded_at: tx.now(),
    };
    diesel::insert_into(device_items::table)
        .values(&new)
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(error, "device_items.edition", "device_items_pkey", || {
                Code::Busy.into()
            })
        })?;
    Ok(())
}

/// Whether it was new.
pub fn insert_mapping(tx: &mut Tx<'_>, from: &ItemKey, to: &ItemKey, by: UserId) -> Result<bool> {
    use device_code_mappings::{
        from_code, from_edition, recorded_at, recorded_by, table, to_code, to_edition,
    };
    let key = (&from.edition, &from.code, &to.edition, &to.code);
    let known: Option<UserId> = table
        .find(key)
        .select(recorded_by)
        .first(tx.conn())
        .optional()?;
    if known.is_some() {
        return Ok(false);
    }
    let now = tx.now();
    diesel::insert_into(table)
        .values((
            from_edition.eq(&from.edition),
            from_code.eq(&from.code),
            to_edition.eq(&to.edition),
            to_code.eq(&to.code),
            recorded_by.eq(by),
            recorded_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(true)
}
