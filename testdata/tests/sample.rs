//! The sample is what the generator makes, and what its makers say it is.

use std::{collections::HashSet, io::Read};

use testdata::{Event, EventType, expected, generate, leading_clicks};

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
    let line = |event: &Event| serde_json::to_string(event).unwrap() + "\n";
    assert!(stored == events.iter().map(line).collect::<String>());
    assert_eq!(text(testdata::LINKS), pretty(&testdata::links()));
    assert_eq!(text(testdata::PIXELS), pretty(&testdata::pixels()));
    assert_eq!(text(testdata::GOALS), pretty(&testdata::goals()));
    assert_eq!(text(testdata::CAMPAIGNS), pretty(&testdata::campaigns()));
}

#[test]
fn the_sample_is_small_and_read_back_whole() {
    assert!(testdata::EVENTS_GZ.len() < 1_500_000);
    let read: Vec<_> = testdata::events().collect::<Result<_, _>>().unwrap();
    assert!(read == generate::events());
    assert!((30_000..35_000).contains(&read.len()), "{}", read.len());
}

#[test]
fn every_event_is_in_range_and_of_something_that_exists() {
    let links: HashSet<_> = testdata::links().into_iter().map(|l| l.slug).collect();
    let pixels: HashSet<_> = testdata::pixels().into_iter().map(|p| p.name).collect();
    let goals: HashSet<_> = testdata::goals().into_iter().map(|g| g.name).collect();
    let mut keys = HashSet::new();
    for event in generate::events() {
        let at_ms = event.occurred_at.timestamp_millis();
        assert!((testdata::START_MS..testdata::END_MS).contains(&at_ms));
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
fn conversions_come_of_clicks_within_hours() {
    let events = generate::events();
    let led = leading_clicks(&events);
    let conversions = events.iter().filter(|e| e.kind == EventType::Conversion);
    assert_eq!(led.len(), conversions.count());
    for (conversion, click) in led {
        let (conversion, click) = (&events[conversion], &events[click]);
        assert_eq!((click.kind, &click.ip), (EventType::Click, &conversion.ip));
        let after = conversion.occurred_at - click.occurred_at;
        assert!((0..=120).contains(&after.num_minutes()), "{after}");
    }
}

#[test]
fn some_events_are_late_and_the_parts_add_up() {
    let events = generate::events();
    let minute = chrono::TimeDelta::minutes(1);
    let late = events
        .windows(2)
        .filter(|w| w[0].occurred_at > w[1].occurred_at + minute);
    assert!(late.count() > 500);
    let expected = expected::count(&events);
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
    for event in generate::events() {
        let found = rules.agent(&event.user_agent);
        assert_eq!(
            found.bot.is_some(),
            event.by_crawler(),
            "{}",
            event.user_agent
        );
    }
}

#[test]
fn counting_is_what_it_is_by_hand() {
    let all = generate::events();
    let click = all.iter().find(|e| e.link.is_some() && !e.by_crawler());
    let crawl = all.iter().find(|e| e.by_crawler());
    let priced = all.iter().find(|e| e.value.is_some());
    let [click, crawl, priced] = [click, crawl, priced].map(|e| e.unwrap().clone());
    let next_day = Event {
        occurred_at: click.occurred_at + chrono::TimeDelta::days(1),
        ..click.clone()
    };
    let priced = Event {
        value: Some("12.05".into()),
        ..priced
    };
    let events = [&click, &click, &next_day, &crawl, &priced, &priced].map(Clone::clone);
    let expected = expected::count(&events);
    let totals = &expected.totals;
    assert_eq!(
        (expected.events, totals.clicks, totals.bot_clicks),
        (6, 3, 1)
    );
    assert_eq!((totals.conversions, &*totals.value), (2, "24.10"));
    assert_eq!(totals.unique_visitors, 2, "one of each day");
    let slug = click.link.unwrap();
    assert_eq!(expected.by_link[&slug].clicks, 3);
}
