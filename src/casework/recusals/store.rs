//! SQL of relations between users and residents.

use diesel::prelude::*;

use super::model::{Detection, Ending, Named, Recusal, Relation, Tie};
use crate::db::schema::{user_relations, user_ties, user_traces, users};
use crate::db::{Db, Tx, on_unique, types};
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{RecusalId, ResidentId, UserId};
use crate::kernel::time::Timestamp;

types::text_columns!(Relation, Detection, Tie);

diesel::joinable!(user_relations -> users (user_id));
diesel::joinable!(user_ties -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(user_relations, users);
diesel::allow_tables_to_appear_in_same_query!(user_ties, users);

/// Those of some users that anything could tie to anybody. The view below is dear, and most people's number is
/// nobody else's.
fn traceable(db: &mut Db, of: &[UserId]) -> Result<Vec<UserId>> {
    Ok(user_traces::table
        .filter(user_traces::user_id.eq_any(of))
        .select(user_traces::user_id)
        .load(db.conn())?)
}

/// What ties these users to these residents now: declared, or seen by the office in a telephone number, an
/// address, a bank account or a household. The database's own refusal asks the same view
/// (`migrations/*/…_bank_accounts`).
pub fn ties(
    db: &mut Db,
    whose: &[UserId],
    to: &[ResidentId],
) -> Result<Vec<(UserId, ResidentId, Tie)>> {
    let whose = traceable(db, whose)?;
    if whose.is_empty() {
        return Ok(Vec::new());
    }
    Ok(user_ties::table
        .filter(user_ties::user_id.eq_any(whose))
        .filter(user_ties::resident_id.eq_any(to))
        .select((
            user_ties::user_id,
            user_ties::resident_id,
            user_ties::relation,
        ))
        .load(db.conn())?)
}

/// Whom some users are tied to, of the residents within reach.
pub fn tied_to(db: &mut Db, whose: &[UserId]) -> Result<Vec<(UserId, ResidentId)>> {
    let whose = traceable(db, whose)?;
    if whose.is_empty() {
        return Ok(Vec::new());
    }
    Ok(user_ties::table
        .filter(user_ties::user_id.eq_any(whose))
        .select((user_ties::user_id, user_ties::resident_id))
        .load(db.conn())?)
}

/// Who shows a relation to a resident without having declared it.
pub fn detected(db: &mut Db, resident: ResidentId) -> Result<Vec<(Named, Detection)>> {
    let words = Detection::ALL.iter().map(|detection| detection.as_str());
    let mut all: Vec<(Named, Detection)> = user_ties::table
        .inner_join(users::table)
        .filter(user_ties::resident_id.eq(resident))
        .filter(user_ties::relation.eq_any(words))
        .order((users::id, user_ties::relation))
        .select((
            (users::id, users::username, users::display_name),
            user_ties::relation,
        ))
        .load(db.conn())?;
    // Two of a household may have the same number.
    all.dedup();
    Ok(all)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = user_relations)]
struct Row {
    id: RecusalId,
    relation: Relation,
    reason: Option<String>,
    declared_at: Timestamp,
    ended_at: Option<Timestamp>,
    ended_by: Option<UserId>,
    end_reason: Option<String>,
}

fn read((row, user): (Row, Named)) -> Recusal {
    let ended = match (row.ended_at, row.ended_by, row.end_reason) {
        (Some(at), Some(by), Some(reason)) => Some(Ending { at, by, reason }),
        _ => None,
    };
    Recusal {
        id: Some(row.id),
        user,
        tie: Tie::Declared(row.relation),
        reason: row.reason,
        declared_at: Some(row.declared_at),
        ended,
    }
}

/// What was declared of a resident, oldest first.
pub fn declared(db: &mut Db, resident: ResidentId) -> Result<Vec<Recusal>> {
    let rows: Vec<(Row, Named)> = user_relations::table
        .inner_join(users::table)
        .filter(user_relations::resident_id.eq(resident))
        .order(user_relations::id)
        .select((
            Row::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .load(db.conn())?;
    Ok(rows.into_iter().map(read).collect())
}

pub fn find(db: &mut Db, resident: ResidentId, id: RecusalId) -> Result<Option<Recusal>> {
    let row: Option<(Row, Named)> = user_relations::table
        .inner_join(users::table)
        .filter(user_relations::resident_id.eq(resident))
        .filter(user_relations::id.eq(id))
        .select((
            Row::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .first(db.conn())
        .optional()?;
    Ok(row.map(read))
}

pub fn insert(
    tx: &mut Tx<'_>,
    user: UserId,
    resident: ResidentId,
    relation: Relation,
    reason: Option<&str>,
) -> Result<RecusalId> {
    let (id, now): (RecusalId, _) = (tx.new_id(), tx.now());
    diesel::insert_into(user_relations::table)
        .values((
            user_relations::id.eq(id),
            user_relations::user_id.eq(user),
            user_relations::resident_id.eq(resident),
            user_relations::relation.eq(relation),
            user_relations::reason.eq(reason),
            user_relations::declared_at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "user_relations.user_id",
                "user_relations_open",
                || Code::RecusalDeclared.into(),
            )
        })?;
    Ok(id)
}

/// Ends what still holds.
pub fn end(tx: &mut Tx<'_>, id: RecusalId, ending: &Ending) -> Result<()> {
    let open = user_relations::table
        .filter(user_relations::id.eq(id))
        .filter(user_relations::ended_at.is_null());
    let changed = diesel::update(open)
        .set((
            user_relations::ended_at.eq(ending.at),
            user_relations::ended_by.eq(ending.by),
            user_relations::end_reason.eq(&ending.reason),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::RecusalEnded.into())
    }
}
