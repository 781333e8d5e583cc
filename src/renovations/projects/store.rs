//! SQL of renovation projects.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::result::Error as DieselError;

use super::counts::{Accepted, Asked};
use super::model::{
    Acceptance, Assessment, Consent, Design, Named, Project, RenovationAction, RenovationSigner,
    RenovationState, Settlement,
};
use crate::access::{Scope, within};
use crate::db::schema::{renovation_projects, users};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx, types};
use crate::kernel::address::Address;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{
    CaseId, DocumentId, HouseholdId, OrganizationId, RenovationProjectId, ResidentId, UserId,
};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;

types::text_columns!(RenovationState, RenovationAction, RenovationSigner);

diesel::allow_tables_to_appear_in_same_query!(renovation_projects, users);

pub const SEALED_COLUMNS: &[SealedColumn] = &[
    sealed_column!(renovation_projects::address of id: RenovationProjectId),
    sealed_column!(renovation_projects::consented_by of id: RenovationProjectId),
    sealed_column!(renovation_projects::accepted_by of id: RenovationProjectId),
];

fn place(column: &str, id: RenovationProjectId) -> String {
    format!("renovation_projects|{column}|{id}")
}

fn open(db: &Db, place: &str, sealed: &[u8]) -> Result<String> {
    let plain = db.keys().open(place, sealed).map_err(Error::internal)?;
    String::from_utf8(plain.to_vec()).map_err(Error::internal)
}

fn seal(tx: &Tx<'_>, place: &str, text: &str) -> Result<Vec<u8>> {
    let sealed = tx.keys().seal(place, text.as_bytes());
    sealed.map_err(Error::internal)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = renovation_projects)]
struct Row {
    id: RenovationProjectId,
    case_id: CaseId,
    resident_id: ResidentId,
    division_code: DivisionCode,
    household_id: Option<HouseholdId>,
    address: Vec<u8>,
    dwelling_index: Vec<u8>,
    cap_fen: Fen,
    assessing_organization_id: Option<OrganizationId>,
    assessor: Option<String>,
    assessed_date: Option<NaiveDate>,
    budget_fen: Option<Fen>,
    design: Option<i32>,
    consented_by: Option<Vec<u8>>,
    consent_relation: Option<RenovationSigner>,
    consented_date: Option<NaiveDate>,
    consent_document_id: Option<DocumentId>,
    notice_from: Option<NaiveDate>,
    notice_until: Option<NaiveDate>,
    contractor_id: Option<OrganizationId>,
    accepted_by: Option<Vec<u8>>,
    acceptance_relation: Option<RenovationSigner>,
    accepted_date: Option<NaiveDate>,
    possible_from: Option<NaiveDate>,
    settled_fen: Option<Fen>,
    proposed_by: Option<UserId>,
    state: RenovationState,
    last_transition: i32,
    recorded_at: Timestamp,
}

fn assessment(row: &Row) -> Option<Assessment> {
    Some(Assessment {
        organization: row.assessing_organization_id?,
        assessor: row.assessor.clone()?,
        date: row.assessed_date?,
    })
}

fn consent(db: &Db, row: &Row) -> Result<Option<Consent>> {
    let (Some(sealed), Some(relation), Some(date), Some(notice_from), Some(notice_until)) = (
        &row.consented_by,
        row.consent_relation,
        row.consented_date,
        row.notice_from,
        row.notice_until,
    ) else {
        return Ok(None);
    };
    Ok(Some(Consent {
        by: open(db, &place("consented_by", row.id), sealed)?,
        relation,
        date,
        document: row.consent_document_id,
        notice_from,
        notice_until,
    }))
}

fn acceptance(db: &Db, row: &Row) -> Result<Option<Acceptance>> {
    let (Some(sealed), Some(relation), Some(date)) =
        (&row.accepted_by, row.acceptance_relation, row.accepted_date)
    else {
        return Ok(None);
    };
    Ok(Some(Acceptance {
        by: open(db, &place("accepted_by", row.id), sealed)?,
        relation,
        date,
        possible_from: row.possible_from,
    }))
}

fn read(db: &Db, (row, recorded_by): (Row, Named)) -> Result<Project> {
    let address = open(db, &place("address", row.id), &row.address)?;
    Ok(Project {
        id: row.id,
        case_id: row.case_id,
        resident_id: row.resident_id,
        division_code: row.division_code,
        household: row.household_id,
        address: Address::parse(&address).map_err(Error::internal)?,
        cap: row.cap_fen,
        assessment: assessment(&row),
        design: row
            .design
            .zip(row.budget_fen)
            .map(|(sequence, budget)| Design { sequence, budget }),
        consent: consent(db, &row)?,
        contractor: row.contractor_id,
        acceptance: acceptance(db, &row)?,
        settlement: row
            .settled_fen
            .zip(row.proposed_by)
            .map(|(amount, proposed_by)| Settlement {
                amount,
                proposed_by,
            }),
        dwelling_index: row.dwelling_index,
        state: row.state,
        last_transition: row.last_transition,
        recorded_by,
        recorded_at: row.recorded_at,
    })
}

