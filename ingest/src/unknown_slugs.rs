//! How often each client asks for links that there are not: whoever tries slugs one after another finds links that nobody
//! told them of.
//!
//! Beyond so many in a minute a client's misses are answered 429, and beyond [`BLOCKED`] times as many everything that it
//! asks for until the minute ends, since a hit would tell it what it looks for. Who is counted is an address, or a
//! network of IPv6 that is one client's; addresses that are no public ones are a proxy's or an office's own, and are not.
//!
//! Memory is the same whoever asks: a count-min sketch (Cormode and Muthukrishnan, 2005), of four rows of counters with the
//! minute they are of. A client is charged the least of its four; that it shares all four with others who guess much
//! is as likely as guessing them.

use std::{
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::atomic::{AtomicU64, Ordering},
};

use model::time;

use crate::room::client;

/// Rows, and counters in each: half a MiB.
const ROWS: usize = 4;
const COUNTERS: usize = 1 << 14;
/// Times the bound of misses beyond which nothing is answered.
const BLOCKED: u32 = 10;

/// See the head of this file.
pub(crate) struct UnknownSlugs {
    /// Misses of a client in a minute; 0: any number.
    most: u32,
    hasher: RandomState,
    counters: Box<[AtomicU64]>,
    /// The last minute in which somebody was blocked: as long as nobody is, nothing is looked up.
    blocked_in: AtomicU64,
}

impl UnknownSlugs {
    pub(crate) fn new(most: u32) -> Self {
        let counters = (0..ROWS * COUNTERS).map(|_| AtomicU64::new(0));
        Self {
            most,
            hasher: RandomState::new(),
            counters: counters.collect(),
            blocked_in: AtomicU64::new(u64::MAX),
        }
    }

    /// A client has asked for a link that there is not. Gives after how many seconds it may ask again, if that was too
    /// often.
    pub(crate) fn miss(&self, ip: Option<IpAddr>, now_ms: i64) -> Option<u32> {
        let ip = ip.filter(|ip| self.most > 0 && is_public(*ip))?;
        let minute = minute(now_ms);
        let counted = self.places(ip).map(|place| {
            let more = |old: u64| match old >> 32 == u64::from(minute) {
                true => old.saturating_add(u64::from(old as u32 != u32::MAX)),
                false => u64::from(minute) << 32 | 1,
            };
            let counter = &self.counters[place];
            let old =
                counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |old| Some(more(old)));
            more(old.unwrap_or_else(|old| old)) as u32
        });
        let misses = counted.into_iter().min().unwrap_or_default();
        if misses > self.most.saturating_mul(BLOCKED) {
            self.blocked_in.store(minute.into(), Ordering::Relaxed);
        }
        (misses > self.most).then(|| rest_of_minute(now_ms))
    }

    /// After how many seconds a client may ask for anything again; `None`: now.
    pub(crate) fn blocked(&self, ip: Option<IpAddr>, now_ms: i64) -> Option<u32> {
        let minute = minute(now_ms);
        if self.blocked_in.load(Ordering::Relaxed) != u64::from(minute) {
            return None;
        }
        let ip = ip.filter(|ip| is_public(*ip))?;
        let misses = self.places(ip).map(|place| {
            let counter = self.counters[place].load(Ordering::Relaxed);
            match counter >> 32 == u64::from(minute) {
                true => counter as u32,
                false => 0,
            }
        });
        let least = misses.into_iter().min().unwrap_or_default();
        (least > self.most.saturating_mul(BLOCKED)).then(|| rest_of_minute(now_ms))
    }

    /// Where a client is counted: once in each row.
    fn places(&self, ip: IpAddr) -> [usize; ROWS] {
        let hash = self.hasher.hash_one(client(ip));
        std::array::from_fn(|row| row * COUNTERS + (hash >> (16 * row)) as usize % COUNTERS)
    }
}

