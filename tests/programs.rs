//! Programs as data: drafted by one person, approved by another, dated, and never edited.

use serde_json::{Value, json};

use crate::support::people::{id_of, person};
use crate::support::{Backend, TestOffice, on_both};

const DRAFTS: &str = "/v1/programs/nursing_subsidy/drafts";

/// The present version's terms from a day on, with another amount.
async fn raised(office: &TestOffice, from: &str, amount: &str) -> Value {
    let supervisor = office.as_user("supervisor.990100").await;
    let versions = supervisor
        .get("/v1/programs/nursing_subsidy/versions?valid_at=2022-07-04")
        .await
        .expect(200);
    let mut terms = versions["items"][0].as_object().unwrap().clone();
    for own in ["id", "program_code", "version"] {
        terms.remove(own);
    }
    let mut terms = Value::Object(terms);
    terms["effective_from"] = json!(from);
    terms["rules"]["benefit"]["amount_fen"] = json!(amount);
    terms
}

/// A draft by `supervisor.990100`, approved by the other; the version.
async fn brought_into_force(office: &TestOffice, terms: Value) -> Value {
    let author = office.as_user("supervisor.990100").await;
    let draft = id_of(&author.post(DRAFTS, terms).await.expect(201));
    let approver = office.as_user("supervisor2.990100").await;
    let path = format!("{DRAFTS}/{draft}/approval");
    approver.post_seen(&path, 1, json!({})).await.expect(201)
}

