//! Two records of one person: made one by two people, and two again, without anything moved or lost.

use serde_json::{Value, json};

use crate::support::people::{ELSEWHERE, id_of, person};
use crate::support::{TestOffice, on_both};

const COUNTY: &str = "county.990121";
const APPROVER: &str = "approver.990121";
const TOWNSHIP: &str = "township.990121103";

impl TestOffice {
    /// Two records, the kept one first, with what was said to register each.
    async fn two(&self) -> [(String, Value); 2] {
        let (kept, duplicate) = (person(), person());
        let [first, second] = [kept.clone(), duplicate.clone()];
        let kept = (id_of(&self.register(first).await), kept);
        [kept, (id_of(&self.register(second).await), duplicate)]
    }

    /// The id of a proposal to merge them.
    async fn proposed(&self, kept: &str, duplicate: &str) -> String {
        let body = json!({"duplicate_id": duplicate, "reason": "身份证号登记有误"});
        let county = self.as_user(COUNTY).await;
        id_of(
            &county
                .post(&format!("/v1/residents/{kept}/merges"), body)
                .await
                .expect(201),
        )
    }

    pub async fn merged(&self, kept: &str, duplicate: &str) -> String {
        let merge = self.proposed(kept, duplicate).await;
        let approver = self.as_user(APPROVER).await;
        approver
            .post(&transitions(&merge), json!({"action": "approve"}))
            .await
            .expect(201);
        merge
    }

    async fn listed(&self, username: &str, path: &str) -> Vec<String> {
        let page = self.as_user(username).await.get(path).await.expect(200);
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(id_of)
            .collect()
    }
}

fn transitions(merge: &str) -> String {
    format!("/v1/resident-merges/{merge}/transitions")
}

