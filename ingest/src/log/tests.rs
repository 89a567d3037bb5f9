//! The log keeps what it acknowledged, whatever the disk does.

mod faulty;
mod written_over;

use crate::log::ThreadExecutor;
use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use handover::segment;
use model::{Epoch, Event, LogId, SegmentNo, Seq};

use super::{AppendError, Disk, DiskFile, Log, LogSettings, Opened, Source, segment_name};

/// A disk in memory that knows what is durable, and fails when told to.
#[derive(Clone, Default)]
struct FakeDisk(Arc<Mutex<Fake>>);

#[derive(Default)]
struct Fake {
    files: BTreeMap<String, FakeContent>,
    fail_sync: u32,
    fail_append: u32,
    fail_replace: u32,
    /// Bytes that are free, if that is bounded.
    room: Option<u64>,
}

/// What a program reads, and what is on the disk.
#[derive(Clone, Default)]
struct FakeContent {
    bytes: Vec<u8>,
    durable: Vec<u8>,
}

/// What a disk writes as a whole, bytes.
const SECTOR: usize = 512;

impl FakeContent {
    fn whole(bytes: Vec<u8>) -> Self {
        let durable = bytes.clone();
        Self { bytes, durable }
    }

    /// Writes over what is there, and behind it.
    fn write(&mut self, at: usize, bytes: &[u8]) {
        let end = at + bytes.len();
        self.bytes.resize(self.bytes.len().max(end), 0);
        self.bytes[at..end].copy_from_slice(bytes);
    }

    /// Of sectors that were written over, those that `is_kept` names are on the disk; of what was written behind the
    /// end, `keep` bytes.
    fn after_power_cut(&self, keep: usize, is_kept: &mut dyn FnMut(usize) -> bool) -> Self {
        let mut left = self.durable.clone();
        let within = left.len().min(self.bytes.len());
        for start in (0..within).step_by(SECTOR) {
            let sector = start..(start + SECTOR).min(within);
            let new = &self.bytes[sector.clone()];
            if left[sector.clone()] != *new && is_kept(start / SECTOR) {
                left[sector].copy_from_slice(new);
            }
        }
        let behind = self.bytes.get(left.len()..).unwrap_or_default();
        left.extend_from_slice(&behind[..behind.len().min(keep)]);
        Self::whole(left)
    }
}

impl FakeDisk {
    fn lock(&self) -> MutexGuard<'_, Fake> {
        self.0.lock().unwrap()
    }

    /// The machine loses power: of what was not synced, `keep` bytes happen to survive.
    fn lose_power(&self, keep: usize) -> FakeDisk {
        self.cut_power(keep, &mut |sector| sector * SECTOR < keep)
    }

    /// See [`FakeContent::after_power_cut`].
    fn cut_power(&self, keep: usize, is_kept: &mut dyn FnMut(usize) -> bool) -> FakeDisk {
        let mut files = self.lock().files.clone();
        for file in files.values_mut() {
            *file = file.after_power_cut(keep, is_kept);
        }
        FakeDisk(Arc::new(Mutex::new(Fake {
            files,
            ..Fake::default()
        })))
    }

    /// A file that is written from its start.
    fn file(&self, name: &str) -> Box<dyn DiskFile> {
        let (disk, name) = (self.clone(), name.to_owned());
        Box::new(FakeFile { disk, name, at: 0 })
    }
}

struct FakeFile {
    disk: FakeDisk,
    name: String,
    /// Where it is written next.
    at: usize,
}

fn take(count: &mut u32) -> io::Result<()> {
    if *count > 0 {
        *count -= 1;
        return Err(io::Error::other("injected"));
    }
    Ok(())
}

impl DiskFile for FakeFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut fake = self.disk.lock();
        let failed = take(&mut fake.fail_append);
        let half = if failed.is_err() {
            bytes.len() / 2
        } else {
            bytes.len()
        };
        let file = fake.files.get_mut(&self.name).unwrap();
        file.write(self.at, &bytes[..half]);
        self.at += half;
        failed
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut fake = self.disk.lock();
        take(&mut fake.fail_sync)?;
        let file = fake.files.get_mut(&self.name).unwrap();
        file.durable = file.bytes.clone();
        Ok(())
    }
}

