//! Who works, who wants to, and who employs, as it stands today: in each county something in every state, and the
//! wages that all of it is measured by.

mod coming;
mod seeking;

use self::seeking::Placed;

use chrono::{Days, Months, NaiveDate};

use crate::access::{Permit, acts, divisions};
use crate::audit::{Event, Origin};
use crate::casework::transfers;
use crate::cli::demo::residents::{at_county, counties, of_county, permit_of};
use crate::db::{Db, Tx};
use crate::employment::employers::{self, EmployerType, NewEmployer};
use crate::employment::fairs::{self, FairKind, JobFairPatch, NewJobFair};
use crate::employment::levies::{self, EmployedMonths, NewLevyEstimate};
use crate::employment::placements::{
    self, ContractKind, LeaveReason, NewEvidence, NewPlacement, NewVerification, Placement,
    VerificationOutcome,
};
use crate::employment::retention::{self, CheckOutcome, NewCheckOutcome};
use crate::employment::standards::{
    self, NewStandard, StandardDecision, StandardKind, StandardOutcome,
};
use crate::employment::vacancies::{
    self, NewVacancy, Vacancy, VacancyCloseReason, VacancyPatch, WorkAid,
};
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{EmployerId, JobFairId, ResidentId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::patch::Patch;
use crate::registry::facts::{CertificateState, EmploymentForm};

const CITY: &str = "990100";
/// A month's, and a year's.
const MINIMUM_WAGE: Fen = Fen::new(184_000);
const AVERAGE_WAGE: Fen = Fen::new(7_200_000);
const WAGE: Fen = Fen::new(310_000);

/// So many people a county are at work, look for it, or come to its home.
const PEOPLE: usize = 18;

pub fn settle(db: &mut Db, origin: &Origin) -> Result<()> {
    db.write(|tx| {
        lay_down(tx)?;
        tx.record(Event::new(origin, "demo.wages_laid_down"), ())
    })?;
    for county in counties(db)? {
        db.write(|tx| {
            let mut people = people(tx, county)?.into_iter();
            let (employer, vacancies) = employers(tx, county)?;
            let fair = fairs(tx, county, &vacancies)?;
            let placed = seeking::settle(tx, county, &mut people, &vacancies, fair)?;
            placements(tx, county, &mut people, employer, &placed)?;
            estimate(tx, county, employer)?;
            coming::settle(tx, county, &mut people)?;
            tx.record(
                Event::new(origin, "demo.people_employed").within(county),
                (),
            )
        })?;
    }
    Ok(())
}

fn next(people: &mut impl Iterator<Item = ResidentId>) -> Result<ResidentId> {
    people
        .next()
        .ok_or_else(|| Error::internal("a county has too few people who could work"))
}

fn code(text: &str) -> Result<DivisionCode> {
    DivisionCode::parse(text).map_err(Error::internal)
}

fn before(today: NaiveDate, days: u64) -> Result<NaiveDate> {
    let day = today.checked_sub_days(Days::new(days));
    day.ok_or_else(|| Error::internal("the calendar begins"))
}

/// Wages of the city, and what a county proposes: one waits, one was not approved.
fn lay_down(tx: &mut Tx<'_>) -> Result<()> {
    let today = tx.today();
    let since = today
        .checked_sub_months(Months::new(36))
        .ok_or_else(|| Error::internal("the calendar begins"))?;
    let new = |kind, division: &str, effective_from, fen| -> Result<NewStandard> {
        Ok(NewStandard {
            kind,
            division_code: code(division)?,
            effective_from,
            amount_fen: Some(fen),
            quota_levy: None,
            legal_basis: "市政府关于工资标准的通知".to_owned(),
        })
    };
    let propose = |tx: &mut Tx<'_>, by: &str, new: &NewStandard| -> Result<_> {
        let permit = permit_of::<acts::EmploymentStandardPropose>(tx, by)?;
        Ok(standards::service::propose(tx, &permit, new)?.value().id)
    };
    let decide = |tx: &mut Tx<'_>, id, outcome, comment: Option<&str>| {
        let permit = permit_of::<acts::EmploymentStandardApprove>(tx, "supervisor2.990100")?;
        let decision = StandardDecision {
            outcome,
            comment: comment.map(str::to_owned),
        };
        standards::service::decide(tx, &permit, id, IfMatch::seen(1), &decision).map(drop)
    };
    for (kind, fen) in [
        (StandardKind::MinimumWage, MINIMUM_WAGE),
        (StandardKind::AverageWage, AVERAGE_WAGE),
    ] {
        let city = propose(tx, "supervisor.990100", &new(kind, CITY, since, fen)?)?;
        decide(tx, city, StandardOutcome::Approve, None)?;
    }
    let raised = new(
        StandardKind::MinimumWage,
        "990121",
        today,
        Fen::new(199_000),
    )?;
    propose(tx, "approver.990121", &raised)?;
    let refused = new(StandardKind::MinimumWage, "990122", today, Fen::new(20_000))?;
    let refused = propose(tx, "approver.990122", &refused)?;
    decide(tx, refused, StandardOutcome::Reject, Some("金额有误"))
}

