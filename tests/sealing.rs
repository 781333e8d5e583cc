//! Seals over the record: what was sealed cannot be changed without being found, and named.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use huican::audit::sealing::{self, Fault, FaultKind, Ledger, Verification};
use serde_json::json;

use crate::support::{Backend, TestOffice, on_both};

/// The fence that an attacker with the owner's rights would take down first.
fn unguarded(office: &TestOffice) -> (&'static str, &'static str) {
    match office.backend {
        Backend::Sqlite => (
            "DROP TRIGGER audit_events_fixed; DROP TRIGGER audit_events_keep; DROP TRIGGER audit_events_no_replace; \
             DROP TRIGGER audit_checkpoints_fixed; DROP TRIGGER audit_checkpoints_keep;",
            "INSERT INTO audit_events (sequence, at, action, entity_type, request_id, outcome) VALUES",
        ),
        Backend::Postgres => (
            "ALTER TABLE audit_events DISABLE TRIGGER USER; ALTER TABLE audit_checkpoints DISABLE TRIGGER USER;",
            "INSERT INTO audit_events (sequence, at, action, entity_type, request_id, outcome) OVERRIDING SYSTEM VALUE VALUES",
        ),
    }
}

impl TestOffice {
    fn verified(&self) -> Verification {
        sealing::verify(&mut self.db(), 0, |_| true).unwrap()
    }

    #[track_caller]
    fn finds(&self, kind: FaultKind, checkpoint: i64, sequence: Option<i64>) {
        let fault = Fault {
            kind,
            checkpoint,
            sequence,
        };
        assert_eq!(self.verified().fault, Some(fault));
    }

    /// Some looks, sealed as they come; the number of the last checkpoint.
    async fn sealed_looks(&self, rounds: u32) -> i64 {
        let resident = self.resident().await;
        let county = self.as_user("county.990121").await;
        for _ in 0..rounds {
            for _ in 0..3 {
                county
                    .get(&format!("/v1/residents/{resident}"))
                    .await
                    .expect(200);
            }
            assert!(self.seal().await >= 3);
        }
        self.verified().up_to
    }
}

