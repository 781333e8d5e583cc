//! Who may do what where: every operation of the API document, by every role, on what is their
//! own, what is the next county's and what is not there. The outcome is kept as a picture, so that
//! a change of rights is a visible change.

use std::collections::BTreeMap;
use std::fmt::Write;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use huican::access::{Action, Role};
use huican::cli::demo::offices::PASSWORD;
use huican::db::Db;
use serde_json::{Value, json};

use crate::support::office::{Client, Reply};
use crate::support::people::{ELSEWHERE, VILLAGE, fresh_citizen_id, id_of, person};
use crate::support::{Backend, TestOffice, on_both};

/// One account a role; all but the last five work in 990121.
const PEOPLE: [(&str, Role); 12] = [
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

const NOWHERE: &str = "0190a000-0000-7000-8000-000000000000";

/// Whose thing is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    Other,
    Missing,
}

/// Something of everything, in one county.
struct Belongings {
    division: &'static str,
    resident: String,
    case: String,
    enrollment: String,
    organization: String,
}

impl Belongings {
    async fn of(office: &TestOffice, village: &'static str) -> Self {
        let mut somebody = person();
        somebody["division_code"] = json!(village);
        let resident = id_of(&office.register(somebody).await);
        let (county, township) = (&village[..6], &village[..9]);
        let filer = office.as_user(&format!("township.{township}")).await;
        let body = |program: &str| json!({"resident_id": resident, "program_code": program, "details": {}});
        let approved = id_of(
            &filer
                .post("/v1/cases", body("nursing_subsidy"))
                .await
                .expect(201),
        );
        filer.act(&approved, "submit").await.expect(201);
        for reviewer in [
            format!("township2.{township}"),
            format!("county.{county}"),
            format!("civil.{county}"),
        ] {
            office
                .as_user(&reviewer)
                .await
                .act(&approved, "endorse")
                .await
                .expect(201);
        }
        office.pass_days(30).await;
        let approver = office.as_user(&format!("approver.{county}")).await;
        approver.act(&approved, "approve").await.expect(201);
        let enrollments = approver
            .get(&format!("/v1/enrollments?case_id={approved}"))
            .await
            .expect(200);
        let filer = office.as_user(&format!("township.{township}")).await;
        let case = id_of(
            &filer
                .post("/v1/cases", body("living_subsidy"))
                .await
                .expect(201),
        );
        let organizations = filer
            .get(&format!("/v1/organizations?division_code={village}"))
            .await
            .expect(200);
        Self {
            division: village,
            resident,
            case,
            enrollment: id_of(&enrollments["items"][0]),
            organization: id_of(&organizations["items"][0]),
        }
    }

    fn nowhere() -> Self {
        let missing = || NOWHERE.to_owned();
        Self {
            division: "990199000000",
            resident: missing(),
            case: missing(),
            enrollment: missing(),
            organization: missing(),
        }
    }
}

/// Accounts belong to no county.
struct Account {
    user: String,
    grant: String,
    key: String,
}

/// How an operation is called.
struct Call {
    method: String,
    path: String,
    body: Option<Value>,
}

fn call(
    operation: &Value,
    method: &str,
    path: &str,
    on: &Belongings,
    account: &Account,
    whose: Whose,
) -> Call {
    let id = operation["operationId"].as_str().unwrap();
    let entity = match path.split('/').nth(2).unwrap_or_default() {
        "residents" => &on.resident,
        "cases" => &on.case,
        "enrollments" => &on.enrollment,
        "organizations" => &on.organization,
        _ if whose == Whose::Missing => NOWHERE,
        _ => &account.user,
    };
    let code = match (path.contains("programs"), whose) {
        (true, Whose::Missing) => "unheard_of",
        (true, _) => "nursing_subsidy",
        (false, _) => on.division,
    };
    let [grant, key] = match whose {
        Whose::Missing => [NOWHERE, NOWHERE],
        _ => [account.grant.as_str(), account.key.as_str()],
    };
    let mut path = path
        .replace("{id}", entity)
        .replace("{code}", code)
        .replace("{grant_id}", grant)
        .replace("{key_id}", key);
    let by_division = operation["parameters"]
        .as_array()
        .is_some_and(|all| all.iter().any(|one| one["name"] == "division_code"));
    if by_division {
        write!(path, "?division_code={}", on.division).unwrap();
    }
    let number = fresh_citizen_id();
    let body = match id {
        "create_resident" => Some(json!({
            "name": "李四", "id_number": number, "division_code": on.division, "circumstances": {}
        })),
        "create_case" => Some(
            json!({"resident_id": on.resident, "program_code": "nursing_subsidy", "details": {}}),
        ),
        "create_case_transition" => Some(json!({"action": "withdraw"})),
        "search_residents" => Some(json!({"id_number": number})),
        "update_resident" => Some(json!({"phone": null})),
        "record_certificate" => {
            Some(json!({"number": format!("{number}41"), "issued_date": "2022-01-01"}))
        }
        "record_circumstance" => Some(json!({"kind": "imprisonment", "value": false})),
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
        _ if matches!(method, "get" | "delete") => None,
        other => panic!("say here how {other} is called"),
    };
    Call {
        method: method.to_uppercase(),
        path,
        body,
    }
}

