//! Whatever fails, at whichever operation, and however the process ends: what was acknowledged is
//! found again, once, with its number.

use crate::log::ThreadExecutor;
use std::collections::{BTreeMap, BTreeSet};

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::*;

/// Appends in one run.
const APPENDS: u64 = 40;
/// Runs with faults by chance.
const SEEDS: u64 = 400;
/// More bytes than any run has.
const EVERYTHING: usize = 1 << 40;
/// So small that a run has several segments.
const SEGMENT_BYTES: usize = 400;

/// A disk some of whose operations fail, after they were done, half done or not done at all.
#[derive(Clone)]
struct FaultyDisk {
    disk: FakeDisk,
    plan: Arc<Mutex<Plan>>,
}

struct Plan {
    /// Operations until now.
    operations: u64,
    /// The numbers of those that fail.
    fail: BTreeSet<u64>,
    /// Bytes that still fit on the disk.
    room: usize,
    random: StdRng,
}

/// How far an operation that fails gets.
enum Fate {
    Fine,
    Half,
    NotDone,
    Done,
}

impl Plan {
    fn next(&mut self) -> Fate {
        self.operations += 1;
        match (
            self.fail.contains(&self.operations),
            self.random.random_range(0..3),
        ) {
            (false, _) => Fate::Fine,
            (true, 0) => Fate::Half,
            (true, 1) => Fate::NotDone,
            (true, _) => Fate::Done,
        }
    }

    /// How many of so many bytes fit.
    fn take(&mut self, bytes: usize) -> usize {
        let fit = bytes.min(self.room);
        self.room -= fit;
        fit
    }
}

fn broken<T>() -> io::Result<T> {
    Err(io::Error::other("injected"))
}

impl FaultyDisk {
    fn new(disk: FakeDisk, fail: BTreeSet<u64>, room: usize, seed: u64) -> Self {
        let plan = Plan {
            operations: 0,
            fail,
            room,
            random: StdRng::seed_from_u64(seed),
        };
        Self {
            disk,
            plan: Arc::new(Mutex::new(plan)),
        }
    }

    fn next(&self) -> Fate {
        self.plan.lock().unwrap().next()
    }

    /// An operation that is done or not.
    fn whole<T>(&self, operation: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match self.next() {
            Fate::Fine => operation(),
            Fate::Done => operation().and_then(|_| broken()),
            Fate::Half | Fate::NotDone => broken(),
        }
    }
}

struct FaultyFile {
    file: Box<dyn DiskFile>,
    disk: FaultyDisk,
    /// Bytes that the file has before more room is taken for it, and that were written.
    length: usize,
    written: usize,
}

impl FaultyFile {
    fn boxed(file: Box<dyn DiskFile>, disk: &FaultyDisk, length: usize) -> Box<dyn DiskFile> {
        let (disk, written) = (disk.clone(), 0);
        Box::new(Self {
            file,
            disk,
            length,
            written,
        })
    }
}

impl DiskFile for FaultyFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let fate = self.disk.next();
        let wanted = match fate {
            Fate::Fine | Fate::Done => bytes.len(),
            Fate::Half => bytes.len() / 2,
            Fate::NotDone => 0,
        };
        let there = self.length.saturating_sub(self.written).min(wanted);
        let fit = there + self.disk.plan.lock().unwrap().take(wanted - there);
        self.file.append(&bytes[..fit])?;
        self.written += fit;
        match fate {
            Fate::Fine if fit < wanted => Err(io::ErrorKind::StorageFull.into()),
            Fate::Fine => Ok(()),
            _ => broken(),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        let disk = self.disk.clone();
        disk.whole(|| self.file.sync())
    }
}

