//! Who works where and by what evidence, what it is measured by, and what a home reckons.

use serde_json::json;

use super::{FRESH, TestOffice};
use crate::support::Backend;
use crate::support::employment::{VERIFIES, evidence};
use crate::support::on_both;
use crate::support::people::{VILLAGE, id_of, person};

const VERIFICATION: &str = "placement_id, revision, entered_by, verified_by, verified_at, wage_fen, standard_id, minimum_wage_fen, certificate_id";

/// An instant of the day on which the tests begin.
fn today(office: &TestOffice) -> &'static str {
    match office.backend {
        Backend::Sqlite => "1656900000000000",
        Backend::Postgres => "'2022-07-04T02:00:00Z'::timestamptz",
    }
}

on_both! {
    async fn a_placement_is_what_its_history_and_evidence_say(office: &TestOffice) {
        let standard = office.minimum_wage().await;
        let employer = office.employer_in(VILLAGE).await;
        let resident = office.resident().await;
        let placement = id_of(&office.works(&resident, &employer, "2022-07-01").await.expect(201));
        let of = office.literal(&placement);
        let (enters, verifies) = (office.user("township.990121103").await, office.user(VERIFIES).await);
        let at = today(office);
        let standard = office.literal(&standard);
        let verify = |by: &str, wage: i64, least: i64| format!(
            "INSERT INTO placement_verifications ({VERIFICATION}) SELECT {of}, e.revision, e.entered_by, {by}, {at}, {wage}, {standard}, {least}, c.id
             FROM placement_evidence e JOIN placements p ON p.id = e.placement_id JOIN certificates c ON c.resident_id = p.resident_id WHERE e.placement_id = {of}");
        // By who entered it, of another wage, below the minimum, and by a minimum that nobody laid down.
        office.refuses(&verify(&enters, 300_000, 180_000), "check");
        office.refuses(&verify(&verifies, 310_000, 180_000), "foreign key");
        office.refuses(&verify(&verifies, 170_000, 180_000), "check");
        office.refuses(&verify(&verifies, 300_000, 170_000), "placement_evidence");
        // Verified is what was verified.
        for change in [
            "state = 'verified'", "state = 'verified', last_transition = 2",
            "state = 'left', end_date = '2022-07-02', leave_reason = 'other'", "evidence_revision = 2", "last_transition = 2",
        ] {
            office.refuses(&format!("UPDATE placements SET {change} WHERE id = {of}"), "foreign key|check");
        }
        let verified = format!("UPDATE placements SET state = 'verified', last_transition = 2, verified_revision = 1, verified_at = {at} WHERE id = {of}");
        office.refuses(&verified, "foreign key");
        let entry = |actor: &str| format!(
            "INSERT INTO placement_transitions (id, placement_id, sequence, action, previous_sequence, from_state, to_state, revision, verified_revision, actor_id, at)
             VALUES ({}, {of}, 2, 'verify', 1, 'entered', 'verified', 1, 1, {actor}, {at})", office.literal(&format!("{FRESH}0e01")));
        office.refuses(&format!("{verified}; {}", entry(&verifies)), "foreign key");
        office.refuses(&format!("{}; {}; {verified}", verify(&verifies, 300_000, 180_000), entry(&enters)), "foreign key");
        // A contract of less than a year is none.
        let short = office.resident().await;
        let mut thin = evidence("2022-07-01");
        thin["contract_to"] = json!("2023-06-29");
        let new = json!({"resident_id": short, "form": "quota", "employer_id": employer, "start_date": "2022-07-01", "evidence": thin});
        let thin = office.literal(&id_of(&office.enters(new).await.expect(201)));
        office.refuses(&verify(&verifies, 300_000, 180_000).replace(&of, &thin), "placement_evidence");
        // Nor one of other days, nor an insurance that begins after it was verified.
        for (name, day) in [("contract_from", "2022-07-02"), ("insured_from", "2022-07-05")] {
            let other = office.resident().await;
            let mut proof = evidence("2022-07-01");
            proof[name] = json!(day);
            let new = json!({"resident_id": other, "form": "quota", "employer_id": employer, "start_date": "2022-07-01", "evidence": proof});
            let other = office.literal(&id_of(&office.enters(new).await.expect(201)));
            office.refuses(&verify(&verifies, 300_000, 180_000).replace(&of, &other), "placement_evidence");
        }
        // Nor by the minimum of another place or of a day before, nor by one that a nearer division has its own for.
        let (elsewhere, before) = (office.standard("990122", "2020-01-01", 170_000).await, office.standard("990100", "2019-01-01", 160_000).await);
        for (other, least) in [(elsewhere, 170_000), (before, 160_000)] {
            office.refuses(&verify(&verifies, 300_000, least).replace(&standard, &office.literal(&other)), "placement_evidence");
        }
        let near = office.literal(&office.standard("990121", "2022-07-02", 190_000).await);
        let later = id_of(&office.works(&office.resident().await, &employer, "2022-07-02").await.expect(201));
        let later = office.literal(&later);
        office.refuses(&verify(&verifies, 300_000, 180_000).replace(&of, &later), "placement_evidence");
        let by_near = verify(&verifies, 300_000, 190_000).replace(&of, &later).replace(&standard, &near);
        office.sql(&format!("BEGIN; {by_near}; ROLLBACK")).unwrap();
        // Nor with a certificate that had expired by the first day.
        let mut somebody = person();
        somebody["certificate"]["issued_date"] = json!("2012-07-01");
        let expired = id_of(&office.register(somebody).await);
        let expired = office.literal(&id_of(&office.works(&expired, &employer, "2022-07-01").await.expect(201)));
        office.refuses(&verify(&verifies, 300_000, 180_000).replace(&of, &expired), "placement_evidence");
        // Nor by who is tied to the person.
        office.refuses(&format!(
            "INSERT INTO user_relations (id, user_id, resident_id, relation, declared_at) VALUES ({}, {verifies}, {}, 'sibling', {at}); {}",
            office.literal(&format!("{FRESH}0e02")), office.literal(&resident), verify(&verifies, 300_000, 180_000)), "recusal_required");
        // The same statements go through, of whom they are.
        office.sql(&format!("BEGIN; {}; {}; {verified}; COMMIT", verify(&verifies, 300_000, 180_000), entry(&verifies))).unwrap();
        for (table, change) in [
            ("placements", "start_date = '2022-01-01'"), ("placements", "resident_id = resident_id, form = 'flexible'"),
            ("placements", "verified_at = verified_at, verified_revision = NULL"),
            ("placement_evidence", "wage_fen = 1"), ("placement_verifications", "minimum_wage_fen = 1"), ("placement_transitions", "action = 'leave'"),
        ] {
            office.refuses(&format!("UPDATE {table} SET {change}"), "append_only|check");
            office.refuses(&format!("DELETE FROM {table}"), "append_only");
        }
        // One that has not ended a person.
        let columns = "resident_id, division_code, form, employer_id, employer_type, start_date, state, last_transition, evidence_revision, version, updated_at";
        let twice = format!("INSERT INTO placements (id, {columns}) SELECT {}, {columns} FROM placements WHERE id = {thin}", office.literal(&format!("{FRESH}0e03")));
        office.refuses(&twice, "unique");
        if office.backend == Backend::Sqlite {
            for table in ["placements", "placement_evidence", "placement_verifications", "placement_transitions"] {
                let columns = office.text(&format!(
                    "SELECT group_concat(name, ', ') AS one FROM pragma_table_info('{table}')"));
                office.refuses(&format!("INSERT OR REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}"), "unique|huican");
            }
        }
    }

    async fn a_referral_leads_to_one_placement_at_its_employer(office: &TestOffice) {
        office.minimum_wage().await;
        let (employer, other) = (office.employer_in(VILLAGE).await, office.employer_in(VILLAGE).await);
        let vacancy = office.vacancy_of(&employer, VILLAGE, json!({})).await;
        let resident = office.resident().await;
        let seeker = office.seeks(&resident, VILLAGE).await;
        let township = office.as_user("township.990121103").await;
        let sent = township.post(&format!("/v1/job-seekers/{seeker}/referrals"), json!({"vacancy_id": vacancy})).await.expect(201);
        let referral = id_of(&sent);
        let place = |id: &str, at: &str| format!(
            "INSERT INTO placements (id, resident_id, division_code, form, employer_id, employer_type, job_seeker_id, job_referral_id, start_date, state, last_transition, evidence_revision, version, updated_at)
             SELECT {}, r.resident_id, r.division_code, 'quota', e.id, e.employer_type, r.job_seeker_id, r.id, '2022-07-01', 'entered', 1, 1, 1, {}
             FROM job_referrals r JOIN employers e ON e.id = {} WHERE r.id = {}",
            office.literal(id), today(office), office.literal(at), office.literal(&referral));
        let fresh = format!("{FRESH}0e06");
        office.refuses(&place(&fresh, &employer), "job_referral_not_accepted");
        for (seen, action) in [(1, "offer"), (2, "accept")] {
            let moves = format!("/v1/job-referrals/{referral}/transitions");
            township.post_seen(&moves, seen, json!({"action": action})).await.expect(201);
        }
        office.refuses(&place(&fresh, &other), "job_referral_not_accepted");
        office.refuses(&place(&fresh, &employer), "foreign key");
        let new = json!({"resident_id": resident, "form": "quota", "employer_id": employer, "job_referral_id": referral,
            "start_date": "2022-07-01", "evidence": evidence("2022-07-01")});
        let placed = id_of(&township.post("/v1/placements", new).await.expect(201));
        office.leaves(&placed, "2022-07-02").await.expect(201);
        office.refuses(&place(&fresh, &employer), "unique");
    }

    async fn pay_is_confirmed_as_it_was_earned(office: &TestOffice) {
        let work = office.work_in(VILLAGE).await;
        let approver = office.user("approver.990121").await;
        let county = office.user(VERIFIES).await;
        let at = office.instant_literal();
        let joins = json!({"resident_id": work.resident, "kind": "sheltered", "daily_pay_fen": 4_000, "joined_date": "2022-02-01"});
        let township = office.as_user("township.990121103").await;
        let other = township.post(&format!("/v1/disability-homes/{}/members", work.home), joins).await.expect(201);
        let (home, sheet, other) = (office.literal(&work.home), office.literal(&work.pay_sheet), office.literal(&id_of(&other)));
        let item = |sheet: &str, member: &str, pay: i64| format!(
            "INSERT INTO home_pay_items (sheet_id, home_id, member_id, days, daily_pay_fen, amount_fen) VALUES ({sheet}, {home}, {member}, 1, {pay}, {pay})");
        let confirm = |sheet: &str| format!(
            "UPDATE home_pay_sheets SET state = 'confirmed', decided_by = {approver}, decided_at = {at} WHERE id = {sheet}");
        // Not by another day's pay, nor for days on which nobody came.
        office.refuses(&item(&sheet, &other, 3_000), "append_only");
        office.refuses(&format!("{}; {}", item(&sheet, &other, 4_000), confirm(&sheet)), "append_only");
        // Nor with a sum or a number of members that is another, nor without somebody who came.
        let fresh = office.literal(&format!("{FRESH}0e07"));
        let made = |month: &str, state: &str, members: i64, total: i64| format!(
            "INSERT INTO home_pay_sheets (id, home_id, division_code, month, state, member_count, total_fen, made_by, made_at, decided_by, decided_at, version)
             SELECT {fresh}, home_id, division_code, '{month}', '{state}', {members}, {total}, made_by, made_at, {}, 1 FROM home_pay_sheets WHERE id = {sheet}",
            if state == "made" { "NULL, NULL".to_owned() } else { format!("{approver}, {at}") });
        office.refuses(&made("2022-04", "confirmed", 0, 0), "append_only");
        office.refuses(&format!("{}; {}", made("2022-04", "made", 0, 3_000), confirm(&fresh)), "append_only");
        office.refuses(&format!("{}; {}", made("2022-04", "made", 1, 0), confirm(&fresh)), "append_only");
        let came = format!("INSERT INTO home_attendances (member_id, home_id, date, recorded_by, recorded_at) VALUES ({other}, {home}, '2022-04-11', {county}, {at})");
        office.refuses(&format!("{came}; {}; {}", made("2022-04", "made", 0, 0), confirm(&fresh)), "append_only");
        office.refuses(&format!("{came}; {}; {}; {}", made("2022-04", "made", 1, 4_001), item(&fresh, &other, 4_000), confirm(&fresh)), "append_only");
        office.sql(&format!("BEGIN; {came}; {}; {}; {}; COMMIT", made("2022-04", "made", 1, 4_000), item(&fresh, &other, 4_000), confirm(&fresh))).unwrap();
        office.sql(&confirm(&sheet)).unwrap();
        office.refuses(&item(&sheet, &other, 4_000), "append_only");
        // Nobody leaves before a day on which they came.
        let leaves = |day: &str| format!(
            "UPDATE home_members SET left_date = '{day}', leave_reason = 'other', ended_by = {county}, ended_at = {at} WHERE id = {other}");
        office.refuses(&leaves("2022-04-10"), "home_not_member");
        office.sql(&leaves("2022-04-11")).unwrap();
    }

    async fn nothing_is_born_decided(office: &TestOffice) {
        office.work_in(VILLAGE).await;
        let fresh = office.literal(&format!("{FRESH}0e08"));
        let user = office.user(VERIFIES).await;
        let at = office.instant_literal();
        for state in ["approved", "rejected"] {
            office.refuses(&format!(
                "INSERT INTO employment_standards (id, kind, division_code, effective_from, amount_fen, legal_basis, state, proposed_by, proposed_at, decided_by, decided_at, comment, version)
                 SELECT {fresh}, kind, division_code, '2031-01-01', amount_fen, legal_basis, '{state}', proposed_by, proposed_at, {user}, {at}, 'because', 1
                 FROM employment_standards WHERE kind = 'average_wage'"), "append_only");
        }
        for (state, outcome) in [("done", "'left', '2022-07-04'"), ("cancelled", "NULL, NULL")] {
            let by = if state == "done" { format!("{user}, {at}") } else { "NULL, NULL".to_owned() };
            office.refuses(&format!(
                "INSERT INTO retention_checks (id, placement_id, resident_id, division_code, months, due_date, state, outcome, checked_date, checked_by, checked_at, version)
                 SELECT {fresh}, p.id, p.resident_id, p.division_code, 3, '2022-10-01', '{state}', {outcome}, {by}, 1 FROM placements p WHERE p.state = 'entered'"), "append_only");
        }
        if office.backend == Backend::Sqlite {
            // Nor is the country's law replaced.
            let columns = office.text("SELECT group_concat(name, ', ') AS one FROM pragma_table_info('employment_standards') WHERE name <> 'id'");
            office.refuses(&format!(
                "INSERT OR REPLACE INTO employment_standards (id, {columns}) SELECT {fresh}, {columns} FROM employment_standards WHERE division_code IS NULL"), "unique|append_only");
        }
    }

    async fn what_is_checked_and_reckoned_stays(office: &TestOffice) {
        let work = office.work_in(VILLAGE).await;
        let (county, approver) = (office.user(VERIFIES).await, office.user("approver.990121").await);
        let at = office.instant_literal();
        for (sql, because) in [
            ("UPDATE retention_checks SET due_date = '2030-01-01'", "append_only"),
            ("UPDATE retention_checks SET state = 'done'", "check"),
            ("UPDATE retention_checks SET outcome = 'retained'", "check"),
            ("UPDATE levy_estimates SET levy_fen = 0", "append_only"),
            ("UPDATE job_referrals SET state = 'accepted'", "foreign key"),
            ("UPDATE job_referrals SET state = 'accepted', last_transition = 2", "foreign key"),
            ("UPDATE job_referral_transitions SET action = 'offer'", "append_only"),
            ("UPDATE employment_standards SET amount_fen = 1", "append_only"),
            ("UPDATE employment_standards SET state = 'approved' WHERE state = 'proposed'", "check"),
            ("UPDATE home_members SET kind = 'care'", "append_only|check"),
            ("UPDATE home_pay_sheets SET total_fen = 0", "append_only"),
            ("UPDATE home_pay_items SET amount_fen = 0", "append_only"),
            ("UPDATE home_attendances SET date = '2022-05-10'", "append_only"),
            ("UPDATE disability_homes SET sheltered_places = 0", "home_full"),
            ("UPDATE disability_homes SET closed_date = '2022-07-01'", "home_full"),
            ("UPDATE vacancies SET employer_id = NULL", "append_only|null"),
            ("DELETE FROM employers", "append_only|foreign key"),
            ("DELETE FROM vacancies", "append_only|foreign key"),
            ("DELETE FROM job_seekers", "append_only"),
            ("DELETE FROM levy_estimates", "append_only"),
            ("DELETE FROM home_attendances", "append_only"),
        ] {
            office.refuses(sql, because);
        }
        // Nobody approves what they proposed, nor confirms what they reckoned.
        let own = "UPDATE employment_standards SET state = 'approved', decided_by = proposed_by, decided_at = proposed_at, version = 2 WHERE state = 'proposed'";
        office.refuses(own, "check");
        let own = format!("UPDATE home_pay_sheets SET state = 'confirmed', decided_by = made_by, decided_at = {at}");
        office.refuses(&own, "check");
        office.sql(&format!("UPDATE home_pay_sheets SET state = 'confirmed', decided_by = {approver}, decided_at = {at}")).unwrap();
        // No day of a month that was reckoned, nor of who was no member.
        let day = |date: &str| format!("INSERT INTO home_attendances (member_id, home_id, date, recorded_by, recorded_at)
            VALUES ({}, {}, '{date}', {county}, {at})", office.literal(&work.member), office.literal(&work.home));
        office.refuses(&day("2022-05-10"), "home_month_reckoned");
        office.refuses(&day("2022-01-31"), "home_not_member");
        office.refuses(&day("2022-05-09"), "home_month_reckoned|unique");
        office.sql(&day("2022-06-10")).unwrap();
        // No more members than places.
        let members = format!("UPDATE disability_homes SET sheltered_places = 1 WHERE id = {}", office.literal(&work.home));
        office.sql(&members).unwrap();
        let another = format!("INSERT INTO home_members (id, home_id, division_code, resident_id, kind, joined_date, daily_pay_fen, added_by, added_at, version)
            SELECT {}, home_id, division_code, {}, kind, joined_date, daily_pay_fen, added_by, added_at, 1 FROM home_members",
            office.literal(&format!("{FRESH}0e04")), office.literal(&work.resident));
        office.refuses(&another, "home_full");
        // The fair's days are its days.
        let came = format!("INSERT INTO job_fair_attendances (id, fair_id, job_seeker_id, resident_id, division_code, attended_date, result, recorded_by, recorded_at)
            SELECT {}, {}, s.id, s.resident_id, s.division_code, '2022-01-01', 'informed', {county}, {at} FROM job_seekers s WHERE s.id = {}",
            office.literal(&format!("{FRESH}0e05")), office.literal(&work.job_fair), office.literal(&work.job_seeker));
        office.refuses(&came, "job_fair_not_held");
    }
}
