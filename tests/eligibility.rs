//! What the rules find: for one person over all programs, and for whole villages before anybody asks.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::people::{ELSEWHERE, VILLAGE, id_of, person};
use crate::support::{TestOffice, on_both};

fn outcomes(page: &Value) -> Vec<(String, String)> {
    let items = page["items"].as_array().unwrap().iter();
    let of = |item: &Value| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (
            text(&item["program_code"]),
            text(&item["decision"]["outcome"]),
        )
    };
    items.map(of).collect()
}

fn outcome<'p>(page: &'p [(String, String)], program: &str) -> &'p str {
    &page.iter().find(|(code, _)| code == program).unwrap().1
}

on_both! {
    async fn all_programs_answer_for_one_person(office: &TestOffice) {
        let mut poor = person();
        poor["circumstances"]["income_status"] = json!("minimum_living");
        let resident = id_of(&office.register(poor).await);
        let path = format!("/v1/residents/{resident}/eligibility");
        let county = office.as_user("county.990121").await;
        let page = county.get(&path).await.expect(200);
        let found = outcomes(&page);
        assert_eq!(found.len(), 9);
        for (program, expected) in [
            ("living_subsidy", "eligible"), ("nursing_subsidy", "eligible"), ("home_renovation", "eligible"),
            ("device_subsidy", "eligible"), ("medical_insurance_subsidy", "needs_information"),
            ("child_rehabilitation", "not_eligible"), ("social_insurance_subsidy", "not_eligible"),
        ] {
            assert_eq!(outcome(&found, program), expected, "{program}");
        }
        let device = page["items"].as_array().unwrap().iter().find(|item| item["program_code"] == "device_subsidy").unwrap();
        assert_eq!((&device["decision"]["amount_fen"], &device["decision"]["amount_reason_zh"]), (&json!(120_000), &json!("cap")));
        // As it was before the standards rose: the versions of that day, and the facts known by then.
        let before = county.get(&format!("{path}?valid_at=2022-06-30")).await.expect(200);
        let device = before["items"].as_array().unwrap().iter().find(|item| item["program_code"] == "device_subsidy").unwrap();
        assert_eq!(device["decision"]["program_version"], 1);
        let unknown = county.get(&format!("{path}?known_at=2022-01-01T00:00:00Z")).await.expect(200);
        assert_eq!(outcome(&outcomes(&unknown), "nursing_subsidy"), "not_eligible");
        // Twice the same question, twice the same answer.
        assert_eq!(county.get(&path).await.expect(200), page);
        // The look is on record, and the next county sees nothing.
        let events = office.as_user("auditor.990121").await.get(&format!("/v1/audit/events?resident_id={resident}")).await.expect(200);
        let actions: Vec<_> = events["items"].as_array().unwrap().iter().map(|event| event["action"].as_str().unwrap()).collect();
        assert!(actions.contains(&"resident.eligibility_viewed"), "{actions:?}");
        office.as_user("county.990122").await.get(&path).await.refused(404, "resident.not_found");
        office.as_user("sysadmin").await.get(&path).await.refused(403, "permission.denied");
        county.get(&format!("{path}?valid_at=x")).await.refused_parameter("valid_at", "field.invalid");
    }

    async fn the_unserved_are_found_before_they_ask(office: &TestOffice) {
        // Entitled; entitled and served; nearly, but for a fact; not; and one in the next county.
        let entitled = office.resident().await;
        let served = office.resident().await;
        office.draft_for(&served, "nursing_subsidy").await;
        let mut unknown = person();
        unknown["circumstances"] = json!({});
        unknown["certificate"]["issued_date"] = json!("2015-01-01");
        let nearly = id_of(&office.register(unknown).await);
        let mut well = person();
        well["circumstances"]["care_need"] = json!("none");
        let well = id_of(&office.register(well).await);
        let mut far = person();
        far["division_code"] = json!(ELSEWHERE);
        let far = id_of(&office.register(far).await);

        let liaison = office.as_user(&format!("liaison.{VILLAGE}")).await;
        let path = "/v1/programs/nursing_subsidy/unserved";
        let page = liaison.get(path).await.expect(200);
        let ids: Vec<_> = page["items"].as_array().unwrap().iter().map(|item| item["resident_id"].as_str().unwrap()).collect();
        assert_eq!(ids, [&entitled, &nearly]);
        assert_eq!(page["next"], Value::Null);
        assert_eq!(page["items"][0]["programs"][0]["decision"]["amount_fen"], 50_000);
        let only = liaison.get(&format!("{path}?outcome=eligible&division_code={VILLAGE}")).await.expect(200);
        assert_eq!(only["items"].as_array().unwrap().len(), 2);
        // Over all programs, with what is missing: whom to visit.
        let visits = liaison.get("/v1/unserved-residents?outcome=needs_information").await.expect(200);
        let nearly_so = visits["items"].as_array().unwrap().iter().find(|item| item["resident_id"] == json!(nearly)).unwrap();
        let living = nearly_so["programs"].as_array().unwrap().iter().find(|one| one["program_code"] == "living_subsidy").unwrap();
        assert_eq!(living["decision"]["clauses"][2]["missing"], json!(["circumstances.income_status"]));
        // One by one is the same.
        let mut one_by_one = Vec::new();
        let mut next = json!(null);
        loop {
            let cursor = next.as_str().map_or(String::new(), |cursor| format!("&cursor={cursor}"));
            let page = liaison.get(&format!("{path}?limit=1{cursor}")).await.expect(200);
            one_by_one.extend(page["items"].as_array().unwrap().iter().map(|item| item["resident_id"].as_str().unwrap().to_owned()));
            next = page["next"].clone();
            if next.is_null() {
                break;
            }
        }
        assert_eq!(one_by_one, [entitled.as_str(), nearly.as_str()]);
        // The city sees both counties; a county not the other, nor what is not its own.
        let supervisor = office.as_user("supervisor.990100").await;
        let all = supervisor.get(path).await.expect(200);
        assert_eq!(all["items"].as_array().unwrap().last().unwrap()["resident_id"], json!(far));
        assert!(!all.to_string().contains(&well));
        liaison.get(&format!("{path}?division_code={ELSEWHERE}")).await.refused(404, "division.not_found");
        liaison.get("/v1/programs/unheard_of/unserved").await.refused(404, "program.not_found");
        liaison.get(&format!("{path}?limit=0")).await.refused_parameter("limit", "limit.range");
    }

    async fn each_of_the_five_services_takes_its_own_case(office: &TestOffice) {
        let mut poor = person();
        poor["circumstances"]["income_status"] = json!("minimum_living");
        let resident = id_of(&office.register(poor).await);
        let township = office.as_user("township.990121103").await;
        let file = |program: &str, details: Value| json!({"resident_id": resident, "program_code": program, "details": details});
        for (program, service, details) in [
            ("living_subsidy", "subsidy", json!({"note": "本人申请"})),
            ("targeted_rehabilitation", "rehabilitation", json!({"need": "training"})),
            ("device_subsidy", "assistive_device", json!({"item": "手动轮椅", "quantity": 1, "reason": "first"})),
            ("home_renovation", "accessibility_renovation", json!({"items": ["entrance", "grab_bars"], "owner_agrees": true})),
            ("employment_support", "employment", json!({"intent": "flexible"})),
        ] {
            let case = township.post("/v1/cases", file(program, details.clone())).await.expect(201);
            assert_eq!((&case["service"], &case["details"]), (&json!(service), &details));
        }
        let wrong = file("medical_insurance_subsidy", json!({"quantity": 1}));
        township.post("/v1/cases", wrong).await.refused_field("/details/quantity", "details.unknown");
        // A device is granted without an enrollment, by those who may.
        let list = township.get(&format!("/v1/residents/{resident}/cases")).await.expect(200);
        let device = list["items"].as_array().unwrap().iter().find(|case| case["program_code"] == "device_subsidy").unwrap();
        let device = id_of(device);
        township.act(&device, "submit").await.expect(201);
        office.as_user("county.990121").await.act(&device, "endorse").await.expect(201);
        office.pass(Duration::from_secs(1)).await;
        let approved = office.as_user("approver.990121").await.act(&device, "approve").await.expect(201);
        assert_eq!((&approved["state"], &approved["eligibility"]["amount_fen"]), (&json!("approved"), &json!(120_000)));
        let enrollments = office.as_user("county.990121").await.get(&format!("/v1/enrollments?case_id={device}")).await.expect(200);
        assert_eq!(enrollments["items"], json!([]));
    }
}
