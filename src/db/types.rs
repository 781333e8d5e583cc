//! Column types that mean the same on both databases. Only this file knows how each is stored.

use std::io::Write;

use diesel::Selectable;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, HasSqlType, Integer, Text};
use diesel::sqlite::{Sqlite, SqliteValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{MultiBackend, MultiRawValue};
use crate::kernel::division::{DivisionCode, DivisionLevel};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::Id;
use crate::kernel::impairment::{ImpairmentType, SeverityLevel};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::sex::Sex;
use crate::kernel::time::Timestamp;
use crate::kernel::working_days::DayKind;

pub use sql::{Guid, Instant};

mod sql {
    use diesel::query_builder::QueryId;
    use diesel::sql_types::{SqlOrd, SqlType};

    /// PostgreSQL `uuid`, SQLite BLOB of 16 bytes.
    #[derive(Debug, Default, Clone, Copy, QueryId, SqlType)]
    #[diesel(postgres_type(oid = 2950, array_oid = 2951))]
    #[diesel(sqlite_type(name = "Binary"))]
    pub struct Guid;

    /// PostgreSQL `timestamptz`, SQLite INTEGER; microseconds, UTC.
    #[derive(Debug, Default, Clone, Copy, QueryId, SqlType)]
    #[diesel(postgres_type(oid = 1184, array_oid = 1185))]
    #[diesel(sqlite_type(name = "Long"))]
    pub struct Instant;

    impl SqlOrd for Guid {}
    impl SqlOrd for Instant {}
}

/// Lets a Rust type be bound to and read from columns of one SQL type.
macro_rules! binds {
    ([$($generics:tt)*] $type:ty => $sql:ty) => {
        impl<$($generics)*> diesel::expression::AsExpression<$sql> for $type {
            type Expression = diesel::internal::derives::as_expression::Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression {
                diesel::internal::derives::as_expression::Bound::new(self)
            }
        }
        impl<$($generics)*> diesel::expression::AsExpression<diesel::sql_types::Nullable<$sql>> for $type {
            type Expression = diesel::internal::derives::as_expression::Bound<diesel::sql_types::Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression {
                diesel::internal::derives::as_expression::Bound::new(self)
            }
        }
        impl<'expr, $($generics)*> diesel::expression::AsExpression<$sql> for &'expr $type {
            type Expression = diesel::internal::derives::as_expression::Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression {
                diesel::internal::derives::as_expression::Bound::new(self)
            }
        }
        impl<'expr, $($generics)*> diesel::expression::AsExpression<diesel::sql_types::Nullable<$sql>> for &'expr $type {
            type Expression = diesel::internal::derives::as_expression::Bound<diesel::sql_types::Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression {
                diesel::internal::derives::as_expression::Bound::new(self)
            }
        }
        impl<$($generics)* __DB: diesel::backend::Backend> diesel::serialize::ToSql<diesel::sql_types::Nullable<$sql>, __DB> for $type
        where
            Self: diesel::serialize::ToSql<$sql, __DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, __DB>) -> diesel::serialize::Result {
                diesel::serialize::ToSql::<$sql, __DB>::to_sql(self, out)
            }
        }
        impl<$($generics)* __DB: diesel::backend::Backend, __ST: diesel::sql_types::SingleValue> diesel::deserialize::Queryable<__ST, __DB> for $type
        where
            Self: diesel::deserialize::FromSql<__ST, __DB>,
        {
            type Row = Self;
            fn build(row: Self) -> diesel::deserialize::Result<Self> {
                Ok(row)
            }
        }
    };
}
pub(crate) use binds;

/// Stores a value with `as_str` and `FromStr` as text.
macro_rules! text_columns {
    ($($type:ty),+ $(,)?) => {$(
        $crate::db::types::binds!([] $type => diesel::sql_types::Text);
        impl<DB: diesel::backend::Backend> diesel::serialize::ToSql<diesel::sql_types::Text, DB> for $type
        where
            str: diesel::serialize::ToSql<diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
                diesel::serialize::ToSql::<diesel::sql_types::Text, DB>::to_sql(self.as_str(), out)
            }
        }
        impl<DB: diesel::backend::Backend> diesel::deserialize::FromSql<diesel::sql_types::Text, DB> for $type
        where
            String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let text = <String as diesel::deserialize::FromSql<diesel::sql_types::Text, DB>>::from_sql(value)?;
                text.parse().map_err(|_error| format!("{text:?} is not a {}", stringify!($type)).into())
            }
        }
    )+};
}
pub(crate) use text_columns;

