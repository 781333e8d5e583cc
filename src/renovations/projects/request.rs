//! What is asked of a renovation project, and whether it can be.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::model::{
    Project, RenovationAction, RenovationItemKind, RenovationItemState, RenovationSigner,
};
use crate::kernel::address::Address;
use crate::kernel::date;
use crate::kernel::error::Result;
use crate::kernel::id::{CaseId, DocumentId, OrganizationId, RenovationItemId};
use crate::kernel::money::Fen;
use crate::renovations::wrong::{FUTURE, LONGEST_COMMENT, LONGEST_LINE, LONGEST_NAME, Wrong};

const DEAREST: Fen = Fen::new(100_000_000);
const MOST_ITEMS: usize = 50;
const MOST_PIECES: i32 = 100;

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRenovationProject, example = json!({
    "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "address": "丙岭三号镇一号村12号", "finding": "门前三级台阶，轮椅不能进出"
}))]
pub struct NewProject {
    /// Approved, of accessibility renovation.
    #[schema(value_type = uuid::Uuid)]
    pub case_id: CaseId,
    /// Of the dwelling.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub address: Address,
    #[schema(min_length = 1, max_length = 1000)]
    pub finding: String,
}

impl NewProject {
    pub fn check(&mut self) -> Result<()> {
        let mut wrong = Wrong::default();
        self.finding = self.finding.trim().to_owned();
        let length = self.finding.chars().count();
        let text = ("text.length", "1 to 1000 characters", "1 至 1000 个字");
        wrong.refuse(!(1..=LONGEST_COMMENT).contains(&length), "/finding", text);
        wrong.done()
    }
}

/// Who looked at the home.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRenovationAssessment)]
pub struct NewAssessment {
    /// It does not build.
    #[schema(value_type = uuid::Uuid)]
    pub organization_id: OrganizationId,
    #[schema(min_length = 1, max_length = 40)]
    pub assessor: String,
    #[serde(deserialize_with = "date::written")]
    pub date: NaiveDate,
}

/// What is to be built where, for how much.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRenovationItem)]
pub struct NewItem {
    pub kind: RenovationItemKind,
    #[schema(min_length = 1, max_length = 100)]
    pub place: String,
    /// As it is: width, height, gradient.
    #[schema(min_length = 1, max_length = 100)]
    pub measured_before: String,
    #[schema(minimum = 1, maximum = 100)]
    pub quantity: i32,
    #[serde(rename = "unit_price_fen")]
    #[schema(minimum = 1, maximum = 100_000_000)]
    pub unit_price: Fen,
    /// A photo among the case's documents.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub before_document_id: Option<DocumentId>,
}

/// The household's yes, and for how long the design hangs out.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRenovationConsent)]
pub struct NewConsent {
    #[schema(min_length = 1, max_length = 40)]
    pub signed_by: String,
    pub relation: RenovationSigner,
    #[serde(deserialize_with = "date::written")]
    pub date: NaiveDate,
    /// The signed form, among the case's documents.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub document_id: Option<DocumentId>,
    #[serde(deserialize_with = "date::written")]
    pub notice_from: NaiveDate,
    /// The first day on which nothing hangs out any more.
    #[serde(deserialize_with = "date::written")]
    pub notice_until: NaiveDate,
}

/// How far an item is.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRenovationProgress)]
pub struct NewProgress {
    #[schema(value_type = uuid::Uuid)]
    pub item_id: RenovationItemId,
    pub state: RenovationItemState,
    /// Of what is done: as it is now.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub measured_after: Option<String>,
    /// What is left out stays.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub before_document_id: Option<DocumentId>,
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub after_document_id: Option<DocumentId>,
}

/// Who signed for the household that all is as agreed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRenovationAcceptance)]
pub struct NewAcceptance {
    #[schema(min_length = 1, max_length = 40)]
    pub signed_by: String,
    pub relation: RenovationSigner,
    #[serde(deserialize_with = "date::written")]
    pub date: NaiveDate,
}

/// What somebody does to a project.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRenovationTransition, example = json!({
    "action": "design", "items": [{"kind": "entrance", "place": "院门", "measured_before": "三级台阶，高48厘米", "quantity": 1, "unit_price_fen": 180_000}]
}))]
pub struct NewRenovationTransition {
    pub action: RenovationAction,
    /// Of assess (the finding), inspect (what was seen), reject, return and cancel.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
    /// Of assess.
    #[serde(default)]
    pub assessment: Option<NewAssessment>,
    /// Of design.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub items: Option<Vec<NewItem>>,
    /// Of consent.
    #[serde(default)]
    pub consent: Option<NewConsent>,
    /// Of contract: an institution to which nobody of the project belongs.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub contractor_id: Option<OrganizationId>,
    /// Of progress.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub progress: Option<Vec<NewProgress>>,
    /// Of inspect: whether all is as it should be.
    #[serde(default)]
    pub passed: Option<bool>,
    /// Of accept.
    #[serde(default)]
    pub acceptance: Option<NewAcceptance>,
    /// Of propose: no more than the budget.
    #[serde(default, rename = "amount_fen")]
    #[schema(minimum = 1, maximum = 100_000_000)]
    pub amount: Option<Fen>,
}

