//! Notes on a case: signed, dated, sealed, and read on record.

use serde_json::json;

use crate::support::{TestOffice, on_both};

on_both! {
    async fn notes_are_written_for_each_other_and_stay(office: &TestOffice) {
        let case = office.draft().await;
        let path = format!("/v1/cases/{case}/notes");
        let township = office.as_user("township.990121103").await;
        let first = township.post(&path, json!({"text": " 家属明日补交户口簿 "})).await;
        assert_eq!(first.header("location"), Some(path.as_str()));
        assert_eq!(first.expect(201)["text"], "家属明日补交户口簿");
        office.pass(std::time::Duration::from_mins(5)).await;
        let county = office.as_user("county.990121").await;
        county.post(&path, json!({"text": "已电话核实"})).await.expect(201);

        // Whoever reads the case reads them, newest first.
        let finance = office.as_user("finance.990121").await;
        let page = finance.get(&format!("{path}?limit=1")).await.expect(200);
        assert_eq!(page["items"][0]["text"], "已电话核实");
        assert_eq!(page["items"][0]["author"]["username"], "county.990121");
        assert_eq!(page["items"][0]["written_at"], "2022-07-04T01:05:00.000000Z");
        let next = format!("{path}?limit=1&cursor={}", page["next"].as_str().unwrap());
        let page = finance.get(&next).await.expect(200);
        assert_eq!((&page["items"][0]["text"], &page["next"]), (&json!("家属明日补交户口簿"), &json!(null)));
        finance.post(&path, json!({"text": "已付"})).await.refused(403, "permission.denied");
        let elsewhere = office.as_user("county.990122").await;
        elsewhere.get(&path).await.refused(404, "case.not_found");
        elsewhere.post(&path, json!({"text": "x"})).await.refused(404, "case.not_found");

        for text in [String::new(), "  ".to_owned(), "长".repeat(4001)] {
            township.post(&path, json!({"text": text})).await.refused_field("/text", "text.length");
        }
        // A case that is over may be spoken of.
        township.act(&case, "withdraw").await.expect(201);
        township.post(&path, json!({"text": "本人放弃"})).await.expect(201);

        let auditor = office.as_user("auditor.990121").await;
        let told = async |action: &str| {
            let events = auditor.get(&format!("/v1/audit/events?action={action}")).await.expect(200);
            assert!(!events.to_string().contains("核实"), "{events}");
            events["items"].as_array().unwrap().len()
        };
        assert_eq!((told("note.written").await, told("case.notes_viewed").await), (3, 2));
    }
}
