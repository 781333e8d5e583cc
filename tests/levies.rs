//! What employment is measured by, who employs, and what they would owe for those they do not.

use serde_json::{Value, json};

use crate::support::people::{ELSEWHERE, VILLAGE, id_of, person};
use crate::support::{TestOffice, on_both};

const COUNTY: &str = "county.990121";

fn levy(employer: &str, employed: Value) -> Value {
    let mut asked = json!({"employer_id": employer, "year": 2022, "staff_count": 200, "average_wage_fen": 8_000_000});
    if !employed.is_null() {
        asked["employed"] = employed;
    }
    asked
}

on_both! {
    async fn a_standard_is_proposed_by_one_and_approved_by_another(office: &TestOffice) {
        let supervisor = office.as_user("supervisor.990100").await;
        let new = json!({"kind": "minimum_wage", "division_code": "990100", "effective_from": "2022-08-01", "amount_fen": 200_000, "legal_basis": "市政府通知"});
        let path = "/v1/employment-standards";
        let proposed = id_of(&supervisor.post(path, new.clone()).await.expect(201));
        let decision = format!("{path}/{proposed}/decision");
        let approve = json!({"outcome": "approve"});
        supervisor.post_seen(&decision, 1, approve.clone()).await.refused(403, "employment_standard.own");
        let approver = office.as_user("approver.990121").await;
        approver.post_seen(&decision, 1, approve.clone()).await.refused(404, "employment_standard.not_found");
        let other = office.as_user("supervisor2.990100").await;
        other.post_seen(&decision, 1, json!({"outcome": "reject"})).await.refused_field("/comment", "comment.length");
        let approved = other.post_seen(&decision, 1, approve.clone()).await.expect(201);
        assert_eq!((&approved["state"], &approved["version"]), (&json!("approved"), &json!(2)));
        other.post_seen(&decision, 2, approve.clone()).await.refused(409, "employment_standard.decided");
        // Of one kind one a day.
        let second = id_of(&supervisor.post(path, new.clone()).await.expect(201));
        other.post_seen(&format!("{path}/{second}/decision"), 1, approve).await.refused(409, "employment_standard.taken");
        approver.post(path, new.clone()).await.refused(404, "division.not_found");
        office.as_user(COUNTY).await.post(path, new.clone()).await.refused(403, "permission.denied");
        for (name, value, pointer, code) in [
            ("amount_fen", Value::Null, "/amount_fen", "standard.amount"),
            ("amount_fen", json!(0), "/amount_fen", "amount.range"),
            ("kind", json!("quota_levy"), "/quota_levy", "standard.terms"),
            ("legal_basis", json!(" "), "/legal_basis", "text.length"),
        ] {
            let mut bad = new.clone();
            bad[name] = value;
            supervisor.post(path, bad).await.refused_field(pointer, code);
        }
        let terms = json!({"quota_basis_points": 150, "threshold_basis_points": 100, "upper_percent": 50, "lower_percent": 90,
            "exempt_staff": 30, "wage_cap_percent": 200, "severe_weight": 2});
        for (name, value) in [("upper_percent", 91), ("lower_percent", 101), ("quota_basis_points", 0), ("severe_weight", 11), ("exempt_staff", -1)] {
            let mut bad = new.clone();
            (bad["kind"], bad["amount_fen"], bad["quota_levy"]) = (json!("quota_levy"), Value::Null, terms.clone());
            bad["quota_levy"][name] = json!(value);
            supervisor.post(path, bad).await.refused_field("/quota_levy", "quota_levy.range");
        }
        // The country's own stand there already.
        let levies = supervisor.get(&format!("{path}?kind=quota_levy&state=approved")).await.expect(200);
        let levies = levies["items"].as_array().unwrap();
        assert_eq!((levies.len(), &levies[0]["division_code"], &levies[0]["quota_levy"]["upper_percent"]), (2, &Value::Null, &json!(50)));
    }

    async fn the_levy_follows_the_rule(office: &TestOffice) {
        let employer = office.employer_in(VILLAGE).await;
        let county = office.as_user(COUNTY).await;
        let months = |months: i32, severe: i32| json!({"months": months, "severe_months": severe});
        for (employed, percent, yuan) in [
            (months(0, 0), 90, 216_000), (months(24, 0), 50, 40_000), (months(36, 0), 50, 0), (months(0, 12), 50, 40_000), (months(18, 0), 90, 108_000),
        ] {
            let reckoned = county.post("/v1/levy-estimates", levy(&employer, employed.clone())).await.expect(201);
            assert_eq!((&reckoned["percent"], &reckoned["levy_fen"], &reckoned["source"]), (&json!(percent), &json!(yuan * 100), &json!("given")), "{employed}");
            let again = county.get(&format!("/v1/levy-estimates/{}", id_of(&reckoned))).await.expect(200);
            assert_eq!(again, reckoned);
        }
        // Before 2020 nothing was taken off, and thirty were many.
        let mut before = levy(&employer, months(24, 0));
        before["year"] = json!(2019);
        before["staff_count"] = json!(30);
        let reckoned = county.post("/v1/levy-estimates", before.clone()).await.expect(201);
        assert_eq!((&reckoned["percent"], &reckoned["levy_fen"]), (&json!(100), &json!(0)));
        before["employed"] = months(0, 0);
        let reckoned = county.post("/v1/levy-estimates", before.clone()).await.expect(201);
        assert_eq!(reckoned["levy_fen"], 3_600_000);
        before["year"] = json!(2022);
        let reckoned = county.post("/v1/levy-estimates", before).await.expect(201);
        assert_eq!((&reckoned["percent"], &reckoned["levy_fen"]), (&json!(0), &json!(0)));
        // The local average wage bounds it, from its day on.
        let supervisor = office.as_user("supervisor.990100").await;
        let new = json!({"kind": "average_wage", "division_code": "990121", "effective_from": "2022-01-01", "amount_fen": 3_000_000, "legal_basis": "统计公报"});
        let proposed = id_of(&supervisor.post("/v1/employment-standards", new).await.expect(201));
        let path = format!("/v1/employment-standards/{proposed}/decision");
        office.as_user("approver.990121").await.post_seen(&path, 1, json!({"outcome": "approve"})).await.expect(201);
        let reckoned = county.post("/v1/levy-estimates", levy(&employer, months(0, 0))).await.expect(201);
        assert_eq!((&reckoned["counted_wage_fen"], &reckoned["levy_fen"], &reckoned["cap_standard_id"]), (&json!(6_000_000), &json!(16_200_000), &json!(proposed)));
        for (name, value, pointer) in [("staff_count", json!(0), "/staff_count"), ("year", json!(2015), "/year"), ("employed", months(-1, 0), "/employed/months"),
            ("employed", months(12 * 1_000_000, 0), "/employed/months"), ("employed", months(12, 12 * 1_000_000), "/employed/severe_months")] {
            let mut bad = levy(&employer, months(0, 0));
            bad[name] = value;
            county.post("/v1/levy-estimates", bad).await.refused_field(pointer, "number.range");
        }
        let far = office.employer_in(ELSEWHERE).await;
        county.post("/v1/levy-estimates", levy(&far, months(0, 0))).await.refused(404, "employer.not_found");
        office.as_user("township.990121103").await.post("/v1/levy-estimates", levy(&employer, months(0, 0))).await.refused(403, "permission.denied");
    }

    async fn those_employed_are_counted_from_verified_placements(office: &TestOffice) {
        office.minimum_wage().await;
        let employer = office.employer_in(VILLAGE).await;
        // Of severity level 1, and of another county, level 1 as well.
        for (village, verifier) in [(VILLAGE, COUNTY), (ELSEWHERE, "county.990122")] {
            let resident = office.somebody_in(village).await;
            let placement = id_of(&office.works(&resident, &employer, "2022-03-15").await.expect(201));
            office.steps_on(verifier, &placement, "verification", json!({"outcome": "verify"})).await.expect(201);
        }
        // Not verified, not counted.
        office.works(&office.resident().await, &employer, "2022-01-01").await.expect(201);
        let county = office.as_user(COUNTY).await;
        let reckoned = county.post("/v1/levy-estimates", levy(&employer, Value::Null)).await.expect(201);
        assert_eq!((&reckoned["source"], &reckoned["employed"]), (&json!("placements"), &json!({"months": 0, "severe_months": 20})));
        // Forty months of twice ten are three and a third persons of the three that are asked for.
        assert_eq!(reckoned["levy_fen"], 0);
    }

    async fn a_person_counts_once_a_month_with_a_valid_certificate(office: &TestOffice) {
        office.minimum_wage().await;
        let employer = office.employer_in(VILLAGE).await;
        // Two records of one person, who works there by both.
        let records = [office.resident().await, office.resident().await];
        for (record, from) in records.iter().zip(["2022-02-01", "2022-03-01"]) {
            let placement = id_of(&office.works(record, &employer, from).await.expect(201));
            office.verifies(&placement).await.expect(201);
        }
        // And somebody whose certificate has expired since.
        let mut somebody = person();
        somebody["certificate"]["issued_date"] = json!("2012-06-01");
        let expired = id_of(&office.register(somebody).await);
        let placement = id_of(&office.works(&expired, &employer, "2022-02-01").await.expect(201));
        office.verifies(&placement).await.expect(201);
        let county = office.as_user(COUNTY).await;
        let counted = county.post("/v1/levy-estimates", levy(&employer, Value::Null)).await.expect(201);
        assert_eq!(counted["employed"], json!({"months": 0, "severe_months": 21}));
        office.merged(&records[0], &records[1]).await;
        let county = office.as_user(COUNTY).await;
        let counted = county.post("/v1/levy-estimates", levy(&employer, Value::Null)).await.expect(201);
        assert_eq!(counted["employed"], json!({"months": 0, "severe_months": 11}));
    }

    async fn a_vacancy_says_what_it_may(office: &TestOffice) {
        let employer = office.employer_in(VILLAGE).await;
        let county = office.as_user(COUNTY).await;
        let new = json!({"employer_id": employer, "title": "装配工", "form": "quota", "division_code": VILLAGE,
            "openings": 3, "wage_from_fen": 250_000, "wage_to_fen": 350_000, "aids": [], "valid_to": "2022-07-04"});
        let vacancy = id_of(&county.post("/v1/vacancies", new.clone()).await.expect(201));
        let path = format!("/v1/vacancies/{vacancy}");
        for (name, value, pointer, code) in [
            ("wage_to_fen", json!(249_999), "/wage_to_fen", "wage.order"),
            ("openings", json!(0), "/openings", "openings.range"),
            ("openings", json!(10_001), "/openings", "openings.range"),
            ("valid_to", json!("2022-07-03"), "/valid_to", "valid_to.past"),
        ] {
            let mut bad = new.clone();
            bad[name] = value.clone();
            county.post("/v1/vacancies", bad).await.refused_field(pointer, code);
            let mut change = json!({});
            change[name] = value;
            county.patch_seen(&path, 1, change).await.refused_field(pointer, code);
        }
        // What has passed since may still be closed.
        office.pass_days(1).await;
        let county = office.as_user(COUNTY).await;
        county.patch_seen(&path, 1, json!({"valid_to": "2022-07-04", "close_reason": "expired"})).await.expect(200);
    }

    async fn an_employer_is_registered_once(office: &TestOffice) {
        let county = office.as_user(COUNTY).await;
        let new = json!({"name": "虚川电子有限公司", "credit_code": "91350100M000100Y43", "employer_type": "private", "division_code": "990121103"});
        let employer = county.post("/v1/employers", new.clone()).await.expect(201);
        county.post("/v1/employers", new.clone()).await.refused(409, "employer.duplicate");
        for (name, value, pointer, code) in [
            ("credit_code", json!("91350100M000100Y44"), "/credit_code", "credit_code.format"),
            ("name", json!(""), "/name", "text.length"),
            ("staff_count", json!(-1), "/staff_count", "staff_count.range"),
        ] {
            let mut bad = new.clone();
            bad[name] = value;
            county.post("/v1/employers", bad).await.refused_field(pointer, code);
        }
        let path = format!("/v1/employers/{}", id_of(&employer));
        let changed = county.patch_seen(&path, 1, json!({"contact": "人事部 12000004321", "staff_count": 80})).await.expect(200);
        assert_eq!((&changed["contact"], &changed["staff_count"], &changed["version"]), (&json!("人事部 12000004321"), &json!(80), &json!(2)));
        // Known everywhere, changed where it is.
        let elsewhere = office.as_user("county.990122").await;
        assert_eq!(elsewhere.get(&path).await.expect(200)["name"], "虚川电子有限公司");
        elsewhere.patch_seen(&path, 2, json!({"staff_count": 1})).await.refused(404, "employer.not_found");
        office.as_user("civil.990121").await.get(&path).await.refused(403, "permission.denied");
    }
}
