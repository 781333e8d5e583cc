//! Residents: registered once, shown masked, disclosed with a reason, sealed where they are kept.

use diesel::prelude::*;
use diesel::sql_types::Binary;
use serde_json::{Value, json};

use crate::support::people::{ELSEWHERE, citizen_id, fresh_citizen_id, id_of, person};
use crate::support::{TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";

fn pointers(problem: &Value) -> Vec<(String, String)> {
    let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (text(error, "pointer"), text(error, "code")))
        .collect()
}

on_both! {
    async fn a_person_is_registered_and_shown_masked(office: &TestOffice) {
        let somebody = person();
        let township = office.as_user(TOWNSHIP).await;
        let reply = township.post("/v1/residents", somebody.clone()).await;
        let created = reply.expect(201);
        assert_eq!(reply.header("etag"), Some("\"1\""));
        let path = format!("/v1/residents/{}", created["id"].as_str().unwrap());
        assert_eq!(reply.header("location"), Some(path.as_str()));
        assert_eq!(township.get(&path).await.expect(200), created);
        let number = somebody["id_number"].as_str().unwrap();
        assert_eq!(created["id_number_masked"], format!("{}********{}", &number[..6], &number[14..]));
        assert_eq!(created["phone_masked"], "120****1234");
        assert_eq!(created["certificate"]["number_masked"], format!("{}********{}**", &number[..6], &number[14..]));
        assert_eq!(created["certificate"]["components"], json!([{"impairment_type": "physical", "severity_level": 1}]));
        assert_eq!((&created["certificate"]["expires_date"], &created["certificate"]["state"]), (&json!("2029-05-06"), &json!("valid")));
        assert_eq!(created["circumstances"], json!({"income_status": "none", "care_need": "full"}));
        assert_eq!((&created["division_name"], &created["hukou_division_code"]), (&json!("一号村"), &json!("990121103201")));
        for secret in [number, "12000001234", somebody["certificate"]["number"].as_str().unwrap()] {
            assert!(!created.to_string().contains(secret));
        }
        // The office above sees the same, the office beside nothing.
        assert_eq!(office.as_user("county.990121").await.get(&path).await.expect(200), created);
        office.as_user("township.990121104").await.get(&path).await.refused(404, "resident.not_found");
    }

    async fn everything_at_fault_is_said_at_once(office: &TestOffice) {
        let township = office.as_user(TOWNSHIP).await;
        let number = fresh_citizen_id();
        let wrong = json!({
            "name": "张3", "id_number": number, "phone": "12345", "division_code": "990121103201",
            "certificate": {"number": "99010219630917002X72", "issued_date": "2031-01-01"},
            "circumstances": {"care_need": "sometimes", "imprisonment": "no"}
        });
        let found = pointers(&township.post("/v1/residents", wrong).await.refused(422, "request.invalid"));
        for expected in [
            ("/name", "name.format"),
            ("/phone", "phone.format"),
            ("/certificate/number", "certificate.id_mismatch"),
            ("/certificate/issued_date", "certificate.issued_date"),
            ("/certificate/components", "certificate.components"),
            ("/circumstances/care_need", "circumstance.value"),
            ("/circumstances/imprisonment", "circumstance.value"),
        ] {
            assert!(found.contains(&(expected.0.to_owned(), expected.1.to_owned())), "{expected:?} in {found:?}");
        }
        let mut body = json!({"name": "张三", "division_code": "990121103201"});
        for (number, code) in [
            ("990102199003070012", "id_number.checksum"),
            ("990102202302290019", "id_number.birth_date"),
            ("12345", "id_number.length"),
            ("99010219900307001A", "id_number.characters"),
        ] {
            body["id_number"] = json!(number);
            township.post("/v1/residents", body.clone()).await.refused_field("/id_number", code);
        }
        body["id_number"] = json!(fresh_citizen_id());
        for (division, status, code) in [
            ("990122103201", 404, "division.not_found"),
            ("990121103999", 422, "request.invalid"),
            ("99012110", 422, "request.invalid"),
        ] {
            body["division_code"] = json!(division);
            township.post("/v1/residents", body.clone()).await.refused(status, code);
        }
        body["division_code"] = json!("990121000000");
        office.as_user("county.990121").await.post("/v1/residents", body).await.refused_field("/division_code", "division.level");
    }

    async fn a_multiple_disability_names_its_parts(office: &TestOffice) {
        let number = fresh_citizen_id();
        let mut somebody = person();
        somebody["id_number"] = json!(number.replace('0', "０"));
        somebody["certificate"] = json!({
            "number": format!("{number}72"), "issued_date": "2020-01-01",
            "components": [{"impairment_type": "intellectual", "severity_level": 2}, {"impairment_type": "mental", "severity_level": 3}]
        });
        somebody["hukou_division_code"] = json!(ELSEWHERE);
        let created = office.register(somebody).await;
        assert_eq!(created["certificate"]["impairment_type"], "multiple");
        assert_eq!(created["certificate"]["components"].as_array().unwrap().len(), 2);
        assert_eq!(created["hukou_division_code"], ELSEWHERE);
    }

    async fn nobody_is_registered_twice_in_the_city(office: &TestOffice) {
        let somebody = person();
        let known = id_of(&office.register(somebody.clone()).await);
        let county = office.as_user("county.990121").await;
        let refusal = county.post("/v1/residents", somebody.clone()).await.refused(409, "resident.duplicate");
        assert_eq!(refusal["resident_id"], known.as_str());
        // Elsewhere one learns whom to ask, and nothing of the person.
        let mut again = somebody;
        again["division_code"] = json!(ELSEWHERE);
        let stranger = office.as_user("township.990122103").await;
        let refusal = stranger.post("/v1/residents", again).await.refused(409, "resident.registered_elsewhere");
        assert_eq!(refusal["office"], json!({"name": "丙岭县残疾人联合会", "division_code": "990121000000"}));
        assert!(!refusal.to_string().contains(&known) && !refusal.to_string().contains("张"));
    }

    async fn a_patch_changes_what_it_names(office: &TestOffice) {
        let created = office.register(person()).await;
        let path = format!("/v1/residents/{}", created["id"].as_str().unwrap());
        let township = office.as_user(TOWNSHIP).await;
        let change = json!({"phone": null, "name": "张 小宝"});
        township.request("PATCH", &path).json(&change).send().await.refused(428, "if_match.missing");
        let reply = township.patch_seen(&path, 1, change.clone()).await;
        let changed = reply.expect(200);
        assert_eq!(reply.header("etag"), Some("\"2\""));
        assert_eq!((&changed["name"], &changed["phone_masked"], &changed["version"]), (&json!("张小宝"), &Value::Null, &json!(2)));
        assert_eq!(changed["division_code"], created["division_code"]);
        let stale = township.patch_seen(&path, 1, change).await.refused(412, "if_match.stale");
        assert_eq!(stale["current_version"], 2);
        let moved = township.patch_seen(&path, 2, json!({"division_code": "990121103202"})).await.expect(200);
        assert_eq!(moved["division_name"], "二号村");
        township.patch_seen(&path, 3, json!({"division_code": ELSEWHERE})).await.refused_field("/division_code", "division.out_of_scope");
        township.patch_seen(&path, 3, json!({"phone": "1"})).await.refused_field("/phone", "phone.format");
        township.patch_seen(&path, 3, json!({"id_number": "x"})).await.refused_field("/id_number", "field.unknown");
        township.patch_seen(&path, 3, json!({"name": null})).await.refused_field("/name", "field.invalid");
        office.as_user("auditor.990121").await.patch_seen(&path, 3, json!({})).await.refused(403, "permission.denied");
        office.as_user("township.990122103").await.patch_seen(&path, 3, json!({})).await.refused(404, "resident.not_found");
    }

    async fn a_disclosure_shows_what_was_asked_and_why_is_on_record(office: &TestOffice) {
        let somebody = person();
        let id = id_of(&office.register(somebody.clone()).await);
        let path = format!("/v1/residents/{id}/disclosures");
        let township = office.as_user(TOWNSHIP).await;
        let reply = township.post(&path, json!({"fields": ["id_number", "phone"], "reason": "核对银行开户信息"})).await;
        assert_eq!(reply.expect(201), json!({"id_number": somebody["id_number"], "phone": somebody["phone"]}));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        let certificate = township.post(&path, json!({"fields": ["certificate_number"], "reason": "核对证件"})).await.expect(201);
        assert_eq!(certificate, json!({"certificate_number": somebody["certificate"]["number"]}));

        let auditor = office.as_user("auditor.990121").await;
        let page = auditor.get(&format!("/v1/audit/events?action=resident.disclosed&resident_id={id}")).await.expect(200);
        let first = &page["items"][1];
        assert_eq!((&first["reason"], &first["changes"]), (&json!("核对银行开户信息"), &json!({"fields": ["id_number", "phone"]})));
        assert!(!page.to_string().contains(somebody["id_number"].as_str().unwrap()));

        township.post(&path, json!({"fields": ["id_number"], "reason": " 核 "})).await.refused_field("/reason", "reason.length");
        township.post(&path, json!({"fields": [], "reason": "核对"})).await.refused_field("/fields", "fields.empty");
        township.post(&path, json!({"fields": ["name"], "reason": "核对"})).await.refused_field("/fields/0", "field.invalid");
        let body = json!({"fields": ["id_number"], "reason": "核对"});
        for who in ["liaison.990121103201", "finance.990121", "auditor.990121", "supervisor.990100"] {
            office.as_user(who).await.post(&path, body.clone()).await.refused(403, "permission.denied");
        }
        office.as_user("township.990122103").await.post(&path, body).await.refused(404, "resident.not_found");
    }

    async fn exact_numbers_are_searched_in_the_body(office: &TestOffice) {
        let number = citizen_id("990121", "19550309", 102);
        let mut somebody = person();
        somebody["id_number"] = json!(number);
        somebody["certificate"]["number"] = json!(format!("{number}41"));
        let created = office.register(somebody).await;
        let id = id_of(&created);
        let township = office.as_user(TOWNSHIP).await;
        let found = async |body: Value| township.post("/v1/residents/search", body).await.expect(200)["items"].clone();
        for written in [number.clone(), number.to_lowercase(), format!(" {} {} ", &number[..6], &number[6..]), number.replace('9', "９")] {
            assert_eq!(found(json!({"id_number": written})).await, json!([created]));
        }
        assert_eq!(found(json!({"certificate_number": format!("{number}41")})).await, json!([created]));
        // A reissue does not hide the number before it.
        let reissue = json!({"number": format!("{number}42B1"), "issued_date": "2022-07-01"});
        township.post_seen(&format!("/v1/residents/{id}/certificates"), 1, reissue).await.expect(201);
        for number in [format!("{number}41"), format!("{number}42B1")] {
            assert_eq!(found(json!({"certificate_number": number})).await[0]["id"], id.as_str());
        }
        assert_eq!(found(json!({"id_number": fresh_citizen_id()})).await, json!([]));
        let stranger = office.as_user("township.990122103").await;
        assert_eq!(stranger.post("/v1/residents/search", json!({"id_number": number})).await.expect(200)["items"], json!([]));
        for body in [json!({}), json!({"id_number": number, "certificate_number": number})] {
            township.post("/v1/residents/search", body).await.refused_field("", "search.one_of");
        }
        township.get("/v1/residents?q=990121195503").await.refused_parameter("q", "q.number");
    }

    async fn what_is_sealed_is_nowhere_in_clear(office: &TestOffice) {
        #[derive(QueryableByName)]
        struct Sealed {
            #[diesel(sql_type = Binary)]
            bytes: Vec<u8>,
        }
        let somebody = person();
        office.register(somebody.clone()).await;
        let number = somebody["id_number"].as_str().unwrap();
        let mut db = office.db();
        let mut seen = 0;
        for column in ["id_number FROM residents", "id_number_index FROM residents", "phone FROM residents",
            "phone_index FROM residents", "number FROM certificates", "number_index FROM certificates"] {
            let (name, table) = column.split_once(' ').unwrap();
            let rows: Vec<Sealed> = diesel::sql_query(format!("SELECT {name} AS bytes {table}")).load(db.conn()).unwrap();
            for row in rows {
                seen += 1;
                let text = String::from_utf8_lossy(&row.bytes).into_owned();
                assert!(!text.contains(number) && !text.contains("12000001234"), "{column}");
                assert!(row.bytes.len() >= 32, "{column}");
            }
        }
        assert_eq!(seen, 6);
    }
}
