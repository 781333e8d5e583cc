//! What the tests share.

pub mod allocations;
pub mod bucket;
pub mod console;
pub mod employment;
pub mod office;
pub mod payments;
pub mod people;
pub mod postgres;
pub mod rehabilitation;
pub mod renovations;
pub mod served;
pub mod stock;

pub use office::{Backend, Reply, TestOffice};

/// One story, told on both databases: `module::story::sqlite` and `module::story::postgres`.
macro_rules! on_both {
    ($($(#[$attribute:meta])* async fn $name:ident($office:ident: &TestOffice) $body:block)+) => {$(
        $(#[$attribute])*
        mod $name {
            use super::*;

            async fn story($office: &TestOffice) $body

            #[actix_web::test]
            async fn sqlite() {
                story(&TestOffice::open(crate::support::Backend::Sqlite).await.unwrap()).await;
            }

            #[actix_web::test]
            async fn postgres() {
                if let Some(office) = TestOffice::open(crate::support::Backend::Postgres).await {
                    story(&office).await;
                }
            }
        }
    )+};
}
pub(crate) use on_both;
