//! Periodic reviews of what is paid, and which benefits may be held beside each other.

use serde_json::{Value, json};

use crate::support::people::id_of;
use crate::support::{Backend, Reply, TestOffice, on_both};

const COUNTY: &str = "county.990121";
const CIVIL: &str = "civil.990121";

impl TestOffice {
    /// The nursing subsidy is reviewed every so many months, from tomorrow on, which it then is.
    async fn reviewed_every(&self, months: i32) {
        let author = self.as_user("supervisor.990100").await;
        let versions = "/v1/programs/nursing_subsidy/versions?valid_at=2022-07-04";
        let versions = author.get(versions).await.expect(200);
        let mut terms = versions["items"][0].clone();
        for own in ["id", "program_code", "version"] {
            terms.as_object_mut().unwrap().remove(own);
        }
        assert_eq!(terms["review_months"], Value::Null);
        terms["effective_from"] = json!("2022-07-05");
        let drafts = "/v1/programs/nursing_subsidy/drafts";
        terms["review_months"] = json!(0);
        author
            .post(drafts, terms.clone())
            .await
            .refused_field("/review_months", "review.range");
        terms["review_months"] = json!(months);
        let draft = id_of(&author.post(drafts, terms).await.expect(201));
        let approver = self.as_user("supervisor2.990100").await;
        let version = approver
            .post_seen(&format!("{drafts}/{draft}/approval"), 1, json!({}))
            .await
            .expect(201);
        assert_eq!(version["review_months"], json!(months));
        self.pass_days(1).await;
    }

    async fn reviews(&self, username: &str, enrollment: &Value, body: Value) -> Reply {
        let path = format!("/v1/enrollments/{}/reviews", id_of(enrollment));
        let client = self.as_user(username).await;
        client
            .post_seen(&path, enrollment["version"].as_i64().unwrap(), body)
            .await
    }

    async fn due_reviews(&self, username: &str, query: &str) -> Vec<Value> {
        let client = self.as_user(username).await;
        let page = client
            .get(&format!("/v1/enrollment-reviews?{query}"))
            .await
            .expect(200);
        page["items"].as_array().unwrap().clone()
    }
}

