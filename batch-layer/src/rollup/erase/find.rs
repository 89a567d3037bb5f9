//! The events of visitors who are to be erased: what they did, and the conversions that belong to it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::{Array, AsArray, RecordBatch},
        datatypes::{TimestampMillisecondType, UInt64Type},
    },
    dataframe::DataFrame,
    prelude::{SessionContext, col, lit},
};
use futures::TryStreamExt;
use handover::{
    erasures::{Asked, Erased, ErasedEvents},
    manifest::Manifest,
};
use model::{EntityId, EventId, EventKind, random::new_nonce, time, visitors::FOREIGN};
use object_store::path::Path;

use crate::{
    engine,
    rollup::{
        deps::{RollupDeps, RollupError},
        events::{CLICK_EVENT, NAMED_VISITOR},
        events_schema,
    },
};

/// Clicks whose conversions are looked for at once.
const TOGETHER: usize = 10_000;

/// What is read of an event.
const COLUMNS: [&str; 7] = [
    "account",
    "event_id",
    "type",
    "received",
    "visitor",
    NAMED_VISITOR,
    CLICK_EVENT,
];

/// The events of those who are asked for, as far as they are not erased yet.
pub(super) async fn find(
    deps: &RollupDeps,
    manifest: &Manifest,
    due: &[Asked],
    before: &ErasedEvents,
) -> Result<ErasedEvents, RollupError> {
    let wanted = Wanted::of(deps, due);
    let paths: Vec<Path> = manifest.events().map(|events| events.path).collect();
    let context = engine::context(deps)?;
    let mut found = ErasedEvents::new();
    let mut clicks: BTreeMap<String, usize> = BTreeMap::new();
    let add = |row: Row<'_>| {
        let Some(place) = wanted.place(&row) else {
            return;
        };
        if row.kind == EventKind::Click.name() {
            clicks.insert(row.event_id.to_owned(), place);
        }
        wanted.add(&row, place, before, &mut found);
    };
    read(wanted.frame(&context, &paths).await?, add).await?;
    let clicks: Vec<(String, usize)> = clicks.into_iter().collect();
    for some in clicks.chunks(TOGETHER) {
        let places: HashMap<&str, usize> = some.iter().map(|(id, of)| (&**id, *of)).collect();
        let frame = wanted.conversions(&context, &paths, places.keys().copied());
        let add = |row: Row<'_>| {
            let place = row.click.and_then(|click| places.get(click));
            // A click that another account's conversion names is not its.
            let place = place.filter(|place| wanted.each[**place].account == row.account);
            if let Some(place) = place {
                wanted.add(&row, *place, before, &mut found);
            }
        };
        read(frame.await?, add).await?;
    }
    Ok(found)
}

/// One erasure.
struct One {
    account: EntityId,
    erasure: Arc<str>,
    stand_in: u64,
}

/// Who is asked for.
struct Wanted {
    each: Vec<One>,
    visitors: HashMap<(EntityId, u64), usize>,
    events: HashMap<(EntityId, EventId), usize>,
}

/// What is read of an event.
struct Row<'a> {
    account: EntityId,
    event: EventId,
    event_id: &'a str,
    kind: &'a str,
    received: i64,
    visitor: u64,
    named: u64,
    click: Option<&'a str>,
}

impl Wanted {
    fn of(deps: &RollupDeps, due: &[Asked]) -> Self {
        let mut wanted = Self {
            each: Vec::new(),
            visitors: HashMap::new(),
            events: HashMap::new(),
        };
        for (place, asked) in due.iter().enumerate() {
            wanted.each.push(One {
                account: asked.account,
                erasure: asked.id.as_str().into(),
                stand_in: stand_in(deps),
            });
            // Who is asked for twice at once is erased by the first.
            if let Some(visitor) = asked.visitor.filter(|visitor| *visitor != 0) {
                let of = wanted.visitors.entry((asked.account, visitor));
                of.or_insert(place);
            }
            if let Some(event) = asked.event {
                wanted.events.entry((asked.account, event)).or_insert(place);
            }
        }
        wanted
    }

    /// Which erasure an event belongs to.
    fn place(&self, row: &Row<'_>) -> Option<usize> {
        let of = |visitor: u64| self.visitors.get(&(row.account, visitor)).copied();
        let by_visitor = of(row.visitor).or_else(|| of(row.named));
        by_visitor.or_else(|| self.events.get(&(row.account, row.event)).copied())
    }

