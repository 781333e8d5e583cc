//! Deliveries (到货单): what was bought and what was sent from one warehouse to another, until a keeper there has counted
//! and received it. Who announces one does not receive it; what is missing is explained.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{DeliveryAction, DeliveryKind, DeliveryState, NewDelivery, NewDeliveryTransition};
