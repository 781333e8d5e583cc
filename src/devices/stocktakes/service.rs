//! Use cases of stocktakes.

use std::collections::HashMap;

use super::model::{
    Line, NewStocktake, NewStocktakeDecision, Stocktake, StocktakeAction, StocktakeState,
};
use super::store;
use crate::access::{Permit, Scope, acts};
use crate::audit::Event;
use crate::db::{Db, Recorded, Tx};
use crate::devices::catalog::service as catalog;
use crate::devices::stock::service as stock;
use crate::devices::stock::{Entry, StockMovementKind};
use crate::devices::warehouses::WarehouseDuty;
use crate::devices::warehouses::service as warehouses;
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, FieldError, Result};
use crate::kernel::id::{StocktakeId, UserId};

pub use super::store::{Filter, page};

/// A line with what people call it.
#[derive(Debug)]
pub struct ShownLine {
    pub line: Line,
    pub name_zh: String,
    pub unit: String,
}

#[derive(Debug)]
pub struct Shown {
    pub stocktake: Stocktake,
    pub lines: Vec<ShownLine>,
    /// What the caller may do to it.
    pub allowed: Vec<StocktakeAction>,
}

fn found(db: &mut Db, scope: &Scope, id: StocktakeId) -> Result<Stocktake> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, scope, &filter, None, 1)?.pop();
    one.ok_or_else(|| Code::StocktakeNotFound.into())
}

fn lines(db: &mut Db, stocktake: &Stocktake) -> Result<Vec<Line>> {
    let rows = store::lines(db, stocktake.id)?;
    let ids: Vec<_> = rows.iter().map(|row| row.lot_id).collect();
    let lots = stock::lots_of(db, stocktake.warehouse, &ids)?;
    let mut lots: HashMap<_, _> = lots.into_iter().map(|lot| (lot.id, lot)).collect();
    rows.into_iter()
        .map(|row| {
            let lot = lots.remove(&row.lot_id);
            Ok(Line {
                lot: lot.ok_or_else(|| Error::internal("what was counted is a lot"))?,
                book_movement: row.book_movement,
                book_quantity: row.book_quantity,
                counted_quantity: row.counted_quantity,
                explanation: row.explanation,
            })
        })
        .collect()
}

fn shown<A>(db: &mut Db, permit: &Permit<A>, stocktake: Stocktake) -> Result<Shown> {
    let lines = lines(db, &stocktake)?;
    let keys: Vec<_> = lines.iter().map(|line| line.lot.is.key()).collect();
    let called = catalog::called(db, &keys)?;
    let lines = lines.into_iter().map(|line| {
        let called = called.get(&line.lot.is.key()).cloned();
        let (name_zh, unit) = called.unwrap_or_default();
        ShownLine {
            line,
            name_zh,
            unit,
        }
    });
    let lines = lines.collect();
    let decides = stocktake.state == StocktakeState::Submitted
        && permit
            .scope_for::<acts::StockApprove>()
            .sees(stocktake.division)
        && may_decide(db, &stocktake, permit.actor().user)?;
    let allowed = if decides {
        vec![StocktakeAction::Approve, StocktakeAction::Return]
    } else {
        Vec::new()
    };
    Ok(Shown {
        stocktake,
        lines,
        allowed,
    })
}

/// Not who counted, nor who has had a duty there since.
fn may_decide(db: &mut Db, stocktake: &Stocktake, user: UserId) -> Result<bool> {
    let (from, to) = (stocktake.counted_date, db.today());
    let has_duty = warehouses::has_duty_between(db, stocktake.warehouse, user, from, to)?;
    Ok(stocktake.counted_by != user && !has_duty)
}

pub fn view(db: &mut Db, permit: &Permit<acts::WarehouseRead>, id: StocktakeId) -> Result<Shown> {
    let stocktake = found(db, permit.scope(), id)?;
    shown(db, permit, stocktake)
}

/// Submits a count: beside the books as they are now, each difference explained.
pub fn count(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::StockAct>,
    new: &NewStocktake,
) -> Result<Recorded<Shown>> {
    let note = new.check()?;
    let user = permit.actor().user;
    let warehouse = warehouses::found(tx, permit.scope(), new.warehouse_id)?;
    let duty = warehouses::duty(tx, warehouse.id, user, WarehouseDuty::StockTaker)?;
    let lines = beside_the_books(tx, new)?;
    let stocktake = Stocktake {
        id: tx.new_id(),
        warehouse: warehouse.id,
        division: warehouse.division_code,
        counted_by: user,
        counted_date: tx.today(),
        counted_at: tx.now(),
        note,
        line_count: i32::try_from(lines.len()).map_err(Error::internal)?,
        state: StocktakeState::Submitted,
        decided_by: None,
        decided_at: None,
        comment: None,
    };
    store::insert(tx, &stocktake, duty, &lines)?;
    let differing = lines.iter().filter(|line| line.difference() != 0);
    let event = Event::new(permit.origin(), "stocktake.submitted")
        .on(&stocktake.id)
        .within(stocktake.division)
        .change("warehouse_id", stocktake.warehouse)
        .change("lots", stocktake.line_count)
        .change("differing", differing.count());
    let shown = shown(tx, permit, stocktake)?;
    tx.record(event, shown)
}

