//! The money of the year: each month is run and paid, county by county, and the bank answers some days later. This
//! month stands at another stage in each county, so that every desk has something to do.

use std::sync::Arc;
use std::time::Duration;

use chrono::{Days, NaiveDate};

use super::overpaid;
use super::residents::{at_county, counties, permit_of};
use super::year::working_day;
use crate::access::acts;
use crate::db::{Db, Tx};
use crate::http::IfMatch;
use crate::kernel::bank_account::BankAccount;
use crate::kernel::crypto::sha256;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::given::ManualClock;
use crate::kernel::id::{PaymentBatchId, RequestId, ResidentId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::kernel::working_days::WorkingDays;
use crate::registry::bank_accounts::{self, HolderRelation, NewBankAccount};
use crate::registry::residents;
use crate::sheets::write::csv;
use crate::subsidies::bank_returns::service as bank_returns;
use crate::subsidies::batches::{
    self, NewBatch, NewBatchTransition, PaymentBatchAction, PaymentBatchState, service::BatchFilter,
};
use crate::subsidies::budgets::{self, NewBudget};
use crate::subsidies::flags::{self, NewClearance};
use crate::subsidies::payment_files::{BankRow, Encoding, read_return};
use crate::subsidies::payments::{self, PaymentState};
use crate::subsidies::public_lists::{self, NewPublicList};
use crate::subsidies::runs::{NewRun, service as runs};

const PROGRAMS: [&str; 2] = ["living_subsidy", "nursing_subsidy"];

/// Of a county and a program for a year: two million yuan.
const BUDGET: Fen = Fen::new(200_000_000);

/// So many months ago the bank sent one payment back, in this county.
const FAILED: i32 = 3;
const FAILED_IN: &str = "990121000000";

/// How far this month has come, county by county. Where it has not begun, somebody is to begin it.
const STAGES: [Stage; 8] = [
    Stage::Submitted,
    Stage::Checked,
    Stage::NotBegun,
    Stage::Draft,
    Stage::Released,
    Stage::Submitted,
    Stage::Checked,
    Stage::Released,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    NotBegun,
    Draft,
    Submitted,
    Checked,
    Released,
}

/// What is done on a day, in every county.
#[derive(Debug, Clone, Copy)]
pub enum Errand {
    Pay(Month),
    Answer(Month),
    Suspend,
    Resume,
    Review,
    /// A list of deaths is brought, and settled.
    Match,
    Refund,
    /// This month, as far as it has come.
    Begin,
}

fn months_before(month: Month, months: i32) -> Result<Month> {
    Month::from_index(month.index() - months).ok_or_else(|| Error::internal("the calendar begins"))
}

fn on_day(month: Month, day: u64) -> Result<NaiveDate> {
    let day = month.first_day().checked_add_days(Days::new(day - 1));
    day.ok_or_else(|| Error::internal("the calendar ends"))
}

/// All errands of the year, in their order, on working days; this month's is today's, whatever the day.
pub fn errands(
    calendar: &WorkingDays,
    first: NaiveDate,
    today: NaiveDate,
) -> Result<Vec<(NaiveDate, Errand)>> {
    let present = Month::of(today);
    let mut all = Vec::new();
    let mut month = Month::of(first).next();
    while month < present {
        all.push((on_day(month, 10)?, Errand::Pay(month)));
        all.push((on_day(month, 15)?, Errand::Answer(month)));
        month = month.next();
    }
    for (before, day, errand) in [
        (5, 20, Errand::Suspend),
        (3, 20, Errand::Resume),
        (2, 20, Errand::Review),
        (1, 20, Errand::Match),
        (1, 25, Errand::Refund),
    ] {
        all.push((on_day(months_before(present, before)?, day)?, errand));
    }
    all.sort_by_key(|(day, _)| *day);
    for (day, _) in &mut all {
        *day = working_day(calendar, *day, 0)?;
    }
    all.push((today, Errand::Begin));
    Ok(all)
}

/// The clock of the demonstration, which goes no further than the real one.
#[derive(Debug)]
pub struct Watch<'a> {
    pub clock: &'a Arc<ManualClock>,
    pub now: Timestamp,
}

impl Watch<'_> {
    pub fn tick(&self, db: &Db) {
        let next = db.now().plus(Duration::from_mins(1));
        self.clock.set(next.min(self.now));
    }
}

