//! Refused events are kept for inspection and replay, as far as there is room.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, stream};
use model::{EntityId, time::rfc3339};
use object_store::ObjectStoreExt;
use serde::Serialize;
use storage::{object_keys::ObjectKey, store::Store};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// Lines that may wait, and bytes of them, in KiB; more are counted and dropped.
const QUEUE: usize = 4096;
const QUEUE_KIB: usize = 8 * 1024;
/// Longest text of an event that is kept, bytes.
pub const MAX_LINE: usize = 16 * 1024;
/// How long lines are gathered for one object, and how large it may become.
const GATHER: Duration = Duration::from_secs(5);
const MAX_OBJECT: usize = 1 << 20;
/// Objects that are written at once, and how long all that was gathered may take.
const PUTS_AT_ONCE: usize = 8;
const LIMIT: Duration = Duration::from_secs(10);
/// What one collector keeps of a day, and of one account in it, bytes; more is counted and dropped.
const DAY_BYTES: usize = 64 << 20;
const ACCOUNT_BYTES: usize = 16 << 20;
const DAY_MS: i64 = 86_400_000;

/// Takes refused events. Cheap to clone.
#[derive(Clone)]
pub struct Rejected {
    lines: mpsc::Sender<Line>,
    room: Arc<Semaphore>,
    kept: Arc<Mutex<KeptToday>>,
}

/// How much was kept since midnight.
#[derive(Default)]
struct KeptToday {
    day: i64,
    all: usize,
    accounts: HashMap<EntityId, usize>,
}

impl KeptToday {
    /// Whether there is room for so many bytes more of an account; then they are taken.
    fn take(&mut self, account: EntityId, bytes: usize, now_ms: i64) -> bool {
        let day = now_ms.div_euclid(DAY_MS);
        if self.day != day {
            *self = Self {
                day,
                ..Self::default()
            };
        }
        let own = self.accounts.get(&account).copied().unwrap_or(0);
        let fits = self.all + bytes <= DAY_BYTES && own + bytes <= ACCOUNT_BYTES;
        if fits {
            self.all += bytes;
            *self.accounts.entry(account).or_default() += bytes;
        }
        fits
    }
}

/// A line of the file.
#[derive(Serialize)]
struct Refused<'a, T> {
    at: String,
    code: &'a str,
    detail: &'a str,
    #[serde(flatten)]
    kept: &'a T,
}

/// One refused event, and the room it takes.
pub struct Line {
    account: EntityId,
    at_ms: i64,
    text: String,
    _room: OwnedSemaphorePermit,
}

impl Rejected {
    /// A sender and what [`keep`] reads from.
    pub fn channel() -> (Self, mpsc::Receiver<Line>) {
        let (lines, receiver) = mpsc::channel(QUEUE);
        let room = Arc::new(Semaphore::new(QUEUE_KIB));
        let kept = Arc::default();
        (Self { lines, room, kept }, receiver)
    }

