//! Use cases of pay sheets.

use super::model::{
    NewPaySheet, PayItem, PaySheet, PaySheetDecision, PaySheetOutcome, PaySheetState,
};
use super::store;
use crate::access::{Permit, acts};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::employment::homes::{service as homes, store as members};
use crate::employment::words;
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{DisabilityHomeId, HomePaySheetId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;

/// What sheltered work earned in a month: days of attendance by the pay of a day.
fn earned(db: &mut Db, home: DisabilityHomeId, month: Month) -> Result<Vec<PayItem>> {
    let present = members::attendance(db, home, month.first_day(), month.last_day())?;
    let ids: Vec<_> = present.iter().map(|one| one.member_id).collect();
    let known = members::known(db, home, &ids)?;
    let mut items = Vec::new();
    for one in present {
        let member = known.iter().find(|member| member.id == one.member_id);
        let Some(daily_pay_fen) = member.and_then(|member| member.daily_pay_fen) else {
            continue;
        };
        let days = i32::try_from(one.dates.len()).map_err(Error::internal)?;
        let amount = daily_pay_fen.get().checked_mul(days.into());
        items.push(PayItem {
            member_id: one.member_id,
            days,
            daily_pay_fen,
            amount_fen: amount
                .map(Fen::new)
                .ok_or_else(|| Error::internal("more than can be counted"))?,
        });
    }
    Ok(items)
}

/// Reckons a month that has ended.
pub fn make(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::HomeWrite>,
    id: DisabilityHomeId,
    new: &NewPaySheet,
) -> Result<Recorded<PaySheet>> {
    let home = homes::found(tx, permit.scope(), id)?;
    if new.month >= Month::of(tx.today()) {
        return Err(Error::field(
            "/month",
            "month.running",
            "a month that has ended",
            "须为已结束的月份",
        ));
    }
    if new.month < Month::of(home.opened_date) {
        return Err(Error::field(
            "/month",
            "month.before_opening",
            "not before the home opened",
            "不得早于机构启用之月",
        ));
    }
    members::hold(tx, id)?;
    let items = earned(tx, id, new.month)?;
    let total = Fen::sum(items.iter().map(|item| item.amount_fen));
    let sheet = PaySheet {
        id: tx.new_id(),
        home_id: id,
        division_code: Some(home.division_code),
        month: new.month,
        state: PaySheetState::Made,
        member_count: i32::try_from(items.len()).map_err(Error::internal)?,
        total_fen: total.ok_or_else(|| Error::internal("more than can be counted"))?,
        items,
        made_by: permit.actor().user,
        made_at: tx.now(),
        decided_by: None,
        decided_at: None,
        comment: None,
        version: 1,
    };
    store::insert(tx, &sheet)?;
    let event = homes::event(permit.origin(), "disability_home.pay_reckoned", &home)
        .change("month", sheet.month)
        .change("member_count", sheet.member_count)
        .change("total_fen", sheet.total_fen);
    tx.record(event, sheet)
}

/// Confirms what another person reckoned, or discards it, which opens its month again.
pub fn decide(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::HomeConfirm>,
    id: DisabilityHomeId,
    sheet: HomePaySheetId,
    seen: IfMatch,
    decision: &PaySheetDecision,
) -> Result<Recorded<PaySheet>> {
    let home = homes::found(tx, permit.scope(), id)?;
    let old = store::find(tx, id, sheet)?.ok_or(Code::HomePaySheetNotFound)?;
    seen.check(old.version)?;
    let discards = decision.outcome == PaySheetOutcome::Discard;
    let comment = words::comment(decision.comment.as_deref(), discards)?;
    if old.state != PaySheetState::Made {
        return Err(Code::HomePaySheetDecided.into());
    }
    let actor = permit.actor().user;
    if !discards && old.made_by == actor {
        return Err(Code::HomePaySheetOwn.into());
    }
    let decided = PaySheet {
        state: if discards {
            PaySheetState::Discarded
        } else {
            PaySheetState::Confirmed
        },
        decided_by: Some(actor),
        decided_at: Some(tx.now()),
        comment,
        version: old.version + 1,
        ..old
    };
    store::decide(tx, &decided)?;
    let event = homes::event(permit.origin(), "disability_home.pay_decided", &home)
        .change("month", decided.month)
        .change("state", decided.state);
    tx.record(event, decided)
}

/// What was earned at a home, month by month.
pub fn page(
    db: &mut Db,
    permit: &Permit<acts::HomeRead>,
    id: DisabilityHomeId,
    after: Option<HomePaySheetId>,
    count: i64,
) -> Result<Looked<Vec<PaySheet>>> {
    let home = homes::found(db, permit.scope(), id)?;
    let all = store::page(db, id, after, count)?;
    db.looked(
        homes::event(permit.origin(), "disability_home.pay_viewed", &home),
        all,
    )
}
