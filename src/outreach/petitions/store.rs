//! SQL of petitions and their history.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{
    ExtensionState, Petition, PetitionAction, PetitionCategory, PetitionChannel, PetitionEntry,
    PetitionOutcome, PetitionState, PetitionerKind,
};
use super::request::{Said, Step};
use crate::access::{Scope, within};
use crate::db::schema::{case_duties, case_transitions, cases, petition_transitions, petitions};
use crate::db::sealed::{SealedColumn, open, seal, seal_if, sealed_column};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{
    CaseId, OrganizationId, PetitionId, PetitionTransitionId, ResidentId, UserId,
};
use crate::kernel::time::Timestamp;
use crate::outreach::limits::{LegalLimit, of_the_office};

types::text_columns!(
    PetitionerKind,
    PetitionChannel,
    PetitionCategory,
    PetitionState,
    PetitionAction,
    PetitionOutcome,
    ExtensionState,
    LegalLimit
);

pub const SEALED_COLUMNS: &[SealedColumn] = &[
    sealed_column!(petitions::name of id: PetitionId),
    sealed_column!(petitions::contact of id: PetitionId),
    sealed_column!(petitions::body of id: PetitionId),
    sealed_column!(petition_transitions::comment of id: PetitionTransitionId),
];

const NAME: &str = "petitions|name";
const CONTACT: &str = "petitions|contact";
const BODY: &str = "petitions|body";
const COMMENT: &str = "petition_transitions|comment";

#[derive(Queryable, Selectable)]
#[diesel(table_name = petitions)]
struct Row {
    id: PetitionId,
    petitioner: PetitionerKind,
    resident_id: Option<ResidentId>,
    channel: PetitionChannel,
    category: PetitionCategory,
    case_id: Option<CaseId>,
    complained_user_id: Option<UserId>,
    origin_organization_id: OrganizationId,
    origin_code: DivisionCode,
    organization_id: OrganizationId,
    division_code: DivisionCode,
    received_date: NaiveDate,
    received_by: UserId,
    received_at: Timestamp,
    state: PetitionState,
    due_limit: Option<LegalLimit>,
    due_date: Option<NaiveDate>,
    objection_due_date: Option<NaiveDate>,
    accepted_date: Option<NaiveDate>,
    extension: Option<ExtensionState>,
    extension_days: Option<i32>,
    outcome: Option<PetitionOutcome>,
    late_acts: i32,
    last_transition: i32,
}

impl Row {
    fn read(self, today: NaiveDate) -> Petition {
        let row = self;
        Petition {
            id: row.id,
            petitioner: row.petitioner,
            resident_id: row.resident_id,
            name: None,
            contact: None,
            text: None,
            channel: row.channel,
            category: row.category,
            case_id: row.case_id,
            complained_user_id: row.complained_user_id,
            origin_organization_id: row.origin_organization_id,
            origin_division_code: row.origin_code,
            organization_id: row.organization_id,
            division_code: row.division_code,
            received_date: row.received_date,
            received_by: row.received_by,
            received_at: row.received_at,
            state: row.state,
            due_limit: row.due_limit,
            due_clause: None,
            due_date: row.due_date,
            overdue: false,
            objection_due_date: row.objection_due_date,
            accepted_date: row.accepted_date,
            extension: row.extension,
            extension_days: row.extension_days,
            outcome: row.outcome,
            late_acts: row.late_acts,
            allowed_actions: Vec::new(),
            version: row.last_transition,
            history: None,
        }
        .told(today)
    }
}

/// Which petitions a list shows, or a figure counts.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<PetitionId>,
    pub state: Option<PetitionState>,
    pub category: Option<PetitionCategory>,
    pub channel: Option<PetitionChannel>,
    pub outcome: Option<PetitionOutcome>,
    pub late: Option<bool>,
    pub overdue: bool,
    pub case: Option<CaseId>,
    /// All records of a person.
    pub residents: Option<Vec<ResidentId>>,
    pub received_from: Option<NaiveDate>,
    pub received_to: Option<NaiveDate>,
}

