//! Signing in, staying so, and being signed out.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use huican::cli::demo::offices::PASSWORD;
use serde_json::{Value, json};

use crate::support::people::id_of;
use crate::support::{Backend, Reply, TestOffice, on_both};

const COUNTY: &str = "county.990121";

impl TestOffice {
    async fn login(&self, username: &str, password: &str) -> Reply {
        self.anonymous()
            .post(
                "/v1/sessions",
                json!({"username": username, "password": password}),
            )
            .await
    }

    async fn pair(&self) -> (String, String) {
        let pair = self.login(COUNTY, PASSWORD).await.expect(201);
        (text(&pair, "access_token"), text(&pair, "refresh_token"))
    }

    async fn refresh(&self, token: &str) -> Reply {
        self.anonymous()
            .post("/v1/sessions/refresh", json!({"refresh_token": token}))
            .await
    }

    async fn me(&self, access: &str) -> Reply {
        self.with_token(access).get("/v1/me").await
    }
}

fn text(body: &Value, name: &str) -> String {
    body[name].as_str().unwrap().to_owned()
}

/// A token with one of its three parts made anew.
fn with_part(token: &str, part: usize, content: &Value) -> String {
    let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts[part] = URL_SAFE_NO_PAD.encode(content.to_string());
    parts.join(".")
}

fn part(token: &str, part: usize) -> Value {
    serde_json::from_slice(
        &URL_SAFE_NO_PAD
            .decode(token.split('.').nth(part).unwrap())
            .unwrap(),
    )
    .unwrap()
}

