//! Use cases of second factors.

use super::model::{Factor, Otp};
use super::store;
use crate::access::permit::Actor;
use crate::audit::{Event, Origin};
use crate::db::{Db, Recorded, Tx};
use crate::kernel::crypto::random;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::UserId;

pub use super::store::SEALED_COLUMNS;

/// What a phone needs to know, shown once.
#[derive(Debug)]
pub struct Enrollment {
    pub secret: String,
    pub uri: String,
}

/// Whether somebody signs in with a second factor.
pub fn is_confirmed(db: &mut Db, user: UserId) -> Result<bool> {
    Ok(store::find(db, user)?.is_some_and(|kept| kept.confirmed))
}

/// Takes a one-time password; false where it is wrong or was taken already.
pub fn take(tx: &mut Tx<'_>, user: UserId, password: &Otp) -> Result<bool> {
    let Some(kept) = store::find(tx, user)? else {
        return Ok(false);
    };
    let now = tx.now();
    match Factor::of(&kept.secret)?.step(password, now, kept.last_step) {
        Some(step) => store::take(tx, user, step),
        None => Ok(false),
    }
}

/// Makes a secret, which counts once it is confirmed.
pub fn begin(tx: &mut Tx<'_>, actor: &Actor) -> Result<Recorded<Enrollment>> {
    if is_confirmed(tx, actor.user)? {
        return Err(Code::SecondFactorKept.into());
    }
    let secret = random::<20>();
    store::begin(tx, actor.user, &secret)?;
    let factor = Factor::of(&secret)?;
    let enrollment = Enrollment {
        secret: factor.secret(),
        uri: factor.uri(&actor.username),
    };
    tx.record(
        event(&actor.origin(), "second_factor.begun", actor.user),
        enrollment,
    )
}

/// The first password shows that the phone knows the secret.
pub fn confirm(tx: &mut Tx<'_>, actor: &Actor, password: &Otp) -> Result<Recorded<()>> {
    let kept = store::find(tx, actor.user)?.ok_or(Code::SecondFactorNotFound)?;
    if kept.confirmed {
        return Err(Code::SecondFactorKept.into());
    }
    if !take(tx, actor.user, password)? {
        let (en, zh) = (
            "not the password that is shown now: look at the clocks of both devices",
            "与当前动态口令不符，请核对设备时间",
        );
        return Err(Error::field("/otp", "otp.wrong", en, zh));
    }
    store::confirm(tx, actor.user)?;
    tx.record(
        event(&actor.origin(), "second_factor.confirmed", actor.user),
        (),
    )
}

/// One's own, or that of somebody who lost the phone.
pub fn remove(tx: &mut Tx<'_>, origin: &Origin, user: UserId) -> Result<Recorded<()>> {
    if !store::delete(tx, user)? {
        return Err(Code::SecondFactorNotFound.into());
    }
    tx.record(event(origin, "second_factor.removed", user), ())
}

fn event(origin: &Origin, action: &'static str, user: UserId) -> Event {
    Event::new(origin, action).on(&user)
}
