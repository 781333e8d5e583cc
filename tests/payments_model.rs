//! Random histories of two people's money beside a small independent model: what is due by runs, what batches
//! pay, what the bank sends back, what ends earlier than it was paid, and what of that comes back.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::support::payments::{CHECKER, MAKER, RELEASER};
use crate::support::people::id_of;
use crate::support::{TestOffice, on_both};

const CIVIL: &str = "civil.990121";
const FINANCE_2: &str = "finance2.990121";
const ACCOUNTS: [&str; 2] = ["6200000000000012344", "123456789012"];

#[derive(Debug, Clone, Copy)]
enum Step {
    NextMonth,
    Run,
    /// Everything due; the bank refuses the people of these places.
    Pay {
        refused: [bool; 2],
    },
    Suspend {
        who: usize,
        back: i32,
    },
    Resume {
        who: usize,
        back: i32,
    },
    Stop {
        who: usize,
        back: i32,
    },
    Correct {
        who: usize,
        need: &'static str,
        back: i32,
    },
    /// Somebody whose benefit ended applies again.
    Again {
        who: usize,
    },
    /// Half of what is left of a recovery comes back by itself.
    Refund {
        who: usize,
    },
    /// The rest is kept back of later payments.
    KeepBack {
        who: usize,
    },
}

fn steps(count: usize) -> impl Strategy<Value = Vec<Step>> {
    let who = 0..2usize;
    let back = -1..3i32;
    let one = prop_oneof![
        9 => Just(Step::NextMonth),
        12 => Just(Step::Run),
        12 => any::<[bool; 2]>().prop_map(|refused| Step::Pay { refused }),
        3 => (who.clone(), back.clone()).prop_map(|(who, back)| Step::Suspend { who, back }),
        5 => (who.clone(), back.clone()).prop_map(|(who, back)| Step::Resume { who, back }),
        4 => who.clone().prop_map(|who| Step::Again { who }),
        3 => (who.clone(), 0..6i32).prop_map(|(who, back)| Step::Stop { who, back }),
        4 => (who.clone(), prop_oneof![Just("full"), Just("substantial"), Just("partial"), Just("none")], 0..3i32)
            .prop_map(|(who, need, back)| Step::Correct { who, need, back }),
        4 => who.clone().prop_map(|who| Step::Refund { who }),
        4 => who.prop_map(|who| Step::KeepBack { who }),
    ];
    prop::collection::vec(one, count)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    Due(i64),
    Paid(i64),
    /// Paid, and found not to have been due.
    Overpaid,
}

/// Months count from January 2022 as 0.
#[derive(Debug, Clone)]
struct Person {
    /// The first months of what was granted; the last of them runs.
    starts: Vec<i32>,
    /// From which month on, and whether it is active (1), suspended (0) or ended (-1).
    entries: Vec<(i32, i8)>,
    /// From which month on, as recorded one after another.
    needs: Vec<(i32, &'static str)>,
    cells: BTreeMap<i32, Cell>,
    overpaid: i64,
    recovered: i64,
    keeps_back: bool,
}

impl Person {
    fn status(&self, month: i32) -> i8 {
        let reached = self.entries.iter().rev().find(|(from, _)| *from <= month);
        reached.map_or(-1, |(_, status)| *status)
    }

    /// By the need of the day before the month; for the first month, of the day of the application, which was
    /// before all corrections that do not reach back that far.
    fn rate(&self, month: i32) -> i64 {
        let day = if self.starts.contains(&month) {
            month
        } else {
            month - 1
        };
        self.worth(day)
    }

    fn worth(&self, day: i32) -> i64 {
        let need = self.needs.iter().rev().find(|(from, _)| *from <= day);
        match need.map(|(_, need)| *need) {
            Some("full") => 50_000,
            Some("substantial") => 25_000,
            Some("partial") => 12_500,
            _ => 0,
        }
    }

    fn now(&self) -> i8 {
        self.entries.last().unwrap().1
    }

