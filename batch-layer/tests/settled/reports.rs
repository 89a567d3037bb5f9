use batch_layer::{ReportError, query, run_report};
use datafusion::arrow::{array::AsArray, datatypes::Int64Type};
use handover::manifest::Manifest;
use model::{EntityId, EntityKind};
use object_store::{ObjectStoreExt, path::Path};

use crate::by_entity;
use crate::installation::{HOUR, Installation, conversion, filled, start};

const TABLES: [&str; 12] = [
    "events", "minute", "total", "country", "browser", "os", "device", "referrer", "object",
    "currency", "campaign", "visits",
];
/// Counts every event once.
const EVENTS: &str = "clicks + bot_clicks + views + bot_views + conversions";
const DAILY_LINKS: &str = include_str!("../../../jobs/reports/daily_links.sql");

#[tokio::test]
async fn the_daily_report_has_yesterday_as_csv_and_parquet() {
    let installation = filled(3).await;
    let deps = &installation.deps;
    let report = run_report(deps, "daily_links", DAILY_LINKS)
        .await
        .expect("a report");
    assert_eq!((report.manifest, report.rows), (1, 3));
    assert_eq!(
        report.csv,
        "reports/all/daily_links/2026-03-05T003000000Z.csv"
    );
    let csv = deps
        .env
        .store
        .get(&Path::from(report.csv))
        .await
        .expect("a file")
        .bytes()
        .await
        .expect("bytes");
    let id = |kind, raw| EntityId::new(kind, raw).to_string();
    let (one, two) = (id(EntityKind::Account, 1), id(EntityKind::Account, 2));
    let (ten, eleven, goal) = (
        id(EntityKind::Link, 10),
        id(EntityKind::Link, 11),
        id(EntityKind::Goal, 20),
    );
    let expected = format!(
        "account,object,day,clicks,bot_clicks,conversions\n\
         {one},{goal},2026-03-04,0,0,1\n\
         {one},{ten},2026-03-04,60,24,0\n\
         {two},{eleven},2026-03-04,24,0,0\n"
    );
    assert_eq!(String::from_utf8_lossy(&csv), expected);
    let parquet = deps
        .env
        .store
        .get(&Path::from(report.parquet))
        .await
        .expect("a file")
        .bytes()
        .await
        .expect("bytes");
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(parquet, 100)
        .expect("Parquet");
    assert_eq!(
        reader
            .map(|batch| batch.expect("rows").num_rows())
            .sum::<usize>(),
        3
    );
}

#[tokio::test]
async fn without_events_every_table_is_there_and_empty() {
    let installation = Installation::new(start());
    for table in crate::tables::all() {
        let rows = query(&installation.deps, &format!("SELECT * FROM {table}"), 10)
            .await
            .expect(&table);
        assert!(rows.iter().all(|batch| batch.num_rows() == 0), "{table}");
    }
    let report = run_report(&installation.deps, "daily_links", DAILY_LINKS)
        .await
        .expect("a report");
    assert_eq!((report.manifest, report.rows), (0, 0));
    let csv = installation
        .deps
        .env
        .store
        .get(&Path::from(report.csv))
        .await
        .expect("a file")
        .bytes()
        .await;
    assert_eq!(
        &csv.expect("bytes")[..],
        b"account,object,day,clicks,bot_clicks,conversions\n"
    );
}

