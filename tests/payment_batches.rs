//! Payment batches: three persons, a budget, and what is due paid once.

use serde_json::{Value, json};

use crate::support::payments::{CHECKER, MAKER, RELEASER};
use crate::support::people::id_of;
use crate::support::{TestOffice, on_both};

const CARD: &str = "6200000000000012344";
const PASSBOOK: &str = "123456789012";

fn books(all: &[(&str, i64)]) -> Vec<(String, i64)> {
    all.iter()
        .map(|(name, fen)| ((*name).to_owned(), *fen))
        .collect()
}

on_both! {
    async fn what_is_due_is_made_checked_and_released_by_three_people(office: &TestOffice) {
        let resident = office.payee().await;
        let other = office.payee().await;
        office.is_paid_at(&resident, CARD).await.expect(201);
        office.owes(&resident, "2022-07", 50_000);
        office.owes(&resident, "2022-08", 55_000);
        office.owes(&other, "2022-08", 55_000);
        assert_eq!(office.books(), books(&[("obligation", -160_000), ("payable", 160_000)]));

        let reply = office.makes_batch(MAKER, "2022-08").await;
        let made = reply.expect(201);
        let batch = id_of(&made);
        assert_eq!(reply.header("location"), Some(format!("/v1/payment-batches/{batch}").as_str()));
        assert_eq!(
            (&made["batch_number"], &made["state"], &made["payment_count"], &made["total_fen"], &made["digest"], &made["allowed_actions"]),
            (&json!("990121-202208-0001"), &json!("draft"), &json!(1), &json!(105_000), &Value::Null, &json!(["submit", "cancel"]))
        );
        assert_eq!(made["left_out"], json!([{"resident_id": other, "amount_fen": 55_000, "reason": "no_bank_account"}]));
        assert_eq!((&made["left_out_count"], &made["open_flag_count"]), (&json!(1), &json!(0)));
        // All that could be paid is.
        let empty = office.makes_batch(MAKER, "2022-08").await.refused(409, "payment_batch.nothing_payable");
        assert_eq!(empty["left_out_count"], 1);

        let maker = office.as_user(MAKER).await;
        let payments = maker.get(&format!("/v1/payments?batch_id={batch}")).await.expect(200);
        let payment = &payments["items"][0];
        assert_eq!(
            (&payment["payment_number"], &payment["gross_fen"], &payment["arrears_fen"], &payment["net_fen"], &payment["payee"], &payment["bank_account_masked"], &payment["state"]),
            (&json!("990121-202208-0001-000001"), &json!(55_000), &json!(50_000), &json!(105_000), &json!("张晓宝"), &json!("****2344"), &json!("pending"))
        );
        let one = maker.get(&format!("/v1/payments/{}", id_of(payment))).await.expect(200);
        assert_eq!((&one["items"][0]["month"], &one["items"][1]["amount_fen"]), (&json!("2022-07"), &json!(55_000)));

        // Step by step, each by somebody else.
        office.steps(CHECKER, &batch, "check").await.refused(409, "payment_batch.transition_not_allowed");
        office.steps(RELEASER, &batch, "submit").await.refused(403, "payment_batch.step_role");
        let submitted = office.steps(MAKER, &batch, "submit").await.expect(201);
        assert_eq!((&submitted["state"], &submitted["digest"].as_str().unwrap().len()), (&json!("submitted"), &64));
        office.steps(MAKER, &batch, "check").await.refused(403, "payment_batch.step_role");
        let checked = office.steps(CHECKER, &batch, "check").await.expect(201);
        assert_eq!((&checked["state"], &checked["digest"]), (&json!("checked"), &submitted["digest"]));
        let separate = {
            office.steps_up(CHECKER).await;
            office.steps(CHECKER, &batch, "release").await.refused(403, "payment_batch.separation_of_duties")
        };
        assert_eq!(separate["duty"], "check");
        office.steps(RELEASER, &batch, "release").await.refused(403, "session.step_up_required");
        office.releases(RELEASER, &batch).await.refused(409, "budget.missing");
    }

    async fn a_release_needs_room_in_the_budget_and_writes_the_books(office: &TestOffice) {
        let resident = office.payee().await;
        office.is_paid_at(&resident, CARD).await.expect(201);
        office.owes(&resident, "2022-08", 55_000);
        let batch = office.checked_batch("2022-08").await;
        let laid = office.lays_down(2022, 54_999).await.expect(201);
        assert_eq!((&laid["revision"], &laid["spent_fen"]), (&json!(1), &json!(0)));
        let refusal = office.releases(RELEASER, &batch).await.refused(409, "budget.exceeded");
        assert_eq!((&refusal["budget_fen"], &refusal["spent_fen"], &refusal["needed_fen"]), (&json!(54_999), &json!(0), &json!(55_000)));
        assert_eq!(office.lays_down(2022, 55_000).await.expect(201)["revision"], 2);
        let released = office.releases(RELEASER, &batch).await.expect(201);
        assert_eq!((&released["state"], &released["payments_by_state"], &released["allowed_actions"]),
            (&json!("released"), &json!([{"state": "sent", "count": 1}]), &json!([])));
        assert_eq!(office.books(), books(&[("obligation", -55_000), ("paid", 55_000), ("payable", 0)]));
        let finance = office.as_user(CHECKER).await;
        let budgets = finance.get("/v1/budgets?year=2022&program_code=nursing_subsidy").await.expect(200);
        let told: Vec<_> = budgets["items"].as_array().unwrap().iter().map(|one| (one["revision"].clone(), one["spent_fen"].clone())).collect();
        assert_eq!(told, [(json!(2), json!(55_000)), (json!(1), json!(55_000))]);
        // The next month is more than is left.
        office.owes(&resident, "2022-09", 55_000);
        office.pass_days(30).await;
        let next = office.checked_batch("2022-09").await;
        office.releases("finance2.990121", &next).await.refused(409, "budget.exceeded");
        let finance = office.as_user(CHECKER).await;
        let history = finance.get(&format!("/v1/payment-batches/{batch}/transitions")).await.expect(200);
        let actions: Vec<_> = history["items"].as_array().unwrap().iter()
            .map(|one| (one["action"].clone(), one["actor"]["username"].clone())).collect();
        assert_eq!(json!(actions), json!([["make", MAKER], ["submit", MAKER], ["check", CHECKER], ["release", RELEASER]]));
    }

    async fn a_duty_lasts_beyond_a_return_and_what_is_cancelled_is_due_again(office: &TestOffice) {
        let resident = office.payee().await;
        office.is_paid_at(&resident, CARD).await.expect(201);
        let entitlement = office.owes(&resident, "2022-08", 55_000);
        let batch = id_of(&office.makes_batch(MAKER, "2022-08").await.expect(201));
        office.steps(MAKER, &batch, "submit").await.expect(201);
        let path = format!("/v1/payment-batches/{batch}/transitions");
        let finance = office.as_user(CHECKER).await;
        finance.post_seen(&path, 2, json!({"action": "return"})).await.refused_field("/comment", "comment.length");
        finance.post_seen(&path, 1, json!({"action": "return", "comment": "金额待核"})).await.refused(412, "if_match.stale");
        office.steps(CHECKER, &batch, "return").await.expect(201);
        // Who checked it does not make it now, though their role may.
        let refusal = office.steps(CHECKER, &batch, "submit").await.refused(403, "payment_batch.separation_of_duties");
        assert_eq!(refusal["duty"], "check");
        let again = office.steps("civil.990121", &batch, "submit").await.expect(201);
        assert_eq!(again["payment_count"], 1);
        office.steps(CHECKER, &batch, "check").await.expect(201);
        // What is in a batch is not taken back.
        let literal = office.literal(&entitlement);
        let refusal = office.sql(&format!("UPDATE entitlements SET state = 'reversed' WHERE id = {literal}")).unwrap_err();
        assert!(refusal.contains("entitlement_in_payment"), "{refusal}");
        assert_eq!(office.steps(MAKER, &batch, "cancel").await.expect(201)["payments_by_state"], json!([{"state": "cancelled", "count": 1}]));
        // Now somebody has another account.
        office.is_paid_at(&resident, PASSBOOK).await.expect(201);
        let next = office.makes_batch(MAKER, "2022-08").await.expect(201);
        assert_eq!((&next["batch_number"], &next["total_fen"]), (&json!("990121-202208-0002"), &json!(55_000)));
        let client = office.as_user(MAKER).await;
        let payments = client.get(&format!("/v1/payments?batch_id={}", id_of(&next))).await.expect(200);
        assert_eq!(payments["items"][0]["bank_account_masked"], "****9012");
        let both = client.get(&format!("/v1/payments?resident_id={resident}")).await.expect(200);
        assert_eq!(both["items"].as_array().unwrap().len(), 2);
    }

    async fn who_is_related_to_somebody_it_pays_neither_checks_nor_releases(office: &TestOffice) {
        let resident = office.payee().await;
        office.is_paid_at(&resident, CARD).await.expect(201);
        office.owes(&resident, "2022-08", 55_000);
        let finance = office.as_user(CHECKER).await;
        finance.patch_seen("/v1/me", 1, json!({"bank_account": CARD})).await.expect(200);
        let batch = id_of(&office.makes_batch(MAKER, "2022-08").await.expect(201));
        office.steps(MAKER, &batch, "submit").await.expect(201);
        office.steps(CHECKER, &batch, "check").await.refused(403, "case.recusal_required");
        office.steps("finance2.990121", &batch, "check").await.expect(201);
    }

    async fn a_batch_is_a_countys_of_a_subsidy_and_of_no_month_to_come(office: &TestOffice) {
        let client = office.as_user(MAKER).await;
        let new = |division: &str, program: &str, month: &str| json!({"division_code": division, "program_code": program, "month": month});
        for (body, pointer, code) in [
            (new("990121103", "nursing_subsidy", "2022-07"), "/division_code", "division.level"),
            (new("990121", "nursing_subsidy", "2022-08"), "/month", "month.future"),
            (new("990121", "nursing_subsidy", "2022-13"), "/month", "field.invalid"),
        ] {
            client.post("/v1/payment-batches", body).await.refused_field(pointer, code);
        }
        client.post("/v1/payment-batches", new("990122", "nursing_subsidy", "2022-07")).await.refused(404, "division.not_found");
        client.post("/v1/payment-batches", new("990121", "unheard_of", "2022-07")).await.refused(404, "program.not_found");
        client.post("/v1/payment-batches", new("990121", "nursing_subsidy", "2022-07")).await.refused(409, "payment_batch.nothing_payable");
        office.as_user(RELEASER).await.post("/v1/payment-batches", new("990121", "nursing_subsidy", "2022-07")).await.refused(403, "permission.denied");
        let finance = office.as_user(CHECKER).await;
        let budget = |division: &str, year: i32, fen: i64| json!({"division_code": division, "program_code": "nursing_subsidy", "year": year, "amount_fen": fen, "reason": "县财社"});
        for (body, pointer, code) in [
            (budget("990121103", 2022, 1), "/division_code", "division.level"),
            (budget("990121", 1999, 1), "/year", "year.range"),
            (budget("990121", 2022, -1), "/amount_fen", "amount.negative"),
            (budget("990121", 2022, i64::MAX), "/amount_fen", "field.invalid"),
        ] {
            finance.post("/v1/budgets", body).await.refused_field(pointer, code);
        }
        finance.post("/v1/budgets", budget("990122", 2022, 1)).await.refused(404, "division.not_found");
        client.post("/v1/budgets", budget("990121", 2022, 1)).await.refused(403, "permission.denied");
    }

    async fn the_next_county_sees_nothing_of_it(office: &TestOffice) {
        let resident = office.payee().await;
        office.is_paid_at(&resident, CARD).await.expect(201);
        office.owes(&resident, "2022-08", 55_000);
        let batch = id_of(&office.makes_batch(MAKER, "2022-08").await.expect(201));
        let here = office.as_user(CHECKER).await;
        let payments = here.get(&format!("/v1/payments?batch_id={batch}")).await.expect(200);
        let there = office.as_user("finance.990122").await;
        for path in [format!("/v1/payment-batches/{batch}"), format!("/v1/payment-batches/{batch}/transitions"), format!("/v1/payment-batches/{batch}/flags")] {
            there.get(&path).await.refused(404, "payment_batch.not_found");
        }
        there.get(&format!("/v1/payments/{}", id_of(&payments["items"][0]))).await.refused(404, "payment.not_found");
        assert_eq!(there.get(&format!("/v1/payments?batch_id={batch}")).await.expect(200)["items"], json!([]));
        assert_eq!(there.get("/v1/payment-batches").await.expect(200)["items"], json!([]));
        there.post_seen(&format!("/v1/payment-batches/{batch}/transitions"), 1, json!({"action": "submit"})).await.refused(404, "payment_batch.not_found");
        let city = office.as_user("supervisor.990100").await;
        assert_eq!(city.get("/v1/payment-batches?state=draft").await.expect(200)["items"][0]["id"], json!(batch));
    }
}

