//! The end of a case's life, and what people are told: as the database holds it.

use super::{FRESH, duty};
use crate::support::people::{citizen_id, id_of, person};
use crate::support::{Backend, TestOffice, on_both};

/// One more entry of a history, after `sequence - 1` others, and where the case then stands.
struct Entry<'a> {
    case: &'a str,
    sequence: u32,
    action: &'a str,
    from: &'a str,
    to: &'a str,
    actor: &'a str,
    duty: &'a str,
    comment: &'a str,
}

impl Entry<'_> {
    fn sql(&self, office: &TestOffice) -> String {
        let Self {
            case,
            sequence,
            action,
            actor,
            ..
        } = self;
        let text = |word: &str| {
            if word.is_empty() {
                "NULL".to_owned()
            } else {
                format!("'{word}'")
            }
        };
        let step = |state: &str| match state {
            "under_reconsideration" => "'reconsideration'",
            _ => "NULL",
        };
        let id = office.literal(&format!("{FRESH}{:04}", 100 + sequence));
        let at = office.instant_literal();
        let before = sequence - 1;
        let [from_step, to_step] = [self.from, self.to].map(step);
        let [from, to, duty, comment] = [self.from, self.to, self.duty, self.comment].map(text);
        format!(
            "INSERT INTO case_transitions (id, case_id, sequence, round, action, previous_sequence, previous_round,
                from_state, from_step, to_state, to_step, actor_id, duty, comment, at)
             VALUES ({id}, {case}, {sequence}, 1, '{action}', {before}, 1, {from}, {from_step}, {to}, {to_step},
                {actor}, {duty}, {comment}, {at});
             UPDATE cases SET state = {to}, step = {to_step}, last_transition = {sequence}, version = version + 1
             WHERE id = {case}; "
        )
    }
}

