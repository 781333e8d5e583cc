//! The steps of a project: from the home assessment to the settlement.

use super::model::{
    Acceptance, Assessment, Consent, Design, Item, Project, RenovationAction, RenovationItemState,
    Settlement, budget, possible_from, step, visit_day,
};
use super::request::{
    NewAcceptance, NewAssessment, NewConsent, NewItem, NewProgress, NewRenovationTransition,
};
use super::service::{Shown, event, found, known_organization, of_county, runs, shown, stays};
use super::{history, items, store};
use crate::access::{Permit, Role, acts};
use crate::casework::follow_ups::{self, FollowUpKind, Planned};
use crate::casework::payables::{self, Owed, PayableSource};
use crate::casework::{Case, cases, documents, recusals};
use crate::db::{Db, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{
    CaseId, DocumentId, FollowUpSubjectId, OrganizationId, PayableSubjectId, RenovationProjectId,
};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::programs;

type Acting = Permit<acts::RenovationAct>;

/// What an action leaves records of beside its own.
type Along = Vec<Recorded<()>>;

pub fn act(
    tx: &mut Tx<'_>,
    permit: &Acting,
    id: RenovationProjectId,
    seen: IfMatch,
    mut asked: NewRenovationTransition,
) -> Result<Recorded<Shown>> {
    let old = found(tx, permit.scope(), id)?;
    seen.check(old.last_transition)?;
    let user = permit.actor().user;
    let state = step(&old, asked.action, user, of_county(permit, &old))?;
    asked.check(&old, tx.today())?;
    recusals::service::apart(tx, user, &[old.resident_id])?;
    let case = cases::service::found(tx, permit, old.case_id)?;
    if asked.action.is_of_case() {
        runs(tx, &case)?;
    } else {
        stays(tx, old.resident_id)?;
    }
    let from = old.state;
    let moved = Project {
        state,
        last_transition: old.last_transition + 1,
        ..old
    };
    let (moved, along) = write(tx, permit, &case, moved, &asked)?;
    let said = (asked.passed, asked.comment.as_deref());
    // Comes last: the database looks whether all is there.
    history::insert(tx, &moved, (asked.action, Some(from)), user, said)?;
    let event = event(permit.origin(), asked.action.recorded_as(), &moved)
        .change("passed", asked.passed)
        .change("amount_fen", asked.amount);
    let shown = shown(tx, permit, moved)?;
    Ok(tx.record(event, shown)?.along(along))
}

/// Writes what an action leads to, apart from its entry.
fn write(
    tx: &mut Tx<'_>,
    permit: &Acting,
    case: &Case,
    mut moved: Project,
    asked: &NewRenovationTransition,
) -> Result<(Project, Along)> {
    let seen = moved.last_transition - 1;
    match asked.action {
        RenovationAction::Assess => {
            moved.assessment = assessed(tx, asked.assessment.as_ref())?;
        }
        RenovationAction::Design => {
            let new = asked.items.as_deref().unwrap_or_default();
            return designed(tx, moved, new);
        }
        RenovationAction::Consent => {
            if let Some(new) = &asked.consent {
                return consented(tx, moved, new);
            }
        }
        RenovationAction::Contract => {
            moved.contractor = asked.contractor_id;
            contracted(tx, &moved)?;
        }
        RenovationAction::Progress => {
            store::update(tx, &moved, seen)?;
            let new = asked.progress.as_deref().unwrap_or_default();
            progressed(tx, &moved, new)?;
            return Ok((moved, Along::new()));
        }
        RenovationAction::Accept => {
            if let Some(new) = &asked.acceptance {
                return accepted(tx, permit, case, moved, new);
            }
        }
        RenovationAction::Propose => {
            moved.settlement = asked.amount.map(|amount| Settlement {
                amount,
                proposed_by: permit.actor().user,
            });
        }
        RenovationAction::Return => moved.settlement = None,
        RenovationAction::Settle => {
            store::update(tx, &moved, seen)?;
            let owed = settled(tx, permit, case, &moved)?;
            return Ok((moved, vec![owed]));
        }
        _ => {}
    }
    store::update(tx, &moved, seen)?;
    Ok((moved, Along::new()))
}

fn assessed(db: &mut Db, new: Option<&NewAssessment>) -> Result<Option<Assessment>> {
    let Some(new) = new else { return Ok(None) };
    known_organization(db, new.organization_id, "/assessment/organization_id")?;
    Ok(Some(Assessment {
        organization: new.organization_id,
        assessor: new.assessor.clone(),
        date: new.date,
    }))
}

fn photo(db: &mut Db, case: CaseId, id: Option<DocumentId>, pointer: &str) -> Result<()> {
    let Some(id) = id else { return Ok(()) };
    if documents::service::is_photo(db, case, id)? {
        return Ok(());
    }
    let (en, zh) = (
        "no photo among the case's documents",
        "该个案材料中没有该照片",
    );
    Err(Error::field(pointer, "document.no_photo", en, zh))
}

/// One household, one design: its items cost no more than is paid at the most.
fn designed(tx: &mut Tx<'_>, mut moved: Project, new: &[NewItem]) -> Result<(Project, Along)> {
    let total = budget(new.iter().map(|item| (&item.quantity, &item.unit_price)));
    let total = total
        .filter(|total| *total <= moved.cap)
        .ok_or_else(|| Error::new(Code::RenovationBudget).member("cap_fen", moved.cap.get()))?;
    moved.design = Some(Design {
        sequence: moved.last_transition,
        budget: total,
    });
    store::update(tx, &moved, moved.last_transition - 1)?;
    for (number, item) in (1..).zip(new) {
        let pointer = format!("/items/{}/before_document_id", number - 1);
        photo(tx, moved.case_id, item.before_document_id, &pointer)?;
        let item = Item {
            id: tx.new_id(),
            number,
            kind: item.kind,
            place: item.place.clone(),
            measured_before: item.measured_before.clone(),
            quantity: item.quantity,
            unit_price: item.unit_price,
            state: RenovationItemState::Planned,
            measured_after: None,
            before_document: item.before_document_id,
            after_document: None,
        };
        items::insert(tx, &moved, &item)?;
    }
    Ok((moved, Along::new()))
}

fn consented(tx: &mut Tx<'_>, mut moved: Project, new: &NewConsent) -> Result<(Project, Along)> {
    if let Some(id) = new.document_id
        && !documents::service::counts(tx, moved.case_id, id)?
    {
        let (en, zh) = ("no document of the case", "不是该个案的材料");
        let pointer = "/consent/document_id";
        return Err(Error::field(pointer, "document.unknown", en, zh));
    }
    let given = Consent {
        by: new.signed_by.clone(),
        relation: new.relation,
        date: new.date,
        document: new.document_id,
        notice_from: new.notice_from,
        notice_until: new.notice_until,
    };
    store::consented(tx, &moved, moved.last_transition - 1, &given)?;
    moved.consent = Some(given);
    Ok((moved, Along::new()))
}

/// Who builds did not assess; the database looks who belongs to them.
fn contracted(db: &mut Db, moved: &Project) -> Result<()> {
    let contractor: Option<OrganizationId> = moved.contractor;
    if let Some(id) = contractor {
        known_organization(db, id, "/contractor_id")?;
    }
    let assessing = moved.assessment.as_ref().map(|one| one.organization);
    if contractor == assessing {
        return Err(Code::RenovationContractor.into());
    }
    Ok(())
}

fn progressed(tx: &mut Tx<'_>, moved: &Project, new: &[NewProgress]) -> Result<()> {
    let known = items::of(tx, moved)?;
    for (at, one) in new.iter().enumerate() {
        let pointer = |field: &str| format!("/progress/{at}/{field}");
        let Some(item) = known.iter().find(|item| item.id == one.item_id) else {
            let (en, zh) = ("no item of the design", "不是该设计中的改造项");
            return Err(Error::field(pointer("item_id"), "item.unknown", en, zh));
        };
        let (before, after) = (one.before_document_id, one.after_document_id);
        photo(tx, moved.case_id, before, &pointer("before_document_id"))?;
        photo(tx, moved.case_id, after, &pointer("after_document_id"))?;
        let item = Item {
            state: one.state,
            measured_after: one.measured_after.clone().or(item.measured_after.clone()),
            before_document: before.or(item.before_document),
            after_document: after.or(item.after_document),
            ..item.clone()
        };
        let whole = item.measured_after.is_some()
            && item.before_document.is_some()
            && item.after_document.is_some();
        if item.before_document.is_some() && item.before_document == item.after_document
            || (item.state == RenovationItemState::Done && !whole)
        {
            return Err(Error::field(
                pointer("state"),
                "item.evidence",
                "what is done was measured, and photographed before and after by two photos",
                "完工须有改造后测量值及改造前、后两张不同照片",
            ));
        }
        items::update(tx, &item)?;
    }
    Ok(())
}

/// The household signs; somebody looks again after three months.
fn accepted(
    tx: &mut Tx<'_>,
    permit: &Acting,
    case: &Case,
    mut moved: Project,
    new: &NewAcceptance,
) -> Result<(Project, Along)> {
    let finished = history::finished_on(tx, moved.id)?;
    if finished.is_some_and(|day| new.date < day) {
        let (en, zh) = ("not before it was finished", "不能早于完工日期");
        return Err(Error::field("/acceptance/date", "date.order", en, zh));
    }
    let version = programs::service::version(tx, case.program_version_id)?;
    let given = Acceptance {
        by: new.signed_by.clone(),
        relation: new.relation,
        date: new.date,
        possible_from: possible_from(new.date, version.terms.use_life_months),
    };
    store::accepted(tx, &moved, moved.last_transition - 1, &given)?;
    moved.acceptance = Some(given);
    let due_date = visit_day(new.date);
    let planned = Planned {
        kind: FollowUpKind::RenovationVisit,
        case_id: Some(moved.case_id),
        resident_id: Some(moved.resident_id),
        kept_from: None,
        division_code: moved.division_code,
        subject_id: FollowUpSubjectId::new(moved.id.uuid()),
        role: Role::TownshipCaseworker,
        due_date: due_date.ok_or_else(|| Error::internal("a day three months on"))?,
    };
    let planned = follow_ups::service::plan(tx, permit.origin(), planned)?;
    Ok((moved, vec![planned.map(drop)]))
}

/// What was checked is owed to who built.
fn settled(tx: &mut Tx<'_>, permit: &Acting, case: &Case, moved: &Project) -> Result<Recorded<()>> {
    let missing = || Error::internal("what is settled was built by somebody for so much");
    let contractor = moved.contractor.ok_or_else(missing)?;
    let amount: Fen = moved.settlement.ok_or_else(missing)?.amount;
    let acceptance = moved.acceptance.as_ref().ok_or_else(missing)?;
    let county = moved.division_code.county().ok_or_else(missing)?;
    let owed = Owed {
        source: PayableSource::RenovationSettlement,
        subject_id: PayableSubjectId::new(moved.id.uuid()),
        organization_id: contractor,
        case_id: moved.case_id,
        resident_id: moved.resident_id,
        program_code: case.program_code.clone(),
        division_code: county,
        month: Month::of(acceptance.date),
        amount,
    };
    Ok(payables::service::owe(tx, permit.origin(), owed)?.map(drop))
}
