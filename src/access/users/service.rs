//! Use cases of accounts and grants. Whoever makes accounts (the system administrator) does not
//! give rights, and whoever gives rights (the security administrator) does not make accounts.

use super::model::{
    Grant, MePatch, NewGrant, NewUser, User, UserPatch, UserState, check_display_name,
    check_username,
};
use super::{password, store};
use crate::access::{Actor, sessions};
use crate::audit::{Event, Origin};
use crate::db::{Db, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::address::Address;
use crate::kernel::bank_account::BankAccount;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{GrantId, UserId};
use crate::kernel::patch::Patch;
use crate::kernel::phone::Phone;

pub use super::store::{
    SEALED_COLUMNS, display_names, held_on, holders, named, page, set_password,
};

/// Checks everything about a new account that needs no database; returns the display name.
pub fn check(new: &NewUser) -> Result<String> {
    check_username(&new.username)?;
    let display_name = check_display_name(&new.display_name)?;
    password::check(&new.password, &[&new.username, &display_name])?;
    Ok(display_name)
}

/// `hash` of the checked password: hashing takes longer than a transaction should.
pub fn create(
    tx: &mut Tx<'_>,
    origin: &Origin,
    username: &str,
    display_name: &str,
    hash: &str,
) -> Result<Recorded<User>> {
    let now = tx.now();
    let user = User {
        id: tx.new_id(),
        username: username.to_owned(),
        display_name: display_name.to_owned(),
        state: UserState::Active,
        phone: None,
        address: None,
        bank_account: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    store::insert(tx, &user, hash)?;
    tx.record(
        Event::new(origin, "user.created")
            .on(&user.id)
            .change("username", &user.username),
        user,
    )
}

pub fn get(db: &mut Db, id: UserId) -> Result<User> {
    store::find(db, id)?.ok_or_else(|| Code::UserNotFound.into())
}

pub fn grants(db: &mut Db, user: UserId) -> Result<Vec<Grant>> {
    get(db, user)?;
    store::grants_of(db, user)
}

pub fn grant(
    tx: &mut Tx<'_>,
    origin: &Origin,
    user: UserId,
    new: &NewGrant,
) -> Result<Recorded<Grant>> {
    let holder = get(tx, user)?;
    let valid_from = new.valid_from.unwrap_or_else(|| tx.today());
    if new.valid_to.is_some_and(|end| end <= valid_from) {
        return Err(Error::field(
            "/valid_to",
            "period.order",
            "valid_to lies after valid_from",
            "valid_to 须晚于 valid_from",
        ));
    }
    let grant = Grant {
        id: tx.new_id(),
        role: new.role,
        organization_id: new.organization_id,
        division_code: store::organization_division(tx, new.organization_id)?,
        valid_from,
        valid_to: new.valid_to,
        revoked_at: None,
    };
    store::insert_grant(tx, user, &grant, origin.user)?;
    let event = Event::new(origin, "grant.created")
        .on(&grant.id)
        .within(grant.division_code)
        .change("username", holder.username)
        .change("grant", &grant);
    tx.record(event, grant)
}

pub fn revoke(
    tx: &mut Tx<'_>,
    origin: &Origin,
    user: UserId,
    grant: GrantId,
) -> Result<Recorded<()>> {
    let holder = get(tx, user)?;
    if !store::revoke_grant(tx, user, grant, origin.user)? {
        return Err(Code::GrantNotFound.into());
    }
    tx.record(
        Event::new(origin, "grant.revoked")
            .on(&grant)
            .change("username", holder.username),
        (),
    )
}

/// Changes a name, or whether the account may sign in; who may not is signed out at once.
pub fn change(
    tx: &mut Tx<'_>,
    origin: &Origin,
    id: UserId,
    seen: IfMatch,
    patch: &UserPatch,
) -> Result<Recorded<User>> {
    let mut user = get(tx, id)?;
    seen.check(user.version)?;
    let mut event = Event::new(origin, "user.updated")
        .on(&id)
        .change("username", &user.username);
    if let Some(name) = &patch.display_name {
        user.display_name = check_display_name(name)?;
        event = event.change("display_name", &user.display_name);
    }
    if let Some(state) = patch.state {
        if origin.user == Some(id) && state == UserState::Disabled {
            return Err(Error::field(
                "/state",
                "user.self",
                "not one's own account",
                "不能停用本人账号",
            ));
        }
        user.state = state;
        event = event.change("state", state);
    }
    let told = (&patch.phone, &patch.address, &patch.bank_account);
    event = change_whereabouts(&mut user, told, event);
    user.version += 1;
    user.updated_at = tx.now();
    store::update(tx, &user)?;
    if user.state == UserState::Disabled {
        sessions::service::end_all(tx, id, sessions::EndReason::Disabled)?;
    }
    tx.record(event, user)
}

/// Where somebody is reached, lives and is paid.
fn change_whereabouts(
    user: &mut User,
    (phone, address, bank_account): (&Patch<Phone>, &Patch<Address>, &Patch<BankAccount>),
    mut event: Event,
) -> Event {
    if phone.apply(&mut user.phone) {
        event = event.change("phone", "changed");
    }
    if address.apply(&mut user.address) {
        event = event.change("address", "changed");
    }
    if bank_account.apply(&mut user.bank_account) {
        event = event.change("bank_account", "changed");
    }
    event
}

/// What people change of their own account.
pub fn change_own(
    tx: &mut Tx<'_>,
    actor: &Actor,
    seen: IfMatch,
    patch: &MePatch,
) -> Result<Recorded<User>> {
    patch.check()?;
    let mut user = get(tx, actor.user)?;
    seen.check(user.version)?;
    let event = Event::new(&actor.origin(), "user.own_updated").on(&user.id);
    let told = (&patch.phone, &patch.address, &patch.bank_account);
    let event = change_whereabouts(&mut user, told, event);
    user.version += 1;
    user.updated_at = tx.now();
    store::update(tx, &user)?;
    tx.record(event, user)
}

/// Sets a new password and ends every session of the account.
pub fn reset_password(
    tx: &mut Tx<'_>,
    origin: &Origin,
    user: &User,
    hash: &str,
) -> Result<Recorded<()>> {
    store::set_password(tx, user.id, hash)?;
    sessions::service::end_all(tx, user.id, sessions::EndReason::PasswordReset)?;
    tx.record(
        Event::new(origin, "user.password_reset")
            .on(&user.id)
            .change("username", &user.username),
        (),
    )
}
