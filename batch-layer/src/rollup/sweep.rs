//! Files that nothing names: those of attempts that died before they could take them back. Once a day they are
//! looked for, and dropped like all that is not needed any more.

use std::collections::BTreeSet;

use futures::TryStreamExt;
use handover::manifest::{Dropped, Manifest};
use object_store::path::Path;
use storage::store::StoreError;

use super::{
    deps::{RollupDeps, RollupError},
    names, recount,
};

/// How often they are looked for, milliseconds.
const EVERY_MS: i64 = 24 * 60 * 60_000;
/// An attempt may take so long, milliseconds: what is younger may be of one that is under way.
const YOUNG_MS: i64 = 3 * EVERY_MS;
/// Files dropped at once, at most.
const MOST: usize = 10_000;
/// Where the rollup writes.
const FOLDERS: [&str; 10] = [
    "events",
    "runs",
    "visitors",
    "keys",
    "duplicates",
    "door-rules",
    "attributions",
    "touches",
    "erased",
    "expired",
];

/// Drops what nothing names, if it is time to look; false if it is not.
pub(super) async fn some(
    deps: &RollupDeps,
    n: u64,
    manifest: &mut Manifest,
) -> Result<bool, RollupError> {
    let now = deps.env.clock.now_ms();
    if n == 0 || manifest.swept_ms == 0 || manifest.swept_ms + EVERY_MS > now {
        return Ok(false);
    }
    let known = known(deps, manifest).await?;
    let before = now - YOUNG_MS;
    let mut orphans = Vec::new();
    for folder in FOLDERS {
        let path = Path::from(folder);
        let mut objects = deps.env.store.list(Some(&path));
        while let Some(object) = objects
            .try_next()
            .await
            .map_err(|source| StoreError::request("list", &path, source))?
        {
            let old = object.last_modified.timestamp_millis() < before;
            if old && !known.contains(object.location.as_ref()) && orphans.len() < MOST {
                orphans.push(object.location.to_string());
            }
        }
    }
    if !orphans.is_empty() {
        tracing::info!(
            files = orphans.len(),
            "files of attempts that died are dropped"
        );
    }
    manifest
        .dropped
        .extend(orphans.into_iter().map(|path| Dropped {
            path,
            at_ms: now,
            manifest: n + 1,
            longer_ms: 0,
        }));
    manifest.swept_ms = now;
    Ok(true)
}

/// What is named: by the manifest, as dropped, or by a full run that is under way.
async fn known(deps: &RollupDeps, manifest: &Manifest) -> Result<BTreeSet<String>, RollupError> {
    let mut known = names(manifest);
    if let Some(under_way) = recount::under_way(deps, manifest).await? {
        known.extend(names(&under_way));
    }
    known.extend(manifest.dropped.iter().map(|dropped| dropped.path.clone()));
    Ok(known)
}
