//! SQL of homes, members and attendance.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{DisabilityHome, HomeLeaveReason, HomeMember, MemberAttendance, MembershipKind};
use crate::access::{Scope, within};
use crate::db::schema::{disability_homes, home_attendances, home_members};
use crate::db::{Db, Multi, MultiBackend, Tx, insert_all, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{DisabilityHomeId, HomeMemberId, ResidentId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;

types::text_columns!(MembershipKind, HomeLeaveReason);

#[derive(Queryable, Selectable)]
#[diesel(table_name = disability_homes)]
struct Row {
    id: DisabilityHomeId,
    name: String,
    division_code: DivisionCode,
    operator: String,
    care_places: i32,
    sheltered_places: i32,
    opened_date: NaiveDate,
    closed_date: Option<NaiveDate>,
    created_by: UserId,
    created_at: Timestamp,
    version: i32,
}

/// How many are members now, for care and for sheltered work.
fn members_of(db: &mut Db, home: DisabilityHomeId) -> Result<(i64, i64)> {
    let mut count = |kind: MembershipKind| -> Result<i64> {
        Ok(home_members::table
            .filter(home_members::home_id.eq(home))
            .filter(home_members::kind.eq(kind))
            .filter(home_members::left_date.is_null())
            .count()
            .get_result(db.conn())?)
    };
    Ok((
        count(MembershipKind::Care)?,
        count(MembershipKind::Sheltered)?,
    ))
}

fn read(db: &mut Db, row: Row) -> Result<DisabilityHome> {
    let (care_members, sheltered_members) = members_of(db, row.id)?;
    Ok(DisabilityHome {
        care_members,
        sheltered_members,
        id: row.id,
        name: row.name,
        division_code: row.division_code,
        operator: row.operator,
        care_places: row.care_places,
        sheltered_places: row.sheltered_places,
        opened_date: row.opened_date,
        closed_date: row.closed_date,
        created_by: row.created_by,
        created_at: row.created_at,
        version: row.version,
    })
}

pub fn find(db: &mut Db, scope: &Scope, id: DisabilityHomeId) -> Result<Option<DisabilityHome>> {
    let row: Option<Row> = disability_homes::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            disability_homes::division_code,
            disability_homes::county_code,
            scope
        ))
        .filter(disability_homes::id.eq(id))
        .first(db.conn())
        .optional()?;
    row.map(|row| read(db, row)).transpose()
}

