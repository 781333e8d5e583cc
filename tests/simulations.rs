//! What a draft would cost and change, seen before it takes effect.

use serde_json::{Value, json};

use crate::support::people::{id_of, person};
use crate::support::{Backend, TestOffice, on_both};

const PROGRAM: &str = "/v1/programs/nursing_subsidy";

/// The present terms, with another amount for full need and without those of grade 2, from August on.
async fn draft(office: &TestOffice) -> Value {
    let supervisor = office.as_user("supervisor.990100").await;
    let versions = supervisor
        .get(&format!("{PROGRAM}/versions?valid_at=2022-07-04"))
        .await
        .expect(200);
    let mut terms = versions["items"][0].clone();
    for own in ["id", "program_code", "version"] {
        terms.as_object_mut().unwrap().remove(own);
    }
    terms["effective_from"] = json!("2022-08-01");
    terms["rules"]["clauses"][2]["when"] =
        json!("certificate.valid && certificate.severity_level <= 1");
    terms["rules"]["benefit"]["amount_fen"] =
        json!("has(circumstances.care_need) && circumstances.care_need == 'full' ? 60000 : 12500");
    supervisor
        .post(&format!("{PROGRAM}/drafts"), terms)
        .await
        .expect(201)
}

async fn simulate(office: &TestOffice, username: &str, asked: Value) -> Value {
    let client = office.as_user(username).await;
    let reply = client.post(&format!("{PROGRAM}/simulations"), asked).await;
    let queued = reply.expect(202);
    assert_eq!(
        (&queued["state"], &queued["result"]),
        (&json!("queued"), &Value::Null)
    );
    assert_eq!(office.simulate().await, 1);
    let done = client
        .get(reply.header("location").unwrap())
        .await
        .expect(200);
    assert_eq!(
        (&done["state"], &done["done"]),
        (&json!("done"), &done["total"]),
        "{done}"
    );
    done
}

/// Two of grade 1, in full and in partial need, and one of grade 2; in September.
async fn three_people(office: &TestOffice) -> [String; 3] {
    let mut partial = person();
    partial["circumstances"]["care_need"] = json!("partial");
    let mut second = person();
    let number = second["certificate"]["number"].as_str().unwrap();
    second["certificate"]["number"] = json!(format!("{}2", &number[..19]));
    let ids = [
        id_of(&office.register(person()).await),
        id_of(&office.register(partial).await),
        id_of(&office.register(second).await),
    ];
    office.pass_days(70).await;
    ids
}

/// What the slow way says is due to somebody on a day.
async fn due(office: &TestOffice, resident: &str, day: &str, known_at: &str) -> i64 {
    let county = office.as_user("county.990121").await;
    let path = format!("/v1/residents/{resident}/eligibility?valid_at={day}&known_at={known_at}");
    let page = county.get(&path).await.expect(200);
    let nursing = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["program_code"] == "nursing_subsidy");
    nursing.unwrap()["decision"]["amount_fen"]
        .as_i64()
        .unwrap_or(0)
}

