//! The facts that rules may name, each with its type, its range, its words and its labels: one table
//! for the compiler, for whoever loads people, and for whoever writes a rule (`GET /v1/program-facts`).

use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate};

use crate::kernel::circumstance::IncomeStatus;
use crate::kernel::impairment::ImpairmentType;
use crate::kernel::sex::Sex;
use crate::registry::facts::{CareNeed, CircumstanceKind, EmploymentForm};

/// What values a fact takes. All are kept as an `i32`: a truth as 0 or 1, a word as its place in the
/// list, a date as days since year 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Truth,
    Number { lowest: i32, highest: i32 },
    Word(Vec<Word>),
    Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    pub name: &'static str,
    pub zh: &'static str,
}

/// Where a fact is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Age,
    Sex,
    CertificateValid,
    ImpairmentType,
    SeverityLevel,
    Circumstance(CircumstanceKind),
    ClaimContribution,
    ClaimMonths,
}

#[derive(Debug, Clone)]
pub struct Fact {
    pub path: &'static str,
    pub kind: Kind,
    pub zh: &'static str,
    pub en: &'static str,
    pub source: Source,
}

/// Place of a fact in its table.
pub type FactId = usize;

/// The list that `exists` and `all` run over.
pub const COMPONENTS: &str = "certificate.components";
pub const COMPONENTS_ZH: &str = "残疾类别明细";
pub const COMPONENTS_EN: &str = "impairment components";

/// A contribution is up to a million yuan, and for a year at the most.
pub const HIGHEST_CONTRIBUTION: i32 = 100_000_000;
pub const MOST_CLAIMED_MONTHS: i32 = 12;

/// Everybody's oldest possible age.
pub const OLDEST: i32 = 150;

macro_rules! words {
    ($vocabulary:ty) => {
        Kind::Word(
            <$vocabulary>::ALL
                .iter()
                .map(|word| Word {
                    name: word.as_str(),
                    zh: word.label_zh(),
                })
                .collect(),
        )
    };
}

fn severity() -> Kind {
    Kind::Number {
        lowest: 1,
        highest: 4,
    }
}

/// Of a person.
pub static FACTS: LazyLock<Vec<Fact>> = LazyLock::new(|| {
    let fact = |path, kind, zh, en, source| Fact {
        path,
        kind,
        zh,
        en,
        source,
    };
    let mut facts = vec![
        fact(
            "age",
            Kind::Number {
                lowest: 0,
                highest: OLDEST,
            },
            "年龄",
            "age",
            Source::Age,
        ),
        fact("sex", words!(Sex), "性别", "sex", Source::Sex),
        fact(
            "certificate.valid",
            Kind::Truth,
            "残疾人证有效",
            "the disability certificate is valid",
            Source::CertificateValid,
        ),
        fact(
            "certificate.impairment_type",
            words!(ImpairmentType),
            "残疾类别",
            "impairment type",
            Source::ImpairmentType,
        ),
        fact(
            "certificate.severity_level",
            severity(),
            "残疾等级",
            "severity level",
            Source::SeverityLevel,
        ),
    ];
    facts.extend(CircumstanceKind::ALL.iter().filter_map(|kind| {
        let (path, en, values) = of_circumstance(*kind)?;
        Some(fact(
            path,
            values,
            kind.label_zh(),
            en,
            Source::Circumstance(*kind),
        ))
    }));
    let number = |lowest, highest| Kind::Number { lowest, highest };
    facts.extend([
        fact(
            "claim.contribution_fen",
            number(1, HIGHEST_CONTRIBUTION),
            "申报的缴费金额（分）",
            "the contribution claimed for, in fen",
            Source::ClaimContribution,
        ),
        fact(
            "claim.months",
            number(1, MOST_CLAIMED_MONTHS),
            "申报的月数",
            "the months claimed for",
            Source::ClaimMonths,
        ),
    ]);
    facts
});

/// The place of a component's impairment in [`COMPONENT_FACTS`]; its level follows.
pub const COMPONENT_TYPE: FactId = 0;

/// Of one component of a multiple disability.
pub static COMPONENT_FACTS: LazyLock<Vec<Fact>> = LazyLock::new(|| {
    let of = |path, kind, zh, en, source| Fact {
        path,
        kind,
        zh,
        en,
        source,
    };
    vec![
        of(
            "impairment_type",
            words!(ImpairmentType),
            "残疾类别",
            "impairment type",
            Source::ImpairmentType,
        ),
        of(
            "severity_level",
            severity(),
            "残疾等级",
            "severity level",
            Source::SeverityLevel,
        ),
    ]
});

