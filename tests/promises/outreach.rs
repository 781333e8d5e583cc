//! What was held and who came, by what need is measured, and what visits found.

use serde_json::json;

use super::{FRESH, TestOffice};
use crate::support::on_both;
use crate::support::people::VILLAGE;

/// All columns that are not generated.
const ACTIVITY: &str = "id, kind, name, organization_id, division_code, place, planned_date, held_date, others_count, state,
    created_by, created_at, last_transition";
const ATTENDANCE: &str = "id, activity_id, kind, resident_id, division_code, household_id, recorded_by, recorded_at, withdrawn_by,
    withdrawn_at, withdrawal_reason";
const ASSESSMENT: &str = "id, division_code, as_of, state, done, listed, reached, attempts, tries, leased_until, requested_by,
    requested_at, finished_at, version";
const SCORE: &str =
    "assessment_id, resident_id, division_code, standard_id, score, unknown_points, served";
const VISIT: &str = "id, resident_id, division_code, assessment_id, due_date, state, visited_date, in_need, planned_by, planned_at,
    last_transition";

on_both! {
    async fn what_was_held_is_what_its_history_says(office: &TestOffice) {
        let visited = office.visited_in(VILLAGE).await;
        let of = office.literal(&visited.activity);
        let (county, at) = (office.user("county.990121").await, office.instant_literal());
        let [fresh, other] = ["0ac1", "0ac2"].map(|end| office.literal(&format!("{FRESH}{end}")));
        for (sql, because) in [
            ("kind = 'other', last_transition = 3", "append_only"),
            ("held_date = '2022-01-01'", "append_only"),
            ("others_count = 500", "append_only"),
            ("others_count = 500, last_transition = 3", "foreign key"),
            ("state = 'cancelled', last_transition = 3", "check"),
        ] {
            office.refuses(&format!("UPDATE activities SET {sql} WHERE id = {of}"), because);
        }
        let entry = |action: &str, to: &str, (held, others): (&str, &str), reason: &str, day: &str, count: &str| format!(
            "UPDATE activities SET state = '{to}', held_date = {held}, others_count = {others}, last_transition = 3 WHERE id = {of};
             INSERT INTO activity_transitions (id, activity_id, sequence, action, previous_sequence, from_state, to_state, on_date, others_count,
                reason, actor_id, at)
             VALUES ({fresh}, {of}, 3, '{action}', 2, 'held', '{to}', {day}, {count}, {reason}, {county}, {at})");
        let of_day = ("'2022-01-03'", "7");
        office.refuses(&entry("correct", "held", of_day, "NULL", "'2022-01-03'", "7"), "check");
        office.refuses(&entry("correct", "held", of_day, "'补登'", "'2022-01-02'", "7"), "append_only");
        office.refuses(&entry("correct", "held", of_day, "'补登'", "'2022-01-03'", "8"), "append_only");
        office.refuses(&entry("correct", "held", ("'2022-02-03'", "7"), "'补登'", "'2022-02-03'", "7"), "append_only");
        office.refuses(&entry("hold", "held", of_day, "NULL", "'2022-01-03'", "7"), "check");
        office.refuses(&entry("cancel", "cancelled", ("NULL", "NULL"), "NULL", "NULL", "NULL"), "check");
        office.refuses(&format!("INSERT INTO activities ({ACTIVITY}) SELECT {fresh}, kind, name, organization_id, division_code, place, planned_date,
            held_date, others_count, 'held', created_by, created_at, 1 FROM activities WHERE id = {of}"), "append_only");

        // Nobody comes twice, nor from another county, nor to what was not held.
        let resident = office.literal(&visited.resident);
        let named = |id: &str, kind: &str, resident: &str, division: &str, household: &str| format!(
            "INSERT INTO activity_attendances ({ATTENDANCE}) VALUES ({id}, {of}, '{kind}', {resident}, {division}, {household}, {county}, {at},
                NULL, NULL, NULL)");
        let home = format!("'{VILLAGE}'");
        office.refuses(&named(&other, "accessible_film", &resident, "'990121103202'", "NULL"), "activity_guest");
        office.refuses(&named(&other, "special_art_show", &resident, &home, "NULL"), "foreign key");
        office.refuses(&named(&other, "home_sports_rehabilitation", &resident, &home, "NULL"), "check");
        let came = office.literal(&visited.attendance);
        let same = format!("(SELECT resident_id FROM activity_attendances WHERE id = {came})");
        office.refuses(&named(&other, "accessible_film", &same, &home, "NULL"), "activity_attended|unique");
        let kept = office.at_home().await;
        let kept = office.literal(&kept);
        let household = format!("(SELECT household_id FROM household_members WHERE resident_id = {kept} LIMIT 1)");
        office.refuses(&named(&other, "accessible_film", &resident, &home, &household), "check|append_only");
        office.refuses(&format!("UPDATE activity_attendances SET resident_id = {resident} WHERE id = {came}"), "append_only");
        office.refuses(&format!("UPDATE activity_attendances SET withdrawn_at = {at} WHERE id = {came}"), "check");
        let withdraw = format!("UPDATE activity_attendances SET withdrawn_by = {county}, withdrawn_at = {at}, withdrawal_reason = '误登' WHERE id = {came}");
        assert_eq!(office.sql(&withdraw), Ok(()));
        office.refuses(&withdraw, "append_only");
        office.refuses("UPDATE activity_transitions SET on_date = '2020-01-01'", "append_only");
        office.keeps(&[("activities", ACTIVITY), ("activity_transitions", "*"), ("activity_attendances", ATTENDANCE)]);
    }

    async fn need_is_measured_by_what_two_people_laid_down(office: &TestOffice) {
        let visited = office.visited_in(VILLAGE).await;
        let waiting = office.literal(&visited.standard);
        let assessment = office.literal(&visited.assessment);
        let at = office.instant_literal();
        let fresh = office.literal(&format!("{FRESH}0ac3"));
        office.refuses(&format!("UPDATE need_standards SET state = 'approved', decided_by = proposed_by, decided_at = {at} WHERE id = {waiting}"), "check");
        office.refuses(&format!("UPDATE need_standards SET clauses = '[]' WHERE id = {waiting}"), "append_only");
        office.refuses("UPDATE need_standards SET state = 'proposed', decided_by = NULL, decided_at = NULL WHERE state = 'approved'", "append_only");
        office.refuses(&format!("INSERT INTO need_standards (id, division_code, effective_from, clauses, legal_basis, state, proposed_by, proposed_at,
                decided_by, decided_at, comment, version)
            SELECT {fresh}, division_code, '2029-01-01', clauses, legal_basis, state, proposed_by, proposed_at, decided_by, decided_at, comment, version
            FROM need_standards WHERE state = 'approved'"), "append_only");
        let approver = office.user("approver.990121").await;
        office.refuses(&format!("INSERT INTO need_standards (id, division_code, effective_from, clauses, legal_basis, state, proposed_by, proposed_at, version)
            SELECT {fresh}, division_code, effective_from, clauses, legal_basis, 'proposed', proposed_by, proposed_at, 1 FROM need_standards WHERE state = 'approved';
            UPDATE need_standards SET state = 'approved', decided_by = {approver}, decided_at = {at}, version = 2 WHERE id = {fresh}"), "unique");

        // What was found stays, and nothing is found afterwards.
        office.refuses(&format!("UPDATE need_assessments SET state = 'running', finished_at = NULL WHERE id = {assessment}"), "append_only");
        office.refuses(&format!("UPDATE need_assessments SET as_of = '2020-01-01' WHERE id = {assessment}"), "append_only");
        office.refuses(&format!("UPDATE need_scores SET score = score + 1 WHERE assessment_id = {assessment}"), "append_only");
        office.refuses(&format!("UPDATE need_scores SET division_code = '990122103201' WHERE assessment_id = {assessment}"), "append_only");
        let late = office.literal(&office.resident().await);
        let truth = office.truth(false);
        let scored = |assessment: &str, standard: &str| format!("INSERT INTO need_scores ({SCORE})
            VALUES ({assessment}, {late}, '{VILLAGE}', {standard}, 90, 0, {truth})");
        let approved = "(SELECT id FROM need_standards WHERE state = 'approved')";
        office.refuses(&scored(&assessment, approved), "append_only");
        let begun = |standard: &str| format!("INSERT INTO need_assessments ({ASSESSMENT})
            SELECT {fresh}, division_code, as_of, 'queued', 0, 0, NULL, 0, 0, NULL, requested_by, requested_at, NULL, 1
            FROM need_assessments WHERE id = {assessment};
            UPDATE need_assessments SET state = 'running' WHERE id = {fresh}; {}", scored(&fresh, standard));
        office.refuses(&begun(&waiting), "append_only");
        office.refuses(&format!("INSERT INTO need_assessments ({ASSESSMENT})
            SELECT {fresh}, division_code, as_of, 'done', done, listed, NULL, 0, 0, NULL, requested_by, requested_at, finished_at, 1
            FROM need_assessments WHERE id = {assessment}"), "append_only");
        assert_eq!(office.sql(&format!("BEGIN; {}; COMMIT", begun(approved))), Ok(()));
        office.keeps(&[("need_standards", "*"), ("need_assessments", ASSESSMENT), ("need_scores", SCORE)]);
    }

    async fn a_visit_is_what_its_history_says(office: &TestOffice) {
        let visited = office.visited_in(VILLAGE).await;
        let of = office.literal(&visited.visit);
        let (county, at) = (office.user("county.990121").await, office.instant_literal());
        let [fresh, other] = ["0ac4", "0ac5"].map(|end| office.literal(&format!("{FRESH}{end}")));
        let [yes, no] = [true, false].map(|truth| office.truth(truth));
        for (sql, because) in [
            ("due_date = '2030-01-01'", "append_only"),
            ("division_code = '990122103201'", "append_only"),
            ("state = 'cancelled'", "append_only"),
            ("state = 'cancelled', last_transition = 2", "foreign key"),
            ("state = 'done', last_transition = 2", "check"),
        ] {
            office.refuses(&format!("UPDATE visits SET {sql} WHERE id = {of}"), because);
        }
        let again = |resident: &str, division: &str| format!("INSERT INTO visits ({VISIT})
            SELECT {fresh}, {resident}, {division}, NULL, due_date, 'planned', NULL, NULL, planned_by, planned_at, 1 FROM visits WHERE id = {of}");
        office.refuses(&again("resident_id", "division_code"), "unique");
        let resident = office.literal(&visited.resident);
        office.refuses(&again(&resident, "'990121103202'"), "append_only");
        // The person is not planned for twice, whatever record is named.
        let [kept, duplicate] = [office.resident().await, office.resident().await];
        let client = office.as_user("county.990121").await;
        client.post("/v1/visits", json!({"resident_id": duplicate, "due_date": office.today().to_string()})).await.expect(201);
        office.merged(&kept, &duplicate).await;
        let [kept, duplicate] = [kept, duplicate].map(|id| office.literal(&id));
        office.refuses(&again(&kept, "division_code"), "visit_open");
        office.refuses(&again(&duplicate, "division_code"), "resident_merged|unique");

        let entry = |action: &str, to: &str, (day, need): (&str, &str), (alone, services): (&str, &str), comment: &str, actor: &str| format!(
            "UPDATE visits SET state = '{to}', visited_date = {day}, in_need = {need}, last_transition = 2 WHERE id = {of};
             INSERT INTO visit_transitions (id, visit_id, sequence, action, previous_sequence, from_state, to_state, on_date, lives_alone, services,
                in_need, comment, actor_id, at)
             VALUES ({other}, {of}, 2, '{action}', 1, 'planned', '{to}', {day}, {alone}, {services}, {need}, {comment}, {actor}, {at})");
        let said = office.blob("00");
        let met = |need, alone, services| entry("complete", "done", ("'2022-01-04'", need), (alone, services), "NULL", &county);
        // Need is what was found; nobody was there on a day to come; who does it says so.
        office.refuses(&met(yes, no, "''"), "check");
        office.refuses(&met(no, yes, "''"), "check");
        office.refuses(&met(no, no, "'employment'"), "check");
        office.refuses(&met(no, no, "NULL"), "check");
        office.refuses(&entry("complete", "done", ("'2022-01-05'", no), (no, "''"), "NULL", &county), "append_only");
        office.refuses(&entry("complete", "done", ("'2022-01-04'", no), (no, "''"), "NULL", "NULL"), "check");
        office.refuses(&entry("miss", "not_met", ("'2022-01-04'", "NULL"), ("NULL", "NULL"), "NULL", &county), "check");
        office.refuses(&entry("miss", "not_met", ("'2022-01-04'", "NULL"), (yes, "NULL"), &said, &county), "check");
        office.refuses(&entry("correct", "done", ("'2022-01-04'", no), (no, "''"), &said, &county), "check");
        // Who is tied to somebody does not find out about them.
        let person = client.get(&format!("/v1/visits/{}", visited.visit)).await.expect(200)["resident_id"].as_str().unwrap().to_owned();
        let case = office.draft_for(&person, "nursing_subsidy").await;
        client.post(&format!("/v1/cases/{case}/recusals"), json!({"relation": "sibling"})).await.expect(201);
        office.refuses(&met(yes, yes, "''"), "recusal_required");
        office.refuses("UPDATE visit_transitions SET on_date = '2020-01-01'", "append_only");
        office.keeps(&[("visits", VISIT), ("visit_transitions", "*")]);
    }
}
