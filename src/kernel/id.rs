//! Identifiers: UUIDv7, told apart by what they name, so that a case's id cannot be handed to a
//! function that wants a resident's.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::time::Timestamp;

/// The id of a `K`. Ids made later sort later.
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

impl<K> Id<K> {
    pub const fn new(uuid: Uuid) -> Self {
        Self {
            uuid,
            kind: PhantomData,
        }
    }

    pub const fn uuid(self) -> Uuid {
        self.uuid
    }

    /// When it was made, to the millisecond; an id from elsewhere may not say.
    pub fn made_at(self) -> Option<Timestamp> {
        let (seconds, nanos) = self.uuid.get_timestamp()?.to_unix();
        let seconds = i64::try_from(seconds).ok()?;
        Some(Timestamp::from_micros(
            seconds * 1_000_000 + i64::from(nanos) / 1_000,
        ))
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident => $alias:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $kind {}
        pub type $alias = Id<$kind>;
    )*};
}

kinds! {
    Organization => OrganizationId;
    User => UserId;
    Grant => GrantId;
    /// A signed-in client: the family of refresh tokens that descend from one login.
    Session => SessionId;
    ApiKey => ApiKeyId;
    Resident => ResidentId;
    Certificate => CertificateId;
    Circumstance => CircumstanceId;
    Household => HouseholdId;
    /// What is believed of a member of a household; a person has one after another.
    HouseholdMember => HouseholdMemberId;
    /// A person of a household: a resident's own id, or one given to somebody who is none.
    Person => PersonId;
    Address => AddressId;
    BankAccount => BankAccountId;
    /// A proposal to merge two records or to split them.
    Merge => MergeId;
    ProgramVersion => ProgramVersionId;
    ProgramDraft => ProgramDraftId;
    Simulation => SimulationId;
    Case => CaseId;
    CaseTransition => CaseTransitionId;
    Application => ApplicationId;
    Document => DocumentId;
    /// A stored content; its name where it lies.
    DocumentObject => DocumentObjectId;
    Note => NoteId;
    /// A declared relation of a user to a resident.
    Recusal => RecusalId;
    TaskAssignment => TaskAssignmentId;
    FollowUp => FollowUpId;
    /// What a service looks at again: its own id there.
    FollowUpSubject => FollowUpSubjectId;
    /// What is owed to an organization.
    Payable => PayableId;
    /// What a payable is for: its own id at the service that owes it.
    PayableSubject => PayableSubjectId;
    OrganizationAccount => OrganizationAccountId;
    SupplementRequest => SupplementRequestId;
    Referral => ReferralId;
    ReferralTransition => ReferralTransitionId;
    Transfer => TransferId;
    TransferTransition => TransferTransitionId;
    DecisionNotice => DecisionNoticeId;
    PublicNotice => PublicNoticeId;
    Enrollment => EnrollmentId;
    EnrollmentTransition => EnrollmentTransitionId;
    EnrollmentReview => EnrollmentReviewId;
    EntitlementRun => EntitlementRunId;
    PublicList => PublicListId;
    Entitlement => EntitlementId;
    Budget => BudgetId;
    PaymentBatch => PaymentBatchId;
    PaymentBatchTransition => PaymentBatchTransitionId;
    Payment => PaymentId;
    /// What speaks against a payment.
    PaymentFlag => PaymentFlagId;
    BankReturn => BankReturnId;
    MatchImport => MatchListId;
    Match => MatchId;
    Recovery => RecoveryId;
    /// A month that was paid and not due.
    RecoveryMonth => RecoveryMonthId;
    RecoveryTransition => RecoveryTransitionId;
    RecoveryMovement => RecoveryMovementId;
    InstitutionAgreement => InstitutionAgreementId;
    InstitutionTransition => InstitutionTransitionId;
    RehabilitationPlan => RehabilitationPlanId;
    RehabilitationPlanTransition => RehabilitationPlanTransitionId;
    RehabilitationAssessment => RehabilitationAssessmentId;
    RehabilitationSession => RehabilitationSessionId;
    /// What an institution may at the most be paid for a person in a year.
    RehabilitationCap => RehabilitationCapId;
    Settlement => SettlementId;
    SettlementLine => SettlementLineId;
    SettlementTransition => SettlementTransitionId;
    RehabilitationService => RehabilitationServiceId;
    RehabilitationServiceTransition => RehabilitationServiceTransitionId;
    ScreeningDeadline => ScreeningDeadlineId;
    Screening => ScreeningId;
    ScreeningTransition => ScreeningTransitionId;
    Warehouse => WarehouseId;
    WarehouseDuty => WarehouseDutyId;
    /// What lies together in a warehouse.
    StockLot => StockLotId;
    StockMovement => StockMovementId;
    StockDelivery => StockDeliveryId;
    Stocktake => StocktakeId;
    /// A device for a person.
    DeviceAllocation => DeviceAllocationId;
    DeviceAllocationTransition => DeviceAllocationTransitionId;
    /// What was found at a follow-up.
    DeviceCheck => DeviceCheckId;
    DeviceRecall => DeviceRecallId;
    EmploymentStandard => EmploymentStandardId;
    Employer => EmployerId;
    Vacancy => VacancyId;
    JobSeeker => JobSeekerId;
    JobSeekerContact => JobSeekerContactId;
    JobReferral => JobReferralId;
    JobReferralTransition => JobReferralTransitionId;
    JobFair => JobFairId;
    JobFairAttendance => JobFairAttendanceId;
    Placement => PlacementId;
    PlacementEvidence => PlacementEvidenceId;
    PlacementTransition => PlacementTransitionId;
    RetentionCheck => RetentionCheckId;
    LevyEstimate => LevyEstimateId;
    DisabilityHome => DisabilityHomeId;
    HomeMember => HomeMemberId;
    HomePaySheet => HomePaySheetId;
    RenovationProject => RenovationProjectId;
    RenovationTransition => RenovationTransitionId;
    RenovationItem => RenovationItemId;
    /// What was found at a follow-up of a renovation.
    RenovationVisit => RenovationVisitId;
    ElderlyRenovation => ElderlyRenovationId;
    PublicVenue => PublicVenueId;
    PublicVenueTransition => PublicVenueTransitionId;
    PublicVenueItem => PublicVenueItemId;
    Petition => PetitionId;
    PetitionTransition => PetitionTransitionId;
    LegalAidApplication => LegalAidApplicationId;
    LegalAidTransition => LegalAidTransitionId;
    Activity => ActivityId;
    ActivityTransition => ActivityTransitionId;
    ActivityAttendance => ActivityAttendanceId;
    NeedStandard => NeedStandardId;
    NeedAssessment => NeedAssessmentId;
    Visit => VisitId;
    VisitTransition => VisitTransitionId;
    ImportJob => ImportJobId;
    /// One request, job or command; every record it leaves carries it.
    Request => RequestId;
}

// Derives would ask `K` for what only the UUID needs.
impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, f)
    }
}
impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, f)
    }
}
impl<K> FromStr for Id<K> {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self::new)
    }
}
impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.uuid.serialize(serializer)
    }
}
impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(Self::new)
    }
}