/// Which projects a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<RenovationProjectId>,
    pub case: Option<CaseId>,
    pub residents: Option<Vec<ResidentId>>,
    pub state: Option<RenovationState>,
    pub contractor: Option<OrganizationId>,
    /// Both days included.
    pub accepted_from: Option<NaiveDate>,
    pub accepted_to: Option<NaiveDate>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<RenovationProjectId>,
    count: i64,
) -> Result<Vec<Project>> {
    let mut query = renovation_projects::table
        .inner_join(users::table.on(users::id.eq(renovation_projects::recorded_by)))
        .select((
            Row::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            renovation_projects::division_code,
            renovation_projects::county_code,
            scope
        ));
    if let Some(id) = filter.id {
        query = query.filter(renovation_projects::id.eq(id));
    }
    if let Some(case) = filter.case {
        query = query.filter(renovation_projects::case_id.eq(case));
    }
    if let Some(residents) = &filter.residents {
        query = query.filter(renovation_projects::resident_id.eq_any(residents.clone()));
    }
    if let Some(state) = filter.state {
        query = query.filter(renovation_projects::state.eq(state));
    }
    if let Some(contractor) = filter.contractor {
        query = query.filter(renovation_projects::contractor_id.eq(contractor));
    }
    if let Some(day) = filter.accepted_from {
        query = query.filter(renovation_projects::accepted_date.ge(day));
    }
    if let Some(day) = filter.accepted_to {
        query = query.filter(renovation_projects::accepted_date.le(day));
    }
    if let Some(after) = after {
        query = query.filter(renovation_projects::id.lt(after));
    }
    let rows: Vec<(Row, Named)> = query
        .order(renovation_projects::id.desc())
        .limit(count)
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

/// One wherever its case is.
pub fn anywhere(db: &mut Db, id: RenovationProjectId) -> Result<Option<Project>> {
    let query = renovation_projects::table
        .inner_join(users::table.on(users::id.eq(renovation_projects::recorded_by)))
        .filter(renovation_projects::id.eq(id))
        .select((
            Row::as_select(),
            (users::id, users::username, users::display_name),
        ));
    let row: Option<(Row, Named)> =
        db.in_every_office(|db| Ok(query.first(db.conn()).optional()?))?;
    row.map(|row| read(db, row)).transpose()
}

/// What was accepted in a period in some divisions.
pub fn accepted_between(db: &mut Db, scope: &Scope, asked: &Asked) -> Result<Vec<Accepted>> {
    let rows: Vec<(DivisionCode, Option<HouseholdId>, Vec<u8>)> = renovation_projects::table
        .select((
            renovation_projects::division_code,
            renovation_projects::household_id,
            renovation_projects::dwelling_index,
        ))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            renovation_projects::division_code,
            renovation_projects::county_code,
            scope
        ))
        .filter(renovation_projects::accepted_date.ge(asked.from))
        .filter(renovation_projects::accepted_date.le(asked.to))
        .load(db.conn())?;
    let accepted = |(division, household, dwelling)| Accepted {
        division,
        household,
        dwelling,
    };
    Ok(rows.into_iter().map(accepted).collect())
}

