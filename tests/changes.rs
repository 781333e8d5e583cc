//! What a device in the field is told: all that changed in its sight, and what has left it.

use std::collections::BTreeMap;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use serde_json::{Value, json};

use crate::support::office::Client;
use crate::support::people::{ELSEWHERE, PDF, id_of, person};
use crate::support::{Backend, TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";

type Thing = (String, String);

fn thing(entity: &str, id: &str) -> Thing {
    (entity.to_owned(), id.to_owned())
}

/// A device that keeps the versions it was told of.
struct Device<'o> {
    client: Client<'o>,
    since: String,
    limit: u16,
    held: BTreeMap<Thing, i64>,
}

impl<'o> Device<'o> {
    async fn of(office: &'o TestOffice, username: &str) -> Self {
        let client = office.as_user(username).await;
        let start = client.get("/v1/changes").await.expect(200);
        assert_eq!(
            (&start["items"], &start["more"]),
            (&json!([]), &json!(false))
        );
        Self {
            client,
            since: start["next"].as_str().unwrap().to_owned(),
            limit: 50,
            held: BTreeMap::new(),
        }
    }

    /// Asks until there is no more; what it was told, with what is gone.
    async fn sync(&mut self) -> BTreeMap<Thing, Option<i64>> {
        let mut told = BTreeMap::new();
        loop {
            let path = format!("/v1/changes?since={}&limit={}", self.since, self.limit);
            let reply = self.client.get(&path).await;
            let page = reply.expect(200);
            for item in page["items"].as_array().unwrap() {
                let known = thing(item["entity"].as_str().unwrap(), &id_of(item));
                let version = item["version"].as_i64();
                assert_eq!(item["gone"], version.is_none());
                // A tombstone says nothing else, and no item ever does.
                assert_eq!(item.as_object().unwrap().len(), 5);
                match version {
                    Some(version) => self.held.insert(known.clone(), version),
                    None => self.held.remove(&known),
                };
                told.insert(known, version);
            }
            page["next"].as_str().unwrap().clone_into(&mut self.since);
            if page["more"] == false {
                return told;
            }
        }
    }
}

