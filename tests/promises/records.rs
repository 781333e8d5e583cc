//! Households, addresses, bank accounts, and records that were merged, against statements written by hand.

use serde_json::json;

use super::{FRESH, duty};
use crate::support::{Backend, TestOffice, on_both};

impl TestOffice {
    fn newer(&self, column: &str) -> String {
        match self.backend {
            Backend::Sqlite => {
                format!("CAST(substr({column}, 1, 2) || x'02' || substr({column}, 4) AS BLOB)")
            }
            Backend::Postgres => {
                format!("substr({column}, 1, 2) || '\\x02'::bytea || substr({column}, 4)")
            }
        }
    }

    /// What is believed is neither changed nor forgotten, but for a newer key of what is sealed.
    #[track_caller]
    fn only_grows(&self, table: &str, change: &str, sealed: &[&str]) {
        self.refuses(&format!("UPDATE {table} SET {change}"), "append_only");
        self.refuses(&format!("DELETE FROM {table}"), "append_only");
        match self.backend {
            Backend::Postgres => self.refuses(&format!("TRUNCATE {table} CASCADE"), "append_only"),
            Backend::Sqlite => {
                let columns = self.text(&format!(
                    "SELECT group_concat(name) AS one FROM pragma_table_info('{table}')"
                ));
                let replace = format!(
                    "INSERT OR REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}"
                );
                self.refuses(&replace, "unique|append_only|overlaps|merge_open");
            }
        }
        for column in sealed {
            let renewed = format!(
                "UPDATE {table} SET {column} = {} WHERE {column} IS NOT NULL",
                self.newer(column)
            );
            self.refuses(
                &renewed.replace(" WHERE", &format!(", {change} WHERE")),
                "append_only",
            );
            self.sql(&renewed).unwrap();
            self.refuses(&renewed, "append_only");
        }
    }
}

