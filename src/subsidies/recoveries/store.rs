//! SQL of recoveries, what was overpaid, their history and notices.

use diesel::prelude::*;

use super::model::{
    Content, Instalments, NewInstalments, Notice, Overpaid, Recovery, RecoveryAction,
    RecoveryStage, RecoveryState, Turn,
};
use crate::access::{Scope, within};
use crate::casework::decisions::{NewService, Recipient, ServiceMethod};
use crate::db::schema::{
    entitlements, payment_items, payments, recoveries, recovery_instalments, recovery_months,
    recovery_notices, recovery_transitions, users,
};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::types::{self, from_json, to_json};
use crate::db::{Db, MultiBackend, Tx, insert_all, on_unique};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{
    EnrollmentId, EntitlementId, PaymentId, RecoveryId, RecoveryMonthId, RecoveryTransitionId,
    ResidentId, UserId,
};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::subsidies::enrollments::{Enrollment, EnrollmentReason};
use crate::subsidies::payments::PaymentState;

types::text_columns!(RecoveryStage, RecoveryAction);

diesel::joinable!(recovery_transitions -> users (actor_id));
diesel::allow_tables_to_appear_in_same_query!(recovery_transitions, users);
diesel::allow_tables_to_appear_in_same_query!(recovery_months, entitlements);
diesel::allow_tables_to_appear_in_same_query!(recovery_months, payment_items);
diesel::allow_tables_to_appear_in_same_query!(recovery_months, payments);

pub const SEALED_COLUMNS: &[SealedColumn] =
    &[sealed_column!(recovery_transitions::comment of id: RecoveryTransitionId)];

fn place(id: RecoveryTransitionId) -> String {
    format!("recovery_transitions|comment|{id}")
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = recoveries)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: RecoveryId,
    recovery_number: String,
    resident_id: ResidentId,
    enrollment_id: EnrollmentId,
    program_code: String,
    division_code: DivisionCode,
    reason: EnrollmentReason,
    stage: RecoveryStage,
    last_transition: i32,
    total_fen: Fen,
    reserved_fen: Fen,
    recovered_fen: Fen,
    opened_by: UserId,
    opened_at: Timestamp,
    version: i32,
    updated_at: Timestamp,
}

impl From<Row> for Recovery {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            recovery_number: row.recovery_number,
            resident: row.resident_id,
            enrollment: row.enrollment_id,
            program_code: row.program_code,
            division: row.division_code,
            reason: row.reason,
            stage: row.stage,
            last_transition: row.last_transition,
            total: row.total_fen,
            reserved: row.reserved_fen,
            recovered: row.recovered_fen,
            opened_by: row.opened_by,
            opened_at: row.opened_at,
            version: row.version,
            updated_at: row.updated_at,
        }
    }
}

/// The months of an enrollment that its county has paid and that are in no recovery, the first first.
pub fn paid(db: &mut Db, of: &Enrollment) -> Result<Vec<Overpaid>> {
    let recovered = recovery_months::table
        .filter(recovery_months::entitlement_id.eq(entitlements::id))
        .filter(recovery_months::live.eq(true));
    let county = of.division_code.county_digits();
    let rows: Vec<(EntitlementId, PaymentId, Month, Fen)> = payment_items::table
        .inner_join(entitlements::table)
        .inner_join(payments::table)
        .filter(entitlements::enrollment_id.eq(of.id))
        .filter(payment_items::live.eq(true))
        .filter(payments::state.eq(PaymentState::Paid))
        .filter(payments::county_code.eq(county))
        .filter(diesel::dsl::not(diesel::dsl::exists(recovered)))
        .order(entitlements::month)
        .select((
            entitlements::id,
            payments::id,
            entitlements::month,
            payment_items::amount_fen,
        ))
        .load(db.conn())?;
    let overpaid = |(entitlement_id, payment_id, month, amount_fen)| Overpaid {
        entitlement_id,
        payment_id,
        month,
        amount_fen,
    };
    Ok(rows.into_iter().map(overpaid).collect())
}

