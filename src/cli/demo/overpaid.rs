//! What befalls those who are paid: one benefit is held back and paid again, one is reviewed, and a list of deaths
//! ends one, of which something is paid back.

use chrono::NaiveDate;

use super::money::Watch;
use super::residents::{at_county, counties, permit_of};
use crate::access::acts;
use crate::casework::decisions::{Recipient, ServiceMethod};
use crate::db::Db;
use crate::http::IfMatch;
use crate::kernel::crypto::sha256;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::ResidentId;
use crate::kernel::money::Fen;
use crate::registry::residents;
use crate::sheets::write::{Encoding, csv};
use crate::subsidies::enrollments::{
    self, Enrollment, EnrollmentAction, EnrollmentReason, EnrollmentState, NewTransition,
};
use crate::subsidies::match_lists::{MatchListKind, Rules, read};
use crate::subsidies::matches::{self, MatchOutcome, MatchState, NewDecision};
use crate::subsidies::recoveries::movements::{
    self, MovementKind, MovementOutcome, NewDecision as NewMovementDecision, NewMovement,
};
use crate::subsidies::recoveries::{
    self, NewRecoveryTransition, RecoveryAction, service::Window as Recoveries,
};
use crate::subsidies::reviews::{self, NewReview, ReviewOutcome};

const PAGE: i64 = 200;

/// The living subsidies of a county that stand so, the oldest first.
fn standing(db: &mut Db, county: DivisionCode, state: EnrollmentState) -> Result<Vec<Enrollment>> {
    let permit = permit_of::<acts::EnrollmentRead>(db, &at_county("civil", county))?;
    let filter = enrollments::service::Filter {
        state: Some(state),
        program_code: Some("living_subsidy".to_owned()),
        ..enrollments::service::Filter::default()
    };
    let all = enrollments::service::page(db, &permit, permit.scope(), &filter, None, PAGE)?;
    let mut all: Vec<_> = all.into_iter().map(|shown| shown.enrollment).collect();
    all.sort_by_key(|one| (one.start_month, one.id));
    Ok(all)
}

fn change(
    db: &mut Db,
    county: DivisionCode,
    of: Option<&Enrollment>,
    new: &NewTransition,
) -> Result<()> {
    let Some(one) = of else {
        return Err(Error::internal(format!("nobody is paid in {county}")));
    };
    let permit = permit_of::<acts::EnrollmentAct>(db, &at_county("civil", county))?;
    let seen = IfMatch::seen(one.version);
    db.write(|tx| enrollments::service::act(tx, &permit, one.id, seen, new))?;
    Ok(())
}

/// Holds back what the first one is paid, from the next month on.
pub fn suspend(db: &mut Db, county: DivisionCode) -> Result<()> {
    let all = standing(db, county, EnrollmentState::Active)?;
    let new = NewTransition {
        action: EnrollmentAction::Suspend,
        effective_month: None,
        reason: EnrollmentReason::Missing,
        comment: Some("多次入户未见本人，电话无人接听".to_owned()),
    };
    change(db, county, all.first(), &new)
}

pub fn resume(db: &mut Db, county: DivisionCode) -> Result<()> {
    let all = standing(db, county, EnrollmentState::Suspended)?;
    let new = NewTransition {
        action: EnrollmentAction::Resume,
        effective_month: None,
        reason: EnrollmentReason::ReviewPassed,
        comment: Some("本人已返回，经核实符合条件".to_owned()),
    };
    change(db, county, all.first(), &new)
}

pub fn review(db: &mut Db, county: DivisionCode) -> Result<()> {
    let all = standing(db, county, EnrollmentState::Active)?;
    let permit = permit_of::<acts::EnrollmentAct>(db, &at_county("civil", county))?;
    let new = NewReview {
        outcome: ReviewOutcome::Passed,
        reason: None,
        comment: Some("入户核查，情况无变化".to_owned()),
    };
    let one = all
        .first()
        .ok_or_else(|| Error::internal(format!("nobody is paid in {county}")))?;
    let seen = IfMatch::seen(one.version);
    db.write(|tx| reviews::service::decide(tx, &permit, one.id, seen, &new))?;
    Ok(())
}

