//! Subsidies, as casework knows them: what an application may open, what an approval opens, what a stop ends.

use serde_json::{Map, Value};

use super::claim::{self, Claim, ClaimDetails};
use super::history;
use super::model::{
    Enrollment, EnrollmentAction, EnrollmentReason, EnrollmentState, EnrollmentTransition,
    review_after,
};
use super::service::{Change, carry_out};
use super::store;
use crate::audit::Event;
use crate::casework::{Approval, Benefit, Case, CaseService, Field, Relocation, Termination};
use crate::db::{Db, Recorded, Tx};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::ResidentId;
use crate::kernel::month::Month;
use crate::programs::{self, BenefitPeriod, Claimed, ProgramVersion, Service};
use crate::registry::residents;

/// Subsidies, as casework knows them.
#[derive(Debug)]
pub struct Subsidies;

/// All that somebody ever had of what a program may not run beside, on whichever of their records; and the key
/// of that.
fn group_of(db: &mut Db, case: &Case) -> Result<(String, Vec<Enrollment>)> {
    let program = programs::service::find(db, &case.program_code)?;
    let key = program.exclusive_key().to_owned();
    let all = db.in_every_office(|db| {
        let records = residents::service::person(db, case.resident_id)?;
        store::of_group(db, &records, &key)
    })?;
    Ok((key, all))
}

/// Refuses what would run beside another benefit of its group.
fn nothing_beside(group: &[Enrollment]) -> Result<()> {
    let Some(running) = group.iter().find(|other| other.is_running()) else {
        return Ok(());
    };
    let program = &running.program_code;
    Err(Error::new(Code::EnrollmentExclusive)
        .detail(
            format!("the resident has: {program}"),
            format!("该人正在享受：{program}"),
        )
        .member("program_code", program.as_str()))
}

/// Refuses what would be paid for a month in which another benefit of its group was.
fn nothing_within(group: &[Enrollment], from: Month, to: Month) -> Result<()> {
    let meets = |other: &&Enrollment| {
        let last = other.stop_month.unwrap_or(to).min(to);
        other.start_month.max(from) <= last
    };
    let Some(other) = group.iter().find(meets) else {
        return Ok(());
    };
    Err(Error::new(Code::EnrollmentExclusive)
        .member("program_code", other.program_code.as_str())
        .member("start_month", other.start_month.to_string()))
}

/// Refuses a voucher that was granted for.
fn voucher_counts(db: &mut Db, case: &Case, claim: &ClaimDetails) -> Result<()> {
    let (program, voucher) = (&case.program_code, &claim.voucher_number);
    if db.in_every_office(|db| store::voucher_used(db, program, voucher))? {
        return Err(Code::ClaimVoucherUsed.into());
    }
    Ok(())
}

