//! Files of clicks of named visitors become fewer, as runs do: a file for each step is too many to look through.

use std::collections::BTreeSet;

use futures::TryStreamExt;
use handover::{
    manifest::{Manifest, TouchesFile},
    touches::{self, KEY, Writer as Touches},
};
use storage::{error::StorageError, object_keys::ObjectKey};

use super::visitors::path;
use crate::{
    engine,
    rollup::{
        deps::{RollupDeps, RollupError},
        write::{Writer, conform},
    },
};

/// So many files of a level become one of the next.
const FAN_IN: usize = 8;
/// Rows of one file, at most and one batch more. One with half of that is not merged any more.
const MOST_ROWS: u64 = 1 << 20;

/// Merges files of one level; false if there are too few of each.
pub(in crate::rollup) async fn merge(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    manifest: &mut Manifest,
) -> Result<bool, RollupError> {
    let Some((level, files)) = next(&manifest.touches) else {
        return Ok(false);
    };
    let context = engine::context(deps)?;
    let paths: Vec<_> = files.iter().map(path).collect();
    engine::register_as(&context, "files", &paths, touches::schema()).await?;
    let sql = format!("SELECT * FROM files ORDER BY {}", KEY.join(", "));
    let mut batches = context.sql(&sql).await?.execute_stream().await?;
    let (mut out, mut merged) = (Touches::new()?, Vec::new());
    while let Some(batch) = batches.try_next().await? {
        let batch = conform(&batch, &touches::schema())?;
        let rows = touches::decode(&batch, "touches").map_err(StorageError::from)?;
        out.write(&rows)?;
        if out.rows() >= MOST_ROWS {
            let full = std::mem::replace(&mut out, Touches::new()?);
            merged.extend(put(writer, full, level).await?);
        }
    }
    merged.extend(put(writer, out, level).await?);
    let gone: BTreeSet<&String> = files.iter().map(|file| &file.file.name).collect();
    manifest
        .touches
        .retain(|file| !gone.contains(&file.file.name));
    manifest.touches.extend(merged);
    Ok(true)
}

/// The files to merge, and their level.
fn next(touches: &[TouchesFile]) -> Option<(u8, Vec<TouchesFile>)> {
    let small = || touches.iter().filter(|file| file.file.rows < MOST_ROWS / 2);
    let levels: BTreeSet<u8> = small().map(|file| file.level).collect();
    levels.into_iter().find_map(|level| {
        let files: Vec<TouchesFile> = small().filter(|f| f.level == level).cloned().collect();
        (files.len() >= FAN_IN).then_some((level, files))
    })
}

async fn put(
    writer: &mut Writer<'_>,
    out: Touches,
    level: u8,
) -> Result<Option<TouchesFile>, RollupError> {
    let Some(finished) = out.finish()? else {
        return Ok(None);
    };
    let key = |name| ObjectKey::Touches { name };
    let file = writer
        .put(key, finished.rows, finished.bytes.clone())
        .await?;
    Ok(Some(finished.stored(file, level.saturating_add(1))))
}
