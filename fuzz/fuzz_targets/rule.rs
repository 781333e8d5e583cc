//! Rules of programs: what `read` lets in is run by threads that serve, whatever it says, in bounded
//! time and stack, comes out the same one by one and in blocks, and is told as it came out.

#![no_main]

use huican::programs::rules::schema::FACTS;
use huican::programs::rules::{People, Tables, read};
use huican::programs::{Benefit, Clause, Rules};
use libfuzzer_sys::fuzz_target;

fn rules(when: &str) -> Rules {
    let text = String::new;
    Rules {
        clauses: vec![Clause {
            code: text(),
            when: when.to_owned(),
            zh: text(),
            en: text(),
        }],
        benefit: Benefit {
            amount_fen: "100".to_owned(),
            zh: text(),
            en: text(),
        },
        parameters: Vec::new(),
    }
}

/// Of whom everything is known, something, and nothing.
fn people() -> People {
    let mut people = People::unknown(3);
    for (place, fact) in FACTS.iter().enumerate() {
        let (lowest, highest) = fact.kind.range();
        people.set(place, 0, i32::try_from(highest).ok());
        if place % 2 == 0 {
            people.set(place, 1, i32::try_from(lowest).ok());
        }
    }
    people.set_components(0, &[]);
    people
}

fn fuzz(text: &str) {
    let rules = rules(text);
    let (compiled, _doubts) = match read(&rules) {
        Ok(read) => read,
        Err(problems) => {
            assert!(
                problems
                    .iter()
                    .all(|problem| !problem.refusal.en.is_empty())
            );
            return;
        }
    };
    assert!(text.len() <= 2_000);
    let (people, tables) = (people(), Tables::default());
    let mut found = Vec::new();
    compiled.run(&people, &tables, |_from, holds, amounts| {
        found.extend(holds.iter().copied().zip(amounts.iter().copied()));
    });
    assert_eq!(found.len(), 3);
    for (person, (holds, amount)) in found.into_iter().enumerate() {
        let told = compiled.judge(&rules.clauses, &people, &tables, person);
        let [clause] = &told[..] else {
            panic!("{} clauses of one", told.len());
        };
        let expected = clause.holds.map_or(1, |holds| if holds { 2 } else { 0 });
        assert_eq!(holds, expected);
        assert!(amount == 100 || holds < 2);
        assert_eq!(clause.holds.is_none(), !clause.missing.is_empty());
        assert!(!clause.reason_zh.is_empty() && !clause.reason_en.is_empty());
    }
}

// On the stack that a thread has which serves.
fuzz_target!(|text: &str| {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(2 << 20);
        let run = thread.spawn_scoped(scope, || fuzz(text)).unwrap();
        run.join().unwrap();
    });
});
