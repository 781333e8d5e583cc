//! A city of any size, multiplied from the demonstration: rows of its people and their cases are
//! copied by the database itself under new ids, with what is encrypted encrypted for its new row.
//! What comes out is what the services would have written; every constraint and trigger is in force.
//!
//! Resident `n` and the cases `3n`, `3n + 1`, `3n + 2` have ids that can be computed. Resident `n`
//! lives in county `n % counties`; case `3n` waits for its approval, the others are closed. Of a
//! beneficiary, case `3n` is approved, and there are no others.

use std::fmt::Write as _;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use huican::db::{Db, Kind};
use huican::kernel::crypto::hex;
use huican::registry::facts::service::NUMBER_FIELD;

use super::Outcome;

/// Residents made in one transaction.
const CHUNK: usize = 2_000;
/// Looks at each that are on record.
const LOOKS: usize = 3;

/// What is multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Residents with their facts.
    People,
    /// Their cases too, and looks at each of them.
    Everything,
    /// Residents with their facts, the case in which each was approved, and the enrollment it opened.
    Beneficiaries,
}

pub struct City {
    pub residents: usize,
    pub counties: Vec<String>,
}

pub fn resident_id(n: usize) -> String {
    format!("0190a000-0000-7000-8000-{n:012}")
}

pub fn case_id(n: usize) -> String {
    format!("0190a000-0000-7000-9000-{n:012}")
}

pub fn enrollment_id(n: usize) -> String {
    format!("0190a000-0000-7000-b000-{n:012}")
}

/// Lists are joined by commas.
#[derive(QueryableByName)]
struct Template {
    #[diesel(sql_type = Text)]
    county: String,
    #[diesel(sql_type = Text)]
    resident: String,
    #[diesel(sql_type = Nullable<Text>)]
    cases: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    villages: Option<String>,
}

#[derive(QueryableByName)]
struct One {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    one: i64,
}

/// How each database writes the same thing.
struct Words {
    kind: Kind,
}

impl Words {
    fn id(&self, id: &str) -> String {
        match self.kind {
            Kind::Sqlite => format!("x'{}'", id.replace('-', "")),
            Kind::Postgres => format!("'{id}'::uuid"),
        }
    }

    fn bytes(&self, bytes: &[u8]) -> String {
        match self.kind {
            Kind::Sqlite => format!("x'{}'", hex(bytes)),
            Kind::Postgres => format!("'\\x{}'::bytea", hex(bytes)),
        }
    }

    fn fresh_id(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite => "randomblob(16)",
            Kind::Postgres => "gen_random_uuid()",
        }
    }

    /// An id as text.
    fn shown(&self, column: &str) -> String {
        match self.kind {
            Kind::Sqlite => format!("lower(hex({column}))"),
            Kind::Postgres => format!("replace({column}::text, '-', '')"),
        }
    }

    fn id_type(&self) -> (&'static str, &'static str) {
        match self.kind {
            Kind::Sqlite => ("BLOB", "BLOB"),
            Kind::Postgres => ("uuid", "bytea"),
        }
    }

    fn gathered(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite => "group_concat(code, ',')",
            Kind::Postgres => "string_agg(code, ',')",
        }
    }
}

fn dashed(hex: &str) -> String {
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-")
}