/// What a circumstance is to rules; names and causes are none of theirs.
fn of_circumstance(kind: CircumstanceKind) -> Option<(&'static str, &'static str, Kind)> {
    use CircumstanceKind as K;
    Some(match kind {
        K::IncomeStatus => (
            "circumstances.income_status",
            "income status",
            words!(IncomeStatus),
        ),
        K::CareNeed => ("circumstances.care_need", "need of care", words!(CareNeed)),
        K::EmploymentForm => (
            "circumstances.employment_form",
            "form of employment",
            words!(EmploymentForm),
        ),
        K::InstitutionalCare => (
            "circumstances.institutional_care",
            "lives in an institution",
            Kind::Truth,
        ),
        K::OrphanAllowance => (
            "circumstances.orphan_allowance",
            "receives the orphan allowance",
            Kind::Truth,
        ),
        K::ElderlyAllowance => (
            "circumstances.elderly_allowance",
            "receives the elderly allowance",
            Kind::Truth,
        ),
        K::WorkInjuryNursingAllowance => (
            "circumstances.work_injury_nursing_allowance",
            "receives the nursing allowance for a work injury",
            Kind::Truth,
        ),
        K::RetiredCadreAllowance => (
            "circumstances.retired_cadre_allowance",
            "receives the nursing allowance for retired cadres",
            Kind::Truth,
        ),
        K::DutyDisabilityAllowance => (
            "circumstances.duty_disability_allowance",
            "receives the nursing allowance for a disability from duty",
            Kind::Truth,
        ),
        K::Imprisonment => ("circumstances.imprisonment", "is in prison", Kind::Truth),
        K::LivesAlone => ("circumstances.lives_alone", "lives alone", Kind::Truth),
        K::CareMissing => (
            "circumstances.care_missing",
            "has nobody who cares for them",
            Kind::Truth,
        ),
        K::HousingDanger => (
            "circumstances.housing_danger",
            "lives in a dangerous home",
            Kind::Truth,
        ),
        K::IncomeMissing => (
            "circumstances.income_missing",
            "has no steady income",
            Kind::Truth,
        ),
        K::MedicalBurden => (
            "circumstances.medical_burden",
            "bears heavy costs of treatment",
            Kind::Truth,
        ),
        K::DeviceMissing => (
            "circumstances.device_missing",
            "lacks a device they need",
            Kind::Truth,
        ),
        K::Death => ("circumstances.death", "day of death", Kind::Date),
        K::GuardianName | K::GuardianRelation | K::DisabilityCause => return None,
    })
}

/// The fact that a circumstance is kept as.
pub fn fact_of(kind: CircumstanceKind) -> Option<FactId> {
    FACTS
        .iter()
        .position(|fact| fact.source == Source::Circumstance(kind))
}

impl Kind {
    /// From the lowest to the highest number that is kept.
    pub fn range(&self) -> (i64, i64) {
        match self {
            Self::Truth => (0, 1),
            Self::Number { lowest, highest } => (i64::from(*lowest), i64::from(*highest)),
            Self::Word(words) => (0, i64::try_from(words.len()).unwrap_or(i64::MAX) - 1),
            Self::Date => (1, 4_000_000),
        }
    }

    /// The number that is kept for a word.
    pub fn place_of(&self, name: &str) -> Option<i32> {
        let Self::Word(words) = self else {
            return None;
        };
        let place = words.iter().position(|word| word.name == name)?;
        i32::try_from(place).ok()
    }

    /// Reads a value as the registry keeps it; nothing for what is out of range.
    pub fn keep(&self, text: &str) -> Option<i32> {
        let kept = match self {
            Self::Truth => i32::from(text.parse::<bool>().ok()?),
            Self::Number { .. } => text.parse().ok()?,
            Self::Word(_) => self.place_of(text)?,
            Self::Date => days(text.parse().ok()?),
        };
        let (lowest, highest) = self.range();
        (lowest..=highest)
            .contains(&i64::from(kept))
            .then_some(kept)
    }

    /// A kept number in words.
    pub fn show(&self, kept: i64, language: Language) -> String {
        let yes = kept != 0;
        match (self, language) {
            (Self::Truth, Language::Zh) => if yes { "是" } else { "否" }.to_owned(),
            (Self::Truth, Language::En) => if yes { "yes" } else { "no" }.to_owned(),
            (Self::Number { .. }, _) => kept.to_string(),
            (Self::Word(words), _) => {
                let word = usize::try_from(kept)
                    .ok()
                    .and_then(|place| words.get(place));
                word.map_or_else(
                    || kept.to_string(),
                    |word| match language {
                        Language::Zh => word.zh.to_owned(),
                        Language::En => word.name.replace('_', " "),
                    },
                )
            }
            (Self::Date, _) => i32::try_from(kept)
                .ok()
                .and_then(NaiveDate::from_num_days_from_ce_opt)
                .map_or_else(|| kept.to_string(), |date| date.to_string()),
        }
    }

    /// What values there are, for people.
    pub fn described(&self) -> String {
        match self {
            Self::Truth => "true, false".to_owned(),
            Self::Number { lowest, highest } => format!("{lowest} to {highest}"),
            Self::Word(words) => {
                let names: Vec<_> = words.iter().map(|word| word.name).collect();
                names.join(", ")
            }
            Self::Date => "a date".to_owned(),
        }
    }
}

/// In which language a rule is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Zh,
    En,
}

impl Fact {
    pub fn label(&self, language: Language) -> &'static str {
        match language {
            Language::Zh => self.zh,
            Language::En => self.en,
        }
    }
}

/// As a date is kept.
pub fn days(date: NaiveDate) -> i32 {
    date.num_days_from_ce()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_a_name_of_its_own_and_keeps_what_the_registry_says() {
        for (place, fact) in FACTS.iter().enumerate() {
            assert_eq!(
                FACTS.iter().position(|other| other.path == fact.path),
                Some(place)
            );
            if let Kind::Word(words) = &fact.kind {
                for word in words {
                    let kept = fact.kind.keep(word.name).unwrap();
                    assert_eq!(fact.kind.show(kept.into(), Language::Zh), word.zh);
                }
            }
        }
        let death = &FACTS[fact_of(CircumstanceKind::Death).unwrap()].kind;
        let kept = death.keep("2022-07-04").unwrap();
        assert_eq!(death.show(kept.into(), Language::Zh), "2022-07-04");
        assert_eq!(death.keep("2022-02-30"), None);
        assert_eq!(severity().keep("5"), None);
    }
}
