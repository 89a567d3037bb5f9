//! Cubes: the fresh events' sums, merged into the day files of the views.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::{
    arrow::{array::AsArray, datatypes::Int64Type, record_batch::RecordBatch},
    prelude::SessionContext,
};
use futures::TryStreamExt;
use handover::{
    manifest::{File, Manifest},
    views::cube_schema,
};
use model::Cube;
use object_store::path::Path;
use storage::object_keys::ObjectKey;

use super::{
    deps::{RollupDeps, RollupError},
    sql,
    write::{DayFiles, Writer},
};
use crate::engine;

/// New files of events by day.
pub(super) type Fresh = BTreeMap<i64, Vec<File>>;

/// Rewrites the day files of one cube that the fresh events touch.
pub(super) async fn cube(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    cube: &'static Cube,
    fresh: &Fresh,
    manifest: &mut Manifest,
) -> Result<(), RollupError> {
    let view = cube.name;
    let old = old_files(manifest, view, fresh.keys().copied());
    let context = session(deps, fresh, &old, manifest).await?;
    let mut files = DayFiles::new(cube_schema());
    let mut rows = context
        .sql(&sql::cube(cube, !old.is_empty()))
        .await?
        .execute_stream()
        .await?;
    while let Some(batch) = rows.try_next().await? {
        files.write(&batch)?;
    }
    store_days(writer, view, files, manifest).await
}

/// Stores finished day files and notes them in the manifest.
pub(super) async fn store_days(
    writer: &mut Writer<'_>,
    view: &str,
    files: DayFiles,
    manifest: &mut Manifest,
) -> Result<(), RollupError> {
    for (day, rows, bytes) in files.finish()? {
        let key = |name| ObjectKey::View {
            cube: view.to_owned(),
            day,
            name,
        };
        let file = writer.put(key, rows, bytes).await?;
        manifest
            .views
            .entry(view.to_owned())
            .or_default()
            .insert(day, file);
    }
    Ok(())
}

/// The present files of a view for some days.
pub(super) fn old_files(
    manifest: &Manifest,
    view: &str,
    days: impl Iterator<Item = i64>,
) -> Vec<Path> {
    let Some(files) = manifest.views.get(view) else {
        return Vec::new();
    };
    let path = |day: i64, file: &File| {
        ObjectKey::View {
            cube: view.to_owned(),
            day,
            name: file.name.clone(),
        }
        .path()
    };
    days.filter_map(|day| files.get(&day).map(|file| path(day, file)))
        .collect()
}

/// A session with the tables of fresh events, without duplicates, and of old rows.
pub(super) async fn session(
    deps: &RollupDeps,
    fresh: &Fresh,
    old: &[Path],
    manifest: &Manifest,
) -> Result<SessionContext, RollupError> {
    let context = engine::context(&deps.env.store)?;
    let event = |day: i64, file: &File| {
        ObjectKey::Events {
            day,
            name: file.name.clone(),
        }
        .path()
    };
    let events: Vec<Path> = fresh
        .iter()
        .flat_map(|(day, files)| files.iter().map(|f| event(*day, f)))
        .collect();
    engine::register_events(&context, sql::FRESH, &events, manifest).await?;
    if !old.is_empty() {
        engine::register(&context, sql::OLD, old).await?;
    }
    Ok(context)
}

/// How many rows of each cube's view differ between two manifests, where any do.
pub(super) async fn changes(
    deps: &RollupDeps,
    before: &Manifest,
    after: &Manifest,
) -> Result<Vec<(String, u64)>, RollupError> {
    let mut changes = Vec::new();
    for view in sql::cube_names() {
        let days = |m: &Manifest| {
            m.views
                .get(view)
                .map(|f| f.keys().copied().collect::<BTreeSet<_>>())
                .unwrap_or_default()
        };
        let (old, new) = (days(before), days(after));
        let (old, new) = (
            old_files(before, view, old.into_iter()),
            old_files(after, view, new.into_iter()),
        );
        let rows = match (old.is_empty(), new.is_empty()) {
            (true, true) => 0,
            (false, false) => difference(deps, &old, &new).await?,
            (true, false) => after
                .views
                .get(view)
                .map_or(0, |f| f.values().map(|f| f.rows).sum()),
            (false, true) => before
                .views
                .get(view)
                .map_or(0, |f| f.values().map(|f| f.rows).sum()),
        };
        if rows > 0 {
            changes.push((view.to_owned(), rows));
        }
    }
    Ok(changes)
}

async fn difference(deps: &RollupDeps, old: &[Path], new: &[Path]) -> Result<u64, RollupError> {
    let context = engine::context(&deps.env.store)?;
    engine::register(&context, sql::FRESH, new).await?;
    engine::register(&context, sql::OLD, old).await?;
    let rows: Vec<RecordBatch> = context.sql(&sql::difference()).await?.collect().await?;
    let count = rows
        .iter()
        .filter(|b| b.num_rows() > 0)
        .map(|b| b.column(0).as_primitive::<Int64Type>().value(0));
    Ok(count.sum::<i64>() as u64)
}
