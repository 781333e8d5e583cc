//! `/v1/tasks`: one's own desk, the desks of an office, who is to do what.

mod body;

use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use self::body::{AssignmentBody, DeskItem, HandedOverBody, OverdueBody, TaskBody};
use super::model::{HandOver, Listed, NewAssignment, Place, Task, TaskKind, View};
use super::service::{self, Mark, Window};
use crate::access::{Act, Permit, acts};
use crate::casework::Desk;
use crate::db::Store;
use crate::http::page::{is_place, page_of, whole_page_of};
use crate::http::{
    Answer, Creation, Current, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, Sent,
    WriteErrors, or_current,
};
use crate::kernel::crypto::sha256;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{CaseId, UserId};

page_of!(DeskPage, DeskItem);
page_of!(TaskPage, TaskBody);
whole_page_of!(OverduePage, OverdueBody);
whole_page_of!(HandedOverPage, HandedOverBody);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DeskQuery {
    /// Yours and nobody's, unless given.
    #[param(inline)]
    view: Option<View>,
    /// Both, unless given.
    #[param(inline)]
    kind: Option<TaskKind>,
    /// Only what is past its due date.
    #[serde(default)]
    overdue: bool,
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct OfficeQuery {
    /// Only what waits with this person.
    #[param(value_type = Option<uuid::Uuid>)]
    assignee_id: Option<UserId>,
    /// Only what is past its due date.
    #[serde(default)]
    overdue: bool,
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct OverdueQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
}

fn cut(
    paging: &Paging<Mark>,
    rows: Vec<Listed>,
    desk: &Desk,
    today: NaiveDate,
) -> Result<web::Json<TaskPage>> {
    let (rows, next) = paging.cut(rows, |listed| Mark::of(&listed.task))?;
    let items = rows
        .into_iter()
        .map(|listed| TaskBody::of(listed, desk, today))
        .collect();
    Ok(web::Json(TaskPage { items, next }))
}

/// What you may do next
///
/// Review steps that wait with you or with nobody, and what services still have to look at and your roles do, the most
/// urgent first. What you may not take, because you did something else in the round or are related to the resident, is
/// left out.
#[utoipa::path(
    operation_id = "list_tasks", tag = "casework", params(DeskQuery), extensions(("x-permit" = json!("task.read"))),
    responses((status = 200, description = "A page of tasks", body = DeskPage), ReadErrors)
)]
#[get("/v1/tasks")]
async fn list_tasks(
    permit: Permit<acts::TaskRead>,
    store: web::Data<Store>,
    desk: web::Data<Desk>,
    Params(query): Params<DeskQuery>,
) -> Result<web::Json<DeskPage>> {
    let keys = store.keys();
    let paging = Paging::<Place>::of(keys, "tasks", &query, query.limit, query.cursor.as_deref())?;
    let (after, count) = paging.window();
    let window = Window {
        division: query.division_code,
        overdue: query.overdue,
        after,
        count,
    };
    let view = query.view.unwrap_or(View::All);
    let kind = query.kind;
    let rows = store
        .look(permit.reach(), move |db| {
            service::desk(db, &permit, view, kind, &window)
        })
        .await?;
    let today = store.given().now().office_date();
    let (rows, next) = paging.cut(rows, Place::of)?;
    let items = rows
        .into_iter()
        .map(|item| DeskItem::of(item, &desk, today))
        .collect();
    Ok(web::Json(DeskPage { items, next }))
}

/// What waits in your offices
///
/// With one person, or with anybody and nobody; the most urgent first.
#[utoipa::path(
    operation_id = "list_office_tasks", tag = "casework", params(OfficeQuery), extensions(("x-permit" = json!("task.assign"))),
    responses((status = 200, description = "A page of tasks", body = TaskPage), ReadErrors)
)]
#[get("/v1/tasks/office")]
async fn list_office_tasks(
    permit: Permit<acts::TaskAssign>,
    store: web::Data<Store>,
    desk: web::Data<Desk>,
    Params(query): Params<OfficeQuery>,
) -> Result<web::Json<TaskPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "office_tasks",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let window = Window {
        division: query.division_code,
        overdue: query.overdue,
        after,
        count,
    };
    let assignee = query.assignee_id;
    let rows = store
        .look(permit.reach(), move |db| {
            service::of_offices(db, &permit, assignee, &window)
        })
        .await?;
    cut(&paging, rows, &desk, store.given().now().office_date())
}

