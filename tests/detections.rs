//! What ties staff to residents without anybody's saying so: a household, an address, a bank account. The step is refused, and
//! what waits goes to somebody else.

use serde_json::{Value, json};

use crate::support::people::{id_of, person};
use crate::support::{TestOffice, on_both};

const REVIEWER: &str = "township2.990121103";
const TOWNSHIP: &str = "township.990121103";
const NUMBER: &str = "12000007777";

impl TestOffice {
    async fn tells(&self, username: &str, change: Value) {
        let client = self.as_user(username).await;
        let me = client.get("/v1/me").await.expect(200);
        client
            .patch_seen("/v1/me", me["version"].as_i64().unwrap(), change)
            .await
            .expect(200);
    }

    /// A case at initial review, and its resident.
    async fn reviewed(&self) -> (String, String) {
        let case = self.case_at("initial_review").await;
        let shown = self
            .as_user(REVIEWER)
            .await
            .get(&format!("/v1/cases/{case}"))
            .await
            .expect(200);
        (case, shown["resident_id"].as_str().unwrap().to_owned())
    }

    async fn is_kept_off(&self, case: &str, relation: &str) {
        let reviewer = self.as_user(REVIEWER).await;
        let refusal = reviewer
            .act(case, "endorse")
            .await
            .refused(403, "case.recusal_required");
        assert_eq!(refusal["relation"], relation);
        let shown = reviewer.get(&format!("/v1/cases/{case}")).await.expect(200);
        assert_eq!(shown["allowed_actions"], json!([]));
        let auditor = self.as_user("auditor.990121").await;
        let known = auditor
            .get(&format!("/v1/cases/{case}/recusals"))
            .await
            .expect(200);
        assert_eq!(known["items"].as_array().unwrap().len(), 1, "{known}");
        assert_eq!(
            (
                &known["items"][0]["detected_by"],
                &known["items"][0]["user"]["username"]
            ),
            (&json!(relation), &json!(REVIEWER))
        );
    }

    async fn assignee(&self, case: &str) -> Value {
        let county = self.as_user("approver.990121").await;
        let page = county.get("/v1/tasks/office").await.expect(200);
        let tasks = page["items"].as_array().unwrap();
        tasks
            .iter()
            .find(|task| task["case_id"] == json!(case))
            .unwrap()["assignee"]
            .clone()
    }
}

