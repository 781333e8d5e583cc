//! Spreadsheets and delimited text, as offices and banks send and want them: rows of cells, the
//! header above them, and what stands in a cell. Imports `kernel`; knows of no list in particular.

pub mod read;
pub mod table;
mod unpacked;
pub mod values;
pub mod write;