pub fn carry_out(db: &mut Db, watch: &Watch<'_>, errand: Errand) -> Result<()> {
    let present = Month::of(watch.now.office_date());
    if let Errand::Match = errand {
        let died = on_day(months_before(present, 4)?, 5)?;
        return overpaid::deaths(db, watch, died);
    }
    for (county, stage) in counties(db)?.into_iter().zip(STAGES) {
        watch.tick(db);
        match errand {
            Errand::Pay(month) => {
                lay_down(db, county, month)?;
                pay(db, watch, county, month, Stage::Released)?;
            }
            Errand::Answer(month) => {
                let fails =
                    month == months_before(present, FAILED)? && county.as_str() == FAILED_IN;
                answer(db, county, month, fails)?;
            }
            Errand::Suspend => overpaid::suspend(db, county)?,
            Errand::Resume => overpaid::resume(db, county)?,
            Errand::Review => overpaid::review(db, county)?,
            Errand::Refund => overpaid::refund(db, watch, county)?,
            Errand::Begin => {
                lay_down(db, county, present)?;
                share_an_account(db, county, present.previous())?;
                pay(db, watch, county, present, stage)?;
                publish(db, county, present.previous())?;
            }
            Errand::Match => {}
        }
    }
    Ok(())
}

/// What may be spent in a year, before the first is.
fn lay_down(db: &mut Db, county: DivisionCode, month: Month) -> Result<()> {
    let permit = permit_of::<acts::BudgetDecide>(db, &at_county("finance", county))?;
    let filter = budgets::service::Filter {
        program_code: None,
        year: Some(month.year()),
    };
    if !budgets::service::page(db, permit.scope(), &filter, None, 1)?.is_empty() {
        return Ok(());
    }
    for program in PROGRAMS {
        let new = NewBudget {
            division_code: county,
            program_code: program.to_owned(),
            year: month.year(),
            amount_fen: BUDGET,
            reason: "年初预算".to_owned(),
        };
        db.write(|tx| budgets::service::decide(tx, &permit, &new))?;
    }
    Ok(())
}

/// Runs a month and takes its batches as far as they shall come.
fn pay(
    db: &mut Db,
    watch: &Watch<'_>,
    county: DivisionCode,
    month: Month,
    until: Stage,
) -> Result<()> {
    if until == Stage::NotBegun {
        return Ok(());
    }
    run(db, county, month)?;
    for program in PROGRAMS {
        watch.tick(db);
        let permit = permit_of::<acts::PaymentMake>(db, &at_county("civil", county))?;
        let new = NewBatch {
            division_code: county,
            program_code: program.to_owned(),
            month,
        };
        let made = match db.write(|tx| batches::service::make(tx, &permit, &new)) {
            // Nobody has it yet.
            Err(error) if error.code() == Code::PaymentBatchEmpty => continue,
            made => made?.batch,
        };
        let mut seen = made.last_transition;
        for (stage, office, action) in [
            (Stage::Submitted, "civil", PaymentBatchAction::Submit),
            (Stage::Checked, "finance", PaymentBatchAction::Check),
            (Stage::Released, "finance2", PaymentBatchAction::Release),
        ] {
            if stage > until {
                break;
            }
            watch.tick(db);
            if stage == Stage::Checked {
                clear_flags(db, county, made.id)?;
            }
            let permit = permit_of::<acts::PaymentAct>(db, &at_county(office, county))?;
            let step = NewBatchTransition {
                action,
                comment: None,
            };
            let version = IfMatch::seen(seen);
            let moved =
                db.write(|tx| batches::service::act(tx, &permit, made.id, version, &step))?;
            seen = moved.batch.last_transition;
        }
    }
    Ok(())
}

/// Has a month computed, as the service's job does it.
fn run(db: &mut Db, county: DivisionCode, month: Month) -> Result<()> {
    let permit = permit_of::<acts::EntitlementRun>(db, &at_county("county", county))?;
    let asked = NewRun {
        division_code: county,
        month,
    };
    db.write(|tx| runs::ask(tx, &permit, &asked))?;
    while let Some(waiting) = runs::waiting(db)? {
        let request: RequestId = db.new_id();
        let Some(claimed) = db.write(|tx| runs::claim(tx, request, waiting))? else {
            continue;
        };
        let mut reached = claimed.reached;
        while let Some(piece) = runs::next_piece(db, &claimed, reached, request)? {
            reached = Some(piece.reached);
            db.write(|tx| runs::keep(tx, request, &claimed, piece))?;
        }
        db.write(|tx| runs::finish(tx, request, &claimed))?;
    }
    Ok(())
}

/// The most that somebody looks through.
const PAGE: i64 = 200;

fn clear_flags(db: &mut Db, county: DivisionCode, batch: PaymentBatchId) -> Result<()> {
    let finance = at_county("finance", county);
    let permit = permit_of::<acts::PaymentRead>(db, &finance)?;
    let open = flags::service::page(db, &permit, batch, true, None, PAGE)?;
    let permit = permit_of::<acts::PaymentAct>(db, &finance)?;
    let reason = NewClearance {
        reason: "已核对户口簿及委托书，系监护人代领".to_owned(),
    };
    for flag in open {
        db.write(|tx| flags::service::clear(tx, &permit, batch, flag.id, &reason))?;
    }
    Ok(())
}

