//! SQL of answers already given.

use diesel::prelude::*;

use super::Answer;
use crate::db::schema::idempotency_keys;
use crate::db::{Db, Tx, on_unique};
use crate::kernel::error::{Code, Result};
use crate::kernel::id::UserId;
use crate::kernel::time::Timestamp;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = idempotency_keys)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    user_id: UserId,
    key: String,
    fingerprint: Vec<u8>,
    status: i32,
    location: Option<String>,
    etag: Option<String>,
    body: Vec<u8>,
    created_at: Timestamp,
}

/// The fingerprint of the request this user's key was first used for, and what it was answered.
pub fn find(db: &mut Db, user: UserId, key: &str) -> Result<Option<(Vec<u8>, Answer)>> {
    let row: Option<Row> = idempotency_keys::table
        .find((user, key))
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    Ok(row.map(|row| {
        let Row {
            fingerprint,
            status,
            location,
            etag,
            body,
            ..
        } = row;
        (
            fingerprint,
            Answer {
                status,
                location,
                etag,
                body,
            },
        )
    }))
}

pub fn insert(
    tx: &mut Tx<'_>,
    user: UserId,
    key: &str,
    fingerprint: &[u8],
    answer: &Answer,
) -> Result<()> {
    let row = Row {
        user_id: user,
        key: key.to_owned(),
        fingerprint: fingerprint.to_vec(),
        status: answer.status,
        location: answer.location.clone(),
        etag: answer.etag.clone(),
        body: answer.body.clone(),
        created_at: tx.now(),
    };
    diesel::insert_into(idempotency_keys::table)
        .values(&row)
        .execute(tx.conn())
        .map_err(|error| {
            // Another request with this key committed while this one ran; this one is undone.
            on_unique(
                error,
                "idempotency_keys.user_id",
                "idempotency_keys_pkey",
                || Code::IdempotencyKeyBusy.into(),
            )
        })?;
    Ok(())
}

pub fn any_before(db: &mut Db, instant: Timestamp) -> Result<bool> {
    let old = idempotency_keys::table.filter(idempotency_keys::created_at.lt(instant));
    Ok(diesel::select(diesel::dsl::exists(old)).get_result(db.conn())?)
}

pub fn delete_before(tx: &mut Tx<'_>, instant: Timestamp) -> Result<usize> {
    let old = idempotency_keys::table.filter(idempotency_keys::created_at.lt(instant));
    Ok(diesel::delete(old).execute(tx.conn())?)
}
