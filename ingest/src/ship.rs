//! From the log to the object store: sealed segments, then seals, then the local files go.

use model::failpoint::reach;
use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

use handover::raw::{self, LogInfo, Seal};
use model::{Bug, Epoch, LogId, SegmentNo, Seq, Span, Tail, planted};
use storage::{
    bell::Bell,
    blocking::run as blocking,
    store::{Outcome, Store, StoreError},
    stream::EventStream,
};
use tokio_util::sync::CancellationToken;
use web::Health;

use crate::log::{SealedSegment, Shared};

/// How long the shipper waits when there is nothing to do or the store does not answer.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a drain may take to empty the log into the store.
const DRAIN_LIMIT: Duration = Duration::from_secs(60);

/// Why something was not shipped.
#[derive(Debug, thiserror::Error)]
enum ShipError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a sealed segment cannot be read: {0}")]
    Disk(#[from] io::Error),
    /// The object is there with other content: somebody else has written in this log's name.
    #[error(
        "{what} {number} of log {log} is in the store with other content; this log stops accepting: find out who else uses it"
    )]
    Collision {
        what: &'static str,
        log: LogId,
        number: u64,
    },
    /// A salvage has ended this log.
    #[error("log {0} was ended by a salvage; the collector goes on in a new one")]
    Fenced(LogId),
}

/// Carries a log to the store.
pub struct Shipper {
    store: Store,
    stream: Arc<dyn EventStream>,
    shared: Arc<Shared>,
    info: LogInfo,
    health: Health,
    max_local_bytes: u64,
    registered: bool,
    stored_segment: SegmentNo,
    sealed_epoch: Epoch,
    bell: Bell,
    /// Up to here the speed layer has it from the stream, or was told to look.
    told_segment: SegmentNo,
}

impl Shipper {
    /// A shipper of the log behind `shared`. Files go when they are stored and streamed, or, when
    /// they pass `max_local_bytes`, when they are stored: the raw objects are as good a source.
    pub fn new(
        store: Store,
        stream: Arc<dyn EventStream>,
        shared: Arc<Shared>,
        info: LogInfo,
        health: Health,
        max_local_bytes: u64,
        bell: Bell,
    ) -> Self {
        Self {
            store,
            stream,
            shared,
            info,
            health,
            max_local_bytes,
            registered: false,
            stored_segment: SegmentNo::ZERO,
            sealed_epoch: Epoch::ZERO,
            bell,
            told_segment: SegmentNo::ZERO,
        }
    }

