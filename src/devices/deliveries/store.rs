//! SQL of deliveries.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{Delivery, DeliveryKind, DeliveryState};
use crate::access::{Scope, within};
use crate::db::schema::stock_deliveries;
use crate::db::{Db, MultiBackend, Tx, types};
use crate::devices::catalog::{DeviceCode, Edition};
use crate::devices::stock::{FundSource, LotDescription};
use crate::devices::warehouses::WarehouseDuty;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{StockDeliveryId, UserId, WarehouseDutyId, WarehouseId};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;

types::text_columns!(DeliveryKind, DeliveryState);

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = stock_deliveries)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: StockDeliveryId,
    kind: DeliveryKind,
    from_warehouse_id: Option<WarehouseId>,
    from_division_code: Option<DivisionCode>,
    to_warehouse_id: WarehouseId,
    to_division_code: DivisionCode,
    edition: Edition,
    code: DeviceCode,
    brand: String,
    model: String,
    batch_number: String,
    serial_number: String,
    unit_price_fen: Fen,
    fund_source: FundSource,
    supplier: String,
    invoice_number: Option<String>,
    quantity: i32,
    note: Option<String>,
    announced_by: UserId,
    announced_duty_id: WarehouseDutyId,
    announced_duty: WarehouseDuty,
    announced_date: NaiveDate,
    announced_at: Timestamp,
    state: DeliveryState,
    received_quantity: Option<i32>,
    reason: Option<String>,
    closed_by: Option<UserId>,
    closed_at: Option<Timestamp>,
}

impl From<Row> for Delivery {
    fn from(row: Row) -> Self {
        let said = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            id: row.id,
            kind: row.kind,
            from: row.from_warehouse_id.zip(row.from_division_code),
            to: (row.to_warehouse_id, row.to_division_code),
            is: LotDescription {
                edition: row.edition,
                code: row.code,
                brand: said(row.brand),
                model: said(row.model),
                batch_number: said(row.batch_number),
                serial_number: said(row.serial_number),
                unit_price: row.unit_price_fen,
                fund_source: row.fund_source,
                supplier: said(row.supplier),
            },
            invoice_number: row.invoice_number,
            quantity: row.quantity,
            note: row.note,
            announced_by: row.announced_by,
            announced_date: row.announced_date,
            announced_at: row.announced_at,
            state: row.state,
            received_quantity: row.received_quantity,
            reason: row.reason,
            closed_by: row.closed_by,
            closed_at: row.closed_at,
        }
    }
}

/// By which duty something is done.
pub type Duty = (WarehouseDutyId, WarehouseDuty);

pub fn insert(tx: &mut Tx<'_>, new: &Delivery, (duty_id, duty): Duty) -> Result<()> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let row = Row {
        id: new.id,
        kind: new.kind,
        from_warehouse_id: new.from.map(|(warehouse, _)| warehouse),
        from_division_code: new.from.map(|(_, division)| division),
        to_warehouse_id: new.to.0,
        to_division_code: new.to.1,
        edition: new.is.edition.clone(),
        code: new.is.code.clone(),
        brand: text(&new.is.brand),
        model: text(&new.is.model),
        batch_number: text(&new.is.batch_number),
        serial_number: text(&new.is.serial_number),
        unit_price_fen: new.is.unit_price,
        fund_source: new.is.fund_source,
        supplier: text(&new.is.supplier),
        invoice_number: new.invoice_number.clone(),
        quantity: new.quantity,
        note: new.note.clone(),
        announced_by: new.announced_by,
        announced_duty_id: duty_id,
        announced_duty: duty,
        announced_date: new.announced_date,
        announced_at: new.announced_at,
        state: new.state,
        received_quantity: None,
        reason: None,
        closed_by: None,
        closed_at: None,
    };
    diesel::insert_into(stock_deliveries::table)
        .values(&row)
        .execute(tx.conn())?;
    Ok(())
}

/// Whether it was still expected.
pub fn close(tx: &mut Tx<'_>, closed: &Delivery, (duty_id, duty): Duty) -> Result<bool> {
    let today = tx.today();
    let changed = diesel::update(stock_deliveries::table.find(closed.id))
        .filter(stock_deliveries::state.eq(DeliveryState::Expected))
        .set((
            stock_deliveries::state.eq(closed.state),
            stock_deliveries::received_quantity.eq(closed.received_quantity),
            stock_deliveries::reason.eq(closed.reason.as_deref()),
            stock_deliveries::closed_by.eq(closed.closed_by),
            stock_deliveries::closed_duty_id.eq(duty_id),
            stock_deliveries::closed_duty.eq(duty),
            stock_deliveries::closed_date.eq(today),
            stock_deliveries::closed_at.eq(closed.closed_at),
        ))
        .execute(tx.conn())?;
    Ok(changed == 1)
}

/// Which deliveries a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<StockDeliveryId>,
    pub state: Option<DeliveryState>,
    pub kind: Option<DeliveryKind>,
    pub to: Option<WarehouseId>,
    pub from: Option<WarehouseId>,
}

/// Newest first, seen at both ends.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<StockDeliveryId>,
    count: i64,
) -> Result<Vec<Delivery>> {
    let here = within!(stock_deliveries::to_division_code, scope);
    let there = within!(
        stock_deliveries::from_division_code.assume_not_null(),
        scope
    );
    let mut query = stock_deliveries::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(here.or(there));
    if let Some(id) = filter.id {
        query = query.filter(stock_deliveries::id.eq(id));
    }
    if let Some(state) = filter.state {
        query = query.filter(stock_deliveries::state.eq(state));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(stock_deliveries::kind.eq(kind));
    }
    if let Some(to) = filter.to {
        query = query.filter(stock_deliveries::to_warehouse_id.eq(to));
    }
    if let Some(from) = filter.from {
        query = query.filter(stock_deliveries::from_warehouse_id.eq(from));
    }
    if let Some(after) = after {
        query = query.filter(stock_deliveries::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(stock_deliveries::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}
