//! Households: who lives with whom and who cares for whom, with two dates, and divided when people part.

use serde_json::{Value, json};

use crate::support::people::{ELSEWHERE, id_of, person};
use crate::support::{TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";

impl TestOffice {
    /// A household of two disabled people and their mother, who cares for both: the two, and what was answered.
    async fn family(&self) -> (String, String, Value) {
        let (first, second) = (self.resident().await, self.resident().await);
        let body = json!({
            "relation": "child", "valid_from": "2020-01-01",
            "members": [
                {"resident_id": second, "relation": "child", "valid_from": "2020-01-01"},
                {"name": "王五", "phone": "120 0000 5678", "relation": "head", "cares_for": [second, first, first],
                    "valid_from": "2020-01-01"},
            ],
        });
        let client = self.as_user(TOWNSHIP).await;
        let opened = client
            .post(&format!("/v1/residents/{first}/household"), body)
            .await
            .expect(201);
        (first, second, opened)
    }
}

fn member<'v>(household: &'v Value, relation: &str) -> &'v Value {
    let members = household["members"].as_array().unwrap();
    members
        .iter()
        .find(|member| member["relation"] == relation)
        .unwrap_or_else(|| panic!("{household}"))
}

fn names(household: &Value) -> Vec<&str> {
    let members = household["members"].as_array().unwrap();
    members
        .iter()
        .map(|member| member["name"].as_str().unwrap())
        .collect()
}

