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

/// Lines that may wait, and bytes of them, in KiB; more are counted and dropped. Of what anybody sends there are fewer.
const QUEUE: usize = 4096;
const QUEUE_KIB: usize = 8 * 1024;
const QUEUE_KIB_OF_ANYBODY: usize = 512;
/// Longest text of an event that is kept, bytes.
pub const MAX_LINE: usize = 16 * 1024;
/// How long lines are gathered for one object, and how large it may become.
const GATHER: Duration = Duration::from_secs(5);
const MAX_OBJECT: usize = 1 << 20;
/// Objects that are written at once, and how long all that was gathered may take.
const PUTS_AT_ONCE: usize = 8;
const LIMIT: Duration = Duration::from_secs(10);
const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// Who sent what was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Who has the account's key, or knows what a goal's conversions are signed with.
    Account,
    /// Anybody: the door is open. What they send takes no room of the account's own.
    Anybody,
}

/// What one collector keeps, of all accounts and of each; more is counted and dropped.
struct Bounds {
    /// Bytes in a day.
    bytes: usize,
    account_bytes: usize,
    /// Lines in a minute.
    lines: usize,
    account_lines: usize,
}

const OF_ACCOUNTS: Bounds = Bounds {
    bytes: 64 << 20,
    account_bytes: 16 << 20,
    lines: usize::MAX,
    account_lines: usize::MAX,
};
const OF_ANYBODY: Bounds = Bounds {
    bytes: 16 << 20,
    account_bytes: 2 << 20,
    lines: 600,
    account_lines: 60,
};

/// Takes refused events. Cheap to clone.
#[derive(Clone)]
pub struct Rejected {
    lines: mpsc::Sender<Line>,
    of_accounts: Arc<Keeping>,
    of_anybody: Arc<Keeping>,
}

/// Room for what some send.
struct Keeping {
    waiting: Arc<Semaphore>,
    kept: Mutex<Kept>,
}

impl Keeping {
    fn new(bounds: &'static Bounds, queue_kib: usize) -> Arc<Self> {
        Arc::new(Self {
            waiting: Arc::new(Semaphore::new(queue_kib)),
            kept: Mutex::new(Kept::new(bounds)),
        })
    }
}

/// How much was kept since midnight, and in this minute.
struct Kept {
    bounds: &'static Bounds,
    bytes: Taken,
    lines: Taken,
}

/// How much was taken in a period, of all accounts and of each.
#[derive(Default)]
struct Taken {
    period: i64,
    all: usize,
    accounts: HashMap<EntityId, usize>,
}

impl Taken {
    fn begin(&mut self, period: i64) {
        if self.period != period {
            *self = Self {
                period,
                ..Self::default()
            };
        }
    }

    fn fits(&self, account: EntityId, more: usize, all: usize, each: usize) -> bool {
        let own = self.accounts.get(&account).copied().unwrap_or(0);
        self.all + more <= all && own + more <= each
    }

    fn add(&mut self, account: EntityId, more: usize) {
        self.all += more;
        *self.accounts.entry(account).or_default() += more;
    }
}

impl Kept {
    fn new(bounds: &'static Bounds) -> Self {
        Self {
            bounds,
            bytes: Taken::default(),
            lines: Taken::default(),
        }
    }

