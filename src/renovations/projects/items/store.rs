//! SQL of what is built.

use diesel::prelude::*;

use crate::db::schema::renovation_items;
use crate::db::{Db, Tx, types};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{CaseId, DocumentId, RenovationItemId, RenovationProjectId};
use crate::kernel::money::Fen;
use crate::renovations::projects::model::{Item, Project, RenovationItemKind, RenovationItemState};

types::text_columns!(RenovationItemKind, RenovationItemState);

#[derive(Queryable, Selectable)]
#[diesel(table_name = renovation_items)]
struct Row {
    id: RenovationItemId,
    number: i32,
    kind: RenovationItemKind,
    place: String,
    measured_before: String,
    quantity: i32,
    unit_price_fen: Fen,
    state: RenovationItemState,
    measured_after: Option<String>,
    before_document_id: Option<DocumentId>,
    after_document_id: Option<DocumentId>,
}

/// Of the design that holds; none before there is one.
pub fn of(db: &mut Db, project: &Project) -> Result<Vec<Item>> {
    let Some(design) = project.design else {
        return Ok(Vec::new());
    };
    let rows: Vec<Row> = renovation_items::table
        .filter(renovation_items::project_id.eq(project.id))
        .filter(renovation_items::design.eq(design.sequence))
        .order(renovation_items::number)
        .select(Row::as_select())
        .load(db.conn())?;
    let item = |row: Row| Item {
        id: row.id,
        number: row.number,
        kind: row.kind,
        place: row.place,
        measured_before: row.measured_before,
        quantity: row.quantity,
        unit_price: row.unit_price_fen,
        state: row.state,
        measured_after: row.measured_after,
        before_document: row.before_document_id,
        after_document: row.after_document_id,
    };
    Ok(rows.into_iter().map(item).collect())
}

#[derive(Insertable)]
#[diesel(table_name = renovation_items)]
#[diesel(treat_none_as_default_value = false)]
struct NewRow {
    id: RenovationItemId,
    project_id: RenovationProjectId,
    case_id: CaseId,
    design: i32,
    number: i32,
    kind: RenovationItemKind,
    place: String,
    measured_before: String,
    quantity: i32,
    unit_price_fen: Fen,
    state: RenovationItemState,
    measured_after: Option<String>,
    before_document_id: Option<DocumentId>,
    after_document_id: Option<DocumentId>,
}

pub fn insert(tx: &mut Tx<'_>, project: &Project, item: &Item) -> Result<()> {
    diesel::insert_into(renovation_items::table)
        .values(NewRow {
            id: item.id,
            project_id: project.id,
            case_id: project.case_id,
            design: project.last_transition,
            number: item.number,
            kind: item.kind,
            place: item.place.clone(),
            measured_before: item.measured_before.clone(),
            quantity: item.quantity,
            unit_price_fen: item.unit_price,
            state: item.state,
            measured_after: None,
            before_document_id: item.before_document,
            after_document_id: None,
        })
        .execute(tx.conn())?;
    Ok(())
}

/// Writes how far an item is.
pub fn update(tx: &mut Tx<'_>, item: &Item) -> Result<()> {
    let changed = diesel::update(renovation_items::table.find(item.id))
        .set((
            renovation_items::state.eq(item.state),
            renovation_items::measured_after.eq(&item.measured_after),
            renovation_items::before_document_id.eq(item.before_document),
            renovation_items::after_document_id.eq(item.after_document),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Error::internal("an item of a project is there"))
    }
}
