//! SQL of what an institution owes back, and of what is kept back for it.

use diesel::prelude::*;

use crate::db::schema::{settlement_deduction_items, settlement_deductions};
use crate::db::{Db, Tx};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{OrganizationId, SettlementLineId};
use crate::kernel::money::Fen;
use crate::rehabilitation::settlements::model::{Owed, left};

/// What an institution owes a county back, oldest first.
pub fn owed(db: &mut Db, institution: OrganizationId, county: DivisionCode) -> Result<Vec<Owed>> {
    let rows: Vec<(SettlementLineId, Fen, Fen)> = settlement_deductions::table
        .filter(settlement_deductions::organization_id.eq(institution))
        .filter(settlement_deductions::division_code.eq(county))
        .filter(settlement_deductions::taken_fen.lt(settlement_deductions::amount_fen))
        .order((
            settlement_deductions::opened_at,
            settlement_deductions::line_id,
        ))
        .select((
            settlement_deductions::line_id,
            settlement_deductions::amount_fen,
            settlement_deductions::taken_fen,
        ))
        .load(db.conn())?;
    let owed = |(reversed_line, amount, taken)| Owed {
        reversed_line,
        rest: left(amount, taken),
    };
    Ok(rows.into_iter().map(owed).collect())
}

pub fn keep_back(
    tx: &mut Tx<'_>,
    line: SettlementLineId,
    parts: &[(SettlementLineId, Fen)],
) -> Result<()> {
    for (reversed, amount) in parts {
        diesel::insert_into(settlement_deduction_items::table)
            .values((
                settlement_deduction_items::reversed_line_id.eq(reversed),
                settlement_deduction_items::line_id.eq(line),
                settlement_deduction_items::amount_fen.eq(amount),
                settlement_deduction_items::live.eq(true),
            ))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// What was kept back of lines that are given up is owed again.
pub fn give_up(tx: &mut Tx<'_>, lines: &[SettlementLineId]) -> Result<()> {
    let of_lines = settlement_deduction_items::table
        .filter(settlement_deduction_items::line_id.eq_any(lines))
        .filter(settlement_deduction_items::live.eq(true));
    diesel::update(of_lines)
        .set(settlement_deduction_items::live.eq(false))
        .execute(tx.conn())?;
    Ok(())
}
