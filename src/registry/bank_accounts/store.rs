//! SQL of bank accounts. Residents were found in scope before these are asked.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{Account, Held, HolderRelation};
use crate::db::schema::bank_accounts;
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx, types};
use crate::kernel::bank_account::BankAccount;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{BankAccountId, ResidentId, UserId};
use crate::kernel::name::PersonName;
use crate::kernel::time::Timestamp;
use crate::registry::facts::service::ending;
use crate::registry::facts::{AsOf, Period, believed, known_at, true_on};

types::text_columns!(HolderRelation);

pub const SEALED_COLUMNS: &[SealedColumn] = &[
    sealed_column!(bank_accounts::number of id: BankAccountId),
    sealed_column!(bank_accounts::holder of id: BankAccountId),
];

fn place(column: &str, id: BankAccountId) -> String {
    format!("bank_accounts|{column}|{id}")
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = bank_accounts)]
struct Row {
    id: BankAccountId,
    number: Vec<u8>,
    bank_name: String,
    holder: Option<Vec<u8>>,
    holder_relation: HolderRelation,
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

fn open(db: &Db, row: Row) -> Result<Held> {
    let text = |column: &str, sealed: &[u8]| {
        let plain = db.keys().open(&place(column, row.id), sealed);
        String::from_utf8(plain.map_err(Error::internal)?.to_vec()).map_err(Error::internal)
    };
    let number = text("number", &row.number)?;
    let holder = row.holder.as_deref().map(|sealed| text("holder", sealed));
    let holder = holder.transpose()?.map(|name| PersonName::parse(&name));
    Ok(Held {
        period: row.period(),
        account: Account {
            number: BankAccount::parse(&number).map_err(Error::internal)?,
            holder: holder.transpose().map_err(Error::internal)?,
            bank_name: row.bank_name,
            holder_relation: row.holder_relation,
        },
        recorded_at: row.recorded_at,
        superseded_at: row.superseded_at,
    })
}

/// All that was ever believed, or all that was at an instant.
pub fn history(
    db: &mut Db,
    resident: ResidentId,
    known_at: Option<Timestamp>,
) -> Result<Vec<Held>> {
    let mut query = bank_accounts::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(bank_accounts::resident_id.eq(resident));
    if let Some(instant) = known_at {
        query = query.filter(known_at!(bank_accounts, instant));
    }
    let rows: Vec<Row> = query
        .order((bank_accounts::valid_from, bank_accounts::recorded_at))
        .load(db.conn())?;
    rows.into_iter().map(|row| open(db, row)).collect()
}

/// Where a resident was believed to be paid on a day.
pub fn in_force(db: &mut Db, resident: ResidentId, at: AsOf) -> Result<Option<Account>> {
    let query = bank_accounts::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(bank_accounts::resident_id.eq(resident))
        .filter(true_on!(bank_accounts, at.valid_at));
    let query = believed!(query, bank_accounts, at.known_at);
    let row: Option<Row> = query.first(db.conn()).optional()?;
    row.map(|row| Ok(open(db, row)?.account)).transpose()
}

/// Where each of some residents is paid today, wherever they live.
pub fn all_in_force(
    db: &mut Db,
    of: &[ResidentId],
) -> Result<HashMap<ResidentId, (BankAccountId, Account)>> {
    let query = bank_accounts::table
        .select((bank_accounts::resident_id, Row::as_select()))
        .filter(bank_accounts::resident_id.eq_any(of))
        .filter(true_on!(bank_accounts, db.today()))
        .filter(bank_accounts::superseded_at.is_null());
    db.in_every_office(|db| {
        let rows: Vec<(ResidentId, Row)> = query.load(db.conn())?;
        rows.into_iter()
            .map(|(resident, row)| Ok((resident, (row.id, open(db, row)?.account))))
            .collect()
    })
}

/// Who is paid to some accounts, by their fingerprint, wherever they live.
pub fn paid_to(db: &mut Db, accounts: &[Vec<u8>]) -> Result<Vec<(Vec<u8>, ResidentId)>> {
    let query = bank_accounts::table
        .select((bank_accounts::number_index, bank_accounts::resident_id))
        .filter(bank_accounts::number_index.eq_any(accounts))
        .filter(bank_accounts::superseded_at.is_null())
        .filter(bank_accounts::valid_to.is_null());
    db.in_every_office(|db| Ok(query.load(db.conn())?))
}

fn insert(
    tx: &mut Tx<'_>,
    resident: ResidentId,
    account: &Account,
    period: Period,
    by: Option<UserId>,
) -> Result<()> {
    let (id, now): (BankAccountId, _) = (tx.new_id(), tx.now());
    let seal = |column: &str, text: &str| {
        let sealed = tx.keys().seal(&place(column, id), text.as_bytes());
        sealed.map_err(Error::internal)
    };
    let number = seal("number", account.number.as_str())?;
    let holder = account.holder.as_ref();
    let holder = holder
        .map(|name| seal("holder", name.as_str()))
        .transpose()?;
    let index = tx
        .keys()
        .blind_index(BankAccount::FIELD, account.number.as_str());
    diesel::insert_into(bank_accounts::table)
        .values((
            bank_accounts::id.eq(id),
            bank_accounts::resident_id.eq(resident),
            bank_accounts::number.eq(number),
            bank_accounts::number_index.eq(index),
            bank_accounts::bank_name.eq(&account.bank_name),
            bank_accounts::holder.eq(holder),
            bank_accounts::holder_relation.eq(account.holder_relation),
            bank_accounts::valid_from.eq(period.from),
            bank_accounts::valid_to.eq(period.to),
            bank_accounts::recorded_at.eq(now),
            bank_accounts::recorded_by.eq(by),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Supersedes what is believed for part of the period, and keeps the rest of it.
pub fn replace(
    tx: &mut Tx<'_>,
    resident: ResidentId,
    account: &Account,
    period: Period,
    by: Option<UserId>,
) -> Result<()> {
    let believed: Vec<Row> = bank_accounts::table
        .select(Row::as_select())
        .filter(bank_accounts::resident_id.eq(resident))
        .filter(bank_accounts::superseded_at.is_null())
        .load(tx.conn())?;
    let now = tx.now();
    for row in believed {
        if !row.period().overlaps(period) {
            continue;
        }
        diesel::update(bank_accounts::table.find(row.id))
            .set((
                bank_accounts::superseded_at.eq(ending(now, row.recorded_at)),
                bank_accounts::superseded_by.eq(by),
            ))
            .execute(tx.conn())?;
        let old = open(tx, row)?;
        for rest in old.period.without(period) {
            insert(tx, resident, &old.account, rest, by)?;
        }
    }
    insert(tx, resident, account, period, by)
}
