//! Use cases of deliveries.

use std::collections::HashMap;

use super::model::{
    Asked, Delivery, DeliveryAction, DeliveryKind, DeliveryState, NewDelivery,
    NewDeliveryTransition,
};
use super::store;
use crate::access::{Actor, Permit, Scope, acts};
use crate::audit::{Event, Origin};
use crate::db::{Db, Recorded, Tx};
use crate::devices::catalog::service as catalog;
use crate::devices::stock::service::{self as stock, Filter as MovementFilter};
use crate::devices::stock::{Entry, LotDescription, StockMovementKind};
use crate::devices::warehouses::service as warehouses;
use crate::devices::warehouses::{Warehouse, WarehouseDuty};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{StockDeliveryId, StockLotId, UserId};

pub use super::store::Filter;

/// A delivery with what the caller may do to it.
#[derive(Debug)]
pub struct Shown {
    pub delivery: Delivery,
    pub name_zh: String,
    pub unit: String,
    pub allowed: Vec<DeliveryAction>,
}

fn found(db: &mut Db, scope: &Scope, id: StockDeliveryId) -> Result<Delivery> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, scope, &filter, None, 1)?.pop();
    one.ok_or_else(|| Code::StockDeliveryNotFound.into())
}

fn shown(db: &mut Db, actor: &Actor, all: Vec<Delivery>) -> Result<Vec<Shown>> {
    let keys: Vec<_> = all.iter().map(|one| one.is.key()).collect();
    let called = catalog::called(db, &keys)?;
    let mut duties = HashMap::new();
    let mut items = Vec::new();
    for delivery in all {
        let mut duty = |warehouse| -> Result<Option<WarehouseDuty>> {
            if let Some(known) = duties.get(&warehouse) {
                return Ok(*known);
            }
            let duty = warehouses::duty_of(db, warehouse, actor.user)?;
            duties.insert(warehouse, duty);
            Ok(duty)
        };
        let receives = duty(delivery.to.0)? == Some(WarehouseDuty::Keeper);
        let announces = duty(delivery.announcing().0)? == Some(announcer(delivery.kind));
        let mut allowed = Vec::new();
        if delivery.state == DeliveryState::Expected {
            if receives && delivery.announced_by != actor.user {
                allowed.push(DeliveryAction::Receive);
            }
            if announces {
                allowed.push(DeliveryAction::Cancel);
            }
        }
        let (name_zh, unit) = called.get(&delivery.is.key()).cloned().unwrap_or_default();
        items.push(Shown {
            delivery,
            name_zh,
            unit,
            allowed,
        });
    }
    Ok(items)
}

fn one_shown(db: &mut Db, actor: &Actor, delivery: Delivery) -> Result<Shown> {
    let one = shown(db, actor, vec![delivery])?.pop();
    one.ok_or_else(|| Error::internal("one delivery is shown as one"))
}

/// Whose duty it is to announce one, and to call it off.
const fn announcer(kind: DeliveryKind) -> WarehouseDuty {
    match kind {
        DeliveryKind::Purchase => WarehouseDuty::Buyer,
        DeliveryKind::Transfer => WarehouseDuty::Keeper,
    }
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::WarehouseRead>,
    scope: &Scope,
    filter: &Filter,
    after: Option<StockDeliveryId>,
    count: i64,
) -> Result<Vec<Shown>> {
    let all = store::page(db, scope, filter, after, count)?;
    shown(db, permit.actor(), all)
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::WarehouseRead>,
    id: StockDeliveryId,
) -> Result<Shown> {
    let delivery = found(db, permit.scope(), id)?;
    one_shown(db, permit.actor(), delivery)
}

/// Both ends keep a record of what goes from one to the other.
fn recorded<T>(
    tx: &mut Tx<'_>,
    origin: &Origin,
    action: &'static str,
    delivery: &Delivery,
    value: T,
) -> Result<Recorded<T>> {
    let event = |division| {
        Event::new(origin, action)
            .on(&delivery.id)
            .within(division)
            .change("kind", delivery.kind)
            .change("state", delivery.state)
            .change("edition", &delivery.is.edition)
            .change("code", &delivery.is.code)
            .change("quantity", delivery.quantity)
            .change("received_quantity", delivery.received_quantity)
            .change("to_warehouse_id", delivery.to.0)
    };
    let here = tx.record(event(delivery.to.1), value)?;
    match delivery.from {
        Some((_, division)) if division != delivery.to.1 => {
            let there = tx.record(event(division), ())?;
            Ok(here.and(there).map(|(value, ())| value))
        }
        _ => Ok(here),
    }
}

