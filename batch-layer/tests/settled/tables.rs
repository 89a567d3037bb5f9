//! The tables for people: whatever is added up of one of them is right, and each says whose its rows are.

use batch_layer::{ReportError, pretty_format_batches, query};
use model::{CUBES, Dimension};

use crate::{
    by_entity,
    installation::{DAY, Installation, start},
    recount::varied,
};

const COUNTED: [(&str, &str); 5] = [
    ("clicks", "type = 'click' AND bot IS NULL"),
    ("bot_clicks", "type = 'click' AND bot IS NOT NULL"),
    ("views", "type = 'view' AND bot IS NULL"),
    ("bot_views", "type = 'view' AND bot IS NOT NULL"),
    ("conversions", "type = 'conversion'"),
];
const DOCS: &str = include_str!("../../../docs/TABLES.md");

/// Names of the tables with sums.
fn sums() -> Vec<String> {
    let cubes = CUBES.iter().flat_map(by_entity::tables);
    let mut names: Vec<String> = cubes.map(|(table, _)| table).collect();
    names.push("stats".into());
    names
}

/// Names of all tables.
pub fn all() -> Vec<String> {
    let others = [
        "events",
        "duplicates",
        "account_visits",
        "campaign_visits",
        "object_visits",
    ];
    others
        .map(str::to_owned)
        .into_iter()
        .chain(sums())
        .collect()
}

async fn some() -> Installation {
    let mut installation = Installation::new(start() + 50 * DAY);
    for part in varied().chunks(23) {
        installation.take(part.to_vec()).await;
    }
    installation
}

async fn answer(installation: &Installation, sql: &str) -> String {
    let rows = query(&installation.deps, sql, 100_000).await.expect(sql);
    pretty_format_batches(&rows).expect("text").to_string()
}

/// What is counted, as SQL over `table`, by these columns.
async fn added_up(installation: &Installation, table: &str, by: &str) -> String {
    let columns: Vec<String> = COUNTED
        .iter()
        .map(|(name, only)| match table.starts_with("events") {
            true => format!("CAST(SUM(CASE WHEN {only} THEN 1 ELSE 0 END) AS BIGINT) AS {name}"),
            false => format!("CAST(SUM({name}) AS BIGINT) AS {name}"),
        })
        .collect();
    let columns = columns.join(", ");
    let sql = match by {
        "" => format!("SELECT {columns} FROM {table}"),
        _ => format!("SELECT {by}, {columns} FROM {table} GROUP BY {by} ORDER BY {by}"),
    };
    answer(installation, &sql).await
}

/// The events that a table counts.
fn counted_of(table: &str) -> &'static str {
    match table.starts_with("campaign_") {
        true => "events WHERE campaign IS NOT NULL",
        false => "events",
    }
}

#[tokio::test]
async fn sums_of_every_table_are_the_counts_of_events() {
    let installation = some().await;
    for table in sums() {
        let events = counted_of(&table);
        for by in ["", "account"] {
            let found = added_up(&installation, &table, by).await;
            assert_eq!(
                found,
                added_up(&installation, events, by).await,
                "{table} by {by}"
            );
        }
    }
    for (table, by) in [
        ("stats", "account, campaign, object"),
        ("stats", "campaign"),
        ("stats", "object"),
        ("account_object", "account, object"),
        ("account_campaign", "account, campaign"),
        ("campaign_object", "account, campaign, object"),
        ("campaign_total", "account, campaign"),
        ("object_total", "account, object"),
        ("object_minute", "object, time"),
        ("object_country", "account, object, country"),
        ("account_region", "account, region"),
        ("campaign_utm_source", "campaign, utm_source"),
        ("object_variant", "object, variant"),
        ("account_currency", "account, currency"),
    ] {
        let found = added_up(&installation, table, by).await;
        // A minute is the bucket, and a currency without a value is none.
        let events = match by.rsplit(' ').next() {
            Some("time") => "events_by AS (SELECT type, bot, object, date_trunc('minute', time) AS time FROM events)".to_owned(),
            Some("currency") => "events_by AS (SELECT type, bot, account, CASE WHEN value_micros IS NULL THEN '' ELSE currency END AS currency FROM events)".to_owned(),
            _ => format!("events_by AS (SELECT * FROM {})", counted_of(table)),
        };
        let wanted = counted_by(&installation, &events, by).await;
        assert_eq!(found, wanted, "{table} by {by}");
    }
}

/// The same of events as they are given.
async fn counted_by(installation: &Installation, events: &str, by: &str) -> String {
    let columns = COUNTED.map(|(name, only)| {
        format!("CAST(SUM(CASE WHEN {only} THEN 1 ELSE 0 END) AS BIGINT) AS {name}")
    });
    let columns = columns.join(", ");
    let sql =
        format!("WITH {events} SELECT {by}, {columns} FROM events_by GROUP BY {by} ORDER BY {by}");
    answer(installation, &sql).await
}

