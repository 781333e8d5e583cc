//! Lots and movements.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::devices::catalog::{DeviceCode, Edition, ItemKey};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::{
    CaseId, ResidentId, StockDeliveryId, StockLotId, StockMovementId, StocktakeId, UserId,
    WarehouseDutyId, WarehouseId,
};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// Whose money bought it.
    pub enum FundSource {
        Fiscal = "fiscal", "财政资金";
        Lottery = "lottery", "彩票公益金";
        EmploymentLevy = "employment_levy", "残疾人就业保障金";
        Donation = "donation", "社会捐赠";
        Other = "other", "其他";
    }
}

vocabulary! {
    /// Why stock went in or out.
    pub enum StockMovementKind {
        Purchase = "purchase", "采购入库";
        Donation = "donation", "捐赠入库";
        /// Of what was issued or lent.
        Return = "return", "归还入库";
        TransferIn = "transfer_in", "调入";
        StocktakeGain = "stocktake_gain", "盘盈";
        Issue = "issue", "发放出库";
        Loan = "loan", "借出";
        TransferOut = "transfer_out", "调出";
        Scrap = "scrap", "报废";
        StocktakeLoss = "stocktake_loss", "盘亏";
    }
}

impl StockMovementKind {
    /// As the record names it.
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Purchase => "stock_movement.purchased",
            Self::Donation => "stock_movement.donated",
            Self::Return => "stock_movement.returned",
            Self::TransferIn => "stock_movement.transferred_in",
            Self::StocktakeGain => "stock_movement.gained",
            Self::Issue => "stock_movement.issued",
            Self::Loan => "stock_movement.lent",
            Self::TransferOut => "stock_movement.transferred_out",
            Self::Scrap => "stock_movement.scrapped",
            Self::StocktakeLoss => "stock_movement.lost",
        }
    }

    /// Whether stock comes in by it, counter-movements apart.
    pub const fn comes_in(self) -> bool {
        matches!(
            self,
            Self::Purchase | Self::Donation | Self::Return | Self::TransferIn | Self::StocktakeGain
        )
    }

    /// Whether one may be taken back by a counter-movement of its own. A dispatch is called off with its delivery, and
    /// what came of one or of a count is answered by another.
    pub const fn is_reversible(self) -> bool {
        matches!(
            self,
            Self::Purchase | Self::Donation | Self::Return | Self::Issue | Self::Loan | Self::Scrap
        )
    }
}

/// The most pieces that are moved at once.
const MOST: i32 = 1_000_000;
/// A device costs less than a million yuan.
const DEAREST: Fen = Fen::new(100_000_000);
const LONGEST: usize = 100;

/// Whether so many pieces can be moved.
pub fn quantity_in_range(pointer: &str, quantity: i32) -> Option<FieldError> {
    (!(1..=MOST).contains(&quantity)).then(|| {
        FieldError::new(
            pointer,
            "quantity.range",
            format!("1 to {MOST}"),
            format!("须为 1 至 {MOST}"),
        )
    })
}

/// What lies together: one item of one make, batch and price, or one piece with its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StockLotDescription, example = json!({
    "edition": "2022", "code": "122203", "brand": "某牌", "model": "W-100", "batch_number": "20220301", "unit_price_fen": 118_000,
    "fund_source": "fiscal", "supplier": "某康复器具公司"
}))]
pub struct LotDescription {
    #[schema(value_type = String)]
    pub edition: Edition,
    #[schema(value_type = String)]
    pub code: DeviceCode,
    #[serde(default)]
    #[schema(max_length = 100)]
    pub brand: Option<String>,
    #[serde(default)]
    #[schema(max_length = 100)]
    pub model: Option<String>,
    #[serde(default)]
    #[schema(max_length = 100)]
    pub batch_number: Option<String>,
    /// Of one piece; then the quantity is 1.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub serial_number: Option<String>,
    /// What one costs, or is worth.
    #[serde(rename = "unit_price_fen")]
    #[schema(minimum = 0, maximum = 100_000_000)]
    pub unit_price: Fen,
    pub fund_source: FundSource,
    /// Who sold or gave it.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub supplier: Option<String>,
}

impl LotDescription {
    pub fn key(&self) -> ItemKey {
        ItemKey {
            edition: self.edition.clone(),
            code: self.code.clone(),
        }
    }

