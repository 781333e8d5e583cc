//! `huican serve`

use super::{Outcome, setup};
use crate::registry::Registrar;
use crate::server::settings::Settings;
use crate::server::{self, Office};

pub fn run(settings: &Settings) -> Outcome {
    setup::log(settings)?;
    let store = setup::open(settings, &setup::given())?;
    serve(settings, store)
}

pub fn serve(settings: &Settings, store: crate::db::Store) -> Outcome {
    let registrar = Registrar {
        fictional: settings.fictional_divisions,
    };
    actix_web::rt::System::new().block_on(async {
        let office = Office::open(store, registrar, settings.hashing).await?;
        server::run(office, settings.listen, settings.workers)
            .await
            .map_err(|error| format!("cannot serve on {}: {error}", settings.listen).into())
    })
}
