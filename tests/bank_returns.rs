//! Files to the bank and from it: account numbers in clear only there, what is undisputed written down, the rest
//! reported, and what failed paid by a later batch.

use calamine::{Data, Reader, Xlsx};
use serde_json::{Value, json};

use crate::support::office::Reply;
use crate::support::payments::{CHECKER, MAKER, RELEASER};
use crate::support::people::{ELSEWHERE, id_of};
use crate::support::{TestOffice, on_both};

const CARD: &str = "6200000000000012344";
const PASSBOOK: &str = "123456789012";
const OTHER: &str = "9901210000000001";
const HEADER: &str = "业务编号,账号,户名,金额,处理结果,失败原因\n";

impl TestOffice {
    /// The ids of two residents with an account, and of a released batch that pays both.
    pub async fn released_batch(&self) -> ([String; 2], String) {
        let people = [self.payee().await, self.payee().await];
        let month = self.today().format("%Y-%m").to_string();
        for (resident, account) in people.iter().zip([CARD, PASSBOOK]) {
            self.is_paid_at(resident, account).await.expect(201);
            self.owes(resident, &month, 50_000);
        }
        self.lays_down(2022, 1_000_000).await.expect(201);
        let batch = self.checked_batch(&month).await;
        self.releases(RELEASER, &batch).await.expect(201);
        (people, batch)
    }

    pub async fn bank_answers(&self, username: &str, batch: &str, file: &str) -> Reply {
        let client = self.as_user(username).await;
        client
            .request("POST", &format!("/v1/payment-batches/{batch}/bank-returns"))
            .content("application/octet-stream", file.as_bytes())
            .send()
            .await
    }

    /// Number, account and id of the batch's payments to two people.
    async fn paid_to(&self, batch: &str, people: &[String; 2]) -> [(String, String); 2] {
        let client = self.as_user(CHECKER).await;
        let path = format!("/v1/payments?batch_id={batch}");
        let page = client.get(&path).await.expect(200);
        let all = page["items"].as_array().unwrap();
        [&people[0], &people[1]].map(|resident| {
            let one = all
                .iter()
                .find(|one| one["resident_id"] == json!(resident))
                .unwrap();
            (
                one["payment_number"].as_str().unwrap().to_owned(),
                id_of(one),
            )
        })
    }

    async fn payment(&self, id: &str) -> Value {
        let client = self.as_user(CHECKER).await;
        client.get(&format!("/v1/payments/{id}")).await.expect(200)
    }
}

