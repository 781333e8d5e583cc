//! Reads a catalog: each row a code and what is laid down of it, or all that is wrong with it.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::columns::Column;
use super::model::{EvaluationLevel, ItemKey, Terms};
use crate::kernel::error::Result;
use crate::sheets::read::{Cell, ReadError, SheetRow, Spreadsheet};
use crate::sheets::table::{Columns, Faults, RejectedRow, Table};
use crate::sheets::values;

/// All of ISO 9999 has some thousand codes.
const MOST_ROWS: usize = 10_000;
const LONGEST_NAME: usize = 100;
const LONGEST_UNIT: usize = 10;
const LONGEST_LIFE: i32 = 600;

/// A row that says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogRow {
    /// Place in the list, from 0.
    pub index: usize,
    /// Row of the sheet or line of the file, from 1.
    pub line: u32,
    pub key: ItemKey,
    pub terms: Terms,
    pub effective_from: NaiveDate,
    /// Codes of earlier editions.
    pub replaces: Vec<ItemKey>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogFile {
    pub rows: Vec<CatalogRow>,
    pub rejected: Vec<RejectedRow>,
}

/// Fails where it is no catalog; what is wrong with a row is told with the row.
pub fn read(bytes: &[u8]) -> Result<CatalogFile> {
    let mut sheet = Spreadsheet::of(bytes)?;
    let mut table = Table::<Column, _>::begin(sheet.rows()?)?;
    let mut file = CatalogFile {
        rows: Vec::new(),
        rejected: Vec::new(),
    };
    let mut known = HashMap::new();
    let mut index = 0;
    while let Some(row) = table.next() {
        let row = row?;
        if index >= MOST_ROWS {
            return Err(ReadError::TooLarge.into());
        }
        let reading = Reading {
            index,
            row: &row,
            columns: &table.columns,
            faults: Faults::at(index),
        };
        match reading.run(&mut known) {
            Ok(row) => file.rows.push(row),
            Err(row) => file.rejected.push(row),
        }
        index += 1;
    }
    Ok(file)
}

struct Reading<'a> {
    index: usize,
    row: &'a SheetRow,
    columns: &'a Columns<Column>,
    faults: Faults,
}

