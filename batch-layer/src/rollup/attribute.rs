//! Conversions that batch decides about. A step counts all else first, and knows then what there is to decide, all clicks
//! of named visitors and all files of events. It looks for the clicks, writes down what it found, and counts these
//! conversions by themselves. A full recompute finds what was decided and counts them with all others.

mod clicks;
mod merged;
mod visitors;

use std::collections::{BTreeMap, BTreeSet};

use futures::TryStreamExt;
use handover::{
    attributions::{
        self, Decision, Decisions, Origin,
        asked::{self, Asked, Clicked},
    },
    duplicates,
    manifest::{AttributionsFile, File, Manifest},
};
use model::{EventId, LogId, Seq, Span, time::MAX_ATTRIBUTION_DAYS};
use storage::{error::StorageError, object_keys::ObjectKey};

pub(super) use self::merged::merge;
use super::{
    deps::{RollupDeps, RollupError},
    duplicates::LATE_MS,
    task::{Count, Done, Part, Piece},
    tasks,
    write::Writer,
};
use crate::engine;

const DAY_MS: i64 = 86_400_000;
/// Tasks whose undecided conversions one task counts: they are few.
const TOGETHER: usize = 8;

/// What was found for first reports: their click, if there is one.
type Origins = BTreeMap<EventId, Option<Origin>>;

/// Decides about the conversions that were left by tasks, notes that in `manifest`, and counts them. `decided` is the
/// newest manifest.
pub(super) async fn rest(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    decided: &Manifest,
    manifest: &mut Manifest,
    counted: &[(Count, Done)],
) -> Result<Vec<Done>, RollupError> {
    let left: Vec<&(Count, Done)> = counted
        .iter()
        .filter(|(_, d)| !d.asked.is_empty())
        .collect();
    if left.is_empty() {
        return Ok(Vec::new());
    }
    let decisions = decide(deps, decided, manifest, counted).await?;
    let mut files = Vec::new();
    if !decisions.is_empty() {
        let bytes = attributions::encode(decisions.values())?;
        let key = |name| ObjectKey::Attributions { name };
        let file = writer.put(key, decisions.len() as u64, bytes).await?;
        files.push(file.clone());
        manifest.attributions.push(AttributionsFile {
            file,
            seqs: seqs(&decisions),
        });
    }
    let pieces = left.chunks(TOGETHER).filter_map(|some| {
        let parts = some.iter().flat_map(|(count, _)| count.parts.clone());
        let parts: Vec<Part> = parts.collect();
        let (count, _) = some.first()?;
        let rest = count
            .clone()
            .rest(manifest.duplicates.clone(), files.clone());
        Some(Piece::Count(Count { parts, ..rest }))
    });
    tasks::all(deps, writer, pieces.collect()).await
}

/// Leaves out clicks that no conversion can belong to any more. A collector's clock may be ahead by years.
pub(super) fn forget_old(deps: &RollupDeps, manifest: &mut Manifest) {
    let now_ms = manifest.settled_ms.min(deps.env.clock.now_ms());
    let since = now_ms - i64::from(MAX_ATTRIBUTION_DAYS) * DAY_MS - LATE_MS;
    manifest.touches.retain(|touches| touches.last_ms >= since);
}

/// What is decided about the conversions that tasks left.
async fn decide(
    deps: &RollupDeps,
    decided: &Manifest,
    manifest: &Manifest,
    counted: &[(Count, Done)],
) -> Result<Decisions, RollupError> {
    let files: Vec<File> = counted.iter().flat_map(|(_, d)| d.asked.clone()).collect();
    let left_out = duplicates::read(&deps.env.store, manifest).await?;
    let context = engine::context(deps)?;
    let paths: Vec<_> = files.iter().map(asked_path).collect();
    engine::register_as(&context, ASKED, &paths, asked::schema()).await?;
    let mut asked = read(&context).await?;
    asked.retain(|asked| !left_out.contains_key(&asked.event));
    let mut origins = known(deps, decided, &asked).await?;
    let firsts = unknown(&asked, &origins);
    let looked = Looked {
        context: &context,
        manifest,
        firsts: &firsts,
    };
    let by_visitor = visitors::find(&looked, &left_out).await?;
    let fresh = counted.iter().flat_map(|(_, done)| &done.events);
    let by_event = clicks::find(&looked, fresh).await?;
    for first in firsts.values() {
        let found = match &first.click {
            Clicked::Visitor { .. } => by_visitor.get(&first.first),
            Clicked::Event { id, .. } => by_event.get(&(first.account, *id)),
        };
        origins.insert(first.first, found.cloned());
    }
    Ok(decisions(&asked, &origins, decided))
}

