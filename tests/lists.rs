//! Lists: filters, orders, and pages that show every item once.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::people::{ELSEWHERE, fresh_citizen_id, id_of, person};
use crate::support::{TestOffice, on_both};

impl TestOffice {
    /// All items of a list, page by page; every page but the last is full.
    pub async fn pages(&self, username: &str, list: &str, limit: usize) -> Vec<Value> {
        let client = self.as_user(username).await;
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let joint = if list.contains('?') { '&' } else { '?' };
            let page = client
                .get(&format!("{list}{joint}limit={limit}{cursor}"))
                .await
                .expect(200);
            let items = page["items"].as_array().unwrap();
            all.extend(items.iter().cloned());
            let Some(next) = page["next"].as_str() else {
                return all;
            };
            assert_eq!(items.len(), limit);
            cursor = format!("&cursor={next}");
        }
    }

    async fn ids(&self, username: &str, list: &str) -> Vec<String> {
        self.pages(username, list, 2)
            .await
            .iter()
            .map(id_of)
            .collect()
    }
}

/// Somebody with a certificate of this category and grade.
fn somebody(name: &str, village: &str, class: &str, issued: &str, income: &str) -> Value {
    let number = fresh_citizen_id();
    json!({
        "name": name, "id_number": number, "division_code": village,
        "certificate": {"number": format!("{number}{class}"), "issued_date": issued},
        "circumstances": {"income_status": income}
    })
}

on_both! {
    async fn residents_are_filtered(office: &TestOffice) {
        let mut ids = Vec::new();
        for (name, village, class, issued, income) in [
            ("张晓宝", "990121103201", "41", "2019-05-06", "none"),
            ("张小兵", "990121103202", "42", "2012-07-04", "minimum_living"),
            ("欧阳娜娜", "990121104201", "11", "2012-07-05", "minimum_living"),
            ("张晓宝", ELSEWHERE, "41", "2019-05-06", "none"),
        ] {
            ids.push(id_of(&office.register(somebody(name, village, class, issued, income)).await));
        }
        let picked = async |who: &str, query: &str| {
            let found = office.ids(who, &format!("/v1/residents?{query}")).await;
            found.iter().map(|id| ids.iter().position(|known| known == id).unwrap()).collect::<Vec<_>>()
        };
        let county = "county.990121";
        for (query, expected) in [
            ("", vec![0, 1, 2]),
            ("sort=-created_at", vec![2, 1, 0]),
            ("division_code=990121103", vec![0, 1]),
            ("division_code=990121103202", vec![1]),
            ("impairment_type=physical", vec![0, 1]),
            ("severity_level=1", vec![0, 2]),
            ("income_status=minimum_living", vec![1, 2]),
            ("certificate_state=valid", vec![0, 2]),
            ("certificate_state=expired", vec![1]),
            ("q=zxb", vec![0, 1]),
            ("q=zhangxiaob", vec![0, 1]),
            ("q=ZhangXiaoBao", vec![0]),
            ("q=ouyang", vec![2]),
            ("q=%E6%99%93%E5%AE%9D", vec![0]),
            ("q=zxb&impairment_type=physical&severity_level=2", vec![1]),
            ("q=nobody", vec![]),
        ] {
            assert_eq!(picked(county, query).await, expected, "{query}");
        }
        assert_eq!(picked("supervisor.990100", "q=zxb").await, [0, 1, 3]);
        assert_eq!(picked("supervisor.990100", "division_code=990122").await, [3]);
        assert_eq!(picked("township.990121103", "").await, [0, 1]);
        let township = office.as_user("township.990121103").await;
        township.get("/v1/residents?division_code=990121104").await.refused(404, "division.not_found");
        township.get("/v1/residents?severity_level=5").await.refused_parameter("severity_level", "severity_level.range");
        township.get("/v1/residents?income_status=rich").await.refused_parameter("income_status", "field.invalid");
    }

    async fn cases_are_filtered_and_sorted(office: &TestOffice) {
        let approval = office.case_at("approval").await;
        let draft = office.draft().await;
        let review = office.case_at("initial_review").await;
        let listed = async |query: &str| office.ids("county.990121", &format!("/v1/cases?{query}")).await;
        let (a, d, r) = (approval.clone(), draft.clone(), review.clone());
        for (query, expected) in [
            ("", vec![&a, &d, &r]),
            ("sort=-created_at", vec![&r, &d, &a]),
            ("sort=submitted_at", vec![&a, &r]),
            ("sort=-submitted_at", vec![&r, &a]),
            ("sort=due_date", vec![&a, &r]),
            ("state=draft", vec![&d]),
            ("state=in_review", vec![&a, &r]),
            ("state=in_review&step=approval", vec![&a]),
            ("service=subsidy", vec![&a, &d, &r]),
            ("service=employment", vec![]),
            ("program_code=living_subsidy", vec![]),
            ("q=990121-2022-000002", vec![&d]),
            ("q=990121-2022-", vec![&a, &d, &r]),
            ("q=990122", vec![]),
            ("division_code=990121103201", vec![&a, &d, &r]),
        ] {
            assert_eq!(listed(query).await, expected.into_iter().cloned().collect::<Vec<_>>(), "{query}");
        }
        let county = office.as_user("county.990121").await;
        let case = county.get(&format!("/v1/cases/{draft}")).await.expect(200);
        let resident = case["resident_id"].as_str().unwrap();
        assert_eq!(listed(&format!("resident_id={resident}")).await, std::slice::from_ref(&draft));
        assert_eq!(office.ids("county.990121", &format!("/v1/residents/{resident}/cases")).await, [draft]);
        // A list says less than the case itself, but the same.
        let page = county.get("/v1/cases?state=draft").await.expect(200);
        let mut whole = case;
        whole.as_object_mut().unwrap().remove("eligibility").unwrap();
        assert_eq!(page["items"][0], whole);
        county.get("/v1/cases?state=dancing").await.refused(400, "request.malformed");
        county.get("/v1/cases?sort=name").await.refused(400, "request.malformed");
    }

    async fn what_comes_in_between_disturbs_no_page(office: &TestOffice) {
        let mut ids = Vec::new();
        for _ in 0..5 {
            ids.push(office.resident().await);
        }
        let county = office.as_user("county.990121").await;
        let first = county.get("/v1/residents?limit=3").await.expect(200);
        let later = id_of(&office.register(person()).await);
        let cursor = first["next"].as_str().unwrap();
        let second = county.get(&format!("/v1/residents?limit=3&cursor={cursor}")).await.expect(200);
        let seen: Vec<_> =
            [&first, &second].iter().flat_map(|page| page["items"].as_array().unwrap().iter().map(id_of)).collect();
        ids.push(later);
        assert_eq!(seen, ids);
        assert_eq!(second["next"], Value::Null);
        // The page may be larger than the one before, the filter may not change.
        county.get(&format!("/v1/residents?limit=5&cursor={cursor}")).await.expect(200);
        county.get(&format!("/v1/residents?limit=3&q=zxb&cursor={cursor}")).await.refused(400, "cursor.invalid");
        county.get(&format!("/v1/cases?limit=3&cursor={cursor}")).await.refused(400, "cursor.invalid");
        let mut forged = cursor.to_owned();
        forged.replace_range(0..1, if cursor.starts_with('A') { "B" } else { "A" });
        county.get(&format!("/v1/residents?limit=3&cursor={forged}")).await.refused(400, "cursor.invalid");
        for limit in ["0", "201", "-1", "many"] {
            county.get(&format!("/v1/residents?limit={limit}")).await.refused(400, "request.malformed");
        }
    }

    async fn enrollments_are_filtered(office: &TestOffice) {
        let mut cases = Vec::new();
        for _ in 0..3 {
            let case = office.case_at("approval").await;
            office.as_user("approver.990121").await.act(&case, "approve").await.expect(201);
            cases.push(case);
        }
        let all = office.pages("finance.990121", "/v1/enrollments", 2).await;
        let of: Vec<_> = all.iter().map(|enrollment| enrollment["case_id"].as_str().unwrap()).collect();
        assert_eq!(of, cases);
        let resident = all[1]["resident_id"].as_str().unwrap();
        let count = async |query: &str| office.pages("finance.990121", &format!("/v1/enrollments?{query}"), 2).await.len();
        assert_eq!(count(&format!("resident_id={resident}")).await, 1);
        assert_eq!(count("state=active&program_code=nursing_subsidy&division_code=990121103").await, 3);
        assert_eq!(count("state=stopped").await, 0);
        assert_eq!(count("program_code=living_subsidy").await, 0);
    }
}

