//! The integration tests: one binary, one file a behaviour.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "in a test a panic is the answer"
)]

mod activities;
mod addresses;
mod allocations;
mod api_keys;
mod applications;
mod architecture;
mod attack;
mod audit;
mod bank_accounts;
mod bank_returns;
mod batches;
mod bucket;
mod cases;
mod changes;
mod claims;
mod console;
mod decisions;
mod demo;
mod detections;
mod device_catalog;
mod disclosures;
mod document;
mod documents;
mod eligibility;
mod employment;
mod employment_model;
mod employment_persons;
mod enrollments;
mod entitlements;
mod facts;
mod fence;
mod follow_ups;
mod homes;
mod households;
mod job_seekers;
mod keys;
mod levies;
mod lists;
mod matches;
mod merges;
mod migrations;
mod moved_devices;
mod multiplied;
mod notes;
mod offices;
mod offline;
mod payables;
mod payment_batches;
mod payment_flags;
mod payments_model;
mod petitions;
mod postgres;
mod problems;
mod programs;
mod promises;
mod public_notices;
mod reconsideration;
mod recoveries;
mod recusals;
mod referrals;
mod rehabilitation;
mod renovations;
mod renovations_venues;
mod residents;
mod reviews;
mod rights;
mod roster;
mod screenings;
mod sealing;
mod second_factors;
mod sessions;
mod settlements_model;
mod simulations;
mod stale;
mod stock;
mod stock_model;
mod supplements;
mod support;
mod targeted;
mod tasks;
mod timeline;
mod transfers;
mod users;
mod visits;
mod walk;
mod writes;