on_both! {
    async fn a_duplicate_gives_way_and_comes_back_as_it_was(office: &TestOffice) {
        let [(kept, known), (duplicate, mistaken)] = office.two().await;
        let own = office.draft_for(&kept, "living_subsidy").await;
        let other = office.draft_for(&duplicate, "nursing_subsidy").await;
        let township = office.as_user(TOWNSHIP).await;
        let page = format!("/v1/residents/{duplicate}");
        let before = township.get(&page).await.expect(200);
        assert_eq!(before["merged_into_id"], Value::Null);

        let merge = office.merged(&kept, &duplicate).await;
        let after = township.get(&page).await.expect(200);
        assert_eq!(after["merged_into_id"], json!(kept));
        assert_eq!(office.listed(TOWNSHIP, "/v1/residents").await, std::slice::from_ref(&kept));
        assert_eq!(office.listed(TOWNSHIP, "/v1/residents?q=zxb").await, std::slice::from_ref(&kept));
        // Its numbers lead to the one that is kept, also where somebody would register it again.
        for needle in [
            json!({"id_number": mistaken["id_number"]}),
            json!({"certificate_number": mistaken["certificate"]["number"]}),
            json!({"id_number": known["id_number"]}),
        ] {
            let found = township.post("/v1/residents/search", needle).await.expect(200);
            assert_eq!((found["items"].as_array().unwrap().len(), id_of(&found["items"][0])), (1, kept.clone()));
        }
        let refusal = township.post("/v1/residents", mistaken.clone()).await.refused(409, "resident.duplicate");
        assert_eq!(refusal["resident_id"], json!(kept));
        // The cases of both are the person's.
        let mut cases = office.listed(TOWNSHIP, &format!("/v1/residents/{kept}/cases")).await;
        cases.sort();
        let mut both = [own.clone(), other.clone()];
        both.sort();
        assert_eq!(cases, both);
        assert_eq!(office.listed(TOWNSHIP, &format!("/v1/cases?resident_id={duplicate}")).await, std::slice::from_ref(&other));
        // And go on, one of a program.
        township.act(&other, "submit").await.expect(201);
        let second = json!({"resident_id": kept, "program_code": "nursing_subsidy"});
        township.post("/v1/cases", second).await.refused(409, "case.already_open");
        let proposals = township.get(&format!("/v1/applications/proposals?resident_id={kept}")).await.expect(200).to_string();
        assert!(!proposals.contains("nursing_subsidy") && !proposals.contains("living_subsidy"), "{proposals}");
        let unserved = township.get("/v1/programs/nursing_subsidy/unserved").await.expect(200);
        assert_eq!(unserved["items"], json!([]), "{unserved}");

        // Nothing is written on it.
        for (method, path, body) in [
            ("PATCH", page.clone(), json!({"phone": "12000004321"})),
            ("POST", format!("{page}/certificates"), json!({"number": mistaken["certificate"]["number"], "issued_date": "2022-01-01"})),
            ("POST", format!("{page}/circumstances"), json!({"kind": "care_need", "value": "none"})),
            ("POST", format!("{page}/addresses"), json!({"kind": "residence", "text": "一号村12号"})),
            ("POST", format!("{page}/bank-accounts"), json!({"bank_account": "9901210000000001", "bank_name": "虚川农村商业银行"})),
            ("POST", format!("{page}/household"), json!({"relation": "head"})),
            ("POST", "/v1/cases".to_owned(), json!({"resident_id": duplicate, "program_code": "nursing_subsidy"})),
            ("POST", "/v1/applications".to_owned(), json!({"resident_id": duplicate, "programs": [{"program_code": "nursing_subsidy"}]})),
        ] {
            let reply = township.request(method, &path).seen(1).json(&body).send().await;
            assert_eq!(reply.refused(409, "resident.merged")["merged_into_id"], json!(kept), "{path}");
        }

        // Undone by two people as well.
        let county = office.as_user(COUNTY).await;
        let split = county.post(&transitions(&merge), json!({"action": "split", "comment": "经核实为两人"})).await.expect(201);
        assert_eq!((&split["kind"], &split["merge_id"], &split["state"]), (&json!("split"), &json!(merge), &json!("proposed")));
        let approver = office.as_user(APPROVER).await;
        let path = transitions(&id_of(&split));
        county.post(&path, json!({"action": "approve"})).await.refused(403, "merge.role");
        let done = approver.post(&path, json!({"action": "approve", "comment": "同意"})).await.expect(201);
        assert_eq!((&done["state"], &done["comment"]), (&json!("approved"), &json!("同意")));
        assert_eq!(township.get(&page).await.expect(200), before);
        assert_eq!(office.listed(TOWNSHIP, "/v1/residents").await, [kept.clone(), duplicate.clone()]);
        assert_eq!(office.listed(TOWNSHIP, &format!("/v1/residents/{kept}/cases")).await, [own]);
        township.patch_seen(&page, 1, json!({"phone": "12000004321"})).await.expect(200);
        // A merge is undone once, and may be made again.
        county.post(&transitions(&merge), json!({"action": "split", "comment": "再拆"})).await.refused(409, "merge.decided");
        office.merged(&kept, &duplicate).await;
        // Both people find it in their record.
        let auditor = office.as_user("auditor.990121").await;
        for about in [&kept, &duplicate] {
            let events = auditor.get(&format!("/v1/audit/events?resident_id={about}&limit=200")).await.expect(200).to_string();
            assert!(events.contains("merge.proposed") && events.contains("merge.decided"), "{events}");
        }
    }

    async fn two_people_decide_and_each_once(office: &TestOffice) {
        let [(kept, _), (duplicate, _)] = office.two().await;
        let merge = office.proposed(&kept, &duplicate).await;
        let path = transitions(&merge);
        let county = office.as_user(COUNTY).await;
        let approver = office.as_user(APPROVER).await;
        county.post(&path, json!({"action": "approve"})).await.refused(403, "merge.role");
        approver.post(&path, json!({"action": "withdraw"})).await.refused(403, "merge.role");
        approver.post(&path, json!({"action": "refuse"})).await.refused_field("/comment", "reason.length");
        approver.post(&path, json!({"action": "undo"})).await.refused_field("/action", "field.invalid");
        county.post(&path, json!({"action": "split", "comment": "还没有合并"})).await.refused(409, "merge.decided");
        office.as_user(TOWNSHIP).await.post(&path, json!({"action": "approve"})).await.refused(403, "permission.denied");
        let elsewhere = office.as_user("approver.990122").await;
        elsewhere.post(&path, json!({"action": "approve"})).await.refused(404, "merge.not_found");
        elsewhere.get(&format!("/v1/resident-merges/{merge}")).await.refused(404, "merge.not_found");
        let body = json!({"action": "refuse", "comment": "确为两人"});
        let refused = approver.post(&path, body.clone()).await.expect(201);
        assert_eq!((&refused["state"], &refused["comment"]), (&json!("refused"), &json!("确为两人")));
        approver.post(&path, body).await.refused(409, "merge.decided");
        let shown = county.get(&format!("/v1/residents/{duplicate}")).await.expect(200);
        assert_eq!(shown["merged_into_id"], Value::Null);

        // Somebody who is both does not decide their own.
        let system = office.as_user("sysadmin").await;
        let organizations = system.get("/v1/organizations?division_code=990121").await.expect(200);
        let federation = organizations["items"].as_array().unwrap().iter()
            .find(|one| one["kind"] == "federation" && one["division_code"] == "990121000000").unwrap().clone();
        let me = county.get("/v1/me").await.expect(200);
        let grant = json!({"role": "county_approver", "organization_id": federation["id"]});
        office.as_user("secadmin").await.post(&format!("/v1/users/{}/grants", id_of(&me)), grant).await.expect(201);
        let own = transitions(&office.proposed(&kept, &duplicate).await);
        county.post(&own, json!({"action": "approve"})).await.refused(403, "merge.separation_of_duties");
        let withdrawn = county.post(&own, json!({"action": "withdraw"})).await.expect(201);
        assert_eq!(withdrawn["state"], "withdrawn");
        assert_eq!(office.listed(COUNTY, "/v1/resident-merges?state=refused").await, [merge]);
        assert_eq!(office.listed(COUNTY, "/v1/resident-merges").await.len(), 2);
        assert!(office.listed("county.990122", "/v1/resident-merges").await.is_empty());
    }

    async fn what_cannot_be_one_is_refused(office: &TestOffice) {
        let [(kept, _), (duplicate, _)] = office.two().await;
        let [(third, _), (fourth, _)] = office.two().await;
        let mut somebody = person();
        somebody["division_code"] = json!(ELSEWHERE);
        let stranger = id_of(&office.register(somebody).await);
        let county = office.as_user(COUNTY).await;
        let path = format!("/v1/residents/{kept}/merges");
        let of = |id: &str| json!({"duplicate_id": id, "reason": "同一人"});
        county.post(&path, of(&kept)).await.refused_field("/duplicate_id", "duplicate.itself");
        county.post(&path, of(&stranger)).await.refused_field("/duplicate_id", "resident.unknown");
        county.post(&path, json!({"duplicate_id": duplicate})).await.refused_field("/reason", "field.missing");
        county.post(&path, json!({"duplicate_id": duplicate, "reason": " "})).await.refused_field("/reason", "reason.length");
        for username in [TOWNSHIP, APPROVER, "supervisor.990100"] {
            office.as_user(username).await.post(&path, of(&duplicate)).await.refused(403, "permission.denied");
        }
        office.as_user("county.990122").await.post(&path, of(&stranger)).await.refused(404, "resident.not_found");

        // While one waits there is no other about either of the two.
        let waiting = office.proposed(&kept, &duplicate).await;
        for (one, other) in [(&kept, &duplicate), (&duplicate, &kept), (&third, &kept), (&duplicate, &third)] {
            county.post(&format!("/v1/residents/{one}/merges"), of(other)).await.refused(409, "merge.open");
        }
        let approver = office.as_user(APPROVER).await;
        approver.post(&transitions(&waiting), json!({"action": "approve"})).await.expect(201);
        for (one, other) in [(&third, &duplicate), (&duplicate, &third), (&third, &kept)] {
            county.post(&format!("/v1/residents/{one}/merges"), of(other)).await.refused(409, "resident.merged");
        }
        // But a person may have had three records.
        office.merged(&kept, &third).await;
        assert_eq!(office.listed(TOWNSHIP, "/v1/residents").await, [kept, fourth]);
    }

    async fn nobody_has_two_of_a_program(office: &TestOffice) {
        let [(kept, _), (duplicate, _)] = office.two().await;
        let case = office.draft_for(&kept, "nursing_subsidy").await;
        office.draft_for(&duplicate, "living_subsidy").await;
        let other = office.draft_for(&duplicate, "nursing_subsidy").await;
        let path = transitions(&office.proposed(&kept, &duplicate).await);
        let approver = office.as_user(APPROVER).await;
        let refusal = approver.post(&path, json!({"action": "approve"})).await.refused(409, "resident.merge_conflict");
        assert_eq!(refusal["program_codes"], json!(["nursing_subsidy"]));
        // A benefit that goes on is in the way as well.
        office.bring(&case, "approval").await;
        let approver = { drop(approver); office.as_user(APPROVER).await };
        approver.act(&case, "approve").await.expect(201);
        approver.post(&path, json!({"action": "approve"})).await.refused(409, "resident.merge_conflict");
        let township = office.as_user(TOWNSHIP).await;
        township.act(&other, "withdraw").await.expect(201);
        approver.post(&path, json!({"action": "approve"})).await.expect(201);
        // Benefits are told of the person.
        assert_eq!(office.listed(TOWNSHIP, &format!("/v1/enrollments?resident_id={kept}")).await.len(), 1);
    }

    async fn who_is_related_to_one_record_is_related_to_the_person(office: &TestOffice) {
        let [(kept, _), (duplicate, _)] = office.two().await;
        let own = office.draft_for(&kept, "living_subsidy").await;
        let other = office.draft_for(&duplicate, "nursing_subsidy").await;
        office.bring(&other, "initial_review").await;
        let reviewer = office.as_user("township2.990121103").await;
        let relation = json!({"relation": "sibling"});
        reviewer.post(&format!("/v1/cases/{own}/recusals"), relation).await.expect(201);
        let shown = reviewer.get(&format!("/v1/cases/{other}")).await.expect(200);
        assert_ne!(shown["allowed_actions"], json!([]));
        office.merged(&kept, &duplicate).await;
        let refusal = reviewer.act(&other, "endorse").await.refused(403, "case.recusal_required");
        assert_eq!(refusal["relation"], "sibling");
        // Whoever is tied to the duplicate keeps off the kept one's cases as well.
        let township = office.as_user(TOWNSHIP).await;
        let relation = json!({"relation": "parent"});
        township.post(&format!("/v1/cases/{other}/recusals"), relation).await.expect(201);
        township.act(&own, "withdraw").await.refused(403, "case.recusal_required");
    }
}
