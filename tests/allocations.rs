//! Devices for persons: from the evaluation to the return, the use-life with its exceptions, checks and recalls.

use serde_json::{Value, json};

use crate::support::allocations::{ALLOCATIONS, APPROVER, EVALUATOR, KEEPER, evaluation, purchase};
use crate::support::people::{PDF, VILLAGE, citizen_id, id_of, person};
use crate::support::stock::{lot_of, wheelchair};
use crate::support::{Reply, TestOffice, on_both};

impl TestOffice {
    /// Somebody's approved case of a device, and a lot of ten wheelchairs.
    pub async fn needs_wheelchair(&self) -> (String, String) {
        let warehouse = self.warehouse().await;
        let lot = lot_of(&self.donates(&warehouse, 10, wheelchair()).await.expect(201));
        let resident = self.resident().await;
        (self.device_case(VILLAGE, &resident).await, lot)
    }

    /// Evaluated and planned.
    pub async fn planned(&self, case: &str) -> Value {
        let one = self.evaluates(VILLAGE, case, json!({})).await.expect(201);
        let plan = json!({"action": "plan", "comment": "配手动轮椅一辆"});
        self.moves_allocation(EVALUATOR, &one, plan)
            .await
            .expect(201)
    }

    pub async fn delivered(&self, case: &str, lot: &str) -> Value {
        let one = self.evaluates(VILLAGE, case, json!({})).await.expect(201);
        self.delivers(VILLAGE, &one, issue(lot)).await
    }

    pub async fn supplier(&self) -> String {
        let body = json!({"name": "某辅具公司", "kind": "institution", "division_code": "990121"});
        let system = self.as_user("sysadmin").await;
        id_of(&system.post("/v1/organizations", body).await.expect(201))
    }

    pub async fn recalls(&self, username: &str, batch: &str) -> Reply {
        let body = json!({"edition": "2022", "code": "122203", "batch_number": batch, "reason": "前轮轴承有断裂风险"});
        self.as_user(username)
            .await
            .post("/v1/device-recalls", body)
            .await
    }

    pub async fn notes_result(&self, username: &str, follow_up: &Value, body: Value) -> Reply {
        let path = format!("/v1/follow-ups/{}/result", id_of(follow_up));
        self.as_user(username).await.post(&path, body).await
    }
}

pub fn issue(lot: &str) -> Value {
    json!({"action": "issue", "lot_id": lot})
}

fn actions(history: &Value) -> Vec<&str> {
    let all = history.as_array().unwrap().iter();
    all.map(|turn| turn["action"].as_str().unwrap()).collect()
}

