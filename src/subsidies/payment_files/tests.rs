//! What is written is read again; what a bank says is held against what it was sent.

use std::io::{Cursor, Read};

use chrono::NaiveDate;
use encoding_rs::GBK;
use proptest::prelude::*;
use rust_xlsxwriter::Workbook;
use zip::ZipArchive;

use super::*;
use crate::kernel::bank_account::BankAccount;
use crate::kernel::citizen_id::CitizenId;
use crate::kernel::error::{Code, FieldError};
use crate::kernel::money::Fen;
use crate::kernel::name::PersonName;
use crate::sheets::read::{Cell, Spreadsheet};

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2022, 7, 5).unwrap()
}

fn name(text: &str) -> PersonName {
    PersonName::parse(text).unwrap()
}

fn account(text: &str) -> BankAccount {
    BankAccount::parse(text).unwrap()
}

fn payment(rate: i64, arrears: i64, deduction: i64) -> PaymentRow {
    PaymentRow {
        name: name("张三"),
        citizen_id: CitizenId::parse("99010219630917002X", day(), true).unwrap(),
        account_name: name("李四"),
        bank_name: "=丙岭农村商业银行".to_owned(),
        account: account("6200000000000012344"),
        month: "2022-07".parse().unwrap(),
        rate: Fen::new(rate),
        arrears: Fen::new(arrears),
        deduction: Fen::new(deduction),
        net: Fen::new(rate + arrears - deduction),
        note: "@备注".to_owned(),
    }
}

fn list(rows: Vec<PaymentRow>) -> PaymentList {
    PaymentList {
        title: "丙岭县2022年7月困难残疾人生活补贴发放清册".to_owned(),
        unit: "丙岭县残疾人联合会".to_owned(),
        date: day(),
        rows,
        signatures: Signatures {
            made_by: Some(name("王五")),
            ..Signatures::default()
        },
    }
}

