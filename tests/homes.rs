//! Homes: places, who is a member, who came, and what sheltered work earned.

use serde_json::{Value, json};

use crate::support::people::id_of;
use crate::support::{TestOffice, on_both};

const COUNTY: &str = "county.990121";
const TOWNSHIP: &str = "township.990121103";
const APPROVER: &str = "approver.990121";

impl TestOffice {
    async fn home(&self) -> String {
        let county = self.as_user(COUNTY).await;
        let new = json!({"name": "江南街道残疾人之家", "division_code": "990121103", "operator": "江南街道办事处",
            "care_places": 1, "sheltered_places": 2, "opened_date": "2022-01-10"});
        id_of(&county.post("/v1/disability-homes", new).await.expect(201))
    }

    async fn joins(&self, home: &str, resident: &str, kind: &str) -> crate::support::Reply {
        let mut new = json!({"resident_id": resident, "kind": kind, "joined_date": "2022-02-01"});
        if kind == "sheltered" {
            new["daily_pay_fen"] = json!(3_000);
        }
        let township = self.as_user(TOWNSHIP).await;
        township
            .post(&format!("/v1/disability-homes/{home}/members"), new)
            .await
    }

    async fn came(&self, home: &str, date: &str, members: &[&str]) -> crate::support::Reply {
        let township = self.as_user(TOWNSHIP).await;
        let came = json!({"date": date, "member_ids": members});
        township
            .post(&format!("/v1/disability-homes/{home}/attendance"), came)
            .await
    }
}

