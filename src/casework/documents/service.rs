//! Use cases of documents.

use std::sync::Arc;

use futures_util::TryStreamExt;

use super::archive::{Archive, ORPHANED};
use super::model::{
    ChecklistItem, Document, Kind, NewDocument, NewWithdrawal, Stored, Withdrawal, checklist,
};
use super::store;
use crate::access::{Act, Permit, acts};
use crate::audit::{Event, Origin};
use crate::casework::cases::{self, Case, State};
use crate::db::{Db, Looked, Reach, Recorded, Store, Tx};
use crate::kernel::crypto::{ContentKey, hex};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, DocumentId, DocumentObjectId, RequestId, ResidentId};
use crate::kernel::text;
use crate::programs::{self, ProgramVersion, RequiredDocument};
use crate::registry::residents;

pub use super::store::SEALED_COLUMNS;

/// A content that came in whole and lies in the archive.
#[derive(Debug)]
pub struct Content {
    pub stored: Stored,
    pub key: ContentKey,
    pub sha256: Vec<u8>,
    /// Of a picture.
    pub thumbnail: Option<Vec<u8>>,
}

fn found<A: Act>(db: &mut Db, permit: &Permit<A>, id: DocumentId) -> Result<(Document, Case)> {
    let (document, case) = store::find(db, permit.scope(), id)?.ok_or(Code::DocumentNotFound)?;
    Ok((document, cases::service::found(db, permit, case)?))
}

/// What a case needs: until it is submitted, by the version that would then be in force.
fn required(db: &mut Db, case: &Case) -> Result<Vec<RequiredDocument>> {
    let today = db.today();
    let awaits_submission = matches!(case.position.state, State::Draft | State::Returned);
    let in_force = if awaits_submission {
        let (code, division) = (&case.program_code, case.division_code);
        programs::service::in_force(db, code, division, today).ok()
    } else {
        None
    };
    let version = match in_force {
        Some(version) => Arc::new(version),
        None => programs::service::version(db, case.program_version_id)?,
    };
    Ok(version.terms.required_documents.clone())
}

/// The cases that a document added to this one counts for, or why it takes none.
fn open_for(
    db: &mut Db,
    permit: &Permit<acts::DocumentWrite>,
    id: CaseId,
    new: &NewDocument,
) -> Result<(Case, Vec<CaseId>)> {
    let case = cases::service::found(db, permit, id)?;
    residents::service::find(db, permit.scope(), case.resident_id)?;
    if case.position.state.is_closed() {
        return Err(Code::CaseClosed.into());
    }
    let together = cases::service::filed_together(db, permit.scope(), &case)?;
    if let Some(code) = &new.requirement {
        let mut known = false;
        for one in &together {
            known |= required(db, one)?.iter().any(|one| one.code == *code);
        }
        if !known {
            return Err(Error::parameter(
                "requirement",
                "requirement.unknown",
                "the program does not ask for such a document",
                "项目未要求此材料",
            ));
        }
    }
    let open = |one: &&Case| !one.position.state.is_closed();
    let ids = together.iter().filter(open).map(|one| one.id).collect();
    Ok((case, ids))
}

/// Refuses what could not be added, before its content is sent.
pub fn invite(
    db: &mut Db,
    permit: &Permit<acts::DocumentWrite>,
    case: CaseId,
    new: &NewDocument,
) -> Result<()> {
    open_for(db, permit, case, new).map(drop)
}

/// A keyed fingerprint: by it the same file of the same person is found, and nobody else's.
fn address(db: &Db, resident: ResidentId, sha256: &[u8]) -> Vec<u8> {
    let value = format!("{resident}|{}", hex(sha256));
    db.keys().blind_index("document", &value)
}

/// Adds a document whose content lies in the archive. It counts for all open cases of the same
/// application.
pub fn add(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::DocumentWrite>,
    case: CaseId,
    new: &NewDocument,
    content: &Content,
) -> Result<Recorded<Document>> {
    let (case, ids) = open_for(tx, permit, case, new)?;
    let replaced = match new.replaces {
        Some(replaced) => Some(standing(tx, permit, &case, replaced)?),
        None => None,
    };
    let address = address(tx, case.resident_id, &content.sha256);
    let object = match store::object_at(tx, case.resident_id, &address)? {
        Some(known) => known,
        None => keep(tx, &case, content, &address)?,
    };
    let user = permit.actor().user;
    let document = store::insert(tx, new, object, &case, &ids, user)?;
    if let Some(replaced) = replaced {
        let withdrawal = Withdrawal {
            at: document.added_at,
            by: user,
            reason: None,
            replaced_by: Some(document.id),
        };
        store::insert_withdrawal(tx, replaced, &withdrawal)?;
    }
    let event = event(permit.origin(), "document.added", &document, &case)
        .change("case_ids", ids)
        .change("kind", document.kind)
        .change("requirement", &document.requirement)
        .change("media_type", document.stored.media_type)
        .change("size", document.stored.size)
        .change("replaces", replaced);
    tx.record(event, document)
}

