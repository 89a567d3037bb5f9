//! Files to be written over. Behind a file's end a sync has the file system write down the new length, too; within
//! what was written before it has not, and takes half as long (ADR 16).

use std::{
    collections::{BTreeSet, VecDeque},
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use handover::segment::HEADER_LEN;
use model::SegmentNo;

use super::{Disk, segment_name};

/// Files that are larger than what is in them, at most: so much of the disk is held beyond what events need.
const MOST: usize = 6;
/// So many are to be ready.
const READY: usize = 2;
/// They are made only where the disk has room for so many: events are to have what is left of a small one.
const ROOM: u64 = 32;

/// The spare files of a log, and the segments that are in such a file.
pub(super) struct Spares {
    disk: Arc<dyn Disk>,
    /// Size of a new one.
    bytes: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Names; no header is in them.
    free: VecDeque<String>,
    lent: BTreeSet<SegmentNo>,
    /// One could not be made: it is not tried again, for what is on the disk meanwhile takes the room of events.
    given_up: bool,
    /// Number of the next name.
    next: u64,
}

fn spare_name(number: u64) -> String {
    format!("spare-{number}")
}

impl Spares {
    /// Those that an earlier process left; `lent` are the segments that are in one.
    pub(super) fn open(disk: Arc<dyn Disk>, bytes: usize, lent: Vec<SegmentNo>) -> Self {
        let spares = Self {
            disk,
            bytes,
            inner: Mutex::default(),
        };
        let mut inner = spares.lock();
        inner.lent.extend(lent);
        // They are only spare: whatever cannot be done with them is left.
        let names = spares.disk.list().unwrap_or_default();
        let number = |name: &String| name.strip_prefix("spare-")?.parse::<u64>().ok();
        for number in names.iter().filter_map(number) {
            inner.next = inner.next.max(number.saturating_add(1));
            let name = spare_name(number);
            let is_wanted = inner.free.len() + inner.lent.len() < MOST;
            if is_wanted && spares.disk.blank(&name, HEADER_LEN).is_ok() {
                inner.free.push_back(name);
            } else {
                let _ = spares.disk.remove(&name);
            }
        }
        drop(inner);
        spares
    }

    /// A file for a segment.
    pub(super) fn take(&self, segment: SegmentNo) -> Option<String> {
        let mut inner = self.lock();
        // The one that has been spare for longest: whoever reads a segment may be at the newest.
        let name = inner.free.pop_front()?;
        inner.lent.insert(segment);
        Some(name)
    }

    /// A segment's file was deleted, or replaced by another.
    pub(super) fn forget(&self, segment: SegmentNo) {
        self.lock().lent.remove(&segment);
    }

    /// Deletes a segment that is stored: its file becomes spare, if it was one. Blocks.
    pub(super) fn take_back(&self, segment: SegmentNo) -> io::Result<()> {
        let name = segment_name(segment);
        // A try before may have done it, and failed afterwards.
        let or_done = |done: io::Result<()>| match done {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            done => done.map(|()| true),
        };
        if !self.lock().lent.contains(&segment) {
            return or_done(self.disk.remove(&name)).map(drop);
        }
        let spare = self.new_name();
        let is_moved = or_done(self.disk.rename(&name, &spare))?;
        self.forget(segment);
        if !is_moved {
            // Under which name it is spare, the next start finds.
            return Ok(());
        }
        // Its header must not be taken for that of the segment which the file will be. What else is in it names
        // this segment, whose number is never given again.
        self.add(spare, HEADER_LEN);
        Ok(())
    }

    /// Makes one, if too few are ready; tells whether one was made. Blocks.
    pub(super) fn prepare(&self) -> bool {
        let inner = self.lock();
        let is_needed = inner.free.len() < READY && inner.free.len() + inner.lent.len() < MOST;
        let may_be_made = is_needed && !inner.given_up;
        drop(inner);
        let wanted = (self.bytes as u64).saturating_mul(ROOM);
        if !may_be_made || self.disk.room().is_ok_and(|room| room < wanted) {
            return false;
        }
        let name = self.new_name();
        let is_made = self.add(name, self.bytes);
        self.lock().given_up |= !is_made;
        is_made
    }

    fn add(&self, name: String, blank: usize) -> bool {
        match self.disk.blank(&name, blank) {
            Ok(()) => self.lock().free.push_back(name),
            Err(error) => {
                tracing::warn!(%error, "a spare file of the log could not be made");
                let _ = self.disk.remove(&name);
                return false;
            }
        }
        true
    }

    fn new_name(&self) -> String {
        let mut inner = self.lock();
        inner.next += 1;
        spare_name(inner.next)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
