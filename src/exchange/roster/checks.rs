//! Examines one row: what must be right, what is left out with a warning, what is put right in
//! silence.

use std::fmt::Display;

use chrono::NaiveDate;

use super::columns::Column;
use super::finding::Finding;
use super::model::{Accepted, AcceptedIds, ParsedCertificate, ParsedRow, Rules};
use crate::kernel::certificate_number::CertificateNumber;
use crate::kernel::circumstance::IncomeStatus;
use crate::kernel::citizen_id::CitizenId;
use crate::kernel::division::DivisionCode;
use crate::kernel::impairment::{self, Component, ImpairmentType, SeverityLevel};
use crate::kernel::name::PersonName;
use crate::kernel::phone::Phone;
use crate::kernel::sex::Sex;
use crate::sheets::read::{Cell, SheetRow};
use crate::sheets::table::Columns;
use crate::sheets::values;

/// Who a row is, or all that was found in it.
pub(super) fn examine(
    row: &SheetRow,
    columns: &Columns<Column>,
    rules: Rules<'_>,
    accepted: &AcceptedIds,
) -> Result<Accepted, Vec<Finding>> {
    Examination {
        row,
        columns,
        rules,
        faults: Vec::new(),
        warnings: Vec::new(),
    }
    .run(accepted)
}

struct Examination<'a> {
    row: &'a SheetRow,
    columns: &'a Columns<Column>,
    rules: Rules<'a>,
    faults: Vec<Finding>,
    warnings: Vec<Finding>,
}

