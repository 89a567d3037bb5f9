//! The sample is what the generator makes, and what its makers say it is.

use std::{collections::HashSet, io::Read};

use testdata::{EventType, expected, generate};

fn pretty(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn the_files_are_what_the_generator_makes() {
    let events = generate::events();
    let mut stored = String::new();
    let mut plain = flate2::read::GzDecoder::new(testdata::EVENTS_GZ);
    plain.read_to_string(&mut stored).unwrap();
    let line = |known: &generate::Known| serde_json::to_string(&known.event).unwrap() + "\n";
    assert!(stored == events.iter().map(line).collect::<String>());
    assert_eq!(text(testdata::EXPECTED), pretty(&expected::count(&events)));
    assert_eq!(text(testdata::LINKS), pretty(&testdata::links()));
    assert_eq!(text(testdata::PIXELS), pretty(&testdata::pixels()));
    assert_eq!(text(testdata::GOALS), pretty(&testdata::goals()));
    assert_eq!(text(testdata::CAMPAIGNS), pretty(&testdata::campaigns()));
}

#[test]
fn the_sample_is_small_and_read_back_whole() {
    assert!(testdata::EVENTS_GZ.len() < 1_500_000);
    let read: Vec<_> = testdata::events().collect::<Result<_, _>>().unwrap();
    let made = generate::events();
    assert!(read.iter().eq(made.iter().map(|known| &known.event)));
    assert!((18_000..22_000).contains(&read.len()), "{}", read.len());
}

#[test]
fn every_event_is_in_range_and_of_something_that_exists() {
    let links: HashSet<_> = testdata::links().into_iter().map(|l| l.slug).collect();
    let pixels: HashSet<_> = testdata::pixels().into_iter().map(|p| p.name).collect();
    let goals: HashSet<_> = testdata::goals().into_iter().map(|g| g.name).collect();
    let mut keys = HashSet::new();
    for known in generate::events() {
        assert!((testdata::START_MS..testdata::END_MS).contains(&known.at_ms));
        let event = known.event;
        let (name, of) = match event.kind {
            EventType::Click => (event.link, &links),
            EventType::View => (event.pixel, &pixels),
            EventType::Conversion => (event.goal, &goals),
        };
        assert!(of.contains(&name.unwrap()));
        assert!(event.ip.starts_with("198.18.") || event.ip.starts_with("198.19."));
        assert!(event.idempotency_key.is_none_or(|key| keys.insert(key)));
    }
}

#[test]
fn some_events_are_late_and_the_parts_add_up() {
    let events = generate::events();
    let late = events
        .windows(2)
        .filter(|w| w[0].at_ms > w[1].at_ms + 60_000);
    assert!(late.count() > 500);
    let expected: expected::Expected = serde_json::from_slice(testdata::EXPECTED).unwrap();
    assert_eq!(expected.by_day.len() as i64, testdata::DAYS);
    for groups in [&expected.by_day, &expected.by_hour, &expected.by_country] {
        let sum = |of: fn(&expected::Counts) -> u64| groups.values().map(of).sum::<u64>();
        assert_eq!(sum(|c| c.clicks), expected.totals.clicks);
        assert_eq!(sum(|c| c.bot_clicks), expected.totals.bot_clicks);
        assert_eq!(sum(|c| c.views), expected.totals.views);
        assert_eq!(sum(|c| c.conversions), expected.totals.conversions);
    }
    let bots =
        expected.totals.bot_clicks * 100 / (expected.totals.clicks + expected.totals.bot_clicks);
    assert!((5..=7).contains(&bots), "{bots} %");
}

#[test]
fn the_rules_see_exactly_the_crawlers_as_bots() {
    let rules = enrich::Rules::new().unwrap();
    for known in generate::events() {
        let found = rules.agent(&known.event.user_agent);
        assert_eq!(found.bot.is_some(), known.bot, "{}", known.event.user_agent);
    }
}
