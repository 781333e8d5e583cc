//! The one table of rights: which role may do what. Where it may do so is the division of the
//! organization that the role was granted in. `tests/rights.rs` keeps a picture of the whole
//! matrix, so that every change of rights is a visible difference.

use std::borrow::Cow;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};
use utoipa::{PartialSchema, ToSchema};

use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What a user is at an office.
    pub enum Role {
        VillageLiaison = "village_liaison", "村（社区）残疾人专职委员";
        TownshipCaseworker = "township_caseworker", "乡镇（街道）经办人";
        CountyCaseworker = "county_caseworker", "县残联经办人";
        CountyApprover = "county_approver", "县残联审批人";
        CivilAffairsOfficer = "civil_affairs_officer", "民政部门认定人";
        FinanceOfficer = "finance_officer", "财务人员";
        CitySupervisor = "city_supervisor", "市残联督导";
        InstitutionWorker = "institution_worker", "定点机构人员";
        Auditor = "auditor", "审计人员";
        SystemAdmin = "system_admin", "系统管理员";
        SecurityAdmin = "security_admin", "安全管理员";
        AuditAdmin = "audit_admin", "审计管理员";
    }
}

impl Role {
    /// The three who run the system, exclude each other, and see no resident.
    pub const fn is_administrator(self) -> bool {
        matches!(
            self,
            Self::SystemAdmin | Self::SecurityAdmin | Self::AuditAdmin
        )
    }
}

/// An action as a type, so that a handler's signature names it.
pub trait Act: 'static {
    const ACTION: Action;
}

macro_rules! policy {
    ($($(#[$doc:meta])* $action:ident = $name:literal: $($role:ident)|+;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action { $($(#[$doc])* $action),* }

        impl Action {
            pub const ALL: &[Self] = &[$(Self::$action),*];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$action => $name),* }
            }

            /// The rights table.
            pub const fn roles(self) -> &'static [Role] {
                match self { $(Self::$action => &[$(Role::$role),+]),* }
            }
        }

        /// One type an action, for [`super::Permit`].
        pub mod acts {
            $($(#[$doc])* #[derive(Debug)] pub enum $action {}
            impl super::Act for $action {
                const ACTION: super::Action = super::Action::$action;
            })*
        }
    };
}

