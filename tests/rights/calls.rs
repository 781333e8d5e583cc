//! How every operation of the API document is called: by whom, and on whose things.

use std::fmt::Write;

use huican::access::Role;
use huican::cli::demo::offices::PASSWORD;
use serde_json::{Value, json};

use crate::petitions::Heard;
use crate::screenings::Care;
use crate::support::TestOffice;
use crate::support::allocations::{Equipped, evaluation};
use crate::support::employment::{Work, evidence};
use crate::support::office::{Client, Reply};
use crate::support::payments::{BANK_ANSWER, Owed, PaidOut};
use crate::support::people::{PDF, fresh_citizen_id, id_of, person};
use crate::support::rehabilitation::Treated;
use crate::support::renovations::Renovated;
use crate::support::stock::{CATALOG, Stocked, wheelchair};
use crate::visits::Visited;

/// One account a role; all but the last five work in 990121.
pub const PEOPLE: [(&str, Role); 12] = [
    ("liaison.990121103201", Role::VillageLiaison),
    ("township.990121103", Role::TownshipCaseworker),
    ("county.990121", Role::CountyCaseworker),
    ("approver.990121", Role::CountyApprover),
    ("civil.990121", Role::CivilAffairsOfficer),
    ("finance.990121", Role::FinanceOfficer),
    ("auditor.990121", Role::Auditor),
    ("institution.990121", Role::InstitutionWorker),
    ("supervisor.990100", Role::CitySupervisor),
    ("sysadmin", Role::SystemAdmin),
    ("secadmin", Role::SecurityAdmin),
    ("auditadmin", Role::AuditAdmin),
];

pub const NOWHERE: &str = "0190a000-0000-7000-8000-000000000000";

/// Whose thing is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Own,
    Other,
    Missing,
}

/// Something of everything, in one county.
pub struct Belongings {
    pub division: &'static str,
    pub resident: String,
    /// The resident's.
    pub version: i64,
    pub case: String,
    pub application: String,
    pub document: String,
    /// A case that was approved, and the notice of that.
    pub approved: String,
    pub notice: String,
    pub enrollment: String,
    pub organization: String,
    /// A case whose initial review waits, and somebody who may take it.
    pub task: String,
    pub reviewer: String,
    /// What the reviewer asked for.
    pub supplement: String,
    /// What somebody declared of the resident.
    pub recusal: String,
    /// What the case is referred to the county's institution for.
    pub referral: String,
    pub institution: String,
    /// Where that might be paid.
    pub payee_account: String,
    /// Of somebody who moves to a third county.
    pub transfer: String,
    /// Somebody who might.
    pub leaver: String,
    /// A household with two members: the other one of them.
    pub person: String,
    /// A proposal about two other records; one of them might be merged with the resident.
    pub merge: String,
    pub duplicate: String,
    /// What is paid to the resident.
    pub paid: PaidOut,
    /// What somebody else was paid too much, and a list that names the resident.
    pub owed: Owed,
    /// What an institution does with a child of theirs.
    pub treated: Treated,
    /// What somebody needs, an approved case for which nothing is noted, and what a screening found.
    pub care: Care,
    /// The county's warehouse, and what lies there.
    pub stock: Stocked,
    /// Who gets a device there, and what is called back.
    pub equipped: Equipped,
    /// Whose home is renovated there.
    pub renovated: Renovated,
    /// Who works there, and who wants to.
    pub work: Work,
    /// What somebody complains of, and for what somebody needs a lawyer.
    pub heard: Heard,
    /// Who came to what was held, who is in need, and who is visited.
    pub visited: Visited,
}

impl Belongings {
    pub async fn of(office: &TestOffice, village: &'static str) -> Self {
        Self::of_somebody(office, village, person()).await
    }

