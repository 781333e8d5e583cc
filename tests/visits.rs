//! Who is most in need, the visits to them, and what came of these.

use serde_json::{Value, json};

use crate::support::people::{ELSEWHERE, VILLAGE, id_of, person};
use crate::support::{Reply, TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
const LIAISON: &str = "liaison.990121103201";
const COUNTY: &str = "county.990121";
const APPROVER: &str = "approver.990121";
const STANDARDS: &str = "/v1/need-standards";
const VISITS: &str = "/v1/visits";

/// What the rights of everybody are tried on.
pub struct Visited {
    /// What was held, and who came.
    pub activity: String,
    pub attendance: String,
    /// A standard that waits for its approval, and what somebody else scored by another.
    pub standard: String,
    pub assessment: String,
    /// What is planned for somebody.
    pub visit: String,
    /// Somebody for whom nothing is planned.
    pub resident: String,
}

fn clauses() -> Value {
    json!([
        {"code": "severe", "when": "certificate.valid && certificate.severity_level <= 2", "points": 30, "zh": "重度残疾",
            "en": "severe", "basis": "GB/T 26341-2010"},
        {"code": "lives_alone", "when": "circumstances.lives_alone", "points": 20, "zh": "独居", "en": "lives alone"},
        {"code": "poor", "when": "circumstances.income_status == \"minimum_living\"", "points": 25, "zh": "低保", "en": "poor"},
        {"code": "unhoused", "when": "circumstances.housing_danger && age >= 18", "points": 15, "zh": "住房危险", "en": "dangerous home"}
    ])
}

impl TestOffice {
    async fn proposes_need(
        &self,
        username: &str,
        division: &str,
        from: &str,
        clauses: Value,
    ) -> Reply {
        let client = self.as_user(username).await;
        let body = json!({"division_code": division, "effective_from": from, "clauses": clauses,
            "legal_basis": "县残联《困难残疾人走访探视办法》"});
        client.post(STANDARDS, body).await
    }

    async fn decides_need(&self, username: &str, standard: &Value, body: Value) -> Reply {
        let client = self.as_user(username).await;
        let path = format!("{STANDARDS}/{}/decision", id_of(standard));
        let seen = standard["version"].as_i64().unwrap();
        client.post_seen(&path, seen, body).await
    }

    /// By [`clauses`], from the beginning of the year on.
    async fn measures_need(&self, county: &str) {
        let by = format!("county.{county}");
        let proposed = self
            .proposes_need(&by, county, "2022-01-01", clauses())
            .await;
        let by = format!("approver.{county}");
        let approved = json!({"outcome": "approve"});
        self.decides_need(&by, &proposed.expect(201), approved)
            .await
            .expect(201);
    }

    async fn assesses_need(&self, username: &str, division: &str) -> Value {
        let client = self.as_user(username).await;
        let asked = client
            .post("/v1/need-assessments", json!({"division_code": division}))
            .await;
        let asked = asked.expect(202);
        self.assess().await;
        let path = format!("/v1/need-assessments/{}", id_of(&asked));
        client.get(&path).await.expect(200)
    }

    /// The list's residents with their scores.
    async fn in_need(&self, username: &str, query: &str) -> Vec<(String, i64, i64)> {
        let client = self.as_user(username).await;
        let page = client
            .get(&format!("/v1/most-in-need{query}"))
            .await
            .expect(200);
        let items = page["items"].as_array().unwrap().iter();
        let number = |value: &Value| value.as_i64().unwrap();
        items
            .map(|one| {
                let who = one["resident_id"].as_str().unwrap().to_owned();
                (who, number(&one["score"]), number(&one["unknown_points"]))
            })
            .collect()
    }

    async fn plans_visit(&self, username: &str, resident: &str) -> Reply {
        let client = self.as_user(username).await;
        let body = json!({"resident_id": resident, "due_date": "2022-07-20"});
        client.post(VISITS, body).await
    }

    async fn reports_visit(&self, username: &str, visit: &Value, body: Value) -> Reply {
        let client = self.as_user(username).await;
        let path = format!("{VISITS}/{}/transitions", id_of(visit));
        let seen = visit["version"].as_i64().unwrap();
        client.post_seen(&path, seen, body).await
    }

    async fn visit(&self, id: &str) -> Value {
        let client = self.as_user("supervisor.990100").await;
        client.get(&format!("{VISITS}/{id}")).await.expect(200)
    }

    /// The visits on a liaison's desk.
    async fn to_visit(&self, username: &str) -> Vec<String> {
        let client = self.as_user(username).await;
        let desk = client.get("/v1/tasks").await.expect(200);
        let items = desk["items"].as_array().unwrap().iter();
        let all = items.map(|one| &one["follow_up"]);
        all.filter(|one| one["kind"] == "need_visit")
            .map(|one| one["subject_id"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn visit_counts(&self) -> Value {
        let client = self.as_user(COUNTY).await;
        let path = format!("{VISITS}/counts?from_date=2022-07-01&to_date=2022-12-31");
        let counts = client.get(&path).await.expect(200);
        let mut figures = json!({});
        for (name, one) in counts.as_object().unwrap() {
            let Some(list) = one["list"].as_str() else {
                continue;
            };
            // Each figure opens to the very visits.
            let listed = client.get(list).await.expect(200)["items"]
                .as_array()
                .unwrap()
                .len();
            assert_eq!(one["visits"], json!(listed), "{name}");
            figures[name] = one["visits"].clone();
        }
        figures
    }

    async fn score_of(&self, resident: &str, query: &str) -> Value {
        let client = self.as_user(LIAISON).await;
        let path = format!("/v1/residents/{resident}/need-score{query}");
        client.get(&path).await.expect(200)
    }

    async fn believes(&self, resident: &str, body: Value) {
        let client = self.as_user(COUNTY).await;
        let path = format!("/v1/residents/{resident}");
        let version = client.get(&path).await.expect(200)["version"]
            .as_i64()
            .unwrap();
        client
            .post_seen(&format!("{path}/circumstances"), version, body)
            .await
            .expect(201);
    }

    /// Something of everything in a county.
    pub async fn visited_in(&self, village: &'static str) -> Visited {
        let (county, township) = (&village[..6], format!("township.{}", &village[..9]));
        let mut people = Vec::new();
        for _ in 0..2 {
            let mut somebody = person();
            somebody["division_code"] = json!(village);
            people.push(id_of(&self.register(somebody).await));
        }
        let client = self.as_user(&township).await;
        let organizations = client
            .get(&format!("/v1/organizations?division_code={village}"))
            .await
            .expect(200);
        let today = self.today().to_string();
        let new = json!({"kind": "accessible_film", "name": "无障碍观影", "organization_id": id_of(&organizations["items"][0]),
            "division_code": &village[..9], "planned_date": today});
        let activity = id_of(&client.post("/v1/activities", new).await.expect(201));
        let path = format!("/v1/activities/{activity}");
        client
            .post_seen(&format!("{path}/transitions"), 1, json!({"action": "hold"}))
            .await
            .expect(201);
        let came = client
            .post(
                &format!("{path}/attendances"),
                json!({"resident_ids": [people[0]]}),
            )
            .await
            .expect(201);
        self.measures_need(county).await;
        let by = format!("county.{county}");
        let standard = self
            .proposes_need(&by, county, "2030-01-01", clauses())
            .await
            .expect(201);
        let assessment = self.assesses_need(&township, &village[..9]).await;
        let new = json!({"resident_id": people[0], "due_date": today});
        let client = self.as_user(&township).await;
        let visit = client.post(VISITS, new).await.expect(201);
        Visited {
            activity,
            attendance: id_of(&came["items"][0]),
            standard: id_of(&standard),
            assessment: id_of(&assessment),
            visit: id_of(&visit),
            resident: people.remove(1),
        }
    }
}

on_both! {
    async fn a_standard_holds_once_somebody_else_has_approved_it(office: &TestOffice) {
        let resident = office.resident().await;
        let client = office.as_user(LIAISON).await;
        client.get(&format!("/v1/residents/{resident}/need-score")).await.refused(409, "need_standard.missing");
        office.as_user(COUNTY).await.post("/v1/need-assessments", json!({"division_code": "990121"})).await
            .refused(409, "need_standard.missing");
        let proposed = office.proposes_need(APPROVER, "990121", "2022-01-01", clauses()).await.expect(201);
        office.decides_need(APPROVER, &proposed, json!({"outcome": "approve"})).await.refused(403, "need_standard.own");
        office.decides_need(COUNTY, &proposed, json!({"outcome": "approve"})).await.refused(403, "permission.denied");
        office.decides_need("approver.990122", &proposed, json!({"outcome": "approve"})).await.refused(404, "need_standard.not_found");
        let supervisor = "supervisor.990100";
        office.decides_need(supervisor, &proposed, json!({"outcome": "reject"})).await.refused_field("/comment", "comment.length");
        let approved = office.decides_need(supervisor, &proposed, json!({"outcome": "approve"})).await.expect(201);
        office.decides_need(supervisor, &approved, json!({"outcome": "approve"})).await.refused(409, "need_standard.decided");
        let again = office.proposes_need(COUNTY, "990121", "2022-01-01", clauses()).await.expect(201);
        office.decides_need(APPROVER, &again, json!({"outcome": "approve"})).await.refused(409, "need_standard.taken");
        office.proposes_need(COUNTY, "990122", "2022-01-01", clauses()).await.refused(404, "division.not_found");

        // What cannot be reckoned is refused, with its place.
        let with = |field: &str, value: Value| { let mut all = clauses(); all[1][field] = value; all };
        for (field, value, code) in [
            ("when", json!("circumstances.lives_alon"), "rule.invalid"),
            ("when", json!("age"), "rule.invalid"),
            ("when", json!("claim.months > 1"), "rule.invalid"),
            ("points", json!(0), "points.range"),
            ("code", json!("独居"), "code.form"),
            ("zh", json!(""), "text.length"),
        ] {
            office.proposes_need(COUNTY, "990121", "2022-01-01", with(field, value)).await
                .refused_field(&format!("/clauses/1/{field}"), code);
        }
        office.proposes_need(COUNTY, "990121", "2022-01-01", json!([])).await.refused_field("/clauses", "clauses.range");
        office.proposes_need(COUNTY, "990121", "2022-01-01", with("code", json!("severe"))).await
            .refused_field("/clauses", "clauses.range");
    }

    async fn what_is_not_known_is_not_nothing(office: &TestOffice) {
        office.measures_need("990121").await;
        let resident = office.resident().await;
        let score = office.score_of(&resident, "").await;
        assert_eq!((&score["score"], &score["unknown_points"], &score["highest_points"]), (&json!(30), &json!(35), &json!(90)));
        let clauses = score["clauses"].as_array().unwrap();
        let holds: Vec<_> = clauses.iter().map(|one| one["holds"].clone()).collect();
        assert_eq!(holds, [json!(true), json!(null), json!(false), json!(null)]);
        assert_eq!(clauses[1]["missing"], json!(["circumstances.lives_alone"]));
        assert_eq!(clauses[0]["basis"], "GB/T 26341-2010");
        // As of a day: what holds since then only.
        office.believes(&resident, json!({"kind": "income_status", "value": "minimum_living", "valid_from": "2022-07-02"})).await;
        assert_eq!(office.score_of(&resident, "").await["score"], 55);
        assert_eq!(office.score_of(&resident, "?as_of=2022-07-01").await["score"], 30);
        let client = office.as_user(LIAISON).await;
        client.get(&format!("/v1/residents/{resident}/need-score?as_of=2030-01-01")).await.refused(400, "request.malformed");
        office.as_user("county.990122").await.get(&format!("/v1/residents/{resident}/need-score")).await
            .refused(404, "resident.not_found");
    }

    async fn the_list_is_what_an_assessment_found(office: &TestOffice) {
        office.measures_need("990121").await;
        assert_eq!(office.in_need(COUNTY, "").await, []);
        let [poor, served, severe, dead] = [office.resident().await, office.resident().await, office.resident().await, office.resident().await];
        office.believes(&poor, json!({"kind": "income_status", "value": "minimum_living"})).await;
        office.believes(&dead, json!({"kind": "death", "value": "2022-07-01"})).await;
        office.draft_for(&served, "nursing_subsidy").await;
        let first = office.assesses_need(COUNTY, "990121").await;
        assert_eq!((&first["state"], &first["as_of"]), (&json!("done"), &json!("2022-07-04")));
        assert_eq!(first["listed"], 3);
        let expected = vec![(poor.clone(), 55, 35), (severe.clone(), 30, 35)];
        assert_eq!(office.in_need(COUNTY, "").await, expected);
        assert_eq!(office.in_need(LIAISON, "").await, expected);
        assert_eq!(office.in_need(COUNTY, "?served=true").await, [(served.clone(), 30, 35)]);
        assert_eq!(office.in_need(COUNTY, "?min_score=31").await, expected[..1]);
        assert_eq!(office.in_need("county.990122", "").await, []);
        office.as_user(COUNTY).await.get("/v1/most-in-need?min_score=-1").await.refused(400, "request.malformed");
        let client = office.as_user(COUNTY).await;
        let page = client.get("/v1/most-in-need?limit=1").await.expect(200);
        let next = page["next"].as_str().unwrap();
        let page = client.get(&format!("/v1/most-in-need?limit=1&cursor={next}")).await.expect(200);
        assert_eq!((&page["items"][0]["resident_id"], &page["next"]), (&json!(severe), &json!(null)));

        // What is learned later is on the next list, and not on this one.
        office.believes(&severe, json!({"kind": "lives_alone", "value": true})).await;
        assert_eq!(office.in_need(COUNTY, "").await, expected);
        office.assesses_need(COUNTY, "990121").await;
        assert_eq!(office.in_need(COUNTY, "").await, [(poor.clone(), 55, 35), (severe.clone(), 50, 15)]);
        assert_eq!(office.in_need(COUNTY, &format!("?assessment_id={}", id_of(&first))).await, expected);
        let other = office.as_user("county.990122").await;
        other.get(&format!("/v1/most-in-need?assessment_id={}", id_of(&first))).await.refused(404, "need_assessment.not_found");
        other.get(&format!("/v1/need-assessments/{}", id_of(&first))).await.refused(404, "need_assessment.not_found");
        other.post("/v1/need-assessments", json!({"division_code": "990121"})).await.refused(404, "division.not_found");
        let client = office.as_user(COUNTY).await;
        client.post("/v1/need-assessments", json!({"division_code": "990121"})).await.expect(202);
        client.post("/v1/need-assessments", json!({"division_code": "990121"})).await.refused(409, "need_assessment.open");
    }

    async fn what_a_visit_finds_is_known_from_its_day_on(office: &TestOffice) {
        office.measures_need("990121").await;
        let resident = office.resident().await;
        let planned = office.plans_visit(COUNTY, &resident).await;
        let visit = planned.expect(201);
        assert_eq!(planned.header("location"), Some(format!("{VISITS}/{}", id_of(&visit)).as_str()));
        assert_eq!(visit["allowed_actions"], json!(["complete", "miss", "cancel"]));
        office.plans_visit(TOWNSHIP, &resident).await.refused(409, "visit.open");
        assert_eq!(office.to_visit(LIAISON).await, [id_of(&visit)]);
        assert_eq!(office.visit_counts().await["waiting"], 1);
        office.pass_days(30).await;
        assert_eq!(office.visit_counts().await["overdue"], 1);

        let found = json!({"lives_alone": true, "housing_danger": false});
        let complete = json!({"action": "complete", "on_date": "2022-07-20", "findings": found, "services": ["assistive_device"],
            "comment": " 需要轮椅 "});
        let with = |field: &str, value: Value| { let mut body = complete.clone(); body[field] = value; body };
        office.reports_visit(LIAISON, &visit, with("on_date", json!("2022-08-05"))).await.refused_field("/on_date", "on_date.range");
        office.reports_visit(LIAISON, &visit, with("on_date", json!("2022-07-01"))).await.refused_field("/on_date", "on_date.range");
        office.reports_visit(LIAISON, &visit, with("findings", json!(null))).await.refused_field("/findings", "findings.needed");
        office.reports_visit(LIAISON, &visit, with("findings", json!({}))).await.refused_field("/findings", "findings.blank");
        office.reports_visit(LIAISON, &visit, json!({"action": "miss"})).await.refused_field("/comment", "comment.length");
        office.reports_visit(LIAISON, &visit, with("action", json!("correct"))).await.refused(409, "visit.transition_not_allowed");
        office.reports_visit("county.990122", &visit, complete.clone()).await.refused(404, "visit.not_found");
        office.reports_visit(APPROVER, &visit, complete.clone()).await.refused(403, "permission.denied");
        let done = office.reports_visit(LIAISON, &visit, complete.clone()).await.expect(201);
        assert_eq!((&done["state"], &done["in_need"], &done["visited_date"]), (&json!("done"), &json!(true), &json!("2022-07-20")));
        assert_eq!((&done["history"][1]["comment"], &done["history"][1]["findings"]["care_missing"]), (&json!("需要轮椅"), &json!(null)));
        office.reports_visit(LIAISON, &visit, complete).await.refused(412, "if_match.stale");
        assert_eq!(office.to_visit(LIAISON).await, Vec::<String>::new());

        // Scores and rules see it.
        let score = office.score_of(&resident, "").await;
        assert_eq!((&score["score"], &score["unknown_points"]), (&json!(50), &json!(0)));
        assert_eq!(office.score_of(&resident, "?as_of=2022-07-19").await["unknown_points"], 35);
        let client = office.as_user(COUNTY).await;
        let circumstances = client.get(&format!("/v1/residents/{resident}/circumstances")).await.expect(200);
        let alone = circumstances["items"].as_array().unwrap().iter().find(|one| one["kind"] == "lives_alone").unwrap();
        assert_eq!((&alone["source"], &alone["valid_from"]), (&json!("visit"), &json!("2022-07-20")));
        // It was wrong: corrected, and not forgotten.
        let forgotten = json!({"action": "correct", "findings": {"lives_alone": true}, "comment": "误"});
        office.reports_visit(LIAISON, &done, forgotten).await.refused_field("/findings", "findings.forgotten");
        let corrected = json!({"action": "correct", "findings": {"lives_alone": false, "housing_danger": false}, "comment": "与女儿同住"});
        let corrected = office.reports_visit(LIAISON, &done, corrected).await.expect(201);
        assert_eq!((&corrected["in_need"], corrected["history"].as_array().unwrap().len()), (&json!(false), 3));
        assert_eq!(office.score_of(&resident, "").await["score"], 30);
        assert_eq!(office.visit_counts().await["found_in_need"], 0);
    }

    async fn what_was_begun_after_it_is_what_came_of_it(office: &TestOffice) {
        let [resident, other] = [office.resident().await, office.resident().await];
        let [first, second] = [office.plans_visit(COUNTY, &resident).await.expect(201), office.plans_visit(LIAISON, &other).await.expect(201)];
        let alone = json!({"action": "complete", "findings": {"care_missing": true}});
        office.reports_visit(LIAISON, &first, alone).await.expect(201);
        let gone = json!({"action": "miss", "comment": "家中无人，邻居称在外务工"});
        office.reports_visit(TOWNSHIP, &second, gone).await.expect(201);
        let third = office.plans_visit(LIAISON, &other).await.expect(201);
        office.reports_visit(LIAISON, &third, json!({"action": "cancel", "comment": "重复安排"})).await.expect(201);
        let expected = json!({"planned": 3, "waiting": 0, "overdue": 0, "done": 1, "not_met": 1, "cancelled": 1,
            "found_in_need": 1, "taken_into_service": 0});
        assert_eq!(office.visit_counts().await, expected);
        let case = office.draft_for(&resident, "nursing_subsidy").await;
        office.draft_for(&other, "nursing_subsidy").await;
        let shown = office.visit(&id_of(&first)).await;
        assert_eq!((&shown["cases"][0]["id"], &shown["cases"][0]["program_code"]), (&json!(case), &json!("nursing_subsidy")));
        assert_eq!(office.visit_counts().await["taken_into_service"], 1);
        let client = office.as_user("county.990122").await;
        assert_eq!(client.get(VISITS).await.expect(200)["items"], json!([]));
        let dead = office.resident().await;
        office.believes(&dead, json!({"kind": "death", "value": "2022-07-01"})).await;
        office.plans_visit(COUNTY, &dead).await.refused_field("/resident_id", "resident.dead");
        office.plans_visit("county.990122", &resident).await.refused(404, "resident.not_found");
        let client = office.as_user(COUNTY).await;
        let late = json!({"resident_id": resident, "due_date": "2022-07-01"});
        client.post(VISITS, late).await.refused_field("/due_date", "due_date.range");
    }

    async fn a_plan_is_made_from_the_list(office: &TestOffice) {
        office.measures_need("990121").await;
        let client = office.as_user(COUNTY).await;
        let plan = json!({"division_code": "990121", "min_score": 30, "due_date": "2022-07-20", "limit": 2});
        client.post("/v1/visit-plans", plan.clone()).await.refused(409, "need_assessment.missing");
        let mut people = Vec::new();
        for _ in 0..5 { people.push(office.resident().await); }
        office.believes(&people[4], json!({"kind": "income_status", "value": "minimum_living"})).await;
        office.assesses_need(COUNTY, "990121").await;
        office.plans_visit(LIAISON, &people[0]).await.expect(201);
        office.draft_for(&people[1], "nursing_subsidy").await;
        let client = office.as_user(COUNTY).await;
        let made = client.post("/v1/visit-plans", plan.clone()).await.expect(201);
        assert_eq!(made["planned"], 2);
        let left = |reason: &str, of: &str| json!({"resident_id": of, "reason": reason});
        assert_eq!(made["left_out"], json!([left("visit_planned", &people[0]), left("helped_meanwhile", &people[1])]));
        let visit = office.visit(made["visit_ids"][0].as_str().unwrap()).await;
        assert_eq!((&visit["resident_id"], &visit["assessment_id"]), (&json!(people[4]), &made["assessment_id"]));
        assert_eq!(office.to_visit(LIAISON).await.len(), 3);
        let again = client.post("/v1/visit-plans", plan.clone()).await.expect(201);
        assert_eq!((&again["planned"], again["left_out"].as_array().unwrap().len()), (&json!(1), 4));
        office.as_user(LIAISON).await.post("/v1/visit-plans", plan.clone()).await.refused(403, "permission.denied");
        office.as_user("county.990122").await.post("/v1/visit-plans", plan.clone()).await.refused(404, "division.not_found");
        let with = |field: &str, value: Value| { let mut body = plan.clone(); body[field] = value; body };
        client.post("/v1/visit-plans", with("limit", json!(0))).await.refused_field("/limit", "limit.range");
        client.post("/v1/visit-plans", with("due_date", json!("2030-01-01"))).await.refused_field("/due_date", "due_date.range");
        client.post("/v1/visit-plans", with("min_score", json!(-1))).await.refused_field("/min_score", "min_score.range");
    }

    async fn a_visit_goes_along_within_the_county_and_ends_beyond_it(office: &TestOffice) {
        let [mover, leaver, dying] = [office.resident().await, office.resident().await, office.resident().await];
        let [moved, left, last] = [office.plans_visit(COUNTY, &mover).await.expect(201),
            office.plans_visit(COUNTY, &leaver).await.expect(201), office.plans_visit(COUNTY, &dying).await.expect(201)];
        let client = office.as_user(COUNTY).await;
        let path = format!("/v1/residents/{mover}");
        let version = client.get(&path).await.expect(200)["version"].as_i64().unwrap();
        client.patch_seen(&path, version, json!({"division_code": "990121103202"})).await.expect(200);
        assert_eq!(office.visit(&id_of(&moved)).await["division_code"], "990121103202");
        let offered = office.transfers(&leaver, ELSEWHERE).await.expect(201);
        let miss = json!({"action": "miss", "comment": "无人"});
        office.reports_visit(LIAISON, &left, miss).await.refused(409, "resident.in_transfer");
        office.plans_visit(COUNTY, &leaver).await.refused(409, "resident.in_transfer");
        office.answers_transfer("county.990122", &offered, "accept").await.expect(201);
        office.believes(&dying, json!({"kind": "death", "value": "2022-07-04"})).await;
        office.pass_days(1).await;
        for (visit, reason) in [(&left, "走访对象已迁往其他县"), (&last, "走访对象已死亡")] {
            let ended = office.visit(&id_of(visit)).await;
            assert_eq!((&ended["state"], &ended["division_code"]), (&json!("cancelled"), &json!(VILLAGE)));
            let entry = &ended["history"][1];
            assert_eq!((&entry["comment"], &entry["actor_id"]), (&json!(reason), &json!(null)));
        }
        assert_eq!(office.visit(&id_of(&moved)).await["state"], "planned");
        assert_eq!(office.to_visit(LIAISON).await, Vec::<String>::new());
    }

    async fn nobody_finds_out_about_their_own(office: &TestOffice) {
        let case = office.draft().await;
        let client = office.as_user(COUNTY).await;
        let resident = client.get(&format!("/v1/cases/{case}")).await.expect(200)["resident_id"].as_str().unwrap().to_owned();
        client.post(&format!("/v1/cases/{case}/recusals"), json!({"relation": "sibling"})).await.expect(201);
        let visit = office.plans_visit(COUNTY, &resident).await.expect(201);
        let complete = json!({"action": "complete", "findings": {"lives_alone": true}});
        office.reports_visit(COUNTY, &visit, complete.clone()).await.refused(403, "case.recusal_required");
        office.reports_visit(TOWNSHIP, &visit, complete).await.expect(201);
    }
}
