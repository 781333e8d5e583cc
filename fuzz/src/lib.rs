//! Reads files as the office does, and asserts what holds of every one of them.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use chrono::NaiveDate;
use huican::exchange::roster::division_names::DivisionNames;
use huican::exchange::roster::model::{Entries, Rules};
use huican::kernel::division::DivisionCode;
use huican::kernel::error::{Code, FieldError};
use huican::kernel::money::Fen;
use huican::kernel::name::PersonName;
use huican::sheets::read::{Cell, SheetRow, Spreadsheet};
use huican::subsidies::match_lists::{self, MatchListKind};
use huican::subsidies::payment_files::{
    self as files, BankRow, Encoding, Expected, Outcome, ReturnFile,
};

/// One a process, written anew for each input.
static FILE: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("huican-fuzz-{}", std::process::id())));

static DIVISIONS: LazyLock<DivisionNames> = LazyLock::new(|| {
    let names = [
        ("990121000000", "丙岭县"),
        ("990121103000", "丙岭三号镇"),
        ("990121103201", "一号村"),
    ];
    let code = |text| DivisionCode::parse(text).expect("a division code");
    names
        .map(|(digits, name)| (code(digits), name))
        .into_iter()
        .collect()
});

/// However often it is asked, a file says the same; rows are numbered, and none is empty or wider
/// than an office's lists; people are counted from one, and have either a place or a fault.
pub fn read_roster(bytes: &[u8]) {
    fs::write(&*FILE, bytes).expect("write the input");
    let Ok(mut file) = Spreadsheet::open(&FILE) else {
        return;
    };
    drop(file.rows_about());
    let rows = rows(&mut file);
    assert_eq!(rows, self::rows(&mut file), "read again");
    for row in &rows {
        assert!(row.line >= 1 && row.cells.len() <= 256);
        assert!(row.cells.iter().any(|cell| *cell != Cell::Empty));
    }
    let rules = Rules {
        divisions: &DIVISIONS,
        today: NaiveDate::from_ymd_opt(2022, 7, 4).expect("a date"),
        fictional: true,
    };
    let Ok(entries) = Entries::begin(rows.into_iter().map(Ok), rules) else {
        return;
    };
    for (entry, number) in entries.zip(1..) {
        let entry = entry.expect("rows that were read");
        assert_eq!(entry.row, number);
        match entry.outcome {
            Ok(accepted) => assert!(accepted.person.division.as_str().starts_with("990121")),
            Err(findings) => assert!(!findings.is_empty()),
        }
    }
}

/// A bank's answer is read whole or refused in words. Whatever it says, a payment of another amount is
/// not paid, nor is one it says nothing of; and sent as it says, it is read as it was.
pub fn read_return(bytes: &[u8]) {
    let file = match files::read_return(bytes) {
        Ok(file) => file,
        Err(error) => return assert_eq!(error.code(), Code::FileUnreadable),
    };
    assert_eq!(files::read_return(bytes).expect("read again"), file);
    for row in &file.rows {
        assert!(row.line >= 1 && row.amount > Fen::ZERO && !row.reference.is_empty());
    }
    for row in &file.unreadable {
        assert!(row.line >= 1);
        have_places(&row.errors);
    }
    reconcile(&file);
    send_again(&file);
}

fn reconcile(file: &ReturnFile) {
    let mut said = HashSet::new();
    let mut expected: Vec<_> = file
        .rows
        .iter()
        .filter(|row| said.insert(row.reference.as_str()))
        .map(|row| Expected {
            reference: row.reference.clone(),
            account: row.account.clone(),
            account_name: holder(row.account_name.as_ref()),
            amount: row.amount,
        })
        .collect();
    let done = files::reconcile(&expected, file);
    assert_eq!(done.payments.len(), expected.len());
    assert_eq!(done.rows.len(), file.rows.len());
    assert!(!done.payments.contains(&Outcome::Missing));
    for payment in &mut expected {
        payment.amount = Fen::new(payment.amount.get().wrapping_add(1));
    }
    let done = files::reconcile(&expected, file);
    assert!(done.payments.iter().all(|one| *one == Outcome::Disputed));
    for (payment, number) in expected.iter_mut().zip(0..) {
        // Not to be found in a file: references are without spaces.
        payment.reference = format!(" {number}");
    }
    let done = files::reconcile(&expected, file);
    assert!(done.payments.iter().all(|one| *one == Outcome::Missing));
}

fn send_again(file: &ReturnFile) {
    let rows: Vec<_> = file
        .rows
        .iter()
        .map(|row| BankRow {
            reference: row.reference.clone(),
            account: row.account.clone(),
            account_name: holder(row.account_name.as_ref()),
            bank_name: row.reference.clone(),
            amount: row.amount,
            remark: row.reference.clone(),
        })
        .collect();
    let Ok(sent) = files::write_bank_file(&rows, Encoding::Utf8) else {
        return;
    };
    let sent = String::from_utf8(sent).expect("UTF-8");
    let answer = sent.replacen("\r\n", ",结果\r\n", 1);
    let (header, lines) = answer.split_once("\r\n").expect("a header");
    let answer = format!("{header}\r\n{}", lines.replace("\r\n", ",成功\r\n"));
    let read = files::read_return(answer.as_bytes()).expect("an answer");
    assert!(read.unreadable.is_empty());
    let said = |file: &ReturnFile| -> Vec<_> {
        let rows = file.rows.iter();
        rows.map(|row| (row.reference.clone(), row.account.clone(), row.amount))
            .collect()
    };
    assert_eq!(said(&read), said(file));
}

fn holder(name: Option<&PersonName>) -> PersonName {
    name.cloned()
        .unwrap_or_else(|| PersonName::parse("李四").expect("a name"))
}

/// A list is read whole or refused in words; of its people, nothing is still to come, and nobody is said
/// the same of twice.
pub fn read_match_list(bytes: &[u8]) {
    let rules = match_lists::Rules {
        today: NaiveDate::from_ymd_opt(2022, 7, 4).expect("a date"),
        fictional: true,
    };
    for kind in MatchListKind::ALL {
        let list = match match_lists::read(*kind, bytes, rules) {
            Ok(list) => list,
            Err(error) => {
                assert_eq!(error.code(), Code::FileUnreadable);
                continue;
            }
        };
        let mut said = HashSet::new();
        for row in &list.rows {
            assert!(row.line >= 1 && row.date <= rules.today);
            assert!(row.citizen_id.birth_date() <= row.date);
            assert!(said.insert((&row.citizen_id, row.date)));
        }
        for row in &list.rejected {
            assert!(row.line >= 1);
            have_places(&row.errors);
        }
    }
}

fn have_places(errors: &[FieldError]) {
    assert!(!errors.is_empty());
    assert!(errors.iter().all(|one| one.pointer.starts_with("/rows/")));
}

/// As far as they can be read.
fn rows(file: &mut Spreadsheet) -> Vec<SheetRow> {
    let rows = file.rows().into_iter().flatten();
    rows.map_while(Result::ok).collect()
}