/// How many recoveries have a number that begins so.
pub fn count_numbered(db: &mut Db, beginning: &str) -> Result<i64> {
    Ok(recoveries::table
        .filter(recoveries::recovery_number.like(format!("{beginning}%")))
        .count()
        .get_result(db.conn())?)
}

#[derive(Insertable)]
#[diesel(table_name = recovery_months)]
struct MonthRow {
    id: RecoveryMonthId,
    recovery_id: RecoveryId,
    entitlement_id: EntitlementId,
    payment_id: PaymentId,
    month: Month,
    amount_fen: Fen,
    live: bool,
}

/// Writes a recovery with its months and its notice; its first entry follows.
pub fn insert(
    tx: &mut Tx<'_>,
    new: &Recovery,
    months: &[Overpaid],
    content: &Content,
) -> Result<()> {
    let one = new.clone();
    let row = Row {
        id: one.id,
        recovery_number: one.recovery_number,
        resident_id: one.resident,
        enrollment_id: one.enrollment,
        program_code: one.program_code,
        division_code: one.division,
        reason: one.reason,
        stage: one.stage,
        last_transition: one.last_transition,
        total_fen: one.total,
        reserved_fen: one.reserved,
        recovered_fen: one.recovered,
        opened_by: one.opened_by,
        opened_at: one.opened_at,
        version: one.version,
        updated_at: one.updated_at,
    };
    diesel::insert_into(recoveries::table)
        .values(&row)
        .execute(tx.conn())
        .map_err(|error| {
            // Somebody else opened one in this moment.
            on_unique(
                error,
                "recoveries.recovery_number",
                "recoveries_recovery_number_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    let month = |one: &Overpaid| MonthRow {
        id: tx.new_id(),
        recovery_id: new.id,
        entitlement_id: one.entitlement_id,
        payment_id: one.payment_id,
        month: one.month,
        amount_fen: one.amount_fen,
        live: true,
    };
    let rows: Vec<_> = months.iter().map(month).collect();
    insert_all!(tx, recovery_months::table, &rows)?;
    let today = tx.today();
    diesel::insert_into(recovery_notices::table)
        .values((
            recovery_notices::recovery_id.eq(new.id),
            recovery_notices::content.eq(to_json(content)?),
            recovery_notices::issued_date.eq(today),
            recovery_notices::issued_at.eq(new.opened_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Which recoveries a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<RecoveryId>,
    pub state: Option<RecoveryState>,
    pub program_code: Option<String>,
    pub enrollment: Option<EnrollmentId>,
    /// All records of a person.
    pub residents: Option<Vec<ResidentId>>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<RecoveryId>,
    count: i64,
) -> Result<Vec<Recovery>> {
    let mut query = recoveries::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            recoveries::division_code,
            recoveries::county_code,
            scope
        ));
    if let Some(id) = filter.id {
        query = query.filter(recoveries::id.eq(id));
    }
    let settled = recoveries::recovered_fen.eq(recoveries::total_fen);
    let unsettled = recoveries::recovered_fen.ne(recoveries::total_fen);
    let stands = |stage: RecoveryStage| recoveries::stage.eq(stage);
    query = match filter.state {
        None => query,
        Some(RecoveryState::Open) => query.filter(unsettled.and(stands(RecoveryStage::Open))),
        Some(RecoveryState::Notified) => {
            query.filter(unsettled.and(stands(RecoveryStage::Notified)))
        }
        Some(RecoveryState::Settled) => query.filter(settled),
        Some(RecoveryState::Withdrawn) => query.filter(stands(RecoveryStage::Withdrawn)),
    };
    if let Some(code) = &filter.program_code {
        query = query.filter(recoveries::program_code.eq(code.clone()));
    }
    if let Some(enrollment) = filter.enrollment {
        query = query.filter(recoveries::enrollment_id.eq(enrollment));
    }
    if let Some(residents) = &filter.residents {
        query = query.filter(recoveries::resident_id.eq_any(residents.clone()));
    }
    if let Some(after) = after {
        query = query.filter(recoveries::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(recoveries::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The served ones of a program and county of which something is left, of some records, oldest first.
pub fn claimable(
    db: &mut Db,
    county: DivisionCode,
    program: &str,
    of: &[ResidentId],
) -> Result<Vec<Recovery>> {
    let rows: Vec<Row> = recoveries::table
        .filter(recoveries::resident_id.eq_any(of))
        .filter(recoveries::county_code.eq(county.county_digits()))
        .filter(recoveries::program_code.eq(program))
        .filter(recoveries::stage.eq(RecoveryStage::Notified))
        .filter(recoveries::recovered_fen.ne(recoveries::total_fen))
        .order(recoveries::id)
        .select(Row::as_select())
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub fn months(db: &mut Db, of: RecoveryId) -> Result<Vec<Overpaid>> {
    let rows: Vec<(EntitlementId, PaymentId, Month, Fen)> = recovery_months::table
        .filter(recovery_months::recovery_id.eq(of))
        .order(recovery_months::month)
        .select((
            recovery_months::entitlement_id,
            recovery_months::payment_id,
            recovery_months::month,
            recovery_months::amount_fen,
        ))
        .load(db.conn())?;
    let overpaid = |(entitlement_id, payment_id, month, amount_fen)| Overpaid {
        entitlement_id,
        payment_id,
        month,
        amount_fen,
    };
    Ok(rows.into_iter().map(overpaid).collect())
}

/// Moves a recovery on, if nobody changed it since it was read; the entry that led there follows.
pub fn update(tx: &mut Tx<'_>, recovery: &Recovery, seen: i32) -> Result<()> {
    let same = recoveries::table
        .find(recovery.id)
        .filter(recoveries::version.eq(seen));
    let changed = diesel::update(same)
        .set((
            recoveries::stage.eq(recovery.stage),
            recoveries::last_transition.eq(recovery.last_transition),
            recoveries::version.eq(recovery.version),
            recoveries::updated_at.eq(recovery.updated_at),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// An entry on its way into the history.
#[derive(Debug)]
pub struct NewTurn<'a> {
    pub action: RecoveryAction,
    pub from: Option<RecoveryStage>,
    pub actor: UserId,
    pub service: Option<NewService>,
    pub comment: Option<&'a str>,
}

/// Writes an entry, after where its recovery then stands.
pub fn insert_transition(tx: &mut Tx<'_>, of: &Recovery, new: &NewTurn<'_>) -> Result<()> {
    let id: RecoveryTransitionId = tx.new_id();
    let comment = new
        .comment
        .map(|text| tx.keys().seal(&place(id), text.as_bytes()))
        .transpose()
        .map_err(Error::internal)?;
    let sequence = of.last_transition;
    diesel::insert_into(recovery_transitions::table)
        .values((
            recovery_transitions::id.eq(id),
            recovery_transitions::recovery_id.eq(of.id),
            recovery_transitions::sequence.eq(sequence),
            recovery_transitions::action.eq(new.action),
            recovery_transitions::previous_sequence.eq(new.from.map(|_| sequence - 1)),
            recovery_transitions::from_stage.eq(new.from),
            recovery_transitions::to_stage.eq(of.stage),
            recovery_transitions::actor_id.eq(new.actor),
            recovery_transitions::method.eq(new.service.map(|one| one.method)),
            recovery_transitions::recipient.eq(new.service.and_then(|one| one.recipient)),
            recovery_transitions::served_date.eq(new.service.map(|one| one.served_date)),
            recovery_transitions::comment.eq(comment),
            recovery_transitions::at.eq(of.updated_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = recovery_transitions)]
struct TurnRow {
    id: RecoveryTransitionId,
    sequence: i32,
    action: RecoveryAction,
    to_stage: RecoveryStage,
    method: Option<ServiceMethod>,
    recipient: Option<Recipient>,
    served_date: Option<chrono::NaiveDate>,
    comment: Option<Vec<u8>>,
    at: Timestamp,
}

/// What happened to a recovery, from the beginning.
pub fn history(db: &mut Db, of: RecoveryId) -> Result<Vec<Turn>> {
    let rows: Vec<(TurnRow, super::model::Named)> = recovery_transitions::table
        .inner_join(users::table)
        .filter(recovery_transitions::recovery_id.eq(of))
        .order(recovery_transitions::sequence)
        .select((
            TurnRow::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .load(db.conn())?;
    rows.into_iter()
        .map(|(row, actor)| {
            let comment = row.comment.map(|sealed| open(db, row.id, &sealed));
            Ok(Turn {
                sequence: row.sequence,
                action: row.action,
                to: row.to_stage,
                actor,
                method: row.method,
                recipient: row.recipient,
                served_date: row.served_date,
                comment: comment.transpose()?,
                at: row.at,
            })
        })
        .collect()
}

fn open(db: &Db, id: RecoveryTransitionId, sealed: &[u8]) -> Result<String> {
    let plain = db.keys().open(&place(id), sealed);
    String::from_utf8(plain.map_err(Error::internal)?.to_vec()).map_err(Error::internal)
}

/// What the person was told, and when that was served.
pub fn notice(db: &mut Db, of: RecoveryId) -> Result<Notice> {
    let (content, issued_date): (String, chrono::NaiveDate) = recovery_notices::table
        .find(of)
        .select((recovery_notices::content, recovery_notices::issued_date))
        .first(db.conn())?;
    let served: Option<Option<chrono::NaiveDate>> = recovery_transitions::table
        .filter(recovery_transitions::recovery_id.eq(of))
        .filter(recovery_transitions::action.eq(RecoveryAction::Notify))
        .select(recovery_transitions::served_date)
        .first(db.conn())
        .optional()?;
    Ok(Notice {
        content: from_json(&content)?,
        issued_date,
        served_date: served.flatten(),
    })
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = recovery_instalments)]
struct InstalmentRow {
    recovery_id: RecoveryId,
    revision: i32,
    from_month: Month,
    amount_fen: Option<Fen>,
    agreed_by: UserId,
    agreed_at: Timestamp,
}

/// What was agreed of some recoveries, each from the beginning on.
pub fn instalments(db: &mut Db, of: &[RecoveryId]) -> Result<Vec<(RecoveryId, Instalments)>> {
    let rows: Vec<InstalmentRow> = recovery_instalments::table
        .filter(recovery_instalments::recovery_id.eq_any(of))
        .order((
            recovery_instalments::recovery_id,
            recovery_instalments::revision,
        ))
        .select(InstalmentRow::as_select())
        .load(db.conn())?;
    let agreed = |row: InstalmentRow| {
        let one = Instalments {
            revision: row.revision,
            from_month: row.from_month,
            amount_fen: row.amount_fen,
            agreed_by: row.agreed_by,
            agreed_at: row.agreed_at,
        };
        (row.recovery_id, one)
    };
    Ok(rows.into_iter().map(agreed).collect())
}

pub fn insert_instalments(
    tx: &mut Tx<'_>,
    of: RecoveryId,
    last: Option<i32>,
    new: NewInstalments,
    by: UserId,
) -> Result<()> {
    let now = tx.now();
    let revision = last.unwrap_or(0) + 1;
    diesel::insert_into(recovery_instalments::table)
        .values((
            recovery_instalments::recovery_id.eq(of),
            recovery_instalments::revision.eq(revision),
            recovery_instalments::previous_revision.eq(last),
            recovery_instalments::from_month.eq(new.from_month),
            recovery_instalments::amount_fen.eq(new.amount_fen),
            recovery_instalments::agreed_by.eq(by),
            recovery_instalments::agreed_at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Somebody else agreed in this moment.
            on_unique(
                error,
                "recovery_instalments.recovery_id",
                "recovery_instalments_pkey",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}