    /// Ships until `shutdown`.
    pub async fn run(&mut self, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            let shared = Arc::clone(&self.shared);
            let changed = shared.changed.notified();
            self.prepare_spare().await;
            self.step_and_report().await;
            tokio::select! {
                biased;
                () = shutdown.cancelled() => {}
                () = async { changed.await; tokio::time::sleep(PAUSE / 10).await } => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    /// The next segment is to find a file. Without one it makes its own.
    async fn prepare_spare(&self) {
        let shared = Arc::clone(&self.shared);
        // Whatever is wrong with the disk, the writer finds and says.
        let _ = blocking(move || Ok(shared.prepare_spare())).await;
    }

    /// After the log is finished: ships all that is left and retires the log. Gives up after a
    /// while; the next start carries on.
    pub async fn drain(&mut self) {
        let all = async {
            while !(self.step_and_report().await && self.is_done()) {
                tokio::time::sleep(PAUSE).await;
            }
            if let Err(error) = self.retire().await {
                tracing::warn!(%error, "the log could not be retired; it carries on after the next start");
            }
        };
        if tokio::time::timeout(DRAIN_LIMIT, all).await.is_err() {
            tracing::warn!(
                "the store did not take all of the log; it stays here and is shipped after the next start"
            );
        }
    }

    /// Everything is stored: says so, there and here.
    async fn retire(&self) -> Result<(), ShipError> {
        // Here first: from then on nothing can be added, whatever becomes of the rest. The next
        // start says it in the store again.
        let shared = Arc::clone(&self.shared);
        blocking(move || shared.retire()).await?;
        reach("ship.retired_here");
        let retired_at = Some(self.shared.durable_seq());
        Ok(raw::update_log(
            &self.store,
            &LogInfo {
                retired_at,
                ..self.info.clone()
            },
        )
        .await?)
    }

    /// Whether every event that was ever acknowledged is stored and sealed.
    fn is_done(&self) -> bool {
        let durable = self.shared.durable_seq();
        match self.shared.sealed().last() {
            None => durable == Seq::ZERO,
            Some(last) => {
                last.last_seq == durable
                    && last.number <= self.stored_segment
                    && last.epoch <= self.sealed_epoch
            }
        }
    }

    async fn step_and_report(&mut self) -> bool {
        let stepped = match self.step().await {
            Err(collision @ ShipError::Collision { .. }) => Err(self.whose(collision).await),
            other => other,
        };
        match stepped {
            Ok(()) => {
                self.health.warn("store", None);
                true
            }
            Err(error) => {
                tracing::error!(%error, "the log could not be shipped");
                metrics::counter!("millrace_ship_errors_total").increment(1);
                match error {
                    ShipError::Collision { .. } => {
                        self.shared.stop();
                        self.health.warn("log", Some(error.to_string()));
                    }
                    ShipError::Fenced(_) => {
                        self.shared.stop();
                        self.shared.fenced.cancel();
                    }
                    ShipError::Store(_) | ShipError::Disk(_) => {
                        let why = "the object store does not take segments; the log keeps them";
                        self.health.warn("store", Some(why.into()));
                    }
                }
                false
            }
        }
    }

    /// A collision is a salvage, or an alarm.
    async fn whose(&self, collision: ShipError) -> ShipError {
        match raw::is_salvaged(&self.store, self.info.log).await {
            Ok(true) => ShipError::Fenced(self.info.log),
            Ok(false) => collision,
            Err(error) => error.into(),
        }
    }

    async fn step(&mut self) -> Result<(), ShipError> {
        if !self.registered {
            if let Some(before) = self.shared.predecessor {
                raw::retire_log(&self.store, before.log, before.last).await?;
            }
            raw::register_log(&self.store, &self.info).await?;
            self.registered = true;
            self.shared.set_registered();
        }
        if planted(Bug::SealBeforeSegments) {
            self.put_seals().await?;
        }
        for segment in self.shared.sealed() {
            if segment.number > self.stored_segment {
                self.put_segment(segment.number).await?;
                reach("ship.stored");
                self.stored_segment = segment.number;
            }
        }
        self.put_seals().await?;
        metrics::gauge!("millrace_log_bytes").set(self.shared.bytes() as f64);
        self.forget().await
    }

    /// Seals the closed epochs whose segments are all stored.
    async fn put_seals(&mut self) -> Result<(), ShipError> {
        // The closed epoch is read first: all its segments are listed then.
        let closed = self.shared.closed_epoch();
        let mut epochs: BTreeMap<Epoch, Vec<SealedSegment>> = BTreeMap::new();
        for segment in self.shared.sealed() {
            if (self.sealed_epoch.next()..=closed).contains(&segment.epoch) {
                epochs.entry(segment.epoch).or_default().push(segment);
            }
        }
        for (epoch, segments) in epochs {
            let last = segments.last().map_or(SegmentNo::ZERO, |s| s.number);
            if last > self.stored_segment && !planted(Bug::SealBeforeSegments) {
                break;
            }
            reach("ship.seal");
            self.put_seal(epoch, &segments).await?;
            reach("ship.sealed");
            self.sealed_epoch = epoch;
        }
        Ok(())
    }

    async fn put_segment(&self, number: SegmentNo) -> Result<(), ShipError> {
        let shared = Arc::clone(&self.shared);
        let bytes = blocking(move || shared.read(number)).await?;
        match raw::put_segment(&self.store, self.info.log, number, &bytes).await? {
            Outcome::New | Outcome::Same => Ok(()),
            Outcome::Different => Err(ShipError::Collision {
                what: "segment",
                log: self.info.log,
                number: number.0,
            }),
        }
    }

    async fn put_seal(&self, epoch: Epoch, segments: &[SealedSegment]) -> Result<(), ShipError> {
        let log = self.info.log;
        let (Some(first), Some(last)) = (segments.first(), segments.last()) else {
            return Ok(());
        };
        let collision = ShipError::Collision {
            what: "seal of epoch",
            log,
            number: epoch.0,
        };
        // After a restart some of the epoch's files may be gone; they go only after its seal.
        if let Some(there) = raw::seal(&self.store, log, epoch).await? {
            let same = there.segments.last == last.number && there.seqs.last == last.last_seq;
            return if same { Ok(()) } else { Err(collision) };
        }
        let seal = Seal {
            log,
            epoch,
            segments: Span::from((first.number, last.number)),
            seqs: Span::from((first.first_seq, last.last_seq)),
            count: segments.iter().map(|s| s.count).sum(),
        };
        match raw::put_seal(&self.store, &seal).await? {
            Outcome::New | Outcome::Same => Ok(()),
            Outcome::Different => Err(collision),
        }
    }

    /// Deletes local files that nobody needs. The newest sealed one stays: the chain of segments
    /// continues from it after a restart.
    async fn forget(&mut self) -> Result<(), ShipError> {
        // With the stream out of reach nothing counts as streamed.
        let tail = self.stream.last(self.info.log).await.ok().flatten();
        let is_streamed = |seq: Seq| match tail {
            Some(Tail::Open(last)) => seq <= last,
            // It takes no more, and raw has what it did not take.
            Some(Tail::Closed) => true,
            None => false,
        };
        let mut sealed = self.shared.sealed();
        let is_new = |segment: &&SealedSegment| {
            (self.told_segment.next()..=self.stored_segment).contains(&segment.number)
        };
        // What is stored and not streamed, the speed layer looks for when the bell rings.
        let mut new = sealed.iter().filter(is_new);
        if new.any(|segment| !is_streamed(segment.last_seq)) {
            self.bell.ring();
        }
        self.told_segment = self.stored_segment;
        sealed.pop();
        for segment in sealed {
            let stored = segment.number <= self.stored_segment
                && segment.epoch <= self.sealed_epoch
                || planted(Bug::ForgetUnstored);
            let crowded = self.shared.bytes() > self.max_local_bytes;
            if stored && (is_streamed(segment.last_seq) || crowded) {
                let shared = Arc::clone(&self.shared);
                blocking(move || shared.remove(segment.number)).await?;
                reach("ship.forget");
            }
        }
        Ok(())
    }
}
