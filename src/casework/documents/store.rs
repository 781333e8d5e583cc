//! SQL of documents. They are seen where a case is that they count for.

use diesel::prelude::*;

use super::model::{Document, Kind, MediaType, NewDocument, Stored, Withdrawal};
use crate::access::{Scope, within};
use crate::casework::cases::{Case, State};
use crate::db::schema::{
    case_documents, cases, document_objects, document_thumbnails, document_withdrawals, documents,
};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::crypto::ContentKey;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, DocumentId, DocumentObjectId, ResidentId, UserId};
use crate::kernel::time::Timestamp;

types::text_columns!(Kind, MediaType);

diesel::allow_tables_to_appear_in_same_query!(
    documents,
    document_objects,
    document_withdrawals,
    document_thumbnails,
    case_documents,
    cases
);

pub const SEALED_COLUMNS: &[SealedColumn] = &[
    sealed_column!(document_objects::key of id: DocumentObjectId),
    sealed_column!(documents::name of id: DocumentId),
    sealed_column!(document_thumbnails::content of object_id: DocumentObjectId),
];

fn name_place(id: DocumentId) -> String {
    format!("documents|name|{id}")
}

fn key_place(id: DocumentObjectId) -> String {
    format!("document_objects|key|{id}")
}

fn thumbnail_place(id: DocumentObjectId) -> String {
    format!("document_thumbnails|content|{id}")
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = documents)]
struct Row {
    id: DocumentId,
    resident_id: ResidentId,
    case_id: CaseId,
    kind: Kind,
    requirement: Option<String>,
    name: Vec<u8>,
    added_by: UserId,
    added_at: Timestamp,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = document_objects)]
struct ObjectRow {
    id: DocumentObjectId,
    media_type: MediaType,
    size: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = document_withdrawals)]
struct WithdrawalRow {
    withdrawn_at: Timestamp,
    withdrawn_by: UserId,
    reason: Option<String>,
    replaced_by_id: Option<DocumentId>,
}

/// A document, its content, its end, and whose small picture there is.
type Found = (
    Row,
    ObjectRow,
    Option<WithdrawalRow>,
    Option<DocumentObjectId>,
);

fn open(db: &Db, (row, object, withdrawal, thumbnail): Found) -> Result<Document> {
    let name = db.keys().open(&name_place(row.id), &row.name);
    let name = name.map_err(Error::internal)?.to_vec();
    Ok(Document {
        id: row.id,
        resident_id: row.resident_id,
        case_id: row.case_id,
        stored: Stored {
            id: object.id,
            media_type: object.media_type,
            size: usize::try_from(object.size).map_err(Error::internal)?,
        },
        kind: row.kind,
        requirement: row.requirement,
        name: String::from_utf8(name).map_err(Error::internal)?,
        added_by: row.added_by,
        added_at: row.added_at,
        has_thumbnail: thumbnail.is_some(),
        withdrawal: withdrawal.map(|row| Withdrawal {
            at: row.withdrawn_at,
            by: row.withdrawn_by,
            reason: row.reason,
            replaced_by: row.replaced_by_id,
        }),
    })
}

/// Of these ids, oldest first. Whoever calls has seen that they are in sight.
fn load(db: &mut Db, ids: &[DocumentId]) -> Result<Vec<Document>> {
    let rows: Vec<Found> = documents::table
        .inner_join(document_objects::table.on(documents::object_id.eq(document_objects::id)))
        .left_join(
            document_withdrawals::table.on(document_withdrawals::document_id.eq(documents::id)),
        )
        .left_join(
            document_thumbnails::table.on(document_thumbnails::object_id.eq(document_objects::id)),
        )
        .filter(documents::id.eq_any(ids))
        .order(documents::id)
        .select((
            Row::as_select(),
            ObjectRow::as_select(),
            Option::<WithdrawalRow>::as_select(),
            document_thumbnails::object_id.nullable(),
        ))
        .load(db.conn())?;
    rows.into_iter().map(|row| open(db, row)).collect()
}

/// The documents that count for a case, oldest first.
pub fn of_case(db: &mut Db, case: CaseId) -> Result<Vec<Document>> {
    let ids: Vec<DocumentId> = case_documents::table
        .filter(case_documents::case_id.eq(case))
        .select(case_documents::document_id)
        .load(db.conn())?;
    load(db, &ids)
}

/// A document, and a case in sight that it counts for.
pub fn find(db: &mut Db, scope: &Scope, id: DocumentId) -> Result<Option<(Document, CaseId)>> {
    let case: Option<CaseId> = case_documents::table
        .inner_join(cases::table.on(case_documents::case_id.eq(cases::id)))
        .select(cases::id)
        .into_boxed::<MultiBackend>()
        .filter(within!(cases::division_code, cases::county_code, scope))
        .filter(case_documents::document_id.eq(id))
        .order(cases::id)
        .first(db.conn())
        .optional()?;
    let Some(case) = case else { return Ok(None) };
    Ok(load(db, &[id])?.pop().map(|document| (document, case)))
}

/// All cases that a document counts for, with their states.
pub fn states(db: &mut Db, id: DocumentId) -> Result<Vec<(CaseId, State)>> {
    Ok(case_documents::table
        .inner_join(cases::table.on(case_documents::case_id.eq(cases::id)))
        .filter(case_documents::document_id.eq(id))
        .select((cases::id, cases::state))
        .load(db.conn())?)
}

