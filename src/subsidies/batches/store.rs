//! SQL of payment batches, their duties and their history.

use diesel::prelude::*;

use super::model::{Batch, Named, PaymentBatchAction, PaymentBatchDuty, PaymentBatchState, Turn};
use crate::access::{Scope, within};
use crate::db::schema::{
    payment_batch_duties, payment_batch_numbers, payment_batch_transitions, payment_batches, users,
};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{PaymentBatchId, PaymentBatchTransitionId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;

types::text_columns!(PaymentBatchState, PaymentBatchAction, PaymentBatchDuty);

diesel::joinable!(payment_batch_transitions -> users (actor_id));
diesel::allow_tables_to_appear_in_same_query!(payment_batch_transitions, users);

#[derive(Queryable, Selectable)]
#[diesel(table_name = payment_batches)]
struct Row {
    id: PaymentBatchId,
    batch_number: String,
    division_code: DivisionCode,
    program_code: String,
    month: Month,
    state: PaymentBatchState,
    last_transition: i32,
    maker_id: UserId,
    checker_id: Option<UserId>,
    releaser_id: Option<UserId>,
    payment_count: i32,
    total_fen: Fen,
    digest: Option<Vec<u8>>,
    made_at: Timestamp,
    released_at: Option<Timestamp>,
}

impl From<Row> for Batch {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            batch_number: row.batch_number,
            division: row.division_code,
            program_code: row.program_code,
            month: row.month,
            state: row.state,
            last_transition: row.last_transition,
            maker: row.maker_id,
            checker: row.checker_id,
            releaser: row.releaser_id,
            payment_count: row.payment_count,
            total: row.total_fen,
            digest: row.digest,
            made_at: row.made_at,
            released_at: row.released_at,
        }
    }
}