on_both! {
    async fn figures_are_the_sum_of_the_people(office: &TestOffice) {
        let people = three_people(office).await;
        let draft = draft(office).await;
        let asked = json!({"draft_id": draft["id"], "from_month": "2022-06", "to_month": "2022-09", "known": "now"});
        let done = simulate(office, "supervisor.990100", asked.clone()).await;
        let months = done["result"]["months"].as_array().unwrap();
        assert_eq!(months.len(), 4);
        for month in months {
            let day = format!("{}-01", month["month"].as_str().unwrap());
            let known_at = month["known_at"].as_str().unwrap();
            let mut before = 0;
            for resident in &people {
                before += due(office, resident, &day, known_at).await;
            }
            assert_eq!(month["cost_before_fen"], before, "{month}");
        }
        // In September: 500 and 125 yuan of grade 1, 500 of grade 2, beside 600, 125 and nothing.
        let september = &months[3];
        for (figure, expected) in [
            ("eligible_before", 3), ("eligible_after", 2), ("winners", 1), ("losers", 1),
            ("cost_before_fen", 112_500), ("cost_after_fen", 72_500), ("gains_fen", 10_000), ("losses_fen", 50_000),
        ] {
            assert_eq!(september[figure], expected, "{figure} {september}");
        }
        // August is over and the draft's: what it gives is arrears, what it takes was overpaid.
        let result = &done["result"];
        assert_eq!((&result["arrears_fen"], &result["overpayments_fen"]), (&json!(10_000), &json!(50_000)));
        let all: i64 = months.iter().map(|month| month["cost_after_fen"].as_i64().unwrap()).sum();
        assert_eq!(result["years"], json!([{"year": 2022, "cost_before_fen": months.iter().map(|month| month["cost_before_fen"].as_i64().unwrap()).sum::<i64>(), "cost_after_fen": all}]));
        let county = result["counties"].as_array().unwrap().iter().find(|county| county["division_code"] == "990121000000").unwrap();
        assert_eq!((&county["cost_after_fen"], county["versions"].as_array().unwrap().len()), (&json!(all), 2));

        // Every figure opens to the very people it counts.
        let path = format!("{PROGRAM}/simulations/{}/residents?month=2022-09", done["id"].as_str().unwrap());
        let supervisor = office.as_user("supervisor.990100").await;
        let winners = supervisor.get(&format!("{path}&kind=winner")).await.expect(200);
        assert_eq!((&winners["items"][0]["resident_id"], winners["items"].as_array().unwrap().len()), (&json!(people[0]), 1));
        let losers = supervisor.get(&format!("{path}&kind=loser")).await.expect(200);
        assert_eq!((&losers["items"][0]["resident_id"], &losers["items"][0]["before_fen"], &losers["items"][0]["after_fen"]),
            (&json!(people[2]), &json!(50_000), &json!(0)));
        supervisor.get(&path.replace("2022-09", "2022-10")).await.refused(400, "request.malformed");

        // Once approved, September pays what was foretold.
        let approval = format!("{PROGRAM}/drafts/{}/approval", draft["id"].as_str().unwrap());
        office.as_user("supervisor2.990100").await.post_seen(&approval, 1, json!({})).await.expect(201);
        let mut after = 0;
        for resident in &people {
            after += due(office, resident, "2022-09-01", september["known_at"].as_str().unwrap()).await;
        }
        assert_eq!(september["cost_after_fen"], after);
    }

    async fn the_same_question_gives_the_same_figures(office: &TestOffice) {
        let people = three_people(office).await;
        let draft = draft(office).await;
        let then = json!({"draft_id": draft["id"], "from_month": "2022-07", "to_month": "2022-08"});
        let first = simulate(office, "supervisor.990100", then.clone()).await;
        // Something is learned of August, in September: then it was not known.
        let township = office.as_user("township.990121103").await;
        let path = format!("/v1/residents/{}/circumstances", people[0]);
        let learned = json!({"kind": "imprisonment", "value": true, "valid_from": "2022-07-20"});
        township.post_seen(&path, 1, learned).await.expect(201);
        office.pass_days(3).await;
        let second = simulate(office, "supervisor2.990100", then.clone()).await;
        assert_eq!((&first["digest"], &first["result"]), (&second["digest"], &second["result"]));
        let mut now = then;
        now["known"] = json!("now");
        let third = simulate(office, "supervisor.990100", now).await;
        assert_ne!(third["digest"], first["digest"]);
        let august = |of: &Value| of["result"]["months"][1]["eligible_before"].as_i64().unwrap();
        assert_eq!((august(&first), august(&third)), (3, 2));
    }

    async fn a_simulation_stays_in_its_place(office: &TestOffice) {
        three_people(office).await;
        let id = draft(office).await["id"].clone();
        let asked = |division: Value| json!({"draft_id": id, "division_code": division, "from_month": "2022-08"});
        let county = office.as_user("approver.990121").await;
        let simulations = format!("{PROGRAM}/simulations");
        county.post(&simulations, asked(Value::Null)).await.refused(404, "division.not_found");
        county.post(&simulations, asked(json!("990122"))).await.refused(404, "division.not_found");
        let own = simulate(office, "approver.990121", asked(json!("990121"))).await;
        assert_eq!((&own["total"], &own["result"]["months"][0]["residents"]), (&json!(1), &json!(3)));
        let path = format!("{simulations}/{}", own["id"].as_str().unwrap());
        let next = office.as_user("approver.990122").await;
        next.get(&path).await.refused(404, "simulation.not_found");
        next.get(&format!("{path}/residents?month=2022-08&kind=loser")).await.refused(404, "simulation.not_found");
        assert_eq!(next.get(&simulations).await.expect(200)["items"], json!([]));
        assert_eq!(county.get(&simulations).await.expect(200)["items"][0]["id"], own["id"]);
        office.as_user("county.990121").await.post(&simulations, asked(Value::Null)).await.refused(403, "permission.denied");
        // Wrong questions.
        let supervisor = office.as_user("supervisor.990100").await;
        let months = |from: &str, to: &str| json!({"draft_id": id, "from_month": from, "to_month": to});
        supervisor.post(&simulations, months("2022-08", "2022-07")).await.refused_field("/to_month", "simulation.months");
        supervisor.post(&simulations, months("2020-01", "2022-07")).await.refused_field("/to_month", "simulation.months");
        let unknown = json!({"draft_id": "0190a000-0000-7000-8000-000000000000", "from_month": "2022-08"});
        supervisor.post(&simulations, unknown).await.refused(404, "program_draft.not_found");
        // What was found is kept as it was found.
        let refusal = office.sql("UPDATE simulations SET result = '{}'").unwrap_err();
        assert!(refusal.contains("append_only"), "{refusal}");
        assert!(office.sql("DELETE FROM simulations").unwrap_err().contains("append_only"));
    }

    async fn who_has_no_account_any_more_asks_nothing(office: &TestOffice) {
        three_people(office).await;
        let asked = json!({"draft_id": draft(office).await["id"], "from_month": "2022-08"});
        let asking = office.as_user("supervisor.990100").await;
        let reply = asking.post(&format!("{PROGRAM}/simulations"), asked).await;
        reply.expect(202);
        let me = asking.get("/v1/me").await.expect(200);
        let path = format!("/v1/users/{}", me["id"].as_str().unwrap());
        let system = office.as_user("sysadmin").await;
        let version = system.get(&path).await.expect(200)["version"].as_i64().unwrap();
        system.patch_seen(&path, version, json!({"state": "disabled"})).await.expect(200);
        office.simulate().await;
        let other = office.as_user("supervisor2.990100").await;
        let ended = other.get(reply.header("location").unwrap()).await.expect(200);
        assert_eq!((&ended["state"], &ended["result"]), (&json!("failed"), &Value::Null));
    }

    async fn whoever_dies_over_it_leaves_it_to_another(office: &TestOffice) {
        three_people(office).await;
        let asked = json!({"draft_id": draft(office).await["id"], "from_month": "2022-08"});
        let supervisor = office.as_user("supervisor.990100").await;
        let reply = supervisor.post(&format!("{PROGRAM}/simulations"), asked).await;
        reply.expect(202);
        // As a process leaves it that was killed while it ran.
        let at = match office.backend {
            Backend::Sqlite => "9999999999999999",
            Backend::Postgres => "'2100-01-01T00:00:00Z'::timestamptz",
        };
        office.sql(&format!("UPDATE simulations SET state = 'running', attempts = 1, leased_until = {at}")).unwrap();
        assert_eq!(office.simulate().await, 0);
        let past = match office.backend {
            Backend::Sqlite => "1",
            Backend::Postgres => "'2000-01-01T00:00:00Z'::timestamptz",
        };
        office.sql(&format!("UPDATE simulations SET leased_until = {past}")).unwrap();
        assert_eq!(office.simulate().await, 1);
        assert_eq!(supervisor.get(reply.header("location").unwrap()).await.expect(200)["state"], "done");
    }
}
