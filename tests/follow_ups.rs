//! Follow-ups: what services still have to look at, on the desks of the offices where people live.

use chrono::NaiveDate;
use huican::access::Role;
use huican::audit::Origin;
use huican::casework::follow_ups::{FollowUpKind, Planned, service};
use huican::db::Reach;
use huican::kernel::id::FollowUpSubjectId;
use serde_json::{Value, json};

use crate::support::people::{ELSEWHERE, VILLAGE, id_of};
use crate::support::{TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
const OTHER: &str = "county.990122";
const COUNTY: &str = "county.990121";

impl TestOffice {
    /// As a service plans it: somebody of the township looks at a device of a resident.
    pub async fn follow_up(&self, resident: &str, due: NaiveDate) -> FollowUpSubjectId {
        let planned = Planned {
            kind: FollowUpKind::DeviceCheck,
            case_id: None,
            resident_id: Some(resident.parse().unwrap()),
            division_code: VILLAGE.parse().unwrap(),
            subject_id: self.db().new_id(),
            role: Role::TownshipCaseworker,
            due_date: due,
            kept_from: None,
        };
        let origin = Origin::system(self.db().new_id());
        let work = move |tx: &mut huican::db::Tx<'_>| service::plan(tx, &origin, planned);
        self.store().write(Reach::EVERYTHING, work).await.unwrap();
        planned.subject_id
    }

    async fn ends_follow_up(&self, subject: FollowUpSubjectId) -> Result<(), String> {
        let user: huican::kernel::id::UserId =
            id_of(&self.as_user(TOWNSHIP).await.get("/v1/me").await.expect(200))
                .parse()
                .unwrap();
        let origin = Origin::system(self.db().new_id());
        let work = move |tx: &mut huican::db::Tx<'_>| {
            let one = service::of(tx, subject)?.remove(0);
            service::done(tx, &origin, &one, user)
        };
        let ended = self.store().write(Reach::EVERYTHING, work).await;
        ended.map_err(|error| error.to_string())
    }

    async fn waiting_items(&self, username: &str, path: &str) -> Vec<Value> {
        let page = self.as_user(username).await.get(path).await.expect(200);
        page["items"].as_array().unwrap().clone()
    }
}

fn day(office: &TestOffice, days: i64) -> NaiveDate {
    office.today() + chrono::Duration::days(days)
}

on_both! {
    async fn what_is_planned_waits_on_the_desk_among_reviews_the_most_urgent_first(office: &TestOffice) {
        let case = office.case_at("initial_review").await;
        let reviewer = "township2.990121103";
        let resident = office.resident().await;
        let [late, far] = [office.follow_up(&resident, day(office, -1)).await, office.follow_up(&resident, day(office, 90)).await];
        let desk = office.waiting_items(reviewer, "/v1/tasks").await;
        let kinds: Vec<_> = desk.iter().map(|item| item["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["follow_up", "review", "follow_up"]);
        assert_eq!(desk[0]["follow_up"]["subject_id"], json!(late.to_string()));
        assert_eq!((&desk[0]["follow_up"]["overdue"], &desk[0]["follow_up"]["kind"]), (&json!(true), &json!("device_check")));
        assert_eq!(desk[1]["case_id"], json!(case));
        assert_eq!(desk[2]["follow_up"]["subject_id"], json!(far.to_string()));
        assert!(desk[2]["follow_up"]["resident_name_masked"].as_str().unwrap().contains('*'));
        // Page by page, nothing twice and nothing left out.
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        let client = office.as_user(reviewer).await;
        for _ in 0..3 {
            let page = client.get(&format!("/v1/tasks?limit=1{cursor}")).await.expect(200);
            paged.extend(page["items"].as_array().unwrap().clone());
            cursor = format!("&cursor={}", page["next"].as_str().unwrap_or_default());
        }
        assert_eq!((paged, cursor.as_str()), (desk, "&cursor="));
        assert_eq!(office.waiting_items(reviewer, "/v1/tasks?kind=review").await.len(), 1);
        assert_eq!(office.waiting_items(reviewer, "/v1/tasks?kind=follow_up&overdue=true").await.len(), 1);
        assert_eq!(office.waiting_items(reviewer, "/v1/tasks?view=mine&kind=follow_up").await.len(), 0);
        client.get("/v1/tasks?kind=visit").await.refused_parameter("kind", "field.invalid");
    }

    async fn it_is_listed_where_the_person_lives_until_it_is_done_once(office: &TestOffice) {
        let resident = office.resident().await;
        let subject = office.follow_up(&resident, day(office, -1)).await;
        let path = format!("/v1/follow-ups?resident_id={resident}&overdue=true&kind=device_check");
        assert_eq!(office.waiting_items(COUNTY, &path).await.len(), 1);
        assert_eq!(office.waiting_items(OTHER, &path).await.len(), 0);
        assert_eq!(office.waiting_items(OTHER, "/v1/tasks?kind=follow_up").await.len(), 0);
        // Of the township's, not of the village liaison's.
        assert_eq!(office.waiting_items("liaison.990121103201", "/v1/tasks?kind=follow_up").await.len(), 0);
        office.as_user("finance.990121").await.get("/v1/follow-ups").await.refused(403, "permission.denied");
        office.ends_follow_up(subject).await.unwrap();
        assert!(office.ends_follow_up(subject).await.unwrap_err().contains("follow_up.ended"));
        assert_eq!(office.waiting_items(COUNTY, &path).await.len(), 0);
        let done = office.waiting_items(COUNTY, "/v1/follow-ups?state=done").await;
        assert_eq!((done.len(), &done[0]["overdue"]), (1, &json!(false)));
        let events = office.waiting_items("auditor.990121", "/v1/audit/events?action=follow_up.done").await;
        assert_eq!(events[0]["resident_id"], json!(resident));
    }

    async fn it_moves_with_the_person_while_it_is_open(office: &TestOffice) {
        let resident = office.resident().await;
        let [open, done] = [office.follow_up(&resident, day(office, 9)).await, office.follow_up(&resident, day(office, 8)).await];
        office.ends_follow_up(done).await.unwrap();
        let transfer = office.transfers(&resident, ELSEWHERE).await.expect(201);
        let path = format!("/v1/transfers/{}/transitions", id_of(&transfer));
        office.as_user("county.990122").await.post_seen(&path, 1, json!({"action": "accept"})).await.expect(201);
        let there = office.waiting_items("county.990122", "/v1/follow-ups").await;
        assert_eq!((there.len(), &there[0]["subject_id"]), (1, &json!(open.to_string())));
        assert_eq!(office.waiting_items(COUNTY, "/v1/follow-ups").await.len(), 0);
        assert_eq!(office.waiting_items(COUNTY, "/v1/follow-ups?state=done").await.len(), 1);
    }

    async fn who_is_related_does_not_look(office: &TestOffice) {
        let case = office.case_at("initial_review").await;
        let township = office.as_user("township2.990121103").await;
        let resident = township.get(&format!("/v1/cases/{case}")).await.expect(200);
        office.follow_up(resident["resident_id"].as_str().unwrap(), day(office, 1)).await;
        assert_eq!(office.waiting_items("township2.990121103", "/v1/tasks?kind=follow_up").await.len(), 1);
        township.post(&format!("/v1/cases/{case}/recusals"), json!({"relation": "sibling"})).await.expect(201);
        assert_eq!(office.waiting_items("township2.990121103", "/v1/tasks?kind=follow_up").await.len(), 0);
        assert_eq!(office.waiting_items(TOWNSHIP, "/v1/tasks?kind=follow_up").await.len(), 1);
    }
}
