//! Ids, slugs and secrets from injected randomness.

use std::sync::{Mutex, PoisonError};

use rand::{RngCore, SeedableRng, rngs::StdRng};

use crate::id::{EntityId, EntityKind};

/// Where random bytes come from.
pub trait Randomness: Send + Sync {
    /// Fills `bytes`. For secrets they must not be predictable.
    fn fill(&self, bytes: &mut [u8]);
}

/// A cryptographic generator seeded by the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Randomness for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// The same bytes for the same seed; for tests and simulations.
#[derive(Debug)]
pub struct SeededRandom(Mutex<StdRng>);

impl SeededRandom {
    /// A generator for `seed`.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Randomness for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let mut generator = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        generator.fill_bytes(bytes);
    }
}

/// 64 characters, so that six random bits choose one without bias.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

/// A new id. Its number is random, so that nobody has to agree on it.
pub fn new_id(kind: EntityKind, random: &dyn Randomness) -> EntityId {
    let mut raw = [0; 8];
    random.fill(&mut raw);
    EntityId::new(kind, u64::from_le_bytes(raw))
}

/// A new nonce.
pub fn new_nonce(random: &dyn Randomness) -> u128 {
    let mut raw = [0; 16];
    random.fill(&mut raw);
    u128::from_le_bytes(raw)
}

/// A new slug: seven letters and digits that are hard to mistake for each other. It may be
/// taken: look before it is used.
pub fn new_slug(random: &dyn Randomness) -> String {
    text(b"0123456789abcdefghjkmnpqrstvwxyz", 7, random)
}

/// The id of a new API key.
pub fn new_key_id(random: &dyn Randomness) -> String {
    format!(
        "key_{}",
        text(ALPHABET, 16, random).replace(['-', '_'], "0")
    )
}

/// The id of a new cost of a period.
pub fn new_cost_id(random: &dyn Randomness) -> String {
    format!(
        "cst_{}",
        text(b"0123456789abcdefghjkmnpqrstvwxyz", 13, random)
    )
}

/// The secret of a new API key: `mr_` and 258 random bits.
pub fn new_secret(random: &dyn Randomness) -> String {
    format!("mr_{}", text(ALPHABET, 43, random))
}

/// A secret that can be made again from what two share who keep it, and from a `salt` that anybody may know.
pub fn derived_secret(prefix: &str, shared: &str, salt: &str) -> String {
    let mut hasher =
        blake3::Hasher::new_derive_key("millrace 2026-11 secrets of requests that name themselves");
    for text in [prefix, shared, salt] {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    let mut bytes = [0; 43];
    hasher.finalize_xof().fill(&mut bytes);
    let letter = |byte: &u8| ALPHABET[usize::from(*byte) & (ALPHABET.len() - 1)] as char;
    let letters: String = bytes.iter().map(letter).collect();
    format!("{prefix}{letters}")
}

/// The id of a new row of an account that has this prefix, such as `ann_`.
pub fn new_row_id(prefix: &str, random: &dyn Randomness) -> String {
    format!(
        "{prefix}{}",
        text(b"0123456789abcdefghjkmnpqrstvwxyz", 13, random)
    )
}

/// What is stored of a secret. The secret is random and long, so a plain hash is enough.
pub fn hash_secret(secret: &str) -> String {
    blake3::hash(secret.as_bytes()).to_hex().to_string()
}

/// `length` characters of `alphabet`, whose size must be a power of two.
fn text(alphabet: &[u8], length: usize, random: &dyn Randomness) -> String {
    let mut bytes = vec![0; length];
    random.fill(&mut bytes);
    let letter = |byte: &u8| alphabet[usize::from(*byte) & (alphabet.len() - 1)] as char;
    bytes.iter().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_random_and_stored_only_as_a_hash() {
        let secret = new_secret(&SystemRandom);
        assert!(secret.starts_with("mr_") && secret.len() == 46);
        assert_ne!(secret, new_secret(&SystemRandom));
        assert_eq!(hash_secret(&secret).len(), 64);
        assert_ne!(hash_secret(&secret), hash_secret("mr_"));
    }

    #[test]
    fn one_seed_gives_one_sequence() {
        let ids = |seed| {
            let random = SeededRandom::new(seed);
            [(); 3].map(|()| new_id(EntityKind::Link, &random))
        };
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
    }
}
