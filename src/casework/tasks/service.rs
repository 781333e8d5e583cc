//! Use cases of tasks.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::model::{
    Candidate, HandedOver, Item, Listed, NewAssignment, Overdue, Place, Reminder, Staff, Task,
    TaskKind, View, by_office, choose,
};
use super::store::{self, Whose};
use crate::access::{Act, Permit, acts, users};
use crate::audit::{Event, Origin};
use crate::casework::cases::{Case, Desk, Duty, step_of};
use crate::casework::{decisions, follow_ups, recusals, supplements};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, Id, RequestId, ResidentId, UserId};
use crate::programs::{ReviewStep, Step};

pub use super::store::{Mark, versions};

/// Who may take a step: holders of its role there, without those who did something else in the round,
/// who made the decision that is reconsidered, and who are related to the resident.
fn candidates(db: &mut Db, task: &Task) -> Result<Vec<(UserId, DivisionCode)>> {
    let mut all = users::service::holders(db, task.role, task.division_code)?;
    let holders: Vec<_> = all.iter().map(|(user, _)| *user).collect();
    let separated = store::separated(db, task.case_id, task.round, Duty::of(task.step))?;
    let tied = recusals::service::ties(db, &holders, &[task.resident_id])?;
    let decider = match task.step {
        Step::Reconsideration => decisions::service::decider(db, task.case_id)?,
        _ => None,
    };
    all.retain(|(user, _)| {
        !separated.contains(user)
            && decider != Some(*user)
            && !tied.iter().any(|(related, ..)| related == user)
    });
    Ok(all)
}

/// Whom the rule gives a task; nobody where nobody else may take it.
fn by_rule(db: &mut Db, task: &Task, but: Option<UserId>) -> Result<Option<UserId>> {
    let mut able = candidates(db, task)?;
    able.retain(|(user, _)| Some(*user) != but);
    let ids: Vec<_> = able.iter().map(|(user, _)| *user).collect();
    let loads: HashMap<_, _> = store::loads(db, &ids)?.into_iter().collect();
    let able: Vec<_> = able
        .into_iter()
        .map(|(user, office)| Candidate {
            user,
            level: office.level(),
            load: loads.get(&user).copied().unwrap_or(0),
        })
        .collect();
    Ok(choose(&able))
}

/// A case has moved: what waited is done, and what now waits is somebody's, by rule; whose.
pub fn turn(tx: &mut Tx<'_>, case: &Case, steps: &[ReviewStep]) -> Result<Option<UserId>> {
    store::finish(tx, case.id)?;
    supplements::service::close(tx, case.id)?;
    let waits = case.position.step.and_then(|step| step_of(step, steps));
    let (Some(step), Some(due_date)) = (waits, case.due_date) else {
        return Ok(None);
    };
    // A public notice is nobody's.
    let Some(role) = step.role else {
        return Ok(None);
    };
    let mut task = Task {
        case_id: case.id,
        sequence: case.last_transition,
        resident_id: case.resident_id,
        division_code: case.division_code,
        round: case.position.round,
        step: step.step,
        role,
        due_date,
        assignee: None,
        version: 1,
        created_at: tx.now(),
        reminded_at: None,
        paused: false,
    };
    begin(tx, &mut task)?;
    Ok(task.assignee)
}

/// A task begins, with somebody by rule.
fn begin(tx: &mut Tx<'_>, task: &mut Task) -> Result<()> {
    task.assignee = by_rule(tx, task, None)?;
    store::insert(tx, task)?;
    if task.assignee.is_some() {
        store::note(tx, task, task.assignee, None)?;
    }
    Ok(())
}

/// Another office goes on with a case: what waited waits there, for somebody of theirs, until the same
/// day, and with it what a reviewer asked for.
pub fn move_on(tx: &mut Tx<'_>, case: &Case) -> Result<Option<UserId>> {
    let Some(old) = store::waiting(tx, case.id)? else {
        return Ok(None);
    };
    store::finish(tx, case.id)?;
    let mut task = Task {
        sequence: case.last_transition,
        division_code: case.division_code,
        version: 1,
        created_at: tx.now(),
        ..old
    };
    begin(tx, &mut task)?;
    if old.paused {
        pause(tx, case.id)?;
        supplements::service::carry(tx, case.id, task.sequence)?;
    }
    Ok(task.assignee)
}

