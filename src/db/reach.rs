//! On whose behalf the database is asked. PostgreSQL's row-level security lets a transaction see and
//! write only rows of these divisions, whatever its queries say; SQLite has no such fence.

use super::{Db, Kind};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::UserId;
use diesel::connection::SimpleConnection;

/// The rows within reach of one piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    user: Option<UserId>,
    divisions: Divisions,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Divisions {
    Within(Vec<DivisionCode>),
    All,
}

impl Reach {
    /// No resident's rows: accounts, programs, the calendar.
    pub const NOTHING: Self = Self {
        user: None,
        divisions: Divisions::Within(Vec::new()),
    };

    /// For jobs and commands, which act for the whole office.
    pub const EVERYTHING: Self = Self {
        user: None,
        divisions: Divisions::All,
    };

    /// What a user may reach: the rows of these divisions, and what is kept for that user alone.
    pub fn of(user: UserId, divisions: &[DivisionCode]) -> Self {
        Self {
            user: Some(user),
            divisions: Divisions::Within(divisions.to_vec()),
        }
    }

    /// As far as this, and these divisions.
    #[must_use]
    pub fn and(&self, also: &[DivisionCode]) -> Self {
        let divisions = match &self.divisions {
            Divisions::Within(own) => Divisions::Within([own, also].concat()),
            Divisions::All => Divisions::All,
        };
        Self {
            user: self.user,
            divisions,
        }
    }

    /// As far as this, and what is kept for that user alone.
    #[must_use]
    pub fn on_behalf_of(self, user: UserId) -> Self {
        Self {
            user: Some(user),
            ..self
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::NOTHING
    }

    /// As PostgreSQL's multirange of division codes, which are numbers there.
    fn ranges(&self) -> String {
        let Divisions::Within(divisions) = &self.divisions else {
            return "{(,)}".to_owned();
        };
        let ranges: Vec<_> = divisions
            .iter()
            .map(|division| {
                let (lowest, highest) = division.range();
                format!("[{lowest},{highest}]")
            })
            .collect();
        format!("{{{}}}", ranges.join(","))
    }

    /// Codes and ids are digits and dashes: nothing here needs quoting.
    pub(super) fn settings(&self, extent: Extent) -> String {
        let set = match extent {
            Extent::Transaction => "SET LOCAL",
            Extent::Session => "SET",
        };
        let reach = format!("{set} huican.reach = '{}';", self.ranges());
        match self.user {
            Some(user) => format!("{reach} {set} huican.user_id = '{user}';"),
            None => reach,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Extent {
    Transaction,
    Session,
}

impl Db {
    /// Asks a question that concerns every office, such as whether somebody is registered anywhere;
    /// what is told of the answer is the caller's care.
    pub fn in_every_office<T>(&mut self, ask: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.reaching(Reach::EVERYTHING, ask)
    }

    pub(super) fn reaching<T>(
        &mut self,
        reach: Reach,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        if self.kind() == Kind::Sqlite {
            return work(self);
        }
        self.multi
            .batch_execute(&reach.settings(Extent::Transaction))?;
        let own = std::mem::replace(&mut self.reach, reach);
        let outcome = work(self);
        self.reach = own;
        let restored = self
            .multi
            .batch_execute(&self.reach.settings(Extent::Transaction));
        // What failed in the database has failed the transaction, and the restoring with it.
        let value = outcome?;
        restored?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reach_is_said_in_ranges_and_nothing_is_an_empty_one() {
        let divisions = ["990121", "990122103"].map(|code| code.parse().unwrap());
        let user = "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07".parse().unwrap();
        assert_eq!(
            Reach::of(user, &divisions).settings(Extent::Transaction),
            "SET LOCAL huican.reach = '{[990121000000,990121999999],[990122103000,990122103999]}'; \
             SET LOCAL huican.user_id = '0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07';"
        );
        let nothing = Reach::NOTHING.settings(Extent::Transaction);
        assert_eq!(nothing, "SET LOCAL huican.reach = '{}';");
        let everything = Reach::EVERYTHING.settings(Extent::Session);
        assert_eq!(everything, "SET huican.reach = '{(,)}';");
    }
}