on_both! {
    async fn what_changes_is_told_with_its_version(office: &TestOffice) {
        let mut device = Device::of(office, TOWNSHIP).await;
        let mut far = Device::of(office, "county.990122").await;
        let resident = office.resident().await;
        let case = office.draft_for(&resident, "nursing_subsidy").await;
        let told = device.sync().await;
        assert_eq!(told, BTreeMap::from([(thing("resident", &resident), Some(1)), (thing("case", &case), Some(1))]));

        // A document is told as its case; several changes of one thing once.
        let township = office.as_user(TOWNSHIP).await;
        office.seal().await;
        device.sync().await;
        township.attach(&case, "kind=other&name=file.pdf", PDF).await.expect(201);
        let path = format!("/v1/residents/{resident}");
        for (version, phone) in [(1, "12000001111"), (2, "12000002222")] {
            township.patch_seen(&path, version, json!({"phone": phone})).await.expect(200);
        }
        let told = device.sync().await;
        assert_eq!((told[&thing("resident", &resident)], told[&thing("case", &case)]), (Some(3), Some(1)));
        assert_eq!(told.len(), 2);

        // A task is there while it waits, and an enrollment once the case is approved.
        office.bring(&case, "initial_review").await;
        device.sync().await;
        assert_eq!((device.held[&thing("case", &case)], device.held[&thing("task", &case)]), (2, 1));
        for by in ["township2.990121103", "county.990121", "civil.990121"] {
            office.as_user(by).await.act(&case, "endorse").await.expect(201);
        }
        let told = device.sync().await;
        assert_eq!((told[&thing("task", &case)], told[&thing("case", &case)]), (None, Some(5)));
        office.pass_days(30).await;
        office.as_user("approver.990121").await.act(&case, "approve").await.expect(201);
        device.client = office.as_user(TOWNSHIP).await;
        device.sync().await;
        assert!(device.held.iter().any(|((entity, _), version)| entity == "enrollment" && *version == 1));
        assert!(!device.held.contains_key(&thing("task", &case)));

        // What was sealed is told no more; another county heard nothing at all.
        office.seal().await;
        device.sync().await;
        assert_eq!(device.sync().await, BTreeMap::new());
        far.client = office.as_user("county.990122").await;
        assert_eq!(far.sync().await, BTreeMap::new());
    }

    async fn what_leaves_the_sight_leaves_a_tombstone(office: &TestOffice) {
        let resident = office.resident().await;
        office.seal().await;
        let mut old = Device::of(office, "liaison.990121103201").await;
        let mut new = Device::of(office, "liaison.990121103202").await;
        let mut both = Device::of(office, TOWNSHIP).await;
        let path = format!("/v1/residents/{resident}");
        let moved = json!({"division_code": "990121103202"});
        office.as_user(TOWNSHIP).await.patch_seen(&path, 1, moved).await.expect(200);
        let own = thing("resident", &resident);
        assert_eq!(old.sync().await, BTreeMap::from([(own.clone(), None)]));
        assert_eq!(new.sync().await, BTreeMap::from([(own.clone(), Some(2))]));
        assert_eq!(both.sync().await, BTreeMap::from([(own.clone(), Some(2))]));
        // What is changed there now is not told here.
        office.seal().await;
        old.sync().await;
        office.as_user(TOWNSHIP).await.patch_seen(&path, 2, json!({"phone": null})).await.expect(200);
        assert_eq!(old.sync().await, BTreeMap::new());
        assert_eq!(new.sync().await, BTreeMap::from([(own, Some(3))]));
    }

    async fn page_by_page_nothing_is_left_out(office: &TestOffice) {
        let mut device = Device::of(office, TOWNSHIP).await;
        device.limit = 1;
        let mut residents = Vec::new();
        for _ in 0..5 {
            residents.push(office.resident().await);
        }
        let told = device.sync().await;
        assert!(residents.iter().all(|id| told[&thing("resident", id)] == Some(1)));
        office.seal().await;
        device.sync().await;
        assert_eq!(device.sync().await, BTreeMap::new());
        for (path, code) in [
            ("/v1/changes?since=abc", "cursor.invalid"),
            ("/v1/changes?limit=0", "request.malformed"),
            ("/v1/changes?limit=201", "request.malformed"),
            ("/v1/changes?until=1", "request.malformed"),
        ] {
            device.client.get(path).await.refused(400, code);
        }
        // A cursor of another list is none of this one.
        let listed = device.client.get("/v1/residents?limit=1").await.expect(200);
        let cursor = listed["next"].as_str().unwrap();
        device.client.get(&format!("/v1/changes?since={cursor}")).await.refused(400, "cursor.invalid");
    }

    async fn whose_sight_changed_starts_over(office: &TestOffice) {
        let device = Device::of(office, TOWNSHIP).await;
        let again = format!("/v1/changes?since={}", device.since);
        device.client.get(&again).await.expect(200);
        // Who sees the same may go on with it; who sees anything else may not.
        office.as_user("township2.990121103").await.get(&again).await.expect(200);
        office.as_user("county.990121").await.get(&again).await.refused(409, "changes.start_over");

        let me = device.client.get("/v1/me").await.expect(200);
        let elsewhere = office.as_user("township.990121104").await.get("/v1/me").await.expect(200);
        let grant = json!({"role": "village_liaison", "organization_id": elsewhere["grants"][0]["organization_id"]});
        let grants = format!("/v1/users/{}/grants", id_of(&me));
        let security = office.as_user("secadmin").await;
        let given = security.post(&grants, grant).await.expect(201);
        let refusal = device.client.get(&again).await.refused(409, "changes.start_over");
        assert!(refusal["title"].as_str().unwrap().contains("重新同步"));
        let start = device.client.get("/v1/changes").await.expect(200);
        let fresh = format!("/v1/changes?since={}", start["next"].as_str().unwrap());
        device.client.get(&fresh).await.expect(200);
        security.delete(&format!("{grants}/{}", id_of(&given))).await.expect(204);
        device.client.get(&fresh).await.refused(409, "changes.start_over");
        // The old sight is the old sight: what it was told until then still holds.
        device.client.get(&again).await.expect(200);
        for stranger in ["sysadmin", "secadmin", "auditadmin"] {
            office.as_user(stranger).await.get("/v1/changes").await.refused(403, "permission.denied");
        }
    }

    async fn another_system_hears_of_what_its_key_is_for(office: &TestOffice) {
        let me = office.as_user(TOWNSHIP).await.get("/v1/me").await.expect(200);
        let key = json!({"name": "外业采集", "permits": ["resident.read"], "valid_to": "2022-12-31"});
        let keys = format!("/v1/users/{}/api-keys", id_of(&me));
        let issued = office.as_user("secadmin").await.post(&keys, key).await.expect(201);
        let client = office.with_token(issued["secret"].as_str().unwrap());
        let since = client.get("/v1/changes").await.expect(200)["next"].as_str().unwrap().to_owned();
        let case = office.draft().await;
        let page = client.get(&format!("/v1/changes?since={since}&limit=200")).await.expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(!items.is_empty() && items.iter().all(|item| item["entity"] == "resident" && item["id"] != case.as_str()));
    }

    async fn a_record_put_back_to_an_earlier_day_is_noticed(office: &TestOffice) {
        office.resident().await;
        office.seal().await;
        let device = Device::of(office, TOWNSHIP).await;
        let table = match office.backend {
            Backend::Sqlite => "audit_events",
            Backend::Postgres => "audit_checkpoints",
        };
        // As a restored backup would be.
        let forget = match office.backend {
            Backend::Sqlite => format!("DROP TRIGGER {table}_keep; DELETE FROM {table} WHERE sequence > 1"),
            Backend::Postgres => format!("ALTER TABLE {table} DISABLE TRIGGER ALL; DELETE FROM {table}"),
        };
        office.sql(&forget).unwrap();
        device.client.get(&format!("/v1/changes?since={}", device.since)).await.refused(409, "changes.start_over");
    }
}

