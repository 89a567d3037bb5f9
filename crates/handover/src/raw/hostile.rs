//! Objects that somebody damaged: property tests of what reads them.

use futures::executor::block_on;
use model::{EntityId, EntityKind, Epoch, Event, Fence, Record, SegmentNo, Seq, Span};
use object_store::ObjectStoreExt;
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    sample::Index,
};

use super::*;
use crate::{
    segment::{Header, build},
    tally::{self, Tally, Turned},
};

fn segment(texts: &[String]) -> Vec<u8> {
    let header = Header {
        log: LogId(7),
        number: SegmentNo(1),
        epoch: Epoch(1),
        first_seq: Seq(1),
        previous_seq: Seq(0),
        previous_hash: [0; 32],
    };
    let records = texts.iter().zip(1..).map(|(text, seq)| Record {
        seq: Seq(seq),
        epoch: Epoch(1),
        event: Event {
            user_agent: text.clone(),
            ..Event::default()
        },
    });
    build(&header, &records.collect::<Vec<_>>()).0
}

const LOG: LogId = LogId(7);

fn turned() -> impl Strategy<Value = Turned> {
    let reasons = || btree_map("[a-z_]{0,8}", any::<u64>(), 0..3);
    (reasons(), reasons()).prop_map(|(unrecorded, rejected)| Turned {
        unrecorded,
        rejected,
    })
}

fn tally() -> impl Strategy<Value = Tally> {
    let account = any::<u64>().prop_map(|raw| EntityId::new(EntityKind::Account, raw));
    let accounts = btree_map(account, turned(), 0..3);
    (any::<i64>(), turned(), accounts).prop_map(|(as_of_ms, all, accounts)| Tally {
        log: LOG,
        as_of_ms,
        all,
        accounts,
        up: Vec::new(),
        lost: std::collections::BTreeMap::new(),
    })
}

fn log_info() -> impl Strategy<Value = LogInfo> {
    let predecessor = proptest::option::of(any::<u128>().prop_map(LogId));
    let options = (
        predecessor,
        any::<Option<u64>>(),
        any::<Option<(u64, u64)>>(),
        any::<Option<u64>>(),
    );
    (any::<i64>(), options).prop_map(|(created_ms, (predecessor, retired_at, closed, account))| {
        LogInfo {
            log: LOG,
            created_ms,
            predecessor,
            retired_at: retired_at.map(Seq),
            closed: closed.map(|(request, epoch)| EpochsClosed::from((request, Epoch(epoch)))),
            account: account.map(|raw| EntityId::new(EntityKind::Account, raw)),
        }
    })
}

/// Reads an object of this text by its key. What is read belongs to the key and can be written and
/// read again; what cannot be read is named. Gives what was read.
fn read_or_named<T>(
    key: &ObjectKey,
    text: &[u8],
    read: impl AsyncFn(&Store) -> Result<Option<T>, StoreError>,
    log: impl Fn(&T) -> LogId,
) -> Result<Option<T>, TestCaseError>
where
    T: Serialize + PartialEq + std::fmt::Debug,
{
    let store = store::open("memory://").unwrap();
    let put = async |text: &[u8]| {
        let bytes = Bytes::copy_from_slice(text);
        store.put(&key.path(), bytes.into()).await.unwrap();
        read(&store).await
    };
    match block_on(put(text)) {
        Ok(found) => {
            let found = found.unwrap();
            prop_assert_eq!(log(&found), LOG);
            let again = block_on(put(&serde_json::to_vec(&found).unwrap())).unwrap();
            prop_assert_eq!(again.as_ref(), Some(&found));
            Ok(Some(found))
        }
        Err(error) => {
            prop_assert!(error.to_string().contains(key.path().as_ref()), "{}", error);
            let is_damaged = matches!(error, StoreError::Damaged { .. });
            prop_assert!(is_damaged, "{}", error);
            Ok(None)
        }
    }
}

