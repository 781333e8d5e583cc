//! What is recovered, how it comes back, and whom lists name.

use serde_json::json;

use super::{FRESH, TestOffice};
use crate::matches::deaths;
use crate::recoveries::refund;
use crate::support::Backend;
use crate::support::on_both;
use crate::support::people::id_of;

const CARD: &str = "6200000000000012344";
const HERE: &str = "990121000000";

/// All columns of a recovery that are not generated.
const RECOVERY: &str = "id, recovery_number, resident_id, enrollment_id, program_code, division_code, reason, stage, last_transition,
    total_fen, reserved_fen, recovered_fen, opened_by, opened_at, version, updated_at";

/// An entry of a recovery's history, the second, with where the recovery then stands.
fn entry(office: &TestOffice, of: &str, action: &str, to: &str, actor: &str, said: &str) -> String {
    let (id, at) = (
        office.literal(&format!("{FRESH}00c2")),
        office.instant_literal(),
    );
    let served = match action {
        "notify" => "'public_notice', NULL, '2030-01-01'",
        _ => "NULL, NULL, NULL",
    };
    format!(
        "UPDATE recoveries SET stage = '{to}', last_transition = 2 WHERE id = {of};
         INSERT INTO recovery_transitions (id, recovery_id, sequence, action, previous_sequence, from_stage, to_stage, actor_id,
            method, recipient, served_date, comment, at)
         VALUES ({id}, {of}, 2, '{action}', 1, 'open', '{to}', {actor}, {served}, {said}, {at})"
    )
}

/// A movement as somebody proposes it.
struct Movement<'a> {
    of: &'a str,
    kind: &'a str,
    state: &'a str,
    fen: i64,
    payment: &'a str,
    receipt: &'a str,
    by: &'a str,
    note: &'a str,
}

impl Movement<'_> {
    fn sql(&self, office: &TestOffice) -> String {
        let Self {
            of,
            kind,
            state,
            fen,
            payment,
            receipt,
            by,
            note,
        } = self;
        let (id, at) = (
            office.literal(&format!("{FRESH}00c3")),
            office.instant_literal(),
        );
        let month = if *payment == "NULL" {
            "NULL"
        } else {
            "'2022-09'"
        };
        let day = if *receipt == "NULL" {
            "NULL"
        } else {
            "'2022-08-01'"
        };
        format!(
            "INSERT INTO recovery_movements (id, recovery_id, kind, state, amount_fen, payment_id, month, receipt_number, received_date,
                note, proposed_by, proposed_at)
             VALUES ({id}, {of}, '{kind}', '{state}', {fen}, {payment}, {month}, {receipt}, {day}, {note}, {by}, {at})"
        )
    }
}

impl TestOffice {
    /// Bytes as a statement writes them.
    pub fn blob(&self, hex: &str) -> String {
        match self.backend {
            Backend::Sqlite => format!("x'{hex}'"),
            Backend::Postgres => format!("'\\x{hex}'::bytea"),
        }
    }

    const fn no(&self) -> &'static str {
        match self.backend {
            Backend::Sqlite => "0",
            Backend::Postgres => "false",
        }
    }
}

