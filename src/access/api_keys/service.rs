//! Use cases of keys.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::model::{ApiKey, CheckedApiKey, IssuedApiKey, PREFIX};
use super::store;
use crate::access::permit::Actor;
use crate::access::users;
use crate::audit::{Event, Origin};
use crate::db::{Db, Recorded, Tx};
use crate::kernel::crypto::{random, sha256};
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{ApiKeyId, RequestId, UserId};

pub fn of_user(db: &mut Db, user: UserId) -> Result<Vec<ApiKey>> {
    users::service::get(db, user)?;
    store::of_user(db, user)
}

pub fn issue(
    tx: &mut Tx<'_>,
    origin: &Origin,
    user: UserId,
    new: CheckedApiKey,
) -> Result<Recorded<IssuedApiKey>> {
    let holder = users::service::get(tx, user)?;
    let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random::<32>()));
    let id: ApiKeyId = tx.new_id();
    store::insert(tx, id, user, &new, &sha256(secret.as_bytes()), origin.user)?;
    let key = ApiKey {
        id,
        name: new.name,
        permits: new.permits,
        valid_to: new.valid_to,
        created_at: tx.now(),
        revoked_at: None,
    };
    let event = Event::new(origin, "api_key.created")
        .on(&id)
        .change("username", holder.username)
        .change("key", &key);
    tx.record(event, IssuedApiKey { key, secret })
}

pub fn revoke(
    tx: &mut Tx<'_>,
    origin: &Origin,
    user: UserId,
    key: ApiKeyId,
) -> Result<Recorded<()>> {
    let holder = users::service::get(tx, user)?;
    if !store::revoke(tx, user, key, origin.user)? {
        return Err(Code::ApiKeyNotFound.into());
    }
    let event = Event::new(origin, "api_key.revoked")
        .on(&key)
        .change("username", holder.username);
    tx.record(event, ())
}

/// Whether this is said to be a key, rather than an access token.
pub fn is_one(token: &str) -> bool {
    token.starts_with(PREFIX)
}

/// Who acts with this key; records name the key beside the account.
pub fn actor(db: &mut Db, secret: &str, request: RequestId) -> Result<Actor> {
    let key = store::live(db, &sha256(secret.as_bytes()))?.ok_or(Code::SessionInvalid)?;
    let today = db.today();
    let grants = users::service::held_on(db, key.user, today)?;
    Ok(Actor {
        user: key.user,
        username: format!("{}#{}", key.username, key.name),
        display_name: key.display_name,
        session: None,
        stepped_up_at: None,
        grants,
        limited_to: Some(key.permits),
        request,
    })
}
