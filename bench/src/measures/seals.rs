//! Sealing the record, and verifying it.

use std::time::Instant;

use huican::audit::sealing;
use huican::db::Db;

use super::Bench;
use crate::Outcome;
use crate::report::{Budget, Finding};

/// Entries sealed a second, and how many there were.
#[derive(Debug, Clone, Copy)]
pub struct Sealed {
    rate: f64,
    entries: f64,
}

/// Seals all that the city's people left on record. A server seals as well: this comes before it.
pub fn seal_all(db: &mut Db) -> Outcome<Sealed> {
    let begun = Instant::now();
    let mut entries = 0.0;
    while let Some(checkpoint) = sealing::next(db)? {
        entries += f64::from(u32::try_from(checkpoint.leaves.len())?);
        db.write(|tx| sealing::seal(tx, checkpoint))?;
    }
    let rate = entries / begun.elapsed().as_secs_f64();
    Ok(Sealed { rate, entries })
}

impl Bench {
    /// `reads` are audited reads a second: what they record, a sealer seals.
    pub(super) fn seals(
        &self,
        database: &'static str,
        db: &mut Db,
        budget: f64,
        sealed: Sealed,
        reads: f64,
    ) -> Outcome<Vec<Finding>> {
        let begun = Instant::now();
        let verified = sealing::verify(db, 0, |_| true)?;
        if let Some(fault) = verified.fault {
            return Err(fault.to_string().into());
        }
        let all = f64::from(u32::try_from(verified.entries)?);
        let verifying = all / begun.elapsed().as_secs_f64();
        let beside = format!("{budget} entries/s");
        let one = |work: &str, rate: f64, count: f64| {
            let figures = format!("{count} entries, {rate:.0}/s");
            Finding::of(
                self.at(database),
                work,
                &beside,
                vec![rate / budget],
                Budget::AtLeast(1.0),
                figures,
            )
        };
        let share = Finding::of(
            self.at(database),
            "sealing what reads recorded",
            "the time of these reads",
            vec![reads / sealed.rate],
            Budget::AtMost(0.05),
            format!("{reads:.0} reads/s, {:.0} entries/s", sealed.rate),
        );
        Ok(vec![
            one("seal the record", sealed.rate, sealed.entries),
            one("verify the record", verifying, all),
            share,
        ])
    }
}
