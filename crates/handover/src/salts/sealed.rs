//! The secret of an installation, and what is encrypted with it.

use enrich::NamedKey;
use model::random::Randomness;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use storage::object_keys::ObjectKey;

use super::SaltError;

/// Shortest secret, bytes.
const LEAST: usize = 32;

/// The secret of an installation. It is never in the store, and never shown.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    /// The secret that `text` is.
    pub fn new(text: &str) -> Result<Self, SaltError> {
        match text.trim() {
            text if text.len() < LEAST => Err(SaltError::Short { least: LEAST }),
            text => Ok(Self(blake3::derive_key(KEY_CONTEXT, text.as_bytes()))),
        }
    }

    pub(super) fn named(&self) -> NamedKey {
        NamedKey(blake3::derive_key(NAMED_CONTEXT, &self.0))
    }

    fn cipher(&self) -> LessSafeKey {
        // The key is as long as the cipher wants it.
        let key = UnboundKey::new(&CHACHA20_POLY1305, &self.0);
        LessSafeKey::new(key.unwrap_or_else(|_| unreachable!("a key of 32 bytes")))
    }
}

const KEY_CONTEXT: &str = "millrace 2026-11 key of the salts";
const NAMED_CONTEXT: &str = "millrace 2026-11 key of named visitors";

/// 32 secret bytes, encrypted for one object.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Sealed {
    nonce: [u8; NONCE_LEN],
    sealed: Vec<u8>,
}

impl Sealed {
    /// Bound to its object: a salt moved to another date does not open.
    pub(super) fn new(
        plain: &[u8; 32],
        key: &ObjectKey,
        secret: &Secret,
        random: &dyn Randomness,
    ) -> Self {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce);
        let mut sealed = plain.to_vec();
        let name = Aad::from(key.to_string());
        let number = Nonce::assume_unique_for_key(nonce);
        let done = secret
            .cipher()
            .seal_in_place_append_tag(number, name, &mut sealed);
        done.unwrap_or_else(|_| unreachable!("32 bytes can be encrypted"));
        Self { nonce, sealed }
    }

    pub(super) fn open(&self, key: &ObjectKey, secret: &Secret) -> Result<[u8; 32], SaltError> {
        let mut bytes = self.sealed.clone();
        let name = Aad::from(key.to_string());
        let nonce = Nonce::assume_unique_for_key(self.nonce);
        let opened = secret.cipher().open_in_place(nonce, name, &mut bytes);
        let plain = opened
            .ok()
            .and_then(|plain| <[u8; 32]>::try_from(&*plain).ok());
        plain.ok_or_else(|| SaltError::OtherSecret {
            path: key.to_string(),
        })
    }
}
