//! Assistive devices of the year: a catalog, a warehouse in each county and in the city with its people, and movements
//! of every kind. Today something is expected, something is on its way, and a count waits.

use chrono::NaiveDate;

use super::residents::{at_county, counties, permit_of};
use super::year::working_day;
use crate::access::organizations::{self, OrganizationKind};
use crate::access::{acts, divisions};
use crate::db::Db;
use crate::devices::catalog::{self, read};
use crate::devices::deliveries::{
    self, DeliveryAction, DeliveryKind, NewDelivery, NewDeliveryTransition,
};
use crate::devices::reorder_levels::{self, NewReorderLevel};
use crate::devices::stock::{
    self, FundSource, LotDescription, NewMovement, NewReversal, NewStockMovementKind,
    service::Filter,
};
use crate::devices::stocktakes::{
    self, CountedLot, NewStocktake, NewStocktakeDecision, StocktakeAction,
};
use crate::devices::warehouses::{self, NewDuty, NewWarehouse, WarehouseDuty};
use crate::http::IfMatch;
use crate::kernel::crypto::sha256;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{StockDeliveryId, StockLotId, StockMovementId, StocktakeId, WarehouseId};
use crate::kernel::money::Fen;
use crate::kernel::working_days::WorkingDays;

const CATALOG: &[u8] = include_bytes!("../../../data/demo/device-catalog.csv");
const CITY: &str = "990100000000";
const KEEPER_OF_CITY: &str = "supervisor2.990100";
const BUYER_OF_CITY: &str = "supervisor.990100";
const SUPPLIER: &str = "虚川康复器具有限公司";

/// What is done on a day, in every county.
#[derive(Debug, Clone, Copy)]
pub enum Errand {
    Open,
    Buy,
    Issue,
    Return,
    Count,
    Transfer,
    /// As it stands today.
    Begin,
}

/// So many days ago.
const DAYS: [(u64, Errand); 7] = [
    (330, Errand::Open),
    (320, Errand::Buy),
    (250, Errand::Issue),
    (180, Errand::Return),
    (90, Errand::Count),
    (40, Errand::Transfer),
    (0, Errand::Begin),
];

pub fn errands(calendar: &WorkingDays, today: NaiveDate) -> Result<Vec<(NaiveDate, Errand)>> {
    let errand = |(ago, errand)| Ok((working_day(calendar, today, ago)?, errand));
    DAYS.into_iter().map(errand).collect()
}

/// A warehouse, and who buys and keeps there.
#[derive(Debug)]
struct House {
    id: WarehouseId,
    buyer: String,
    keeper: String,
}

/// A county's, and who counts there and decides what a count found.
#[derive(Debug)]
struct Counted {
    house: House,
    taker: String,
    approver: String,
}

/// All warehouses.
#[derive(Debug, Default)]
pub struct Shelves {
    counties: Vec<Counted>,
    city: Option<House>,
}

pub fn carry_out(db: &mut Db, shelves: &mut Shelves, errand: Errand) -> Result<()> {
    if matches!(errand, Errand::Open) {
        return open(db, shelves);
    }
    let city = shelves.city.as_ref();
    let city = city.ok_or_else(|| Error::internal("the city has no warehouse"))?;
    if matches!(errand, Errand::Buy) {
        buy_in(db, city, wheelchair()?, 60, &[])?;
    }
    for county in &shelves.counties {
        let house = &county.house;
        match errand {
            Errand::Open => {}
            Errand::Buy => fill(db, house)?,
            Errand::Issue => hand_out(db, house)?,
            Errand::Return => bring_back(db, house)?,
            Errand::Count => {
                let counted = count(db, county, -1, "一根手杖断裂未登记")?;
                decide(db, county, counted, StocktakeAction::Approve)?;
            }
            Errand::Transfer => {
                let sent = send(db, city, house, 6)?;
                act(db, &house.keeper, sent, &received(5, "运输途中损坏一辆"))?;
            }
            Errand::Begin => begin(db, city, county)?,
        }
    }
    Ok(())
}

