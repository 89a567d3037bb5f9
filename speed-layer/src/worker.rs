//! The worker of one log: fold, put, checkpoint. Any number of them may run on one log, die anywhere,
//! or come late: a cell's content depends on (entity, log, epoch, upto) alone.

use model::failpoint::reach;
use std::{sync::Arc, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use handover::{
    raw::{self, Stored},
    raw_source::RawSource,
};
use model::{Bug, Covered, Epoch, Fence, FoldVersion, LogId, Seq, Tail, Target, planted};
use storage::{
    bell::Look,
    cells::Checkpoint,
    error::{LiveError, StorageError},
    store::StoreError,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    SpeedDeps, SpeedSettings,
    fold::{Folder, Gap},
    listed::Listed,
};

/// Batches read from the stream at once.
const READ_BATCHES: usize = 64;
/// Entities put at once.
const PUTS_AT_ONCE: usize = 64;
/// Flushing takes at most this share of the time: the next flush waits this many times as long
/// as the last one took.
const FLUSH_SHARE: u32 = 4;
/// Longest time between flushes.
const MAX_FLUSH_PAUSE: Duration = Duration::from_secs(2);
/// How often the state of Redis is looked at.
const CHECK_LIVE: Duration = Duration::from_millis(250);
/// How often the log's fence is looked at, at most: nothing is counted twice until then, since readers look for it themselves.
const CHECK_FENCE: Duration = Duration::from_secs(2);
/// How often raw is asked when the stream says nothing; at first, and after long silence. Even less often while the bell
/// is silent: a collector that stores what it has not streamed rings.
const CHECK_RAW: Duration = Duration::from_secs(1);
const CHECK_RAW_SELDOM: Duration = Duration::from_secs(8);
/// How often it is asked what there is to fold, as long as nobody knows; raw is listed for that, at most so often.
const CHECK_TARGET: Duration = Duration::from_secs(1);
/// How often a worker says that it lives.
const HEARTBEAT_MS: i64 = 1_000;
/// Pause before a new session.
const PAUSE: Duration = Duration::from_millis(200);

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Shutdown,
    /// Redis has lost something, or is another one.
    NewGeneration,
    /// Somebody else has moved the checkpoint.
    Overtaken,
    /// Batch has covered more than is folded: the rest of that need not be.
    Covered,
    Fenced,
}

