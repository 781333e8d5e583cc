//! SQL of households.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{Companions, Household, HouseholdRelation, Member, Membership, Who};
use crate::access::{Scope, within};
use crate::db::schema::{household_cares, household_members, households, residents};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{HouseholdId, HouseholdMemberId, PersonId, ResidentId, UserId};
use crate::kernel::name::PersonName;
use crate::kernel::phone::Phone;
use crate::kernel::time::Timestamp;
use crate::registry::facts::service::ending;
use crate::registry::facts::{AsOf, Period, believed, true_on};

types::text_columns!(HouseholdRelation);

diesel::allow_tables_to_appear_in_same_query!(households, residents);

const NAME_FIELD: &str = "name";
const REASON_FIELD: &str = "end_reason";

pub const SEALED_COLUMNS: &[SealedColumn] = &[
    sealed_column!(household_members::name of id: HouseholdMemberId),
    sealed_column!(household_members::phone of id: HouseholdMemberId),
    sealed_column!(household_members::end_reason of id: HouseholdMemberId),
];

fn place(field: &str, id: HouseholdMemberId) -> String {
    format!("household_members|{field}|{id}")
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = household_members)]
struct Row {
    id: HouseholdMemberId,
    person_id: PersonId,
    resident_id: Option<ResidentId>,
    name: Option<Vec<u8>>,
    phone: Option<Vec<u8>>,
    relation: HouseholdRelation,
    end_reason: Option<Vec<u8>>,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    recorded_at: Timestamp,
}

fn open(db: &Db, row: Row, cares_for: Vec<ResidentId>) -> Result<Member> {
    let text = |field: &str, sealed: Option<Vec<u8>>| {
        sealed
            .map(|sealed| {
                let plain = db.keys().open(&place(field, row.id), &sealed);
                String::from_utf8(plain.map_err(Error::internal)?.to_vec()).map_err(Error::internal)
            })
            .transpose()
    };
    let who = match (row.resident_id, text(NAME_FIELD, row.name)?) {
        (Some(resident), _) => Who::Registered(resident),
        (None, Some(name)) => Who::Other {
            name: PersonName::parse(&name).map_err(Error::internal)?,
            phone: text(Phone::FIELD, row.phone)?
                .map(|number| Phone::parse(&number).map_err(Error::internal))
                .transpose()?,
        },
        (None, None) => return Err(Error::internal("a member is a resident or has a name")),
    };
    Ok(Member {
        id: row.id,
        membership: Membership {
            person: row.person_id,
            who,
            relation: row.relation,
            cares_for,
            period: Period {
                from: row.valid_from,
                to: row.valid_to,
            },
            end_reason: text(REASON_FIELD, row.end_reason)?,
        },
        recorded_at: row.recorded_at,
    })
}

fn complete(db: &mut Db, rows: Vec<Row>) -> Result<Vec<Member>> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let cares: Vec<(HouseholdMemberId, ResidentId)> = household_cares::table
        .filter(household_cares::member_id.eq_any(&ids))
        .order((household_cares::member_id, household_cares::resident_id))
        .select((household_cares::member_id, household_cares::resident_id))
        .load(db.conn())?;
    let mut by_member: HashMap<_, Vec<_>> = HashMap::new();
    for (member, resident) in cares {
        by_member.entry(member).or_default().push(resident);
    }
    rows.into_iter()
        .map(|row| {
            let cares_for = by_member.remove(&row.id).unwrap_or_default();
            open(db, row, cares_for)
        })
        .collect()
}

/// In which household a resident was believed to be on a day.
pub fn household_of(db: &mut Db, resident: ResidentId, at: AsOf) -> Result<Option<HouseholdId>> {
    let query = household_members::table
        .select(household_members::household_id)
        .into_boxed::<MultiBackend>()
        .filter(household_members::resident_id.eq(resident))
        .filter(true_on!(household_members, at.valid_at));
    let query = believed!(query, household_members, at.known_at);
    Ok(query.first(db.conn()).optional()?)
}

/// With whom some residents live today, wherever: who is registered, and the names of the others.
pub fn companions(db: &mut Db, of: &[ResidentId]) -> Result<HashMap<ResidentId, Companions>> {
    let today = db.today();
    let holds =
        move || true_on!(household_members, today).and(household_members::superseded_at.is_null());
    let at_home = household_members::table
        .filter(household_members::resident_id.eq_any(of))
        .filter(holds())
        .select((
            household_members::resident_id.assume_not_null(),
            household_members::household_id,
        ));
    db.in_every_office(|db| {
        let homes: Vec<(ResidentId, HouseholdId)> = at_home.load(db.conn())?;
        let ids: Vec<_> = homes.iter().map(|(_, home)| *home).collect();
        let rows: Vec<(HouseholdId, Row)> = household_members::table
            .filter(household_members::household_id.eq_any(&ids))
            .filter(holds())
            .select((household_members::household_id, Row::as_select()))
            .load(db.conn())?;
        let mut by_home: HashMap<HouseholdId, Companions> = HashMap::new();
        for (home, row) in rows {
            let all = by_home.entry(home).or_default();
            match open(db, row, Vec::new())?.membership.who {
                Who::Registered(resident) => all.residents.push(resident),
                Who::Other { name, .. } => all.names.push(name.as_str().to_owned()),
            }
        }
        let of_home = |(resident, home)| Some((resident, by_home.get(&home)?.clone()));
        Ok(homes.into_iter().filter_map(of_home).collect())
    })
}

