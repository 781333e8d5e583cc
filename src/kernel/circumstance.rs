//! Circumstances of a resident on which programs depend.

use super::text;
use super::vocabulary::vocabulary;

vocabulary! {
    /// Social assistance the household receives (低保类型).
    pub enum IncomeStatus {
        MinimumLiving = "minimum_living", "低保";
        /// Just above the minimum-living line.
        MinimumLivingMargin = "minimum_living_margin", "低保边缘";
        /// Supported by the state for want of income, ability to work and family.
        ExtremePovertySupport = "extreme_poverty_support", "特困";
        None = "none", "无";
    }
}

impl IncomeStatus {
    /// Reads the word an office uses.
    pub fn from_chinese(text: &str) -> Option<Self> {
        match text::compact(text).as_str() {
            "低保" | "低保户" | "最低生活保障" => Some(Self::MinimumLiving),
            "低保边缘" | "低保边缘户" | "低边" => Some(Self::MinimumLivingMargin),
            "特困" | "特困供养" | "特困人员" | "五保" => {
                Some(Self::ExtremePovertySupport)
            }
            "无" | "否" | "一般" => Some(Self::None),
            _ => None,
        }
    }
}
