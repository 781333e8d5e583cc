//! Use cases of budgets.

use super::model::{Budget, NewBudget};
use super::store::{self, Purpose};
use crate::access::{Permit, Scope, acts, divisions};
use crate::audit::Event;
use crate::db::{Db, Recorded, Tx};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::BudgetId;
use crate::programs;
use crate::subsidies::batches::Batch;

pub use super::store::Filter;

/// Lays down how much may be spent, in place of what was laid down before.
pub fn decide(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::BudgetDecide>,
    new: &NewBudget,
) -> Result<Recorded<Budget>> {
    let reason = new.check()?.to_owned();
    if !permit.scope().sees(new.division_code) {
        return Err(Code::DivisionNotFound.into());
    }
    divisions::service::current(tx, new.division_code, "/division_code")?;
    programs::service::find(tx, &new.program_code)?;
    let of = Purpose {
        program_code: &new.program_code,
        division: new.division_code,
        year: new.year,
    };
    let before = store::last(tx, of)?;
    let budget = Budget {
        id: tx.new_id(),
        division_code: new.division_code,
        program_code: new.program_code.clone(),
        year: new.year,
        revision: before.map_or(1, |(revision, _)| revision + 1),
        amount_fen: new.amount_fen,
        spent_fen: store::spent(tx, of)?,
        reason,
        decided_by: permit.actor().user,
        decided_at: tx.now(),
    };
    store::insert(tx, &budget)?;
    let event = Event::new(permit.origin(), "budget.decided")
        .on(&budget.id)
        .within(budget.division_code)
        .change("program_code", &budget.program_code)
        .change("year", budget.year)
        .change("amount_fen", budget.amount_fen)
        .change("amount_before_fen", before.map(|(_, amount)| amount));
    tx.record(event, budget)
}

pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<BudgetId>,
    count: i64,
) -> Result<Vec<Budget>> {
    store::page(db, scope, filter, after, count)
}

/// Refuses to release what the budget does not hold. Of two that ask at once the database refuses the second.
pub fn check(db: &mut Db, batch: &Batch) -> Result<()> {
    let of = Purpose {
        program_code: &batch.program_code,
        division: batch.division,
        year: batch.month.year(),
    };
    let Some((_, amount)) = store::last(db, of)? else {
        return Err(Code::BudgetMissing.into());
    };
    let spent = store::spent(db, of)?;
    let after = spent.checked_add(batch.total);
    if after.is_some_and(|after| after <= amount) {
        return Ok(());
    }
    Err(Error::new(Code::BudgetExceeded)
        .member("budget_fen", amount.get())
        .member("spent_fen", spent.get())
        .member("needed_fen", batch.total.get()))
}
