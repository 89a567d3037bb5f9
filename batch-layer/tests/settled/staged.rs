//! Full runs that are looked at before they are published: compared, brought to the present, published or thrown away.

use std::{collections::BTreeSet, sync::Arc};

use batch_layer::{
    By, Changed, Diff, DoorRules, Limits, Mode, Numbers, Question, RollupDeps, RollupError, diff,
    query, run,
};
use datafusion::arrow::{
    array::{AsArray, RecordBatch},
    datatypes::Int64Type,
};
use enrich::Rules;
use futures::TryStreamExt;
use handover::{manifest::Manifest, manifests::Manifests};
use model::{EntityId, EntityKind, Event, LogId};
use storage::ledger::Appended;
use testing::{Installation, Log};

use crate::{
    installation::{DAY, HOUR, click, conversion, rollup, start},
    recount::all_agree,
};

/// An agent that today's rules take for a person's.
const SLY: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 Slyfox/1";
const EPOCHS: i64 = 4;

/// Rules that know it.
fn new_rules() -> Arc<Rules> {
    Arc::new(Rules::with_bots(&["Slyfox/"]).expect("rules"))
}

fn deps(installation: &Installation, seed: u64, rules: &Arc<Rules>) -> RollupDeps {
    RollupDeps {
        limits: Limits {
            step: 20,
            ..Limits::default()
        },
        ..rollup(installation, rules, seed)
    }
}

fn old(installation: &Installation) -> RollupDeps {
    deps(installation, 1, &Arc::new(Rules::new().expect("rules")))
}

/// Ten events of one epoch, each epoch on a day of its own: of account 1 six clicks on link 10, two of them sly, and two
/// sly ones on link 11; of account 2 a click on link 20, and a conversion.
async fn seal(installation: &Installation, log: &mut Log, day: i64) {
    let at = |n: i64| start() + day * DAY + n * HOUR;
    let person = |link, n| Event {
        network: "198.51.100.0/24".into(),
        ..click(1, link, at(n))
    };
    let sly = |link, n| Event {
        user_agent: SLY.into(),
        ..person(link, n)
    };
    (0..4).for_each(|n| log.accept(person(10, n)));
    (4..6).for_each(|n| log.accept(sly(10, n)));
    (6..8).for_each(|n| log.accept(sly(11, n)));
    log.accept(click(2, 20, at(8)));
    log.accept(conversion(2, 30, at(9)));
    log.seal(&installation.env.store).await;
}

/// Four settled epochs.
async fn settled() -> (Installation, Log) {
    let installation = Installation::new(start() + 10 * DAY);
    installation.register(LogId(1)).await;
    let mut log = Log::new(LogId(1));
    for day in 0..EPOCHS {
        seal(&installation, &mut log, day).await;
    }
    run(&old(&installation), Mode::Incremental)
        .await
        .expect("a run");
    (installation, log)
}

async fn clicks(deps: &RollupDeps) -> (i64, i64) {
    let sum = async |of: &str| {
        let sql = format!("SELECT CAST(SUM({of}) AS BIGINT) FROM account_total");
        let rows = query(deps, &sql, 1).await.expect("an answer");
        let columns = rows
            .iter()
            .map(|rows| rows.column(0).as_primitive::<Int64Type>());
        columns.flat_map(|column| column.iter().flatten()).sum()
    };
    (sum("clicks").await, sum("bot_clicks").await)
}

async fn newest(deps: &RollupDeps) -> Arc<Manifest> {
    deps.manifests.latest().await.expect("one").manifest
}

async fn compare(deps: &RollupDeps, by: By) -> Diff {
    let question = Question {
        account: None,
        by,
        limit: 100,
    };
    diff(deps, &question).await.expect("a diff")
}

fn text(kind: EntityKind, raw: u64) -> String {
    EntityId::new(kind, raw).to_string()
}

