//! The ground everything stands on: ids, time, parsed identifiers, money, masking, cryptography
//! and errors. Knows nothing of the floors above, of HTTP or of the database.

pub mod address;
pub mod bank_account;
pub mod capital_amount;
pub mod certificate_number;
pub mod circumstance;
pub mod citizen_id;
pub mod crypto;
pub mod date;
pub mod division;
pub mod error;
pub mod given;
pub mod id;
pub mod impairment;
pub mod money;
pub mod month;
pub mod name;
pub mod patch;
pub mod phone;
pub mod sex;
pub mod text;
pub mod time;
pub mod vocabulary;
pub mod working_days;
