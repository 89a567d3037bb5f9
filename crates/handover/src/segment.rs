//! The format of a log segment: the same bytes on the collector's disk and, in a zstd frame, in
//! the object store.
//!
//! ```text
//! header  magic(8) log(16, big endian) number(8) epoch(8) first_seq(8) previous_seq(8)
//!         previous_hash(32) crc32c(4)                                           numbers little endian
//! record  length(4) crc32c(4) seq(8) epoch(8) payload(length)      crc over header, seq, epoch, payload
//! footer  0xFFFFFFFF(4) count(8) last_seq(8) blake3(32) crc32c(4)  hash of all bytes before the footer
//! ```
//!
//! Checksums of records and of the footer begin with the whole header. Files are written over older ones, whose bytes
//! may follow; who sent them could not know the hash of the segment before, and so could not make a record of this one.
//! The top bit of a record's length says that it is the first of a group commit: everything before it was durable
//! when it was written. (A byte 1 is then added to what its checksum covers.) Format 1 (until November 2026) has no groups, and its
//! files were only ever appended to; its checksums begin with log and number.

mod scan;
#[cfg(test)]
mod tests;

use model::{Epoch, LogId, Record, SegmentNo, Seq};
use prost::Message;

pub use self::scan::{End, Scan, scan, scan_closed};

const MAGIC: &[u8; 8] = b"MRSEG02\n";
const MAGIC_1: &[u8; 8] = b"MRSEG01\n";
/// In a record's length: it is the first of a group commit.
const GROUP_START: u32 = 1 << 31;
/// Bytes of a header.
pub const HEADER_LEN: usize = 8 + 16 + 8 * 4 + 32 + 4;
/// Bytes of a record before its payload.
pub const RECORD_HEAD: usize = 24;
/// Bytes of a footer.
pub const FOOTER_LEN: usize = 4 + 8 + 8 + 32 + 4;
/// Largest payload of one record; the door refuses larger events.
pub const MAX_PAYLOAD: usize = 256 * 1024;
const FOOTER_MARK: u32 = u32::MAX;

/// BLAKE3 of a segment's bytes before its footer.
pub type Hash = [u8; 32];

/// The first bytes of a segment: where it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The log.
    pub log: LogId,
    /// Number of the segment in its log, from 1, without gaps.
    pub number: SegmentNo,
    /// The epoch of all its records.
    pub epoch: Epoch,
    /// Number its first record has (or would have).
    pub first_seq: Seq,
    /// Last number of the previous segment; zero before the first.
    pub previous_seq: Seq,
    /// Hash of the previous segment; zeros before the first.
    pub previous_hash: Hash,
}

/// The last bytes of a sealed segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footer {
    /// How many records.
    pub count: u64,
    /// Number of the last one. If `count` is less than the span from the first, the missing ones
    /// were lost to a damaged disk.
    pub last_seq: Seq,
    /// Hash of everything before the footer.
    pub hash: Hash,
}

/// Why bytes are not a sealed segment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// The header is damaged or not ours.
    #[error("the segment's header is damaged or of another format")]
    Header,
    /// A record is damaged.
    #[error("the segment is damaged at byte {offset}")]
    Damaged {
        /// Where.
        offset: usize,
    },
    /// There is no footer: the segment was never sealed.
    #[error("the segment ends at byte {offset} without a footer")]
    Unsealed {
        /// Where.
        offset: usize,
    },
    /// The content is not what the footer says.
    #[error("the segment's content does not match its footer")]
    Mismatch,
}

impl Header {
    /// The stored form.
    pub fn encode(&self) -> [u8; HEADER_LEN] {
        let mut out = Vec::with_capacity(HEADER_LEN);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&self.log.0.to_be_bytes());
        for n in [
            self.number.0,
            self.epoch.0,
            self.first_seq.0,
            self.previous_seq.0,
        ] {
            out.extend_from_slice(&n.to_le_bytes());
        }
        out.extend_from_slice(&self.previous_hash);
        out.extend_from_slice(&crc32c::crc32c(&out).to_le_bytes());
        let mut fixed = [0; HEADER_LEN];
        fixed.copy_from_slice(&out);
        fixed
    }

    /// Reads the header at the start of `bytes`.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEADER_LEN)?;
        let (body, crc) = bytes.split_at(HEADER_LEN - 4);
        let ours = body.starts_with(MAGIC) || body.starts_with(MAGIC_1);
        if !ours || u32_at(crc, 0)? != crc32c::crc32c(body) {
            return None;
        }
        Some(Self {
            log: LogId(u128::from_be_bytes(body.get(8..24)?.try_into().ok()?)),
            number: SegmentNo(u64_at(body, 24)?),
            epoch: Epoch(u64_at(body, 32)?),
            first_seq: Seq(u64_at(body, 40)?),
            previous_seq: Seq(u64_at(body, 48)?),
            previous_hash: body.get(56..88)?.try_into().ok()?,
        })
    }
}