impl Reading<'_> {
    fn run(
        mut self,
        known: &mut HashMap<(ItemKey, NaiveDate), u32>,
    ) -> Result<CatalogRow, RejectedRow> {
        let key = self.key();
        let terms = self.terms();
        let effective_from = self.effective_from();
        let replaces = self.replaces(key.as_ref());
        let (Some(key), Some(terms), Some(effective_from), true) =
            (key, terms, effective_from, self.faults.found.is_empty())
        else {
            return Err(self.rejected());
        };
        if let Some(earlier) = known.insert((key.clone(), effective_from), self.row.line) {
            self.faults.add(
                "code",
                "device_code.duplicate_in_file",
                format!("line {earlier} says something of this code and day already"),
                format!("与第{earlier}行重复"),
            );
            return Err(self.rejected());
        }
        Ok(CatalogRow {
            index: self.index,
            line: self.row.line,
            key,
            terms,
            effective_from,
            replaces,
        })
    }

    fn rejected(self) -> RejectedRow {
        RejectedRow {
            line: self.row.line,
            errors: self.faults.found,
        }
    }

    fn cell(&self, column: Column) -> &Cell {
        self.columns.cell(self.row, column)
    }

    fn text(&self, column: Column) -> Option<String> {
        values::optional(self.cell(column))
    }

    fn key(&mut self) -> Option<ItemKey> {
        let edition = values::text(self.cell(Column::Edition)).parse();
        let code = padded(&values::text(self.cell(Column::Code))).parse();
        for (field, error) in [
            ("edition", edition.as_ref().err()),
            ("code", code.as_ref().err()),
        ] {
            let error: Option<&super::model::DeviceCodeError> = error;
            if let Some(error) = error {
                self.faults
                    .add(field, error.code(), error.to_string(), error.zh());
            }
        }
        Some(ItemKey {
            edition: edition.ok()?,
            code: code.ok()?,
        })
    }

    fn terms(&mut self) -> Option<Terms> {
        let name_zh = self.short("name_zh", Column::NameZh, LONGEST_NAME);
        let unit = self.short("unit", Column::Unit, LONGEST_UNIT);
        let name_en = self.text(Column::NameEn);
        if name_en
            .as_ref()
            .is_some_and(|name| name.chars().count() > LONGEST_NAME)
        {
            self.faults.add(
                "name_en",
                "text.length",
                "up to 100 characters",
                "不超过100个字",
            );
        }
        let subsidy_percent = self.percent();
        let cap = self.cap();
        let use_life_months = self.months(
            "use_life_months",
            Column::UseLifeMonths,
            Column::UseLifeYears,
        );
        let child_use_life_months = self.months(
            "child_use_life_months",
            Column::ChildUseLifeMonths,
            Column::ChildUseLifeYears,
        );
        if let Some(child) = child_use_life_months
            && use_life_months.is_none_or(|all| child > all)
        {
            self.faults.add(
                "child_use_life_months",
                "use_life.child",
                "a child's use-life is no longer than anybody's",
                "儿童使用期限不得长于一般使用期限",
            );
        }
        let evaluation_level = self.evaluation_level();
        let listed = self.listed();
        Some(Terms {
            name_zh: name_zh?,
            name_en,
            unit: unit?,
            subsidy_percent: subsidy_percent?,
            cap,
            use_life_months,
            child_use_life_months,
            evaluation_level: evaluation_level?,
            listed: listed?,
        })
    }

    fn short(&mut self, field: &str, column: Column, longest: usize) -> Option<String> {
        let text = values::text(self.cell(column));
        if (1..=longest).contains(&text.chars().count()) {
            return Some(text);
        }
        self.faults.add(
            field,
            "text.length",
            format!("1 to {longest} characters"),
            format!("1至{longest}个字"),
        );
        None
    }

    /// All of the price unless said otherwise.
    fn percent(&mut self) -> Option<i32> {
        let Some(text) = self.text(Column::SubsidyPercent) else {
            return Some(100);
        };
        let percent = text.trim_end_matches(['%', '％']).trim().parse().ok();
        let percent = percent.filter(|percent| (0..=100).contains(percent));
        if percent.is_none() {
            self.faults.add(
                "subsidy_percent",
                "subsidy_percent.range",
                "a whole number from 0 to 100",
                "须为0至100的整数",
            );
        }
        percent
    }

    fn cap(&mut self) -> Option<crate::kernel::money::Fen> {
        self.text(Column::Cap)?;
        let cap = values::amount(self.cell(Column::Cap));
        match cap {
            Ok(cap) if cap.get() >= 0 => Some(cap),
            Ok(_) => {
                self.faults
                    .add("cap_fen", "amount.negative", "zero or more", "不得为负");
                None
            }
            Err(error) => {
                self.faults
                    .add("cap_fen", error.code(), error.to_string(), error.zh());
                None
            }
        }
    }

    /// Said in months or in years.
    fn months(&mut self, field: &str, months: Column, years: Column) -> Option<i32> {
        let (text, times) = match (self.text(months), self.text(years)) {
            (Some(text), _) => (text, 1),
            (None, Some(text)) => (text, 12),
            (None, None) => return None,
        };
        let number = text.trim_end_matches(['年', '月', '个']).trim();
        let life = number
            .parse::<i32>()
            .ok()
            .and_then(|n| n.checked_mul(times));
        let life = life.filter(|life| (1..=LONGEST_LIFE).contains(life));
        if life.is_none() {
            self.faults.add(
                field,
                "use_life.range",
                format!("1 to {LONGEST_LIFE} months"),
                format!("须为1至{LONGEST_LIFE}个月"),
            );
        }
        life
    }

    fn evaluation_level(&mut self) -> Option<EvaluationLevel> {
        let text = values::text(self.cell(Column::EvaluationLevel));
        let level = EvaluationLevel::ALL.iter().find(|level| {
            text == level.as_str() || text == level.label_zh() || text == short_level(**level)
        });
        if level.is_none() {
            self.faults.add(
                "evaluation_level",
                "evaluation_level.unknown",
                "none, township, county or city",
                "须为无、乡镇、县或市",
            );
        }
        level.copied()
    }

    fn listed(&mut self) -> Option<bool> {
        let listed = match self.text(Column::State).as_deref() {
            None | Some("收录" | "启用" | "listed") => Some(true),
            Some("停用" | "不收录" | "withdrawn") => Some(false),
            Some(_) => None,
        };
        if listed.is_none() {
            self.faults.add(
                "listed",
                "listed.unknown",
                "listed or withdrawn",
                "须为收录或停用",
            );
        }
        listed
    }

    fn effective_from(&mut self) -> Option<NaiveDate> {
        let date = values::date(self.cell(Column::EffectiveFrom));
        if date.is_none() {
            self.faults.add(
                "effective_from_date",
                "date.format",
                "the date cannot be read",
                "日期无法识别",
            );
        }
        date
    }

    /// `2016:12 22 03、2016:12 22 06`.
    fn replaces(&mut self, key: Option<&ItemKey>) -> Vec<ItemKey> {
        let Some(text) = self.text(Column::Replaces) else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for part in text.split(['、', ';', '；']) {
            let read = part.split_once([':', '：']).and_then(|(edition, code)| {
                let edition = edition.parse().ok()?;
                let code = padded(code).parse().ok()?;
                Some(ItemKey { edition, code })
            });
            match read {
                Some(old) if key.is_none_or(|key| old.edition < key.edition) => all.push(old),
                _ => self.faults.add(
                    "replaces",
                    "device_code.replaced",
                    "edition and code of an earlier edition, such as 2016:12 22 03",
                    "须为更早版本的版本号和编码，如2016:12 22 03",
                ),
            }
        }
        all.sort();
        all.dedup();
        all
    }
}