    fn run(&mut self, month: i32) {
        for one in self.starts[0]..=month {
            if matches!(self.cells.get(&one), Some(Cell::Paid(_) | Cell::Overpaid)) {
                continue;
            }
            let due = if self.status(one) == 1 {
                self.rate(one)
            } else {
                0
            };
            if due > 0 {
                self.cells.insert(one, Cell::Due(due));
            } else {
                self.cells.remove(&one);
            }
        }
    }

    fn turn(&mut self, from: i32, status: i8) {
        self.entries.push((from, status));
        if status == 1 {
            return;
        }
        self.cells
            .retain(|month, cell| *month < from || !matches!(cell, Cell::Due(_)));
        if status == -1 {
            // What was paid for months in which it was held back is not due either.
            let since = *self.starts.last().unwrap();
            let mut months: Vec<_> = self.cells.range(since..).map(|(month, _)| *month).collect();
            months.retain(|month| self.status(*month) != 1);
            for month in months {
                if let Some(Cell::Paid(fen)) = self.cells.insert(month, Cell::Overpaid) {
                    self.overpaid += fen;
                }
            }
        }
    }

    fn due(&self) -> i64 {
        self.cells
            .values()
            .map(|cell| if let Cell::Due(fen) = cell { *fen } else { 0 })
            .sum()
    }

    fn paid(&self) -> i64 {
        self.cells
            .values()
            .map(|cell| if let Cell::Paid(fen) = cell { *fen } else { 0 })
            .sum()
    }

    /// Pays what is due; how much of it was kept back.
    fn pay(&mut self, refused: bool) -> i64 {
        let due = self.due();
        let kept = if self.keeps_back {
            due.min(self.overpaid - self.recovered)
        } else {
            0
        };
        // What is wholly kept back does not go to the bank.
        if due == 0 || (refused && due > kept) {
            return 0;
        }
        for cell in self.cells.values_mut() {
            if let Cell::Due(fen) = *cell {
                *cell = Cell::Paid(fen);
            }
        }
        self.recovered += kept;
        kept
    }
}

fn name(month: i32) -> String {
    format!(
        "{}-{:02}",
        2022 + month.div_euclid(12),
        month.rem_euclid(12) + 1
    )
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    one: i64,
}

/// What the office says, done through its API; and the model beside it.
struct Story<'o> {
    office: &'o TestOffice,
    ids: [String; 2],
    people: [Person; 2],
    files: usize,
    receipts: usize,
}

impl<'o> Story<'o> {
    async fn begin(office: &'o TestOffice) -> Self {
        let ids = [office.payee().await, office.payee().await];
        let mut people = Vec::new();
        for (id, account) in ids.iter().zip(ACCOUNTS) {
            office.is_paid_at(id, account).await.expect(201);
            let start = office.benefit_of(id).await["start_month"]
                .as_str()
                .unwrap()
                .to_owned();
            let start: i32 = start[5..].parse::<i32>().unwrap() - 1;
            people.push(Person {
                starts: vec![start],
                entries: vec![(start, 1)],
                needs: vec![(0, "full")],
                cells: BTreeMap::new(),
                overpaid: 0,
                recovered: 0,
                keeps_back: false,
            });
        }
        for year in 2022..2026 {
            office.lays_down(year, 100_000_000).await.expect(201);
        }
        let people = people.try_into().unwrap();
        Self {
            office,
            ids,
            people,
            files: 0,
            receipts: 0,
        }
    }

    fn month(&self) -> i32 {
        let today = self.office.today().to_string();
        (today[..4].parse::<i32>().unwrap() - 2022) * 12 + today[5..7].parse::<i32>().unwrap() - 1
    }

