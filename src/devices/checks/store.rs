//! SQL of what was found.

use diesel::prelude::*;

use super::model::{DeviceCheck, DeviceCheckResult};
use crate::db::schema::device_checks;
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, Tx, types};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{DeviceAllocationId, DeviceCheckId, FollowUpId, UserId};
use crate::kernel::time::Timestamp;

types::text_columns!(DeviceCheckResult);

pub const SEALED_COLUMNS: &[SealedColumn] =
    &[sealed_column!(device_checks::note of id: DeviceCheckId)];

fn note_place(id: DeviceCheckId) -> String {
    format!("device_checks|note|{id}")
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = device_checks)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: DeviceCheckId,
    follow_up_id: FollowUpId,
    allocation_id: DeviceAllocationId,
    result: DeviceCheckResult,
    note: Option<Vec<u8>>,
    checked_by: UserId,
    checked_at: Timestamp,
}

/// Of an allocation, the oldest first.
pub fn of(db: &mut Db, allocation: DeviceAllocationId) -> Result<Vec<DeviceCheck>> {
    let rows: Vec<Row> = device_checks::table
        .filter(device_checks::allocation_id.eq(allocation))
        .order(device_checks::id)
        .select(Row::as_select())
        .load(db.conn())?;
    rows.into_iter()
        .map(|row| {
            let note = row.note.map(|sealed| {
                let plain = db.keys().open(&note_place(row.id), &sealed);
                let plain = plain.map_err(Error::internal)?;
                String::from_utf8(plain.to_vec()).map_err(Error::internal)
            });
            Ok(DeviceCheck {
                id: row.id,
                follow_up: row.follow_up_id,
                allocation: row.allocation_id,
                result: row.result,
                note: note.transpose()?,
                checked_by: row.checked_by,
                checked_at: row.checked_at,
            })
        })
        .collect()
}

pub fn insert(tx: &mut Tx<'_>, new: &DeviceCheck) -> Result<()> {
    let note = match &new.note {
        Some(note) => {
            let sealed = tx.keys().seal(&note_place(new.id), note.as_bytes());
            Some(sealed.map_err(Error::internal)?)
        }
        None => None,
    };
    diesel::insert_into(device_checks::table)
        .values(Row {
            id: new.id,
            follow_up_id: new.follow_up,
            allocation_id: new.allocation,
            result: new.result,
            note,
            checked_by: new.checked_by,
            checked_at: new.checked_at,
        })
        .execute(tx.conn())?;
    Ok(())
}
