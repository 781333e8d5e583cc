//! Counting what two sets of rules say of the same people.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::money::Fen;
use crate::programs::rules::{Compiled, FALSE, People, Tables, amount_of};

/// People of one month, by what the rules in force say and what the proposed ones would.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tally {
    pub residents: i64,
    pub eligible_before: i64,
    pub eligible_after: i64,
    /// Of whom facts are missing that the proposed rules ask for.
    pub needs_information_after: i64,
    pub cost_before_fen: Fen,
    pub cost_after_fen: Fen,
    /// Who would have more, and who less.
    pub winners: i64,
    pub losers: i64,
    pub gains_fen: Fen,
    pub losses_fen: Fen,
}

/// Rules with the values that hold where the people live.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    pub rules: &'a Compiled,
    pub tables: &'a Tables<'a>,
}

/// A side's amounts for all people, 0 for who gets nothing; and whose facts are missing.
fn amounts(side: Option<Side<'_>>, people: &People, out: &mut Vec<i64>, unknown: &mut i64) -> i64 {
    out.clear();
    let Some(side) = side else {
        out.resize(people.count(), 0);
        return 0;
    };
    let mut eligible = 0;
    side.rules
        .run(people, side.tables, |_from, holds, amounts| {
            for (holds, amount) in holds.iter().zip(amounts) {
                let due = amount_of(*holds, *amount);
                eligible += i64::from(due.is_some());
                *unknown += i64::from(due.is_none() && *holds != FALSE);
                out.push(due.unwrap_or(0));
            }
        });
    eligible
}

/// Room for the amounts of all people, used month by month.
#[derive(Debug, Default)]
pub struct Room {
    before: Vec<i64>,
    after: Vec<i64>,
}

/// What the proposed rules would change for these people; nothing is paid where no rules are in force.
pub fn compare(
    people: &People,
    before: Option<Side<'_>>,
    after: Side<'_>,
    room: &mut Room,
) -> Tally {
    let mut missing = 0;
    let eligible_before = amounts(before, people, &mut room.before, &mut missing);
    missing = 0;
    let eligible_after = amounts(Some(after), people, &mut room.after, &mut missing);
    let mut tally = Tally {
        residents: i64::try_from(people.count()).unwrap_or(i64::MAX),
        eligible_before,
        eligible_after,
        needs_information_after: missing,
        ..Tally::default()
    };
    let [mut cost_before, mut cost_after, mut gains, mut losses] = [0_i64; 4];
    for (before, after) in room.before.iter().zip(&room.after) {
        cost_before += before;
        cost_after += after;
        let change = after - before;
        tally.winners += i64::from(change > 0);
        tally.losers += i64::from(change < 0);
        gains += change.max(0);
        losses -= change.min(0);
    }
    tally.cost_before_fen = Fen::new(cost_before);
    tally.cost_after_fen = Fen::new(cost_after);
    tally.gains_fen = Fen::new(gains);
    tally.losses_fen = Fen::new(losses);
    tally
}

impl Tally {
    /// Adds other people of the same month.
    pub fn add(&mut self, other: &Self) {
        for (own, others) in [
            (&mut self.residents, other.residents),
            (&mut self.eligible_before, other.eligible_before),
            (&mut self.eligible_after, other.eligible_after),
            (
                &mut self.needs_information_after,
                other.needs_information_after,
            ),
            (&mut self.winners, other.winners),
            (&mut self.losers, other.losers),
        ] {
            *own += others;
        }
        for (own, others) in [
            (&mut self.cost_before_fen, other.cost_before_fen),
            (&mut self.cost_after_fen, other.cost_after_fen),
            (&mut self.gains_fen, other.gains_fen),
            (&mut self.losses_fen, other.losses_fen),
        ] {
            *own = Fen::new(own.get() + others.get());
        }
    }
}
