//! An installation in memory, filled with sealed events as collectors leave them.

use std::sync::Arc;

use batch_layer::{Mode, RollupDeps, run};
use enrich::Rules;
use handover::{
    manifests::Manifests,
    raw::{self, LogInfo, Seal},
    segment::{self, Header},
};
use model::{
    Epoch, Event, EventKind, LogId, ManualClock, Record, SegmentNo, Seq, Span,
    random::SeededRandom, time::parse_day,
};
use storage::{env::Env, store};

pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;
const LOG: LogId = LogId(77);
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const GOOGLEBOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

pub struct Installation {
    pub deps: RollupDeps,
    pub clock: Arc<ManualClock>,
    next: Header,
}

impl Installation {
    /// One without events.
    pub fn new(now_ms: i64) -> Self {
        let store = store::open("memory://").expect("a store");
        let clock = Arc::new(ManualClock::new(now_ms));
        let deps = RollupDeps {
            manifests: Manifests::new(Arc::clone(&store)),
            rules: Arc::new(Rules::new().expect("rules")),
            env: Env {
                store,
                clock: clock.clone(),
                random: Arc::new(SeededRandom::new(1)),
            },
        };
        let first = Header {
            log: LOG,
            number: SegmentNo(1),
            epoch: Epoch(1),
            first_seq: Seq(1),
            previous_seq: Seq(0),
            previous_hash: [0; 32],
        };
        Self {
            deps,
            clock,
            next: first,
        }
    }

    /// Seals the events as the next epoch and rolls up it.
    pub async fn take(&mut self, events: Vec<Event>) {
        let store = &self.deps.env.store;
        let header = self.next;
        let first = header.first_seq;
        let info = LogInfo {
            log: LOG,
            created_ms: 0,
            predecessor: None,
            retired_at: None,
            closed: None,
        };
        raw::register_log(store, &info).await.expect("a log");
        let record = |(seq, event)| Record {
            seq: Seq(seq),
            epoch: header.epoch,
            event,
        };
        let records: Vec<Record> = (first.0..).zip(events).map(record).collect();
        let (bytes, footer) = segment::build(&header, &records);
        raw::put_segment(store, LOG, header.number, &bytes)
            .await
            .expect("a segment");
        let seal = Seal {
            log: LOG,
            epoch: header.epoch,
            segments: Span::from((header.number, header.number)),
            seqs: Span::from((first, footer.last_seq)),
            count: footer.count,
        };
        raw::put_seal(store, &seal).await.expect("a seal");
        let (number, epoch) = (header.number.next(), header.epoch.next());
        let (previous_seq, previous_hash) = (footer.last_seq, footer.hash);
        let next = Header {
            number,
            epoch,
            first_seq: previous_seq.next(),
            previous_seq,
            previous_hash,
            ..header
        };
        self.next = next;
        assert!(
            run(&self.deps, Mode::Incremental)
                .await
                .expect("a run")
                .published
        );
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