    pub async fn of_somebody(
        office: &TestOffice,
        village: &'static str,
        mut somebody: Value,
    ) -> Self {
        somebody["division_code"] = json!(village);
        let number = somebody["id_number"].as_str().unwrap().to_owned();
        let resident = id_of(&office.register(somebody).await);
        let (county, township) = (&village[..6], &village[..9]);
        let mut other = person();
        other["division_code"] = json!(village);
        let debtor = id_of(&office.register(other).await);
        let approved = endorsed(office, village, &resident).await;
        let owing = endorsed(office, village, &debtor).await;
        let mut homes = Vec::new();
        for _ in 0..3 {
            homes.push(office.noticed_home(village).await);
        }
        office.pass_days(30).await;
        let renovated = office.renovated(village, homes.try_into().unwrap()).await;
        let approver = office.as_user(&format!("approver.{county}")).await;
        approver.act(&approved, "approve").await.expect(201);
        approver.act(&owing, "approve").await.expect(201);
        let enrollments = approver
            .get(&format!("/v1/enrollments?case_id={approved}"))
            .await
            .expect(200);
        let notices = format!("/v1/cases/{approved}/notices");
        let notices = approver.get(&notices).await.expect(200);
        let filer = office.as_user(&format!("township.{township}")).await;
        let form =
            json!({"resident_id": resident, "programs": [{"program_code": "living_subsidy"}]});
        let application = filer.post("/v1/applications", form).await.expect(201);
        let case = id_of(&application["cases"][0]);
        let document = filer.attach(&case, "kind=other&name=file.pdf", PDF).await;
        let organizations = filer
            .get(&format!("/v1/organizations?division_code={village}"))
            .await
            .expect(200);
        let civil = office.as_user(&format!("civil.{county}")).await;
        let relation = json!({"relation": "friend_or_interest"});
        let recusal = id_of(
            &civil
                .post(&format!("/v1/cases/{case}/recusals"), relation)
                .await
                .expect(201),
        );
        let (task, reviewer, supplement) = waiting(office, village).await;
        let institution = institution(office, county).await;
        let payee_account = payee_account(office, county, &institution).await;
        let asked = json!({"to_organization_id": institution, "purpose": "步态训练"});
        let referral = id_of(
            &filer
                .post(&format!("/v1/cases/{case}/referrals"), asked)
                .await
                .expect(201),
        );
        let (transfer, leaver) = moving(office, village).await;
        let person = at_home(office, village, &resident).await;
        let (merge, duplicate) = proposed(office, village).await;
        let paid = office.paid_out(village, &resident).await;
        let owed = office.owed(village, &debtor, &number).await;
        let treated = office.treated(village, &institution).await;
        let care = office.care(village).await;
        let stock = office.stocked(county).await;
        let equipped = office.equipped(village).await;
        let work = office.work_in(village).await;
        let heard = office.heard(village).await;
        let visited = office.visited_in(village).await;
        let filer = office.as_user(&format!("township.{township}")).await;
        let known = filer.get(&format!("/v1/residents/{resident}")).await;
        let version = known.expect(200)["version"].as_i64().unwrap();
        Self {
            version,
            paid,
            owed,
            treated,
            care,
            stock,
            equipped,
            renovated,
            work,
            heard,
            visited,
            person,
            merge,
            duplicate,
            referral,
            institution,
            payee_account,
            transfer,
            leaver,
            task,
            reviewer,
            supplement,
            recusal,
            division: village,
            resident,
            case,
            application: id_of(&application),
            document: id_of(&document.expect(201)),
            notice: id_of(&notices["items"][0]),
            approved,
            enrollment: id_of(&enrollments["items"][0]),
            organization: id_of(&organizations["items"][0]),
        }
    }

    pub fn nowhere() -> Self {
        let missing = || NOWHERE.to_owned();
        Self {
            division: "990199000000",
            version: 1,
            resident: missing(),
            case: missing(),
            application: missing(),
            document: missing(),
            approved: missing(),
            notice: missing(),
            enrollment: missing(),
            organization: missing(),
            task: missing(),
            reviewer: missing(),
            supplement: missing(),
            recusal: missing(),
            referral: missing(),
            institution: missing(),
            payee_account: missing(),
            transfer: missing(),
            leaver: missing(),
            person: missing(),
            merge: missing(),
            duplicate: missing(),
            paid: PaidOut {
                run: missing(),
                entitlement: missing(),
                public_list: missing(),
                batch: missing(),
                flag: missing(),
                released: missing(),
                payment: missing(),
                bank_return: missing(),
            },
            owed: Owed {
                enrollment: missing(),
                recovery: missing(),
                movement: missing(),
                named: missing(),
            },
            treated: Treated {
                case: missing(),
                plan: missing(),
                session: missing(),
                settlement: missing(),
                line: missing(),
                day: "2022-07-04".to_owned(),
            },
            care: Care {
                case: missing(),
                service: missing(),
                screened: missing(),
                screening: missing(),
            },
            equipped: Equipped {
                case: missing(),
                allocation: missing(),
                follow_up: missing(),
                recall: missing(),
            },
            renovated: Renovated {
                case: missing(),
                surveyed: missing(),
                accepted: missing(),
                follow_up: missing(),
                home: missing(),
                photo: missing(),
                elderly: missing(),
                venue: missing(),
            },
            stock: Stocked {
                organization: missing(),
                warehouse: missing(),
                duty: missing(),
                helper: missing(),
                lot: missing(),
                movement: missing(),
                delivery: missing(),
                stocktake: missing(),
            },
            work: Work {
                standard: missing(),
                employer: missing(),
                vacancy: missing(),
                job_seeker: missing(),
                job_referral: missing(),
                job_fair: missing(),
                placement: missing(),
                verified: missing(),
                retention_check: missing(),
                levy_estimate: missing(),
                home: missing(),
                member: missing(),
                pay_sheet: missing(),
                resident: missing(),
            },
            heard: Heard {
                resident: missing(),
                petition: missing(),
                application: missing(),
            },
            visited: Visited {
                activity: missing(),
                attendance: missing(),
                standard: missing(),
                assessment: missing(),
                visit: missing(),
                resident: missing(),
            },
        }
    }
}

/// A case for the nursing subsidy that only waits for its public notice to end.
async fn endorsed(office: &TestOffice, village: &str, resident: &str) -> String {
    let (county, township) = (&village[..6], &village[..9]);
    let filer = office.as_user(&format!("township.{township}")).await;
    let body = json!({"resident_id": resident, "program_code": "nursing_subsidy", "details": {}});
    let case = id_of(&filer.post("/v1/cases", body).await.expect(201));
    filer.act(&case, "submit").await.expect(201);
    for reviewer in [
        format!("township2.{township}"),
        format!("county.{county}"),
        format!("civil.{county}"),
    ] {
        let reviewer = office.as_user(&reviewer).await;
        reviewer.act(&case, "endorse").await.expect(201);
    }
    case
}

