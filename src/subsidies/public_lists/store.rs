//! SQL of public lists.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{PublicList, PublicListEntry};
use crate::access::{Scope, within};
use crate::db::schema::{
    payment_batches, payment_items, payments, public_list_entries, public_lists,
};
use crate::db::{Db, MultiBackend, Tx, insert_all, on_unique};
use crate::kernel::crypto::hex;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{PaymentId, PublicListId, ResidentId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;

diesel::allow_tables_to_appear_in_same_query!(payment_items, payment_batches);

#[derive(Queryable, Selectable)]
#[diesel(table_name = public_lists)]
struct Row {
    id: PublicListId,
    division_code: DivisionCode,
    program_code: String,
    first_month: Month,
    last_month: Month,
    revision: i32,
    to_date: NaiveDate,
    phone: String,
    person_count: i32,
    minor_count: i32,
    total_fen: Fen,
    digest: Vec<u8>,
    published_by: UserId,
    published_at: Timestamp,
}

impl From<Row> for PublicList {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            division_code: row.division_code,
            program_code: row.program_code,
            first_month: row.first_month,
            last_month: row.last_month,
            revision: row.revision,
            to_date: row.to_date,
            phone: row.phone,
            person_count: row.person_count,
            minor_count: row.minor_count,
            total_fen: row.total_fen,
            digest: hex(&row.digest),
            published_by: row.published_by,
            published_at: row.published_at,
        }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = public_list_entries)]
#[diesel(treat_none_as_default_value = false)]
struct EntryRow {
    list_id: PublicListId,
    place: i32,
    resident_id: ResidentId,
    division_code: DivisionCode,
    division_name: String,
    name_masked: String,
    months: i32,
    amount_fen: Fen,
}

/// Rows of one statement.
const TOGETHER: usize = 200;

