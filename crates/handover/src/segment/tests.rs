use super::*;
use model::{Epoch, Event};
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
        let is_open = matches!(scan.end, End::Open | End::Torn { .. });
        prop_assert!(is_open);
        prop_assert_eq!(&scan.records[..], &records(n)[..scan.records.len()]);
        // What is whole is exactly what fits before the cut.
        let mut whole = header().encode().to_vec();
        let mut fit = 0;
        for r in records(n) {
            encode_record(&mut whole, seed(&header()), &r, false);
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

    #[test]
    fn what_is_behind_the_last_group_or_a_hole_in_it_is_torn(
        sizes in proptest::collection::vec(1usize..5, 1..5), old in 0u64..60, hole in 0usize..2000, length in 1usize..300,
    ) {
        let (mut file, lengths) = written_over(&sizes, old);
        // A hole somewhere in the last group, of what was there before.
        let begin = lengths[lengths.len() - 2];
        let end = lengths[lengths.len() - 1];
        let from = begin + hole % (end - begin);
        let to = (from + length).min(end);
        let mut older = before(old);
        older.resize(file.len(), 0);
        file[from..to].copy_from_slice(&older[from..to]);
        let scan = scan(&file).unwrap();
        let acknowledged: usize = sizes[..sizes.len() - 1].iter().sum();
        let found = scan.records.len();
        prop_assert!(matches!(scan.end, End::Torn { .. }), "{:?}", scan.end);
        prop_assert!(acknowledged <= found && found <= sizes.iter().sum());
        prop_assert_eq!(&scan.records[..], &records(found as u64)[..]);
    }

    #[test]
    fn damage_before_the_last_group_is_rot(
        sizes in proptest::collection::vec(1usize..5, 2..5), old in 0u64..60, at in 0usize..2000, bit in 0u8..8,
    ) {
        let (mut file, lengths) = written_over(&sizes, old);
        let begin = lengths[lengths.len() - 2];
        file[HEADER_LEN + at % (begin - HEADER_LEN)] ^= 1 << bit;
        let scan = scan(&file).unwrap();
        let all: usize = sizes.iter().sum();
        prop_assert_eq!(scan.end, End::Rotten);
        prop_assert_eq!(scan.records.len() + 1, all, "the one that was hit");
        prop_assert!(scan.records.iter().all(|r| records(all as u64).contains(r)));
    }

    #[test]
    fn older_bytes_behind_a_footer_are_not_its(n in 1u64..9, old in 0u64..60) {
        let (bytes, footer) = build(&header(), &records(n));
        let mut file = before(old);
        file.resize(file.len().max(bytes.len()), 0);
        file[..bytes.len()].copy_from_slice(&bytes);
        let scan = scan(&file).unwrap();
        prop_assert_eq!(scan.end, End::Sealed(footer));
        prop_assert_eq!(scan.valid_len + FOOTER_LEN, bytes.len());
        prop_assert_eq!(decode_sealed(&file).is_ok(), file.len() == bytes.len());
    }
}

/// A file that held another segment, without its header.
fn before(records_before: u64) -> Vec<u8> {
    let number = SegmentNo(2);
    let header = Header { number, ..header() };
    let mut file = build(&header, &records(records_before)).0;
    file[..HEADER_LEN].fill(0);
    file
}

/// A segment of groups of these sizes, in such a file, and where each group ends; the first is the header.
fn written_over(sizes: &[usize], old: u64) -> (Vec<u8>, Vec<usize>) {
    let mut bytes = header().encode().to_vec();
    let mut lengths = vec![bytes.len()];
    let all = records(sizes.iter().sum::<usize>() as u64);
    let mut left = &all[..];
    for size in sizes {
        let (group, others) = left.split_at(*size);
        encode_group(&mut bytes, &header(), group);
        lengths.push(bytes.len());
        left = others;
    }
    let mut file = before(old);
    file.resize(file.len().max(bytes.len() + 40), 0);
    file[..bytes.len()].copy_from_slice(&bytes);
    (file, lengths)
}

#[test]
fn a_segment_of_format_1_is_read_by_its_own_rules() {
    let stored =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/stored/log-1");
    let sealed = std::fs::read(stored.join("000000000001.seg")).unwrap();
    let segment = decode_sealed(&sealed).unwrap();
    assert_eq!(segment.records.len(), 3);
    let mut open = std::fs::read(stored.join("000000000002.seg")).unwrap();
    let scan_of = |bytes: &[u8]| {
        let scan = scan(bytes).unwrap();
        (scan.records.len(), scan.end)
    };
    assert_eq!(scan_of(&open), (2, End::Torn { dropped: 0 }));
    // Whole records behind damage: it was only ever appended to.
    open[HEADER_LEN + RECORD_HEAD] ^= 1;
    assert_eq!(scan_of(&open), (1, End::Rotten));
}

#[test]
fn whoever_does_not_know_the_segment_before_makes_no_record_of_this_one() {
    let guessed = Header {
        previous_hash: [0; 32],
        ..header()
    };
    let mut file = header().encode().to_vec();
    encode_group(&mut file, &header(), &records(1));
    let length = file.len();
    let forged = Record {
        seq: Seq(11),
        ..records(1).remove(0)
    };
    encode_group(&mut file, &guessed, &[forged]);
    let scan = scan(&file).unwrap();
    assert_eq!((scan.records.len(), scan.valid_len), (1, length));
    assert_eq!(scan.end, End::Torn { dropped: 0 });
}

#[test]
fn in_a_closed_segment_all_that_is_whole_counts() {
    let mut file = header().encode().to_vec();
    encode_group(&mut file, &header(), &records(9));
    file[HEADER_LEN + 16] ^= 1;
    assert_eq!(scan(&file).unwrap().end, End::Torn { dropped: 8 });
    let closed = scan_closed(&file).unwrap();
    assert_eq!((closed.records.len(), closed.end), (8, End::Rotten));
}