/// Somebody else's case at initial review, filed by the liaison, who reviews there, and what they ask for.
async fn waiting(office: &TestOffice, village: &str) -> (String, String, String) {
    let mut somebody = person();
    somebody["division_code"] = json!(village);
    let resident = id_of(&office.register(somebody).await);
    let liaison = office.as_user(&format!("liaison.{village}")).await;
    let body = json!({"resident_id": resident, "program_code": "nursing_subsidy"});
    let case = id_of(&liaison.post("/v1/cases", body).await.expect(201));
    liaison.act(&case, "submit").await.expect(201);
    let reviewer = office
        .as_user(&format!("township2.{}", &village[..9]))
        .await;
    let path = format!("/v1/cases/{case}/supplement-requests");
    let asked = reviewer.post_seen(
        &path,
        2,
        json!({"what": "护理证明", "due_date": "2022-12-31"}),
    );
    let asked = id_of(&asked.await.expect(201));
    (
        case,
        id_of(&reviewer.get("/v1/me").await.expect(200)),
        asked,
    )
}

/// The one institution of a county.
async fn institution(office: &TestOffice, county: &str) -> String {
    let system = office.as_user("sysadmin").await;
    let list = format!("/v1/organizations?division_code={county}");
    let code = format!("{county}000000");
    let all = office.pages("sysadmin", &list, 200).await;
    let known = all
        .iter()
        .find(|one| one["kind"] == "institution" && one["division_code"] == code.as_str());
    if let Some(known) = known {
        return id_of(known);
    }
    let new = json!({"name": "某康复中心", "kind": "institution", "division_code": county});
    id_of(&system.post("/v1/organizations", new).await.expect(201))
}

/// Where an institution is to be paid, as somebody proposes it or did.
async fn payee_account(office: &TestOffice, county: &str, institution: &str) -> String {
    let clerk = office.as_user(&format!("county.{county}")).await;
    let path = format!("/v1/organizations/{institution}/bank-accounts");
    let known = clerk.get(&path).await.expect(200);
    if let Some(known) = known["items"].as_array().unwrap().first() {
        return id_of(known);
    }
    let account = json!({"bank_account": "123456789012", "bank_name": "虚川农村商业银行"});
    id_of(&clerk.post(&path, account).await.expect(201))
}

fn to_a_third_county() -> Value {
    json!({"to_division_code": "990123001001", "reason": "随子女迁居", "moved_date": "2022-07-01"})
}

/// The transfer of somebody who moves, and somebody else who might.
async fn moving(office: &TestOffice, village: &str) -> (String, String) {
    let mut people = Vec::new();
    for _ in 0..2 {
        let mut somebody = person();
        somebody["division_code"] = json!(village);
        people.push(id_of(&office.register(somebody).await));
    }
    let county = office.as_user(&format!("county.{}", &village[..6])).await;
    let path = format!("/v1/residents/{}/transfers", people[0]);
    let transfer = county.post(&path, to_a_third_county()).await.expect(201);
    (id_of(&transfer), people.remove(1))
}

/// Somebody who lives with a resident.
async fn at_home(office: &TestOffice, village: &str, resident: &str) -> String {
    let township = office.as_user(&format!("township.{}", &village[..9])).await;
    let household =
        json!({"relation": "head", "members": [{"name": "王五", "relation": "spouse"}]});
    let path = format!("/v1/residents/{resident}/household");
    let opened = township.post(&path, household).await.expect(201);
    let members = opened["members"].as_array().unwrap();
    let spouse = members.iter().find(|one| one["relation"] == "spouse");
    spouse.unwrap()["person_id"].as_str().unwrap().to_owned()
}

/// Two records that might be one person's, a proposal that they are, and a third.
async fn proposed(office: &TestOffice, village: &str) -> (String, String) {
    let mut records = Vec::new();
    for _ in 0..3 {
        let mut somebody = person();
        somebody["division_code"] = json!(village);
        records.push(id_of(&office.register(somebody).await));
    }
    let county = office.as_user(&format!("county.{}", &village[..6])).await;
    let body = json!({"duplicate_id": records[1], "reason": "身份证号登记有误"});
    let path = format!("/v1/residents/{}/merges", records[0]);
    let merge = county.post(&path, body).await.expect(201);
    (id_of(&merge), records.pop().unwrap())
}

/// Accounts belong to no county.
pub struct Account {
    pub user: String,
    pub grant: String,
    pub key: String,
    /// Of a program's version, by somebody of the city: one to approve, one to change and discard.
    pub drafts: [String; 2],
    /// Of the first of them, for the whole city.
    pub simulation: String,
}

