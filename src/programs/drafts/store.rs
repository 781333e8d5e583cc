//! SQL of drafts.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::access::{Scope, within};
use crate::db::schema::program_drafts;
use crate::db::types::{self, from_json, to_json};
use crate::db::{Db, MultiBackend, Tx};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{ProgramDraftId, ProgramVersionId, UserId};
use crate::kernel::time::Timestamp;
use crate::programs::model::{BenefitPeriod, DraftState, ProgramDraft, Terms};

types::text_columns!(DraftState);

#[derive(Queryable, Selectable)]
#[diesel(table_name = program_drafts)]
struct Row {
    id: ProgramDraftId,
    program_code: String,
    division_code: DivisionCode,
    effective_from: NaiveDate,
    effective_to: Option<NaiveDate>,
    legal_basis: String,
    rules: String,
    steps: String,
    required_documents: String,
    period: BenefitPeriod,
    use_life_months: Option<i32>,
    review_months: Option<i32>,
    unit_rates: String,
    state: DraftState,
    revision: i32,
    author_id: UserId,
    created_at: Timestamp,
    updated_at: Timestamp,
    decided_by: Option<UserId>,
    decided_at: Option<Timestamp>,
    version_id: Option<ProgramVersionId>,
}

impl Row {
    fn read(self) -> Result<ProgramDraft> {
        Ok(ProgramDraft {
            id: self.id,
            program_code: self.program_code,
            state: self.state,
            revision: self.revision,
            author_id: self.author_id,
            created_at: self.created_at,
            updated_at: self.updated_at,
            decided_by: self.decided_by,
            decided_at: self.decided_at,
            version_id: self.version_id,
            terms: Terms {
                division_code: self.division_code,
                effective_from: self.effective_from,
                effective_to: self.effective_to,
                legal_basis: self.legal_basis,
                steps: from_json(&self.steps)?,
                rules: from_json(&self.rules)?,
                required_documents: from_json(&self.required_documents)?,
                period: self.period,
                use_life_months: self.use_life_months,
                review_months: self.review_months,
                unit_rates: from_json(&self.unit_rates)?,
            },
        })
    }
}

pub fn find(db: &mut Db, id: ProgramDraftId) -> Result<Option<ProgramDraft>> {
    let row: Option<Row> = program_drafts::table
        .find(id)
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    row.map(Row::read).transpose()
}

/// What is drafted for divisions in scope, and for those it lies in; newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    code: &str,
    state: Option<DraftState>,
    after: Option<ProgramDraftId>,
    count: i64,
) -> Result<Vec<ProgramDraft>> {
    let mut query = program_drafts::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(program_drafts::division_code, scope))
        .or_filter(program_drafts::division_code.eq_any(scope.above()))
        .filter(program_drafts::program_code.eq(code));
    if let Some(state) = state {
        query = query.filter(program_drafts::state.eq(state));
    }
    if let Some(after) = after {
        query = query.filter(program_drafts::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(program_drafts::id.desc())
        .limit(count)
        .load(db.conn())?;
    rows.into_iter().map(Row::read).collect()
}

pub fn insert(tx: &mut Tx<'_>, draft: &ProgramDraft) -> Result<()> {
    let terms = &draft.terms;
    diesel::insert_into(program_drafts::table)
        .values((
            program_drafts::id.eq(draft.id),
            program_drafts::program_code.eq(&draft.program_code),
            program_drafts::division_code.eq(terms.division_code),
            program_drafts::effective_from.eq(terms.effective_from),
            program_drafts::effective_to.eq(terms.effective_to),
            program_drafts::legal_basis.eq(&terms.legal_basis),
            program_drafts::rules.eq(to_json(&terms.rules)?),
            program_drafts::steps.eq(to_json(&terms.steps)?),
            program_drafts::required_documents.eq(to_json(&terms.required_documents)?),
            program_drafts::period.eq(terms.period),
            program_drafts::use_life_months.eq(terms.use_life_months),
            program_drafts::review_months.eq(terms.review_months),
            program_drafts::unit_rates.eq(to_json(&terms.unit_rates)?),
            program_drafts::state.eq(draft.state),
            program_drafts::revision.eq(draft.revision),
            program_drafts::author_id.eq(draft.author_id),
            program_drafts::created_at.eq(draft.created_at),
            program_drafts::updated_at.eq(draft.updated_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Writes new terms, if nobody changed the draft since it was read.
pub fn update(tx: &mut Tx<'_>, draft: &ProgramDraft, seen: i32) -> Result<()> {
    let terms = &draft.terms;
    let same = program_drafts::table
        .filter(program_drafts::id.eq(draft.id))
        .filter(program_drafts::state.eq(DraftState::Draft))
        .filter(program_drafts::revision.eq(seen));
    let changed = diesel::update(same)
        .set((
            program_drafts::division_code.eq(terms.division_code),
            program_drafts::effective_from.eq(terms.effective_from),
            program_drafts::effective_to.eq(terms.effective_to),
            program_drafts::legal_basis.eq(&terms.legal_basis),
            program_drafts::rules.eq(to_json(&terms.rules)?),
            program_drafts::steps.eq(to_json(&terms.steps)?),
            program_drafts::required_documents.eq(to_json(&terms.required_documents)?),
            program_drafts::period.eq(terms.period),
            program_drafts::use_life_months.eq(terms.use_life_months),
            program_drafts::review_months.eq(terms.review_months),
            program_drafts::unit_rates.eq(to_json(&terms.unit_rates)?),
            program_drafts::revision.eq(draft.revision),
            program_drafts::updated_at.eq(draft.updated_at),
        ))
        .execute(tx.conn())?;
    once(changed)
}

/// Notes what became of a draft.
pub fn decide(tx: &mut Tx<'_>, draft: &ProgramDraft) -> Result<()> {
    let same = program_drafts::table
        .filter(program_drafts::id.eq(draft.id))
        .filter(program_drafts::state.eq(DraftState::Draft))
        .filter(program_drafts::revision.eq(draft.revision));
    let changed = diesel::update(same)
        .set((
            program_drafts::state.eq(draft.state),
            program_drafts::updated_at.eq(draft.updated_at),
            program_drafts::decided_by.eq(draft.decided_by),
            program_drafts::decided_at.eq(draft.decided_at),
            program_drafts::version_id.eq(draft.version_id),
        ))
        .execute(tx.conn())?;
    once(changed)
}

fn once(changed: usize) -> Result<()> {
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}
