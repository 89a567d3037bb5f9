//! Steps, merges and what they leave behind: bounded, whatever senders do.

use std::{collections::BTreeSet, sync::Arc};

use batch_layer::{Mode, RollupDeps, query, run};
use datafusion::arrow::{array::AsArray, datatypes::Int64Type};
use enrich::Rules;
use futures::TryStreamExt;
use handover::skips::{Skip, Skips};
use model::{Bug, Epoch, Event, LogId, SegmentNo, planted::plant};
use object_store::{ObjectStoreExt, path::Path};
use storage::object_keys::ObjectKey;
use testing::{Installation, Log};

use crate::{
    installation::{DAY, HOUR, click, rollup, start},
    recount::all_agree,
};

fn deps(installation: &Installation) -> RollupDeps {
    rollup(installation, &Arc::new(Rules::new().expect("rules")), 1)
}

async fn log(installation: &Installation, id: u128) -> Log {
    installation.register(LogId(id)).await;
    Log::new(LogId(id))
}

/// Seals the events as the next epoch of a log.
async fn seal(installation: &Installation, log: &mut Log, events: impl IntoIterator<Item = Event>) {
    events.into_iter().for_each(|event| log.accept(event));
    log.seal(&installation.env.store).await;
}

async fn objects(installation: &Installation) -> BTreeSet<String> {
    let all = installation.env.store.list(None);
    let all = all.map_ok(|object| object.location.to_string());
    all.try_collect().await.expect("a list")
}

/// Clicks of account 1, as the settled numbers have them.
async fn clicks(deps: &RollupDeps) -> i64 {
    let sql = "SELECT CAST(SUM(clicks) AS BIGINT) FROM account_total";
    let rows = query(deps, sql, 1).await.expect("an answer");
    let row = rows.iter().find(|rows| rows.num_rows() > 0).expect("a row");
    row.column(0)
        .as_primitive::<Int64Type>()
        .iter()
        .flatten()
        .sum()
}

#[tokio::test]
async fn events_of_thousands_of_days_make_few_files() {
    let installation = Installation::new(start());
    let (deps, mut log) = (deps(&installation), log(&installation, 1).await);
    let days = (0..9_820).map(|day| click(1, 10, 946_684_800_000 + day % 9_500 * DAY));
    let days = days.map(|event| Event {
        received_ms: start(),
        ..event
    });
    seal(&installation, &mut log, days).await;
    let before = objects(&installation).await;
    run(&deps, Mode::Incremental).await.expect("a run");
    let files = objects(&installation).await.len() - before.len();
    assert!(files <= 4, "events, sums, visits, a manifest: {files}");
    let manifest = deps.manifests.latest().await.expect("one").manifest;
    let written = serde_json::to_vec(&*manifest).expect("JSON").len();
    assert!(written < 8 << 10, "the manifest has {written} bytes");
    assert_eq!(clicks(&deps).await, 9_820);
}

#[tokio::test]
async fn a_damaged_segment_holds_back_its_log_and_no_other() {
    let installation = Installation::new(start() + DAY);
    let deps = deps(&installation);
    let (mut bad, mut good) = (log(&installation, 1).await, log(&installation, 2).await);
    let some = || (0..10).map(|n| click(1, 10, start() + n * HOUR));
    for _ in 0..2 {
        seal(&installation, &mut bad, some()).await;
        seal(&installation, &mut good, some()).await;
    }
    let path = ObjectKey::Raw {
        log: bad.id,
        segment: SegmentNo(3),
    };
    let (store, path) = (&installation.env.store, path.path());
    let whole = store.get(&path).await.expect("a segment").bytes().await;
    let whole = whole.expect("bytes");
    let mut flipped = whole.to_vec();
    flipped[whole.len() / 2] ^= 1;
    store.put(&path, flipped.into()).await.expect("stored");

    let report = run(&deps, Mode::Incremental).await.expect("a run");
    assert_eq!(report.held.len(), 1, "{report:?}");
    let why = &report.held[0];
    let says = [bad.id.to_string(), "epoch 2".into(), path.to_string()];
    assert!(says.iter().all(|says| why.contains(says)), "{why}");
    let horizon = deps
        .manifests
        .latest()
        .await
        .expect("one")
        .manifest
        .horizon
        .clone();
    assert_eq!(
        (horizon.of(bad.id).epoch.0, horizon.of(good.id).epoch.0),
        (1, 2)
    );
    assert_eq!(clicks(&deps).await, 30);
    // What is left says the same again, and does not stop others either.
    seal(&installation, &mut good, some()).await;
    let report = run(&deps, Mode::Incremental).await.expect("a run");
    assert_eq!((report.events, report.held.len()), (10, 1));
    // A full run needs what is settled, and no more.
    let full = run(&deps, Mode::Full).await.expect("a run");
    assert_eq!((full.changed.len(), full.held.len()), (0, 1));
    assert_eq!(clicks(&deps).await, 40);

    store.put(&path, whole.into()).await.expect("stored");
    let report = run(&deps, Mode::Incremental).await.expect("a run");
    assert_eq!((report.events, report.held.len()), (10, 0));
    assert_eq!(clicks(&deps).await, 50);
}