/// The names of a query's first and last day or month, if it has some.
fn period(operation: &Value) -> Option<[String; 2]> {
    let named = operation["parameters"].as_array()?.iter();
    let names: BTreeSet<_> = named.filter_map(|one| one["name"].as_str()).collect();
    names.iter().find_map(|first| {
        let last = match first.strip_prefix("from_") {
            Some(unit @ ("date" | "month")) => format!("to_{unit}"),
            Some(_) => return None,
            None => format!("{}_to", first.strip_suffix("_from")?),
        };
        (names.contains(&*last)).then(|| [(*first).to_owned(), last])
    })
}

on_both! {
    /// Nothing is found in a period that ends before it begins: whoever asks for it made a mistake.
    async fn no_period_ends_before_it_begins(office: &TestOffice) {
        let document = office.anonymous().get("/openapi.json").await.expect(200);
        let mut asked = BTreeSet::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            let operation = &methods["get"];
            let Some([first, last]) = period(operation) else {
                continue;
            };
            let days = if first.ends_with("month") { ["2022-07", "2022-06"] } else { ["2022-07-05", "2022-07-04"] };
            let mut query = format!("{first}={}&{last}={}", days[0], days[1]);
            for one in operation["parameters"].as_array().unwrap() {
                let name = one["name"].as_str().unwrap();
                if one["in"] == "query" && one["required"] == true && name != first && name != last {
                    write!(query, "&{name}={}", one["example"].as_str().unwrap()).unwrap();
                }
            }
            let path = format!("{}?{query}", path.replace("{id}", "0190a000-0000-7000-8000-000000000001"));
            let finance = office.as_user("finance.990121").await.get(&path).await;
            let answer = if finance.status == 403 { office.as_user("county.990121").await.get(&path).await } else { finance };
            let refused = answer.refused(400, "request.malformed");
            assert_eq!(refused["errors"][0]["pointer"], json!(last), "{path}: {refused}");
            asked.insert(operation["operationId"].as_str().unwrap().to_owned());
        }
        assert!(asked.len() >= 12, "{asked:?}");
    }
}
