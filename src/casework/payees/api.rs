//! `/v1/organizations/{id}/bank-accounts`.

use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{
    NewAccountDecision, NewOrganizationAccount, OrganizationAccount, OrganizationAccountState,
};
use super::service;
use crate::access::{Permit, acts};
use crate::db::{Reach, Store};
use crate::http::page::whole_page_of;
use crate::http::{Answer, Creation, IdempotencyKey, ReadErrors, Routes, WriteErrors};
use crate::kernel::error::Result;
use crate::kernel::id::{OrganizationAccountId, OrganizationId, UserId};
use crate::kernel::time::Timestamp;

whole_page_of!(OrganizationAccountPage, OrganizationAccountBody);

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationAccount, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e21", "organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e20",
    "bank_account_masked": "****2344", "bank_name": "丙岭农村商业银行", "valid_from": "2022-03-01", "state": "confirmed",
    "proposed_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "proposed_at": "2022-02-20T01:00:00.000000Z",
    "decided_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "decided_at": "2022-02-21T01:00:00.000000Z", "reason": null
}))]
pub struct OrganizationAccountBody {
    #[schema(value_type = uuid::Uuid)]
    id: OrganizationAccountId,
    #[schema(value_type = uuid::Uuid)]
    organization_id: OrganizationId,
    bank_account_masked: String,
    bank_name: String,
    /// From this day on, until another that was confirmed begins.
    valid_from: NaiveDate,
    state: OrganizationAccountState,
    #[schema(value_type = uuid::Uuid)]
    proposed_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    proposed_at: Timestamp,
    #[schema(value_type = Option<uuid::Uuid>)]
    decided_by: Option<UserId>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    decided_at: Option<Timestamp>,
    /// Why it was not confirmed.
    reason: Option<String>,
}

impl From<OrganizationAccount> for OrganizationAccountBody {
    fn from(one: OrganizationAccount) -> Self {
        Self {
            id: one.id,
            organization_id: one.organization_id,
            bank_account_masked: one.number.masked(),
            bank_name: one.bank_name,
            valid_from: one.valid_from,
            state: one.state,
            proposed_by: one.proposed_by,
            proposed_at: one.proposed_at,
            decided_by: one.decided_by,
            decided_at: one.decided_at,
            reason: one.reason,
        }
    }
}

fn answer(account: OrganizationAccount) -> Result<Answer> {
    let (organization, id) = (account.organization_id, account.id);
    let version = if account.decided_at.is_some() { 2 } else { 1 };
    let path = format!("/v1/organizations/{organization}/bank-accounts#{id}");
    Answer::created(path, version, &OrganizationAccountBody::from(account))
}

/// Where an organization is paid, and was
#[utoipa::path(
    operation_id = "list_organization_accounts", tag = "casework", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("payee.read"))),
    responses((status = 200, description = "All that were proposed, newest first", body = OrganizationAccountPage), ReadErrors)
)]
#[get("/v1/organizations/{id}/bank-accounts")]
async fn list_organization_accounts(
    permit: Permit<acts::PayeeRead>,
    store: web::Data<Store>,
    id: web::Path<OrganizationId>,
) -> Result<web::Json<OrganizationAccountPage>> {
    let all = store
        .look(Reach::NOTHING, move |db| service::list(db, &permit, *id))
        .await?;
    let items = all.into_iter().map(Into::into).collect();
    Ok(web::Json(OrganizationAccountPage::whole(items)))
}

/// Propose where an institution is to be paid
///
/// Nothing is paid there before somebody else confirms it.
#[utoipa::path(
    operation_id = "propose_organization_account", tag = "casework", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewOrganizationAccount, extensions(("x-permit" = json!("payee.propose"))),
    responses(
        (status = 201, description = "Proposed", body = OrganizationAccountBody,
            headers(("Location" = String, description = "Where it is listed"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/organizations/{id}/bank-accounts")]
async fn propose_organization_account(
    permit: Permit<acts::PayeePropose>,
    store: web::Data<Store>,
    id: web::Path<OrganizationId>,
    new: Creation<NewOrganizationAccount>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, Reach::NOTHING, &origin, move |tx, new| {
        service::propose(tx, &permit, *id, &new)?.try_map(answer)
    })
    .await
}

/// Confirm or reject an account that somebody else proposed
#[utoipa::path(
    operation_id = "decide_organization_account", tag = "casework",
    params(("id" = uuid::Uuid, Path), ("account_id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewAccountDecision, extensions(("x-permit" = json!("payee.decide"))),
    responses(
        (status = 201, description = "Decided", body = OrganizationAccountBody,
            headers(("Location" = String, description = "Where it is listed"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/organizations/{id}/bank-accounts/{account_id}/decision")]
async fn decide_organization_account(
    permit: Permit<acts::PayeeDecide>,
    store: web::Data<Store>,
    path: web::Path<(OrganizationId, OrganizationAccountId)>,
    new: Creation<NewAccountDecision>,
) -> Result<HttpResponse> {
    let (id, account) = path.into_inner();
    let origin = permit.origin().clone();
    new.once(&store, Reach::NOTHING, &origin, move |tx, new| {
        service::decide(tx, &permit, id, account, &new)?.try_map(answer)
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_organization_accounts)
        .service(propose_organization_account)
        .service(decide_organization_account);
}
