//! What a bank says, read and held against what it was sent.

use encoding_rs::GBK;
use proptest::prelude::*;
use rust_xlsxwriter::Workbook;

use super::*;
use crate::kernel::error::Code;

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
    fn no_bytes_bring_the_reader_down(bytes: Vec<u8>) {
        let _ = read_return(&bytes);
    }
}
