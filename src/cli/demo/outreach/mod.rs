//! Activities of the year, who is most in need, and the visits to them: in each county something in every state, and
//! altogether what the year's report counts of culture, shows and films.

mod activities;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use serde_json::Map;

use crate::access::acts;
use crate::audit::{Event, Origin};
use crate::casework::Desk;
use crate::casework::cases::NewCase;
use crate::casework::cases::service as cases;
use crate::cli::demo::money::Watch;
use crate::cli::demo::residents::{at_county, counties, permit_of};
use crate::cli::demo::year::working_day;
use crate::db::{Db, Tx};
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{RequestId, VisitId};
use crate::kernel::working_days::WorkingDays;
use crate::outreach::need_scores::{self, NewNeedAssessment};
use crate::outreach::need_standards::{self, NeedClause, NeedStandardOutcome};
use crate::outreach::visits::{
    self, Findings, NewVisit, NewVisitPlan, NewVisitTransition, VisitAction,
};
use crate::programs::Service;

const CITY: &str = "990100000000";
const DAY: Days = Days::new(30);

/// What is done on a day, in every county.
#[derive(Debug, Clone, Copy)]
pub enum Errand {
    LayDown,
    Hold,
    Assess,
    Visit,
    Follow,
    Again,
}

/// So many days ago.
const DAYS: [(u64, Errand); 6] = [
    (300, Errand::LayDown),
    (90, Errand::Hold),
    (50, Errand::Assess),
    (35, Errand::Visit),
    (4, Errand::Again),
    // When all other stories of the year have been told.
    (0, Errand::Follow),
];

pub fn errands(calendar: &WorkingDays, today: NaiveDate) -> Result<Vec<(NaiveDate, Errand)>> {
    DAYS.iter()
        .map(|(ago, errand)| Ok((working_day(calendar, today, *ago)?, *errand)))
        .collect()
}

/// Whom each county visits, by who is to be met, to be missed, and for whom something is begun.
#[derive(Debug, Default)]
pub struct Visits(BTreeMap<DivisionCode, Vec<VisitId>>);

/// What the report counts: of the whole city, shared out over its counties.
const SHOWS: usize = 19;
const FILMS: usize = 20;
const CULTURE: usize = 1_791;

pub fn carry_out(
    db: &mut Db,
    desk: &Desk,
    watch: &Watch<'_>,
    visits: &mut Visits,
    errand: Errand,
) -> Result<()> {
    if let Errand::LayDown = errand {
        return lay_down(db);
    }
    let all = counties(db)?;
    let count = all.len().max(1);
    for (place, county) in all.into_iter().enumerate() {
        watch.tick(db);
        // Of a total as evenly as it goes, the first counties one more.
        let share = |total: usize| total / count + usize::from(place < total % count);
        match errand {
            Errand::LayDown => {}
            Errand::Hold => activities::hold(db, county, [CULTURE, SHOWS, FILMS].map(share))?,
            Errand::Assess => {
                assess(db, county)?;
                visits.0.insert(county, plan(db, county)?);
            }
            Errand::Visit => visit(db, county, visits.0.get(&county))?,
            Errand::Follow => follow(db, desk, county, visits.0.get(&county))?,
            Errand::Again => again(db, county)?,
        }
    }
    Ok(())
}

fn clause(code: &str, when: &str, points: i32, words: (&str, &str)) -> NeedClause {
    NeedClause {
        code: code.to_owned(),
        when: when.to_owned(),
        points,
        zh: words.0.to_owned(),
        en: words.1.to_owned(),
        basis: None,
    }
}

fn clauses() -> Vec<NeedClause> {
    vec![
        clause(
            "severe",
            "certificate.valid && certificate.severity_level <= 2",
            20,
            ("一级、二级重度残疾", "severe disability"),
        ),
        clause(
            "care",
            "circumstances.care_need == \"full\" || circumstances.care_need == \"substantial\"",
            20,
            ("生活不能自理", "cannot care for themself"),
        ),
        clause(
            "poor",
            "circumstances.income_status == \"minimum_living\" || circumstances.income_status == \"minimum_living_margin\"",
            15,
            (
                "低保或低保边缘家庭",
                "minimum living allowance, or close to it",
            ),
        ),
        clause(
            "old",
            "age >= 70",
            5,
            ("年满70周岁", "seventy years or older"),
        ),
        clause(
            "alone",
            "circumstances.lives_alone",
            15,
            ("独居", "lives alone"),
        ),
        clause(
            "uncared",
            "circumstances.care_missing",
            15,
            ("无人照料", "has nobody who cares for them"),
        ),
        clause(
            "housing",
            "circumstances.housing_danger",
            10,
            ("住房存在安全隐患", "lives in a dangerous home"),
        ),
    ]
}

