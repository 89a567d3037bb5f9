//! What must be counted of the sample: one simple pass, which knows nothing of the platform.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::{
    generate::{Known, euros},
    types::EventType,
};

/// What must be counted. Bots are in `bot_clicks` only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// By slug; clicks only.
    pub by_link: BTreeMap<String, Counts>,
}

/// Numbers of one group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    #[serde(skip)]
    cents: u64,
    #[serde(skip)]
    visitors: HashSet<String>,
}

impl Counts {
    fn add(&mut self, known: &Known) {
        match known.event.kind {
            EventType::Click if known.bot => self.bot_clicks += 1,
            EventType::Click => self.clicks += 1,
            EventType::View => self.views += 1,
            EventType::Conversion => self.conversions += 1,
        }
        if !known.bot && known.event.kind != EventType::Conversion {
            let event = &known.event;
            let day = &event.occurred_at[..10];
            let visitor = format!("{day} {} {}", event.ip, event.user_agent);
            self.visitors.insert(visitor);
            self.unique_visitors = self.visitors.len() as u64;
        }
        self.cents += known.cents;
        self.value = euros(self.cents);
    }
}

/// Counts the events.
pub fn count(events: &[Known]) -> Expected {
    let mut expected = Expected::default();
    for known in events {
        let event = &known.event;
        let day = event.occurred_at[..10].to_string();
        let hour = format!("{}:00:00Z", &event.occurred_at[..13]);
        let country = event.country.clone();
        expected.events += 1;
        expected.totals.add(known);
        expected.by_day.entry(day).or_default().add(known);
        expected.by_hour.entry(hour).or_default().add(known);
        expected.by_country.entry(country).or_default().add(known);
        if let Some(slug) = &event.link {
            expected.by_link.entry(slug.clone()).or_default().add(known);
        }
    }
    expected
}