    async fn take(&mut self, step: Step) {
        let month = self.month();
        match step {
            Step::NextMonth => self.office.pass_days(31).await,
            Step::Run => {
                self.office.run_month(&name(month)).await;
                self.people.iter_mut().for_each(|one| one.run(month));
            }
            Step::Pay { refused } => self.pay(refused).await,
            Step::Suspend { who, back } => self.turn(who, month - back, 0).await,
            Step::Resume { who, back } => self.turn(who, month - back, 1).await,
            Step::Stop { who, back } => self.turn(who, month - back, -1).await,
            Step::Correct { who, need, back } => {
                let day = format!("{}-01", name(month - back));
                self.office
                    .learns(&self.ids[who], "care_need", json!(need), Some(&day))
                    .await;
                self.people[who].needs.push((month - back, need));
            }
            Step::Again { who } => self.again(who).await,
            Step::Refund { who } => self.refund(who).await,
            Step::KeepBack { who } => self.keep_back(who).await,
        }
    }

    async fn turn(&mut self, who: usize, from: i32, status: i8) {
        let person = &mut self.people[who];
        let fits = match status {
            0 => person.now() == 1,
            1 => person.now() == 0,
            _ => person.now() != -1,
        };
        if !fits || from < *person.starts.last().unwrap() || (status == -1 && self.files < 2) {
            return;
        }
        let (action, reason) = match status {
            0 => ("suspend", "missing"),
            1 => ("resume", "review_passed"),
            _ => ("stop", "death"),
        };
        let benefit = self.office.benefit_of(&self.ids[who]).await;
        let body = json!({"action": action, "effective_month": name(from), "reason": reason});
        self.office
            .changes_enrollment(CIVIL, &benefit, body)
            .await
            .expect(201);
        person.turn(from, status);
    }

    async fn again(&mut self, who: usize) {
        let month = self.month();
        let person = &mut self.people[who];
        if person.now() != -1 || person.worth(month) == 0 {
            return;
        }
        let case = self
            .office
            .draft_for(&self.ids[who], "nursing_subsidy")
            .await;
        self.office.bring(&case, "approval").await;
        let approver = self.office.as_user("approver.990121").await;
        approver.act(&case, "approve").await.expect(201);
        // What ended is not begun again before its end.
        let start = month.max(person.entries.last().unwrap().0);
        person.starts.push(start);
        person.entries.push((start, 1));
    }

    async fn pay(&mut self, refused: [bool; 2]) {
        let month = self.month();
        if self.people.iter().all(|one| one.due() == 0) {
            self.office
                .makes_batch(MAKER, &name(month))
                .await
                .refused(409, "payment_batch.nothing_payable");
            return;
        }
        let batch = self.office.checked_batch(&name(month)).await;
        self.office.releases(RELEASER, &batch).await.expect(201);
        let finance = self.office.as_user(CHECKER).await;
        let page = finance
            .get(&format!("/v1/payments?batch_id={batch}"))
            .await
            .expect(200);
        let file = finance
            .get(&format!("/v1/payment-batches/{batch}/bank-file"))
            .await;
        let text = String::from_utf8(file.body).unwrap();
        let mut answer = "业务编号,账号,户名,金额,处理结果,失败原因\n".to_owned();
        let mut lines = 0;
        for payment in page["items"].as_array().unwrap() {
            let number = payment["payment_number"].as_str().unwrap();
            let who = self
                .ids
                .iter()
                .position(|id| payment["resident_id"] == json!(id))
                .unwrap();
            if let Some(line) = text.lines().find(|line| line.contains(number)) {
                let cells: Vec<_> = line.split(',').collect();
                let result = if refused[who] {
                    "失败,账户已销户"
                } else {
                    "成功,"
                };
                answer += &format!("{number},{},{},{},{result}\n", cells[1], cells[2], cells[4]);
                lines += 1;
            }
        }
        if lines > 0 {
            self.office
                .bank_answers(CHECKER, &batch, &answer)
                .await
                .expect(201);
        }
        self.files += 1;
        for (person, refused) in self.people.iter_mut().zip(refused) {
            person.pay(refused);
        }
    }

