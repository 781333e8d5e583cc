//! SQL of budgets, and of what was spent of them.

use diesel::prelude::*;

use super::model::Budget;
use crate::access::{Scope, within};
use crate::db::schema::{budgets, payment_batches, payments};
use crate::db::{Db, MultiBackend, Tx, on_unique};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{BudgetId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;
use crate::subsidies::batches::PaymentBatchState;
use crate::subsidies::payments::PaymentState;

diesel::joinable!(payments -> payment_batches (batch_id));
diesel::allow_tables_to_appear_in_same_query!(payments, payment_batches);

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = budgets)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: BudgetId,
    program_code: String,
    division_code: DivisionCode,
    year: i32,
    revision: i32,
    previous_revision: Option<i32>,
    amount_fen: Fen,
    reason: String,
    decided_by: UserId,
    decided_at: Timestamp,
}

/// What a budget is of.
#[derive(Debug, Clone, Copy)]
pub struct Purpose<'a> {
    pub program_code: &'a str,
    pub division: DivisionCode,
    pub year: i32,
}

/// Whose total counts as spent.
const SPENT: [PaymentBatchState; 2] = [PaymentBatchState::Released, PaymentBatchState::Settled];

/// Released for a purpose, without what the bank returned.
pub fn spent(db: &mut Db, of: Purpose<'_>) -> Result<Fen> {
    let released = || {
        payment_batches::program_code
            .eq(of.program_code)
            .and(payment_batches::division_code.eq(of.division))
            .and(payment_batches::year.eq(of.year))
            .and(payment_batches::state.eq_any(SPENT))
            .assume_not_null()
    };
    let totals: Vec<Fen> = payment_batches::table
        .filter(released())
        .select(payment_batches::total_fen)
        .load(db.conn())?;
    let returned: Vec<Fen> = payments::table
        .inner_join(payment_batches::table)
        .filter(released())
        .filter(payments::state.eq(PaymentState::Failed))
        .select(payments::net_fen)
        .load(db.conn())?;
    let sums = Fen::sum(totals).zip(Fen::sum(returned));
    let spent = sums.and_then(|(total, returned)| total.checked_sub(returned));
    spent.ok_or_else(|| Error::internal("more than can be counted"))
}

/// The last word on a purpose: number and amount.
pub fn last(db: &mut Db, of: Purpose<'_>) -> Result<Option<(i32, Fen)>> {
    Ok(budgets::table
        .filter(budgets::program_code.eq(of.program_code))
        .filter(budgets::division_code.eq(of.division))
        .filter(budgets::year.eq(of.year))
        .order(budgets::revision.desc())
        .select((budgets::revision, budgets::amount_fen))
        .first(db.conn())
        .optional()?)
}

pub fn insert(tx: &mut Tx<'_>, new: &Budget) -> Result<()> {
    let row = Row {
        id: new.id,
        program_code: new.program_code.clone(),
        division_code: new.division_code,
        year: new.year,
        revision: new.revision,
        previous_revision: (new.revision > 1).then(|| new.revision - 1),
        amount_fen: new.amount_fen,
        reason: new.reason.clone(),
        decided_by: new.decided_by,
        decided_at: new.decided_at,
    };
    diesel::insert_into(budgets::table)
        .values(&row)
        .execute(tx.conn())
        .map_err(|error| {
            // Somebody else decided in this moment.
            on_unique(
                error,
                "budgets.program_code",
                "budgets_program_code_division_code_year_revision_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}

/// Which budgets a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub program_code: Option<String>,
    pub year: Option<i32>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<BudgetId>,
    count: i64,
) -> Result<Vec<Budget>> {
    let mut query = budgets::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(budgets::division_code, budgets::county_code, scope));
    if let Some(code) = &filter.program_code {
        query = query.filter(budgets::program_code.eq(code.clone()));
    }
    if let Some(year) = filter.year {
        query = query.filter(budgets::year.eq(year));
    }
    if let Some(after) = after {
        query = query.filter(budgets::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(budgets::id.desc())
        .limit(count)
        .load(db.conn())?;
    rows.into_iter()
        .map(|row| {
            let of = Purpose {
                program_code: &row.program_code,
                division: row.division_code,
                year: row.year,
            };
            Ok(Budget {
                spent_fen: spent(db, of)?,
                id: row.id,
                division_code: row.division_code,
                program_code: row.program_code,
                year: row.year,
                revision: row.revision,
                amount_fen: row.amount_fen,
                reason: row.reason,
                decided_by: row.decided_by,
                decided_at: row.decided_at,
            })
        })
        .collect()
}