on_both! {
    async fn files_for_the_bank_hold_numbers_in_clear_and_each_download_is_recorded(office: &TestOffice) {
        let (people, batch) = office.released_batch().await;
        let path = format!("/v1/payment-batches/{batch}");
        let finance = office.as_user(CHECKER).await;
        let reply = finance.get(&format!("{path}/bank-file")).await;
        reply.expect_file("text/csv; charset=utf-8");
        let text = String::from_utf8(reply.body.clone()).unwrap();
        let [(first, _), _] = office.paid_to(&batch, &people).await;
        assert!(text.contains(CARD) && text.contains(PASSBOOK) && text.contains(&first) && text.contains("500.00"), "{text}");
        let gbk = finance.get(&format!("{path}/bank-file?encoding=gbk")).await;
        gbk.expect_file("text/csv; charset=gbk");
        assert!(String::from_utf8(gbk.body).is_err());
        finance.get(&format!("{path}/bank-file?encoding=big5")).await.refused(400, "request.malformed");
        for refused in [MAKER, RELEASER, "auditor.990121"] {
            office.as_user(refused).await.get(&format!("{path}/bank-file")).await.refused(403, "permission.denied");
        }
        let list = office.as_user(RELEASER).await.get(&format!("{path}/payment-list")).await;
        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(list.body)).unwrap();
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        let cells: Vec<_> = sheet.cells().map(|(_, _, cell)| cell.to_string()).collect();
        assert!(cells.iter().any(|cell| cell.contains("壹仟元")), "{cells:?}");
        assert!(sheet.cells().any(|(_, _, cell)| *cell == Data::String(CARD.to_owned())));
        let auditor = office.as_user("auditor.990121").await;
        for (action, times) in [("payment_batch.bank_file_disclosed", 2), ("payment_batch.list_disclosed", 1)] {
            let events = auditor.get(&format!("/v1/audit/events?action={action}")).await.expect(200);
            assert_eq!(events["items"].as_array().unwrap().len(), times, "{action}");
            assert!(!events.to_string().contains(CARD));
        }
        // Whoever was paid here is on the list of it, wherever they live by now.
        let offered = office.transfers(&people[0], ELSEWHERE).await.expect(201);
        office.answers_transfer("county.990122", &offered, "accept").await.expect(201);
        let list = office.as_user(RELEASER).await.get(&format!("{path}/payment-list")).await;
        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(list.body)).unwrap();
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        assert_eq!(sheet.cells().map(|(_, _, cell)| cell.to_string()).collect::<Vec<_>>(), cells);
    }

    async fn what_the_bank_says_undisputed_is_written_down_and_the_rest_reported(office: &TestOffice) {
        let (people, batch) = office.released_batch().await;
        let [(first, one), (second, other)] = office.paid_to(&batch, &people).await;
        let file = format!(
            "{HEADER}{first},{CARD},张晓宝,500.00,成功,\n{second},{OTHER},张晓宝,500.00,成功,\n990121-202201-0009-000001,{CARD},张晓宝,500.00,成功,\n{first},{CARD},张晓宝,500.00,成功,\n{second},x,张晓宝,abc,成功,\n"
        );
        let reply = office.bank_answers(CHECKER, &batch, &file).await;
        let read = reply.expect(201);
        assert_eq!((&read["row_count"], &read["paid_count"], &read["failed_count"]), (&json!(5), &json!(1), &json!(0)));
        assert_eq!(read["verdicts"], json!({"matched": 1, "repeated": 1, "contradictory": 1, "unknown_reference": 1, "unreadable": 1}));
        let finance = office.as_user(CHECKER).await;
        let rows = finance.get(reply.header("location").unwrap()).await.expect(200);
        assert_eq!((&rows["items"][0]["payment_id"], &rows["items"][0]["bank_account_masked"], &rows["items"][0]["verdict"]), (&json!(one), &json!("****2344"), &json!("matched")));
        assert!(!rows.to_string().contains(CARD));
        assert_eq!((&office.payment(&one).await["state"], &office.payment(&other).await["state"]), (&json!("paid"), &json!("sent")));
        let again = office.bank_answers("finance2.990121", &batch, &file).await.refused(409, "bank_return.read_already");
        assert_eq!(again["bank_return_id"], read["id"]);

        // The other one failed; it is due again, and a later batch pays it to the account of then.
        let file = format!("{HEADER}{first},{CARD},张晓宝,500.00,成功,\n{second},{PASSBOOK},张晓宝,500.00,失败,账号123456789012户名不符\n");
        let read = office.bank_answers(CHECKER, &batch, &file).await.expect(201);
        assert_eq!((&read["failed_count"], &read["verdicts"]), (&json!(1), &json!({"matched": 1, "settled_before": 1})));
        let failed = office.payment(&other).await;
        assert_eq!((&failed["state"], &failed["failure"]), (&json!("failed"), &json!("账号****户名不符")));
        let settled = finance.get(&format!("/v1/payment-batches/{batch}")).await.expect(200);
        assert_eq!((&settled["state"], &settled["version"]), (&json!("settled"), &json!(5)));
        assert_eq!(office.books(), [("obligation", -100_000), ("paid", 100_000), ("payable", 50_000), ("returned", -50_000)].map(|(name, fen)| (name.to_owned(), fen)));
        let budgets = finance.get("/v1/budgets").await.expect(200);
        assert_eq!(budgets["items"][0]["spent_fen"], 50_000);
        office.is_paid_at(&people[1], OTHER).await.expect(201);
        let month = office.today().format("%Y-%m").to_string();
        let next = office.makes_batch(MAKER, &month).await.expect(201);
        assert_eq!((&next["payment_count"], &next["total_fen"]), (&json!(1), &json!(50_000)));
        let page = finance.get(&format!("/v1/payments?batch_id={}", id_of(&next))).await.expect(200);
        assert_eq!((&page["items"][0]["retry_of"], &page["items"][0]["bank_account_masked"]), (&json!(other), &json!("****0001")));
        let all = finance.get(&format!("/v1/payment-batches/{batch}/bank-returns")).await.expect(200);
        assert_eq!(all["items"].as_array().unwrap().len(), 2);
    }

    async fn an_answer_is_read_of_what_was_released_and_is_a_list(office: &TestOffice) {
        let resident = office.payee().await;
        office.is_paid_at(&resident, OTHER).await.expect(201);
        office.owes(&resident, "2022-07", 50_000);
        let draft = id_of(&office.makes_batch(MAKER, "2022-07").await.expect(201));
        office.bank_answers(CHECKER, &draft, HEADER).await.refused(409, "payment_batch.not_released");
        let finance = office.as_user(CHECKER).await;
        finance.get(&format!("/v1/payment-batches/{draft}/bank-file")).await.refused(409, "payment_batch.not_released");
        office.bank_answers(MAKER, &draft, HEADER).await.refused(403, "permission.denied");
        office.bank_answers("finance.990122", &draft, HEADER).await.refused(404, "payment_batch.not_found");
        office.steps(MAKER, &draft, "cancel").await.expect(201);
        let (_, batch) = office.released_batch().await;
        office.bank_answers(CHECKER, &batch, "没有表头").await.refused(422, "file.unreadable");
        let path = format!("/v1/payment-batches/{batch}/bank-returns/{draft}/rows");
        office.as_user(CHECKER).await.get(&path).await.refused(404, "bank_return.not_found");
    }
}

impl Reply {
    #[track_caller]
    fn expect_file(&self, media_type: &str) {
        assert_eq!(
            self.status.as_u16(),
            200,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        assert_eq!(self.header("content-type"), Some(media_type));
    }
}
