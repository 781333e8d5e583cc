//! What the public is told of payments: who was paid, masked and without minors, and what was done with the money.

use calamine::{Data, Reader, Xlsx};
use serde_json::{Value, json};

use crate::support::payments::{CHECKER, MAKER, RELEASER};
use crate::support::people::{ELSEWHERE, citizen_id, id_of, person};
use crate::support::{TestOffice, on_both};

const COUNTY: &str = "990121000000";
const ANSWER: &str = "业务编号,账号,户名,金额,处理结果,失败原因\n";

impl TestOffice {
    /// The id of somebody whose nursing subsidy was approved in August, submitted in July, and is paid to an account.
    async fn is_granted(&self, someone: Value, account: &str) -> String {
        let resident = id_of(&self.register(someone).await);
        let case = self.draft_for(&resident, "nursing_subsidy").await;
        self.bring(&case, "approval").await;
        let approver = self.as_user("approver.990121").await;
        approver.act(&case, "approve").await.expect(201);
        self.is_paid_at(&resident, account).await.expect(201);
        resident
    }

    /// A grown-up and a child, both paid from July to September by a batch; and what they got together.
    async fn paid_up(&self) -> ([String; 2], i64) {
        let mut child = person();
        let id = citizen_id("990121", "20180102", 17);
        child["id_number"] = json!(id);
        child["certificate"]["number"] = json!(format!("{id}41"));
        let people = [
            self.is_granted(person(), "6200000000000012344").await,
            self.is_granted(child, "123456789012").await,
        ];
        let month = self.today().format("%Y-%m").to_string();
        self.run_month(&month).await;
        self.lays_down(2022, 5_000_000).await.expect(201);
        let batch = self.checked_batch(&month).await;
        self.releases(RELEASER, &batch).await.expect(201);
        let finance = self.as_user(CHECKER).await;
        let page = finance
            .get(&format!("/v1/payments?batch_id={batch}"))
            .await
            .expect(200);
        let file = finance
            .get(&format!("/v1/payment-batches/{batch}/bank-file"))
            .await;
        let text = String::from_utf8(file.body).unwrap();
        let mut answer = ANSWER.to_owned();
        let mut total = 0;
        for payment in page["items"].as_array().unwrap() {
            let number = payment["payment_number"].as_str().unwrap();
            let line = text.lines().find(|line| line.contains(number)).unwrap();
            let cells: Vec<_> = line.split(',').collect();
            total += payment["net_fen"].as_i64().unwrap();
            let line = [number, cells[1], cells[2], cells[4], "成功,\n"].join(",");
            answer.push_str(&line);
        }
        self.bank_answers(CHECKER, &batch, &answer)
            .await
            .expect(201);
        (people, total)
    }
}

fn published(first: &str, last: &str, to: &str) -> Value {
    json!({"division_code": COUNTY, "program_code": "nursing_subsidy", "first_month": first, "last_month": last,
        "to_date": to, "phone": "0991-1234567"})
}

