//! SQL of residents. Every query begins with the scope of whoever asks.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{CheckedResident, Filter, Mark, Needle, Query, Resident};
use crate::access::{Scope, within};
use crate::db::schema::{certificates, circumstances, divisions, residents};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx, on_unique};
use crate::kernel::citizen_id::CitizenId;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{ResidentId, UserId};
use crate::kernel::name::PersonName;
use crate::kernel::phone::Phone;
use crate::kernel::sex::Sex;
use crate::kernel::time::Timestamp;
use crate::registry::facts::service::{NUMBER_FIELD, snapshots};
use crate::registry::facts::{AsOf, CertificateState, CircumstanceKind, Snapshot};

diesel::joinable!(residents -> divisions (division_code));
diesel::allow_tables_to_appear_in_same_query!(residents, divisions, certificates, circumstances);

const ID_FIELD: &str = "id_number";
const PHONE_FIELD: &str = Phone::FIELD;
/// Sorts after everything that begins with what stands before it.
const LAST: char = '\u{10FFFF}';

pub const SEALED_COLUMNS: &[SealedColumn] = &[
    sealed_column!(residents::id_number of id: ResidentId),
    sealed_column!(residents::phone of id: ResidentId),
];

fn place(field: &str, id: ResidentId) -> String {
    format!("residents|{field}|{id}")
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = residents)]
struct Row {
    id: ResidentId,
    division_code: DivisionCode,
    hukou_division_code: DivisionCode,
    name: String,
    sex: Sex,
    birth_date: NaiveDate,
    id_number: Vec<u8>,
    phone: Option<Vec<u8>>,
    merged_into_id: Option<ResidentId>,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: i32,
}

fn open(db: &Db, (row, division_name): (Row, String)) -> Result<Resident> {
    let text = |field: &str, sealed: &[u8]| {
        let plain = db
            .keys()
            .open(&place(field, row.id), sealed)
            .map_err(Error::internal)?;
        String::from_utf8(plain.to_vec()).map_err(Error::internal)
    };
    // It was checked when it came in; which day it is read, and whether it is fictional, do not matter.
    let id_number = CitizenId::parse(&text(ID_FIELD, &row.id_number)?, NaiveDate::MAX, true)
        .map_err(Error::internal)?;
    let phone = row
        .phone
        .as_deref()
        .map(|sealed| Phone::parse(&text(PHONE_FIELD, sealed)?).map_err(Error::internal))
        .transpose()?;
    Ok(Resident {
        id: row.id,
        division_code: row.division_code,
        division_name,
        hukou_division_code: row.hukou_division_code,
        name: PersonName::parse(&row.name).map_err(Error::internal)?,
        sex: row.sex,
        birth_date: row.birth_date,
        id_number,
        phone,
        merged_into: row.merged_into_id,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

pub fn find(db: &mut Db, scope: &Scope, id: ResidentId) -> Result<Option<Resident>> {
    let row: Option<(Row, String)> = residents::table
        .inner_join(divisions::table)
        .select((Row::as_select(), divisions::name))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            residents::division_code,
            residents::county_code,
            scope
        ))
        .filter(residents::id.eq(id))
        .first(db.conn())
        .optional()?;
    row.map(|row| open(db, row)).transpose()
}

/// Of these, the versions of those in sight.
pub fn versions(db: &mut Db, scope: &Scope, ids: &[ResidentId]) -> Result<Vec<(ResidentId, i32)>> {
    Ok(residents::table
        .select((residents::id, residents::version))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            residents::division_code,
            residents::county_code,
            scope
        ))
        .filter(residents::id.eq_any(ids))
        .load(db.conn())?)
}

/// Those of some residents that lie in a scope.
pub fn several(db: &mut Db, scope: &Scope, ids: &[ResidentId]) -> Result<Vec<Resident>> {
    let rows: Vec<(Row, String)> = residents::table
        .inner_join(divisions::table)
        .select((Row::as_select(), divisions::name))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            residents::division_code,
            residents::county_code,
            scope
        ))
        .filter(residents::id.eq_any(ids))
        .order(residents::id)
        .load(db.conn())?;
    rows.into_iter().map(|row| open(db, row)).collect()
}

