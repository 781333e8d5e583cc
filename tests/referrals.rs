//! Referrals: an office asks another or an institution, which answers, and sees no more than it needs.

use serde_json::{Value, json};

use crate::support::people::{VILLAGE, id_of};
use crate::support::{Reply, TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
const COUNTY: &str = "county.990121";
const WORKER: &str = "worker.center";
const STRANGER: &str = "worker.elsewhere";

impl TestOffice {
    /// An institution with somebody who works there; its id.
    pub async fn institution(&self, username: &str, division: &str) -> String {
        let system = self.as_user("sysadmin").await;
        let body = json!({"name": format!("康复中心 {username}"), "kind": "institution", "division_code": division});
        let organization = id_of(&system.post("/v1/organizations", body).await.expect(201));
        self.works_at(username, "institution_worker", &organization)
            .await;
        organization
    }

    pub async fn works_at(&self, username: &str, role: &str, organization: &str) {
        let system = self.as_user("sysadmin").await;
        let body = json!({"username": username, "display_name": "某老师", "password": huican::cli::demo::offices::PASSWORD});
        let user = id_of(&system.post("/v1/users", body).await.expect(201));
        let grant = json!({"role": role, "organization_id": organization});
        let security = self.as_user("secadmin").await;
        security
            .post(&format!("/v1/users/{user}/grants"), grant)
            .await
            .expect(201);
    }

    pub async fn refers(&self, username: &str, case: &str, to: &str) -> Reply {
        let body = json!({"to_organization_id": to, "purpose": " 请安排步态训练 ", "due_date": "2022-08-31"});
        let client = self.as_user(username).await;
        client
            .post(&format!("/v1/cases/{case}/referrals"), body)
            .await
    }

    async fn answers_referral(&self, username: &str, referral: &Value, action: &str) -> Reply {
        let path = format!("/v1/referrals/{}/transitions", id_of(referral));
        let body = match action {
            "accept" => json!({"action": action}),
            _ => json!({"action": action, "comment": "情况说明"}),
        };
        let client = self.as_user(username).await;
        client
            .post_seen(&path, referral["version"].as_i64().unwrap(), body)
            .await
    }

    async fn referral_as(&self, username: &str, referral: &Value) -> Reply {
        let client = self.as_user(username).await;
        client
            .get(&format!("/v1/referrals/{}", id_of(referral)))
            .await
    }

    async fn referrals_of(&self, username: &str, query: &str) -> Vec<String> {
        let client = self.as_user(username).await;
        let page = client
            .get(&format!("/v1/referrals{query}"))
            .await
            .expect(200);
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(id_of)
            .collect()
    }
}

on_both! {
    async fn an_institution_accepts_and_does_what_it_was_asked_for(office: &TestOffice) {
        let center = office.institution(WORKER, "990121").await;
        let case = office.draft().await;
        let reply = office.refers(TOWNSHIP, &case, &center).await;
        let offered = reply.expect(201);
        assert_eq!(reply.header("location"), Some(format!("/v1/referrals/{}", id_of(&offered)).as_str()));
        assert_eq!((&offered["state"], &offered["case_id"], &offered["purpose"], &offered["to_organization"]["id"], &offered["allowed_actions"]),
            (&json!("offered"), &json!(case), &json!("请安排步态训练"), &json!(center), &json!(["cancel"])));

        // The worker sees what the work needs, and nothing else.
        let seen = office.referral_as(WORKER, &offered).await.expect(200);
        assert_eq!(seen["person"], json!({"name": "张晓宝", "sex": seen["person"]["sex"], "birth_year": seen["person"]["birth_year"],
            "phone_masked": "120****1234", "impairment_type": "physical", "severity_level": 1}));
        assert_eq!((&seen["case_id"], &seen["resident_id"], &seen["allowed_actions"]), (&Value::Null, &Value::Null, &json!(["accept", "decline"])));
        let worker = office.as_user(WORKER).await;
        for path in ["/v1/residents".to_owned(), "/v1/cases".to_owned(), format!("/v1/cases/{case}"), format!("/v1/cases/{case}/referrals")] {
            worker.get(&path).await.refused(403, "permission.denied");
        }
        // The look is on record where the case is.
        let auditor = office.as_user("auditor.990121").await;
        let looks = auditor.get("/v1/audit/events?action=referral.viewed").await.expect(200);
        assert_eq!((&looks["items"][0]["actor"]["username"], &looks["items"][0]["division_code"]), (&json!(WORKER), &json!(VILLAGE)));

        let accepted = office.answers_referral(WORKER, &offered, "accept").await.expect(201);
        assert_eq!((&accepted["state"], &accepted["version"], &accepted["allowed_actions"]), (&json!("accepted"), &json!(2), &json!(["complete", "cancel"])));
        office.answers_referral(WORKER, &offered, "complete").await.refused(412, "if_match.stale");
        let done = office.answers_referral(WORKER, &accepted, "complete").await.expect(201);
        let history: Vec<_> = done["history"].as_array().unwrap().iter()
            .map(|turn| (turn["action"].as_str().unwrap(), turn["side"].as_str().unwrap(), turn["actor"]["username"].as_str().unwrap(), turn["comment"].clone()))
            .collect();
        assert_eq!(history, [
            ("offer", "offering", TOWNSHIP, Value::Null), ("accept", "receiving", WORKER, Value::Null), ("complete", "receiving", WORKER, json!("情况说明")),
        ]);
        office.answers_referral(WORKER, &done, "cancel").await.refused(409, "referral.transition_not_allowed");
        let county = office.as_user(COUNTY).await;
        let all = county.get(&format!("/v1/cases/{case}/referrals")).await.expect(200);
        assert_eq!((&all["items"][0]["state"], &all["items"][0]["history"]), (&json!("done"), &done["history"]));
    }

    async fn nobody_answers_for_the_other_side(office: &TestOffice) {
        let center = office.institution(WORKER, "990121").await;
        office.institution(STRANGER, "990121").await;
        let case = office.draft().await;
        let offered = office.refers(COUNTY, &case, &center).await.expect(201);
        for action in ["accept", "decline"] {
            office.answers_referral(COUNTY, &offered, action).await.refused(403, "referral.other_side");
            office.answers_referral(TOWNSHIP, &offered, action).await.refused(403, "referral.other_side");
        }
        office.answers_referral(WORKER, &offered, "cancel").await.refused(403, "referral.other_side");
        office.answers_referral(WORKER, &offered, "complete").await.refused(409, "referral.transition_not_allowed");
        // Another institution of the same county, another county and an auditor.
        office.referral_as(STRANGER, &offered).await.refused(404, "referral.not_found");
        office.answers_referral(STRANGER, &offered, "accept").await.refused(404, "referral.not_found");
        office.answers_referral("county.990122", &offered, "accept").await.refused(404, "referral.not_found");
        office.referral_as("auditor.990121", &offered).await.expect(200);
        office.answers_referral("auditor.990121", &offered, "accept").await.refused(403, "permission.denied");
        // Who offered does not accept, with a role on either side.
        office.works_at("both.sides", "county_caseworker", &county_federation(office).await).await;
        let me = office.as_user("both.sides").await.get("/v1/me").await.expect(200);
        let grant = json!({"role": "institution_worker", "organization_id": center});
        office.as_user("secadmin").await.post(&format!("/v1/users/{}/grants", id_of(&me)), grant).await.expect(201);
        let own = office.refers("both.sides", &case, &center).await.expect(201);
        assert_eq!(own["allowed_actions"], json!(["cancel"]));
        office.answers_referral("both.sides", &own, "accept").await.refused(403, "referral.other_side");
        office.answers_referral(WORKER, &own, "accept").await.expect(201);
    }

    async fn what_was_offered_is_declined_or_taken_back_with_a_reason(office: &TestOffice) {
        let center = office.institution(WORKER, "990100").await;
        let case = office.draft().await;
        let [first, second, third] = [(); 3].map(|()| office.refers(TOWNSHIP, &case, &center));
        let (first, second, third) = (first.await.expect(201), second.await.expect(201), third.await.expect(201));
        let path = format!("/v1/referrals/{}/transitions", id_of(&first));
        let worker = office.as_user(WORKER).await;
        for body in [json!({"action": "decline"}), json!({"action": "decline", "comment": " "}), json!({"action": "decline", "comment": "长".repeat(1001)})] {
            worker.post_seen(&path, 1, body).await.refused_field("/comment", "comment.length");
        }
        worker.post(&path, json!({"action": "accept"})).await.refused(428, "if_match.missing");
        worker.post_seen(&path, 1, json!({"action": "refuse"})).await.refused_field("/action", "field.invalid");
        worker.post_seen(&path, 1, json!({"action": "offer", "comment": "再来"})).await.refused(409, "referral.transition_not_allowed");
        assert_eq!(office.answers_referral(WORKER, &first, "decline").await.expect(201)["state"], "declined");
        assert_eq!(office.answers_referral(COUNTY, &second, "cancel").await.expect(201)["state"], "cancelled");
        // What was accepted, either side gives up.
        let accepted = office.answers_referral(WORKER, &third, "accept").await.expect(201);
        let given_up = office.answers_referral(WORKER, &accepted, "cancel").await.expect(201);
        assert_eq!((&given_up["state"], &given_up["history"][2]["side"]), (&json!("cancelled"), &json!("receiving")));
    }

    async fn lists_go_by_direction_and_show_nobody(office: &TestOffice) {
        let center = office.institution(WORKER, "990121").await;
        let other = office.institution(STRANGER, "990122").await;
        let case = office.draft().await;
        let to_center = office.refers(TOWNSHIP, &case, &center).await.expect(201);
        let to_other = office.refers(TOWNSHIP, &case, &other).await.expect(201);
        office.answers_referral(STRANGER, &to_other, "accept").await.expect(201);
        let [a, b] = [&to_other, &to_center].map(id_of);
        assert_eq!(office.referrals_of(TOWNSHIP, "").await, [a.clone(), b.clone()]);
        assert_eq!(office.referrals_of(TOWNSHIP, "?direction=outgoing&state=offered").await, [b.as_str()]);
        assert_eq!(office.referrals_of(TOWNSHIP, "?direction=incoming").await, [""; 0]);
        assert_eq!(office.referrals_of(WORKER, "").await, [b.as_str()]);
        assert_eq!(office.referrals_of(WORKER, "?direction=outgoing").await, [""; 0]);
        assert_eq!(office.referrals_of(STRANGER, "?direction=incoming&state=accepted").await, [a.as_str()]);
        for username in ["county.990122", "auditor.990122", "township.990121104"] {
            assert_eq!(office.referrals_of(username, "").await, [""; 0], "{username}");
        }
        let township = office.as_user(TOWNSHIP).await;
        let page = township.get("/v1/referrals?limit=1").await.expect(200);
        assert!(!page.to_string().contains("张晓宝") && page["items"][0]["purpose"].is_null(), "{page}");
        let next = format!("/v1/referrals?limit=1&cursor={}", page["next"].as_str().unwrap());
        assert_eq!(id_of(&township.get(&next).await.expect(200)["items"][0]), b);
        let elsewhere = next.replace("limit=1", "limit=1&state=offered");
        township.get(&elsewhere).await.refused(400, "cursor.invalid");
    }

    async fn what_is_referred_is_checked(office: &TestOffice) {
        let center = office.institution(WORKER, "990121").await;
        let case = office.draft().await;
        let path = format!("/v1/cases/{case}/referrals");
        let township = office.as_user(TOWNSHIP).await;
        let own = township.get("/v1/organizations?division_code=990121103000").await.expect(200)["items"][0]["id"].clone();
        let supervisor = office.as_user("supervisor.990100").await;
        let all = supervisor.get("/v1/organizations?limit=200").await.expect(200);
        let administration = all["items"].as_array().unwrap().iter().find(|one| one["kind"] == "administration").unwrap();
        let long = "长".repeat(1001);
        for (change, pointer, code) in [
            (json!({"to_organization_id": case}), "/to_organization_id", "organization.unknown"),
            (json!({"to_organization_id": own}), "/to_organization_id", "referral.own_organization"),
            (json!({"to_organization_id": administration["id"]}), "/to_organization_id", "organization.kind"),
            (json!({"purpose": " "}), "/purpose", "text.length"),
            (json!({"purpose": long}), "/purpose", "text.length"),
            (json!({"due_date": "2022-07-04"}), "/due_date", "due_date.past"),
            (json!({"urgent": true}), "/urgent", "field.unknown"),
        ] {
            let mut body = json!({"to_organization_id": center, "purpose": "步态训练"});
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            township.post(&path, body).await.refused_field(pointer, code);
        }
        assert_eq!(office.referrals_of(TOWNSHIP, "").await, [""; 0]);
        office.refers("township.990122103", &case, &center).await.refused(404, "case.not_found");
        office.refers(WORKER, &case, &center).await.refused(403, "permission.denied");
        office.as_user(TOWNSHIP).await.act(&case, "withdraw").await.expect(201);
        office.refers(TOWNSHIP, &case, &center).await.refused(409, "case.closed");
    }
}

async fn county_federation(office: &TestOffice) -> String {
    let county = office.as_user(COUNTY).await;
    let page = county.get("/v1/organizations?limit=200").await.expect(200);
    let all = page["items"].as_array().unwrap();
    id_of(all.iter().find(|one| one["kind"] == "federation").unwrap())
}
