//! Random histories of hires, leavings, re-hires, verifications, checks and merges beside a small independent model:
//! who counts as newly employed in which year, by which placement, and how they were retained.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, Months, NaiveDate};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::support::employment::VERIFIES;
use crate::support::people::id_of;
use crate::support::{TestOffice, on_both};

const RECORDS: usize = 5;

#[derive(Debug, Clone, Copy)]
enum Step {
    Hire { who: usize, days_ago: u64 },
    Verify { who: usize },
    Leave { who: usize },
    Check { who: usize },
    Merge { kept: usize, duplicate: usize },
    Pass { days: u64 },
}

fn steps(count: usize) -> impl Strategy<Value = Vec<Step>> {
    let who = 0..RECORDS;
    let one = prop_oneof![
        8 => (who.clone(), 0..100u64).prop_map(|(who, days_ago)| Step::Hire { who, days_ago }),
        8 => who.clone().prop_map(|who| Step::Verify { who }),
        4 => who.clone().prop_map(|who| Step::Leave { who }),
        6 => who.clone().prop_map(|who| Step::Check { who }),
        1 => (who.clone(), who).prop_map(|(kept, duplicate)| Step::Merge { kept, duplicate }),
        3 => (20..90u64).prop_map(|days| Step::Pass { days }),
    ];
    prop::collection::vec(one, count)
}

/// In the order in which they were entered.
#[derive(Debug, Clone)]
struct Job {
    id: String,
    record: usize,
    start: NaiveDate,
    left: bool,
    verified: bool,
    /// By months: what became of the check.
    checks: BTreeMap<i32, &'static str>,
}

struct Story<'o> {
    office: &'o TestOffice,
    employer: String,
    records: Vec<String>,
    /// Into which record each was merged.
    merged: Vec<Option<usize>>,
    jobs: Vec<Job>,
    merges: usize,
}

impl<'o> Story<'o> {
    async fn begin(office: &'o TestOffice) -> Self {
        office.minimum_wage().await;
        let mut records = Vec::new();
        for _ in 0..RECORDS {
            records.push(office.resident().await);
        }
        Self {
            employer: office.employer_in(crate::support::people::VILLAGE).await,
            office,
            records,
            merged: vec![None; RECORDS],
            jobs: Vec::new(),
            merges: 0,
        }
    }

    fn person(&self, record: usize) -> usize {
        self.merged[record].unwrap_or(record)
    }

