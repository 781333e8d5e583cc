//! Somebody whose home is renovated.

use serde_json::{Value, json};

use super::TestOffice;
use super::office::Reply;
use super::people::{id_of, person};

pub const PROJECTS: &str = "/v1/renovation-projects";
pub const VENUES: &str = "/v1/public-venues";

/// Homes of a village in three states.
pub struct Renovated {
    /// Approved, and nobody looked at the home.
    pub case: String,
    /// Of a home that was surveyed.
    pub surveyed: String,
    /// Accepted, and to be looked at again.
    pub accepted: String,
    pub follow_up: String,
    /// Its case, and a photo of it.
    pub home: String,
    pub photo: String,
    /// A dwelling that the elderly-friendly program renovated.
    pub elderly: String,
    /// A public venue where something is missing.
    pub venue: String,
}

/// A photo; each its own.
pub fn picture(number: u8) -> Vec<u8> {
    let picture = image::RgbImage::from_pixel(640, 480, image::Rgb([number, 90, 160]));
    let mut content = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut content, image::ImageFormat::Jpeg)
        .unwrap();
    content.into_inner()
}

pub fn item(place: &str) -> Value {
    json!({"kind": "entrance", "place": place, "measured_before": "三级台阶，高48厘米", "quantity": 1, "unit_price_fen": 180_000})
}

impl TestOffice {
    /// A case of a poor household's home in a village, on public notice.
    pub async fn noticed_home(&self, village: &str) -> String {
        let mut somebody = person();
        somebody["division_code"] = json!(village);
        somebody["circumstances"]["income_status"] = json!("minimum_living");
        let resident = id_of(&self.register(somebody).await);
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
        case
    }

    /// An approved case of a poor household's home in a village.
    pub async fn home_case(&self, village: &str) -> String {
        let case = self.noticed_home(village).await;
        self.pass_days(30).await;
        let approver = self.as_user(&format!("approver.{}", &village[..6])).await;
        approver.act(&case, "approve").await.expect(201);
        case
    }

    /// Three cases whose notice has hung out, and what becomes of them today.
    pub async fn renovated(&self, village: &str, cases: [String; 3]) -> Renovated {
        let approver = self.as_user(&format!("approver.{}", &village[..6])).await;
        for case in &cases {
            approver.act(case, "approve").await.expect(201);
        }
        let [case, second, third] = cases;
        let home = |number: u8| format!("{village}村{number}号");
        let surveyed = self.surveys(village, &second, &home(1)).await.expect(201);
        let one = self.surveys(village, &third, &home(2)).await.expect(201);
        let one = self.designed(village, &one).await;
        let one = self.consented(village, &one).await;
        let builder = self.builder(&village[..6]).await;
        let one = self.built(village, &one, &builder).await;
        let one = self.accepted(village, &one).await;
        let county = self.as_user(&format!("county.{}", &village[..6])).await;
        let resident = one["resident_id"].as_str().unwrap();
        let path = format!("/v1/follow-ups?resident_id={resident}&kind=renovation_visit");
        let due = county.get(&path).await.expect(200);
        let elderly = json!({"division_code": village, "address": home(3), "completed_date": "2022-05-20", "source": "民政局名单"});
        let elderly = county.post("/v1/elderly-renovations", elderly).await;
        Renovated {
            case,
            surveyed: id_of(&surveyed),
            accepted: id_of(&one),
            follow_up: id_of(&due["items"][0]),
            home: third,
            photo: one["items"][0]["after_document_id"]
                .as_str()
                .unwrap()
                .to_owned(),
            elderly: id_of(&elderly.expect(201)),
            venue: id_of(&self.lists_venue(village, "便民服务中心").await),
        }
    }

    /// Puts a venue of a county on the list, with two things missing.
    pub async fn lists_venue(&self, division: &str, name: &str) -> Value {
        let clerk = self.as_user(&format!("county.{}", &division[..6])).await;
        let due = self.today().checked_add_days(chrono::Days::new(60));
        let due = due.unwrap().to_string();
        let body = json!({"name": name, "kind": "government", "division_code": division, "address": "人民路1号",
            "owner": "行政审批局", "items": [
                {"kind": "entrance", "finding": "正门三级台阶，无坡道", "due_date": due},
                {"kind": "lift", "finding": "电梯无盲文按钮", "due_date": due}]});
        clerk.post(VENUES, body).await.expect(201)
    }

    /// Another venue, remedied and accepted with somebody who tried it.
    pub async fn accepted_venue(&self, division: &str) -> Value {
        let [county, approver] =
            ["county", "approver"].map(|role| format!("{role}.{}", &division[..6]));
        let one = self.lists_venue(division, "图书馆").await;
        let items: Vec<_> = one["items"].as_array().unwrap().iter().map(id_of).collect();
        let items: Vec<_> = items.iter().map(|id| json!({"item_id": id})).collect();
        let remedy = json!({"action": "remedy", "items": items});
        let one = self.moves_venue(&county, &one, remedy).await.expect(201);
        let tried = id_of(&self.register(person()).await);
        let accept = json!({"action": "accept", "comment": "通行顺畅", "participants": [tried],
            "accepted_date": self.today().to_string()});
        self.moves_venue(&approver, &one, accept).await.expect(201)
    }

    pub async fn moves_venue(&self, username: &str, one: &Value, body: Value) -> Reply {
        let path = format!("{VENUES}/{}/transitions", id_of(one));
        let version = one["version"].as_i64().unwrap();
        self.as_user(username)
            .await
            .post_seen(&path, version, body)
            .await
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
        let day = self.yesterday();
        let assess = json!({"action": "assess", "comment": "院门须建坡道", "assessment": {
            "organization_id": federation, "assessor": "陈评估师", "date": day}});
        let one = self.moves_project(&township, surveyed, assess).await;
        let design = json!({"action": "design", "items": [item("院门")]});
        let one = self
            .moves_project(&township, &one.expect(201), design)
            .await;
        one.expect(201)
    }

    fn yesterday(&self) -> String {
        self.today().pred_opt().unwrap().to_string()
    }

    /// The household's yes of yesterday; the notice hung out for that day.
    pub async fn consented(&self, village: &str, designed: &Value) -> Value {
        self.consents(village, designed, 0).await
    }

    /// The household's yes of yesterday; the notice hangs out for some more days.
    pub async fn consents(&self, village: &str, designed: &Value, more: u64) -> Value {
        let township = format!("township.{}", &village[..9]);
        let until = self.today().checked_add_days(chrono::Days::new(more));
        let day = self.yesterday();
        let consent = json!({"action": "consent", "consent": {"signed_by": "张晓宝", "relation": "self", "date": day,
            "notice_from": day, "notice_until": until.unwrap().to_string()}});
        let one = self.moves_project(&township, designed, consent).await;
        one.expect(201)
    }

    /// From the consent until it is built, and photographed.
    pub async fn built(&self, village: &str, consented: &Value, builder: &str) -> Value {
        let [township, county] = [
            format!("township.{}", &village[..9]),
            format!("county.{}", &village[..6]),
        ];
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
