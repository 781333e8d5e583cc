//! Lists of other offices: whom they name, and what a person decides of it.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::support::payments::MAKER;
use crate::support::people::{fresh_citizen_id, id_of, person};
use crate::support::{Reply, TestOffice, on_both};

const CARD: &str = "6200000000000012344";
const CIVIL: &str = "civil.990121";
const APPROVER: &str = "approver.990121";
const HERE: &str = "990121000000";

/// A list of deaths in the layout of a civil affairs office.
pub fn deaths(rows: &[(&str, &str, &str)]) -> String {
    let mut text = "姓名,身份证号,死亡日期,备注\n".to_owned();
    for (name, number, date) in rows {
        writeln!(text, "{name},{number},{date},").unwrap();
    }
    text
}

impl TestOffice {
    /// Somebody enrolled, and their number.
    pub async fn known_payee(&self) -> (String, String) {
        let new = person();
        let number = new["id_number"].as_str().unwrap().to_owned();
        let resident = id_of(&self.register(new).await);
        let case = self.draft_for(&resident, "nursing_subsidy").await;
        self.bring(&case, "approval").await;
        let approver = self.as_user(APPROVER).await;
        approver.act(&case, "approve").await.expect(201);
        (resident, number)
    }

    pub async fn brings(&self, username: &str, kind: &str, division: &str, text: &str) -> Reply {
        let client = self.as_user(username).await;
        let path = format!("/v1/match-lists?kind={kind}&division_code={division}");
        let request = client.request("POST", &path);
        request.content("text/csv", text.as_bytes()).send().await
    }

    async fn decides_match(&self, username: &str, id: &str, body: Value) -> Reply {
        let client = self.as_user(username).await;
        let path = format!("/v1/matches/{id}");
        let now = client.get(&path).await.expect(200);
        let version = now["version"].as_i64().unwrap();
        client
            .post_seen(&format!("{path}/decision"), version, body)
            .await
    }
}

