//! What choosing by a link's rules takes.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use anyhow::Context;
use catalog::routing::{LinkOptions, Rule, Visit, choose};
use model::{Event, Facts};
use serde_json::json;

use super::report::{Report, Row};

/// Choices between two looks at the clock.
const AT_ONCE: u64 = 10_000;

/// Nine rules that do not fit the visits of benches, and a split, with macros, that does.
pub(super) fn options() -> anyhow::Result<LinkOptions> {
    let countries = ["AT", "BE", "BR", "CA", "CH", "CN", "DK", "ES", "FI"];
    let mut rules: Vec<_> = countries
        .iter()
        .map(|country| json!({"name": country, "when": {"country": [country, "XX"], "device": "mobile"}, "to": "https://a.example/"}))
        .collect();
    rules.push(json!({"name": "split", "to": [
        {"name": "a", "weight": 3, "to": "https://shop.example/landing?c={click_id}&l={language}"},
        {"name": "b", "weight": 1, "to": "https://shop.example/{variant}?c={click_id}"},
    ]}));
    serde_json::from_value(json!({"rules": rules})).context("rules")
}

pub(super) fn choices(report: &mut Report, time: Duration) -> anyhow::Result<()> {
    let options = options()?;
    let rules: &[Rule] = &options.rules;
    let event = Event {
        country: "DE".into(),
        ..Event::default()
    };
    let facts = Facts {
        device_type: "desktop",
        ..Facts::default()
    };
    let (begin, mut count) = (Instant::now(), 0);
    while begin.elapsed() < time.min(Duration::from_secs(1)) {
        for n in 0..AT_ONCE {
            let visit = Visit {
                visitor: count + n + 1,
                ..Visit::of(&event, &facts)
            };
            black_box(choose(rules, black_box(&visit)));
        }
        count += AT_ONCE;
    }
    let each = begin.elapsed().as_secs_f64() * 1e6 / count as f64;
    report.add(Row::new("choosing by 10 rules, the last a split", each, "µs").at_most(1.0));
    Ok(())
}