on_both! {
    async fn a_home_has_no_more_members_than_places(office: &TestOffice) {
        let home = office.home().await;
        let people = [office.resident().await, office.resident().await, office.resident().await];
        let member = id_of(&office.joins(&home, &people[0], "sheltered").await.expect(201));
        office.joins(&home, &people[0], "care").await.refused(409, "home_member.open");
        office.joins(&home, &people[1], "sheltered").await.expect(201);
        office.joins(&home, &people[2], "sheltered").await.refused(409, "disability_home.full");
        office.joins(&home, &people[2], "care").await.expect(201);
        let path = format!("/v1/disability-homes/{home}");
        let county = office.as_user(COUNTY).await;
        let shown = county.get(&path).await.expect(200);
        assert_eq!((&shown["care_members"], &shown["sheltered_members"]), (&json!(1), &json!(2)));
        for change in [json!({"sheltered_places": 1}), json!({"closed_date": "2022-07-01"})] {
            county.patch_seen(&path, 1, change).await.refused(409, "disability_home.full");
        }
        county.patch_seen(&path, 1, json!({"care_places": 0, "sheltered_places": 0})).await.refused_field("/care_places", "places.range");
        county.patch_seen(&path, 1, json!({"sheltered_places": 3})).await.expect(200);
        let new = json!({"name": "某之家", "division_code": "990121103", "operator": "某机构", "care_places": 1, "sheltered_places": 0, "opened_date": "2022-07-05"});
        county.post("/v1/disability-homes", new).await.refused_field("/opened_date", "opened_date.future");
        for day in ["2022-01-09", "2022-07-05"] {
            county.patch_seen(&path, 2, json!({"closed_date": day})).await.refused_field("/closed_date", "closed_date.range");
        }
        // Bad input.
        let township = office.as_user(TOWNSHIP).await;
        let other = office.resident().await;
        for (new, pointer, code) in [
            (json!({"resident_id": other, "kind": "sheltered"}), "/daily_pay_fen", "daily_pay.kind"),
            (json!({"resident_id": other, "kind": "care", "daily_pay_fen": 1}), "/daily_pay_fen", "daily_pay.kind"),
            (json!({"resident_id": other, "kind": "care", "joined_date": "2022-01-09"}), "/joined_date", "joined_date.range"),
        ] {
            township.post(&format!("{path}/members"), new).await.refused_field(pointer, code);
        }
        // Who leaves makes room.
        let ending = format!("{path}/members/{member}/ending");
        let leaves = json!({"left_date": "2022-07-01", "reason": "own_wish"});
        township.post_seen(&ending, 1, json!({"left_date": "2022-01-31", "reason": "own_wish"})).await.refused_field("/left_date", "left_date.range");
        township.post_seen(&ending, 1, leaves.clone()).await.expect(201);
        township.post_seen(&ending, 2, leaves).await.refused(409, "home_member.left");
        office.joins(&home, &people[0], "sheltered").await.expect(201);
        let listed = township.get(&format!("{path}/members")).await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 4);
        office.as_user("county.990122").await.get(&path).await.refused(404, "disability_home.not_found");
        office.as_user(APPROVER).await.post(&format!("{path}/members"), json!({})).await.refused(403, "permission.denied");
    }

    async fn pay_is_reckoned_by_one_and_confirmed_by_another(office: &TestOffice) {
        let home = office.home().await;
        let (one, other) = (office.resident().await, office.resident().await);
        let worker = id_of(&office.joins(&home, &one, "sheltered").await.expect(201));
        let guest = id_of(&office.joins(&home, &other, "care").await.expect(201));
        let day = office.came(&home, "2022-06-06", &[&worker]).await.expect(201);
        assert_eq!((&day["added"], &day["present"]), (&json!(1), &json!(1)));
        // Who was put down already is passed over.
        let day = office.came(&home, "2022-06-06", &[&worker, &guest]).await.expect(201);
        assert_eq!((&day["added"], &day["present"]), (&json!(1), &json!(2)));
        office.came(&home, "2022-06-07", &[&worker]).await.expect(201);
        office.came(&home, "2022-01-31", &[&worker]).await.refused(409, "disability_home.not_a_member");
        office.came(&home, "2022-07-05", &[&worker]).await.refused_field("/date", "date.future");
        office.came(&home, "2022-06-08", &[]).await.refused_field("/member_ids", "members.count");
        office.came(&home, "2022-06-08", &[&home]).await.refused(409, "disability_home.not_a_member");
        let path = format!("/v1/disability-homes/{home}/pay-sheets");
        let county = office.as_user(COUNTY).await;
        county.post(&path, json!({"month": "2022-07"})).await.refused_field("/month", "month.running");
        county.post(&path, json!({"month": "2000-01"})).await.refused_field("/month", "month.before_opening");
        let sheet = county.post(&path, json!({"month": "2022-06"})).await.expect(201);
        assert_eq!((&sheet["total_fen"], &sheet["items"]), (&json!(6_000), &json!([{"member_id": worker, "days": 2, "daily_pay_fen": 3_000, "amount_fen": 6_000}])));
        county.post(&path, json!({"month": "2022-06"})).await.refused(409, "disability_home.month_reckoned");
        // Its days are closed by it.
        office.came(&home, "2022-06-08", &[&worker]).await.refused(409, "disability_home.month_reckoned");
        let decision = format!("{path}/{}/decision", id_of(&sheet));
        let confirm = json!({"outcome": "confirm"});
        county.post_seen(&decision, 1, confirm.clone()).await.refused(403, "home_pay_sheet.own");
        let discarded = json!({"outcome": "discard", "comment": "漏记一天"});
        county.post_seen(&decision, 1, json!({"outcome": "discard"})).await.refused_field("/comment", "comment.length");
        county.post_seen(&decision, 1, discarded).await.expect(201);
        office.came(&home, "2022-06-08", &[&worker]).await.expect(201);
        let sheet = county.post(&path, json!({"month": "2022-06"})).await.expect(201);
        assert_eq!(sheet["total_fen"], 9_000);
        let decision = format!("{path}/{}/decision", id_of(&sheet));
        let approver = office.as_user(APPROVER).await;
        let confirmed = approver.post_seen(&decision, 1, confirm.clone()).await.expect(201);
        assert_eq!(confirmed["state"], "confirmed");
        approver.post_seen(&decision, 2, confirm).await.refused(409, "home_pay_sheet.decided");
        let listed = approver.get(&path).await.expect(200);
        let states: Vec<_> = listed["items"].as_array().unwrap().iter().map(|one| one["state"].clone()).collect();
        assert_eq!(states, [json!("confirmed"), json!("discarded")]);
        let days = approver.get(&format!("/v1/disability-homes/{home}/attendance?month=2022-06")).await.expect(200);
        let days = days["items"].as_array().unwrap().iter().find(|one| one["member_id"] == worker.as_str()).unwrap();
        assert_eq!(days["dates"], json!(["2022-06-06", "2022-06-07", "2022-06-08"]));
        assert_eq!(Value::Null, listed["next"]);
    }

    async fn whoever_comes_while_a_month_is_reckoned_is_paid_or_refused(office: &TestOffice) {
        let home = office.home().await;
        let worker = id_of(&office.joins(&home, &office.resident().await, "sheltered").await.expect(201));
        let path = format!("/v1/disability-homes/{home}");
        let sheets = format!("{path}/pay-sheets");
        let (county, township, approver) = (office.as_user(COUNTY).await, office.as_user(TOWNSHIP).await, office.as_user(APPROVER).await);
        for month in ["2022-02", "2022-03", "2022-04", "2022-05", "2022-06"] {
            let days = ["07", "08", "09", "10"].map(|day| json!({"date": format!("{month}-{day}"), "member_ids": [worker]}));
            let attendance = format!("{path}/attendance");
            township.post(&attendance, days[0].clone()).await.expect(201);
            let coming = futures_util::future::join_all(days[1..].iter().map(|day| township.post(&attendance, day.clone())));
            let (came, sheet) = tokio::join!(coming, county.post(&sheets, json!({"month": month})));
            let sheet = sheet.expect(201);
            let paid = came.iter().filter(|reply| reply.status == 201).count() + 1;
            assert!(came.iter().all(|reply| reply.status == 201 || reply.status == 409), "{came:?}");
            assert_eq!(sheet["items"][0]["days"], paid);
            let decision = format!("{sheets}/{}/decision", id_of(&sheet));
            approver.post_seen(&decision, 1, json!({"outcome": "confirm"})).await.expect(201);
        }
    }

    async fn several_put_down_the_same_day_at_once(office: &TestOffice) {
        let home = office.home().await;
        let worker = id_of(&office.joins(&home, &office.resident().await, "sheltered").await.expect(201));
        let guest = id_of(&office.joins(&home, &office.resident().await, "care").await.expect(201));
        let path = format!("/v1/disability-homes/{home}/attendance");
        let township = office.as_user(TOWNSHIP).await;
        let came = json!({"date": "2022-06-06", "member_ids": [worker, guest]});
        let all = futures_util::future::join_all((0..6).map(|_| township.post(&path, came.clone()))).await;
        let added: i64 = all.iter().map(|reply| reply.expect(201)["added"].as_i64().unwrap()).sum();
        assert_eq!(added, 2);
        assert!(all.iter().all(|reply| reply.expect(201)["present"] == 2));
    }

    async fn nobody_leaves_before_a_day_on_which_they_came(office: &TestOffice) {
        let home = office.home().await;
        let worker = id_of(&office.joins(&home, &office.resident().await, "sheltered").await.expect(201));
        office.came(&home, "2022-06-06", &[&worker]).await.expect(201);
        let path = format!("/v1/disability-homes/{home}/members/{worker}/ending");
        let township = office.as_user(TOWNSHIP).await;
        township.post_seen(&path, 1, json!({"left_date": "2022-06-05", "reason": "own_wish"})).await.refused_field("/left_date", "left_date.attended");
        township.post_seen(&path, 1, json!({"left_date": "2022-06-06", "reason": "own_wish"})).await.expect(201);
    }
}
