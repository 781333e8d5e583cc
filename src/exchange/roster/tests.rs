//! The demo rosters against what is known of each of their rows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::division_names::DivisionNames;
use super::finding::Finding;
use super::model::{Accepted, Entries, Entry, ParsedRow, Rules};
use crate::kernel::circumstance::IncomeStatus;
use crate::kernel::impairment::{ImpairmentType, SeverityLevel};
use crate::sheets::read::{Cell, ReadError, SheetRow, Spreadsheet};

const HEADER: [&str; 16] = [
    "姓名",
    "性别",
    "身份证号",
    "残疾人证号",
    "残疾类别",
    "残疾等级",
    "多重残疾明细",
    "发证日期",
    "县(市、区)",
    "乡镇(街道)",
    "村(社区)",
    "监护人",
    "联系电话",
    "低保类型",
    "致残原因",
    "备注",
];
const PERSON: [&str; 16] = [
    "张　三",
    "女",
    "９９０１０２１９６３０９１７００２ｘ",
    "99010219630917002X72B1",
    "多重残疾",
    "贰级",
    "智力二级；精神三级",
    "2018年2月8日",
    "甲江区",
    "甲江一号街道",
    "一号社区",
    "李四",
    "+86 120-0000-1234",
    "低保边缘",
    "疾病",
    "",
];

fn data(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data/demo")
        .join(file)
}

fn divisions() -> DivisionNames {
    csv::Reader::from_path(data("divisions.csv"))
        .unwrap()
        .records()
        .map(|record| {
            let record = record.unwrap();
            (record[0].parse().unwrap(), record[1].to_owned())
        })
        .collect()
}

fn rules(divisions: &DivisionNames) -> Rules<'_> {
    Rules {
        divisions,
        today: NaiveDate::from_ymd_opt(2026, 11, 24).unwrap(),
        fictional: true,
    }
}

fn entries_of_file(file: &str) -> Vec<Entry> {
    let divisions = divisions();
    let mut sheet = Spreadsheet::open(&data(file)).unwrap();
    let entries = Entries::begin(sheet.rows().unwrap(), rules(&divisions)).unwrap();
    entries.collect::<Result<_, _>>().unwrap()
}

fn sheet(rows: &[&[&str]]) -> Vec<Result<SheetRow, ReadError>> {
    rows.iter()
        .zip(1..)
        .map(|(cells, line)| {
            Ok(SheetRow {
                line,
                cells: cells.iter().copied().map(cell).collect(),
            })
        })
        .collect()
}

fn cell(text: &str) -> Cell {
    if text.is_empty() {
        Cell::Empty
    } else {
        Cell::Text(text.to_owned())
    }
}

fn entries_of(rows: &[&[&str]]) -> Vec<Entry> {
    let divisions = divisions();
    let entries = Entries::begin(sheet(rows).into_iter(), rules(&divisions)).unwrap();
    entries.collect::<Result<_, _>>().unwrap()
}

/// The outcome of `PERSON` with one cell changed.
fn outcome_with(column: &str, text: &str) -> Result<Accepted, Vec<Finding>> {
    let mut person = PERSON;
    person[HEADER.iter().position(|header| *header == column).unwrap()] = text;
    entries_of(&[&HEADER, &person]).pop().unwrap().outcome
}

fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code).collect()
}

fn summary(outcome: &Result<Accepted, Vec<Finding>>) -> (&'static str, Vec<&str>) {
    match outcome {
        Ok(accepted) if accepted.warnings.is_empty() => ("imported", Vec::new()),
        Ok(accepted) => ("imported_with_warnings", codes(&accepted.warnings)),
        Err(findings) => ("rejected", codes(findings)),
    }
}

#[derive(serde::Deserialize)]
struct Expected {
    rows: usize,
    outcomes: BTreeMap<String, usize>,
    not_imported_or_warned: Vec<ExpectedRow>,
}

#[derive(serde::Deserialize)]
struct ExpectedRow {
    row: u32,
    outcome: String,
    code: String,
}

#[test]
fn every_row_of_the_workbook_comes_out_as_known() {
    let expected: Expected =
        serde_json::from_slice(&std::fs::read(data("roster-expected.json")).unwrap()).unwrap();
    let by_row: BTreeMap<_, _> = expected
        .not_imported_or_warned
        .iter()
        .map(|known| (known.row, known))
        .collect();
    let entries = entries_of_file("roster.xlsx");
    assert_eq!(entries.len(), expected.rows);

    let mut outcomes = BTreeMap::<String, usize>::new();
    for entry in &entries {
        let (outcome, codes) = summary(&entry.outcome);
        *outcomes.entry(outcome.to_owned()).or_default() += 1;
        match by_row.get(&entry.row) {
            Some(known) => {
                assert_eq!(outcome, known.outcome, "row {}: {codes:?}", entry.row);
                assert!(
                    codes.contains(&known.code.as_str()),
                    "row {}: {codes:?}",
                    entry.row
                );
            }
            None => assert_eq!(outcome, "imported", "row {}: {codes:?}", entry.row),
        }
    }
    assert_eq!(outcomes, expected.outcomes);
}

