//! SQL of payments, the months they pay, and who was left out.

use std::collections::HashMap;

use diesel::prelude::*;

use super::model::{Due, Item, Line, Omission, OmissionReason, Payee, Payment, PaymentState};
use super::owed;
use crate::access::{Scope, within};
use crate::db::schema::{entitlements, payment_items, payment_omissions, payments};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx, insert_all, types};
use crate::kernel::bank_account::BankAccount;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{
    BankAccountId, EntitlementId, OrganizationAccountId, OrganizationId, PayableId, PaymentBatchId,
    PaymentId, ResidentId,
};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::subsidies::entitlements::EntitlementState;

types::text_columns!(PaymentState, OmissionReason);

diesel::joinable!(payment_items -> entitlements (entitlement_id));
diesel::joinable!(payment_items -> payments (payment_id));
diesel::allow_tables_to_appear_in_same_query!(payment_items, entitlements, payments);

pub const SEALED_COLUMNS: &[SealedColumn] = &[
    sealed_column!(payments::account of id: PaymentId),
    sealed_column!(payments::payee of id: PaymentId),
];

fn place(column: &str, id: PaymentId) -> String {
    format!("payments|{column}|{id}")
}

fn seal(db: &Db, column: &str, id: PaymentId, text: &str) -> Result<Vec<u8>> {
    let sealed = db.keys().seal(&place(column, id), text.as_bytes());
    sealed.map_err(Error::internal)
}

fn open(db: &Db, column: &str, id: PaymentId, sealed: &[u8]) -> Result<String> {
    let plain = db.keys().open(&place(column, id), sealed);
    String::from_utf8(plain.map_err(Error::internal)?.to_vec()).map_err(Error::internal)
}

/// What is due in a county up to a month and not in any payment.
pub fn payable(db: &mut Db, county: DivisionCode, program: &str, month: Month) -> Result<Vec<Due>> {
    type Columns = (EntitlementId, ResidentId, DivisionCode, Month, Fen);
    let taken = payment_items::table
        .filter(payment_items::entitlement_id.eq(entitlements::id))
        .filter(payment_items::live.eq(true));
    let rows: Vec<Columns> = entitlements::table
        .filter(entitlements::county_code.eq(county.county_digits()))
        .filter(entitlements::program_code.eq(program))
        .filter(entitlements::run_month.le(month))
        .filter(entitlements::state.eq(EntitlementState::Due))
        .filter(diesel::dsl::not(diesel::dsl::exists(taken)))
        .select((
            entitlements::id,
            entitlements::resident_id,
            entitlements::division_code,
            entitlements::month,
            entitlements::amount_fen,
        ))
        .load(db.conn())?;
    let due = |(entitlement, resident, division, month, amount)| Due {
        entitlement,
        resident,
        division,
        month,
        amount,
    };
    Ok(rows.into_iter().map(due).collect())
}

/// Of these months, by which payment each was to be paid that failed last.
pub fn failed_before(
    db: &mut Db,
    of: &[EntitlementId],
) -> Result<HashMap<EntitlementId, PaymentId>> {
    let rows: Vec<(EntitlementId, PaymentId)> = payment_items::table
        .inner_join(payments::table)
        .filter(payment_items::entitlement_id.eq_any(of))
        .filter(payments::state.eq(PaymentState::Failed))
        .order(payments::id)
        .select((payment_items::entitlement_id, payments::id))
        .load(db.conn())?;
    Ok(rows.into_iter().collect())
}

/// A payment on its way into the database.
#[derive(Debug)]
pub struct NewPayment {
    pub payment: Payment,
    pub payee: Payee,
    pub items: Vec<(EntitlementId, Fen)>,
    pub payables: Vec<(PayableId, Fen)>,
}

