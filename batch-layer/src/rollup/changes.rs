//! How the numbers of two manifests differ.

use std::collections::BTreeMap;

use datafusion::arrow::{
    array::{AsArray, RecordBatch},
    datatypes::{Decimal128Type, Int64Type, UInt16Type},
};
use futures::TryStreamExt;
use handover::{
    manifest::Manifest,
    runs::{RunFile, Table, cube_of},
};
use model::{CUBES, Measure};

use super::{
    deps::{RollupDeps, RollupError},
    merge::{Side, sorted},
};

/// How many rows of each cube differ between two manifests, where any do.
pub(super) async fn changes(
    deps: &RollupDeps,
    before: &Manifest,
    after: &Manifest,
) -> Result<Vec<(String, u64)>, RollupError> {
    let sides = [(Side::TakenAway, before), (Side::Added, after)];
    let runs = sides.into_iter().flat_map(|(side, manifest)| {
        let runs = by_run(&manifest.sums).into_values();
        runs.map(move |files| (side, files))
    });
    let runs: Vec<_> = runs.collect();
    if runs.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows = sorted(&deps.env.store, deps.limits.query(), Table::Sums, runs)?;
    let mut changed: BTreeMap<u32, u64> = BTreeMap::new();
    while let Some(batch) = rows.try_next().await? {
        let parts = batch.column(2).as_primitive::<UInt16Type>();
        let differs = differing(&batch);
        for row in (0..batch.num_rows()).filter(|row| differs(*row)) {
            *changed.entry(cube_of(parts.value(row))).or_default() += 1;
        }
    }
    let named = CUBES.iter().filter_map(|cube| {
        let rows = changed.get(&cube.id)?;
        Some((cube.name.to_owned(), *rows))
    });
    Ok(named.collect())
}

fn by_run(files: &[RunFile]) -> BTreeMap<(u8, u64), Vec<RunFile>> {
    let mut runs: BTreeMap<(u8, u64), Vec<RunFile>> = BTreeMap::new();
    for file in files {
        runs.entry((file.level, file.run))
            .or_default()
            .push(file.clone());
    }
    for files in runs.values_mut() {
        files.sort_by_key(|file| file.first);
    }
    runs
}

/// Whether a row has anything but noughts.
fn differing(batch: &RecordBatch) -> impl Fn(usize) -> bool {
    let counted = Measure::ALL
        .into_iter()
        .filter(|m| *m != Measure::ValueMicros);
    let columns = counted.filter_map(|m| batch.column_by_name(m.column()));
    let counts: Vec<_> = columns
        .map(|c| c.as_primitive::<Int64Type>().clone())
        .collect();
    let micros = batch.column_by_name(Measure::ValueMicros.column());
    let micros = micros.map(|c| c.as_primitive::<Decimal128Type>().clone());
    move |row| {
        let counts = counts.iter().any(|column| column.value(row) != 0);
        counts || micros.as_ref().is_some_and(|column| column.value(row) != 0)
    }
}
