//! What goes on after the sample is like it, and starts lively.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use testdata::{Event, EventType, Recent, Stream};

/// 2026-11-25T18:00:00Z, a Wednesday.
const NOW_MS: i64 = 1_795_629_600_000;
const SECOND: Duration = Duration::from_secs(1);

fn sample() -> Vec<Event> {
    Recent::until(NOW_MS).unwrap().events
}

#[test]
fn events_are_of_now_of_every_kind_and_conversions_are_new() {
    let sample = sample();
    let mut stream = Stream::new(&sample, 1);
    let made: Vec<Event> = (0..2_000)
        .map(|second| stream.event(NOW_MS + second * 1_000).unwrap())
        .collect();
    let mut keys: HashSet<_> = sample
        .into_iter()
        .filter_map(|e| e.idempotency_key)
        .collect();
    for (event, second) in made.iter().zip(0..) {
        assert_eq!(
            event.occurred_at.timestamp_millis(),
            NOW_MS + second * 1_000
        );
        assert!(
            event
                .idempotency_key
                .clone()
                .is_none_or(|key| keys.insert(key))
        );
    }
    let share = |of: EventType| made.iter().filter(|e| e.kind == of).count() * 100 / made.len();
    assert!(
        (60..90).contains(&share(EventType::Click)),
        "{}",
        share(EventType::Click)
    );
    assert!(
        (10..30).contains(&share(EventType::View)),
        "{}",
        share(EventType::View)
    );
    assert!(share(EventType::Conversion) >= 1);
}

#[test]
fn conversions_are_of_clicks_that_were_taken() {
    let mut stream = Stream::new(&sample(), 4);
    let mut taken = HashMap::new();
    let mut led = 0;
    for second in 0..2_000 {
        let event = stream.event(NOW_MS + second * 1_000).unwrap();
        let id = format!("id-{second}");
        stream.taken(&event, &id);
        if let Some(click) = &event.click_id {
            let click: &Event = &taken[click];
            assert_eq!(
                (click.kind, &click.ip, &click.country),
                (EventType::Click, &event.ip, &event.country)
            );
            assert!(!click.by_crawler());
            led += 1;
        }
        taken.insert(id, event);
    }
    assert!(led > 20, "{led}");
}

#[test]
fn it_starts_lively_and_calms_down_to_the_pace_of_the_sample() {
    let mut stream = Stream::new(&sample(), 2);
    let (mut running, mut times) = (Duration::ZERO, Vec::new());
    while running < 24 * 3_600 * SECOND {
        running += stream.gap(NOW_MS + running.as_millis() as i64, running);
        times.push(running);
    }
    let until = |minutes: u32| {
        times
            .iter()
            .filter(|t| **t <= 60 * minutes * SECOND)
            .count()
    };
    assert!((18..40).contains(&until(1)), "{}", until(1));
    assert!((110..170).contains(&until(10)), "{}", until(10));
    // A day of the sample is about 800 events.
    assert!((600..1_600).contains(&until(24 * 60)), "{}", until(24 * 60));
}

#[test]
fn the_same_seed_makes_the_same_and_another_something_else() {
    let sample = sample();
    let make = |seed| {
        let mut stream = Stream::new(&sample, seed);
        (0..50)
            .map(|_| stream.event(NOW_MS).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(make(3), make(3));
    assert_ne!(make(3), make(4));
}
