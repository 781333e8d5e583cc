//! Keys and what is done with them: sealing of sensitive columns (AES-256-GCM-SIV), blind indexes
//! and signatures of cursors (HMAC-SHA-256), hashes of secrets (SHA-256), access-token keys
//! (Ed25519). Keys live in a file of their own, never in the database.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::rand;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

/// First byte of a sealed value: which cipher made it.
const ALGORITHM: u8 = 1;
const HEADER: usize = 3;

/// The key file as it lies on the disk.
#[derive(Serialize, Deserialize, Zeroize)]
#[zeroize(drop)]
struct KeyFile {
    /// Sealing keys, oldest first; the last one seals, all open.
    sealing: Vec<VersionedKey>,
    /// Key of the blind indexes; a new one means indexing anew.
    index: String,
    /// Ed25519 key (PKCS#8) that signs access tokens.
    token: String,
}

#[derive(Serialize, Deserialize, Zeroize)]
#[zeroize(drop)]
struct VersionedKey {
    version: u16,
    key: String,
}

/// Why the key file cannot be used, as a sentence for the person at the console.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the key file {path} cannot be read or written: {source}")]
    Io { path: String, source: io::Error },
    #[error(
        "there is no key file {path}: `huican migrate` makes it with a new database, and it moves with that"
    )]
    Missing { path: String },
    #[error("the key file {path} is not what huican wrote: {problem}")]
    Content { path: String, problem: String },
}

/// A value could not be opened: another row's, another key's, or damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value cannot be opened")]
pub struct NotOpened;

/// All keys of an installation, ready for use.
pub struct Keys {
    sealing: Vec<(u16, LessSafeKey)>,
    index: hmac::Key,
    cursor: hmac::Key,
    token: TokenKey,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("token", &self.token.id)
            .finish_non_exhaustive()
    }
}

/// The key pair of access tokens; `id` is the `kid` of their headers.
pub struct TokenKey {
    pub id: String,
    pub pkcs8: Zeroizing<Vec<u8>>,
    pub public: Vec<u8>,
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Keys {
    /// Reads the key file, or makes one that only its owner may read.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let shown = || path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&Zeroizing::new(text)).map_err(|problem| KeyError::Content {
                path: shown(),
                problem,
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(KeyError::Missing { path: shown() })
            }
            Err(source) => Err(KeyError::Io {
                path: shown(),
                source,
            }),
        }
    }

    pub fn open_or_create(path: &Path) -> Result<Self, KeyError> {
        match Self::read(path) {
            Err(KeyError::Missing { .. }) => Self::create(path),
            known => known,
        }
    }

    fn create(path: &Path) -> Result<Self, KeyError> {
        let fail = |source| KeyError::Io {
            path: path.display().to_string(),
            source,
        };
        let file = KeyFile {
            sealing: vec![VersionedKey {
                version: 1,
                key: BASE64.encode(random::<32>()),
            }],
            index: BASE64.encode(random::<32>()),
            token: BASE64.encode(
                Ed25519KeyPair::generate()
                    .and_then(|pair| pair.to_pkcs8v1())
                    .map_err(|error| fail(io::Error::other(error)))?,
            ),
        };
        let text = Zeroizing::new(
            serde_json::to_string_pretty(&file).map_err(|error| fail(io::Error::other(error)))?,
        );
        let mut target = create_private(path).map_err(fail)?;
        target
            .write_all(text.as_bytes())
            .and_then(|()| target.sync_all())
            .map_err(fail)?;
        Self::parse(&text).map_err(|problem| KeyError::Content {
            path: path.display().to_string(),
            problem,
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: KeyFile = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let bytes = |name: &str, text: &str| {
            BASE64
                .decode(text)
                .map(Zeroizing::new)
                .map_err(|_error| format!("`{name}` is not base64"))
        };
        let sealing = file
            .sealing
            .iter()
            .map(|entry| {
                UnboundKey::new(&AES_256_GCM_SIV, &bytes("sealing", &entry.key)?)
                    .map(|key| (entry.version, LessSafeKey::new(key)))
                    .map_err(|_error| "`sealing` keys have 32 bytes".to_owned())
            })
            .collect::<Result<Vec<_>, _>>()?;
        if sealing.is_empty() {
            return Err("`sealing` has no key".to_owned());
        }
        let index = bytes("index", &file.index)?;
        let pkcs8 = bytes("token", &file.token)?;
        let public = Ed25519KeyPair::from_pkcs8(&pkcs8)
            .map_err(|_error| "`token` is not an Ed25519 key".to_owned())?
            .public_key()
            .as_ref()
            .to_vec();
        let id = hex(digest::digest(&digest::SHA256, &public).as_ref())
            .chars()
            .take(16)
            .collect();
        Ok(Self {
            sealing,
            cursor: derive(&index, b"cursor"),
            index: derive(&index, b"blind index"),
            token: TokenKey { id, pkcs8, public },
        })
    }

    pub fn token(&self) -> &TokenKey {
        &self.token
    }

    /// Seals a value for one place, `table|column|row`; moved to another place it does not open.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let (version, key) = self.sealing.last().ok_or(NotOpened)?;
        let nonce = random::<NONCE_LEN>();
        let mut sealed = Vec::with_capacity(HEADER + NONCE_LEN + plain.len() + 16);
        sealed.push(ALGORITHM);
        sealed.extend(version.to_be_bytes());
        sealed.extend(nonce);
        let mut body = plain.to_vec();
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(place.as_bytes()),
            &mut body,
        )
        .map_err(|_error| NotOpened)?;
        sealed.extend(body);
        Ok(sealed)
    }

    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        let (header, rest) = sealed.split_at_checked(HEADER).ok_or(NotOpened)?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or(NotOpened)?;
        let [ALGORITHM, high, low] = *header else {
            return Err(NotOpened);
        };
        let version = u16::from_be_bytes([high, low]);
        let (_, key) = self
            .sealing
            .iter()
            .find(|(known, _)| *known == version)
            .ok_or(NotOpened)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_error| NotOpened)?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = key
            .open_in_place(nonce, Aad::from(place.as_bytes()), &mut body)
            .map_err(|_error| NotOpened)?
            .len();
        body.truncate(length);
        Ok(body)
    }

    /// A keyed fingerprint by which an encrypted value can be found, but not read.
    pub fn blind_index(&self, field: &str, value: &str) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.index);
        context.update(field.as_bytes());
        context.update(b"|");
        context.update(value.as_bytes());
        context.sign().as_ref().to_vec()
    }

    /// Signs what a client carries for us and must not change.
    pub fn sign_cursor(&self, content: &[u8]) -> Vec<u8> {
        hmac::sign(&self.cursor, content).as_ref().to_vec()
    }

    pub fn cursor_is_ours(&self, content: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.cursor, content, tag).is_ok()
    }
}

