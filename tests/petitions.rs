//! Petitions and legal aid: who answers by when, who looks again, and who is kept off.

use serde_json::{Value, json};

use crate::support::people::{ELSEWHERE, VILLAGE, id_of, person};
use crate::support::{Reply, TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
const COUNTY: &str = "county.990121";
const APPROVER: &str = "approver.990121";
const SUPERVISOR: &str = "supervisor.990100";
const PETITIONS: &str = "/v1/petitions";
const AID: &str = "/v1/legal-aid-applications";

/// What the rights of everybody are tried on.
pub struct Heard {
    /// Whom nothing ties to anybody.
    pub resident: String,
    pub petition: String,
    pub application: String,
}

impl TestOffice {
    pub async fn id_of_user(&self, username: &str) -> String {
        let me = self.as_user(username).await.get("/v1/me").await;
        id_of(&me.expect(200))
    }

    pub async fn receives(&self, username: &str, more: Value) -> Reply {
        let mut body =
            json!({"channel": "visit", "category": "subsidy", "text": " 补贴停发未告知原因 "});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.as_user(username).await.post(PETITIONS, body).await
    }

    pub async fn takes_on(&self, username: &str, petition: &Value, body: Value) -> Reply {
        let path = format!("{PETITIONS}/{}/transitions", id_of(petition));
        let client = self.as_user(username).await;
        client
            .post_seen(&path, petition["version"].as_i64().unwrap(), body)
            .await
    }

    async fn accepts(&self, username: &str, petition: &Value) -> Value {
        self.takes_on(username, petition, json!({"action": "accept"}))
            .await
            .expect(201)
    }

    pub async fn applies_for_aid(&self, username: &str, resident: &str, fixed: bool) -> Reply {
        let body = json!({"resident_id": resident, "matter": "labor", "statement": "拖欠工资", "fixed_income": fixed});
        self.as_user(username).await.post(AID, body).await
    }

    pub async fn aids(&self, username: &str, application: &Value, body: Value) -> Reply {
        let path = format!("{AID}/{}/transitions", id_of(application));
        let client = self.as_user(username).await;
        client
            .post_seen(&path, application["version"].as_i64().unwrap(), body)
            .await
    }

    /// Of somebody in a village, at its township.
    pub async fn heard(&self, village: &str) -> Heard {
        let mut somebody = person();
        somebody["division_code"] = json!(village);
        let resident = id_of(&self.register(somebody).await);
        let township = format!("township.{}", &village[..9]);
        let petition = self.receives(&township, json!({"resident_id": resident}));
        let petition = id_of(&petition.await.expect(201));
        let application = self.applies_for_aid(&township, &resident, false).await;
        Heard {
            petition,
            application: id_of(&application.expect(201)),
            resident,
        }
    }
}

fn decide() -> Value {
    json!({"action": "decide", "outcome": "not_supported", "comment": "经查，停发符合规定"})
}

fn desk(items: &Value, id: &str) -> Option<Value> {
    let mut all = items["items"].as_array().unwrap().iter();
    all.find(|one| one["follow_up"]["subject_id"] == id || one["subject_id"] == id)
        .cloned()
}

on_both! {
    async fn a_petition_goes_its_way_and_each_day_is_named_with_its_clause(office: &TestOffice) {
        let resident = office.resident().await;
        let reply = office.receives(TOWNSHIP, json!({"resident_id": resident})).await;
        let received = reply.expect(201);
        assert_eq!(reply.header("location"), Some(format!("{PETITIONS}/{}", id_of(&received)).as_str()));
        assert_eq!((&received["state"], &received["text"], &received["petitioner"], &received["due_limit"], &received["due_date"], &received["due_clause"]),
            (&json!("received"), &json!("补贴停发未告知原因"), &json!("resident"), &json!("petition_receipt"), &json!("2022-07-19"), &json!("信访工作条例第二十三条")));
        assert_eq!(received["allowed_actions"], json!(["transfer", "accept", "not_accept", "withdraw"]));
        // It is on the township's desk, without a name.
        let tasks = office.as_user(TOWNSHIP).await.get("/v1/tasks").await.expect(200);
        let task = desk(&tasks, received["id"].as_str().unwrap()).unwrap_or_else(|| panic!("{tasks}"));
        assert!(!task.to_string().contains(&resident), "{task}");

        // The county is competent, says that it is not, and in the end that it is. From Friday, five working days.
        office.pass_days(4).await;
        let to_county = json!({"action": "transfer", "to_division_code": "990121", "comment": "属县残联职权"});
        let transferred = office.takes_on(TOWNSHIP, &received, to_county.clone()).await.expect(201);
        assert_eq!((&transferred["state"], &transferred["division_code"], &transferred["objection_due_date"], &transferred["due_date"]),
            (&json!("transferred"), &json!("990121000000"), &json!("2022-07-15"), &json!("2022-07-23")));
        office.takes_on(TOWNSHIP, &transferred, json!({"action": "accept"})).await.refused(403, "petition.role");
        let object = json!({"action": "object", "comment": "属乡镇职权"});
        let objected = office.takes_on(COUNTY, &transferred, object.clone()).await.expect(201);
        assert_eq!((&objected["state"], &objected["division_code"], &objected["due_date"]), (&json!("received"), &json!("990121103000"), &json!("2022-07-19")));
        let again = office.takes_on(TOWNSHIP, &objected, to_county).await.expect(201);
        office.pass_days(8).await;
        office.takes_on(COUNTY, &again, object).await.refused(409, "petition.objection_late");
        let accepted = office.accepts(COUNTY, &again).await;
        assert_eq!((&accepted["due_limit"], &accepted["due_date"], &accepted["late_acts"]), (&json!("petition_decision"), &json!("2022-09-14"), &json!(0)));

        // More time: asked by one, approved by another, and told.
        let more = |days: i32| json!({"action": "request_extension", "extension_days": days, "comment": "情况复杂"});
        office.takes_on(COUNTY, &accepted, more(31)).await.refused_field("/extension_days", "extension_days.range");
        let asked = office.takes_on(COUNTY, &accepted, more(20)).await.expect(201);
        office.takes_on(COUNTY, &asked, json!({"action": "approve_extension"})).await.refused(403, "petition.role");
        let supervised = office.as_user(APPROVER).await.get("/v1/tasks").await.expect(200);
        assert!(desk(&supervised, accepted["id"].as_str().unwrap()).is_some(), "{supervised}");
        let approved = office.takes_on(APPROVER, &asked, json!({"action": "approve_extension"})).await.expect(201);
        assert_eq!((&approved["due_date"], &approved["extension"]), (&json!("2022-10-04"), &json!("approved")));
        let told = office.takes_on(COUNTY, &approved, json!({"action": "notify_extension"})).await.expect(201);
        office.takes_on(COUNTY, &told, more(5)).await.refused(409, "petition.transition_not_allowed");

        // Late is not refused, but said and counted.
        office.pass_days(90).await;
        let county = office.as_user(COUNTY).await;
        let overdue = county.get(&format!("{PETITIONS}?overdue=true")).await.expect(200);
        assert_eq!((overdue["items"].as_array().unwrap().len(), &overdue["items"][0]["overdue"]), (1, &json!(true)));
        assert_eq!((&overdue["items"][0]["text"], &overdue["items"][0]["history"]), (&Value::Null, &Value::Null));
        let decided = office.takes_on(COUNTY, &told, decide()).await.expect(201);
        assert_eq!((&decided["late_acts"], &decided["outcome"], &decided["due_limit"], &decided["overdue"]),
            (&json!(1), &json!("not_supported"), &json!("petition_review_request"), &json!(false)));
        let entry = decided["history"].as_array().unwrap().last().unwrap();
        assert_eq!((&entry["late"], &entry["due_date"]), (&json!(true), &json!("2022-10-04")));

        // Looked at again by the level above, and by the province, whose document is kept.
        let asked = office.takes_on(COUNTY, &decided, json!({"action": "request_review", "comment": "对答复不服"})).await.expect(201);
        let review = json!({"action": "review", "outcome": "partly_supported", "comment": "责令补发一个月"});
        office.takes_on(COUNTY, &asked, review.clone()).await.refused(403, "petition.role");
        let reviewed = office.takes_on(SUPERVISOR, &asked, review).await.expect(201);
        assert_eq!((&reviewed["outcome"], &reviewed["due_limit"]), (&json!("partly_supported"), &json!("petition_rereview_request")));
        let asked = office.takes_on(COUNTY, &reviewed, json!({"action": "request_rereview", "comment": "仍不服"})).await.expect(201);
        let mut last = json!({"action": "rereview", "outcome": "partly_supported", "comment": "维持复查意见"});
        office.takes_on(SUPERVISOR, &asked, last.clone()).await.refused_field("/document_number", "document_number.needed");
        last["document_number"] = json!("省残联信复〔2022〕3号");
        office.takes_on(SUPERVISOR, &asked, last.clone()).await.refused(403, "petition.separation_of_duties");
        let ended = office.takes_on("supervisor2.990100", &asked, last).await.expect(201);
        assert_eq!((&ended["state"], &ended["due_date"], &ended["allowed_actions"]), (&json!("final"), &Value::Null, &json!([])));
        let timeline = county.get(&format!("/v1/residents/{resident}/timeline")).await.expect(200).to_string();
        assert!(timeline.contains("信访登记") && timeline.contains("信访复核"), "{timeline}");
        // Every figure opens to the very petitions.
        let counts = "/v1/petitions/counts?division_code=990121&from_date=2022-01-01&to_date=2022-12-31";
        let counts = county.get(counts).await.expect(200);
        for count in counts["items"].as_array().unwrap() {
            let list = county.get(count["list"].as_str().unwrap()).await.expect(200);
            assert_eq!(list["items"].as_array().unwrap().len(), count["petitions"], "{count}");
        }
        let late = counts["items"].as_array().unwrap().iter().find(|one| one["late"] == true).unwrap();
        assert_eq!((&counts["items"][0]["petitions"], &late["petitions"]), (&json!(1), &json!(1)));
    }

    async fn what_is_asked_too_late_is_not_reviewed_and_what_ends_is_over(office: &TestOffice) {
        let named = office.receives(COUNTY, json!({"name": "刘某", "contact": "12000005555", "category": "rights"})).await.expect(201);
        assert_eq!((&named["petitioner"], &named["name"], &named["contact"]), (&json!("named"), &json!("刘某"), &json!("12000005555")));
        let path = format!("/v1/petitions/{}", id_of(&named));
        assert_eq!(office.as_user(COUNTY).await.get(&path).await.expect(200)["contact"], "12000005555");
        // Who only looks has no need to reach them.
        let audited = office.as_user("auditor.990121").await.get(&path).await.expect(200);
        assert_eq!((&audited["name"], audited.get("contact")), (&json!("刘某"), None));
        let accepted = office.accepts(COUNTY, &named).await;
        let decided = office.takes_on(COUNTY, &accepted, decide()).await.expect(201);
        office.takes_on(COUNTY, &decided, json!({"action": "close"})).await.refused_field("/comment", "comment.length");
        office.pass_days(31).await;
        office.takes_on(COUNTY, &decided, json!({"action": "request_review", "comment": "不服"})).await.refused(409, "petition.review_late");
        let closed = office.takes_on(COUNTY, &decided, json!({"action": "close"})).await.expect(201);
        assert_eq!(closed["state"], "closed");
        office.takes_on(COUNTY, &closed, decide()).await.refused(409, "petition.transition_not_allowed");
        office.takes_on(COUNTY, &decided, decide()).await.refused(412, "if_match.stale");
        let nameless = office.receives(COUNTY, json!({"channel": "letter", "category": "other"})).await.expect(201);
        assert_eq!((&nameless["petitioner"], &nameless["name"]), (&json!("anonymous"), &Value::Null));
        let declined = json!({"action": "not_accept", "comment": "属法院职权，告知依法起诉"});
        assert_eq!(office.takes_on(COUNTY, &nameless, declined).await.expect(201)["state"], "not_accepted");
        let other = office.receives(TOWNSHIP, json!({"category": "other"})).await.expect(201);
        // A township's own is reviewed by the county, and then by the city.
        let accepted = office.accepts(TOWNSHIP, &other).await;
        let decided = office.takes_on(TOWNSHIP, &accepted, decide()).await.expect(201);
        let asked = office.takes_on(TOWNSHIP, &decided, json!({"action": "request_review", "comment": "不服"})).await.expect(201);
        let review = |action| json!({"action": action, "outcome": "not_supported", "comment": "维持"});
        let reviewed = office.takes_on(APPROVER, &asked, review("review")).await.expect(201);
        let asked = office.takes_on(TOWNSHIP, &reviewed, json!({"action": "request_rereview", "comment": "不服"})).await.expect(201);
        assert_eq!(office.takes_on(SUPERVISOR, &asked, review("rereview")).await.expect(201)["state"], "final");
    }

    async fn who_is_complained_about_sees_and_handles_nothing(office: &TestOffice) {
        let resident = office.resident().await;
        let accused = office.id_of_user(COUNTY).await;
        office.receives(COUNTY, json!({"complained_user_id": accused})).await.refused(403, "petition.complained_of");
        let about = json!({"resident_id": resident, "category": "corruption", "complained_user_id": accused, "text": "索要好处费"});
        let received = office.receives(TOWNSHIP, about).await.expect(201);
        let id = received["id"].as_str().unwrap();
        let path = format!("{PETITIONS}/{id}");
        let to_county = json!({"action": "transfer", "to_division_code": "990121", "comment": "属县残联职权"});
        let transferred = office.takes_on(TOWNSHIP, &received, to_county).await.expect(201);
        let county = office.as_user(COUNTY).await;
        county.get(&path).await.refused(404, "petition.not_found");
        office.takes_on(COUNTY, &transferred, json!({"action": "accept"})).await.refused(404, "petition.not_found");
        let counts = "/v1/petitions/counts?division_code=990121&from_date=2022-01-01&to_date=2022-12-31";
        assert_eq!(county.get(counts).await.expect(200)["items"][0]["petitions"], 0);
        for told in [PETITIONS.to_owned(), format!("/v1/residents/{resident}/timeline"), "/v1/tasks".to_owned(), "/v1/follow-ups".to_owned(),
            format!("{PETITIONS}?resident_id={resident}"), "/v1/changes".to_owned()] {
            let told = county.get(&told).await.expect(200).to_string();
            assert!(!told.contains(id), "{told}");
        }
        // Somebody else of the county sees it, and the city's supervisor.
        for username in [APPROVER, SUPERVISOR, "auditor.990121", TOWNSHIP] {
            assert_eq!(office.as_user(username).await.get(&path).await.expect(200)["complained_user_id"], json!(accused));
        }
        let list = office.as_user(APPROVER).await.get(PETITIONS).await.expect(200);
        assert!(list.to_string().contains(id) && !list.to_string().contains(&accused), "{list}");
    }

    async fn who_had_a_hand_in_the_case_or_is_tied_does_not_judge(office: &TestOffice) {
        // county.990121 rejected it.
        let case = office.rejected().await;
        let resident = office.as_user(COUNTY).await.get(&format!("/v1/cases/{case}")).await.expect(200)["resident_id"].as_str().unwrap().to_owned();
        let complaint = json!({"resident_id": resident, "case_id": case});
        let received = office.receives(COUNTY, complaint.clone()).await.expect(201);
        office.takes_on(COUNTY, &received, json!({"action": "accept"})).await.refused(403, "petition.complained_of");
        // What is allowed is what the reader may do.
        let path = format!("{PETITIONS}/{}", id_of(&received));
        for (username, allowed) in [
            (COUNTY, json!(["transfer", "withdraw"])),
            ("auditor.990121", json!([])),
        ] {
            let seen = office.as_user(username).await.get(&path).await.expect(200);
            assert_eq!(seen["allowed_actions"], allowed, "{username}");
        }
        // The level above, which had no part in it.
        let up = json!({"action": "transfer", "to_division_code": "9901", "comment": "本机关经办人须回避"});
        let up = office.takes_on(COUNTY, &received, up).await.expect(201);
        let accepted = office.accepts(SUPERVISOR, &up).await;
        let mut decision = decide();
        decision["document_number"] = json!("市残联信〔2022〕1号");
        assert_eq!(office.takes_on(SUPERVISOR, &accepted, decision).await.expect(201)["state"], "decided");
        // Kin take nothing down, and judge nothing.
        let other = office.receives(TOWNSHIP, complaint.clone()).await.expect(201);
        let township = office.as_user("township2.990121103").await;
        township.post(&format!("/v1/cases/{case}/recusals"), json!({"relation": "sibling"})).await.expect(201);
        office.receives("township2.990121103", complaint).await.refused(403, "case.recusal_required");
        let withdraw = json!({"action": "withdraw", "comment": "本人撤回"});
        office.takes_on("township2.990121103", &other, withdraw.clone()).await.refused(403, "case.recusal_required");
        office.takes_on(TOWNSHIP, &other, withdraw).await.expect(201);
    }

    async fn what_is_written_of_a_petition_is_checked_and_stays_in_its_county(office: &TestOffice) {
        let resident = office.resident().await;
        for text in ["", " ", &"长".repeat(4001)] {
            office.receives(TOWNSHIP, json!({"text": text})).await.refused_field("/text", "text.length");
        }
        office.receives(TOWNSHIP, json!({"category": "noise"})).await.refused_field("/category", "field.invalid");
        office.receives(TOWNSHIP, json!({"received_date": "2099-01-01"})).await.refused_field("/received_date", "received_date.future");
        office.receives(TOWNSHIP, json!({"resident_id": resident, "name": "刘某"})).await.refused_field("/name", "petitioner.twice");
        office.receives(TOWNSHIP, json!({"contact": "12000005555"})).await.refused_field("/contact", "petitioner.nameless");
        office.receives(TOWNSHIP, json!({"complained_user_id": resident})).await.refused_field("/complained_user_id", "user.unknown");
        office.receives(TOWNSHIP, json!({"case_id": resident})).await.refused(404, "case.not_found");
        office.receives("township.990122103", json!({"resident_id": resident})).await.refused(404, "resident.not_found");
        for username in ["auditor.990121", APPROVER, "liaison.990121103201", "finance.990121", "civil.990121", SUPERVISOR] {
            office.receives(username, json!({})).await.refused(403, "permission.denied");
        }
        let received = office.receives(TOWNSHIP, json!({"resident_id": resident})).await.expect(201);
        let path = format!("{PETITIONS}/{}", id_of(&received));
        office.as_user("county.990122").await.get(&path).await.refused(404, "petition.not_found");
        office.takes_on("county.990122", &received, json!({"action": "accept"})).await.refused(404, "petition.not_found");
        office.as_user("auditor.990121").await.post_seen(&format!("{path}/transitions"), 1, json!({"action": "accept"})).await
            .refused(403, "permission.denied");
        office.as_user(TOWNSHIP).await.post(&format!("{path}/transitions"), json!({"action": "accept"})).await.refused(428, "if_match.missing");
        let refused = |body: Value| office.takes_on(TOWNSHIP, &received, body);
        refused(json!({"action": "accept", "on_date": "2022-07-01"})).await.refused_field("/on_date", "on_date.range");
        refused(json!({"action": "accept", "outcome": "supported"})).await.refused_field("/outcome", "outcome.needed");
        refused(json!({"action": "accept", "document_number": "1号"})).await.refused_field("/document_number", "document_number.needed");
        refused(json!({"action": "not_accept"})).await.refused_field("/comment", "comment.length");
        refused(json!({"action": "transfer", "comment": "转"})).await.refused_field("/to_division_code", "division.needed");
        let to = |division| json!({"action": "transfer", "to_division_code": division, "comment": "转"});
        refused(to(VILLAGE)).await.refused_field("/to_division_code", "division.no_office");
        refused(to("990121103")).await.refused_field("/to_division_code", "division.same");
        refused(json!({"action": "decide", "outcome": "supported", "comment": "准"})).await.refused(409, "petition.transition_not_allowed");
        // To the next county, whose people then see it, as does who sent it.
        let away = refused(to("990122")).await.expect(201);
        assert_eq!(away["division_code"], "990122000000");
        office.as_user("county.990122").await.get(&path).await.expect(200);
        office.as_user(TOWNSHIP).await.get(&path).await.expect(200);
        let back = office.takes_on("county.990122", &away, json!({"action": "object", "comment": "属你县职权"})).await.expect(201);
        assert_eq!(back["division_code"], "990121103000");
        office.as_user("county.990122").await.get(&path).await.refused(404, "petition.not_found");
        let parameter = "/v1/petitions/counts?division_code=990121&from_date=2022-12-31&to_date=2022-01-01";
        office.as_user(COUNTY).await.get(parameter).await.refused_parameter("to_date", "period.order");
        office.as_user(COUNTY).await.get("/v1/petitions/counts?division_code=990122&from_date=2022-01-01&to_date=2022-01-01").await
            .refused(404, "division.not_found");
    }

    async fn legal_aid_is_decided_in_seven_days_and_assigned_in_three(office: &TestOffice) {
        let resident = office.resident().await;
        let filed = office.applies_for_aid(TOWNSHIP, &resident, false).await.expect(201);
        assert_eq!((&filed["state"], &filed["means_check"], &filed["due_date"], &filed["means_basis"]["clause"], &filed["due_clause"]),
            (&json!("applied"), &json!("waived"), &json!("2022-07-11"), &json!("法律援助法第四十二条第一项"), &json!("法律援助法第四十三条")));
        let tasks = office.as_user(COUNTY).await.get("/v1/tasks").await.expect(200);
        assert!(desk(&tasks, filed["id"].as_str().unwrap()).is_some(), "{tasks}");
        office.aids(COUNTY, &filed, json!({"action": "assign", "lawyer": "陈律师"})).await.refused(409, "legal_aid.transition_not_allowed");
        office.pass_days(8).await;
        let overdue = office.as_user("auditor.990121").await.get(&format!("{AID}?overdue=true")).await.expect(200);
        assert_eq!((overdue["items"].as_array().unwrap().len(), &overdue["items"][0]["statement"]), (1, &Value::Null));
        let granted = office.aids(COUNTY, &filed, json!({"action": "grant"})).await.expect(201);
        assert_eq!((&granted["late_acts"], &granted["due_date"], &granted["due_limit"]), (&json!(1), &json!("2022-07-15"), &json!("legal_aid_assignment")));
        office.aids(COUNTY, &granted, json!({"action": "assign"})).await.refused_field("/lawyer", "lawyer.needed");
        let assigned = office.aids(COUNTY, &granted, json!({"action": "assign", "lawyer": " 陈律师 "})).await.expect(201);
        assert_eq!((&assigned["lawyer"], &assigned["due_date"], &assigned["late_acts"]), (&json!("陈律师"), &Value::Null, &json!(1)));
        let closed = office.aids(COUNTY, &assigned, json!({"action": "close", "comment": "追回工资"})).await.expect(201);
        assert_eq!((&closed["state"], closed["history"].as_array().unwrap().len()), (&json!("closed"), 4));
        let timeline = office.as_user(COUNTY).await.get(&format!("/v1/residents/{resident}/timeline")).await.expect(200).to_string();
        assert!(timeline.contains("指派法律援助人员"), "{timeline}");

        // Whoever has an income is asked for their means, and is granted nothing before they are found to need it.
        let other = office.applies_for_aid(COUNTY, &resident, true).await.expect(201);
        assert_eq!((&other["means_check"], &other["means_basis"]["fixed_income"]), (&json!("required"), &json!(true)));
        office.aids(COUNTY, &other, json!({"action": "refuse", "comment": "不符合条件"})).await.refused(403, "legal_aid.separation_of_duties");
        office.aids(APPROVER, &other, json!({"action": "grant"})).await.refused_field("/hardship", "hardship.needed");
        let refused = office.aids(APPROVER, &other, json!({"action": "refuse", "hardship": false, "comment": "不符合经济困难标准"})).await.expect(201);
        let objected = office.aids(COUNTY, &refused, json!({"action": "object", "comment": "收入已中断"})).await.expect(201);
        assert_eq!((&objected["due_limit"], &objected["overdue"]), (&json!("legal_aid_objection"), &json!(false)));
        let overturn = json!({"action": "overturn", "hardship": true, "comment": "责令给予援助"});
        office.aids(COUNTY, &objected, overturn.clone()).await.refused_field("/document_number", "document_number.needed");
        let mut overturn = overturn;
        overturn["document_number"] = json!("司援〔2022〕2号");
        assert_eq!(office.aids(COUNTY, &objected, overturn).await.expect(201)["state"], "granted");
    }

    async fn legal_aid_is_for_who_lives_there_and_by_whom_nothing_ties(office: &TestOffice) {
        let resident = office.resident().await;
        office.applies_for_aid("county.990122", &resident, false).await.refused(404, "resident.not_found");
        for username in ["auditor.990121", APPROVER, "liaison.990121103201", "finance.990121"] {
            office.applies_for_aid(username, &resident, false).await.refused(403, "permission.denied");
        }
        let township = office.as_user(TOWNSHIP).await;
        let new = |name: &str, value: Value| {
            let mut body = json!({"resident_id": resident, "matter": "labor", "statement": "拖欠工资", "fixed_income": false});
            body[name] = value;
            township.post(AID, body)
        };
        new("statement", json!(" ")).await.refused_field("/statement", "text.length");
        new("applied_date", json!("2099-01-01")).await.refused_field("/applied_date", "applied_date.future");
        new("matter", json!("noise")).await.refused_field("/matter", "field.invalid");
        let filed = office.applies_for_aid(TOWNSHIP, &resident, false).await.expect(201);
        office.aids("county.990122", &filed, json!({"action": "grant"})).await.refused(404, "legal_aid.not_found");
        let path = format!("{AID}/{}", id_of(&filed));
        for (username, allowed) in [(TOWNSHIP, json!([])), (COUNTY, json!(["grant", "refuse", "withdraw"])), ("auditor.990121", json!([]))] {
            let seen = office.as_user(username).await.get(&path).await.expect(200);
            assert_eq!(seen["allowed_actions"], allowed, "{username}");
        }
        office.as_user("county.990122").await.get(&format!("{AID}/{}", id_of(&filed))).await.refused(404, "legal_aid.not_found");
        office.aids(TOWNSHIP, &filed, json!({"action": "grant"})).await.refused(403, "permission.denied");
        let draft = office.draft_for(&resident, "nursing_subsidy").await;
        office.as_user(COUNTY).await.post(&format!("/v1/cases/{draft}/recusals"), json!({"relation": "sibling"})).await.expect(201);
        office.aids(COUNTY, &filed, json!({"action": "grant"})).await.refused(403, "case.recusal_required");
        office.aids(APPROVER, &filed, json!({"action": "grant"})).await.expect(201);
        // Social assistance waives the check, whatever else comes in.
        let mut poor = person();
        poor["circumstances"]["income_status"] = json!("minimum_living");
        poor["division_code"] = json!(ELSEWHERE);
        let poor = id_of(&office.register(poor).await);
        let filed = office.applies_for_aid("county.990122", &poor, true).await.expect(201);
        assert_eq!((&filed["means_check"], &filed["means_basis"]["clause"]), (&json!("waived"), &json!("法律援助法第四十二条第二项")));
    }
}
