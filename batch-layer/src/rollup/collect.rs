//! Deleting what was dropped: files that no manifest needs which somebody may still be reading.

use std::collections::BTreeSet;

use model::{Bug, planted};
use object_store::{ObjectStoreExt, path::Path};
use storage::store::StoreError;

use super::{
    deps::{RollupDeps, RollupError},
    names,
};

/// How long what was dropped stays, milliseconds: questions that began before are answered by then.
const GRACE_MS: i64 = 60 * 60_000;
/// And how many manifests follow.
const GRACE_MANIFESTS: u64 = 2;
/// Objects deleted in one run, at most.
const MOST: usize = 10_000;

/// Deletes what was dropped long enough ago; gives the names. They stay in the manifest until the
/// next is published: deleting twice does no harm.
pub(super) async fn dropped(deps: &RollupDeps) -> Result<BTreeSet<String>, RollupError> {
    let current = deps.manifests.latest().await?;
    let (manifest, now) = (&current.manifest, deps.env.clock.now_ms());
    let old = manifest.dropped.iter().filter(|dropped| {
        dropped.at_ms + GRACE_MS <= now && dropped.manifest + GRACE_MANIFESTS <= current.n
    });
    // Its own list is not enough: what the manifest names is never deleted.
    let named = names(manifest);
    let trusts = planted(Bug::CollectorTrustsList);
    let old = old.filter(|dropped| trusts || !named.contains(&dropped.path));
    let mut gone = BTreeSet::new();
    for dropped in old.take(MOST) {
        let path = Path::from(dropped.path.as_str());
        match deps.env.store.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(source) => return Err(StoreError::request("delete", &path, source).into()),
        }
        gone.insert(dropped.path.clone());
    }
    Ok(gone)
}
