//! Use cases of sessions.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::model::{
    ACCESS_LIFETIME, EndReason, FORGET_AFTER, LONGEST_DELAY, LoginPolicy, REFRESH_LIFETIME,
    SESSION_LIFETIME, delay,
};
use super::remembered::Remembered;
use super::store;
use super::token::{Named, Tokens};
use crate::access::permit::{Actor, STEP_UP_LIFETIME};
use crate::access::second_factors::{self, Otp};
use crate::access::users::password::{self, Hasher};
use crate::access::users::{self, UserState};
use crate::audit::{Event, Origin};
use crate::db::{Db, Reach, Recorded, Store, Tx};
use crate::kernel::crypto::{random, sha256};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{RequestId, SessionId, UserId};
use crate::kernel::time::Timestamp;

pub use super::store::{end_all, of_user};

/// Where a login comes from.
#[derive(Debug, Clone)]
pub struct Client {
    pub address: String,
    pub agent: Option<String>,
}

/// What a client gets to stay signed in.
#[derive(Debug)]
pub struct Pair {
    pub access: String,
    pub refresh: String,
    pub lifetime: Duration,
}

/// The session service; cheap to clone.
#[derive(Debug, Clone)]
pub struct Sessions {
    store: Store,
    tokens: Arc<Tokens>,
    hasher: Hasher,
    policy: LoginPolicy,
    remembered: Arc<Remembered>,
}

impl Sessions {
    pub fn new(store: Store, hasher: Hasher, policy: LoginPolicy) -> Self {
        let tokens = Arc::new(Tokens::new(store.keys()));
        Self {
            store,
            tokens,
            hasher,
            remembered: Arc::new(Remembered::new(policy.remembered)),
            policy,
        }
    }

    /// Whose token this is, with the roles held now. Who only looks may be remembered from a moment
    /// ago.
    pub async fn authenticate(
        &self,
        token: &str,
        request: RequestId,
        only_looks: bool,
    ) -> Result<Arc<Actor>> {
        let now = self.store.given().now();
        if let Some(known) = self.remembered.get(token, now).filter(|_| only_looks) {
            return Ok(Arc::new(Actor {
                request,
                ..Actor::clone(&known)
            }));
        }
        let Named {
            user,
            session,
            until,
        } = self.tokens.read(token, now)?;
        let actor = self
            .store
            .read(Reach::NOTHING, move |db| {
                actor(db, user, Some(session), request).map(Arc::new)
            })
            .await?;
        self.remembered
            .put(token.to_owned(), until, Arc::clone(&actor));
        Ok(actor)
    }

    /// Rights may have changed by what was done here; of what other processes do, one hears within
    /// the time that a look is remembered.
    pub fn forget_rights(&self) {
        self.remembered.forget();
    }

    pub async fn login(
        &self,
        request: RequestId,
        username: String,
        password: String,
        otp: Option<Otp>,
        client: Client,
    ) -> Result<Pair> {
        let subjects = [
            (format!("account:{username}"), self.policy.account_failures),
            (
                format!("address:{}", client.address),
                self.policy.address_failures,
            ),
        ];
        let asked = (subjects.clone(), username.clone());
        let known = self
            .store
            .read(Reach::NOTHING, move |db| {
                let (subjects, username) = asked;
                for (subject, free) in subjects {
                    refuse_if_waiting(db, &subject, free)?;
                }
                users::service::named(db, &username)
            })
            .await?;
        let (user, hash) = known.map_or((None, None), |(user, hash)| (Some(user), Some(hash)));
        let fits = self.hasher.verify(hash, password).await?;
        let user = user.filter(|user| fits && user.state == UserState::Active);
        let tokens = Arc::clone(&self.tokens);
        let outcome = self
            .store
            .write(Reach::NOTHING, move |tx| {
                // Others may have guessed while this password was looked at.
                for (subject, free) in &subjects {
                    refuse_if_waiting(tx, subject, *free)?;
                }
                let [(account, _), (address, _)] = &subjects;
                let mut origin = Origin::system(request);
                origin.username = Some(username.chars().take(64).collect());
                let Some(user) = user else {
                    // The refusal must last: it is a success of the unit of work.
                    store::count_failure(tx, account)?;
                    store::count_failure(tx, address)?;
                    let event = Event::new(&origin, "session.created")
                        .refused()
                        .change("address", client.address);
                    return tx.record(event, Err(Code::CredentialsWrong));
                };
                origin.user = Some(user.id);
                let second = second_factors::service::is_confirmed(tx, user.id)?;
                let shown = match &otp {
                    Some(otp) if second => second_factors::service::take(tx, user.id, otp)?,
                    _ => false,
                };
                if second && !shown {
                    let code = if otp.is_some() {
                        store::count_failure(tx, account)?;
                        store::count_failure(tx, address)?;
                        Code::OtpWrong
                    } else {
                        Code::OtpRequired
                    };
                    let event = Event::new(&origin, "session.created")
                        .refused()
                        .reason(code.as_str())
                        .change("address", client.address);
                    return tx.record(event, Err(code));
                }
                store::forget_failures(tx, account)?;
                let session: SessionId = tx.new_id();
                let expires_at = tx.now().plus(SESSION_LIFETIME);
                let agent: Option<String> =
                    client.agent.map(|agent| agent.chars().take(200).collect());
                store::insert(
                    tx,
                    &store::NewSession {
                        id: session,
                        user: user.id,
                        expires_at,
                        address: &client.address,
                        client: agent.as_deref(),
                        stepped_up: shown,
                    },
                )?;
                let pair = issue(tx, &tokens, user.id, session, expires_at)?;
                let event = Event::new(&origin, "session.created")
                    .on(&session)
                    .change("address", &client.address);
                tx.record(event, Ok(pair))
            })
            .await?;
        outcome.map_err(Error::from)
    }

