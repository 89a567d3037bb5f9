//! One step: some sealed epochs become files of events and new runs. Nothing old is read. It goes chunk
//! by chunk, the next one read and enriched while one is written and counted.

use std::sync::Arc;

use handover::{
    duplicates::{self, Duplicates},
    manifest::{Manifest, SenderKeysFile, WholeViews},
    raw::Seal,
    runs::Table,
    sender_keys::{self, Keyed},
};
use model::Covered;
use storage::object_keys::ObjectKey;

use super::{
    Report,
    chunks::{Chunks, Enriched},
    deps::{RollupDeps, RollupError},
    duplicates as keys, events, fill,
    fold::{Counted, Fold, Wanted},
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
    let mut report = Report::default();
    let (mut so_far, mut unchecked) = (decided.clone(), false);
    let mut left_out = Arc::new(duplicates::read(&deps.env.store, decided).await?);
    let mut chunks = Chunks::new(deps, taken.to_vec());
    while let Some(chunk) = chunks.next().await? {
        let received = chunk.iter().map(|r| r.record.event.received_ms);
        manifest.settled_ms = received.fold(manifest.settled_ms, i64::max);
        let fresh = write_keys(writer, &chunk, since).await?;
        unchecked |= fresh.iter().any(|keys| keys.unchecked > 0);
        report.duplicates += keys::find(deps, writer, &so_far, fresh, manifest).await?;
        if manifest.duplicates != so_far.duplicates {
            left_out = Arc::new(duplicates::read(&deps.env.store, manifest).await?);
        }
        advance(&mut so_far, manifest, &chunk);
        chunks.read_ahead();
        write(writer, manifest, chunk, Arc::clone(&left_out)).await?;
    }
    for epoch in taken {
        manifest.horizon.0.insert(epoch.log, epoch.covered());
    }
    manifest.unsure = keys::unsure(deps, decided, manifest, unchecked).await?;
    report.events = taken.iter().map(|seal| seal.count).sum();
    report.epochs = taken.len() as u64;
    manifest.events_count += report.events;
    Ok(report)
}

/// What is decided of a chunk stays decided in the next.
fn advance(decided: &mut Manifest, manifest: &Manifest, chunk: &[Enriched]) {
    decided.duplicates.clone_from(&manifest.duplicates);
    for row in chunk {
        let none = Covered::default();
        let covered = decided.horizon.0.entry(row.log).or_insert(none);
        covered.seq = covered.seq.max(row.record.seq);
    }
}

async fn write_keys(
    writer: &mut Writer<'_>,
    rows: &[Enriched],
    since: i64,
) -> Result<Vec<SenderKeysFile>, RollupError> {
    let keyed = rows.iter().filter_map(|r| Keyed::of(r.log, &r.record));
    let keyed: Vec<Keyed> = keyed.filter(|k| k.received_ms >= since).collect();
    let Some(last_ms) = keyed.iter().map(|k| k.received_ms).max() else {
        return Ok(Vec::new());
    };
    let key = |name| ObjectKey::Keys { name };
    let file = writer.put(key, keyed.len() as u64, sender_keys::encode(&keyed)?);
    Ok(vec![SenderKeysFile {
        file: file.await?,
        last_ms,
        unchecked: keyed.iter().filter(|k| k.unchecked).count() as u64,
    }])
}

/// Writes the events of a chunk, and counts those that are not left out.
async fn write(
    writer: &mut Writer<'_>,
    manifest: &mut Manifest,
    mut chunk: Vec<Enriched>,
    left_out: Arc<Duplicates>,
) -> Result<(), RollupError> {
    let work = move || {
        events::sort(&mut chunk);
        let (events, counted) = rayon::join(
            || events::encode(&chunk),
            || fold(&chunk, &left_out, Wanted::all()),
        );
        Ok::<_, RollupError>((events?, counted?))
    };
    let done = tokio::task::spawn_blocking(work).await;
    let (events, counted) = done.map_err(RollupError::Panicked)??;
    manifest
        .event_files
        .extend(events::put(writer, events).await?);
    put(writer, manifest, counted).await
}

/// Counts the events of a chunk again, for some cubes.
pub(super) async fn count(
    writer: &mut Writer<'_>,
    manifest: &mut Manifest,
    chunk: Vec<Enriched>,
    left_out: &Arc<Duplicates>,
    wanted: &Wanted,
) -> Result<(), RollupError> {
    let (left_out, wanted) = (Arc::clone(left_out), wanted.clone());
    let counted = tokio::task::spawn_blocking(move || fold(&chunk, &left_out, wanted)).await;
    put(writer, manifest, counted.map_err(RollupError::Panicked)??).await
}

fn fold(chunk: &[Enriched], left_out: &Duplicates, wanted: Wanted) -> Result<Counted, RollupError> {
    let mut fold = Fold::new(wanted);
    for row in chunk {
        if left_out.is_empty() || !left_out.contains_key(&row.record.id(row.log)) {
            fold.add(&row.record.event, &row.facts);
        }
    }
    Ok(fold.finish()?)
}

/// Stores what was counted as a new run.
async fn put(
    writer: &mut Writer<'_>,
    manifest: &mut Manifest,
    counted: Counted,
) -> Result<(), RollupError> {
    let run = manifest.new_run();
    for file in counted.sums {
        let file = writer.put_run(Table::Sums, file, (run, 0)).await?;
        manifest.sums.push(file);
    }
    for file in counted.visits {
        let file = writer.put_run(Table::Visits, file, (run, 0)).await?;
        manifest.visits.push(file);
    }
    Ok(())
}