on_both! {
    async fn a_login_answers_with_a_pair(office: &TestOffice) {
        let reply = office.login(COUNTY, PASSWORD).await;
        let pair = reply.expect(201);
        assert_eq!((&pair["token_type"], &pair["expires_in"]), (&json!("Bearer"), &json!(600)));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        let me = office.me(pair["access_token"].as_str().unwrap()).await.expect(200);
        assert_eq!((&me["username"], &me["display_name"]), (&json!(COUNTY), &json!("丙岭县残联经办人")));
        assert_eq!(me["grants"].as_array().unwrap().len(), 1);
        assert_eq!(me["grants"][0]["role"], "county_caseworker");
        assert_eq!(me["grants"][0]["division_code"], "990121000000");
        let expected = [
            "division.read", "organization.read", "resident.read", "resident.write", "resident.disclose",
            "merge.read", "merge.propose", "merge.act", "program.read",
            "case.read", "case.file", "case.act", "document.read", "document.write", "note.write", "recusal.read", "task.read", "follow_up.read",
            "referral.read", "referral.act", "transfer.read", "transfer.act", "enrollment.read",
            "entitlement.read", "entitlement.run", "public_list.publish", "enrollment.act", "payment.read", "payment.make",
            "payment.act", "payable.read", "payee.read", "payee.propose", "match.read", "match.import", "match.decide", "recovery.read", "recovery.act",
            "institution.read", "institution.propose", "rehabilitation.read", "rehabilitation.choose", "rehabilitation.act",
            "settlement.read", "settlement.act", "settlement.correct",
            "rehabilitation_service.read", "rehabilitation_service.act", "screening.read", "screening.write",
            "device_catalog.read", "warehouse.read", "stock.act",
            "device_allocation.read", "device_allocation.evaluate", "device_allocation.act", "device_check.record", "device_recall.read",
            "employment_standard.read", "vacancy.read", "vacancy.write", "job_seeker.read", "job_seeker.write", "placement.read",
            "placement.write", "placement.verify", "levy.read", "levy.estimate", "home.read", "home.manage", "home.write", "home.confirm",
            "renovation.read", "renovation.survey", "renovation.act", "renovation.visit", "elderly_renovation.write",
            "public_venue.read", "public_venue.list", "public_venue.act",
            "petition.read", "petition.receive", "petition.act", "legal_aid.read", "legal_aid.file", "legal_aid.act",
            "activity.read", "activity.write", "need_standard.read", "need_standard.propose", "need_score.read", "need_score.assess",
            "visit.read", "visit.write", "visit.plan",
        ];
        assert_eq!(me["permissions"], json!(&expected[..]));
    }

    async fn nobody_learns_which_accounts_exist(office: &TestOffice) {
        let same = |reply: &Reply| {
            let mut body = reply.refused(401, "session.credentials");
            body["request_id"].take();
            body
        };
        let known = office.login(COUNTY, "not this one").await;
        let unknown = office.login("nobody.at.all", "not this one").await;
        assert_eq!(same(&known), same(&unknown));
        assert_eq!(known.header("www-authenticate"), Some("Bearer"));
    }

    async fn guessing_gets_slower(office: &TestOffice) {
        for _ in 0..5 {
            office.login(COUNTY, "not this one").await.refused(401, "session.credentials");
        }
        let delayed = office.login(COUNTY, PASSWORD).await;
        delayed.refused(429, "session.delayed");
        let wait: u64 = delayed.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=3).contains(&wait), "{wait}");
        // Others are not kept waiting.
        office.login("county.990122", PASSWORD).await.expect(201);
        office.pass(Duration::from_secs(wait)).await;
        office.login(COUNTY, "not this one").await.refused(401, "session.credentials");
        let again = office.login(COUNTY, PASSWORD).await;
        again.refused(429, "session.delayed");
        assert!(again.header("retry-after").unwrap().parse::<u64>().unwrap() > wait);
        office.pass(Duration::from_mins(5)).await;
        office.login(COUNTY, PASSWORD).await.expect(201);
        // A success wipes the slate.
        office.login(COUNTY, "not this one").await.refused(401, "session.credentials");
        office.login(COUNTY, PASSWORD).await.expect(201);
    }

    async fn a_refresh_token_is_used_once(office: &TestOffice) {
        let (access, refresh) = office.pair().await;
        let next = office.refresh(&refresh).await.expect(201);
        office.me(&access).await.expect(200);
        // Whoever uses the old one again, thief or owner, ends it for both.
        office.refresh(&refresh).await.refused(401, "session.refresh_reused");
        office.refresh(&text(&next, "refresh_token")).await.refused(401, "session.invalid");
        office.me(&text(&next, "access_token")).await.refused(401, "session.invalid");
        office.me(&access).await.refused(401, "session.invalid");
        office.refresh("no such token").await.refused(401, "session.invalid");
        // Another session of the same person goes on.
        let (other, _) = office.pair().await;
        office.me(&other).await.expect(200);
    }

    async fn everything_ends_in_its_time(office: &TestOffice) {
        let (access, refresh) = office.pair().await;
        office.clock.advance(Duration::from_secs(599));
        office.me(&access).await.expect(200);
        office.clock.advance(Duration::from_secs(1));
        office.me(&access).await.refused(401, "session.invalid");
        let next = office.refresh(&refresh).await.expect(201);
        office.clock.advance(Duration::from_hours(12));
        office.refresh(&text(&next, "refresh_token")).await.refused(401, "session.invalid");

        // However busy: after a week one signs in again.
        let (_, mut refresh) = office.pair().await;
        for _ in 0..15 {
            office.clock.advance(Duration::from_hours(11));
            refresh = text(&office.refresh(&refresh).await.expect(201), "refresh_token");
        }
        office.clock.advance(Duration::from_hours(4));
        office.refresh(&refresh).await.refused(401, "session.invalid");
    }

    async fn signing_out_is_at_once(office: &TestOffice) {
        let (access, refresh) = office.pair().await;
        let client = office.with_token(&access);
        assert_eq!(client.delete("/v1/sessions/current").await.expect(204), Value::Null);
        client.get("/v1/me").await.refused(401, "session.invalid");
        client.delete("/v1/sessions/current").await.refused(401, "session.invalid");
        office.refresh(&refresh).await.refused(401, "session.invalid");
    }

    async fn forged_tokens_open_nothing(office: &TestOffice) {
        let (access, _) = office.pair().await;
        let mut victim = part(&access, 1);
        victim["sub"] = json!("0190a000-0000-7000-8000-000000000000");
        let header = |change: &str, value: Value| {
            let mut header = part(&access, 0);
            header[change] = value;
            with_part(&access, 0, &header)
        };
        assert_eq!((&part(&access, 0)["alg"], &part(&access, 0)["typ"]), (&json!("EdDSA"), &json!("at+jwt")));
        assert!(part(&access, 1)["roles"].is_null() && part(&access, 1)["permissions"].is_null());
        let unsigned = header("alg", json!("none")).rsplit_once('.').unwrap().0.to_owned() + ".";
        for forged in [
            with_part(&access, 1, &victim),
            header("alg", json!("HS256")),
            header("kid", json!("another")),
            header("typ", json!("JWT")),
            unsigned,
            "not.a.token".to_owned(),
            String::new(),
        ] {
            office.me(&forged).await.refused(401, "session.invalid");
        }
        let missing = office.anonymous().get("/v1/me").await;
        missing.refused(401, "session.required");
        assert_eq!(missing.header("www-authenticate"), Some("Bearer"));
        let basic = office.anonymous().request("GET", "/v1/me").header("authorization", "Basic Zm9vOmJhcg==").send().await;
        basic.refused(401, "session.required");
    }

    async fn rights_are_read_at_every_request(office: &TestOffice) {
        let auditor = office.as_user("auditor.990121").await;
        auditor.get("/v1/cases").await.expect(200);
        let me = auditor.get("/v1/me").await.expect(200);
        let security = office.as_user("secadmin").await;
        let grants = format!("/v1/users/{}/grants", id_of(&me));
        let held = security.get(&grants).await.expect(200);
        security.delete(&format!("{grants}/{}", id_of(&held["items"][0]))).await.expect(204);
        // The same token, a moment later.
        auditor.get("/v1/cases").await.refused(403, "permission.denied");
        // For a day only.
        let organization = held["items"][0]["organization_id"].clone();
        let today = json!({"role": "auditor", "organization_id": organization, "valid_from": "2022-07-04", "valid_to": "2022-07-05"});
        security.post(&grants, today).await.expect(201);
        auditor.get("/v1/cases").await.expect(200);
        office.clock.advance(Duration::from_hours(15));
        let auditor = office.as_user("auditor.990121").await;
        auditor.get("/v1/cases").await.refused(403, "permission.denied");
        assert_eq!(auditor.get("/v1/me").await.expect(200)["permissions"], json!([]));
    }

    async fn ones_sessions_are_seen_and_ended(office: &TestOffice) {
        let (phone, _) = office.pair().await;
        office.clock.advance(Duration::from_mins(1));
        let (desk, _) = office.pair().await;
        let client = office.with_token(&desk);
        let page = client.get("/v1/sessions").await.expect(200);
        let mine: Vec<_> = page["items"].as_array().unwrap().iter().map(|one| one["current"].as_bool().unwrap()).collect();
        assert_eq!(mine, [true, false]);
        assert_eq!(page["items"][1]["address"], "127.0.0.1");
        let lost = format!("/v1/sessions/{}", id_of(&page["items"][1]));
        // Nobody else's.
        office.as_user("sysadmin").await.delete(&lost).await.refused(404, "session.not_found");
        client.delete(&lost).await.expect(204);
        office.me(&phone).await.refused(401, "session.invalid");
        client.delete(&lost).await.refused(404, "session.not_found");
        assert_eq!(client.get("/v1/sessions").await.expect(200)["items"].as_array().unwrap().len(), 1);
    }

    async fn a_new_password_ends_the_other_sessions(office: &TestOffice) {
        const NEW: &str = "three green umbrellas at noon";
        let (phone, _) = office.pair().await;
        let (desk, _) = office.pair().await;
        let client = office.with_token(&desk);
        let change = async |current: &str, new: &str| {
            client.post("/v1/me/password", json!({"current_password": current, "new_password": new})).await
        };
        change("not this one", NEW).await.refused_field("/current_password", "password.wrong");
        change(PASSWORD, "short").await.refused_field("/new_password", "password.length");
        change(PASSWORD, "county.990121").await.refused_field("/new_password", "password.weak");
        assert_eq!(change(PASSWORD, NEW).await.expect(204), Value::Null);
        client.get("/v1/me").await.expect(200);
        office.me(&phone).await.refused(401, "session.invalid");
        office.login(COUNTY, PASSWORD).await.refused(401, "session.credentials");
        office.login(COUNTY, NEW).await.expect(201);
        // Whoever holds a stolen token guesses no faster than at the door.
        for _ in 0..5 {
            change("not this one", NEW).await.refused_field("/current_password", "password.wrong");
        }
        change("not this one", NEW).await.refused(429, "session.delayed");
        let administrator = office.as_user("auditadmin").await;
        let page = administrator.get("/v1/audit/events?action=user.password_changed").await.expect(200);
        let outcomes: Vec<_> = page["items"].as_array().unwrap().iter().map(|event| event["outcome"].as_str().unwrap()).collect();
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == "success").count(), 1);
        assert_eq!(outcomes.len(), 7);
        assert!(!page.to_string().contains("umbrellas"));
    }
}

