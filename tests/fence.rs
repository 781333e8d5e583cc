//! The second fence, on PostgreSQL: what the service's role may do at all, and which rows it sees,
//! whatever a query says.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

use crate::support::people::{ELSEWHERE, VILLAGE};
use crate::support::{Backend, TestOffice};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

const COUNTY: &str = "{[990121000000,990121999999]}";
const NEXT_COUNTY: &str = "{[990122000000,990122999999]}";
const THIRD_COUNTY: &str = "{[990123000000,990123999999]}";
const THIRD_VILLAGE: &str = "990123001001";

/// What a transaction of the service can count, or why it cannot.
struct Service(PgConnection);

impl Service {
    fn of(office: &TestOffice) -> Self {
        let url = office.postgres_url();
        let mut connection = PgConnection::establish(&url).unwrap();
        connection.batch_execute("SET ROLE huican_service").unwrap();
        Self(connection)
    }

    fn within<T>(
        &mut self,
        reach: Option<&str>,
        work: impl FnOnce(&mut PgConnection) -> QueryResult<T>,
    ) -> QueryResult<T> {
        self.0.batch_execute("BEGIN")?;
        if let Some(reach) = reach {
            self.0
                .batch_execute(&format!("SET LOCAL huican.reach = '{reach}'"))?;
        }
        let outcome = work(&mut self.0);
        self.0.batch_execute("ROLLBACK")?;
        outcome
    }

    fn count(&mut self, reach: Option<&str>, table: &str) -> i64 {
        let query = diesel::sql_query(format!("SELECT count(*) FROM {table}"));
        self.within(reach, |db| query.get_result::<Count>(db))
            .unwrap()
            .count
    }

    #[track_caller]
    fn refuses(&mut self, sql: &str, because: &str) {
        let refusal = self
            .within(Some("{(,)}"), |db| db.batch_execute(sql))
            .expect_err(sql);
        assert!(refusal.to_string().contains(because), "{sql}: {refusal}");
    }
}

async fn furnished() -> Option<TestOffice> {
    let office = TestOffice::open(Backend::Postgres).await?;
    let case = office.case_at("approval").await;
    office
        .as_user("approver.990121")
        .await
        .post_seen(
            &format!("/v1/cases/{case}/supplement-requests"),
            6,
            serde_json::json!({"what": "护理证明"}),
        )
        .await
        .expect(201);
    office
        .as_user("approver.990121")
        .await
        .act(&case, "approve")
        .await
        .expect(201);
    let enrollment = office.enrollment_of(&case).await;
    let path = format!(
        "/v1/enrollments/{}/reviews",
        enrollment["id"].as_str().unwrap()
    );
    let passed = serde_json::json!({"outcome": "passed"});
    let county = office.as_user("county.990121").await;
    county.post_seen(&path, 1, passed).await.expect(201);
    office.materials().await;
    let approver = office.as_user("approver.990121").await;
    let path = format!("/v1/cases/{case}/notices");
    let notices = approver.get(&path).await.expect(200);
    let notice = notices["items"][0]["id"].as_str().unwrap();
    let service =
        serde_json::json!({"method": "public_notice", "served_date": office.today().to_string()});
    approver
        .post(&format!("{path}/{notice}/service"), service)
        .await
        .expect(201);
    let relation = serde_json::json!({"relation": "sibling"});
    office
        .as_user("civil.990121")
        .await
        .post(&format!("/v1/cases/{case}/recusals"), relation)
        .await
        .expect(201);
    let draft = office.draft().await;
    let institution = office.institution("worker.center", "990121").await;
    office
        .refers("township.990121103", &draft, &institution)
        .await
        .expect(201);
    let resident = office.resident().await;
    office.follow_up(&resident, office.today()).await;
    office.transfers(&resident, THIRD_VILLAGE).await.expect(201);
    let [kept, duplicate] = [office.at_home().await, office.resident().await];
    let merge = serde_json::json!({"duplicate_id": duplicate, "reason": "同一人"});
    office
        .as_user("county.990121")
        .await
        .post(&format!("/v1/residents/{kept}/merges"), merge)
        .await
        .expect(201);
    let [paid, left_out] = [office.payee().await, office.payee().await];
    let month = office.today().format("%Y-%m").to_string();
    office.owes(&left_out, &month, 50_000);
    let served = office.case_at("approval").await;
    let institution = office.paid_institution("6200000000000012344").await;
    office.owes_for(&served, &institution, &month, 10_000).await;
    office.paid_out(VILLAGE, &paid).await;
    let garden = office.institution("worker.garden", "990121").await;
    office.treated(VILLAGE, &garden).await;
    let work = office.work_in(VILLAGE).await;
    let county = office.as_user("county.990121").await;
    let contact = serde_json::json!({"kind": "call", "note": "已电话联系"});
    let path = format!("/v1/job-seekers/{}/contacts", work.job_seeker);
    county.post(&path, contact).await.expect(201);
    let came = serde_json::json!({"job_seeker_id": work.job_seeker, "result": "informed"});
    let path = format!("/v1/job-fairs/{}/attendances", work.job_fair);
    county.post(&path, came).await.expect(201);
    office.stocked("990121").await;
    office.equipped(VILLAGE).await;
    let mut homes = Vec::new();
    for _ in 0..3 {
        homes.push(office.noticed_home(VILLAGE).await);
    }
    office.pass_days(30).await;
    let renovated = office.renovated(VILLAGE, homes.try_into().unwrap()).await;
    let path = format!("/v1/renovation-projects/{}/visits", renovated.accepted);
    let found = serde_json::json!({"follow_up_id": renovated.follow_up, "result": "in_use"});
    let county = office.as_user("county.990121").await;
    county.post(&path, found).await.expect(201);
    office.accepted_venue("990121000000").await;
    office.heard(VILLAGE).await;
    office.visited_in(VILLAGE).await;
    Some(office)
}

