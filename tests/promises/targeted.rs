//! What somebody needs and is provided with, and what a screening found.

use serde_json::json;

use super::{FRESH, TestOffice};
use crate::support::people::VILLAGE;
use crate::support::{Backend, on_both};

/// All columns that are not generated.
const SERVICE: &str = "id, case_id, resident_id, division_code, program_code, kind, need, opened_by, opened_at, state,
    assessor_organization_id, provider_organization_id, delivered_date, result, last_transition";
const SCREENING: &str = "id, resident_id, division_code, kind, screened_date, result, deadline_id, referral_id, recorded_by,
    recorded_at, state, due_date, last_transition";

impl TestOffice {
    /// Nothing of these tables is deleted or replaced.
    pub(super) fn keeps(&self, tables: &[(&str, &str)]) {
        for (table, columns) in tables {
            self.refuses(&format!("DELETE FROM {table}"), "append_only");
            if self.backend == Backend::Postgres {
                self.refuses(&format!("TRUNCATE {table} CASCADE"), "append_only");
            } else {
                let into = match *columns {
                    "*" => String::new(),
                    named => format!("({named})"),
                };
                self.refuses(
                    &format!("INSERT OR REPLACE INTO {table} {into} SELECT {columns} FROM {table}"),
                    "unique|rehabilitation_case|append_only|activity_attended|visit_open|resident_merged",
                );
            }
        }
    }
}

