//! How far a webhook has been told: one small object for each, written anew after each step. Whatever was written last is true:
//! all events before its cursors were told, or are set aside in it.

use std::collections::{BTreeMap, VecDeque};

use catalog::{Webhook, webhook::Begins};
use handover::raw::LogInfo;
use model::{Horizon, LogId, SegmentNo, Seq};
use object_store::ObjectStoreExt;
use serde::{Deserialize, Serialize};
use storage::{
    object_keys::ObjectKey,
    store::{self, Store, StoreError},
};
use webhooks::{EventType, backoff, delivery::Delivery};

/// Deliveries that are remembered.
pub(crate) const REMEMBERED: usize = 100;
/// Messages that may wait for another try; then no new ones are made.
pub(crate) const MOST_ASIDE: usize = 100;
/// A receiver that has refused so many messages one after another is taken for one that is down.
const DOWN: u32 = 3;
/// So often, at least, one that is down is tried, milliseconds.
const PROBE_MS: i64 = 300_000;
/// Logs of which more is remembered than batch needs.
const MOST_LOGS: usize = 32;
/// An answer is slow that takes so long, milliseconds.
const SLOW_MS: u64 = 2_000;

/// See the module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// What it is the progress of.
    pub begins: Begins,
    /// Number of the manifest after whose horizon logs begin that are not listed here.
    base: u64,
    pub logs: BTreeMap<LogId, Cursor>,
    /// The newest restatement that was told or passed over; `None`: none since it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restated: Option<Box<str>>,
    /// Messages that were refused.
    pub aside: Vec<Aside>,
    /// Failures one after another.
    failures: u32,
    /// Steps one after another in which nothing was taken by a receiver that is down.
    #[serde(default)]
    probes: u32,
    /// While it is down: when it is tried again, unix milliseconds.
    retry_at_ms: i64,
    /// Whether the last answer was long in coming.
    #[serde(skip)]
    is_slow: bool,
    /// The newest deliveries, the newest last.
    pub deliveries: VecDeque<Delivery>,
}

/// How far a log has been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// The segment that is next.
    pub next: SegmentNo,
    /// Messages that end with this event or before are done.
    pub seq: Seq,
    /// There is nothing more.
    pub ended: bool,
}

/// Where the events of a message are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub kind: EventType,
    pub log: LogId,
    pub segment: SegmentNo,
    /// Its first event and its last.
    pub first: Seq,
    pub last: Seq,
}

/// What a message tells of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Source {
    /// Events of a segment.
    Events(Place),
    /// What changed of settled days.
    Restated {
        /// The name of the object that says it.
        restated: Box<str>,
    },
}

/// A message that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Aside {
    #[serde(rename = "place")]
    pub source: Source,
    /// When it was first refused, unix milliseconds; 0: not since the webhook was enabled.
    since_ms: i64,
    pub tries: u32,
    retry_at_ms: i64,
}

impl Aside {
    fn new(source: Source) -> Self {
        Self {
            source,
            since_ms: 0,
            tries: 0,
            retry_at_ms: 0,
        }
    }
}

/// What follows from a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    GoOn,
    /// It was tried for as long as it is.
    GiveUp,
}

impl Progress {
    /// Of a webhook that was told nothing yet.
    pub fn new(begins: Begins) -> Self {
        Self {
            begins,
            base: begins.manifest,
            logs: BTreeMap::new(),
            restated: None,
            aside: Vec::new(),
            failures: 0,
            probes: 0,
            retry_at_ms: 0,
            is_slow: false,
            deliveries: VecDeque::new(),
        }
    }

    /// Of a webhook that begins so, and of which this is stored.
    pub fn of(begins: Begins, stored: Option<Self>) -> Self {
        match stored {
            Some(stored) if stored.begins == begins => stored,
            // It begins anew, but what was delivered was.
            Some(stored) => Self {
                deliveries: stored.deliveries,
                ..Self::new(begins)
            },
            None => Self::new(begins),
        }
    }

    /// As it is stored.
    pub async fn load(store: &Store, webhook: &Webhook) -> Result<Option<Self>, StoreError> {
        let path = path(webhook);
        let Some(bytes) = store::read(store, &path).await? else {
            return Ok(None);
        };
        let damaged = |error: serde_json::Error| StoreError::Damaged {
            path,
            why: error.to_string(),
        };
        serde_json::from_slice(&bytes).map(Some).map_err(damaged)
    }

    /// Stores it.
    pub async fn save(&self, store: &Store, webhook: &Webhook) -> Result<(), StoreError> {
        let path = path(webhook);
        let damaged = |error: serde_json::Error| StoreError::Damaged {
            path: path.clone(),
            why: error.to_string(),
        };
        let bytes = serde_json::to_vec(self).map_err(damaged)?;
        store::replace(store, &path, bytes.into()).await
    }

