//! What disks, people and bugs may do to an installation.

use bytes::Bytes;
use handover::manifest::File;
use model::{Counts, Epoch, Event, Facts, Record, SegmentNo, Seq, cell::EpochCells};
use object_store::ObjectStoreExt;
use storage::{cells::LiveCells, object_keys::ObjectKey, store};
use testing::runs::{VisitOf, put_sums, put_visits};

use super::{
    LOG, Site, account, event,
    files::{events_file, events_path},
};

/// What a manifest tells of a file that was changed.
#[derive(Debug, Clone, Copy)]
pub enum Told {
    /// What is in it now.
    Truth,
    /// What was in it before.
    Before,
    /// Of values nothing, as the version before.
    NoValues,
}

impl Site {
    /// Puts other contents in the place of a settled file, and lets the manifest know its size.
    async fn replace(&self, path: object_store::path::Path, file: File, body: Vec<u8>) {
        let mut manifest = self.manifest.clone();
        let new = self.write(path, file.name.clone(), file.rows, body).await;
        let files = manifest
            .event_files
            .iter_mut()
            .map(|events| &mut events.file);
        files
            .filter(|f| f.name == file.name)
            .for_each(|f| *f = new.clone());
        let n = self.deps.manifests.latest().await.unwrap().n + 1;
        self.append(n, &manifest).await;
    }

    pub async fn change_events(&self, change: impl FnOnce(&mut Vec<(u64, u64)>)) {
        self.change_event_rows(change, |_| {}).await;
    }

    /// Lets the table say something else of event 5.
    pub async fn change_event(&self, change: impl Fn(&mut Event)) {
        self.change_event_rows(|_| {}, change).await;
    }

    async fn change_event_rows(
        &self,
        change: impl FnOnce(&mut Vec<(u64, u64)>),
        change_one: impl Fn(&mut Event),
    ) {
        let mut events = self.covered(Epoch::ZERO);
        change(&mut events);
        let event = |(epoch, seq): (u64, u64)| {
            let mut event = event(Seq(seq));
            if seq == 5 {
                change_one(&mut event);
            }
            (epoch, seq, event)
        };
        let events: Vec<_> = events.into_iter().map(event).collect();
        let mut file = self.manifest.event_files[0].file.clone();
        file.rows = events.len() as u64;
        let path = events_path(&file.name);
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

    fn settled(&self) -> Vec<(u64, u64, Event)> {
        let events = self.covered(Epoch::ZERO).into_iter();
        events
            .map(|(epoch, seq)| (epoch, seq, event(Seq(seq))))
            .collect()
    }

    /// Changes whom the settled visits hold.
    pub async fn change_visits(&self, change: impl FnOnce(&mut Vec<VisitOf>)) {
        let mut manifest = self.manifest.clone();
        let old = manifest.visits.pop().unwrap();
        let mut visits = Self::visits(&self.settled());
        change(&mut visits);
        let new = put_visits(self.store(), &old.file.name, &visits, old.run).await;
        manifest.visits.push(new);
        let n = self.deps.manifests.latest().await.unwrap().n + 1;
        self.append(n, &manifest).await;
    }

    /// Changes what the rows of a cube count, and what the manifest tells of it.
    pub async fn change_sums(&self, cube: &str, told: Told, change: impl Fn(&mut Counts)) {
        let mut manifest = self.manifest.clone();
        let old = manifest.sums.pop().unwrap();
        let mut sums = Self::sums(&self.settled());
        let changed = sums.iter_mut().filter(|sum| sum.1.name == cube);
        changed.for_each(|sum| change(&mut sum.4));
        let mut new = put_sums(self.store(), &old.file.name, &sums, old.run).await;
        match told {
            Told::Truth => {}
            Told::Before => (new.totals, new.values) = (old.totals, old.values),
            Told::NoValues => new.values = None,
        }
        manifest.sums.push(new);
        let n = self.deps.manifests.latest().await.unwrap().n + 1;
        self.append(n, &manifest).await;
    }

    pub async fn forget_sums(&self) {
        let name = self.manifest.sums[0].file.name.clone();
        let path = ObjectKey::Sums { name }.path();
        self.store().delete(&path).await.unwrap();
    }

    pub async fn forget_events_file(&self) {
        let path = events_path(&self.manifest.event_files[0].file.name);
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

    /// Lets the account's cell count other events.
    pub async fn change_cell(&self, epoch: Epoch, change: impl FnOnce(&mut Vec<Record>)) {
        let mut cells = EpochCells::default();
        let mut of = self.of(epoch);
        change(&mut of);
        for record in of {
            cells.fold(&record.event, &Facts::default());
        }
        let cell = cells.encode(account()).unwrap();
        self.overwrite(epoch, cell.to_vec()).await;
    }

    pub async fn break_cell(&self, epoch: Epoch) {
        self.overwrite(epoch, vec![255; 3]).await;
    }

    /// In the place of the account's cell, with the same version.
    async fn overwrite(&self, epoch: Epoch, body: Vec<u8>) {
        let mut cells = self.cells.cells(account()).await.unwrap();
        let checkpoint = self.cells.checkpoint(LOG).await.unwrap().unwrap();
        self.cells.flush();
        for cell in &mut cells {
            if cell.epoch == epoch {
                cell.body = Bytes::from(body.clone());
            }
        }
        self.cells.put(account(), cells).await.unwrap();
        self.set_checkpoint(checkpoint.seq).await;
    }
}
