//! Lists by which other offices say what ends a subsidy (比对名单): who died, moved away, is imprisoned, or is
//! supported otherwise. `columns` knows their headers, `read` makes of each row a person and a date,
//! or says what is wrong with it. Pure: no database, no clock. Imports `sheets` and `kernel`.

mod columns;
mod read;

#[cfg(test)]
mod tests;

pub use columns::MatchListKind;
pub use read::{MatchList, MatchRow, Rules, read};