    /// What is being recovered of somebody, served.
    async fn recovery(&self, who: usize) -> Option<Value> {
        let maker = self.office.as_user(MAKER).await;
        let all = maker
            .get(&format!("/v1/recoveries?resident_id={}", self.ids[who]))
            .await
            .expect(200);
        let open = all["items"].as_array().unwrap().iter();
        let mut open = open.filter(|one| one["rest_fen"].as_i64().unwrap() > 0);
        let one = open.next()?.clone();
        if one["state"] == "open" {
            let body = json!({"action": "notify", "method": "in_person", "recipient": "self", "served_date": self.office.today()});
            let path = format!("/v1/recoveries/{}/transitions", id_of(&one));
            maker
                .post_seen(&path, one["version"].as_i64().unwrap(), body)
                .await
                .expect(201);
        }
        Some(one)
    }

    async fn refund(&mut self, who: usize) {
        let Some(recovery) = self.recovery(who).await else {
            return;
        };
        self.receipts += 1;
        let half = (recovery["rest_fen"].as_i64().unwrap() + 1) / 2;
        let path = format!("/v1/recoveries/{}/movements", id_of(&recovery));
        let body = json!({"kind": "refund", "amount_fen": half, "receipt_number": format!("R{}", self.receipts),
            "received_date": self.office.today()});
        let maker = self.office.as_user(MAKER).await;
        let movement = maker.post(&path, body).await.expect(201);
        let decided = json!({"outcome": "approve"});
        let path = format!("{path}/{}/decision", id_of(&movement));
        self.office
            .as_user(FINANCE_2)
            .await
            .post(&path, decided)
            .await
            .expect(201);
        self.people[who].recovered += half;
    }

    async fn keep_back(&mut self, who: usize) {
        let Some(recovery) = self.recovery(who).await else {
            return;
        };
        let path = format!("/v1/recoveries/{}/instalments", id_of(&recovery));
        let body = json!({"from_month": name(self.month())});
        self.office
            .as_user(MAKER)
            .await
            .post(&path, body)
            .await
            .expect(201);
        self.people[who].keeps_back = true;
    }

    fn holds(&self, after: Step) {
        let books: BTreeMap<_, _> = self.office.books().into_iter().collect();
        let stands = |account: &str| books.get(account).copied().unwrap_or(0);
        let sum = |of: fn(&Person) -> i64| self.people.iter().map(of).sum::<i64>();
        let (due, paid) = (sum(Person::due), sum(Person::paid));
        let rest = sum(|one| one.overpaid - one.recovered);
        // Paid and payable without what was overpaid is what people are entitled to.
        assert_eq!(
            stands("payable"),
            due,
            "payable after {after:?}: {books:?} {:?}",
            self.people
        );
        assert_eq!(
            -stands("obligation"),
            due + paid,
            "entitled after {after:?}: {books:?} {:?}",
            self.people
        );
        assert_eq!(
            -stands("recovery"),
            rest,
            "owed after {after:?}: {books:?} {:?}",
            self.people
        );
        assert_eq!(
            stands("paid") + stands("returned"),
            paid + rest,
            "paid after {after:?}: {books:?} {:?}",
            self.people
        );
        let twice = "SELECT count(*) AS one FROM (SELECT e.resident_id FROM payment_items i
            JOIN entitlements e ON e.id = i.entitlement_id JOIN payments p ON p.id = i.payment_id
            WHERE p.state IN ('sent', 'paid') GROUP BY e.resident_id, e.program_code, e.month HAVING count(*) > 1) t";
        let twice: Count = diesel::sql_query(twice)
            .get_result(self.office.db().conn())
            .unwrap();
        assert_eq!(twice.one, 0, "paid twice after {after:?}");
    }
}

on_both! {
    async fn random_histories_keep_the_books(office: &TestOffice) {
        let long = std::env::var("HUICAN_ATTACK").is_ok_and(|how| how == "long");
        // The same at every run.
        let seed = [if long { 7 } else { 11 }; 32];
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let history = steps(if long { 600 } else { 120 }).new_tree(&mut runner).unwrap().current();
        let mut story = Story::begin(office).await;
        for step in history {
            story.take(step).await;
            story.holds(step);
        }
        let eventful = story.files > 3 && story.people.iter().any(|one| one.recovered > 0);
        assert!(eventful, "{:?}", story.people);
    }
}
