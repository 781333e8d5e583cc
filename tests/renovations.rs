//! Renovations of homes: from the survey to the settlement, who builds and who inspects, and one dwelling once.

use serde_json::{Value, json};

use crate::support::people::{ELSEWHERE, VILLAGE, id_of};
use crate::support::renovations::{PROJECTS, item};
use crate::support::{TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
const COUNTY: &str = "county.990121";
const APPROVER: &str = "approver.990121";
const HOME: &str = "丙岭三号镇一号村12号";

fn actions(history: &Value) -> Vec<&str> {
    let all = history.as_array().unwrap().iter();
    all.map(|turn| turn["action"].as_str().unwrap()).collect()
}

on_both! {
    async fn a_home_goes_from_its_survey_to_its_settlement(office: &TestOffice) {
        let case = office.home_case(VILLAGE).await;
        let county = office.as_user(COUNTY).await;
        let one = office.surveys(VILLAGE, &case, HOME).await.expect(201);
        assert_eq!((&one["state"], &one["cap_fen"], &one["version"]), (&json!("surveyed"), &json!(600_000), &json!(1)));
        assert_eq!(one["allowed_actions"], json!(["assess", "cancel"]));
        let begun = county.get(&format!("/v1/cases/{case}")).await.expect(200);
        assert_eq!(begun["state"], json!("in_service"));
        county.act(&case, "complete").await.refused(409, "renovation_project.unfinished");
        let one = office.designed(VILLAGE, &one).await;
        assert_eq!((&one["state"], &one["budget_fen"], &one["items"][0]["state"]), (&json!("designed"), &json!(180_000), &json!("planned")));
        let one = office.consents(VILLAGE, &one, 7).await;
        // Who sits in the township does not choose who builds, and nobody does before the notice has hung out.
        let builder = office.builder("990121").await;
        let choose = json!({"action": "contract", "contractor_id": builder});
        office.moves_project(TOWNSHIP, &one, choose.clone()).await.refused(403, "renovation_project.county_only");
        office.moves_project(COUNTY, &one, choose).await.refused(409, "renovation_project.notice_running");
        office.pass_days(7).await;
        let one = office.built(VILLAGE, &one, &builder).await;
        assert_eq!((&one["state"], &one["items"][0]["measured_after"]), (&json!("finished"), &json!("坡道，坡度1:12")));
        let one = office.accepted(VILLAGE, &one).await;
        assert_eq!((&one["state"], &one["acceptance"]["signed_by"]), (&json!("accepted"), &json!("张晓宝")));
        // 120 months.
        let accepted = one["acceptance"]["date"].as_str().unwrap();
        let again = format!("2032{}", &accepted[4..]);
        assert_eq!(one["acceptance"]["possible_from"], json!(again));
        let county = office.as_user(COUNTY).await;
        county.act(&case, "complete").await.expect(201);
        // The money follows after the case is done.
        let propose = json!({"action": "propose", "amount_fen": 170_000});
        let one = office.moves_project(COUNTY, &one, propose.clone()).await.expect(201);
        assert_eq!(one["allowed_actions"], json!([]));
        office.moves_project(COUNTY, &one, json!({"action": "settle"})).await.refused(403, "renovation_project.own_settlement");
        let back = json!({"action": "return", "comment": "发票未附"});
        let one = office.moves_project(APPROVER, &one, back).await.expect(201);
        let one = office.moves_project(COUNTY, &one, propose).await.expect(201);
        let one = office.moves_project(APPROVER, &one, json!({"action": "settle"})).await.expect(201);
        assert_eq!((&one["state"], &one["settlement"]["amount_fen"]), (&json!("settled"), &json!(170_000)));
        let owed = county.get("/v1/payables?division_code=990121000000").await.expect(200);
        let owed = &owed["items"][0];
        assert_eq!((&owed["source"], &owed["amount_fen"], &owed["organization_id"]), (&json!("renovation_settlement"), &json!(170_000), &json!(builder)));
        assert_eq!(actions(&one["history"]), ["survey", "assess", "design", "consent", "contract", "start", "progress", "finish",
            "inspect", "inspect", "accept", "propose", "return", "propose", "settle"]);
        let listed = county.get(&format!("{PROJECTS}?case_id={case}")).await.expect(200);
        assert_eq!((&listed["items"][0]["address"], listed["items"][0].get("history")), (&json!("丙岭三****"), None));
        // The household counts, and the figure opens to what it counts.
        let year = &accepted[..4];
        let counts = county.get(&format!("{PROJECTS}/counts?division_code=990121000000&from_date={year}-01-01&to_date={year}-12-31")).await.expect(200);
        let figures = &counts["items"];
        assert_eq!((&figures[0]["households"], &figures[0]["projects"], &figures[1]["division_code"]), (&json!(1), &json!(1), &json!("990121103000")));
        let counted = county.get(figures[0]["list"].as_str().unwrap()).await.expect(200);
        assert_eq!((counted["items"].as_array().unwrap().len(), &counted["items"][0]["id"]), (1, &one["id"]));
        county.get(&format!("{PROJECTS}/counts?division_code=990122000000&from_date=2022-01-01&to_date=2022-12-31")).await.refused(404, "division.not_found");
        county.get(&format!("{PROJECTS}/counts?division_code=990121000000&from_date=2022-02-01&to_date=2022-01-01")).await.refused_parameter("to_date", "period.order");
        // Somebody looks again after three months.
        let path = format!("{PROJECTS}/{}/visits", id_of(&one));
        let due = county.get("/v1/follow-ups?division_code=990121000000").await.expect(200);
        let due = &due["items"][0];
        assert_eq!(due["kind"], json!("renovation_visit"));
        let found = json!({"follow_up_id": due["id"], "result": "needs_repair"});
        county.post(&path, found.clone()).await.refused_field("/note", "note.length");
        let found = json!({"follow_up_id": due["id"], "result": "in_use"});
        county.post(&path, found.clone()).await.expect(201);
        county.post(&path, found).await.refused(409, "follow_up.ended");
        let now = county.get(&format!("{PROJECTS}/{}", id_of(&one))).await.expect(200);
        assert_eq!(now["visits"][0]["result"], json!("in_use"));
    }

    async fn nobody_inspects_who_belongs_to_the_builder_and_two_must_pass_it(office: &TestOffice) {
        let case = office.home_case(VILLAGE).await;
        let one = office.surveys(VILLAGE, &case, HOME).await.expect(201);
        let one = office.designed(VILLAGE, &one).await;
        let one = office.consented(VILLAGE, &one).await;
        // The office itself does not build: it assessed, and people of the project belong to it.
        let own = office.organization_of("990121", "federation").await;
        let choose = json!({"action": "contract", "contractor_id": own});
        office.moves_project(COUNTY, &one, choose).await.refused(409, "renovation_project.contractor_connected");
        let builder = office.builder("990121").await;
        let one = office.built(VILLAGE, &one, &builder).await;
        let day = office.today().to_string();
        let accept = json!({"action": "accept", "acceptance": {"signed_by": "张晓宝", "relation": "self", "date": day}});
        office.moves_project(COUNTY, &one, accept.clone()).await.refused(409, "renovation_project.inspections");
        let passed = json!({"action": "inspect", "passed": true, "comment": "合格"});
        let one = office.moves_project(TOWNSHIP, &one, passed.clone()).await.expect(201);
        office.moves_project(COUNTY, &one, accept.clone()).await.refused(409, "renovation_project.inspections");
        office.moves_project(TOWNSHIP, &one, passed.clone()).await.refused(403, "renovation_project.inspector");
        // A defect: it is reworked, and inspected anew by two.
        let reject = json!({"action": "reject", "comment": "坡道过陡"});
        office.moves_project(COUNTY, &one, reject.clone()).await.refused(409, "renovation_project.inspections");
        let failed = json!({"action": "inspect", "passed": false, "comment": "坡道过陡"});
        let one = office.moves_project(COUNTY, &one, failed).await.expect(201);
        office.moves_project(APPROVER, &one, accept.clone()).await.refused(409, "renovation_project.inspections");
        let one = office.moves_project(COUNTY, &one, reject).await.expect(201);
        assert_eq!(one["state"], json!("rework"));
        let again = json!({"action": "progress", "progress": [{"item_id": one["items"][0]["id"], "state": "under_way"}]});
        let one = office.moves_project(TOWNSHIP, &one, again).await.expect(201);
        office.moves_project(TOWNSHIP, &one, json!({"action": "finish"})).await.refused(409, "renovation_project.items_unfinished");
        let done = json!({"action": "progress", "progress": [{"item_id": one["items"][0]["id"], "state": "done", "measured_after": "坡度1:14"}]});
        let one = office.moves_project(TOWNSHIP, &one, done).await.expect(201);
        let one = office.moves_project(TOWNSHIP, &one, json!({"action": "finish"})).await.expect(201);
        office.accepted(VILLAGE, &one).await;
    }

    async fn a_dwelling_is_renovated_once(office: &TestOffice) {
        let elderly = json!({"division_code": VILLAGE, "address": "丙岭三号镇一号村18号", "completed_date": "2022-05-20", "source": "民政局名单"});
        let township = office.as_user(TOWNSHIP).await;
        let known = township.post("/v1/elderly-renovations", elderly.clone()).await.expect(201);
        township.post("/v1/elderly-renovations", elderly).await.refused(409, "elderly_renovation.known");
        let (first, second) = (office.home_case(VILLAGE).await, office.home_case(VILLAGE).await);
        office.surveys(VILLAGE, &first, "丙岭三号镇一号村 18号").await.refused(409, "renovation_project.elderly_friendly");
        let path = format!("/v1/elderly-renovations/{}/withdrawal", id_of(&known));
        let township = office.as_user(TOWNSHIP).await;
        township.post(&path, json!({"reason": "门牌号有误"})).await.expect(201);
        township.post(&path, json!({"reason": "门牌号有误"})).await.refused(409, "elderly_renovation.known");
        office.surveys(VILLAGE, &first, "丙岭三号镇一号村18号").await.expect(201);
        // Whoever lives there, and however the address is written.
        office.surveys(VILLAGE, &second, "丙岭三号镇，一号村１８号").await.refused(409, "renovation_project.open");
        office.surveys(VILLAGE, &first, "丙岭三号镇一号村19号").await.refused(409, "renovation_project.open");
        let listed = township.get("/v1/elderly-renovations").await.expect(200);
        assert_eq!(listed["items"][0]["withdrawal"]["reason"], json!("门牌号有误"));
        let mine = office.as_user(COUNTY).await.get(&format!("{PROJECTS}?state=surveyed")).await.expect(200);
        let one = office.as_user(COUNTY).await.get(&format!("{PROJECTS}/{}", id_of(&mine["items"][0]))).await.expect(200);
        let one = office.designed(VILLAGE, &one).await;
        let one = office.consented(VILLAGE, &one).await;
        let builder = office.builder("990121").await;
        let one = office.built(VILLAGE, &one, &builder).await;
        let one = office.accepted(VILLAGE, &one).await;
        let refused = office.surveys(VILLAGE, &second, "丙岭三号镇一号村18号").await.refused(409, "renovation_project.period");
        assert_eq!(refused["possible_from"], one["acceptance"]["possible_from"]);
    }

    async fn what_does_not_fit_is_refused_and_nothing_is_half_done(office: &TestOffice) {
        let case = office.home_case(VILLAGE).await;
        office.surveys(VILLAGE, &case, " ，").await.refused_field("/address", "field.invalid");
        let other = office.draft().await;
        office.surveys(VILLAGE, &other, HOME).await.refused(409, "renovation_project.case_not_approved");
        let one = office.surveys(VILLAGE, &case, HOME).await.expect(201);
        office.moves_project(TOWNSHIP, &one, json!({"action": "start"})).await.refused(409, "renovation_project.transition_not_allowed");
        office.moves_project(TOWNSHIP, &one, json!({"action": "survey"})).await.refused(409, "renovation_project.transition_not_allowed");
        office.moves_project(TOWNSHIP, &one, json!({"action": "assess", "comment": "可改造"})).await.refused_field("/assessment", "field.missing");
        office.moves_project(TOWNSHIP, &one, json!({"action": "cancel"})).await.refused_field("/comment", "comment.length");
        office.moves_project("county.990122", &one, json!({"action": "cancel", "comment": "误"})).await.refused(404, "renovation_project.not_found");
        let one = office.designed(VILLAGE, &one).await;
        let mut dear = item("卫生间");
        dear["unit_price_fen"] = json!(600_001);
        let refused = office.moves_project(TOWNSHIP, &one, json!({"action": "design", "items": [dear.clone()]})).await.refused(409, "renovation_project.over_cap");
        assert_eq!(refused["cap_fen"], json!(600_000));
        let foreign = office.photo(ELSEWHERE, &office.home_case(ELSEWHERE).await, 3).await;
        dear["unit_price_fen"] = json!(1_000);
        dear["before_document_id"] = json!(foreign);
        office.moves_project(TOWNSHIP, &one, json!({"action": "design", "items": [dear]})).await.refused_field("/items/0/before_document_id", "document.no_photo");
        let now = office.as_user(COUNTY).await.get(&format!("{PROJECTS}/{}", id_of(&one))).await.expect(200);
        assert_eq!((&now["version"], &now["budget_fen"], now["items"].as_array().unwrap().len()), (&json!(3), &json!(180_000), 1));
        // With the case ends what was not accepted.
        let county = office.as_user(APPROVER).await;
        county.act_saying(&case, "terminate", Some("房屋将拆迁")).await.expect(201);
        let now = county.get(&format!("{PROJECTS}/{}", id_of(&one))).await.expect(200);
        assert_eq!((&now["state"], &now["history"][3]["comment"]), (&json!("cancelled"), &json!("房屋将拆迁")));
    }
}
