//! The storage seam: one set of queries on an embedded SQLite or on PostgreSQL. Everything that
//! differs between the two stays in this folder. Imports nothing but the kernel.

mod connect;
pub mod fence;
pub mod installation;
pub mod migrate;
mod reach;
pub mod record;
pub mod schema;
pub mod sealed;
mod store;
pub mod types;
mod unit;

pub use connect::{DatabaseUrl, Db, Kind};
pub use multi::{Multi, MultiBackend, MultiRawValue};
pub use reach::Reach;
pub use record::{AuditRow, Entry, Record};
pub use store::{Size, Store};
pub use types::Columns;
pub use unit::{Looked, Recorded, Tx};

mod multi {
    use diesel::pg::PgConnection;
    use diesel::sqlite::SqliteConnection;

    /// A connection to whichever database was configured.
    #[derive(diesel::MultiConnection)]
    #[expect(
        missing_debug_implementations,
        reason = "the connections themselves have none"
    )]
    pub enum Multi {
        Postgres(PgConnection),
        Sqlite(SqliteConnection),
    }
}

/// Inserts rows: by one statement on PostgreSQL; SQLite lives in this process, and takes a statement a row.
macro_rules! insert_all {
    ($tx:expr, $table:expr, $rows:expr) => {{
        let rows: &[_] = $rows;
        match $tx.conn() {
            _ if rows.is_empty() => Ok(()),
            $crate::db::Multi::Postgres(connection) => diesel::insert_into($table)
                .values(rows)
                .execute(connection)
                .map(drop),
            sqlite => rows.iter().try_for_each(|row| {
                let one = diesel::insert_into($table).values(row);
                one.execute(sqlite).map(drop)
            }),
        }
    }};
}
pub(crate) use insert_all;

use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::kernel::error::{Code, Error};

