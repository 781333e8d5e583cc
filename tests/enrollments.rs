//! Enrollments from a month on: held back, paid again and ended, with both dates; what excludes what.

use serde_json::{Value, json};

use crate::support::people::{id_of, person};
use crate::support::{Reply, TestOffice, on_both};

const COUNTY: &str = "county.990121";
const CIVIL: &str = "civil.990121";
const APPROVER: &str = "approver.990121";
const TOWNSHIP: &str = "township.990121103";

impl TestOffice {
    /// A case that was approved in August, submitted in July; and the enrollment that it opened.
    pub async fn beneficiary(&self) -> (String, Value) {
        let case = self.case_at("approval").await;
        self.as_user(APPROVER)
            .await
            .act(&case, "approve")
            .await
            .expect(201);
        let enrollment = self.enrollment_of(&case).await;
        (case, enrollment)
    }

    pub async fn enrollment_of(&self, case: &str) -> Value {
        let path = format!("/v1/enrollments?case_id={case}");
        let page = self.as_user(CIVIL).await.get(&path).await.expect(200);
        page["items"].as_array().unwrap().last().unwrap().clone()
    }

    pub async fn changes_enrollment(
        &self,
        username: &str,
        enrollment: &Value,
        body: Value,
    ) -> Reply {
        let path = format!("/v1/enrollments/{}/transitions", id_of(enrollment));
        let client = self.as_user(username).await;
        let version = enrollment["version"].as_i64().unwrap();
        client.post_seen(&path, version, body).await
    }

    async fn then(&self, enrollment: &Value, query: &str) -> Value {
        let path = format!("/v1/enrollments/{}?{query}", id_of(enrollment));
        self.as_user("finance.990121")
            .await
            .get(&path)
            .await
            .expect(200)["then"]["state"]
            .clone()
    }

    /// Somebody with a subsidy, and entitled to another of its group.
    async fn with_two_of_a_group(&self) -> (String, String, Value) {
        self.sql("UPDATE programs SET exclusive_group = 'subsidies' WHERE code IN ('nursing_subsidy', 'living_subsidy')").unwrap();
        let resident = id_of(&self.register(poor()).await);
        let case = self.draft_for(&resident, "nursing_subsidy").await;
        self.bring(&case, "approval").await;
        self.as_user(APPROVER)
            .await
            .act(&case, "approve")
            .await
            .expect(201);
        let enrollment = self.enrollment_of(&case).await;
        (resident, case, enrollment)
    }
}

/// Entitled to both subsidies.
fn poor() -> Value {
    let mut poor = person();
    poor["circumstances"]["income_status"] = json!("minimum_living");
    poor
}

