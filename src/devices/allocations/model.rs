//! A device for a person, and how it goes on.

use chrono::{Months, NaiveDate};

use crate::devices::catalog::{DeviceItem, EvaluationLevel, ItemKey};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{
    CaseId, DeviceAllocationId, DocumentId, OrganizationId, ResidentId, StockMovementId, UserId,
};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// State of a device allocation.
    pub enum AllocationState {
        Evaluated = "evaluated", "已评估";
        Planned = "planned", "已制定方案";
        /// Issued from stock or bought; not with the person yet.
        Supplied = "supplied", "已配货";
        Fitted = "fitted", "已适配";
        Trained = "trained", "已训练";
        Delivered = "delivered", "已交付";
        Returned = "returned", "已归还";
        Cancelled = "cancelled", "已取消";
    }
}

vocabulary! {
    /// What is done to a device allocation.
    pub enum AllocationAction {
        Evaluate = "evaluate", "评估";
        Plan = "plan", "制定方案";
        /// From stock, by the keeper.
        Issue = "issue", "出库";
        Purchase = "purchase", "采购";
        Fit = "fit", "适配";
        Train = "train", "使用训练";
        /// Against a signature.
        Deliver = "deliver", "交付";
        Repair = "repair", "维修";
        Return = "return", "归还";
        Cancel = "cancel", "取消";
    }
}

vocabulary! {
    /// Why somebody gets a second one within the use-life of the first.
    pub enum DeviceExceptionKind {
        /// Of a minor.
        Growth = "growth", "未成年人生长";
        /// With a document that proves it.
        Loss = "loss", "遗失";
        /// Its batch was called back.
        Recall = "recall", "召回";
    }
}

vocabulary! {
    /// Who signed for it.
    pub enum SignerRelation {
        Oneself = "self", "本人";
        Guardian = "guardian", "监护人";
        Relative = "relative", "亲属";
        Other = "other", "其他";
    }
}

vocabulary! {
    /// In what condition it came back.
    pub enum ReturnCondition {
        /// Somebody else may use it.
        Good = "good", "完好";
        /// After a repair; until then it lies in no lot.
        Repairable = "repairable", "可维修";
        Unusable = "unusable", "不可用";
    }
}

impl AllocationAction {
    /// Those that are asked for.
    pub const ASKED: [Self; 9] = [
        Self::Plan,
        Self::Issue,
        Self::Purchase,
        Self::Fit,
        Self::Train,
        Self::Deliver,
        Self::Repair,
        Self::Return,
        Self::Cancel,
    ];

    /// The audit's name of it.
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Evaluate => "device_allocation.evaluated",
            Self::Plan => "device_allocation.planned",
            Self::Issue => "device_allocation.issued",
            Self::Purchase => "device_allocation.purchased",
            Self::Fit => "device_allocation.fitted",
            Self::Train => "device_allocation.trained",
            Self::Deliver => "device_allocation.delivered",
            Self::Repair => "device_allocation.repaired",
            Self::Return => "device_allocation.returned",
            Self::Cancel => "device_allocation.cancelled",
        }
    }

    /// Where it leads, or nowhere.
    const fn follow(self, at: AllocationState) -> Option<AllocationState> {
        use AllocationState as State;
        match (at, self) {
            (State::Evaluated, Self::Plan) => Some(State::Planned),
            (State::Planned, Self::Issue | Self::Purchase) => Some(State::Supplied),
            (State::Supplied, Self::Fit) => Some(State::Fitted),
            (State::Fitted, Self::Train) => Some(State::Trained),
            (State::Trained, Self::Deliver) | (State::Delivered, Self::Repair) => {
                Some(State::Delivered)
            }
            (State::Delivered, Self::Return) => Some(State::Returned),
            (
                State::Evaluated
                | State::Planned
                | State::Supplied
                | State::Fitted
                | State::Trained,
                Self::Cancel,
            ) => Some(State::Cancelled),
            _ => None,
        }
    }

    /// What goes on with the case, and takes one that does; the rest is done after it, too.
    pub const fn is_of_case(self) -> bool {
        !matches!(self, Self::Repair | Self::Return | Self::Cancel)
    }

    pub const fn supplies(self) -> bool {
        matches!(self, Self::Issue | Self::Purchase)
    }
}

impl AllocationState {
    /// Neither given back nor given up.
    pub const fn is_live(self) -> bool {
        !matches!(self, Self::Returned | Self::Cancelled)
    }

    /// Somebody has the piece, the person or the office on the way to them.
    pub const HOLDING: [Self; 4] = [Self::Supplied, Self::Fitted, Self::Trained, Self::Delivered];
}

/// A user by id, user name and display name.
pub type Named = (UserId, String, String);

/// Who found that it is needed.
#[derive(Debug, Clone)]
pub struct Evaluation {
    pub level: EvaluationLevel,
    pub organization: OrganizationId,
    pub evaluator: String,
    pub date: NaiveDate,
}

/// Why within the use-life of another.
#[derive(Debug, Clone, Copy)]
pub struct Exception {
    pub kind: DeviceExceptionKind,
    pub document: Option<DocumentId>,
    /// Which one it replaces.
    pub previous: DeviceAllocationId,
}

#[derive(Debug, Clone)]
pub enum SupplySource {
    /// The issue of the piece.
    Stock(StockMovementId),
    Purchase {
        supplier: OrganizationId,
        invoice_number: String,
        price: Fen,
    },
}