/// Refusals that the database itself speaks, by the marker in its message (`migrations/`).
const REFUSALS: &[(&str, Code)] = &[
    ("huican.grants_exclusive", Code::GrantExclusive),
    ("huican.fact_overlaps", Code::FactOverlaps),
    ("huican.program_overlap", Code::ProgramOverlap),
    ("huican.recusal_required", Code::CaseRecusal),
    ("huican.referral_side", Code::ReferralSide),
    ("huican.transfer_side", Code::TransferSide),
    ("huican.resident_in_transfer", Code::ResidentInTransfer),
    ("huican.decider", Code::CaseOwnDecision),
    ("huican.activity_not_held", Code::ActivityNotHeld),
    ("huican.activity_guest", Code::ActivityGuest),
    ("huican.activity_attended", Code::ActivityAttended),
    ("huican.visit_open", Code::VisitOpen),
    ("huican.reconsidered", Code::CaseReconsidered),
    ("huican.resident_merged", Code::ResidentMerged),
    ("huican.merge_conflict", Code::ResidentMergeConflict),
    ("huican.merge_open", Code::MergeOpen),
    ("huican.case_open", Code::CaseOpen),
    ("huican.entitled_already", Code::EntitledAlready),
    ("huican.enrollment_exclusive", Code::EnrollmentExclusive),
    ("huican.payment_separation", Code::PaymentBatchSeparation),
    ("huican.payment_flagged", Code::PaymentBatchFlagged),
    ("huican.payment_ended", Code::PaymentBatchEnded),
    ("huican.payment_flag_own", Code::PaymentFlagOwn),
    ("huican.budget_missing", Code::BudgetMissing),
    ("huican.budget_exceeded", Code::BudgetExceeded),
    ("huican.entitlement_in_payment", Code::EntitlementInPayment),
    ("huican.payable_in_payment", Code::PayableInPayment),
    ("huican.match_own", Code::MatchOwn),
    ("huican.recovery_own", Code::RecoveryOwn),
    ("huican.recovery_rest", Code::RecoveryRest),
    ("huican.recovery_transition", Code::RecoveryTransition),
    ("huican.institution_own", Code::InstitutionOwn),
    ("huican.institution_not_agreed", Code::InstitutionNotAgreed),
    ("huican.institution_full", Code::InstitutionFull),
    ("huican.agreement_overlaps", Code::AgreementOverlaps),
    ("huican.plan_case", Code::RehabilitationPlanCase),
    ("huican.plan_not_next", Code::RehabilitationPlanNotNext),
    ("huican.plan_not_active", Code::RehabilitationPlanNotActive),
    (
        "huican.plan_not_assessed",
        Code::RehabilitationPlanNotAssessed,
    ),
    ("huican.session_outside", Code::RehabilitationSessionOutside),
    ("huican.session_at_once", Code::RehabilitationSessionAtOnce),
    ("huican.session_settled", Code::RehabilitationSessionSettled),
    ("huican.settlement_own", Code::SettlementOwn),
    ("huican.settlement_side", Code::SettlementSide),
    (
        "huican.rehabilitation_unfinished",
        Code::RehabilitationUnfinished,
    ),
    ("huican.settlement_cap", Code::SettlementCap),
    ("huican.settlement_line", Code::SettlementTransition),
    ("huican.settlement_sums", Code::SettlementTransition),
    (
        "huican.rehabilitation_case",
        Code::RehabilitationServiceCase,
    ),
    ("huican.warehouse_duty_overlap", Code::WarehouseDutyOverlap),
    ("huican.warehouse_duty", Code::WarehouseDuty),
    ("huican.stock_returned", Code::StockReturned),
    ("huican.stock_reversal", Code::StockReversal),
    ("huican.stock_piece", Code::StockPiece),
    ("huican.delivery_closed", Code::StockDeliveryClosed),
    ("huican.stocktake_decided", Code::StocktakeDecided),
    ("huican.delivery_separation", Code::StockDeliverySeparation),
    ("huican.stocktake_own", Code::StocktakeOwn),
    ("huican.stocktake_overtaken", Code::StocktakeStale),
    ("huican.allocation_case", Code::DeviceAllocationCase),
    (
        "huican.allocation_unfinished",
        Code::DeviceAllocationUnfinished,
    ),
    ("huican.use_life", Code::DeviceUseLife),
    ("huican.device_exception", Code::DeviceException),
    ("huican.device_supply", Code::DeviceSupply),
    ("huican.device_recalled", Code::DeviceRecalled),
    ("huican.job_seeker_open", Code::JobSeekerOpen),
    ("huican.job_fair_not_held", Code::JobFairNotHeld),
    (
        "huican.job_referral_not_accepted",
        Code::JobReferralNotAccepted,
    ),
    ("huican.placement_open", Code::PlacementOpen),
    ("huican.placement_evidence", Code::PlacementEvidence),
    ("huican.home_member_open", Code::HomeMemberOpen),
    ("huican.home_full", Code::HomeFull),
    ("huican.home_not_member", Code::HomeNotMember),
    ("huican.home_month_reckoned", Code::HomeMonthReckoned),
    ("huican.renovation_case", Code::RenovationCase),
    ("huican.renovation_elderly", Code::RenovationElderly),
    ("huican.renovation_period", Code::RenovationPeriod),
    ("huican.renovation_budget", Code::RenovationBudget),
    ("huican.renovation_notice", Code::RenovationNotice),
    ("huican.renovation_contractor", Code::RenovationContractor),
    ("huican.renovation_items", Code::RenovationItems),
    ("huican.renovation_inspector", Code::RenovationInspector),
    ("huican.renovation_inspections", Code::RenovationInspections),
    ("huican.renovation_own", Code::RenovationOwn),
    ("huican.renovation_unfinished", Code::RenovationUnfinished),
    ("huican.venue_items", Code::PublicVenueTransition),
    ("huican.venue_own", Code::PublicVenueOwn),
    ("huican.venue_participants", Code::PublicVenueParticipants),
    ("huican.petition_complained", Code::PetitionComplained),
    ("huican.petition_separation", Code::PetitionSeparation),
    ("huican.petition_extension", Code::PetitionExtension),
    ("huican.legal_aid_separation", Code::LegalAidSeparation),
];

/// What passes by itself, or when somebody sees to it: a lock, a limit of time, a disk that is full, a
/// server that was cut off, stops or comes back.
const PASSING: [&str; 16] = [
    "database is locked",
    "database or disk is full",
    "disk I/O error",
    "readonly database",
    "deadlock detected",
    "statement timeout",
    "lock timeout",
    "terminating connection",
    "server closed the connection",
    "connection to server",
    "no connection to the server",
    "could not receive data from server",
    "could not send data to server",
    "the database system is",
    "too many clients",
    "remaining connection slots",
];

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        if let DieselError::DatabaseError(kind, info) = &error {
            let message = info.message();
            if let Some((_, code)) = REFUSALS.iter().find(|(marker, _)| message.contains(marker)) {
                return Self::new(*code);
            }
            let passing = matches!(
                kind,
                DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::ClosedConnection
            ) || PASSING.iter().any(|said| message.contains(said));
            if passing {
                return Self::new(Code::Busy).because(error);
            }
        }
        Self::internal(error)
    }
}

/// Turns the refusal of one unique key into the error the office knows it by. `columns` as SQLite
/// names them (`table.column`), `index` as PostgreSQL does.
pub fn on_unique(
    error: DieselError,
    columns: &str,
    index: &str,
    known: impl FnOnce() -> Error,
) -> Error {
    let hit = matches!(
        &error,
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation | DatabaseErrorKind::Unknown, info)
            if info.constraint_name() == Some(index)
                || info.message().contains(&format!("UNIQUE constraint failed: {columns}"))
    );
    if hit { known() } else { error.into() }
}
