//! The end of a case's life: stopped, rejected, reconsidered by another person, upheld or opened again.

use serde_json::{Value, json};

use crate::support::people::id_of;
use crate::support::{TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
const APPROVER: &str = "approver.990121";
const WHY: Option<&str> = Some("经复查");

impl TestOffice {
    async fn stands(&self, case: &str) -> Value {
        let auditor = self.as_user("auditor.990121").await;
        auditor.get(&format!("/v1/cases/{case}")).await.expect(200)
    }

    async fn enrollments(&self, case: &str) -> Vec<Value> {
        let auditor = self.as_user("auditor.990121").await;
        let page = auditor
            .get(&format!("/v1/enrollments?case_id={case}"))
            .await
            .expect(200);
        page["items"].as_array().unwrap().clone()
    }
}

on_both! {
    async fn a_rejection_is_upheld_by_another_person_once(office: &TestOffice) {
        let case = office.rejected().await;
        office.reconsider(&case).await;
        let asked = office.stands(&case).await;
        assert_eq!((&asked["state"], &asked["step"], &asked["due_date"], &asked["closed_at"]),
            (&json!("under_reconsideration"), &json!("reconsideration"), &json!("2022-08-01"), &Value::Null));
        // It waits on the approver's desk.
        let approver = office.as_user(APPROVER).await;
        let desk = approver.get("/v1/tasks?view=mine").await.expect(200);
        assert_eq!((&desk["items"][0]["case_id"], &desk["items"][0]["step"]), (&json!(case), &json!("reconsideration")));
        office.as_user("county.990121").await.act_saying(&case, "uphold", WHY).await.refused(403, "case.step_role");
        office.as_user("approver.990122").await.get(&format!("/v1/cases/{case}")).await.refused(404, "case.not_found");
        approver.act(&case, "uphold").await.refused_field("/comment", "comment.length");
        let upheld = approver.act_saying(&case, "uphold", WHY).await.expect(201);
        assert_eq!((&upheld["state"], &upheld["step"]), (&json!("rejected"), &Value::Null));
        let township = office.as_user(TOWNSHIP).await;
        township.act_saying(&case, "request_reconsideration", WHY).await.refused(409, "case.reconsidered");
        let supervisor = office.as_user("supervisor.990100").await;
        supervisor.act_saying(&case, "uphold", WHY).await.refused(409, "case.transition_not_allowed");
    }

    async fn an_annulled_rejection_begins_a_new_round(office: &TestOffice) {
        let case = office.rejected().await;
        office.reconsider(&case).await;
        let reopened = office.as_user("supervisor.990100").await.act_saying(&case, "reopen", WHY).await.expect(201);
        assert_eq!((&reopened["state"], &reopened["decided_at"], &reopened["closed_at"]), (&json!("returned"), &Value::Null, &Value::Null));
        office.bring(&case, "approval").await;
        office.as_user(APPROVER).await.act(&case, "approve").await.expect(201);
        // The month of the first submission counts.
        assert_eq!(office.enrollments(&case).await[0]["start_month"], "2022-07");
        let history = office.as_user(APPROVER).await.get(&format!("/v1/cases/{case}/transitions")).await.expect(200);
        let of = |action: &str| {
            let all = history["items"].as_array().unwrap().iter();
            all.filter(|entry| entry["action"] == action).map(|entry| entry["round"].clone()).collect::<Vec<_>>()
        };
        assert_eq!((of("reject"), of("reopen"), of("submit")), (vec![json!(1)], vec![json!(1)], vec![json!(1), json!(2)]));
    }

    async fn whoever_stopped_a_case_does_not_judge_the_stop(office: &TestOffice) {
        let case = office.stopped().await;
        let stopped = office.enrollments(&case).await;
        assert_eq!((&stopped[0]["state"], &stopped[0]["stop_month"]), (&json!("stopped"), &json!("2022-08")));
        office.as_user(APPROVER).await.act_saying(&case, "reopen", WHY).await.refused(403, "case.own_decision");
        office.reconsider(&case).await;
        let approver = office.as_user(APPROVER).await;
        for action in ["uphold", "reopen"] {
            approver.act_saying(&case, action, WHY).await.refused(403, "case.own_decision");
        }
        // Nor does it wait on their desk: nobody else is there to take it.
        let tasks = approver.get("/v1/tasks/office").await.expect(200);
        assert_eq!((&tasks["items"][0]["case_id"], &tasks["items"][0]["assignee"]), (&json!(case), &Value::Null));
        assert_eq!(approver.get("/v1/tasks").await.expect(200)["items"], json!([]));
        approver.request("POST", &format!("/v1/tasks/{case}/claim")).seen(1).send().await.refused(403, "task.not_eligible");
        let supervisor = office.as_user("supervisor.990100").await;
        assert_eq!(supervisor.act_saying(&case, "uphold", WHY).await.expect(201)["state"], "terminated");
        // On the office's own initiative; the people whose steps it was take them again.
        supervisor.act_saying(&case, "reopen", Some("发现新证据")).await.expect(201);
        assert_eq!(office.enrollments(&case).await, stopped);
        office.bring(&case, "approval").await;
        office.as_user(APPROVER).await.act(&case, "approve").await.expect(201);
        // Nothing is paid twice.
        let all = office.enrollments(&case).await;
        assert_eq!((all[0].clone(), all.len()), (stopped[0].clone(), 2));
        assert_eq!((&all[1]["state"], &all[1]["start_month"]), (&json!("active"), &json!("2022-09")));
        office.as_user("civil.990121").await.act_saying(&case, "terminate", WHY).await.expect(201);
        let states: Vec<_> = office.enrollments(&case).await.iter().map(|one| one["state"].clone()).collect();
        assert_eq!(states, [json!("stopped"), json!("stopped")]);
    }

    async fn only_what_was_approved_is_stopped_and_by_whom_it_is_up_to(office: &TestOffice) {
        let case = office.case_at("approval").await;
        let approver = office.as_user(APPROVER).await;
        approver.act_saying(&case, "terminate", WHY).await.refused(409, "case.transition_not_allowed");
        approver.act(&case, "approve").await.expect(201);
        office.as_user("county.990121").await.act_saying(&case, "terminate", WHY).await.refused(403, "case.step_role");
        approver.act(&case, "terminate").await.refused_field("/comment", "comment.length");
        office.as_user("approver.990122").await
            .post_seen(&format!("/v1/cases/{case}/transitions"), 7, json!({"action": "terminate", "comment": "迁出"}))
            .await
            .refused(404, "case.not_found");
        let terminated = office.as_user("civil.990121").await.act_saying(&case, "terminate", WHY).await.expect(201);
        assert_eq!((&terminated["state"], &terminated["closed_at"]), (&json!("terminated"), &terminated["updated_at"]));
    }

    async fn reconsideration_is_asked_for_in_time(office: &TestOffice) {
        let [early, told, late] = [office.rejected().await, office.rejected().await, office.rejected().await];
        office.pass_days(30).await;
        let county = office.as_user("county.990121").await;
        let path = format!("/v1/cases/{told}/notices");
        let notice = id_of(&county.get(&path).await.expect(200)["items"][0]);
        let service = json!({"method": "post", "recipient": "family_member", "served_date": "2022-08-01"});
        county.post(&format!("{path}/{notice}/service"), service).await.expect(201);
        // Until the end of the 60th day after the decision, 4 July, or after its service.
        office.pass_days(30).await;
        assert_eq!(office.today().to_string(), "2022-09-02");
        office.reconsider(&early).await;
        office.pass_days(1).await;
        let township = office.as_user(TOWNSHIP).await;
        let refusal = township.act_saying(&late, "request_reconsideration", WHY).await.refused(409, "case.reconsideration_late");
        assert_eq!(refusal["last_date"], "2022-09-02");
        assert_eq!(township.get(&format!("/v1/cases/{late}")).await.expect(200)["allowed_actions"], json!([]));
        office.reconsider(&told).await;
    }

    async fn nothing_is_opened_again_beside_an_open_case(office: &TestOffice) {
        let case = office.rejected().await;
        let resident = office.stands(&case).await["resident_id"].as_str().unwrap().to_owned();
        let second = office.draft_for(&resident, "nursing_subsidy").await;
        let township = office.as_user(TOWNSHIP).await;
        township.act_saying(&case, "request_reconsideration", WHY).await.refused(409, "case.already_open");
        office.as_user(APPROVER).await.act_saying(&case, "reopen", WHY).await.refused(409, "case.already_open");
        let listed = township.get(&format!("/v1/residents/{resident}/cases")).await.expect(200);
        assert_eq!((&listed["items"][0]["id"], &listed["items"][1]["allowed_actions"]), (&json!(second), &json!([])));
        township.act(&second, "withdraw").await.expect(201);
        office.reconsider(&case).await;
        // While it is reconsidered there is no new one.
        let body = json!({"resident_id": resident, "program_code": "nursing_subsidy"});
        township.post("/v1/cases", body).await.refused(409, "case.already_open");
    }

    async fn who_took_part_in_the_round_does_not_reconsider_it(office: &TestOffice) {
        let case = office.case_at("approval").await;
        let approver = office.as_user(APPROVER).await;
        approver.act_saying(&case, "reject", Some("不符合条件")).await.expect(201);
        let township = office.as_user("township2.990121103").await;
        township.act_saying(&case, "request_reconsideration", WHY).await.refused(403, "case.separation_of_duties");
        office.as_user("civil.990121").await.act_saying(&case, "request_reconsideration", WHY).await.refused(403, "case.step_role");
        office.reconsider(&case).await;
        office.as_user(APPROVER).await.act_saying(&case, "uphold", WHY).await.refused(403, "case.own_decision");
        office.as_user("supervisor.990100").await.act_saying(&case, "reopen", WHY).await.expect(201);
    }
}
