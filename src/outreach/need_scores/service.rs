//! Scoring one person, assessing a place piece by piece, and showing who is most in need.

use std::sync::Arc;

use chrono::NaiveDate;

use super::model::{
    InNeed, NeedAssessment, NeedAssessmentState, NeedScore, NewNeedAssessment, Rank, Scored,
};
use super::score;
use super::store;
use crate::access::users::{self, UserState};
use crate::access::{Act, Permit, Scope, acts, divisions, sessions};
use crate::audit::{Event, Origin};
use crate::casework::unserved;
use crate::db::{Db, Looked, Recorded, Tx};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{NeedAssessmentId, RequestId, ResidentId};
use crate::outreach::need_standards::{self, Measure};
use crate::registry::Resident;
use crate::registry::facts::{self, AsOf};
use crate::registry::residents::{self, Mark};

pub use super::store::{Filter, waiting};

fn missing(place: DivisionCode, day: NaiveDate) -> Error {
    Error::new(Code::NeedStandardMissing).detail(
        format!("there is no standard for {place} on {day}"),
        format!("{place}在{day}没有适用的评分标准"),
    )
}

/// How much somebody is in need on a day, by what is known now.
pub fn of_resident(
    db: &mut Db,
    permit: &Permit<acts::NeedScoreRead>,
    id: ResidentId,
    as_of: Option<NaiveDate>,
) -> Result<Looked<NeedScore>> {
    let resident = residents::service::counting(db, permit.scope(), id)?;
    let today = db.today();
    let day = as_of.unwrap_or(today);
    if day > today {
        return Err(Error::parameter(
            "as_of",
            "as_of.future",
            "not a day to come",
            "不得为今后的日期",
        ));
    }
    let measures = need_standards::service::measures(db, day)?;
    let measure = need_standards::service::nearest(&measures, resident.division_code)
        .ok_or_else(|| missing(resident.division_code, day))?;
    let at = AsOf {
        valid_at: day,
        known_at: None,
    };
    let snapshot = facts::service::snapshot(db, resident.id, at)?;
    let score = score::explained(measure, &resident, &snapshot, day);
    let event = Event::new(permit.origin(), "resident.need_score_viewed")
        .on(&resident.id)
        .about(resident.id)
        .within(resident.division_code)
        .change("as_of", day)
        .change("standard_id", score.standard_id);
    db.looked(event, score)
}

fn event(origin: &Origin, action: &'static str, of: &NeedAssessment) -> Event {
    Event::new(origin, action)
        .on(&of.id)
        .within(of.division_code)
        .change("as_of", of.as_of)
}

/// Queues an assessment; whichever process is free does it.
pub fn ask(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::NeedAssess>,
    asked: &NewNeedAssessment,
) -> Result<Recorded<NeedAssessment>> {
    divisions::service::known(tx, asked.division_code)?;
    if !permit.scope().sees(asked.division_code) {
        return Err(Code::DivisionNotFound.into());
    }
    let today = tx.today();
    let measures = need_standards::service::measures(tx, today)?;
    if need_standards::service::nearest(&measures, asked.division_code).is_none() {
        return Err(missing(asked.division_code, today));
    }
    let assessment = NeedAssessment {
        id: tx.new_id(),
        division_code: asked.division_code,
        as_of: today,
        state: NeedAssessmentState::Queued,
        done: 0,
        listed: 0,
        requested_by: permit.actor().user,
        requested_at: tx.now(),
        finished_at: None,
        version: 1,
    };
    store::insert(tx, &assessment)?;
    let event = event(permit.origin(), "need_assessment.requested", &assessment);
    tx.record(event, assessment)
}

/// An assessment that this process has taken.
#[derive(Debug)]
pub struct Claimed {
    pub assessment: NeedAssessment,
    /// Who was looked at last.
    pub reached: Option<Mark>,
    attempt: i32,
    username: String,
}

