//! Refusals: one shape, in the caller's language, that names the field and the rule.

use serde_json::{Value, json};

use crate::support::office::Client;
use crate::support::people::person;
use crate::support::{TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";

on_both! {
    async fn a_refusal_is_a_problem_document(office: &TestOffice) {
        let client = office.as_user(TOWNSHIP).await;
        let path = "/v1/cases/0190a000-0000-7000-8000-000000000000";
        let reply = client.get(path).await;
        let body = reply.refused(404, "case.not_found");
        assert_eq!((&body["type"], &body["instance"]), (&json!("urn:huican:problem:case.not_found"), &json!(path)));
        assert_eq!(body["errors"], json!([]));
        let other = client.get(path).await.refused(404, "case.not_found");
        assert_ne!(body["request_id"], other["request_id"]);
    }

    async fn it_speaks_chinese_unless_english_is_asked_for(office: &TestOffice) {
        let client = office.as_user(TOWNSHIP).await;
        for (asked, tag, title) in [
            ("", "zh-CN", "请求内容不符合规则"),
            ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN", "请求内容不符合规则"),
            ("en-GB,en;q=0.9", "en", "The request breaks a rule"),
            ("fr", "zh-CN", "请求内容不符合规则"),
        ] {
            let request = client.request("POST", "/v1/residents").json(&json!({"name": "张三"}));
            let request = if asked.is_empty() { request } else { request.header("accept-language", asked) };
            let reply = request.send().await;
            assert_eq!(reply.refused(422, "request.invalid")["title"], title, "{asked}");
            assert_eq!((reply.header("content-language"), reply.header("vary")), (Some(tag), Some("accept-language")));
        }
    }

    async fn addresses_and_methods(office: &TestOffice) {
        let client = office.as_user(TOWNSHIP).await;
        client.get("/v1/nothing").await.refused(404, "route.not_found");
        client.get("/v1/cases/not-an-id").await.refused(404, "route.not_found");
        let refused = client.request("PUT", "/v1/cases").send().await;
        assert_eq!(refused.header("allow"), Some("GET, POST"));
        refused.refused(405, "route.method_not_allowed");
        client.delete("/v1/me").await.refused(405, "route.method_not_allowed");
    }

    async fn who_asks_comes_before_what_is_asked(office: &TestOffice) {
        let broken = async |client: Client<'_>| client.request("POST", "/v1/residents").raw("text/plain", "{").send().await;
        broken(office.anonymous()).await.refused(401, "session.required");
        broken(office.with_token("x.y.z")).await.refused(401, "session.invalid");
        broken(office.as_user("auditor.990121").await).await.refused(403, "permission.denied");
        broken(office.as_user(TOWNSHIP).await).await.refused(415, "request.unsupported_media_type");
        // A stale token does not keep anybody from signing in.
        let login = json!({"username": TOWNSHIP, "password": huican::cli::demo::offices::PASSWORD});
        office.with_token("x.y.z").post("/v1/sessions", login).await.expect(201);
    }

    async fn bodies_that_cannot_be_read(office: &TestOffice) {
        let client = office.as_user(TOWNSHIP).await;
        let post = |media: &str, body: &str| client.request("POST", "/v1/residents").raw(media, body).send();
        for broken in ["", "{", "{\"name\": \"\u{0}"] {
            post("application/json", broken).await.refused(400, "request.malformed");
        }
        post("text/plain", "{}").await.refused(415, "request.unsupported_media_type");
        post("application/x-www-form-urlencoded", "name=x").await.refused(415, "request.unsupported_media_type");
        post("application/json; charset=utf-8", "{}").await.refused_field("/name", "field.missing");
        let large = format!("{{\"name\": \"{}\"}}", "x".repeat(256 * 1024));
        post("application/json", &large).await.refused(413, "request.too_large");
        post("application/json", "[\"张三\"]").await.refused_field("", "field.invalid");
        // A null where a word should be is no fault of the JSON.
        let mut body = person();
        body["certificate"]["components"] = json!([{"impairment_type": null, "severity_level": 1}]);
        client.post("/v1/residents", body).await.refused_field("/certificate/components/0/impairment_type", "field.invalid");
    }

    async fn the_field_at_fault_is_named(office: &TestOffice) {
        let client = office.as_user(TOWNSHIP).await;
        let mut body = person();
        body["certificate"]["colour"] = json!("red");
        client.post("/v1/residents", body).await.refused_field("/certificate/colour", "field.unknown");
        let mut body = person();
        body["certificate"]["components"] = json!([{"impairment_type": "physical", "severity_level": 9}]);
        client.post("/v1/residents", body).await.refused_field("/certificate/components/0/severity_level", "field.invalid");
        let mut body = person();
        body["phone"] = json!(12_000_001_234_u64);
        client.post("/v1/residents", body).await.refused_field("/phone", "field.invalid");
        let mut body = person();
        body["circumstances"] = json!({"shoe_size": 43});
        client.post("/v1/residents", body).await.refused_field("/circumstances", "field.invalid");
        client.get("/v1/cases?colour=red").await.refused_parameter("colour", "field.unknown");
        client.get("/v1/cases?limit=many").await.refused_parameter("limit", "field.invalid");
        client.get("/v1/cases?limit=0").await.refused_parameter("limit", "limit.range");
        client.get("/v1/cases?cursor=abc").await.refused(400, "cursor.invalid");
    }

    async fn idempotency_keys_belong_to_one_person_and_one_request(office: &TestOffice) {
        let client = office.as_user(TOWNSHIP).await;
        let (one, other) = (person(), person());
        let send = |body: &Value, key: &str| client.request("POST", "/v1/residents").key(key).json(body).send();
        let first = send(&one, "key-1").await;
        first.expect(201);
        assert_eq!(send(&one, "key-1").await.body, first.body);
        send(&other, "key-1").await.refused(422, "idempotency_key.reused");
        send(&other, "key 2").await.refused(400, "idempotency_key.invalid");
        send(&other, &"k".repeat(101)).await.refused(400, "idempotency_key.invalid");
        // Somebody else's key of the same name is another one.
        let colleague = office.as_user("township2.990121103").await;
        colleague.request("POST", "/v1/residents").key("key-1").json(&other).send().await.expect(201);
        // What was refused is not remembered: corrected, it goes through under the same key.
        let (mut wrong, right) = (person(), person());
        wrong["name"] = json!("");
        send(&wrong, "key-3").await.refused_field("/name", "name.missing");
        send(&right, "key-3").await.expect(201);
    }

    async fn answers_are_kept_for_a_day_and_not_for_ever(office: &TestOffice) {
        let body = person();
        let send = async || {
            let client = office.as_user(TOWNSHIP).await;
            client.request("POST", "/v1/residents").key("key-1").json(&body).send().await
        };
        let first = send().await;
        first.expect(201);
        office.pass_days(1).await;
        assert_eq!(send().await.body, first.body);
        // Later, the request is a new one.
        office.pass_days(2).await;
        send().await.refused(409, "resident.duplicate");
    }

    async fn answers_are_guarded(office: &TestOffice) {
        let client = office.as_user(TOWNSHIP).await;
        for path in ["/v1/residents", "/v1/nothing", "/health/live"] {
            let reply = client.get(path).await;
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
            assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
            assert!(reply.header("x-request-id").is_some(), "{path}");
        }
    }
}

on_both! {
    async fn the_character_nul_is_refused_wherever_text_is_taken(office: &TestOffice) {
        let county = office.as_user("county.990121").await;
        for address in ["/v1/cases?case_number=%00", "/v1/programs/living%00/versions", "/v1/residents?q=a%00b"] {
            county.get(address).await.refused(400, "request.malformed");
        }
        let login = serde_json::json!({"username": "a\u{0}b", "password": "x"});
        office.anonymous().post("/v1/sessions", login).await.refused(400, "request.malformed");
        // The same letters behind a backslash are text.
        let login = serde_json::json!({"username": "a\\u0000b", "password": "x"});
        office.anonymous().post("/v1/sessions", login).await.refused(401, "session.credentials");
    }
}
