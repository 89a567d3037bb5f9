//! What the writer has made durable, for the shipper and the streamer.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use handover::segment;
use model::{Epoch, LogId, Record, SegmentNo, Seq};
use storage::stream::Batch;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    Disk, segment_name,
    spares::Spares,
    state::{FORMAT, Predecessor, State},
};

/// Events kept in memory for the streamer; older ones it reads from the files.
const TAIL_EVENTS: usize = 50_000;

/// A segment that will not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedSegment {
    /// Its number.
    pub number: SegmentNo,
    /// Its epoch.
    pub epoch: Epoch,
    /// First event.
    pub first_seq: Seq,
    /// Last event.
    pub last_seq: Seq,
    /// How many events.
    pub count: u64,
    /// Its size. The file may be larger.
    pub bytes: u64,
}

/// Where events after a position are to be had.
#[derive(Debug, PartialEq)]
pub enum Source {
    /// There are none yet.
    Nothing,
    /// Here they are.
    Memory(Batch),
    /// In this sealed segment, or in the open one whose records are only in memory later.
    File(SealedSegment),
    /// No longer here: the first ones here follow this number.
    Gone(Seq),
}

/// The durable state of a log.
pub struct Shared {
    /// The log.
    pub log: LogId,
    /// The retired log that was in this folder before.
    pub predecessor: Option<Predecessor>,
    disk: Arc<dyn Disk>,
    /// Files to be written over.
    pub(super) spares: Spares,
    sealed: Mutex<BTreeMap<SegmentNo, SealedSegment>>,
    tail: Mutex<Tail>,
    closed_epoch: AtomicU64,
    durable_seq: AtomicU64,
    bytes: AtomicU64,
    stopped: AtomicBool,
    registered: AtomicBool,
    /// Cancelled when the log turns out to have been ended by a salvage.
    pub fenced: CancellationToken,
    /// Told after every durable append, seal and closed epoch.
    pub changed: Notify,
}

#[derive(Default)]
struct Tail {
    events: usize,
    groups: VecDeque<Batch>,
}

impl Shared {
    pub(super) fn new(
        log: LogId,
        disk: Arc<dyn Disk>,
        sealed: Vec<SealedSegment>,
        spares: Spares,
        state: &State,
    ) -> Self {
        Self {
            log,
            predecessor: state.predecessor,
            disk,
            spares,
            durable_seq: AtomicU64::new(sealed.last().map_or(0, |s| s.last_seq.0)),
            bytes: AtomicU64::new(sealed.iter().map(|s| s.bytes).sum()),
            sealed: Mutex::new(sealed.into_iter().map(|s| (s.number, s)).collect()),
            tail: Mutex::default(),
            closed_epoch: AtomicU64::new(state.closed_epoch.0),
            stopped: AtomicBool::new(false),
            registered: AtomicBool::new(false),
            fenced: CancellationToken::new(),
            changed: Notify::new(),
        }
    }

    /// Number of the last event that is on disk.
    pub fn durable_seq(&self) -> Seq {
        Seq(self.durable_seq.load(Ordering::Acquire))
    }

    /// Last epoch that is closed, durably.
    pub fn closed_epoch(&self) -> Epoch {
        Epoch(self.closed_epoch.load(Ordering::Acquire))
    }

    /// Size of all local segments, bytes, without what is spare of their files.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The sealed segments that are still here, in order.
    pub fn sealed(&self) -> Vec<SealedSegment> {
        self.sealed_map().values().copied().collect()
    }

    /// Ends acceptance for good: this log must not grow.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// Whether acceptance has ended.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Whether the object store knows that this log exists.
    pub fn is_registered(&self) -> bool {
        self.registered.load(Ordering::SeqCst)
    }

    /// The object store knows that this log exists.
    pub fn set_registered(&self) {
        self.registered.store(true, Ordering::SeqCst);
    }

    /// The bytes of a sealed segment. Blocks.
    pub fn read(&self, number: SegmentNo) -> io::Result<Vec<u8>> {
        let segment = self.sealed_map().get(&number).copied();
        let segment = segment.ok_or(io::ErrorKind::NotFound)?;
        let bytes = usize::try_from(segment.bytes).map_err(io::Error::other)?;
        let bytes = self.disk.read_start(&segment_name(number), bytes)?;
        // Deleted meanwhile, its file may be spare, or another segment's.
        let is_another = match segment::Header::decode(&bytes) {
            Some(header) => (header.log, header.number) != (self.log, number),
            None => bytes
                .iter()
                .take(segment::HEADER_LEN)
                .all(|byte| *byte == 0),
        };
        match is_another {
            true => Err(io::ErrorKind::NotFound.into()),
            false => Ok(bytes),
        }
    }

    /// The records of a sealed segment. Blocks.
    pub fn records(&self, number: SegmentNo) -> io::Result<Vec<Record>> {
        let segment = segment::decode_sealed(&self.read(number)?);
        segment
            .map(|s| s.records)
            .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
    }

    /// Makes a file ready for the next segment, if there is none; tells whether it made one. Blocks.
    pub fn prepare_spare(&self) -> bool {
        self.spares.prepare()
    }

    /// Deletes a sealed segment. Blocks. The caller has seen that its events are safe.
    pub fn remove(&self, number: SegmentNo) -> io::Result<()> {
        let Some(segment) = self.sealed_map().get(&number).copied() else {
            return Ok(());
        };
        self.spares.take_back(number)?;
        self.sealed_map().remove(&number);
        let less = |bytes: u64| Some(bytes.saturating_sub(segment.bytes));
        let _ = self
            .bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        Ok(())
    }

    /// Writes down that this log is retired: the next start makes a new one. Blocks.
    pub fn retire(&self) -> io::Result<()> {
        let retired_at = Some(self.durable_seq());
        State {
            format: FORMAT,
            log: self.log,
            closed_epoch: self.closed_epoch(),
            retired_at,
            predecessor: self.predecessor,
            moving: false,
        }
        .save(&*self.disk)
    }

    /// Where the events after `position` are.
    pub fn after(&self, position: Seq) -> Source {
        if position >= self.durable_seq() {
            return Source::Nothing;
        }
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let group = tail.groups.partition_point(|g| g.last() <= position);
        if let Some(group) = tail.groups.get(group).filter(|g| g.previous <= position) {
            return Source::Memory(group.clone());
        }
        drop(tail);
        let sealed = self.sealed_map();
        match sealed.values().find(|s| s.last_seq > position) {
            Some(s) if s.first_seq <= position.next() => Source::File(*s),
            Some(s) => Source::Gone(s.first_seq.previous()),
            None => Source::Nothing,
        }
    }

    pub(super) fn publish(&self, group: Batch) {
        let last = group.last();
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.events += group.records.len();
        tail.groups.push_back(group);
        while tail.events > TAIL_EVENTS && tail.groups.len() > 1 {
            tail.events -= tail.groups.pop_front().map_or(0, |g| g.records.len());
        }
        drop(tail);
        self.durable_seq.store(last.0, Ordering::Release);
        self.changed.notify_waiters();
    }

    pub(super) fn add_sealed(&self, segment: SealedSegment) {
        self.sealed_map().insert(segment.number, segment);
        self.changed.notify_waiters();
    }

    pub(super) fn grow(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn set_closed_epoch(&self, epoch: Epoch) {
        self.closed_epoch.store(epoch.0, Ordering::Release);
        self.changed.notify_waiters();
    }

    fn sealed_map(&self) -> MutexGuard<'_, BTreeMap<SegmentNo, SealedSegment>> {
        self.sealed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
