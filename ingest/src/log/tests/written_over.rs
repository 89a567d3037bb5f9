//! Segments that are written over older ones: whichever of the sectors of the last write are on the disk.

use super::*;
use crate::log::{ThreadExecutor, state::State};

/// So many groups are durable before the last one.
const GROUPS: u64 = 3;

fn opened_on(disk: &FakeDisk, segment_bytes: usize) -> Opened {
    let settings = LogSettings {
        segment_bytes,
        ..settings()
    };
    Log::open(Arc::new(disk.clone()), &ThreadExecutor, settings, LogId(7)).unwrap()
}

fn large(n: u64) -> Event {
    Event {
        referrer: "x".repeat(200 + n as usize % 90),
        ..event(n)
    }
}

async fn append_all(log: &Log, events: Vec<Event>) -> Result<u64, AppendError> {
    let range = log.append(events, 100).await?;
    Ok(range.last.0)
}

/// Numbers of events, and their objects.
fn found(log: &Log) -> BTreeMap<u64, u64> {
    stored(log).into_iter().collect()
}

/// Names of files, without those that are spare, of segments and of the state, and without what is kept of a write that
/// was cut off.
fn strange(disk: &FakeDisk) -> Vec<String> {
    let names = disk.lock().files.keys().cloned().collect::<Vec<_>>();
    let known = |name: &String| {
        let is_segment = crate::log::parse_segment_name(name).is_some();
        let is_kept = name.ends_with(".torn") || name.ends_with(".bad");
        let is_state = name == "log.json" || name == "state.json";
        is_segment || is_kept || is_state || name.starts_with("spare-")
    };
    names.into_iter().filter(|name| !known(name)).collect()
}

/// A disk on which a segment was written over one with other events, and the last group not synced.
async fn written_over(is_used: bool) -> FakeDisk {
    let disk = FakeDisk::default();
    let log = opened_on(&disk, 1 << 16).log;
    assert!(log.shared().prepare_spare());
    let mut next = 1;
    if is_used {
        // The file of the first segment, which is full of events, is that of the third.
        for _ in 0..2 {
            append_all(&log, (next..next + 40).map(large).collect())
                .await
                .unwrap();
            next += 40;
            log.close_epoch().await.unwrap();
        }
        log.shared().remove(SegmentNo(1)).unwrap();
    }
    for _ in 0..GROUPS {
        append_all(&log, vec![large(next), large(next + 1)])
            .await
            .unwrap();
        next += 2;
    }
    disk.lock().fail_sync = 1;
    disk.lock().fail_replace = u32::MAX;
    append_all(&log, (next..next + 9).map(large).collect())
        .await
        .unwrap_err();
    disk
}

#[tokio::test]
async fn whichever_sectors_are_on_the_disk_what_was_acknowledged_is_there() {
    for is_used in [false, true] {
        let disk = written_over(is_used).await;
        let mut sectors = Vec::new();
        disk.cut_power(0, &mut |sector| {
            sectors.push(sector);
            false
        });
        assert!((4..=9).contains(&sectors.len()), "{sectors:?}");
        let acknowledged = if is_used { 80 } else { 0 } + 2 * GROUPS;
        let mut most = 0;
        for kept in 0u32..1 << sectors.len() {
            let is_kept = |sector: usize| {
                let place = sectors.iter().position(|s| *s == sector);
                place.is_some_and(|place| kept >> place & 1 == 1)
            };
            let left = disk.cut_power(0, &mut { is_kept });
            let log = opened_on(&left, 1 << 16).log;
            let found = self::found(&log);
            let last = log.shared().durable_seq().0;
            assert!(last >= acknowledged, "{kept:b}: {last}");
            let mut expected = if is_used { 41..=last } else { 1..=last };
            assert!(
                expected.all(|n| found.get(&n) == Some(&n)),
                "{kept:b}: {found:?}"
            );
            assert_eq!(strange(&left), [""; 0], "{kept:b}");
            most = most.max(last);
            // What comes next is found again, too.
            let seq = append(&log, 999).await.unwrap();
            assert_eq!(seq, last + 1, "{kept:b}");
            let again = opened_on(&left.lose_power(0), 1 << 16).log;
            assert_eq!(self::found(&again).get(&seq), Some(&999));
        }
        assert_eq!(most, acknowledged + 9, "all of the last group may be there");
    }
}

#[tokio::test]
async fn a_spare_file_that_was_taken_and_not_written_is_nothing() {
    let disk = FakeDisk::default();
    let log = opened_on(&disk, 1 << 16).log;
    assert!(log.shared().prepare_spare());
    disk.lock().fail_sync = 1;
    disk.lock().fail_replace = u32::MAX;
    append(&log, 1).await.unwrap_err();
    for keep_header in [false, true] {
        let left = disk.cut_power(0, &mut |sector| keep_header || sector > 0);
        let log = opened_on(&left, 1 << 16).log;
        assert_eq!(strange(&left), [""; 0]);
        let last = log.shared().durable_seq().0;
        assert_eq!(append(&log, 2).await.unwrap(), last + 1);
    }
}

#[tokio::test]
async fn damage_before_the_last_group_is_the_disks_and_said() {
    let disk = written_over(true).await.lose_power(0);
    let name = segment_name(SegmentNo(3));
    // Within the first group of the segment, whose file begins with a header.
    disk.lock().files.get_mut(&name).unwrap().bytes[handover::segment::HEADER_LEN + 60] ^= 1;
    let log = opened_on(&disk, 1 << 16).log;
    let found = self::found(&log);
    assert_eq!(found.len() as u64, 40 + 2 * GROUPS - 1, "one is lost");
    assert_eq!(strange(&disk), [format!("{name}.damaged")]);
}