/// With whom the present steps of some cases wait, where with anybody.
pub fn assignees(db: &mut Db, of: &[CaseId]) -> Result<HashMap<CaseId, Staff>> {
    Ok(store::assignees(db, of)?.into_iter().collect())
}

/// The clock of what waits of a case stands still.
pub fn pause(tx: &mut Tx<'_>, case: CaseId) -> Result<()> {
    let now = tx.now();
    store::set_clock(tx, case, Some(now), None)
}

/// It goes on, until a later day.
pub fn resume(tx: &mut Tx<'_>, case: CaseId, due_date: NaiveDate) -> Result<()> {
    store::set_clock(tx, case, None, Some(due_date))
}

/// Gives a task to somebody, or to nobody; by whom, unless by rule.
fn give(tx: &mut Tx<'_>, task: Task, to: Option<UserId>, by: Option<UserId>) -> Result<Task> {
    store::assign(tx, &task, to)?;
    store::note(tx, &task, to, by)?;
    Ok(Task {
        assignee: to,
        version: task.version + 1,
        ..task
    })
}

fn event(origin: &Origin, action: &'static str, task: &Task) -> Event {
    Event::new(origin, action)
        .on(&task.case_id)
        .about(task.resident_id)
        .within(task.division_code)
        .change("step", task.step)
        .change("assignee_id", task.assignee)
}

/// What of a resident's waits with somebody who is related to them goes to others, by rule.
pub fn pass_on(
    tx: &mut Tx<'_>,
    origin: &Origin,
    from: UserId,
    resident: ResidentId,
) -> Result<Vec<Recorded<()>>> {
    let mut all = Vec::new();
    for task in store::with(tx, from, resident)? {
        let to = by_rule(tx, &task, Some(from))?;
        let task = give(tx, task, to, None)?;
        all.push(tx.record(event(origin, "case.task_assigned", &task), ())?);
    }
    Ok(all)
}

/// The next task that waits with somebody who turned out to be related to its resident.
fn tied(db: &mut Db) -> Result<Option<Task>> {
    let assignees = store::burdened(db)?;
    let ties = recusals::service::tied_to(db, &assignees)?;
    let related: Vec<_> = ties.iter().map(|(user, _)| *user).collect();
    let waiting = store::waiting_with(db, &related)?;
    let ties: HashSet<_> = ties.into_iter().collect();
    let is_tied = |task: &Task| {
        let assignee = task.assignee;
        assignee.is_some_and(|user| ties.contains(&(user, task.resident_id)))
    };
    Ok(waiting.into_iter().find(is_tied))
}

pub fn tied_waits(db: &mut Db) -> Result<bool> {
    Ok(tied(db)?.is_some())
}

/// Passes on, by rule, what waits with somebody whose telephone, address, bank account or household showed a
/// relation.
pub fn pass_on_tied(tx: &mut Tx<'_>, request: RequestId) -> Result<Recorded<()>> {
    let Some(task) = tied(tx)? else {
        return Err(Code::TaskNotFound.into());
    };
    let to = by_rule(tx, &task, task.assignee)?;
    let task = give(tx, task, to, None)?;
    let event = event(&Origin::system(request), "case.task_assigned", &task);
    tx.record(event, ())
}

fn found<A: Act>(db: &mut Db, permit: &Permit<A>, case: CaseId) -> Result<Task> {
    store::find(db, permit.scope(), case)?.ok_or_else(|| Code::TaskNotFound.into())
}

/// Whose a task is.
pub fn view<A: Act>(db: &mut Db, permit: &Permit<A>, case: CaseId) -> Result<Looked<Task>> {
    let task = found(db, permit, case)?;
    let event = event(permit.origin(), "case.task_viewed", &task);
    db.looked(event, task)
}

/// A supervisor gives a task to somebody who may do it.
pub fn assign(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::TaskAssign>,
    case: CaseId,
    seen: IfMatch,
    new: &NewAssignment,
) -> Result<Recorded<Task>> {
    let task = found(tx, permit, case)?;
    seen.check(task.version)?;
    let able = candidates(tx, &task)?;
    if !able.iter().any(|(user, _)| *user == new.user_id) {
        return Err(not_eligible("/user_id"));
    }
    let task = give(tx, task, Some(new.user_id), Some(permit.actor().user))?;
    tx.record(event(permit.origin(), "case.task_assigned", &task), task)
}

