//! The roster of residents (花名册) as offices send it: a spreadsheet with titles, notes and
//! habits of its own. `sheets` turns a file into rows of cells, `columns` knows the header, `model`
//! takes the rows for people, `checks` turns each into a resident or into findings that say
//! what to correct, `service` takes them over, `report` writes what became of each.

mod checks;
pub mod columns;
pub mod division_names;
pub mod finding;
pub mod model;
pub mod report;
pub mod service;

#[cfg(test)]
mod tests;
