//! Accounts and rights: whoever makes the one does not give the other.

use serde_json::{Value, json};

use crate::support::people::id_of;
use crate::support::{TestOffice, on_both};

const GOOD: &str = "three green umbrellas at noon";
const NOBODY: &str = "0190a000-0000-7000-8000-000000000000";

fn account(username: &str) -> Value {
    json!({"username": username, "display_name": "王芳", "password": GOOD})
}

impl TestOffice {
    async fn account(&self, username: &str) -> String {
        id_of(
            &self
                .as_user("sysadmin")
                .await
                .post("/v1/users", account(username))
                .await
                .expect(201),
        )
    }

    /// Of the county's federation.
    async fn federation(&self) -> String {
        let county = self.as_user("county.990121").await;
        let me = county.get("/v1/me").await.expect(200);
        me["grants"][0]["organization_id"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

on_both! {
    async fn an_account_begins_without_any_right(office: &TestOffice) {
        let system = office.as_user("sysadmin").await;
        let reply = system.post("/v1/users", account("wangfang")).await;
        let created = reply.expect(201);
        assert!(!created.to_string().contains("umbrellas") && !created.to_string().contains("argon2"));
        assert_eq!((&created["state"], reply.header("etag")), (&json!("active"), Some("\"1\"")));
        assert_eq!(system.get(reply.header("location").unwrap()).await.expect(200), created);

        let login = json!({"username": "wangfang", "password": GOOD});
        let pair = office.anonymous().post("/v1/sessions", login).await.expect(201);
        let client = office.with_token(pair["access_token"].as_str().unwrap());
        assert_eq!(client.get("/v1/me").await.expect(200)["permissions"], json!([]));
        for path in ["/v1/residents", "/v1/cases", "/v1/divisions", "/v1/users", "/v1/audit/events"] {
            client.get(path).await.refused(403, "permission.denied");
        }
        system.post("/v1/users", account("wangfang")).await.refused(409, "user.username_taken");
    }

    async fn names_and_passwords_follow_rules(office: &TestOffice) {
        let system = office.as_user("sysadmin").await;
        for (field, value, pointer, code) in [
            ("username", "王芳", "/username", "username.format"),
            ("username", "ab", "/username", "username.format"),
            ("display_name", "  ", "/display_name", "name.length"),
            ("password", "short", "/password", "password.length"),
            ("password", "password1234", "/password", "password.weak"),
            ("password", "wangfang1990", "/password", "password.weak"),
        ] {
            let mut body = account("wangfang");
            body[field] = json!(value);
            system.post("/v1/users", body).await.refused_field(pointer, code);
        }
        let mut body = account("wangfang");
        body["role"] = json!("system_admin");
        system.post("/v1/users", body).await.refused_field("/role", "field.unknown");
    }

    async fn a_grant_has_dates_and_ends_once(office: &TestOffice) {
        let user = office.account("wangfang").await;
        let organization = office.federation().await;
        let security = office.as_user("secadmin").await;
        let path = format!("/v1/users/{user}/grants");
        let grant = |from: &str, to: Value| json!({"role": "auditor", "organization_id": organization, "valid_from": from, "valid_to": to});
        let reply = security.post(&path, grant("2022-07-01", json!("2022-08-01"))).await;
        let given = reply.expect(201);
        assert_eq!((&given["division_code"], &given["revoked_at"]), (&json!("990121000000"), &Value::Null));
        assert_eq!(security.get(&path).await.expect(200)["items"], json!([given]));
        security.post(&path, grant("2022-08-01", json!("2022-08-01"))).await.refused_field("/valid_to", "period.order");
        let unknown = json!({"role": "auditor", "organization_id": NOBODY});
        security.post(&path, unknown).await.refused_field("/organization_id", "organization.unknown");
        let role = json!({"role": "king", "organization_id": organization});
        security.post(&path, role).await.refused_field("/role", "field.invalid");
        security.post(&format!("/v1/users/{NOBODY}/grants"), grant("2022-07-01", Value::Null)).await.refused(404, "user.not_found");

        let one = format!("{path}/{}", id_of(&given));
        security.delete(&one).await.expect(204);
        security.delete(&one).await.refused(404, "grant.not_found");
        let revoked = security.get(&path).await.expect(200);
        assert_eq!(revoked["items"][0]["revoked_at"], "2022-07-04T01:00:00.000000Z");
    }

    async fn administrators_exclude_each_other_and_everybody_else(office: &TestOffice) {
        let organization = office.federation().await;
        let security = office.as_user("secadmin").await;
        let grant = |role: &str, from: &str, to: Value| json!({"role": role, "organization_id": organization, "valid_from": from, "valid_to": to});
        for (number, (held, asked)) in [
            ("system_admin", "security_admin"),
            ("audit_admin", "system_admin"),
            ("security_admin", "auditor"),
            ("county_caseworker", "audit_admin"),
        ]
        .into_iter()
        .enumerate()
        {
            let user = office.account(&format!("person-{number}")).await;
            let path = format!("/v1/users/{user}/grants");
            let first = security.post(&path, grant(held, "2022-07-01", json!("2022-09-01"))).await.expect(201);
            security.post(&path, grant(asked, "2022-08-31", Value::Null)).await.refused(409, "grant.exclusive");
            // One after the other, or after the one was taken back, is another matter.
            security.post(&path, grant(asked, "2022-09-01", json!("2022-10-01"))).await.expect(201);
            security.delete(&format!("{path}/{}", id_of(&first))).await.expect(204);
            security.post(&path, grant(asked, "2022-07-04", json!("2022-08-01"))).await.expect(201);
        }
        // Two roles that see residents do not exclude each other.
        let user = office.account("both").await;
        let path = format!("/v1/users/{user}/grants");
        security.post(&path, grant("county_caseworker", "2022-07-01", Value::Null)).await.expect(201);
        security.post(&path, grant("auditor", "2022-07-01", Value::Null)).await.expect(201);
    }

    async fn who_makes_accounts_gives_no_rights(office: &TestOffice) {
        let user = office.account("wangfang").await;
        let grants = format!("/v1/users/{user}/grants");
        let grant = json!({"role": "auditor", "organization_id": office.federation().await});
        office.as_user("sysadmin").await.post(&grants, grant.clone()).await.refused(403, "permission.denied");
        office.as_user("secadmin").await.post("/v1/users", account("other")).await.refused(403, "permission.denied");
        let reader = office.as_user("auditadmin").await;
        assert_eq!(id_of(&reader.get(&format!("/v1/users/{user}")).await.expect(200)), user);
        reader.get(&format!("/v1/users/{NOBODY}")).await.refused(404, "user.not_found");
        for who in ["county.990121", "approver.990121", "supervisor.990100", "auditor.990100"] {
            let client = office.as_user(who).await;
            client.get("/v1/users").await.refused(403, "permission.denied");
            client.post("/v1/users", account("other")).await.refused(403, "permission.denied");
            client.post(&grants, grant.clone()).await.refused(403, "permission.denied");
        }
    }

    async fn accounts_are_listed_page_by_page(office: &TestOffice) {
        let system = office.as_user("sysadmin").await;
        let first = system.get("/v1/users?limit=200").await.expect(200);
        let cursor = first["next"].as_str().unwrap();
        let second = system.get(&format!("/v1/users?limit=200&cursor={cursor}")).await.expect(200);
        let last = first["items"][199]["id"].as_str().unwrap();
        assert!(second["items"][0]["id"].as_str().unwrap() > last);
        assert!(!first.to_string().contains("argon2"));
    }

    async fn a_disabled_account_is_out_at_once(office: &TestOffice) {
        let user = office.account("wangfang").await;
        let login = || json!({"username": "wangfang", "password": GOOD});
        let pair = office.anonymous().post("/v1/sessions", login()).await.expect(201);
        let client = office.with_token(pair["access_token"].as_str().unwrap());
        client.get("/v1/me").await.expect(200);
        let system = office.as_user("sysadmin").await;
        let path = format!("/v1/users/{user}");
        assert_eq!(system.get(&path).await.header("etag"), Some("\"1\""));
        let disable = || json!({"state": "disabled"});
        system.request("PATCH", &path).json(&disable()).send().await.refused(428, "if_match.missing");
        system.patch_seen(&path, 2, disable()).await.refused(412, "if_match.stale");
        let disabled = system.patch_seen(&path, 1, disable()).await.expect(200);
        assert_eq!((&disabled["state"], &disabled["version"]), (&json!("disabled"), &json!(2)));
        client.get("/v1/me").await.refused(401, "session.invalid");
        office.anonymous().post("/v1/sessions", login()).await.refused(401, "session.credentials");
        let renamed = json!({"state": "active", "display_name": " 王小芳 "});
        assert_eq!(system.patch_seen(&path, 2, renamed).await.expect(200)["display_name"], "王小芳");
        office.anonymous().post("/v1/sessions", login()).await.expect(201);
        system.patch_seen(&path, 3, json!({"display_name": ""})).await.refused_field("/display_name", "name.length");
        system.patch_seen(&path, 3, json!({"display_name": null})).await.refused_field("/display_name", "field.invalid");
        system.patch_seen(&path, 3, json!({"username": "x"})).await.refused_field("/username", "field.unknown");
        let me = system.get("/v1/me").await.expect(200);
        system.patch_seen(&format!("/v1/users/{}", id_of(&me)), 1, disable()).await.refused_field("/state", "user.self");
        office.as_user("secadmin").await.patch_seen(&path, 3, disable()).await.refused(403, "permission.denied");
        system.patch_seen(&format!("/v1/users/{NOBODY}"), 1, disable()).await.refused(404, "user.not_found");
    }
}
