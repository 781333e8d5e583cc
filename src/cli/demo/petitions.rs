//! Petitions and legal aid, as they stand today: in each county one of each in every state, something that is overdue, and
//! something that was answered late.

use chrono::{Days, NaiveDate};

use super::residents::{at_county, counties, of_county, permit_of};
use crate::access::acts;
use crate::audit::{Event, Origin};
use crate::casework::State;
use crate::casework::cases::service::{self as cases, Filter};
use crate::db::{Db, Tx};
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{CaseId, ResidentId, UserId};
use crate::outreach::legal_aid::{
    self, LegalAidAction, LegalAidMatter, NewLegalAidApplication, NewLegalAidTransition,
};
use crate::outreach::petitions::{
    self, NewPetition, NewPetitionTransition, PetitionAction, PetitionCategory, PetitionChannel,
    PetitionOutcome,
};

/// Whose desk something is done at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Township,
    County,
    Approver,
    City,
    OtherOfCity,
}

/// What was done so many days ago.
type Did = (u64, By, PetitionAction, &'static str);

/// A petition that came so many days ago.
struct Story {
    by: By,
    channel: PetitionChannel,
    category: PetitionCategory,
    days: u64,
    text: &'static str,
    outcome: PetitionOutcome,
    steps: &'static [Did],
}

const fn story(
    by: By,
    category: PetitionCategory,
    days: u64,
    text: &'static str,
    steps: &'static [Did],
) -> Story {
    Story {
        by,
        channel: PetitionChannel::Visit,
        category,
        days,
        text,
        outcome: PetitionOutcome::NotSupported,
        steps,
    }
}

const ASKED: &str = "申请人对处理意见不服";
const ANSWER: &str = "经调查核实，现答复如下：已按规定办理";
const UPHELD: &str = "处理意见事实清楚、依据充分，予以维持";

use PetitionAction as Do;

/// Received, transferred, accepted and overdue, extended, refused, withdrawn; decided, late and closed; reviewed twice.
const STORIES: [Story; 12] = [
    story(
        By::Township,
        PetitionCategory::Subsidy,
        3,
        "护理补贴两个月未到账，请核实原因",
        &[],
    ),
    story(
        By::Township,
        PetitionCategory::Device,
        9,
        "申请轮椅半年没有答复",
        &[(2, By::Township, Do::Transfer, "属县残联职权")],
    ),
    story(
        By::County,
        PetitionCategory::Renovation,
        96,
        "家门口坡道施工后积水",
        &[(90, By::County, Do::Accept, "")],
    ),
    story(
        By::County,
        PetitionCategory::Employment,
        50,
        "单位以残疾为由解除合同，请求协调",
        &[
            (45, By::County, Do::Accept, ""),
            (
                5,
                By::County,
                Do::RequestExtension,
                "需向劳动监察部门调取材料",
            ),
        ],
    ),
    story(
        By::County,
        PetitionCategory::Rehabilitation,
        80,
        "定点机构未按约定课时训练",
        &[
            (76, By::County, Do::Accept, ""),
            (30, By::County, Do::RequestExtension, "需核对机构签到记录"),
            (28, By::Approver, Do::ApproveExtension, ""),
            (27, By::County, Do::NotifyExtension, ""),
        ],
    ),
    story(
        By::County,
        PetitionCategory::Rights,
        40,
        "请求改判交通事故赔偿",
        &[(
            32,
            By::County,
            Do::NotAccept,
            "属人民法院职权，已告知依法起诉",
        )],
    ),
    story(
        By::Township,
        PetitionCategory::Certificate,
        25,
        "换证等待时间过长",
        &[(20, By::Township, Do::Withdraw, "已领到新证，本人撤回")],
    ),
    story(
        By::County,
        PetitionCategory::Subsidy,
        60,
        "不服停发困难残疾人生活补贴",
        &[
            (55, By::County, Do::Accept, ""),
            (12, By::County, Do::Decide, ANSWER),
        ],
    ),
    story(
        By::County,
        PetitionCategory::ServiceAttitude,
        200,
        "窗口人员多次让人往返补材料",
        &[
            (190, By::County, Do::Accept, ""),
            (110, By::County, Do::Decide, ANSWER),
            (70, By::County, Do::Close, ""),
        ],
    ),
    story(
        By::Township,
        PetitionCategory::Other,
        70,
        "村道路灯损坏影响出行",
        &[
            (68, By::Township, Do::Accept, ""),
            (40, By::Township, Do::Decide, ANSWER),
            (20, By::Township, Do::RequestReview, ASKED),
        ],
    ),
    story(
        By::County,
        PetitionCategory::Device,
        110,
        "助听器验配后无法使用",
        &[
            (100, By::County, Do::Accept, ""),
            (70, By::County, Do::Decide, ANSWER),
            (55, By::County, Do::RequestReview, ASKED),
            (30, By::City, Do::Review, UPHELD),
        ],
    ),
    story(
        By::County,
        PetitionCategory::Subsidy,
        180,
        "要求补发三年前的补贴",
        &[
            (172, By::County, Do::Accept, ""),
            (140, By::County, Do::Decide, ANSWER),
            (120, By::County, Do::RequestReview, ASKED),
            (95, By::City, Do::Review, UPHELD),
            (80, By::County, Do::RequestRereview, ASKED),
            (55, By::OtherOfCity, Do::Rereview, UPHELD),
        ],
    ),
];

/// What waits for the province.
const UP: [Did; 5] = [
    (90, By::County, Do::Accept, ""),
    (70, By::County, Do::Decide, ANSWER),
    (60, By::County, Do::RequestReview, ASKED),
    (40, By::City, Do::Review, UPHELD),
    (20, By::County, Do::RequestRereview, ASKED),
];

pub fn settle(db: &mut Db, origin: &Origin) -> Result<()> {
    for county in counties(db)? {
        db.write(|tx| {
            let people = people(tx, county)?;
            let mut next = people.iter().cycle();
            for (number, story) in STORIES.iter().enumerate() {
                // One of three is named, the others are residents.
                let resident = (number % 3 != 2).then(|| next.next()).flatten();
                tell(tx, county, story, resident.copied(), None, None)?;
            }
            complaints(tx, county)?;
            aid(tx, county, &people)?;
            tx.record(
                Event::new(origin, "demo.petitions_heard").within(county),
                (),
            )
        })?;
    }
    Ok(())
}

/// Those with whom nothing is to be sent elsewhere first.
fn people(tx: &mut Tx<'_>, county: DivisionCode) -> Result<Vec<(ResidentId, DivisionCode)>> {
    let all = of_county(tx, county)?;
    let all = all.into_iter().rev();
    let standing = all.filter(|(resident, _)| resident.merged_into.is_none());
    let kept: Vec<_> = standing
        .map(|(resident, _)| (resident.id, resident.division_code))
        .take(20)
        .collect();
    if kept.is_empty() {
        return Err(Error::internal("a county has people"));
    }
    Ok(kept)
}

fn name_of(by: By, county: DivisionCode, township: &str) -> String {
    match by {
        By::Township => format!("township.{township}"),
        By::County => at_county("county", county),
        By::Approver => at_county("approver", county),
        By::City => "supervisor.990100".to_owned(),
        By::OtherOfCity => "supervisor2.990100".to_owned(),
    }
}

fn ago(tx: &Tx<'_>, days: u64) -> NaiveDate {
    let today = tx.today();
    today.checked_sub_days(Days::new(days)).unwrap_or(today)
}

/// What a petition goes through, from the day it came.
fn tell(
    tx: &mut Tx<'_>,
    county: DivisionCode,
    story: &Story,
    of: Option<(ResidentId, DivisionCode)>,
    case: Option<CaseId>,
    about: Option<UserId>,
) -> Result<()> {
    let township = match of {
        Some((_, village)) => village,
        None => people(tx, county)?
            .first()
            .map_or(county, |(_, village)| *village),
    };
    let township: String = township.as_str().chars().take(9).collect();
    let permit = permit_of::<acts::PetitionReceive>(tx, &name_of(story.by, county, &township))?;
    let new = NewPetition {
        resident_id: of.map(|(resident, _)| resident),
        name: of.is_none().then(|| "刘建国".to_owned()),
        contact: of.is_none().then(|| "12000008888".to_owned()),
        channel: story.channel,
        category: story.category,
        text: story.text.to_owned(),
        received_date: Some(ago(tx, story.days)),
        case_id: case,
        complained_user_id: about,
    };
    let received = petitions::service::receive(tx, &permit, &new)?;
    let id = received.value().id;
    for ((days, by, action, said), version) in story.steps.iter().zip(1..) {
        let permit = permit_of::<acts::PetitionAct>(tx, &name_of(*by, county, &township))?;
        let judged = matches!(action, Do::Decide | Do::Review | Do::Rereview);
        let step = NewPetitionTransition {
            action: *action,
            on_date: Some(ago(tx, *days)),
            to_division_code: (*action == Do::Transfer).then_some(county),
            extension_days: (*action == Do::RequestExtension).then_some(20),
            outcome: judged.then_some(story.outcome),
            document_number: (*action == Do::Rereview).then(|| "省残联信复〔1〕号".to_owned()),
            comment: (!said.is_empty()).then(|| (*said).to_owned()),
        };
        drop(petitions::service::act(
            tx,
            &permit,
            id,
            IfMatch::seen(version),
            &step,
        )?);
    }
    Ok(())
}

/// About somebody of the office, about a case that was rejected, and what goes up to the province.
fn complaints(tx: &mut Tx<'_>, county: DivisionCode) -> Result<()> {
    let finance = permit_of::<acts::PaymentRead>(tx, &at_county("finance", county))?;
    let about = finance.actor().user;
    let accused = Story {
        channel: PetitionChannel::Letter,
        ..story(
            By::County,
            PetitionCategory::Corruption,
            8,
            "反映有人在发放补贴时索要好处费",
            &[(4, By::County, Do::Accept, "")],
        )
    };
    tell(tx, county, &accused, None, None, Some(about))?;
    let province = story(
        By::County,
        PetitionCategory::Rights,
        95,
        "要求公开评定材料",
        &UP,
    );
    tell(tx, county, &province, None, None, None)?;
    let permit = permit_of::<acts::CaseRead>(tx, &at_county("county", county))?;
    let filter = Filter {
        state: Some(State::Rejected),
        ..Filter::default()
    };
    let rejected = cases::page(tx, &permit, None, &filter, None, 1)?.pop();
    if let Some(shown) = rejected {
        let case = shown.case;
        let of_case = story(
            By::County,
            PetitionCategory::Subsidy,
            6,
            "对不予批准的决定不服，认为审核不公",
            &[],
        );
        tell(tx, county, &of_case, None, Some(case.id), None)?;
    }
    Ok(())
}

type Aided = (u64, LegalAidAction, &'static str);

use LegalAidAction as Aid;

/// Applied in time and overdue, granted, refused, assigned, closed, objected, upheld, overturned, withdrawn; whether
/// with an income one can count on.
const AIDED: [(bool, u64, LegalAidMatter, &[Aided]); 10] = [
    (false, 2, LegalAidMatter::Labor, &[]),
    (false, 12, LegalAidMatter::PersonalInjury, &[]),
    (false, 6, LegalAidMatter::Support, &[(1, Aid::Grant, "")]),
    (
        true,
        20,
        LegalAidMatter::Property,
        &[(15, Aid::Refuse, "不符合经济困难标准")],
    ),
    (
        false,
        30,
        LegalAidMatter::DomesticViolence,
        &[(28, Aid::Grant, ""), (27, Aid::Assign, "")],
    ),
    (
        false,
        120,
        LegalAidMatter::Labor,
        &[
            (117, Aid::Grant, ""),
            (110, Aid::Assign, ""),
            (20, Aid::Close, "调解结案，追回工资"),
        ],
    ),
    (
        true,
        18,
        LegalAidMatter::Marriage,
        &[
            (13, Aid::Refuse, "不符合经济困难标准"),
            (3, Aid::Object, "收入已中断"),
        ],
    ),
    (
        true,
        60,
        LegalAidMatter::SocialSecurity,
        &[
            (55, Aid::Refuse, "不属于法律援助范围"),
            (45, Aid::Object, "认为属于援助范围"),
            (42, Aid::Uphold, "维持不予援助的决定"),
        ],
    ),
    (
        true,
        40,
        LegalAidMatter::StateCompensation,
        &[
            (35, Aid::Refuse, "材料不足"),
            (25, Aid::Object, "已补充材料"),
            (21, Aid::Overturn, "责令给予援助"),
        ],
    ),
    (
        false,
        15,
        LegalAidMatter::CriminalDefense,
        &[(13, Aid::Withdraw, "已自行委托律师")],
    ),
];

fn aid(tx: &mut Tx<'_>, county: DivisionCode, people: &[(ResidentId, DivisionCode)]) -> Result<()> {
    for ((resident, village), (income, days, matter, steps)) in people.iter().cycle().zip(AIDED) {
        let township: String = village.as_str().chars().take(9).collect();
        let clerk = name_of(By::Township, county, &township);
        let permit = permit_of::<acts::LegalAidFile>(tx, &clerk)?;
        let new = NewLegalAidApplication {
            resident_id: *resident,
            matter,
            statement: "因纠纷请求法律援助".to_owned(),
            fixed_income: income,
            applied_date: Some(ago(tx, days)),
        };
        let filed = legal_aid::service::file(tx, &permit, &new)?;
        let (id, checked) = (filed.value().id, filed.value().means_is_checked());
        let permit = permit_of::<acts::LegalAidAct>(tx, &at_county("county", county))?;
        for ((days, action, said), version) in steps.iter().zip(1..) {
            let needs = checked && matches!(action, Aid::Grant | Aid::Overturn);
            let bureau = matches!(action, Aid::Uphold | Aid::Overturn);
            let step = NewLegalAidTransition {
                action: *action,
                on_date: Some(ago(tx, *days)),
                lawyer: (*action == Aid::Assign).then(|| "虚川律师事务所 陈律师".to_owned()),
                hardship: needs.then_some(true),
                document_number: bureau.then(|| "司援复〔1〕号".to_owned()),
                comment: (!said.is_empty()).then(|| (*said).to_owned()),
            };
            let seen = IfMatch::seen(version);
            drop(legal_aid::service::act(tx, &permit, id, seen, &step)?);
        }
    }
    Ok(())
}
