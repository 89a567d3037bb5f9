//! What goes on happening after the sample, for as long as somebody watches.

use std::time::Duration;

use chrono::{DateTime, Datelike, Timelike, Utc};

use crate::{Event, EventType, WEEKS, random::Random};

/// The first events come two seconds apart, so that a newcomer sees the numbers move.
const FIRST_GAP: Duration = Duration::from_secs(2);
/// In so many seconds the gap grows by one, until events come as rarely as in the sample:
/// otherwise one hour of the stream would outweigh the sample's days, and no forecast made from
/// them could fit.
const CALMING: u32 = 100;

const HOURS_OF_WEEK: usize = 7 * 24;

/// Endless events like those of the sample at the same hour of the week: the same people from the
/// same countries, on the same links.
#[derive(Debug)]
pub struct Stream {
    /// The sample, by hour of the week.
    hours: Vec<Vec<Event>>,
    random: Random,
    made: u64,
}

impl Stream {
    /// What goes on after these events; another `seed` makes another choice.
    pub fn new(sample: &[Event], seed: u64) -> Self {
        let mut hours = vec![Vec::new(); HOURS_OF_WEEK];
        for event in sample {
            hours[hour_of_week(event.occurred_at)].push(event.clone());
        }
        Self {
            hours,
            random: Random::new(seed),
            made: 0,
        }
    }

    /// Something that happens now; nothing if nothing ever happens at this hour.
    pub fn event(&mut self, now_ms: i64) -> Option<Event> {
        let now = DateTime::from_timestamp_millis(now_ms)?;
        let like = &self.hours[hour_of_week(now)];
        if like.is_empty() {
            return None;
        }
        self.made += 1;
        let mut event = self.random.pick(like).clone();
        event.occurred_at = now;
        if event.kind == EventType::Conversion {
            // The sample's own keys were counted already.
            event.idempotency_key = Some(format!("stream-{:06}", self.made));
        }
        Some(event)
    }

    /// How long nothing happens then, after so long a time of streaming: on average the gap of
    /// [`Stream`]'s pace, but never regular.
    pub fn gap(&mut self, now_ms: i64, running: Duration) -> Duration {
        let now = DateTime::from_timestamp_millis(now_ms).unwrap_or_default();
        let like = self.hours[hour_of_week(now)].len().max(1) as u32;
        let usual = Duration::from_secs(3_600) * WEEKS as u32 / like;
        let gap = usual.min(FIRST_GAP + running / CALMING);
        gap * (50 + self.random.below(100) as u32) / 100
    }
}

fn hour_of_week(at: DateTime<Utc>) -> usize {
    (at.weekday().num_days_from_sunday() * 24 + at.hour()) as usize
}