fn cells(bytes: &[u8]) -> Vec<Vec<Cell>> {
    let mut sheet = Spreadsheet::of(bytes).unwrap();
    let rows = sheet.rows().unwrap();
    rows.map(|row| row.unwrap().cells).collect()
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn part(workbook: &[u8], name: &str) -> String {
    let mut archive = ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut content = String::new();
    let mut file = archive.by_name(name).unwrap();
    file.read_to_string(&mut content).unwrap();
    content
}

fn codes(errors: &[FieldError]) -> Vec<(&str, &str)> {
    errors
        .iter()
        .map(|error| (error.pointer.as_str(), error.code))
        .collect()
}

#[test]
fn the_list_has_the_layout_of_the_office() {
    let rows = vec![payment(8_000, 16_000, 1), payment(12_345, 0, 0)];
    let rows = cells(&write_list(&list(rows)).unwrap());
    assert_eq!(rows[0], [text("丙岭县2022年7月困难残疾人生活补贴发放清册")]);
    assert_eq!(rows[1][0], text("填报单位：丙岭县残疾人联合会"));
    assert_eq!(rows[1][6], text("填报日期：2022年7月5日"));
    let header = "序号 姓名 身份证号 开户名 开户行 账号 月份 标准 补发 扣回 实发 备注";
    assert_eq!(rows[2], header.split(' ').map(text).collect::<Vec<_>>());
    assert_eq!(
        rows[3],
        [
            Cell::Number(1.0),
            text("张三"),
            text("99010219630917002X"),
            text("李四"),
            text("=丙岭农村商业银行"),
            text("6200000000000012344"),
            text("2022-07"),
            Cell::Number(80.0),
            Cell::Number(160.0),
            Cell::Number(0.01),
            Cell::Number(239.99),
            text("@备注"),
        ]
    );
    assert_eq!(rows[5][0], text("合计"));
    let sums = [203.45, 160.0, 0.01, 363.44].map(Cell::Number);
    assert_eq!(rows[5][7..11], sums);
    let words = "合计金额（大写）：人民币叁佰陆拾叁元肆角肆分";
    assert_eq!(rows[6], [text(words)]);
    let signed = [(0, "制表：王五"), (4, "复核："), (8, "审批：")];
    assert!(signed.iter().all(|(at, act)| rows[7][*at] == text(act)));
}

#[test]
fn the_same_list_gives_the_same_bytes() {
    let list = list(vec![payment(8_000, 0, 0); 50]);
    let bytes = write_list(&list).unwrap();
    assert_eq!(bytes, write_list(&list).unwrap());
    let core = part(&bytes, "docProps/core.xml");
    let times = core.matches("2022-07-05T00:00:00Z").count();
    assert_eq!(times, core.matches("W3CDTF").count(), "{core}");
    assert!(!part(&bytes, "xl/worksheets/sheet1.xml").contains("<f>"));
}

#[test]
fn a_list_that_does_not_add_up_is_not_written() {
    let mut wrong = payment(8_000, 0, 0);
    wrong.net = Fen::new(7_999);
    let error = write_list(&list(vec![payment(1, 0, 0), wrong])).unwrap_err();
    assert_eq!(codes(error.field_errors()), [("/rows/1/net", "amount.sum")]);
    let error = write_list(&list(vec![payment(1, 0, 2)])).unwrap_err();
    let negative = ("/rows/0/net", "amount.range");
    assert_eq!(codes(error.field_errors()), [negative]);
    let much = payment(999_999_999_999_999, 0, 0);
    assert!(write_list(&list(vec![much.clone()])).is_ok());
    let error = write_list(&list(vec![much, payment(1, 0, 0)])).unwrap_err();
    let too_large = ("/rows", "amount.too_large");
    assert_eq!(codes(error.field_errors()), [too_large]);
}

#[test]
fn an_empty_list_is_one() {
    let rows = cells(&write_list(&list(Vec::new())).unwrap());
    assert_eq!(rows[4], [text("合计金额（大写）：人民币零元整")]);
}

fn bank_row(reference: &str, amount: i64) -> BankRow {
    BankRow {
        reference: reference.to_owned(),
        account: account("6200000000000012344"),
        account_name: name("李四"),
        bank_name: "丙岭农村商业银行".to_owned(),
        amount: Fen::new(amount),
        remark: "=生活补贴,7月".to_owned(),
    }
}

#[test]
fn the_bank_file_is_plain() {
    let bytes = write_bank_file(&[bank_row("B7-1", 8_005)], Encoding::Utf8).unwrap();
    assert_eq!(
        std::str::from_utf8(&bytes).unwrap(),
        "\u{FEFF}序号,账号,户名,开户行,金额(元),附言,业务编号\r\n\
         1,6200000000000012344,李四,丙岭农村商业银行,80.05,\"'=生活补贴,7月\",B7-1\r\n"
    );
    let gbk = write_bank_file(&[bank_row("B7-1", 8_005)], Encoding::Gbk).unwrap();
    assert_eq!(GBK.decode(&gbk).0, String::from_utf8_lossy(&bytes[3..]));
}

#[test]
fn a_bank_file_that_could_not_be_answered_is_not_written() {
    let mut rare = bank_row("B7-1", 1);
    rare.account_name = name("张𬱟");
    let rows = [
        bank_row("B7-1", 1),
        rare,
        bank_row("", 0),
        bank_row("-1", 1),
        bank_row("一", 1),
    ];
    let errors = write_bank_file(&rows, Encoding::Gbk).unwrap_err();
    assert_eq!(
        codes(&errors),
        [
            ("/rows/1/reference", "reference.duplicate"),
            ("/rows/2/reference", "reference.format"),
            ("/rows/2/amount", "amount.not_positive"),
            ("/rows/3/reference", "reference.format"),
            ("/rows/4/reference", "reference.format"),
            ("/rows/1/account_name", "encoding.unwritable"),
        ]
    );
    assert_eq!(errors[5].detail.zh, "第2条含有GBK编码无法表示的字");
    assert!(!errors.iter().any(|error| error.detail.en.contains('张')));
}

const ACCOUNT: &str = "6200000000000012344";

fn returned(lines: &str) -> ReturnFile {
    let header = "序号,业务编号,账号,户名,金额（元）,处理结果,失败原因,备注\n";
    read_return(format!("{header}{lines}").as_bytes()).unwrap()
}

#[test]
fn an_answer_is_read_in_the_words_of_the_bank() {
    let file = returned(&format!(
        "1,B1,{ACCOUNT},李四,80.00,成功,,\n\
         2,B2,'{ACCOUNT},李　四,\"1,080.5\",退票,,账号已销户\n\
         3,B3,6200 0000 0000 0012 344,,８０,处理失败,户名不符,x\n\
         4,B4,{ACCOUNT},,¥80.00元,0000,,\n\
         5,B5,{ACCOUNT},,80,失败,,\n\
         合计,5笔,,,1400.50\n"
    ));
    assert_eq!(codes(&file.errors().cloned().collect::<Vec<_>>()), []);
    let said: Vec<_> = file
        .rows
        .iter()
        .map(|row| {
            let reason = match &row.result {
                BankResult::Paid => "",
                BankResult::Failed { reason } => reason,
            };
            assert_eq!(row.account.as_str(), ACCOUNT);
            (row.line, row.reference.as_str(), row.amount.get(), reason)
        })
        .collect();
    assert_eq!(
        said,
        [
            (2, "B1", 8_000, ""),
            (3, "B2", 108_050, "账号已销户"),
            (4, "B3", 8_000, "户名不符"),
            (5, "B4", 8_000, ""),
            (6, "B5", 8_000, "失败"),
        ]
    );
    assert_eq!(file.rows[1].account_name, Some(name("李四")));
    let shown = format!("{file:?}");
    assert!(!shown.contains("销户") && !shown.contains(ACCOUNT));
}

#[test]
fn what_is_wrong_with_a_row_is_told_with_its_place() {
    let file = returned(&format!(
        "1,B1,{ACCOUNT},,12.345,成功\n\
         2,,{ACCOUNT},,八十,\n\
         3,B3,6.2E+18,张3,0,处理中\n\
         4,B4,6200000000000012345,,-1,成功\n\
         5,B5\n"
    ));
    assert!(file.rows.is_empty());
    let of_row = |row: usize| {
        (
            file.unreadable[row].line,
            codes(&file.unreadable[row].errors),
        )
    };
    assert_eq!(
        of_row(0),
        (2, vec![("/rows/0/amount", "amount.parts_of_fen")])
    );
    assert_eq!(
        of_row(1).1,
        [
            ("/rows/1/reference", "reference.missing"),
            ("/rows/1/amount", "amount.format"),
            ("/rows/1/result", "result.unknown"),
        ]
    );
    assert_eq!(
        of_row(2).1,
        [
            ("/rows/2/account", "bank_account.lost_digits"),
            ("/rows/2/account_name", "name.format"),
            ("/rows/2/amount", "amount.not_positive"),
            ("/rows/2/result", "result.unknown"),
        ]
    );
    assert_eq!(
        of_row(3).1,
        [
            ("/rows/3/account", "bank_account.check_digit"),
            ("/rows/3/amount", "amount.not_positive"),
        ]
    );
    assert_eq!(of_row(4).0, 6);
    let references: Vec<_> = file.unreadable.iter().map(|row| &row.reference).collect();
    let known = |reference: &str| Some(reference.to_owned());
    assert_eq!(
        references,
        [
            &known("B1"),
            &None,
            &known("B3"),
            &known("B4"),
            &known("B5")
        ]
    );
}

#[test]
fn a_workbook_is_read_with_its_numbers() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write(0, 0, "代发结果").unwrap();
    for (header, column) in ["流水号", "收款账号", "交易金额", "交易状态"]
        .into_iter()
        .zip(0..)
    {
        sheet.write(2, column, header).unwrap();
    }
    for (row, account, amount) in [
        (3, 123_456_789_012.0, 80.1),
        (4, 6_200_000_000_000_012_344.0, 0.1 + 0.2),
        (5, 123_456_789_012.0, 12.345),
    ] {
        sheet.write(row, 0, 20_220_700 + row).unwrap();
        sheet.write(row, 1, account).unwrap();
        sheet.write(row, 2, amount).unwrap();
        sheet.write(row, 3, "交易成功").unwrap();
    }
    let file = read_return(&workbook.save_to_buffer().unwrap()).unwrap();
    assert_eq!(file.rows.len(), 1);
    assert_eq!(file.rows[0].reference, "20220703");
    assert_eq!(file.rows[0].account.as_str(), "123456789012");
    assert_eq!(
        (file.rows[0].line, file.rows[0].amount),
        (4, Fen::new(8_010))
    );
    assert_eq!(
        codes(&file.errors().cloned().collect::<Vec<_>>()),
        [
            ("/rows/1/account", "bank_account.lost_digits"),
            ("/rows/2/amount", "amount.parts_of_fen")
        ]
    );
}

