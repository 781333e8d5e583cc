//! SQL of applications for legal aid and their history.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{
    LegalAidAction, LegalAidApplication, LegalAidEntry, LegalAidMatter, LegalAidState, MeansBasis,
    MeansCheck, Step,
};
use crate::access::{Scope, within};
use crate::db::schema::{legal_aid_applications, legal_aid_transitions};
use crate::db::sealed::{SealedColumn, open, seal, seal_if, sealed_column};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{LegalAidApplicationId, LegalAidTransitionId, ResidentId, UserId};
use crate::kernel::time::Timestamp;
use crate::outreach::limits::{LegalLimit, of_the_office};

types::text_columns!(LegalAidMatter, LegalAidState, LegalAidAction, MeansCheck);

pub const SEALED_COLUMNS: &[SealedColumn] = &[
    sealed_column!(legal_aid_applications::statement of id: LegalAidApplicationId),
    sealed_column!(legal_aid_transitions::comment of id: LegalAidTransitionId),
];

const STATEMENT: &str = "legal_aid_applications|statement";
const COMMENT: &str = "legal_aid_transitions|comment";

#[derive(Queryable, Selectable)]
#[diesel(table_name = legal_aid_applications)]
struct Row {
    id: LegalAidApplicationId,
    resident_id: ResidentId,
    division_code: DivisionCode,
    matter: LegalAidMatter,
    applied_date: NaiveDate,
    filed_by: UserId,
    filed_at: Timestamp,
    means_check: MeansCheck,
    hardship: Option<bool>,
    state: LegalAidState,
    due_limit: Option<LegalLimit>,
    due_date: Option<NaiveDate>,
    lawyer: Option<String>,
    late_acts: i32,
    last_transition: i32,
}

impl Row {
    fn read(self, today: NaiveDate) -> LegalAidApplication {
        let row = self;
        LegalAidApplication {
            id: row.id,
            resident_id: row.resident_id,
            division_code: row.division_code,
            matter: row.matter,
            statement: None,
            applied_date: row.applied_date,
            filed_by: row.filed_by,
            filed_at: row.filed_at,
            means_check: row.means_check,
            means_basis: None,
            hardship: row.hardship,
            state: row.state,
            due_limit: row.due_limit,
            due_clause: None,
            due_date: row.due_date,
            overdue: false,
            lawyer: row.lawyer,
            late_acts: row.late_acts,
            allowed_actions: Vec::new(),
            version: row.last_transition,
            history: None,
        }
        .told(today)
    }
}