async fn send(client: &Client<'_>, call: &Call) -> Reply {
    let mut request = client.request(&call.method, &call.path).seen(1);
    if let Some(body) = &call.body {
        request = request.json(body);
    }
    request.send().await
}

/// What the caller learns beyond the status: nothing that tells "not yours" from "not there".
fn without_traces(reply: &Reply) -> Value {
    let mut body = reply.json();
    for varying in ["request_id", "instance"] {
        body.as_object_mut().unwrap().remove(varying);
    }
    body
}

/// Operations that answer for a county or a thing in one; the others are the same everywhere.
fn is_scoped(operation: &Value, path: &str) -> bool {
    let permit = operation["x-permit"].as_str().unwrap();
    let everywhere = [
        "division.read",
        "program.read",
        "user.read",
        "user.manage",
        "grant.manage",
        "organization.manage",
    ];
    // The seals cover everybody's entries alike.
    let seals = ["/v1/audit/checkpoints", "/v1/audit/verification"];
    !everywhere.contains(&permit) && path != "/v1/residents/search" && !seals.contains(&path)
}

/// Everything that changes something, and every look at a person; refusals are, too. What is left shows accounts,
/// offices and rules, or cases and enrollments without names and reasons.
fn is_recorded(operation: &str) -> bool {
    let plain = [
        "get_division",
        "get_enrollment",
        "get_organization",
        "get_user",
        "list_api_keys",
        "list_cases",
        "list_divisions",
        "list_enrollments",
        "list_organizations",
        "list_program_versions",
        "list_programs",
        "list_resident_cases",
        "list_user_grants",
        "list_users",
        "list_audit_checkpoints",
    ];
    !plain.contains(&operation)
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    one: i64,
}

fn number(db: &mut Db, query: &str) -> i64 {
    diesel::sql_query(query)
        .get_result::<Number>(db.conn())
        .unwrap()
        .one
}

async fn staff(office: &TestOffice) -> Account {
    let system = office.as_user("sysadmin").await;
    let security = office.as_user("secadmin").await;
    let new = |name: &str| json!({"username": name, "display_name": "某人", "password": PASSWORD});
    let institution =
        json!({"name": "某康复中心", "kind": "institution", "division_code": "990121"});
    let institution = id_of(
        &system
            .post("/v1/organizations", institution)
            .await
            .expect(201),
    );
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
        made.push(Account { user, grant, key });
    }
    made.pop().unwrap()
}

