//! Who writes on a version that is not the present one is told how it is now, and what of theirs is
//! otherwise there: whatever they wrote on.

use serde_json::{Value, json};

use crate::support::office::{Client, Reply};
use crate::support::people::{id_of, person};
use crate::support::{TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
const REVIEWER: &str = "township2.990121103";

/// A refusal that shows what `GET` shows, under its version; which pointers differ.
#[track_caller]
fn told(reply: &Reply, now: &Value) -> Vec<String> {
    let stale = reply.refused(412, "if_match.stale");
    assert_eq!(&stale["current"], now);
    let version = ["version", "revision"].map(|name| now[name].as_i64());
    let version = version.into_iter().flatten().next().unwrap();
    assert_eq!(stale["current_version"], version);
    assert_eq!(
        reply.header("etag"),
        Some(format!("\"{version}\"").as_str())
    );
    let differing = stale["differing"].as_array().unwrap();
    differing
        .iter()
        .map(|one| one.as_str().unwrap().to_owned())
        .collect()
}

async fn send(client: &Client<'_>, method: &str, path: &str, version: i64, body: Value) -> Reply {
    client
        .request(method, path)
        .seen(version)
        .json(&body)
        .send()
        .await
}

on_both! {
    async fn on_a_resident(office: &TestOffice) {
        let somebody = person();
        let number = somebody["id_number"].as_str().unwrap().to_owned();
        let path = format!("/v1/residents/{}", id_of(&office.register(somebody).await));
        let township = office.as_user(TOWNSHIP).await;
        township.patch_seen(&path, 1, json!({"name": "李晓宝"})).await.expect(200);
        let now = township.get(&path).await.expect(200);

        let mine = json!({"name": "张大宝", "phone": "12000001234", "division_code": "990121103201"});
        let reply = township.patch_seen(&path, 1, mine).await;
        // Whether a number that is shown masked is the same is not told.
        assert_eq!(told(&reply, &now), ["/name", "/phone"]);
        let reply = township.patch_seen(&path, 1, json!({"name": "李晓宝"})).await;
        assert!(told(&reply, &now).is_empty());
        // Being told is a look, on record under the very request.
        let request = office.literal(reply.header("x-request-id").unwrap());
        let auditor = office.as_user("auditor.990121").await;
        let found = auditor.get(&format!("/v1/audit/events?request_id={}", reply.header("x-request-id").unwrap())).await.expect(200);
        assert_eq!(found["items"][0]["action"], "resident.viewed", "{request}");

        let certificate = json!({"number": format!("{number}42"), "issued_date": "2019-05-06"});
        let reply = send(&township, "POST", &format!("{path}/certificates"), 1, certificate).await;
        assert_eq!(told(&reply, &now), ["/number"]);
        let circumstance = json!({"kind": "care_need", "value": "partial", "valid_from": "2022-07-01"});
        let reply = send(&township, "POST", &format!("{path}/circumstances"), 1, circumstance).await;
        assert_eq!(told(&reply, &now), ["/value"]);
        // A tag of somebody else's matches nothing, and is told the same.
        let reply = township.request("PATCH", &path).header("if-match", "\"abc\"").json(&json!({"name": "李"})).send().await;
        assert_eq!(told(&reply, &now), ["/name"]);
        // Nothing was written.
        assert_eq!(township.get(&path).await.expect(200), now);
    }

    async fn who_may_not_read_it_is_told_its_version_only(office: &TestOffice) {
        let path = format!("/v1/residents/{}", office.resident().await);
        let me = office.as_user(TOWNSHIP).await.get("/v1/me").await.expect(200);
        let key = json!({"name": "外业采集", "permits": ["resident.write"], "valid_to": "2022-12-31"});
        let keys = format!("/v1/users/{}/api-keys", id_of(&me));
        let issued = office.as_user("secadmin").await.post(&keys, key).await.expect(201);
        let client = office.with_token(issued["secret"].as_str().unwrap());
        let reply = client.patch_seen(&path, 7, json!({"name": "李四"})).await;
        let stale = reply.refused(412, "if_match.stale");
        assert_eq!((&stale["current_version"], &stale["current"], &stale["differing"]), (&json!(1), &Value::Null, &Value::Null));
        assert_eq!(reply.header("etag"), Some("\"1\""));
    }

    async fn on_a_case_and_its_task(office: &TestOffice) {
        let case = office.case_at("initial_review").await;
        let path = format!("/v1/cases/{case}");
        let reviewer = office.as_user(REVIEWER).await;
        let now = reviewer.get(&path).await.expect(200);
        let endorse = json!({"action": "endorse", "comment": "材料齐全"});
        let reply = reviewer.post_seen(&format!("{path}/transitions"), 1, endorse).await;
        assert_eq!(told(&reply, &now), ["/version", "/state", "/step"]);
        let asked = json!({"what": "护理证明", "due_date": "2022-07-29"});
        let reply = reviewer.post_seen(&format!("{path}/supplement-requests"), 1, asked).await;
        assert_eq!(told(&reply, &now), ["/version", "/state", "/step"]);

        let approver = office.as_user("approver.990121").await;
        let user = reviewer.get("/v1/me").await.expect(200)["id"].clone();
        let assignment = format!("/v1/tasks/{case}/assignment");
        let whose = approver.post_seen(&assignment, 1, json!({"user_id": user})).await.expect(201);
        let reply = approver.post_seen(&assignment, 1, json!({"user_id": "0190a000-0000-7000-8000-000000000000"})).await;
        assert_eq!(told(&reply, &whose), ["/user_id"]);
        let reply = approver.post_seen(&assignment, 1, json!({"user_id": user})).await;
        assert!(told(&reply, &whose).is_empty());

        // Of a batch each item is told where its case stands.
        let batch = json!({"items": [{"case_id": case, "version": 1, "action": "endorse"}]});
        let told = reviewer.post("/v1/transition-batches", batch).await.expect(201);
        assert_eq!(told["items"][0], json!({
            "case_id": case, "status": 412, "code": "if_match.stale", "state": "in_review", "step": "initial_review",
            "version": now["version"],
        }));
    }

    async fn on_accounts(office: &TestOffice) {
        let township = office.as_user(TOWNSHIP).await;
        let phone = json!({"phone": "12000009999"});
        let me = township.patch_seen("/v1/me", 1, phone.clone()).await.expect(200);
        assert_eq!(told(&township.patch_seen("/v1/me", 1, phone).await, &me), ["/phone"]);
        let system = office.as_user("sysadmin").await;
        let path = format!("/v1/users/{}", id_of(&me));
        let now = system.get(&path).await.expect(200);
        let reply = system.patch_seen(&path, 1, json!({"display_name": "某某", "state": "active"})).await;
        assert_eq!(told(&reply, &now), ["/display_name"]);
    }

    async fn on_a_draft_of_a_program(office: &TestOffice) {
        let author = office.as_user("supervisor.990100").await;
        let terms = crate::rights::calls::terms();
        let saved = author.post("/v1/programs/nursing_subsidy/drafts", terms.clone()).await.expect(201);
        let path = format!("/v1/programs/nursing_subsidy/drafts/{}", id_of(&saved));
        let mut later = terms.clone();
        later["effective_from"] = json!("2041-01-01");
        later["rules"]["benefit"]["amount_fen"] = json!("14000");
        send(&author, "PUT", &path, 1, later).await.expect(200);
        let now = author.get(&path).await.expect(200);
        let reply = send(&author, "PUT", &path, 1, terms).await;
        assert_eq!(told(&reply, &now), ["/effective_from", "/rules/benefit/amount_fen"]);
        let approver = office.as_user("supervisor2.990100").await;
        let reply = send(&approver, "POST", &format!("{path}/approval"), 1, json!({})).await;
        assert_eq!(told(&reply, &now), ["/revision", "/state"]);
        let reply = author.request("DELETE", &path).seen(1).send().await;
        assert_eq!(told(&reply, &now), ["/revision", "/state"]);
    }
}
