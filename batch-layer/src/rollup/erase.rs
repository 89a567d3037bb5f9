//! Erasing visitors: files of events and of visits are written anew without who they were, and published like a step (ADR
//! 36). No number changes: the events are counted as before, and one number stands for the visitor's in all of them.
//!
//! It is done when all that was recorded before somebody asked for it is settled, so that a visitor changes their number at one
//! moment, with one manifest, and is never two people in an answer.

mod columns;
mod due;
mod find;
mod others;
mod rewrite;
mod visits;

use std::collections::BTreeMap;

use handover::{
    erasures::{self, Asked, ErasedEvents},
    manifest::Manifest,
};
use storage::object_keys::ObjectKey;

pub(crate) use self::columns::erased_batch;
pub(super) use self::due::Erasures;
use super::{
    deps::{RollupDeps, RollupError},
    write::Writer,
};

/// Erases in `manifest` who is asked for; tells how many events each erasure has, by its name.
pub(super) async fn erase(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    manifest: &mut Manifest,
    due: &[Asked],
) -> Result<BTreeMap<String, u64>, RollupError> {
    let mut all = erasures::read(&deps.env.store, manifest.erased.as_ref(), |_| true).await?;
    let new = find::find(deps, manifest, due, &all).await?;
    if !new.is_empty() {
        rewrite::rewrite(deps, writer, manifest, &new).await?;
        others::attributions(deps, writer, manifest, &new).await?;
        all.extend(new);
        let bytes = erasures::encode(&all)?;
        let key = |name| ObjectKey::Erased { name };
        manifest.erased = Some(writer.put(key, all.len() as u64, bytes).await?);
    }
    others::touches(deps, writer, manifest, due).await?;
    Ok(counts(&all))
}

fn counts(all: &ErasedEvents) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for erased in all.values() {
        *counts.entry(erased.erasure.to_string()).or_default() += 1;
    }
    counts
}

/// Erases in `manifest`, which is to take the place of `current`, all who are erased there.
pub(super) async fn catch_up(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    current: &Manifest,
    manifest: &mut Manifest,
) -> Result<(), RollupError> {
    if manifest.erased != current.erased {
        let all = erasures::read(&deps.env.store, current.erased.as_ref(), |_| true).await?;
        rewrite::rewrite(deps, writer, manifest, &all).await?;
        manifest.erased.clone_from(&current.erased);
    }
    Ok(())
}
