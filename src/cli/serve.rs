//! `huican serve`

use std::net::SocketAddr;

use super::{Outcome, setup};
use crate::access::sessions::LoginPolicy;
use crate::audit::sealing::Sealer;
use crate::casework::documents::Archive;
use crate::db::Store;
use crate::registry::Registrar;
use crate::server::settings::Settings;
use crate::server::{self, Office};

pub fn run(settings: &Settings) -> Outcome {
    setup::log(settings)?;
    setup::require_writable(settings)?;
    setup::require_fence(settings)?;
    let store = setup::open(settings, &setup::given())?;
    serve(
        settings,
        store,
        |address| tracing::info!(%address, "listening"),
    )
}

pub fn serve(settings: &Settings, store: Store, ready: impl FnOnce(SocketAddr)) -> Outcome {
    let registrar = Registrar {
        fictional: settings.fictional_divisions,
    };
    let sealer = Sealer::open(&settings.checkpoints)?;
    let archive = Archive::at(&settings.documents)
        .map_err(|error| format!("documents: {}: {error}", settings.documents))?;
    actix_web::rt::System::new().block_on(async {
        let office = Office::open(
            store,
            registrar,
            settings.hashing,
            sealer,
            archive,
            LoginPolicy::default(),
        )
        .await?;
        server::run(office, settings.listen, settings.workers, ready)
            .await
            .map_err(|error| format!("cannot serve on {}: {error}", settings.listen).into())
    })
}
