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

use crate::{installation::rollup, recount::all_agree};

const CUBES: [&str; 11] = [
    "minute", "total", "country", "browser", "os", "device", "referrer", "object", "currency",
    "campaign", "language",
];
/// In November 2026, after everything in it.
const NOW_MS: i64 = 1_795_700_000_000;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/stored/format-1")
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

fn expected(table: &str) -> String {
    let file = folder().join(format!("expected/{table}.txt"));
    fs::read_to_string(file).expect("a table")
}

async fn table(deps: &RollupDeps, cube: &str) -> String {
    let sql = format!(
        "SELECT entity, CAST(time AS BIGINT) AS ms, value, clicks, bot_clicks, views, bot_views, \
         conversions, CAST(value_micros AS BIGINT) AS value_micros FROM {cube} \
         ORDER BY entity, ms, value"
    );
    let rows = query(deps, &sql, 100_000).await.expect(cube);
    format!("{}\n", pretty_format_batches(&rows).expect("text"))
}

/// Entity, hour (unix milliseconds), whether it is a bot, visitor.
type Visits = BTreeSet<(String, i64, bool, u64)>;

fn expected_visits() -> Visits {
    let text = expected("visitors");
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
    let sql = "SELECT CAST(entity AS VARCHAR), day, visitor, people_early, people_late, bots_early, \
               bots_late FROM visits";
    let mut found = Visits::new();
    for batch in query(deps, sql, 100_000).await.expect("visits") {
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
    let lake = tempfile::tempdir().expect("a folder");
    copy(&folder().join("store"), lake.path());
    let store = store::open(&format!("file://{}", lake.path().display())).expect("a store");
    let installation = testing::Installation::on(store, NOW_MS);
    let rules = std::sync::Arc::new(Rules::new().expect("rules"));
    let deps = rollup(&installation, &rules, 1);

    let before = deps.manifests.latest().await.expect("one");
    assert_eq!((before.n, before.manifest.events_count), (2, 120));
    for cube in CUBES {
        assert_eq!(table(&deps, cube).await, expected(cube), "{cube}, as it is");
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
            expected(cube),
            "{cube}, taken over"
        );
    }
    assert_eq!(visits(&deps).await, expected_visits());
    // Cubes that the version before did not know are counted from raw.
    assert!(after.fillings.is_empty());
    assert!(model::CUBES.iter().all(|cube| after.is_whole(cube)));
    all_agree(&deps).await;
    // The version before needs both, and refuses what has them not.
    let written = serde_json::to_value(&*after).expect("JSON");
    assert!(written.get("views").is_none() && written.get("events").is_none());

    let report = run(&deps, Mode::Full).await.expect("a run");
    assert_eq!(report.changed, [], "a recount gives the same");
    for cube in CUBES {
        assert_eq!(
            table(&deps, cube).await,
            expected(cube),
            "{cube}, counted anew"
        );
    }
    let events = query(&deps, "SELECT event_id FROM events", 1000).await;
    let events = events.expect("events");
    assert_eq!(
        events.iter().map(|batch| batch.num_rows()).sum::<usize>(),
        120
    );
}