/// The document of a case that a new one takes the place of.
fn standing(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::DocumentWrite>,
    case: &Case,
    id: DocumentId,
) -> Result<DocumentId> {
    let known = store::of_case(tx, case.id)?;
    match known.iter().find(|document| document.id == id) {
        Some(document) if document.withdrawal.is_some() => Err(Code::DocumentWithdrawn.into()),
        Some(document) => Ok(document.id),
        None => {
            found(tx, permit, id)?;
            Err(Error::parameter(
                "replaces",
                "document.elsewhere",
                "that document belongs to another case",
                "该材料属于其他个案",
            ))
        }
    }
}

fn keep(
    tx: &mut Tx<'_>,
    case: &Case,
    content: &Content,
    address: &[u8],
) -> Result<DocumentObjectId> {
    let resident = case.resident_id;
    let inserted = tx.attempt(|tx| {
        store::insert_object(tx, content.stored, &content.key, resident, address)?;
        match &content.thumbnail {
            Some(picture) => store::insert_thumbnail(tx, content.stored.id, resident, picture),
            None => Ok(()),
        }
    });
    match inserted {
        Ok(()) => Ok(content.stored.id),
        // Somebody sent the same file in this very moment.
        Err(error) => store::object_at(tx, resident, address)?.ok_or(error),
    }
}

fn event(origin: &Origin, action: &'static str, document: &Document, case: &Case) -> Event {
    Event::new(origin, action)
        .on(&document.id)
        .about(document.resident_id)
        .within(case.division_code)
}

/// Whether a document counts for a case.
pub fn counts(db: &mut Db, case: CaseId, id: DocumentId) -> Result<bool> {
    let all = store::of_case(db, case)?;
    let mut standing = all.iter().filter(|one| one.withdrawal.is_none());
    Ok(standing.any(|one| one.id == id))
}

/// Whether a photo that stands counts for a case.
pub fn is_photo(db: &mut Db, case: CaseId, id: DocumentId) -> Result<bool> {
    let all = store::of_case(db, case)?;
    let photo = |one: &Document| one.withdrawal.is_none() && one.kind == Kind::Photo;
    Ok(all.iter().any(|one| one.id == id && photo(one)))
}

/// Whether a stored content has a row: one without is nobody's.
pub fn is_kept(db: &mut Db, id: DocumentObjectId) -> Result<bool> {
    Ok(!store::known_objects(db, &[id])?.is_empty())
}

/// All documents of a case, and which requirements they fulfil.
pub fn list(
    db: &mut Db,
    permit: &Permit<acts::DocumentRead>,
    id: CaseId,
) -> Result<Looked<(Vec<Document>, Vec<ChecklistItem>)>> {
    let case = cases::service::found(db, permit, id)?;
    let all = store::of_case(db, id)?;
    let required = required(db, &case)?;
    let checklist = checklist(&required, &all);
    let event = Event::new(permit.origin(), "case.documents_viewed")
        .on(&id)
        .about(case.resident_id)
        .within(case.division_code);
    db.looked(event, (all, checklist))
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::DocumentRead>,
    id: DocumentId,
) -> Result<Looked<Document>> {
    let (document, case) = found(db, permit, id)?;
    let event = event(permit.origin(), "document.viewed", &document, &case);
    db.looked(event, document)
}

/// What is needed to read a document's content.
pub fn content(
    db: &mut Db,
    permit: &Permit<acts::DocumentRead>,
    id: DocumentId,
) -> Result<Looked<(Document, ContentKey)>> {
    let (document, case) = found(db, permit, id)?;
    let key = store::key(db, document.stored.id)?;
    let event = event(permit.origin(), "document.content_viewed", &document, &case);
    db.looked(event, (document, key))
}

/// A small picture of a document that counts for a case.
pub fn thumbnail(
    db: &mut Db,
    permit: &Permit<acts::DocumentRead>,
    case: CaseId,
    id: DocumentId,
) -> Result<Looked<Vec<u8>>> {
    let case = cases::service::found(db, permit, case)?;
    let all = store::of_case(db, case.id)?;
    let document = all.iter().find(|one| one.id == id);
    let document = document.ok_or(Code::DocumentNotFound)?;
    let picture = store::thumbnail(db, document.stored.id)?;
    let picture = picture.ok_or(Code::DocumentNoThumbnail)?;
    let action = "document.thumbnail_viewed";
    let event = event(permit.origin(), action, document, &case);
    db.looked(event, picture)
}

