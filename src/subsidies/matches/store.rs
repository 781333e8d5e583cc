//! SQL of lists that were brought, and of matches.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{BroughtList, Match, MatchOutcome, MatchState};
use crate::access::{Scope, within};
use crate::db::schema::{match_enrollments, match_lists, matches};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx, insert_all, on_unique, types};
use crate::kernel::crypto::hex;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{EnrollmentId, MatchId, MatchListId, ResidentId, UserId};
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::subsidies::match_lists::MatchListKind;

types::text_columns!(MatchListKind, MatchState, MatchOutcome);

pub const SEALED_COLUMNS: &[SealedColumn] = &[sealed_column!(matches::comment of id: MatchId)];

fn place(id: MatchId) -> String {
    format!("matches|comment|{id}")
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = match_lists)]
struct ListRow {
    id: MatchListId,
    kind: MatchListKind,
    division_code: DivisionCode,
    sha256: Vec<u8>,
    row_count: i32,
    rejected_count: i32,
    unmatched_count: i32,
    known_count: i32,
    suspected_count: i32,
    imported_by: UserId,
    imported_at: Timestamp,
}

impl From<ListRow> for BroughtList {
    fn from(row: ListRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            division_code: row.division_code,
            sha256: hex(&row.sha256),
            row_count: row.row_count,
            rejected_count: row.rejected_count,
            unmatched_count: row.unmatched_count,
            known_count: row.known_count,
            suspected_count: row.suspected_count,
            imported_by: row.imported_by,
            imported_at: row.imported_at,
        }
    }
}

/// The list of a division that had this content.
pub fn imported_before(
    db: &mut Db,
    kind: MatchListKind,
    division: DivisionCode,
    sha256: &[u8],
) -> Result<Option<MatchListId>> {
    Ok(match_lists::table
        .filter(match_lists::kind.eq(kind))
        .filter(match_lists::division_code.eq(division))
        .filter(match_lists::sha256.eq(sha256))
        .select(match_lists::id)
        .first(db.conn())
        .optional()?)
}

pub fn insert_list(tx: &mut Tx<'_>, new: &BroughtList, sha256: &[u8]) -> Result<()> {
    let row = ListRow {
        id: new.id,
        kind: new.kind,
        division_code: new.division_code,
        sha256: sha256.to_vec(),
        row_count: new.row_count,
        rejected_count: new.rejected_count,
        unmatched_count: new.unmatched_count,
        known_count: new.known_count,
        suspected_count: new.suspected_count,
        imported_by: new.imported_by,
        imported_at: new.imported_at,
    };
    diesel::insert_into(match_lists::table)
        .values(&row)
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "match_lists.kind",
                "match_lists_kind_division_code_sha256_key",
                || Code::MatchListRead.into(),
            )
        })?;
    Ok(())
}

/// Newest first.
pub fn lists(
    db: &mut Db,
    scope: &Scope,
    kind: Option<MatchListKind>,
    after: Option<MatchListId>,
    count: i64,
) -> Result<Vec<BroughtList>> {
    let mut query = match_lists::table
        .select(ListRow::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            match_lists::division_code,
            match_lists::county_code,
            scope
        ));
    if let Some(kind) = kind {
        query = query.filter(match_lists::kind.eq(kind));
    }
    if let Some(after) = after {
        query = query.filter(match_lists::id.lt(after));
    }
    let rows: Vec<ListRow> = query
        .order(match_lists::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// What earlier lists said of some people.
pub fn known(
    db: &mut Db,
    kind: MatchListKind,
    people: &[ResidentId],
) -> Result<HashMap<(ResidentId, NaiveDate), MatchId>> {
    let rows: Vec<(ResidentId, NaiveDate, MatchId)> = matches::table
        .filter(matches::kind.eq(kind))
        .filter(matches::resident_id.eq_any(people))
        .select((matches::resident_id, matches::event_date, matches::id))
        .load(db.conn())?;
    let keyed = rows.into_iter().map(|(who, when, id)| ((who, when), id));
    Ok(keyed.collect())
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = matches)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: MatchId,
    list_id: MatchListId,
    line: i32,
    kind: MatchListKind,
    resident_id: ResidentId,
    division_code: DivisionCode,
    event_date: NaiveDate,
    name_differs: bool,
    state: MatchState,
    outcome: Option<MatchOutcome>,
    effective_month: Option<Month>,
    comment: Option<Vec<u8>>,
    decided_by: Option<UserId>,
    decided_at: Option<Timestamp>,
    version: i32,
}

#[derive(Insertable)]
#[diesel(table_name = match_enrollments)]
struct NamedRow {
    match_id: MatchId,
    enrollment_id: EnrollmentId,
}

