//! Finding one event by its name: in the raw objects, or in the stream on its way there.

use std::{io::Read, time::Duration};

use model::{EventId, LogId, Record, SegmentNo, Span};
use object_store::ObjectStoreExt;
use storage::{
    error::LiveError,
    object_keys::ObjectKey,
    store::{Store, StoreError},
    stream::EventStream,
};

use crate::{
    raw::{self, TOMBSTONE},
    segment::{HEADER_LEN, Header},
};

/// Bytes of an object that surely hold the first block of its zstd frame, and so the header.
const FIRST_BYTES: u64 = 256 << 10;

/// The beginning of what is stored under a segment's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beginning {
    Segment(Header),
    /// The log was ended here.
    Tombstone,
}

/// Reads no more than the first bytes; `None` if nothing is there.
async fn beginning(
    store: &Store,
    log: LogId,
    number: SegmentNo,
) -> Result<Option<Beginning>, StoreError> {
    let path = ObjectKey::Raw {
        log,
        segment: number,
    }
    .path();
    let packed = match store.get_range(&path, 0..FIRST_BYTES).await {
        Ok(bytes) => bytes,
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(source) => return Err(StoreError::request("read", &path, source)),
    };
    let damaged = |why: String| StoreError::Damaged {
        path: path.clone(),
        why,
    };
    let mut bytes = Vec::with_capacity(HEADER_LEN);
    let unpacked = zstd::Decoder::new(&packed[..])
        .and_then(|d| d.take(HEADER_LEN as u64).read_to_end(&mut bytes));
    unpacked.map_err(|e| damaged(e.to_string()))?;
    if bytes == TOMBSTONE {
        return Ok(Some(Beginning::Tombstone));
    }
    let header = Header::decode(&bytes).ok_or_else(|| damaged("its header is damaged".into()))?;
    Ok(Some(Beginning::Segment(header)))
}

/// The one of the stored segments `numbers` that holds event `seq` if any does: the last one that
/// begins at or before it. Halves the range with each header it reads.
pub async fn segment_of(
    store: &Store,
    id: EventId,
    numbers: Span<SegmentNo>,
) -> Result<Option<SegmentNo>, StoreError> {
    let (mut low, mut high) = (numbers.first, numbers.last);
    let mut found = None;
    while low <= high {
        let middle = SegmentNo(low.0 + (high.0 - low.0) / 2);
        match beginning(store, id.log, middle).await? {
            Some(Beginning::Segment(header)) if header.first_seq <= id.seq => {
                found = Some(middle);
                low = middle.next();
            }
            Some(_) => high = middle.previous(),
            None => return Err(raw::missing(id.log, middle)),
        }
    }
    Ok(found)
}

/// The event out of a stored segment.
pub async fn stored(
    store: &Store,
    id: EventId,
    segment: SegmentNo,
) -> Result<Option<Record>, StoreError> {
    let segment = raw::segment(store, id.log, segment).await?;
    Ok(segment.and_then(|s| s.records.into_iter().find(|r| r.seq == id.seq)))
}

/// The event out of the stream, if it is (still) there.
pub async fn streamed(stream: &dyn EventStream, id: EventId) -> Result<Option<Record>, LiveError> {
    let before = id.seq.previous();
    let batches = stream.read(id.log, before, 1, Duration::ZERO).await?;
    let records = batches.first().map(|batch| &batch.records);
    Ok(records.and_then(|all| all.iter().find(|r| r.seq == id.seq).cloned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment;
    use model::Event;
    use model::{Epoch, Seq};
    use storage::{store, stream::MemoryStream};

    const LOG: LogId = LogId(5);

    fn id(seq: u64) -> EventId {
        let seq = Seq(seq);
        EventId { log: LOG, seq }
    }

    fn span(first: u64, last: u64) -> Span<SegmentNo> {
        Span::from((SegmentNo(first), SegmentNo(last)))
    }

    /// Segments of one, two, three … events.
    async fn stored_segments(count: u64) -> (Store, u64) {
        let store = store::open("memory://").unwrap();
        let mut last = 0;
        for number in 1..=count {
            let header = Header {
                log: LOG,
                number: SegmentNo(number),
                epoch: Epoch(1),
                first_seq: Seq(last + 1),
                previous_seq: Seq(last),
                previous_hash: [0; 32],
            };
            let event = |seq| Event {
                account: seq,
                // Enough that a segment does not fit in what is read of it for its header.
                user_agent: (0..10_000u64)
                    .map(|i| char::from(33 + ((i * seq * 2_654_435_761) >> 13) as u8 % 90))
                    .collect(),
                ..Event::default()
            };
            let records: Vec<Record> = (last + 1..=last + number * 8)
                .map(|seq| Record {
                    seq: Seq(seq),
                    epoch: Epoch(1),
                    event: event(seq),
                })
                .collect();
            last += number * 8;
            let (bytes, _) = segment::build(&header, &records);
            raw::put_segment(&store, LOG, SegmentNo(number), &bytes)
                .await
                .unwrap();
        }
        (store, last)
    }

    #[tokio::test]
    async fn every_event_is_found_by_headers_alone() {
        let (store, last) = stored_segments(9).await;
        for seq in 1..=last {
            let number = segment_of(&store, id(seq), span(1, 9))
                .await
                .unwrap()
                .unwrap();
            let record = stored(&store, id(seq), number).await.unwrap().unwrap();
            assert_eq!((record.seq.0, record.event.account), (seq, seq));
        }
        assert_eq!(
            segment_of(&store, id(last + 1), span(1, 9)).await.unwrap(),
            Some(SegmentNo(9))
        );
        assert_eq!(
            stored(&store, id(last + 1), SegmentNo(9)).await.unwrap(),
            None
        );
        assert_eq!(segment_of(&store, id(0), span(1, 9)).await.unwrap(), None);
        let nothing = span(1, 0);
        assert_eq!(segment_of(&store, id(1), nothing).await.unwrap(), None);
        raw::put_tombstone(&store, LOG, SegmentNo(10))
            .await
            .unwrap();
        let found = segment_of(&store, id(last), span(1, 10)).await.unwrap();
        assert_eq!(found, Some(SegmentNo(9)), "a tombstone holds nothing");
        let gone = segment_of(&store, id(1), span(1, 11)).await;
        assert!(gone.is_ok(), "the way to event 1 does not pass segment 11");
        let gone = segment_of(&store, id(last), span(11, 11))
            .await
            .unwrap_err();
        assert!(gone.to_string().contains("000000000011.seg"), "{gone}");
    }

    #[tokio::test]
    async fn what_is_on_its_way_is_found_in_the_stream() {
        let stream = MemoryStream::default();
        let records = (3..=5).map(|seq| Record {
            seq: Seq(seq),
            epoch: Epoch(1),
            event: Event::default(),
        });
        let batch = storage::stream::Batch {
            previous: Seq(2),
            records: std::sync::Arc::new(records.collect()),
        };
        stream.append(LOG, &batch).await.unwrap();
        let found = async |seq| streamed(&stream, id(seq)).await.unwrap().map(|r| r.seq.0);
        assert_eq!(found(4).await, Some(4));
        assert_eq!(found(2).await, None);
        assert_eq!(found(6).await, None);
    }
}
