//! SQL of referrals and their history.

use diesel::prelude::*;
use diesel::sql_types::Bool;

use chrono::NaiveDate;

use super::model::{Direction, Named, Referral, ReferralAction, ReferralState, Side, Turn};
use crate::access::{Scope, within};
use crate::db::schema::{referral_transitions, referrals, users};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{
    CaseId, OrganizationId, ReferralId, ReferralTransitionId, ResidentId, UserId,
};
use crate::kernel::time::Timestamp;

types::text_columns!(ReferralState, ReferralAction, Side);

diesel::joinable!(referrals -> users (offered_by));
diesel::joinable!(referral_transitions -> users (actor_id));
diesel::allow_tables_to_appear_in_same_query!(referrals, users);
diesel::allow_tables_to_appear_in_same_query!(referral_transitions, users);

pub const SEALED_COLUMNS: &[SealedColumn] = &[
    sealed_column!(referrals::purpose of id: ReferralId),
    sealed_column!(referral_transitions::comment of id: ReferralTransitionId),
];

fn purpose_place(id: ReferralId) -> String {
    format!("referrals|purpose|{id}")
}

fn comment_place(id: ReferralTransitionId) -> String {
    format!("referral_transitions|comment|{id}")
}

fn open(db: &Db, place: &str, sealed: &[u8]) -> Result<String> {
    let plain = db.keys().open(place, sealed).map_err(Error::internal)?;
    String::from_utf8(plain.to_vec()).map_err(Error::internal)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = referrals)]
struct Row {
    id: ReferralId,
    case_id: CaseId,
    resident_id: ResidentId,
    division_code: DivisionCode,
    from_organization_id: OrganizationId,
    to_organization_id: OrganizationId,
    purpose: Vec<u8>,
    due_date: Option<NaiveDate>,
    offered_at: Timestamp,
    state: ReferralState,
    last_transition: i32,
}

fn read(db: &Db, (row, offered_by): (Row, Named)) -> Result<Referral> {
    Ok(Referral {
        id: row.id,
        case_id: row.case_id,
        resident_id: row.resident_id,
        division_code: row.division_code,
        from: row.from_organization_id,
        to: row.to_organization_id,
        purpose: open(db, &purpose_place(row.id), &row.purpose)?,
        due_date: row.due_date,
        offered_by,
        offered_at: row.offered_at,
        state: row.state,
        last_transition: row.last_transition,
    })
}

/// Whose referrals somebody sees: of the cases in scope, and those to their organizations.
#[derive(Debug, Clone)]
pub struct Sight {
    pub cases: Scope,
    pub organizations: Vec<OrganizationId>,
}