on_both! {
    async fn a_list_suspects_whom_it_names_and_says_what_it_cannot_read(office: &TestOffice) {
        let (resident, number) = office.known_payee().await;
        // Registered, but without a benefit.
        let plain = person();
        let unserved = plain["id_number"].as_str().unwrap().to_owned();
        office.register(plain).await;
        let stranger = fresh_citizen_id();
        let text = deaths(&[
            ("张晓宝", &number, "2022-07-01"), ("张晓宝", &unserved, "2022-07-01"),
            ("无名氏", &stranger, "2022-07-01"), ("张晓宝", "123", "2022-07-01"), ("张晓宝", &stranger, "2032-07-01"),
        ]);
        let reply = office.brings(MAKER, "deaths", HERE, &text).await;
        let list = reply.expect(201);
        assert_eq!(reply.header("location"), Some(format!("/v1/matches?list_id={}", id_of(&list)).as_str()));
        assert_eq!(
            (&list["row_count"], &list["rejected_count"], &list["unmatched_count"], &list["known_count"], &list["suspected_count"]),
            (&json!(5), &json!(2), &json!(2), &json!(0), &json!(1))
        );
        let rows: Vec<_> = list["rows"].as_array().unwrap().iter().map(|row| (row["line"].clone(), row["verdict"].clone(), row["errors"][0]["code"].clone())).collect();
        assert_eq!(json!(rows), json!([[2, "suspected", null], [5, "rejected", "id_number.length"], [6, "rejected", "event_date"]]));
        assert!(!list.to_string().contains(&stranger) && !list.to_string().contains(&number));
        // The same file once; another with the same row adds nothing.
        let refusal = office.brings(CIVIL, "deaths", HERE, &text).await.refused(409, "match_list.imported_already");
        assert_eq!(refusal["match_list_id"], list["id"]);
        let again = office.brings(CIVIL, "deaths", HERE, &deaths(&[("张小宝", &number, "2022/7/1")])).await.expect(201);
        assert_eq!((&again["known_count"], &again["rows"][0]["verdict"], &again["rows"][0]["match_id"]),
            (&json!(1), &json!("known"), &list["rows"][0]["match_id"]));
        // Another day is another suspicion.
        let other = office.brings(CIVIL, "deaths", HERE, &deaths(&[("张小宝", &number, "2022/7/2")])).await.expect(201);
        assert_eq!(other["suspected_count"], 1);
        let client = office.as_user(CIVIL).await;
        let all = client.get(&format!("/v1/matches?state=suspected&resident_id={resident}")).await.expect(200);
        let told: Vec<_> = all["items"].as_array().unwrap().iter().map(|one| (one["event_date"].clone(), one["name_differs"].clone(), one["state"].clone())).collect();
        assert_eq!(json!(told), json!([["2022-07-01", false, "suspected"], ["2022-07-02", true, "suspected"]]));
        assert_eq!(all["items"][0]["enrollment_ids"], json!([id_of(&office.benefit_of(&resident).await)]));
        assert_eq!(office.as_user(MAKER).await.get("/v1/match-lists?kind=deaths").await.expect(200)["items"].as_array().unwrap().len(), 3);
        assert_eq!(office.as_user(MAKER).await.get("/v1/match-lists?kind=moves").await.expect(200)["items"], json!([]));
    }

    async fn a_death_ends_what_runs_and_recovers_what_was_paid_since(office: &TestOffice) {
        let (resident, number) = office.known_payee().await;
        office.is_paid_at(&resident, CARD).await.expect(201);
        office.lays_down(2022, 1_000_000).await.expect(201);
        office.pays_out(&resident, "2022-07", 55_000).await;
        office.pass_days(45).await;
        office.pays_out(&resident, "2022-08", 55_000).await;
        let list = office.brings(MAKER, "deaths", HERE, &deaths(&[("张晓宝", &number, "2022-07-20")])).await.expect(201);
        let id = list["rows"][0]["match_id"].as_str().unwrap().to_owned();
        office.decides_match(MAKER, &id, json!({"outcome": "stop"})).await.refused(403, "match.own");
        office.decides_match(CIVIL, &id, json!({"outcome": "dismiss"})).await.refused_field("/comment", "comment.length");
        office.decides_match(CIVIL, &id, json!({"outcome": "stop", "effective_month": "2022-07"})).await.refused_field("/effective_month", "match.month");
        office.as_user(CIVIL).await.post_seen(&format!("/v1/matches/{id}/decision"), 9, json!({"outcome": "stop"})).await.refused(412, "if_match.stale");
        let decided = office.decides_match(CIVIL, &id, json!({"outcome": "stop", "comment": "已与村委会核实"})).await.expect(201);
        assert_eq!((&decided["state"], &decided["outcome"], &decided["effective_month"]), (&json!("confirmed"), &json!("stop"), &json!("2022-08")));
        let enrollment = office.benefit_of(&resident).await;
        assert_eq!((&enrollment["state"], &enrollment["stop_month"]), (&json!("stopped"), &json!("2022-07")));
        let client = office.as_user(CIVIL).await;
        let case = client.get(&format!("/v1/cases/{}", enrollment["case_id"].as_str().unwrap())).await.expect(200);
        assert_eq!(case["state"], "terminated");
        let notices = client.get(&format!("/v1/cases/{}/notices", enrollment["case_id"].as_str().unwrap())).await.expect(200);
        assert_eq!(notices["items"].as_array().unwrap().last().unwrap()["kind"], "terminate");
        let recoveries = client.get(&format!("/v1/recoveries?resident_id={resident}")).await.expect(200);
        assert_eq!((&recoveries["items"][0]["total_fen"], &recoveries["items"][0]["reason"]), (&json!(55_000), &json!("death")));
        let township = office.as_user("township.990121103").await;
        let facts = township.get(&format!("/v1/residents/{resident}/circumstances")).await.expect(200);
        let death = facts["items"].as_array().unwrap().iter().find(|one| one["kind"] == "death").unwrap();
        assert_eq!((&death["value"], &death["source"]), (&json!("2022-07-20"), &json!("match_list")));
        office.decides_match(CIVIL, &id, json!({"outcome": "stop"})).await.refused(409, "match.decided");
        // Nothing is left that another list might end.
        let late = office.brings(MAKER, "deaths", HERE, &deaths(&[("张晓宝", &number, "2022-08-20")])).await.expect(201);
        assert_eq!(late["unmatched_count"], 1);
    }

    async fn a_suspicion_is_dismissed_or_holds_back(office: &TestOffice) {
        let (resident, number) = office.known_payee().await;
        let moves = |date: &str| format!("姓名,身份证号,迁出日期\n张晓宝,{number},{date}\n");
        let dismissed = office.brings(MAKER, "moves", HERE, &moves("2022-07-01")).await.expect(201);
        let id = dismissed["rows"][0]["match_id"].as_str().unwrap();
        let body = json!({"outcome": "dismiss", "comment": "户口未迁，系同名"});
        assert_eq!(office.decides_match(APPROVER, id, body).await.expect(201)["state"], "dismissed");
        assert_eq!(office.benefit_of(&resident).await["state"], "active");
        let held = office.brings(MAKER, "imprisonments", HERE, &format!("姓名,身份证号,入监日期\n张晓宝,{number},2022-07-02\n")).await.expect(201);
        let id = held["rows"][0]["match_id"].as_str().unwrap();
        office.decides_match(APPROVER, id, json!({"outcome": "suspend", "effective_month": "2022-08"})).await.expect(201);
        assert_eq!(office.benefit_of(&resident).await["state"], "suspended");
        let township = office.as_user("township.990121103").await;
        let facts = township.get(&format!("/v1/residents/{resident}/circumstances")).await.expect(200);
        assert!(facts["items"].as_array().unwrap().iter().any(|one| one["kind"] == "imprisonment" && one["value"] == true));
        let timeline = office.as_user(MAKER).await.get(&format!("/v1/residents/{resident}/timeline")).await.expect(200).to_string();
        assert!(timeline.contains("名单比对疑似") && timeline.contains("比对结果核实"), "{timeline}");
        // Suspended already, and so there is nothing to hold back.
        let again = office.brings(MAKER, "moves", HERE, &moves("2022-07-03")).await.expect(201);
        let id = again["rows"][0]["match_id"].as_str().unwrap();
        assert_eq!(office.decides_match(APPROVER, id, json!({"outcome": "suspend"})).await.expect(201)["state"], "confirmed");
    }

    async fn a_city_finds_its_counties_people_and_the_next_county_nobody(office: &TestOffice) {
        let (_, number) = office.known_payee().await;
        let text = deaths(&[("张晓宝", &number, "2022-07-01")]);
        let there = office.brings("county.990122", "deaths", "990122000000", &text).await.expect(201);
        assert_eq!((&there["unmatched_count"], &there["rows"]), (&json!(1), &json!([])));
        office.brings("county.990122", "deaths", HERE, &text).await.refused(404, "division.not_found");
        let found = office.brings("supervisor.990100", "deaths", "990100000000", &text).await.expect(201);
        let id = found["rows"][0]["match_id"].as_str().unwrap().to_owned();
        let next = office.as_user("county.990122").await;
        next.get(&format!("/v1/matches/{id}")).await.refused(404, "match.not_found");
        assert_eq!(next.get("/v1/matches").await.expect(200)["items"], json!([]));
        next.post_seen(&format!("/v1/matches/{id}/decision"), 1, json!({"outcome": "stop"})).await.refused(404, "match.not_found");
        // A county decides what its city has found.
        let finance = office.as_user("finance.990121").await;
        finance.post_seen(&format!("/v1/matches/{id}/decision"), 1, json!({"outcome": "stop"})).await.refused(403, "permission.denied");
        office.decides_match(MAKER, &id, json!({"outcome": "stop"})).await.expect(201);
        office.brings(MAKER, "deaths", "990121103000", &text).await.refused_parameter("division_code", "division.level");
        office.brings("finance.990121", "deaths", HERE, &text).await.refused(403, "permission.denied");
        office.brings(MAKER, "deaths", HERE, "姓名,身份证号\n").await.expect(422);
    }

    async fn who_is_related_to_somebody_decides_nothing_of_them(office: &TestOffice) {
        let (resident, number) = office.known_payee().await;
        office.is_paid_at(&resident, CARD).await.expect(201);
        let list = office.brings(MAKER, "deaths", HERE, &deaths(&[("张晓宝", &number, "2022-07-01")])).await.expect(201);
        let id = list["rows"][0]["match_id"].as_str().unwrap();
        let civil = office.as_user(CIVIL).await;
        civil.patch_seen("/v1/me", 1, json!({"bank_account": CARD})).await.expect(200);
        office.decides_match(CIVIL, id, json!({"outcome": "stop"})).await.refused(403, "case.recusal_required");
        assert_eq!(office.benefit_of(&resident).await["state"], "active");
    }
}
