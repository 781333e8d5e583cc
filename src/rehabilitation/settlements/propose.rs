//! Reckoning what an institution asks for.

use std::collections::HashMap;

use super::model::{
    NewSettlement, Reckoned, Settlement, SettlementAction, SettlementState, left, year_of,
};
use super::service::{Shown, event, shown};
use super::{caps, deductions, store};
use crate::access::{Permit, acts, divisions};
use crate::db::{Recorded, Tx};
use crate::kernel::division::{DivisionCode, DivisionLevel};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{RehabilitationCapId, RehabilitationPlanId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::programs;
use crate::rehabilitation::institutions;
use crate::rehabilitation::plans::{self, Plan};

/// Reckons a month's confirmed sessions: each plan's by the rate in force, as far as the year's cap of the child leaves.
/// Children who are found not eligible in that year are left out.
pub fn propose(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::SettlementPropose>,
    new: &NewSettlement,
) -> Result<Recorded<Shown>> {
    let institution = institutions::service::found(tx, new.institution_id)?;
    if !institutions::service::works_at(permit).contains(&institution.id) {
        return Err(Code::InstitutionNotFound.into());
    }
    if new.month > Month::of(tx.today()) {
        return Err(Error::field(
            "/month",
            "month.future",
            "a month that has begun",
            "不能晚于本月",
        ));
    }
    let own = institution.division_code.county();
    let county = new
        .division_code
        .or(own)
        .unwrap_or(institution.division_code);
    let county = divisions::service::current(tx, county, "/division_code")?.code;
    if county.level() != DivisionLevel::County {
        return Err(Error::field(
            "/division_code",
            "division.level",
            "the county that pays",
            "须为付款的县级区划",
        ));
    }
    let (mut lines, left_out) = reckon(tx, new, county)?;
    if lines.is_empty() {
        let left_out: Vec<_> = left_out.iter().map(ToString::to_string).collect();
        return Err(Error::new(Code::SettlementNothing).member("left_out", left_out));
    }
    let mut owed = deductions::owed(tx, institution.id, county)?;
    for line in &mut lines {
        line.keep_back(&mut owed);
    }
    let total = |of: fn(&Reckoned) -> Fen| {
        let sum = Fen::sum(lines.iter().map(of));
        sum.ok_or_else(|| Error::internal("a settlement can be counted"))
    };
    let settlement = Settlement {
        id: tx.new_id(),
        institution: institution.id,
        division_code: county,
        month: new.month,
        state: SettlementState::Proposed,
        last_transition: 1,
        line_count: i32::try_from(lines.len()).map_err(Error::internal)?,
        amount: total(|line| line.amount)?,
        deduction: total(Reckoned::deduction)?,
        proposed_by: permit.actor().user,
        proposed_at: tx.now(),
        checked_by: None,
    };
    store::insert(tx, &settlement)?;
    for line in &lines {
        let id = store::insert_line(tx, &settlement, line)?;
        deductions::keep_back(tx, id, &line.kept_back)?;
    }
    // Comes last: the database looks whether all is there.
    let (entry, by) = ((SettlementAction::Propose, None), settlement.proposed_by);
    store::insert_transition(tx, &settlement, entry, by, None)?;
    let event = event(
        permit.origin(),
        SettlementAction::Propose.recorded_as(),
        &settlement,
    )
    .change("lines", settlement.line_count)
    .change("amount_fen", settlement.amount)
    .change("deduction_fen", settlement.deduction)
    .change("left_out", &left_out);
    let shown = Shown {
        left_out: Some(left_out),
        ..shown(tx, permit, settlement)?
    };
    tx.record(event, shown)
}

/// The lines, and the plans of children who are not eligible in that year or for whose service nothing is paid.
fn reckon(
    tx: &mut Tx<'_>,
    new: &NewSettlement,
    county: DivisionCode,
) -> Result<(Vec<Reckoned>, Vec<RehabilitationPlanId>)> {
    let attended = store::attended(tx, new.institution_id, county, new.month)?;
    let ids: Vec<_> = attended.iter().map(|(plan, _)| *plan).collect();
    let plans: HashMap<_, _> = plans::service::known(tx, &ids)?
        .into_iter()
        .map(|plan| (plan.id, plan))
        .collect();
    // What the lines before this one take of a cap.
    let mut taken: HashMap<RehabilitationCapId, Fen> = HashMap::new();
    let (mut lines, mut left_out) = (Vec::new(), Vec::new());
    for (id, count) in attended {
        let plan = plans.get(&id);
        let plan = plan.ok_or_else(|| Error::internal("a session is of a plan"))?;
        let Some((cap, settled)) = caps::of_plan(tx, plan, year_of(new.month))? else {
            left_out.push(id);
            continue;
        };
        let before = taken.entry(cap.id).or_default();
        let remaining = left(left(cap.amount, settled), *before);
        let Some(line) = reckoned(tx, plan, (cap.id, remaining), new.month, count)? else {
            left_out.push(id);
            continue;
        };
        *before = before
            .checked_add(line.amount)
            .ok_or_else(|| Error::internal("a cap can be counted"))?;
        lines.push(line);
    }
    Ok((lines, left_out))
}

/// min(attended × rate, what the cap leaves), by the version in force when the month began, or the child later; nothing
/// where that pays nothing for the service.
fn reckoned(
    tx: &mut Tx<'_>,
    plan: &Plan,
    (cap, remaining): (RehabilitationCapId, Fen),
    month: Month,
    count: i64,
) -> Result<Option<Reckoned>> {
    let first = month.first_day();
    let day = plan.start_date.map_or(first, |began| began.max(first));
    let version = programs::service::in_force(tx, &plan.program_code, plan.division_code, day)?;
    let rates = &version.terms.unit_rates;
    let Some(rate) = rates.get(plan.service_type.as_str()).copied() else {
        return Ok(None);
    };
    let gross = rate
        .checked_mul(count)
        .ok_or_else(|| Error::internal("a month can be counted"))?;
    Ok(Some(Reckoned {
        plan: plan.id,
        resident: plan.resident_id,
        program_code: plan.program_code.clone(),
        cap,
        program_version: version.id,
        sessions: i32::try_from(count).map_err(Error::internal)?,
        rate,
        gross,
        remaining,
        amount: gross.min(remaining),
        kept_back: Vec::new(),
    }))
}
