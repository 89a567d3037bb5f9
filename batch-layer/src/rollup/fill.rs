//! History of cubes that were defined when events had been taken already: counted from raw, step by
//! step, beside what is new. Until all of it is there, answers say that it is not.

use std::collections::BTreeMap;

use handover::{
    directory::Directory,
    manifest::{Filling, Manifest},
    sealed,
    skips::Skips,
};
use model::{CUBES, Covered, Cube, Epoch, Horizon, LogId};

use super::{
    deps::{RollupDeps, RollupError},
    step,
    task::{Count, Undecided},
    tasks,
    write::Writer,
};

/// Notes which cubes lack history, and how much of it: all that is covered now. From now on steps
/// count them. False if there are no such cubes.
pub(super) fn begin(manifest: &mut Manifest) -> bool {
    let begun = |cube: &Cube| {
        manifest
            .fillings
            .iter()
            .any(|f| f.cubes.contains(cube.name))
    };
    let lacking = CUBES
        .iter()
        .filter(|cube| !manifest.is_whole(cube) && !begun(cube));
    // What was counted by a program that knew it, before one that did not, is not told apart.
    let (some, none): (Vec<&Cube>, Vec<&Cube>) = lacking.partition(|cube| has_rows(manifest, cube));
    for cube in some {
        tracing::warn!(
            cube = cube.name,
            "a cube has gaps, since a program ran that did not know it; `millrace batch run --full` fills them"
        );
    }
    if none.is_empty() {
        return false;
    }
    let filling = Filling {
        cubes: none.iter().map(|cube| cube.name.to_owned()).collect(),
        done: Horizon::default(),
        upto: manifest.horizon.clone(),
    };
    manifest.fillings.push(filling);
    true
}

/// A program that does not know a cube does not count it: it has gaps from then on.
pub(super) fn forget_unknown(manifest: &mut Manifest) {
    for filling in &mut manifest.fillings {
        filling.cubes.retain(|name| is_known(name));
    }
    manifest
        .fillings
        .retain(|filling| !filling.cubes.is_empty());
}

fn is_known(name: &str) -> bool {
    CUBES.iter().any(|cube| cube.name == name)
}

fn has_rows(manifest: &Manifest, cube: &Cube) -> bool {
    let mut totals = manifest.sums.iter().flat_map(|file| &file.totals);
    let old = manifest.day_views.contains_key(cube.name);
    old || totals.any(|total| total.cube == cube.id)
}

/// Counts some more of the history of the first cubes that lack it; false if none do, or if the rest
/// of it is held back.
pub(super) async fn some(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    manifest: &mut Manifest,
    directory: &Directory,
    held: &BTreeMap<LogId, Epoch>,
) -> Result<bool, RollupError> {
    // A newer program's cubes are left to it.
    let known = |filling: &Filling| filling.cubes.iter().all(|name| is_known(name));
    let Some(place) = manifest.fillings.iter().position(known) else {
        return Ok(false);
    };
    let filling = manifest.fillings[place].clone();
    let Filling { cubes, done, upto } = &filling;
    let end = |log| {
        let end = upto.of(log).epoch.next();
        Some(held.get(&log).map_or(end, |held| end.min(*held)))
    };
    let skips = Skips::read(&deps.env.store).await?;
    let taken = sealed::beyond(&deps.env.store, directory, done, end, &skips, deps.step()).await?;
    let count = Count {
        parts: Vec::new(),
        rules: deps.rules.version().to_owned(),
        door_rules: manifest.door_rules.clone(),
        erased: manifest.erased.clone(),
        erased_accounts: manifest.erased_accounts.clone(),
        expired: manifest.expired.clone(),
        left_out: manifest.duplicates.clone(),
        cubes: cubes.iter().cloned().collect(),
        visits: false,
        events: false,
        keys_since: None,
        attributions: Vec::new(),
        undecided: Undecided::Counted,
        touches: false,
        settled_ms: None,
    };
    // What is lost was noted when these were settled.
    let decided = &manifest.attributions;
    let (counted, _) = tasks::count(deps, writer, &taken, decided, count).await?;
    for (_, done) in counted {
        step::add_runs(manifest, done.runs);
    }
    let mut filling = filling;
    for seal in &taken {
        filling.done.0.insert(seal.log, seal.covered());
    }
    let behind = |(log, upto): (&LogId, &Covered)| filling.done.of(*log).epoch < upto.epoch;
    if filling.upto.0.iter().any(behind) {
        manifest.fillings[place] = filling;
        return Ok(!taken.is_empty());
    }
    manifest.fillings.remove(place);
    manifest.whole.0.extend(filling.cubes);
    Ok(true)
}