/// What a row says: detail, clicks and bots' clicks before and after, visitors before and after, the reasons.
fn told(row: &Changed) -> (String, [i64; 6], Vec<(String, i64, i64)>) {
    let detail = row.day.clone().or(row.object.clone()).unwrap_or_default();
    let of = |n: &Numbers| [n.clicks, n.bot_clicks, n.visitors];
    let ([a, b, c], [d, e, f]) = (of(&row.before), of(&row.after));
    let why = row.why.iter();
    let why = why.map(|why| (why.bot.clone(), why.before, why.after));
    (detail, [a, b, c, d, e, f], why.collect())
}

async fn objects(installation: &Installation) -> BTreeSet<String> {
    let all = installation.env.store.list(None);
    let all = all.map_ok(|object| object.location.to_string());
    all.try_collect().await.expect("a list")
}

/// Who comes again is counted in another file, until files are merged: that is no other visitor.
#[tokio::test]
async fn where_nothing_changes_a_diff_says_nothing() {
    let installation = Installation::new(start() + 10 * DAY);
    installation.register(LogId(1)).await;
    let mut log = Log::new(LogId(1));
    for _ in 0..3 {
        seal(&installation, &mut log, 0).await;
        run(&old(&installation), Mode::Incremental)
            .await
            .expect("a run");
    }
    let deps = old(&installation);
    let visits = "SELECT CAST(COUNT(*) AS BIGINT) FROM account_visits";
    let rows = query(&deps, visits, 1).await.expect("an answer");
    let count = rows
        .iter()
        .flat_map(|rows| rows.column(0).as_primitive::<Int64Type>().iter());
    let visitors = 8 + 1;
    assert_eq!(count.flatten().sum::<i64>(), visitors, "of both accounts");
    run(&deps, Mode::Stage).await.expect("a run");
    for by in [By::Account, By::Day, By::Link] {
        assert_eq!(compare(&deps, by).await.rows, []);
    }
}

#[tokio::test]
async fn a_diff_says_what_changes_and_why_and_no_number_changes() {
    let (installation, _) = settled().await;
    let deps = deps(&installation, 2, &new_rules());
    let before = deps.manifests.latest().await.expect("one").n;
    let report = run(&deps, Mode::Stage).await.expect("a run");
    assert_eq!((report.published, report.events), (false, 40));
    assert_eq!(deps.manifests.latest().await.expect("one").n, before);
    assert_eq!(clicks(&deps).await, (36, 0));

    let account = text(EntityKind::Account, 1);
    let why = |events| vec![("pattern:Slyfox/".to_owned(), 0, events)];
    let by_account = compare(&deps, By::Account).await;
    let rows: Vec<_> = by_account.rows.iter().map(told).collect();
    assert_eq!(
        rows,
        [(String::new(), [32, 0, 32, 16, 16, 16], why(16))],
        "account 2 is as it was"
    );
    assert_eq!(by_account.rows[0].account, account);
    assert_eq!((by_account.events, by_account.more), (40, false));
    assert_ne!(by_account.rules, by_account.rules_before);
    let cubes: Vec<&str> = by_account.cubes.iter().map(|(cube, _)| &**cube).collect();
    assert!(
        cubes.contains(&"total") && cubes.contains(&"object"),
        "{cubes:?}"
    );

    let rows: Vec<_> = compare(&deps, By::Day)
        .await
        .rows
        .iter()
        .map(told)
        .collect();
    let day = |day: i64| (format!("2026-03-0{}", 2 + day), [8, 0, 8, 4, 4, 4], why(4));
    assert_eq!(rows, (0..EPOCHS).map(day).collect::<Vec<_>>());

    let by_link = compare(&deps, By::Link).await.rows;
    assert!(by_link.iter().all(|row| row.account == account));
    let rows: Vec<_> = by_link.iter().map(told).collect();
    let link = |raw, numbers| (text(EntityKind::Link, raw), numbers, why(8));
    assert_eq!(
        rows,
        [
            link(10, [24, 0, 24, 16, 8, 16]),
            link(11, [8, 0, 8, 0, 8, 0])
        ]
    );
}

