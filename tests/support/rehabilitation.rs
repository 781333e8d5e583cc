//! A child, an institution, and what is done between them.

use std::sync::atomic::{AtomicU32, Ordering};

use huican::audit::Origin;
use huican::programs;
use serde_json::{Value, json};

use super::office::Reply;
use super::people::{VILLAGE, citizen_id, id_of};
use super::{TestOffice, office};

pub const WORKER: &str = "worker.center";
pub const COUNTY: &str = "county.990121";
pub const APPROVER: &str = "approver.990121";
pub const TOWNSHIP: &str = "township.990121103";
pub const PROGRAM: &str = "child_rehabilitation";

/// Of four, with a physical disability of grade 2; or of another birth date.
pub fn child_born(birth: &str) -> Value {
    static NEXT: AtomicU32 = AtomicU32::new(100);
    let id = citizen_id("990121", birth, NEXT.fetch_add(1, Ordering::Relaxed));
    json!({
        "name": "李小苗", "id_number": id, "division_code": VILLAGE,
        "certificate": {"number": format!("{id}42"), "issued_date": "2021-05-06"},
        "circumstances": {"income_status": "none"}
    })
}

pub fn child() -> Value {
    child_born("20180310")
}

/// A child who is treated today, and what of it is settled.
pub struct Treated {
    pub case: String,
    pub plan: String,
    pub session: String,
    pub settlement: String,
    pub line: String,
    pub day: String,
}

impl TestOffice {
    /// A child of a village is treated by an institution of its county, that the office itself applied for.
    pub async fn treated(&self, village: &str, institution: &str) -> Treated {
        let (county, township) = (&village[..6], &village[..9]);
        let [clerk, approver] = ["county", "approver"].map(|role| format!("{role}.{county}"));
        self.applies(&clerk, institution).await.expect(201);
        let change = json!({"division_code": format!("{county}000000"), "capacity": 9});
        let proposed = self
            .proposes_agreement(&clerk, institution, change)
            .await
            .expect(201);
        let sign = json!({"action": "agree", "agreement_id": proposed["agreements"][0]["id"]});
        self.moves_institution(&approver, institution, sign)
            .await
            .expect(201);
        let mut child = child();
        child["division_code"] = json!(village);
        let resident = id_of(&self.register(child).await);
        let filer = self.as_user(&format!("township.{township}")).await;
        let body = json!({"resident_id": resident, "program_code": PROGRAM, "details": {}});
        let case = id_of(&filer.post("/v1/cases", body).await.expect(201));
        filer.act(&case, "submit").await.expect(201);
        self.as_user(&clerk)
            .await
            .act(&case, "endorse")
            .await
            .expect(201);
        self.as_user(&approver)
            .await
            .act(&case, "approve")
            .await
            .expect(201);
        let plan = id_of(&self.chooses(&clerk, &case, institution).await.expect(201));
        let worker = format!("therapist.{county}");
        self.works_at(&worker, "institution_worker", institution)
            .await;
        self.assesses(&worker, &plan, "initial").await.expect(201);
        let day = self.today().to_string();
        self.attended(&worker, &plan, &day, 8).await;
        let settlement = self
            .settles(&worker, institution, &day[..7])
            .await
            .expect(201);
        // One that is in no settlement.
        let begin = format!("{day}T06:00:00+08:00");
        let session =
            json!({"plan_id": plan, "started_at": begin, "minutes": 30, "therapist": "李治疗师"});
        let worker = self.as_user(&worker).await;
        let session = worker
            .post("/v1/rehabilitation-sessions", session)
            .await
            .expect(201);
        Treated {
            case,
            plan,
            session: id_of(&session),
            line: id_of(&settlement["lines"][0]),
            settlement: id_of(&settlement),
            day,
        }
    }

    /// From now on the county has a version of its own: so much a year, 12 000 fen a session.
    pub fn caps_at(&self, fen: i64) {
        let known: Value =
            serde_json::from_slice(include_bytes!("../../data/demo/programs.json")).unwrap();
        let all = known["programs"].as_array().unwrap();
        let mut program = all
            .iter()
            .find(|one| one["code"] == PROGRAM)
            .unwrap()
            .clone();
        let mut version = program["versions"][1].clone();
        version["version"] = json!(3);
        version["division_code"] = json!("990121000000");
        version["rules"]["benefit"]["amount_fen"] = json!(fen.to_string());
        program["versions"] = json!([version]);
        let file = json!({"programs": [program]}).to_string();
        let mut db = self.db();
        let origin = Origin::system(db.new_id());
        db.write(|tx| programs::service::import(tx, &origin, file.as_bytes()))
            .unwrap();
    }

    /// A case of a child, approved by the county; its id.
    pub async fn approved_child(&self) -> String {
        let resident = id_of(&self.register(child()).await);
        self.approved_for(&resident).await
    }

    pub async fn approved_for(&self, resident: &str) -> String {
        let case = self.draft_for(resident, PROGRAM).await;
        self.as_user(TOWNSHIP)
            .await
            .act(&case, "submit")
            .await
            .expect(201);
        self.as_user(COUNTY)
            .await
            .act(&case, "endorse")
            .await
            .expect(201);
        self.as_user(APPROVER)
            .await
            .act(&case, "approve")
            .await
            .expect(201);
        case
    }

