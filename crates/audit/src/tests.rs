//! An installation in memory that can be damaged in every way, and must not pass then.

mod damage;
mod site;

use model::{Epoch, LogId, Seq};

use self::site::{LOG, Site};
use crate::{Audit, Kind};

fn epoch(audit: &Audit, epoch: u64) -> &crate::EpochAudit {
    let found = audit
        .epochs
        .iter()
        .find(|e| e.log == LOG && e.epoch == Epoch(epoch));
    found.expect("the epoch is listed")
}

#[tokio::test]
async fn nothing_at_all_agrees() {
    let audit = Site::new().await.audit().await;
    assert!(audit.agrees);
    assert_eq!(
        (audit.manifest, audit.events, audit.epochs.len()),
        (0, 0, 0)
    );
}

#[tokio::test]
async fn every_state_of_an_epoch_is_listed_and_agrees() {
    let mut site = Site::new().await;
    site.accept(10).await;
    site.seal().await;
    site.batch().await;
    site.accept(7).await;
    site.seal().await;
    site.accept(5).await;
    let audit = site.audit().await;
    assert!(audit.agrees, "{:?}", audit.findings);
    let numbers = |n: u64| {
        let e = epoch(&audit, n);
        (
            e.sealed,
            e.seqs.map(|span| (span.first.0, span.last.0)),
            e.accepted,
            e.stored,
            e.live_counted,
            e.batch_counted,
        )
    };
    assert_eq!(
        numbers(1),
        (true, Some((1, 10)), 10, 10, Some(10), Some(10))
    );
    assert_eq!(numbers(2), (true, Some((11, 17)), 7, 7, Some(7), None));
    assert_eq!(numbers(3), (false, Some((18, 22)), 5, 5, Some(5), None));
    assert_eq!(audit.events, 10);
}

#[tokio::test]
async fn what_the_live_cells_cannot_say_is_said_and_no_difference() {
    let mut site = Site::new().await;
    site.accept(4).await;
    site.seal().await;
    site.batch().await;
    site.accept(3).await;
    site.seal().await;
    // Pruned, and folded only in part.
    site.prune().await;
    site.set_checkpoint(Seq(5)).await;
    let audit = site.audit().await;
    assert!(audit.agrees, "{:?}", audit.findings);
    let why = |n| epoch(&audit, n).live_unknown.clone().unwrap_or_default();
    assert_eq!(
        (why(1).as_str(), why(2).as_str()),
        ("pruned: batch has it", "not all of it is folded yet")
    );
    // Flushed.
    site.cells.flush();
    let audit = site.audit().await;
    assert!(audit.agrees, "{:?}", audit.findings);
    assert_eq!(
        epoch(&audit, 2).live_unknown.as_deref(),
        Some("it is not folded")
    );
    // Out of sight.
    site.without_cells();
    let audit = site.audit().await;
    assert!(audit.agrees && audit.live_unknown.is_some());
    assert_eq!(epoch(&audit, 2).live_counted, None);
}

#[tokio::test]
async fn what_agreed_is_not_read_again_unless_all_is_wanted() {
    let mut site = Site::new().await;
    site.accept(10).await;
    site.seal().await;
    site.batch().await;
    site.remember().await;
    site.accept(3).await;
    site.seal().await;
    site.batch().await;
    let audit = site.audit().await;
    assert!(audit.agrees, "{:?}", audit.findings);
    assert_eq!(
        (audit.checked_before, audit.epochs.len()),
        (1, 2),
        "epoch 2 and the open end"
    );
    assert_eq!(
        (audit.logs[0].epochs_before, audit.logs[0].last_seq_before),
        (Epoch(1), Seq(10))
    );
    site.forget_segment(1).await;
    assert!(site.audit().await.agrees, "it was read before");
    let full = site.full().await;
    assert_eq!((full.agrees, full.checked_before), (false, 0));
}

