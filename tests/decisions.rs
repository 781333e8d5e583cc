//! What people are told of decisions: on which grounds, by which clauses, where to turn to until when, and
//! how it reached them.

use serde_json::{Value, json};

use crate::support::people::id_of;
use crate::support::{TestOffice, on_both};

const COUNTY: &str = "county.990121";

impl TestOffice {
    /// The notices of a case, each as a letter.
    async fn letters(&self, case: &str) -> Vec<Value> {
        let county = self.as_user(COUNTY).await;
        let path = format!("/v1/cases/{case}/notices");
        let mut all = Vec::new();
        for notice in county.get(&path).await.expect(200)["items"]
            .as_array()
            .unwrap()
        {
            let letter = county
                .get(&format!("{path}/{}", id_of(notice)))
                .await
                .expect(200);
            assert_eq!(letter["number"], notice["number"]);
            all.push(letter);
        }
        all
    }
}

fn text<'v>(letter: &'v Value, language: &str) -> &'v str {
    letter[format!("text_{language}")].as_str().unwrap()
}

on_both! {
    async fn a_rejection_says_why_and_where_to_turn_to(office: &TestOffice) {
        let case = office.case_at("verification").await;
        let county = office.as_user(COUNTY).await;
        let shown = county.get(&format!("/v1/cases/{case}")).await.expect(200);
        let (number, resident) = (shown["case_number"].as_str().unwrap(), shown["resident_id"].as_str().unwrap());
        // Since then the resident is found to need no care.
        let known = json!({"kind": "care_need", "value": "none"});
        county.post_seen(&format!("/v1/residents/{resident}/circumstances"), 1, known).await.expect(201);
        county.act_saying(&case, "reject", Some("入户核查，生活能自理")).await.expect(201);
        let letters = office.letters(&case).await;
        let [letter] = letters.as_slice() else { panic!("{letters:?}") };
        assert_eq!((&letter["kind"], &letter["number"], &letter["service"]), (&json!("reject"), &json!(format!("{number}-J1")), &Value::Null));
        assert_eq!((&letter["issued_date"], &letter["reconsideration_until"]), (&json!("2022-07-04"), &json!("2022-09-02")));
        let content = &letter["content"];
        assert_eq!((&content["office"], &content["addressee"]), (&json!("丙岭县残疾人联合会"), &json!("张晓宝")));
        assert_eq!((&content["grounds"], &content["amount"]), (&json!("入户核查，生活能自理"), &Value::Null));
        // The clauses that decided, with what was known; not the others.
        let clauses = content["clauses"].as_array().unwrap();
        assert_eq!((clauses.len(), &clauses[0]["holds"]), (1, &json!(false)));
        let told = clauses[0]["reason_zh"].as_str().unwrap();
        for part in ["不予批准决定书", number, "张晓宝", "国发〔2015〕52号", "入户核查，生活能自理", told, "60日内（至2022-09-02）向丙岭县残疾人联合会申请复查",
            "丙岭县人民政府", "《行政复议法》第二十条", "《行政诉讼法》第四十六条", "2022年7月4日"] {
            assert!(text(letter, "zh").contains(part), "{part}: {}", text(letter, "zh"));
        }
        for part in ["Notice of rejection", number, "Grounds: 入户核查，生活能自理", "not met", "until 2022-09-02", "article 46"] {
            assert!(text(letter, "en").contains(part), "{part}: {}", text(letter, "en"));
        }
        // Nothing more than needed.
        assert!(!text(letter, "zh").contains("12000001234") && content.get("id_number").is_none());
    }

    async fn every_decision_is_told(office: &TestOffice) {
        let case = office.stopped().await;
        office.reconsider(&case).await;
        office.as_user("supervisor.990100").await.act_saying(&case, "uphold", Some("经复查属实")).await.expect(201);
        let letters = office.letters(&case).await;
        let kinds: Vec<_> = letters.iter().map(|letter| letter["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["approve", "terminate", "uphold"]);
        let [approval, stop, upheld] = letters.as_slice() else { panic!("{letters:?}") };
        assert_eq!((&approval["content"]["amount"]["amount_fen"], &approval["reconsideration_until"]), (&json!(50_000), &Value::Null));
        assert!(text(approval, "zh").contains("金额：500.00元（按月"), "{}", text(approval, "zh"));
        assert_eq!(upheld["content"]["upheld_number"], stop["number"]);
        assert_eq!(upheld["content"]["office"], "虚川市残疾人联合会");
        assert!(upheld["number"].as_str().unwrap().ends_with("-J3"));
        let ways = |letter: &Value| {
            let all = letter["content"]["remedies"].as_array().unwrap().iter();
            all.map(|remedy| remedy["way"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(ways(approval), ["administrative_review", "litigation"]);
        assert_eq!(ways(stop), ["reconsideration", "administrative_review", "litigation"]);
        assert_eq!(ways(upheld), ["supervision", "administrative_review", "litigation"]);
    }

    async fn a_notice_is_served_once_and_the_time_runs_from_then(office: &TestOffice) {
        let case = office.rejected().await;
        let notice = id_of(&office.letters(&case).await[0]);
        office.pass_days(10).await;
        let county = office.as_user(COUNTY).await;
        let path = format!("/v1/cases/{case}/notices/{notice}/service");
        let serve = async |body: Value| county.post(&path, body).await;
        let on = |date: &str| json!({"method": "in_person", "recipient": "self", "served_date": date});
        serve(on("2022-07-03")).await.refused_field("/served_date", "served_date.range");
        serve(on("2022-07-15")).await.refused_field("/served_date", "served_date.range");
        serve(json!({"method": "in_person", "served_date": "2022-07-06"})).await.refused_field("/recipient", "recipient.method");
        serve(json!({"method": "public_notice", "recipient": "self", "served_date": "2022-07-06"})).await.refused_field("/recipient", "recipient.method");
        serve(json!({"method": "pigeon", "served_date": "2022-07-06"})).await.refused_field("/method", "field.invalid");
        office.as_user("finance.990121").await.post(&path, on("2022-07-06")).await.refused(403, "permission.denied");
        office.as_user("county.990122").await.post(&path, on("2022-07-06")).await.refused(404, "case.not_found");
        let elsewhere = path.replace(&notice, "0190a000-0000-7000-8000-000000000000");
        county.post(&elsewhere, on("2022-07-06")).await.refused(404, "notice.not_found");
        // Another case's notice is not this one's.
        let other = office.rejected().await;
        county.post(&path.replace(&case, &other), on("2022-07-06")).await.refused(404, "notice.not_found");

        let served = serve(on("2022-07-06")).await.expect(201);
        assert_eq!((&served["service"]["method"], &served["service"]["recipient"]), (&json!("in_person"), &json!("self")));
        assert_eq!(served["reconsideration_until"], "2022-09-04");
        serve(on("2022-07-07")).await.refused(409, "notice.served");
        let letter = &office.letters(&case).await[0];
        assert_eq!(letter["service"], served["service"]);
        assert!(text(letter, "zh").contains("（至2022-09-04）"));
        // Each look is on record, and so is the service.
        let auditor = office.as_user("auditor.990121").await;
        for action in ["case.notices_viewed", "case.notice_viewed", "case.notice_served"] {
            let events = auditor.get(&format!("/v1/audit/events?action={action}")).await.expect(200);
            assert_eq!(events["items"][0]["entity_id"], json!(case), "{action}");
        }
    }
}
