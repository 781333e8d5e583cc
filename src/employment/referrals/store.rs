//! SQL of referrals to vacancies and their history.

use diesel::prelude::*;

use super::model::{JobReferral, JobReferralAction, JobReferralState, JobReferralTurn};
use crate::access::{Scope, within};
use crate::db::schema::{job_referral_transitions, job_referrals};
use crate::db::sealed::{SealedColumn, open, seal_if, sealed_column};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{
    JobFairId, JobReferralId, JobReferralTransitionId, JobSeekerId, ResidentId, UserId, VacancyId,
};
use crate::kernel::time::Timestamp;

types::text_columns!(JobReferralState, JobReferralAction);

pub const SEALED_COLUMNS: &[SealedColumn] =
    &[sealed_column!(job_referral_transitions::comment of id: JobReferralTransitionId)];

const COMMENT: &str = "job_referral_transitions|comment";

#[derive(Queryable, Selectable)]
#[diesel(table_name = job_referrals)]
struct Row {
    id: JobReferralId,
    job_seeker_id: JobSeekerId,
    resident_id: ResidentId,
    vacancy_id: VacancyId,
    fair_id: Option<JobFairId>,
    division_code: DivisionCode,
    state: JobReferralState,
    last_transition: i32,
}

impl From<Row> for JobReferral {
    fn from(row: Row) -> Self {
        Self {
            allowed_actions: row.state.allowed(),
            history: None,
            id: row.id,
            job_seeker_id: row.job_seeker_id,
            resident_id: row.resident_id,
            vacancy_id: row.vacancy_id,
            fair_id: row.fair_id,
            division_code: row.division_code,
            state: row.state,
            version: row.last_transition,
        }
    }
}

pub fn find(db: &mut Db, scope: &Scope, id: JobReferralId) -> Result<Option<JobReferral>> {
    let row: Option<Row> = job_referrals::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            job_referrals::division_code,
            job_referrals::county_code,
            scope
        ))
        .filter(job_referrals::id.eq(id))
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// Which referrals a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<JobReferralState>,
    pub job_seeker: Option<JobSeekerId>,
    pub vacancy: Option<VacancyId>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<JobReferralId>,
    count: i64,
) -> Result<Vec<JobReferral>> {
    let mut query = job_referrals::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            job_referrals::division_code,
            job_referrals::county_code,
            scope
        ));
    if let Some(state) = filter.state {
        query = query.filter(job_referrals::state.eq(state));
    }
    if let Some(seeker) = filter.job_seeker {
        query = query.filter(job_referrals::job_seeker_id.eq(seeker));
    }
    if let Some(vacancy) = filter.vacancy {
        query = query.filter(job_referrals::vacancy_id.eq(vacancy));
    }
    if let Some(after) = after {
        query = query.filter(job_referrals::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(job_referrals::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub fn insert(tx: &mut Tx<'_>, new: &JobReferral) -> Result<()> {
    diesel::insert_into(job_referrals::table)
        .values((
            job_referrals::id.eq(new.id),
            job_referrals::job_seeker_id.eq(new.job_seeker_id),
            job_referrals::resident_id.eq(new.resident_id),
            job_referrals::vacancy_id.eq(new.vacancy_id),
            job_referrals::fair_id.eq(new.fair_id),
            job_referrals::division_code.eq(new.division_code),
            job_referrals::state.eq(new.state),
            job_referrals::last_transition.eq(new.version),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // On SQLite the trigger against replacing speaks first.
            let known = || Code::JobReferralOpen.into();
            on_unique(error, "job_referrals.", "job_referrals_one_open", known)
        })?;
    Ok(())
}

/// Writes where a referral now stands, if nobody moved it since it was read.
pub fn update(tx: &mut Tx<'_>, referral: &JobReferral, seen: i32) -> Result<()> {
    let same = job_referrals::table
        .find(referral.id)
        .filter(job_referrals::last_transition.eq(seen));
    let changed = diesel::update(same)
        .set((
            job_referrals::state.eq(referral.state),
            job_referrals::last_transition.eq(referral.version),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// One more entry of a history.
#[derive(Debug)]
pub struct Entry<'a> {
    pub referral: &'a JobReferral,
    pub action: JobReferralAction,
    pub from: Option<JobReferralState>,
    pub actor: UserId,
    pub comment: Option<&'a str>,
}

pub fn insert_transition(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<()> {
    let (id, now): (JobReferralTransitionId, _) = (tx.new_id(), tx.now());
    let comment = seal_if(tx, COMMENT, id, entry.comment)?;
    let sequence = entry.referral.version;
    diesel::insert_into(job_referral_transitions::table)
        .values((
            job_referral_transitions::id.eq(id),
            job_referral_transitions::job_referral_id.eq(entry.referral.id),
            job_referral_transitions::sequence.eq(sequence),
            job_referral_transitions::action.eq(entry.action),
            job_referral_transitions::previous_sequence.eq((sequence > 1).then(|| sequence - 1)),
            job_referral_transitions::from_state.eq(entry.from),
            job_referral_transitions::to_state.eq(entry.referral.state),
            job_referral_transitions::actor_id.eq(entry.actor),
            job_referral_transitions::comment.eq(comment),
            job_referral_transitions::at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = job_referral_transitions)]
struct TurnRow {
    id: JobReferralTransitionId,
    sequence: i32,
    action: JobReferralAction,
    from_state: Option<JobReferralState>,
    to_state: JobReferralState,
    actor_id: UserId,
    comment: Option<Vec<u8>>,
    at: Timestamp,
}

/// Oldest first.
pub fn history(db: &mut Db, of: JobReferralId) -> Result<Vec<JobReferralTurn>> {
    let rows: Vec<TurnRow> = job_referral_transitions::table
        .filter(job_referral_transitions::job_referral_id.eq(of))
        .order(job_referral_transitions::sequence)
        .select(TurnRow::as_select())
        .load(db.conn())?;
    let read = |row: TurnRow| {
        Ok(JobReferralTurn {
            comment: open(db, COMMENT, row.id, row.comment.as_deref())?,
            sequence: row.sequence,
            action: row.action,
            from_state: row.from_state,
            to_state: row.to_state,
            actor_id: row.actor_id,
            at: row.at,
        })
    };
    rows.into_iter().map(read).collect()
}