/// Numbers are given before a transaction ends: one that ends late is told of all the same.
#[actix_web::test]
async fn what_is_committed_late_is_told() {
    let Some(office) = TestOffice::open(Backend::Postgres).await else {
        return;
    };
    let (late, early) = (office.resident().await, office.resident().await);
    office.seal().await;
    let mut device = Device::of(&office, TOWNSHIP).await;
    assert_eq!(device.sync().await, BTreeMap::new());

    // Somebody's unit of work has its number, and is not committed.
    let mut slow = PgConnection::establish(&office.postgres_url()).unwrap();
    let work = format!(
        "BEGIN; UPDATE residents SET version = version + 1 WHERE id = '{late}';
         INSERT INTO audit_events (at, action, entity_type, entity_id, resident_id, division_code, request_id, outcome)
         VALUES (now(), 'resident.updated', 'resident', '{late}', '{late}', '990121103201', '{late}', 'success')"
    );
    slow.batch_execute(&work).unwrap();
    // Others come after it, and are committed and sealed.
    let change = json!({"phone": "12000001111"});
    let township = office.as_user(TOWNSHIP).await;
    township
        .patch_seen(&format!("/v1/residents/{early}"), 1, change)
        .await
        .expect(200);
    for _ in 0..3 {
        office.seal().await;
        assert_eq!(
            device.sync().await,
            BTreeMap::from([(thing("resident", &early), Some(2))])
        );
    }
    // A device that begins now does not pass it either.
    let mut other = Device::of(&office, TOWNSHIP).await;

    slow.batch_execute("COMMIT").unwrap();
    for device in [&mut device, &mut other] {
        assert_eq!(device.sync().await[&thing("resident", &late)], Some(2));
    }
    office.seal().await;
    device.sync().await;
    assert_eq!(device.sync().await, BTreeMap::new());
}

/// A county is one of many: what happens in the others does not hold its devices up.
#[actix_web::test]
async fn the_city_hears_of_every_county() {
    let office = TestOffice::open(Backend::Sqlite).await.unwrap();
    let mut city = Device::of(&office, "supervisor.990100").await;
    let mut far: Value = person();
    far["division_code"] = json!(ELSEWHERE);
    let ids = [office.resident().await, id_of(&office.register(far).await)];
    let told = city.sync().await;
    assert!(ids.iter().all(|id| told[&thing("resident", id)] == Some(1)));
}