fn open(db: &mut Db, shelves: &mut Shelves) -> Result<()> {
    let permit = permit_of::<acts::DeviceCatalogManage>(db, BUYER_OF_CITY)?;
    let file = read(CATALOG)?;
    db.write(|tx| catalog::service::import(tx, &permit, &sha256(CATALOG), file))?;
    let names = divisions::service::all(db)?;
    for county in counties(db)? {
        let name = names.get(&county).map_or("", |county| county.name.as_str());
        let [buyer, keeper, taker, approver] =
            ["finance", "county", "finance2", "approver"].map(|office| at_county(office, county));
        let id = open_one(db, county, &format!("{name}辅助器具仓库"), &approver)?;
        for (username, duty) in [
            (&buyer, WarehouseDuty::Buyer),
            (&keeper, WarehouseDuty::Keeper),
            (&taker, WarehouseDuty::StockTaker),
        ] {
            assign(db, id, username, duty, &approver)?;
        }
        let level = NewReorderLevel {
            edition: wheelchair()?.edition,
            code: wheelchair()?.code,
            quantity: 20,
        };
        let permit = permit_of::<acts::WarehouseManage>(db, &approver)?;
        db.write(|tx| reorder_levels::service::set(tx, &permit, id, &level))?;
        shelves.counties.push(Counted {
            house: House { id, buyer, keeper },
            taker,
            approver,
        });
    }
    let city = CITY.parse().map_err(Error::internal)?;
    let id = open_one(db, city, "虚川市辅助器具中心仓库", BUYER_OF_CITY)?;
    assign(db, id, KEEPER_OF_CITY, WarehouseDuty::Keeper, BUYER_OF_CITY)?;
    assign(db, id, BUYER_OF_CITY, WarehouseDuty::Buyer, KEEPER_OF_CITY)?;
    shelves.city = Some(House {
        id,
        buyer: BUYER_OF_CITY.to_owned(),
        keeper: KEEPER_OF_CITY.to_owned(),
    });
    Ok(())
}

fn open_one(db: &mut Db, division: DivisionCode, name: &str, by: &str) -> Result<WarehouseId> {
    let permit = permit_of::<acts::WarehouseManage>(db, by)?;
    let scope = permit.scope_in(Some(division))?;
    let all = organizations::service::page(db, &scope, None, 500)?;
    let organization = all
        .into_iter()
        .find(|one| one.kind == OrganizationKind::Federation && one.division_code == division);
    let organization = organization.ok_or_else(|| Error::internal("there is no federation"))?;
    let new = NewWarehouse {
        name: name.to_owned(),
        organization_id: organization.id,
    };
    let warehouse = db.write(|tx| warehouses::service::create(tx, &permit, &new))?;
    Ok(warehouse.id)
}

fn assign(db: &mut Db, id: WarehouseId, to: &str, duty: WarehouseDuty, by: &str) -> Result<()> {
    let permit = permit_of::<acts::WarehouseManage>(db, by)?;
    let new = NewDuty {
        user_id: permit_of::<acts::StockAct>(db, to)?.actor().user,
        duty,
        valid_from: None,
        valid_to: None,
    };
    db.write(|tx| warehouses::service::assign(tx, &permit, id, &new))?;
    Ok(())
}

fn description(code: &str, brand: &str, model: &str, yuan: i64) -> Result<LotDescription> {
    Ok(LotDescription {
        edition: "2022".parse().map_err(Error::internal)?,
        code: code.parse().map_err(Error::internal)?,
        brand: Some(brand.to_owned()),
        model: Some(model.to_owned()),
        batch_number: Some("20220301".to_owned()),
        serial_number: None,
        unit_price: Fen::new(yuan * 100),
        fund_source: FundSource::Fiscal,
        supplier: Some(SUPPLIER.to_owned()),
    })
}

fn wheelchair() -> Result<LotDescription> {
    description("122203", "行康", "W-100", 1_180)
}

