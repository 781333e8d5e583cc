//! SQL of allocations.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{
    Allocation, AllocationAction, AllocationState, DeviceExceptionKind, Evaluation, Exception,
    Handover, Named, ReturnCondition, SignerRelation, Supply, SupplySource,
};
use crate::access::{Scope, within};
use crate::db::schema::{device_allocation_transitions, device_allocations, users};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::devices::catalog::{DeviceCode, Edition, EvaluationLevel, ItemKey};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{
    CaseId, DeviceAllocationId, DeviceAllocationTransitionId, DocumentId, OrganizationId,
    ResidentId, StockMovementId, UserId,
};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;

types::text_columns!(
    AllocationState,
    AllocationAction,
    DeviceExceptionKind,
    SignerRelation,
    ReturnCondition
);

diesel::allow_tables_to_appear_in_same_query!(device_allocations, users);

pub const SEALED_COLUMNS: &[SealedColumn] = &[
    sealed_column!(device_allocations::signed_by of id: DeviceAllocationId),
    sealed_column!(device_allocation_transitions::comment of id: DeviceAllocationTransitionId),
];

fn signer_place(id: DeviceAllocationId) -> String {
    format!("device_allocations|signed_by|{id}")
}

pub(super) fn open(db: &Db, place: &str, sealed: &[u8]) -> Result<String> {
    let plain = db.keys().open(place, sealed).map_err(Error::internal)?;
    String::from_utf8(plain.to_vec()).map_err(Error::internal)
}

pub(super) fn seal(tx: &Tx<'_>, place: &str, text: &str) -> Result<Vec<u8>> {
    let sealed = tx.keys().seal(place, text.as_bytes());
    sealed.map_err(Error::internal)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = device_allocations)]
struct Row {
    id: DeviceAllocationId,
    case_id: CaseId,
    resident_id: ResidentId,
    division_code: DivisionCode,
    edition: Edition,
    code: DeviceCode,
    evaluation_level: EvaluationLevel,
    evaluating_organization_id: OrganizationId,
    evaluator: String,
    evaluated_date: NaiveDate,
    exception: Option<DeviceExceptionKind>,
    exception_document_id: Option<DocumentId>,
    previous_id: Option<DeviceAllocationId>,
    movement_id: Option<StockMovementId>,
    supplier_id: Option<OrganizationId>,
    invoice_number: Option<String>,
    price_fen: Option<Fen>,
    brand: Option<String>,
    model: Option<String>,
    batch_number: Option<String>,
    serial_number: Option<String>,
    supplied_by: Option<UserId>,
    signed_by: Option<Vec<u8>>,
    signed_relation: Option<SignerRelation>,
    delivered_date: Option<NaiveDate>,
    use_life_until: Option<NaiveDate>,
    return_condition: Option<ReturnCondition>,
    state: AllocationState,
    last_transition: i32,
    recorded_at: Timestamp,
}

fn source(row: &Row) -> Option<SupplySource> {
    match (row.movement_id, row.supplier_id, row.price_fen) {
        (Some(movement), ..) => Some(SupplySource::Stock(movement)),
        (None, Some(supplier), Some(price)) => Some(SupplySource::Purchase {
            supplier,
            invoice_number: row.invoice_number.clone().unwrap_or_default(),
            price,
        }),
        _ => None,
    }
}

fn handover(db: &Db, row: &Row) -> Result<Option<Handover>> {
    let (Some(sealed), Some(relation), Some(date)) =
        (&row.signed_by, row.signed_relation, row.delivered_date)
    else {
        return Ok(None);
    };
    Ok(Some(Handover {
        signed_by: open(db, &signer_place(row.id), sealed)?,
        relation,
        date,
        use_life_until: row.use_life_until,
    }))
}

