//! The use case of a timeline. It is a look at the resident, and recorded as one.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::model::{Label, Window, assignee, case_of, fit, label, takes};
use super::store::{self, Row};
use crate::access::{Permit, acts, users};
use crate::audit::Event;
use crate::casework::cases::service::{self as cases, Named};
use crate::db::types::from_json;
use crate::db::{Db, Looked};
use crate::kernel::error::Result;
use crate::kernel::id::{CaseId, UserId};
use crate::kernel::time::Timestamp;
use crate::programs::Service;
use crate::registry::residents;

/// One thing that was done.
#[derive(Debug)]
pub struct Moment {
    pub sequence: i64,
    pub at: Timestamp,
    pub kind: String,
    pub label: Option<Label>,
    pub entity_type: String,
    pub entity_id: Option<String>,
    pub case: Option<Named>,
    /// By whom; nobody where it happened by itself.
    pub actor: Option<String>,
    /// To whom a task was given.
    pub assignee: Option<String>,
    pub changes: Map<String, Value>,
}

/// What was done to a resident, newest first, as far as the caller may read of it; of one service, or of
/// all.
pub fn page(
    db: &mut Db,
    permit: &Permit<acts::ResidentRead>,
    mut window: Window,
    service: Option<Service>,
) -> Result<Looked<Vec<Moment>>> {
    let resident = residents::service::find(db, permit.scope(), window.resident)?;
    let enough = usize::try_from(window.count).unwrap_or(usize::MAX);
    let mut moments = Vec::new();
    loop {
        let rows = store::page(db, permit.scope(), &window)?;
        let last = rows.len() < enough;
        window.before = rows.last().map(|row| row.sequence);
        let mut told = told(db, permit, rows)?;
        told.retain(|one| {
            service.is_none_or(|asked| one.case.as_ref().is_some_and(|case| case.service == asked))
        });
        moments.extend(told);
        if last || moments.len() >= enough {
            break;
        }
    }
    moments.truncate(enough);
    let event = Event::new(permit.origin(), "resident.timeline_viewed")
        .on(&resident.id)
        .about(resident.id)
        .within(resident.division_code)
        .change("shown", moments.len());
    db.looked(event, moments)
}

/// Entries that the caller may read of, with the cases they are about and the people they name.
fn told(
    db: &mut Db,
    permit: &Permit<acts::ResidentRead>,
    mut rows: Vec<Row>,
) -> Result<Vec<Moment>> {
    rows.retain(|row| {
        takes(&row.entity_type).is_none_or(|action| permit.actor().may(action, row.division_code))
    });
    let rows = rows
        .into_iter()
        .map(|row| {
            let changes = row.changes.as_deref().map(from_json).transpose()?;
            Ok((row, changes.unwrap_or_default()))
        })
        .collect::<Result<Vec<(Row, Map<String, Value>)>>>()?;
    let case = |row: &Row, changes: &Map<_, _>| {
        case_of(&row.entity_type, row.entity_id.as_deref(), changes)
    };
    let ids: Vec<_> = rows
        .iter()
        .filter_map(|(row, changes)| case(row, changes))
        .collect();
    let cases = cases_named(db, permit, &ids)?;
    let people: Vec<_> = rows
        .iter()
        .flat_map(|(row, changes)| [row.actor_id, assignee(changes)])
        .flatten()
        .collect();
    let names: HashMap<UserId, String> = users::service::display_names(db, &people)?
        .into_iter()
        .collect();
    let name = |id: Option<UserId>| names.get(&id?).cloned();
    let moment = |(row, changes): (Row, Map<String, Value>)| Moment {
        sequence: row.sequence,
        at: row.at,
        label: label(&row.action),
        case: case(&row, &changes).and_then(|id| cases.get(&id).cloned()),
        actor: name(row.actor_id),
        assignee: name(assignee(&changes)),
        changes: fit(&changes),
        kind: row.action,
        entity_type: row.entity_type,
        entity_id: row.entity_id,
    };
    Ok(rows.into_iter().map(moment).collect())
}

fn cases_named(
    db: &mut Db,
    permit: &Permit<acts::ResidentRead>,
    ids: &[CaseId],
) -> Result<HashMap<CaseId, Named>> {
    let Ok(reading) = permit.also::<acts::CaseRead>() else {
        return Ok(HashMap::new());
    };
    let all = cases::named(db, reading.scope(), ids)?;
    Ok(all.into_iter().map(|case| (case.id, case)).collect())
}