/// Of some residents those that the transaction reaches.
pub fn anywhere(db: &mut Db, ids: &[ResidentId]) -> Result<Vec<Resident>> {
    let rows: Vec<(Row, String)> = residents::table
        .inner_join(divisions::table)
        .select((Row::as_select(), divisions::name))
        .filter(residents::id.eq_any(ids))
        .load(db.conn())?;
    rows.into_iter().map(|row| open(db, row)).collect()
}

/// Which record is kept in the place of one.
pub fn kept_for(db: &mut Db, id: ResidentId) -> Result<Option<ResidentId>> {
    let kept: Option<Option<ResidentId>> = residents::table
        .find(id)
        .select(residents::merged_into_id)
        .first(db.conn())
        .optional()?;
    Ok(kept.flatten())
}

/// Records of one statement.
const TOGETHER: usize = 500;

/// Which records are kept in the place of some; only of those that were merged.
pub fn kept_for_each(db: &mut Db, of: &[ResidentId]) -> Result<Vec<(ResidentId, ResidentId)>> {
    let mut all = Vec::new();
    for some in of.chunks(TOGETHER) {
        let rows: Vec<(ResidentId, ResidentId)> = residents::table
            .filter(residents::id.eq_any(some))
            .filter(residents::merged_into_id.is_not_null())
            .select((residents::id, residents::merged_into_id.assume_not_null()))
            .load(db.conn())?;
        all.extend(rows);
    }
    Ok(all)
}

/// Which records were merged into some others, each with the one that is kept.
pub fn merged_into(db: &mut Db, kept: &[ResidentId]) -> Result<Vec<(ResidentId, ResidentId)>> {
    Ok(residents::table
        .filter(residents::merged_into_id.eq_any(kept))
        .order(residents::id)
        .select((residents::id, residents::merged_into_id.assume_not_null()))
        .load(db.conn())?)
}

/// A page of residents. Filters look at what is believed now and without an end.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<ResidentId>,
    count: i64,
) -> Result<Vec<Resident>> {
    let today = db.today();
    let certificate = certificates::resident_id
        .eq(residents::id)
        .and(certificates::superseded_at.is_null())
        .and(certificates::valid_to.is_null());
    let income = circumstances::resident_id
        .eq(residents::id)
        .and(circumstances::kind.eq(CircumstanceKind::IncomeStatus))
        .and(circumstances::superseded_at.is_null())
        .and(circumstances::valid_to.is_null());
    let mut query = residents::table
        .inner_join(divisions::table)
        .left_join(certificates::table.on(certificate))
        .left_join(circumstances::table.on(income))
        .select((Row::as_select(), divisions::name))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            residents::division_code,
            residents::county_code,
            scope
        ))
        .filter(residents::merged_into_id.is_null());
    if let Some(kind) = filter.impairment_type {
        query = query.filter(certificates::impairment_type.eq(kind));
    }
    if let Some(level) = filter.severity_level {
        query = query.filter(certificates::severity_level.eq(level));
    }
    if let Some(status) = &filter.income_status {
        query = query.filter(circumstances::value.eq(status.clone()));
    }
    let valid = certificates::state.eq(CertificateState::Valid);
    query = match filter.certificate_state {
        None => query,
        Some(CertificateState::Expired) => query
            .filter(valid)
            .filter(certificates::expires_date.le(today)),
        Some(CertificateState::Valid) => query
            .filter(valid)
            .filter(certificates::expires_date.gt(today)),
        Some(state) => query.filter(certificates::state.eq(state)),
    };
    query = match &filter.q {
        None => query,
        Some(Query::Latin(text)) => {
            let end = format!("{text}{LAST}");
            let pinyin = residents::name_pinyin.between(text.clone(), end.clone());
            query.filter(pinyin.or(residents::name_initials.between(text.clone(), end)))
        }
        Some(Query::Name(text)) => {
            query.filter(residents::name.like(format!("%{}%", text.replace(['%', '_', '\\'], ""))))
        }
    };
    query = match (filter.newest_first, after) {
        (false, Some(after)) => query.filter(residents::id.gt(after)),
        (true, Some(after)) => query.filter(residents::id.lt(after)),
        (_, None) => query,
    };
    query = if filter.newest_first {
        query.order(residents::id.desc())
    } else {
        query.order(residents::id.asc())
    };
    let rows: Vec<(Row, String)> = query.limit(count).load(db.conn())?;
    rows.into_iter().map(|row| open(db, row)).collect()
}

