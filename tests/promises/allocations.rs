//! Who supplies and who evaluates, what a person may hold, and what becomes of it.

use diesel::connection::SimpleConnection;
use serde_json::json;

use super::{FRESH, TestOffice};
use crate::support::allocations::{ALLOCATIONS, EVALUATOR, KEEPER, purchase};
use crate::support::people::{ELSEWHERE, VILLAGE, id_of};
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

    async fn a_delivery_lasts_as_the_catalog_says_from_the_day_it_was_signed(office: &TestOffice) {
        let (_stock, _delivered, evaluated) = office.two_devices().await;
        office.pass_days(2).await;
        let list = office.as_user(EVALUATOR).await.get(&format!("{ALLOCATIONS}?state=evaluated")).await.expect(200);
        let mut one = office.moves_allocation(EVALUATOR, &list["items"][0], json!({"action": "plan", "comment": "配轮椅"})).await.expect(201);
        let known = office.as_user(KEEPER).await.get(&format!("{ALLOCATIONS}?state=delivered")).await.expect(200);
        let shop = known["items"][0]["supply"]["supplier_id"].as_str().unwrap().to_owned();
        for step in [purchase(&shop, "B-8"), json!({"action": "fit"}), json!({"action": "train"})] {
            one = office.moves_allocation(KEEPER, &one, step).await.expect(201);
        }
        let handed = |day: &str, until: &str| format!(", signed_by = {}, signed_relation = 'self', delivered_date = '{day}', use_life_until = {until}", office.blob("00"));
        let today = "(SELECT max(at) FROM device_allocation_transitions)";
        let delivers = async |day: &str, until: &str| {
            let step = office.step((&evaluated, 5), ("deliver", "trained", "delivered"), &handed(day, until)).await;
            step.replace(office.instant_literal(), today)
        };
        for (day, until) in [
            // Forever free, too early, too late.
            ("2022-07-06", "NULL"), ("2022-07-06", "'2022-07-07'"), ("2022-07-06", "'2026-07-05'"), ("2022-07-06", "'2026-07-07'"),
            // Before it was bought, and on a day to come.
            ("2022-07-05", "'2026-07-05'"), ("2022-07-07", "'2026-07-07'"),
        ] {
            office.refuses(&delivers(day, until).await, "append_only");
        }
        let whole = delivers("2022-07-06", "'2026-07-06'").await;
        office.sql(&format!("BEGIN; {whole}; COMMIT")).unwrap();
    }

    async fn both_ends_hold_and_nobody_has_a_hand_in_what_their_own_get(office: &TestOffice) {
        let (_stock, delivered, _evaluated) = office.two_devices().await;
        let county = office.as_user(KEEPER).await;
        let known = county.get(&format!("{ALLOCATIONS}?state=delivered")).await.expect(200);
        let (resident, case) = (known["items"][0]["resident_id"].as_str().unwrap(), known["items"][0]["case_id"].as_str().unwrap());
        let open = office.literal(&id_of(&office.checks_of("990121", &id_of(&known["items"][0])).await[0]));
        let (keeper, at, fresh) = (office.user(KEEPER).await, office.instant_literal(), office.literal(&format!("{FRESH}00e4")));
        let found = office.again("device_checks", &[("id", &fresh), ("follow_up_id", &open), ("checked_by", &keeper)], "1 = 1");
        let found = format!("UPDATE follow_ups SET state = 'done', ended_by = {keeper}, ended_at = {at} WHERE id = {open}; {found}");
        let repaired = office.step((&delivered, 6), ("repair", "delivered", "delivered"), "").await;
        let transfer = office.transfers(resident, ELSEWHERE).await.expect(201);
        for sql in [&found, &repaired] {
            office.refuses(sql, "resident_in_transfer");
        }
        office.answers_transfer("county.990122", &transfer, "decline").await.expect(201);
        county.post(&format!("/v1/cases/{case}/recusals"), json!({"relation": "sibling"})).await.expect(201);
        for sql in [&found, &repaired] {
            office.refuses(sql, "recusal_required");
        }
    }

    async fn what_is_done_at_once_is_not_done_apart(office: &TestOffice) {
        let (stock, _delivered, evaluated) = office.two_devices().await;
        let county = office.as_user(KEEPER).await;
        let known = county.get(&format!("{ALLOCATIONS}?state=evaluated")).await.expect(200);
        let case = office.literal(known["items"][0]["case_id"].as_str().unwrap());
        let completed = format!("UPDATE cases SET state = 'completed' WHERE id = {case}");
        office.refuses(&completed, "allocation_unfinished");
        if office.backend == Backend::Sqlite {
            return;
        }
        // One waits for the other: what leaves and its recall, what begins and the end of its case.
        let issued = office.moves_on(&office.literal(&stock.movement), "-1", &[]);
        let recalled = office.again("device_recalls", &[("id", &office.literal(&format!("{FRESH}00e5"))), ("batch_number", "'20220301'")], "1 = 1");
        let one = known["items"][0].clone();
        office.moves_allocation(KEEPER, &one, json!({"action": "cancel", "comment": "撤回"})).await.expect(201);
        let change: Vec<_> = [("id", office.literal(&format!("{FRESH}00e6")))].into_iter().chain(BEGINS.map(|(name, value)| (name, value.to_owned()))).collect();
        let change: Vec<_> = change.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let begun = office.again("device_allocations", &change, &format!("id = {evaluated}"));
        for (first, second) in [(&issued, &recalled), (&recalled, &issued), (&begun, &completed)] {
            let mut held = office.db();
            held.conn().batch_execute(&format!("BEGIN; {first}")).unwrap();
            office.refuses(&format!("SET LOCAL lock_timeout = '200ms'; {second}"), "lock timeout");
            held.conn().batch_execute("ROLLBACK").unwrap();
        }
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
