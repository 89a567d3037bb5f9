use model::{Epoch, Seq};

use super::*;

const OLD: LogId = LogId(1);
const NEW: LogId = LogId(2);

/// Three events acknowledged in one log, and which of them were moved to the next one.
fn moved(moved: &[u64]) -> Oracle {
    let oracle = Oracle::default();
    let events: Vec<Event> = (0..3).map(|_| oracle.event(1, 0, false)).collect();
    for (seq, event) in (1..).zip(&events) {
        oracle.acknowledged(OLD, Seq(seq), event);
    }
    let records = (1..).zip(moved).map(|(seq, old)| Record {
        seq: Seq(seq),
        epoch: Epoch(1),
        event: events[*old as usize - 1].clone(),
    });
    let records: Vec<Record> = records.collect();
    oracle.recovered(NEW, Seq(records.len() as u64), &records);
    oracle
}

/// Of what is missing, the seqs in the old log, if the first event alone is counted.
fn missing(oracle: &Oracle, lost: LogId, kept: Option<(LogId, u64)>) -> Vec<u64> {
    let lost = Lost {
        logs: vec![lost],
        kept: kept
            .into_iter()
            .map(|(log, seq)| (log, [Seq(seq)].into()))
            .collect(),
    };
    let missing = oracle.missing(&BTreeSet::from([1]), &lost);
    missing.into_iter().map(|(_, seq, _)| seq.0).collect()
}

#[test]
fn what_was_moved_to_a_disk_is_lost_with_it() {
    assert_eq!(missing(&moved(&[2, 3]), NEW, None), [0; 0]);
    // What was not moved was not on that disk.
    assert_eq!(missing(&moved(&[2]), NEW, None), [3]);
    assert_eq!(missing(&moved(&[]), NEW, None), [2, 3]);
}

#[test]
fn what_was_kept_elsewhere_is_not_lost_with_a_disk() {
    assert_eq!(missing(&moved(&[]), OLD, Some((OLD, 2))), [2]);
    assert_eq!(missing(&moved(&[2, 3]), NEW, Some((NEW, 1))), [2]);
    assert_eq!(missing(&moved(&[2, 3]), NEW, Some((OLD, 3))), [3]);
    let oracle = moved(&[2, 3]);
    let stored = Sequence::from([(Seq(1), 2)]);
    oracle.truth().buried.insert(NEW, stored);
    assert_eq!(missing(&oracle, NEW, None), [2]);
}
