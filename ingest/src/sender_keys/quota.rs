//! How many senders' keys each account has used in the last 30 days, as far as this process saw.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use storage::reservations::KEEP_MS;

const DAY_MS: i64 = 86_400_000;

/// Keys by account and day.
#[derive(Default)]
pub(crate) struct Used(Mutex<HashMap<u64, VecDeque<(i64, u64)>>>);

impl Used {
    /// How many more keys `account` may use of `most`.
    pub(crate) fn left(&self, account: u64, most: u64, now_ms: i64) -> u64 {
        let used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let days = used.get(&account).into_iter().flatten();
        let kept = days.filter(|(day, _)| day * DAY_MS > now_ms - KEEP_MS);
        most.saturating_sub(kept.map(|(_, keys)| keys).sum())
    }

    /// Notes that it used so many.
    pub(crate) fn add(&self, account: u64, keys: u64, now_ms: i64) {
        if keys == 0 {
            return;
        }
        let today = now_ms.div_euclid(DAY_MS);
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let days = used.entry(account).or_default();
        days.retain(|(day, _)| day * DAY_MS > now_ms - KEEP_MS);
        match days.back_mut().filter(|(day, _)| *day == today) {
            Some((_, count)) => *count += keys,
            None => days.push_back((today, keys)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_thirty_days_count() {
        let used = Used::default();
        let day = |n: i64| n * DAY_MS + 5;
        assert_eq!(used.left(1, 10, day(100)), 10);
        used.add(1, 4, day(100));
        used.add(1, 3, day(100));
        used.add(1, 2, day(101));
        used.add(2, 9, day(101));
        assert_eq!(used.left(1, 10, day(101)), 1);
        assert_eq!(used.left(1, 5, day(129)), 0);
        assert_eq!(
            used.left(1, 10, day(130)),
            8,
            "the first day's are forgotten"
        );
        used.add(1, 1, day(131));
        assert_eq!(used.left(1, 10, day(131)), 9);
    }
}
