//! Vacancies (岗位): what work there is, where, for which wage, and what the place has for people with a disability.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{NewVacancy, Vacancy, VacancyCloseReason, VacancyPatch, VacancyState, WorkAid};
