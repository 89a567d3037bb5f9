//! The format of a log segment: the same bytes on the collector's disk and, in a zstd frame, in
//! the object store.
//!
//! ```text
//! header  magic(8) log(16, big endian) number(8) epoch(8) first_seq(8) previous_seq(8)
//!         previous_hash(32) crc32c(4)                                           numbers little endian
//! record  length(4) crc32c(4) seq(8) epoch(8) payload(length)      crc over log, number, seq, epoch, payload
//! footer  0xFFFFFFFF(4) count(8) last_seq(8) blake3(32) crc32c(4)  hash of all bytes before the footer
//! ```

use model::{Epoch, Event, LogId, Record, SegmentNo, Seq};
use prost::Message;

const MAGIC: &[u8; 8] = b"MRSEG01\n";
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
        if !body.starts_with(MAGIC) || u32_at(crc, 0)? != crc32c::crc32c(body) {
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
        let crc = place_crc(header.log, header.number, &out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }

    fn decode(bytes: &[u8], header: &Header) -> Option<Self> {
        let bytes = bytes.get(..FOOTER_LEN)?;
        let (body, crc) = bytes.split_at(FOOTER_LEN - 4);
        let fits = u32_at(body, 0)? == FOOTER_MARK
            && u32_at(crc, 0)? == place_crc(header.log, header.number, body);
        fits.then_some(())?;
        Some(Self {
            count: u64_at(body, 4)?,
            last_seq: Seq(u64_at(body, 12)?),
            hash: body.get(20..52)?.try_into().ok()?,
        })
    }
}

/// Appends the stored form of one record. The payload must not exceed [`MAX_PAYLOAD`].
pub fn encode_record(out: &mut Vec<u8>, header: &Header, seq: Seq, epoch: Epoch, event: &Event) {
    let length = event.encoded_len();
    let start = out.len();
    out.extend_from_slice(&(length as u32).to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&seq.0.to_le_bytes());
    out.extend_from_slice(&epoch.0.to_le_bytes());
    event.encode_raw(out);
    let crc = place_crc(header.log, header.number, &out[start + 8..]);
    out[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
}

/// What a segment's bytes hold, whatever their state.
#[derive(Debug)]
pub struct Scan {
    /// Where the segment belongs.
    pub header: Header,
    /// Every record that is whole, in order.
    pub records: Vec<Record>,
    /// Bytes up to which everything is whole (header and records, without a footer).
    pub valid_len: usize,
    /// What follows there.
    pub end: End,
}

/// How a segment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With its footer.
    Sealed(Footer),
    /// With its last record: it is being written, or its writer died.
    Open,
    /// With half a record: a torn tail; what is torn was never acknowledged.
    Torn,
    /// Whole records follow damaged bytes: the disk lost what it had acknowledged.
    /// `records` holds those behind the damage too.
    Rotten,
}

/// Reads a segment's bytes in any state. `None`: there is no whole header.
pub fn scan(bytes: &[u8]) -> Option<Scan> {
    let header = Header::decode(bytes)?;
    let mut records: Vec<Record> = Vec::new();
    let mut at = HEADER_LEN;
    loop {
        if at == bytes.len() {
            return Some(Scan {
                header,
                records,
                valid_len: at,
                end: End::Open,
            });
        }
        if let Some(footer) = Footer::decode(&bytes[at..], &header) {
            let whole = at + FOOTER_LEN == bytes.len()
                && *blake3::hash(&bytes[..at]).as_bytes() == footer.hash;
            if whole {
                return Some(Scan {
                    header,
                    records,
                    valid_len: at,
                    end: End::Sealed(footer),
                });
            }
        }
        let least = records.last().map_or(header.first_seq, |r| r.seq.next());
        match record_at(bytes, at, &header, least) {
            Some((record, next)) => {
                records.push(record);
                at = next;
            }
            None => return Some(scan_damage(bytes, header, records, at)),
        }
    }
}

/// Bytes at `at` are not a record: looks for whole records behind them.
fn scan_damage(bytes: &[u8], header: Header, mut records: Vec<Record>, at: usize) -> Scan {
    let before = records.len();
    let mut here = at + 1;
    while here + RECORD_HEAD <= bytes.len() {
        let least = records.last().map_or(header.first_seq, |r| r.seq.next());
        match record_at(bytes, here, &header, least) {
            Some((record, next)) => {
                records.push(record);
                here = next;
            }
            None => here += 1,
        }
    }
    let sealed = bytes.len() >= FOOTER_LEN
        && Footer::decode(&bytes[bytes.len() - FOOTER_LEN..], &header).is_some();
    let end = if records.len() > before || sealed {
        End::Rotten
    } else {
        End::Torn
    };
    Scan {
        header,
        records,
        valid_len: at,
        end,
    }
}

