//! What is on its way.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::devices::stock::{LotDescription, quantity_in_range};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::{StockDeliveryId, StockLotId, UserId, WarehouseId};
use crate::kernel::text;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// How it comes.
    pub enum DeliveryKind {
        Purchase = "purchase", "采购";
        Transfer = "transfer", "调拨";
    }
}

vocabulary! {
    /// What became of it.
    pub enum DeliveryState {
        Expected = "expected", "待收货";
        Received = "received", "已收货";
        Cancelled = "cancelled", "已取消";
    }
}

vocabulary! {
    /// What is done to a delivery.
    pub enum DeliveryAction {
        Receive = "receive", "收货";
        Cancel = "cancel", "取消";
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewStockDelivery, example = json!({
    "kind": "purchase", "to_warehouse_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "quantity": 10, "invoice_number": "03100220011100000001",
    "lot": {"edition": "2022", "code": "122203", "brand": "某牌", "model": "W-100", "batch_number": "20220301", "unit_price_fen": 118_000,
        "fund_source": "fiscal", "supplier": "某康复器具公司"}
}))]
pub struct NewDelivery {
    pub kind: DeliveryKind,
    /// Where it is to come in.
    #[schema(value_type = uuid::Uuid)]
    pub to_warehouse_id: WarehouseId,
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: i32,
    /// What was bought, with its supplier. Serial numbers are read when it is received.
    #[serde(default)]
    pub lot: Option<LotDescription>,
    /// Of a purchase.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    pub invoice_number: Option<String>,
    /// What is sent to another warehouse.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub lot_id: Option<StockLotId>,
    #[serde(default)]
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

/// What is asked for, with all that it takes.
#[derive(Debug)]
pub enum Asked {
    Purchase {
        is: LotDescription,
        invoice_number: String,
    },
    Transfer(StockLotId),
}

fn trimmed(text: Option<&String>) -> Option<String> {
    let text = text.map(|text| text.trim().to_owned());
    text.filter(|text| !text.is_empty())
}

impl NewDelivery {
    pub fn note(&self) -> Option<String> {
        trimmed(self.note.as_ref())
    }

    pub fn check(&self) -> Result<Asked> {
        let mut errors: Vec<_> = quantity_in_range("/quantity", self.quantity)
            .into_iter()
            .collect();
        let bought = self.kind == DeliveryKind::Purchase;
        let invoice_number = trimmed(self.invoice_number.as_ref());
        for (pointer, is_there, belongs) in [
            ("/lot", self.lot.is_some(), bought),
            ("/invoice_number", invoice_number.is_some(), bought),
            ("/lot_id", self.lot_id.is_some(), !bought),
        ] {
            match (is_there, belongs) {
                (false, true) => errors.push(FieldError::new(
                    pointer,
                    "field.missing",
                    "this kind needs it",
                    "此类到货单须填写",
                )),
                (true, false) => errors.push(FieldError::new(
                    pointer,
                    "field.not_of_kind",
                    "this kind has none",
                    "此类到货单不填写",
                )),
                _ => {}
            }
        }
        let long =
            |text: Option<&String>, most| text.is_some_and(|text| text.chars().count() > most);
        if long(invoice_number.as_ref(), 100) {
            let (en, zh) = ("up to 100 characters", "不超过 100 个字");
            errors.push(FieldError::new("/invoice_number", "text.length", en, zh));
        }
        if long(self.note().as_ref(), 500) {
            let (en, zh) = ("up to 500 characters", "不超过 500 个字");
            errors.push(FieldError::new("/note", "text.length", en, zh));
        }
        let is = self
            .lot
            .as_ref()
            .map(|lot| lot.checked("/lot", &mut errors));
        if let Some(is) = &is {
            if is.supplier.is_none() {
                let (en, zh) = ("who sold it", "须填写供应商");
                errors.push(FieldError::new("/lot/supplier", "field.missing", en, zh));
            }
            if is.serial_number.is_some() {
                errors.push(FieldError::new(
                    "/lot/serial_number",
                    "field.not_of_kind",
                    "serial numbers are read when it is received",
                    "序列号在收货时登记",
                ));
            }
        }
        if !errors.is_empty() {
            return Err(Error::fields(errors));
        }
        match (is, invoice_number, self.lot_id) {
            (Some(is), Some(invoice_number), None) => Ok(Asked::Purchase { is, invoice_number }),
            (None, None, Some(lot)) => Ok(Asked::Transfer(lot)),
            _ => Err(Error::internal("a delivery is of one kind")),
        }
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewStockDeliveryTransition, example = json!({"action": "receive", "received_quantity": 9, "reason": "一辆运输途中损坏，已退供应商"}))]
pub struct NewDeliveryTransition {
    pub action: DeliveryAction,
    /// How many came: no more than were announced.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub received_quantity: Option<i32>,
    /// Of what was bought piece by piece: one number each, as many as came.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub serial_numbers: Vec<String>,
    /// Why fewer came, or why it is called off.
    #[serde(default)]
    #[schema(min_length = 2, max_length = 500)]
    pub reason: Option<String>,
}

/// Serial numbers that are read at once.
const MOST_SERIALS: usize = 200;

impl NewDeliveryTransition {
    pub fn reason(&self) -> Result<Option<String>> {
        let said = trimmed(self.reason.as_ref());
        said.map(|said| text::reason(&said).map(str::to_owned))
            .transpose()
    }

