//! Fictional people, and what is said of them to the API.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::TestOffice;

/// The village where they live, unless a test says otherwise.
pub const VILLAGE: &str = "990121103201";
/// A village in another county.
pub const ELSEWHERE: &str = "990122103201";

/// A file, as far as its beginning tells.
pub const PDF: &[u8] = b"%PDF-1.7\n";

/// A citizen ID with a right check digit: `990121` + `19900307` + sequence.
pub fn citizen_id(division: &str, birth: &str, sequence: u32) -> String {
    const WEIGHTS: [usize; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let body = format!("{division}{birth}{sequence:03}");
    let sum: usize = body
        .chars()
        .zip(WEIGHTS)
        .map(|(digit, weight)| "0123456789".find(digit).unwrap() * weight)
        .sum();
    let check = "10X98765432".chars().nth(sum % 11).unwrap();
    format!("{body}{check}")
}

/// One that no other test of this process has.
pub fn fresh_citizen_id() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    citizen_id(
        "990121",
        &format!("19{:02}0307", 40 + number / 900 % 50),
        100 + number % 900,
    )
}

/// Somebody of grade 1 with a physical disability: entitled to the nursing subsidy.
pub fn person() -> Value {
    let id = fresh_citizen_id();
    json!({
        "name": "张晓宝", "id_number": id, "phone": "12000001234", "division_code": VILLAGE,
        "certificate": {"number": format!("{id}41"), "issued_date": "2019-05-06"},
        "circumstances": {"income_status": "none", "care_need": "full"}
    })
}

impl TestOffice {
    /// Registers somebody; the answer's body.
    pub async fn register(&self, person: Value) -> Value {
        let village = person["division_code"].as_str().unwrap();
        let township = format!("township.{}", &village[..9]);
        self.as_user(&township)
            .await
            .post("/v1/residents", person)
            .await
            .expect(201)
    }

    /// The id of a new resident of [`VILLAGE`].
    pub async fn resident(&self) -> String {
        id_of(&self.register(person()).await)
    }

    /// The id of a new draft for the nursing subsidy, by `township.990121103`.
    pub async fn draft(&self) -> String {
        let resident = self.resident().await;
        self.draft_for(&resident, "nursing_subsidy").await
    }

    pub async fn draft_for(&self, resident: &str, program: &str) -> String {
        let body = json!({"resident_id": resident, "program_code": program, "details": {}});
        let township = self.as_user("township.990121103").await;
        id_of(&township.post("/v1/cases", body).await.expect(201))
    }

    /// An application with a draft for the nursing subsidy, which has a note, and a document that was
    /// withdrawn; the ids of the application, the case, and the document.
    pub async fn materials(&self) -> [String; 3] {
        let resident = self.resident().await;
        let township = self.as_user("township.990121103").await;
        let form =
            json!({"resident_id": resident, "programs": [{"program_code": "nursing_subsidy"}]});
        let application = township.post("/v1/applications", form).await.expect(201);
        let case = id_of(&application["cases"][0]);
        let note = json!({"text": "已电话核实"});
        township
            .post(&format!("/v1/cases/{case}/notes"), note)
            .await
            .expect(201);
        let added = township
            .attach(&case, "kind=other&name=file.pdf", PDF)
            .await;
        let document = id_of(&added.expect(201));
        let why = json!({"reason": "误传材料"});
        township
            .post(&format!("/v1/documents/{document}/withdrawal"), why)
            .await
            .expect(201);
        [id_of(&application), case, document]
    }

    /// The id of a resident with an address, a guardian's bank account and a household: a spouse who cares for them, and somebody who left.
    pub async fn at_home(&self) -> String {
        let resident = self.resident().await;
        let township = self.as_user("township.990121103").await;
        let path = format!("/v1/residents/{resident}");
        let household = json!({"relation": "head", "members": [
            {"name": "王五", "phone": "12000007777", "relation": "spouse", "cares_for": [resident]}]});
        let opened = township
            .post(&format!("{path}/household"), household)
            .await
            .expect(201);
        let left = json!({"name": "李四", "relation": "other", "valid_from": "2022-01-01"});
        let named = township
            .post_seen(&format!("{path}/household/members"), 1, left)
            .await
            .expect(201);
        let left = named["members"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["name"] == "李四")
            .unwrap();
        let ending = format!(
            "{path}/household/members/{}/ending",
            left["person_id"].as_str().unwrap()
        );
        township
            .post_seen(&ending, 2, json!({"reason": "已搬走"}))
            .await
            .expect(201);
        let address = json!({"kind": "residence", "text": "一号村12号"});
        township
            .post_seen(&format!("{path}/addresses"), 1, address)
            .await
            .expect(201);
        let account = json!({"bank_account": "9901210000000001", "bank_name": "虚川农村商业银行",
            "holder": "李四", "holder_relation": "guardian"});
        township
            .post_seen(&format!("{path}/bank-accounts"), 2, account)
            .await
            .expect(201);
        assert_eq!(opened["version"], 1);
        resident
    }

    /// The id of a case that waits at a review step.
    pub async fn case_at(&self, step: &str) -> String {
        let case = self.draft().await;
        self.bring(&case, step).await;
        case
    }

    /// The id of a case that county.990121 rejected at verification.
    pub async fn rejected(&self) -> String {
        let case = self.case_at("verification").await;
        let county = self.as_user("county.990121").await;
        let grounds = Some("经核查不符合条件");
        county
            .act_saying(&case, "reject", grounds)
            .await
            .expect(201);
        case
    }

    /// The id of a case that approver.990121 approved and stopped.
    pub async fn stopped(&self) -> String {
        let case = self.case_at("approval").await;
        let approver = self.as_user("approver.990121").await;
        approver.act(&case, "approve").await.expect(201);
        let grounds = Some("本人已迁出");
        approver
            .act_saying(&case, "terminate", grounds)
            .await
            .expect(201);
        case
    }

    /// Asks for reconsideration of a closed case, by `township.990121103`.
    pub async fn reconsider(&self, case: &str) {
        let township = self.as_user("township.990121103").await;
        let grounds = Some("本人认为符合条件");
        township
            .act_saying(case, "request_reconsideration", grounds)
            .await
            .expect(201);
    }

    /// Brings a draft to a review step, by the people whose steps they are.
    pub async fn bring(&self, case: &str, step: &str) {
        self.as_user("township.990121103")
            .await
            .act(case, "submit")
            .await
            .expect(201);
        for (passed, by) in [
            ("initial_review", "township2.990121103"),
            ("verification", "county.990121"),
            ("determination", "civil.990121"),
        ] {
            if passed == step {
                return;
            }
            self.as_user(by)
                .await
                .act(case, "endorse")
                .await
                .expect(201);
        }
        if step == "approval" {
            self.pass_days(30).await;
        }
    }
}

pub fn id_of(body: &Value) -> String {
    body["id"].as_str().unwrap().to_owned()
}
