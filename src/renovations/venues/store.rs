//! SQL of public venues, their items, history, and who took part in the acceptance.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{
    Named, Turn, Venue, VenueAction, VenueItem, VenueItemKind, VenueKind, VenueState,
};
use crate::access::{Scope, within};
use crate::db::schema::{
    public_venue_items, public_venue_participants, public_venue_transitions, public_venues, users,
};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{
    PublicVenueId, PublicVenueItemId, PublicVenueTransitionId, ResidentId, UserId,
};
use crate::kernel::time::Timestamp;

types::text_columns!(VenueKind, VenueState, VenueAction, VenueItemKind);

diesel::joinable!(public_venue_transitions -> users (actor_id));
diesel::allow_tables_to_appear_in_same_query!(public_venues, users);
diesel::allow_tables_to_appear_in_same_query!(public_venue_transitions, users);
diesel::allow_tables_to_appear_in_same_query!(public_venues, public_venue_items);
diesel::allow_tables_to_appear_in_same_query!(public_venue_items, users);

#[derive(Queryable, Selectable)]
#[diesel(table_name = public_venues)]
struct Row {
    id: PublicVenueId,
    name: String,
    kind: VenueKind,
    division_code: DivisionCode,
    address: String,
    owner: String,
    accepted_date: Option<NaiveDate>,
    state: VenueState,
    last_transition: i32,
    recorded_at: Timestamp,
}

fn read((row, recorded_by): (Row, Named)) -> Venue {
    Venue {
        id: row.id,
        name: row.name,
        kind: row.kind,
        division_code: row.division_code,
        address: row.address,
        owner: row.owner,
        accepted_date: row.accepted_date,
        state: row.state,
        last_transition: row.last_transition,
        recorded_by,
        recorded_at: row.recorded_at,
    }
}

/// Which venues a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<PublicVenueId>,
    pub state: Option<VenueState>,
    pub kind: Option<VenueKind>,
    /// Only those with something to be remedied before this day.
    pub due_before: Option<NaiveDate>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<PublicVenueId>,
    count: i64,
) -> Result<Vec<Venue>> {
    let mut query = public_venues::table
        .inner_join(users::table.on(users::id.eq(public_venues::recorded_by)))
        .select((
            Row::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            public_venues::division_code,
            public_venues::county_code,
            scope
        ));
    if let Some(id) = filter.id {
        query = query.filter(public_venues::id.eq(id));
    }
    if let Some(state) = filter.state {
        query = query.filter(public_venues::state.eq(state));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(public_venues::kind.eq(kind));
    }
    if let Some(day) = filter.due_before {
        let overdue = public_venue_items::table
            .filter(public_venue_items::remedied.eq(false))
            .filter(public_venue_items::due_date.lt(day))
            .select(public_venue_items::venue_id);
        query = query
            .filter(public_venues::state.eq(VenueState::Listed))
            .filter(public_venues::id.eq_any(overdue));
    }
    if let Some(after) = after {
        query = query.filter(public_venues::id.lt(after));
    }
    let rows: Vec<(Row, Named)> = query
        .order(public_venues::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(read).collect())
}

pub fn insert(tx: &mut Tx<'_>, new: &Venue) -> Result<()> {
    diesel::insert_into(public_venues::table)
        .values((
            public_venues::id.eq(new.id),
            public_venues::name.eq(&new.name),
            public_venues::kind.eq(new.kind),
            public_venues::division_code.eq(new.division_code),
            public_venues::address.eq(&new.address),
            public_venues::owner.eq(&new.owner),
            public_venues::state.eq(new.state),
            public_venues::last_transition.eq(new.last_transition),
            public_venues::recorded_by.eq(new.recorded_by.0),
            public_venues::recorded_at.eq(new.recorded_at),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "public_venues.division_code",
                "public_venues_name",
                || Code::PublicVenueKnown.into(),
            )
        })?;
    Ok(())
}

/// Writes where a venue now stands, if nobody moved it since it was read.
pub fn update(tx: &mut Tx<'_>, one: &Venue, seen: i32) -> Result<()> {
    let changed = diesel::update(
        public_venues::table
            .find(one.id)
            .filter(public_venues::last_transition.eq(seen)),
    )
    .set((
        public_venues::accepted_date.eq(one.accepted_date),
        public_venues::state.eq(one.state),
        public_venues::last_transition.eq(one.last_transition),
    ))
    .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = public_venue_items)]
struct ItemRow {
    id: PublicVenueItemId,
    venue_id: PublicVenueId,
    number: i32,
    kind: VenueItemKind,
    finding: String,
    due_date: NaiveDate,
    remedied: bool,
}

