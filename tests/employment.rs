//! Who works where: by what evidence, verified by whom, until when, and what counts as new employment.

use serde_json::{Value, json};

use crate::support::employment::{ENTERS, VERIFIES, evidence};
use crate::support::people::{ELSEWHERE, PDF, VILLAGE, citizen_id, id_of, person};
use crate::support::{TestOffice, on_both};

impl TestOffice {
    async fn believed(&self, resident: &str) -> Vec<(Value, Value, Value)> {
        let township = self.as_user(ENTERS).await;
        let path = format!(
            "/v1/residents/{resident}/circumstances?known_at={}",
            self.now()
        );
        let all = township.get(&path).await.expect(200);
        let all = all["items"].as_array().unwrap().iter();
        all.filter(|one| one["kind"] == "employment_form")
            .map(|one| {
                (
                    one["value"].clone(),
                    one["valid_from"].clone(),
                    one["valid_to"].clone(),
                )
            })
            .collect()
    }

    async fn counted(&self, username: &str, query: &str) -> Value {
        let client = self.as_user(username).await;
        let path = format!("/v1/placements/counts?{query}");
        client.get(&path).await.expect(200)
    }
}

on_both! {
    async fn evidence_is_verified_by_another_person(office: &TestOffice) {
        office.minimum_wage().await;
        let employer = office.employer_in(VILLAGE).await;
        let resident = office.resident().await;
        let entered = office.works(&resident, &employer, "2022-07-01").await.expect(201);
        let placement = id_of(&entered);
        assert_eq!((&entered["state"], &entered["employer_type"], &entered["version"]), (&json!("entered"), &json!("private"), &json!(1)));
        assert_eq!(entered["detail"]["minimum_wage_fen"], 180_000);
        let verdicts = entered["detail"]["verdicts"].as_array().unwrap();
        assert!(verdicts.len() == 4 && verdicts.iter().all(|one| one["met"] == true), "{entered}");
        // Whoever enters does not verify, in whatever role.
        let township = office.as_user(ENTERS).await;
        let path = format!("/v1/placements/{placement}/verification");
        township.post_seen(&path, 1, json!({"outcome": "verify"})).await.refused(403, "permission.denied");
        let own = office.resident().await;
        let county = office.as_user(VERIFIES).await;
        let new = json!({"resident_id": own, "form": "quota", "employer_id": employer, "start_date": "2022-07-01", "evidence": evidence("2022-07-01")});
        let own = id_of(&county.post("/v1/placements", new).await.expect(201));
        office.verifies(&own).await.refused(403, "placement.own");
        // It is returned with a reason, and comes again.
        county.post_seen(&path, 1, json!({"outcome": "return"})).await.refused_field("/comment", "comment.length");
        county.post_seen(&path, 7, json!({"outcome": "return", "comment": "缺少合同"})).await.refused(412, "if_match.stale");
        let returned = county.post_seen(&path, 1, json!({"outcome": "return", "comment": "缺少合同"})).await.expect(201);
        assert_eq!(returned["state"], "returned");
        county.post_seen(&path, 2, json!({"outcome": "verify"})).await.refused(409, "placement.transition_not_allowed");
        let again = office.steps_on(ENTERS, &placement, "evidence", evidence("2022-07-01")).await.expect(201);
        assert_eq!((&again["state"], &again["evidence_revision"]), (&json!("entered"), &json!(2)));
        let verified = office.verifies(&placement).await.expect(201);
        assert_eq!((&verified["state"], &verified["detail"]["history"].as_array().unwrap().len()), (&json!("verified"), &4));
        assert_eq!(verified["detail"]["history"][1]["comment"], "缺少合同");
        // Neither again nor otherwise.
        office.verifies(&placement).await.refused(409, "placement.transition_not_allowed");
        office.steps_on(ENTERS, &placement, "evidence", evidence("2022-07-01")).await.refused(409, "placement.transition_not_allowed");
        // It is known of the resident from the first day on.
        assert_eq!(office.believed(&resident).await, [(json!("quota"), json!("2022-07-01"), Value::Null)]);
        // And ends on the day after the last.
        office.leaves(&placement, "2022-06-30").await.refused_field("/end_date", "end_date.range");
        office.leaves(&placement, "2022-07-05").await.refused_field("/end_date", "end_date.range");
        let left = office.leaves(&placement, "2022-07-03").await.expect(201);
        assert_eq!((&left["state"], &left["leave_reason"]), (&json!("left"), &json!("resigned")));
        assert!(left["verified_at"].is_string());
        assert_eq!(office.believed(&resident).await, [
            (json!("quota"), json!("2022-07-01"), json!("2022-07-04")), (json!("none"), json!("2022-07-04"), Value::Null)]);
        office.leaves(&placement, "2022-07-03").await.refused(409, "placement.transition_not_allowed");
    }

    async fn what_is_known_of_later_days_stays_when_somebody_left(office: &TestOffice) {
        office.minimum_wage().await;
        let employer = office.employer_in(VILLAGE).await;
        let resident = office.resident().await;
        let placement = id_of(&office.works(&resident, &employer, "2022-05-01").await.expect(201));
        office.verifies(&placement).await.expect(201);
        office.learns(&resident, "employment_form", json!("flexible"), Some("2022-06-20")).await;
        office.leaves(&placement, "2022-06-10").await.expect(201);
        assert_eq!(office.believed(&resident).await, [
            (json!("quota"), json!("2022-05-01"), json!("2022-06-11")), (json!("none"), json!("2022-06-11"), json!("2022-06-20")),
            (json!("flexible"), json!("2022-06-20"), Value::Null)]);
    }

    async fn what_new_employment_asks_for_is_named(office: &TestOffice) {
        let employer = office.employer_in(VILLAGE).await;
        let entering = |resident: &str, changes: Value| {
            let mut proof = evidence("2022-07-01");
            for (name, value) in changes.as_object().unwrap() {
                proof[name] = value.clone();
            }
            json!({"resident_id": resident, "form": "quota", "employer_id": employer, "start_date": "2022-07-01", "evidence": proof})
        };
        // Without a minimum wage nothing can be said.
        let placement = id_of(&office.enters(entering(&office.resident().await, json!({}))).await.expect(201));
        office.verifies(&placement).await.refused(409, "employment_standard.missing");
        office.minimum_wage().await;
        office.verifies(&placement).await.expect(201);
        // The county's own holds there from its day on, and not for who began before.
        office.standard("990121", "2022-06-01", 310_000).await;
        let mut before = entering(&office.resident().await, json!({}));
        before["start_date"] = json!("2022-05-31");
        before["evidence"]["contract_from"] = json!("2022-05-31");
        let before = id_of(&office.enters(before).await.expect(201));
        office.verifies(&before).await.expect(201);
        for (changes, unmet) in [
            (json!({}), json!(["wage"])),
            (json!({"wage_fen": 310_000}), json!([])),
            (json!({"wage_fen": 309_999}), json!(["wage"])),
            (json!({"wage_fen": 310_000, "contract_to": "2023-06-29"}), json!(["contract"])),
            (json!({"wage_fen": 310_000, "contract_to": "2023-06-30"}), json!([])),
            (json!({"wage_fen": 310_000, "contract_to": null}), json!([])),
            (json!({"wage_fen": 310_000, "insured_from": null}), json!(["insurance"])),
            // A contract of other days, and an insurance that has not begun, are not of this work.
            (json!({"wage_fen": 310_000, "contract_from": "2022-07-02"}), json!(["contract"])),
            (json!({"wage_fen": 310_000, "contract_from": "2021-01-01", "contract_to": "2022-06-30"}), json!(["contract"])),
            (json!({"wage_fen": 310_000, "contract_from": "2021-01-01", "contract_to": "2022-07-01"}), json!([])),
            (json!({"wage_fen": 310_000, "insured_from": "2022-07-05"}), json!(["insurance"])),
            (json!({"wage_fen": 310_000, "insured_from": "2022-07-04"}), json!([])),
            (json!({"contract_to": "2022-12-31", "insured_from": null}), json!(["contract", "wage", "insurance"])),
        ] {
            let resident = office.resident().await;
            let placement = id_of(&office.enters(entering(&resident, changes.clone())).await.expect(201));
            let reply = office.verifies(&placement).await;
            if unmet == json!([]) {
                reply.expect(201);
            } else {
                let refusal = reply.refused(422, "placement.evidence_insufficient");
                assert_eq!(refusal["unmet"], unmet, "{changes}");
                assert_eq!(office.believed(&resident).await, []);
            }
        }
        // A certificate that was valid on the first day.
        let mut somebody = person();
        somebody.as_object_mut().unwrap().remove("certificate");
        let without = id_of(&office.register(somebody).await);
        let placement = id_of(&office.enters(entering(&without, json!({"wage_fen": 310_000}))).await.expect(201));
        let refusal = office.verifies(&placement).await.refused(422, "placement.evidence_insufficient");
        assert_eq!(refusal["unmet"], json!(["certificate"]));
    }

    async fn one_who_works_is_not_placed_again(office: &TestOffice) {
        office.minimum_wage().await;
        let employer = office.employer_in(VILLAGE).await;
        let resident = office.resident().await;
        let seeker = office.seeks(&resident, VILLAGE).await;
        let entered = office.works(&resident, &employer, "2022-07-01").await.expect(201);
        // The file is closed by it.
        assert_eq!(entered["job_seeker_id"], seeker.as_str());
        let township = office.as_user(ENTERS).await;
        let file = township.get(&format!("/v1/job-seekers/{seeker}")).await.expect(200);
        assert_eq!((&file["state"], &file["close_reason"]), (&json!("closed"), &json!("employed")));
        office.works(&resident, &employer, "2022-07-01").await.refused(409, "placement.open");
        // Bad input, each in its place.
        let other = office.resident().await;
        let new = json!({"resident_id": other, "form": "quota", "employer_id": employer, "start_date": "2022-07-01", "evidence": evidence("2022-07-01")});
        for (name, value, pointer, code) in [
            ("form", json!("none"), "/form", "employment_form.none"),
            ("form", json!("self_employed"), "/employer_id", "employer.form"),
            ("employer_id", Value::Null, "/employer_id", "employer.form"),
            ("start_date", json!("2022-07-05"), "/start_date", "start_date.future"),
        ] {
            let mut bad = new.clone();
            bad[name] = value;
            township.post("/v1/placements", bad).await.refused_field(pointer, code);
        }
        for (name, value, pointer, code) in [
            ("wage_fen", json!(0), "/evidence/wage_fen", "amount.range"),
            ("contract_to", json!("2022-06-30"), "/evidence/contract_to", "period.order"),
            ("contract_number", json!("9".repeat(101)), "/evidence/contract_number", "text.length"),
            ("contract_kind", json!("land_contract"), "/evidence/contract_kind", "contract_kind.form"),
            ("insured_from", json!("1900-01-01"), "/evidence/insured_from", "employment.age"),
            ("contract_to", json!("+12022-01-01"), "/evidence/contract_to", "field.invalid"),
        ] {
            let mut bad = new.clone();
            bad["evidence"][name] = value;
            township.post("/v1/placements", bad).await.refused_field(pointer, code);
        }
        // On the sixteenth birthday, and not the day before.
        let mut young = person();
        let id = citizen_id("990121", "20060702", 7);
        young["certificate"]["number"] = json!(format!("{id}41"));
        young["id_number"] = json!(id);
        let mut early = json!({"resident_id": id_of(&office.register(young).await), "form": "quota", "employer_id": employer,
            "start_date": "2022-07-01", "evidence": evidence("2022-07-02")});
        township.post("/v1/placements", early.clone()).await.refused_field("/start_date", "employment.age");
        early["start_date"] = json!("2022-07-02");
        township.post("/v1/placements", early).await.expect(201);
        // Elsewhere nobody of ours is there.
        office.as_user("township.990122103").await.post("/v1/placements", new.clone()).await.refused(404, "resident.not_found");
        let mut nowhere = new;
        nowhere["employer_id"] = json!("0190a000-0000-7000-8000-000000000000");
        township.post("/v1/placements", nowhere).await.refused(404, "employer.not_found");
        let path = format!("/v1/placements/{}", id_of(&entered));
        office.as_user("county.990122").await.get(&path).await.refused(404, "placement.not_found");
        office.as_user("finance.990121").await.get(&path).await.refused(403, "permission.denied");
    }

    async fn a_person_counts_once_a_year_and_the_count_opens(office: &TestOffice) {
        office.minimum_wage().await;
        let employer = office.employer_in(VILLAGE).await;
        let (here, there) = (office.resident().await, office.somebody_in(ELSEWHERE).await);
        let first = id_of(&office.works(&here, &employer, "2022-02-01").await.expect(201));
        assert_eq!(office.counted(VERIFIES, "year=2022").await["persons"], 0);
        office.verifies(&first).await.expect(201);
        office.leaves(&first, "2022-04-30").await.expect(201);
        // Hired again in the same year, and not for the first time.
        let second = id_of(&office.works(&here, &employer, "2022-06-01").await.expect(201));
        office.verifies(&second).await.expect(201);
        let away = id_of(&office.works(&there, &employer, "2022-03-01").await.expect(201));
        let verify = json!({"outcome": "verify"});
        office.steps_on("county.990122", &away, "verification", verify).await.expect(201);
        for (username, query, persons) in [
            (VERIFIES, "year=2022", 1),
            (VERIFIES, "year=2021", 0),
            ("supervisor.990100", "year=2022", 2),
            ("supervisor.990100", "year=2022&division_code=990122", 1),
        ] {
            let counted = office.counted(username, query).await;
            assert_eq!(counted["persons"], persons, "{username} {query}");
            let sum = |list: &str| counted[list].as_array().unwrap().iter().map(|one| one["persons"].as_i64().unwrap()).sum::<i64>();
            assert_eq!((sum("by_form"), sum("by_employer_type")), (persons, persons));
            let path = format!("/v1/placements?limit=1&counted_in_{query}");
            let client = office.as_user(username).await;
            let (mut listed, mut page) = (Vec::new(), client.get(&path).await.expect(200));
            loop {
                listed.extend(page["items"].as_array().unwrap().iter().map(id_of));
                let Some(next) = page["next"].as_str() else { break };
                page = client.get(&format!("{path}&cursor={next}")).await.expect(200);
            }
            assert_eq!(listed.len(), usize::try_from(persons).unwrap());
            assert!(!listed.contains(&second));
        }
        let county = office.as_user(VERIFIES).await;
        county.get("/v1/placements?counted_in_year=2022&state=left").await.refused_parameter("counted_in_year", "filter.alone");
        county.get("/v1/placements/counts?year=1999").await.refused_parameter("year", "year.range");
        county.get("/v1/placements/counts?year=2022&division_code=990122").await.refused(404, "division.not_found");
        // Two records of one person are one.
        let same = office.resident().await;
        let third = id_of(&office.works(&same, &employer, "2022-01-10").await.expect(201));
        office.verifies(&third).await.expect(201);
        assert_eq!(office.counted(VERIFIES, "year=2022").await["persons"], 2);
        office.merged(&here, &same).await;
        assert_eq!(office.counted(VERIFIES, "year=2022").await["persons"], 1);
        let listed = office.as_user(VERIFIES).await.get("/v1/placements?counted_in_year=2022").await.expect(200);
        assert_eq!(id_of(&listed["items"][0]), third);
        // Nobody is placed on the record that is not kept; whoever works by the other works.
        office.works(&same, &employer, "2022-07-01").await.refused(409, "resident.merged");
        office.works(&here, &employer, "2022-07-01").await.refused(409, "placement.open");
        // What moved on counts where it was first.
        office.leaves(&second, "2022-07-01").await.expect(201);
        office.leaves(&third, "2022-07-01").await.expect(201);
        let transfer = office.transfers(&here, "990123001001").await.expect(201);
        let accept = format!("/v1/transfers/{}/transitions", id_of(&transfer));
        office.as_user("county.990123").await.post_seen(&accept, 1, json!({"action": "accept"})).await.expect(201);
        let again = id_of(&office.works(&here, &employer, "2022-07-02").await.expect(201));
        office.steps_on("county.990123", &again, "verification", json!({"outcome": "verify"})).await.expect(201);
        assert_eq!(office.counted("county.990123", "year=2022").await["persons"], 0);
        assert_eq!(office.counted("supervisor.990100", "year=2022").await["persons"], 2);
    }

    async fn who_is_retained_is_looked_at_three_times(office: &TestOffice) {
        office.minimum_wage().await;
        let employer = office.employer_in(VILLAGE).await;
        let resident = office.resident().await;
        let placement = id_of(&office.works(&resident, &employer, "2022-04-30").await.expect(201));
        let path = format!("/v1/retention-checks?placement_id={placement}");
        let county = office.as_user(VERIFIES).await;
        assert_eq!(county.get(&path).await.expect(200)["items"], json!([]));
        office.verifies(&placement).await.expect(201);
        let all = county.get(&path).await.expect(200);
        let due: Vec<_> = all["items"].as_array().unwrap().iter().map(|one| (one["months"].as_i64().unwrap(), one["due_date"].as_str().unwrap())).collect();
        assert_eq!(due, [(3, "2022-07-30"), (6, "2022-10-30"), (12, "2023-04-30")]);
        // They are on the desks of the township, and in the list of what is to be looked at.
        let planned = county.get("/v1/follow-ups?kind=retention_check").await.expect(200);
        assert_eq!(planned["items"].as_array().unwrap().len(), 3);
        assert_eq!(planned["items"][0]["subject_id"], all["items"][0]["id"]);
        let check = id_of(&all["items"][0]);
        let outcome = format!("/v1/retention-checks/{check}/outcome");
        let retained = json!({"outcome": "retained", "wage_fen": 300_000, "insured": true, "note": "电话回访"});
        county.post_seen(&outcome, 1, retained.clone()).await.refused_field("/outcome", "retention.early");
        county.post_seen(&outcome, 1, json!({"outcome": "retained"})).await.refused_field("/wage_fen", "retention.outcome");
        county.post_seen(&outcome, 1, json!({"outcome": "left"})).await.refused_field("/end_date", "retention.outcome");
        office.as_user("county.990122").await.post_seen(&outcome, 1, retained.clone()).await.refused(404, "retention_check.not_found");
        office.as_user("approver.990121").await.post_seen(&outcome, 1, retained.clone()).await.refused(403, "permission.denied");
        office.pass_days(27).await;
        let county = office.as_user(VERIFIES).await;
        let done = county.post_seen(&outcome, 1, retained.clone()).await.expect(201);
        assert_eq!((&done["state"], &done["outcome"], &done["version"]), (&json!("done"), &json!("retained"), &json!(2)));
        county.post_seen(&outcome, 2, retained).await.refused(409, "retention_check.done");
        // What was noted is read one by one, and the look is on record.
        let shown = format!("/v1/retention-checks/{check}");
        assert_eq!(county.get(&shown).await.expect(200), done);
        assert_eq!(done["note"], "电话回访");
        let untold = county.get(&format!("/v1/retention-checks/{}", id_of(&all["items"][1]))).await.expect(200);
        assert!(untold.get("note").is_none());
        office.as_user("county.990122").await.get(&shown).await.refused(404, "retention_check.not_found");
        office.as_user("finance.990121").await.get(&shown).await.refused(403, "permission.denied");
        let auditor = office.as_user("auditor.990121").await;
        let events = auditor.get(&format!("/v1/audit/events?entity_id={check}&action=retention_check.viewed")).await.expect(200);
        assert_eq!(events["items"].as_array().unwrap().len(), 1);
        // Found to have left: the work ends, and what is not done is not to be.
        let second = id_of(&all["items"][1]);
        let left = json!({"outcome": "left", "end_date": "2022-07-20", "leave_reason": "dismissed", "note": "单位已辞退"});
        county.post_seen(&format!("/v1/retention-checks/{second}/outcome"), 1, left).await.expect(201);
        let now = county.get(&format!("/v1/placements/{placement}")).await.expect(200);
        assert_eq!((&now["state"], &now["end_date"], &now["leave_reason"]), (&json!("left"), &json!("2022-07-20"), &json!("dismissed")));
        let all = county.get(&path).await.expect(200);
        let states: Vec<_> = all["items"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["done", "done", "cancelled"]);
        for (state, many) in [("open", 0), ("done", 2), ("cancelled", 1)] {
            let path = format!("/v1/follow-ups?kind=retention_check&state={state}");
            assert_eq!(county.get(&path).await.expect(200)["items"].as_array().unwrap().len(), many, "{state}");
        }
        let counted = office.counted(VERIFIES, "year=2022").await;
        assert_eq!(counted["retention"], json!([
            {"months": 3, "due": 0, "retained": 1, "left": 0, "cancelled": 0},
            {"months": 6, "due": 0, "retained": 0, "left": 1, "cancelled": 0},
            {"months": 12, "due": 0, "retained": 0, "left": 0, "cancelled": 1}]));
    }

    async fn a_flexible_worker_who_takes_a_contract_is_no_longer_eligible_from_the_next_month(office: &TestOffice) {
        office.minimum_wage().await;
        let employer = office.employer_in(VILLAGE).await;
        let mut somebody = person();
        let number = citizen_id("990121", "19850615", 77);
        somebody["id_number"] = json!(number);
        somebody["certificate"]["number"] = json!(format!("{number}41"));
        somebody["circumstances"] = json!({"income_status": "none", "employment_form": "flexible"});
        let resident = id_of(&office.register(somebody).await);
        let claim = |from: &str, to: &str, voucher: &str| json!({"resident_id": resident, "program_code": "social_insurance_subsidy",
            "details": {"period_from": from, "period_to": to, "contribution_fen": 400_000, "voucher_number": voucher}});
        let township = office.as_user(ENTERS).await;
        let case = id_of(&township.post("/v1/cases", claim("2022-06", "2022-09", "7701")).await.expect(201));
        let voucher = "kind=other&name=file.pdf&requirement=payment_voucher";
        township.attach(&case, voucher, PDF).await.expect(201);
        township.act(&case, "submit").await.expect(201);
        for reviewer in ["township2.990121103", VERIFIES] {
            office.as_user(reviewer).await.act(&case, "endorse").await.expect(201);
        }
        office.pass_days(10).await;
        office.as_user("approver.990121").await.act(&case, "approve").await.expect(201);
        // A contract from the twentieth of July on.
        office.pass_days(8).await;
        let placement = id_of(&office.works(&resident, &employer, "2022-07-20").await.expect(201));
        office.verifies(&placement).await.expect(201);
        office.pass_days(75).await;
        for month in ["2022-06", "2022-07", "2022-08", "2022-09"] {
            office.run_month(month).await;
        }
        let all = office.entitlements(&format!("resident_id={resident}")).await;
        let state = |month: &str| all.iter().find(|one| one["month"] == month).map(|one| one["state"].clone());
        assert_eq!(state("2022-06"), Some(json!("due")), "{all:?}");
        assert_eq!(state("2022-07"), Some(json!("due")), "{all:?}");
        assert_eq!(state("2022-08"), Some(json!("held")), "{all:?}");
        assert_eq!(state("2022-09"), Some(json!("held")), "{all:?}");
        // Nor is a new claim.
        let township = office.as_user(ENTERS).await;
        let case = id_of(&township.post("/v1/cases", claim("2022-08", "2022-09", "7702")).await.expect(201));
        township.attach(&case, voucher, PDF).await.expect(201);
        let refusal = township.act(&case, "submit").await;
        assert!(refusal.status.is_client_error(), "{refusal:?}");
    }

    async fn work_goes_along_to_another_county(office: &TestOffice) {
        office.minimum_wage().await;
        let employer = office.employer_in(VILLAGE).await;
        let resident = office.resident().await;
        let placement = id_of(&office.works(&resident, &employer, "2022-06-01").await.expect(201));
        office.verifies(&placement).await.expect(201);
        let transfer = office.transfers(&resident, "990123001001").await.expect(201);
        // Meanwhile both ends hold.
        office.leaves(&placement, "2022-07-01").await.refused(409, "resident.in_transfer");
        let path = format!("/v1/transfers/{}/transitions", id_of(&transfer));
        let there = office.as_user("county.990123").await;
        there.post_seen(&path, 1, json!({"action": "accept"})).await.expect(201);
        let now = there.get(&format!("/v1/placements/{placement}")).await.expect(200);
        assert_eq!((&now["division_code"], &now["state"]), (&json!("990123001001"), &json!("verified")));
        office.as_user(VERIFIES).await.get(&format!("/v1/placements/{placement}")).await.refused(404, "placement.not_found");
        let checks = there.get("/v1/retention-checks?state=due").await.expect(200);
        assert_eq!(checks["items"].as_array().unwrap().len(), 3);
        assert_eq!(office.counted("county.990123", "year=2022").await["persons"], 1);
        assert_eq!(office.counted(VERIFIES, "year=2022").await["persons"], 0);
    }
}
