//! What the database itself refuses, whoever asks: every statement here is written by hand, as
//! somebody would who has the database and no scruples.

mod allocations;
mod employment;
mod enrollments;
mod life;
mod moves;
mod outreach;
mod payments;
mod petitions;
mod records;
mod recoveries;
mod rehabilitation;
mod renovations;
mod stock;
mod targeted;
mod venues;

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::support::{Backend, TestOffice, on_both};

impl TestOffice {
    /// An instant, early in 2022.
    fn instant_literal(&self) -> &'static str {
        match self.backend {
            Backend::Sqlite => "1641258000000000",
            Backend::Postgres => "'2022-01-04T01:00:00Z'::timestamptz",
        }
    }

    #[track_caller]
    fn refuses(&self, sql: &str, because: &str) {
        let refusal = self.sql(&format!("BEGIN; {sql}; COMMIT")).expect_err(sql);
        let said = refusal.to_lowercase();
        assert!(
            because.split('|').any(|reason| said.contains(reason)),
            "{sql}\n{refusal}"
        );
    }

    fn text(&self, sql: &str) -> String {
        #[derive(QueryableByName)]
        struct One {
            #[diesel(sql_type = Text)]
            one: String,
        }
        diesel::sql_query(sql)
            .get_result::<One>(self.db().conn())
            .unwrap()
            .one
    }

    async fn user(&self, username: &str) -> String {
        let me = self.as_user(username).await.get("/v1/me").await.expect(200);
        self.literal(me["id"].as_str().unwrap())
    }
}

const FRESH: &str = "0190a000-0000-7000-8000-00000000";

/// One more entry of a case's history.
struct Entry<'a> {
    case: &'a str,
    action: &'a str,
    from: (&'a str, &'a str),
    to: (&'a str, &'a str),
    round: i32,
    actor: &'a str,
    duty: &'a str,
}

impl Entry<'_> {
    /// After the two entries that every submitted case has, and where the case stands thereafter.
    fn sql(&self, office: &TestOffice) -> String {
        let Self {
            case,
            action,
            from,
            to,
            round,
            actor,
            duty,
        } = self;
        let text = |word: &str| {
            if word.is_empty() {
                "NULL".to_owned()
            } else {
                format!("'{word}'")
            }
        };
        let id = office.literal(&format!("{FRESH}0003"));
        let at = office.instant_literal();
        let [from_state, from_step, to_state, to_step, duty] =
            [from.0, from.1, to.0, to.1, duty].map(text);
        format!(
            "INSERT INTO case_transitions (id, case_id, sequence, round, action, previous_sequence, previous_round,
                from_state, from_step, to_state, to_step, actor_id, duty, at)
             VALUES ({id}, {case}, 3, {round}, '{action}', 2, 1, {from_state}, {from_step}, {to_state}, {to_step},
                {actor}, {duty}, {at});
             UPDATE cases SET state = {to_state}, step = {to_step}, round = {round}, last_transition = 3,
                version = version + 1 WHERE id = {case}"
        )
    }
}

const REVIEW: (&str, &str) = ("in_review", "initial_review");
const VERIFICATION: (&str, &str) = ("in_review", "verification");

fn duty(case: &str, round: i32, user: &str, duty: &str) -> String {
    format!(
        "INSERT INTO case_duties (case_id, round, user_id, duty) VALUES ({case}, {round}, {user}, '{duty}'); "
    )
}