    /// What an institution applies with.
    pub async fn applies(&self, username: &str, organization: &str) -> Reply {
        let body = json!({"organization_id": organization, "service_types": ["physical", "autism"],
            "address": "康宁路8号", "contact": "王主任 12000005678", "licence_number": "990121-KF-0007"});
        self.as_user(username)
            .await
            .post("/v1/institutions", body)
            .await
    }

    pub async fn proposes_agreement(
        &self,
        username: &str,
        organization: &str,
        change: Value,
    ) -> Reply {
        let mut body = json!({"division_code": "990121000000", "service_types": ["physical"], "capacity": 2,
            "valid_from": "2022-01-01", "valid_to": "2023-01-01"});
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let path = format!("/v1/institutions/{organization}/agreements");
        self.as_user(username).await.post(&path, body).await
    }

    pub async fn moves_institution(
        &self,
        username: &str,
        organization: &str,
        body: Value,
    ) -> Reply {
        let client = self.as_user(username).await;
        let path = format!("/v1/institutions/{organization}");
        let version = client.get(&path).await.expect(200)["version"]
            .as_i64()
            .unwrap();
        client
            .post_seen(&format!("{path}/transitions"), version, body)
            .await
    }

    /// An institution of the county with so many places, whose agreement holds, and somebody who works there.
    pub async fn agreed_institution(&self, worker: &str, capacity: i64) -> String {
        let organization = self.institution(worker, "990121").await;
        self.applies(worker, &organization).await.expect(201);
        let change = json!({"capacity": capacity});
        let proposed = self
            .proposes_agreement(COUNTY, &organization, change)
            .await
            .expect(201);
        let agreement = proposed["agreements"][0]["id"].clone();
        let body = json!({"action": "agree", "agreement_id": agreement});
        self.moves_institution(APPROVER, &organization, body)
            .await
            .expect(201);
        organization
    }

    pub async fn chooses(&self, username: &str, case: &str, institution: &str) -> Reply {
        let body = json!({"case_id": case, "institution_id": institution, "service_type": "physical", "goals": "独立行走十米"});
        self.as_user(username)
            .await
            .post("/v1/rehabilitation-plans", body)
            .await
    }

    pub async fn plan_as(&self, username: &str, plan: &str) -> Reply {
        let path = format!("/v1/rehabilitation-plans/{plan}");
        self.as_user(username).await.get(&path).await
    }

    pub async fn moves_plan(&self, username: &str, plan: &str, body: Value) -> Reply {
        let client = self.as_user(username).await;
        let path = format!("/v1/rehabilitation-plans/{plan}");
        let version = client.get(&path).await.json()["version"]
            .as_i64()
            .unwrap_or(1);
        client
            .post_seen(&format!("{path}/transitions"), version, body)
            .await
    }

    pub async fn assesses(&self, username: &str, plan: &str, kind: &str) -> Reply {
        let body = json!({"kind": kind, "tool": "GMFM-88", "score": 96, "highest_score": 264, "assessor": "李治疗师",
            "assessed_date": self.today().to_string(), "finding": "可独坐"});
        let path = format!("/v1/rehabilitation-plans/{plan}/assessments");
        self.as_user(username).await.post(&path, body).await
    }

    /// A session on a day, at an hour of the office's clock.
    pub async fn treats(
        &self,
        username: &str,
        plan: &str,
        day: &str,
        hour: u32,
        therapist: &str,
    ) -> Reply {
        let begin = office::instant(&format!("{day}T{:02}:00:00Z", hour - 8));
        let body = json!({"plan_id": plan, "started_at": begin, "minutes": 45, "therapist": therapist, "note": "坐位平衡"});
        self.as_user(username)
            .await
            .post("/v1/rehabilitation-sessions", body)
            .await
    }

    pub async fn confirms(&self, username: &str, session: &Value) -> Reply {
        let body = json!({"action": "confirm", "guardian_name": "李大苗", "method": "signature", "confirmed_date": session["session_date"]});
        self.moves_session(username, session, body).await
    }

    pub async fn moves_session(&self, username: &str, session: &Value, body: Value) -> Reply {
        let path = format!("/v1/rehabilitation-sessions/{}/transitions", id_of(session));
        let version = session["version"].as_i64().unwrap();
        self.as_user(username)
            .await
            .post_seen(&path, version, body)
            .await
    }

    /// A session that the guardian has confirmed.
    pub async fn attended(&self, worker: &str, plan: &str, day: &str, hour: u32) -> Value {
        let session = self
            .treats(worker, plan, day, hour, "李治疗师")
            .await
            .expect(201);
        self.confirms(worker, &session).await.expect(201)
    }

    pub async fn settles(&self, username: &str, institution: &str, month: &str) -> Reply {
        let body = json!({"institution_id": institution, "month": month});
        self.as_user(username)
            .await
            .post("/v1/settlements", body)
            .await
    }

    pub async fn moves_settlement(
        &self,
        username: &str,
        settlement: &Value,
        action: &str,
    ) -> Reply {
        let body = match action {
            "check" => json!({"action": action}),
            _ => json!({"action": action, "comment": "情况说明"}),
        };
        let path = format!("/v1/settlements/{}/transitions", id_of(settlement));
        let version = settlement["version"].as_i64().unwrap();
        self.as_user(username)
            .await
            .post_seen(&path, version, body)
            .await
    }

    pub async fn reverses(&self, username: &str, settlement: &Value, line: &Value) -> Reply {
        let body = json!({"line_id": line["id"], "reason": "签到不符"});
        let path = format!("/v1/settlements/{}/reversals", id_of(settlement));
        self.as_user(username).await.post(&path, body).await
    }
}