/// People of working age whose certificate holds for a good while, and who do not move away.
fn people(tx: &mut Tx<'_>, county: DivisionCode) -> Result<Vec<ResidentId>> {
    let today = tx.today();
    let since = before(today, 200)?;
    let mut all = Vec::new();
    for (resident, known) in of_county(tx, county)?.into_iter().rev() {
        let age = today.years_since(resident.birth_date).unwrap_or(0);
        let holds = known.certificate.is_some_and(|held| {
            held.period.from <= since && held.state_on(today) == CertificateState::Valid
        });
        let settled = (18..60).contains(&age) && holds;
        if settled && transfers::service::offered(tx, resident.id)?.is_none() {
            all.push(resident.id);
        }
        if all.len() == PEOPLE {
            break;
        }
    }
    Ok(all)
}

fn employers(tx: &mut Tx<'_>, county: DivisionCode) -> Result<(EmployerId, Vec<Vacancy>)> {
    let permit = permit_of::<acts::VacancyWrite>(tx, &at_county("county", county))?;
    let place = divisions::service::known(tx, county)?.name;
    let mut first = None;
    let mut offered = Vec::new();
    for (name, kind, title, form, aids) in [
        (
            "电子有限公司",
            EmployerType::Private,
            "装配工",
            EmploymentForm::Quota,
            vec![WorkAid::WheelchairAccess, WorkAid::AccessibleToilet],
        ),
        (
            "水务集团",
            EmployerType::StateOwned,
            "客服专员",
            EmploymentForm::Quota,
            vec![WorkAid::ScreenReader, WorkAid::HomeBased],
        ),
        (
            "档案馆",
            EmployerType::PublicInstitution,
            "档案整理员",
            EmploymentForm::PublicWelfarePost,
            vec![WorkAid::SignLanguage, WorkAid::TextCommunication],
        ),
    ] {
        let new = NewEmployer {
            name: format!("{place}{name}"),
            credit_code: None,
            employer_type: kind,
            division_code: county,
            staff_count: Some(200),
            contact: Some("人事部 0991-1234567".to_owned()),
        };
        let employer = employers::service::register(tx, &permit, &new)?.value().id;
        first = first.or(Some(employer));
        let new = NewVacancy {
            employer_id: employer,
            title: title.to_owned(),
            form,
            division_code: county,
            openings: 5,
            wage_from_fen: Fen::new(280_000),
            wage_to_fen: Fen::new(380_000),
            requirements: None,
            aids,
            valid_to: None,
        };
        offered.push(
            vacancies::service::offer(tx, &permit, &new)?
                .value()
                .clone(),
        );
    }
    if let Some(last) = offered.pop() {
        let closed = VacancyPatch {
            openings: None,
            wage_from_fen: None,
            wage_to_fen: None,
            aids: None,
            valid_to: Patch::Keep,
            close_reason: Some(VacancyCloseReason::Filled),
        };
        let seen = IfMatch::seen(last.version);
        drop(vacancies::service::change(
            tx, &permit, last.id, seen, &closed,
        )?);
    }
    let first = first.ok_or_else(|| Error::internal("nobody employs"))?;
    Ok((first, offered))
}