/// What a version from 2040 on lays down.
pub fn terms() -> Value {
    json!({
        "division_code": "990100", "effective_from": "2040-01-01", "legal_basis": "民发〔2021〕70号",
        "steps": [
            {"step": "initial_review", "role": "township_caseworker", "working_days": 5},
            {"step": "approval", "role": "county_approver", "working_days": 5},
        ],
        "rules": {
            "clauses": [{"code": "certificate_valid", "when": "certificate.valid", "zh": "残疾人证有效", "en": "the certificate is valid"}],
            "benefit": {"amount_fen": "13000", "zh": "每月130元", "en": "130 yuan a month"},
        },
    })
}

/// How an operation is called.
pub struct Call {
    pub method: String,
    pub path: String,
    pub body: Option<Value>,
    /// What is sent instead of a form.
    pub file: Option<&'static [u8]>,
    /// The version that is sent along.
    pub seen: i64,
}

/// Within a year of whenever everything is there.
const VISIT_DUE: &str = "2022-12-31";

pub fn call(
    operation: &Value,
    method: &str,
    path: &str,
    on: &Belongings,
    account: &Account,
    whose: Whose,
) -> Call {
    let id = operation["operationId"].as_str().unwrap();
    let entity = match path.split('/').nth(2).unwrap_or_default() {
        "residents" if id == "create_transfer" => &on.leaver,
        "residents" => &on.resident,
        "cases" if path.contains("{notice_id}") => &on.approved,
        "cases" if path.contains("{document_id}") => &on.renovated.home,
        "cases" => &on.case,
        "applications" => &on.application,
        "documents" => &on.document,
        "enrollments" => &on.enrollment,
        "organizations" if id.contains("organization_account") => &on.institution,
        "organizations" => &on.organization,
        "tasks" => &on.task,
        "supplement-requests" => &on.supplement,
        "referrals" => &on.referral,
        "transfers" => &on.transfer,
        "resident-merges" => &on.merge,
        "payment-batches" => match id {
            "get_payment_list" | "get_bank_file" => &on.paid.released,
            _ if id.contains("bank_return") => &on.paid.released,
            _ => &on.paid.batch,
        },
        "payments" => &on.paid.payment,
        "entitlement-runs" => &on.paid.run,
        "entitlements" => &on.paid.entitlement,
        "public-lists" => &on.paid.public_list,
        "recoveries" => &on.owed.recovery,
        "matches" => &on.owed.named,
        "institutions" => &on.institution,
        "rehabilitation-plans" => &on.treated.plan,
        "rehabilitation-sessions" => &on.treated.session,
        "settlements" => &on.treated.settlement,
        "rehabilitation-services" => &on.care.service,
        "screenings" => &on.care.screening,
        "warehouses" => &on.stock.warehouse,
        "stock-movements" => &on.stock.movement,
        "stock-deliveries" => &on.stock.delivery,
        "device-allocations" => &on.equipped.allocation,
        "follow-ups" => &on.equipped.follow_up,
        "device-recalls" => &on.equipped.recall,
        "renovation-projects" => match id {
            "create_renovation_visit" => &on.renovated.accepted,
            _ => &on.renovated.surveyed,
        },
        "elderly-renovations" => &on.renovated.elderly,
        "public-venues" => &on.renovated.venue,
        "employment-standards" => &on.work.standard,
        "employers" => &on.work.employer,
        "vacancies" => &on.work.vacancy,
        "job-seekers" => &on.work.job_seeker,
        "job-referrals" => &on.work.job_referral,
        "job-fairs" => &on.work.job_fair,
        "placements" => match id {
            "create_placement_ending" => &on.work.verified,
            _ => &on.work.placement,
        },
        "retention-checks" => &on.work.retention_check,
        "levy-estimates" => &on.work.levy_estimate,
        "disability-homes" => &on.work.home,
        "activities" => &on.visited.activity,
        "activity-attendances" => &on.visited.attendance,
        "need-standards" => &on.visited.standard,
        "need-assessments" => &on.visited.assessment,
        "visits" => &on.visited.visit,
        "stocktakes" => &on.stock.stocktake,
        "petitions" => &on.heard.petition,
        "legal-aid-applications" => &on.heard.application,
        _ if whose == Whose::Missing => NOWHERE,
        _ => &account.user,
    };
    let code = match (path.contains("programs"), whose) {
        (true, Whose::Missing) => "unheard_of",
        (true, _) => "nursing_subsidy",
        (false, _) => on.division,
    };
    let [grant, key, draft, simulation] = match whose {
        Whose::Missing => [NOWHERE; 4],
        _ => {
            let [draft, other] = &account.drafts;
            let draft = match id {
                "approve_program_draft" | "create_simulation" => draft,
                _ => other,
            };
            [&account.grant, &account.key, draft, &account.simulation].map(String::as_str)
        }
    };
    let mut path = path
        .replace("{id}", entity)
        .replace("{code}", code)
        .replace("{grant_id}", grant)
        .replace("{key_id}", key)
        .replace("{draft_id}", draft)
        .replace("{simulation_id}", simulation)
        .replace("{recusal_id}", &on.recusal)
        .replace("{notice_id}", &on.notice)
        .replace("{person_id}", &on.person)
        .replace("{flag_id}", &on.paid.flag)
        .replace("{return_id}", &on.paid.bank_return)
        .replace("{movement_id}", &on.owed.movement)
        .replace("{account_id}", &on.payee_account)
        .replace("{duty_id}", &on.stock.duty)
        .replace("{edition}", "2022")
        .replace("{device_code}", "122203")
        .replace("{member_id}", &on.work.member)
        .replace("{sheet_id}", &on.work.pay_sheet)
        .replace("{document_id}", &on.renovated.photo);
    let by_division = operation["parameters"]
        .as_array()
        .is_some_and(|all| all.iter().any(|one| one["name"] == "division_code"));
    if id == "list_simulation_residents" {
        path += "?month=2022-07&kind=winner";
    }
    if id == "create_match_list" {
        write!(
            path,
            "?kind=deaths&division_code={}000000",
            &on.division[..6]
        )
        .unwrap();
    } else if by_division {
        write!(path, "?division_code={}", on.division).unwrap();
    }
    match id {
        "list_applications" | "list_application_proposals" => {
            write!(path, "?resident_id={}", on.resident).unwrap();
        }
        "add_document" => path.push_str("?kind=other&name=file"),
        "get_new_employment" | "get_graduate_employment" => path.push_str("&year=2022"),
        "list_home_attendance" => path.push_str("?month=2022-05"),
        "get_warehouse_turnover" | "get_warehouse_register" => {
            path.push_str("?from_date=2022-01-01&to_date=2022-12-31");
        }
        "list_financial_disclosures" => path.push_str("&from_month=2022-01&to_month=2022-12"),
        "count_rehabilitation_services"
        | "count_renovations"
        | "count_petitions"
        | "count_activities"
        | "count_visits" => {
            path.push_str("&from_date=2022-01-01&to_date=2022-12-31");
        }
        _ => {}
    }
    let number = fresh_citizen_id();
    let body = match id {
        "create_resident" => Some(json!({
            "name": "李四", "id_number": number, "division_code": on.division, "circumstances": {}
        })),
        "create_case" => Some(
            json!({"resident_id": on.resident, "program_code": "nursing_subsidy", "details": {}}),
        ),
        "create_application" => Some(
            json!({"resident_id": on.resident, "programs": [{"program_code": "nursing_subsidy"}]}),
        ),
        "submit_application" | "hand_over_desk" | "end_warehouse_duty" => Some(json!({})),
        "create_case_note" => Some(json!({"text": "已电话核实"})),
        "withdraw_document" => Some(json!({"reason": "误传材料"})),
        "create_case_transition" => Some(json!({"action": "withdraw"})),
        "create_transition_batch" => {
            Some(json!({"items": [{"case_id": on.case, "version": 1, "action": "withdraw"}]}))
        }
        "create_referral" => {
            Some(json!({"to_organization_id": on.institution, "purpose": "步态训练"}))
        }
        "create_referral_transition" | "create_transfer_transition" => {
            Some(json!({"action": "cancel", "comment": "不再需要"}))
        }
        "create_enrollment_review" => Some(json!({"outcome": "passed"})),
        "create_enrollment_transition" => Some(json!({"action": "suspend", "reason": "missing"})),
        "create_entitlement_run" => {
            Some(json!({"division_code": &on.division[..6], "month": "2022-07"}))
        }
        "create_public_list" => Some(
            json!({"division_code": on.division, "program_code": "nursing_subsidy",
            "first_month": "2022-08", "to_date": "2030-01-31", "phone": "0991-1234567"}),
        ),
        "create_entitlement_run_transition" => Some(json!({"action": "cancel"})),
        "create_payment_batch" => Some(
            json!({"division_code": &on.division[..6], "program_code": "nursing_subsidy", "month": "2022-07"}),
        ),
        "create_payment_batch_transition" => {
            Some(json!({"action": "cancel", "comment": "重新制单"}))
        }
        "propose_organization_account" => {
            Some(json!({"bank_account": "123456789012", "bank_name": "虚川农村商业银行"}))
        }
        "decide_organization_account" => Some(json!({"decision": "confirm"})),
        "clear_payment_flag" => Some(json!({"reason": "已核对户口簿"})),
        "decide_match" => Some(json!({"outcome": "dismiss", "comment": "系同名"})),
        "create_recovery" => Some(json!({"enrollment_id": on.owed.enrollment})),
        "create_recovery_transition" => Some(json!({
            "action": "notify", "method": "in_person", "recipient": "self", "served_date": "2022-09-02"
        })),
        "create_recovery_instalments" => Some(json!({"from_month": "2022-09", "amount_fen": 100})),
        "create_recovery_movement" => {
            Some(json!({"kind": "write_off", "amount_fen": 1, "note": "无力退回"}))
        }
        "decide_recovery_movement" => Some(json!({"outcome": "reject", "comment": "材料不全"})),
        "create_budget" => Some(
            json!({"division_code": &on.division[..6], "program_code": "nursing_subsidy", "year": 2030, "amount_fen": 1, "reason": "县财社"}),
        ),
        "create_rehabilitation_service" => {
            Some(json!({"case_id": on.care.case, "kind": "vision", "need": "视力下降"}))
        }
        "create_rehabilitation_service_transition" => {
            Some(json!({"action": "cancel", "comment": "本人已自行配置"}))
        }
        "create_screening_deadline" => Some(
            json!({"division_code": &on.division[..6], "kind": "autism", "effective_from": "2030-01-01",
            "positive_days": 30, "doubtful_days": 45, "intervention_days": 60, "legal_basis": "国卫妇幼发〔2022〕24号"}),
        ),
        "create_screening" => Some(
            json!({"resident_id": on.care.screened, "kind": "visual", "screened_date": "2022-07-01",
            "place": "县妇幼保健院", "result": "negative"}),
        ),
        "create_screening_transition" => Some(json!({"action": "end", "comment": "已迁往外省"})),
        "create_warehouse" => {
            Some(json!({"name": number, "organization_id": on.stock.organization}))
        }
        "assign_warehouse_duty" => Some(json!({"user_id": on.stock.helper, "duty": "keeper"})),
        "create_stock_movement" => Some(
            json!({"kind": "issue", "lot_id": on.stock.lot, "quantity": 1, "counterpart": "某康复站"}),
        ),
        "create_stocktake" => Some(
            json!({"warehouse_id": on.stock.warehouse, "lines": [{"lot_id": on.stock.lot, "counted_quantity": 0, "explanation": "待查"}]}),
        ),
        "create_stocktake_transition" => Some(json!({"action": "return", "comment": "重新盘点"})),
        "set_reorder_level" => Some(json!({"edition": "2022", "code": "122203", "quantity": 5})),
        "reverse_stock_movement" => Some(json!({"reason": "误登数量"})),
        "create_stock_delivery" => Some(
            json!({"kind": "purchase", "to_warehouse_id": on.stock.warehouse, "quantity": 1, "lot": wheelchair(), "invoice_number": number}),
        ),
        "create_stock_delivery_transition" => {
            Some(json!({"action": "cancel", "reason": "不再采购"}))
        }
        "create_device_allocation" => Some(json!({
            "case_id": on.equipped.case, "edition": "2022", "code": "122203",
            "evaluation": evaluation(&on.stock.organization, &on.treated.day)
        })),
        "create_device_allocation_transition" => {
            Some(json!({"action": "plan", "comment": "配手动轮椅一辆"}))
        }
        "create_follow_up_result" => Some(json!({"result": "in_use"})),
        "create_device_recall" => Some(
            json!({"edition": "2022", "code": "122203", "batch_number": number, "reason": "前轮轴承有断裂风险"}),
        ),
        "create_renovation_project" => Some(json!({
            "case_id": on.renovated.case, "address": format!("康宁路{number}号"), "finding": "门前三级台阶"
        })),
        "create_renovation_transition" => {
            Some(json!({"action": "cancel", "comment": "房屋将拆迁"}))
        }
        "create_renovation_visit" => {
            Some(json!({"follow_up_id": on.renovated.follow_up, "result": "in_use"}))
        }
        "create_elderly_renovation" => Some(json!({
            "division_code": on.division, "address": format!("康宁路{number}号"), "completed_date": "2022-05-20", "source": "民政局名单"
        })),
        "create_public_venue" => Some(json!({
            "name": format!("服务点{number}"), "kind": "government", "division_code": on.division, "address": "人民路1号",
            "owner": "镇人民政府", "items": [{"kind": "entrance", "finding": "三级台阶", "due_date": "2030-01-01"}]
        })),
        "create_public_venue_transition" => {
            Some(json!({"action": "cancel", "comment": "场所已停用"}))
        }
        "withdraw_elderly_renovation" => Some(json!({"reason": "门牌号有误"})),
        "create_transfer" => Some(to_a_third_county()),
        "create_institution" => Some(json!({
            "organization_id": on.institution, "service_types": ["physical"], "address": "康宁路8号",
            "contact": "王主任", "licence_number": "KF-0007"
        })),
        "create_institution_agreement" => Some(json!({
            "division_code": format!("{}000000", &on.division[..6]), "service_types": ["physical"], "capacity": 9,
            "valid_from": "2030-01-01", "valid_to": "2031-01-01"
        })),
        "create_institution_transition" => Some(json!({"action": "suspend", "comment": "整改"})),
        "create_rehabilitation_plan" => Some(json!({
            "case_id": on.treated.case, "institution_id": on.institution, "service_type": "physical", "goals": "独立行走"
        })),
        "create_rehabilitation_plan_transition" => {
            Some(json!({"action": "end", "comment": "家长放弃"}))
        }
        "create_rehabilitation_assessment" => Some(json!({
            "kind": "mid", "tool": "GMFM-88", "score": 100, "assessor": "李治疗师", "assessed_date": on.treated.day
        })),
        "create_rehabilitation_session" => Some(json!({
            "plan_id": on.treated.plan, "started_at": format!("{}T07:00:00+08:00", on.treated.day), "minutes": 30, "therapist": "王治疗师"
        })),
        "create_rehabilitation_session_transition" => {
            Some(json!({"action": "void", "reason": "记错"}))
        }
        "create_settlement" => {
            Some(json!({"institution_id": on.institution, "month": &on.treated.day[..7]}))
        }
        "create_settlement_transition" => Some(json!({"action": "return", "comment": "缺签字"})),
        "create_settlement_reversal" => {
            Some(json!({"line_id": on.treated.line, "reason": "签到不符"}))
        }
        "declare_recusal" => Some(json!({"relation": "sibling"})),
        "end_recusal" => Some(json!({"reason": "并非亲属"})),
        "assign_task" => Some(json!({"user_id": on.reviewer})),
        "claim_task"
        | "approve_program_draft"
        | "add_document"
        | "create_bank_return"
        | "create_match_list"
        | "import_device_catalog" => None,
        // After both counties' notices were issued.
        "serve_decision_notice" => {
            Some(json!({"method": "in_person", "recipient": "self", "served_date": "2022-09-02"}))
        }
        "request_supplement" => Some(json!({"what": "护理证明"})),
        "answer_supplement_request" => Some(json!({"comment": "已补充"})),
        "search_residents" => Some(json!({"id_number": number})),
        "update_resident" => Some(json!({"phone": null})),
        "record_certificate" => {
            Some(json!({"number": format!("{number}41"), "issued_date": "2022-01-01"}))
        }
        "record_circumstance" => Some(json!({"kind": "imprisonment", "value": false})),
        "record_address" => Some(json!({"kind": "residence", "text": number})),
        "record_bank_account" => {
            Some(json!({"bank_account": "9901210000000099", "bank_name": "虚川农村商业银行"}))
        }
        "open_household" => Some(json!({"relation": "head"})),
        "add_household_member" => Some(json!({"name": "李四", "relation": "other"})),
        "change_household_member" => Some(json!({"relation": "other"})),
        "end_household_membership" => Some(json!({"reason": "已分户"})),
        "propose_merge" => {
            Some(json!({"duplicate_id": on.duplicate, "reason": "身份证号登记有误"}))
        }
        "create_merge_transition" => Some(json!({"action": "refuse", "comment": "确为两人"})),
        "disclose_resident" => Some(json!({"fields": ["phone"], "reason": "核对联系方式"})),
        "update_user" => Some(json!({"display_name": "某某"})),
        "create_organization" => {
            Some(json!({"name": number, "kind": "institution", "division_code": "990121"}))
        }
        "create_user" => Some(
            json!({"username": number.to_lowercase(), "display_name": "王五", "password": "three green umbrellas at noon"}),
        ),
        "create_grant" => Some(
            json!({"role": "finance_officer", "organization_id": on.organization, "valid_from": "2040-01-01"}),
        ),
        "create_api_key" => Some(
            json!({"name": "统计直报", "permits": ["resident.read"], "valid_to": "2022-12-31"}),
        ),
        "create_program" => Some(
            json!({"code": format!("p{}", number.to_lowercase()), "service": "subsidy", "name_zh": "某项补贴", "name_en": "A subsidy"}),
        ),
        "create_program_draft" | "replace_program_draft" => Some(terms()),
        "create_simulation" => Some(json!({"draft_id": draft, "from_month": "2022-07"})),
        "propose_employment_standard" => Some(
            json!({"kind": "average_wage", "division_code": on.division, "effective_from": "2031-01-01", "amount_fen": 1, "legal_basis": "统计公报"}),
        ),
        "decide_employment_standard" => Some(json!({"outcome": "approve"})),
        "create_employer" => Some(
            json!({"name": "某企业", "employer_type": "private", "division_code": on.division}),
        ),
        "update_employer" => Some(json!({"staff_count": 210})),
        "create_vacancy" => Some(
            json!({"employer_id": on.work.employer, "title": "保洁员", "form": "quota", "division_code": "990121103",
            "openings": 1, "wage_from_fen": 200_000, "wage_to_fen": 200_000}),
        ),
        "update_vacancy" => Some(json!({"openings": 4})),
        "create_job_seeker" => {
            Some(json!({"resident_id": on.work.resident, "forms": ["quota"], "distance": "county"}))
        }
        "update_job_seeker" => Some(json!({"skills": "办公软件"})),
        "create_job_seeker_contact" => Some(json!({"kind": "call", "note": "已电话联系"})),
        "create_job_referral" => Some(json!({"vacancy_id": on.work.vacancy})),
        "create_job_referral_transition" => Some(json!({"action": "interview"})),
        "create_activity" => Some(
            json!({"kind": "accessible_film", "name": "无障碍观影", "organization_id": on.organization,
                "division_code": &on.division[..9], "planned_date": "2022-07-10"}),
        ),
        "create_activity_transition" => {
            Some(json!({"action": "correct", "others_count": 3, "reason": "补登人数"}))
        }
        "create_activity_attendances" => Some(json!({"resident_ids": [on.visited.resident]})),
        "withdraw_activity_attendance" => Some(json!({"reason": "签到表登记有误"})),
        "propose_need_standard" => Some(
            json!({"division_code": &on.division[..6], "effective_from": "2031-01-01", "legal_basis": "县残联通知",
                "clauses": [{"code": "alone", "when": "circumstances.lives_alone", "points": 20, "zh": "独居", "en": "lives alone"}]}),
        ),
        "decide_need_standard" => Some(json!({"outcome": "reject", "comment": "分值过高"})),
        "create_need_assessment" => Some(json!({"division_code": &on.division[..9]})),
        "create_visit" => Some(json!({"resident_id": on.visited.resident, "due_date": VISIT_DUE})),
        "create_visit_plan" => {
            Some(json!({"division_code": on.division, "due_date": VISIT_DUE, "limit": 1}))
        }
        "create_visit_transition" => Some(json!({"action": "cancel", "comment": "重复安排"})),
        "create_job_fair" => Some(
            json!({"kind": "assistance_month", "name": "就业援助月", "division_code": on.division, "from_date": "2022-01-04"}),
        ),
        "update_job_fair" => Some(json!({"place": "县文化馆"})),
        "create_fair_attendance" => {
            Some(json!({"job_seeker_id": on.work.job_seeker, "result": "informed"}))
        }
        "create_placement" => Some(
            json!({"resident_id": on.work.resident, "form": "flexible", "start_date": "2022-03-01", "evidence": evidence("2022-03-01")}),
        ),
        "create_placement_evidence" => Some(evidence("2022-03-01")),
        "create_placement_verification" => Some(json!({"outcome": "verify"})),
        "create_placement_ending" => Some(json!({"end_date": "2022-06-30", "reason": "resigned"})),
        "create_retention_outcome" => {
            Some(json!({"outcome": "retained", "wage_fen": 300_000, "insured": true}))
        }
        "create_levy_estimate" => Some(
            json!({"employer_id": on.work.employer, "year": 2022, "staff_count": 200, "average_wage_fen": 8_000_000}),
        ),
        "create_disability_home" => Some(
            json!({"name": "某之家", "division_code": on.division, "operator": "某机构", "care_places": 1, "sheltered_places": 0}),
        ),
        "update_disability_home" => Some(json!({"care_places": 2})),
        "create_home_member" => Some(json!({"resident_id": on.work.resident, "kind": "care"})),
        "end_home_member" => Some(json!({"left_date": "2022-06-30", "reason": "own_wish"})),
        "create_home_attendance" => {
            Some(json!({"date": "2022-06-06", "member_ids": [on.work.member]}))
        }
        "create_home_pay_sheet" => Some(json!({"month": "2022-04"})),
        "create_petition" => Some(
            json!({"resident_id": on.heard.resident, "channel": "visit", "category": "subsidy", "text": "补贴停发未告知原因"}),
        ),
        "create_legal_aid_application" => Some(
            json!({"resident_id": on.heard.resident, "matter": "labor", "statement": "拖欠工资", "fixed_income": false}),
        ),
        "create_petition_transition" | "create_legal_aid_transition" => {
            Some(json!({"action": "withdraw", "comment": "本人撤回"}))
        }
        "decide_home_pay_sheet" => Some(json!({"outcome": "confirm"})),
        _ if matches!(method, "get" | "delete") => None,
        other => panic!("say here how {other} is called"),
    };
    Call {
        method: method.to_uppercase(),
        path,
        body,
        seen: match (id, whose) {
            (
                "update_resident"
                | "record_certificate"
                | "record_circumstance"
                | "record_address"
                | "record_bank_account",
                Whose::Own | Whose::Other,
            ) => on.version,
            _ => 1,
        },
        file: match id {
            "add_document" => Some(PDF),
            "create_bank_return" => Some(BANK_ANSWER.as_bytes()),
            "import_device_catalog" => Some(CATALOG),
            "create_match_list" => Some("姓名,身份证号,死亡日期\n".as_bytes()),
            _ => None,
        },
    }
}

