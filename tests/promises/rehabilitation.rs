//! What an institution and an office agree, do with a child, and settle.

use super::{FRESH, TestOffice};
use crate::support::on_both;
use crate::support::people::VILLAGE;
use crate::support::rehabilitation::{APPROVER, COUNTY, Treated, WORKER};

impl TestOffice {
    async fn treated_here(&self) -> (String, Treated) {
        let institution = self.institution(WORKER, "990121").await;
        let treated = self.treated(VILLAGE, &institution).await;
        (self.literal(&institution), treated)
    }

    fn columns_of(&self, table: &str) -> String {
        match self.backend {
            crate::support::Backend::Sqlite => self.text(&format!(
                "SELECT group_concat(name) AS one FROM pragma_table_info('{table}')"
            )),
            crate::support::Backend::Postgres => self.text(&format!(
                "SELECT string_agg(column_name::text, ',') AS one FROM information_schema.columns
                 WHERE table_name = '{table}' AND is_generated = 'NEVER'"
            )),
        }
    }

    /// The rows of a table once more, with other values.
    pub(super) fn again(&self, table: &str, change: &[(&str, &str)], of: &str) -> String {
        let columns = self.columns_of(table);
        let values: Vec<_> = columns
            .split(',')
            .map(|column| {
                let other = change.iter().find(|(name, _)| *name == column);
                other.map_or(column.to_owned(), |(_, value)| (*value).to_owned())
            })
            .collect();
        format!(
            "INSERT INTO {table} ({columns}) SELECT {} FROM {table} WHERE {of}",
            values.join(",")
        )
    }
}

