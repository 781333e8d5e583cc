//! Devices for persons of the year: in each county somebody at every point from the evaluation to the return, a check
//! that was made, and a batch that was called back.

use chrono::NaiveDate;

use super::money::Watch;
use super::residents::{at_county, counties, of_county, permit_of};
use super::targeted;
use super::year::working_day;
use crate::access::acts;
use crate::access::organizations::{self, OrganizationKind};
use crate::audit::{Event, Origin};
use crate::casework::Desk;
use crate::casework::follow_ups;
use crate::db::Db;
use crate::devices::allocations::{
    self, Allocation, AllocationAction, NewAllocation, NewAllocationTransition, NewDelivery,
    NewEvaluation, NewPurchase, ReturnCondition, SignerRelation,
};
use crate::devices::catalog::EvaluationLevel;
use crate::devices::checks::{self, DeviceCheckResult, NewDeviceCheck};
use crate::devices::recalls::{self, NewRecall};
use crate::devices::stock::{self, service::Filter};
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{
    CaseId, DeviceAllocationId, FollowUpSubjectId, OrganizationId, StockLotId,
};
use crate::kernel::money::Fen;
use crate::kernel::working_days::WorkingDays;
use crate::registry::Resident;
use crate::registry::facts::CertificateState;

const PROGRAM: &str = "device_subsidy";
const EDITION: &str = "2022";
const WHEELCHAIR: &str = "122203";
/// Of the one that is bought: it is called back.
const BATCH: &str = "20220207";

/// What is done on a day, in every county.
#[derive(Debug, Clone, Copy)]
pub enum Errand {
    Give,
    Check,
    Recall,
}

/// So many days ago.
const DAYS: [(u64, Errand); 3] = [
    (140, Errand::Give),
    (105, Errand::Check),
    (5, Errand::Recall),
];

pub fn errands(calendar: &WorkingDays, today: NaiveDate) -> Result<Vec<(NaiveDate, Errand)>> {
    let errand = |(ago, errand)| Ok((working_day(calendar, today, ago)?, errand));
    DAYS.into_iter().map(errand).collect()
}

/// One in each county that was delivered from stock.
#[derive(Debug, Default)]
pub struct Given(Vec<(DivisionCode, DeviceAllocationId)>);

/// How far each of these goes: how many steps of the way, and what ends it.
const PEOPLE: [(usize, Option<AllocationAction>); 9] = [
    (5, None),
    (5, None),
    (5, Some(AllocationAction::Return)),
    (4, None),
    (3, None),
    (2, None),
    (1, None),
    (0, None),
    (1, Some(AllocationAction::Cancel)),
];
/// Whose is bought.
const BOUGHT: usize = 1;
/// The oldest are helped otherwise.
const OTHERWISE: usize = 20;

pub fn carry_out(
    db: &mut Db,
    desk: &Desk,
    watch: &Watch<'_>,
    given: &mut Given,
    errand: Errand,
) -> Result<()> {
    if matches!(errand, Errand::Give) {
        for county in counties(db)? {
            watch.tick(db);
            given.0.push((county, give(db, desk, watch, county)?));
        }
        return Ok(());
    }
    for (county, delivered) in &given.0 {
        watch.tick(db);
        match errand {
            Errand::Give => {}
            Errand::Check => check(db, *county, *delivered)?,
            Errand::Recall => call_back(db, *county)?,
        }
    }
    Ok(())
}

fn give(
    db: &mut Db,
    desk: &Desk,
    watch: &Watch<'_>,
    county: DivisionCode,
) -> Result<DeviceAllocationId> {
    let today = watch.now.office_date();
    let mut people = db.write(|tx| {
        let origin = Origin::system(tx.new_id());
        let people = of_county(tx, county)?;
        tx.record(
            Event::new(&origin, "demo.devices_begun").within(county),
            people,
        )
    })?;
    people.retain(|(_, believed)| {
        let held = believed.certificate.as_ref();
        held.is_some_and(|held| held.state_on(today) == CertificateState::Valid)
    });
    let mut people: Vec<_> = people.into_iter().map(|(resident, _)| resident).collect();
    people.sort_by_key(|one| (one.birth_date, one.id));
    let federation = organization(db, county, OrganizationKind::Federation)?;
    let supplier = organization(db, county, OrganizationKind::Institution)?;
    let lot = lot(db, county)?;
    let mut first = None;
    let chosen = people.iter().skip(OTHERWISE).zip(PEOPLE).enumerate();
    for (number, (resident, (steps, end))) in chosen {
        let case = db.write(|tx| {
            let case = targeted::approve(tx, desk, county, PROGRAM, resident)?;
            let origin = Origin::system(tx.new_id());
            tx.record(
                Event::new(&origin, "demo.device_approved").within(county),
                case,
            )
        })?;
        let supply = match number {
            BOUGHT => purchase(supplier),
            _ => NewAllocationTransition {
                lot_id: Some(lot),
                ..asked(AllocationAction::Issue)
            },
        };
        let mut one = evaluate(db, resident, case, federation)?;
        let way = [
            saying(AllocationAction::Plan, "配手动轮椅车一辆，指导家属推行"),
            supply,
            saying(AllocationAction::Fit, "座宽、脚托已按身材调整"),
            saying(AllocationAction::Train, "本人已会自行推行与刹车"),
            delivery(resident, db.today()),
        ];
        for step in way.iter().take(steps) {
            one = act(db, county, &one, step)?;
        }
        match end {
            Some(AllocationAction::Return) => {
                let back = NewAllocationTransition {
                    condition: Some(ReturnCondition::Good),
                    ..saying(AllocationAction::Return, "家属代为归还")
                };
                one = act(db, county, &one, &back)?;
            }
            Some(action) => one = act(db, county, &one, &saying(action, "本人已自行购置"))?,
            None => {}
        }
        first.get_or_insert(one.id);
    }
    first.ok_or_else(|| Error::internal("a county has people"))
}

