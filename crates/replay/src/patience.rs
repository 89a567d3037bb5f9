//! How long a collector that does not answer is waited for.

use std::time::Duration;

/// Longest wait that a collector may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(60);

/// How often and when a request is tried again.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Tries of one request.
    pub tries: u32,
    /// Wait after the first; each next one is twice as long.
    pub first: Duration,
    /// Longest wait, unless the collector asks for more.
    pub longest: Duration,
    /// How long one answer is waited for.
    pub answer: Duration,
    /// How long requests under way are waited for after an interrupt.
    pub grace: Duration,
}

impl Default for Patience {
    /// About a minute and a half in all: a collector starts again in less.
    fn default() -> Self {
        Self {
            tries: 12,
            first: Duration::from_millis(200),
            longest: Duration::from_secs(15),
            answer: Duration::from_secs(60),
            grace: Duration::from_secs(5),
        }
    }
}

impl Patience {
    /// How long to wait after try number `tries` (from 1), of which the collector asked for `asked`; none if that
    /// was the last one.
    pub(crate) fn wait(&self, tries: u32, asked: Option<Duration>) -> Option<Duration> {
        if tries >= self.tries {
            return None;
        }
        let doubled = self
            .first
            .saturating_mul(1 << (tries.saturating_sub(1)).min(20));
        let asked = asked.unwrap_or_default().min(LONGEST_ASKED);
        Some(doubled.min(self.longest).max(asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_longer_each_time_and_bounded() {
        let patience = Patience::default();
        let wait = |tries, asked: Option<u64>| {
            let wait = patience.wait(tries, asked.map(Duration::from_secs));
            wait.map(|w| w.as_millis())
        };
        assert_eq!(wait(1, None), Some(200));
        assert_eq!(wait(2, None), Some(400));
        assert_eq!(wait(11, None), Some(15_000));
        assert_eq!(wait(12, None), None);
        assert_eq!(wait(1, Some(7)), Some(7_000));
        assert_eq!(wait(1, Some(86_400)), Some(60_000));
        assert_eq!(wait(12, Some(1)), None);
    }
}