policy! {
    DivisionRead = "division.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover
        | CivilAffairsOfficer | FinanceOfficer | CitySupervisor | InstitutionWorker | Auditor | SystemAdmin | SecurityAdmin | AuditAdmin;
    OrganizationRead = "organization.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover
        | CivilAffairsOfficer | FinanceOfficer | CitySupervisor | InstitutionWorker | Auditor | SystemAdmin | SecurityAdmin | AuditAdmin;
    OrganizationManage = "organization.manage": SystemAdmin;
    UserRead = "user.read": SystemAdmin | SecurityAdmin | AuditAdmin;
    /// Accounts: who exists.
    UserManage = "user.manage": SystemAdmin;
    /// Rights: who may.
    GrantManage = "grant.manage": SecurityAdmin;
    ResidentRead = "resident.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover
        | CivilAffairsOfficer | FinanceOfficer | CitySupervisor | Auditor;
    ResidentWrite = "resident.write": VillageLiaison | TownshipCaseworker | CountyCaseworker;
    /// Seeing what is masked, with a reason.
    ResidentDisclose = "resident.disclose": TownshipCaseworker | CountyCaseworker | CountyApprover | CivilAffairsOfficer;
    /// Two records of one person: saying so, or that they are two after all.
    MergeRead = "merge.read": TownshipCaseworker | CountyCaseworker | CountyApprover | CivilAffairsOfficer | CitySupervisor | Auditor;
    MergePropose = "merge.propose": CountyCaseworker;
    /// Deciding by another person, withdrawing, or proposing to undo.
    MergeAct = "merge.act": CountyCaseworker | CountyApprover;
    ProgramRead = "program.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover
        | CivilAffairsOfficer | FinanceOfficer | CitySupervisor | InstitutionWorker | Auditor | SystemAdmin | SecurityAdmin | AuditAdmin;
    /// Writing what a program lays down, for the divisions one works for.
    ProgramDraft = "program.draft": CitySupervisor | CountyApprover;
    /// What is not law yet: for those who make it, and those who look after them.
    ProgramDraftRead = "program.read_draft": CitySupervisor | CountyApprover | Auditor;
    /// Bringing it into force: by another person.
    ProgramApprove = "program.approve": CitySupervisor | CountyApprover;
    CaseRead = "case.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover
        | CivilAffairsOfficer | FinanceOfficer | CitySupervisor | Auditor;
    CaseFile = "case.file": VillageLiaison | TownshipCaseworker | CountyCaseworker;
    /// Moving a case: which move, the case's state and review step decide.
    CaseAct = "case.act": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover | CivilAffairsOfficer
        | CitySupervisor;
    /// What people brought: identity cards, medical records, proofs of income.
    DocumentRead = "document.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover
        | CivilAffairsOfficer | Auditor;
    DocumentWrite = "document.write": VillageLiaison | TownshipCaseworker | CountyCaseworker;
    NoteWrite = "note.write": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover | CivilAffairsOfficer;
    /// Who is related to whom, as the office knows it.
    RecusalRead = "recusal.read": TownshipCaseworker | CountyCaseworker | CountyApprover | CivilAffairsOfficer
        | CitySupervisor | Auditor;
    RecusalEnd = "recusal.end": CountyApprover | CitySupervisor;
    /// One's own desk.
    TaskRead = "task.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover | CivilAffairsOfficer;
    /// What services still have to look at.
    FollowUpRead = "follow_up.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover
        | CitySupervisor | Auditor;
    /// Everybody's desks.
    TaskAssign = "task.assign": CountyApprover | CitySupervisor;
    /// What is referred to one's own organization, and what is referred of the cases in one's sight.
    ReferralRead = "referral.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover
        | CivilAffairsOfficer | FinanceOfficer | CitySupervisor | InstitutionWorker | Auditor;
    /// Answering what is referred to one's own organization; who may act on the case takes it back.
    ReferralAct = "referral.act": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover
        | CivilAffairsOfficer | FinanceOfficer | CitySupervisor | InstitutionWorker;
    /// Who comes and who goes, with what is open.
    TransferRead = "transfer.read": TownshipCaseworker | CountyCaseworker | CountyApprover | CivilAffairsOfficer
        | CitySupervisor | Auditor;
    TransferAct = "transfer.act": CountyCaseworker;
    EnrollmentRead = "enrollment.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover
        | CivilAffairsOfficer | FinanceOfficer | CitySupervisor | Auditor;
    EntitlementRead = "entitlement.read": TownshipCaseworker | CountyCaseworker | CountyApprover
        | CivilAffairsOfficer | FinanceOfficer | CitySupervisor | Auditor;
    /// Having a month computed.
    EntitlementRun = "entitlement.run": CountyCaseworker | CivilAffairsOfficer | FinanceOfficer | CitySupervisor;
    /// What the public is told of payments.
    PublicListPublish = "public_list.publish": CountyCaseworker | CivilAffairsOfficer;
    /// The books.
    LedgerRead = "ledger.read": FinanceOfficer | CountyApprover | CitySupervisor | Auditor;
    /// Holding back a benefit that runs, paying it again, ending it.
    EnrollmentAct = "enrollment.act": CountyCaseworker | CountyApprover | CivilAffairsOfficer;
    /// What is paid, to whom, and what speaks against it; account numbers masked.
    PaymentRead = "payment.read": CountyCaseworker | CountyApprover | CivilAffairsOfficer | FinanceOfficer | CitySupervisor
        | Auditor;
    PaymentMake = "payment.make": CountyCaseworker | CivilAffairsOfficer | FinanceOfficer;
    /// Moving a payment batch: which move, its state and the three separate duties decide.
    PaymentAct = "payment.act": CountyCaseworker | CountyApprover | CivilAffairsOfficer | FinanceOfficer;
    /// Files to the bank, with account numbers in clear, and from it.
    PaymentExchange = "payment.exchange": FinanceOfficer;
    /// What is owed to organizations that deliver services.
    PayableRead = "payable.read": CountyCaseworker | CountyApprover | CivilAffairsOfficer | FinanceOfficer | CitySupervisor
        | Auditor;
    /// Where they are paid: said by one person, confirmed by another.
    PayeeRead = "payee.read": CountyCaseworker | CountyApprover | FinanceOfficer | CitySupervisor | Auditor;
    PayeePropose = "payee.propose": CountyCaseworker | FinanceOfficer;
    PayeeDecide = "payee.decide": CountyApprover | FinanceOfficer;
    BudgetRead = "budget.read": CountyApprover | FinanceOfficer | CitySupervisor | Auditor;
    BudgetDecide = "budget.decide": FinanceOfficer;
    /// Whom other offices' lists name.
    MatchRead = "match.read": CountyCaseworker | CountyApprover | CivilAffairsOfficer | FinanceOfficer | CitySupervisor | Auditor;
    MatchImport = "match.import": CountyCaseworker | CivilAffairsOfficer | CitySupervisor;
    /// Holding back or ending what a list names somebody for, or dismissing it.
    MatchDecide = "match.decide": CountyCaseworker | CountyApprover | CivilAffairsOfficer;
    /// What was paid and not due, and how it comes back.
    RecoveryRead = "recovery.read": CountyCaseworker | CountyApprover | CivilAffairsOfficer | FinanceOfficer | CitySupervisor
        | Auditor;
    /// Opening, serving, agreeing instalments and proposing what comes back.
    RecoveryAct = "recovery.act": CountyCaseworker | CivilAffairsOfficer | FinanceOfficer;
    RecoveryApprove = "recovery.approve": CountyApprover | FinanceOfficer;
    /// Who delivers which services, and under which agreement.
    InstitutionRead = "institution.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover
        | CivilAffairsOfficer | FinanceOfficer | CitySupervisor | InstitutionWorker | Auditor;
    /// Applying for an institution, and proposing what is agreed with it; its own people for it alone.
    InstitutionPropose = "institution.propose": CountyCaseworker | CitySupervisor | InstitutionWorker;
    /// Signing, suspending, ending.
    InstitutionDecide = "institution.decide": CountyApprover | CitySupervisor;
    /// What is done with a child: an institution's people see those who chose it, and no more of them than the work needs.
    RehabilitationRead = "rehabilitation.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover
        | CitySupervisor | InstitutionWorker | Auditor;
    /// Taking down what a guardian chose.
    RehabilitationChoose = "rehabilitation.choose": VillageLiaison | TownshipCaseworker | CountyCaseworker;
    /// Moving a plan, confirming a session: which, the state and the side decide.
    RehabilitationAct = "rehabilitation.act": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover
        | InstitutionWorker;
    /// Assessing and treating, for one's own institution.
    RehabilitationDeliver = "rehabilitation.deliver": InstitutionWorker;
    /// What institutions are owed.
    SettlementRead = "settlement.read": CountyCaseworker | CountyApprover | FinanceOfficer | CitySupervisor | InstitutionWorker | Auditor;
    SettlementPropose = "settlement.propose": InstitutionWorker;
    /// Checking or returning it, for the office; withdrawing it, for the institution.
    SettlementAct = "settlement.act": CountyCaseworker | CountyApprover | FinanceOfficer | InstitutionWorker;
    /// Taking back what was checked.
    SettlementCorrect = "settlement.correct": CountyCaseworker | CountyApprover | FinanceOfficer;
    /// What is needed, provided and achieved in targeted rehabilitation.
    RehabilitationServiceRead = "rehabilitation_service.read": TownshipCaseworker | CountyCaseworker | CountyApprover
        | CitySupervisor | Auditor;
    RehabilitationServiceAct = "rehabilitation_service.act": TownshipCaseworker | CountyCaseworker;
    ScreeningRead = "screening.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover | CitySupervisor
        | Auditor;
    /// What a screening found, and what followed of it.
    ScreeningWrite = "screening.write": TownshipCaseworker | CountyCaseworker;
    /// Within how many days something has to follow.
    ScreeningLayDown = "screening.lay_down": CountyApprover | CitySupervisor;
    DeviceCatalogRead = "device_catalog.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover
        | CivilAffairsOfficer | FinanceOfficer | CitySupervisor | InstitutionWorker | Auditor;
    DeviceCatalogManage = "device_catalog.manage": CitySupervisor;
    /// What lies where, and who looks after it.
    WarehouseRead = "warehouse.read": CountyCaseworker | CountyApprover | FinanceOfficer | CitySupervisor | Auditor;
    /// Opening a warehouse, saying who buys, keeps and counts, and when more is ordered.
    WarehouseManage = "warehouse.manage": CountyApprover | CitySupervisor;
    /// Buying, keeping and counting: which of them, one's duty at the warehouse says.
    StockAct = "stock.act": CountyCaseworker | FinanceOfficer | CitySupervisor;
    /// Deciding what a count found.
    StockApprove = "stock.approve": CountyApprover | CitySupervisor;
    /// Which devices people were evaluated to need, got and gave back.
    DeviceAllocationRead = "device_allocation.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover
        | CitySupervisor | Auditor;
    DeviceAllocationEvaluate = "device_allocation.evaluate": TownshipCaseworker | CountyCaseworker;
    /// Planning, supplying, fitting, delivering and taking back.
    DeviceAllocationAct = "device_allocation.act": TownshipCaseworker | CountyCaseworker;
    /// What was found when a device was looked at again.
    DeviceCheckRecord = "device_check.record": VillageLiaison | TownshipCaseworker | CountyCaseworker;
    DeviceRecallRead = "device_recall.read": TownshipCaseworker | CountyCaseworker | CountyApprover | CitySupervisor | Auditor;
    DeviceRecallMake = "device_recall.make": CountyApprover | CitySupervisor;
    /// What employment is measured by: wages, the quota levy.
    EmploymentStandardRead = "employment_standard.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover
        | FinanceOfficer | CitySupervisor | Auditor;
    EmploymentStandardPropose = "employment_standard.propose": CitySupervisor | CountyApprover;
    /// Bringing it into force: by another person.
    EmploymentStandardApprove = "employment_standard.approve": CitySupervisor | CountyApprover;
    /// Employers, vacancies and fairs, everywhere: nothing there is of a resident.
    VacancyRead = "vacancy.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover | FinanceOfficer
        | CitySupervisor | Auditor;
    VacancyWrite = "vacancy.write": TownshipCaseworker | CountyCaseworker;
    JobSeekerRead = "job_seeker.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover | CitySupervisor
        | Auditor;
    /// Files, contacts, referrals to vacancies, attendance at fairs.
    JobSeekerWrite = "job_seeker.write": VillageLiaison | TownshipCaseworker | CountyCaseworker;
    PlacementRead = "placement.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover | CitySupervisor
        | Auditor;
    /// Entering a placement with its evidence, its end, and how a retention check came out.
    PlacementWrite = "placement.write": TownshipCaseworker | CountyCaseworker;
    /// By another person than who entered the evidence.
    PlacementVerify = "placement.verify": CountyCaseworker | CountyApprover;
    LevyRead = "levy.read": CountyCaseworker | CountyApprover | FinanceOfficer | CitySupervisor | Auditor;
    LevyEstimate = "levy.estimate": CountyCaseworker | FinanceOfficer;
    HomeRead = "home.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover | CitySupervisor | Auditor;
    HomeManage = "home.manage": CountyCaseworker;
    /// Members, who came, what they earned.
    HomeWrite = "home.write": TownshipCaseworker | CountyCaseworker;
    /// By another person than who made the pay sheet.
    HomeConfirm = "home.confirm": CountyCaseworker | CountyApprover;
    /// Which dwellings are made accessible, and how far that is.
    RenovationRead = "renovation.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover | CitySupervisor
        | Auditor;
    RenovationSurvey = "renovation.survey": TownshipCaseworker | CountyCaseworker;
    /// Assessing, designing, building, inspecting, settling: which, the state and the office decide.
    RenovationAct = "renovation.act": TownshipCaseworker | CountyCaseworker | CountyApprover;
    /// What was found when a dwelling was looked at again.
    RenovationVisit = "renovation.visit": VillageLiaison | TownshipCaseworker | CountyCaseworker;
    /// Which dwellings the elderly-friendly program renovated.
    ElderlyRenovationWrite = "elderly_renovation.write": TownshipCaseworker | CountyCaseworker;
    /// Public venues, and what is missing there.
    PublicVenueRead = "public_venue.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover
        | CitySupervisor | Auditor;
    PublicVenueList = "public_venue.list": TownshipCaseworker | CountyCaseworker;
    /// Reporting, giving time, accepting: which, the state and the office decide.
    PublicVenueAct = "public_venue.act": TownshipCaseworker | CountyCaseworker | CountyApprover;
    /// What people ask or complain of; nobody sees what complains about themselves.
    PetitionRead = "petition.read": TownshipCaseworker | CountyCaseworker | CountyApprover | CitySupervisor | Auditor;
    PetitionReceive = "petition.receive": TownshipCaseworker | CountyCaseworker;
    /// Handling, extending and reviewing: which, the state and the level decide.
    PetitionAct = "petition.act": TownshipCaseworker | CountyCaseworker | CountyApprover | CitySupervisor;
    LegalAidRead = "legal_aid.read": TownshipCaseworker | CountyCaseworker | CountyApprover | CitySupervisor | Auditor;
    LegalAidFile = "legal_aid.file": TownshipCaseworker | CountyCaseworker;
    /// Deciding, by another person than who filed it, assigning, closing.
    LegalAidAct = "legal_aid.act": CountyCaseworker | CountyApprover;
    ActivityRead = "activity.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover | CitySupervisor
        | Auditor;
    /// Planning, holding and correcting an activity, and who came.
    ActivityWrite = "activity.write": TownshipCaseworker | CountyCaseworker | CitySupervisor;
    /// By what need is measured.
    NeedStandardRead = "need_standard.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover
        | CitySupervisor | Auditor;
    NeedStandardPropose = "need_standard.propose": CountyCaseworker | CountyApprover | CitySupervisor;
    /// Bringing it into force: by another person.
    NeedStandardApprove = "need_standard.approve": CitySupervisor | CountyApprover;
    /// Who is most in need, and why.
    NeedScoreRead = "need_score.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover | CitySupervisor
        | Auditor;
    NeedAssess = "need_score.assess": TownshipCaseworker | CountyCaseworker | CitySupervisor;
    VisitRead = "visit.read": VillageLiaison | TownshipCaseworker | CountyCaseworker | CountyApprover | CitySupervisor | Auditor;
    /// Planning a visit by hand, and what came of it.
    VisitWrite = "visit.write": VillageLiaison | TownshipCaseworker | CountyCaseworker;
    /// Planning for many, from the list of those most in need.
    VisitPlan = "visit.plan": TownshipCaseworker | CountyCaseworker;
    /// An audit administrator sees only records that speak of no resident.
    AuditRead = "audit.read": Auditor | AuditAdmin;
}

