//! Rosters as offices send them: each row gets one outcome, with a code, the column and a sentence.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use calamine::{Reader, Xlsx, open_workbook};
use huican::access::divisions;
use huican::audit::Origin;
use huican::exchange::roster::report::Report;
use huican::exchange::roster::service::{Job, RowOutcome, RowReport, Summary, run};
use huican::kernel::crypto::{hex, sha256};
use huican::kernel::error::{Error, Result};
use huican::registry::Registrar;
use serde_json::{Value, json};

use crate::support::office::instant;
use crate::support::people::{citizen_id, id_of};
use crate::support::{TestOffice, on_both};

fn data(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data/demo")
        .join(file)
}

impl TestOffice {
    fn take_over(
        &self,
        file: &Path,
        dry_run: bool,
        tell: impl FnMut(&RowReport) -> Result<()>,
    ) -> Result<Summary> {
        let mut db = self.db();
        let origin = Origin::system(db.new_id());
        let scope = divisions::service::everywhere(&mut db).unwrap();
        run(
            &mut db,
            &origin,
            &Job {
                file,
                dry_run,
                registrar: Registrar { fictional: true },
                scope,
            },
            tell,
        )
    }

    /// The outcomes of a small CSV, row by row.
    fn outcomes(&self, folder: &Path, csv: &str) -> Vec<RowOutcome> {
        let file = folder.join("roster.csv");
        std::fs::write(&file, csv).unwrap();
        let mut outcomes = Vec::new();
        self.take_over(&file, false, |row| {
            outcomes.push(row.outcome);
            Ok(())
        })
        .unwrap();
        outcomes
    }

    async fn events(&self, filter: &str) -> Vec<Value> {
        let auditor = self.as_user("auditor.990100").await;
        let page = auditor
            .get(&format!("/v1/audit/events?limit=200&{filter}"))
            .await
            .expect(200);
        page["items"].as_array().unwrap().clone()
    }

    async fn jobs(&self, action: &str) -> Vec<Value> {
        let administrator = self.as_user("auditadmin").await;
        let page = administrator
            .get(&format!("/v1/audit/events?action=import_job.{action}"))
            .await
            .expect(200);
        page["items"].as_array().unwrap().clone()
    }
}

/// What is expected of each row that is not simply imported.
fn expected() -> (BTreeMap<u32, (String, String)>, BTreeMap<String, u32>) {
    let text = std::fs::read_to_string(data("roster-expected.json")).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let rows = file["not_imported_or_warned"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            (
                u32::try_from(row["row"].as_u64().unwrap()).unwrap(),
                (text("outcome"), text("code")),
            )
        });
    (
        rows.collect(),
        serde_json::from_value(file["outcomes"].clone()).unwrap(),
    )
}

const HEADER: &str = "姓名,身份证号,残疾人证号,发证日期,乡镇,村,联系电话,低保类型,监护人\n";

fn line(
    name: &str,
    number: &str,
    class: &str,
    issued: &str,
    village: &str,
    phone: &str,
    income: &str,
) -> String {
    format!("{name},{number},{number}{class},{issued},丙岭三号镇,{village},{phone},{income},\n")
}

