//! The test server itself: databases that do not see each other.

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::support::postgres::{TestDatabase, cluster};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn count(connection: &mut PgConnection) -> i64 {
    let rows: Count = diesel::sql_query("SELECT count(*) FROM notes")
        .get_result(connection)
        .unwrap();
    rows.count
}

fn fill(url: &str) {
    let mut connection = PgConnection::establish(url).unwrap();
    connection
        .batch_execute("CREATE TABLE notes (id bigint PRIMARY KEY); INSERT INTO notes VALUES (1)")
        .unwrap();
}

#[test]
fn two_clones_are_independent() {
    let Some(cluster) = cluster() else { return };
    let clone = || -> TestDatabase { cluster.clone_of(fill) };
    let (one, other) = (clone(), clone());
    assert_ne!(one.url(), other.url());
    let mut here = PgConnection::establish(one.url()).unwrap();
    let mut there = PgConnection::establish(other.url()).unwrap();
    here.batch_execute("INSERT INTO notes VALUES (2), (3)")
        .unwrap();
    assert_eq!((count(&mut here), count(&mut there)), (3, 1));

    // Dropped although somebody is still connected.
    let gone = one.url().to_owned();
    drop(one);
    assert!(PgConnection::establish(&gone).is_err());
    assert_eq!(count(&mut there), 1);
}