on_both! {
    async fn a_closing_is_judged_by_another_person_and_once(office: &TestOffice) {
        let id = office.case_at("approval").await;
        office.as_user("approver.990121").await.act(&id, "approve").await.expect(201);
        let case = office.literal(&id);
        let [filer, stopper, judge] = [
            office.user("township.990121103").await,
            office.user("finance.990121").await,
            office.user("supervisor.990100").await,
        ];
        let entry = |sequence, action, from, to, actor: &str, duty, comment| {
            Entry { case: &case, sequence, action, from, to, actor, duty, comment }.sql(office)
        };
        // Create, submit, three reviews, the end of the notice, the approval: the eighth is the stop.
        let stop = |duty, comment| entry(8, "terminate", "approved", "terminated", &stopper, duty, comment);
        office.refuses(&stop("", ""), "check");
        office.refuses(&(duty(&case, 1, &stopper, "approval") + &stop("approval", "迁出")), "check");
        office.refuses(&entry(8, "terminate", "in_review", "terminated", &stopper, "", "迁出"), "check|foreign key");
        office.refuses(&entry(8, "request_reconsideration", "approved", "under_reconsideration", &filer, "filing", "不服"), "check");
        office.sql(&format!("BEGIN; {}COMMIT", stop("", "迁出"))).unwrap();

        // Nobody judges what they decided, with or without being asked.
        let judging = |who: &str| duty(&case, 1, who, "reconsideration");
        let reopen = |sequence, from, who: &str, comment| entry(sequence, "reopen", from, "returned", who, "reconsideration", comment);
        office.refuses(&(judging(&stopper) + &reopen(9, "terminated", &stopper, "查明")), "huican.decider");
        office.refuses(&(judging(&filer) + &reopen(9, "terminated", &filer, "查明")), "unique");
        office.refuses(&(judging(&judge) + &reopen(9, "terminated", &judge, "")), "check");
        office.refuses(&entry(9, "reopen", "terminated", "approved", &judge, "reconsideration", "查明"), "check");
        office.refuses(&(judging(&judge) + &entry(9, "uphold", "terminated", "terminated", &judge, "reconsideration", "查明")), "check|not_as_before");
        let ask = |sequence, duty, comment| entry(sequence, "request_reconsideration", "terminated", "under_reconsideration", &filer, duty, comment);
        office.refuses(&ask(9, "", "不服"), "check");
        office.refuses(&ask(9, "filing", ""), "check");
        office.refuses(&ask(9, "filing", "不服").replace("'reconsideration'", "NULL"), "check");
        office.sql(&format!("BEGIN; {}COMMIT", ask(9, "filing", "不服"))).unwrap();

        let uphold = |to, who: &str, duty| entry(10, "uphold", "under_reconsideration", to, who, duty, "查明");
        office.refuses(&(judging(&stopper) + &uphold("terminated", &stopper, "reconsideration")), "huican.decider");
        // What is upheld is what there was.
        office.refuses(&(judging(&judge) + &uphold("rejected", &judge, "reconsideration")), "not_as_before");
        office.refuses(&(judging(&judge) + &uphold("approved", &judge, "reconsideration")), "check|not_as_before");
        office.refuses(&uphold("terminated", &filer, "filing"), "check");
        office.sql(&format!("BEGIN; {}{}COMMIT", judging(&judge), uphold("terminated", &judge, "reconsideration"))).unwrap();
        office.refuses(&ask(11, "filing", "仍不服"), "huican.reconsidered");
        // On the office's own initiative it is opened all the same; and what leads from a step names it.
        office.refuses(&reopen(11, "under_reconsideration", &judge, "查明"), "foreign key");
        office.refuses(&reopen(11, "in_review", &judge, "查明"), "check");
        office.sql(&format!("BEGIN; {}COMMIT", reopen(11, "terminated", &judge, "查明"))).unwrap();
    }

    async fn a_notice_is_of_its_decision_and_stands(office: &TestOffice) {
        let id = office.rejected().await;
        let case = office.literal(&id);
        let clerk = office.user("county.990121").await;
        let at = office.instant_literal();
        let [notice, other] = [200, 201].map(|number| office.literal(&format!("{FRESH}0{number}")));
        let issue = |id: &str, sequence: u32, kind: &str, number: &str| format!(
            "INSERT INTO decision_notices (id, case_id, sequence, kind, number, content, issued_date, issued_at)
             VALUES ({id}, {case}, {sequence}, '{kind}', '{number}', '{{}}', '2022-07-04', {at})"
        );
        // Of what was decided, each once.
        office.refuses(&issue(&notice, 3, "reject", "X-J1"), "foreign key");
        office.refuses(&issue(&notice, 4, "approve", "X-J1"), "foreign key|unique");
        office.refuses(&issue(&notice, 3, "endorse", "X-J1"), "check");
        office.refuses(&issue(&notice, 4, "reject", "X-J1"), "unique");
        let serve = |of: &str, method: &str, recipient: &str, issued: &str, on: &str| format!(
            "INSERT INTO decision_notice_services (notice_id, issued_date, method, recipient, served_date, recorded_by, recorded_at)
             SELECT {of}, '{issued}', '{method}', {recipient}, '{on}', {clerk}, {at}"
        );
        let own = "(SELECT id FROM decision_notices)";
        office.refuses(&serve(own, "in_person", "'self'", "2022-07-04", "2022-07-03"), "check");
        office.refuses(&serve(own, "in_person", "'self'", "2022-07-01", "2022-07-03"), "foreign key");
        office.refuses(&serve(own, "in_person", "NULL", "2022-07-04", "2022-07-05"), "check");
        office.refuses(&serve(own, "public_notice", "'self'", "2022-07-04", "2022-07-05"), "check");
        office.refuses(&serve(own, "pigeon", "'self'", "2022-07-04", "2022-07-05"), "check");
        office.refuses(&serve(&other, "in_person", "'self'", "2022-07-04", "2022-07-05"), "foreign key");
        office.sql(&serve(own, "in_person", "'self'", "2022-07-04", "2022-07-05")).unwrap();
        office.refuses(&serve(own, "post", "'self'", "2022-07-04", "2022-07-06"), "unique");
        for (table, change) in [("decision_notices", "content = '{}'"), ("decision_notice_services", "served_date = '2022-08-01'")] {
            keeps(office, table, change);
        }
    }

    async fn what_was_published_stays_and_minors_are_not(office: &TestOffice) {
        office.case_at("public_notice").await;
        let mut child = person();
        let number = citizen_id("990121", "20120307", 123);
        child["certificate"]["number"] = format!("{number}41").into();
        child["id_number"] = number.into();
        let child = id_of(&office.register(child).await);
        let minor = office.draft_for(&child, "nursing_subsidy").await;
        office.bring(&minor, "public_notice").await;
        let publish = |case: &str, sequence: u32, step: &str, name: &str| {
            let id = office.literal(&format!("{FRESH}0300"));
            format!(
                "INSERT INTO public_notices (id, case_id, sequence, step, division_code, name_masked, village_name, program_code,
                    program_name_zh, program_name_en, from_date, to_date)
                 VALUES ({id}, {case}, {sequence}, '{step}', '990121103201', '{name}', '村', 'nursing_subsidy', '补贴', 'subsidy',
                    '2022-07-04', '2022-07-13')"
            )
        };
        let minor = office.literal(&minor);
        office.refuses(&publish(&minor, 5, "public_notice", "张**"), "huican.minor");
        let adult = "(SELECT case_id FROM public_notices)";
        office.refuses(&publish(adult, 4, "public_notice", "张**"), "foreign key|unique");
        office.refuses(&publish(adult, 4, "verification", "张**"), "check|unique");
        office.refuses(&publish(adult, 5, "public_notice", "张晓宝"), "check|unique");
        office.refuses("UPDATE public_notices SET outcome = 'passed'", "check|append_only");
        office.refuses("UPDATE public_notices SET to_date = '2022-07-05'", "append_only");
        let end = format!("UPDATE public_notices SET outcome = 'passed', ended_at = {}", office.instant_literal());
        office.sql(&end).unwrap();
        office.refuses(&end, "append_only");
        keeps(office, "public_notices", "name_masked = '李*'");
    }
}

/// Neither changed, nor deleted, nor replaced.
fn keeps(office: &TestOffice, table: &str, change: &str) {
    office.refuses(&format!("UPDATE {table} SET {change}"), "append_only");
    office.refuses(&format!("DELETE FROM {table}"), "append_only");
    if office.backend == Backend::Postgres {
        office.refuses(&format!("TRUNCATE {table} CASCADE"), "append_only");
    } else {
        let columns = office.text(&format!(
            "SELECT group_concat(name) AS one FROM pragma_table_info('{table}')"
        ));
        let replace =
            format!("INSERT OR REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}");
        office.refuses(&replace, "unique");
    }
}
