//! SQL of accounts and grants.

use std::error::Error as StdError;
use std::str::FromStr;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{Grant, User, UserState};
use crate::access::permit::Held;
use crate::access::policy::Role;
use crate::db::schema::{grants, organizations, users};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::address::Address;
use crate::kernel::bank_account::BankAccount;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{GrantId, OrganizationId, UserId};
use crate::kernel::phone::Phone;
use crate::kernel::time::Timestamp;

types::text_columns!(Role, UserState);

diesel::joinable!(grants -> organizations (organization_id));
diesel::allow_tables_to_appear_in_same_query!(grants, organizations, users);

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
struct Row {
    id: UserId,
    username: String,
    display_name: String,
    state: UserState,
    phone: Option<Vec<u8>>,
    address: Option<Vec<u8>>,
    bank_account: Option<Vec<u8>>,
    version: i32,
    created_at: Timestamp,
    updated_at: Timestamp,
}

pub const SEALED_COLUMNS: &[SealedColumn] = &[
    sealed_column!(users::phone of id: UserId),
    sealed_column!(users::address of id: UserId),
    sealed_column!(users::bank_account of id: UserId),
];

fn place(field: &str, id: UserId) -> String {
    format!("users|{field}|{id}")
}

/// What some users are called.
pub fn display_names(db: &mut Db, of: &[UserId]) -> Result<Vec<(UserId, String)>> {
    Ok(users::table
        .filter(users::id.eq_any(of))
        .select((users::id, users::display_name))
        .load(db.conn())?)
}