fn not_eligible(pointer: &str) -> Error {
    Error::field(
        pointer,
        "assignee.not_eligible",
        "not somebody who may take this step",
        "该人员不能办理此环节",
    )
}

/// Somebody takes a task that is nobody's.
pub fn claim(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::CaseAct>,
    case: CaseId,
    seen: IfMatch,
) -> Result<Recorded<Task>> {
    let task = found(tx, permit, case)?;
    let user = permit.actor().user;
    let able = candidates(tx, &task)?;
    if !able.iter().any(|(candidate, _)| *candidate == user) {
        return Err(Code::TaskNotEligible.into());
    }
    if task.assignee.is_some() {
        return Err(Code::TaskTaken.into());
    }
    seen.check(task.version)?;
    let task = give(tx, task, Some(user), Some(user))?;
    tx.record(event(permit.origin(), "case.task_claimed", &task), task)
}

/// Clears a desk: every task goes to one person where that one may take it, or to whom the rule says.
pub fn hand_over(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::TaskAssign>,
    from: UserId,
    to: Option<UserId>,
) -> Result<Recorded<Vec<HandedOver>>> {
    let holder = users::service::get(tx, from)?;
    if to == Some(from) {
        return Err(not_eligible("/to_user_id"));
    }
    let by = permit.actor().user;
    let tasks = store::of_user(tx, permit.scope(), from)?;
    let desk = Event::new(permit.origin(), "user.desk_handed_over")
        .on(&from)
        .change("username", holder.username)
        .change("tasks", tasks.len());
    let mut all = tx.record(desk, Vec::new())?;
    for task in tasks {
        let case_id = task.case_id;
        let next = match to {
            None => Some(by_rule(tx, &task, Some(from))?),
            Some(to) => {
                let able = candidates(tx, &task)?;
                able.iter().any(|(user, _)| *user == to).then_some(Some(to))
            }
        };
        let one = match next {
            Some(assignee) => {
                let task = give(tx, task, assignee, Some(by))?;
                let item = HandedOver {
                    case_id,
                    assignee,
                    moved: true,
                };
                tx.record(event(permit.origin(), "case.task_handed_over", &task), item)?
            }
            None => {
                let event = event(permit.origin(), "case.task_handed_over", &task)
                    .refused()
                    .reason(Code::TaskNotEligible.as_str());
                let item = HandedOver {
                    case_id,
                    assignee: task.assignee,
                    moved: false,
                };
                tx.record(event, item)?
            }
        };
        all = all.and(one).map(|(mut items, item)| {
            items.push(item);
            items
        });
    }
    Ok(all)
}

/// Which part of a list is asked for.
#[derive(Debug)]
pub struct Window<M> {
    pub division: Option<DivisionCode>,
    pub overdue: bool,
    pub after: Option<M>,
    pub count: i64,
}

fn page<A: Act>(
    db: &mut Db,
    permit: &Permit<A>,
    whose: &Whose<'_>,
    window: &Window<Mark>,
) -> Result<Vec<Listed>> {
    let scope = permit.scope_in(window.division)?;
    let due_before = window.overdue.then(|| db.today());
    let after = window.after.as_ref();
    store::page(db, &scope, whose, due_before, after, window.count)
}

fn listed<A: Act>(permit: &Permit<A>, division: Option<DivisionCode>) -> Result<Event> {
    let scope = permit.scope_in(division)?;
    Ok(Event::new(permit.origin(), "case.tasks_listed").within_first(scope.divisions()))
}

