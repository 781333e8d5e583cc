//! Who works where and by what evidence, what it is measured by, and what a home reckons.

use serde_json::json;

use super::{FRESH, TestOffice};
use crate::support::Backend;
use crate::support::employment::{VERIFIES, evidence};
use crate::support::on_both;
use crate::support::people::{VILLAGE, id_of};

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