on_both! {
    async fn a_wheelchair_goes_from_stock_to_a_person_and_back(office: &TestOffice) {
        let (case, lot) = office.needs_wheelchair().await;
        let county = office.as_user(KEEPER).await;
        let one = office.evaluates(VILLAGE, &case, json!({})).await.expect(201);
        assert_eq!((&one["state"], &one["name_zh"], &one["supply"], &one["version"]), (&json!("evaluated"), &json!("手动轮椅车"), &Value::Null, &json!(1)));
        assert_eq!(one["allowed_actions"], json!(["plan", "cancel"]));
        let begun = county.get(&format!("/v1/cases/{case}")).await.expect(200);
        assert_eq!(begun["state"], json!("in_service"));
        county.act(&case, "complete").await.refused(409, "device_allocation.unfinished");
        let one = office.moves_allocation(EVALUATOR, &one, json!({"action": "plan", "comment": "配手动轮椅一辆"})).await.expect(201);
        // Who evaluated may not supply, and is not told that they could.
        assert_eq!(one["allowed_actions"], json!(["cancel"]));
        office.moves_allocation(EVALUATOR, &one, issue(&lot)).await.refused(403, "device_allocation.separation_of_duties");
        let one = office.moves_allocation(KEEPER, &one, issue(&lot)).await.expect(201);
        let supply = &one["supply"];
        assert_eq!((&supply["kind"], &supply["batch_number"], &supply["price_fen"]), (&json!("stock"), &json!("20220301"), &Value::Null));
        let movement = supply["movement_id"].as_str().unwrap();
        let moved = county.get(&format!("/v1/stock-movements/{movement}")).await.expect(200);
        assert_eq!((&moved["change"], &moved["balance"], &moved["case_id"]), (&json!(-1), &json!(9), &json!(case)));
        // What is with somebody is not taken back behind their back.
        county.post(&format!("/v1/stock-movements/{movement}/reversal"), json!({"reason": "误登"})).await.refused(409, "stock_movement.not_reversible");
        let back = json!({"kind": "return", "origin_id": movement, "quantity": 1});
        office.moves(KEEPER, back).await.refused(409, "stock_movement.not_reversible");
        let one = office.moves_allocation(KEEPER, &one, json!({"action": "fit"})).await.expect(201);
        let one = office.moves_allocation(EVALUATOR, &one, json!({"action": "train", "comment": "已会使用"})).await.expect(201);
        let signed = json!({"action": "deliver", "delivery": {"signed_by": "张晓宝", "relation": "self", "date": "2022-07-04"}});
        let one = office.moves_allocation(EVALUATOR, &one, signed).await.expect(201);
        // 48 months.
        assert_eq!(one["delivery"], json!({"signed_by": "张晓宝", "relation": "self", "date": "2022-07-04", "possible_from": "2026-07-04"}));
        let checks = office.checks_of("990121", &id_of(&one)).await;
        let due: Vec<_> = checks.iter().map(|check| (&check["kind"], &check["due_date"])).collect();
        let kind = json!("device_check");
        assert_eq!(due, [(&kind, &json!("2022-08-04")), (&kind, &json!("2022-10-04")), (&kind, &json!("2023-07-04"))]);
        let listed = county.get(&format!("{ALLOCATIONS}?case_id={case}")).await.expect(200);
        assert_eq!(listed["items"][0]["delivery"].get("signed_by"), None);
        assert_eq!((listed["items"][0].get("history"), &listed["next"]), (None, &Value::Null));
        county.act(&case, "complete").await.expect(201);
        // It is repaired and comes back after the case is done, and lies in its lot again.
        let one = office.moves_allocation(EVALUATOR, &one, json!({"action": "repair", "comment": "更换刹车"})).await.expect(201);
        let one = office.moves_allocation(KEEPER, &one, json!({"action": "return", "condition": "good"})).await.expect(201);
        assert_eq!((&one["state"], &one["return_condition"], &one["allowed_actions"]), (&json!("returned"), &json!("good"), &json!([])));
        assert_eq!(actions(&one["history"]), ["evaluate", "plan", "issue", "fit", "train", "deliver", "repair", "return"]);
        assert_eq!(one["history"][0]["comment"], json!("双下肢瘫痪，需手动轮椅"));
        let history = county.get(&format!("/v1/stock-movements?lot_id={lot}")).await.expect(200);
        assert_eq!((&history["items"][0]["kind"], &history["items"][0]["balance"]), (&json!("return"), &json!(10)));
        assert!(office.checks_of("990121", &id_of(&one)).await.is_empty());
    }

    async fn a_device_that_is_bought_is_owed_to_who_sold_it(office: &TestOffice) {
        let (case, _lot) = office.needs_wheelchair().await;
        let supplier = office.supplier().await;
        let one = office.evaluates(VILLAGE, &case, json!({})).await.expect(201);
        let federation = one["evaluation"]["organization_id"].as_str().unwrap().to_owned();
        let planned = office.moves_allocation(EVALUATOR, &one, json!({"action": "plan", "comment": "采购"})).await.expect(201);
        office.moves_allocation(KEEPER, &planned, purchase(&federation, "B1")).await.refused(403, "device_allocation.separation_of_duties");
        office.moves_allocation(KEEPER, &planned, purchase(&case, "B1")).await.refused_field("/purchase/supplier_id", "organization.unknown");
        let mut piece = purchase(&supplier, "B1");
        piece["purchase"]["serial_number"] = json!("S-1");
        let mut one = office.moves_allocation(KEEPER, &planned, piece.clone()).await.expect(201);
        assert_eq!((&one["supply"]["kind"], &one["supply"]["price_fen"], &one["supply"]["movement_id"]), (&json!("purchase"), &json!(150_000), &Value::Null));
        for step in [json!({"action": "fit"}), json!({"action": "train"}),
            json!({"action": "deliver", "delivery": {"signed_by": "李四", "relation": "guardian", "date": "2022-07-04"}})] {
            one = office.moves_allocation(KEEPER, &one, step).await.expect(201);
        }
        // The whole price, up to the cap.
        let owed = office.as_user(KEEPER).await.get("/v1/payables?state=due").await.expect(200);
        let owed = owed["items"].as_array().unwrap().iter().find(|owed| owed["organization_id"] == supplier.as_str()).unwrap();
        assert_eq!((&owed["amount_fen"], &owed["source"], &owed["case_id"]), (&json!(120_000), &json!("device_purchase"), &json!(case)));
        // A piece has one holder.
        let other = office.device_case(VILLAGE, &office.resident().await).await;
        let planned = office.planned(&other).await;
        office.moves_allocation(KEEPER, &planned, piece.clone()).await.refused(409, "stock.serial_number_taken");
        office.moves_allocation(KEEPER, &one, json!({"action": "return", "condition": "good"})).await.expect(201);
        office.moves_allocation(KEEPER, &planned, piece).await.expect(201);
    }

    async fn nobody_gets_a_second_one_within_its_use_life(office: &TestOffice) {
        let (case, lot) = office.needs_wheelchair().await;
        let one = office.evaluates(VILLAGE, &case, json!({})).await.expect(201);
        let again = office.evaluates(VILLAGE, &case, json!({})).await;
        again.refused(409, "device_allocation.open");
        let first = office.delivers(VILLAGE, &one, issue(&lot)).await;
        let refused = office.evaluates(VILLAGE, &case, json!({})).await.refused(409, "device.use_life");
        assert_eq!(refused["possible_from"], json!("2026-07-04"));
        // Of another item, yes; and the code of the edition before is the same item.
        let cane = json!({"code": "120303"});
        office.evaluates(VILLAGE, &case, cane).await.expect(201);
        // No growth of somebody who is grown, no recall of what was not called back, no loss without proof.
        for kind in ["growth", "recall"] {
            let said = json!({"exception": {"kind": kind}});
            let refused = office.evaluates(VILLAGE, &case, said).await.refused(409, "device.exception_unfounded");
            assert_eq!(refused["possible_from"], json!("2026-07-04"));
        }
        let said = json!({"exception": {"kind": "loss"}});
        office.evaluates(VILLAGE, &case, said).await.refused_field("/exception/document_id", "document.needed");
        let said = json!({"exception": {"kind": "loss", "document_id": case}});
        office.evaluates(VILLAGE, &case, said).await.refused(409, "device.exception_unfounded");
        let filer = office.as_user(EVALUATOR).await;
        let proof = id_of(&filer.attach(&case, "kind=other&name=file.pdf", PDF).await.expect(201));
        let said = json!({"exception": {"kind": "loss", "document_id": proof}});
        let second = office.evaluates(VILLAGE, &case, said).await.expect(201);
        assert_eq!(second["exception"], json!({"kind": "loss", "document_id": proof, "previous_id": id_of(&first)}));
        // The second one counts as the first did.
        office.delivers(VILLAGE, &second, issue(&lot)).await;
        office.evaluates(VILLAGE, &case, json!({})).await.refused(409, "device.use_life");
        // After a recall of its batch, once more.
        office.recalls(APPROVER, "20220301").await.expect(201);
        let said = json!({"exception": {"kind": "recall"}});
        let third = office.evaluates(VILLAGE, &case, said).await.expect(201);
        let planned = office.moves_allocation(EVALUATOR, &third, json!({"action": "plan", "comment": "换发"})).await.expect(201);
        office.moves_allocation(KEEPER, &planned, issue(&lot)).await.refused(409, "device.recalled");
    }

    async fn a_second_record_is_the_same_person(office: &TestOffice) {
        let (case, lot) = office.needs_wheelchair().await;
        office.delivered(&case, &lot).await;
        // Of two open cases of a program the merge would refuse one.
        office.as_user(KEEPER).await.act(&case, "complete").await.expect(201);
        let known = office.as_user(KEEPER).await.get(&format!("/v1/cases/{case}")).await.expect(200);
        let kept = known["resident_id"].as_str().unwrap().to_owned();
        let duplicate = office.resident().await;
        let other = office.device_case(VILLAGE, &duplicate).await;
        office.evaluates(VILLAGE, &other, json!({"code": "120303"})).await.expect(201);
        let merge = json!({"duplicate_id": duplicate, "reason": "身份证号登记有误"});
        let county = office.as_user(KEEPER).await;
        let merge = id_of(&county.post(&format!("/v1/residents/{kept}/merges"), merge).await.expect(201));
        let approver = office.as_user(APPROVER).await;
        approver.post_seen(&format!("/v1/resident-merges/{merge}/transitions"), 1, json!({"action": "approve"})).await.expect(201);
        let refused = office.evaluates(VILLAGE, &other, json!({})).await.refused(409, "device.use_life");
        assert_eq!(refused["possible_from"], json!("2026-07-04"));
        // Both are told of the person, and that somebody looked is recorded.
        let both = county.get(&format!("{ALLOCATIONS}?resident_id={kept}")).await.expect(200);
        let codes: Vec<_> = both["items"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["120303", "122203"]);
        county.get(ALLOCATIONS).await.expect(200);
        let looks = office.as_user("auditor.990121").await.get("/v1/audit/events?action=device_allocation.listed").await.expect(200);
        let about: Vec<_> = looks["items"].as_array().unwrap().iter().map(|one| &one["resident_id"]).collect();
        assert_eq!(about, [&Value::Null, &json!(kept)]);
    }

    async fn what_was_granted_is_what_the_catalog_said_then(office: &TestOffice) {
        let (case, _lot) = office.needs_wheelchair().await;
        let supplier = office.supplier().await;
        let one = office.evaluates(VILLAGE, &case, json!({})).await.expect(201);
        office.pass(std::time::Duration::from_mins(1)).await;
        // Laid down after that, and reaching back before it.
        let file = "版本,编码,名称,单位,补贴上限(元),使用月数,评估级别,执行日期,旧版编码\n2022,122203,手动轮椅车,辆,500,12,县,2022-06-01,\n";
        assert_eq!(office.brings_catalog(file.as_bytes()).await.expect(201)["counts"], json!({"revised": 1}));
        let delivered = office.delivers(VILLAGE, &one, purchase(&supplier, "B1")).await;
        assert_eq!(delivered["delivery"]["possible_from"], json!("2026-07-04"));
        let owed = office.as_user(KEEPER).await.get("/v1/payables?state=due").await.expect(200);
        assert_eq!((&owed["items"][0]["amount_fen"], &owed["items"][1]), (&json!(120_000), &Value::Null));
        // Who is evaluated from then on gets what holds from then on.
        let next = office.device_case(VILLAGE, &office.resident().await).await;
        let next = office.evaluates(VILLAGE, &next, json!({})).await.expect(201);
        let next = office.delivers(VILLAGE, &next, purchase(&supplier, "B1")).await;
        assert_eq!(next["delivery"]["possible_from"], json!("2023-07-04"));
    }

    async fn children_grow_out_of_what_they_have(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let lot = lot_of(&office.donates(&warehouse, 10, wheelchair()).await.expect(201));
        let mut child = person();
        let id = citizen_id("990121", "20150310", 77);
        child["certificate"]["number"] = json!(format!("{id}41"));
        child["id_number"] = json!(id);
        let resident = id_of(&office.register(child).await);
        let case = office.device_case(VILLAGE, &resident).await;
        let growth = json!({"exception": {"kind": "growth"}});
        office.evaluates(VILLAGE, &case, growth.clone()).await.refused_field("/exception", "exception.not_needed");
        let first = office.delivered(&case, &lot).await;
        // 24 months.
        assert_eq!(first["delivery"]["possible_from"], json!("2024-07-04"));
        office.evaluates(VILLAGE, &case, json!({})).await.refused(409, "device.use_life");
        let second = office.evaluates(VILLAGE, &case, growth).await.expect(201);
        assert_eq!(second["exception"]["previous_id"], first["id"]);
        let gone = office.moves_allocation(EVALUATOR, &second, json!({"action": "cancel", "comment": "家属撤回"})).await.expect(201);
        assert_eq!(gone["state"], json!("cancelled"));
        office.evaluates(VILLAGE, &case, json!({})).await.refused(409, "device.use_life");
    }

    async fn a_recall_finds_everybody_who_holds_a_piece(office: &TestOffice) {
        let (case, lot) = office.needs_wheelchair().await;
        let delivered = office.delivered(&case, &lot).await;
        let other = office.device_case(VILLAGE, &office.resident().await).await;
        let on_the_way = office.planned(&other).await;
        let on_the_way = office.moves_allocation(KEEPER, &on_the_way, issue(&lot)).await.expect(201);
        let third = office.device_case(VILLAGE, &office.resident().await).await;
        let bought = office.planned(&third).await;
        let supplier = office.supplier().await;
        office.moves_allocation(KEEPER, &bought, purchase(&supplier, "20220399")).await.expect(201);
        let station = office.issues(&lot, 2).await.expect(201);
        for username in [KEEPER, EVALUATOR] {
            office.recalls(username, "20220301").await.refused(403, "permission.denied");
        }
        office.recalls(APPROVER, " ").await.refused_field("/batch_number", "text.length");
        let recall = office.recalls(APPROVER, "20220301").await.expect(201);
        let held: Vec<_> = recall["holders"].as_array().unwrap().iter()
            .map(|one| (one["allocation_id"].clone(), one["state"].as_str().unwrap(), one["follow_up_state"].as_str().unwrap())).collect();
        assert_eq!(held, [(delivered["id"].clone(), "delivered", "open"), (on_the_way["id"].clone(), "supplied", "open")]);
        assert_eq!(recall["holders"][0]["resident_name_masked"], json!("张**"));
        let others = recall["other_issues"].as_array().unwrap();
        assert_eq!((others.len(), &others[0]["movement_id"], &others[0]["quantity"]), (1, &station["id"], &json!(2)));
        office.recalls(APPROVER, "20220301").await.refused(409, "device_recall.known");
        let visit = office.checks_of("990121", &id_of(&delivered)).await.into_iter().find(|one| one["kind"] == "device_recall").unwrap();
        assert_eq!(visit["due_date"], json!("2022-07-11"));
        // The city finds the same people, and their visits are planned already.
        let city = office.recalls("supervisor.990100", "20220301").await.expect(201);
        assert_eq!(city["holders"][0]["follow_up_id"], visit["id"]);
        // What is on its way is not delivered any more.
        let mut one = on_the_way;
        for step in ["fit", "train"] {
            one = office.moves_allocation(KEEPER, &one, json!({"action": step})).await.expect(201);
        }
        let signed = json!({"action": "deliver", "delivery": {"signed_by": "张晓宝", "relation": "self", "date": "2022-07-04"}});
        office.moves_allocation(KEEPER, &one, signed).await.refused(409, "device.recalled");
        office.notes_result(EVALUATOR, &visit, json!({"result": "returned"})).await.expect(201);
        office.moves_allocation(KEEPER, &delivered, json!({"action": "return", "condition": "unusable"})).await.expect(201);
        let path = format!("/v1/device-recalls/{}", id_of(&recall));
        let now = office.as_user(KEEPER).await.get(&path).await.expect(200);
        assert_eq!((&now["holders"][0]["state"], &now["holders"][0]["follow_up_state"]), (&json!("returned"), &json!("done")));
        // Elsewhere the recall is known, and nobody of here.
        let elsewhere = office.as_user("county.990122").await;
        let there = elsewhere.get(&path).await.expect(200);
        assert_eq!((&there["holders"], &there["other_issues"]), (&json!([]), &json!([])));
        let list = elsewhere.get("/v1/device-recalls?batch_number=20220301").await.expect(200);
        assert_eq!(list["items"].as_array().unwrap().len(), 2);
        elsewhere.get(&format!("/v1/device-recalls/{case}")).await.refused(404, "device_recall.not_found");
        // As long as a batch is at most, and no longer.
        for path in ["/v1/device-recalls", ALLOCATIONS] {
            elsewhere.get(&format!("{path}?batch_number={}", "9".repeat(100))).await.expect(200);
            let longer = elsewhere.get(&format!("{path}?batch_number={}", "9".repeat(101))).await;
            longer.refused_parameter("batch_number", "text.length");
        }
    }

    async fn a_follow_up_ends_with_what_was_found(office: &TestOffice) {
        let (case, lot) = office.needs_wheelchair().await;
        let one = office.delivered(&case, &lot).await;
        let checks = office.checks_of("990121", &id_of(&one)).await;
        let liaison = format!("liaison.{VILLAGE}");
        office.notes_result(&liaison, &checks[0], json!({"result": "needs_repair"})).await.refused_field("/note", "note.length");
        office.notes_result(APPROVER, &checks[0], json!({"result": "in_use"})).await.refused(403, "permission.denied");
        office.notes_result("county.990122", &checks[0], json!({"result": "in_use"})).await.refused(404, "follow_up.not_found");
        let found = office.notes_result(&liaison, &checks[0], json!({"result": "needs_repair", "note": " 左侧刹车失灵 "})).await.expect(201);
        assert_eq!((&found["allocation_id"], &found["note"]), (&one["id"], &json!("左侧刹车失灵")));
        office.notes_result(&liaison, &checks[0], json!({"result": "in_use"})).await.refused(409, "follow_up.ended");
        let told = office.as_user(KEEPER).await.get(&format!("{ALLOCATIONS}/{}", id_of(&one))).await.expect(200);
        assert_eq!((told["checks"].as_array().unwrap().len(), &told["checks"][0]["result"]), (1, &json!("needs_repair")));
        assert_eq!(office.checks_of("990121", &id_of(&one)).await.len(), 2);
        // What another service looks at is not a device.
        let resident = office.resident().await;
        let follow_up = office.as_user(KEEPER).await.get(&format!("/v1/follow-ups?resident_id={resident}")).await.expect(200);
        assert_eq!(follow_up["items"], json!([]));
    }

    async fn what_is_asked_must_fit(office: &TestOffice) {
        let (case, lot) = office.needs_wheelchair().await;
        let federation = office.organization_of("990121", "federation").await;
        let said = |field: &str, value: Value| {
            let mut evaluation = evaluation(&federation, "2022-07-04");
            evaluation[field] = value;
            json!({"evaluation": evaluation})
        };
        for (field, value, code) in [
            ("evaluator", json!(" "), "text.length"), ("finding", json!(""), "text.length"), ("date", json!("2022-07-05"), "date.future"),
            ("level", json!("township"), "evaluation_level.too_low"), ("organization_id", json!(case), "organization.unknown"),
        ] {
            let refused = office.evaluates(VILLAGE, &case, said(field, value)).await;
            refused.refused_field(&format!("/evaluation/{field}"), code);
        }
        office.evaluates(VILLAGE, &case, json!({"code": "99 99 99"})).await.refused(404, "device_item.not_found");
        office.evaluates(VILLAGE, &case, json!({"edition": "2016"})).await.refused(409, "device_item.not_listed");
        let draft = office.draft_for(&office.resident().await, "device_subsidy").await;
        office.evaluates(VILLAGE, &draft, json!({})).await.refused(409, "device_allocation.case_not_approved");
        for username in [APPROVER, "finance.990121", "auditor.990121"] {
            office.as_user(username).await.post(ALLOCATIONS, json!({})).await.refused(403, "permission.denied");
        }
        let one = office.planned(&case).await;
        for (body, pointer) in [
            (json!({"action": "issue"}), "/lot_id"), (json!({"action": "purchase"}), "/purchase"),
            (json!({"action": "issue", "lot_id": lot, "condition": "good"}), "/condition"),
            (json!({"action": "cancel"}), "/comment"),
        ] {
            let refused = office.moves_allocation(KEEPER, &one, body).await.refused(422, "request.invalid");
            assert_eq!(refused["errors"][0]["pointer"], json!(pointer));
        }
        office.moves_allocation(KEEPER, &one, json!({"action": "fit"})).await.refused(409, "device_allocation.transition_not_allowed");
        office.moves_allocation(KEEPER, &one, json!({"action": "evaluate"})).await.refused(409, "device_allocation.transition_not_allowed");
        office.moves_allocation("county.990122", &one, json!({"action": "cancel", "comment": "误"})).await.refused(404, "device_allocation.not_found");
        let mut cane = wheelchair();
        cane["code"] = json!("120303");
        let warehouses = office.as_user(KEEPER).await.get("/v1/warehouses?division_code=990121").await.expect(200);
        let canes = office.donates(&id_of(&warehouses["items"][0]), 1, cane).await.expect(201);
        office.moves_allocation(KEEPER, &one, issue(&lot_of(&canes))).await.refused(409, "device.supply");
        // Two people on the same version: the second one reads first.
        let moved = office.moves_allocation(KEEPER, &one, issue(&lot)).await.expect(201);
        office.moves_allocation(KEEPER, &one, issue(&lot)).await.refused(412, "if_match.stale");
        // Given up before it was delivered, it lies in its lot again.
        let gone = office.moves_allocation(KEEPER, &moved, json!({"action": "cancel", "comment": "本人去世"})).await.expect(201);
        assert_eq!(gone["state"], json!("cancelled"));
        let history = office.as_user(KEEPER).await.get(&format!("/v1/stock-movements?lot_id={lot}")).await.expect(200);
        assert_eq!(history["items"][0]["balance"], json!(10));
    }

    async fn nothing_is_signed_for_before_it_was_supplied(office: &TestOffice) {
        let (case, lot) = office.needs_wheelchair().await;
        let one = office.planned(&case).await;
        office.pass_days(3).await;
        let mut one = office.moves_allocation(KEEPER, &one, issue(&lot)).await.expect(201);
        office.pass_days(1).await;
        for step in ["fit", "train"] {
            one = office.moves_allocation(KEEPER, &one, json!({"action": step})).await.expect(201);
        }
        let signed = |day: &str| json!({"action": "deliver", "delivery": {"signed_by": "张晓宝", "relation": "self", "date": day}});
        for (day, code) in [("2022-07-04", "date.order"), ("2022-07-06", "date.order"), ("2022-07-09", "date.future")] {
            office.moves_allocation(KEEPER, &one, signed(day)).await.refused_field("/delivery/date", code);
        }
        let one = office.moves_allocation(KEEPER, &one, signed("2022-07-07")).await.expect(201);
        assert_eq!(one["delivery"]["possible_from"], json!("2026-07-07"));
    }

    async fn what_is_to_be_repaired_lies_in_no_lot(office: &TestOffice) {
        let (case, lot) = office.needs_wheelchair().await;
        let one = office.delivered(&case, &lot).await;
        let movement = one["supply"]["movement_id"].clone();
        office.moves_allocation(KEEPER, &one, json!({"action": "return", "condition": "repairable"})).await.expect(201);
        let county = office.as_user(KEEPER).await;
        let lies = async || county.get(&format!("/v1/stock-movements?lot_id={lot}")).await.expect(200)["items"][0]["balance"].clone();
        assert_eq!(lies().await, json!(9));
        // Until it is repaired: then its keeper takes it back.
        let back = json!({"kind": "return", "origin_id": movement, "quantity": 1, "note": "已修复"});
        let back = office.moves(KEEPER, back).await.expect(201);
        assert_eq!((&back["case_id"], lies().await), (&json!(case), json!(10)));
    }

    async fn nobody_has_a_hand_in_what_their_own_get(office: &TestOffice) {
        let (case, _lot) = office.needs_wheelchair().await;
        let one = office.planned(&case).await;
        let keeper = office.as_user(KEEPER).await;
        keeper.post(&format!("/v1/cases/{case}/recusals"), json!({"relation": "sibling"})).await.expect(201);
        office.moves_allocation(KEEPER, &one, json!({"action": "cancel", "comment": "误"})).await.refused(403, "case.recusal_required");
    }

    async fn what_was_not_supplied_ends_with_the_case(office: &TestOffice) {
        let (case, _lot) = office.needs_wheelchair().await;
        let one = office.planned(&case).await;
        let county = office.as_user(KEEPER).await;
        office.as_user(APPROVER).await.act_saying(&case, "terminate", Some("本人去世")).await.expect(201);
        let path = format!("{ALLOCATIONS}/{}", id_of(&one));
        assert_eq!(county.get(&path).await.expect(200)["state"], json!("cancelled"));
    }
}
