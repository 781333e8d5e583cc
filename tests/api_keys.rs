//! Keys with which other systems act as an account, within limits.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::office::Client;
use crate::support::people::{ELSEWHERE, id_of, person};
use crate::support::{Backend, TestOffice, on_both};

const ACCOUNT: &str = "county.990121";

impl TestOffice {
    async fn keys_of(&self, username: &str) -> String {
        let me = self.as_user(username).await.get("/v1/me").await.expect(200);
        format!("/v1/users/{}/api-keys", me["id"].as_str().unwrap())
    }

    /// A client with a new key, and where that is revoked.
    async fn keyed(&self, permits: Value) -> (Client<'_>, String) {
        let place = self.keys_of(ACCOUNT).await;
        let body = json!({"name": "统计直报", "permits": permits, "valid_to": "2022-12-31"});
        let reply = self.as_user("secadmin").await.post(&place, body).await;
        let issued = reply.expect(201);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        let secret = issued["secret"].as_str().unwrap();
        assert!(secret.starts_with("hck_"));
        assert_eq!(
            reply.header("location").unwrap(),
            format!("{place}/{}", id_of(&issued))
        );
        (
            self.with_token(secret),
            reply.header("location").unwrap().to_owned(),
        )
    }
}

on_both! {
    async fn a_key_does_what_it_is_for_and_its_account_may(office: &TestOffice) {
        let own = id_of(&office.register(person()).await);
        let mut far = person();
        far["division_code"] = ELSEWHERE.into();
        let other = id_of(&office.register(far).await);
        let (client, _) = office.keyed(json!(["resident.read", "user.read"])).await;
        client.get(&format!("/v1/residents/{own}")).await.expect(200);
        client.get(&format!("/v1/residents/{other}")).await.refused(404, "resident.not_found");
        // The account may, the key may not; the key may, the account may not.
        client.get("/v1/cases").await.refused(403, "permission.denied");
        client.get("/v1/users").await.refused(403, "permission.denied");
        let me = client.get("/v1/me").await.expect(200);
        assert_eq!((&me["permissions"], &me["username"]), (&json!(["resident.read"]), &json!("county.990121#统计直报")));

        // Records name the key beside the account.
        let auditor = office.as_user("auditor.990121").await;
        let page = auditor.get(&format!("/v1/audit/events?action=resident.viewed&resident_id={own}")).await.expect(200);
        assert_eq!(page["items"][0]["actor"]["username"], "county.990121#统计直报", "{page}");
    }

    async fn a_key_stands_for_no_person(office: &TestOffice) {
        let (client, _) = office.keyed(json!(["resident.read"])).await;
        for (method, path) in [
            ("GET", "/v1/sessions"),
            ("DELETE", "/v1/sessions/current"),
            ("POST", "/v1/sessions/current/step-up"),
            ("POST", "/v1/me/password"),
            ("POST", "/v1/me/second-factor"),
        ] {
            client.request(method, path).json(&json!({})).send().await.refused(403, "permission.denied");
        }
    }

    async fn a_key_ends(office: &TestOffice) {
        let (first, place) = office.keyed(json!(["resident.read"])).await;
        let (second, _) = office.keyed(json!(["resident.read"])).await;
        let security = office.as_user("secadmin").await;
        let listed = security.get(&office.keys_of(ACCOUNT).await).await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 2);
        assert!(!listed.to_string().contains("hck_"));
        // Of another account it is not.
        let (_, id) = place.rsplit_once('/').unwrap();
        let elsewhere = format!("{}/{id}", office.keys_of("approver.990121").await);
        security.delete(&elsewhere).await.refused(404, "api_key.not_found");
        security.delete(&place).await.expect(204);
        security.delete(&place).await.refused(404, "api_key.not_found");
        first.get("/v1/residents").await.refused(401, "session.invalid");
        second.get("/v1/residents").await.expect(200);
        let user = place.rsplit_once("/api-keys").unwrap().0.to_owned();
        let system = office.as_user("sysadmin").await;
        system.patch_seen(&user, 1, json!({"state": "disabled"})).await.expect(200);
        second.get("/v1/residents").await.refused(401, "session.invalid");
        system.patch_seen(&user, 2, json!({"state": "active"})).await.expect(200);
        second.get("/v1/residents").await.expect(200);
        office.pass(Duration::from_hours(24 * 200)).await;
        second.get("/v1/residents").await.refused(401, "session.invalid");
        office.with_token("hck_made_up").get("/v1/residents").await.refused(401, "session.invalid");
    }

    async fn a_key_without_sense_is_refused(office: &TestOffice) {
        let place = office.keys_of(ACCOUNT).await;
        let security = office.as_user("secadmin").await;
        let good = json!({"name": "统计直报", "permits": ["resident.read"], "valid_to": "2022-12-31"});
        for (field, value, pointer, code) in [
            ("name", json!(" "), "/name", "name.length"),
            ("permits", json!([]), "/permits", "permits.empty"),
            ("permits", json!(["resident.read", "all"]), "/permits/1", "permit.unknown"),
            ("permits", json!(["resident.read", "resident.read"]), "/permits/1", "permit.unknown"),
            ("permits", json!(["case.act"]), "/permits/0", "permit.personal"),
            ("permits", json!(["grant.manage"]), "/permits/0", "permit.personal"),
            ("valid_to", json!("2022-01-01"), "/valid_to", "valid_to.range"),
            ("valid_to", json!("2032-01-01"), "/valid_to", "valid_to.range"),
        ] {
            let mut body = good.clone();
            body[field] = value;
            security.post(&place, body).await.refused_field(pointer, code);
        }
        security.post(&place, json!({})).await.refused_field("/name", "field.missing");
        let nobody = "/v1/users/0190a000-0000-7000-8000-000000000000/api-keys";
        security.post(nobody, good.clone()).await.refused(404, "user.not_found");
        office.as_user("sysadmin").await.post(&place, good).await.refused(403, "permission.denied");
    }

    async fn the_database_gives_no_key_what_takes_a_person(office: &TestOffice) {
        office.keyed(json!(["resident.read"])).await;
        let (id, hash) = match office.backend {
            Backend::Sqlite => ("randomblob(16)", "randomblob(32)"),
            Backend::Postgres => ("gen_random_uuid()", "sha256('another')"),
        };
        for permit in ["case.act", "recusal.end", "task.assign", "merge.act", "user.manage", "grant.manage",
            "placement.verify", "employment_standard.approve", "home.confirm"] {
            for permits in [permit.to_owned(), format!("resident.read {permit}"), format!("{permit} case.read")] {
                let copy = format!(
                    "INSERT INTO api_keys (id, user_id, name, hash, permits, valid_to, created_at)
                     SELECT {id}, user_id, name, {hash}, '{permits}', valid_to, created_at FROM api_keys"
                );
                let refusal = office.sql(&copy).unwrap_err().to_lowercase();
                assert!(refusal.contains("check"), "{refusal}");
            }
        }
    }

    async fn the_database_keeps_keys_as_they_are(office: &TestOffice) {
        office.keyed(json!(["resident.read"])).await;
        let hash = match office.backend {
            Backend::Sqlite => "zeroblob(32)",
            Backend::Postgres => "decode(repeat('00', 32), 'hex')",
        };
        for change in ["permits = 'case.act'", "valid_to = '2099-01-01'", &format!("hash = {hash}")] {
            let refusal = office.sql(&format!("UPDATE api_keys SET {change}")).unwrap_err();
            assert!(refusal.contains("append_only"), "{refusal}");
        }
        assert!(office.sql("DELETE FROM api_keys").unwrap_err().contains("append_only"));
    }
}
