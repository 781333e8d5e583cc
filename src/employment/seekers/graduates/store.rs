//! SQL of graduates: a view that knows which file a person counts by.

use diesel::prelude::*;

use crate::access::{Scope, within};
use crate::db::schema::{counted_graduates, job_seekers};
use crate::db::{Db, MultiBackend};
use crate::employment::seekers::model::JobSeeker;
use crate::employment::seekers::store::{Row, read};
use crate::kernel::error::Result;
use crate::kernel::id::JobSeekerId;

diesel::joinable!(counted_graduates -> job_seekers (seeker_id));
diesel::allow_tables_to_appear_in_same_query!(counted_graduates, job_seekers);

/// Which graduates a list shows.
#[derive(Debug, Clone, Copy)]
pub struct Graduates {
    pub year: i32,
    pub willing: Option<bool>,
    pub employed: Option<bool>,
}

pub fn page(
    db: &mut Db,
    scope: &Scope,
    asked: Graduates,
    after: Option<JobSeekerId>,
    count: i64,
) -> Result<Vec<JobSeeker>> {
    let mut query = job_seekers::table
        .inner_join(counted_graduates::table)
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            job_seekers::division_code,
            job_seekers::county_code,
            scope
        ))
        .filter(counted_graduates::year.eq(asked.year));
    if let Some(willing) = asked.willing {
        query = query.filter(counted_graduates::willing.eq(willing));
    }
    if let Some(employed) = asked.employed {
        query = query.filter(counted_graduates::employed.eq(employed));
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

/// Whether each is willing, and employed.
pub fn answers(db: &mut Db, scope: &Scope, year: i32) -> Result<Vec<(Option<bool>, bool)>> {
    let query = job_seekers::table
        .inner_join(counted_graduates::table)
        .select((counted_graduates::willing, counted_graduates::employed))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            job_seekers::division_code,
            job_seekers::county_code,
            scope
        ))
        .filter(counted_graduates::year.eq(year));
    Ok(query.load(db.conn())?)
}
