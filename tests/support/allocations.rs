//! Somebody who gets a device.

use serde_json::{Value, json};

use super::TestOffice;
use super::office::Reply;
use super::people::{id_of, person};

/// Who evaluates, who keeps the warehouse, and who approves in 990121.
pub const EVALUATOR: &str = "township.990121103";
pub const KEEPER: &str = "county.990121";
pub const APPROVER: &str = "approver.990121";

pub const ALLOCATIONS: &str = "/v1/device-allocations";

/// A device on its way, and what there is beside it.
pub struct Equipped {
    /// Approved, and nobody was evaluated.
    pub case: String,
    /// Evaluated.
    pub allocation: String,
    /// Of a device that was delivered.
    pub follow_up: String,
    /// Of that device's batch.
    pub recall: String,
}

pub fn evaluation(organization: &str, day: &str) -> Value {
    json!({"level": "county", "organization_id": organization, "evaluator": "陈评估师", "date": day, "finding": "双下肢瘫痪，需手动轮椅"})
}

pub fn purchase(supplier: &str, batch: &str) -> Value {
    json!({"action": "purchase", "purchase": {
        "supplier_id": supplier, "invoice_number": "0310099", "price_fen": 150_000, "brand": "某牌", "model": "W-200",
        "batch_number": batch}})
}

impl TestOffice {
    /// An approved case of a device, of whoever lives in that village.
    pub async fn device_case(&self, village: &str, resident: &str) -> String {
        let (county, township) = (&village[..6], &village[..9]);
        let filer = self.as_user(&format!("township.{township}")).await;
        let body =
            json!({"resident_id": resident, "program_code": "device_subsidy", "details": {}});
        let case = id_of(&filer.post("/v1/cases", body).await.expect(201));
        filer.act(&case, "submit").await.expect(201);
        let verifier = self.as_user(&format!("county.{county}")).await;
        verifier.act(&case, "endorse").await.expect(201);
        let approver = self.as_user(&format!("approver.{county}")).await;
        approver.act(&case, "approve").await.expect(201);
        case
    }

    /// A wheelchair, as the federation of the case's county found it to be needed; `more` beside it.
    pub async fn evaluates(&self, village: &str, case: &str, more: Value) -> Reply {
        let federation = self.organization_of(&village[..6], "federation").await;
        let evaluation = evaluation(&federation, &self.today().to_string());
        let mut body =
            json!({"case_id": case, "edition": "2022", "code": "122203", "evaluation": evaluation});
        for (field, value) in more.as_object().unwrap() {
            body[field] = value.clone();
        }
        let township = format!("township.{}", &village[..9]);
        self.as_user(&township).await.post(ALLOCATIONS, body).await
    }

    pub async fn moves_allocation(&self, username: &str, one: &Value, body: Value) -> Reply {
        let path = format!("{ALLOCATIONS}/{}/transitions", id_of(one));
        let version = one["version"].as_i64().unwrap();
        self.as_user(username)
            .await
            .post_seen(&path, version, body)
            .await
    }

    /// From the evaluation until it is with the person.
    pub async fn delivers(&self, village: &str, evaluated: &Value, supply: Value) -> Value {
        let keeper = format!("county.{}", &village[..6]);
        let plan = json!({"action": "plan", "comment": "配手动轮椅一辆"});
        let mut one = self
            .moves_allocation(&keeper, evaluated, plan)
            .await
            .expect(201);
        let day = self.today().to_string();
        for step in [
            supply,
            json!({"action": "fit"}),
            json!({"action": "train", "comment": "本人已会使用"}),
            json!({"action": "deliver", "delivery": {"signed_by": "张晓宝", "relation": "self", "date": day}}),
        ] {
            one = self.moves_allocation(&keeper, &one, step).await.expect(201);
        }
        one
    }

    /// Open follow-ups of an allocation, the earliest first.
    pub async fn checks_of(&self, county: &str, allocation: &str) -> Vec<Value> {
        let clerk = self.as_user(&format!("county.{county}")).await;
        let path = format!("/v1/follow-ups?division_code={county}&limit=200");
        let all = clerk.get(&path).await.expect(200);
        let all = all["items"].as_array().unwrap().iter();
        all.filter(|one| one["subject_id"] == allocation)
            .cloned()
            .collect()
    }

    /// Devices for three people of a village whose county has the catalog: one delivered and recalled, one found to be
    /// needed, one approved.
    pub async fn equipped(&self, village: &str) -> Equipped {
        let county = &village[..6];
        let mut cases = Vec::new();
        for _ in 0..3 {
            let mut somebody = person();
            somebody["division_code"] = json!(village);
            let resident = id_of(&self.register(somebody).await);
            cases.push(self.device_case(village, &resident).await);
        }
        let system = self.as_user("sysadmin").await;
        let name = format!("{county}辅具公司");
        let shop = json!({"name": name, "kind": "institution", "division_code": county});
        let shop = id_of(&system.post("/v1/organizations", shop).await.expect(201));
        let batch = format!("R-{county}");
        let first = self.evaluates(village, &cases[0], json!({})).await;
        let first = self
            .delivers(village, &first.expect(201), purchase(&shop, &batch))
            .await;
        let second = self.evaluates(village, &cases[1], json!({})).await;
        let looked = self.checks_of(county, &id_of(&first)).await;
        let found = json!({"result": "in_use"});
        let path = format!("/v1/follow-ups/{}/result", id_of(&looked[0]));
        let clerk = self.as_user(&format!("county.{county}")).await;
        clerk.post(&path, found).await.expect(201);
        let recall = json!({"edition": "2022", "code": "122203", "batch_number": batch, "reason": "前轮轴承有断裂风险"});
        let approver = self.as_user(&format!("approver.{county}")).await;
        let recall = approver
            .post("/v1/device-recalls", recall)
            .await
            .expect(201);
        Equipped {
            case: cases.remove(2),
            allocation: id_of(&second.expect(201)),
            follow_up: id_of(&looked[1]),
            recall: id_of(&recall),
        }
    }
}
