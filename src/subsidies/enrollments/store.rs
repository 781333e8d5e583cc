//! SQL of enrollments.

use chrono::NaiveDate;
use diesel::prelude::*;

use diesel::result::Error as DieselError;

use super::claim::Claim;
use super::model::{Enrollment, EnrollmentState};
use crate::access::{Scope, within};
use crate::db::schema::enrollments;
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, EnrollmentId, ResidentId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::registry::residents;

types::text_columns!(EnrollmentState);

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = enrollments)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: EnrollmentId,
    resident_id: ResidentId,
    case_id: CaseId,
    program_code: String,
    exclusive_key: String,
    division_code: DivisionCode,
    state: EnrollmentState,
    start_month: Month,
    stop_month: Option<Month>,
    rate_fen: Fen,
    review_due_date: Option<NaiveDate>,
    claim_to: Option<Month>,
    contribution_fen: Option<Fen>,
    voucher_number: Option<String>,
    total_fen: Option<Fen>,
    last_transition: i32,
    version: i32,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Row {
    fn claim(&self) -> Option<Claim> {
        Some(Claim {
            to: self.claim_to?,
            contribution_fen: self.contribution_fen?,
            voucher_number: self.voucher_number.clone()?,
            total_fen: self.total_fen?,
        })
    }
}

impl From<Row> for Enrollment {
    fn from(row: Row) -> Self {
        let claim = row.claim();
        Self {
            id: row.id,
            resident_id: row.resident_id,
            case_id: row.case_id,
            program_code: row.program_code,
            exclusive_key: row.exclusive_key,
            division_code: row.division_code,
            state: row.state,
            start_month: row.start_month,
            stop_month: row.stop_month,
            rate_fen: row.rate_fen,
            claim,
            review_due_date: row.review_due_date,
            last_transition: row.last_transition,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Writes a new enrollment; its entries follow.
pub fn insert(tx: &mut Tx<'_>, enrollment: &Enrollment) -> Result<()> {
    let new = enrollment.clone();
    let claim = new.claim;
    let row = Row {
        id: new.id,
        resident_id: new.resident_id,
        case_id: new.case_id,
        program_code: new.program_code,
        exclusive_key: new.exclusive_key,
        division_code: new.division_code,
        state: new.state,
        start_month: new.start_month,
        stop_month: new.stop_month,
        rate_fen: new.rate_fen,
        review_due_date: new.review_due_date,
        claim_to: claim.as_ref().map(|claim| claim.to),
        contribution_fen: claim.as_ref().map(|claim| claim.contribution_fen),
        total_fen: claim.as_ref().map(|claim| claim.total_fen),
        voucher_number: claim.map(|claim| claim.voucher_number),
        last_transition: new.last_transition,
        version: new.version,
        created_at: new.created_at,
        updated_at: new.updated_at,
    };
    diesel::insert_into(enrollments::table)
        .values(&row)
        .execute(tx.conn())
        .map_err(refused)?;
    Ok(())
}

/// One of a group runs at a time, and a voucher counts once.
fn refused(error: DieselError) -> Error {
    let (columns, index, code) = match &error {
        DieselError::DatabaseError(_, info)
            if info.constraint_name() == Some("enrollments_voucher")
                || info.message().contains("enrollments.program_code") =>
        {
            (
                "enrollments.program_code",
                "enrollments_voucher",
                Code::ClaimVoucherUsed,
            )
        }
        _ => (
            "enrollments.resident_id",
            "enrollments_one_active",
            Code::EnrollmentExclusive,
        ),
    };
    on_unique(error, columns, index, || code.into())
}

/// Whether something was granted for a voucher, wherever it was brought.
pub fn voucher_used(db: &mut Db, program: &str, voucher: &str) -> Result<bool> {
    let same = enrollments::table
        .filter(enrollments::program_code.eq(program))
        .filter(enrollments::voucher_number.eq(voucher))
        .filter(enrollments::stop_month.ge(enrollments::start_month.nullable()));
    Ok(same.count().get_result::<i64>(db.conn())? > 0)
}

/// Which enrollments a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<EnrollmentState>,
    pub program_code: Option<String>,
    pub resident: Option<ResidentId>,
    pub case: Option<CaseId>,
}

pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<EnrollmentId>,
    count: i64,
) -> Result<Vec<Enrollment>> {
    let mut query = enrollments::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            enrollments::division_code,
            enrollments::county_code,
            scope
        ));
    if let Some(state) = filter.state {
        query = query.filter(enrollments::state.eq(state));
    }
    if let Some(code) = &filter.program_code {
        query = query.filter(enrollments::program_code.eq(code.clone()));
    }
    if let Some(resident) = filter.resident {
        let records = residents::service::records(db, &[resident])?;
        query = query.filter(enrollments::resident_id.eq_any(records));
    }
    if let Some(case) = filter.case {
        query = query.filter(enrollments::case_id.eq(case));
    }
    if let Some(after) = after {
        query = query.filter(enrollments::id.gt(after));
    }
    let rows: Vec<Row> = query.order(enrollments::id).limit(count).load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// How many there are, whatever their state.
