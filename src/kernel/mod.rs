//! The ground everything stands on; knows nothing of the floors above, of HTTP or of the database.

pub mod certificate_number;
pub mod circumstance;
pub mod citizen_id;
pub mod division;
pub mod impairment;
pub mod money;
pub mod month;
pub mod name;
pub mod phone;
pub mod sex;
pub mod text;
pub mod vocabulary;
pub mod working_days;
