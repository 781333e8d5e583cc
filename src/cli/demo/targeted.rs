//! Targeted rehabilitation and screenings of the year: in each county a service and a screening in every state.

use chrono::{Days, NaiveDate};
use serde_json::Map;

use super::money::Watch;
use super::residents::{at_county, counties, of_county, permit_of};
use super::year::working_day;
use crate::access::organizations::{self, NewOrganization, OrganizationKind};
use crate::access::{acts, divisions};
use crate::audit::{Event, Origin};
use crate::casework::Desk;
use crate::casework::cases::service::{self as cases, Action};
use crate::casework::cases::{NewCase, NewTransition};
use crate::db::{Db, Tx};
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{CaseId, OrganizationId, RehabilitationServiceId, ResidentId, ScreeningId};
use crate::kernel::working_days::WorkingDays;
use crate::registry::Resident;
use crate::registry::facts::CertificateState;
use crate::rehabilitation::deadlines::{self, NewScreeningDeadline, ScreeningKind};
use crate::rehabilitation::needs::{
    self, NewService, NewServiceTransition, RehabilitationServiceAction, RehabilitationServiceKind,
    RehabilitationServiceResult,
};
use crate::rehabilitation::screenings::{
    self, NewScreening, NewScreeningTransition, ScreeningAction, ScreeningResult,
};

const PROGRAM: &str = "targeted_rehabilitation";
const CITY: &str = "990100000000";

/// What is done on a day, in every county.
#[derive(Debug, Clone, Copy)]
pub enum Errand {
    LayDown,
    Need,
    Assess,
    Deliver,
    Conclude,
    Screen,
    Diagnose,
    Help,
    ScreenAgain,
}

/// So many days ago.
const DAYS: [(u64, Errand); 9] = [
    (220, Errand::LayDown),
    (200, Errand::Need),
    (190, Errand::Assess),
    (170, Errand::Deliver),
    (130, Errand::Conclude),
    (60, Errand::Screen),
    (45, Errand::Diagnose),
    (30, Errand::Help),
    (10, Errand::ScreenAgain),
];

pub fn errands(calendar: &WorkingDays, today: NaiveDate) -> Result<Vec<(NaiveDate, Errand)>> {
    DAYS.iter()
        .map(|(ago, errand)| Ok((working_day(calendar, today, *ago)?, *errand)))
        .collect()
}

/// Who is helped in a county, and by whom.
#[derive(Debug)]
struct County {
    code: DivisionCode,
    hospital: OrganizationId,
    shop: OrganizationId,
    /// One concluded, one delivered, one assessed, one needed, one cancelled; and one of the first who was screened.
    services: Vec<RehabilitationServiceId>,
    screened: Vec<ResidentId>,
    /// Helped, to be helped, ruled out, left, and still to be diagnosed.
    screenings: Vec<ScreeningId>,
}

/// All that was begun.
#[derive(Debug, Default)]
pub struct Care(Vec<County>);

const NEEDS: [(RehabilitationServiceKind, &str); 3] = [
    (
        RehabilitationServiceKind::Hearing,
        "听力下降，日常交流困难，需验配助听器",
    ),
    (RehabilitationServiceKind::Vision, "视力下降，需验配助视器"),
    (
        RehabilitationServiceKind::Mobility,
        "行走不稳，需配助行器并训练",
    ),
];

/// How many people are helped, and how many screened.
const HELPED: usize = 5;
const SCREENED: usize = 6;

pub fn carry_out(
    db: &mut Db,
    desk: &Desk,
    watch: &Watch<'_>,
    care: &mut Care,
    errand: Errand,
) -> Result<()> {
    match errand {
        Errand::LayDown => return lay_down(db),
        Errand::Need => {
            for county in counties(db)? {
                watch.tick(db);
                care.0.push(begin(db, desk, watch, county)?);
            }
        }
        _ => {}
    }
    for county in &mut care.0 {
        watch.tick(db);
        match errand {
            Errand::LayDown | Errand::Need => {}
            Errand::Assess => step(db, county, RehabilitationServiceAction::Assess, 3)?,
            Errand::Deliver => step(db, county, RehabilitationServiceAction::Deliver, 2)?,
            Errand::Conclude => {
                step(db, county, RehabilitationServiceAction::Conclude, 1)?;
                call_off(db, county)?;
            }
            Errand::Screen => screen(db, county)?,
            Errand::Diagnose => diagnose(db, county)?,
            Errand::Help => help(db, county)?,
            Errand::ScreenAgain => screen_again(db, county)?,
        }
    }
    Ok(())
}

