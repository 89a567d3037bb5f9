//! Made-up events.

use model::{Epoch, Event, Record, Seq};
use serde_json::json;

pub(super) const AGENTS: [&str; 3] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
];

/// A made-up event; `n` spreads it over links, hours, agents and visitors.
pub(super) fn event(n: u64) -> Event {
    Event {
        account: n % 10,
        object: n % 1000,
        occurred_ms: 1_790_000_000_000 + (n as i64 % 3600) * 1000,
        user_agent: AGENTS[(n % 3) as usize].into(),
        referrer: "https://news.example/story".into(),
        country: ["DE", "US", "FR", "JP"][(n % 4) as usize].into(),
        visitor: n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 50_000 + 1,
        ..Event::default()
    }
}

/// They follow each other in one epoch.
pub(super) fn records(from: Seq, count: u64) -> Vec<Record> {
    (from.0..from.0 + count)
        .map(|seq| Record {
            seq: Seq(seq),
            epoch: Epoch(1),
            event: event(seq),
        })
        .collect()
}

/// A body of `/v1/events`, as JSON lines; links are `s0` and so on.
pub(super) fn lines(from: u64, count: u64, links: u64, now_ms: i64) -> String {
    let line = |n: u64| {
        let mixed = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        json!({
            "type": "click",
            "link": format!("s{}", mixed % links),
            "occurred_at": now_ms - (n % 600_000) as i64,
            "ip": format!("198.51.{}.{}", mixed % 100, mixed / 100 % 250),
            "user_agent": AGENTS[(n % 3) as usize],
            "referrer": "https://news.example/story",
            "accept_language": "en-GB,en;q=0.9",
        })
        .to_string()
    };
    let lines: Vec<String> = (from..from + count).map(line).collect();
    lines.join("\n")
}
