//! How senders' keys lie in Redis: a few bytes each, in small hashes that Redis keeps packed. A key of its own for
//! each would take some 220 bytes. Pure.

use model::{EventId, LogId, Seq};

use super::KEEP_MS;
use crate::redis_keys;

/// Hashes of a period. Each small one takes some 90 bytes beside what is in it.
const BUCKETS: u16 = 1 << 14;
/// Parts of a bucket: what does not fit in the ones before is in the last.
pub(super) const PARTS: usize = 4;
/// Hashes of the last part: some eight thousand keys of a bucket stay packed.
const LAST: u8 = 64;
/// Keys of a part: Redis packs hashes of up to 128 fields unless told otherwise.
pub(super) const PART_KEYS: usize = 120;
/// What a period lasts, milliseconds: ten days.
const PERIOD_MS: i64 = 10 * 86_400_000;
/// Periods in which a key may lie: that of now, those of thirty days before, and the next one, since another
/// collector's clock may be ahead.
const PERIODS: [i64; 5] = [0, 1, -1, -2, -3];
/// Bytes that stand for a key within its bucket.
const FIELD: usize = 9;

/// Where a key lies.
pub(super) struct Place {
    bucket: u16,
    /// Its hash of the last part.
    last: usize,
    /// Its field in each hash.
    pub(super) field: [u8; FIELD],
}

impl Place {
    pub(super) fn of(key: &str) -> Self {
        let hash = blake3::hash(key.as_bytes());
        let bytes = hash.as_bytes();
        let mut field = [0; FIELD];
        field.copy_from_slice(&bytes[2..2 + FIELD]);
        Self {
            last: PARTS - 1 + usize::from(bytes[2 + FIELD] % LAST),
            bucket: u16::from_be_bytes([bytes[0], bytes[1]]) % BUCKETS,
            field,
        }
    }

    /// The hashes in which it may lie at `now_ms`; first those in which one of `received_ms` is put.
    pub(super) fn hashes(&self, received_ms: i64, now_ms: i64) -> Vec<String> {
        let own = received_ms.div_euclid(PERIOD_MS);
        let now = now_ms.div_euclid(PERIOD_MS);
        let others = PERIODS.iter().map(|apart| now + apart);
        let periods = std::iter::once(own).chain(others.filter(|period| *period != own));
        let parts = (0..PARTS - 1).chain([self.last]);
        let parts = |period| parts.clone().map(move |part| (period, part));
        periods
            .flat_map(parts)
            .map(|(period, part)| redis_keys::sender_keys(self.bucket, period, part))
            .collect()
    }
}

/// How long a hash of keys stays after one was put, milliseconds: until the last of its period is not kept any more.
pub(super) const STAYS_MS: i64 = KEEP_MS + PERIOD_MS;

/// An event that has a key, behind `e` and the second at which it was received, which Redis puts before.
pub(super) fn taken(event: EventId) -> Vec<u8> {
    let seq = event.seq.0.to_be_bytes();
    let first = seq.iter().position(|byte| *byte != 0).unwrap_or(seq.len());
    [&event.log.0.to_be_bytes(), &seq[first..]].concat()
}

/// The event of a value: `e`, four bytes for the second, and what [`taken`] made.
pub(super) fn event(value: &[u8]) -> Option<EventId> {
    let rest = value.strip_prefix(b"e")?.get(4..)?;
    let (log, seq) = rest.split_at_checked(16)?;
    let mut bytes = [0; 8];
    let room = bytes.len().checked_sub(seq.len())?;
    bytes[room..].copy_from_slice(seq);
    Some(EventId {
        log: LogId(u128::from_be_bytes(log.try_into().ok()?)),
        seq: Seq(u64::from_be_bytes(bytes)),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_event_comes_back(log: u128, seq: u64, second: u32) {
            let id = EventId { log: LogId(log), seq: Seq(seq) };
            let value = [&b"e"[..], &second.to_be_bytes(), &taken(id)].concat();
            prop_assert_eq!(event(&value), Some(id));
            // Redis packs values of up to 64 bytes.
            prop_assert!(value.len() <= 29);
        }

        #[test]
        fn any_value_is_an_event_or_none(value in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = event(&value);
        }

        #[test]
        fn who_asks_looks_where_it_was_put(key in ".{1,20}", now in 0i64..4_000_000_000_000, age in 0i64..2_592_000_000, skew in -3_600_000i64..3_600_000) {
            let place = Place::of(&key);
            let put = &place.hashes(now - age, now - age)[0];
            let looked: BTreeSet<String> = place.hashes(now + skew, now + skew).into_iter().collect();
            prop_assert!(looked.contains(put));
            prop_assert_eq!(looked.len(), PERIODS.len() * PARTS, "each once");
        }
    }

    #[test]
    fn what_does_not_fit_before_is_spread_over_many_small_hashes() {
        let mut lasts = BTreeMap::new();
        for n in 0..4_000 {
            let place = Place::of(&n.to_string());
            *lasts.entry(place.last).or_insert(0) += 1;
        }
        assert_eq!(lasts.len(), usize::from(LAST));
        assert!(lasts.keys().all(|last| *last >= PARTS - 1));
        assert!(lasts.values().all(|keys| *keys <= PART_KEYS), "{lasts:?}");
    }

    #[test]
    fn all_hashes_of_a_key_lie_on_one_server() {
        let place = Place::of("0000000000000001:abc");
        let tags = place.hashes(0, 0).into_iter();
        let tag = |key: String| key[key.find('{').unwrap()..=key.find('}').unwrap()].to_owned();
        let tags: BTreeSet<String> = tags.map(tag).collect();
        assert_eq!(tags.len(), 1);
    }
}
