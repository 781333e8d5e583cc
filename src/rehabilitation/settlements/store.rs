//! SQL of settlements, their lines and their history.

use diesel::prelude::*;

use super::model::{
    Line, LineState, Named, Reckoned, Settlement, SettlementAction, SettlementState, Turn,
};
use crate::access::within;
use crate::db::schema::{
    rehabilitation_plans, rehabilitation_sessions, settlement_lines, settlement_transitions,
    settlements, users,
};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{
    OrganizationId, PayableId, RehabilitationPlanId, ResidentId, SettlementId, SettlementLineId,
    SettlementTransitionId, UserId,
};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::rehabilitation::plans::Sight;

types::text_columns!(SettlementState, SettlementAction, LineState);

diesel::joinable!(settlement_transitions -> users (actor_id));
diesel::allow_tables_to_appear_in_same_query!(settlement_transitions, users);

#[derive(Queryable, Selectable)]
#[diesel(table_name = settlements)]
struct Row {
    id: SettlementId,
    organization_id: OrganizationId,
    division_code: DivisionCode,
    month: Month,
    state: SettlementState,
    last_transition: i32,
    line_count: i32,
    amount_fen: Fen,
    deduction_fen: Fen,
    proposed_by: UserId,
    proposed_at: Timestamp,
    checked_by: Option<UserId>,
}

impl From<Row> for Settlement {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            institution: row.organization_id,
            division_code: row.division_code,
            month: row.month,
            state: row.state,
            last_transition: row.last_transition,
            line_count: row.line_count,
            amount: row.amount_fen,
            deduction: row.deduction_fen,
            proposed_by: row.proposed_by,
            proposed_at: row.proposed_at,
            checked_by: row.checked_by,
        }
    }
}