    /// Keeps what may be `kept` of one refused event of an account, with the reason.
    pub fn push(
        &self,
        account: EntityId,
        code: &str,
        detail: &str,
        kept: &impl Serialize,
        now_ms: i64,
    ) {
        let refused = Refused {
            at: rfc3339(now_ms),
            code,
            detail,
            kept,
        };
        // Texts and numbers alone.
        let Ok(line) = serde_json::to_string(&refused) else {
            return;
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = kept.take(account, line.len(), now_ms);
        drop(kept);
        if !(fits && self.offer(account, now_ms, line)) {
            metrics::counter!("millrace_rejected_events_dropped_total").increment(1);
        }
    }

    fn offer(&self, account: EntityId, at_ms: i64, text: String) -> bool {
        let kib = (text.len() / 1024 + 1) as u32;
        let room = Arc::clone(&self.room).try_acquire_many_owned(kib);
        let line = |_room| Line {
            account,
            at_ms,
            text,
            _room,
        };
        let sent = room.map(|room| self.lines.try_send(line(room)));
        matches!(sent, Ok(Ok(())))
    }
}

/// Lines of an account that become one object.
struct Gathered {
    at_ms: i64,
    body: String,
}

/// Writes refused events to the store until `shutdown`, those of each account apart. `name` makes names that no other
/// object has.
pub async fn keep(
    store: Store,
    mut lines: mpsc::Receiver<Line>,
    name: Arc<dyn Fn() -> String + Send + Sync>,
    shutdown: CancellationToken,
) {
    loop {
        let first = tokio::select! {
            line = lines.recv() => line,
            () = shutdown.cancelled() => lines.try_recv().ok(),
        };
        let Some(first) = first else { return };
        let gathered = gather(first, &mut lines, &shutdown).await;
        let puts = gathered
            .into_iter()
            .map(|(account, Gathered { at_ms, body })| {
                let name = name();
                let key = ObjectKey::Rejected {
                    account,
                    at_ms,
                    name,
                };
                put(&store, key, body)
            });
        let puts = stream::iter(puts).buffer_unordered(PUTS_AT_ONCE);
        // They are worth no more: a drain waits for them.
        if timeout(LIMIT, puts.collect::<()>()).await.is_err() {
            tracing::warn!("refused events could not be kept in time");
        }
    }
}

async fn put(store: &Store, key: ObjectKey, body: String) {
    if let Err(error) = store.put(&key.path(), Bytes::from(body).into()).await {
        tracing::warn!(%error, "refused events could not be kept");
    }
}

/// What comes within a while, as far as it makes no object too large.
async fn gather(
    first: Line,
    lines: &mut mpsc::Receiver<Line>,
    shutdown: &CancellationToken,
) -> BTreeMap<EntityId, Gathered> {
    let mut gathered = BTreeMap::new();
    let mut bytes = 0;
    let deadline = tokio::time::sleep(GATHER);
    tokio::pin!(deadline);
    let mut next = Some(first);
    while let Some(line) = next {
        bytes += line.text.len() + 1;
        let of = gathered.entry(line.account).or_insert_with(|| Gathered {
            at_ms: line.at_ms,
            body: String::new(),
        });
        of.body.push_str(&line.text);
        of.body.push('\n');
        if bytes >= MAX_OBJECT {
            break;
        }
        next = tokio::select! {
            line = lines.recv() => line,
            () = &mut deadline => None,
            () = shutdown.cancelled() => lines.try_recv().ok(),
        };
    }
    gathered
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::EntityKind;

    use super::*;

    fn account(raw: u64) -> EntityId {
        EntityId::new(EntityKind::Account, raw)
    }

    #[test]
    fn a_day_has_room_for_so_much_and_each_account_for_a_part_of_it() {
        let mut kept = KeptToday::default();
        let mut taken = |raw: u64, now_ms| {
            let lines = 0..DAY_BYTES / MAX_LINE;
            lines
                .filter(|_| kept.take(account(raw), MAX_LINE, now_ms))
                .count()
                * MAX_LINE
        };
        assert_eq!(taken(1, 0), ACCOUNT_BYTES);
        assert_eq!(taken(2, 1), ACCOUNT_BYTES, "others have room");
        let rest: usize = [3, 4, 5].map(|raw| taken(raw, 2)).iter().sum();
        assert_eq!(rest, DAY_BYTES - 2 * ACCOUNT_BYTES);
        assert_eq!(taken(1, DAY_MS), ACCOUNT_BYTES, "the next day");
    }

    #[tokio::test]
    async fn a_line_has_the_reason_and_what_is_kept() {
        let (rejected, mut lines) = Rejected::channel();
        let value = serde_json::value::RawValue::from_string("1.50".into()).unwrap();
        let kept = BTreeMap::from([("event", BTreeMap::from([("value", value)]))]);
        rejected.push(account(1), "code", "detail", &kept, 0);
        assert_eq!(
            lines.recv().await.unwrap().text,
            r#"{"at":"1970-01-01T00:00:00Z","code":"code","detail":"detail","event":{"value":1.50}}"#
        );
    }

    #[tokio::test]
    async fn what_waits_for_the_store_is_bounded_in_bytes() {
        let (rejected, mut lines) = Rejected::channel();
        // Each grows sixfold when it is escaped.
        let kept = BTreeMap::from([("event", "\u{1}".repeat(MAX_LINE))]);
        for _ in 0..QUEUE {
            rejected.push(account(1), "code", "detail", &kept, 0);
        }
        drop(rejected);
        let mut bytes = 0;
        while let Some(line) = lines.recv().await {
            bytes += line.text.len();
        }
        assert!(bytes > 0 && bytes <= QUEUE_KIB * 1024, "{bytes}");
    }

    #[tokio::test]
    async fn each_account_has_objects_of_its_own() {
        let store = storage::store::open("memory://").unwrap();
        let (rejected, lines) = Rejected::channel();
        for (raw, at) in [(1, 5), (2, 6), (1, 7)] {
            rejected.push(
                account(raw),
                "code",
                "detail",
                &BTreeMap::from([("at", at)]),
                at,
            );
        }
        drop(rejected);
        let name: Arc<dyn Fn() -> String + Send + Sync> = Arc::new(|| "x".into());
        keep(Arc::clone(&store), lines, name, CancellationToken::new()).await;
        for (raw, at_ms, expected) in [(1, 5, 2), (2, 6, 1)] {
            let path = ObjectKey::Rejected {
                account: account(raw),
                at_ms,
                name: "x".into(),
            };
            let body = store
                .get(&path.path())
                .await
                .unwrap()
                .bytes()
                .await
                .unwrap();
            assert_eq!(body.iter().filter(|byte| **byte == b'\n').count(), expected);
        }
    }
}
