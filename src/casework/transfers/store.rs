//! SQL of transfers and their history.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::model::{Belongings, Named, Transfer, TransferAction, TransferState, Turn};
use crate::access::{Scope, within};
use crate::casework::referrals::Direction;
use crate::db::schema::{transfer_transitions, transfers, users};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::types::{self, from_json, to_json};
use crate::db::{Db, MultiBackend, Tx, on_unique};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{ResidentId, TransferId, TransferTransitionId, UserId};
use crate::kernel::time::Timestamp;

types::text_columns!(TransferState, TransferAction);

diesel::joinable!(transfers -> users (offered_by));
diesel::joinable!(transfer_transitions -> users (actor_id));
diesel::allow_tables_to_appear_in_same_query!(transfers, users);
diesel::allow_tables_to_appear_in_same_query!(transfer_transitions, users);

pub const SEALED_COLUMNS: &[SealedColumn] = &[
    sealed_column!(transfers::reason of id: TransferId),
    sealed_column!(transfers::taken_over of id: TransferId),
    sealed_column!(transfer_transitions::comment of id: TransferTransitionId),
];

fn place(column: &str, id: TransferId) -> String {
    format!("transfers|{column}|{id}")
}

fn comment_place(id: TransferTransitionId) -> String {
    format!("transfer_transitions|comment|{id}")
}

fn seal(db: &Db, place: &str, text: &str) -> Result<Vec<u8>> {
    let sealed = db.keys().seal(place, text.as_bytes());
    sealed.map_err(Error::internal)
}

fn open(db: &Db, place: &str, sealed: &[u8]) -> Result<String> {
    let plain = db.keys().open(place, sealed).map_err(Error::internal)?;
    String::from_utf8(plain.to_vec()).map_err(Error::internal)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = transfers)]
struct Row {
    id: TransferId,
    resident_id: ResidentId,
    from_division_code: DivisionCode,
    to_division_code: DivisionCode,
    reason: Vec<u8>,
    moved_date: NaiveDate,
    offered_at: Timestamp,
    state: TransferState,
    last_transition: i32,
    taken_over: Option<Vec<u8>>,
}

fn read(db: &Db, (row, offered_by): (Row, Named)) -> Result<Transfer> {
    let taken_over: Option<Belongings> = row
        .taken_over
        .map(|sealed| from_json(&open(db, &place("taken_over", row.id), &sealed)?))
        .transpose()?;
    Ok(Transfer {
        id: row.id,
        resident_id: row.resident_id,
        from: row.from_division_code,
        to: row.to_division_code,
        reason: open(db, &place("reason", row.id), &row.reason)?,
        moved_date: row.moved_date,
        offered_by,
        offered_at: row.offered_at,
        state: row.state,
        last_transition: row.last_transition,
        taken_over,
    })
}

/// Which transfers a list shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Without one, those that come and those that go.
    pub direction: Option<Direction>,
    pub state: Option<TransferState>,
    pub resident: Option<ResidentId>,
    pub id: Option<TransferId>,
}

