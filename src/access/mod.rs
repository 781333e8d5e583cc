//! Who may do what where: divisions, organizations, users and their grants, sessions, and the
//! permits without which no store above can be asked anything. Imports `http`, `audit`, `db` and
//! the kernel.

pub mod api_keys;
pub mod divisions;
pub mod organizations;
mod permit;
mod policy;
mod scope;
pub mod second_factors;
pub mod sessions;
pub mod users;

pub use permit::{Actor, AnyClient, Held, Permit, Signed, SteppedUp, authenticate};
pub use policy::{Act, Action, Role, acts};
pub use scope::Scope;
pub(crate) use scope::{on_desk, within};