fn record_at(bytes: &[u8], at: usize, header: &Header, least: Seq) -> Option<(Record, usize)> {
    let length = u32_at(bytes, at)? as usize;
    if length > MAX_PAYLOAD {
        return None;
    }
    let next = at + RECORD_HEAD + length;
    let covered = bytes.get(at + 8..next)?;
    let seq = Seq(u64_at(bytes, at + 8)?);
    let epoch = Epoch(u64_at(bytes, at + 16)?);
    if seq < least || u32_at(bytes, at + 4)? != place_crc(header.log, header.number, covered) {
        return None;
    }
    let event = Event::decode(&bytes[at + RECORD_HEAD..next]).ok()?;
    Some((Record { seq, epoch, event }, next))
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
        End::Torn | End::Rotten => Err(SegmentError::Damaged {
            offset: scan.valid_len,
        }),
    }
}

/// The bytes of a whole segment with these records, and its footer.
pub fn build(header: &Header, records: &[Record]) -> (Vec<u8>, Footer) {
    let mut out = header.encode().to_vec();
    for r in records {
        encode_record(&mut out, header, r.seq, r.epoch, &r.event);
    }
    let footer = Footer {
        count: records.len() as u64,
        last_seq: records.last().map_or(header.previous_seq, |r| r.seq),
        hash: *blake3::hash(&out).as_bytes(),
    };
    out.extend_from_slice(&footer.encode(header));
    (out, footer)
}

fn place_crc(log: LogId, number: SegmentNo, bytes: &[u8]) -> u32 {
    let crc = crc32c::crc32c(&log.0.to_be_bytes());
    let crc = crc32c::crc32c_append(crc, &number.0.to_le_bytes());
    crc32c::crc32c_append(crc, bytes)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header() -> Header {
        Header {
            log: LogId(77),
            number: SegmentNo(3),
            epoch: Epoch(2),
            first_seq: Seq(10),
            previous_seq: Seq(9),
            previous_hash: [7; 32],
        }
    }

    fn records(n: u64) -> Vec<Record> {
        let event = |i: u64| Event {
            account: i,
            referrer: "x".repeat(i as usize % 50),
            ..Event::default()
        };
        (0..n)
            .map(|i| Record {
                seq: Seq(10 + i),
                epoch: Epoch(2),
                event: event(i),
            })
            .collect()
    }

    #[test]
    fn a_sealed_segment_round_trips() {
        let (bytes, footer) = build(&header(), &records(20));
        let segment = decode_sealed(&bytes).unwrap();
        assert_eq!((segment.header, segment.footer), (header(), footer));
        assert_eq!(segment.records, records(20));
    }

    proptest! {
        #[test]
        fn a_cut_tail_keeps_every_whole_record(n in 1u64..12, cut in 0usize..4000) {
            let (bytes, _) = build(&header(), &records(n));
            let open = &bytes[..bytes.len() - FOOTER_LEN];
            let cut = HEADER_LEN + cut % (open.len() - HEADER_LEN + 1);
            let scan = scan(&open[..cut]).unwrap();
            prop_assert!(matches!(scan.end, End::Open | End::Torn));
            prop_assert_eq!(&scan.records[..], &records(n)[..scan.records.len()]);
            // What is whole is exactly what fits before the cut.
            let mut whole = header().encode().to_vec();
            let mut fit = 0;
            for r in records(n) {
                encode_record(&mut whole, &header(), r.seq, r.epoch, &r.event);
                fit += usize::from(whole.len() <= cut);
            }
            prop_assert_eq!(scan.records.len(), fit);
        }

        #[test]
        fn a_flipped_bit_never_passes(n in 1u64..12, at in 0usize..4000, bit in 0u8..8) {
            let (mut bytes, _) = build(&header(), &records(n));
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            prop_assert!(decode_sealed(&bytes).is_err());
            if let Some(scan) = scan(&bytes) {
                // No invented record, and none lost but the one that was hit.
                prop_assert!(scan.records.iter().all(|r| records(n).contains(r)));
                prop_assert!(scan.records.len() as u64 + 1 >= n);
            }
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..400), keep in 0usize..200) {
            let mut with_header = build(&header(), &records(2)).0;
            with_header.truncate(keep.max(HEADER_LEN));
            with_header.extend_from_slice(&bytes);
            scan(&bytes);
            scan(&with_header);
        }
    }
}
