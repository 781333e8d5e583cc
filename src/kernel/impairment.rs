//! Categories and grades of disability (GB/T 26341), and how several make one.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::text;
use super::vocabulary::vocabulary;

vocabulary! {
    /// Category of disability (残疾类别).
    pub enum ImpairmentType {
        Visual = "visual", "视力";
        Hearing = "hearing", "听力";
        Speech = "speech", "言语";
        Physical = "physical", "肢体";
        Intellectual = "intellectual", "智力";
        Mental = "mental", "精神";
        /// Two or more of the others.
        Multiple = "multiple", "多重";
    }
}

impl ImpairmentType {
    pub const fn from_digit(digit: u8) -> Option<Self> {
        match digit {
            1 => Some(Self::Visual),
            2 => Some(Self::Hearing),
            3 => Some(Self::Speech),
            4 => Some(Self::Physical),
            5 => Some(Self::Intellectual),
            6 => Some(Self::Mental),
            7 => Some(Self::Multiple),
            _ => None,
        }
    }

    /// The digit that stands for it in a certificate number.
    pub const fn digit(self) -> u8 {
        match self {
            Self::Visual => 1,
            Self::Hearing => 2,
            Self::Speech => 3,
            Self::Physical => 4,
            Self::Intellectual => 5,
            Self::Mental => 6,
            Self::Multiple => 7,
        }
    }

    /// Reads `视力` or `视力残疾`.
    pub fn from_chinese(text: &str) -> Option<Self> {
        let text = text::compact(text);
        let name = text.strip_suffix("残疾").unwrap_or(&text);
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.label_zh() == name)
    }
}

/// Grade of a disability (残疾等级), 1 to 4. The smallest is the most severe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum SeverityLevel {
    First,
    Second,
    Third,
    Fourth,
}

/// A number that is no grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no severity level {0}, expected 1 to 4")]
pub struct UnknownLevel(u8);

impl SeverityLevel {
    pub const fn number(self) -> u8 {
        match self {
            Self::First => 1,
            Self::Second => 2,
            Self::Third => 3,
            Self::Fourth => 4,
        }
    }

    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::First => "一级",
            Self::Second => "二级",
            Self::Third => "三级",
            Self::Fourth => "四级",
        }
    }

    /// Whether programs count it as severe (重度).
    pub const fn is_severe(self) -> bool {
        matches!(self, Self::First | Self::Second)
    }

    /// Reads a grade as offices write it: `一级`, `1`, `１级`, `壹级`, `Ⅰ级`.
    pub fn from_chinese(text: &str) -> Option<Self> {
        let text = text::compact(text);
        match text.strip_suffix('级').unwrap_or(&text) {
            "一" | "1" | "壹" | "Ⅰ" | "I" => Some(Self::First),
            "二" | "2" | "贰" | "Ⅱ" | "II" => Some(Self::Second),
            "三" | "3" | "叁" | "Ⅲ" | "III" => Some(Self::Third),
            "四" | "4" | "肆" | "Ⅳ" | "IV" => Some(Self::Fourth),
            _ => None,
        }
    }
}

impl TryFrom<u8> for SeverityLevel {
    type Error = UnknownLevel;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            1 => Ok(Self::First),
            2 => Ok(Self::Second),
            3 => Ok(Self::Third),
            4 => Ok(Self::Fourth),
            other => Err(UnknownLevel(other)),
        }
    }
}

impl From<SeverityLevel> for u8 {
    fn from(level: SeverityLevel) -> Self {
        level.number()
    }
}

impl fmt::Display for SeverityLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

impl PartialSchema for SeverityLevel {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .description(Some("Grade of a disability (残疾等级), 1 the most severe"))
            .minimum(Some(1))
            .maximum(Some(4))
            .examples([2])
            .into()
    }
}

impl ToSchema for SeverityLevel {}

/// One disability of a person; a multiple disability has several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Component {
    pub impairment_type: ImpairmentType,
    pub severity_level: SeverityLevel,
}

