//! A task that counts: segments become files of events, of senders' keys, and new runs.

use std::sync::Arc;

use bytes::Bytes;
use handover::{
    attributions::{
        self, Decision, Decisions,
        asked::{self, Asked},
    },
    duplicates::{self, Duplicates},
    erasures, expiry,
    manifest::{File, SenderKeysFile},
    restatements::Late,
    runs::{Finished, Table},
    sender_keys::{self, Keyed},
    touches::{self, Touch},
};
use model::{Awaits, Cube, Dimension, Grain};
use storage::{error::StorageError, object_keys::ObjectKey};

use super::{
    chunks::{Chunks, Enriched},
    door_rules::Applied,
    error::RollupError,
    events::{self, Encoded},
    fold::{Counted, Fold, Wanted},
    task::{Count, Done, NewRun, Undecided},
    worker::Worker,
    write::{NewFile, Writer, run_file},
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
    let door_rules = Applied::read(&worker.env.store, count.door_rules.as_ref()).await?;
    let decisions = decisions(worker, count).await?;
    let is_here = |log| count.parts.iter().any(|part| part.log == log);
    let erased = erasures::read(&worker.env.store, count.erased.as_ref(), is_here).await?;
    let expired = expiry::read(&worker.env.store, count.expired.as_ref()).await?;
    let mut chunks = Chunks::new(worker, count, door_rules, expired);
    while let Some(mut chunk) = chunks.next().await? {
        let received = chunk.iter().map(|r| r.record.event.received_ms);
        done.last_ms = received.fold(done.last_ms, i64::max);
        let keys = match count.keys_since {
            Some(since) => Keys::of(&chunk, since)?,
            None => None,
        };
        let found = match count.touches {
            true => Found::of(&chunk)?,
            false => Found::default(),
        };
        if count.undecided == Undecided::Left {
            chunk.retain(|row| row.record.event.awaits() == Awaits::Nothing);
        }
        // Keys and what is to be decided are of events as they were accepted.
        for row in chunk.iter_mut().filter(|_| !decisions.is_empty()) {
            row.amend(&decisions, &worker.rules);
        }
        for row in chunk.iter_mut().filter(|_| !erased.is_empty()) {
            row.erase(&erased);
        }
        if let Some(settled_ms) = count.settled_ms {
            note_late(&mut done.late, &chunk, &left_out, settled_ms);
        }
        if count.events {
            done.expired += chunk.iter().filter(|row| row.is_expired).count() as u64;
        }
        let (events, counted) = {
            let _computing = worker.computing.lock().await;
            let (left_out, wanted) = (Arc::clone(&left_out), wanted.clone());
            let events = count.events;
            let work = move || compute(chunk, &left_out, wanted, events);
            let computed = tokio::task::spawn_blocking(work).await;
            computed.map_err(RollupError::Panicked)??
        };
        put(writer, &mut done, (keys, found), events, counted).await?;
    }
    done.read = chunks.read();
    Ok(done)
}

/// Notes events that happened long before, and are counted.
fn note_late(late: &mut Late, chunk: &[Enriched], left_out: &Duplicates, settled_ms: i64) {
    let Some(total) = Cube::find(Dimension::Total, Grain::Quarter) else {
        return;
    };
    for row in chunk {
        if !left_out.contains_key(&row.record.id(row.log)) {
            late.note(&row.record.event, &row.facts, settled_ms, total);
        }
    }
}

/// What is decided of events of its parts.
async fn decisions(worker: &Worker, count: &Count) -> Result<Decisions, RollupError> {
    let is_here = |of: &Decision| count.parts.iter().any(|part| part.log == of.event.log);
    let files = count.attributions.iter();
    let read = attributions::read(&worker.env.store, files, is_here).await;
    Ok(read.map_err(StorageError::from)?)
}

/// What a chunk has for conversions without their click: those, and clicks of named visitors.
#[derive(Default)]
struct Found {
    asked: Option<(Bytes, u64)>,
    touches: Option<touches::Finished>,
}

