//! Public venues: listed, remedied, accepted with disabled people.

use serde_json::{Value, json};

use crate::support::people::{ELSEWHERE, id_of, person};
use crate::support::renovations::VENUES;
use crate::support::{TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
const COUNTY: &str = "county.990121";
const APPROVER: &str = "approver.990121";
const PLACE: &str = "990121103000";

fn only(one: &Value, number: usize) -> Value {
    json!([{"item_id": one["items"][number]["id"]}])
}

on_both! {
    async fn a_venue_is_remedied_by_some_and_accepted_by_others(office: &TestOffice) {
        let one = office.lists_venue(PLACE, "政务服务中心").await;
        assert_eq!((&one["state"], &one["version"], &one["items"][1]["remedied"]), (&json!("listed"), &json!(1), &json!(false)));
        assert_eq!(one["allowed_actions"], json!(["remedy", "extend", "cancel"]));
        // The one half, then the other.
        let one = office.moves_venue(TOWNSHIP, &one, json!({"action": "remedy", "items": only(&one, 0)})).await.expect(201);
        assert_eq!((&one["state"], &one["items"][0]["remedied"]), (&json!("listed"), &json!(true)));
        // Who sits in the township reports, and no more.
        assert_eq!(one["allowed_actions"], json!(["remedy"]));
        let extend = json!({"action": "extend", "comment": "雨季", "items": [{"item_id": one["items"][1]["id"], "due_date": "2023-01-31"}]});
        office.moves_venue(TOWNSHIP, &one, extend.clone()).await.refused(403, "public_venue.county_only");
        let mut sooner = extend.clone();
        sooner["items"][0]["due_date"] = one["items"][1]["due_date"].clone();
        office.moves_venue(COUNTY, &one, sooner).await.refused_field("/items/0/due_date", "date.order");
        let one = office.moves_venue(COUNTY, &one, extend).await.expect(201);
        assert_eq!(one["items"][1]["due_date"], json!("2023-01-31"));
        let tried = office.resident().await;
        let accept = json!({"action": "accept", "comment": "轮椅通行顺畅", "participants": [tried], "accepted_date": "2022-07-04"});
        office.moves_venue(APPROVER, &one, accept.clone()).await.refused(409, "public_venue.transition_not_allowed");
        let one = office.moves_venue(COUNTY, &one, json!({"action": "remedy", "items": only(&one, 1)})).await.expect(201);
        assert_eq!(one["state"], json!("remedied"));
        // Sent back, and remedied again.
        let back = json!({"action": "reject", "comment": "坡道过陡", "items": [{"item_id": one["items"][0]["id"], "due_date": "2022-12-31"}]});
        let one = office.moves_venue(APPROVER, &one, back).await.expect(201);
        assert_eq!((&one["state"], &one["items"][0]["due_date"]), (&json!("listed"), &json!("2022-12-31")));
        let one = office.moves_venue(COUNTY, &one, json!({"action": "remedy", "items": only(&one, 0)})).await.expect(201);
        // Not by who reported, nor without somebody who needs it.
        office.moves_venue(COUNTY, &one, accept.clone()).await.refused(403, "public_venue.own");
        let mut alone = accept.clone();
        alone["participants"] = json!([]);
        office.moves_venue(APPROVER, &one, alone.clone()).await.refused_field("/participants", "participants.count");
        let mut able = person();
        able.as_object_mut().unwrap().remove("certificate");
        alone["participants"] = json!([id_of(&office.register(able).await)]);
        office.moves_venue(APPROVER, &one, alone.clone()).await.refused_field("/participants/0", "participant.unknown");
        let mut other = person();
        other["division_code"] = json!(ELSEWHERE);
        alone["participants"] = json!([id_of(&office.register(other).await)]);
        office.moves_venue(APPROVER, &one, alone).await.refused_field("/participants/0", "participant.unknown");
        let one = office.moves_venue(APPROVER, &one, accept).await.expect(201);
        assert_eq!((&one["state"], &one["accepted_date"], &one["allowed_actions"]), (&json!("accepted"), &json!("2022-07-04"), &json!([])));
        let last = one["history"].as_array().unwrap().last().unwrap();
        assert_eq!((&last["action"], &last["participants"]), (&json!("accept"), &json!([tried])));
        let listed = office.as_user(COUNTY).await.get(&format!("{VENUES}?state=accepted")).await.expect(200);
        assert_eq!((listed["items"][0].get("history"), &listed["next"]), (None, &Value::Null));
    }

    async fn what_is_not_remedied_in_time_is_found(office: &TestOffice) {
        let one = office.lists_venue(PLACE, "政务服务中心").await;
        let done = office.lists_venue(PLACE, "图书馆").await;
        let all = json!([{"item_id": done["items"][0]["id"]}, {"item_id": done["items"][1]["id"]}]);
        office.moves_venue(COUNTY, &done, json!({"action": "remedy", "items": all})).await.expect(201);
        let overdue = async || office.as_user(COUNTY).await.get(&format!("{VENUES}?overdue=true")).await.expect(200)["items"].clone();
        assert_eq!(overdue().await, json!([]));
        office.pass_days(61).await;
        let found = overdue().await;
        assert_eq!((found.as_array().unwrap().len(), &found[0]["id"]), (1, &one["id"]));
    }

    async fn what_does_not_fit_a_venue_is_refused(office: &TestOffice) {
        let county = office.as_user(COUNTY).await;
        let body = json!({"name": " ", "kind": "government", "division_code": PLACE, "address": "人民路1号", "owner": "镇人民政府",
            "items": [{"kind": "lift", "finding": "无", "due_date": "2020-01-01"}]});
        let refused = county.post(VENUES, body.clone()).await;
        refused.refused_field("/name", "text.length");
        refused.refused_field("/items/0/due_date", "date.past");
        let mut elsewhere = body;
        elsewhere["division_code"] = json!("990122000000");
        county.post(VENUES, elsewhere).await.refused(404, "division.not_found");
        let one = office.lists_venue(PLACE, "政务服务中心").await;
        let again = json!({"name": "政务服务中心", "kind": "government", "division_code": PLACE, "address": "人民路1号", "owner": "镇人民政府",
            "items": [{"kind": "lift", "finding": "无", "due_date": "2023-01-01"}]});
        county.post(VENUES, again).await.refused(409, "public_venue.known");
        office.moves_venue(COUNTY, &one, json!({"action": "list"})).await.refused(409, "public_venue.transition_not_allowed");
        office.moves_venue(COUNTY, &one, json!({"action": "cancel"})).await.refused_field("/comment", "comment.length");
        office.moves_venue(COUNTY, &one, json!({"action": "remedy"})).await.refused_field("/items", "field.missing");
        let strange = json!({"action": "remedy", "items": [{"item_id": one["id"]}]});
        office.moves_venue(COUNTY, &one, strange).await.refused_field("/items/0/item_id", "item.unknown");
        office.moves_venue("county.990122", &one, json!({"action": "cancel", "comment": "误"})).await.refused(404, "public_venue.not_found");
        let one = office.moves_venue(COUNTY, &one, json!({"action": "cancel", "comment": "场所已停用"})).await.expect(201);
        office.moves_venue(COUNTY, &one, json!({"action": "cancel", "comment": "场所已停用"})).await.refused(409, "public_venue.transition_not_allowed");
        // What was called off is no longer on the list.
        office.lists_venue(PLACE, "政务服务中心").await;
    }
}
