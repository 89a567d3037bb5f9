//! Conversions that batch decides about. A step counts all else first, and knows then what there is to decide, all clicks
//! of named visitors and all files of events. It looks for the clicks, writes down what it found, and counts these
//! conversions by themselves. A full recompute finds what was decided and counts them with all others.

mod clicks;
mod merged;
mod transactions;
mod visitors;

use std::collections::{BTreeMap, BTreeSet};

use datafusion::prelude::SessionContext;
use futures::TryStreamExt;
use handover::{
    attributions::{
        self, Decision, Decisions, Origin,
        asked::{self, Asked, Clicked},
    },
    duplicates,
    manifest::{AttributionsFile, EventsFile, File, Manifest},
    sender_keys::Keyed,
};
use model::{EventId, LogId, Seq, Span, time::MAX_ATTRIBUTION_DAYS};
use object_store::path::Path;
use storage::{error::StorageError, object_keys::ObjectKey};

pub(super) use self::merged::merge;
use self::transactions::Corrected;
use super::{
    deps::{RollupDeps, RollupError},
    duplicates::LATE_MS,
    task::{Count, Done, Part, Piece},
    tasks,
    write::{Writer, conform},
};
use crate::engine;

const DAY_MS: i64 = 86_400_000;
/// Tasks whose undecided conversions one task counts: they are few.
const TOGETHER: usize = 8;

/// What was found for first reports: their click, if there is one.
type Origins = BTreeMap<EventId, Option<Origin>>;

/// What a step has decided.
#[derive(Default)]
pub(super) struct Decided {
    file: Option<File>,
    /// Events that do something else to their transaction than their doors wrote.
    pub(super) corrected: BTreeSet<EventId>,
}

impl Decided {
    /// Where it stands.
    pub(super) fn files(&self) -> Vec<File> {
        self.file.iter().cloned().collect()
    }
}

/// Decides about the conversions that tasks left, and about what is reported of transactions of which some events could
/// not be checked (`unsure`); notes it in `manifest`. `decided` is the newest manifest.
pub(super) async fn decide(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    decided: &Manifest,
    manifest: &mut Manifest,
    counted: &[(Count, Done)],
    unsure: &[Keyed],
) -> Result<Decided, RollupError> {
    let corrected = corrections(deps, decided, unsure).await?;
    let asked: Vec<File> = counted.iter().flat_map(|(_, d)| d.asked.clone()).collect();
    if asked.is_empty() && corrected.is_empty() {
        return Ok(Decided::default());
    }
    let look = Look {
        deps,
        decided,
        manifest,
        fresh: counted.iter().flat_map(|(_, done)| &done.events).collect(),
    };
    let decisions = look.decisions(&asked, &corrected).await?;
    let corrected = corrected.iter().map(|corrected| corrected.event).collect();
    if decisions.is_empty() {
        let file = None;
        return Ok(Decided { file, corrected });
    }
    let bytes = attributions::encode(decisions.values())?;
    let key = |name| ObjectKey::Attributions { name };
    let file = writer.put(key, decisions.len() as u64, bytes).await?;
    manifest.attributions.push(AttributionsFile {
        file: file.clone(),
        seqs: seqs(&decisions),
    });
    let file = Some(file);
    Ok(Decided { file, corrected })
}

/// Counts the conversions that tasks left, now that they are decided.
pub(super) async fn rest(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    manifest: &Manifest,
    counted: &[(Count, Done)],
    decisions: &Decided,
) -> Result<Vec<Done>, RollupError> {
    let left = counted.iter().filter(|(_, done)| !done.asked.is_empty());
    let left: Vec<&Count> = left.map(|(count, _)| count).collect();
    let pieces = left.chunks(TOGETHER).filter_map(|some| {
        let parts = some.iter().flat_map(|count| count.parts.clone());
        let parts: Vec<Part> = parts.collect();
        let rest = (*some.first()?).clone();
        let rest = rest.rest(manifest.duplicates.clone(), decisions.files());
        Some(Piece::Count(Count { parts, ..rest }))
    });
    let pieces: Vec<Piece> = pieces.collect();
    match pieces.is_empty() {
        true => Ok(Vec::new()),
        false => tasks::all(deps, writer, pieces).await,
    }
}

/// What reports do that should do something else than their doors wrote.
async fn corrections(
    deps: &RollupDeps,
    decided: &Manifest,
    unsure: &[Keyed],
) -> Result<Vec<Corrected>, RollupError> {
    if unsure.is_empty() {
        return Ok(Vec::new());
    }
    let events: BTreeSet<EventId> = unsure.iter().map(|row| row.event).collect();
    let before = read(deps, decided, &events).await?;
    let settled = |event| is_settled(decided, event);
    Ok(transactions::corrections(unsure, settled, &before))
}