    /// The work of a record that has not ended.
    fn open(&self, record: usize) -> Option<usize> {
        self.jobs
            .iter()
            .position(|job| job.record == record && !job.left)
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Hire { who, days_ago } => self.hire(who, days_ago).await,
            Step::Verify { who } => self.verify(who).await,
            Step::Leave { who } => self.leave(who).await,
            Step::Check { who } => self.check(who).await,
            Step::Merge { kept, duplicate } => self.merge(kept, duplicate).await,
            Step::Pass { days } => self.office.pass_days(days).await,
        }
    }

    async fn hire(&mut self, who: usize, days_ago: u64) {
        let start = self.office.today() - Days::new(days_ago);
        let reply = self
            .office
            .works(&self.records[who], &self.employer, &start.to_string())
            .await;
        if self.merged[who].is_some() {
            reply.refused(409, "resident.merged");
            return;
        }
        let works = (0..RECORDS).any(|one| self.person(one) == who && self.open(one).is_some());
        if works {
            reply.refused(409, "placement.open");
            return;
        }
        self.jobs.push(Job {
            id: id_of(&reply.expect(201)),
            record: who,
            start,
            left: false,
            verified: false,
            checks: BTreeMap::new(),
        });
    }

    async fn verify(&mut self, who: usize) {
        let Some(at) = self.open(who) else { return };
        let reply = self.office.verifies(&self.jobs[at].id).await;
        let job = &mut self.jobs[at];
        if job.verified {
            reply.refused(409, "placement.transition_not_allowed");
            return;
        }
        reply.expect(201);
        job.verified = true;
        job.checks = [3, 6, 12].map(|months| (months, "due")).into();
    }

    async fn leave(&mut self, who: usize) {
        let Some(at) = self.open(who) else { return };
        let today = self.office.today().to_string();
        let reply = self.office.leaves(&self.jobs[at].id, &today).await;
        reply.expect(201);
        let job = &mut self.jobs[at];
        job.left = true;
        for check in job.checks.values_mut().filter(|check| **check == "due") {
            *check = "cancelled";
        }
    }

    /// Does the earliest check that is due.
    async fn check(&mut self, who: usize) {
        let Some(at) = self.open(who) else { return };
        let (today, job) = (self.office.today(), &mut self.jobs[at]);
        let due = |months: &i32| {
            job.start + Months::new(months.unsigned_abs()) <= today && job.checks[months] == "due"
        };
        let Some(months) = [3, 6, 12]
            .into_iter()
            .find(|months| job.verified && due(months))
        else {
            return;
        };
        let county = self.office.as_user(VERIFIES).await;
        let path = format!("/v1/retention-checks?placement_id={}&state=due", job.id);
        let first = county.get(&path).await.expect(200)["items"][0].clone();
        assert_eq!(first["months"], months);
        let path = format!("/v1/retention-checks/{}/outcome", id_of(&first));
        let retained = json!({"outcome": "retained", "wage_fen": 300_000, "insured": true});
        county.post_seen(&path, 1, retained).await.expect(201);
        job.checks.insert(months, "retained");
    }

    async fn merge(&mut self, kept: usize, duplicate: usize) {
        let stands = |one: usize| self.merged[one].is_none() && !self.merged.contains(&Some(one));
        if kept == duplicate || self.merged[kept].is_some() || !stands(duplicate) {
            return;
        }
        self.office
            .merged(&self.records[kept], &self.records[duplicate])
            .await;
        self.merged[duplicate] = Some(kept);
        self.merges += 1;
    }

    /// The work by which each person counts in a year: the earliest verified, of equals the first entered.
    fn first_of(&self, year: i32) -> Vec<&Job> {
        let mut first: BTreeMap<usize, &Job> = BTreeMap::new();
        for job in self
            .jobs
            .iter()
            .filter(|job| job.verified && job.start.year() == year)
        {
            let known = first.entry(self.person(job.record)).or_insert(job);
            if job.start < known.start {
                *known = job;
            }
        }
        first.into_values().collect()
    }

    async fn holds(&self, after: Step) {
        let county = self.office.as_user(VERIFIES).await;
        for year in [2022, 2023, 2024] {
            let expected = self.first_of(year);
            let path = format!("/v1/placements/counts?year={year}");
            let counted = county.get(&path).await.expect(200);
            assert_eq!(
                counted["persons"],
                expected.len(),
                "{year} after {after:?}: {:?}",
                self.jobs
            );
            let path = format!("/v1/placements?limit=200&counted_in_year={year}");
            let listed = county.get(&path).await.expect(200);
            let listed: BTreeSet<String> = listed["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(id_of)
                .collect();
            let ids = expected.iter().map(|job| job.id.clone()).collect();
            assert_eq!(listed, ids, "{year} after {after:?}: {:?}", self.jobs);
            for months in [3, 6, 12] {
                let all = counted["retention"].as_array().unwrap().iter();
                let told = all
                    .filter(|one| one["months"] == months)
                    .collect::<Vec<&Value>>()[0];
                for state in ["due", "retained", "cancelled"] {
                    let many = expected.iter().filter(|job| job.checks[&months] == state);
                    assert_eq!(
                        told[state],
                        many.count(),
                        "{year} {months} {state} after {after:?}: {:?}",
                        self.jobs
                    );
                }
            }
        }
    }
}

on_both! {
    async fn random_histories_count_each_person_once(office: &TestOffice) {
        let long = std::env::var("HUICAN_ATTACK").is_ok_and(|how| how == "long");
        // The same at every run.
        let seed = [if long { 5 } else { 3 }; 32];
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let history = steps(if long { 600 } else { 120 }).new_tree(&mut runner).unwrap().current();
        let mut story = Story::begin(office).await;
        for step in history {
            story.take(step).await;
            story.holds(step).await;
        }
        let again = story.jobs.len() > story.first_of(2022).len() + story.first_of(2023).len();
        let retained = story.jobs.iter().any(|job| job.checks.values().any(|check| *check == "retained"));
        assert!(again && retained && story.merges > 0, "{:?}", story.jobs);
    }
}
