//! Raw to `events/`: enriched events as Parquet by day, the table that data scientists read.

use std::{collections::BTreeMap, sync::Arc};

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
use handover::{
    manifest::{File, Manifest, SenderKeysFile},
    raw,
    sender_keys::{self, Keyed},
    views::time_type,
};
use model::{Facts, LogId, Record, time};
use storage::object_keys::ObjectKey;

use super::{
    deps::{RollupDeps, RollupError},
    write::Writer,
};

/// Events held in memory at once. Each such chunk makes one file for each of its days.
const CHUNK: usize = 400_000;

/// An event with where it is from and what the rules say.
struct Enriched {
    log: LogId,
    record: Record,
    facts: Facts,
}

impl Enriched {
    fn day(&self) -> i64 {
        time::day_of(time::minute_of(self.record.event.occurred_ms))
    }
}

/// Files of fresh events.
#[derive(Default)]
pub(super) struct Fresh {
    /// By day.
    pub days: BTreeMap<i64, Vec<File>>,
    /// Senders' keys.
    pub keys: Vec<SenderKeysFile>,
}

/// Enriches the events of all taken epochs and writes them, and the keys of those that were
/// received after `keys_since`; notes in the manifest how many events it covers then.
pub(super) async fn write(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    taken: &[raw::Seal],
    keys_since: i64,
    manifest: &mut Manifest,
) -> Result<Fresh, RollupError> {
    let mut fresh = Fresh::default();
    let mut chunk = Vec::new();
    for seal in taken {
        let mut count = 0;
        for number in seal.segments.first.to(seal.segments.last) {
            let segment = raw::segment(&deps.env.store, seal.log, number)
                .await?
                .ok_or_else(|| raw::missing(seal.log, number))?;
            count += segment.records.len() as u64;
            for record in segment.records {
                manifest.settled_ms = manifest.settled_ms.max(record.event.received_ms);
                chunk.push(Enriched {
                    log: seal.log,
                    facts: deps.rules.facts(&record.event),
                    record,
                });
            }
            if chunk.len() >= CHUNK {
                write_chunk(writer, &mut chunk, keys_since, &mut fresh).await?;
            }
        }
        if count != seal.count {
            let why = format!(
                "its seal says {} events, its segments hold {count}",
                seal.count
            );
            return Err(RollupError::Inconsistent {
                log: seal.log,
                epoch: seal.epoch,
                why,
            });
        }
        manifest.events_count += count;
    }
    write_chunk(writer, &mut chunk, keys_since, &mut fresh).await?;
    Ok(fresh)
}

async fn write_chunk(
    writer: &mut Writer<'_>,
    chunk: &mut Vec<Enriched>,
    keys_since: i64,
    fresh: &mut Fresh,
) -> Result<(), RollupError> {
    let mut rows = std::mem::take(chunk);
    rows.sort_by_cached_key(|r| {
        let event = &r.record.event;
        (
            r.day(),
            event.account,
            event.object,
            event.occurred_ms,
            r.log,
            r.record.seq,
        )
    });
    for day in rows.chunk_by(|a, b| a.day() == b.day()) {
        let Some(first) = day.first() else { continue };
        let bytes = encode(day)?;
        let number = first.day();
        let key = |name| ObjectKey::Events { day: number, name };
        let file = writer.put(key, day.len() as u64, bytes.into()).await?;
        fresh.days.entry(number).or_default().push(file);
    }
    fresh
        .keys
        .extend(write_keys(writer, &rows, keys_since).await?);
    Ok(())
}

async fn write_keys(
    writer: &mut Writer<'_>,
    rows: &[Enriched],
    since: i64,
) -> Result<Option<SenderKeysFile>, RollupError> {
    let keyed = rows.iter().filter_map(|r| Keyed::of(r.log, &r.record));
    let keyed: Vec<Keyed> = keyed.filter(|k| k.received_ms >= since).collect();
    let Some(last_ms) = keyed.iter().map(|k| k.received_ms).max() else {
        return Ok(None);
    };
    let key = |name| ObjectKey::Keys { name };
    let file = writer.put(key, keyed.len() as u64, sender_keys::encode(&keyed)?);
    Ok(Some(SenderKeysFile {
        file: file.await?,
        last_ms,
        unchecked: keyed.iter().filter(|k| k.unchecked).count() as u64,
    }))
}

fn encode(rows: &[Enriched]) -> Result<Vec<u8>, RollupError> {
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
        maybe_texts(rows, |r| r.facts.bot.clone()),
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