fn open(db: &Db, row: Row) -> Result<User> {
    fn read<T: FromStr<Err: StdError + Send + Sync + 'static>>(
        db: &Db,
        place: &str,
        sealed: Option<Vec<u8>>,
    ) -> Result<Option<T>> {
        sealed
            .map(|sealed| {
                let plain = db.keys().open(place, &sealed).map_err(Error::internal)?;
                let text = std::str::from_utf8(&plain).map_err(Error::internal)?;
                text.parse().map_err(Error::internal)
            })
            .transpose()
    }
    let phone = read(db, &place(Phone::FIELD, row.id), row.phone)?;
    let address = read(db, &place(Address::FIELD, row.id), row.address)?;
    let bank_account = read(db, &place(BankAccount::FIELD, row.id), row.bank_account)?;
    Ok(User {
        id: row.id,
        username: row.username,
        display_name: row.display_name,
        state: row.state,
        phone,
        address,
        bank_account,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

pub fn find(db: &mut Db, id: UserId) -> Result<Option<User>> {
    let row: Option<Row> = users::table
        .find(id)
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    row.map(|row| open(db, row)).transpose()
}

/// The account and its password hash.
pub fn named(db: &mut Db, username: &str) -> Result<Option<(User, String)>> {
    let row: Option<(Row, String)> = users::table
        .filter(users::username.eq(username))
        .select((Row::as_select(), users::password_hash))
        .first(db.conn())
        .optional()?;
    row.map(|(row, hash)| Ok((open(db, row)?, hash)))
        .transpose()
}

pub fn page(db: &mut Db, after: Option<UserId>, count: i64) -> Result<Vec<User>> {
    let mut query = users::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(after) = after {
        query = query.filter(users::id.gt(after));
    }
    let rows: Vec<Row> = query.order(users::id).limit(count).load(db.conn())?;
    rows.into_iter().map(|row| open(db, row)).collect()
}

pub fn insert(tx: &mut Tx<'_>, user: &User, password_hash: &str) -> Result<()> {
    diesel::insert_into(users::table)
        .values((
            users::id.eq(user.id),
            users::username.eq(&user.username),
            users::display_name.eq(&user.display_name),
            users::password_hash.eq(password_hash),
            users::state.eq(user.state),
            users::password_changed_at.eq(user.created_at),
            users::created_at.eq(user.created_at),
            users::updated_at.eq(user.updated_at),
            users::version.eq(user.version),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(error, "users.username", "users_username_key", || {
                Code::UsernameTaken.into()
            })
        })?;
    Ok(())
}

/// Writes what may change, if nobody changed it since `user` was read.
pub fn update(tx: &mut Tx<'_>, user: &User) -> Result<()> {
    let seal = |field: &str, text: Option<&str>| {
        text.map(|text| {
            let place = place(field, user.id);
            tx.keys().seal(&place, text.as_bytes())
        })
        .transpose()
        .map_err(Error::internal)
    };
    let number = user.phone.as_ref().map(Phone::as_str);
    let phone = seal(Phone::FIELD, number)?;
    let phone_index = number.map(|number| tx.keys().blind_index(Phone::FIELD, number));
    let address = seal(Address::FIELD, user.address.as_ref().map(Address::as_str))?;
    let address_index = user
        .address
        .as_ref()
        .map(|address| tx.keys().blind_index(Address::FIELD, &address.normalised()));
    let number = user.bank_account.as_ref().map(BankAccount::as_str);
    let bank_account = seal(BankAccount::FIELD, number)?;
    let bank_account_index = number.map(|number| tx.keys().blind_index(BankAccount::FIELD, number));
    let same = users::table
        .filter(users::id.eq(user.id))
        .filter(users::version.eq(user.version - 1));
    let changed = diesel::update(same)
        .set((
            users::display_name.eq(&user.display_name),
            users::state.eq(user.state),
            users::phone.eq(phone),
            users::phone_index.eq(phone_index),
            users::address.eq(address),
            users::address_index.eq(address_index),
            users::bank_account.eq(bank_account),
            users::bank_account_index.eq(bank_account_index),
            users::updated_at.eq(user.updated_at),
            users::version.eq(user.version),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

pub fn set_password(tx: &mut Tx<'_>, user: UserId, password_hash: &str) -> Result<()> {
    let now = tx.now();
    diesel::update(users::table.find(user))
        .set((
            users::password_hash.eq(password_hash),
            users::password_changed_at.eq(now),
            users::updated_at.eq(now),
            users::version.eq(users::version + 1),
        ))
        .execute(tx.conn())?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = grants)]
struct GrantRow {
    id: GrantId,
    role: Role,
    organization_id: OrganizationId,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    revoked_at: Option<Timestamp>,
}

impl From<(GrantRow, DivisionCode)> for Grant {
    fn from((row, division_code): (GrantRow, DivisionCode)) -> Self {
        let GrantRow {
            id,
            role,
            organization_id,
            valid_from,
            valid_to,
            revoked_at,
        } = row;
        Self {
            id,
            role,
            organization_id,
            division_code,
            valid_from,
            valid_to,
            revoked_at,
        }
    }
}

pub fn grants_of(db: &mut Db, user: UserId) -> Result<Vec<Grant>> {
    let rows: Vec<(GrantRow, DivisionCode)> = grants::table
        .inner_join(organizations::table)
        .filter(grants::user_id.eq(user))
        .order(grants::id)
        .select((GrantRow::as_select(), organizations::division_code))
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The roles a user holds on a day.
pub fn held_on(db: &mut Db, user: UserId, day: NaiveDate) -> Result<Vec<Held>> {
    let rows: Vec<(Role, OrganizationId, DivisionCode)> = grants::table
        .inner_join(organizations::table)
        .filter(grants::user_id.eq(user))
        .filter(grants::revoked_at.is_null())
        .filter(grants::valid_from.le(day))
        .filter(grants::valid_to.is_null().or(grants::valid_to.gt(day)))
        .order(grants::id)
        .select((
            grants::role,
            grants::organization_id,
            organizations::division_code,
        ))
        .load(db.conn())?;
    Ok(rows
        .into_iter()
        .map(|(role, organization, division)| Held {
            role,
            organization,
            division,
        })
        .collect())
}

/// Who may sign in and holds a role today over a division, and where it was granted.
pub fn holders(
    db: &mut Db,
    role: Role,
    division: DivisionCode,
) -> Result<Vec<(UserId, DivisionCode)>> {
    let today = db.today();
    let above = std::iter::successors(Some(division), |lower| lower.parent());
    Ok(grants::table
        .inner_join(organizations::table)
        .inner_join(users::table.on(grants::user_id.eq(users::id)))
        .filter(organizations::division_code.eq_any(above.collect::<Vec<_>>()))
        .filter(grants::role.eq(role))
        .filter(grants::revoked_at.is_null())
        .filter(grants::valid_from.le(today))
        .filter(grants::valid_to.is_null().or(grants::valid_to.gt(today)))
        .filter(users::state.eq(UserState::Active))
        .select((grants::user_id, organizations::division_code))
        .load(db.conn())?)
}

pub fn organization_division(db: &mut Db, id: OrganizationId) -> Result<DivisionCode> {
    organizations::table
        .find(id)
        .select(organizations::division_code)
        .first(db.conn())
        .optional()?
        .ok_or_else(|| {
            Error::field(
                "/organization_id",
                "organization.unknown",
                "there is no such organization",
                "没有这个机构",
            )
        })
}

pub fn insert_grant(
    tx: &mut Tx<'_>,
    user: UserId,
    grant: &Grant,
    by: Option<UserId>,
) -> Result<()> {
    let now = tx.now();
    diesel::insert_into(grants::table)
        .values((
            grants::id.eq(grant.id),
            grants::user_id.eq(user),
            grants::role.eq(grant.role),
            grants::organization_id.eq(grant.organization_id),
            grants::valid_from.eq(grant.valid_from),
            grants::valid_to.eq(grant.valid_to),
            grants::granted_by.eq(by),
            grants::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Whether there was such a grant to revoke.
pub fn revoke_grant(
    tx: &mut Tx<'_>,
    user: UserId,
    grant: GrantId,
    by: Option<UserId>,
) -> Result<bool> {
    let now = tx.now();
    let target = grants::table
        .filter(grants::id.eq(grant))
        .filter(grants::user_id.eq(user))
        .filter(grants::revoked_at.is_null());
    let changed = diesel::update(target)
        .set((grants::revoked_at.eq(now), grants::revoked_by.eq(by)))
        .execute(tx.conn())?;
    Ok(changed == 1)
}
