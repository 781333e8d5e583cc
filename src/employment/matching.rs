//! Which vacancies fit a job seeker: each criterion with its verdict, never a score alone. Pure but for [`of`],
//! which gathers what is compared.

use std::cmp::Reverse;

use serde::Serialize;
use utoipa::ToSchema;

use super::employers;
use super::seekers::{self, JobSeeker};
use super::vacancies::{self, Vacancy, WorkAid};
use crate::access::{Permit, acts};
use crate::audit::Event;
use crate::db::{Db, Looked};
use crate::kernel::division::{DivisionCode, DivisionLevel};
use crate::kernel::error::Result;
use crate::kernel::id::{EmployerId, JobSeekerId, VacancyId};
use crate::kernel::money::Fen;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What a vacancy is judged by.
    pub enum MatchCriterion {
        Form = "form", "就业形式";
        Distance = "distance", "工作地点";
        Aids = "aids", "合理便利";
        Wage = "wage", "工资";
    }
}

vocabulary! {
    pub enum CriterionVerdict {
        Met = "met", "符合";
        Unmet = "unmet", "不符合";
        /// The job seeker asks for nothing in this.
        NotAsked = "not_asked", "无要求";
    }
}

/// One criterion, and why it is met or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"criterion": "distance", "verdict": "met", "zh": "在本县（市、区）内", "en": "within the county"}))]
pub struct MatchReason {
    pub criterion: MatchCriterion,
    pub verdict: CriterionVerdict,
    pub zh: String,
    pub en: String,
}

/// A vacancy beside a job seeker.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "vacancy_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "title": "装配工", "employer_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07",
    "employer_name": "虚川电子有限公司", "division_code": "990121103000", "wage_from_fen": 300_000, "wage_to_fen": 400_000, "fits": true,
    "reasons": [{"criterion": "distance", "verdict": "met", "zh": "在本县（市、区）内", "en": "within the county"}]
}))]
pub struct JobMatch {
    #[schema(value_type = uuid::Uuid)]
    pub vacancy_id: VacancyId,
    pub title: String,
    #[schema(value_type = uuid::Uuid)]
    pub employer_id: EmployerId,
    pub employer_name: String,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub wage_from_fen: Fen,
    pub wage_to_fen: Fen,
    /// Nothing is unmet.
    pub fits: bool,
    pub reasons: Vec<MatchReason>,
}

/// Vacancies that are compared, and that are shown.
const COMPARED: i64 = 1_000;
const SHOWN: usize = 50;

fn reason(criterion: MatchCriterion, met: bool, zh: String, en: String) -> MatchReason {
    let verdict = if met {
        CriterionVerdict::Met
    } else {
        CriterionVerdict::Unmet
    };
    MatchReason {
        criterion,
        verdict,
        zh,
        en,
    }
}

/// The smallest division that two places have in common.
fn in_common(one: DivisionCode, other: DivisionCode) -> Option<DivisionLevel> {
    std::iter::successors(Some(one), |at| at.parent())
        .find(|at| at.contains(other))
        .map(DivisionCode::level)
}

fn by_form(seeker: &JobSeeker, vacancy: &Vacancy) -> MatchReason {
    let form = vacancy.form;
    reason(
        MatchCriterion::Form,
        seeker.forms.contains(&form),
        form.label_zh().to_owned(),
        form.to_string(),
    )
}

fn by_distance(seeker: &JobSeeker, vacancy: &Vacancy) -> MatchReason {
    let of = |met, zh: &str, en: &str| reason(MatchCriterion::Distance, met, zh.into(), en.into());
    if vacancy.aids.contains(&WorkAid::HomeBased) {
        return of(true, "居家办公", "the work is done at home");
    }
    let common = in_common(seeker.division_code, vacancy.division_code);
    let met = match (seeker.distance.level(), common) {
        (Some(farthest), Some(common)) => common >= farthest,
        _ => false,
    };
    match common {
        Some(DivisionLevel::Village) => of(met, "在本村（社区）内", "within the village"),
        Some(DivisionLevel::Township) => of(met, "在本乡镇（街道）内", "within the township"),
        Some(DivisionLevel::County) => of(met, "在本县（市、区）内", "within the county"),
        Some(DivisionLevel::City) => {
            of(met, "在本市内、县外", "within the city, in another county")
        }
        _ => of(met, "在外市", "in another city"),
    }
}

