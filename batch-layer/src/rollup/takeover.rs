//! The day files of the version before become runs, some files at a time. No number changes; what is
//! in a run is no longer named as a day file, in the same manifest.

use datafusion::{
    arrow::{
        array::{Array, AsArray, RecordBatch},
        datatypes::{Int64Type, TimestampMillisecondType, UInt64Type},
    },
    parquet::{arrow::ParquetRecordBatchStreamBuilder, errors::ParquetError},
};
use futures::{Stream, TryStreamExt};
use handover::{
    manifest::{File, Manifest},
    runs::{Quarters, RunWriter, SumRows, Table, VisitRows},
    views::{MONTH_UNIQUES, UNIQUES, VISITORS},
};
use model::{CUBES, Counts, Cube, EntityId, Measure, time};
use object_store::path::Path;
use storage::{object_keys::ObjectKey, parquet_object::ObjectReader};

use super::{
    deps::{RollupDeps, RollupError},
    fold::MAX_ROWS,
    write::Writer,
};

/// Rows taken over at once, and one file's more.
const ROWS: u64 = 500_000;

/// Takes over some day files; false if there are none.
pub(super) async fn some(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    manifest: &mut Manifest,
) -> Result<bool, RollupError> {
    // Counts of visitors follow from visits.
    let counts = [UNIQUES, MONTH_UNIQUES].map(|view| manifest.day_views.remove(view).is_some());
    let visits = chosen(manifest, |view| (view == VISITORS).then_some(()));
    let sums = match visits.is_empty() {
        true => chosen(manifest, |view| CUBES.iter().find(|cube| cube.name == view)),
        false => Vec::new(),
    };
    if visits.is_empty() && sums.is_empty() {
        manifest.day_views.retain(|_, days| !days.is_empty());
        return Ok(counts.contains(&true));
    }
    let run = manifest.new_run();
    if !visits.is_empty() {
        let days = visits.iter().map(|((), day, _)| (day + 1) * time::DAY);
        manifest.hourly_before = days.fold(manifest.hourly_before, i64::max);
        let rows = read_visits(deps, &visits).await?;
        put(writer, manifest, Table::Visits, run, rows).await?;
    }
    if !sums.is_empty() {
        let rows = read_sums(deps, &sums).await?;
        put(writer, manifest, Table::Sums, run, rows).await?;
    }
    let named = visits.iter().map(|((), day, _)| (VISITORS, *day));
    let named = named.chain(sums.iter().map(|(cube, day, _)| (cube.name, *day)));
    for (view, day) in named {
        if let Some(days) = manifest.day_views.get_mut(view) {
            days.remove(&day);
        }
    }
    manifest.day_views.retain(|_, days| !days.is_empty());
    Ok(true)
}

/// Where the day files lie.
pub(super) fn paths(manifest: &Manifest) -> impl Iterator<Item = Path> {
    let views = manifest.day_views.iter();
    views.flat_map(|(view, days)| days.iter().map(move |(day, file)| path(view, *day, file)))
}

fn path(view: &str, day: i64, file: &File) -> Path {
    let key = ObjectKey::View {
        cube: view.to_owned(),
        day,
        name: file.name.clone(),
    };
    key.path()
}

/// The first files of the views that `is` tells something of.
fn chosen<T: Copy>(manifest: &Manifest, is: impl Fn(&str) -> Option<T>) -> Vec<(T, i64, File)> {
    let views = manifest.day_views.iter();
    let views = views.filter_map(|(view, days)| Some((is(view)?, days)));
    let all = views.flat_map(|(is, days)| days.iter().map(move |(day, file)| (is, *day, file)));
    let mut rows = 0;
    let some = all.take_while(|(.., file)| {
        let fits = rows == 0 || rows + file.rows <= ROWS;
        rows += file.rows;
        fits
    });
    some.map(|(is, day, file)| (is, day, file.clone()))
        .collect()
}

async fn put(
    writer: &mut Writer<'_>,
    manifest: &mut Manifest,
    table: Table,
    run: u64,
    rows: RecordBatch,
) -> Result<(), RollupError> {
    let mut out = RunWriter::new(table, MAX_ROWS);
    out.write(&rows)?;
    let files = writer.put_runs(table, out.finish()?, (run, 0)).await?;
    manifest.runs_mut(table).extend(files);
    Ok(())
}

