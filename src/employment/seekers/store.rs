//! SQL of job seekers' files and of what was done for them.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{
    Contact, ContactKind, Distance, JobSeeker, JobSeekerCloseReason, JobSeekerState,
};
use crate::access::{Scope, within};
use crate::db::schema::{job_seeker_contacts, job_seekers};
use crate::db::sealed::{SealedColumn, open, seal, seal_if, sealed_column};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::employment::words::{join, split};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, JobSeekerContactId, JobSeekerId, ResidentId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;

types::text_columns!(JobSeekerState, JobSeekerCloseReason, Distance, ContactKind);

pub const SEALED_COLUMNS: &[SealedColumn] = &[
    sealed_column!(job_seekers::needed_aids of id: JobSeekerId),
    sealed_column!(job_seekers::plan of id: JobSeekerId),
    sealed_column!(job_seeker_contacts::note of id: JobSeekerContactId),
];

const AIDS: &str = "job_seekers|needed_aids";
const PLAN: &str = "job_seekers|plan";
const NOTE: &str = "job_seeker_contacts|note";

#[derive(Queryable, Selectable)]
#[diesel(table_name = job_seekers)]
pub(super) struct Row {
    id: JobSeekerId,
    resident_id: ResidentId,
    case_id: Option<CaseId>,
    division_code: DivisionCode,
    state: JobSeekerState,
    close_reason: Option<JobSeekerCloseReason>,
    forms: String,
    needed_aids: Option<Vec<u8>>,
    skills: Option<String>,
    distance: Distance,
    wage_from_fen: Option<Fen>,
    graduated_date: Option<NaiveDate>,
    school: Option<String>,
    willing: Option<bool>,
    plan: Option<Vec<u8>>,
    opened_by: UserId,
    opened_at: Timestamp,
    closed_at: Option<Timestamp>,
    version: i32,
}

pub(super) fn read(db: &Db, row: Row) -> Result<JobSeeker> {
    let aids = open(db, AIDS, row.id, row.needed_aids.as_deref())?;
    Ok(JobSeeker {
        needed_aids: split(&aids.unwrap_or_default())?,
        plan: open(db, PLAN, row.id, row.plan.as_deref())?,
        forms: split(&row.forms)?,
        contacts: Vec::new(),
        id: row.id,
        resident_id: row.resident_id,
        case_id: row.case_id,
        division_code: row.division_code,
        state: row.state,
        close_reason: row.close_reason,
        skills: row.skills,
        distance: row.distance,
        wage_from_fen: row.wage_from_fen,
        graduated_date: row.graduated_date,
        school: row.school,
        willing: row.willing,
        opened_by: row.opened_by,
        opened_at: row.opened_at,
        closed_at: row.closed_at,
        version: row.version,
    })
}

pub fn find(db: &mut Db, scope: &Scope, id: JobSeekerId) -> Result<Option<JobSeeker>> {
    let row: Option<Row> = job_seekers::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            job_seekers::division_code,
            job_seekers::county_code,
            scope
        ))
        .filter(job_seekers::id.eq(id))
        .first(db.conn())
        .optional()?;
    row.map(|row| read(db, row)).transpose()
}