impl Disk for FaultyDisk {
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let file = self.whole(|| self.disk.create(name))?;
        Ok(FaultyFile::boxed(file, self, 0))
    }

    fn reuse(&self, spare: &str, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let length = self.disk.read(spare).map_or(0, |bytes| bytes.len());
        let file = self.whole(|| self.disk.reuse(spare, name))?;
        Ok(FaultyFile::boxed(file, self, length))
    }

    fn blank(&self, name: &str, bytes: usize) -> io::Result<()> {
        let length = self.disk.read(name).map_or(0, |bytes| bytes.len());
        let more = bytes.saturating_sub(length);
        if self.plan.lock().unwrap().take(more) < more {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.whole(|| self.disk.blank(name, bytes))
    }

    fn read_start(&self, name: &str, bytes: usize) -> io::Result<Vec<u8>> {
        self.whole(|| self.disk.read_start(name, bytes))
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        self.whole(|| self.disk.read(name))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        self.whole(|| self.disk.list())
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        if self.plan.lock().unwrap().take(bytes.len()) < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.whole(|| self.disk.replace(name, bytes))
    }

    fn room(&self) -> io::Result<u64> {
        Ok(u64::MAX)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.whole(|| self.disk.rename(from, to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let bytes = self.disk.read(name).map_or(0, |bytes| bytes.len());
        self.whole(|| self.disk.remove(name))?;
        self.plan.lock().unwrap().room += bytes;
        Ok(())
    }
}

/// What a run knows: object numbers by seq, each used once.
#[derive(Default)]
struct Known {
    acknowledged: BTreeMap<u64, u64>,
    /// Seqs and objects that were in segments which were then deleted, as a shipper does.
    shipped: BTreeMap<u64, u64>,
    appended: u64,
}

impl Known {
    /// One life of a collector, which ends early when it accepts nothing any more.
    async fn live(&mut self, disk: &FaultyDisk, random: &mut StdRng) {
        let settings = LogSettings {
            segment_bytes: SEGMENT_BYTES,
            ..settings()
        };
        let Ok(opened) = Log::open(Arc::new(disk.clone()), &ThreadExecutor, settings, LogId(7))
        else {
            return;
        };
        let mut refused = 0;
        while self.appended < APPENDS && refused < 3 {
            self.appended += 1;
            match append(&opened.log, self.appended).await {
                Ok(seq) => {
                    let before = self.acknowledged.insert(seq, self.appended);
                    assert_eq!(before, None, "seq {seq} was given twice");
                    refused = 0;
                }
                Err(_) => refused += 1,
            }
            match random.random_range(0..12) {
                0 => drop(opened.log.close_epoch().await),
                1 => self.ship(&opened.log),
                2 => return,
                3 | 4 => drop(opened.log.shared().prepare_spare()),
                _ => {}
            }
        }
    }

    fn ship(&mut self, log: &Log) {
        let mut sealed = log.shared().sealed();
        // The newest one stays: the chain goes on from it.
        sealed.pop();
        for segment in sealed {
            let Ok(records) = log.shared().records(segment.number) else {
                return;
            };
            self.take_in(records.iter().map(|r| (r.seq.0, r.event.object)));
            if log.shared().remove(segment.number).is_err() {
                return;
            }
        }
    }

    /// The same event may be shipped twice, another one never in its place.
    fn take_in(&mut self, records: impl Iterator<Item = (u64, u64)>) {
        for (seq, object) in records {
            let before = self.shipped.insert(seq, object);
            assert!(
                before.is_none_or(|b| b == object),
                "seq {seq} has two events"
            );
        }
    }

    /// The disk works again: everything acknowledged must be there, and nothing twice.
    fn check(mut self, disk: &FakeDisk) {
        let opened = open(disk);
        let left = stored(&opened.log);
        self.take_in(left.into_iter());
        let found = &self.shipped;
        for (seq, object) in &self.acknowledged {
            assert_eq!(
                found.get(seq),
                Some(object),
                "acknowledged {seq} is not there"
            );
        }
        let objects: BTreeSet<&u64> = found.values().collect();
        assert_eq!(
            objects.len(),
            found.len(),
            "an event has two numbers: {found:?}"
        );
        let (first, last) = (found.keys().next(), found.keys().next_back());
        let whole = (first.copied().unwrap_or(1), last.copied().unwrap_or(0));
        assert_eq!(
            whole,
            (1, found.len() as u64),
            "numbers are missing: {found:?}"
        );
    }
}

/// Lives one after the other on one disk until all appends are tried. Each ends with `kill -9` or
/// a power cut. Gives the number of operations.
async fn run(fail: BTreeSet<u64>, room: usize, seed: u64) -> u64 {
    let mut random = StdRng::seed_from_u64(seed);
    let mut known = Known::default();
    let mut disk = FaultyDisk::new(FakeDisk::default(), fail.clone(), room, seed);
    let mut operations = 0;
    while known.appended < APPENDS {
        known.live(&disk, &mut random).await;
        operations += disk.plan.lock().unwrap().operations;
        let keep = match random.random_bool(0.5) {
            true => EVERYTHING,
            false => random.random_range(0..200),
        };
        // Whatever the old writer does from here on, it does to another disk.
        let left = disk.disk.cut_power(keep, &mut |_| random.random_bool(0.5));
        let fail = fail.iter().filter_map(|n| n.checked_sub(operations));
        disk = FaultyDisk::new(left, fail.collect(), room, random.random());
        // A life that cannot even begin has tried one append.
        known.appended += 1;
    }
    known.check(&disk.disk);
    operations
}

#[tokio::test]
async fn each_operation_may_fail() {
    for seed in 0..3 {
        let operations = run(BTreeSet::new(), EVERYTHING, seed).await;
        assert!(operations > 100, "{operations}");
        for first in 1..=operations {
            for more in [0, 1] {
                println!("seed {seed}: operations {first} to {} fail", first + more);
                run((first..=first + more).collect(), EVERYTHING, seed).await;
            }
        }
    }
}

#[tokio::test]
async fn many_operations_may_fail_and_the_disk_may_be_full() {
    for seed in 0..SEEDS {
        println!("seed {seed}");
        let mut random = StdRng::seed_from_u64(seed);
        let rate = random.random_range(0.0..0.2);
        let fail = (1..2_000).filter(|_| random.random_bool(rate)).collect();
        let room = match random.random_bool(0.5) {
            true => EVERYTHING,
            false => random.random_range(300..6_000),
        };
        run(fail, room, seed).await;
    }
}