impl NewRenovationTransition {
    pub fn check(&mut self, of: &Project, today: NaiveDate) -> Result<()> {
        use RenovationAction as Action;
        let mut wrong = Wrong::default();
        let action = self.action;
        wrong.comment(&mut self.comment, action.needs_comment());
        let said = [
            (self.assessment.is_some(), Action::Assess, "/assessment"),
            (self.items.is_some(), Action::Design, "/items"),
            (self.consent.is_some(), Action::Consent, "/consent"),
            (
                self.contractor_id.is_some(),
                Action::Contract,
                "/contractor_id",
            ),
            (self.progress.is_some(), Action::Progress, "/progress"),
            (self.passed.is_some(), Action::Inspect, "/passed"),
            (self.acceptance.is_some(), Action::Accept, "/acceptance"),
            (self.amount.is_some(), Action::Propose, "/amount_fen"),
        ];
        for (is_there, of_action, pointer) in said {
            wrong.belongs(is_there, action == of_action, pointer);
        }
        if let Some(given) = &mut self.assessment {
            wrong.line(&mut given.assessor, "/assessment/assessor", LONGEST_NAME);
            wrong.refuse(given.date > today, "/assessment/date", FUTURE);
        }
        if let Some(items) = &mut self.items {
            check_items(&mut wrong, items);
        }
        if let Some(given) = &mut self.consent {
            check_consent(&mut wrong, given, of, today);
        }
        if let Some(all) = &mut self.progress {
            check_progress(&mut wrong, all);
        }
        if let Some(given) = &mut self.acceptance {
            wrong.line(&mut given.signed_by, "/acceptance/signed_by", LONGEST_NAME);
            wrong.refuse(given.date > today, "/acceptance/date", FUTURE);
            let noticed = of.consent.as_ref().map(|consent| consent.notice_until);
            let early = (
                "date.order",
                "not before the notice ended",
                "不能早于公示期满",
            );
            let is_early = noticed.is_some_and(|until| given.date < until);
            wrong.refuse(is_early, "/acceptance/date", early);
        }
        if let Some(amount) = self.amount {
            let budget = of.design.map_or(Fen::ZERO, |design| design.budget);
            let range = (
                "amount.range",
                "more than nothing, and no more than the budget",
                "须大于零，且不超过预算",
            );
            let fits = Fen::ZERO < amount && amount <= budget;
            wrong.refuse(!fits, "/amount_fen", range);
        }
        wrong.done()
    }
}

fn check_items(wrong: &mut Wrong, items: &mut [NewItem]) {
    let count = ("items.count", "1 to 50 items", "1 至 50 项");
    wrong.refuse(!(1..=MOST_ITEMS).contains(&items.len()), "/items", count);
    for (at, item) in items.iter_mut().enumerate() {
        let pointer = |field: &str| format!("/items/{at}/{field}");
        wrong.line(&mut item.place, &pointer("place"), LONGEST_LINE);
        wrong.line(
            &mut item.measured_before,
            &pointer("measured_before"),
            LONGEST_LINE,
        );
        let pieces = ("quantity.range", "1 to 100", "1 至 100");
        wrong.refuse(
            !(1..=MOST_PIECES).contains(&item.quantity),
            &pointer("quantity"),
            pieces,
        );
        let range = (
            "amount.range",
            "more than nothing, up to a million yuan",
            "须大于零，不超过一百万元",
        );
        let fits = Fen::ZERO < item.unit_price && item.unit_price <= DEAREST;
        wrong.refuse(!fits, &pointer("unit_price_fen"), range);
    }
}

fn check_consent(wrong: &mut Wrong, given: &mut NewConsent, of: &Project, today: NaiveDate) {
    wrong.line(&mut given.signed_by, "/consent/signed_by", LONGEST_NAME);
    wrong.refuse(given.date > today, "/consent/date", FUTURE);
    let assessed = of.assessment.as_ref().map(|assessment| assessment.date);
    let early = (
        "date.order",
        "not before the assessment",
        "不能早于评估日期",
    );
    let is_early = assessed.is_some_and(|day| given.date < day);
    wrong.refuse(is_early, "/consent/date", early);
    let order = (
        "period.order",
        "from the consent on, and for a day at least",
        "公示须在确认之后，且不少于一天",
    );
    let in_order = given.date <= given.notice_from && given.notice_from < given.notice_until;
    wrong.refuse(!in_order, "/consent/notice_until", order);
}

fn check_progress(wrong: &mut Wrong, all: &mut [NewProgress]) {
    let mut ids: Vec<_> = all.iter().map(|one| one.item_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let count = (
        "items.count",
        "1 to 50 items, each once",
        "1 至 50 项，每项一次",
    );
    let fits = (1..=MOST_ITEMS).contains(&all.len()) && ids.len() == all.len();
    wrong.refuse(!fits, "/progress", count);
    for (at, one) in all.iter_mut().enumerate() {
        if let Some(text) = &mut one.measured_after {
            let pointer = format!("/progress/{at}/measured_after");
            wrong.line(text, &pointer, LONGEST_LINE);
        }
    }
}