/// Folds a log until `shutdown`.
pub async fn run(
    deps: Arc<SpeedDeps>,
    settings: SpeedSettings,
    log: LogId,
    shutdown: CancellationToken,
) {
    let mut listed = Listed::default();
    while !shutdown.is_cancelled() {
        let ended = match Session::begin(&deps, &settings, log, &mut listed).await {
            Ok(mut session) => session.fold(&shutdown).await,
            Err(error) => Err(error),
        };
        match ended {
            Ok(Ended::Shutdown) => return,
            Ok(why) => tracing::info!(%log, ?why, "live cells are folded anew"),
            Err(error) => {
                tracing::warn!(%log, %error, "live cells wait");
                metrics::counter!("millrace_speed_errors_total").increment(1);
            }
        }
        tokio::select! {
            biased;
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

struct Session<'a> {
    deps: &'a SpeedDeps,
    settings: &'a SpeedSettings,
    log: LogId,
    fence: Option<Fence>,
    /// As read before the first put.
    generations: String,
    base: Epoch,
    /// Last event known to exist when the session began.
    target: Target,
    checkpoint: Option<Checkpoint>,
    folder: Folder,
    listed: &'a mut Listed,
    raw: RawSource,
    last_flush: Instant,
    flush_pause: Duration,
    checked_live: Instant,
    fence_look: Look,
    checked_target: Instant,
    target_look: Look,
    checked_raw: Option<Instant>,
    /// How long raw is not asked while the stream says nothing.
    raw_pause: Duration,
    raw_look: Look,
}

impl<'a> Session<'a> {
    /// Finds out where to begin. The order of these reads is a rule of the hand-over.
    async fn begin(
        deps: &'a SpeedDeps,
        settings: &'a SpeedSettings,
        log: LogId,
        listed: &'a mut Listed,
    ) -> Result<Self, StorageError> {
        let fence_look = Look::new(deps.bell.clone(), CHECK_FENCE);
        let begun = fence_look.begin();
        let fence = fence(deps, log).await?;
        fence_look.done(begun);
        let generations = deps.cells.generations(true).await?;
        let newest = deps.overview.manifests().latest().await?;
        let horizon = newest.manifest.horizon.of(log);
        let checkpoint = deps.cells.checkpoint(log).await?;
        let valid = checkpoint.as_ref().filter(|m| {
            m.generations == generations && m.fence == fence && m.fold == FoldVersion::OURS
        });
        let (base, from) = match valid {
            // Batch has overtaken the checkpoint: what lies between was never folded, and need not be.
            Some(checkpoint) if checkpoint.seq < horizon.seq => (horizon.epoch, horizon.seq),
            Some(checkpoint) => (checkpoint.base, checkpoint.epoch.after.max(horizon.seq)),
            None => (horizon.epoch, horizon.seq),
        };
        let known = Known {
            fence,
            generations: &generations,
            checkpoint: checkpoint.as_ref(),
            horizon,
        };
        let target = target(deps, log, &known).await?;
        deps.cells.raise_prune_watermark(log, base).await?;
        reach("speed.prune_watermark");
        let now = Instant::now();
        Ok(Self {
            folder: Folder::new(log, fence, from),
            listed,
            raw: RawSource::new(Arc::clone(&deps.store), log, horizon.segment),
            deps,
            settings,
            log,
            fence,
            generations,
            base,
            target,
            checkpoint,
            last_flush: now,
            flush_pause: settings.flush_interval,
            checked_live: now,
            fence_look,
            checked_target: now,
            target_look: Look::new(deps.bell.clone(), CHECK_TARGET),
            raw_pause: CHECK_RAW,
            raw_look: Look::new(deps.bell.clone(), CHECK_RAW_SELDOM),
            checked_raw: None,
        })
    }

    async fn fold(&mut self, shutdown: &CancellationToken) -> Result<Ended, StorageError> {
        // A checkpoint even without events: readers must know that the log is being followed.
        if let Some(ended) = self.put_checkpoint(0).await? {
            return Ok(ended);
        }
        loop {
            if shutdown.is_cancelled() {
                return Ok(self.flush().await?.unwrap_or(Ended::Shutdown));
            }
            tokio::select! {
                biased;
                () = shutdown.cancelled() => continue,
                taken = self.take() => taken?,
            }
            let due = self.folder.is_dirty() && self.last_flush.elapsed() >= self.flush_pause;
            if due && let Some(ended) = self.flush().await? {
                return Ok(ended);
            }
            if let Some(ended) = self.check().await? {
                return Ok(ended);
            }
        }
    }

    /// Folds what there is, waiting a little for it.
    async fn take(&mut self) -> Result<(), StorageError> {
        let mut gap = None;
        if self.fence.is_none() {
            let wait = match self.folder.is_dirty() {
                true => self.flush_pause.saturating_sub(self.last_flush.elapsed()),
                false => CHECK_LIVE,
            };
            let position = self.folder.position();
            let batches = self
                .deps
                .stream
                .read(self.log, position, READ_BATCHES, wait)
                .await?;
            for batch in batches {
                if let Err(Gap { missing }) =
                    self.folder
                        .fold(&self.deps.rules, batch.previous, &batch.records)
                {
                    gap = Some(missing);
                    break;
                }
                self.checked_raw = Some(Instant::now());
                self.raw_pause = CHECK_RAW;
            }
        }
        let quiet = self
            .checked_raw
            .is_none_or(|at| at.elapsed() >= self.raw_pause)
            && (self.raw_pause < CHECK_RAW_SELDOM || self.raw_look.is_due());
        if self.fence.is_some() && !quiet {
            // There is nothing to wait for but raw.
            tokio::time::sleep(PAUSE).await;
        }
        if gap.is_some() || quiet {
            let found = self.take_raw().await?;
            self.raw_pause = match found || gap.is_some() || !self.is_caught_up() {
                true => CHECK_RAW,
                false => (self.raw_pause * 2).min(CHECK_RAW_SELDOM),
            };
            if !found && (gap.is_some() || self.fence.is_some()) {
                // The collector has yet to ship what is missing.
                tokio::time::sleep(PAUSE).await;
            }
        }
        Ok(())
    }

    /// Whether nothing is known to exist beyond what is folded. Where nobody knows, the target is asked for.
    fn is_caught_up(&self) -> bool {
        let position = self.folder.position();
        self.fence.is_none() && !matches!(self.target, Target::Upto(last) if last > position)
    }

    async fn take_raw(&mut self) -> Result<bool, StorageError> {
        self.checked_raw = Some(Instant::now());
        let position = self.folder.position();
        let begun = self.raw_look.begin();
        let found = self.raw.after(position).await?;
        self.raw_look.done(begun);
        let Some(records) = found else {
            return Ok(false);
        };
        // What a damaged disk lost stays lost: the segment holds all there is.
        let folded = self.folder.fold(&self.deps.rules, position, &records);
        debug_assert!(folded.is_ok(), "a fold from its own position has no gap");
        let progress = self.folder.position() > position;
        if progress {
            self.checked_raw = None;
        }
        Ok(progress)
    }

    /// Puts the changed cells, then the checkpoint.
    async fn flush(&mut self) -> Result<Option<Ended>, StorageError> {
        if !self.folder.is_dirty() {
            return Ok(None);
        }
        let start = Instant::now();
        let replaying = self
            .checkpoint
            .as_ref()
            .is_some_and(|m| self.is_mine(m) && m.seq > self.folder.position());
        if !replaying {
            if planted(Bug::CheckpointBeforeCells)
                && let Some(ended) = self.put_checkpoint(0).await?
            {
                return Ok(Some(ended));
            }
            self.list().await?;
            let puts = stream::iter(self.folder.changed()).map(Ok::<_, LiveError>);
            puts.try_for_each_concurrent(PUTS_AT_ONCE, |(entity, cells)| {
                self.deps.cells.put(entity, cells)
            })
            .await?;
            reach("speed.cells");
            let lag_ms = self
                .folder
                .oldest_ms()
                .map_or(0, |ms| self.deps.clock.now_ms() - ms);
            if let Some(ended) = self.put_checkpoint(lag_ms).await? {
                return Ok(Some(ended));
            }
            reach("speed.checkpoint");
            metrics::histogram!("millrace_live_lag_ms").record(lag_ms as f64);
            self.folder.flushed();
            self.listed.forget_before(self.folder.epoch().epoch);
        }
        self.last_flush = Instant::now();
        self.flush_pause =
            (start.elapsed() * FLUSH_SHARE).clamp(self.settings.flush_interval, MAX_FLUSH_PAUSE);
        Ok(None)
    }

    /// Says whose cells there will be, where nobody has said so.
    async fn list(&mut self) -> Result<(), LiveError> {
        for (epoch, entities) in self.folder.new_entities() {
            let missing = self.listed.missing(&self.generations, epoch, entities);
            if !missing.is_empty() {
                self.deps.cells.list(self.log, epoch, &missing).await?;
                self.listed.add(epoch, missing);
            }
        }
        Ok(())
    }

    fn is_mine(&self, checkpoint: &Checkpoint) -> bool {
        checkpoint.generations == self.generations
            && checkpoint.fence == self.fence
            && checkpoint.fold == FoldVersion::OURS
    }

    /// Stores how far all cells are flushed, never back, and that the worker lives.
    async fn put_checkpoint(&mut self, lag_ms: i64) -> Result<Option<Ended>, StorageError> {
        let now_ms = self.deps.clock.now_ms();
        let mine = self
            .checkpoint
            .as_ref()
            .filter(|m| self.is_mine(m) && m.base == self.base);
        let (seq, epoch, lag_ms) = match mine {
            Some(old) if old.seq > self.folder.position() => (old.seq, old.epoch, old.lag_ms),
            Some(old) if old.seq == self.folder.position() => {
                if (now_ms - old.at_ms).abs() < HEARTBEAT_MS {
                    return Ok(None);
                }
                (old.seq, old.epoch, old.lag_ms)
            }
            _ => (self.folder.position(), self.folder.epoch(), lag_ms),
        };
        let target = mine.map_or(self.target, |old| old.target.or(self.target));
        let generations = match planted(Bug::GenerationsReadLate) {
            true => self.deps.cells.generations(true).await?,
            false => self.generations.clone(),
        };
        let checkpoint = Checkpoint {
            fence: self.fence,
            fold: FoldVersion::OURS,
            generations,
            base: self.base,
            seq,
            epoch,
            lag_ms,
            target,
            at_ms: now_ms,
        };
        if self
            .deps
            .cells
            .put_checkpoint(self.log, self.checkpoint.as_ref(), &checkpoint)
            .await?
        {
            metrics::gauge!("millrace_live_seq", "log" => self.log.to_string()).set(seq.0 as f64);
            self.checkpoint = Some(checkpoint);
            return Ok(None);
        }
        // Another worker of this log: as long as it says the same of the same state, both go on.
        let theirs = self.deps.cells.checkpoint(self.log).await?;
        let agrees = theirs
            .as_ref()
            .is_some_and(|m| self.is_mine(m) && m.base == self.base);
        self.checkpoint = theirs;
        Ok((!agrees).then_some(Ended::Overtaken))
    }

    /// Asks again for a target that was not to be known at the beginning.
    async fn find_target(&mut self) -> Result<(), StorageError> {
        if self.target != Target::Unknown || self.checked_target.elapsed() < CHECK_TARGET {
            return Ok(());
        }
        self.checked_target = Instant::now();
        // A collector that is there says so in the live store. Of one that is away there is nothing to learn but from objects.
        if !self.target_look.is_due() && !self.is_told().await? {
            return Ok(());
        }
        let begun = self.target_look.begin();
        let known = Known {
            fence: self.fence,
            generations: &self.generations,
            checkpoint: self.checkpoint.as_ref(),
            horizon: self
                .deps
                .overview
                .manifests()
                .latest()
                .await?
                .manifest
                .horizon
                .of(self.log),
        };
        self.target = target(self.deps, self.log, &known).await?;
        self.target_look.done(begun);
        if self.target != Target::Unknown {
            self.raw_pause = CHECK_RAW;
        }
        Ok(())
    }

    /// Whether the collector has said what it holds since the live store lost something.
    async fn is_told(&self) -> Result<bool, LiveError> {
        let told = self.deps.cells.high_watermark(self.log).await?;
        Ok(told.is_some_and(|told| told.generations == self.generations))
    }

    async fn check(&mut self) -> Result<Option<Ended>, StorageError> {
        if self.checked_live.elapsed() >= CHECK_LIVE {
            self.checked_live = Instant::now();
            self.find_target().await?;
            // Nothing unflushed may be passed over by a sign of life.
            if !self.folder.is_dirty()
                && let Some(ended) = self.put_checkpoint(0).await?
            {
                return Ok(Some(ended));
            }
            let newest = self.deps.overview.seen().published;
            if newest.manifest.horizon.of(self.log).seq > self.folder.position() {
                return Ok(Some(Ended::Covered));
            }
            if self.deps.cells.generations(true).await? != self.generations {
                return Ok(Some(Ended::NewGeneration));
            }
        }
        if self.fence_look.is_due() {
            let begun = self.fence_look.begin();
            if fence(self.deps, self.log).await? != self.fence {
                return Ok(Some(Ended::Fenced));
            }
            self.fence_look.done(begun);
        }
        Ok(None)
    }
}

/// Nobody looks at a fence if that bug is planted.
async fn fence(deps: &SpeedDeps, log: LogId) -> Result<Option<Fence>, StoreError> {
    match planted(Bug::FenceIgnored) {
        true => Ok(None),
        false => raw::fence(&deps.store, log).await,
    }
}

/// What a session knows of its log when it asks for the target.
struct Known<'a> {
    fence: Option<Fence>,
    generations: &'a str,
    checkpoint: Option<&'a Checkpoint>,
    horizon: Covered,
}

/// The last event of a log that was ever shown, or a later one.
async fn target(deps: &SpeedDeps, log: LogId, known: &Known<'_>) -> Result<Target, StorageError> {
    let stored = stored(deps, log, known.horizon).await?;
    let flushed = known.checkpoint.filter(|m| m.fence == known.fence);
    let valid = flushed.filter(|m| m.generations == known.generations);
    let seen = flushed.map_or(stored, |m| m.seq.max(stored));
    // Beyond a fence only raw counts.
    if known.fence.is_some() {
        return Ok(Target::Upto(seen));
    }
    let streamed = deps.stream.last(log).await?.and_then(Tail::open);
    let seen = seen.max(streamed.unwrap_or_default());
    if let Some(Target::Upto(target)) = valid.map(|m| m.target) {
        return Ok(Target::Upto(seen.max(target)));
    }
    // The live store has lost something: what it showed may be on the collector's disk alone.
    let high_watermark = deps.cells.high_watermark(log).await?;
    if let Some(high_watermark) = high_watermark.filter(|h| h.generations == known.generations) {
        return Ok(Target::Upto(seen.max(high_watermark.seq)));
    }
    // Where that is damaged, nobody knows.
    let info = match raw::log_info(&deps.store, log).await {
        Err(StoreError::Damaged { .. }) => None,
        info => info?,
    };
    let retired_at = info.and_then(|info| info.retired_at);
    Ok(retired_at.map_or(Target::Unknown, |last| Target::Upto(seen.max(last))))
}

/// The last event that is stored.
async fn stored(deps: &SpeedDeps, log: LogId, horizon: Covered) -> Result<Seq, StoreError> {
    let mut number = raw::newest_segment(&deps.store, log, horizon.segment.next()).await?;
    while let Some(n) = number.filter(|n| *n > horizon.segment) {
        match raw::stored(&deps.store, log, n).await? {
            Some(Stored::Segment(segment)) => return Ok(segment.footer.last_seq),
            Some(Stored::Tombstone) => number = Some(n.previous()),
            None => return Err(raw::missing(log, n)),
        }
    }
    Ok(horizon.seq)
}
