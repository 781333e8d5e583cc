//! SQL of organizations' accounts. They say nothing of residents.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{OrganizationAccount, OrganizationAccountState};
use crate::db::schema::organization_accounts;
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, Tx, on_unique, types};
use crate::kernel::bank_account::BankAccount;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{OrganizationAccountId, OrganizationId, UserId};
use crate::kernel::time::Timestamp;

types::text_columns!(OrganizationAccountState);

pub const SEALED_COLUMNS: &[SealedColumn] =
    &[sealed_column!(organization_accounts::number of id: OrganizationAccountId)];

fn place(id: OrganizationAccountId) -> String {
    format!("organization_accounts|number|{id}")
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = organization_accounts)]
struct Row {
    id: OrganizationAccountId,
    organization_id: OrganizationId,
    number: Vec<u8>,
    bank_name: String,
    valid_from: NaiveDate,
    state: OrganizationAccountState,
    proposed_by: UserId,
    proposed_at: Timestamp,
    decided_by: Option<UserId>,
    decided_at: Option<Timestamp>,
    reason: Option<String>,
}

fn read(db: &Db, row: Row) -> Result<OrganizationAccount> {
    let plain = db.keys().open(&place(row.id), &row.number);
    let number = String::from_utf8(plain.map_err(Error::internal)?.to_vec());
    let number = number.map_err(Error::internal)?;
    Ok(OrganizationAccount {
        id: row.id,
        organization_id: row.organization_id,
        number: BankAccount::parse(&number).map_err(Error::internal)?,
        bank_name: row.bank_name,
        valid_from: row.valid_from,
        state: row.state,
        proposed_by: row.proposed_by,
        proposed_at: row.proposed_at,
        decided_by: row.decided_by,
        decided_at: row.decided_at,
        reason: row.reason,
    })
}

pub fn insert(tx: &mut Tx<'_>, new: &OrganizationAccount) -> Result<()> {
    let number = new.number.as_str();
    let sealed = tx.keys().seal(&place(new.id), number.as_bytes());
    let index = tx.keys().blind_index(BankAccount::FIELD, number);
    diesel::insert_into(organization_accounts::table)
        .values((
            organization_accounts::id.eq(new.id),
            organization_accounts::organization_id.eq(new.organization_id),
            organization_accounts::number.eq(sealed.map_err(Error::internal)?),
            organization_accounts::number_index.eq(index),
            organization_accounts::bank_name.eq(&new.bank_name),
            organization_accounts::valid_from.eq(new.valid_from),
            organization_accounts::state.eq(new.state),
            organization_accounts::proposed_by.eq(new.proposed_by),
            organization_accounts::proposed_at.eq(new.proposed_at),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "organization_accounts.organization_id",
                "organization_accounts_one_proposed",
                || Code::OrganizationAccountProposed.into(),
            )
        })?;
    Ok(())
}

/// Decides one that is proposed.
pub fn decide(
    tx: &mut Tx<'_>,
    id: OrganizationAccountId,
    state: OrganizationAccountState,
    by: UserId,
    reason: Option<&str>,
) -> Result<()> {
    let now = tx.now();
    let proposed = organization_accounts::table
        .find(id)
        .filter(organization_accounts::state.eq(OrganizationAccountState::Proposed));
    let changed = diesel::update(proposed)
        .set((
            organization_accounts::state.eq(state),
            organization_accounts::decided_by.eq(by),
            organization_accounts::decided_at.eq(now),
            organization_accounts::reason.eq(reason),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "organization_accounts.organization_id",
                "organization_accounts_one_a_day",
                || Code::OrganizationAccountThatDay.into(),
            )
        })?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::OrganizationAccountDecided.into())
    }
}

pub fn find(
    db: &mut Db,
    organization: OrganizationId,
    id: OrganizationAccountId,
) -> Result<Option<OrganizationAccount>> {
    let row: Option<Row> = organization_accounts::table
        .filter(organization_accounts::id.eq(id))
        .filter(organization_accounts::organization_id.eq(organization))
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    row.map(|row| read(db, row)).transpose()
}

/// Newest first.
pub fn of(db: &mut Db, organization: OrganizationId) -> Result<Vec<OrganizationAccount>> {
    let rows: Vec<Row> = organization_accounts::table
        .filter(organization_accounts::organization_id.eq(organization))
        .order(organization_accounts::id.desc())
        .select(Row::as_select())
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

/// Where each of some organizations is paid on a day.
pub fn in_force(
    db: &mut Db,
    of: &[OrganizationId],
    day: NaiveDate,
) -> Result<HashMap<OrganizationId, OrganizationAccount>> {
    let rows: Vec<Row> = organization_accounts::table
        .filter(organization_accounts::organization_id.eq_any(of))
        .filter(organization_accounts::state.eq(OrganizationAccountState::Confirmed))
        .filter(organization_accounts::valid_from.le(day))
        .order((organization_accounts::valid_from, organization_accounts::id))
        .select(Row::as_select())
        .load(db.conn())?;
    // The last of each counts.
    rows.into_iter()
        .map(|row| Ok((row.organization_id, read(db, row)?)))
        .collect()
}
