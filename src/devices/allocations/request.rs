//! What is asked of an allocation, and whether it can be.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::model::{AllocationAction, DeviceExceptionKind, ReturnCondition, SignerRelation};
use crate::devices::catalog::{DeviceCode, Edition, EvaluationLevel, ItemKey};
use crate::kernel::date;
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::{CaseId, DocumentId, OrganizationId, StockLotId};
use crate::kernel::money::Fen;

const LONGEST_NAME: usize = 40;
const LONGEST_LINE: usize = 100;
const LONGEST_COMMENT: usize = 1_000;
const DEAREST: Fen = Fen::new(100_000_000);

/// Wrong fields, one after another.
#[derive(Debug, Default)]
struct Wrong(Vec<FieldError>);

impl Wrong {
    fn refuse(
        &mut self,
        is_wrong: bool,
        pointer: &str,
        (code, en, zh): (&'static str, &str, &str),
    ) {
        if is_wrong {
            self.0.push(FieldError::new(pointer, code, en, zh));
        }
    }

    /// A text without spaces around, of one to so many characters in one line.
    fn line(&mut self, text: &mut String, pointer: &str, longest: usize) {
        *text = text.trim().to_owned();
        let fits = (1..=longest).contains(&text.chars().count());
        let wrong = !fits || text.chars().any(char::is_control);
        let en = format!("one line of 1 to {longest} characters");
        let zh = format!("1 至 {longest} 个字的一行文字");
        self.refuse(wrong, pointer, ("text.length", &en, &zh));
    }

    fn optional_line(&mut self, text: &mut Option<String>, pointer: &str) {
        if let Some(mut said) = text.take().filter(|text| !text.trim().is_empty()) {
            self.line(&mut said, pointer, LONGEST_LINE);
            *text = Some(said);
        }
    }

    /// What one action takes and the others do not.
    fn belongs(&mut self, is_there: bool, belongs: bool, pointer: &str) {
        let missing = ("field.missing", "this action needs it", "此操作须填写");
        let strange = (
            "field.not_of_action",
            "this action has none",
            "此操作不填写",
        );
        self.refuse(belongs && !is_there, pointer, missing);
        self.refuse(is_there && !belongs, pointer, strange);
    }

    fn done(self) -> Result<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::fields(self.0))
        }
    }
}

const FUTURE: (&str, &str, &str) = ("date.future", "a day that has come", "不能晚于今天");

/// Who found that somebody needs it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDeviceEvaluation)]
pub struct NewEvaluation {
    /// Of the office that evaluated: the item's own or a higher one.
    pub level: EvaluationLevel,
    /// That office or institution; it does not supply the device.
    #[schema(value_type = uuid::Uuid)]
    pub organization_id: OrganizationId,
    #[schema(min_length = 1, max_length = 40)]
    pub evaluator: String,
    #[serde(deserialize_with = "date::written")]
    pub date: NaiveDate,
    #[schema(min_length = 1, max_length = 1000)]
    pub finding: String,
}

/// Why within the use-life of the one before.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDeviceException)]
pub struct NewException {
    pub kind: DeviceExceptionKind,
    /// Of a loss, and only of one: the document of the case that proves it.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub document_id: Option<DocumentId>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDeviceAllocation, example = json!({
    "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "edition": "2022", "code": "122203",
    "evaluation": {"level": "county", "organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "evaluator": "陈评估师",
        "date": "2022-07-04", "finding": "双下肢瘫痪，需手动轮椅"}
}))]
pub struct NewAllocation {
    /// Approved, of an assistive device.
    #[schema(value_type = uuid::Uuid)]
    pub case_id: CaseId,
    #[schema(value_type = String)]
    pub edition: Edition,
    #[schema(value_type = String)]
    pub code: DeviceCode,
    pub evaluation: NewEvaluation,
    /// Needed where the person has one within its use-life, and only there.
    #[serde(default)]
    pub exception: Option<NewException>,
}

impl NewAllocation {
    pub fn item(&self) -> ItemKey {
        ItemKey {
            edition: self.edition.clone(),
            code: self.code.clone(),
        }
    }

    pub fn check(&mut self, today: NaiveDate) -> Result<()> {
        let mut wrong = Wrong::default();
        let given = &mut self.evaluation;
        wrong.line(&mut given.evaluator, "/evaluation/evaluator", LONGEST_NAME);
        given.finding = given.finding.trim().to_owned();
        let length = given.finding.chars().count();
        let text = ("text.length", "1 to 1000 characters", "1 至 1000 个字");
        wrong.refuse(
            !(1..=LONGEST_COMMENT).contains(&length),
            "/evaluation/finding",
            text,
        );
        wrong.refuse(given.date > today, "/evaluation/date", FUTURE);
        if let Some(exception) = &self.exception {
            let proven = exception.kind == DeviceExceptionKind::Loss;
            let is_there = exception.document_id.is_some();
            let needed = (
                "document.needed",
                "of a loss, and only of one",
                "遗失须有证明材料，其他情形不填写",
            );
            wrong.refuse(proven != is_there, "/exception/document_id", needed);
        }
        wrong.done()
    }
}

