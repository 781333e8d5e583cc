//! SQL of estimates.

use diesel::prelude::*;

use super::model::{EmployedMonths, LevyEstimate, LevySource};
use crate::access::{Scope, within};
use crate::db::schema::levy_estimates;
use crate::db::{Db, MultiBackend, Tx, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{EmployerId, EmploymentStandardId, LevyEstimateId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;

types::text_columns!(LevySource);

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = levy_estimates)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: LevyEstimateId,
    employer_id: EmployerId,
    division_code: DivisionCode,
    year: i32,
    staff_count: i32,
    average_wage_fen: Fen,
    months: i32,
    severe_months: i32,
    source: LevySource,
    standard_id: EmploymentStandardId,
    cap_standard_id: Option<EmploymentStandardId>,
    counted_wage_fen: Fen,
    percent: i32,
    full_fen: Fen,
    levy_fen: Fen,
    estimated_by: UserId,
    estimated_at: Timestamp,
}

impl From<Row> for LevyEstimate {
    fn from(row: Row) -> Self {
        Self {
            employed: EmployedMonths {
                months: row.months,
                severe_months: row.severe_months,
            },
            id: row.id,
            employer_id: row.employer_id,
            division_code: row.division_code,
            year: row.year,
            staff_count: row.staff_count,
            average_wage_fen: row.average_wage_fen,
            source: row.source,
            standard_id: row.standard_id,
            cap_standard_id: row.cap_standard_id,
            counted_wage_fen: row.counted_wage_fen,
            percent: row.percent,
            full_fen: row.full_fen,
            levy_fen: row.levy_fen,
            estimated_by: row.estimated_by,
            estimated_at: row.estimated_at,
        }
    }
}

pub fn insert(tx: &mut Tx<'_>, new: &LevyEstimate) -> Result<()> {
    let row = Row {
        id: new.id,
        employer_id: new.employer_id,
        division_code: new.division_code,
        year: new.year,
        staff_count: new.staff_count,
        average_wage_fen: new.average_wage_fen,
        months: new.employed.months,
        severe_months: new.employed.severe_months,
        source: new.source,
        standard_id: new.standard_id,
        cap_standard_id: new.cap_standard_id,
        counted_wage_fen: new.counted_wage_fen,
        percent: new.percent,
        full_fen: new.full_fen,
        levy_fen: new.levy_fen,
        estimated_by: new.estimated_by,
        estimated_at: new.estimated_at,
    };
    diesel::insert_into(levy_estimates::table)
        .values(&row)
        .execute(tx.conn())?;
    Ok(())
}

pub fn find(db: &mut Db, scope: &Scope, id: LevyEstimateId) -> Result<Option<LevyEstimate>> {
    let row: Option<Row> = levy_estimates::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            levy_estimates::division_code,
            levy_estimates::county_code,
            scope
        ))
        .filter(levy_estimates::id.eq(id))
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    employer: Option<EmployerId>,
    after: Option<LevyEstimateId>,
    count: i64,
) -> Result<Vec<LevyEstimate>> {
    let mut query = levy_estimates::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            levy_estimates::division_code,
            levy_estimates::county_code,
            scope
        ));
    if let Some(employer) = employer {
        query = query.filter(levy_estimates::employer_id.eq(employer));
    }
    if let Some(after) = after {
        query = query.filter(levy_estimates::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(levy_estimates::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}