#[tokio::test]
async fn what_is_given_up_is_left_out_and_its_log_goes_on() {
    let installation = Installation::new(start() + DAY);
    let deps = deps(&installation);
    let mut log = log(&installation, 1).await;
    let some = || (0..10).map(|n| click(1, 10, start() + n * HOUR));
    for _ in 0..5 {
        seal(&installation, &mut log, some()).await;
    }
    // Of epoch 2 a segment is damaged, of epoch 4 the seal, and a segment is gone.
    let store = &installation.env.store;
    let raw = |segment| ObjectKey::Raw {
        log: log.id,
        segment: SegmentNo(segment),
    };
    let of_4 = ObjectKey::Seal {
        log: log.id,
        epoch: Epoch(4),
    };
    for path in [raw(3).path(), of_4.path()] {
        store.put(&path, "damaged".into()).await.expect("stored");
    }
    store.delete(&raw(8).path()).await.expect("deleted");

    for (epoch, lost, clicks_then) in [(2, 5, 10), (4, 5, 25)] {
        let report = run(&deps, Mode::Incremental).await.expect("a run");
        assert!(!report.held.is_empty(), "{report:?}");
        assert_eq!(clicks(&deps).await, clicks_then);
        let skip = Skip {
            log: log.id,
            epoch: Epoch(epoch),
        };
        Skips::add(&deps.env, skip).await.expect("given up");
        Skips::add(&deps.env, skip).await.expect("given up once");
        let report = run(&deps, Mode::Incremental).await.expect("a run");
        let manifest = deps.manifests.latest().await.expect("one").manifest;
        let last = manifest.skipped.last().expect("one");
        assert_eq!((last.epoch, last.lost), (Epoch(epoch), lost), "{report:?}");
    }
    let manifest = deps.manifests.latest().await.expect("one").manifest;
    assert_eq!((clicks(&deps).await, manifest.events_count), (40, 40));
    assert_eq!(manifest.horizon.of(log.id).epoch, Epoch(5));
    let full = run(&deps, Mode::Full).await.expect("a run");
    assert_eq!((full.changed.len(), clicks(&deps).await), (0, 40));
    let after = deps.manifests.latest().await.expect("one").manifest;
    assert_eq!(after.skipped, manifest.skipped, "it is told for ever");
}

#[tokio::test]
async fn a_seal_that_is_lost_is_no_silent_end_of_its_log() {
    let installation = Installation::new(start() + DAY);
    let deps = deps(&installation);
    let mut log = log(&installation, 1).await;
    for _ in 0..3 {
        seal(&installation, &mut log, [click(1, 10, start())]).await;
    }
    let seal_of = |epoch| {
        let log = log.id;
        ObjectKey::Seal { log, epoch }.path()
    };
    let store = &installation.env.store;
    store.delete(&seal_of(Epoch(2))).await.expect("deleted");
    let report = run(&deps, Mode::Incremental).await.expect("a run");
    assert_eq!((report.events, report.held.len()), (1, 1), "{report:?}");
    let says = ["epoch 2", "it is missing, and the next one is there"];
    assert!(says.iter().all(|says| report.held[0].contains(says)));
    // The last one may just not be there yet.
    store.delete(&seal_of(Epoch(3))).await.expect("deleted");
    let report = run(&deps, Mode::Incremental).await.expect("a run");
    assert!(report.held.is_empty(), "{report:?}");
}

