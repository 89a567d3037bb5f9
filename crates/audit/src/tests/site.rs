//! An installation in memory: one log, one account, one day.

use std::{collections::BTreeMap, sync::Arc};

use catalog::{Account, AccountSettings, Catalog, Change};
use handover::{
    expiry::Expired,
    manifest::{EventsFile, File, Manifest},
    manifests::Manifests,
    runs::Quarters,
    tally::{self, Tally, Turned},
};
use model::{
    CUBES, Counts, Cube, EntityId, EntityKind, Epoch, Event, EventKind, Horizon, LogId, Measure,
    Record, Seq,
};
use storage::{
    cells::{LiveCells, MemoryCells},
    ledger::Appended,
    object_keys::ObjectKey,
    store::{self, Store},
};
use testing::{
    Installation, Log,
    runs::{Sum, VisitOf, put_sums, put_visits},
};

use self::files::{events_file, events_path};
use crate::{Audit, AuditDeps, audit, remember};

mod damage;
mod files;

pub use damage::Told;

pub const LOG: LogId = LogId(1);
/// 2026-01-02.
const DAY: i64 = 20_455;

/// See the module.
pub struct Site {
    deps: AuditDeps,
    pub cells: Arc<MemoryCells>,
    installation: Installation,
    log: Log,
    manifest: Manifest,
}

fn account() -> EntityId {
    EntityId::new(EntityKind::Account, 1)
}

/// Events of account 1 with three links, a third of each kind, half of them of a campaign.
fn event(seq: Seq) -> Event {
    Event {
        account: 1,
        object: seq.0 % 3,
        kind: (seq.0 % 3) as i32,
        campaign: seq.0.is_multiple_of(2).then_some(5),
        occurred_ms: DAY * 86_400_000,
        received_ms: DAY * 86_400_000,
        visitor: seq.0,
        value_micros: (seq.0 % 3 == 2).then_some(1_000 * seq.0 as i64),
        ..Event::default()
    }
}