    /// Without spaces around and empty texts; all that is wrong with it goes to `errors`.
    #[must_use]
    pub fn checked(&self, pointer: &str, errors: &mut Vec<FieldError>) -> Self {
        let mut short = |field: &str, text: Option<&String>| {
            let text = text.map(|text| text.trim().to_owned());
            let text = text.filter(|text| !text.is_empty())?;
            if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
                errors.push(FieldError::new(
                    format!("{pointer}/{field}"),
                    "text.length",
                    "one line of up to 100 characters",
                    "不超过 100 个字的一行文字",
                ));
            }
            Some(text)
        };
        let checked = Self {
            brand: short("brand", self.brand.as_ref()),
            model: short("model", self.model.as_ref()),
            batch_number: short("batch_number", self.batch_number.as_ref()),
            serial_number: short("serial_number", self.serial_number.as_ref()),
            supplier: short("supplier", self.supplier.as_ref()),
            edition: self.edition.clone(),
            code: self.code.clone(),
            unit_price: self.unit_price,
            fund_source: self.fund_source,
        };
        if !(Fen::ZERO..=DEAREST).contains(&self.unit_price) {
            errors.push(FieldError::new(
                format!("{pointer}/unit_price_fen"),
                "amount.range",
                "zero to a million yuan",
                "须为零至一百万元",
            ));
        }
        checked
    }
}

#[derive(Debug, Clone)]
pub struct Lot {
    pub id: StockLotId,
    pub warehouse: WarehouseId,
    pub division: DivisionCode,
    pub is: LotDescription,
}

vocabulary! {
    /// What a keeper books without anybody else.
    pub enum NewStockMovementKind {
        Donation = "donation", "捐赠入库";
        Issue = "issue", "发放出库";
        Loan = "loan", "借出";
        Return = "return", "归还入库";
        Scrap = "scrap", "报废";
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewStockMovement, example = json!({"kind": "issue", "lot_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0c", "quantity": 1, "counterpart": "丙岭县某康复站"}))]
pub struct NewMovement {
    pub kind: NewStockMovementKind,
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: i32,
    /// What is issued, lent or scrapped.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub lot_id: Option<StockLotId>,
    /// Of a return: the issue or loan that it was.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub origin_id: Option<StockMovementId>,
    /// Of a donation: where it comes in.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub warehouse_id: Option<WarehouseId>,
    /// Of a donation: what it is.
    #[serde(default)]
    pub lot: Option<LotDescription>,
    /// Who receives it or brings it; needed of an issue or loan. No resident's name: what a person gets is theirs by
    /// an allocation.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub counterpart: Option<String>,
    /// 2 to 500 characters; of what is scrapped: why.
    #[serde(default)]
    #[schema(min_length = 2, max_length = 500)]
    pub note: Option<String>,
}

/// What a keeper asks for, with all that it takes.
#[derive(Debug, Clone)]
pub enum Asked {
    Donation(WarehouseId, LotDescription),
    Out(StockLotId),
    Return(StockMovementId),
}

fn said(text: Option<&String>) -> Option<String> {
    let text = text.map(|text| text.trim().to_owned());
    text.filter(|text| !text.is_empty())
}

fn missing(pointer: &str) -> FieldError {
    FieldError::new(
        pointer,
        "field.missing",
        "this kind needs it",
        "此类出入库须填写",
    )
}

impl NewMovement {
    pub fn counterpart(&self) -> Option<String> {
        said(self.counterpart.as_ref())
    }

    pub fn note(&self) -> Option<String> {
        said(self.note.as_ref())
    }

    /// What is asked for, if all is there that it takes, and nothing else.
    pub fn check(&self) -> Result<Asked> {
        let mut errors: Vec<_> = quantity_in_range("/quantity", self.quantity)
            .into_iter()
            .collect();
        let kind = self.kind;
        let goes_out = matches!(
            kind,
            NewStockMovementKind::Issue | NewStockMovementKind::Loan
        );
        for (pointer, is_there, belongs) in [
            (
                "/lot_id",
                self.lot_id.is_some(),
                goes_out || kind == NewStockMovementKind::Scrap,
            ),
            (
                "/origin_id",
                self.origin_id.is_some(),
                kind == NewStockMovementKind::Return,
            ),
            (
                "/warehouse_id",
                self.warehouse_id.is_some(),
                kind == NewStockMovementKind::Donation,
            ),
            (
                "/lot",
                self.lot.is_some(),
                kind == NewStockMovementKind::Donation,
            ),
        ] {
            match (is_there, belongs) {
                (false, true) => errors.push(missing(pointer)),
                (true, false) => errors.push(FieldError::new(
                    pointer,
                    "field.not_of_kind",
                    "this kind has none",
                    "此类出入库不填写",
                )),
                _ => {}
            }
        }
        self.check_words(goes_out, &mut errors);
        let lot = self
            .lot
            .as_ref()
            .map(|lot| lot.checked("/lot", &mut errors));
        if lot.as_ref().is_some_and(|lot| lot.serial_number.is_some()) && self.quantity != 1 {
            let (en, zh) = ("one piece with a number is 1", "有序列号的，数量须为 1");
            errors.push(FieldError::new(
                "/quantity",
                "quantity.serial_number",
                en,
                zh,
            ));
        }
        if !errors.is_empty() {
            return Err(Error::fields(errors));
        }
        match (self.lot_id, self.origin_id, self.warehouse_id, lot) {
            (Some(lot), ..) => Ok(Asked::Out(lot)),
            (_, Some(origin), ..) => Ok(Asked::Return(origin)),
            (.., Some(warehouse), Some(lot)) => Ok(Asked::Donation(warehouse, lot)),
            _ => Err(Error::internal("a movement is of one kind")),
        }
    }

