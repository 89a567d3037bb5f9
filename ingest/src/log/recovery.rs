//! Opening a log after whatever happened to its collector.

use std::io;

use handover::segment::{self, End, FOOTER_LEN, Header, Scan};
use model::{Epoch, LogId, Record, SegmentNo, Seq};

use super::{
    Disk, SealedSegment, parse_segment_name, segment_name,
    state::{FORMAT, Predecessor, State, finish_move},
};

/// The end of the log's chain of segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Last {
    pub number: SegmentNo,
    pub seq: Seq,
    pub epoch: Epoch,
    pub hash: segment::Hash,
}

/// What is left of a log.
pub(super) struct Recovered {
    pub state: State,
    pub sealed: Vec<SealedSegment>,
    /// Those of them whose file is larger than they are.
    pub roomy: Vec<SegmentNo>,
    pub last: Last,
}

impl Recovered {
    fn empty(state: State) -> Self {
        let last = Last {
            number: SegmentNo::ZERO,
            seq: Seq::ZERO,
            epoch: Epoch::ZERO,
            hash: [0; 32],
        };
        Self {
            state,
            sealed: Vec::new(),
            roomy: Vec::new(),
            last,
        }
    }
}

fn new_state(disk: &dyn Disk, log: LogId, predecessor: Option<Predecessor>) -> io::Result<State> {
    let state = State {
        format: FORMAT,
        log,
        closed_epoch: Epoch::ZERO,
        retired_at: None,
        predecessor,
        moving: false,
    };
    state.save(disk)?;
    Ok(state)
}

/// Why a log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The disk does not work.
    #[error("the log cannot be read: {0}; check the data folder's disk and rights")]
    Disk(#[from] io::Error),
    /// The state file is not ours.
    #[error(
        "the log's log.json is damaged: {0}; restore it, or move the folder away and salvage the log"
    )]
    State(#[from] serde_json::Error),
    /// An older program was here since.
    #[error(
        "the log folder has two states, log.json and state.json, of logs {new} and {old}: an older program wrote here since the upgrade. Move state.json and the segments of {old} to a folder of their own and run a collector of that release there until it is drained"
    )]
    TwoStates {
        /// The log of `log.json`.
        new: LogId,
        /// That of `state.json`.
        old: LogId,
    },
    /// A newer program has written it.
    #[error("the log is of format {0}, and this program knows up to {FORMAT}: upgrade it")]
    Newer(u32),
    /// There are segments but no state.
    #[error("the log folder holds segments but no log.json; restore it, or move the folder away")]
    NoState,
    /// Segments do not follow each other.
    #[error(
        "segment {number} does not continue the one before it; a file is missing or from another log"
    )]
    Chain {
        /// The segment.
        number: SegmentNo,
    },
    /// The writer could not be started.
    #[error("cannot start the log's thread: {0}")]
    Thread(io::Error),
}

/// Reads the folder, repairs its last segment and seals everything that is there.
pub(super) fn recover(disk: &dyn Disk, new_log: LogId) -> Result<Recovered, RecoveryError> {
    let mut numbers = segment_numbers(disk)?;
    let mut state = match State::load(disk)? {
        Some(state) => state,
        None if numbers.is_empty() => new_state(disk, new_log, None)?,
        None => return Err(RecoveryError::NoState),
    };
    if state.moving {
        finish_move(disk, &mut state)?;
        numbers = segment_numbers(disk)?;
    }
    if let Some(last) = state.retired_at {
        // All of it is in the store; a crash between these steps repeats them.
        for number in numbers {
            disk.remove(&segment_name(number))?;
        }
        return Ok(Recovered::empty(new_state(
            disk,
            new_log,
            Some(Predecessor::from((state.log, last))),
        )?));
    }
    let mut recovered = Recovered::empty(state);
    let newest = numbers.last().copied();
    for number in numbers {
        recover_segment(disk, number, Some(number) == newest, &mut recovered)?;
    }
    Ok(recovered)
}

fn segment_numbers(disk: &dyn Disk) -> io::Result<Vec<SegmentNo>> {
    let names = disk.list()?;
    let numbers = names.iter().filter_map(|n| parse_segment_name(n));
    let mut numbers: Vec<SegmentNo> = numbers.collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn recover_segment(
    disk: &dyn Disk,
    number: SegmentNo,
    is_newest: bool,
    so_far: &mut Recovered,
) -> Result<(), RecoveryError> {
    let name = segment_name(number);
    let bytes = disk.read(&name)?;
    let first = so_far.sealed.is_empty();
    let scan = match is_newest {
        true => segment::scan(&bytes),
        false => segment::scan_closed(&bytes),
    };
    let Some(scan) = scan else {
        // Its header was never synced, so nothing in it was acknowledged. It is not used again: its bytes may name this
        // very segment.
        tracing::warn!(segment = %number, "removing a segment without a whole header");
        return Ok(disk.rename(&name, &format!("{name}.bad"))?);
    };
    let follows = scan.header.log == so_far.state.log
        && scan.header.number == number
        && (first
            || (so_far.last.number.next() == number
                && so_far.last.seq == scan.header.previous_seq));
    follows
        .then_some(())
        .ok_or(RecoveryError::Chain { number })?;
    let (records, header) = (&scan.records, scan.header);
    if records.is_empty() {
        return Ok(disk.remove(&name)?);
    }
    let (footer, size) = match scan.end {
        End::Sealed(footer) => (footer, scan.valid_len + FOOTER_LEN),
        _ => seal_again(disk, &scan, bytes.len())?,
    };
    if matches!(scan.end, End::Sealed(_)) && size < bytes.len() {
        so_far.roomy.push(number);
    }
    so_far.last = Last {
        number,
        seq: footer.last_seq,
        epoch: header.epoch,
        hash: footer.hash,
    };
    so_far.sealed.push(sealed(&header, records, size as u64));
    Ok(())
}

/// Writes what is whole as a sealed segment; keeps the original beside it if the disk lost data.
fn seal_again(disk: &dyn Disk, scan: &Scan, length: usize) -> io::Result<(segment::Footer, usize)> {
    let name = segment_name(scan.header.number);
    if let End::Torn { dropped: 1.. } = scan.end {
        tracing::warn!(
            file = name,
            offset = scan.valid_len,
            "the last write was not whole, and was not acknowledged unless the disk is damaged; the file is kept as .torn"
        );
        let original = disk.read(&name)?;
        disk.replace(&format!("{name}.torn"), &original)?;
    }
    if scan.end == End::Rotten {
        tracing::error!(
            file = name,
            offset = scan.valid_len,
            length,
            "the disk damaged acknowledged events; the file is kept as .damaged"
        );
        metrics::counter!("millrace_log_damaged_total").increment(1);
        let original = disk.read(&name)?;
        disk.replace(&format!("{name}.damaged"), &original)?;
    }
    let (bytes, footer) = segment::build(&scan.header, &scan.records);
    disk.replace(&name, &bytes)?;
    Ok((footer, bytes.len()))
}

pub(super) fn sealed(header: &Header, records: &[Record], bytes: u64) -> SealedSegment {
    SealedSegment {
        number: header.number,
        epoch: header.epoch,
        first_seq: records.first().map_or(header.first_seq, |r| r.seq),
        last_seq: records.last().map_or(header.previous_seq, |r| r.seq),
        count: records.len() as u64,
        bytes,
    }
}