/// Teaches the multi backend a SQL type that both concrete backends know.
macro_rules! multi_sql_types {
    ($($sql:ty),+) => {$(
        impl HasSqlType<$sql> for MultiBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                Self::lookup_sql_type::<$sql>(lookup)
            }
        }
    )+};
}
multi_sql_types!(Guid, Instant);

binds!([K: 'static,] Id<K> => Guid);
binds!([] Timestamp => Instant);

impl<K: 'static> ToSql<Guid, MultiBackend> for Id<K> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((Guid, self));
        Ok(IsNull::No)
    }
}
impl<K: 'static> FromSql<Guid, MultiBackend> for Id<K> {
    fn from_sql(value: MultiRawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, Guid>()
    }
}
impl<K: 'static> ToSql<Guid, Pg> for Id<K> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.uuid().as_bytes())?;
        Ok(IsNull::No)
    }
}
impl<K: 'static> FromSql<Guid, Pg> for Id<K> {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::new(Uuid::from_slice(value.as_bytes())?))
    }
}
impl<K: 'static> ToSql<Guid, Sqlite> for Id<K> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.uuid().as_bytes().to_vec());
        Ok(IsNull::No)
    }
}
impl<K: 'static> FromSql<Guid, Sqlite> for Id<K> {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
        Ok(Self::new(Uuid::from_slice(&bytes)?))
    }
}

/// What lies where an id belongs, whether it is one or not: SQLite keeps bytes of any length.
#[derive(Debug, FromSqlRow)]
pub struct RawId(pub Vec<u8>);

impl FromSql<Guid, MultiBackend> for RawId {
    fn from_sql(value: MultiRawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, Guid>()
    }
}
impl FromSql<Guid, Pg> for RawId {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(value.as_bytes().to_vec()))
    }
}
impl FromSql<Guid, Sqlite> for RawId {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value).map(Self)
    }
}

/// 2000-01-01, from which PostgreSQL counts.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

impl ToSql<Instant, MultiBackend> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((Instant, self));
        Ok(IsNull::No)
    }
}
impl FromSql<Instant, MultiBackend> for Timestamp {
    fn from_sql(value: MultiRawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, Instant>()
    }
}
impl ToSql<Instant, Pg> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<BigInt, Pg>::to_sql(&(self.micros() - POSTGRES_EPOCH), &mut out.reborrow())
    }
}
impl FromSql<Instant, Pg> for Timestamp {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::from_micros(
            <i64 as FromSql<BigInt, Pg>>::from_sql(value)? + POSTGRES_EPOCH,
        ))
    }
}
impl ToSql<Instant, Sqlite> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.micros());
        Ok(IsNull::No)
    }
}
impl FromSql<Instant, Sqlite> for Timestamp {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self::from_micros(
            <i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?,
        ))
    }
}

/// JSON kept as text: a fault here is ours, the caller's values were parsed long before.
pub fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Error::internal)
}

/// `RETURNING` list of a model (`as_returning()` is tied to one backend).
pub trait Columns: Selectable<MultiBackend> + Sized {
    fn columns() -> Self::SelectExpression {
        Self::construct_selection()
    }
}
impl<T: Selectable<MultiBackend>> Columns for T {}

text_columns!(DivisionCode, DivisionLevel, ImpairmentType, Sex, DayKind);

/// Stores a value as a plainer one.
macro_rules! stored_as {
    ($($type:ty => $sql:ident, $plain:ty, $to:expr, $from:expr;)+) => {$(
        binds!([] $type => $sql);
        impl ToSql<$sql, MultiBackend> for $type {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
                out.set_value(($sql, self));
                Ok(IsNull::No)
            }
        }
        impl ToSql<$sql, Pg> for $type {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                let plain: $plain = $to(self);
                ToSql::<$sql, Pg>::to_sql(&plain, &mut out.reborrow())
            }
        }
        impl ToSql<$sql, Sqlite> for $type {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                let plain: $plain = $to(self);
                out.set_value(plain);
                Ok(IsNull::No)
            }
        }
        impl FromSql<$sql, MultiBackend> for $type {
            fn from_sql(value: MultiRawValue<'_>) -> deserialize::Result<Self> {
                $from(value.from_sql::<$plain, $sql>()?)
            }
        }
    )+};
}

stored_as! {
    SeverityLevel => Integer, i32, |level: &Self| i32::from(level.number()),
        |number: i32| Ok(Self::try_from(u8::try_from(number)?)?);
    Fen => BigInt, i64, |fen: &Self| fen.get(), |fen: i64| Ok(Self::new(fen));
    Month => Text, String, |month: &Self| month.to_string(), |text: String| Ok(text.parse()?);
}
