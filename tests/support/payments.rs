//! What is due, and how it is paid.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use huican::kernel::month::Month;
use serde_json::{Value, json};

use super::people::{fresh_citizen_id, id_of};
use super::{Backend, Reply, TestOffice};
use crate::second_factors::Phone;

pub const MAKER: &str = "county.990121";
pub const CHECKER: &str = "finance.990121";
pub const RELEASER: &str = "approver.990121";
const TOWNSHIP: &str = "township.990121103";

#[derive(QueryableByName)]
struct Balance {
    #[diesel(sql_type = Text)]
    account: String,
    #[diesel(sql_type = BigInt)]
    fen: i64,
}

impl TestOffice {
    /// The id of a resident with a nursing subsidy that runs.
    pub async fn payee(&self) -> String {
        let case = self.case_at("approval").await;
        let approver = self.as_user("approver.990121").await;
        approver.act(&case, "approve").await.expect(201);
        let case = approver.get(&format!("/v1/cases/{case}")).await.expect(200);
        case["resident_id"].as_str().unwrap().to_owned()
    }

    /// Records where somebody is paid.
    pub async fn is_paid_at(&self, resident: &str, number: &str) -> Reply {
        self.is_paid(
            resident,
            json!({"bank_account": number, "bank_name": "虚川农村商业银行"}),
        )
        .await
    }

    pub async fn is_paid(&self, resident: &str, account: Value) -> Reply {
        self.is_paid_by(TOWNSHIP, resident, account).await
    }

    async fn is_paid_by(&self, username: &str, resident: &str, account: Value) -> Reply {
        let township = self.as_user(username).await;
        let path = format!("/v1/residents/{resident}");
        let known = township.get(&path).await.expect(200);
        let version = known["version"].as_i64().unwrap();
        township
            .post_seen(&format!("{path}/bank-accounts"), version, account)
            .await
    }

    fn bytes(&self, hex: &str) -> String {
        match self.backend {
            Backend::Sqlite => format!("x'{hex}'"),
            Backend::Postgres => format!("'\\x{hex}'::bytea"),
        }
    }

    fn instant(&self) -> String {
        let now = self.now();
        match self.backend {
            Backend::Sqlite => now.micros().to_string(),
            Backend::Postgres => format!("'{now}'::timestamptz"),
        }
    }

