//! What was sent, as a Parquet file: others count it, too.

use std::{fs::File, ops::Range, path::Path, sync::Arc};

use anyhow::Context;
use arrow::{
    array::{
        ArrayRef, BooleanArray, Int64Array, RecordBatch, StringDictionaryBuilder, UInt32Array,
    },
    datatypes::Int32Type,
};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};
use testdata::traffic::{Hit, Kind, Traffic};

/// Events of one batch of rows.
const ROWS: u64 = 100_000;

/// Writes the events of a range.
pub(super) fn write(path: &Path, traffic: &Traffic, range: Range<u64>) -> anyhow::Result<()> {
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    let zstd = Compression::ZSTD(ZstdLevel::try_new(1)?);
    let properties = WriterProperties::builder().set_compression(zstd).build();
    let mut writer = ArrowWriter::try_new(file, batch(traffic, 0..0)?.schema(), Some(properties))?;
    let mut from = range.start;
    while from < range.end {
        let upto = range.end.min(from + ROWS);
        writer.write(&batch(traffic, from..upto)?)?;
        from = upto;
    }
    writer.close()?;
    Ok(())
}

fn batch(traffic: &Traffic, range: Range<u64>) -> anyhow::Result<RecordBatch> {
    let hits: Vec<Hit> = range.map(|n| traffic.hit(n)).collect();
    let numbers = |of: fn(&Hit) -> u32| -> ArrayRef {
        Arc::new(hits.iter().map(of).collect::<UInt32Array>())
    };
    let mut country = StringDictionaryBuilder::<Int32Type>::new();
    let mut referrer = StringDictionaryBuilder::<Int32Type>::new();
    for hit in &hits {
        country.append_value(traffic.country(hit));
        referrer.append_value(traffic.referrer(hit));
    }
    let cents = |hit: &Hit| match hit.kind {
        Kind::Sale(cents) => Some(i64::from(cents)),
        Kind::Click | Kind::Crawl => None,
    };
    let bot = |hit: &Hit| Some(hit.kind == Kind::Crawl);
    Ok(RecordBatch::try_from_iter_with_nullable([
        ("account", numbers(|hit| hit.account), false),
        ("link", numbers(|hit| hit.link), false),
        ("person", numbers(|hit| hit.person), false),
        (
            "at_ms",
            Arc::new(hits.iter().map(|hit| hit.at_ms).collect::<Int64Array>()) as ArrayRef,
            false,
        ),
        (
            "bot",
            Arc::new(hits.iter().map(bot).collect::<BooleanArray>()),
            false,
        ),
        (
            "cents",
            Arc::new(hits.iter().map(cents).collect::<Int64Array>()),
            true,
        ),
        ("country", Arc::new(country.finish()), false),
        ("referrer", Arc::new(referrer.finish()), false),
    ])?)
}