impl Site {
    pub async fn new() -> Self {
        let installation = Installation::new(DAY * 86_400_000);
        let env = installation.env.clone();
        let catalog = Catalog::open(env.clone()).await.unwrap();
        let change = Change::PutAccount(Account {
            id: account(),
            name: "Shop".into(),
            created_ms: 0,
            settings: AccountSettings::default(),
            plan: None,
            quotas: Box::default(),
            suspended: None,
        });
        catalog.commit(|_| Ok(vec![change.clone()])).await.unwrap();
        let cells = installation.cells.clone();
        let deps = AuditDeps {
            manifests: Manifests::new(env.store.clone()),
            store: env.store,
            catalog,
            cells: Some(cells.clone()),
            clock: env.clock,
        };
        Self {
            deps,
            cells,
            installation,
            log: Log::new(LOG),
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

    pub async fn record(&self, audit: &Audit) {
        remember(&self.installation.env, audit).await.unwrap();
    }

    pub fn without_cells(&mut self) {
        self.deps.cells = None;
    }

    /// A segment with `count` events, folded. The log is registered with its first.
    pub async fn accept(&mut self, count: u64) {
        self.installation.register(LOG).await;
        for _ in 0..count {
            self.log.accept(event(self.log.last().next()));
        }
        self.log.ship(&self.installation.env.store).await;
        self.fold(self.log.epoch).await;
        self.set_checkpoint(self.log.last()).await;
    }

    /// A damaged disk loses as many events.
    pub fn lose(&mut self, count: u64) {
        self.log.lose(count);
    }

    fn of(&self, epoch: Epoch) -> Vec<Record> {
        let all = self.log.records.iter();
        all.filter(|r| r.epoch == epoch).cloned().collect()
    }

    async fn fold(&self, epoch: Epoch) {
        let of = self.of(epoch);
        self.installation.fold(LOG, epoch, &of).await;
    }

    pub async fn set_checkpoint(&self, seq: Seq) {
        let start = self.log.epoch_start();
        self.installation.checkpoint(LOG, start, seq).await;
    }

    pub async fn seal(&mut self) {
        self.log.seal(&self.installation.env.store).await;
    }

    /// Settles all sealed epochs.
    pub async fn batch(&mut self) {
        let fresh = self.covered(self.manifest.horizon.of(LOG).epoch);
        self.publish(fresh, false).await;
    }

    /// Settles everything anew.
    pub async fn recompute(&mut self) {
        let all = self.covered(Epoch::ZERO);
        self.manifest.event_files.clear();
        self.publish(all, true).await;
    }

    /// Takes all events out of the table: an account keeps none of their day.
    pub async fn expire(&mut self, account: u64) {
        let n = self.deps.manifests.latest().await.unwrap().n + 1;
        let expired = Expired {
            before: BTreeMap::from([(account, DAY + 1)]),
        };
        let name = format!("{n}-expired");
        let path = ObjectKey::Expired { name: name.clone() }.path();
        let bytes = expired.encode().unwrap().to_vec();
        self.manifest.expired = Some(self.write(path, name, 1, bytes).await);
        let rows = self
            .manifest
            .event_files
            .drain(..)
            .map(|file| file.file.rows);
        self.manifest.expired_count += rows.sum::<u64>();
        self.append(n, &self.manifest).await;
    }

    /// Says that so many are expired.
    pub async fn say_expired(&mut self, count: u64) {
        let n = self.deps.manifests.latest().await.unwrap().n + 1;
        self.manifest.expired_count = count;
        self.append(n, &self.manifest).await;
    }

    /// Epochs and numbers of the sealed events after an epoch.
    fn covered(&self, from: Epoch) -> Vec<(u64, u64)> {
        let of = self.log.sealed().iter().filter(|r| r.epoch > from);
        of.map(|r| (r.epoch.0, r.seq.0)).collect()
    }

    async fn publish(&mut self, fresh: Vec<(u64, u64)>, anew: bool) {
        let n = self.deps.manifests.latest().await.unwrap().n + 1;
        let fresh: Vec<(u64, u64, Event)> = fresh
            .into_iter()
            .map(|(epoch, seq)| (epoch, seq, event(Seq(seq))))
            .collect();
        let bytes = events_file(&fresh);
        let name = format!("{n}-events");
        let path = events_path(&name);
        let file = self.write(path, name, fresh.len() as u64, bytes).await;
        let day_ms = DAY * 86_400_000;
        let events = EventsFile {
            file,
            received: DAY,
            first_ms: day_ms,
            last_ms: day_ms,
            has_expired: false,
            is_rest: false,
        };
        self.manifest.event_files.push(events);
        let before = if anew { 0 } else { self.manifest.events_count };
        self.manifest.events_count = before + fresh.len() as u64;
        if anew {
            self.manifest.sums.clear();
            self.manifest.visits.clear();
        }
        let visits = Self::visits(&fresh);
        let file = put_visits(self.store(), &format!("{n}-visits"), &visits, n).await;
        self.manifest.visits.push(file);
        let sums = Self::sums(&fresh);
        let file = put_sums(self.store(), &format!("{n}-sums"), &sums, n).await;
        self.manifest.sums.push(file);
        let covered = self.log.covered();
        self.manifest.horizon = Horizon(BTreeMap::from([(LOG, covered)]));
        self.append(n, &self.manifest).await;
    }

    async fn append(&self, n: u64, manifest: &Manifest) {
        let stamp = self.installation.env.stamp();
        let ledger = &self.deps.manifests.ledger;
        let appended = ledger.append(n, manifest, stamp).await.unwrap();
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
        store::replace(self.store(), &path, body.into())
            .await
            .unwrap();
        File { name, rows, bytes }
    }

    /// One row per cube and kind of entity that it is kept for, as if all were clicks.
    fn sums(events: &[(u64, u64, Event)]) -> Vec<Sum<'static>> {
        let kinds = [EntityKind::Account, EntityKind::Campaign, EntityKind::Link];
        let values = events.iter().filter_map(|(.., event)| event.value_micros);
        let micros = values.map(i128::from).sum();
        let count = Counts::of_events(Measure::Clicks, events.len() as i64);
        let of = |cube: &'static Cube| {
            let kept = kinds.into_iter().filter(|kind| cube.is_for(*kind));
            let mut counts = count;
            counts.micros = if cube.sums_values() { micros } else { 0 };
            kept.map(move |kind| (EntityId::new(kind, 1), cube, DAY * 1440, "", counts))
        };
        CUBES.iter().flat_map(of).collect()
    }

    /// Who came to the account.
    fn visits(events: &[(u64, u64, Event)]) -> Vec<VisitOf> {
        let came = events.iter().map(|(.., event)| event);
        let came = came.filter(|event| event.kind() != EventKind::Conversion && event.visitor > 0);
        let nobody = Quarters::default();
        came.map(|e| (account(), DAY, e.visitor, Quarters(1), nobody))
            .collect()
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