/// Rows of one statement.
const TOGETHER: usize = 500;

/// Writes what a list suspects.
pub fn insert(tx: &mut Tx<'_>, all: &[Match]) -> Result<()> {
    for some in all.chunks(TOGETHER) {
        let row = |new: &Match| Row {
            id: new.id,
            list_id: new.list_id,
            line: new.line,
            kind: new.kind,
            resident_id: new.resident_id,
            division_code: new.division_code,
            event_date: new.event_date,
            name_differs: new.name_differs,
            state: new.state,
            outcome: None,
            effective_month: None,
            comment: None,
            decided_by: None,
            decided_at: None,
            version: new.version,
        };
        let rows: Vec<_> = some.iter().map(row).collect();
        insert_all!(tx, matches::table, &rows)?;
    }
    let named = |new: &Match| {
        let id = new.id;
        let named = move |enrollment_id: &EnrollmentId| NamedRow {
            match_id: id,
            enrollment_id: *enrollment_id,
        };
        new.enrollment_ids.iter().map(named).collect::<Vec<_>>()
    };
    let rows: Vec<_> = all.iter().flat_map(named).collect();
    for some in rows.chunks(TOGETHER) {
        insert_all!(tx, match_enrollments::table, some)?;
    }
    Ok(())
}

/// Which matches a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<MatchId>,
    pub state: Option<MatchState>,
    pub kind: Option<MatchListKind>,
    pub list: Option<MatchListId>,
    /// All records of a person.
    pub residents: Option<Vec<ResidentId>>,
}

/// In the order in which they were found.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<MatchId>,
    count: i64,
) -> Result<Vec<Match>> {
    let mut query = matches::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(matches::division_code, matches::county_code, scope));
    if let Some(id) = filter.id {
        query = query.filter(matches::id.eq(id));
    }
    if let Some(state) = filter.state {
        query = query.filter(matches::state.eq(state));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(matches::kind.eq(kind));
    }
    if let Some(list) = filter.list {
        query = query.filter(matches::list_id.eq(list));
    }
    if let Some(residents) = &filter.residents {
        query = query.filter(matches::resident_id.eq_any(residents.clone()));
    }
    if let Some(after) = after {
        query = query.filter(matches::id.gt(after));
    }
    let rows: Vec<Row> = query.order(matches::id).limit(count).load(db.conn())?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let named: Vec<(MatchId, EnrollmentId)> = match_enrollments::table
        .filter(match_enrollments::match_id.eq_any(&ids))
        .order(match_enrollments::enrollment_id)
        .select((
            match_enrollments::match_id,
            match_enrollments::enrollment_id,
        ))
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row, &named)).collect()
}

fn read(db: &Db, row: Row, named: &[(MatchId, EnrollmentId)]) -> Result<Match> {
    let comment = row.comment.map(|sealed| {
        let plain = db.keys().open(&place(row.id), &sealed);
        String::from_utf8(plain.map_err(Error::internal)?.to_vec()).map_err(Error::internal)
    });
    let of_row = named.iter().filter(|(id, _)| *id == row.id);
    Ok(Match {
        enrollment_ids: of_row.map(|(_, enrollment)| *enrollment).collect(),
        comment: comment.transpose()?,
        id: row.id,
        list_id: row.list_id,
        line: row.line,
        kind: row.kind,
        resident_id: row.resident_id,
        division_code: row.division_code,
        event_date: row.event_date,
        name_differs: row.name_differs,
        state: row.state,
        outcome: row.outcome,
        effective_month: row.effective_month,
        decided_by: row.decided_by,
        decided_at: row.decided_at,
        version: row.version,
    })
}

/// Who brought a list.
pub fn imported_by(db: &mut Db, list: MatchListId) -> Result<Option<UserId>> {
    Ok(match_lists::table
        .find(list)
        .select(match_lists::imported_by)
        .first(db.conn())
        .optional()?)
}

/// Writes a decision, once.
pub fn decide(tx: &mut Tx<'_>, decided: &Match) -> Result<()> {
    let comment = decided.comment.as_deref();
    let comment = comment
        .map(|text| tx.keys().seal(&place(decided.id), text.as_bytes()))
        .transpose()
        .map_err(Error::internal)?;
    let open = matches::table
        .find(decided.id)
        .filter(matches::state.eq(MatchState::Suspected))
        .filter(matches::version.eq(decided.version - 1));
    let changed = diesel::update(open)
        .set((
            matches::state.eq(decided.state),
            matches::outcome.eq(decided.outcome),
            matches::effective_month.eq(decided.effective_month),
            matches::comment.eq(comment),
            matches::decided_by.eq(decided.decided_by),
            matches::decided_at.eq(decided.decided_at),
            matches::version.eq(decided.version),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}
