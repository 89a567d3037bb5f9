//! Enriched events as Parquet, by the day they were received: the table that data scientists read.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{
            ArrayRef, BooleanBuilder, Int64Builder, RecordBatch, StringBuilder,
            TimestampMillisecondBuilder, UInt32Builder, UInt64Builder,
        },
        datatypes::{DataType, Field, Schema},
    },
    parquet::{
        arrow::ArrowWriter,
        basic::{Compression, ZstdLevel},
        file::properties::WriterProperties,
    },
};
use handover::{manifest::EventsFile, views::time_type};
use model::time;
use storage::object_keys::ObjectKey;

use super::{chunks::Enriched, deps::RollupError, write::Writer};

/// Events of one day as a file.
pub(super) struct Encoded {
    bytes: Vec<u8>,
    rows: u64,
    received: i64,
    first_ms: i64,
    last_ms: i64,
}

/// Puts events in the order of their files.
pub(super) fn sort(rows: &mut [Enriched]) {
    rows.sort_by_cached_key(|r| {
        let event = &r.record.event;
        (
            received(r),
            event.account,
            event.object,
            event.occurred_ms,
            r.log,
            r.record.seq,
        )
    });
}

/// Sorted events, a file for each day on which some were received.
pub(super) fn encode(rows: &[Enriched]) -> Result<Vec<Encoded>, RollupError> {
    let days = rows.chunk_by(|a, b| received(a) == received(b));
    let files = days.map(|same| {
        let times = same.iter().map(|r| r.record.event.occurred_ms);
        Ok(Encoded {
            bytes: parquet(same)?,
            rows: same.len() as u64,
            received: received(&same[0]),
            first_ms: times.clone().min().unwrap_or(0),
            last_ms: times.max().unwrap_or(0),
        })
    });
    files.collect()
}

/// Stores the files.
pub(super) async fn put(
    writer: &mut Writer<'_>,
    files: Vec<Encoded>,
) -> Result<Vec<EventsFile>, RollupError> {
    let mut stored = Vec::with_capacity(files.len());
    for file in files {
        let received = file.received;
        let key = |name| ObjectKey::Events { received, name };
        stored.push(EventsFile {
            file: writer.put(key, file.rows, file.bytes.into()).await?,
            received,
            first_ms: file.first_ms,
            last_ms: file.last_ms,
        });
    }
    Ok(stored)
}

fn received(row: &Enriched) -> i64 {
    time::day_of(time::minute_of(row.record.event.received_ms))
}

fn parquet(rows: &[Enriched]) -> Result<Vec<u8>, RollupError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .build();
    let mut out = ArrowWriter::try_new(Vec::new(), schema(), Some(properties))?;
    for part in rows.chunks(65_536) {
        out.write(&batch(part)?)?;
    }
    Ok(out.into_inner()?)
}

/// Columns of the table `events`. Absent texts are empty; absent numbers are null, and so are the
/// columns that a file is older than.
pub(crate) fn schema() -> Arc<Schema> {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let maybe = |name: &str, kind: DataType| Field::new(name, kind, true);
    let mut fields = vec![
        text("event_id"),
        text("log"),
        Field::new("seq", DataType::UInt64, false),
        Field::new("epoch", DataType::UInt64, false),
        text("type"),
        text("account"),
        text("object"),
        maybe("campaign", DataType::Utf8),
        Field::new("time", time_type(), false),
        Field::new("received", time_type(), false),
        Field::new("visitor", DataType::UInt64, false),
        Field::new("excluded", DataType::Boolean, false),
        Field::new("unchecked", DataType::Boolean, false),
        maybe("bot", DataType::Utf8),
        maybe("asn", DataType::UInt32),
        maybe("value_micros", DataType::Int64),
        maybe("key", DataType::Utf8),
        maybe("click_id", DataType::Utf8),
    ];
    fields.extend(TEXTS.iter().map(|(name, _)| text(name)));
    fields.extend((1..=5).map(|i| text(&format!("sub{i}"))));
    fields.extend(UTM.iter().map(|name| text(&format!("utm_{name}"))));
    fields.extend(LATER.iter().map(|(name, _)| maybe(name, DataType::Utf8)));
    Arc::new(Schema::new(fields))
}

