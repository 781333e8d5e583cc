//! The offices of the fictional city, who works there, and what they offer.

use crate::access::organizations::{self, NewOrganization, OrganizationKind};
use crate::access::users::{self, NewGrant, password};
use crate::access::{Role, divisions};
use crate::audit::{Event, Origin};
use crate::db::{Db, Tx};
use crate::kernel::division::{DivisionCode, DivisionLevel};
use crate::kernel::error::Result;
use crate::kernel::id::OrganizationId;
use crate::programs;

/// Everybody's password.
pub const PASSWORD: &str = "huican-demo-2022";

const DIVISIONS: &[u8] = include_bytes!("../../../data/demo/divisions.csv");
const PROGRAMS: &[u8] = include_bytes!("../../../data/demo/programs.json");

/// Divisions, organizations, accounts and programs, on a migrated database.
pub fn open(db: &mut Db, origin: &Origin) -> Result<()> {
    db.write(|tx| divisions::service::import(tx, origin, DIVISIONS))?;
    db.write(|tx| programs::service::import(tx, origin, PROGRAMS))?;
    let mut all: Vec<_> = divisions::service::all(db)?.into_values().collect();
    all.sort_by_key(|division| division.code);
    // All have the same password: it is hashed once.
    let hash = password::hash(PASSWORD)?;
    db.write(|tx| {
        let mut staffing = Staffing {
            tx,
            origin,
            hash: &hash,
        };
        for division in &all {
            staffing.staff(division.code, division.level, &division.name)?;
        }
        tx.record(Event::new(origin, "demo.offices_opened"), ())
    })
}

struct Staffing<'a, 'tx> {
    tx: &'a mut Tx<'tx>,
    origin: &'a Origin,
    hash: &'a str,
}

impl Staffing<'_, '_> {
    fn staff(&mut self, division: DivisionCode, level: DivisionLevel, name: &str) -> Result<()> {
        use OrganizationKind::{
            Administration, CivilAffairs, Federation, Finance, Township, Village,
        };
        let short: String = division.as_str().chars().take(significant(level)).collect();
        match level {
            DivisionLevel::Province => Ok(()),
            DivisionLevel::City => {
                let federation =
                    self.organization(division, Federation, format!("{name}残疾人联合会"))?;
                self.account(
                    &format!("supervisor.{short}"),
                    &format!("{name}残联督导"),
                    Role::CitySupervisor,
                    federation,
                )?;
                self.account(
                    &format!("supervisor2.{short}"),
                    &format!("{name}残联复核督导"),
                    Role::CitySupervisor,
                    federation,
                )?;
                self.account(
                    &format!("auditor.{short}"),
                    &format!("{name}审计员"),
                    Role::Auditor,
                    federation,
                )?;
                let office =
                    self.organization(division, Administration, format!("{name}残联信息中心"))?;
                self.account("sysadmin", "系统管理员", Role::SystemAdmin, office)?;
                self.account("secadmin", "安全管理员", Role::SecurityAdmin, office)?;
                self.account("auditadmin", "审计管理员", Role::AuditAdmin, office)
            }
            DivisionLevel::County => {
                let federation =
                    self.organization(division, Federation, format!("{name}残疾人联合会"))?;
                self.account(
                    &format!("county.{short}"),
                    &format!("{name}残联经办人"),
                    Role::CountyCaseworker,
                    federation,
                )?;
                self.account(
                    &format!("approver.{short}"),
                    &format!("{name}残联审批人"),
                    Role::CountyApprover,
                    federation,
                )?;
                self.account(
                    &format!("auditor.{short}"),
                    &format!("{name}审计员"),
                    Role::Auditor,
                    federation,
                )?;
                let civil = self.organization(division, CivilAffairs, format!("{name}民政局"))?;
                self.account(
                    &format!("civil.{short}"),
                    &format!("{name}民政局认定人"),
                    Role::CivilAffairsOfficer,
                    civil,
                )?;
                let finance = self.organization(division, Finance, format!("{name}财政局"))?;
                self.account(
                    &format!("finance.{short}"),
                    &format!("{name}财政局制单人"),
                    Role::FinanceOfficer,
                    finance,
                )?;
                self.account(
                    &format!("finance2.{short}"),
                    &format!("{name}财政局复核人"),
                    Role::FinanceOfficer,
                    finance,
                )
            }
            DivisionLevel::Township => {
                let office = self.organization(division, Township, format!("{name}残联"))?;
                self.account(
                    &format!("township.{short}"),
                    &format!("{name}经办人"),
                    Role::TownshipCaseworker,
                    office,
                )?;
                self.account(
                    &format!("township2.{short}"),
                    &format!("{name}审核人"),
                    Role::TownshipCaseworker,
                    office,
                )
            }
            DivisionLevel::Village => {
                let office = self.organization(division, Village, format!("{name}残协"))?;
                self.account(
                    &format!("liaison.{short}"),
                    &format!("{name}专职委员"),
                    Role::VillageLiaison,
                    office,
                )
            }
        }
    }

    fn organization(
        &mut self,
        division_code: DivisionCode,
        kind: OrganizationKind,
        name: String,
    ) -> Result<OrganizationId> {
        let new = NewOrganization {
            name,
            kind,
            division_code,
        };
        Ok(organizations::service::create(self.tx, self.origin, &new)?
            .value()
            .id)
    }

    fn account(
        &mut self,
        username: &str,
        display_name: &str,
        role: Role,
        organization: OrganizationId,
    ) -> Result<()> {
        let user = users::service::create(self.tx, self.origin, username, display_name, self.hash)?;
        let grant = NewGrant {
            role,
            organization_id: organization,
            valid_from: None,
            valid_to: None,
        };
        drop(users::service::grant(
            self.tx,
            self.origin,
            user.value().id,
            &grant,
        )?);
        Ok(())
    }
}

/// How much of a code a user name shows.
const fn significant(level: DivisionLevel) -> usize {
    match level {
        DivisionLevel::Province | DivisionLevel::City | DivisionLevel::County => 6,
        DivisionLevel::Township => 9,
        DivisionLevel::Village => 12,
    }
}
