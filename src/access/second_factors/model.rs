//! One-time passwords by time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};
use totp_rs::{Algorithm, Builder, Totp};

use crate::kernel::error::{Error, Result};
use crate::kernel::text;
use crate::kernel::time::Timestamp;

const DIGITS: u8 = 6;
const STEP_SECONDS: u64 = 30;
/// The phone's clock may be off by a step.
const SKEW: u16 = 1;
/// What the app on the phone calls us.
const ISSUER: &str = "Huican";

/// A one-time password as it is sent: six digits, right or wrong.
#[derive(Clone)]
pub struct Otp(String);

impl FromStr for Otp {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let digits = text.len() == usize::from(DIGITS) && text.bytes().all(|b| b.is_ascii_digit());
        let otp = digits.then(|| Self(text.to_owned()));
        otp.ok_or("a one-time password has six digits")
    }
}

impl<'de> Deserialize<'de> for Otp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        text::deserialize(deserializer)
    }
}

impl fmt::Debug for Otp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Otp(…)")
    }
}

/// A secret shared with somebody's phone.
pub struct Factor(Totp);

impl Factor {
    pub fn of(secret: &[u8]) -> Result<Self> {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(DIGITS)
            .with_step_duration(STEP_SECONDS)
            .with_skew(SKEW)
            .with_secret(secret.to_vec())
            .build()
            .map(Self)
            .map_err(|error| Error::internal(error.to_string()))
    }

    /// As it is typed into an app.
    pub fn secret(&self) -> String {
        self.0.secret().to_base32()
    }

    /// As an app reads it from a QR code. A user name needs no escaping.
    pub fn uri(&self, username: &str) -> String {
        let secret = self.secret();
        format!(
            "otpauth://totp/{ISSUER}:{username}?secret={secret}&issuer={ISSUER}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}"
        )
    }

    /// The step whose password this is, if it is later than the last one taken.
    pub fn step(&self, password: &Otp, now: Timestamp, last: i64) -> Option<i64> {
        let seconds = u64::try_from(now.micros() / 1_000_000).ok()?;
        let step = self.0.check(&password.0, seconds)?;
        i64::try_from(step).ok().filter(|step| *step > last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_those_of_the_standard_and_taken_once() {
        // RFC 6238, appendix B, with six digits.
        let factor = Factor::of(b"12345678901234567890").unwrap();
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        for (seconds, password) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (2_000_000_000, "279037"),
        ] {
            let password = &password.parse().unwrap();
            assert_eq!(factor.step(password, at(seconds), 0), Some(seconds / 30));
            // A step early or late, but not two.
            assert!(factor.step(password, at(seconds + 30), 0).is_some());
            assert!(factor.step(password, at(seconds + 60), 0).is_none());
            assert!(factor.step(password, at(seconds), seconds / 30).is_none());
        }
        assert_eq!(factor.step(&"287083".parse().unwrap(), at(59), 0), None);
        for bad in ["", "28708", "2870822", "28708x", " 287082", "２８７０８２"] {
            assert!(bad.parse::<Otp>().is_err(), "{bad}");
        }
        assert_eq!(factor.secret(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(
            factor
                .uri("sysadmin")
                .starts_with("otpauth://totp/Huican:sysadmin?secret=GEZDG")
        );
    }
}
