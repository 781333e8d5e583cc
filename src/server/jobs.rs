//! What happens without anybody asking.

use std::time::Duration;

use super::Office;
use crate::casework::{cases, supplements, tasks};
use crate::db::{Db, Reach};
use crate::http::idempotency;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::RequestId;

const INTERVAL: Duration = Duration::from_secs(10);

pub(super) async fn tick(office: Office) {
    loop {
        if let Err(error) = run_due(&office).await {
            tracing::error!(%error, "the jobs could not run");
        }
        actix_web::rt::time::sleep(INTERVAL).await;
    }
}

/// How long an entry of the record may wait for its seal.
const SEAL_INTERVAL: Duration = Duration::from_secs(1);

pub(super) async fn seal(office: Office) {
    loop {
        if let Err(error) = seal_due(&office).await {
            tracing::error!(%error, "the record could not be sealed");
        }
        actix_web::rt::time::sleep(SEAL_INTERVAL).await;
    }
}

/// Seals the entries that are new, with the keys that are in use by now; how many.
pub async fn seal_due(office: &Office) -> Result<usize> {
    office.store().keys().refresh();
    office.sealer.run_due(office.store()).await
}

/// Does what is due by now; how many public notices ended. Several processes may do this at once: each public
/// notice ends once, for its place in the case's history is unique.
pub async fn run_due(office: &Office) -> Result<usize> {
    let store = office.store();
    if store
        .read(Reach::EVERYTHING, idempotency::forgettable)
        .await?
    {
        let request: RequestId = store.given().new_id();
        store
            .write(Reach::EVERYTHING, move |tx| {
                idempotency::forget(tx, request)
            })
            .await?;
    }
    let mut done = 0;
    while store
        .read(Reach::EVERYTHING, cases::service::notice_waits)
        .await?
    {
        let request: RequestId = store.given().new_id();
        let desk = office.desk().clone();
        match store
            .write(Reach::EVERYTHING, move |tx| {
                cases::service::close_notice(tx, &desk, request)
            })
            .await
        {
            Ok(()) => done += 1,
            // Another process was first.
            Err(error) if matches!(error.code(), Code::IfMatchStale | Code::CaseNotFound) => {}
            Err(error) => return Err(error),
        }
    }
    lapse(office).await?;
    remind(office).await?;
    Ok(done)
}

/// Sends back what was not supplemented in time.
async fn lapse(office: &Office) -> Result<()> {
    let store = office.store();
    while store
        .read(Reach::EVERYTHING, supplements::service::lapse_waits)
        .await?
    {
        let request: RequestId = store.given().new_id();
        let desk = office.desk().clone();
        let lapsed = store
            .write(Reach::EVERYTHING, move |tx| {
                supplements::service::lapse(tx, &desk, request)
            })
            .await;
        match lapsed {
            Ok(()) => {}
            // It was answered, or another process was first.
            Err(error)
                if matches!(
                    error.code(),
                    Code::IfMatchStale | Code::SupplementEnded | Code::SupplementNotFound
                ) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Points out what comes near its due date or is past it.
async fn remind(office: &Office) -> Result<()> {
    let store = office.store();
    loop {
        let desk = office.desk().clone();
        let waits = move |db: &mut Db| tasks::service::reminder_waits(db, &desk);
        if !store.read(Reach::EVERYTHING, waits).await? {
            return Ok(());
        }
        let request: RequestId = store.given().new_id();
        let desk = office.desk().clone();
        store
            .write(Reach::EVERYTHING, move |tx| {
                tasks::service::remind(tx, &desk, request)
            })
            .await?;
    }
}
