//! `/v1/residents/{id}/bank-accounts`.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{Held, HolderRelation, NewBankAccount};
use super::service;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::whole_page_of;
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Params, ReadErrors, Routes, WriteErrors,
};
use crate::kernel::error::Result;
use crate::kernel::id::ResidentId;
use crate::kernel::time::Timestamp;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct BankAccountQuery {
    /// Only what the office believed at this instant; without it, everything it ever believed.
    known_at: Option<DateTime<Utc>>,
}

/// An account as it was or is believed, masked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ResidentBankAccount, example = json!({
    "bank_account_masked": "****2344", "bank_name": "丙岭农村商业银行", "holder": "李四", "holder_relation": "guardian",
    "valid_from": "2022-03-01", "valid_to": null,
    "recorded_at": "2022-03-01T01:00:00.000000Z", "superseded_at": null
}))]
pub struct BankAccountBody {
    bank_account_masked: String,
    bank_name: String,
    /// Nobody where it is the resident's own.
    holder: Option<String>,
    holder_relation: HolderRelation,
    valid_from: NaiveDate,
    /// The first day it no longer holds.
    valid_to: Option<NaiveDate>,
    #[schema(value_type = DateTime<Utc>)]
    recorded_at: Timestamp,
    #[schema(value_type = Option<DateTime<Utc>>)]
    superseded_at: Option<Timestamp>,
}

impl From<Held> for BankAccountBody {
    fn from(held: Held) -> Self {
        let holder = held.account.holder;
        Self {
            bank_account_masked: held.account.number.masked(),
            bank_name: held.account.bank_name,
            holder: holder.map(|name| name.as_str().to_owned()),
            holder_relation: held.account.holder_relation,
            valid_from: held.period.from,
            valid_to: held.period.to,
            recorded_at: held.recorded_at,
            superseded_at: held.superseded_at,
        }
    }
}

whole_page_of!(BankAccountPage, BankAccountBody);

/// A resident's bank accounts, masked, and what the office believed of them
///
/// The number of the one in force: `POST /v1/residents/{id}/disclosures`.
#[utoipa::path(
    operation_id = "list_bank_accounts", tag = "registry", params(("id" = uuid::Uuid, Path), BankAccountQuery),
    extensions(("x-permit" = json!("resident.read"))),
    responses((status = 200, description = "By the day from which each holds", body = BankAccountPage), ReadErrors)
)]
#[get("/v1/residents/{id}/bank-accounts")]
async fn list_bank_accounts(
    permit: Permit<acts::ResidentRead>,
    store: web::Data<Store>,
    id: web::Path<ResidentId>,
    Params(query): Params<BankAccountQuery>,
) -> Result<web::Json<BankAccountPage>> {
    let known_at = query.known_at.map(Timestamp::from);
    let all = store
        .look(permit.reach(), move |db| {
            service::list(db, &permit, *id, known_at)
        })
        .await?;
    let items = all.into_iter().map(Into::into).collect();
    Ok(web::Json(BankAccountPage::whole(items)))
}

/// Record a bank account
///
/// Supersedes what is believed for the same days; earlier days keep theirs: one account a day. Staff who are
/// paid there take no step of the resident's cases.
#[utoipa::path(
    operation_id = "record_bank_account", tag = "registry",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The resident's ETag"),
        IdempotencyKey),
    request_body = NewBankAccount, extensions(("x-permit" = json!("resident.write"))),
    responses(
        (status = 201, description = "Recorded", body = BankAccountBody,
            headers(("Location" = String, description = "The list of bank accounts"), ("ETag" = String, description = "The resident's version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/residents/{id}/bank-accounts")]
async fn record_bank_account(
    permit: Permit<acts::ResidentWrite>,
    store: web::Data<Store>,
    id: web::Path<ResidentId>,
    seen: IfMatch,
    new: Creation<NewBankAccount>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::record(tx, &permit, *id, seen, &new)?.try_map(|(resident, held)| {
            Answer::created(
                format!("/v1/residents/{id}/bank-accounts"),
                resident.version,
                &BankAccountBody::from(held),
            )
        })
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_bank_accounts)
        .service(record_bank_account);
}