/// All of a case, oldest first.
pub fn of_case(db: &mut Db, case: CaseId) -> Result<Vec<Project>> {
    let rows: Vec<(Row, Named)> = renovation_projects::table
        .inner_join(users::table.on(users::id.eq(renovation_projects::recorded_by)))
        .filter(renovation_projects::case_id.eq(case))
        .order(renovation_projects::id)
        .select((
            Row::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

/// The dwelling of a project, where it stands, and from when on another is possible.
pub type HomeRow = (Vec<u8>, RenovationState, Option<NaiveDate>);

/// Of a dwelling or a household, wherever the cases are by now.
pub fn of_home(
    db: &mut Db,
    dwelling: &[u8],
    household: Option<HouseholdId>,
) -> Result<Vec<HomeRow>> {
    let query = renovation_projects::table
        .filter(
            renovation_projects::dwelling_index
                .eq(dwelling.to_vec())
                .or(renovation_projects::household_id.eq(household)),
        )
        .filter(renovation_projects::state.ne(RenovationState::Cancelled))
        .select((
            renovation_projects::dwelling_index,
            renovation_projects::state,
            renovation_projects::possible_from,
        ));
    db.in_every_office(|db| Ok(query.load(db.conn())?))
}

/// Somebody else was first: for the dwelling, the household or the case.
fn taken(error: DieselError) -> Error {
    let unique = |message: &str| {
        message.to_lowercase().contains("unique") && message.contains("renovation_projects")
    };
    match &error {
        DieselError::DatabaseError(_, info) if unique(info.message()) => {
            Code::RenovationOpen.into()
        }
        _ => error.into(),
    }
}

pub fn insert(tx: &mut Tx<'_>, new: &Project) -> Result<()> {
    let address = seal(tx, &place("address", new.id), new.address.as_str())?;
    diesel::insert_into(renovation_projects::table)
        .values((
            renovation_projects::id.eq(new.id),
            renovation_projects::case_id.eq(new.case_id),
            renovation_projects::resident_id.eq(new.resident_id),
            renovation_projects::division_code.eq(new.division_code),
            renovation_projects::household_id.eq(new.household),
            renovation_projects::address.eq(address),
            renovation_projects::dwelling_index.eq(&new.dwelling_index),
            renovation_projects::cap_fen.eq(new.cap),
            renovation_projects::state.eq(new.state),
            renovation_projects::last_transition.eq(new.last_transition),
            renovation_projects::recorded_by.eq(new.recorded_by.0),
            renovation_projects::recorded_at.eq(new.recorded_at),
        ))
        .execute(tx.conn())
        .map_err(taken)?;
    Ok(())
}

/// Writes where a project now stands, if nobody moved it since it was read.
pub fn update(tx: &mut Tx<'_>, one: &Project, seen: i32) -> Result<()> {
    let assessment = one.assessment.as_ref();
    let settlement = one.settlement;
    let changed = diesel::update(
        renovation_projects::table
            .find(one.id)
            .filter(renovation_projects::last_transition.eq(seen)),
    )
    .set((
        renovation_projects::assessing_organization_id
            .eq(assessment.map(|given| given.organization)),
        renovation_projects::assessor.eq(assessment.map(|given| given.assessor.as_str())),
        renovation_projects::assessed_date.eq(assessment.map(|given| given.date)),
        renovation_projects::budget_fen.eq(one.design.map(|design| design.budget)),
        renovation_projects::design.eq(one.design.map(|design| design.sequence)),
        renovation_projects::contractor_id.eq(one.contractor),
        renovation_projects::settled_fen.eq(settlement.map(|asked| asked.amount)),
        renovation_projects::proposed_by.eq(settlement.map(|asked| asked.proposed_by)),
        renovation_projects::state.eq(one.state),
        renovation_projects::last_transition.eq(one.last_transition),
    ))
    .execute(tx.conn())?;
    moved(changed)
}

fn moved(changed: usize) -> Result<()> {
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// Writes who consented, with where the project now stands.
pub fn consented(tx: &mut Tx<'_>, one: &Project, seen: i32, given: &Consent) -> Result<()> {
    let by = seal(tx, &place("consented_by", one.id), &given.by)?;
    let changed = diesel::update(
        renovation_projects::table
            .find(one.id)
            .filter(renovation_projects::last_transition.eq(seen)),
    )
    .set((
        renovation_projects::consented_by.eq(by),
        renovation_projects::consent_relation.eq(given.relation),
        renovation_projects::consented_date.eq(given.date),
        renovation_projects::consent_document_id.eq(given.document),
        renovation_projects::notice_from.eq(given.notice_from),
        renovation_projects::notice_until.eq(given.notice_until),
        renovation_projects::state.eq(one.state),
        renovation_projects::last_transition.eq(one.last_transition),
    ))
    .execute(tx.conn())?;
    moved(changed)
}

/// Writes who signed for what was built, with where the project now stands.
pub fn accepted(tx: &mut Tx<'_>, one: &Project, seen: i32, given: &Acceptance) -> Result<()> {
    let by = seal(tx, &place("accepted_by", one.id), &given.by)?;
    let changed = diesel::update(
        renovation_projects::table
            .find(one.id)
            .filter(renovation_projects::last_transition.eq(seen)),
    )
    .set((
        renovation_projects::accepted_by.eq(by),
        renovation_projects::acceptance_relation.eq(given.relation),
        renovation_projects::accepted_date.eq(given.date),
        renovation_projects::possible_from.eq(given.possible_from),
        renovation_projects::state.eq(one.state),
        renovation_projects::last_transition.eq(one.last_transition),
    ))
    .execute(tx.conn())?;
    moved(changed)
}
