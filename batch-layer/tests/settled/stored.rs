//! What earlier versions stored is read, taken over, and counts as it did.

use std::{collections::BTreeSet, fs, path::Path};

use batch_layer::{Mode, RollupDeps, pretty_format_batches, query, run};
use datafusion::arrow::{
    array::AsArray,
    datatypes::{Date32Type, UInt32Type, UInt64Type},
};
use enrich::Rules;
use handover::runs::Quarters;
use storage::store;

use crate::{
    by_entity,
    installation::rollup,
    recount::{agree, all_agree},
};

const CUBES: [&str; 11] = [
    "minute", "total", "country", "browser", "os", "device", "referrer", "object", "currency",
    "campaign", "language",
];
/// In November 2026, after everything in it.
const NOW_MS: i64 = 1_795_700_000_000;

fn folder(format: u32) -> std::path::PathBuf {
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/stored");
    stored.join(format!("format-{format}"))
}

/// An installation on a copy of what a format stored; the copy goes with the folder.
fn installation(format: u32) -> (RollupDeps, tempfile::TempDir) {
    let lake = tempfile::tempdir().expect("a folder");
    copy(&folder(format).join("store"), lake.path());
    let store = store::open(&format!("file://{}", lake.path().display())).expect("a store");
    let installation = testing::Installation::on(store, NOW_MS);
    let rules = std::sync::Arc::new(Rules::new().expect("rules"));
    (rollup(&installation, &rules, 1), lake)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        match entry.file_type().expect("a type").is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).expect("a copy")),
        }
    }
}

fn expected(format: u32, table: &str) -> String {
    let file = folder(format).join(format!("expected/{table}.txt"));
    fs::read_to_string(file).expect("a table")
}

async fn table(deps: &RollupDeps, cube: &str) -> String {
    let sql = format!(
        "SELECT entity, CAST(time AS BIGINT) AS ms, value, clicks, bot_clicks, views, bot_views, \
         conversions, CAST(value_micros AS BIGINT) AS value_micros FROM ({}) \
         ORDER BY entity, ms, value",
        by_entity::rows(cube)
    );
    let rows = query(deps, &sql, 100_000).await.expect(cube);
    format!("{}\n", pretty_format_batches(&rows).expect("text"))
}

/// Entity, hour (unix milliseconds), whether it is a bot, visitor.
type Visits = BTreeSet<(String, i64, bool, u64)>;

fn expected_visits() -> Visits {
    let text = expected(1, "visitors");
    let rows = text.lines().filter(|line| line.contains('_'));
    rows.map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let number = |text: &str| text.parse::<u64>().expect("a number");
        let (hour, bot) = (number(cells[2]) as i64, cells[3] == "true");
        (cells[1].to_owned(), hour, bot, number(cells[4]))
    })
    .collect()
}

async fn visits(deps: &RollupDeps) -> Visits {
    let sql = format!(
        "SELECT CAST(entity AS VARCHAR), day, visitor, people_early, people_late, bots_early, bots_late \
         FROM ({})",
        by_entity::visits()
    );
    let mut found = Visits::new();
    for batch in query(deps, &sql, 100_000).await.expect("visits") {
        let entities = datafusion::arrow::compute::cast(
            batch.column(0),
            &datafusion::arrow::datatypes::DataType::Utf8,
        );
        let entities = entities.expect("texts");
        let days = batch.column(1).as_primitive::<Date32Type>();
        let visitors = batch.column(2).as_primitive::<UInt64Type>();
        for row in 0..batch.num_rows() {
            for (bot, column) in [(false, 3), (true, 5)] {
                let early = batch.column(column).as_primitive::<UInt64Type>().value(row);
                let late = batch.column(column + 1).as_primitive::<UInt32Type>();
                let quarters = Quarters::join(early, late.value(row));
                let hours = (0..24i64).filter(|hour| quarters.0 >> (hour * 4) & 15 != 0);
                let entity = entities.as_string::<i32>().value(row);
                let day = i64::from(days.value(row)) * 86_400_000;
                found.extend(hours.map(|hour| {
                    let at = day + hour * 3_600_000;
                    (entity.to_owned(), at, bot, visitors.value(row))
                }));
            }
        }
    }
    found
}