struct Bytes32;
impl KeyType for Bytes32 {
    fn len(&self) -> usize {
        32
    }
}

/// An independent key for each purpose out of one secret.
fn derive(secret: &[u8], purpose: &[u8]) -> hmac::Key {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    let info = [purpose];
    let filled = Salt::new(HKDF_SHA256, b"huican")
        .extract(secret)
        .expand(&info, Bytes32)
        .and_then(|okm| okm.fill(bytes.as_mut()));
    debug_assert!(filled.is_ok(), "HKDF-SHA-256 always yields 32 bytes");
    hmac::Key::new(hmac::HMAC_SHA256, bytes.as_ref())
}

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

fn create_private(path: &Path) -> io::Result<File> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_in_its_own_place_only() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open_or_create(&folder.path().join("keys")).unwrap();
        let sealed = keys.seal("residents|phone|1", b"12000000001").unwrap();
        assert_eq!(
            keys.open("residents|phone|1", &sealed).unwrap().as_slice(),
            b"12000000001"
        );
        assert_eq!(
            keys.open("residents|phone|2", &sealed).unwrap_err(),
            NotOpened
        );
        let mut damaged = sealed.clone();
        *damaged.last_mut().unwrap() ^= 1;
        assert_eq!(
            keys.open("residents|phone|1", &damaged).unwrap_err(),
            NotOpened
        );
    }

    #[test]
    fn keys_are_made_once_and_for_the_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let first = Keys::open_or_create(&path).unwrap();
        let again = Keys::open_or_create(&path).unwrap();
        assert_eq!(
            first.blind_index("phone", "1"),
            again.blind_index("phone", "1")
        );
        assert_ne!(
            first.blind_index("phone", "1"),
            first.blind_index("id_number", "1")
        );
        assert_eq!(first.token().id, again.token().id);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        std::fs::write(&path, "{}").unwrap();
        assert!(matches!(
            Keys::open_or_create(&path),
            Err(KeyError::Content { .. })
        ));
    }
}
