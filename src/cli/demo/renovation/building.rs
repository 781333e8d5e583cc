//! What is built of a home, accepted, paid for and looked at again.

use super::{Far, Home, act, asked, saying};
use crate::access::acts;
use crate::access::organizations::OrganizationKind;
use crate::casework::follow_ups;
use crate::cli::demo::devices::organization;
use crate::cli::demo::photos::Photos;
use crate::cli::demo::residents::{at_county, permit_of};
use crate::db::Db;
use crate::kernel::error::Result;
use crate::kernel::id::FollowUpSubjectId;
use crate::kernel::money::Fen;
use crate::renovations::projects::{
    self, NewAcceptance, NewProgress, NewRenovationTransition, RenovationAction,
    RenovationItemState, RenovationSigner,
};
use crate::renovations::visits::{self, NewRenovationVisit, RenovationVisitResult};

/// A contractor is chosen, and builds.
pub(super) fn build(db: &mut Db, photos: &Photos, home: &mut Home) -> Result<()> {
    let (county, township) = (at_county("county", home.county), home.township("township"));
    if home.far >= Far::Contracted {
        let builder = organization(db, home.county, OrganizationKind::Institution)?;
        let step = NewRenovationTransition {
            contractor_id: Some(builder),
            ..asked(RenovationAction::Contract)
        };
        act(db, &county, home, step)?;
    }
    if home.far >= Far::Building {
        act(db, &township, home, asked(RenovationAction::Start))?;
        let all = home.far >= Far::Finished;
        let progress = progress(db, photos, home, all)?;
        let step = NewRenovationTransition {
            progress: Some(progress),
            ..asked(RenovationAction::Progress)
        };
        act(db, &township, home, step)?;
    }
    if home.far >= Far::Finished {
        act(db, &township, home, asked(RenovationAction::Finish))?;
    }
    Ok(())
}

/// The first item, or all, with a photo from before and one from after.
fn progress(db: &mut Db, photos: &Photos, home: &Home, all: bool) -> Result<Vec<NewProgress>> {
    let township = home.township("township");
    let items = match &home.project {
        Some(one) => projects::service::items_of(db, one)?,
        None => Vec::new(),
    };
    let count = if all { items.len() } else { 1 };
    let mut progress = Vec::new();
    for (item, number) in items.iter().take(count).zip(0_u8..) {
        let mut photo = |name: &str, color| {
            let name = format!("{}{name}.jpg", item.place);
            photos.add(db, &township, home.case, (name.as_str(), color))
        };
        progress.push(NewProgress {
            item_id: item.id,
            state: RenovationItemState::Done,
            measured_after: Some("坡度1:12，扶手高85厘米".to_owned()),
            before_document_id: Some(photo("改造前", 10 + number)?),
            after_document_id: Some(photo("改造后", 200 + number)?),
        });
    }
    Ok(progress)
}

fn inspection(passed: bool, seen: &str) -> NewRenovationTransition {
    NewRenovationTransition {
        passed: Some(passed),
        ..saying(RenovationAction::Inspect, seen)
    }
}

/// Two inspectors look, and the household signs.
pub(super) fn accept(db: &mut Db, home: &mut Home) -> Result<()> {
    let (county, township) = (at_county("county", home.county), home.township("township2"));
    if home.far >= Far::Finished && home.far != Far::Rework {
        act(db, &township, home, inspection(true, "坡度、扶手均合格"))?;
    }
    if home.far == Far::Rework {
        act(db, &county, home, inspection(false, "坡道过陡，须返工"))?;
        let reject = saying(RenovationAction::Reject, "坡道坡度不符合设计");
        return act(db, &county, home, reject);
    }
    if home.far < Far::Accepted {
        return Ok(());
    }
    act(db, &county, home, inspection(true, "与设计一致"))?;
    let acceptance = NewAcceptance {
        signed_by: home.resident.name.as_str().to_owned(),
        relation: RenovationSigner::Oneself,
        date: db.today(),
    };
    let step = NewRenovationTransition {
        acceptance: Some(acceptance),
        ..asked(RenovationAction::Accept)
    };
    act(db, &county, home, step)
}

/// Proposed by one, checked by another.
pub(super) fn settle(db: &mut Db, home: &mut Home) -> Result<()> {
    if home.far >= Far::Proposed {
        let step = NewRenovationTransition {
            amount: Some(Fen::new(268_000)),
            ..asked(RenovationAction::Propose)
        };
        act(db, &at_county("county", home.county), home, step)?;
    }
    if home.far >= Far::Settled {
        let approver = at_county("approver", home.county);
        act(db, &approver, home, asked(RenovationAction::Settle))?;
    }
    Ok(())
}

/// After three months somebody looked.
pub(super) fn visit(db: &mut Db, home: &Home) -> Result<()> {
    let (Far::Visited, Some(one)) = (home.far, &home.project) else {
        return Ok(());
    };
    let planned = follow_ups::service::of(db, FollowUpSubjectId::new(one.id.uuid()))?;
    let Some(first) = planned.first().map(|one| one.id) else {
        return Ok(());
    };
    let permit = permit_of::<acts::RenovationVisit>(db, &home.township("township"))?;
    let found = NewRenovationVisit {
        follow_up_id: first,
        result: RenovationVisitResult::InUse,
        note: Some("坡道每日使用，扶手牢固".to_owned()),
    };
    db.write(|tx| visits::service::record(tx, &permit, one.id, found))?;
    Ok(())
}
