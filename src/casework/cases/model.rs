//! A case, and who may do what to it now.

use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::details::Field;
use super::life::{Action, Duty, Move, Position, State, follow, step_of};
use crate::access::{Actor, Held, Role};
use crate::audit::{Event, Origin};
use crate::casework::decisions::Closing;
use crate::casework::recusals::{Tie, keep_off};
use crate::casework::transfers;
use crate::db::{Db, Recorded, Tx};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{
    ApplicationId, CaseId, OrganizationId, ProgramVersionId, ResidentId, TransferId, UserId,
};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::kernel::working_days::WorkingDays;
use crate::programs::{Claimed, Decision, ProgramVersion, ReviewStep, Service, Step};

#[derive(Debug, Clone)]
pub struct Case {
    pub id: CaseId,
    pub case_number: String,
    pub service: Service,
    pub program_code: String,
    pub program_version_id: ProgramVersionId,
    pub resident_id: ResidentId,
    /// The one form it was opened with, if others were opened along.
    pub application_id: Option<ApplicationId>,
    pub division_code: DivisionCode,
    pub position: Position,
    pub last_transition: i32,
    pub due_date: Option<NaiveDate>,
    pub details: Map<String, Value>,
    pub version: i32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub submitted_at: Option<Timestamp>,
    pub decided_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
}

/// What somebody files.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "program_code": "nursing_subsidy", "details": {}}))]
pub struct NewCase {
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    pub program_code: String,
    /// By service; subsidies take `note`, and where a contribution is claimed for `period_from`, `period_to`,
    /// `contribution_fen` and `voucher_number`.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    pub details: Map<String, Value>,
}

/// What somebody does to a case.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "endorse", "comment": "材料齐全"}))]
pub struct NewTransition {
    pub action: Action,
    /// Needed by return, reject, object, terminate, request_reconsideration, uphold and reopen, and by the
    /// decision that answers an objection.
    #[serde(default)]
    pub comment: Option<String>,
}

const LONGEST_COMMENT: usize = 1_000;

impl NewTransition {
    /// A comment says why a case is sent back, refused, stopped, objected to or judged anew.
    pub fn check(&mut self) -> Result<()> {
        self.comment = self
            .comment
            .take()
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty());
        let needed = matches!(
            self.action,
            Action::Return
                | Action::Reject
                | Action::Object
                | Action::Terminate
                | Action::RequestReconsideration
                | Action::Uphold
                | Action::Reopen
        );
        let length = self.comment.as_ref().map_or(0, |text| text.chars().count());
        if length > LONGEST_COMMENT || (needed && length == 0) {
            return Err(Error::field(
                "/comment",
                "comment.length",
                "up to 1000 characters; return, reject, object, terminate, request_reconsideration, uphold and reopen need one",
                "不超过1000字；退回、驳回、异议、终止、申请复查、维持、撤销原决定须说明理由",
            ));
        }
        Ok(())
    }
}

/// One entry of a case's history.
#[derive(Debug, Clone)]
pub struct Transition {
    pub sequence: i32,
    pub action: Action,
    pub from: Option<(State, Option<Step>)>,
    pub to: (State, Option<Step>),
    pub round: i32,
    pub actor: Option<(UserId, String, String)>,
    pub comment: Option<String>,
    pub at: Timestamp,
}

/// What a service must know when a case of its programs is approved.
#[derive(Debug)]
pub struct Approval<'a> {
    pub case: &'a Case,
    pub origin: &'a Origin,
    /// Who approved it.
    pub by: UserId,
    /// The day the application was first submitted.
    pub submitted_on: NaiveDate,
    pub amount: Fen,
}

/// What somebody is entitled to, month by month.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = RunningBenefit, example = json!({"program_code": "nursing_subsidy", "rate_fen": 55000, "start_month": "2022-07", "suspended": false}))]
pub struct Benefit {
    pub program_code: String,
    /// Fen a month.
    pub rate_fen: Fen,
    #[schema(value_type = String)]
    pub start_month: Month,
    pub suspended: bool,
}

/// Who moves to which division.
#[derive(Debug)]
pub struct Relocation<'a> {
    pub resident: ResidentId,
    pub from: DivisionCode,
    pub to: DivisionCode,
    pub origin: &'a Origin,
}

/// What a service must know when a case of its programs is stopped.
#[derive(Debug)]
pub struct Termination<'a> {
    pub case: &'a Case,
    pub origin: &'a Origin,
    /// Who stopped it, and why.
    pub by: UserId,
    pub comment: Option<&'a str>,
}

/// What a service must know when somebody completes a case of its programs.
#[derive(Debug)]
pub struct Completion<'a> {
    /// As it was before.
    pub case: &'a Case,
    pub origin: &'a Origin,
    pub by: UserId,
}

/// How one of the five services plugs into casework.
pub trait CaseService: std::fmt::Debug + Send + Sync {
    fn service(&self) -> Service;

