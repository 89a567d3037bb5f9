//! What a segment's bytes hold, whatever their state.

use memchr::memmem;
use model::{Epoch, Event, Record, Seq};
use prost::Message;

use super::{
    FOOTER_MARK, Footer, GROUP_START, HEADER_LEN, Header, MAGIC_1, MAX_PAYLOAD, RECORD_HEAD,
    record_crc, seed, seed_1, u32_at, u64_at,
};

/// Where in a record its epoch stands.
const EPOCH_AT: usize = 16;

/// What a segment's bytes hold.
#[derive(Debug)]
pub struct Scan {
    /// Where the segment belongs.
    pub header: Header,
    /// Every record that is whole and may have been acknowledged, in order.
    pub records: Vec<Record>,
    /// Bytes up to which everything is whole (header and records, without a footer).
    pub valid_len: usize,
    /// What follows there.
    pub end: End,
}

/// How a segment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With its footer. Older bytes may follow it.
    Sealed(Footer),
    /// With its last record: it is being written, or its writer died.
    Open,
    /// Within its last group commit, or with older bytes: what is torn was never acknowledged.
    Torn {
        /// Whole records of that group that stand behind a hole. Sectors reach a disk in any order.
        dropped: usize,
    },
    /// Damaged bytes before its last group commit or its footer: the disk lost what it had acknowledged.
    /// `records` holds those behind the damage too.
    Rotten,
}

/// Reads a segment's bytes in any state. `None`: there is no whole header.
pub fn scan(bytes: &[u8]) -> Option<Scan> {
    scan_as(bytes, false)
}

/// The same of one that was closed, since a later one was begun: whatever is damaged in it, the disk lost.
pub fn scan_closed(bytes: &[u8]) -> Option<Scan> {
    scan_as(bytes, true)
}

fn scan_as(bytes: &[u8], is_closed: bool) -> Option<Scan> {
    let header = Header::decode(bytes)?;
    let is_first_format = bytes.starts_with(MAGIC_1);
    let place = Place {
        bytes,
        header: &header,
        seed: match is_first_format {
            true => seed_1(&header),
            false => seed(&header),
        },
        is_durable: is_closed || is_first_format,
    };
    let mut records: Vec<Record> = Vec::new();
    let mut at = HEADER_LEN;
    let end = loop {
        if at == bytes.len() {
            break End::Open;
        }
        if let Some(footer) = Footer::decode(&bytes[at..], place.seed)
            && *blake3::hash(&bytes[..at]).as_bytes() == footer.hash
        {
            break End::Sealed(footer);
        }
        let least = records.last().map_or(header.first_seq, |r| r.seq.next());
        match place.record_at(at, least) {
            Some(found) => {
                at = found.next;
                records.push(found.record);
            }
            None => break place.damaged(&mut records, at),
        }
    };
    Some(Scan {
        header,
        records,
        valid_len: at,
        end,
    })
}

/// The bytes of a segment, and what is known of them.
struct Place<'a> {
    bytes: &'a [u8],
    header: &'a Header,
    /// What its checksums begin with.
    seed: u32,
    /// Whether every whole record may have been acknowledged, wherever it stands.
    is_durable: bool,
}

impl Place<'_> {
    /// Bytes at `at` are no record: what is whole behind them, as far as it may have been acknowledged.
    fn damaged(&self, records: &mut Vec<Record>, at: usize) -> End {
        let (mut behind, is_sealed) = self.behind(records, at);
        let whole = behind.len();
        if !is_sealed && !self.is_durable {
            // Everything before the start of a group was durable before any of it was written.
            match behind.iter().rposition(|found| found.starts_group) {
                Some(last) => {
                    let group = behind[last..].windows(2);
                    let joined = group.take_while(|two| two[0].next == two[1].start).count();
                    behind.truncate(last + joined + 1);
                }
                None => behind.clear(),
            }
        }
        let dropped = whole - behind.len();
        let is_rotten = is_sealed || !behind.is_empty();
        records.extend(behind.into_iter().map(|found| found.record));
        match is_rotten {
            true => End::Rotten,
            false => End::Torn { dropped },
        }
    }

    /// The whole records behind `at`, and whether a footer follows them.
    fn behind(&self, before: &[Record], at: usize) -> (Vec<Found>, bool) {
        let mut found: Vec<Found> = Vec::new();
        let mut starts = Starts::new(self.bytes, self.header);
        let mut here = at;
        while let Some(start) = starts.from(here) {
            if Footer::decode(&self.bytes[start..], self.seed).is_some() {
                return (found, true);
            }
            let last = found.last().map(|f| &f.record).or(before.last());
            let least = last.map_or(self.header.first_seq, |r| r.seq.next());
            match self.record_at(start, least) {
                Some(record) => {
                    here = record.next;
                    found.push(record);
                }
                None => here = start + 1,
            }
        }
        (found, false)
    }

    fn record_at(&self, at: usize, least: Seq) -> Option<Found> {
        let bytes = self.bytes;
        let word = u32_at(bytes, at)?;
        let starts_group = word & GROUP_START != 0;
        let length = (word & !GROUP_START) as usize;
        if length > MAX_PAYLOAD {
            return None;
        }
        let next = at + RECORD_HEAD + length;
        let covered = bytes.get(at + 8..next)?;
        let seq = Seq(u64_at(bytes, at + 8)?);
        let epoch = Epoch(u64_at(bytes, at + EPOCH_AT)?);
        // Before the checksum, which would be slow over all that older bytes look like.
        if seq < least || epoch != self.header.epoch {
            return None;
        }
        if u32_at(bytes, at + 4)? != record_crc(self.seed, covered, starts_group) {
            return None;
        }
        let event = Event::decode(&bytes[at + RECORD_HEAD..next]).ok()?;
        let record = Record { seq, epoch, event };
        Some(Found {
            record,
            starts_group,
            start: at,
            next,
        })
    }
}

/// Where records of this epoch, or a footer, may begin: a file has millions of bytes where neither does.
struct Starts<'a> {
    bytes: &'a [u8],
    epoch: [u8; 8],
    /// The next ones of either kind, as far as they are known.
    record: Option<usize>,
    footer: Option<usize>,
}

impl<'a> Starts<'a> {
    fn new(bytes: &'a [u8], header: &Header) -> Self {
        Self {
            bytes,
            epoch: header.epoch.0.to_le_bytes(),
            record: Some(0),
            footer: Some(0),
        }
    }

    /// The first one from `here` on.
    fn from(&mut self, here: usize) -> Option<usize> {
        let find = |known: &mut Option<usize>, offset: usize, what: &[u8]| {
            if known.is_some_and(|start| start < here) {
                let rest = self.bytes.get(here + offset..).unwrap_or_default();
                *known = memmem::find(rest, what).map(|at| here + at);
            }
            *known
        };
        let record = find(&mut self.record, EPOCH_AT, &self.epoch);
        let footer = find(&mut self.footer, 0, &FOOTER_MARK.to_le_bytes());
        record.into_iter().chain(footer).min()
    }
}

/// A whole record, and where it stands.
struct Found {
    record: Record,
    starts_group: bool,
    start: usize,
    next: usize,
}