pub(super) fn organization(
    db: &mut Db,
    county: DivisionCode,
    kind: OrganizationKind,
) -> Result<OrganizationId> {
    let permit = permit_of::<acts::OrganizationRead>(db, &at_county("county", county))?;
    let scope = permit.scope_in(Some(county))?;
    let all = organizations::service::page(db, &scope, None, 500)?;
    let one = all.into_iter().find(|one| one.kind == kind);
    one.map(|one| one.id)
        .ok_or_else(|| Error::internal("there is no such organization"))
}

/// Where the county's wheelchairs lie, the oldest lot.
fn lot(db: &mut Db, county: DivisionCode) -> Result<StockLotId> {
    let permit = permit_of::<acts::WarehouseRead>(db, &at_county("county", county))?;
    let filter = Filter {
        code: Some(WHEELCHAIR.parse().map_err(Error::internal)?),
        ..Filter::default()
    };
    let all = stock::service::movements(db, permit.scope(), &filter)?;
    let first = all.last().map(|movement| movement.lot.id);
    first.ok_or_else(|| Error::internal("no wheelchair lies there"))
}

fn evaluate(
    db: &mut Db,
    resident: &Resident,
    case_id: CaseId,
    organization_id: OrganizationId,
) -> Result<Allocation> {
    let township: String = resident.division_code.as_str().chars().take(9).collect();
    let username = format!("township.{township}");
    let permit = permit_of::<acts::DeviceAllocationEvaluate>(db, &username)?;
    let new = NewAllocation {
        case_id,
        edition: EDITION.parse().map_err(Error::internal)?,
        code: WHEELCHAIR.parse().map_err(Error::internal)?,
        evaluation: NewEvaluation {
            level: EvaluationLevel::County,
            organization_id,
            evaluator: "陈评估师".to_owned(),
            date: db.today(),
            finding: "步行困难，上肢有力，适合手动轮椅车".to_owned(),
        },
        exception: None,
    };
    let shown = db.write(|tx| allocations::service::evaluate(tx, &permit, new))?;
    Ok(shown.allocation)
}

fn asked(action: AllocationAction) -> NewAllocationTransition {
    NewAllocationTransition {
        action,
        lot_id: None,
        purchase: None,
        delivery: None,
        condition: None,
        comment: None,
    }
}

fn saying(action: AllocationAction, comment: &str) -> NewAllocationTransition {
    NewAllocationTransition {
        comment: Some(comment.to_owned()),
        ..asked(action)
    }
}

fn purchase(supplier_id: OrganizationId) -> NewAllocationTransition {
    let bought = NewPurchase {
        supplier_id,
        invoice_number: "03100220011100000088".to_owned(),
        price: Fen::new(138_000),
        brand: Some("行康".to_owned()),
        model: Some("W-200".to_owned()),
        batch_number: Some(BATCH.to_owned()),
        serial_number: None,
    };
    NewAllocationTransition {
        purchase: Some(bought),
        ..asked(AllocationAction::Purchase)
    }
}

fn delivery(to: &Resident, date: NaiveDate) -> NewAllocationTransition {
    let signed = NewDelivery {
        signed_by: to.name.as_str().to_owned(),
        relation: SignerRelation::Oneself,
        date,
    };
    NewAllocationTransition {
        delivery: Some(signed),
        ..asked(AllocationAction::Deliver)
    }
}

fn act(
    db: &mut Db,
    county: DivisionCode,
    one: &Allocation,
    step: &NewAllocationTransition,
) -> Result<Allocation> {
    let permit = permit_of::<acts::DeviceAllocationAct>(db, &at_county("county", county))?;
    let seen = IfMatch::seen(one.last_transition);
    let shown =
        db.write(|tx| allocations::service::act(tx, &permit, one.id, seen, step.clone()))?;
    Ok(shown.allocation)
}

/// After a month somebody looked.
fn check(db: &mut Db, county: DivisionCode, of: DeviceAllocationId) -> Result<()> {
    let permit = permit_of::<acts::DeviceCheckRecord>(db, &at_county("county", county))?;
    let subject = FollowUpSubjectId::new(of.uuid());
    let planned = follow_ups::service::of(db, subject)?;
    let Some(first) = planned.first().map(|one| one.id) else {
        return Ok(());
    };
    let found = NewDeviceCheck {
        result: DeviceCheckResult::InUse,
        note: Some("每日使用，刹车良好".to_owned()),
    };
    db.write(|tx| checks::service::record(tx, &permit, first, found))?;
    Ok(())
}

fn call_back(db: &mut Db, county: DivisionCode) -> Result<()> {
    let permit = permit_of::<acts::DeviceRecallMake>(db, &at_county("approver", county))?;
    let new = NewRecall {
        edition: EDITION.parse().map_err(Error::internal)?,
        code: WHEELCHAIR.parse().map_err(Error::internal)?,
        batch_number: BATCH.to_owned(),
        reason: "前轮轴承有断裂风险，厂家召回该批次".to_owned(),
    };
    db.write(|tx| recalls::service::recall(tx, &permit, new))?;
    Ok(())
}