async fn read_sums(
    deps: &RollupDeps,
    files: &[(&'static Cube, i64, File)],
) -> Result<RecordBatch, RollupError> {
    let mut all: Vec<(EntityId, &Cube, i64, String, Counts)> = Vec::new();
    for (cube, day, file) in files {
        let path = path(cube.name, *day, file);
        let mut batches = read(deps, &path, file).await?;
        while let Some(batch) = batches.try_next().await? {
            let columns = Columns(&batch, &path);
            let values = columns.get("value")?.as_string_opt::<i32>();
            let values = values.ok_or_else(|| columns.lacks("value"))?;
            let measures = Measure::ALL.map(|measure| {
                let column = batch.column_by_name(measure.column());
                column.and_then(|column| column.as_primitive_opt::<Int64Type>())
            });
            let (entities, times) = (columns.entities()?, columns.times()?);
            for (row, (entity, minute)) in entities.into_iter().zip(times).enumerate() {
                let numbers = measures.map(|column| column.map_or(0, |column| column.value(row)));
                let value = values.value(row).to_owned();
                all.push((entity, cube, minute, value, of_day_file(&numbers)));
            }
        }
    }
    all.sort_by(|a, b| {
        let key = |(entity, cube, minute, ..): &(EntityId, &Cube, i64, String, Counts)| {
            let key = handover::runs::Key::new(*entity, Some(cube), time::day_of(*minute));
            (key, *minute)
        };
        key(a).cmp(&key(b)).then_with(|| a.3.cmp(&b.3))
    });
    let mut rows = SumRows::default();
    for (entity, cube, minute, value, counts) in all {
        rows.push(entity, cube, minute, &value, &counts);
    }
    Ok(rows.take()?)
}

/// The numbers of a row, in the order of measures.
fn of_day_file(numbers: &[i64; Measure::ALL.len()]) -> Counts {
    let mut counts = Counts::default();
    for (measure, number) in Measure::ALL.into_iter().zip(numbers) {
        match measure {
            Measure::ValueMicros => counts.micros = i128::from(*number),
            counter => counts.set(counter, *number),
        }
    }
    counts
}

async fn read_visits(
    deps: &RollupDeps,
    files: &[((), i64, File)],
) -> Result<RecordBatch, RollupError> {
    let mut all: Vec<(EntityId, i64, u64, Quarters, Quarters)> = Vec::new();
    for ((), day, file) in files {
        let path = path(VISITORS, *day, file);
        let mut batches = read(deps, &path, file).await?;
        while let Some(batch) = batches.try_next().await? {
            let columns = Columns(&batch, &path);
            let bots = columns.get("bot")?.as_boolean_opt();
            let bots = bots.ok_or_else(|| columns.lacks("bot"))?;
            let visitors = columns.get("visitor")?.as_primitive_opt::<UInt64Type>();
            let visitors = visitors.ok_or_else(|| columns.lacks("visitor"))?;
            let (entities, hours) = (columns.entities()?, columns.times()?);
            for (row, (entity, hour)) in entities.into_iter().zip(hours).enumerate() {
                let day = time::day_of(hour);
                let quarters = Quarters::of_range(day, hour, hour + time::HOUR);
                let (people, bots) = match bots.value(row) {
                    true => (Quarters::default(), quarters),
                    false => (quarters, Quarters::default()),
                };
                all.push((entity, day, visitors.value(row), people, bots));
            }
        }
    }
    let key = |(entity, day, visitor, ..): &(EntityId, i64, u64, Quarters, Quarters)| {
        (
            handover::runs::Key::new(*entity, None, *day),
            *day,
            *visitor,
        )
    };
    all.sort_by_key(key);
    let mut rows = VisitRows::default();
    for same in all.chunk_by(|a, b| key(a) == key(b)) {
        let (entity, day, visitor, ..) = same[0];
        let join = |of: fn(&(EntityId, i64, u64, Quarters, Quarters)) -> Quarters| {
            Quarters(same.iter().fold(0, |all, row| all | of(row).0))
        };
        rows.push(entity, day, visitor, join(|r| r.3), join(|r| r.4));
    }
    Ok(rows.take()?)
}

async fn read(
    deps: &RollupDeps,
    path: &Path,
    file: &File,
) -> Result<impl Stream<Item = Result<RecordBatch, ParquetError>> + Unpin + use<>, RollupError> {
    let store = std::sync::Arc::clone(&deps.env.store);
    let reader = ObjectReader::new(store, path.clone(), file.bytes);
    Ok(ParquetRecordBatchStreamBuilder::new(reader)
        .await?
        .build()?)
}

/// Columns of a day file.
struct Columns<'a>(&'a RecordBatch, &'a Path);

impl<'a> Columns<'a> {
    fn get(&self, name: &str) -> Result<&'a dyn Array, ParquetError> {
        let column = self.0.column_by_name(name);
        let column = column.ok_or_else(|| self.lacks(name))?;
        Ok(&**column)
    }

    fn entities(&self) -> Result<Vec<EntityId>, ParquetError> {
        let texts = self.get("entity")?.as_string_opt::<i32>();
        let texts = texts.ok_or_else(|| self.lacks("entity"))?.iter();
        let parsed = texts.map(|text| text.unwrap_or_default().parse::<EntityId>());
        let parsed = parsed.collect::<Result<Vec<_>, _>>();
        parsed.map_err(|e| ParquetError::General(format!("`{}`: {e}", self.1)))
    }

    /// Unix minutes.
    fn times(&self) -> Result<Vec<i64>, ParquetError> {
        let times = self
            .get("time")?
            .as_primitive_opt::<TimestampMillisecondType>();
        let times = times.ok_or_else(|| self.lacks("time"))?;
        Ok(times
            .values()
            .iter()
            .map(|ms| time::minute_of(*ms))
            .collect())
    }

    fn lacks(&self, column: &str) -> ParquetError {
        ParquetError::General(format!("`{}` lacks the column {column}", self.1))
    }
}
