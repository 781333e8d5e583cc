//! One dwelling once, who builds and who inspects, and what is owed for it.

use serde_json::{Value, json};

use super::{FRESH, TestOffice};
use crate::support::people::{ELSEWHERE, VILLAGE, id_of};
use crate::support::renovations::PROJECTS;
use crate::support::{Backend, on_both};

const TOWNSHIP: &str = "township.990121103";
const COUNTY: &str = "county.990121";

/// Of a project that only begins.
const BEGINS: [(&str, &str); 21] = [
    ("household_id", "NULL"),
    ("assessing_organization_id", "NULL"),
    ("assessor", "NULL"),
    ("assessed_date", "NULL"),
    ("budget_fen", "NULL"),
    ("design", "NULL"),
    ("consented_by", "NULL"),
    ("consent_relation", "NULL"),
    ("consented_date", "NULL"),
    ("consent_document_id", "NULL"),
    ("notice_from", "NULL"),
    ("notice_until", "NULL"),
    ("contractor_id", "NULL"),
    ("accepted_by", "NULL"),
    ("acceptance_relation", "NULL"),
    ("accepted_date", "NULL"),
    ("possible_from", "NULL"),
    ("settled_fen", "NULL"),
    ("proposed_by", "NULL"),
    ("state", "'surveyed'"),
    ("last_transition", "1"),
];

impl TestOffice {
    /// One that is built and waits for its inspectors.
    async fn waits_for_inspectors(&self) -> Value {
        let case = self.home_case(VILLAGE).await;
        let one = self.surveys(VILLAGE, &case, "丙岭三号镇一号村12号").await;
        let one = self.designed(VILLAGE, &one.expect(201)).await;
        let one = self.consented(VILLAGE, &one).await;
        let builder = self.builder("990121").await;
        self.built(VILLAGE, &one, &builder).await
    }

    /// The next entry of a project, by somebody, with what it changes there.
    fn moves_home(
        &self,
        one: &Value,
        (action, from, to): (&str, &str, &str),
        (actor, passed): (&str, &str),
        change: &str,
    ) -> String {
        let (of, at) = (self.literal(&id_of(one)), self.today_literal());
        let id = self.literal(&format!("{FRESH}00f1"));
        let last = one["version"].as_i64().unwrap();
        let (next, said) = (last + 1, self.blob("00"));
        format!(
            "UPDATE renovation_projects SET state = '{to}', last_transition = {next}{change} WHERE id = {of};
             INSERT INTO renovation_transitions (id, project_id, sequence, action, previous_sequence, from_state, to_state, actor_id, passed, comment, at)
             VALUES ({id}, {of}, {next}, '{action}', {last}, '{from}', '{to}', {actor}, {passed}, {said}, {at})"
        )
    }

    /// An instant of this office's today.
    fn today_literal(&self) -> String {
        let micros = self.now().micros();
        match self.backend {
            Backend::Sqlite => micros.to_string(),
            Backend::Postgres => format!("to_timestamp({micros} / 1000000.0)"),
        }
    }

    /// Lets somebody work for an organization from long ago on.
    fn employs(&self, user: &str, organization: &str) {
        let id = self.literal(&format!("{FRESH}00f2"));
        let at = self.instant_literal();
        let sql = format!(
            "INSERT INTO grants (id, user_id, role, organization_id, valid_from, created_at)
             VALUES ({id}, {user}, 'institution_worker', {organization}, '2020-01-01', {at})"
        );
        self.sql(&sql).unwrap();
    }
}

const ACCEPT: (&str, &str, &str) = ("accept", "finished", "accepted");
const INSPECT: (&str, &str, &str) = ("inspect", "finished", "finished");