/// Takes a document back. What a case was submitted with is only replaced.
pub fn withdraw(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::DocumentWrite>,
    id: DocumentId,
    asked: &NewWithdrawal,
) -> Result<Recorded<Document>> {
    let reason = text::reason(&asked.reason)?;
    let (mut document, case) = found(tx, permit, id)?;
    if document.withdrawal.is_some() {
        return Err(Code::DocumentWithdrawn.into());
    }
    let (ids, states): (Vec<_>, Vec<_>) = store::states(tx, id)?.into_iter().unzip();
    let open: Vec<State> = states
        .into_iter()
        .filter(|state| !state.is_closed())
        .collect();
    if open.is_empty() {
        return Err(Code::CaseClosed.into());
    }
    if !open
        .iter()
        .all(|state| matches!(state, State::Draft | State::Returned))
    {
        return Err(Code::DocumentSubmitted.into());
    }
    let withdrawal = Withdrawal {
        at: tx.now(),
        by: permit.actor().user,
        reason: Some(reason.to_owned()),
        replaced_by: None,
    };
    store::insert_withdrawal(tx, id, &withdrawal)?;
    document.withdrawal = Some(withdrawal);
    let event = event(permit.origin(), "document.withdrawn", &document, &case)
        .reason(reason)
        .change("case_ids", ids);
    tx.record(event, document)
}

/// Refuses a submission without the documents that the version asks for.
pub fn require(db: &mut Db, case: CaseId, version: &ProgramVersion) -> Result<()> {
    if version.terms.required_documents.is_empty() {
        return Ok(());
    }
    let documents = store::of_case(db, case)?;
    let missing: Vec<_> = checklist(&version.terms.required_documents, &documents)
        .into_iter()
        .filter(|item| !item.optional && item.fulfilled_by.is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let (en, zh): (Vec<_>, Vec<_>) = missing
        .iter()
        .map(|item| (item.en.as_str(), item.zh.as_str()))
        .unzip();
    let codes: Vec<_> = missing.iter().map(|item| item.code.as_str()).collect();
    Err(Error::new(Code::CaseDocumentsMissing)
        .detail(
            format!("missing: {}", en.join("; ")),
            format!("缺少：{}", zh.join("；")),
        )
        .member("missing", codes))
}

/// Lets documents that were brought before count for new cases of the same person.
pub fn reuse(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::CaseFile>,
    ids: &[DocumentId],
    resident: ResidentId,
    cases: &[CaseId],
) -> Result<()> {
    for (index, id) in ids.iter().enumerate() {
        let pointer = format!("/documents/{index}");
        let of_theirs = store::find(tx, permit.scope(), *id)?
            .map(|(document, _case)| document)
            .filter(|document| document.resident_id == resident);
        let Some(document) = of_theirs else {
            let (en, zh) = ("the person has no such document", "该人没有此材料");
            return Err(Error::field(pointer, "document.unknown", en, zh));
        };
        if document.withdrawal.is_some() || ids.iter().take(index).any(|before| before == id) {
            let (en, zh) = ("withdrawn, or named twice", "材料已撤回或重复");
            return Err(Error::field(pointer, "document.unusable", en, zh));
        }
        for case in cases {
            store::link(tx, *case, *id, resident)?;
        }
    }
    Ok(())
}

/// As many contents as one question to the database is about.
const TOGETHER: usize = 200;

/// Removes contents that no document has, once nobody can be sending them any more; how many.
pub async fn sweep(store: &Store, archive: &Archive, reach: Reach) -> Result<usize> {
    let before = store.given().now().minus(ORPHANED);
    archive.remove_unfinished(before).await?;
    let mut swept = 0;
    let mut begun = Box::pin(archive.begun_before(before).try_chunks(TOGETHER));
    while let Some(ids) = begun.try_next().await.map_err(|failed| failed.1)? {
        let orphans = store
            .read(reach.clone(), move |db| {
                let known = store::known_objects(db, &ids)?;
                Ok(ids
                    .into_iter()
                    .filter(|id| !known.contains(id))
                    .collect::<Vec<_>>())
            })
            .await?;
        if orphans.is_empty() {
            continue;
        }
        swept += orphans.len();
        let (request, named): (RequestId, _) = (store.given().new_id(), orphans.clone());
        store
            .write(reach.clone(), move |tx| {
                let event = Event::new(&Origin::system(request), "document.orphans_removed");
                tx.record(event.change("objects", named), ())
            })
            .await?;
        for id in orphans {
            archive.remove(id).await?;
        }
    }
    Ok(swept)
}
