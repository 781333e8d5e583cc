//! Reading the roll of a place.

use std::collections::HashMap;

use super::model::Roll;
use super::store;
use crate::access::Scope;
use crate::db::Db;
use crate::kernel::error::Result;

/// People read by one statement.
const CHUNK: i64 = 5_000;

/// All people of a scope, with everything ever believed of them.
pub fn read(db: &mut Db, scope: &Scope) -> Result<Roll> {
    let mut roll = Roll::default();
    loop {
        let after = roll.people.last().map(|person| person.id);
        let chunk = store::people(db, scope, after, CHUNK)?;
        let (Some(first), Some(last)) = (chunk.first(), chunk.last()) else {
            return Ok(roll);
        };
        let (range, begin) = ((first.id, last.id), roll.people.len());
        let places: HashMap<_, _> = chunk.iter().map(|one| one.id).zip(begin..).collect();
        roll.people.extend(chunk);
        for facts in [
            store::certificates_of(db, scope, range)?,
            store::circumstances_of(db, scope, range)?,
        ] {
            let placed = facts
                .into_iter()
                .filter_map(|(id, term, held)| Some((*places.get(&id)?, term, held)));
            roll.facts.extend(placed);
        }
    }
}
