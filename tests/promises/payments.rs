//! What is paid, by whom it is let go, and the books of it.

use super::{FRESH, TestOffice};
use crate::support::Backend;
use crate::support::on_both;
use crate::support::payments::{CHECKER, MAKER, RELEASER};
use crate::support::people::{VILLAGE, id_of};

const CARD: &str = "6200000000000012344";

/// A step of a batch as one statement after another writes it: the duty, where the batch then stands, the entry.
struct Step<'a> {
    batch: &'a str,
    sequence: i32,
    action: &'a str,
    duty: &'a str,
    from: &'a str,
    to: &'a str,
    actor: &'a str,
    /// What else is set on the batch.
    set: String,
    /// What becomes of its payments in between.
    payments: &'a str,
}

impl Step<'_> {
    fn sql(&self, office: &TestOffice) -> String {
        let Self {
            batch,
            sequence,
            action,
            duty,
            from,
            to,
            actor,
            set,
            payments,
        } = self;
        let (id, at) = (
            office.literal(&format!("{FRESH}00a{sequence}")),
            office.instant_literal(),
        );
        let payments = match *payments {
            "" => String::new(),
            state => format!(
                "UPDATE payments SET state = '{state}', version = version + 1 WHERE batch_id = {batch}; "
            ),
        };
        format!(
            "INSERT INTO payment_batch_duties (batch_id, user_id, duty) SELECT {batch}, {actor}, '{duty}'
                WHERE NOT EXISTS (SELECT 1 FROM payment_batch_duties WHERE batch_id = {batch} AND user_id = {actor});
             UPDATE payment_batches SET state = '{to}', last_transition = {sequence}{set} WHERE id = {batch}; {payments}
             INSERT INTO payment_batch_transitions (id, batch_id, sequence, action, previous_sequence, from_state, to_state,
                actor_id, duty, comment, at)
             VALUES ({id}, {batch}, {sequence}, '{action}', {sequence} - 1, '{from}', '{to}', {actor}, '{duty}', '无', {at})"
        )
    }
}

impl TestOffice {
    /// A batch that is submitted: its id, and that of its payment.
    async fn submitted(&self) -> (String, String) {
        let resident = self.payee().await;
        self.is_paid_at(&resident, CARD).await.expect(201);
        self.owes(&resident, "2022-07", 50_000);
        let batch = id_of(&self.makes_batch(MAKER, "2022-07").await.expect(201));
        self.steps(MAKER, &batch, "submit").await.expect(201);
        let client = self.as_user(MAKER).await;
        let payments = client
            .get(&format!("/v1/payments?batch_id={batch}"))
            .await
            .expect(200);
        (batch, id_of(&payments["items"][0]))
    }
}

