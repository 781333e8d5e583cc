//! SQL of rehabilitation services and their history.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{
    RehabilitationService, RehabilitationServiceAction, RehabilitationServiceKind,
    RehabilitationServiceResult, RehabilitationServiceState, ServiceEntry, Step, allowed,
};
use crate::access::{Scope, within};
use crate::db::schema::{rehabilitation_service_transitions, rehabilitation_services};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{
    CaseId, OrganizationId, RehabilitationServiceId, RehabilitationServiceTransitionId, ResidentId,
    UserId,
};
use crate::kernel::time::Timestamp;

types::text_columns!(
    RehabilitationServiceKind,
    RehabilitationServiceState,
    RehabilitationServiceAction,
    RehabilitationServiceResult
);

pub const SEALED_COLUMNS: &[SealedColumn] = &[
    sealed_column!(rehabilitation_services::need of id: RehabilitationServiceId),
    sealed_column!(rehabilitation_service_transitions::comment of id: RehabilitationServiceTransitionId),
];

fn need_place(id: RehabilitationServiceId) -> String {
    format!("rehabilitation_services|need|{id}")
}

fn comment_place(id: RehabilitationServiceTransitionId) -> String {
    format!("rehabilitation_service_transitions|comment|{id}")
}

fn open(db: &Db, place: &str, sealed: &[u8]) -> Result<String> {
    let plain = db.keys().open(place, sealed).map_err(Error::internal)?;
    String::from_utf8(plain.to_vec()).map_err(Error::internal)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = rehabilitation_services)]
struct Row {
    id: RehabilitationServiceId,
    case_id: CaseId,
    resident_id: ResidentId,
    division_code: DivisionCode,
    program_code: String,
    kind: RehabilitationServiceKind,
    need: Vec<u8>,
    opened_by: UserId,
    opened_at: Timestamp,
    state: RehabilitationServiceState,
    assessor_organization_id: Option<OrganizationId>,
    provider_organization_id: Option<OrganizationId>,
    delivered_date: Option<NaiveDate>,
    result: Option<RehabilitationServiceResult>,
    last_transition: i32,
}

fn read(db: &Db, row: Row) -> Result<RehabilitationService> {
    Ok(RehabilitationService {
        need: Some(open(db, &need_place(row.id), &row.need)?),
        id: row.id,
        case_id: row.case_id,
        resident_id: row.resident_id,
        division_code: row.division_code,
        program_code: row.program_code,
        kind: row.kind,
        state: row.state,
        assessor_organization_id: row.assessor_organization_id,
        provider_organization_id: row.provider_organization_id,
        delivered_date: row.delivered_date,
        result: row.result,
        allowed_actions: allowed(row.state),
        opened_by: row.opened_by,
        opened_at: row.opened_at,
        version: row.last_transition,
        history: None,
    })
}

/// Which services a list shows, or a figure counts.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<RehabilitationServiceId>,
    pub program_code: Option<String>,
    pub kind: Option<RehabilitationServiceKind>,
    pub state: Option<RehabilitationServiceState>,
    pub case: Option<CaseId>,
    /// All records of a person.
    pub residents: Option<Vec<ResidentId>>,
    pub delivered_from: Option<NaiveDate>,
    pub delivered_to: Option<NaiveDate>,
}

