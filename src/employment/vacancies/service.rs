//! Use cases of vacancies.

use super::model::{NewVacancy, Vacancy, VacancyPatch, VacancyState};
use super::store;
use crate::access::{Permit, acts, divisions};
use crate::audit::{Event, Origin};
use crate::db::{Db, Recorded, Tx};
use crate::employment::employers;
use crate::http::IfMatch;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::VacancyId;

pub use super::store::{Filter, open_in, page, titles};

pub fn found(db: &mut Db, id: VacancyId) -> Result<Vacancy> {
    store::find(db, id)?.ok_or_else(|| Code::VacancyNotFound.into())
}

fn event(origin: &Origin, action: &'static str, of: &Vacancy) -> Event {
    Event::new(origin, action)
        .on(&of.id)
        .within(of.division_code)
        .change("employer_id", of.employer_id)
        .change("form", of.form)
        .change("openings", of.openings)
        .change("state", of.state)
}

/// Registers what an employer of one's own divisions offers; the work may be anywhere.
pub fn offer(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::VacancyWrite>,
    new: &NewVacancy,
) -> Result<Recorded<Vacancy>> {
    let employer = employers::service::own(tx, permit.scope(), new.employer_id)?;
    let (title, requirements) = new.check(tx.today())?;
    divisions::service::current(tx, new.division_code, "/division_code")?;
    let vacancy = Vacancy {
        id: tx.new_id(),
        employer_id: employer.id,
        title,
        form: new.form,
        division_code: new.division_code,
        openings: new.openings,
        wage_from_fen: new.wage_from_fen,
        wage_to_fen: new.wage_to_fen,
        requirements,
        aids: new.aids.clone(),
        valid_to: new.valid_to,
        state: VacancyState::Open,
        close_reason: None,
        created_by: permit.actor().user,
        created_at: tx.now(),
        version: 1,
    };
    store::insert(tx, &vacancy)?;
    tx.record(event(permit.origin(), "vacancy.offered", &vacancy), vacancy)
}

pub fn change(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::VacancyWrite>,
    id: VacancyId,
    seen: IfMatch,
    change: &VacancyPatch,
) -> Result<Recorded<Vacancy>> {
    let old = found(tx, id)?;
    let employer = employers::service::found(tx, old.employer_id)?;
    if !permit.scope().sees(employer.division_code) {
        return Err(Code::VacancyNotFound.into());
    }
    seen.check(old.version)?;
    let new = old.changed(change, tx.today())?;
    store::update(tx, &new, old.version)?;
    let event = event(permit.origin(), "vacancy.updated", &new).change("reason", new.close_reason);
    tx.record(event, new)
}