pub async fn send(client: &Client<'_>, call: &Call) -> Reply {
    let mut request = client.request(&call.method, &call.path).seen(call.seen);
    if let Some(body) = &call.body {
        request = request.json(body);
    }
    if let Some(file) = call.file {
        request = request.content("application/pdf", file);
    }
    request.send().await
}

pub async fn staff(office: &TestOffice) -> Account {
    let supervisor = office.as_user("supervisor2.990100").await;
    let drafts = "/v1/programs/nursing_subsidy/drafts";
    let drafts = [
        id_of(&supervisor.post(drafts, terms()).await.expect(201)),
        id_of(&supervisor.post(drafts, terms()).await.expect(201)),
    ];
    let system = office.as_user("sysadmin").await;
    let simulation = json!({"draft_id": drafts[0], "from_month": "2022-07"});
    let simulations = "/v1/programs/nursing_subsidy/simulations";
    let simulation = id_of(&supervisor.post(simulations, simulation).await.expect(202));
    office.simulate().await;
    let security = office.as_user("secadmin").await;
    let new = |name: &str| json!({"username": name, "display_name": "某人", "password": PASSWORD});
    let institution = institution(office, "990121").await;
    let mut made = Vec::new();
    for name in ["institution.990121", "somebody"] {
        let user = id_of(&system.post("/v1/users", new(name)).await.expect(201));
        let grant = json!({"role": "institution_worker", "organization_id": institution});
        let grant = id_of(
            &security
                .post(&format!("/v1/users/{user}/grants"), grant)
                .await
                .expect(201),
        );
        let key =
            json!({"name": "统计直报", "permits": ["resident.read"], "valid_to": "2022-12-31"});
        let key = id_of(
            &security
                .post(&format!("/v1/users/{user}/api-keys"), key)
                .await
                .expect(201),
        );
        made.push(Account {
            user,
            grant,
            key,
            drafts: drafts.clone(),
            simulation: simulation.clone(),
        });
    }
    made.pop().unwrap()
}