/// Announces what was bought, or sends what lies in one warehouse to another: from then on it is in neither's stock.
pub fn announce(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::StockAct>,
    new: &NewDelivery,
) -> Result<Recorded<Shown>> {
    match new.check()? {
        Asked::Purchase { is, invoice_number } => buy(tx, permit, new, is, invoice_number),
        Asked::Transfer(lot) => send(tx, permit, new, lot),
    }
}

fn expected(
    tx: &Tx<'_>,
    actor: UserId,
    new: &NewDelivery,
    to: &Warehouse,
    is: LotDescription,
) -> Delivery {
    Delivery {
        id: tx.new_id(),
        kind: new.kind,
        from: None,
        to: (to.id, to.division_code),
        is,
        invoice_number: None,
        quantity: new.quantity,
        note: new.note(),
        announced_by: actor,
        announced_date: tx.today(),
        announced_at: tx.now(),
        state: DeliveryState::Expected,
        received_quantity: None,
        reason: None,
        closed_by: None,
        closed_at: None,
    }
}

fn buy(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::StockAct>,
    new: &NewDelivery,
    is: LotDescription,
    invoice_number: String,
) -> Result<Recorded<Shown>> {
    let user = permit.actor().user;
    let to = warehouses::found(tx, permit.scope(), new.to_warehouse_id)?;
    let duty = warehouses::duty(tx, to.id, user, WarehouseDuty::Buyer)?;
    let today = tx.today();
    catalog::item(tx, &is.key(), today)?;
    let delivery = Delivery {
        invoice_number: Some(invoice_number),
        ..expected(tx, user, new, &to, is)
    };
    store::insert(tx, &delivery, (duty, WarehouseDuty::Buyer))?;
    let shown = one_shown(tx, permit.actor(), delivery.clone())?;
    let action = "stock_delivery.announced";
    recorded(tx, permit.origin(), action, &delivery, shown)
}

fn send(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::StockAct>,
    new: &NewDelivery,
    lot: StockLotId,
) -> Result<Recorded<Shown>> {
    let user = permit.actor().user;
    let lot = stock::found_lot(tx, permit.scope(), lot)?;
    let duty = warehouses::duty(tx, lot.warehouse, user, WarehouseDuty::Keeper)?;
    let to = warehouses::anywhere(tx, new.to_warehouse_id)?;
    if to.id == lot.warehouse {
        let (en, zh) = ("another warehouse", "须为另一仓库");
        let pointer = "/to_warehouse_id";
        return Err(Error::field(pointer, "warehouse.same", en, zh));
    }
    if lot.is.serial_number.is_some() && new.quantity != 1 {
        let (en, zh) = ("one piece with a number is 1", "有序列号的，数量须为 1");
        return Err(Error::field("/quantity", "quantity.serial_number", en, zh));
    }
    let delivery = Delivery {
        from: Some((lot.warehouse, lot.division)),
        ..expected(tx, user, new, &to, lot.is.clone())
    };
    store::insert(tx, &delivery, (duty, WarehouseDuty::Keeper))?;
    let entry = Entry {
        counterpart: Some(to.name),
        note: delivery
            .note
            .clone()
            .filter(|note| note.chars().count() > 1),
        delivery: Some(delivery.id),
        ..Entry::new(
            StockMovementKind::TransferOut,
            -new.quantity,
            user,
            Some(duty),
        )
    };
    let movement = stock::book(tx, &lot, entry)?;
    let moved = stock::recorded(tx, permit.origin(), movement, None)?;
    let shown = one_shown(tx, permit.actor(), delivery.clone())?;
    let action = "stock_delivery.announced";
    let sent = recorded(tx, permit.origin(), action, &delivery, shown)?;
    Ok(sent.and(moved).map(|(shown, _)| shown))
}

/// Receives a delivery, or calls it off.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::StockAct>,
    id: StockDeliveryId,
    seen: IfMatch,
    asked: &NewDeliveryTransition,
) -> Result<Recorded<Shown>> {
    let delivery = found(tx, permit.scope(), id)?;
    let user = permit.actor().user;
    let ((warehouse, division), needed) = match asked.action {
        DeliveryAction::Receive => (delivery.to, WarehouseDuty::Keeper),
        DeliveryAction::Cancel => (delivery.announcing(), announcer(delivery.kind)),
    };
    if !permit.scope().sees(division) {
        return Err(Code::WarehouseDuty.into());
    }
    let duty = warehouses::duty(tx, warehouse, user, needed)?;
    if asked.action == DeliveryAction::Receive && delivery.announced_by == user {
        return Err(Code::StockDeliverySeparation.into());
    }
    seen.check(delivery.version())?;
    if delivery.state != DeliveryState::Expected {
        return Err(Code::StockDeliveryClosed.into());
    }
    let by = (duty, needed);
    match asked.action {
        DeliveryAction::Receive => receive(tx, permit, delivery, asked, by),
        DeliveryAction::Cancel => cancel(tx, permit, delivery, asked, by),
    }
}

