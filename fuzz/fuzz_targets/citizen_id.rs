//! Citizen IDs: what is taken is written in one way, and right by another calculation.

#![no_main]

use chrono::{Datelike, NaiveDate};
use huican::kernel::citizen_id::CitizenId;
use huican::kernel::sex::Sex;
use libfuzzer_sys::fuzz_target;

/// ISO 7064 MOD 11-2 as the standard defines it: read as a number to the base of two, 1 is left.
fn is_sound(id: &str) -> bool {
    let value = |character: char| {
        if character == 'X' {
            Some(10)
        } else {
            character.to_digit(10)
        }
    };
    let sum = id
        .chars()
        .try_fold(0, |sum, character| Some((sum * 2 + value(character)?) % 11));
    id.len() == 18 && sum == Some(1)
}

fuzz_target!(|text: &str| {
    let today = NaiveDate::from_ymd_opt(2022, 7, 4).unwrap();
    let Ok(id) = CitizenId::parse(text, today, true) else {
        return;
    };
    let written = id.as_str();
    assert!(is_sound(written), "{written}");
    assert_eq!(CitizenId::parse(written, today, true).as_ref(), Ok(&id));
    let fictional = written.starts_with("99");
    assert_eq!(CitizenId::parse(written, today, false).is_err(), fictional);
    let born = id.birth_date();
    assert!(born <= today && born.year() >= 0);
    assert_eq!(born.format("%Y%m%d").to_string(), written[6..14]);
    assert_eq!(id.sex() == Sex::Male, "13579".contains(&written[16..17]));
    assert_eq!(
        id.masked(),
        format!("{}********{}", &written[..6], &written[14..])
    );
    // A typing error in one digit never goes unnoticed.
    for place in 0..17 {
        let mut other = written.as_bytes().to_vec();
        other[place] = b'0' + (other[place] - b'0' + 1) % 10;
        let other = String::from_utf8(other).unwrap();
        assert!(CitizenId::parse(&other, today, true).is_err(), "{other}");
    }
});