/// Village by village, for whoever goes through all of them.
pub fn by_village(
    db: &mut Db,
    scope: &Scope,
    after: Option<Mark>,
    count: i64,
) -> Result<Vec<Resident>> {
    let mut query = residents::table
        .inner_join(divisions::table)
        .select((Row::as_select(), divisions::name))
        .into_boxed::<MultiBackend>()
        .filter(within!(residents::division_code, scope))
        .filter(residents::merged_into_id.is_null());
    if let Some(Mark {
        division_code: division,
        id,
    }) = after
    {
        let beyond = residents::division_code
            .eq(division)
            .and(residents::id.gt(id));
        query = query
            // So that an index begins there.
            .filter(residents::division_code.ge(division))
            .filter(residents::division_code.gt(division).or(beyond));
    }
    let rows: Vec<(Row, String)> = query
        .order((residents::division_code, residents::id))
        .limit(count)
        .load(db.conn())?;
    rows.into_iter().map(|row| open(db, row)).collect()
}

type Place = (ResidentId, DivisionCode);

/// Who has this ID number in the whole city, or the record kept in their place: for registration, which
/// must not make a second one.
pub fn registered(db: &mut Db, id_number: &CitizenId) -> Result<Option<Place>> {
    let index = db.keys().blind_index(ID_FIELD, id_number.as_str());
    let kept = diesel::alias!(residents as kept);
    let query = residents::table
        .left_join(kept.on(residents::merged_into_id.eq(kept.field(residents::id).nullable())))
        .filter(residents::id_number_index.eq(index))
        .select((
            (residents::id, residents::division_code),
            kept.fields((residents::id, residents::division_code))
                .nullable(),
        ));
    // Registered once in the whole city, in sight or not.
    db.in_every_office(|db| {
        let found: Option<(Place, Option<Place>)> = query.first(db.conn()).optional()?;
        Ok(found.map(|(own, kept)| kept.unwrap_or(own)))
    })
}

/// A number that was looked for, whose record has it, by which name, and the record that counts.
pub type Numbered = (CitizenId, ResidentId, String, ResidentId);

/// Within scope: whoever has one of these ID numbers.
pub fn numbered(db: &mut Db, scope: &Scope, of: &[CitizenId]) -> Result<Vec<Numbered>> {
    type Found = (Vec<u8>, ResidentId, String, Option<ResidentId>);
    let index = |number: &CitizenId| db.keys().blind_index(ID_FIELD, number.as_str());
    let indexes: HashMap<_, _> = of.iter().map(|number| (index(number), number)).collect();
    let wanted: Vec<_> = indexes.keys().cloned().collect();
    let rows: Vec<Found> = residents::table
        .select((
            residents::id_number_index,
            residents::id,
            residents::name,
            residents::merged_into_id,
        ))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            residents::division_code,
            residents::county_code,
            scope
        ))
        .filter(residents::id_number_index.eq_any(wanted))
        .load(db.conn())?;
    let numbered = |(index, id, name, kept): Found| {
        let number = CitizenId::clone(indexes.get(&index)?);
        Some((number, id, name, kept.unwrap_or(id)))
    };
    Ok(rows.into_iter().filter_map(numbered).collect())
}

/// Whoever is named by these ids, in sight or not, with what is believed of them.
pub fn named(db: &mut Db, ids: &[ResidentId], at: AsOf) -> Result<Vec<(Resident, Snapshot)>> {
    let query = residents::table
        .inner_join(divisions::table)
        .select((Row::as_select(), divisions::name))
        .filter(residents::id.eq_any(ids));
    db.in_every_office(|db| {
        let rows: Vec<(Row, String)> = query.load(db.conn())?;
        let mut snapshots = snapshots(db, ids, at)?;
        rows.into_iter()
            .map(|row| {
                let resident = open(db, row)?;
                let believed = snapshots.remove(&resident.id).unwrap_or_default();
                Ok((resident, believed))
            })
            .collect()
    })
}

/// The names of some residents, in sight or not, and the record that counts for each.
pub fn names(db: &mut Db, ids: &[ResidentId]) -> Result<Vec<(ResidentId, String, ResidentId)>> {
    let query = residents::table
        .select((residents::id, residents::name, residents::merged_into_id))
        .filter(residents::id.eq_any(ids));
    let rows: Vec<(ResidentId, String, Option<ResidentId>)> =
        db.in_every_office(|db| Ok(query.load(db.conn())?))?;
    let counting = rows.into_iter();
    Ok(counting
        .map(|(id, name, kept)| (id, name, kept.unwrap_or(id)))
        .collect())
}