on_both! {
    async fn a_service_is_what_its_history_says(office: &TestOffice) {
        let care = office.care(VILLAGE).await;
        let of = office.literal(&care.service);
        let (county, at) = (office.user("county.990121").await, office.instant_literal());
        let [fresh, other] = ["00d1", "00d2"].map(|end| office.literal(&format!("{FRESH}{end}")));
        let federation = "(SELECT min(id) FROM organizations)";
        let federation = if office.backend == Backend::Sqlite { federation } else { "(SELECT id FROM organizations LIMIT 1)" };
        for (sql, because) in [
            ("kind = 'vision'", "append_only"),
            ("delivered_date = '2022-07-01'", "append_only"),
            ("state = 'assessed'", "append_only|check"),
            ("state = 'cancelled', last_transition = 2", "foreign key"),
            ("state = 'cancelled', last_transition = 3", "append_only"),
        ] {
            office.refuses(&format!("UPDATE rehabilitation_services SET {sql} WHERE id = {of}"), because);
        }
        office.refuses(&format!("UPDATE rehabilitation_services SET state = 'delivered', last_transition = 2, assessor_organization_id = {federation},
            provider_organization_id = {federation}, delivered_date = '2022-07-01' WHERE id = {of}"), "append_only|two_organizations|check");
        // An entry says what its service says, follows where it stood, and is nobody's who is tied.
        let entry = |action: &str, to: &str, more: &str| format!(
            "UPDATE rehabilitation_services SET state = '{to}', last_transition = 2 WHERE id = {of};
             INSERT INTO rehabilitation_service_transitions (id, service_id, sequence, action, previous_sequence, from_state, to_state, on_date,
                organization_id, performer, result, comment, actor_id, at)
             VALUES ({fresh}, {of}, 2, '{action}', 1, 'needed', '{to}', {more}, {county}, {at})");
        let said = office.blob("00");
        office.refuses(&entry("cancel", "cancelled", "'2022-07-04', NULL, NULL, NULL, NULL"), "check");
        office.refuses(&entry("cancel", "cancelled", &format!("'2020-07-04', NULL, NULL, NULL, {said}")), "append_only");
        office.refuses(&entry("conclude", "concluded", "'2022-07-04', NULL, NULL, 'effective', NULL"), "check");
        let draft = office.draft_for(&office.resident().await, "targeted_rehabilitation").await;
        let draft = office.literal(&draft);
        office.refuses(&format!("INSERT INTO rehabilitation_services ({SERVICE})
            SELECT {fresh}, c.id, c.resident_id, c.division_code, c.program_code, 'hearing', {said}, {county}, {at}, 'needed', NULL, NULL, NULL, NULL, 1
            FROM cases c WHERE c.id = {draft}"), "rehabilitation_case");
        office.refuses(&format!("INSERT INTO rehabilitation_services ({SERVICE})
            SELECT {other}, case_id, resident_id, division_code, program_code, kind, need, opened_by, opened_at, 'needed', NULL, NULL, NULL, NULL, 1
            FROM rehabilitation_services WHERE id = {of}"), "unique");
        let client = office.as_user("county.990121").await;
        let case = client.get(&format!("/v1/rehabilitation-services/{}", care.service)).await.expect(200)["case_id"].as_str().unwrap().to_owned();
        client.post(&format!("/v1/cases/{case}/recusals"), json!({"relation": "sibling"})).await.expect(201);
        office.refuses(&entry("cancel", "cancelled", &format!("'2030-07-04', NULL, NULL, NULL, {said}")), "recusal_required");
        office.refuses("UPDATE rehabilitation_service_transitions SET on_date = '2020-01-01'", "append_only");
        office.keeps(&[("rehabilitation_services", SERVICE), ("rehabilitation_service_transitions", "*")]);
    }

    async fn nobody_gives_a_screening_another_deadline(office: &TestOffice) {
        let care = office.care(VILLAGE).await;
        let of = office.literal(&care.screening);
        let (county, at) = (office.user("county.990121").await, office.instant_literal());
        let [fresh, other] = ["00e1", "00e2"].map(|end| office.literal(&format!("{FRESH}{end}")));
        for (sql, because) in [
            ("due_date = '2030-01-01'", "append_only"),
            ("result = 'negative'", "append_only|check"),
            ("division_code = '990122103201'", "append_only"),
            ("state = 'ended', due_date = NULL", "append_only"),
            ("state = 'ended', due_date = NULL, last_transition = 2", "foreign key"),
        ] {
            office.refuses(&format!("UPDATE screenings SET {sql} WHERE id = {of}"), because);
        }
        let again = |id: &str, day: &str, due: &str, place: &str| format!("INSERT INTO screenings ({SCREENING})
            SELECT {id}, resident_id, {place}, kind, '{day}', result, deadline_id, NULL, recorded_by, recorded_at, 'diagnosis_due', '{due}', 1
            FROM screenings WHERE id = {of}");
        office.refuses(&again(&fresh, "2022-07-02", "2022-12-31", "division_code"), "append_only");
        office.refuses(&again(&fresh, "2022-07-02", "2022-08-01", "'990122103201'"), "append_only");
        office.refuses(&again(&fresh, "2022-07-01", "2022-07-31", "division_code"), "unique");
        let entry = |action: &str, to: &str, due: &str, more: &str| format!(
            "UPDATE screenings SET state = '{to}', due_date = {due}, last_transition = 2 WHERE id = {of};
             INSERT INTO screening_transitions (id, screening_id, sequence, action, previous_sequence, from_state, to_state, on_date, place,
                case_id, service_id, comment, actor_id, at)
             VALUES ({other}, {of}, 2, '{action}', 1, 'diagnosis_due', '{to}', {more}, {county}, {at})");
        let said = office.blob("00");
        let confirmed = |due| entry("confirm", "intervention_due", due, &format!("'2022-07-02', '县医院', NULL, NULL, {said}"));
        office.refuses(&confirmed("'2022-10-01'"), "append_only");
        office.refuses(&entry("end", "ended", "NULL", "'2022-07-02', NULL, NULL, NULL, NULL"), "check");
        // Whoever is helped is the one who was screened.
        let whole = format!("BEGIN; {}; COMMIT", confirmed("'2022-08-31'"));
        assert_eq!(office.sql(&whole), Ok(()));
        let stranger = office.literal(&office.draft().await);
        office.refuses(&format!("UPDATE screenings SET state = 'in_intervention', due_date = NULL, last_transition = 3 WHERE id = {of};
            INSERT INTO screening_transitions (id, screening_id, sequence, action, previous_sequence, from_state, to_state, on_date, place,
                case_id, service_id, comment, actor_id, at)
            VALUES ({fresh}, {of}, 3, 'begin_intervention', 2, 'intervention_due', 'in_intervention', '2022-07-03', NULL, {stranger}, NULL, NULL, {county}, {at})"),
            "append_only");
        office.refuses("UPDATE screening_transitions SET on_date = '2020-01-01'", "append_only");
        office.refuses("UPDATE screening_deadlines SET positive_days = 365", "append_only");
        office.keeps(&[("screenings", SCREENING), ("screening_transitions", "*"), ("screening_deadlines", "*")]);
    }
}
