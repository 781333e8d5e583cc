//! What goes from one office to another.

use super::{Entry, FRESH, REVIEW, TestOffice};
use crate::support::Backend;
use crate::support::on_both;
use crate::support::people::{ELSEWHERE, id_of};

/// One more entry of a referral's or a transfer's history, the second.
struct Turn<'a> {
    of: (&'a str, &'a str),
    /// None of a transfer, whose ends are told by the action.
    side: Option<&'a str>,
    action: &'a str,
    from: &'a str,
    to: &'a str,
    actor: &'a str,
    comment: &'a str,
}

impl Turn<'_> {
    fn sql(&self, office: &TestOffice) -> String {
        let Self {
            of: (kind, id),
            action,
            from,
            to,
            actor,
            comment,
            ..
        } = self;
        let fresh = office.literal(&format!("{FRESH}0060"));
        let at = office.instant_literal();
        let (side, value) = match self.side {
            Some(side) => ("side, ", format!("'{side}', ")),
            None => ("", String::new()),
        };
        format!(
            "INSERT INTO {kind}_transitions (id, {kind}_id, sequence, action, {side}previous_sequence, from_state, to_state,
                actor_id, comment, at)
             VALUES ({fresh}, {id}, 2, '{action}', {value}1, '{from}', '{to}', {actor}, {comment}, {at})"
        )
    }

    /// With where it then stands.
    fn whole(&self, office: &TestOffice) -> String {
        let (kind, id) = self.of;
        let to = self.to;
        let taken_over = match (kind, to) {
            ("transfer", "accepted") => ", taken_over = reason",
            _ => "",
        };
        let stands = format!(
            "UPDATE {kind}s SET state = '{to}', last_transition = 2{taken_over} WHERE id = {id}; "
        );
        stands + &self.sql(office)
    }
}

impl TestOffice {
    pub(super) fn grown_only(&self, table: &str, change: &str) {
        self.refuses(&format!("UPDATE {table} SET {change}"), "append_only");
        self.refuses(&format!("DELETE FROM {table}"), "append_only");
        match self.backend {
            Backend::Postgres => {
                self.refuses(&format!("TRUNCATE {table} CASCADE"), "append_only");
            }
            Backend::Sqlite => {
                let columns = self.text(&format!(
                    "SELECT group_concat(name) AS one FROM pragma_table_info('{table}')"
                ));
                let replace = format!(
                    "INSERT OR REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}"
                );
                self.refuses(&replace, "unique");
            }
        }
    }
}

