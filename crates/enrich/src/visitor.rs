//! Pseudonymous visitor numbers.

use std::net::IpAddr;

/// The secret that turns an address and a user agent into a visitor number.
///
/// The number cannot be turned back without the key, differs between accounts and changes every day
/// of the account, so that a visitor cannot be followed across either.
pub struct VisitorKey([u8; 32]);

impl VisitorKey {
    /// A key from 32 secret random bytes.
    pub fn new(key: [u8; 32]) -> VisitorKey {
        VisitorKey(key)
    }

    /// The number of an unnamed visitor on `day` (days since 1970-01-01, in the account's time zone).
    pub fn visitor(&self, day: i64, account: u64, ip: Option<IpAddr>, user_agent: &str) -> u64 {
        let salt = blake3::keyed_hash(&self.0, &[&b"day"[..], &day.to_le_bytes()].concat());
        let mut hash = blake3::Hasher::new_keyed(salt.as_bytes());
        hash.update(&account.to_le_bytes());
        match ip.map(|ip| ip.to_canonical()) {
            None => field(&mut hash, &[]),
            Some(IpAddr::V4(v4)) => field(&mut hash, &v4.octets()),
            Some(IpAddr::V6(v6)) => field(&mut hash, &v6.octets()),
        }
        field(&mut hash, user_agent.as_bytes());
        number(&hash)
    }

    /// The number of a visitor that the sender names; the same on every day.
    pub fn named(&self, account: u64, id: &str) -> u64 {
        let salt = blake3::keyed_hash(&self.0, b"named");
        let mut hash = blake3::Hasher::new_keyed(salt.as_bytes());
        hash.update(&account.to_le_bytes());
        field(&mut hash, id.as_bytes());
        number(&hash)
    }
}

/// Adds a field behind its length, so that no two lists of fields give the same bytes.
fn field(hash: &mut blake3::Hasher, bytes: &[u8]) {
    hash.update(&(bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

fn number(hash: &blake3::Hasher) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash.finalize().as_bytes()[..8]);
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::VisitorKey;
    use std::net::{IpAddr, Ipv4Addr};

    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_input_counts(key: [u8; 32], day: i32, account: u64, ip: u32, agent in ".{0,40}") {
            let (key, day) = (VisitorKey::new(key), i64::from(day));
            let v4 = |bits| Some(IpAddr::V4(Ipv4Addr::from_bits(bits)));
            let number = key.visitor(day, account, v4(ip), &agent);
            prop_assert_eq!(number, key.visitor(day, account, v4(ip), &agent));
            prop_assert_ne!(number, key.visitor(day + 1, account, v4(ip), &agent));
            prop_assert_ne!(number, key.visitor(day, account ^ 1, v4(ip), &agent));
            prop_assert_ne!(number, key.visitor(day, account, v4(ip ^ 1), &agent));
            prop_assert_ne!(number, key.visitor(day, account, None, &agent));
            prop_assert_ne!(number, key.visitor(day, account, v4(ip), &format!("{agent} ")));
            let mut other = key.0;
            other[0] ^= 1;
            let other = VisitorKey::new(other);
            prop_assert_ne!(number, other.visitor(day, account, v4(ip), &agent));
        }

        #[test]
        fn a_mapped_address_is_its_v4(key: [u8; 32], ip: u32) {
            let (key, v4) = (VisitorKey::new(key), Ipv4Addr::from_bits(ip));
            prop_assert_eq!(
                key.visitor(0, 1, Some(IpAddr::V4(v4)), "a"),
                key.visitor(0, 1, Some(IpAddr::V6(v4.to_ipv6_mapped())), "a")
            );
        }

        #[test]
        fn fields_do_not_run_into_each_other(key: [u8; 32], ip: u32, agent in "[a-z]{0,9}") {
            let key = VisitorKey::new(key);
            let v4 = Ipv4Addr::from_bits(ip);
            let text = v4.octets().iter().map(|b| char::from(*b)).collect::<String>() + &agent;
            prop_assert_ne!(
                key.visitor(0, 1, Some(IpAddr::V4(v4)), &agent),
                key.visitor(0, 1, None, &text)
            );
        }

        #[test]
        fn names_count_per_account(key: [u8; 32], account: u64, id in ".{0,40}") {
            let key = VisitorKey::new(key);
            prop_assert_eq!(key.named(account, &id), key.named(account, &id));
            prop_assert_ne!(key.named(account, &id), key.named(account ^ 1, &id));
            prop_assert_ne!(key.named(account, &id), key.named(account, &format!("{id}x")));
            prop_assert_ne!(key.named(account, &id), key.visitor(0, account, None, &id));
        }
    }
}