fn lay_down(db: &mut Db) -> Result<()> {
    let permit = permit_of::<acts::ScreeningLayDown>(db, "supervisor.990100")?;
    for kind in ScreeningKind::ALL {
        let new = NewScreeningDeadline {
            division_code: DivisionCode::parse(CITY).map_err(Error::internal)?,
            kind: *kind,
            effective_from: db.today(),
            positive_days: 30,
            doubtful_days: 45,
            intervention_days: 90,
            legal_basis: "国卫妇幼发〔2013〕25号".to_owned(),
        };
        db.write(|tx| deadlines::service::lay_down(tx, &permit, &new))?;
    }
    Ok(())
}

fn open_organization(
    tx: &mut Tx<'_>,
    origin: &Origin,
    county: DivisionCode,
    what: &str,
) -> Result<OrganizationId> {
    let name = divisions::service::known(tx, county)?.name;
    let new = NewOrganization {
        name: format!("{name}{what}"),
        kind: OrganizationKind::Institution,
        division_code: county,
    };
    Ok(organizations::service::create(tx, origin, &new)?.value().id)
}

/// Files a case of each who is helped, brings it to its approval, and notes what is needed.
fn begin(db: &mut Db, desk: &Desk, watch: &Watch<'_>, county: DivisionCode) -> Result<County> {
    db.write(|tx| {
        let origin = Origin::system(tx.new_id());
        let today = watch.now.office_date();
        let mut people = of_county(tx, county)?;
        people.retain(|(_, believed)| {
            let held = believed.certificate.as_ref();
            held.is_some_and(|held| held.state_on(today) == CertificateState::Valid)
        });
        let mut people: Vec<_> = people.into_iter().map(|(resident, _)| resident).collect();
        people.sort_by_key(|one| (one.birth_date, one.id));
        let screened: Vec<_> = people.iter().rev().take(SCREENED).cloned().collect();
        let helped = people.iter().take(HELPED).chain(screened.first());
        let mut services = Vec::new();
        for (resident, need) in helped.zip(NEEDS.iter().cycle()) {
            let case = approve(tx, desk, county, PROGRAM, resident)?;
            services.push(note(tx, county, case, *need)?);
        }
        let begun = County {
            code: county,
            hospital: open_organization(tx, &origin, county, "人民医院")?,
            shop: open_organization(tx, &origin, county, "辅具适配中心")?,
            services,
            screened: screened.iter().map(|one| one.id).collect(),
            screenings: Vec::new(),
        };
        tx.record(
            Event::new(&origin, "demo.rehabilitation_begun").within(county),
            begun,
        )
    })
}

/// Files a case of somebody for a program whose steps are the county's verification and approval, and takes them.
pub(super) fn approve(
    tx: &mut Tx<'_>,
    desk: &Desk,
    county: DivisionCode,
    program: &str,
    resident: &Resident,
) -> Result<CaseId> {
    let township: String = resident.division_code.as_str().chars().take(9).collect();
    let filer = format!("township.{township}");
    let permit = permit_of::<acts::CaseFile>(tx, &filer)?;
    let new = NewCase {
        resident_id: resident.id,
        program_code: program.to_owned(),
        details: Map::new(),
    };
    let case = cases::create(tx, &permit, desk, new)?.value().case.id;
    for (username, action, version) in [
        (filer, Action::Submit, 1),
        (at_county("county", county), Action::Endorse, 2),
        (at_county("approver", county), Action::Approve, 3),
    ] {
        let permit = permit_of::<acts::CaseAct>(tx, &username)?;
        let request = NewTransition {
            action,
            comment: None,
        };
        drop(cases::act(
            tx,
            &permit,
            desk,
            case,
            IfMatch::seen(version),
            request,
        )?);
    }
    Ok(case)
}

fn note(
    tx: &mut Tx<'_>,
    county: DivisionCode,
    case_id: CaseId,
    (kind, need): (RehabilitationServiceKind, &str),
) -> Result<RehabilitationServiceId> {
    let username = at_county("county", county);
    let permit = permit_of::<acts::RehabilitationServiceAct>(tx, &username)?;
    let new = NewService {
        case_id,
        kind,
        need: need.to_owned(),
    };
    Ok(needs::service::open(tx, &permit, &new)?.value().id)
}

