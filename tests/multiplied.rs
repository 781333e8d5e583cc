//! The cities that `bench/` measures are multiplied by SQL, because the services would take hours. Here:
//! that what comes out is what the services would have written, and works like it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use huican::db::Kind;
use serde_json::{Value, json};

use crate::support::people::{id_of, person};
use crate::support::{Backend, TestOffice, on_both};

#[path = "../bench/src/city.rs"]
#[expect(dead_code, reason = "the benchmarks use more of it")]
pub mod city;

/// How long something may take that comes about by itself.
const PATIENCE: Duration = Duration::from_mins(1);

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What may differ between a resident and the one they were copied from, by table: identity, and what
/// is encrypted for its row. This list may only shrink.
const OWN: [(&str, &str, &str); 8] = [
    (
        "residents",
        "id",
        "id person_id division_code county_code hukou_division_code birth_date sex id_number id_number_index phone phone_index",
    ),
    (
        "certificates",
        "resident_id",
        "id resident_id number number_index",
    ),
    ("circumstances", "resident_id", "id resident_id"),
    (
        "cases",
        "id",
        "id case_number resident_id division_code county_code",
    ),
    ("case_duties", "case_id", "case_id"),
    ("case_transitions", "case_id", "id case_id"),
    (
        "enrollments",
        "id",
        "id resident_id case_id division_code county_code",
    ),
    (
        "enrollment_transitions",
        "enrollment_id",
        "id enrollment_id",
    ),
];

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
}

/// What a table's scans from end to end have read, and what was written into it, as PostgreSQL counts.
#[derive(QueryableByName)]
struct Scans {
    #[diesel(sql_type = Text)]
    relname: String,
    #[diesel(sql_type = BigInt)]
    tup_read: i64,
    #[diesel(sql_type = BigInt)]
    n_tup_ins: i64,
    #[diesel(sql_type = BigInt)]
    seq_scan: i64,
}

/// What the steps of a case read and write.
const CASEWORK: [&str; 7] = [
    "residents",
    "certificates",
    "circumstances",
    "cases",
    "case_duties",
    "case_transitions",
    "enrollments",
];

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    one: i64,
}

impl TestOffice {
    /// How many rows there are of what stands after FROM.
    pub fn count(&self, sql: &str) -> i64 {
        let query = diesel::sql_query(format!("SELECT count(*) AS one FROM {sql}"));
        query.get_result::<Count>(self.db().conn()).unwrap().one
    }

    fn columns(&self, table: &str) -> Vec<String> {
        let mut db = self.db();
        let sql = match db.kind() {
            // Generated columns are hidden from the plain pragma.
            Kind::Sqlite => format!("SELECT name FROM pragma_table_xinfo('{table}')"),
            Kind::Postgres => format!(
                "SELECT column_name::text AS name FROM information_schema.columns WHERE table_name = '{table}'"
            ),
        };
        let columns: Vec<Column> = diesel::sql_query(sql).load(db.conn()).unwrap();
        columns.into_iter().map(|column| column.name).collect()
    }

    fn scans(&self) -> BTreeMap<String, Scans> {
        let sql = "SELECT t.relname::text, t.n_tup_ins, t.seq_scan, t.seq_tup_read
             + (SELECT sum(i.idx_tup_read)::bigint FROM pg_stat_user_indexes i WHERE i.relid = t.relid) AS tup_read
             FROM pg_stat_user_tables t WHERE EXISTS (SELECT 1 FROM pg_stat_user_indexes i WHERE i.relid = t.relid)";
        let rows: Vec<Scans> = diesel::sql_query(sql).load(self.db().conn()).unwrap();
        let named = |row: Scans| (row.relname.clone(), row);
        rows.into_iter().map(named).collect()
    }

    /// A living subsidy's, of somebody poor.
    async fn waits_for_approval(&self) -> String {
        let resident = id_of(&self.register(poor()).await);
        let case = self.draft_for(&resident, "living_subsidy").await;
        self.bring(&case, "approval").await;
        case
    }

    /// What a connection did is counted when it ends, if not before.
    async fn disconnect_everybody(&self) {
        let others = "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
        self.sql(&format!("SELECT pg_terminate_backend(pid) FROM {others}"))
            .unwrap();
        until(|| self.count(others) == 0).await;
    }

