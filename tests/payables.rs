//! What is owed to organizations that serve people: an account two persons stand for, and the batches that pay people.

use huican::audit::Origin;
use huican::casework::payables::{Owed, PayableSource, service};
use huican::db::{Reach, Tx};
use huican::kernel::id::PayableId;
use serde_json::{Value, json};

use crate::support::payments::{CHECKER, MAKER, RELEASER};
use crate::support::people::{VILLAGE, id_of};
use crate::support::{Reply, TestOffice, on_both};

const CARD: &str = "6200000000000012344";
const PASSBOOK: &str = "123456789012";
const HEADER: &str = "业务编号,账号,户名,金额,处理结果,失败原因\n";

impl TestOffice {
    /// As a service owes it: for a case, to an organization.
    pub async fn owes_for(
        &self,
        case: &str,
        organization: &str,
        month: &str,
        fen: i64,
    ) -> PayableId {
        let county = self.as_user(MAKER).await;
        let case = county.get(&format!("/v1/cases/{case}")).await.expect(200);
        let owed = Owed {
            source: PayableSource::RehabilitationSettlement,
            subject_id: self.db().new_id(),
            organization_id: organization.parse().unwrap(),
            case_id: id_of(&case).parse().unwrap(),
            resident_id: case["resident_id"].as_str().unwrap().parse().unwrap(),
            program_code: "nursing_subsidy".to_owned(),
            division_code: VILLAGE.parse().unwrap(),
            month: month.parse().unwrap(),
            amount: huican::kernel::money::Fen::new(fen),
        };
        let origin = Origin::system(self.db().new_id());
        let work = move |tx: &mut Tx<'_>| service::owe(tx, &origin, owed);
        self.store().write(Reach::EVERYTHING, work).await.unwrap()
    }

    async fn withdraws(&self, payable: PayableId) -> Result<(), String> {
        let origin = Origin::system(self.db().new_id());
        let work = move |tx: &mut Tx<'_>| service::withdraw(tx, &origin, payable, "结算有误");
        let withdrawn = self.store().write(Reach::EVERYTHING, work).await;
        withdrawn.map_err(|error| error.to_string())
    }

    async fn proposes_account(&self, username: &str, organization: &str, number: &str) -> Reply {
        let body = json!({"bank_account": number, "bank_name": "虚川农村商业银行"});
        let client = self.as_user(username).await;
        let path = format!("/v1/organizations/{organization}/bank-accounts");
        client.post(&path, body).await
    }

    async fn decides_account(&self, username: &str, account: &Value, body: Value) -> Reply {
        let (organization, id) = (account["organization_id"].as_str().unwrap(), id_of(account));
        let path = format!("/v1/organizations/{organization}/bank-accounts/{id}/decision");
        self.as_user(username).await.post(&path, body).await
    }

    /// An institution that is paid at a number; its id.
    pub async fn paid_institution(&self, number: &str) -> String {
        let institution = self.institution("worker.paid", "990121").await;
        let account = self
            .proposes_account(MAKER, &institution, number)
            .await
            .expect(201);
        self.decides_account(CHECKER, &account, json!({"decision": "confirm"}))
            .await
            .expect(201);
        institution
    }

    async fn payables(&self, query: &str) -> Vec<Value> {
        let client = self.as_user(CHECKER).await;
        let page = client
            .get(&format!("/v1/payables?{query}"))
            .await
            .expect(200);
        page["items"].as_array().unwrap().clone()
    }

    /// A batch that was released; its one payment.
    async fn released(&self, month: &str) -> (String, Value) {
        let batch = self.checked_batch(month).await;
        self.releases(RELEASER, &batch).await.expect(201);
        let client = self.as_user(CHECKER).await;
        let page = client
            .get(&format!("/v1/payments?batch_id={batch}"))
            .await
            .expect(200);
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        (batch, page["items"][0].clone())
    }
}

fn answer(payment: &Value, number: &str, name: &str, yuan: &str, said: &str) -> String {
    let reference = payment["payment_number"].as_str().unwrap();
    format!("{HEADER}{reference},{number},{name},{yuan},{said}\n")
}

