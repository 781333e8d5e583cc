//! Targeted rehabilitation: a need is assessed, met and judged, and persons are counted.

use serde_json::{Value, json};

use crate::support::people::{VILLAGE, id_of, person};
use crate::support::{Reply, TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
const COUNTY: &str = "county.990121";
const APPROVER: &str = "approver.990121";
const SERVICES: &str = "/v1/rehabilitation-services";

impl TestOffice {
    /// An approved case for targeted rehabilitation, of whoever lives in that village.
    pub async fn targeted_case(&self, village: &str, resident: &str) -> String {
        let (county, township) = (&village[..6], &village[..9]);
        let filer = self.as_user(&format!("township.{township}")).await;
        let body = json!({"resident_id": resident, "program_code": "targeted_rehabilitation", "details": {}});
        let case = id_of(&filer.post("/v1/cases", body).await.expect(201));
        filer.act(&case, "submit").await.expect(201);
        let verifier = self.as_user(&format!("county.{county}")).await;
        verifier.act(&case, "endorse").await.expect(201);
        let approver = self.as_user(&format!("approver.{county}")).await;
        approver.act(&case, "approve").await.expect(201);
        case
    }

    pub async fn notes_need(&self, username: &str, case: &str, kind: &str) -> Reply {
        let client = self.as_user(username).await;
        let body = json!({"case_id": case, "kind": kind, "need": " 听力下降，交流困难 "});
        client.post(SERVICES, body).await
    }

    pub async fn takes_step(&self, username: &str, service: &Value, body: Value) -> Reply {
        let client = self.as_user(username).await;
        let path = format!("{SERVICES}/{}/transitions", id_of(service));
        client
            .post_seen(&path, service["version"].as_i64().unwrap(), body)
            .await
    }

    /// A hospital and a shop in the county.
    async fn organizations_of(&self, county: &str) -> [String; 2] {
        let system = self.as_user("sysadmin").await;
        let mut made = Vec::new();
        for name in ["县医院", "助听器验配中心"] {
            let body = json!({"name": name, "kind": "institution", "division_code": county});
            made.push(id_of(
                &system.post("/v1/organizations", body).await.expect(201),
            ));
        }
        made.try_into().unwrap()
    }

    /// Somebody is helped, and it is judged.
    async fn is_helped(
        &self,
        case: &str,
        kind: &str,
        [hospital, shop]: &[String; 2],
        day: &str,
    ) -> Value {
        let service = self.notes_need(TOWNSHIP, case, kind).await.expect(201);
        let assess = json!({"action": "assess", "organization_id": hospital, "performer": "李医生", "comment": "建议验配"});
        let service = self.takes_step(COUNTY, &service, assess).await.expect(201);
        let deliver = json!({"action": "deliver", "on_date": day, "organization_id": shop, "performer": "王验配师"});
        let service = self.takes_step(COUNTY, &service, deliver).await.expect(201);
        let conclude = json!({"action": "conclude", "result": "effective"});
        self.takes_step(COUNTY, &service, conclude)
            .await
            .expect(201)
    }
}

fn assess(by: &str) -> Value {
    json!({"action": "assess", "organization_id": by, "performer": "李医生", "comment": "中度听力损失"})
}

fn deliver(by: &str) -> Value {
    json!({"action": "deliver", "organization_id": by, "performer": "王验配师"})
}

on_both! {
    async fn a_need_is_assessed_met_and_judged(office: &TestOffice) {
        let [hospital, shop] = office.organizations_of("990121").await;
        let resident = office.resident().await;
        let case = office.targeted_case(VILLAGE, &resident).await;
        let reply = office.notes_need(TOWNSHIP, &case, "hearing").await;
        let needed = reply.expect(201);
        assert_eq!(reply.header("location"), Some(format!("{SERVICES}/{}", id_of(&needed)).as_str()));
        assert_eq!((&needed["state"], &needed["need"], &needed["program_code"], &needed["resident_id"], &needed["allowed_actions"]),
            (&json!("needed"), &json!("听力下降，交流困难"), &json!("targeted_rehabilitation"), &json!(resident), &json!(["assess", "cancel"])));
        office.notes_need(TOWNSHIP, &case, "hearing").await.refused(409, "rehabilitation_service.need_open");
        // One case, several services.
        let vision = office.notes_need(COUNTY, &case, "vision").await.expect(201);
        office.takes_step(COUNTY, &needed, deliver(&shop)).await.refused(409, "rehabilitation_service.transition_not_allowed");
        let assessed = office.takes_step(COUNTY, &needed, assess(&hospital)).await.expect(201);
        office.takes_step(COUNTY, &needed, deliver(&shop)).await.refused(412, "if_match.stale");
        office.takes_step(COUNTY, &assessed, deliver(&hospital)).await.refused(409, "rehabilitation_service.assessor_supplies");
        let delivered = office.takes_step(COUNTY, &assessed, deliver(&shop)).await.expect(201);
        assert_eq!((&delivered["state"], &delivered["delivered_date"], &delivered["assessor_organization_id"], &delivered["provider_organization_id"]),
            (&json!("delivered"), &json!(office.today().to_string()), &json!(hospital), &json!(shop)));
        office.takes_step(COUNTY, &delivered, json!({"action": "cancel", "comment": "不要了"})).await
            .refused(409, "rehabilitation_service.transition_not_allowed");
        let concluded = office.takes_step(TOWNSHIP, &delivered, json!({"action": "conclude", "result": "markedly_effective"})).await.expect(201);
        let history: Vec<_> = concluded["history"].as_array().unwrap().iter()
            .map(|entry| (entry["action"].as_str().unwrap(), entry["performer"].clone(), entry["comment"].clone(), entry["result"].clone())).collect();
        assert_eq!(history, [
            ("open", Value::Null, Value::Null, Value::Null),
            ("assess", json!("李医生"), json!("中度听力损失"), Value::Null),
            ("deliver", json!("王验配师"), Value::Null, Value::Null),
            ("conclude", Value::Null, Value::Null, json!("markedly_effective")),
        ]);
        // What is met may be needed again; and a case is not done while something is to be provided.
        let again = office.notes_need(TOWNSHIP, &case, "hearing").await.expect(201);
        let county = office.as_user(COUNTY).await;
        county.act(&case, "complete").await.refused(409, "rehabilitation.unfinished");
        for open in [&again, &vision] {
            office.takes_step(COUNTY, open, json!({"action": "cancel", "comment": "不再需要"})).await.expect(201);
        }
        county.act(&case, "complete").await.expect(201);
        let auditor = office.as_user("auditor.990121").await;
        assert_eq!(auditor.get(&format!("{SERVICES}/{}", id_of(&concluded))).await.expect(200)["history"], concluded["history"]);
        let list = auditor.get(&format!("{SERVICES}?resident_id={resident}&state=concluded")).await.expect(200);
        assert_eq!((list["items"].as_array().unwrap().len(), &list["items"][0]["need"], &list["items"][0]["history"]), (1, &Value::Null, &Value::Null));
        let timeline = office.as_user(COUNTY).await.get(&format!("/v1/residents/{resident}/timeline")).await.expect(200).to_string();
        assert!(timeline.contains("登记康复需求") && timeline.contains("康复服务评效"), "{timeline}");
    }

    async fn only_of_a_case_that_was_approved_and_by_whom_nothing_ties(office: &TestOffice) {
        let [hospital, shop] = office.organizations_of("990121").await;
        let resident = office.resident().await;
        let draft = office.draft_for(&resident, "targeted_rehabilitation").await;
        office.notes_need(TOWNSHIP, &draft, "hearing").await.refused(409, "rehabilitation_service.case_not_running");
        let subsidy = office.case_at("approval").await;
        office.as_user(APPROVER).await.act(&subsidy, "approve").await.expect(201);
        office.notes_need(TOWNSHIP, &subsidy, "hearing").await.refused(409, "rehabilitation_service.case_not_running");

        let other = office.resident().await;
        let case = office.targeted_case(VILLAGE, &other).await;
        for username in ["county.990122", "township.990121104"] {
            office.notes_need(username, &case, "hearing").await.refused(404, "case.not_found");
        }
        for username in ["auditor.990121", APPROVER, "liaison.990121103201", "finance.990121"] {
            office.notes_need(username, &case, "hearing").await.refused(403, "permission.denied");
        }
        let needed = office.notes_need(TOWNSHIP, &case, "mobility").await.expect(201);
        office.takes_step("county.990122", &needed, assess(&hospital)).await.refused(404, "rehabilitation_service.not_found");
        let county = office.as_user(COUNTY).await;
        county.post(&format!("/v1/cases/{case}/recusals"), json!({"relation": "sibling"})).await.expect(201);
        office.takes_step(COUNTY, &needed, assess(&hospital)).await.refused(403, "case.recusal_required");
        let assessed = office.takes_step(TOWNSHIP, &needed, assess(&hospital)).await.expect(201);
        // What was approved is stopped: nothing more is provided, and what was begun is called off.
        let grounds = Some("本人已迁出");
        office.as_user(APPROVER).await.act_saying(&case, "terminate", grounds).await.expect(201);
        let cancelled = office.as_user(TOWNSHIP).await.get(&format!("{SERVICES}/{}", id_of(&assessed))).await.expect(200);
        assert_eq!((&cancelled["state"], &cancelled["history"][2]["comment"]), (&json!("cancelled"), &json!("本人已迁出")));
        office.takes_step(TOWNSHIP, &cancelled, deliver(&shop)).await.refused(409, "rehabilitation_service.transition_not_allowed");
        office.notes_need(TOWNSHIP, &case, "mobility").await.refused(409, "rehabilitation_service.case_not_running");
    }

    async fn what_is_written_down_is_checked(office: &TestOffice) {
        let [hospital, _] = office.organizations_of("990121").await;
        let resident = office.resident().await;
        let case = office.targeted_case(VILLAGE, &resident).await;
        let client = office.as_user(TOWNSHIP).await;
        for need in ["", " ", &"长".repeat(1001)] {
            client.post(SERVICES, json!({"case_id": case, "kind": "hearing", "need": need})).await.refused_field("/need", "text.length");
        }
        client.post(SERVICES, json!({"case_id": case, "kind": "smell", "need": "嗅觉"})).await.refused_field("/kind", "field.invalid");
        let needed = office.notes_need(TOWNSHIP, &case, "hearing").await.expect(201);
        let path = format!("{SERVICES}/{}/transitions", id_of(&needed));
        client.post(&path, assess(&hospital)).await.refused(428, "if_match.missing");
        let with = |name: &str, value: Value| {
            let mut body = assess(&hospital);
            body[name] = value;
            office.takes_step(TOWNSHIP, &needed, body)
        };
        with("on_date", json!("2022-07-01")).await.refused_field("/on_date", "on_date.range");
        with("on_date", json!("2099-07-01")).await.refused_field("/on_date", "on_date.range");
        with("organization_id", Value::Null).await.refused_field("/organization_id", "organization.needed");
        with("organization_id", json!(resident)).await.refused_field("/organization_id", "organization.unknown");
        with("performer", json!(" ")).await.refused_field("/performer", "performer.length");
        with("comment", Value::Null).await.refused_field("/comment", "comment.length");
        with("result", json!("effective")).await.refused_field("/result", "result.needed");
        with("action", json!("repair")).await.refused_field("/action", "field.invalid");
    }

    async fn persons_are_counted_and_not_services(office: &TestOffice) {
        let both = office.organizations_of("990121").await;
        let mut residents = Vec::new();
        for _ in 0..2 {
            let resident = id_of(&office.register(person()).await);
            let case = office.targeted_case(VILLAGE, &resident).await;
            office.is_helped(&case, "hearing", &both, &office.today().to_string()).await;
            residents.push((resident, case));
        }
        office.is_helped(&residents[0].1, "vision", &both, &office.today().to_string()).await;
        let supervisor = office.as_user("supervisor.990100").await;
        let counts = "/v1/rehabilitation-services/counts?from_date=2022-01-01&to_date=2022-12-31&program_code=targeted_rehabilitation&division_code=";
        let told = async |division: &str| {
            let body = supervisor.get(&format!("{counts}{division}")).await.expect(200);
            let items = body["items"].as_array().unwrap().clone();
            for one in &items {
                // Each figure opens to what it counts.
                let listed = supervisor.get(one["list"].as_str().unwrap()).await.expect(200);
                assert_eq!(json!(listed["items"].as_array().unwrap().len()), one["services"], "{one}");
            }
            items.iter().map(|one| (one["division_code"].as_str().unwrap().to_owned(), one["kind"].clone(), one["persons"].clone(), one["services"].clone()))
                .filter(|(.., services)| *services != 0).collect::<Vec<_>>()
        };
        let row = |division: &str, kind: Value, persons: u32, services: u32| (division.to_owned(), kind, json!(persons), json!(services));
        let city = told("990100000000").await;
        assert_eq!(city, [
            row("990100000000", Value::Null, 2, 3), row("990100000000", json!("hearing"), 2, 2), row("990100000000", json!("vision"), 1, 1),
            row("990121000000", Value::Null, 2, 3), row("990121000000", json!("hearing"), 2, 2), row("990121000000", json!("vision"), 1, 1),
        ]);
        assert_eq!(told("990122000000").await, []);
        // The two records turn out to be one person's.
        office.as_user(APPROVER).await.act_saying(&residents[1].1, "terminate", Some("重复登记")).await.expect(201);
        let county = office.as_user(COUNTY).await;
        let proposal = json!({"duplicate_id": residents[1].0, "reason": "身份证号登记有误"});
        let merge = county.post(&format!("/v1/residents/{}/merges", residents[0].0), proposal).await.expect(201);
        let approver = office.as_user(APPROVER).await;
        approver.post(&format!("/v1/resident-merges/{}/transitions", id_of(&merge)), json!({"action": "approve"})).await.expect(201);
        let city = told("990100000000").await;
        assert_eq!(city[..2], [row("990100000000", Value::Null, 1, 3), row("990100000000", json!("hearing"), 1, 2)]);
        let of_person = county.get(&format!("{SERVICES}?resident_id={}", residents[0].0)).await.expect(200);
        assert_eq!(of_person["items"].as_array().unwrap().len(), 3);
        // Another period, another sight.
        let empty = supervisor.get("/v1/rehabilitation-services/counts?from_date=2021-01-01&to_date=2021-12-31&division_code=990100").await.expect(200);
        assert!(empty["items"].as_array().unwrap().iter().all(|one| one["persons"] == 0));
        county.get(&format!("{counts}990100")).await.refused(404, "division.not_found");
        county.get(&format!("{counts}990122")).await.refused(404, "division.not_found");
        county.get("/v1/rehabilitation-services/counts?from_date=2022-02-01&to_date=2022-01-01&division_code=990121").await
            .refused_parameter("to_date", "period.order");
    }

    async fn services_go_along_with_their_case(office: &TestOffice) {
        let resident = office.resident().await;
        let case = office.targeted_case(VILLAGE, &resident).await;
        let needed = office.notes_need(TOWNSHIP, &case, "hearing").await.expect(201);
        let county = office.as_user(COUNTY).await;
        let moving = json!({"to_division_code": "990122103201", "reason": "随子女迁居", "moved_date": "2022-07-01"});
        let transfer = county.post(&format!("/v1/residents/{resident}/transfers"), moving).await.expect(201);
        let off = json!({"action": "cancel", "comment": "本人迁出"});
        office.takes_step(COUNTY, &needed, off.clone()).await.refused(409, "resident.in_transfer");
        let next = office.as_user("county.990122").await;
        next.post_seen(&format!("/v1/transfers/{}/transitions", id_of(&transfer)), 1, json!({"action": "accept"})).await.expect(201);
        office.takes_step(COUNTY, &needed, off.clone()).await.refused(404, "rehabilitation_service.not_found");
        let there = office.takes_step("county.990122", &needed, off).await.expect(201);
        assert_eq!(there["division_code"], "990122103201");
    }
}