on_both! {
    async fn three_persons_let_money_go_whatever_statement_is_written(office: &TestOffice) {
        let (id, _) = office.submitted().await;
        let batch = office.literal(&id);
        let [maker, checker, releaser] = [office.user(MAKER).await, office.user(CHECKER).await, office.user(RELEASER).await];
        let at = office.instant_literal();
        let check = |actor, set: &str| Step {
            batch: &batch, sequence: 3, action: "check", duty: "check", from: "submitted", to: "checked", actor, set: set.to_owned(), payments: "",
        };
        for (step, because) in [
            // Whoever made it: under the duty they have, or as somebody else.
            (check(&maker, &format!(", checker_id = {maker}")), "check|foreign key|payment_separation"),
            (check(&maker, &format!(", checker_id = {checker}")), "payment_separation"),
            (check(&checker, ""), "check"),
            (check(&checker, &format!(", checker_id = {releaser}")), "payment_separation"),
            (Step { duty: "make", ..check(&checker, &format!(", checker_id = {checker}")) }, "check"),
            (Step { action: "release", duty: "release", to: "released", ..check(&checker, &format!(", checker_id = {checker}, releaser_id = {checker}, released_at = {at}")) }, "check"),
            (Step { sequence: 4, ..check(&checker, &format!(", checker_id = {checker}")) }, "foreign key"),
        ] {
            office.refuses(&step.sql(office), because);
        }
        // It stands where its history leads, and what was submitted stays.
        for change in ["state = 'checked'", "state = 'cancelled'", "last_transition = 3", "state = 'draft'"] {
            office.refuses(&format!("UPDATE payment_batches SET {change}"), "foreign key|check|append_only");
        }
        for change in ["digest = NULL", "payment_count = 7", "total_fen = 1", "month = '2022-06'", "last_transition = 1", "batch_number = 'x'"] {
            office.refuses(&format!("UPDATE payment_batches SET {change}"), "append_only|check");
        }
        office.sql(&format!("BEGIN; {}; COMMIT", check(&checker, &format!(", checker_id = {checker}")).sql(office))).unwrap();
        let release = |who: &str, payments: &'static str| {
            let set = format!(", releaser_id = {who}, released_at = {at}");
            Step { batch: &batch, sequence: 4, action: "release", duty: "release", from: "checked", to: "released", actor: who, set, payments }.sql(office)
        };
        office.refuses(&release(&maker, "sent"), "check|foreign key");
        office.refuses(&release(&checker, "sent"), "check|foreign key");
        // All of it, and within the budget.
        office.refuses(&release(&releaser, ""), "payments_left");
        office.refuses(&release(&releaser, "sent"), "budget_missing");
        office.lays_down(2022, 49_999).await.expect(201);
        office.refuses(&release(&releaser, "sent"), "budget_exceeded");
        office.lays_down(2022, 50_000).await.expect(201);
        office.refuses(&release(&releaser, "paid"), "append_only");
        let payment = "(SELECT id FROM payments)";
        let flagged = format!(
            "INSERT INTO payment_flags (id, batch_id, payment_id, kind, details, found_at)
             VALUES ({}, {batch}, {payment}, 'same_account', '{{}}', {at})",
            office.literal(&format!("{FRESH}00b1")));
        office.refuses(&format!("{flagged}; {}", release(&releaser, "sent")), "payment_flagged");
        office.sql(&format!("BEGIN; {}; COMMIT", release(&releaser, "sent"))).unwrap();
        office.refuses(&flagged, "append_only");
        office.refuses(&format!("UPDATE payment_batches SET releaser_id = {maker}, last_transition = 5"), "append_only|check|foreign key");
    }

    async fn what_is_paid_stays_and_is_paid_once_whatever_statement_is_written(office: &TestOffice) {
        let resident = office.payee().await;
        let paid = office.paid_out(VILLAGE, &resident).await;
        let other = office.payee().await;
        let [payment, released, draft] = [&paid.payment, &paid.released, &paid.batch].map(|id| office.literal(id));
        let at = office.instant_literal();
        for change in ["net_fen = 1, gross_fen = 1", "resident_id = batch_id", "account = payee", "bank_name = 'x'", "payment_number = 'x'", "account_index = account", "failure = 'x'", "version = 9"] {
            office.refuses(&format!("UPDATE payments SET {change} WHERE id = {payment}"), "append_only|check");
        }
        // Neither back, nor on without its batch.
        for change in ["state = 'pending'", "state = 'cancelled'"] {
            office.refuses(&format!("UPDATE payments SET {change} WHERE id = {payment}"), "append_only");
        }
        for change in ["state = 'sent'", "state = 'paid'", "state = 'cancelled'"] {
            office.refuses(&format!("UPDATE payments SET {change} WHERE batch_id = {draft}"), "append_only");
        }
        // A month is in one payment, and is not taken back; a batch takes in until it is submitted.
        let item = |payment: &str, entitlement: &str, fen: i32| {
            let live = match office.backend { Backend::Sqlite => "1", Backend::Postgres => "true" };
            format!("INSERT INTO payment_items (payment_id, entitlement_id, amount_fen, live) VALUES ({payment}, {entitlement}, {fen}, {live})")
        };
        let drafted = format!("(SELECT id FROM payments WHERE batch_id = {draft})");
        let [due, theirs] = [office.literal(&paid.entitlement), office.literal(&office.owes(&other, "2022-08", 50_000))];
        office.refuses(&item(&drafted, &due, 40_000), "unique");
        office.refuses(&item(&drafted, &theirs, 50_000), "append_only");
        office.refuses(&item(&payment, &theirs, 50_000), "append_only");
        office.refuses("UPDATE payment_items SET amount_fen = 1", "append_only");
        let falls = match office.backend { Backend::Sqlite => "live = 0", Backend::Postgres => "live = false" };
        office.refuses(&format!("UPDATE payment_items SET {falls}"), "append_only");
        office.refuses(&format!("UPDATE entitlements SET state = 'reversed' WHERE id = {due}"), "entitlement_in_payment");
        let another = |batch: &str, number: &str| format!(
            "INSERT INTO payments (id, payment_number, batch_id, resident_id, program_code, division_code, gross_fen, arrears_fen,
                deduction_fen, net_fen, bank_account_id, account, account_index, payee, bank_name, state, version, created_at, updated_at)
             SELECT {}, {number}, {batch}, {}, program_code, division_code, 1, 0, 0, 1, bank_account_id, account, account_index, payee,
                bank_name, 'pending', 1, {at}, {at} FROM payments WHERE id = {payment}",
            office.literal(&format!("{FRESH}00c1")), office.literal(&other));
        office.refuses(&another(&released, "payment_number || '9'"), "append_only");
        office.refuses(&another(&draft, "payment_number || '9'"), "append_only");
        // What is submitted is counted.
        let number = format!("(SELECT batch_number FROM payment_batches WHERE id = {draft}) || '-000009'");
        let maker = office.user(MAKER).await;
        let digest = match office.backend { Backend::Sqlite => "zeroblob(32)", Backend::Postgres => "decode(repeat('00', 32), 'hex')" };
        let submit = Step { batch: &draft, sequence: 2, action: "submit", duty: "make", from: "draft", to: "submitted", actor: &maker,
            set: format!(", digest = {digest}"), payments: "" }.sql(office);
        office.refuses(&format!("{}; {submit}", another(&draft, &number)), "payment_sums");
        office.refuses(&format!("{}; UPDATE payment_batches SET payment_count = 2, total_fen = total_fen + 1 WHERE id = {draft}; {submit}", another(&draft, &number)), "payment_sums");

        // The books are written by what happens.
        let entry = |entry: &str, debit: &str, credit: &str| format!(
            "INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, payment_id)
             SELECT {at}, '{entry}', '{debit}', '{credit}', net_fen, resident_id, program_code, division_code, id FROM payments WHERE id = {payment}");
        office.refuses(&entry("return", "returned", "payable"), "append_only");
        office.refuses(&entry("release", "payable", "paid"), "unique");
        // A flag is cleared by somebody else, once.
        let clear = |who: &str| format!("UPDATE payment_flags SET cleared_at = {at}, cleared_by = {who}, reason = '已核对户口簿'");
        office.refuses(&clear(&maker), "payment_flag_own");
        let checker = office.user(CHECKER).await;
        office.sql(&clear(&checker)).unwrap();
        office.refuses(&clear(&checker), "append_only");
        office.refuses("UPDATE payment_flags SET cleared_at = NULL, cleared_by = NULL, reason = NULL", "append_only");
        let budget = format!(
            "INSERT INTO budgets (id, program_code, division_code, year, revision, previous_revision, amount_fen, reason, decided_by, decided_at)
             SELECT {}, program_code, division_code, year, 3, 2, 1, reason, decided_by, decided_at FROM budgets", office.literal(&format!("{FRESH}00c2")));
        office.refuses(&budget, "foreign key");
        for (table, change) in [
            ("budgets", "amount_fen = 7"), ("payment_batch_duties", "duty = 'check'"), ("payment_batch_transitions", "comment = 'x'"),
            ("bank_returns", "row_count = 7"), ("bank_return_rows", "verdict = 'matched'"),
        ] {
            office.grown_only(table, change);
        }
        office.grown_only("payments", "net_fen = 1");
        office.grown_only("payment_items", "amount_fen = 1");
        office.grown_only("payment_flags", "reason = 'other reason'");
    }
}
