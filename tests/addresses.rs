//! Addresses: where people live and are registered, from when, and as known when.

use serde_json::{Value, json};

use crate::support::people::id_of;
use crate::support::{TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";

on_both! {
    async fn an_address_holds_until_the_next_one(office: &TestOffice) {
        let resident = office.resident().await;
        let path = format!("/v1/residents/{resident}/addresses");
        let township = office.as_user(TOWNSHIP).await;
        let first = json!({"kind": "residence", "text": " 丙岭三号镇一号村12号 ", "valid_from": "2020-01-01"});
        let reply = township.post_seen(&path, 1, first).await;
        let recorded = reply.expect(201);
        assert_eq!((&recorded["text"], &recorded["valid_to"]), (&json!("丙岭三号镇一号村12号"), &Value::Null));
        assert_eq!((reply.header("etag"), reply.header("location")), (Some("\"2\""), Some(path.as_str())));
        let hukou = json!({"kind": "hukou", "text": "丙岭三号镇二号村1号"});
        township.post_seen(&path, 2, hukou).await.expect(201);
        let before = office.now();
        office.pass_days(1).await;
        let township = office.as_user(TOWNSHIP).await;
        let moved = json!({"kind": "residence", "text": "丙岭三号镇三号村7号", "valid_from": "2022-03-01"});
        township.post_seen(&path, 3, moved).await.expect(201);

        let told = |page: &Value| -> Vec<(String, String, Value, bool)> {
            page["items"].as_array().unwrap().iter().map(|one| {
                let word = |name: &str| one[name].as_str().unwrap().to_owned();
                (word("text"), word("valid_from"), one["valid_to"].clone(), one["superseded_at"].is_null())
            }).collect()
        };
        let page = township.get(&path).await.expect(200);
        assert_eq!(told(&page), [
            ("丙岭三号镇二号村1号".to_owned(), "2022-07-04".to_owned(), Value::Null, true),
            ("丙岭三号镇一号村12号".to_owned(), "2020-01-01".to_owned(), Value::Null, false),
            ("丙岭三号镇一号村12号".to_owned(), "2020-01-01".to_owned(), json!("2022-03-01"), true),
            ("丙岭三号镇三号村7号".to_owned(), "2022-03-01".to_owned(), Value::Null, true),
        ]);
        let then = township.get(&format!("{path}?known_at={before}")).await.expect(200);
        assert_eq!(told(&then).len(), 2);
        // The look is on record, what was seen is not.
        let auditor = office.as_user("auditor.990121").await;
        let events = auditor.get(&format!("/v1/audit/events?resident_id={resident}&limit=200")).await.expect(200).to_string();
        assert!(events.contains("resident.addresses_viewed") && events.contains("resident.address_recorded"), "{events}");
        assert!(!events.contains("号村"), "{events}");
    }

    async fn what_is_no_address_is_refused(office: &TestOffice) {
        let resident = office.resident().await;
        let path = format!("/v1/residents/{resident}/addresses");
        let township = office.as_user(TOWNSHIP).await;
        let address = |more: Value| {
            let mut body = json!({"kind": "residence", "text": "一号村12号"});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        for (body, pointer, code) in [
            (json!({"text": "一号村12号"}), "/kind", "field.missing"),
            (address(json!({"kind": "office"})), "/kind", "field.invalid"),
            (address(json!({"text": "——"})), "/text", "field.invalid"),
            (address(json!({"text": "长".repeat(201)})), "/text", "field.invalid"),
            (address(json!({"valid_from": "2022-07-05"})), "/valid_from", "period.future"),
            (address(json!({"valid_from": "2022-01-01", "valid_to": "2022-08-01"})), "/valid_to", "period.future"),
            (address(json!({"valid_from": "2022-01-02", "valid_to": "2022-01-01"})), "/valid_to", "period.order"),
        ] {
            township.post_seen(&path, 1, body).await.refused_field(pointer, code);
        }
        township.post(&path, address(json!({}))).await.refused(428, "if_match.missing");
        township.post_seen(&path, 7, address(json!({}))).await.refused(412, "if_match.stale");
        for username in ["approver.990121", "supervisor.990100", "auditor.990121"] {
            let client = office.as_user(username).await;
            assert_eq!(client.get(&path).await.expect(200)["items"], json!([]));
            client.post_seen(&path, 1, address(json!({}))).await.refused(403, "permission.denied");
        }
        let elsewhere = office.as_user("county.990122").await;
        elsewhere.get(&path).await.refused(404, "resident.not_found");
        elsewhere.post_seen(&path, 1, address(json!({}))).await.refused(404, "resident.not_found");
    }

    async fn addresses_of_accounts_are_kept_by_their_owner_and_the_administrator(office: &TestOffice) {
        let reviewer = office.as_user("township2.990121103").await;
        let me = reviewer.patch_seen("/v1/me", 1, json!({"address": "丙岭三号镇一号村12号"})).await.expect(200);
        assert_eq!(me["address_masked"], "丙岭三****");
        assert!(!me.to_string().contains("一号村"));
        let cleared = json!({"address": null, "phone": null});
        let refusal = reviewer.patch_seen("/v1/me", 2, cleared.clone()).await.refused_field("/address", "field.kept");
        assert_eq!(refusal["errors"].as_array().unwrap().len(), 2);
        reviewer.patch_seen("/v1/me", 2, json!({"address": "……"})).await.refused_field("/address", "field.invalid");
        let path = format!("/v1/users/{}", id_of(&me));
        let system = office.as_user("sysadmin").await;
        assert_eq!(system.get(&path).await.expect(200)["address_masked"], "丙岭三****");
        let renamed = system.patch_seen(&path, 2, json!({"display_name": "某某"})).await.expect(200);
        assert_eq!(renamed["address_masked"], "丙岭三****");
        assert_eq!(system.patch_seen(&path, 3, cleared).await.expect(200)["address_masked"], Value::Null);
    }
}
