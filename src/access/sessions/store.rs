//! SQL of sessions, refresh tokens and failed logins.

use diesel::prelude::*;

use super::model::{EndReason, FORGET_AFTER, Session};
use crate::access::users::UserState;
use crate::db::schema::{login_throttles, refresh_tokens, sessions, users};
use crate::db::{Db, Tx, types};
use crate::kernel::error::Result;
use crate::kernel::id::{SessionId, UserId};
use crate::kernel::time::Timestamp;

types::text_columns!(EndReason);

diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(refresh_tokens -> sessions (session_id));
diesel::allow_tables_to_appear_in_same_query!(sessions, users, refresh_tokens);

/// Failures of a subject, and when the last one was.
pub fn failures(db: &mut Db, subject: &str) -> Result<Option<(i32, Timestamp)>> {
    Ok(login_throttles::table
        .find(subject)
        .select((login_throttles::failures, login_throttles::last_failed_at))
        .first(db.conn())
        .optional()?)
}

pub fn count_failure(tx: &mut Tx<'_>, subject: &str) -> Result<()> {
    let now = tx.now();
    let count = |tx: &mut Tx<'_>| -> Result<usize> {
        let forgotten = now.minus(FORGET_AFTER);
        let stale = login_throttles::table
            .find(subject)
            .filter(login_throttles::last_failed_at.le(forgotten));
        diesel::update(stale)
            .set(login_throttles::failures.eq(0))
            .execute(tx.conn())?;
        Ok(diesel::update(login_throttles::table.find(subject))
            .set((
                login_throttles::failures.eq(login_throttles::failures + 1),
                login_throttles::last_failed_at.eq(now),
            ))
            .execute(tx.conn())?)
    };
    if count(tx)? == 0 {
        let inserted = tx.attempt(|tx| {
            diesel::insert_into(login_throttles::table)
                .values((
                    login_throttles::subject.eq(subject),
                    login_throttles::failures.eq(1),
                    login_throttles::last_failed_at.eq(now),
                ))
                .execute(tx.conn())?;
            Ok(())
        });
        // Somebody else's first failure came in between: it is there to be counted now.
        if inserted.is_err() {
            count(tx)?;
        }
    }
    Ok(())
}

pub fn forget_failures(tx: &mut Tx<'_>, subject: &str) -> Result<()> {
    diesel::delete(login_throttles::table.find(subject)).execute(tx.conn())?;
    Ok(())
}

pub struct NewSession<'a> {
    pub id: SessionId,
    pub user: UserId,
    pub expires_at: Timestamp,
    pub address: &'a str,
    pub client: Option<&'a str>,
    pub stepped_up: bool,
}

pub fn insert(tx: &mut Tx<'_>, session: &NewSession<'_>) -> Result<()> {
    let now = tx.now();
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(session.id),
            sessions::user_id.eq(session.user),
            sessions::created_at.eq(now),
            sessions::expires_at.eq(session.expires_at),
            sessions::address.eq(session.address),
            sessions::client.eq(session.client),
            sessions::stepped_up_at.eq(session.stepped_up.then_some(now)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Notes that the second factor was shown.
pub fn step_up(tx: &mut Tx<'_>, session: SessionId) -> Result<()> {
    let now = tx.now();
    diesel::update(sessions::table.find(session))
        .set(sessions::stepped_up_at.eq(now))
        .execute(tx.conn())?;
    Ok(())
}

pub fn insert_refresh(
    tx: &mut Tx<'_>,
    hash: &[u8],
    session: SessionId,
    expires_at: Timestamp,
) -> Result<()> {
    let now = tx.now();
    diesel::insert_into(refresh_tokens::table)
        .values((
            refresh_tokens::hash.eq(hash),
            refresh_tokens::session_id.eq(session),
            refresh_tokens::issued_at.eq(now),
            refresh_tokens::expires_at.eq(expires_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// A refresh token together with the session it belongs to.
#[derive(Queryable)]
pub struct Refresh {
    pub session: SessionId,
    pub user: UserId,
    pub token_expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
    pub session_expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub user_state: UserState,
}

pub fn find_refresh(db: &mut Db, hash: &[u8]) -> Result<Option<Refresh>> {
    Ok(refresh_tokens::table
        .inner_join(sessions::table.inner_join(users::table))
        .filter(refresh_tokens::hash.eq(hash))
        .select((
            sessions::id,
            sessions::user_id,
            refresh_tokens::expires_at,
            refresh_tokens::used_at,
            sessions::expires_at,
            sessions::revoked_at,
            users::state,
        ))
        .first(db.conn())
        .optional()?)
}

/// Marks a token used; false when somebody else just did.
pub fn use_refresh(tx: &mut Tx<'_>, hash: &[u8]) -> Result<bool> {
    let now = tx.now();
    let unused = refresh_tokens::table
        .filter(refresh_tokens::hash.eq(hash))
        .filter(refresh_tokens::used_at.is_null());
    Ok(diesel::update(unused)
        .set(refresh_tokens::used_at.eq(now))
        .execute(tx.conn())?
        == 1)
}

pub fn end(tx: &mut Tx<'_>, session: SessionId, reason: EndReason) -> Result<()> {
    let now = tx.now();
    diesel::update(
        sessions::table
            .filter(sessions::id.eq(session))
            .filter(sessions::revoked_at.is_null()),
    )
    .set((
        sessions::revoked_at.eq(now),
        sessions::revoked_reason.eq(reason),
    ))
    .execute(tx.conn())?;
    Ok(())
}

pub fn end_all(tx: &mut Tx<'_>, user: UserId, reason: EndReason) -> Result<()> {
    let now = tx.now();
    diesel::update(
        sessions::table
            .filter(sessions::user_id.eq(user))
            .filter(sessions::revoked_at.is_null()),
    )
    .set((
        sessions::revoked_at.eq(now),
        sessions::revoked_reason.eq(reason),
    ))
    .execute(tx.conn())?;
    Ok(())
}

/// The user behind a session that still holds.
pub fn live(
    db: &mut Db,
    session: SessionId,
    user: UserId,
    now: Timestamp,
) -> Result<Option<(String, String, Option<Timestamp>)>> {
    Ok(sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq(session))
        .filter(sessions::user_id.eq(user))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(users::state.eq(UserState::Active))
        .select((
            users::username,
            users::display_name,
            sessions::stepped_up_at,
        ))
        .first(db.conn())
        .optional()?)
}

/// Id, beginning, end, address and client.
type SignIn = (
    SessionId,
    Timestamp,
    Timestamp,
    Option<String>,
    Option<String>,
);

/// The sessions of a user that still hold, latest first.
pub fn of_user(db: &mut Db, user: UserId, current: Option<SessionId>) -> Result<Vec<Session>> {
    let now = db.now();
    let rows: Vec<SignIn> = sessions::table
        .filter(sessions::user_id.eq(user))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .order(sessions::id.desc())
        .select((
            sessions::id,
            sessions::created_at,
            sessions::expires_at,
            sessions::address,
            sessions::client,
        ))
        .load(db.conn())?;
    Ok(rows
        .into_iter()
        .map(|(id, created_at, expires_at, address, client)| Session {
            id,
            created_at,
            expires_at,
            address,
            client,
            current: Some(id) == current,
        })
        .collect())
}