/// Which batches a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<PaymentBatchId>,
    pub state: Option<PaymentBatchState>,
    pub program_code: Option<String>,
    pub month: Option<Month>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<PaymentBatchId>,
    count: i64,
) -> Result<Vec<Batch>> {
    let mut query = payment_batches::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            payment_batches::division_code,
            payment_batches::county_code,
            scope
        ));
    if let Some(id) = filter.id {
        query = query.filter(payment_batches::id.eq(id));
    }
    if let Some(state) = filter.state {
        query = query.filter(payment_batches::state.eq(state));
    }
    if let Some(code) = &filter.program_code {
        query = query.filter(payment_batches::program_code.eq(code.clone()));
    }
    if let Some(month) = filter.month {
        query = query.filter(payment_batches::month.eq(month));
    }
    if let Some(after) = after {
        query = query.filter(payment_batches::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(payment_batches::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// `990121-202207-0001`: counted by county and month, without a gap.
pub fn next_number(tx: &mut Tx<'_>, county: DivisionCode, month: Month) -> Result<String> {
    let place = payment_batch_numbers::table.find((county, month));
    let count = |tx: &mut Tx<'_>| {
        diesel::update(place)
            .set(payment_batch_numbers::last.eq(payment_batch_numbers::last + 1))
            .execute(tx.conn())
    };
    if count(tx)? == 0 {
        let begun = tx.attempt(|tx| {
            diesel::insert_into(payment_batch_numbers::table)
                .values((
                    payment_batch_numbers::county_code.eq(county),
                    payment_batch_numbers::month.eq(month),
                    payment_batch_numbers::last.eq(1),
                ))
                .execute(tx.conn())?;
            Ok(())
        });
        // Somebody else began the month in this moment.
        if begun.is_err() {
            count(tx)?;
        }
    }
    let last: i32 = place.select(payment_batch_numbers::last).first(tx.conn())?;
    let digits = month.to_string().replace('-', "");
    Ok(format!("{}-{digits}-{last:04}", county.county_digits()))
}

pub fn insert(tx: &mut Tx<'_>, new: &Batch) -> Result<()> {
    diesel::insert_into(payment_batches::table)
        .values((
            payment_batches::id.eq(new.id),
            payment_batches::batch_number.eq(&new.batch_number),
            payment_batches::division_code.eq(new.division),
            payment_batches::program_code.eq(&new.program_code),
            payment_batches::month.eq(new.month),
            payment_batches::state.eq(new.state),
            payment_batches::last_transition.eq(new.last_transition),
            payment_batches::maker_id.eq(new.maker),
            payment_batches::payment_count.eq(new.payment_count),
            payment_batches::total_fen.eq(new.total),
            payment_batches::made_at.eq(new.made_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Writes what was counted, before anybody submits it.
pub fn count_up(tx: &mut Tx<'_>, batch: &Batch) -> Result<()> {
    let changed = diesel::update(payment_batches::table.find(batch.id))
        .set((
            payment_batches::payment_count.eq(batch.payment_count),
            payment_batches::total_fen.eq(batch.total),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// Writes where a batch now stands, if nobody moved it since it was read.
pub fn update(tx: &mut Tx<'_>, batch: &Batch, seen: i32) -> Result<()> {
    let same = payment_batches::table
        .find(batch.id)
        .filter(payment_batches::last_transition.eq(seen));
    let changed = diesel::update(same)
        .set((
            payment_batches::state.eq(batch.state),
            payment_batches::last_transition.eq(batch.last_transition),
            payment_batches::maker_id.eq(batch.maker),
            payment_batches::checker_id.eq(batch.checker),
            payment_batches::releaser_id.eq(batch.releaser),
            payment_batches::digest.eq(batch.digest.as_deref()),
            payment_batches::released_at.eq(batch.released_at),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// The one duty somebody has taken of a batch.
pub fn duty(db: &mut Db, batch: PaymentBatchId, user: UserId) -> Result<Option<PaymentBatchDuty>> {
    Ok(payment_batch_duties::table
        .find((batch, user))
        .select(payment_batch_duties::duty)
        .first(db.conn())
        .optional()?)
}

/// Of these batches, the duties somebody has taken.
pub fn duties(
    db: &mut Db,
    batches: &[PaymentBatchId],
    user: UserId,
) -> Result<Vec<(PaymentBatchId, PaymentBatchDuty)>> {
    Ok(payment_batch_duties::table
        .filter(payment_batch_duties::batch_id.eq_any(batches))
        .filter(payment_batch_duties::user_id.eq(user))
        .select((payment_batch_duties::batch_id, payment_batch_duties::duty))
        .load(db.conn())?)
}

fn take_duty(
    tx: &mut Tx<'_>,
    batch: PaymentBatchId,
    user: UserId,
    taken: PaymentBatchDuty,
) -> Result<()> {
    match duty(tx, batch, user)? {
        Some(known) if known == taken => Ok(()),
        Some(_) => Err(Code::PaymentBatchSeparation.into()),
        None => {
            diesel::insert_into(payment_batch_duties::table)
                .values((
                    payment_batch_duties::batch_id.eq(batch),
                    payment_batch_duties::user_id.eq(user),
                    payment_batch_duties::duty.eq(taken),
                ))
                .execute(tx.conn())?;
            Ok(())
        }
    }
}

/// What an entry says beside where its batch now stands.
#[derive(Debug)]
pub struct NewTurn<'a> {
    pub action: PaymentBatchAction,
    pub from: Option<PaymentBatchState>,
    pub actor: UserId,
    /// None where the bank's answer settles it.
    pub duty: Option<PaymentBatchDuty>,
    pub comment: Option<&'a str>,
}

/// Writes the entry that led to where a batch now stands.
pub fn insert_transition(tx: &mut Tx<'_>, batch: &Batch, turn: &NewTurn<'_>) -> Result<()> {
    if let Some(duty) = turn.duty {
        take_duty(tx, batch.id, turn.actor, duty)?;
    }
    let (id, now): (PaymentBatchTransitionId, _) = (tx.new_id(), tx.now());
    let sequence = batch.last_transition;
    diesel::insert_into(payment_batch_transitions::table)
        .values((
            payment_batch_transitions::id.eq(id),
            payment_batch_transitions::batch_id.eq(batch.id),
            payment_batch_transitions::sequence.eq(sequence),
            payment_batch_transitions::action.eq(turn.action),
            payment_batch_transitions::previous_sequence.eq(turn.from.map(|_| sequence - 1)),
            payment_batch_transitions::from_state.eq(turn.from),
            payment_batch_transitions::to_state.eq(batch.state),
            payment_batch_transitions::actor_id.eq(turn.actor),
            payment_batch_transitions::duty.eq(turn.duty),
            payment_batch_transitions::comment.eq(turn.comment),
            payment_batch_transitions::at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Two people acted on the same version; the other one was first.
            on_unique(
                error,
                "payment_batch_transitions.batch_id",
                "payment_batch_transitions_batch_id_sequence_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = payment_batch_transitions)]
struct TurnRow {
    sequence: i32,
    action: PaymentBatchAction,
    from_state: Option<PaymentBatchState>,
    to_state: PaymentBatchState,
    comment: Option<String>,
    at: Timestamp,
}

/// What happened to a batch, from the beginning.
pub fn history(db: &mut Db, of: PaymentBatchId) -> Result<Vec<Turn>> {
    let rows: Vec<(TurnRow, Named)> = payment_batch_transitions::table
        .inner_join(users::table)
        .filter(payment_batch_transitions::batch_id.eq(of))
        .order(payment_batch_transitions::sequence)
        .select((
            TurnRow::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .load(db.conn())?;
    let turn = |(row, actor): (TurnRow, Named)| Turn {
        sequence: row.sequence,
        action: row.action,
        from: row.from_state,
        to: row.to_state,
        actor,
        comment: row.comment,
        at: row.at,
    };
    Ok(rows.into_iter().map(turn).collect())
}
