//! SQL of institutions, their agreements and their history.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{
    Agreement, Institution, InstitutionAction, InstitutionState, Named, ServiceType, Turn,
};
use crate::db::schema::{institution_agreements, institution_transitions, institutions, users};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{InstitutionAgreementId, InstitutionTransitionId, OrganizationId, UserId};
use crate::kernel::time::Timestamp;

types::text_columns!(InstitutionState, InstitutionAction, ServiceType);

diesel::joinable!(institution_transitions -> users (actor_id));
diesel::allow_tables_to_appear_in_same_query!(institution_transitions, users);

/// Words with a space between, as they are asked for by triggers.
fn words(types: &[ServiceType]) -> String {
    let words: Vec<_> = types.iter().map(|one| one.as_str()).collect();
    words.join(" ")
}

fn types_of(words: &str) -> Result<Vec<ServiceType>> {
    let known = words.split(' ').map(str::parse);
    known.collect::<Result<_, _>>().map_err(Error::internal)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = institutions)]
struct Row {
    organization_id: OrganizationId,
    division_code: DivisionCode,
    service_types: String,
    address: String,
    contact: String,
    licence_number: String,
    state: InstitutionState,
    last_transition: i32,
    applied_by: UserId,
    applied_at: Timestamp,
}

impl Row {
    fn read(self) -> Result<Institution> {
        Ok(Institution {
            id: self.organization_id,
            division_code: self.division_code,
            service_types: types_of(&self.service_types)?,
            address: self.address,
            contact: self.contact,
            licence_number: self.licence_number,
            state: self.state,
            last_transition: self.last_transition,
            applied_by: self.applied_by,
            applied_at: self.applied_at,
        })
    }
}

pub fn find(db: &mut Db, id: OrganizationId) -> Result<Option<Institution>> {
    let row: Option<Row> = institutions::table
        .find(id)
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    row.map(Row::read).transpose()
}

/// Which institutions a list shows.
#[derive(Debug, Default)]
pub struct Filter {
    pub division: Option<DivisionCode>,
    pub state: Option<InstitutionState>,
    pub service_type: Option<ServiceType>,
}

pub fn page(
    db: &mut Db,
    filter: &Filter,
    after: Option<OrganizationId>,
    count: i64,
) -> Result<Vec<Institution>> {
    let mut query = institutions::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(division) = filter.division {
        let (lowest, highest) = division.range();
        query = query.filter(institutions::division_code.between(lowest, highest));
    }
    if let Some(state) = filter.state {
        query = query.filter(institutions::state.eq(state));
    }
    if let Some(service_type) = filter.service_type {
        // No word of the vocabulary lies within another.
        let pattern = format!("%{service_type}%");
        query = query.filter(institutions::service_types.like(pattern));
    }
    if let Some(after) = after {
        query = query.filter(institutions::organization_id.gt(after));
    }
    let rows: Vec<Row> = query
        .order(institutions::organization_id)
        .limit(count)
        .load(db.conn())?;
    rows.into_iter().map(Row::read).collect()
}

pub fn insert(tx: &mut Tx<'_>, new: &Institution) -> Result<()> {
    diesel::insert_into(institutions::table)
        .values((
            institutions::organization_id.eq(new.id),
            institutions::division_code.eq(new.division_code),
            institutions::service_types.eq(words(&new.service_types)),
            institutions::address.eq(&new.address),
            institutions::contact.eq(&new.contact),
            institutions::licence_number.eq(&new.licence_number),
            institutions::state.eq(new.state),
            institutions::last_transition.eq(new.last_transition),
            institutions::last_place.eq(0),
            institutions::applied_by.eq(new.applied_by),
            institutions::applied_at.eq(new.applied_at),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "institutions.organization_id",
                "institutions_pkey",
                || Code::InstitutionApplied.into(),
            )
        })?;
    Ok(())
}

