//! SQL of keys.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{ApiKey, CheckedApiKey};
use crate::access::policy::Action;
use crate::access::users::UserState;
use crate::db::schema::{api_keys, users};
use crate::db::{Db, Tx};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ApiKeyId, UserId};
use crate::kernel::time::Timestamp;

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys)]
struct Row {
    id: ApiKeyId,
    name: String,
    permits: String,
    valid_to: NaiveDate,
    created_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

fn actions(permits: &str) -> Result<Vec<Action>> {
    let actions = permits.split(' ').map(str::parse);
    actions
        .collect::<std::result::Result<_, _>>()
        .map_err(Error::internal)
}

pub fn of_user(db: &mut Db, user: UserId) -> Result<Vec<ApiKey>> {
    let rows: Vec<Row> = api_keys::table
        .filter(api_keys::user_id.eq(user))
        .order(api_keys::id)
        .select(Row::as_select())
        .load(db.conn())?;
    let keys = rows.into_iter().map(|row| {
        Ok(ApiKey {
            id: row.id,
            name: row.name,
            permits: actions(&row.permits)?,
            valid_to: row.valid_to,
            created_at: row.created_at,
            revoked_at: row.revoked_at,
        })
    });
    keys.collect()
}

pub fn insert(
    tx: &mut Tx<'_>,
    id: ApiKeyId,
    user: UserId,
    key: &CheckedApiKey,
    hash: &[u8],
    by: Option<UserId>,
) -> Result<()> {
    let permits: Vec<_> = key.permits.iter().map(|action| action.as_str()).collect();
    let now = tx.now();
    diesel::insert_into(api_keys::table)
        .values((
            api_keys::id.eq(id),
            api_keys::user_id.eq(user),
            api_keys::name.eq(&key.name),
            api_keys::hash.eq(hash),
            api_keys::permits.eq(permits.join(" ")),
            api_keys::valid_to.eq(key.valid_to),
            api_keys::created_at.eq(now),
            api_keys::created_by.eq(by),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Whether there was one to revoke.
pub fn revoke(tx: &mut Tx<'_>, user: UserId, key: ApiKeyId, by: Option<UserId>) -> Result<bool> {
    let now = tx.now();
    let live = api_keys::table
        .find(key)
        .filter(api_keys::user_id.eq(user))
        .filter(api_keys::revoked_at.is_null());
    let changed = diesel::update(live)
        .set((api_keys::revoked_at.eq(now), api_keys::revoked_by.eq(by)))
        .execute(tx.conn())?;
    Ok(changed == 1)
}

diesel::allow_tables_to_appear_in_same_query!(api_keys, users);

/// A key that holds, and the account it is of.
#[derive(Debug)]
pub struct Live {
    pub name: String,
    pub permits: Vec<Action>,
    pub user: UserId,
    pub username: String,
    pub display_name: String,
}

pub fn live(db: &mut Db, hash: &[u8]) -> Result<Option<Live>> {
    let today = db.today();
    let row: Option<(String, String, UserId, String, String)> = api_keys::table
        .inner_join(users::table.on(users::id.eq(api_keys::user_id)))
        .filter(api_keys::hash.eq(hash))
        .filter(api_keys::revoked_at.is_null())
        .filter(api_keys::valid_to.gt(today))
        .filter(users::state.eq(UserState::Active))
        .select((
            api_keys::name,
            api_keys::permits,
            users::id,
            users::username,
            users::display_name,
        ))
        .first(db.conn())
        .optional()?;
    row.map(|(name, permits, user, username, display_name)| {
        Ok(Live {
            name,
            permits: actions(&permits)?,
            user,
            username,
            display_name,
        })
    })
    .transpose()
}
