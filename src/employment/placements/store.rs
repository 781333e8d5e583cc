//! SQL of placements, their evidence, verifications and history.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{
    ContractKind, Evidence, LeaveReason, Placement, PlacementAction, PlacementState, Turn,
};
use crate::access::{Scope, within};
use crate::db::schema::{
    placement_evidence, placement_transitions, placement_verifications, placements,
};
use crate::db::sealed::{SealedColumn, open, seal_if, sealed_column};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::employment::employers::EmployerType;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{
    CertificateId, EmployerId, EmploymentStandardId, JobFairId, JobReferralId, JobSeekerId,
    PlacementEvidenceId, PlacementId, PlacementTransitionId, ResidentId, UserId,
};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;
use crate::registry::facts::EmploymentForm;

types::text_columns!(PlacementState, PlacementAction, LeaveReason, ContractKind);

pub const SEALED_COLUMNS: &[SealedColumn] = &[
    sealed_column!(placement_evidence::contract_number of id: PlacementEvidenceId),
    sealed_column!(placement_evidence::insurance_number of id: PlacementEvidenceId),
    sealed_column!(placement_transitions::comment of id: PlacementTransitionId),
];

const CONTRACT: &str = "placement_evidence|contract_number";
const INSURANCE: &str = "placement_evidence|insurance_number";
const COMMENT: &str = "placement_transitions|comment";

#[derive(Queryable, Selectable)]
#[diesel(table_name = placements)]
pub(super) struct Row {
    id: PlacementId,
    resident_id: ResidentId,
    division_code: DivisionCode,
    form: EmploymentForm,
    employer_id: Option<EmployerId>,
    employer_type: Option<EmployerType>,
    job_seeker_id: Option<JobSeekerId>,
    job_referral_id: Option<JobReferralId>,
    fair_id: Option<JobFairId>,
    start_date: NaiveDate,
    state: PlacementState,
    last_transition: i32,
    evidence_revision: i32,
    verified_revision: Option<i32>,
    verified_at: Option<Timestamp>,
    end_date: Option<NaiveDate>,
    leave_reason: Option<LeaveReason>,
    version: i32,
}

impl From<Row> for Placement {
    fn from(row: Row) -> Self {
        Self {
            detail: None,
            id: row.id,
            resident_id: row.resident_id,
            division_code: row.division_code,
            form: row.form,
            employer_id: row.employer_id,
            employer_type: row.employer_type,
            job_seeker_id: row.job_seeker_id,
            job_referral_id: row.job_referral_id,
            fair_id: row.fair_id,
            start_date: row.start_date,
            state: row.state,
            last_transition: row.last_transition,
            evidence_revision: row.evidence_revision,
            verified_revision: row.verified_revision,
            verified_at: row.verified_at,
            end_date: row.end_date,
            leave_reason: row.leave_reason,
            version: row.version,
        }
    }
}

