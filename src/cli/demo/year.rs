//! A year of cases: each follows a script that leads to where it shall stand today, and all are
//! played in the order of time by the people whose steps they are.

use std::sync::Arc;
use std::time::Duration;

use chrono::{Days, NaiveDate};
use serde_json::Map;

use super::money::{self, Watch};
use super::photos::Photos;
use super::rehabilitation::Children;
use super::residents::{at_county, counties, of_county, permit_of};
use super::scripts::{By, Deed, Doing, deed, scripts};
use super::{devices, outreach, renovation, stock, targeted};
use crate::access::acts;
use crate::audit::Event;
use crate::casework::cases::service::{self as cases, Action};
use crate::casework::cases::{NewCase, NewTransition};
use crate::casework::decisions::{NewService, Recipient, ServiceMethod, service as decisions};
use crate::casework::{Desk, calendar};
use crate::db::{Db, Tx};
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::given::ManualClock;
use crate::kernel::id::{CaseId, RequestId, ResidentId};
use crate::kernel::time::Timestamp;
use crate::kernel::working_days::WorkingDays;
use crate::registry::Resident;
use crate::registry::facts::{CertificateState, CircumstanceKind, Snapshot};
use crate::server::SERVICES;

/// A case of the demonstration.
struct Story {
    county: DivisionCode,
    division: DivisionCode,
    resident: ResidentId,
    program: &'static str,
    script: Vec<Deed>,
    /// The village liaison files for some.
    by_liaison: bool,
    /// Once it was created.
    case: Option<CaseId>,
}

impl Story {
    fn username(&self, by: By) -> String {
        let township: String = self.division.as_str().chars().take(9).collect();
        match by {
            By::Filer if self.by_liaison => format!("liaison.{}", self.division),
            By::Filer => format!("township.{township}"),
            By::Reviewer => format!("township2.{township}"),
            By::County => at_county("county", self.county),
            By::Civil => at_county("civil", self.county),
            By::Approver => at_county("approver", self.county),
        }
    }
}

/// Fills the year that ends `now`; the desk it was done at.
pub fn relive(
    db: &mut Db,
    (clock, now): (&Arc<ManualClock>, Timestamp),
    photos: &Photos,
) -> Result<Desk> {
    let calendar = calendar::service::load(db)?;
    let desk = Desk::new(SERVICES, calendar.clone());
    let today = now.office_date();
    let mut stories = Vec::new();
    for county in counties(db)? {
        stories.extend(stories_of(db, county, today)?);
    }
    // What happens, by day; within a day in the order of the scripts.
    let mut deeds: Vec<(NaiveDate, usize, usize)> = Vec::new();
    for (story, number) in stories.iter().zip(0..) {
        for (deed, place) in story.script.iter().zip(0..) {
            deeds.push((working_day(&calendar, today, deed.days_ago)?, place, number));
        }
    }
    deeds.sort_unstable();
    let mut deeds = deeds.into_iter().peekable();
    let mut day = db.today();
    let errands = money::errands(&calendar, day, today)?;
    let mut errands = errands.into_iter().peekable();
    let watch = Watch { clock, now };
    let mut children = Children::default();
    let mut targeted = targeted::errands(&calendar, today)?.into_iter().peekable();
    let mut care = targeted::Care::default();
    let mut supplies = stock::errands(&calendar, today)?.into_iter().peekable();
    let mut shelves = stock::Shelves::default();
    let mut needs = devices::errands(&calendar, today)?.into_iter().peekable();
    let mut given = devices::Given::default();
    let mut works = renovation::errands(&calendar, today)?
        .into_iter()
        .peekable();
    let mut homes = renovation::Homes::default();
    let mut reaching = outreach::errands(&calendar, today)?.into_iter().peekable();
    let mut visits = outreach::Visits::default();
    while day <= today {
        let morning = Timestamp::start_of(day).plus(Duration::from_hours(8));
        clock.set(morning.min(now));
        close_notices(db, &desk)?;
        let mut played = Vec::new();
        while let Some((_, place, number)) = deeds.next_if(|(on, ..)| *on <= day) {
            played.push((place, number));
        }
        if !played.is_empty() {
            db.write(|tx| {
                for (place, number) in played {
                    let minute = Duration::from_mins(1);
                    clock.set(tx.now().plus(minute).min(now));
                    let story = stories
                        .get_mut(number)
                        .ok_or_else(|| Error::internal("a story that is not there"))?;
                    play(tx, &desk, story, place)?;
                }
                let origin = crate::audit::Origin::system(tx.new_id());
                tx.record(Event::new(&origin, "demo.day_relived"), ())
            })?;
        }
        while let Some((_, errand)) = errands.next_if(|(on, _)| *on <= day) {
            money::carry_out(db, &watch, errand)?;
        }
        children.day(db, &desk, &watch, day)?;
        while let Some((_, errand)) = targeted.next_if(|(on, _)| *on <= day) {
            targeted::carry_out(db, &desk, &watch, &mut care, errand)?;
        }
        while let Some((_, errand)) = supplies.next_if(|(on, _)| *on <= day) {
            stock::carry_out(db, &mut shelves, errand)?;
        }
        while let Some((_, errand)) = needs.next_if(|(on, _)| *on <= day) {
            devices::carry_out(db, &desk, &watch, &mut given, errand)?;
        }
        while let Some((_, errand)) = works.next_if(|(on, _)| *on <= day) {
            renovation::carry_out(db, &desk, (&watch, photos), &mut homes, errand)?;
        }
        while let Some((_, errand)) = reaching.next_if(|(on, _)| *on <= day) {
            outreach::carry_out(db, &desk, &watch, &mut visits, errand)?;
        }
        day = day
            .succ_opt()
            .ok_or_else(|| Error::internal("the calendar ends"))?;
    }
    Ok(desk)
}

