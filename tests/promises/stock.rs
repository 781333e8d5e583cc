//! The stock ledger, and who does what at a warehouse.

use serde_json::json;

use super::{FRESH, TestOffice};
use crate::support::on_both;
use crate::support::people::id_of;
use crate::support::stock::{APPROVER, BUYER, KEEPER, STOCK_TAKER, lot_of, wheelchair};

/// The columns of a movement that are not generated, each with what it has when it follows another of the same lot.
const FOLLOWS: [(&str, &str); 23] = [
    ("id", ""),
    ("movement_number", "'990121-CK-2022-000099'"),
    ("warehouse_id", "warehouse_id"),
    ("division_code", "division_code"),
    ("lot_id", "lot_id"),
    ("sequence", "sequence + 1"),
    ("previous_sequence", "sequence"),
    ("previous_balance", "balance"),
    ("kind", "'issue'"),
    ("change", "-1"),
    ("balance", "balance - 1"),
    ("moved_date", "moved_date"),
    ("actor_id", "actor_id"),
    ("duty_id", "duty_id"),
    ("duty", "duty"),
    ("case_id", "case_id"),
    ("counterpart", "'某康复站'"),
    ("note", "NULL"),
    ("origin_id", "NULL"),
    ("reverses_id", "NULL"),
    ("delivery_id", "NULL"),
    ("stocktake_id", "NULL"),
    ("at", "at"),
];

impl TestOffice {
    /// One more movement of the lot of another, the last, otherwise than it should be.
    fn next_movement(&self, last: &str, otherwise: &[(&str, &str)]) -> String {
        let fresh = self.literal(&format!("{FRESH}00d1"));
        let columns: Vec<_> = FOLLOWS.iter().map(|(name, _)| *name).collect();
        let values: Vec<_> = FOLLOWS
            .iter()
            .map(|(name, usual)| {
                let other = otherwise.iter().find(|(column, _)| column == name);
                match (other, *name) {
                    (Some((_, value)), _) => (*value).to_owned(),
                    (None, "id") => fresh.clone(),
                    (None, _) => (*usual).to_owned(),
                }
            })
            .collect();
        format!(
            "INSERT INTO stock_movements ({}) SELECT {} FROM stock_movements WHERE id = {last}",
            columns.join(", "),
            values.join(", ")
        )
    }

    /// With where the lot then stands.
    pub fn moves_on(&self, last: &str, change: &str, otherwise: &[(&str, &str)]) -> String {
        format!(
            "UPDATE stock_balances SET quantity = quantity + {change}, last_movement = last_movement + 1
             WHERE lot_id = (SELECT lot_id FROM stock_movements WHERE id = {last}); {}",
            self.next_movement(last, otherwise)
        )
    }
}