/// Category and grade of the whole: several components are a multiple disability, graded by the
/// most severe of them.
pub fn overall(components: &[Component]) -> Option<(ImpairmentType, SeverityLevel)> {
    let first = components.first()?;
    let severity_level = components
        .iter()
        .map(|component| component.severity_level)
        .min()?;
    let same = components
        .iter()
        .all(|other| other.impairment_type == first.impairment_type);
    let impairment_type = if same {
        first.impairment_type
    } else {
        ImpairmentType::Multiple
    };
    Some((impairment_type, severity_level))
}

/// Reads the components of a multiple disability: `智力二级;精神一级`. None if a part cannot be
/// read, is itself multiple, or comes twice.
pub fn parse_components(text: &str) -> Option<Vec<Component>> {
    let mut components = Vec::<Component>::new();
    let text = text::compact(text);
    for part in text
        .split([';', '、', ',', '+', '/'])
        .filter(|part| !part.is_empty())
    {
        let component = parse_component(part)?;
        if components
            .iter()
            .any(|known| known.impairment_type == component.impairment_type)
        {
            return None;
        }
        components.push(component);
    }
    Some(components)
}

fn parse_component(text: &str) -> Option<Component> {
    let (impairment_type, rest) = ImpairmentType::ALL
        .iter()
        .filter(|kind| **kind != ImpairmentType::Multiple)
        .find_map(|kind| Some((*kind, text.strip_prefix(kind.label_zh())?)))?;
    let severity_level = SeverityLevel::from_chinese(rest.strip_prefix("残疾").unwrap_or(rest))?;
    Some(Component {
        impairment_type,
        severity_level,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(impairment_type: ImpairmentType, level: u8) -> Component {
        Component {
            impairment_type,
            severity_level: level.try_into().unwrap(),
        }
    }

    #[test]
    fn digits_and_names_lead_to_the_same_category() {
        for kind in ImpairmentType::ALL {
            assert_eq!(ImpairmentType::from_digit(kind.digit()), Some(*kind));
            assert_eq!(ImpairmentType::from_chinese(kind.label_zh()), Some(*kind));
        }
        assert_eq!(
            ImpairmentType::from_chinese("肢体残疾"),
            Some(ImpairmentType::Physical)
        );
        assert_eq!(ImpairmentType::from_digit(8), None);
    }

    #[test]
    fn grades_are_read_as_offices_write_them() {
        for text in ["一级", "1", "1级", "１ 级", "壹级", "Ⅰ", "I级"] {
            assert_eq!(
                SeverityLevel::from_chinese(text),
                Some(SeverityLevel::First),
                "{text}"
            );
        }
        assert_eq!(
            SeverityLevel::from_chinese("肆级"),
            Some(SeverityLevel::Fourth)
        );
        assert_eq!(SeverityLevel::from_chinese("五级"), None);
        assert!(SeverityLevel::First < SeverityLevel::Fourth);
    }

    #[test]
    fn a_grade_is_an_integer_on_the_wire() {
        assert_eq!(serde_json::to_string(&SeverityLevel::Second).unwrap(), "2");
        let error = serde_json::from_str::<SeverityLevel>("5").unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no severity level 5, expected 1 to 4"
        );
    }

    #[test]
    fn several_disabilities_are_graded_by_the_most_severe() {
        let components = parse_components("智力残疾二级；精神一级").unwrap();
        assert_eq!(
            components,
            [
                component(ImpairmentType::Intellectual, 2),
                component(ImpairmentType::Mental, 1)
            ]
        );
        assert_eq!(
            overall(&components),
            Some((ImpairmentType::Multiple, SeverityLevel::First))
        );
        assert_eq!(
            overall(&[component(ImpairmentType::Visual, 3)]),
            Some((ImpairmentType::Visual, SeverityLevel::Third))
        );
        assert_eq!(overall(&[]), None);
    }

    #[test]
    fn components_that_make_no_sense_are_refused() {
        for text in [
            "多重一级",
            "视力",
            "视力五级",
            "视力一级;视力二级",
            "看不见",
        ] {
            assert_eq!(parse_components(text), None, "{text}");
        }
        assert_eq!(parse_components(" "), Some(Vec::new()));
    }
}