on_both! {
    async fn of_two_releases_at_once_one_budget_lets_one_through(office: &TestOffice) {
        let people = [office.payee().await, office.payee().await];
        for (resident, account) in people.iter().zip([CARD, PASSBOOK]) {
            office.is_paid_at(resident, account).await.expect(201);
        }
        office.owes(&people[0], "2022-08", 55_000);
        let first = office.checked_batch("2022-08").await;
        office.owes(&people[1], "2022-08", 55_000);
        let second = office.checked_batch("2022-08").await;
        office.lays_down(2022, 100_000).await.expect(201);
        office.steps_up(RELEASER).await;
        let client = office.as_user(RELEASER).await;
        let release = |batch: String| {
            let client = client.clone();
            async move {
                let path = format!("/v1/payment-batches/{batch}/transitions");
                client.post_seen(&path, 3, json!({"action": "release"})).await
            }
        };
        let (one, other) = futures_util::future::join(release(first), release(second)).await;
        let mut told = [one.status.as_u16(), other.status.as_u16()];
        told.sort_unstable();
        assert_eq!(told, [201, 409], "{one:?} {other:?}");
        let refused = if one.status.as_u16() == 409 { &one } else { &other };
        refused.refused(409, "budget.exceeded");
        assert_eq!(office.books(), books(&[("obligation", -110_000), ("paid", 55_000), ("payable", 55_000)]));
    }
}