on_both! {
    async fn what_is_new_is_sealed_and_found_sound(office: &TestOffice) {
        let checkpoints = office.sealed_looks(3).await;
        assert_eq!(office.seal().await, 0);
        let sound = office.verified();
        assert_eq!((sound.fault, sound.finished, sound.up_to), (None, true, checkpoints));
        assert!(sound.entries > 9);

        let auditor = office.as_user("auditor.990121").await;
        auditor.get("/v1/audit/checkpoints?limit=0").await.refused(400, "request.malformed");
        auditor.get("/v1/audit/checkpoints?cursor=x").await.refused(400, "cursor.invalid");
        let page = auditor.get("/v1/audit/checkpoints?limit=2").await.expect(200);
        let newest = &page["items"][0];
        assert_eq!((newest["number"].as_i64(), page["items"].as_array().unwrap().len()), (Some(checkpoints), 2));
        assert_eq!(newest["root"].as_str().unwrap().len(), 64);
        let next = page["next"].as_str().unwrap();
        let rest = auditor.get(&format!("/v1/audit/checkpoints?limit=2&cursor={next}")).await.expect(200);
        assert_eq!(rest["items"][0]["number"].as_i64(), Some(checkpoints - 2));

        let answer = auditor.get("/v1/audit/verification").await.expect(200);
        assert_eq!(
            (&answer["sound"], &answer["finished"], &answer["fault"], &answer["outside"]["agrees"]),
            (&json!(true), &json!(true), &json!(null), &json!(true))
        );
        assert_eq!((answer["up_to"].as_i64(), answer["outside"]["number"].as_i64()), (Some(checkpoints), Some(checkpoints)));
        // Signing in and reading were recorded since, and wait for their seal; so will the verification.
        assert!(answer["unsealed"].as_i64().unwrap() >= 1);
        let on = format!("/v1/audit/verification?after={checkpoints}");
        assert_eq!(auditor.get(&on).await.expect(200)["entries"], 0);
        assert_eq!(auditor.get("/v1/audit/verification?after=999").await.expect(200)["fault"]["kind"], "cut_off");
        auditor.get("/v1/audit/verification?after=-1").await.refused_parameter("after", "after.range");
        let recorded = office.as_user("auditadmin").await.get("/v1/audit/events?action=audit.verified").await.expect(200);
        assert_eq!(recorded["items"].as_array().unwrap().len(), 3);
        for nobody in ["county.990121", "approver.990121", "sysadmin"] {
            let client = office.as_user(nobody).await;
            client.get("/v1/audit/verification").await.refused(403, "permission.denied");
            client.get("/v1/audit/checkpoints").await.refused(403, "permission.denied");
        }
        office.as_user("auditadmin").await.get("/v1/audit/verification").await.expect(200);
    }

    async fn each_way_of_tampering_is_named(office: &TestOffice) {
        office.sealed_looks(4).await;
        let (unguard, insert) = unguarded(office);
        let (third, fourth) = {
            let mut db = office.db();
            let all = sealing::summaries(&mut db, None, 10).unwrap();
            let sequence = |number: i64| all.iter().find(|one| one.number == number).unwrap().last_sequence;
            (sequence(3), sequence(4))
        };
        let tampered = |sql: &str| {
            let mut db = office.db();
            db.conn().batch_execute(unguard).unwrap();
            db.conn().batch_execute(sql).unwrap();
        };
        // Each is undone before the next.
        tampered(&format!("UPDATE audit_events SET outcome = 'failed' WHERE sequence = {third}"));
        office.finds(FaultKind::Edited, 3, Some(third));
        office.sql(&format!("UPDATE audit_events SET outcome = 'success' WHERE sequence = {third}")).unwrap();
        assert_eq!(office.verified().fault, None);

        office.sql(&format!("UPDATE audit_events SET reason = '' WHERE sequence = {third}")).unwrap();
        office.finds(FaultKind::Edited, 3, Some(third));
        office.sql(&format!("UPDATE audit_events SET reason = NULL WHERE sequence = {third}")).unwrap();

        let other = third - 1;
        let swap = format!(
            "CREATE TEMP TABLE two AS SELECT sequence, request_id FROM audit_events WHERE sequence IN ({third}, {other});
             UPDATE audit_events SET request_id = (SELECT t.request_id FROM two t WHERE t.sequence = {third} + {other} - audit_events.sequence)
             WHERE sequence IN ({third}, {other});"
        );
        office.sql(&swap).unwrap();
        office.finds(FaultKind::Edited, 3, Some(other));
        office.sql(&swap).unwrap();
        assert_eq!(office.verified().fault, None);

        let at = match office.backend {
            Backend::Sqlite => "1656896400000000",
            Backend::Postgres => "'2022-07-04T01:00:00Z'",
        };
        let id = office.literal("0190a000-0000-7000-8000-000000000001");
        office.sql(&format!("{insert} (-5, {at}, 'x.y', 'x', {id}, 'success')")).unwrap();
        office.finds(FaultKind::Inserted, 1, Some(-5));
        office.sql("DELETE FROM audit_events WHERE sequence = -5").unwrap();
        assert_eq!(office.verified().fault, None);

        // The last sealed entries cut off, then their checkpoint with them.
        office.sql(&format!("DELETE FROM audit_events WHERE sequence > {third}")).unwrap();
        office.finds(FaultKind::Deleted, 4, Some(third + 1));
        let answer = office.as_user("auditor.990121").await.get("/v1/audit/verification").await.expect(200);
        assert_eq!((&answer["sound"], &answer["fault"]["kind"], &answer["fault"]["sequence"]), (&json!(false), &json!("deleted"), &json!(third + 1)));
        office.sql(&format!("DELETE FROM audit_events WHERE sequence > {fourth}")).unwrap();
        office.sql("DELETE FROM audit_checkpoints WHERE number = 4").unwrap();
        assert_eq!(office.verified().fault, None, "nothing inside tells");
        let outside = sealing::against(&mut office.db(), Ledger::lines(&office.checkpoints()).unwrap()).unwrap();
        assert_eq!(outside, Some(Fault::of_checkpoint(FaultKind::CutOff, 4)));
        let answer = office.as_user("auditor.990121").await.get("/v1/audit/verification").await.expect(200);
        assert_eq!((&answer["sound"], &answer["outside"]["agrees"]), (&json!(false), &json!(false)));
        // Sealed anew, with the very key: the file outside knows better.
        assert!(office.seal().await > 0);
        let outside = sealing::against(&mut office.db(), Ledger::lines(&office.checkpoints()).unwrap()).unwrap();
        assert_eq!(outside, Some(Fault::of_checkpoint(FaultKind::Replaced, 4)));

        // A checkpoint touched, one in the middle gone.
        office.sql("UPDATE audit_checkpoints SET entries = entries, key_id = 'another' WHERE number = 2").unwrap();
        office.finds(FaultKind::CheckpointBroken, 2, None);
        office.sql("DELETE FROM audit_checkpoints WHERE number = 2").unwrap();
        office.finds(FaultKind::ChainBroken, 3, None);
    }

    async fn two_sealers_make_one_chain(office: &TestOffice) {
        office.sealed_looks(1).await;
        let mut db = office.db();
        office.write_some(5).await;
        let (one, other) = (sealing::next(&mut db).unwrap().unwrap(), sealing::next(&mut db).unwrap().unwrap());
        db.write(|tx| sealing::seal(tx, one)).unwrap();
        let late = db.write(|tx| sealing::seal(tx, other)).unwrap_err();
        assert_eq!(late.code(), huican::kernel::error::Code::AuditSealed);
        assert_eq!((office.verified().fault, sealing::next(&mut db).unwrap()), (None, None));
    }
}