/// What another process changed is heard of within moments by who looks, at once by who changes.
#[actix_web::test]
async fn only_looks_are_remembered() {
    let remembering = TestOffice::remembering(Backend::Sqlite, Duration::from_hours(1));
    let office = remembering.await.unwrap();
    let resident = office.resident().await;
    let path = format!("/v1/residents/{resident}");
    let township = office.as_user("township.990121103").await;
    township.get(&path).await.expect(200);
    let elsewhere = "UPDATE grants SET revoked_at = 1656896400000000
        WHERE user_id = (SELECT id FROM users WHERE username = 'township.990121103')";
    office.sql(elsewhere).unwrap();
    township.get(&path).await.expect(200);
    township
        .patch_seen(&path, 1, json!({"phone": null}))
        .await
        .refused(403, "permission.denied");
    // What is changed here is heard of here.
    let security = office.as_user("secadmin").await;
    let county = office.as_user("county.990121").await;
    county.get(&path).await.expect(200);
    let grants = format!(
        "/v1/users/{}/grants",
        id_of(&county.get("/v1/me").await.expect(200))
    );
    let held = security.get(&grants).await.expect(200);
    security
        .delete(&format!("{grants}/{}", id_of(&held["items"][0])))
        .await
        .expect(204);
    county.get(&path).await.refused(403, "permission.denied");
    township.get(&path).await.refused(403, "permission.denied");
}