on_both! {
    async fn duties_are_separate_whatever_statement_is_written(office: &TestOffice) {
        let id = office.case_at("initial_review").await;
        let case = office.literal(&id);
        let filer = office.user("township.990121103").await;
        let reviewer = office.user("township2.990121103").await;
        let endorse = |actor, duty, round| {
            Entry { case: &case, action: "endorse", from: REVIEW, to: VERIFICATION, round, actor, duty }.sql(office)
        };

        // The filer endorses: without the duty, with the filing duty, with a second duty, with the
        // first one exchanged, and in a round of their own.
        office.refuses(&endorse(&filer, "initial_review", 1), "foreign key");
        office.refuses(&endorse(&filer, "filing", 1), "check");
        office.refuses(&endorse(&filer, "", 1), "check");
        let second = duty(&case, 1, &filer, "initial_review");
        office.refuses(&(second.clone() + &endorse(&filer, "initial_review", 1)), "unique");
        let exchange = format!("UPDATE case_duties SET duty = 'initial_review' WHERE user_id = {filer}; ");
        office.refuses(&(exchange + &endorse(&filer, "initial_review", 1)), "append_only");
        let forget = format!("DELETE FROM case_duties WHERE user_id = {filer}; ");
        office.refuses(&(forget + &second + &endorse(&filer, "initial_review", 1)), "append_only");
        let round = duty(&case, 2, &filer, "initial_review");
        office.refuses(&(round + &endorse(&filer, "initial_review", 2)), "check");
        if office.backend == Backend::Sqlite {
            let replace = second.replace("INSERT", "INSERT OR REPLACE");
            office.refuses(&(replace + &endorse(&filer, "initial_review", 1)), "unique");
        }

        // Nobody endorses as nobody.
        office.refuses(&endorse("NULL", "initial_review", 1), "check");
        // Approval comes at its step, and where a step leads is fixed.
        let approve = |from, duty| {
            Entry { case: &case, action: "approve", from, to: ("approved", ""), round: 1, actor: &reviewer, duty }
        };
        office.refuses(&approve(REVIEW, "initial_review").sql(office), "check");
        office.refuses(&approve(("in_review", "approval"), "approval").sql(office), "foreign key");
        let objection = Entry {
            case: &case, action: "object", from: REVIEW, to: ("in_review", "approval"), round: 1, actor: &filer, duty: "",
        };
        office.refuses(&objection.sql(office), "check");

        // A case does not stand where its history does not lead.
        for state in ["state = 'approved', step = NULL", "step = 'approval'", "round = 2", "last_transition = 3"] {
            office.refuses(&format!("UPDATE cases SET {state} WHERE id = {case}"), "foreign key");
        }
        // The month of submission decides about money.
        office.refuses(&format!("UPDATE cases SET submitted_at = {} WHERE id = {case}", office.instant_literal()), "append_only");

        // The same statements, by the person whose duty it is, go through.
        let honest = duty(&case, 1, &reviewer, "initial_review") + &endorse(&reviewer, "initial_review", 1);
        office.sql(&format!("BEGIN; {honest}; COMMIT")).unwrap();
        let county = office.as_user("county.990121").await;
        assert_eq!(county.act(&id, "endorse").await.expect(201)["step"], "determination");
    }

    async fn history_can_only_grow(office: &TestOffice) {
        let case = office.case_at("approval").await;
        office.as_user("approver.990121").await.act(&case, "approve").await.expect(201);
        for (table, change) in [
            ("audit_events", "reason = 'edited'"),
            ("case_transitions", "comment = 'edited'"),
            ("case_duties", "duty = 'filing'"),
            ("tasks", "role = 'auditor'"),
            ("task_assignments", "user_id = NULL"),
            ("certificate_components", "severity_level = 4"),
            ("program_versions", "legal_basis = 'edited'"),
            ("certificates", "severity_level = 4"),
            ("circumstances", "value = 'none'"),
            ("grants", "role = 'county_approver'"),
            ("enrollments", "rate_fen = 99999"),
            ("enrollment_transitions", "reason = 'other'"),
            ("cases", "case_number = '990121-2022-999999'"),
        ] {
            office.refuses(&format!("UPDATE {table} SET {change}"), "append_only");
            office.refuses(&format!("DELETE FROM {table}"), "append_only");
            if office.backend == Backend::Postgres {
                office.refuses(&format!("TRUNCATE {table} CASCADE"), "append_only");
            }
        }
        // Nor is it for anybody to say that what was done is no more than a look.
        let hidden = format!(
            "INSERT INTO audit_events (at, action, entity_type, request_id, outcome, done)
             VALUES ({}, 'case.approved', 'case', {}, 'success', {})",
            office.instant_literal(),
            office.literal(&format!("{FRESH}0001")),
            if office.backend == Backend::Sqlite { "0" } else { "false" },
        );
        office.refuses(&hidden, "generated column|non-default value");
        office.refuses("DELETE FROM residents", "append_only");
        office.refuses("UPDATE residents SET created_by = NULL", "append_only");
        if office.backend == Backend::Sqlite {
            for table in ["audit_events", "case_transitions", "tasks", "task_assignments", "certificates", "circumstances", "grants", "enrollments", "enrollment_transitions"] {
                // Without what the database computes by itself.
                let columns = office.text(&format!("SELECT group_concat(name) AS one FROM pragma_table_info('{table}')"));
                let replace = format!("INSERT OR REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}");
                office.refuses(&replace, "unique|append_only|overlaps");
            }
        }
    }

    async fn who_is_related_takes_no_step_whatever_statement_is_written(office: &TestOffice) {
        let case = office.literal(&office.case_at("initial_review").await);
        let resident = format!("(SELECT resident_id FROM cases WHERE id = {case})");
        let reviewer = office.user("township2.990121103").await;
        let filer = office.user("township.990121103").await;
        let liaison = office.user("liaison.990121103201").await;
        let at = office.instant_literal();
        let relation = |number: u32, user: &str, relation: &str, end: &str| {
            let id = office.literal(&format!("{FRESH}{number:04}"));
            format!(
                "INSERT INTO user_relations (id, user_id, resident_id, relation, declared_at, ended_at, ended_by, end_reason)
                 VALUES ({id}, {user}, {resident}, '{relation}', {at}, {end})"
            )
        };
        let open = "NULL, NULL, NULL";
        let review = duty(&case, 1, &reviewer, "initial_review");
        let endorse = Entry {
            case: &case, action: "endorse", from: REVIEW, to: VERIFICATION, round: 1, actor: &reviewer, duty: "initial_review",
        };
        let withdraw = Entry {
            case: &case, action: "withdraw", from: REVIEW, to: ("withdrawn", ""), round: 1, actor: &filer, duty: "filing",
        };

        // A relation is of a known kind, declared once, ended by another, with a reason, once.
        office.refuses(&relation(40, &reviewer, "colleague", open), "check");
        office.refuses(&relation(40, &reviewer, "sibling", &format!("{at}, {reviewer}, '不是'")), "check");
        office.refuses(&relation(40, &reviewer, "sibling", &format!("{at}, {filer}, NULL")), "check");
        office.sql(&relation(40, &reviewer, "sibling", open)).unwrap();
        office.refuses(&relation(41, &reviewer, "spouse", open), "unique");
        office.refuses("UPDATE user_relations SET relation = 'friend_or_interest'", "append_only");
        office.refuses("DELETE FROM user_relations", "append_only");
        if office.backend == Backend::Postgres {
            office.refuses("TRUNCATE user_relations", "append_only");
        } else {
            office.refuses(&relation(40, &reviewer, "sibling", open).replace("INSERT", "INSERT OR REPLACE"), "unique");
        }

        // Who is related takes no duty; one taken before does not help.
        office.refuses(&(review.clone() + &endorse.sql(office)), "recusal_required");
        office.sql(&relation(42, &filer, "parent", open)).unwrap();
        office.refuses(&withdraw.sql(office), "recusal_required");
        // A liaison files for relatives, but reviews nothing of theirs, and does not file for themself.
        office.sql(&relation(43, &liaison, "child", open)).unwrap();
        office.refuses(&duty(&case, 1, &liaison, "initial_review"), "recusal_required");
        office.sql(&duty(&case, 1, &liaison, "filing")).unwrap();
        let end = |user: &str, by: &str| {
            format!("UPDATE user_relations SET ended_at = {at}, ended_by = {by}, end_reason = '查明' WHERE user_id = {user}")
        };
        office.refuses(&end(&reviewer, &reviewer), "check");
        office.sql(&end(&liaison, &filer)).unwrap();
        office.sql(&relation(44, &liaison, "self", open)).unwrap();
        office.refuses(&duty(&case, 2, &liaison, "filing"), "recusal_required");

        // Ended, once; then what the office sees by itself: the same phone.
        office.sql(&end(&reviewer, &filer)).unwrap();
        office.refuses(&end(&reviewer, &filer), "append_only");
        let phone = |phone: &str| {
            format!("UPDATE users SET (phone, phone_index) = (SELECT {phone}, phone_index FROM residents) WHERE id = {reviewer}")
        };
        office.refuses(&phone("nullif(phone, phone)"), "check");
        office.sql(&phone("phone")).unwrap();
        office.refuses(&review, "recusal_required");
        office.sql(&format!("UPDATE users SET phone = NULL, phone_index = NULL WHERE id = {reviewer}")).unwrap();
        office.sql(&format!("BEGIN; {review}{}; COMMIT", endorse.sql(office))).unwrap();
    }

    async fn nothing_lapses_but_what_was_asked_for_and_not_answered(office: &TestOffice) {
        let case = office.literal(&office.case_at("initial_review").await);
        let reviewer = office.user("township2.990121103").await;
        let at = office.instant_literal();
        let lapse = |actor, duty| {
            Entry { case: &case, action: "lapse", from: REVIEW, to: ("returned", ""), round: 1, actor, duty }.sql(office)
        };
        let request = |number: u32, sequence: u32, outcome: &str| {
            let id = office.literal(&format!("{FRESH}{number:04}"));
            format!(
                "INSERT INTO supplement_requests (id, case_id, sequence, what, due_date, remaining_days, requested_by,
                    requested_at, outcome, ended_at, answered_by, answer)
                 VALUES ({id}, {case}, {sequence}, '证明', '2022-07-18', 5, {reviewer}, {at}, {outcome})"
            )
        };
        let open = "NULL, NULL, NULL, NULL";
        office.refuses(&lapse("NULL", ""), "nothing_lapsed");
        office.refuses(&request(50, 1, open), "foreign key");
        office.refuses(&request(50, 2, &format!("'answered', {at}, NULL, NULL")), "check");
        office.refuses(&request(50, 2, &format!("'lapsed', {at}, {reviewer}, '有'")), "check");
        office.sql(&request(50, 2, open)).unwrap();
        office.refuses(&request(51, 2, open), "unique");
        office.refuses(&lapse("NULL", ""), "nothing_lapsed");
        office.refuses("UPDATE supplement_requests SET what = '别的'", "append_only");
        office.refuses("DELETE FROM supplement_requests", "append_only");
        let end = format!("UPDATE supplement_requests SET outcome = 'lapsed', ended_at = {at}; ");
        // Nobody lets it lapse, and it leads back and nowhere else.
        office.refuses(&(end.clone() + &lapse(&reviewer, "")), "check");
        office.refuses(&(end.clone() + &lapse("NULL", "").replace("'returned'", "'approved'")), "check");
        office.sql(&format!("BEGIN; {end}{}; COMMIT", lapse("NULL", ""))).unwrap();
        office.refuses("UPDATE supplement_requests SET outcome = NULL, ended_at = NULL", "append_only");
        if office.backend == Backend::Sqlite {
            office.refuses(&request(50, 2, open).replace("INSERT", "INSERT OR REPLACE"), "unique");
        }
    }

    async fn one_task_waits_of_a_case_as_its_history_says(office: &TestOffice) {
        let case = office.literal(&office.case_at("initial_review").await);
        let at = office.instant_literal();
        let task = |sequence: u32, round: u32, step: &str, done: &str| {
            format!(
                "INSERT INTO tasks (case_id, sequence, resident_id, division_code, round, step, role, due_date, version, created_at, done_at)
                 SELECT id, {sequence}, resident_id, division_code, {round}, '{step}', 'county_approver', '2022-07-18', 1, {at}, {done}
                 FROM cases WHERE id = {case}"
            )
        };
        office.refuses(&task(1, 1, "approval", at), "foreign key");
        office.refuses(&task(3, 1, "initial_review", at), "foreign key");
        office.refuses(&task(2, 1, "initial_review", "NULL"), "unique");
        office.refuses("UPDATE tasks SET step = 'approval'", "append_only");
        office.sql(&format!("UPDATE tasks SET done_at = {at}")).unwrap();
        office.refuses("UPDATE tasks SET done_at = NULL", "append_only");
        office.refuses("UPDATE tasks SET assignee_id = NULL", "append_only");
    }

    async fn seals_and_second_factors_only_move_on(office: &TestOffice) {
        let at = office.instant_literal();
        let bytes = |count: usize| match office.backend {
            Backend::Sqlite => format!("zeroblob({count})"),
            Backend::Postgres => format!("decode(repeat('00', {count}), 'hex')"),
        };
        let checkpoint = |number: u32, last: u32, gaps: usize| {
            let (leaves, gaps, hash, previous) = (bytes(40), bytes(gaps), bytes(32), bytes(31));
            let one_more = match office.backend {
                Backend::Sqlite => format!("CAST({previous} || x'0{number}' AS BLOB)"),
                Backend::Postgres => format!("{previous} || '\\x0{number}'::bytea"),
            };
            format!(
                "INSERT INTO audit_checkpoints (number, sealed_at, last_sequence, entries, late, leaves, gaps, previous,
                    root, key_id, signature)
                 VALUES ({number}, {at}, {last}, 1, 0, {leaves}, {gaps}, {one_more}, {hash}, 'key', {hash})"
            )
        };
        office.refuses(&checkpoint(2, 9, 0), "append_only");
        office.refuses(&checkpoint(1, 9, 15), "check");
        office.sql(&checkpoint(1, 9, 16)).unwrap();
        office.refuses(&checkpoint(2, 8, 0), "append_only");
        office.refuses(&checkpoint(3, 9, 0), "append_only");
        office.sql(&checkpoint(2, 9, 0)).unwrap();

        let user = office.user("county.990121").await;
        let other = office.user("approver.990121").await;
        let secret = |version: u8| match office.backend {
            Backend::Sqlite => format!("x'01000{version}aa'"),
            Backend::Postgres => format!("'\\x01000{version}aa'::bytea"),
        };
        let factor = |confirmed: &str, step: i32| {
            let secret = secret(1);
            format!(
                "INSERT INTO second_factors (user_id, secret, created_at, confirmed_at, last_step)
                 VALUES ({user}, {secret}, {at}, {confirmed}, {step})"
            )
        };
        office.refuses(&factor("NULL", -1), "check");
        office.refuses(&factor(at, 0), "check");
        office.sql(&factor(at, 7)).unwrap();
        for change in [
            "last_step = 6".to_owned(),
            "confirmed_at = NULL".to_owned(),
            format!("user_id = {other}"),
            format!("secret = {}", secret(0)),
            format!("secret = {}", secret(1).replace("aa", "ab")),
        ] {
            office.refuses(&format!("UPDATE second_factors SET {change}"), "append_only");
        }
        office.sql(&format!("UPDATE second_factors SET last_step = 8, secret = {}", secret(2))).unwrap();

        // A certificate's number may get a newer key, and nothing else with it.
        office.case_at("approval").await;
        let number = |from: u8| match office.backend {
            Backend::Sqlite => format!("CAST(substr(number, 1, 2) || x'0{from}' || substr(number, 4) AS BLOB)"),
            Backend::Postgres => format!("substr(number, 1, 2) || '\\x0{from}'::bytea || substr(number, 4)"),
        };
        for change in [
            format!("number = {}", number(0)),
            format!("number = {}, severity_level = 4", number(2)),
            format!("number = {}, superseded_at = {at}", number(2)),
        ] {
            office.refuses(&format!("UPDATE certificates SET {change}"), "append_only");
        }
        office.sql(&format!("UPDATE certificates SET number = {}", number(2))).unwrap();
    }

    async fn administrators_exclude_each_other(office: &TestOffice) {
        let grant = |number: u32, user: &str, role: &str, from: &str, to: &str| {
            let id = office.literal(&format!("{FRESH}{number:04}"));
            let organization = "(SELECT organization_id FROM grants WHERE role = 'system_admin')";
            format!(
                "INSERT INTO grants (id, user_id, role, organization_id, valid_from, valid_to, created_at)
                 VALUES ({id}, {user}, '{role}', {organization}, '{from}', {to}, {})",
                office.instant_literal()
            )
        };
        let system = office.user("sysadmin").await;
        let security = office.user("secadmin").await;
        let caseworker = office.user("county.990121").await;
        for (number, user, role) in [
            (10, &system, "security_admin"),
            (11, &system, "audit_admin"),
            (12, &security, "county_caseworker"),
            (13, &caseworker, "system_admin"),
        ] {
            office.refuses(&grant(number, user, role, "2022-07-04", "NULL"), "grants_exclusive");
        }
        // Even for a day, even one to come.
        office.refuses(&grant(14, &system, "audit_admin", "2030-01-01", "'2030-01-02'"), "grants_exclusive");
        // Before the other one began, it is another matter.
        office.sql(&grant(15, &system, "audit_admin", "2021-01-01", "'2022-01-01'")).unwrap();
    }

    async fn one_person_has_one_of_each(office: &TestOffice) {
        let case = office.case_at("approval").await;
        let number = office.text("SELECT case_number AS one FROM cases");
        assert_eq!(number, "990121-2022-000001");
        let copy = |table: &str, columns: &str, id: u32| {
            let id = office.literal(&format!("{FRESH}{id:04}"));
            format!("INSERT INTO {table} (id, {columns}) SELECT {id}, {columns} FROM {table}")
        };
        // A second certificate or a second word on the same circumstance for the same days.
        let certificate = "resident_id, number, number_index, impairment_type, severity_level, issued_date, expires_date,
            state, valid_from, valid_to, recorded_at";
        office.refuses(&copy("certificates", certificate, 20), "fact_overlaps");
        office.refuses(
            &(copy("circumstances", "resident_id, kind, value, valid_from, valid_to, recorded_at, source", 21)
                + " WHERE kind = 'care_need'"),
            "fact_overlaps",
        );
        // A second registration of the same person.
        let resident = "division_code, hukou_division_code, name, name_pinyin, name_initials, sex, birth_date, id_number,
            id_number_index, created_at, updated_at, version";
        office.refuses(&copy("residents", resident, 22), "unique");
        // Another version of a program for the same days.
        let version = "program_code, division_code, effective_from, effective_to, legal_basis, rules, steps, created_at";
        let id = office.literal(&format!("{FRESH}0023"));
        office.refuses(
            &format!(
                "INSERT INTO program_versions (id, version, {version})
                 SELECT {id}, 3, {version} FROM program_versions WHERE version = 2 AND program_code = 'nursing_subsidy'"
            ),
            "program_overlap",
        );
        // An enrollment that nobody approved.
        let at = office.instant_literal();
        let enrollment = |number: u32| {
            let id = office.literal(&format!("{FRESH}{number:04}"));
            format!(
                "INSERT INTO enrollments (id, resident_id, case_id, program_code, exclusive_key, division_code, state, start_month,
                    rate_fen, last_transition, version, created_at, updated_at)
                 SELECT {id}, resident_id, id, program_code, program_code, division_code, 'active', '2022-07', 50000, 1, 1, {at}, {at}
                 FROM cases"
            )
        };
        office.refuses(&enrollment(24), "enrollment_without_approval");
        // And a second one beside that which was.
        office.as_user("approver.990121").await.act(&case, "approve").await.expect(201);
        office.refuses(&enrollment(25), "unique|enrollment_exclusive");
    }

    async fn what_was_filed_stays_and_is_of_one_person(office: &TestOffice) {
        let [application, case, document] = office.materials().await;
        let of_another = office.draft().await;
        let [application, case, document, of_another] =
            [application, case, document, of_another].map(|id| office.literal(&id));
        let newer = |column: &str| match office.backend {
            Backend::Sqlite => format!("CAST(substr({column}, 1, 2) || x'02' || substr({column}, 4) AS BLOB)"),
            Backend::Postgres => format!("substr({column}, 1, 2) || '\\x02'::bytea || substr({column}, 4)"),
        };
        for (table, change, sealed) in [
            ("applications", "division_code = '990121103202'", None),
            ("case_documents", "case_id = document_id", None),
            ("document_withdrawals", "reason = 'edited'", None),
            ("document_objects", "media_type = 'image/png'", Some("key")),
            ("documents", "kind = 'consent'", Some("name")),
            ("case_notes", "written_at = written_at", Some("body")),
        ] {
            office.refuses(&format!("UPDATE {table} SET {change}"), "append_only");
            office.refuses(&format!("DELETE FROM {table}"), "append_only");
            match office.backend {
                Backend::Postgres => office.refuses(&format!("TRUNCATE {table} CASCADE"), "append_only"),
                Backend::Sqlite => {
                    let columns = office.text(&format!("SELECT group_concat(name) AS one FROM pragma_table_info('{table}')"));
                    let replace = format!("INSERT OR REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}");
                    office.refuses(&replace, "unique");
                }
            }
            // What is sealed gets a newer key, and nothing else with it.
            if let Some(column) = sealed {
                let renewed = format!("UPDATE {table} SET {column} = {}", newer(column));
                if table != "case_notes" {
                    office.refuses(&format!("{renewed}, {change}"), "append_only");
                }
                office.sql(&renewed).unwrap();
                office.refuses(&renewed, "append_only");
            }
        }
        // A case is of its application's resident, and stays with it; documents count for nobody else.
        office.refuses(&format!("UPDATE cases SET application_id = NULL WHERE id = {case}"), "append_only");
        office.refuses(&format!("UPDATE cases SET application_id = {application} WHERE id = {of_another}"), "append_only");
        let id = office.literal(&format!("{FRESH}0030"));
        let columns = "service, program_code, program_version_id, resident_id, division_code, state, round,
            last_transition, details, eligibility, version, created_by, created_at, updated_at";
        office.refuses(
            &format!(
                "INSERT INTO cases (id, case_number, application_id, {columns})
                 SELECT {id}, 'x', {application}, {columns} FROM cases WHERE id = {of_another}"
            ),
            "of one resident",
        );
        let link = |resident: &str| {
            format!(
                "INSERT INTO case_documents (case_id, document_id, resident_id)
                 SELECT {of_another}, {document}, resident_id FROM cases WHERE id = {resident}"
            )
        };
        office.refuses(&link(&case), "foreign key");
        office.refuses(&link(&of_another), "foreign key");
        // A document goes once, for a reason or for another.
        let at = office.instant_literal();
        let withdraw = |number: u32, more: &str| {
            let id = office.literal(&format!("{FRESH}{number:04}"));
            format!(
                "INSERT INTO documents (id, resident_id, case_id, object_id, kind, name, added_by, added_at)
                 SELECT {id}, resident_id, case_id, object_id, kind, name, added_by, added_at FROM documents
                 WHERE id = {document};
                 INSERT INTO document_withdrawals (document_id, withdrawn_by, withdrawn_at, reason, replaced_by_id)
                 SELECT {id}, added_by, {at}, {more} FROM documents WHERE id = {id}"
            )
        };
        office.refuses(&withdraw(31, "NULL, NULL"), "check");
        office.refuses(&withdraw(31, "NULL, id"), "check");
        office.sql(&withdraw(31, &format!("NULL, {document}"))).unwrap();
    }
}