    /// Every row of the original has one of the copy's that says the same, and there are no others.
    fn says_the_same(&self, table: &str, original: &str, copy: &str) {
        let (_, key, own) = OWN.into_iter().find(|(name, ..)| *name == table).unwrap();
        let own: BTreeSet<_> = own.split(' ').collect();
        let same: Vec<_> = self
            .columns(table)
            .into_iter()
            .filter(|column| !own.contains(column.as_str()))
            .map(|column| format!("a.{column} IS NOT DISTINCT FROM b.{column}"))
            .collect();
        assert!(!same.is_empty(), "{table}");
        let [original, copy] = [original, copy].map(|id| self.literal(id));
        let rows = self.count(&format!("{table} WHERE {key} = {original}"));
        assert!(rows > 0, "{table}");
        assert_eq!(
            self.count(&format!("{table} WHERE {key} = {copy}")),
            rows,
            "{table}"
        );
        let pairs = self.count(&format!(
            "{table} a JOIN {table} b ON {} WHERE a.{key} = {original} AND b.{key} = {copy}",
            same.join(" AND ")
        ));
        assert_eq!(pairs, rows, "{table}");
    }
}

on_both! {
    async fn a_multiplied_city_is_what_the_services_write(office: &TestOffice) {
        let original = id_of(&office.register(poor()).await);
        let waiting = office.draft_for(&original, "living_subsidy").await;
        office.bring(&waiting, "approval").await;
        let other = id_of(&office.register(poor()).await);
        let rejected = office.draft_for(&other, "living_subsidy").await;
        let township = office.as_user("township.990121103").await;
        township.act(&rejected, "submit").await.expect(201);
        let reviewer = office.as_user("township2.990121103").await;
        reviewer.act_saying(&rejected, "reject", Some("不符合条件")).await.expect(201);
        let withdrawn = office.draft_for(&original, "nursing_subsidy").await;
        township.act(&withdrawn, "submit").await.expect(201);
        township.act(&withdrawn, "withdraw").await.expect(201);

        city::grow(&mut office.db(), 3, city::Rows::Everything, |_made| {}).unwrap();

        let n = 2;
        let resident = city::resident_id(n);
        for table in ["residents", "certificates", "circumstances"] {
            office.says_the_same(table, &original, &resident);
        }
        for (place, source) in [&waiting, &rejected, &withdrawn].into_iter().enumerate() {
            for table in ["cases", "case_duties", "case_transitions"] {
                office.says_the_same(table, source, &city::case_id(3 * n + place));
            }
        }

        // And it is as good as any: decrypted, found by its number, moved on.
        let supervisor = office.as_user("supervisor.990100").await;
        let seen = supervisor.get(&format!("/v1/residents/{resident}")).await.expect(200);
        let (number, birth) = city::id_number(n);
        assert_eq!((&seen["birth_date"], &seen["id_number_masked"]),
            (&json!(birth), &json!(format!("{}********{}", &number[..6], &number[14..]))));
        let found = supervisor.post("/v1/residents/search", json!({"id_number": number})).await.expect(200);
        assert_eq!(found["items"][0]["id"], json!(resident));
        let approver = office.as_user("approver.990121").await;
        let approved = approver.act(&city::case_id(3 * n), "approve").await.expect(201);
        assert_eq!(approved["state"], "approved");
    }

    async fn multiplied_beneficiaries_are_paid_as_their_original_is(office: &TestOffice) {
        let (case, enrollment) = office.beneficiary().await;
        city::grow(&mut office.db(), 4, city::Rows::Beneficiaries, |_made| {}).unwrap();

        let n = 3;
        let original = enrollment["resident_id"].as_str().unwrap();
        for table in ["residents", "certificates", "circumstances"] {
            office.says_the_same(table, original, &city::resident_id(n));
        }
        for table in ["cases", "case_duties", "case_transitions"] {
            office.says_the_same(table, &case, &city::case_id(3 * n));
        }
        let copy = city::enrollment_id(n);
        for table in ["enrollments", "enrollment_transitions"] {
            office.says_the_same(table, &id_of(&enrollment), &copy);
        }

        office.pass_days(31).await;
        let run = office.run_month("2022-08").await;
        let rate = enrollment["rate_fen"].as_i64().unwrap();
        assert_eq!((&run["done"], &run["due_count"], &run["due_fen"], &run["held_count"]),
            (&json!(5), &json!(10), &json!(10 * rate), &json!(0)), "{run}");
        let months = async |enrollment: &str| {
            let all = office.entitlements(&format!("enrollment_id={enrollment}")).await;
            let said = |one: &Value| (one["month"].clone(), one["amount_fen"].clone(), one["program_version_id"].clone());
            all.iter().map(said).collect::<Vec<_>>()
        };
        assert_eq!(months(&copy).await, months(&id_of(&enrollment)).await);
        // And like any other it is held back, by whoever may.
        let civil = office.as_user("civil.990121").await;
        let seen = civil.get(&format!("/v1/enrollments/{copy}")).await.expect(200);
        let suspend = json!({"action": "suspend", "reason": "missing", "comment": "多次上门未见"});
        let suspended = office.changes_enrollment("civil.990121", &seen, suspend).await.expect(201);
        assert_eq!(suspended["state"], "suspended");
    }
}

