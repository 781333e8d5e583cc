//! `GET /v1/changes`.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::model::{Change, Entity};
use super::service;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::{ConflictError, Paging, Params, ReadErrors, Routes};
use crate::kernel::error::Result;
use crate::kernel::time::Timestamp;

/// Something that changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Change)]
struct ChangeBody {
    entity: Entity,
    /// A task has the id of its case.
    id: Uuid,
    /// The version it has now; null when it is gone.
    version: Option<i32>,
    /// When it last changed.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    changed_at: Timestamp,
    /// A tombstone: it is out of your sight, or there no more. Delete what you hold of it.
    gone: bool,
}

impl From<Change> for ChangeBody {
    fn from(change: Change) -> Self {
        Self {
            entity: change.entity,
            id: change.id,
            version: change.version,
            changed_at: change.changed_at,
            gone: change.version.is_none(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "items": [
        {"entity": "resident", "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "version": 4, "changed_at": "2022-07-05T01:00:00.000000Z", "gone": false},
        {"entity": "case", "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "version": null, "changed_at": "2022-07-05T01:02:00.000000Z", "gone": true}
    ],
    "next": "q83v…", "more": false
}))]
struct ChangePage {
    /// In the order of their last changes, each once.
    items: Vec<ChangeBody>,
    /// What to send as `since` the next time.
    next: String,
    /// Whether there is more to be had at once.
    more: bool,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ChangesQuery {
    /// `next` of the answer before; without it you are told where to begin.
    since: Option<String>,
    /// How many entries of the record to go through: 1 to 200, 50 unless given. An entry may tell of two
    /// things, a case and its task.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
}

/// What changed in your sight
///
/// For a device that works offline:
///
/// 1. Ask without `since`, and keep `next`.
/// 2. Load the lists you need (`/v1/residents`, `/v1/cases`, `/v1/tasks`, `/v1/enrollments`). What changes
///    meanwhile is told in step 3: the cursor is older than the lists.
/// 3. Ask with `since` = the `next` you kept. Of each item whose `version` is not the one you hold, read the
///    thing anew; of each that is `gone`, delete what you hold. When all of it is stored, keep the new `next`;
///    while `more` is true, ask again. A `case` whose version you hold already was told because something
///    that hangs on it changed (a document, a note): read anew what of those you keep.
/// 4. Send what was written offline, in the order it was written, each write with the ETag it was made on as
///    `If-Match` and an `Idempotency-Key` of its own, which stays the same however often it is sent. 401, 403
///    and 404 mean that your rights are not those of the day you wrote: rights are checked now. 412 shows
///    `current` and names in `differing` what of yours is otherwise there: merge, and send it with the new
///    ETag and a new key. Nothing was written until then.
/// 5. Go on with step 3 whenever you are connected.
///
/// What was told may be told again, but nothing is left out: `next` never passes an entry to which an earlier
/// one may still be added. A cursor belongs to what you may see. When that has changed, the answer is 409
/// `changes.start_over`, and 400 `cursor.invalid` when it cannot be read any more: delete what you hold, keep
/// your unsent writes, and begin with step 1.
#[utoipa::path(
    operation_id = "list_changes", tag = "exchange", params(ChangesQuery), extensions(("x-permit" = json!("resident.read"))),
    responses((status = 200, description = "What changed", body = ChangePage), ReadErrors, ConflictError)
)]
#[get("/v1/changes")]
async fn list_changes(
    permit: Permit<acts::ResidentRead>,
    store: web::Data<Store>,
    Params(query): Params<ChangesQuery>,
) -> Result<web::Json<ChangePage>> {
    let since = query.since.as_deref();
    let paging = Paging::of(store.keys(), "changes", &(), query.limit, since)?;
    let ((place, _), count) = (paging.window(), paging.limit());
    let page = store
        .read(permit.reach(), move |db| {
            service::page(db, &permit, place, count)
        })
        .await?;
    Ok(web::Json(ChangePage {
        next: paging.cursor(&page.place)?,
        items: page.changes.into_iter().map(Into::into).collect(),
        more: page.more,
    }))
}

pub fn routes(config: &mut Routes<'_>) {
    config.service(list_changes);
}
