//! Events that no batch has settled: read once, enriched once, and kept in the columns of the table `events`, sorted by account,
//! so that the events of one are found without a look at the others'.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use asking::{AskError, Moment};
use datafusion::arrow::{
    array::{AsArray, BooleanArray, RecordBatch},
    compute::filter_record_batch,
    datatypes::UInt64Type,
};
use enrich::Rules;
use handover::{manifest::Manifest, raw_source::RawSource};
use model::{Covered, LogId, Record, Seq};
use storage::{store::Store, stream::EventStream};

use crate::rollup::{Enriched, events_batch};

/// Events that are put into columns together.
const PART: usize = 8_192;
/// Batches read from the stream at once.
const BATCHES: usize = 256;
/// What an event takes that is not in columns yet, about, bytes.
const OPEN_EVENT: usize = 700;

/// The events after manifests, of all logs.
pub(super) struct Tail {
    stream: Arc<dyn EventStream>,
    store: Store,
    rules: Arc<Rules>,
    logs: Mutex<HashMap<LogId, Arc<tokio::sync::Mutex<OfLog>>>>,
    /// Bytes that may be held, and that are.
    most: usize,
    held: Arc<AtomicUsize>,
}

/// Events of one log that follow each other.
struct OfLog {
    log: LogId,
    /// The number before the first that is held, and the last that is.
    before: Seq,
    last: Seq,
    parts: VecDeque<Part>,
    /// The newest, not in columns yet.
    open: Vec<Enriched>,
    raw: RawSource,
    held: Arc<AtomicUsize>,
}

struct Part {
    last: Seq,
    rows: RecordBatch,
    /// Where the rows of an account are: the first, and how many.
    accounts: HashMap<u64, (usize, usize)>,
    bytes: usize,
}

impl Tail {
    pub(super) fn new(
        stream: Arc<dyn EventStream>,
        store: Store,
        rules: Arc<Rules>,
        most: usize,
    ) -> Self {
        Self {
            stream,
            store,
            rules,
            logs: Mutex::default(),
            most,
            held: Arc::default(),
        }
    }

    /// The events of an account that a moment has beyond its manifest.
    pub(super) async fn events(
        &self,
        account: u64,
        moment: &Moment,
    ) -> Result<Vec<RecordBatch>, AskError> {
        let manifest = &moment.published.manifest;
        self.make_room(manifest).await;
        let mut found = Vec::new();
        for (log, upto) in &moment.upto {
            let covered = manifest.horizon.of(*log);
            if *upto > covered.seq {
                found.extend(self.of_log(account, *log, covered, *upto).await?);
            }
        }
        Ok(found)
    }

    async fn of_log(
        &self,
        account: u64,
        log: LogId,
        covered: Covered,
        upto: Seq,
    ) -> Result<Vec<RecordBatch>, AskError> {
        let kept = self.log(log, covered);
        let mut kept = kept.lock().await;
        if kept.last <= covered.seq {
            // Nothing of it is wanted any more.
            *kept = self.begin(log, covered);
        }
        if covered.seq < kept.before {
            // Somebody asks about a moment of whose events the first are forgotten: they are read for this answer alone, and
            // others do not wait for it.
            drop(kept);
            let mut again = self.begin(log, covered);
            return self.rows(&mut again, account, covered.seq, upto).await;
        }
        self.rows(&mut kept, account, covered.seq, upto).await
    }

    async fn rows(
        &self,
        kept: &mut OfLog,
        account: u64,
        after: Seq,
        upto: Seq,
    ) -> Result<Vec<RecordBatch>, AskError> {
        while kept.last < upto {
            // Beyond it by what is read at once, at most.
            if self.held.load(Ordering::Relaxed) > self.most {
                return Err(AskError::LiveIsFull((self.most >> 20) as u64));
            }
            let records = self.next(kept).await?;
            kept.add(&self.rules, records)?;
        }
        kept.rows(account, after, upto)
    }

    fn log(&self, log: LogId, covered: Covered) -> Arc<tokio::sync::Mutex<OfLog>> {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = || Arc::new(tokio::sync::Mutex::new(self.begin(log, covered)));
        Arc::clone(logs.entry(log).or_insert_with(begin))
    }

    fn begin(&self, log: LogId, covered: Covered) -> OfLog {
        OfLog {
            log,
            before: covered.seq,
            last: covered.seq,
            parts: VecDeque::new(),
            open: Vec::new(),
            raw: RawSource::new(Arc::clone(&self.store), log, covered.segment),
            held: Arc::clone(&self.held),
        }
    }

