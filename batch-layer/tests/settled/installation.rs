//! An installation in memory, filled with sealed events as collectors leave them.

use std::sync::Arc;

use batch_layer::{Limits, Local, Mode, RollupDeps, run};
use enrich::Rules;
use handover::manifests::Manifests;
use model::{Event, EventKind, LogId, ManualClock, time::parse_day};
use testing::Log;

pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;
const LOG: LogId = LogId(77);
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const GOOGLEBOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

pub struct Installation {
    pub deps: RollupDeps,
    pub clock: Arc<ManualClock>,
    base: testing::Installation,
    log: Log,
}

/// What the batch layer works with on an installation; `seed` tells processes apart.
pub fn rollup(installation: &testing::Installation, rules: &Arc<Rules>, seed: u64) -> RollupDeps {
    let env = installation.another(seed);
    RollupDeps {
        manifests: Manifests::new(Arc::clone(&env.store)),
        rules: Arc::clone(rules),
        env,
        door_rules: None,
        accounts: None,
        engine: Arc::new(Local),
        limits: Limits::default(),
    }
}

impl Installation {
    /// One without events.
    pub fn new(now_ms: i64) -> Self {
        let base = testing::Installation::new(now_ms);
        let rules = Arc::new(Rules::new().expect("rules"));
        Self {
            deps: rollup(&base, &rules, 1),
            clock: base.clock.clone(),
            base,
            log: Log::new(LOG),
        }
    }

    /// Seals the events as the next epoch and rolls it up.
    pub async fn take(&mut self, events: Vec<Event>) {
        self.base.register(self.log.id).await;
        events.into_iter().for_each(|event| self.log.accept(event));
        self.log.seal(&self.deps.env.store).await;
        let run = run(&self.deps, Mode::Incremental).await;
        assert!(run.expect("a run").published);
    }
}

/// A click by a person, received when it happened.
pub fn click(account: u64, link: u64, at_ms: i64) -> Event {
    Event {
        kind: EventKind::Click as i32,
        account,
        object: link,
        occurred_ms: at_ms,
        received_ms: at_ms,
        user_agent: FIREFOX.into(),
        visitor: at_ms as u64,
        ..Event::default()
    }
}

/// A click by a bot.
pub fn bot_click(account: u64, link: u64, at_ms: i64) -> Event {
    Event {
        user_agent: GOOGLEBOT.into(),
        ..click(account, link, at_ms)
    }
}

/// A goal that was reached.
pub fn conversion(account: u64, goal: u64, at_ms: i64) -> Event {
    Event {
        kind: EventKind::Conversion as i32,
        ..click(account, goal, at_ms)
    }
}

pub fn start() -> i64 {
    parse_day("2026-03-02").expect("a day") * DAY
}

/// Clicks by people in one hour of the day.
pub fn clicks_at(hour: i64) -> i64 {
    1 + hour % 24 / 6
}

/// `days` of account 1's link 10 with a bot every hour, one conversion a day, and the last two days
/// of account 2's link 11. Then an hour that has only just begun, with many clicks.
pub fn traffic(days: i64) -> Vec<Event> {
    let (start, hours) = (start(), days * 24);
    let mut events = Vec::new();
    for hour in 0..hours {
        let at = start + hour * HOUR;
        events.extend((0..clicks_at(hour)).map(|i| click(1, 10, at + i * 60_000)));
        events.push(bot_click(1, 10, at + 59 * 60_000));
        if hour >= hours - 48 {
            events.push(click(2, 11, at));
        }
    }
    events.extend((0..days).map(|day| conversion(1, 20, start + day * DAY + 23 * HOUR)));
    events.extend((0..90).map(|i| click(1, 10, start + hours * HOUR + i)));
    events.sort_by_key(|event| event.occurred_ms);
    events
}

pub async fn filled(days: i64) -> Installation {
    let mut installation = Installation::new(start() + days * DAY + HOUR / 2);
    installation.take(traffic(days)).await;
    installation
}