#[tokio::test]
async fn files_are_used_again_and_never_more_than_a_few() {
    let disk = FakeDisk::default();
    let log = opened_on(&disk, 4 << 10).log;
    let room = |disk: &FakeDisk| {
        let files = disk.lock().files.clone();
        let large = files.values().filter(|file| file.bytes.len() >= 4 << 10);
        large.count()
    };
    while log.shared().prepare_spare() {}
    for n in 0..40 {
        append(&log, n + 1).await.unwrap();
        log.close_epoch().await.unwrap();
        while log.shared().prepare_spare() {}
        assert!(room(&disk) <= 6, "{}", room(&disk));
        // The store is away for a while.
        if !(10..20).contains(&n) {
            let mut sealed = log.shared().sealed();
            sealed.pop();
            for segment in sealed {
                let bytes = log.shared().read(segment.number).unwrap();
                assert_eq!(bytes.len() as u64, segment.bytes);
                segment::decode_sealed(&bytes).unwrap();
                log.shared().remove(segment.number).unwrap();
            }
        }
    }
    // The same after a start, which knows which segments are in such a file.
    let again = opened_on(&disk.lose_power(0), 4 << 10).log;
    let last = again.shared().sealed().pop().unwrap();
    assert_eq!(
        again.shared().read(last.number).unwrap().len() as u64,
        last.bytes
    );
    while again.shared().prepare_spare() {}
    assert!(room(&disk) <= 6);
}

/// `testdata/stored/log-1`: a sealed segment of three events, and an open one of three, the last of which is torn.
#[tokio::test]
async fn a_log_of_the_version_before_is_read_and_goes_on() {
    let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/stored/log-1");
    let disk = FakeDisk::default();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        disk.replace(&name, &std::fs::read(file.path()).unwrap())
            .unwrap();
    }
    let log = opened_on(&disk, 1 << 16).log;
    assert_eq!(log.shared().closed_epoch(), Epoch(1));
    let expected: BTreeMap<u64, u64> = (1..=5).map(|n| (n, n)).collect();
    assert_eq!(found(&log), expected);
    assert_eq!(append(&log, 6).await.unwrap(), 6);
    let old = String::from_utf8(disk.read("state.json").unwrap()).unwrap();
    assert!(
        !old.contains("log\":"),
        "programs of before cannot read it: {old}"
    );
    let again = opened_on(&disk.lose_power(0), 1 << 16).log;
    assert_eq!(found(&again).len(), 6);
}

#[tokio::test]
async fn where_there_is_little_room_events_have_it() {
    let disk = FakeDisk::default();
    let log = opened_on(&disk, 1 << 16).log;
    disk.lock().room = Some(31 << 16);
    assert!(!log.shared().prepare_spare());
    disk.lock().room = Some(32 << 16);
    assert!(log.shared().prepare_spare());
}

#[tokio::test]
async fn where_an_older_program_wrote_since_nothing_is_touched() {
    let disk = FakeDisk::default();
    drop(opened_on(&disk, 1 << 16));
    let old = br#"{"log":"00000000000000000000000008","closed_epoch":0}"#;
    disk.replace("state.json", old).unwrap();
    let before = disk.list().unwrap();
    let error = Log::open(
        Arc::new(disk.clone()),
        &ThreadExecutor,
        settings(),
        LogId(9),
    );
    let error = error.err().unwrap().to_string();
    assert!(error.contains("two states"), "{error}");
    assert_eq!(
        (disk.list().unwrap(), disk.read("state.json").unwrap()),
        (before, old.to_vec())
    );
}

/// The start of today's program was interrupted between its two files; the older program went on, closed epochs, and
/// today's came again.
#[tokio::test]
async fn of_two_states_of_one_log_the_later_one_holds() {
    for (closed, retired, expected) in [(5, "", 5), (2, ",\"retired_at\":0", 2), (1, "", 2)] {
        let disk = FakeDisk::default();
        let new = br#"{"format":2,"log":"00000000000000000000000007","closed_epoch":2}"#;
        let old =
            format!(r#"{{"log":"00000000000000000000000007","closed_epoch":{closed}{retired}}}"#);
        disk.replace("log.json", new).unwrap();
        disk.replace("state.json", old.as_bytes()).unwrap();
        let state = State::load(&disk).unwrap().unwrap();
        let said = (state.closed_epoch, state.retired_at);
        let retired_at = (!retired.is_empty()).then_some(Seq(0));
        assert_eq!(said, (Epoch(expected), retired_at));
        assert_eq!(State::load(&disk).unwrap(), Some(state), "and stays");
    }
}

#[tokio::test]
async fn a_removal_that_was_half_done_is_done_again() {
    let disk = FakeDisk::default();
    let log = opened_on(&disk, 1 << 16).log;
    while log.shared().prepare_spare() {}
    for n in 1..=2 {
        append(&log, n).await.unwrap();
        log.close_epoch().await.unwrap();
    }
    // Moved, and the folder could not be synced.
    disk.rename(&segment_name(SegmentNo(1)), "spare-99")
        .unwrap();
    log.shared().remove(SegmentNo(1)).unwrap();
    assert_eq!(log.shared().sealed().len(), 1);
}
