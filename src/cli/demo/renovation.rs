//! Renovations of the year: in each county a home at every point from the survey to the visit, some that nobody looked
//! at yet, and a dwelling that the elderly-friendly program renovated.

mod building;

use std::collections::HashSet;

use chrono::{Days, NaiveDate};
use serde_json::Map;

use self::building::{accept, build, settle, visit};
use super::devices::organization;
use super::money::Watch;
use super::photos::Photos;
use super::residents::{at_county, counties, of_county, permit_of};
use super::year::working_day;
use crate::access::acts;
use crate::access::organizations::OrganizationKind;
use crate::audit::{Event, Origin};
use crate::casework::Desk;
use crate::casework::cases::service::{self as cases, Action};
use crate::casework::cases::{NewCase, NewTransition};
use crate::db::{Db, Tx};
use crate::http::IfMatch;
use crate::kernel::address::Address;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::CaseId;
use crate::kernel::money::Fen;
use crate::kernel::working_days::WorkingDays;
use crate::programs;
use crate::registry::{Resident, households};
use crate::renovations::dwellings::{self, NewElderlyRenovation};
use crate::renovations::projects::{
    self, NewAssessment, NewConsent, NewItem, NewProject, NewRenovationTransition, Project,
    RenovationAction, RenovationItemKind, RenovationSigner,
};

const PROGRAM: &str = "home_renovation";

/// What is done on a day, in every county.
#[derive(Debug, Clone, Copy)]
pub enum Errand {
    Apply,
    Begin,
    Build,
    Accept,
    Settle,
    Visit,
}

/// So many days ago. Between the first two the public notice of the cases hangs out, between the next that of the designs;
/// far enough from each other for the longest holidays.
const DAYS: [(u64, Errand); 6] = [
    (140, Errand::Apply),
    (115, Errand::Begin),
    (100, Errand::Build),
    (90, Errand::Accept),
    (85, Errand::Settle),
    (3, Errand::Visit),
];

pub fn errands(calendar: &WorkingDays, today: NaiveDate) -> Result<Vec<(NaiveDate, Errand)>> {
    let errand = |(ago, errand)| Ok((working_day(calendar, today, ago)?, errand));
    DAYS.into_iter().map(errand).collect()
}

/// How far a home is today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Far {
    Approved,
    Surveyed,
    Cancelled,
    Assessed,
    Designed,
    Consented,
    Contracted,
    Building,
    Finished,
    Rework,
    Accepted,
    Proposed,
    Settled,
    Visited,
}

/// One home of a county each, as many as there are people for.
const HOMES: [Far; 18] = [
    Far::Visited,
    Far::Settled,
    Far::Approved,
    Far::Accepted,
    Far::Building,
    Far::Finished,
    Far::Proposed,
    Far::Rework,
    Far::Consented,
    Far::Designed,
    Far::Surveyed,
    Far::Contracted,
    Far::Assessed,
    Far::Cancelled,
    Far::Approved,
    Far::Settled,
    Far::Approved,
    Far::Approved,
];

#[derive(Debug)]
struct Home {
    county: DivisionCode,
    number: u8,
    resident: Resident,
    case: CaseId,
    far: Far,
    project: Option<Project>,
}

impl Home {
    fn township(&self, office: &str) -> String {
        at_township(office, &self.resident)
    }
}

/// `township.990121103`, of where somebody lives
fn at_township(office: &str, resident: &Resident) -> String {
    let division: String = resident.division_code.as_str().chars().take(9).collect();
    format!("{office}.{division}")
}

/// All that were begun.
#[derive(Debug, Default)]
pub struct Homes(Vec<Home>);

