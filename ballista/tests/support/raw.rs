//! Some logs as collectors leave them, the same each time.

use handover::raw::{self, LogInfo, Seal};
use model::{Epoch, Event, EventKind, LogId, Record, SegmentNo, Seq, Span};
use storage::store::Store;
use testing::log;

const LOGS: u64 = 4;
const EACH: u64 = 200_000;
const SEGMENT: u64 = 10_000;
/// Every so many events one has a sender's key that could not be checked; each log has the same.
const KEYED: u64 = 200_000;
/// All events.
pub const EVENTS: u64 = LOGS * EACH;
/// Of these, events that repeat one of another log.
pub const DUPLICATES: u64 = (LOGS - 1) * EACH / KEYED;

const START_MS: i64 = 1_772_409_600_000;
const AGENTS: [&str; 3] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
];
const COUNTRIES: [&str; 4] = ["DE", "FR", "US", ""];

/// Stores all of it.
pub async fn fill(store: &Store) {
    for log in 1..=LOGS {
        let log = LogId(u128::from(log));
        let info = LogInfo::new(log);
        raw::register_log(store, &info).await.expect("a log");
        let mut hash = [0; 32];
        for number in 1..=EACH / SEGMENT {
            let seqs = (number - 1) * SEGMENT + 1..=number * SEGMENT;
            let records: Vec<Record> = seqs.map(|seq| record(log, seq)).collect();
            let footer = log::ship(store, log, SegmentNo(number), hash, &records).await;
            hash = footer.hash;
        }
        let seal = Seal {
            log,
            epoch: Epoch(1),
            segments: Span::from((SegmentNo::FIRST, SegmentNo(EACH / SEGMENT))),
            seqs: Span::from((Seq::FIRST, Seq(EACH))),
            count: EACH,
        };
        raw::put_seal(store, &seal).await.expect("a seal");
    }
}

fn record(log: LogId, seq: u64) -> Record {
    let n = seq.wrapping_mul(2_654_435_761).wrapping_add(log.0 as u64);
    let at_ms = START_MS + seq as i64 * 400;
    let keyed = seq.is_multiple_of(KEYED);
    let event = Event {
        kind: EventKind::Click as i32,
        account: if keyed { 1 } else { 1 + n % 3 },
        object: 10 + n % 50,
        occurred_ms: at_ms,
        received_ms: at_ms + log.0 as i64,
        user_agent: AGENTS[(n % 7 % 3) as usize].into(),
        visitor: n % 5_000,
        country: COUNTRIES[(n % 4) as usize].into(),
        key: keyed.then(|| format!("key-{seq}")),
        unchecked: keyed,
        ..Event::default()
    };
    Record {
        seq: Seq(seq),
        epoch: Epoch(1),
        event,
    }
}