impl Disk for FakeDisk {
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let mut fake = self.lock();
        if fake.files.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fake.files.insert(name.to_owned(), FakeContent::default());
        Ok(self.file(name))
    }

    fn reuse(&self, spare: &str, name: &str) -> io::Result<Box<dyn DiskFile>> {
        self.rename(spare, name)?;
        Ok(self.file(name))
    }

    fn blank(&self, name: &str, bytes: usize) -> io::Result<()> {
        let mut fake = self.lock();
        let file = fake.files.entry(name.to_owned()).or_default();
        file.write(0, &vec![0; bytes]);
        file.durable = file.bytes.clone();
        Ok(())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        self.lock()
            .files
            .get(name)
            .map(|f| f.bytes.clone())
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn read_start(&self, name: &str, bytes: usize) -> io::Result<Vec<u8>> {
        let mut start = self.read(name)?;
        start.truncate(bytes);
        Ok(start)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.lock().files.keys().cloned().collect())
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut fake = self.lock();
        take(&mut fake.fail_replace)?;
        let file = FakeContent::whole(bytes.to_vec());
        fake.files.insert(name.to_owned(), file);
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut fake = self.lock();
        let file = fake.files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        fake.files.insert(to.to_owned(), file);
        Ok(())
    }

    fn room(&self) -> io::Result<u64> {
        Ok(self.lock().room.unwrap_or(u64::MAX))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.lock()
            .files
            .remove(name)
            .map(drop)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

fn settings() -> LogSettings {
    let long = Duration::from_secs(3600);
    LogSettings {
        most_clicks: 30,
        segment_interval: long,
        segment_bytes: 1 << 20,
        epoch_max_age: long,
        epoch_max_events: u64::MAX,
        max_log_bytes: 1 << 30,
    }
}

fn open(disk: &FakeDisk) -> Opened {
    Log::open(
        Arc::new(disk.clone()),
        &ThreadExecutor,
        settings(),
        LogId(7),
    )
    .unwrap()
}

fn event(n: u64) -> Event {
    Event {
        account: 1,
        object: n,
        ..Event::default()
    }
}

async fn append(log: &Log, n: u64) -> Result<u64, AppendError> {
    log.append(vec![event(n)], 100)
        .await
        .map(|range| range.first.0)
}

/// Every object number in the sealed segments, with its seq, in order.
fn stored(log: &Log) -> Vec<(u64, u64)> {
    let segments = log.shared().sealed();
    let records = segments
        .iter()
        .flat_map(|s| log.shared().records(s.number).unwrap());
    records.map(|r| (r.seq.0, r.event.object)).collect()
}

#[tokio::test]
async fn numbers_have_no_gaps_and_survive_restarts() {
    let disk = FakeDisk::default();
    let first = open(&disk);
    for n in 1..=5 {
        assert_eq!(append(&first.log, n).await, Ok(n));
    }
    first.log.finish().await;
    assert_eq!(append(&first.log, 6).await, Err(AppendError::Closed));
    let second = open(&disk);
    assert_eq!(
        (second.log.id(), second.log.shared().closed_epoch()),
        (LogId(7), Epoch(1))
    );
    assert_eq!(append(&second.log, 6).await, Ok(6));
    second.log.finish().await;
    let third = open(&disk);
    assert_eq!(
        stored(&third.log),
        (1..=6).map(|n| (n, n)).collect::<Vec<_>>()
    );
    let epochs: Vec<u64> = third
        .log
        .shared()
        .sealed()
        .iter()
        .map(|s| s.epoch.0)
        .collect();
    assert_eq!(epochs, vec![1, 2]);
}

#[tokio::test]
async fn concurrent_writers_are_all_recorded_once() {
    let disk = FakeDisk::default();
    let opened = open(&disk);
    let tasks: Vec<_> = (1..=200)
        .map(|n| {
            let log = opened.log.clone();
            tokio::spawn(async move { (append(&log, n).await.unwrap(), n) })
        })
        .collect();
    let mut acknowledged = Vec::new();
    for task in tasks {
        acknowledged.push(task.await.unwrap());
    }
    acknowledged.sort_unstable();
    opened.log.finish().await;
    assert_eq!(stored(&opened.log), acknowledged);
}

#[tokio::test]
async fn power_loss_keeps_every_acknowledged_event_whatever_else_survives() {
    for keep in [0, 1, 30, 77, 10_000] {
        let disk = FakeDisk::default();
        let opened = open(&disk);
        for n in 1..=4 {
            append(&opened.log, n).await.unwrap();
        }
        disk.lock().fail_sync = u32::MAX;
        assert_eq!(append(&opened.log, 5).await, Err(AppendError::Disk));
        let recovered = open(&disk.lose_power(keep));
        let stored = stored(&recovered.log);
        assert_eq!(stored[..4], [(1, 1), (2, 2), (3, 3), (4, 4)], "keep {keep}");
        let next = stored.len() as u64 + 1;
        assert_eq!(append(&recovered.log, 9).await, Ok(next), "keep {keep}");
    }
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_acknowledged_and_the_next_segment_carries_on() {
    let disk = FakeDisk::default();
    let opened = open(&disk);
    append(&opened.log, 1).await.unwrap();
    disk.lock().fail_sync = 1;
    assert_eq!(append(&opened.log, 2).await, Err(AppendError::Disk));
    assert_eq!(
        append(&opened.log, 3).await,
        Ok(2),
        "the number of what failed is free"
    );
    opened.log.finish().await;
    assert_eq!(stored(&opened.log), vec![(1, 1), (2, 3)]);
    let again = open(&disk);
    assert_eq!(stored(&again.log), vec![(1, 1), (2, 3)]);
}

#[tokio::test]
async fn a_second_error_in_a_row_stops_acceptance() {
    let disk = FakeDisk::default();
    let opened = open(&disk);
    append(&opened.log, 1).await.unwrap();
    disk.lock().fail_append = 2;
    assert_eq!(append(&opened.log, 2).await, Err(AppendError::Disk));
    assert_eq!(append(&opened.log, 3).await, Err(AppendError::Disk));
    assert_eq!(
        append(&opened.log, 4).await,
        Err(AppendError::Resting),
        "refused without being tried"
    );
    assert_eq!(stored(&open(&disk.lose_power(0)).log), vec![(1, 1)]);
}

#[tokio::test]
async fn while_a_failed_segment_cannot_be_closed_no_number_is_given_out() {
    let disk = FakeDisk::default();
    let opened = open(&disk);
    append(&opened.log, 1).await.unwrap();
    {
        let mut fake = disk.lock();
        (fake.fail_sync, fake.fail_replace) = (1, 1);
    }
    assert_eq!(append(&opened.log, 2).await, Err(AppendError::Disk));
    assert_eq!(
        append(&opened.log, 3).await,
        Err(AppendError::Resting),
        "resting"
    );
    opened.log.finish().await;
    let again = open(&disk);
    assert_eq!(stored(&again.log)[0], (1, 1));
}

#[tokio::test]
async fn what_could_not_be_synced_may_turn_up_and_the_error_says_so() {
    let disk = FakeDisk::default();
    let opened = open(&disk);
    append(&opened.log, 1).await.unwrap();
    {
        let mut fake = disk.lock();
        (fake.fail_sync, fake.fail_replace) = (1, u32::MAX);
    }
    let error = append(&opened.log, 2).await.unwrap_err();
    let refused = append(&opened.log, 3).await.unwrap_err();
    assert_eq!(
        (error.is_unwritten(), refused.is_unwritten()),
        (false, true)
    );
    // The process dies, the page cache does not.
    disk.lock().fail_replace = 0;
    assert_eq!(stored(&open(&disk).log), vec![(1, 1), (2, 2)]);
}

#[tokio::test]
async fn bit_rot_loses_only_what_it_hit_and_the_file_is_kept() {
    let disk = FakeDisk::default();
    let opened = open(&disk);
    for n in 1..=5 {
        append(&opened.log, n).await.unwrap();
    }
    let name = segment_name(SegmentNo(1));
    let damaged = disk.lose_power(0);
    {
        let mut fake = damaged.lock();
        let bytes = &mut fake.files.get_mut(&name).unwrap().bytes;
        let record = (bytes.len() - segment::HEADER_LEN) / 5;
        bytes[segment::HEADER_LEN + 2 * record + 20] ^= 1;
    }
    let recovered = open(&damaged);
    assert_eq!(stored(&recovered.log), vec![(1, 1), (2, 2), (4, 4), (5, 5)]);
    assert!(
        damaged
            .lock()
            .files
            .contains_key(&format!("{name}.damaged"))
    );
    assert_eq!(append(&recovered.log, 6).await, Ok(6));
}

#[tokio::test]
async fn a_full_log_refuses_and_takes_again_when_there_is_room() {
    let disk = FakeDisk::default();
    let small = LogSettings {
        max_log_bytes: 2000,
        ..settings()
    };
    let opened = Log::open(Arc::new(disk), &ThreadExecutor, small, LogId(1)).unwrap();
    let mut accepted = 0;
    while append(&opened.log, 1).await.is_ok() {
        accepted += 1;
        assert!(accepted < 1000);
    }
    assert_eq!(append(&opened.log, 1).await, Err(AppendError::Full));
    opened.log.close_epoch().await.unwrap();
    opened.log.shared().remove(SegmentNo(1)).unwrap();
    assert_eq!(append(&opened.log, 2).await, Ok(accepted + 1));
}

#[tokio::test]
async fn the_streamer_is_told_where_events_are() {
    let disk = FakeDisk::default();
    let opened = open(&disk);
    let shared = opened.log.shared();
    assert_eq!(shared.after(Seq(0)), Source::Nothing);
    append(&opened.log, 1).await.unwrap();
    append(&opened.log, 2).await.unwrap();
    let Source::Memory(batch) = shared.after(Seq(1)) else {
        panic!()
    };
    assert_eq!(
        (batch.previous, batch.last(), batch.records[0].epoch),
        (Seq(1), Seq(2), Epoch(1))
    );
    assert_eq!(shared.after(Seq(2)), Source::Nothing);
    assert_eq!(opened.log.close_epoch().await, Ok(Epoch(1)));
    assert_eq!(
        opened.log.close_epoch().await,
        Ok(Epoch(1)),
        "an epoch without events is not closed"
    );
    append(&opened.log, 3).await.unwrap();
    opened.log.finish().await;
    let again = open(&disk);
    let Source::File(segment) = again.log.shared().after(Seq(0)) else {
        panic!()
    };
    assert_eq!(
        (segment.number, segment.first_seq, segment.last_seq),
        (SegmentNo(1), Seq(1), Seq(2))
    );
    again.log.shared().remove(SegmentNo(1)).unwrap();
    assert_eq!(again.log.shared().after(Seq(0)), Source::Gone(Seq(2)));
}

#[test]
fn a_folder_belongs_to_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let held = super::LocalDisk::open(folder.path()).unwrap();
    let error = super::LocalDisk::open(folder.path()).err().unwrap();
    assert!(error.to_string().contains("in use"), "{error}");
    drop(held);
    super::LocalDisk::open(folder.path()).unwrap();
}

#[tokio::test]
async fn an_epoch_is_closed_when_it_has_enough_events() {
    let small = LogSettings {
        epoch_max_events: 10,
        ..settings()
    };
    let opened = Log::open(
        Arc::new(FakeDisk::default()),
        &ThreadExecutor,
        small,
        LogId(1),
    )
    .unwrap();
    for _ in 0..4 {
        opened.log.append(vec![event(1); 4], 100).await.unwrap();
    }
    // Answered in order: what was due before is done.
    assert_eq!(opened.log.close_epoch().await.unwrap(), Epoch(2));
    let sealed = opened.log.shared().sealed();
    let epochs: Vec<(u64, u64)> = sealed.iter().map(|s| (s.epoch.0, s.last_seq.0)).collect();
    assert_eq!(epochs, [(1, 12), (2, 16)]);
}
