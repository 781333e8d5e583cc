//! Who comes to a home, on which days, and what they earned.

use chrono::NaiveDate;

use super::{before, next};
use crate::access::acts;
use crate::cli::demo::residents::{at_county, permit_of};
use crate::db::Tx;
use crate::employment::homes::{
    self, HomeLeaveReason, MembershipKind, NewAttendance, NewHome, NewHomeMember, NewMemberEnding,
    pay,
};
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{DisabilityHomeId, HomePaySheetId, ResidentId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;

/// A home with members, two months of attendance, one of them confirmed after a sheet was discarded; and one that is closed.
pub fn settle(
    tx: &mut Tx<'_>,
    county: DivisionCode,
    people: &mut impl Iterator<Item = ResidentId>,
) -> Result<()> {
    let manages = permit_of::<acts::HomeManage>(tx, &at_county("county", county))?;
    let today = tx.today();
    let opened = before(today, 180)?;
    let new = |name: &str| NewHome {
        name: name.to_owned(),
        division_code: county,
        operator: "街道办事处".to_owned(),
        care_places: 10,
        sheltered_places: 20,
        opened_date: Some(opened),
    };
    let home = homes::service::open(tx, &manages, &new("残疾人之家"))?
        .value()
        .id;
    let closed = homes::service::open(tx, &manages, &new("原残疾人之家"))?
        .value()
        .id;
    let closing = homes::HomePatch {
        closed_date: Some(today),
        ..homes::HomePatch::default()
    };
    drop(homes::service::change(
        tx,
        &manages,
        closed,
        IfMatch::seen(1),
        &closing,
    )?);
    attend(tx, county, people, home, opened)
}

fn attend(
    tx: &mut Tx<'_>,
    county: DivisionCode,
    people: &mut impl Iterator<Item = ResidentId>,
    home: DisabilityHomeId,
    opened: NaiveDate,
) -> Result<()> {
    let permit = permit_of::<acts::HomeWrite>(tx, &at_county("county", county))?;
    let mut members = Vec::new();
    for kind in [
        MembershipKind::Sheltered,
        MembershipKind::Sheltered,
        MembershipKind::Care,
    ] {
        let sheltered = kind == MembershipKind::Sheltered;
        let new = NewHomeMember {
            resident_id: next(people)?,
            kind,
            joined_date: Some(opened),
            daily_pay_fen: sheltered.then_some(Fen::new(3_500)),
        };
        members.push(homes::service::join(tx, &permit, home, &new)?.value().id);
    }
    let last = Month::of(tx.today()).previous();
    for month in [last.previous(), last] {
        for date in month.first_day().iter_days().take(10) {
            let came = NewAttendance {
                date,
                member_ids: members.clone(),
            };
            drop(homes::service::attend(tx, &permit, home, &came)?);
        }
        let sheet = |tx: &mut Tx<'_>| -> Result<_> {
            let made = pay::service::make(tx, &permit, home, &pay::NewPaySheet { month })?;
            Ok(made.value().id)
        };
        let id = sheet(tx)?;
        if month < last {
            decide(tx, county, home, id, pay::PaySheetOutcome::Discard)?;
            let id = sheet(tx)?;
            decide(tx, county, home, id, pay::PaySheetOutcome::Confirm)?;
        }
    }
    let leaving = NewMemberEnding {
        left_date: tx.today(),
        reason: HomeLeaveReason::OwnWish,
    };
    let one = members
        .pop()
        .ok_or_else(|| Error::internal("a home has members"))?;
    drop(homes::service::leave(
        tx,
        &permit,
        home,
        one,
        IfMatch::seen(1),
        &leaving,
    )?);
    Ok(())
}

fn decide(
    tx: &mut Tx<'_>,
    county: DivisionCode,
    home: DisabilityHomeId,
    sheet: HomePaySheetId,
    outcome: pay::PaySheetOutcome,
) -> Result<()> {
    let approver = permit_of::<acts::HomeConfirm>(tx, &at_county("approver", county))?;
    let discarded = outcome == pay::PaySheetOutcome::Discard;
    let decision = pay::PaySheetDecision {
        outcome,
        comment: discarded.then(|| "漏记最后一日出勤".to_owned()),
    };
    let seen = IfMatch::seen(1);
    pay::service::decide(tx, &approver, home, sheet, seen, &decision).map(drop)
}