impl TestOffice {
    async fn write_some(&self, count: u32) {
        let county = self.as_user("county.990121").await;
        for _ in 0..count {
            county.get("/v1/residents?limit=1").await.expect(200);
        }
    }
}

/// Identity order is not commit order: what commits late is sealed late, and is no insertion.
#[actix_web::test]
async fn an_entry_that_commits_late_is_sealed_late() {
    let Some(office) = TestOffice::open(Backend::Postgres).await else {
        return;
    };
    office.sealed_looks(1).await;
    let mut slow = office.db();
    let entry = |action: &str| {
        format!(
            "INSERT INTO audit_events (at, action, entity_type, request_id, outcome)
             VALUES ('2022-07-04T01:00:00Z', '{action}', 'test', gen_random_uuid(), 'success')"
        )
    };
    slow.conn()
        .batch_execute(&format!(
            "BEGIN; {}; {}",
            entry("test.slow"),
            entry("test.slower")
        ))
        .unwrap();
    // One that never comes.
    office
        .db()
        .conn()
        .batch_execute(&format!("BEGIN; {}; ROLLBACK", entry("test.never")))
        .unwrap();
    office.sealed_looks(2).await;
    assert_eq!(office.verified().fault, None);
    slow.conn().batch_execute("COMMIT").unwrap();
    // Committed, expected, not sealed yet.
    assert_eq!(office.verified().fault, None);
    assert_eq!(office.seal().await, 2);
    let sound = office.verified();
    assert_eq!((sound.fault, office.seal().await), (None, 0));

    // The number that was given up is nobody's, even before it is forgotten.
    office.clock.advance(Duration::from_hours(2));
    office.sealed_looks(1).await;
    let gaps = "INSERT INTO audit_events (sequence, at, action, entity_type, request_id, outcome) OVERRIDING SYSTEM VALUE
        SELECT s, now(), 'test.smuggled', 'test', gen_random_uuid(), 'success'
        FROM generate_series(1, (SELECT max(sequence) FROM audit_events)) s
        WHERE NOT EXISTS (SELECT 1 FROM audit_events e WHERE e.sequence = s)";
    office.sql(gaps).unwrap();
    assert_eq!(office.verified().fault.unwrap().kind, FaultKind::Inserted);
}