on_both! {
    async fn an_agreement_is_signed_by_another_and_holds_alone(office: &TestOffice) {
        office.treated_here().await;
        let user = office.user(APPROVER).await;
        let clerk = office.user(COUNTY).await;
        let worker = office.user(WORKER).await;
        let fresh = office.literal(&format!("{FRESH}0070"));
        let at = office.instant_literal();
        let next = office.again("institution_agreements", &[("id", &fresh), ("signed_by", "NULL"), ("signed_at", "NULL"),
            ("valid_from", "'2022-12-31'"), ("valid_to", "'2023-12-31'"), ("proposed_by", &worker)], "signed_by IS NOT NULL");
        let sign = |who: &str| format!("{next}; UPDATE institution_agreements SET signed_by = {who}, signed_at = {at} WHERE id = {fresh}");
        office.refuses(&sign(&worker), "check|institution_own|agreement_overlaps");
        office.refuses(&sign(&clerk), "institution_own|agreement_overlaps");
        office.refuses(&sign(&user), "agreement_overlaps");
        let signed = office.again("institution_agreements", &[("id", &fresh)], "signed_by IS NOT NULL");
        office.refuses(&signed, "append_only");
        for change in ["capacity = 99", "valid_to = '2029-01-01'", "signed_by = NULL, signed_at = NULL"] {
            office.refuses(&format!("UPDATE institution_agreements SET {change}"), "append_only");
        }
        office.refuses("UPDATE institutions SET service_types = 'autism'", "append_only");
        office.refuses("UPDATE institutions SET state = 'terminated'", "foreign key");
        office.grown_only("institution_transitions", "comment = '无'");
        office.refuses("DELETE FROM institutions", "append_only");
        office.refuses("DELETE FROM institution_agreements", "append_only");
    }

    async fn a_plan_stays_as_chosen_and_its_state_is_its_history(office: &TestOffice) {
        let (institution, treated) = office.treated_here().await;
        let plan = office.literal(&treated.plan);
        for change in ["start_date = '2022-01-01'", "place = 7", "service_type = 'autism'", "end_date = '2023-01-01'"] {
            office.refuses(&format!("UPDATE rehabilitation_plans SET {change} WHERE id = {plan}"), "append_only|check");
        }
        office.refuses(&format!("UPDATE rehabilitation_plans SET state = 'ended', end_date = '2030-01-01', last_transition = 2 WHERE id = {plan}"), "foreign key");
        let (fresh, user, at) = (office.literal(&format!("{FRESH}0071")), office.user(WORKER).await, office.instant_literal());
        let entry = |action: &str, to: &str| format!(
            "INSERT INTO rehabilitation_plan_transitions (id, plan_id, sequence, action, previous_sequence, from_state, to_state, actor_id, comment, at)
             VALUES ({fresh}, {plan}, 2, '{action}', 1, 'active', '{to}', {user}, NULL, {at})");
        office.refuses(&entry("complete", "completed"), "append_only");
        let completed = format!("UPDATE rehabilitation_plans SET state = 'completed', end_date = start_date, outcome = 'none', last_transition = 2 WHERE id = {plan}");
        office.refuses(&format!("{completed}; {}", entry("complete", "completed")), "plan_not_assessed");
        office.refuses(&format!("{completed}; {}", entry("end", "ended")), "check");
        // A second one at once, of a case that is not approved, or in an institution that has no place.
        let second = office.again("rehabilitation_plans", &[("id", &fresh), ("last_transition", "1")], "1 = 1");
        office.refuses(&second, "unique");
        let draft = office.literal(&office.draft().await);
        let resident = format!("(SELECT resident_id FROM cases WHERE id = {draft})");
        let other = office.again("rehabilitation_plans", &[("id", &fresh), ("case_id", &draft), ("resident_id", &resident)], "1 = 1");
        office.refuses(&other, "plan_case");
        office.refuses(&format!("UPDATE institutions SET last_place = -1 WHERE organization_id = {institution}"), "append_only|check");
        office.grown_only("rehabilitation_plan_transitions", "at = at");
        office.grown_only("rehabilitation_assessments", "score = 1");
        office.refuses("DELETE FROM rehabilitation_plans", "append_only");
    }

    async fn a_session_is_one_at_a_time_confirmed_once_and_settled_once(office: &TestOffice) {
        let (_institution, treated) = office.treated_here().await;
        let session = office.literal(&treated.session);
        let fresh = office.literal(&format!("{FRESH}0072"));
        let of = format!("id = {session}");
        office.refuses(&office.again("rehabilitation_sessions", &[("id", &fresh)], &of), "session_at_once");
        let clerk = office.user(COUNTY).await;
        office.refuses(&office.again("rehabilitation_sessions", &[("id", &fresh), ("recorded_by", &clerk)], &of), "session_outside|session_at_once");
        office.refuses(&office.again("rehabilitation_sessions", &[("id", &fresh), ("session_date", "'2022-01-01'")], &of), "session_outside|session_at_once");
        office.refuses(&office.again("rehabilitation_sessions", &[("id", &fresh), ("recorded_at", "started_at")], &of), "check|session_at_once");
        for change in ["minutes = 60", "therapist = '某'", "started_at = ended_at", "month = '2022-01'"] {
            office.refuses(&format!("UPDATE rehabilitation_sessions SET {change} WHERE id = {session}"), "append_only");
        }
        // What is not confirmed is not settled, and what is settled is neither voided nor settled again.
        let line = office.literal(&treated.line);
        office.refuses(&format!("UPDATE rehabilitation_sessions SET settlement_line_id = {line} WHERE id = {session}"), "check|session_settled");
        let settled = format!("settlement_line_id = {line}");
        let at = office.instant_literal();
        office.refuses(&format!("UPDATE rehabilitation_sessions SET void_reason = guardian_name, voided_by = {clerk}, voided_at = {at} WHERE {settled}"), "check");
        office.refuses(&format!("UPDATE rehabilitation_sessions SET settlement_line_id = NULL WHERE {settled}"), "session_settled");
        office.refuses(&format!("UPDATE rehabilitation_sessions SET confirmed_date = '2030-01-01' WHERE {settled}"), "append_only");
        office.refuses("DELETE FROM rehabilitation_sessions", "append_only");
    }

    async fn nobody_has_a_hand_in_what_is_done_with_their_own(office: &TestOffice) {
        let (_institution, treated) = office.treated_here().await;
        let plan = office.literal(&treated.plan);
        let (fresh, other, at) = (office.literal(&format!("{FRESH}0074")), office.literal(&format!("{FRESH}0075")), office.instant_literal());
        let worker = office.user("therapist.990121").await;
        let tied = format!("INSERT INTO user_relations (id, user_id, resident_id, relation, declared_at)
            SELECT {other}, {worker}, resident_id, 'sibling', {at} FROM rehabilitation_plans WHERE id = {plan}; ");
        let session = office.literal(&treated.session);
        let ended = |comment: &str| format!(
            "UPDATE rehabilitation_plans SET state = 'ended', end_date = start_date, last_transition = 2 WHERE id = {plan};
             INSERT INTO rehabilitation_plan_transitions (id, plan_id, sequence, action, previous_sequence, from_state, to_state, actor_id, comment, at)
             VALUES ({fresh}, {plan}, 2, 'end', 1, 'active', 'ended', {worker}, {comment}, {at})");
        let comment = format!("(SELECT goals FROM rehabilitation_plans WHERE id = {plan})");
        office.refuses(&format!("{tied}{}", ended(&comment)), "recusal_required");
        let assessed = office.again("rehabilitation_assessments", &[("id", &fresh)], "1 = 1");
        office.refuses(&format!("{tied}{assessed}"), "recusal_required");
        office.refuses(
            &format!("{tied}UPDATE rehabilitation_sessions SET void_reason = {comment}, voided_by = {worker}, voided_at = {at}, version = version + 1 WHERE id = {session}"),
            "recusal_required",
        );
        // A settlement is checked at an office of the place; there it is seen that nothing is owed by it yet.
        let settlement = office.literal(&treated.settlement);
        for (name, refusal) in [
            ("county.990122", "settlement_side"), ("auditor.990121", "settlement_side"), ("township.990121103", "settlement_side"),
            (COUNTY, "settlement_sums"),
        ] {
            let who = office.user(name).await;
            let step = format!("UPDATE settlements SET state = 'checked', last_transition = 2, checked_by = {who} WHERE id = {settlement};
                INSERT INTO settlement_transitions (id, settlement_id, sequence, action, previous_sequence, from_state, to_state, actor_id, comment, at)
                VALUES ({fresh}, {settlement}, 2, 'check', 1, 'proposed', 'checked', {who}, NULL, {at})");
            office.refuses(&step, refusal);
        }
    }

    async fn a_case_is_not_done_while_a_plan_is_under_way(office: &TestOffice) {
        let (_institution, treated) = office.treated_here().await;
        let case = office.literal(&treated.case);
        let done = |id: &str| format!("UPDATE cases SET state = 'completed' WHERE id = {id}");
        office.refuses(&done(&case), "rehabilitation_unfinished");
        let care = office.care(VILLAGE).await;
        let needed = office.literal(&care.service);
        office.refuses(&done(&format!("(SELECT case_id FROM rehabilitation_services WHERE id = {needed})")), "rehabilitation_unfinished");
    }

    async fn a_cap_is_what_its_lines_leave_and_nobody_checks_their_own(office: &TestOffice) {
        let (institution, treated) = office.treated_here().await;
        for change in ["settled_fen = 0", "cap_fen = cap_fen + 1", "settled_fen = settled_fen + 1", "settled_fen = cap_fen + 1"] {
            office.refuses(&format!("UPDATE rehabilitation_caps SET {change}"), "append_only|check");
        }
        let (settlement, line) = (office.literal(&treated.settlement), office.literal(&treated.line));
        let fresh = office.literal(&format!("{FRESH}0073"));
        // A line more, another amount, one taken back by hand.
        office.refuses(&office.again("settlement_lines", &[("id", &fresh)], "1 = 1"), "settlement_line|unique");
        office.refuses("UPDATE settlement_lines SET amount_fen = 1", "append_only|check");
        office.refuses("UPDATE settlement_lines SET state = 'dropped'", "settlement_line");
        let (clerk, worker, at) = (office.user(COUNTY).await, office.user("therapist.990121").await, office.instant_literal());
        office.refuses(&format!("UPDATE settlement_lines SET state = 'reversed', reversed_by = {clerk}, reversed_at = {at}, reversal_reason = '无效' WHERE id = {line}"), "settlement_line");
        let step = |action: &str, to: &str, who: &str| {
            let checker = if action == "check" { format!(", checked_by = {who}") } else { String::new() };
            format!("UPDATE settlements SET state = '{to}', last_transition = 2{checker} WHERE id = {settlement};
                INSERT INTO settlement_transitions (id, settlement_id, sequence, action, previous_sequence, from_state, to_state, actor_id, comment, at)
                VALUES ({fresh}, {settlement}, 2, '{action}', 1, 'proposed', '{to}', {who}, '无', {at})")
        };
        office.refuses(&step("check", "checked", &worker), "check|settlement_own|settlement_side");
        office.refuses(&step("withdraw", "withdrawn", &clerk), "settlement_side|settlement_line");
        office.refuses(&step("return", "returned", &worker), "settlement_own|settlement_side");
        office.refuses(&step("return", "returned", &clerk), "settlement_line");
        office.refuses(&step("return", "checked", &clerk), "check");
        office.refuses(&format!("UPDATE settlements SET amount_fen = 1 WHERE id = {settlement}"), "append_only");
        let owed = format!("INSERT INTO settlement_deductions (line_id, organization_id, division_code, amount_fen, taken_fen, opened_at)
            VALUES ({line}, {institution}, '990121000000', 12000, 0, {at})");
        office.refuses(&owed, "settlement_line");
        office.grown_only("settlement_transitions", "at = at");
        for table in ["rehabilitation_caps", "settlements", "settlement_lines"] {
            office.refuses(&format!("DELETE FROM {table}"), "append_only");
        }
    }
}
