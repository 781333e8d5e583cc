//! A second factor: enrolled, asked for at the door, shown again, taken once, lost.

use std::time::Duration;

use huican::cli::demo::offices::PASSWORD;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret, Totp};

use crate::support::office::Client;
use crate::support::{Reply, TestOffice, on_both};

const WHO: &str = "county.990121";

/// The phone of whoever enrolled.
pub struct Phone(Totp);

impl Phone {
    pub fn of(secret: &Value) -> Self {
        let secret = Secret::try_from_base32(secret.as_str().unwrap()).unwrap();
        Self(Builder::new().with_secret(secret).build().unwrap())
    }

    pub fn shows(&self, office: &TestOffice) -> String {
        let seconds = u64::try_from(office.now().micros() / 1_000_000).unwrap();
        self.0.generate(seconds).to_string()
    }
}

impl TestOffice {
    pub async fn sign_in(&self, otp: Option<&str>) -> Reply {
        let mut body = json!({"username": WHO, "password": PASSWORD});
        if let Some(otp) = otp {
            body["otp"] = otp.into();
        }
        self.anonymous().post("/v1/sessions", body).await
    }

    /// Enrolled and confirmed; a step later.
    pub async fn enrolled(&self) -> (Client<'_>, Phone) {
        let client = self.as_user(WHO).await;
        let begun = client
            .post("/v1/me/second-factor", Value::Null)
            .await
            .expect(201);
        let phone = Phone::of(&begun["secret"]);
        let otp = json!({"otp": phone.shows(self)});
        client
            .post("/v1/me/second-factor/confirmation", otp)
            .await
            .expect(204);
        self.clock.advance(Duration::from_secs(30));
        (client, phone)
    }
}

