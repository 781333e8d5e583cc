//! Warehouses, their people, and what goes in and out.

use serde_json::{Value, json};

use crate::support::people::id_of;
use crate::support::stock::{APPROVER, BUYER, KEEPER, STOCK_TAKER, lot_of, wheelchair};
use crate::support::{TestOffice, on_both};

fn piece(serial_number: &str) -> Value {
    let mut piece = wheelchair();
    piece["serial_number"] = json!(serial_number);
    piece
}

on_both! {
    async fn a_warehouse_has_three_kinds_of_people_and_nobody_is_two_of_them(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let path = format!("/v1/warehouses/{warehouse}");
        let shown = office.as_user(KEEPER).await.get(&path).await.expect(200);
        assert_eq!((&shown["own_duty"], &shown["division_code"]), (&json!("keeper"), &json!("990121000000")));
        let held: Vec<_> = shown["duties"].as_array().unwrap().iter()
            .map(|duty| (duty["duty"].as_str().unwrap(), duty["username"].as_str().unwrap())).collect();
        assert_eq!(held, [("stock_taker", STOCK_TAKER), ("keeper", KEEPER), ("buyer", BUYER)]);
        office.gives_duty("990121", &warehouse, KEEPER, "buyer").await.refused(409, "warehouse_duty.exclusive");
        office.gives_duty("990121", &warehouse, BUYER, "buyer").await.refused(409, "warehouse_duty.exclusive");
        // From the day on which one ends, another may begin.
        let approver = office.as_user(APPROVER).await;
        let keeper = id_of(&shown["duties"][1]);
        let end = format!("{path}/duties/{keeper}/end");
        approver.post(&end, json!({"valid_to": "2022-07-03"})).await.refused(422, "request.invalid");
        approver.post(&end, json!({})).await.expect(201);
        approver.post(&end, json!({})).await.refused(409, "warehouse_duty.ended");
        let nobody = office.donates(&warehouse, 1, wheelchair()).await;
        nobody.refused(403, "warehouse.duty_required");
        office.gives_duty("990121", &warehouse, KEEPER, "buyer").await.expect(201);
        // Who works elsewhere, in another role, or gives it to themself has none.
        for username in ["county.990122", "civil.990121", APPROVER] {
            office.gives_duty("990121", &warehouse, username, "keeper").await.refused(422, "request.invalid");
        }
        office.gives_duty("990122", &warehouse, "county.990122", "keeper").await.refused(404, "warehouse.not_found");
        let missing = json!({"user_id": warehouse, "duty": "keeper"});
        approver.post(&format!("{path}/duties"), missing).await.refused(422, "request.invalid");
        office.as_user(KEEPER).await.post(&format!("{path}/duties"), json!({})).await.refused(403, "permission.denied");
    }

    async fn a_warehouse_belongs_to_an_organization_of_a_county_or_city(office: &TestOffice) {
        office.warehouse().await;
        let approver = office.as_user(APPROVER).await;
        let federation = office.organization_of("990121", "federation").await;
        let new = |name: &str, organization: &str| json!({"name": name, "organization_id": organization});
        approver.post("/v1/warehouses", new("丙岭县辅助器具仓库", &federation)).await.refused(409, "warehouse.name_taken");
        approver.post("/v1/warehouses", new(" ", &federation)).await.refused(422, "request.invalid");
        let away = office.organization_of("990122", "federation").await;
        approver.post("/v1/warehouses", new("别处", &away)).await.refused(404, "organization.not_found");
        let list = "/v1/organizations?division_code=990121103&limit=200";
        let townships = approver.get(list).await.expect(200);
        let township = townships["items"].as_array().unwrap().iter().find(|one| one["kind"] == "township").unwrap();
        approver.post("/v1/warehouses", new("乡镇", &id_of(township))).await.refused(422, "request.invalid");
        // Everybody finds where something may be sent; who works there is told in one's sight.
        let elsewhere = office.as_user("county.990122").await;
        let all = elsewhere.get("/v1/warehouses").await.expect(200);
        let found = id_of(&all["items"][0]);
        elsewhere.get(&format!("/v1/warehouses/{found}")).await.refused(404, "warehouse.not_found");
        let own = elsewhere.get("/v1/warehouses?division_code=990122").await.expect(200);
        assert_eq!(own["items"], json!([]));
    }

    async fn each_movement_continues_the_one_before_and_none_takes_more_than_there_is(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let given = office.donates(&warehouse, 10, wheelchair()).await.expect(201);
        let lot = lot_of(&given);
        assert_eq!((&given["movement_number"], &given["change"], &given["balance"]), (&json!("990121-RK-2022-000001"), &json!(10), &json!(10)));
        assert_eq!((&given["lot"]["name_zh"], &given["lot"]["unit"], &given["moved_date"]), (&json!("手动轮椅车"), &json!("辆"), &json!("2022-07-04")));
        let issued = office.issues(&lot, 3).await.expect(201);
        assert_eq!((&issued["movement_number"], &issued["change"], &issued["balance"]), (&json!("990121-CK-2022-000001"), &json!(-3), &json!(7)));
        let refused = office.issues(&lot, 8).await.refused(409, "stock.insufficient");
        assert_eq!(refused["in_stock"], json!(7));
        // What is alike lies together; another price or batch does not.
        let more = office.donates(&warehouse, 1, wheelchair()).await.expect(201);
        assert_eq!((lot_of(&more), &more["balance"]), (lot.clone(), &json!(8)));
        let mut other = wheelchair();
        other["batch_number"] = json!("20220302");
        let apart = office.donates(&warehouse, 1, other).await.expect(201);
        assert_ne!(lot_of(&apart), lot);
        let issue = id_of(&issued);
        let back = |quantity: i64| json!({"kind": "return", "origin_id": issue, "quantity": quantity});
        office.moves(KEEPER, back(2)).await.expect(201);
        office.moves(KEEPER, back(2)).await.refused(409, "stock.exceeds_issue");
        let last = office.moves(KEEPER, back(1)).await.expect(201);
        assert_eq!(last["balance"], json!(11));
        office.moves(KEEPER, json!({"kind": "return", "origin_id": id_of(&given), "quantity": 1})).await.refused(422, "request.invalid");
        let keeper = office.as_user(KEEPER).await;
        let history = keeper.get(&format!("/v1/stock-movements?lot_id={lot}")).await.expect(200);
        let balances: Vec<_> = history["items"].as_array().unwrap().iter().map(|one| one["balance"].as_i64().unwrap()).collect();
        assert_eq!(balances, [11, 10, 8, 7, 10]);
        let one = keeper.get(&format!("/v1/stock-movements/{issue}")).await.expect(200);
        assert_eq!((&one["counterpart"], &one["kind"]), (&json!("某康复站"), &json!("issue")));
        // Scrap says why.
        let scrap = json!({"kind": "scrap", "lot_id": lot, "quantity": 1});
        office.moves(KEEPER, scrap.clone()).await.refused(422, "request.invalid");
        let mut said = scrap;
        said["note"] = json!("车架断裂");
        office.moves(KEEPER, said).await.expect(201);
    }

    async fn only_a_keeper_moves_what_is_kept(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let given = office.donates(&warehouse, 10, wheelchair()).await.expect(201);
        let issue = json!({"kind": "issue", "lot_id": lot_of(&given), "quantity": 1, "counterpart": "某康复站"});
        for username in [BUYER, STOCK_TAKER, "supervisor.990100"] {
            office.moves(username, issue.clone()).await.refused(403, "warehouse.duty_required");
        }
        for username in [APPROVER, "township.990121103", "auditor.990121"] {
            office.moves(username, issue.clone()).await.refused(403, "permission.denied");
        }
        office.moves("county.990122", issue.clone()).await.refused(404, "stock_lot.not_found");
        let movement = format!("/v1/stock-movements/{}", id_of(&given));
        office.as_user("county.990122").await.get(&movement).await.refused(404, "stock_movement.not_found");
        for (field, value) in [
            ("quantity", json!(0)), ("counterpart", json!(" ")), ("lot_id", Value::Null), ("lot", wheelchair()), ("note", json!("长")),
        ] {
            let mut wrong = issue.clone();
            wrong[field] = value;
            let refused = office.moves(KEEPER, wrong).await.refused(422, "request.invalid");
            assert_eq!(refused["errors"][0]["pointer"], format!("/{field}"));
        }
        let mut wrong = wheelchair();
        wrong["unit_price_fen"] = json!(-1);
        let refused = office.donates(&warehouse, 1, wrong).await.refused(422, "request.invalid");
        assert_eq!(refused["errors"][0]["pointer"], "/lot/unit_price_fen");
        let mut unknown = wheelchair();
        unknown["code"] = json!("99 99 99");
        office.donates(&warehouse, 1, unknown).await.refused(404, "device_item.not_found");
    }

    async fn what_was_booked_is_taken_back_by_another_movement(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let given = office.donates(&warehouse, 10, wheelchair()).await.expect(201);
        let lot = lot_of(&given);
        let issued = office.issues(&lot, 3).await.expect(201);
        let keeper = office.as_user(KEEPER).await;
        let reversal = |movement: &Value| format!("/v1/stock-movements/{}/reversal", id_of(movement));
        let reason = json!({"reason": "误登数量"});
        // What has gone out since is not there to be taken back.
        keeper.post(&reversal(&given), reason.clone()).await.refused(409, "stock.insufficient");
        let back = office.moves(KEEPER, json!({"kind": "return", "origin_id": id_of(&issued), "quantity": 1})).await.expect(201);
        keeper.post(&reversal(&issued), reason.clone()).await.refused(409, "stock_movement.not_reversible");
        keeper.post(&reversal(&back), reason.clone()).await.expect(201);
        let counter = keeper.post(&reversal(&issued), reason.clone()).await.expect(201);
        assert_eq!((&counter["kind"], &counter["change"], &counter["balance"]), (&json!("issue"), &json!(3), &json!(10)));
        assert_eq!(counter["reverses_id"], issued["id"]);
        let shown = keeper.get(&format!("/v1/stock-movements/{}", id_of(&issued))).await.expect(200);
        assert_eq!(shown["reversed_by_id"], counter["id"]);
        for done in [&issued, &counter] {
            keeper.post(&reversal(done), reason.clone()).await.refused(409, "stock_movement.not_reversible");
        }
        office.moves(KEEPER, json!({"kind": "return", "origin_id": id_of(&issued), "quantity": 1})).await.refused(409, "stock.exceeds_issue");
        keeper.post(&reversal(&given), json!({"reason": ""})).await.refused(422, "request.invalid");
        keeper.post(&reversal(&given), reason.clone()).await.expect(201);
        office.as_user(BUYER).await.post(&reversal(&given), reason).await.refused(403, "warehouse.duty_required");
        office.issues(&lot, 1).await.refused(409, "stock.insufficient");
    }

    async fn a_piece_with_a_number_is_in_one_place(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let second = office.warehouse_in("990121", "丙岭县二号仓库").await;
        let given = office.donates(&warehouse, 1, piece("SN-1")).await.expect(201);
        office.donates(&warehouse, 2, piece("SN-2")).await.refused(422, "request.invalid");
        for place in [&warehouse, &second] {
            office.donates(place, 1, piece("SN-1")).await.refused(409, "stock.serial_number_taken");
        }
        let issued = office.issues(&lot_of(&given), 1).await.expect(201);
        // With somebody it is no less itself.
        office.donates(&second, 1, piece("SN-1")).await.refused(409, "stock.serial_number_taken");
        office.moves(KEEPER, json!({"kind": "return", "origin_id": id_of(&issued), "quantity": 1})).await.expect(201);
        let sent = json!({"kind": "transfer", "lot_id": lot_of(&given), "to_warehouse_id": second, "quantity": 1});
        office.announces(KEEPER, sent).await.expect(201);
        office.donates(&second, 1, piece("SN-1")).await.refused(409, "stock.serial_number_taken");
        let scrapped = office.donates(&warehouse, 1, piece("SN-3")).await.expect(201);
        let scrap = json!({"kind": "scrap", "lot_id": lot_of(&scrapped), "quantity": 1, "note": "车架断裂"});
        office.moves(KEEPER, scrap).await.expect(201);
        office.donates(&warehouse, 1, piece("SN-3")).await.expect(201);
    }

    async fn what_is_bought_is_received_by_another(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let bought = office.buys(&warehouse, 10, wheelchair()).await;
        assert_eq!((&bought["state"], &bought["name_zh"]), (&json!("expected"), &json!("手动轮椅车")));
        let receive = |quantity: i64| json!({"action": "receive", "received_quantity": quantity});
        office.on_delivery(BUYER, &bought, receive(10)).await.refused(403, "warehouse.duty_required");
        office.on_delivery(STOCK_TAKER, &bought, receive(10)).await.refused(403, "warehouse.duty_required");
        office.on_delivery("county.990122", &bought, receive(10)).await.refused(404, "stock_delivery.not_found");
        office.on_delivery(KEEPER, &bought, receive(11)).await.refused(422, "request.invalid");
        office.on_delivery(KEEPER, &bought, receive(9)).await.refused(422, "request.invalid");
        let mut fewer = receive(9);
        fewer["reason"] = json!("一辆损坏，已退供应商");
        let received = office.on_delivery(KEEPER, &bought, fewer).await.expect(201);
        assert_eq!((&received["state"], &received["received_quantity"], &received["version"]), (&json!("received"), &json!(9), &json!(2)));
        assert_eq!(received["allowed_actions"], json!([]));
        office.on_delivery(KEEPER, &bought, receive(10)).await.refused(412, "if_match.stale");
        office.on_delivery(KEEPER, &received, receive(10)).await.refused(409, "stock_delivery.closed");
        let booked = office.as_user(KEEPER).await.get(&format!("/v1/stock-movements?delivery_id={}", id_of(&bought))).await.expect(200);
        assert_eq!((&booked["items"][0]["kind"], &booked["items"][0]["change"]), (&json!("purchase"), &json!(9)));
        // Not by who bought it, though they keep by now.
        let another = office.buys(&warehouse, 1, wheelchair()).await;
        let approver = office.as_user(APPROVER).await;
        let shown = approver.get(&format!("/v1/warehouses/{warehouse}")).await.expect(200);
        let duty = shown["duties"].as_array().unwrap().iter().find(|one| one["username"] == BUYER).unwrap();
        approver.post(&format!("/v1/warehouses/{warehouse}/duties/{}/end", id_of(duty)), json!({})).await.expect(201);
        office.gives_duty("990121", &warehouse, BUYER, "keeper").await.expect(201);
        office.on_delivery(BUYER, &another, receive(1)).await.refused(403, "stock_delivery.separation_of_duties");
    }

    async fn pieces_get_their_numbers_when_they_come(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let bought = office.buys(&warehouse, 3, wheelchair()).await;
        let receive = |numbers: &[&str]| json!({"action": "receive", "received_quantity": 3, "serial_numbers": numbers});
        for wrong in [&["A", "B"][..], &["A", "B", "A"], &["A", "B", ""]] {
            office.on_delivery(KEEPER, &bought, receive(wrong)).await.refused(422, "request.invalid");
        }
        office.on_delivery(KEEPER, &bought, receive(&["A", "B", "C"])).await.expect(201);
        let keeper = office.as_user(KEEPER).await;
        let all = keeper.get("/v1/stock-movements?kind=purchase").await.expect(200);
        let numbers: Vec<_> = all["items"].as_array().unwrap().iter().map(|one| one["lot"]["serial_number"].as_str().unwrap()).collect();
        assert_eq!(numbers, ["C", "B", "A"]);
        let one = keeper.get("/v1/stock-movements?serial_number=B&edition=2022&code=122203").await.expect(200);
        assert_eq!(one["items"].as_array().unwrap().len(), 1);
        let batch = keeper.get("/v1/stock-movements?batch_number=20220301").await.expect(200);
        assert_eq!(batch["items"].as_array().unwrap().len(), 3);
        // One is there already: nothing of the delivery comes in.
        let again = office.buys(&warehouse, 2, wheelchair()).await;
        let taken = json!({"action": "receive", "received_quantity": 2, "serial_numbers": ["D", "B"]});
        office.on_delivery(KEEPER, &again, taken).await.refused(409, "stock.serial_number_taken");
        let none = keeper.get("/v1/stock-movements?serial_number=D").await.expect(200);
        assert_eq!(none["items"], json!([]));
    }

    async fn what_is_sent_is_nobodys_until_the_other_side_has_counted_it(office: &TestOffice) {
        let here = office.warehouse().await;
        let there = office.warehouse_in("990122", "丁河县辅助器具仓库").await;
        let given = office.donates(&here, 10, wheelchair()).await.expect(201);
        let lot = lot_of(&given);
        let send = |quantity: i64, to: &str| json!({"kind": "transfer", "lot_id": lot, "to_warehouse_id": to, "quantity": quantity});
        office.announces(KEEPER, send(11, &there)).await.refused(409, "stock.insufficient");
        office.announces(KEEPER, send(1, &here)).await.refused(422, "request.invalid");
        office.announces(KEEPER, send(1, &lot)).await.refused(404, "warehouse.not_found");
        office.announces(BUYER, send(1, &there)).await.refused(403, "warehouse.duty_required");
        let sent = office.announces(KEEPER, send(6, &there)).await.expect(201);
        office.issues(&lot, 5).await.refused(409, "stock.insufficient");
        // Both ends see it; the other one receives it.
        for username in [KEEPER, "county.990122"] {
            office.as_user(username).await.get(&format!("/v1/stock-deliveries/{}", id_of(&sent))).await.expect(200);
        }
        let third = office.as_user("county.990123").await;
        third.get(&format!("/v1/stock-deliveries/{}", id_of(&sent))).await.refused(404, "stock_delivery.not_found");
        let receive = json!({"action": "receive", "received_quantity": 5, "reason": "途中遗失一辆"});
        office.on_delivery(KEEPER, &sent, receive.clone()).await.refused(403, "warehouse.duty_required");
        office.on_delivery("county.990122", &sent, json!({"action": "cancel", "reason": "不要"})).await.refused(403, "warehouse.duty_required");
        office.on_delivery("county.990122", &sent, receive).await.expect(201);
        let arrived = office.as_user("county.990122").await.get("/v1/stock-movements").await.expect(200);
        let first = &arrived["items"][0];
        assert_eq!((&first["movement_number"], &first["kind"], &first["balance"], &first["counterpart"]),
            (&json!("990122-RK-2022-000001"), &json!("transfer_in"), &json!(5), &json!("丙岭县辅助器具仓库")));
        // What is called off lies where it lay.
        let sent = office.announces(KEEPER, send(4, &there)).await.expect(201);
        office.issues(&lot, 1).await.refused(409, "stock.insufficient");
        office.on_delivery(KEEPER, &sent, json!({"action": "cancel"})).await.refused(422, "request.invalid");
        let off = office.on_delivery(KEEPER, &sent, json!({"action": "cancel", "reason": "车辆未到"})).await.expect(201);
        assert_eq!(off["state"], "cancelled");
        let receive = json!({"action": "receive", "received_quantity": 4});
        office.on_delivery("county.990122", &off, receive).await.refused(409, "stock_delivery.closed");
        let movement = office.issues(&lot, 4).await.expect(201);
        assert_eq!(movement["balance"], 0);
        let out = office.as_user(KEEPER).await.get("/v1/stock-movements?kind=transfer_out").await.expect(200);
        let reversal = format!("/v1/stock-movements/{}/reversal", id_of(&out["items"][2]));
        let reason = json!({"reason": "误登数量"});
        office.as_user(KEEPER).await.post(&reversal, reason).await.refused(409, "stock_movement.not_reversible");
    }

    async fn what_a_person_gets_goes_out_by_their_allocation(office: &TestOffice) {
        let (case, lot) = office.needs_wheelchair().await;
        for kind in ["issue", "loan"] {
            let direct = json!({"kind": kind, "lot_id": lot, "quantity": 1, "case_id": case});
            office.moves(KEEPER, direct).await.refused_field("/case_id", "field.unknown");
        }
        // Told with the resident, as it comes back with them.
        let delivered = office.delivered(&case, &lot).await;
        office.moves_allocation(KEEPER, &delivered, json!({"action": "return", "condition": "good"})).await.expect(201);
        for (action, movement) in [("stock_movement.issued", -1), ("stock_movement.returned", 1)] {
            let events = office.as_user("auditor.990121").await.get(&format!("/v1/audit/events?action={action}")).await.expect(200);
            let told = &events["items"][0];
            assert_eq!(told["resident_id"], delivered["resident_id"], "{told}");
            let booked = office.as_user(KEEPER).await.get(&format!("/v1/stock-movements?case_id={case}")).await.expect(200);
            let booked = booked["items"].as_array().unwrap().iter().find(|one| one["change"] == movement).unwrap();
            assert_eq!((&booked["case_id"], &booked["counterpart"]), (&json!(case), &Value::Null));
        }
    }

    async fn what_is_lent_comes_back_and_nothing_called_back_leaves(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let lot = lot_of(&office.donates(&warehouse, 10, wheelchair()).await.expect(201));
        let lend = json!({"kind": "loan", "lot_id": lot, "quantity": 4, "counterpart": "某康复站"});
        let lent = office.moves(KEEPER, lend.clone()).await.expect(201);
        assert_eq!((&lent["kind"], &lent["change"], &lent["balance"]), (&json!("loan"), &json!(-4), &json!(6)));
        assert_eq!(lent["movement_number"], json!("990121-CK-2022-000001"));
        let back = |quantity: i64| json!({"kind": "return", "origin_id": id_of(&lent), "quantity": quantity});
        office.moves(KEEPER, back(5)).await.refused(409, "stock.exceeds_issue");
        let returned = office.moves(KEEPER, back(3)).await.expect(201);
        assert_eq!((&returned["balance"], &returned["origin_id"]), (&json!(9), &lent["id"]));
        let listed = office.as_user(KEEPER).await.get("/v1/stock-movements?kind=loan").await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        let recall = office.recalls(APPROVER, "20220301").await.expect(201);
        let out = &recall["other_issues"][0];
        assert_eq!((&out["movement_id"], &out["counterpart"]), (&lent["id"], &json!("某康复站")));
        office.moves(KEEPER, lend).await.refused(409, "device.recalled");
        office.issues(&lot, 1).await.refused(409, "device.recalled");
        // It comes back, and is sent back or scrapped.
        office.moves(KEEPER, back(1)).await.expect(201);
        let scrap = json!({"kind": "scrap", "lot_id": lot, "quantity": 10, "note": "厂家召回"});
        assert_eq!(office.moves(KEEPER, scrap).await.expect(201)["balance"], json!(0));
    }
}

