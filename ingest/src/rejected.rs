//! Refused events are kept for inspection and replay, as far as there is room.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use model::LogId;
use object_store::ObjectStoreExt;
use serde::Serialize;
use storage::{object_keys::ObjectKey, store::Store};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

/// Lines that may wait, and bytes of them, in KiB; more are counted and dropped.
const QUEUE: usize = 4096;
const QUEUE_KIB: usize = 8 * 1024;
/// Longest text of an event that is kept, bytes.
pub const MAX_LINE: usize = 16 * 1024;
/// How long lines are gathered for one object, and how large it may become.
const GATHER: Duration = Duration::from_secs(5);
const MAX_OBJECT: usize = 1 << 20;
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
    accounts: HashMap<String, usize>,
}

impl KeptToday {
    /// Whether there is room for so many bytes more of an account; then they are taken.
    fn take(&mut self, account: &str, bytes: usize, now_ms: i64) -> bool {
        let day = now_ms.div_euclid(DAY_MS);
        if self.day != day {
            *self = Self {
                day,
                ..Self::default()
            };
        }
        let own = self.accounts.get(account).copied().unwrap_or(0);
        let fits = self.all + bytes <= DAY_BYTES && own + bytes <= ACCOUNT_BYTES;
        if fits {
            self.all += bytes;
            *self.accounts.entry(account.to_owned()).or_default() += bytes;
        }
        fits
    }
}

/// A line of the file.
#[derive(Serialize)]
struct Refused<'a, T> {
    account: &'a str,
    code: &'a str,
    detail: &'a str,
    #[serde(flatten)]
    kept: &'a T,
}

/// One refused event, and the room it takes.
pub struct Line {
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
        account: &str,
        code: &str,
        detail: &str,
        kept: &impl Serialize,
        now_ms: i64,
    ) {
        let refused = Refused {
            account,
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
        if !(fits && self.offer(line)) {
            metrics::counter!("millrace_rejected_events_dropped_total").increment(1);
        }
    }

    fn offer(&self, text: String) -> bool {
        let kib = (text.len() / 1024 + 1) as u32;
        let room = Arc::clone(&self.room).try_acquire_many_owned(kib);
        let sent = room.map(|_room| self.lines.try_send(Line { text, _room }));
        matches!(sent, Ok(Ok(())))
    }
}

/// Writes refused events to the store until `shutdown`. `name` makes names that no other object
/// of this log has.
pub async fn keep(
    store: Store,
    log: LogId,
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
        let mut body = first.text + "\n";
        let deadline = tokio::time::sleep(GATHER);
        tokio::pin!(deadline);
        while body.len() < MAX_OBJECT {
            let line = tokio::select! {
                line = lines.recv() => line,
                () = &mut deadline => None,
                () = shutdown.cancelled() => lines.try_recv().ok(),
            };
            let Some(line) = line else { break };
            body.push_str(&line.text);
            body.push('\n');
        }
        let path = ObjectKey::Rejected { log, name: name() }.path();
        if let Err(error) = store.put(&path, Bytes::from(body).into()).await {
            tracing::warn!(%error, "refused events could not be kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_day_has_room_for_so_much_and_each_account_for_a_part_of_it() {
        let mut kept = KeptToday::default();
        let mut taken = |account: &str, now_ms| {
            let lines = 0..DAY_BYTES / MAX_LINE;
            lines
                .filter(|_| kept.take(account, MAX_LINE, now_ms))
                .count()
                * MAX_LINE
        };
        assert_eq!(taken("one", 0), ACCOUNT_BYTES);
        assert_eq!(taken("two", 1), ACCOUNT_BYTES, "others have room");
        let rest: usize = ["three", "four", "five"].map(|a| taken(a, 2)).iter().sum();
        assert_eq!(rest, DAY_BYTES - 2 * ACCOUNT_BYTES);
        assert_eq!(taken("one", DAY_MS), ACCOUNT_BYTES, "the next day");
    }

    #[tokio::test]
    async fn a_line_has_the_reason_and_what_is_kept() {
        let (rejected, mut lines) = Rejected::channel();
        let value = serde_json::value::RawValue::from_string("1.50".into()).unwrap();
        let kept = BTreeMap::from([("event", BTreeMap::from([("value", value)]))]);
        rejected.push("acc", "code", "detail", &kept, 0);
        assert_eq!(
            lines.recv().await.unwrap().text,
            r#"{"account":"acc","code":"code","detail":"detail","event":{"value":1.50}}"#
        );
    }

    #[tokio::test]
    async fn what_waits_for_the_store_is_bounded_in_bytes() {
        let (rejected, mut lines) = Rejected::channel();
        // Each grows sixfold when it is escaped.
        let kept = BTreeMap::from([("event", "\u{1}".repeat(MAX_LINE))]);
        for _ in 0..QUEUE {
            rejected.push("acc", "code", "detail", &kept, 0);
        }
        drop(rejected);
        let mut bytes = 0;
        while let Some(line) = lines.recv().await {
            bytes += line.text.len();
        }
        assert!(bytes > 0 && bytes <= QUEUE_KIB * 1024, "{bytes}");
    }
}