/// What was bought for this person.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDevicePurchase)]
pub struct NewPurchase {
    /// An organization that did not evaluate.
    #[schema(value_type = uuid::Uuid)]
    pub supplier_id: OrganizationId,
    #[schema(min_length = 1, max_length = 100)]
    pub invoice_number: String,
    /// Of the piece, all in all.
    #[serde(rename = "price_fen")]
    #[schema(minimum = 1, maximum = 100_000_000)]
    pub price: Fen,
    #[serde(default)]
    #[schema(max_length = 100)]
    pub brand: Option<String>,
    #[serde(default)]
    #[schema(max_length = 100)]
    pub model: Option<String>,
    #[serde(default)]
    #[schema(max_length = 100)]
    pub batch_number: Option<String>,
    #[serde(default)]
    #[schema(max_length = 100)]
    pub serial_number: Option<String>,
}

/// Who signed for it, and when.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDeviceDelivery)]
pub struct NewDelivery {
    #[schema(min_length = 1, max_length = 40)]
    pub signed_by: String,
    pub relation: SignerRelation,
    /// From the day on which it was supplied.
    #[serde(deserialize_with = "date::written")]
    pub date: NaiveDate,
}

/// What somebody does to an allocation.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDeviceAllocationTransition, example = json!({
    "action": "deliver", "delivery": {"signed_by": "张晓明", "relation": "self", "date": "2022-07-18"}
}))]
pub struct NewAllocationTransition {
    pub action: AllocationAction,
    /// To issue: from where one piece is taken.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub lot_id: Option<StockLotId>,
    #[serde(default)]
    pub purchase: Option<NewPurchase>,
    #[serde(default)]
    pub delivery: Option<NewDelivery>,
    /// Of what is returned.
    #[serde(default)]
    pub condition: Option<ReturnCondition>,
    /// Needed to plan, repair and cancel: what, and why.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

impl NewAllocationTransition {
    /// `supplied` is the day on which there was something to sign for, if there is.
    pub fn check(&mut self, supplied: Option<NaiveDate>, today: NaiveDate) -> Result<()> {
        use AllocationAction as Action;
        let action = self.action;
        let mut wrong = Wrong::default();
        wrong.belongs(self.lot_id.is_some(), action == Action::Issue, "/lot_id");
        wrong.belongs(
            self.purchase.is_some(),
            action == Action::Purchase,
            "/purchase",
        );
        wrong.belongs(
            self.delivery.is_some(),
            action == Action::Deliver,
            "/delivery",
        );
        wrong.belongs(
            self.condition.is_some(),
            action == Action::Return,
            "/condition",
        );
        self.comment = self.comment.take().map(|text| text.trim().to_owned());
        self.comment = self.comment.take().filter(|text| !text.is_empty());
        let length = self.comment.as_ref().map_or(0, |text| text.chars().count());
        let needs_one = matches!(action, Action::Plan | Action::Repair | Action::Cancel);
        let text = (
            "comment.length",
            "up to 1000 characters; plan, repair and cancel need one",
            "不超过1000字；制定方案、维修、取消须填写",
        );
        wrong.refuse(
            length > LONGEST_COMMENT || (needs_one && length == 0),
            "/comment",
            text,
        );
        if let Some(bought) = &mut self.purchase {
            wrong.line(
                &mut bought.invoice_number,
                "/purchase/invoice_number",
                LONGEST_LINE,
            );
            wrong.optional_line(&mut bought.brand, "/purchase/brand");
            wrong.optional_line(&mut bought.model, "/purchase/model");
            wrong.optional_line(&mut bought.batch_number, "/purchase/batch_number");
            wrong.optional_line(&mut bought.serial_number, "/purchase/serial_number");
            let range = (
                "amount.range",
                "more than nothing, up to a million yuan",
                "须大于零，不超过一百万元",
            );
            let fits = Fen::ZERO < bought.price && bought.price <= DEAREST;
            wrong.refuse(!fits, "/purchase/price_fen", range);
        }
        if let Some(delivery) = &mut self.delivery {
            wrong.line(&mut delivery.signed_by, "/delivery/signed_by", LONGEST_NAME);
            wrong.refuse(delivery.date > today, "/delivery/date", FUTURE);
            let early = (
                "date.order",
                "not before it was supplied",
                "不能早于配货日期",
            );
            let unsupplied = supplied.is_some_and(|supplied| delivery.date < supplied);
            wrong.refuse(unsupplied, "/delivery/date", early);
        }
        wrong.done()
    }
}