#[test]
fn what_is_no_answer_is_refused_in_words() {
    for bytes in [
        "".as_bytes(),
        "姓名,金额\n".as_bytes(),
        b"PK\x03\x04 damaged",
        b"\xD0\xCF\x11\xE0",
        b"\0",
    ] {
        let error = read_return(bytes).unwrap_err();
        assert_eq!(error.code(), Code::FileUnreadable);
        assert!(!error.text().unwrap().zh.is_ascii());
    }
}

fn expected(reference: &str) -> Expected {
    Expected {
        reference: reference.to_owned(),
        account: account(ACCOUNT),
        account_name: name("李四"),
        amount: Fen::new(8_000),
    }
}

/// What becomes of the payment B1, and what is thought of the rows.
fn judged(lines: &str) -> (Outcome, Vec<Verdict>) {
    let mut done = reconcile(&[expected("B1"), expected("B2")], &returned(lines));
    assert_eq!(done.payments[1], Outcome::Missing);
    (done.payments.remove(0), done.rows)
}

#[test]
fn a_payment_is_paid_where_nothing_disputes_it() {
    let paid = format!("1,B1,{ACCOUNT},李四,80.00,成功,,\n");
    let failed = format!("1,B1,{ACCOUNT},李四,80.00,失败,销户,\n");
    let nameless = format!("1,B1,{ACCOUNT},,80.00,成功,,\n");
    assert_eq!(judged(&paid), (Outcome::Paid, vec![Verdict::Matched]));
    assert_eq!(judged(&nameless), (Outcome::Paid, vec![Verdict::Matched]));
    let reason = "销户".to_owned();
    assert_eq!(
        judged(&failed),
        (Outcome::Failed { reason }, vec![Verdict::Matched])
    );
    let repeated = vec![Verdict::Matched, Verdict::Repeated];
    let twice = format!("{paid}{paid}");
    assert_eq!(judged(&twice), (Outcome::Paid, repeated));
    let unknown = format!("1,X9,{ACCOUNT},李四,80.00,成功,,\n");
    assert_eq!(
        judged(&unknown),
        (Outcome::Missing, vec![Verdict::UnknownReference])
    );
    assert_eq!(judged(""), (Outcome::Missing, Vec::new()));
}

