//! SQL of public notices.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{PublicNotice, PublicNoticeOutcome, PublicNoticeState};
use crate::access::{Scope, within};
use crate::casework::cases::service::Action;
use crate::db::schema::{case_transitions, public_notices};
use crate::db::{Db, MultiBackend, Tx, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{CaseId, PublicNoticeId};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;
use crate::programs::Step;

types::text_columns!(PublicNoticeOutcome);

#[derive(Queryable, Selectable)]
#[diesel(table_name = public_notices)]
struct Row {
    id: PublicNoticeId,
    case_id: CaseId,
    division_code: DivisionCode,
    name_masked: String,
    village_name: String,
    program_code: String,
    program_name_zh: String,
    program_name_en: String,
    amount_fen: Option<Fen>,
    from_date: NaiveDate,
    to_date: NaiveDate,
    outcome: Option<PublicNoticeOutcome>,
    ended_at: Option<Timestamp>,
}

impl From<Row> for PublicNotice {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            case_id: row.case_id,
            division_code: row.division_code,
            name_masked: row.name_masked,
            village_name: row.village_name,
            program_code: row.program_code,
            program_name_zh: row.program_name_zh,
            program_name_en: row.program_name_en,
            amount_fen: row.amount_fen,
            from_date: row.from_date,
            to_date: row.to_date,
            outcome: row.outcome,
            ended_at: row.ended_at,
        }
    }
}

/// Published with an entry of the case's history.
pub fn insert(tx: &mut Tx<'_>, notice: &PublicNotice, sequence: i32) -> Result<()> {
    diesel::insert_into(public_notices::table)
        .values((
            public_notices::id.eq(notice.id),
            public_notices::case_id.eq(notice.case_id),
            public_notices::sequence.eq(sequence),
            public_notices::step.eq(Step::PublicNotice),
            public_notices::division_code.eq(notice.division_code),
            public_notices::name_masked.eq(&notice.name_masked),
            public_notices::village_name.eq(&notice.village_name),
            public_notices::program_code.eq(&notice.program_code),
            public_notices::program_name_zh.eq(&notice.program_name_zh),
            public_notices::program_name_en.eq(&notice.program_name_en),
            public_notices::amount_fen.eq(notice.amount_fen),
            public_notices::from_date.eq(notice.from_date),
            public_notices::to_date.eq(notice.to_date),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Ends what is on notice of a case, if anything is.
pub fn end(tx: &mut Tx<'_>, case: CaseId, outcome: PublicNoticeOutcome) -> Result<()> {
    let now = tx.now();
    let open = public_notices::table
        .filter(public_notices::case_id.eq(case))
        .filter(public_notices::ended_at.is_null());
    diesel::update(open)
        .set((
            public_notices::outcome.eq(outcome),
            public_notices::ended_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Which public notices a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<PublicNoticeState>,
    pub program_code: Option<String>,
}

/// Oldest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<PublicNoticeId>,
    count: i64,
) -> Result<Vec<PublicNotice>> {
    let mut query = public_notices::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            public_notices::division_code,
            public_notices::county_code,
            scope
        ));
    query = match filter.state {
        None => query,
        Some(PublicNoticeState::Current) => query.filter(public_notices::ended_at.is_null()),
        Some(PublicNoticeState::Ended) => query.filter(public_notices::ended_at.is_not_null()),
    };
    if let Some(code) = &filter.program_code {
        query = query.filter(public_notices::program_code.eq(code.clone()));
    }
    if let Some(after) = after {
        query = query.filter(public_notices::id.gt(after));
    }
    let rows: Vec<Row> = query
        .order(public_notices::id)
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// What was last done to a case, other than handing it to another office.
pub fn last_action(db: &mut Db, case: CaseId) -> Result<Option<Action>> {
    Ok(case_transitions::table
        .filter(case_transitions::case_id.eq(case))
        .filter(case_transitions::action.ne(Action::Transfer))
        .order(case_transitions::sequence.desc())
        .select(case_transitions::action)
        .first(db.conn())
        .optional()?)
}