/// Which applications a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<LegalAidApplicationId>,
    pub state: Option<LegalAidState>,
    pub matter: Option<LegalAidMatter>,
    pub late: Option<bool>,
    pub overdue: bool,
    /// All records of a person.
    pub residents: Option<Vec<ResidentId>>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<LegalAidApplicationId>,
    count: i64,
) -> Result<Vec<LegalAidApplication>> {
    let today = db.today();
    let mut query = legal_aid_applications::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            legal_aid_applications::division_code,
            legal_aid_applications::county_code,
            scope
        ));
    if let Some(id) = filter.id {
        query = query.filter(legal_aid_applications::id.eq(id));
    }
    if let Some(state) = filter.state {
        query = query.filter(legal_aid_applications::state.eq(state));
    }
    if let Some(matter) = filter.matter {
        query = query.filter(legal_aid_applications::matter.eq(matter));
    }
    if let Some(late) = filter.late {
        query = if late {
            query.filter(legal_aid_applications::late_acts.gt(0))
        } else {
            query.filter(legal_aid_applications::late_acts.eq(0))
        };
    }
    if filter.overdue {
        query = query
            .filter(legal_aid_applications::due_date.lt(today))
            .filter(legal_aid_applications::due_limit.eq_any(of_the_office()));
    }
    if let Some(residents) = &filter.residents {
        query = query.filter(legal_aid_applications::resident_id.eq_any(residents.clone()));
    }
    if let Some(after) = after {
        query = query.filter(legal_aid_applications::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(legal_aid_applications::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(|row| row.read(today)).collect())
}

/// What is sealed of an application, and what its means were judged by.
pub fn unsealed(db: &mut Db, of: LegalAidApplication) -> Result<LegalAidApplication> {
    let (statement, basis): (Vec<u8>, String) = legal_aid_applications::table
        .find(of.id)
        .select((
            legal_aid_applications::statement,
            legal_aid_applications::means_basis,
        ))
        .first(db.conn())?;
    Ok(LegalAidApplication {
        statement: open(db, STATEMENT, of.id, Some(&statement))?,
        means_basis: Some(serde_json::from_str(&basis).map_err(Error::internal)?),
        ..of
    })
}

pub fn insert(
    tx: &mut Tx<'_>,
    new: &LegalAidApplication,
    statement: &str,
    basis: &MeansBasis,
) -> Result<()> {
    let sealed = seal(tx, STATEMENT, new.id, statement)?;
    let kept = serde_json::to_string(basis).map_err(Error::internal)?;
    diesel::insert_into(legal_aid_applications::table)
        .values((
            legal_aid_applications::id.eq(new.id),
            legal_aid_applications::resident_id.eq(new.resident_id),
            legal_aid_applications::division_code.eq(new.division_code),
            legal_aid_applications::matter.eq(new.matter),
            legal_aid_applications::statement.eq(sealed),
            legal_aid_applications::applied_date.eq(new.applied_date),
            legal_aid_applications::filed_by.eq(new.filed_by),
            legal_aid_applications::filed_at.eq(new.filed_at),
            legal_aid_applications::means_check.eq(new.means_check),
            legal_aid_applications::means_basis.eq(kept),
            legal_aid_applications::fixed_income.eq(basis.fixed_income),
            legal_aid_applications::state.eq(new.state),
            legal_aid_applications::due_limit.eq(new.due_limit),
            legal_aid_applications::due_date.eq(new.due_date),
            legal_aid_applications::late_acts.eq(new.late_acts),
            legal_aid_applications::last_transition.eq(new.version),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Writes where an application now stands, if nobody moved it since it was read.
pub fn update(tx: &mut Tx<'_>, application: &LegalAidApplication, seen: i32) -> Result<()> {
    let same = legal_aid_applications::table
        .find(application.id)
        .filter(legal_aid_applications::last_transition.eq(seen));
    let changed = diesel::update(same)
        .set((
            legal_aid_applications::state.eq(application.state),
            legal_aid_applications::hardship.eq(application.hardship),
            legal_aid_applications::due_limit.eq(application.due_limit),
            legal_aid_applications::due_date.eq(application.due_date),
            legal_aid_applications::lawyer.eq(application.lawyer.clone()),
            legal_aid_applications::late_acts.eq(application.late_acts),
            legal_aid_applications::last_transition.eq(application.version),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// Writes the entry that led to where an application now stands; `owed` by that day.
pub fn insert_entry(
    tx: &mut Tx<'_>,
    now_at: &LegalAidApplication,
    from: Option<LegalAidState>,
    step: &Step,
    owed: Option<NaiveDate>,
    actor: UserId,
) -> Result<()> {
    let (id, now): (LegalAidTransitionId, _) = (tx.new_id(), tx.now());
    let comment = seal_if(tx, COMMENT, id, step.comment.as_deref())?;
    diesel::insert_into(legal_aid_transitions::table)
        .values((
            legal_aid_transitions::id.eq(id),
            legal_aid_transitions::application_id.eq(now_at.id),
            legal_aid_transitions::sequence.eq(now_at.version),
            legal_aid_transitions::action.eq(step.action),
            legal_aid_transitions::previous_sequence.eq(from.map(|_| now_at.version - 1)),
            legal_aid_transitions::from_state.eq(from),
            legal_aid_transitions::to_state.eq(now_at.state),
            legal_aid_transitions::on_date.eq(step.on_date),
            legal_aid_transitions::due_date.eq(owed),
            legal_aid_transitions::late.eq(owed.is_some_and(|due| step.on_date > due)),
            legal_aid_transitions::next_limit.eq(now_at.due_limit),
            legal_aid_transitions::next_due_date.eq(now_at.due_date),
            legal_aid_transitions::lawyer.eq(step.lawyer.clone()),
            legal_aid_transitions::hardship.eq(step.hardship),
            legal_aid_transitions::document_number.eq(step.document_number.clone()),
            legal_aid_transitions::comment.eq(comment),
            legal_aid_transitions::actor_id.eq(actor),
            legal_aid_transitions::at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Two people acted on the same version; the other one was first.
            on_unique(
                error,
                "legal_aid_transitions.application_id",
                "legal_aid_transitions_application_id_sequence_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = legal_aid_transitions)]
struct EntryRow {
    id: LegalAidTransitionId,
    application_id: LegalAidApplicationId,
    sequence: i32,
    action: LegalAidAction,
    from_state: Option<LegalAidState>,
    to_state: LegalAidState,
    on_date: NaiveDate,
    due_date: Option<NaiveDate>,
    late: bool,
    next_limit: Option<LegalLimit>,
    next_due_date: Option<NaiveDate>,
    lawyer: Option<String>,
    hardship: Option<bool>,
    document_number: Option<String>,
    comment: Option<Vec<u8>>,
    actor_id: UserId,
    at: Timestamp,
}

/// What happened to each of some applications, from the beginning.
pub fn histories(
    db: &mut Db,
    of: &[LegalAidApplicationId],
) -> Result<HashMap<LegalAidApplicationId, Vec<LegalAidEntry>>> {
    let rows: Vec<EntryRow> = legal_aid_transitions::table
        .filter(legal_aid_transitions::application_id.eq_any(of))
        .order((
            legal_aid_transitions::application_id,
            legal_aid_transitions::sequence,
        ))
        .select(EntryRow::as_select())
        .load(db.conn())?;
    let mut all: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let comment = open(db, COMMENT, row.id, row.comment.as_deref())?;
        let entry = LegalAidEntry {
            sequence: row.sequence,
            action: row.action,
            from_state: row.from_state,
            to_state: row.to_state,
            on_date: row.on_date,
            due_date: row.due_date,
            late: row.late,
            next_limit: row.next_limit,
            next_due_date: row.next_due_date,
            lawyer: row.lawyer,
            hardship: row.hardship,
            document_number: row.document_number,
            comment,
            actor_id: row.actor_id,
            at: row.at,
        };
        all.entry(row.application_id).or_default().push(entry);
    }
    Ok(all)
}
