//! Use cases of homes, members and attendance.

use std::collections::BTreeSet;

use super::model::{
    AttendanceDay, DisabilityHome, HomeLeaveReason, HomeMember, HomePatch, MemberAttendance,
    MembershipKind, NewAttendance, NewHome, NewHomeMember, NewMemberEnding,
};
use super::store;
use crate::access::{Permit, Scope, acts, divisions};
use crate::audit::{Event, Origin};
use crate::casework::{Relocation, transfers};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::employment::persons::records;
use crate::employment::words;
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{DisabilityHomeId, HomeMemberId, UserId};
use crate::kernel::month::Month;
use crate::registry::residents;

pub use super::store::page;

/// A home in sight, or 404.
pub fn found(db: &mut Db, scope: &Scope, id: DisabilityHomeId) -> Result<DisabilityHome> {
    store::find(db, scope, id)?.ok_or_else(|| Code::HomeNotFound.into())
}

pub(super) fn event(origin: &Origin, action: &'static str, of: &DisabilityHome) -> Event {
    Event::new(origin, action)
        .on(&of.id)
        .within(of.division_code)
}

pub fn open(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::HomeManage>,
    new: &NewHome,
) -> Result<Recorded<DisabilityHome>> {
    let home = new.check(tx.new_id(), permit.actor().user, tx.now())?;
    if !permit.scope().sees(home.division_code) {
        return Err(Code::DivisionNotFound.into());
    }
    divisions::service::current(tx, home.division_code, "/division_code")?;
    store::insert(tx, &home)?;
    let event = event(permit.origin(), "disability_home.opened", &home)
        .change("name", &home.name)
        .change("care_places", home.care_places)
        .change("sheltered_places", home.sheltered_places);
    tx.record(event, home)
}

pub fn change(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::HomeManage>,
    id: DisabilityHomeId,
    seen: IfMatch,
    change: &HomePatch,
) -> Result<Recorded<DisabilityHome>> {
    let old = found(tx, permit.scope(), id)?;
    seen.check(old.version)?;
    let new = old.changed(change, tx.today())?;
    store::update(tx, &new, old.version)?;
    let event = event(permit.origin(), "disability_home.updated", &new)
        .change("care_places", new.care_places)
        .change("sheltered_places", new.sheltered_places)
        .change("closed_date", new.closed_date);
    tx.record(event, new)
}

/// Who is or was a member of a home.
pub fn members(
    db: &mut Db,
    permit: &Permit<acts::HomeRead>,
    id: DisabilityHomeId,
    after: Option<HomeMemberId>,
    count: i64,
) -> Result<Looked<Vec<HomeMember>>> {
    let home = found(db, permit.scope(), id)?;
    let all = store::members(db, id, after, count)?;
    let people: Vec<_> = all.iter().map(|one| one.resident_id).collect();
    let event = event(permit.origin(), "disability_home.members_viewed", &home)
        .change("resident_ids", people);
    db.looked(event, all)
}

/// Takes somebody in, where there is a place for it.
pub fn join(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::HomeWrite>,
    id: DisabilityHomeId,
    new: &NewHomeMember,
) -> Result<Recorded<HomeMember>> {
    let home = found(tx, permit.scope(), id)?;
    let resident = residents::service::standing(tx, permit.scope(), new.resident_id)?;
    let sheltered = new.kind == MembershipKind::Sheltered;
    if sheltered != new.daily_pay_fen.is_some() {
        return Err(Error::field(
            "/daily_pay_fen",
            "daily_pay.kind",
            "of sheltered work, and only of that",
            "仅辅助性就业须填写",
        ));
    }
    if let Some(pay) = new.daily_pay_fen {
        words::amount("/daily_pay_fen", pay).map_err(|error| Error::fields(vec![error]))?;
    }
    let today = tx.today();
    let joined_date = new.joined_date.unwrap_or(today);
    if joined_date > today || joined_date < home.opened_date {
        return Err(Error::field(
            "/joined_date",
            "joined_date.range",
            "from the day the home was opened to today",
            "须在开业日至今日之间",
        ));
    }
    transfers::hold(transfers::service::offered(tx, resident.id)?)?;
    let member = HomeMember {
        id: tx.new_id(),
        home_id: id,
        division_code: Some(home.division_code),
        resident_id: resident.id,
        kind: new.kind,
        joined_date,
        daily_pay_fen: new.daily_pay_fen,
        left_date: None,
        leave_reason: None,
        version: 1,
    };
    store::insert_member(tx, &home, &member, permit.actor().user)?;
    let event = Event::new(permit.origin(), "home_member.joined")
        .on(&member.id)
        .about(member.resident_id)
        .within(home.division_code)
        .change("home_id", home.id)
        .change("kind", member.kind);
    tx.record(event, member)
}