on_both! {
    async fn nothing_is_accepted_but_by_two_who_do_not_belong_to_the_builder(office: &TestOffice) {
        let one = office.waits_for_inspectors().await;
        let [township, county] = [office.user(TOWNSHIP).await, office.user(COUNTY).await];
        let (yes, no) = (office.truth(true), office.truth(false));
        let until = &one["consent"]["notice_until"];
        let until = until.as_str().unwrap();
        let signed = format!(
            ", accepted_by = {}, acceptance_relation = 'self', accepted_date = '{until}', possible_from = '2032{}'",
            office.blob("00"),
            &until[4..]
        );
        // By nobody, by one, by one twice.
        office.refuses(&office.moves_home(&one, ACCEPT, (&county, "NULL"), &signed), "renovation_inspections");
        let passed = json!({"action": "inspect", "passed": true, "comment": "合格"});
        let one = office.moves_project(TOWNSHIP, &one, passed.clone()).await.expect(201);
        office.refuses(&office.moves_home(&one, ACCEPT, (&county, "NULL"), &signed), "renovation_inspections");
        office.refuses(&office.moves_home(&one, INSPECT, (&township, yes), ""), "renovation_inspector");
        // An inspection says how it came out, and nothing else does.
        office.refuses(&office.moves_home(&one, INSPECT, (&county, "NULL"), ""), "check");
        office.refuses(&office.moves_home(&one, ACCEPT, (&county, yes), &signed), "check|renovation_inspections");
        // By who belongs to the builder: neither looks, nor counts who looked.
        let builder = office.literal(one["contractor_id"].as_str().unwrap());
        office.employs(&county, &builder);
        office.refuses(&office.moves_home(&one, INSPECT, (&county, yes), ""), "renovation_inspector");
        office.refuses(&office.moves_home(&one, INSPECT, (&county, no), ""), "renovation_inspector");
        let one = office.moves_project("approver.990121", &one, passed).await.expect(201);
        // Nothing is sent back that has no defect, and nothing accepted without the household.
        office.refuses(&office.moves_home(&one, ("reject", "finished", "rework"), (&township, "NULL"), ""), "renovation_inspections");
        office.refuses(&office.moves_home(&one, ACCEPT, (&township, "NULL"), ""), "check");
        let unsigned = signed.replace(&format!("accepted_by = {}, ", office.blob("00")), "");
        office.refuses(&office.moves_home(&one, ACCEPT, (&township, "NULL"), &unsigned), "check");
        // For the period that the version lays down, of a day that has come.
        for wrong in [signed.replace("'2032", "'2031"), signed.replace("'2022", "'2023").replace("'2032", "'2033")] {
            office.refuses(&office.moves_home(&one, ACCEPT, (&township, "NULL"), &wrong), "append_only");
        }
        // Who worked for the builder when they looked does not count.
        let approver = office.user("approver.990121").await;
        office.sql(&format!("UPDATE grants SET revoked_at = {} WHERE user_id = {county} AND organization_id = {builder}", office.today_literal())).unwrap();
        let again = office.literal(&format!("{FRESH}00f3"));
        office.sql(&format!("INSERT INTO grants (id, user_id, role, organization_id, valid_from, created_at)
            VALUES ({again}, {approver}, 'institution_worker', {builder}, '2020-01-01', {})", office.instant_literal())).unwrap();
        office.refuses(&office.moves_home(&one, ACCEPT, (&township, "NULL"), &signed), "renovation_inspections");
    }

    async fn a_dwelling_is_renovated_once_whatever_statement_is_written(office: &TestOffice) {
        let one = office.waits_for_inspectors().await;
        let fresh = office.literal(&format!("{FRESH}00f4"));
        let again = |more: &[(&str, &str)]| {
            let change: Vec<_> = [("id", fresh.as_str())].into_iter().chain(BEGINS).filter(|(name, _)| more.iter().all(|(other, _)| other != name)).chain(more.iter().copied()).collect();
            office.again("renovation_projects", &change, "1 = 1")
        };
        // Under way: of the dwelling, and of the case.
        office.refuses(&again(&[]), "unique");
        let (elsewhere, cap) = (office.blob("0abc"), "100000001");
        office.refuses(&again(&[("dwelling_index", &elsewhere)]), "unique");
        office.refuses(&again(&[("dwelling_index", &elsewhere), ("cap_fen", cap)]), "renovation_case|check|unique");
        office.refuses(&again(&[("state", "'assessed'")]), "renovation_case|unique");
        // Within the period, whoever applies.
        office.accepted(VILLAGE, &one).await;
        let case = office.literal(&office.home_case(VILLAGE).await);
        let resident = format!("(SELECT resident_id FROM cases WHERE id = {case})");
        let of_other = [("case_id", case.as_str()), ("resident_id", resident.as_str())];
        office.refuses(&again(&of_other), "renovation_period");
        // By the other program.
        let elderly = json!({"division_code": VILLAGE, "address": "丙岭三号镇一号村18号", "completed_date": "2022-05-20", "source": "民政局名单"});
        office.as_user(TOWNSHIP).await.post("/v1/elderly-renovations", elderly).await.expect(201);
        let there = "(SELECT dwelling_index FROM elderly_renovations)";
        office.refuses(&again(&[of_other[0], of_other[1], ("dwelling_index", there)]), "renovation_elderly");
        // It is neither forgotten nor said twice.
        office.refuses("UPDATE elderly_renovations SET completed_date = '2020-01-01'", "append_only");
        office.refuses("UPDATE elderly_renovations SET reason = '误'", "check");
        office.refuses(&office.again("elderly_renovations", &[("id", &fresh)], "1 = 1"), "unique");
    }

    async fn who_builds_is_tied_to_nobody_and_gets_what_was_checked(office: &TestOffice) {
        let case = office.home_case(VILLAGE).await;
        let one = office.surveys(VILLAGE, &case, "丙岭三号镇一号村12号").await.expect(201);
        let one = office.designed(VILLAGE, &one).await;
        let one = office.consented(VILLAGE, &one).await;
        let [township, county] = [office.user(TOWNSHIP).await, office.user(COUNTY).await];
        let builder = office.builder("990121").await;
        let contract = ("contract", "consented", "contracted");
        let federation = office.literal(&office.organization_of("990121", "federation").await);
        office.refuses(&office.moves_home(&one, contract, (&county, "NULL"), &format!(", contractor_id = {federation}")), "check|renovation_contractor");
        let chosen = format!(", contractor_id = {}", office.literal(&builder));
        office.refuses(&office.moves_home(&one, contract, (&county, "NULL"), &(chosen.clone() + ", budget_fen = 1")), "append_only");
        office.refuses(&office.moves_home(&one, contract, (&county, "NULL"), &(chosen + ", cap_fen = 700000")), "append_only");
        let one = office.built(VILLAGE, &one, &builder).await;
        let one = office.accepted(VILLAGE, &one).await;
        let propose = ("propose", "accepted", "settlement_proposed");
        let asks = |fen: u32, by: &str| format!(", settled_fen = {fen}, proposed_by = {by}");
        office.refuses(&office.moves_home(&one, propose, (&county, "NULL"), &asks(180_001, &county)), "check");
        office.refuses(&office.moves_home(&one, propose, (&county, "NULL"), &asks(1, &township)), "renovation_own");
        let proposed = office.moves_project(COUNTY, &one, json!({"action": "propose", "amount_fen": 170_000})).await.expect(201);
        let settle = ("settle", "settlement_proposed", "settled");
        office.refuses(&office.moves_home(&proposed, settle, (&county, "NULL"), ""), "renovation_own|append_only");
        // Another says yes, but nothing is owed for it.
        office.refuses(&office.moves_home(&proposed, settle, (&township, "NULL"), ""), "append_only");
        let more = office.moves_home(&proposed, settle, (&township, "NULL"), ", settled_fen = 180000");
        office.refuses(&more, "append_only");
        office.moves_project("approver.990121", &proposed, json!({"action": "settle"})).await.expect(201);
    }

    async fn both_ends_hold_and_nobody_has_a_hand_in_their_own_home(office: &TestOffice) {
        let one = office.waits_for_inspectors().await;
        let county = office.user(COUNTY).await;
        let (case, resident) = (one["case_id"].as_str().unwrap(), one["resident_id"].as_str().unwrap());
        let inspects = office.moves_home(&one, INSPECT, (&county, office.truth(true)), "");
        // Nor does a case end before its project does.
        let completed = format!("UPDATE cases SET state = 'completed' WHERE id = {}", office.literal(case));
        office.refuses(&completed, "renovation_unfinished");
        let transfer = office.transfers(resident, ELSEWHERE).await.expect(201);
        office.refuses(&inspects, "resident_in_transfer");
        office.answers_transfer("county.990122", &transfer, "decline").await.expect(201);
        let clerk = office.as_user(COUNTY).await;
        clerk.post(&format!("/v1/cases/{case}/recusals"), json!({"relation": "sibling"})).await.expect(201);
        office.refuses(&inspects, "recusal_required");
        let inspect = json!({"action": "inspect", "passed": true, "comment": "合格"});
        let refused = office.moves_project(COUNTY, &one, inspect).await;
        assert_eq!(refused.status.as_u16(), 403);
    }

    async fn projects_and_what_was_found_stay_as_they_were_written(office: &TestOffice) {
        let one = office.waits_for_inspectors().await;
        let one = office.accepted(VILLAGE, &one).await;
        let county = office.as_user(COUNTY).await;
        let due = county.get("/v1/follow-ups?division_code=990121000000&kind=renovation_visit").await.expect(200);
        let found = json!({"follow_up_id": due["items"][0]["id"], "result": "in_use"});
        county.post(&format!("{PROJECTS}/{}/visits", id_of(&one)), found).await.expect(201);
        let elderly = json!({"division_code": VILLAGE, "address": "丙岭三号镇一号村18号", "completed_date": "2022-05-20", "source": "民政局名单"});
        county.post("/v1/elderly-renovations", elderly).await.expect(201);
        for (sql, because) in [
            ("assessor = '某人'", "append_only"), ("state = 'finished'", "append_only|foreign key|check"), ("possible_from = NULL", "append_only"),
            ("budget_fen = 1", "append_only"), ("contractor_id = NULL", "append_only|check"), ("last_transition = 1", "append_only"),
            ("dwelling_index = address", "append_only"), ("accepted_by = consented_by", "append_only"),
        ] {
            office.refuses(&format!("UPDATE renovation_projects SET {sql}"), because);
        }
        office.refuses("UPDATE renovation_transitions SET passed = NULL", "append_only|check");
        office.refuses("UPDATE renovation_items SET place = '别处'", "append_only");
        office.refuses("UPDATE renovation_items SET state = 'planned'", "append_only");
        office.refuses("UPDATE renovation_visits SET result = 'unused'", "append_only");
        let fresh = office.literal(&format!("{FRESH}00f5"));
        office.refuses(&office.again("renovation_items", &[("id", &fresh), ("number", "2")], "1 = 1"), "append_only");
        office.refuses(&office.again("renovation_visits", &[("id", &fresh)], "1 = 1"), "unique|append_only");
        // Nor is a small picture exchanged for another.
        office.refuses("UPDATE document_thumbnails SET content = content", "append_only");
        for table in ["renovation_projects", "renovation_transitions", "renovation_items", "renovation_visits", "elderly_renovations", "document_thumbnails"] {
            office.refuses(&format!("DELETE FROM {table}"), "append_only");
            if office.backend == Backend::Postgres {
                office.refuses(&format!("TRUNCATE {table} CASCADE"), "append_only");
            } else {
                let replaced = office.again(table, &[], "1 = 1").replace("INSERT", "INSERT OR REPLACE");
                office.refuses(&replaced, "unique|append_only|renovation_case|renovation_period");
            }
        }
    }
}