/// Holds a home until the transaction ends: whoever puts down who came waits. SQLite writes one at a time.
pub fn hold(tx: &mut Tx<'_>, id: DisabilityHomeId) -> Result<()> {
    if let Multi::Postgres(connection) = tx.conn() {
        disability_homes::table
            .find(id)
            .select(disability_homes::id)
            .for_update()
            .first::<DisabilityHomeId>(connection)?;
    }
    Ok(())
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    after: Option<DisabilityHomeId>,
    count: i64,
) -> Result<Vec<DisabilityHome>> {
    let mut query = disability_homes::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            disability_homes::division_code,
            disability_homes::county_code,
            scope
        ));
    if let Some(after) = after {
        query = query.filter(disability_homes::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(disability_homes::id.desc())
        .limit(count)
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

pub fn insert(tx: &mut Tx<'_>, new: &DisabilityHome) -> Result<()> {
    diesel::insert_into(disability_homes::table)
        .values((
            disability_homes::id.eq(new.id),
            disability_homes::name.eq(&new.name),
            disability_homes::division_code.eq(new.division_code),
            disability_homes::operator.eq(&new.operator),
            disability_homes::care_places.eq(new.care_places),
            disability_homes::sheltered_places.eq(new.sheltered_places),
            disability_homes::opened_date.eq(new.opened_date),
            disability_homes::created_by.eq(new.created_by),
            disability_homes::created_at.eq(new.created_at),
            disability_homes::updated_at.eq(new.created_at),
            disability_homes::version.eq(new.version),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Writes a home as it now is, if nobody changed it since it was read.
pub fn update(tx: &mut Tx<'_>, home: &DisabilityHome, seen: i32) -> Result<()> {
    let now = tx.now();
    let same = disability_homes::table
        .find(home.id)
        .filter(disability_homes::version.eq(seen));
    let changed = diesel::update(same)
        .set((
            disability_homes::name.eq(&home.name),
            disability_homes::operator.eq(&home.operator),
            disability_homes::care_places.eq(home.care_places),
            disability_homes::sheltered_places.eq(home.sheltered_places),
            disability_homes::closed_date.eq(home.closed_date),
            disability_homes::updated_at.eq(now),
            disability_homes::version.eq(home.version),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = home_members)]
struct MemberRow {
    id: HomeMemberId,
    home_id: DisabilityHomeId,
    division_code: DivisionCode,
    resident_id: ResidentId,
    kind: MembershipKind,
    joined_date: NaiveDate,
    daily_pay_fen: Option<Fen>,
    left_date: Option<NaiveDate>,
    leave_reason: Option<HomeLeaveReason>,
    version: i32,
}

impl From<MemberRow> for HomeMember {
    fn from(row: MemberRow) -> Self {
        Self {
            id: row.id,
            home_id: row.home_id,
            division_code: Some(row.division_code),
            resident_id: row.resident_id,
            kind: row.kind,
            joined_date: row.joined_date,
            daily_pay_fen: row.daily_pay_fen,
            left_date: row.left_date,
            leave_reason: row.leave_reason,
            version: row.version,
        }
    }
}

pub fn member(db: &mut Db, home: DisabilityHomeId, id: HomeMemberId) -> Result<Option<HomeMember>> {
    let row: Option<MemberRow> = home_members::table
        .filter(home_members::id.eq(id))
        .filter(home_members::home_id.eq(home))
        .select(MemberRow::as_select())
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// Where somebody is a member now, by these records.
pub fn open_of(db: &mut Db, records: &[ResidentId]) -> Result<Vec<HomeMember>> {
    let rows: Vec<MemberRow> = home_members::table
        .filter(home_members::resident_id.eq_any(records))
        .filter(home_members::left_date.is_null())
        .order(home_members::id)
        .select(MemberRow::as_select())
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Newest first.
pub fn members(
    db: &mut Db,
    home: DisabilityHomeId,
    after: Option<HomeMemberId>,
    count: i64,
) -> Result<Vec<HomeMember>> {
    let mut query = home_members::table
        .select(MemberRow::as_select())
        .into_boxed::<MultiBackend>()
        .filter(home_members::home_id.eq(home));
    if let Some(after) = after {
        query = query.filter(home_members::id.lt(after));
    }
    let rows: Vec<MemberRow> = query
        .order(home_members::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub fn insert_member(
    tx: &mut Tx<'_>,
    home: &DisabilityHome,
    new: &HomeMember,
    by: UserId,
) -> Result<()> {
    let now = tx.now();
    diesel::insert_into(home_members::table)
        .values((
            home_members::id.eq(new.id),
            home_members::home_id.eq(home.id),
            home_members::division_code.eq(home.division_code),
            home_members::resident_id.eq(new.resident_id),
            home_members::kind.eq(new.kind),
            home_members::joined_date.eq(new.joined_date),
            home_members::daily_pay_fen.eq(new.daily_pay_fen),
            home_members::added_by.eq(by),
            home_members::added_at.eq(now),
            home_members::version.eq(new.version),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // On SQLite the trigger against replacing speaks first.
            let known = || Code::HomeMemberOpen.into();
            on_unique(error, "home_members.", "home_members_one_open", known)
        })?;
    Ok(())
}

/// Writes who left, once.
pub fn end_member(tx: &mut Tx<'_>, member: &HomeMember, by: UserId) -> Result<()> {
    let now = tx.now();
    let open = home_members::table
        .find(member.id)
        .filter(home_members::left_date.is_null());
    let changed = diesel::update(open)
        .set((
            home_members::left_date.eq(member.left_date),
            home_members::leave_reason.eq(member.leave_reason),
            home_members::ended_by.eq(by),
            home_members::ended_at.eq(now),
            home_members::version.eq(member.version),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::HomeMemberLeft.into())
    }
}

#[derive(Insertable)]
#[diesel(table_name = home_attendances)]
struct Present {
    member_id: HomeMemberId,
    home_id: DisabilityHomeId,
    date: NaiveDate,
    recorded_by: UserId,
    recorded_at: Timestamp,
}

/// Puts down who came, and tells of whom it was not known: on PostgreSQL somebody else may do so meanwhile; SQLite
/// writes one at a time.
pub fn insert_attendance(
    tx: &mut Tx<'_>,
    home: DisabilityHomeId,
    date: NaiveDate,
    members: &[HomeMemberId],
    by: UserId,
) -> Result<Vec<HomeMemberId>> {
    let now = tx.now();
    let rows: Vec<_> = members
        .iter()
        .map(|member| Present {
            member_id: *member,
            home_id: home,
            date,
            recorded_by: by,
            recorded_at: now,
        })
        .collect();
    match tx.conn() {
        _ if rows.is_empty() => Ok(Vec::new()),
        Multi::Postgres(connection) => Ok(diesel::insert_into(home_attendances::table)
            .values(&rows)
            .on_conflict_do_nothing()
            .returning(home_attendances::member_id)
            .get_results(connection)?),
        Multi::Sqlite(_) => {
            insert_all!(tx, home_attendances::table, &rows)?;
            Ok(members.to_vec())
        }
    }
}

/// The last day on which somebody came.
pub fn last_came(db: &mut Db, member: HomeMemberId) -> Result<Option<NaiveDate>> {
    Ok(home_attendances::table
        .filter(home_attendances::member_id.eq(member))
        .order(home_attendances::date.desc())
        .select(home_attendances::date)
        .first(db.conn())
        .optional()?)
}

/// Who came from a day to another.
pub fn attendance(
    db: &mut Db,
    home: DisabilityHomeId,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<MemberAttendance>> {
    let rows: Vec<(HomeMemberId, NaiveDate)> = home_attendances::table
        .filter(home_attendances::home_id.eq(home))
        .filter(home_attendances::date.between(first, last))
        .order((home_attendances::member_id, home_attendances::date))
        .select((home_attendances::member_id, home_attendances::date))
        .load(db.conn())?;
    let mut by_member: BTreeMap<HomeMemberId, Vec<NaiveDate>> = BTreeMap::new();
    for (member, date) in rows {
        by_member.entry(member).or_default().push(date);
    }
    let each = by_member.into_iter();
    Ok(each
        .map(|(member_id, dates)| MemberAttendance { member_id, dates })
        .collect())
}

/// Of some members, all who are of this home.
pub fn known(db: &mut Db, home: DisabilityHomeId, ids: &[HomeMemberId]) -> Result<Vec<HomeMember>> {
    let rows: Vec<MemberRow> = home_members::table
        .filter(home_members::home_id.eq(home))
        .filter(home_members::id.eq_any(ids))
        .select(MemberRow::as_select())
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}
