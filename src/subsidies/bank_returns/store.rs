//! SQL of the bank's answers.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::model::{BankReturn, BankReturnResult, BankReturnRow, BankReturnVerdict};
use crate::db::schema::{bank_return_rows, bank_returns};
use crate::db::{Db, MultiBackend, Tx, insert_all, on_unique, types};
use crate::kernel::crypto::hex;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{BankReturnId, PaymentBatchId, PaymentId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;

types::text_columns!(BankReturnResult, BankReturnVerdict);

/// Which answer to a batch had this content.
pub fn read_before(
    db: &mut Db,
    batch: PaymentBatchId,
    sha256: &[u8],
) -> Result<Option<BankReturnId>> {
    Ok(bank_returns::table
        .filter(bank_returns::batch_id.eq(batch))
        .filter(bank_returns::sha256.eq(sha256))
        .select(bank_returns::id)
        .first(db.conn())
        .optional()?)
}

pub fn insert(tx: &mut Tx<'_>, new: &BankReturn, sha256: &[u8]) -> Result<()> {
    diesel::insert_into(bank_returns::table)
        .values((
            bank_returns::id.eq(new.id),
            bank_returns::batch_id.eq(new.batch_id),
            bank_returns::sha256.eq(sha256),
            bank_returns::row_count.eq(new.row_count),
            bank_returns::paid_count.eq(new.paid_count),
            bank_returns::failed_count.eq(new.failed_count),
            bank_returns::read_by.eq(new.read_by),
            bank_returns::read_at.eq(new.read_at),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "bank_returns.batch_id",
                "bank_returns_batch_id_sha256_key",
                || Code::BankReturnRead.into(),
            )
        })?;
    Ok(())
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = bank_return_rows)]
#[diesel(treat_none_as_default_value = false)]
struct RowRow {
    return_id: BankReturnId,
    line: i32,
    payment_id: Option<PaymentId>,
    reference: Option<String>,
    account_masked: Option<String>,
    amount_fen: Option<Fen>,
    result: Option<BankReturnResult>,
    reason: Option<String>,
    verdict: BankReturnVerdict,
}

/// Rows of one statement.
const TOGETHER: usize = 500;

pub fn insert_rows(tx: &mut Tx<'_>, of: BankReturnId, all: &[BankReturnRow]) -> Result<()> {
    for some in all.chunks(TOGETHER) {
        let row = |row: &BankReturnRow| RowRow {
            return_id: of,
            line: row.line,
            payment_id: row.payment_id,
            reference: row.reference.clone(),
            account_masked: row.bank_account_masked.clone(),
            amount_fen: row.amount_fen,
            result: row.result,
            reason: row.reason.clone(),
            verdict: row.verdict,
        };
        let rows: Vec<_> = some.iter().map(row).collect();
        insert_all!(tx, bank_return_rows::table, &rows)?;
    }
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = bank_returns)]
struct ReturnRow {
    id: BankReturnId,
    batch_id: PaymentBatchId,
    sha256: Vec<u8>,
    row_count: i32,
    paid_count: i32,
    failed_count: i32,
    read_by: UserId,
    read_at: Timestamp,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    batch: PaymentBatchId,
    after: Option<BankReturnId>,
    count: i64,
) -> Result<Vec<BankReturn>> {
    let mut query = bank_returns::table
        .select(ReturnRow::as_select())
        .into_boxed::<MultiBackend>()
        .filter(bank_returns::batch_id.eq(batch));
    if let Some(after) = after {
        query = query.filter(bank_returns::id.lt(after));
    }
    let rows: Vec<ReturnRow> = query
        .order(bank_returns::id.desc())
        .limit(count)
        .load(db.conn())?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut verdicts = verdicts(db, &ids)?;
    let told = |row: ReturnRow| BankReturn {
        verdicts: verdicts.remove(&row.id).unwrap_or_default(),
        id: row.id,
        batch_id: row.batch_id,
        sha256: hex(&row.sha256),
        row_count: row.row_count,
        paid_count: row.paid_count,
        failed_count: row.failed_count,
        read_by: row.read_by,
        read_at: row.read_at,
    };
    Ok(rows.into_iter().map(told).collect())
}

type Counts = BTreeMap<BankReturnVerdict, i64>;

fn verdicts(db: &mut Db, of: &[BankReturnId]) -> Result<BTreeMap<BankReturnId, Counts>> {
    let rows: Vec<(BankReturnId, BankReturnVerdict, i64)> = bank_return_rows::table
        .filter(bank_return_rows::return_id.eq_any(of))
        .group_by((bank_return_rows::return_id, bank_return_rows::verdict))
        .select((
            bank_return_rows::return_id,
            bank_return_rows::verdict,
            diesel::dsl::count_star(),
        ))
        .load(db.conn())?;
    let mut all: BTreeMap<BankReturnId, Counts> = BTreeMap::new();
    for (id, verdict, count) in rows {
        all.entry(id).or_default().insert(verdict, count);
    }
    Ok(all)
}

pub fn is_of(db: &mut Db, batch: PaymentBatchId, id: BankReturnId) -> Result<bool> {
    let found = bank_returns::table
        .filter(bank_returns::id.eq(id))
        .filter(bank_returns::batch_id.eq(batch));
    Ok(diesel::select(diesel::dsl::exists(found)).get_result(db.conn())?)
}

/// Line by line; only those of a verdict, if asked.
pub fn rows(
    db: &mut Db,
    of: BankReturnId,
    verdict: Option<BankReturnVerdict>,
    after: Option<i32>,
    count: i64,
) -> Result<Vec<BankReturnRow>> {
    let mut query = bank_return_rows::table
        .select(RowRow::as_select())
        .into_boxed::<MultiBackend>()
        .filter(bank_return_rows::return_id.eq(of));
    if let Some(verdict) = verdict {
        query = query.filter(bank_return_rows::verdict.eq(verdict));
    }
    if let Some(after) = after {
        query = query.filter(bank_return_rows::line.gt(after));
    }
    let rows: Vec<RowRow> = query
        .order(bank_return_rows::line)
        .limit(count)
        .load(db.conn())?;
    let told = |row: RowRow| BankReturnRow {
        line: row.line,
        payment_id: row.payment_id,
        reference: row.reference,
        bank_account_masked: row.account_masked,
        amount_fen: row.amount_fen,
        result: row.result,
        reason: row.reason,
        verdict: row.verdict,
    };
    Ok(rows.into_iter().map(told).collect())
}
