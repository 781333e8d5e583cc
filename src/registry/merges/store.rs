//! SQL of merges and splits. The database itself joins the records and parts them, when a decision is written.

use diesel::prelude::*;

use super::model::{Merge, MergeKind, MergeState};
use crate::access::{Scope, within};
use crate::db::schema::{resident_merges, residents, taken_programs};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx, types};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{MergeId, ResidentId, UserId};
use crate::kernel::time::Timestamp;

types::text_columns!(MergeKind, MergeState);

diesel::allow_tables_to_appear_in_same_query!(resident_merges, residents);

pub const SEALED_COLUMNS: &[SealedColumn] = &[
    sealed_column!(resident_merges::reason of id: MergeId),
    sealed_column!(resident_merges::comment of id: MergeId),
];

fn place(field: &str, id: MergeId) -> String {
    format!("resident_merges|{field}|{id}")
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = resident_merges)]
struct Row {
    id: MergeId,
    kind: MergeKind,
    kept_id: ResidentId,
    duplicate_id: ResidentId,
    merge_id: Option<MergeId>,
    reason: Vec<u8>,
    state: MergeState,
    proposed_by: UserId,
    proposed_at: Timestamp,
    decided_by: Option<UserId>,
    decided_at: Option<Timestamp>,
    comment: Option<Vec<u8>>,
}

fn open(db: &Db, row: &Row) -> Result<Merge> {
    let text = |field: &str, sealed: &[u8]| {
        let plain = db.keys().open(&place(field, row.id), sealed);
        String::from_utf8(plain.map_err(Error::internal)?.to_vec()).map_err(Error::internal)
    };
    Ok(Merge {
        reason: text("reason", &row.reason)?,
        comment: row
            .comment
            .as_deref()
            .map(|sealed| text("comment", sealed))
            .transpose()?,
        id: row.id,
        kind: row.kind,
        kept: row.kept_id,
        duplicate: row.duplicate_id,
        undoes: row.merge_id,
        state: row.state,
        proposed_by: row.proposed_by,
        proposed_at: row.proposed_at,
        decision: row.decided_by.zip(row.decided_at),
    })
}

/// Within the scope of the record that is kept.
pub fn find(db: &mut Db, scope: &Scope, id: MergeId) -> Result<Option<Merge>> {
    let row: Option<Row> = resident_merges::table
        .inner_join(residents::table.on(residents::id.eq(resident_merges::kept_id)))
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            residents::division_code,
            residents::county_code,
            scope
        ))
        .filter(resident_merges::id.eq(id))
        .first(db.conn())
        .optional()?;
    row.map(|row| open(db, &row)).transpose()
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    state: Option<MergeState>,
    after: Option<MergeId>,
    count: i64,
) -> Result<Vec<Merge>> {
    let mut query = resident_merges::table
        .inner_join(residents::table.on(residents::id.eq(resident_merges::kept_id)))
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            residents::division_code,
            residents::county_code,
            scope
        ));
    if let Some(state) = state {
        query = query.filter(resident_merges::state.eq(state));
    }
    if let Some(after) = after {
        query = query.filter(resident_merges::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(resident_merges::id.desc())
        .limit(count)
        .load(db.conn())?;
    rows.iter().map(|row| open(db, row)).collect()
}

pub fn insert(tx: &mut Tx<'_>, merge: &Merge) -> Result<()> {
    let place = place("reason", merge.id);
    let reason = tx.keys().seal(&place, merge.reason.as_bytes());
    diesel::insert_into(resident_merges::table)
        .values((
            resident_merges::id.eq(merge.id),
            resident_merges::kind.eq(merge.kind),
            resident_merges::kept_id.eq(merge.kept),
            resident_merges::duplicate_id.eq(merge.duplicate),
            resident_merges::merge_id.eq(merge.undoes),
            resident_merges::reason.eq(reason.map_err(Error::internal)?),
            resident_merges::state.eq(merge.state),
            resident_merges::proposed_by.eq(merge.proposed_by),
            resident_merges::proposed_at.eq(merge.proposed_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Writes the decision of what waits for one.
pub fn decide(tx: &mut Tx<'_>, merge: &Merge) -> Result<()> {
    let comment = merge
        .comment
        .as_deref()
        .map(|text| {
            let place = place("comment", merge.id);
            tx.keys().seal(&place, text.as_bytes())
        })
        .transpose()
        .map_err(Error::internal)?;
    let open = resident_merges::table
        .filter(resident_merges::id.eq(merge.id))
        .filter(resident_merges::state.eq(MergeState::Proposed));
    let changed = diesel::update(open)
        .set((
            resident_merges::state.eq(merge.state),
            resident_merges::decided_by.eq(merge.decision.map(|(by, _)| by)),
            resident_merges::decided_at.eq(merge.decision.map(|(_, at)| at)),
            resident_merges::comment.eq(comment),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::MergeDecided.into())
    }
}

/// The programs in which some records have an open case, or a benefit that goes on.
pub fn taken(db: &mut Db, records: &[ResidentId]) -> Result<Vec<String>> {
    Ok(taken_programs::table
        .filter(taken_programs::resident_id.eq_any(records))
        .select(taken_programs::program_code)
        .load(db.conn())?)
}