#[tokio::test]
async fn a_difference_is_found_again_until_it_is_gone() {
    let mut site = Site::new().await;
    site.accept(10).await;
    site.seal().await;
    site.batch().await;
    site.remember().await;
    let segment = site.forget_segment(1).await;
    // An audit of everything that finds something forgets what was remembered.
    let full = site.full().await;
    site.record(&full).await;
    assert!(!site.audit().await.agrees);
    let again = site.audit().await;
    site.record(&again).await;
    assert!(!site.audit().await.agrees);
    site.put_segment(1, segment).await;
    site.remember().await;
    assert_eq!(site.audit().await.checked_before, 1);
}

#[tokio::test]
async fn a_recomputed_state_is_read_anew() {
    let mut site = Site::new().await;
    site.accept(10).await;
    site.seal().await;
    site.batch().await;
    site.remember().await;
    site.recompute().await;
    let audit = site.audit().await;
    assert!(audit.agrees, "{:?}", audit.findings);
    assert_eq!((audit.manifest, audit.checked_before), (2, 0));
}

#[tokio::test]
async fn losses_that_a_seal_admits_stay_known() {
    let mut site = Site::new().await;
    site.accept(3).await;
    site.lose(2);
    site.accept(3).await;
    site.seal().await;
    site.batch().await;
    let audit = site.audit().await;
    assert_eq!(audit.findings.len(), 1, "{:?}", audit.findings);
    let found = &audit.findings[0];
    assert_eq!(
        (found.kind, found.epoch, found.seqs.to_string()),
        (Kind::Lost, Some(Epoch(1)), "4-5".into())
    );
    site.record(&audit).await;
    let later = site.audit().await;
    assert_eq!(
        (later.checked_before, &later.findings),
        (1, &audit.findings),
        "not read again, not forgotten"
    );
    site.record(&later).await;
    assert_eq!(site.audit().await.findings, audit.findings);
}

#[tokio::test]
async fn what_was_turned_away_is_added_up() {
    let mut site = Site::new().await;
    site.accept(1).await;
    site.turn_away(LOG, "disk", 3, 1_000).await;
    site.turn_away(LogId(9), "disk", 4, 500).await;
    let audit = site.audit().await;
    assert_eq!(audit.logs[0].unrecorded["disk"], 3);
    assert_eq!(
        audit.turned_away_as_of.as_deref(),
        Some("1970-01-01T00:00:01Z"),
        "log 9 is not known"
    );
    assert!(audit.agrees, "what was turned away was never acknowledged");
}

#[tokio::test]
async fn what_is_expired_is_not_missed_and_not_read_again() {
    let mut site = Site::new().await;
    site.accept(10).await;
    site.seal().await;
    site.batch().await;
    site.remember().await;
    site.expire(1).await;
    let audit = site.audit().await;
    assert!(audit.agrees, "{:?}", audit.findings);
    let again = audit.epochs.iter().any(|of| of.epoch == Epoch(1));
    assert!(!again, "an audit before has seen it");
    site.record(&audit).await;
    // Not taken out yet, as what is settled now.
    site.accept(6).await;
    site.seal().await;
    site.batch().await;
    for audit in [site.audit().await, site.full().await] {
        assert!(audit.agrees, "{:?}", audit.findings);
        let last = epoch(&audit, 2);
        assert_eq!((last.stored, last.batch_counted), (6, Some(6)));
    }
    assert_eq!(
        site.full().await.value_micros,
        site.audit().await.value_micros
    );
}

#[tokio::test]
async fn what_others_do_not_keep_is_no_reason_for_what_is_missing() {
    let mut site = Site::new().await;
    site.accept(10).await;
    site.seal().await;
    site.batch().await;
    site.expire(2).await;
    let audit = site.full().await;
    let said = &audit.findings[0].detail;
    assert!(
        said.contains("not in the table events"),
        "{:?}",
        audit.findings
    );
}

#[tokio::test]
async fn as_many_are_gone_as_are_said_to_be_expired() {
    let mut site = Site::new().await;
    site.accept(10).await;
    site.seal().await;
    site.batch().await;
    site.remember().await;
    site.expire(1).await;
    site.say_expired(9).await;
    let audit = site.audit().await;
    let said = &audit.findings[0].detail;
    assert!(
        said.contains("covers 10 events, its files hold 0, and 9 are expired"),
        "{said}"
    );
}
