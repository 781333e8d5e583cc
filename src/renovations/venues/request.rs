//! What is asked of a public venue, and whether it can be.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::model::{VenueAction, VenueItem, VenueItemKind, VenueKind};
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{PublicVenueItemId, ResidentId};
use crate::renovations::wrong::{FUTURE, LONGEST_LINE, Wrong};

const LONGEST_ADDRESS: usize = 200;
const LONGEST_FINDING: usize = 500;
const MOST_ITEMS: usize = 50;
const MOST_PARTICIPANTS: usize = 20;

/// What is missing, and until when it is to be there.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPublicVenueItem)]
pub struct NewVenueItem {
    pub kind: VenueItemKind,
    #[schema(min_length = 1, max_length = 500)]
    pub finding: String,
    #[serde(deserialize_with = "date::written")]
    pub due_date: NaiveDate,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPublicVenue, example = json!({
    "name": "丙岭县政务服务中心", "kind": "government", "division_code": "990121103000", "address": "人民路1号", "owner": "丙岭县行政审批局",
    "items": [{"kind": "entrance", "finding": "正门三级台阶，无坡道", "due_date": "2099-09-30"}]
}))]
pub struct NewVenue {
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    pub kind: VenueKind,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    #[schema(min_length = 1, max_length = 200)]
    pub address: String,
    /// Who has to remedy it.
    #[schema(min_length = 1, max_length = 100)]
    pub owner: String,
    #[schema(min_items = 1, max_items = 50)]
    pub items: Vec<NewVenueItem>,
}

impl NewVenue {
    pub fn check(&mut self, today: NaiveDate) -> Result<()> {
        let mut wrong = Wrong::default();
        wrong.line(&mut self.name, "/name", LONGEST_LINE);
        wrong.line(&mut self.address, "/address", LONGEST_ADDRESS);
        wrong.line(&mut self.owner, "/owner", LONGEST_LINE);
        let count = ("items.count", "1 to 50 items", "1 至 50 项");
        wrong.refuse(
            !(1..=MOST_ITEMS).contains(&self.items.len()),
            "/items",
            count,
        );
        for (at, item) in self.items.iter_mut().enumerate() {
            let pointer = format!("/items/{at}/finding");
            wrong.line(&mut item.finding, &pointer, LONGEST_FINDING);
            let pointer = format!("/items/{at}/due_date");
            wrong.refuse(item.due_date < today, &pointer, PAST);
        }
        wrong.done()
    }
}

const PAST: (&str, &str, &str) = ("date.past", "today or later", "不能早于今天");

/// What becomes of an item.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPublicVenueItemChange)]
pub struct NewItemChange {
    #[schema(value_type = uuid::Uuid)]
    pub item_id: PublicVenueItemId,
    /// Of extend and reject: until when it is to be remedied now.
    #[serde(default, deserialize_with = "date::maybe")]
    pub due_date: Option<NaiveDate>,
}

/// What somebody does to a venue.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPublicVenueTransition, example = json!({
    "action": "remedy", "items": [{"item_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07"}], "comment": "坡道已建成，坡度1:12"
}))]
pub struct NewVenueTransition {
    pub action: VenueAction,
    /// Needed but by remedy.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
    /// Of remedy, extend and reject: which.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub items: Option<Vec<NewItemChange>>,
    /// Of accept: residents with a valid certificate who tried it.
    #[serde(default)]
    #[schema(value_type = Option<Vec<uuid::Uuid>>, max_items = 20)]
    pub participants: Option<Vec<ResidentId>>,
    /// Of accept.
    #[serde(default, deserialize_with = "date::maybe")]
    pub accepted_date: Option<NaiveDate>,
}

impl NewVenueTransition {
    pub fn check(
        &mut self,
        known: &[VenueItem],
        listed: NaiveDate,
        today: NaiveDate,
    ) -> Result<()> {
        let mut wrong = Wrong::default();
        let accepts = self.action == VenueAction::Accept;
        let of_items = matches!(
            self.action,
            VenueAction::Remedy | VenueAction::Extend | VenueAction::Reject
        );
        wrong.comment(&mut self.comment, self.action != VenueAction::Remedy);
        wrong.belongs(self.items.is_some(), of_items, "/items");
        wrong.belongs(self.participants.is_some(), accepts, "/participants");
        wrong.belongs(self.accepted_date.is_some(), accepts, "/accepted_date");
        if let Some(day) = self.accepted_date {
            wrong.refuse(day > today, "/accepted_date", FUTURE);
            let early = (
                "date.order",
                "not before it was listed",
                "不能早于列入清单之日",
            );
            wrong.refuse(day < listed, "/accepted_date", early);
        }
        if let Some(all) = &mut self.participants {
            all.sort_unstable();
            all.dedup();
            let count = ("participants.count", "1 to 20 people", "1 至 20 人");
            let fits = (1..=MOST_PARTICIPANTS).contains(&all.len());
            wrong.refuse(!fits, "/participants", count);
        }
        if let Some(items) = &self.items {
            check_items(&mut wrong, self.action, items, known, today);
        }
        wrong.done()
    }
}

fn check_items(
    wrong: &mut Wrong,
    action: VenueAction,
    items: &[NewItemChange],
    known: &[VenueItem],
    today: NaiveDate,
) {
    let mut ids: Vec<_> = items.iter().map(|one| one.item_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let count = (
        "items.count",
        "1 to 50 items, each once",
        "1 至 50 项，每项一次",
    );
    let fits = (1..=MOST_ITEMS).contains(&items.len()) && ids.len() == items.len();
    wrong.refuse(!fits, "/items", count);
    for (at, one) in items.iter().enumerate() {
        let pointer = format!("/items/{at}/item_id");
        let remedied = action == VenueAction::Reject;
        let unknown = (
            "item.unknown",
            "no item of this venue that stands so",
            "不是该场所的相应改造项",
        );
        let is_known = known
            .iter()
            .any(|item| item.id == one.item_id && item.remedied == remedied);
        wrong.refuse(!is_known, &pointer, unknown);
        let pointer = format!("/items/{at}/due_date");
        let belongs = action != VenueAction::Remedy;
        wrong.belongs(one.due_date.is_some(), belongs, &pointer);
        wrong.refuse(one.due_date.is_some_and(|day| day < today), &pointer, PAST);
        let before = known.iter().find(|item| item.id == one.item_id);
        let shorter = before
            .zip(one.due_date)
            .is_some_and(|(item, day)| day <= item.due_date);
        let later = (
            "date.order",
            "later than it was due before",
            "须晚于原定期限",
        );
        wrong.refuse(action == VenueAction::Extend && shorter, &pointer, later);
    }
}
