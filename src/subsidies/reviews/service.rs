//! Use cases of reviews.

use chrono::{Days, NaiveDate};

use super::model::{NewReview, Review};
use super::store;
use crate::access::{Permit, Scope, acts};
use crate::audit::Event;
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::EnrollmentId;
use crate::programs;
use crate::subsidies::enrollments::{self, Enrollment, review_after};

pub use super::store::SEALED_COLUMNS;

/// What runs and is to be reviewed before a day: by tomorrow, unless given.
pub fn due(
    db: &mut Db,
    scope: &Scope,
    before: Option<NaiveDate>,
    after: Option<(NaiveDate, EnrollmentId)>,
    count: i64,
) -> Result<Vec<Enrollment>> {
    let tomorrow = db.today().checked_add_days(Days::new(1));
    let before = before.or(tomorrow).unwrap_or(NaiveDate::MAX);
    enrollments::service::due_for_review(db, scope, before, after, count)
}

/// How the reviews of an enrollment came out.
pub fn of_enrollment(
    db: &mut Db,
    permit: &Permit<acts::EnrollmentRead>,
    id: EnrollmentId,
) -> Result<Looked<Vec<Review>>> {
    let enrollment = enrollments::service::found(db, permit, id)?;
    let all = store::all(db, id)?;
    let event = Event::new(permit.origin(), "enrollment.reviews_viewed")
        .on(&id)
        .about(enrollment.resident_id)
        .within(enrollment.division_code);
    db.looked(event, all)
}

/// Keeps how a review came out, and when the next is due; with the enrollment as it now is.
pub fn decide(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::EnrollmentAct>,
    id: EnrollmentId,
    seen: IfMatch,
    new: &NewReview,
) -> Result<Recorded<(Review, Enrollment)>> {
    let old = enrollments::service::found(tx, permit, id)?;
    seen.check(old.version)?;
    let comment = new.comment()?.map(str::to_owned);
    enrollments::service::keep_still(tx, permit, &old)?;
    if !old.is_running() {
        return Err(Code::EnrollmentTransition.into());
    }
    let due_date = old.review_due_date;
    let (changed, ended) = match new.ending()? {
        Some(ending) => {
            let (changed, recorded) = enrollments::service::change(tx, permit, old, &ending)?;
            (changed, Some(recorded))
        }
        None => {
            let next = next_due(tx, &old)?;
            (enrollments::service::reviewed(tx, old, next)?, None)
        }
    };
    let actor = permit.actor();
    let review = Review {
        id: tx.new_id(),
        enrollment_id: id,
        due_date,
        outcome: new.outcome,
        comment,
        decided_by: (
            actor.user,
            actor.username.clone(),
            actor.display_name.clone(),
        ),
        at: tx.now(),
    };
    store::insert(tx, &review)?;
    let event = Event::new(permit.origin(), "enrollment.reviewed")
        .on(&id)
        .about(changed.resident_id)
        .within(changed.division_code)
        .change("outcome", review.outcome)
        .change("due_date", due_date)
        .change("review_due_date", changed.review_due_date);
    let recorded = tx.record(event, (review, changed))?;
    Ok(match ended {
        Some(ended) => recorded.and(ended).map(|(whole, ())| whole),
        None => recorded,
    })
}

/// By the version that holds now, where there is one.
fn next_due(db: &mut Db, of: &Enrollment) -> Result<Option<NaiveDate>> {
    let today = db.today();
    match programs::service::in_force(db, &of.program_code, of.division_code, today) {
        Ok(version) => Ok(review_after(today, version.terms.review_months)),
        Err(error) if error.code() == Code::ProgramNoVersion => Ok(None),
        Err(error) => Err(error),
    }
}