#[tokio::test]
async fn every_table_has_what_the_manifest_says() {
    let mut installation = filled(2).await;
    installation
        .take(vec![conversion(1, 20, start() + 9 * HOUR)])
        .await;
    let manifest = installation
        .deps
        .manifests
        .latest()
        .await
        .expect("a manifest")
        .manifest;
    for table in TABLES {
        let rows = rows(&manifest, table);
        assert!(rows > 0 || table == "currency", "{table}");
        let sum = match table {
            "events" | "visits" => "COUNT(*)".to_owned(),
            _ => format!("SUM(CASE WHEN entity LIKE 'acc_%' THEN {EVENTS} ELSE 0 END)"),
        };
        let all = match table {
            "events" => "SELECT * FROM events".to_owned(),
            "visits" => by_entity::visits(),
            cube => by_entity::rows(cube),
        };
        let sql = format!("SELECT CAST({sum} AS BIGINT) FROM ({all})");
        let found = query(&installation.deps, &sql, 1).await.expect(table);
        let found = found.iter().find(|batch| batch.num_rows() > 0);
        let number = found.expect("a row").column(0).as_primitive::<Int64Type>();
        let number = number.iter().flatten().next().unwrap_or(0);
        assert_eq!(number as u64, rows, "{table}");
    }
}

#[tokio::test]
async fn a_query_ends_at_its_limit_and_sees_the_injected_time() {
    let installation = filled(1).await;
    let deps = &installation.deps;
    for limit in [0, 1, 7] {
        let rows = query(deps, "SELECT * FROM events ORDER BY time", limit)
            .await
            .expect("rows");
        assert_eq!(
            rows.iter().map(|batch| batch.num_rows()).sum::<usize>(),
            limit
        );
    }
    let rows = query(
        deps,
        "SELECT 1 WHERE now() = TIMESTAMP '2026-03-03T00:30:00Z'",
        9,
    )
    .await
    .expect("rows");
    assert_eq!(rows.iter().map(|batch| batch.num_rows()).sum::<usize>(), 1);
    assert!(
        query(deps, "EXPLAIN SELECT COUNT(*) FROM account_minute", 9)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn whatever_is_not_one_reading_query_is_refused() {
    let installation = filled(1).await;
    let target = tempfile::tempdir().expect("a folder");
    let file = target.path().join("x.csv");
    let copy = format!("COPY (SELECT 1) TO '{}'", file.display());
    let external = format!(
        "CREATE EXTERNAL TABLE x STORED AS PARQUET LOCATION '{}'",
        file.display()
    );
    for sql in [
        copy.as_str(),
        external.as_str(),
        "CREATE TABLE x AS SELECT * FROM events",
        "CREATE VIEW x AS SELECT * FROM events",
        "DROP TABLE events",
        "INSERT INTO stats SELECT * FROM stats",
        "DELETE FROM events",
        "UPDATE events SET bot = NULL",
        "SET datafusion.execution.batch_size = 1",
        "PREPARE p AS SELECT 1",
        "EXPLAIN INSERT INTO stats SELECT * FROM stats",
        "BEGIN",
        "SELECT 1; SELECT 2",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM nowhere",
        "nonsense",
        "",
    ] {
        let error = query(&installation.deps, sql, 5).await.expect_err(sql);
        assert!(matches!(error, ReportError::Sql { .. }), "{sql}: {error}");
        assert!(
            error
                .to_string()
                .contains("give one SELECT over events, duplicates, stats, or account_"),
            "{error}"
        );
    }
    assert!(!file.exists());
}

#[tokio::test]
async fn a_report_needs_a_name_that_fits_in_a_key() {
    let installation = Installation::new(start());
    for name in ["", "../x", "a/b", ".hidden", "ä"] {
        let error = run_report(&installation.deps, name, "SELECT 1")
            .await
            .expect_err(name);
        assert!(matches!(error, ReportError::Name(_)), "{error}");
    }
}

/// What the manifest says: of cubes in how many events were counted for accounts, otherwise rows.
fn rows(manifest: &Manifest, table: &str) -> u64 {
    match table {
        "events" => manifest.events().map(|events| events.file.rows).sum(),
        "visits" => manifest.visits.iter().map(|file| file.file.rows).sum(),
        cube => {
            let cube = model::CUBES
                .iter()
                .find(|c| c.name == cube)
                .expect("a cube");
            let totals = manifest.sums.iter().flat_map(|file| &file.totals);
            let totals = totals.filter(|total| total.cube == cube.id);
            totals.map(|total| total.accounts as u64).sum()
        }
    }
}
