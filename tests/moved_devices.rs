//! Devices of people who have moved since: what is planned, found and called back goes where they live.

use serde_json::{Value, json};

use crate::support::allocations::{APPROVER, EVALUATOR, KEEPER, purchase};
use crate::support::people::{ELSEWHERE, id_of};
use crate::support::{TestOffice, on_both};

const THERE: &str = "county.990122";

impl TestOffice {
    async fn resident_of_case(&self, case: &str) -> String {
        let path = format!("/v1/cases/{case}");
        let case = self.as_user(KEEPER).await.get(&path).await.expect(200);
        case["resident_id"].as_str().unwrap().to_owned()
    }

    /// To the other county.
    async fn leaves_county(&self, resident: &str) {
        let transfer = self.transfers(resident, ELSEWHERE).await.expect(201);
        let accepted = self.answers_transfer(THERE, &transfer, "accept").await;
        accepted.expect(201);
    }

    /// To another township of the county.
    async fn moves_house(&self, resident: &str) {
        let path = format!("/v1/residents/{resident}");
        let county = self.as_user(KEEPER).await;
        let version = county.get(&path).await.expect(200)["version"].as_i64();
        let place = json!({"division_code": "990121104201"});
        let moved = county.patch_seen(&path, version.unwrap(), place).await;
        moved.expect(200);
    }
}

on_both! {
    async fn a_recall_finds_who_has_moved_away(office: &TestOffice) {
        let (case, lot) = office.needs_wheelchair().await;
        let delivered = office.delivered(&case, &lot).await;
        office.as_user(KEEPER).await.act(&case, "complete").await.expect(201);
        office.leaves_county(&office.resident_of_case(&case).await).await;
        let recall = office.recalls(APPROVER, "20220301").await.expect(201);
        let holder = &recall["holders"][0];
        assert_eq!((&holder["allocation_id"], &holder["follow_up_state"]), (&delivered["id"], &json!("open")));
        // It is fetched where the person lives by now.
        let here = office.checks_of("990121", &id_of(&delivered)).await;
        assert_eq!(here, Vec::<Value>::new());
        let there = office.checks_of("990122", &id_of(&delivered)).await;
        let visit = there.iter().find(|one| one["kind"] == "device_recall").unwrap();
        assert_eq!((&visit["id"], there.len()), (&holder["follow_up_id"], 4));
        office.notes_result(KEEPER, visit, json!({"result": "returned"})).await.refused(404, "follow_up.not_found");
        office.notes_result(THERE, visit, json!({"result": "returned"})).await.expect(201);
        let path = format!("/v1/device-recalls/{}", id_of(&recall));
        let now = office.as_user(KEEPER).await.get(&path).await.expect(200);
        assert_eq!(now["holders"][0]["follow_up_state"], json!("done"));
        // And so is what was to be looked at. Taken back by who gave it, nothing is left.
        let check = there.iter().find(|one| one["kind"] == "device_check").unwrap();
        let found = office.notes_result(THERE, check, json!({"result": "in_use"})).await.expect(201);
        assert_eq!(found["allocation_id"], delivered["id"]);
        let told = office.as_user(KEEPER).await.get(&format!("/v1/device-allocations/{}", id_of(&delivered))).await.expect(200);
        assert_eq!(told["checks"].as_array().unwrap().len(), 2);
        office.moves_allocation(KEEPER, &delivered, json!({"action": "return", "condition": "unusable"})).await.expect(201);
        assert_eq!(office.checks_of("990122", &id_of(&delivered)).await, Vec::<Value>::new());
    }

    async fn both_ends_hold_until_a_transfer_is_decided(office: &TestOffice) {
        let (case, lot) = office.needs_wheelchair().await;
        let delivered = office.delivered(&case, &lot).await;
        let checks = office.checks_of("990121", &id_of(&delivered)).await;
        let transfer = office.transfers(&office.resident_of_case(&case).await, ELSEWHERE).await.expect(201);
        let back = json!({"action": "return", "condition": "good"});
        office.moves_allocation(KEEPER, &delivered, back.clone()).await.refused(409, "resident.in_transfer");
        let found = json!({"result": "in_use"});
        office.notes_result(KEEPER, &checks[0], found.clone()).await.refused(409, "resident.in_transfer");
        office.answers_transfer(THERE, &transfer, "decline").await.expect(201);
        office.notes_result(KEEPER, &checks[0], found).await.expect(201);
        office.moves_allocation(KEEPER, &delivered, back).await.expect(201);
    }

    async fn what_is_delivered_to_another_township_is_looked_at_there(office: &TestOffice) {
        let (case, _lot) = office.needs_wheelchair().await;
        let supplier = office.supplier().await;
        let mut one = office.planned(&case).await;
        office.moves_house(&office.resident_of_case(&case).await).await;
        one = office.moves_allocation(KEEPER, &one, purchase(&supplier, "B1")).await.expect(201);
        for step in [json!({"action": "fit"}), json!({"action": "train"}),
            json!({"action": "deliver", "delivery": {"signed_by": "张晓宝", "relation": "self", "date": "2022-07-04"}})] {
            one = office.moves_allocation(EVALUATOR, &one, step).await.expect(201);
        }
        let there = office.as_user("township.990121104").await;
        let checks = there.get("/v1/follow-ups").await.expect(200);
        assert_eq!(checks["items"].as_array().unwrap().len(), 3);
        let owed = office.as_user(KEEPER).await.get("/v1/payables?state=due").await.expect(200);
        assert_eq!((&owed["items"][0]["organization_id"], &owed["items"][0]["division_code"]), (&json!(supplier), &json!("990121000000")));
        office.notes_result("township.990121104", &checks["items"][0], json!({"result": "in_use"})).await.expect(201);
        let back = json!({"action": "return", "condition": "good"});
        office.moves_allocation(EVALUATOR, &one, back).await.expect(201);
        assert_eq!(there.get("/v1/follow-ups").await.expect(200)["items"], json!([]));
    }
}