#[test]
fn people_of_the_gbk_file_are_those_of_the_workbook() {
    let workbook = entries_of_file("roster.xlsx");
    let mut sheet = Spreadsheet::open(&data("roster-990121-gbk.csv")).unwrap();
    let serials: Vec<usize> = sheet
        .rows()
        .unwrap()
        .filter_map(|row| match row.unwrap().cells.first() {
            Some(Cell::Text(serial)) => serial.parse().ok(),
            _ => None,
        })
        .collect();
    let entries = entries_of_file("roster-990121-gbk.csv");
    assert_eq!(entries.len(), serials.len());
    for (entry, serial) in entries.iter().zip(serials) {
        match (&entry.outcome, &workbook[serial - 1].outcome) {
            (Ok(own), Ok(other)) => {
                assert_eq!(own.person, other.person, "row {serial}");
                assert_eq!(own.warnings, other.warnings, "row {serial}");
            }
            // The twin of a duplicate may live in another county and so in another file.
            (Err(own), Err(other)) => {
                let mut expected = codes(other);
                if !codes(own).contains(&"id_number.duplicate_in_file") {
                    expected.retain(|code| *code != "id_number.duplicate_in_file");
                }
                assert_eq!(codes(own), expected, "row {serial}");
            }
            (Ok(_), Err(other)) => assert_eq!(codes(other), ["id_number.duplicate_in_file"]),
            (Err(own), Ok(_)) => panic!("row {serial}: {own:?}"),
        }
    }
}

#[test]
fn a_row_becomes_a_person() {
    let ParsedRow {
        name,
        citizen_id,
        certificate,
        division,
        guardian_name,
        phone,
        income_status,
        disability_cause,
    } = outcome_with("备注", "").unwrap().person;
    let certificate = certificate.unwrap();
    assert_eq!(name.as_str(), "张三");
    assert_eq!(citizen_id.as_str(), "99010219630917002X");
    assert_eq!(
        certificate.number.impairment_type(),
        ImpairmentType::Multiple
    );
    assert_eq!(certificate.components.len(), 2);
    assert_eq!(
        certificate.components[1].severity_level,
        SeverityLevel::Third
    );
    assert_eq!(
        Some(certificate.issued_date),
        NaiveDate::from_ymd_opt(2018, 2, 8)
    );
    assert_eq!(division.as_str(), "990102001001");
    assert_eq!(guardian_name.unwrap().as_str(), "李四");
    assert_eq!(phone.unwrap().as_str(), "12000001234");
    assert_eq!(income_status, Some(IncomeStatus::MinimumLivingMargin));
    assert_eq!(disability_cause.as_deref(), Some("疾病"));
}

#[test]
fn faults_reject_and_name_their_column() {
    for (column, text, code) in [
        ("姓名", "", "name.missing"),
        ("姓名", "张3", "name.format"),
        ("性别", "男", "sex.mismatch"),
        ("身份证号", "", "id_number.missing"),
        ("身份证号", "9.90102E+17", "id_number.lost_digits"),
        ("身份证号", "990102196309170020", "id_number.checksum"),
        ("残疾人证号", "12345", "certificate.number_format"),
        (
            "残疾人证号",
            "99010219900307001172",
            "certificate.id_mismatch",
        ),
        ("残疾类别", "视力", "certificate.category_mismatch"),
        ("残疾等级", "一级", "certificate.grade_mismatch"),
        (
            "多重残疾明细",
            "智力一级;精神三级",
            "certificate.components",
        ),
        ("多重残疾明细", "智力二级", "certificate.components"),
        ("多重残疾明细", "看不清", "certificate.components"),
        ("发证日期", "2018", "certificate.issued_date"),
        ("发证日期", "2027-01-01", "certificate.issued_date"),
        ("发证日期", "1963-09-16", "certificate.issued_date"),
        ("乡镇(街道)", "不存在镇", "division.unknown"),
        ("村(社区)", "不存在村", "division.unknown"),
    ] {
        let findings = outcome_with(column, text).unwrap_err();
        assert_eq!(codes(&findings), [code], "{column} {text}");
        assert_eq!(findings[0].column, column);
    }
}

#[test]
fn what_can_be_left_out_is_with_a_warning() {
    for (column, text, code) in [
        ("残疾人证号", "", "certificate.number_missing"),
        ("多重残疾明细", "无", "certificate.components"),
        ("监护人", "李4", "guardian_name.format"),
        ("发证日期", "", "certificate.issued_date_missing"),
        ("联系电话", "120000021", "phone.format"),
        ("低保类型", "不知道", "income_status.unknown"),
    ] {
        let accepted = outcome_with(column, text).unwrap();
        assert_eq!(codes(&accepted.warnings), [code], "{column} {text}");
    }
}

#[test]
fn silence_is_no_fault() {
    for column in [
        "性别",
        "残疾类别",
        "残疾等级",
        "村(社区)",
        "监护人",
        "联系电话",
        "低保类型",
    ] {
        assert!(
            outcome_with(column, "").unwrap().warnings.is_empty(),
            "{column}"
        );
    }
}

#[test]
fn titles_notes_and_repeated_headers_are_passed_over() {
    let title = ["", "虚川市残疾人基础信息花名册"];
    let unit = ["填报单位：虚川市", "填报日期：2022年1月5日"];
    let total = ["合 计", "2人"];
    let signatures = ["制表：", "", "审核："];
    let entries = entries_of(&[
        &title,
        &unit,
        &HEADER,
        &PERSON,
        &HEADER,
        &title,
        &PERSON,
        &total,
        &signatures,
    ]);
    assert_eq!(
        entries
            .iter()
            .map(|entry| (entry.row, entry.line))
            .collect::<Vec<_>>(),
        [(1, 4), (2, 7)]
    );
    let findings = entries[1].outcome.as_ref().unwrap_err();
    assert_eq!(codes(findings), ["id_number.duplicate_in_file"]);
    assert_eq!(findings[0].detail_zh, "身份证号与第1条重复");
}

#[test]
fn a_file_without_a_header_says_what_was_sought() {
    let divisions = divisions();
    let rows = vec![PERSON.as_slice(); 30];
    let error = Entries::begin(sheet(&rows).into_iter(), rules(&divisions)).unwrap_err();
    assert_eq!(
        error.zh(),
        "前20行中没有找到表头，表头须含：姓名、身份证号、乡镇"
    );
}