/// The last working day at or before so many days ago.
pub fn working_day(calendar: &WorkingDays, today: NaiveDate, days_ago: u64) -> Result<NaiveDate> {
    let mut day = today.checked_sub_days(Days::new(days_ago));
    while let Some(rest) = day.filter(|day| !calendar.is_working_day(*day)) {
        day = rest.pred_opt();
    }
    day.ok_or_else(|| Error::internal("the calendar begins"))
}

fn close_notices(db: &mut Db, desk: &Desk) -> Result<()> {
    while cases::notice_waits(db)? {
        let request: RequestId = db.new_id();
        db.write(|tx| cases::close_notice(tx, desk, request))?;
    }
    Ok(())
}

fn play(tx: &mut Tx<'_>, desk: &Desk, story: &mut Story, place: usize) -> Result<()> {
    let deed = *story
        .script
        .get(place)
        .ok_or_else(|| Error::internal("a script that is too short"))?;
    let username = story.username(deed.by);
    let case = match (story.case, deed.doing) {
        (Some(case), Doing::Serve) => serve(tx, &username, case)?,
        (None, _) => {
            let permit = permit_of::<acts::CaseFile>(tx, &username)?;
            let new = NewCase {
                resident_id: story.resident,
                program_code: story.program.to_owned(),
                details: Map::new(),
            };
            cases::create(tx, &permit, desk, new)?.value().case.id
        }
        (Some(case), Doing::Act(action)) => {
            // Whoever acts on a case has looked at it.
            let permit = permit_of::<acts::CaseRead>(tx, &username)?;
            let looked = cases::view(tx, &permit, case)?;
            let version = tx.keep(looked)?.value().case.version;
            let permit = permit_of::<acts::CaseAct>(tx, &username)?;
            let request = NewTransition {
                action,
                comment: deed.comment.map(str::to_owned),
            };
            let seen = IfMatch::seen(version);
            let moved = cases::act(tx, &permit, desk, case, seen, request)?;
            moved.value().case.id
        }
    };
    story.case = Some(case);
    Ok(())
}

/// Puts down that the last notice was handed over, having looked at it.
fn serve(tx: &mut Tx<'_>, username: &str, case: CaseId) -> Result<CaseId> {
    let permit = permit_of::<acts::CaseRead>(tx, username)?;
    let looked = decisions::list(tx, &permit, case)?;
    let notice = tx.keep(looked)?.value().last().map(|notice| notice.id);
    let notice = notice.ok_or_else(|| Error::internal("nothing was decided"))?;
    let permit = permit_of::<acts::CaseAct>(tx, username)?;
    let service = NewService {
        method: ServiceMethod::InPerson,
        recipient: Some(Recipient::Oneself),
        served_date: tx.today(),
    };
    let served = decisions::serve(tx, &permit, case, notice, service)?;
    Ok(served.value().case_id)
}

/// For each program as many people as there are scripts, all of whom its rules find eligible, and
/// one who is not and stays a draft.
fn stories_of(db: &mut Db, county: DivisionCode, today: NaiveDate) -> Result<Vec<Story>> {
    let people = db.write(|tx| {
        let people = of_county(tx, county)?;
        let origin = crate::audit::Origin::system(tx.new_id());
        tx.record(
            Event::new(&origin, "demo.stories_chosen").within(county),
            people,
        )
    })?;
    let mut stories = Vec::new();
    let programs: [(_, Fits); 2] = [
        ("living_subsidy", in_hardship),
        ("nursing_subsidy", in_need_of_care),
    ];
    for (program, fits) in programs {
        let mut scripts = scripts();
        let (suitable, others): (Vec<_>, Vec<_>) = people
            .iter()
            .partition(|(_, believed)| is_valid_until(believed, today) && fits(believed));
        let story = |(resident, number): (&Resident, usize), script| Story {
            county,
            division: resident.division_code,
            resident: resident.id,
            program,
            script,
            by_liaison: number % 5 == 4,
            case: None,
        };
        let draft = vec![deed(4, Action::Create, By::Filer)];
        stories.extend(
            others
                .first()
                .map(|(resident, _)| story((resident, 0), draft)),
        );
        // Spread over the county: its residents come village by village.
        let every = suitable.len() / scripts.len();
        if every == 0 {
            return Err(Error::internal(format!(
                "{county} has too few people for {program}"
            )));
        }
        let chosen = suitable
            .iter()
            .step_by(every)
            .map(|(resident, _)| resident)
            .zip(0..);
        stories.extend(
            chosen
                .zip(scripts.drain(..))
                .map(|(who, script)| story(who, script)),
        );
    }
    Ok(stories)
}

type Fits = fn(&Snapshot) -> bool;

fn is_valid_until(believed: &Snapshot, today: NaiveDate) -> bool {
    believed
        .certificate
        .as_ref()
        .is_some_and(|held| held.state_on(today) == CertificateState::Valid)
}

fn in_hardship(believed: &Snapshot) -> bool {
    matches!(
        believed.get(CircumstanceKind::IncomeStatus),
        Some("minimum_living" | "minimum_living_margin")
    )
}

fn in_need_of_care(believed: &Snapshot) -> bool {
    believed
        .certificate
        .as_ref()
        .is_some_and(|held| held.severity_level.is_severe())
        && believed.get(CircumstanceKind::CareNeed) != Some("none")
        && believed.get(CircumstanceKind::IncomeStatus) != Some("extreme_poverty_support")
}