on_both! {
    async fn the_citys_roster_comes_out_as_expected_and_changes_nothing_twice(office: &TestOffice) {
        let (rows, totals) = expected();
        let file = data("roster.xlsx");
        // What a dry run says is what then happens; it writes nobody down.
        let mut foreseen = Vec::new();
        office.take_over(&file, true, |row| {
            foreseen.push((row.row, row.outcome));
            Ok(())
        })
        .unwrap();
        let supervisor = office.as_user("supervisor.990100").await;
        assert_eq!(supervisor.get("/v1/residents").await.expect(200)["items"], json!([]));

        let mut settled = Vec::new();
        let summary = office.take_over(&file, false, |row| {
            settled.push((row.row, row.outcome));
            match rows.get(&row.row) {
                Some((outcome, code)) => {
                    assert_eq!(row.outcome.as_str(), outcome, "row {}: {:?}", row.row, row.findings);
                    let finding = row.findings.iter().find(|finding| finding.code == code);
                    let finding = finding.unwrap_or_else(|| panic!("row {}: no {code} in {:?}", row.row, row.findings));
                    assert!(!finding.column.is_empty() && !finding.detail_zh.is_ascii()
                            && !finding.detail_en.is_empty());
                }
                None => assert_eq!(row.outcome, RowOutcome::Imported, "row {}: {:?}", row.row, row.findings),
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(foreseen, settled);
        let counted: BTreeMap<_, _> = summary.outcomes.iter().map(|(outcome, count)| (outcome.to_string(), *count)).collect();
        assert_eq!((summary.rows, &counted), (3_000, &totals));

        let mut again = Vec::new();
        office.take_over(&file, false, |row| {
            again.push(row.outcome);
            Ok(())
        })
        .unwrap();
        for ((_, first), second) in settled.iter().zip(&again) {
            let expected = if *first == RowOutcome::Rejected { RowOutcome::Rejected } else { RowOutcome::Unchanged };
            assert_eq!(*second, expected);
        }
        let page = office.as_user("supervisor.990100").await.get("/v1/residents?limit=200").await.expect(200);
        assert!(page["items"].as_array().unwrap().iter().all(|resident| resident["version"] == 1));

        // One job, with its file; and a record of everybody it registered.
        let [start, _, third] = office.jobs("started").await.try_into().unwrap();
        assert_eq!((&start["changes"]["dry_run"], &third["changes"]["dry_run"]), (&json!(false), &json!(true)));
        let hash = hex(&sha256(&std::fs::read(&file).unwrap()));
        let finished = office.jobs("finished").await;
        assert_eq!(finished[1]["changes"]["file_sha256"], hash);
        assert_eq!(finished[1]["changes"]["outcome"]["outcomes"], json!(totals));
        let job = finished[1]["request_id"].as_str().unwrap();
        let of_job = office.events(&format!("action=resident.imported&request_id={job}")).await;
        assert_eq!(of_job.len(), 200);
        assert!(of_job.iter().all(|event| event["resident_id"].is_string() && event["division_code"].is_string()));
    }

    async fn what_changed_in_a_roster_is_taken_over(office: &TestOffice) {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = [citizen_id("990121", "19610203", 101), citizen_id("990121", "19620203", 102)];
        let first = format!("{HEADER}{}{}",
            line("张三", &one, "42", "2015-03-01", "一号村", "12000000001", "低保"),
            line("李四", &two, "31", "2016-03-01", "一号村", "", "无"));
        assert_eq!(office.outcomes(folder.path(), &first), [RowOutcome::Imported; 2]);
        office.clock.set(instant("2022-08-01T01:00:00Z"));
        // The first moved, has another phone, a new certificate and more income; of the second an
        // older list is silent and wrong.
        let second = format!("{HEADER}{}{}",
            line("张三", &one, "41B1", "2022-07-20", "二号村", "12000000002", "低保边缘"),
            line("李四", &two, "32", "2012-03-01", "一号村", "", ""));
        assert_eq!(office.outcomes(folder.path(), &second), [RowOutcome::Updated, RowOutcome::Unchanged]);
        assert_eq!(office.outcomes(folder.path(), &second), [RowOutcome::Unchanged; 2]);

        let county = office.as_user("county.990121").await;
        let found = county.post("/v1/residents/search", json!({"id_number": one})).await.expect(200);
        let resident = &found["items"][0];
        assert_eq!((&resident["division_name"], &resident["phone_masked"]), (&json!("二号村"), &json!("120****0002")));
        assert_eq!(resident["hukou_division_code"], resident["division_code"]);
        assert_eq!((&resident["certificate"]["severity_level"], &resident["version"]), (&json!(1), &json!(2)));
        assert_eq!(resident["circumstances"]["income_status"], "minimum_living_margin");
        let id = id_of(resident);
        let before = county.get(&format!("/v1/residents/{id}?valid_at=2022-07-19")).await.expect(200);
        assert_eq!(before["certificate"]["severity_level"], 2);
        assert_eq!(before["circumstances"]["income_status"], "minimum_living");
        let [change] = office.events(&format!("action=resident.updated_by_import&resident_id={id}")).await.try_into().unwrap();
        assert_eq!(change["changes"]["phone"], "changed");
        assert!(!change.to_string().contains(&one));
    }

    async fn files_are_found_their_way_around_in(office: &TestOffice) {
        let folder = tempfile::tempdir().unwrap();
        let numbers: Vec<_> = (1..=3).map(|day| citizen_id("990121", &format!("1970010{day}"), 105)).collect();
        let mut text = "2022年残疾人基础信息花名册,,,,,,,,\n单位：丙岭县残联,,,,,,,,\n,,,,,,,,\n".to_owned();
        text.push_str(HEADER);
        for number in &numbers {
            text.push_str(&line("王五", number, "21", "2020.1.5", "一号村", "", "无"));
        }
        writeln!(text, "\n合计,3人,,,,,,,\n制表人：某某,,审核人：某某,,,,,,").unwrap();
        assert_eq!(office.outcomes(folder.path(), &text), [RowOutcome::Imported; 3]);

        let gbk = office.take_over(&data("roster-990121-gbk.csv"), false, |_row| Ok(())).unwrap();
        assert!(gbk.outcomes[&RowOutcome::Imported] > 300, "{gbk:?}");
    }

    async fn a_file_that_is_none_is_refused_and_on_record(office: &TestOffice) {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [
            ("empty.csv", &b""[..]),
            ("list.csv", "姓名,电话\n张三,1\n".as_bytes()),
            ("old.xls", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"),
            ("broken.xlsx", b"PK\x03\x04 and nothing else"),
            ("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ] {
            let file = folder.path().join(name);
            std::fs::write(&file, content).unwrap();
            let error = office.take_over(&file, false, |_row| Ok(())).unwrap_err();
            assert_eq!(error.code().as_str(), "file.unreadable", "{name}");
            assert!(!error.text().unwrap().zh.is_ascii());
        }
        let missing = office.take_over(&folder.path().join("none.xlsx"), false, |_row| Ok(())).unwrap_err();
        assert_eq!(missing.code().as_str(), "file.unreadable");
        let ends = office.jobs("finished").await;
        assert_eq!(ends.len(), 5);
        assert!(ends.iter().all(|end| end["outcome"] == "failed" && end["reason"] == "file.unreadable"), "{ends:?}");
    }
}

#[actix_web::test]
async fn the_report_has_a_line_for_every_finding() {
    let office = TestOffice::open(crate::support::Backend::Sqlite)
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.xlsx");
    let mut report = Report::begin(&path).unwrap();
    let (mut lines, mut first_rejected) = (0, None);
    office
        .take_over(&data("roster.xlsx"), true, |row| {
            lines += row.findings.len().max(1);
            if row.outcome == RowOutcome::Rejected && first_rejected.is_none() {
                first_rejected = Some((row.row, row.findings[0].clone()));
            }
            report.add(row).map_err(Error::internal)
        })
        .unwrap();
    report.save().unwrap();

    let mut workbook: Xlsx<_> = open_workbook(&path).unwrap();
    let range = workbook.worksheet_range("导入结果").unwrap();
    let rows: Vec<Vec<String>> = range
        .rows()
        .map(|row| row.iter().map(ToString::to_string).collect())
        .collect();
    assert_eq!(
        rows[0],
        ["序号", "行号", "结果", "结果代码", "问题代码", "列", "说明"]
    );
    assert_eq!(rows.len(), lines + 1);
    let (number, finding) = first_rejected.unwrap();
    let line = rows
        .iter()
        .find(|row| row[0] == number.to_string())
        .unwrap();
    assert_eq!(
        line[2..],
        [
            "未导入",
            "rejected",
            finding.code,
            &finding.column,
            &finding.detail_zh
        ]
    );
}