    /// The id of a month that is due to somebody of a program they are enrolled in, as a run leaves it.
    pub fn owes(&self, resident: &str, month: &str, fen: i64) -> String {
        let fresh = || self.db().new_id::<()>().to_string();
        let (run, entitlement) = (fresh(), fresh());
        let [run_id, id, who] = [&run, &entitlement, resident].map(|id| self.literal(id));
        let (at, facts) = (self.instant(), self.bytes("00"));
        let sql = format!(
            "INSERT INTO entitlement_runs (id, division_code, month, state, done, total, due_count, held_count, due_fen,
                attempts, tries, requested_by, requested_at, finished_at, version)
             SELECT {run_id}, (SELECT substr(e.division_code, 1, 6) || '000000' FROM enrollments e WHERE e.resident_id = {who}), '{month}', 'done', 1, 1, 1, 0, {fen}, 1, 1, u.id, {at}, {at}, 1
             FROM users u WHERE u.username = '{CHECKER}';
             INSERT INTO entitlements (id, resident_id, enrollment_id, program_code, division_code, month, run_month, run_id,
                state, amount_fen, program_version_id, facts, version, created_at, updated_at)
             SELECT {id}, e.resident_id, e.id, e.program_code, e.division_code, '{month}', '{month}', {run_id},
                'due', {fen}, (SELECT v.id FROM program_versions v WHERE v.program_code = e.program_code LIMIT 1), {facts}, 1, {at}, {at}
             FROM enrollments e WHERE e.resident_id = {who}"
        );
        self.sql(&sql).unwrap();
        entitlement
    }

    pub async fn makes_batch(&self, username: &str, month: &str) -> Reply {
        let new =
            json!({"division_code": "990121", "program_code": "nursing_subsidy", "month": month});
        let client = self.as_user(username).await;
        client.post("/v1/payment-batches", new).await
    }

    /// Takes a step of a batch as it now is.
    pub async fn steps(&self, username: &str, batch: &str, action: &str) -> Reply {
        let client = self.as_user(username).await;
        let path = format!("/v1/payment-batches/{batch}");
        let now = client.get(&path).await.expect(200);
        let body = json!({"action": action, "comment": "核对无误"});
        let version = now["version"].as_i64().unwrap();
        client
            .post_seen(&format!("{path}/transitions"), version, body)
            .await
    }

    /// Has somebody show a second factor: enrolled, confirmed and shown again.
    pub async fn steps_up(&self, username: &str) {
        let client = self.as_user(username).await;
        let begun = client
            .post("/v1/me/second-factor", Value::Null)
            .await
            .expect(201);
        let phone = Phone::of(&begun["secret"]);
        let otp = json!({"otp": phone.shows(self)});
        client
            .post("/v1/me/second-factor/confirmation", otp)
            .await
            .expect(204);
        self.clock.advance(Duration::from_secs(30));
        let otp = json!({"otp": phone.shows(self)});
        let shown = client.post("/v1/sessions/current/step-up", otp).await;
        assert!(shown.status.is_success(), "{shown:?}");
    }

    /// Releases a batch, with a second factor that is given up again.
    pub async fn releases(&self, username: &str, batch: &str) -> Reply {
        self.steps_up(username).await;
        let reply = self.steps(username, batch, "release").await;
        let client = self.as_user(username).await;
        client.delete("/v1/me/second-factor").await.expect(204);
        reply
    }

    pub async fn lays_down(&self, year: i32, fen: i64) -> Reply {
        let new = json!({"division_code": "990121", "program_code": "nursing_subsidy", "year": year,
            "amount_fen": fen, "reason": "县财社〔2022〕12号"});
        let client = self.as_user(CHECKER).await;
        client.post("/v1/budgets", new).await
    }

    /// The id of a batch of all that is due by a month, made, submitted and checked.
    pub async fn checked_batch(&self, month: &str) -> String {
        let batch = id_of(&self.makes_batch(MAKER, month).await.expect(201));
        self.steps(MAKER, &batch, "submit").await.expect(201);
        self.steps(CHECKER, &batch, "check").await.expect(201);
        batch
    }

    /// Each account of the books: what stands on its credit side less what stands on its debit side.
    pub fn books(&self) -> Vec<(String, i64)> {
        let sql = "SELECT account, CAST(sum(fen) AS BIGINT) AS fen FROM (
                SELECT credit AS account, amount_fen AS fen FROM ledger_entries
                UNION ALL SELECT debit, -amount_fen FROM ledger_entries) b
            GROUP BY account ORDER BY account";
        let rows: Vec<Balance> = diesel::sql_query(sql).load(self.db().conn()).unwrap();
        let books: Vec<_> = rows.into_iter().map(|row| (row.account, row.fen)).collect();
        assert_eq!(
            books.iter().map(|(_, fen)| fen).sum::<i64>(),
            0,
            "{books:?}"
        );
        books
    }

    /// Of somebody enrolled in a county: a batch that waits for its submission with a flag, and one that was
    /// released and answered by the bank.
    pub async fn paid_out(&self, village: &str, resident: &str) -> PaidOut {
        let (county, township) = (&village[..6], format!("township.{}", &village[..9]));
        let [maker, checker, releaser] =
            ["county", "finance", "approver"].map(|desk| format!("{desk}.{county}"));
        let month = Month::of(self.today());
        let number = || fresh_citizen_id().replace('X', "0");
        let account = json!({"bank_account": number(), "bank_name": "虚川农村商业银行", "holder": "赵六", "holder_relation": "carer"});
        self.is_paid_by(&township, resident, account)
            .await
            .expect(201);
        let entitlement = self.owes(resident, &month.previous().to_string(), 40_000);
        let batch = |month: Month| json!({"division_code": county, "program_code": "nursing_subsidy", "month": month});
        let client = self.as_user(&maker).await;
        let flagged = client
            .post("/v1/payment-batches", batch(month.previous()))
            .await;
        let flagged = id_of(&flagged.expect(201));
        let flags = client
            .get(&format!("/v1/payment-batches/{flagged}/flags"))
            .await;
        let account = json!({"bank_account": number(), "bank_name": "虚川农村商业银行"});
        self.is_paid_by(&township, resident, account)
            .await
            .expect(201);
        self.owes(resident, &month.to_string(), 50_000);
        let client = self.as_user(&maker).await;
        let released = id_of(
            &client
                .post("/v1/payment-batches", batch(month))
                .await
                .expect(201),
        );
        self.steps(&maker, &released, "submit").await.expect(201);
        self.steps(&checker, &released, "check").await.expect(201);
        let budget = json!({"division_code": county, "program_code": "nursing_subsidy", "year": month.year(),
            "amount_fen": 1_000_000, "reason": "县财社〔2022〕12号"});
        let finance = self.as_user(&checker).await;
        finance.post("/v1/budgets", budget).await.expect(201);
        self.releases(&releaser, &released).await.expect(201);
        let finance = self.as_user(&checker).await;
        let payments = finance
            .get(&format!("/v1/payments?batch_id={released}"))
            .await;
        let answer = finance
            .request(
                "POST",
                &format!("/v1/payment-batches/{released}/bank-returns"),
            )
            .content("text/csv", BANK_ANSWER.as_bytes())
            .send()
            .await;
        let runs = finance.get("/v1/entitlement-runs").await.expect(200);
        let payment = id_of(&payments.expect(200)["items"][0]);
        // As if the bank had said so, and another payment of the batch were still to come.
        let paid = format!(
            "UPDATE payments SET state = 'paid', version = version + 1 WHERE id = {}",
            self.literal(&payment)
        );
        self.sql(&paid).unwrap();
        let list = json!({"division_code": county, "program_code": "nursing_subsidy", "first_month": month,
            "to_date": self.today(), "phone": "0991-1234567"});
        let maker = self.as_user(&maker).await;
        let list = maker.post("/v1/public-lists", list).await.expect(201);
        PaidOut {
            public_list: id_of(&list),
            entitlement,
            run: id_of(&runs["items"][0]),
            flag: id_of(&flags.expect(200)["items"][0]),
            batch: flagged,
            payment,
            bank_return: id_of(&answer.expect(201)),
            released,
        }
    }
}