on_both! {
    async fn a_balance_is_what_its_movements_say_and_never_negative(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let given = office.donates(&warehouse, 10, wheelchair()).await.expect(201);
        let last = office.literal(&id_of(&given));
        let lot = office.literal(&lot_of(&given));
        // Neither goes without the other.
        office.refuses(&office.next_movement(&last, &[]), "append_only");
        for change in ["quantity = 9, last_movement = 2", "quantity = 11, last_movement = 2"] {
            office.refuses(&format!("UPDATE stock_balances SET {change}"), "foreign key");
        }
        for change in ["quantity = 9", "last_movement = 1", "last_movement = 3, quantity = 9"] {
            office.refuses(&format!("UPDATE stock_balances SET {change}"), "append_only");
        }
        office.refuses("UPDATE stock_balances SET quantity = -1, last_movement = 2", "check");
        for (change, otherwise, because) in [
            // Sums that are none.
            ("-1", &[("balance", "balance")][..], "check"),
            ("-1", &[("previous_balance", "8"), ("balance", "7")], "foreign key"),
            ("-11", &[("change", "-11"), ("balance", "balance - 11")], "check"),
            ("-1", &[("sequence", "1"), ("previous_sequence", "NULL"), ("previous_balance", "NULL")], "append_only|check|unique"),
            // A direction that is not that of its kind.
            ("1", &[("change", "1"), ("balance", "balance + 1")], "check"),
            ("-1", &[("kind", "'donation'")], "check"),
            ("-1", &[("movement_number", "'990121-RK-2022-000099'")], "check|stock_returned"),
            ("-1", &[("movement_number", "'990122-CK-2022-000099'")], "check"),
            // By whom it is not kept.
            ("-1", &[("duty", "'buyer'")], "check"),
            ("-1", &[("duty_id", "NULL"), ("duty", "NULL")], "check"),
            ("-1", &[("actor_id", "(SELECT id FROM users WHERE username = 'finance.990121')")], "foreign key"),
            ("-1", &[("moved_date", "'2022-07-03'")], "append_only"),
            // A count's difference without a count, a delivery's without one.
            ("-1", &[("kind", "'stocktake_loss'")], "check"),
            ("-1", &[("kind", "'stocktake_loss'"), ("duty_id", "NULL"), ("duty", "NULL"), ("stocktake_id", "warehouse_id")], "foreign key|append_only"),
            ("-1", &[("kind", "'transfer_out'")], "check"),
            ("-1", &[("kind", "'scrap'")], "check"),
            ("-1", &[("counterpart", "NULL")], "check"),
            ("1", &[("kind", "'return'"), ("change", "1"), ("balance", "balance + 1"), ("movement_number", "'990121-RK-2022-000099'")], "check|stock_returned"),
            ("1", &[("kind", "'return'"), ("change", "1"), ("balance", "balance + 1"), ("movement_number", "'990121-RK-2022-000099'"), ("origin_id", "id")], "stock_returned"),
            // Half of it, or as another kind.
            ("-1", &[("kind", "'donation'"), ("reverses_id", "id"), ("note", "'误登'")], "stock_reversal"),
            ("-10", &[("change", "-10"), ("balance", "balance - 10"), ("reverses_id", "id"), ("note", "'误登'")], "check"),
            ("-10", &[("kind", "'donation'"), ("change", "-10"), ("balance", "balance - 10"), ("reverses_id", "id")], "check"),
        ] {
            office.refuses(&office.moves_on(&last, change, otherwise), because);
        }
        for (table, change) in [
            ("stock_movements", "note = '另记'"), ("stock_lots", "unit_price_fen = 0"), ("warehouses", "name = '别处'"),
            ("device_items", "cap_fen = 0"), ("device_codes", "code = '000000'"), ("device_code_mappings", "to_code = '000000'"),
        ] {
            office.grown_only(table, change);
        }
        office.refuses("DELETE FROM stock_balances", "append_only");
        office.refuses("DELETE FROM warehouse_duties", "append_only");
        office.refuses(&format!("INSERT INTO stock_balances (lot_id, quantity, last_movement) VALUES ({lot}, 10, 1)"), "unique");
        let whole = office.moves_on(&last, "-1", &[]);
        office.sql(&format!("BEGIN; {whole}; COMMIT")).unwrap();
    }

    async fn nothing_that_is_called_back_leaves_a_warehouse_to_be_used(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let given = office.donates(&warehouse, 10, wheelchair()).await.expect(201);
        let issued = office.issues(&lot_of(&given), 1).await.expect(201);
        office.recalls(APPROVER, "20220301").await.expect(201);
        let last = office.literal(&id_of(&issued));
        for kind in ["'issue'", "'loan'"] {
            office.refuses(&office.moves_on(&last, "-1", &[("kind", kind)]), "device_recalled");
        }
        // What was issued before may be taken back.
        let back = office.moves_on(&last, "1", &[("change", "1"), ("balance", "balance + 1"), ("reverses_id", "id"), ("note", "'误登'"),
            ("counterpart", "counterpart"), ("movement_number", "'990121-RK-2022-000099'")]);
        office.sql(&format!("BEGIN; {back}; COMMIT")).unwrap();
    }

    async fn nobody_has_two_duties_or_receives_what_they_bought(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let bought = office.buys(&warehouse, 10, wheelchair()).await;
        let id = office.literal(&warehouse);
        let duty = |user: &str, duty: &str, from: &str| format!(
            "INSERT INTO warehouse_duties (id, warehouse_id, division_code, user_id, duty, valid_from, assigned_by, assigned_at)
             SELECT {}, warehouse_id, division_code, user_id, '{duty}', '{from}', assigned_by, assigned_at
             FROM warehouse_duties WHERE warehouse_id = {id} AND user_id = (SELECT id FROM users WHERE username = '{user}')",
            office.literal(&format!("{FRESH}00d2")));
        for (user, another) in [(BUYER, "keeper"), (KEEPER, "stock_taker"), (STOCK_TAKER, "stock_taker")] {
            office.refuses(&duty(user, another, "2030-01-01"), "warehouse_duty_overlap");
        }
        for change in ["duty = 'keeper'", "valid_to = '2022-07-04'", "user_id = assigned_by", "valid_from = '2022-01-01'"] {
            office.refuses(&format!("UPDATE warehouse_duties SET {change}"), "append_only|check");
        }
        let delivery = office.literal(&id_of(&bought));
        let closed = |by: &str, duty: &str, quantity: &str| format!(
            "UPDATE stock_deliveries SET state = 'received', received_quantity = {quantity}, reason = '途中损坏', closed_by = u.id,
                closed_duty_id = d.id, closed_duty = '{duty}', closed_date = announced_date, closed_at = announced_at
             FROM users u JOIN warehouse_duties d ON d.user_id = u.id
             WHERE stock_deliveries.id = {delivery} AND u.username = '{by}' AND d.warehouse_id = {id}");
        office.refuses(&closed(BUYER, "keeper", "0"), "check|foreign key");
        office.refuses(&closed(BUYER, "buyer", "0"), "check");
        office.refuses(&closed(STOCK_TAKER, "keeper", "0"), "foreign key");
        // More than was booked.
        office.refuses(&closed(KEEPER, "keeper", "10"), "append_only");
        for change in ["quantity = 1", "unit_price_fen = 1", "announced_by = closed_by", "state = 'received'"] {
            office.refuses(&format!("UPDATE stock_deliveries SET {change}"), "append_only|check|null|warehouse_duty");
        }
        office.refuses("DELETE FROM stock_deliveries", "append_only");
        // What was closed once is closed.
        office.sql(&format!("BEGIN; {}; COMMIT", closed(KEEPER, "keeper", "0"))).unwrap();
        office.refuses(&closed(KEEPER, "keeper", "0"), "append_only");
    }

    async fn a_count_is_decided_by_somebody_else_and_booked_as_counted(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let given = office.donates(&warehouse, 10, wheelchair()).await.expect(201);
        let last = office.literal(&id_of(&given));
        let count = json!({"warehouse_id": warehouse, "lines": [{"lot_id": lot_of(&given), "counted_quantity": 8, "explanation": "损毁未登记"}]});
        let counted = office.as_user(STOCK_TAKER).await.post("/v1/stocktakes", count).await.expect(201);
        let id = office.literal(&id_of(&counted));
        let decided = |by: &str, state: &str| format!(
            "UPDATE stocktakes SET state = '{state}', decided_by = (SELECT id FROM users WHERE username = '{by}'), decided_date = counted_date,
                decided_at = counted_at, comment = '重新盘点' WHERE id = {id}");
        office.refuses(&decided(STOCK_TAKER, "approved"), "check|stocktake_own");
        office.refuses(&decided(KEEPER, "approved"), "stocktake_own");
        office.refuses(&decided(BUYER, "returned"), "stocktake_own");
        // Approved is what is booked, and booked is what was approved.
        office.refuses(&decided(APPROVER, "approved"), "append_only");
        let approver = format!("(SELECT id FROM users WHERE username = '{APPROVER}')");
        let loss = |change: &'static str| office.moves_on(&last, change, &[
            ("kind", "'stocktake_loss'"), ("change", change), ("balance", match change { "-2" => "balance - 2", _ => "balance - 3" }),
            ("duty_id", "NULL"), ("duty", "NULL"), ("stocktake_id", &id), ("actor_id", &approver), ("counterpart", "NULL"),
        ]);
        office.refuses(&loss("-3"), "append_only");
        office.refuses(&loss("-2"), "foreign key");
        office.refuses(&format!("{}; {}", loss("-2"), decided(APPROVER, "returned")), "append_only");
        office.grown_only("stocktake_lines", "counted_quantity = 10");
        office.refuses("UPDATE stocktakes SET counted_date = '2022-01-01'", "append_only");
        office.refuses("DELETE FROM stocktakes", "append_only");
        // Another count of the same books finds the same.
        let second = json!({"warehouse_id": warehouse, "lines": [{"lot_id": lot_of(&given), "counted_quantity": 8, "explanation": "损毁未登记"}]});
        let second = office.as_user(STOCK_TAKER).await.post("/v1/stocktakes", second).await.expect(201);
        office.sql(&format!("BEGIN; {}; {}; COMMIT", loss("-2"), decided(APPROVER, "approved"))).unwrap();
        let booked = format!("(SELECT id FROM stock_movements WHERE stocktake_id = {id})");
        let second = office.literal(&id_of(&second));
        let twice = office.moves_on(&booked, "-2", &[
            ("kind", "'stocktake_loss'"), ("change", "-2"), ("balance", "balance - 2"), ("stocktake_id", &second),
            ("movement_number", "'990121-CK-2022-000098'"), ("counterpart", "NULL"), ("id", "stocktake_id"),
        ]);
        office.refuses(&twice, "stocktake_overtaken");
        office.refuses(&decided(APPROVER, "returned"), "append_only");
        let level = json!({"edition": "2022", "code": "122203", "quantity": 5});
        office.as_user(APPROVER).await.post(&format!("/v1/warehouses/{warehouse}/reorder-levels"), level).await.expect(201);
        office.grown_only("stock_reorder_levels", "quantity = 1");
    }
}