/// Within scope: whoever has that ID number, or has or had that certificate number; of a record that was
/// merged the kept one.
pub fn search(db: &mut Db, scope: &Scope, needle: &Needle) -> Result<Vec<Resident>> {
    let query = residents::table
        .select((residents::id, residents::merged_into_id))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            residents::division_code,
            residents::county_code,
            scope
        ));
    let query = match needle {
        Needle::IdNumber(number) => {
            let index = db.keys().blind_index(ID_FIELD, number);
            query.filter(residents::id_number_index.eq(index))
        }
        Needle::CertificateNumber(number) => {
            let index = db.keys().blind_index(NUMBER_FIELD, number);
            let holders: Vec<ResidentId> = certificates::table
                .filter(certificates::number_index.eq(index))
                .select(certificates::resident_id)
                .load(db.conn())?;
            query.filter(residents::id.eq_any(holders))
        }
    };
    let found: Vec<(ResidentId, Option<ResidentId>)> = query.load(db.conn())?;
    let ids: Vec<_> = found
        .into_iter()
        .map(|(id, kept)| kept.unwrap_or(id))
        .collect();
    several(db, scope, &ids)
}

pub fn insert(tx: &mut Tx<'_>, new: &CheckedResident, by: Option<UserId>) -> Result<ResidentId> {
    let (id, now): (ResidentId, _) = (tx.new_id(), tx.now());
    let seal = |field: &str, text: &str| {
        tx.keys()
            .seal(&place(field, id), text.as_bytes())
            .map_err(Error::internal)
    };
    let id_number = seal(ID_FIELD, new.id_number.as_str())?;
    let id_number_index = tx.keys().blind_index(ID_FIELD, new.id_number.as_str());
    let phone = new
        .phone
        .as_ref()
        .map(|phone| seal(PHONE_FIELD, phone.as_str()))
        .transpose()?;
    let phone_index = new
        .phone
        .as_ref()
        .map(|phone| tx.keys().blind_index(PHONE_FIELD, phone.as_str()));
    diesel::insert_into(residents::table)
        .values((
            residents::id.eq(id),
            residents::division_code.eq(new.division_code),
            residents::hukou_division_code.eq(new.hukou_division_code),
            residents::name.eq(new.name.as_str()),
            residents::name_pinyin.eq(new.name.pinyin()),
            residents::name_initials.eq(new.name.initials()),
            residents::sex.eq(new.id_number.sex()),
            residents::birth_date.eq(new.id_number.birth_date()),
            residents::id_number.eq(id_number),
            residents::id_number_index.eq(id_number_index),
            residents::phone.eq(phone),
            residents::phone_index.eq(phone_index),
            residents::created_by.eq(by),
            residents::created_at.eq(now),
            residents::updated_at.eq(now),
            residents::version.eq(1),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Found by the key alone: somebody registered the person in this very moment.
            on_unique(
                error,
                "residents.id_number_index",
                "residents_id_number_index_key",
                || Code::ResidentDuplicate.into(),
            )
        })?;
    Ok(id)
}

/// Writes what may change, if nobody changed it since `resident` was read; the new version.
pub fn update(tx: &mut Tx<'_>, resident: &Resident) -> Result<i32> {
    let phone = resident
        .phone
        .as_ref()
        .map(|phone| {
            tx.keys()
                .seal(&place(PHONE_FIELD, resident.id), phone.as_str().as_bytes())
                .map_err(Error::internal)
        })
        .transpose()?;
    let phone_index = resident
        .phone
        .as_ref()
        .map(|phone| tx.keys().blind_index(PHONE_FIELD, phone.as_str()));
    let version = resident.version + 1;
    let same = residents::table
        .filter(residents::id.eq(resident.id))
        .filter(residents::version.eq(resident.version));
    let changed = diesel::update(same)
        .set((
            residents::division_code.eq(resident.division_code),
            residents::hukou_division_code.eq(resident.hukou_division_code),
            residents::name.eq(resident.name.as_str()),
            residents::name_pinyin.eq(resident.name.pinyin()),
            residents::name_initials.eq(resident.name.initials()),
            residents::phone.eq(phone),
            residents::phone_index.eq(phone_index),
            residents::updated_at.eq(resident.updated_at),
            residents::version.eq(version),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(version)
    } else {
        Err(Code::IfMatchStale.into())
    }
}