/// What a bank answers of a payment that is none of ours.
pub const BANK_ANSWER: &str = "业务编号,账号,户名,金额,处理结果,失败原因\n990121-202001-0001-000001,6200000000000012344,张晓宝,500.00,成功,\n";

/// Ids of what is paid out in a county.
pub struct PaidOut {
    pub run: String,
    pub entitlement: String,
    pub batch: String,
    pub flag: String,
    pub released: String,
    pub payment: String,
    pub bank_return: String,
    pub public_list: String,
}

/// Ids of what somebody in a county was paid too much, and of whom a list names there.
pub struct Owed {
    pub enrollment: String,
    pub recovery: String,
    /// A refund, by finance.
    pub movement: String,
    pub named: String,
}

impl TestOffice {
    /// Somebody enrolled in a county who was paid this month, though it ended before; and a list of the city's that
    /// names whoever has a number.
    pub async fn owed(&self, village: &str, debtor: &str, number: &str) -> Owed {
        let (county, township) = (&village[..6], format!("township.{}", &village[..9]));
        let [maker, checker, releaser] =
            ["county", "finance", "approver"].map(|desk| format!("{desk}.{county}"));
        let month = Month::of(self.today());
        let account = json!({"bank_account": fresh_citizen_id().replace('X', "0"), "bank_name": "虚川农村商业银行"});
        self.is_paid_by(&township, debtor, account)
            .await
            .expect(201);
        self.owes(debtor, &month.to_string(), 50_000);
        let client = self.as_user(&maker).await;
        let batch =
            json!({"division_code": county, "program_code": "nursing_subsidy", "month": month});
        let batch = id_of(&client.post("/v1/payment-batches", batch).await.expect(201));
        self.steps(&maker, &batch, "submit").await.expect(201);
        self.steps(&checker, &batch, "check").await.expect(201);
        self.releases(&releaser, &batch).await.expect(201);
        self.bank_settles(&batch, "paid");
        let client = self.as_user(&maker).await;
        let all = client
            .get(&format!("/v1/enrollments?resident_id={debtor}"))
            .await;
        let enrollment = id_of(&all.expect(200)["items"][0]);
        let stop = json!({"action": "stop", "effective_month": month, "reason": "voluntary"});
        let path = format!("/v1/enrollments/{enrollment}/transitions");
        client.post_seen(&path, 1, stop).await.expect(201);
        let all = client
            .get(&format!("/v1/recoveries?resident_id={debtor}"))
            .await;
        let recovery = id_of(&all.expect(200)["items"][0]);
        let refund = json!({"kind": "refund", "amount_fen": 1_000, "receipt_number": "1", "received_date": self.today()});
        let finance = self.as_user(&checker).await;
        let movement = finance
            .post(&format!("/v1/recoveries/{recovery}/movements"), refund)
            .await;
        let list = format!("姓名,身份证号,死亡日期\n李四,{number},{}\n", self.today());
        let named = self
            .as_user("supervisor.990100")
            .await
            .request(
                "POST",
                &format!("/v1/match-lists?kind=deaths&division_code={county}000000"),
            )
            .content("text/csv", list.as_bytes())
            .send()
            .await;
        let named = named.expect(201)["rows"][0]["match_id"].clone();
        Owed {
            enrollment,
            recovery,
            movement: id_of(&movement.expect(201)),
            named: named.as_str().unwrap().to_owned(),
        }
    }

