//! The clicks that click ids name: their events are in the files of the day on which they were received.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::arrow::{
    array::{AsArray, RecordBatch},
    datatypes::{DataType, Field, Int64Type, Schema, UInt64Type},
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

use super::{ASKED, Looked};
use crate::{
    engine,
    rollup::{error::RollupError, events_schema, write::conform},
};

/// The table of events in which clicks are looked for.
const EVENTS: &str = "looked_through";
/// A click id says its second.
const SECOND_MS: i64 = 1_000;

/// The clicks of conversions, by account and click. `fresh` are the files of this step.
pub(super) async fn find<'a>(
    looked: &Looked<'a>,
    fresh: impl Iterator<Item = &'a EventsFile>,
) -> Result<BTreeMap<(u64, EventId), Origin>, RollupError> {
    let wanted = Wanted::of(looked.firsts.values());
    let files = looked.manifest.event_files.iter().chain(fresh);
    let files = files.filter(|file| wanted.may_be_in(file));
    let paths: Vec<Path> = files.map(path).collect();
    if paths.is_empty() {
        return Ok(BTreeMap::new());
    }
    let context = looked.context;
    engine::register_as(context, EVENTS, &paths, events_schema()).await?;
    let mut batches = context.sql(&sql()).await?.execute_stream().await?;
    let mut found = BTreeMap::new();
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
    fn of<'a>(asked: impl Iterator<Item = &'a Asked>) -> Self {
        let times = asked.filter_map(|asked| match asked.click {
            Clicked::Event {
                at_ms, received_ms, ..
            } => Some((time::day_of(time::minute_of(received_ms)), at_ms)),
            Clicked::Visitor { .. } => None,
        });
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

/// What is known of the clicks that are asked for.
fn sql() -> String {
    let texts = TEXTS.map(|name| format!("COALESCE({name}, '')"));
    format!(
        "SELECT log, seq, account, object, COALESCE(campaign, ''), CAST(time AS BIGINT), {} \
         FROM {EVENTS} LEFT SEMI JOIN {ASKED} ON log = click_log AND seq = click_seq \
         WHERE type = 'click'",
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

type Found = ((u64, EventId), Origin);

fn decode(batch: &RecordBatch) -> Result<Vec<Found>, RollupError> {
    let batch = conform(batch, &schema())?;
    let row = |row: usize| -> Option<Found> {
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
            link: entity(3)?.raw,
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