macro_rules! filtered {
    ($query:expr, $scope:expr, $viewer:expr, $today:expr, $filter:expr) => {{
        let handled = within!(petitions::division_code, petitions::county_code, $scope);
        let received = within!(
            petitions::origin_code,
            petitions::origin_county_code,
            $scope
        );
        let another = petitions::complained_user_id.ne($viewer).assume_not_null();
        let mut query = $query
            .into_boxed::<MultiBackend>()
            .filter(handled.or(received))
            .filter(petitions::complained_user_id.is_null().or(another));
        if let Some(id) = $filter.id {
            query = query.filter(petitions::id.eq(id));
        }
        if let Some(state) = $filter.state {
            query = query.filter(petitions::state.eq(state));
        }
        if let Some(category) = $filter.category {
            query = query.filter(petitions::category.eq(category));
        }
        if let Some(channel) = $filter.channel {
            query = query.filter(petitions::channel.eq(channel));
        }
        if let Some(outcome) = $filter.outcome {
            query = query.filter(petitions::outcome.eq(outcome));
        }
        if let Some(late) = $filter.late {
            query = if late {
                query.filter(petitions::late_acts.gt(0))
            } else {
                query.filter(petitions::late_acts.eq(0))
            };
        }
        if $filter.overdue {
            query = query
                .filter(petitions::due_date.lt($today))
                .filter(petitions::due_limit.eq_any(of_the_office()));
        }
        if let Some(case) = $filter.case {
            query = query.filter(petitions::case_id.eq(case));
        }
        if let Some(residents) = &$filter.residents {
            query = query.filter(petitions::resident_id.eq_any(residents.clone()));
        }
        if let Some(from) = $filter.received_from {
            query = query.filter(petitions::received_date.ge(from));
        }
        if let Some(to) = $filter.received_to {
            query = query.filter(petitions::received_date.le(to));
        }
        query
    }};
}