/// A fair of these days, an assistance month, one that is planned and one that is cancelled; the first.
fn fairs(tx: &mut Tx<'_>, county: DivisionCode, offered: &[Vacancy]) -> Result<JobFairId> {
    let permit = permit_of::<acts::VacancyWrite>(tx, &at_county("county", county))?;
    let today = tx.today();
    let ahead = today
        .checked_add_days(Days::new(30))
        .ok_or_else(|| Error::internal("the calendar ends"))?;
    let new = |kind, name: &str, from_date, to_date| NewJobFair {
        kind,
        name: name.to_owned(),
        division_code: county,
        place: Some("人力资源市场".to_owned()),
        from_date,
        to_date: Some(to_date),
        vacancy_ids: offered.iter().map(|one| one.id).collect(),
    };
    let fair = new(
        FairKind::JobFair,
        "残疾人专场招聘会",
        before(today, 3)?,
        today,
    );
    let fair = fairs::service::plan(tx, &permit, &fair)?.value().fair.id;
    let month = new(
        FairKind::AssistanceMonth,
        "就业援助月",
        before(today, 60)?,
        before(today, 30)?,
    );
    drop(fairs::service::plan(tx, &permit, &month)?);
    let planned = new(FairKind::JobFair, "高校毕业生招聘会", ahead, ahead);
    drop(fairs::service::plan(tx, &permit, &planned)?);
    let cancelled = new(FairKind::JobFair, "乡镇招聘会", ahead, ahead);
    let cancelled = fairs::service::plan(tx, &permit, &cancelled)?
        .value()
        .fair
        .id;
    let change = JobFairPatch {
        name: None,
        place: Patch::Keep,
        to_date: None,
        add_vacancy_ids: None,
        cancel_reason: Some("场地维修".to_owned()),
    };
    drop(fairs::service::change(
        tx,
        &permit,
        cancelled,
        IfMatch::seen(1),
        &change,
    )?);
    Ok(fair)
}

fn evidence(from: NaiveDate) -> NewEvidence {
    NewEvidence {
        contract_kind: ContractKind::LaborContract,
        contract_number: Some("HT-018".to_owned()),
        contract_from: from,
        contract_to: from.checked_add_months(Months::new(24)),
        wage_fen: WAGE,
        insured_from: Some(from),
        insurance_number: Some("SB-018".to_owned()),
    }
}

/// What the county's caseworker enters, and its approver verifies.
struct Desk {
    enters: Permit<acts::PlacementWrite>,
    verifies: Permit<acts::PlacementVerify>,
}

impl Desk {
    fn enter(&self, tx: &mut Tx<'_>, new: &NewPlacement) -> Result<Placement> {
        Ok(placements::service::enter(tx, &self.enters, new)?
            .value()
            .clone())
    }

    fn decide(
        &self,
        tx: &mut Tx<'_>,
        of: &Placement,
        outcome: VerificationOutcome,
        comment: Option<&str>,
    ) -> Result<Placement> {
        let decision = NewVerification {
            outcome,
            comment: comment.map(str::to_owned),
        };
        let seen = IfMatch::seen(of.version);
        let done = placements::service::verify(tx, &self.verifies, of.id, seen, &decision)?;
        Ok(done.value().clone())
    }
}