/// The city's standard; one that a county proposes and that waits, one that was not approved.
fn lay_down(db: &mut Db) -> Result<()> {
    db.write(|tx| {
        let propose = |tx: &mut Tx<'_>, by: &str, division: &str, later: u64| {
            let permit = permit_of::<acts::NeedStandardPropose>(tx, by)?;
            let from = tx.today().checked_add_days(Days::new(later));
            let new = need_standards::NewNeedStandard {
                division_code: DivisionCode::parse(division).map_err(Error::internal)?,
                effective_from: from.ok_or_else(|| Error::internal("the calendar ends"))?,
                clauses: clauses(),
                legal_basis: "《困难残疾人走访探视工作办法》".to_owned(),
            };
            let proposed = need_standards::service::propose(tx, &permit, &new)?;
            Ok::<_, Error>(proposed.value().id)
        };
        let decide = |tx: &mut Tx<'_>, id, outcome, comment: Option<&str>| {
            let permit = permit_of::<acts::NeedStandardApprove>(tx, "supervisor2.990100")?;
            let decision = need_standards::NeedStandardDecision {
                outcome,
                comment: comment.map(str::to_owned),
            };
            need_standards::service::decide(tx, &permit, id, IfMatch::seen(1), &decision).map(drop)
        };
        let city = propose(tx, "supervisor.990100", CITY, 0)?;
        decide(tx, city, NeedStandardOutcome::Approve, None)?;
        propose(tx, "county.990121", "990121000000", 400)?;
        let refused = propose(tx, "approver.990122", "990122000000", 400)?;
        let why = Some("与市级标准一致，无须另订");
        decide(tx, refused, NeedStandardOutcome::Reject, why)?;
        let origin = Origin::system(tx.new_id());
        tx.record(Event::new(&origin, "demo.need_measured"), ())
    })
}

/// Scores the whole county, as the job would.
fn assess(db: &mut Db, county: DivisionCode) -> Result<()> {
    let permit = permit_of::<acts::NeedAssess>(db, &at_county("county", county))?;
    let asked = NewNeedAssessment {
        division_code: county,
    };
    db.write(|tx| need_scores::service::ask(tx, &permit, &asked).map(|asked| asked.map(drop)))?;
    while let Some(waiting) = need_scores::service::waiting(db)? {
        let request: RequestId = db.new_id();
        let claimed = db.write(|tx| need_scores::service::claim(tx, request, waiting))?;
        let Some(claimed) = claimed.map(Arc::new) else {
            continue;
        };
        let mut reached = claimed.reached;
        while let Some(piece) = need_scores::service::next_piece(db, &claimed, reached, request)? {
            reached = Some(piece.reached);
            db.write(|tx| need_scores::service::keep(tx, request, &claimed, &piece))?;
        }
        db.write(|tx| need_scores::service::finish(tx, request, &claimed))?;
    }
    Ok(())
}

/// How many a county visits.
const VISITED: u16 = 8;

/// Visits to those at the top of the list, due in a month.
fn plan(db: &mut Db, county: DivisionCode) -> Result<Vec<VisitId>> {
    let permit = permit_of::<acts::VisitPlan>(db, &at_county("county", county))?;
    let due = db.today().checked_add_days(DAY);
    let new = NewVisitPlan {
        division_code: county,
        assessment_id: None,
        min_score: 1,
        due_date: due.ok_or_else(|| Error::internal("the calendar ends"))?,
        limit: VISITED,
    };
    let planned = db.write(|tx| visits::service::plan_many(tx, &permit, &new))?;
    Ok(planned.visit_ids)
}

/// What was found at the first visits; the last of them are left until they are overdue.
const FOUND: [(Findings, &[Service], &str); 4] = [
    (
        Findings {
            lives_alone: Some(true),
            care_missing: Some(true),
            housing_danger: Some(false),
            income_missing: Some(true),
            medical_burden: None,
            device_missing: Some(true),
        },
        &[Service::AssistiveDevice, Service::Subsidy],
        "独自居住，行走不便，需轮椅",
    ),
    (
        Findings {
            lives_alone: Some(false),
            care_missing: Some(true),
            housing_danger: Some(true),
            income_missing: None,
            medical_burden: Some(true),
            device_missing: None,
        },
        &[Service::AccessibilityRenovation],
        "子女外出务工，卫生间湿滑无扶手",
    ),
    (
        Findings {
            lives_alone: Some(false),
            care_missing: Some(false),
            housing_danger: Some(false),
            income_missing: Some(false),
            medical_burden: Some(false),
            device_missing: Some(false),
        },
        &[],
        "由配偶照料，生活稳定，暂无需求",
    ),
    (
        Findings {
            lives_alone: Some(true),
            care_missing: None,
            housing_danger: None,
            income_missing: None,
            medical_burden: None,
            device_missing: None,
        },
        &[Service::Subsidy],
        "未申请补贴，已告知政策",
    ),
];