macro_rules! filtered {
    ($query:expr, $scope:expr, $filter:expr) => {{
        let mut query = $query.into_boxed::<MultiBackend>().filter(within!(
            rehabilitation_services::division_code,
            rehabilitation_services::county_code,
            $scope
        ));
        if let Some(id) = $filter.id {
            query = query.filter(rehabilitation_services::id.eq(id));
        }
        if let Some(code) = &$filter.program_code {
            query = query.filter(rehabilitation_services::program_code.eq(code.clone()));
        }
        if let Some(kind) = $filter.kind {
            query = query.filter(rehabilitation_services::kind.eq(kind));
        }
        if let Some(state) = $filter.state {
            query = query.filter(rehabilitation_services::state.eq(state));
        }
        if let Some(case) = $filter.case {
            query = query.filter(rehabilitation_services::case_id.eq(case));
        }
        if let Some(residents) = &$filter.residents {
            query = query.filter(rehabilitation_services::resident_id.eq_any(residents.clone()));
        }
        if let Some(from) = $filter.delivered_from {
            query = query.filter(rehabilitation_services::delivered_date.ge(from));
        }
        if let Some(to) = $filter.delivered_to {
            query = query.filter(rehabilitation_services::delivered_date.le(to));
        }
        query
    }};
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<RehabilitationServiceId>,
    count: i64,
) -> Result<Vec<RehabilitationService>> {
    let table = rehabilitation_services::table.select(Row::as_select());
    let mut query = filtered!(table, scope, filter);
    if let Some(after) = after {
        query = query.filter(rehabilitation_services::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(rehabilitation_services::id.desc())
        .limit(count)
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

pub fn of_case(db: &mut Db, case: CaseId) -> Result<Vec<RehabilitationService>> {
    let rows: Vec<Row> = rehabilitation_services::table
        .filter(rehabilitation_services::case_id.eq(case))
        .select(Row::as_select())
        .order(rehabilitation_services::id)
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

/// Where, what and for whom something was provided.
pub type Delivered = (DivisionCode, RehabilitationServiceKind, ResidentId);

pub fn delivered(db: &mut Db, scope: &Scope, filter: &Filter) -> Result<Vec<Delivered>> {
    let table = rehabilitation_services::table.select((
        rehabilitation_services::division_code,
        rehabilitation_services::kind,
        rehabilitation_services::resident_id,
    ));
    let query = filtered!(table, scope, filter);
    let query = query.filter(rehabilitation_services::delivered_date.is_not_null());
    Ok(query.load(db.conn())?)
}

pub fn insert(tx: &mut Tx<'_>, new: &RehabilitationService, need: &str) -> Result<()> {
    let need = tx.keys().seal(&need_place(new.id), need.as_bytes());
    diesel::insert_into(rehabilitation_services::table)
        .values((
            rehabilitation_services::id.eq(new.id),
            rehabilitation_services::case_id.eq(new.case_id),
            rehabilitation_services::resident_id.eq(new.resident_id),
            rehabilitation_services::division_code.eq(new.division_code),
            rehabilitation_services::program_code.eq(new.program_code.clone()),
            rehabilitation_services::kind.eq(new.kind),
            rehabilitation_services::need.eq(need.map_err(Error::internal)?),
            rehabilitation_services::opened_by.eq(new.opened_by),
            rehabilitation_services::opened_at.eq(new.opened_at),
            rehabilitation_services::state.eq(new.state),
            rehabilitation_services::last_transition.eq(new.version),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "rehabilitation_services.case_id",
                "rehabilitation_services_open",
                || Code::RehabilitationServiceOpen.into(),
            )
        })?;
    Ok(())
}

/// Writes where a service now stands, if nobody moved it since it was read.
pub fn update(tx: &mut Tx<'_>, service: &RehabilitationService, seen: i32) -> Result<()> {
    let same = rehabilitation_services::table
        .find(service.id)
        .filter(rehabilitation_services::last_transition.eq(seen));
    let changed = diesel::update(same)
        .set((
            rehabilitation_services::state.eq(service.state),
            rehabilitation_services::assessor_organization_id.eq(service.assessor_organization_id),
            rehabilitation_services::provider_organization_id.eq(service.provider_organization_id),
            rehabilitation_services::delivered_date.eq(service.delivered_date),
            rehabilitation_services::result.eq(service.result),
            rehabilitation_services::last_transition.eq(service.version),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// Writes the entry that led to where a service now stands.
pub fn insert_entry(
    tx: &mut Tx<'_>,
    now_at: &RehabilitationService,
    from: Option<RehabilitationServiceState>,
    step: &Step,
    actor: UserId,
) -> Result<()> {
    let (id, now) = (tx.new_id(), tx.now());
    let seal = |text: &String| tx.keys().seal(&comment_place(id), text.as_bytes());
    let comment = step.comment.as_ref().map(seal).transpose();
    let (organization, performer) = step.performed.clone().unzip();
    diesel::insert_into(rehabilitation_service_transitions::table)
        .values((
            rehabilitation_service_transitions::id.eq(id),
            rehabilitation_service_transitions::service_id.eq(now_at.id),
            rehabilitation_service_transitions::sequence.eq(now_at.version),
            rehabilitation_service_transitions::action.eq(step.action),
            rehabilitation_service_transitions::previous_sequence
                .eq(from.map(|_| now_at.version - 1)),
            rehabilitation_service_transitions::from_state.eq(from),
            rehabilitation_service_transitions::to_state.eq(now_at.state),
            rehabilitation_service_transitions::on_date.eq(step.on_date),
            rehabilitation_service_transitions::organization_id.eq(organization),
            rehabilitation_service_transitions::performer.eq(performer),
            rehabilitation_service_transitions::result.eq(step.result),
            rehabilitation_service_transitions::comment.eq(comment.map_err(Error::internal)?),
            rehabilitation_service_transitions::actor_id.eq(actor),
            rehabilitation_service_transitions::at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Two people acted on the same version; the other one was first.
            on_unique(
                error,
                "rehabilitation_service_transitions.service_id",
                "rehabilitation_service_transitions_service_id_sequence_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = rehabilitation_service_transitions)]
struct EntryRow {
    id: RehabilitationServiceTransitionId,
    service_id: RehabilitationServiceId,
    sequence: i32,
    action: RehabilitationServiceAction,
    from_state: Option<RehabilitationServiceState>,
    to_state: RehabilitationServiceState,
    on_date: NaiveDate,
    organization_id: Option<OrganizationId>,
    performer: Option<String>,
    result: Option<RehabilitationServiceResult>,
    comment: Option<Vec<u8>>,
    actor_id: UserId,
    at: Timestamp,
}

/// What happened to each of some services, from the beginning.
pub fn histories(
    db: &mut Db,
    of: &[RehabilitationServiceId],
) -> Result<HashMap<RehabilitationServiceId, Vec<ServiceEntry>>> {
    let rows: Vec<EntryRow> = rehabilitation_service_transitions::table
        .filter(rehabilitation_service_transitions::service_id.eq_any(of))
        .order((
            rehabilitation_service_transitions::service_id,
            rehabilitation_service_transitions::sequence,
        ))
        .select(EntryRow::as_select())
        .load(db.conn())?;
    let mut all: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let sealed = row.comment;
        let comment = sealed.map(|sealed| open(db, &comment_place(row.id), &sealed));
        let entry = ServiceEntry {
            sequence: row.sequence,
            action: row.action,
            from_state: row.from_state,
            to_state: row.to_state,
            on_date: row.on_date,
            organization_id: row.organization_id,
            performer: row.performer,
            result: row.result,
            comment: comment.transpose()?,
            actor_id: row.actor_id,
            at: row.at,
        };
        all.entry(row.service_id).or_default().push(entry);
    }
    Ok(all)
}
