//! Refused events are kept for inspection and replay, as far as there is room.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use model::LogId;
use object_store::ObjectStoreExt;
use storage::{object_keys::ObjectKey, store::Store};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Lines that may wait; more are counted and dropped.
const QUEUE: usize = 4096;
/// Longest line kept, bytes.
const MAX_LINE: usize = 16 * 1024;
/// How long lines are gathered for one object, and how large it may become.
const GATHER: Duration = Duration::from_secs(5);
const MAX_OBJECT: usize = 1 << 20;

/// Takes refused events. Cheap to clone.
#[derive(Clone)]
pub struct Rejected(mpsc::Sender<String>);

impl Rejected {
    /// A sender and what [`keep`] reads from.
    pub fn channel() -> (Self, mpsc::Receiver<String>) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        (Self(sender), receiver)
    }

    /// Keeps one refused event of an account, with the reason; `text` is as it came.
    pub fn push(&self, account: &str, code: &str, detail: &str, text: &str) {
        let text: String = text.chars().take(MAX_LINE).collect();
        let line =
            serde_json::json!({"account": account, "code": code, "detail": detail, "event": text});
        if self.0.try_send(line.to_string()).is_err() {
            metrics::counter!("millrace_rejected_events_dropped_total").increment(1);
        }
    }
}

/// Writes refused events to the store until `shutdown`. `name` makes names that no other object
/// of this log has.
pub async fn keep(
    store: Store,
    log: LogId,
    mut lines: mpsc::Receiver<String>,
    name: Arc<dyn Fn() -> String + Send + Sync>,
    shutdown: CancellationToken,
) {
    loop {
        let first = tokio::select! {
            line = lines.recv() => line,
            () = shutdown.cancelled() => lines.try_recv().ok(),
        };
        let Some(first) = first else { return };
        let mut body = first + "\n";
        let deadline = tokio::time::sleep(GATHER);
        tokio::pin!(deadline);
        while body.len() < MAX_OBJECT {
            let line = tokio::select! {
                line = lines.recv() => line,
                () = &mut deadline => None,
                () = shutdown.cancelled() => lines.try_recv().ok(),
            };
            let Some(line) = line else { break };
            body.push_str(&line);
            body.push('\n');
        }
        let path = ObjectKey::Rejected { log, name: name() }.path();
        if let Err(error) = store.put(&path, Bytes::from(body).into()).await {
            tracing::warn!(%error, "refused events could not be kept");
        }
    }
}
