//! Everything anew: from raw, with today's rules, step by step, into files of its own, and what came
//! of it compared with what it replaces.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::arrow::{
    array::{AsArray, RecordBatch},
    datatypes::{Decimal128Type, Int64Type, UInt16Type},
};
use futures::TryStreamExt;
use handover::{
    directory::Directory,
    manifest::Manifest,
    manifests::Published,
    runs::{RunFile, Table, cube_of},
    sealed,
};
use model::{CUBES, Epoch, LogId, Measure};

use super::{
    Report,
    deps::{RollupDeps, RollupError},
    merge::{self, Side, sorted},
    step,
    write::Writer,
};

/// What a full run gives: the manifest that would be, and how many rows of each cube are not as they
/// were.
pub(super) type Recomputed = (Manifest, Report, Vec<(String, u64)>);

/// Recomputes everything, without publishing it.
pub(super) async fn recompute(
    deps: &RollupDeps,
    current: &Published,
    directory: &Directory,
    writer: &mut Writer<'_>,
) -> Result<Recomputed, RollupError> {
    let before = &current.manifest;
    let mut manifest = Manifest {
        next_run: before.next_run,
        dropped: before.dropped.clone(),
        ..Manifest::default()
    };
    let mut decided = (**before).clone();
    let mut report = Report::default();
    let unsure_before = before
        .unsure
        .iter()
        .map(|log| (*log, before.horizon.of(*log).epoch));
    let mut unsure: BTreeSet<(LogId, Epoch)> = unsure_before.collect();
    loop {
        let (store, horizon) = (&deps.env.store, &manifest.horizon);
        let taken = sealed::beyond(store, directory, horizon, |_| None, deps.step()).await?;
        if taken.is_empty() {
            break;
        }
        report.add(step::take(deps, writer, &decided, &mut manifest, &taken).await?);
        unsure.extend(
            manifest
                .unsure
                .iter()
                .map(|log| (*log, manifest.horizon.of(*log).epoch)),
        );
        // What this run has decided stays decided.
        decided.duplicates = manifest.duplicates.clone();
        for (log, covered) in &manifest.horizon.0 {
            let old = decided.horizon.0.entry(*log).or_insert(*covered);
            if old.epoch < covered.epoch {
                *old = *covered;
            }
        }
        while let Some(merged) = merge::next(deps, writer, &manifest).await? {
            merged.apply(&mut manifest);
            writer.forget(merged.gone()).await;
        }
    }
    behind(before, &manifest)?;
    let still = unsure
        .into_iter()
        .filter(|(log, epoch)| manifest.horizon.of(*log).epoch == *epoch);
    manifest.unsure = still.map(|(log, _)| log).collect();
    let changed = changes(deps, before, &manifest).await?;
    report.steps = 1;
    Ok((manifest, report, changed))
}

/// What is settled must not become unsettled: live counters of it are gone.
fn behind(before: &Manifest, after: &Manifest) -> Result<(), RollupError> {
    for (log, covered) in &before.horizon.0 {
        let now = after.horizon.of(*log);
        if now.epoch < covered.epoch {
            return Err(RollupError::Held {
                log: *log,
                epoch: now.epoch.next(),
                why: format!(
                    "its seal is missing, and epochs up to {} are settled; nothing was recomputed",
                    covered.epoch
                ),
            });
        }
    }
    Ok(())
}

/// How many rows of each cube differ between two manifests, where any do.
async fn changes(
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
    let mut rows = sorted(&deps.env.store, Table::Sums, runs)?;
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
