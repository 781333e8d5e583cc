//! The names offices give the columns of a catalog.

use crate::sheets::table::Heading;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Edition,
    Code,
    NameZh,
    NameEn,
    Unit,
    SubsidyPercent,
    Cap,
    UseLifeMonths,
    UseLifeYears,
    ChildUseLifeMonths,
    ChildUseLifeYears,
    EvaluationLevel,
    EffectiveFrom,
    State,
    Replaces,
}

impl Heading for Column {
    const ALL: &'static [Self] = &[
        Self::Edition,
        Self::Code,
        Self::NameZh,
        Self::NameEn,
        Self::Unit,
        Self::SubsidyPercent,
        Self::Cap,
        Self::UseLifeMonths,
        Self::UseLifeYears,
        Self::ChildUseLifeMonths,
        Self::ChildUseLifeYears,
        Self::EvaluationLevel,
        Self::EffectiveFrom,
        Self::State,
        Self::Replaces,
    ];
    const REQUIRED: &'static [Self] = &[
        Self::Edition,
        Self::Code,
        Self::NameZh,
        Self::Unit,
        Self::EvaluationLevel,
        Self::EffectiveFrom,
    ];

    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Edition => &["版本", "标准版本", "目录版本"],
            Self::Code => &["编码", "代码", "分类编码", "器具编码", "辅具编码"],
            Self::NameZh => &["名称", "器具名称", "辅具名称", "中文名称"],
            Self::NameEn => &["英文名称"],
            Self::Unit => &["单位", "计量单位"],
            Self::SubsidyPercent => &["补贴比例", "补助比例"],
            Self::Cap => &["补贴上限", "最高补贴", "补助限额", "限价"],
            Self::UseLifeMonths => &["使用月数", "使用期限"],
            Self::UseLifeYears => &["使用年限"],
            Self::ChildUseLifeMonths => &["儿童使用月数", "儿童使用期限"],
            Self::ChildUseLifeYears => &["儿童使用年限"],
            Self::EvaluationLevel => &["评估级别", "评估层级"],
            Self::EffectiveFrom => &["执行日期", "生效日期", "启用日期"],
            Self::State => &["状态"],
            Self::Replaces => &["旧版编码", "对应旧码", "原编码"],
        }
    }
}