/// Placements in every state: entered, returned, verified and checked, verified and found to have left, a graduate's, on
/// one's own account.
fn placements(
    tx: &mut Tx<'_>,
    county: DivisionCode,
    people: &mut impl Iterator<Item = ResidentId>,
    employer: EmployerId,
    placed: &Placed,
) -> Result<()> {
    let desk = Desk {
        enters: permit_of(tx, &at_county("county", county))?,
        verifies: permit_of(tx, &at_county("approver", county))?,
    };
    let today = tx.today();
    let new = |resident_id, start_date| NewPlacement {
        resident_id,
        form: EmploymentForm::Quota,
        employer_id: Some(employer),
        job_referral_id: None,
        fair_id: None,
        start_date,
        evidence: evidence(start_date),
    };
    let (accepted, referral) = placed.accepted;
    let found = NewPlacement {
        job_referral_id: Some(referral),
        ..new(accepted, today)
    };
    desk.enter(tx, &found)?;
    let thin = NewPlacement {
        evidence: NewEvidence {
            insured_from: None,
            ..evidence(before(today, 20)?)
        },
        ..new(next(people)?, before(today, 20)?)
    };
    let thin = desk.enter(tx, &thin)?;
    desk.decide(tx, &thin, VerificationOutcome::Return, Some("缺少参保证明"))?;
    let kept = desk.enter(tx, &new(next(people)?, before(today, 130)?))?;
    let kept = desk.decide(tx, &kept, VerificationOutcome::Verify, None)?;
    let retained = NewCheckOutcome {
        outcome: CheckOutcome::Retained,
        wage_fen: Some(WAGE),
        insured: Some(true),
        end_date: None,
        leave_reason: None,
        note: Some("电话回访单位人事".to_owned()),
    };
    check(tx, &desk, &kept, &retained)?;
    let left = desk.enter(tx, &new(next(people)?, before(today, 150)?))?;
    let left = desk.decide(tx, &left, VerificationOutcome::Verify, None)?;
    let gone = NewCheckOutcome {
        outcome: CheckOutcome::Left,
        wage_fen: None,
        insured: None,
        end_date: Some(before(today, 10)?),
        leave_reason: Some(LeaveReason::Resigned),
        note: Some("拟回乡照顾家人".to_owned()),
    };
    check(tx, &desk, &left, &gone)?;
    let graduate = desk.enter(tx, &new(placed.graduate, before(today, 80)?))?;
    desk.decide(tx, &graduate, VerificationOutcome::Verify, None)?;
    let own = NewPlacement {
        form: EmploymentForm::SelfEmployed,
        employer_id: None,
        evidence: NewEvidence {
            contract_kind: ContractKind::BusinessLicense,
            contract_to: None,
            ..evidence(before(today, 100)?)
        },
        ..new(next(people)?, before(today, 100)?)
    };
    let own = desk.enter(tx, &own)?;
    desk.decide(tx, &own, VerificationOutcome::Verify, None)?;
    Ok(())
}

/// Does the first check of a placement.
fn check(tx: &mut Tx<'_>, desk: &Desk, of: &Placement, found: &NewCheckOutcome) -> Result<()> {
    let all = retention::service::of_placements(tx, &[of.id])?;
    let first = all
        .first()
        .ok_or_else(|| Error::internal("nothing is to be checked"))?;
    let seen = IfMatch::seen(first.version);
    retention::service::decide(tx, &desk.enters, first.id, seen, found).map(drop)
}

/// As the employer says, and by what is verified.
fn estimate(tx: &mut Tx<'_>, county: DivisionCode, employer_id: EmployerId) -> Result<()> {
    let permit = permit_of::<acts::LevyEstimate>(tx, &at_county("finance", county))?;
    let given = EmployedMonths {
        months: 24,
        severe_months: 0,
    };
    for employed in [Some(given), None] {
        let new = NewLevyEstimate {
            employer_id,
            year: Month::of(tx.today()).year(),
            staff_count: 200,
            average_wage_fen: Fen::new(8_000_000),
            employed,
        };
        drop(levies::service::estimate(tx, &permit, &new)?);
    }
    Ok(())
}
