//! Each kind of damage, and what must be said of it.

use handover::runs::Quarters;
use model::{Counts, Epoch, Event, Measure, Record};
use testing::runs::VisitOf;

use super::{
    epoch,
    site::{LOG, Site, Told},
};
use crate::{Audit, Kind};

/// Two settled epochs of 10 and 5 events, and an open one of 4.
async fn site() -> Site {
    let mut site = Site::new().await;
    site.accept(10).await;
    site.seal().await;
    site.accept(5).await;
    site.seal().await;
    site.batch().await;
    site.accept(4).await;
    assert!(site.audit().await.agrees, "it agrees before it is damaged");
    site
}

/// The first finding of this kind, as kind, epoch and events; and a recorded audit raises alarm.
fn found(audit: &Audit, kind: Kind) -> (Option<u64>, String) {
    assert!(!audit.agrees);
    let of = audit.findings.iter().find(|f| f.kind == kind);
    let of = of.unwrap_or_else(|| panic!("no {kind:?} in {:?}", audit.findings));
    (of.epoch.map(|epoch| epoch.0), of.seqs.to_string())
}

#[tokio::test]
async fn a_missing_segment_is_named_with_its_events() {
    let site = site().await;
    site.forget_segment(2).await;
    let audit = site.audit().await;
    assert_eq!(found(&audit, Kind::Stored), (Some(2), "11-15".into()));
    assert!(!epoch(&audit, 2).agrees && epoch(&audit, 1).agrees);
    assert_eq!(
        audit.findings.len(),
        1,
        "what counts is right: {:?}",
        audit.findings
    );
    let complaint = audit.complaint().unwrap_or_default();
    assert!(
        complaint.starts_with(&format!("log {LOG} epoch 2 events 11-15: ")),
        "{complaint}"
    );
    assert!(complaint.contains("000000000002.seg"), "{complaint}");
}

#[tokio::test]
async fn a_flipped_bit_in_a_segment_is_found() {
    let site = site().await;
    let mut bytes = site.forget_segment(1).await;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    site.put_segment(1, bytes).await;
    assert_eq!(
        found(&site.audit().await, Kind::Stored),
        (Some(1), "1-10".into())
    );
}

#[tokio::test]
async fn a_missing_seal_is_found() {
    let site = site().await;
    site.forget_seal(1).await;
    assert_eq!(found(&site.audit().await, Kind::Stored).0, Some(1));
}

#[tokio::test]
async fn a_missing_file_of_events_is_named_with_its_events() {
    let site = site().await;
    site.forget_events_file().await;
    let audit = site.audit().await;
    assert_eq!(found(&audit, Kind::Batch).0, None, "the file itself");
    let of: Vec<_> = audit
        .findings
        .iter()
        .filter_map(|f| Some((f.epoch?.0, f.seqs.to_string())))
        .collect();
    assert_eq!(of, vec![(1, "1-10".to_owned()), (2, "11-15".to_owned())]);
    assert_eq!(epoch(&audit, 1).batch_counted, Some(0));
}

#[tokio::test]
async fn an_event_too_few_too_many_and_twice_are_told_apart() {
    for (change, seqs) in [
        (Site::drop_event as fn(&mut Vec<(u64, u64)>), "3"),
        (Site::double_event, "3"),
        (Site::swap_event, "3"),
    ] {
        let site = site().await;
        site.change_events(change).await;
        let audit = site.audit().await;
        assert_eq!(
            found(&audit, Kind::Batch),
            (Some(1), seqs.into()),
            "{:?}",
            audit.findings
        );
    }
}

#[tokio::test]
async fn an_event_of_an_epoch_that_nothing_covers_is_found() {
    let site = site().await;
    site.change_events(|events| events.push((7, 100))).await;
    let audit = site.audit().await;
    let of = |f: &crate::Finding| f.kind == Kind::Batch && f.epoch == Some(Epoch(7));
    assert!(audit.findings.iter().any(of), "{:?}", audit.findings);
}

