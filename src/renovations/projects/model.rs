//! A renovation of a home, and how it goes on.

use chrono::{Months, NaiveDate};

use crate::kernel::address::Address;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{
    CaseId, DocumentId, HouseholdId, OrganizationId, RenovationItemId, RenovationProjectId,
    ResidentId, UserId,
};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// State of a renovation project.
    pub enum RenovationState {
        Surveyed = "surveyed", "已摸底";
        Assessed = "assessed", "已入户评估";
        Designed = "designed", "已设计";
        Consented = "consented", "已确认并公示";
        Contracted = "contracted", "已定施工单位";
        UnderConstruction = "under_construction", "施工中";
        Finished = "finished", "待验收";
        Rework = "rework", "返工中";
        Accepted = "accepted", "验收合格";
        SettlementProposed = "settlement_proposed", "结算待复核";
        Settled = "settled", "已结算";
        Cancelled = "cancelled", "已取消";
    }
}

vocabulary! {
    /// What is done to a renovation project.
    pub enum RenovationAction {
        Survey = "survey", "摸底";
        Assess = "assess", "入户评估";
        /// One household, one design; again until the household consents.
        Design = "design", "一户一案设计";
        /// By the household; the notice follows.
        Consent = "consent", "确认方案";
        Contract = "contract", "选定施工单位";
        Start = "start", "开工";
        /// How far the items are.
        Progress = "progress", "登记进度";
        Finish = "finish", "完工";
        /// By each inspector in person.
        Inspect = "inspect", "验收检查";
        Reject = "reject", "退回返工";
        Accept = "accept", "验收合格";
        Propose = "propose", "提出结算";
        Return = "return", "退回结算";
        Settle = "settle", "复核结算";
        Cancel = "cancel", "取消";
    }
}

vocabulary! {
    /// What is built.
    pub enum RenovationItemKind {
        Entrance = "entrance", "出入口及坡道";
        DoorWidening = "door_widening", "门加宽";
        Leveling = "leveling", "地面平整";
        GrabBars = "grab_bars", "扶手";
        Toilet = "toilet", "卫生间及洗浴";
        Kitchen = "kitchen", "低位灶台";
        Bedroom = "bedroom", "卧室";
        Doorbell = "doorbell", "闪光或可视门铃";
        GasAlarm = "gas_alarm", "燃气报警";
        ScreenReader = "screen_reader", "读屏设备";
    }
}

vocabulary! {
    /// How far an item is.
    pub enum RenovationItemState {
        Planned = "planned", "待施工";
        UnderWay = "under_way", "施工中";
        Done = "done", "已完工";
    }
}

vocabulary! {
    /// Who signed for the household.
    pub enum RenovationSigner {
        Oneself = "self", "本人";
        Guardian = "guardian", "监护人";
        Relative = "relative", "亲属";
        Other = "other", "其他";
    }
}

impl RenovationAction {
    /// Those that are asked for.
    pub const ASKED: [Self; 14] = [
        Self::Assess,
        Self::Design,
        Self::Consent,
        Self::Contract,
        Self::Start,
        Self::Progress,
        Self::Finish,
        Self::Inspect,
        Self::Reject,
        Self::Accept,
        Self::Propose,
        Self::Return,
        Self::Settle,
        Self::Cancel,
    ];

