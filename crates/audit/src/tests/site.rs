//! An installation in memory: one log, one account, one day.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray, UInt64Array},
    datatypes::{DataType, Field, Schema},
};
use bytes::Bytes;
use catalog::{Account, AccountSettings, Catalog, Change};
use handover::{
    manifest::{File, Manifest},
    manifests::Manifests,
    raw::{self, LogInfo, Seal},
    segment::{self, Header},
    tally::{self, Tally, Turned},
};
use model::{
    CUBES, Cell, Covered, EntityId, EntityKind, Epoch, EpochStart, Event, Facts, FoldVersion,
    Horizon, LogId, ManualClock, Measure, Record, SegmentNo, Seq, Span, Target,
    cell::{EpochCells, fold_into},
    random::SeededRandom,
};
use object_store::{ObjectStoreExt, PutMode};
use parquet::arrow::ArrowWriter;
use storage::{
    cells::{Checkpoint, LiveCells, MemoryCells, StoredCell},
    env::Env,
    ledger::Appended,
    object_keys::ObjectKey,
    store::{self, Store},
};

use crate::{Audit, AuditDeps, audit, remember, views::EVENTS};

pub const LOG: LogId = LogId(1);
/// 2026-01-02.
const DAY: i64 = 20_455;

/// See the module.
pub struct Site {
    deps: AuditDeps,
    pub cells: Arc<MemoryCells>,
    random: Arc<SeededRandom>,
    epoch: u64,
    segment: u64,
    /// Everything accepted, in order.
    records: Vec<Record>,
    next: u64,
    sealed: u64,
    sealed_segment: u64,
    manifest: Manifest,
}

fn account() -> EntityId {
    EntityId::new(EntityKind::Account, 1)
}

impl Site {
    pub async fn new() -> Self {
        let store = store::open("memory://").unwrap();
        let clock = Arc::new(ManualClock::new(DAY * 86_400_000));
        let random = Arc::new(SeededRandom::new(1));
        let catalog = Catalog::open(Env {
            store: store.clone(),
            clock: clock.clone(),
            random,
        })
        .await
        .unwrap();
        let change = Change::PutAccount(Account {
            id: account(),
            name: "Shop".into(),
            created_ms: 0,
            settings: AccountSettings::default(),
        });
        catalog.commit(|_| Ok(vec![change.clone()])).await.unwrap();
        let cells = Arc::new(MemoryCells::default());
        let deps = AuditDeps {
            manifests: Manifests::new(store.clone()),
            store,
            catalog,
            cells: Some(cells.clone()),
            clock,
        };
        Self {
            deps,
            cells,
            random: Arc::new(SeededRandom::new(2)),
            epoch: 1,
            segment: 0,
            records: Vec::new(),
            next: 1,
            sealed: 0,
            sealed_segment: 0,
            manifest: Manifest::default(),
        }
    }

    fn store(&self) -> &Store {
        &self.deps.store
    }

    pub async fn audit(&self) -> Audit {
        audit(&self.deps, false).await.unwrap()
    }

    pub async fn full(&self) -> Audit {
        audit(&self.deps, true).await.unwrap()
    }

    /// An audit that must agree, and is recorded.
    pub async fn remember(&self) {
        let audit = self.audit().await;
        assert!(audit.agrees, "{:?}", audit.findings);
        self.record(&audit).await;
    }

    fn env(&self) -> Env {
        Env {
            store: self.store().clone(),
            clock: self.deps.clock.clone(),
            random: self.random.clone(),
        }
    }

    pub async fn record(&self, audit: &Audit) {
        remember(&self.env(), audit).await.unwrap();
    }

    pub fn without_cells(&mut self) {
        self.deps.cells = None;
    }

    /// A segment with `count` events, folded.
    pub async fn accept(&mut self, count: u64) {
        let info = LogInfo {
            log: LOG,
            created_ms: 0,
            predecessor: None,
            retired_at: None,
            closed: None,
        };
        raw::register_log(self.store(), &info).await.unwrap();
        let first = self.next;
        let event = |seq: u64| Event {
            account: 1,
            object: seq % 3,
            kind: (seq % 3) as i32,
            campaign: seq.is_multiple_of(2).then_some(5),
            occurred_ms: DAY * 86_400_000,
            visitor: seq,
            ..Event::default()
        };
        let records = (first..first + count).map(|seq| Record {
            seq: Seq(seq),
            epoch: Epoch(self.epoch),
            event: event(seq),
        });
        self.records.extend(records);
        (self.next, self.segment) = (first + count, self.segment + 1);
        let of: Vec<Record> = self
            .of(self.epoch)
            .into_iter()
            .filter(|r| r.seq >= Seq(first))
            .collect();
        let header = Header {
            log: LOG,
            number: SegmentNo(self.segment),
            epoch: Epoch(self.epoch),
            first_seq: Seq(first),
            previous_seq: Seq(first - 1),
            previous_hash: [0; 32],
        };
        let (bytes, _) = segment::build(&header, &of);
        raw::put_segment(self.store(), LOG, SegmentNo(self.segment), &bytes)
            .await
            .unwrap();
        self.fold(self.epoch).await;
        self.set_checkpoint(self.next - 1).await;
    }

