//! A task that counts: segments become files of events, of senders' keys, and new runs.

use std::sync::Arc;

use handover::{
    duplicates::{self, Duplicates},
    manifest::SenderKeysFile,
    runs::Table,
    sender_keys::{self, Keyed},
};
use storage::object_keys::ObjectKey;

use super::{
    chunks::{Chunks, Enriched},
    error::RollupError,
    events::{self, Encoded},
    fold::{Counted, Fold, Wanted},
    task::{Count, Done, NewRun},
    worker::Worker,
    write::Writer,
};

/// Does the task, a chunk after the other.
pub(super) async fn count(
    worker: &Worker,
    writer: &mut Writer<'_>,
    count: &Count,
) -> Result<Done, RollupError> {
    if worker.rules.version() != count.rules {
        return Err(RollupError::Version(format!("rules {}", count.rules)));
    }
    let wanted = wanted(count)?;
    let left_out = match &count.left_out {
        Some(file) => duplicates::read_file(&worker.env.store, file).await?,
        None => Duplicates::new(),
    };
    let left_out = Arc::new(left_out);
    let mut done = Done::default();
    let mut chunks = Chunks::new(worker, &count.parts);
    while let Some(chunk) = chunks.next().await? {
        let received = chunk.iter().map(|r| r.record.event.received_ms);
        done.last_ms = received.fold(done.last_ms, i64::max);
        if let Some(since) = count.keys_since {
            done.keys.extend(write_keys(writer, &chunk, since).await?);
        }
        let (events, counted) = {
            let _computing = worker.computing.lock().await;
            let (left_out, wanted) = (Arc::clone(&left_out), wanted.clone());
            let events = count.events;
            let work = move || compute(chunk, &left_out, wanted, events);
            let computed = tokio::task::spawn_blocking(work).await;
            computed.map_err(RollupError::Panicked)??
        };
        done.events.extend(events::put(writer, events).await?);
        done.runs.push(put(writer, counted).await?);
    }
    done.read = chunks.read();
    Ok(done)
}

fn wanted(count: &Count) -> Result<Wanted, RollupError> {
    let cube = |name: &String| {
        let cube = model::CUBES.iter().find(|cube| cube.name == *name);
        cube.ok_or_else(|| RollupError::Version(format!("the cube {name}")))
    };
    Ok(Wanted {
        cubes: count.cubes.iter().map(cube).collect::<Result<_, _>>()?,
        visits: count.visits,
    })
}

async fn write_keys(
    writer: &mut Writer<'_>,
    rows: &[Enriched],
    since: i64,
) -> Result<Option<SenderKeysFile>, RollupError> {
    let keyed = rows.iter().flat_map(|r| Keyed::of(r.log, &r.record));
    let keyed: Vec<Keyed> = keyed.filter(|k| k.received_ms >= since).collect();
    let Some(last_ms) = keyed.iter().map(|k| k.received_ms).max() else {
        return Ok(None);
    };
    let key = |name| ObjectKey::Keys { name };
    let file = writer.put(key, keyed.len() as u64, sender_keys::encode(&keyed)?);
    Ok(Some(SenderKeysFile {
        file: file.await?,
        last_ms,
        unchecked: keyed.iter().filter(|k| k.unchecked).count() as u64,
    }))
}

/// The events of a chunk as files if they are wanted, and what those count that are not left out.
fn compute(
    mut chunk: Vec<Enriched>,
    left_out: &Duplicates,
    wanted: Wanted,
    events: bool,
) -> Result<(Vec<Encoded>, Counted), RollupError> {
    if !events {
        return Ok((Vec::new(), fold(&chunk, left_out, wanted)?));
    }
    events::sort(&mut chunk);
    let (events, counted) =
        rayon::join(|| events::encode(&chunk), || fold(&chunk, left_out, wanted));
    Ok((events?, counted?))
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
async fn put(writer: &mut Writer<'_>, counted: Counted) -> Result<NewRun, RollupError> {
    let mut run = NewRun::default();
    for file in counted.sums {
        run.sums
            .push(writer.put_run(Table::Sums, file, (0, 0)).await?);
    }
    for file in counted.visits {
        let file = writer.put_run(Table::Visits, file, (0, 0)).await?;
        run.visits.push(file);
    }
    Ok(run)
}