on_both! {
    async fn what_no_version_has_reviewed_is_never_due(office: &TestOffice) {
        let (_, unreviewed) = office.beneficiary().await;
        assert_eq!(unreviewed["review_due_date"], Value::Null);
    }

    async fn who_passes_is_reviewed_again_and_who_fails_is_paid_no_more(office: &TestOffice) {
        office.reviewed_every(2).await;
        let (case, enrollment) = office.beneficiary().await;
        // Two months after the first that is paid for.
        assert_eq!((&enrollment["start_month"], &enrollment["review_due_date"]), (&json!("2022-07"), &json!("2022-09-01")));
        assert!(office.due_reviews("finance.990121", "").await.is_empty());
        let (_, later) = office.beneficiary().await;
        office.pass_days(30).await;
        let due = office.due_reviews("finance.990121", "division_code=990121000000").await;
        let first = json!({"enrollment_id": id_of(&enrollment), "resident_id": enrollment["resident_id"], "program_code": "nursing_subsidy",
            "division_code": enrollment["division_code"], "state": "active", "due_date": "2022-09-01", "version": 1});
        assert_eq!((due.len(), &due[0]), (2, &first));
        assert_eq!(office.due_reviews(CIVIL, "due_before=2022-09-01").await, Vec::<Value>::new());
        assert_eq!(office.due_reviews("finance.990122", "").await, Vec::<Value>::new());
        let page = office.pages("finance.990121", "/v1/enrollment-reviews", 1).await;
        assert_eq!(page, due);

        for (body, pointer, code) in [
            (json!({"outcome": "passed", "reason": "death"}), "/reason", "review.reason"),
            (json!({"outcome": "failed", "reason": "review_passed", "comment": "已能自理"}), "/reason", "enrollment.reason"),
            (json!({"outcome": "failed"}), "/comment", "comment.length"),
        ] {
            office.reviews(COUNTY, &enrollment, body).await.refused_field(pointer, code);
        }
        office.reviews("finance.990121", &enrollment, json!({"outcome": "passed"})).await.refused(403, "permission.denied");
        office.reviews("county.990122", &enrollment, json!({"outcome": "passed"})).await.refused(404, "enrollment.not_found");
        let reply = office.reviews(COUNTY, &enrollment, json!({"outcome": "passed", "comment": " 入户核查 "})).await;
        let passed = reply.expect(201);
        assert_eq!((&passed["outcome"], &passed["due_date"], &passed["comment"], reply.header("etag")),
            (&json!("passed"), &json!("2022-09-01"), &json!("入户核查"), Some("\"2\"")));
        office.reviews(COUNTY, &enrollment, json!({"outcome": "passed"})).await.refused(412, "if_match.stale");
        let now = office.enrollment_of(&case).await;
        let next = office.today().checked_add_months(chrono::Months::new(2)).unwrap();
        assert_eq!((&now["review_due_date"], &now["state"], &now["version"]), (&json!(next.to_string()), &json!("active"), &json!(2)));

        let failed = office.reviews(CIVIL, &later, json!({"outcome": "failed", "comment": "已能自理"})).await.expect(201);
        assert_eq!(failed["outcome"], "failed");
        let path = format!("/v1/enrollments/{}", id_of(&later));
        let civil = office.as_user(CIVIL).await;
        let stopped = civil.get(&path).await.expect(200);
        let this_month = office.today().format("%Y-%m").to_string();
        assert_eq!((&stopped["state"], &stopped["stop_month"]), (&json!("stopped"), &json!(this_month)));
        let ended = civil.get(&format!("/v1/cases/{}", stopped["case_id"].as_str().unwrap())).await.expect(200);
        assert_eq!(ended["state"], "terminated");
        let history = civil.get(&format!("{path}/transitions")).await.expect(200);
        assert_eq!((&history["items"][1]["reason"], &history["items"][1]["comment"]), (&json!("review_failed"), &json!("已能自理")));
        let all = civil.get(&format!("{path}/reviews")).await.expect(200);
        assert_eq!(all["items"], json!([failed]));
        office.reviews(CIVIL, &stopped, json!({"outcome": "passed"})).await.refused(409, "enrollment.transition_not_allowed");
        assert!(office.due_reviews("finance.990121", "").await.is_empty());

        // What was found stays, whatever statement is written.
        for change in ["UPDATE enrollment_reviews SET outcome = 'passed'", "DELETE FROM enrollment_reviews"] {
            assert!(office.sql(change).unwrap_err().contains("append_only"), "{change}");
        }
        let id = office.literal("0190a000-0000-7000-8000-000000000091");
        let again = |outcome: &str, whose: &Value| {
            let of = office.literal(&id_of(whose));
            format!("INSERT INTO enrollment_reviews (id, enrollment_id, outcome, decided_by, at)
                SELECT {id}, {of}, '{outcome}', decided_by, at FROM enrollment_reviews WHERE outcome = 'passed'")
        };
        for (outcome, whose) in [("failed", &now), ("passed", &stopped)] {
            assert!(office.sql(&again(outcome, whose)).unwrap_err().contains("append_only"), "{outcome}");
        }
        if office.backend == Backend::Sqlite {
            let columns = "id, enrollment_id, due_date, outcome, comment, decided_by, at";
            let replace = format!("INSERT OR REPLACE INTO enrollment_reviews ({columns}) SELECT {columns} FROM enrollment_reviews");
            assert!(office.sql(&replace).unwrap_err().contains("UNIQUE"));
        }
    }

    async fn programs_say_what_may_be_held_beside_what(office: &TestOffice) {
        let author = office.as_user("supervisor.990100").await;
        let new = |code: &str, exclusive: Value, higher: Value| json!({"code": code, "service": "subsidy", "name_zh": "交通补贴", "name_en": "Allowance",
            "exclusive_group": exclusive, "higher_group": higher});
        for (code, exclusive, higher) in [
            ("bus_allowance", json!("transport"), json!("mobility")),
            ("car_allowance", json!("transport"), json!("mobility")),
            ("escort_allowance", Value::Null, json!("mobility")),
        ] {
            let added = author.post("/v1/programs", new(code, exclusive, higher.clone())).await.expect(201);
            assert_eq!(added["higher_group"], higher);
        }
        author.post("/v1/programs", new("tram", Value::Null, json!("Mobility"))).await.refused_field("/higher_group", "program.higher_group");
        let matrix = office.as_user("finance.990121").await.get("/v1/programs/stacking").await.expect(200);
        let items = matrix["items"].as_array().unwrap();
        let relation = |one: &str, other: &str| {
            let of = |item: &&Value| item["program_code"] == one && item["other_program_code"] == other;
            items.iter().find(of).unwrap()["relation"].clone()
        };
        assert_eq!(relation("bus_allowance", "car_allowance"), "exclusive");
        assert_eq!(relation("bus_allowance", "escort_allowance"), "higher");
        assert_eq!(relation("living_subsidy", "nursing_subsidy"), "together");
        let programs = author.get("/v1/programs").await.expect(200)["items"].as_array().unwrap().len();
        assert_eq!(items.len(), programs * (programs - 1) / 2);
    }
}