const FENCED: &[&str] = &[
    "addresses",
    "bank_accounts",
    "households",
    "household_members",
    "household_cares",
    "resident_merges",
    "applications",
    "case_documents",
    "case_notes",
    "document_objects",
    "document_withdrawals",
    "documents",
    "referral_transitions",
    "referrals",
    "residents",
    "transfer_transitions",
    "transfers",
    "certificates",
    "certificate_components",
    "circumstances",
    "cases",
    "case_duties",
    "case_transitions",
    "enrollments",
    "enrollment_transitions",
    "enrollment_reviews",
    "tasks",
    "task_assignments",
    "follow_ups",
    "user_relations",
    "supplement_requests",
    "decision_notices",
    "decision_notice_services",
    "public_notices",
    "budgets",
    "payment_batches",
    "payment_batch_duties",
    "payment_batch_transitions",
    "payment_omissions",
    "payables",
    "payment_payables",
    "payments",
    "payment_items",
    "payment_flags",
    "entitlement_runs",
    "entitlements",
    "ledger_entries",
    "public_lists",
    "public_list_entries",
    "bank_returns",
    "bank_return_rows",
    "warehouse_duties",
    "stock_lots",
    "stock_balances",
    "stock_movements",
    "stock_deliveries",
    "stocktakes",
    "stocktake_lines",
    "stock_reorder_levels",
    "rehabilitation_plans",
    "rehabilitation_plan_transitions",
    "rehabilitation_assessments",
    "rehabilitation_sessions",
    "rehabilitation_caps",
    "settlements",
    "settlement_transitions",
    "settlement_lines",
    "device_allocations",
    "device_allocation_transitions",
    "device_checks",
    "device_recall_holders",
    "job_seekers",
    "job_seeker_contacts",
    "job_fair_attendances",
    "job_referrals",
    "job_referral_transitions",
    "placements",
    "placement_evidence",
    "placement_verifications",
    "placement_transitions",
    "retention_checks",
    "home_members",
    "home_attendances",
    "home_pay_items",
    "document_thumbnails",
    "renovation_projects",
    "renovation_transitions",
    "renovation_items",
    "renovation_visits",
    "elderly_renovations",
    "public_venue_participants",
    "petitions",
    "petition_transitions",
    "legal_aid_applications",
    "legal_aid_transitions",
    "activities",
    "activity_transitions",
    "activity_attendances",
    "need_scores",
    "visits",
    "visit_transitions",
];

#[actix_web::test]
async fn rows_are_seen_within_the_divisions_named_and_nowhere_else() {
    let Some(office) = furnished().await else {
        return;
    };
    let mut service = Service::of(&office);
    for &table in FENCED {
        let all = service.count(Some("{(,)}"), table);
        assert!(all > 0, "{table}");
        assert_eq!(service.count(Some(COUNTY), table), all, "{table}");
        let both = "{[990121000000,990121999999],[990123000000,990123999999]}";
        assert_eq!(service.count(Some(both), table), all, "{table}");
        // Another county, none, an empty one, and what an earlier transaction said.
        for nothing in [Some(NEXT_COUNTY), Some("{}"), Some(""), None] {
            assert_eq!(service.count(nothing, table), 0, "{table} {nothing:?}");
        }
    }
    let speaking = "audit_events WHERE resident_id IS NOT NULL";
    assert!(service.count(Some(COUNTY), speaking) > 0);
    assert_eq!(service.count(Some(NEXT_COUNTY), speaking), 0);
    assert_eq!(service.count(None, speaking), 0);
    // The answers kept for one user are nobody else's.
    assert_eq!(service.count(Some(COUNTY), "idempotency_keys"), 0);
}

