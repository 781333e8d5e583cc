//! Everything a request may need, made once at start-up.

use actix_web::web;

use super::{SERVICES, openapi};
use crate::access::sessions::{LoginPolicy, Sessions};
use crate::access::users::password::Hasher;
use crate::audit::sealing::Sealer;
use crate::casework::documents::Archive;
use crate::casework::{self, Desk};
use crate::db::{Reach, Store};
use crate::kernel::error::Result;
use crate::kernel::given::Given;
use crate::registry::Registrar;

/// A running office; cheap to clone, one copy a worker.
#[derive(Debug, Clone)]
pub struct Office {
    pub(super) store: web::Data<Store>,
    pub(super) sessions: web::Data<Sessions>,
    pub(super) hasher: web::Data<Hasher>,
    pub(super) desk: web::Data<Desk>,
    pub(super) registrar: web::Data<Registrar>,
    pub(super) given: web::Data<Given>,
    pub(super) sealer: web::Data<Sealer>,
    pub(super) archive: web::Data<Archive>,
    pub(super) library: web::Data<openapi::Library>,
}

impl Office {
    /// `hashing`: how many passwords are checked at once.
    pub async fn open(
        store: Store,
        registrar: Registrar,
        hashing: usize,
        sealer: Sealer,
        archive: Archive,
        policy: LoginPolicy,
    ) -> Result<Self> {
        let calendar = store
            .read(Reach::NOTHING, casework::calendar::service::load)
            .await?;
        let hasher = Hasher::new(hashing)?;
        Ok(Self {
            sessions: web::Data::new(Sessions::new(store.clone(), hasher.clone(), policy)),
            hasher: web::Data::new(hasher),
            desk: web::Data::new(Desk::new(SERVICES, calendar)),
            registrar: web::Data::new(registrar),
            given: web::Data::new(store.given().clone()),
            sealer: web::Data::new(sealer),
            archive: web::Data::new(archive),
            library: web::Data::default(),
            store: web::Data::new(store),
        })
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn desk(&self) -> &Desk {
        &self.desk
    }
}