pub fn find(db: &mut Db, scope: &Scope, id: PlacementId) -> Result<Option<Placement>> {
    let row: Option<Row> = placements::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            placements::division_code,
            placements::county_code,
            scope
        ))
        .filter(placements::id.eq(id))
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// The placements of these records that have not ended: where records were merged, there may be several.
pub fn open_of(db: &mut Db, records: &[ResidentId]) -> Result<Vec<Placement>> {
    let rows: Vec<Row> = placements::table
        .filter(placements::resident_id.eq_any(records))
        .filter(placements::end_date.is_null())
        .order(placements::id)
        .select(Row::as_select())
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Whether a referral has led to a placement.
pub fn is_followed(db: &mut Db, referral: JobReferralId) -> Result<bool> {
    let followed = placements::table.filter(placements::job_referral_id.eq(referral));
    Ok(diesel::select(diesel::dsl::exists(followed)).get_result(db.conn())?)
}

/// Which placements a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<PlacementState>,
    pub resident: Option<ResidentId>,
    pub employer: Option<EmployerId>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<PlacementId>,
    count: i64,
) -> Result<Vec<Placement>> {
    let mut query = placements::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            placements::division_code,
            placements::county_code,
            scope
        ));
    if let Some(state) = filter.state {
        query = query.filter(placements::state.eq(state));
    }
    if let Some(resident) = filter.resident {
        query = query.filter(placements::resident_id.eq(resident));
    }
    if let Some(employer) = filter.employer {
        query = query.filter(placements::employer_id.eq(employer));
    }
    if let Some(after) = after {
        query = query.filter(placements::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(placements::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Verified work at an employer that touches a year, wherever the people live.
pub fn at_employer(
    db: &mut Db,
    employer: EmployerId,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<Placement>> {
    let rows: Vec<Row> = placements::table
        .filter(placements::employer_id.eq(employer))
        .filter(placements::verified_revision.is_not_null())
        .filter(placements::start_date.le(last))
        .filter(
            placements::end_date
                .is_null()
                .or(placements::end_date.ge(first).assume_not_null()),
        )
        .select(Row::as_select())
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub fn insert(tx: &mut Tx<'_>, new: &Placement) -> Result<()> {
    let now = tx.now();
    diesel::insert_into(placements::table)
        .values((
            placements::id.eq(new.id),
            placements::resident_id.eq(new.resident_id),
            placements::division_code.eq(new.division_code),
            placements::form.eq(new.form),
            placements::employer_id.eq(new.employer_id),
            placements::employer_type.eq(new.employer_type),
            placements::job_seeker_id.eq(new.job_seeker_id),
            placements::job_referral_id.eq(new.job_referral_id),
            placements::fair_id.eq(new.fair_id),
            placements::start_date.eq(new.start_date),
            placements::state.eq(new.state),
            placements::last_transition.eq(new.last_transition),
            placements::evidence_revision.eq(new.evidence_revision),
            placements::version.eq(new.version),
            placements::updated_at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // On SQLite the trigger against replacing speaks first.
            let known = || Code::PlacementOpen.into();
            on_unique(error, "placements.", "placements_one_open", known)
        })?;
    Ok(())
}

/// Writes where a placement now stands, if nobody changed it since it was read.
pub fn update(tx: &mut Tx<'_>, placement: &Placement, seen: i32) -> Result<()> {
    let now = tx.now();
    let same = placements::table
        .find(placement.id)
        .filter(placements::version.eq(seen));
    let changed = diesel::update(same)
        .set((
            placements::division_code.eq(placement.division_code),
            placements::state.eq(placement.state),
            placements::last_transition.eq(placement.last_transition),
            placements::evidence_revision.eq(placement.evidence_revision),
            placements::verified_revision.eq(placement.verified_revision),
            placements::verified_at.eq(placement.verified_at),
            placements::end_date.eq(placement.end_date),
            placements::leave_reason.eq(placement.leave_reason),
            placements::version.eq(placement.version),
            placements::updated_at.eq(now),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = placement_evidence)]
struct EvidenceRow {
    id: PlacementEvidenceId,
    revision: i32,
    contract_kind: ContractKind,
    contract_number: Option<Vec<u8>>,
    contract_from: NaiveDate,
    contract_to: Option<NaiveDate>,
    wage_fen: Fen,
    insured_from: Option<NaiveDate>,
    insurance_number: Option<Vec<u8>>,
    entered_by: UserId,
    entered_at: Timestamp,
}

/// Oldest first.
pub fn evidence(db: &mut Db, of: PlacementId) -> Result<Vec<Evidence>> {
    let rows: Vec<EvidenceRow> = placement_evidence::table
        .filter(placement_evidence::placement_id.eq(of))
        .order(placement_evidence::revision)
        .select(EvidenceRow::as_select())
        .load(db.conn())?;
    let read = |row: EvidenceRow| {
        Ok(Evidence {
            contract_number: open(db, CONTRACT, row.id, row.contract_number.as_deref())?,
            insurance_number: open(db, INSURANCE, row.id, row.insurance_number.as_deref())?,
            revision: row.revision,
            contract_kind: row.contract_kind,
            contract_from: row.contract_from,
            contract_to: row.contract_to,
            wage_fen: row.wage_fen,
            insured_from: row.insured_from,
            entered_by: row.entered_by,
            entered_at: row.entered_at,
        })
    };
    rows.into_iter().map(read).collect()
}

pub fn insert_evidence(tx: &mut Tx<'_>, of: PlacementId, new: &Evidence) -> Result<()> {
    let id: PlacementEvidenceId = tx.new_id();
    let contract = seal_if(tx, CONTRACT, id, new.contract_number.as_deref())?;
    let insurance = seal_if(tx, INSURANCE, id, new.insurance_number.as_deref())?;
    diesel::insert_into(placement_evidence::table)
        .values((
            placement_evidence::id.eq(id),
            placement_evidence::placement_id.eq(of),
            placement_evidence::revision.eq(new.revision),
            placement_evidence::contract_kind.eq(new.contract_kind),
            placement_evidence::contract_number.eq(contract),
            placement_evidence::contract_from.eq(new.contract_from),
            placement_evidence::contract_to.eq(new.contract_to),
            placement_evidence::wage_fen.eq(new.wage_fen),
            placement_evidence::insured_from.eq(new.insured_from),
            placement_evidence::insurance_number.eq(insurance),
            placement_evidence::entered_by.eq(new.entered_by),
            placement_evidence::entered_at.eq(new.entered_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// By what and by whom evidence was verified.
#[derive(Debug)]
pub struct Verified<'a> {
    pub placement: PlacementId,
    pub evidence: &'a Evidence,
    pub by: UserId,
    pub standard: EmploymentStandardId,
    pub minimum_wage: Fen,
    pub certificate: CertificateId,
}

pub fn insert_verification(tx: &mut Tx<'_>, of: &Verified<'_>) -> Result<()> {
    let now = tx.now();
    diesel::insert_into(placement_verifications::table)
        .values((
            placement_verifications::placement_id.eq(of.placement),
            placement_verifications::revision.eq(of.evidence.revision),
            placement_verifications::entered_by.eq(of.evidence.entered_by),
            placement_verifications::verified_by.eq(of.by),
            placement_verifications::verified_at.eq(now),
            placement_verifications::wage_fen.eq(of.evidence.wage_fen),
            placement_verifications::standard_id.eq(of.standard),
            placement_verifications::minimum_wage_fen.eq(of.minimum_wage),
            placement_verifications::certificate_id.eq(of.certificate),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// One more entry of a history.
#[derive(Debug)]
pub struct Entry<'a> {
    pub placement: &'a Placement,
    pub action: PlacementAction,
    pub from: Option<PlacementState>,
    pub actor: UserId,
    pub comment: Option<&'a str>,
}

pub fn insert_transition(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<()> {
    let (id, now): (PlacementTransitionId, _) = (tx.new_id(), tx.now());
    let comment = seal_if(tx, COMMENT, id, entry.comment)?;
    let (sequence, revision) = (
        entry.placement.last_transition,
        entry.placement.evidence_revision,
    );
    let verified = (entry.action == PlacementAction::Verify).then_some(revision);
    diesel::insert_into(placement_transitions::table)
        .values((
            placement_transitions::id.eq(id),
            placement_transitions::placement_id.eq(entry.placement.id),
            placement_transitions::sequence.eq(sequence),
            placement_transitions::action.eq(entry.action),
            placement_transitions::previous_sequence.eq((sequence > 1).then(|| sequence - 1)),
            placement_transitions::from_state.eq(entry.from),
            placement_transitions::to_state.eq(entry.placement.state),
            placement_transitions::revision.eq(revision),
            placement_transitions::verified_revision.eq(verified),
            placement_transitions::actor_id.eq(entry.actor),
            placement_transitions::comment.eq(comment),
            placement_transitions::at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = placement_transitions)]
struct TurnRow {
    id: PlacementTransitionId,
    sequence: i32,
    action: PlacementAction,
    from_state: Option<PlacementState>,
    to_state: PlacementState,
    revision: i32,
    actor_id: UserId,
    comment: Option<Vec<u8>>,
    at: Timestamp,
}

/// Oldest first.
pub fn history(db: &mut Db, of: PlacementId) -> Result<Vec<Turn>> {
    let rows: Vec<TurnRow> = placement_transitions::table
        .filter(placement_transitions::placement_id.eq(of))
        .order(placement_transitions::sequence)
        .select(TurnRow::as_select())
        .load(db.conn())?;
    let read = |row: TurnRow| {
        Ok(Turn {
            comment: open(db, COMMENT, row.id, row.comment.as_deref())?,
            sequence: row.sequence,
            action: row.action,
            from_state: row.from_state,
            to_state: row.to_state,
            revision: row.revision,
            actor_id: row.actor_id,
            at: row.at,
        })
    };
    rows.into_iter().map(read).collect()
}
