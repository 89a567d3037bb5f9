//! What must be counted of events: one simple pass, which knows nothing of the platform.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;

use crate::{
    attributed::leading_clicks,
    generate::euros,
    types::{Event, EventType},
};

/// What must be counted. Bots are in `bot_clicks` only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// All events.
    pub events: u64,
    /// All of it.
    pub totals: Counts,
    /// By UTC day, `2026-10-18`.
    pub by_day: BTreeMap<String, Counts>,
    /// By UTC hour, `2026-10-18T00:00:00Z`; hours without events are left out.
    pub by_hour: BTreeMap<String, Counts>,
    /// By country code.
    pub by_country: BTreeMap<String, Counts>,
    /// By slug: clicks, and the conversions that they led to.
    pub by_link: BTreeMap<String, Counts>,
}

/// Numbers of one group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Clicks by people.
    pub clicks: u64,
    /// Clicks by bots.
    pub bot_clicks: u64,
    /// Views by people; the sample has none by bots.
    pub views: u64,
    /// Conversions.
    pub conversions: u64,
    /// Sum of the conversions' values in euros, `12.05`.
    pub value: String,
    /// Distinct (UTC day, address, user agent) of clicks and views by people: who comes back
    /// on another day is another visitor.
    pub unique_visitors: u64,
    cents: u64,
    visitors: HashSet<(NaiveDate, String, String)>,
}

impl Counts {
    fn add(&mut self, event: &Event) {
        let bot = event.by_crawler();
        match event.kind {
            EventType::Click if bot => self.bot_clicks += 1,
            EventType::Click => self.clicks += 1,
            EventType::View => self.views += 1,
            EventType::Conversion => self.conversions += 1,
        }
        if !bot && event.kind != EventType::Conversion {
            let day = event.occurred_at.date_naive();
            self.visitors
                .insert((day, event.ip.clone(), event.user_agent.clone()));
            self.unique_visitors = self.visitors.len() as u64;
        }
        self.cents += cents(event.value.as_deref().unwrap_or("0.00"));
        self.value = euros(self.cents);
    }
}

/// 1205 of `12.05`; the sample writes all its values so.
fn cents(value: &str) -> u64 {
    value.replace('.', "").parse().unwrap_or(0)
}

/// Counts the events.
pub fn count(events: &[Event]) -> Expected {
    let mut expected = Expected::default();
    let led = leading_clicks(events);
    for (place, event) in events.iter().enumerate() {
        let at = event.occurred_at;
        let (day, hour) = (at.format("%Y-%m-%d"), at.format("%Y-%m-%dT%H:00:00Z"));
        expected.events += 1;
        expected.totals.add(event);
        let groups = [
            (&mut expected.by_day, day.to_string()),
            (&mut expected.by_hour, hour.to_string()),
            (&mut expected.by_country, event.country.clone()),
        ];
        for (counts, group) in groups {
            counts.entry(group).or_default().add(event);
        }
        let click = led.get(&place).map_or(event, |click| &events[*click]);
        if let Some(slug) = &click.link {
            expected.by_link.entry(slug.clone()).or_default().add(event);
        }
    }
    expected
}