/// Newest first, without those that complain about who looks.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    viewer: UserId,
    filter: &Filter,
    after: Option<PetitionId>,
    count: i64,
) -> Result<Vec<Petition>> {
    let today = db.today();
    let table = petitions::table.select(Row::as_select());
    let mut query = filtered!(table, scope, viewer, today, filter);
    if let Some(after) = after {
        query = query.filter(petitions::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(petitions::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(|row| row.read(today)).collect())
}

/// What is counted of a petition.
pub type Counted = (
    PetitionCategory,
    Option<PetitionOutcome>,
    i32,
    Option<LegalLimit>,
    Option<NaiveDate>,
);

pub fn counted(
    db: &mut Db,
    scope: &Scope,
    viewer: UserId,
    filter: &Filter,
) -> Result<Vec<Counted>> {
    let today = db.today();
    let table = petitions::table.select((
        petitions::category,
        petitions::outcome,
        petitions::late_acts,
        petitions::due_limit,
        petitions::due_date,
    ));
    let query = filtered!(table, scope, viewer, today, filter);
    Ok(query.load(db.conn())?)
}

/// What is sealed of a petition.
pub fn unsealed(db: &mut Db, of: Petition) -> Result<Petition> {
    type Sealed = (Option<Vec<u8>>, Option<Vec<u8>>, Vec<u8>);
    let (name, contact, body): Sealed = petitions::table
        .find(of.id)
        .select((petitions::name, petitions::contact, petitions::body))
        .first(db.conn())?;
    Ok(Petition {
        name: open(db, NAME, of.id, name.as_deref())?,
        contact: open(db, CONTACT, of.id, contact.as_deref())?,
        text: open(db, BODY, of.id, Some(&body))?,
        ..of
    })
}

pub fn insert(tx: &mut Tx<'_>, new: &Petition, said: &Said) -> Result<()> {
    let name = seal_if(tx, NAME, new.id, said.name.as_deref())?;
    let contact = seal_if(tx, CONTACT, new.id, said.contact.as_deref())?;
    let body = seal(tx, BODY, new.id, &said.text)?;
    diesel::insert_into(petitions::table)
        .values((
            petitions::id.eq(new.id),
            petitions::petitioner.eq(new.petitioner),
            petitions::resident_id.eq(new.resident_id),
            petitions::name.eq(name),
            petitions::contact.eq(contact),
            petitions::channel.eq(new.channel),
            petitions::category.eq(new.category),
            petitions::body.eq(body),
            petitions::case_id.eq(new.case_id),
            petitions::complained_user_id.eq(new.complained_user_id),
            petitions::origin_organization_id.eq(new.origin_organization_id),
            petitions::origin_code.eq(new.origin_division_code),
            petitions::organization_id.eq(new.organization_id),
            petitions::division_code.eq(new.division_code),
            petitions::received_date.eq(new.received_date),
            petitions::received_by.eq(new.received_by),
            petitions::received_at.eq(new.received_at),
            petitions::state.eq(new.state),
            petitions::due_limit.eq(new.due_limit),
            petitions::due_date.eq(new.due_date),
            petitions::late_acts.eq(new.late_acts),
            petitions::last_transition.eq(new.version),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Writes where a petition now stands, if nobody moved it since it was read.
pub fn update(tx: &mut Tx<'_>, petition: &Petition, seen: i32) -> Result<()> {
    let same = petitions::table
        .find(petition.id)
        .filter(petitions::last_transition.eq(seen));
    let changed = diesel::update(same)
        .set((
            petitions::organization_id.eq(petition.organization_id),
            petitions::division_code.eq(petition.division_code),
            petitions::state.eq(petition.state),
            petitions::due_limit.eq(petition.due_limit),
            petitions::due_date.eq(petition.due_date),
            petitions::objection_due_date.eq(petition.objection_due_date),
            petitions::accepted_date.eq(petition.accepted_date),
            petitions::extension.eq(petition.extension),
            petitions::extension_days.eq(petition.extension_days),
            petitions::outcome.eq(petition.outcome),
            petitions::late_acts.eq(petition.late_acts),
            petitions::last_transition.eq(petition.version),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// Writes the entry that led to where a petition now stands; `owed` by that day.
pub fn insert_entry(
    tx: &mut Tx<'_>,
    now_at: &Petition,
    from: Option<PetitionState>,
    step: &Step,
    owed: Option<NaiveDate>,
    actor: UserId,
) -> Result<()> {
    let (id, now): (PetitionTransitionId, _) = (tx.new_id(), tx.now());
    let comment = seal_if(tx, COMMENT, id, step.comment.as_deref())?;
    diesel::insert_into(petition_transitions::table)
        .values((
            petition_transitions::id.eq(id),
            petition_transitions::petition_id.eq(now_at.id),
            petition_transitions::sequence.eq(now_at.version),
            petition_transitions::action.eq(step.action),
            petition_transitions::previous_sequence.eq(from.map(|_| now_at.version - 1)),
            petition_transitions::from_state.eq(from),
            petition_transitions::to_state.eq(now_at.state),
            petition_transitions::on_date.eq(step.on_date),
            petition_transitions::due_date.eq(owed),
            petition_transitions::late.eq(owed.is_some_and(|due| step.on_date > due)),
            petition_transitions::next_limit.eq(now_at.due_limit),
            petition_transitions::next_due_date.eq(now_at.due_date),
            petition_transitions::organization_id
                .eq(step.to_division.map(|_| now_at.organization_id)),
            petition_transitions::extension_days.eq(step.days),
            petition_transitions::outcome.eq(step.outcome),
            petition_transitions::document_number.eq(step.document_number.clone()),
            petition_transitions::comment.eq(comment),
            petition_transitions::actor_id.eq(actor),
            petition_transitions::at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Two people acted on the same version; the other one was first.
            on_unique(
                error,
                "petition_transitions.petition_id",
                "petition_transitions_petition_id_sequence_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = petition_transitions)]
struct EntryRow {
    id: PetitionTransitionId,
    petition_id: PetitionId,
    sequence: i32,
    action: PetitionAction,
    from_state: Option<PetitionState>,
    to_state: PetitionState,
    on_date: NaiveDate,
    due_date: Option<NaiveDate>,
    late: bool,
    next_limit: Option<LegalLimit>,
    next_due_date: Option<NaiveDate>,
    organization_id: Option<OrganizationId>,
    extension_days: Option<i32>,
    outcome: Option<PetitionOutcome>,
    document_number: Option<String>,
    comment: Option<Vec<u8>>,
    actor_id: UserId,
    at: Timestamp,
}

/// What happened to each of some petitions, from the beginning.
pub fn histories(
    db: &mut Db,
    of: &[PetitionId],
) -> Result<HashMap<PetitionId, Vec<PetitionEntry>>> {
    let rows: Vec<EntryRow> = petition_transitions::table
        .filter(petition_transitions::petition_id.eq_any(of))
        .order((
            petition_transitions::petition_id,
            petition_transitions::sequence,
        ))
        .select(EntryRow::as_select())
        .load(db.conn())?;
    let mut all: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let comment = open(db, COMMENT, row.id, row.comment.as_deref())?;
        let entry = PetitionEntry {
            sequence: row.sequence,
            action: row.action,
            from_state: row.from_state,
            to_state: row.to_state,
            on_date: row.on_date,
            due_date: row.due_date,
            late: row.late,
            next_limit: row.next_limit,
            next_due_date: row.next_due_date,
            organization_id: row.organization_id,
            extension_days: row.extension_days,
            outcome: row.outcome,
            document_number: row.document_number,
            comment,
            actor_id: row.actor_id,
            at: row.at,
        };
        all.entry(row.petition_id).or_default().push(entry);
    }
    Ok(all)
}

/// Whether somebody had a hand in a case.
pub fn acted_on(db: &mut Db, case: CaseId, user: UserId) -> Result<bool> {
    let duties = case_duties::table
        .filter(case_duties::case_id.eq(case))
        .filter(case_duties::user_id.eq(user));
    let duty: i64 = duties.count().get_result(db.conn())?;
    let steps = case_transitions::table
        .filter(case_transitions::case_id.eq(case))
        .filter(case_transitions::actor_id.eq(user));
    let step: i64 = steps.count().get_result(db.conn())?;
    Ok(duty + step > 0)
}

/// Whose case it is.
pub fn resident_of(db: &mut Db, case: CaseId) -> Result<ResidentId> {
    Ok(cases::table
        .find(case)
        .select(cases::resident_id)
        .first(db.conn())?)
}
