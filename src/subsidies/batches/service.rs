//! Use cases of payment batches: make, list, read.

use std::collections::{HashMap, HashSet};

use super::model::{
    Batch, NewBatch, PaymentBatchAction, PaymentBatchDuty, PaymentBatchState, Roles, Standing, Turn,
};
use super::store::{self, Filter, NewTurn};
use crate::access::{Permit, Role, Scope, acts, divisions};
use crate::audit::{Event, Origin};
use crate::db::{Db, Recorded, Tx};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{PaymentBatchId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::programs;
use crate::subsidies::flags;
use crate::subsidies::payments::{self, Omission, PaymentState};

pub use super::steps::{act, has_news, inspect, settle};
pub use super::store::Filter as BatchFilter;

/// A batch with what the caller may do to it.
#[derive(Debug)]
pub struct Shown {
    pub batch: Batch,
    pub allowed: Vec<PaymentBatchAction>,
    /// Left out of lists.
    pub told: Option<Told>,
}

/// What a look at one batch shows.
#[derive(Debug)]
pub struct Told {
    /// Who was left out: the first of them, and how many.
    pub omissions: Vec<Omission>,
    pub omission_count: i64,
    /// How many payments are in each state.
    pub tally: Vec<(PaymentState, i64)>,
    pub open_flags: i64,
}

pub fn found(db: &mut Db, scope: &Scope, id: PaymentBatchId) -> Result<Batch> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, scope, &filter, None, 1)?.pop();
    one.ok_or_else(|| Code::PaymentBatchNotFound.into())
}

/// Whether somebody makes a batch, or has.
pub fn makes(db: &mut Db, batch: PaymentBatchId, user: UserId) -> Result<bool> {
    Ok(store::duty(db, batch, user)? == Some(PaymentBatchDuty::Make))
}

const MAKERS: [Role; 3] = [
    Role::CountyCaseworker,
    Role::CivilAffairsOfficer,
    Role::FinanceOfficer,
];
const CHECKERS: [Role; 1] = [Role::FinanceOfficer];
const RELEASERS: [Role; 2] = [Role::FinanceOfficer, Role::CountyApprover];

/// What the caller may be for each of some batches.
pub(super) fn standings<A>(
    db: &mut Db,
    permit: &Permit<A>,
    batches: &[Batch],
) -> Result<HashMap<PaymentBatchId, Standing>> {
    let actor = permit.actor();
    let ids: Vec<_> = batches.iter().map(|batch| batch.id).collect();
    let duties: HashMap<_, _> = store::duties(db, &ids, actor.user)?.into_iter().collect();
    let cleared = flags::service::cleared_by(db, &ids, actor.user)?;
    let cleared: HashSet<_> = cleared.into_iter().collect();
    let acts_in = permit.scope_for::<acts::PaymentAct>();
    let standing = |batch: &Batch| {
        let any = |roles: &[Role]| {
            acts_in.sees(batch.division)
                && roles.iter().any(|role| actor.holds(*role, batch.division))
        };
        let standing = Standing {
            roles: Roles {
                makes: any(&MAKERS),
                checks: any(&CHECKERS),
                releases: any(&RELEASERS),
            },
            duty: duties.get(&batch.id).copied(),
            cleared: cleared.contains(&batch.id),
        };
        (batch.id, standing)
    };
    Ok(batches.iter().map(standing).collect())
}

/// So many of those who were left out are named; the rest are counted.
const NAMED: i64 = 200;

pub(super) fn shown<A>(db: &mut Db, permit: &Permit<A>, batch: Batch) -> Result<Shown> {
    let (omissions, omission_count) = payments::service::omissions(db, batch.id, NAMED)?;
    let told = Told {
        omissions,
        omission_count,
        tally: payments::service::tally(db, batch.id)?,
        open_flags: flags::service::count_open(db, batch.id)?,
    };
    let mut listed = listed(db, permit, vec![batch])?;
    let one = listed.pop();
    let one = one.ok_or_else(|| Error::internal("one batch is shown as one"))?;
    Ok(Shown {
        told: Some(told),
        ..one
    })
}

fn listed<A>(db: &mut Db, permit: &Permit<A>, all: Vec<Batch>) -> Result<Vec<Shown>> {
    let standings = standings(db, permit, &all)?;
    let show = |batch: Batch| {
        let standing = standings.get(&batch.id).copied().unwrap_or_default();
        Shown {
            allowed: standing.allowed(batch.state),
            told: None,
            batch,
        }
    };
    Ok(all.into_iter().map(show).collect())
}

pub(super) fn event(origin: &Origin, action: &'static str, batch: &Batch) -> Event {
    Event::new(origin, action)
        .on(&batch.id)
        .within(batch.division)
        .change("batch_number", &batch.batch_number)
        .change("program_code", &batch.program_code)
        .change("month", batch.month)
}

/// Makes a batch of all that is due there and that no payment pays, to people and to the organizations that served them;
/// who has no account in force is left out and named.
pub fn make(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::PaymentMake>,
    new: &NewBatch,
) -> Result<Recorded<Shown>> {
    new.check(Month::of(tx.today()))?;
    if !permit.scope().sees(new.division_code) {
        return Err(Code::DivisionNotFound.into());
    }
    let county = divisions::service::current(tx, new.division_code, "/division_code")?.code;
    let program = programs::service::find(tx, &new.program_code)?;
    let mut batch = Batch {
        id: tx.new_id(),
        batch_number: store::next_number(tx, county, new.month)?,
        division: county,
        program_code: program.code,
        month: new.month,
        state: PaymentBatchState::Draft,
        last_transition: 1,
        maker: permit.actor().user,
        checker: None,
        releaser: None,
        payment_count: 0,
        total: Fen::ZERO,
        digest: None,
        made_at: tx.now(),
        released_at: None,
    };
    store::insert(tx, &batch)?;
    let turn = NewTurn {
        action: PaymentBatchAction::Make,
        from: None,
        actor: batch.maker,
        duty: Some(PaymentBatchDuty::Make),
        comment: None,
    };
    store::insert_transition(tx, &batch, &turn)?;
    let made = payments::service::make(tx, &batch)?;
    if made.count == 0 {
        return Err(
            Error::new(Code::PaymentBatchEmpty).member("left_out_count", made.omissions.len())
        );
    }
    batch.payment_count = made.count;
    batch.total = made.total;
    store::count_up(tx, &batch)?;
    let flagged = flags::service::inspect(tx, &batch)?;
    let event = event(
        permit.origin(),
        PaymentBatchAction::Make.recorded_as(),
        &batch,
    )
    .change("payments", batch.payment_count)
    .change("amount_fen", batch.total)
    .change("left_out", made.omissions.len())
    .change("flags", flagged);
    let shown = shown(tx, permit, batch)?;
    tx.record(event, shown)
}

pub fn view(db: &mut Db, permit: &Permit<acts::PaymentRead>, id: PaymentBatchId) -> Result<Shown> {
    let batch = found(db, permit.scope(), id)?;
    shown(db, permit, batch)
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::PaymentRead>,
    scope: &Scope,
    filter: &Filter,
    after: Option<PaymentBatchId>,
    count: i64,
) -> Result<Vec<Shown>> {
    let all = store::page(db, scope, filter, after, count)?;
    listed(db, permit, all)
}

pub fn history(
    db: &mut Db,
    permit: &Permit<acts::PaymentRead>,
    id: PaymentBatchId,
) -> Result<Vec<Turn>> {
    found(db, permit.scope(), id)?;
    store::history(db, id)
}
