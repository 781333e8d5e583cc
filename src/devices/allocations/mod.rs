//! Devices for persons (辅具适配): evaluated, planned, supplied from stock or by a purchase, fitted, trained with, delivered
//! against a signature, looked at again, repaired, returned. Nobody has two of an item within its use-life.

pub mod api;
mod history;
mod model;
mod request;
pub mod service;
mod steps;
mod store;

pub use model::{
    Allocation, AllocationAction, AllocationState, DeviceExceptionKind, Evaluation,
    ReturnCondition, SignerRelation, Supply, SupplySource,
};
pub use request::{
    NewAllocation, NewAllocationTransition, NewDelivery, NewEvaluation, NewException, NewPurchase,
};