#[derive(Insertable)]
#[diesel(table_name = payments)]
#[diesel(treat_none_as_default_value = false)]
struct NewRow {
    id: PaymentId,
    payment_number: String,
    batch_id: PaymentBatchId,
    resident_id: ResidentId,
    program_code: String,
    division_code: DivisionCode,
    gross_fen: Fen,
    arrears_fen: Fen,
    deduction_fen: Fen,
    net_fen: Fen,
    bank_account_id: Option<BankAccountId>,
    organization_id: Option<OrganizationId>,
    organization_account_id: Option<OrganizationAccountId>,
    account: Vec<u8>,
    account_index: Vec<u8>,
    payee: Vec<u8>,
    bank_name: String,
    state: PaymentState,
    retry_of: Option<PaymentId>,
    version: i32,
    created_at: Timestamp,
    updated_at: Timestamp,
}

fn new_row(db: &Db, new: &NewPayment) -> Result<NewRow> {
    let one = &new.payment;
    let number = one.account.as_str();
    let (bank_account_id, organization_account_id) = match new.payee {
        Payee::Person(id) => (Some(id), None),
        Payee::Organization(id) => (None, Some(id)),
    };
    Ok(NewRow {
        id: one.id,
        payment_number: one.payment_number.clone(),
        batch_id: one.batch,
        resident_id: one.resident,
        program_code: one.program_code.clone(),
        division_code: one.division,
        gross_fen: one.gross,
        arrears_fen: one.arrears,
        deduction_fen: one.deduction,
        net_fen: one.net,
        bank_account_id,
        organization_id: one.organization,
        organization_account_id,
        account: seal(db, "account", one.id, number)?,
        account_index: db.keys().blind_index(BankAccount::FIELD, number),
        payee: seal(db, "payee", one.id, &one.payee)?,
        bank_name: one.bank_name.clone(),
        state: one.state,
        retry_of: one.retry_of,
        version: one.version,
        created_at: one.created_at,
        updated_at: one.updated_at,
    })
}

/// Rows of one statement.
pub const TOGETHER: usize = 500;

#[derive(Insertable)]
#[diesel(table_name = payment_items)]
struct ItemRow {
    payment_id: PaymentId,
    entitlement_id: EntitlementId,
    amount_fen: Fen,
    live: bool,
}

#[derive(Insertable)]
#[diesel(table_name = payment_omissions)]
struct OmissionRow {
    batch_id: PaymentBatchId,
    resident_id: ResidentId,
    amount_fen: Fen,
    reason: OmissionReason,
}

pub fn insert(tx: &mut Tx<'_>, all: &[NewPayment]) -> Result<()> {
    for some in all.chunks(TOGETHER) {
        let rows = some.iter().map(|one| new_row(tx, one));
        let rows = rows.collect::<Result<Vec<_>>>()?;
        insert_all!(tx, payments::table, &rows)?;
    }
    let item =
        |payment_id: PaymentId, (entitlement_id, amount_fen): (EntitlementId, Fen)| ItemRow {
            payment_id,
            entitlement_id,
            amount_fen,
            live: true,
        };
    let items: Vec<_> = all
        .iter()
        .flat_map(|new| new.items.iter().map(|one| item(new.payment.id, *one)))
        .collect();
    for some in items.chunks(TOGETHER) {
        insert_all!(tx, payment_items::table, some)?;
    }
    owed::store::insert(tx, all)
}

pub fn insert_omissions(tx: &mut Tx<'_>, batch: PaymentBatchId, all: &[Omission]) -> Result<()> {
    for some in all.chunks(TOGETHER) {
        let row = |one: &Omission| OmissionRow {
            batch_id: batch,
            resident_id: one.resident_id,
            amount_fen: one.amount_fen,
            reason: one.reason,
        };
        let rows: Vec<_> = some.iter().map(row).collect();
        insert_all!(tx, payment_omissions::table, &rows)?;
    }
    Ok(())
}