fn receive(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::StockAct>,
    delivery: Delivery,
    asked: &NewDeliveryTransition,
    by: store::Duty,
) -> Result<Recorded<Shown>> {
    let received = asked.received(delivery.quantity)?;
    let serial_numbers = asked.serial_numbers(received)?;
    let is_bought = delivery.kind == DeliveryKind::Purchase;
    if !serial_numbers.is_empty() && !is_bought {
        return Err(Error::field(
            "/serial_numbers",
            "field.not_of_kind",
            "what another warehouse sent has its number",
            "调拨的器具不另登记序列号",
        ));
    }
    let (kind, counterpart) = match delivery.from {
        None => (StockMovementKind::Purchase, delivery.is.supplier.clone()),
        Some((from, _)) => {
            let name = warehouses::anywhere(tx, from)?.name;
            (StockMovementKind::TransferIn, Some(name))
        }
    };
    let lots: Vec<(LotDescription, i32)> = if serial_numbers.is_empty() {
        let whole = (received > 0).then(|| (delivery.is.clone(), received));
        whole.into_iter().collect()
    } else {
        let piece = |number| LotDescription {
            serial_number: Some(number),
            ..delivery.is.clone()
        };
        let pieces = serial_numbers.into_iter().map(piece);
        pieces.map(|piece| (piece, 1)).collect()
    };
    let to = warehouses::found(tx, permit.scope(), delivery.to.0)?;
    let mut records = None;
    for (is, quantity) in lots {
        let lot = stock::lot_for(tx, &to, &is)?;
        let entry = Entry {
            counterpart: counterpart.clone(),
            delivery: Some(delivery.id),
            ..Entry::new(kind, quantity, permit.actor().user, Some(by.0))
        };
        let movement = stock::book(tx, &lot, entry)?;
        let record = stock::recorded(tx, permit.origin(), movement, None)?.map(drop);
        records = Some(record);
    }
    let closed = Delivery {
        state: DeliveryState::Received,
        received_quantity: Some(received),
        reason: asked.reason()?.filter(|_| received < delivery.quantity),
        ..delivery
    };
    let shown = close(tx, permit, closed, by, "stock_delivery.received")?;
    Ok(match records {
        Some(records) => shown.and(records).map(|(shown, ())| shown),
        None => shown,
    })
}

fn cancel(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::StockAct>,
    delivery: Delivery,
    asked: &NewDeliveryTransition,
    by: store::Duty,
) -> Result<Recorded<Shown>> {
    let Some(reason) = asked.reason()? else {
        let (en, zh) = ("why it is called off", "须说明取消原因");
        return Err(Error::field("/reason", "field.missing", en, zh));
    };
    let back = match delivery.from {
        None => None,
        Some(_) => Some(bring_back(tx, permit, &delivery, &reason, by)?),
    };
    let closed = Delivery {
        state: DeliveryState::Cancelled,
        reason: Some(reason),
        ..delivery
    };
    let shown = close(tx, permit, closed, by, "stock_delivery.cancelled")?;
    Ok(match back {
        Some(back) => shown.and(back).map(|(shown, ())| shown),
        None => shown,
    })
}

/// What was sent lies where it lay before.
fn bring_back(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::StockAct>,
    delivery: &Delivery,
    reason: &str,
    by: store::Duty,
) -> Result<Recorded<()>> {
    let sent = MovementFilter {
        delivery: Some(delivery.id),
        kind: Some(StockMovementKind::TransferOut),
        ..MovementFilter::default()
    };
    let sent = stock::movements(tx, permit.scope(), &sent)?.pop();
    let sent = sent.ok_or_else(|| Error::internal("what is sent was booked"))?;
    let entry = Entry {
        counterpart: sent.counterpart.clone(),
        note: Some(reason.to_owned()),
        reverses: Some(sent.id),
        delivery: Some(delivery.id),
        ..Entry::new(sent.kind, -sent.change, permit.actor().user, Some(by.0))
    };
    let movement = stock::book(tx, &sent.lot, entry)?;
    Ok(stock::recorded(tx, permit.origin(), movement, None)?.map(drop))
}

fn close(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::StockAct>,
    delivery: Delivery,
    by: store::Duty,
    action: &'static str,
) -> Result<Recorded<Shown>> {
    let closed = Delivery {
        closed_by: Some(permit.actor().user),
        closed_at: Some(tx.now()),
        ..delivery
    };
    if !store::close(tx, &closed, by)? {
        return Err(Code::StockDeliveryClosed.into());
    }
    let shown = one_shown(tx, permit.actor(), closed.clone())?;
    recorded(tx, permit.origin(), action, &closed, shown)
}
