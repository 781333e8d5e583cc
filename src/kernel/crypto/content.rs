//! Contents too large for a column: encrypted piece by piece (AES-256-GCM-SIV), each content under a key
//! of its own. That key is kept as a sealed column, so that a newer key of the installation touches no
//! content.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::{NotOpened, random};

/// How much of a content is encrypted at once.
pub const PIECE: usize = 64 * 1024;
/// What encryption adds to a piece.
pub const TAG: usize = 16;

/// The key of one content.
pub struct ContentKey {
    bytes: Zeroizing<[u8; 32]>,
    key: LessSafeKey,
}

impl std::fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContentKey").finish_non_exhaustive()
    }
}

/// Where a piece belongs: anywhere else, and with pieces missing behind it, it does not open.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Which content.
    pub content: &'a str,
    pub number: u32,
    pub is_last: bool,
}

impl Place<'_> {
    fn aad(&self) -> String {
        let end = if self.is_last { "last" } else { "more" };
        format!("{}|{}|{end}", self.content, self.number)
    }

    /// A key has one content, so that the piece's number is never used with it twice.
    fn nonce(&self) -> Nonce {
        let mut bytes = [0; NONCE_LEN];
        bytes[..4].copy_from_slice(&self.number.to_be_bytes());
        Nonce::assume_unique_for_key(bytes)
    }
}

impl ContentKey {
    pub fn fresh() -> Result<Self, NotOpened> {
        Self::of(Zeroizing::new(random::<32>()))
    }

    pub fn read(bytes: &[u8]) -> Result<Self, NotOpened> {
        let bytes = bytes.try_into().map_err(|_error| NotOpened)?;
        Self::of(Zeroizing::new(bytes))
    }

    fn of(bytes: Zeroizing<[u8; 32]>) -> Result<Self, NotOpened> {
        let key = UnboundKey::new(&AES_256_GCM_SIV, bytes.as_ref()).map_err(|_error| NotOpened)?;
        Ok(Self {
            bytes,
            key: LessSafeKey::new(key),
        })
    }

    /// To be sealed, and kept.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    /// Encrypts a piece where it stands.
    pub fn seal(&self, place: Place<'_>, piece: &mut Vec<u8>) -> Result<(), NotOpened> {
        self.key
            .seal_in_place_append_tag(place.nonce(), Aad::from(place.aad()), piece)
            .map_err(|_error| NotOpened)
    }

    pub fn open(&self, place: Place<'_>, piece: &mut Vec<u8>) -> Result<(), NotOpened> {
        let length = self
            .key
            .open_in_place(place.nonce(), Aad::from(place.aad()), piece)
            .map_err(|_error| NotOpened)?
            .len();
        piece.truncate(length);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_opens_at_its_own_place_under_its_own_key_only() {
        let key = ContentKey::fresh().unwrap();
        let place = |content, number, is_last| Place {
            content,
            number,
            is_last,
        };
        let mut sealed = b"%PDF-".to_vec();
        key.seal(place("a", 7, false), &mut sealed).unwrap();
        assert_eq!(sealed.len(), 5 + TAG);
        let open = |key: &ContentKey, place| {
            let mut piece = sealed.clone();
            key.open(place, &mut piece).map(|()| piece)
        };
        assert_eq!(open(&key, place("a", 7, false)).unwrap(), b"%PDF-");
        for elsewhere in [
            place("b", 7, false),
            place("a", 8, false),
            place("a", 7, true),
        ] {
            assert_eq!(open(&key, elsewhere).unwrap_err(), NotOpened);
        }
        let same = ContentKey::read(key.bytes()).unwrap();
        assert_eq!(open(&same, place("a", 7, false)).unwrap(), b"%PDF-");
        let other = ContentKey::fresh().unwrap();
        assert_eq!(open(&other, place("a", 7, false)).unwrap_err(), NotOpened);
        assert_eq!(ContentKey::read(b"short").unwrap_err(), NotOpened);
    }
}