on_both! {
    async fn a_benefit_is_held_back_and_paid_again_from_a_month_on(office: &TestOffice) {
        let (case, enrollment) = office.beneficiary().await;
        assert_eq!((&enrollment["state"], &enrollment["start_month"], &enrollment["allowed_actions"], &enrollment["version"]),
            (&json!("active"), &json!("2022-07"), &json!(["suspend", "stop"]), &json!(1)));
        let before = office.now();
        office.pass_days(1).await;
        // August it is; by itself it counts from the next month on.
        let suspend = json!({"action": "suspend", "reason": "missing", "comment": " 多次上门未见 "});
        let reply = office.changes_enrollment(COUNTY, &enrollment, suspend).await;
        let suspended = reply.expect(201);
        let path = format!("/v1/enrollments/{}", id_of(&enrollment));
        assert_eq!((reply.header("location"), reply.header("etag")), (Some(format!("{path}/transitions").as_str()), Some("\"2\"")));
        assert_eq!((&suspended["state"], &suspended["stop_month"], &suspended["allowed_actions"]),
            (&json!("suspended"), &Value::Null, &json!(["resume", "stop"])));
        assert_eq!(office.as_user(COUNTY).await.get(&path).await.expect(200), suspended);
        let case = office.as_user(COUNTY).await.get(&format!("/v1/cases/{case}")).await.expect(200);
        assert_eq!(case["state"], "approved");
        office.pass_days(60).await;
        let resume = json!({"action": "resume", "reason": "review_passed", "effective_month": "2022-09"});
        let resumed = office.changes_enrollment(CIVIL, &suspended, resume).await.expect(201);
        assert_eq!(resumed["state"], "active");

        // In September nothing was to be paid, until it was known better; before all that, nothing was known of it.
        for (query, state) in [
            ("valid_at=2022-06-30", Value::Null),
            ("valid_at=2022-08-31", json!("active")),
            ("valid_at=2022-09-15", json!("active")),
            ("valid_at=2022-09-15&known_at=2022-09-01T00:00:00Z", json!("suspended")),
            ("valid_at=2022-08-15&known_at=2022-09-01T00:00:00Z", json!("active")),
            ("valid_at=2022-09-15&known_at=2022-07-10T00:00:00Z", Value::Null),
            (&format!("valid_at=2022-09-15&known_at={before}"), json!("active")),
            ("known_at=2022-09-01T00:00:00Z", json!("suspended")),
        ] {
            assert_eq!(office.then(&enrollment, query).await, state, "{query}");
        }
        let history = office.as_user("auditor.990121").await.get(&format!("{path}/transitions")).await.expect(200);
        let told: Vec<_> = history["items"].as_array().unwrap().iter()
            .map(|entry| [&entry["action"], &entry["effective_month"], &entry["reason"], &entry["comment"], &entry["actor"]["username"]].map(Value::clone))
            .collect();
        assert_eq!(told, [
            [json!("open"), json!("2022-07"), json!("approved"), Value::Null, json!(APPROVER)],
            [json!("suspend"), json!("2022-09"), json!("missing"), json!("多次上门未见"), json!(COUNTY)],
            [json!("resume"), json!("2022-09"), json!("review_passed"), Value::Null, json!(CIVIL)],
        ]);
    }

    async fn what_is_ended_ends_its_case_and_may_have_ended_earlier(office: &TestOffice) {
        let (case, enrollment) = office.beneficiary().await;
        let stop = |month: &str, reason: &str| json!({"action": "stop", "reason": reason, "effective_month": month});
        let stopped = office.changes_enrollment(COUNTY, &enrollment, stop("2022-09", "death")).await.expect(201);
        assert_eq!((&stopped["state"], &stopped["stop_month"], &stopped["allowed_actions"]),
            (&json!("stopped"), &json!("2022-08"), &json!(["stop"])));
        let county = office.as_user(COUNTY).await;
        let ended = county.get(&format!("/v1/cases/{case}")).await.expect(200);
        assert_eq!((&ended["state"], &ended["closed_at"]), (&json!("terminated"), &ended["updated_at"]));
        let notices = county.get(&format!("/v1/cases/{case}/notices")).await.expect(200);
        let notice = notices["items"].as_array().unwrap().iter().find(|notice| notice["kind"] == "terminate").unwrap();
        let letter = county.get(&format!("/v1/cases/{case}/notices/{}", id_of(notice))).await.expect(200);
        assert_eq!(letter["content"]["grounds"], "死亡");
        // They had died before, and never later.
        for late in ["2022-09", "2022-10"] {
            office.changes_enrollment(CIVIL, &stopped, stop(late, "error")).await.refused_field("/comment", "comment.length");
            office.changes_enrollment(CIVIL, &stopped, stop(late, "death")).await.refused(422, "request.invalid");
        }
        office.changes_enrollment(CIVIL, &stopped, json!({"action": "resume", "reason": "review_passed"})).await
            .refused(409, "enrollment.transition_not_allowed");
        office.pass_days(1).await;
        let earlier = office.changes_enrollment(CIVIL, &stopped, stop("2022-07", "death")).await.expect(201);
        // Nothing of it was due, and there is nothing left to find.
        assert_eq!((&earlier["stop_month"], &earlier["start_month"], &earlier["allowed_actions"]), (&json!("2022-06"), &json!("2022-07"), &json!([])));
        for (query, state) in [("valid_at=2022-07-01", "stopped"), ("valid_at=2022-08-01&known_at=2022-08-03T12:00:00Z", "active")] {
            assert_eq!(office.then(&enrollment, query).await, json!(state), "{query}");
        }
        let history = office.as_user(COUNTY).await.get(&format!("/v1/cases/{case}/notices")).await.expect(200);
        assert_eq!(history, notices);
    }

    async fn what_begins_later_is_stopped_before_it_is_paid(office: &TestOffice) {
        let case = office.stopped().await;
        // Opened again: from September on, for August was paid.
        office.as_user("supervisor.990100").await.act_saying(&case, "reopen", Some("经复查")).await.expect(201);
        office.as_user(TOWNSHIP).await.act(&case, "submit").await.expect(201);
        for reviewer in ["township2.990121103", COUNTY, CIVIL] {
            office.as_user(reviewer).await.act(&case, "endorse").await.expect(201);
        }
        office.pass_days(14).await;
        office.as_user(APPROVER).await.act(&case, "approve").await.expect(201);
        let second = office.enrollment_of(&case).await;
        assert_eq!((&second["start_month"], office.today().to_string().as_str()), (&json!("2022-09"), "2022-08-17"));
        office.as_user(CIVIL).await.act_saying(&case, "terminate", Some("本人放弃")).await.expect(201);
        let stopped = office.enrollment_of(&case).await;
        assert_eq!((&stopped["state"], &stopped["start_month"], &stopped["stop_month"]), (&json!("stopped"), &json!("2022-09"), &json!("2022-08")));
        let history = office.as_user(CIVIL).await.get(&format!("/v1/enrollments/{}/transitions", id_of(&stopped))).await.expect(200);
        let last = history["items"][1].clone();
        assert_eq!((&last["reason"], &last["comment"], &last["effective_month"]), (&json!("other"), &json!("本人放弃"), &json!("2022-09")));
    }

    async fn only_who_may_changes_what_is_paid(office: &TestOffice) {
        let (case, enrollment) = office.beneficiary().await;
        let suspend = json!({"action": "suspend", "reason": "missing"});
        for other in [TOWNSHIP, "finance.990121", "supervisor.990100"] {
            office.changes_enrollment(other, &enrollment, suspend.clone()).await.refused(403, "permission.denied");
        }
        office.changes_enrollment("county.990122", &enrollment, suspend.clone()).await.refused(404, "enrollment.not_found");
        let mut stale = enrollment.clone();
        stale["version"] = json!(7);
        office.changes_enrollment(COUNTY, &stale, suspend.clone()).await.refused(412, "if_match.stale");
        for (body, pointer, code) in [
            (json!({"action": "suspend", "reason": "missing", "effective_month": "2022-06"}), "/effective_month", "enrollment.month"),
            (json!({"action": "suspend", "reason": "missing", "effective_month": "2022-10"}), "/effective_month", "enrollment.month"),
            (json!({"action": "suspend", "reason": "review_passed"}), "/reason", "enrollment.reason"),
            (json!({"action": "stop", "reason": "approved"}), "/reason", "enrollment.reason"),
            (json!({"action": "stop", "reason": "other"}), "/comment", "comment.length"),
        ] {
            office.changes_enrollment(COUNTY, &enrollment, body).await.refused_field(pointer, code);
        }
        for action in ["open", "resume"] {
            office.changes_enrollment(COUNTY, &enrollment, json!({"action": action, "reason": "error", "comment": "误操作"})).await
                .refused(409, "enrollment.transition_not_allowed");
        }
        // Who is related keeps off.
        let civil = office.as_user(CIVIL).await;
        civil.post(&format!("/v1/cases/{case}/recusals"), json!({"relation": "friend_or_interest"})).await.expect(201);
        office.changes_enrollment(CIVIL, &enrollment, suspend.clone()).await.refused(403, "case.recusal_required");
        assert_eq!(office.enrollment_of(&case).await["allowed_actions"], json!([]));
        // While they move nothing is changed.
        let resident = enrollment["resident_id"].as_str().unwrap();
        office.transfers(resident, crate::support::people::ELSEWHERE).await.expect(201);
        let refusal = office.changes_enrollment(COUNTY, &enrollment, suspend).await;
        refusal.refused(409, "resident.in_transfer");
        let seen = office.as_user(COUNTY).await.get(&format!("/v1/enrollments/{}", id_of(&enrollment))).await.expect(200);
        assert_eq!((&seen["state"], &seen["allowed_actions"], &seen["version"]), (&json!("active"), &json!([]), &json!(1)));
    }

    async fn what_excludes_another_does_not_run_beside_it(office: &TestOffice) {
        let (resident, case, enrollment) = office.with_two_of_a_group().await;
        let other = office.draft_for(&resident, "living_subsidy").await;
        let township = office.as_user(TOWNSHIP).await;
        let refusal = township.act(&other, "submit").await.refused(409, "enrollment.exclusive");
        assert_eq!(refusal["program_code"], "nursing_subsidy");
        // Held back it still runs.
        let suspend = json!({"action": "suspend", "reason": "missing"});
        let suspended = office.changes_enrollment(COUNTY, &enrollment, suspend).await.expect(201);
        office.as_user(TOWNSHIP).await.act(&other, "submit").await.refused(409, "enrollment.exclusive");
        let stop = json!({"action": "stop", "reason": "voluntary"});
        office.changes_enrollment(COUNTY, &suspended, stop).await.expect(201);
        office.bring(&other, "approval").await;
        // Approved meanwhile was the one before: it waits for its end.
        office.as_user("supervisor.990100").await.act_saying(&case, "reopen", Some("经复查")).await.expect(201);
        office.bring(&case, "approval").await;
        office.as_user(APPROVER).await.act(&other, "approve").await.expect(201);
        office.as_user(APPROVER).await.act(&case, "approve").await.refused(409, "enrollment.exclusive");
        // From the month after that in which the other ended.
        let second = office.enrollment_of(&other).await;
        assert_eq!((&second["start_month"], &second["state"]), (&json!("2022-09"), &json!("active")));
    }

    async fn records_of_one_person_exclude_each_other_in_every_county(office: &TestOffice) {
        let (resident, _case, _enrollment) = office.with_two_of_a_group().await;
        let mut twin = poor();
        twin["division_code"] = json!(crate::support::people::ELSEWHERE);
        let kept = id_of(&office.register(twin).await);
        let filer = office.as_user(&format!("township.{}", &crate::support::people::ELSEWHERE[..9])).await;
        let body = json!({"resident_id": kept, "program_code": "living_subsidy", "details": {}});
        let other = id_of(&filer.post("/v1/cases", body).await.expect(201));
        // Joined by hand: nobody below the city sees both.
        let [kept_id, duplicate] = [&kept, &resident].map(|id| office.literal(id));
        let me = |username: &'static str| async move {
            office.as_user(username).await.get("/v1/me").await.expect(200)["id"].as_str().unwrap().to_owned()
        };
        let [one, two] = [office.literal(&me(COUNTY).await), office.literal(&me(APPROVER).await)];
        let id = office.literal("0190a000-0000-7000-8000-000000000071");
        let merged = format!(
            "INSERT INTO resident_merges (id, kind, kept_id, duplicate_id, reason, state, proposed_by, proposed_at)
             SELECT {id}, 'merge', {kept_id}, {duplicate}, id_number, 'proposed', {one}, created_at FROM residents WHERE id = {kept_id};
             UPDATE resident_merges SET state = 'approved', decided_by = {two}, decided_at = proposed_at WHERE id = {id}"
        );
        office.sql(&format!("BEGIN; {merged}; COMMIT")).unwrap();
        filer.act(&other, "submit").await.refused(409, "enrollment.exclusive");
        // Nor is there a second case of the other program, which lies where this office does not see it.
        let body = json!({"resident_id": kept, "program_code": "nursing_subsidy", "details": {}});
        filer.post("/v1/cases", body).await.refused(409, "case.already_open");
    }
}
