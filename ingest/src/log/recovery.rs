//! Opening a log after whatever happened to its collector.

use std::io;

use handover::segment::{self, End, Header, Scan};
use model::{Epoch, LogId, Record, SegmentNo, Seq};

use super::{
    Disk, SealedSegment, parse_segment_name, read_segment, segment_name,
    state::{Predecessor, STATE, State, finish_move},
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
            last,
        }
    }
}

fn new_state(disk: &dyn Disk, log: LogId, predecessor: Option<Predecessor>) -> io::Result<State> {
    let state = State {
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
        "the log's state.json is damaged: {0}; restore it, or move the folder away and salvage the log"
    )]
    State(#[from] serde_json::Error),
    /// There are segments but no state.
    #[error("the log folder holds segments but no state.json; restore it, or move the folder away")]
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
    let mut state: State = match disk.list()?.iter().any(|n| n == STATE) {
        true => serde_json::from_slice(&disk.read(STATE)?)?,
        false if numbers.is_empty() => new_state(disk, new_log, None)?,
        false => return Err(RecoveryError::NoState),
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
    for number in numbers {
        recover_segment(disk, number, &mut recovered)?;
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
    so_far: &mut Recovered,
) -> Result<(), RecoveryError> {
    let bytes = read_segment(disk, number)?;
    let first = so_far.sealed.is_empty();
    let Some(scan) = segment::scan(&bytes) else {
        // Its header was never synced, so nothing in it was acknowledged.
        tracing::warn!(
            segment = %number,
            "removing a segment without a whole header"
        );
        return Ok(disk.rename(
            &segment_name(number),
            &format!("{}.bad", segment_name(number)),
        )?);
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
        return Ok(disk.remove(&segment_name(number))?);
    }
    let (footer, size) = match scan.end {
        End::Sealed(footer) => (footer, bytes.len() as u64),
        _ => seal_again(disk, &scan, bytes.len())?,
    };
    so_far.last = Last {
        number,
        seq: footer.last_seq,
        epoch: header.epoch,
        hash: footer.hash,
    };
    so_far.sealed.push(sealed(&header, records, size));
    Ok(())
}

/// Writes what is whole as a sealed segment; keeps the original beside it if the disk lost data.
fn seal_again(disk: &dyn Disk, scan: &Scan, length: usize) -> io::Result<(segment::Footer, u64)> {
    let name = segment_name(scan.header.number);
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
    Ok((footer, bytes.len() as u64))
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
