//! Who looks for work: graduates, who gave up, and those who were sent to a vacancy, one in each state.

use super::{before, next};
use crate::access::acts;
use crate::cli::demo::residents::{at_county, permit_of};
use crate::db::Tx;
use crate::employment::fairs::{self, AttendanceResult, NewFairAttendance};
use crate::employment::referrals::{
    self, JobReferralAction, NewJobReferral, NewJobReferralTransition,
};
use crate::employment::seekers::{
    self, ContactKind, Distance, JobSeekerCloseReason, NewContact, NewJobSeeker,
};
use crate::employment::vacancies::{Vacancy, WorkAid};
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{JobFairId, JobReferralId, ResidentId};
use crate::kernel::money::Fen;
use crate::registry::facts::EmploymentForm;

/// What became of those who were sent to a vacancy.
const SENT: [&[(JobReferralAction, Option<&str>)]; 7] = [
    &[],
    &[(JobReferralAction::Interview, None)],
    &[
        (JobReferralAction::Interview, None),
        (JobReferralAction::Offer, None),
    ],
    &[(JobReferralAction::Decline, Some("通勤时间过长"))],
    &[
        (JobReferralAction::Interview, None),
        (JobReferralAction::Reject, Some("岗位已招满")),
    ],
    &[(JobReferralAction::Withdraw, Some("本人参加技能培训"))],
    &[
        (JobReferralAction::Offer, None),
        (JobReferralAction::Accept, None),
    ],
];

/// Whom somebody found work for.
pub struct Placed {
    pub graduate: ResidentId,
    /// Who accepted an offer, with the referral.
    pub accepted: (ResidentId, JobReferralId),
}

/// Job seekers: a graduate who is willing, one who is not, one who gave up, and those who were sent somewhere.
pub fn settle(
    tx: &mut Tx<'_>,
    county: DivisionCode,
    people: &mut impl Iterator<Item = ResidentId>,
    offered: &[Vacancy],
    fair: JobFairId,
) -> Result<Placed> {
    let permit = permit_of::<acts::JobSeekerWrite>(tx, &at_county("county", county))?;
    let today = tx.today();
    let new = |resident_id| NewJobSeeker {
        resident_id,
        forms: vec![EmploymentForm::Quota, EmploymentForm::Flexible],
        skills: Some("办公软件".to_owned()),
        distance: Distance::County,
        wage_from_fen: Some(Fen::new(280_000)),
        needed_aids: vec![WorkAid::WheelchairAccess],
        graduated_date: None,
        school: None,
        willing: None,
        plan: None,
    };
    let (willing, unwilling) = (next(people)?, next(people)?);
    for resident in [willing, unwilling] {
        let graduate = NewJobSeeker {
            graduated_date: Some(before(today, 120)?),
            school: Some("虚川学院".to_owned()),
            willing: Some(resident == willing),
            plan: Some("一人一策：推荐文员岗位，安排面试辅导".to_owned()),
            ..new(resident)
        };
        let id = seekers::service::open(tx, &permit, graduate)?.value().id;
        let contact = NewContact {
            kind: ContactKind::Guidance,
            contact_date: None,
            note: "已介绍见习和岗位补贴政策".to_owned(),
        };
        drop(seekers::service::contact(tx, &permit, id, &contact)?);
    }
    let gave_up = seekers::service::open(tx, &permit, new(next(people)?))?;
    let closed = seekers::JobSeekerPatch {
        close_reason: Some(JobSeekerCloseReason::NoLongerSeeking),
        ..seekers::JobSeekerPatch::default()
    };
    let id = gave_up.value().id;
    drop(seekers::service::change(
        tx,
        &permit,
        id,
        IfMatch::seen(1),
        &closed,
    )?);
    let vacancy = offered
        .first()
        .ok_or_else(|| Error::internal("nothing is offered"))?;
    let mut last = None;
    for answers in SENT {
        let resident = next(people)?;
        let seeker = seekers::service::open(tx, &permit, new(resident))?
            .value()
            .id;
        let came = NewFairAttendance {
            job_seeker_id: seeker,
            attended_date: None,
            result: AttendanceResult::Intent,
            vacancy_id: Some(vacancy.id),
        };
        drop(fairs::service::attend(tx, &permit, fair, &came)?);
        let sent = NewJobReferral {
            vacancy_id: vacancy.id,
            fair_id: Some(fair),
        };
        let mut referral = referrals::service::refer(tx, &permit, seeker, &sent)?;
        for (action, comment) in answers {
            let answer = NewJobReferralTransition {
                action: *action,
                comment: comment.map(str::to_owned),
            };
            let (id, seen) = (referral.value().id, IfMatch::seen(referral.value().version));
            referral = referrals::service::act(tx, &permit, id, seen, &answer)?;
        }
        last = Some((resident, referral.value().id));
    }
    Ok(Placed {
        graduate: willing,
        accepted: last.ok_or_else(|| Error::internal("nobody was sent anywhere"))?,
    })
}
