//! Deleting what was dropped: files that no manifest needs which somebody may still be reading.

use std::collections::BTreeSet;

use futures::StreamExt;
use handover::{erasures::Carried, manifest::Manifest, manifests::Published};
use model::{Bug, planted};
use object_store::path::Path;
use storage::store::StoreError;

use super::{
    deps::{RollupDeps, RollupError},
    names, recount,
};

/// How long what was dropped stays, milliseconds: questions that began before are answered by then.
const GRACE_MS: i64 = 60 * 60_000;
/// And how many manifests follow.
const GRACE_MANIFESTS: u64 = 2;
/// Objects deleted in one run, at most.
const MOST: usize = 10_000;

/// What was dropped long enough ago; it is taken off the list.
pub(super) async fn old(
    deps: &RollupDeps,
    current: &Published,
    manifest: &mut Manifest,
) -> Result<BTreeSet<String>, RollupError> {
    let now = deps.env.clock.now_ms();
    let old = manifest.dropped.iter().filter(|dropped| {
        dropped.at_ms + GRACE_MS + dropped.longer_ms <= now
            && dropped.manifest + GRACE_MANIFESTS <= current.n
    });
    // Its own list is not enough: what the manifest names is never deleted, nor what a full run counts.
    let (mut named, trusts) = (names(manifest), planted(Bug::CollectorTrustsList));
    if let Some(under_way) = recount::under_way(deps, manifest).await? {
        named.extend(names(&under_way));
    }
    let old = old.filter(|dropped| trusts || !named.contains(&dropped.path));
    let old: BTreeSet<String> = old.take(MOST).map(|dropped| dropped.path.clone()).collect();
    manifest
        .dropped
        .retain(|dropped| !old.contains(&dropped.path));
    Ok(old)
}

/// Whether what an erasure dropped is old enough to be deleted, and only manifests that follow are missing.
pub(super) fn waits_for_manifests(current: &Published, carried: Carried, now_ms: i64) -> bool {
    carried.at_ms + GRACE_MS <= now_ms && current.n < carried.manifest + GRACE_MANIFESTS
}

/// Deletes these objects.
pub(super) async fn delete(deps: &RollupDeps, old: BTreeSet<String>) -> Result<(), RollupError> {
    let paths = old.iter().map(|path| Ok(Path::from(path.as_str())));
    let paths = futures::stream::iter(paths.collect::<Vec<_>>()).boxed();
    let mut deleted = deps.env.store.delete_stream(paths);
    while let Some(result) = deleted.next().await {
        match result {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
            Err(source) => {
                let folder = Path::default();
                return Err(StoreError::request("delete files of", &folder, source).into());
            }
        }
    }
    Ok(())
}
