//! Recusal: who is related to a resident takes no step of their cases, said or seen.

use serde_json::{Value, json};

use crate::support::people::{ELSEWHERE, VILLAGE, id_of, person};
use crate::support::{TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
const REVIEWER: &str = "township2.990121103";
const LIAISON: &str = "liaison.990121103201";
/// Of everybody whom the tests register.
const PHONE: &str = "12000001234";

impl TestOffice {
    async fn declares(&self, username: &str, case: &str, relation: &str) -> Value {
        let body = json!({"relation": relation, "reason": "本人申报"});
        let client = self.as_user(username).await;
        client
            .post(&format!("/v1/cases/{case}/recusals"), body)
            .await
            .expect(201)
    }

    async fn has_phone(&self, username: &str, phone: Value) -> Value {
        let client = self.as_user(username).await;
        let me = client.get("/v1/me").await.expect(200);
        let body = json!({"phone": phone});
        client
            .patch_seen("/v1/me", me["version"].as_i64().unwrap(), body)
            .await
            .expect(200)
    }

    async fn allowed(&self, username: &str, case: &str) -> Value {
        let client = self.as_user(username).await;
        client.get(&format!("/v1/cases/{case}")).await.expect(200)["allowed_actions"].clone()
    }
}

on_both! {
    async fn who_declares_a_relation_is_kept_off_until_somebody_else_ends_it(office: &TestOffice) {
        let case = office.case_at("initial_review").await;
        assert_eq!(office.allowed(REVIEWER, &case).await, json!(["endorse", "return", "reject", "withdraw"]));
        let declared = office.declares(REVIEWER, &case, "sibling").await;
        assert_eq!((&declared["user"]["username"], &declared["relation"], &declared["ended_at"]),
            (&json!(REVIEWER), &json!("sibling"), &Value::Null));

        let reviewer = office.as_user(REVIEWER).await;
        assert_eq!(office.allowed(REVIEWER, &case).await, json!([]));
        let page = reviewer.get("/v1/cases").await.expect(200);
        assert_eq!(page["items"][0]["allowed_actions"], json!([]));
        let refusal = reviewer.act(&case, "endorse").await.refused(403, "case.recusal_required");
        assert_eq!(refusal["relation"], "sibling");
        // It is on record.
        let auditor = office.as_user("auditor.990121").await;
        let records = auditor.get(&format!("/v1/audit/events?entity_id={case}&limit=200")).await.expect(200);
        assert!(records["items"].as_array().unwrap().iter().any(|event| {
            event["outcome"] == "refused" && event["reason"] == "case.recusal_required"
        }), "{records}");

        let path = format!("/v1/cases/{case}/recusals");
        reviewer.post(&path, json!({"relation": "spouse"})).await.refused(409, "recusal.declared");
        let known = office.as_user("county.990121").await.get(&path).await.expect(200);
        assert_eq!(known["items"], json!([declared]));

        // Not by oneself, not by whom the office does not ask, not without a reason.
        let ending = format!("{path}/{}/ending", id_of(&declared));
        let body = json!({"reason": "经核实并非亲属"});
        reviewer.post(&ending, body.clone()).await.refused(403, "permission.denied");
        let approver = office.as_user("approver.990121").await;
        approver.post(&ending, json!({"reason": " "})).await.refused_field("/reason", "reason.length");
        let elsewhere = office.as_user("approver.990122").await;
        elsewhere.post(&ending, body.clone()).await.refused(404, "case.not_found");
        let ended = approver.post(&ending, body.clone()).await.expect(201);
        assert_eq!((&ended["end_reason"], &ended["ended_by"]), (&body["reason"], &approver.get("/v1/me").await.expect(200)["id"]));
        approver.post(&ending, body).await.refused(409, "recusal.ended");
        reviewer.act(&case, "endorse").await.expect(201);
    }

    async fn nobody_ends_their_own_declaration(office: &TestOffice) {
        let case = office.case_at("initial_review").await;
        let own = office.declares("approver.990121", &case, "friend_or_interest").await;
        let path = format!("/v1/cases/{case}/recusals/{}/ending", id_of(&own));
        let body = json!({"reason": "想自己办"});
        office.as_user("approver.990121").await.post(&path, body.clone()).await.refused(403, "recusal.own");
        office.as_user("supervisor.990100").await.post(&path, body.clone()).await.expect(201);
        let other = office.case_at("initial_review").await;
        let path = format!("/v1/cases/{other}/recusals/{}/ending", id_of(&own));
        office.as_user("supervisor.990100").await.post(&path, body).await.refused(404, "recusal.not_found");
    }

    async fn the_same_phone_is_a_relation(office: &TestOffice) {
        let case = office.case_at("initial_review").await;
        let me = office.has_phone(REVIEWER, json!("120 0000 1234")).await;
        assert_eq!(me["phone_masked"], "120****1234");
        assert!(!me.to_string().contains(PHONE));
        let refusal = office.as_user(REVIEWER).await.act(&case, "endorse").await.refused(403, "case.recusal_required");
        assert_eq!(refusal["relation"], "same_phone");
        assert_eq!(office.allowed(REVIEWER, &case).await, json!([]));
        let known = office.as_user("auditor.990121").await.get(&format!("/v1/cases/{case}/recusals")).await.expect(200);
        assert_eq!((&known["items"][0]["id"], &known["items"][0]["detected_by"], &known["items"][0]["user"]["username"]),
            (&Value::Null, &json!("same_phone"), &json!(REVIEWER)));
        assert!(!known.to_string().contains("1234\""), "{known}");

        // Taking the number away would lift the recusal: not by oneself.
        let reviewer = office.as_user(REVIEWER).await;
        reviewer.patch_seen("/v1/me", 2, json!({"phone": null})).await.refused_field("/phone", "field.kept");
        let system = office.as_user("sysadmin").await;
        system.patch_seen(&format!("/v1/users/{}", id_of(&me)), 2, json!({"phone": null})).await.expect(200);
        office.as_user(REVIEWER).await.act(&case, "endorse").await.expect(201);
    }

    async fn phones_of_accounts_are_kept_by_their_owner_and_the_administrator(office: &TestOffice) {
        let reviewer = office.as_user(REVIEWER).await;
        reviewer.request("PATCH", "/v1/me").json(&json!({"phone": PHONE})).send().await.refused(428, "if_match.missing");
        reviewer.patch_seen("/v1/me", 9, json!({"phone": PHONE})).await.refused(412, "if_match.stale");
        reviewer.patch_seen("/v1/me", 1, json!({"phone": "123"})).await.refused_field("/phone", "field.invalid");
        reviewer.patch_seen("/v1/me", 1, json!({"display_name": "局长"})).await.refused_field("/display_name", "field.unknown");
        office.anonymous().patch_seen("/v1/me", 1, json!({})).await.refused(401, "session.required");
        let reply = reviewer.patch_seen("/v1/me", 1, json!({"phone": PHONE})).await;
        assert_eq!((reply.expect(200)["version"].clone(), reply.header("etag")), (json!(2), Some("\"2\"")));
        let path = format!("/v1/users/{}", id_of(&reply.json()));
        let system = office.as_user("sysadmin").await;
        assert_eq!(system.get(&path).await.expect(200)["phone_masked"], "120****1234");
        // What else changes leaves it as it is.
        let renamed = system.patch_seen(&path, 2, json!({"display_name": "某某"})).await.expect(200);
        assert_eq!(renamed["phone_masked"], "120****1234");
        let changed = system.patch_seen(&path, 3, json!({"phone": "0570-3021234"})).await.expect(200);
        assert_eq!(changed["phone_masked"], "057****1234");
        assert_eq!(system.patch_seen(&path, 4, json!({"phone": null})).await.expect(200)["phone_masked"], Value::Null);
    }

    async fn nobody_files_for_their_own_but_the_liaison(office: &TestOffice) {
        let resident = office.resident().await;
        let first = office.draft_for(&resident, "nursing_subsidy").await;
        office.declares(TOWNSHIP, &first, "parent").await;
        let township = office.as_user(TOWNSHIP).await;
        // The draft of one's own does not go on, and there is no second.
        township.act(&first, "submit").await.refused(403, "case.recusal_required");
        let body = json!({"resident_id": resident, "program_code": "living_subsidy", "details": {}});
        township.post("/v1/cases", body.clone()).await.refused(403, "case.recusal_required");

        let liaison = office.as_user(LIAISON).await;
        office.has_phone(LIAISON, json!(PHONE)).await;
        let neighbour = office.declares(LIAISON, &first, "other_relative").await;
        assert_eq!(office.allowed(LIAISON, &first).await, json!(["submit", "withdraw"]));
        liaison.act(&first, "submit").await.expect(201);
        liaison.act(&first, "withdraw").await.expect(201);
        // For themself they do not.
        let ending = format!("/v1/cases/{first}/recusals/{}/ending", id_of(&neighbour));
        let approver = office.as_user("approver.990121").await;
        approver.post(&ending, json!({"reason": "系本人"})).await.expect(201);
        office.declares(LIAISON, &first, "self").await;
        liaison.post("/v1/cases", body).await.refused(403, "case.recusal_required");
    }

    async fn declarations_are_checked_and_seen_by_few(office: &TestOffice) {
        let case = office.case_at("initial_review").await;
        let path = format!("/v1/cases/{case}/recusals");
        let reviewer = office.as_user(REVIEWER).await;
        for (body, pointer, code) in [
            (json!({"relation": "same_phone"}), "/relation", "field.invalid"),
            (json!({"relation": "colleague"}), "/relation", "field.invalid"),
            (json!({}), "/relation", "field.missing"),
            (json!({"relation": "sibling", "reason": "长".repeat(501)}), "/reason", "reason.length"),
            (json!({"relation": "sibling", "user_id": case}), "/user_id", "field.unknown"),
        ] {
            reviewer.post(&path, body).await.refused_field(pointer, code);
        }
        for username in ["auditor.990121", "finance.990121", "sysadmin"] {
            let client = office.as_user(username).await;
            client.post(&path, json!({"relation": "sibling"})).await.refused(403, "permission.denied");
        }
        for username in ["finance.990121", LIAISON] {
            office.as_user(username).await.get(&path).await.refused(403, "permission.denied");
        }
        let elsewhere = office.as_user("county.990122").await;
        elsewhere.post(&path, json!({"relation": "sibling"})).await.refused(404, "case.not_found");
        elsewhere.get(&path).await.refused(404, "case.not_found");
    }

    async fn a_relation_holds_for_all_of_a_residents_cases_and_nobody_elses(office: &TestOffice) {
        let resident = office.resident().await;
        let nursing = office.draft_for(&resident, "nursing_subsidy").await;
        let living = office.draft_for(&resident, "living_subsidy").await;
        let other = office.draft().await;
        office.declares(TOWNSHIP, &nursing, "friend_or_interest").await;
        assert_eq!(office.allowed(TOWNSHIP, &living).await, json!([]));
        assert_eq!(office.allowed(TOWNSHIP, &other).await, json!(["submit", "withdraw"]));
        // Nor does it reach beyond one's own sight.
        let mut somebody = person();
        somebody["division_code"] = json!(ELSEWHERE);
        assert_ne!(ELSEWHERE, VILLAGE);
        let elsewhere = id_of(&office.register(somebody).await);
        let body = json!({"resident_id": elsewhere, "program_code": "nursing_subsidy"});
        office.as_user("township.990122103").await.post("/v1/cases", body).await.expect(201);
    }
}