/// Takes a waiting assessment; nothing where it was tried too often, or whoever asked has no account any more, which
/// ends it.
pub fn claim(
    tx: &mut Tx<'_>,
    request: RequestId,
    (id, attempts): (NeedAssessmentId, i32),
) -> Result<Recorded<Option<Claimed>>> {
    let (reached, may_be_tried) = store::claim(tx, id, attempts)?;
    let assessment = store::find(tx, id)?.ok_or(Code::NeedAssessmentNotFound)?;
    let attempt = attempts + 1;
    let origin = Origin::system(request);
    let user = users::service::get(tx, assessment.requested_by)?;
    if !may_be_tried || user.state != UserState::Active {
        store::finish(tx, (id, attempt), NeedAssessmentState::Failed)?;
        let event = event(&origin, "need_assessment.failed", &assessment).failed();
        return tx.record(event, None);
    }
    let event = event(&origin, "need_assessment.started", &assessment).change("attempt", attempt);
    let claimed = Claimed {
        assessment,
        reached,
        attempt,
        username: user.username,
    };
    tx.record(event, Some(claimed))
}

/// What some people scored.
#[derive(Debug)]
pub struct Piece {
    pub reached: Mark,
    done: usize,
    scored: Vec<Scored>,
}

/// People of one transaction.
const PIECE: usize = 500;

/// The next people, with the rights of whoever asked, as they are now; nothing where all are done.
pub fn next_piece(
    db: &mut Db,
    claimed: &Claimed,
    reached: Option<Mark>,
    request: RequestId,
) -> Result<Option<Piece>> {
    let assessment = &claimed.assessment;
    let actor = sessions::service::actor_named(db, &claimed.username, request)?;
    let permit = Arc::new(actor).permit::<acts::NeedAssess>()?;
    let scope = permit.scope_in(Some(assessment.division_code))?;
    let day = assessment.as_of;
    let measures = need_standards::service::measures(db, day)?;
    let look = |db: &mut Db, chunk| measured(db, &measures, day, chunk);
    let (all, _) = residents::service::walk(db, &scope, reached, PIECE, look)?;
    let Some((last, _)) = all.last() else {
        return Ok(None);
    };
    let mut scored: Vec<_> = all.iter().filter_map(|(_, scored)| *scored).collect();
    let ids: Vec<_> = scored.iter().map(|one| one.resident_id).collect();
    let before = store::scored(db, assessment.id, &ids)?;
    scored.retain(|one| !before.contains(&one.resident_id));
    Ok(Some(Piece {
        reached: *last,
        done: all.len(),
        scored,
    }))
}

/// Where somebody stands on the walk, and what they scored: nothing of who has died, or for whom no clause holds.
type Measured = (Mark, Option<Scored>);

fn measured(
    db: &mut Db,
    measures: &[Measure],
    day: NaiveDate,
    residents: Vec<Resident>,
) -> Result<Vec<Option<Measured>>> {
    let ids: Vec<_> = residents.iter().map(|resident| resident.id).collect();
    let at = AsOf {
        valid_at: day,
        known_at: None,
    };
    let mut snapshots = facts::service::snapshots(db, &ids, at)?;
    let served = unserved::service::helped(db, &ids, day)?;
    let one = |resident: Resident| {
        let snapshot = snapshots.remove(&resident.id).unwrap_or_default();
        let alive = snapshot.get(facts::CircumstanceKind::Death).is_none();
        let measure = need_standards::service::nearest(measures, resident.division_code);
        let scored = measure.filter(|_| alive).and_then(|measure| {
            let (score, unknown_points) = score::points(measure, &resident, &snapshot, day);
            (score + unknown_points > 0).then(|| Scored {
                resident_id: resident.id,
                division_code: resident.division_code,
                standard_id: measure.standard.id,
                score,
                unknown_points,
                served: served.contains(&resident.id),
            })
        });
        Some((Mark::of(&resident), scored))
    };
    Ok(residents.into_iter().map(one).collect())
}