fn beside_the_books(tx: &mut Tx<'_>, new: &NewStocktake) -> Result<Vec<Line>> {
    let ids: Vec<_> = new.lines.iter().map(|line| line.lot_id).collect();
    let lots = stock::lots_of(tx, new.warehouse_id, &ids)?;
    let mut lots: HashMap<_, _> = lots.into_iter().map(|lot| (lot.id, lot)).collect();
    let books = stock::balances(tx, &ids)?;
    let mut errors = Vec::new();
    let mut lines = Vec::new();
    for (index, counted) in new.lines.iter().enumerate() {
        let (lot, book) = (lots.remove(&counted.lot_id), books.get(&counted.lot_id));
        let (Some(lot), Some((quantity, last))) = (lot, book) else {
            return Err(Code::StockLotNotFound.into());
        };
        let explanation = counted.explanation().map(str::to_owned);
        if counted.counted_quantity != *quantity && explanation.is_none() {
            errors.push(FieldError::new(
                format!("/lines/{index}/explanation"),
                "field.missing",
                format!("the books say {quantity}: why it differs"),
                format!("账面为 {quantity}，须说明差异原因"),
            ));
        }
        lines.push(Line {
            lot,
            book_movement: *last,
            book_quantity: *quantity,
            counted_quantity: counted.counted_quantity,
            explanation,
        });
    }
    if errors.is_empty() {
        Ok(lines)
    } else {
        Err(Error::fields(errors))
    }
}

/// Approves a count, and books what differs; or returns it.
pub fn decide(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::StockApprove>,
    id: StocktakeId,
    seen: IfMatch,
    asked: &NewStocktakeDecision,
) -> Result<Recorded<Shown>> {
    let stocktake = found(tx, permit.scope(), id)?;
    let user = permit.actor().user;
    if !may_decide(tx, &stocktake, user)? {
        return Err(Code::StocktakeOwn.into());
    }
    let comment = asked.check()?;
    seen.check(stocktake.version())?;
    if stocktake.state != StocktakeState::Submitted {
        return Err(Code::StocktakeDecided.into());
    }
    let (state, action) = match asked.action {
        StocktakeAction::Approve => (StocktakeState::Approved, "stocktake.approved"),
        StocktakeAction::Return => (StocktakeState::Returned, "stocktake.returned"),
    };
    let booked = if state == StocktakeState::Approved {
        book_differences(tx, permit, &stocktake)?
    } else {
        None
    };
    let decided = Stocktake {
        state,
        decided_by: Some(user),
        decided_at: Some(tx.now()),
        comment,
        ..stocktake
    };
    if !store::decide(tx, &decided)? {
        return Err(Code::StocktakeDecided.into());
    }
    let event = Event::new(permit.origin(), action)
        .on(&decided.id)
        .within(decided.division)
        .change("warehouse_id", decided.warehouse)
        .change("comment", decided.comment.as_deref());
    let shown = shown(tx, permit, decided)?;
    let recorded = tx.record(event, shown)?;
    Ok(match booked {
        Some(booked) => recorded.and(booked).map(|(shown, ())| shown),
        None => recorded,
    })
}

/// What moved since the count moved what was counted, too: the difference stays what it was. What corrected the books since
/// may have been the same difference: that is counted again.
fn book_differences(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::StockApprove>,
    stocktake: &Stocktake,
) -> Result<Option<Recorded<()>>> {
    let mut booked = None;
    for line in lines(tx, stocktake)? {
        let difference = line.difference();
        let kind = match difference {
            0 => continue,
            1.. => StockMovementKind::StocktakeGain,
            _ => StockMovementKind::StocktakeLoss,
        };
        let overtaken =
            || Error::new(Code::StocktakeStale).member("lot_id", line.lot.id.to_string());
        if stock::corrected_since(tx, line.lot.id, line.book_movement)? {
            return Err(overtaken());
        }
        let entry = Entry {
            note: line.explanation,
            stocktake: Some(stocktake.id),
            ..Entry::new(kind, difference, permit.actor().user, None)
        };
        let movement = stock::book(tx, &line.lot, entry).map_err(|error| {
            if error.code() == Code::StockInsufficient {
                overtaken()
            } else {
                error
            }
        })?;
        let record = stock::recorded(tx, permit.origin(), movement, None)?;
        booked = Some(record.map(drop));
    }
    Ok(booked)
}
