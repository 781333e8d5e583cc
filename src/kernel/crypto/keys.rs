//! The keys of an installation, ready for use. A process follows the file: it takes in a version that
//! it meets and does not know, and what was put into use meanwhile.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

use super::file::{Entry, KeyError, KeyFile, KeyState, Purpose};
use super::{hex, random, sha256};

/// First byte of an encrypted value: which cipher made it.
const ALGORITHM: u8 = 1;
const HEADER: usize = 3;
const VERSION: usize = 2;

/// A value could not be opened: another row's, another key's, or damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an encrypted value cannot be opened")]
pub struct NotOpened;

/// All keys of an installation.
pub struct Keys {
    path: PathBuf,
    ring: RwLock<Arc<Ring>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// What one reading of the file gave.
struct Ring {
    read_at: Option<SystemTime>,
    encryption: Vec<Versioned<LessSafeKey>>,
    index: Vec<Versioned<MacKeys>>,
    token: Vec<Versioned<Arc<SigningKey>>>,
    seal: Vec<Versioned<Arc<SigningKey>>>,
}

struct Versioned<K> {
    version: u16,
    waiting: bool,
    key: K,
}

struct MacKeys {
    index: hmac::Key,
    cursor: hmac::Key,
}

/// An Ed25519 key pair; `id` is the hash of its public half.
pub struct SigningKey {
    pub id: String,
    pub pkcs8: Zeroizing<Vec<u8>>,
    pub public: Vec<u8>,
    pair: Ed25519KeyPair,
}

impl SigningKey {
    pub fn sign(&self, content: &[u8]) -> Vec<u8> {
        self.pair.sign(content).as_ref().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Whether the holder of this public key signed that.
pub fn is_signed_by(public: &[u8], content: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, public)
        .verify(content, signature)
        .is_ok()
}

impl Keys {
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let read_at = modified(path);
        Self::of(path, &KeyFile::read(path)?, read_at)
    }

    /// Reads the key file, or makes one that only its owner may read.
    pub fn open_or_create(path: &Path) -> Result<Self, KeyError> {
        match Self::read(path) {
            Err(KeyError::Missing { .. }) => Self::of(path, &KeyFile::create(path)?, None),
            known => known,
        }
    }

    fn of(path: &Path, file: &KeyFile, read_at: Option<SystemTime>) -> Result<Self, KeyError> {
        let ring = Ring::of(file, read_at).map_err(|problem| KeyError::content(path, problem))?;
        Ok(Self {
            path: path.to_owned(),
            ring: RwLock::new(Arc::new(ring)),
        })
    }

    fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes in the file when it was written since it was read; whether it was. What cannot be read
    /// leaves things as they are.
    pub fn refresh(&self) -> bool {
        let now = modified(&self.path);
        if now.is_none() || now == self.ring().read_at {
            return false;
        }
        let fresh = KeyFile::read(&self.path)
            .and_then(|file| {
                Ring::of(&file, now).map_err(|problem| KeyError::content(&self.path, problem))
            })
            .map(Arc::new);
        match fresh {
            Ok(ring) => {
                *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
                true
            }
            Err(error) => {
                tracing::error!(%error, "the keys stay as they were");
                false
            }
        }
    }

    /// What `find` finds, looking into the file once more when it finds nothing.
    fn find<T>(&self, find: impl Fn(&Ring) -> Option<T>) -> Option<T> {
        let found = find(&self.ring());
        if found.is_some() || !self.refresh() {
            return found;
        }
        find(&self.ring())
    }

    /// Encrypts a value for one place, `table|column|row`; moved to another place it does not open.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let ring = self.ring();
        let Versioned { version, key, .. } = in_use(&ring.encryption).ok_or(NotOpened)?;
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
        let plain = self
            .find(|ring| {
                let known = of_version(&ring.encryption, version)?;
                let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
                let mut body = Zeroizing::new(body.to_vec());
                let aad = Aad::from(place.as_bytes());
                let length = known
                    .open_in_place(nonce, aad, &mut body)
                    .map(|plain| plain.len());
                Some(length.map(|length| {
                    body.truncate(length);
                    body
                }))
            })
            .ok_or(NotOpened)?;
        plain.map_err(|_error| NotOpened)
    }

