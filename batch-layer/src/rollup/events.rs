//! Enriched events as Parquet, by the day they were received: the table that data scientists read.

use std::{
    borrow::Borrow,
    fmt::{self, Write},
    sync::Arc,
};

use bytes::Bytes;
use datafusion::{
    arrow::{
        array::{
            ArrayRef, BooleanBuilder, Int64Builder, RecordBatch, StringBuilder,
            TimestampMillisecondBuilder, UInt32Builder, UInt64Array, UInt64Builder,
        },
        datatypes::{DataType, Field, Schema},
    },
    parquet::{
        arrow::ArrowWriter,
        basic::{Compression, Encoding, ZstdLevel},
        file::properties::WriterProperties,
        schema::types::ColumnPath,
    },
};
use handover::{
    manifest::{EventsFile, File},
    views::time_type,
};
use model::{EventKind, Status, time};
use storage::object_keys::ObjectKey;

use super::{chunks::Enriched, deps::RollupError, write::NewFile};

/// Events of one day as a file.
pub(super) struct Encoded {
    bytes: Bytes,
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

/// Sorted events, a file for each day on which some were received. What is expired is in none.
pub(super) fn encode(rows: &[Enriched]) -> Result<Vec<Encoded>, RollupError> {
    let rows: Vec<&Enriched> = rows.iter().filter(|row| !row.is_expired).collect();
    let days = rows.chunk_by(|a, b| received(a) == received(b));
    let files = days.map(|same| {
        let times = same.iter().map(|r| r.record.event.occurred_ms);
        Ok(Encoded {
            bytes: parquet(same)?.into(),
            rows: same.len() as u64,
            received: received(same[0]),
            first_ms: times.clone().min().unwrap_or(0),
            last_ms: times.max().unwrap_or(0),
        })
    });
    files.collect()
}

impl Encoded {
    /// The file, to be stored.
    pub(super) fn file(&self) -> NewFile {
        let received = self.received;
        let key = move |name| ObjectKey::Events { received, name };
        NewFile::new(key, self.rows, self.bytes.clone())
    }

    /// What a manifest says of it.
    pub(super) fn stored(&self, file: File) -> EventsFile {
        EventsFile {
            file,
            received: self.received,
            first_ms: self.first_ms,
            last_ms: self.last_ms,
            has_expired: false,
            is_rest: false,
        }
    }
}

fn received(row: &Enriched) -> i64 {
    time::day_of(time::minute_of(row.record.event.received_ms))
}

fn parquet(rows: &[&Enriched]) -> Result<Vec<u8>, RollupError> {
    let mut out = ArrowWriter::try_new(Vec::new(), schema(), Some(properties()?))?;
    for part in rows.chunks(65_536) {
        out.write(&batch(part)?)?;
    }
    Ok(out.into_inner()?)
}

/// A dictionary where values come again and again, differences to the value before where they do not.
pub(super) fn properties() -> Result<WriterProperties, RollupError> {
    let zstd = Compression::ZSTD(ZstdLevel::try_new(3)?);
    let mut properties = WriterProperties::builder().set_compression(zstd);
    for (columns, encoding) in [
        (&DISTINCT_TEXTS[..], Encoding::DELTA_BYTE_ARRAY),
        (&DISTINCT_NUMBERS, Encoding::DELTA_BINARY_PACKED),
        (&["visitor"], Encoding::PLAIN),
    ] {
        for column in columns {
            let path = ColumnPath::from(*column);
            properties = properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, encoding);
        }
    }
    Ok(properties.build())
}

const DISTINCT_TEXTS: [&str; 3] = ["event_id", "key", "click_id"];
const DISTINCT_NUMBERS: [&str; 3] = ["seq", "time", "received"];

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
    fields.extend(NUMBERS.iter().map(|(name, _)| maybe(name, DataType::Int64)));
    fields.push(maybe("link", DataType::Utf8));
    fields.push(maybe("adjusts", DataType::Boolean));
    fields.push(maybe(NAMED_VISITOR, DataType::UInt64));
    fields.push(maybe(CLICK_EVENT, DataType::Utf8));
    Arc::new(Schema::new(fields))
}

