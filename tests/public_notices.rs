//! What is on public notice, masked and without minors, and what was objected to it.

use serde_json::{Value, json};

use crate::support::people::{citizen_id, id_of, person};
use crate::support::{TestOffice, on_both};

const COUNTY: &str = "county.990121";

impl TestOffice {
    async fn on_notice(&self, filter: &str) -> Vec<Value> {
        let county = self.as_user(COUNTY).await;
        let page = county
            .get(&format!("/v1/public-notices{filter}"))
            .await
            .expect(200);
        page["items"].as_array().unwrap().clone()
    }

    async fn objections(&self, case: &str) -> Vec<Value> {
        let county = self.as_user(COUNTY).await;
        let page = county
            .get(&format!("/v1/cases/{case}/objections"))
            .await
            .expect(200);
        page["items"].as_array().unwrap().clone()
    }
}

on_both! {
    async fn what_is_published_is_masked_and_stays_as_it_was(office: &TestOffice) {
        let case = office.case_at("public_notice").await;
        let current = office.on_notice("?state=current").await;
        let [notice] = current.as_slice() else { panic!("{current:?}") };
        assert_eq!((&notice["case_id"], &notice["name_masked"]), (&json!(case), &json!("张**")));
        assert_eq!((&notice["amount_fen"], &notice["from_date"], &notice["to_date"]), (&json!(50_000), &json!("2022-07-04"), &json!("2022-07-13")));
        assert_eq!((&notice["program_name_zh"], &notice["outcome"]), (&json!("重度残疾人护理补贴"), &Value::Null));
        let told = notice.to_string();
        assert!(!told.contains("晓宝") && !told.contains("id_number") && !told.contains("12000001234"), "{told}");
        // Who is renamed later was published as they were called.
        let county = office.as_user(COUNTY).await;
        let resident = county.get(&format!("/v1/cases/{case}")).await.expect(200)["resident_id"].as_str().unwrap().to_owned();
        county.patch_seen(&format!("/v1/residents/{resident}"), 1, json!({"name": "李四"})).await.expect(200);
        office.pass_days(10).await;
        assert_eq!(office.on_notice("?state=current").await, Vec::<Value>::new());
        let ended = office.on_notice("?state=ended").await;
        assert_eq!((&ended[0]["name_masked"], &ended[0]["outcome"], &ended[0]["ended_at"]),
            (&json!("张**"), &json!("passed"), &json!("2022-07-14T01:00:00.000000Z")));
    }

    async fn a_list_is_cut_by_place_program_and_page(office: &TestOffice) {
        for _ in 0..3 {
            office.case_at("public_notice").await;
        }
        assert_eq!(office.on_notice("?program_code=living_subsidy").await.len(), 0);
        assert_eq!(office.on_notice("?program_code=nursing_subsidy&division_code=990121103").await.len(), 3);
        let county = office.as_user(COUNTY).await;
        county.get("/v1/public-notices?division_code=990122").await.refused(404, "division.not_found");
        county.get("/v1/public-notices?state=soon").await.expect(400);
        let first = county.get("/v1/public-notices?limit=2").await.expect(200);
        let next = first["next"].as_str().unwrap();
        let second = county.get(&format!("/v1/public-notices?limit=2&cursor={next}")).await.expect(200);
        assert_eq!((first["items"].as_array().unwrap().len(), second["items"].as_array().unwrap().len(), &second["next"]), (2, 1, &Value::Null));
        let elsewhere = office.as_user("county.990122").await;
        assert_eq!(elsewhere.get("/v1/public-notices").await.expect(200)["items"], json!([]));
        office.as_user("sysadmin").await.get("/v1/public-notices").await.refused(403, "permission.denied");
    }

    async fn minors_are_left_out_until_the_day_they_are_of_age(office: &TestOffice) {
        // On Monday, 4 July 2022, one is eighteen, the other will be tomorrow.
        for (birth, published) in [("20040704", 1), ("20040705", 1)] {
            let mut somebody = person();
            let id = citizen_id("990121", birth, 321);
            somebody["certificate"]["number"] = json!(format!("{id}41"));
            somebody["id_number"] = json!(id);
            let resident = id_of(&office.register(somebody).await);
            let case = office.draft_for(&resident, "nursing_subsidy").await;
            office.bring(&case, "public_notice").await;
            assert_eq!(office.on_notice("").await.len(), published, "{birth}");
        }
        // The step takes its time all the same.
        office.pass_days(10).await;
        let county = office.as_user(COUNTY).await;
        let waiting = county.get("/v1/cases?state=in_review&step=approval").await.expect(200);
        assert_eq!(waiting["items"].as_array().unwrap().len(), 2);
    }

    async fn an_objection_is_answered_with_a_reason(office: &TestOffice) {
        let case = office.case_at("public_notice").await;
        let county = office.as_user(COUNTY).await;
        county.act_saying(&case, "object", Some("有群众反映其家庭收入较高")).await.expect(201);
        assert_eq!(office.on_notice("?state=ended").await[0]["outcome"], "objected");
        let taken = office.objections(&case).await;
        assert_eq!((&taken[0]["text"], &taken[0]["taken_by"]["username"], &taken[0]["handling"]),
            (&json!("有群众反映其家庭收入较高"), &json!(COUNTY), &Value::Null));
        county.act(&case, "endorse").await.refused_field("/comment", "comment.objection");
        county.act_saying(&case, "endorse", Some("经入户核查，情况不属实")).await.expect(201);
        // Only the answer needs a word.
        office.as_user("civil.990121").await.act(&case, "endorse").await.expect(201);
        let county = office.as_user(COUNTY).await;
        county.act_saying(&case, "object", Some("再次反映")).await.expect(201);
        county.act_saying(&case, "return", Some("情况属实，退回核实")).await.expect(201);
        let all = office.objections(&case).await;
        let handled: Vec<_> = all.iter().map(|one| (&one["handling"]["outcome"], &one["handling"]["comment"])).collect();
        assert_eq!(handled, [(&json!("dismissed"), &json!("经入户核查，情况不属实")), (&json!("upheld"), &json!("情况属实，退回核实"))]);
        let outcomes: Vec<_> = office.on_notice("").await.iter().map(|one| one["outcome"].clone()).collect();
        assert_eq!(outcomes, [json!("objected"), json!("objected")]);
        office.as_user("county.990122").await.get(&format!("/v1/cases/{case}/objections")).await.refused(404, "case.not_found");
    }

    async fn a_withdrawn_application_is_taken_off(office: &TestOffice) {
        let case = office.case_at("public_notice").await;
        office.as_user("township.990121103").await.act(&case, "withdraw").await.expect(201);
        assert_eq!(office.on_notice("").await[0]["outcome"], "closed");
    }
}
