//! A petition stands where its history says and until when, and nobody handles their own; nor an application for legal aid.

use serde_json::json;

use super::{FRESH, TestOffice};
use crate::support::people::{VILLAGE, id_of};
use crate::support::{Backend, on_both};

/// All columns that are not generated.
const PETITION: &str = "id, petitioner, resident_id, name, contact, channel, category, body, case_id, complained_user_id,
    origin_organization_id, origin_code, organization_id, division_code, received_date, received_by, received_at, state, due_limit,
    due_date, objection_due_date, accepted_date, extension, extension_days, outcome, late_acts, last_transition";
const APPLICATION: &str = "id, resident_id, division_code, matter, statement, applied_date, filed_by, filed_at, means_check, means_basis,
    fixed_income, hardship, state, due_limit, due_date, lawyer, late_acts, last_transition";
const COUNTY: &str = "county.990121";

impl TestOffice {
    /// Nothing of it is deleted or replaced.
    fn stays(&self, tables: &[(&str, &str)]) {
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
                    "unique|append_only|petition_|recusal_required|legal_aid_separation",
                );
            }
        }
    }

    /// An entry of a petition that is in its first state, and where it then stands.
    fn petition_step(
        &self,
        of: &str,
        set: &str,
        [action, to, on, due, late]: [&str; 5],
        [next, next_due]: [&str; 2],
        more: &str,
    ) -> String {
        let (fresh, at) = (
            self.literal(&format!("{FRESH}00f1")),
            self.instant_literal(),
        );
        let late = self.truth(late == "late");
        format!("UPDATE petitions SET {set}, last_transition = 2 WHERE id = {of};
            INSERT INTO petition_transitions (id, petition_id, sequence, action, previous_sequence, from_state, to_state, on_date, due_date, late,
                next_limit, next_due_date, organization_id, extension_days, outcome, document_number, comment, actor_id, at)
            VALUES ({fresh}, {of}, 2, '{action}', 1, 'received', '{to}', '{on}', {due}, {late}, {next}, {next_due}, NULL, NULL, NULL, NULL, {more}, {at})")
    }
}

