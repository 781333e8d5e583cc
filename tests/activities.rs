//! Activities: sessions, person-times, persons and households, each counted by its own unit.

use serde_json::{Value, json};

use crate::support::people::{ELSEWHERE, id_of, person};
use crate::support::{Reply, TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
const COUNTY: &str = "county.990121";
const ACTIVITIES: &str = "/v1/activities";

impl TestOffice {
    async fn organizer(&self) -> String {
        let client = self.as_user(COUNTY).await;
        let all = client
            .get("/v1/organizations?division_code=990121")
            .await
            .expect(200);
        id_of(&all["items"][0])
    }

    async fn plans_activity(&self, username: &str, kind: &str, division: &str) -> Reply {
        let organizer = self.organizer().await;
        let client = self.as_user(username).await;
        let body = json!({"kind": kind, "name": " 文化进社区 ", "organization_id": organizer, "division_code": division,
            "planned_date": self.today().to_string(), "place": "县文化馆"});
        client.post(ACTIVITIES, body).await
    }

    async fn moves_activity(&self, username: &str, activity: &Value, body: Value) -> Reply {
        let client = self.as_user(username).await;
        let path = format!("{ACTIVITIES}/{}/transitions", id_of(activity));
        let seen = activity["version"].as_i64().unwrap();
        client.post_seen(&path, seen, body).await
    }

    /// Held today, with so many others.
    async fn held(&self, kind: &str, others: i32) -> Value {
        let planned = self.plans_activity(COUNTY, kind, "990121").await;
        let hold = json!({"action": "hold", "others_count": others});
        self.moves_activity(COUNTY, &planned.expect(201), hold)
            .await
            .expect(201)
    }

    async fn names(&self, username: &str, activity: &Value, residents: &[&str]) -> Reply {
        let client = self.as_user(username).await;
        let path = format!("{ACTIVITIES}/{}/attendances", id_of(activity));
        client.post(&path, json!({"resident_ids": residents})).await
    }

    /// Sessions, person-times, persons and households of a kind.
    async fn activity_counts(&self, username: &str, kind: &str) -> [i64; 4] {
        let client = self.as_user(username).await;
        let path = format!("{ACTIVITIES}/counts?from_date=2022-01-01&to_date=2023-12-31");
        let counts = client.get(&path).await.expect(200);
        let all = counts["items"].as_array().unwrap();
        let of = all.iter().find(|one| one["kind"] == kind).unwrap();
        // The figure opens to the very activities.
        let list = client.get(of["activities"].as_str().unwrap()).await;
        let listed = list.expect(200)["items"].as_array().unwrap().len();
        let figures = ["sessions", "person_times", "persons", "households"];
        let figures = figures.map(|unit| of[unit].as_i64().unwrap());
        assert_eq!(i64::try_from(listed).unwrap(), figures[0]);
        figures
    }
}

on_both! {
    async fn what_was_held_counts_in_its_own_units(office: &TestOffice) {
        let planned = office.plans_activity(COUNTY, "culture_five_ones", "990121").await;
        let activity = planned.expect(201);
        assert_eq!(planned.header("location"), Some(format!("{ACTIVITIES}/{}", id_of(&activity)).as_str()));
        assert_eq!((&activity["name"], &activity["state"], &activity["allowed_actions"]),
            (&json!("文化进社区"), &json!("planned"), &json!(["reschedule", "hold", "cancel"])));
        let [one, other] = [office.resident().await, office.resident().await];
        office.names(COUNTY, &activity, &[&one]).await.refused(409, "activity.not_held");
        let early = json!({"action": "hold", "on_date": "2030-01-01"});
        office.moves_activity(COUNTY, &activity, early).await.refused_field("/on_date", "on_date.future");
        office.moves_activity(COUNTY, &activity, json!({"action": "correct"})).await.refused(409, "activity.transition_not_allowed");
        let later = json!({"action": "reschedule", "on_date": "2022-08-01", "reason": "场地维修"});
        let activity = office.moves_activity(COUNTY, &activity, later).await.expect(201);
        assert_eq!(activity["planned_date"], "2022-08-01");
        let hold = json!({"action": "hold", "on_date": "2022-07-01", "others_count": 35});
        let held = office.moves_activity(COUNTY, &activity, hold.clone()).await.expect(201);
        office.moves_activity(COUNTY, &activity, hold).await.refused(412, "if_match.stale");
        office.names(COUNTY, &held, &[&one, &other]).await.expect(201);
        office.names(COUNTY, &held, &[&other]).await.refused(409, "activity.attended");
        office.names(COUNTY, &held, &[&one, &one]).await.refused_field("/resident_ids", "attendances.range");
        assert_eq!(office.activity_counts(COUNTY, "culture_five_ones").await, [1, 37, 2, 0]);
        // A second session: the same person, another person-time.
        let second = office.held("culture_five_ones", 0).await;
        let named = office.names(COUNTY, &second, &[&one]).await.expect(201);
        assert_eq!(office.activity_counts(COUNTY, "culture_five_ones").await, [2, 38, 2, 0]);
        assert_eq!(office.activity_counts("supervisor.990100", "culture_five_ones").await, [2, 38, 2, 0]);
        assert_eq!(office.activity_counts("county.990122", "culture_five_ones").await, [0, 0, 0, 0]);

        // What was wrong is taken off and corrected, and stays to be read.
        let client = office.as_user(COUNTY).await;
        let path = format!("/v1/activity-attendances/{}/withdrawal", id_of(&named["items"][0]));
        let why = json!({"reason": "签到表登记有误"});
        client.post(&path, why.clone()).await.expect(201);
        client.post(&path, why.clone()).await.refused(409, "activity.withdrawn");
        let list = client.get(&format!("{ACTIVITIES}/{}/attendances", id_of(&second))).await.expect(200);
        assert_eq!(list["items"][0]["withdrawal_reason"], "签到表登记有误");
        office.names(COUNTY, &second, &[&one]).await.expect(201);
        let fewer = json!({"action": "correct", "others_count": 30, "reason": "人数重复计算"});
        let corrected = office.moves_activity(COUNTY, &held, fewer).await.expect(201);
        assert_eq!(corrected["history"].as_array().unwrap().len(), 4);
        assert_eq!((&corrected["held_date"], &corrected["named_count"]), (&json!("2022-07-01"), &json!(2)));
        assert_eq!(office.activity_counts(COUNTY, "culture_five_ones").await, [2, 33, 2, 0]);
        // What was not held after all counts no more.
        let off = json!({"action": "cancel", "reason": "实际未举办"});
        office.moves_activity(COUNTY, &corrected, off).await.expect(201);
        assert_eq!(office.activity_counts(COUNTY, "culture_five_ones").await, [1, 1, 1, 0]);
        office.names(COUNTY, &corrected, &[&other]).await.refused(409, "activity.not_held");
    }

    async fn a_household_counts_once_a_year(office: &TestOffice) {
        let kind = "home_sports_rehabilitation";
        let [home, alone] = [office.at_home().await, office.resident().await];
        let planned = office.plans_activity(COUNTY, kind, "990121").await.expect(201);
        office.moves_activity(COUNTY, &planned, json!({"action": "hold", "others_count": 3})).await
            .refused_field("/others_count", "others_count.range");
        let mut first = office.moves_activity(COUNTY, &planned, json!({"action": "hold"})).await.expect(201);
        office.names(COUNTY, &first, &[&home, &alone]).await.refused_field("/resident_ids/1", "household.unknown");
        let named = office.names(COUNTY, &first, &[&home]).await.expect(201);
        assert!(named["items"][0]["household_id"].is_string());
        let second = office.held(kind, 0).await;
        office.names(COUNTY, &second, &[&home]).await.expect(201);
        assert_eq!(office.activity_counts(COUNTY, kind).await, [2, 2, 1, 1]);
        office.pass_days(365).await;
        first = office.held(kind, 0).await;
        office.names(COUNTY, &first, &[&home]).await.expect(201);
        assert_eq!(office.activity_counts(COUNTY, kind).await, [3, 3, 1, 2]);
    }

    async fn a_person_counts_once_whatever_records_they_have(office: &TestOffice) {
        let [kept, duplicate] = [office.resident().await, office.resident().await];
        let [first, second] = [office.held("accessible_film", 0).await, office.held("accessible_film", 0).await];
        office.names(COUNTY, &first, &[&kept]).await.expect(201);
        office.names(COUNTY, &second, &[&duplicate]).await.expect(201);
        assert_eq!(office.activity_counts(COUNTY, "accessible_film").await, [2, 2, 2, 0]);
        office.merged(&kept, &duplicate).await;
        assert_eq!(office.activity_counts(COUNTY, "accessible_film").await, [2, 2, 1, 0]);
        office.names(COUNTY, &second, &[&kept]).await.refused(409, "activity.attended");
        office.names(COUNTY, &first, &[&duplicate]).await.refused_field("/resident_ids/0", "resident.unknown");
    }

    async fn everybody_does_what_is_theirs(office: &TestOffice) {
        office.plans_activity("liaison.990121103201", "accessible_film", "990121").await.refused(403, "permission.denied");
        office.plans_activity("county.990122", "accessible_film", "990121").await.refused(404, "division.not_found");
        office.plans_activity(TOWNSHIP, "accessible_film", "990121").await.refused(404, "division.not_found");
        let own = office.plans_activity(TOWNSHIP, "accessible_film", "990121103").await.expect(201);
        let other = office.as_user("county.990122").await;
        other.get(&format!("{ACTIVITIES}/{}", id_of(&own))).await.refused(404, "activity.not_found");
        office.moves_activity("county.990122", &own, json!({"action": "hold"})).await.refused(404, "activity.not_found");
        office.moves_activity(TOWNSHIP, &own, json!({"action": "cancel"})).await.refused_field("/reason", "reason.length");
        let client = office.as_user(COUNTY).await;
        let bad = json!({"kind": "accessible_film", "name": " ", "organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07",
            "division_code": "990121", "planned_date": "2040-01-01"});
        let reply = client.post(ACTIVITIES, bad).await;
        reply.refused_field("/name", "text.length");
        client.get(&format!("{ACTIVITIES}/counts?from_date=2022-02-01&to_date=2022-01-01")).await.refused(400, "request.malformed");

        // Who lives in another county is one of the others, but for an activity of the city.
        let mut stranger = person();
        stranger["division_code"] = json!(ELSEWHERE);
        let stranger = id_of(&office.register(stranger).await);
        let held = office.held("special_art_show", 0).await;
        let supervisor = "supervisor.990100";
        office.names(COUNTY, &held, &[&stranger]).await.refused_field("/resident_ids/0", "resident.unknown");
        office.names(supervisor, &held, &[&stranger]).await.refused_field("/resident_ids/0", "resident.guest");
        let city = office.plans_activity(supervisor, "special_art_show", "990100").await.expect(201);
        let city = office.moves_activity(supervisor, &city, json!({"action": "hold"})).await.expect(201);
        let here = office.resident().await;
        office.names(supervisor, &city, &[&stranger, &here]).await.expect(201);
        assert_eq!(office.activity_counts(supervisor, "special_art_show").await, [2, 2, 2, 0]);
    }
}
