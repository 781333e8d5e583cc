//! The use case of synchronizing.

use std::collections::HashMap;

use serde_json::Map;
use uuid::Uuid;

use super::model::{Change, Collapsed, Entity, Place, Sight, told_of};
use super::store;
use crate::access::{Act, Permit, Scope, acts};
use crate::audit::sealing;
use crate::casework::{cases, tasks};
use crate::db::Db;
use crate::db::types::from_json;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::Id;
use crate::registry::residents;
use crate::subsidies::enrollments;

/// What changed, where the device then stands, and whether there is more.
#[derive(Debug)]
pub struct Page {
    pub changes: Vec<Change>,
    pub place: Place,
    pub more: bool,
}

/// Of each entity, where the caller may see it; nothing of what they may not see at all.
fn scopes(permit: &Permit<acts::ResidentRead>) -> Vec<(Entity, Scope)> {
    fn of<A: Act>(permit: &Permit<acts::ResidentRead>) -> Option<Scope> {
        let other = permit.also::<A>().ok()?;
        Some(other.scope().clone())
    }
    let all = [
        (Entity::Resident, Some(permit.scope().clone())),
        (Entity::Case, of::<acts::CaseRead>(permit)),
        (Entity::Task, of::<acts::TaskRead>(permit)),
        (Entity::Enrollment, of::<acts::EnrollmentRead>(permit)),
    ];
    all.into_iter()
        .filter_map(|(entity, scope)| Some((entity, scope?)))
        .collect()
}

/// Goes through the record from a place on; without one it tells where to begin.
pub fn page(
    db: &mut Db,
    permit: &Permit<acts::ResidentRead>,
    place: Option<Place>,
    count: usize,
) -> Result<Page> {
    let scopes = scopes(permit);
    let sight = Sight(
        scopes
            .iter()
            .map(|(entity, scope)| (*entity, scope.divisions().to_vec()))
            .collect(),
    );
    let settled = sealing::settled(db)?;
    let Some(place) = place else {
        return Ok(Page {
            changes: Vec::new(),
            place: Place::at(&sight, settled),
            more: false,
        });
    };
    if !place.holds(&sight, settled) {
        return Err(Code::ChangesStartOver.into());
    }
    let fetch = i64::try_from(count).unwrap_or(i64::MAX).saturating_add(1);
    let mut rows = store::since(db, permit.scope(), place.next(), fetch)?;
    let more = rows.len() > count;
    rows.truncate(count);
    let last = rows.last().map(|row| row.sequence);
    let mut collapsed = Collapsed::default();
    for row in rows {
        let changes = row.changes.as_deref().map(from_json).transpose()?;
        let changes = changes.unwrap_or_else(Map::new);
        for thing in told_of(&row.entity_type, row.entity_id.as_deref(), &changes) {
            collapsed.add(thing, row.sequence, row.at);
        }
    }
    Ok(Page {
        changes: as_they_are(db, &scopes, collapsed)?,
        place: place.after(last, more, settled),
        more,
    })
}

/// Which versions things have now; those that are not in sight are gone.
fn as_they_are(
    db: &mut Db,
    scopes: &[(Entity, Scope)],
    collapsed: Collapsed,
) -> Result<Vec<Change>> {
    let mut known: HashMap<(Entity, Uuid), Option<i32>> = HashMap::new();
    for (entity, scope) in scopes {
        for (id, version) in versions(db, *entity, scope, &collapsed.of(*entity))? {
            let newest = known.entry((*entity, id)).or_default();
            *newest = version.or(*newest);
        }
    }
    let told = |entity: Entity, id: Uuid| {
        let in_sight = scopes.iter().any(|(own, _)| *own == entity);
        // A case that is here and never came to a step that somebody takes has no task to forget.
        let is_here = matches!(known.get(&(Entity::Case, id)), Some(Some(_)));
        let never_waited = entity == Entity::Task && !known.contains_key(&(entity, id));
        in_sight && !(is_here && never_waited)
    };
    Ok(collapsed
        .in_order()
        .into_iter()
        .filter(|(entity, id, _)| told(*entity, *id))
        .map(|(entity, id, changed_at)| Change {
            entity,
            id,
            version: known.get(&(entity, id)).copied().flatten(),
            changed_at,
        })
        .collect())
}

/// The versions of what is in sight; nothing for a task that is done.
fn versions(
    db: &mut Db,
    entity: Entity,
    scope: &Scope,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Option<i32>)>> {
    fn named<K>(ids: &[Uuid]) -> Vec<Id<K>> {
        ids.iter().copied().map(Id::new).collect()
    }
    fn plain<K>(found: Vec<(Id<K>, i32)>) -> Vec<(Uuid, Option<i32>)> {
        let plain = found
            .into_iter()
            .map(|(id, version)| (id.uuid(), Some(version)));
        plain.collect()
    }
    Ok(match entity {
        Entity::Resident => plain(residents::service::versions(db, scope, &named(ids))?),
        Entity::Case => cases::service::named(db, scope, &named(ids))?
            .into_iter()
            .map(|case| (case.id.uuid(), Some(case.version)))
            .collect(),
        Entity::Task => tasks::service::versions(db, scope, &named(ids))?
            .into_iter()
            .map(|(case, version)| (case.uuid(), version))
            .collect(),
        Entity::Enrollment => plain(enrollments::service::versions(db, scope, &named(ids))?),
    })
}