type Text = fn(&Enriched) -> &str;
const TEXTS: [(&str, Text); 12] = [
    ("country", |r| &r.record.event.country),
    ("region", |r| &r.record.event.region),
    ("city", |r| &r.record.event.city),
    ("browser", |r| &r.facts.browser),
    ("os", |r| &r.facts.os),
    ("device", |r| &r.facts.device),
    ("referrer_host", |r| &r.facts.referrer_host),
    ("currency", |r| &r.record.event.currency),
    ("network", |r| &r.record.event.network),
    ("user_agent", |r| &r.record.event.user_agent),
    ("referrer", |r| &r.record.event.referrer),
    ("accept_language", |r| &r.record.event.accept_language),
];
/// Columns that were added: older files lack them.
const LATER: [(&str, Text); 6] = [
    ("channel", |r| r.facts.channel),
    ("language", |r| &r.facts.language),
    ("continent", |r| r.facts.continent),
    ("device_type", |r| r.facts.device_type),
    ("variant", |r| &r.record.event.variant),
    ("trigger", |r| &r.record.event.trigger),
];
const UTM: [&str; 5] = ["source", "medium", "campaign", "term", "content"];

fn batch(rows: &[Enriched]) -> Result<RecordBatch, RollupError> {
    let mut columns: Vec<ArrayRef> = vec![
        texts(rows, |r| r.record.id(r.log).to_string()),
        texts(rows, |r| r.log.to_string()),
        numbers(rows, |r| r.record.seq.0),
        numbers(rows, |r| r.record.epoch.0),
        texts(rows, |r| r.record.event.kind().name().to_owned()),
        texts(rows, |r| r.record.event.account_id().to_string()),
        texts(rows, |r| r.record.event.object_id().to_string()),
        maybe_texts(rows, |r| {
            r.record.event.campaign_id().map(|c| c.to_string())
        }),
        times(rows, |r| r.record.event.occurred_ms),
        times(rows, |r| r.record.event.received_ms),
        numbers(rows, |r| r.record.event.visitor),
        flags(rows, |r| r.record.event.excluded),
        flags(rows, |r| r.record.event.unchecked),
        maybe_texts(rows, |r| r.facts.bot.as_deref().map(str::to_owned)),
        asns(rows),
        values(rows),
        maybe_texts(rows, |r| r.record.event.key.clone()),
        maybe_texts(rows, |r| r.record.event.click_id.clone()),
    ];
    columns.extend(
        TEXTS
            .iter()
            .map(|(_, text)| texts(rows, |r| text(r).to_owned())),
    );
    let nth = |list: &[String], i: usize| list.get(i).cloned().unwrap_or_default();
    columns.extend((0..5).map(|i| texts(rows, |r| nth(&r.record.event.subs, i))));
    columns.extend((0..5).map(|i| texts(rows, |r| nth(&r.record.event.utm, i))));
    let later = LATER.iter();
    columns.extend(later.map(|(_, text)| texts(rows, |r| text(r).to_owned())));
    Ok(RecordBatch::try_new(schema(), columns)?)
}

fn texts(rows: &[Enriched], of: impl Fn(&Enriched) -> String) -> ArrayRef {
    let mut builder = StringBuilder::new();
    rows.iter().for_each(|r| builder.append_value(of(r)));
    Arc::new(builder.finish())
}

fn maybe_texts(rows: &[Enriched], of: impl Fn(&Enriched) -> Option<String>) -> ArrayRef {
    let mut builder = StringBuilder::new();
    rows.iter().for_each(|r| builder.append_option(of(r)));
    Arc::new(builder.finish())
}

fn numbers(rows: &[Enriched], of: impl Fn(&Enriched) -> u64) -> ArrayRef {
    let mut builder = UInt64Builder::new();
    rows.iter().for_each(|r| builder.append_value(of(r)));
    Arc::new(builder.finish())
}

fn times(rows: &[Enriched], of: impl Fn(&Enriched) -> i64) -> ArrayRef {
    let mut builder = TimestampMillisecondBuilder::new().with_timezone("UTC");
    rows.iter().for_each(|r| builder.append_value(of(r)));
    Arc::new(builder.finish())
}

fn flags(rows: &[Enriched], of: impl Fn(&Enriched) -> bool) -> ArrayRef {
    let mut builder = BooleanBuilder::new();
    rows.iter().for_each(|r| builder.append_value(of(r)));
    Arc::new(builder.finish())
}

fn asns(rows: &[Enriched]) -> ArrayRef {
    let mut builder = UInt32Builder::new();
    rows.iter()
        .for_each(|r| builder.append_option(r.record.event.asn));
    Arc::new(builder.finish())
}

fn values(rows: &[Enriched]) -> ArrayRef {
    let mut builder = Int64Builder::new();
    rows.iter()
        .for_each(|r| builder.append_option(r.record.event.value_micros));
    Arc::new(builder.finish())
}