impl Examination<'_> {
    fn run(mut self, accepted: &AcceptedIds) -> Result<Accepted, Vec<Finding>> {
        let name = self.name();
        let citizen_id = self.citizen_id();
        if let Some(id) = &citizen_id {
            self.check_sex(id.sex());
            self.check_first_of_its_kind(id, accepted);
        }
        let certificate = self.certificate(citizen_id.as_ref());
        let division = self.division();
        let guardian_name = self.guardian_name();
        let phone = self.phone();
        let income_status = self.income_status();
        let disability_cause = self.optional(Column::Cause);
        match (name, citizen_id, division) {
            (Some(name), Some(citizen_id), Some(division)) if self.faults.is_empty() => {
                let person = ParsedRow {
                    name,
                    citizen_id,
                    certificate,
                    division,
                    guardian_name,
                    phone,
                    income_status,
                    disability_cause,
                };
                Ok(Accepted {
                    person,
                    warnings: self.warnings,
                })
            }
            _ => {
                self.faults.append(&mut self.warnings);
                Err(self.faults)
            }
        }
    }

    fn name(&mut self) -> Option<PersonName> {
        match PersonName::parse(&self.text(Column::Name)) {
            Ok(name) => Some(name),
            Err(error) => {
                self.fault(Column::Name, error.code(), error.zh(), error);
                None
            }
        }
    }

    fn citizen_id(&mut self) -> Option<CitizenId> {
        let cell = self.columns.cell(self.row, Column::CitizenId);
        let parsed = values::citizen_id(cell, self.rules.today, self.rules.fictional);
        match parsed {
            Ok(id) => Some(id),
            Err(error) => {
                self.fault(Column::CitizenId, error.code(), error.zh(), error);
                None
            }
        }
    }

    fn check_sex(&mut self, sex: Sex) {
        let stated = self.text(Column::Sex);
        if !stated.is_empty() && Sex::from_chinese(&stated) != Some(sex) {
            self.fault(
                Column::Sex,
                "sex.mismatch",
                format!("性别与身份证号不符，身份证号表示为{}", sex.label_zh()),
                format!("the sex is not that of the citizen ID, which says {sex}"),
            );
        }
    }

    fn check_first_of_its_kind(&mut self, id: &CitizenId, accepted: &AcceptedIds) {
        if let Some(earlier) = accepted.row_of(id) {
            self.fault(
                Column::CitizenId,
                "id_number.duplicate_in_file",
                format!("身份证号与第{earlier}条重复"),
                format!("the citizen ID is that of row {earlier} already"),
            );
        }
    }

    fn certificate(&mut self, id: Option<&CitizenId>) -> Option<ParsedCertificate> {
        let Some(stated) = self.optional(Column::CertificateNumber) else {
            self.warn_of_class_without_number();
            return None;
        };
        let number = match CertificateNumber::parse(&stated) {
            Ok(number) => number,
            Err(error) => {
                self.fault(Column::CertificateNumber, error.code(), error.zh(), error);
                return None;
            }
        };
        if id.is_some_and(|id| id.as_str() != number.citizen_id()) {
            self.fault(
                Column::CertificateNumber,
                "certificate.id_mismatch",
                "残疾人证号前18位与身份证号不符",
                "the certificate number does not begin with the citizen ID",
            );
        }
        self.check_class(&number);
        let components = self.components(number.impairment_type(), number.severity_level());
        let issued_date = self.issued_date(id.map(CitizenId::birth_date))?;
        Some(ParsedCertificate {
            number,
            components,
            issued_date,
        })
    }

    fn warn_of_class_without_number(&mut self) {
        let class = [Column::ImpairmentType, Column::SeverityLevel];
        if class
            .into_iter()
            .any(|column| self.optional(column).is_some())
        {
            self.warn(
                Column::CertificateNumber,
                "certificate.number_missing",
                "填了残疾类别或等级，但没有残疾人证号，残疾人证信息未导入",
                "category or grade without a certificate number; no certificate was taken over",
            );
        }
    }

    fn check_class(&mut self, number: &CertificateNumber) {
        let category = number.impairment_type();
        let stated = self.text(Column::ImpairmentType);
        if !stated.is_empty() && ImpairmentType::from_chinese(&stated) != Some(category) {
            self.fault(
                Column::ImpairmentType,
                "certificate.category_mismatch",
                format!(
                    "残疾类别与残疾人证号不符，证号表示为{}",
                    category.label_zh()
                ),
                format!(
                    "the category is not that of the certificate number, which says {category}"
                ),
            );
        }
        let grade = number.severity_level();
        let stated = self.text(Column::SeverityLevel);
        if !stated.is_empty() && SeverityLevel::from_chinese(&stated) != Some(grade) {
            self.fault(
                Column::SeverityLevel,
                "certificate.grade_mismatch",
                format!("残疾等级与残疾人证号不符，证号表示为{}", grade.label_zh()),
                format!("the grade is not that of the certificate number, which says {grade}"),
            );
        }
    }

    fn components(
        &mut self,
        impairment_type: ImpairmentType,
        severity_level: SeverityLevel,
    ) -> Vec<Component> {
        const CODE: &str = "certificate.components";
        let Some(stated) = self.optional(Column::Components) else {
            if impairment_type != ImpairmentType::Multiple {
                return vec![Component {
                    impairment_type,
                    severity_level,
                }];
            }
            self.warn(
                Column::Components,
                CODE,
                "多重残疾没有填写明细",
                "the components of the multiple disability are not given",
            );
            return Vec::new();
        };
        let components = impairment::parse_components(&stated).unwrap_or_default();
        if impairment::overall(&components) != Some((impairment_type, severity_level)) {
            self.fault(
                Column::Components,
                CODE,
                "多重残疾明细与类别、等级不符，应如“智力二级;精神一级”，等级取最重的一项",
                "the components do not make up the category and grade of the certificate, the most severe of them",
            );
        }
        components
    }

    fn issued_date(&mut self, born: Option<NaiveDate>) -> Option<NaiveDate> {
        let date = match self.columns.cell(self.row, Column::IssuedDate) {
            Cell::Date(date) => Some(*date),
            _ => {
                let Some(stated) = self.optional(Column::IssuedDate) else {
                    self.warn(
                        Column::IssuedDate,
                        "certificate.issued_date_missing",
                        "没有发证日期，残疾人证信息未导入",
                        "without a date of issue no certificate was taken over",
                    );
                    return None;
                };
                values::parse_date(&stated)
            }
        }
        .filter(|date| *date <= self.rules.today && born.is_none_or(|born| born <= *date));
        if date.is_none() {
            self.fault(
                Column::IssuedDate,
                "certificate.issued_date",
                "发证日期无法识别、晚于今天或早于出生",
                "the date of issue cannot be read, is still to come or lies before birth",
            );
        }
        date
    }

    fn division(&mut self) -> Option<DivisionCode> {
        let [county, township, village] =
            [Column::County, Column::Township, Column::Village].map(|column| self.text(column));
        let found = self.rules.divisions.find(&county, &township, &village);
        if found.is_none() {
            let township_known = self.rules.divisions.find(&county, &township, "").is_some();
            self.fault(
                if township_known {
                    Column::Village
                } else {
                    Column::Township
                },
                "division.unknown",
                format!("区划中没有“{county}{township}{village}”"),
                format!("there is no division {county} {township} {village}"),
            );
        }
        found
    }

    fn guardian_name(&mut self) -> Option<PersonName> {
        let stated = self.optional(Column::Guardian)?;
        let name = PersonName::parse(&stated);
        if name.is_err() {
            self.warn(
                Column::Guardian,
                "guardian_name.format",
                "监护人姓名无法识别，未导入",
                "the guardian's name cannot be read and was left out",
            );
        }
        name.ok()
    }

    fn phone(&mut self) -> Option<Phone> {
        match Phone::parse(&self.optional(Column::Phone)?) {
            Ok(phone) => Some(phone),
            Err(error) => {
                self.warn(Column::Phone, error.code(), error.zh(), error);
                None
            }
        }
    }

    fn income_status(&mut self) -> Option<IncomeStatus> {
        let stated = self.text(Column::IncomeStatus);
        if stated.is_empty() {
            return None;
        }
        let status = IncomeStatus::from_chinese(&stated);
        if status.is_none() {
            let known = IncomeStatus::ALL.iter().map(|status| status.label_zh());
            self.warn(
                Column::IncomeStatus,
                "income_status.unknown",
                format!(
                    "低保类型无法识别，应为{}",
                    known.collect::<Vec<_>>().join("、")
                ),
                "the kind of social assistance is not known and was left out",
            );
        }
        status
    }

    fn text(&self, column: Column) -> String {
        values::text(self.columns.cell(self.row, column))
    }

    fn optional(&self, column: Column) -> Option<String> {
        values::optional(self.columns.cell(self.row, column))
    }

    fn fault(&mut self, column: Column, code: &'static str, zh: impl Display, en: impl Display) {
        let finding = self.finding(column, code, zh, en);
        self.faults.push(finding);
    }

    fn warn(&mut self, column: Column, code: &'static str, zh: impl Display, en: impl Display) {
        let finding = self.finding(column, code, zh, en);
        self.warnings.push(finding);
    }

    fn finding(
        &self,
        column: Column,
        code: &'static str,
        zh: impl Display,
        en: impl Display,
    ) -> Finding {
        Finding {
            code,
            column: self.columns.header(column).to_owned(),
            detail_zh: zh.to_string(),
            detail_en: en.to_string(),
        }
    }
}