/// The piece, and where it came from.
#[derive(Debug, Clone)]
pub struct Supply {
    pub source: SupplySource,
    pub brand: Option<String>,
    pub model: Option<String>,
    pub batch_number: Option<String>,
    pub serial_number: Option<String>,
    pub by: UserId,
}

/// Who took it.
#[derive(Debug, Clone)]
pub struct Handover {
    pub signed_by: String,
    pub relation: SignerRelation,
    pub date: NaiveDate,
    /// From then on another is possible.
    pub use_life_until: Option<NaiveDate>,
}

#[derive(Debug, Clone)]
pub struct Allocation {
    pub id: DeviceAllocationId,
    pub case_id: CaseId,
    pub resident_id: ResidentId,
    /// Where the case is.
    pub division_code: DivisionCode,
    pub item: ItemKey,
    pub evaluation: Evaluation,
    pub exception: Option<Exception>,
    pub supply: Option<Supply>,
    pub handover: Option<Handover>,
    pub returned: Option<ReturnCondition>,
    pub state: AllocationState,
    /// The number of its last entry, and its version.
    pub last_transition: i32,
    /// Who took down the evaluation: the one who may not supply.
    pub recorded_by: Named,
    pub recorded_at: Timestamp,
}

/// One entry of an allocation's history.
#[derive(Debug, Clone)]
pub struct Turn {
    pub sequence: i32,
    pub action: AllocationAction,
    pub from: Option<AllocationState>,
    pub to: AllocationState,
    pub actor: Named,
    /// Of the first one: the finding.
    pub comment: Option<String>,
    pub at: Timestamp,
}

/// Where an action leads, if somebody may take it.
pub fn step(of: &Allocation, action: AllocationAction, user: UserId) -> Result<AllocationState> {
    let asked = AllocationAction::ASKED.contains(&action);
    let to = action.follow(of.state).filter(|_| asked);
    let to = to.ok_or_else(|| {
        Error::new(Code::DeviceAllocationTransition)
            .detail(
                format!(
                    "an allocation in state {} does not take: {action}",
                    of.state
                ),
                format!("{}的适配不能{}", of.state.label_zh(), action.label_zh()),
            )
            .member("state", of.state.as_str())
    })?;
    if action.supplies() && of.recorded_by.0 == user {
        return Err(Code::DeviceAllocationSeparation.into());
    }
    Ok(to)
}

/// What somebody may do to it now.
pub fn allowed(of: &Allocation, user: UserId) -> Vec<AllocationAction> {
    let may = |action: &AllocationAction| step(of, *action, user).is_ok();
    AllocationAction::ASKED.into_iter().filter(may).collect()
}

/// Minors grow out of what they have.
pub const GROWN: Months = Months::new(18 * 12);

pub fn is_minor(born: NaiveDate, on: NaiveDate) -> bool {
    born.checked_add_months(GROWN).is_some_and(|day| day > on)
}

/// From when on another of the item is possible, of one delivered that day.
pub fn possible_from(
    item: &DeviceItem,
    born: NaiveDate,
    delivered: NaiveDate,
) -> Option<NaiveDate> {
    let months = item.use_life(is_minor(born, delivered))?;
    delivered.checked_add_months(Months::new(u32::try_from(months).ok()?))
}

/// On which days a device that was delivered is looked at again: after one, three and twelve months.
pub fn check_days(delivered: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let after = move |months| delivered.checked_add_months(Months::new(months));
    [1, 3, 12].into_iter().filter_map(after)
}

/// Whether an evaluation of a level is one that an item takes: by that office or a higher one.
pub fn suffices(level: EvaluationLevel, needed: EvaluationLevel) -> bool {
    level >= needed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_device_goes_from_its_evaluation_to_its_return() {
        use AllocationAction as Act;
        use AllocationState as State;
        let way = [
            Act::Plan,
            Act::Purchase,
            Act::Fit,
            Act::Train,
            Act::Deliver,
            Act::Repair,
            Act::Return,
        ];
        let end = way
            .into_iter()
            .try_fold(State::Evaluated, |at, action| action.follow(at));
        assert_eq!(end, Some(State::Returned));
        for over in [State::Returned, State::Cancelled] {
            assert!(
                AllocationAction::ALL
                    .iter()
                    .all(|action| action.follow(over).is_none())
            );
        }
        assert_eq!(Act::Deliver.follow(State::Planned), None);
        assert_eq!(Act::Cancel.follow(State::Delivered), None);
    }

    #[test]
    fn somebody_is_a_minor_until_the_day_they_are_eighteen() {
        assert!(is_minor(day("2004-07-05"), day("2022-07-04")));
        assert!(!is_minor(day("2004-07-04"), day("2022-07-04")));
        assert!(!is_minor(day("2004-02-29"), day("2022-03-01")));
    }

    #[test]
    fn checks_are_on_days_that_there_are() {
        let days: Vec<_> = check_days(day("2022-01-31")).collect();
        assert_eq!(
            days,
            [day("2022-02-28"), day("2022-04-30"), day("2023-01-31")]
        );
    }

    #[test]
    fn a_higher_office_may_evaluate() {
        assert!(suffices(EvaluationLevel::City, EvaluationLevel::County));
        assert!(!suffices(
            EvaluationLevel::Township,
            EvaluationLevel::County
        ));
    }
}