on_both! {
    async fn an_account_counts_once_somebody_else_has_confirmed_it(office: &TestOffice) {
        let institution = office.institution("worker.center", "990121").await;
        let proposed = office.proposes_account(CHECKER, &institution, CARD).await.expect(201);
        assert_eq!((&proposed["state"], &proposed["bank_account_masked"]), (&json!("proposed"), &json!("****2344")));
        office.proposes_account(MAKER, &institution, PASSBOOK).await.refused(409, "organization_account.proposed");
        // Asked for twice with one key, it is done once.
        let other = office.institution("worker.keyed", "990121").await;
        let path = format!("/v1/organizations/{other}/bank-accounts");
        let body = json!({"bank_account": PASSBOOK, "bank_name": "虚川农村商业银行"});
        let client = office.as_user(CHECKER).await;
        let once = client.request("POST", &path).key("account-1").json(&body).send().await.expect(201);
        assert_eq!(client.request("POST", &path).key("account-1").json(&body).send().await.expect(201), once);
        office.decides_account(CHECKER, &proposed, json!({"decision": "confirm"})).await.refused(403, "organization_account.own");
        office.decides_account(MAKER, &proposed, json!({"decision": "confirm"})).await.refused(403, "permission.denied");
        office.decides_account(RELEASER, &proposed, json!({"decision": "reject"})).await.refused_field("/reason", "reason.length");
        let rejected = office.decides_account(RELEASER, &proposed, json!({"decision": "reject", "reason": "账号与协议不符"})).await.expect(201);
        assert_eq!((&rejected["state"], &rejected["reason"]), (&json!("rejected"), &json!("账号与协议不符")));
        office.decides_account(RELEASER, &proposed, json!({"decision": "confirm"})).await.refused(409, "organization_account.decided");
        let again = office.proposes_account(MAKER, &institution, PASSBOOK).await.expect(201);
        office.decides_account(CHECKER, &again, json!({"decision": "confirm"})).await.expect(201);
        // One a day.
        let third = office.proposes_account(MAKER, &institution, CARD).await.expect(201);
        office.decides_account(CHECKER, &third, json!({"decision": "confirm"})).await.refused(409, "organization_account.that_day");
        let path = format!("/v1/organizations/{institution}/bank-accounts");
        let all = office.as_user("auditor.990121").await.get(&path).await.expect(200);
        let states: Vec<_> = all["items"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["proposed", "confirmed", "rejected"]);

        let maker = office.as_user(MAKER).await;
        let past = json!({"bank_account": CARD, "bank_name": " ", "valid_from": "2020-01-01"});
        let refusal = maker.post(&path, past).await.refused(422, "request.invalid");
        assert_eq!((&refusal["errors"][0]["pointer"], &refusal["errors"][1]["code"]), (&json!("/bank_name"), &json!("date.past")));
        let offices = maker.get("/v1/organizations").await.expect(200);
        let own = offices["items"].as_array().unwrap().iter().find(|one| one["kind"] == "federation").unwrap();
        office.proposes_account(MAKER, &id_of(own), CARD).await.refused(409, "organization.not_paid");
        // Another county's institution is not there.
        office.proposes_account("county.990122", &institution, CARD).await.refused(404, "organization.not_found");
    }

    async fn what_is_owed_is_paid_through_a_batch_and_due_again_where_the_bank_fails(office: &TestOffice) {
        office.lays_down(2022, 1_000_000).await.expect(201);
        let month = office.today().format("%Y-%m").to_string();
        let case = office.case_at("approval").await;
        let institution = office.institution("worker.center", "990121").await;
        let payable = office.owes_for(&case, &institution, &month, 30_000).await;
        office.owes_for(&case, &institution, "2022-05", 12_000).await;
        let empty = office.makes_batch(MAKER, &month).await.refused(409, "payment_batch.nothing_payable");
        assert_eq!(empty["left_out_count"], 1);
        let account = office.proposes_account(MAKER, &institution, CARD).await.expect(201);
        office.decides_account(CHECKER, &account, json!({"decision": "confirm"})).await.expect(201);

        let (batch, payment) = office.released(&month).await;
        assert_eq!((&payment["organization_id"], &payment["payee"], &payment["net_fen"], &payment["arrears_fen"]),
            (&json!(institution), &json!("康复中心 worker.center"), &json!(42_000), &json!(12_000)));
        let one = office.as_user(CHECKER).await.get(&format!("/v1/payments/{}", id_of(&payment))).await.expect(200);
        assert_eq!(one["items"][1]["payable_id"], json!(payable.to_string()));
        assert_eq!(office.payables(&format!("state=in_payment&organization_id={institution}")).await.len(), 2);
        assert!(office.withdraws(payable).await.unwrap_err().contains("payable.in_payment"));
        let failed = answer(&payment, CARD, "康复中心 worker.center", "420.00", "失败,账号已销户");
        office.bank_answers(CHECKER, &batch, &failed).await.expect(201);
        assert_eq!(office.payables("state=due").await.len(), 2);

        let (batch, again) = office.released(&month).await;
        assert_eq!(again["retry_of"], payment["id"]);
        let paid = answer(&again, CARD, "康复中心 worker.center", "420.00", "成功,");
        office.bank_answers(CHECKER, &batch, &paid).await.expect(201);
        assert_eq!(office.payables(&format!("state=paid&month={month}")).await.len(), 1);
        let books = office.books();
        let of = |account: &str| books.iter().find(|(name, _)| name == account).map(|(_, fen)| *fen);
        assert_eq!((of("obligation"), of("payable"), of("paid"), of("returned")), (Some(-42_000), Some(0), Some(84_000), Some(-42_000)));
    }

    async fn what_no_payment_has_taken_is_withdrawn_and_the_books_say_so(office: &TestOffice) {
        let case = office.case_at("approval").await;
        let institution = office.paid_institution(CARD).await;
        let payable = office.owes_for(&case, &institution, "2022-05", 12_000).await;
        office.withdraws(payable).await.unwrap();
        assert!(office.withdraws(payable).await.unwrap_err().contains("payable.in_payment"));
        let one = &office.payables("state=withdrawn").await[0];
        assert_eq!((&one["reason"], &one["amount_fen"]), (&json!("结算有误"), &json!(12_000)));
        assert!(office.books().iter().all(|(_, fen)| *fen == 0));
        office.makes_batch(MAKER, "2022-05").await.refused(409, "payment_batch.nothing_payable");
        // The next county sees nothing of it.
        let there = office.as_user("finance.990122").await.get("/v1/payables").await.expect(200);
        assert_eq!(there["items"], json!([]));
        office.as_user("township.990121103").await.get("/v1/payables").await.refused(403, "permission.denied");
    }

    async fn the_database_keeps_who_stands_for_an_account_and_what_became_of_what_is_owed(office: &TestOffice) {
        let case = office.case_at("approval").await;
        let institution = office.paid_institution(CARD).await;
        let payable = office.literal(&office.owes_for(&case, &institution, "2022-05", 12_000).await.to_string());
        let refused = |sql: &str, because: &str| {
            let refusal = office.sql(&format!("BEGIN; {sql}; COMMIT")).expect_err(sql);
            assert!(refusal.to_lowercase().contains(because), "{sql}\n{refusal}");
        };
        for state in ["in_payment", "paid"] {
            refused(&format!("UPDATE payables SET state = '{state}' WHERE id = {payable}"), "append_only");
        }
        refused(&format!("UPDATE payables SET amount_fen = 1 WHERE id = {payable}"), "append_only");
        refused(&format!("DELETE FROM payables WHERE id = {payable}"), "append_only");
        refused("UPDATE organization_accounts SET state = 'proposed', decided_by = NULL, decided_at = NULL", "append_only");
        refused("UPDATE organization_accounts SET valid_from = '2022-01-01'", "append_only");
        refused("DELETE FROM organization_accounts", "append_only");
        let proposed = office.proposes_account(CHECKER, &institution, PASSBOOK).await.expect(201);
        let id = office.literal(&id_of(&proposed));
        refused(&format!("UPDATE organization_accounts SET state = 'confirmed', decided_by = proposed_by, decided_at = proposed_at WHERE id = {id}"), "check");
        // Nothing is paid at an account that nobody has confirmed.
        let other = office.institution("worker.other", "990121").await;
        let unconfirmed = office.literal(&id_of(&office.proposes_account(CHECKER, &other, PASSBOOK).await.expect(201)));
        let other = office.literal(&other);
        let month = office.today().format("%Y-%m").to_string();
        office.owes_for(&case, &institution, &month, 12_000).await;
        let batch = office.literal(&id_of(&office.makes_batch(MAKER, &month).await.expect(201)));
        let fresh = office.literal(&office.db().new_id::<()>().to_string());
        refused(&format!(
            "INSERT INTO payments (id, payment_number, batch_id, resident_id, program_code, division_code, gross_fen, arrears_fen, deduction_fen,
                net_fen, organization_id, organization_account_id, account, account_index, payee, bank_name, state, version, created_at, updated_at)
             SELECT {fresh}, payment_number || 'x', batch_id, resident_id, program_code, division_code, gross_fen, arrears_fen, deduction_fen,
                net_fen, {other}, {unconfirmed}, account, account_index, payee, bank_name, 'pending', 1, created_at, updated_at
             FROM payments WHERE batch_id = {batch} LIMIT 1"), "once it is confirmed");
        let entry = format!("INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, payable_id)
            SELECT updated_at, 'reversal', 'payable', 'obligation', amount_fen, resident_id, program_code, division_code, id FROM payables WHERE id = {payable}");
        refused(&entry, "append_only");
    }
}