    /// A damaged disk loses as many events.
    pub fn lose(&mut self, count: u64) {
        self.next += count;
    }

    fn of(&self, epoch: u64) -> Vec<Record> {
        self.records
            .iter()
            .filter(|r| r.epoch == Epoch(epoch))
            .cloned()
            .collect()
    }

    async fn fold(&self, epoch: u64) {
        let mut cells = EpochCells::new();
        for record in self.of(epoch) {
            fold_into(&mut cells, &record.event, &Facts::default());
        }
        for (entity, cell) in cells {
            self.put(entity, epoch, cell.encode()).await;
        }
    }

    async fn put(&self, entity: EntityId, epoch: u64, body: Vec<u8>) {
        let last = self.of(epoch).last().map_or(Seq::ZERO, |r| r.seq);
        let cell = StoredCell {
            log: LOG,
            epoch: Epoch(epoch),
            fence: None,
            fold: FoldVersion::OURS,
            upto: last,
            body: Bytes::from(body),
        };
        self.cells.put(entity, vec![cell]).await.unwrap();
    }

    pub async fn set_checkpoint(&self, seq: u64) {
        let old = self.cells.checkpoint(LOG).await.unwrap();
        let checkpoint = Checkpoint {
            fence: None,
            fold: FoldVersion::OURS,
            generations: self.cells.generations(false).await.unwrap(),
            base: Epoch(0),
            seq: Seq(seq),
            epoch: EpochStart::from((Epoch(self.epoch), Seq(self.sealed))),
            lag_ms: 0,
            target: Target::Upto(Seq(seq)),
            at_ms: 0,
        };
        assert!(
            self.cells
                .put_checkpoint(LOG, old.as_ref(), &checkpoint)
                .await
                .unwrap()
        );
    }

    pub async fn seal(&mut self) {
        let of = self.of(self.epoch);
        let seal = Seal {
            log: LOG,
            epoch: Epoch(self.epoch),
            segments: Span::from((SegmentNo(self.sealed_segment + 1), SegmentNo(self.segment))),
            seqs: Span::from((Seq(self.sealed + 1), Seq(self.next - 1))),
            count: of.len() as u64,
        };
        raw::put_seal(self.store(), &seal).await.unwrap();
        (self.epoch, self.sealed) = (self.epoch + 1, self.next - 1);
        self.sealed_segment = self.segment;
    }

    /// Settles all sealed epochs.
    pub async fn batch(&mut self) {
        let from = self.manifest.horizon.of(LOG).epoch;
        let fresh: Vec<(u64, u64)> = self.covered(from.0);
        self.publish(fresh, false).await;
    }

    /// Settles everything anew.
    pub async fn recompute(&mut self) {
        let all = self.covered(0);
        self.manifest.events.clear();
        self.publish(all, true).await;
    }

    fn covered(&self, from: u64) -> Vec<(u64, u64)> {
        let of = self
            .records
            .iter()
            .filter(|r| r.epoch > Epoch(from) && r.epoch < Epoch(self.epoch));
        of.map(|r| (r.epoch.0, r.seq.0)).collect()
    }

    async fn publish(&mut self, fresh: Vec<(u64, u64)>, anew: bool) {
        let n = self.deps.manifests.latest().await.unwrap().n + 1;
        let bytes = events_file(&fresh);
        let name = format!("{n}-events");
        let path = ObjectKey::Events {
            day: DAY,
            name: name.clone(),
        }
        .path();
        let file = self.write(path, name, fresh.len() as u64, bytes).await;
        self.manifest.events.entry(DAY).or_default().push(file);
        let before = if anew { 0 } else { self.manifest.events_count };
        self.manifest.events_count = before + fresh.len() as u64;
        for cube in CUBES {
            let rows = self.view_rows(cube.name, 0);
            let name = format!("{n}-{}", cube.name);
            let path = view_path(cube.name, &name);
            let file = self
                .write(path, name, rows.len() as u64, view_file(&rows))
                .await;
            let days = self.manifest.views.entry(cube.name.to_owned()).or_default();
            days.insert(DAY, file);
        }
        let covered = Covered {
            epoch: Epoch(self.epoch - 1),
            seq: Seq(self.sealed),
            segment: SegmentNo(self.sealed_segment),
        };
        self.manifest.horizon = Horizon(BTreeMap::from([(LOG, covered)]));
        self.append(n).await;
    }

