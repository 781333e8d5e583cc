//! The office's calendar: public holidays and the weekends worked in exchange, year by year.

pub mod service;
mod store;