fn read(db: &Db, (row, recorded_by): (Row, Named)) -> Result<Allocation> {
    let handover = handover(db, &row)?;
    let exception = row.exception.zip(row.previous_id);
    let supply = source(&row).zip(row.supplied_by);
    Ok(Allocation {
        id: row.id,
        case_id: row.case_id,
        resident_id: row.resident_id,
        division_code: row.division_code,
        item: ItemKey {
            edition: row.edition,
            code: row.code,
        },
        evaluation: Evaluation {
            level: row.evaluation_level,
            organization: row.evaluating_organization_id,
            evaluator: row.evaluator,
            date: row.evaluated_date,
        },
        exception: exception.map(|(kind, previous)| Exception {
            kind,
            document: row.exception_document_id,
            previous,
        }),
        supply: supply.map(|(source, by)| Supply {
            source,
            brand: row.brand,
            model: row.model,
            batch_number: row.batch_number,
            serial_number: row.serial_number,
            by,
        }),
        handover,
        returned: row.return_condition,
        state: row.state,
        last_transition: row.last_transition,
        recorded_by,
        recorded_at: row.recorded_at,
    })
}

/// Which allocations a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<DeviceAllocationId>,
    pub among: Option<Vec<DeviceAllocationId>>,
    pub case: Option<CaseId>,
    /// All records of a person.
    pub residents: Option<Vec<ResidentId>>,
    pub state: Option<AllocationState>,
    pub item: Option<ItemKey>,
    pub batch_number: Option<String>,
    /// Only those whose piece is on its way to somebody or with them.
    pub holding: bool,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<DeviceAllocationId>,
    count: i64,
) -> Result<Vec<Allocation>> {
    let mut query = device_allocations::table
        .inner_join(users::table.on(users::id.eq(device_allocations::recorded_by)))
        .select((
            Row::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            device_allocations::division_code,
            device_allocations::county_code,
            scope
        ));
    if let Some(id) = filter.id {
        query = query.filter(device_allocations::id.eq(id));
    }
    if let Some(ids) = &filter.among {
        query = query.filter(device_allocations::id.eq_any(ids.clone()));
    }
    if let Some(case) = filter.case {
        query = query.filter(device_allocations::case_id.eq(case));
    }
    if let Some(residents) = &filter.residents {
        query = query.filter(device_allocations::resident_id.eq_any(residents.clone()));
    }
    if let Some(state) = filter.state {
        query = query.filter(device_allocations::state.eq(state));
    }
    if let Some(item) = &filter.item {
        query = query
            .filter(device_allocations::edition.eq(item.edition.clone()))
            .filter(device_allocations::code.eq(item.code.clone()));
    }
    if let Some(batch) = &filter.batch_number {
        query = query.filter(device_allocations::batch_number.eq(batch.clone()));
    }
    if filter.holding {
        query = query.filter(device_allocations::state.eq_any(AllocationState::HOLDING));
    }
    if let Some(after) = after {
        query = query.filter(device_allocations::id.lt(after));
    }
    let rows: Vec<(Row, Named)> = query
        .order(device_allocations::id.desc())
        .limit(count)
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

/// All of some residents' records that were not cancelled, wherever they are, oldest first.
pub fn standing(db: &mut Db, of: &[ResidentId]) -> Result<Vec<Allocation>> {
    let query = device_allocations::table
        .inner_join(users::table.on(users::id.eq(device_allocations::recorded_by)))
        .filter(device_allocations::resident_id.eq_any(of))
        .filter(device_allocations::state.ne(AllocationState::Cancelled))
        .order(device_allocations::id)
        .select((
            Row::as_select(),
            (users::id, users::username, users::display_name),
        ));
    let rows: Vec<(Row, Named)> = db.in_every_office(|db| Ok(query.load(db.conn())?))?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

/// One wherever its case is.
pub fn anywhere(db: &mut Db, id: DeviceAllocationId) -> Result<Option<Allocation>> {
    let query = device_allocations::table
        .inner_join(users::table.on(users::id.eq(device_allocations::recorded_by)))
        .filter(device_allocations::id.eq(id))
        .select((
            Row::as_select(),
            (users::id, users::username, users::display_name),
        ));
    let row: Option<(Row, Named)> =
        db.in_every_office(|db| Ok(query.first(db.conn()).optional()?))?;
    row.map(|row| read(db, row)).transpose()
}

/// All of a case, oldest first.
pub fn of_case(db: &mut Db, case: CaseId) -> Result<Vec<Allocation>> {
    let rows: Vec<(Row, Named)> = device_allocations::table
        .inner_join(users::table.on(users::id.eq(device_allocations::recorded_by)))
        .filter(device_allocations::case_id.eq(case))
        .order(device_allocations::id)
        .select((
            Row::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

pub fn insert(tx: &mut Tx<'_>, new: &Allocation) -> Result<()> {
    let exception = new.exception.as_ref();
    diesel::insert_into(device_allocations::table)
        .values((
            device_allocations::id.eq(new.id),
            device_allocations::case_id.eq(new.case_id),
            device_allocations::resident_id.eq(new.resident_id),
            device_allocations::division_code.eq(new.division_code),
            device_allocations::edition.eq(&new.item.edition),
            device_allocations::code.eq(&new.item.code),
            device_allocations::evaluation_level.eq(new.evaluation.level),
            device_allocations::evaluating_organization_id.eq(new.evaluation.organization),
            device_allocations::evaluator.eq(&new.evaluation.evaluator),
            device_allocations::evaluated_date.eq(new.evaluation.date),
            device_allocations::exception.eq(exception.map(|one| one.kind)),
            device_allocations::exception_document_id.eq(exception.and_then(|one| one.document)),
            device_allocations::previous_id.eq(exception.map(|one| one.previous)),
            device_allocations::state.eq(new.state),
            device_allocations::last_transition.eq(new.last_transition),
            device_allocations::recorded_by.eq(new.recorded_by.0),
            device_allocations::recorded_at.eq(new.recorded_at),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "device_allocations.previous_id",
                "device_allocations_replaced",
                || Code::DeviceAllocationOpen.into(),
            )
        })?;
    Ok(())
}

/// Writes where an allocation now stands, if nobody moved it since it was read.
pub fn update(tx: &mut Tx<'_>, one: &Allocation, seen: i32) -> Result<()> {
    let changed = diesel::update(
        device_allocations::table
            .find(one.id)
            .filter(device_allocations::last_transition.eq(seen)),
    )
    .set((
        device_allocations::state.eq(one.state),
        device_allocations::return_condition.eq(one.returned),
        device_allocations::last_transition.eq(one.last_transition),
    ))
    .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// Writes where the piece came from, along with [`update`].
pub fn supply(tx: &mut Tx<'_>, one: &Allocation, seen: i32, supply: &Supply) -> Result<()> {
    let (movement, bought) = match &supply.source {
        SupplySource::Stock(movement) => (Some(*movement), None),
        SupplySource::Purchase {
            supplier,
            invoice_number,
            price,
        } => (None, Some((*supplier, invoice_number.as_str(), *price))),
    };
    let changed = diesel::update(
        device_allocations::table
            .find(one.id)
            .filter(device_allocations::last_transition.eq(seen)),
    )
    .set((
        device_allocations::movement_id.eq(movement),
        device_allocations::supplier_id.eq(bought.map(|(supplier, ..)| supplier)),
        device_allocations::invoice_number.eq(bought.map(|(_, number, _)| number)),
        device_allocations::price_fen.eq(bought.map(|(.., price)| price)),
        device_allocations::brand.eq(&supply.brand),
        device_allocations::model.eq(&supply.model),
        device_allocations::batch_number.eq(&supply.batch_number),
        device_allocations::serial_number.eq(&supply.serial_number),
        device_allocations::supplied_by.eq(supply.by),
        device_allocations::state.eq(one.state),
        device_allocations::last_transition.eq(one.last_transition),
    ))
    .execute(tx.conn())
    .map_err(|error| {
        on_unique(
            error,
            "device_allocations.edition",
            "device_allocations_piece",
            || Code::StockPiece.into(),
        )
    })?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// Writes who took it, along with [`update`].
pub fn hand_over(tx: &mut Tx<'_>, one: &Allocation, seen: i32, to: &Handover) -> Result<()> {
    let signed_by = seal(tx, &signer_place(one.id), &to.signed_by)?;
    let changed = diesel::update(
        device_allocations::table
            .find(one.id)
            .filter(device_allocations::last_transition.eq(seen)),
    )
    .set((
        device_allocations::signed_by.eq(signed_by),
        device_allocations::signed_relation.eq(to.relation),
        device_allocations::delivered_date.eq(to.date),
        device_allocations::use_life_until.eq(to.use_life_until),
        device_allocations::state.eq(one.state),
        device_allocations::last_transition.eq(one.last_transition),
    ))
    .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}