    async fn append(&self, n: u64) {
        let stamp = self.env().stamp();
        let ledger = &self.deps.manifests.ledger;
        let appended = ledger.append(n, &self.manifest, stamp).await.unwrap();
        assert_eq!(appended, Appended::Yes);
    }

    async fn write(
        &self,
        path: object_store::path::Path,
        name: String,
        rows: u64,
        body: Vec<u8>,
    ) -> File {
        let bytes = body.len() as u64;
        let mode = PutMode::Overwrite;
        self.store()
            .put_opts(&path, body.into(), mode.into())
            .await
            .unwrap();
        File { name, rows, bytes }
    }

    /// One row per kind of entity that the cube is kept for, with all settled events.
    fn view_rows(&self, cube: &str, more: i64) -> Vec<(EntityId, i64)> {
        let cube = CUBES.iter().find(|c| c.name == cube).unwrap();
        let kinds = [EntityKind::Account, EntityKind::Campaign, EntityKind::Link];
        let events = self
            .records
            .iter()
            .filter(|r| r.epoch < Epoch(self.epoch))
            .count() as i64;
        let kept = kinds.into_iter().filter(|kind| cube.is_for(*kind));
        kept.map(|kind| (EntityId::new(kind, 1), events + more))
            .collect()
    }

    /// Puts other contents in the place of a settled file, and lets the manifest know its size.
    async fn replace(&self, path: object_store::path::Path, file: File, body: Vec<u8>) {
        let mut manifest = self.manifest.clone();
        let new = self.write(path, file.name.clone(), file.rows, body).await;
        let days = manifest
            .views
            .values_mut()
            .flat_map(|days| days.values_mut());
        let all = days.chain(manifest.events.values_mut().flatten());
        all.filter(|f| f.name == file.name)
            .for_each(|f| *f = new.clone());
        let n = self.deps.manifests.latest().await.unwrap().n + 1;
        let changed = Self {
            manifest,
            ..self.copy()
        };
        changed.append(n).await;
    }

    fn copy(&self) -> Self {
        Self {
            deps: AuditDeps {
                store: self.deps.store.clone(),
                manifests: Manifests::new(self.deps.store.clone()),
                catalog: self.deps.catalog.clone(),
                cells: self.deps.cells.clone(),
                clock: self.deps.clock.clone(),
            },
            cells: self.cells.clone(),
            random: Arc::new(SeededRandom::new(3)),
            records: self.records.clone(),
            manifest: self.manifest.clone(),
            ..*self
        }
    }

    pub async fn change_events(&self, change: impl FnOnce(&mut Vec<(u64, u64)>)) {
        let mut events = self.covered(0);
        change(&mut events);
        let mut file = self.manifest.events[&DAY][0].clone();
        file.rows = events.len() as u64;
        let path = ObjectKey::Events {
            day: DAY,
            name: file.name.clone(),
        }
        .path();
        self.replace(path, file, events_file(&events)).await;
    }

    pub fn drop_event(events: &mut Vec<(u64, u64)>) {
        events.retain(|(_, seq)| *seq != 3);
    }

    pub fn double_event(events: &mut Vec<(u64, u64)>) {
        events.push((1, 3));
    }

    /// The same number of events, one of them another.
    pub fn swap_event(events: &mut Vec<(u64, u64)>) {
        Self::drop_event(events);
        events.push((1, 4));
    }

    pub async fn change_view(&self, cube: &str, more: i64) {
        let file = self.manifest.views[cube][&DAY].clone();
        let rows = self.view_rows(cube, more);
        self.replace(view_path(cube, &file.name), file, view_file(&rows))
            .await;
    }

    pub async fn forget_view(&self, cube: &str) {
        let file = &self.manifest.views[cube][&DAY];
        self.store()
            .delete(&view_path(cube, &file.name))
            .await
            .unwrap();
    }

    pub async fn forget_events_file(&self) {
        let name = self.manifest.events[&DAY][0].name.clone();
        let path = ObjectKey::Events { day: DAY, name }.path();
        self.store().delete(&path).await.unwrap();
    }

