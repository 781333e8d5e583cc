//! Contributions to insurances that somebody claims for: for a period, by a voucher, as a share with a limit.

use serde_json::{Value, json};

use crate::support::office::Client;
use crate::support::people::{ELSEWHERE, PDF, VILLAGE, citizen_id, id_of, person};
use crate::support::{TestOffice, on_both};

const SOCIAL: &str = "social_insurance_subsidy";

/// Works on own account, of severity level 1.
fn self_employed(village: &str, number: u32) -> Value {
    let mut somebody = person();
    let id = citizen_id("990121", "19850615", number);
    somebody["id_number"] = json!(id);
    somebody["certificate"]["number"] = json!(format!("{id}41"));
    somebody["division_code"] = json!(village);
    somebody["circumstances"] =
        json!({"income_status": "none", "employment_form": "self_employed"});
    somebody
}

fn details(from: &str, to: &str, contribution: i64, voucher: &str) -> Value {
    json!({"period_from": from, "period_to": to, "contribution_fen": contribution, "voucher_number": voucher})
}

async fn filed(client: &Client<'_>, resident: &str, details: Value) -> String {
    let body = json!({"resident_id": resident, "program_code": SOCIAL, "details": details});
    let case = id_of(&client.post("/v1/cases", body).await.expect(201));
    let voucher = client
        .attach(
            &case,
            "kind=other&name=file.pdf&requirement=payment_voucher",
            PDF,
        )
        .await;
    voucher.expect(201);
    case
}

impl TestOffice {
    async fn filer_in(&self, village: &str) -> Client<'_> {
        self.as_user(&format!("township.{}", &village[..9])).await
    }

    /// Brings a draft through its reviews, up to the approval.
    async fn reviewed_in(&self, case: &str, village: &str) {
        self.filer_in(village)
            .await
            .act(case, "submit")
            .await
            .expect(201);
        for reviewer in [
            format!("township2.{}", &village[..9]),
            format!("county.{}", &village[..6]),
        ] {
            self.as_user(&reviewer)
                .await
                .act(case, "endorse")
                .await
                .expect(201);
        }
        self.pass_days(10).await;
    }

    async fn granted_of(&self, case: &str, village: &str) -> Value {
        let finance = self.as_user(&format!("finance.{}", &village[..6])).await;
        let page = finance
            .get(&format!("/v1/enrollments?case_id={case}"))
            .await
            .expect(200);
        page["items"][0].clone()
    }
}