/// The table of what is asked.
const ASKED: &str = "asked";

/// What is looked for, and where.
struct Looked<'a> {
    context: &'a datafusion::prelude::SessionContext,
    /// With the clicks of named visitors of this step.
    manifest: &'a Manifest,
    /// By first report.
    firsts: &'a BTreeMap<EventId, Asked>,
}

fn asked_path(file: &File) -> object_store::path::Path {
    let name = file.name.clone();
    ObjectKey::Attributions { name }.path()
}

async fn read(context: &datafusion::prelude::SessionContext) -> Result<Vec<Asked>, RollupError> {
    let mut batches = context.table(ASKED).await?.execute_stream().await?;
    let mut all = Vec::new();
    while let Some(batch) = batches.try_next().await? {
        let batch = super::write::conform(&batch, &asked::schema())?;
        let rows = asked::decode(&batch, ASKED).map_err(StorageError::from)?;
        all.extend(rows);
    }
    Ok(all)
}

/// What was decided before of their first reports: by a report that was settled earlier, or because that one was.
async fn known(
    deps: &RollupDeps,
    decided: &Manifest,
    asked: &[Asked],
) -> Result<Origins, RollupError> {
    let firsts: BTreeSet<EventId> = asked.iter().map(|asked| asked.first).collect();
    let may_hold = |file: &&AttributionsFile| {
        file.seqs.iter().any(|(log, seqs)| {
            let id = |seq| EventId { log: *log, seq };
            firsts
                .range(id(seqs.first)..=id(seqs.last))
                .next()
                .is_some()
        })
    };
    let files = decided.attributions.iter().filter(may_hold);
    let files = files.map(|file| &file.file);
    let is_first = |event| firsts.contains(&event);
    let found = attributions::read(&deps.env.store, files, is_first).await;
    let found = found.map_err(StorageError::from)?;
    let mut known: Origins = found.into_iter().map(|(id, d)| (id, d.origin)).collect();
    for first in firsts {
        if is_settled(decided, first) {
            known.entry(first).or_default();
        }
    }
    Ok(known)
}

fn is_settled(decided: &Manifest, event: EventId) -> bool {
    event.seq <= decided.horizon.of(event.log).seq
}

/// One report of each transaction of which nothing is known: all look for the same.
fn unknown(asked: &[Asked], known: &Origins) -> BTreeMap<EventId, Asked> {
    let mut firsts: BTreeMap<EventId, Asked> = BTreeMap::new();
    let unknown = asked
        .iter()
        .filter(|asked| !known.contains_key(&asked.first));
    for asked in unknown {
        let one = firsts.entry(asked.first).or_insert(*asked);
        if asked.event < one.event {
            *one = *asked;
        }
    }
    firsts
}

/// What there is to write down: which click each has, and of first reports that are not settled yet, that they have none.
fn decisions(asked: &[Asked], origins: &Origins, decided: &Manifest) -> Decisions {
    let mut all = Decisions::new();
    for Asked {
        event,
        first,
        account,
        ..
    } in asked
    {
        let origin = origins.get(first).cloned().flatten();
        let decision = |event| Decision {
            event,
            account: *account,
            origin: origin.clone(),
            correction: None,
        };
        if origin.is_some() {
            all.insert(*event, decision(*event));
        }
        if first != event && !is_settled(decided, *first) {
            all.entry(*first).or_insert_with(|| decision(*first));
        }
    }
    all
}

/// Of which events of which logs these are.
fn seqs(decisions: &Decisions) -> BTreeMap<LogId, Span<Seq>> {
    let mut seqs: BTreeMap<LogId, Span<Seq>> = BTreeMap::new();
    for EventId { log, seq } in decisions.keys() {
        let span = seqs.entry(*log).or_insert(Span::from((*seq, *seq)));
        span.last = *seq;
    }
    seqs
}
