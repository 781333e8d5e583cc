//! Who lives where and with whom: addresses and bank accounts of most, some households with several disabled
//! people and who cares for them, and in each county one person who was registered twice.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::residents::{at_county, counties, of_county, permit_of};
use crate::access::acts;
use crate::audit::{Event, Origin};
use crate::db::{Db, Tx};
use crate::http::IfMatch;
use crate::kernel::address::Address;
use crate::kernel::bank_account::BankAccount;
use crate::kernel::citizen_id::CitizenId;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::MergeId;
use crate::kernel::name::PersonName;
use crate::kernel::phone::Phone;
use crate::registry::addresses::{self, AddressKind, NewAddress};
use crate::registry::bank_accounts::{self, HolderRelation, NewBankAccount};
use crate::registry::households::{self, HouseholdRelation, NewHousehold, NewMember};
use crate::registry::merges::{self, Decision, MergeAction, NewMerge};
use crate::registry::residents::{self, NewResident};
use crate::registry::{Registrar, Resident};

/// Two of three have an address on file.
const ADDRESSED: usize = 3;
/// Seven of eight are paid into an account, one of the eight into their guardian's.
const PAID: usize = 8;
/// One of so many lives with the next one of the same village.
const TOGETHER: usize = 12;

/// Puts the residents into their homes.
pub fn settle(db: &mut Db) -> Result<()> {
    for county in counties(db)? {
        db.write(|tx| {
            let people: Vec<_> = of_county(tx, county)?
                .into_iter()
                .map(|(resident, _)| resident)
                .collect();
            on_file(tx, county, &people)?;
            let mut neighbours: Vec<&Resident> = people.iter().collect();
            neighbours.sort_by_key(|resident| (resident.division_code, resident.id));
            for pair in neighbours.chunks_exact(2).step_by(TOGETHER / 2) {
                if let [one, other] = pair
                    && one.division_code == other.division_code
                {
                    live_together(tx, county, one, other)?;
                }
            }
            let origin = Origin::system(tx.new_id());
            tx.record(
                Event::new(&origin, "demo.families_settled").within(county),
                (),
            )
        })?;
    }
    Ok(())
}

/// Where they live and where they are paid.
fn on_file(tx: &mut Tx<'_>, county: DivisionCode, people: &[Resident]) -> Result<()> {
    let permit = permit_of::<acts::ResidentWrite>(tx, &at_county("county", county))?;
    for (resident, number) in people.iter().zip(1_usize..) {
        let mut version = resident.version;
        if number % ADDRESSED != 1 {
            let new = NewAddress {
                kind: AddressKind::Residence,
                text: Address::parse(&format!("{}{number}号", resident.division_name))
                    .map_err(Error::internal)?,
                valid_from: None,
                valid_to: None,
            };
            let seen = IfMatch::seen(version);
            let recorded = addresses::service::record(tx, &permit, resident.id, seen, &new)?;
            version = recorded.value().0.version;
        }
        if number % PAID != 0 {
            let new = account(county, number)?;
            let seen = IfMatch::seen(version);
            drop(bank_accounts::service::record(
                tx,
                &permit,
                resident.id,
                seen,
                &new,
            )?);
        }
    }
    Ok(())
}

fn account(county: DivisionCode, number: usize) -> Result<NewBankAccount> {
    let guardian = number % PAID == 1;
    let holder = guardian.then(|| PersonName::parse("吴桂兰")).transpose();
    let county: String = county.as_str().chars().take(6).collect();
    Ok(NewBankAccount {
        bank_account: BankAccount::parse(&format!("{county}{number:010}"))
            .map_err(Error::internal)?,
        bank_name: "虚川农村商业银行".to_owned(),
        holder: holder.map_err(Error::internal)?,
        holder_relation: if guardian {
            HolderRelation::Guardian
        } else {
            HolderRelation::Oneself
        },
        valid_from: None,
        valid_to: None,
    })
}

/// Two disabled people in one home, with the mother who cares for both.
fn live_together(
    tx: &mut Tx<'_>,
    county: DivisionCode,
    one: &Resident,
    other: &Resident,
) -> Result<()> {
    let permit = permit_of::<acts::ResidentWrite>(tx, &at_county("county", county))?;
    let sibling = NewMember {
        resident_id: Some(other.id),
        name: None,
        phone: None,
        relation: HouseholdRelation::Child,
        cares_for: Vec::new(),
        valid_from: None,
    };
    let mother = NewMember {
        resident_id: None,
        name: Some("吴桂兰".to_owned()),
        phone: Some(Phone::parse("12009990000").map_err(Error::internal)?),
        relation: HouseholdRelation::Head,
        cares_for: vec![one.id, other.id],
        valid_from: None,
    };
    let new = NewHousehold {
        relation: HouseholdRelation::Child,
        valid_from: None,
        members: vec![sibling, mother],
    };
    drop(households::service::open(tx, &permit, one.id, &new)?);
    Ok(())
}

/// Of each county two people who were registered a second time: of one it was settled, of the other it waits.
pub fn find_duplicates(db: &mut Db) -> Result<()> {
    for county in counties(db)? {
        db.write(|tx| {
            let people = of_county(tx, county)?;
            let mut last = people.iter().rev().map(|(resident, _)| resident);
            let (Some(settled), Some(waiting)) = (last.next(), last.next()) else {
                return Err(Error::internal(format!("{county} has too few people")));
            };
            let merge = said_to_be_one(tx, county, settled, 1)?;
            let permit = permit_of::<acts::MergeAct>(tx, &at_county("approver", county))?;
            let approval = Decision {
                action: MergeAction::Approve,
                comment: Some("已核对户籍资料，确为同一人".to_owned()),
            };
            drop(merges::service::act(tx, &permit, merge, &approval)?);
            said_to_be_one(tx, county, waiting, 2)?;
            let origin = Origin::system(tx.new_id());
            tx.record(
                Event::new(&origin, "demo.duplicates_found").within(county),
                (),
            )
        })?;
    }
    Ok(())
}

/// Registers a person a second time, by a number that was mistyped, and says so.
fn said_to_be_one(
    tx: &mut Tx<'_>,
    county: DivisionCode,
    kept: &Resident,
    mistyped: usize,
) -> Result<MergeId> {
    let permit = permit_of::<acts::ResidentWrite>(tx, &at_county("county", county))?;
    let new = NewResident {
        name: kept.name.as_str().to_owned(),
        id_number: mistaken(kept, mistyped, tx.today())?,
        phone: None,
        division_code: kept.division_code,
        hukou_division_code: None,
        certificate: None,
        circumstances: BTreeMap::new(),
        guardian_name: None,
    };
    let registrar = Registrar { fictional: true };
    let registered = residents::service::register(tx, &permit, registrar, new)?;
    let permit = permit_of::<acts::MergePropose>(tx, &at_county("county", county))?;
    let new = NewMerge {
        duplicate_id: registered.value().id,
        reason: "身份证号登记有误，系同一人".to_owned(),
    };
    let proposed = merges::service::propose(tx, &permit, kept.id, &new)?;
    Ok(proposed.value().id)
}

/// Another number of somebody born there on the same day.
fn mistaken(kept: &Resident, mistyped: usize, today: NaiveDate) -> Result<String> {
    let born: String = kept.id_number.as_str().chars().take(14).collect();
    "0123456789X"
        .chars()
        .map(|check| format!("{born}99{mistyped}{check}"))
        .find(|number| CitizenId::parse(number, today, true).is_ok())
        .ok_or_else(|| Error::internal("a number has a check digit"))
}
