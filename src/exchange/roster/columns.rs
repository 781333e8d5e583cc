//! The header of a roster: which column holds what, under the names offices give them.

use crate::sheets::table::Heading;

/// What a roster says of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Name,
    Sex,
    CitizenId,
    CertificateNumber,
    ImpairmentType,
    SeverityLevel,
    Components,
    IssuedDate,
    County,
    Township,
    Village,
    Guardian,
    Phone,
    IncomeStatus,
    Cause,
}

impl Heading for Column {
    const REQUIRED: &'static [Self] = &[Self::Name, Self::CitizenId, Self::Township];

    const ALL: &'static [Self] = &[
        Self::Name,
        Self::Sex,
        Self::CitizenId,
        Self::CertificateNumber,
        Self::ImpairmentType,
        Self::SeverityLevel,
        Self::Components,
        Self::IssuedDate,
        Self::County,
        Self::Township,
        Self::Village,
        Self::Guardian,
        Self::Phone,
        Self::IncomeStatus,
        Self::Cause,
    ];

    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Name => &["姓名", "残疾人姓名"],
            Self::Sex => &["性别"],
            Self::CitizenId => &[
                "身份证号",
                "身份证号码",
                "公民身份号码",
                "公民身份证号码",
                "身份证",
            ],
            Self::CertificateNumber => &[
                "残疾人证号",
                "残疾人证号码",
                "残疾证号",
                "残疾证号码",
                "残疾人证",
            ],
            Self::ImpairmentType => &["残疾类别", "残疾类型"],
            Self::SeverityLevel => &["残疾等级", "残疾级别"],
            Self::Components => &["多重残疾明细", "多重残疾", "多重明细"],
            Self::IssuedDate => &["发证日期", "发证时间"],
            Self::County => &["县", "县区", "区县", "县市区", "市县区"],
            Self::Township => &["乡镇", "乡镇街道", "镇街", "街道"],
            Self::Village => &["村", "村社区", "社区", "行政村"],
            Self::Guardian => &["监护人", "监护人姓名"],
            Self::Phone => &["联系电话", "电话", "手机号", "手机号码", "手机", "联系方式"],
            Self::IncomeStatus => &["低保类型", "低保情况"],
            Self::Cause => &["致残原因"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheets::read::{Cell, SheetRow};
    use crate::sheets::table::Columns;

    fn row(headers: &[&str]) -> SheetRow {
        let cells = headers
            .iter()
            .map(|header| Cell::Text((*header).to_owned()))
            .collect();
        SheetRow { line: 1, cells }
    }

    #[test]
    fn columns_are_found_in_any_order_under_many_names() {
        let row = row(&[
            "村（社区）",
            "乡镇 (街道)",
            "手机号",
            "公民身份号码",
            "*姓 名",
            "姓名",
        ]);
        let columns = Columns::<Column>::of_header(&row).unwrap();
        assert_eq!(
            columns.cell(&row, Column::Name),
            &Cell::Text("*姓 名".to_owned())
        );
        assert_eq!(columns.header(Column::CitizenId), "公民身份号码");
        assert_eq!(columns.cell(&row, Column::Sex), &Cell::Empty);
        assert_eq!(columns.header(Column::Sex), "性别");
    }

    #[test]
    fn a_title_or_a_list_of_something_else_is_no_header() {
        assert!(Columns::<Column>::of_header(&row(&["残疾人基础信息花名册"])).is_none());
        assert!(Columns::<Column>::of_header(&row(&["姓名", "身份证号", "金额"])).is_none());
    }
}