proptest! {
    #[test]
    fn a_packed_segment_round_trips(texts in vec(any::<String>(), 0..8)) {
        let bytes = segment(&texts);
        prop_assert_eq!(unpack(&pack(&bytes).unwrap()).unwrap(), bytes);
    }

    #[test]
    fn a_damaged_frame_never_passes_for_other_events(
        texts in vec(any::<String>(), 1..8), at in any::<prop::sample::Index>(), by in 1u8.., cut in any::<prop::sample::Index>(),
    ) {
        let bytes = segment(&texts);
        let mut packed = pack(&bytes).unwrap().to_vec();
        let at = at.index(packed.len());
        packed[at] ^= by;
        let whole = unpack(&packed).ok();
        packed.truncate(cut.index(packed.len()));
        for out in [whole, unpack(&packed).ok()].into_iter().flatten() {
            // What can still be read is the same segment, or none.
            prop_assert!(out == bytes || segment::decode_sealed(&out).is_err());
        }
    }

    #[test]
    fn any_frame_is_survived(noise in vec(any::<u8>(), 0..200)) {
        let frame = [&[0x28, 0xb5, 0x2f, 0xfd][..], &noise].concat();
        for hostile in [noise, frame] {
            if let Ok(out) = unpack(&hostile) {
                prop_assert!(out.len() <= MAX_UNPACKED);
            }
        }
    }

    #[test]
    fn what_is_said_of_a_log_is_read_whole_or_named(
        info in log_info(), numbers in any::<[u64; 7]>(), tally in tally(),
        at in any::<Index>(), by in any::<u8>(), noise in vec(any::<u8>(), 0..3),
    ) {
        let [epoch, first, more, from, to, count, fence] = numbers;
        let (from, to) = (from.min(to), from.max(to));
        let last = first.saturating_add(more % (to - from).saturating_add(1));
        let seal = Seal { log: LOG, epoch: Epoch(epoch), segments: Span::from((SegmentNo(first), SegmentNo(last))), seqs: Span::from((Seq(from), Seq(to))), count };
        let fence = LogEnd { log: LOG, fence: Fence::of(fence), last_seq: Seq(to) };
        let damaged = |text: Vec<u8>| {
            let mut damaged = text.clone();
            let at = at.index(text.len());
            damaged[at] ^= by;
            damaged.splice(at..at, noise.iter().copied());
            [text.clone(), damaged, text[..at].to_vec()]
        };
        macro_rules! check {
            ($value:expr, $key:ident $fields:tt, $read:expr) => {
                let key = ObjectKey::$key $fields;
                let [whole, damaged, cut] = damaged(serde_json::to_vec(&$value).unwrap());
                let read = |text| read_or_named(&key, text, $read, |it| it.log);
                prop_assert_eq!(read(&whole)?, Some($value));
                read(&damaged)?;
                prop_assert_eq!(read(&cut)?, None);
            };
        }
        check!(info.clone(), Log { log: LOG }, async |store: &Store| super::log_info(store, LOG).await);
        check!(fence.clone(), Fence { log: LOG }, async |store: &Store| end(store, LOG).await);
        check!(tally.clone(), Tally { log: LOG }, async |store: &Store| tally::read(store, LOG).await);
        check!(seal.clone(), Seal { log: LOG, epoch: Epoch(epoch) }, async |store: &Store| super::seal(store, LOG, Epoch(epoch)).await);
    }

    #[test]
    fn a_seal_of_more_segments_than_events_is_damaged(first in any::<u64>(), last in any::<u64>(), from in any::<u64>(), events in 1u64..1_000) {
        let to = from.saturating_add(events - 1);
        prop_assume!(last < first || last - first > events);
        let seal = Seal { log: LOG, epoch: Epoch(1), segments: Span::from((SegmentNo(first), SegmentNo(last))), seqs: Span::from((Seq(from), Seq(to))), count: events };
        let key = ObjectKey::Seal { log: LOG, epoch: Epoch(1) };
        let text = serde_json::to_vec(&seal).unwrap();
        let read = read_or_named(&key, &text, async |store: &Store| super::seal(store, LOG, Epoch(1)).await, |it| it.log);
        prop_assert_eq!(read?, None);
    }

    #[test]
    fn a_seal_of_another_epoch_is_damaged(epoch in any::<u64>(), other in any::<u64>()) {
        prop_assume!(epoch != other);
        let seal = Seal { log: LOG, epoch: Epoch(other), segments: Span::from((SegmentNo(1), SegmentNo(1))), seqs: Span::from((Seq(1), Seq(1))), count: 1 };
        let key = ObjectKey::Seal { log: LOG, epoch: Epoch(epoch) };
        let text = serde_json::to_vec(&seal).unwrap();
        let read = read_or_named(&key, &text, async |store: &Store| super::seal(store, LOG, Epoch(epoch)).await, |s| s.log)?;
        prop_assert_eq!(read, None);
    }

    #[test]
    fn tallies_of_any_numbers_add_up_or_stay_at_the_most(mine in tally(), earlier in tally()) {
        let mut both = mine.clone();
        both.add(&earlier);
        for (reason, events) in &both.all.rejected {
            let of = |tally: &Tally| tally.all.rejected.get(reason).copied().unwrap_or(0);
            prop_assert_eq!(*events, of(&mine).saturating_add(of(&earlier)));
        }
        prop_assert!(both.accounts.keys().eq(mine.accounts.keys().chain(earlier.accounts.keys()).collect::<std::collections::BTreeSet<_>>()));
    }
}
