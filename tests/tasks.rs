//! Tasks: whose desk a review step lands on, and how it leaves it.

use serde_json::{Value, json};

use crate::support::people::{VILLAGE, id_of};
use crate::support::{TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
const REVIEWER: &str = "township2.990121103";
const LIAISON: &str = "liaison.990121103201";
const APPROVER: &str = "approver.990121";

impl TestOffice {
    async fn items(&self, username: &str, list: &str) -> Vec<Value> {
        let page = self.as_user(username).await.get(list).await.expect(200);
        page["items"].as_array().unwrap().clone()
    }

    async fn desk(&self, username: &str) -> Vec<String> {
        let tasks = self.items(username, "/v1/tasks").await;
        tasks
            .iter()
            .map(|task| task["case_id"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The task of a case, as the office's supervisor sees it.
    async fn task(&self, case: &str) -> Value {
        let tasks = self.items(APPROVER, "/v1/tasks/office").await;
        let found = tasks.into_iter().find(|task| task["case_id"] == case);
        found.unwrap_or(Value::Null)
    }

    async fn user_id(&self, username: &str) -> String {
        id_of(&self.as_user(username).await.get("/v1/me").await.expect(200))
    }

    /// A case that the village liaison filed.
    async fn filed_by_liaison(&self) -> String {
        let resident = self.resident().await;
        self.filed_for(&resident).await
    }

    async fn filed_for(&self, resident: &str) -> String {
        let liaison = self.as_user(LIAISON).await;
        let body = json!({"resident_id": resident, "program_code": "nursing_subsidy"});
        let case = id_of(&liaison.post("/v1/cases", body).await.expect(201));
        liaison.act(&case, "submit").await.expect(201);
        case
    }

    async fn assign(&self, case: &str, version: i64, user: &str) -> crate::support::Reply {
        let body = json!({"user_id": user});
        let approver = self.as_user(APPROVER).await;
        approver
            .post_seen(&format!("/v1/tasks/{case}/assignment"), version, body)
            .await
    }

    /// Takes the only grant of somebody.
    async fn dismiss(&self, username: &str) {
        let security = self.as_user("secadmin").await;
        let grants = format!("/v1/users/{}/grants", self.user_id(username).await);
        let grant = security.get(&grants).await.expect(200)["items"][0].clone();
        security
            .delete(&format!("{grants}/{}", id_of(&grant)))
            .await
            .expect(204);
    }
}

on_both! {
    async fn each_step_lands_on_the_desk_of_who_may_take_it(office: &TestOffice) {
        let case = office.draft().await;
        assert_eq!(office.desk(REVIEWER).await, Vec::<String>::new());
        office.bring(&case, "initial_review").await;
        let tasks = office.items(REVIEWER, "/v1/tasks").await;
        let task = &tasks[0];
        assert_eq!(
            (&task["case_id"], &task["step"], &task["role"], &task["resident_name_masked"], &task["due_date"], &task["overdue"]),
            (&json!(case), &json!("initial_review"), &json!("township_caseworker"), &json!("张**"), &json!("2022-07-18"), &json!(false))
        );
        assert_eq!(task["assignee"]["username"], REVIEWER);
        // The filer may not take it, so it is on no other desk.
        for other in [TOWNSHIP, LIAISON, "county.990121", "township.990121104", "county.990122"] {
            assert_eq!(office.desk(other).await, Vec::<String>::new(), "{other}");
        }
        office.as_user(REVIEWER).await.act(&case, "endorse").await.expect(201);
        assert_eq!(office.desk(REVIEWER).await, Vec::<String>::new());
        assert_eq!(office.desk("county.990121").await, vec![case.clone()]);
        office.as_user("county.990121").await.act(&case, "endorse").await.expect(201);
        office.as_user("civil.990121").await.act(&case, "endorse").await.expect(201);
        // A public notice is nobody's; then it lands by itself.
        assert_eq!(office.task(&case).await, Value::Null);
        office.pass_days(30).await;
        assert_eq!(office.desk(APPROVER).await, vec![case.clone()]);
        office.as_user(APPROVER).await.act(&case, "approve").await.expect(201);
        assert_eq!(office.task(&case).await, Value::Null);
    }

    async fn the_least_busy_gets_it(office: &TestOffice) {
        let mut whose = Vec::new();
        for _ in 0..4 {
            let case = office.filed_by_liaison().await;
            whose.push(office.task(&case).await["assignee"]["username"].as_str().unwrap().to_owned());
        }
        assert_ne!(whose[0], whose[1]);
        assert_eq!(whose[..2], whose[2..]);
        let shares = [TOWNSHIP, REVIEWER].map(|name| whose.iter().filter(|one| *one == name).count());
        assert_eq!(shares, [2, 2]);
        // With either there is only their own; whatever waits can be seen to be theirs.
        let mine = office.items(TOWNSHIP, "/v1/tasks?view=mine").await;
        assert_eq!((mine.len(), office.items(TOWNSHIP, "/v1/tasks?view=unassigned").await.len()), (2, 0));
        let user = office.user_id(REVIEWER).await;
        let theirs = office.items(APPROVER, &format!("/v1/tasks/office?assignee_id={user}")).await;
        assert!(theirs.len() == 2 && theirs.iter().all(|task| task["assignee"]["id"] == user.as_str()));
    }

    async fn what_nobody_nearby_may_take_goes_up_or_waits(office: &TestOffice) {
        // Of the township's two, one files and the other is related: nobody is left.
        let resident = office.resident().await;
        let case = office.draft_for(&resident, "nursing_subsidy").await;
        let relation = json!({"relation": "sibling"});
        let recusals = format!("/v1/cases/{case}/recusals");
        office.as_user(REVIEWER).await.post(&recusals, relation.clone()).await.expect(201);
        office.bring(&case, "initial_review").await;
        assert_eq!(office.task(&case).await["assignee"], Value::Null);
        assert_eq!((office.desk(REVIEWER).await, office.desk(TOWNSHIP).await), (vec![], vec![]));

        // Somebody at the county who holds the role over the township.
        let system = office.as_user("sysadmin").await;
        let body = json!({"username": "helper", "display_name": "帮办", "password": "huican-demo-2022"});
        let helper = id_of(&system.post("/v1/users", body).await.expect(201));
        let county = office.as_user("county.990121").await.get("/v1/me").await.expect(200);
        let grant = json!({"role": "township_caseworker", "organization_id": county["grants"][0]["organization_id"]});
        office.as_user("secadmin").await.post(&format!("/v1/users/{helper}/grants"), grant).await.expect(201);
        assert_eq!(office.desk("helper").await, vec![case.clone()]);
        let claim = format!("/v1/tasks/{case}/claim");
        let helper = office.as_user("helper").await;
        helper.request("POST", &claim).send().await.refused(428, "if_match.missing");
        helper.request("POST", &claim).seen(7).send().await.refused(412, "if_match.stale");
        office.as_user(TOWNSHIP).await.request("POST", &claim).seen(1).send().await.refused(403, "task.not_eligible");
        office.as_user(REVIEWER).await.request("POST", &claim).seen(1).send().await.refused(403, "task.not_eligible");
        office.as_user("county.990122").await.request("POST", &claim).seen(1).send().await.refused(404, "task.not_found");
        let reply = helper.request("POST", &claim).seen(1).send().await;
        assert_eq!((reply.expect(201)["version"].clone(), reply.header("etag")), (json!(2), Some("\"2\"")));
        helper.request("POST", &claim).seen(2).send().await.refused(409, "task.taken");
        // With the two of the township out of the way the next one goes up by rule; with one of them it does not.
        let other = office.draft_for(&resident, "living_subsidy").await;
        assert_eq!(office.task(&other).await, Value::Null);
        let near = office.case_at("initial_review").await;
        assert_eq!(office.task(&near).await["assignee"]["username"], REVIEWER);
        let path = format!("/v1/cases/{near}/recusals");
        office.as_user(REVIEWER).await.post(&path, relation).await.expect(201);
        assert_eq!(office.task(&near).await["assignee"]["username"], "helper");
    }

    async fn a_supervisor_gives_a_task_to_who_may_take_it(office: &TestOffice) {
        let case = office.filed_by_liaison().await;
        let task = office.task(&case).await;
        let [one, other] = [office.user_id(TOWNSHIP).await, office.user_id(REVIEWER).await];
        let next = if task["assignee"]["id"] == one.as_str() { &other } else { &one };
        office.assign(&case, 7, next).await.refused(412, "if_match.stale");
        for unfit in [LIAISON, "county.990121", "township.990121104"] {
            let unfit = office.user_id(unfit).await;
            office.assign(&case, 1, &unfit).await.refused_field("/user_id", "assignee.not_eligible");
        }
        let path = format!("/v1/tasks/{case}/assignment");
        let body = json!({"user_id": next});
        let reviewer = office.as_user(REVIEWER).await;
        reviewer.post_seen(&path, 1, body.clone()).await.refused(403, "permission.denied");
        office.as_user("approver.990122").await.post_seen(&path, 1, body.clone()).await.refused(404, "task.not_found");
        let assigned = office.assign(&case, 1, next).await.expect(201);
        assert_eq!((&assigned["assignee_id"], &assigned["version"]), (&json!(next), &json!(2)));
        assert_eq!(office.task(&case).await["assignee"]["id"], next.as_str());
        // Who is expected does not lock the others out.
        let colleague = if *next == one { REVIEWER } else { TOWNSHIP };
        office.as_user(colleague).await.act(&case, "endorse").await.expect(201);
        office.assign(&case, 1, next).await.refused_field("/user_id", "assignee.not_eligible");
        let draft = office.draft().await;
        office.assign(&draft, 1, next).await.refused(404, "task.not_found");
    }

    async fn a_desk_is_handed_over_task_by_task(office: &TestOffice) {
        let mut cases = Vec::new();
        for _ in 0..4 {
            cases.push(office.filed_by_liaison().await);
        }
        // Of one that waits with the reviewer, the filer is the township's other one.
        let kept = office.case_at("initial_review").await;
        let [from, to] = [office.user_id(REVIEWER).await, office.user_id(TOWNSHIP).await];
        let path = format!("/v1/users/{from}/hand-over");
        let approver = office.as_user(APPROVER).await;
        approver.post(&path, json!({"to_user_id": from})).await.refused_field("/to_user_id", "assignee.not_eligible");
        let nobody = "0190a000-0000-7000-8000-000000000000";
        approver.post(&format!("/v1/users/{nobody}/hand-over"), json!({})).await.refused(404, "user.not_found");
        office.as_user("county.990121").await.post(&path, json!({})).await.refused(403, "permission.denied");
        // Another county's supervisor has nothing to hand over.
        let elsewhere = office.as_user("approver.990122").await.post(&path, json!({})).await.expect(201);
        assert_eq!(elsewhere["items"], json!([]));

        let reply = approver.request("POST", &path).key("desk-1").json(&json!({"to_user_id": to})).send().await;
        let items = reply.expect(201)["items"].as_array().unwrap().clone();
        assert_eq!(items.len(), 3);
        for item in &items {
            let stays = item["case_id"] == kept.as_str();
            let expected = if stays { (json!(from), json!("task.not_eligible")) } else { (json!(to), Value::Null) };
            assert_eq!((item["assignee_id"].clone(), item["code"].clone()), expected);
        }
        let again = approver.request("POST", &path).key("desk-1").json(&json!({"to_user_id": to})).send().await;
        assert_eq!(again.body, reply.body);
        // One record each.
        let auditor = office.as_user("auditor.990121").await;
        let records = auditor.get("/v1/audit/events?action=case.task_handed_over&limit=200").await.expect(200);
        let outcomes: Vec<_> = records["items"].as_array().unwrap().iter().map(|event| event["outcome"].as_str().unwrap()).collect();
        assert_eq!((outcomes.len(), outcomes.iter().filter(|outcome| **outcome == "refused").count()), (3, 1));

        // By rule what nobody else may take is nobody's.
        let items = approver.post(&path, json!({})).await.expect(201)["items"].clone();
        assert_eq!(items, json!([{"case_id": kept, "assignee_id": null, "code": null}]));
        assert_eq!(office.task(&kept).await["assignee"], Value::Null);
        assert_eq!(office.desk(TOWNSHIP).await.len(), 4);
    }

    async fn who_left_gets_nothing_more(office: &TestOffice) {
        office.dismiss(REVIEWER).await;
        for _ in 0..2 {
            let case = office.filed_by_liaison().await;
            assert_eq!(office.task(&case).await["assignee"]["username"], TOWNSHIP);
        }
        let resident = office.resident().await;
        let system = office.as_user("sysadmin").await;
        let user = office.user_id(TOWNSHIP).await;
        system.patch_seen(&format!("/v1/users/{user}"), 1, json!({"state": "disabled"})).await.expect(200);
        let case = office.filed_for(&resident).await;
        assert_eq!(office.task(&case).await["assignee"], Value::Null);
    }

    async fn what_comes_near_its_day_is_pointed_out_and_again_when_late(office: &TestOffice) {
        use std::time::Duration;

        let case = office.filed_by_liaison().await;
        let at = async |time: &str| {
            office.clock.set(crate::support::office::instant(time));
            office.pass(Duration::ZERO).await;
            let task = office.task(&case).await;
            (task["reminded_at"].clone(), task["overdue_working_days"].clone())
        };
        // Due on Monday, 18 July: two working days before is Thursday.
        assert_eq!(at("2022-07-13T15:59:00Z").await, (Value::Null, json!(0)));
        let thursday = json!("2022-07-13T16:00:00.000000Z");
        assert_eq!(at("2022-07-13T16:00:00Z").await, (thursday.clone(), json!(0)));
        assert_eq!(at("2022-07-18T15:59:00Z").await, (thursday, json!(0)));
        let tuesday = json!("2022-07-18T16:00:00.000000Z");
        assert_eq!(at("2022-07-18T16:00:00Z").await, (tuesday.clone(), json!(1)));
        // Once; the weekend does not count.
        assert_eq!(at("2022-07-24T01:00:00Z").await, (tuesday, json!(4)));
        let auditor = office.as_user("auditor.990121").await;
        let records = auditor.get("/v1/audit/events?action=case.task_reminded").await.expect(200);
        let kinds: Vec<_> = records["items"].as_array().unwrap().iter().map(|event| event["changes"]["reminder"].clone()).collect();
        assert_eq!(kinds, [json!("overdue"), json!("due_soon")]);
        // What is done is not pointed out.
        let withdrawn = office.filed_by_liaison().await;
        office.as_user(LIAISON).await.act(&withdrawn, "withdraw").await.expect(201);
        office.pass_days(60).await;
        let auditor = office.as_user("auditor.990121").await;
        let all = format!("/v1/audit/events?entity_id={withdrawn}&limit=200");
        let records = auditor.get(&all).await.expect(200)["items"].as_array().unwrap().clone();
        assert!(!records.is_empty() && records.iter().all(|event| event["action"] != "case.task_reminded"));
    }

    async fn lists_go_by_due_date_and_say_what_is_overdue(office: &TestOffice) {
        let mut cases = Vec::new();
        for _ in 0..5 {
            cases.push(office.filed_by_liaison().await);
            office.pass_days(1).await;
        }
        let tasks = office.items(APPROVER, "/v1/tasks/office").await;
        let due: Vec<_> = tasks.iter().map(|task| task["due_date"].as_str().unwrap().to_owned()).collect();
        assert!(due.len() == 5 && due.is_sorted(), "{due:?}");
        // Page by page it is the same list.
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        let approver = office.as_user(APPROVER).await;
        loop {
            let page = approver.get(&format!("/v1/tasks/office?limit=2{cursor}")).await.expect(200);
            paged.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(paged, tasks);
        assert_eq!(office.items(TOWNSHIP, "/v1/tasks?overdue=true").await, Vec::<Value>::new());
        assert_eq!(office.items(APPROVER, "/v1/tasks/overdue").await, Vec::<Value>::new());

        // The first was due on Monday, 18 July; two days later it and those of that day's morning are late.
        office.clock.set(crate::support::office::instant("2022-07-19T01:00:00Z"));
        let late = office.items(APPROVER, "/v1/tasks/office?overdue=true").await;
        let expected = due.iter().filter(|day| day.as_str() < "2022-07-19").count();
        assert!(late.len() == expected && expected > 0 && expected < 5, "{due:?}");
        assert!(late.iter().all(|task| task["overdue"] == true));
        let counts = office.items(APPROVER, "/v1/tasks/overdue").await;
        let sum: i64 = counts.iter().map(|line| line["count"].as_i64().unwrap()).sum();
        assert_eq!(usize::try_from(sum).unwrap(), expected);
        for line in &counts {
            assert_eq!((&line["division_code"], &line["role"]), (&json!("990121103000"), &json!("township_caseworker")));
        }
        assert_eq!(office.items("supervisor.990100", "/v1/tasks/overdue?division_code=990121103").await, counts);
        assert_eq!(office.items("approver.990122", "/v1/tasks/overdue").await, Vec::<Value>::new());
        let next = office.as_user("approver.990122").await;
        next.get("/v1/tasks/overdue?division_code=990121").await.refused(404, "division.not_found");
        next.get("/v1/tasks/office?division_code=990121").await.refused(404, "division.not_found");
        office.as_user(TOWNSHIP).await.get("/v1/tasks/office").await.refused(403, "permission.denied");
        office.as_user("auditor.990121").await.get("/v1/tasks").await.refused(403, "permission.denied");
        office.as_user(TOWNSHIP).await.get("/v1/tasks?view=theirs").await.refused(400, "request.malformed");
        let here = office.items(TOWNSHIP, &format!("/v1/tasks?division_code={VILLAGE}")).await;
        assert_eq!(here, office.items(TOWNSHIP, "/v1/tasks").await);
    }
}
