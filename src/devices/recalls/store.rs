//! SQL of recalls and who held a piece.

use diesel::prelude::*;

use super::model::Recall;
use crate::db::schema::{device_recall_holders, device_recalls};
use crate::db::{Db, MultiBackend, Tx, on_unique};
use crate::devices::catalog::{DeviceCode, Edition, ItemKey};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{DeviceAllocationId, DeviceRecallId, FollowUpId, UserId};
use crate::kernel::time::Timestamp;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = device_recalls)]
struct Row {
    id: DeviceRecallId,
    edition: Edition,
    code: DeviceCode,
    batch_number: String,
    reason: String,
    division_code: DivisionCode,
    recalled_by: UserId,
    recalled_at: Timestamp,
}

impl From<Row> for Recall {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            item: ItemKey {
                edition: row.edition,
                code: row.code,
            },
            batch_number: row.batch_number,
            reason: row.reason,
            division_code: row.division_code,
            recalled_by: row.recalled_by,
            recalled_at: row.recalled_at,
        }
    }
}

/// Which recalls a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<DeviceRecallId>,
    pub edition: Option<Edition>,
    pub code: Option<DeviceCode>,
    pub batch_number: Option<String>,
}

/// Newest first. What is called back concerns everybody, wherever that was found out.
pub fn page(
    db: &mut Db,
    filter: &Filter,
    after: Option<DeviceRecallId>,
    count: i64,
) -> Result<Vec<Recall>> {
    let mut query = device_recalls::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(id) = filter.id {
        query = query.filter(device_recalls::id.eq(id));
    }
    if let Some(edition) = &filter.edition {
        query = query.filter(device_recalls::edition.eq(edition.clone()));
    }
    if let Some(code) = &filter.code {
        query = query.filter(device_recalls::code.eq(code.clone()));
    }
    if let Some(batch) = &filter.batch_number {
        query = query.filter(device_recalls::batch_number.eq(batch.clone()));
    }
    if let Some(after) = after {
        query = query.filter(device_recalls::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(device_recalls::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub fn insert(tx: &mut Tx<'_>, new: &Recall) -> Result<()> {
    diesel::insert_into(device_recalls::table)
        .values(Row {
            id: new.id,
            edition: new.item.edition.clone(),
            code: new.item.code.clone(),
            batch_number: new.batch_number.clone(),
            reason: new.reason.clone(),
            division_code: new.division_code,
            recalled_by: new.recalled_by,
            recalled_at: new.recalled_at,
        })
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "device_recalls.edition",
                "device_recalls_edition_code_batch_number_division_code_key",
                || Code::DeviceRecallKnown.into(),
            )
        })?;
    Ok(())
}

pub fn insert_holder(
    tx: &mut Tx<'_>,
    recall: DeviceRecallId,
    allocation: DeviceAllocationId,
    follow_up: FollowUpId,
) -> Result<()> {
    diesel::insert_into(device_recall_holders::table)
        .values((
            device_recall_holders::recall_id.eq(recall),
            device_recall_holders::allocation_id.eq(allocation),
            device_recall_holders::follow_up_id.eq(follow_up),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Who was named, with the follow-ups.
pub fn holders(
    db: &mut Db,
    recall: DeviceRecallId,
) -> Result<Vec<(DeviceAllocationId, FollowUpId)>> {
    Ok(device_recall_holders::table
        .filter(device_recall_holders::recall_id.eq(recall))
        .order(device_recall_holders::allocation_id)
        .select((
            device_recall_holders::allocation_id,
            device_recall_holders::follow_up_id,
        ))
        .load(db.conn())?)
}
