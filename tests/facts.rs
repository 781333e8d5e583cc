//! What is known of a resident: true from and to, known from and to.

use serde_json::{Value, json};

use crate::support::office::{Client, instant};
use crate::support::people::{id_of, person};
use crate::support::{TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";

/// Records a circumstance on the resident as now seen.
async fn record(client: &Client<'_>, resident: &str, body: Value) -> Value {
    let path = format!("/v1/residents/{resident}");
    let version = client.get(&path).await.expect(200)["version"]
        .as_i64()
        .unwrap();
    client
        .post_seen(&format!("{path}/circumstances"), version, body)
        .await
        .expect(201)
}

async fn as_of(office: &TestOffice, resident: &str, at: &str) -> Value {
    office
        .as_user("auditor.990121")
        .await
        .get(&format!("/v1/residents/{resident}?{at}"))
        .await
        .expect(200)
}

on_both! {
    async fn a_newer_fact_keeps_the_days_it_does_not_cover(office: &TestOffice) {
        let resident = office.resident().await;
        let township = office.as_user(TOWNSHIP).await;
        let spell = json!({
            "kind": "income_status", "value": "minimum_living", "valid_from": "2022-08-01", "valid_to": "2022-10-01", "source": "民政"
        });
        let after = record(&township, &resident, spell).await;
        assert_eq!((&after["version"], &after["circumstances"]["income_status"]), (&json!(2), &json!("none")));
        let path = format!("/v1/residents/{resident}/circumstances");
        let all = township.get(&path).await.expect(200);
        let believed: Vec<_> = all["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|fact| fact["kind"] == "income_status")
            .map(|fact| {
                let text = |name: &str| fact[name].as_str().unwrap_or("").to_owned();
                (text("value"), text("valid_from"), text("valid_to"), fact["superseded_at"].is_null())
            })
            .collect();
        let line = |value: &str, from: &str, to: &str, stands| (value.to_owned(), from.to_owned(), to.to_owned(), stands);
        assert_eq!(believed.len(), 4);
        for expected in [
            line("none", "2022-07-04", "", false),
            line("none", "2022-07-04", "2022-08-01", true),
            line("minimum_living", "2022-08-01", "2022-10-01", true),
            line("none", "2022-10-01", "", true),
        ] {
            assert!(believed.contains(&expected), "{expected:?} in {believed:?}");
        }
        for (day, value) in [("2022-07-31", "none"), ("2022-08-01", "minimum_living"), ("2022-09-30", "minimum_living"), ("2022-10-01", "none")] {
            assert_eq!(as_of(office, &resident, &format!("valid_at={day}")).await["circumstances"]["income_status"], value, "{day}");
        }
    }

    async fn a_correction_changes_what_was_true_but_not_what_was_known(office: &TestOffice) {
        let resident = office.resident().await;
        office.clock.set(instant("2022-09-01T02:00:00Z"));
        // In September the office learns that since mid July the person needs no care.
        let township = office.as_user(TOWNSHIP).await;
        record(&township, &resident, json!({"kind": "care_need", "value": "none", "valid_from": "2022-07-15"})).await;
        let care = async |at: &str| as_of(office, &resident, at).await["circumstances"]["care_need"].clone();
        assert_eq!(care("").await, "none");
        assert_eq!(care("valid_at=2022-07-20").await, "none");
        assert_eq!(care("valid_at=2022-07-10").await, "full");
        assert_eq!(care("valid_at=2022-07-20&known_at=2022-08-31T00:00:00Z").await, "full");
        assert_eq!(care("known_at=2022-08-31T00:00:00Z").await, "full");
        // Before anything was known, nothing was.
        assert_eq!(care("known_at=2022-07-04T00:59:59Z").await, Value::Null);
        let path = format!("/v1/residents/{resident}/circumstances?known_at=2022-08-31T00:00:00Z");
        let known = office.as_user("auditor.990121").await.get(&path).await.expect(200);
        assert_eq!(known["items"].as_array().unwrap().len(), 2);
    }

    async fn a_certificate_expires_by_itself_and_is_renewed_frozen_cancelled(office: &TestOffice) {
        let mut somebody = person();
        somebody["certificate"]["issued_date"] = json!("2012-08-01");
        let number = somebody["id_number"].as_str().unwrap().to_owned();
        let resident = id_of(&office.register(somebody).await);
        let path = format!("/v1/residents/{resident}");
        let state = async || as_of(office, &resident, "").await["certificate"]["state"].clone();
        assert_eq!(state().await, "valid");
        office.clock.set(instant("2022-07-31T16:00:00Z"));
        assert_eq!(state().await, "expired");

        let township = office.as_user(TOWNSHIP).await;
        let list = format!("{path}/certificates");
        let issue = |suffix: &str, state: &str, from: Value| json!({
            "number": format!("{number}{suffix}"), "issued_date": "2022-08-01", "state": state, "valid_from": from
        });
        let renewed = township.post_seen(&list, 1, json!({"number": format!("{number}42B1"), "issued_date": "2022-08-01"})).await.expect(201);
        assert_eq!((&renewed["certificate"]["severity_level"], &renewed["certificate"]["state"]), (&json!(2), &json!("valid")));
        assert_eq!(as_of(office, &resident, "valid_at=2022-07-31").await["certificate"]["severity_level"], 1);
        township.post_seen(&list, 2, issue("42B1", "frozen", json!("2022-08-01"))).await.expect(201);
        assert_eq!(state().await, "frozen");
        township.post_seen(&list, 3, issue("42B1", "cancelled", json!("2022-08-01"))).await.expect(201);
        assert_eq!(state().await, "cancelled");
        let history = township.get(&list).await.expect(200);
        assert_eq!(history["items"].as_array().unwrap().len(), 5);

        township.post_seen(&list, 4, issue("42B1", "expired", Value::Null)).await.refused_field("/state", "certificate.state");
        township.post_seen(&list, 4, issue("42B1", "valid", json!("2022-07-01"))).await.refused_field("/valid_from", "period.order");
        let foreign = json!({"number": "99010219630917002X42", "issued_date": "2022-08-01"});
        township.post_seen(&list, 4, foreign).await.refused_field("/number", "certificate.id_mismatch");
    }

    async fn values_are_of_their_kind(office: &TestOffice) {
        let resident = office.resident().await;
        let path = format!("/v1/residents/{resident}/circumstances");
        let township = office.as_user(TOWNSHIP).await;
        for (kind, value) in [
            ("income_status", json!("rich")),
            ("imprisonment", json!("true")),
            ("death", json!("yesterday")),
            ("employment_form", json!(true)),
            ("guardian_name", json!("")),
        ] {
            township.post_seen(&path, 1, json!({"kind": kind, "value": value})).await.refused_field("/value", "circumstance.value");
        }
        township.post_seen(&path, 1, json!({"kind": "shoe_size", "value": 43})).await.refused_field("/kind", "field.invalid");
        let backwards = json!({"kind": "imprisonment", "value": true, "valid_from": "2022-07-04", "valid_to": "2022-07-04"});
        township.post_seen(&path, 1, backwards).await.refused_field("/valid_to", "period.order");
        township.post(&path, json!({"kind": "imprisonment", "value": true})).await.refused(428, "if_match.missing");
        let guardian = record(&township, &resident, json!({"kind": "guardian_name", "value": "李四"})).await;
        assert_eq!(guardian["guardian_name"], "李四");
        for (day, code) in [("0001-01-01", "field.invalid"), ("+12022-01-01", "field.invalid"), ("2022-7-1", "field.invalid"), ("1900-01-01", "period.before_birth")] {
            let since = json!({"kind": "imprisonment", "value": true, "valid_from": day});
            township.post_seen(&path, 2, since).await.refused_field("/valid_from", code);
        }
    }

    async fn a_death_comes_about_once_and_may_be_a_mistake(office: &TestOffice) {
        let resident = office.resident().await;
        let path = format!("/v1/residents/{resident}/circumstances");
        let township = office.as_user(TOWNSHIP).await;
        let death = |day: Value| json!({"kind": "death", "value": day});
        for day in ["1900-01-01", "2022-07-05", "2099-01-01"] {
            township.post_seen(&path, 1, death(json!(day))).await.refused_field("/value", "circumstance.day");
        }
        for (name, day) in [("valid_from", "2022-07-04"), ("valid_to", "2022-08-01")] {
            let mut beside = death(json!("2022-06-30"));
            beside[name] = json!(day);
            township.post_seen(&path, 1, beside).await.refused_field(&format!("/{name}"), "period.once");
        }
        let mut born_dead = person();
        born_dead["circumstances"]["death"] = json!("2099-01-01");
        office.as_user(TOWNSHIP).await.post("/v1/residents", born_dead).await.refused_field("/circumstances/death", "circumstance.day");

        // It holds from its day on; a later day takes its place, and so does an earlier one.
        let believed = async |at: &str| as_of(office, &resident, &format!("valid_at={at}")).await["circumstances"]["death"].clone();
        for (day, before) in [("2022-06-01", "2022-05-31"), ("2022-06-30", "2022-06-29"), ("2022-06-15", "2022-06-14")] {
            record(&township, &resident, death(json!(day))).await;
            assert_eq!((believed(day).await, believed(before).await), (json!(day), Value::Null));
        }
        // Whoever was taken for dead is alive; that they were is on record.
        let alive = record(&township, &resident, death(Value::Null)).await;
        assert_eq!(alive["circumstances"]["death"], Value::Null);
        assert_eq!(believed("2022-07-04").await, Value::Null);
        let history = township.get(&path).await.expect(200);
        let deaths: Vec<_> = history["items"].as_array().unwrap().iter().filter(|one| one["kind"] == "death").collect();
        assert_eq!(deaths.len(), 3);
        assert!(deaths.iter().all(|one| one["superseded_at"].is_string()));
        let events = office.as_user("auditor.990121").await.get("/v1/audit/events?action=resident.circumstance_taken_back").await.expect(200);
        assert_eq!(events["items"][0]["entity_id"], json!(resident));
    }

    async fn what_was_recorded_by_mistake_is_taken_back_for_its_time(office: &TestOffice) {
        let resident = office.resident().await;
        let township = office.as_user(TOWNSHIP).await;
        record(&township, &resident, json!({"kind": "imprisonment", "value": true, "valid_from": "2022-01-01"})).await;
        record(&township, &resident, json!({"kind": "imprisonment", "value": null, "valid_from": "2022-03-01", "valid_to": "2022-05-01"})).await;
        for (day, expected) in [("2022-02-28", json!(true)), ("2022-03-01", Value::Null), ("2022-04-30", Value::Null), ("2022-05-01", json!(true))] {
            assert_eq!(as_of(office, &resident, &format!("valid_at={day}")).await["circumstances"]["imprisonment"], expected, "{day}");
        }
    }

    async fn a_repeated_statement_is_recorded_once(office: &TestOffice) {
        let resident = office.resident().await;
        let township = office.as_user(TOWNSHIP).await;
        let path = format!("/v1/residents/{resident}/circumstances");
        let body = json!({"kind": "employment_form", "value": "flexible"});
        let send = async || township.request("POST", &path).seen(1).key("fact-1").json(&body).send().await;
        let (first, again) = (send().await, send().await);
        assert_eq!((first.status.as_u16(), first.body), (201, again.body));
        assert_eq!(township.get(&format!("/v1/residents/{resident}")).await.expect(200)["version"], 2);
    }

    async fn facts_are_written_by_those_who_keep_them(office: &TestOffice) {
        let resident = office.resident().await;
        let path = format!("/v1/residents/{resident}/circumstances");
        let body = json!({"kind": "imprisonment", "value": true});
        for who in ["auditor.990121", "approver.990121", "finance.990121"] {
            office.as_user(who).await.post_seen(&path, 1, body.clone()).await.refused(403, "permission.denied");
        }
        let stranger = office.as_user("county.990122").await;
        stranger.post_seen(&path, 1, body).await.refused(404, "resident.not_found");
        stranger.get(&path).await.refused(404, "resident.not_found");
        stranger.get(&format!("/v1/residents/{resident}/certificates")).await.refused(404, "resident.not_found");
    }
}