fn templates(db: &mut Db, words: &Words, rows: Rows) -> Outcome<Vec<Template>> {
    let any = |state: &str, program: &str| {
        format!(
            "(SELECT min({}) FROM cases WHERE state = '{state}' AND program_code = '{program}')",
            words.shown("id")
        )
    };
    let case = words.shown("c.id");
    let (cases, first) = match rows {
        Rows::People | Rows::Everything => (
            [
                case,
                any("rejected", "living_subsidy"),
                any("withdrawn", "nursing_subsidy"),
            ]
            .join(" || ',' || "),
            "SELECT x.id FROM cases x WHERE x.state = 'in_review' AND x.step = 'approval' AND x.program_code = 'living_subsidy'",
        ),
        Rows::Beneficiaries => (
            case,
            "SELECT x.id FROM cases x WHERE x.state = 'approved' AND x.program_code = 'nursing_subsidy'
             AND EXISTS (SELECT 1 FROM enrollments e WHERE e.case_id = x.id AND e.state = 'active' AND e.last_transition = 1)",
        ),
    };
    let query = format!(
        "SELECT substr(c.division_code, 1, 6) AS county, {} AS resident, {cases} AS cases,
                (SELECT {} FROM divisions d WHERE substr(d.code, 1, 6) = substr(c.division_code, 1, 6)
                 AND d.level = 'village' AND d.valid_to IS NULL) AS villages
         FROM cases c WHERE c.id = ({first} AND substr(x.division_code, 1, 6) = substr(c.division_code, 1, 6) ORDER BY x.id LIMIT 1)
         ORDER BY 1",
        words.shown("c.resident_id"),
        words.gathered(),
    );
    Ok(diesel::sql_query(query).load(db.conn())?)
}

/// Adds residents until there are so many; what an earlier run made is kept. `made` hears how many
/// there are.
pub fn grow(
    db: &mut Db,
    residents: usize,
    rows: Rows,
    mut made: impl FnMut(usize),
) -> Outcome<City> {
    let words = Words { kind: db.kind() };
    if words.kind == Kind::Postgres {
        // Thousands of rows a statement, each with its triggers.
        db.conn().batch_execute("SET statement_timeout = 0")?;
    }
    let templates = templates(db, &words, rows)?;
    if templates.is_empty() {
        return Err("this database is not the demonstration".into());
    }
    let counties = templates.iter().map(|one| one.county.clone()).collect();
    let known = format!(
        "SELECT count(*) AS one FROM residents WHERE {} LIKE '0190a00000007000%'",
        words.shown("id")
    );
    let mut next = usize::try_from(diesel::sql_query(known).get_result::<One>(db.conn())?.one)?;
    while next < residents {
        let until = (next + CHUNK).min(residents);
        db.conn().batch_execute("BEGIN")?;
        let map = map(db, &words, &templates, next..until)?;
        db.conn().batch_execute(&map)?;
        db.conn().batch_execute(&people(&words))?;
        match rows {
            Rows::People => {}
            Rows::Everything => {
                db.conn().batch_execute(&cases(&words))?;
                db.conn().batch_execute(&looks(&words))?;
            }
            Rows::Beneficiaries => {
                db.conn().batch_execute(&cases(&words))?;
                db.conn().batch_execute(&enrollments(&words))?;
            }
        }
        db.conn().batch_execute("COMMIT")?;
        next = until;
        made(next);
    }
    match words.kind {
        Kind::Sqlite => db.conn().batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?,
        Kind::Postgres => {
            db.conn().batch_execute("VACUUM ANALYZE")?;
            db.conn().batch_execute("CHECKPOINT")?;
        }
    }
    Ok(City {
        residents,
        counties,
    })
}