    /// What this service's applications say beyond what is known of the person.
    fn details(&self) -> &'static [(&'static str, Field)];

    /// What an application to a version claims for; refuses one that does not say it.
    fn claimed(
        &self,
        _version: &ProgramVersion,
        _details: &Map<String, Value>,
    ) -> Result<Option<Claimed>> {
        Ok(None)
    }

    /// What of somebody's runs in this service, for the office that may take it over.
    fn running(&self, _db: &mut Db, _resident: ResidentId) -> Result<Vec<Benefit>> {
        Ok(Vec::new())
    }

    /// Another office goes on with it, as it is, in the transfer's own transaction.
    fn on_transferred(&self, _tx: &mut Tx<'_>, _to: &Relocation<'_>) -> Result<Vec<Recorded<()>>> {
        Ok(Vec::new())
    }

    /// Refuses an application that could open nothing, whatever the rules say of the person.
    fn on_submitted(&self, _tx: &mut Tx<'_>, _case: &Case) -> Result<()> {
        Ok(())
    }

    /// Opens what an approval opens, in the approval's own transaction: unless a service says otherwise,
    /// the office is to begin.
    fn on_approved(&self, tx: &mut Tx<'_>, approval: &Approval<'_>) -> Result<Recorded<()>> {
        let case = approval.case;
        let event = Event::new(approval.origin, "case.service_due")
            .on(&case.id)
            .about(case.resident_id)
            .within(case.division_code)
            .change("service", case.service);
        tx.record(event, ())
    }

    /// Refuses to complete a case whose service still owes something: the evidence that it was given.
    fn on_completed(&self, _tx: &mut Tx<'_>, _completion: &Completion<'_>) -> Result<()> {
        Ok(())
    }

    /// Ends what an approval opened, in the stop's own transaction: unless a service says otherwise, the
    /// office is to see to it. A case that is opened again gets nothing back before its next approval.
    fn on_terminated(&self, tx: &mut Tx<'_>, stop: &Termination<'_>) -> Result<Recorded<()>> {
        let case = stop.case;
        let event = Event::new(stop.origin, "case.service_to_end")
            .on(&case.id)
            .about(case.resident_id)
            .within(case.division_code)
            .change("service", case.service);
        tx.record(event, ())
    }
}

/// What casework needs beside the database: the services above, and the calendar.
#[derive(Debug, Clone)]
pub struct Desk {
    services: Arc<[&'static dyn CaseService]>,
    calendar: Arc<WorkingDays>,
}

impl Desk {
    pub fn new(services: &[&'static dyn CaseService], calendar: WorkingDays) -> Self {
        Self {
            services: services.into(),
            calendar: Arc::new(calendar),
        }
    }

    pub fn service(&self, service: Service) -> Result<&'static dyn CaseService> {
        self.services
            .iter()
            .copied()
            .find(|one| one.service() == service)
            .ok_or_else(|| Error::internal(format!("nobody does {service}")))
    }

    pub fn services(&self) -> impl Iterator<Item = &'static dyn CaseService> {
        self.services.iter().copied()
    }

    pub fn due(&self, from: NaiveDate, working_days: usize) -> NaiveDate {
        self.calendar.after(from, working_days)
    }

    /// By how many working days a date has passed.
    pub fn overdue(&self, date: NaiveDate, today: NaiveDate) -> usize {
        self.calendar.passed(date, today)
    }
}

/// Roles that file cases, submit and withdraw them.
const FILING: [Role; 3] = [
    Role::VillageLiaison,
    Role::TownshipCaseworker,
    Role::CountyCaseworker,
];
/// Roles that take down an objection to a public notice.
const OBJECTING: [Role; 2] = [Role::TownshipCaseworker, Role::CountyCaseworker];
/// Roles that stop what was approved.
const STOPPING: [Role; 2] = [Role::CountyApprover, Role::CivilAffairsOfficer];
/// Roles that complete what was given.
const COMPLETING: [Role; 2] = [Role::CountyCaseworker, Role::CountyApprover];
/// Roles that judge a rejection or stop.
const JUDGING: [Role; 2] = [Role::CountyApprover, Role::CitySupervisor];

/// What decides whether somebody may act on a case now.
#[derive(Debug)]
pub struct Situation<'a> {
    pub case: &'a Case,
    pub steps: &'a [ReviewStep],
    pub actor: &'a Actor,
    /// What the actor has done in a round, by round.
    pub duties: &'a [(i32, Duty)],
    /// What ties the actor to the resident.
    pub ties: &'a [Tie],
    /// The transfer that is offered of the resident.
    pub transfer: Option<TransferId>,
    /// How the case was closed, where it is or that is reconsidered.
    pub closing: Option<&'a Closing>,
    pub today: NaiveDate,
}

