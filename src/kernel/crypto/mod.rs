//! Keys and what is done with them: encryption of sensitive columns (AES-256-GCM-SIV), blind indexes
//! and signatures of cursors (HMAC-SHA-256), hashes of secrets (SHA-256), signatures of access
//! tokens and of the audit's seals (Ed25519). Keys live in a file of their own, never in the
//! database, and everything made with one says with which version.

mod content;
mod file;
mod keys;

pub use content::{ContentKey, PIECE, Place, TAG};
pub use file::{KeyError, KeyState, Purpose};
pub use keys::{Keys, NotOpened, SigningKey, is_signed_by};

use std::io::Read;

use aws_lc_rs::digest;
use aws_lc_rs::rand;

/// `N` bytes nobody can guess. The operating system's generator does not fail once it has started;
/// should it, stopping is the only honest answer.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(
        clippy::expect_used,
        reason = "without randomness nothing here is safe to do"
    )]
    rand::fill(&mut bytes).expect("the operating system's random generator");
    bytes
}

/// The hash of all that is left to read.
pub fn sha256_of(mut source: impl Read) -> std::io::Result<Vec<u8>> {
    let mut context = digest::Context::new(&digest::SHA256);
    let mut part = [0; 8192];
    loop {
        let read = source.read(&mut part)?;
        match part.get(..read) {
            Some([]) | None => return Ok(context.finish().as_ref().to_vec()),
            Some(bytes) => context.update(bytes),
        }
    }
}

/// The hash under which a secret that was random already is stored, and by which contents are told
/// apart.
pub fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or_default();
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// A hash in the making, of what comes bit by bit.
pub struct Hash(digest::Context);

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hash").finish_non_exhaustive()
    }
}

impl Hash {
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}

impl Default for Hash {
    fn default() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }
}

/// The hash of parts that follow one another.
pub fn sha256_of_parts(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}
