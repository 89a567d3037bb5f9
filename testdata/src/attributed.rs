//! Which clicks led to conversions. The sample's lines cannot say it: the id of a click is given by the collector that takes it.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};

use crate::{Event, EventType};

/// By the place of a conversion, the place of the click that led to it: the last one of the same person before it.
pub fn leading_clicks(events: &[Event]) -> BTreeMap<usize, usize> {
    let mut clicks: HashMap<Person<'_>, Vec<(DateTime<Utc>, usize)>> = HashMap::new();
    for (place, event) in of_kind(events, EventType::Click) {
        let theirs = clicks.entry(person(event)).or_default();
        theirs.push((event.occurred_at, place));
    }
    clicks
        .values_mut()
        .for_each(|theirs| theirs.sort_unstable());
    let led = |(place, conversion): (usize, &Event)| {
        let theirs = clicks.get(&person(conversion))?;
        let before = theirs.partition_point(|(at, _)| *at <= conversion.occurred_at);
        Some((place, theirs[before.checked_sub(1)?].1))
    };
    of_kind(events, EventType::Conversion)
        .filter_map(led)
        .collect()
}

/// Address and user agent.
type Person<'a> = (&'a str, &'a str);

fn person(event: &Event) -> Person<'_> {
    (&event.ip, &event.user_agent)
}

fn of_kind(events: &[Event], kind: EventType) -> impl Iterator<Item = (usize, &Event)> {
    let places = events.iter().enumerate();
    places.filter(move |(_, event)| event.kind == kind)
}