    /// The audit's name of it.
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Survey => "renovation_project.surveyed",
            Self::Assess => "renovation_project.assessed",
            Self::Design => "renovation_project.designed",
            Self::Consent => "renovation_project.consented",
            Self::Contract => "renovation_project.contracted",
            Self::Start => "renovation_project.started",
            Self::Progress => "renovation_project.progressed",
            Self::Finish => "renovation_project.finished",
            Self::Inspect => "renovation_project.inspected",
            Self::Reject => "renovation_project.rejected",
            Self::Accept => "renovation_project.accepted",
            Self::Propose => "renovation_project.settlement_proposed",
            Self::Return => "renovation_project.settlement_returned",
            Self::Settle => "renovation_project.settled",
            Self::Cancel => "renovation_project.cancelled",
        }
    }

    /// Where it leads, or nowhere.
    const fn follow(self, at: RenovationState) -> Option<RenovationState> {
        use RenovationState as State;
        match (at, self) {
            (State::Surveyed, Self::Assess) => Some(State::Assessed),
            (State::Assessed | State::Designed, Self::Design) => Some(State::Designed),
            (State::Designed, Self::Consent) => Some(State::Consented),
            (State::Consented, Self::Contract) => Some(State::Contracted),
            (State::Contracted, Self::Start) | (State::UnderConstruction, Self::Progress) => {
                Some(State::UnderConstruction)
            }
            (State::Rework, Self::Progress) | (State::Finished, Self::Reject) => {
                Some(State::Rework)
            }
            (State::UnderConstruction | State::Rework, Self::Finish)
            | (State::Finished, Self::Inspect) => Some(State::Finished),
            (State::Finished, Self::Accept) | (State::SettlementProposed, Self::Return) => {
                Some(State::Accepted)
            }
            (State::Accepted, Self::Propose) => Some(State::SettlementProposed),
            (State::SettlementProposed, Self::Settle) => Some(State::Settled),
            (at, Self::Cancel) if at.is_open() => Some(State::Cancelled),
            _ => None,
        }
    }

    /// Of the county's office alone.
    pub const fn is_of_county(self) -> bool {
        matches!(
            self,
            Self::Contract | Self::Propose | Self::Return | Self::Settle
        )
    }

    /// What goes on with the case, and takes one that does; the money follows after it, too.
    pub const fn is_of_case(self) -> bool {
        !matches!(
            self,
            Self::Propose | Self::Return | Self::Settle | Self::Cancel
        )
    }

    /// What has to say why.
    pub const fn needs_comment(self) -> bool {
        matches!(
            self,
            Self::Assess | Self::Inspect | Self::Reject | Self::Return | Self::Cancel
        )
    }
}

impl RenovationState {
    /// Neither accepted nor given up.
    pub const fn is_open(self) -> bool {
        !matches!(
            self,
            Self::Accepted | Self::SettlementProposed | Self::Settled | Self::Cancelled
        )
    }
}

/// A user by id, user name and display name.
pub type Named = (UserId, String, String);

/// Who looked at the home.
#[derive(Debug, Clone)]
pub struct Assessment {
    pub organization: OrganizationId,
    pub assessor: String,
    pub date: NaiveDate,
}

/// The design that holds: its items cost so much.
#[derive(Debug, Clone, Copy)]
pub struct Design {
    /// The entry by which it was made.
    pub sequence: i32,
    pub budget: Fen,
}

/// Who said yes to it, and for how long it hangs out.
#[derive(Debug, Clone)]
pub struct Consent {
    pub by: String,
    pub relation: RenovationSigner,
    pub date: NaiveDate,
    pub document: Option<DocumentId>,
    pub notice_from: NaiveDate,
    /// The first day on which nothing hangs out any more.
    pub notice_until: NaiveDate,
}

/// Who signed that all is as agreed.
#[derive(Debug, Clone)]
pub struct Acceptance {
    pub by: String,
    pub relation: RenovationSigner,
    pub date: NaiveDate,
    /// From then on the dwelling may be renovated again.
    pub possible_from: Option<NaiveDate>,
}

/// What the contractor is to get.
#[derive(Debug, Clone, Copy)]
pub struct Settlement {
    pub amount: Fen,
    pub proposed_by: UserId,
}

#[derive(Debug, Clone)]
pub struct Project {
    pub id: RenovationProjectId,
    pub case_id: CaseId,
    pub resident_id: ResidentId,
    /// Where the case is.
    pub division_code: DivisionCode,
    pub household: Option<HouseholdId>,
    pub address: Address,
    pub dwelling_index: Vec<u8>,
    pub cap: Fen,
    pub assessment: Option<Assessment>,
    pub design: Option<Design>,
    pub consent: Option<Consent>,
    pub contractor: Option<OrganizationId>,
    pub acceptance: Option<Acceptance>,
    pub settlement: Option<Settlement>,
    pub state: RenovationState,
    /// The number of its last entry, and its version.
    pub last_transition: i32,
    pub recorded_by: Named,
    pub recorded_at: Timestamp,
}

/// What is built where.
#[derive(Debug, Clone)]
pub struct Item {
    pub id: RenovationItemId,
    pub number: i32,
    pub kind: RenovationItemKind,
    pub place: String,
    pub measured_before: String,
    pub quantity: i32,
    pub unit_price: Fen,
    pub state: RenovationItemState,
    pub measured_after: Option<String>,
    pub before_document: Option<DocumentId>,
    pub after_document: Option<DocumentId>,
}

