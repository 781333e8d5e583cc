//! The clock is set back an hour, or a month ahead: nobody gets in by it, nobody is locked out for
//! longer than a delay, work goes on, and the record stays in order.

use std::time::Duration;

use huican::audit::sealing::{self, Ledger};
use huican::cli::demo::offices::PASSWORD;
use serde_json::json;

use crate::support::office::Client;
use crate::support::people::{id_of, person};
use crate::support::{Reply, TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
/// Whose account others guess at.
const GUESSED: &str = "approver.990121";
const HOUR: Duration = Duration::from_hours(1);
const MONTH: Duration = Duration::from_hours(31 * 24);

/// What somebody gets at the door.
struct Pair {
    access: String,
    refresh: String,
}

impl Pair {
    fn of(reply: &Reply) -> Self {
        let pair = reply.expect(201);
        let text = |name: &str| pair[name].as_str().unwrap().to_owned();
        Self {
            access: text("access_token"),
            refresh: text("refresh_token"),
        }
    }
}

impl TestOffice {
    async fn at_the_door(&self, username: &str, password: &str) -> Reply {
        let body = json!({"username": username, "password": password});
        self.anonymous().post("/v1/sessions", body).await
    }

    async fn renewed(&self, refresh: &str) -> Reply {
        let body = json!({"refresh_token": refresh});
        self.anonymous().post("/v1/sessions/refresh", body).await
    }

    /// A key for reading residents, until a day or until it is revoked.
    async fn api_key(&self, valid_to: &str, revoked: bool) -> String {
        let me = self.as_user(TOWNSHIP).await.get("/v1/me").await.expect(200);
        let place = format!("/v1/users/{}/api-keys", id_of(&me));
        let security = self.as_user("secadmin").await;
        let body = json!({"name": valid_to, "permits": ["resident.read"], "valid_to": valid_to});
        let issued = security.post(&place, body).await.expect(201);
        if revoked {
            let path = format!("{place}/{}", id_of(&issued));
            security.delete(&path).await.expect(204);
        }
        issued["secret"].as_str().unwrap().to_owned()
    }

    async fn nobody(&self, what: &str, token: &str) {
        let reply = self.with_token(token).get("/v1/residents?limit=1").await;
        assert_eq!(reply.status.as_u16(), 401, "{what}");
    }

    /// Seals what is new; the record and what is known of it outside agree, and entries are listed
    /// as they came, whatever their instants say.
    async fn is_in_order(&self) {
        assert!(self.seal().await > 0);
        let mut db = self.db();
        let found = sealing::verify(&mut db, 0, |_| true).unwrap();
        assert_eq!((found.fault, found.finished), (None, true));
        let outside = self.checkpoints();
        let lines = Ledger::lines(&outside).unwrap();
        assert_eq!(sealing::against(&mut db, lines).unwrap(), None);
        let auditor = self.as_user("auditor.990121").await;
        let page = auditor.get("/v1/audit/events?limit=200").await.expect(200);
        let entries = page["items"].as_array().unwrap();
        let numbers: Vec<_> = entries
            .iter()
            .map(|entry| entry["sequence"].as_i64())
            .collect();
        assert!(
            numbers.is_sorted_by(|newer, older| newer > older),
            "{numbers:?}"
        );
    }

    /// Another certificate and another circumstance, believed from now on.
    async fn corrects(&self, resident: &str) {
        let township = self.as_user(TOWNSHIP).await;
        let path = format!("/v1/residents/{resident}");
        let seen = township.get(&path).await.expect(200);
        let version = seen["version"].as_i64().unwrap();
        let why = json!({"fields": ["id_number"], "reason": "核对证件"});
        let shown = township
            .post(&format!("{path}/disclosures"), why)
            .await
            .expect(201);
        let number = shown["id_number"].as_str().unwrap();
        let certificate = json!({"number": format!("{number}42B1"), "issued_date": "2022-06-01"});
        let circumstance =
            json!({"kind": "care_need", "value": "partial", "valid_from": "2022-07-01"});
        township
            .post_seen(&format!("{path}/certificates"), version, certificate)
            .await
            .expect(201);
        township
            .post_seen(&format!("{path}/circumstances"), version + 1, circumstance)
            .await
            .expect(201);
        let now = township.get(&path).await.expect(200);
        assert_eq!(
            (
                &now["certificate"]["severity_level"],
                &now["circumstances"]["care_need"]
            ),
            (&json!(2), &json!("partial"))
        );
        assert_eq!(now["circumstances"]["income_status"], "none");
    }
}

on_both! {
    async fn an_hour_back(office: &TestOffice) {
        let (phone_owner, phone) = office.enrolled().await;
        let shown = phone.shows(office);
        office.sign_in(Some(&shown)).await.expect(201);
        let stale = Pair::of(&office.at_the_door(TOWNSHIP, PASSWORD).await);
        office.clock.advance(Duration::from_mins(30));
        office.nobody("an expired token", &stale.access).await;

        let first = Pair::of(&office.at_the_door(TOWNSHIP, PASSWORD).await);
        let second = Pair::of(&office.renewed(&first.refresh).await);
        let ended = Pair::of(&office.at_the_door(TOWNSHIP, PASSWORD).await);
        office.with_token(&ended.access).delete("/v1/sessions/current").await.expect(204);
        let revoked = office.api_key("2022-12-31", true).await;
        for _ in 0..6 {
            office.at_the_door(GUESSED, "not this one at all").await;
        }
        office.at_the_door(GUESSED, PASSWORD).await.refused(429, "session.delayed");
        let resident = office.resident().await;
        let case = office.case_at("verification").await;
        let township = office.as_user(TOWNSHIP).await;
        let somebody = person();
        let create = async |client: &Client<'_>| {
            client.request("POST", "/v1/residents").key("once").json(&somebody).send().await
        };
        let created = create(&township).await;
        created.expect(201);
        office.is_in_order().await;

        let before = office.now();
        office.clock.set(before.minus(HOUR));
        for (what, token) in [
            ("a token of the future", &second.access),
            ("a token that had expired", &stale.access),
            ("the token of a session that ended", &ended.access),
            ("a revoked key", &revoked),
        ] {
            office.nobody(what, token).await;
        }
        office.renewed(&ended.refresh).await.refused(401, "session.invalid");
        office.renewed(&first.refresh).await.refused(401, "session.refresh_reused");
        office.renewed(&second.refresh).await.refused(401, "session.invalid");
        // No password of a phone is taken before the time of the last one.
        for _ in 0..3 {
            office.sign_in(Some(&phone.shows(office))).await.refused(401, "session.otp_wrong");
            office.clock.advance(Duration::from_secs(30));
        }
        office.sign_in(Some(&shown)).await.refused(401, "session.otp_wrong");
        phone_owner.delete("/v1/me/second-factor").await.refused(401, "session.invalid");
        // Who had to wait seconds does not wait for an hour.
        office.at_the_door(GUESSED, PASSWORD).await.expect(201);

        // Work goes on, also on what was written later than now.
        let township = office.as_user(TOWNSHIP).await;
        assert_eq!(create(&township).await.body, created.body);
        office.corrects(&resident).await;
        let late = office.draft_for(&resident, "nursing_subsidy").await;
        office.bring(&late, "verification").await;
        let reviewer = office.as_user("township2.990121103").await;
        let seen = reviewer.get(&format!("/v1/cases/{case}")).await.expect(200);
        assert_eq!(seen["step"], "verification");
        office.is_in_order().await;
        office.clock.set(before);
        office.corrects(&office.resident().await).await;
        office.is_in_order().await;
    }

    async fn a_month_ahead(office: &TestOffice) {
        let pair = Pair::of(&office.at_the_door(TOWNSHIP, PASSWORD).await);
        let key = office.api_key("2022-08-01", false).await;
        office.with_token(&key).get("/v1/residents").await.expect(200);
        let case = office.case_at("public_notice").await;
        let (_, phone) = office.enrolled().await;
        let taken = phone.shows(office);
        office.sign_in(Some(&taken)).await.expect(201);
        office.is_in_order().await;

        office.clock.advance(MONTH);
        office.nobody("a token", &pair.access).await;
        office.nobody("a key", &key).await;
        office.renewed(&pair.refresh).await.refused(401, "session.invalid");
        office.sign_in(Some(&taken)).await.refused(401, "session.otp_wrong");
        office.sign_in(Some(&phone.shows(office))).await.expect(201);
        // The notice has ended, as soon as somebody looks after what is due.
        let township = office.as_user(TOWNSHIP).await;
        let step = async || township.get(&format!("/v1/cases/{case}")).await.expect(200)["step"].clone();
        assert_eq!(step().await, "public_notice");
        office.pass(Duration::ZERO).await;
        assert_eq!(step().await, "approval");
        office.corrects(&office.resident().await).await;
        office.is_in_order().await;
    }
}