impl Footer {
    /// The stored form; `header` says where it belongs.
    pub fn encode(&self, header: &Header) -> Vec<u8> {
        let mut out = Vec::with_capacity(FOOTER_LEN);
        out.extend_from_slice(&FOOTER_MARK.to_le_bytes());
        out.extend_from_slice(&self.count.to_le_bytes());
        out.extend_from_slice(&self.last_seq.0.to_le_bytes());
        out.extend_from_slice(&self.hash);
        let crc = crc32c::crc32c_append(seed(header), &out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }

    fn decode(bytes: &[u8], seed: u32) -> Option<Self> {
        let bytes = bytes.get(..FOOTER_LEN)?;
        let (body, crc) = bytes.split_at(FOOTER_LEN - 4);
        let fits =
            u32_at(body, 0)? == FOOTER_MARK && u32_at(crc, 0)? == crc32c::crc32c_append(seed, body);
        fits.then_some(())?;
        Some(Self {
            count: u64_at(body, 4)?,
            last_seq: Seq(u64_at(body, 12)?),
            hash: body.get(20..52)?.try_into().ok()?,
        })
    }
}

/// Appends the stored form of the records of one group commit. No payload may exceed [`MAX_PAYLOAD`].
pub fn encode_group(out: &mut Vec<u8>, header: &Header, records: &[Record]) {
    let seed = seed(header);
    let mut starts_group = true;
    for record in records {
        encode_record(out, seed, record, starts_group);
        starts_group = false;
    }
}

fn encode_record(out: &mut Vec<u8>, seed: u32, record: &Record, starts_group: bool) {
    let mut length = record.event.encoded_len() as u32;
    if starts_group {
        length |= GROUP_START;
    }
    let start = out.len();
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&record.seq.0.to_le_bytes());
    out.extend_from_slice(&record.epoch.0.to_le_bytes());
    record.event.encode_raw(out);
    let crc = record_crc(seed, &out[start + 8..], starts_group);
    out[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
}

fn record_crc(seed: u32, covered: &[u8], starts_group: bool) -> u32 {
    let crc = crc32c::crc32c_append(seed, covered);
    match starts_group {
        true => crc32c::crc32c_append(crc, &[1]),
        false => crc,
    }
}

/// A sealed segment, whole and checked.
#[derive(Debug)]
pub struct Segment {
    /// Where it belongs.
    pub header: Header,
    /// Its records.
    pub records: Vec<Record>,
    /// What closes it.
    pub footer: Footer,
}

/// Reads a sealed segment; anything less is an error.
pub fn decode_sealed(bytes: &[u8]) -> Result<Segment, SegmentError> {
    let scan = scan(bytes).ok_or(SegmentError::Header)?;
    match scan.end {
        End::Sealed(footer) => {
            let length = scan.valid_len + FOOTER_LEN;
            if bytes.len() != length {
                return Err(SegmentError::Damaged { offset: length });
            }
            let counted = scan.records.len() as u64 == footer.count
                && scan
                    .records
                    .last()
                    .map_or(scan.header.previous_seq, |r| r.seq)
                    == footer.last_seq;
            counted.then_some(()).ok_or(SegmentError::Mismatch)?;
            Ok(Segment {
                header: scan.header,
                records: scan.records,
                footer,
            })
        }
        End::Open => Err(SegmentError::Unsealed {
            offset: scan.valid_len,
        }),
        End::Torn { .. } | End::Rotten => Err(SegmentError::Damaged {
            offset: scan.valid_len,
        }),
    }
}

/// The bytes of a whole segment with these records, written at once, and its footer.
pub fn build(header: &Header, records: &[Record]) -> (Vec<u8>, Footer) {
    let mut out = header.encode().to_vec();
    encode_group(&mut out, header, records);
    let footer = Footer {
        count: records.len() as u64,
        last_seq: records.last().map_or(header.previous_seq, |r| r.seq),
        hash: *blake3::hash(&out).as_bytes(),
    };
    out.extend_from_slice(&footer.encode(header));
    (out, footer)
}

/// What checksums of a segment begin with: the header without its own, since a checksum of both is the same for all.
fn seed(header: &Header) -> u32 {
    crc32c::crc32c(&header.encode()[..HEADER_LEN - 4])
}

/// The same in format 1.
fn seed_1(header: &Header) -> u32 {
    let crc = crc32c::crc32c(&header.log.0.to_be_bytes());
    crc32c::crc32c_append(crc, &header.number.0.to_le_bytes())
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(
        bytes.get(at..at.checked_add(4)?)?.try_into().ok()?,
    ))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(
        bytes.get(at..at.checked_add(8)?)?.try_into().ok()?,
    ))
}
