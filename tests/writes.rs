//! How units of work commit: together where that helps, and each for itself all the same.

use std::sync::mpsc;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use huican::audit::{Event, Origin};
use huican::db::Reach;
use huican::kernel::error::{Code, Result};

use crate::support::{Backend, TestOffice, on_both};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl TestOffice {
    fn recorded(&self, action: &str) -> i64 {
        let query = format!("SELECT count(*) AS count FROM audit_events WHERE action = '{action}'");
        diesel::sql_query(query)
            .get_result::<Count>(self.db().conn())
            .unwrap()
            .count
    }

    async fn write(&self, action: &'static str) -> Result<()> {
        self.store()
            .write(Reach::NOTHING, move |tx| {
                let origin = Origin::system(tx.new_id());
                tx.record(Event::new(&origin, action), ())
            })
            .await
    }
}

on_both! {
    async fn units_that_wait_together_fail_alone(office: &TestOffice) {
        // The writers are held until all have queued up behind.
        let held: Vec<_> = (0..2)
            .map(|_| {
                let (release, wait) = mpsc::channel::<()>();
                let store = office.store().clone();
                let unit = actix_web::rt::spawn(async move {
                    store
                        .write(Reach::NOTHING, move |tx| {
                            let _released = wait.recv();
                            let origin = Origin::system(tx.new_id());
                            tx.record(Event::new(&origin, "test.held"), ())
                        })
                        .await
                });
                (release, unit)
            })
            .collect();
        let units: Vec<_> = (0..40)
            .map(|number| {
                let store = office.store().clone();
                actix_web::rt::spawn(async move {
                    store
                        .write(Reach::NOTHING, move |tx| {
                            let origin = Origin::system(tx.new_id());
                            let recorded = tx.record(Event::new(&origin, "test.unit"), number)?;
                            match number % 8 {
                                3 => Err(Code::Busy.into()),
                                5 => panic!("number {number} panics"),
                                _ => Ok(recorded),
                            }
                        })
                        .await
                })
            })
            .collect();
        actix_web::rt::task::yield_now().await;
        let (releases, held): (Vec<_>, Vec<_>) = held.into_iter().unzip();
        drop(releases);
        for unit in held {
            unit.await.unwrap().unwrap();
        }
        for (unit, number) in units.into_iter().zip(0..) {
            let answer = unit.await.unwrap();
            match number % 8 {
                3 => assert_eq!(answer.unwrap_err().code(), Code::Busy),
                5 => assert_eq!(answer.unwrap_err().code(), Code::Internal),
                _ => assert_eq!(answer.unwrap(), number),
            }
        }
        assert_eq!((office.recorded("test.unit"), office.recorded("test.held")), (30, 2));
    }

    async fn a_swallowed_error_is_no_success(office: &TestOffice) {
        let answer: Result<()> = office
            .store()
            .write(Reach::NOTHING, |tx| {
                let origin = Origin::system(tx.new_id());
                let recorded = tx.record(Event::new(&origin, "test.swallowed"), ())?;
                drop(tx.conn().batch_execute("SELECT * FROM no_such_table"));
                Ok(recorded)
            })
            .await;
        // PostgreSQL gave the transaction up at the error; SQLite did not mind.
        match office.backend {
            Backend::Postgres => assert!(answer.is_err()),
            Backend::Sqlite => assert!(answer.is_ok()),
        }
        assert_eq!(office.recorded("test.swallowed"), i64::from(answer.is_ok()));
        office.write("test.after").await.unwrap();
    }

    async fn without_a_record_there_is_no_answer(office: &TestOffice) {
        let resident = office.resident().await;
        let township = office.as_user("township.990121103").await;
        let path = format!("/v1/residents/{resident}");
        office.sql("ALTER TABLE audit_events RENAME TO lost_events").unwrap();
        township.get(&path).await.refused(500, "service.internal");
        township.patch_seen(&path, 1, serde_json::json!({"phone": null})).await.refused(500, "service.internal");
        office.sql("ALTER TABLE lost_events RENAME TO audit_events").unwrap();
        let shown = township.get(&path).await.expect(200);
        assert_eq!((&shown["version"], &shown["phone_masked"]), (&serde_json::json!(1), &serde_json::json!("120****1234")));
    }
}

#[actix_web::test]
async fn a_connection_that_was_cut_is_made_anew() {
    let Some(office) = TestOffice::open(Backend::Postgres).await else {
        return;
    };
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    office.sql(cut).unwrap();
    let (mut lost_writes, mut lost_reads) = (Vec::new(), Vec::new());
    for _ in 0..8 {
        lost_writes.extend(office.write("test.again").await.err());
        lost_reads.extend(
            office
                .store()
                .read(Reach::NOTHING, |db| db.ping().map_err(Into::into))
                .await
                .err(),
        );
    }
    // Each of two writers and two readers finds out once, and says "try again".
    for lost in [&lost_writes, &lost_reads] {
        assert!(
            lost.len() <= 2 && lost.iter().all(|error| error.code() == Code::Busy),
            "{lost:?}"
        );
    }
    assert!(!lost_writes.is_empty());
    assert_eq!(
        usize::try_from(office.recorded("test.again")).unwrap(),
        8 - lost_writes.len()
    );
}