    /// Has a month paid out to somebody with an account: made, checked, released and answered by the bank.
    pub async fn pays_out(&self, resident: &str, month: &str, fen: i64) {
        self.owes(resident, month, fen);
        let batch = self.checked_batch(month).await;
        self.releases(RELEASER, &batch).await.expect(201);
        self.bank_settles(&batch, "paid");
    }

    /// The bank has paid, or failed to pay, all of a batch.
    pub fn bank_settles(&self, batch: &str, state: &str) {
        let failure = if state == "failed" {
            "'账户已销户'"
        } else {
            "NULL"
        };
        let (batch, at) = (self.literal(batch), self.instant());
        self.sql(&format!(
            "UPDATE payments SET state = '{state}', failure = {failure}, version = version + 1, updated_at = {at}
             WHERE state = 'sent' AND batch_id = {batch}"
        ))
        .unwrap();
    }

    /// The last enrollment of somebody.
    pub async fn benefit_of(&self, resident: &str) -> Value {
        let client = self.as_user(MAKER).await;
        let all = client
            .get(&format!("/v1/enrollments?resident_id={resident}"))
            .await
            .expect(200);
        all["items"].as_array().unwrap().last().unwrap().clone()
    }

    /// Suspends, resumes or stops a benefit from a month on.
    pub async fn turns_benefit(
        &self,
        enrollment: &str,
        action: &str,
        month: &str,
        reason: &str,
    ) -> Reply {
        let client = self.as_user(MAKER).await;
        let path = format!("/v1/enrollments/{enrollment}");
        let now = client.get(&path).await.expect(200);
        let body = json!({"action": action, "effective_month": month, "reason": reason});
        let version = now["version"].as_i64().unwrap();
        client
            .post_seen(&format!("{path}/transitions"), version, body)
            .await
    }
}