/// The clicks that the sums of all files say, and that SQL counts, after some merges; what is wrong.
async fn merged() -> Result<(), String> {
    let installation = Installation::new(start());
    let (deps, mut log) = (deps(&installation), log(&installation, 1).await);
    for round in 0..8 {
        let events = (0..20).map(|n| click(1, n % 5, start() + round * HOUR + n as i64));
        seal(&installation, &mut log, events).await;
        run(&deps, Mode::Incremental).await.expect("a run");
        let (counted, expected) = (clicks(&deps).await, 20 * (round + 1));
        if counted != expected {
            return Err(format!("{counted} clicks of {expected}"));
        }
        let manifest = deps.manifests.latest().await.expect("one").manifest;
        let totals = manifest.sums.iter().flat_map(|file| &file.totals);
        let wrong = model::CUBES
            .iter()
            .filter(|cube| cube.dimension.counts_all());
        for cube in wrong {
            let of = totals.clone().filter(|total| total.cube == cube.id);
            let objects = of.map(|total| total.objects).sum::<i64>();
            if cube.is_for(model::EntityKind::Link) && objects != expected {
                return Err(format!("{objects} of {expected} in {}", cube.name));
            }
        }
    }
    Ok(())
}

/// Whether what the manifest names is there, though its list of what was dropped names it.
async fn collected() -> Result<(), String> {
    let installation = Installation::new(start());
    let (deps, mut log) = (deps(&installation), log(&installation, 1).await);
    for n in 0..3 {
        seal(&installation, &mut log, [click(1, n, start())]).await;
        run(&deps, Mode::Incremental).await.expect("a run");
    }
    let current = deps.manifests.latest().await.expect("one");
    let mut manifest = (*current.manifest).clone();
    let needed: Vec<Path> = manifest.events().map(|events| events.path).collect();
    for path in &needed {
        manifest.dropped.push(handover::manifest::Dropped {
            path: path.to_string(),
            at_ms: 0,
            manifest: 0,
            longer_ms: 0,
        });
    }
    let stamp = deps.env.stamp();
    let appended = deps.manifests.publish(&current, &manifest, stamp).await;
    appended.expect("a manifest");
    run(&deps, Mode::Incremental).await.expect("a run");
    let there = objects(&installation).await;
    match needed.iter().find(|path| !there.contains(path.as_ref())) {
        Some(path) => Err(format!("{path} is gone")),
        None => Ok(()),
    }
}

#[tokio::test]
async fn planted_bugs_of_merging_and_collecting_are_found() {
    testing::needs_faults!();
    assert_eq!((merged().await, collected().await), (Ok(()), Ok(())));
    for bug in [Bug::MergedStaysNamed, Bug::MergeDropsLast] {
        plant(Some(bug));
        let found = merged().await;
        plant(None);
        assert!(found.is_err(), "{bug:?} is not found");
    }
    plant(Some(Bug::CollectorTrustsList));
    let found = collected().await;
    plant(None);
    assert!(found.is_err(), "files are gone, and nobody sees it");
}