    /// The first bytes of everything that is encrypted as it should be now.
    pub fn present_header(&self) -> Vec<u8> {
        let ring = self.ring();
        let version = in_use(&ring.encryption).map_or(0, |key| key.version);
        let [high, low] = version.to_be_bytes();
        vec![ALGORITHM, high, low]
    }

    /// A keyed fingerprint by which an encrypted value can be found, but not read.
    pub fn blind_index(&self, field: &str, value: &str) -> Vec<u8> {
        let ring = self.ring();
        let Some(Versioned { version, key, .. }) = in_use(&ring.index) else {
            return Vec::new();
        };
        let mut context = hmac::Context::with_key(&key.index);
        context.update(field.as_bytes());
        context.update(b"|");
        context.update(value.as_bytes());
        [&version.to_be_bytes(), context.sign().as_ref()].concat()
    }

    /// Signs what a client carries for us and must not change.
    pub fn sign_cursor(&self, content: &[u8]) -> Vec<u8> {
        let ring = self.ring();
        let Some(Versioned { version, key, .. }) = in_use(&ring.index) else {
            return Vec::new();
        };
        let tag = hmac::sign(&key.cursor, content);
        [&version.to_be_bytes(), tag.as_ref()].concat()
    }

    pub fn cursor_is_ours(&self, content: &[u8], tag: &[u8]) -> bool {
        let Some((&[high, low], tag)) = tag.split_first_chunk::<VERSION>() else {
            return false;
        };
        let version = u16::from_be_bytes([high, low]);
        let known = |ring: &Ring| Some(of_version(&ring.index, version)?.cursor.clone());
        self.find(known)
            .is_some_and(|key| hmac::verify(&key, content, tag).is_ok())
    }

    /// The key that signs access tokens now.
    pub fn token(&self) -> Option<Arc<SigningKey>> {
        in_use(&self.ring().token).map(|entry| Arc::clone(&entry.key))
    }

    /// A key that signed tokens which may still be about.
    pub fn token_named(&self, id: &str) -> Option<Arc<SigningKey>> {
        self.find(|ring| named(&ring.token, id))
    }

    /// The key that signs checkpoints now.
    pub fn seal_key(&self) -> Option<Arc<SigningKey>> {
        in_use(&self.ring().seal).map(|entry| Arc::clone(&entry.key))
    }

    pub fn seal_key_named(&self, id: &str) -> Option<Arc<SigningKey>> {
        self.find(|ring| named(&ring.seal, id))
    }

    /// The versions that the file has of a key, oldest first.
    pub fn versions(&self, purpose: Purpose) -> Result<Vec<(u16, KeyState)>, KeyError> {
        Ok(KeyFile::read(&self.path)?.versions(purpose))
    }

    /// Makes a newer key known without using it; its version.
    pub fn add(&self, purpose: Purpose) -> Result<u16, KeyError> {
        let mut file = KeyFile::read(&self.path)?;
        let version = file.add(&self.path, purpose)?;
        file.replace(&self.path)?;
        self.refresh();
        Ok(version)
    }

    /// Puts the newest key into use, making one unless one waits; its version.
    pub fn renew(&self, purpose: Purpose) -> Result<u16, KeyError> {
        let mut file = KeyFile::read(&self.path)?;
        let version = file.add(&self.path, purpose)?;
        for entry in file.entries(purpose) {
            entry.waiting = false;
        }
        file.replace(&self.path)?;
        self.refresh();
        Ok(version)
    }

    /// Forgets all keys of a purpose but the one in use; how many.
    pub fn retire(&self, purpose: Purpose) -> Result<usize, KeyError> {
        let mut file = KeyFile::read(&self.path)?;
        let entries = file.entries(purpose);
        let before = entries.len();
        let present = entries.iter().rposition(|entry| !entry.waiting);
        let old = present.unwrap_or(0);
        entries.drain(..old);
        let gone = before - entries.len();
        file.replace(&self.path)?;
        self.refresh();
        Ok(gone)
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path)
        .and_then(|data| data.modified())
        .ok()
}

/// The newest that does not wait.
fn in_use<K>(keys: &[Versioned<K>]) -> Option<&Versioned<K>> {
    keys.iter().rev().find(|key| !key.waiting)
}

