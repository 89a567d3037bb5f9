//! From a log that a salvage has ended to a new one: the records that the store does not hold are
//! moved, by number. Resumable: the new log counts only once all of them are written.

use model::failpoint::reach;
use std::{io, sync::Arc};

use handover::{
    raw::{self, LogEnd},
    salvage::{SalvageError, Salvaged, salvage},
    segment::{self, Header},
};
use model::{Bug, Epoch, LogId, Record, SegmentNo, Seq, Span, planted};
use storage::{
    blocking,
    error::StorageError,
    store::{Store, StoreError},
    stream::EventStream,
};

use super::{
    Disk, RecoveryError,
    recovery::{self, Recovered},
    segment_name,
    state::{FORMAT, Predecessor, State, finish_move, next_name, parse_next_name},
};

/// Why a log could not be left. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// The salvage of the old log could not be finished.
    #[error(transparent)]
    Salvage(#[from] SalvageError),
    /// What the store holds could not be read.
    #[error(transparent)]
    Storage(StorageError),
    /// The old log cannot be read.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// The new log cannot be written.
    #[error("the new log cannot be written: {0}")]
    Disk(#[from] io::Error),
}

storage::from_storage_errors!(SwitchError);

/// Leaves `old`, which a salvage has ended, for `new`. Nobody may be writing.
pub async fn switch(
    disk: Arc<dyn Disk>,
    store: &Store,
    stream: &dyn EventStream,
    old: LogId,
    new: LogId,
) -> Result<(), SwitchError> {
    // Another may have begun it and died; whoever finishes it comes to the same end.
    let Salvaged { end, .. } = salvage(store, Some(stream), old).await?;
    let reader = Arc::clone(&disk);
    let recovered = blocking::run(move || Ok(recovery::recover(&*reader, old))).await??;
    if recovered.state.log != old {
        return Ok(());
    }
    if let Some(before) = recovered.state.predecessor {
        // Whoever salvaged a log that was never registered did not know what was before it.
        raw::retire_log(store, before.log, before.last).await?;
    }
    let held = match recovered.sealed.first() {
        Some(first) => held(store, old, first.first_seq).await?,
        None => Vec::new(),
    };
    blocking::run(move || move_records(&*disk, &recovered, &held, &end, new)).await?;
    Ok(())
}

/// Numbers from `first` on that the store holds.
async fn held(store: &Store, log: LogId, first: Seq) -> Result<Vec<Span<Seq>>, StoreError> {
    let mut spans: Vec<Span<Seq>> = Vec::new();
    let found = raw::find_segment(store, log, first, SegmentNo::FIRST).await?;
    let Some(mut number) = found else {
        return Ok(spans);
    };
    while let Some(segment) = raw::segment(store, log, number).await? {
        for Record { seq, .. } in segment.records {
            match spans.last_mut() {
                Some(span) if span.last.next() == seq => span.last = seq,
                _ => spans.push(Span::from((seq, seq))),
            }
        }
        number = number.next();
    }
    Ok(spans)
}

/// Events of one epoch of the new log, about.
const EPOCH_EVENTS: u64 = 250_000;

fn move_records(
    disk: &dyn Disk,
    old: &Recovered,
    held: &[Span<Seq>],
    end: &LogEnd,
    new: LogId,
) -> io::Result<()> {
    for name in disk.list()?.iter().filter(|n| parse_next_name(n).is_some()) {
        disk.remove(name)?;
    }
    let is_held = |seq: Seq| {
        let at = held.partition_point(|span| span.last < seq);
        held.get(at).is_some_and(|span| span.contains(seq))
    };
    let mut header = Header {
        log: new,
        number: SegmentNo::FIRST,
        epoch: Epoch::FIRST,
        first_seq: Seq::FIRST,
        previous_seq: Seq::ZERO,
        previous_hash: [0; 32],
    };
    let mut in_epoch = 0;
    for old in &old.sealed {
        let bytes = usize::try_from(old.bytes).map_err(io::Error::other)?;
        let bytes = disk.read_start(&segment_name(old.number), bytes)?;
        let segment = segment::decode_sealed(&bytes).map_err(io::Error::other)?;
        let left = segment.records.into_iter().filter(|r| !is_held(r.seq));
        let epoch = header.epoch;
        let moved: Vec<Record> =
            std::iter::successors(Some(header.first_seq), |seq| Some(seq.next()))
                .zip(left)
                .map(|(seq, Record { mut event, .. })| {
                    // Their keys may have been forgotten, and used again, while they were away.
                    event.unchecked |= event.has_key();
                    Record { seq, epoch, event }
                })
                .collect();
        if moved.is_empty() || planted(Bug::NothingMoved) {
            continue;
        }
        let (bytes, footer) = segment::build(&header, &moved);
        disk.replace(&next_name(header.number), &bytes)?;
        reach("switch.written");
        // Bounded as any other epoch is.
        in_epoch += footer.count;
        let full = in_epoch >= EPOCH_EVENTS;
        if full {
            in_epoch = 0;
        }
        header = Header {
            number: header.number.next(),
            epoch: if full { epoch.next() } else { epoch },
            first_seq: footer.last_seq.next(),
            previous_seq: footer.last_seq,
            previous_hash: footer.hash,
            ..header
        };
    }
    let mut state = State {
        format: FORMAT,
        log: new,
        closed_epoch: header.epoch.previous(),
        retired_at: None,
        predecessor: Some(Predecessor::from((end.log, end.last_seq))),
        moving: true,
    };
    state.save(disk)?;
    reach("switch.said");
    finish_move(disk, &mut state)
}