on_both! {
    async fn it_counts_once_it_is_confirmed(office: &TestOffice) {
        let client = office.as_user(WHO).await;
        let wrong = json!({"otp": "000000"});
        client.post("/v1/me/second-factor/confirmation", wrong.clone()).await.refused(404, "second_factor.not_found");
        let first = client.post("/v1/me/second-factor", Value::Null).await.expect(201);
        assert!(first["uri"].as_str().unwrap().starts_with("otpauth://totp/Huican:county.990121?secret="));
        let begun = client.post("/v1/me/second-factor", Value::Null).await.expect(201);
        assert_ne!(first["secret"], begun["secret"]);
        for path in ["/v1/me/second-factor/confirmation", "/v1/sessions/current/step-up"] {
            client.post(path, json!({})).await.refused_field("/otp", "field.missing");
            for shapeless in [json!(123_456), json!(""), json!(" 123456"), json!("12345x")] {
                client.post(path, json!({"otp": shapeless})).await.refused_field("/otp", "field.invalid");
            }
        }
        // Not yet.
        office.sign_in(None).await.expect(201);
        client.post("/v1/me/second-factor/confirmation", wrong).await.refused_field("/otp", "otp.wrong");
        let stale = Phone::of(&first["secret"]).shows(office);
        client.post("/v1/me/second-factor/confirmation", json!({"otp": stale})).await.refused_field("/otp", "otp.wrong");
        let phone = Phone::of(&begun["secret"]);
        let otp = phone.shows(office);
        client.post("/v1/me/second-factor/confirmation", json!({"otp": otp})).await.expect(204);
        client.post("/v1/me/second-factor", Value::Null).await.refused(409, "second_factor.confirmed");

        office.sign_in(None).await.refused(401, "session.otp_required");
        // The password that confirmed was taken.
        office.sign_in(Some(&otp)).await.refused(401, "session.otp_wrong");
        office.clock.advance(Duration::from_secs(30));
        let next = phone.shows(office);
        office.sign_in(Some(&next)).await.expect(201);
        office.sign_in(Some(&next)).await.refused(401, "session.otp_wrong");
        // A wrong password says nothing of the second factor.
        let body = json!({"username": WHO, "password": "not this one at all", "otp": next});
        office.anonymous().post("/v1/sessions", body).await.refused(401, "session.credentials");
        // The secret lies encrypted, and nowhere in the record.
        let secret = begun["secret"].as_str().unwrap();
        let told = office.as_user("auditadmin").await.get("/v1/audit/events?limit=200").await.expect(200).to_string();
        assert!(told.contains("second_factor.confirmed") && !told.contains(secret) && !told.contains(&next));
    }

    async fn guessing_is_slowed_down(office: &TestOffice) {
        let (client, phone) = office.enrolled().await;
        for _ in 0..5 {
            office.sign_in(Some("000000")).await.refused(401, "session.otp_wrong");
        }
        let right = phone.shows(office);
        office.sign_in(Some(&right)).await.refused(429, "session.delayed");
        client.post("/v1/sessions/current/step-up", json!({"otp": right})).await.refused(429, "session.delayed");
        office.clock.advance(Duration::from_mins(1));
        let right = phone.shows(office);
        office.sign_in(Some(&right)).await.expect(201);
    }

    async fn it_is_shown_again_before_it_is_removed(office: &TestOffice) {
        let (client, phone) = office.enrolled().await;
        client.delete("/v1/me/second-factor").await.refused(403, "session.step_up_required");
        client.post("/v1/sessions/current/step-up", json!({"otp": "000000"})).await.refused(401, "session.otp_wrong");
        client.delete("/v1/me/second-factor").await.refused(403, "session.step_up_required");
        let otp = json!({"otp": phone.shows(office)});
        let until = client.post("/v1/sessions/current/step-up", otp.clone()).await.expect(201);
        assert_eq!(until["stepped_up_until"], json!(office.now().plus(Duration::from_mins(5))));
        client.post("/v1/sessions/current/step-up", otp).await.refused(401, "session.otp_wrong");
        // Only for a while, and only in this session.
        office.clock.advance(Duration::from_mins(6));
        client.delete("/v1/me/second-factor").await.refused(403, "session.step_up_required");
        let otp = phone.shows(office);
        client.post("/v1/sessions/current/step-up", json!({"otp": otp})).await.expect(201);
        office.clock.advance(Duration::from_secs(30));
        let fresh = office.sign_in(Some(&phone.shows(office))).await.expect(201);
        let fresh = office.with_token(fresh["access_token"].as_str().unwrap());
        client.delete("/v1/me/second-factor").await.expect(204);
        client.delete("/v1/me/second-factor").await.refused(404, "second_factor.not_found");
        // Who signed in with it has just shown it.
        fresh.delete("/v1/me/second-factor").await.refused(404, "second_factor.not_found");
        office.sign_in(None).await.expect(201);
        let township = office.as_user("township.990121103").await;
        township.post("/v1/sessions/current/step-up", json!({"otp": "123456"})).await.refused(404, "second_factor.not_found");
    }

    async fn a_lost_phone_is_forgotten_by_the_security_administrator(office: &TestOffice) {
        let (client, _lost) = office.enrolled().await;
        let me = client.get("/v1/me").await.expect(200);
        let path = format!("/v1/users/{}/second-factor", me["id"].as_str().unwrap());
        for nobody in ["sysadmin", "auditadmin", "approver.990121"] {
            office.as_user(nobody).await.delete(&path).await.refused(403, "permission.denied");
        }
        let security = office.as_user("secadmin").await;
        security.delete(&path).await.expect(204);
        security.delete(&path).await.refused(404, "second_factor.not_found");
        security.delete("/v1/users/0190a000-0000-7000-8000-000000000000/second-factor").await.refused(404, "user.not_found");
        office.sign_in(None).await.expect(201);
        let told = office.as_user("auditadmin").await.get("/v1/audit/events?action=second_factor.removed").await.expect(200);
        assert_eq!(told["items"][0]["actor"]["username"], "secadmin");
    }
}
