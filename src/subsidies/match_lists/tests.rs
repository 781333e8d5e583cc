//! Lists as other offices send them.

use std::fmt::Write;

use chrono::NaiveDate;
use encoding_rs::GBK;
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::*;
use crate::kernel::error::{Code, Result};

const ID: &str = "99010219630917002X";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn rules() -> Rules {
    Rules {
        today: day("2022-07-31"),
        fictional: true,
    }
}

fn read_text(kind: MatchListKind, text: &str) -> Result<MatchList> {
    read(kind, text.as_bytes(), rules())
}

fn deaths(lines: &str) -> MatchList {
    let header = "2022年7月死亡人员名单\n序号,姓名,身份证号码,死亡日期,备注\n";
    read_text(MatchListKind::Deaths, &format!("{header}{lines}")).unwrap()
}

#[test]
fn people_and_dates_are_read_as_offices_write_them() {
    for date in [
        "2022年7月3日",
        "2022/7/3",
        "2022-07-03",
        "20220703",
        "44745",
        "２０２２．７．３",
    ] {
        for id in [
            ID,
            "99010219630917002x",
            "'99010219630917002X",
            "９９０１０２１９６３０９１７００２ｘ",
        ] {
            let list = deaths(&format!("1,张　三,{id},{date},病故\n合计,1人\n"));
            assert_eq!(list.rejected, [], "{id} {date}");
            let row = &list.rows[0];
            assert_eq!((row.line, row.name.as_str()), (3, "张三"));
            assert_eq!(row.citizen_id.as_str(), ID);
            assert_eq!(row.date, day("2022-07-03"));
            assert_eq!(row.note.as_deref(), Some("病故"));
            let shown = format!("{row:?}");
            assert!(!shown.contains("病故") && !shown.contains(ID) && !shown.contains("张三"));
        }
    }
}

#[test]
fn what_is_wrong_with_a_row_is_told_with_its_place() {
    let list = deaths(&format!(
        "1,张三,{ID},2022-07-03\n\
         2,,9.90102E+17,2022-07-03\n\
         3,李3,990102199003070012,2022年7月\n\
         4,李四,990102199003070011,2022-08-01\n\
         5,李四,990102199003070011,1990-03-06\n\
         6,张三,{ID},2022/7/3\n\
         7,李四,990102199003070011,\n"
    ));
    assert_eq!(list.rows.len(), 1);
    let told: Vec<(u32, Vec<_>)> = list
        .rejected
        .iter()
        .map(|row| {
            let errors = row.errors.iter();
            let told = errors.map(|error| (error.pointer.as_str(), error.code));
            (row.line, told.collect())
        })
        .collect();
    assert_eq!(
        told,
        [
            (
                4,
                vec![
                    ("/rows/1/name", "name.missing"),
                    ("/rows/1/id_number", "id_number.lost_digits"),
                ]
            ),
            (
                5,
                vec![
                    ("/rows/2/name", "name.format"),
                    ("/rows/2/id_number", "id_number.checksum"),
                    ("/rows/2/date", "event_date"),
                ]
            ),
            (6, vec![("/rows/3/date", "event_date")]),
            (7, vec![("/rows/4/date", "event_date")]),
            (
                8,
                vec![("/rows/5/id_number", "id_number.duplicate_in_file")]
            ),
            (9, vec![("/rows/6/date", "event_date")]),
        ]
    );
    assert_eq!(list.rejected[4].errors[0].detail.zh, "与第3行重复");
}

