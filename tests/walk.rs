//! The main job: one person's application, taken through review and approval by the right people,
//! and an auditor who reads what happened.

use serde_json::json;

use crate::support::people::{id_of, person};
use crate::support::{TestOffice, on_both};

on_both! {
    async fn a_nursing_subsidy_from_filing_to_the_audit(office: &TestOffice) {
        let township = office.as_user("township.990121103").await;
        let resident = id_of(&township.post("/v1/residents", person()).await.expect(201));
        let filed = township
            .post("/v1/cases", json!({"resident_id": resident, "program_code": "nursing_subsidy", "details": {}}))
            .await
            .expect(201);
        assert_eq!((&filed["state"], &filed["eligibility"]["outcome"]), (&json!("draft"), &json!("eligible")));
        assert_eq!(filed["case_number"], "990121-2022-000001");
        assert_eq!(filed["allowed_actions"], json!(["submit", "withdraw"]));
        let case = id_of(&filed);

        // Monday 4 July; ten working days.
        let submitted = township.act(&case, "submit").await.expect(201);
        assert_eq!((&submitted["state"], &submitted["step"]), (&json!("in_review"), &json!("initial_review")));
        assert_eq!(submitted["due_date"], "2022-07-18");

        // Who filed it does not review it.
        let refusal = township.act(&case, "endorse").await.refused(403, "case.separation_of_duties");
        assert_eq!(refusal["duty"], "filing");

        let reviewer = office.as_user("township2.990121103").await;
        let seen = reviewer.get(&format!("/v1/cases/{case}")).await.expect(200);
        assert_eq!(seen["allowed_actions"], json!(["endorse", "return", "reject", "withdraw"]));
        assert_eq!(reviewer.act(&case, "endorse").await.expect(201)["step"], "verification");
        // Having reviewed it, they take no other step either.
        reviewer.act(&case, "withdraw").await.refused(403, "case.separation_of_duties");

        let county = office.as_user("county.990121").await;
        assert_eq!(county.act(&case, "endorse").await.expect(201)["step"], "determination");
        let civil = office.as_user("civil.990121").await;
        let noticed = civil.act(&case, "endorse").await.expect(201);
        assert_eq!((&noticed["step"], &noticed["due_date"]), (&json!("public_notice"), &json!("2022-07-13")));

        // Nobody approves while the notice runs, to the end of its last day.
        let approver = office.as_user("approver.990121").await;
        approver.act(&case, "approve").await.refused(409, "case.transition_not_allowed");
        office.pass_days(9).await;
        assert_eq!(office.today().to_string(), "2022-07-13");
        let approver = office.as_user("approver.990121").await;
        assert_eq!(approver.get(&format!("/v1/cases/{case}")).await.expect(200)["step"], "public_notice");

        // A month later, the enrollment still starts in the month of submission.
        office.pass_days(28).await;
        let approver = office.as_user("approver.990121").await;
        let waiting = approver.get("/v1/cases?state=in_review&step=approval").await.expect(200);
        assert_eq!(waiting["items"][0]["id"], case.as_str());
        assert_eq!(waiting["items"][0]["allowed_actions"], json!(["return", "reject", "approve"]));
        let approved = approver.act(&case, "approve").await.expect(201);
        assert_eq!(approved["state"], "approved");
        assert_eq!(approved["decided_at"], "2022-08-10T01:00:00.000000Z");

        let enrollments = approver.get(&format!("/v1/enrollments?case_id={case}")).await.expect(200);
        let enrollment = &enrollments["items"][0];
        assert_eq!(enrollment["start_month"], "2022-07");
        assert_eq!(enrollment["rate_fen"], 50_000);
        assert_eq!(enrollment["state"], "active");
        let path = format!("/v1/enrollments/{}", enrollment["id"].as_str().unwrap());
        assert_eq!(&approver.get(&path).await.expect(200), enrollment);

        // The auditor reads the whole story, with names and times.
        let auditor = office.as_user("auditor.990121").await;
        let history = auditor.get(&format!("/v1/cases/{case}/transitions")).await.expect(200);
        let story: Vec<_> = history["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| {
                let who = entry["actor"]["username"].as_str().unwrap_or("");
                (entry["action"].as_str().unwrap(), who, entry["at"].as_str().unwrap()[..10].to_owned())
            })
            .collect();
        let day = |text: &str| text.to_owned();
        assert_eq!(
            story,
            [
                ("create", "township.990121103", day("2022-07-04")),
                ("submit", "township.990121103", day("2022-07-04")),
                ("endorse", "township2.990121103", day("2022-07-04")),
                ("endorse", "county.990121", day("2022-07-04")),
                ("endorse", "civil.990121", day("2022-07-04")),
                ("close_notice", "", day("2022-08-10")),
                ("approve", "approver.990121", day("2022-08-10")),
            ]
        );
        let events = auditor.get(&format!("/v1/audit/events?resident_id={resident}&limit=200")).await.expect(200);
        let mut actions: Vec<_> =
            events["items"].as_array().unwrap().iter().map(|event| event["action"].as_str().unwrap()).collect();
        actions.reverse();
        actions.retain(|action| !action.ends_with("viewed") && !action.ends_with("listed"));
        assert_eq!(
            actions,
            [
                "resident.created",
                "case.created",
                "case.submitted",
                "case.endorsed",
                "case.endorsed",
                "case.endorsed",
                "case.notice_closed",
                "case.approved",
                "enrollment.opened",
            ]
        );
        let approval = events["items"].as_array().unwrap().iter().find(|event| event["action"] == "case.approved");
        let approval = approval.unwrap();
        assert_eq!(approval["actor"]["username"], "approver.990121");
        assert_eq!(approval["entity_id"], case.as_str());
        assert_eq!(approval["at"], "2022-08-10T01:00:00.000000Z");

        // To the next county none of this exists.
        let stranger = office.as_user("township.990122103").await;
        stranger.get(&format!("/v1/residents/{resident}")).await.refused(404, "resident.not_found");
        stranger.get(&format!("/v1/cases/{case}")).await.refused(404, "case.not_found");
        stranger.get(&format!("/v1/cases/{case}/transitions")).await.refused(404, "case.not_found");
        stranger.get(&format!("/v1/residents/{resident}/cases")).await.refused(404, "resident.not_found");
        stranger.get("/v1/cases?division_code=990121103").await.refused(404, "division.not_found");
        stranger.get(&path).await.refused(404, "enrollment.not_found");
        assert_eq!(stranger.get("/v1/cases").await.expect(200)["items"], json!([]));

        // Those who run the system see no resident.
        for administrator in ["sysadmin", "secadmin", "auditadmin"] {
            let administrator = office.as_user(administrator).await;
            for path in [format!("/v1/residents/{resident}"), format!("/v1/cases/{case}"), "/v1/cases".to_owned()] {
                administrator.get(&path).await.refused(403, "permission.denied");
            }
        }
    }
}