/// Replacing a view forgets it.
#[actix_web::test]
async fn views_ask_with_the_rights_of_who_asks() {
    let Some(office) = furnished().await else {
        return;
    };
    let mut service = Service::of(&office);
    let others = service.count(
        None,
        "pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace
         AND current_setting('server_version_num')::integer >= 150000
         AND 'security_invoker=true' <> ALL (coalesce(reloptions, '{}'))",
    );
    assert_eq!(others, 0);
}

#[actix_web::test]
async fn an_institution_reaches_what_is_referred_to_it_and_a_transfer_lies_at_both_ends() {
    let Some(office) = furnished().await else {
        return;
    };
    let other = office.institution("worker.elsewhere", "990121").await;
    let mut service = Service::of(&office);
    for (username, seen) in [("worker.center", 1), ("worker.elsewhere", 0)] {
        let me = office
            .as_user(username)
            .await
            .get("/v1/me")
            .await
            .expect(200);
        let user = me["id"].as_str().unwrap();
        let setting = format!("{{}}'; SET LOCAL huican.user_id = '{user}");
        for &table in FENCED {
            let expected = if table.starts_with("referral") {
                seen
            } else {
                0
            };
            assert_eq!(
                service.count(Some(&setting), table),
                expected,
                "{table} {username}"
            );
        }
    }
    // Nobody refers for another county, nor puts somebody of it on hold.
    let away = format!(
        "UPDATE referrals SET to_organization_id = '{other}'; UPDATE transfers SET to_division_code = '990122103201'"
    );
    service.refuses(&away, "permission denied");
    for table in ["transfers", "transfer_transitions"] {
        assert_eq!(service.count(Some(THIRD_COUNTY), table), 1, "{table}");
    }
}

#[actix_web::test]
async fn who_is_complained_about_reaches_nothing_of_it() {
    let Some(office) = TestOffice::open(Backend::Postgres).await else {
        return;
    };
    let accused = office.id_of_user("county.990121").await;
    let about = serde_json::json!({"complained_user_id": accused});
    let received = office.receives("township.990121103", about).await;
    received.expect(201);
    let mut service = Service::of(&office);
    let theirs = format!("{COUNTY}'; SET LOCAL huican.user_id = '{accused}");
    for table in ["petitions", "petition_transitions", "follow_ups"] {
        assert_eq!(service.count(Some(COUNTY), table), 1, "{table}");
        assert_eq!(service.count(Some(&theirs), table), 0, "{table}");
    }
}

#[actix_web::test]
async fn nothing_is_written_beyond_reach() {
    let Some(office) = furnished().await else {
        return;
    };
    let mut service = Service::of(&office);
    let changed = service
        .within(Some(NEXT_COUNTY), |db| {
            diesel::sql_query("UPDATE residents SET name = name").execute(db)
        })
        .unwrap();
    assert_eq!(changed, 0);
    // Neither by moving a row out, nor by putting one there.
    for sql in [
        "UPDATE residents SET division_code = '990122101201'",
        "UPDATE cases SET division_code = '990122101201'",
    ] {
        let refusal = service
            .within(Some(COUNTY), |db| db.batch_execute(sql))
            .expect_err(sql);
        assert!(
            refusal.to_string().contains("row-level security"),
            "{refusal}"
        );
    }
}

