//! Use cases of the books.

use super::model::LedgerBalances;
use super::store;
use crate::access::Scope;
use crate::db::Db;
use crate::kernel::error::{Error, Result};

pub use super::store::{Filter, page};

/// What went through each account.
pub fn balances(db: &mut Db, scope: &Scope, filter: &Filter) -> Result<LedgerBalances> {
    let sums = store::sums(db, scope, filter)?;
    LedgerBalances::of(&sums).ok_or_else(|| Error::internal("books beyond counting"))
}
