//! The record: who did and saw what, readable by those who audit, in pages that never skip.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::people::{ELSEWHERE, id_of, person};
use crate::support::{TestOffice, on_both};

fn items(page: &Value) -> Vec<Value> {
    page["items"].as_array().unwrap().clone()
}

on_both! {
    async fn events_are_found_by_resident_actor_action_time_and_division(office: &TestOffice) {
        let case = office.case_at("verification").await;
        let auditor = office.as_user("auditor.990121").await;
        let shown = auditor.get(&format!("/v1/audit/events?entity_id={case}&action=case.submitted")).await.expect(200);
        let [submitted] = items(&shown).try_into().unwrap();
        let keys: BTreeSet<_> = submitted.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = [
            "sequence", "at", "actor", "action", "entity_type", "entity_id", "resident_id", "division_code", "request_id",
            "outcome", "reason", "changes",
        ];
        assert_eq!(keys, BTreeSet::from(expected));
        assert_eq!(submitted["actor"]["username"], "township.990121103");
        assert_eq!(submitted["changes"]["step"], "initial_review");
        assert_eq!(submitted["outcome"], "success");

        let count = async |filter: String| {
            let auditor = office.as_user("auditor.990121").await;
            items(&auditor.get(&format!("/v1/audit/events?limit=200&{filter}")).await.expect(200)).len()
        };
        let resident = submitted["resident_id"].as_str().unwrap();
        let actor = submitted["actor"]["id"].as_str().unwrap();
        let request = submitted["request_id"].as_str().unwrap();
        let by_resident = count(format!("resident_id={resident}")).await;
        assert!(by_resident >= 4);
        assert_eq!(count(format!("resident_id={resident}&actor_id={actor}&action=case.submitted")).await, 1);
        assert_eq!(count(format!("request_id={request}&action=case.submitted")).await, 1);
        assert_eq!(count(format!("resident_id={resident}&from=2022-07-04T01:00:00Z")).await, by_resident);
        assert_eq!(count(format!("resident_id={resident}&to=2022-07-04T01:00:00Z")).await, 0);
        assert_eq!(count(format!("resident_id={resident}&division_code=990121103")).await, by_resident);
        assert_eq!(count(format!("resident_id={resident}&division_code=990121104")).await, 0);
    }

    async fn an_auditor_sees_the_divisions_audited_and_no_other(office: &TestOffice) {
        let here = id_of(&office.register(person()).await);
        let mut elsewhere = person();
        elsewhere["division_code"] = json!(ELSEWHERE);
        let there = id_of(&office.register(elsewhere).await);
        let count = async |auditor: &str, resident: &str| {
            let auditor = office.as_user(auditor).await;
            let path = format!("/v1/audit/events?resident_id={resident}&action=resident.created");
            items(&auditor.get(&path).await.expect(200)).len()
        };
        assert_eq!((count("auditor.990121", &here).await, count("auditor.990121", &there).await), (1, 0));
        assert_eq!((count("auditor.990100", &here).await, count("auditor.990100", &there).await), (1, 1));
        // Whoever looks after the record as a system sees what speaks of no resident.
        assert_eq!(count("auditadmin", &here).await, 0);
        let administrator = office.as_user("auditadmin").await;
        let page = administrator.get("/v1/audit/events?limit=200").await.expect(200);
        let kinds: BTreeSet<_> =
            items(&page).iter().map(|event| event["entity_type"].as_str().unwrap().to_owned()).collect();
        assert!(kinds.contains("session") && kinds.contains("user"), "{kinds:?}");
        assert!(["resident", "case", "enrollment"].iter().all(|kind| !kinds.contains(*kind)), "{kinds:?}");
        assert!(items(&page).iter().all(|event| event["resident_id"].is_null()));
    }

    async fn looks_at_many_are_seen_by_the_auditor_of_the_place(office: &TestOffice) {
        let resident = office.resident().await;
        let township = office.as_user("township.990121103").await;
        township.get("/v1/residents?q=zxb").await.expect(200);
        township.post("/v1/residents/search", json!({"id_number": "990121199003070010"})).await.expect(200);
        let auditor = office.as_user("auditor.990121").await;
        let [listed] = items(&auditor.get("/v1/audit/events?action=resident.listed").await.expect(200)).try_into().unwrap();
        assert_eq!(listed["changes"]["resident_ids"], json!([resident]));
        assert_eq!(listed["changes"]["filter"]["q"]["latin"], "zxb");
        let [searched] = items(&auditor.get("/v1/audit/events?action=resident.searched").await.expect(200)).try_into().unwrap();
        assert!(!searched.to_string().contains("990121199003070010"));
        // Reading the record is on record.
        let administrator = office.as_user("auditadmin").await;
        let reads = items(&administrator.get("/v1/audit/events?action=audit.read").await.expect(200));
        assert!(reads.iter().any(|event| event["actor"]["username"] == "auditor.990121"));
    }

    async fn pages_show_every_event_once_newest_first(office: &TestOffice) {
        let resident = office.resident().await;
        let township = office.as_user("township.990121103").await;
        for _ in 0..6 {
            township.get(&format!("/v1/residents/{resident}")).await.expect(200);
        }
        let auditor = office.as_user("auditor.990121").await;
        let list = format!("/v1/audit/events?limit=2&resident_id={resident}");
        let (mut sequences, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = auditor.get(&format!("{list}{cursor}")).await.expect(200);
            sequences.extend(items(&page).iter().map(|event| event["sequence"].as_i64().unwrap()));
            // What comes in between stands on no later page.
            township.get(&format!("/v1/residents/{resident}")).await.expect(200);
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(sequences.len(), 7);
        assert!(sequences.windows(2).all(|pair| pair[0] > pair[1]), "{sequences:?}");
    }

    async fn refused_logins_are_on_record_with_where_from(office: &TestOffice) {
        let wrong = json!({"username": "county.990121", "password": "not this one"});
        office.anonymous().post("/v1/sessions", wrong).await.refused(401, "session.credentials");
        let administrator = office.as_user("auditadmin").await;
        let events = items(&administrator.get("/v1/audit/events?action=session.created").await.expect(200));
        let refused: Vec<_> = events.iter().filter(|event| event["outcome"] == "refused").collect();
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0]["actor"]["username"], "county.990121");
        assert_eq!(refused[0]["changes"]["address"], "127.0.0.1");
    }

    async fn who_asks_for_what_is_not_theirs_is_on_record(office: &TestOffice) {
        let resident = office.resident().await;
        let path = format!("/v1/residents/{resident}");
        let stranger = office.as_user("township.990122103").await;
        stranger.get(&path).await.refused(404, "resident.not_found");
        office.as_user("sysadmin").await.get(&path).await.refused(403, "permission.denied");
        let auditor = office.as_user("auditor.990122").await;
        let page = auditor.get(&format!("/v1/audit/events?action=request.refused&entity_id={resident}")).await.expect(200);
        let [asked] = items(&page).try_into().unwrap();
        assert_eq!((&asked["outcome"], &asked["reason"]), (&json!("refused"), &json!("resident.not_found")));
        assert_eq!(asked["changes"], json!({"method": "GET", "path": path}));
        assert_eq!(asked["actor"]["username"], "township.990122103");
        let city = office.as_user("auditor.990100").await;
        let page = city.get(&format!("/v1/audit/events?action=request.refused&entity_id={resident}")).await.expect(200);
        assert_eq!(items(&page).len(), 2);
    }
}
