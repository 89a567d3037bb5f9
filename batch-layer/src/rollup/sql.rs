//! The SQL of the views, made from the cube definitions. Pure.

use model::{CUBES, Cube, EntityKind, Measure, time};

/// Name of the table of new events, and of the table of rows they are added to.
pub(super) const FRESH: &str = "fresh";
pub(super) const OLD: &str = "old";

/// Milliseconds of `time` cut down to buckets of `minutes`. Whole-number arithmetic in UTC: the
/// engine's own bucketing disagrees with itself on zoned timestamps. Times are after 1970.
fn bucket(minutes: i64) -> String {
    let width = minutes * 60_000;
    format!("(CAST(time AS BIGINT) / {width}) * {width}")
}

/// The fresh events once per entity they count for, of those kinds that `is_for` tells.
fn per_entity(columns: &str, condition: &str, is_for: impl Fn(EntityKind) -> bool) -> String {
    let select = |entity: &str, condition: &str| {
        format!("SELECT {entity} AS entity, {columns} FROM {FRESH} WHERE {condition}")
    };
    let mut parts = Vec::new();
    if is_for(EntityKind::Account) {
        parts.push(select("account", condition));
    }
    if is_for(EntityKind::Campaign) {
        parts.push(select(
            "campaign",
            &format!("campaign IS NOT NULL AND {condition}"),
        ));
    }
    if is_for(EntityKind::Link) {
        parts.push(select("object", condition));
    }
    parts.join(" UNION ALL ")
}

/// The rows of a cube's view: what the fresh events add to the old rows, by day, entity, bucket
/// and value.
pub(super) fn cube(cube: &Cube, with_old: bool) -> String {
    let (value, condition) = cube.dimension.sql();
    let measures: Vec<String> = Measure::ALL
        .iter()
        .map(|m| format!("{} AS {}", m.sql(cube), m.column()))
        .collect();
    let names: Vec<&str> = Measure::ALL.iter().map(|m| m.column()).collect();
    let names = names.join(", ");
    let columns = format!(
        "{} AS bucket, {value} AS value, {}",
        bucket(cube.grain.minutes()),
        measures.join(", ")
    );
    let mut rows = per_entity(&columns, condition, |kind| cube.is_for(kind));
    if with_old {
        rows += &format!(
            " UNION ALL SELECT entity, CAST(time AS BIGINT) AS bucket, value, {names} FROM {OLD}"
        );
    }
    let sums: Vec<String> = Measure::ALL
        .iter()
        .map(|m| format!("SUM({0}) AS {0}", m.column()))
        .collect();
    format!(
        "SELECT entity, bucket AS time, value, {} FROM ({rows}) GROUP BY entity, bucket, value ORDER BY bucket / {}, entity, bucket, value",
        sums.join(", "),
        time::DAY * 60_000,
    )
}

/// The rows of the view of visitors: who was there in which hour, once.
pub(super) fn visitors(with_old: bool) -> String {
    let columns = format!(
        "{} AS bucket, bot IS NOT NULL AS bot, visitor",
        bucket(time::HOUR)
    );
    let mut rows = per_entity(&columns, "type <> 'conversion' AND visitor <> 0", |_| true);
    if with_old {
        rows += &format!(
            " UNION ALL SELECT entity, CAST(time AS BIGINT) AS bucket, bot, visitor FROM {OLD}"
        );
    }
    format!(
        "SELECT entity, bucket AS time, bot, visitor FROM ({rows}) GROUP BY entity, bucket, bot, visitor ORDER BY bucket / {}, entity, bucket, bot, visitor",
        time::DAY * 60_000,
    )
}

/// Every event with a key that could not be checked for one of them; by key. Those are few. Tables
/// of keys: [`FRESH`], and [`OLD`] from `since_ms` on.
pub(super) fn unsure_keys(since_ms: i64) -> String {
    let columns = "account, key, log, seq, time, received, unchecked";
    format!(
        "WITH near AS (SELECT {columns} FROM {FRESH} UNION ALL SELECT {columns} FROM {OLD} \
         WHERE CAST(received AS BIGINT) >= {since_ms}), \
         unsure AS (SELECT DISTINCT account AS a, key AS k FROM near WHERE unchecked) \
         SELECT {columns} FROM unsure JOIN near ON account = a AND key = k ORDER BY account, key"
    )
}

/// Distinct visitors of a month, exact, over the month's view of visitors in [`OLD`].
pub(super) fn month_uniques(start_ms: i64) -> String {
    format!(
        "SELECT entity, 'month' AS grain, CAST({start_ms} AS BIGINT) AS time, \
         CAST(COUNT(DISTINCT CASE WHEN NOT bot THEN visitor END) AS BIGINT UNSIGNED) AS people, \
         CAST(COUNT(DISTINCT visitor) AS BIGINT UNSIGNED) AS everyone, \
         CAST(NULL AS BYTEA) AS people_sketch, CAST(NULL AS BYTEA) AS bots_sketch \
         FROM {OLD} GROUP BY entity ORDER BY entity"
    )
}

/// How many rows of two versions of a view are not in both. Tables [`FRESH`] and [`OLD`].
pub(super) fn difference() -> String {
    let names: Vec<&str> = Measure::ALL.iter().map(|m| m.column()).collect();
    let columns = format!("entity, time, value, {}", names.join(", "));
    let only = |a: &str, b: &str| {
        format!("(SELECT {columns} FROM {a} EXCEPT ALL SELECT {columns} FROM {b})")
    };
    format!(
        "SELECT COUNT(*) AS n FROM (SELECT * FROM {} UNION ALL SELECT * FROM {})",
        only(FRESH, OLD),
        only(OLD, FRESH)
    )
}

/// Names of all views that are made of cubes.
pub(super) fn cube_names() -> impl Iterator<Item = &'static str> {
    CUBES.iter().map(|c| c.name)
}
