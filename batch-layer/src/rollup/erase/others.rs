//! What else knows an erased visitor: their clicks that wait for conversions, and what was decided about conversions.

use std::collections::BTreeSet;

use handover::{
    attributions,
    erasures::{Asked, ErasedEvents},
    manifest::Manifest,
    touches::{self, Writer as Touches},
};
use storage::{error::StorageError, object_keys::ObjectKey};

use super::rewrite::batches;
use crate::rollup::{
    deps::{RollupDeps, RollupError},
    write::Writer,
};

/// Takes the clicks of these visitors away: no conversion belongs to them from now on.
pub(super) async fn touches(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    manifest: &mut Manifest,
    due: &[Asked],
) -> Result<(), RollupError> {
    let of = |asked: &Asked| Some((asked.account.raw, asked.visitor?));
    let gone: BTreeSet<(u64, u64)> = due.iter().filter_map(of).collect();
    let mut left = Vec::new();
    for file in std::mem::take(&mut manifest.touches) {
        if gone.range(file.first..=file.last).next().is_none() {
            left.push(file);
            continue;
        }
        let path = ObjectKey::Touches {
            name: file.file.name.clone(),
        }
        .path();
        let (mut out, mut is_hit) = (Touches::new()?, false);
        for batch in batches(deps, path.clone(), file.file.bytes).await? {
            let rows = touches::decode(&batch, path.as_ref()).map_err(StorageError::from)?;
            let count = rows.len();
            let stays = |touch: &touches::Touch| !gone.contains(&(touch.account, touch.visitor));
            let rows: Vec<_> = rows.into_iter().filter(stays).collect();
            is_hit |= rows.len() < count;
            out.write(&rows)?;
        }
        if !is_hit {
            left.push(file);
        } else if let Some(finished) = out.finish()? {
            let key = |name| ObjectKey::Touches { name };
            let stored = writer.put(key, finished.rows, finished.bytes.clone());
            left.push(finished.stored(stored.await?, file.level));
        }
    }
    manifest.touches = left;
    Ok(())
}

/// Takes the sub parameters of erased conversions' clicks out of what was decided about them.
pub(super) async fn attributions(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    manifest: &mut Manifest,
    erased: &ErasedEvents,
) -> Result<(), RollupError> {
    for of in &mut manifest.attributions {
        if !erased.keys().any(|event| of.may_hold(*event)) {
            continue;
        }
        let all = attributions::read(&deps.env.store, [&of.file].into_iter(), |_| true).await;
        let mut all = all.map_err(StorageError::from)?;
        let mut is_hit = false;
        for decision in all.values_mut().filter(|it| erased.contains_key(&it.event)) {
            if let Some(origin) = &mut decision.origin {
                is_hit |= origin.subs.iter().any(|sub| !sub.is_empty());
                origin.subs = Default::default();
            }
        }
        if is_hit {
            let bytes = attributions::encode(all.values())?;
            let key = |name| ObjectKey::Attributions { name };
            of.file = writer.put(key, all.len() as u64, bytes).await?;
        }
    }
    Ok(())
}