/// Newest first, of either end in scope.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: Filter,
    after: Option<TransferId>,
    count: i64,
) -> Result<Vec<Transfer>> {
    let goes = within!(
        transfers::from_division_code,
        transfers::from_county_code,
        scope
    );
    let comes = within!(
        transfers::to_division_code,
        transfers::to_county_code,
        scope
    );
    let seen: Box<dyn BoxableExpression<_, MultiBackend, SqlType = Bool>> = match filter.direction {
        Some(Direction::Outgoing) => goes,
        Some(Direction::Incoming) => comes,
        None => Box::new(goes.or(comes)),
    };
    let mut query = transfers::table
        .inner_join(users::table)
        .select((
            Row::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .into_boxed::<MultiBackend>()
        .filter(seen);
    if let Some(state) = filter.state {
        query = query.filter(transfers::state.eq(state));
    }
    if let Some(resident) = filter.resident {
        query = query.filter(transfers::resident_id.eq(resident));
    }
    if let Some(id) = filter.id {
        query = query.filter(transfers::id.eq(id));
    }
    if let Some(after) = after {
        query = query.filter(transfers::id.lt(after));
    }
    let rows: Vec<(Row, Named)> = query
        .order(transfers::id.desc())
        .limit(count)
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

/// Which transfers are offered of some residents. Who asks may see but a part of a county, and it holds
/// everywhere.
pub fn offered(db: &mut Db, of: &[ResidentId]) -> Result<HashMap<ResidentId, TransferId>> {
    if of.is_empty() {
        return Ok(HashMap::new());
    }
    let query = transfers::table
        .filter(transfers::resident_id.eq_any(of))
        .filter(transfers::state.eq(TransferState::Offered))
        .select((transfers::resident_id, transfers::id));
    let all: Vec<(ResidentId, TransferId)> = db.in_every_office(|db| Ok(query.load(db.conn())?))?;
    Ok(all.into_iter().collect())
}

pub fn insert(tx: &mut Tx<'_>, new: &Transfer) -> Result<()> {
    let reason = seal(tx, &place("reason", new.id), &new.reason)?;
    diesel::insert_into(transfers::table)
        .values((
            transfers::id.eq(new.id),
            transfers::resident_id.eq(new.resident_id),
            transfers::from_division_code.eq(new.from),
            transfers::to_division_code.eq(new.to),
            transfers::reason.eq(reason),
            transfers::moved_date.eq(new.moved_date),
            transfers::offered_by.eq(new.offered_by.0),
            transfers::offered_at.eq(new.offered_at),
            transfers::state.eq(new.state),
            transfers::last_transition.eq(new.last_transition),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(error, "transfers.resident_id", "transfers_open", || {
                Code::ResidentInTransfer.into()
            })
        })?;
    Ok(())
}

/// Writes where a transfer now stands, if nobody moved it since it was read.
pub fn update(tx: &mut Tx<'_>, transfer: &Transfer, seen: i32) -> Result<()> {
    let taken_over = transfer
        .taken_over
        .as_ref()
        .map(|all| seal(tx, &place("taken_over", transfer.id), &to_json(all)?))
        .transpose()?;
    let same = transfers::table
        .find(transfer.id)
        .filter(transfers::last_transition.eq(seen));
    let changed = diesel::update(same)
        .set((
            transfers::state.eq(transfer.state),
            transfers::last_transition.eq(transfer.last_transition),
            transfers::taken_over.eq(taken_over),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// Writes the entry that led to where a transfer now stands.
pub fn insert_transition(
    tx: &mut Tx<'_>,
    transfer: &Transfer,
    action: TransferAction,
    from: Option<TransferState>,
    actor: UserId,
    comment: Option<&str>,
) -> Result<()> {
    let (id, now) = (tx.new_id(), tx.now());
    let comment = comment
        .map(|text| seal(tx, &comment_place(id), text))
        .transpose()?;
    let sequence = transfer.last_transition;
    diesel::insert_into(transfer_transitions::table)
        .values((
            transfer_transitions::id.eq(id),
            transfer_transitions::transfer_id.eq(transfer.id),
            transfer_transitions::sequence.eq(sequence),
            transfer_transitions::action.eq(action),
            transfer_transitions::previous_sequence.eq(from.map(|_| sequence - 1)),
            transfer_transitions::from_state.eq(from),
            transfer_transitions::to_state.eq(transfer.state),
            transfer_transitions::actor_id.eq(actor),
            transfer_transitions::comment.eq(comment),
            transfer_transitions::at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Two people acted on the same version; the other one was first.
            on_unique(
                error,
                "transfer_transitions.transfer_id",
                "transfer_transitions_transfer_id_sequence_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = transfer_transitions)]
struct TurnRow {
    id: TransferTransitionId,
    transfer_id: TransferId,
    sequence: i32,
    action: TransferAction,
    to_state: TransferState,
    comment: Option<Vec<u8>>,
    at: Timestamp,
}

/// What happened to each of some transfers, from the beginning.
pub fn history(db: &mut Db, of: &[TransferId]) -> Result<Vec<(TransferId, Turn)>> {
    let rows: Vec<(TurnRow, Named)> = transfer_transitions::table
        .inner_join(users::table)
        .filter(transfer_transitions::transfer_id.eq_any(of))
        .order((
            transfer_transitions::transfer_id,
            transfer_transitions::sequence,
        ))
        .select((
            TurnRow::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .load(db.conn())?;
    rows.into_iter()
        .map(|(row, actor)| {
            let comment = row
                .comment
                .map(|sealed| open(db, &comment_place(row.id), &sealed))
                .transpose()?;
            let turn = Turn {
                sequence: row.sequence,
                action: row.action,
                to: row.to_state,
                actor,
                comment,
                at: row.at,
            };
            Ok((row.transfer_id, turn))
        })
        .collect()
}
