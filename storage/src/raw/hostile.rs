//! Objects that somebody damaged: property tests of what reads them.

use model::{Event, Record};
use proptest::{collection::vec, prelude::*};

use super::*;
use crate::segment::{Header, build};

fn segment(texts: &[String]) -> Vec<u8> {
    let header = Header {
        log: LogId(7),
        number: 1,
        epoch: 1,
        first_seq: 1,
        previous_seq: 0,
        previous_hash: [0; 32],
    };
    let records = texts.iter().zip(1..).map(|(text, seq)| Record {
        seq,
        epoch: 1,
        event: Event {
            user_agent: text.clone(),
            ..Event::default()
        },
    });
    build(&header, &records.collect::<Vec<_>>()).0
}

/// Whether `text` is what `T` is written as, as far as it can be read at all.
fn round_trips<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(text: &[u8]) {
    if let Ok(read) = serde_json::from_slice::<T>(text) {
        let again: T = serde_json::from_slice(&serde_json::to_vec(&read).unwrap()).unwrap();
        assert_eq!(again, read);
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
    fn what_json_is_read_is_written_the_same(
        numbers in vec(any::<u64>(), 6), at in any::<prop::sample::Index>(), by in any::<u8>(),
    ) {
        let seal = Seal {
            log: LogId(numbers[0] as u128),
            epoch: numbers[1],
            segments: (numbers[2], numbers[3]),
            seqs: (numbers[4], numbers[5]),
            count: numbers[1],
        };
        let mut text = serde_json::to_vec(&seal).unwrap();
        prop_assert_eq!(&serde_json::from_slice::<Seal>(&text).unwrap(), &seal);
        let at = at.index(text.len());
        text[at] ^= by;
        round_trips::<Seal>(&text);
        round_trips::<LogInfo>(&text);
        round_trips::<Fence>(&text);
        text.truncate(at);
        prop_assert!(serde_json::from_slice::<Seal>(&text).is_err());
    }
}