on_both! {
    async fn who_has_the_number_of_a_member_is_of_the_household(office: &TestOffice) {
        let (case, resident) = office.reviewed().await;
        office.tells(REVIEWER, json!({"phone": NUMBER})).await;
        let township = office.as_user(TOWNSHIP).await;
        let path = format!("/v1/residents/{resident}/household");
        let body = json!({"relation": "head", "members": [
            {"name": "王五", "phone": NUMBER, "relation": "spouse"},
            {"name": "王六", "phone": NUMBER, "relation": "child"},
        ]});
        let opened = township.post(&path, body).await.expect(201);
        office.is_kept_off(&case, "same_household").await;
        // Of what is over nothing follows.
        for (version, member) in (1..).zip([&opened["members"][1], &opened["members"][2]]) {
            let ending = format!("{path}/members/{}/ending", member["person_id"].as_str().unwrap());
            township.post_seen(&ending, version, json!({"reason": "已分户"})).await.expect(201);
        }
        office.as_user(REVIEWER).await.act(&case, "endorse").await.expect(201);
    }

    async fn a_registered_member_shows_it_as_well(office: &TestOffice) {
        let (case, resident) = office.reviewed().await;
        let mut sister = person();
        sister["phone"] = json!(NUMBER);
        let sister = id_of(&office.register(sister).await);
        office.tells(REVIEWER, json!({"phone": NUMBER})).await;
        let township = office.as_user(TOWNSHIP).await;
        let body = json!({"relation": "head", "members": [{"resident_id": sister, "relation": "sibling"}]});
        township.post(&format!("/v1/residents/{resident}/household"), body).await.expect(201);
        office.is_kept_off(&case, "same_household").await;
    }

    async fn who_lives_where_the_resident_lives_is_related(office: &TestOffice) {
        let (case, resident) = office.reviewed().await;
        office.tells(REVIEWER, json!({"address": "丙岭三号镇，一号村１２号"})).await;
        let township = office.as_user(TOWNSHIP).await;
        let path = format!("/v1/residents/{resident}/addresses");
        township.post_seen(&path, 1, json!({"kind": "residence", "text": "丙岭三号镇 一号村12号"})).await.expect(201);
        office.is_kept_off(&case, "same_address").await;
        // Next door is another matter.
        let next = json!({"kind": "residence", "text": "丙岭三号镇一号村13号", "valid_from": "2022-07-04"});
        township.post_seen(&path, 2, next).await.expect(201);
        office.as_user(REVIEWER).await.act(&case, "endorse").await.expect(201);
    }

    async fn who_is_paid_where_the_resident_is_paid_is_related(office: &TestOffice) {
        let (case, resident) = office.reviewed().await;
        office.tells(REVIEWER, json!({"bank_account": "6200 0000 0000 0012 344"})).await;
        let township = office.as_user(TOWNSHIP).await;
        let path = format!("/v1/residents/{resident}/bank-accounts");
        let account = |number: &str| json!({
            "bank_account": number, "bank_name": "虚川农村商业银行", "holder": "李四", "holder_relation": "carer"});
        township.post_seen(&path, 1, account("６２００-００００-００００-００１２-３４４")).await.expect(201);
        office.is_kept_off(&case, "same_bank_account").await;
        let next = account("6200000000000056788");
        township.post_seen(&path, 2, next).await.expect(201);
        office.as_user(REVIEWER).await.act(&case, "endorse").await.expect(201);
    }

    async fn what_ties_to_one_record_of_a_person_ties_to_all(office: &TestOffice) {
        let (case, kept) = office.reviewed().await;
        let duplicate = office.resident().await;
        let township = office.as_user(TOWNSHIP).await;
        let account = json!({"bank_account": "6200000000000012344", "bank_name": "虚川农村商业银行"});
        township.post_seen(&format!("/v1/residents/{duplicate}/bank-accounts"), 1, account).await.expect(201);
        office.tells(REVIEWER, json!({"bank_account": "6200000000000012344"})).await;
        let county = office.as_user("county.990121").await;
        let merge = json!({"duplicate_id": duplicate, "reason": "同一人"});
        let merge = county.post(&format!("/v1/residents/{kept}/merges"), merge).await.expect(201);
        let approver = office.as_user("approver.990121").await;
        let path = format!("/v1/resident-merges/{}/transitions", id_of(&merge));
        approver.post(&path, json!({"action": "approve"})).await.expect(201);
        office.is_kept_off(&case, "same_bank_account").await;
    }

    async fn a_liaison_files_for_their_own_household_but_does_not_review(office: &TestOffice) {
        let resident = office.resident().await;
        let liaison = office.as_user("liaison.990121103201").await;
        office.tells("liaison.990121103201", json!({"phone": NUMBER, "address": "一号村12号"})).await;
        let township = office.as_user(TOWNSHIP).await;
        let body = json!({"relation": "head", "members": [{"name": "王五", "phone": NUMBER, "relation": "spouse"}]});
        township.post(&format!("/v1/residents/{resident}/household"), body).await.expect(201);
        let body = json!({"resident_id": resident, "program_code": "nursing_subsidy"});
        let case = id_of(&liaison.post("/v1/cases", body.clone()).await.expect(201));
        liaison.act(&case, "submit").await.expect(201);
        // Anybody else of the household does not even file.
        office.tells(TOWNSHIP, json!({"phone": NUMBER})).await;
        let living = json!({"resident_id": resident, "program_code": "living_subsidy"});
        office.as_user(TOWNSHIP).await.post("/v1/cases", living).await.refused(403, "case.recusal_required");
    }

    async fn what_waits_with_who_is_related_goes_to_somebody_else(office: &TestOffice) {
        let (case, resident) = office.reviewed().await;
        let reviewer = office.as_user(REVIEWER).await.get("/v1/me").await.expect(200);
        assert_eq!(office.assignee(&case).await["id"], reviewer["id"]);
        // Another case of nobody's kin stays where it is.
        let other = office.case_at("initial_review").await;
        let whose = office.assignee(&other).await;
        office.tells(REVIEWER, json!({"address": "一号村12号"})).await;
        let township = office.as_user(TOWNSHIP).await;
        let path = format!("/v1/residents/{resident}/addresses");
        township.post_seen(&path, 1, json!({"kind": "hukou", "text": "一号村12号"})).await.expect(201);
        office.pass_days(0).await;
        let now = office.assignee(&case).await;
        assert_ne!(now["id"], reviewer["id"], "{now}");
        assert_eq!(office.assignee(&other).await, whose);
    }
}