    /// Shows the second factor again; until when that counts. Guessing is slowed down like guessing
    /// at the door.
    pub async fn step_up(&self, actor: Arc<Actor>, otp: Otp) -> Result<Timestamp> {
        let session = actor.session.ok_or(Code::SessionInvalid)?;
        let free = self.policy.account_failures;
        let outcome = self
            .store
            .write(actor.reach(), move |tx| {
                let subject = format!("account:{}", actor.username);
                refuse_if_waiting(tx, &subject, free)?;
                if !second_factors::service::is_confirmed(tx, actor.user)? {
                    return Err(Code::SecondFactorNotFound.into());
                }
                let event = Event::new(&actor.origin(), "session.stepped_up").on(&session);
                if !second_factors::service::take(tx, actor.user, &otp)? {
                    // The refusal must last: it is a success of the unit of work.
                    store::count_failure(tx, &subject)?;
                    return tx.record(event.refused(), Err(Code::OtpWrong));
                }
                store::forget_failures(tx, &subject)?;
                store::step_up(tx, session)?;
                let until = tx.now().plus(STEP_UP_LIFETIME);
                tx.record(event, Ok(until))
            })
            .await?;
        outcome.map_err(Error::from)
    }

    /// Sets a new password for whoever knows the present one, and ends all other sessions. Guessing
    /// here is slowed down like guessing at the door.
    pub async fn change_password(
        &self,
        actor: Arc<Actor>,
        current: String,
        new: String,
    ) -> Result<()> {
        password::check(&new, &[&actor.username, &actor.display_name])
            .map_err(|error| error.at("/new_password"))?;
        let subject = format!("account:{}", actor.username);
        let (free, asked, username) = (
            self.policy.account_failures,
            subject.clone(),
            actor.username.clone(),
        );
        let stored = self
            .store
            .read(Reach::NOTHING, move |db| {
                refuse_if_waiting(db, &asked, free)?;
                users::service::named(db, &username)
            })
            .await?
            .map(|(_, hash)| hash);
        let fits = self.hasher.verify(stored, current).await?;
        let hash = self.hasher.hash(new).await?;
        self.store
            .write(Reach::NOTHING, move |tx| {
                let event = Event::new(&actor.origin(), "user.password_changed").on(&actor.user);
                if !fits {
                    // The refusal must last: it is a success of the unit of work.
                    store::count_failure(tx, &subject)?;
                    let wrong = Error::field(
                        "/current_password",
                        "password.wrong",
                        "this is not the present password",
                        "当前密码不正确",
                    );
                    return tx.record(event.refused(), Err(wrong));
                }
                users::service::set_password(tx, actor.user, &hash)?;
                for other in store::of_user(tx, actor.user, actor.session)? {
                    if !other.current {
                        store::end(tx, other.id, EndReason::PasswordChanged)?;
                    }
                }
                tx.record(event, Ok(()))
            })
            .await?
    }