/// The next step of the first so many, and of who was screened.
fn step(
    db: &mut Db,
    county: &County,
    action: RehabilitationServiceAction,
    first: usize,
) -> Result<()> {
    let (organization_id, performer, result, comment, seen) = match action {
        RehabilitationServiceAction::Assess => (
            Some(county.hospital),
            Some("李医生"),
            None,
            Some("符合适配条件，建议尽快适配"),
            1,
        ),
        RehabilitationServiceAction::Deliver => (
            Some(county.shop),
            Some("王技师"),
            None,
            Some("已适配并指导使用"),
            2,
        ),
        _ => (
            None,
            None,
            Some(RehabilitationServiceResult::Effective),
            None,
            3,
        ),
    };
    let username = at_county("county", county.code);
    let permit = permit_of::<acts::RehabilitationServiceAct>(db, &username)?;
    let chosen = county.services.iter().take(first);
    for id in chosen.chain(county.services.get(HELPED)) {
        let new = NewServiceTransition {
            action,
            on_date: None,
            organization_id,
            performer: performer.map(str::to_owned),
            result,
            comment: comment.map(str::to_owned),
        };
        db.write(|tx| needs::service::act(tx, &permit, *id, IfMatch::seen(seen), &new))?;
    }
    Ok(())
}

fn call_off(db: &mut Db, county: &County) -> Result<()> {
    let username = at_county("county", county.code);
    let permit = permit_of::<acts::RehabilitationServiceAct>(db, &username)?;
    let new = NewServiceTransition {
        action: RehabilitationServiceAction::Cancel,
        on_date: None,
        organization_id: None,
        performer: None,
        result: None,
        comment: Some("本人已自行配置".to_owned()),
    };
    if let Some(id) = county.services.get(HELPED - 1) {
        db.write(|tx| needs::service::act(tx, &permit, *id, IfMatch::seen(1), &new))?;
    }
    Ok(())
}

fn record(
    db: &mut Db,
    county: &County,
    resident: ResidentId,
    kind: ScreeningKind,
    result: ScreeningResult,
) -> Result<ScreeningId> {
    let username = at_county("county", county.code);
    let permit = permit_of::<acts::ScreeningWrite>(db, &username)?;
    let screened_date = db.today().checked_sub_days(Days::new(1));
    let new = NewScreening {
        resident_id: resident,
        kind,
        screened_date: screened_date.ok_or_else(|| Error::internal("the calendar begins"))?,
        place: "县妇幼保健院".to_owned(),
        result,
        note: None,
        referral: None,
    };
    let recorded = db.write(|tx| screenings::service::record(tx, &permit, &new))?;
    Ok(recorded.id)
}

/// All but the last were found; of one nothing else was found.
fn screen(db: &mut Db, county: &mut County) -> Result<()> {
    let people = county.screened.clone();
    for (number, who) in people.iter().take(SCREENED - 1).enumerate() {
        let result = match number {
            2 => ScreeningResult::Doubtful,
            _ => ScreeningResult::Positive,
        };
        let found = record(db, county, *who, ScreeningKind::Hearing, result)?;
        county.screenings.push(found);
    }
    if let Some(who) = people.first() {
        let clear = ScreeningResult::Negative;
        record(db, county, *who, ScreeningKind::Visual, clear)?;
    }
    Ok(())
}

fn follow(
    db: &mut Db,
    county: &County,
    number: usize,
    seen: i32,
    new: &NewScreeningTransition,
) -> Result<()> {
    let username = at_county("county", county.code);
    let permit = permit_of::<acts::ScreeningWrite>(db, &username)?;
    if let Some(id) = county.screenings.get(number) {
        db.write(|tx| screenings::service::act(tx, &permit, *id, IfMatch::seen(seen), new))?;
    }
    Ok(())
}

/// The last one is left for somebody to see that it is overdue.
fn diagnose(db: &mut Db, county: &County) -> Result<()> {
    let hospital = Some("市人民医院");
    for (number, (action, place, comment)) in [
        (ScreeningAction::Confirm, hospital, "双耳中度感音神经性聋"),
        (ScreeningAction::Confirm, hospital, "双耳重度感音神经性聋"),
        (ScreeningAction::RuleOut, hospital, "听力正常，中耳积液已消"),
        (ScreeningAction::End, None, "已随父母迁往外省"),
    ]
    .into_iter()
    .enumerate()
    {
        let new = NewScreeningTransition {
            action,
            on_date: None,
            place: place.map(str::to_owned),
            case_id: None,
            service_id: None,
            comment: Some(comment.to_owned()),
        };
        follow(db, county, number, 1, &new)?;
    }
    Ok(())
}

fn help(db: &mut Db, county: &County) -> Result<()> {
    let new = NewScreeningTransition {
        action: ScreeningAction::BeginIntervention,
        on_date: None,
        place: None,
        case_id: None,
        service_id: county.services.get(HELPED).copied(),
        comment: None,
    };
    follow(db, county, 0, 2, &new)
}

/// One is still to be diagnosed in time.
fn screen_again(db: &mut Db, county: &County) -> Result<()> {
    if let Some(who) = county.screened.last() {
        let positive = ScreeningResult::Positive;
        record(db, county, *who, ScreeningKind::Autism, positive)?;
    }
    Ok(())
}
