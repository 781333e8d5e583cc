//! What a visit finds, and how it becomes known of the person.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::audit::Origin;
use crate::db::{Recorded, Tx};
use crate::kernel::error::Result;
use crate::registry::Resident;
use crate::registry::facts::{self, Belief, CircumstanceKind, NewFact, Period};

/// Yes, no, or null for what was not found out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VisitFindings, example = json!({"lives_alone": true, "care_missing": true, "housing_danger": false, "income_missing": null,
    "medical_burden": null, "device_missing": true}))]
pub struct Findings {
    /// 独居
    #[serde(default)]
    pub lives_alone: Option<bool>,
    /// 无人照料
    #[serde(default)]
    pub care_missing: Option<bool>,
    /// 住房存在安全隐患
    #[serde(default)]
    pub housing_danger: Option<bool>,
    /// 无稳定收入
    #[serde(default)]
    pub income_missing: Option<bool>,
    /// 医疗康复负担重
    #[serde(default)]
    pub medical_burden: Option<bool>,
    /// 缺少所需辅具
    #[serde(default)]
    pub device_missing: Option<bool>,
}

impl Findings {
    const fn each(self) -> [(CircumstanceKind, Option<bool>); 6] {
        [
            (CircumstanceKind::LivesAlone, self.lives_alone),
            (CircumstanceKind::CareMissing, self.care_missing),
            (CircumstanceKind::HousingDanger, self.housing_danger),
            (CircumstanceKind::IncomeMissing, self.income_missing),
            (CircumstanceKind::MedicalBurden, self.medical_burden),
            (CircumstanceKind::DeviceMissing, self.device_missing),
        ]
    }

    /// Whether something is not known any more that was.
    pub fn forgets(self, before: Self) -> bool {
        let pairs = self.each().into_iter().zip(before.each());
        let mut lost = pairs.filter(|((_, now), (_, then))| now.is_none() && then.is_some());
        lost.next().is_some()
    }

    /// Whether nothing was found out.
    pub fn is_blank(self) -> bool {
        self.each().iter().all(|(_, found)| found.is_none())
    }

    /// Whether any asks for something.
    pub fn any(self) -> bool {
        self.each().iter().any(|(_, found)| *found == Some(true))
    }
}

/// Where the office has it from.
const SOURCE: &str = "visit";

/// Writes down what was found, from the day of the visit until something later is known.
pub fn learn(
    tx: &mut Tx<'_>,
    origin: &Origin,
    of: Resident,
    findings: Findings,
    day: NaiveDate,
) -> Result<Vec<Recorded<()>>> {
    let beliefs = facts::service::beliefs(tx, of.id, None)?;
    let (mut person, mut all) = (of, Vec::new());
    for (kind, found) in findings.each() {
        let Some(found) = found else { continue };
        let later =
            |one: &&Belief| one.kind == kind && one.superseded_at.is_none() && one.valid_from > day;
        let fact = NewFact {
            kind,
            value: found.to_string(),
            period: Period {
                from: day,
                to: beliefs.iter().filter(later).map(|one| one.valid_from).min(),
            },
            source: SOURCE.to_owned(),
        };
        let learned = facts::service::learn(tx, origin, person, &fact)?;
        person = learned.value().clone();
        all.push(learned.map(drop));
    }
    Ok(all)
}