    /// The next events of a log: from the stream, or from what is stored where the stream does not have them.
    async fn next(&self, kept: &mut OfLog) -> Result<Vec<Record>, AskError> {
        let (log, last) = (kept.log, kept.last);
        let read = self.stream.read(log, last, BATCHES, Duration::ZERO).await;
        let batches = read.unwrap_or_else(|error| {
            tracing::debug!(%log, %error, "the stream cannot be read; raw is");
            Vec::new()
        });
        let mut records: Vec<Record> = Vec::new();
        let mut end = last;
        for batch in batches {
            if batch.previous > end {
                break;
            }
            let new = batch.records.iter().filter(|record| record.seq > end);
            records.extend(new.cloned());
            end = batch.last().max(end);
        }
        if !records.is_empty() {
            return Ok(records);
        }
        let stored = kept.raw.after(last).await;
        let stored = stored.map_err(|error| AskError::Failed(error.to_string()))?;
        let mut records = stored.ok_or(AskError::Behind(log))?;
        records.retain(|record| record.seq > last);
        match records.is_empty() {
            true => Err(AskError::Behind(log)),
            false => Ok(records),
        }
    }

    /// Forgets what is settled once half of the room is taken.
    async fn make_room(&self, manifest: &Manifest) {
        if self.held.load(Ordering::Relaxed) <= self.most / 2 {
            return;
        }
        let logs: BTreeMap<LogId, _> = {
            let logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
            logs.iter()
                .map(|(log, kept)| (*log, Arc::clone(kept)))
                .collect()
        };
        for (log, kept) in logs {
            let horizon = manifest.horizon.of(log).seq;
            let mut kept = kept.lock().await;
            kept.forget(horizon);
            if kept.last <= horizon {
                // All of it is settled, and the log may have ended.
                let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
                logs.remove(&log);
            }
        }
    }
}

impl OfLog {
    fn add(&mut self, rules: &Rules, records: Vec<Record>) -> Result<(), AskError> {
        for record in records {
            self.last = record.seq;
            self.held.fetch_add(OPEN_EVENT, Ordering::Relaxed);
            self.open.push(Enriched {
                log: self.log,
                facts: rules.facts(&record.event),
                record,
                is_expired: false,
            });
            if self.open.len() >= PART {
                self.close()?;
            }
        }
        Ok(())
    }

    /// Puts the newest events into columns.
    fn close(&mut self) -> Result<(), AskError> {
        self.open.sort_by_key(|row| row.record.event.account);
        let mut accounts = HashMap::new();
        let mut first = 0;
        for same in self
            .open
            .chunk_by(|a, b| a.record.event.account == b.record.event.account)
        {
            accounts.insert(same[0].record.event.account, (first, same.len()));
            first += same.len();
        }
        let rows = events_batch(&self.open).map_err(|error| AskError::Failed(error.to_string()))?;
        let bytes = rows.get_array_memory_size();
        self.held.fetch_add(bytes, Ordering::Relaxed);
        self.held
            .fetch_sub(OPEN_EVENT * self.open.len(), Ordering::Relaxed);
        self.open.clear();
        self.parts.push_back(Part {
            last: self.last,
            rows,
            accounts,
            bytes,
        });
        Ok(())
    }

    /// Events of an account after a number and up to another.
    fn rows(&self, account: u64, after: Seq, upto: Seq) -> Result<Vec<RecordBatch>, AskError> {
        let failed = |error: &dyn std::fmt::Display| AskError::Failed(error.to_string());
        let mut found = Vec::new();
        let mut before = self.before;
        for part in &self.parts {
            let (first, last) = (before, part.last);
            before = last;
            let Some((start, count)) = part.accounts.get(&account) else {
                continue;
            };
            if last <= after || first >= upto {
                continue;
            }
            let rows = part.rows.slice(*start, *count);
            found.push(match first >= after && last <= upto {
                true => rows,
                false => between(&rows, after, upto).map_err(|error| failed(&error))?,
            });
        }
        let open = self.open.iter();
        let open: Vec<&Enriched> = open
            .filter(|row| row.record.event.account == account)
            .filter(|row| after < row.record.seq && row.record.seq <= upto)
            .collect();
        if !open.is_empty() {
            found.push(events_batch(&open).map_err(|error| failed(&error))?);
        }
        Ok(found)
    }

    /// Forgets parts that end at or before a number.
    fn forget(&mut self, upto: Seq) {
        while let Some(part) = self.parts.front()
            && part.last <= upto
        {
            self.before = part.last;
            self.held.fetch_sub(part.bytes, Ordering::Relaxed);
            self.parts.pop_front();
        }
    }
}

impl Drop for OfLog {
    fn drop(&mut self) {
        let parts: usize = self.parts.iter().map(|part| part.bytes).sum();
        let open = OPEN_EVENT * self.open.len();
        self.held.fetch_sub(parts + open, Ordering::Relaxed);
    }
}

fn between(
    rows: &RecordBatch,
    after: Seq,
    upto: Seq,
) -> Result<RecordBatch, datafusion::arrow::error::ArrowError> {
    let seqs = rows
        .column_by_name("seq")
        .map(|c| c.as_primitive::<UInt64Type>());
    let wanted = |seq: u64| after.0 < seq && seq <= upto.0;
    let mask: BooleanArray = seqs
        .into_iter()
        .flat_map(|seqs| seqs.values().iter())
        .map(|seq| Some(wanted(*seq)))
        .collect();
    filter_record_batch(rows, &mask)
}
