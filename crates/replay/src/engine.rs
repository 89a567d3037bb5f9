//! Several groups under way at once; told in the order of lines, so that there is a line below which all is answered.

use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{
    runtime::Handle,
    sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinSet,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use crate::{
    batch::{Batch, MOST_EVENTS, batches},
    delivery::{Delivered, Delivery, Undelivered},
    record::Record,
};

/// Groups that a stream may be ahead of the slowest one: what they had refused is held so long.
const AHEAD: usize = 2;

/// How sending ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// At the end of the file.
    Complete,
    /// The file could not be read further, for this reason; all that was read was sent.
    Broken(String),
    /// The collector does not take more, for this reason.
    Failed(String),
    /// Told to end.
    Interrupted,
}

/// A group with its number and its place among those that are under way.
type Numbered = (u64, Batch, OwnedSemaphorePermit);
type Outcome = Result<(u64, Delivered, OwnedSemaphorePermit), Undelivered>;

/// Sends records by `streams` requests at once, of `events_a_second` at most (0: any number). What became of them is
/// given to `settle` in the order of lines.
pub(crate) async fn send(
    records: impl Iterator<Item = io::Result<Record>> + Send + 'static,
    delivery: Arc<Delivery>,
    (streams, events_a_second): (usize, u64),
    stop: &CancellationToken,
    mut settle: impl FnMut(Delivered),
) -> anyhow::Result<End> {
    let size = group_size(events_a_second);
    let room = Arc::new(Semaphore::new(streams * AHEAD));
    let (into, groups) = mpsc::channel(1);
    let reader = tokio::task::spawn_blocking(move || read(records, size, &room, &into));
    let (halt, grace) = (stop.child_token(), delivery.patience.grace);
    let (mut workers, mut results) = start(delivery, groups, streams, &halt);
    let mut end = End::Complete;
    let mut in_order = InOrder::default();
    loop {
        let result = tokio::select! {
            biased;
            result = results.recv() => result,
            // One that panicked is missed: groups behind its own would wait for ever.
            Some(worker) = workers.join_next() => {
                worker.context("a stream of the replay failed")?;
                continue;
            }
            () = over(&halt, grace) => None,
        };
        match result {
            None => break,
            Some(Ok((number, delivered, room))) => {
                in_order.add(number, (delivered, room), &mut settle);
            }
            Some(Err(Undelivered::Failed(why))) => end = End::Failed(why),
            Some(Err(Undelivered::Interrupted)) => {}
        }
    }
    if halt.is_cancelled() {
        let failed = matches!(end, End::Failed(_));
        return Ok(if failed { end } else { End::Interrupted });
    }
    while let Some(worker) = workers.join_next().await {
        worker.context("a stream of the replay failed")?;
    }
    let read = reader.await.context("reading the file failed")?;
    Ok(read.map_or_else(|error| End::Broken(error.to_string()), |()| end))
}

/// Events in a group: a tenth of a second's.
fn group_size(events_a_second: u64) -> usize {
    match usize::try_from(events_a_second) {
        Ok(0) | Err(_) => MOST_EVENTS,
        Ok(rate) => (rate / 10).clamp(1, MOST_EVENTS),
    }
}

/// Groups that are answered while one before them is not.
#[derive(Default)]
struct InOrder {
    next: u64,
    waiting: BTreeMap<u64, (Delivered, OwnedSemaphorePermit)>,
}

impl InOrder {
    fn add(
        &mut self,
        number: u64,
        group: (Delivered, OwnedSemaphorePermit),
        settle: &mut impl FnMut(Delivered),
    ) {
        self.waiting.insert(number, group);
        while let Some((delivered, _room)) = self.waiting.remove(&self.next) {
            settle(delivered);
            self.next += 1;
        }
    }
}

fn start(
    delivery: Arc<Delivery>,
    groups: mpsc::Receiver<Numbered>,
    streams: usize,
    halt: &CancellationToken,
) -> (JoinSet<()>, mpsc::Receiver<Outcome>) {
    let groups = Arc::new(Mutex::new(groups));
    let (done, results) = mpsc::channel(streams);
    let mut workers = JoinSet::new();
    for _ in 0..streams {
        let (delivery, groups) = (Arc::clone(&delivery), Arc::clone(&groups));
        workers.spawn(work(delivery, groups, done.clone(), halt.clone()));
    }
    (workers, results)
}

async fn work(
    delivery: Arc<Delivery>,
    groups: Arc<Mutex<mpsc::Receiver<Numbered>>>,
    done: mpsc::Sender<Outcome>,
    halt: CancellationToken,
) {
    loop {
        let group = async { groups.lock().await.recv().await };
        let group = tokio::select! {
            biased;
            () = halt.cancelled() => return,
            group = group => group,
        };
        let Some((number, batch, room)) = group else {
            return;
        };
        let delivered = delivery.deliver(batch, &halt).await;
        if delivered.is_err() {
            halt.cancel();
        }
        let outcome = delivered.map(|delivered| (number, delivered, room));
        if done.send(outcome).await.is_err() {
            return;
        }
    }
}

/// Once told to end, as long as requests under way may take.
async fn over(halt: &CancellationToken, grace: Duration) {
    halt.cancelled().await;
    sleep(grace).await;
}

/// Reads the file into groups, as long as somebody takes them.
fn read(
    records: impl Iterator<Item = io::Result<Record>>,
    size: usize,
    room: &Arc<Semaphore>,
    into: &mpsc::Sender<Numbered>,
) -> io::Result<()> {
    for (number, batch) in batches(records, size).enumerate() {
        let place = Handle::current().block_on(Arc::clone(room).acquire_owned());
        let place = place.map_err(io::Error::other)?;
        if into.blocking_send((number as u64, batch?, place)).is_err() {
            return Ok(());
        }
    }
    Ok(())
}