    /// Number of the manifest after whose horizon logs begin that are not known here.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// Takes in the logs that there are; `base` is the horizon of its base.
    pub fn take_in<'a>(&mut self, logs: impl Iterator<Item = &'a LogInfo>, base: &Horizon) {
        for info in logs.filter(|info| !info.is_import() && info.is_open_beyond(base)) {
            let covered = base.of(info.log);
            self.logs.entry(info.log).or_insert(Cursor {
                next: covered.segment.next(),
                seq: covered.seq,
                ended: false,
            });
        }
    }

    /// Forgets logs that have been told to their ends and that a manifest, its new base, covers to their ends: `is_covered`.
    /// All logs that it has beyond its base must have been taken in.
    pub fn rebase(&mut self, manifest: u64, is_covered: impl Fn(LogId) -> bool) {
        if self.logs.len() > MOST_LOGS && manifest > self.base {
            self.base = manifest;
            self.logs
                .retain(|log, cursor| !cursor.ended || !is_covered(*log));
        }
    }

    /// Whether the receiver is taken to be down.
    pub fn is_down(&self) -> bool {
        self.failures >= DOWN
    }

    /// Whether the receiver failed last, or was slow: then it takes long, and waits for others of its kind alone.
    pub fn takes_long(&self) -> bool {
        self.failures > 0 || self.is_slow
    }

    /// That the receiver answered after so many milliseconds.
    pub fn took(&mut self, ms: u64) {
        self.is_slow = ms >= SLOW_MS;
    }

    /// Until when nothing is sent, unix milliseconds.
    pub fn rests_until(&self) -> i64 {
        if self.is_down() { self.retry_at_ms } else { 0 }
    }

    /// When the next refused message is tried again, unix milliseconds.
    pub fn next_retry(&self) -> Option<i64> {
        let next = self.aside.iter().map(|aside| aside.retry_at_ms).min();
        next.map(|at| at.max(self.rests_until()))
    }

    /// Refused messages that are to be tried again.
    pub fn due(&self, now_ms: i64, limit: usize) -> Vec<Aside> {
        let due = self
            .aside
            .iter()
            .filter(|aside| aside.retry_at_ms <= now_ms);
        due.take(limit).cloned().collect()
    }

    /// That a message was delivered, or is wanted no more.
    pub fn settle(&mut self, source: &Source) {
        self.aside.retain(|aside| aside.source != *source);
    }

    /// That a message is to be sent later, since nothing is sent now.
    pub fn set_aside(&mut self, source: &Source) {
        if !self.aside.iter().any(|aside| aside.source == *source) {
            self.aside.push(Aside::new(source.clone()));
        }
    }

    /// That the receiver has taken something.
    pub fn succeeded(&mut self) {
        self.failures = 0;
        self.probes = 0;
        self.retry_at_ms = 0;
    }

    /// The end of a step in which something was sent: one that is down rests.
    pub fn step_ended(&mut self, now_ms: i64, random: u64) {
        if self.is_down() {
            self.probes = self.probes.saturating_add(1);
            let pause = backoff::pause_ms(self.probes, random);
            self.retry_at_ms = now_ms + pause.min(PROBE_MS);
        }
    }

    /// That a message was refused.
    pub fn refused(&mut self, source: &Source, now_ms: i64, random: u64) -> Verdict {
        self.failures = self.failures.saturating_add(1);
        self.set_aside(source);
        let mut known = self.aside.iter_mut();
        let Some(aside) = known.find(|it| it.source == *source) else {
            return Verdict::GoOn;
        };
        if aside.since_ms == 0 {
            aside.since_ms = now_ms;
        }
        aside.tries = aside.tries.saturating_add(1);
        aside.retry_at_ms = now_ms + backoff::pause_ms(aside.tries, random);
        match now_ms - aside.since_ms >= backoff::PATIENCE_MS {
            true => Verdict::GiveUp,
            false => Verdict::GoOn,
        }
    }

    /// Forgets for how long it has failed: what was refused is tried again when it is enabled.
    pub fn rest(&mut self) {
        self.succeeded();
        for aside in &mut self.aside {
            (aside.since_ms, aside.retry_at_ms) = (0, 0);
        }
    }

    /// Writes down what became of a message.
    pub fn note(&mut self, delivery: Delivery) {
        self.deliveries.push_back(delivery);
        while self.deliveries.len() > REMEMBERED {
            self.deliveries.pop_front();
        }
    }
}

/// Deletes what is stored of a webhook that is no more. What fails stays: it is small, and nobody reads it.
pub(crate) async fn delete(store: &Store, webhook: &Webhook) {
    if let Err(error) = store.delete(&path(webhook)).await {
        tracing::debug!(%error, "what was stored of a deleted webhook stays");
    }
}

