//! Passwords: argon2id, checked on a bounded number of threads so that a flood of logins cannot
//! take the machine, and judged by how hard they are to guess for someone who knows the names.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use crossbeam_channel::{Sender, bounded};
use tokio::sync::oneshot;

use crate::kernel::crypto::{hex, random};
use crate::kernel::error::{Code, Error, Result};

const SHORTEST: usize = 10;
const LONGEST: usize = 200;
/// Memory in KiB, passes, lanes: the cheapest of OWASP's argon2id settings.
const COST: (u32, u32, u32) = (19_456, 2, 1);
/// Bytes of a hash.
const OUTPUT: usize = 32;
/// How long a thread keeps its memory when nobody signs in.
const KEPT: Duration = Duration::from_secs(5);
/// Blocks of 1 KiB that are asked for, of which those above are touched: what is larger than 32 MiB
/// glibc takes from the kernel, and gives back when it is freed.
const CAPACITY: usize = 33 * 1024;
/// How many may wait for a place; the rest are told to come back.
const WAITING: usize = 64;

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// What argon2 works in: 19 MiB that a thread keeps from one sign-in to the next, while they come.
type Memory = Vec<Block>;

/// Hashes and checks passwords, a few at a time.
#[derive(Clone)]
pub struct Hasher {
    jobs: Sender<Job>,
    /// Checked for unknown users, so that they take as long as known ones.
    dummy: Arc<str>,
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").finish_non_exhaustive()
    }
}

impl Hasher {
    pub fn new(at_once: usize) -> Result<Self> {
        let (jobs, waiting) = bounded::<Job>(WAITING);
        for number in 0..at_once.max(1) {
            let waiting = waiting.clone();
            let work = move || {
                while let Ok(first) = waiting.recv() {
                    let mut memory = Memory::with_capacity(CAPACITY);
                    first(&mut memory);
                    while let Ok(next) = waiting.recv_timeout(KEPT) {
                        next(&mut memory);
                    }
                }
            };
            std::thread::Builder::new()
                .name(format!("hasher-{number}"))
                .spawn(work)
                .map_err(Error::internal)?;
        }
        Ok(Self {
            jobs,
            dummy: hash(&hex(&random::<16>()))?.into(),
        })
    }

    /// Whether the password fits; with no stored hash it never does, at the same price.
    pub async fn verify(&self, stored: Option<String>, password: String) -> Result<bool> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.dummy.to_string());
        self.run(move |memory| Ok(verify(&stored, &password, memory)))
            .await
            .map(|fits| fits && known)
    }

    pub async fn hash(&self, password: String) -> Result<String> {
        self.run(move |_memory| hash(&password)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |memory| drop(answer.send(work(memory))));
        self.jobs
            .try_send(job)
            .map_err(|_full| Error::new(Code::Busy))?;
        answered.await.map_err(Error::internal)?
    }
}

fn argon2() -> Result<Argon2<'static>> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None)
        .map_err(|error| Error::internal(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

pub fn hash(password: &str) -> Result<String> {
    argon2()?
        .hash_password_with_salt(password.as_bytes(), &random::<16>())
        .map(|hash| hash.to_string())
        .map_err(|error| Error::internal(error.to_string()))
}

fn verify(stored: &str, password: &str, memory: &mut Memory) -> bool {
    let fits = || {
        let hash = PasswordHash::new(stored).ok()?;
        let argon2 = argon2().ok()?;
        memory.resize(argon2.params().block_count(), Block::new());
        let mut output = [0; OUTPUT];
        argon2
            .hash_password_into_with_memory(
                password.as_bytes(),
                hash.salt?.as_ref(),
                &mut output,
                memory,
            )
            .ok()?;
        // Compared in constant time.
        (Output::new(&output).ok()? == hash.hash?).then_some(())
    };
    fits().is_some()
}

/// Refuses what is short, or guessed quickly by someone who knows the user's own names.
pub fn check(password: &str, names: &[&str]) -> Result<()> {
    let length = password.chars().count();
    if !(SHORTEST..=LONGEST).contains(&length) {
        return Err(Error::field(
            "/password",
            "password.length",
            format!("{SHORTEST} to {LONGEST} characters"),
            format!("{SHORTEST} 至 {LONGEST} 个字符"),
        ));
    }
    if zxcvbn::zxcvbn(password, names).score() < zxcvbn::Score::Three {
        return Err(Error::field(
            "/password",
            "password.weak",
            "this password is easy to guess",
            "密码过于简单，容易被猜出",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let stored = hash("correct horse battery").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let mut memory = Memory::with_capacity(CAPACITY);
        assert!(verify(&stored, "correct horse battery", &mut memory));
        assert!(!verify(&stored, "correct horse batterz", &mut memory));
        assert!(!verify("not a hash", "x", &mut memory));
    }

    #[test]
    fn weak_passwords_are_refused_with_the_rule() {
        let code = |password: &str| {
            check(password, &["wangfang", "township.990121103"])
                .err()
                .map(|e| e.field_errors()[0].code)
        };
        assert_eq!(code("short"), Some("password.length"));
        assert_eq!(code("password1234"), Some("password.weak"));
        assert_eq!(code("wangfang1990"), Some("password.weak"));
        assert_eq!(code("three green umbrellas at noon"), None);
    }
}