#[tokio::test]
async fn the_first_format_is_read_and_taken_over() {
    let (deps, _lake) = installation(1);
    let before = deps.manifests.latest().await.expect("one");
    assert_eq!((before.n, before.manifest.events_count), (2, 120));
    for cube in CUBES {
        assert_eq!(
            table(&deps, cube).await,
            expected(1, cube),
            "{cube}, as it is"
        );
    }
    assert!(
        model::CUBES
            .iter()
            .any(|cube| !before.manifest.is_whole(cube))
    );

    let report = run(&deps, Mode::Incremental).await.expect("a run");
    assert!(report.published && report.events == 0, "{report:?}");
    let after = deps.manifests.latest().await.expect("one").manifest;
    assert!(after.day_views.is_empty(), "all day files are taken over");
    assert_eq!(
        after.dropped.len(),
        40,
        "each is dropped, and none yet deleted"
    );
    for cube in CUBES {
        assert_eq!(
            table(&deps, cube).await,
            expected(1, cube),
            "{cube}, taken over"
        );
    }
    assert_eq!(visits(&deps).await, expected_visits());
    // Cubes that the version before did not know are counted from raw.
    assert!(after.fillings.is_empty());
    assert!(model::CUBES.iter().all(|cube| after.is_whole(cube)));
    agree(&deps, &["referrer_domain"]).await;
    // The version before needs both, and refuses what has them not.
    let written = serde_json::to_value(&*after).expect("JSON");
    assert!(written.get("views").is_none() && written.get("events").is_none());

    let report = run(&deps, Mode::Full).await.expect("a run");
    assert_eq!(report.changed, [], "a recount gives the same");
    for cube in CUBES {
        assert_eq!(
            table(&deps, cube).await,
            expected(1, cube),
            "{cube}, counted anew"
        );
    }
    let events = query(&deps, "SELECT event_id FROM events", 1000).await;
    let events = events.expect("events");
    assert_eq!(
        events.iter().map(|batch| batch.num_rows()).sum::<usize>(),
        120
    );
    all_agree(&deps).await;
}

#[tokio::test]
async fn the_second_format_is_read_and_gone_on_from() {
    const TABLES: [&str; 8] = [
        "total",
        "country",
        "object",
        "currency",
        "campaign",
        "language",
        "channel",
        "device_type",
    ];
    let (deps, _lake) = installation(2);
    let before = deps.manifests.latest().await.expect("one");
    assert_eq!((before.n, before.manifest.events_count), (9, 140));
    let as_it_was = async |when: &str| {
        for cube in TABLES {
            assert_eq!(
                table(&deps, cube).await,
                expected(2, cube),
                "{cube}, {when}"
            );
        }
        let sql = format!("SELECT * FROM ({}) ORDER BY 1, 2, 3", by_entity::visits());
        let visits = query(&deps, &sql, 100_000).await;
        let text = pretty_format_batches(&visits.expect("visits")).expect("text");
        assert_eq!(format!("{text}\n"), expected(2, "visits"), "visits, {when}");
    };
    as_it_was("as it is").await;

    let report = run(&deps, Mode::Full).await.expect("a run");
    // Cubes that the version before did not know had nothing yet.
    let was_whole = |cube: &str| {
        let cube = model::CUBES.iter().find(|known| known.name == cube);
        cube.is_some_and(|cube| before.manifest.is_whole(cube))
    };
    let changed = report.changed.iter().filter(|(cube, _)| was_whole(cube));
    assert_eq!(
        changed.count(),
        0,
        "a recount gives the same: {:?}",
        report.changed
    );
    as_it_was("counted anew").await;
    let ledger = &deps.manifests.ledger;
    let stored = ledger
        .latest::<serde_json::Value>()
        .await
        .expect("an entry");
    let stored = stored.expect("one").body;
    assert_eq!(stored["format"], 6, "programs of format 2 refuse it");
    assert!(
        stored["sums"]
            .as_array()
            .is_some_and(|sums| !sums.is_empty())
    );
    all_agree(&deps).await;
}