#[test]
fn each_kind_knows_its_dates() {
    for (kind, header) in [
        (MatchListKind::Deaths, "去世时间"),
        (MatchListKind::Moves, "迁出日期"),
        (MatchListKind::Imprisonments, "入狱日期"),
        (MatchListKind::ExtremePovertySupport, "认定日期"),
        (MatchListKind::WorkInjuryAllowance, "待遇开始日期"),
    ] {
        let text = |header| format!("姓名,公民身份号码,{header}\n张三,{ID},2022.7.3\n");
        for header in [header, "日期"] {
            let list = read_text(kind, &text(header)).unwrap();
            assert_eq!((list.kind, list.rows.len()), (kind, 1), "{header}");
        }
        // A date of something else is none.
        let error = read_text(kind, &text("出生日期")).unwrap_err();
        assert_eq!(error.code(), Code::FileUnreadable);
        assert!(error.text().unwrap().zh.contains(kind.usual_date()));
    }
    let both = format!("姓名,身份证号,认定日期,享受日期\n张三,{ID},2022-05-01,2022-06-01\n");
    let list = read_text(MatchListKind::WorkInjuryAllowance, &both).unwrap();
    assert_eq!(list.rows[0].date, day("2022-06-01"));
}

#[test]
fn a_workbook_keeps_what_it_can() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (header, column) in ["姓名", "身份证号", "收监日期"].into_iter().zip(0..) {
        sheet.write(0, column, header).unwrap();
    }
    let format = Format::new().set_num_format("yyyy-mm-dd");
    let date = ExcelDateTime::from_ymd(2022, 7, 3).unwrap();
    for row in 1..5 {
        sheet.write(row, 0, "张三").unwrap();
        sheet.write(row, 1, ID).unwrap();
    }
    sheet.write_with_format(1, 2, &date, &format).unwrap();
    sheet.write(2, 2, 44_744).unwrap();
    sheet.write(3, 2, 20_220_701).unwrap();
    sheet.write(4, 1, 990_102_199_003_070_011.0).unwrap();
    sheet.write(4, 2, 2022).unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    let list = read(MatchListKind::Imprisonments, &bytes, rules()).unwrap();
    let dates: Vec<_> = list.rows.iter().map(|row| row.date).collect();
    assert_eq!(dates, ["2022-07-03", "2022-07-02", "2022-07-01"].map(day));
    let codes: Vec<_> = list.rejected[0]
        .errors
        .iter()
        .map(|error| error.code)
        .collect();
    assert_eq!(codes, ["id_number.lost_digits", "event_date"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_list_that_is_written_is_read(
        people in proptest::collection::btree_map(0_u32..900, ("[张李王]{1,4}", 0_u64..6_000), 1..20),
        style in 0..4,
        gbk: bool,
    ) {
        let first = day("2006-01-01");
        let people: Vec<_> = people.into_iter().map(|(sequence, (name, days))| {
            (name, id(sequence), first + chrono::Days::new(days))
        }).collect();
        let mut text = "姓名,身份证号,死亡日期\n".to_owned();
        for (name, id, date) in &people {
            let date = match style {
                0 => date.format("%Y年%-m月%-d日").to_string(),
                1 => date.format("%Y/%-m/%-d").to_string(),
                2 => date.format("%Y%m%d").to_string(),
                _ => (*date - day("1899-12-30")).num_days().to_string(),
            };
            writeln!(text, "{name},{id},{date}").unwrap();
        }
        let bytes = if gbk { GBK.encode(&text).0.into_owned() } else { text.into_bytes() };
        let list = read(MatchListKind::Deaths, &bytes, rules()).unwrap();
        prop_assert_eq!(&list.rejected, &[]);
        let read: Vec<_> = list.rows.iter().map(|row| {
            (row.name.as_str().to_owned(), row.citizen_id.as_str().to_owned(), row.date)
        }).collect();
        prop_assert_eq!(read, people);
    }

    #[test]
    fn no_bytes_bring_the_reader_down(bytes: Vec<u8>) {
        let _ = read(MatchListKind::Moves, &bytes, rules());
    }
}

/// The ID of a fictional person.
fn id(sequence: u32) -> String {
    let body = format!("99010219630917{sequence:03}");
    let fits = |check: &char| {
        crate::kernel::citizen_id::CitizenId::parse(
            &format!("{body}{check}"),
            day("2022-07-31"),
            true,
        )
        .is_ok()
    };
    let check = "0123456789X".chars().find(fits).unwrap();
    format!("{body}{check}")
}