    fn add(&self, row: &Row<'_>, place: usize, before: &ErasedEvents, found: &mut ErasedEvents) {
        let one = &self.each[place];
        if !before.contains_key(&row.event) {
            found.entry(row.event).or_insert_with(|| Erased {
                event: row.event,
                account: one.account.raw,
                received: row.received,
                visitor: one.stand_in,
                erasure: Arc::clone(&one.erasure),
            });
        }
    }

    /// Events that may be theirs.
    async fn frame(
        &self,
        context: &SessionContext,
        paths: &[Path],
    ) -> Result<DataFrame, RollupError> {
        let numbers: BTreeSet<u64> = self.visitors.keys().map(|(_, visitor)| *visitor).collect();
        let is_one =
            |column: &str| col(column).in_list(numbers.iter().map(|n| lit(*n)).collect(), false);
        let ids = self.events.keys().map(|(_, event)| lit(event.to_string()));
        let is_named = col("event_id").in_list(ids.collect(), false);
        let any = is_one("visitor").or(is_one(NAMED_VISITOR)).or(is_named);
        let frame = self.of_accounts(context, paths).await?;
        Ok(frame.filter(any)?.select_columns(&COLUMNS)?)
    }

    /// Conversions that belong to one of these clicks.
    async fn conversions(
        &self,
        context: &SessionContext,
        paths: &[Path],
        clicks: impl Iterator<Item = &str>,
    ) -> Result<DataFrame, RollupError> {
        let clicks: Vec<_> = clicks.map(lit).collect();
        let frame = self.of_accounts(context, paths).await?;
        let frame = frame.filter(col(CLICK_EVENT).in_list(clicks, false))?;
        Ok(frame.select_columns(&COLUMNS)?)
    }

    async fn of_accounts(
        &self,
        context: &SessionContext,
        paths: &[Path],
    ) -> Result<DataFrame, RollupError> {
        let accounts: BTreeSet<String> = self
            .each
            .iter()
            .map(|one| one.account.to_string())
            .collect();
        let accounts = accounts.into_iter().map(lit).collect();
        let frame = engine::read(context, paths, events_schema()).await?;
        Ok(frame.filter(col("account").in_list(accounts, false))?)
    }
}

/// A number that stands for a visitor's.
fn stand_in(deps: &RollupDeps) -> u64 {
    loop {
        let number = new_nonce(&*deps.env.random) as u64;
        if number != 0 && number != FOREIGN {
            return number;
        }
    }
}

/// Gives the rows of a frame that can be read.
async fn read(frame: DataFrame, mut give: impl FnMut(Row<'_>)) -> Result<(), RollupError> {
    let mut batches = frame.execute_stream().await?;
    while let Some(batch) = batches.try_next().await? {
        let batch = conformed(&batch)?;
        (0..batch.num_rows())
            .filter_map(|n| row(&batch, n))
            .for_each(&mut give);
    }
    Ok(())
}

/// With plain texts: queries give views.
fn conformed(batch: &RecordBatch) -> Result<RecordBatch, RollupError> {
    let schema = Arc::new(events_schema().project(&places())?);
    crate::rollup::write::conform(batch, &schema)
}

fn places() -> Vec<usize> {
    let schema = events_schema();
    let place = |name: &str| schema.index_of(name).ok();
    COLUMNS.into_iter().filter_map(place).collect()
}

fn row(batch: &RecordBatch, n: usize) -> Option<Row<'_>> {
    let text = |at: usize| {
        batch
            .column(at)
            .as_string_opt::<i32>()
            .filter(|c| c.is_valid(n))
            .map(|c| c.value(n))
    };
    let number = |at: usize| {
        let column = batch.column(at).as_primitive_opt::<UInt64Type>()?;
        column.is_valid(n).then(|| column.value(n))
    };
    let received = batch
        .column(3)
        .as_primitive_opt::<TimestampMillisecondType>()?;
    let event_id = text(1)?;
    Some(Row {
        account: text(0)?.parse().ok()?,
        event: event_id.parse().ok()?,
        event_id,
        kind: text(2)?,
        received: time::day_of(time::minute_of(received.value(n))),
        visitor: number(4).unwrap_or(0),
        named: number(5).unwrap_or(0),
        click: text(6),
    })
}
