//! Who accepts a venue, with whom, and when it is remedied.

use serde_json::json;

use super::{FRESH, TestOffice};
use crate::support::people::id_of;
use crate::support::{Backend, on_both};

const COUNTY: &str = "county.990121";
const APPROVER: &str = "approver.990121";
const PLACE: &str = "990121000000";

on_both! {
    async fn a_venue_is_accepted_with_disabled_people_by_who_reported_nothing(office: &TestOffice) {
        let one = office.lists_venue(PLACE, "政务服务中心").await;
        let items = json!([{"item_id": one["items"][0]["id"]}, {"item_id": one["items"][1]["id"]}]);
        let of = office.literal(&id_of(&one));
        let [county, approver] = [office.user(COUNTY).await, office.user(APPROVER).await];
        let at = office.instant_literal();
        let id = office.literal(&format!("{FRESH}00d1"));
        let moves = |(last, action, from, to): (i64, &str, &str, &str), actor: &str, change: &str, with: &str| {
            let next = last + 1;
            format!(
                "UPDATE public_venues SET state = '{to}', last_transition = {next}{change} WHERE id = {of}; {with}
                 INSERT INTO public_venue_transitions (id, venue_id, sequence, action, previous_sequence, from_state, to_state, actor_id, comment, at)
                 VALUES ({id}, {of}, {next}, '{action}', {last}, '{from}', '{to}', {actor}, '好', {at})"
            )
        };
        // Nothing is remedied that is not, and nothing accepted that was not remedied.
        office.refuses(&moves((1, "remedy", "listed", "remedied"), &county, "", ""), "venue_items");
        let day = ", accepted_date = '2022-07-04'";
        office.refuses(&moves((1, "accept", "listed", "accepted"), &approver, day, ""), "check|venue_items|venue_participants");
        let one = office.moves_venue(COUNTY, &one, json!({"action": "remedy", "items": items})).await.expect(201);
        let version = one["version"].as_i64().unwrap();
        let accept = (version, "accept", "remedied", "accepted");
        office.refuses(&moves(accept, &approver, "", ""), "check");
        office.refuses(&moves(accept, &approver, day, ""), "venue_participants");
        let mut able = crate::support::people::person();
        able.as_object_mut().unwrap().remove("certificate");
        let able = office.literal(&id_of(&office.register(able).await));
        let disabled = office.literal(&office.resident().await);
        let with = |resident: &str| format!("INSERT INTO public_venue_participants (transition_id, resident_id) VALUES ({id}, {resident});");
        office.refuses(&moves(accept, &approver, day, &with(&able)), "venue_participants");
        office.refuses(&moves(accept, &county, day, &with(&disabled)), "venue_own");
        office.sql(&format!("BEGIN; {}; COMMIT", moves(accept, &approver, day, &with(&disabled)))).unwrap();
        // Nobody joins later.
        office.refuses(&with(&able), "append_only");
    }

    async fn venues_stay_as_they_were_written(office: &TestOffice) {
        office.accepted_venue(PLACE).await;
        for sql in ["owner = '别人'", "accepted_date = NULL", "last_transition = 1", "last_transition = last_transition + 1"] {
            office.refuses(&format!("UPDATE public_venues SET {sql}"), "append_only|check|foreign key");
        }
        office.refuses("UPDATE public_venue_transitions SET comment = '无'", "append_only");
        office.refuses("UPDATE public_venue_items SET remedied = remedied", "append_only");
        office.refuses("UPDATE public_venue_participants SET resident_id = resident_id", "append_only");
        let fresh = office.literal(&format!("{FRESH}00d2"));
        office.refuses(&office.again("public_venues", &[("id", &fresh)], "1 = 1"), "unique");
        office.refuses(&office.again("public_venue_items", &[("id", &fresh), ("number", "9")], "number = 1"), "append_only");
        for table in ["public_venues", "public_venue_transitions", "public_venue_items", "public_venue_participants"] {
            office.refuses(&format!("DELETE FROM {table}"), "append_only");
            if office.backend == Backend::Postgres {
                office.refuses(&format!("TRUNCATE {table} CASCADE"), "append_only");
            } else {
                let replaced = office.again(table, &[], "1 = 1").replace("INSERT", "INSERT OR REPLACE");
                office.refuses(&replaced, "unique|append_only");
            }
        }
    }
}
