//! Erasing visitors: files of events and of visits are written anew without who they were, and published like a step (ADR
//! 36). No number changes: the events are counted as before, and one number stands for the visitor's in all of them.
//!
//! It is done when all that was recorded before somebody asked for it is settled, so that a visitor changes their number at one
//! moment, with one manifest, and is never two people in an answer. Accounts as a whole need not wait: nobody asks for them any more.

mod accounts;
mod columns;
mod due;
mod find;
mod others;
mod rewrite;
mod visits;

use std::collections::{BTreeMap, BTreeSet};

use handover::{
    erasures::{self, Asked, ErasedEvents},
    manifest::Manifest,
};
use storage::object_keys::ObjectKey;

pub(crate) use self::columns::erased_batch;
pub(super) use self::due::Erasures;
use super::{
    deps::{RollupDeps, RollupError},
    expire,
    write::Writer,
};

/// Erases in `manifest` who is asked for; tells how many events each erasure has, by its name.
pub(super) async fn erase(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    manifest: &mut Manifest,
    due: &[Asked],
) -> Result<BTreeMap<String, u64>, RollupError> {
    let (whole, due): (Vec<Asked>, Vec<Asked>) =
        due.iter().cloned().partition(|asked| asked.is_account);
    let raws: BTreeSet<u64> = whole.iter().map(|asked| asked.account.raw).collect();
    let of_accounts = accounts::erase(deps, writer, manifest, &raws).await?;
    let due = &due[..];
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
    let mut counts = counts(&all);
    counts.extend(whole.into_iter().map(|asked| {
        let events = of_accounts.get(&asked.account.to_string());
        (asked.id, events.copied().unwrap_or(0))
    }));
    Ok(counts)
}

fn counts(all: &ErasedEvents) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for erased in all.values() {
        *counts.entry(erased.erasure.to_string()).or_default() += 1;
    }
    counts
}

/// Erases in `manifest`, which is to take the place of `current`, all who are erased there. What is expired there goes
/// later, as it does there.
pub(super) async fn catch_up(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    current: &Manifest,
    manifest: &mut Manifest,
) -> Result<(), RollupError> {
    expire::catch_up(deps, current, manifest).await?;
    let new = &current.erased_accounts - &manifest.erased_accounts;
    accounts::erase(deps, writer, manifest, &new).await?;
    if manifest.erased != current.erased {
        let all = erasures::read(&deps.env.store, current.erased.as_ref(), |_| true).await?;
        rewrite::rewrite(deps, writer, manifest, &all).await?;
        manifest.erased.clone_from(&current.erased);
    }
    Ok(())
}
