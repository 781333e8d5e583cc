//! Monthly runs: what is due for which month, arrears, what is held and why, and nothing twice.

use serde_json::{Value, json};

use crate::support::people::{ELSEWHERE, id_of, person};
use crate::support::{Backend, TestOffice, on_both};

const CIVIL: &str = "civil.990121";
const COUNTY: &str = "990121000000";

impl TestOffice {
    /// Runs a month of a county to its end; the run as it then is.
    pub async fn run_month(&self, month: &str) -> Value {
        let civil = self.as_user(CIVIL).await;
        let asked = json!({"division_code": COUNTY, "month": month});
        let reply = civil.post("/v1/entitlement-runs", asked).await;
        reply.expect(202);
        assert_eq!(self.entitle().await, 1);
        civil
            .get(reply.header("location").unwrap())
            .await
            .expect(200)
    }

    pub async fn entitlements(&self, query: &str) -> Vec<Value> {
        let path = format!("/v1/entitlements?limit=200&{query}");
        let page = self.as_user(CIVIL).await.get(&path).await.expect(200);
        page["items"].as_array().unwrap().clone()
    }

    async fn balance(&self, account: &str) -> i64 {
        let all = self
            .as_user("finance.990121")
            .await
            .get("/v1/ledger-balances")
            .await
            .expect(200);
        assert_eq!(all["debit_fen"], all["credit_fen"]);
        let one = all["accounts"].as_array().unwrap().iter();
        let mut one = one.filter(|one| one["account"] == account);
        one.next().unwrap()["balance_fen"].as_i64().unwrap()
    }

    /// Says that something holds of somebody from a day on.
    pub async fn learns(&self, resident: &str, kind: &str, value: Value, from: Option<&str>) {
        let township = self.as_user("township.990121103").await;
        let path = format!("/v1/residents/{resident}");
        let version = township.get(&path).await.expect(200)["version"]
            .as_i64()
            .unwrap();
        let mut fact = json!({"kind": kind, "value": value});
        if let Some(from) = from {
            fact["valid_from"] = json!(from);
        }
        township
            .post_seen(&format!("{path}/circumstances"), version, fact)
            .await
            .expect(201);
    }
}

fn months(all: &[Value], state: &str) -> Vec<String> {
    let mut months: Vec<_> = all
        .iter()
        .filter(|one| one["state"] == state)
        .map(|one| one["month"].as_str().unwrap().to_owned())
        .collect();
    months.sort_unstable();
    months
}