/// What the caller may do next: review steps that are theirs or nobody's, and what services still have to look at, which
/// is of a role and nobody's own.
pub fn desk(
    db: &mut Db,
    permit: &Permit<acts::TaskRead>,
    view: View,
    kind: Option<TaskKind>,
    window: &Window<Place>,
) -> Result<Looked<Vec<Item>>> {
    let wanted = |one| kind.is_none_or(|kind| kind == one);
    let mut items = Vec::new();
    if wanted(TaskKind::Review) {
        let actor = permit.actor();
        let ties = recusals::service::tied_to(db, &[actor.user])?;
        let related: Vec<_> = ties.into_iter().map(|(_, resident)| resident).collect();
        let whose = Whose::Desk(actor, &related, view);
        let reviews = page(
            db,
            permit,
            &whose,
            &Window {
                division: window.division,
                overdue: window.overdue,
                after: window.after.map(|place| Mark {
                    due_date: place.due_date,
                    case_id: Id::new(place.id_of(TaskKind::Review)),
                }),
                count: window.count,
            },
        )?;
        items.extend(reviews.into_iter().map(Item::Review));
    }
    if wanted(TaskKind::FollowUp) && view != View::Mine {
        let after = window.after.map(|place| follow_ups::service::Mark {
            due_date: place.due_date,
            id: Id::new(place.id_of(TaskKind::FollowUp)),
        });
        let (division, overdue) = (window.division, window.overdue);
        let planned =
            follow_ups::service::desk(db, permit, division, overdue, after.as_ref(), window.count)?;
        items.extend(planned.into_iter().map(Item::FollowUp));
    }
    items.sort_by_key(Place::of);
    items.truncate(usize::try_from(window.count).map_err(Error::internal)?);
    let event = listed(permit, window.division)?
        .change(
            "case_ids",
            items.iter().filter_map(Item::case).collect::<Vec<_>>(),
        )
        .change(
            "follow_up_ids",
            items.iter().filter_map(Item::follow_up).collect::<Vec<_>>(),
        );
    db.looked(event, items)
}

/// What waits in the caller's offices, with one person or with anybody and nobody.
pub fn of_offices(
    db: &mut Db,
    permit: &Permit<acts::TaskAssign>,
    assignee: Option<UserId>,
    window: &Window<Mark>,
) -> Result<Looked<Vec<Listed>>> {
    let all = page(db, permit, &Whose::Office(assignee), window)?;
    let cases: Vec<_> = all.iter().map(|listed| listed.task.case_id).collect();
    let event = listed(permit, window.division)?.change("case_ids", cases);
    db.looked(event, all)
}

/// A user's name and display name, by id.
pub type Names = HashMap<UserId, (String, String)>;

/// How many tasks are past their due date, by office and person.
pub fn overdue(
    db: &mut Db,
    permit: &Permit<acts::TaskAssign>,
    division: Option<DivisionCode>,
) -> Result<(Vec<Overdue>, Names)> {
    let scope = permit.scope_in(division)?;
    let today = db.today();
    let counts = by_office(store::overdue(db, &scope, today)?);
    let people: Vec<_> = counts.iter().filter_map(|one| one.assignee).collect();
    let names = store::names(db, &people)?;
    let names = names
        .into_iter()
        .map(|(id, username, display_name)| (id, (username, display_name)));
    Ok((counts, names.collect()))
}

/// So many working days before its due date a task is pointed out.
const SOON: usize = 2;
/// Tasks that one unit of work points out.
const TOGETHER: i64 = 100;

fn unreminded(db: &mut Db, desk: &Desk, most: i64) -> Result<Vec<(Task, Reminder)>> {
    let today = db.today();
    store::unreminded(db, today, desk.due(today, SOON), most)
}

/// Whether a task comes near its due date or is past it, and nobody was told.
pub fn reminder_waits(db: &mut Db, desk: &Desk) -> Result<bool> {
    Ok(!unreminded(db, desk, 1)?.is_empty())
}

/// Points out tasks that come near their due date or are past it, each of the two once.
pub fn remind(tx: &mut Tx<'_>, desk: &Desk, request: RequestId) -> Result<Recorded<()>> {
    let origin = Origin::system(request);
    let waiting = unreminded(tx, desk, TOGETHER)?;
    let looked = Event::new(&origin, "case.tasks_looked_through").change("tasks", waiting.len());
    let mut all = tx.record(looked, ())?;
    for (task, reminder) in waiting {
        if store::remind(tx, &task, reminder)? {
            let event = event(&origin, "case.task_reminded", &task)
                .change("reminder", reminder)
                .change("due_date", task.due_date);
            let one = tx.record(event, ())?;
            all = all.and(one).map(|_both| ());
        }
    }
    Ok(all)
}