/// Writes where an institution now stands, if nobody moved it since it was read.
pub fn update(tx: &mut Tx<'_>, institution: &Institution, seen: i32) -> Result<()> {
    let same = institutions::table
        .find(institution.id)
        .filter(institutions::last_transition.eq(seen));
    let changed = diesel::update(same)
        .set((
            institutions::state.eq(institution.state),
            institutions::last_transition.eq(institution.last_transition),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// The next place in an institution's line. Whoever asks at the same time waits for it.
pub fn next_place(tx: &mut Tx<'_>, id: OrganizationId) -> Result<i32> {
    let place = institutions::table.find(id);
    diesel::update(place)
        .set(institutions::last_place.eq(institutions::last_place + 1))
        .execute(tx.conn())?;
    Ok(place.select(institutions::last_place).first(tx.conn())?)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = institution_agreements)]
struct AgreementRow {
    id: InstitutionAgreementId,
    organization_id: OrganizationId,
    division_code: DivisionCode,
    service_types: String,
    capacity: i32,
    valid_from: NaiveDate,
    valid_to: NaiveDate,
    proposed_by: UserId,
    proposed_at: Timestamp,
    signed_by: Option<UserId>,
    signed_at: Option<Timestamp>,
}

impl AgreementRow {
    fn read(self) -> Result<Agreement> {
        Ok(Agreement {
            id: self.id,
            institution: self.organization_id,
            division_code: self.division_code,
            service_types: types_of(&self.service_types)?,
            capacity: self.capacity,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            proposed_by: self.proposed_by,
            proposed_at: self.proposed_at,
            signed_by: self.signed_by,
            signed_at: self.signed_at,
        })
    }
}

/// Of some institutions, in the order of their beginnings.
pub fn agreements(db: &mut Db, of: &[OrganizationId]) -> Result<Vec<Agreement>> {
    let rows: Vec<AgreementRow> = institution_agreements::table
        .filter(institution_agreements::organization_id.eq_any(of))
        .order((
            institution_agreements::valid_from,
            institution_agreements::id,
        ))
        .select(AgreementRow::as_select())
        .load(db.conn())?;
    rows.into_iter().map(AgreementRow::read).collect()
}

pub fn insert_agreement(tx: &mut Tx<'_>, new: &Agreement) -> Result<()> {
    diesel::insert_into(institution_agreements::table)
        .values((
            institution_agreements::id.eq(new.id),
            institution_agreements::organization_id.eq(new.institution),
            institution_agreements::division_code.eq(new.division_code),
            institution_agreements::service_types.eq(words(&new.service_types)),
            institution_agreements::capacity.eq(new.capacity),
            institution_agreements::valid_from.eq(new.valid_from),
            institution_agreements::valid_to.eq(new.valid_to),
            institution_agreements::proposed_by.eq(new.proposed_by),
            institution_agreements::proposed_at.eq(new.proposed_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}

pub fn sign(tx: &mut Tx<'_>, id: InstitutionAgreementId, by: UserId) -> Result<()> {
    let now = tx.now();
    let unsigned = institution_agreements::table
        .find(id)
        .filter(institution_agreements::signed_by.is_null());
    let changed = diesel::update(unsigned)
        .set((
            institution_agreements::signed_by.eq(by),
            institution_agreements::signed_at.eq(now),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::AgreementSigned.into())
    }
}

/// What an entry says beside where its institution now stands.
#[derive(Debug)]
pub struct NewTurn<'a> {
    pub action: InstitutionAction,
    pub from: Option<InstitutionState>,
    pub agreement: Option<InstitutionAgreementId>,
    pub actor: UserId,
    pub comment: Option<&'a str>,
}

pub fn insert_transition(
    tx: &mut Tx<'_>,
    institution: &Institution,
    turn: &NewTurn<'_>,
) -> Result<()> {
    let (id, now, today): (InstitutionTransitionId, _, _) = (tx.new_id(), tx.now(), tx.today());
    let sequence = institution.last_transition;
    diesel::insert_into(institution_transitions::table)
        .values((
            institution_transitions::id.eq(id),
            institution_transitions::organization_id.eq(institution.id),
            institution_transitions::sequence.eq(sequence),
            institution_transitions::action.eq(turn.action),
            institution_transitions::previous_sequence.eq(turn.from.map(|_| sequence - 1)),
            institution_transitions::from_state.eq(turn.from),
            institution_transitions::to_state.eq(institution.state),
            institution_transitions::agreement_id.eq(turn.agreement),
            institution_transitions::effective_date.eq(today),
            institution_transitions::actor_id.eq(turn.actor),
            institution_transitions::comment.eq(turn.comment),
            institution_transitions::at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Two people acted on the same version; the other one was first.
            on_unique(
                error,
                "institution_transitions.organization_id",
                "institution_transitions_organization_id_sequence_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = institution_transitions)]
struct TurnRow {
    sequence: i32,
    action: InstitutionAction,
    from_state: Option<InstitutionState>,
    to_state: InstitutionState,
    agreement_id: Option<InstitutionAgreementId>,
    effective_date: NaiveDate,
    comment: Option<String>,
    at: Timestamp,
}

/// What happened to an institution, from the beginning.
pub fn history(db: &mut Db, of: OrganizationId) -> Result<Vec<Turn>> {
    let rows: Vec<(TurnRow, Named)> = institution_transitions::table
        .inner_join(users::table)
        .filter(institution_transitions::organization_id.eq(of))
        .order(institution_transitions::sequence)
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
        agreement: row.agreement_id,
        effective_date: row.effective_date,
        actor,
        comment: row.comment,
        at: row.at,
    };
    Ok(rows.into_iter().map(turn).collect())
}
