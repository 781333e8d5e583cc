//! Rescue rehabilitation through the year: in each county two institutions that children are treated at, one that has
//! applied and one whose agreement was stopped, and children at every point of the way.

mod delivering;
mod opening;

use chrono::{Datelike, NaiveDate};
use serde_json::Map;

use self::opening::open;
use super::money::Watch;
use super::offices::PASSWORD;
use super::residents::{at_county, counties, of_county, permit_of};
use crate::access::acts;
use crate::access::users::password;
use crate::audit::{Event, Origin};
use crate::casework::cases::service::{self as cases, Action};
use crate::casework::cases::{NewCase, NewTransition};
use crate::casework::{Case, Desk};
use crate::db::{Db, Tx};
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{OrganizationId, RehabilitationPlanId};
use crate::kernel::impairment::ImpairmentType;
use crate::registry::Resident;
use crate::rehabilitation::institutions::ServiceType;
use crate::rehabilitation::plans::{
    self, AssessmentKind, NewAssessment, NewPlan, NewPlanTransition, PlanAction,
    RehabilitationOutcome,
};

const PROGRAM: &str = "child_rehabilitation";

/// So many children of a county.
const CHILDREN: usize = 6;

struct Child {
    case: Case,
    service: ServiceType,
    plan: Option<RehabilitationPlanId>,
    /// Who treats it.
    worker: String,
}

struct County {
    code: DivisionCode,
    center: OrganizationId,
    garden: OrganizationId,
    children: Vec<Child>,
}

/// The children of the city.
#[derive(Default)]
pub struct Children(Vec<County>);

impl Children {
    /// What is done on a day, so many before today.
    pub fn day(
        &mut self,
        db: &mut Db,
        desk: &Desk,
        watch: &Watch<'_>,
        day: NaiveDate,
    ) -> Result<()> {
        let today = watch.now.office_date();
        let ago = today.signed_duration_since(day).num_days();
        if ago == 150 {
            let hash = password::hash(PASSWORD)?;
            for code in counties(db)? {
                let county = db.write(|tx| open(tx, code, &hash))?;
                self.0.push(county);
            }
        }
        for county in &mut self.0 {
            watch.tick(db);
            match ago {
                148 => db.write(|tx| county.file(tx, desk, day))?,
                146 => db.write(|tx| county.decide(tx, desk, Action::Endorse))?,
                145 => db.write(|tx| county.decide(tx, desk, Action::Approve))?,
                144 => db.write(|tx| county.choose(tx))?,
                75 => db.write(|tx| county.assess(tx, AssessmentKind::Mid, day))?,
                60 => db.write(|tx| county.complete(tx, desk, day))?,
                50 => db.write(|tx| county.move_on(tx))?,
                45 => db.write(|tx| county.give_up(tx))?,
                40 => db.write(|tx| county.take_back(tx, day))?,
                _ => {}
            }
            if (2..144).contains(&ago) && ago % 7 == 0 {
                db.write(|tx| county.treat(tx, day, ago))?;
            }
            if day.day() == 3 && (2..140).contains(&ago) {
                db.write(|tx| county.settle(tx, day, ago))?;
            }
        }
        Ok(())
    }
}

/// What a child's disability is treated by.
const fn treatment(of: ImpairmentType) -> ServiceType {
    match of {
        ImpairmentType::Hearing | ImpairmentType::Speech => ServiceType::HearingSpeech,
        ImpairmentType::Visual => ServiceType::Visual,
        ImpairmentType::Intellectual => ServiceType::Intellectual,
        ImpairmentType::Mental => ServiceType::Autism,
        ImpairmentType::Physical | ImpairmentType::Multiple => ServiceType::Physical,
    }
}

type Done = crate::db::Recorded<()>;

impl County {
    fn account(&self, role: &str) -> String {
        at_county(role, self.code)
    }

    fn done(&self, tx: &mut Tx<'_>) -> Result<Done> {
        let origin = Origin::system(tx.new_id());
        tx.record(
            Event::new(&origin, "demo.children_treated").within(self.code),
            (),
        )
    }

    /// Files for children who may have it, as many as there are.
    fn file(&mut self, tx: &mut Tx<'_>, desk: &Desk, day: NaiveDate) -> Result<Done> {
        let all = of_county(tx, self.code)?;
        let young = |resident: &Resident| {
            day.years_since(resident.birth_date)
                .is_some_and(|age| age < 16)
        };
        for (resident, believed) in all.iter().filter(|(one, _)| young(one)) {
            let Some(held) = &believed.certificate else {
                continue;
            };
            let township: String = resident.division_code.as_str().chars().take(9).collect();
            let filer = permit_of::<acts::CaseFile>(tx, &format!("township.{township}"))?;
            let filed = tx.attempt(|tx| {
                let new = NewCase {
                    resident_id: resident.id,
                    program_code: PROGRAM.to_owned(),
                    details: Map::new(),
                };
                let case = cases::create(tx, &filer, desk, new)?.value().case.clone();
                let mover = filer.also::<acts::CaseAct>()?;
                let submit = asked(Action::Submit);
                let moved = cases::act(
                    tx,
                    &mover,
                    desk,
                    case.id,
                    IfMatch::seen(case.version),
                    submit,
                )?;
                Ok(moved.value().case.clone())
            });
            // Whoever is not eligible is not filed for.
            if let Ok(case) = filed {
                self.children.push(Child {
                    case,
                    service: treatment(held.impairment_type),
                    plan: None,
                    worker: self.account("institution"),
                });
            }
            if self.children.len() == CHILDREN {
                break;
            }
        }
        self.done(tx)
    }