pub fn carry_out(
    db: &mut Db,
    desk: &Desk,
    (watch, photos): (&Watch<'_>, &Photos),
    homes: &mut Homes,
    errand: Errand,
) -> Result<()> {
    if let Errand::Apply = errand {
        for county in counties(db)? {
            watch.tick(db);
            homes.0.extend(apply(db, desk, county)?);
        }
        return Ok(());
    }
    if let Errand::Begin = errand {
        for county in counties(db)? {
            watch.tick(db);
            elderly(db, county)?;
        }
    }
    for home in &mut homes.0 {
        watch.tick(db);
        match errand {
            Errand::Apply => {}
            Errand::Begin => begin(db, desk, home)?,
            Errand::Build => build(db, photos, home)?,
            Errand::Accept => accept(db, home)?,
            Errand::Settle => settle(db, home)?,
            Errand::Visit => visit(db, home)?,
        }
    }
    Ok(())
}

/// People of a household each, whom the rules find eligible, and will still when their cases are approved.
fn chosen(db: &mut Db, county: DivisionCode) -> Result<Vec<Resident>> {
    let today = db.today();
    let people = db.write(|tx| {
        let origin = Origin::system(tx.new_id());
        let people = of_county(tx, county)?;
        tx.record(
            Event::new(&origin, "demo.homes_chosen").within(county),
            people,
        )
    })?;
    let version = programs::service::in_force(db, PROGRAM, county, today)?;
    let approved = today.checked_add_days(Days::new(31));
    let approved = approved.ok_or_else(|| Error::internal("the calendar ends"))?;
    let mut households = HashSet::new();
    let mut chosen = Vec::new();
    for (resident, _) in people.into_iter().rev() {
        if chosen.len() == HOMES.len() {
            break;
        }
        let home = households::service::home_of(db, resident.id)?;
        if home.is_some_and(|home| households.contains(&home)) {
            continue;
        }
        let now = programs::service::decide(db, &version, &resident, today)?;
        let then = programs::service::decide(db, &version, &resident, approved)?;
        if now.amount_fen.is_some() && then.amount_fen.is_some() {
            households.extend(home);
            chosen.push(resident);
        }
    }
    Ok(chosen)
}

/// From the filing to the public notice.
fn apply(db: &mut Db, desk: &Desk, county: DivisionCode) -> Result<Vec<Home>> {
    let mut homes = Vec::new();
    let people = chosen(db, county)?.into_iter().zip(HOMES).zip(1_u8..);
    for ((resident, far), number) in people {
        let filer = at_township("township", &resident);
        let case = db.write(|tx| {
            let permit = permit_of::<acts::CaseFile>(tx, &filer)?;
            let new = NewCase {
                resident_id: resident.id,
                program_code: PROGRAM.to_owned(),
                details: Map::new(),
            };
            Ok(cases::create(tx, &permit, desk, new)?.map(|shown| shown.case.id))
        })?;
        for (username, action) in [
            (filer, Action::Submit),
            (at_township("township2", &resident), Action::Endorse),
            (at_county("county", county), Action::Endorse),
        ] {
            moves(db, desk, &username, case, action)?;
        }
        homes.push(Home {
            county,
            number,
            resident,
            case,
            far,
            project: None,
        });
    }
    Ok(homes)
}

/// An action on a case by somebody who has looked at it.
fn moves(db: &mut Db, desk: &Desk, username: &str, case: CaseId, action: Action) -> Result<()> {
    db.write(|tx| {
        let version = seen(tx, username, case)?;
        let permit = permit_of::<acts::CaseAct>(tx, username)?;
        let request = NewTransition {
            action,
            comment: None,
        };
        let moved = cases::act(tx, &permit, desk, case, IfMatch::seen(version), request)?;
        Ok(moved.map(drop))
    })
}

fn seen(tx: &mut Tx<'_>, username: &str, case: CaseId) -> Result<i32> {
    let permit = permit_of::<acts::CaseRead>(tx, username)?;
    let looked = cases::view(tx, &permit, case)?;
    Ok(tx.keep(looked)?.value().case.version)
}

fn asked(action: RenovationAction) -> NewRenovationTransition {
    NewRenovationTransition {
        action,
        comment: None,
        assessment: None,
        items: None,
        consent: None,
        contractor_id: None,
        progress: None,
        passed: None,
        acceptance: None,
        amount: None,
    }
}

fn saying(action: RenovationAction, comment: &str) -> NewRenovationTransition {
    NewRenovationTransition {
        comment: Some(comment.to_owned()),
        ..asked(action)
    }
}

fn act(db: &mut Db, username: &str, home: &mut Home, step: NewRenovationTransition) -> Result<()> {
    let Some(one) = &home.project else {
        return Err(Error::internal("a home that goes on was surveyed"));
    };
    let (id, seen) = (one.id, IfMatch::seen(one.last_transition));
    let permit = permit_of::<acts::RenovationAct>(db, username)?;
    let shown = db.write(|tx| projects::service::act(tx, &permit, id, seen, step))?;
    home.project = Some(shown.project);
    Ok(())
}

/// Approved, surveyed, assessed, designed, consented to.
fn begin(db: &mut Db, desk: &Desk, home: &mut Home) -> Result<()> {
    let approver = at_county("approver", home.county);
    moves(db, desk, &approver, home.case, Action::Approve)?;
    if home.far < Far::Surveyed {
        return Ok(());
    }
    let township = home.township("township");
    let permit = permit_of::<acts::RenovationSurvey>(db, &township)?;
    let address = format!("康宁路{}号", home.number);
    let new = NewProject {
        case_id: home.case,
        address: Address::parse(&address).map_err(Error::internal)?,
        finding: "院门三级台阶，卫生间无扶手，轮椅进出不便".to_owned(),
    };
    let shown = db.write(|tx| projects::service::survey(tx, &permit, new))?;
    home.project = Some(shown.project);
    if home.far == Far::Cancelled {
        let why = "房屋已列入搬迁计划";
        return act(db, &township, home, saying(RenovationAction::Cancel, why));
    }
    let today = db.today();
    if home.far >= Far::Assessed {
        let organization_id = organization(db, home.county, OrganizationKind::Federation)?;
        let assessment = NewAssessment {
            organization_id,
            assessor: "陈评估师".to_owned(),
            date: today,
        };
        let step = NewRenovationTransition {
            assessment: Some(assessment),
            ..saying(RenovationAction::Assess, "院门可建坡道，卫生间墙体可装扶手")
        };
        act(db, &township, home, step)?;
    }
    if home.far >= Far::Designed {
        let step = NewRenovationTransition {
            items: Some(design()),
            ..asked(RenovationAction::Design)
        };
        act(db, &township, home, step)?;
    }
    if home.far >= Far::Consented {
        let until = today.checked_add_days(Days::new(5));
        let consent = NewConsent {
            signed_by: home.resident.name.as_str().to_owned(),
            relation: RenovationSigner::Oneself,
            date: today,
            document_id: None,
            notice_from: today,
            notice_until: until.ok_or_else(|| Error::internal("the calendar ends"))?,
        };
        let step = NewRenovationTransition {
            consent: Some(consent),
            ..asked(RenovationAction::Consent)
        };
        act(db, &township, home, step)?;
    }
    Ok(())
}

fn design() -> Vec<NewItem> {
    let item = |kind, place: &str, measured: &str, price| NewItem {
        kind,
        place: place.to_owned(),
        measured_before: measured.to_owned(),
        quantity: 1,
        unit_price: Fen::new(price),
        before_document_id: None,
    };
    vec![
        item(
            RenovationItemKind::Entrance,
            "院门",
            "三级台阶，高48厘米",
            220_000,
        ),
        item(
            RenovationItemKind::GrabBars,
            "卫生间",
            "无扶手，净宽85厘米",
            60_000,
        ),
    ]
}

fn elderly(db: &mut Db, county: DivisionCode) -> Result<()> {
    let permit = permit_of::<acts::ElderlyRenovationWrite>(db, &at_county("county", county))?;
    let new = NewElderlyRenovation {
        division_code: county,
        address: Address::parse("康宁路88号").map_err(Error::internal)?,
        completed_date: db.today(),
        source: "县民政局居家适老化改造名单".to_owned(),
    };
    db.write(|tx| dwellings::service::record(tx, &permit, new))?;
    Ok(())
}
