//! What was done to one resident, across all services, as those who work with them see it.

use diesel::prelude::*;
use diesel::sql_types::Text;
use huican::audit::{LOOKS, is_look};
use huican::inspection::timeline::label;
use serde_json::{Value, json};

use crate::support::people::{ELSEWHERE, PDF, VILLAGE, person};
use crate::support::{Backend, TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";

fn kinds(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["kind"].as_str().unwrap())
        .collect()
}

impl TestOffice {
    fn texts(&self, sql: &str) -> Vec<String> {
        #[derive(QueryableByName)]
        struct One {
            #[diesel(sql_type = Text)]
            one: String,
        }
        let rows: Vec<One> = diesel::sql_query(sql).load(self.db().conn()).unwrap();
        rows.into_iter().map(|row| row.one).collect()
    }
}

on_both! {
    async fn from_registration_to_enrollment(office: &TestOffice) {
        let resident = office.resident().await;
        let township = office.as_user(TOWNSHIP).await;
        let path = format!("/v1/residents/{resident}");
        township.patch_seen(&path, 1, json!({"phone": "12000005678"})).await.expect(200);
        let circumstance = json!({"kind": "guardian_name", "value": "王守护", "source": "上门走访"});
        township.post_seen(&format!("{path}/circumstances"), 2, circumstance).await.expect(201);
        let case = office.draft_for(&resident, "nursing_subsidy").await;
        let note = json!({"text": "家属来电催问"});
        township.post(&format!("/v1/cases/{case}/notes"), note).await.expect(201);
        township.attach(&case, "kind=other&name=record.pdf", PDF).await.expect(201);
        office.bring(&case, "approval").await;
        office.as_user("approver.990121").await.act_saying(&case, "approve", Some("同意发放")).await.expect(201);

        let township = office.as_user(TOWNSHIP).await;
        let timeline = format!("{path}/timeline");
        let reply = township.get(&timeline).await;
        let page = reply.expect(200);
        let told = kinds(&page);
        assert_eq!(told[..2], ["enrollment.opened", "case.approved"]);
        assert_eq!(told[told.len() - 5..], [
            "note.written", "case.created", "resident.circumstance_recorded", "resident.updated", "resident.created",
        ]);
        for kind in ["case.submitted", "case.endorsed", "case.notice_closed", "document.added"] {
            assert!(told.contains(&kind), "{told:?}");
        }
        assert!(!told.iter().any(|kind| is_look(kind)));
        let item = |kind: &str| page["items"].as_array().unwrap().iter().find(|item| item["kind"] == kind).unwrap();
        let number = township.get(&format!("/v1/cases/{case}")).await.expect(200)["case_number"].clone();
        assert_eq!(item("enrollment.opened")["case"], json!({
            "id": case, "case_number": number, "service": "subsidy", "program_code": "nursing_subsidy",
        }));
        assert_eq!(item("enrollment.opened")["changes"], json!({
            "program_code": "nursing_subsidy", "rate_fen": 50_000, "start_month": "2022-07",
        }));
        assert_eq!((&item("case.approved")["label_zh"], &item("case.approved")["label_en"]), (&json!("批准"), &json!("Approved")));
        assert!(item("case.approved")["actor_display_name"].is_string());
        assert_eq!(item("case.notice_closed")["actor_display_name"], Value::Null);
        assert_eq!(item("document.added")["case"]["case_number"], number);
        assert_eq!(item("resident.circumstance_recorded")["changes"]["kind"], "guardian_name");
        assert!(item("case.submitted")["assignee_display_name"].is_string());
        // Nothing that somebody wrote about somebody.
        let text = String::from_utf8(reply.body).unwrap();
        for written in ["催问", "record.pdf", "王守护", "走访", "同意", "5678", "changed"] {
            assert!(!text.contains(written), "{written}");
        }

        // Page by page it is the same.
        let mut paged = Vec::new();
        let mut next = format!("{timeline}?limit=3");
        loop {
            let page = township.get(&next).await.expect(200);
            paged.extend(kinds(&page).into_iter().map(str::to_owned));
            let Some(cursor) = page["next"].as_str() else { break };
            next = format!("{timeline}?limit=3&cursor={cursor}");
        }
        assert_eq!(paged, told);
        // Another resident's cursor, and what there is not.
        let cursor = township.get(&format!("{timeline}?limit=3")).await.expect(200)["next"].as_str().unwrap().to_owned();
        let other = office.resident().await;
        township.get(&format!("/v1/residents/{other}/timeline?limit=3&cursor={cursor}")).await.refused(400, "cursor.invalid");
        township.get(&format!("{timeline}?limit=0")).await.refused(400, "request.malformed");
        township.get(&format!("{timeline}?service=haircut")).await.refused(400, "request.malformed");

        // Reading it is a look, and on record.
        let auditor = office.as_user("auditor.990121").await;
        let looks = auditor.get(&format!("/v1/audit/events?action=resident.timeline_viewed&resident_id={resident}")).await.expect(200);
        assert_eq!(looks["items"][0]["actor"]["username"], TOWNSHIP);
    }

    async fn of_one_service(office: &TestOffice) {
        let resident = office.resident().await;
        let township = office.as_user(TOWNSHIP).await;
        office.draft_for(&resident, "nursing_subsidy").await;
        let path = format!("/v1/residents/{resident}/timeline");
        assert_eq!(kinds(&township.get(&format!("{path}?service=subsidy&limit=1")).await.expect(200)), ["case.created"]);
        assert!(kinds(&township.get(&format!("{path}?service=employment")).await.expect(200)).is_empty());
    }

    async fn everybody_sees_what_they_may_read(office: &TestOffice) {
        let resident = office.resident().await;
        let case = office.draft_for(&resident, "nursing_subsidy").await;
        office.as_user(TOWNSHIP).await.attach(&case, "kind=other&name=file.pdf", PDF).await.expect(201);
        let relation = json!({"relation": "sibling"});
        office.as_user("civil.990121").await.post(&format!("/v1/cases/{case}/recusals"), relation).await.expect(201);
        let path = format!("/v1/residents/{resident}/timeline");
        let of = async |username: &str| {
            let page = office.as_user(username).await.get(&path).await.expect(200);
            kinds(&page).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let all = ["recusal.declared", "document.added", "case.created", "resident.created"];
        assert_eq!(of(TOWNSHIP).await, all);
        // A village liaison is not told who is related to whom; finance reads no documents either.
        assert_eq!(of("liaison.990121103201").await, all[1..]);
        assert_eq!(of("finance.990121").await, all[2..]);
        office.as_user("county.990122").await.get(&path).await.refused(404, "resident.not_found");
        office.as_user("sysadmin").await.get(&path).await.refused(403, "permission.denied");

        // Whoever has moved here is here with what was done since, and with all of it for who sees both places.
        let moved = json!({"division_code": "990121103202"});
        office.as_user(TOWNSHIP).await.patch_seen(&format!("/v1/residents/{resident}"), 1, moved).await.expect(200);
        assert_eq!(of("liaison.990121103202").await, ["resident.updated"]);
        office.as_user("liaison.990121103201").await.get(&path).await.refused(404, "resident.not_found");
        assert_eq!(of(TOWNSHIP).await[..2], ["resident.moved_away", "resident.updated"]);
    }

    async fn the_desk_sees_the_cases_of_one_resident(office: &TestOffice) {
        let case = office.case_at("initial_review").await;
        let reviewer = office.as_user("township2.990121103").await;
        let shown = reviewer.get(&format!("/v1/cases/{case}")).await.expect(200);
        let path = format!("/v1/residents/{}/cases", shown["resident_id"].as_str().unwrap());
        let listed = reviewer.get(&path).await.expect(200)["items"][0].clone();
        assert_eq!(listed["allowed_actions"], json!(["endorse", "return", "reject", "withdraw"]));
        assert!(listed["due_date"].is_string());
        assert_eq!(listed["assignee"]["username"], "township2.990121103");
        assert_eq!(listed["assignee"], shown["assignee"]);
        let draft = office.draft().await;
        let draft = reviewer.get(&format!("/v1/cases/{draft}")).await.expect(200);
        assert_eq!(draft["assignee"], Value::Null);
    }

    /// What the database takes for done is what the program records as done, and each has words.
    async fn looks_and_what_was_done_are_told_apart(office: &TestOffice) {
        office.case_at("approval").await;
        office.materials().await;
        let mut far = person();
        far["division_code"] = json!(ELSEWHERE);
        office.register(far).await;
        let township = office.as_user(TOWNSHIP).await;
        for look in ["residents", "cases", "tasks", "me"] {
            township.get(&format!("/v1/{look}?division_code={VILLAGE}")).await;
        }
        let at = match office.backend {
            Backend::Sqlite => "0",
            Backend::Postgres => "now()",
        };
        let request = office.literal("0190a000-0000-7000-8000-000000000001");
        for look in LOOKS {
            for action in [format!("thing.{look}"), format!("thing.part_{look}")] {
                let insert = format!(
                    "INSERT INTO audit_events (at, action, entity_type, request_id, outcome)
                     VALUES ({at}, '{action}', 'thing', {request}, 'success')"
                );
                office.sql(&insert).unwrap();
            }
        }
        let succeeded = "SELECT DISTINCT action AS one FROM audit_events WHERE outcome = 'success'";
        let done = office.texts(&format!("{succeeded} AND done"));
        assert!(done.len() > 10 && !done.iter().any(|action| is_look(action)), "{done:?}");
        let seen = office.texts(&format!("{succeeded} AND NOT done"));
        assert!(seen.len() > 2 * LOOKS.len() && seen.iter().all(|action| is_look(action)), "{seen:?}");
        let written = office.texts(&format!("{succeeded} AND done AND resident_id IS NOT NULL"));
        assert!(written.len() > 8);
        for kind in written {
            assert!(label(&kind).is_some(), "say in inspection/timeline/model.rs what {kind} is");
        }
    }

    async fn a_timeline_and_the_changes_are_read_from_their_indexes(office: &TestOffice) {
        let resident = office.literal(&office.resident().await);
        let timeline = format!(
            "SELECT sequence FROM audit_events WHERE resident_id = {resident} AND done AND sequence < 1000000 ORDER BY sequence DESC LIMIT 50"
        );
        let changes = "SELECT sequence FROM audit_events WHERE county_code = '990121' AND done AND resident_id IS NOT NULL \
             AND sequence > 100 ORDER BY sequence LIMIT 50";
        for (query, index) in [(timeline.as_str(), "audit_events_timeline"), (changes, "audit_events_changes")] {
            let plan = office.plan(query);
            assert!(plan.contains(index) && !plan.to_lowercase().contains("sort") && !plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}

impl TestOffice {
    /// How a query is answered, were the tables large.
    fn plan(&self, query: &str) -> String {
        #[derive(QueryableByName)]
        struct Here {
            #[diesel(sql_type = Text)]
            detail: String,
        }
        #[derive(QueryableByName)]
        struct There {
            #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
            line: String,
        }
        let mut db = self.db();
        match self.backend {
            Backend::Sqlite => {
                let lines: Vec<Here> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}"))
                    .load(db.conn())
                    .unwrap();
                lines.into_iter().map(|line| line.detail + "\n").collect()
            }
            Backend::Postgres => {
                diesel::sql_query("SELECT set_config('enable_seqscan', 'off', false), set_config('enable_bitmapscan', 'off', false), set_config('enable_sort', 'off', false)")
                    .execute(db.conn())
                    .unwrap();
                let lines: Vec<There> = diesel::sql_query(format!("EXPLAIN {query}"))
                    .load(db.conn())
                    .unwrap();
                lines.into_iter().map(|line| line.line + "\n").collect()
            }
        }
    }
}
