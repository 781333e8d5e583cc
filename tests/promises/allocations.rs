//! Who supplies and who evaluates, what a person may hold, and what becomes of it.

use serde_json::json;

use super::{FRESH, TestOffice};
use crate::support::allocations::{ALLOCATIONS, EVALUATOR, KEEPER, purchase};
use crate::support::people::{VILLAGE, id_of};
use crate::support::stock::Stocked;
use crate::support::{Backend, on_both};

/// Of an allocation that only begins.
const BEGINS: [(&str, &str); 14] = [
    ("movement_id", "NULL"),
    ("supplier_id", "NULL"),
    ("invoice_number", "NULL"),
    ("price_fen", "NULL"),
    ("brand", "NULL"),
    ("model", "NULL"),
    ("batch_number", "NULL"),
    ("supplied_by", "NULL"),
    ("signed_by", "NULL"),
    ("signed_relation", "NULL"),
    ("delivered_date", "NULL"),
    ("use_life_until", "NULL"),
    ("state", "'evaluated'"),
    ("last_transition", "1"),
];

impl TestOffice {
    /// One that was delivered, and one that was found to be needed; their ids, as literals.
    async fn two_devices(&self) -> (Stocked, String, String) {
        let stock = self.stocked("990121").await;
        let equipped = self.equipped(VILLAGE).await;
        let delivered = "SELECT id FROM device_allocations WHERE state = 'delivered'";
        let evaluated = self.literal(&equipped.allocation);
        (stock, format!("({delivered})"), evaluated)
    }

    /// The next entry of an allocation, with what it changes there.
    async fn step(
        &self,
        (of, last): (&str, i32),
        (action, from, to): (&str, &str, &str),
        change: &str,
    ) -> String {
        let actor = self.user(KEEPER).await;
        let at = self.instant_literal();
        let id = self.literal(&format!("{FRESH}00e1"));
        let (next, said) = (last + 1, self.blob("00"));
        format!(
            "UPDATE device_allocations SET state = '{to}', last_transition = {next}{change} WHERE id = {of};
             INSERT INTO device_allocation_transitions (id, allocation_id, sequence, action, previous_sequence, from_state, to_state, actor_id, comment, at)
             VALUES ({id}, {of}, {next}, '{action}', {last}, '{from}', '{to}', {actor}, {said}, {at})"
        )
    }
}