on_both! {
    async fn several_disabled_people_live_in_one_home_with_who_cares_for_them(office: &TestOffice) {
        let (first, second, opened) = office.family().await;
        assert_eq!((&opened["disabled_count"], &opened["version"]), (&json!(2), &json!(1)));
        let mother = member(&opened, "head");
        let mut cared = [first.clone(), second.clone()];
        cared.sort();
        assert_eq!(mother["cares_for"], json!(cared));
        assert_eq!((&mother["name"], &mother["phone_masked"], &mother["resident_id"]),
            (&json!("王五"), &json!("120****5678"), &Value::Null));
        assert!(!opened.to_string().contains("12000005678"));
        // It is the household of both, and the looks are on record.
        let liaison = office.as_user("liaison.990121103201").await;
        for resident in [&first, &second] {
            let reply = liaison.get(&format!("/v1/residents/{resident}/household")).await;
            assert_eq!((reply.expect(200), reply.header("etag")), (opened.clone(), Some("\"1\"")));
        }
        let auditor = office.as_user("auditor.990121").await;
        let events = auditor.get(&format!("/v1/audit/events?resident_id={first}&limit=200")).await.expect(200).to_string();
        assert!(events.contains("household.viewed") && events.contains("household.opened"), "{events}");
        assert!(!events.contains("王五") && !events.contains("5678"), "{events}");
        // A certificate that does not hold makes nobody disabled.
        let township = office.as_user(TOWNSHIP).await;
        let number = township.get(&format!("/v1/residents/{second}")).await.expect(200);
        assert_eq!(number["certificate"]["state"], "valid");
        office.pass_days(365 * 8).await;
        let later = office.as_user(TOWNSHIP).await.get(&format!("/v1/residents/{first}/household")).await.expect(200);
        assert_eq!(later["disabled_count"], 0);
    }

    async fn members_come_and_change_and_what_was_is_kept(office: &TestOffice) {
        let (first, second, opened) = office.family().await;
        let path = format!("/v1/residents/{first}/household");
        let township = office.as_user(TOWNSHIP).await;
        let before = office.now();
        office.pass_days(1).await;
        let township = { drop(township); office.as_user(TOWNSHIP).await };
        let uncle = json!({"name": "李四", "relation": "sibling", "cares_for": [second]});
        let added = township.post_seen(&format!("{path}/members"), 1, uncle).await;
        assert_eq!((added.header("etag"), added.header("location")), (Some("\"2\""), Some(path.as_str())));
        let added = added.expect(201);
        assert_eq!(member(&added, "sibling")["cares_for"], json!([second]));

        // From today the mother has another number and cares for one; days before keep what was known of them.
        let mother = format!("{path}/members/{}", member(&opened, "head")["person_id"].as_str().unwrap());
        let change = json!({"phone": "12000009999", "cares_for": [first]});
        let changed = township.patch_seen(&mother, 2, change).await.expect(200);
        let now = member(&changed, "head");
        assert_eq!((&now["phone_masked"], &now["cares_for"], &now["valid_from"], &now["person_id"]),
            (&json!("120****9999"), &json!([first]), &json!("2022-07-05"), &member(&opened, "head")["person_id"]));
        let yesterday = township.get(&format!("{path}?valid_at=2022-07-04")).await.expect(200);
        assert_eq!(member(&yesterday, "head")["cares_for"].as_array().unwrap().len(), 2);
        assert_eq!(names(&yesterday).len(), 3);
        // A correction reaches back to the beginning, and what was believed is still told.
        let corrected = township.patch_seen(&mother, 3, json!({"name": "王武", "relation": "other", "valid_from": "2020-01-01"})).await;
        assert_eq!(corrected.expect(200)["version"], 4);
        let then = township.get(&format!("{path}?valid_at=2022-07-05&known_at={before}")).await.expect(200);
        assert_eq!((&member(&then, "head")["name"], names(&then).len()), (&json!("王五"), 3));
        assert_eq!(township.get(&format!("{path}?valid_at=2022-07-05")).await.expect(200)["version"], 4);
        township.get(&format!("{path}?valid_at=2019-12-31")).await.refused(404, "household.not_found");
    }

    async fn who_leaves_opens_a_household_of_their_own(office: &TestOffice) {
        let (first, second, opened) = office.family().await;
        let township = office.as_user(TOWNSHIP).await;
        let path = format!("/v1/residents/{second}/household");
        let ending = format!("{path}/members/{first}/ending");
        township.post_seen(&ending, 1, json!({"reason": "婚后分户", "valid_to": "2022-07-05"})).await
            .refused_field("/valid_to", "period.order");
        township.post_seen(&ending, 1, json!({"reason": "婚后分户", "valid_to": "2019-07-05"})).await
            .refused_field("/valid_to", "period.order");
        township.post_seen(&ending, 1, json!({"reason": " "})).await.refused_field("/reason", "reason.length");
        let left = township.post_seen(&ending, 1, json!({"reason": "婚后分户", "valid_to": "2022-06-30"})).await.expect(201);
        // Nobody cares for who left; the household is still seen from who stayed, though the other had opened it.
        assert_eq!((left["members"].as_array().unwrap().len(), &left["disabled_count"]), (2, &json!(1)));
        assert_eq!(member(&left, "head")["cares_for"], json!([second]));
        assert_eq!(township.get(&path).await.expect(200), left);
        let own = format!("/v1/residents/{first}/household");
        township.get(&own).await.refused(404, "household.not_found");
        let before = township.get(&format!("{own}?valid_at=2022-06-29")).await.expect(200);
        assert_eq!((&before["id"], &before["disabled_count"], &member(&before, "head")["cares_for"].as_array().unwrap().len()),
            (&opened["id"], &json!(2), &2));
        let gone = before["members"].as_array().unwrap().iter().find(|one| one["person_id"] == json!(first)).unwrap();
        assert_eq!((&gone["end_reason"], &gone["valid_to"]), (&json!("婚后分户"), &json!("2022-06-30")));

        township.post(&own, json!({"relation": "head", "valid_from": "2022-06-29"})).await
            .refused(409, "household.member_already");
        let apart = township.post(&own, json!({"relation": "head", "valid_from": "2022-06-30"})).await.expect(201);
        assert_ne!(apart["id"], opened["id"]);
        township.post(&own, json!({"relation": "head"})).await.refused(409, "household.member_already");
        // Ended on the day it began: it never was.
        let mistake = format!("{own}/members/{first}/ending");
        let never = township.post_seen(&mistake, 1, json!({"reason": "登记有误", "valid_to": "2022-06-30"})).await.expect(201);
        assert_eq!(never["members"], json!([]));
        township.get(&format!("{own}?valid_at=2022-07-01")).await.refused(404, "household.not_found");
        township.post_seen(&mistake, 2, json!({"reason": "登记有误"})).await.refused(404, "household.not_found");
    }

    async fn what_does_not_fit_is_refused_where_it_stands(office: &TestOffice) {
        let (first, second, _) = office.family().await;
        let third = office.resident().await;
        let mut somebody = person();
        somebody["division_code"] = json!(ELSEWHERE);
        let stranger = id_of(&office.register(somebody).await);
        let path = format!("/v1/residents/{third}/household");
        let township = office.as_user(TOWNSHIP).await;
        let other = |more: Value| {
            let mut member = json!({"relation": "other"});
            member.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"relation": "head", "members": [member]})
        };
        for (body, pointer, code) in [
            (json!({}), "/relation", "field.missing"),
            (json!({"relation": "uncle"}), "/relation", "field.invalid"),
            (json!({"relation": "head", "valid_from": "2022-07-05"}), "/valid_from", "period.future"),
            (other(json!({})), "/members/0", "member.one_of"),
            (other(json!({"resident_id": second, "name": "王五"})), "/members/0", "member.one_of"),
            (other(json!({"name": ""})), "/members/0/name", "name.missing"),
            (other(json!({"name": "王五", "phone": "123"})), "/members/0/phone", "field.invalid"),
            (other(json!({"name": "王五", "relation": "head"})), "/members/0/relation", "household.one_head"),
            (other(json!({"name": "王五", "valid_from": "2022-07-05"})), "/members/0/valid_from", "period.future"),
            (other(json!({"name": "王五", "cares_for": [second]})), "/members/0/cares_for", "cares_for.not_a_member"),
            (other(json!({"resident_id": stranger})), "/members/0/resident_id", "resident.unknown"),
        ] {
            let refusal = township.post(&path, body).await;
            refusal.refused_field(pointer, code);
        }
        let crowd: Vec<_> = (0..30).map(|_| json!({"name": "王五", "relation": "other"})).collect();
        township.post(&path, json!({"relation": "head", "members": crowd})).await.refused_field("/members", "members.count");
        township.post(&path, other(json!({"resident_id": second}))).await.refused(409, "household.member_already");
        township.post(&path, json!({"relation": "head", "members": [{"resident_id": third, "relation": "child"}]})).await
            .refused(409, "household.member_already");
        township.get(&path).await.refused(404, "household.not_found");

        let path = format!("/v1/residents/{first}/household");
        let members = format!("{path}/members");
        let uncle = json!({"name": "李四", "relation": "sibling"});
        township.post(&members, uncle.clone()).await.refused(428, "if_match.missing");
        township.post_seen(&members, 2, uncle.clone()).await.refused(412, "if_match.stale");
        township.post_seen(&members, 1, json!({"name": "李四", "relation": "head"})).await
            .refused_field("/relation", "household.one_head");
        let own = format!("{members}/{first}");
        township.patch_seen(&own, 1, json!({"phone": "12000000001"})).await.refused_field("", "member.registered");
        township.patch_seen(&own, 1, json!({"cares_for": [first]})).await.refused_field("/cares_for", "cares_for.not_a_member");
        township.patch_seen(&own, 1, json!({"cares_for": null})).await.refused_field("/cares_for", "field.invalid");
        township.patch_seen(&format!("{members}/{third}"), 1, json!({"relation": "other"})).await
            .refused(404, "household_member.not_found");
        // The same request again is answered alike, and done once.
        let once = || township.request("POST", &members).seen(1).key("uncle").json(&uncle).send();
        let (done, again) = (once().await, once().await);
        assert_eq!((done.expect(201), done.header("etag")), (again.expect(201), again.header("etag")));

        for username in ["approver.990121", "finance.990121", "auditor.990121"] {
            let client = office.as_user(username).await;
            client.get(&path).await.expect(200);
            client.post_seen(&members, 2, uncle.clone()).await.refused(403, "permission.denied");
        }
        let elsewhere = office.as_user("county.990122").await;
        elsewhere.get(&path).await.refused(404, "resident.not_found");
        elsewhere.post_seen(&members, 2, uncle).await.refused(404, "resident.not_found");
        elsewhere.post(&path, json!({"relation": "head"})).await.refused(404, "resident.not_found");
    }

    async fn a_member_who_moved_is_seen_by_nobody_who_may_not(office: &TestOffice) {
        let (first, second, _) = office.family().await;
        let county = office.as_user("county.990121").await;
        county.patch_seen(&format!("/v1/residents/{second}"), 1, json!({"division_code": "990121104201"})).await.expect(200);
        let liaison = office.as_user("liaison.990121103201").await;
        let seen = liaison.get(&format!("/v1/residents/{first}/household")).await.expect(200);
        let moved = seen["members"].as_array().unwrap().iter().find(|one| one["person_id"] == json!(second)).unwrap();
        assert_eq!((&moved["resident_id"], &moved["name"], &moved["phone_masked"]), (&Value::Null, &Value::Null, &Value::Null));
        assert_eq!(seen["disabled_count"], 1);
        // Where they live now the household is not in sight, and they are in no second one.
        let there = office.as_user("township.990121104").await;
        let path = format!("/v1/residents/{second}/household");
        there.get(&path).await.refused(404, "household.not_found");
        there.post(&path, json!({"relation": "head"})).await.refused(409, "household.member_already");
        assert_eq!(county.get(&path).await.expect(200)["disabled_count"], 2);
    }
}