/// Who is made from whom, with what is encrypted.
fn map(
    db: &Db,
    words: &Words,
    templates: &[Template],
    numbers: std::ops::Range<usize>,
) -> Outcome<String> {
    let (id, bytes) = words.id_type();
    let mut sql = format!(
        "DROP TABLE IF EXISTS fresh;
         CREATE TEMP TABLE fresh (n integer, resident {id}, template {id}, division_code text, id_number {bytes},
            id_number_index {bytes}, phone {bytes}, phone_index {bytes}, certificate {id}, number {bytes}, number_index {bytes},
            birth_date date, sex text);
         DROP TABLE IF EXISTS fresh_cases;
         CREATE TEMP TABLE fresh_cases (n integer, id {id}, template {id}, resident {id}, division_code text, case_number text, enrollment {id});\n"
    );
    let keys = db.keys();
    for n in numbers {
        let template = templates.get(n % templates.len()).ok_or("no template")?;
        let villages: Vec<_> = template
            .villages
            .as_deref()
            .unwrap_or_default()
            .split(',')
            .collect();
        let village = villages
            .get((n / templates.len()) % villages.len().max(1))
            .ok_or("no village")?;
        let resident = resident_id(n);
        let (id_number, birth_date) = id_number(n);
        let number = format!("{id_number}44");
        let phone = format!("120{n:08}");
        let certificate = format!("0190a000-0000-7000-a000-{n:012}");
        let seal = |place: &str, text: &str| {
            keys.seal(place, text.as_bytes())
                .map_err(|error| error.to_string())
        };
        let values = [
            n.to_string(),
            words.id(&resident),
            words.id(&dashed(&template.resident)),
            format!("'{village}'"),
            words.bytes(&seal(
                &format!("residents|id_number|{resident}"),
                &id_number,
            )?),
            words.bytes(&keys.blind_index("id_number", &id_number)),
            words.bytes(&seal(&format!("residents|phone|{resident}"), &phone)?),
            words.bytes(&keys.blind_index("phone", &phone)),
            words.id(&certificate),
            words.bytes(&seal(
                &format!("certificates|number|{certificate}"),
                &number,
            )?),
            words.bytes(&keys.blind_index(NUMBER_FIELD, &number)),
            format!("'{birth_date}'"),
            format!("'{}'", if n % 2 == 0 { "female" } else { "male" }),
        ];
        let _ = writeln!(sql, "INSERT INTO fresh VALUES ({});", values.join(", "));
        let cases = template.cases.as_deref();
        let cases = cases.ok_or("the demonstration has no closed cases")?;
        for (place, source) in cases.split(',').enumerate() {
            let number = 3 * n + place;
            let _ = writeln!(
                sql,
                "INSERT INTO fresh_cases VALUES ({number}, {}, {}, {}, '{village}', '{}-2020-{number:08}', {});",
                words.id(&case_id(number)),
                words.id(&dashed(source)),
                words.id(&resident),
                template.county,
                words.id(&enrollment_id(n)),
            );
        }
    }
    Ok(sql)
}

/// A citizen ID of province 99, which does not exist, and the birth date in it.
pub fn id_number(n: usize) -> (String, String) {
    const WEIGHTS: [usize; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let (serial, rest) = (n % 1000, n / 1000);
    let (day, rest) = (rest % 28 + 1, rest / 28);
    let (month, rest) = (rest % 12 + 1, rest / 12);
    let year = 1940 + rest % 60;
    let body = format!("990199{year}{month:02}{day:02}{serial:03}");
    let sum: usize = body
        .bytes()
        .zip(WEIGHTS)
        .map(|(digit, weight)| usize::from(digit - b'0') * weight)
        .sum();
    let check = CHECKS.get(sum % 11).copied().map_or('0', char::from);
    (
        format!("{body}{check}"),
        format!("{year}-{month:02}-{day:02}"),
    )
}

fn people(words: &Words) -> String {
    let fresh_id = words.fresh_id();
    format!(
        "INSERT INTO residents (id, division_code, hukou_division_code, name, name_pinyin, name_initials, sex, birth_date, id_number,
            id_number_index, phone, phone_index, created_by, created_at, updated_at, version)
         SELECT f.resident, f.division_code, f.division_code, t.name, t.name_pinyin, t.name_initials, f.sex, f.birth_date, f.id_number,
            f.id_number_index, f.phone, f.phone_index, t.created_by, t.created_at, t.updated_at, t.version
         FROM fresh f JOIN residents t ON t.id = f.template ORDER BY f.n;
         INSERT INTO certificates (id, resident_id, number, number_index, impairment_type, severity_level, issued_date, expires_date,
            state, valid_from, valid_to, recorded_at, recorded_by, superseded_at, superseded_by)
         SELECT f.certificate, f.resident, f.number, f.number_index, t.impairment_type, t.severity_level, t.issued_date, t.expires_date,
            t.state, t.valid_from, t.valid_to, t.recorded_at, t.recorded_by, t.superseded_at, t.superseded_by
         FROM fresh f JOIN certificates t ON t.resident_id = f.template AND t.valid_to IS NULL AND t.superseded_at IS NULL;
         INSERT INTO circumstances (id, resident_id, kind, value, valid_from, valid_to, recorded_at, recorded_by, source, superseded_at, superseded_by)
         SELECT {fresh_id}, f.resident, t.kind, t.value, t.valid_from, t.valid_to, t.recorded_at, t.recorded_by, t.source, t.superseded_at, t.superseded_by
         FROM fresh f JOIN circumstances t ON t.resident_id = f.template AND t.superseded_at IS NULL;"
    )
}