#[tokio::test]
async fn runs_are_merged_and_what_is_not_needed_goes_after_a_while() {
    let installation = Installation::new(start());
    let (deps, mut log) = (deps(&installation), log(&installation, 1).await);
    let mut most = 0;
    for round in 0..50 {
        let events = (0..20).map(|n| click(1, n % 5, start() + round * HOUR + n as i64));
        seal(&installation, &mut log, events).await;
        run(&deps, Mode::Incremental).await.expect("a run");
        let manifest = deps.manifests.latest().await.expect("one").manifest;
        most = most.max(manifest.sums.len()).max(manifest.visits.len());
        assert_eq!(clicks(&deps).await, 20 * (round + 1));
    }
    assert!(most <= 15, "there are never many runs: {most}");
    let dropped = |manifest: &handover::manifest::Manifest| {
        let paths = manifest.dropped.iter().map(|dropped| dropped.path.clone());
        paths.collect::<BTreeSet<String>>()
    };
    let before = deps.manifests.latest().await.expect("one").manifest;
    let (there, old) = (objects(&installation).await, dropped(&before));
    assert!(
        old.len() > 50 && old.is_subset(&there),
        "nobody deletes too soon"
    );

    let later = installation.env.clock.now_ms() + 2 * HOUR;
    installation.clock.set(later);
    seal(&installation, &mut log, [click(1, 1, start())]).await;
    run(&deps, Mode::Incremental).await.expect("a run");
    let after = deps.manifests.latest().await.expect("one").manifest;
    let there = objects(&installation).await;
    assert!(old.is_disjoint(&there), "deleted");
    assert!(old.is_disjoint(&dropped(&after)), "and not named any more");
    assert_eq!(clicks(&deps).await, 1001);
}

/// A list of what was dropped that names what is needed, by a bug or by hand.
#[tokio::test]
async fn what_is_needed_is_not_deleted_whatever_a_list_says() {
    assert_eq!(collected().await, Ok(()));
}

/// Two rollups that merge at the same time: no event is lost or counted twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_merge_at_once_are_harmless() {
    let installation = Installation::new(start());
    let rules = Arc::new(Rules::new().expect("rules"));
    let [one, two] = [1, 2].map(|seed| rollup(&installation, &rules, seed));
    let mut log = log(&installation, 1).await;
    for round in 0..12 {
        let events = (0..30).map(|n| click(1, n % 7, start() + round * HOUR + n as i64));
        seal(&installation, &mut log, events).await;
        let (a, b) = tokio::join!(run(&one, Mode::Incremental), run(&two, Mode::Incremental));
        assert!(a.expect("a run").published | b.expect("a run").published);
        let manifest = one.manifests.latest().await.expect("one").manifest;
        let counted: i64 = manifest
            .sums
            .iter()
            .flat_map(|file| &file.totals)
            .filter(|total| total.cube == 2)
            .map(|total| total.accounts)
            .sum();
        assert_eq!(counted, 30 * (round + 1));
        assert_eq!(clicks(&one).await, 30 * (round + 1));
    }
    let named: BTreeSet<String> = {
        let manifest = one.manifests.latest().await.expect("one").manifest;
        let sums = manifest.sums.iter().map(|file| file.file.name.clone());
        sums.chain(manifest.visits.iter().map(|file| file.file.name.clone()))
            .collect()
    };
    let there = objects(&installation).await;
    let has = |name: &String| there.iter().any(|path| path.contains(name.as_str()));
    assert!(named.iter().all(has), "whoever lost deleted only its own");
}

#[tokio::test]
async fn files_of_attempts_that_died_go_in_time_and_no_others() {
    let installation = Installation::new(start());
    let (deps, mut log) = (deps(&installation), log(&installation, 1).await);
    seal(&installation, &mut log, [click(1, 10, start())]).await;
    run(&deps, Mode::Incremental).await.expect("a run");
    let store = &installation.env.store;
    let orphan = |name: &str| ObjectKey::Sums { name: name.into() }.path();
    store
        .put(&orphan("0000000001-dead-0"), "x".into())
        .await
        .expect("stored");
    let written = store
        .head(&orphan("0000000001-dead-0"))
        .await
        .expect("it")
        .last_modified;
    let days_later = |days: i64| written.timestamp_millis() + days * DAY;
    // An attempt may be under way for days.
    for (days, there) in [(2, true), (4, true), (5, false)] {
        installation.clock.set(days_later(days));
        for _ in 0..3 {
            seal(&installation, &mut log, [click(1, 10, start())]).await;
            run(&deps, Mode::Incremental).await.expect("a run");
        }
        let objects = objects(&installation).await;
        assert_eq!(
            objects.contains("runs/0000000001-dead-0.parquet"),
            there,
            "{days}"
        );
    }
    assert_eq!(clicks(&deps).await, 10);
    all_agree(&deps).await;
}
