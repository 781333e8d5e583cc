//! The kinds of lists, and the names offices give their columns.

use crate::kernel::vocabulary::vocabulary;
use crate::sheets::table::{Columns, Heading};

vocabulary! {
    /// What a list says of the people in it.
    pub enum MatchListKind {
        Deaths = "deaths", "死亡人员名单";
        Moves = "moves", "户籍迁出人员名单";
        Imprisonments = "imprisonments", "服刑人员名单";
        ExtremePovertySupport = "extreme_poverty_support", "特困供养人员名单";
        WorkInjuryAllowance = "work_injury_allowance", "工伤护理费人员名单";
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    CitizenId,
    DateOfDeath,
    DateOfMove,
    DateOfImprisonment,
    /// From when support is received.
    DateOfStart,
    DateOfDetermination,
    /// Of whatever the list is about.
    Date,
    Note,
}

impl Heading for Column {
    const ALL: &'static [Self] = &[
        Self::Name,
        Self::CitizenId,
        Self::DateOfDeath,
        Self::DateOfMove,
        Self::DateOfImprisonment,
        Self::DateOfStart,
        Self::DateOfDetermination,
        Self::Date,
        Self::Note,
    ];
    const REQUIRED: &'static [Self] = &[Self::Name, Self::CitizenId];

    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Name => &[
                "姓名",
                "人员姓名",
                "残疾人姓名",
                "死者姓名",
                "死亡人员姓名",
                "罪犯姓名",
                "服刑人员姓名",
                "职工姓名",
            ],
            Self::CitizenId => &[
                "身份证号",
                "身份证号码",
                "公民身份号码",
                "公民身份证号码",
                "身份证",
                "身份证件号码",
                "证件号码",
                "居民身份证号",
            ],
            Self::DateOfDeath => &["死亡日期", "死亡时间", "去世日期", "去世时间", "身故日期"],
            Self::DateOfMove => &[
                "迁出日期",
                "迁出时间",
                "户籍迁出日期",
                "户口迁出日期",
                "迁移日期",
            ],
            Self::DateOfImprisonment => &[
                "入狱日期",
                "入狱时间",
                "入监日期",
                "收监日期",
                "服刑开始日期",
                "服刑起始日期",
                "刑期起日",
            ],
            Self::DateOfStart => &[
                "享受日期",
                "享受待遇日期",
                "待遇开始日期",
                "待遇起始日期",
                "开始享受日期",
            ],
            Self::DateOfDetermination => &[
                "认定日期",
                "认定时间",
                "工伤认定日期",
                "批准日期",
                "审批日期",
            ],
            Self::Date => &["日期", "发生日期", "发生时间", "事件日期"],
            Self::Note => &["备注", "说明"],
        }
    }
}

impl MatchListKind {
    /// The columns that may say when, the best first.
    const fn dates(self) -> &'static [Column] {
        match self {
            Self::Deaths => &[Column::DateOfDeath, Column::Date],
            Self::Moves => &[Column::DateOfMove, Column::Date],
            Self::Imprisonments => &[Column::DateOfImprisonment, Column::Date],
            Self::ExtremePovertySupport | Self::WorkInjuryAllowance => &[
                Column::DateOfStart,
                Column::DateOfDetermination,
                Column::Date,
            ],
        }
    }

    /// The one that a file has.
    pub(super) fn date_in(self, columns: &Columns<Column>) -> Option<Column> {
        let mut dates = self.dates().iter().copied();
        dates.find(|column| columns.has(*column))
    }

    /// What a file without any of them lacks.
    pub(super) fn usual_date(self) -> &'static str {
        let usual = self.dates().first();
        usual.map_or("", |column| column.label_zh())
    }
}
