//! Two devices in the field that edit one resident while neither hears of the other: nothing is silently
//! lost.

use serde_json::{Value, json};

use crate::support::office::{Client, Reply};
use crate::support::people::{id_of, person};
use crate::support::{TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
const LIAISON: &str = "liaison.990121103201";

/// What was written offline: on which version, and under which key it is sent until it is answered.
struct Draft {
    version: i64,
    key: &'static str,
    body: Value,
}

impl Draft {
    async fn send(&self, client: &Client<'_>, path: &str) -> Reply {
        client
            .request("PATCH", path)
            .seen(self.version)
            .key(self.key)
            .json(&self.body)
            .send()
            .await
    }
}

fn draft(version: &Value, key: &'static str, body: Value) -> Draft {
    let version = version.as_i64().unwrap();
    Draft { version, key, body }
}

on_both! {
    async fn nothing_is_silently_lost(office: &TestOffice) {
        let path = format!("/v1/residents/{}", id_of(&office.register(person()).await));
        let (one, other) = (office.as_user(TOWNSHIP).await, office.as_user(LIAISON).await);
        let loaded = one.get(&path).await.expect(200);
        assert_eq!(other.get(&path).await.expect(200), loaded);

        // One corrects the phone, the other the name.
        let phone = draft(&loaded["version"], "one-1", json!({"phone": "12000001111"}));
        let name = draft(&loaded["version"], "other-1", json!({"name": "张小宝"}));
        let first = phone.send(&one, &path).await;
        assert_eq!(first.expect(200)["phone_masked"], "120****1111");
        let refusal = name.send(&other, &path).await;
        let stale = refusal.refused(412, "if_match.stale");
        assert_eq!((&stale["current"]["name"], &stale["current"]["phone_masked"]), (&json!("张晓宝"), &json!("120****1111")));
        assert_eq!(stale["differing"], json!(["/name"]));
        // A refusal is no answer to be kept: under the same key it is asked again, and told the same.
        name.send(&other, &path).await.refused(412, "if_match.stale");
        // Only the name differs, and it was the other's to change: it is sent again, on what is there now.
        let merged = draft(&stale["current"]["version"], "other-2", name.body.clone());
        let second = merged.send(&other, &path).await;
        let both = second.expect(200);
        assert_eq!((&both["name"], &both["phone_masked"], &both["version"]), (&json!("张小宝"), &json!("120****1111"), &json!(3)));

        // Then both correct the phone.
        let mine = draft(&both["version"], "one-2", json!({"phone": "12000002222"}));
        let theirs = draft(&both["version"], "other-3", json!({"phone": "12000003333"}));
        mine.send(&one, &path).await.expect(200);
        let stale = theirs.send(&other, &path).await.refused(412, "if_match.stale");
        assert_eq!((&stale["differing"], &stale["current"]["phone_masked"]), (&json!(["/phone"]), &json!("120****2222")));
        // They telephone; the other's number is the right one.
        let agreed = draft(&stale["current"]["version"], "other-4", theirs.body.clone());
        let last = agreed.send(&other, &path).await;
        assert_eq!((&last.expect(200)["phone_masked"], &last.expect(200)["version"]), (&json!("120****3333"), &json!(5)));

        // Whoever did not hear an answer sends again, and gets that very answer, whatever became of it since.
        for (client, sent, answer) in [(&one, &phone, &first), (&other, &merged, &second), (&other, &agreed, &last)] {
            let again = sent.send(client, &path).await;
            assert_eq!((again.status, &again.body), (answer.status, &answer.body));
            assert_eq!(again.header("etag"), answer.header("etag"));
        }
        let reused = Draft { body: json!({"phone": null}), ..draft(&json!(5), "other-4", Value::Null) };
        reused.send(&other, &path).await.refused(422, "idempotency_key.reused");
        let now = one.get(&path).await.expect(200);
        assert_eq!((&now["name"], &now["phone_masked"], &now["version"]), (&json!("张小宝"), &json!("120****3333"), &json!(5)));
        // Each change is on record, the overwritten one, too.
        let auditor = office.as_user("auditor.990121").await;
        let found = format!("/v1/audit/events?action=resident.updated&resident_id={}", id_of(&now));
        assert_eq!(auditor.get(&found).await.expect(200)["items"].as_array().unwrap().len(), 4);
    }

    async fn rights_are_checked_when_it_is_sent(office: &TestOffice) {
        let path = format!("/v1/residents/{}", office.resident().await);
        let liaison = office.as_user(LIAISON).await;
        let since = liaison.get("/v1/changes").await.expect(200)["next"].as_str().unwrap().to_owned();
        let written = draft(&json!(1), "written-as-liaison", json!({"name": "张小宝"}));
        let me = liaison.get("/v1/me").await.expect(200);
        let grants = format!("/v1/users/{}/grants", id_of(&me));
        let security = office.as_user("secadmin").await;
        let held = security.get(&grants).await.expect(200);
        security.delete(&format!("{grants}/{}", id_of(&held["items"][0]))).await.expect(204);

        written.send(&liaison, &path).await.refused(403, "permission.denied");
        liaison.get(&format!("/v1/changes?since={since}")).await.refused(403, "permission.denied");
        let now = office.as_user(TOWNSHIP).await.get(&path).await.expect(200);
        assert_eq!((&now["name"], &now["version"]), (&json!("张晓宝"), &json!(1)));
    }
}
