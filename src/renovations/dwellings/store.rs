//! SQL of dwellings that another program renovated.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::ElderlyRenovation;
use crate::access::{Scope, within};
use crate::db::schema::elderly_renovations;
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx, on_unique};
use crate::kernel::address::Address;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{ElderlyRenovationId, UserId};
use crate::kernel::time::Timestamp;

pub const SEALED_COLUMNS: &[SealedColumn] =
    &[sealed_column!(elderly_renovations::address of id: ElderlyRenovationId)];

fn place(id: ElderlyRenovationId) -> String {
    format!("elderly_renovations|address|{id}")
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = elderly_renovations)]
struct Row {
    id: ElderlyRenovationId,
    division_code: DivisionCode,
    address: Vec<u8>,
    completed_date: NaiveDate,
    source: String,
    recorded_by: UserId,
    recorded_at: Timestamp,
    withdrawn_by: Option<UserId>,
    withdrawn_at: Option<Timestamp>,
    reason: Option<String>,
}

fn read(db: &Db, row: Row) -> Result<ElderlyRenovation> {
    let plain = db.keys().open(&place(row.id), &row.address);
    let plain = plain.map_err(Error::internal)?;
    let text = std::str::from_utf8(&plain).map_err(Error::internal)?;
    let withdrawn = row.withdrawn_by.zip(row.withdrawn_at).zip(row.reason);
    Ok(ElderlyRenovation {
        id: row.id,
        division_code: row.division_code,
        address: Address::parse(text).map_err(Error::internal)?,
        completed_date: row.completed_date,
        source: row.source,
        recorded_by: row.recorded_by,
        recorded_at: row.recorded_at,
        withdrawal: withdrawn.map(|((by, at), reason)| (by, at, reason)),
    })
}

/// Whether one stands of a dwelling, in whichever office.
pub fn stands(db: &mut Db, dwelling: &[u8]) -> Result<bool> {
    let query = elderly_renovations::table
        .filter(elderly_renovations::dwelling_index.eq(dwelling.to_vec()))
        .filter(elderly_renovations::withdrawn_at.is_null())
        .select(elderly_renovations::id);
    db.in_every_office(|db| {
        let found: Option<ElderlyRenovationId> = query.first(db.conn()).optional()?;
        Ok(found.is_some())
    })
}

/// Newest first, or one.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    id: Option<ElderlyRenovationId>,
    after: Option<ElderlyRenovationId>,
    count: i64,
) -> Result<Vec<ElderlyRenovation>> {
    let mut query = elderly_renovations::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            elderly_renovations::division_code,
            elderly_renovations::county_code,
            scope
        ));
    if let Some(id) = id {
        query = query.filter(elderly_renovations::id.eq(id));
    }
    if let Some(after) = after {
        query = query.filter(elderly_renovations::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(elderly_renovations::id.desc())
        .limit(count)
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

pub fn insert(tx: &mut Tx<'_>, new: &ElderlyRenovation, dwelling: &[u8]) -> Result<()> {
    let address = tx
        .keys()
        .seal(&place(new.id), new.address.as_str().as_bytes());
    diesel::insert_into(elderly_renovations::table)
        .values((
            elderly_renovations::id.eq(new.id),
            elderly_renovations::division_code.eq(new.division_code),
            elderly_renovations::address.eq(address.map_err(Error::internal)?),
            elderly_renovations::dwelling_index.eq(dwelling.to_vec()),
            elderly_renovations::completed_date.eq(new.completed_date),
            elderly_renovations::source.eq(&new.source),
            elderly_renovations::recorded_by.eq(new.recorded_by),
            elderly_renovations::recorded_at.eq(new.recorded_at),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "elderly_renovations.dwelling_index",
                "elderly_renovations_dwelling",
                || Code::ElderlyRenovationKnown.into(),
            )
        })?;
    Ok(())
}

pub fn withdraw(tx: &mut Tx<'_>, id: ElderlyRenovationId, by: UserId, reason: &str) -> Result<()> {
    let now = tx.now();
    let changed = diesel::update(
        elderly_renovations::table
            .find(id)
            .filter(elderly_renovations::withdrawn_at.is_null()),
    )
    .set((
        elderly_renovations::withdrawn_by.eq(by),
        elderly_renovations::withdrawn_at.eq(now),
        elderly_renovations::reason.eq(reason),
    ))
    .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::ElderlyRenovationKnown.into())
    }
}