#[tokio::test]
async fn a_diff_is_of_one_account_and_bounded_if_it_is_to_be() {
    let (installation, _) = settled().await;
    let deps = deps(&installation, 2, &new_rules());
    run(&deps, Mode::Stage).await.expect("a run");
    let of = |raw| Question {
        account: Some(EntityId::new(EntityKind::Account, raw)),
        by: By::Day,
        limit: 3,
    };
    let one = diff(&deps, &of(1)).await.expect("a diff");
    assert_eq!((one.rows.len(), one.more), (3, true));
    let two = diff(&deps, &of(2)).await.expect("a diff");
    assert_eq!((two.rows.len(), two.more), (0, false));
}

#[tokio::test]
async fn what_is_staged_is_brought_to_the_present_and_published_once() {
    let (installation, mut log) = settled().await;
    let (old, deps) = (old(&installation), deps(&installation, 2, &new_rules()));
    run(&deps, Mode::Stage).await.expect("a run");
    // The schedule goes on, by the old rules.
    let days_later = model::Clock::now_ms(&model::SystemClock) + 5 * DAY;
    for day in EPOCHS..EPOCHS + 3 {
        // It sweeps what nothing names, and deletes what is not needed any more.
        installation.clock.set(days_later + day * 2 * HOUR);
        seal(&installation, &mut log, day).await;
        let report = run(&old, Mode::Incremental).await.expect("a run");
        assert_eq!(report.events, 10, "it is not held up");
    }
    assert_eq!(clicks(&deps).await, (63, 0));
    let rows: Vec<_> = compare(&deps, By::Account).await.rows;
    assert_eq!(
        told(&rows[0]).1,
        [56, 0, 56, 28, 28, 28],
        "of all that is settled"
    );

    let before = newest(&deps).await;
    assert!(before.swept_ms >= days_later, "a sweep came by");
    let report = run(&deps, Mode::Publish).await.expect("a run");
    assert!(report.published && !report.changed.is_empty(), "{report:?}");
    let after = newest(&deps).await;
    assert_eq!(after.horizon, before.horizon, "it does not go back");
    assert_eq!((after.events_count, clicks(&deps).await), (70, (35, 28)));
    all_agree(&deps).await;
    // It is what a full run comes to.
    let full = run(&deps, Mode::Full).await.expect("a run");
    assert_eq!(full.changed, []);

    for mode in [Mode::Publish, Mode::Discard] {
        let again = run(&deps, mode).await;
        assert!(
            matches!(again, Err(RollupError::NothingStaged)),
            "{again:?}"
        );
    }
    assert_eq!(clicks(&deps).await, (35, 28));
}

#[tokio::test]
async fn one_can_go_back_from_what_was_published() {
    let (installation, mut log) = settled().await;
    let deps = deps(&installation, 2, &new_rules());
    run(&deps, Mode::Stage).await.expect("a run");
    run(&deps, Mode::Publish).await.expect("a run");
    seal(&installation, &mut log, EPOCHS).await;
    let old = old(&installation);
    run(&old, Mode::Incremental).await.expect("a run");
    let before = newest(&deps).await;
    run(&old, Mode::Back).await.expect("a run");
    let after = newest(&old).await;
    assert_eq!(after.horizon, before.horizon, "it does not go back");
    assert_eq!(clicks(&old).await, (45, 0));
    all_agree(&old).await;
    let staged = run(&old, Mode::Publish).await;
    assert!(
        matches!(staged, Err(RollupError::NothingStaged)),
        "{staged:?}"
    );
}

