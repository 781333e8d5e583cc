//! Looks for what speaks against a batch's payments, a few hundred at a time.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::model::{FlagDetails, Found, PaymentFlagKind};
use super::store;
use crate::db::Db;
use crate::kernel::bank_account::BankAccount;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{PaymentId, ResidentId};
use crate::kernel::month::Month;
use crate::registry::facts::CircumstanceKind;
use crate::registry::households::{self, Companions};
use crate::registry::{bank_accounts, residents};
use crate::subsidies::batches::Batch;
use crate::subsidies::payments::{self, Payment};

/// Payments looked at together.
const TOGETHER: usize = 500;

/// All that speaks against a batch's payments now.
pub fn all(db: &mut Db, batch: &Batch) -> Result<Vec<Found>> {
    let mut payments = payments::service::of_batch(db, batch.id)?;
    // An organization's account was confirmed by two, and is paid for many.
    payments.retain(|payment| payment.organization.is_none());
    let excluded = store::excluded_by(db, &batch.program_code)?;
    let mut months: HashMap<PaymentId, Vec<Month>> = HashMap::new();
    if !excluded.is_empty() {
        for (payment, month) in payments::service::months(db, batch.id)? {
            months.entry(payment).or_default().push(month);
        }
    }
    let mut found = Vec::new();
    for some in payments.chunks(TOGETHER) {
        let people = People::of(db, some)?;
        found.extend(same_accounts(db, &people, some)?);
        found.extend(other_payees(db, &people, some)?);
        if !excluded.is_empty() {
            found.extend(exclusive(db, &people, some, &excluded, &months)?);
        }
    }
    Ok(found)
}

/// Who is paid, by the record that counts.
struct People {
    names: HashMap<ResidentId, String>,
    counting: HashMap<ResidentId, ResidentId>,
    homes: HashMap<ResidentId, Companions>,
}

impl People {
    fn of(db: &mut Db, some: &[Payment]) -> Result<Self> {
        let ids: Vec<_> = some.iter().map(|payment| payment.resident).collect();
        let mut people = Self {
            names: HashMap::new(),
            counting: HashMap::new(),
            homes: HashMap::new(),
        };
        people.add(db, &ids)?;
        let counting: Vec<_> = people.counting.values().copied().collect();
        people.homes = households::service::companions(db, &counting)?;
        let at_home = people.homes.values().flat_map(|home| &home.residents);
        let at_home: Vec<_> = at_home.copied().collect();
        people.add(db, &at_home)?;
        Ok(people)
    }

    fn add(&mut self, db: &mut Db, ids: &[ResidentId]) -> Result<()> {
        for (id, name, counting) in residents::service::names(db, ids)? {
            self.names.insert(id, name);
            self.counting.insert(id, counting);
        }
        Ok(())
    }

    fn counting(&self, resident: ResidentId) -> ResidentId {
        self.counting.get(&resident).copied().unwrap_or(resident)
    }

    fn home(&self, resident: ResidentId) -> Option<&Companions> {
        self.homes.get(&self.counting(resident))
    }

    fn live_together(&self, one: ResidentId, other: ResidentId) -> bool {
        self.home(one)
            .is_some_and(|home| home.residents.contains(&self.counting(other)))
    }

    fn is_at_home(&self, resident: ResidentId, name: &str) -> bool {
        self.home(resident).is_some_and(|home| {
            let registered = home.residents.iter().filter_map(|one| self.names.get(one));
            let mut all = home.names.iter().chain(registered);
            all.any(|known| known == name)
        })
    }
}

