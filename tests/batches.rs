//! Batches: many cases moved by one request, each on its own.

use serde_json::{Value, json};

use crate::support::{TestOffice, on_both};

const REVIEWER: &str = "township2.990121103";
const PATH: &str = "/v1/transition-batches";

fn item(case: &str, version: i64, action: &str) -> Value {
    json!({"case_id": case, "version": version, "action": action, "comment": "材料齐全"})
}

on_both! {
    async fn what_is_refused_keeps_no_other_back(office: &TestOffice) {
        let (first, second, third) = (
            office.case_at("initial_review").await,
            office.case_at("initial_review").await,
            office.case_at("initial_review").await,
        );
        let (draft, verified) = (office.draft().await, office.case_at("verification").await);
        let related = office.case_at("initial_review").await;
        let reviewer = office.as_user(REVIEWER).await;
        let relation = json!({"relation": "friend_or_interest"});
        reviewer.post(&format!("/v1/cases/{related}/recusals"), relation).await.expect(201);
        let nowhere = "0190a000-0000-7000-8000-000000000000";
        let mut silent = item(&second, 2, "return");
        silent["comment"] = Value::Null;
        let body = json!({"items": [
            item(&first, 2, "endorse"),
            item(&draft, 1, "endorse"),
            silent,
            item(&verified, 3, "endorse"),
            item(&related, 2, "endorse"),
            item(nowhere, 1, "endorse"),
            item(&second, 1, "endorse"),
            item(&second, 2, "reject"),
            item(&third, 2, "endorse"),
            item(&third, 2, "endorse"),
        ]});
        let reply = reviewer.request("POST", PATH).key("batch-1").json(&body).send().await;
        let told: Vec<_> = reply.expect(201)["items"].as_array().unwrap().iter().map(|item| {
            (item["status"].as_i64().unwrap(), item["code"].as_str().unwrap_or_default().to_owned(), item["state"].clone(), item["version"].clone())
        }).collect();
        let moved = |state: &str| (201, String::new(), json!(state), json!(3));
        let refused = |status, code: &str| (status, code.to_owned(), Value::Null, Value::Null);
        assert_eq!(told, [
            moved("in_review"),
            refused(409, "case.transition_not_allowed"),
            refused(422, "request.invalid"),
            refused(403, "case.step_role"),
            refused(403, "case.recusal_required"),
            refused(404, "case.not_found"),
            // Where it stands, for who saw an earlier version.
            (412, "if_match.stale".to_owned(), json!("in_review"), json!(2)),
            moved("rejected"),
            moved("in_review"),
            (412, "if_match.stale".to_owned(), json!("in_review"), json!(3)),
        ]);
        let read = async |case: &str| reviewer.get(&format!("/v1/cases/{case}")).await.expect(200);
        assert_eq!((read(&first).await["step"].clone(), read(&third).await["version"].clone()), (json!("verification"), json!(3)));
        assert_eq!((read(&draft).await["state"].clone(), read(&related).await["step"].clone()), (json!("draft"), json!("initial_review")));

        // Each is on record, done or not, and none twice when the request comes again.
        let again = reviewer.request("POST", PATH).key("batch-1").json(&body).send().await;
        assert_eq!(again.body, reply.body);
        let auditor = office.as_user("auditor.990121").await;
        let count = async |action: &str| {
            let page = auditor.get(&format!("/v1/audit/events?action={action}&limit=200")).await.expect(200);
            page["items"].as_array().unwrap().len()
        };
        assert_eq!((count("case.transition_refused").await, count("case.rejected").await), (7, 1));
        let history = reviewer.get(&format!("/v1/cases/{first}/transitions")).await.expect(200);
        assert_eq!(history["items"].as_array().unwrap().len(), 3);
    }

    async fn a_batch_has_a_size_and_a_shape(office: &TestOffice) {
        let case = office.case_at("initial_review").await;
        let reviewer = office.as_user(REVIEWER).await;
        reviewer.post(PATH, json!({"items": []})).await.refused_field("/items", "items.count");
        let many = vec![item(&case, 2, "endorse"); 101];
        reviewer.post(PATH, json!({"items": many})).await.refused_field("/items", "items.count");
        reviewer.post(PATH, json!({"items": [item(&case, 2, "dance")]})).await.refused_field("/items/0/action", "field.invalid");
        office.as_user("auditor.990121").await.post(PATH, json!({"items": []})).await.refused(403, "permission.denied");
        // Of another county a case is not there.
        let body = json!({"items": [item(&case, 2, "endorse")]});
        let elsewhere = office.as_user("township2.990122103").await.post(PATH, body).await.expect(201);
        assert_eq!(elsewhere["items"][0]["code"], "case.not_found");
        assert_eq!(reviewer.get(&format!("/v1/cases/{case}")).await.expect(200)["version"], 2);
    }
}