fn cane() -> Result<LotDescription> {
    Ok(LotDescription {
        fund_source: FundSource::Donation,
        supplier: Some("虚川市慈善总会".to_owned()),
        ..description("120303", "行康", "T-1", 60)?
    })
}

fn powered() -> Result<LotDescription> {
    description("122306", "行康", "E-200", 6_800)
}

fn purchase(house: &House, is: LotDescription, quantity: i32) -> NewDelivery {
    NewDelivery {
        kind: DeliveryKind::Purchase,
        to_warehouse_id: house.id,
        quantity,
        lot: Some(is),
        invoice_number: Some("03100220011100000001".to_owned()),
        lot_id: None,
        note: None,
    }
}

fn announce(db: &mut Db, username: &str, new: &NewDelivery) -> Result<StockDeliveryId> {
    let permit = permit_of::<acts::StockAct>(db, username)?;
    let shown = db.write(|tx| deliveries::service::announce(tx, &permit, new))?;
    Ok(shown.delivery.id)
}

fn received(quantity: i32, reason: &str) -> NewDeliveryTransition {
    NewDeliveryTransition {
        action: DeliveryAction::Receive,
        received_quantity: Some(quantity),
        serial_numbers: Vec::new(),
        reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
    }
}

fn act(
    db: &mut Db,
    username: &str,
    delivery: StockDeliveryId,
    asked: &NewDeliveryTransition,
) -> Result<()> {
    let permit = permit_of::<acts::StockAct>(db, username)?;
    let seen = IfMatch::seen(1);
    db.write(|tx| deliveries::service::act(tx, &permit, delivery, seen, asked))?;
    Ok(())
}

/// What is bought is received whole.
fn buy_in(
    db: &mut Db,
    house: &House,
    is: LotDescription,
    quantity: i32,
    serial_numbers: &[String],
) -> Result<()> {
    let bought = announce(db, &house.buyer, &purchase(house, is, quantity))?;
    let asked = NewDeliveryTransition {
        serial_numbers: serial_numbers.to_vec(),
        ..received(quantity, "")
    };
    act(db, &house.keeper, bought, &asked)
}

fn movement(kind: NewStockMovementKind, quantity: i32) -> NewMovement {
    NewMovement {
        kind,
        quantity,
        lot_id: None,
        origin_id: None,
        warehouse_id: None,
        lot: None,
        counterpart: None,
        note: None,
    }
}

fn book(db: &mut Db, house: &House, new: &NewMovement) -> Result<StockMovementId> {
    let permit = permit_of::<acts::StockAct>(db, &house.keeper)?;
    Ok(db.write(|tx| stock::service::create(tx, &permit, new))?.id)
}

/// Bought, given, and pieces with numbers of their own.
fn fill(db: &mut Db, house: &House) -> Result<()> {
    buy_in(db, house, wheelchair()?, 20, &[])?;
    let short = house.keeper.rsplit('.').next().unwrap_or_default();
    let numbers: Vec<_> = (1..=3)
        .map(|number| format!("E200-{short}-{number:03}"))
        .collect();
    buy_in(db, house, powered()?, 3, &numbers)?;
    let given = NewMovement {
        warehouse_id: Some(house.id),
        lot: Some(cane()?),
        ..movement(NewStockMovementKind::Donation, 100)
    };
    book(db, house, &given)?;
    Ok(())
}

/// Where pieces of an item lie, the oldest lot first.
fn lot_of(db: &mut Db, house: &House, is: &LotDescription) -> Result<StockLotId> {
    let permit = permit_of::<acts::WarehouseRead>(db, &house.keeper)?;
    let filter = Filter {
        warehouse: Some(house.id),
        code: Some(is.code.clone()),
        ..Filter::default()
    };
    let all = stock::service::movements(db, permit.scope(), &filter)?;
    let first = all.last().map(|movement| movement.lot.id);
    first.ok_or_else(|| Error::internal("nothing of it lies there"))
}

