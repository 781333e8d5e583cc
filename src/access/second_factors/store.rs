//! SQL of second factors.

use diesel::prelude::*;

use crate::db::schema::second_factors;
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, Tx};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::UserId;

/// What is kept of somebody's factor.
#[derive(Debug)]
pub struct Kept {
    pub secret: Vec<u8>,
    pub confirmed: bool,
    pub last_step: i64,
}

pub const SEALED_COLUMNS: &[SealedColumn] =
    &[sealed_column!(second_factors::secret of user_id: UserId)];

fn place(user: UserId) -> String {
    format!("second_factors|secret|{user}")
}

pub fn find(db: &mut Db, user: UserId) -> Result<Option<Kept>> {
    let row: Option<(Vec<u8>, bool, i64)> = second_factors::table
        .find(user)
        .select((
            second_factors::secret,
            second_factors::confirmed_at.is_not_null(),
            second_factors::last_step,
        ))
        .first(db.conn())
        .optional()?;
    row.map(|(sealed, confirmed, last_step)| {
        let secret = db
            .keys()
            .open(&place(user), &sealed)
            .map_err(Error::internal)?;
        Ok(Kept {
            secret: secret.to_vec(),
            confirmed,
            last_step,
        })
    })
    .transpose()
}

/// In place of one that was never confirmed.
pub fn begin(tx: &mut Tx<'_>, user: UserId, secret: &[u8]) -> Result<()> {
    let sealed = tx
        .keys()
        .seal(&place(user), secret)
        .map_err(Error::internal)?;
    let now = tx.now();
    delete(tx, user)?;
    diesel::insert_into(second_factors::table)
        .values((
            second_factors::user_id.eq(user),
            second_factors::secret.eq(sealed),
            second_factors::created_at.eq(now),
            second_factors::last_step.eq(0),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Whether the step was still to be taken: of two at once, one takes it.
pub fn take(tx: &mut Tx<'_>, user: UserId, step: i64) -> Result<bool> {
    let untaken = second_factors::table
        .find(user)
        .filter(second_factors::last_step.lt(step));
    let changed = diesel::update(untaken)
        .set(second_factors::last_step.eq(step))
        .execute(tx.conn())?;
    Ok(changed == 1)
}

pub fn confirm(tx: &mut Tx<'_>, user: UserId) -> Result<()> {
    let now = tx.now();
    diesel::update(second_factors::table.find(user))
        .set(second_factors::confirmed_at.eq(now))
        .execute(tx.conn())?;
    Ok(())
}

/// Whether there was one.
pub fn delete(tx: &mut Tx<'_>, user: UserId) -> Result<bool> {
    let deleted = diesel::delete(second_factors::table.find(user)).execute(tx.conn())?;
    Ok(deleted == 1)
}