on_both! {
    async fn a_run_finds_the_month_and_what_is_in_arrears_once(office: &TestOffice) {
        let (_, enrollment) = office.beneficiary().await;
        assert_eq!(enrollment["start_month"], "2022-07");
        office.pass_days(30).await;
        let run = office.run_month("2022-09").await;
        let rate = enrollment["rate_fen"].as_i64().unwrap();
        assert_eq!((&run["state"], &run["done"], &run["total"]), (&json!("done"), &json!(1), &json!(1)), "{run}");
        assert_eq!((&run["due_count"], &run["due_fen"], &run["held_count"]), (&json!(3), &json!(3 * rate), &json!(0)), "{run}");
        let found = office.entitlements(&format!("run_id={}", id_of(&run))).await;
        assert_eq!(months(&found, "due"), ["2022-07", "2022-08", "2022-09"]);
        assert!(found.iter().all(|one| one["amount_fen"] == rate && one["run_month"] == "2022-09" && one["enrollment_id"] == enrollment["id"]));
        assert_eq!((office.balance("obligation").await, office.balance("payable").await), (3 * rate, -3 * rate));

        // Again: nothing is left to be found, and nothing is found twice.
        let again = office.run_month("2022-09").await;
        assert_eq!((&again["done"], &again["due_count"]), (&json!(1), &json!(0)));
        assert_eq!(office.entitlements("").await.len(), 3);
        // An earlier month has been found, too.
        assert_eq!(office.run_month("2022-08").await["due_count"], 0);
        assert_eq!(office.balance("payable").await, -3 * rate);
    }

    async fn a_month_is_explained_by_what_was_known_when_it_was_found(office: &TestOffice) {
        let (_, enrollment) = office.beneficiary().await;
        office.run_month("2022-08").await;
        let resident = enrollment["resident_id"].as_str().unwrap();
        let august = office.entitlements(&format!("resident_id={resident}&month=2022-08")).await.remove(0);
        let path = format!("/v1/entitlements/{}", id_of(&august));
        let civil = office.as_user(CIVIL).await;
        assert_eq!(civil.get(&path).await.expect(200), august);
        let why = format!("{path}/explanation");
        let before = civil.get(&why).await.expect(200);
        assert_eq!((&before["reproduced"], &before["decision"]["amount_fen"]), (&json!(true), &august["amount_fen"]), "{before}");
        // What is learned afterwards changes nothing of it.
        office.pass_days(1).await;
        office.learns(resident, "care_need", json!("none"), Some("2022-07-01")).await;
        let after = office.as_user(CIVIL).await.get(&why).await.expect(200);
        assert_eq!(after["decision"], before["decision"]);
        assert_eq!(after["reproduced"], json!(true));
    }

    async fn what_was_due_here_is_explained_here_when_somebody_has_moved(office: &TestOffice) {
        let (_, enrollment) = office.beneficiary().await;
        office.run_month("2022-08").await;
        let resident = enrollment["resident_id"].as_str().unwrap();
        let august = office.entitlements(&format!("resident_id={resident}&month=2022-08")).await.remove(0);
        let why = format!("/v1/entitlements/{}/explanation", id_of(&august));
        let before = office.as_user(CIVIL).await.get(&why).await.expect(200);
        let offered = office.transfers(resident, ELSEWHERE).await.expect(201);
        office.answers_transfer("county.990122", &offered, "accept").await.expect(201);
        assert_eq!(office.as_user(CIVIL).await.get(&why).await.expect(200), before);
        office.as_user("civil.990122").await.get(&why).await.refused(404, "entitlement.not_found");
    }

    async fn who_died_or_is_not_eligible_any_more_is_held_with_the_reason(office: &TestOffice) {
        let (_, enrollment) = office.beneficiary().await;
        let resident = enrollment["resident_id"].as_str().unwrap();
        office.pass_days(31).await;
        let today = office.today();
        office.learns(resident, "death", json!("2022-08-20"), None).await;
        let run = office.run_month(&today.format("%Y-%m").to_string()).await;
        assert_eq!((&run["due_count"], &run["held_count"]), (&json!(2), &json!(1)), "{run}");
        let found = office.entitlements(&format!("resident_id={resident}")).await;
        // The month in which somebody dies is paid to its end.
        assert_eq!(months(&found, "due"), ["2022-07", "2022-08"]);
        let held = found.iter().find(|one| one["state"] == "held").unwrap();
        assert_eq!((&held["month"], &held["amount_fen"], &held["reasons"][0]["code"]), (&json!("2022-09"), &json!(0), &json!("resident_died")));
        // Asked again, it is the same, and the same row.
        office.run_month("2022-09").await;
        assert_eq!(office.entitlements(&format!("resident_id={resident}&state=held")).await, std::slice::from_ref(held));
    }

    async fn what_was_held_is_due_when_the_reason_falls(office: &TestOffice) {
        let (_, enrollment) = office.beneficiary().await;
        let suspended = office.changes_enrollment(CIVIL, &enrollment, json!({"action": "suspend", "effective_month": "2022-08", "reason": "missing"})).await.expect(201);
        office.run_month("2022-08").await;
        let found = office.entitlements("").await;
        assert_eq!((months(&found, "due"), months(&found, "held")), (vec!["2022-07".to_owned()], vec!["2022-08".to_owned()]));
        let held = found.iter().find(|one| one["state"] == "held").unwrap().clone();
        assert_eq!(held["reasons"][0]["code"], "enrollment_suspended");
        office.changes_enrollment(CIVIL, &suspended, json!({"action": "resume", "effective_month": "2022-08", "reason": "other", "comment": "已联系上"})).await.expect(201);
        let run = office.run_month("2022-08").await;
        assert_eq!((&run["due_count"], &run["held_count"]), (&json!(1), &json!(0)));
        let found = office.entitlements("month=2022-08").await;
        assert_eq!((found.len(), &found[0]["id"], &found[0]["state"], &found[0]["version"]), (1, &held["id"], &json!("due"), &json!(2)));
        assert_eq!(office.balance("payable").await, -2 * enrollment["rate_fen"].as_i64().unwrap());
    }

    async fn what_is_due_and_not_paid_follows_what_is_learned(office: &TestOffice) {
        let (_, enrollment) = office.beneficiary().await;
        office.run_month("2022-08").await;
        let resident = enrollment["resident_id"].as_str().unwrap();
        let before = office.entitlements("state=due").await;
        // Less care is needed since before August: July was paid by the day of the application, before that.
        office.learns(resident, "care_need", json!("partial"), Some("2022-07-20")).await;
        let run = office.run_month("2022-08").await;
        assert_eq!((&run["due_count"], &run["held_count"]), (&json!(1), &json!(0)), "{run}");
        let due = office.entitlements("state=due").await;
        let reversed = office.entitlements("state=reversed").await;
        assert_eq!((months(&due, "due"), months(&reversed, "reversed")), (vec!["2022-07".to_owned(), "2022-08".to_owned()], vec!["2022-08".to_owned()]));
        let amounts: Vec<_> = before.iter().chain(&due).map(|one| one["amount_fen"].as_i64().unwrap()).collect();
        assert_eq!((amounts[0], amounts[1]), (amounts[1], amounts[2]));
        assert!(amounts[3] < amounts[2], "{amounts:?}");
        assert_eq!(office.balance("payable").await, -(amounts[2] + amounts[3]));
        // What ends earlier than what is due takes that back.
        office.changes_enrollment(CIVIL, &enrollment, json!({"action": "stop", "effective_month": "2022-08", "reason": "moved_away"})).await.expect(201);
        office.run_month("2022-08").await;
        assert_eq!(months(&office.entitlements("state=due").await, "due"), ["2022-07"]);
        assert_eq!(office.balance("payable").await, -amounts[2]);
    }

    async fn of_programs_where_the_higher_counts_the_lower_is_held(office: &TestOffice) {
        office.sql("UPDATE programs SET higher_group = 'subsidies' WHERE code IN ('nursing_subsidy', 'living_subsidy')").unwrap();
        let mut poor = person();
        poor["circumstances"]["income_status"] = json!("minimum_living");
        let resident = id_of(&office.register(poor).await);
        for program in ["living_subsidy", "nursing_subsidy"] {
            let case = office.draft_for(&resident, program).await;
            office.bring(&case, "approval").await;
            office.as_user("approver.990121").await.act(&case, "approve").await.expect(201);
        }
        office.run_month("2022-09").await;
        let found = office.entitlements(&format!("resident_id={resident}&month=2022-09")).await;
        let by_state = |state: &str| found.iter().filter(|one| one["state"] == state).collect::<Vec<_>>();
        let (due, held) = (by_state("due"), by_state("held"));
        assert_eq!((due.len(), held.len()), (1, 1), "{found:?}");
        assert_eq!((&due[0]["program_code"], &held[0]["program_code"]), (&json!("nursing_subsidy"), &json!("living_subsidy")));
        assert_eq!(held[0]["reasons"][0]["code"], "higher_elsewhere");
        // Each month is somebody's: what is due before the other began stays due.
        office.run_month("2022-09").await;
        assert_eq!(office.entitlements(&format!("resident_id={resident}&month=2022-09")).await, found);
    }

    async fn what_was_held_for_a_month_after_the_end_is_nothing(office: &TestOffice) {
        let (_, enrollment) = office.beneficiary().await;
        let suspended = office.changes_enrollment(CIVIL, &enrollment, json!({"action": "suspend", "effective_month": "2022-08", "reason": "missing"})).await.expect(201);
        office.run_month("2022-08").await;
        office.changes_enrollment(CIVIL, &suspended, json!({"action": "stop", "effective_month": "2022-08", "reason": "death"})).await.expect(201);
        let run = office.run_month("2022-08").await;
        assert_eq!((&run["due_count"], &run["held_count"]), (&json!(0), &json!(0)));
        let found = office.entitlements("").await;
        assert_eq!((months(&found, "due"), months(&found, "reversed")), (vec!["2022-07".to_owned()], vec!["2022-08".to_owned()]));
    }

    async fn runs_are_asked_for_once_cancelled_and_resumed(office: &TestOffice) {
        office.beneficiary().await;
        let civil = office.as_user(CIVIL).await;
        let asked = json!({"division_code": COUNTY, "month": "2022-08"});
        let queued = civil.post("/v1/entitlement-runs", asked.clone()).await.expect(202);
        assert_eq!((&queued["state"], &queued["allowed_actions"]), (&json!("queued"), &json!(["cancel"])));
        civil.post("/v1/entitlement-runs", asked.clone()).await.refused(409, "entitlement_run.open");
        let path = format!("/v1/entitlement-runs/{}", id_of(&queued));
        let act = |version: i64, action: &str| (format!("{path}/transitions"), version, json!({"action": action}));
        let (at, version, body) = act(1, "resume");
        civil.post_seen(&at, version, body).await.refused(409, "entitlement_run.transition_not_allowed");
        let (at, version, body) = act(1, "cancel");
        let cancelled = civil.post_seen(&at, version, body.clone()).await.expect(201);
        assert_eq!((&cancelled["state"], &cancelled["allowed_actions"]), (&json!("cancelled"), &json!(["resume"])));
        civil.post_seen(&at, 1, body).await.refused(412, "if_match.stale");
        assert_eq!((office.entitle().await, office.entitlements("").await.len()), (0, 0));
        let (at, version, body) = act(2, "resume");
        civil.post_seen(&at, version, body).await.expect(201);
        assert_eq!(office.entitle().await, 1);
        assert_eq!(civil.get(&path).await.expect(200)["state"], "done");
        assert_eq!(office.entitlements("").await.len(), 2);

        let later = json!({"division_code": COUNTY, "month": "2023-01"});
        civil.post("/v1/entitlement-runs", later).await.refused_field("/month", "month.future");
        let elsewhere = json!({"division_code": "990122000000", "month": "2022-08"});
        civil.post("/v1/entitlement-runs", elsewhere).await.refused(404, "division.not_found");
        let approver = office.as_user("approver.990121").await;
        approver.post("/v1/entitlement-runs", asked).await.refused(403, "permission.denied");
    }

    async fn the_database_keeps_what_is_due(office: &TestOffice) {
        let (_, enrollment) = office.beneficiary().await;
        office.run_month("2022-08").await;
        let due = office.entitlements("month=2022-08").await.remove(0);
        let id = office.literal(&id_of(&due));
        for forbidden in [
            format!("UPDATE entitlements SET amount_fen = 1 WHERE id = {id}"),
            format!("UPDATE entitlements SET month = '2022-06' WHERE id = {id}"),
            format!("DELETE FROM entitlements WHERE id = {id}"),
            "DELETE FROM ledger_entries".to_owned(),
            "UPDATE ledger_entries SET amount_fen = 1".to_owned(),
            "UPDATE entitlement_runs SET month = '2022-06'".to_owned(),
        ] {
            assert!(office.sql(&forbidden).is_err(), "{forbidden}");
        }
        // The same month of the same person and program, by whatever path.
        let twice = format!("INSERT INTO entitlements (id, resident_id, enrollment_id, program_code, division_code, month, run_month, run_id, state, amount_fen, reasons, version, created_at, updated_at)
            SELECT {}, resident_id, enrollment_id, program_code, division_code, month, run_month, run_id, 'held', 0, '[]', 1, created_at, updated_at FROM entitlements WHERE id = {id}",
            office.literal("0190a000-0000-7000-8000-00000000000a"));
        assert!(office.sql(&twice).is_err());
        // And a month that is not the enrollment's.
        for month in ["2022-06", "2022-09"] {
            let beyond = twice.replace("program_code, division_code, month, run_month, run_id, 'held'", &format!("program_code, division_code, '{month}', '2022-12', run_id, 'held'"));
            if month == "2022-06" {
                assert!(office.sql(&beyond).unwrap_err().contains("huican.not_enrolled"), "{month}");
            } else {
                office.sql(&beyond).unwrap();
            }
        }
        assert_eq!(enrollment["start_month"], "2022-07");
    }

    async fn nothing_takes_the_place_of_what_is_held(office: &TestOffice) {
        let (_, enrollment) = office.beneficiary().await;
        let resident = enrollment["resident_id"].as_str().unwrap();
        office.pass_days(31).await;
        office.learns(resident, "death", json!("2022-07-20"), None).await;
        office.run_month("2022-08").await;
        let held = office.entitlements("state=held").await;
        assert_eq!(months(&held, "held"), ["2022-08"]);
        let (insert, fresh) = match office.backend {
            Backend::Sqlite => ("INSERT OR REPLACE", "randomblob(16)"),
            Backend::Postgres => ("INSERT", "gen_random_uuid()"),
        };
        let columns = "resident_id, enrollment_id, program_code, division_code, run_id, program_version_id, facts, version, created_at, updated_at";
        let refusal = office.sql(&format!(
            "{insert} INTO entitlements (id, month, run_month, state, amount_fen, {columns})
             SELECT {fresh}, '2022-08', '2022-08', 'due', 1, {columns} FROM entitlements WHERE state = 'due'"
        ));
        let refusal = refusal.unwrap_err();
        assert!(refusal.to_lowercase().contains("unique"), "{refusal}");
        assert_eq!(office.entitlements("state=held").await, held);
    }
}