pub fn leave(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::HomeWrite>,
    id: DisabilityHomeId,
    member: HomeMemberId,
    seen: IfMatch,
    new: &NewMemberEnding,
) -> Result<Recorded<HomeMember>> {
    let home = found(tx, permit.scope(), id)?;
    let old = store::member(tx, id, member)?.ok_or(Code::HomeMemberNotFound)?;
    seen.check(old.version)?;
    let last_came = store::last_came(tx, member)?;
    let left = old.left(new, last_came, tx.today())?;
    end(
        tx,
        permit.origin(),
        permit.actor().user,
        home.division_code,
        left,
    )
}

fn end(
    tx: &mut Tx<'_>,
    origin: &Origin,
    by: UserId,
    place: DivisionCode,
    left: HomeMember,
) -> Result<Recorded<HomeMember>> {
    store::end_member(tx, &left, by)?;
    let event = Event::new(origin, "home_member.left")
        .on(&left.id)
        .about(left.resident_id)
        .within(place)
        .change("home_id", left.home_id)
        .change("reason", left.leave_reason);
    tx.record(event, left)
}

/// Whoever moves to another county leaves the homes of the one they left.
pub fn move_on(tx: &mut Tx<'_>, to: &Relocation<'_>) -> Result<Vec<Recorded<()>>> {
    let by = to
        .origin
        .user
        .ok_or_else(|| Error::internal("a transfer is accepted by a person"))?;
    let mut ended = Vec::new();
    let records = records(tx, to.resident)?;
    for member in store::open_of(tx, &records)? {
        let Some(place) = member.division_code else {
            continue;
        };
        if place.county() != to.from.county() {
            continue;
        }
        let today = tx.today();
        let ending = NewMemberEnding {
            left_date: today,
            reason: HomeLeaveReason::Moved,
        };
        let left = member.left(&ending, None, today)?;
        ended.push(end(tx, to.origin, by, place, left)?.map(drop));
    }
    Ok(ended)
}

/// Puts down who came on a day; who was put down already is passed over.
pub fn attend(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::HomeWrite>,
    id: DisabilityHomeId,
    new: &NewAttendance,
) -> Result<Recorded<AttendanceDay>> {
    let home = found(tx, permit.scope(), id)?;
    if new.date > tx.today() {
        return Err(Error::field(
            "/date",
            "date.future",
            "not a day to come",
            "不得为今后的日期",
        ));
    }
    if !(1..=2_000).contains(&new.member_ids.len()) {
        return Err(Error::field(
            "/member_ids",
            "members.count",
            "1 to 2000",
            "须为 1 至 2000 人",
        ));
    }
    let before = store::attendance(tx, id, new.date, new.date)?;
    let before: BTreeSet<_> = before.iter().map(|one| one.member_id).collect();
    let named: BTreeSet<_> = new.member_ids.iter().copied().collect();
    let added: Vec<_> = named.difference(&before).copied().collect();
    let was_member = |one: &HomeMember| {
        one.joined_date <= new.date && one.left_date.is_none_or(|last| last >= new.date)
    };
    let members = store::known(tx, id, &added)?;
    if members.len() != added.len() || !members.iter().all(was_member) {
        return Err(Code::HomeNotMember.into());
    }
    let added = store::insert_attendance(tx, id, new.date, &added, permit.actor().user)?;
    let present = store::attendance(tx, id, new.date, new.date)?;
    let event = event(permit.origin(), "disability_home.attended", &home)
        .change("date", new.date)
        .change("member_ids", &added);
    let day = AttendanceDay {
        date: new.date,
        added: added.len(),
        present: present.len(),
    };
    tx.record(event, day)
}

/// Who came in a month, day by day.
pub fn attendance(
    db: &mut Db,
    permit: &Permit<acts::HomeRead>,
    id: DisabilityHomeId,
    month: Month,
) -> Result<Looked<Vec<MemberAttendance>>> {
    let home = found(db, permit.scope(), id)?;
    let all = store::attendance(db, id, month.first_day(), month.last_day())?;
    let event =
        event(permit.origin(), "disability_home.attendance_viewed", &home).change("month", month);
    db.looked(event, all)
}