pub fn count(db: &mut Db, scope: &Scope) -> Result<i64> {
    let query = enrollments::table
        .select(diesel::dsl::count_star())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            enrollments::division_code,
            enrollments::county_code,
            scope
        ));
    Ok(query.first(db.conn())?)
}

/// What runs and is to be reviewed before a day, the longest overdue first.
pub fn due_for_review(
    db: &mut Db,
    scope: &Scope,
    before: NaiveDate,
    after: Option<(NaiveDate, EnrollmentId)>,
    count: i64,
) -> Result<Vec<Enrollment>> {
    let mut query = enrollments::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            enrollments::division_code,
            enrollments::county_code,
            scope
        ))
        .filter(enrollments::state.ne(EnrollmentState::Stopped))
        .filter(enrollments::review_due_date.lt(before));
    if let Some((day, id)) = after {
        let later = enrollments::review_due_date.gt(day);
        let same_day = enrollments::review_due_date
            .eq(day)
            .and(enrollments::id.gt(id));
        query = query.filter(later.or(same_day));
    }
    let rows: Vec<Row> = query
        .order((enrollments::review_due_date, enrollments::id))
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Of these, the versions of those in sight.
pub fn versions(
    db: &mut Db,
    scope: &Scope,
    ids: &[EnrollmentId],
) -> Result<Vec<(EnrollmentId, i32)>> {
    Ok(enrollments::table
        .select((enrollments::id, enrollments::version))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            enrollments::division_code,
            enrollments::county_code,
            scope
        ))
        .filter(enrollments::id.eq_any(ids))
        .load(db.conn())?)
}

/// What of somebody's is not stopped.
pub fn running_of(db: &mut Db, resident: ResidentId) -> Result<Vec<Enrollment>> {
    let rows: Vec<Row> = enrollments::table
        .select(Row::as_select())
        .filter(enrollments::resident_id.eq(resident))
        .filter(enrollments::state.ne(EnrollmentState::Stopped))
        .order(enrollments::id)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// All of a group that some records ever had.
pub fn of_group(db: &mut Db, records: &[ResidentId], key: &str) -> Result<Vec<Enrollment>> {
    let rows: Vec<Row> = enrollments::table
        .filter(enrollments::resident_id.eq_any(records))
        .filter(enrollments::exclusive_key.eq(key))
        .order(enrollments::id)
        .select(Row::as_select())
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// All that some people ever had, in sight.
pub fn of_people(db: &mut Db, scope: &Scope, records: &[ResidentId]) -> Result<Vec<Enrollment>> {
    let rows: Vec<Row> = enrollments::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            enrollments::division_code,
            enrollments::county_code,
            scope
        ))
        .filter(enrollments::resident_id.eq_any(records.to_vec()))
        .order(enrollments::id)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Another office pays, the same.
pub fn relocate(tx: &mut Tx<'_>, enrollment: &Enrollment, to: DivisionCode) -> Result<()> {
    let now = tx.now();
    let same = enrollments::table
        .find(enrollment.id)
        .filter(enrollments::version.eq(enrollment.version));
    let changed = diesel::update(same)
        .set((
            enrollments::division_code.eq(to),
            enrollments::version.eq(enrollment.version + 1),
            enrollments::updated_at.eq(now),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

pub fn find(db: &mut Db, scope: &Scope, id: EnrollmentId) -> Result<Option<Enrollment>> {
    let row: Option<Row> = enrollments::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            enrollments::division_code,
            enrollments::county_code,
            scope
        ))
        .filter(enrollments::id.eq(id))
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// One that the transaction reaches.
pub fn known(db: &mut Db, id: EnrollmentId) -> Result<Option<Enrollment>> {
    let row: Option<Row> = enrollments::table
        .find(id)
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// What an approval of a case opened, while it is not stopped.
pub fn running(db: &mut Db, case: CaseId) -> Result<Option<Enrollment>> {
    let row: Option<Row> = enrollments::table
        .filter(enrollments::case_id.eq(case))
        .filter(enrollments::state.ne(EnrollmentState::Stopped))
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// Writes where an enrollment now stands, if nobody changed it since it was read; the entry that led there
/// follows.
pub fn update(tx: &mut Tx<'_>, enrollment: &Enrollment, seen: i32) -> Result<()> {
    let same = enrollments::table
        .find(enrollment.id)
        .filter(enrollments::version.eq(seen));
    let changed = diesel::update(same)
        .set((
            enrollments::state.eq(enrollment.state),
            enrollments::stop_month.eq(enrollment.stop_month),
            enrollments::review_due_date.eq(enrollment.review_due_date),
            enrollments::last_transition.eq(enrollment.last_transition),
            enrollments::version.eq(enrollment.version),
            enrollments::updated_at.eq(enrollment.updated_at),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}