impl Found {
    fn of(rows: &[Enriched]) -> Result<Self, RollupError> {
        let asked = rows.iter().filter_map(|r| Asked::of(r.log, &r.record));
        let asked: Vec<Asked> = asked.collect();
        let touches = rows
            .iter()
            .filter_map(|r| Touch::of(r.log, &r.record, &r.facts));
        let mut touches: Vec<Touch> = touches.collect();
        touches.sort_by_cached_key(Touch::key);
        let touches = match touches.is_empty() {
            true => None,
            false => {
                let mut out = touches::Writer::new()?;
                out.write(&touches)?;
                out.finish()?
            }
        };
        let asked = match asked.len() as u64 {
            0 => None,
            rows => Some((asked::encode(&asked)?, rows)),
        };
        Ok(Self { asked, touches })
    }

    fn files(&self) -> impl Iterator<Item = NewFile> {
        let asked = self.asked.iter().map(|(bytes, rows)| {
            let key = |name| ObjectKey::Attributions { name };
            NewFile::new(key, *rows, bytes.clone())
        });
        let touches = self.touches.iter().map(|touches| {
            let key = |name| ObjectKey::Touches { name };
            NewFile::new(key, touches.rows, touches.bytes.clone())
        });
        asked.chain(touches)
    }
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

/// Senders' keys of a chunk as a file.
struct Keys {
    bytes: Bytes,
    rows: u64,
    last_ms: i64,
    unchecked: u64,
}

impl Keys {
    /// Those that were received since then, unix milliseconds; `None` if there are none.
    fn of(rows: &[Enriched], since: i64) -> Result<Option<Self>, RollupError> {
        let keyed = rows.iter().flat_map(|r| Keyed::of(r.log, &r.record));
        let keyed: Vec<Keyed> = keyed.filter(|k| k.received_ms >= since).collect();
        let Some(last_ms) = keyed.iter().map(|k| k.received_ms).max() else {
            return Ok(None);
        };
        Ok(Some(Self {
            bytes: sender_keys::encode(&keyed)?,
            rows: keyed.len() as u64,
            last_ms,
            unchecked: keyed.iter().filter(|k| k.unchecked).count() as u64,
        }))
    }

    fn file(&self) -> NewFile {
        NewFile::new(
            |name| ObjectKey::Keys { name },
            self.rows,
            self.bytes.clone(),
        )
    }

    fn stored(&self, file: File) -> SenderKeysFile {
        SenderKeysFile {
            file,
            last_ms: self.last_ms,
            unchecked: self.unchecked,
        }
    }
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

/// Stores all that was made of a chunk, some files at once; what was counted is a new run.
async fn put(
    writer: &mut Writer<'_>,
    done: &mut Done,
    (keys, found): (Option<Keys>, Found),
    events: Vec<Encoded>,
    Counted { sums, visits }: Counted,
) -> Result<(), RollupError> {
    let of_run = |table| move |file| NewFile::of_run(table, file);
    let files = (keys.iter().map(Keys::file))
        .chain(found.files())
        .chain(events.iter().map(Encoded::file))
        .chain(sums.iter().map(of_run(Table::Sums)))
        .chain(visits.iter().map(of_run(Table::Visits)));
    let mut stored = writer.put_all(files).await?.into_iter();
    // They come in the order in which they were given.
    let mut next = |count: usize| -> Vec<File> { stored.by_ref().take(count).collect() };
    let keys_files = next(keys.iter().len());
    done.asked.extend(next(found.asked.iter().len()));
    let touches = next(found.touches.iter().len());
    let touches = touches.into_iter().zip(&found.touches);
    done.touches
        .extend(touches.map(|(file, finished)| finished.stored(file, 0)));
    let events_files = next(events.len());
    let (sums_files, visits_files) = (next(sums.len()), next(visits.len()));
    let run = |files: Vec<File>, finished: Vec<Finished>| {
        let both = files.into_iter().zip(finished);
        both.map(|(file, finished)| run_file(file, finished, (0, 0)))
            .collect()
    };
    let keys = keys.iter().zip(keys_files);
    done.keys.extend(keys.map(|(keys, file)| keys.stored(file)));
    let events = events.iter().zip(events_files);
    done.events
        .extend(events.map(|(events, file)| events.stored(file)));
    let run = NewRun {
        sums: run(sums_files, sums),
        visits: run(visits_files, visits),
    };
    if run.files().next().is_some() {
        done.runs.push(run);
    }
    Ok(())
}
