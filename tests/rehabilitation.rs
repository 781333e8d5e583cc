//! Rescue rehabilitation of children: institutions, plans, sessions, settlements, as their users do it.

use serde_json::{Value, json};

use crate::support::people::{ELSEWHERE, id_of};
use crate::support::rehabilitation::{APPROVER, COUNTY, TOWNSHIP, WORKER, child_born};
use crate::support::{TestOffice, on_both};

const STRANGER: &str = "worker.elsewhere";
const TUESDAY: &str = "2022-07-05";

fn fen(settlement: &Value) -> (i64, i64, i64) {
    let of = |name: &str| settlement[name].as_i64().unwrap();
    (of("amount_fen"), of("deduction_fen"), of("net_fen"))
}

on_both! {
    async fn a_child_is_approved_treated_settled_and_done(office: &TestOffice) {
        let center = office.agreed_institution(WORKER, 2).await;
        let case = office.approved_child().await;
        let reply = office.chooses(TOWNSHIP, &case, &center).await;
        let plan = reply.expect(201);
        let id = id_of(&plan);
        assert_eq!(reply.header("location"), Some(format!("/v1/rehabilitation-plans/{id}").as_str()));
        assert_eq!((&plan["state"], &plan["start_date"], &plan["place_in_line"], &plan["allowed_actions"], &plan["goals"]),
            (&json!("active"), &json!("2022-07-04"), &Value::Null, &json!(["end"]), &json!("独立行走十米")));
        let county = office.as_user(COUNTY).await;
        let begun = county.get(&format!("/v1/cases/{case}")).await.expect(200);
        assert_eq!((&begun["state"], &begun["allowed_actions"]), (&json!("in_service"), &json!(["complete"])));

        // The institution sees what the work needs, and nothing else.
        let seen = office.plan_as(WORKER, &id).await.expect(200);
        assert_eq!(seen["child"], json!({"name": "李小苗", "sex": seen["child"]["sex"], "birth_year": 2018, "impairment_type": "physical", "severity_level": 2}));
        assert_eq!((&seen["case_id"], &seen["resident_id"], &seen["division_code"], &seen["allowed_actions"]),
            (&Value::Null, &Value::Null, &Value::Null, &json!(["complete", "end"])));
        let worker = office.as_user(WORKER).await;
        for path in ["/v1/residents".to_owned(), "/v1/cases".to_owned(), format!("/v1/cases/{case}")] {
            worker.get(&path).await.refused(403, "permission.denied");
        }
        let auditor = office.as_user("auditor.990121").await;
        let looks = auditor.get("/v1/audit/events?action=rehabilitation_plan.viewed").await.expect(200);
        assert_eq!(looks["items"][0]["actor"]["username"], WORKER);

        office.assesses(WORKER, &id, "initial").await.expect(201);
        office.pass_days(1).await;
        let session = office.treats(WORKER, &id, "2022-07-04", 10, " 李 治疗师 ").await.expect(201);
        assert_eq!((&session["state"], &session["therapist"], &session["session_date"], &session["allowed_actions"]),
            (&json!("recorded"), &json!("李治疗师"), &json!("2022-07-04"), &json!(["confirm", "void"])));
        // What no guardian has confirmed does not count.
        office.settles(WORKER, &center, "2022-07").await.refused(409, "settlement.nothing_attended");
        let confirmed = office.confirms(TOWNSHIP, &session).await.expect(201);
        assert_eq!((&confirmed["state"], &confirmed["allowed_actions"]), (&json!("confirmed"), &json!([])));
        let settlement = office.settles(WORKER, &center, "2022-07").await.expect(201);
        assert_eq!(fen(&settlement), (12_000, 0, 12_000));
        let line = &settlement["lines"][0];
        assert_eq!((&line["session_count"], &line["rate_fen"], &line["gross_fen"], &line["remaining_fen"], &line["plan_id"]),
            (&json!(1), &json!(12_000), &json!(12_000), &json!(2_400_000), &json!(id)));
        assert_eq!((&settlement["allowed_actions"], &settlement["left_out"]), (&json!(["withdraw"]), &json!([])));
        let checked = office.moves_settlement(COUNTY, &settlement, "check").await.expect(201);
        assert_eq!((&checked["state"], &checked["allowed_actions"]), (&json!("checked"), &json!([])));
        let plan = office.plan_as(COUNTY, &id).await.expect(200);
        assert_eq!(plan["annual_cap"], json!({"year": 2022, "cap_fen": 2_400_000, "settled_fen": 12_000, "remaining_fen": 2_388_000}));

        // Done is what was assessed at the end, and says what came of it.
        let county = office.as_user(COUNTY).await;
        county.act(&case, "complete").await.refused(409, "rehabilitation.unfinished");
        let done = json!({"action": "complete", "outcome": "effective"});
        office.moves_plan(WORKER, &id, done.clone()).await.refused(409, "rehabilitation_plan.not_assessed");
        office.assesses(WORKER, &id, "final").await.expect(201);
        office.moves_plan(COUNTY, &id, done.clone()).await.refused(403, "rehabilitation_plan.other_side");
        office.moves_plan(WORKER, &id, json!({"action": "complete"})).await.refused_field("/outcome", "outcome.needed");
        let ended = office.moves_plan(WORKER, &id, done).await.expect(201);
        assert_eq!((&ended["state"], &ended["outcome"], &ended["end_date"]), (&json!("completed"), &json!("effective"), &json!(TUESDAY)));
        county.act(&case, "complete").await.expect(201);
        assert_eq!(county.get(&format!("/v1/cases/{case}")).await.expect(200)["state"], "completed");
    }

    async fn an_agreement_takes_two(office: &TestOffice) {
        let center = office.institution(WORKER, "990121").await;
        office.institution(STRANGER, "990121").await;
        office.applies(STRANGER, &center).await.refused(404, "organization.not_found");
        office.applies("county.990122", &center).await.refused(404, "organization.not_found");
        office.applies(APPROVER, &center).await.refused(403, "permission.denied");
        let applied = office.applies(WORKER, &center).await.expect(201);
        assert_eq!((&applied["state"], &applied["capacity"], &applied["allowed_actions"]), (&json!("applied"), &Value::Null, &json!([])));
        office.applies(COUNTY, &center).await.refused(409, "institution.applied");
        for (change, pointer, code) in [
            (json!({"service_types": ["visual"]}), "/service_types", "service_types.not_offered"),
            (json!({"service_types": ["physical", "physical"]}), "/service_types", "service_types.once"),
            (json!({"capacity": 0}), "/capacity", "capacity.range"),
            (json!({"valid_to": "2022-01-01"}), "/valid_to", "period.order"),
            (json!({"division_code": "990121103000"}), "/division_code", "division.level"),
            (json!({"division_code": "990122000000"}), "/division_code", "division.elsewhere"),
        ] {
            office.proposes_agreement(COUNTY, &center, change).await.refused_field(pointer, code);
        }
        office.proposes_agreement(STRANGER, &center, json!({})).await.refused(404, "institution.not_found");
        let proposed = office.proposes_agreement(COUNTY, &center, json!({})).await.expect(201);
        let first = proposed["agreements"][0]["id"].clone();
        let sign = |agreement: &Value| json!({"action": "agree", "agreement_id": agreement});
        office.moves_institution(COUNTY, &center, sign(&first)).await.refused(403, "permission.denied");
        office.moves_institution("approver.990122", &center, sign(&first)).await.refused(404, "institution.not_found");
        office.moves_institution(APPROVER, &center, sign(&json!(center))).await.refused(404, "institution_agreement.not_found");
        office.moves_institution(APPROVER, &center, json!({"action": "agree"})).await.refused_field("/agreement_id", "agreement_id.needed");
        office.moves_institution(APPROVER, &center, json!({"action": "suspend", "comment": "整改"})).await.refused(409, "institution.transition_not_allowed");
        let agreed = office.moves_institution(APPROVER, &center, sign(&first)).await.expect(201);
        assert_eq!((&agreed["state"], &agreed["capacity"], &agreed["free_places"]), (&json!("agreed"), &json!(2), &json!(2)));
        office.moves_institution(APPROVER, &center, sign(&first)).await.refused(409, "institution_agreement.signed");
        // The supervisor proposes for the whole city, and does not sign that; and one holds on a day.
        let whole = json!({"division_code": "990100000000", "valid_from": "2023-01-01", "valid_to": "2024-01-01"});
        let second = office.proposes_agreement("supervisor.990100", &center, whole).await.expect(201)["agreements"][1]["id"].clone();
        office.moves_institution("supervisor.990100", &center, sign(&second)).await.refused(403, "institution.own");
        office.moves_institution(APPROVER, &center, sign(&second)).await.refused(403, "permission.denied");
        office.moves_institution("supervisor2.990100", &center, sign(&second)).await.expect(201);
        let third = office.proposes_agreement(WORKER, &center, json!({"valid_from": "2022-12-31", "valid_to": "2023-06-01"})).await.expect(201);
        let third = third["agreements"].as_array().unwrap().iter().find(|one| one["valid_to"] == "2023-06-01").unwrap()["id"].clone();
        office.moves_institution(APPROVER, &center, sign(&third)).await.refused(409, "institution_agreement.overlaps");

        let listed = office.as_user("liaison.990121103201").await.get("/v1/institutions?service_type=autism&division_code=990121").await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
        assert!(listed["items"][0]["agreements"].is_null());
        let none = office.as_user(WORKER).await.get("/v1/institutions?state=suspended").await.expect(200);
        assert_eq!(none["items"], json!([]));
    }

    async fn a_suspended_institution_takes_nobody_and_no_session_counts(office: &TestOffice) {
        let center = office.agreed_institution(WORKER, 2).await;
        let [first, second] = [office.approved_child().await, office.approved_child().await];
        let plan = id_of(&office.chooses(COUNTY, &first, &center).await.expect(201));
        office.pass_days(1).await;
        office.moves_institution(APPROVER, &center, json!({"action": "suspend"})).await.refused_field("/comment", "comment.length");
        let suspended = office.moves_institution(APPROVER, &center, json!({"action": "suspend", "comment": "消防整改"})).await.expect(201);
        assert_eq!((&suspended["state"], &suspended["free_places"], &suspended["active_count"]), (&json!("suspended"), &json!(0), &json!(1)));
        office.chooses(COUNTY, &second, &center).await.refused(409, "institution.not_agreed");
        // What was before counts, what is after does not.
        office.treats(WORKER, &plan, "2022-07-04", 10, "李治疗师").await.expect(201);
        office.pass_days(1).await;
        office.treats(WORKER, &plan, TUESDAY, 10, "李治疗师").await.refused(409, "rehabilitation_session.outside");
        office.moves_institution(APPROVER, &center, json!({"action": "resume", "comment": "整改合格"})).await.expect(201);
        office.treats(WORKER, &plan, TUESDAY, 10, "李治疗师").await.refused(409, "rehabilitation_session.outside");
        office.chooses(COUNTY, &second, &center).await.expect(201);
        office.moves_institution(APPROVER, &center, json!({"action": "terminate", "comment": "期满"})).await.expect(201);
        office.proposes_agreement(COUNTY, &center, json!({})).await.refused(409, "institution.transition_not_allowed");
    }

    async fn who_waits_is_admitted_in_order(office: &TestOffice) {
        let center = office.agreed_institution(WORKER, 1).await;
        let mut plans = Vec::new();
        for _ in 0..3 {
            let case = office.approved_child().await;
            plans.push(office.chooses(TOWNSHIP, &case, &center).await.expect(201));
        }
        let [first, second, third] = [0, 1, 2].map(|number: usize| id_of(&plans[number]));
        assert_eq!(plans.iter().map(|one| one["place_in_line"].clone()).collect::<Vec<_>>(), [Value::Null, json!(1), json!(2)]);
        assert_eq!((&plans[1]["state"], &plans[1]["start_date"], &plans[1]["allowed_actions"]), (&json!("waiting"), &Value::Null, &json!(["admit", "end"])));
        let admit = json!({"action": "admit"});
        office.moves_plan(WORKER, &second, admit.clone()).await.refused(409, "institution.full");
        office.assesses(WORKER, &second, "initial").await.refused(409, "rehabilitation_plan.not_active");
        office.moves_plan(TOWNSHIP, &first, json!({"action": "end"})).await.refused_field("/comment", "comment.length");
        office.moves_plan(TOWNSHIP, &first, json!({"action": "end", "comment": "家长放弃"})).await.expect(201);
        office.moves_plan(COUNTY, &third, admit.clone()).await.refused(409, "rehabilitation_plan.not_next");
        // A place that is free is not for who comes now, while others wait.
        let case = office.approved_child().await;
        let late = office.chooses(TOWNSHIP, &case, &center).await.expect(201);
        assert_eq!((&late["state"], &late["place_in_line"]), (&json!("waiting"), &json!(3)));
        let admitted = office.moves_plan(WORKER, &second, admit.clone()).await.expect(201);
        assert_eq!((&admitted["state"], &admitted["start_date"]), (&json!("active"), &json!("2022-07-04")));
        assert_eq!(office.plan_as(TOWNSHIP, &third).await.expect(200)["place_in_line"], 1);
        // Whose goals change where they are stays in their place, though others wait.
        let changed = json!({"case_id": plans[1]["case_id"], "institution_id": center, "service_type": "physical", "goals": "上下楼梯",
            "previous_plan_id": second, "transfer_reason": "调整服务"});
        let changed = office.as_user(COUNTY).await.post("/v1/rehabilitation-plans", changed).await.expect(201);
        assert_eq!((&changed["state"], &changed["place_in_line"]), (&json!("active"), &Value::Null));
        let listed = office.as_user(WORKER).await.get("/v1/institutions").await.expect(200);
        let here = &listed["items"][0];
        assert_eq!((&here["active_count"], &here["waiting_count"], &here["free_places"]), (&json!(1), &json!(2), &json!(0)));
    }

    async fn a_plan_is_chosen_of_an_approved_case_and_what_is_agreed(office: &TestOffice) {
        let center = office.agreed_institution(WORKER, 5).await;
        let resident = id_of(&office.register(child_born("20180310")).await);
        let draft = office.draft_for(&resident, "child_rehabilitation").await;
        office.chooses(TOWNSHIP, &draft, &center).await.refused(409, "rehabilitation_plan.case_not_approved");
        let case = office.approved_child().await;
        office.chooses("township.990122103", &case, &center).await.refused(404, "case.not_found");
        for denied in [WORKER, APPROVER, "auditor.990121", "civil.990121"] {
            office.chooses(denied, &case, &center).await.refused(403, "permission.denied");
        }
        office.chooses(TOWNSHIP, &case, &case).await.refused_field("/institution_id", "institution.unknown");
        let township = office.as_user(TOWNSHIP).await;
        for (change, status, code) in [
            (json!({"service_type": "autism"}), 409, "institution.not_agreed"),
            (json!({"goals": " "}), 422, "request.invalid"),
            (json!({"transfer_reason": "更近"}), 422, "request.invalid"),
            (json!({"previous_plan_id": center, "transfer_reason": "更近"}), 422, "request.invalid"),
        ] {
            let mut body = json!({"case_id": case, "institution_id": center, "service_type": "physical", "goals": "独立行走"});
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let reply = township.post("/v1/rehabilitation-plans", body).await;
            assert_eq!(reply.status.as_u16(), status, "{change}: {}", reply.json());
            if status == 409 {
                reply.refused(409, code);
            }
        }
        let plan = office.chooses(TOWNSHIP, &case, &center).await.expect(201);
        office.chooses(COUNTY, &case, &center).await.refused(409, "rehabilitation_plan.open");
        // Another institution, another county, another role.
        office.institution(STRANGER, "990121").await;
        for (username, status, code) in [
            (STRANGER, 404, "rehabilitation_plan.not_found"),
            ("county.990122", 404, "rehabilitation_plan.not_found"),
            ("civil.990121", 403, "permission.denied"),
        ] {
            office.plan_as(username, &id_of(&plan)).await.refused(status, code);
        }
        let listed = |username: &'static str, query: &'static str| async move {
            let page = office.as_user(username).await.get(&format!("/v1/rehabilitation-plans{query}")).await.expect(200);
            page["items"].as_array().unwrap().len()
        };
        assert_eq!(listed(WORKER, "").await, 1);
        assert_eq!(listed(STRANGER, "").await, 0);
        assert_eq!(listed("county.990122", "").await, 0);
        assert_eq!(listed(COUNTY, "?state=active&division_code=990121103").await, 1);
        assert_eq!(listed(COUNTY, "?state=waiting").await, 0);
        let page = office.as_user(COUNTY).await.get("/v1/rehabilitation-plans").await.expect(200);
        assert!(!page.to_string().contains("李小苗") && page["items"][0]["goals"].is_null(), "{page}");
        // Whoever is related keeps off; and what is stopped ends.
        let relation = json!({"relation": "sibling"});
        office.as_user(COUNTY).await.post(&format!("/v1/cases/{case}/recusals"), relation).await.expect(201);
        office.moves_plan(COUNTY, &id_of(&plan), json!({"action": "end", "comment": "放弃"})).await.refused(403, "case.recusal_required");
        office.as_user(APPROVER).await.act_saying(&case, "terminate", Some("户籍迁出")).await.expect(201);
        let ended = office.plan_as(APPROVER, &id_of(&plan)).await.expect(200);
        assert_eq!((&ended["state"], &ended["history"][1]["comment"]), (&json!("ended"), &json!("户籍迁出")));
    }

    async fn sessions_are_one_at_a_time_and_within_what_was_agreed(office: &TestOffice) {
        let center = office.agreed_institution(WORKER, 5).await;
        let other = office.agreed_institution(STRANGER, 5).await;
        let [first, second] = [office.approved_child().await, office.approved_child().await];
        let [first, second] = [
            id_of(&office.chooses(TOWNSHIP, &first, &center).await.expect(201)),
            id_of(&office.chooses(TOWNSHIP, &second, &other).await.expect(201)),
        ];
        office.treats(WORKER, &first, "2022-07-04", 10, "李治疗师").await.refused_field("/started_at", "session.future");
        office.pass_days(2).await;
        let session = office.treats(WORKER, &first, TUESDAY, 10, "李治疗师").await.expect(201);
        office.treats(WORKER, &first, TUESDAY, 10, "王治疗师").await.refused(409, "rehabilitation_session.at_once");
        office.treats(WORKER, &first, "2022-07-03", 10, "李治疗师").await.refused(409, "rehabilitation_session.outside");
        // A therapist of another institution is another person.
        office.treats(STRANGER, &second, TUESDAY, 10, "李治疗师").await.expect(201);
        office.treats(STRANGER, &first, TUESDAY, 14, "李治疗师").await.refused(404, "rehabilitation_plan.not_found");
        office.treats(COUNTY, &first, TUESDAY, 14, "李治疗师").await.refused(403, "permission.denied");
        let worker = office.as_user(WORKER).await;
        for (change, pointer, code) in [
            (json!({"minutes": 9}), "/minutes", "minutes.range"),
            (json!({"started_at": "2022-07-05T15:30:00Z", "minutes": 60}), "/minutes", "session.day"),
            (json!({"therapist": "  "}), "/therapist", "text.length"),
            (json!({"note": "长".repeat(501)}), "/note", "text.length"),
        ] {
            let mut body = json!({"plan_id": first, "started_at": "2022-07-05T06:00:00Z", "minutes": 45, "therapist": "李治疗师"});
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            worker.post("/v1/rehabilitation-sessions", body).await.refused_field(pointer, code);
        }
        // What was recorded in error is voided, by the institution, and leaves room.
        let void = json!({"action": "void", "reason": "记错了孩子"});
        office.moves_session(TOWNSHIP, &session, void.clone()).await.refused(403, "rehabilitation_plan.other_side");
        office.moves_session(STRANGER, &session, void.clone()).await.refused(404, "rehabilitation_session.not_found");
        office.moves_session(WORKER, &session, json!({"action": "void", "reason": " "})).await.refused_field("/reason", "reason.length");
        let voided = office.moves_session(WORKER, &session, void.clone()).await.expect(201);
        assert_eq!((&voided["state"], &voided["void_reason"], &voided["allowed_actions"]), (&json!("void"), &json!("记错了孩子"), &json!([])));
        office.confirms(WORKER, &voided).await.refused(409, "rehabilitation_session.transition_not_allowed");
        let again = office.treats(WORKER, &first, TUESDAY, 10, "王治疗师").await.expect(201);
        for (change, pointer, code) in [
            (json!({"confirmed_date": "2022-07-04"}), "/confirmed_date", "date.range"),
            (json!({"confirmed_date": "2022-07-07"}), "/confirmed_date", "date.range"),
            (json!({"guardian_name": ""}), "/guardian_name", "text.length"),
            (json!({"reason": "签字"}), "/reason", "session.reason"),
        ] {
            let mut body = json!({"action": "confirm", "guardian_name": "李大苗", "method": "phone", "confirmed_date": TUESDAY});
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            office.moves_session(WORKER, &again, body).await.refused_field(pointer, code);
        }
        let confirmed = office.confirms("liaison.990121103201", &again).await.expect(201);
        office.confirms(WORKER, &again).await.refused(412, "if_match.stale");
        office.confirms(WORKER, &confirmed).await.refused(409, "rehabilitation_session.transition_not_allowed");
        let seen = worker.get(&format!("/v1/rehabilitation-sessions/{}", id_of(&again))).await.expect(200);
        assert_eq!((&seen["guardian_name"], &seen["confirmation_method"], &seen["note"]), (&json!("李大苗"), &json!("signature"), &json!("坐位平衡")));
        let page = worker.get(&format!("/v1/rehabilitation-sessions?plan_id={first}&month=2022-07&state=confirmed")).await.expect(200);
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        assert!(!page.to_string().contains("李大苗"), "{page}");
        let elsewhere = office.as_user("county.990122").await.get("/v1/rehabilitation-sessions").await.expect(200);
        assert_eq!(elsewhere["items"], json!([]));
    }

    async fn a_settlement_is_checked_by_somebody_else_and_taken_back_exactly(office: &TestOffice) {
        let center = office.agreed_institution(WORKER, 5).await;
        let other = office.agreed_institution(STRANGER, 5).await;
        let case = office.approved_child().await;
        let plan = id_of(&office.chooses(TOWNSHIP, &case, &center).await.expect(201));
        office.pass_days(1).await;
        let session = office.attended(WORKER, &plan, "2022-07-04", 10).await;
        let left = |username: &'static str| {
            let plan = plan.clone();
            async move { office.plan_as(username, &plan).await.expect(200)["annual_cap"]["remaining_fen"].as_i64() }
        };
        assert_eq!(left(WORKER).await, None);
        office.settles(STRANGER, &center, "2022-07").await.refused(404, "institution.not_found");
        office.settles(STRANGER, &other, "2022-07").await.refused(409, "settlement.nothing_attended");
        office.settles(COUNTY, &center, "2022-07").await.refused(403, "permission.denied");
        office.settles(WORKER, &center, "2022-08").await.refused_field("/month", "month.future");
        office.settles(WORKER, &case, "2022-07").await.refused(404, "institution.not_found");
        let proposed = office.settles(WORKER, &center, "2022-07").await.expect(201);
        assert_eq!(left(WORKER).await, Some(2_388_000));
        office.attended(WORKER, &plan, "2022-07-04", 14).await;
        office.settles(WORKER, &center, "2022-07").await.refused(409, "settlement.open");
        office.moves_session(WORKER, &session, json!({"action": "void", "reason": "记错"})).await.refused(409, "rehabilitation_session.settled");
        // Nobody of the institution checks, nor another county or office.
        for (username, action, status, code) in [
            (WORKER, "check", 403, "settlement.own"),
            (STRANGER, "check", 404, "settlement.not_found"),
            ("county.990122", "check", 404, "settlement.not_found"),
            ("auditor.990121", "check", 403, "permission.denied"),
            ("civil.990121", "check", 403, "permission.denied"),
            (COUNTY, "withdraw", 403, "settlement.other_side"),
        ] {
            office.moves_settlement(username, &proposed, action).await.refused(status, code);
        }
        let line = proposed["lines"][0].clone();
        office.reverses(COUNTY, &proposed, &line).await.refused(409, "settlement.transition_not_allowed");
        // What is returned or withdrawn takes nothing.
        let returned = office.moves_settlement("finance.990121", &proposed, "return").await.expect(201);
        assert_eq!((&returned["state"], &returned["lines"][0]["state"], left(COUNTY).await), (&json!("returned"), &json!("dropped"), Some(2_400_000)));
        let proposed = office.settles(WORKER, &center, "2022-07").await.expect(201);
        assert_eq!(fen(&proposed).0, 24_000);
        let withdrawn = office.moves_settlement(WORKER, &proposed, "withdraw").await.expect(201);
        assert_eq!((&withdrawn["state"], left(COUNTY).await), (&json!("withdrawn"), Some(2_400_000)));
        office.moves_settlement(COUNTY, &withdrawn, "check").await.refused(409, "settlement.transition_not_allowed");
        let proposed = office.settles(WORKER, &center, "2022-07").await.expect(201);
        office.moves_settlement(APPROVER, &proposed, "check").await.expect(201);
        // Taken back: as if it had not been.
        let line = proposed["lines"][0].clone();
        office.reverses(WORKER, &proposed, &line).await.refused(403, "permission.denied");
        office.reverses("county.990122", &proposed, &line).await.refused(404, "settlement.not_found");
        office.reverses(COUNTY, &proposed, &json!({"id": center})).await.refused(404, "settlement_line.not_found");
        let reversed = office.reverses(COUNTY, &proposed, &line).await.expect(201);
        assert_eq!((&reversed["lines"][0]["state"], &reversed["lines"][0]["reversal"]["reason"], left(COUNTY).await),
            (&json!("reversed"), &json!("签到不符"), Some(2_400_000)));
        office.reverses(COUNTY, &proposed, &line).await.refused(409, "settlement_line.reversed");
        let path = format!("/v1/rehabilitation-sessions/{}", id_of(&session));
        let session = office.as_user(WORKER).await.get(&path).await.expect(200);
        office.moves_session(WORKER, &session, json!({"action": "void", "reason": "未到场"})).await.expect(201);
        let again = office.settles(WORKER, &center, "2022-07").await.expect(201);
        assert_eq!(fen(&again), (12_000, 0, 12_000));
        let list = |username: &'static str| async move {
            let page = office.as_user(username).await.get("/v1/settlements?month=2022-07").await.expect(200);
            page["items"].as_array().unwrap().len()
        };
        assert_eq!((list(WORKER).await, list(STRANGER).await, list(COUNTY).await, list("county.990122").await), (4, 0, 4, 0));
    }

    async fn what_the_cap_leaves_goes_along_to_another_institution(office: &TestOffice) {
        office.caps_at(15_000);
        let center = office.agreed_institution(WORKER, 5).await;
        let other = office.agreed_institution(STRANGER, 5).await;
        let resident = id_of(&office.register(child_born("20100310")).await);
        let case = office.approved_for(&resident).await;
        let plan = id_of(&office.chooses(TOWNSHIP, &case, &center).await.expect(201));
        office.pass_days(2).await;
        office.attended(WORKER, &plan, "2022-07-04", 10).await;
        let first = office.settles(WORKER, &center, "2022-07").await.expect(201);
        assert_eq!(fen(&first).0, 12_000);
        office.moves_settlement(COUNTY, &first, "check").await.expect(201);
        let body = json!({"case_id": case, "institution_id": other, "service_type": "physical", "goals": "上下楼梯",
            "previous_plan_id": plan, "transfer_reason": "离家更近"});
        let moved = office.as_user(COUNTY).await.post("/v1/rehabilitation-plans", body).await.expect(201);
        assert_eq!((&moved["previous_plan_id"], &moved["state"], &moved["annual_cap"]["remaining_fen"]), (&json!(plan), &json!("active"), &json!(3_000)));
        let old = office.plan_as(WORKER, &plan).await.expect(200);
        assert_eq!((&old["state"], &old["history"][1]["comment"]), (&json!("transferred"), &json!("离家更近")));
        office.pass_days(1).await;
        office.attended(STRANGER, &id_of(&moved), "2022-07-06", 10).await;
        let second = office.settles(STRANGER, &other, "2022-07").await.expect(201);
        let line = &second["lines"][0];
        assert_eq!((&line["gross_fen"], &line["remaining_fen"], &line["amount_fen"]), (&json!(12_000), &json!(3_000), &json!(3_000)));
        office.moves_settlement(COUNTY, &second, "check").await.expect(201);
        // What is taken back at the one is there for the other.
        office.reverses(APPROVER, &first, &first["lines"][0]).await.expect(201);
        office.attended(STRANGER, &id_of(&moved), "2022-07-06", 14).await;
        let third = office.settles(STRANGER, &other, "2022-07").await.expect(201);
        assert_eq!(fen(&third).0, 12_000);
        office.settles(WORKER, &center, "2022-07").await.expect(201);
        let plan = office.plan_as(COUNTY, &id_of(&moved)).await.expect(200);
        assert_eq!(plan["annual_cap"]["remaining_fen"], 0);
    }

    async fn a_child_who_is_too_old_is_left_out(office: &TestOffice) {
        let center = office.agreed_institution(WORKER, 5).await;
        let case = office.approved_child().await;
        let plan = id_of(&office.chooses(TOWNSHIP, &case, &center).await.expect(201));
        office.pass_days(1).await;
        office.attended(WORKER, &plan, "2022-07-04", 10).await;
        let county = office.as_user(COUNTY).await;
        let found = county.get(&format!("/v1/cases/{case}")).await.expect(200);
        let path = format!("/v1/residents/{}", found["resident_id"].as_str().unwrap());
        let version = county.get(&path).await.expect(200)["version"].as_i64().unwrap();
        let death = json!({"kind": "death", "value": "2022-07-04"});
        county.post_seen(&format!("{path}/circumstances"), version, death).await.expect(201);
        let refused = office.settles(WORKER, &center, "2022-07").await.refused(409, "settlement.nothing_attended");
        assert_eq!(refused["left_out"], json!([plan]));
    }

    async fn plans_go_along_when_a_child_moves_away(office: &TestOffice) {
        let center = office.agreed_institution(WORKER, 5).await;
        let resident = id_of(&office.register(child_born("20180310")).await);
        let case = office.approved_for(&resident).await;
        let plan = id_of(&office.chooses(TOWNSHIP, &case, &center).await.expect(201));
        office.pass_days(1).await;
        office.attended(WORKER, &plan, "2022-07-04", 10).await;
        let settled = office.settles(WORKER, &center, "2022-07").await.expect(201);
        office.moves_settlement(COUNTY, &settled, "check").await.expect(201);
        let offered = office.transfers(&resident, ELSEWHERE).await.expect(201);
        office.chooses(TOWNSHIP, &case, &center).await.refused(409, "resident.in_transfer");
        office.answers_transfer("county.990122", &offered, "accept").await.expect(201);
        office.plan_as(COUNTY, &plan).await.refused(404, "rehabilitation_plan.not_found");
        assert_eq!(office.plan_as("county.990122", &plan).await.expect(200)["state"], "active");
        // The county's agreement does not cover where the child lives now, but what was settled is taken back there.
        office.pass_days(1).await;
        office.treats(WORKER, &plan, TUESDAY, 10, "李治疗师").await.refused(409, "rehabilitation_session.outside");
        office.reverses(APPROVER, &settled, &settled["lines"][0]).await.expect(201);
        assert_eq!(office.plan_as("county.990122", &plan).await.expect(200)["annual_cap"]["settled_fen"], 0);
    }
}