on_both! {
    async fn nobody_has_two_of_an_item_within_its_use_life(office: &TestOffice) {
        let (_stock, delivered, _evaluated) = office.two_devices().await;
        let fresh = office.literal(&format!("{FRESH}00e2"));
        let again = |more: &[(&str, &str)]| {
            let change: Vec<_> = [("id", fresh.as_str())].into_iter().chain(BEGINS).filter(|(name, _)| more.iter().all(|(other, _)| other != name)).chain(more.iter().copied()).collect();
            office.again("device_allocations", &change, "state = 'delivered'")
        };
        office.refuses(&again(&[]), "use_life");
        // Nobody's exception but a minor's, a proven loss, or what was called back.
        let of = |kind: &'static str| [("exception", kind), ("previous_id", delivered.as_str())];
        office.refuses(&again(&of("'growth'")), "device_exception");
        office.refuses(&again(&of("'loss'")), "check");
        office.refuses(&again(&of("'worn'")), "check|device_exception");
        office.refuses(&again(&[("exception", "'recall'")]), "use_life|check");
        // Its batch was called back: what is missing is only the entry.
        office.refuses(&again(&of("'recall'")), "foreign key");
        // Of no case that goes on, nothing begins.
        office.refuses(&again(&[("evaluated_date", "'2030-01-01'")]), "allocation_case|use_life");
        office.refuses(&again(&[("state", "'planned'")]), "allocation_case|use_life");
    }

    async fn who_evaluates_does_not_supply_and_nothing_is_delivered_that_was_not_supplied(office: &TestOffice) {
        let (stock, _delivered, evaluated) = office.two_devices().await;
        let (evaluator, keeper) = (office.user(EVALUATOR).await, office.user(KEEPER).await);
        let client = office.as_user(EVALUATOR).await;
        let list = client.get(&format!("{ALLOCATIONS}?state=evaluated")).await.expect(200);
        let one = list["items"][0].clone();
        office.moves_allocation(EVALUATOR, &one, json!({"action": "plan", "comment": "配轮椅"})).await.expect(201);
        let federation = office.literal(&stock.organization);
        let shop = "(SELECT supplier_id FROM device_allocations WHERE supplier_id IS NOT NULL)";
        let bought = |supplier: &str, by: &str| format!(", supplier_id = {supplier}, invoice_number = '1', price_fen = 1, supplied_by = {by}");
        let supplied = ("purchase", "planned", "supplied");
        let of = (evaluated.as_str(), 2);
        office.refuses(&office.step(of, supplied, &bought(shop, &evaluator)).await, "check");
        office.refuses(&office.step(of, supplied, &bought(&federation, &keeper)).await, "check");
        office.refuses(&office.step(of, supplied, "").await, "check");
        // An issue is one of stock, for this case, by the same person.
        office.refuses(&office.step(of, ("issue", "planned", "supplied"), &bought(shop, &keeper)).await, "device_supply");
        let movement = office.literal(&stock.movement);
        let from_stock = format!(", movement_id = {movement}, supplied_by = {keeper}");
        office.refuses(&office.step(of, ("issue", "planned", "supplied"), &from_stock).await, "device_supply");
        // What is called back is given to nobody.
        let recalled = bought(shop, &keeper) + ", batch_number = 'R-990121'";
        office.refuses(&office.step(of, supplied, &recalled).await, "device_recalled");
        let handed = format!(", signed_by = {}, signed_relation = 'self', delivered_date = '2022-07-04'", office.blob("00"));
        office.refuses(&office.step(of, ("deliver", "planned", "delivered"), &handed).await, "check");
        office.refuses(&office.step(of, ("deliver", "trained", "delivered"), &handed).await, "check|foreign key");
        office.refuses(&office.step((&evaluated, 1), ("cancel", "evaluated", "cancelled"), "").await, "append_only|unique");
    }

    async fn a_piece_has_one_holder(office: &TestOffice) {
        let (_stock, _delivered, evaluated) = office.two_devices().await;
        let keeper = office.user(KEEPER).await;
        let list = office.as_user(EVALUATOR).await.get(&format!("{ALLOCATIONS}?state=evaluated")).await.expect(200);
        office.moves_allocation(EVALUATOR, &list["items"][0], json!({"action": "plan", "comment": "配轮椅"})).await.expect(201);
        let case = office.device_case(VILLAGE, &office.resident().await).await;
        let other = office.evaluates(VILLAGE, &case, json!({})).await.expect(201);
        let other = office.moves_allocation(EVALUATOR, &other, json!({"action": "plan", "comment": "配轮椅"})).await.expect(201);
        let known = office.as_user(KEEPER).await.get(&format!("{ALLOCATIONS}?state=delivered")).await.expect(200);
        let mut piece = purchase(known["items"][0]["supply"]["supplier_id"].as_str().unwrap(), "B-7");
        piece["purchase"]["serial_number"] = json!("S-7");
        let other = office.moves_allocation(KEEPER, &other, piece).await.expect(201);
        let shop = format!("(SELECT supplier_id FROM device_allocations WHERE id = {})", office.literal(&id_of(&other)));
        let same = format!(", supplier_id = {shop}, invoice_number = '1', price_fen = 1, supplied_by = {keeper}, serial_number = 'S-7'");
        office.refuses(&office.step((&evaluated, 2), ("purchase", "planned", "supplied"), &same).await, "unique");
    }

    async fn devices_checks_and_recalls_stay_as_they_were_written(office: &TestOffice) {
        let (_stock, _delivered, evaluated) = office.two_devices().await;
        for (sql, because) in [
            ("evaluator = '某人'", "append_only"), ("state = 'planned'", "append_only|foreign key|check"), ("use_life_until = NULL", "append_only"),
            ("price_fen = 1", "append_only"), ("supplied_by = recorded_by", "append_only|check"), ("last_transition = 1", "append_only"),
            ("signed_by = signed_by, return_condition = 'good'", "append_only|check"),
        ] {
            office.refuses(&format!("UPDATE device_allocations SET {sql} WHERE state = 'delivered'"), because);
        }
        office.refuses("UPDATE device_allocation_transitions SET at = at", "append_only");
        office.refuses("UPDATE device_checks SET result = 'unused'", "append_only");
        office.refuses("UPDATE device_recalls SET reason = '无'", "append_only");
        office.refuses("UPDATE device_recall_holders SET follow_up_id = follow_up_id", "append_only");
        // A finding is that of a follow-up that is done, a holder one who holds.
        let fresh = office.literal(&format!("{FRESH}00e3"));
        let open = "(SELECT min_id FROM (SELECT id AS min_id FROM follow_ups WHERE state = 'open' LIMIT 1) q)";
        office.refuses(&office.again("device_checks", &[("id", &fresh), ("follow_up_id", open)], "1 = 1"), "append_only");
        office.refuses(&office.again("device_recall_holders", &[("allocation_id", &evaluated)], "1 = 1"), "append_only");
        office.refuses(&office.again("device_recalls", &[("id", &fresh)], "1 = 1"), "unique");
        for table in ["device_allocations", "device_allocation_transitions", "device_checks", "device_recalls", "device_recall_holders"] {
            office.refuses(&format!("DELETE FROM {table}"), "append_only");
            if office.backend == Backend::Postgres {
                office.refuses(&format!("TRUNCATE {table} CASCADE"), "append_only");
            } else {
                let replaced = office.again(table, &[], "1 = 1").replace("INSERT", "INSERT OR REPLACE");
                office.refuses(&replaced, "unique|append_only|use_life|allocation_case");
            }
        }
    }
}
