//! The rollup: sealed epochs in, exact numbers out, in steps of a bounded size. Each is published
//! by itself, so that a backlog of any size is worked off, and seen to be.

mod attribute;
mod back;
mod changes;
mod chunks;
mod collect;
mod count;
mod deps;
mod diff;
mod door_rules;
mod duplicates;
mod engine;
mod erase;
mod error;
mod events;
mod expire;
mod fill;
mod fold;
mod merge;
mod recount;
mod restated;
mod run;
mod step;
mod sweep;
mod takeover;
mod task;
mod tasks;
mod worker;
mod write;

use std::collections::BTreeSet;

use handover::{manifest::Manifest, runs::Table};
use serde::Serialize;
use storage::object_keys::ObjectKey;

use self::run::{Run, Work};
pub(crate) use self::{
    chunks::Enriched,
    erase::erased_batch,
    events::{INTERNAL, batch as events_batch, schema as events_schema},
    write::run_key,
};
pub use self::{
    deps::{Accounts, RollupDeps},
    diff::{By, Changed, Diff, Numbers, Question, Why, diff},
    door_rules::DoorRules,
    engine::{Engine, Local, Results, perform},
    error::RollupError,
    task::{Count, Done, Merge, NewRun, Part, Piece, Read, Task, Undecided},
    worker::Worker,
};

/// What a run recomputes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What has been sealed since the last run.
    Incremental,
    /// Everything that is settled, from raw, with today's rules; then what has been sealed since.
    Full,
    /// Everything that is settled, from raw, with today's rules, without publishing it; nothing else.
    Stage,
    /// What is staged, and what has been settled since, in its way; then what has been sealed since.
    Publish,
    /// What is staged is given up; nothing else.
    Discard,
    /// What was before the last full run, if that was within a day.
    Back,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The newest manifest after the run.
    pub manifest: u64,
    /// Whether this run published any.
    pub published: bool,
    /// Events taken.
    pub events: u64,
    /// Of these, events that are not counted: another with the same sender's key is.
    pub duplicates: u64,
    /// Epochs taken.
    pub epochs: u64,
    /// Steps published, each with its events.
    pub steps: u64,
    /// Files that were merged into others.
    pub merged: u64,
    /// Erasures of visitors that were carried out.
    pub erased: u64,
    /// Logs that are held back, and why.
    pub held: Vec<String>,
    /// Of a full run: rows of each cube that are not as they were, where there are any.
    pub changed: Vec<(String, u64)>,
}

impl Report {
    fn add(&mut self, step: Report) {
        self.events += step.events;
        self.duplicates += step.duplicates;
        self.epochs += step.epochs;
        self.steps += step.steps;
        self.merged += step.merged;
        self.erased += step.erased;
    }
}

/// Runs the rollup: takes all that is sealed, then puts in order what there is. What is new goes first,
/// and nothing that fails after it keeps it from being published.
pub async fn run(deps: &RollupDeps, mode: Mode) -> Result<Report, RollupError> {
    let mut run = Run::new(deps);
    run.look_for_erasures().await;
    match mode {
        Mode::Incremental => {}
        Mode::Full | Mode::Stage => {
            run.all(Work::TakeOver).await?;
            run.all(Work::Merge).await?;
            if mode == Mode::Stage {
                run.stage().await?;
                return run.finish().await;
            }
            run.once(Work::Full).await?;
        }
        Mode::Publish => {
            run.once(Work::Publish).await?;
        }
        Mode::Discard => {
            run.once(Work::Discard).await?;
            return run.finish().await;
        }
        Mode::Back => {
            run.once(Work::Back).await?;
        }
    }
    run.once(Work::BeginFilling).await?;
    run.steps().await?;
    run.beside(Work::TakeOver).await;
    run.fill().await?;
    run.erase().await;
    run.expire().await?;
    run.beside(Work::Merge).await;
    run.beside(Work::Sweep).await;
    run.beside(Work::Collect).await;
    run.see_off_erasures().await;
    run.finish().await
}

/// All objects of events and numbers that a manifest names.
fn names(manifest: &Manifest) -> BTreeSet<String> {
    let events = manifest.events().map(|events| events.path);
    let runs = [Table::Sums, Table::Visits].into_iter().flat_map(|table| {
        let files = manifest.runs(table).iter();
        files.map(move |run| run_key(table, run.file.name.clone()).path())
    });
    let keys = manifest
        .sender_keys
        .iter()
        .map(|keys| keys.file.name.clone());
    let keys = keys.map(|name| ObjectKey::Keys { name }.path());
    let left_out = manifest.duplicates.iter().map(|file| file.name.clone());
    let left_out = left_out.map(|name| ObjectKey::Duplicates { name }.path());
    let of_doors = manifest
        .door_rules
        .iter()
        .map(|rules| rules.file.name.clone());
    let of_doors = of_doors.map(|name| ObjectKey::DoorRules { name }.path());
    let decided = manifest.attributions.iter().map(|of| of.file.name.clone());
    let decided = decided.map(|name| ObjectKey::Attributions { name }.path());
    let touches = manifest.touches.iter().map(|of| of.file.name.clone());
    let touches = touches.map(|name| ObjectKey::Touches { name }.path());
    let erased = manifest.erased.iter().map(|file| file.name.clone());
    let erased = erased.map(|name| ObjectKey::Erased { name }.path());
    let expired = manifest.expired.iter().map(|file| file.name.clone());
    let expired = expired.map(|name| ObjectKey::Expired { name }.path());
    let all = events.chain(runs).chain(keys).chain(left_out);
    let all = all
        .chain(of_doors)
        .chain(decided)
        .chain(touches)
        .chain(erased)
        .chain(expired);
    let all = all.chain(takeover::paths(manifest));
    all.map(|path| path.to_string()).collect()
}