fn path(webhook: &Webhook) -> object_store::path::Path {
    let (account, webhook) = (webhook.account, webhook.id.to_string());
    ObjectKey::Webhook { account, webhook }.path()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn progress() -> Progress {
        Progress::new(Begins {
            manifest: 3,
            at_ms: 1,
        })
    }

    fn source(seq: u64) -> Source {
        Source::Events(Place {
            kind: EventType::ConversionCreated,
            log: LogId(1),
            segment: SegmentNo(1),
            first: Seq(seq),
            last: Seq(seq),
        })
    }

    #[test]
    fn what_is_aside_is_stored_as_it_was() {
        let restated = Source::Restated {
            restated: "0000000000005-0a".into(),
        };
        for it in [source(1), restated] {
            let text = serde_json::to_string(&Aside::new(it.clone())).unwrap();
            assert!(text.starts_with(r#"{"place":{"#), "{text}");
            assert_eq!(serde_json::from_str::<Aside>(&text).unwrap().source, it);
        }
    }

    #[test]
    fn what_is_refused_is_tried_again_for_a_day() {
        let mut it = progress();
        let (mut now_ms, mut tries) = (1, 0);
        while it.refused(&source(1), now_ms, 20) == Verdict::GoOn {
            assert_eq!(it.due(now_ms, 9), []);
            now_ms = it.next_retry().unwrap();
            assert_eq!(it.due(now_ms, 9).len(), 1);
            tries += 1;
        }
        assert!((24 * HOUR_MS..27 * HOUR_MS).contains(&now_ms), "{now_ms}");
        assert!((10..30).contains(&tries), "{tries}");
        it.rest();
        assert_eq!((it.rests_until(), it.due(now_ms, 9).len()), (0, 1));
        assert_eq!(
            it.refused(&source(1), now_ms, 20),
            Verdict::GoOn,
            "it is enabled anew"
        );
    }

    #[test]
    fn one_bad_message_keeps_nobody_from_others() {
        let mut it = progress();
        for n in 0..10 {
            it.refused(&source(1), n, 20);
            assert!(!it.is_down() && it.takes_long());
            it.succeeded();
        }
        for n in 2..5 {
            it.refused(&source(n), 0, 20);
        }
        assert!(it.is_down());
        let mut rest = |now_ms| {
            it.step_ended(now_ms, 20);
            it.rests_until() - now_ms
        };
        let rests: Vec<i64> = (0..6).map(&mut rest).collect();
        assert_eq!(rests, [5, 15, 45, 135, 300, 300].map(|s| s * 1_000));
        it.settle(&source(3));
        it.succeeded();
        assert_eq!((it.is_down(), it.aside.len()), (false, 3));
        let mut takes_long = |ms| {
            it.took(ms);
            it.takes_long()
        };
        assert_eq!(
            [100, 14_000, 100].map(&mut takes_long),
            [false, true, false]
        );
    }

    #[test]
    fn deliveries_are_bounded() {
        let mut it = progress();
        for n in 0..250 {
            it.note(Delivery {
                id: format!("{n}").into(),
                kind: "x".into(),
                at_ms: n,
                attempt: 1,
                status: None,
                took_ms: 1,
                error: None,
            });
        }
        assert_eq!(it.deliveries.len(), REMEMBERED);
        assert_eq!(&*it.deliveries[REMEMBERED - 1].id, "249");
    }

    #[test]
    fn logs_begin_at_the_base_and_are_forgotten_when_they_are_told() {
        let info = |log: u128, retired_at: Option<u64>| LogInfo {
            retired_at: retired_at.map(Seq),
            ..LogInfo::new(LogId(log))
        };
        let covered = |seq| model::Covered {
            seq: Seq(seq),
            segment: SegmentNo(4),
            ..model::Covered::default()
        };
        let base = Horizon([(LogId(1), covered(9)), (LogId(2), covered(9))].into());
        let logs: Vec<LogInfo> = std::iter::once(info(1, Some(9)))
            .chain((2..50).map(|log| info(log, None)))
            .collect();
        let mut it = progress();
        it.take_in(logs.iter(), &base);
        assert_eq!(it.logs.get(&LogId(1)), None, "it was over");
        let of = |it: &Progress, log| {
            it.logs
                .get(&LogId(log))
                .map(|at: &Cursor| (at.next, at.seq))
        };
        assert_eq!(of(&it, 2), Some((SegmentNo(5), Seq(9))));
        assert_eq!(of(&it, 3), Some((SegmentNo(1), Seq(0))));
        for log in 3..50 {
            it.logs.get_mut(&LogId(log)).unwrap().ended = true;
        }
        it.rebase(8, |log| log != LogId(7));
        let left: Vec<u128> = it.logs.keys().map(|log| log.0).collect();
        assert_eq!((it.base(), left), (8, vec![2, 7]));
    }
}
