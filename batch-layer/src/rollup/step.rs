//! One step: some sealed epochs become files of events and new runs. Nothing old is read.

use handover::{
    manifest::{Manifest, WholeViews},
    raw::Seal,
    restatements::{Cause, Late},
    runs::{RunFile, Table},
};
use model::EventId;

use super::{
    Report,
    attribute::{self, Decided},
    deps::{RollupDeps, RollupError},
    duplicates as keys, fill, restated,
    task::{Count, Done, NewRun, Piece, Undecided},
    tasks,
    write::Writer,
};

/// Takes epochs into the manifest. `decided` is what is decided on already: see
/// [`keys::find`].
pub(super) async fn take(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    decided: &Manifest,
    manifest: &mut Manifest,
    taken: &[Seal],
) -> Result<Report, RollupError> {
    // A new cube counts only what is taken from now on, unless nothing was taken before.
    let whole = model::CUBES.iter().filter(|cube| manifest.is_whole(cube));
    manifest.whole = WholeViews(whole.map(|cube| cube.name.to_owned()).collect());
    manifest.rules = deps.rules.version().to_owned();
    let since = keys::since(deps, decided);
    manifest.sender_keys.retain(|keys| keys.last_ms >= since);
    fill::forget_unknown(manifest);
    if manifest.swept_ms == 0 {
        // There is nothing to sweep yet.
        manifest.swept_ms = deps.env.clock.now_ms();
    }
    // What is settled already was decided on when it was.
    let is_new = |seal: &Seal| seal.epoch > decided.horizon.of(seal.log).epoch;
    let is_new = taken.iter().any(is_new);
    let mut count = Count {
        door_rules: manifest.door_rules.clone(),
        erased: decided.erased.clone(),
        erased_accounts: decided.erased_accounts.clone(),
        expired: decided.expired.clone(),
        ..Count::all(deps.rules.version(), decided.duplicates.clone(), since)
    };
    if is_new {
        (count.touches, count.undecided) = (true, Undecided::Left);
        count.settled_ms = Some(decided.settled_ms);
    }
    let before = &decided.attributions;
    let (mut counted, skipped) = tasks::count(deps, writer, taken, before, count).await?;
    let fresh: Vec<_> = counted.iter().flat_map(|(_, d)| d.keys.clone()).collect();
    let unchecked = fresh.iter().any(|keys| keys.unchecked > 0);
    let found = keys::find(deps, writer, decided, fresh, manifest).await?;
    let mut decisions = Decided::default();
    if is_new {
        let touches = counted.iter().flat_map(|(_, done)| done.touches.clone());
        manifest.touches.extend(touches);
        attribute::forget_old(deps, manifest);
        decisions =
            attribute::decide(deps, writer, decided, manifest, &counted, &found.unsure).await?;
    }
    count_again(
        deps,
        writer,
        manifest,
        &mut counted,
        &found.left_out,
        &decisions,
    )
    .await?;
    let mut late = Late::default();
    for done in attribute::rest(deps, writer, manifest, &counted, &decisions).await? {
        late.add(done.late);
        manifest.event_files.extend(done.events);
        manifest.expired_count += done.expired;
        add_runs(manifest, done.runs);
    }
    let mut events = 0;
    for (_, done) in counted {
        events += done.read.iter().map(|read| read.count).sum::<u64>();
        manifest.settled_ms = manifest.settled_ms.max(done.last_ms);
        late.add(done.late);
        manifest.event_files.extend(done.events);
        manifest.expired_count += done.expired;
        add_runs(manifest, done.runs);
    }
    if is_new {
        manifest.restated = restated::tell(deps, decided, Cause::Late, late).await?;
    }
    for epoch in taken {
        manifest.horizon.0.insert(epoch.log, epoch.covered());
    }
    manifest.unsure = keys::unsure(deps, decided, manifest, unchecked).await?;
    manifest.skipped.extend(skipped);
    let report = Report {
        events,
        epochs: taken.len() as u64,
        duplicates: found.left_out.len() as u64,
        ..Report::default()
    };
    manifest.events_count += report.events;
    Ok(report)
}

/// What is repeated, and what a report should have done, is known only when all keys are. That is rare: what holds some
/// of it is counted again.
async fn count_again(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    manifest: &Manifest,
    counted: &mut [(Count, Done)],
    found: &[EventId],
    decisions: &Decided,
) -> Result<(), RollupError> {
    let repeats = |done: &Done| found.iter().any(|event| done.holds(*event));
    let is_corrected = |done: &Done| decisions.corrected.iter().any(|event| done.holds(*event));
    let again = counted.iter_mut();
    let again = again.filter(|(_, done)| repeats(done) || is_corrected(done));
    let again: Vec<&mut (Count, Done)> = again.collect();
    let left_out = &manifest.duplicates;
    let pieces = again.iter().map(|(count, done)| {
        let again = count.clone().again(left_out.clone());
        Piece::Count(Count {
            // The table of events has what is corrected, too.
            events: is_corrected(done),
            attributions: decisions.files(),
            ..again
        })
    });
    let results = tasks::all(deps, writer, pieces.collect()).await?;
    for ((_, done), result) in again.into_iter().zip(results) {
        let mut wrong = Done {
            runs: std::mem::replace(&mut done.runs, result.runs),
            late: std::mem::replace(&mut done.late, result.late),
            ..Done::default()
        };
        if is_corrected(done) {
            wrong.events = std::mem::replace(&mut done.events, result.events);
        }
        writer.forget(wrong.paths()).await;
    }
    Ok(())
}

/// Adds new runs to the manifest, each under a number of its own.
pub(super) fn add_runs(manifest: &mut Manifest, runs: Vec<NewRun>) {
    for NewRun { sums, visits } in runs {
        let run = manifest.new_run();
        for (table, files) in [(Table::Sums, sums), (Table::Visits, visits)] {
            let files = files.into_iter().map(|file| RunFile { run, ..file });
            manifest.runs_mut(table).extend(files);
        }
    }
}
