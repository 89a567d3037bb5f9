//! Visits of erased visitors: their rows are taken out of the files of runs, which stay in order, and put into a run of
//! their own, under the number that stands for the visitor.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::{
    arrow::{
        array::{AsArray, BooleanArray, RecordBatch},
        compute::filter_record_batch,
        datatypes::{
            Date32Type, Int32Type, TimestampMillisecondType, UInt16Type, UInt32Type, UInt64Type,
        },
    },
    parquet::arrow::ParquetRecordBatchStreamBuilder,
};
use futures::TryStreamExt;
use handover::{
    manifest::Manifest,
    runs::{Key, Quarters, RunFile, RunReader, RunWriter, Table, VisitRows, kind_of},
};
use model::{EntityId, EntityKind, EventKind, time};
use storage::{error::StorageError, parquet_object::ObjectReader};

use crate::rollup::{
    deps::{RollupDeps, RollupError},
    fold::MAX_ROWS,
    write::{Writer, run_key},
};

/// Which visitor becomes which, by where their visits lie.
#[derive(Default)]
pub(super) struct Moves(BTreeMap<(Key, u64), u64>);

/// Visits that were taken out: by key, day and visitor, when they came as people and as bots.
type Taken = BTreeMap<(Key, i64, u64), (Quarters, Quarters)>;

impl Moves {
    /// Notes the visit of an event, a row of the table of events. Conversions are none.
    pub(super) fn note(&mut self, batch: &RecordBatch, row: usize, becomes: u64) -> Option<()> {
        let text = |name: &str| {
            let column = batch.column_by_name(name)?.as_string_opt::<i32>()?;
            Some(column.value(row))
        };
        let visitors = batch.column_by_name("visitor")?;
        let visitor = visitors.as_primitive_opt::<UInt64Type>()?.value(row);
        let times = batch.column_by_name("time")?;
        let times = times.as_primitive_opt::<TimestampMillisecondType>()?;
        let day = time::day_of(time::minute_of(times.value(row)));
        if text("type")? == EventKind::Conversion.name() || visitor == 0 || visitor == becomes {
            return Some(());
        }
        for name in ["account", "object", "campaign"] {
            // Without a campaign there is nothing to be read.
            let entity = text(name).and_then(|text| text.parse::<EntityId>().ok());
            if let Some(entity) = entity {
                let key = Key::new(entity, None, day);
                self.0.insert((key, visitor), becomes);
            }
        }
        Some(())
    }

    fn keys(&self) -> BTreeSet<Key> {
        self.0.keys().map(|(key, _)| *key).collect()
    }
}

/// Gives visits to the numbers that stand for their visitors.
pub(super) async fn give(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    manifest: &mut Manifest,
    moves: &Moves,
) -> Result<(), RollupError> {
    let (keys, mut taken) = (moves.keys(), Taken::new());
    let mut left = Vec::new();
    for file in std::mem::take(&mut manifest.visits) {
        match holds_any(deps, &file, &keys, moves).await? {
            true => left.extend(without(deps, writer, file, moves, &mut taken).await?),
            false => left.push(file),
        }
    }
    manifest.visits = left;
    if taken.is_empty() {
        return Ok(());
    }
    let run = manifest.new_run();
    let mut out = RunWriter::new(Table::Visits, MAX_ROWS);
    let mut rows = VisitRows::default();
    for ((key, day, visitor), (people, bots)) in taken {
        rows.push(entity(key), day, visitor, people, bots);
    }
    out.write(&rows.take()?)?;
    let files = writer
        .put_runs(Table::Visits, out.finish()?, (run, 0))
        .await?;
    manifest.visits.extend(files);
    Ok(())
}

fn entity(key: Key) -> EntityId {
    EntityId::new(kind_of(key.part).unwrap_or(EntityKind::Account), key.entity)
}

/// Whether a file has a visit that moves: only pages of these keys are read.
async fn holds_any(
    deps: &RollupDeps,
    file: &RunFile,
    keys: &BTreeSet<Key>,
    moves: &Moves,
) -> Result<bool, RollupError> {
    let mut within = keys.range(file.first..=file.last).peekable();
    if within.peek().is_none() {
        return Ok(false);
    }
    let path = run_key(Table::Visits, file.file.name.clone()).path();
    let reader = RunReader::open(&deps.env.store, path, file.file.bytes).await;
    let reader = reader.map_err(StorageError::from)?;
    let mut is_any = false;
    for key in within {
        let look =
            |visit: handover::runs::Visit| is_any |= moves.0.contains_key(&(*key, visit.visitor));
        let read = reader.visits(*key, look).await;
        read.map_err(StorageError::from)?;
        if is_any {
            break;
        }
    }
    Ok(is_any)
}

/// The file without the visits that move; none if no other is in it.
async fn without(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    file: RunFile,
    moves: &Moves,
    taken: &mut Taken,
) -> Result<Vec<RunFile>, RollupError> {
    let path = run_key(Table::Visits, file.file.name.clone()).path();
    let reader = ObjectReader::new(deps.env.store.clone(), path, file.file.bytes);
    let mut batches = ParquetRecordBatchStreamBuilder::new(reader)
        .await?
        .build()?;
    let mut out = RunWriter::new(Table::Visits, MAX_ROWS);
    while let Some(batch) = batches.try_next().await? {
        let stays = take(&batch, moves, taken);
        out.write(&filter_record_batch(&batch, &stays)?)?;
    }
    let place = (file.run, file.level);
    writer.put_runs(Table::Visits, out.finish()?, place).await
}

/// Takes visits out of a batch; tells which rows stay. Columns are those of [`handover::runs::visits_schema`].
fn take(batch: &RecordBatch, moves: &Moves, taken: &mut Taken) -> BooleanArray {
    let periods = batch.column(0).as_primitive::<Int32Type>();
    let entities = batch.column(1).as_primitive::<UInt64Type>();
    let parts = batch.column(2).as_primitive::<UInt16Type>();
    let days = batch.column(3).as_primitive::<Date32Type>();
    let visitors = batch.column(4).as_primitive::<UInt64Type>();
    let quarters = |early: usize, row: usize| {
        let late = batch.column(early + 1).as_primitive::<UInt32Type>();
        let early = batch.column(early).as_primitive::<UInt64Type>();
        Quarters::join(early.value(row), late.value(row))
    };
    let stays = |row: usize| {
        let key = Key::from((periods.value(row), entities.value(row), parts.value(row)));
        let Some(becomes) = moves.0.get(&(key, visitors.value(row))) else {
            return Some(true);
        };
        let to = (key, i64::from(days.value(row)), *becomes);
        let (people, bots) = taken.entry(to).or_default();
        people.0 |= quarters(5, row).0;
        bots.0 |= quarters(7, row).0;
        Some(false)
    };
    (0..batch.num_rows()).map(stays).collect()
}