on_both! {
    async fn nobody_answers_a_referral_for_the_other_side_whatever_statement_is_written(office: &TestOffice) {
        let center = office.institution("worker.center", "990121").await;
        let case = office.draft().await;
        let offered = office.refers("township.990121103", &case, &center).await.expect(201);
        let id = office.literal(&id_of(&offered));
        let offerer = office.user("township.990121103").await;
        let stranger = office.user("county.990121").await;
        let worker = office.user("worker.center").await;
        let turn = |action, side, to, actor, comment| Turn {
            of: ("referral", &id), side: Some(side), action, from: "offered", to, actor, comment,
        };
        for (turn, because) in [
            (turn("accept", "receiving", "accepted", &offerer, "NULL"), "referral_side"),
            (turn("accept", "receiving", "accepted", &stranger, "NULL"), "referral_side"),
            (turn("accept", "offering", "accepted", &offerer, "NULL"), "check"),
            (turn("accept", "receiving", "done", &worker, "NULL"), "check"),
            (turn("complete", "receiving", "done", &worker, "purpose"), "check|column"),
            (turn("decline", "receiving", "declined", &worker, "NULL"), "check"),
            (turn("cancel", "receiving", "cancelled", &worker, "NULL"), "check"),
            (turn("cancel", "offering", "cancelled", &offerer, "NULL"), "check"),
            (turn("forget", "offering", "cancelled", &offerer, "NULL"), "check"),
            (Turn { from: "accepted", ..turn("complete", "receiving", "done", &worker, "purpose") }, "foreign key|column"),
        ] {
            let sealed = format!("(SELECT purpose FROM referrals WHERE id = {id})");
            office.refuses(&turn.whole(office).replace("purpose", &sealed), because);
        }
        // Nor does it stand where its history does not lead.
        for change in ["state = 'accepted'", "last_transition = 2", "state = 'done', last_transition = 2"] {
            office.refuses(&format!("UPDATE referrals SET {change}"), "foreign key");
        }
        for change in ["to_organization_id = from_organization_id", "case_id = resident_id", "due_date = NULL", "last_transition = 0", "purpose = substr(purpose, 1, 5)"] {
            office.refuses(&format!("UPDATE referrals SET {change}"), "append_only|type");
        }
        office.refuses("UPDATE referrals SET division_code = '990122103201'", "foreign key");
        office.grown_only("referrals", "offered_by = to_organization_id");
        office.grown_only("referral_transitions", "comment = comment");
        office.sql(&format!("BEGIN; {}; COMMIT", turn("accept", "receiving", "accepted", &worker, "NULL").whole(office))).unwrap();
    }

    async fn who_is_in_transfer_stands_still_whatever_statement_is_written(office: &TestOffice) {
        let case = office.case_at("initial_review").await;
        let county = office.as_user("county.990121").await;
        let resident = county.get(&format!("/v1/cases/{case}")).await.expect(200)["resident_id"].as_str().unwrap().to_owned();
        office.transfers(&resident, ELSEWHERE).await.expect(201);
        let (case, resident) = (office.literal(&case), office.literal(&resident));
        let filer = office.user("township.990121103").await;
        let withdraw = Entry {
            case: &case, action: "withdraw", from: REVIEW, to: ("withdrawn", ""), round: 1, actor: &filer, duty: "filing",
        };
        office.refuses(&withdraw.sql(office), "resident_in_transfer");
        office.refuses(&format!("UPDATE residents SET division_code = '990121103202' WHERE id = {resident}"), "resident_in_transfer");
        let columns = "service, program_code, program_version_id, resident_id, division_code, state, round,
            last_transition, details, eligibility, version, created_by, created_at, updated_at";
        let id = office.literal(&format!("{FRESH}0061"));
        office.refuses(&format!("INSERT INTO cases (id, case_number, {columns}) SELECT {id}, 'x', {columns} FROM cases"), "resident_in_transfer");
        // There is one at a time, of who is there.
        let columns = "resident_id, to_division_code, reason, moved_date, offered_by, offered_at, state, last_transition";
        let copy = |from: &str| format!("INSERT INTO transfers (id, from_division_code, {columns}) SELECT {id}, {from}, {columns} FROM transfers");
        office.refuses(&copy("from_division_code"), "unique");
        office.refuses(&copy("'990121103202'"), "transfer_from_elsewhere|unique");
        office.refuses(&copy("to_division_code"), "check|transfer_from_elsewhere|unique");
    }

    async fn what_is_transferred_moves_as_a_whole_and_as_it_was_whatever_statement_is_written(office: &TestOffice) {
        let approved = office.case_at("approval").await;
        office.as_user("approver.990121").await.act(&approved, "approve").await.expect(201);
        let county = office.as_user("county.990121").await;
        let resident = county.get(&format!("/v1/cases/{approved}")).await.expect(200)["resident_id"].as_str().unwrap().to_owned();
        for table in ["residents", "cases", "enrollments"] {
            office.refuses(&format!("UPDATE {table} SET division_code = '{ELSEWHERE}'"), "not_transferred|append_only");
        }
        let offered = office.transfers(&resident, ELSEWHERE).await.expect(201);
        let transfer = office.literal(&id_of(&offered));
        let offerer = office.user("county.990121").await;
        let receiver = office.user("county.990122").await;
        let accept = |actor| Turn {
            of: ("transfer", &transfer), side: None, action: "accept", from: "offered", to: "accepted", actor, comment: "NULL",
        };
        let stands = accept(&receiver).whole(office);
        let (accepted, entry) = stands.split_once("; ").unwrap();
        let resident = format!("UPDATE residents SET division_code = '{ELSEWHERE}'");
        let [case, at] = [&office.literal(&approved), office.instant_literal()];
        let id = office.literal(&format!("{FRESH}0062"));
        let transition = |to: &str| format!(
            "INSERT INTO case_transitions (id, case_id, sequence, round, action, previous_sequence, previous_round, from_state, to_state, actor_id, at)
             SELECT {id}, id, last_transition, round, 'transfer', last_transition - 1, round, 'approved', '{to}', {receiver}, {at} FROM cases WHERE id = {case}"
        );
        let moved = |more: &str| format!("UPDATE cases SET division_code = '{ELSEWHERE}', last_transition = last_transition + 1{more} WHERE id = {case}");
        let enrollment = |more: &str| format!("UPDATE enrollments SET division_code = '{ELSEWHERE}'{more}");
        let all = |parts: &[&str]| parts.join("; ");
        let whole = [accepted, &resident, &moved(""), &transition("approved"), &enrollment(""), entry];

        // Nobody accepts their own, and nothing is left behind.
        office.refuses(&all(&whole).replace(&receiver, &offerer), "transfer_side");
        for left_out in [1, 4] {
            let mut parts = whole.to_vec();
            parts.remove(left_out);
            office.refuses(&all(&parts), "transfer_in_part");
        }
        office.refuses(&all(&[accepted, &resident, &enrollment(""), entry]), "transfer_in_part");
        office.refuses(&all(&[accepted, &resident, &moved(""), &enrollment(""), entry]), "foreign key");
        office.refuses(&all(&[accepted, &resident, &enrollment("")]), "foreign key");
        office.refuses(&all(&[&resident, &enrollment(""), entry]), "resident_in_transfer|not_transferred");
        // A case stands as it stood, and what is paid is the same.
        let change = |place: usize, part: &str| {
            let mut parts = whole.to_vec();
            parts[place] = part;
            all(&parts)
        };
        office.refuses(&change(2, &moved(", state = 'terminated'")), "not_transferred");
        office.refuses(&change(2, &moved(", due_date = '2023-01-01'")), "not_transferred");
        office.refuses(&change(2, &format!("UPDATE cases SET division_code = '{ELSEWHERE}' WHERE id = {case}")), "not_transferred");
        office.refuses(&change(2, &moved("").replace(ELSEWHERE, "990122103202")), "not_transferred");
        office.refuses(&change(3, &transition("terminated")), "check");
        for more in [", state = 'suspended'", ", rate_fen = rate_fen + 1", ", start_month = '2022-08'", ", stop_month = '2022-08'"] {
            office.refuses(&change(4, &enrollment(more)), "append_only|check");
        }
        office.refuses(&all(&[&all(&whole[..5]), &format!("UPDATE transfers SET state = 'offered', taken_over = NULL, last_transition = 1 WHERE id = {transfer}")]), "append_only");
        for change in ["state = 'accepted'", "state = 'cancelled', last_transition = 2", "taken_over = reason"] {
            office.refuses(&format!("UPDATE transfers SET {change}"), "foreign key|check");
        }
        let declined = Turn { action: "decline", to: "declined", ..accept(&receiver) };
        office.refuses(&declined.whole(office), "check");

        office.sql(&format!("BEGIN; {}; COMMIT", all(&whole))).unwrap();
        // What was once accepted moves nobody again.
        office.refuses(&format!("UPDATE residents SET division_code = '{}'", crate::support::people::VILLAGE), "not_transferred");
        office.refuses(&format!("UPDATE enrollments SET division_code = '{}'", crate::support::people::VILLAGE), "append_only");
        office.grown_only("transfers", "moved_date = '2022-01-01'");
        office.grown_only("transfer_transitions", "comment = comment");
    }
}