fn poor() -> Value {
    let mut poor = person();
    poor["circumstances"]["income_status"] = json!("minimum_living");
    poor
}

async fn until(mut so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < PATIENCE, "PostgreSQL does not say so");
        actix_web::rt::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A trigger that reads a whole table, from end to end or by an index, is not noticed in a small office, and stops a large
/// one. PostgreSQL counts what is read; that the statements of SQLite say the same is seen in `bench`.
#[actix_web::test]
async fn no_step_of_a_case_reads_everybody() {
    const PEOPLE: usize = 6_000;
    let Some(office) = TestOffice::open(Backend::Postgres).await else {
        return;
    };
    office.beneficiary().await;
    city::grow(
        &mut office.db(),
        PEOPLE,
        city::Rows::Beneficiaries,
        |_made| {},
    )
    .unwrap();
    let people = i64::try_from(PEOPLE).unwrap();
    until(|| office.scans()["enrollments"].n_tup_ins >= people).await;
    let before = office.scans();

    let case = office.waits_for_approval().await;
    let approver = office.as_user("approver.990121").await;
    approver.act(&case, "approve").await.expect(201);

    office.disconnect_everybody().await;
    let after = office.scans();
    assert!(
        after["cases"].n_tup_ins > before["cases"].n_tup_ins,
        "nothing is counted"
    );
    for table in CASEWORK {
        let read = after[table].tup_read - before[table].tup_read;
        assert!(read < people, "{table}: {read} rows read");
    }
}

/// A table of a few pages is read whole at less cost than by its index, and the plan that says so would stay when the
/// table has grown: who writes makes no such plan.
#[actix_web::test]
async fn who_writes_reads_by_key_in_the_smallest_office() {
    let Some(office) = TestOffice::open(Backend::Postgres).await else {
        return;
    };
    office.beneficiary().await;
    let case = office.waits_for_approval().await;
    let approver = office.as_user("approver.990121").await;
    let seen = approver.get(&format!("/v1/cases/{case}")).await.expect(200);
    office.disconnect_everybody().await;
    let before = office.scans();
    let path = format!("/v1/cases/{case}/transitions");
    let version = seen["version"].as_i64().unwrap();
    // Each writer finds once that it was cut off.
    let began = Instant::now();
    let approved = loop {
        let answer = approver
            .post_seen(&path, version, json!({"action": "approve"}))
            .await;
        if answer.status != 503 || began.elapsed() > PATIENCE {
            break answer;
        }
    };
    approved.expect(201);
    office.disconnect_everybody().await;
    let after = office.scans();
    assert!(
        after["case_transitions"].n_tup_ins > before["case_transitions"].n_tup_ins,
        "nothing is counted"
    );
    for table in CASEWORK {
        let scans = after[table].seq_scan - before[table].seq_scan;
        assert_eq!(scans, 0, "{table} is read whole");
    }
}
