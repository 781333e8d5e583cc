//! Who may do what where: every operation of the API document, by every role, on what is their
//! own, what is the next county's and what is not there. The outcome is kept as a picture, so that
//! a change of rights is a visible change.

pub mod calls;
mod leaks;

use std::collections::BTreeMap;
use std::fmt::Write;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use huican::access::{Action, Role};
use huican::db::Db;
use serde_json::{Value, json};

use self::calls::{Belongings, PEOPLE, Whose, call, send, staff};
use crate::support::office::Reply;
use crate::support::people::{ELSEWHERE, VILLAGE, id_of};
use crate::support::{Backend, TestOffice, on_both};

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
        "program.draft",
        "program.read_draft",
        "program.approve",
        "user.read",
        "vacancy.read",
        // What is called back concerns everybody; who holds it, only where they are.
        "device_recall.read",
        "device_recall.make",
        "employment_standard.read",
        "need_standard.read",
        "user.manage",
        "grant.manage",
        "organization.manage",
        "institution.read",
        "device_catalog.read",
        "device_catalog.manage",
    ];
    let alike = [
        // The seals cover everybody's entries.
        "/v1/audit/checkpoints",
        "/v1/audit/verification",
        // These answer of what is in sight, and that there is no more.
        "/v1/residents/search",
        "/v1/changes",
        "/v1/transition-batches",
        "/v1/referrals",
        "/v1/rehabilitation-sessions",
        "/v1/transfers",
        // A fair is everybody's; who came is shown of those in sight.
        "/v1/job-fairs/{id}/attendances",
        "/v1/users/{id}/hand-over",
    ];
    !everywhere.contains(&permit) && !alike.contains(&path)
}

/// Everything that changes something, and every look at a person; refusals are, too. What is left shows accounts,
/// offices and rules, or cases and enrollments without names and reasons.
fn is_recorded(operation: &str) -> bool {
    let plain = [
        "get_division",
        "get_enrollment",
        "get_organization",
        // Months and sums.
        "get_entitlement",
        "get_entitlement_run",
        "list_entitlements",
        "list_ledger_entries",
        "get_ledger_balances",
        "list_entitlement_runs",
        "list_financial_disclosures",
        "get_public_list",
        "list_public_lists",
        // Ids and sums; who is paid stands in the payments.
        "get_payment_batch",
        "list_payment_batches",
        "list_payment_batch_transitions",
        "list_payment_flags",
        "list_bank_returns",
        "list_bank_return_rows",
        "list_budgets",
        // Files and counts.
        "list_match_lists",
        // Numbers of persons.
        "count_rehabilitation_services",
        "list_screening_deadlines",
        "get_program_draft",
        "get_simulation",
        "get_user",
        "list_api_keys",
        "list_cases",
        // Ids and versions.
        "list_changes",
        "list_divisions",
        "list_due_reviews",
        "list_enrollments",
        "list_organizations",
        "list_program_drafts",
        "list_program_facts",
        "list_program_stacking",
        "list_overdue_tasks",
        "list_program_versions",
        "list_simulations",
        "list_programs",
        "list_public_notices",
        "list_referrals",
        "list_transfers",
        "list_resident_cases",
        // Offices and what they agreed; plans and sessions without names; sums.
        "get_institution",
        "list_institutions",
        "list_rehabilitation_plans",
        "list_rehabilitation_sessions",
        "get_settlement",
        "list_settlements",
        "list_user_grants",
        "list_users",
        "list_audit_checkpoints",
        // Things, and case ids without names.
        "list_device_catalog",
        "get_device_item",
        "list_warehouses",
        "get_warehouse",
        "list_stock_movements",
        "get_stock_movement",
        "list_stock_deliveries",
        "get_stock_delivery",
        // Batches.
        "list_device_recalls",
        // Employers, what they offer, and what they are measured by.
        "list_employment_standards",
        "list_employers",
        "list_vacancies",
        "get_vacancy",
        "list_job_fairs",
        "get_job_fair",
        "list_levy_estimates",
        "get_levy_estimate",
        "list_disability_homes",
        "get_disability_home",
        // Activities without who came, standards, progress, numbers.
        "list_activities",
        "get_activity",
        "count_activities",
        "list_need_standards",
        "list_need_assessments",
        "get_need_assessment",
        "count_visits",
        // Ids, days and states; who looks at why and how reads the thing itself.
        "list_job_seekers",
        "list_job_referrals",
        "list_placements",
        "get_new_employment",
        "get_graduate_employment",
        "list_retention_checks",
        "list_stocktakes",
        "get_stocktake",
        "get_warehouse_stock",
        "get_warehouse_turnover",
        "get_warehouse_register",
        "list_reorder_levels",
        // Addresses masked, nobody named.
        "count_renovations",
        "list_public_venues",
        // Days and states; who petitions and why stands in the petition.
        "list_petitions",
        "count_petitions",
        "list_legal_aid_applications",
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
                            &other.application,
                            &other.document,
                            &other.referral,
                            &other.care.service,
                            &other.care.screening,
                            &other.transfer,
                            &other.leaver,
                            &other.paid.batch,
                            &other.paid.payment,
                            &other.owed.recovery,
                            &other.owed.named,
                            &other.treated.plan,
                            &other.treated.settlement,
                            &other.stock.lot,
                            &other.stock.movement,
                            &other.stock.delivery,
                            &other.work.job_seeker,
                            &other.work.placement,
                            &other.work.member,
                            &other.heard.petition,
                            &other.heard.application,
                            &other.visited.activity,
                            &other.visited.attendance,
                            &other.visited.visit,
                            &other.visited.resident,
                            &other.stock.stocktake,
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
        let of_residents = [
            "resident.",
            "case.",
            "document.",
            "note.",
            "recusal.",
            "merge.",
            "task.",
            "referral.",
            "transfer.",
            "payment.",
            "match.",
            "recovery.",
            "enrollment.",
            "rehabilitation.",
            "settlement.",
            "job_seeker.",
            "placement.",
            "home.",
            "renovation.",
        ]
        .iter()
        .any(|entity| name.starts_with(entity));
        let by_administrators = action.roles().iter().any(|role| role.is_administrator());
        assert!(!(of_residents && by_administrators), "{name}");
    }
}