/// Of some venues, in their order.
pub fn items(db: &mut Db, of: &[PublicVenueId]) -> Result<HashMap<PublicVenueId, Vec<VenueItem>>> {
    let rows: Vec<ItemRow> = public_venue_items::table
        .filter(public_venue_items::venue_id.eq_any(of))
        .order((public_venue_items::venue_id, public_venue_items::number))
        .select(ItemRow::as_select())
        .load(db.conn())?;
    let mut all: HashMap<_, Vec<VenueItem>> = HashMap::new();
    for row in rows {
        all.entry(row.venue_id).or_default().push(VenueItem {
            id: row.id,
            number: row.number,
            kind: row.kind,
            finding: row.finding,
            due_date: row.due_date,
            remedied: row.remedied,
        });
    }
    Ok(all)
}

pub fn insert_item(tx: &mut Tx<'_>, of: PublicVenueId, item: &VenueItem) -> Result<()> {
    diesel::insert_into(public_venue_items::table)
        .values((
            public_venue_items::id.eq(item.id),
            public_venue_items::venue_id.eq(of),
            public_venue_items::number.eq(item.number),
            public_venue_items::kind.eq(item.kind),
            public_venue_items::finding.eq(&item.finding),
            public_venue_items::due_date.eq(item.due_date),
            public_venue_items::remedied.eq(item.remedied),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Writes how an item stands.
pub fn update_item(tx: &mut Tx<'_>, item: &VenueItem) -> Result<()> {
    let changed = diesel::update(public_venue_items::table.find(item.id))
        .set((
            public_venue_items::due_date.eq(item.due_date),
            public_venue_items::remedied.eq(item.remedied),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Error::internal("an item of a venue is there"))
    }
}

/// Writes the entry that led to where a venue now stands, and before it who took part.
pub fn insert_transition(
    tx: &mut Tx<'_>,
    one: &Venue,
    (action, from): (VenueAction, Option<VenueState>),
    actor: UserId,
    (comment, participants): (Option<&str>, &[ResidentId]),
) -> Result<()> {
    let (id, now): (PublicVenueTransitionId, _) = (tx.new_id(), tx.now());
    for resident in participants {
        diesel::insert_into(public_venue_participants::table)
            .values((
                public_venue_participants::transition_id.eq(id),
                public_venue_participants::resident_id.eq(*resident),
            ))
            .execute(tx.conn())?;
    }
    let sequence = one.last_transition;
    diesel::insert_into(public_venue_transitions::table)
        .values((
            public_venue_transitions::id.eq(id),
            public_venue_transitions::venue_id.eq(one.id),
            public_venue_transitions::sequence.eq(sequence),
            public_venue_transitions::action.eq(action),
            public_venue_transitions::previous_sequence.eq(from.map(|_| sequence - 1)),
            public_venue_transitions::from_state.eq(from),
            public_venue_transitions::to_state.eq(one.state),
            public_venue_transitions::actor_id.eq(actor),
            public_venue_transitions::comment.eq(comment),
            public_venue_transitions::at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Two people acted on the same version; the other one was first.
            on_unique(
                error,
                "public_venue_transitions.venue_id",
                "public_venue_transitions_venue_id_sequence_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = public_venue_transitions)]
struct TurnRow {
    id: PublicVenueTransitionId,
    sequence: i32,
    action: VenueAction,
    from_state: Option<VenueState>,
    to_state: VenueState,
    comment: Option<String>,
    at: Timestamp,
}

/// What happened to a venue, from the beginning; of who took part, those in sight of the database.
pub fn history(db: &mut Db, of: PublicVenueId) -> Result<Vec<Turn>> {
    let rows: Vec<(TurnRow, Named)> = public_venue_transitions::table
        .inner_join(users::table)
        .filter(public_venue_transitions::venue_id.eq(of))
        .order(public_venue_transitions::sequence)
        .select((
            TurnRow::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .load(db.conn())?;
    let ids: Vec<_> = rows.iter().map(|(row, _)| row.id).collect();
    let took_part: Vec<(PublicVenueTransitionId, ResidentId)> = public_venue_participants::table
        .filter(public_venue_participants::transition_id.eq_any(&ids))
        .order(public_venue_participants::resident_id)
        .select((
            public_venue_participants::transition_id,
            public_venue_participants::resident_id,
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
        participants: took_part
            .iter()
            .filter(|(entry, _)| *entry == row.id)
            .map(|(_, resident)| *resident)
            .collect(),
    };
    Ok(rows.into_iter().map(turn).collect())
}