/// The batches of a month that stand somewhere.
fn batches_of(
    db: &mut Db,
    county: DivisionCode,
    month: Month,
    state: PaymentBatchState,
) -> Result<Vec<batches::Batch>> {
    let permit = permit_of::<acts::PaymentRead>(db, &at_county("finance", county))?;
    let filter = BatchFilter {
        month: Some(month),
        state: Some(state),
        ..BatchFilter::default()
    };
    let all = batches::service::page(db, &permit, permit.scope(), &filter, None, PAGE)?;
    Ok(all.into_iter().map(|shown| shown.batch).collect())
}

/// Reads what the bank says of a month's batches: all is paid, but for one payment where one fails.
fn answer(db: &mut Db, county: DivisionCode, month: Month, fails: bool) -> Result<()> {
    let permit = permit_of::<acts::PaymentExchange>(db, &at_county("finance", county))?;
    for batch in batches_of(db, county, month, PaymentBatchState::Released)? {
        let fails = fails && batch.program_code == "nursing_subsidy";
        db.write(|tx| {
            let looked = batches::files::bank_rows(tx, &permit, batch.id)?;
            let rows = tx.keep(looked)?;
            let said = said_by_the_bank(&rows.value().content, fails)?;
            let file = read_return(&said)?;
            bank_returns::receive(tx, &permit, batch.id, &sha256(&said), &file)
        })?;
        if fails {
            correct(db, county, batch.id)?;
        }
    }
    Ok(())
}

/// The file that a bank answers with.
fn said_by_the_bank(rows: &[BankRow], first_fails: bool) -> Result<Vec<u8>> {
    let header = [
        "业务编号",
        "账号",
        "户名",
        "金额(元)",
        "处理结果",
        "失败原因",
    ];
    let line = |(row, number): (&BankRow, usize)| {
        let (result, reason) = if first_fails && number == 0 {
            ("失败", "账户已销户")
        } else {
            ("成功", "")
        };
        [
            row.reference.clone(),
            row.account.as_str().to_owned(),
            row.account_name.as_str().to_owned(),
            row.amount.decimal(),
            result.to_owned(),
            reason.to_owned(),
        ]
    };
    csv(header, rows.iter().zip(0..).map(line), Encoding::Utf8)
        .map_err(|_unwritable| Error::internal("UTF-8 writes every name"))
}

/// Puts down another account of whom the bank could not pay; the next month pays both.
fn correct(db: &mut Db, county: DivisionCode, batch: PaymentBatchId) -> Result<()> {
    let all = payments::service::of_batch(db, batch)?;
    for payment in all.iter().filter(|one| one.state == PaymentState::Failed) {
        let digits: String = county.as_str().chars().take(6).collect();
        let number = BankAccount::parse(&format!("{digits}9000000001"));
        record(
            db,
            county,
            payment.resident,
            number.map_err(Error::internal)?,
        )?;
    }
    Ok(())
}

/// Two people of last month's batch are from now on paid to one account.
fn share_an_account(db: &mut Db, county: DivisionCode, month: Month) -> Result<()> {
    let settled = batches_of(db, county, month, PaymentBatchState::Settled)?;
    for batch in settled {
        let all = payments::service::of_batch(db, batch.id)?;
        if let [one, .., other] = all.as_slice() {
            return record(db, county, other.resident, one.account.clone());
        }
    }
    Ok(())
}

fn record(
    db: &mut Db,
    county: DivisionCode,
    resident: ResidentId,
    bank_account: BankAccount,
) -> Result<()> {
    let permit = permit_of::<acts::ResidentWrite>(db, &at_county("county", county))?;
    let new = NewBankAccount {
        bank_account,
        bank_name: "虚川农村商业银行".to_owned(),
        holder: None,
        holder_relation: HolderRelation::Oneself,
        valid_from: None,
        valid_to: None,
    };
    db.write(|tx: &mut Tx<'_>| {
        let known = residents::service::find(tx, permit.scope(), resident)?;
        let seen = IfMatch::seen(known.version);
        bank_accounts::service::record(tx, &permit, resident, seen, &new)
    })?;
    Ok(())
}

/// Puts up who was paid for a month.
fn publish(db: &mut Db, county: DivisionCode, month: Month) -> Result<()> {
    let permit = permit_of::<acts::PublicListPublish>(db, &at_county("county", county))?;
    let to_date = db.today().checked_add_days(Days::new(7));
    for program in PROGRAMS {
        let new = NewPublicList {
            division_code: county,
            program_code: program.to_owned(),
            first_month: month,
            last_month: None,
            to_date: to_date.ok_or_else(|| Error::internal("the calendar ends"))?,
            phone: "0991-1234567".to_owned(),
        };
        db.write(|tx| public_lists::service::publish(tx, &permit, &new))?;
    }
    Ok(())
}
