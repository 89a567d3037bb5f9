//! The clicks that click ids name: their events are in the files of the day on which they were received.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    arrow::{
        array::{ArrayRef, AsArray, RecordBatch, StringArray, UInt64Array},
        datatypes::{DataType, Field, Int64Type, Schema, UInt64Type},
    },
    prelude::SessionContext,
};
use futures::TryStreamExt;
use handover::{
    attributions::{
        Origin,
        asked::{Asked, Clicked},
    },
    manifest::EventsFile,
};
use model::{EntityId, EventId, Seq, time};
use object_store::path::Path;
use storage::object_keys::ObjectKey;

use super::{ASKED, Look, transactions::Corrected};
use crate::{
    engine,
    rollup::{error::RollupError, events_schema, write::conform},
};

/// The table of events in which clicks are looked for.
const EVENTS: &str = "looked_through";
/// A click id says its second.
const SECOND_MS: i64 = 1_000;

/// Events with what they count for, by account and name.
type Found = BTreeMap<(u64, EventId), Origin>;

/// The clicks of conversions.
pub(super) async fn find(
    context: &SessionContext,
    look: &Look<'_>,
    firsts: &BTreeMap<EventId, Asked>,
) -> Result<Found, RollupError> {
    let times = firsts.values().filter_map(|asked| match asked.click {
        Clicked::Event {
            at_ms, received_ms, ..
        } => Some((received_ms, at_ms)),
        Clicked::Visitor { .. } => None,
    });
    let wanted = Wanted::of(times);
    read(context, look, &wanted, "click", "click_log", "click_seq").await
}

/// The first reports of what is corrected, as far as nothing is decided about them.
pub(super) async fn reports(
    look: &Look<'_>,
    corrected: &[Corrected],
    decided: &BTreeMap<EventId, Option<Origin>>,
) -> Result<Found, RollupError> {
    let is_decided = |id: &EventId| decided.get(id).is_some_and(Option::is_some);
    let firsts = corrected.iter().filter(|one| one.event != one.first.0);
    let firsts: Vec<_> = firsts
        .map(|one| one.first)
        .filter(|(id, ..)| !is_decided(id))
        .collect();
    let wanted = Wanted::of(
        firsts
            .iter()
            .map(|(_, at_ms, received_ms)| (*received_ms, *at_ms)),
    );
    let context = engine::context(look.deps)?;
    let names = |of: fn(&EventId) -> String| {
        let names = firsts.iter().map(|(id, ..)| of(id));
        Arc::new(StringArray::from_iter_values(names)) as ArrayRef
    };
    let seqs = UInt64Array::from_iter_values(firsts.iter().map(|(id, ..)| id.seq.0));
    let rows = RecordBatch::try_from_iter([
        ("first_log", names(|id| id.log.to_string())),
        ("first_seq", Arc::new(seqs) as ArrayRef),
    ])?;
    context.register_batch(ASKED, rows)?;
    read(
        &context,
        look,
        &wanted,
        "conversion",
        "first_log",
        "first_seq",
    )
    .await
}

/// Events of a type that the table of what is asked names, in the files of their times.
async fn read(
    context: &SessionContext,
    look: &Look<'_>,
    wanted: &Wanted,
    kind: &str,
    log: &str,
    seq: &str,
) -> Result<Found, RollupError> {
    let fresh = look.fresh.iter().copied();
    let files = look.manifest.event_files.iter().chain(fresh);
    let files = files.filter(|file| wanted.may_be_in(file));
    let paths: Vec<Path> = files.map(path).collect();
    if paths.is_empty() {
        return Ok(Found::new());
    }
    engine::register_as(context, EVENTS, &paths, events_schema()).await?;
    let query = context.sql(&sql(kind, log, seq)).await?;
    let mut batches = query.execute_stream().await?;
    let mut found = Found::new();
    while let Some(batch) = batches.try_next().await? {
        found.extend(decode(&batch)?);
    }
    Ok(found)
}

fn path(file: &EventsFile) -> Path {
    let key = ObjectKey::Events {
        received: file.received,
        name: file.file.name.clone(),
    };
    key.path()
}

/// When the clicks were received and when they happened: a day, and unix milliseconds; in order.
struct Wanted(Vec<(i64, i64)>);

impl Wanted {
    /// Of when they were received, and happened.
    fn of(times: impl Iterator<Item = (i64, i64)>) -> Self {
        let day = |ms| time::day_of(time::minute_of(ms));
        let times = times.map(|(received_ms, at_ms)| (day(received_ms), at_ms));
        let mut times: Vec<(i64, i64)> = times.collect();
        times.sort_unstable();
        Self(times)
    }

    fn may_be_in(&self, file: &EventsFile) -> bool {
        let first = (file.received, file.first_ms.saturating_sub(SECOND_MS - 1));
        let place = self.0.partition_point(|time| *time < first);
        let next = self.0.get(place);
        next.is_some_and(|next| *next <= (file.received, file.last_ms))
    }
}

const TEXTS: [&str; 13] = [
    "country",
    "region",
    "city",
    "device_type",
    "browser",
    "os",
    "variant",
    "referrer_domain",
    "sub1",
    "sub2",
    "sub3",
    "sub4",
    "sub5",
];

/// What is known of the events that are asked for.
fn sql(kind: &str, log: &str, seq: &str) -> String {
    let texts = TEXTS.map(|name| format!("COALESCE({name}, '')"));
    format!(
        "SELECT {EVENTS}.log, {EVENTS}.seq, {EVENTS}.account, \
         CASE WHEN type = 'click' THEN object ELSE COALESCE(link, '') END, COALESCE(campaign, ''), CAST(time AS BIGINT), {} \
         FROM {EVENTS} LEFT SEMI JOIN {ASKED} \
         ON {EVENTS}.log = {ASKED}.{log} AND {EVENTS}.seq = {ASKED}.{seq} WHERE type = '{kind}'",
        texts.join(", ")
    )
}

/// The columns of that.
fn schema() -> Arc<Schema> {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let mut fields = vec![
        text("log"),
        Field::new("seq", DataType::UInt64, true),
        text("account"),
        text("object"),
        text("campaign"),
        Field::new("time", DataType::Int64, true),
    ];
    fields.extend(TEXTS.map(text));
    Arc::new(Schema::new(fields))
}

type Row = ((u64, EventId), Origin);

fn decode(batch: &RecordBatch) -> Result<Vec<Row>, RollupError> {
    let batch = conform(batch, &schema())?;
    let row = |row: usize| -> Option<Row> {
        let text = |at: usize| {
            batch
                .column(at)
                .as_string_opt::<i32>()
                .map(|c| c.value(row))
        };
        let entity = |at: usize| text(at)?.parse::<EntityId>().ok();
        let seq = batch.column(1).as_primitive_opt::<UInt64Type>()?;
        let at_ms = batch.column(5).as_primitive_opt::<Int64Type>()?;
        let said = |place: usize| text(6 + place).unwrap_or_default().to_owned();
        let id = EventId {
            log: text(0)?.parse().ok()?,
            seq: Seq(seq.value(row)),
        };
        let origin = Origin {
            link: entity(3).map(|link| link.raw),
            campaign: entity(4).map(|campaign| campaign.raw),
            clicked_ms: at_ms.value(row),
            country: said(0),
            region: said(1),
            city: said(2),
            device_type: said(3),
            browser: said(4),
            os: said(5),
            variant: said(6),
            referrer_domain: said(7),
            subs: [8, 9, 10, 11, 12].map(said),
        };
        Some(((entity(2)?.raw, id), origin))
    };
    Ok((0..batch.num_rows()).filter_map(row).collect())
}