on_both! {
    async fn what_a_count_finds_is_explained_and_booked_by_another(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let given = office.donates(&warehouse, 10, wheelchair()).await.expect(201);
        let mut other = wheelchair();
        other["batch_number"] = json!("20220302");
        let other = office.donates(&warehouse, 5, other).await.expect(201);
        let (lot, second) = (lot_of(&given), lot_of(&other));
        let count = |lines: Value| json!({"warehouse_id": warehouse, "lines": lines});
        let taker = office.as_user(STOCK_TAKER).await;
        let unexplained = count(json!([{"lot_id": lot, "counted_quantity": 8}, {"lot_id": second, "counted_quantity": 5}]));
        let refused = taker.post("/v1/stocktakes", unexplained.clone()).await.refused(422, "request.invalid");
        assert_eq!(refused["errors"][0]["pointer"], "/lines/0/explanation");
        let twice = count(json!([{"lot_id": second, "counted_quantity": 5}, {"lot_id": second, "counted_quantity": 5}]));
        taker.post("/v1/stocktakes", twice).await.refused(422, "request.invalid");
        taker.post("/v1/stocktakes", count(json!([]))).await.refused(422, "request.invalid");
        taker.post("/v1/stocktakes", count(json!([{"lot_id": warehouse, "counted_quantity": 5}]))).await.refused(404, "stock_lot.not_found");
        office.as_user(KEEPER).await.post("/v1/stocktakes", unexplained).await.refused(403, "warehouse.duty_required");
        let told = count(json!([{"lot_id": lot, "counted_quantity": 8, "explanation": "两辆损毁未登记"}, {"lot_id": second, "counted_quantity": 6, "explanation": "归还未登记"}]));
        let counted = taker.post("/v1/stocktakes", told).await.expect(201);
        assert_eq!((&counted["lines"][0]["book_quantity"], &counted["allowed_actions"]), (&json!(10), &json!([])));
        let path = format!("/v1/stocktakes/{}", id_of(&counted));
        let transitions = format!("{path}/transitions");
        // Meanwhile something goes out: what is missing is missing all the same.
        office.issues(&lot, 1).await.expect(201);
        taker.post_seen(&transitions, 1, json!({"action": "approve"})).await.refused(403, "permission.denied");
        let supervisor = office.as_user("supervisor.990100").await;
        office.gives_duty("990121", &warehouse, "supervisor.990100", "buyer").await.expect(201);
        supervisor.post_seen(&transitions, 1, json!({"action": "approve"})).await.refused(403, "stocktake.separation_of_duties");
        office.as_user("approver.990122").await.post_seen(&transitions, 1, json!({"action": "approve"})).await.refused(404, "stocktake.not_found");
        let approver = office.as_user(APPROVER).await;
        let shown = approver.get(&path).await.expect(200);
        assert_eq!(shown["allowed_actions"], json!(["approve", "return"]));
        approver.post_seen(&transitions, 1, json!({"action": "return"})).await.refused(422, "request.invalid");
        approver.post_seen(&transitions, 7, json!({"action": "approve"})).await.refused(412, "if_match.stale");
        let approved = approver.post_seen(&transitions, 1, json!({"action": "approve"})).await.expect(201);
        assert_eq!((&approved["state"], &approved["version"]), (&json!("approved"), &json!(2)));
        approver.post_seen(&transitions, 2, json!({"action": "approve"})).await.refused(409, "stocktake.decided");
        let booked = approver.get(&format!("/v1/stock-movements?stocktake_id={}", id_of(&counted))).await.expect(200);
        let booked: Vec<_> = booked["items"].as_array().unwrap().iter().map(|one| (one["kind"].as_str().unwrap(), one["change"].as_i64().unwrap(), one["balance"].as_i64().unwrap())).collect();
        assert!(booked.contains(&("stocktake_loss", -2, 7)) && booked.contains(&("stocktake_gain", 1, 6)), "{booked:?}");
        let all = approver.get(&format!("/v1/stocktakes?warehouse_id={warehouse}&state=approved")).await.expect(200);
        assert_eq!(all["items"].as_array().unwrap().len(), 1);
    }

    async fn a_count_that_was_overtaken_is_returned(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let given = office.donates(&warehouse, 10, wheelchair()).await.expect(201);
        let lot = lot_of(&given);
        let count = json!({"warehouse_id": warehouse, "lines": [{"lot_id": lot, "counted_quantity": 5, "explanation": "短少待查"}]});
        let counted = office.as_user(STOCK_TAKER).await.post("/v1/stocktakes", count).await.expect(201);
        office.issues(&lot, 8).await.expect(201);
        let transitions = format!("/v1/stocktakes/{}/transitions", id_of(&counted));
        let approver = office.as_user(APPROVER).await;
        approver.post_seen(&transitions, 1, json!({"action": "approve"})).await.refused(409, "stocktake.overtaken");
        let returned = approver.post_seen(&transitions, 1, json!({"action": "return", "comment": "重新盘点"})).await.expect(201);
        assert_eq!((&returned["state"], &returned["comment"]), (&json!("returned"), &json!("重新盘点")));
    }

    async fn the_same_difference_is_not_booked_twice(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let given = office.donates(&warehouse, 10, wheelchair()).await.expect(201);
        let lot = lot_of(&given);
        let counts = async |counted: i64| {
            let count = json!({"warehouse_id": warehouse, "lines": [{"lot_id": lot, "counted_quantity": counted, "explanation": "短少待查"}]});
            let counted = office.as_user(STOCK_TAKER).await.post("/v1/stocktakes", count).await.expect(201);
            format!("/v1/stocktakes/{}/transitions", id_of(&counted))
        };
        let approver = office.as_user(APPROVER).await;
        let approve = json!({"action": "approve"});
        let (first, second) = (counts(8).await, counts(8).await);
        approver.post_seen(&first, 1, approve.clone()).await.expect(201);
        let refused = approver.post_seen(&second, 1, approve.clone()).await.refused(409, "stocktake.overtaken");
        assert_eq!(refused["lot_id"], json!(lot));
        approver.post_seen(&second, 1, json!({"action": "return", "comment": "已入账"})).await.expect(201);
        // What the keeper takes back was what was found, too.
        let issued = office.issues(&lot, 1).await.expect(201);
        let found = counts(8).await;
        let reversal = format!("/v1/stock-movements/{}/reversal", id_of(&issued));
        office.as_user(KEEPER).await.post(&reversal, json!({"reason": "未实际出库"})).await.expect(201);
        approver.post_seen(&found, 1, approve.clone()).await.refused(409, "stocktake.overtaken");
        // What agreed with the books is approved all the same, and what is counted again is booked.
        let agreed = counts(8).await;
        let again = counts(9).await;
        approver.post_seen(&again, 1, approve.clone()).await.expect(201);
        approver.post_seen(&agreed, 1, approve).await.expect(201);
        let stock = approver.get(&format!("/v1/warehouses/{warehouse}/stock")).await.expect(200);
        assert_eq!(stock["total"]["quantity"], json!(9));
    }

    async fn the_books_tell_what_lay_there_and_what_moved(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let given = office.donates(&warehouse, 10, wheelchair()).await.expect(201);
        let lot = lot_of(&given);
        let mut cane = wheelchair();
        (cane["code"], cane["unit_price_fen"]) = (json!("120303"), json!(5_000));
        office.donates(&warehouse, 100, cane).await.expect(201);
        office.pass_days(10).await;
        let issued = office.issues(&lot, 4).await.expect(201);
        office.pass_days(10).await;
        office.moves(KEEPER, json!({"kind": "return", "origin_id": id_of(&issued), "quantity": 1})).await.expect(201);
        let path = format!("/v1/warehouses/{warehouse}");
        let keeper = office.as_user(KEEPER).await;
        for (at, chairs, value) in [("2022-07-03", 0, 0), ("2022-07-04", 10, 1_680_000), ("2022-07-13", 10, 1_680_000), ("2022-07-14", 6, 1_208_000), ("2022-07-24", 7, 1_326_000), ("2030-01-01", 7, 1_326_000)] {
            let stock = keeper.get(&format!("{path}/stock?at={at}")).await.expect(200);
            assert_eq!(stock["total"]["value_fen"], json!(value), "{at}");
            let chairs_then = keeper.get(&format!("{path}/stock?at={at}&edition=2022&code=122203")).await.expect(200);
            assert_eq!(chairs_then["total"]["quantity"], json!(chairs), "{at}");
        }
        let first = keeper.get(&format!("{path}/stock?limit=1")).await.expect(200);
        assert_eq!((first["items"].as_array().unwrap().len(), &first["total"]["quantity"]), (1, &json!(107)));
        let rest = keeper.get(&format!("{path}/stock?limit=1&cursor={}", first["next"].as_str().unwrap())).await.expect(200);
        assert_eq!((&rest["items"][0]["lot"]["code"], &rest["next"]), (&json!("120303"), &Value::Null));
        let turnover = keeper.get(&format!("{path}/turnover?from_date=2022-07-05&to_date=2022-07-31")).await.expect(200);
        let total = &turnover["total"];
        assert_eq!((&total["opening"]["quantity"], &total["received"]["quantity"], &total["issued"]["quantity"], &total["closing"]["value_fen"]),
            (&json!(110), &json!(1), &json!(4), &json!(1_326_000)));
        assert_eq!(total["turnover_permille"], json!(472_000 * 2000 / (1_680_000 + 1_326_000)));
        assert_eq!(turnover["items"].as_array().unwrap().len(), 2);
        keeper.get(&format!("{path}/turnover?from_date=2022-07-05&to_date=2022-07-04")).await.refused(400, "request.malformed");
        let register = keeper.get(&format!("{path}/register?from_date=2022-07-01&to_date=2022-07-31")).await;
        assert_eq!(register.status, 200);
        let mut sheet = huican::sheets::read::Spreadsheet::of(&register.body).unwrap();
        let rows: Vec<_> = sheet.rows().unwrap().map(|row| row.unwrap().cells).collect();
        let text = |row: usize, column: usize| huican::sheets::values::text(&rows[row][column]);
        assert_eq!((text(0, 0).as_str(), text(2, 2).as_str()), ("丙岭县辅助器具仓库出入库登记表", "单号"));
        assert_eq!((text(5, 2).as_str(), text(5, 3).as_str(), text(5, 13).as_str(), text(5, 14).as_str()), ("990121-CK-2022-000001", "发放出库", "4", "6"));
        assert_eq!((text(7, 0).as_str(), text(7, 12).as_str(), text(7, 13).as_str()), ("合计", "111", "4"));
        for report in ["stock", "turnover?from_date=2022-07-01&to_date=2022-07-02", "register?from_date=2022-07-01&to_date=2022-07-02"] {
            office.as_user("county.990122").await.get(&format!("{path}/{report}")).await.refused(404, "warehouse.not_found");
        }
    }

    async fn a_register_is_no_longer_than_can_be_printed(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let lot = lot_of(&office.donates(&warehouse, 10_000, wheelchair()).await.expect(201));
        // Five thousand movements on the day after.
        let mut all = String::from("BEGIN;");
        for number in 1..=5_000 {
            let last = format!("(SELECT id FROM stock_movements WHERE lot_id = {} AND sequence = {number})", office.literal(&lot));
            let (id, written) = (office.literal(&format!("0192f0c1-7d5e-7c11-9c4f-{number:012x}")), format!("'990121-CK-2022-{number:06}'"));
            all += &office.moves_on(&last, "-1", &[("id", &id), ("movement_number", &written), ("moved_date", "'2022-07-05'")]);
            all += ";";
        }
        office.sql(&(all + "COMMIT")).unwrap();
        let keeper = office.as_user(KEEPER).await;
        let register = |from: &str| format!("/v1/warehouses/{warehouse}/register?from_date={from}&to_date=2022-07-31");
        assert_eq!(keeper.get(&register("2022-07-05")).await.status, 200);
        keeper.get(&register("2022-07-04")).await.refused_parameter("from_date", "period.long");
    }

    async fn what_runs_out_is_told_beside_what_is_on_its_way(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let given = office.donates(&warehouse, 10, wheelchair()).await.expect(201);
        let path = format!("/v1/warehouses/{warehouse}/reorder-levels");
        let approver = office.as_user(APPROVER).await;
        let level = |quantity: i64| json!({"edition": "2022", "code": "12 22 03", "quantity": quantity});
        let set = approver.post(&path, level(5)).await.expect(201);
        assert_eq!((&set["is_below"], &set["in_stock"], &set["revision"]), (&json!(false), &json!(10), &json!(1)));
        approver.post(&path, level(-1)).await.refused(422, "request.invalid");
        approver.post(&path, json!({"edition": "2022", "code": "999999", "quantity": 1})).await.refused(404, "device_item.not_found");
        office.as_user(KEEPER).await.post(&path, level(5)).await.refused(403, "permission.denied");
        let below = format!("{path}?below=true");
        assert_eq!(approver.get(&below).await.expect(200)["items"], json!([]));
        office.issues(&lot_of(&given), 6).await.expect(201);
        office.buys(&warehouse, 20, wheelchair()).await;
        let all = approver.get(&below).await.expect(200);
        assert_eq!((&all["items"][0]["in_stock"], &all["items"][0]["expected"], &all["items"][0]["name_zh"]), (&json!(4), &json!(20), &json!("手动轮椅车")));
        approver.post(&path, level(0)).await.expect(201);
        assert_eq!(approver.get(&path).await.expect(200)["items"], json!([]));
    }
}