    /// How many came, of so many that were announced.
    pub fn received(&self, announced: i32) -> Result<i32> {
        let received = self.received_quantity;
        let received = received.filter(|received| (0..=announced).contains(received));
        let received = received.ok_or_else(|| {
            Error::field(
                "/received_quantity",
                "quantity.range",
                format!("0 to {announced}"),
                format!("须为 0 至 {announced}"),
            )
        })?;
        if received < announced && self.reason()?.is_none() {
            return Err(Error::field(
                "/reason",
                "field.missing",
                "why fewer came than were announced",
                "实收少于应收，须说明原因",
            ));
        }
        Ok(received)
    }

    /// One number a piece that came, or none at all.
    pub fn serial_numbers(&self, received: i32) -> Result<Vec<String>> {
        let numbers: Vec<_> = self
            .serial_numbers
            .iter()
            .map(|number| number.trim().to_owned())
            .collect();
        let fault =
            |en: &str, zh: &str| Error::field("/serial_numbers", "serial_numbers.invalid", en, zh);
        if numbers.len() > MOST_SERIALS {
            return Err(fault("up to 200 numbers", "不超过 200 个序列号"));
        }
        if numbers.is_empty() {
            return Ok(numbers);
        }
        if i32::try_from(numbers.len()) != Ok(received) {
            return Err(fault("as many as came", "序列号个数须与实收数量一致"));
        }
        let fits = |number: &String| {
            (1..=100).contains(&number.chars().count()) && !number.chars().any(char::is_control)
        };
        let distinct: HashSet<_> = numbers.iter().collect();
        if !numbers.iter().all(fits) || distinct.len() < numbers.len() {
            return Err(fault(
                "different ones of 1 to 100 characters",
                "序列号须各不相同，1 至 100 个字",
            ));
        }
        Ok(numbers)
    }
}

#[derive(Debug, Clone)]
pub struct Delivery {
    pub id: StockDeliveryId,
    pub kind: DeliveryKind,
    pub from: Option<(WarehouseId, DivisionCode)>,
    pub to: (WarehouseId, DivisionCode),
    pub is: LotDescription,
    pub invoice_number: Option<String>,
    pub quantity: i32,
    pub note: Option<String>,
    pub announced_by: UserId,
    pub announced_date: NaiveDate,
    pub announced_at: Timestamp,
    pub state: DeliveryState,
    pub received_quantity: Option<i32>,
    pub reason: Option<String>,
    pub closed_by: Option<UserId>,
    pub closed_at: Option<Timestamp>,
}

impl Delivery {
    /// Announced, then closed.
    pub const fn version(&self) -> i32 {
        match self.state {
            DeliveryState::Expected => 1,
            DeliveryState::Received | DeliveryState::Cancelled => 2,
        }
    }

    /// Where it was announced, and is called off.
    pub fn announcing(&self) -> (WarehouseId, DivisionCode) {
        self.from.unwrap_or(self.to)
    }
}