pub fn find(db: &mut Db, sight: &Sight, id: ReferralId) -> Result<Option<Referral>> {
    let of_cases = within!(
        referrals::division_code,
        referrals::county_code,
        &sight.cases
    );
    let to_us = referrals::to_organization_id.eq_any(&sight.organizations);
    let row: Option<(Row, Named)> = referrals::table
        .inner_join(users::table)
        .select((
            Row::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .into_boxed::<MultiBackend>()
        .filter(of_cases.or(to_us))
        .filter(referrals::id.eq(id))
        .first(db.conn())
        .optional()?;
    row.map(|row| read(db, row)).transpose()
}

/// Oldest first.
pub fn of_case(db: &mut Db, case: CaseId) -> Result<Vec<Referral>> {
    let rows: Vec<(Row, Named)> = referrals::table
        .inner_join(users::table)
        .filter(referrals::case_id.eq(case))
        .order(referrals::id)
        .select((
            Row::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

/// Newest first; without a direction, those that come and those that go.
pub fn page(
    db: &mut Db,
    sight: &Sight,
    direction: Option<Direction>,
    state: Option<ReferralState>,
    after: Option<ReferralId>,
    count: i64,
) -> Result<Vec<Referral>> {
    let of_cases = within!(
        referrals::division_code,
        referrals::county_code,
        &sight.cases
    );
    let to_us = referrals::to_organization_id.eq_any(&sight.organizations);
    let seen: Box<dyn BoxableExpression<_, MultiBackend, SqlType = Bool>> = match direction {
        Some(Direction::Outgoing) => of_cases,
        Some(Direction::Incoming) => Box::new(to_us),
        None => Box::new(of_cases.or(to_us)),
    };
    let mut query = referrals::table
        .inner_join(users::table)
        .select((
            Row::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .into_boxed::<MultiBackend>()
        .filter(seen);
    if let Some(state) = state {
        query = query.filter(referrals::state.eq(state));
    }
    if let Some(after) = after {
        query = query.filter(referrals::id.lt(after));
    }
    let rows: Vec<(Row, Named)> = query
        .order(referrals::id.desc())
        .limit(count)
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

pub fn insert(tx: &mut Tx<'_>, new: &Referral) -> Result<()> {
    let purpose = tx
        .keys()
        .seal(&purpose_place(new.id), new.purpose.as_bytes());
    diesel::insert_into(referrals::table)
        .values((
            referrals::id.eq(new.id),
            referrals::case_id.eq(new.case_id),
            referrals::resident_id.eq(new.resident_id),
            referrals::division_code.eq(new.division_code),
            referrals::from_organization_id.eq(new.from),
            referrals::to_organization_id.eq(new.to),
            referrals::purpose.eq(purpose.map_err(Error::internal)?),
            referrals::due_date.eq(new.due_date),
            referrals::offered_by.eq(new.offered_by.0),
            referrals::offered_at.eq(new.offered_at),
            referrals::state.eq(new.state),
            referrals::last_transition.eq(new.last_transition),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Writes where a referral now stands, if nobody moved it since it was read.
pub fn update(tx: &mut Tx<'_>, referral: &Referral, seen: i32) -> Result<()> {
    let same = referrals::table
        .find(referral.id)
        .filter(referrals::last_transition.eq(seen));
    let changed = diesel::update(same)
        .set((
            referrals::state.eq(referral.state),
            referrals::last_transition.eq(referral.last_transition),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// An entry about to be written, to where the referral now stands.
#[derive(Debug)]
pub struct Entry<'a> {
    pub referral: &'a Referral,
    pub action: ReferralAction,
    pub side: Side,
    pub from: Option<ReferralState>,
    pub actor: UserId,
    pub comment: Option<&'a str>,
}

pub fn insert_transition(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<()> {
    let (id, now) = (tx.new_id(), tx.now());
    let seal = |text: &str| tx.keys().seal(&comment_place(id), text.as_bytes());
    let comment = entry.comment.map(seal).transpose();
    let sequence = entry.referral.last_transition;
    diesel::insert_into(referral_transitions::table)
        .values((
            referral_transitions::id.eq(id),
            referral_transitions::referral_id.eq(entry.referral.id),
            referral_transitions::sequence.eq(sequence),
            referral_transitions::action.eq(entry.action),
            referral_transitions::side.eq(entry.side),
            referral_transitions::previous_sequence.eq(entry.from.map(|_| sequence - 1)),
            referral_transitions::from_state.eq(entry.from),
            referral_transitions::to_state.eq(entry.referral.state),
            referral_transitions::actor_id.eq(entry.actor),
            referral_transitions::comment.eq(comment.map_err(Error::internal)?),
            referral_transitions::at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Two people acted on the same version; the other one was first.
            on_unique(
                error,
                "referral_transitions.referral_id",
                "referral_transitions_referral_id_sequence_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = referral_transitions)]
struct TurnRow {
    id: ReferralTransitionId,
    referral_id: ReferralId,
    sequence: i32,
    action: ReferralAction,
    side: Side,
    from_state: Option<ReferralState>,
    to_state: ReferralState,
    comment: Option<Vec<u8>>,
    at: Timestamp,
}

/// What happened to each of some referrals, from the beginning.
pub fn history(db: &mut Db, of: &[ReferralId]) -> Result<Vec<(ReferralId, Turn)>> {
    let rows: Vec<(TurnRow, Named)> = referral_transitions::table
        .inner_join(users::table)
        .filter(referral_transitions::referral_id.eq_any(of))
        .order((
            referral_transitions::referral_id,
            referral_transitions::sequence,
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
                side: row.side,
                from: row.from_state,
                to: row.to_state,
                actor,
                comment,
                at: row.at,
            };
            Ok((row.referral_id, turn))
        })
        .collect()
}