const fn short_level(level: EvaluationLevel) -> &'static str {
    match level {
        EvaluationLevel::None => "无",
        EvaluationLevel::Township => "乡镇",
        EvaluationLevel::County => "县",
        EvaluationLevel::City => "市",
    }
}

/// A spreadsheet takes `043303` for a number and drops its first digit.
fn padded(code: &str) -> String {
    let code = code.trim();
    if code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("0{code}")
    } else {
        code.to_owned()
    }
}

impl CatalogRow {
    /// It replaces a code that nobody knows.
    pub(super) fn replaces_unknown(&self, key: &ItemKey) -> RejectedRow {
        let mut faults = Faults::at(self.index);
        faults.add(
            "replaces",
            "device_code.unknown",
            format!("the catalog has no code {} of {}", key.code, key.edition),
            format!("目录中没有{}版编码{}", key.edition, key.code),
        );
        RejectedRow {
            line: self.line,
            errors: faults.found,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::money::Fen;

    const HEADER: &str = "版本,编码,名称,单位,补贴比例,补贴上限(元),使用年限(年),儿童使用月数,评估级别,执行日期,状态,旧版编码\n";

    fn one(row: &str) -> Result<CatalogRow, Vec<&'static str>> {
        let mut file = read(format!("{HEADER}{row}\n").as_bytes()).unwrap();
        match file.rows.pop() {
            Some(row) => Ok(row),
            None => Err(file
                .rejected
                .remove(0)
                .errors
                .iter()
                .map(|error| error.code)
                .collect()),
        }
    }

    #[test]
    fn a_row_is_read_as_offices_write_it() {
        let row = one(
            "2022,12 22 03,手动轮椅车,辆,100%,\"1,200.00\",4,24,县,2022年1月1日,收录,2016:12 22 03",
        )
        .unwrap();
        assert_eq!(
            (row.key.edition.as_str(), row.key.code.as_str()),
            ("2022", "122203")
        );
        assert_eq!(
            (row.terms.cap, row.terms.use_life_months),
            (Some(Fen::new(120_000)), Some(48))
        );
        assert_eq!(row.terms.child_use_life_months, Some(24));
        assert_eq!(row.replaces.len(), 1);
        // A number has lost its first digit; what is not said is all of the price, without a cap.
        let row = one("2022,43303,防压疮垫,件,,,2,,无,2022-01-01,,").unwrap();
        assert_eq!(
            (
                row.key.code.as_str(),
                row.terms.subsidy_percent,
                row.terms.cap
            ),
            ("043303", 100, None)
        );
        assert!(row.terms.listed);
    }

    #[test]
    fn all_that_is_wrong_with_a_row_is_told() {
        let wrong = one("22,12 22,,辆,120,-1,0,24,省,昨天,某,2022:122203");
        assert_eq!(
            wrong,
            Err(vec![
                "device_edition.format",
                "device_code.format",
                "text.length",
                "subsidy_percent.range",
                "amount.negative",
                "use_life.range",
                "use_life.child",
                "evaluation_level.unknown",
                "listed.unknown",
                "date.format",
            ])
        );
        let later = one("2016,122203,轮椅,辆,,,4,,县,2016-01-01,,2022:122203");
        assert_eq!(later, Err(vec!["device_code.replaced"]));
        assert!(read(b"a,b\n1,2\n").is_err());
    }

    #[test]
    fn a_code_and_day_stand_once_in_a_file() {
        let row = "2022,122203,手动轮椅车,辆,,,4,,县,2022-01-01,,\n";
        let file = read(format!("{HEADER}{row}{row}").as_bytes()).unwrap();
        assert_eq!((file.rows.len(), file.rejected.len()), (1, 1));
    }
}