/// Keeps a list as it is published.
pub fn insert(
    tx: &mut Tx<'_>,
    list: &PublicList,
    digest: Vec<u8>,
    entries: &[PublicListEntry],
) -> Result<()> {
    diesel::insert_into(public_lists::table)
        .values((
            public_lists::id.eq(list.id),
            public_lists::program_code.eq(&list.program_code),
            public_lists::division_code.eq(list.division_code),
            public_lists::first_month.eq(list.first_month),
            public_lists::last_month.eq(list.last_month),
            public_lists::revision.eq(list.revision),
            public_lists::previous_revision.eq((list.revision > 1).then_some(list.revision - 1)),
            public_lists::to_date.eq(list.to_date),
            public_lists::phone.eq(&list.phone),
            public_lists::person_count.eq(list.person_count),
            public_lists::minor_count.eq(list.minor_count),
            public_lists::total_fen.eq(list.total_fen),
            public_lists::digest.eq(digest),
            public_lists::published_by.eq(list.published_by),
            public_lists::published_at.eq(list.published_at),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "public_lists.program_code",
                "public_lists_program_code_division_code_first_month_last_month_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    for some in entries.chunks(TOGETHER) {
        let rows: Vec<_> = some
            .iter()
            .cloned()
            .map(|entry| EntryRow {
                list_id: list.id,
                place: entry.place,
                resident_id: entry.resident_id,
                division_code: entry.division_code,
                division_name: entry.division_name,
                name_masked: entry.name_masked,
                months: entry.months,
                amount_fen: entry.amount_fen,
            })
            .collect();
        insert_all!(tx, public_list_entries::table, &rows)?;
    }
    Ok(())
}

/// The last revision of a list, 0 where there is none.
pub fn last_revision(
    db: &mut Db,
    program: &str,
    division: DivisionCode,
    (first, last): (Month, Month),
) -> Result<i32> {
    let revision: Option<i32> = public_lists::table
        .filter(public_lists::program_code.eq(program))
        .filter(public_lists::division_code.eq(division))
        .filter(public_lists::first_month.eq(first))
        .filter(public_lists::last_month.eq(last))
        .select(diesel::dsl::max(public_lists::revision))
        .first(db.conn())?;
    Ok(revision.unwrap_or(0))
}

/// What reached somebody: where they lived at the last payment, how much, and for how many months.
#[derive(Debug)]
pub struct Paid {
    pub resident: ResidentId,
    pub division: DivisionCode,
    pub amount: Fen,
    pub months: i32,
}

const PAID: &str = "paid";

/// What was paid to the people of a scope by batches of some months.
pub fn paid(
    db: &mut Db,
    scope: &Scope,
    program: &str,
    (first, last): (Month, Month),
) -> Result<Vec<Paid>> {
    let rows: Vec<(PaymentId, ResidentId, DivisionCode, Fen)> = payments::table
        .inner_join(payment_batches::table.on(payment_batches::id.eq(payments::batch_id)))
        .select((
            payments::id,
            payments::resident_id,
            payments::division_code,
            payments::net_fen,
        ))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            payments::division_code,
            payments::county_code,
            scope
        ))
        .filter(payments::program_code.eq(program))
        .filter(payments::state.eq(PAID))
        .filter(payment_batches::month.between(first, last))
        .order(payments::id)
        .load(db.conn())?;
    let months: HashMap<PaymentId, i64> = payment_items::table
        .inner_join(payments::table.on(payments::id.eq(payment_items::payment_id)))
        .inner_join(payment_batches::table.on(payment_batches::id.eq(payments::batch_id)))
        .group_by(payment_items::payment_id)
        .select((payment_items::payment_id, diesel::dsl::count_star()))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            payments::division_code,
            payments::county_code,
            scope
        ))
        .filter(payments::program_code.eq(program))
        .filter(payments::state.eq(PAID))
        .filter(payment_batches::month.between(first, last))
        .load(db.conn())?
        .into_iter()
        .collect();
    let mut people: HashMap<ResidentId, Paid> = HashMap::new();
    for (payment, resident, division, net) in rows {
        let count = months.get(&payment).copied().unwrap_or(0);
        let one = people.entry(resident).or_insert(Paid {
            resident,
            division,
            amount: Fen::ZERO,
            months: 0,
        });
        one.division = division;
        let sum = one.amount.checked_add(net);
        one.amount = sum.ok_or_else(|| Error::internal("payments beyond counting"))?;
        one.months += i32::try_from(count).map_err(Error::internal)?;
    }
    Ok(people.into_values().collect())
}

pub fn find(db: &mut Db, scope: &Scope, id: PublicListId) -> Result<Option<PublicList>> {
    let row: Option<Row> = public_lists::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            public_lists::division_code,
            public_lists::county_code,
            scope
        ))
        .filter(public_lists::id.eq(id))
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    program: Option<String>,
    after: Option<PublicListId>,
    count: i64,
) -> Result<Vec<PublicList>> {
    let mut query = public_lists::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            public_lists::division_code,
            public_lists::county_code,
            scope
        ));
    if let Some(program) = program {
        query = query.filter(public_lists::program_code.eq(program));
    }
    if let Some(after) = after {
        query = query.filter(public_lists::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(public_lists::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Of a list, from a place on.
pub fn entries(
    db: &mut Db,
    list: PublicListId,
    after: i32,
    count: i64,
) -> Result<Vec<PublicListEntry>> {
    let rows: Vec<EntryRow> = public_list_entries::table
        .filter(public_list_entries::list_id.eq(list))
        .filter(public_list_entries::place.gt(after))
        .order(public_list_entries::place)
        .limit(count)
        .select(EntryRow::as_select())
        .load(db.conn())?;
    let entry = |row: EntryRow| PublicListEntry {
        place: row.place,
        name_masked: row.name_masked,
        division_code: row.division_code,
        division_name: row.division_name,
        months: row.months,
        amount_fen: row.amount_fen,
        resident_id: row.resident_id,
    };
    Ok(rows.into_iter().map(entry).collect())
}
