//! A case's life: what leads where, who may take it there, and what the rules have to say.

use serde_json::{Value, json};

use crate::support::office::instant;
use crate::support::people::{id_of, person};
use crate::support::{TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
const REVIEWER: &str = "township2.990121103";

impl TestOffice {
    async fn case(&self, id: &str) -> Value {
        self.as_user("county.990121")
            .await
            .get(&format!("/v1/cases/{id}"))
            .await
            .expect(200)
    }

    /// The id of a case that stands somewhere.
    async fn standing(&self, place: &str) -> String {
        match place {
            "draft" => self.draft().await,
            "approved" => {
                let case = self.case_at("approval").await;
                self.done("approver.990121", &case, "approve").await;
                case
            }
            "rejected" => self.rejected().await,
            "stopped" => self.stopped().await,
            "reconsideration" | "reconsideration of a stop" => {
                let case = match place {
                    "reconsideration" => self.rejected().await,
                    _ => self.stopped().await,
                };
                self.reconsider(&case).await;
                case
            }
            step => self.case_at(step).await,
        }
    }

    /// Takes an action as somebody, which must be allowed.
    async fn done(&self, username: &str, case: &str, action: &str) -> Value {
        let comment = matches!(action, "return" | "reject" | "object").then_some("请补充材料");
        self.as_user(username)
            .await
            .act_saying(case, action, comment)
            .await
            .expect(201)
    }
}

fn in_review(case: &Value, step: &str) -> bool {
    case["state"] == "in_review" && case["step"] == step
}

on_both! {
    async fn who_is_not_eligible_stays_a_draft_and_learns_why(office: &TestOffice) {
        let resident = office.resident().await;
        let case = office.draft_for(&resident, "living_subsidy").await;
        let draft = office.case(&case).await;
        assert_eq!(draft["eligibility"]["outcome"], "not_eligible");
        let failed: Vec<_> = draft["eligibility"]["clauses"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|clause| clause["holds"] == false)
            .map(|clause| clause["code"].as_str().unwrap())
            .collect();
        assert_eq!(failed, ["income"]);
        let refusal = office.as_user(TOWNSHIP).await.act(&case, "submit").await.refused(422, "case.not_eligible");
        assert_eq!(refusal["clauses"][0]["code"], "income");
        assert!(refusal["detail"].as_str().unwrap().contains("最低生活保障"));
        assert_eq!(office.case(&case).await["state"], "draft");
        // Nothing was left half done.
        assert_eq!(office.case(&case).await["version"], 1);
    }

    async fn what_is_not_known_may_be_found_out_until_approval(office: &TestOffice) {
        let mut somebody = person();
        somebody["circumstances"] = json!({});
        let resident = id_of(&office.register(somebody).await);
        let case = office.draft_for(&resident, "living_subsidy").await;
        let draft = office.case(&case).await;
        assert_eq!(draft["eligibility"]["outcome"], "needs_information");
        office.bring(&case, "approval").await;
        let approver = office.as_user("approver.990121").await;
        let refusal = approver.act(&case, "approve").await.refused(422, "case.needs_information");
        assert_eq!(refusal["missing"], json!(["circumstances.income_status"]));
        let known = json!({"kind": "income_status", "value": "minimum_living"});
        let county = office.as_user("county.990121").await;
        county.post_seen(&format!("/v1/residents/{resident}/circumstances"), 1, known).await.expect(201);
        assert_eq!(approver.act(&case, "approve").await.expect(201)["state"], "approved");
        let page = approver.get(&format!("/v1/enrollments?case_id={case}")).await.expect(200);
        assert_eq!(page["items"][0]["rate_fen"], 28_000);
    }

    async fn a_returned_case_begins_a_new_round(office: &TestOffice) {
        let case = office.case_at("initial_review").await;
        let reviewer = office.as_user(REVIEWER).await;
        reviewer.act(&case, "return").await.refused_field("/comment", "comment.length");
        let returned = office.done(REVIEWER, &case, "return").await;
        assert_eq!((&returned["state"], &returned["step"], &returned["due_date"]), (&json!("returned"), &Value::Null, &Value::Null));
        // Submitted anew a month later, and reviewed by the same people, each in their own duty.
        office.pass_days(31).await;
        assert!(in_review(&office.done(TOWNSHIP, &case, "submit").await, "initial_review"));
        office.as_user(TOWNSHIP).await.act(&case, "endorse").await.refused(403, "case.separation_of_duties");
        office.done(REVIEWER, &case, "endorse").await;
        office.done("county.990121", &case, "endorse").await;
        office.done("civil.990121", &case, "endorse").await;
        office.pass_days(30).await;
        office.done("approver.990121", &case, "approve").await;
        // What counts is when it was first submitted.
        let approver = office.as_user("approver.990121").await;
        let page = approver.get(&format!("/v1/enrollments?case_id={case}")).await.expect(200);
        assert_eq!(page["items"][0]["start_month"], "2022-07");
        let history = approver.get(&format!("/v1/cases/{case}/transitions")).await.expect(200);
        let rounds: Vec<_> = history["items"].as_array().unwrap().iter().map(|entry| entry["round"].as_i64().unwrap()).collect();
        assert_eq!(rounds, [1, 1, 1, 2, 2, 2, 2, 2, 2]);
        assert_eq!(history["items"][2]["comment"], "请补充材料");
    }

    async fn a_round_that_was_returned_lets_people_change_places(office: &TestOffice) {
        let case = office.case_at("initial_review").await;
        office.done(REVIEWER, &case, "return").await;
        // The reviewer of the first round files the second, and the filer reviews it.
        office.done(REVIEWER, &case, "submit").await;
        office.as_user(REVIEWER).await.act(&case, "endorse").await.refused(403, "case.separation_of_duties");
        assert!(in_review(&office.done(TOWNSHIP, &case, "endorse").await, "verification"));
    }

    async fn a_county_caseworker_who_files_does_not_verify(office: &TestOffice) {
        let resident = office.resident().await;
        let county = office.as_user("county.990121").await;
        let body = json!({"resident_id": resident, "program_code": "nursing_subsidy", "details": {"note": "上门受理"}});
        let case = id_of(&county.post("/v1/cases", body).await.expect(201));
        office.done("county.990121", &case, "submit").await;
        office.done(REVIEWER, &case, "endorse").await;
        county.act(&case, "endorse").await.refused(403, "case.separation_of_duties");
        assert_eq!(office.case(&case).await["allowed_actions"], json!(["withdraw"]));
    }

    async fn rejection_and_withdrawal_end_a_case_and_free_its_place(office: &TestOffice) {
        let resident = office.resident().await;
        let body = || json!({"resident_id": resident, "program_code": "nursing_subsidy", "details": {}});
        let township = office.as_user(TOWNSHIP).await;
        let first = id_of(&township.post("/v1/cases", body()).await.expect(201));
        township.post("/v1/cases", body()).await.refused(409, "case.already_open");
        let withdrawn = office.done(TOWNSHIP, &first, "withdraw").await;
        assert_eq!(withdrawn["state"], "withdrawn");
        assert_eq!(withdrawn["closed_at"], "2022-07-04T01:00:00.000000Z");
        township.act(&first, "submit").await.refused(409, "case.transition_not_allowed");

        let second = id_of(&township.post("/v1/cases", body()).await.expect(201));
        office.done(TOWNSHIP, &second, "submit").await;
        let rejected = office.done(REVIEWER, &second, "reject").await;
        assert_eq!((&rejected["state"], &rejected["decided_at"]), (&json!("rejected"), &rejected["closed_at"]));

        let third = id_of(&township.post("/v1/cases", body()).await.expect(201));
        office.done(TOWNSHIP, &third, "submit").await;
        office.done(TOWNSHIP, &third, "withdraw").await;
        let fourth = id_of(&township.post("/v1/cases", body()).await.expect(201));
        office.bring(&fourth, "approval").await;
        office.done("approver.990121", &fourth, "approve").await;
        // While the benefit runs there is no second one.
        office.as_user(TOWNSHIP).await.post("/v1/cases", body()).await.refused(409, "case.already_open");
    }

    async fn an_objection_stops_the_notice(office: &TestOffice) {
        let case = office.case_at("public_notice").await;
        office.as_user("civil.990121").await.act_saying(&case, "object", Some("有人反映")).await.refused(403, "case.step_role");
        let county = office.as_user("county.990121").await;
        county.act(&case, "object").await.refused_field("/comment", "comment.length");
        assert!(in_review(&office.done("county.990121", &case, "object").await, "verification"));
        // The notice that was stopped does not end by itself.
        office.pass_days(60).await;
        let county = office.as_user("county.990121").await;
        assert!(in_review(&office.case(&case).await, "verification"));
        county.act(&case, "endorse").await.refused_field("/comment", "comment.objection");
        county.act_saying(&case, "endorse", Some("经查不属实")).await.expect(201);
        assert!(in_review(&office.done("civil.990121", &case, "endorse").await, "public_notice"));
    }

    async fn what_happens_by_itself_cannot_be_asked_for(office: &TestOffice) {
        let notice = office.case_at("public_notice").await;
        office.as_user("county.990121").await.act(&notice, "close_notice").await.refused(409, "case.transition_not_allowed");
        let reviewed = office.case_at("initial_review").await;
        office.as_user(REVIEWER).await.act(&reviewed, "lapse").await.refused(409, "case.transition_not_allowed");
    }

    async fn a_notice_lasts_its_working_days_across_a_holiday(office: &TestOffice) {
        // Determined on Wednesday, 28 September 2022; 1 to 7 October are holidays, 8 and 9 worked.
        office.clock.set(instant("2022-09-28T01:00:00Z"));
        let case = office.case_at("public_notice").await;
        assert_eq!(office.case(&case).await["due_date"], "2022-10-12");
        office.clock.set(instant("2022-10-12T15:59:00Z"));
        office.pass(std::time::Duration::ZERO).await;
        assert!(in_review(&office.case(&case).await, "public_notice"));
        office.clock.set(instant("2022-10-12T16:00:00Z"));
        office.pass(std::time::Duration::ZERO).await;
        let ended = office.case(&case).await;
        assert!(in_review(&ended, "approval"));
        assert_eq!(ended["due_date"], "2022-10-20");
    }

    async fn what_is_listed_as_allowed_is_what_the_office_accepts(office: &TestOffice) {
        let people = [
            "liaison.990121103201", TOWNSHIP, REVIEWER, "county.990121", "civil.990121", "approver.990121", "supervisor.990100",
        ];
        let actions = [
            "submit", "endorse", "return", "reject", "object", "approve", "withdraw", "terminate", "request_reconsideration",
            "uphold", "reopen",
        ];
        let mut accepted = 0;
        for place in [
            "draft", "initial_review", "verification", "determination", "public_notice", "approval", "approved", "rejected", "stopped",
            "reconsideration", "reconsideration of a stop",
        ] {
            for username in people {
                // A case of its own for every try that succeeds.
                let mut case = office.standing(place).await;
                for action in actions {
                    let client = office.as_user(username).await;
                    let shown = client.get(&format!("/v1/cases/{case}")).await.expect(200);
                    let listed = shown["allowed_actions"].as_array().unwrap().contains(&json!(action));
                    let reply = client.act_saying(&case, action, Some("说明")).await;
                    let told = format!("{username} {action} at {place}: {}", String::from_utf8_lossy(&reply.body));
                    if listed {
                        assert_eq!(reply.status.as_u16(), 201, "{told}");
                        accepted += 1;
                        case = office.standing(place).await;
                    } else {
                        assert!([403, 409].contains(&reply.status.as_u16()), "{told}");
                        assert_eq!(client.get(&format!("/v1/cases/{case}")).await.expect(200), shown, "{told}");
                    }
                }
            }
        }
        assert!(accepted > 40, "{accepted}");
    }

    async fn changes_need_the_version_that_was_seen(office: &TestOffice) {
        let case = office.draft().await;
        let township = office.as_user(TOWNSHIP).await;
        let path = format!("/v1/cases/{case}/transitions");
        let submit = json!({"action": "submit"});
        township.post(&path, submit.clone()).await.refused(428, "if_match.missing");
        township.post_seen(&path, 7, submit.clone()).await.refused(412, "if_match.stale");
        let reply = township.post_seen(&path, 1, submit).await;
        assert_eq!((reply.header("etag"), reply.header("location")), (Some("\"2\""), Some(path.as_str())));
        assert_eq!(township.get(&format!("/v1/cases/{case}")).await.header("etag"), Some("\"2\""));
    }

    async fn a_repeated_request_is_done_once(office: &TestOffice) {
        let resident = office.resident().await;
        let township = office.as_user(TOWNSHIP).await;
        let body = json!({"resident_id": resident, "program_code": "nursing_subsidy", "details": {}});
        let file = async || township.request("POST", "/v1/cases").key("file-1").json(&body).send().await;
        let first = file().await;
        assert_eq!(first.status.as_u16(), 201);
        let again = file().await;
        assert_eq!((first.body.clone(), first.header("location")), (again.body.clone(), again.header("location")));
        let case = id_of(&first.json());
        let submit = json!({"action": "submit"});
        let path = format!("/v1/cases/{case}/transitions");
        let send = async || township.request("POST", &path).seen(1).key("submit-1").json(&submit).send().await;
        assert_eq!(send().await.body, send().await.body);
        let history = township.get(&path).await.expect(200);
        assert_eq!(history["items"].as_array().unwrap().len(), 2);
    }

    async fn bad_filings_are_refused_with_the_field(office: &TestOffice) {
        let resident = office.resident().await;
        let township = office.as_user(TOWNSHIP).await;
        let file = async |body: Value| township.post("/v1/cases", body).await;
        let nobody = "0190a000-0000-7000-8000-000000000000";
        file(json!({"resident_id": nobody, "program_code": "nursing_subsidy"})).await.refused(404, "resident.not_found");
        file(json!({"resident_id": resident, "program_code": "no_such"})).await.refused_field("/program_code", "program.unknown");
        file(json!({"resident_id": resident, "program_code": "nursing_subsidy", "details": {"amount": 5}}))
            .await
            .refused_field("/details/amount", "details.unknown");
        file(json!({"resident_id": "not an id", "program_code": "nursing_subsidy"})).await.refused_field("/resident_id", "field.invalid");
        let case = office.draft_for(&resident, "nursing_subsidy").await;
        let path = format!("/v1/cases/{case}/transitions");
        let long = json!({"action": "submit", "comment": "长".repeat(1001)});
        township.post_seen(&path, 1, long).await.refused_field("/comment", "comment.length");
        township.post_seen(&path, 1, json!({"action": "dance"})).await.refused_field("/action", "field.invalid");
        // What happens by itself cannot be asked for.
        township.post_seen(&path, 1, json!({"action": "close_notice"})).await.refused(409, "case.transition_not_allowed");
    }

    async fn numbers_count_by_county_and_year(office: &TestOffice) {
        let number = async |case: &str| office.case(case).await["case_number"].clone();
        let (first, second) = (office.draft().await, office.draft().await);
        assert_eq!((number(&first).await, number(&second).await), (json!("990121-2022-000001"), json!("990121-2022-000002")));
        // New Year in the office comes at four in the afternoon of the day before in Greenwich.
        office.clock.set(instant("2022-12-31T16:00:00Z"));
        assert_eq!(number(&office.draft().await).await, "990121-2023-000001");
    }

    async fn the_version_of_the_day_of_submission_decides(office: &TestOffice) {
        office.clock.set(instant("2022-06-30T01:00:00Z"));
        let (early, late) = (office.draft().await, office.draft().await);
        office.done(TOWNSHIP, &early, "submit").await;
        assert_eq!(office.case(&late).await["program_version"], 1);
        assert_eq!(office.case(&late).await["eligibility"]["amount_fen"], 12_500);
        office.pass_days(1).await;
        let submitted = office.done(TOWNSHIP, &late, "submit").await;
        assert_eq!((&submitted["program_version"], &submitted["eligibility"]["amount_fen"]), (&json!(2), &json!(50_000)));
        assert_eq!(office.case(&early).await["program_version"], 1);
    }
}
