//! Recoveries: what was paid and not due, and how it comes back.

use serde_json::{Value, json};

use crate::support::payments::{CHECKER, MAKER, RELEASER};
use crate::support::people::id_of;
use crate::support::{Reply, TestOffice, on_both};

const CARD: &str = "6200000000000012344";
const CIVIL: &str = "civil.990121";
const FINANCE_2: &str = "finance2.990121";

fn books(all: &[(&str, i64)]) -> Vec<(String, i64)> {
    all.iter()
        .map(|(name, fen)| ((*name).to_owned(), *fen))
        .collect()
}

impl TestOffice {
    /// Somebody who was paid July and August, and whose benefit then ended with June: them, their enrollment and
    /// what is recovered of them.
    pub async fn overpaid(&self) -> (String, String, Value) {
        let (resident, enrollment) = self.paid_twice().await;
        self.turns_benefit(&enrollment, "stop", "2022-07", "moved_away")
            .await
            .expect(201);
        let client = self.as_user(MAKER).await;
        let all = client
            .get(&format!("/v1/recoveries?resident_id={resident}"))
            .await
            .expect(200);
        (resident, enrollment, all["items"][0].clone())
    }

    async fn paid_twice(&self) -> (String, String) {
        let resident = self.payee().await;
        self.is_paid_at(&resident, CARD).await.expect(201);
        self.lays_down(2022, 1_000_000).await.expect(201);
        self.pays_out(&resident, "2022-07", 55_000).await;
        self.pays_out(&resident, "2022-08", 55_000).await;
        let enrollment = id_of(&self.benefit_of(&resident).await);
        (resident, enrollment)
    }

    async fn moves_recovery(&self, username: &str, id: &str, body: Value) -> Reply {
        let client = self.as_user(username).await;
        let path = format!("/v1/recoveries/{id}");
        let now = client.get(&path).await.expect(200);
        let version = now["version"].as_i64().unwrap();
        client
            .post_seen(&format!("{path}/transitions"), version, body)
            .await
    }

    pub async fn serves(&self, id: &str) -> Value {
        let today = self.today();
        let body = json!({"action": "notify", "method": "in_person", "recipient": "self", "served_date": today});
        self.moves_recovery(MAKER, id, body).await.expect(201)
    }

    pub async fn proposes(&self, id: &str, body: Value) -> Reply {
        let client = self.as_user(MAKER).await;
        client
            .post(&format!("/v1/recoveries/{id}/movements"), body)
            .await
    }

    pub async fn decides_movement(
        &self,
        username: &str,
        id: &str,
        movement: &str,
        body: Value,
    ) -> Reply {
        let client = self.as_user(username).await;
        let path = format!("/v1/recoveries/{id}/movements/{movement}/decision");
        client.post(&path, body).await
    }

    async fn recovery(&self, id: &str) -> Value {
        let client = self.as_user(MAKER).await;
        client
            .get(&format!("/v1/recoveries/{id}"))
            .await
            .expect(200)
    }
}

pub fn refund(fen: i64, receipt: &str) -> Value {
    json!({"kind": "refund", "amount_fen": fen, "receipt_number": receipt, "received_date": "2022-08-01"})
}