/// Which minute it is, as far as 32 bits tell.
fn minute(now_ms: i64) -> u32 {
    time::minute_of(now_ms) as u32
}

fn rest_of_minute(now_ms: i64) -> u32 {
    let gone = now_ms.rem_euclid(60_000) / 1_000;
    60 - gone as u32
}

/// Whether it is an address of the internet, and so one client's or one network's.
fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            // Shared by carriers with their own networks (RFC 6598).
            let is_shared = a == 100 && (64..128).contains(&b);
            !(ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || is_shared)
        }
        IpAddr::V6(ip) => {
            !(ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_unique_local()
                || ip.is_unicast_link_local())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// 02:03:04 of some day.
    const NOW_MS: i64 = 1_767_232_984_000;

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_client_that_guesses_waits_and_nobody_else_does() {
        let slugs = UnknownSlugs::new(3);
        let (guesser, other) = (ip("203.0.113.7"), ip("203.0.113.8"));
        let misses = |who, count| (0..count).filter_map(|_| slugs.miss(who, NOW_MS)).count();
        assert_eq!(misses(guesser, 3), 0);
        assert_eq!(
            slugs.miss(guesser, NOW_MS),
            Some(56),
            "until the minute ends"
        );
        assert_eq!(
            slugs.blocked(guesser, NOW_MS),
            None,
            "what there is it gets"
        );
        assert_eq!(misses(guesser, 26), 26);
        assert_eq!(slugs.blocked(guesser, NOW_MS), None);
        assert_eq!(misses(guesser, 1), 1);
        assert_eq!(slugs.blocked(guesser, NOW_MS), Some(56));
        assert_eq!(
            (slugs.miss(other, NOW_MS), slugs.blocked(other, NOW_MS)),
            (None, None)
        );
        let later = NOW_MS + 60_000;
        assert_eq!(
            (slugs.blocked(guesser, later), slugs.miss(guesser, later)),
            (None, None)
        );
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let slugs = UnknownSlugs::new(1);
        assert_eq!(slugs.miss(ip("2001:db8:1:2::3"), NOW_MS), None);
        assert!(slugs.miss(ip("2001:db8:1:2:ffff::9"), NOW_MS).is_some());
        assert_eq!(slugs.miss(ip("2001:db8:1:3::3"), NOW_MS), None);
        assert!(slugs.miss(ip("::ffff:203.0.113.9"), NOW_MS).is_none());
        assert!(
            slugs.miss(ip("203.0.113.9"), NOW_MS).is_some(),
            "it is the same address"
        );
    }

    #[test]
    fn proxies_and_offices_are_nobody() {
        let slugs = UnknownSlugs::new(1);
        for who in [
            "10.1.2.3",
            "127.0.0.1",
            "192.168.1.1",
            "172.16.0.9",
            "100.64.0.1",
            "169.254.0.1",
            "::1",
            "fd00::1",
            "fe80::1",
        ] {
            for _ in 0..50 {
                assert_eq!(slugs.miss(ip(who), NOW_MS), None, "{who}");
            }
        }
        let any = UnknownSlugs::new(0);
        assert!((0..10_000).all(|_| any.miss(ip("203.0.113.7"), NOW_MS).is_none()));
        assert!((0..10_000).all(|_| slugs.miss(None, NOW_MS).is_none()));
    }

    proptest! {
        #[test]
        fn nobody_is_charged_less_than_they_asked(clients in vec(0x0100_0000..0x0900_0000_u32, 1..200), most in 1..20_u32) {
            let slugs = UnknownSlugs::new(most);
            let mut asked = std::collections::HashMap::<u32, u32>::new();
            for client in clients {
                let count = asked.entry(client).or_default();
                *count += 1;
                let waits = slugs.miss(Some(IpAddr::V4(client.into())), NOW_MS).is_some();
                prop_assert!(waits || *count <= most);
            }
        }
    }
}