#[test]
fn what_differs_is_neither_paid_nor_failed() {
    let row = |account: &str, name: &str, amount: &str, result: &str| {
        format!("1,B1,{account},{name},{amount},{result},,\n")
    };
    let paid = row(ACCOUNT, "李四", "80.00", "成功");
    for (lines, verdicts) in [
        (
            row(ACCOUNT, "李四", "80.01", "成功"),
            vec![Verdict::AmountDiffers],
        ),
        (
            row(ACCOUNT, "李四", "8000", "失败"),
            vec![Verdict::AmountDiffers],
        ),
        (
            row("123456789012", "李四", "80", "成功"),
            vec![Verdict::AccountDiffers],
        ),
        (
            row(ACCOUNT, "李五", "80", "成功"),
            vec![Verdict::NameDiffers],
        ),
        (
            paid.clone() + &row(ACCOUNT, "李四", "80.00", "退票"),
            vec![Verdict::Contradictory; 2],
        ),
        (
            paid.clone() + &row(ACCOUNT, "李四", "80.01", "成功"),
            vec![Verdict::Contradictory; 2],
        ),
        (
            paid + &row(ACCOUNT, "李四", "80.00", "处理中"),
            vec![Verdict::Contradictory],
        ),
        (row(ACCOUNT, "李四", "80.00", "处理中"), vec![]),
    ] {
        assert_eq!(judged(&lines), (Outcome::Disputed, verdicts), "{lines}");
    }
}