/// One entry of a project's history.
#[derive(Debug, Clone)]
pub struct Turn {
    pub sequence: i32,
    pub action: RenovationAction,
    pub from: Option<RenovationState>,
    pub to: RenovationState,
    pub actor: Named,
    pub passed: Option<bool>,
    pub comment: Option<String>,
    pub at: Timestamp,
}

/// Where an action leads, if somebody may take it; `of_county` says that they sit in the county's office.
pub fn step(
    of: &Project,
    action: RenovationAction,
    user: UserId,
    of_county: bool,
) -> Result<RenovationState> {
    let asked = RenovationAction::ASKED.contains(&action);
    let to = action.follow(of.state).filter(|_| asked);
    let to = to.ok_or_else(|| {
        Error::new(Code::RenovationTransition)
            .detail(
                format!("a project in state {} does not take: {action}", of.state),
                format!("{}的改造项目不能{}", of.state.label_zh(), action.label_zh()),
            )
            .member("state", of.state.as_str())
    })?;
    if action.is_of_county() && !of_county {
        return Err(Code::RenovationCounty.into());
    }
    let checks = matches!(action, RenovationAction::Return | RenovationAction::Settle);
    let proposed = of
        .settlement
        .is_some_and(|settlement| settlement.proposed_by == user);
    if checks && proposed {
        return Err(Code::RenovationOwn.into());
    }
    Ok(to)
}

/// What somebody may do to it now.
pub fn allowed(of: &Project, user: UserId, of_county: bool) -> Vec<RenovationAction> {
    let may = |action: &RenovationAction| step(of, *action, user, of_county).is_ok();
    RenovationAction::ASKED.into_iter().filter(may).collect()
}

/// What the items of a design cost; nothing where that cannot be counted.
pub fn budget<'a>(items: impl IntoIterator<Item = (&'a i32, &'a Fen)>) -> Option<Fen> {
    let costs: Option<Vec<_>> = items
        .into_iter()
        .map(|(quantity, price)| price.checked_mul(i64::from(*quantity)))
        .collect();
    Fen::sum(costs?)
}

/// From when on a dwelling accepted that day may be renovated again.
pub fn possible_from(accepted: NaiveDate, months: Option<i32>) -> Option<NaiveDate> {
    let months = u32::try_from(months?).ok()?;
    accepted.checked_add_months(Months::new(months))
}

/// When somebody looks whether it holds, and helps.
pub fn visit_day(accepted: NaiveDate) -> Option<NaiveDate> {
    accepted.checked_add_months(Months::new(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_goes_from_its_survey_to_its_settlement() {
        use RenovationAction as Act;
        use RenovationState as State;
        let way = [
            Act::Assess,
            Act::Design,
            Act::Design,
            Act::Consent,
            Act::Contract,
            Act::Start,
            Act::Progress,
            Act::Finish,
            Act::Inspect,
            Act::Reject,
            Act::Progress,
            Act::Finish,
            Act::Inspect,
            Act::Inspect,
            Act::Accept,
            Act::Propose,
            Act::Return,
            Act::Propose,
            Act::Settle,
        ];
        let end = way
            .into_iter()
            .try_fold(State::Surveyed, |at, action| action.follow(at));
        assert_eq!(end, Some(State::Settled));
        for over in [State::Settled, State::Cancelled] {
            let stays = |action: &Act| action.follow(over).is_none();
            assert!(Act::ALL.iter().all(stays));
        }
        assert_eq!(Act::Start.follow(State::Consented), None);
        assert_eq!(Act::Accept.follow(State::UnderConstruction), None);
        assert_eq!(Act::Cancel.follow(State::Accepted), None);
    }

    #[test]
    fn items_are_counted() {
        let (two, one) = (2, 1);
        let (price, most) = (Fen::new(150), Fen::new(i64::MAX));
        assert_eq!(
            budget([(&two, &price), (&one, &price)]),
            Some(Fen::new(450))
        );
        assert_eq!(budget([(&two, &most)]), None);
    }

    #[test]
    fn days_are_days_that_there_are() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(visit_day(day("2022-11-30")), Some(day("2023-02-28")));
        let again = possible_from(day("2022-02-28"), Some(120));
        assert_eq!(again, Some(day("2032-02-28")));
        assert_eq!(possible_from(day("2022-02-28"), None), None);
    }
}