on_both! {
    async fn a_petition_stands_where_its_history_says(office: &TestOffice) {
        let heard = office.heard(VILLAGE).await;
        let of = office.literal(&heard.petition);
        let township = office.user("township.990121103").await;
        for (set, because) in [
            ("category = 'corruption'", "append_only"),
            ("complained_user_id = received_by", "append_only"),
            ("received_date = '2022-07-01'", "append_only"),
            ("due_date = '2030-01-01'", "append_only"),
            ("late_acts = 1", "append_only"),
            ("state = 'closed', due_limit = NULL, due_date = NULL, outcome = 'mediated', last_transition = 2", "foreign key"),
            ("state = 'accepted'", "append_only|check"),
            ("extension = 'asked', extension_days = 31, accepted_date = '2022-07-04', last_transition = 2", "check"),
        ] {
            office.refuses(&format!("UPDATE petitions SET {set} WHERE id = {of}"), because);
        }
        let accepted = "state = 'accepted', accepted_date = '2022-07-05', due_limit = 'petition_decision', due_date = '2022-09-03'";
        let next = ["'petition_decision'", "'2022-09-03'"];
        let by = format!("NULL, {township}");
        let step = |set: &str, said: [&str; 5], next: [&str; 2]| office.petition_step(&of, set, said, next, &by);
        // The day that was due is the one that was named, and lateness is reckoned.
        office.refuses(&step(accepted, ["accept", "accepted", "2022-07-05", "'2022-12-31'", "-"], next), "append_only");
        office.refuses(&step(accepted, ["accept", "accepted", "2022-07-05", "NULL", "-"], next), "check");
        office.refuses(&step(accepted, ["accept", "accepted", "2022-07-05", "'2022-07-19'", "late"], next), "append_only|check");
        office.refuses(&step(accepted, ["accept", "accepted", "2022-08-05", "'2022-07-19'", "-"], next), "append_only|check");
        let late = accepted.replace("2022-07-05", "2022-08-05");
        office.refuses(&step(&late, ["accept", "accepted", "2022-08-05", "'2022-07-19'", "late"], next), "append_only");
        office.refuses(&step(accepted, ["accept", "accepted", "2022-07-05", "'2022-07-19'", "-"], ["'petition_decision'", "'2023-09-03'"]), "append_only");
        office.refuses(&step(accepted, ["accept", "accepted", "2021-07-05", "'2022-07-19'", "-"], next), "append_only");
        office.refuses(&step(accepted, ["decide", "accepted", "2022-07-05", "'2022-07-19'", "-"], next), "append_only|check");
        office.refuses(&step("state = 'withdrawn', due_limit = NULL, due_date = NULL", ["withdraw", "withdrawn", "2022-07-05", "NULL", "-"], ["NULL", "NULL"]), "check");
        let whole = step(accepted, ["accept", "accepted", "2022-07-05", "'2022-07-19'", "-"], next);
        assert_eq!(office.sql(&format!("BEGIN; {whole}; COMMIT")), Ok(()));
        office.refuses(&format!("UPDATE petitions SET accepted_date = '2022-07-06', last_transition = 3 WHERE id = {of}"), "append_only");
        office.refuses("UPDATE petition_transitions SET on_date = '2020-01-01'", "append_only");
        office.stays(&[("petitions", PETITION), ("petition_transitions", "*")]);
    }

    async fn nobody_handles_what_is_their_own(office: &TestOffice) {
        let county = office.user(COUNTY).await;
        let accused = office.id_of_user(COUNTY).await;
        let about = office.receives("township.990121103", json!({"complained_user_id": accused})).await.expect(201);
        let case = office.rejected().await;
        let of_case = office.receives(COUNTY, json!({"case_id": case})).await.expect(201);
        let resident = office.resident().await;
        let of_kin = office.receives("township.990121103", json!({"resident_id": resident})).await.expect(201);
        let draft = office.draft_for(&resident, "nursing_subsidy").await;
        office.as_user(COUNTY).await.post(&format!("/v1/cases/{draft}/recusals"), json!({"relation": "sibling"})).await.expect(201);
        let next = ["'petition_decision'", "'2022-09-02'"];
        let accepted = "state = 'accepted', accepted_date = '2022-07-04', due_limit = 'petition_decision', due_date = '2022-09-02'";
        for (petition, because) in [(&about, "petition_complained"), (&of_case, "petition_complained"), (&of_kin, "recusal_required")] {
            let of = office.literal(&id_of(petition));
            let by = format!("NULL, {county}");
            office.refuses(&office.petition_step(&of, accepted, ["accept", "accepted", "2022-07-04", "'2022-07-19'", "-"], next, &by), because);
        }
        // Each level is another person's, and who asks for more time does not grant it.
        let received = office.receives("county.990122", json!({})).await.expect(201);
        let accepted = office.takes_on("county.990122", &received, json!({"action": "accept"})).await.expect(201);
        let more = json!({"action": "request_extension", "extension_days": 10, "comment": "情况复杂"});
        let asked = office.takes_on("county.990122", &accepted, more).await.expect(201);
        let of = office.literal(&id_of(&asked));
        let (clerk, approver) = (office.user("county.990122").await, office.user("approver.990122").await);
        let (fresh, at, no) = (office.literal(&format!("{FRESH}00f3")), office.instant_literal(), office.truth(false));
        let extend = |days: i32, due: &str, by: &str| format!(
            "UPDATE petitions SET extension = 'approved', extension_days = {days}, due_date = '{due}', last_transition = 4 WHERE id = {of};
             INSERT INTO petition_transitions (id, petition_id, sequence, action, previous_sequence, from_state, to_state, on_date, due_date, late,
                next_limit, next_due_date, organization_id, extension_days, outcome, document_number, comment, actor_id, at)
             VALUES ({fresh}, {of}, 4, 'approve_extension', 3, 'accepted', 'accepted', '2022-07-04', NULL, {no}, 'petition_decision', '{due}', NULL, NULL,
                NULL, NULL, NULL, {by}, {at})");
        office.refuses(&extend(10, "2022-09-12", &clerk), "petition_separation");
        office.refuses(&extend(10, "2022-09-30", &approver), "append_only");
        assert_eq!(office.sql(&format!("BEGIN; {}; COMMIT", extend(10, "2022-09-12", &approver))), Ok(()));
    }

    async fn legal_aid_is_granted_by_another_and_to_who_needs_it(office: &TestOffice) {
        let heard = office.heard(VILLAGE).await;
        let of = office.literal(&heard.application);
        for (set, because) in [
            ("means_check = 'required'", "append_only"),
            ("means_basis = '{}'", "append_only"),
            ("matter = 'other'", "append_only"),
            ("due_date = '2030-01-01'", "append_only"),
            ("state = 'withdrawn', due_limit = NULL, due_date = NULL, last_transition = 2", "foreign key"),
            ("state = 'closed', due_limit = NULL, due_date = NULL, last_transition = 2", "check"),
        ] {
            office.refuses(&format!("UPDATE legal_aid_applications SET {set} WHERE id = {of}"), because);
        }
        let (fresh, at, no) = (office.literal(&format!("{FRESH}00f4")), office.instant_literal(), office.truth(false));
        let grant = |due: &str, by: &str| format!(
            "UPDATE legal_aid_applications SET state = 'granted', due_limit = 'legal_aid_assignment', due_date = '2022-07-07', last_transition = 2 WHERE id = {of};
             INSERT INTO legal_aid_transitions (id, application_id, sequence, action, previous_sequence, from_state, to_state, on_date, due_date, late,
                next_limit, next_due_date, lawyer, hardship, document_number, comment, actor_id, at)
             VALUES ({fresh}, {of}, 2, 'grant', 1, 'applied', 'granted', '2022-07-04', '{due}', {no}, 'legal_aid_assignment', '2022-07-07', NULL, NULL, NULL, NULL, {by}, {at})");
        let (filer, county) = (office.user("township.990121103").await, office.user(COUNTY).await);
        office.refuses(&grant("2022-07-11", &filer), "legal_aid_separation");
        office.refuses(&grant("2022-07-12", &county), "append_only");
        assert_eq!(office.sql(&format!("BEGIN; {}; COMMIT", grant("2022-07-11", &county))), Ok(()));
        // Where means are checked, only who was found to need it.
        let resident = office.resident().await;
        let checked = office.applies_for_aid("township.990121103", &resident, true).await.expect(201);
        let checked = office.literal(&id_of(&checked));
        office.refuses(&grant("2022-07-11", &county).replace(&of, &checked), "check");
        office.refuses("UPDATE legal_aid_transitions SET on_date = '2020-01-01'", "append_only");
        office.stays(&[("legal_aid_applications", APPLICATION), ("legal_aid_transitions", "*")]);
    }
}