/// Calls every operation by every role, on what is theirs and what is not.
async fn tell_of_rights(office: &TestOffice) {
    let document = office.anonymous().get("/openapi.json").await.expect(200);
    let own = Belongings::of(office, VILLAGE).await;
    let other = Belongings::of(office, ELSEWHERE).await;
    let missing = Belongings::nowhere();
    let account = staff(office).await;
    let mut picture = BTreeMap::new();
    let mut db = office.db();

    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let permit = operation["x-permit"]
                .as_str()
                .unwrap_or_else(|| panic!("{id} is not classified"));
            match permit {
                "public" => {
                    assert_eq!(
                        operation["security"],
                        json!([{}]),
                        "{id} says that it needs a token"
                    );
                    continue;
                }
                "signed_in" => {
                    office
                        .anonymous()
                        .request(&method.to_uppercase(), path)
                        .send()
                        .await
                        .refused(401, "session.required");
                    continue;
                }
                _ => {}
            }
            let action = Action::ALL.iter().find(|action| action.as_str() == permit);
            let action = action.unwrap_or_else(|| panic!("{id} names an unknown permission"));
            let anonymous = send(
                &office.anonymous(),
                &call(operation, method, path, &own, &account, Whose::Own),
            )
            .await;
            anonymous.refused(401, "session.required");

            let mut line = String::new();
            for (username, role) in PEOPLE {
                let client = office.as_user(username).await;
                let mut replies = Vec::new();
                for (whose, things) in [
                    (Whose::Own, &own),
                    (Whose::Other, &other),
                    (Whose::Missing, &missing),
                ] {
                    let call = call(operation, method, path, things, &account, whose);
                    let reply = send(&client, &call).await;
                    let status = reply.status.as_u16();
                    let told = format!(
                        "{id} by {role} on {whose:?}: {}",
                        String::from_utf8_lossy(&reply.body)
                    );
                    assert!(status < 500 && status != 401, "{told}");
                    if !action.allows(role) {
                        reply.refused(403, "permission.denied");
                    } else if whose == Whose::Own || !is_scoped(operation, path) {
                        assert!(
                            status != 403 || reply.json()["code"] != "permission.denied",
                            "{told}"
                        );
                    } else if role != Role::CitySupervisor
                        && !matches!(
                            role,
                            Role::SystemAdmin | Role::SecurityAdmin | Role::AuditAdmin
                        )
                    {
                        assert_eq!(status, 404, "{told}");
                        let text = String::from_utf8_lossy(&reply.body).replace(&call.path, "");
                        for trace in [
                            &other.resident,
                            &other.case,
                            &other.enrollment,
                            "张晓宝",
                            "990122",
                        ] {
                            assert!(
                                !text.replace(other.division, "").contains(trace)
                                    || call.path.contains(trace),
                                "{told}"
                            );
                        }
                    }
                    if (is_recorded(id) && reply.status.is_success())
                        || status == 403
                        || status == 404
                    {
                        let request = office.literal(reply.header("x-request-id").unwrap());
                        let count = format!(
                            "SELECT count(*) AS one FROM audit_events WHERE request_id = {request}"
                        );
                        assert!(number(&mut db, &count) > 0, "{id} leaves no record");
                    }
                    replies.push(reply);
                }
                if action.allows(role) {
                    if is_scoped(operation, path) && replies[1].status == 404 {
                        assert_eq!(
                            without_traces(&replies[1]),
                            without_traces(&replies[2]),
                            "{id} by {role}"
                        );
                    }
                    let statuses: Vec<_> = replies
                        .iter()
                        .map(|reply| reply.status.as_str().to_owned())
                        .collect();
                    write!(line, "\n    {role}: {}", statuses.join(" ")).unwrap();
                }
            }
            picture.insert(id.to_owned(), format!("{id} ({permit}){line}\n"));
        }
    }
    let picture: String = picture.into_values().collect();
    insta::with_settings!({description => "own, other county, missing; roles not listed get 403"}, {
        insta::assert_snapshot!("rights_of_every_role", picture);
    });
}

on_both! {
    async fn every_operation_by_every_role(office: &TestOffice) {
        tell_of_rights(office).await;
    }

    async fn what_was_revoked_is_gone_at_once(office: &TestOffice) {
        let document = office.anonymous().get("/openapi.json").await.expect(200);
        let own = Belongings::of(office, VILLAGE).await;
        let account = staff(office).await;
        let security = office.as_user("secadmin").await;
        // All but the one who revokes.
        for (username, _) in PEOPLE.into_iter().filter(|(_, role)| *role != Role::SecurityAdmin) {
            let client = office.as_user(username).await;
            let me = client.get("/v1/me").await.expect(200);
            let grants = format!("/v1/users/{}/grants", me["id"].as_str().unwrap());
            for grant in security.get(&grants).await.expect(200)["items"].as_array().unwrap() {
                security.delete(&format!("{grants}/{}", id_of(grant))).await.expect(204);
            }
            for (path, methods) in document["paths"].as_object().unwrap() {
                for (method, operation) in methods.as_object().unwrap() {
                    if ["public", "signed_in"].contains(&operation["x-permit"].as_str().unwrap()) {
                        continue;
                    }
                    let call = call(operation, method, path, &own, &account, Whose::Own);
                    send(&client, &call).await.refused(403, "permission.denied");
                }
            }
            client.delete("/v1/sessions/current").await.expect(204);
            client.get("/v1/me").await.refused(401, "session.invalid");
        }
    }
}

/// The code's own filters hold without the database's.
#[actix_web::test]
async fn every_operation_by_every_role_without_row_level_security() {
    let Some(office) = TestOffice::open(Backend::Postgres).await else {
        return;
    };
    let open = "DO $$ DECLARE fenced regclass; BEGIN
        FOR fenced IN SELECT oid FROM pg_class WHERE relrowsecurity LOOP
            EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', fenced);
        END LOOP; END $$";
    office.sql(open).unwrap();
    tell_of_rights(&office).await;
}

/// The table of rights itself, as `access/policy.rs` has it.
#[test]
fn the_table_of_rights() {
    let mut table = String::new();
    for action in Action::ALL {
        let roles: Vec<_> = action.roles().iter().map(|role| role.as_str()).collect();
        writeln!(table, "{}: {}", action.as_str(), roles.join(", ")).unwrap();
    }
    insta::assert_snapshot!("table_of_rights", table);
}

/// The three who run the system exclude everybody who sees residents.
#[test]
fn administrators_see_no_resident() {
    for action in Action::ALL {
        let name = action.as_str();
        let of_residents = ["resident.", "case.", "enrollment."]
            .iter()
            .any(|entity| name.starts_with(entity));
        let by_administrators = action.roles().iter().any(|role| role.is_administrator());
        assert!(!(of_residents && by_administrators), "{name}");
    }
}