on_both! {
    async fn a_share_of_what_was_paid_is_given_for_the_months_it_was_paid_for(office: &TestOffice) {
        let resident = id_of(&office.register(self_employed(VILLAGE, 1)).await);
        let filer = office.filer_in(VILLAGE).await;
        // Half of 1,000.01 yuan, over three months.
        let case = filed(&filer, &resident, details("2022-01", "2022-03", 100_001, "3301-0099")).await;
        office.reviewed_in(&case, VILLAGE).await;
        let approver = office.as_user("approver.990121").await;
        let approved = approver.act(&case, "approve").await.expect(201);
        // That is all there is to it: the next claim may come.
        assert_eq!((&approved["state"], &approved["eligibility"]["amount_fen"], &approved["eligibility"]["facts"]["claim"]),
            (&json!("completed"), &json!(50_000), &json!({"contribution_fen": 100_001, "months": 3})));
        let granted = office.granted_of(&case, VILLAGE).await;
        assert_eq!((&granted["state"], &granted["start_month"], &granted["stop_month"], &granted["rate_fen"], &granted["allowed_actions"]),
            (&json!("stopped"), &json!("2022-01"), &json!("2022-03"), &json!(16_668), &json!([])));
        assert_eq!(granted["claim"], json!({"period_to": "2022-03", "contribution_fen": 100_001, "voucher_number": "3301-0099", "total_fen": 50_000}));
        for (day, state) in [("2021-12-31", Value::Null), ("2022-03-01", json!("active")), ("2022-04-01", json!("stopped"))] {
            let path = format!("/v1/enrollments/{}?valid_at={day}", id_of(&granted));
            assert_eq!(office.as_user("finance.990121").await.get(&path).await.expect(200)["then"]["state"], state, "{day}");
        }
        // What was granted is due month by month, all of it.
        office.run_month(&office.today().format("%Y-%m").to_string()).await;
        let due = office.entitlements(&format!("enrollment_id={}&state=due", id_of(&granted))).await;
        let shares: Vec<_> = due.iter().map(|one| (one["month"].as_str().unwrap(), one["amount_fen"].as_i64().unwrap())).collect();
        assert_eq!(shares, [("2022-01", 16_668), ("2022-02", 16_666), ("2022-03", 16_666)]);
        let why = format!("/v1/entitlements/{}/explanation", id_of(&due[1]));
        let why = office.as_user("finance.990121").await.get(&why).await.expect(200);
        assert_eq!((&why["reproduced"], &why["decision"]["amount_fen"]), (&json!(true), &json!(50_000)), "{why}");
        // More than the limit of 240 yuan a month is not given; what follows is another claim.
        let filer = office.filer_in(VILLAGE).await;
        let second = filed(&filer, &resident, details("2022-04", "2022-06", 900_000, "3301-0100")).await;
        office.reviewed_in(&second, VILLAGE).await;
        office.as_user("approver.990121").await.act(&second, "approve").await.expect(201);
        let second = office.granted_of(&second, VILLAGE).await;
        assert_eq!((&second["claim"]["total_fen"], &second["rate_fen"]), (&json!(72_000), &json!(24_000)));
        // Nothing of it was due after all: its voucher may be brought again.
        let county = office.as_user("county.990121").await;
        let path = format!("/v1/enrollments/{}/transitions", id_of(&second));
        let stop = json!({"action": "stop", "effective_month": "2022-04", "reason": "error", "comment": "票据有误"});
        county.post_seen(&path, 1, stop).await.expect(201);
        let filer = office.filer_in(VILLAGE).await;
        let third = filed(&filer, &resident, details("2022-04", "2022-06", 300_000, "3301-0100")).await;
        filer.act(&third, "submit").await.expect(201);
    }

    async fn a_voucher_counts_once_and_so_does_a_month(office: &TestOffice) {
        let resident = id_of(&office.register(self_employed(VILLAGE, 1)).await);
        let filer = office.filer_in(VILLAGE).await;
        let case = filed(&filer, &resident, details("2022-01", "2022-03", 100_000, "3301-0099")).await;
        let other = id_of(&office.register(self_employed(ELSEWHERE, 2)).await);
        let there = office.filer_in(ELSEWHERE).await;
        let same = filed(&there, &other, details("2022-05", "2022-06", 100_000, "3301-0099")).await;
        office.reviewed_in(&case, VILLAGE).await;
        office.reviewed_in(&same, ELSEWHERE).await;
        office.as_user("approver.990121").await.act(&case, "approve").await.expect(201);
        // Granted for here, whatever was submitted there before.
        office.as_user("approver.990122").await.act(&same, "approve").await.refused(409, "claim.voucher_used");
        let there = office.filer_in(ELSEWHERE).await;
        there.act(&same, "withdraw").await.expect(201);
        let again = filed(&there, &other, details("2022-07", "2022-07", 100_000, "3301-0099")).await;
        there.act(&again, "submit").await.refused(409, "claim.voucher_used");
        let filer = office.filer_in(VILLAGE).await;
        let overlapping = filed(&filer, &resident, details("2022-03", "2022-05", 100_000, "3301-0101")).await;
        let refusal = filer.act(&overlapping, "submit").await.refused(409, "enrollment.exclusive");
        assert_eq!((&refusal["program_code"], &refusal["start_month"]), (&json!(SOCIAL), &json!("2022-01")));
        // Whatever statement is written.
        for change in ["voucher_number = 'x'", "total_fen = 1", "claim_to = '2022-12'"] {
            assert!(office.sql(&format!("UPDATE enrollments SET {change}")).unwrap_err().contains("append_only"), "{change}");
        }
        let id = office.literal("0190a000-0000-7000-8000-000000000095");
        let columns = "resident_id, case_id, program_code, exclusive_key, division_code, state, rate_fen, claim_to, contribution_fen, voucher_number,
            total_fen, last_transition, version, created_at, updated_at";
        let twice = format!("INSERT INTO enrollments (id, start_month, stop_month, {columns}) SELECT {id}, start_month, stop_month, {columns} FROM enrollments");
        let refusal = office.sql(&twice).unwrap_err();
        assert!(["approval", "UNIQUE", "voucher", "exclusive"].iter().any(|why| refusal.contains(why)), "{refusal}");
    }

    async fn a_claim_says_all_of_it(office: &TestOffice) {
        let resident = id_of(&office.register(self_employed(VILLAGE, 1)).await);
        let filer = office.filer_in(VILLAGE).await;
        let file = |program: &str, details: Value| json!({"resident_id": resident, "program_code": program, "details": details});
        let good = details("2022-01", "2022-03", 100_000, "3301-0099");
        let with = |name: &str, value: Value| {
            let mut changed = good.clone();
            changed[name] = value;
            changed
        };
        for (details, pointer, code) in [
            (json!({}), "/details/voucher_number", "details.missing"),
            (with("period_to", json!("2021-12")), "/details/period_to", "claim.period"),
            (with("period_to", json!("2023-01")), "/details/period_to", "claim.period"),
            (with("period_from", json!("2022-13")), "/details/period_from", "details.value"),
            (with("contribution_fen", json!(0)), "/details/contribution_fen", "details.value"),
            (with("voucher_number", json!(" ")), "/details/voucher_number", "details.value"),
        ] {
            filer.post("/v1/cases", file(SOCIAL, details)).await.refused_field(pointer, code);
        }
        filer.post("/v1/cases", file("nursing_subsidy", good)).await.refused_field("/details/period_to", "details.unknown");
        // Without the voucher itself it is not submitted.
        let good = details("2022-01", "2022-03", 100_000, "3301-0099");
        let case = id_of(&filer.post("/v1/cases", file(SOCIAL, good)).await.expect(201));
        filer.act(&case, "submit").await.refused(422, "case.documents_missing");
    }
}