fn begun(
    tx: &mut Tx<'_>,
    approval: &Approval<'_>,
    exclusive_key: String,
    from: Month,
) -> Enrollment {
    let (now, case) = (tx.now(), approval.case);
    Enrollment {
        id: tx.new_id(),
        resident_id: case.resident_id,
        case_id: case.id,
        program_code: case.program_code.clone(),
        exclusive_key,
        division_code: case.division_code,
        state: EnrollmentState::Active,
        start_month: from,
        stop_month: None,
        rate_fen: approval.amount,
        claim: None,
        review_due_date: None,
        last_transition: 1,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// Runs until it is stopped.
fn from_submission(
    tx: &mut Tx<'_>,
    approval: &Approval<'_>,
    exclusive_key: String,
    group: &[Enrollment],
    review_months: Option<i32>,
) -> Enrollment {
    let submitted = Month::of(approval.submitted_on);
    // What was paid for until its stop is not paid for twice.
    let paid = group
        .iter()
        .filter_map(|other| other.stop_month.filter(|last| *last >= other.start_month));
    let start = paid
        .max()
        .map_or(submitted, |last| submitted.max(last.next()));
    Enrollment {
        review_due_date: review_after(start.first_day(), review_months),
        ..begun(tx, approval, exclusive_key, start)
    }
}

/// Its end is known from the beginning.
fn of_claim(
    tx: &mut Tx<'_>,
    approval: &Approval<'_>,
    exclusive_key: String,
    details: ClaimDetails,
) -> Result<Enrollment> {
    if approval.amount > details.contribution_fen {
        return Err(Error::field(
            "/details/contribution_fen",
            "claim.beyond",
            "the program's rules grant more than was contributed",
            "按项目规则计算的补助超过实际缴费金额",
        ));
    }
    let first = claim::spread(approval.amount, details.from, details.to, details.from);
    let rate_fen = first.ok_or_else(|| Error::internal("a claim is for months"))?;
    Ok(Enrollment {
        state: EnrollmentState::Stopped,
        stop_month: Some(details.to),
        rate_fen,
        claim: Some(Claim {
            to: details.to,
            contribution_fen: details.contribution_fen,
            voucher_number: details.voucher_number,
            total_fen: approval.amount,
        }),
        last_transition: 2,
        ..begun(tx, approval, exclusive_key, details.from)
    })
}

/// Writes the entries that an enrollment begins with.
fn open(tx: &mut Tx<'_>, approval: &Approval<'_>, of: &Enrollment) -> Result<()> {
    let opened = EnrollmentTransition {
        sequence: 1,
        action: EnrollmentAction::Open,
        to: EnrollmentState::Active,
        effective_month: of.start_month,
        reason: EnrollmentReason::Approved,
        actor: approval.by,
        at: of.created_at,
    };
    history::insert(tx, of.id, None, &opened, None)?;
    let Some(last) = of.stop_month else {
        return Ok(());
    };
    let ended = EnrollmentTransition {
        sequence: 2,
        action: EnrollmentAction::Stop,
        to: EnrollmentState::Stopped,
        effective_month: last.next(),
        reason: EnrollmentReason::PeriodEnded,
        ..opened
    };
    history::insert(tx, of.id, Some(EnrollmentState::Active), &ended, None)
}

impl CaseService for Subsidies {
    fn service(&self) -> Service {
        Service::Subsidy
    }

    /// Most need nothing beyond what is known of the person.
    fn details(&self) -> &'static [(&'static str, Field)] {
        claim::FIELDS
    }

    fn claimed(
        &self,
        version: &ProgramVersion,
        details: &Map<String, Value>,
    ) -> Result<Option<Claimed>> {
        claim::claimed(version, details)
    }

    fn running(&self, db: &mut Db, resident: ResidentId) -> Result<Vec<Benefit>> {
        let all = store::running_of(db, resident)?;
        let benefit = |enrollment: Enrollment| Benefit {
            program_code: enrollment.program_code,
            rate_fen: enrollment.rate_fen,
            start_month: enrollment.start_month,
            suspended: enrollment.state == EnrollmentState::Suspended,
        };
        Ok(all.into_iter().map(benefit).collect())
    }

    /// The same rows go on at the other office: no month is paid twice, and none left out.
    fn on_transferred(&self, tx: &mut Tx<'_>, to: &Relocation<'_>) -> Result<Vec<Recorded<()>>> {
        let mut all = Vec::new();
        for enrollment in store::running_of(tx, to.resident)? {
            store::relocate(tx, &enrollment, to.to)?;
            let event = Event::new(to.origin, "enrollment.transferred")
                .on(&enrollment.id)
                .about(to.resident)
                .within(to.to)
                .change("program_code", &enrollment.program_code)
                .change("from_division_code", enrollment.division_code);
            all.push(tx.record(event, ())?);
        }
        Ok(all)
    }

    fn on_submitted(&self, tx: &mut Tx<'_>, case: &Case) -> Result<()> {
        let (_, group) = group_of(tx, case)?;
        match ClaimDetails::of(&case.details) {
            None => nothing_beside(&group),
            Some(claim) => nothing_within(&group, claim.from, claim.to)
                .and_then(|()| voucher_counts(tx, case, &claim)),
        }
    }

    /// Opens the enrollment, from the month of submission even if approval came later; of a claim, for its months.
    fn on_approved(&self, tx: &mut Tx<'_>, approval: &Approval<'_>) -> Result<Recorded<()>> {
        let case = approval.case;
        let (exclusive_key, group) = group_of(tx, case)?;
        let version = programs::service::version(tx, case.program_version_id)?;
        let details = ClaimDetails::of(&case.details)
            .filter(|_| version.terms.period == BenefitPeriod::Claim);
        let enrollment = match details {
            Some(details) => {
                nothing_within(&group, details.from, details.to)?;
                voucher_counts(tx, case, &details)?;
                of_claim(tx, approval, exclusive_key, details)?
            }
            None => {
                nothing_beside(&group)?;
                let months = version.terms.review_months;
                from_submission(tx, approval, exclusive_key, &group, months)
            }
        };
        store::insert(tx, &enrollment)?;
        open(tx, approval, &enrollment)?;
        let mut event = Event::new(approval.origin, "enrollment.opened")
            .on(&enrollment.id)
            .about(enrollment.resident_id)
            .within(enrollment.division_code)
            .change("case_id", enrollment.case_id)
            .change("program_code", &enrollment.program_code)
            .change("start_month", enrollment.start_month)
            .change("rate_fen", enrollment.rate_fen);
        if let Some(claim) = &enrollment.claim {
            event = event
                .change("stop_month", claim.to)
                .change("total_fen", claim.total_fen);
        }
        tx.record(event, ())
    }

    /// Stops the enrollment from the month after; of what has not begun by then nothing is paid.
    fn on_terminated(&self, tx: &mut Tx<'_>, stop: &Termination<'_>) -> Result<Recorded<()>> {
        let case = stop.case;
        let Some(running) = store::running(tx, case.id)? else {
            let event = Event::new(stop.origin, "enrollment.not_running").on(&case.id);
            return tx.record(event.about(case.resident_id).within(case.division_code), ());
        };
        let next = Month::of(tx.today()).next();
        let change = Change {
            action: EnrollmentAction::Stop,
            to: EnrollmentState::Stopped,
            effective_month: next.max(running.start_month),
            reason: EnrollmentReason::Other,
            comment: stop.comment,
            by: stop.by,
        };
        let stopped = carry_out(tx, stop.origin, running, &change)?;
        Ok(stopped.map(drop))
    }
}
