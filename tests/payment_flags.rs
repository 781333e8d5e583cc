//! What speaks against a payment holds the release up until somebody who did not make it says why it does not
//! count.

use serde_json::{Value, json};

use crate::support::payments::{CHECKER, MAKER, RELEASER};
use crate::support::people::id_of;
use crate::support::{TestOffice, on_both};

const CARD: &str = "6200000000000012344";

impl TestOffice {
    async fn flags(&self, batch: &str) -> Vec<Value> {
        let client = self.as_user(CHECKER).await;
        let path = format!("/v1/payment-batches/{batch}/flags");
        let page = client.get(&path).await.expect(200);
        page["items"].as_array().unwrap().clone()
    }
}

on_both! {
    async fn the_same_account_of_two_homes_is_flagged_and_cleared_by_another(office: &TestOffice) {
        let resident = office.payee().await;
        let stranger = office.resident().await;
        office.is_paid_at(&resident, CARD).await.expect(201);
        office.is_paid_at(&stranger, CARD).await.expect(201);
        office.owes(&resident, "2022-07", 50_000);
        office.lays_down(2022, 1_000_000).await.expect(201);
        let made = office.makes_batch(MAKER, "2022-07").await.expect(201);
        assert_eq!(made["open_flag_count"], 1);
        let batch = id_of(&made);
        let flags = office.flags(&batch).await;
        assert_eq!((&flags[0]["kind"], &flags[0]["details"], &flags[0]["cleared_at"]), (&json!("same_account"), &json!({"others": 1}), &Value::Null));
        office.steps(MAKER, &batch, "submit").await.expect(201);
        office.steps(CHECKER, &batch, "check").await.expect(201);
        // Found once.
        assert_eq!(office.flags(&batch).await, flags);
        office.releases(RELEASER, &batch).await.refused(409, "payment_batch.flagged");

        let path = format!("/v1/payment-batches/{batch}/flags/{}/clearance", id_of(&flags[0]));
        let why = json!({"reason": "同一监护人，已核对户口簿"});
        let clears = |username: &'static str, why: Value| {
            let path = path.clone();
            async move { office.as_user(username).await.post(&path, why).await }
        };
        clears(MAKER, why.clone()).await.refused(403, "payment_flag.own");
        clears(CHECKER, json!({"reason": "没问题"})).await.refused_field("/reason", "reason.length");
        clears("finance.990122", why.clone()).await.refused(404, "payment_batch.not_found");
        let cleared = clears(CHECKER, why.clone()).await.expect(201);
        assert_eq!(cleared["reason"], why["reason"]);
        clears(RELEASER, why).await.refused(409, "payment_flag.cleared");
        assert_eq!(office.releases(RELEASER, &batch).await.expect(201)["state"], "released");
    }

    async fn what_turns_up_before_the_release_is_kept_and_refuses_it(office: &TestOffice) {
        let resident = office.payee().await;
        office.is_paid_at(&resident, CARD).await.expect(201);
        office.owes(&resident, "2022-07", 50_000);
        office.lays_down(2022, 1_000_000).await.expect(201);
        let batch = office.checked_batch("2022-07").await;
        let stranger = office.resident().await;
        office.is_paid_at(&stranger, CARD).await.expect(201);
        assert_eq!(office.flags(&batch).await, Vec::<Value>::new());
        office.releases(RELEASER, &batch).await.refused(409, "payment_batch.flagged");
        assert_eq!(office.flags(&batch).await[0]["kind"], "same_account");
        // Somebody else who says why does not make it afterwards.
        let flag = id_of(&office.flags(&batch).await[0]);
        let civil = office.as_user("civil.990121").await;
        civil.post(&format!("/v1/payment-batches/{batch}/flags/{flag}/clearance"), json!({"reason": "夫妻关系已核实"})).await.expect(201);
        office.steps("civil.990121", &batch, "cancel").await.refused(403, "payment_batch.separation_of_duties");
    }

    async fn a_payee_whom_nobody_knows_is_flagged_and_one_at_home_is_not(office: &TestOffice) {
        let account = |holder: &str| json!({"bank_account": CARD, "bank_name": "虚川农村商业银行", "holder": holder, "holder_relation": "carer"});
        let at_home = office.payee().await;
        let township = office.as_user("township.990121103").await;
        let household = json!({"relation": "head", "members": [{"name": "王五", "relation": "spouse"}]});
        township.post(&format!("/v1/residents/{at_home}/household"), household).await.expect(201);
        office.is_paid(&at_home, account("王五")).await.expect(201);
        office.owes(&at_home, "2022-07", 50_000);
        let batch = office.makes_batch(MAKER, "2022-07").await.expect(201);
        assert_eq!(batch["open_flag_count"], 0);
        office.steps(MAKER, &id_of(&batch), "cancel").await.expect(201);
        office.is_paid(&at_home, account("赵六")).await.expect(201);
        let batch = office.makes_batch(MAKER, "2022-07").await.expect(201);
        assert_eq!(office.flags(&id_of(&batch)).await[0]["kind"], "payee_other");
    }
}