on_both! {
    async fn a_standard_rises_at_mid_year(office: &TestOffice) {
        let before = office.draft().await;
        let terms = raised(office, "2022-09-01", "60000").await;
        let author = office.as_user("supervisor.990100").await;
        let saved = author.post(DRAFTS, terms.clone()).await.expect(201);
        assert_eq!((&saved["state"], &saved["revision"], &saved["doubts"]), (&json!("draft"), &json!(1), &json!([])));
        let draft = format!("{DRAFTS}/{}", saved["id"].as_str().unwrap());
        // Changed once more, by its author.
        let mut better = terms.clone();
        better["rules"]["benefit"]["amount_fen"] = json!("65000");
        let put = |version: i64, body: &Value| author.request("PUT", &draft).seen(version).json(body);
        assert_eq!(put(1, &better).send().await.expect(200)["revision"], 2);
        put(1, &better).send().await.refused(412, "if_match.stale");
        author.request("PUT", &draft).json(&better).send().await.refused(428, "if_match.missing");

        // Nobody approves what they wrote, and what was read is what is approved.
        author.post_seen(&format!("{draft}/approval"), 2, json!({})).await.refused(403, "program.separation_of_duties");
        let approver = office.as_user("supervisor2.990100").await;
        approver.request("PUT", &draft).seen(2).json(&better).send().await.refused(403, "program_draft.of_another");
        approver.post_seen(&format!("{draft}/approval"), 1, json!({})).await.refused(412, "if_match.stale");
        let version = approver.post_seen(&format!("{draft}/approval"), 2, json!({})).await.expect(201);
        assert_eq!((&version["version"], &version["effective_from"]), (&json!(3), &json!("2022-09-01")));

        // The one before ends where it begins, and nothing of either is edited any more.
        let all = author.get("/v1/programs/nursing_subsidy/versions").await.expect(200);
        assert_eq!(all["items"][1]["effective_to"], "2022-09-01");
        put(2, &better).send().await.refused(409, "program_draft.decided");
        approver.post_seen(&format!("{draft}/approval"), 2, json!({})).await.refused(409, "program_draft.decided");
        let kept = author.get(&draft).await.expect(200);
        assert_eq!((&kept["state"], &kept["version_id"]), (&json!("approved"), &version["id"]));

        // Each month its own: what was filed before follows the version of the day it is submitted.
        let person_in = |day: &str| format!("/v1/programs/nursing_subsidy/versions?valid_at={day}");
        for (day, number) in [("2022-06-30", 1), ("2022-07-01", 2), ("2022-08-31", 2), ("2022-09-01", 3)] {
            let there = author.get(&person_in(day)).await.expect(200);
            assert_eq!(there["items"][0]["version"], number, "{day}");
        }
        let township = office.as_user("township.990121103").await;
        assert_eq!(township.act(&before, "submit").await.expect(201)["program_version"], 2);
        office.pass_days(70).await;
        let after = office.draft().await;
        let case = office.as_user("county.990121").await.get(&format!("/v1/cases/{after}")).await.expect(200);
        assert_eq!((&case["program_version"], &case["eligibility"]["amount_fen"]), (&json!(3), &json!(65_000)));
        let reasons = &case["eligibility"];
        assert_eq!(reasons["amount_reason_zh"], "65000");
        assert_eq!(reasons["clauses"][2]["reason_zh"], "残疾人证有效（残疾人证有效：是）；残疾等级 ≤ 2（残疾等级：1）");
        assert_eq!(reasons["sources"]["circumstances.care_need"]["source"], "registration");
    }

    async fn two_versions_never_hold_at_once(office: &TestOffice) {
        let open = raised(office, "2022-09-01", "60000").await;
        brought_into_force(office, open.clone()).await;
        let author = office.as_user("supervisor.990100").await;
        let approver = office.as_user("supervisor2.990100").await;
        for (from, to) in [("2022-09-01", Value::Null), ("2022-08-01", Value::Null), ("2020-01-01", json!("2022-08-01"))] {
            let mut terms = open.clone();
            terms["effective_from"] = json!(from);
            terms["effective_to"] = to;
            let draft = id_of(&author.post(DRAFTS, terms).await.expect(201));
            let path = format!("{DRAFTS}/{draft}/approval");
            approver.post_seen(&path, 1, json!({})).await.refused(409, "program.overlap");
            // Nothing half done: it is a draft still.
            assert_eq!(author.get(&format!("{DRAFTS}/{draft}")).await.expect(200)["state"], "draft");
        }
    }

    async fn a_county_lays_down_its_own(office: &TestOffice) {
        let mut terms = raised(office, "2022-08-01", "params.rate[circumstances.care_need]").await;
        terms["division_code"] = json!("990121000000");
        terms["rules"]["parameters"] = json!([{"name": "rate", "zh": "标准", "en": "rate", "keys": ["circumstances.care_need"],
            "tables": {"990121000000": {"full": 70_000, "substantial": 30_000}}}]);
        let county = office.as_user("approver.990121").await;
        let draft = id_of(&county.post(DRAFTS, terms.clone()).await.expect(201));
        // The next county's people have no hand in it, and neither writes for the whole city.
        let next = office.as_user("approver.990122").await;
        let approval = format!("{DRAFTS}/{draft}/approval");
        next.post_seen(&approval, 1, json!({})).await.refused(404, "program_draft.not_found");
        next.post(DRAFTS, terms.clone()).await.refused(404, "division.not_found");
        next.get(&format!("{DRAFTS}/{draft}")).await.refused(404, "program_draft.not_found");
        assert_eq!(next.get(DRAFTS).await.expect(200)["items"], json!([]));
        assert_eq!(office.as_user("auditor.990121").await.get(DRAFTS).await.expect(200)["items"][0]["id"], json!(draft));
        office.as_user("township.990121103").await.get(DRAFTS).await.refused(403, "permission.denied");
        let mut city = terms.clone();
        city["division_code"] = json!("990100000000");
        county.post(DRAFTS, city.clone()).await.refused(404, "division.not_found");
        // What is drafted for the whole city is seen by every county, and not decided there.
        let citys = id_of(&office.as_user("supervisor.990100").await.post(DRAFTS, city).await.expect(201));
        let seen = county.get(DRAFTS).await.expect(200);
        assert_eq!((&seen["items"][0]["id"], &seen["items"][1]["id"]), (&json!(citys), &json!(draft)));
        assert_eq!(next.get(DRAFTS).await.expect(200)["items"].as_array().unwrap().len(), 1);
        assert_eq!(next.get("/v1/programs/living_subsidy/drafts").await.expect(200)["items"], json!([]));
        county.post_seen(&format!("{DRAFTS}/{citys}/approval"), 1, json!({})).await.refused(403, "program_draft.beyond");
        office.as_user("supervisor.990100").await.post_seen(&approval, 1, json!({})).await.expect(201);
        office.pass_days(30).await;
        let case = office.draft().await;
        let seen = office.as_user("county.990121").await.get(&format!("/v1/cases/{case}")).await.expect(200);
        assert_eq!(seen["eligibility"]["amount_fen"], 70_000);
        // A table says nothing of partial need: the amount is not known, and what is missing is named.
        let mut partial = person();
        partial["circumstances"]["care_need"] = json!("partial");
        let resident = id_of(&office.register(partial).await);
        let case = office.draft_for(&resident, "nursing_subsidy").await;
        let seen = office.as_user("county.990121").await.get(&format!("/v1/cases/{case}")).await.expect(200);
        assert_eq!((&seen["eligibility"]["outcome"], &seen["eligibility"]["amount_missing"]),
            (&json!("needs_information"), &json!(["params.rate"])));
    }

    async fn a_bad_rule_is_refused_where_it_is_wrong(office: &TestOffice) {
        let author = office.as_user("supervisor.990100").await;
        let good = raised(office, "2022-09-01", "60000").await;
        let with = |pointer: &str, value: Value| {
            let mut terms = good.clone();
            *terms.pointer_mut(pointer).unwrap() = value;
            terms
        };
        let refused = author.post(DRAFTS, with("/rules/clauses/2/when", json!("certificate.severity_level <= 'two'"))).await;
        let body = refused.refused_field("/rules/clauses/2/when", "rule.invalid");
        let detail = body["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.contains("第31至35字节"), "{detail}");
        for (pointer, value, field, code) in [
            ("/rules/clauses/0/when", json!("age"), "/rules/clauses/0/when", "rule.invalid"),
            ("/rules/clauses/0/when", json!("circumstances.income > 3"), "/rules/clauses/0/when", "rule.invalid"),
            ("/rules/benefit/amount_fen", json!("10 - age"), "/rules/benefit/amount_fen", "rule.invalid"),
            ("/rules/benefit/amount_fen", json!("params.rate"), "/rules/benefit/amount_fen", "rule.invalid"),
            ("/rules/clauses", json!([]), "/rules/clauses", "clauses.words"),
            ("/steps", json!([]), "/steps", "steps.order"),
            ("/legal_basis", json!(" "), "/legal_basis", "legal_basis.length"),
            ("/effective_to", json!("2022-09-01"), "/effective_to", "period.order"),
            ("/use_life_months", json!(0), "/use_life_months", "use_life.range"),
            ("/required_documents", json!([{"code": "a", "zh": "甲", "en": "a"}, {"code": "a", "zh": "乙", "en": "b"}]),
                "/required_documents", "documents.words"),
        ] {
            author.post(DRAFTS, with(pointer, value)).await.refused_field(field, code);
        }
        let doubted = author.post(DRAFTS, with("/rules/clauses/0/when", json!("age >= 0"))).await.expect(201);
        assert_eq!((&doubted["doubts"][0]["pointer"], &doubted["doubts"][0]["first_byte"]), (&json!("/rules/clauses/0/when"), &json!(0)));
        author.post("/v1/programs/unheard_of/drafts", good.clone()).await.refused(404, "program.not_found");
        office.as_user("county.990121").await.post(DRAFTS, good).await.refused(403, "permission.denied");
    }

    async fn a_draft_can_be_discarded(office: &TestOffice) {
        let author = office.as_user("supervisor.990100").await;
        let draft = id_of(&author.post(DRAFTS, raised(office, "2022-09-01", "1").await).await.expect(201));
        let path = format!("{DRAFTS}/{draft}");
        author.request("DELETE", &path).seen(1).send().await.expect(204);
        let list = |state: &str| format!("{DRAFTS}?state={state}");
        assert_eq!(author.get(&list("draft")).await.expect(200)["items"], json!([]));
        assert_eq!(author.get(&list("discarded")).await.expect(200)["items"][0]["id"], json!(draft));
        office.as_user("supervisor2.990100").await.post_seen(&format!("{path}/approval"), 1, json!({})).await
            .refused(409, "program_draft.decided");
    }

    async fn a_program_is_added(office: &TestOffice) {
        let author = office.as_user("supervisor.990100").await;
        let new = json!({"code": "transport_allowance", "service": "subsidy", "name_zh": "交通补贴", "name_en": "Transport allowance",
            "exclusive_group": "transport"});
        author.post("/v1/programs", new.clone()).await.expect(201);
        author.post("/v1/programs", new.clone()).await.refused(409, "program.code_taken");
        let wrong = json!({"code": "Transport", "service": "subsidy", "name_zh": "", "name_en": "x"});
        let refusal = author.post("/v1/programs", wrong).await;
        refusal.refused_field("/code", "program.code");
        refusal.refused_field("/name_zh", "program.name");
        // It offers nothing yet.
        let resident = office.resident().await;
        let body = json!({"resident_id": resident, "program_code": "transport_allowance", "details": {}});
        office.as_user("township.990121103").await.post("/v1/cases", body).await.refused(422, "program.no_version");
    }

    async fn rules_may_name_what_is_published(office: &TestOffice) {
        let facts = office.as_user("approver.990121").await.get("/v1/program-facts").await.expect(200);
        let facts = facts["items"].as_array().unwrap();
        let need = facts.iter().find(|fact| fact["path"] == "circumstances.care_need").unwrap();
        assert_eq!((&need["kind"], &need["words"][0]["name"], &need["zh"]), (&json!("word"), &json!("full"), &json!("生活自理程度")));
        let component = facts.last().unwrap();
        assert_eq!((&component["list"], &component["highest"]), (&json!("certificate.components"), &json!(4)));
    }

    async fn nobody_goes_around_the_second_person(office: &TestOffice) {
        let author = office.as_user("supervisor.990100").await;
        let draft = id_of(&author.post(DRAFTS, raised(office, "2022-09-01", "60000").await).await.expect(201));
        let me = office.literal(author.get("/v1/me").await.expect(200)["id"].as_str().unwrap());
        let other = office.as_user("supervisor2.990100").await;
        let other = office.literal(other.get("/v1/me").await.expect(200)["id"].as_str().unwrap());
        let (draft, fresh) = (office.literal(&draft), office.literal("0190a000-0000-7000-8000-000000000031"));
        let columns = "program_code, division_code, effective_from, effective_to, legal_basis, rules, steps, required_documents, period, use_life_months, created_at";
        let version = format!("INSERT INTO program_versions (id, version, {columns}) SELECT {fresh}, 3, {columns} FROM program_drafts WHERE id = {draft}");
        let end = "UPDATE program_versions SET effective_to = '2022-09-01' WHERE version = 2 AND program_code = 'nursing_subsidy'";
        let now = match office.backend {
            Backend::Sqlite => "1656896400000000",
            Backend::Postgres => "'2022-07-04T01:00:00Z'::timestamptz",
        };
        let approved = |by: &str, change: &str| format!(
            "{end}; {version}; UPDATE program_drafts SET state = 'approved', decided_by = {by}, decided_at = {now}, version_id = {fresh}{change} WHERE id = {draft}"
        );
        let refuses = |sql: &str, because: &str| {
            let refusal = office.sql(&format!("BEGIN; {sql}; COMMIT")).expect_err(sql).to_lowercase();
            assert!(because.split('|').any(|reason| refusal.contains(reason)), "{sql}\n{refusal}");
        };
        refuses(&approved(&me, ""), "check");
        refuses(&approved(&other, ", rules = '{}'"), "append_only");
        refuses(&approved(&other, &format!(", author_id = {other}")), "append_only");
        refuses(&format!("{end}; UPDATE program_versions SET effective_to = '2022-10-01' WHERE version = 2 AND program_code = 'nursing_subsidy'"), "append_only");
        refuses("UPDATE program_versions SET effective_to = NULL", "append_only");
        refuses("DELETE FROM program_drafts", "append_only");
        refuses(&version, "program_overlap");
        if office.backend == Backend::Postgres {
            // The service cannot bring a version into force alone.
            refuses(&format!("SET LOCAL ROLE huican_service; {end}; {version}"), "append_only");
        }
        office.sql(&format!("BEGIN; {}; COMMIT", approved(&other, ""))).unwrap();
        refuses(&format!("UPDATE program_drafts SET legal_basis = 'edited' WHERE id = {draft}"), "append_only");
    }
}