/// The key of a stored content.
pub fn key(db: &mut Db, id: DocumentObjectId) -> Result<ContentKey> {
    let sealed: Vec<u8> = document_objects::table
        .find(id)
        .select(document_objects::key)
        .first(db.conn())?;
    let plain = db.keys().open(&key_place(id), &sealed);
    ContentKey::read(&plain.map_err(Error::internal)?).map_err(Error::internal)
}

/// The same content of the same person, if it is stored already.
pub fn object_at(
    db: &mut Db,
    resident: ResidentId,
    address: &[u8],
) -> Result<Option<DocumentObjectId>> {
    Ok(document_objects::table
        .filter(document_objects::resident_id.eq(resident))
        .filter(document_objects::address.eq(address))
        .select(document_objects::id)
        .first(db.conn())
        .optional()?)
}

/// Those of these that have a row.
pub fn known_objects(db: &mut Db, ids: &[DocumentObjectId]) -> Result<Vec<DocumentObjectId>> {
    Ok(document_objects::table
        .filter(document_objects::id.eq_any(ids))
        .select(document_objects::id)
        .load(db.conn())?)
}

pub fn insert_object(
    tx: &mut Tx<'_>,
    stored: Stored,
    key: &ContentKey,
    resident: ResidentId,
    address: &[u8],
) -> Result<()> {
    let sealed = tx.keys().seal(&key_place(stored.id), key.bytes());
    let sealed = sealed.map_err(Error::internal)?;
    let now = tx.now();
    diesel::insert_into(document_objects::table)
        .values((
            document_objects::id.eq(stored.id),
            document_objects::resident_id.eq(resident),
            document_objects::address.eq(address),
            document_objects::media_type.eq(stored.media_type),
            document_objects::size.eq(i64::try_from(stored.size).map_err(Error::internal)?),
            document_objects::key.eq(sealed),
            document_objects::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Keeps a small picture of a content, encrypted as names are.
pub fn insert_thumbnail(
    tx: &mut Tx<'_>,
    of: DocumentObjectId,
    resident: ResidentId,
    picture: &[u8],
) -> Result<()> {
    let sealed = tx.keys().seal(&thumbnail_place(of), picture);
    let now = tx.now();
    diesel::insert_into(document_thumbnails::table)
        .values((
            document_thumbnails::object_id.eq(of),
            document_thumbnails::resident_id.eq(resident),
            document_thumbnails::content.eq(sealed.map_err(Error::internal)?),
            document_thumbnails::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// The small picture of a content, if it has one.
pub fn thumbnail(db: &mut Db, of: DocumentObjectId) -> Result<Option<Vec<u8>>> {
    let sealed: Option<Vec<u8>> = document_thumbnails::table
        .find(of)
        .select(document_thumbnails::content)
        .first(db.conn())
        .optional()?;
    let Some(sealed) = sealed else {
        return Ok(None);
    };
    let plain = db.keys().open(&thumbnail_place(of), &sealed);
    Ok(Some(plain.map_err(Error::internal)?.to_vec()))
}

/// Adds a document that counts for these cases.
pub fn insert(
    tx: &mut Tx<'_>,
    new: &NewDocument,
    object: DocumentObjectId,
    case: &Case,
    cases: &[CaseId],
    by: UserId,
) -> Result<Document> {
    let (id, now) = (tx.new_id::<crate::kernel::id::Document>(), tx.now());
    let name = tx.keys().seal(&name_place(id), new.name.as_bytes());
    diesel::insert_into(documents::table)
        .values((
            documents::id.eq(id),
            documents::resident_id.eq(case.resident_id),
            documents::case_id.eq(case.id),
            documents::object_id.eq(object),
            documents::kind.eq(new.kind),
            documents::requirement.eq(new.requirement.as_deref()),
            documents::name.eq(name.map_err(Error::internal)?),
            documents::added_by.eq(by),
            documents::added_at.eq(now),
        ))
        .execute(tx.conn())?;
    for case_id in cases {
        link(tx, *case_id, id, case.resident_id)?;
    }
    load(tx, &[id])?
        .pop()
        .ok_or_else(|| Error::internal("a document that was added is there"))
}

/// Lets a document count for one more case of the same person.
pub fn link(
    tx: &mut Tx<'_>,
    case: CaseId,
    document: DocumentId,
    resident: ResidentId,
) -> Result<()> {
    diesel::insert_into(case_documents::table)
        .values((
            case_documents::case_id.eq(case),
            case_documents::document_id.eq(document),
            case_documents::resident_id.eq(resident),
        ))
        .execute(tx.conn())?;
    Ok(())
}

pub fn insert_withdrawal(
    tx: &mut Tx<'_>,
    document: DocumentId,
    withdrawal: &Withdrawal,
) -> Result<()> {
    diesel::insert_into(document_withdrawals::table)
        .values((
            document_withdrawals::document_id.eq(document),
            document_withdrawals::replaced_by_id.eq(withdrawal.replaced_by),
            document_withdrawals::reason.eq(withdrawal.reason.as_deref()),
            document_withdrawals::withdrawn_by.eq(withdrawal.by),
            document_withdrawals::withdrawn_at.eq(withdrawal.at),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "document_withdrawals.document_id",
                "document_withdrawals_pkey",
                || Code::DocumentWithdrawn.into(),
            )
        })?;
    Ok(())
}