/// Of a conversion: the number of the visitor whom its sender named, and the event of the click that its click id names.
pub(crate) const NAMED_VISITOR: &str = "named_visitor";
/// See [`NAMED_VISITOR`].
pub(crate) const CLICK_EVENT: &str = "click_event";
/// Columns that customers are not shown.
pub(crate) const INTERNAL: [&str; 2] = [NAMED_VISITOR, CLICK_EVENT];

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
const LATER: [(&str, Text); 13] = [
    ("channel", |r| r.facts.channel),
    ("language", |r| &r.facts.language),
    ("continent", |r| r.facts.continent),
    ("device_type", |r| r.facts.device_type),
    ("variant", |r| &r.record.event.variant),
    ("trigger", |r| &r.record.event.trigger),
    ("fetched_as", |r| r.record.event.fetch().name()),
    ("rule", |r| &r.record.event.rule),
    ("referrer_domain", |r| &r.facts.referrer_domain),
    ("domain", |r| &r.record.event.domain),
    ("cost_currency", |r| &r.record.event.cost_currency),
    ("status", |r| match r.record.event.kind() {
        EventKind::Conversion => r.record.event.status().name(),
        _ => "",
    }),
    ("taken_back", |r| {
        let was = r.record.event.taken_back.map(Status::try_from);
        was.and_then(Result::ok).map_or("", Status::name)
    }),
];
type Number = fn(&Enriched) -> Option<i64>;
/// The same of numbers.
const NUMBERS: [(&str, Number); 2] = [
    ("amount_micros", |r| r.record.event.amount_micros),
    ("cost_micros", |r| r.record.event.cost_micros),
];
const UTM: [&str; 5] = ["source", "medium", "campaign", "term", "content"];

/// Rows as columns of [`schema`].
pub(crate) fn batch<R: Borrow<Enriched>>(rows: &[R]) -> Result<RecordBatch, RollupError> {
    let rows: Vec<&Enriched> = rows.iter().map(Borrow::borrow).collect();
    let rows = &rows[..];
    let mut columns: Vec<ArrayRef> = vec![
        made(rows, |r, text| write!(text, "{}", r.record.id(r.log))),
        named(rows, |r| r.log),
        numbers(rows, |r| r.record.seq.0),
        numbers(rows, |r| r.record.epoch.0),
        texts(rows, |r| r.record.event.kind().name()),
        named(rows, |r| r.record.event.account_id()),
        named(rows, |r| r.record.event.object_id()),
        maybe_named(rows, |r| r.record.event.campaign_id()),
        times(rows, |r| r.record.event.occurred_ms),
        times(rows, |r| r.record.event.received_ms),
        numbers(rows, |r| r.record.event.visitor),
        flags(rows, |r| r.record.event.excluded),
        flags(rows, |r| r.record.event.unchecked),
        maybe_texts(rows, |r| r.facts.bot.as_deref()),
        asns(rows),
        values(rows, |r| r.record.event.value_micros),
        maybe_texts(rows, |r| {
            let event = &r.record.event;
            let key = event.idempotency_key.as_ref().or(event.key.as_ref());
            key.map(String::as_str)
        }),
        maybe_texts(rows, |r| r.record.event.click_id.as_deref()),
    ];
    columns.extend(TEXTS.iter().map(|(_, text)| texts(rows, text)));
    columns.extend((0..5).map(|i| texts(rows, |r| nth(&r.record.event.subs, i))));
    columns.extend((0..5).map(|i| texts(rows, |r| nth(&r.record.event.utm, i))));
    columns.extend(LATER.iter().map(|(_, text)| texts(rows, text)));
    columns.extend(NUMBERS.iter().map(|(_, number)| values(rows, number)));
    columns.push(maybe_named(rows, |r| r.record.event.link_id()));
    columns.push(flags(rows, |r| r.record.event.adjusts));
    columns.push(Arc::new(UInt64Array::from_iter(rows.iter().map(|r| {
        Some(r.record.event.seeks_visitor).filter(|visitor| *visitor != 0)
    }))));
    columns.push(maybe_texts(rows, |r| {
        Some(&*r.record.event.click_event).filter(|click| !click.is_empty())
    }));
    Ok(RecordBatch::try_new(schema(), columns)?)
}

