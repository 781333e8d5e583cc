//! SQL of addresses. Residents were found in scope before these are asked.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{AddressKind, Located};
use crate::db::schema::addresses;
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx, types};
use crate::kernel::address::Address;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{AddressId, ResidentId, UserId};
use crate::kernel::time::Timestamp;
use crate::registry::facts::service::ending;
use crate::registry::facts::{Period, known_at};

types::text_columns!(AddressKind);

pub const SEALED_COLUMNS: &[SealedColumn] = &[sealed_column!(addresses::text of id: AddressId)];

fn place(id: AddressId) -> String {
    format!("addresses|text|{id}")
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = addresses)]
struct Row {
    id: AddressId,
    kind: AddressKind,
    text: Vec<u8>,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    recorded_at: Timestamp,
    superseded_at: Option<Timestamp>,
}

impl Row {
    fn period(&self) -> Period {
        Period {
            from: self.valid_from,
            to: self.valid_to,
        }
    }
}

fn open(db: &Db, row: &Row) -> Result<Located> {
    let plain = db.keys().open(&place(row.id), &row.text);
    let plain = plain.map_err(Error::internal)?;
    let text = std::str::from_utf8(&plain).map_err(Error::internal)?;
    Ok(Located {
        kind: row.kind,
        text: Address::parse(text).map_err(Error::internal)?,
        period: row.period(),
        recorded_at: row.recorded_at,
        superseded_at: row.superseded_at,
    })
}

/// All that was ever believed, or all that was at an instant.
pub fn history(
    db: &mut Db,
    resident: ResidentId,
    known_at: Option<Timestamp>,
) -> Result<Vec<Located>> {
    let mut query = addresses::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(addresses::resident_id.eq(resident));
    if let Some(instant) = known_at {
        query = query.filter(known_at!(addresses, instant));
    }
    let rows: Vec<Row> = query
        .order((
            addresses::kind,
            addresses::valid_from,
            addresses::recorded_at,
        ))
        .load(db.conn())?;
    rows.iter().map(|row| open(db, row)).collect()
}

fn insert(
    tx: &mut Tx<'_>,
    resident: ResidentId,
    (kind, text): (AddressKind, &Address),
    period: Period,
    by: Option<UserId>,
) -> Result<()> {
    let (id, now): (AddressId, _) = (tx.new_id(), tx.now());
    let sealed = tx.keys().seal(&place(id), text.as_str().as_bytes());
    let index = tx.keys().blind_index(Address::FIELD, &text.normalised());
    diesel::insert_into(addresses::table)
        .values((
            addresses::id.eq(id),
            addresses::resident_id.eq(resident),
            addresses::kind.eq(kind),
            addresses::text.eq(sealed.map_err(Error::internal)?),
            addresses::text_index.eq(index),
            addresses::valid_from.eq(period.from),
            addresses::valid_to.eq(period.to),
            addresses::recorded_at.eq(now),
            addresses::recorded_by.eq(by),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Supersedes what is believed of this kind for part of the period, and keeps the rest of it.
pub fn replace(
    tx: &mut Tx<'_>,
    resident: ResidentId,
    (kind, text): (AddressKind, &Address),
    period: Period,
    by: Option<UserId>,
) -> Result<()> {
    let believed: Vec<Row> = addresses::table
        .select(Row::as_select())
        .filter(addresses::resident_id.eq(resident))
        .filter(addresses::kind.eq(kind))
        .filter(addresses::superseded_at.is_null())
        .load(tx.conn())?;
    let now = tx.now();
    for row in believed {
        if !row.period().overlaps(period) {
            continue;
        }
        diesel::update(addresses::table.find(row.id))
            .set((
                addresses::superseded_at.eq(ending(now, row.recorded_at)),
                addresses::superseded_by.eq(by),
            ))
            .execute(tx.conn())?;
        let old = open(tx, &row)?.text;
        for rest in row.period().without(period) {
            insert(tx, resident, (kind, &old), rest, by)?;
        }
    }
    insert(tx, resident, (kind, text), period, by)
}
