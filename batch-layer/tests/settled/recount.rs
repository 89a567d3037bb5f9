//! Every cube against SQL over the table of events: the definition that people read, by an engine that
//! shares nothing with our fold.

use batch_layer::{RollupDeps, pretty_format_batches, query};
use model::{CUBES, Cube, EntityKind, Event, EventKind, Measure, Status};

use crate::by_entity;
use crate::installation::{DAY, HOUR, Installation, bot_click, click, conversion, start};

const MOST: usize = 1_000_000;

/// The rows of a cube as SQL over events: for each entity, bucket and value.
fn recounted(cube: &Cube) -> String {
    let (value, condition) = cube.dimension.sql();
    let width = cube.grain.minutes() * 60_000;
    let measures: Vec<String> = Measure::ALL
        .iter()
        .map(|m| format!("CAST(SUM({}) AS BIGINT) AS {}", m.sql(cube), m.column()))
        .collect();
    let kinds = [
        ("account", EntityKind::Account),
        ("campaign", EntityKind::Campaign),
        ("object", EntityKind::Link),
        // Conversions count for the link, too, that led to them.
        ("link", EntityKind::Link),
    ];
    let kept = kinds.into_iter().filter(|(_, kind)| cube.is_for(*kind));
    let parts: Vec<String> = kept
        .map(|(entity, _)| {
            format!(
                "SELECT {entity} AS entity, CAST(time AS BIGINT) / {width} * {width} AS ms, \
                 {value} AS value, {} FROM events WHERE {entity} IS NOT NULL AND {condition} \
                 GROUP BY 1, 2, 3",
                measures.join(", ")
            )
        })
        .collect();
    let sums: Vec<String> = Measure::ALL
        .iter()
        .map(|m| format!("SUM({0}) AS {0}", m.column()))
        .collect();
    format!(
        "SELECT entity, ms, value, {} FROM ({}) GROUP BY 1, 2, 3",
        sums.join(", "),
        parts.join(" UNION ALL ")
    )
}

/// Compares all of them.
pub async fn all_agree(deps: &RollupDeps) {
    agree(deps, &[]).await;
}

/// Compares all but some: those of columns that the files of events are older than.
pub async fn agree(deps: &RollupDeps, newer: &[&str]) {
    let names: Vec<&str> = Measure::ALL.iter().map(|m| m.column()).collect();
    for cube in CUBES.iter().filter(|cube| !newer.contains(&cube.name)) {
        let text = async |rows: &str| {
            let sql = format!(
                "SELECT CAST(entity AS VARCHAR) AS entity, ms, CAST(value AS VARCHAR) AS value, {} \
                 FROM ({rows}) ORDER BY 1, 2, 3",
                names.join(", ")
            );
            let rows = query(deps, &sql, MOST).await.expect(cube.name);
            pretty_format_batches(&rows).expect("text").to_string()
        };
        let cast: Vec<String> = names
            .iter()
            .map(|name| format!("CAST({name} AS BIGINT) AS {name}"))
            .collect();
        let kept = format!(
            "SELECT entity, CAST(time AS BIGINT) AS ms, value, {} FROM ({})",
            cast.join(", "),
            by_entity::rows(cube.name)
        );
        let (kept, recounted) = (text(&kept).await, text(&recounted(cube)).await);
        assert!(kept == recounted, "{}:\n{kept}\n{recounted}", cube.name);
    }
}

/// Events that differ in everything that numbers are split by.
pub fn varied() -> Vec<Event> {
    let some = |list: &[&str], n: i64| list[n as usize % list.len()].to_owned();
    let vary = |(n, event): (i64, Event)| Event {
        campaign: (n % 3 == 0).then_some(6 + event.account),
        country: some(&["", "DE", "AT", "US"], n),
        region: some(&["", "", "BY"], n),
        city: some(&["", "Graz", "", "Wien"], n),
        referrer: some(
            &["", "https://www.google.com/", "https://news.example/a"],
            n,
        ),
        accept_language: some(&["de", "en-US,en", ""], n / 2),
        variant: some(&["", "", "b"], n / 3),
        rule: some(&["", "", "a", "2"], n / 5),
        trigger: some(&["", "link", "qr"], n),
        utm: match n % 4 {
            0 => ["news", "mail", "spring", "", ""]
                .map(str::to_owned)
                .to_vec(),
            1 => ["", "", "autumn", "", ""].map(str::to_owned).to_vec(),
            _ => Vec::new(),
        },
        value_micros: (event.kind == 2).then_some(n - 50),
        currency: some(&["EUR", "USD"], n),
        ..event
    };
    let each = (0..200i64).map(|n| {
        let at = start() + n % 40 * DAY + n * HOUR / 7;
        let event = match n % 5 {
            0 => bot_click(1 + n as u64 % 2, 10 + n as u64 % 2, at),
            1 => conversion(1, 20, at),
            _ => click(1 + n as u64 % 2, 10 + n as u64 % 4, at),
        };
        (n, event)
    });
    each.map(vary).collect()
}

/// Clicks that cost something, and conversions that belong to a link and take back what was.
fn sold((n, event): (i64, Event)) -> Event {
    let status = |n: i64| Status::ALL[n as usize % 3] as i32;
    match event.kind() {
        EventKind::Conversion => Event {
            link: (n % 4 != 0).then_some(10 + n as u64 % 4),
            status: status(n),
            taken_back: (n % 7 < 3).then_some(status(n / 2)),
            adjusts: n % 11 == 0,
            ..event
        },
        _ => Event {
            cost_micros: (n % 3 == 0).then_some(n + 1),
            cost_currency: if n % 3 == 0 {
                "USD".into()
            } else {
                String::new()
            },
            domain: if n % 6 == 0 {
                "go.example".into()
            } else {
                String::new()
            },
            ..event
        },
    }
}

#[tokio::test]
async fn cubes_are_what_their_sql_says() {
    let mut installation = Installation::new(start() + 50 * DAY);
    let events: Vec<Event> = (0..).zip(varied()).map(sold).collect();
    for part in events.chunks(23) {
        installation.take(part.to_vec()).await;
    }
    all_agree(&installation.deps).await;
}