fn nth(list: &[String], i: usize) -> &str {
    list.get(i).map_or("", String::as_str)
}

fn texts(rows: &[&Enriched], of: impl Fn(&Enriched) -> &str) -> ArrayRef {
    let mut builder = StringBuilder::new();
    rows.iter().for_each(|r| builder.append_value(of(r)));
    Arc::new(builder.finish())
}

fn maybe_texts(rows: &[&Enriched], of: impl Fn(&Enriched) -> Option<&str>) -> ArrayRef {
    let mut builder = StringBuilder::new();
    rows.iter().for_each(|r| builder.append_option(of(r)));
    Arc::new(builder.finish())
}

/// Texts that are written into the column itself.
fn made(
    rows: &[&Enriched],
    text: impl Fn(&Enriched, &mut StringBuilder) -> fmt::Result,
) -> ArrayRef {
    let mut builder = StringBuilder::new();
    for row in rows {
        // A column takes every text.
        let written = text(row, &mut builder);
        debug_assert!(written.is_ok());
        builder.append_value("");
    }
    Arc::new(builder.finish())
}

/// Names of ids; each is made once for events that follow each other.
fn named<I: PartialEq + ToString>(rows: &[&Enriched], of: impl Fn(&Enriched) -> I) -> ArrayRef {
    maybe_named(rows, |row| Some(of(row)))
}

/// The same of ids that may be absent.
fn maybe_named<I: PartialEq + ToString>(
    rows: &[&Enriched],
    of: impl Fn(&Enriched) -> Option<I>,
) -> ArrayRef {
    let mut builder = StringBuilder::new();
    let mut last: Option<(I, String)> = None;
    for row in rows {
        let Some(id) = of(row) else {
            builder.append_null();
            continue;
        };
        let name = match last.take() {
            Some((same, name)) if same == id => name,
            _ => id.to_string(),
        };
        builder.append_value(&name);
        last = Some((id, name));
    }
    Arc::new(builder.finish())
}

fn numbers(rows: &[&Enriched], of: impl Fn(&Enriched) -> u64) -> ArrayRef {
    let mut builder = UInt64Builder::new();
    rows.iter().for_each(|r| builder.append_value(of(r)));
    Arc::new(builder.finish())
}

fn times(rows: &[&Enriched], of: impl Fn(&Enriched) -> i64) -> ArrayRef {
    let mut builder = TimestampMillisecondBuilder::new().with_timezone("UTC");
    rows.iter().for_each(|r| builder.append_value(of(r)));
    Arc::new(builder.finish())
}

fn flags(rows: &[&Enriched], of: impl Fn(&Enriched) -> bool) -> ArrayRef {
    let mut builder = BooleanBuilder::new();
    rows.iter().for_each(|r| builder.append_value(of(r)));
    Arc::new(builder.finish())
}

fn asns(rows: &[&Enriched]) -> ArrayRef {
    let mut builder = UInt32Builder::new();
    rows.iter()
        .for_each(|r| builder.append_option(r.record.event.asn));
    Arc::new(builder.finish())
}

fn values(rows: &[&Enriched], of: impl Fn(&Enriched) -> Option<i64>) -> ArrayRef {
    let mut builder = Int64Builder::new();
    rows.iter().for_each(|r| builder.append_option(of(r)));
    Arc::new(builder.finish())
}