    fn decide(&mut self, tx: &mut Tx<'_>, desk: &Desk, action: Action) -> Result<Done> {
        let who = match action {
            Action::Approve => self.account("approver"),
            _ => self.account("county"),
        };
        let permit = permit_of::<acts::CaseAct>(tx, &who)?;
        for child in &mut self.children {
            let seen = IfMatch::seen(child.case.version);
            let moved = cases::act(tx, &permit, desk, child.case.id, seen, asked(action))?;
            child.case = moved.value().case.clone();
        }
        self.done(tx)
    }

    /// All but the last choose the center, which has not places enough.
    fn choose(&mut self, tx: &mut Tx<'_>) -> Result<Done> {
        let clerk = permit_of::<acts::RehabilitationChoose>(tx, &self.account("county"))?;
        for place in 0..self.children.len() {
            let last = place + 1 == CHILDREN;
            let institution = if last { self.garden } else { self.center };
            let Some(child) = self.children.get(place) else {
                break;
            };
            let new = plan(child, institution, None);
            let made = plans::service::choose(tx, &clerk, new)?.value().plan.id;
            let therapist = self.account("therapist");
            if let Some(child) = self.children.get_mut(place) {
                child.plan = Some(made);
                if last {
                    child.worker = therapist;
                }
            }
        }
        let day = tx.today();
        self.assess(tx, AssessmentKind::Initial, day)
    }

    /// Those who are under way.
    fn assess(&self, tx: &mut Tx<'_>, kind: AssessmentKind, day: NaiveDate) -> Result<Done> {
        for (child, number) in self.children.iter().zip(0..) {
            let Some(plan) = child.plan else { continue };
            let permit = permit_of::<acts::RehabilitationDeliver>(tx, &child.worker)?;
            let score = match kind {
                AssessmentKind::Initial => 40,
                AssessmentKind::Mid => 52,
                AssessmentKind::Final => 66,
            };
            let new = NewAssessment {
                kind,
                tool: "儿童功能独立性评定".to_owned(),
                score: score + number,
                highest_score: Some(126),
                assessor: "李治疗师".to_owned(),
                assessed_date: day,
                finding: None,
            };
            skipping(plans::service::assess(tx, &permit, plan, new).map(drop))?;
        }
        self.done(tx)
    }

    fn moves(&self, tx: &mut Tx<'_>, place: usize, new: NewPlanTransition) -> Result<()> {
        let Some(child) = self.children.get(place) else {
            return Ok(());
        };
        let Some(id) = child.plan else { return Ok(()) };
        let permit = permit_of::<acts::RehabilitationAct>(tx, &child.worker)?;
        let seen = plans::service::found(tx, &plans::service::sight(&permit), id)?.last_transition;
        drop(plans::service::act(
            tx,
            &permit,
            id,
            IfMatch::seen(seen),
            new,
        )?);
        Ok(())
    }

    /// The first is done, and the first of those who wait takes the place.
    fn complete(&mut self, tx: &mut Tx<'_>, desk: &Desk, day: NaiveDate) -> Result<Done> {
        drop(self.assess(tx, AssessmentKind::Final, day)?);
        let done = NewPlanTransition {
            action: PlanAction::Complete,
            outcome: Some(RehabilitationOutcome::Effective),
            comment: Some("能独立进食、简单表达需求".to_owned()),
        };
        self.moves(tx, 0, done)?;
        if let Some(child) = self.children.first() {
            let permit = permit_of::<acts::CaseAct>(tx, &self.account("county"))?;
            let case = cases::found(tx, &permit, child.case.id)?;
            let seen = IfMatch::seen(case.version);
            drop(cases::act(
                tx,
                &permit,
                desk,
                case.id,
                seen,
                asked(Action::Complete),
            )?);
        }
        let admit = NewPlanTransition {
            action: PlanAction::Admit,
            outcome: None,
            comment: None,
        };
        if self.children.len() > 3 {
            skipping(self.moves(tx, 3, admit))?;
        }
        self.done(tx)
    }

    /// The second moves to the other institution.
    fn move_on(&mut self, tx: &mut Tx<'_>) -> Result<Done> {
        let clerk = permit_of::<acts::RehabilitationChoose>(tx, &self.account("county"))?;
        if let Some(child) = self.children.get(1) {
            let new = plan(child, self.garden, Some("新机构离家更近"));
            let made = plans::service::choose(tx, &clerk, new)?.value().plan.id;
            let therapist = self.account("therapist");
            if let Some(child) = self.children.get_mut(1) {
                (child.plan, child.worker) = (Some(made), therapist);
            }
        }
        self.done(tx)
    }

    /// The third's guardian gives up.
    fn give_up(&mut self, tx: &mut Tx<'_>) -> Result<Done> {
        let end = NewPlanTransition {
            action: PlanAction::End,
            outcome: None,
            comment: Some("家长外出务工，自愿放弃".to_owned()),
        };
        self.moves(tx, 2, end)?;
        self.done(tx)
    }
}

fn plan(child: &Child, institution: OrganizationId, previous: Option<&str>) -> NewPlan {
    NewPlan {
        case_id: child.case.id,
        institution_id: institution,
        service_type: child.service,
        goals: "六个月内提高日常生活自理和沟通能力".to_owned(),
        previous_plan_id: previous.and(child.plan),
        transfer_reason: previous.map(str::to_owned),
    }
}

fn asked(action: Action) -> NewTransition {
    NewTransition {
        action,
        comment: None,
    }
}

/// Children who wait or have ended are passed over.
fn skipping(done: Result<()>) -> Result<()> {
    match done {
        Err(error)
            if matches!(
                error.code(),
                Code::RehabilitationPlanNotActive
                    | Code::RehabilitationPlanTransition
                    | Code::RehabilitationSessionOutside
            ) =>
        {
            Ok(())
        }
        other => other,
    }
}