/// Which settlements a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<SettlementId>,
    pub division: Option<DivisionCode>,
    pub institution: Option<OrganizationId>,
    pub month: Option<Month>,
    pub state: Option<SettlementState>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    sight: &Sight,
    filter: &Filter,
    after: Option<SettlementId>,
    count: i64,
) -> Result<Vec<Settlement>> {
    let of_offices = within!(
        settlements::division_code,
        settlements::county_code,
        &sight.cases
    );
    let ours = settlements::organization_id.eq_any(&sight.institutions);
    let mut query = settlements::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(of_offices.or(ours));
    if let Some(id) = filter.id {
        query = query.filter(settlements::id.eq(id));
    }
    if let Some(division) = filter.division {
        let (lowest, highest) = division.range();
        query = query.filter(settlements::division_code.between(lowest, highest));
    }
    if let Some(institution) = filter.institution {
        query = query.filter(settlements::organization_id.eq(institution));
    }
    if let Some(month) = filter.month {
        query = query.filter(settlements::month.eq(month));
    }
    if let Some(state) = filter.state {
        query = query.filter(settlements::state.eq(state));
    }
    if let Some(after) = after {
        query = query.filter(settlements::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(settlements::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub fn insert(tx: &mut Tx<'_>, new: &Settlement) -> Result<()> {
    diesel::insert_into(settlements::table)
        .values((
            settlements::id.eq(new.id),
            settlements::organization_id.eq(new.institution),
            settlements::division_code.eq(new.division_code),
            settlements::month.eq(new.month),
            settlements::state.eq(new.state),
            settlements::last_transition.eq(new.last_transition),
            settlements::line_count.eq(new.line_count),
            settlements::amount_fen.eq(new.amount),
            settlements::deduction_fen.eq(new.deduction),
            settlements::proposed_by.eq(new.proposed_by),
            settlements::proposed_at.eq(new.proposed_at),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "settlements.organization_id",
                "settlements_one",
                || Code::SettlementOpen.into(),
            )
        })?;
    Ok(())
}

/// Writes where a settlement now stands, if nobody moved it since it was read.
pub fn update(tx: &mut Tx<'_>, settlement: &Settlement, seen: i32) -> Result<()> {
    let same = settlements::table
        .find(settlement.id)
        .filter(settlements::last_transition.eq(seen));
    let changed = diesel::update(same)
        .set((
            settlements::state.eq(settlement.state),
            settlements::last_transition.eq(settlement.last_transition),
            settlements::checked_by.eq(settlement.checked_by),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// Writes the entry that led to where a settlement now stands.
pub fn insert_transition(
    tx: &mut Tx<'_>,
    settlement: &Settlement,
    (action, from): (SettlementAction, Option<SettlementState>),
    actor: UserId,
    comment: Option<&str>,
) -> Result<()> {
    let (id, now): (SettlementTransitionId, _) = (tx.new_id(), tx.now());
    let sequence = settlement.last_transition;
    diesel::insert_into(settlement_transitions::table)
        .values((
            settlement_transitions::id.eq(id),
            settlement_transitions::settlement_id.eq(settlement.id),
            settlement_transitions::sequence.eq(sequence),
            settlement_transitions::action.eq(action),
            settlement_transitions::previous_sequence.eq(from.map(|_| sequence - 1)),
            settlement_transitions::from_state.eq(from),
            settlement_transitions::to_state.eq(settlement.state),
            settlement_transitions::actor_id.eq(actor),
            settlement_transitions::comment.eq(comment),
            settlement_transitions::at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Two people acted on the same version; the other one was first.
            on_unique(
                error,
                "settlement_transitions.settlement_id",
                "settlement_transitions_settlement_id_sequence_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = settlement_transitions)]
struct TurnRow {
    sequence: i32,
    action: SettlementAction,
    from_state: Option<SettlementState>,
    to_state: SettlementState,
    comment: Option<String>,
    at: Timestamp,
}

/// What happened to a settlement, from the beginning.
pub fn history(db: &mut Db, of: SettlementId) -> Result<Vec<Turn>> {
    let rows: Vec<(TurnRow, Named)> = settlement_transitions::table
        .inner_join(users::table)
        .filter(settlement_transitions::settlement_id.eq(of))
        .order(settlement_transitions::sequence)
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

/// Confirmed sessions of a month that are in no settlement, with the children of a county, by plan.
pub fn attended(
    db: &mut Db,
    institution: OrganizationId,
    county: DivisionCode,
    month: Month,
) -> Result<Vec<(RehabilitationPlanId, i64)>> {
    Ok(rehabilitation_sessions::table
        .inner_join(rehabilitation_plans::table)
        .filter(rehabilitation_sessions::organization_id.eq(institution))
        .filter(rehabilitation_sessions::month.eq(month))
        .filter(rehabilitation_sessions::confirmed_at.is_not_null())
        .filter(rehabilitation_sessions::voided_at.is_null())
        .filter(rehabilitation_sessions::settlement_line_id.is_null())
        .filter(rehabilitation_plans::county_code.eq(county.county_digits()))
        .group_by(rehabilitation_sessions::plan_id)
        .order(rehabilitation_sessions::plan_id)
        .select((rehabilitation_sessions::plan_id, diesel::dsl::count_star()))
        .load(db.conn())?)
}

pub fn insert_line(
    tx: &mut Tx<'_>,
    settlement: &Settlement,
    new: &Reckoned,
) -> Result<SettlementLineId> {
    let id: SettlementLineId = tx.new_id();
    diesel::insert_into(settlement_lines::table)
        .values((
            settlement_lines::id.eq(id),
            settlement_lines::settlement_id.eq(settlement.id),
            settlement_lines::plan_id.eq(new.plan),
            settlement_lines::resident_id.eq(new.resident),
            settlement_lines::program_code.eq(&new.program_code),
            settlement_lines::cap_id.eq(new.cap),
            settlement_lines::program_version_id.eq(new.program_version),
            settlement_lines::session_count.eq(new.sessions),
            settlement_lines::rate_fen.eq(new.rate),
            settlement_lines::gross_fen.eq(new.gross),
            settlement_lines::remaining_fen.eq(new.remaining),
            settlement_lines::amount_fen.eq(new.amount),
            settlement_lines::deduction_fen.eq(new.deduction()),
            settlement_lines::state.eq(LineState::Live),
        ))
        .execute(tx.conn())?;
    let sessions = rehabilitation_sessions::table
        .filter(rehabilitation_sessions::plan_id.eq(new.plan))
        .filter(rehabilitation_sessions::month.eq(settlement.month))
        .filter(rehabilitation_sessions::confirmed_at.is_not_null())
        .filter(rehabilitation_sessions::voided_at.is_null())
        .filter(rehabilitation_sessions::settlement_line_id.is_null());
    diesel::update(sessions)
        .set(rehabilitation_sessions::settlement_line_id.eq(id))
        .execute(tx.conn())?;
    Ok(id)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = settlement_lines)]
struct LineRow {
    id: SettlementLineId,
    plan_id: RehabilitationPlanId,
    resident_id: ResidentId,
    program_code: String,
    session_count: i32,
    rate_fen: Fen,
    gross_fen: Fen,
    remaining_fen: Fen,
    amount_fen: Fen,
    deduction_fen: Fen,
    payable_id: Option<PayableId>,
    state: LineState,
    reversal_reason: Option<String>,
    reversed_by: Option<UserId>,
    reversed_at: Option<Timestamp>,
}

impl From<LineRow> for Line {
    fn from(row: LineRow) -> Self {
        let reversal = match (row.reversed_by, row.reversed_at, row.reversal_reason) {
            (Some(by), Some(at), Some(reason)) => Some((by, at, reason)),
            _ => None,
        };
        Self {
            id: row.id,
            plan_id: row.plan_id,
            resident_id: row.resident_id,
            program_code: row.program_code,
            session_count: row.session_count,
            rate: row.rate_fen,
            gross: row.gross_fen,
            remaining: row.remaining_fen,
            amount: row.amount_fen,
            deduction: row.deduction_fen,
            payable: row.payable_id,
            state: row.state,
            reversal,
        }
    }
}

pub fn lines(db: &mut Db, of: SettlementId) -> Result<Vec<Line>> {
    let rows: Vec<LineRow> = settlement_lines::table
        .filter(settlement_lines::settlement_id.eq(of))
        .order(settlement_lines::id)
        .select(LineRow::as_select())
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Notes what is owed for a line.
pub fn owe(tx: &mut Tx<'_>, line: SettlementLineId, payable: PayableId) -> Result<()> {
    diesel::update(settlement_lines::table.find(line))
        .set(settlement_lines::payable_id.eq(payable))
        .execute(tx.conn())?;
    Ok(())
}

/// Gives up lines with their settlement.
pub fn drop_lines(tx: &mut Tx<'_>, of: SettlementId) -> Result<()> {
    let live = settlement_lines::table
        .filter(settlement_lines::settlement_id.eq(of))
        .filter(settlement_lines::state.eq(LineState::Live));
    diesel::update(live)
        .set(settlement_lines::state.eq(LineState::Dropped))
        .execute(tx.conn())?;
    Ok(())
}

/// Takes a line back; whether it was there to be taken back.
pub fn reverse(tx: &mut Tx<'_>, line: SettlementLineId, by: UserId, reason: &str) -> Result<bool> {
    let now = tx.now();
    let live = settlement_lines::table
        .find(line)
        .filter(settlement_lines::state.eq(LineState::Live));
    let changed = diesel::update(live)
        .set((
            settlement_lines::state.eq(LineState::Reversed),
            settlement_lines::reversed_by.eq(by),
            settlement_lines::reversed_at.eq(now),
            settlement_lines::reversal_reason.eq(reason),
        ))
        .execute(tx.conn())?;
    Ok(changed == 1)
}

/// Sessions whose lines were given up may be settled again.
pub fn free(tx: &mut Tx<'_>, lines: &[SettlementLineId]) -> Result<usize> {
    let settled = rehabilitation_sessions::table
        .filter(rehabilitation_sessions::settlement_line_id.eq_any(lines));
    Ok(diesel::update(settled)
        .set(rehabilitation_sessions::settlement_line_id.eq(None::<SettlementLineId>))
        .execute(tx.conn())?)
}