#[tokio::test]
async fn values_are_added_up_by_currency_and_are_nowhere_else() {
    let installation = some().await;
    let events = "SELECT currency, CAST(SUM(value_micros) AS BIGINT) AS v FROM events \
                  WHERE value_micros IS NOT NULL GROUP BY currency ORDER BY currency";
    let wanted = answer(&installation, events).await;
    assert!(wanted.contains("EUR"), "{wanted}");
    for level in ["account", "object"] {
        let sql = format!(
            "SELECT currency, CAST(SUM(value_micros) AS BIGINT) AS v FROM {level}_currency \
             WHERE currency <> '' GROUP BY currency ORDER BY currency"
        );
        assert_eq!(answer(&installation, &sql).await, wanted, "{level}");
    }
    let has_money = |name: &&String| {
        let ends = ["_currency", "_cost", "_money"];
        ends.iter().any(|end| name.ends_with(end))
    };
    for table in sums().iter().filter(|name| !has_money(name)) {
        let sql = format!("SELECT value_micros FROM {table}");
        assert!(query(&installation.deps, &sql, 1).await.is_err(), "{table}");
    }
}

#[tokio::test]
async fn a_visitor_is_there_once_a_day_for_each_entity() {
    let installation = some().await;
    for (level, only) in [
        ("account", ""),
        ("campaign", "AND campaign IS NOT NULL"),
        ("object", ""),
    ] {
        let distinct = format!(
            "SELECT account, COUNT(*) AS n FROM (SELECT DISTINCT account, {level} AS e, CAST(time AS DATE) AS day, visitor \
             FROM events WHERE type <> 'conversion' {only}) GROUP BY account ORDER BY account"
        );
        let rows = format!(
            "SELECT account, COUNT(*) AS n FROM {level}_visits GROUP BY account ORDER BY account"
        );
        let (distinct, rows) = (
            answer(&installation, &distinct).await,
            answer(&installation, &rows).await,
        );
        assert_eq!(rows, distinct, "{level}");
    }
}

#[tokio::test]
async fn every_row_says_its_account_and_every_column_is_documented() {
    let installation = some().await;
    for table in all() {
        let rows = query(&installation.deps, &format!("SELECT * FROM {table}"), 1)
            .await
            .expect(&table);
        let schema = rows[0].schema();
        let columns: Vec<&String> = schema.fields().iter().map(|field| field.name()).collect();
        assert!(
            DOCS.contains(&format!("`{table}`")),
            "{table} is not in docs/TABLES.md"
        );
        for column in &columns {
            assert!(
                DOCS.contains(&format!("`{column}`")),
                "{table}.{column} is not in docs/TABLES.md"
            );
        }
        let orphans = format!(
            "SELECT COUNT(*) AS n FROM {table} WHERE account IS NULL OR account NOT LIKE 'acc_%'"
        );
        let none = answer(&installation, "SELECT CAST(0 AS BIGINT) AS n").await;
        assert_eq!(answer(&installation, &orphans).await, none, "{table}");
    }
    for dimension in CUBES
        .iter()
        .filter(|cube| cube.dimension != Dimension::Total)
    {
        assert!(
            DOCS.contains(&format!("`{}`", dimension.name)),
            "{}",
            dimension.name
        );
    }
}

#[tokio::test]
async fn a_table_that_there_was_says_what_there_is_instead() {
    let installation = some().await;
    for (old, new) in [
        ("total", "account_total or campaign_total or object_total"),
        (
            "country",
            "account_country or campaign_country or object_country",
        ),
        ("object", "account_object or campaign_object"),
        ("campaign", "use account_campaign ("),
        (
            "visits",
            "account_visits or campaign_visits or object_visits",
        ),
    ] {
        for sql in [
            format!("SELECT * FROM {old}"),
            format!("SELECT 1 FROM events JOIN {} ON true", old.to_uppercase()),
        ] {
            let error = query(&installation.deps, &sql, 1).await.expect_err(&sql);
            assert!(matches!(error, ReportError::Renamed { .. }), "{error}");
            assert!(error.to_string().contains(new), "{error}");
        }
    }
    let own = "WITH total AS (SELECT 1 AS n) SELECT n FROM total";
    query(&installation.deps, own, 1)
        .await
        .expect("a name of the query's own");
}

#[tokio::test]
async fn an_error_is_told_once() {
    let installation = some().await;
    for sql in [
        "SELECT nothing FROM events",
        "SELECT",
        "SELECT arrow_cast('x', 'Int64') FROM events",
    ] {
        let error = query(&installation.deps, sql, 1).await.expect_err(sql);
        assert!(
            std::error::Error::source(&error).is_none(),
            "a source would be printed again: {error}"
        );
    }
}
