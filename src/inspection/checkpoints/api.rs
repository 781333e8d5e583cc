//! `GET /v1/audit/checkpoints` and `GET /v1/audit/verification`.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::{Permit, acts};
use crate::audit::sealing::{self, Fault, Outside, Sealer, Summary, Verified};
use crate::db::{Reach, Store};
use crate::http::page::{is_place, page_of};
use crate::http::{Paging, Params, ReadErrors, Routes};
use crate::kernel::crypto::hex;
use crate::kernel::error::{Error, Result};
use crate::kernel::time::Timestamp;

/// A seal over the entries of the record after those of the checkpoint before, up to one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "number": 17, "sealed_at": "2022-07-05T01:00:01.000000Z", "last_sequence": 4711, "entries": 12,
    "previous": "5f0c…", "root": "9b1d…", "key_id": "3f1a9c0b7d2e4a68", "signature": "a41f…"
}))]
pub struct CheckpointBody {
    number: i64,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    sealed_at: Timestamp,
    last_sequence: i64,
    entries: i64,
    /// SHA-256 of the checkpoint before, hexadecimal.
    previous: String,
    /// Root of the Merkle tree over the entries, hexadecimal.
    root: String,
    key_id: String,
    /// Ed25519, hexadecimal.
    signature: String,
}

impl From<Summary> for CheckpointBody {
    fn from(summary: Summary) -> Self {
        Self {
            number: summary.number,
            sealed_at: summary.sealed_at,
            last_sequence: summary.last_sequence,
            entries: summary.entries,
            previous: hex(&summary.previous),
            root: hex(&summary.root),
            key_id: summary.key_id,
            signature: hex(&summary.signature),
        }
    }
}

page_of!(CheckpointPage, CheckpointBody);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CheckpointQuery {
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List the seals over the record, newest first
#[utoipa::path(
    operation_id = "list_audit_checkpoints", tag = "inspection", params(CheckpointQuery), extensions(("x-permit" = json!("audit.read"))),
    responses((status = 200, description = "A page of checkpoints", body = CheckpointPage), ReadErrors)
)]
#[get("/v1/audit/checkpoints")]
async fn list_audit_checkpoints(
    _permit: Permit<acts::AuditRead>,
    store: web::Data<Store>,
    Params(query): Params<CheckpointQuery>,
) -> Result<web::Json<CheckpointPage>> {
    let keys = store.keys();
    let cursor = query.cursor.as_deref();
    let paging = Paging::of(keys, "audit_checkpoints", &query, query.limit, cursor)?;
    let (before, count) = paging.window();
    let rows = store
        .read(Reach::NOTHING, move |db| {
            sealing::summaries(db, before, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |row| row.number)?;
    let items = rows.into_iter().map(CheckpointBody::from).collect();
    Ok(web::Json(CheckpointPage { items, next }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct VerificationQuery {
    /// Verify what follows this checkpoint: 0 for all, or `up_to` of the answer before.
    #[param(minimum = 0, example = 0)]
    after: Option<i64>,
}

/// What a verification found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "sound": true, "up_to": 17, "entries": 4711, "finished": true, "unsealed": 2, "fault": null,
    "outside": {"number": 17, "sealed_at": "2022-07-05T01:00:01.000000Z", "agrees": true}
}))]
struct VerificationBody {
    /// Whether nothing was found to be wrong, here and in the file outside.
    sound: bool,
    /// The last checkpoint that was verified.
    up_to: i64,
    /// Entries of the record that were verified.
    entries: u64,
    /// False where more remains: ask again with `after` = `up_to`.
    finished: bool,
    /// Entries too new to be sealed.
    unsealed: i64,
    /// The first thing that is wrong.
    fault: Option<Fault>,
    /// The checkpoints' copy outside the database; null where it has not begun.
    outside: Option<OutsideBody>,
}

#[derive(Debug, Serialize, ToSchema)]
struct OutsideBody {
    /// The last checkpoint known outside.
    number: i64,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    sealed_at: Timestamp,
    /// False where the database does not have that very checkpoint: it was rolled back, cut off or
    /// restored.
    agrees: bool,
}

impl From<Outside> for OutsideBody {
    fn from(outside: Outside) -> Self {
        Self {
            number: outside.last.number,
            sealed_at: outside.last.sealed_at,
            agrees: outside.agrees,
        }
    }
}

/// Verify the record against its seals
///
/// Recomputes the hashes of the entries and checks signatures and chain; names the first entry that
/// was edited, deleted or inserted since it was sealed. One request verifies a few hundred thousand
/// entries; the console's `huican audit verify` verifies all. Verifying is recorded.
#[utoipa::path(
    operation_id = "verify_audit", tag = "inspection", params(VerificationQuery), extensions(("x-permit" = json!("audit.read"))),
    responses((status = 200, description = "What was found", body = VerificationBody), ReadErrors)
)]
#[get("/v1/audit/verification")]
async fn verify_audit(
    permit: Permit<acts::AuditRead>,
    store: web::Data<Store>,
    sealer: web::Data<Sealer>,
    Params(query): Params<VerificationQuery>,
) -> Result<web::Json<VerificationBody>> {
    let after = query.after.unwrap_or(0);
    if after < 0 {
        let (en, zh) = ("0 or the number of a checkpoint", "须为 0 或检查点编号");
        return Err(Error::parameter("after", "after.range", en, zh));
    }
    let Verified {
        verification,
        unsealed,
    } = sealer
        .verify(&store, permit.origin().clone(), after)
        .await?;
    let outside = sealer.outside(&store).await?.map(OutsideBody::from);
    let agrees = outside.as_ref().is_none_or(|outside| outside.agrees);
    Ok(web::Json(VerificationBody {
        sound: verification.fault.is_none() && agrees,
        up_to: verification.up_to,
        entries: verification.entries,
        finished: verification.finished,
        unsealed,
        fault: verification.fault,
        outside,
    }))
}

pub fn routes(config: &mut Routes<'_>) {
    config.service(list_audit_checkpoints).service(verify_audit);
}
