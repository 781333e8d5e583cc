//! Use cases of merging and splitting.

use std::collections::BTreeSet;

use super::model::{Decision, Merge, MergeAction, MergeKind, MergeState, NewMerge};
use super::store;
use crate::access::{Permit, Role, acts};
use crate::audit::{Event, Origin};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{MergeId, ResidentId};
use crate::kernel::text;
use crate::registry::residents::{self, Resident};

pub use super::store::SEALED_COLUMNS;

fn event(origin: &Origin, action: &'static str, merge: &Merge, about: &Resident) -> Event {
    Event::new(origin, action)
        .on(&merge.id)
        .about(about.id)
        .within(about.division_code)
        .change("kind", merge.kind)
        .change("kept_id", merge.kept)
        .change("duplicate_id", merge.duplicate)
}

/// Written about each of the two, so that whoever follows one of them finds it.
fn record(
    tx: &mut Tx<'_>,
    origin: &Origin,
    action: &'static str,
    merge: Merge,
    records: &[Resident; 2],
) -> Result<Recorded<Merge>> {
    let [kept, duplicate] = records.each_ref().map(|about| {
        let event = event(origin, action, &merge, about).change("state", merge.state);
        event.reason(merge.comment.as_deref().unwrap_or(&merge.reason))
    });
    let one = tx.record(duplicate, ())?;
    let both = tx.record(kept, merge)?.and(one);
    Ok(both.map(|(merge, ())| merge))
}

/// Says of another record that it is the same person's.
pub fn propose(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::MergePropose>,
    kept: ResidentId,
    new: &NewMerge,
) -> Result<Recorded<Merge>> {
    let kept = residents::service::standing(tx, permit.scope(), kept)?;
    let reason = text::reason(&new.reason)?;
    let refuse = |code, en: &str, zh: &str| Error::field("/duplicate_id", code, en, zh);
    if new.duplicate_id == kept.id {
        return Err(refuse(
            "duplicate.itself",
            "another record",
            "须为另一条记录",
        ));
    }
    let duplicate = residents::service::standing(tx, permit.scope(), new.duplicate_id);
    let duplicate = duplicate.map_err(|error| match error.code() {
        Code::ResidentNotFound => refuse(
            "resident.unknown",
            "no such resident in your sight",
            "您的可见范围内没有该残疾人",
        ),
        _ => error,
    })?;
    if !residents::service::merged_into(tx, &[duplicate.id])?.is_empty() {
        return Err(Error::new(Code::ResidentMerged).detail(
            "another record was merged into this one: propose it the other way round",
            "已有记录并入该记录，请反向提出合并",
        ));
    }
    let merge = Merge {
        id: tx.new_id(),
        kind: MergeKind::Merge,
        kept: kept.id,
        duplicate: duplicate.id,
        undoes: None,
        reason: reason.to_owned(),
        state: MergeState::Proposed,
        proposed_by: permit.actor().user,
        proposed_at: tx.now(),
        decision: None,
        comment: None,
    };
    store::insert(tx, &merge)?;
    record(
        tx,
        permit.origin(),
        "merge.proposed",
        merge,
        &[kept, duplicate],
    )
}

/// Which part of the list is asked for.
#[derive(Debug)]
pub struct Window {
    pub division: Option<DivisionCode>,
    pub state: Option<MergeState>,
    pub after: Option<MergeId>,
    pub count: i64,
}

pub fn list(
    db: &mut Db,
    permit: &Permit<acts::MergeRead>,
    window: &Window,
) -> Result<Looked<Vec<Merge>>> {
    let scope = permit.scope_in(window.division)?;
    let all = store::page(db, &scope, window.state, window.after, window.count)?;
    let ids: Vec<_> = all.iter().map(|merge| merge.id).collect();
    let event = Event::new(permit.origin(), "resident.merges_listed")
        .within_first(scope.divisions())
        .change("merge_ids", ids);
    db.looked(event, all)
}

