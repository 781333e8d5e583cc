//! `/v1/transition-batches`.

use actix_web::{HttpResponse, post, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::service::{self, NewBatch, Outcome, Refusal};
use crate::access::{Permit, acts};
use crate::casework::Desk;
use crate::casework::cases::State;
use crate::db::Store;
use crate::http::page::whole_page_of;
use crate::http::{Answer, Creation, IdempotencyKey, ReadErrors, Routes, WriteErrors, problem};
use crate::kernel::error::Result;
use crate::kernel::id::CaseId;
use crate::programs::Step;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BatchOutcome, example = json!({
    "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "status": 201, "code": null, "state": "in_review",
    "step": "verification", "version": 3
}))]
pub struct OutcomeBody {
    #[schema(value_type = uuid::Uuid)]
    case_id: CaseId,
    /// What the case's own request would have been answered with.
    status: u16,
    /// Of the refusal; null where the case moved.
    code: Option<&'static str>,
    /// Where the case now stands, where it was moved or `version` was not its present one; null where it
    /// was refused otherwise.
    state: Option<State>,
    step: Option<Step>,
    version: Option<i32>,
}

impl From<Outcome> for OutcomeBody {
    fn from(outcome: Outcome) -> Self {
        let case_id = outcome.case_id;
        match outcome.moved {
            Ok(shown) => Self {
                case_id,
                status: 201,
                code: None,
                state: Some(shown.case.position.state),
                step: shown.case.position.step,
                version: Some(shown.case.version),
            },
            Err(Refusal { error, now }) => Self {
                case_id,
                status: problem::status(error.code().class()).as_u16(),
                code: Some(error.code().as_str()),
                state: now.as_ref().map(|case| case.position.state),
                step: now.as_ref().and_then(|case| case.position.step),
                version: now.as_ref().map(|case| case.version),
            },
        }
    }
}

whole_page_of!(OutcomePage, OutcomeBody);

/// Move up to 100 cases
///
/// Each on its own, in the order given: what is refused keeps no other back. The answer says of each
/// what `POST /v1/cases/{id}/transitions` would have answered.
#[utoipa::path(
    operation_id = "create_transition_batch", tag = "casework", params(IdempotencyKey),
    request_body = NewBatch, extensions(("x-permit" = json!("case.act"))),
    responses((status = 201, description = "What became of each case, in the same order", body = OutcomePage), ReadErrors, WriteErrors)
)]
#[post("/v1/transition-batches")]
async fn create_transition_batch(
    permit: Permit<acts::CaseAct>,
    store: web::Data<Store>,
    desk: web::Data<Desk>,
    batch: Creation<NewBatch>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    batch
        .once(&store, permit.reach(), &origin, move |tx, batch| {
            service::act(tx, &permit, &desk, batch)?.try_map(|outcomes| {
                let items = outcomes.into_iter().map(Into::into).collect();
                Answer::done(&OutcomePage::whole(items))
            })
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config.service(create_transition_batch);
}