/// How much is overdue, by office and person
#[utoipa::path(
    operation_id = "list_overdue_tasks", tag = "casework", params(OverdueQuery), extensions(("x-permit" = json!("task.assign"))),
    responses((status = 200, description = "By office, role and person; what is with nobody, too", body = OverduePage), ReadErrors)
)]
#[get("/v1/tasks/overdue")]
async fn list_overdue_tasks(
    permit: Permit<acts::TaskAssign>,
    store: web::Data<Store>,
    Params(query): Params<OverdueQuery>,
) -> Result<web::Json<OverduePage>> {
    let (counts, names) = store
        .read(permit.reach(), move |db| {
            service::overdue(db, &permit, query.division_code)
        })
        .await?;
    let items = counts
        .into_iter()
        .map(|count| OverdueBody::of(count, &names))
        .collect();
    Ok(web::Json(OverduePage::whole(items)))
}

/// Give a task to somebody who may do it
///
/// `{id}` is the case's.
#[utoipa::path(
    operation_id = "assign_task", tag = "casework",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The task's version"), IdempotencyKey),
    request_body = NewAssignment, extensions(("x-permit" = json!("task.assign"))),
    responses(
        (status = 201, description = "Whose it is", body = AssignmentBody,
            headers(("Location" = String, description = "The case"), ("ETag" = String, description = "The task's version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/tasks/{id}/assignment")]
async fn assign_task(
    permit: Permit<acts::TaskAssign>,
    store: web::Data<Store>,
    id: web::Path<CaseId>,
    seen: IfMatch,
    new: Creation<NewAssignment>,
) -> Result<HttpResponse> {
    let (id, sent, own) = (*id, new.sent(), permit.clone());
    let origin = permit.origin().clone();
    let assigned = new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::assign(tx, &permit, id, seen, &new)?.try_map(|task| assignment(&task))
    });
    or_current(assigned.await, &sent, async || {
        let assignment = current(&store, own, id).await?;
        Ok(assignment.against(|shown| serde_json::json!({"user_id": shown.get("assignee_id")})))
    })
    .await
}

fn assignment(task: &Task) -> Result<Answer> {
    let case = format!("/v1/cases/{}", task.case_id);
    Answer::created(case, task.version, &AssignmentBody::from(task))
}

/// Whose it is, told to somebody who saw an older version.
async fn current<A: Act>(store: &Store, permit: Permit<A>, id: CaseId) -> Result<Current> {
    let task = store
        .look(permit.reach(), move |db| service::view(db, &permit, id))
        .await?;
    Current::of(task.version, &AssignmentBody::from(&task))
}

/// Take a task that is nobody's
///
/// `{id}` is the case's. 409 `task.taken` when it is somebody's already.
#[utoipa::path(
    operation_id = "claim_task", tag = "casework",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The task's version"), IdempotencyKey),
    extensions(("x-permit" = json!("case.act"))),
    responses(
        (status = 201, description = "It is yours", body = AssignmentBody,
            headers(("Location" = String, description = "The case"), ("ETag" = String, description = "The task's version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/tasks/{id}/claim")]
async fn claim_task(
    permit: Permit<acts::CaseAct>,
    store: web::Data<Store>,
    id: web::Path<CaseId>,
    seen: IfMatch,
    key: IdempotencyKey,
) -> Result<HttpResponse> {
    let (id, own) = (*id, permit.clone());
    let origin = permit.origin().clone();
    let asked = sha256(format!("claim_task {id}").as_bytes());
    let claimed = key.once(&store, permit.reach(), &origin, asked, move |tx| {
        service::claim(tx, &permit, id, seen)?.try_map(|task| assignment(&task))
    });
    or_current(claimed.await, &Sent::default(), async || {
        let assignment = current(&store, own, id).await?;
        Ok(assignment.deciding(&["/version", "/step", "/assignee_id"]))
    })
    .await
}

/// Hand over a whole desk
///
/// All of a person's tasks in your offices go to another person, or, where none is named, to whom the
/// rule says. What the other person may not take stays where it is.
#[utoipa::path(
    operation_id = "hand_over_desk", tag = "casework", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = HandOver, extensions(("x-permit" = json!("task.assign"))),
    responses((status = 201, description = "What became of each task", body = HandedOverPage), ReadErrors, WriteErrors)
)]
#[post("/v1/users/{id}/hand-over")]
async fn hand_over_desk(
    permit: Permit<acts::TaskAssign>,
    store: web::Data<Store>,
    id: web::Path<UserId>,
    asked: Creation<HandOver>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            service::hand_over(tx, &permit, *id, asked.to_user_id)?.try_map(|items| {
                let items = items.into_iter().map(Into::into).collect();
                Answer::done(&HandedOverPage::whole(items))
            })
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_tasks)
        .service(list_office_tasks)
        .service(list_overdue_tasks)
        .service(assign_task)
        .service(claim_task)
        .service(hand_over_desk);
}