pub fn view(db: &mut Db, permit: &Permit<acts::MergeRead>, id: MergeId) -> Result<Looked<Merge>> {
    let merge = store::find(db, permit.scope(), id)?.ok_or(Code::MergeNotFound)?;
    let kept = residents::service::find(db, permit.scope(), merge.kept)?;
    db.looked(event(permit.origin(), "merge.viewed", &merge, &kept), merge)
}

/// A merge with its two records, all in sight, or 404.
fn found(
    db: &mut Db,
    permit: &Permit<acts::MergeAct>,
    id: MergeId,
) -> Result<(Merge, [Resident; 2])> {
    let merge = store::find(db, permit.scope(), id)?.ok_or(Code::MergeNotFound)?;
    let hidden = |_hidden: Error| Error::new(Code::MergeNotFound);
    let kept = residents::service::find(db, permit.scope(), merge.kept).map_err(hidden)?;
    let duplicate =
        residents::service::find(db, permit.scope(), merge.duplicate).map_err(hidden)?;
    Ok((merge, [kept, duplicate]))
}

/// Decides a proposal, withdraws it, or proposes to undo what was approved.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::MergeAct>,
    id: MergeId,
    asked: &Decision,
) -> Result<Recorded<Merge>> {
    let (merge, records) = found(tx, permit, id)?;
    let comment = asked.comment()?;
    let role = match asked.action {
        MergeAction::Approve | MergeAction::Refuse => Role::CountyApprover,
        MergeAction::Withdraw | MergeAction::Split => Role::CountyCaseworker,
    };
    let holds = |one: &Resident| permit.actor().holds(role, one.division_code);
    if !records.iter().all(holds) {
        return Err(Code::MergeRole.into());
    }
    match (asked.action, comment) {
        (MergeAction::Split, Some(reason)) => split(tx, permit, &merge, &records, reason),
        _ => decide(tx, permit, merge, &records, asked.action, comment),
    }
}

fn decide(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::MergeAct>,
    merge: Merge,
    records: &[Resident; 2],
    action: MergeAction,
    comment: Option<&str>,
) -> Result<Recorded<Merge>> {
    let by = permit.actor().user;
    let state = merge.decided(action, by)?;
    if (merge.kind, state) == (MergeKind::Merge, MergeState::Approved) {
        refuse_two_of_a_program(tx, &merge)?;
    }
    let decided = Merge {
        state,
        decision: Some((by, tx.now())),
        comment: comment.map(str::to_owned),
        ..merge
    };
    store::decide(tx, &decided)?;
    record(tx, permit.origin(), "merge.decided", decided, records)
}

fn refuse_two_of_a_program(db: &mut Db, merge: &Merge) -> Result<()> {
    let kept = residents::service::records(db, &[merge.kept])?;
    let kept: BTreeSet<_> = store::taken(db, &kept)?.into_iter().collect();
    let duplicate: BTreeSet<_> = store::taken(db, &[merge.duplicate])?.into_iter().collect();
    let both: Vec<_> = kept.intersection(&duplicate).map(String::as_str).collect();
    if both.is_empty() {
        return Ok(());
    }
    let named = both.join(", ");
    Err(Error::new(Code::ResidentMergeConflict)
        .detail(
            format!("close one of the two first, in each of: {named}"),
            format!("请先结束其中一条的办理，涉及项目：{named}"),
        )
        .member("program_codes", both))
}

/// Proposes to undo a merge that holds.
fn split(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::MergeAct>,
    merge: &Merge,
    records: &[Resident; 2],
    reason: &str,
) -> Result<Recorded<Merge>> {
    merge.may_be_split()?;
    let [_, duplicate] = records;
    if duplicate.merged_into != Some(merge.kept) {
        return Err(Code::MergeDecided.into());
    }
    let split = Merge {
        id: tx.new_id(),
        kind: MergeKind::Split,
        undoes: Some(merge.id),
        reason: reason.to_owned(),
        state: MergeState::Proposed,
        proposed_by: permit.actor().user,
        proposed_at: tx.now(),
        decision: None,
        comment: None,
        ..*merge
    };
    store::insert(tx, &split)?;
    record(tx, permit.origin(), "merge.proposed", split, records)
}