/// Within the scope of the member it is seen from.
pub fn find(db: &mut Db, scope: &Scope, id: HouseholdId) -> Result<Option<Household>> {
    let row: Option<(HouseholdId, ResidentId, i32)> = households::table
        .inner_join(residents::table.on(residents::id.eq(households::resident_id)))
        .select((households::id, households::resident_id, households::version))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            residents::division_code,
            residents::county_code,
            scope
        ))
        .filter(households::id.eq(id))
        .first(db.conn())
        .optional()?;
    Ok(row.map(|(id, resident, version)| Household {
        id,
        resident,
        version,
    }))
}

/// Who was believed to be a member on a day, in the order in which they were named.
pub fn members(db: &mut Db, household: HouseholdId, at: AsOf) -> Result<Vec<Member>> {
    let query = household_members::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(household_members::household_id.eq(household))
        .filter(true_on!(household_members, at.valid_at));
    let rows: Vec<Row> = believed!(query, household_members, at.known_at)
        .order((household_members::valid_from, household_members::id))
        .load(db.conn())?;
    complete(db, rows)
}

/// Whoever is a member without an end.
pub fn current(db: &mut Db, household: HouseholdId) -> Result<Vec<Member>> {
    let rows: Vec<Row> = household_members::table
        .select(Row::as_select())
        .filter(household_members::household_id.eq(household))
        .filter(household_members::superseded_at.is_null())
        .filter(household_members::valid_to.is_null())
        .order(household_members::id)
        .load(db.conn())?;
    complete(db, rows)
}

pub fn insert(tx: &mut Tx<'_>, resident: ResidentId, by: Option<UserId>) -> Result<Household> {
    let (id, now): (HouseholdId, _) = (tx.new_id(), tx.now());
    diesel::insert_into(households::table)
        .values((
            households::id.eq(id),
            households::resident_id.eq(resident),
            households::version.eq(1),
            households::created_by.eq(by),
            households::created_at.eq(now),
            households::updated_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(Household {
        id,
        resident,
        version: 1,
    })
}

/// Counts a change, if nobody made another since the household was read.
pub fn update(tx: &mut Tx<'_>, household: Household) -> Result<Household> {
    let now = tx.now();
    let version = household.version + 1;
    let same = households::table
        .filter(households::id.eq(household.id))
        .filter(households::version.eq(household.version));
    let changed = diesel::update(same)
        .set((
            households::resident_id.eq(household.resident),
            households::version.eq(version),
            households::updated_at.eq(now),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(Household {
            version,
            ..household
        })
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// Writes a membership; for whom the member cares is written once all are there.
pub fn insert_member(
    tx: &mut Tx<'_>,
    household: HouseholdId,
    new: &Membership,
    by: Option<UserId>,
) -> Result<HouseholdMemberId> {
    let (id, now): (HouseholdMemberId, _) = (tx.new_id(), tx.now());
    let seal = |field: &str, text: Option<&str>| {
        text.map(|text| tx.keys().seal(&place(field, id), text.as_bytes()))
            .transpose()
            .map_err(Error::internal)
    };
    let (name, number) = match &new.who {
        Who::Registered(_) => (None, None),
        Who::Other { name, phone } => (Some(name.as_str()), phone.as_ref().map(Phone::as_str)),
    };
    let (name, phone) = (seal(NAME_FIELD, name)?, seal(Phone::FIELD, number)?);
    let phone_index = number.map(|number| tx.keys().blind_index(Phone::FIELD, number));
    let end_reason = seal(REASON_FIELD, new.end_reason.as_deref())?;
    diesel::insert_into(household_members::table)
        .values((
            household_members::id.eq(id),
            household_members::household_id.eq(household),
            household_members::person_id.eq(new.person),
            household_members::resident_id.eq(new.who.resident()),
            household_members::name.eq(name),
            household_members::phone.eq(phone),
            household_members::phone_index.eq(phone_index),
            household_members::relation.eq(new.relation),
            household_members::end_reason.eq(end_reason),
            household_members::valid_from.eq(new.period.from),
            household_members::valid_to.eq(new.period.to),
            household_members::recorded_at.eq(now),
            household_members::recorded_by.eq(by),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "household_members.household_id",
                "household_members_head",
                || {
                    Error::field(
                        "/relation",
                        "household.one_head",
                        "the household has a head already",
                        "该家庭已有户主",
                    )
                },
            )
        })
        .map_err(|error| match error.code() {
            // Somewhere, in sight or not, for part of these days.
            Code::FactOverlaps => Code::HouseholdMember.into(),
            _ => error,
        })?;
    Ok(id)
}

pub fn insert_cares(
    tx: &mut Tx<'_>,
    member: HouseholdMemberId,
    cares_for: &[ResidentId],
) -> Result<()> {
    for resident in cares_for {
        diesel::insert_into(household_cares::table)
            .values((
                household_cares::member_id.eq(member),
                household_cares::resident_id.eq(resident),
            ))
            .execute(tx.conn())?;
    }
    Ok(())
}

fn supersede(tx: &mut Tx<'_>, old: &Member, by: Option<UserId>) -> Result<()> {
    let now = tx.now();
    diesel::update(household_members::table.find(old.id))
        .set((
            household_members::superseded_at.eq(ending(now, old.recorded_at)),
            household_members::superseded_by.eq(by),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Takes away what is believed of a member from a day on, and leaves the days before.
pub fn cut(
    tx: &mut Tx<'_>,
    household: HouseholdId,
    old: &Member,
    from: NaiveDate,
    reason: Option<&str>,
    by: Option<UserId>,
) -> Result<()> {
    supersede(tx, old, by)?;
    for period in old.membership.period.without(Period::open(from)) {
        let rest = Membership {
            period,
            end_reason: reason.map(str::to_owned),
            ..old.membership.clone()
        };
        let id = insert_member(tx, household, &rest, by)?;
        insert_cares(tx, id, &rest.cares_for)?;
    }
    Ok(())
}