#[tokio::test]
async fn what_is_thrown_away_changes_no_number_and_leaves_no_file() {
    let (installation, mut log) = settled().await;
    let (old, deps) = (old(&installation), deps(&installation, 2, &new_rules()));
    let before = objects(&installation).await;
    run(&deps, Mode::Stage).await.expect("a run");
    let written = |name: &String| !before.contains(name) && !name.starts_with("ledger/");
    let staged: Vec<String> = objects(&installation)
        .await
        .into_iter()
        .filter(written)
        .collect();
    assert!(
        staged.iter().any(|name| name.starts_with("runs/")),
        "{staged:?}"
    );

    run(&deps, Mode::Discard).await.expect("a run");
    for mode in [Mode::Publish, Mode::Discard] {
        let again = run(&deps, mode).await;
        assert!(
            matches!(again, Err(RollupError::NothingStaged)),
            "{again:?}"
        );
    }
    assert_eq!(clicks(&old).await, (36, 0));
    // Whoever was reading it may go on for a while.
    let there = objects(&installation).await;
    assert!(
        staged
            .iter()
            .filter(|name| name.starts_with("runs/"))
            .all(|n| there.contains(n))
    );
    for hours in 1..4 {
        installation
            .clock
            .set(start() + 10 * DAY + 2 * hours * HOUR);
        seal(&installation, &mut log, EPOCHS + hours).await;
        run(&old, Mode::Incremental).await.expect("a run");
    }
    let there = objects(&installation).await;
    let left: Vec<_> = staged.iter().filter(|name| there.contains(*name)).collect();
    assert!(left.iter().all(|name| name.starts_with("bell")), "{left:?}");
    assert_eq!(clicks(&old).await, (63, 0));
    all_agree(&old).await;
    // One can begin anew.
    run(&deps, Mode::Stage).await.expect("a run");
    run(&deps, Mode::Publish).await.expect("a run");
    assert_eq!(clicks(&deps).await, (35, 28));
    all_agree(&deps).await;
}

#[tokio::test]
async fn it_is_published_by_the_rules_that_counted_it_alone() {
    let (installation, _) = settled().await;
    let (old, deps) = (old(&installation), deps(&installation, 2, &new_rules()));
    run(&deps, Mode::Stage).await.expect("a run");
    let refused = run(&old, Mode::Publish).await;
    assert!(
        matches!(refused, Err(RollupError::OtherRules { .. })),
        "{refused:?}"
    );
    let question = Question {
        account: None,
        by: By::Account,
        limit: 1,
    };
    let refused = diff(&old, &question).await;
    assert!(
        matches!(refused, Err(RollupError::OtherRules { .. })),
        "{refused:?}"
    );
    // Who counts anew by other rules takes its place, and can throw it away.
    run(&old, Mode::Stage).await.expect("a run");
    assert_eq!(compare(&old, By::Account).await.rows, []);
    let refused = run(&deps, Mode::Publish).await;
    assert!(
        matches!(refused, Err(RollupError::OtherRules { .. })),
        "{refused:?}"
    );
    run(&deps, Mode::Discard).await.expect("a run");
    assert_eq!(clicks(&old).await, (36, 0));
    all_agree(&old).await;
}

/// Who dies between ending what counts and saying so has thrown it away all the same.
#[tokio::test]
async fn a_discard_that_was_cut_off_is_harmless() {
    let (installation, _) = settled().await;
    let deps = deps(&installation, 2, &new_rules());
    run(&deps, Mode::Stage).await.expect("a run");
    let progress = Manifests::in_ledger(Arc::clone(&deps.env.store), "recounts");
    let staged = progress.latest().await.expect("one");
    let nothing = Manifest::default();
    let ended = progress.publish(&staged, &nothing, deps.env.stamp()).await;
    assert_eq!(ended.expect("an entry"), Appended::Yes);

    for mode in [Mode::Publish, Mode::Discard] {
        let nothing = run(&deps, mode).await;
        assert!(
            matches!(nothing, Err(RollupError::NothingStaged)),
            "{nothing:?}"
        );
    }
    run(&deps, Mode::Incremental).await.expect("a run");
    assert_eq!(clicks(&deps).await, (36, 0));
    run(&deps, Mode::Full).await.expect("a run");
    assert_eq!(clicks(&deps).await, (20, 16));
    all_agree(&deps).await;
}