fn of_version<K>(keys: &[Versioned<K>], version: u16) -> Option<&K> {
    let found = keys.iter().find(|key| key.version == version)?;
    Some(&found.key)
}

fn named(keys: &[Versioned<Arc<SigningKey>>], id: &str) -> Option<Arc<SigningKey>> {
    let found = keys.iter().find(|entry| entry.key.id == id)?;
    Some(Arc::clone(&found.key))
}

impl Ring {
    fn of(file: &KeyFile, read_at: Option<SystemTime>) -> Result<Self, String> {
        Ok(Self {
            read_at,
            encryption: versions("encryption", &file.encryption, |bytes| {
                UnboundKey::new(&AES_256_GCM_SIV, bytes)
                    .map(LessSafeKey::new)
                    .map_err(|_error| "keys of 32 bytes")
            })?,
            index: versions("index", &file.index, |bytes| {
                Ok(MacKeys {
                    index: derive(bytes, b"blind index"),
                    cursor: derive(bytes, b"cursor"),
                })
            })?,
            token: versions("token", &file.token, signing_key)?,
            seal: versions("seal", &file.seal, signing_key)?,
        })
    }
}

fn versions<K>(
    name: &str,
    entries: &[Entry],
    parse: impl Fn(&[u8]) -> Result<K, &'static str>,
) -> Result<Vec<Versioned<K>>, String> {
    let keys = entries
        .iter()
        .map(|entry| {
            let bytes = BASE64
                .decode(&entry.key)
                .map(Zeroizing::new)
                .map_err(|_error| format!("`{name}` is not base64"))?;
            Ok(Versioned {
                version: entry.version,
                waiting: entry.waiting,
                key: parse(&bytes).map_err(|what| format!("`{name}` has {what}"))?,
            })
        })
        .collect::<Result<Vec<_>, String>>()?;
    if in_use(&keys).is_none() {
        return Err(format!("`{name}` has no key in use"));
    }
    Ok(keys)
}

fn signing_key(pkcs8: &[u8]) -> Result<Arc<SigningKey>, &'static str> {
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_error| "Ed25519 keys")?;
    let public = pair.public_key().as_ref().to_vec();
    let id = hex(&sha256(&public)).chars().take(16).collect();
    Ok(Arc::new(SigningKey {
        id,
        pkcs8: Zeroizing::new(pkcs8.to_vec()),
        public,
        pair,
    }))
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
        assert_eq!(first.token().unwrap().id, again.token().unwrap().id);
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

    #[test]
    fn a_running_process_follows_its_key_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let here = Keys::open_or_create(&path).unwrap();
        let there = Keys::read(&path).unwrap();
        let old = here.seal("a|b|1", b"old").unwrap();
        let old_token = here.token().unwrap();

        // A key that waits is known, and not used.
        assert_eq!(here.add(Purpose::Encryption).unwrap(), 2);
        assert_eq!(here.add(Purpose::Encryption).unwrap(), 2);
        assert_eq!(here.seal("a|b|1", b"x").unwrap()[..3], old[..3]);

        assert_eq!(here.renew(Purpose::Encryption).unwrap(), 2);
        assert_eq!(here.renew(Purpose::Token).unwrap(), 2);
        let new = here.seal("a|b|1", b"new").unwrap();
        assert_eq!(
            (&new[..3], here.present_header()),
            (&[1, 0, 2][..], vec![1, 0, 2])
        );
        let token = here.token().unwrap();
        assert_ne!(token.id, old_token.id);

        // Who has not heard of it yet looks it up.
        assert_eq!(there.open("a|b|1", &new).unwrap().as_slice(), b"new");
        assert_eq!(there.open("a|b|1", &old).unwrap().as_slice(), b"old");
        assert!(there.token_named(&token.id).is_some());
        assert!(there.token_named(&old_token.id).is_some());
        assert!(there.token_named("0123456789abcdef").is_none());

        assert_eq!(here.retire(Purpose::Encryption).unwrap(), 1);
        assert_eq!(here.open("a|b|1", &old).unwrap_err(), NotOpened);
        assert_eq!(here.open("a|b|1", &new).unwrap().as_slice(), b"new");
    }
}