/// Who was left out of a batch: so many of them, and how many there are.
pub fn omissions(db: &mut Db, batch: PaymentBatchId, most: i64) -> Result<(Vec<Omission>, i64)> {
    let of_batch = payment_omissions::table.filter(payment_omissions::batch_id.eq(batch));
    let rows: Vec<(ResidentId, Fen, OmissionReason)> = of_batch
        .order(payment_omissions::resident_id)
        .limit(most)
        .select((
            payment_omissions::resident_id,
            payment_omissions::amount_fen,
            payment_omissions::reason,
        ))
        .load(db.conn())?;
    let count = of_batch.count().get_result(db.conn())?;
    let omission = |(resident_id, amount_fen, reason)| Omission {
        resident_id,
        amount_fen,
        reason,
    };
    Ok((rows.into_iter().map(omission).collect(), count))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = payments)]
struct Row {
    id: PaymentId,
    payment_number: String,
    batch_id: PaymentBatchId,
    resident_id: ResidentId,
    organization_id: Option<OrganizationId>,
    program_code: String,
    division_code: DivisionCode,
    gross_fen: Fen,
    arrears_fen: Fen,
    deduction_fen: Fen,
    net_fen: Fen,
    account: Vec<u8>,
    payee: Vec<u8>,
    bank_name: String,
    state: PaymentState,
    failure: Option<String>,
    retry_of: Option<PaymentId>,
    version: i32,
    created_at: Timestamp,
    updated_at: Timestamp,
}

fn read(db: &Db, row: Row) -> Result<Payment> {
    let number = open(db, "account", row.id, &row.account)?;
    Ok(Payment {
        account: BankAccount::parse(&number).map_err(Error::internal)?,
        payee: open(db, "payee", row.id, &row.payee)?,
        id: row.id,
        payment_number: row.payment_number,
        batch: row.batch_id,
        resident: row.resident_id,
        organization: row.organization_id,
        program_code: row.program_code,
        division: row.division_code,
        gross: row.gross_fen,
        arrears: row.arrears_fen,
        deduction: row.deduction_fen,
        net: row.net_fen,
        bank_name: row.bank_name,
        state: row.state,
        failure: row.failure,
        retry_of: row.retry_of,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// Which payments a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<PaymentId>,
    pub batch: Option<PaymentBatchId>,
    pub state: Option<PaymentState>,
    /// All records of a person.
    pub residents: Option<Vec<ResidentId>>,
}

/// In the order in which they were made.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<PaymentId>,
    count: i64,
) -> Result<Vec<Payment>> {
    let mut query = payments::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            payments::division_code,
            payments::county_code,
            scope
        ));
    if let Some(id) = filter.id {
        query = query.filter(payments::id.eq(id));
    }
    if let Some(batch) = filter.batch {
        query = query.filter(payments::batch_id.eq(batch));
    }
    if let Some(state) = filter.state {
        query = query.filter(payments::state.eq(state));
    }
    if let Some(residents) = &filter.residents {
        query = query.filter(payments::resident_id.eq_any(residents.clone()));
    }
    if let Some(after) = after {
        query = query.filter(payments::id.gt(after));
    }
    let rows: Vec<Row> = query.order(payments::id).limit(count).load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