/// Those whose account somebody else is paid to, who is another person and lives elsewhere.
fn same_accounts(db: &mut Db, people: &People, some: &[Payment]) -> Result<Vec<Found>> {
    let index = |db: &Db, payment: &Payment| {
        let number = payment.account.as_str();
        db.keys().blind_index(BankAccount::FIELD, number)
    };
    let indexes: Vec<_> = some.iter().map(|payment| index(db, payment)).collect();
    let mut paid: HashMap<Vec<u8>, Vec<ResidentId>> = HashMap::new();
    for (account, resident) in bank_accounts::service::paid_to(db, &indexes)? {
        paid.entry(account).or_default().push(resident);
    }
    let shared: Vec<_> = paid
        .values()
        .filter(|all| all.len() > 1)
        .flatten()
        .collect();
    let shared: Vec<_> = shared.into_iter().copied().collect();
    let counting: HashMap<_, _> = residents::service::names(db, &shared)?
        .into_iter()
        .map(|(id, _, counting)| (id, counting))
        .collect();
    let mut found = Vec::new();
    for (payment, index) in some.iter().zip(&indexes) {
        let own = people.counting(payment.resident);
        let others: HashSet<_> = paid
            .get(index)
            .into_iter()
            .flatten()
            .map(|other| counting.get(other).copied().unwrap_or(*other))
            .filter(|other| *other != own && !people.live_together(own, *other))
            .collect();
        if !others.is_empty() {
            found.push(Found {
                payment: payment.id,
                kind: PaymentFlagKind::SameAccount,
                details: FlagDetails {
                    others: Some(others.len()),
                    ..FlagDetails::default()
                },
            });
        }
    }
    Ok(found)
}

/// Those that are paid in the name of nobody who is known to live with the person, or to be their guardian.
fn other_payees(db: &mut Db, people: &People, some: &[Payment]) -> Result<Vec<Found>> {
    let unknown: Vec<_> = some
        .iter()
        .filter(|payment| {
            let own = people.names.get(&payment.resident);
            own != Some(&payment.payee) && !people.is_at_home(payment.resident, &payment.payee)
        })
        .collect();
    if unknown.is_empty() {
        return Ok(Vec::new());
    }
    let counting = |payment: &Payment| people.counting(payment.resident);
    let ids: Vec<_> = unknown.iter().map(|payment| counting(payment)).collect();
    let known = db.in_every_office(|db| residents::service::named(db, &ids))?;
    let is_guardian = |payment: &Payment| {
        known.get(&counting(payment)).is_some_and(|(_, believed)| {
            believed.get(CircumstanceKind::GuardianName) == Some(payment.payee.as_str())
        })
    };
    let strangers = unknown.into_iter().filter(|payment| !is_guardian(payment));
    let flag = |payment: &Payment| Found {
        payment: payment.id,
        kind: PaymentFlagKind::PayeeOther,
        details: FlagDetails::default(),
    };
    Ok(strangers.map(flag).collect())
}

/// Those for a month for which something else is due that may not be had beside it, by any record of the person.
fn exclusive(
    db: &mut Db,
    people: &People,
    some: &[Payment],
    excluded: &[String],
    months: &HashMap<PaymentId, Vec<Month>>,
) -> Result<Vec<Found>> {
    let counting: Vec<_> = some
        .iter()
        .map(|payment| people.counting(payment.resident))
        .collect();
    let merged = db.in_every_office(|db| residents::service::merged_into(db, &counting))?;
    let whose: HashMap<_, _> = merged.into_iter().collect();
    let records: Vec<_> = counting.iter().chain(whose.keys()).copied().collect();
    let mut due: HashMap<ResidentId, Vec<(String, Month, DivisionCode)>> = HashMap::new();
    for (resident, program, month, division) in store::due_of(db, excluded, &records)? {
        let person = whose.get(&resident).copied().unwrap_or(resident);
        due.entry(person)
            .or_default()
            .push((program, month, division));
    }
    let mut found = Vec::new();
    for payment in some {
        let of_person = due.get(&people.counting(payment.resident));
        let paid = months.get(&payment.id).map_or(&[][..], Vec::as_slice);
        let both: Vec<_> = of_person
            .into_iter()
            .flatten()
            .filter(|(_, month, _)| paid.contains(month))
            .collect();
        if !both.is_empty() {
            found.push(Found {
                payment: payment.id,
                kind: PaymentFlagKind::ExclusiveElsewhere,
                details: details(&both),
            });
        }
    }
    Ok(found)
}

fn details(both: &[&(String, Month, DivisionCode)]) -> FlagDetails {
    let programs: BTreeSet<_> = both.iter().map(|(program, _, _)| program.clone()).collect();
    let months: BTreeSet<_> = both.iter().map(|(_, month, _)| *month).collect();
    let counties: BTreeSet<_> = both
        .iter()
        .map(|(_, _, division)| division.county_digits())
        .collect();
    FlagDetails {
        others: None,
        program_codes: programs.into_iter().collect(),
        months: months.into_iter().collect(),
        county_codes: counties.into_iter().collect(),
    }
}