#[tokio::test]
async fn an_event_that_says_something_else_is_named() {
    let changes: [fn(&mut Event); 3] = [
        |event| event.value_micros = Some(5_001),
        |event| event.value_micros = None,
        |event| event.visitor += 1,
    ];
    for change in changes {
        let site = site().await;
        site.change_event(change).await;
        let audit = site.audit().await;
        let of = (Some(1), "5".into());
        assert_eq!(found(&audit, Kind::Batch), of, "{:?}", audit.findings);
    }
}

#[tokio::test]
async fn sums_that_count_otherwise_are_named() {
    let click = |counts: &mut Counts| counts.events[Measure::Clicks as usize] += 1;
    for cube in ["total", "minute", "country", "object", "campaign"] {
        for (told, says) in [
            (Told::Truth, format!("cube {cube} counts")),
            (Told::Before, cube.into()),
        ] {
            let site = site().await;
            site.change_sums(cube, told, click).await;
            let audit = site.audit().await;
            found(&audit, Kind::View);
            let detail = &audit.findings[0].detail;
            assert!(detail.contains(&says), "{:?}", audit.findings);
        }
    }
    let site = site().await;
    site.forget_sums().await;
    found(&site.audit().await, Kind::View);
}

#[tokio::test]
async fn values_that_are_summed_otherwise_are_named() {
    for (told, says) in [
        (
            Told::Truth,
            "cube currency sums values that are 1 millionths more",
        ),
        (
            Told::NoValues,
            "cube currency sums values that are 1 millionths more",
        ),
        (Told::Before, "sums other values"),
    ] {
        let site = site().await;
        site.change_sums("currency", told, |counts| counts.micros += 1)
            .await;
        let audit = site.audit().await;
        found(&audit, Kind::View);
        let detail = &audit.findings[0].detail;
        assert!(detail.contains(says), "{:?}", audit.findings);
    }
    let site = site().await;
    site.change_sums("currency", Told::NoValues, |_| {}).await;
    assert!(site.audit().await.agrees, "the version before told none");
}

#[tokio::test]
async fn visitors_that_are_missing_or_made_up_are_found() {
    type Change = fn(&mut Vec<VisitOf>);
    let changes: [(Change, &str); 4] = [
        (|visits| _ = visits.remove(0), "not all there"),
        (|visits| visits[0].3 = Quarters(2), "not all there"),
        (|visits| visits[0].3 = Quarters(3), "no event says so"),
        (
            |visits| visits.push((visits[0].0, visits[0].1, 99, Quarters(1), Quarters(0))),
            "no event says so",
        ),
    ];
    for (change, says) in changes {
        let site = site().await;
        site.change_visits(change).await;
        let audit = site.audit().await;
        found(&audit, Kind::View);
        let detail = &audit.findings[0].detail;
        assert!(detail.contains(says), "{:?}", audit.findings);
    }
}

#[tokio::test]
async fn a_live_cell_that_counts_otherwise_is_found() {
    for (epoch, seqs) in [(1, "1-10"), (2, "11-15"), (3, "16-19")] {
        let changes: [fn(&mut Vec<Record>); 2] = [|of| drop(of.pop()), |of| of.push(of[0].clone())];
        for change in changes {
            let site = site().await;
            site.change_cell(Epoch(epoch), change).await;
            let audit = site.audit().await;
            assert_eq!(found(&audit, Kind::Live), (Some(epoch), seqs.into()));
            assert_eq!(audit.findings.len(), 1);
        }
    }
    let site = self::site().await;
    let dearer = |of: &mut Vec<Record>| {
        let sold = of.iter_mut().find(|r| r.event.value_micros.is_some());
        sold.unwrap().event.value_micros = Some(1);
    };
    site.change_cell(Epoch(1), dearer).await;
    let audit = site.audit().await;
    assert_eq!(found(&audit, Kind::Live), (Some(1), "1-10".into()));
    let site = self::site().await;
    site.break_cell(Epoch(2)).await;
    found(&site.audit().await, Kind::Live);
}
