//! What the institutions of the demonstration do with the children, and ask for it.

use std::time::Duration;

use chrono::NaiveDate;

use super::{County, Done, skipping};
use crate::access::acts;
use crate::cli::demo::residents::permit_of;
use crate::db::Tx;
use crate::http::IfMatch;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::SettlementId;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::rehabilitation::sessions::{
    self, ConfirmationMethod, NewSession, NewSessionTransition, SessionAction,
};
use crate::rehabilitation::settlements::{
    self, NewReversal, NewSettlement, NewSettlementTransition, SettlementAction,
};

impl County {
    /// Yesterday's sessions, an hour a child; all but the last are confirmed, and one was recorded in error.
    pub fn treat(&self, tx: &mut Tx<'_>, day: NaiveDate, ago: i64) -> Result<Done> {
        let yesterday = day.pred_opt();
        let yesterday = yesterday.ok_or_else(|| Error::internal("the calendar begins"))?;
        for (child, number) in self.children.iter().zip(0_u64..) {
            let Some(plan) = child.plan else { continue };
            let permit = permit_of::<acts::RehabilitationDeliver>(tx, &child.worker)?;
            let begin = Timestamp::start_of(yesterday).plus(Duration::from_hours(9 + number));
            let new = NewSession {
                plan_id: plan,
                started_at: begin,
                minutes: 45,
                therapist: "李治疗师".to_owned(),
                note: Some("按计划训练".to_owned()),
            };
            let recorded = tx.attempt(|tx| {
                Ok(sessions::service::record(tx, &permit, new)?
                    .value()
                    .session
                    .clone())
            });
            let session = match recorded {
                Ok(session) => session,
                Err(error) => {
                    skipping(Err(error))?;
                    continue;
                }
            };
            if ago < 10 {
                continue;
            }
            let mover = permit.also::<acts::RehabilitationAct>()?;
            let void = number == 1 && (30..37).contains(&ago);
            let asked = if void {
                NewSessionTransition {
                    action: SessionAction::Void,
                    guardian_name: None,
                    method: None,
                    confirmed_date: None,
                    reason: Some("误记，当日未到".to_owned()),
                }
            } else {
                NewSessionTransition {
                    action: SessionAction::Confirm,
                    guardian_name: Some("家长".to_owned()),
                    method: Some(ConfirmationMethod::Signature),
                    confirmed_date: Some(yesterday),
                    reason: None,
                }
            };
            let seen = IfMatch::seen(session.version);
            drop(sessions::service::act(tx, &mover, session.id, seen, asked)?);
        }
        self.done(tx)
    }

    /// The month before is settled: at first one is returned and one withdrawn; the last waits for somebody.
    pub fn settle(&self, tx: &mut Tx<'_>, day: NaiveDate, ago: i64) -> Result<Done> {
        let month = Month::of(day).previous();
        for (institution, role) in [(self.center, "institution"), (self.garden, "therapist")] {
            let permit = permit_of::<acts::SettlementPropose>(tx, &self.account(role))?;
            let new = NewSettlement {
                institution_id: institution,
                month,
                division_code: None,
            };
            let propose = |tx: &mut Tx<'_>| {
                tx.attempt(|tx| {
                    Ok(settlements::service::propose(tx, &permit, &new)?
                        .value()
                        .settlement
                        .id)
                })
            };
            let Ok(mut id) = propose(tx) else { continue };
            if ago < 32 {
                continue;
            }
            if (80..=140).contains(&ago) {
                let (who, action) = if role == "institution" {
                    (self.account("finance"), SettlementAction::Return)
                } else {
                    (self.account(role), SettlementAction::Withdraw)
                };
                settles(
                    tx,
                    &who,
                    id,
                    action,
                    Some("部分训练缺监护人签字，补齐后重报"),
                )?;
                id = propose(tx)?;
            }
            settles(
                tx,
                &self.account("finance"),
                id,
                SettlementAction::Check,
                None,
            )?;
        }
        self.done(tx)
    }

    /// A line was wrong.
    pub fn take_back(&self, tx: &mut Tx<'_>, day: NaiveDate) -> Result<Done> {
        let permit = permit_of::<acts::SettlementCorrect>(tx, &self.account("approver"))?;
        let reader = permit.also::<acts::SettlementRead>()?;
        let filter = settlements::service::Filter {
            institution: Some(self.center),
            state: Some(settlements::SettlementState::Checked),
            month: Some(Month::of(day).previous().previous()),
            ..Default::default()
        };
        let checked = settlements::service::page(tx, &reader, &filter, None, 1)?;
        if let Some(one) = checked.first() {
            let id = one.settlement.id;
            let shown = settlements::service::view(tx, &reader, id)?;
            let line = shown.told.as_ref().and_then(|(lines, _)| lines.last());
            if let Some(line) = line {
                let request = NewReversal {
                    line_id: line.id,
                    reason: "训练记录与签到不符".to_owned(),
                };
                drop(settlements::service::reverse(tx, &permit, id, &request)?);
            }
        }
        self.done(tx)
    }
}

fn settles(
    tx: &mut Tx<'_>,
    who: &str,
    id: SettlementId,
    action: SettlementAction,
    comment: Option<&str>,
) -> Result<()> {
    let permit = permit_of::<acts::SettlementAct>(tx, who)?;
    let request = NewSettlementTransition {
        action,
        comment: comment.map(str::to_owned),
    };
    drop(settlements::service::act(
        tx,
        &permit,
        id,
        IfMatch::seen(1),
        &request,
    )?);
    Ok(())
}
