//! Entries that nobody of ours wrote: property tests of what reads a stream.

use std::io::Read;

use model::{Epoch, Seq};
use proptest::{collection::vec, prelude::*};

use super::*;

fn batch(previous: u64, texts: &[String]) -> Batch {
    let records = texts.iter().zip(previous + 1..).map(|(text, seq)| Record {
        seq: Seq(seq),
        epoch: Epoch(3),
        event: Event {
            user_agent: text.clone(),
            ..Event::default()
        },
    });
    Batch {
        previous: Seq(previous),
        records: Arc::new(records.collect()),
    }
}

fn text(bytes: impl Into<Vec<u8>>) -> Value {
    Value::BulkString(bytes.into())
}

/// The answer with one entry of these fields.
fn answer(id: String, fields: Vec<(&str, Vec<u8>)>) -> Value {
    let fields = fields
        .into_iter()
        .flat_map(|(name, value)| [text(name), text(value)]);
    let entry = Value::Array(vec![text(id), Value::Array(fields.collect())]);
    Value::Array(vec![Value::Array(vec![
        text("k"),
        Value::Array(vec![entry]),
    ])])
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Nil),
        any::<i64>().prop_map(Value::Int),
        vec(any::<u8>(), 0..12).prop_map(Value::BulkString),
        any::<String>().prop_map(Value::SimpleString),
        Just(Value::Okay),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec((inner.clone(), inner), 0..3).prop_map(Value::Map),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_sent_is_read(previous in 0u64..1 << 60, texts in vec(any::<String>(), 1..6)) {
        let sent = batch(previous, &texts);
        let fields = vec![("p", previous.to_string().into_bytes()), ("d", encode("k", &sent).unwrap())];
        let got = decode_answer("k", answer(format!("{}-0", sent.last()), fields)).unwrap();
        prop_assert_eq!(got, vec![sent]);
    }

    #[test]
    fn a_damaged_entry_is_a_gap_or_ends_where_it_says(
        previous in 0u64..1 << 60, texts in vec(any::<String>(), 1..6),
        at in any::<prop::sample::Index>(), by in 1u8.., noise in vec(any::<u8>(), 0..20),
    ) {
        let sent = batch(previous, &texts);
        let mut packed = encode("k", &sent).unwrap();
        let at = at.index(packed.len());
        packed[at] ^= by;
        packed.extend(noise);
        let fields = vec![("p", previous.to_string().into_bytes()), ("d", packed)];
        let got = decode_answer("k", answer(format!("{}-0", sent.last()), fields)).unwrap();
        prop_assert!(got.iter().all(|b| b.last() == sent.last()));
    }

    #[test]
    fn a_frame_is_read_or_damaged(noise in vec(any::<u8>(), 0..200)) {
        let frame = [&[0x28, 0xb5, 0x2f, 0xfd][..], &noise].concat();
        for hostile in [noise, frame] {
            if let Err(error) = decode("k", Seq(1), &hostile) {
                let is_damaged = matches!(error, LiveError::Damaged { .. });
                prop_assert!(is_damaged);
            }
        }
    }

    #[test]
    fn any_answer_is_survived(value in any_value()) {
        for read in [decode_answer("k", value.clone()).err(), tail_of_info("k", value).err()] {
            let is_typed = read.is_none_or(|e| matches!(e, LiveError::Damaged { .. }));
            prop_assert!(is_typed);
        }
    }
}

#[test]
fn an_entry_beyond_the_bound_is_damaged() {
    let bomb = zstd::encode_all(std::io::repeat(0).take(MAX_UNPACKED as u64 + 1), 1).unwrap();
    assert!(bomb.len() < 100_000);
    assert!(decode("k", Seq(1), &bomb).is_err());
}