    pub async fn refresh(&self, request: RequestId, refresh: &str) -> Result<Pair> {
        let hash = sha256(refresh.as_bytes());
        let tokens = Arc::clone(&self.tokens);
        self.store
            .write(Reach::NOTHING, move |tx| {
                let Some(found) = store::find_refresh(tx, &hash)? else {
                    return Err(Code::SessionInvalid.into());
                };
                let now = tx.now();
                let mut origin = Origin::system(request);
                origin.user = Some(found.user);
                let over = found.revoked_at.is_some()
                    || found.session_expires_at <= now
                    || found.token_expires_at <= now
                    || found.user_state != UserState::Active;
                if over {
                    return Err(Code::SessionInvalid.into());
                }
                if found.used_at.is_some() || !store::use_refresh(tx, &hash)? {
                    store::end(tx, found.session, EndReason::RefreshReused)?;
                    let event = Event::new(&origin, "session.ended")
                        .on(&found.session)
                        .refused()
                        .reason(EndReason::RefreshReused.as_str());
                    return tx.record(event, Err(Error::new(Code::RefreshReused)));
                }
                let pair = issue(
                    tx,
                    &tokens,
                    found.user,
                    found.session,
                    found.session_expires_at,
                )?;
                tx.record(
                    Event::new(&origin, "session.refreshed").on(&found.session),
                    Ok(pair),
                )
            })
            .await?
    }
}

/// Somebody who failed too often waits, and is told for how long.
fn refuse_if_waiting(db: &mut Db, subject: &str, free: i32) -> Result<()> {
    let Some((failures, last)) = store::failures(db, subject)? else {
        return Ok(());
    };
    let passed = db.now().since(last);
    // Counted by a clock that was set back since: nobody waits until it is that late again.
    let ahead = last.since(db.now());
    let wait = if passed >= FORGET_AFTER || ahead > LONGEST_DELAY {
        Duration::ZERO
    } else {
        delay(failures, free)
    };
    match wait.checked_sub(passed) {
        Some(left) if !left.is_zero() => {
            Err(Error::new(Code::LoginDelayed).member("retry_after", left.as_secs() + 1))
        }
        _ => Ok(()),
    }
}

fn issue(
    tx: &mut Tx<'_>,
    tokens: &Tokens,
    user: UserId,
    session: SessionId,
    session_end: Timestamp,
) -> Result<Pair> {
    let now = tx.now();
    let refresh = URL_SAFE_NO_PAD.encode(random::<32>());
    let expires_at = now.plus(REFRESH_LIFETIME).min(session_end);
    store::insert_refresh(tx, &sha256(refresh.as_bytes()), session, expires_at)?;
    Ok(Pair {
        access: tokens.sign(user, session, now)?,
        refresh,
        lifetime: ACCESS_LIFETIME,
    })
}

fn actor(
    db: &mut Db,
    user: UserId,
    session: Option<SessionId>,
    request: RequestId,
) -> Result<Actor> {
    let id = session.ok_or(Code::SessionInvalid)?;
    let now = db.now();
    let Some((username, display_name, stepped_up_at)) = store::live(db, id, user, now)? else {
        return Err(Code::SessionInvalid.into());
    };
    let today = db.today();
    let grants = users::service::held_on(db, user, today)?;
    Ok(Actor {
        user,
        username,
        display_name,
        session,
        stepped_up_at,
        grants,
        limited_to: None,
        request,
    })
}

/// An actor without a session, for those who act from the console or relive a demonstration.
pub fn actor_named(db: &mut Db, username: &str, request: RequestId) -> Result<Actor> {
    let (user, _) = users::service::named(db, username)?.ok_or(Code::UserNotFound)?;
    let today = db.today();
    let grants = users::service::held_on(db, user.id, today)?;
    Ok(Actor {
        user: user.id,
        username: user.username,
        display_name: user.display_name,
        session: None,
        stepped_up_at: None,
        grants,
        limited_to: None,
        request,
    })
}

pub fn logout(tx: &mut Tx<'_>, actor: &Actor) -> Result<Recorded<()>> {
    let session = actor.session.ok_or(Code::SessionInvalid)?;
    end(tx, actor, session, EndReason::Logout)
}

/// Ends another session of one's own, such as that of a lost phone.
pub fn revoke(tx: &mut Tx<'_>, actor: &Actor, session: SessionId) -> Result<Recorded<()>> {
    let own = store::of_user(tx, actor.user, actor.session)?;
    if !own.iter().any(|one| one.id == session) {
        return Err(Code::SessionNotFound.into());
    }
    end(tx, actor, session, EndReason::Revoked)
}

fn end(tx: &mut Tx<'_>, actor: &Actor, session: SessionId, why: EndReason) -> Result<Recorded<()>> {
    store::end(tx, session, why)?;
    let event = Event::new(&actor.origin(), "session.ended")
        .on(&session)
        .reason(why.as_str());
    tx.record(event, ())
}
