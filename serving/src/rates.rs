//! How many requests an account may send in a minute: a bucket of tokens for each, which fills steadily. Each process
//! counts for itself.
//!
//! By hand, and not with the crate `governor`: the limit is a setting of each account that may change at any time, the
//! clock is injected, and what is left is told with every answer (docs/adr/0030).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use catalog::Quotas;
use http::{HeaderMap, HeaderName, HeaderValue};
use web::{Problem, bearer};

use crate::{
    app::App,
    rooms::{Side, refused},
};

/// The header fields of `draft-ietf-httpapi-ratelimit-headers-03`, which most clients know.
const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
/// Accounts whose buckets are kept before full ones are forgotten.
const MOST_KEPT: usize = 10_000;
const MINUTE_MS: i64 = 60_000;

/// The buckets of accounts.
#[derive(Default)]
pub(crate) struct Rates(Mutex<HashMap<Side, Bucket>>);

/// How empty a bucket is: in milliseconds of filling, times the limit, so that nothing is rounded.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    taken: i64,
    at_ms: i64,
}

/// What is left of an account's requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    limit: u64,
    remaining: u64,
    /// Seconds until all of them are there again.
    reset: u64,
    /// Seconds until there is one, if there is none now: this one was not taken.
    wait: Option<u32>,
}

impl Bucket {
    /// After it was filled until `now_ms`: `limit` in a minute.
    fn at(self, now_ms: i64, limit: i64) -> Self {
        let passed = now_ms.saturating_sub(self.at_ms).clamp(0, MINUTE_MS);
        Self {
            taken: (self.taken - passed.saturating_mul(limit)).max(0),
            // A clock that was far ahead and is set back is believed again.
            at_ms: match self.at_ms.saturating_sub(now_ms) > MINUTE_MS {
                true => now_ms,
                false => now_ms.max(self.at_ms),
            },
        }
    }
}

impl Rates {
    /// Takes one request of an account or its shares, which may send `limit` in a minute.
    pub(crate) fn take(&self, side: impl Into<Side>, limit: u64, now_ms: i64) -> Left {
        let side = side.into();
        // More than a request a microsecond is no limit.
        let most = i64::try_from(limit.clamp(1, 60_000_000)).unwrap_or(1);
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_KEPT && !buckets.contains_key(&side) {
            buckets.retain(|_, bucket| now_ms.saturating_sub(bucket.at_ms) < MINUTE_MS);
        }
        let full = Bucket {
            taken: 0,
            at_ms: now_ms,
        };
        let bucket = buckets.entry(side).or_insert(full);
        *bucket = bucket.at(now_ms, most);
        let whole = most * MINUTE_MS;
        let has_one = bucket.taken + MINUTE_MS <= whole;
        if has_one {
            bucket.taken += MINUTE_MS;
        }
        let seconds = |share: i64| (share + most * 1_000 - 1) / (most * 1_000);
        let lacking = bucket.taken + MINUTE_MS - whole;
        Left {
            limit: most.unsigned_abs(),
            remaining: ((whole - bucket.taken) / MINUTE_MS).unsigned_abs(),
            reset: seconds(bucket.taken).unsigned_abs(),
            wait: (!has_one).then(|| u32::try_from(seconds(lacking).max(1)).unwrap_or(60)),
        }
    }
}

impl Left {
    fn write(self, headers: &mut HeaderMap) {
        for (name, value) in [
            (LIMIT, self.limit),
            (REMAINING, self.remaining),
            (RESET, self.reset),
        ] {
            headers.insert(name, HeaderValue::from(value));
        }
    }
}

/// Whom a request comes from, and what they may send in a minute: nothing where it is the only one, unless
/// whoever runs the installation has set it.
fn limit(app: &App, headers: &HeaderMap) -> Option<(Side, u64)> {
    let token = bearer(headers)?;
    let side = |account, is_share| Side { account, is_share };
    let key = app.catalog.key(token).map(|key| side(key.account, false));
    let share = || app.catalog.share(token).map(|it| side(it.account, true));
    let side = key.or_else(share)?;
    app.catalog.read(|state| {
        let limit = state.quotas(side.account).requests_a_minute;
        let is_set = limit != Quotas::default().requests_a_minute;
        (is_set || state.is_shared()).then_some((side, limit))
    })
}

/// Turns away what is too much, and says what is left. What is no question to the API is free.
pub(crate) async fn limited(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/v1/");
    let Some((side, limit)) = limit(&app, request.headers()).filter(|_| is_api) else {
        return next.run(request).await;
    };
    let left = app.rates.take(side, limit, app.env.clock.now_ms());
    let mut response = match left.wait {
        None => next.run(request).await,
        Some(seconds) => {
            refused("requests");
            let detail = format!("this account may send {limit} requests in a minute");
            Problem::too_many(detail, seconds).into_response()
        }
    };
    left.write(response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use model::{EntityId, EntityKind};
    use proptest::prelude::*;

    use super::*;

    fn account(raw: u64) -> EntityId {
        EntityId::new(EntityKind::Account, raw)
    }

    #[test]
    fn a_minute_has_so_many_and_they_come_back_steadily() {
        let rates = Rates::default();
        let take = |now_ms| rates.take(account(1), 60, now_ms);
        for left in (0..60).rev() {
            let taken = take(5_000);
            assert_eq!((taken.remaining, taken.wait), (left, None));
            assert_eq!(taken.reset, 60 - left);
        }
        assert_eq!(take(5_000).wait, Some(1));
        assert_eq!(take(5_999).wait, Some(1));
        assert_eq!((take(6_000).wait, take(6_000).wait), (None, Some(1)));
        assert_eq!(rates.take(account(2), 60, 6_000).remaining, 59);
        let shares = Side {
            is_share: true,
            ..account(1).into()
        };
        assert_eq!(rates.take(shares, 60, 6_000).remaining, 59);
        assert_eq!(take(66_000).remaining, 59);
        assert_eq!(take(0).wait, None, "a clock that is set back fills nothing");
    }

    #[test]
    fn accounts_that_ask_no_more_are_forgotten() {
        let rates = Rates::default();
        for raw in 0..3 * MOST_KEPT as u64 {
            rates.take(account(raw), 60, raw as i64 * 100);
        }
        assert!(rates.0.lock().unwrap().len() <= MOST_KEPT);
    }

    proptest! {
        #[test]
        fn no_minute_and_no_account_has_more_than_twice_its_limit(
            limit in 1u64..50, steps in prop::collection::vec(0i64..5_000, 1..300),
        ) {
            let (rates, mut now_ms, mut taken) = (Rates::default(), 0, Vec::new());
            for step in steps {
                now_ms += step;
                let left = rates.take(account(1), limit, now_ms);
                prop_assert!(left.remaining <= limit && left.reset <= 60);
                match left.wait {
                    None => taken.push(now_ms),
                    Some(wait) => {
                        let later = now_ms + i64::from(wait) * 1_000;
                        let full = Rates(Mutex::new(rates.0.lock().unwrap().clone()));
                        prop_assert_eq!(full.take(account(1), limit, later).wait, None);
                    }
                }
            }
            for start in &taken {
                let within = taken.iter().filter(|at| (*start..start + MINUTE_MS).contains(*at));
                prop_assert!(within.count() as u64 <= 2 * limit);
            }
        }
    }
}
