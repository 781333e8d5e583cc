//! One form, many services: several cases opened at once, each with a life of its own.

use serde_json::{Value, json};

use crate::support::people::{PDF, id_of, person};
use crate::support::{TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";

fn form(resident: &str, programs: &[&str]) -> Value {
    let programs: Vec<_> = programs
        .iter()
        .map(|code| json!({"program_code": code}))
        .collect();
    json!({"resident_id": resident, "programs": programs})
}

const BOTH: [&str; 2] = ["living_subsidy", "nursing_subsidy"];

on_both! {
    async fn one_form_opens_cases_that_go_their_own_ways(office: &TestOffice) {
        let resident = office.resident().await;
        let township = office.as_user(TOWNSHIP).await;
        // Grade 1 with full need of care, and no allowance: one of these two.
        let proposed = async || {
            let path = format!("/v1/applications/proposals?resident_id={resident}");
            let all = township.get(&path).await.expect(200)["items"].clone();
            BOTH.map(|code| all.as_array().unwrap().iter().any(|one| one["program_code"] == code && one["decision"]["outcome"] == "eligible"))
        };
        assert_eq!(proposed().await, [false, true]);

        let file = async || {
            let request = township.request("POST", "/v1/applications").key("form-1");
            request.json(&form(&resident, &BOTH)).send().await
        };
        let filed = file().await;
        assert_eq!(file().await.body, filed.body);
        let application = filed.expect(201);
        let path = format!("/v1/applications/{}", id_of(&application));
        assert_eq!(filed.header("location"), Some(path.as_str()));
        let cases = application["cases"].as_array().unwrap();
        let codes: Vec<_> = cases.iter().map(|case| &case["program_code"]).collect();
        assert_eq!(codes, BOTH.each_ref());
        for case in cases {
            assert_eq!((&case["state"], &case["application_id"]), (&json!("draft"), &application["id"]));
        }
        let [living, nursing] = [0, 1].map(|index| id_of(&cases[index]));
        assert_eq!(proposed().await, [false, false]);

        // What is added to one counts for both.
        let document = id_of(&township.attach(&living, "kind=identity_card&name=card.pdf", PDF).await.expect(201));
        for case in [&living, &nursing] {
            let page = township.get(&format!("/v1/cases/{case}/documents")).await.expect(200);
            assert_eq!(page["items"][0]["id"], document.as_str());
        }

        let submission = format!("{path}/submission");
        let results = township.post(&submission, json!({})).await.expect(201);
        let results = results["items"].as_array().unwrap();
        assert_eq!(results[0]["case_id"], living.as_str());
        assert_eq!(results[0]["refusal"]["code"], "case.not_eligible");
        assert!(results[0]["refusal"]["zh"].as_str().unwrap().starts_with("未满足"));
        assert_eq!((&results[1]["case"]["id"], &results[1]["case"]["step"]), (&json!(nursing), &json!("initial_review")));
        let now = township.get(&path).await.expect(200);
        assert_eq!((&now["cases"][0]["state"], &now["cases"][1]["state"]), (&json!("draft"), &json!("in_review")));
        let list = township.get(&format!("/v1/applications?resident_id={resident}")).await.expect(200);
        assert_eq!((&list["items"], &list["next"]), (&json!([now]), &json!(null)));
        let theirs = township.get(&format!("/v1/cases?application_id={}", id_of(&application))).await.expect(200);
        assert_eq!(theirs["items"].as_array().unwrap().len(), 2);

        // What was kept back is tried again, until no draft is left.
        let again = township.post(&submission, json!({})).await.expect(201);
        assert_eq!(again["items"].as_array().unwrap().len(), 1);
        township.act(&living, "withdraw").await.expect(201);
        township.post(&submission, json!({})).await.refused(409, "application.submitted");
        let reviewer = office.as_user("township2.990121103").await;
        reviewer.act(&nursing, "endorse").await.expect(201);
    }

    async fn what_cannot_be_asked_for_is_named_and_nothing_is_half_done(office: &TestOffice) {
        let resident = office.resident().await;
        let township = office.as_user(TOWNSHIP).await;
        office.draft_for(&resident, "nursing_subsidy").await;
        let mut wrong = form(&resident, &["living_subsidy", "no_such", "nursing_subsidy", "living_subsidy"]);
        wrong["programs"][0]["details"] = json!({"amount": 5});
        let refused = township.post("/v1/applications", wrong).await;
        for (pointer, code) in [
            ("/programs/0/details/amount", "details.unknown"),
            ("/programs/1/program_code", "program.unknown"),
            ("/programs/2/program_code", "case.already_open"),
        ] {
            refused.refused_field(pointer, code);
        }
        assert_eq!(refused.json()["errors"].as_array().unwrap().len(), 3);
        let twice = form(&resident, &["living_subsidy", "living_subsidy"]);
        let twice = township.post("/v1/applications", twice).await;
        twice.refused_field("/programs/1/program_code", "case.already_open");
        township.post("/v1/applications", form(&resident, &[])).await.refused_field("/programs", "programs.count");
        let many = form(&resident, &["living_subsidy"; 21]);
        township.post("/v1/applications", many).await.refused_field("/programs", "programs.count");
        let nobody = form("0190a000-0000-7000-8000-000000000000", &BOTH);
        township.post("/v1/applications", nobody).await.refused(404, "resident.not_found");
        let cases = township.get(&format!("/v1/residents/{resident}/cases")).await.expect(200);
        assert_eq!(cases["items"].as_array().unwrap().len(), 1);
        let all = township.get(&format!("/v1/applications?resident_id={resident}")).await.expect(200);
        assert_eq!(all["items"], json!([]));
        township.get("/v1/applications").await.refused_parameter("resident_id", "field.missing");
    }

    async fn whoever_decides_does_not_file(office: &TestOffice) {
        let [application, ..] = office.materials().await;
        let approver = office.as_user("approver.990121").await;
        let resident = office.resident().await;
        approver.post("/v1/applications", form(&resident, &BOTH)).await.refused(403, "permission.denied");
        let submission = format!("/v1/applications/{application}/submission");
        approver.post(&submission, json!({})).await.refused(403, "case.step_role");
        office.as_user("county.990122").await.post(&submission, json!({})).await.refused(404, "application.not_found");
        // Somebody else of the same office may submit what was filed.
        office.as_user("township2.990121103").await.post(&submission, json!({})).await.expect(201);
    }

    async fn what_was_brought_before_is_not_asked_for_again(office: &TestOffice) {
        let resident = office.resident().await;
        let township = office.as_user(TOWNSHIP).await;
        let case = office.draft_for(&resident, "living_subsidy").await;
        let document = id_of(&township.attach(&case, "kind=identity_card&name=card.pdf", PDF).await.expect(201));
        let mut asked = form(&resident, &["nursing_subsidy"]);
        asked["documents"] = json!([document]);
        let filed = township.post("/v1/applications", asked.clone()).await.expect(201);
        let nursing = id_of(&filed["cases"][0]);
        let page = township.get(&format!("/v1/cases/{nursing}/documents")).await.expect(200);
        assert_eq!(page["items"][0]["id"], document.as_str());

        // Nobody else's, not twice, and not what was withdrawn.
        let other = id_of(&office.register(person()).await);
        let mut of_another = form(&other, &["nursing_subsidy"]);
        of_another["documents"] = json!([document]);
        township.post("/v1/applications", of_another).await.refused_field("/documents/0", "document.unknown");
        township.act(&nursing, "withdraw").await.expect(201);
        asked["documents"] = json!([document, document]);
        township.post("/v1/applications", asked.clone()).await.refused_field("/documents/1", "document.unusable");
        let why = json!({"reason": "证件过期"});
        township.post(&format!("/v1/documents/{document}/withdrawal"), why).await.expect(201);
        asked["documents"] = json!([document]);
        township.post("/v1/applications", asked).await.refused_field("/documents/0", "document.unusable");
    }
}