    /// Whether there is room for a line more of an account, of so many bytes; then it is taken.
    fn take(&mut self, account: EntityId, bytes: usize, now_ms: i64) -> bool {
        let of = self.bounds;
        self.bytes.begin(now_ms.div_euclid(DAY_MS));
        self.lines.begin(now_ms.div_euclid(MINUTE_MS));
        let fits = self.bytes.fits(account, bytes, of.bytes, of.account_bytes)
            && self.lines.fits(account, 1, of.lines, of.account_lines);
        if fits {
            self.bytes.add(account, bytes);
            self.lines.add(account, 1);
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
        let of_accounts = Keeping::new(&OF_ACCOUNTS, QUEUE_KIB);
        let of_anybody = Keeping::new(&OF_ANYBODY, QUEUE_KIB_OF_ANYBODY);
        let rejected = Self {
            lines,
            of_accounts,
            of_anybody,
        };
        (rejected, receiver)
    }

    /// Keeps what may be `kept` of one refused event of an account, with the reason.
    pub fn push(
        &self,
        (account, by): (EntityId, By),
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
        let keeping = match by {
            By::Account => &self.of_accounts,
            By::Anybody => &self.of_anybody,
        };
        let mut kept = keeping.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = kept.take(account, line.len(), now_ms);
        drop(kept);
        if !(fits && self.offer(&keeping.waiting, account, now_ms, line)) {
            metrics::counter!("millrace_rejected_events_dropped_total").increment(1);
        }
    }

    fn offer(&self, room: &Arc<Semaphore>, account: EntityId, at_ms: i64, text: String) -> bool {
        let kib = (text.len() / 1024 + 1) as u32;
        let room = Arc::clone(room).try_acquire_many_owned(kib);
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

    const OWN: Bounds = OF_ACCOUNTS;

    #[test]
    fn a_day_has_room_for_so_much_and_each_account_for_a_part_of_it() {
        let mut kept = Kept::new(&OF_ACCOUNTS);
        let mut taken = |raw: u64, now_ms| {
            let lines = 0..OWN.bytes / MAX_LINE;
            lines
                .filter(|_| kept.take(account(raw), MAX_LINE, now_ms))
                .count()
                * MAX_LINE
        };
        assert_eq!(taken(1, 0), OWN.account_bytes);
        assert_eq!(taken(2, 1), OWN.account_bytes, "others have room");
        let rest: usize = [3, 4, 5].map(|raw| taken(raw, 2)).iter().sum();
        assert_eq!(rest, OWN.bytes - 2 * OWN.account_bytes);
        assert_eq!(taken(1, DAY_MS), OWN.account_bytes, "the next day");
    }

    #[test]
    fn what_anybody_sends_is_kept_so_often_and_takes_nobodys_room() {
        let mut kept = Kept::new(&OF_ANYBODY);
        let mut taken = |raw: u64, bytes, now_ms| {
            let lines = 0..2 * OF_ANYBODY.lines;
            lines
                .filter(|_| kept.take(account(raw), bytes, now_ms))
                .count()
        };
        assert_eq!(taken(1, 100, 0), OF_ANYBODY.account_lines);
        assert_eq!(taken(1, 100, MINUTE_MS - 1), 0);
        assert_eq!(taken(1, 100, MINUTE_MS), OF_ANYBODY.account_lines);
        let all: usize = (2..20).map(|raw| taken(raw, 100, 2 * MINUTE_MS)).sum();
        assert_eq!(all, OF_ANYBODY.lines);
        let large: usize = (3..100).map(|n| taken(99, MAX_LINE, n * MINUTE_MS)).sum();
        assert_eq!(large, OF_ANYBODY.account_bytes / MAX_LINE);

        let (rejected, mut lines) = Rejected::channel();
        let push =
            |from| rejected.push((account(1), from), "c", "d", &BTreeMap::from([("a", 1)]), 0);
        (0..QUEUE).for_each(|_| push(By::Anybody));
        push(By::Account);
        drop(rejected);
        let waiting = std::iter::from_fn(|| lines.try_recv().ok()).count();
        assert_eq!(waiting, OF_ANYBODY.account_lines + 1);
    }

    #[tokio::test]
    async fn a_line_has_the_reason_and_what_is_kept() {
        let (rejected, mut lines) = Rejected::channel();
        let value = serde_json::value::RawValue::from_string("1.50".into()).unwrap();
        let kept = BTreeMap::from([("event", BTreeMap::from([("value", value)]))]);
        rejected.push((account(1), By::Account), "code", "detail", &kept, 0);
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
            rejected.push((account(1), By::Account), "code", "detail", &kept, 0);
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
                (account(raw), By::Account),
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