impl Situation<'_> {
    /// Where the action leads, if this person may take it: a transfer that is offered first, then the
    /// state, then the role, then recusal and separation of duties.
    pub fn check(&self, action: Action) -> Result<Move> {
        self.check_as(action, self.roles_for(action))
    }

    /// As `check`, where the action is for other roles than is usual.
    pub fn check_as(&self, action: Action, roles: &[Role]) -> Result<Move> {
        transfers::hold(self.transfer)?;
        let at = self.case.position;
        let Some(next) = self.next(action) else {
            let step = at.step.map_or(String::new(), |step| format!(" at {step}"));
            let step_zh = at
                .step
                .map_or(String::new(), |step| format!("（{}）", step.label_zh()));
            return Err(Error::new(Code::CaseTransition)
                .detail(
                    format!("a case in state {}{step} does not take: {action}", at.state),
                    format!(
                        "{}{step_zh}的个案不能{}",
                        at.state.label_zh(),
                        action.label_zh()
                    ),
                )
                .member("state", at.state.as_str()));
        };
        self.held_as(roles)?;
        if let Some(closing) = self.closing {
            closing.check(action, self.actor.user, self.today)?;
        }
        let files = next.duty == Some(Duty::Filing);
        keep_off(
            self.ties,
            files && files_as_liaison(self.actor, self.case.division_code),
        )?;
        if let Some(duty) = next.duty {
            let done = self
                .duties
                .iter()
                .find(|(round, _)| *round == next.to.round)
                .map(|(_, duty)| *duty);
            if let Some(done) = done.filter(|done| *done != duty) {
                return Err(separation(done));
            }
        }
        Ok(next)
    }

    /// Where the state lets the action lead.
    fn next(&self, action: Action) -> Option<Move> {
        let at = self.case.position;
        // What was approved and not begun is completed by the service alone.
        let early = action == Action::Complete && at.state != State::InService;
        let asked = Action::ASKED.contains(&action) && !early;
        let closed_as = self.closing.map(|closing| closing.state);
        follow(at, action, self.steps, closed_as).filter(|_| asked)
    }

    /// The office for which this person takes the action, in one of these roles.
    pub fn office(&self, roles: &[Role]) -> Result<OrganizationId> {
        self.held_as(roles).map(|held| held.organization)
    }

    /// Who takes the action.
    pub fn roles_for(&self, action: Action) -> &[Role] {
        match action {
            Action::Submit | Action::Withdraw | Action::RequestReconsideration => &FILING,
            Action::Object => &OBJECTING,
            Action::Complete => &COMPLETING,
            Action::Terminate => &STOPPING,
            Action::Uphold | Action::Reopen => &JUDGING,
            _ => {
                let step = self.case.position.step;
                let step = step.and_then(|step| step_of(step, self.steps));
                step.map_or(&[], |step| step.role.as_slice())
            }
        }
    }

    fn held(&self, needed: &[Role]) -> Option<&Held> {
        let division = self.case.division_code;
        let mut held = self.actor.grants.iter();
        held.find(|held| needed.contains(&held.role) && held.division.contains(division))
    }

    fn held_as(&self, needed: &[Role]) -> Result<&Held> {
        self.held(needed).ok_or_else(|| {
            let names: Vec<_> = needed.iter().map(|role| role.as_str()).collect();
            let labels: Vec<_> = needed.iter().map(|role| role.label_zh()).collect();
            Error::new(Code::CaseStepRole).detail(
                format!("this takes: {}", names.join(" or ")),
                format!("须由{}办理", labels.join("或")),
            )
        })
    }

    pub fn allowed(&self) -> Vec<Action> {
        // A refusal says why at some length: lists make none for what state or role rule out.
        let may =
            |action| self.next(action).is_some() && self.held(self.roles_for(action)).is_some();
        Action::ASKED
            .into_iter()
            .filter(|action| may(*action) && self.check(*action).is_ok())
            .collect()
    }
}

/// Whether somebody files there as a village liaison, who does so for everybody but themself.
pub fn files_as_liaison(actor: &Actor, division: DivisionCode) -> bool {
    actor.holds(Role::VillageLiaison, division)
}

pub fn separation(done: Duty) -> Error {
    Error::new(Code::CaseSeparation)
        .detail(
            format!("you have done {done} in this round"),
            format!("您已在本轮办理{}", done.label_zh()),
        )
        .member("duty", done.as_str())
}

/// Names the clauses that decided against a case.
pub fn refused(decision: &Decision, code: Code) -> Error {
    let decided: Vec<_> = decision
        .clauses
        .iter()
        .filter(|clause| clause.holds != Some(true))
        .collect();
    let (en, zh): (Vec<_>, Vec<_>) = decided
        .iter()
        .map(|clause| (clause.en.as_str(), clause.zh.as_str()))
        .unzip();
    let missing: Vec<_> = decided
        .iter()
        .flat_map(|clause| clause.missing.iter().map(String::as_str))
        .collect();
    Error::new(code)
        .detail(
            format!("not met: {}", en.join("; ")),
            format!("未满足：{}", zh.join("；")),
        )
        .member(
            "clauses",
            serde_json::to_value(&decided).unwrap_or_default(),
        )
        .member("missing", missing)
}
