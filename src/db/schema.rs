//! The one schema of two databases. `Guid` and `Instant` are stored natively on each (`db::types`);
//! JSON is kept as text, so that the bytes signed, hashed or sealed are the bytes stored.

macro_rules! tables {
    ($($name:ident ($($key:ident),+) { $($column:ident -> $ty:ty,)+ })+) => {
        $(diesel::table! {
            use diesel::sql_types::*;
            use crate::db::types::{Guid, Instant};
            $name ($($key),+) { $($column -> $ty,)+ }
        })+
    };
}

mod between;
mod casework;
mod catalog;
mod devices;
mod employment;
mod ground;
mod money;
mod outreach;
mod petitioning;
mod registry;
mod rehabilitation;
mod renovations;
mod targeted;

pub use between::*;
pub use casework::*;
pub use catalog::*;
pub use devices::*;
pub use employment::*;
pub use ground::*;
pub use money::*;
pub use outreach::*;
pub use petitioning::*;
pub use registry::*;
pub use rehabilitation::*;
pub use renovations::*;
pub use targeted::*;
