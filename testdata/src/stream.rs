//! What goes on happening after the sample, for as long as somebody watches.

use std::{collections::VecDeque, time::Duration};

use chrono::{DateTime, Datelike, Timelike, Utc};

use crate::{Event, EventType, WEEKS, random::Random};

/// The first events come two seconds apart, so that a newcomer sees the numbers move.
const FIRST_GAP: Duration = Duration::from_secs(2);
/// In so many seconds the gap grows by one, until events come as rarely as in the sample:
/// otherwise one hour of the stream would outweigh the sample's days, and no forecast made from
/// them could fit.
const CALMING: u32 = 100;

/// So many of the newest clicks may lead to something.
const REMEMBERED: usize = 50;

const HOURS_OF_WEEK: usize = 7 * 24;

/// Endless events like those of the sample at the same hour of the week: the same people from the
/// same countries, on the same links.
#[derive(Debug)]
pub struct Stream {
    /// The sample, by hour of the week.
    hours: Vec<Vec<Event>>,
    random: Random,
    made: u64,
    /// People's newest clicks, with their ids.
    clicks: VecDeque<(Event, String)>,
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
            clicks: VecDeque::new(),
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
            event = self.led_to(event);
        }
        Some(event)
    }

    /// Told that an event was taken, and which id it got: if it is a click, it may lead to a conversion.
    pub fn taken(&mut self, event: &Event, id: &str) {
        if event.kind != EventType::Click || event.by_crawler() {
            return;
        }
        self.clicks.push_back((event.clone(), id.to_owned()));
        while self.clicks.len() > REMEMBERED {
            self.clicks.pop_front();
        }
    }

    /// The same conversion by somebody who clicked lately.
    fn led_to(&mut self, conversion: Event) -> Event {
        if self.clicks.is_empty() {
            return conversion;
        }
        let place = self.random.below(self.clicks.len() as u64) as usize;
        let (click, id) = &self.clicks[place];
        Event {
            ip: click.ip.clone(),
            country: click.country.clone(),
            user_agent: click.user_agent.clone(),
            accept_language: click.accept_language.clone(),
            click_id: Some(id.clone()),
            ..conversion
        }
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
