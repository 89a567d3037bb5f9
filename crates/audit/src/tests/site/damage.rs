//! What disks, people and bugs may do to an installation.

use bytes::Bytes;
use handover::manifest::File;
use model::{Epoch, Facts, Measure, SegmentNo, cell::EpochCells};
use object_store::ObjectStoreExt;
use storage::{cells::LiveCells, object_keys::ObjectKey, store};
use testing::runs::put_sums;

use super::{
    LOG, Site, account,
    files::{events_file, events_path},
};

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
        let mut events = self.covered(Epoch::ZERO);
        change(&mut events);
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

    /// Lets the rows of a cube count more events; the manifest knows so much of it.
    pub async fn change_sums(&self, cube: &str, more: i64, known: bool) {
        let mut manifest = self.manifest.clone();
        let old = manifest.sums.pop().unwrap();
        let events = self.manifest.events_count as i64;
        let mut sums = Self::sums(events);
        let changed = sums.iter_mut().filter(|sum| sum.1.name == cube);
        changed.for_each(|sum| sum.4.events[Measure::Clicks as usize] += more);
        let mut new = put_sums(self.store(), &old.file.name, &sums, old.run).await;
        if !known {
            new.totals = old.totals;
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

    /// Lets the account's cell count more or fewer events.
    pub async fn change_cell(&self, epoch: Epoch, events: i64) {
        let mut cells = EpochCells::default();
        let mut of = self.of(epoch);
        match events {
            1 => of.push(of[0].clone()),
            _ => drop(of.pop()),
        }
        for record in of {
            cells.fold(&record.event, &Facts::default());
        }
        let cell = cells.encode(account()).unwrap();
        self.overwrite(epoch, cell).await;
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
