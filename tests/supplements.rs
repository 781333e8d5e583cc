//! Supplements: a review step's clock stands still while a reviewer waits, and what does not come in
//! time sends the case back.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::office::instant;
use crate::support::people::id_of;
use crate::support::{Reply, TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
const REVIEWER: &str = "township2.990121103";
const APPROVER: &str = "approver.990121";

impl TestOffice {
    async fn seen(&self, case: &str) -> Value {
        let county = self.as_user("county.990121").await;
        county.get(&format!("/v1/cases/{case}")).await.expect(200)
    }

    async fn asks(&self, username: &str, case: &str, body: Value) -> Reply {
        let version = self.seen(case).await["version"].as_i64().unwrap();
        let path = format!("/v1/cases/{case}/supplement-requests");
        let client = self.as_user(username).await;
        client.post_seen(&path, version, body).await
    }

    async fn answers(&self, username: &str, request: &Value) -> Reply {
        let path = format!("/v1/supplement-requests/{}/answer", id_of(request));
        let client = self.as_user(username).await;
        client.post(&path, json!({"comment": "已补充"})).await
    }

    async fn waiting(&self) -> Value {
        let approver = self.as_user(APPROVER).await;
        approver.get("/v1/tasks/office").await.expect(200)["items"][0].clone()
    }

    async fn at(&self, time: &str) {
        self.clock.set(instant(time));
        self.pass(Duration::ZERO).await;
    }
}

on_both! {
    async fn the_clock_stands_still_until_the_answer(office: &TestOffice) {
        // Submitted on Monday, 4 July, with ten working days; asked for after three of them.
        let case = office.case_at("initial_review").await;
        assert_eq!(office.seen(&case).await["due_date"], "2022-07-18");
        office.at("2022-07-07T01:00:00Z").await;
        let asked = office.asks(REVIEWER, &case, json!({"what": " 护理证明 "})).await.expect(201);
        assert_eq!((&asked["what"], &asked["due_date"], &asked["remaining_working_days"], &asked["outcome"]),
            (&json!("护理证明"), &json!("2022-07-21"), &json!(7), &Value::Null));
        assert_eq!((office.seen(&case).await["due_date"].clone(), office.seen(&case).await["version"].clone()), (Value::Null, json!(3)));
        office.asks(REVIEWER, &case, json!({"what": "照片"})).await.refused(409, "supplement.open");

        // While it stands still nothing is late and nobody is reminded.
        office.at("2022-07-20T01:00:00Z").await;
        let task = office.waiting().await;
        assert_eq!((&task["case_id"], &task["due_date"], &task["overdue"], &task["overdue_working_days"], &task["reminded_at"]),
            (&json!(case), &Value::Null, &json!(false), &json!(0), &Value::Null));
        let approver = office.as_user(APPROVER).await;
        for list in ["/v1/tasks/office?overdue=true", "/v1/tasks/overdue"] {
            assert_eq!(approver.get(list).await.expect(200)["items"], json!([]), "{list}");
        }

        // The seven that were left begin on the day of the answer.
        office.answers(REVIEWER, &asked).await.refused(403, "case.separation_of_duties");
        let answered = office.answers(TOWNSHIP, &asked).await.expect(201);
        assert_eq!((&answered["outcome"], &answered["answer"], &answered["ended_at"]),
            (&json!("answered"), &json!("已补充"), &json!("2022-07-20T01:00:00.000000Z")));
        assert_eq!(office.seen(&case).await["due_date"], "2022-07-29");
        assert_eq!(office.waiting().await["due_date"], "2022-07-29");
        office.answers(TOWNSHIP, &asked).await.refused(409, "supplement.ended");
        let county = office.as_user("county.990121").await;
        let all = county.get(&format!("/v1/cases/{case}/supplement-requests")).await.expect(200);
        assert_eq!(all["items"], json!([answered]));
        // The day of the first request has no more to say.
        office.at("2022-07-25T01:00:00Z").await;
        assert_eq!(office.seen(&case).await["step"], "initial_review");
        office.as_user(REVIEWER).await.act(&case, "endorse").await.expect(201);
    }

    async fn what_does_not_come_in_time_sends_the_case_back(office: &TestOffice) {
        let case = office.case_at("initial_review").await;
        let asked = office.asks(REVIEWER, &case, json!({"what": "护理证明", "due_date": "2022-07-06"})).await.expect(201);
        office.at("2022-07-06T15:59:00Z").await;
        assert_eq!(office.seen(&case).await["state"], "in_review");
        office.at("2022-07-06T16:00:00Z").await;
        let returned = office.seen(&case).await;
        assert_eq!((&returned["state"], &returned["step"], &returned["due_date"]), (&json!("returned"), &Value::Null, &Value::Null));
        let county = office.as_user("county.990121").await;
        let history = county.get(&format!("/v1/cases/{case}/transitions")).await.expect(200);
        let last = &history["items"][2];
        assert_eq!((&last["action"], &last["actor"], &last["comment"]),
            (&json!("lapse"), &Value::Null, &json!("逾期未补正：护理证明")));
        assert_eq!(office.waiting().await, Value::Null);
        office.answers(TOWNSHIP, &asked).await.refused(409, "supplement.ended");
        let auditor = office.as_user("auditor.990121").await;
        let records = auditor.get("/v1/audit/events?action=case.lapsed").await.expect(200);
        assert_eq!((&records["items"][0]["entity_id"], &records["items"][0]["actor"]["id"]), (&json!(case), &Value::Null));
        // Filed anew, a new round begins.
        office.as_user(TOWNSHIP).await.act(&case, "submit").await.expect(201);
        office.as_user(REVIEWER).await.act(&case, "endorse").await.expect(201);
    }

    async fn a_case_that_goes_on_waits_for_nothing(office: &TestOffice) {
        let case = office.case_at("initial_review").await;
        let asked = office.asks(REVIEWER, &case, json!({"what": "护理证明"})).await.expect(201);
        office.as_user(REVIEWER).await.act(&case, "endorse").await.expect(201);
        office.answers(TOWNSHIP, &asked).await.refused(409, "supplement.ended");
        assert_eq!(office.seen(&case).await["due_date"], office.waiting().await["due_date"]);
        office.pass_days(60).await;
        assert_eq!(office.seen(&case).await["step"], "verification");
        let county = office.as_user("county.990121").await;
        let all = county.get(&format!("/v1/cases/{case}/supplement-requests")).await.expect(200);
        assert_eq!(all["items"][0]["outcome"], "closed");
    }

    async fn only_who_takes_the_step_asks_and_only_who_files_answers(office: &TestOffice) {
        let case = office.case_at("initial_review").await;
        let what = || json!({"what": "护理证明"});
        office.asks(TOWNSHIP, &case, what()).await.refused(403, "case.separation_of_duties");
        office.asks("county.990121", &case, what()).await.refused(403, "case.step_role");
        office.asks("auditor.990121", &case, what()).await.refused(403, "permission.denied");
        office.asks("township2.990122103", &case, what()).await.refused(404, "case.not_found");
        let path = format!("/v1/cases/{case}/supplement-requests");
        let reviewer = office.as_user(REVIEWER).await;
        reviewer.post(&path, what()).await.refused(428, "if_match.missing");
        reviewer.post_seen(&path, 1, what()).await.refused(412, "if_match.stale");
        for (body, pointer, code) in [
            (json!({"what": " "}), "/what", "text.length"),
            (json!({"what": "长".repeat(1001)}), "/what", "text.length"),
            (json!({"what": "证明", "due_date": "2022-07-04"}), "/due_date", "due_date.past"),
            (json!({"what": "证明", "due_date": "soon"}), "/due_date", "field.invalid"),
            (json!({"due_date": "2022-07-14"}), "/what", "field.missing"),
        ] {
            office.asks(REVIEWER, &case, body).await.refused_field(pointer, code);
        }
        let draft = office.draft().await;
        office.asks(REVIEWER, &draft, what()).await.refused(409, "case.transition_not_allowed");
        let notice = office.case_at("public_notice").await;
        office.asks("county.990121", &notice, what()).await.refused(409, "case.transition_not_allowed");

        let asked = office.asks(REVIEWER, &case, what()).await.expect(201);
        let answer = format!("/v1/supplement-requests/{}/answer", id_of(&asked));
        let township = office.as_user(TOWNSHIP).await;
        township.post(&answer, json!({"comment": ""})).await.refused_field("/comment", "text.length");
        office.answers(APPROVER, &asked).await.refused(403, "permission.denied");
        office.answers("township.990122103", &asked).await.refused(404, "supplement.not_found");
        // Nor who is related to the resident.
        let relation = json!({"relation": "parent"});
        township.post(&format!("/v1/cases/{case}/recusals"), relation).await.expect(201);
        office.answers(TOWNSHIP, &asked).await.refused(403, "case.recusal_required");
        office.answers("liaison.990121103201", &asked).await.expect(201);
    }
}