impl Action {
    /// What somebody answers for in person: no key of another system does it.
    pub const fn takes_a_person(self) -> bool {
        matches!(
            self,
            Self::CaseAct
                | Self::MergeAct
                | Self::RecusalEnd
                | Self::TaskAssign
                | Self::ReferralAct
                | Self::TransferAct
                | Self::EnrollmentAct
                | Self::PaymentMake
                | Self::PublicListPublish
                | Self::PaymentAct
                | Self::PaymentExchange
                | Self::PayeePropose
                | Self::PayeeDecide
                | Self::BudgetDecide
                | Self::MatchDecide
                | Self::RecoveryAct
                | Self::RecoveryApprove
                | Self::InstitutionDecide
                | Self::RehabilitationChoose
                | Self::RehabilitationAct
                | Self::RehabilitationDeliver
                | Self::SettlementPropose
                | Self::SettlementAct
                | Self::SettlementCorrect
                | Self::RehabilitationServiceAct
                | Self::ScreeningLayDown
                | Self::WarehouseManage
                | Self::StockAct
                | Self::StockApprove
                | Self::DeviceAllocationEvaluate
                | Self::DeviceAllocationAct
                | Self::DeviceRecallMake
                | Self::EmploymentStandardApprove
                | Self::PlacementVerify
                | Self::HomeConfirm
                | Self::RenovationSurvey
                | Self::RenovationAct
                | Self::PublicVenueAct
                | Self::PetitionAct
                | Self::LegalAidAct
                | Self::NeedStandardApprove
                | Self::UserManage
                | Self::GrantManage
                | Self::ProgramApprove
        )
    }

    pub fn allows(self, role: Role) -> bool {
        self.roles().contains(&role)
    }
}

impl FromStr for Action {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let named = Self::ALL.iter().find(|action| action.as_str() == name);
        named
            .copied()
            .ok_or_else(|| format!("there is no permit {name}"))
    }
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl PartialSchema for Action {
    fn schema() -> RefOr<Schema> {
        let names = Self::ALL.iter().map(|action| action.as_str());
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(names))
            .into()
    }
}

impl ToSchema for Action {
    fn name() -> Cow<'static, str> {
        "PermitName".into()
    }
}
