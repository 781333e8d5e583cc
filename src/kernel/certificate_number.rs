//! The number of a disability certificate (残疾人证号): citizen ID, category digit, grade digit,
//! and `B1`, `B2` … when it was issued again. It changes with category and grade, so it never
//! identifies a person.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::citizen_id;
use super::impairment::{ImpairmentType, SeverityLevel};
use super::text;

const ID_LENGTH: usize = 18;

/// A certificate number of the right form. Whether its citizen ID is someone's is not asked here.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CertificateNumber {
    text: String,
    impairment_type: ImpairmentType,
    severity_level: SeverityLevel,
    reissue: Option<u32>,
}

/// A text that is no certificate number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a certificate number is a citizen ID, a category digit 1-7, a grade digit 1-4 and, if issued again, B and a number"
)]
pub struct CertificateNumberError;

impl CertificateNumberError {
    pub const fn code(self) -> &'static str {
        "certificate.number_format"
    }

    pub const fn zh(self) -> &'static str {
        "残疾人证号应为身份证号加类别1-7、等级1-4，补换领的再加B和次数"
    }
}

impl CertificateNumber {
    pub fn parse(text: &str) -> Result<Self, CertificateNumberError> {
        let text = text::compact(text).to_ascii_uppercase();
        let (id, rest) = text
            .split_at_checked(ID_LENGTH)
            .ok_or(CertificateNumberError)?;
        if !is_id_shaped(id) {
            return Err(CertificateNumberError);
        }
        let [category, grade, suffix @ ..] = rest.as_bytes() else {
            return Err(CertificateNumberError);
        };
        let impairment_type = digit(*category)
            .and_then(ImpairmentType::from_digit)
            .ok_or(CertificateNumberError)?;
        let severity_level = digit(*grade)
            .and_then(|digit| SeverityLevel::try_from(digit).ok())
            .ok_or(CertificateNumberError)?;
        let reissue = parse_reissue(suffix)?;
        Ok(Self {
            text,
            impairment_type,
            severity_level,
            reissue,
        })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn citizen_id(&self) -> &str {
        self.text.get(..ID_LENGTH).unwrap_or_default()
    }

    pub const fn impairment_type(&self) -> ImpairmentType {
        self.impairment_type
    }

    pub const fn severity_level(&self) -> SeverityLevel {
        self.severity_level
    }

    /// How often the certificate was issued again.
    pub const fn reissue(&self) -> Option<u32> {
        self.reissue
    }

    /// As the citizen ID, with category and grade hidden too: `990102********0011**`.
    pub fn masked(&self) -> String {
        format!("{}**", citizen_id::mask(&self.text))
    }
}

fn is_id_shaped(id: &str) -> bool {
    id.as_bytes().split_last().is_some_and(|(check, body)| {
        (check.is_ascii_digit() || *check == b'X') && body.iter().all(u8::is_ascii_digit)
    })
}

fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then(|| byte - b'0')
}

fn parse_reissue(suffix: &[u8]) -> Result<Option<u32>, CertificateNumberError> {
    match suffix {
        [] => Ok(None),
        [b'B', digits @ ..] if matches!(digits, [b'1'..=b'9', ..]) => std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| digits.parse().ok())
            .map(Some)
            .ok_or(CertificateNumberError),
        _ => Err(CertificateNumberError),
    }
}

impl FromStr for CertificateNumber {
    type Err = CertificateNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Debug for CertificateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertificateNumber({})", self.masked())
    }
}

impl<'de> Deserialize<'de> for CertificateNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer)
    }
}

impl PartialSchema for CertificateNumber {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Number of a disability certificate (残疾人证号)"))
            .pattern(Some(r"^\d{17}[\dX][1-7][1-4](B[1-9]\d*)?$"))
            .examples(["99010219900307001142B1"])
            .into()
    }
}

impl ToSchema for CertificateNumber {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_told_apart() {
        let number = CertificateNumber::parse(" 99010219630917002x42b12").unwrap();
        assert_eq!(number.as_str(), "99010219630917002X42B12");
        assert_eq!(number.citizen_id(), "99010219630917002X");
        assert_eq!(number.impairment_type(), ImpairmentType::Physical);
        assert_eq!(number.severity_level(), SeverityLevel::Second);
        assert_eq!(number.reissue(), Some(12));
        assert_eq!(
            CertificateNumber::parse("99010219630917002X42")
                .unwrap()
                .reissue(),
            None
        );
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "99010219630917002X",
            "99010219630917002X4",
            "99010219630917002X82",
            "99010219630917002X45",
            "99010219630917002X42B",
            "99010219630917002X42B0",
            "99010219630917002X42B1A",
            "99010219630917002X42C1",
            "99010219630917002X42B99999999999",
            "9901021963091700XX42",
            "99010219630917002残42",
        ] {
            assert_eq!(
                CertificateNumber::parse(text),
                Err(CertificateNumberError),
                "{text}"
            );
        }
    }

    #[test]
    fn neither_mask_nor_debug_shows_the_number() {
        let number = CertificateNumber::parse("99010219900307001142B1").unwrap();
        assert_eq!(number.masked(), "990102********0011**");
        assert_eq!(
            format!("{number:?}"),
            "CertificateNumber(990102********0011**)"
        );
    }
}
