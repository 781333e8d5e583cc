//! SQL of movements.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{Movement, MovementKind, MovementState};
use crate::db::schema::recovery_movements;
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, Tx, insert_all, on_unique, types};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{PaymentId, RecoveryId, RecoveryMovementId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;

types::text_columns!(MovementKind, MovementState);

pub const SEALED_COLUMNS: &[SealedColumn] = &[
    sealed_column!(recovery_movements::note of id: RecoveryMovementId),
    sealed_column!(recovery_movements::decision_note of id: RecoveryMovementId),
];

fn place(column: &str, id: RecoveryMovementId) -> String {
    format!("recovery_movements|{column}|{id}")
}

fn seal(
    db: &Db,
    column: &str,
    id: RecoveryMovementId,
    text: Option<&str>,
) -> Result<Option<Vec<u8>>> {
    text.map(|text| db.keys().seal(&place(column, id), text.as_bytes()))
        .transpose()
        .map_err(Error::internal)
}

fn open(
    db: &Db,
    column: &str,
    id: RecoveryMovementId,
    sealed: Option<Vec<u8>>,
) -> Result<Option<String>> {
    sealed
        .map(|sealed| {
            let plain = db.keys().open(&place(column, id), &sealed);
            String::from_utf8(plain.map_err(Error::internal)?.to_vec()).map_err(Error::internal)
        })
        .transpose()
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = recovery_movements)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: RecoveryMovementId,
    recovery_id: RecoveryId,
    kind: MovementKind,
    state: MovementState,
    amount_fen: Fen,
    payment_id: Option<PaymentId>,
    month: Option<Month>,
    receipt_number: Option<String>,
    received_date: Option<NaiveDate>,
    note: Option<Vec<u8>>,
    proposed_by: UserId,
    proposed_at: Timestamp,
    decided_by: Option<UserId>,
    decided_at: Option<Timestamp>,
    decision_note: Option<Vec<u8>>,
}

fn row(db: &Db, new: &Movement) -> Result<Row> {
    Ok(Row {
        id: new.id,
        recovery_id: new.recovery_id,
        kind: new.kind,
        state: new.state,
        amount_fen: new.amount_fen,
        payment_id: new.payment_id,
        month: new.month,
        receipt_number: new.receipt_number.clone(),
        received_date: new.received_date,
        note: seal(db, "note", new.id, new.note.as_deref())?,
        proposed_by: new.proposed_by,
        proposed_at: new.proposed_at,
        decided_by: None,
        decided_at: None,
        decision_note: None,
    })
}

fn read(db: &Db, row: Row) -> Result<Movement> {
    Ok(Movement {
        note: open(db, "note", row.id, row.note)?,
        decision_comment: open(db, "decision_note", row.id, row.decision_note)?,
        id: row.id,
        recovery_id: row.recovery_id,
        kind: row.kind,
        state: row.state,
        amount_fen: row.amount_fen,
        payment_id: row.payment_id,
        month: row.month,
        receipt_number: row.receipt_number,
        received_date: row.received_date,
        proposed_by: row.proposed_by,
        proposed_at: row.proposed_at,
        decided_by: row.decided_by,
        decided_at: row.decided_at,
    })
}

pub fn insert(tx: &mut Tx<'_>, new: &Movement) -> Result<()> {
    let row = row(tx, new)?;
    diesel::insert_into(recovery_movements::table)
        .values(&row)
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "recovery_movements.recovery_id, recovery_movements.receipt_number",
                "recovery_movements_receipt",
                || Code::RecoveryReceiptUsed.into(),
            )
        })?;
    Ok(())
}

/// Rows of one statement.
const TOGETHER: usize = 500;

/// What the payments of a batch keep back.
pub fn insert_offsets(tx: &mut Tx<'_>, all: &[Movement]) -> Result<()> {
    for some in all.chunks(TOGETHER) {
        let rows = some.iter().map(|one| row(tx, one));
        let rows = rows.collect::<Result<Vec<_>>>()?;
        insert_all!(tx, recovery_movements::table, &rows)?;
    }
    Ok(())
}

/// Whether a receipt proves a refund of this recovery already.
pub fn proves(db: &mut Db, of: RecoveryId, receipt: &str) -> Result<bool> {
    let count: i64 = recovery_movements::table
        .filter(recovery_movements::recovery_id.eq(of))
        .filter(recovery_movements::receipt_number.eq(receipt))
        .filter(recovery_movements::state.ne(MovementState::Rejected))
        .count()
        .get_result(db.conn())?;
    Ok(count > 0)
}

/// Of a recovery, oldest first.
pub fn page(
    db: &mut Db,
    of: RecoveryId,
    after: Option<RecoveryMovementId>,
    count: i64,
) -> Result<Vec<Movement>> {
    let mut query = recovery_movements::table
        .select(Row::as_select())
        .into_boxed::<crate::db::MultiBackend>()
        .filter(recovery_movements::recovery_id.eq(of));
    if let Some(after) = after {
        query = query.filter(recovery_movements::id.gt(after));
    }
    let rows: Vec<Row> = query
        .order(recovery_movements::id)
        .limit(count)
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

pub fn find(db: &mut Db, of: RecoveryId, id: RecoveryMovementId) -> Result<Option<Movement>> {
    let row: Option<Row> = recovery_movements::table
        .filter(recovery_movements::id.eq(id))
        .filter(recovery_movements::recovery_id.eq(of))
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    row.map(|row| read(db, row)).transpose()
}

/// What payments of a month keep back for some recoveries.
pub fn offsets_in(db: &mut Db, of: &[RecoveryId], month: Month) -> Result<Vec<(RecoveryId, Fen)>> {
    Ok(recovery_movements::table
        .filter(recovery_movements::recovery_id.eq_any(of))
        .filter(recovery_movements::month.eq(month))
        .filter(recovery_movements::state.ne(MovementState::Returned))
        .select((
            recovery_movements::recovery_id,
            recovery_movements::amount_fen,
        ))
        .load(db.conn())?)
}

/// Writes a decision, once.
pub fn decide(tx: &mut Tx<'_>, decided: &Movement) -> Result<()> {
    let note = decided.decision_comment.as_deref();
    let note = seal(tx, "decision_note", decided.id, note)?;
    let open = recovery_movements::table
        .find(decided.id)
        .filter(recovery_movements::state.eq(MovementState::Proposed));
    let changed = diesel::update(open)
        .set((
            recovery_movements::state.eq(decided.state),
            recovery_movements::decided_by.eq(decided.decided_by),
            recovery_movements::decided_at.eq(decided.decided_at),
            recovery_movements::decision_note.eq(note),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::RecoveryMovementDecided.into())
    }
}
