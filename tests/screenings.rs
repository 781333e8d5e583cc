//! Screenings: what was found, and what follows of it in time.

use serde_json::{Value, json};

use crate::support::people::{ELSEWHERE, VILLAGE, id_of, person};
use crate::support::{Reply, TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
const COUNTY: &str = "county.990121";
const SCREENINGS: &str = "/v1/screenings";
const DEADLINES: &str = "/v1/screening-deadlines";

/// What the rights of everybody are tried on.
pub struct Care {
    /// An approved case for which nothing is noted, and what another one's resident needs.
    pub case: String,
    pub service: String,
    /// Somebody, and what a screening found of them.
    pub screened: String,
    pub screening: String,
}

fn deadline(division: &str, kind: &str, [positive, doubtful, intervention]: [i32; 3]) -> Value {
    json!({"division_code": division, "kind": kind, "effective_from": "2030-01-01", "positive_days": positive,
        "doubtful_days": doubtful, "intervention_days": intervention, "legal_basis": "国卫妇幼发〔2013〕25号"})
}

impl TestOffice {
    async fn lays_deadlines_down(&self, username: &str, mut body: Value) -> Reply {
        body["effective_from"] = json!(self.today().to_string());
        let client = self.as_user(username).await;
        client.post(DEADLINES, body).await
    }

    async fn screens(&self, username: &str, resident: &str, kind: &str, result: &str) -> Reply {
        let client = self.as_user(username).await;
        let body = json!({"resident_id": resident, "kind": kind, "screened_date": "2022-07-01", "place": " 县妇幼保健院 ",
            "result": result, "note": "复筛未通过"});
        client.post(SCREENINGS, body).await
    }

    async fn follows(&self, username: &str, screening: &Value, body: Value) -> Reply {
        let client = self.as_user(username).await;
        let path = format!("{SCREENINGS}/{}/transitions", id_of(screening));
        client
            .post_seen(&path, screening["version"].as_i64().unwrap(), body)
            .await
    }

    /// Of two people in a village.
    pub async fn care(&self, village: &str) -> Care {
        let mut people = Vec::new();
        for _ in 0..2 {
            let mut somebody = person();
            somebody["division_code"] = json!(village);
            people.push(id_of(&self.register(somebody).await));
        }
        let township = format!("township.{}", &village[..9]);
        let case = self.targeted_case(village, &people[0]).await;
        let other = self.targeted_case(village, &people[1]).await;
        let service = self
            .notes_need(&township, &other, "hearing")
            .await
            .expect(201);
        let county = format!("approver.{}", &village[..6]);
        self.lays_deadlines_down(&county, deadline(&village[..6], "hearing", [30, 45, 60]))
            .await
            .expect(201);
        let found = self.screens(&township, &people[0], "hearing", "positive");
        Care {
            case,
            service: id_of(&service),
            screening: id_of(&found.await.expect(201)),
            screened: people.remove(0),
        }
    }

    /// What of a screening is on the township's desk: kind, day, whether that has passed.
    async fn due_of(&self, screening: &Value) -> Vec<(String, String, bool)> {
        let client = self.as_user(TOWNSHIP).await;
        let desk = client.get("/v1/tasks").await.expect(200);
        let items = desk["items"].as_array().unwrap().iter();
        let due = items
            .map(|item| &item["follow_up"])
            .filter(|one| one["subject_id"] == screening["id"]);
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        due.map(|one| {
            let overdue = one["overdue"].as_bool().unwrap();
            (word(&one["kind"]), word(&one["due_date"]), overdue)
        })
        .collect()
    }

    /// How many screenings somebody sees.
    async fn screenings_of(&self, username: &str, query: &str) -> usize {
        let client = self.as_user(username).await;
        let list = client
            .get(&format!("{SCREENINGS}{query}"))
            .await
            .expect(200);
        list["items"].as_array().unwrap().len()
    }
}

on_both! {
    async fn whoever_is_found_is_diagnosed_and_helped_in_time(office: &TestOffice) {
        let resident = office.resident().await;
        office.screens(TOWNSHIP, &resident, "hearing", "positive").await.refused(409, "screening.no_deadline");
        let supervisor = "supervisor.990100";
        office.lays_deadlines_down(supervisor, deadline("990100", "hearing", [30, 45, 60])).await.expect(201);
        let reply = office.screens(TOWNSHIP, &resident, "hearing", "positive").await;
        let found = reply.expect(201);
        assert_eq!(reply.header("location"), Some(format!("{SCREENINGS}/{}", id_of(&found)).as_str()));
        assert_eq!((&found["state"], &found["due_date"], &found["overdue"], &found["allowed_actions"], &found["history"][0]["place"]),
            (&json!("diagnosis_due"), &json!("2022-07-31"), &json!(false), &json!(["confirm", "rule_out", "end"]), &json!("县妇幼保健院")));
        office.screens(COUNTY, &resident, "hearing", "negative").await.refused(409, "screening.known");
        let help = json!({"action": "begin_intervention", "case_id": resident});
        office.follows(COUNTY, &found, help).await.refused(409, "screening.transition_not_allowed");

        // A month later it is overdue.
        assert_eq!(office.screenings_of(COUNTY, "?overdue=true").await, 0);
        office.pass_days(30).await;
        assert_eq!(office.screenings_of(COUNTY, "?overdue=true").await, 1);
        assert_eq!(office.screenings_of("county.990122", "?overdue=true").await, 0);
        assert_eq!(office.due_of(&found).await, [("screening_diagnosis".to_owned(), "2022-07-31".to_owned(), true)]);
        let confirm = json!({"action": "confirm", "on_date": "2022-08-01", "place": "市人民医院", "comment": "双耳重度感音神经性聋"});
        let confirmed = office.follows(COUNTY, &found, confirm.clone()).await.expect(201);
        assert_eq!((&confirmed["state"], &confirmed["due_date"]), (&json!("intervention_due"), &json!("2022-09-30")));
        office.follows(COUNTY, &found, confirm).await.refused(412, "if_match.stale");
        assert_eq!(office.screenings_of(COUNTY, "?overdue=true").await, 0);
        assert_eq!(office.due_of(&found).await, [("screening_intervention".to_owned(), "2022-09-30".to_owned(), false)]);

        // By a case of the same person, or by a service of one.
        let stranger = office.draft().await;
        office.follows(COUNTY, &confirmed, json!({"action": "begin_intervention", "case_id": stranger})).await
            .refused_field("/case_id", "screening.person");
        let case = office.targeted_case(VILLAGE, &resident).await;
        let service = office.notes_need(TOWNSHIP, &case, "hearing").await.expect(201);
        office.follows(COUNTY, &confirmed, json!({"action": "begin_intervention", "case_id": case, "service_id": id_of(&service)})).await
            .refused_field("/case_id", "screening.help");
        office.follows(COUNTY, &confirmed, json!({"action": "begin_intervention", "service_id": case})).await
            .refused_field("/service_id", "service.unknown");
        let helped = office.follows(COUNTY, &confirmed, json!({"action": "begin_intervention", "service_id": id_of(&service)})).await.expect(201);
        assert_eq!((&helped["state"], &helped["due_date"], &helped["history"][2]["service_id"]),
            (&json!("in_intervention"), &Value::Null, &json!(id_of(&service))));
        assert_eq!(office.due_of(&found).await, []);
        let auditor = office.as_user("auditor.990121").await;
        assert_eq!(auditor.get(&format!("{SCREENINGS}/{}", id_of(&found))).await.expect(200)["history"], helped["history"]);
        let timeline = office.as_user(COUNTY).await.get(&format!("/v1/residents/{resident}/timeline")).await.expect(200).to_string();
        assert!(timeline.contains("筛查登记") && timeline.contains("开始干预"), "{timeline}");
    }

    async fn a_doubtful_result_has_its_own_deadline_and_may_be_ruled_out(office: &TestOffice) {
        let resident = office.resident().await;
        office.lays_deadlines_down("supervisor.990100", deadline("990100", "visual", [30, 45, 60])).await.expect(201);
        // A county's own counts before the city's.
        office.lays_deadlines_down("approver.990121", deadline("990121", "visual", [10, 15, 20])).await.expect(201);
        office.lays_deadlines_down("approver.990122", deadline("990122", "visual", [1, 2, 3])).await.expect(201);
        let doubtful = office.screens(COUNTY, &resident, "visual", "doubtful").await.expect(201);
        assert_eq!((&doubtful["due_date"], &doubtful["overdue"]), (&json!("2022-07-16"), &json!(false)));
        let out = json!({"action": "rule_out", "place": "县医院", "comment": "屈光正常"});
        let ruled_out = office.follows(TOWNSHIP, &doubtful, out).await.expect(201);
        assert_eq!((&ruled_out["state"], &ruled_out["allowed_actions"]), (&json!("ruled_out"), &json!([])));
        let negative = office.screens(COUNTY, &resident, "speech", "negative").await.expect(201);
        assert_eq!((&negative["state"], &negative["due_date"], &negative["deadline_id"]), (&json!("clear"), &Value::Null, &Value::Null));
        let end = json!({"action": "end", "comment": "无须随访"});
        office.follows(COUNTY, &negative, end.clone()).await.refused(409, "screening.transition_not_allowed");
        let mut somebody = person();
        somebody["division_code"] = json!(ELSEWHERE);
        let other = id_of(&office.register(somebody).await);
        let lost = office.screens("county.990122", &other, "visual", "positive").await.expect(201);
        assert_eq!(lost["due_date"], "2022-07-02");
        assert_eq!(office.follows("county.990122", &lost, end).await.expect(201)["state"], "ended");
        for (query, count) in [("", 2), ("?result=doubtful", 1), ("?kind=speech&state=clear", 1), ("?state=ended", 0)] {
            assert_eq!(office.screenings_of(TOWNSHIP, query).await, count, "{query}");
        }
        assert_eq!(office.screenings_of("supervisor.990100", "").await, 3);
        assert_eq!(office.screenings_of("supervisor.990100", "?division_code=990122").await, 1);
    }

    async fn whoever_is_found_is_referred_at_once(office: &TestOffice) {
        let resident = office.resident().await;
        let case = office.targeted_case(VILLAGE, &resident).await;
        let hospital = office.institution("worker.hospital", "990121").await;
        office.lays_deadlines_down("approver.990121", deadline("990121", "hearing", [30, 45, 60])).await.expect(201);
        let body = |case: &str, result: &str| json!({"resident_id": resident, "kind": "hearing", "screened_date": "2022-07-01", "place": "县妇幼保健院",
            "result": result, "referral": {"case_id": case, "to_organization_id": hospital}});
        let client = office.as_user(TOWNSHIP).await;
        client.post(SCREENINGS, body(&case, "negative")).await.refused_field("/referral", "screening.referral");
        client.post(SCREENINGS, body(&office.draft().await, "positive")).await.refused_field("/referral/case_id", "screening.person");
        client.post(SCREENINGS, body(&resident, "positive")).await.refused_field("/referral/case_id", "case.unknown");
        let found = client.post(SCREENINGS, body(&case, "positive")).await.expect(201);
        let referral = found["referral_id"].as_str().unwrap();
        let worker = office.as_user("worker.hospital").await;
        let seen = worker.get(&format!("/v1/referrals/{referral}")).await.expect(200);
        assert_eq!((&seen["due_date"], &seen["purpose"], &seen["state"]),
            (&json!("2022-07-31"), &json!("听力筛查阳性，请于2022-07-31前完成诊断"), &json!("offered")));
        worker.get(SCREENINGS).await.refused(403, "permission.denied");
    }

    async fn what_is_recorded_and_laid_down_is_checked(office: &TestOffice) {
        let resident = office.resident().await;
        for username in ["approver.990121", "auditor.990121", "liaison.990121103201"] {
            office.screens(username, &resident, "hearing", "negative").await.refused(403, "permission.denied");
        }
        office.screens("county.990122", &resident, "hearing", "negative").await.refused(404, "resident.not_found");
        let client = office.as_user(TOWNSHIP).await;
        let with = async |name: &str, value: Value| {
            let mut body = json!({"resident_id": resident, "kind": "hearing", "screened_date": "2022-07-01", "place": "县医院", "result": "negative"});
            body[name] = value;
            client.post(SCREENINGS, body).await
        };
        with("screened_date", json!("2099-07-01")).await.refused_field("/screened_date", "screened_date.future");
        with("place", json!(" ")).await.refused_field("/place", "text.length");
        with("note", json!("长".repeat(1001))).await.refused_field("/note", "text.length");
        with("result", json!("unclear")).await.refused_field("/result", "field.invalid");
        let approver = "approver.990121";
        let laid = office.lays_deadlines_down(approver, deadline("990121", "hearing", [30, 45, 60])).await.expect(201);
        office.lays_deadlines_down(approver, deadline("990121", "hearing", [31, 45, 60])).await.refused(409, "screening_deadline.known");
        office.lays_deadlines_down(approver, deadline("990100", "hearing", [30, 45, 60])).await.refused(404, "division.not_found");
        office.lays_deadlines_down(COUNTY, deadline("990121", "visual", [30, 45, 60])).await.refused(403, "permission.denied");
        for (days, pointer) in [([0, 1, 1], "/positive_days"), ([1, 731, 1], "/doubtful_days"), ([1, 1, -1], "/intervention_days")] {
            office.lays_deadlines_down(approver, deadline("990121", "visual", days)).await.refused_field(pointer, "days.range");
        }
        let mut past = deadline("990121", "visual", [1, 1, 1]);
        past["effective_from"] = json!("2022-01-01");
        office.as_user(approver).await.post(DEADLINES, past).await.refused_field("/effective_from", "effective_from.past");
        let all = client.get(&format!("{DEADLINES}?kind=hearing")).await.expect(200);
        assert_eq!(all["items"], json!([laid]));
        let found = office.screens(TOWNSHIP, &resident, "hearing", "positive").await.expect(201);
        let path = format!("{SCREENINGS}/{}/transitions", id_of(&found));
        client.post(&path, json!({"action": "end", "comment": "放弃"})).await.refused(428, "if_match.missing");
        for (body, pointer, code) in [
            (json!({"action": "confirm", "comment": "确诊"}), "/place", "text.length"),
            (json!({"action": "confirm", "place": "县医院"}), "/comment", "comment.length"),
            (json!({"action": "confirm", "place": "县医院", "comment": "确诊", "on_date": "2022-06-30"}), "/on_date", "on_date.range"),
            (json!({"action": "end", "comment": " "}), "/comment", "comment.length"),
            (json!({"action": "begin_intervention"}), "/case_id", "screening.help"),
        ] {
            office.follows(TOWNSHIP, &found, body).await.refused_field(pointer, code);
        }
    }

    async fn screenings_go_along_with_their_resident(office: &TestOffice) {
        let resident = office.resident().await;
        office.lays_deadlines_down("supervisor.990100", deadline("990100", "hearing", [30, 45, 60])).await.expect(201);
        let found = office.screens(COUNTY, &resident, "hearing", "positive").await.expect(201);
        let county = office.as_user(COUNTY).await;
        let moving = json!({"to_division_code": ELSEWHERE, "reason": "随子女迁居", "moved_date": "2022-07-01"});
        let transfer = county.post(&format!("/v1/residents/{resident}/transfers"), moving).await.expect(201);
        let end = json!({"action": "end", "comment": "已迁出"});
        office.follows(COUNTY, &found, end.clone()).await.refused(409, "resident.in_transfer");
        office.screens(COUNTY, &resident, "visual", "negative").await.refused(409, "resident.in_transfer");
        let next = office.as_user("county.990122").await;
        assert_eq!(office.due_of(&found).await.len(), 1);
        next.post_seen(&format!("/v1/transfers/{}/transitions", id_of(&transfer)), 1, json!({"action": "accept"})).await.expect(201);
        office.follows(COUNTY, &found, end.clone()).await.refused(404, "screening.not_found");
        let open = next.get("/v1/follow-ups?kind=screening_diagnosis").await.expect(200);
        assert_eq!((&open["items"][0]["subject_id"], &open["items"][0]["division_code"]), (&found["id"], &json!(ELSEWHERE)));
        assert_eq!(office.follows("county.990122", &found, end).await.expect(201)["division_code"], ELSEWHERE);
        let cancelled = next.get("/v1/follow-ups?kind=screening_diagnosis&state=cancelled").await.expect(200);
        assert_eq!(cancelled["items"][0]["reason"], "筛查随访已终结");
    }
}