on_both! {
    async fn who_was_paid_is_published_masked_and_without_minors(office: &TestOffice) {
        let ([grown_up, _], total) = office.paid_up().await;
        let today = office.today();
        let to = (today + chrono::Days::new(10)).to_string();
        let month = today.format("%Y-%m").to_string();
        let maker = office.as_user(MAKER).await;
        let reply = maker.post("/v1/public-lists", published("2022-01", &month, &to)).await;
        let list = reply.expect(201);
        assert_eq!(
            (&list["revision"], &list["person_count"], &list["minor_count"], &list["total_fen"]),
            (&json!(1), &json!(2), &json!(1), &json!(total)),
            "{list}"
        );
        let path = reply.header("location").unwrap().to_owned();
        let auditor = office.as_user("auditor.990121").await;
        assert_eq!(auditor.get(&path).await.expect(200), list);
        let entries = auditor.get(&format!("{path}/entries")).await.expect(200);
        let entries = entries["items"].as_array().unwrap();
        assert_eq!(entries.len(), 1);
        let entry = &entries[0];
        assert_eq!((&entry["place"], &entry["name_masked"], &entry["months"]), (&json!(1), &json!("张**"), &json!(3)), "{entry}");
        assert_eq!(entry["resident_id"], json!(grown_up));
        let due = office.entitlements(&format!("resident_id={grown_up}")).await;
        let due: i64 = due.iter().map(|one| one["amount_fen"].as_i64().unwrap()).sum();
        assert_eq!(entry["amount_fen"], due);
        let seen = auditor.get("/v1/audit/events?action=public_list.entries_listed").await.expect(200);
        assert_eq!(seen["items"].as_array().unwrap().len(), 1);

        // What is put up names nobody in full, no ID, no account.
        let file = maker.get(&format!("{path}/file")).await;
        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(file.body)).unwrap();
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        let cells: Vec<_> = sheet.cells().map(|(_, _, cell)| cell.to_string()).collect();
        let said = cells.join("\n");
        assert!(said.contains("张**") && said.contains("0991-1234567") && said.contains("未成年人1人"), "{said}");
        assert!(!said.contains("张晓宝") && !said.contains("12344"), "{said}");
        let yuan = entry["amount_fen"].as_f64().unwrap() / 100.0;
        assert!(sheet.cells().any(|(_, _, cell)| *cell == Data::Float(yuan)));

        // Published again, it is the next revision, and the first stays.
        let again = maker.post("/v1/public-lists", published("2022-01", &month, &to)).await.expect(201);
        assert_eq!((&again["revision"], &again["digest"]), (&json!(2), &list["digest"]));
        assert_eq!(maker.get("/v1/public-lists").await.expect(200)["items"], json!([again, list]));

        // What was paid here was paid here, wherever somebody lives by now.
        let offered = office.transfers(&grown_up, ELSEWHERE).await.expect(201);
        office.answers_transfer("county.990122", &offered, "accept").await.expect(201);
        let after = office.as_user(MAKER).await.post("/v1/public-lists", published("2022-01", &month, &to)).await.expect(201);
        assert_eq!((&after["revision"], &after["person_count"], &after["total_fen"]), (&json!(3), &json!(2), &json!(total)));
    }

    async fn what_may_not_be_published_is_refused(office: &TestOffice) {
        let maker = office.as_user(MAKER).await;
        let today = office.today().to_string();
        let month = &today[..7];
        let publish = async |change: &dyn Fn(&mut Value)| {
            let mut body = published("2022-01", month, &today);
            change(&mut body);
            maker.post("/v1/public-lists", body).await
        };
        publish(&|_| ()).await.refused(409, "public_list.empty");
        publish(&|body| body["last_month"] = json!("2023-01")).await.refused_field("/last_month", "public_list.months");
        publish(&|body| body["first_month"] = json!("2021-12")).await.refused_field("/last_month", "public_list.months");
        publish(&|body| body["to_date"] = json!("2022-01-01")).await.refused_field("/to_date", "public_list.to_date");
        publish(&|body| body["phone"] = json!("请来电")).await.refused_field("/phone", "public_list.phone");
        publish(&|body| body["program_code"] = json!("nothing")).await.refused(404, "program.not_found");
        publish(&|body| body["division_code"] = json!("990122000000")).await.refused(404, "division.not_found");
        office.as_user(CHECKER).await.post("/v1/public-lists", published("2022-01", month, &today)).await.refused(403, "permission.denied");
    }

    async fn what_was_done_with_the_money_is_the_sum_of_its_entries(office: &TestOffice) {
        let (_, total) = office.paid_up().await;
        let auditor = office.as_user("auditor.990121").await;
        let today = office.today().to_string();
        let month = &today[..7];
        let path = format!("/v1/financial-disclosures?division_code={COUNTY}&from_month=2022-01&to_month={month}");
        let years = auditor.get(&path).await.expect(200);
        let year = &years["items"][0];
        assert_eq!(
            (&year["period"], &year["budget_fen"], &year["due_fen"], &year["released_fen"], &year["returned_fen"], &year["persons"]),
            (&json!("2022"), &json!(5_000_000), &json!(total), &json!(total), &json!(0), &json!(2)),
            "{years}"
        );
        assert_eq!(years["items"].as_array().unwrap().len(), 1);
        let months = auditor.get(&format!("{path}&period=month")).await.expect(200);
        let months = months["items"].as_array().unwrap();
        assert_eq!((months.len(), &months[0]["period"], &months[0]["released_fen"], &months[0]["budget_fen"]), (1, &json!(month), &json!(total), &Value::Null));
        // Each figure opens to what it sums.
        let entries = auditor.get(&format!("{}&entry=release", months[0]["entries"].as_str().unwrap())).await.expect(200);
        let sum: i64 = entries["items"].as_array().unwrap().iter().map(|one| one["amount_fen"].as_i64().unwrap()).sum();
        assert_eq!(sum, total);
        auditor.get("/v1/financial-disclosures?from_month=2022-02&to_month=2022-01").await.refused_parameter("to_month", "financial_disclosure.months");
        office.as_user("auditor.990122").await.get(&path).await.refused(404, "division.not_found");
    }
}
