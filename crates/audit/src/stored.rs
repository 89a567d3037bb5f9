//! What the raw objects of an epoch hold.

use handover::{
    duplicates::Duplicates,
    raw::{self, Seal},
    segment::Segment,
};
use model::{LogId, Record, SegmentNo, Seq};
use storage::store::{Store, StoreError};

use crate::{decided::Decided, seqs::Seqs};

/// How many events, which, and what they say: two lists of the same events have the same print, two others
/// practically never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Print {
    pub count: u64,
    mix: u64,
}

impl Print {
    /// Adds one event.
    pub fn add(&mut self, seq: Seq, content: Content) {
        self.count += 1;
        self.mix = self.mix.wrapping_add(mix(seq.0 ^ content.0));
    }

    /// Adds other events.
    pub fn join(&mut self, other: Print) {
        self.count += other.count;
        self.mix = self.mix.wrapping_add(other.mix);
    }
}

/// What of an event is summed: its value and its visitor, as one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content(u64);

impl Content {
    pub fn new(value_micros: Option<i64>, visitor: u64) -> Self {
        let value = value_micros.map_or(0, |value| mix(value as u64));
        Self(mix(value ^ visitor.rotate_left(17)))
    }

    /// That of a record, whose value batch may have corrected, and whose visitor it may have erased.
    fn of(log: LogId, record: &Record, decided: &Decided) -> Self {
        Self::new(decided.value(log, record), decided.visitor(log, record))
    }
}

/// The finalizer of SplitMix64.
pub(crate) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The events of one epoch as they are stored.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    pub print: Print,
    /// Events besides, which the table has no longer, and the sum of the values of those that count, modulo 2^64.
    pub expired: u64,
    pub expired_micros: i64,
    /// Sum of the values of all, micro-units.
    pub value_micros: i128,
    /// Numbers that no readable segment holds.
    pub missing: Seqs,
    /// Segments that cannot be read, and why.
    pub unreadable: Vec<String>,
}

impl Stored {
    /// How many events there are.
    pub fn count(&self) -> u64 {
        self.print.count + self.expired
    }
}

/// Reads all segments of a sealed epoch, one after the other.
pub(crate) async fn of_epoch(
    store: &Store,
    seal: &Seal,
    decided: &mut Decided,
    duplicates: &Duplicates,
) -> Result<Stored, StoreError> {
    let mut stored = Stored::default();
    let mut next = seal.seqs.first;
    for number in seal.segments.first.to(seal.segments.last) {
        for record in read(store, seal, number, &mut stored.unreadable).await? {
            stored.missing.push(next, record.seq.previous());
            next = record.seq.next();
            let value = decided.value(seal.log, &record).unwrap_or(0);
            stored.value_micros += i128::from(value);
            if !decided.is_expired(&record) {
                let content = Content::of(seal.log, &record, decided);
                stored.print.add(record.seq, content);
                continue;
            }
            stored.expired += 1;
            decided.forget(record.id(seal.log));
            if !duplicates.contains_key(&record.id(seal.log)) {
                stored.expired_micros = stored.expired_micros.wrapping_add(value);
            }
        }
    }
    stored.missing.push(next, seal.seqs.last);
    Ok(stored)
}

/// The readable events of a sealed epoch that the table must have, in order.
pub(crate) async fn events(
    store: &Store,
    seal: &Seal,
    decided: &Decided,
) -> Result<Vec<(Seq, Content)>, StoreError> {
    let mut events = Vec::new();
    for number in seal.segments.first.to(seal.segments.last) {
        let records = read(store, seal, number, &mut Vec::new()).await?;
        let content = |r: &Record| (r.seq, Content::of(seal.log, r, decided));
        let kept = records.iter().filter(|r| !decided.is_expired(r));
        events.extend(kept.map(content));
    }
    Ok(events)
}

/// The records of one segment; none, with the reason noted, if it is missing or damaged.
async fn read(
    store: &Store,
    seal: &Seal,
    number: SegmentNo,
    unreadable: &mut Vec<String>,
) -> Result<Vec<Record>, StoreError> {
    let why = match raw::segment(store, seal.log, number).await {
        Ok(Some(segment)) if segment.header.epoch == seal.epoch => return Ok(segment.records),
        Ok(Some(Segment { header, .. })) => format!(
            "segment {number} of log {} is of epoch {}, its seal says {}",
            seal.log, header.epoch, seal.epoch
        ),
        Ok(None) => raw::missing(seal.log, number).to_string(),
        Err(error @ StoreError::Damaged { .. }) => error.to_string(),
        Err(error) => return Err(error),
    };
    unreadable.push(why);
    Ok(Vec::new())
}

/// What is stored of the epochs that are not sealed.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    pub count: u64,
    /// Last stored event; the one before the tail if there is none.
    pub last: Seq,
    pub missing: Seqs,
    pub unreadable: Vec<String>,
}

/// Reads the segments after `segment`, whose last event is `last`.
pub(crate) async fn of_tail(
    store: &Store,
    log: LogId,
    segment: SegmentNo,
    last: Seq,
) -> Result<Tail, StoreError> {
    let mut tail = Tail {
        last,
        ..Tail::default()
    };
    let Some(newest) = raw::newest_segment(store, log, segment.next()).await? else {
        return Ok(tail);
    };
    for number in segment.next().to(newest) {
        let why = match raw::stored(store, log, number).await {
            Ok(Some(raw::Stored::Tombstone)) => break,
            Ok(Some(raw::Stored::Segment(segment))) => {
                for record in &segment.records {
                    tail.missing.push(tail.last.next(), record.seq.previous());
                    tail.last = record.seq;
                }
                tail.count += segment.records.len() as u64;
                continue;
            }
            Ok(None) => raw::missing(log, number).to_string(),
            Err(error @ StoreError::Damaged { .. }) => error.to_string(),
            Err(error) => return Err(error),
        };
        tail.unreadable.push(why);
    }
    Ok(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_tell_lists_apart_and_not_orders() {
        let content = Content::new(None, 7);
        let print = |seqs: &[u64]| {
            let mut print = Print::default();
            seqs.iter().for_each(|s| print.add(Seq(*s), content));
            print
        };
        assert_eq!(print(&[1, 2, 3]), print(&[3, 1, 2]));
        assert_ne!(print(&[1, 2, 3]), print(&[1, 2, 4]));
        assert_ne!(print(&[1, 2, 3]), print(&[2, 2, 2]), "same count, same sum");
        let said = |value, visitor| {
            let mut print = print(&[1, 2]);
            print.add(Seq(3), Content::new(value, visitor));
            print
        };
        assert_eq!(said(None, 7), print(&[1, 2, 3]));
        assert_ne!(said(Some(0), 7), said(None, 7));
        assert_ne!(said(Some(5), 7), said(Some(6), 7));
        assert_ne!(said(None, 7), said(None, 8));
    }
}
