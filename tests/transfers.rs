//! Transfers: a resident moves to another county with all that is open and runs; both ends hold until it
//! is accepted.

use serde_json::{Value, json};

use crate::support::office::instant;
use crate::support::people::{ELSEWHERE, PDF, VILLAGE, id_of};
use crate::support::{Reply, TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
const REVIEWER: &str = "township2.990121103";
const HERE: &str = "county.990121";
const THERE: &str = "county.990122";

impl TestOffice {
    pub async fn transfers(&self, resident: &str, to: &str) -> Reply {
        let body =
            json!({"to_division_code": to, "reason": " 随子女迁居 ", "moved_date": "2022-07-01"});
        let client = self.as_user(HERE).await;
        client
            .post(&format!("/v1/residents/{resident}/transfers"), body)
            .await
    }

    pub async fn answers_transfer(&self, username: &str, transfer: &Value, action: &str) -> Reply {
        let path = format!("/v1/transfers/{}/transitions", id_of(transfer));
        let body = match action {
            "accept" => json!({"action": action}),
            _ => json!({"action": action, "comment": "材料不符"}),
        };
        let client = self.as_user(username).await;
        client
            .post_seen(&path, transfer["version"].as_i64().unwrap(), body)
            .await
    }

    async fn reads(&self, username: &str, path: &str) -> Value {
        self.as_user(username).await.get(path).await.expect(200)
    }

    async fn cannot_read(&self, username: &str, path: &str, code: &str) {
        let client = self.as_user(username).await;
        client.get(path).await.refused(404, code);
    }

    async fn resident_of(&self, case: &str) -> String {
        let case = self.reads(HERE, &format!("/v1/cases/{case}")).await;
        case["resident_id"].as_str().unwrap().to_owned()
    }

    /// Somebody with a benefit that runs, a closed case and one under review; the resident and the three cases.
    async fn settled(&self) -> [String; 4] {
        let enrolled = self.case_at("approval").await;
        let approver = self.as_user("approver.990121").await;
        approver.act(&enrolled, "approve").await.expect(201);
        let resident = self.resident_of(&enrolled).await;
        let withdrawn = self.draft_for(&resident, "living_subsidy").await;
        let township = self.as_user(TOWNSHIP).await;
        township.act(&withdrawn, "withdraw").await.expect(201);
        let statement =
            json!({"kind": "income_status", "value": "minimum_living", "source": "民政核对"});
        let known = self
            .reads(TOWNSHIP, &format!("/v1/residents/{resident}"))
            .await;
        let path = format!("/v1/residents/{resident}/circumstances");
        township
            .post_seen(&path, known["version"].as_i64().unwrap(), statement)
            .await
            .expect(201);
        let reviewed = self.draft_for(&resident, "living_subsidy").await;
        self.bring(&reviewed, "initial_review").await;
        [resident, enrolled, withdrawn, reviewed]
    }
}

on_both! {
    async fn all_that_is_open_or_runs_moves_at_once_and_as_it_was(office: &TestOffice) {
        let [resident, enrolled, withdrawn, reviewed] = office.settled().await;
        let path = format!("/v1/enrollments?case_id={enrolled}");
        let before = office.reads(HERE, &path).await["items"][0].clone();
        let due = office.reads(HERE, &format!("/v1/cases/{reviewed}")).await["due_date"].clone();
        let reply = office.transfers(&resident, ELSEWHERE).await;
        let offered = reply.expect(201);
        assert_eq!(reply.header("location"), Some(format!("/v1/transfers/{}", id_of(&offered)).as_str()));

        // The other end sees what it would take over, and nothing else of the person.
        let seen = office.reads(THERE, &format!("/v1/transfers/{}", id_of(&offered))).await;
        let all = &seen["belongings"];
        assert_eq!((&all["name"], &all["impairment_type"], &all["severity_level"], &seen["reason"], &seen["allowed_actions"]),
            (&json!("张晓宝"), &json!("physical"), &json!(1), &json!("随子女迁居"), &json!(["accept", "decline"])));
        assert!(all["id_number_masked"].as_str().unwrap().contains("********"));
        let cases: Vec<_> = all["open_cases"].as_array().unwrap().iter()
            .map(|case| (case["program_code"].as_str().unwrap(), case["state"].as_str().unwrap(), case["step"].clone(), case["due_date"].clone()))
            .collect();
        assert_eq!(cases, [
            ("nursing_subsidy", "approved", Value::Null, Value::Null),
            ("living_subsidy", "in_review", json!("initial_review"), due.clone()),
        ]);
        assert_eq!(all["benefits"], json!([{"program_code": "nursing_subsidy", "rate_fen": before["rate_fen"], "start_month": "2022-07", "suspended": false}]));
        office.cannot_read(THERE, &format!("/v1/residents/{resident}"), "resident.not_found").await;

        let accepted = office.answers_transfer(THERE, &offered, "accept").await.expect(201);
        assert_eq!((&accepted["state"], &accepted["version"], &accepted["belongings"], &accepted["allowed_actions"]),
            (&json!("accepted"), &json!(2), all, &json!([])));
        let moved = office.reads(THERE, &format!("/v1/residents/{resident}")).await;
        assert_eq!((&moved["division_code"], &moved["hukou_division_code"]), (&json!(ELSEWHERE), &json!(VILLAGE)));
        office.cannot_read(HERE, &format!("/v1/residents/{resident}"), "resident.not_found").await;
        // One row a program, the same but for where it is.
        let mut after = office.reads(THERE, "/v1/enrollments").await["items"].clone();
        assert_eq!(after.as_array().unwrap().len(), 1);
        assert_eq!((&after[0]["division_code"], &after[0]["version"]), (&json!(ELSEWHERE), &json!(2)));
        for changed in ["division_code", "version", "updated_at"] {
            after[0][changed] = before[changed].clone();
        }
        assert_eq!(after[0], before);
        assert_eq!(office.reads(HERE, "/v1/enrollments").await["items"], json!([]));
        // Open cases go along, closed ones stay.
        let case = office.reads(THERE, &format!("/v1/cases/{reviewed}")).await;
        assert_eq!((&case["division_code"], &case["state"], &case["step"], &case["due_date"]),
            (&json!(ELSEWHERE), &json!("in_review"), &json!("initial_review"), &due));
        assert_eq!(office.reads(THERE, &format!("/v1/cases/{enrolled}")).await["state"], "approved");
        office.cannot_read(HERE, &format!("/v1/cases/{reviewed}"), "case.not_found").await;
        office.cannot_read(THERE, &format!("/v1/cases/{withdrawn}"), "case.not_found").await;
        assert_eq!(office.reads(HERE, &format!("/v1/cases/{withdrawn}")).await["state"], "withdrawn");
        let history = office.reads(THERE, &format!("/v1/cases/{reviewed}/transitions")).await;
        let last = history["items"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["action"], &last["from_state"], &last["to_step"], &last["actor"]["username"]),
            (&json!("transfer"), &json!("in_review"), &json!("initial_review"), &json!(THERE)));
        // The step waits for somebody there, and goes on.
        let tasks = office.reads("approver.990122", "/v1/tasks/office").await;
        assert_eq!((&tasks["items"][0]["case_id"], &tasks["items"][0]["due_date"]), (&json!(reviewed), &due));
        assert!(tasks["items"][0]["assignee"]["username"].as_str().unwrap().ends_with("990122103"), "{tasks}");
        assert_eq!(office.reads("approver.990121", "/v1/tasks/office").await["items"], json!([]));
        let there = office.as_user("township2.990122103").await;
        assert_eq!(there.act(&reviewed, "endorse").await.expect(201)["step"], "verification");
        office.as_user(THERE).await.act(&reviewed, "endorse").await.expect(201);

        // Both ends keep seeing it, and each has its record.
        for (username, auditor) in [(HERE, "auditor.990121"), (THERE, "auditor.990122")] {
            let path = format!("/v1/residents/{resident}/transfers");
            assert_eq!(office.reads(username, &path).await["items"][0]["belongings"], *all);
            let records = office.reads(auditor, "/v1/audit/events?action=transfer.accepted").await;
            assert_eq!((records["items"].as_array().unwrap().len(), &records["items"][0]["resident_id"]), (1, &json!(resident)), "{auditor}");
        }
    }

    async fn both_ends_hold_until_it_is_decided(office: &TestOffice) {
        let case = office.case_at("initial_review").await;
        let resident = office.resident_of(&case).await;
        let offered = office.transfers(&resident, ELSEWHERE).await.expect(201);
        let id = id_of(&offered);
        let held = |reply: Reply| assert_eq!(reply.refused(409, "resident.in_transfer")["transfer_id"], id);
        for (username, action) in [(REVIEWER, "endorse"), (TOWNSHIP, "withdraw"), ("liaison.990121103201", "withdraw")] {
            held(office.as_user(username).await.act(&case, action).await);
        }
        let township = office.as_user(TOWNSHIP).await;
        held(township.post("/v1/cases", json!({"resident_id": resident, "program_code": "living_subsidy"})).await);
        held(office.as_user("liaison.990121103201").await.post("/v1/cases", json!({"resident_id": resident, "program_code": "living_subsidy"})).await);
        let form = json!({"resident_id": resident, "programs": [{"program_code": "living_subsidy"}]});
        held(township.post("/v1/applications", form).await);
        let path = format!("/v1/cases/{case}/supplement-requests");
        held(office.as_user(REVIEWER).await.post_seen(&path, 2, json!({"what": "证明"})).await);
        held(office.transfers(&resident, ELSEWHERE).await);
        let seen = office.reads(REVIEWER, &format!("/v1/cases/{case}")).await;
        assert_eq!(seen["allowed_actions"], json!([]));
        assert_eq!(office.reads(REVIEWER, "/v1/cases").await["items"][0]["allowed_actions"], json!([]));
        // Looks, facts and documents go on; the village does not change meanwhile.
        let known = office.reads(TOWNSHIP, &format!("/v1/residents/{resident}")).await;
        let version = known["version"].as_i64().unwrap();
        let path = format!("/v1/residents/{resident}");
        township.patch_seen(&path, version, json!({"division_code": "990121103202"})).await.refused(409, "resident.in_transfer");
        let patched = township.patch_seen(&path, version, json!({"phone": "12000004321"})).await.expect(200);
        let fact = json!({"kind": "income_status", "value": "minimum_living", "source": "民政核对"});
        let version = patched["version"].as_i64().unwrap();
        township.post_seen(&format!("{path}/circumstances"), version, fact).await.expect(201);
        let account = json!({"bank_account": "9901210000000001", "bank_name": "虚川农村商业银行"});
        township.post_seen(&format!("{path}/bank-accounts"), version + 1, account).await.expect(201);
        township.attach(&case, "kind=other&name=file.pdf", PDF).await.expect(201);

        // Declined, all goes on where it was.
        let declined = office.answers_transfer(THERE, &offered, "decline").await.expect(201);
        assert_eq!((&declined["state"], &declined["belongings"], &declined["history"][1]["comment"]),
            (&json!("declined"), &Value::Null, &json!("材料不符")));
        office.as_user(REVIEWER).await.act(&case, "endorse").await.expect(201);
        assert_eq!(office.reads(HERE, &path).await["division_code"], VILLAGE);
        let again = office.transfers(&resident, ELSEWHERE).await.expect(201);
        assert_eq!(office.answers_transfer(HERE, &again, "cancel").await.expect(201)["state"], "cancelled");
        office.as_user(HERE).await.act(&case, "endorse").await.expect(201);
    }

    async fn what_runs_out_by_itself_waits_until_it_is_decided(office: &TestOffice) {
        let case = office.case_at("public_notice").await;
        let resident = office.resident_of(&case).await;
        let offered = office.transfers(&resident, ELSEWHERE).await.expect(201);
        office.pass_days(30).await;
        assert_eq!(office.reads(HERE, &format!("/v1/cases/{case}")).await["step"], "public_notice");
        office.answers_transfer(THERE, &offered, "accept").await.expect(201);
        office.pass_days(1).await;
        assert_eq!(office.reads(THERE, &format!("/v1/cases/{case}")).await["step"], "approval");
        office.as_user("approver.990122").await.act(&case, "approve").await.expect(201);
        let paid = office.reads(THERE, &format!("/v1/enrollments?case_id={case}")).await;
        assert_eq!((&paid["items"][0]["division_code"], &paid["items"][0]["start_month"]), (&json!(ELSEWHERE), &json!("2022-07")));
    }

    async fn a_notice_that_was_published_here_ends_where_its_case_goes_on(office: &TestOffice) {
        let case = office.case_at("public_notice").await;
        let resident = office.resident_of(&case).await;
        let offered = office.transfers(&resident, ELSEWHERE).await.expect(201);
        office.answers_transfer(THERE, &offered, "accept").await.expect(201);
        let there = office.as_user("township.990122103").await;
        assert_eq!(there.act_saying(&case, "object", Some("邻居反映不实")).await.expect(201)["step"], "verification");
        assert_eq!(office.reads(HERE, "/v1/public-notices").await["items"][0]["outcome"], "objected");
    }

    async fn what_a_reviewer_waits_for_is_answered_at_the_other_end(office: &TestOffice) {
        let case = office.case_at("initial_review").await;
        let resident = office.resident_of(&case).await;
        let path = format!("/v1/cases/{case}/supplement-requests");
        let ask = json!({"what": "护理证明", "due_date": "2022-07-20"});
        let asked = office.as_user(REVIEWER).await.post_seen(&path, 2, ask).await.expect(201);
        let offered = office.transfers(&resident, ELSEWHERE).await.expect(201);
        office.answers_transfer(THERE, &offered, "accept").await.expect(201);
        let task = office.reads("approver.990122", "/v1/tasks/office").await["items"][0].clone();
        assert_eq!((&task["case_id"], &task["due_date"]), (&json!(case), &Value::Null));
        let answer = format!("/v1/supplement-requests/{}/answer", id_of(&asked));
        let comment = json!({"comment": "已补充"});
        office.as_user(TOWNSHIP).await.post(&answer, comment.clone()).await.refused(404, "supplement.not_found");
        let answered = office.as_user("township.990122103").await.post(&answer, comment).await.expect(201);
        assert_eq!(answered["outcome"], "answered");
        let due = office.reads(THERE, &format!("/v1/cases/{case}")).await["due_date"].clone();
        assert_eq!(office.reads("approver.990122", "/v1/tasks/office").await["items"][0]["due_date"], due);
        office.as_user("township2.990122103").await.act(&case, "endorse").await.expect(201);
    }

    async fn what_is_not_answered_lapses_at_the_other_end(office: &TestOffice) {
        let case = office.case_at("initial_review").await;
        let resident = office.resident_of(&case).await;
        let path = format!("/v1/cases/{case}/supplement-requests");
        let ask = json!({"what": "护理证明", "due_date": "2022-07-06"});
        office.as_user(REVIEWER).await.post_seen(&path, 2, ask).await.expect(201);
        let offered = office.transfers(&resident, ELSEWHERE).await.expect(201);
        office.clock.set(instant("2022-07-08T01:00:00Z"));
        office.pass_days(0).await;
        assert_eq!(office.reads(HERE, &format!("/v1/cases/{case}")).await["state"], "in_review");
        office.answers_transfer(THERE, &offered, "accept").await.expect(201);
        office.pass_days(1).await;
        assert_eq!(office.reads(THERE, &format!("/v1/cases/{case}")).await["state"], "returned");
        office.as_user("township.990122103").await.act(&case, "submit").await.expect(201);
    }

    async fn referrals_go_along_with_their_case(office: &TestOffice) {
        let center = office.institution("worker.center", "990121").await;
        let case = office.draft().await;
        let resident = office.resident_of(&case).await;
        let referral = office.refers(TOWNSHIP, &case, &center).await.expect(201);
        let offered = office.transfers(&resident, ELSEWHERE).await.expect(201);
        office.refers(TOWNSHIP, &case, &center).await.refused(409, "resident.in_transfer");
        office.answers_transfer(THERE, &offered, "accept").await.expect(201);
        let path = format!("/v1/referrals/{}", id_of(&referral));
        assert_eq!(office.reads(THERE, &path).await["person"]["name"], "张晓宝");
        assert_eq!(office.reads("worker.center", &path).await["state"], "offered");
        office.cannot_read(HERE, &path, "referral.not_found").await;
        let worker = office.as_user("worker.center").await;
        worker.post_seen(&format!("{path}/transitions"), 1, json!({"action": "accept"})).await.expect(201);
    }

    async fn each_end_does_its_own(office: &TestOffice) {
        let resident = office.resident().await;
        let offered = office.transfers(&resident, ELSEWHERE).await.expect(201);
        let path = format!("/v1/transfers/{}", id_of(&offered));
        assert_eq!(offered["allowed_actions"], json!(["cancel"]));
        office.answers_transfer(HERE, &offered, "accept").await.refused(403, "transfer.other_side");
        office.answers_transfer(HERE, &offered, "decline").await.refused(403, "transfer.other_side");
        office.answers_transfer(THERE, &offered, "cancel").await.refused(403, "transfer.other_side");
        for username in ["approver.990122", "township.990122103", "auditor.990122", "supervisor.990100"] {
            assert_eq!(office.reads(username, &path).await["allowed_actions"], json!([]), "{username}");
            office.answers_transfer(username, &offered, "accept").await.refused(403, "permission.denied");
        }
        for username in ["county.990123", "auditor.990123", "township.990122104"] {
            office.cannot_read(username, &path, "transfer.not_found").await;
            assert_eq!(office.reads(username, "/v1/transfers").await["items"], json!([]), "{username}");
        }
        office.answers_transfer("county.990123", &offered, "accept").await.refused(404, "transfer.not_found");
        office.cannot_read("county.990123", &format!("/v1/residents/{resident}/transfers"), "resident.not_found").await;
        for (username, direction) in [(HERE, "outgoing"), (THERE, "incoming")] {
            let list = office.reads(username, &format!("/v1/transfers?direction={direction}&state=offered")).await;
            assert_eq!((id_of(&list["items"][0]), &list["items"][0]["reason"]), (id_of(&offered), &Value::Null));
        }
        assert_eq!(office.reads(HERE, "/v1/transfers?direction=incoming").await["items"], json!([]));
        // Who is of both counties answers for neither what they offered.
        let me = office.reads(HERE, "/v1/me").await;
        let there = office.reads(THERE, "/v1/me").await;
        let grant = json!({"role": "county_caseworker", "organization_id": there["grants"][0]["organization_id"]});
        office.as_user("secadmin").await.post(&format!("/v1/users/{}/grants", id_of(&me)), grant).await.expect(201);
        office.answers_transfer(HERE, &offered, "accept").await.refused(403, "transfer.other_side");
        // Nor is a resident of theirs moved but by a transfer.
        let other = office.resident().await;
        let moved = office.as_user(HERE).await.patch_seen(&format!("/v1/residents/{other}"), 1, json!({"division_code": ELSEWHERE})).await;
        moved.refused_field("/division_code", "division.out_of_scope");
        office.answers_transfer(THERE, &offered, "accept").await.expect(201);
        office.answers_transfer(THERE, &json!({"id": id_of(&offered), "version": 2}), "decline").await.refused(409, "transfer.transition_not_allowed");
        office.answers_transfer(THERE, &offered, "accept").await.refused(412, "if_match.stale");
    }

    async fn who_is_related_neither_offers_nor_accepts(office: &TestOffice) {
        let case = office.draft().await;
        let resident = office.resident_of(&case).await;
        let related = json!({"relation": "sibling"});
        office.as_user(HERE).await.post(&format!("/v1/cases/{case}/recusals"), related).await.expect(201);
        office.transfers(&resident, ELSEWHERE).await.refused(403, "case.recusal_required");
        let other = office.resident().await;
        let offered = office.transfers(&other, ELSEWHERE).await.expect(201);
        let me = office.reads(THERE, "/v1/me").await;
        let phone = json!({"phone": "12000001234"});
        office.as_user(THERE).await.patch_seen("/v1/me", me["version"].as_i64().unwrap(), phone).await.expect(200);
        office.answers_transfer(THERE, &offered, "accept").await.refused(403, "case.recusal_required");
        assert_eq!(office.reads(HERE, &format!("/v1/residents/{other}")).await["division_code"], VILLAGE);
    }

    async fn what_is_offered_is_checked(office: &TestOffice) {
        let resident = office.resident().await;
        let path = format!("/v1/residents/{resident}/transfers");
        let here = office.as_user(HERE).await;
        let good = json!({"to_division_code": ELSEWHERE, "reason": "随子女迁居", "moved_date": "2022-08-04"});
        for (change, pointer, code) in [
            (json!({"to_division_code": "990121104201"}), "/to_division_code", "division.same_county"),
            (json!({"to_division_code": "990122"}), "/to_division_code", "division.level"),
            (json!({"to_division_code": "990122999999"}), "/to_division_code", "division.unknown"),
            (json!({"reason": " "}), "/reason", "reason.length"),
            (json!({"moved_date": "2022-08-05"}), "/moved_date", "moved_date.future"),
            (json!({"hukou": true}), "/hukou", "field.unknown"),
        ] {
            let mut body = good.clone();
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            here.post(&path, body).await.refused_field(pointer, code);
        }
        for username in [TOWNSHIP, "approver.990121", "auditor.990121", "sysadmin"] {
            office.as_user(username).await.post(&path, good.clone()).await.refused(403, "permission.denied");
        }
        office.as_user(THERE).await.post(&path, good.clone()).await.refused(404, "resident.not_found");
        assert_eq!(office.reads(HERE, &path).await["items"], json!([]));
        let offered = here.post(&path, good).await.expect(201);
        let answer = format!("/v1/transfers/{}/transitions", id_of(&offered));
        let there = office.as_user(THERE).await;
        there.post(&answer, json!({"action": "accept"})).await.refused(428, "if_match.missing");
        there.post_seen(&answer, 1, json!({"action": "decline"})).await.refused_field("/comment", "comment.length");
        there.post_seen(&answer, 1, json!({"action": "offer", "comment": "再来"})).await.refused(409, "transfer.transition_not_allowed");
    }

    async fn a_decision_is_reconsidered_where_it_was_made(office: &TestOffice) {
        let (upheld, annulled) = (office.rejected().await, office.rejected().await);
        for case in [&upheld, &annulled] {
            let resident = office.resident_of(case).await;
            let offered = office.transfers(&resident, ELSEWHERE).await.expect(201);
            office.answers_transfer(THERE, &offered, "accept").await.expect(201);
            office.reconsider(case).await;
        }
        let approver = office.as_user("approver.990121").await;
        approver.act_saying(&upheld, "uphold", Some("经复查，原决定正确")).await.expect(201);
        let path = format!("/v1/cases/{upheld}/notices");
        let notices = approver.get(&path).await.expect(200);
        let letter = async |place: usize| {
            let path = format!("{path}/{}", id_of(&notices["items"][place]));
            office.as_user("approver.990121").await.get(&path).await.expect(200)
        };
        let (first, second) = (letter(0).await, letter(1).await);
        assert_eq!((&second["kind"], &second["content"]["addressee"]), (&json!("uphold"), &json!("张晓宝")));
        assert_eq!(second["content"]["clauses"], first["content"]["clauses"]);
        // An application is a matter of the new county.
        approver.act_saying(&annulled, "reopen", Some("经复查，原决定有误")).await.expect(201);
        office.as_user(TOWNSHIP).await.act(&annulled, "submit").await.refused(409, "case.resident_moved");
    }
}