/// All payments of a batch, by number.
pub fn of_batch(db: &mut Db, batch: PaymentBatchId) -> Result<Vec<Payment>> {
    let rows: Vec<Row> = payments::table
        .select(Row::as_select())
        .filter(payments::batch_id.eq(batch))
        .order(payments::payment_number)
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

/// The months a payment pays or was to pay.
pub fn items(db: &mut Db, payment: PaymentId) -> Result<Vec<Item>> {
    let rows: Vec<(EntitlementId, Month, Fen)> = payment_items::table
        .inner_join(entitlements::table)
        .filter(payment_items::payment_id.eq(payment))
        .order(entitlements::month)
        .select((
            entitlements::id,
            entitlements::month,
            payment_items::amount_fen,
        ))
        .load(db.conn())?;
    let item = |(entitlement_id, month, amount_fen)| Item {
        entitlement_id: Some(entitlement_id),
        payable_id: None,
        month,
        amount_fen,
    };
    let owed = owed::store::items(db, payment)?;
    Ok(rows.into_iter().map(item).chain(owed).collect())
}

/// For which months each payment of a batch pays.
pub fn months(db: &mut Db, batch: PaymentBatchId) -> Result<Vec<(PaymentId, Month)>> {
    Ok(payments::table
        .inner_join(payment_items::table.inner_join(entitlements::table))
        .filter(payments::batch_id.eq(batch))
        .order((payments::id, entitlements::month))
        .select((payments::id, entitlements::month))
        .load(db.conn())?)
}

/// What a batch's digest is of, in its order.
pub fn lines(db: &mut Db, batch: PaymentBatchId) -> Result<Vec<Line>> {
    let rows: Vec<(String, ResidentId, Vec<u8>, Fen)> = payments::table
        .filter(payments::batch_id.eq(batch))
        .order(payments::payment_number)
        .select((
            payments::payment_number,
            payments::resident_id,
            payments::account_index,
            payments::net_fen,
        ))
        .load(db.conn())?;
    let line = |(payment_number, resident, account_index, net)| Line {
        payment_number,
        resident,
        account_index,
        net,
    };
    Ok(rows.into_iter().map(line).collect())
}

/// Whom a batch pays, of some people.
pub fn paid_among(
    db: &mut Db,
    batch: PaymentBatchId,
    people: &[ResidentId],
) -> Result<Option<ResidentId>> {
    Ok(payments::table
        .filter(payments::batch_id.eq(batch))
        .filter(payments::resident_id.eq_any(people))
        .select(payments::resident_id)
        .first(db.conn())
        .optional()?)
}

/// Moves payments of a batch on that are in one state, a part at a time: numbers from one to another.
pub fn move_some(
    tx: &mut Tx<'_>,
    batch: PaymentBatchId,
    (first, last): (&str, &str),
    to: PaymentState,
) -> Result<usize> {
    let now = tx.now();
    let some = payments::table
        .filter(payments::batch_id.eq(batch))
        .filter(payments::state.eq(PaymentState::Pending))
        .filter(payments::payment_number.between(first, last));
    let changes = (
        payments::state.eq(to),
        payments::version.eq(payments::version + 1),
        payments::updated_at.eq(now),
    );
    let moved = match to {
        PaymentState::Sent => diesel::update(some.filter(payments::net_fen.gt(Fen::ZERO)))
            .set(changes)
            .execute(tx.conn())?,
        PaymentState::Paid => diesel::update(some.filter(payments::net_fen.eq(Fen::ZERO)))
            .set(changes)
            .execute(tx.conn())?,
        _ => diesel::update(some).set(changes).execute(tx.conn())?,
    };
    Ok(moved)
}

/// Payments that were sent and that the bank has paid.
pub fn settle_paid(tx: &mut Tx<'_>, all: &[PaymentId]) -> Result<()> {
    let now = tx.now();
    for some in all.chunks(TOGETHER) {
        let sent = payments::table
            .filter(payments::id.eq_any(some))
            .filter(payments::state.eq(PaymentState::Sent));
        let changed = diesel::update(sent)
            .set((
                payments::state.eq(PaymentState::Paid),
                payments::version.eq(payments::version + 1),
                payments::updated_at.eq(now),
            ))
            .execute(tx.conn())?;
        // Another file of the bank's came in between.
        if changed != some.len() {
            return Err(Code::IfMatchStale.into());
        }
    }
    Ok(())
}

/// A payment that was sent and that the bank did not pay.
pub fn settle_failed(tx: &mut Tx<'_>, id: PaymentId, why: &str) -> Result<()> {
    let now = tx.now();
    let sent = payments::table
        .find(id)
        .filter(payments::state.eq(PaymentState::Sent));
    let changed = diesel::update(sent)
        .set((
            payments::state.eq(PaymentState::Failed),
            payments::failure.eq(why),
            payments::version.eq(payments::version + 1),
            payments::updated_at.eq(now),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// How many payments of a batch are in each state, and their sum.
pub fn tally(db: &mut Db, batch: PaymentBatchId) -> Result<Vec<(PaymentState, i64)>> {
    Ok(payments::table
        .filter(payments::batch_id.eq(batch))
        .group_by(payments::state)
        .select((payments::state, diesel::dsl::count_star()))
        .load(db.conn())?)
}
