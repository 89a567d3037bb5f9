//! Ending a log in its collector's place: what the stream still holds beyond the last stored
//! segment becomes the next segments, then a tombstone keeps the log from ever growing.
//!
//! Every step is create-only or repeatable, so that a salvage that died is finished by the next
//! one, whoever runs it: another operator, or the collector that finds itself fenced.

#[cfg(test)]
mod tests;

use model::failpoint::reach;
use std::{collections::BTreeMap, time::Duration};

use model::{Bug, Epoch, Fence, LogId, Record, SegmentNo, Seq, Span, planted};
use storage::{
    error::{LiveError, StorageError},
    store::{Outcome, Store, StoreError},
    stream::EventStream,
};

use crate::{
    raw::{self, LogEnd, LogInfo, Seal, Stored},
    segment::{self, Header},
};

/// How often a salvage begins again because the collector, alive after all, stored a segment.
const TRIES: u32 = 10;
/// Batches read from the stream at once.
const READ_BATCHES: usize = 256;
/// Records of one segment at most.
const MAX_RECORDS: usize = 50_000;

/// What a salvage found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Salvaged {
    /// Where the log ends now.
    pub end: LogEnd,
    /// How many events were brought from the stream to the store.
    pub rescued: u64,
    /// First event that the stream is known to have had beyond the log's end, and that could not
    /// be brought over: from there on events are on the lost disk alone, if anywhere.
    pub missing_from: Option<Seq>,
}

/// Why a log could not be ended. It can be tried again: nothing is done twice.
#[derive(Debug, thiserror::Error)]
pub enum SalvageError {
    /// There is no such log.
    #[error("there is no log {0} in this store; `millrace audit` lists the logs")]
    Unknown(LogId),
    /// It has an end already.
    #[error("log {0} was drained by its collector: all of it is in the store")]
    Retired(LogId),
    /// The object store or the stream failed.
    #[error(transparent)]
    Storage(StorageError),
    /// The collector is alive and well.
    #[error("log {0} keeps growing: its collector is alive; stop it first")]
    Growing(LogId),
    /// Raw objects contradict each other.
    #[error(
        "seal {epoch} of log {log} is in the store with other content; look at the log's raw objects"
    )]
    Collision {
        /// The log.
        log: LogId,
        /// The epoch.
        epoch: Epoch,
    },
}

storage::from_storage_errors!(SalvageError);

/// Ends `log`. Without a stream only what is stored is kept.
pub async fn salvage(
    store: &Store,
    stream: Option<&dyn EventStream>,
    log: LogId,
) -> Result<Salvaged, SalvageError> {
    let info = match raw::log_info(store, log).await? {
        Some(info) => info,
        None => registered(store, stream, log).await?,
    };
    let fenced = raw::end(store, log).await?;
    if info.retired_at.is_some() && fenced.is_none() {
        return Err(SalvageError::Retired(log));
    }
    raw::announce_salvage(store, log).await?;
    reach("salvage.announced");
    let mut rescued = Rescued::default();
    let mut end = None;
    for _ in 0..TRIES {
        end = bury(store, stream, log, &mut rescued).await?;
        if end.is_some() {
            break;
        }
    }
    let last_seq = end.ok_or(SalvageError::Growing(log))?;
    reach("salvage.buried");
    let ended = LogEnd {
        log,
        fence: Some(Fence::FIRST),
        last_seq,
    };
    // Readers and workers must fold from raw alone before batch may cover what was brought there.
    if planted(Bug::SealsBeforeFence) {
        seal(store, log).await?;
    }
    raw::put_fence(store, &ended).await?;
    reach("salvage.fenced");
    seal(store, log).await?;
    if let Some(before) = info.predecessor {
        // Its collector may have ended before it could say that the log before it was drained.
        let last = end_of(store, before).await?.header.previous_seq;
        raw::retire_log(store, before, last).await?;
    }
    let retired_at = Some(last_seq);
    raw::update_log(store, &LogInfo { retired_at, ..info }).await?;
    Ok(Salvaged {
        end: ended,
        rescued: rescued.events,
        missing_from: rescued.missing_from,
    })
}

/// A log that its collector could not register: the store was out of reach for all its life.
async fn registered(
    store: &Store,
    stream: Option<&dyn EventStream>,
    log: LogId,
) -> Result<LogInfo, SalvageError> {
    let streamed = match stream {
        Some(stream) => stream.last(log).await?,
        None => None,
    };
    streamed.ok_or(SalvageError::Unknown(log))?;
    let info = LogInfo::new(log);
    raw::register_log(store, &info).await?;
    Ok(info)
}

#[derive(Default)]
struct Rescued {
    events: u64,
    missing_from: Option<Seq>,
}