/// Two that publish, or that publish and throw away: one of them is told so, and the numbers are of one of the two.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_at_once_are_harmless() {
    for other in [Mode::Publish, Mode::Discard, Mode::Full, Mode::Stage] {
        let (installation, mut log) = settled().await;
        let [one, two] = [2, 3].map(|seed| deps(&installation, seed, &new_rules()));
        run(&one, Mode::Stage).await.expect("a run");
        seal(&installation, &mut log, EPOCHS).await;
        run(&old(&installation), Mode::Incremental)
            .await
            .expect("a run");
        let (a, b) = tokio::join!(run(&one, Mode::Publish), run(&two, other));
        for done in [&a, &b] {
            let fits = matches!(
                done,
                Ok(_)
                    | Err(RollupError::Recounting
                        | RollupError::EndedByOthers
                        | RollupError::NothingStaged)
            );
            assert!(fits, "{other:?}: {done:?}");
        }
        assert!(a.is_ok() || b.is_ok(), "{other:?}: {a:?} {b:?}");
        let (counted, published) = (clicks(&one).await, newest(&one).await.recounted.is_some());
        let expected = if published { (25, 20) } else { (45, 0) };
        assert_eq!(counted, expected, "{other:?}");
        let events = query(&one, "SELECT event_id FROM events", 1_000).await;
        let events = events.expect("no file is gone");
        assert_eq!(events.iter().map(RecordBatch::num_rows).sum::<usize>(), 50);
    }
}

/// Rules of today, and what doors decide by.
fn by_the_doors(installation: &Installation, excluded: &str, lists: &str) -> RollupDeps {
    let networks = vec![excluded.parse().expect("a network")];
    RollupDeps {
        door_rules: Some(DoorRules {
            excluded: [(1, networks)].into(),
            lists: Some(lists.to_owned()),
        }),
        ..deps(installation, 2, &Arc::new(Rules::new().expect("rules")))
    }
}

/// What is excluded or listed later holds for all that was settled then, whoever reads it when, and for nothing that doors took
/// after it.
#[tokio::test]
async fn what_doors_decide_by_is_applied_to_what_they_took_before() {
    let (installation, mut log) = settled().await;
    let sly = "[[bots]]\nname = \"sly\"\nagents = [\"Slyfox/\"]";
    let elsewhere = by_the_doors(&installation, "192.0.2.0/24", sly);
    run(&elsewhere, Mode::Stage).await.expect("a run");
    let rows = compare(&elsewhere, By::Account).await.rows;
    assert_eq!(rows[0].why[0].bot, "list:sly");
    // Whoever has others by now wants those.
    let deps = by_the_doors(&installation, "198.51.100.0/24", "");
    run(&deps, Mode::Stage).await.expect("a run");
    let rows = compare(&deps, By::Account).await.rows;
    let rows: Vec<_> = rows.iter().map(told).collect();
    let excluded = vec![("excluded".to_owned(), 0, 32)];
    assert_eq!(rows, [(String::new(), [32, 0, 32, 0, 32, 0], excluded)]);
    // Its doors have not seen it excluded: live cells have counted it so, and so it is settled.
    seal(&installation, &mut log, EPOCHS).await;
    run(&old(&installation), Mode::Incremental)
        .await
        .expect("a run");
    run(&deps, Mode::Publish).await.expect("a run");
    assert_eq!(clicks(&deps).await, (9 + 4, 32));
    all_agree(&deps).await;
    // Nobody says anything of doors: what holds goes on to hold.
    seal(&installation, &mut log, EPOCHS + 1).await;
    let plain = old(&installation);
    run(&plain, Mode::Incremental).await.expect("a run");
    run(&plain, Mode::Full).await.expect("a run");
    assert_eq!(clicks(&plain).await, (13 + 9, 32));
    run(&plain, Mode::Back).await.expect("a run");
    assert_eq!(clicks(&plain).await, (22, 32));
}
