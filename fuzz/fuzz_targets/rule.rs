//! Rules of programs: what `check` lets in is run by threads that serve, whatever it says, in
//! bounded time and stack, and comes out the same each time.

#![no_main]

use chrono::NaiveDate;
use huican::kernel::id::Id;
use huican::programs::rules::{check, decide};
use huican::programs::{Benefit, Clause, Decision, Outcome, ProgramVersion, Rules};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fn version(when: &str) -> ProgramVersion {
    let text = String::new;
    ProgramVersion {
        id: Id::new(uuid::Uuid::nil()),
        program_code: text(),
        version: 1,
        division_code: "990100000000".parse().unwrap(),
        effective_from: NaiveDate::MIN,
        effective_to: None,
        legal_basis: text(),
        steps: vec![],
        rules: Rules {
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
        },
    }
}

/// Of somebody of whom everything is known, something, and nothing.
fn people() -> [Value; 3] {
    [
        json!({
            "certificate": {
                "valid": true, "impairment_type": "physical", "severity_level": 1,
                "components": [{"impairment_type": "physical", "severity_level": 1}],
            },
            "circumstances": {"income_status": "none", "care_need": "full", "imprisonment": false},
            "age": 32,
            "sex": "male",
        }),
        json!({"certificate": {"valid": false}, "circumstances": {}, "age": 0, "sex": "female"}),
        json!({}),
    ]
}

fn judge(version: &ProgramVersion, facts: &Value) -> Option<Decision> {
    let facts = facts.as_object().unwrap().clone();
    decide(version, facts, NaiveDate::MIN).ok()
}

fn fuzz(text: &str) {
    let version = version(text);
    if check(&version.rules).is_err() {
        return;
    }
    assert!(text.len() <= 2_000);
    for facts in people() {
        let decision = judge(&version, &facts);
        assert_eq!(decision, judge(&version, &facts));
        let Some(decision) = decision else { continue };
        let [clause] = &decision.clauses[..] else {
            panic!("{} clauses of one", decision.clauses.len());
        };
        let expected = match clause.holds {
            Some(true) => Outcome::Eligible,
            Some(false) => Outcome::NotEligible,
            None => Outcome::NeedsInformation,
        };
        assert_eq!(decision.outcome, expected);
        assert_eq!(clause.holds.is_none(), !clause.missing.is_empty());
        assert_eq!(decision.amount_fen.is_some(), clause.holds == Some(true));
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
