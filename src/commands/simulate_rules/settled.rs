//! Clicks that batch has settled: rows of the table `events`, folded as they are read.

use std::sync::Arc;

use anyhow::Context;
use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    compute::cast,
    datatypes::{DataType, Int64Type, UInt64Type},
};
use batch_layer::RollupDeps;
use catalog::routing::Visit;
use handover::manifest::Manifest;

use super::{By, Told};

/// Leads all of them anew; tells of which manifest they are.
pub(super) async fn read(deps: &RollupDeps, by: &By) -> anyhow::Result<(Told, Arc<Manifest>)> {
    let mut told = Told::default();
    let mut done = Ok(());
    let take = |batch: RecordBatch| {
        if done.is_ok() {
            done = add(&mut told, &batch, by);
        }
    };
    let manifest = batch_layer::each_row(deps, &question(by), take).await?;
    done?;
    Ok((told, manifest))
}

/// What a click says to rules, column by column: texts first.
const TEXTS: [&str; 23] = [
    "country",
    "region",
    "city",
    "continent",
    "device_type",
    "os",
    "browser",
    "language",
    "referrer_host",
    "network",
    "rule",
    "variant",
    "bot",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "sub1",
    "sub2",
    "sub3",
    "sub4",
    "sub5",
];

fn question(by: &By) -> String {
    let (link, since_ms) = (&by.link, by.since_ms);
    let texts = TEXTS.map(|name| format!("CAST({name} AS VARCHAR) AS {name}"));
    format!(
        "SELECT {}, visitor, seq, CAST(time AS BIGINT) AS ms FROM events WHERE object = '{}' AND type = 'click' \
         AND CAST(time AS BIGINT) >= {since_ms}",
        texts.join(", "),
        link.id
    )
}

/// Leads the clicks of a batch anew.
fn add(told: &mut Told, batch: &RecordBatch, by: &By) -> anyhow::Result<()> {
    let texts = TEXTS.map(|name| column(batch, name, &DataType::Utf8));
    let texts: Vec<ArrayRef> = texts.into_iter().collect::<anyhow::Result<_>>()?;
    let text = |name: &str, row: usize| -> &str {
        let place = TEXTS.iter().position(|known| *known == name);
        let column = place.map(|place| texts[place].as_string::<i32>());
        column
            .filter(|column| column.is_valid(row))
            .map_or("", |column| column.value(row))
    };
    let visitors = column(batch, "visitor", &DataType::UInt64)?;
    let seqs = column(batch, "seq", &DataType::UInt64)?;
    let times = column(batch, "ms", &DataType::Int64)?;
    for row in 0..batch.num_rows() {
        let query: Vec<(String, String)> = TEXTS[13..23]
            .iter()
            .map(|name| ((*name).to_owned(), text(name, row).to_owned()))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let network = text("network", row).split('/').next().unwrap_or_default();
        let visit = Visit {
            country: text("country", row),
            region: text("region", row),
            city: text("city", row),
            continent: text("continent", row),
            device: text("device_type", row),
            os: text("os", row),
            browser: text("browser", row),
            language: text("language", row),
            referrer_host: text("referrer_host", row),
            query: &query,
            ip: network.parse().ok(),
            bot: !text("bot", row).is_empty(),
            link: by.link.id.raw,
            visitor: visitors.as_primitive::<UInt64Type>().value(row),
            chance: seqs.as_primitive::<UInt64Type>().value(row),
            at_ms: times.as_primitive::<Int64Type>().value(row),
            timezone: by.zone,
        };
        let before = (
            text("rule", row).to_owned(),
            text("variant", row).to_owned(),
        );
        told.add(&by.link, &visit, before);
        told.settled += 1;
    }
    Ok(())
}

/// A column, as this type.
fn column(batch: &RecordBatch, name: &str, kind: &DataType) -> anyhow::Result<ArrayRef> {
    let column = batch.column_by_name(name);
    let column = column.with_context(|| format!("the events have no column {name}"))?;
    Ok(cast(column, kind)?)
}