/// Leaves out clicks that no conversion can belong to any more. A collector's clock may be ahead by years.
pub(super) fn forget_old(deps: &RollupDeps, manifest: &mut Manifest) {
    let now_ms = manifest.settled_ms.min(deps.env.clock.now_ms());
    let since = now_ms - i64::from(MAX_ATTRIBUTION_DAYS) * DAY_MS - LATE_MS;
    manifest.touches.retain(|touches| touches.last_ms >= since);
}

/// The table of what is asked.
const ASKED: &str = "asked";

/// Where is looked.
struct Look<'a> {
    deps: &'a RollupDeps,
    /// The newest manifest: what it covers is decided.
    decided: &'a Manifest,
    /// With the clicks of named visitors of this step.
    manifest: &'a Manifest,
    /// Files of events of this step.
    fresh: Vec<&'a EventsFile>,
}

impl Look<'_> {
    async fn decisions(
        &self,
        files: &[File],
        corrected: &[Corrected],
    ) -> Result<Decisions, RollupError> {
        let left_out = duplicates::read(&self.deps.env.store, self.manifest).await?;
        let context = engine::context(self.deps)?;
        let paths: Vec<Path> = files.iter().map(path).collect();
        engine::register_as(&context, ASKED, &paths, asked::schema()).await?;
        let mut asked = all_asked(&context).await?;
        asked.retain(|asked| !left_out.contains_key(&asked.event));
        let mut origins = self.known(&asked, corrected).await?;
        let firsts = unknown(&asked, &origins);
        let touches = &self.manifest.touches;
        let by_visitor = visitors::find(&context, &firsts, touches, &left_out).await?;
        let by_event = clicks::find(&context, self, &firsts).await?;
        for first in firsts.values() {
            let found = match &first.click {
                Clicked::Visitor { .. } => by_visitor.get(&first.first),
                Clicked::Event { id, .. } => by_event.get(&(first.account, *id)),
            };
            origins.insert(first.first, found.cloned());
        }
        let mut decisions = decisions(&asked, &origins, self.decided);
        self.correct(corrected, &origins, &mut decisions).await?;
        Ok(decisions)
    }

    /// What was decided before of first reports: by a report that was settled earlier, or because that one was.
    async fn known(
        &self,
        asked: &[Asked],
        corrected: &[Corrected],
    ) -> Result<Origins, RollupError> {
        let firsts = asked.iter().map(|asked| asked.first);
        let firsts: BTreeSet<EventId> = firsts.chain(corrected.iter().map(|c| c.first.0)).collect();
        let found = read(self.deps, self.decided, &firsts).await?;
        let mut known: Origins = found.into_iter().map(|(id, d)| (id, d.origin)).collect();
        let asked = asked.iter().map(|asked| asked.first);
        for first in asked.filter(|first| is_settled(self.decided, *first)) {
            known.entry(first).or_default();
        }
        Ok(known)
    }

    /// Adds what is corrected. It counts where the first report of its transaction does.
    async fn correct(
        &self,
        corrected: &[Corrected],
        origins: &Origins,
        decisions: &mut Decisions,
    ) -> Result<(), RollupError> {
        let firsts = clicks::reports(self, corrected, origins).await?;
        for Corrected {
            event,
            account,
            does,
            first: (first, ..),
        } in corrected
        {
            let decided = origins.get(first).cloned().flatten();
            let written = || firsts.get(&(*account, *first)).cloned();
            let decision = decisions.entry(*event).or_insert(Decision {
                event: *event,
                account: *account,
                origin: None,
                correction: None,
            });
            decision.correction = Some(*does);
            if event != first {
                decision.origin = decided.or_else(written);
            }
        }
        Ok(())
    }
}

fn path(file: &File) -> Path {
    let name = file.name.clone();
    ObjectKey::Attributions { name }.path()
}

async fn all_asked(context: &SessionContext) -> Result<Vec<Asked>, RollupError> {
    let mut batches = context.table(ASKED).await?.execute_stream().await?;
    let mut all = Vec::new();
    while let Some(batch) = batches.try_next().await? {
        let batch = conform(&batch, &asked::schema())?;
        let rows = asked::decode(&batch, ASKED).map_err(StorageError::from)?;
        all.extend(rows);
    }
    Ok(all)
}

/// What a manifest's files say of these events.
async fn read(
    deps: &RollupDeps,
    decided: &Manifest,
    events: &BTreeSet<EventId>,
) -> Result<Decisions, RollupError> {
    let may_hold = |file: &&AttributionsFile| {
        file.seqs.iter().any(|(log, seqs)| {
            let id = |seq| EventId { log: *log, seq };
            let mut within = events.range(id(seqs.first)..=id(seqs.last));
            within.next().is_some()
        })
    };
    let files = decided.attributions.iter().filter(may_hold);
    let files = files.map(|file| &file.file);
    let is_wanted = |decision: &Decision| events.contains(&decision.event);
    let found = attributions::read(&deps.env.store, files, is_wanted).await;
    Ok(found.map_err(StorageError::from)?)
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