fn cases(words: &Words) -> String {
    let fresh_id = words.fresh_id();
    format!(
        "INSERT INTO cases (id, case_number, service, program_code, program_version_id, resident_id, division_code, state, step, round,
            last_transition, due_date, details, eligibility, version, created_by, created_at, updated_at, submitted_at, decided_at, closed_at)
         SELECT f.id, f.case_number, t.service, t.program_code, t.program_version_id, f.resident, f.division_code, t.state, t.step, t.round,
            t.last_transition, t.due_date, t.details, t.eligibility, t.version, t.created_by, t.created_at, t.updated_at, t.submitted_at,
            t.decided_at, t.closed_at
         FROM fresh_cases f JOIN cases t ON t.id = f.template ORDER BY f.n;
         INSERT INTO case_duties (case_id, round, user_id, duty)
         SELECT f.id, t.round, t.user_id, t.duty FROM fresh_cases f JOIN case_duties t ON t.case_id = f.template;
         INSERT INTO case_transitions (id, case_id, sequence, round, action, previous_sequence, previous_round, from_state, from_step, to_state,
            to_step, actor_id, duty, comment, at)
         SELECT {fresh_id}, f.id, t.sequence, t.round, t.action, t.previous_sequence, t.previous_round, t.from_state, t.from_step, t.to_state,
            t.to_step, t.actor_id, t.duty, t.comment, t.at
         FROM fresh_cases f JOIN case_transitions t ON t.case_id = f.template ORDER BY f.n, t.sequence;"
    )
}

fn looks(words: &Words) -> String {
    let fresh_id = words.fresh_id();
    let look = format!(
        "INSERT INTO audit_events (at, actor_id, actor_username, actor_organization_id, action, entity_type, entity_id,
            resident_id, division_code, request_id, outcome)
         SELECT t.at, t.actor_id, t.actor_username, t.actor_organization_id, 'resident.viewed', 'resident',
            {}, f.resident, f.division_code, {fresh_id}, 'success'
         FROM fresh f, (SELECT * FROM audit_events WHERE actor_id IS NOT NULL ORDER BY sequence LIMIT 1) t ORDER BY f.n;\n",
        words.shown("f.resident")
    );
    look.repeat(LOOKS)
}

/// What the approval of each case opened.
fn enrollments(words: &Words) -> String {
    let fresh_id = words.fresh_id();
    format!(
        "INSERT INTO enrollments (id, resident_id, case_id, program_code, exclusive_key, division_code, state, start_month, rate_fen,
            last_transition, version, created_at, updated_at)
         SELECT f.enrollment, f.resident, f.id, t.program_code, t.exclusive_key, f.division_code, t.state, t.start_month, t.rate_fen,
            t.last_transition, t.version, t.created_at, t.updated_at
         FROM fresh_cases f JOIN enrollments t ON t.case_id = f.template ORDER BY f.n;
         INSERT INTO enrollment_transitions (id, enrollment_id, sequence, action, to_state, effective_month, reason, actor_id, at)
         SELECT {fresh_id}, f.enrollment, t.sequence, t.action, t.to_state, t.effective_month, t.reason, t.actor_id, t.at
         FROM fresh_cases f JOIN enrollments e ON e.case_id = f.template
         JOIN enrollment_transitions t ON t.enrollment_id = e.id ORDER BY f.n;"
    )
}
