//! Public venues of the year: in each county one that is listed, one with more time, one to be accepted, one accepted with
//! disabled people, and one that was called off.

use chrono::{Days, NaiveDate};

use super::residents::{at_county, counties, of_county, permit_of};
use crate::access::acts;
use crate::audit::{Event, Origin};
use crate::db::Db;
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::ResidentId;
use crate::registry::facts::CertificateState;
use crate::renovations::venues::{
    self, NewItemChange, NewVenue, NewVenueItem, NewVenueTransition, VenueAction, VenueItemKind,
    VenueKind,
};

/// What a venue is, who owns it, and within how many days it is to be remedied.
const VENUES: [(VenueKind, &str, &str, u64); 5] = [
    (VenueKind::Government, "政务服务中心", "行政审批局", 60),
    (VenueKind::Hospital, "中医院", "卫生健康局", 90),
    (VenueKind::Culture, "图书馆", "文化和旅游局", 60),
    (VenueKind::Transport, "客运站", "交通运输局", 45),
    (VenueKind::Commerce, "老百货大楼", "供销社", 30),
];

/// What becomes of each, in their order: nothing of the first.
const WAYS: [&[VenueAction]; 5] = [
    &[],
    &[VenueAction::Extend],
    &[VenueAction::Remedy],
    &[VenueAction::Remedy, VenueAction::Accept],
    &[VenueAction::Cancel],
];

/// All on one day: they are listed, and what of them is done.
pub fn settle(db: &mut Db) -> Result<()> {
    for county in counties(db)? {
        let tried = somebody(db, county)?;
        for ((kind, name, owner, days), way) in VENUES.into_iter().zip(WAYS) {
            let new = venue(db.today(), county, (kind, name, owner), days)?;
            let permit = permit_of::<acts::PublicVenueList>(db, &at_county("county", county))?;
            let mut shown = db.write(|tx| venues::service::list(tx, &permit, new))?;
            for action in way {
                let by = match action {
                    VenueAction::Accept => at_county("approver", county),
                    _ => at_county("county", county),
                };
                let permit = permit_of::<acts::PublicVenueAct>(db, &by)?;
                let step = step(db.today(), *action, &shown, tried)?;
                let seen = IfMatch::seen(shown.venue.last_transition);
                let id = shown.venue.id;
                shown = db.write(|tx| venues::service::act(tx, &permit, id, seen, step))?;
            }
        }
    }
    Ok(())
}

/// A resident of the county with a valid certificate.
fn somebody(db: &mut Db, county: DivisionCode) -> Result<ResidentId> {
    let today = db.today();
    let people = db.write(|tx| {
        let origin = Origin::system(tx.new_id());
        let people = of_county(tx, county)?;
        tx.record(
            Event::new(&origin, "demo.participant_chosen").within(county),
            people,
        )
    })?;
    let valid = people.iter().find(|(_, believed)| {
        let held = believed.certificate.as_ref();
        held.is_some_and(|held| held.state_on(today) == CertificateState::Valid)
    });
    let found = valid.map(|(resident, _)| resident.id);
    found.ok_or_else(|| Error::internal("a county has people"))
}

fn later(today: NaiveDate, days: u64) -> Result<NaiveDate> {
    let day = today.checked_add_days(Days::new(days));
    day.ok_or_else(|| Error::internal("the calendar ends"))
}

fn venue(
    today: NaiveDate,
    county: DivisionCode,
    (kind, name, owner): (VenueKind, &str, &str),
    days: u64,
) -> Result<NewVenue> {
    let item = |kind: VenueItemKind, finding: &str| -> Result<NewVenueItem> {
        Ok(NewVenueItem {
            kind,
            finding: finding.to_owned(),
            due_date: later(today, days)?,
        })
    };
    Ok(NewVenue {
        name: name.to_owned(),
        kind,
        division_code: county,
        address: format!("人民路{days}号"),
        owner: owner.to_owned(),
        items: vec![
            item(VenueItemKind::Entrance, "正门三级台阶，无坡道")?,
            item(VenueItemKind::Toilet, "无障碍卫生间被占用")?,
        ],
    })
}

fn step(
    today: NaiveDate,
    action: VenueAction,
    shown: &venues::service::Shown,
    tried: ResidentId,
) -> Result<NewVenueTransition> {
    let due_date = match action {
        VenueAction::Extend => Some(later(today, 120)?),
        _ => None,
    };
    let change = |item: &venues::VenueItem| NewItemChange {
        item_id: item.id,
        due_date,
    };
    let accepts = action == VenueAction::Accept;
    let of_items = matches!(action, VenueAction::Remedy | VenueAction::Extend);
    let comment = match action {
        VenueAction::Remedy => "坡道已建成，卫生间已恢复使用",
        VenueAction::Extend => "雨季无法施工，延期",
        VenueAction::Accept => "肢体残疾人现场体验，通行顺畅",
        _ => "场所已停用",
    };
    Ok(NewVenueTransition {
        action,
        comment: Some(comment.to_owned()),
        items: of_items.then(|| shown.items.iter().map(change).collect()),
        participants: accepts.then(|| vec![tried]),
        accepted_date: accepts.then_some(today),
    })
}
