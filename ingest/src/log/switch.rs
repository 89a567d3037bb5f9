//! From a log that a salvage has ended to a new one: the records that the store does not hold are
//! moved, by number. Resumable: the new log counts only once all of them are written.

use std::{io, ops::RangeInclusive, sync::Arc};

use handover::{
    raw::{self, Fence},
    salvage::{SalvageError, Salvaged, salvage},
    segment::{self, Header},
};
use model::{Bug, LogId, Record, planted};
use storage::{
    blocking,
    failpoint::reach,
    store::{Store, StoreError},
    stream::EventStream,
};

use super::{
    Disk, RecoveryError, parse_segment_name,
    recovery::{self, Recovered, State},
    segment_name,
};

/// Why a log could not be left. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// The salvage of the old log could not be finished.
    #[error(transparent)]
    Salvage(#[from] SalvageError),
    /// What the store holds could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The old log cannot be read.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// The new log cannot be written.
    #[error("the new log cannot be written: {0}")]
    Disk(#[from] io::Error),
}

/// Leaves `old`, which a salvage has ended, for `new`. Nobody may be writing.
pub async fn switch(
    disk: Arc<dyn Disk>,
    store: &Store,
    stream: &dyn EventStream,
    old: LogId,
    new: LogId,
) -> Result<(), SwitchError> {
    // Another may have begun it and died; whoever finishes it comes to the same end.
    let Salvaged { fence, .. } = salvage(store, Some(stream), old).await?;
    let reader = Arc::clone(&disk);
    let recovered = blocking::run(move || Ok(recovery::recover(&*reader, old))).await??;
    if recovered.state.log != old {
        return Ok(());
    }
    if let Some((before, last)) = recovered.state.predecessor {
        // Whoever salvaged a log that was never registered did not know what was before it.
        raw::retire_log(store, before, last).await?;
    }
    let first = recovered.sealed.first().map_or(u64::MAX, |s| s.first_seq);
    let held = held(store, old, first).await?;
    blocking::run(move || move_records(&*disk, &recovered, &held, &fence, new)).await?;
    Ok(())
}

/// Numbers from `first` on that the store holds.
async fn held(
    store: &Store,
    log: LogId,
    first: u64,
) -> Result<Vec<RangeInclusive<u64>>, StoreError> {
    let mut ranges: Vec<RangeInclusive<u64>> = Vec::new();
    let Some(mut number) = raw::find_segment(store, log, first, 1).await? else {
        return Ok(ranges);
    };
    while let Some(segment) = raw::segment(store, log, number).await? {
        for Record { seq, .. } in segment.records {
            match ranges.last_mut() {
                Some(range) if range.end() + 1 == seq => *range = *range.start()..=seq,
                _ => ranges.push(seq..=seq),
            }
        }
        number += 1;
    }
    Ok(ranges)
}

/// Events of one epoch of the new log, about.
const EPOCH_EVENTS: u64 = 250_000;

fn next_name(number: u64) -> String {
    format!("next-{}", segment_name(number))
}

fn parse_next_name(name: &str) -> Option<u64> {
    parse_segment_name(name.strip_prefix("next-")?)
}

fn move_records(
    disk: &dyn Disk,
    old: &Recovered,
    held: &[RangeInclusive<u64>],
    fence: &Fence,
    new: LogId,
) -> io::Result<()> {
    for name in disk.list()?.iter().filter(|n| parse_next_name(n).is_some()) {
        disk.remove(name)?;
    }
    let is_held = |seq: u64| {
        let at = held.partition_point(|range| *range.end() < seq);
        held.get(at).is_some_and(|range| range.contains(&seq))
    };
    let mut header = Header {
        log: new,
        number: 1,
        epoch: 1,
        first_seq: 1,
        previous_seq: 0,
        previous_hash: [0; 32],
    };
    let mut in_epoch = 0;
    for old in &old.sealed {
        let bytes = disk.read(&segment_name(old.number))?;
        let segment = segment::decode_sealed(&bytes).map_err(io::Error::other)?;
        let left = segment.records.into_iter().filter(|r| !is_held(r.seq));
        let epoch = header.epoch;
        let moved: Vec<Record> = (header.first_seq..)
            .zip(left)
            .map(|(seq, Record { mut event, .. })| {
                // Their keys may have been forgotten, and used again, while they were away.
                event.unchecked |= event.key.is_some();
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
            number: header.number + 1,
            epoch: epoch + u64::from(full),
            first_seq: footer.last_seq + 1,
            previous_seq: footer.last_seq,
            previous_hash: footer.hash,
            ..header
        };
    }
    let mut state = State {
        log: new,
        closed_epoch: header.epoch - 1,
        retired_at: None,
        predecessor: Some((fence.log, fence.last_seq)),
        moving: true,
    };
    state.save(disk)?;
    reach("switch.said");
    finish_move(disk, &mut state)
}

/// Puts the new log's segments in the place of the old one's, which the new log or the store hold.
pub(super) fn finish_move(disk: &dyn Disk, state: &mut State) -> io::Result<()> {
    let names = disk.list()?;
    for name in names.iter().filter(|n| parse_segment_name(n).is_some()) {
        let header = Header::decode(&disk.read(name)?);
        if header.is_none_or(|h| h.log != state.log) {
            disk.remove(name)?;
        }
    }
    for number in names.iter().filter_map(|n| parse_next_name(n)) {
        disk.rename(&next_name(number), &segment_name(number))?;
    }
    state.moving = false;
    state.save(disk)
}
