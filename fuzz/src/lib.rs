//! Reads a roster as an import does, and asserts what holds of every file.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use chrono::NaiveDate;
use huican::exchange::roster::division_names::DivisionNames;
use huican::exchange::roster::model::{Entries, Rules};
use huican::kernel::division::DivisionCode;
use huican::sheets::read::{Cell, SheetRow, Spreadsheet};

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

/// As far as they can be read.
fn rows(file: &mut Spreadsheet) -> Vec<SheetRow> {
    let rows = file.rows().into_iter().flatten();
    rows.map_while(Result::ok).collect()
}
