//! What each county held: shows, films, culture, sports, some of it at home.

use chrono::{Days, NaiveDate};

use crate::access::{acts, organizations};
use crate::audit::{Event, Origin};
use crate::cli::demo::residents::{at_county, of_county, permit_of};
use crate::db::{Db, Tx};
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{ActivityId, OrganizationId, ResidentId};
use crate::outreach::activities::{
    self, ActivityAction, ActivityKind, NewActivity, NewActivityTransition, NewAttendances,
    NewWithdrawal,
};
use crate::registry::facts::CertificateState;

fn organizer(tx: &mut Tx<'_>, county: DivisionCode) -> Result<OrganizationId> {
    let permit = permit_of::<acts::OrganizationRead>(tx, &at_county("county", county))?;
    let all = organizations::service::page(tx, permit.scope(), None, 1)?;
    let first = all.first().map(|one| one.id);
    first.ok_or_else(|| Error::internal("a county without an office"))
}

fn planned(
    tx: &mut Tx<'_>,
    county: DivisionCode,
    kind: ActivityKind,
    on: NaiveDate,
) -> Result<ActivityId> {
    let organization_id = organizer(tx, county)?;
    let permit = permit_of::<acts::ActivityWrite>(tx, &at_county("county", county))?;
    let new = NewActivity {
        kind,
        name: kind.label_zh().to_owned(),
        organization_id,
        division_code: county,
        planned_date: on,
        place: Some("县文化馆".to_owned()),
    };
    Ok(activities::service::plan(tx, &permit, &new)?.value().id)
}

fn moved(
    tx: &mut Tx<'_>,
    county: DivisionCode,
    id: ActivityId,
    version: i32,
    asked: &NewActivityTransition,
) -> Result<()> {
    let permit = permit_of::<acts::ActivityWrite>(tx, &at_county("county", county))?;
    activities::service::act(tx, &permit, id, IfMatch::seen(version), asked).map(drop)
}

fn step(action: ActivityAction, others: Option<usize>) -> Result<NewActivityTransition> {
    let others_count = others.map(i32::try_from).transpose();
    Ok(NewActivityTransition {
        action,
        on_date: None,
        others_count: others_count.map_err(Error::internal)?,
        reason: None,
    })
}

/// Held today, with those who are named and so many others.
fn held(
    tx: &mut Tx<'_>,
    county: DivisionCode,
    kind: ActivityKind,
    named: &[ResidentId],
    others: usize,
) -> Result<ActivityId> {
    let today = tx.today();
    let id = planned(tx, county, kind, today)?;
    moved(
        tx,
        county,
        id,
        1,
        &step(ActivityAction::Hold, Some(others))?,
    )?;
    if !named.is_empty() {
        let permit = permit_of::<acts::ActivityWrite>(tx, &at_county("county", county))?;
        let new = NewAttendances {
            resident_ids: named.to_vec(),
        };
        activities::service::attend(tx, &permit, id, &new).map(drop)?;
    }
    Ok(id)
}

/// How many are named of a session.
const NAMED: usize = 8;

/// What a county held: as much as its share, one thing planned, one called off, one corrected.
pub fn hold(db: &mut Db, county: DivisionCode, [culture, shows, films]: [usize; 3]) -> Result<()> {
    db.write(|tx| {
        let today = tx.today();
        let mut people = of_county(tx, county)?;
        people.retain(|(_, believed)| {
            let held = believed.certificate.as_ref();
            held.is_some_and(|held| held.state_on(today) == CertificateState::Valid)
        });
        let people: Vec<_> = people
            .into_iter()
            .map(|(resident, _)| resident.id)
            .collect();
        let named: Vec<_> = people.iter().copied().take(NAMED).collect();
        let culture = culture.saturating_sub(2 * named.len());
        held(
            tx,
            county,
            ActivityKind::CultureFiveOnes,
            &named,
            culture / 2,
        )?;
        let rest = culture - culture / 2;
        held(tx, county, ActivityKind::CultureFiveOnes, &named, rest)?;
        for _ in 0..shows {
            held(tx, county, ActivityKind::SpecialArtShow, &[], 120)?;
        }
        for _ in 0..films {
            held(tx, county, ActivityKind::AccessibleFilm, &named, 20)?;
        }
        at_home(tx, county, &people)?;
        // One was corrected: a person had not come, and fewer others.
        let event = held(tx, county, ActivityKind::SportsEvent, &named, 40)?;
        let permit = permit_of::<acts::ActivityRead>(tx, &at_county("county", county))?;
        let looked = activities::service::attendances(tx, &permit, event, None, 1)?;
        let first = tx.keep(looked)?.value().first().map(|one| one.id);
        let permit = permit_of::<acts::ActivityWrite>(tx, &at_county("county", county))?;
        if let Some(first) = first {
            let why = NewWithdrawal {
                reason: "签到表登记有误，该人未到场".to_owned(),
            };
            activities::service::withdraw(tx, &permit, first, &why).map(drop)?;
        }
        let fewer = NewActivityTransition {
            reason: Some("人数重复计算".to_owned()),
            ..step(ActivityAction::Correct, Some(36))?
        };
        moved(tx, county, event, 2, &fewer)?;
        let off = planned(tx, county, ActivityKind::SportsEvent, today)?;
        let off_for_rain = NewActivityTransition {
            reason: Some("因暴雨取消".to_owned()),
            ..step(ActivityAction::Cancel, None)?
        };
        moved(tx, county, off, 1, &off_for_rain)?;
        let ahead = today.checked_add_days(Days::new(120));
        let ahead = ahead.ok_or_else(|| Error::internal("the calendar ends"))?;
        planned(tx, county, ActivityKind::Other, ahead)?;
        let origin = Origin::system(tx.new_id());
        tx.record(
            Event::new(&origin, "demo.activities_held").within(county),
            (),
        )
    })
}

/// Sports at home, of those whose household is known; twice, and counted once.
fn at_home(tx: &mut Tx<'_>, county: DivisionCode, people: &[ResidentId]) -> Result<()> {
    let kind = ActivityKind::HomeSportsRehabilitation;
    let sessions = [
        held(tx, county, kind, &[], 0)?,
        held(tx, county, kind, &[], 0)?,
    ];
    let permit = permit_of::<acts::ActivityWrite>(tx, &at_county("county", county))?;
    for resident in people {
        for session in sessions {
            let one = NewAttendances {
                resident_ids: vec![*resident],
            };
            match activities::service::attend(tx, &permit, session, &one) {
                Ok(_) => {}
                // Nobody knows of a household of theirs.
                Err(error) if error.code() == Code::RequestInvalid => break,
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}