fn by_aids(seeker: &JobSeeker, vacancy: &Vacancy) -> MatchReason {
    let missing: Vec<_> = seeker
        .needed_aids
        .iter()
        .filter(|aid| !vacancy.aids.contains(aid))
        .collect();
    if seeker.needed_aids.is_empty() {
        return MatchReason {
            verdict: CriterionVerdict::NotAsked,
            ..reason(
                MatchCriterion::Aids,
                true,
                "无特殊需要".to_owned(),
                "nothing is needed".to_owned(),
            )
        };
    }
    let zh: Vec<_> = missing.iter().map(|aid| aid.label_zh()).collect();
    let en: Vec<_> = missing.iter().map(|aid| aid.as_str()).collect();
    let (zh, en) = if missing.is_empty() {
        (
            "所需便利均具备".to_owned(),
            "all that is needed is there".to_owned(),
        )
    } else {
        (
            format!("缺少：{}", zh.join("、")),
            format!("missing: {}", en.join(", ")),
        )
    };
    reason(MatchCriterion::Aids, missing.is_empty(), zh, en)
}

fn by_wage(seeker: &JobSeeker, vacancy: &Vacancy) -> MatchReason {
    let Some(wanted) = seeker.wage_from_fen else {
        return MatchReason {
            verdict: CriterionVerdict::NotAsked,
            ..reason(
                MatchCriterion::Wage,
                true,
                "无工资要求".to_owned(),
                "no wage is asked for".to_owned(),
            )
        };
    };
    let met = vacancy.wage_to_fen >= wanted;
    let (zh, en) = if met {
        ("可达到期望工资", "the wage may be reached")
    } else {
        ("低于期望工资", "below what is asked for")
    };
    reason(MatchCriterion::Wage, met, zh.to_owned(), en.to_owned())
}

/// All criteria, in their order.
pub fn reasons(seeker: &JobSeeker, vacancy: &Vacancy) -> Vec<MatchReason> {
    vec![
        by_form(seeker, vacancy),
        by_distance(seeker, vacancy),
        by_aids(seeker, vacancy),
        by_wage(seeker, vacancy),
    ]
}

fn unmet(reasons: &[MatchReason]) -> usize {
    let unmet = |one: &&MatchReason| one.verdict == CriterionVerdict::Unmet;
    reasons.iter().filter(unmet).count()
}

/// What would fit somebody, the best first; of equals the newest.
pub fn of(
    db: &mut Db,
    permit: &Permit<acts::JobSeekerRead>,
    id: JobSeekerId,
) -> Result<Looked<Vec<JobMatch>>> {
    let seeker = seekers::service::found(db, permit.scope(), id)?;
    let around = std::iter::successors(Some(seeker.division_code), |at| at.parent());
    let city = around
        .take_while(|at| at.level() >= DivisionLevel::City)
        .last()
        .unwrap_or(seeker.division_code);
    let today = db.today();
    let open = vacancies::service::open_in(db, city, today, COMPARED)?;
    let mut judged: Vec<_> = open
        .into_iter()
        .map(|vacancy| (reasons(&seeker, &vacancy), vacancy))
        .collect();
    judged.sort_by_key(|(reasons, vacancy)| (unmet(reasons), Reverse(vacancy.id)));
    judged.truncate(SHOWN);
    let employers: Vec<_> = judged
        .iter()
        .map(|(_, vacancy)| vacancy.employer_id)
        .collect();
    let names = employers::service::names(db, &employers)?;
    let matches = judged
        .into_iter()
        .map(|(reasons, vacancy)| JobMatch {
            vacancy_id: vacancy.id,
            title: vacancy.title,
            employer_id: vacancy.employer_id,
            employer_name: names.get(&vacancy.employer_id).cloned().unwrap_or_default(),
            division_code: vacancy.division_code,
            wage_from_fen: vacancy.wage_from_fen,
            wage_to_fen: vacancy.wage_to_fen,
            fits: unmet(&reasons) == 0,
            reasons,
        })
        .collect();
    let event = Event::new(permit.origin(), "job_seeker.matches_viewed")
        .on(&id)
        .about(seeker.resident_id)
        .within(seeker.division_code);
    db.looked(event, matches)
}
