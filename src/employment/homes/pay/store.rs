//! SQL of pay sheets.

use std::collections::HashMap;

use diesel::prelude::*;

use super::model::{PayItem, PaySheet, PaySheetState};
use crate::db::schema::{home_pay_items, home_pay_sheets};
use crate::db::{Db, MultiBackend, Tx, insert_all, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{DisabilityHomeId, HomeMemberId, HomePaySheetId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;

types::text_columns!(PaySheetState);

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = home_pay_sheets)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: HomePaySheetId,
    home_id: DisabilityHomeId,
    division_code: DivisionCode,
    month: Month,
    state: PaySheetState,
    member_count: i32,
    total_fen: Fen,
    made_by: UserId,
    made_at: Timestamp,
    decided_by: Option<UserId>,
    decided_at: Option<Timestamp>,
    comment: Option<String>,
    version: i32,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = home_pay_items)]
struct ItemRow {
    sheet_id: HomePaySheetId,
    home_id: DisabilityHomeId,
    member_id: HomeMemberId,
    days: i32,
    daily_pay_fen: Fen,
    amount_fen: Fen,
}

fn read(row: Row, items: Vec<PayItem>) -> PaySheet {
    PaySheet {
        items,
        id: row.id,
        home_id: row.home_id,
        division_code: Some(row.division_code),
        month: row.month,
        state: row.state,
        member_count: row.member_count,
        total_fen: row.total_fen,
        made_by: row.made_by,
        made_at: row.made_at,
        decided_by: row.decided_by,
        decided_at: row.decided_at,
        comment: row.comment,
        version: row.version,
    }
}

fn items_of(db: &mut Db, ids: &[HomePaySheetId]) -> Result<HashMap<HomePaySheetId, Vec<PayItem>>> {
    let rows: Vec<ItemRow> = home_pay_items::table
        .filter(home_pay_items::sheet_id.eq_any(ids))
        .order((home_pay_items::sheet_id, home_pay_items::member_id))
        .select(ItemRow::as_select())
        .load(db.conn())?;
    let mut by_sheet: HashMap<HomePaySheetId, Vec<PayItem>> = HashMap::new();
    for row in rows {
        by_sheet.entry(row.sheet_id).or_default().push(PayItem {
            member_id: row.member_id,
            days: row.days,
            daily_pay_fen: row.daily_pay_fen,
            amount_fen: row.amount_fen,
        });
    }
    Ok(by_sheet)
}

fn complete(db: &mut Db, rows: Vec<Row>) -> Result<Vec<PaySheet>> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut items = items_of(db, &ids)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let own = items.remove(&row.id).unwrap_or_default();
            read(row, own)
        })
        .collect())
}

pub fn find(db: &mut Db, home: DisabilityHomeId, id: HomePaySheetId) -> Result<Option<PaySheet>> {
    let rows: Vec<Row> = home_pay_sheets::table
        .filter(home_pay_sheets::id.eq(id))
        .filter(home_pay_sheets::home_id.eq(home))
        .select(Row::as_select())
        .load(db.conn())?;
    Ok(complete(db, rows)?.pop())
}

/// Newest first.
pub fn page(
    db: &mut Db,
    home: DisabilityHomeId,
    after: Option<HomePaySheetId>,
    count: i64,
) -> Result<Vec<PaySheet>> {
    let mut query = home_pay_sheets::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(home_pay_sheets::home_id.eq(home));
    if let Some(after) = after {
        query = query.filter(home_pay_sheets::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(home_pay_sheets::id.desc())
        .limit(count)
        .load(db.conn())?;
    complete(db, rows)
}

pub fn insert(tx: &mut Tx<'_>, new: &PaySheet) -> Result<()> {
    let row = Row {
        id: new.id,
        home_id: new.home_id,
        division_code: new
            .division_code
            .ok_or_else(|| Error::internal("a home is somewhere"))?,
        month: new.month,
        state: new.state,
        member_count: new.member_count,
        total_fen: new.total_fen,
        made_by: new.made_by,
        made_at: new.made_at,
        decided_by: None,
        decided_at: None,
        comment: None,
        version: new.version,
    };
    diesel::insert_into(home_pay_sheets::table)
        .values(&row)
        .execute(tx.conn())
        .map_err(|error| {
            // On SQLite the trigger against replacing speaks first.
            let known = || Code::HomeMonthReckoned.into();
            on_unique(error, "home_pay_sheets.", "home_pay_sheets_one", known)
        })?;
    let items: Vec<_> = new
        .items
        .iter()
        .map(|item| ItemRow {
            sheet_id: new.id,
            home_id: new.home_id,
            member_id: item.member_id,
            days: item.days,
            daily_pay_fen: item.daily_pay_fen,
            amount_fen: item.amount_fen,
        })
        .collect();
    insert_all!(tx, home_pay_items::table, &items)?;
    Ok(())
}

/// Writes what was decided, once.
pub fn decide(tx: &mut Tx<'_>, sheet: &PaySheet) -> Result<()> {
    let made = home_pay_sheets::table
        .find(sheet.id)
        .filter(home_pay_sheets::state.eq(PaySheetState::Made));
    let changed = diesel::update(made)
        .set((
            home_pay_sheets::state.eq(sheet.state),
            home_pay_sheets::decided_by.eq(sheet.decided_by),
            home_pay_sheets::decided_at.eq(sheet.decided_at),
            home_pay_sheets::comment.eq(sheet.comment.clone()),
            home_pay_sheets::version.eq(sheet.version),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::HomePaySheetDecided.into())
    }
}