/// The open files of these records: where records were merged, there may be several.
pub fn open_of(db: &mut Db, records: &[ResidentId]) -> Result<Vec<JobSeeker>> {
    let rows: Vec<Row> = job_seekers::table
        .filter(job_seekers::resident_id.eq_any(records))
        .filter(job_seekers::state.eq(JobSeekerState::Open))
        .order(job_seekers::id)
        .select(Row::as_select())
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

/// Which files a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<JobSeekerState>,
    pub resident: Option<ResidentId>,
    /// Of who graduated in that year.
    pub graduated_in: Option<i32>,
    pub willing: Option<bool>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<JobSeekerId>,
    count: i64,
) -> Result<Vec<JobSeeker>> {
    let mut query = job_seekers::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            job_seekers::division_code,
            job_seekers::county_code,
            scope
        ));
    if let Some(state) = filter.state {
        query = query.filter(job_seekers::state.eq(state));
    }
    if let Some(resident) = filter.resident {
        query = query.filter(job_seekers::resident_id.eq(resident));
    }
    if let Some(willing) = filter.willing {
        query = query.filter(job_seekers::willing.eq(willing));
    }
    if let Some(year) = filter.graduated_in {
        let day = |month, day| NaiveDate::from_ymd_opt(year, month, day);
        let bounds = day(1, 1).zip(day(12, 31));
        let (first, last) = bounds.ok_or_else(|| Error::internal("a year has days"))?;
        query = query.filter(job_seekers::graduated_date.between(first, last));
    }
    if let Some(after) = after {
        query = query.filter(job_seekers::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(job_seekers::id.desc())
        .limit(count)
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

fn sealed_aids(db: &Db, of: &JobSeeker) -> Result<Option<Vec<u8>>> {
    let aids = join(&of.needed_aids);
    seal_if(
        db,
        AIDS,
        of.id,
        Some(aids.as_str()).filter(|text| !text.is_empty()),
    )
}

pub fn insert(tx: &mut Tx<'_>, new: &JobSeeker) -> Result<()> {
    let aids = sealed_aids(tx, new)?;
    let plan = seal_if(tx, PLAN, new.id, new.plan.as_deref())?;
    diesel::insert_into(job_seekers::table)
        .values((
            job_seekers::id.eq(new.id),
            job_seekers::resident_id.eq(new.resident_id),
            job_seekers::case_id.eq(new.case_id),
            job_seekers::division_code.eq(new.division_code),
            job_seekers::state.eq(new.state),
            job_seekers::forms.eq(join(&new.forms)),
            job_seekers::needed_aids.eq(aids),
            job_seekers::skills.eq(&new.skills),
            job_seekers::distance.eq(new.distance),
            job_seekers::wage_from_fen.eq(new.wage_from_fen),
            job_seekers::graduated_date.eq(new.graduated_date),
            job_seekers::school.eq(&new.school),
            job_seekers::willing.eq(new.willing),
            job_seekers::plan.eq(plan),
            job_seekers::opened_by.eq(new.opened_by),
            job_seekers::opened_at.eq(new.opened_at),
            job_seekers::updated_at.eq(new.opened_at),
            job_seekers::version.eq(new.version),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // On SQLite the trigger against replacing speaks first.
            let known = || Code::JobSeekerOpen.into();
            on_unique(error, "job_seekers.", "job_seekers_one_open", known)
        })?;
    Ok(())
}

/// Writes a file as it now is, if nobody changed it since it was read.
pub fn update(tx: &mut Tx<'_>, seeker: &JobSeeker, seen: i32) -> Result<()> {
    let aids = sealed_aids(tx, seeker)?;
    let plan = seal_if(tx, PLAN, seeker.id, seeker.plan.as_deref())?;
    let now = tx.now();
    let same = job_seekers::table
        .find(seeker.id)
        .filter(job_seekers::version.eq(seen));
    let changed = diesel::update(same)
        .set((
            job_seekers::division_code.eq(seeker.division_code),
            job_seekers::state.eq(seeker.state),
            job_seekers::close_reason.eq(seeker.close_reason),
            job_seekers::closed_at.eq(seeker.closed_at),
            job_seekers::forms.eq(join(&seeker.forms)),
            job_seekers::needed_aids.eq(aids),
            job_seekers::skills.eq(&seeker.skills),
            job_seekers::distance.eq(seeker.distance),
            job_seekers::wage_from_fen.eq(seeker.wage_from_fen),
            job_seekers::graduated_date.eq(seeker.graduated_date),
            job_seekers::school.eq(&seeker.school),
            job_seekers::willing.eq(seeker.willing),
            job_seekers::plan.eq(plan),
            job_seekers::updated_at.eq(now),
            job_seekers::version.eq(seeker.version),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = job_seeker_contacts)]
struct ContactRow {
    id: JobSeekerContactId,
    kind: ContactKind,
    contact_date: NaiveDate,
    note: Vec<u8>,
    made_by: UserId,
    made_at: Timestamp,
}

/// Of one job seeker, oldest first.
pub fn contacts(db: &mut Db, of: JobSeekerId) -> Result<Vec<Contact>> {
    let rows: Vec<ContactRow> = job_seeker_contacts::table
        .filter(job_seeker_contacts::job_seeker_id.eq(of))
        .order(job_seeker_contacts::id)
        .select(ContactRow::as_select())
        .load(db.conn())?;
    let read = |row: ContactRow| {
        Ok(Contact {
            note: open(db, NOTE, row.id, Some(&row.note))?.unwrap_or_default(),
            id: row.id,
            kind: row.kind,
            contact_date: row.contact_date,
            made_by: row.made_by,
            made_at: row.made_at,
        })
    };
    rows.into_iter().map(read).collect()
}

pub fn insert_contact(tx: &mut Tx<'_>, of: JobSeekerId, new: &Contact) -> Result<()> {
    let note = seal(tx, NOTE, new.id, &new.note)?;
    diesel::insert_into(job_seeker_contacts::table)
        .values((
            job_seeker_contacts::id.eq(new.id),
            job_seeker_contacts::job_seeker_id.eq(of),
            job_seeker_contacts::kind.eq(new.kind),
            job_seeker_contacts::contact_date.eq(new.contact_date),
            job_seeker_contacts::note.eq(note),
            job_seeker_contacts::made_by.eq(new.made_by),
            job_seeker_contacts::made_at.eq(new.made_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}
