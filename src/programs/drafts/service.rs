//! Use cases of drafts.

use super::model::SavedDraft;
use super::store;
use crate::access::{Act, Permit, acts};
use crate::audit::{Event, Origin};
use crate::db::{Db, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::ProgramDraftId;
use crate::programs::model::{DraftState, ProgramDraft, ProgramVersion, Terms};
use crate::programs::rules::Problem;
use crate::programs::{self, service};

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::ProgramDraftRead>,
    code: &str,
    state: Option<DraftState>,
    after: Option<ProgramDraftId>,
    count: i64,
) -> Result<Vec<ProgramDraft>> {
    service::find(db, code)?;
    store::page(db, permit.scope(), code, state, after, count)
}

/// A draft that concerns somebody's divisions, or 404.
pub fn view(
    db: &mut Db,
    permit: &Permit<acts::ProgramDraftRead>,
    code: &str,
    id: ProgramDraftId,
) -> Result<ProgramDraft> {
    let draft = get(db, code, id)?;
    if concerns(permit, &draft) {
        return Ok(draft);
    }
    Err(Code::ProgramDraftNotFound.into())
}

fn concerns<A: Act>(permit: &Permit<A>, draft: &ProgramDraft) -> bool {
    let division = draft.terms.division_code;
    permit.scope().sees(division) || permit.scope().above().contains(&division)
}

pub fn get(db: &mut Db, code: &str, id: ProgramDraftId) -> Result<ProgramDraft> {
    store::find(db, id)?
        .filter(|draft| draft.program_code == code)
        .ok_or_else(|| Code::ProgramDraftNotFound.into())
}

/// A version is made for a division by those who work for all of it.
fn require_reach<A: Act>(permit: &Permit<A>, division: DivisionCode) -> Result<()> {
    if permit.scope().sees(division) {
        return Ok(());
    }
    Err(Code::DivisionNotFound.into())
}

fn saved(draft: ProgramDraft, doubts: Vec<Problem>) -> SavedDraft {
    SavedDraft {
        draft,
        doubts: doubts.into_iter().map(Into::into).collect(),
    }
}

fn event(origin: &Origin, action: &'static str, draft: &ProgramDraft) -> Event {
    Event::new(origin, action)
        .on(&draft.id)
        .within(draft.terms.division_code)
        .change("program_code", &draft.program_code)
        .change("revision", draft.revision)
}

pub fn create(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ProgramDraft>,
    code: &str,
    terms: Terms,
) -> Result<Recorded<SavedDraft>> {
    let program = service::find(tx, code)?;
    require_reach(permit, terms.division_code)?;
    let doubts = service::check(tx, &terms)?;
    let now = tx.now();
    let draft = ProgramDraft {
        id: tx.new_id(),
        program_code: program.code,
        state: DraftState::Draft,
        revision: 1,
        author_id: permit.actor().user,
        created_at: now,
        updated_at: now,
        decided_by: None,
        decided_at: None,
        version_id: None,
        terms,
    };
    store::insert(tx, &draft)?;
    let event =
        event(permit.origin(), "program_draft.created", &draft).change("terms", &draft.terms);
    tx.record(event, saved(draft, doubts))
}

/// A draft that may still be changed, by whoever works for its division.
fn open<A: Act>(
    db: &mut Db,
    permit: &Permit<A>,
    code: &str,
    id: ProgramDraftId,
    seen: IfMatch,
) -> Result<ProgramDraft> {
    let draft = get(db, code, id)?;
    if !concerns(permit, &draft) {
        return Err(Code::ProgramDraftNotFound.into());
    }
    if !permit.scope().sees(draft.terms.division_code) {
        return Err(Code::ProgramDraftBeyond.into());
    }
    if draft.state != DraftState::Draft {
        return Err(Code::ProgramDraftDecided.into());
    }
    seen.check(draft.revision)?;
    Ok(draft)
}

/// Puts other terms in the place of a draft's.
pub fn replace(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ProgramDraft>,
    code: &str,
    id: ProgramDraftId,
    seen: IfMatch,
    terms: Terms,
) -> Result<Recorded<SavedDraft>> {
    let old = open(tx, permit, code, id, seen)?;
    require_reach(permit, terms.division_code)?;
    // Whoever approves has not had a hand in it.
    if old.author_id != permit.actor().user {
        return Err(Code::ProgramDraftOfAnother.into());
    }
    let doubts = service::check(tx, &terms)?;
    let new = ProgramDraft {
        revision: old.revision + 1,
        updated_at: tx.now(),
        terms,
        ..old.clone()
    };
    store::update(tx, &new, old.revision)?;
    let event = event(permit.origin(), "program_draft.changed", &new).change("terms", &new.terms);
    tx.record(event, saved(new, doubts))
}

pub fn discard(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ProgramDraft>,
    code: &str,
    id: ProgramDraftId,
    seen: IfMatch,
) -> Result<Recorded<()>> {
    let draft = open(tx, permit, code, id, seen)?;
    let now = tx.now();
    let discarded = ProgramDraft {
        state: DraftState::Discarded,
        updated_at: now,
        decided_by: Some(permit.actor().user),
        decided_at: Some(now),
        ..draft
    };
    store::decide(tx, &discarded)?;
    tx.record(
        event(permit.origin(), "program_draft.discarded", &discarded),
        (),
    )
}

/// Brings a draft into force as a version, by another person than its author. A version whose end was
/// open ends where this one begins.
pub fn approve(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ProgramApprove>,
    code: &str,
    id: ProgramDraftId,
    seen: IfMatch,
) -> Result<Recorded<ProgramVersion>> {
    let draft = open(tx, permit, code, id, seen)?;
    let approver = permit.actor().user;
    if draft.author_id == approver {
        return Err(Error::new(Code::ProgramSeparation));
    }
    // What divisions there are may have changed since.
    service::check(tx, &draft.terms)?;
    let terms = draft.terms.clone();
    let ended = programs::store::close(tx, code, terms.division_code, terms.effective_from)?;
    let version = ProgramVersion {
        id: tx.new_id(),
        program_code: draft.program_code.clone(),
        version: programs::store::next_version(tx, code)?,
        terms,
    };
    programs::store::insert_version(tx, &version)?;
    let now = tx.now();
    let approved = ProgramDraft {
        state: DraftState::Approved,
        updated_at: now,
        decided_by: Some(approver),
        decided_at: Some(now),
        version_id: Some(version.id),
        ..draft
    };
    store::decide(tx, &approved)?;
    let event = event(permit.origin(), "program_draft.approved", &approved)
        .change("version", version.version)
        .change("effective_from", version.terms.effective_from)
        .change("ended_version_id", ended);
    tx.record(event, version)
}