#[test]
fn a_number_that_two_payments_share_says_nothing_of_either() {
    let file = returned(&format!("1,B1,{ACCOUNT},李四,80.00,成功,,\n"));
    let done = reconcile(&[expected("B1"), expected("B1")], &file);
    assert_eq!(done.payments, [Outcome::Disputed, Outcome::Disputed]);
    assert_eq!(done.rows, [Verdict::Contradictory]);
}

/// The bank's file as it comes back: each line with a result.
fn answered(sent: &[u8], results: &[bool]) -> Vec<u8> {
    let (header, lines): (&[u8], _) = (",处理结果,失败原因".as_bytes(), sent);
    let is_utf8 = std::str::from_utf8(sent).is_ok();
    let encode = |text: &str| {
        if is_utf8 {
            text.as_bytes().to_vec()
        } else {
            GBK.encode(text).0.into_owned()
        }
    };
    let mut answer = Vec::new();
    for (place, line) in lines.split_inclusive(|byte| *byte == b'\n').enumerate() {
        answer.extend_from_slice(line.strip_suffix(b"\r\n").unwrap());
        let further = match place.checked_sub(1) {
            None => std::str::from_utf8(header).unwrap(),
            Some(row) if results[row] => ",交易成功,",
            Some(_) => ",交易失败,账户状态异常",
        };
        answer.extend(encode(further));
        answer.extend_from_slice(b"\r\n");
    }
    answer
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_the_bank_is_sent_comes_back_as_it_was(
        payments in proptest::collection::vec(
            (1_i64..=i64::MAX, "[张李王欧阳·]{0,6}张", "[0-9]{12,15}", "\\PC{0,20}", any::<bool>()),
            1..12,
        ),
        gbk: bool,
    ) {
        let rows: Vec<_> = payments.iter().zip(1..).map(|((amount, holder, number, _, _), at)| BankRow {
            account: account(number),
            account_name: name(holder),
            remark: String::new(),
            ..bank_row(&format!("P-{at}"), *amount)
        }).collect();
        let rows: Vec<_> = if gbk { rows } else {
            rows.into_iter().zip(&payments).map(|(row, (.., remark, _))| BankRow { remark: remark.clone(), ..row }).collect()
        };
        let results: Vec<_> = payments.iter().map(|(.., paid)| *paid).collect();
        let encoding = if gbk { Encoding::Gbk } else { Encoding::Utf8 };
        let sent = write_bank_file(&rows, encoding).unwrap();
        let file = read_return(&answered(&sent, &results)).unwrap();
        prop_assert!(file.unreadable.is_empty(), "{:?}", file.unreadable);
        let said: Vec<_> = file.rows.iter().map(|row| (&row.reference, &row.account, row.account_name.as_ref(), row.amount)).collect();
        let meant: Vec<_> = rows.iter().map(|row| (&row.reference, &row.account, Some(&row.account_name), row.amount)).collect();
        prop_assert_eq!(said, meant);
        let expected: Vec<_> = rows.iter().map(|row| Expected {
            reference: row.reference.clone(),
            account: row.account.clone(),
            account_name: row.account_name.clone(),
            amount: row.amount,
        }).collect();
        let done = reconcile(&expected, &file);
        for (outcome, paid) in done.payments.iter().zip(results) {
            prop_assert_eq!(*outcome == Outcome::Paid, paid);
            prop_assert_eq!(matches!(outcome, Outcome::Failed { .. }), !paid);
        }
    }

    #[test]
    fn amounts_of_a_list_lose_no_fen(rates in proptest::collection::vec(0_i64..20_000_000_000_000, 1..20)) {
        let rows: Vec<_> = rates.iter().map(|rate| payment(*rate, 0, 0)).collect();
        let rows = cells(&write_list(&list(rows)).unwrap());
        for (rate, cells) in rates.iter().zip(&rows[3..]) {
            prop_assert_eq!(crate::sheets::values::amount(&cells[10]), Ok(Fen::new(*rate)));
        }
    }

    #[test]
    fn no_bytes_bring_the_reader_down(bytes: Vec<u8>) {
        let _ = read_return(&bytes);
    }
}