on_both! {
    async fn homes_can_only_be_told_of_anew(office: &TestOffice) {
        let resident = office.literal(&office.at_home().await);
        let other = office.literal(&office.resident().await);
        office.only_grows("households", "created_by = NULL, version = version + 1", &[]);
        office.refuses("UPDATE households SET version = version + 2", "append_only");
        // Known by a member, not by somebody else.
        office.refuses(&format!("UPDATE households SET resident_id = {other}, version = version + 1"), "append_only");
        office.only_grows("household_members", "relation = 'sibling'", &["name", "phone", "end_reason"]);
        office.only_grows("household_cares", "member_id = member_id", &[]);
        office.only_grows("addresses", "kind = 'hukou'", &["text"]);
        office.only_grows("bank_accounts", "bank_name = '别的银行'", &["number", "holder"]);
        let at = office.instant_literal();
        for fact in ["addresses", "bank_accounts"] {
            office.refuses(&format!("UPDATE {fact} SET superseded_at = {at}"), "check");
        }

        let id = |number: u32| office.literal(&format!("{FRESH}{number:04}"));
        let member = |number: u32, person: &str, resident: &str, relation: &str, more: &str| {
            format!(
                "INSERT INTO household_members (id, household_id, person_id, resident_id, relation, valid_from, recorded_at, {more})
                 SELECT {}, id, {person}, {resident}, '{relation}', '2022-02-01', {at}, NULL FROM households",
                id(number)
            )
        };
        // One household at a time, one head; a resident by id, all others by name.
        office.refuses(&member(60, &resident, &resident, "other", "end_reason"), "fact_overlaps");
        office.refuses(&member(61, &other, &other, "head", "end_reason"), "unique");
        office.refuses(&member(62, &id(62), &other, "other", "end_reason"), "check");
        office.refuses(&member(63, &id(63), "NULL", "other", "name"), "check");
        office.refuses(&member(64, &other, &other, "uncle", "end_reason"), "check");
        // Nobody cares for whom they do not live with, nor for themself.
        let carer = "(SELECT member_id FROM household_cares)";
        office.refuses(&format!("INSERT INTO household_cares (member_id, resident_id) VALUES ({carer}, {other})"), "check");
        let own = format!("(SELECT id FROM household_members WHERE resident_id = {resident})");
        office.refuses(&format!("INSERT INTO household_cares (member_id, resident_id) VALUES ({own}, {resident})"), "check");
        let address = format!(
            "INSERT INTO addresses (id, resident_id, kind, text, text_index, valid_from, recorded_at)
             SELECT {}, resident_id, kind, text, text_index, '2021-01-01', recorded_at FROM addresses",
            id(65)
        );
        office.refuses(&address, "fact_overlaps");
        // One account a day, whoever holds it; only another's has a holder.
        let account = |number: u32, resident: &str, relation: &str, holder: &str, more: &str| {
            format!(
                "INSERT INTO bank_accounts (id, resident_id, number, number_index, bank_name, holder_relation, holder, valid_from, recorded_at)
                 SELECT {}, {resident}, number, number_index, bank_name, '{relation}', {holder}, '2021-01-01', recorded_at
                 FROM bank_accounts WHERE {more}",
                id(number)
            )
        };
        office.refuses(&account(66, &resident, "self", "NULL", "true"), "fact_overlaps");
        office.refuses(&account(67, &other, "self", "holder", "true"), "check");
        office.refuses(&account(68, &other, "carer", "NULL", "true"), "check");
        office.refuses(&account(69, &other, "neighbour", "holder", "true"), "check");
        office.sql(&account(70, &other, "carer", "holder", "true")).unwrap();
        office.refuses(&account(71, &other, "carer", "holder", &format!("resident_id = {resident}")), "fact_overlaps");
    }

    async fn who_lives_there_takes_no_step_whatever_statement_is_written(office: &TestOffice) {
        let resident = office.at_home().await;
        let id = office.draft_for(&resident, "nursing_subsidy").await;
        office.bring(&id, "initial_review").await;
        let case = office.literal(&id);
        let reviewer = office.user("township2.990121103").await;
        let review = duty(&case, 1, &reviewer, "initial_review");
        let same = |columns: &str, from: &str| {
            format!("UPDATE users SET ({columns}, {columns}_index) = (SELECT {from}) WHERE id = {reviewer}")
        };
        let none = |column: &str| format!("UPDATE users SET {column} = NULL, {column}_index = NULL WHERE id = {reviewer}");
        office.sql(&same("address", "text, text_index FROM addresses")).unwrap();
        office.refuses(&review, "recusal_required");
        office.sql(&none("address")).unwrap();
        office.sql(&same("bank_account", "number, number_index FROM bank_accounts")).unwrap();
        office.refuses(&review, "recusal_required");
        office.sql(&none("bank_account")).unwrap();
        office.sql(&same("phone", "phone, phone_index FROM household_members WHERE phone IS NOT NULL")).unwrap();
        office.refuses(&review, "recusal_required");
        for column in ["address", "bank_account"] {
            office.refuses(&format!("UPDATE users SET {column} = phone WHERE id = {reviewer}"), "check");
        }
        office.sql(&none("phone")).unwrap();
        office.sql(&review).unwrap();
    }

    async fn records_are_merged_by_two_and_left_alone_until_they_are_split(office: &TestOffice) {
        let (kept, duplicate) = (office.at_home().await, office.resident().await);
        let path = format!("/v1/residents/{kept}/merges");
        let county = office.as_user("county.990121").await;
        let merge = county.post(&path, json!({"duplicate_id": duplicate, "reason": "同一人"})).await.expect(201);
        let merge = merge["id"].as_str().unwrap().to_owned();
        let [kept, duplicate, id] = [kept, duplicate, merge.clone()].map(|id| office.literal(&id));
        let proposer = office.user("county.990121").await;
        let approver = office.user("approver.990121").await;
        let at = office.instant_literal();

        // Not by one person, not without a proposal, not by hand.
        let join = format!("UPDATE residents SET merged_into_id = {kept} WHERE id = {duplicate}");
        office.refuses(&join, "append_only");
        let decide = |state: &str, by: &str| {
            format!("UPDATE resident_merges SET state = '{state}', decided_by = {by}, decided_at = {at} WHERE id = {id}")
        };
        office.refuses(&decide("approved", &proposer), "check");
        office.refuses(&decide("refused", &proposer), "check");
        office.refuses(&decide("withdrawn", &approver), "check");
        office.refuses(&decide("approved", "NULL"), "check");
        let fresh = office.literal(&format!("{FRESH}0070"));
        let propose = |state: &str, kind: &str, by: &str, merge: &str| {
            format!(
                "INSERT INTO resident_merges (id, kind, kept_id, duplicate_id, merge_id, reason, state, proposed_by, proposed_at, decided_by, decided_at)
                 SELECT {fresh}, '{kind}', kept_id, duplicate_id, {merge}, reason, '{state}', {proposer}, {at}, {by} FROM resident_merges"
            )
        };
        office.refuses(&propose("proposed", "merge", "NULL, NULL", "NULL"), "merge_open");
        office.refuses(&propose("approved", "merge", &format!("{approver}, {at}"), "NULL"), "merge_open");
        office.refuses(&format!("UPDATE resident_merges SET kept_id = duplicate_id, duplicate_id = {kept}"), "append_only|check");

        office.sql(&decide("approved", &approver)).unwrap();
        office.refuses(&decide("refused", &approver), "append_only");
        // Now it is so, and nobody undoes it or writes on the duplicate.
        office.refuses(&format!("UPDATE residents SET merged_into_id = NULL WHERE id = {duplicate}"), "append_only");
        office.refuses(&propose("proposed", "merge", "NULL, NULL", "NULL"), "resident_merged");
        office.refuses(&propose("proposed", "split", "NULL, NULL", &fresh), "resident_merged");
        office.refuses(&propose("proposed", "split", "NULL, NULL", "NULL"), "resident_merged|check");
        office.refuses(&format!("UPDATE residents SET name = '别人' WHERE id = {duplicate}"), "resident_merged");
        for fact in ["certificates", "circumstances"] {
            let end = "superseded_at = recorded_at";
            office.refuses(&format!("UPDATE {fact} SET {end} WHERE resident_id = {duplicate}"), "resident_merged");
        }
        let copied = |table: &str, columns: &str, more: &str| {
            format!(
                "INSERT INTO {table} (id, resident_id, {columns}) SELECT {fresh}, {duplicate}, {columns} FROM {table} WHERE {more}"
            )
        };
        let of_kept = format!("resident_id = {kept}");
        for (table, columns, one) in [
            ("certificates", "number, number_index, impairment_type, severity_level, issued_date, expires_date, state, valid_from, valid_to, recorded_at", &of_kept),
            ("circumstances", "kind, value, valid_from, recorded_at, source", &format!("{of_kept} AND kind = 'care_need'")),
            ("addresses", "kind, text, text_index, valid_from, recorded_at", &of_kept),
            ("bank_accounts", "number, number_index, bank_name, holder, holder_relation, valid_from, recorded_at", &of_kept),
        ] {
            office.refuses(&copied(table, columns, one), "resident_merged|fact_overlaps");
        }
        office.refuses(&format!(
            "INSERT INTO household_members (id, household_id, person_id, resident_id, relation, valid_from, recorded_at)
             SELECT {fresh}, id, {duplicate}, {duplicate}, 'other', '2022-01-01', {at} FROM households"), "resident_merged");
        office.refuses(&format!(
            "INSERT INTO applications (id, resident_id, division_code, created_by, created_at)
             SELECT {fresh}, {duplicate}, division_code, {proposer}, {at} FROM residents WHERE id = {duplicate}"), "resident_merged");
        // It is split as it was merged.
        let split = format!("/v1/resident-merges/{merge}/transitions");
        county.post(&split, json!({"action": "split", "comment": "两人"})).await.expect(201);
        let undo = format!("UPDATE resident_merges SET state = 'approved', decided_at = {at}, decided_by = ");
        office.refuses(&format!("{undo}{proposer} WHERE state = 'proposed'"), "check");
        office.sql(&format!("{undo}{approver} WHERE state = 'proposed'")).unwrap();
        office.sql(&format!("UPDATE residents SET name = '别人' WHERE id = {duplicate}")).unwrap();
        office.refuses(&join, "append_only");
        office.only_grows("resident_merges", &format!("proposed_at = {at}"), &["reason"]);
    }

    async fn nobody_has_two_of_a_program_whatever_statement_is_written(office: &TestOffice) {
        let (kept, duplicate) = (office.resident().await, office.resident().await);
        let first = office.draft_for(&kept, "nursing_subsidy").await;
        let second = office.draft_for(&duplicate, "nursing_subsidy").await;
        let county = office.as_user("county.990121").await;
        let body = json!({"duplicate_id": duplicate, "reason": "同一人"});
        county.post(&format!("/v1/residents/{kept}/merges"), body).await.expect(201);
        let approver = office.user("approver.990121").await;
        let approve = format!("UPDATE resident_merges SET state = 'approved', decided_by = {approver}, decided_at = {}", office.instant_literal());
        office.refuses(&approve, "merge_conflict");
        let township = office.as_user("township.990121103").await;
        township.act(&second, "withdraw").await.expect(201);
        office.sql(&approve).unwrap();
        // Neither a new one nor one that was closed.
        let [first, second, fresh] = [first, second, format!("{FRESH}0071")].map(|id| office.literal(&id));
        office.refuses(&format!("UPDATE cases SET state = 'draft' WHERE id = {second}"), "case_open");
        let columns = "service, program_code, program_version_id, division_code, state, round, last_transition, details,
            eligibility, version, created_by, created_at, updated_at";
        let duplicate = office.literal(&duplicate);
        office.refuses(&format!(
            "INSERT INTO cases (id, case_number, resident_id, {columns}) SELECT {fresh}, 'x', {duplicate}, {columns} FROM cases WHERE id = {first}"),
            "case_open|resident_merged");
    }
}