    /// Takes a raw object away; gives what it was.
    pub async fn forget_segment(&self, segment: u64) -> Vec<u8> {
        let path = ObjectKey::Raw {
            log: LOG,
            segment: SegmentNo(segment),
        }
        .path();
        let bytes = store::read(self.store(), &path).await.unwrap().unwrap();
        self.store().delete(&path).await.unwrap();
        bytes.to_vec()
    }

    pub async fn put_segment(&self, segment: u64, bytes: Vec<u8>) {
        let path = ObjectKey::Raw {
            log: LOG,
            segment: SegmentNo(segment),
        }
        .path();
        self.store().put(&path, bytes.into()).await.unwrap();
    }

    pub async fn forget_seal(&self, epoch: u64) {
        let path = ObjectKey::Seal {
            log: LOG,
            epoch: Epoch(epoch),
        }
        .path();
        self.store().delete(&path).await.unwrap();
    }

    /// Lets the account's cell count more or fewer events.
    pub async fn change_cell(&self, epoch: u64, events: i64) {
        let mut cells = EpochCells::new();
        let mut of = self.of(epoch);
        match events {
            1 => of.push(of[0].clone()),
            _ => drop(of.pop()),
        }
        for record in of {
            fold_into(&mut cells, &record.event, &Facts::default());
        }
        let cell: Cell = cells.remove(&account()).unwrap();
        self.overwrite(epoch, cell.encode()).await;
    }

    pub async fn break_cell(&self, epoch: u64) {
        self.overwrite(epoch, vec![255; 3]).await;
    }

    /// In the place of the account's cell, with the same version.
    async fn overwrite(&self, epoch: u64, body: Vec<u8>) {
        let mut cells = self.cells.cells(account()).await.unwrap();
        let checkpoint = self.cells.checkpoint(LOG).await.unwrap().unwrap();
        self.cells.flush();
        for cell in &mut cells {
            if cell.epoch == Epoch(epoch) {
                cell.body = Bytes::from(body.clone());
            }
        }
        self.cells.put(account(), cells).await.unwrap();
        self.set_checkpoint(checkpoint.seq.0).await;
    }

    /// As housekeeping does once a manifest is old.
    pub async fn prune(&self) {
        let horizon = &self.manifest.horizon;
        self.cells
            .raise_prune_watermark(LOG, horizon.of(LOG).epoch)
            .await
            .unwrap();
        self.cells.prune(horizon).await.unwrap();
    }

    pub async fn turn_away(&self, log: LogId, reason: &str, events: u64, as_of_ms: i64) {
        let mut tally = Tally::new(log);
        tally.as_of_ms = as_of_ms;
        let turned = Turned {
            unrecorded: BTreeMap::from([(reason.to_owned(), events)]),
            ..Turned::default()
        };
        tally.count(account(), &turned);
        tally::write(self.store(), &tally).await.unwrap();
    }
}

fn view_path(cube: &str, name: &str) -> object_store::path::Path {
    ObjectKey::View {
        cube: cube.to_owned(),
        day: DAY,
        name: name.to_owned(),
    }
    .path()
}

/// The columns that the audit reads.
fn events_file(events: &[(u64, u64)]) -> Vec<u8> {
    let logs = events.iter().map(|_| LOG.to_string());
    parquet(vec![
        (
            "log",
            Arc::new(StringArray::from_iter_values(logs)) as ArrayRef,
        ),
        (
            "epoch",
            Arc::new(UInt64Array::from_iter_values(events.iter().map(|e| e.0))),
        ),
        (
            "seq",
            Arc::new(UInt64Array::from_iter_values(events.iter().map(|e| e.1))),
        ),
    ])
}

fn view_file(rows: &[(EntityId, i64)]) -> Vec<u8> {
    let entities = rows.iter().map(|(entity, _)| entity.to_string());
    let mut columns = vec![(
        "entity",
        Arc::new(StringArray::from_iter_values(entities)) as ArrayRef,
    )];
    for measure in EVENTS {
        let counts = rows
            .iter()
            .map(|(_, n)| if measure == Measure::Clicks { *n } else { 0 });
        columns.push((
            measure.column(),
            Arc::new(Int64Array::from_iter_values(counts)),
        ));
    }
    parquet(columns)
}

fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let field = |(name, column): &(&str, ArrayRef)| {
        let kind: &DataType = column.data_type();
        Field::new(*name, kind.clone(), false)
    };
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    let batch = RecordBatch::try_new(schema.clone(), columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}
