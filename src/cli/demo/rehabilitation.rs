//! Rescue rehabilitation through the year: in each county two institutions that children are treated at, one that has
//! applied and one whose agreement was stopped, and children at every point of the way.

use std::time::Duration;

use chrono::{Datelike, Days, NaiveDate};
use serde_json::Map;

use super::money::Watch;
use super::offices::PASSWORD;
use super::residents::{at_county, counties, of_county, permit_of};
use crate::access::organizations::{self, NewOrganization, OrganizationKind};
use crate::access::users::{self, NewGrant, password};
use crate::access::{Role, acts, divisions};
use crate::audit::{Event, Origin};
use crate::casework::cases::service::{self as cases, Action};
use crate::casework::cases::{NewCase, NewTransition};
use crate::casework::{Case, Desk};
use crate::db::{Db, Tx};
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{OrganizationId, RehabilitationPlanId};
use crate::kernel::impairment::ImpairmentType;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::registry::Resident;
use crate::rehabilitation::institutions::{
    self, InstitutionAction, NewAgreement, NewInstitution, NewInstitutionTransition, ServiceType,
};
use crate::rehabilitation::plans::{
    self, AssessmentKind, NewAssessment, NewPlan, NewPlanTransition, PlanAction,
    RehabilitationOutcome,
};
use crate::rehabilitation::sessions::{
    self, ConfirmationMethod, NewSession, NewSessionTransition, SessionAction,
};
use crate::rehabilitation::settlements::{
    self, NewReversal, NewSettlement, NewSettlementTransition, SettlementAction,
};

const PROGRAM: &str = "child_rehabilitation";

/// So many children of a county; the center has a place less than half of them.
const CHILDREN: usize = 6;
const PLACES: i32 = 3;

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

/// An institution, with somebody who works there.
fn institution(
    tx: &mut Tx<'_>,
    code: DivisionCode,
    name: &str,
    worker: Option<(&str, &str)>,
) -> Result<OrganizationId> {
    let origin = Origin::system(tx.new_id());
    let new = NewOrganization {
        name: name.to_owned(),
        kind: OrganizationKind::Institution,
        division_code: code,
    };
    let made = organizations::service::create(tx, &origin, &new)?
        .value()
        .id;
    if let Some((username, hash)) = worker {
        let user = users::service::create(tx, &origin, username, &format!("{name}康复师"), hash)?;
        let grant = NewGrant {
            role: Role::InstitutionWorker,
            organization_id: made,
            valid_from: None,
            valid_to: None,
        };
        drop(users::service::grant(tx, &origin, user.value().id, &grant)?);
    }
    let clerk = permit_of::<acts::InstitutionPropose>(tx, &at_county("county", code))?;
    let apply = NewInstitution {
        organization_id: made,
        service_types: ServiceType::ALL.to_vec(),
        address: "康宁路8号".to_owned(),
        contact: "王主任 12000005678".to_owned(),
        licence_number: format!(
            "{}-KF-{}",
            at_county("", code).trim_start_matches('.'),
            name.chars().count()
        ),
    };
    drop(institutions::service::apply(tx, &clerk, apply)?);
    Ok(made)
}

/// Two agree on what was applied for.
fn agree(tx: &mut Tx<'_>, code: DivisionCode, id: OrganizationId, capacity: i32) -> Result<()> {
    let clerk = permit_of::<acts::InstitutionPropose>(tx, &at_county("county", code))?;
    let today = tx.today();
    let until = today.checked_add_days(Days::new(730));
    let new = NewAgreement {
        division_code: code,
        service_types: ServiceType::ALL.to_vec(),
        capacity,
        valid_from: today,
        valid_to: until.ok_or_else(|| Error::internal("the calendar ends"))?,
    };
    let proposed = institutions::service::propose(tx, &clerk, id, new)?;
    let told = proposed.value().told.as_ref();
    let agreement = told
        .and_then(|told| told.agreements.first())
        .map(|one| one.id);
    step(tx, code, id, InstitutionAction::Agree, agreement, None)
}