fn report(
    tx: &mut Tx<'_>,
    county: DivisionCode,
    id: VisitId,
    version: i32,
    asked: &NewVisitTransition,
) -> Result<()> {
    let permit = permit_of::<acts::VisitWrite>(tx, &at_county("county", county))?;
    let done = tx.attempt(|tx| {
        visits::service::act(tx, &permit, id, IfMatch::seen(version), asked).map(drop)
    });
    // They may have moved away, or be about to.
    unless_ours(done)
}

/// What the office refuses is left; a fault of ours is none of its refusals.
fn unless_ours<T>(done: Result<T>) -> Result<()> {
    match done {
        Err(error) if error.code() == Code::Internal => Err(error),
        _ => Ok(()),
    }
}

fn words(action: VisitAction, comment: &str) -> NewVisitTransition {
    NewVisitTransition {
        action,
        on_date: None,
        findings: None,
        services: Vec::new(),
        comment: Some(comment.to_owned()),
    }
}

fn visit(db: &mut Db, county: DivisionCode, all: Option<&Vec<VisitId>>) -> Result<()> {
    let Some(all) = all else { return Ok(()) };
    db.write(|tx| {
        let mut rest = all.iter();
        for ((findings, services, comment), id) in FOUND.iter().zip(rest.by_ref()) {
            let complete = NewVisitTransition {
                findings: Some(*findings),
                services: services.to_vec(),
                ..words(VisitAction::Complete, comment)
            };
            report(tx, county, *id, 1, &complete)?;
        }
        if let Some(id) = rest.next() {
            let missed = words(VisitAction::Miss, "家中无人，邻居称在外就医");
            report(tx, county, *id, 1, &missed)?;
        }
        if let Some(id) = rest.next() {
            let off = words(VisitAction::Cancel, "已由民政部门集中供养");
            report(tx, county, *id, 1, &off)?;
        }
        if let Some((id, (findings, services, _))) = all.first().zip(FOUND.first()) {
            let corrected = NewVisitTransition {
                findings: Some(Findings {
                    income_missing: Some(false),
                    ..*findings
                }),
                services: services.to_vec(),
                ..words(VisitAction::Correct, "核实有养老金收入")
            };
            report(tx, county, *id, 2, &corrected)?;
        }
        let origin = Origin::system(tx.new_id());
        tx.record(
            Event::new(&origin, "demo.people_visited").within(county),
            (),
        )
    })
}

/// What is begun for the first who was found in need.
fn follow(
    db: &mut Db,
    desk: &Desk,
    county: DivisionCode,
    all: Option<&Vec<VisitId>>,
) -> Result<()> {
    let Some(first) = all.and_then(|all| all.first()) else {
        return Ok(());
    };
    db.write(|tx| {
        let permit = permit_of::<acts::VisitRead>(tx, &at_county("county", county))?;
        let looked = visits::service::view(tx, &permit, *first)?;
        let resident_id = tx.keep(looked)?.value().resident_id;
        let permit = permit_of::<acts::CaseFile>(tx, &at_county("county", county))?;
        for program in ["living_subsidy", "nursing_subsidy"] {
            let new = NewCase {
                resident_id,
                program_code: program.to_owned(),
                details: Map::new(),
            };
            let filed = tx.attempt(|tx| cases::create(tx, &permit, desk, new));
            match filed {
                Ok(_) => break,
                // It goes on already, or they move away.
                Err(error) if error.code() != Code::Internal => {}
                Err(error) => return Err(error),
            }
        }
        let origin = Origin::system(tx.new_id());
        tx.record(Event::new(&origin, "demo.people_helped").within(county), ())
    })
}

/// The latest list, and one more visit by hand.
fn again(db: &mut Db, county: DivisionCode) -> Result<()> {
    assess(db, county)?;
    let planned = plan(db, county)?;
    let Some(last) = planned.last().copied() else {
        return Ok(());
    };
    db.write(|tx| {
        let off = words(VisitAction::Cancel, "改由村专职委员就近走访");
        report(tx, county, last, 1, &off)?;
        let permit = permit_of::<acts::VisitRead>(tx, &at_county("county", county))?;
        let looked = visits::service::view(tx, &permit, last)?;
        let resident_id = tx.keep(looked)?.value().resident_id;
        let due_date = tx.today().checked_add_days(DAY);
        let new = NewVisit {
            resident_id,
            due_date: due_date.ok_or_else(|| Error::internal("the calendar ends"))?,
        };
        let permit = permit_of::<acts::VisitWrite>(tx, &at_county("county", county))?;
        let planned = tx.attempt(|tx| visits::service::plan(tx, &permit, &new));
        unless_ours(planned)?;
        let origin = Origin::system(tx.new_id());
        tx.record(
            Event::new(&origin, "demo.visits_planned").within(county),
            (),
        )
    })
}
