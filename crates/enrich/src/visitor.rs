//! Pseudonymous visitor numbers.

use std::net::IpAddr;

use model::VisitorPeriod;

/// The secret of one date or month: who has it can try out which address and agent gave a number. When it is destroyed
/// nobody can any more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 32]);

/// What visitors that a sender names are hashed with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NamedKey(pub [u8; 32]);

impl Salt {
    /// The number of an unnamed visitor. It differs between accounts, and in every period that has a salt of its
    /// own. `period` (of the account's calendar) is given where the salt is that of another one.
    pub fn visitor(
        &self,
        account: u64,
        period: Option<VisitorPeriod>,
        ip: Option<IpAddr>,
        user_agent: &str,
    ) -> u64 {
        let mut hash = blake3::Hasher::new_keyed(&self.0);
        hash.update(&account.to_le_bytes());
        match ip.map(|ip| ip.to_canonical()) {
            None => field(&mut hash, &[]),
            Some(IpAddr::V4(v4)) => field(&mut hash, &v4.octets()),
            Some(IpAddr::V6(v6)) => field(&mut hash, &v6.octets()),
        }
        field(&mut hash, user_agent.as_bytes());
        match period {
            None => {}
            Some(VisitorPeriod::Day(day)) => field(&mut hash, &day.to_le_bytes()),
            Some(VisitorPeriod::Month(month)) => {
                field(&mut hash, b"month");
                field(&mut hash, &month.to_le_bytes());
            }
        }
        number(&hash)
    }

    /// The salt of a date (days since 1970-01-01) in an installation that had one permanent key: numbers of
    /// the days on which it moved over stay what they were.
    pub fn of_permanent_key(key: &[u8; 32], day: i64) -> Self {
        let text = [&b"day"[..], &day.to_le_bytes()].concat();
        Self(*blake3::keyed_hash(key, &text).as_bytes())
    }
}

impl NamedKey {
    /// The number of a visitor that the sender names; the same on every day.
    pub fn visitor(&self, account: u64, id: &str) -> u64 {
        let mut hash = blake3::Hasher::new_keyed(&self.0);
        hash.update(&account.to_le_bytes());
        field(&mut hash, id.as_bytes());
        number(&hash)
    }

    /// That of an installation that had one permanent key.
    pub fn of_permanent_key(key: &[u8; 32]) -> Self {
        Self(*blake3::keyed_hash(key, b"named").as_bytes())
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
    use std::net::{IpAddr, Ipv4Addr};

    use proptest::prelude::*;

    use super::*;

    fn v4(bits: u32) -> Option<IpAddr> {
        Some(IpAddr::V4(Ipv4Addr::from_bits(bits)))
    }

    proptest! {
        #[test]
        fn every_input_counts(salt: [u8; 32], day: i32, account: u64, ip: u32, agent in ".{0,40}") {
            let (salt, day) = (Salt(salt), i64::from(day));
            let dated = |day| salt.visitor(account, Some(VisitorPeriod::Day(day)), v4(ip), &agent);
            let in_month = salt.visitor(account, Some(VisitorPeriod::Month(day)), v4(ip), &agent);
            let number = salt.visitor(account, None, v4(ip), &agent);
            prop_assert_eq!(number, salt.visitor(account, None, v4(ip), &agent));
            prop_assert_ne!(number, dated(day));
            prop_assert_ne!(dated(day + 1), dated(day));
            prop_assert!(in_month != number && in_month != dated(day));
            prop_assert_ne!(number, salt.visitor(account ^ 1, None, v4(ip), &agent));
            prop_assert_ne!(number, salt.visitor(account, None, v4(ip ^ 1), &agent));
            prop_assert_ne!(number, salt.visitor(account, None, None, &agent));
            prop_assert_ne!(number, salt.visitor(account, None, v4(ip), &format!("{agent} ")));
            let mut other = salt.0;
            other[0] ^= 1;
            prop_assert_ne!(number, Salt(other).visitor(account, None, v4(ip), &agent));
        }

        #[test]
        fn a_mapped_address_is_its_v4(salt: [u8; 32], ip: u32) {
            let (salt, v4) = (Salt(salt), Ipv4Addr::from_bits(ip));
            prop_assert_eq!(
                salt.visitor(1, None, Some(IpAddr::V4(v4)), "a"),
                salt.visitor(1, None, Some(IpAddr::V6(v4.to_ipv6_mapped())), "a")
            );
        }

        #[test]
        fn fields_do_not_run_into_each_other(salt: [u8; 32], ip: u32, agent in "[a-z]{0,9}") {
            let salt = Salt(salt);
            let v4 = Ipv4Addr::from_bits(ip);
            let text = v4.octets().iter().map(|b| char::from(*b)).collect::<String>() + &agent;
            prop_assert_ne!(
                salt.visitor(1, None, Some(IpAddr::V4(v4)), &agent),
                salt.visitor(1, None, None, &text)
            );
        }

        #[test]
        fn names_count_per_account(key: [u8; 32], account: u64, id in ".{0,40}") {
            let (named, salt) = (NamedKey(key), Salt(key));
            prop_assert_eq!(named.visitor(account, &id), named.visitor(account, &id));
            prop_assert_ne!(named.visitor(account, &id), named.visitor(account ^ 1, &id));
            prop_assert_ne!(named.visitor(account, &id), named.visitor(account, &format!("{id}x")));
            prop_assert_ne!(named.visitor(account, &id), salt.visitor(account, None, None, &id));
        }
    }

    #[test]
    fn numbers_stay_where_an_installation_moves_over() {
        // As the version before gave them for the key of 32 sevens.
        let key = [7; 32];
        let salt = Salt::of_permanent_key(&key, 20_000);
        let number = salt.visitor(5, None, v4(0x0A00_0001), "agent");
        assert_eq!(number, before(&key, 20_000, 5, &[10, 0, 0, 1], "agent"));
    }

    /// What the version before computed, written out once more.
    fn before(key: &[u8; 32], day: i64, account: u64, ip: &[u8], agent: &str) -> u64 {
        let salt = blake3::keyed_hash(key, &[&b"day"[..], &day.to_le_bytes()].concat());
        let mut bytes = account.to_le_bytes().to_vec();
        for field in [ip, agent.as_bytes()] {
            bytes.extend((field.len() as u64).to_le_bytes());
            bytes.extend(field);
        }
        let hash = blake3::keyed_hash(salt.as_bytes(), &bytes);
        u64::from_le_bytes(hash.as_bytes()[..8].try_into().unwrap())
    }
}
