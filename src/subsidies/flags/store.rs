//! SQL of flags.

use diesel::prelude::*;

use super::model::{Flag, Found, PaymentFlagKind};
use crate::db::schema::{entitlements, payment_flags, programs};
use crate::db::types::{self, from_json, to_json};
use crate::db::{Db, MultiBackend, Tx, insert_all};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{PaymentBatchId, PaymentFlagId, PaymentId, ResidentId, UserId};
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::subsidies::entitlements::EntitlementState;

types::text_columns!(PaymentFlagKind);

#[derive(Queryable, Selectable)]
#[diesel(table_name = payment_flags)]
struct Row {
    id: PaymentFlagId,
    batch_id: PaymentBatchId,
    payment_id: PaymentId,
    kind: PaymentFlagKind,
    details: String,
    found_at: Timestamp,
    cleared_at: Option<Timestamp>,
    cleared_by: Option<UserId>,
    reason: Option<String>,
}

fn read(row: Row) -> Result<Flag> {
    Ok(Flag {
        id: row.id,
        batch_id: row.batch_id,
        payment_id: row.payment_id,
        kind: row.kind,
        details: from_json(&row.details)?,
        found_at: row.found_at,
        cleared_at: row.cleared_at,
        cleared_by: row.cleared_by,
        reason: row.reason,
    })
}

/// Flags of a batch in the order in which they were found; only those that are open, if asked.
pub fn page(
    db: &mut Db,
    batch: PaymentBatchId,
    open: bool,
    after: Option<PaymentFlagId>,
    count: i64,
) -> Result<Vec<Flag>> {
    let mut query = payment_flags::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(payment_flags::batch_id.eq(batch));
    if open {
        query = query.filter(payment_flags::cleared_at.is_null());
    }
    if let Some(after) = after {
        query = query.filter(payment_flags::id.gt(after));
    }
    let rows: Vec<Row> = query
        .order(payment_flags::id)
        .limit(count)
        .load(db.conn())?;
    rows.into_iter().map(read).collect()
}

pub fn find(db: &mut Db, batch: PaymentBatchId, id: PaymentFlagId) -> Result<Option<Flag>> {
    let row: Option<Row> = payment_flags::table
        .select(Row::as_select())
        .filter(payment_flags::id.eq(id))
        .filter(payment_flags::batch_id.eq(batch))
        .first(db.conn())
        .optional()?;
    row.map(read).transpose()
}

/// What is known of a batch already.
pub fn known(db: &mut Db, batch: PaymentBatchId) -> Result<Vec<(PaymentId, PaymentFlagKind)>> {
    Ok(payment_flags::table
        .filter(payment_flags::batch_id.eq(batch))
        .select((payment_flags::payment_id, payment_flags::kind))
        .load(db.conn())?)
}

pub fn count_open(db: &mut Db, batch: PaymentBatchId) -> Result<i64> {
    Ok(payment_flags::table
        .filter(payment_flags::batch_id.eq(batch))
        .filter(payment_flags::cleared_at.is_null())
        .count()
        .get_result(db.conn())?)
}

/// Of which of these batches somebody has cleared a flag.
pub fn cleared_by(
    db: &mut Db,
    batches: &[PaymentBatchId],
    user: UserId,
) -> Result<Vec<PaymentBatchId>> {
    Ok(payment_flags::table
        .filter(payment_flags::batch_id.eq_any(batches))
        .filter(payment_flags::cleared_by.eq(user))
        .select(payment_flags::batch_id)
        .distinct()
        .load(db.conn())?)
}

/// Rows of one statement.
const TOGETHER: usize = 500;

#[derive(Insertable)]
#[diesel(table_name = payment_flags)]
struct NewRow {
    id: PaymentFlagId,
    batch_id: PaymentBatchId,
    payment_id: PaymentId,
    kind: PaymentFlagKind,
    details: String,
    found_at: Timestamp,
}

pub fn insert(tx: &mut Tx<'_>, batch: PaymentBatchId, all: &[Found]) -> Result<()> {
    for some in all.chunks(TOGETHER) {
        let row = |found: &Found| {
            Ok(NewRow {
                id: tx.new_id(),
                batch_id: batch,
                payment_id: found.payment,
                kind: found.kind,
                details: to_json(&found.details)?,
                found_at: tx.now(),
            })
        };
        let rows = some.iter().map(row).collect::<Result<Vec<_>>>()?;
        insert_all!(tx, payment_flags::table, &rows)?;
    }
    Ok(())
}

pub fn clear(tx: &mut Tx<'_>, id: PaymentFlagId, by: UserId, reason: &str) -> Result<()> {
    let now = tx.now();
    let open = payment_flags::table
        .find(id)
        .filter(payment_flags::cleared_at.is_null());
    let changed = diesel::update(open)
        .set((
            payment_flags::cleared_at.eq(now),
            payment_flags::cleared_by.eq(by),
            payment_flags::reason.eq(reason),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::PaymentFlagCleared.into())
    }
}

/// The other programs of the group that a program is of.
pub fn excluded_by(db: &mut Db, program: &str) -> Result<Vec<String>> {
    let group: Option<String> = programs::table
        .find(program)
        .select(programs::exclusive_group)
        .first(db.conn())?;
    let Some(group) = group else {
        return Ok(Vec::new());
    };
    Ok(programs::table
        .filter(programs::exclusive_group.eq(group))
        .filter(programs::code.ne(program))
        .select(programs::code)
        .load(db.conn())?)
}

/// What is due, or was paid, of some programs to some people, whichever county owes it.
pub fn due_of(
    db: &mut Db,
    programs: &[String],
    people: &[ResidentId],
) -> Result<Vec<(ResidentId, String, Month, DivisionCode)>> {
    let query = entitlements::table
        .filter(entitlements::resident_id.eq_any(people))
        .filter(entitlements::program_code.eq_any(programs))
        .filter(entitlements::state.eq(EntitlementState::Due))
        .select((
            entitlements::resident_id,
            entitlements::program_code,
            entitlements::month,
            entitlements::division_code,
        ));
    db.in_every_office(|db| Ok(query.load(db.conn())?))
}