on_both! {
    async fn what_is_recovered_is_what_its_movements_say(office: &TestOffice) {
        let (_, _, recovery) = office.overpaid().await;
        let id = id_of(&recovery);
        let of = office.literal(&id);
        let county = office.user("county.990121").await;
        let civil = office.user("civil.990121").await;
        let said = office.blob("00");
        for (sql, because) in [
            ("recovered_fen = 110000", "append_only|check"),
            ("reserved_fen = 1", "append_only"),
            ("total_fen = 1", "append_only"),
            ("reason = 'death'", "append_only"),
            ("stage = 'notified'", "foreign key"),
            ("stage = 'withdrawn', last_transition = 2", "foreign key"),
        ] {
            office.refuses(&format!("UPDATE recoveries SET {sql}"), because);
        }
        // Withdrawn by another person than who opened it, who says why; served after it was issued.
        office.refuses(&entry(office, &of, "withdraw", "withdrawn", &county, &said), "recovery_own");
        office.refuses(&entry(office, &of, "withdraw", "withdrawn", &civil, "NULL"), "check");
        office.refuses(&entry(office, &of, "withdraw", "notified", &civil, &said), "check");
        office.refuses(&entry(office, &of, "notify", "notified", &civil, "NULL").replace("2030", "2020"), "append_only");
        office.refuses(&entry(office, &of, "notify", "notified", &civil, "NULL").replace("'public_notice'", "NULL"), "check");
        // The months are what was paid, once, and are taken in before it is open.
        office.refuses("UPDATE recovery_months SET amount_fen = 1", "append_only");
        office.refuses(&format!("UPDATE recovery_months SET live = {}", office.no()), "append_only");
        let fresh = office.literal(&format!("{FRESH}00c4"));
        office.refuses(&format!("INSERT INTO recovery_months (id, recovery_id, entitlement_id, payment_id, month, amount_fen, live)
            SELECT {fresh}, recovery_id, entitlement_id, payment_id, month, amount_fen, live FROM recovery_months LIMIT 1"), "append_only|unique");
        for table in ["recoveries", "recovery_months", "recovery_transitions", "recovery_notices"] {
            office.refuses(&format!("DELETE FROM {table}"), "append_only");
            if office.backend == Backend::Postgres {
                office.refuses(&format!("TRUNCATE {table} CASCADE"), "append_only");
            } else {
                let columns = if table == "recoveries" { RECOVERY } else { "*" };
                let into = if table == "recoveries" { format!("({RECOVERY})") } else { String::new() };
                office.refuses(&format!("INSERT OR REPLACE INTO {table} {into} SELECT {columns} FROM {table}"), "unique");
            }
        }
        office.refuses("UPDATE recovery_notices SET content = '{}'", "append_only");
        office.refuses("UPDATE recovery_transitions SET at = at", "append_only");

        let proposal = || Movement { of: &of, kind: "write_off", state: "proposed", fen: 110_000, payment: "NULL", receipt: "NULL", by: &county, note: &said };
        let payment = format!("(SELECT payment_id FROM recovery_months WHERE recovery_id = {of} LIMIT 1)");
        for (movement, because) in [
            (Movement { fen: 110_001, ..proposal() }, "recovery_rest"),
            (Movement { fen: 0, ..proposal() }, "check"),
            (Movement { state: "approved", ..proposal() }, "append_only|check"),
            (Movement { note: "NULL", ..proposal() }, "check"),
            (Movement { kind: "refund", ..proposal() }, "check"),
            (Movement { receipt: "'1'", ..proposal() }, "check"),
            // Nobody was told yet; and later, from no payment that is made already.
            (Movement { kind: "offset", state: "reserved", payment: &payment, note: "NULL", ..proposal() }, "recovery_transition"),
        ] {
            office.refuses(&movement.sql(office), because);
        }
        office.serves(&id).await;
        let offset = Movement { kind: "offset", state: "reserved", payment: &payment, note: "NULL", ..proposal() };
        office.refuses(&offset.sql(office), "append_only");

        // One proposes, another decides, once, and no more than is left.
        let movement = id_of(&office.proposes(&id, refund(60_000, "1")).await.expect(201));
        let other = id_of(&office.proposes(&id, refund(60_000, "2")).await.expect(201));
        let [movement, other] = [movement, other].map(|id| office.literal(&id));
        let at = office.instant_literal();
        let approve = |id: &str, by: &str| format!("UPDATE recovery_movements SET state = 'approved', decided_by = {by}, decided_at = {at} WHERE id = {id}");
        office.refuses(&approve(&movement, &county), "recovery_own|check");
        office.refuses(&approve(&movement, "NULL"), "check");
        office.refuses(&approve(&movement, &civil).replace("approved", "rejected"), "check");
        office.refuses(&approve(&movement, &civil).replace("'approved'", "'approved', amount_fen = 1"), "append_only");
        office.refuses(&approve(&movement, &civil).replace("'approved'", "'returned'"), "check");
        office.sql(&approve(&movement, &civil)).unwrap();
        office.refuses(&approve(&other, &civil), "recovery_rest");
        office.refuses("UPDATE recovery_movements SET state = 'proposed', decided_by = NULL, decided_at = NULL", "append_only");
        office.refuses(&format!("UPDATE recovery_movements SET note = NULL WHERE id = {movement}; UPDATE recovery_movements SET receipt_number = '3'"), "append_only");
        office.refuses("DELETE FROM recovery_movements", "append_only");
        office.refuses(&entry(office, &of, "withdraw", "withdrawn", &civil, &said).replace(", 2, 'withdraw', 1, 'open'", ", 3, 'withdraw', 2, 'notified'").replace("= 2", "= 3"), "check");
        // Nobody writes in the books by hand.
        let booked = |column: &str, source: &str, entry: &str, debit: &str, credit: &str| format!(
            "INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, {column})
             SELECT {at}, '{entry}', '{debit}', '{credit}', m.amount_fen, r.resident_id, r.program_code, r.division_code, m.id
             FROM {source} m JOIN recoveries r ON r.id = m.recovery_id");
        office.refuses(&booked("recovery_movement_id", "recovery_movements", "write_off", "written_off", "recovery"), "append_only");
        office.refuses(&booked("recovery_month_id", "recovery_months", "withdrawal", "obligation", "recovery"), "append_only");
    }

    async fn who_is_tied_moves_nothing(office: &TestOffice) {
        let (_, _, recovery) = office.overpaid().await;
        let id = id_of(&recovery);
        let of = office.literal(&id);
        let movement = office.literal(&id_of(&office.proposes(&id, refund(10, "1")).await.expect(201)));
        let finance = office.as_user("finance.990121").await;
        finance.patch_seen("/v1/me", 1, json!({"bank_account": CARD})).await.expect(200);
        let tied = office.user("finance.990121").await;
        let (said, at) = (office.blob("00"), office.instant_literal());
        office.refuses(&entry(office, &of, "withdraw", "withdrawn", &tied, &said), "recusal_required");
        let proposal = Movement { of: &of, kind: "write_off", state: "proposed", fen: 1, payment: "NULL", receipt: "NULL", by: &tied, note: &said };
        office.refuses(&proposal.sql(office), "recusal_required");
        office.refuses(&format!("UPDATE recovery_movements SET state = 'approved', decided_by = {tied}, decided_at = {at} WHERE id = {movement}"), "recusal_required");
        office.refuses(&format!("INSERT INTO recovery_instalments (recovery_id, revision, from_month, agreed_by, agreed_at) VALUES ({of}, 1, '2022-09', {tied}, {at})"), "recusal_required");
    }

    async fn a_match_is_decided_once_by_somebody_who_did_not_bring_it(office: &TestOffice) {
        let (resident, number) = office.known_payee().await;
        let stranger = id_of(&office.benefit_of(&office.payee().await).await);
        let list = office.brings("county.990121", "deaths", HERE, &deaths(&[("张晓宝", &number, "2022-07-01")])).await.expect(201);
        let county = office.user("county.990121").await;
        let civil = office.user("civil.990121").await;
        let at = office.instant_literal();
        let (of, kind) = (office.literal(list["rows"][0]["match_id"].as_str().unwrap()), "deaths");
        let confirm = |by: &str| format!("UPDATE matches SET state = 'confirmed', outcome = 'stop', effective_month = '2022-08', decided_by = {by}, decided_at = {at}, version = 2 WHERE id = {of}");
        office.refuses(&confirm(&county), "match_own");
        for (from, to) in [("'stop'", "'dismiss'"), ("'2022-08'", "NULL"), ("'confirmed'", "'dismissed'")] {
            office.refuses(&confirm(&civil).replace(from, to), "check");
        }
        office.refuses(&confirm("NULL"), "check");
        office.refuses(&format!("UPDATE matches SET event_date = '2022-07-02' WHERE id = {of}"), "append_only");
        let fresh = office.literal(&format!("{FRESH}00c5"));
        let again = |date: &str, state: &str| format!(
            "INSERT INTO matches (id, list_id, line, kind, resident_id, division_code, event_date, name_differs, state, version)
             SELECT {fresh}, list_id, 77, '{kind}', resident_id, division_code, '{date}', name_differs, '{state}', 1 FROM matches");
        office.refuses(&again("2022-07-01", "suspected"), "unique");
        office.refuses(&again("2022-07-02", "confirmed"), "append_only|check");
        let stranger = office.literal(&stranger);
        office.refuses(&format!("INSERT INTO match_enrollments (match_id, enrollment_id) VALUES ({of}, {stranger})"), "append_only");
        // Whoever is tied keeps off.
        office.is_paid_at(&resident, CARD).await.expect(201);
        let finance = office.as_user("finance.990121").await;
        finance.patch_seen("/v1/me", 1, json!({"bank_account": CARD})).await.expect(200);
        let tied = office.user("finance.990121").await;
        office.refuses(&confirm(&tied), "recusal_required");
        office.sql(&confirm(&civil)).unwrap();
        office.refuses(&confirm(&civil), "append_only");
        office.refuses("UPDATE matches SET state = 'suspected', outcome = NULL, effective_month = NULL, decided_by = NULL, decided_at = NULL", "append_only");
        for table in ["match_enrollments", "matches", "match_lists"] {
            office.refuses(&format!("DELETE FROM {table}"), "append_only");
        }
        office.refuses("UPDATE match_lists SET row_count = 2, known_count = 1", "append_only");
    }
}