fn step(
    tx: &mut Tx<'_>,
    code: DivisionCode,
    id: OrganizationId,
    action: InstitutionAction,
    agreement_id: Option<crate::kernel::id::InstitutionAgreementId>,
    comment: Option<&str>,
) -> Result<()> {
    let approver = permit_of::<acts::InstitutionDecide>(tx, &at_county("approver", code))?;
    let seen = institutions::service::found(tx, id)?.last_transition;
    let asked = NewInstitutionTransition {
        action,
        agreement_id,
        comment: comment.map(str::to_owned),
    };
    drop(institutions::service::act(
        tx,
        &approver,
        id,
        IfMatch::seen(seen),
        asked,
    )?);
    Ok(())
}

fn open(tx: &mut Tx<'_>, code: DivisionCode, hash: &str) -> Result<crate::db::Recorded<County>> {
    let name = divisions::service::known(tx, code)?.name;
    let [worker, therapist] = ["institution", "therapist"].map(|role| at_county(role, code));
    let center = institution(tx, code, &format!("{name}康复中心"), Some((&worker, hash)))?;
    let garden = institution(
        tx,
        code,
        &format!("{name}启航儿童康复园"),
        Some((&therapist, hash)),
    )?;
    institution(tx, code, &format!("{name}聆听康复门诊"), None)?;
    let stopped = institution(tx, code, &format!("{name}阳光康复站"), None)?;
    agree(tx, code, center, PLACES)?;
    agree(tx, code, garden, 20)?;
    agree(tx, code, stopped, 5)?;
    let odd = code
        .as_str()
        .chars()
        .nth(5)
        .is_some_and(|digit| digit.to_digit(10).is_some_and(|digit| digit % 2 == 1));
    let how = if odd {
        (InstitutionAction::Suspend, "消防设施整改")
    } else {
        (InstitutionAction::Terminate, "机构申请退出")
    };
    step(tx, code, stopped, how.0, None, Some(how.1))?;
    let county = County {
        code,
        center,
        garden,
        children: Vec::new(),
    };
    let origin = Origin::system(tx.new_id());
    tx.record(
        Event::new(&origin, "demo.institutions_opened").within(code),
        county,
    )
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

    fn plan(&self, child: &Child, institution: OrganizationId, previous: Option<&str>) -> NewPlan {
        NewPlan {
            case_id: child.case.id,
            institution_id: institution,
            service_type: child.service,
            goals: "六个月内提高日常生活自理和沟通能力".to_owned(),
            previous_plan_id: previous.and(child.plan),
            transfer_reason: previous.map(str::to_owned),
        }
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
            let new = self.plan(child, institution, None);
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
        if self.children.len() > 3 && self.children.len() > usize::try_from(PLACES).unwrap_or(0) {
            skipping(self.moves(tx, 3, admit))?;
        }
        self.done(tx)
    }

    /// The second moves to the other institution.
    fn move_on(&mut self, tx: &mut Tx<'_>) -> Result<Done> {
        let clerk = permit_of::<acts::RehabilitationChoose>(tx, &self.account("county"))?;
        if let Some(child) = self.children.get(1) {
            let new = self.plan(child, self.garden, Some("新机构离家更近"));
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

    /// Yesterday's sessions, an hour a child; all but the last are confirmed, and one was recorded in error.
    fn treat(&self, tx: &mut Tx<'_>, day: NaiveDate, ago: i64) -> Result<Done> {
        let yesterday = day.pred_opt();
        let yesterday = yesterday.ok_or_else(|| Error::internal("the calendar begins"))?;
        for (child, number) in self.children.iter().zip(0_u64..) {
            let Some(plan) = child.plan else { continue };
            let permit = permit_of::<acts::RehabilitationDeliver>(tx, &child.worker)?;
            let begin = Timestamp::start_of(yesterday).plus(Duration::from_hours(9 + number));
            let new = NewSession {
                plan_id: plan,
                started_at: begin,
                minutes: 45,
                therapist: "李治疗师".to_owned(),
                note: Some("按计划训练".to_owned()),
            };
            let recorded = tx.attempt(|tx| {
                Ok(sessions::service::record(tx, &permit, new)?
                    .value()
                    .session
                    .clone())
            });
            let session = match recorded {
                Ok(session) => session,
                Err(error) => {
                    skipping(Err(error))?;
                    continue;
                }
            };
            if ago < 10 {
                continue;
            }
            let mover = permit.also::<acts::RehabilitationAct>()?;
            let void = number == 1 && (30..37).contains(&ago);
            let asked = if void {
                NewSessionTransition {
                    action: SessionAction::Void,
                    guardian_name: None,
                    method: None,
                    confirmed_date: None,
                    reason: Some("误记，当日未到".to_owned()),
                }
            } else {
                NewSessionTransition {
                    action: SessionAction::Confirm,
                    guardian_name: Some("家长".to_owned()),
                    method: Some(ConfirmationMethod::Signature),
                    confirmed_date: Some(yesterday),
                    reason: None,
                }
            };
            let seen = IfMatch::seen(session.version);
            drop(sessions::service::act(tx, &mover, session.id, seen, asked)?);
        }
        self.done(tx)
    }

    /// The month before is settled: at first one is returned and one withdrawn; the last waits for somebody.
    fn settle(&self, tx: &mut Tx<'_>, day: NaiveDate, ago: i64) -> Result<Done> {
        let month = Month::of(day).previous();
        for (institution, role) in [(self.center, "institution"), (self.garden, "therapist")] {
            let permit = permit_of::<acts::SettlementPropose>(tx, &self.account(role))?;
            let new = NewSettlement {
                institution_id: institution,
                month,
                division_code: None,
            };
            let propose = |tx: &mut Tx<'_>| {
                tx.attempt(|tx| {
                    Ok(settlements::service::propose(tx, &permit, &new)?
                        .value()
                        .settlement
                        .id)
                })
            };
            let Ok(mut id) = propose(tx) else { continue };
            if ago < 32 {
                continue;
            }
            if (80..=140).contains(&ago) {
                let (who, action) = if role == "institution" {
                    (self.account("finance"), SettlementAction::Return)
                } else {
                    (self.account(role), SettlementAction::Withdraw)
                };
                settles(
                    tx,
                    &who,
                    id,
                    action,
                    Some("部分训练缺监护人签字，补齐后重报"),
                )?;
                id = propose(tx)?;
            }
            settles(
                tx,
                &self.account("finance"),
                id,
                SettlementAction::Check,
                None,
            )?;
        }
        self.done(tx)
    }

    /// A line was wrong.
    fn take_back(&self, tx: &mut Tx<'_>, day: NaiveDate) -> Result<Done> {
        let permit = permit_of::<acts::SettlementCorrect>(tx, &self.account("approver"))?;
        let reader = permit.also::<acts::SettlementRead>()?;
        let filter = settlements::service::Filter {
            institution: Some(self.center),
            state: Some(settlements::SettlementState::Checked),
            month: Some(Month::of(day).previous().previous()),
            ..Default::default()
        };
        let checked = settlements::service::page(tx, &reader, &filter, None, 1)?;
        if let Some(one) = checked.first() {
            let id = one.settlement.id;
            let shown = settlements::service::view(tx, &reader, id)?;
            let line = shown.told.as_ref().and_then(|(lines, _)| lines.last());
            if let Some(line) = line {
                let request = NewReversal {
                    line_id: line.id,
                    reason: "训练记录与签到不符".to_owned(),
                };
                drop(settlements::service::reverse(tx, &permit, id, &request)?);
            }
        }
        self.done(tx)
    }
}

fn settles(
    tx: &mut Tx<'_>,
    who: &str,
    id: crate::kernel::id::SettlementId,
    action: SettlementAction,
    comment: Option<&str>,
) -> Result<()> {
    let permit = permit_of::<acts::SettlementAct>(tx, who)?;
    let request = NewSettlementTransition {
        action,
        comment: comment.map(str::to_owned),
    };
    drop(settlements::service::act(
        tx,
        &permit,
        id,
        IfMatch::seen(1),
        &request,
    )?);
    Ok(())
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
