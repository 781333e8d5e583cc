//! What is written, read again.

mod answers;

use std::io::{Cursor, Read};

use chrono::NaiveDate;
use encoding_rs::GBK;
use proptest::prelude::*;
use zip::ZipArchive;

use super::*;
use crate::kernel::bank_account::BankAccount;
use crate::kernel::citizen_id::CitizenId;
use crate::kernel::error::FieldError;
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn amounts_of_a_list_lose_no_fen(rates in proptest::collection::vec(0_i64..20_000_000_000_000, 1..20)) {
        let rows: Vec<_> = rates.iter().map(|rate| payment(*rate, 0, 0)).collect();
        let rows = cells(&write_list(&list(rows)).unwrap());
        for (rate, cells) in rates.iter().zip(&rows[3..]) {
            prop_assert_eq!(crate::sheets::values::amount(&cells[10]), Ok(Fen::new(*rate)));
        }
    }
}
