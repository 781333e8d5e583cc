//! Somebody whose home is renovated.

use serde_json::{Value, json};

use super::TestOffice;
use super::office::Reply;
use super::people::{id_of, person};

pub const PROJECTS: &str = "/v1/renovation-projects";

/// A small picture, as far as its beginning tells; each its own.
pub fn picture(number: u8) -> Vec<u8> {
    vec![
        0xff, 0xd8, 0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F', 0, number,
    ]
}

pub fn item(place: &str) -> Value {
    json!({"kind": "entrance", "place": place, "measured_before": "三级台阶，高48厘米", "quantity": 1, "unit_price_fen": 180_000})
}

impl TestOffice {
    /// An approved case of a poor household's home in a village.
    pub async fn home_case(&self, village: &str) -> String {
        let mut somebody = person();
        somebody["division_code"] = json!(village);
        somebody["circumstances"]["income_status"] = json!("minimum_living");
        let resident = id_of(&self.register(somebody).await);
        self.home_case_of(village, &resident).await
    }

    pub async fn home_case_of(&self, village: &str, resident: &str) -> String {
        let (county, township) = (&village[..6], &village[..9]);
        let filer = self.as_user(&format!("township.{township}")).await;
        let body =
            json!({"resident_id": resident, "program_code": "home_renovation", "details": {}});
        let case = id_of(&filer.post("/v1/cases", body).await.expect(201));
        filer.act(&case, "submit").await.expect(201);
        for by in [format!("township2.{township}"), format!("county.{county}")] {
            let clerk = self.as_user(&by).await;
            clerk.act(&case, "endorse").await.expect(201);
        }
        self.pass_days(30).await;
        let approver = self.as_user(&format!("approver.{county}")).await;
        approver.act(&case, "approve").await.expect(201);
        case
    }

    /// Takes down the dwelling at an address, by the township.
    pub async fn surveys(&self, village: &str, case: &str, address: &str) -> Reply {
        let body =
            json!({"case_id": case, "address": address, "finding": "门前三级台阶，轮椅不能进出"});
        let township = self.as_user(&format!("township.{}", &village[..9])).await;
        township.post(PROJECTS, body).await
    }

    pub async fn moves_project(&self, username: &str, one: &Value, body: Value) -> Reply {
        let path = format!("{PROJECTS}/{}/transitions", id_of(one));
        let version = one["version"].as_i64().unwrap();
        self.as_user(username)
            .await
            .post_seen(&path, version, body)
            .await
    }

    /// A new institution of a county that builds.
    pub async fn builder(&self, county: &str) -> String {
        let system = self.as_user("sysadmin").await;
        let id = super::people::fresh_citizen_id();
        let body = json!({"name": format!("某建筑公司{}", &id[6..]), "kind": "institution", "division_code": county});
        id_of(&system.post("/v1/organizations", body).await.expect(201))
    }

    /// A photo among a case's documents.
    pub async fn photo(&self, village: &str, case: &str, number: u8) -> String {
        let township = self.as_user(&format!("township.{}", &village[..9])).await;
        let said = format!("kind=photo&name={number}.jpg");
        let added = township.attach(case, &said, &picture(number)).await;
        id_of(&added.expect(201))
    }

    /// From the survey to a design with one item.
    pub async fn designed(&self, village: &str, surveyed: &Value) -> Value {
        let township = format!("township.{}", &village[..9]);
        let federation = self.organization_of(&village[..6], "federation").await;
        let day = self.today().to_string();
        let assess = json!({"action": "assess", "comment": "院门须建坡道", "assessment": {
            "organization_id": federation, "assessor": "陈评估师", "date": day}});
        let one = self.moves_project(&township, surveyed, assess).await;
        let design = json!({"action": "design", "items": [item("院门")]});
        let one = self
            .moves_project(&township, &one.expect(201), design)
            .await;
        one.expect(201)
    }

    /// The household's yes; the notice hangs out for a week.
    pub async fn consented(&self, village: &str, designed: &Value) -> Value {
        let township = format!("township.{}", &village[..9]);
        let today = self.today();
        let until = today.checked_add_days(chrono::Days::new(7)).unwrap();
        let consent = json!({"action": "consent", "consent": {"signed_by": "张晓宝", "relation": "self", "date": today.to_string(),
            "notice_from": today.to_string(), "notice_until": until.to_string()}});
        let one = self.moves_project(&township, designed, consent).await;
        one.expect(201)
    }

    /// From the consent until it is built, and photographed.
    pub async fn built(&self, village: &str, consented: &Value, builder: &str) -> Value {
        let [township, county] = [
            format!("township.{}", &village[..9]),
            format!("county.{}", &village[..6]),
        ];
        self.pass_days(7).await;
        let choose = json!({"action": "contract", "contractor_id": builder});
        let one = self.moves_project(&county, consented, choose).await;
        let start = json!({"action": "start"});
        let one = self.moves_project(&township, &one.expect(201), start).await;
        let one = one.expect(201);
        let case = one["case_id"].as_str().unwrap().to_owned();
        let before = self.photo(village, &case, 1).await;
        let after = self.photo(village, &case, 2).await;
        let progress = json!({"action": "progress", "progress": [{"item_id": one["items"][0]["id"], "state": "done",
            "measured_after": "坡道，坡度1:12", "before_document_id": before, "after_document_id": after}]});
        let one = self.moves_project(&township, &one, progress).await;
        let finish = json!({"action": "finish"});
        let one = self
            .moves_project(&township, &one.expect(201), finish)
            .await;
        one.expect(201)
    }

    /// Two inspectors pass it, and the household signs.
    pub async fn accepted(&self, village: &str, built: &Value) -> Value {
        let [township, county] = [
            format!("township.{}", &village[..9]),
            format!("county.{}", &village[..6]),
        ];
        let passed = json!({"action": "inspect", "passed": true, "comment": "坡度、扶手合格"});
        let one = self.moves_project(&township, built, passed.clone()).await;
        let one = self.moves_project(&county, &one.expect(201), passed).await;
        let day = self.today().to_string();
        let accept = json!({"action": "accept", "acceptance": {"signed_by": "张晓宝", "relation": "self", "date": day}});
        let one = self.moves_project(&county, &one.expect(201), accept).await;
        one.expect(201)
    }
}
