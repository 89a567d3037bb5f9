//! How long, and from which seed.

use std::{
    str::FromStr,
    time::{Duration, Instant},
};

/// Unless `MILLRACE_SEED` is set.
const SEED: u64 = 1;
/// Unless `MILLRACE_FAULTS` or `MILLRACE_SECONDS` is set: what fits into the normal tests.
const FAULTS: u64 = 6;

/// A plan.
pub struct Plan {
    pub seed: u64,
    pub started: Instant,
    faults: u64,
    time: Option<Duration>,
}

impl Plan {
    /// As the environment says.
    pub fn of_environment() -> Self {
        let time = number("MILLRACE_SECONDS").map(Duration::from_secs);
        let all = if time.is_some() { u64::MAX } else { FAULTS };
        Self {
            seed: number("MILLRACE_SEED").unwrap_or(SEED),
            started: Instant::now(),
            faults: number("MILLRACE_FAULTS").unwrap_or(all),
            time,
        }
    }

    /// The numbers of its faults, until their number or the time is used up.
    pub fn faults(&self) -> impl Iterator<Item = u64> {
        (1..=self.faults).take_while(|_| self.time.is_none_or(|t| self.started.elapsed() < t))
    }
}

fn number<T: FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} must be a number, not `{text}`")))
}
