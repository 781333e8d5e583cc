//! What becomes of a benefit, month by month.

use super::{FRESH, TestOffice};
use crate::support::Backend;
use crate::support::on_both;
use crate::support::people::{ELSEWHERE, id_of};

/// One more entry, the second, with where the enrollment then stands.
struct Entry<'a> {
    of: &'a str,
    action: &'a str,
    from: &'a str,
    to: &'a str,
    month: &'a str,
    stop: &'a str,
    reason: &'a str,
    actor: &'a str,
    sequence: i32,
}

impl Entry<'_> {
    fn entry(&self, office: &TestOffice) -> String {
        let Self {
            of,
            action,
            from,
            to,
            month,
            stop,
            reason,
            actor,
            sequence,
        } = self;
        let fresh = office.literal(&format!("{FRESH}008{sequence}"));
        let at = office.instant_literal();
        format!(
            "INSERT INTO enrollment_transitions (id, enrollment_id, sequence, action, previous_sequence, from_state, to_state,
                effective_month, stop_month, reason, actor_id, at)
             VALUES ({fresh}, {of}, {sequence}, '{action}', {sequence} - 1, '{from}', '{to}', '{month}', {stop}, '{reason}', {actor}, {at})"
        )
    }

    fn stands(&self) -> String {
        let Self {
            of,
            to,
            stop,
            sequence,
            ..
        } = self;
        format!(
            "UPDATE enrollments SET state = '{to}', stop_month = {stop}, last_transition = {sequence} WHERE id = {of}"
        )
    }

    fn whole(&self, office: &TestOffice) -> String {
        format!("{}; {}", self.stands(), self.entry(office))
    }
}

on_both! {
    async fn a_benefit_is_what_its_history_says_whatever_statement_is_written(office: &TestOffice) {
        let (case, enrollment) = office.beneficiary().await;
        let of = office.literal(&id_of(&enrollment));
        let county = office.user("county.990121").await;
        let suspend = || Entry {
            of: &of, action: "suspend", from: "active", to: "suspended", month: "2022-09", stop: "NULL", reason: "missing",
            actor: &county, sequence: 2,
        };
        let stop = || Entry { action: "stop", to: "stopped", stop: "'2022-08'", reason: "death", ..suspend() };
        for (entry, because) in [
            (Entry { action: "resume", to: "active", ..suspend() }, "check"),
            (Entry { to: "stopped", ..suspend() }, "check"),
            (Entry { from: "suspended", action: "resume", to: "active", ..suspend() }, "foreign key"),
            (Entry { action: "open", to: "active", ..suspend() }, "append_only|check"),
            (Entry { reason: "approved", ..suspend() }, "check"),
            (Entry { reason: "whim", ..suspend() }, "check"),
            (Entry { month: "2022-06", ..suspend() }, "append_only"),
            (Entry { stop: "'2022-08'", ..suspend() }, "check"),
            (Entry { stop: "NULL", ..stop() }, "check"),
            (Entry { stop: "'2022-09'", ..stop() }, "check"),
            (Entry { stop: "'2022-05'", month: "2022-06", ..stop() }, "append_only|check"),
            (Entry { sequence: 3, ..suspend() }, "foreign key"),
        ] {
            office.refuses(&entry.whole(office), because);
        }
        // It stands where its history leads, and nowhere else; no entry is written that it does not stand at.
        office.refuses(&suspend().stands(), "foreign key");
        office.refuses(&stop().stands(), "foreign key");
        office.refuses(&suspend().entry(office), "append_only");
        for change in ["state = 'suspended'", "state = 'stopped', stop_month = '2022-08'", "last_transition = 2"] {
            office.refuses(&format!("UPDATE enrollments SET {change}"), "foreign key");
        }
        for change in ["exclusive_key = 'other'", "last_transition = 0", "start_month = '2022-08'"] {
            office.refuses(&format!("UPDATE enrollments SET {change}"), "append_only");
        }
        office.refuses(&format!("{}; UPDATE enrollments SET stop_month = '2022-07' WHERE id = {of}", stop().whole(office)), "foreign key");
        // A program's group does not change under what runs.
        office.refuses("UPDATE programs SET exclusive_group = 'other' WHERE code = 'nursing_subsidy'", "foreign key");

        // Whoever is tied keeps off, and while they move all stands still.
        let friend = office.as_user("civil.990121").await;
        friend.post(&format!("/v1/cases/{case}/recusals"), serde_json::json!({"relation": "friend_or_interest"})).await.expect(201);
        let civil = office.user("civil.990121").await;
        office.refuses(&Entry { actor: &civil, ..suspend() }.whole(office), "recusal_required");
        let resident = enrollment["resident_id"].as_str().unwrap();
        let transfer = office.transfers(resident, ELSEWHERE).await.expect(201);
        office.refuses(&suspend().whole(office), "resident_in_transfer");
        let path = format!("/v1/transfers/{}/transitions", id_of(&transfer));
        let body = serde_json::json!({"action": "cancel", "comment": "不再迁居"});
        office.as_user("county.990121").await.post_seen(&path, 1, body).await.expect(201);

        // What ended may have ended earlier, and nothing else becomes of it.
        office.sql(&format!("BEGIN; {}; COMMIT", stop().whole(office))).unwrap();
        let again = |month, stop| Entry { from: "stopped", action: "stop", to: "stopped", month, stop, sequence: 3, ..suspend() };
        office.refuses(&again("2022-09", "'2022-08'").whole(office), "append_only");
        office.refuses(&again("2022-10", "'2022-09'").whole(office), "append_only");
        office.refuses(&Entry { from: "stopped", action: "resume", to: "active", sequence: 3, ..suspend() }.whole(office), "append_only|check");
        office.sql(&format!("BEGIN; {}; COMMIT", again("2022-07", "'2022-06'").whole(office))).unwrap();
        office.refuses("UPDATE enrollment_transitions SET comment = comment", "append_only");
        office.refuses("DELETE FROM enrollment_transitions", "append_only");
        if office.backend == Backend::Postgres {
            office.refuses("TRUNCATE enrollment_transitions CASCADE", "append_only");
        }
    }
}