fn out(
    db: &mut Db,
    house: &House,
    kind: NewStockMovementKind,
    is: &LotDescription,
    quantity: i32,
) -> Result<StockMovementId> {
    let new = NewMovement {
        lot_id: Some(lot_of(db, house, is)?),
        counterpart: Some("乡镇康复站".to_owned()),
        ..movement(kind, quantity)
    };
    book(db, house, &new)
}

/// Issued, lent, and issued by mistake.
fn hand_out(db: &mut Db, house: &House) -> Result<()> {
    out(db, house, NewStockMovementKind::Issue, &wheelchair()?, 6)?;
    out(db, house, NewStockMovementKind::Issue, &cane()?, 40)?;
    out(db, house, NewStockMovementKind::Loan, &powered()?, 1)?;
    let wrong = out(db, house, NewStockMovementKind::Issue, &cane()?, 4)?;
    let permit = permit_of::<acts::StockAct>(db, &house.keeper)?;
    let asked = NewReversal {
        reason: "重复登记".to_owned(),
    };
    db.write(|tx| stock::service::reverse(tx, &permit, wrong, &asked))?;
    Ok(())
}

/// What was lent comes back; what is broken is scrapped.
fn bring_back(db: &mut Db, house: &House) -> Result<()> {
    let lent = out(db, house, NewStockMovementKind::Loan, &wheelchair()?, 2)?;
    let back = NewMovement {
        origin_id: Some(lent),
        ..movement(NewStockMovementKind::Return, 1)
    };
    book(db, house, &back)?;
    let broken = NewMovement {
        lot_id: Some(lot_of(db, house, &wheelchair()?)?),
        note: Some("车架断裂，无法修复".to_owned()),
        ..movement(NewStockMovementKind::Scrap, 1)
    };
    book(db, house, &broken)?;
    Ok(())
}

/// Canes are counted beside the books; something differs.
fn count(db: &mut Db, at: &Counted, difference: i32, why: &str) -> Result<StocktakeId> {
    let lot = lot_of(db, &at.house, &cane()?)?;
    let there = stock::service::balances(db, &[lot])?;
    let there = there.get(&lot).map_or(0, |(quantity, _)| *quantity);
    let permit = permit_of::<acts::StockAct>(db, &at.taker)?;
    let new = NewStocktake {
        warehouse_id: at.house.id,
        lines: vec![CountedLot {
            lot_id: lot,
            counted_quantity: there + difference,
            explanation: Some(why.to_owned()),
        }],
        note: Some("季度盘点".to_owned()),
    };
    let shown = db.write(|tx| stocktakes::service::count(tx, &permit, &new))?;
    Ok(shown.stocktake.id)
}

fn decide(db: &mut Db, at: &Counted, id: StocktakeId, action: StocktakeAction) -> Result<()> {
    let permit = permit_of::<acts::StockApprove>(db, &at.approver)?;
    let asked = NewStocktakeDecision {
        action,
        comment: Some("已核对盘点记录".to_owned()),
    };
    let seen = IfMatch::seen(1);
    db.write(|tx| stocktakes::service::decide(tx, &permit, id, seen, &asked))?;
    Ok(())
}

/// Wheelchairs from one warehouse to another.
fn send(db: &mut Db, from: &House, to: &House, quantity: i32) -> Result<StockDeliveryId> {
    let new = NewDelivery {
        kind: DeliveryKind::Transfer,
        to_warehouse_id: to.id,
        quantity,
        lot: None,
        invoice_number: None,
        lot_id: Some(lot_of(db, from, &wheelchair()?)?),
        note: None,
    };
    announce(db, &from.keeper, &new)
}

/// Something is expected, something on its way; a count was returned, and the next one waits.
fn begin(db: &mut Db, city: &House, county: &Counted) -> Result<()> {
    let house = &county.house;
    announce(db, &house.buyer, &purchase(house, wheelchair()?, 10))?;
    send(db, city, house, 1)?;
    let returned = count(db, county, 3, "归还未登记")?;
    decide(db, county, returned, StocktakeAction::Return)?;
    count(db, county, 2, "归还未登记，已逐根复点")?;
    Ok(())
}