/// Keeps what some people scored, and that they are done: both or neither.
pub fn keep(
    tx: &mut Tx<'_>,
    request: RequestId,
    claimed: &Claimed,
    piece: &Piece,
) -> Result<Recorded<()>> {
    let assessment = &claimed.assessment;
    let done = i32::try_from(piece.done).map_err(Error::internal)?;
    let listed = i32::try_from(piece.scored.len()).map_err(Error::internal)?;
    let ours = (assessment.id, claimed.attempt);
    store::advance(tx, ours, piece.reached, (done, listed))?;
    store::insert_scores(tx, assessment.id, &piece.scored)?;
    let origin = Origin::system(request);
    let event = event(&origin, "need_assessment.progressed", assessment)
        .change("done", done)
        .change("listed", listed);
    tx.record(event, ())
}

/// Nobody is left to be looked at.
pub fn finish(tx: &mut Tx<'_>, request: RequestId, claimed: &Claimed) -> Result<Recorded<()>> {
    let assessment = &claimed.assessment;
    let ours = (assessment.id, claimed.attempt);
    store::finish(tx, ours, NeedAssessmentState::Done)?;
    let origin = Origin::system(request);
    tx.record(event(&origin, "need_assessment.finished", assessment), ())
}

/// Whether an assessment is of a place in sight, or of one that lies around it.
fn concerns(scope: &Scope, of: &NeedAssessment) -> bool {
    scope.sees(of.division_code) || scope.above().contains(&of.division_code)
}

pub fn get<A: Act>(
    db: &mut Db,
    permit: &Permit<A>,
    id: NeedAssessmentId,
) -> Result<NeedAssessment> {
    store::find(db, id)?
        .filter(|one| concerns(permit.scope(), one))
        .ok_or_else(|| Code::NeedAssessmentNotFound.into())
}

pub fn page(
    db: &mut Db,
    scope: &Scope,
    after: Option<NeedAssessmentId>,
    count: i64,
) -> Result<Vec<NeedAssessment>> {
    store::page(db, scope, &scope.above(), after, count)
}

/// The assessment that is named, or the latest that covers a place.
pub fn chosen<A: Act>(
    db: &mut Db,
    permit: &Permit<A>,
    named: Option<NeedAssessmentId>,
    division: Option<DivisionCode>,
) -> Result<Option<NeedAssessment>> {
    if let Some(id) = named {
        return get(db, permit, id).map(Some);
    }
    let scope = permit.scope_in(division)?;
    let covering: Vec<_> = scope
        .divisions()
        .iter()
        .copied()
        .chain(scope.above())
        .collect();
    store::latest(db, &covering)
}

/// Which part of the list is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub assessment: Option<NeedAssessmentId>,
    pub division: Option<DivisionCode>,
    pub served: bool,
    pub min_score: Option<i32>,
    pub after: Option<Rank>,
    pub count: i64,
}

/// Those most in need of a place, the highest score first, as an assessment found them.
pub fn most_in_need(
    db: &mut Db,
    permit: &Permit<acts::NeedScoreRead>,
    window: &Window,
) -> Result<Looked<(Option<NeedAssessment>, Vec<InNeed>)>> {
    if window.min_score.is_some_and(|score| score < 0) {
        return Err(Error::parameter(
            "min_score",
            "min_score.range",
            "0 or more",
            "不得小于 0",
        ));
    }
    let scope = permit.scope_in(window.division)?;
    let assessment = chosen(db, permit, window.assessment, window.division)?;
    let all = match &assessment {
        None => Vec::new(),
        Some(assessment) => {
            let filter = Filter {
                assessment: assessment.id,
                served: window.served,
                min_score: window.min_score,
            };
            store::list(db, &scope, filter, window.after, window.count)?
        }
    };
    let ids: Vec<_> = all.iter().map(|one| one.resident_id).collect();
    let event = Event::new(permit.origin(), "resident.most_in_need_listed")
        .within_first(scope.divisions())
        .change("assessment_id", assessment.as_ref().map(|one| one.id))
        .change("resident_ids", ids);
    db.looked(event, (assessment, all))
}

/// The next of a list from which visits are planned.
pub fn next_of(
    db: &mut Db,
    scope: &Scope,
    filter: Filter,
    after: Option<Rank>,
    count: i64,
) -> Result<Vec<InNeed>> {
    store::list(db, scope, filter, after, count)
}
