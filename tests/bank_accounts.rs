//! Bank accounts: where people are paid, from when, whose it is, and as known when.

use serde_json::{Value, json};

use crate::support::people::id_of;
use crate::support::{TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
const CARD: &str = "6200000000000012344";
const PASSBOOK: &str = "123456789012";

fn account(more: &Value) -> Value {
    let mut body = json!({"bank_account": CARD, "bank_name": "虚川农村商业银行"});
    let more = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(more);
    body
}

on_both! {
    async fn an_account_holds_until_the_next_one(office: &TestOffice) {
        let resident = office.resident().await;
        let path = format!("/v1/residents/{resident}/bank-accounts");
        let township = office.as_user(TOWNSHIP).await;
        let first = account(&json!({
            "bank_account": "6200 0000 0000 0012 344", "bank_name": " 虚川农村商业银行 ", "valid_from": "2020-01-01"}));
        let reply = township.post_seen(&path, 1, first).await;
        let recorded = reply.expect(201);
        assert_eq!(
            (&recorded["bank_account_masked"], &recorded["bank_name"], &recorded["holder"], &recorded["holder_relation"]),
            (&json!("****2344"), &json!("虚川农村商业银行"), &Value::Null, &json!("self"))
        );
        assert_eq!((reply.header("etag"), reply.header("location")), (Some("\"2\""), Some(path.as_str())));
        let before = office.now();
        office.pass_days(1).await;
        let township = office.as_user(TOWNSHIP).await;
        let other = account(&json!({
            "bank_account": PASSBOOK, "holder": "李四", "holder_relation": "guardian", "valid_from": "2022-03-01"}));
        township.post_seen(&path, 2, other).await.expect(201);

        let told = |page: &Value| -> Vec<Value> {
            page["items"].as_array().unwrap().iter().map(|one| {
                json!([one["bank_account_masked"], one["holder"], one["valid_from"], one["valid_to"], one["superseded_at"].is_null()])
            }).collect()
        };
        let page = township.get(&path).await.expect(200);
        assert_eq!(told(&page), [
            json!(["****2344", null, "2020-01-01", null, false]),
            json!(["****2344", null, "2020-01-01", "2022-03-01", true]),
            json!(["****9012", "李四", "2022-03-01", null, true]),
        ]);
        let then = township.get(&format!("{path}?known_at={before}")).await.expect(200);
        assert_eq!(told(&then), [json!(["****2344", null, "2020-01-01", null, false])]);

        // In clear only where somebody says why, and the one that is in force.
        let shown = |client: &str| {
            let (client, path) = (client.to_owned(), format!("/v1/residents/{resident}/disclosures"));
            async move {
                let why = json!({"fields": ["bank_account"], "reason": "核对发放账户"});
                office.as_user(&client).await.post(&path, why).await
            }
        };
        assert_eq!(shown(TOWNSHIP).await.expect(201), json!({"bank_account": PASSBOOK}));
        shown("auditor.990121").await.refused(403, "permission.denied");
        shown("county.990122").await.refused(404, "resident.not_found");

        // Each look and change is on record, numbers and holders are not.
        let auditor = office.as_user("auditor.990121").await;
        let events = auditor.get(&format!("/v1/audit/events?resident_id={resident}&limit=200")).await.expect(200).to_string();
        for action in ["resident.bank_accounts_viewed", "resident.bank_account_recorded", "resident.disclosed"] {
            assert!(events.contains(action), "{action} {events}");
        }
        for secret in [CARD, PASSBOOK, "2344", "李四"] {
            assert!(!events.contains(secret), "{secret} {events}");
        }
        let timeline = township.get(&format!("/v1/residents/{resident}/timeline")).await.expect(200).to_string();
        assert!(timeline.contains("银行账户登记") && !timeline.contains("2344"), "{timeline}");
    }

    async fn a_correction_leaves_one_account_a_day(office: &TestOffice) {
        let resident = office.resident().await;
        let path = format!("/v1/residents/{resident}/bank-accounts");
        let township = office.as_user(TOWNSHIP).await;
        township.post_seen(&path, 1, account(&json!({"valid_from": "2021-01-01"}))).await.expect(201);
        let between = account(&json!({
            "bank_account": PASSBOOK, "bank_name": "丙岭信用社", "holder": "李四", "holder_relation": "carer",
            "valid_from": "2021-06-01", "valid_to": "2021-09-01"}));
        township.post_seen(&path, 2, between).await.expect(201);
        let page = township.get(&path).await.expect(200);
        let believed: Vec<Value> = page["items"].as_array().unwrap().iter()
            .filter(|one| one["superseded_at"].is_null())
            .map(|one| json!([one["bank_account_masked"], one["bank_name"], one["holder_relation"], one["valid_from"], one["valid_to"]]))
            .collect();
        assert_eq!(believed, [
            json!(["****2344", "虚川农村商业银行", "self", "2021-01-01", "2021-06-01"]),
            json!(["****9012", "丙岭信用社", "carer", "2021-06-01", "2021-09-01"]),
            json!(["****2344", "虚川农村商业银行", "self", "2021-09-01", null]),
        ]);
        let why = json!({"fields": ["bank_account"], "reason": "核对发放账户"});
        let disclosures = format!("/v1/residents/{resident}/disclosures");
        assert_eq!(township.post(&disclosures, why).await.expect(201)["bank_account"], CARD);
    }

    async fn none_is_in_force_once_it_has_ended(office: &TestOffice) {
        let resident = office.resident().await;
        let township = office.as_user(TOWNSHIP).await;
        let ended = account(&json!({"valid_from": "2022-01-01", "valid_to": "2022-07-04"}));
        township.post_seen(&format!("/v1/residents/{resident}/bank-accounts"), 1, ended).await.expect(201);
        let why = json!({"fields": ["bank_account", "phone"], "reason": "核对发放账户"});
        let shown = township.post(&format!("/v1/residents/{resident}/disclosures"), why).await.expect(201);
        assert_eq!(shown, json!({"phone": "12000001234"}));
    }

    async fn what_is_no_account_is_refused(office: &TestOffice) {
        let resident = office.resident().await;
        let path = format!("/v1/residents/{resident}/bank-accounts");
        let township = office.as_user(TOWNSHIP).await;
        for (more, pointer, code) in [
            (json!({"bank_account": "12345678901"}), "/bank_account", "field.invalid"),
            (json!({"bank_account": "6200000000000012345"}), "/bank_account", "field.invalid"),
            (json!({"bank_account": 123_456_789_012_u64}), "/bank_account", "field.invalid"),
            (json!({"bank_name": "  "}), "/bank_name", "bank_name.length"),
            (json!({"bank_name": "长".repeat(101)}), "/bank_name", "bank_name.length"),
            (json!({"holder": "李四"}), "/holder_relation", "holder_relation.missing"),
            (json!({"holder": "李四", "holder_relation": "self"}), "/holder_relation", "holder_relation.missing"),
            (json!({"holder_relation": "carer"}), "/holder", "holder.missing"),
            (json!({"holder": "12", "holder_relation": "carer"}), "/holder", "field.invalid"),
            (json!({"holder_relation": "neighbour"}), "/holder_relation", "field.invalid"),
            (json!({"valid_from": "2022-07-05"}), "/valid_from", "period.future"),
            (json!({"valid_from": "2022-01-02", "valid_to": "2022-01-01"}), "/valid_to", "period.order"),
        ] {
            let refusal = township.post_seen(&path, 1, account(&more)).await.refused_field(pointer, code);
            assert!(!refusal.to_string().contains("0012345"), "{refusal}");
        }
        township.post_seen(&path, 1, json!({"bank_name": "虚川农村商业银行"})).await.refused_field("/bank_account", "field.missing");
        let both = account(&json!({"bank_name": "", "holder_relation": "carer"}));
        let refusal = township.post_seen(&path, 1, both).await.refused_field("/holder", "holder.missing");
        assert_eq!(refusal["errors"].as_array().unwrap().len(), 2);
        township.post(&path, account(&json!({}))).await.refused(428, "if_match.missing");
        township.post_seen(&path, 7, account(&json!({}))).await.refused(412, "if_match.stale");
        for username in ["approver.990121", "supervisor.990100", "auditor.990121"] {
            let client = office.as_user(username).await;
            assert_eq!(client.get(&path).await.expect(200)["items"], json!([]));
            client.post_seen(&path, 1, account(&json!({}))).await.refused(403, "permission.denied");
        }
        let elsewhere = office.as_user("county.990122").await;
        elsewhere.get(&path).await.refused(404, "resident.not_found");
        elsewhere.post_seen(&path, 1, account(&json!({}))).await.refused(404, "resident.not_found");
    }

    async fn accounts_of_staff_are_kept_by_their_owner_and_the_administrator(office: &TestOffice) {
        let reviewer = office.as_user("township2.990121103").await;
        let me = reviewer.patch_seen("/v1/me", 1, json!({"bank_account": CARD})).await.expect(200);
        assert_eq!(me["bank_account_masked"], "****2344");
        assert_eq!(reviewer.get("/v1/me").await.expect(200), me);
        let cleared = json!({"bank_account": null});
        reviewer.patch_seen("/v1/me", 2, cleared.clone()).await.refused_field("/bank_account", "field.kept");
        let mistyped = json!({"bank_account": "6200000000000012345"});
        reviewer.patch_seen("/v1/me", 2, mistyped).await.refused_field("/bank_account", "field.invalid");
        let replaced = reviewer.patch_seen("/v1/me", 2, json!({"bank_account": PASSBOOK})).await.expect(200);
        assert_eq!(replaced["bank_account_masked"], "****9012");
        let path = format!("/v1/users/{}", id_of(&me));
        let system = office.as_user("sysadmin").await;
        let renamed = system.patch_seen(&path, 3, json!({"display_name": "某某"})).await.expect(200);
        assert_eq!(renamed["bank_account_masked"], "****9012");
        assert!(!renamed.to_string().contains(PASSBOOK), "{renamed}");
        assert_eq!(system.patch_seen(&path, 4, cleared).await.expect(200)["bank_account_masked"], Value::Null);
    }
}
