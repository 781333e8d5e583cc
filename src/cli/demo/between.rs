//! What goes between offices, as it stands today: in each county a referral in each state to an institution, and
//! somebody who moves to the next county, somebody who has, and somebody who does not.

use super::residents::{at_county, counties, permit_of};
use crate::access::{acts, divisions};
use crate::audit::{Event, Origin};
use crate::casework::cases::service::{self as cases, Filter, Order};
use crate::casework::referrals::{self, NewReferral, NewReferralTransition, ReferralAction};
use crate::casework::transfers::{self, NewTransfer, NewTransferTransition, TransferAction};
use crate::casework::{Case, Desk, State};
use crate::db::{Db, Tx};
use crate::http::IfMatch;
use crate::kernel::division::{DivisionCode, DivisionLevel};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{OrganizationId, ResidentId};
use crate::programs::Service;

/// What became of five referrals.
const REFERRALS: [(&str, &[(ReferralAction, &str)]); 5] = [
    ("请评估并安排步态训练", &[]),
    ("请安排言语康复训练", &[(ReferralAction::Accept, "")]),
    (
        "请接收日间照料",
        &[(ReferralAction::Decline, "目前名额已满，建议下月再联系")],
    ),
    (
        "请适配轮椅并指导使用",
        &[
            (ReferralAction::Accept, ""),
            (ReferralAction::Complete, "已适配轮椅，家属已学会使用"),
        ],
    ),
    (
        "请评估辅助性就业能力",
        &[
            (ReferralAction::Accept, ""),
            (ReferralAction::Cancel, "本人暂无就业意愿"),
        ],
    ),
];

/// What became of three transfers.
const TRANSFERS: [(&str, Option<(TransferAction, &str)>); 3] = [
    ("随子女迁居", None),
    ("婚迁", Some((TransferAction::Accept, ""))),
    (
        "投靠亲属",
        Some((TransferAction::Decline, "经核实仍居住在原地")),
    ),
];

pub fn offices(db: &mut Db, desk: &Desk, origin: &Origin) -> Result<()> {
    let all = counties(db)?;
    for (county, next) in all.iter().zip(all.iter().cycle().skip(1)) {
        db.write(|tx| {
            let institution = institution_of(tx, *county)?;
            let living_here = settled(tx, *county)?;
            for (case, (purpose, answers)) in living_here.iter().zip(REFERRALS) {
                refer(tx, *county, case, institution, purpose, answers)?;
            }
            let village = a_village(tx, *next)?;
            let moving = living_here.iter().skip(REFERRALS.len());
            for (case, (reason, answer)) in moving.zip(TRANSFERS) {
                transfer(
                    tx,
                    desk,
                    [*county, *next],
                    case.resident_id,
                    village,
                    reason,
                    answer,
                )?;
            }
            tx.record(
                Event::new(origin, "demo.offices_joined").within(*county),
                (),
            )
        })?;
    }
    Ok(())
}

/// The institution where `institution.990121` works.
fn institution_of(db: &mut Db, county: DivisionCode) -> Result<OrganizationId> {
    let worker = permit_of::<acts::ReferralAct>(db, &at_county("institution", county))?;
    let held = worker.actor().grants.first();
    let held = held.ok_or_else(|| Error::internal("who works somewhere holds a role there"))?;
    Ok(held.organization)
}

/// Approved cases of people who have nothing else open.
fn settled(db: &mut Db, county: DivisionCode) -> Result<Vec<Case>> {
    let permit = permit_of::<acts::CaseRead>(db, &at_county("county", county))?;
    let filter = Filter {
        order: Order::Oldest,
        ..Filter::default()
    };
    let all = cases::page(db, &permit, None, &filter, None, 1_000)?;
    let all: Vec<_> = all.into_iter().map(|shown| shown.case).collect();
    let alone = |case: &&Case| {
        let of_same = all.iter().filter(|one| one.resident_id == case.resident_id);
        let paid = case.service == Service::Subsidy;
        paid && case.position.state == State::Approved && of_same.count() == 1
    };
    Ok(all.iter().filter(alone).cloned().collect())
}

fn a_village(db: &mut Db, county: DivisionCode) -> Result<DivisionCode> {
    divisions::service::all(db)?
        .into_values()
        .filter(|one| one.level == DivisionLevel::Village && county.contains(one.code))
        .map(|one| one.code)
        .min()
        .ok_or_else(|| Error::internal("a county has villages"))
}

fn said(comment: &str) -> Option<String> {
    (!comment.is_empty()).then(|| comment.to_owned())
}

fn refer(
    tx: &mut Tx<'_>,
    county: DivisionCode,
    case: &Case,
    to: OrganizationId,
    purpose: &str,
    answers: &[(ReferralAction, &str)],
) -> Result<()> {
    let permit = permit_of::<acts::CaseAct>(tx, &at_county("county", county))?;
    let new = NewReferral {
        to_organization_id: to,
        purpose: purpose.to_owned(),
        due_date: None,
    };
    let mut referral = referrals::service::offer(tx, &permit, case.id, &new)?;
    let worker = permit_of::<acts::ReferralAct>(tx, &at_county("institution", county))?;
    for (action, comment) in answers {
        let answer = NewReferralTransition {
            action: *action,
            comment: said(comment),
        };
        let offered = &referral.value().referral;
        let seen = IfMatch::seen(offered.last_transition);
        referral = referrals::service::act(tx, &worker, offered.id, seen, &answer)?;
    }
    Ok(())
}

fn transfer(
    tx: &mut Tx<'_>,
    desk: &Desk,
    [here, there]: [DivisionCode; 2],
    resident: ResidentId,
    to: DivisionCode,
    reason: &str,
    answer: Option<(TransferAction, &str)>,
) -> Result<()> {
    let permit = permit_of::<acts::TransferAct>(tx, &at_county("county", here))?;
    let new = NewTransfer {
        to_division_code: to,
        reason: reason.to_owned(),
        moved_date: tx.today(),
    };
    let offered = transfers::service::offer(tx, &permit, desk, resident, &new)?;
    if let Some((action, comment)) = answer {
        let permit = permit_of::<acts::TransferAct>(tx, &at_county("county", there))?;
        let answer = NewTransferTransition {
            action,
            comment: said(comment),
        };
        let seen = IfMatch::seen(offered.value().transfer.last_transition);
        let id = offered.value().transfer.id;
        drop(transfers::service::act(
            tx, &permit, desk, id, seen, &answer,
        )?);
    }
    Ok(())
}