on_both! {
    async fn a_stop_of_an_earlier_month_recovers_what_was_paid_since(office: &TestOffice) {
        let (resident, enrollment, listed) = office.overpaid().await;
        let id = id_of(&listed);
        assert_eq!((&listed["state"], &listed["total_fen"], &listed["rest_fen"], &listed["reason"], &listed["months"]),
            (&json!("open"), &json!(110_000), &json!(110_000), &json!("moved_away"), &Value::Null));
        // What was due is not any more, and somebody owes it.
        assert_eq!(office.books(), books(&[("obligation", 0), ("paid", 110_000), ("payable", 0), ("recovery", -110_000)]));
        let one = office.recovery(&id).await;
        let months: Vec<_> = one["months"].as_array().unwrap().iter().map(|one| (one["month"].clone(), one["amount_fen"].clone())).collect();
        assert_eq!(json!(months), json!([["2022-07", 55_000], ["2022-08", 55_000]]));
        assert_eq!((&one["enrollment_id"], &one["allowed_actions"]), (&json!(enrollment), &json!(["notify"])));

        let client = office.as_user(CHECKER).await;
        let notice = client.get(&format!("/v1/recoveries/{id}/notice")).await.expect(200);
        assert_eq!((&notice["served_date"], &notice["content"]["total_fen"], &notice["content"]["addressee"]),
            (&Value::Null, &json!(110_000), &json!("张晓宝")));
        let (zh, en) = (notice["text_zh"].as_str().unwrap(), notice["text_en"].as_str().unwrap());
        let number = one["recovery_number"].as_str().unwrap();
        for said in ["多发补贴追回通知书", number, "张晓宝：", "迁出", "2022-08：550.00元", "共1,100.00元", "行政复议", "30日内"] {
            assert!(zh.contains(said), "{said}: {zh}");
        }
        for said in ["Notice of recovery", number, "moved away", "2022-07: 550.00 yuan", "within 30 days"] {
            assert!(en.contains(said), "{said}: {en}");
        }

        // Served once, by a day that may be.
        let path = format!("/v1/recoveries/{id}/transitions");
        let county = office.as_user(MAKER).await;
        let early = json!({"action": "notify", "method": "post", "recipient": "self", "served_date": "2022-06-01"});
        county.post_seen(&path, 1, early).await.refused_field("/served_date", "served_date.range");
        county.post_seen(&path, 1, json!({"action": "notify"})).await.refused_field("/method", "field.required");
        county.post_seen(&path, 7, json!({"action": "notify", "method": "public_notice", "served_date": office.today()})).await.refused(412, "if_match.stale");
        let served = office.serves(&id).await;
        assert_eq!((&served["state"], &served["version"]), (&json!("notified"), &json!(2)));
        let again = json!({"action": "notify", "method": "public_notice", "served_date": office.today()});
        office.moves_recovery(MAKER, &id, again).await.refused(409, "recovery.transition_not_allowed");
        let history = county.get(&path).await.expect(200);
        let told: Vec<_> = history["items"].as_array().unwrap().iter().map(|one| (one["action"].clone(), one["method"].clone())).collect();
        assert_eq!(json!(told), json!([["open", null], ["notify", "in_person"]]));
        // What was recovered once is not again.
        county.post("/v1/recoveries", json!({"enrollment_id": enrollment})).await.refused(409, "recovery.nothing_overpaid");
        let timeline = county.get(&format!("/v1/residents/{resident}/timeline")).await.expect(200);
        let labels = timeline.to_string();
        assert!(labels.contains("追回通知送达") && labels.contains("多发追回立案"), "{labels}");
    }

    async fn what_was_paid_out_since_is_recovered_by_hand(office: &TestOffice) {
        let resident = office.payee().await;
        office.is_paid_at(&resident, CARD).await.expect(201);
        office.lays_down(2022, 1_000_000).await.expect(201);
        office.owes(&resident, "2022-07", 55_000);
        let batch = office.checked_batch("2022-07").await;
        office.releases(RELEASER, &batch).await.expect(201);
        // The bank has not answered when the benefit ends.
        let enrollment = id_of(&office.benefit_of(&resident).await);
        office.turns_benefit(&enrollment, "stop", "2022-07", "death").await.expect(201);
        let client = office.as_user(CIVIL).await;
        let new = json!({"enrollment_id": enrollment, "comment": "家属已告知"});
        client.post("/v1/recoveries", new.clone()).await.refused(409, "recovery.nothing_overpaid");
        office.bank_settles(&batch, "paid");
        let reply = client.post("/v1/recoveries", new).await;
        let opened = reply.expect(201);
        assert_eq!(reply.header("location"), Some(format!("/v1/recoveries/{}", id_of(&opened)).as_str()));
        assert_eq!((&opened["total_fen"], &opened["reason"]), (&json!(55_000), &json!("death")));
        let letter = client.get(&format!("/v1/recoveries/{}/notice", id_of(&opened))).await.expect(200);
        assert!(letter["text_zh"].as_str().unwrap().contains("家属已告知"));
        office.as_user(RELEASER).await.post("/v1/recoveries", json!({"enrollment_id": enrollment})).await.refused(403, "permission.denied");
        office.as_user("county.990122").await.post("/v1/recoveries", json!({"enrollment_id": enrollment})).await.refused(404, "enrollment.not_found");
    }

    async fn one_proposes_a_refund_and_another_approves_it(office: &TestOffice) {
        let (_, _, recovery) = office.overpaid().await;
        let id = id_of(&recovery);
        for (body, pointer, code) in [
            (json!({"kind": "offset", "amount_fen": 1}), "/kind", "movement.kind"),
            (json!({"kind": "refund", "amount_fen": 0, "receipt_number": "1", "received_date": "2022-08-01"}), "/amount_fen", "amount.positive"),
            (json!({"kind": "refund", "amount_fen": 1}), "/receipt_number", "receipt_number.length"),
            (json!({"kind": "refund", "amount_fen": 1, "receipt_number": "1"}), "/received_date", "received_date.range"),
            (json!({"kind": "refund", "amount_fen": 1, "receipt_number": "1", "received_date": "2032-08-01"}), "/received_date", "received_date.range"),
            (json!({"kind": "write_off", "amount_fen": 1}), "/note", "comment.length"),
        ] {
            office.proposes(&id, body).await.refused_field(pointer, code);
        }
        let refusal = office.proposes(&id, refund(110_001, "1")).await.refused(409, "recovery.exceeds_rest");
        assert_eq!(refusal["rest_fen"], 110_000);
        let proposed = office.proposes(&id, refund(60_000, "1")).await.expect(201);
        let first = id_of(&proposed);
        assert_eq!((&proposed["state"], &proposed["decided_by"]), (&json!("proposed"), &Value::Null));
        office.proposes(&id, refund(50_000, "1")).await.refused(409, "recovery_movement.receipt_used");
        // What is proposed is not recovered yet.
        assert_eq!(office.recovery(&id).await["rest_fen"], 110_000);
        office.decides_movement(MAKER, &id, &first, json!({"outcome": "approve"})).await.refused(403, "permission.denied");
        office.decides_movement(RELEASER, &id, &first, json!({"outcome": "reject"})).await.refused_field("/comment", "comment.length");
        let approved = office.decides_movement(RELEASER, &id, &first, json!({"outcome": "approve"})).await.expect(201);
        assert_eq!(approved["state"], "approved");
        office.decides_movement(CHECKER, &id, &first, json!({"outcome": "approve"})).await.refused(409, "recovery_movement.decided");
        assert_eq!(office.books(), books(&[("obligation", 0), ("paid", 110_000), ("payable", 0), ("recovery", -50_000), ("returned", -60_000)]));

        // Finance proposes and finance approves, but not the same person; the rest is written off.
        let client = office.as_user(CHECKER).await;
        let path = format!("/v1/recoveries/{id}/movements");
        let rest = json!({"kind": "write_off", "amount_fen": 50_000, "note": "无力退回，已核实"});
        let second = id_of(&client.post(&path, rest.clone()).await.expect(201));
        office.decides_movement(CHECKER, &id, &second, json!({"outcome": "approve"})).await.refused(403, "recovery.own");
        office.decides_movement(FINANCE_2, &id, &second, json!({"outcome": "reject", "comment": "材料不全"})).await.expect(201);
        let client = office.as_user(CHECKER).await;
        let third = id_of(&client.post(&path, rest.clone()).await.expect(201));
        let fourth = id_of(&client.post(&path, rest).await.expect(201));
        // Two people at once: what is left is given up once.
        let (one, two) = (office.as_user(FINANCE_2).await, office.as_user(RELEASER).await);
        let decision = |movement: &str| format!("{path}/{movement}/decision");
        let (third, fourth) = (decision(&third), decision(&fourth));
        let replies = tokio::join!(one.post(&third, json!({"outcome": "approve"})), two.post(&fourth, json!({"outcome": "approve"})));
        let mut statuses = [replies.0.status.as_u16(), replies.1.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409]);
        let settled = office.recovery(&id).await;
        assert_eq!((&settled["state"], &settled["rest_fen"], &settled["recovered_fen"]), (&json!("settled"), &json!(0), &json!(110_000)));
        assert_eq!(office.books(), books(&[("obligation", 0), ("paid", 110_000), ("payable", 0), ("recovery", 0), ("returned", -60_000), ("written_off", -50_000)]));
        let client = office.as_user(CHECKER).await;
        let all = client.get(&path).await.expect(200);
        let states: Vec<_> = all["items"].as_array().unwrap().iter().map(|one| one["state"].clone()).collect();
        assert_eq!(json!(states[..2]), json!(["approved", "rejected"]));
        assert_eq!(all["items"][1]["decision_comment"], "材料不全");
        let listed = client.get("/v1/recoveries?state=settled").await.expect(200);
        assert_eq!(id_of(&listed["items"][0]), id);
        assert_eq!(client.get("/v1/recoveries?state=notified").await.expect(200)["items"], json!([]));
    }

    async fn later_months_pay_back_what_was_agreed(office: &TestOffice) {
        let (resident, enrollment) = office.paid_twice().await;
        // Suspended from July, and paid again from September.
        office.turns_benefit(&enrollment, "suspend", "2022-07", "income_changed").await.expect(201);
        let client = office.as_user(MAKER).await;
        let opened = client.post("/v1/recoveries", json!({"enrollment_id": enrollment})).await.expect(201);
        let id = id_of(&opened);
        let instalments = format!("/v1/recoveries/{id}/instalments");
        let client = office.as_user(MAKER).await;
        client.post(&instalments, json!({"from_month": "2022-09", "amount_fen": 0})).await.refused_field("/amount_fen", "amount.positive");
        client.post(&instalments, json!({"from_month": "2022-09", "amount_fen": 30_000})).await.expect(201);
        office.pass_days(60).await;
        office.turns_benefit(&enrollment, "resume", "2022-09", "review_passed").await.expect(201);
        office.owes(&resident, "2022-09", 55_000);
        // Nothing is kept back of which the person was not told.
        let batch = id_of(&office.makes_batch(MAKER, "2022-09").await.expect(201));
        assert_eq!(office.recovery(&id).await["reserved_fen"], 0);
        office.steps(MAKER, &batch, "cancel").await.expect(201);
        office.serves(&id).await;

        let made = office.makes_batch(MAKER, "2022-09").await.expect(201);
        assert_eq!(made["total_fen"], 25_000);
        let kept = office.recovery(&id).await;
        assert_eq!((&kept["reserved_fen"], &kept["rest_fen"], &kept["recovered_fen"]), (&json!(30_000), &json!(80_000), &json!(0)));
        let why = json!({"action": "withdraw", "comment": "立案有误"});
        office.moves_recovery(CIVIL, &id, why).await.refused(409, "recovery.moved");
        // A batch that is cancelled keeps nothing back.
        office.steps(MAKER, &id_of(&made), "cancel").await.expect(201);
        assert_eq!(office.recovery(&id).await["rest_fen"], 110_000);

        let batch = office.checked_batch("2022-09").await;
        office.releases(RELEASER, &batch).await.expect(201);
        let released = office.recovery(&id).await;
        assert_eq!((&released["reserved_fen"], &released["recovered_fen"]), (&json!(0), &json!(30_000)));
        assert_eq!(office.books(), books(&[("obligation", -55_000), ("paid", 135_000), ("payable", 0), ("recovery", -80_000)]));
        // The bank does not pay: what was kept back is owed again.
        office.bank_settles(&batch, "failed");
        assert_eq!(office.recovery(&id).await["rest_fen"], 110_000);
        assert_eq!(office.books(), books(&[("obligation", -55_000), ("paid", 135_000), ("payable", 55_000), ("recovery", -110_000), ("returned", -25_000)]));

        // All of it, from October on; then the rest.
        let client = office.as_user(MAKER).await;
        client.post(&instalments, json!({"from_month": "2022-10"})).await.expect(201);
        office.pass_days(30).await;
        office.owes(&resident, "2022-10", 60_000);
        let batch = office.checked_batch("2022-10").await;
        let client = office.as_user(CHECKER).await;
        let payments = client.get(&format!("/v1/payments?batch_id={batch}")).await.expect(200);
        let payment = &payments["items"][0];
        assert_eq!((&payment["deduction_fen"], &payment["net_fen"], &payment["arrears_fen"]), (&json!(110_000), &json!(5_000), &json!(55_000)));
        office.releases(FINANCE_2, &batch).await.expect(201);
        office.bank_settles(&batch, "paid");
        let settled = office.recovery(&id).await;
        assert_eq!((&settled["state"], &settled["rest_fen"]), (&json!("settled"), &json!(0)));
        assert_eq!(office.books(), books(&[("obligation", -115_000), ("paid", 140_000), ("payable", 0), ("recovery", 0), ("returned", -25_000)]));
        let client = office.as_user(MAKER).await;
        let all = client.get(&format!("/v1/recoveries/{id}/movements")).await.expect(200);
        let told: Vec<_> = all["items"].as_array().unwrap().iter().map(|one| (one["kind"].clone(), one["state"].clone(), one["month"].clone(), one["amount_fen"].clone())).collect();
        assert_eq!(json!(told), json!([["offset", "returned", "2022-09", 30_000], ["offset", "returned", "2022-09", 30_000], ["offset", "approved", "2022-10", 110_000]]));
    }

    async fn what_was_opened_in_error_is_withdrawn_by_somebody_else(office: &TestOffice) {
        let (_, enrollment, recovery) = office.overpaid().await;
        let id = id_of(&recovery);
        let withdraw = json!({"action": "withdraw", "comment": "立案有误"});
        office.moves_recovery(MAKER, &id, withdraw.clone()).await.refused(403, "recovery.own");
        office.moves_recovery(CIVIL, &id, json!({"action": "withdraw"})).await.refused_field("/comment", "comment.length");
        let proposed = id_of(&office.proposes(&id, refund(10, "1")).await.expect(201));
        let withdrawn = office.moves_recovery(CIVIL, &id, withdraw.clone()).await.expect(201);
        assert_eq!((&withdrawn["state"], &withdrawn["allowed_actions"]), (&json!("withdrawn"), &json!([])));
        assert_eq!(office.books(), books(&[("obligation", -110_000), ("paid", 110_000), ("payable", 0), ("recovery", 0)]));
        // Nothing moves it any more, and it may be opened anew.
        office.moves_recovery(CIVIL, &id, withdraw).await.refused(409, "recovery.transition_not_allowed");
        office.proposes(&id, refund(10, "2")).await.refused(409, "recovery.transition_not_allowed");
        office.decides_movement(RELEASER, &id, &proposed, json!({"outcome": "approve"})).await.refused(409, "recovery.transition_not_allowed");
        let client = office.as_user(CIVIL).await;
        client.post(&format!("/v1/recoveries/{id}/instalments"), json!({"from_month": "2022-09"})).await.refused(409, "recovery.transition_not_allowed");
        let again = client.post("/v1/recoveries", json!({"enrollment_id": enrollment})).await.expect(201);
        assert!(again["recovery_number"].as_str().unwrap().ends_with("-Z2"), "{again}");
        assert_eq!(office.books(), books(&[("obligation", 0), ("paid", 110_000), ("payable", 0), ("recovery", -110_000)]));
    }

    async fn who_is_related_keeps_off_and_the_next_county_sees_nothing(office: &TestOffice) {
        let (_, _, recovery) = office.overpaid().await;
        let id = id_of(&recovery);
        let movement = id_of(&office.proposes(&id, refund(10, "1")).await.expect(201));
        let finance = office.as_user(CHECKER).await;
        finance.patch_seen("/v1/me", 1, json!({"bank_account": CARD})).await.expect(200);
        finance.post(&format!("/v1/recoveries/{id}/movements"), refund(10, "2")).await.refused(403, "case.recusal_required");
        finance.post(&format!("/v1/recoveries/{id}/instalments"), json!({"from_month": "2022-09"})).await.refused(403, "case.recusal_required");
        office.decides_movement(CHECKER, &id, &movement, json!({"outcome": "approve"})).await.refused(403, "case.recusal_required");
        let body = json!({"action": "notify", "method": "public_notice", "served_date": office.today()});
        office.moves_recovery(CHECKER, &id, body).await.refused(403, "case.recusal_required");
        let there = office.as_user("finance.990122").await;
        for path in ["", "/notice", "/transitions", "/movements"] {
            there.get(&format!("/v1/recoveries/{id}{path}")).await.refused(404, "recovery.not_found");
        }
        assert_eq!(there.get("/v1/recoveries").await.expect(200)["items"], json!([]));
        there.post(&format!("/v1/recoveries/{id}/movements"), refund(10, "3")).await.refused(404, "recovery.not_found");
        let auditor = office.as_user("auditor.990121").await;
        assert_eq!(auditor.get("/v1/recoveries?state=open").await.expect(200)["items"][0]["id"], json!(id));
        office.as_user("township.990121103").await.get("/v1/recoveries").await.refused(403, "permission.denied");
    }
}