/// A list of deaths of the city names two people in each county: of one it is so and what ran is ended, the
/// other is still to be asked about.
pub fn deaths(db: &mut Db, watch: &Watch<'_>, died: NaiveDate) -> Result<()> {
    let mut named = Vec::new();
    for county in counties(db)? {
        let paid = standing(db, county, EnrollmentState::Active)?;
        named.extend(paid.iter().skip(1).take(2).map(|one| one.resident_id));
    }
    let known = residents::service::named(db, &named)?;
    let line = |id| {
        let (person, _) = known.get(id)?;
        let name = person.name.as_str().to_owned();
        Some([name, person.id_number.as_str().to_owned(), died.to_string()])
    };
    let rows = named.iter().filter_map(line);
    let file = csv(["姓名", "身份证号", "死亡日期"], rows, Encoding::Utf8)
        .map_err(|_unwritable| Error::internal("UTF-8 writes every name"))?;
    let rules = Rules {
        today: db.today(),
        fictional: true,
    };
    let list = read(MatchListKind::Deaths, &file, rules)?;
    let permit = permit_of::<acts::MatchImport>(db, "supervisor.990100")?;
    let city = DivisionCode::parse("990100000000").map_err(Error::internal)?;
    db.write(|tx| matches::service::import(tx, &permit, city, &sha256(&file), &list))?;
    for county in counties(db)? {
        watch.tick(db);
        settle(db, county, named.as_slice())?;
        watch.tick(db);
        notify(db, county)?;
    }
    Ok(())
}

/// Ends what the first of the two had.
fn settle(db: &mut Db, county: DivisionCode, named: &[ResidentId]) -> Result<()> {
    let civil = at_county("civil", county);
    let permit = permit_of::<acts::MatchRead>(db, &civil)?;
    let window = matches::service::Window {
        state: Some(MatchState::Suspected),
        kind: Some(MatchListKind::Deaths),
        list: None,
        resident: None,
        after: None,
        count: PAGE,
    };
    let found = db.write(|tx| {
        let looked = matches::service::page(tx, &permit, permit.scope(), &window)?;
        tx.keep(looked)
    })?;
    let place = |id| named.iter().position(|one| *one == id);
    let first = found.iter().min_by_key(|one| place(one.resident_id));
    let one = first.ok_or_else(|| Error::internal(format!("nobody died in {county}")))?;
    let permit = permit_of::<acts::MatchDecide>(db, &civil)?;
    let new = NewDecision {
        outcome: MatchOutcome::Stop,
        effective_month: None,
        comment: Some("已与村委会核实".to_owned()),
    };
    let seen = IfMatch::seen(one.version);
    db.write(|tx| matches::service::decide(tx, &permit, one.id, seen, &new))?;
    Ok(())
}

fn recovered(db: &mut Db, county: DivisionCode) -> Result<Vec<recoveries::Recovery>> {
    let permit = permit_of::<acts::RecoveryRead>(db, &at_county("county", county))?;
    let window = Recoveries {
        state: None,
        program_code: Some("living_subsidy".to_owned()),
        resident: None,
        enrollment: None,
        after: None,
        count: PAGE,
    };
    let all = db.write(|tx| {
        let looked = recoveries::service::page(tx, &permit, permit.scope(), &window)?;
        tx.keep(looked)
    })?;
    Ok(all.into_iter().map(|shown| shown.recovery).collect())
}

fn notify(db: &mut Db, county: DivisionCode) -> Result<()> {
    let served = NewRecoveryTransition {
        action: RecoveryAction::Notify,
        method: Some(ServiceMethod::InPerson),
        recipient: Some(Recipient::FamilyMember),
        served_date: Some(db.today()),
        comment: None,
    };
    let permit = permit_of::<acts::RecoveryAct>(db, &at_county("county", county))?;
    for one in recovered(db, county)? {
        let seen = IfMatch::seen(one.version);
        db.write(|tx| recoveries::service::act(tx, &permit, one.id, seen, &served))?;
    }
    Ok(())
}

/// The family pays back a first part: put down by one, approved by another.
pub fn refund(db: &mut Db, watch: &Watch<'_>, county: DivisionCode) -> Result<()> {
    for (one, number) in recovered(db, county)?.into_iter().zip(1..) {
        let permit = permit_of::<acts::RecoveryAct>(db, &at_county("county", county))?;
        let new = NewMovement {
            kind: MovementKind::Refund,
            amount_fen: Fen::new(10_000),
            receipt_number: Some(format!("{}-{number}", db.today().format("%Y%m%d"))),
            received_date: Some(db.today()),
            note: None,
        };
        let proposed = db.write(|tx| movements::service::propose(tx, &permit, one.id, &new))?;
        watch.tick(db);
        let permit = permit_of::<acts::RecoveryApprove>(db, &at_county("finance", county))?;
        let approval = NewMovementDecision {
            outcome: MovementOutcome::Approve,
            comment: None,
        };
        db.write(|tx| movements::service::decide(tx, &permit, one.id, proposed.id, &approval))?;
    }
    Ok(())
}