/// Brings over what the stream holds and puts the tombstone; the log's last event, or `None` if
/// somebody else stored something meanwhile.
async fn bury(
    store: &Store,
    stream: Option<&dyn EventStream>,
    log: LogId,
    rescued: &mut Rescued,
) -> Result<Option<Seq>, SalvageError> {
    let End { mut header, buried } = end_of(store, log).await?;
    if buried {
        return Ok(Some(header.previous_seq));
    }
    if let Some(stream) = stream {
        // Ended before it is read, so that nothing is streamed, and shown, after that.
        if !planted(Bug::SalvageOpenStream) {
            stream.close(log).await?;
        }
        let (records, missing_from) = streamed(stream, log, header.previous_seq).await?;
        rescued.missing_from = missing_from;
        for part in segments(records) {
            header.epoch = part.first().map_or(Epoch::ZERO, |r| r.epoch);
            let (bytes, footer) = segment::build(&header, &part);
            if raw::put_segment(store, log, header.number, &bytes).await? == Outcome::Different {
                return Ok(None);
            }
            rescued.events += part.len() as u64;
            reach("salvage.rescued");
            header = Header {
                number: header.number.next(),
                first_seq: footer.last_seq.next(),
                previous_seq: footer.last_seq,
                previous_hash: footer.hash,
                ..header
            };
        }
    }
    let put = raw::put_tombstone(store, log, header.number).await?;
    Ok((put != Outcome::Different).then_some(header.previous_seq))
}

/// Where a log ends in the store.
struct End {
    /// Of the segment that would come next; its epoch is that of the last one.
    header: Header,
    /// Whether a tombstone stands there.
    buried: bool,
}

async fn end_of(store: &Store, log: LogId) -> Result<End, StoreError> {
    let first = Header {
        log,
        number: SegmentNo::FIRST,
        epoch: Epoch::FIRST,
        first_seq: Seq::FIRST,
        previous_seq: Seq::ZERO,
        previous_hash: [0; 32],
    };
    let newest = raw::newest_segment(store, log, SegmentNo::FIRST).await?;
    let mut number = newest.unwrap_or_default();
    let mut buried = false;
    while number > SegmentNo::ZERO {
        match raw::stored(store, log, number).await? {
            Some(Stored::Tombstone) => (buried, number) = (true, number.previous()),
            Some(Stored::Segment(last)) => {
                let header = Header {
                    number: number.next(),
                    epoch: last.header.epoch,
                    first_seq: last.footer.last_seq.next(),
                    previous_seq: last.footer.last_seq,
                    previous_hash: last.footer.hash,
                    ..first
                };
                return Ok(End { header, buried });
            }
            None => return Err(raw::missing(log, number)),
        }
    }
    let header = first;
    Ok(End { header, buried })
}

/// What the stream holds after `position`, up to the first gap; and where it goes on behind it.
async fn streamed(
    stream: &dyn EventStream,
    log: LogId,
    mut position: Seq,
) -> Result<(Vec<Record>, Option<Seq>), LiveError> {
    let mut records = Vec::new();
    loop {
        let batches = stream
            .read(log, position, READ_BATCHES, Duration::ZERO)
            .await?;
        if batches.is_empty() {
            return Ok((records, None));
        }
        for batch in batches {
            if batch.previous > position {
                return Ok((records, Some(position.next())));
            }
            let fresh = batch.records.iter().filter(|r| r.seq > position).cloned();
            records.extend(fresh);
            position = batch.last();
        }
    }
}

/// Records in segments: each of one epoch and of bounded size.
fn segments(records: Vec<Record>) -> Vec<Vec<Record>> {
    let mut parts: Vec<Vec<Record>> = Vec::new();
    for record in records {
        match parts.last_mut() {
            Some(part) if part[0].epoch == record.epoch && part.len() < MAX_RECORDS => {
                part.push(record)
            }
            _ => parts.push(vec![record]),
        }
    }
    parts
}

/// Seals every epoch that has none; what is in the store of a buried log is all there is.
async fn seal(store: &Store, log: LogId) -> Result<(), SalvageError> {
    let mut epoch = Epoch::FIRST;
    let mut from = SegmentNo::FIRST;
    while let Some(seal) = raw::seal(store, log, epoch).await? {
        (epoch, from) = (epoch.next(), seal.segments.last.next());
    }
    let mut seals: BTreeMap<Epoch, Seal> = BTreeMap::new();
    while let Some(segment) = raw::segment(store, log, from).await? {
        let last_seq = segment.footer.last_seq;
        let seal = seals.entry(segment.header.epoch).or_insert(Seal {
            log,
            epoch: segment.header.epoch,
            segments: Span::from((from, from)),
            seqs: Span {
                first: segment.records.first().map_or(last_seq, |r| r.seq),
                last: last_seq,
            },
            count: 0,
        });
        seal.segments.last = from;
        seal.seqs.last = last_seq;
        seal.count += segment.footer.count;
        from = from.next();
    }
    for seal in seals.values() {
        if raw::put_seal(store, seal).await? == Outcome::Different {
            let epoch = seal.epoch;
            return Err(SalvageError::Collision { log, epoch });
        }
    }
    Ok(())
}
