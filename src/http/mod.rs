//! What every `api.rs` needs: problem documents, bodies that name the field at fault, pages,
//! entity tags, idempotency keys and the request's own id. Imports `audit`, `db` and the kernel.

mod body;
mod etag;
pub mod idempotency;
pub mod page;
pub mod problem;
pub mod request;
mod routes;
pub mod stale;
mod upload;

pub use body::{BODY_LIMIT, Body, Params};
pub use etag::{IfMatch, etag};
pub use idempotency::{Answer, Creation, IdempotencyKey};
pub use page::Paging;
pub use problem::{ConflictError, Problem, ReadErrors, WriteErrors};
pub use routes::{Methods, Routes};
pub use stale::{Current, Sent, or_current};
pub use upload::{FileContent, Upload};
