//! A log as a collector leaves it in the object store: segments and seals.

use handover::{
    raw::{self, Seal},
    segment::{self, Footer, Hash, Header},
};
use model::{Covered, Epoch, EpochStart, Event, LogId, Record, SegmentNo, Seq, Span};
use storage::store::Store;

/// Stores records, which are of one epoch and in order, as a segment.
///
/// # Panics
///
/// If there are none, or the store refuses.
pub async fn ship(
    store: &Store,
    log: LogId,
    number: SegmentNo,
    previous_hash: Hash,
    records: &[Record],
) -> Footer {
    let first = records.first().expect("a segment has records");
    let header = Header {
        log,
        number,
        epoch: first.epoch,
        first_seq: first.seq,
        previous_seq: first.seq.previous(),
        previous_hash,
    };
    let (bytes, footer) = segment::build(&header, records);
    let put = raw::put_segment(store, log, number, &bytes).await;
    put.expect("a segment is stored");
    footer
}

/// Seals the epoch of these records, which are in these segments.
///
/// # Panics
///
/// If there are none, or the store refuses.
pub async fn seal(store: &Store, log: LogId, segments: Span<SegmentNo>, records: &[Record]) {
    let first = records.first().expect("an epoch has records");
    let last = records.last().map_or(first.seq, |last| last.seq);
    let seal = Seal {
        log,
        epoch: first.epoch,
        segments,
        seqs: Span::from((first.seq, last)),
        count: records.len() as u64,
    };
    let put = raw::put_seal(store, &seal).await;
    put.expect("a seal is stored");
}

/// A log that is written event by event.
#[derive(Debug, Clone)]
pub struct Log {
    /// Its id.
    pub id: LogId,
    /// Everything accepted, in order.
    pub records: Vec<Record>,
    /// The epoch that events come into.
    pub epoch: Epoch,
    next: Seq,
    /// How many of `records` are in segments, and in sealed epochs.
    shipped: usize,
    sealed: usize,
    sealed_seq: Seq,
    segment: SegmentNo,
    sealed_segment: SegmentNo,
    hash: Hash,
}

impl Log {
    /// An empty one.
    pub fn new(id: LogId) -> Self {
        Self {
            id,
            records: Vec::new(),
            epoch: Epoch(1),
            next: Seq(1),
            shipped: 0,
            sealed: 0,
            sealed_seq: Seq::ZERO,
            segment: SegmentNo(0),
            sealed_segment: SegmentNo(0),
            hash: [0; 32],
        }
    }

    /// The next event.
    pub fn accept(&mut self, event: Event) {
        let (seq, epoch) = (self.next, self.epoch);
        self.records.push(Record { seq, epoch, event });
        self.next = seq.next();
    }

    /// A damaged disk loses as many events, whose numbers nobody gets again.
    pub fn lose(&mut self, count: u64) {
        self.next = Seq(self.next.0 + count);
    }

    /// The highest number that is given away.
    pub fn last(&self) -> Seq {
        self.next.previous()
    }

    /// The records of the epoch that is not sealed.
    pub fn open(&self) -> &[Record] {
        &self.records[self.sealed..]
    }

    /// The records of all sealed epochs.
    pub fn sealed(&self) -> &[Record] {
        &self.records[..self.sealed]
    }

    /// All that is sealed.
    pub fn covered(&self) -> Covered {
        Covered {
            epoch: self.epoch.previous(),
            seq: self.sealed_seq,
            segment: self.sealed_segment,
        }
    }

    /// When the epoch began that is not sealed.
    pub fn epoch_start(&self) -> EpochStart {
        EpochStart::from((self.epoch, self.sealed_seq))
    }

    /// Stores what is not stored yet as a segment.
    pub async fn ship(&mut self, store: &Store) {
        let fresh = self.records.len() - self.shipped;
        self.ship_some(store, fresh).await;
    }

    async fn ship_some(&mut self, store: &Store, count: usize) {
        let records = &self.records[self.shipped..self.shipped + count];
        if records.is_empty() {
            return;
        }
        self.segment = self.segment.next();
        let footer = ship(store, self.id, self.segment, self.hash, records).await;
        (self.hash, self.shipped) = (footer.hash, self.shipped + count);
    }

    /// Seals the epoch, unless it is empty, with what is not stored yet in two segments.
    pub async fn seal(&mut self, store: &Store) {
        let fresh = self.records.len() - self.shipped;
        self.ship_some(store, fresh.div_ceil(2)).await;
        self.ship_some(store, fresh / 2).await;
        if self.open().is_empty() {
            return;
        }
        let seal = Seal {
            log: self.id,
            epoch: self.epoch,
            segments: Span::from((self.sealed_segment.next(), self.segment)),
            seqs: Span::from((self.sealed_seq.next(), self.last())),
            count: self.open().len() as u64,
        };
        let put = raw::put_seal(store, &seal).await;
        put.expect("a seal is stored");
        (self.sealed, self.sealed_seq) = (self.records.len(), self.last());
        (self.sealed_segment, self.epoch) = (self.segment, self.epoch.next());
    }
}