#[actix_web::test]
async fn the_service_owns_nothing_and_only_adds_to_history() {
    let Some(office) = furnished().await else {
        return;
    };
    let mut service = Service::of(&office);
    for table in [
        "applications",
        "audit_events",
        "case_documents",
        "case_duties",
        "case_transitions",
        "certificate_components",
        "decision_notice_services",
        "decision_notices",
        "document_withdrawals",
        "household_cares",
        "home_attendances",
        "home_pay_items",
        "job_fair_vacancies",
        "activity_transitions",
        "levy_estimates",
        "placement_verifications",
        "bank_return_rows",
        "bank_returns",
        "budgets",
        "payment_batch_duties",
        "payment_batch_transitions",
        "payment_items",
        "payment_omissions",
        "program_versions",
        "institution_transitions",
        "rehabilitation_caps",
        "referral_transitions",
        "settlement_deductions",
        "settlement_transitions",
        "task_assignments",
        "follow_ups",
        "transfer_transitions",
    ] {
        let column = service
            .within(None, |db| {
                diesel::sql_query(format!(
                    "SELECT column_name::text AS name FROM information_schema.columns WHERE table_name = '{table}' AND is_generated = 'NEVER'"
                ))
                .get_result::<Name>(db)
            })
            .unwrap()
            .name;
        service.refuses(
            &format!("UPDATE {table} SET {column} = {column}"),
            "permission denied",
        );
        service.refuses(&format!("DELETE FROM {table}"), "permission denied");
        service.refuses(&format!("TRUNCATE {table} CASCADE"), "permission denied");
    }
    for fact in [
        "addresses",
        "bank_accounts",
        "certificates",
        "circumstances",
        "household_members",
    ] {
        service.refuses(
            &format!("UPDATE {fact} SET valid_from = valid_from"),
            "permission denied",
        );
    }
    service.refuses("UPDATE payments SET net_fen = net_fen", "permission denied");
    service.refuses(
        "INSERT INTO ledger_entries DEFAULT VALUES",
        "permission denied",
    );
    service.refuses("UPDATE grants SET role = 'auditor'", "permission denied");
    service.refuses("UPDATE tasks SET role = 'auditor'", "permission denied");
    service.refuses(
        "UPDATE public_notices SET name_masked = '*'",
        "permission denied",
    );
    service.refuses(
        "UPDATE user_relations SET relation = 'friend_or_interest'",
        "permission denied",
    );
    for sql in [
        "ALTER TABLE residents DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE audit_events DISABLE TRIGGER ALL",
        "DROP TABLE audit_events",
        "DROP POLICY reach ON cases",
    ] {
        service.refuses(sql, "must be owner");
    }
    service.refuses("CREATE TABLE mine (id integer)", "permission denied");
    service.refuses(
        "SET session_replication_role = replica",
        "permission denied",
    );
}

/// Of places, offices and rules, and nobody's: what they say may be read of other divisions.
const OF_NOBODY: [&str; 16] = [
    "case_numbers",
    "device_recalls",
    "divisions",
    "employment_standards",
    "institution_agreements",
    "institutions",
    "need_assessments",
    "need_standards",
    "organizations",
    "payment_batch_numbers",
    "program_drafts",
    "program_versions",
    "screening_deadlines",
    "simulations",
    "stock_movement_numbers",
    "warehouses",
];

/// A table that is added later, and forgotten here, is found by what it holds.
#[actix_web::test]
async fn every_table_with_residents_data_is_fenced() {
    let Some(office) = TestOffice::open(Backend::Postgres).await else {
        return;
    };
    let mut owner = PgConnection::establish(&office.postgres_url()).unwrap();
    let open: Vec<Name> = diesel::sql_query(
        "SELECT DISTINCT c.relname::text AS name FROM pg_class c
         JOIN pg_attribute a ON a.attrelid = c.oid
         WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
           AND (c.relname = 'residents'
                OR a.attname IN ('resident_id', 'case_id', 'certificate_id', 'enrollment_id', 'kept_id', 'member_id')
                OR (a.attname IN ('division_code', 'county_code') AND NOT c.relname = ANY($1)))
           AND NOT (c.relrowsecurity AND c.relforcerowsecurity)",
    )
    .bind::<Array<Text>, _>(OF_NOBODY.as_slice())
    .load(&mut owner)
    .unwrap();
    let open: Vec<_> = open.into_iter().map(|table| table.name).collect();
    assert!(open.is_empty(), "without a fence: {open:?}");
}

/// What a county may read of another's work, only the other changes.
#[actix_web::test]
async fn what_is_read_elsewhere_is_changed_at_home() {
    let Some(office) = TestOffice::open(Backend::Postgres).await else {
        return;
    };
    office.work_in(ELSEWHERE).await;
    let mut service = Service::of(&office);
    for table in ["employers", "vacancies", "job_fairs", "disability_homes"] {
        let there = format!("{table} WHERE division_code LIKE '990122%'");
        assert!(service.count(Some(COUNTY), &there) > 0, "{table}");
        let change =
            format!("UPDATE {table} SET version = version + 1 WHERE division_code LIKE '990122%'");
        let mut changed = |reach| {
            let change = diesel::sql_query(&change);
            service
                .within(Some(reach), |db| change.execute(db))
                .unwrap()
        };
        assert_eq!(changed(COUNTY), 0, "{table}");
        assert!(changed(NEXT_COUNTY) > 0, "{table}");
    }
}