    fn check_words(&self, goes_out: bool, errors: &mut Vec<FieldError>) {
        let (note, counterpart) = (self.note(), self.counterpart());
        match &note {
            None if self.kind == NewStockMovementKind::Scrap => errors.push(missing("/note")),
            Some(note) if !(2..=500).contains(&note.chars().count()) => {
                let (en, zh) = ("2 to 500 characters", "2 至 500 个字");
                errors.push(FieldError::new("/note", "text.length", en, zh));
            }
            _ => {}
        }
        let too_long = |text: &String| text.chars().count() > LONGEST;
        if counterpart.as_ref().is_some_and(too_long) {
            let (en, zh) = ("up to 100 characters", "不超过 100 个字");
            errors.push(FieldError::new("/counterpart", "text.length", en, zh));
        }
        if goes_out && counterpart.is_none() {
            errors.push(missing("/counterpart"));
        }
    }
}

/// What goes to somebody.
#[derive(Debug, Clone)]
pub struct Issue {
    pub lot: StockLotId,
    pub quantity: i32,
    /// To be brought back.
    pub is_loan: bool,
    /// Of an allocation: whose case it is for.
    pub case: Option<(CaseId, ResidentId)>,
    /// Where it is for none: who receives it.
    pub counterpart: Option<String>,
    pub note: Option<String>,
}

/// What comes back.
#[derive(Debug, Clone)]
pub struct Return {
    /// The issue or loan.
    pub origin: StockMovementId,
    pub quantity: i32,
    pub counterpart: Option<String>,
    pub note: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewStockReversal, example = json!({"reason": "误登数量"}))]
pub struct NewReversal {
    #[schema(min_length = 2, max_length = 500)]
    pub reason: String,
}

/// A movement in the making: its number, place in the lot and balance are found when it is booked.
#[derive(Debug, Clone)]
pub struct Entry {
    pub kind: StockMovementKind,
    pub change: i32,
    pub actor: UserId,
    /// As keeper; none of what a count found.
    pub duty: Option<WarehouseDutyId>,
    pub case: Option<CaseId>,
    pub counterpart: Option<String>,
    pub note: Option<String>,
    pub origin: Option<StockMovementId>,
    pub reverses: Option<StockMovementId>,
    pub delivery: Option<StockDeliveryId>,
    pub stocktake: Option<StocktakeId>,
}

impl Entry {
    pub fn new(
        kind: StockMovementKind,
        change: i32,
        actor: UserId,
        duty: Option<WarehouseDutyId>,
    ) -> Self {
        Self {
            kind,
            change,
            actor,
            duty,
            case: None,
            counterpart: None,
            note: None,
            origin: None,
            reverses: None,
            delivery: None,
            stocktake: None,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Movement {
    pub id: StockMovementId,
    pub number: String,
    pub lot: Lot,
    /// Its place in the lot's history.
    pub sequence: i32,
    pub kind: StockMovementKind,
    pub change: i32,
    /// Of the lot, afterwards.
    pub balance: i32,
    pub moved_date: NaiveDate,
    pub actor: UserId,
    pub case: Option<CaseId>,
    pub counterpart: Option<String>,
    pub note: Option<String>,
    pub origin: Option<StockMovementId>,
    pub reverses: Option<StockMovementId>,
    pub delivery: Option<StockDeliveryId>,
    pub stocktake: Option<StocktakeId>,
    pub at: Timestamp,
}
