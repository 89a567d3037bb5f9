//! A collector's disk: what was not synced may be lost, in part, when the machine dies.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ingest::log::{Disk, DiskFile};

use crate::gate::Gate;

/// What a disk writes as a whole, bytes.
const SECTOR: usize = 512;

#[derive(Clone, Default)]
struct File {
    /// On the disk.
    durable: Vec<u8>,
    /// What a program reads.
    now: Vec<u8>,
}

impl File {
    fn whole(bytes: Vec<u8>) -> Self {
        Self {
            durable: bytes.clone(),
            now: bytes,
        }
    }

    /// Writes over what is there, and behind it.
    fn write(&mut self, at: usize, bytes: &[u8]) {
        let end = at + bytes.len();
        self.now.resize(self.now.len().max(end), 0);
        self.now[at..end].copy_from_slice(bytes);
    }

    /// What a power cut leaves: all that was synced, any of the sectors that were written over since, and some of
    /// what is behind.
    fn lose(&mut self, gate: &Gate) {
        let mut left = std::mem::take(&mut self.durable);
        let within = left.len().min(self.now.len());
        for start in (0..within).step_by(SECTOR) {
            let sector = start..(start + SECTOR).min(within);
            if left[sector.clone()] != self.now[sector.clone()] && gate.chance(0.5) {
                left[sector.clone()].copy_from_slice(&self.now[sector]);
            }
        }
        let mut behind = self.now.get(left.len()..).unwrap_or_default().to_vec();
        let kept = gate.below(behind.len() as u64 + 1) as usize;
        if kept < behind.len() && gate.chance(0.3) {
            // The rest of the block, with something else in it.
            behind[kept..].iter_mut().for_each(|b| *b ^= 0x5a);
        } else {
            behind.truncate(kept);
        }
        left.append(&mut behind);
        *self = Self::whole(left);
    }
}

struct State {
    files: BTreeMap<String, File>,
    /// Deleted since the folder was last synced, in order.
    unlinked: Vec<(String, File)>,
    /// Who may use it: a handle of an earlier life may not.
    life: u64,
    /// Operations until the machine dies.
    fuse: Option<u64>,
    dead: bool,
    /// Operations until one fails, though the machine lives.
    fault: Option<u64>,
}

/// The disk itself. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Machine {
    gate: Gate,
    state: Arc<Mutex<State>>,
}

impl Machine {
    pub(crate) fn new(gate: &Gate) -> Self {
        let state = State {
            files: BTreeMap::new(),
            unlinked: Vec::new(),
            life: 0,
            fuse: None,
            dead: false,
            fault: None,
        };
        Self {
            gate: gate.clone(),
            state: Arc::new(Mutex::new(state)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The disk in a new life of its machine.
    pub(crate) fn boot(&self) -> Arc<dyn Disk> {
        let mut state = self.state();
        state.life += 1;
        state.dead = false;
        state.fuse = None;
        state.fault = None;
        Arc::new(Handle {
            machine: self.clone(),
            life: state.life,
        })
    }

    /// The machine dies after `operations` more.
    pub(crate) fn light_fuse(&self, operations: u64) {
        self.state().fuse = Some(operations);
    }

    /// The fuse is put out, and no operation fails.
    pub(crate) fn calm(&self) {
        let mut state = self.state();
        (state.fuse, state.fault) = (None, None);
    }

    /// One operation fails, after `operations` more.
    pub(crate) fn fail_after(&self, operations: u64) {
        self.state().fault = Some(operations);
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// What a power cut leaves: of every file all that was synced, and some of the rest.
    pub(crate) fn cut_power(&self) {
        let mut state = self.state();
        state.dead = true;
        state
            .files
            .values_mut()
            .for_each(|file| file.lose(&self.gate));
        // A file system undoes the last deletions, in order.
        let undone = self.gate.below(state.unlinked.len() as u64 + 1) as usize;
        let first = state.unlinked.len() - undone;
        for (name, file) in state.unlinked.split_off(first) {
            state.files.entry(name).or_insert(file);
        }
        state.unlinked.clear();
    }
}

struct Handle {
    machine: Machine,
    life: u64,
}

impl Handle {
    /// A file that is written from its start.
    fn file(&self, name: &str) -> Box<dyn DiskFile> {
        let (machine, life) = (self.machine.clone(), self.life);
        Box::new(OpenFile {
            disk: Handle { machine, life },
            name: name.to_owned(),
            at: 0,
        })
    }

    /// One operation begins, unless it cannot.
    fn begin(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.machine.state();
        if state.dead || state.life != self.life {
            return Err(io::Error::other("the machine is dead"));
        }
        match &mut state.fuse {
            Some(0) => {
                state.dead = true;
                return Err(io::Error::other("the machine died"));
            }
            Some(left) => *left -= 1,
            None => {}
        }
        match &mut state.fault {
            Some(0) => {
                state.fault = None;
                return Err(io::Error::other("input/output error"));
            }
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(state)
    }
}

fn no_file(name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("no file {name}"))
}

impl Disk for Handle {
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.begin()?;
        if state.files.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.files.insert(name.to_owned(), File::default());
        state.unlinked.clear();
        Ok(self.file(name))
    }

    fn reuse(&self, spare: &str, name: &str) -> io::Result<Box<dyn DiskFile>> {
        self.rename(spare, name)?;
        Ok(self.file(name))
    }

    fn blank(&self, name: &str, bytes: usize) -> io::Result<()> {
        let mut state = self.begin()?;
        let file = state.files.entry(name.to_owned()).or_default();
        file.write(0, &vec![0; bytes]);
        file.durable = file.now.clone();
        Ok(())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let state = self.begin()?;
        let file = state.files.get(name).ok_or_else(|| no_file(name))?;
        Ok(file.now.clone())
    }

    fn read_start(&self, name: &str, bytes: usize) -> io::Result<Vec<u8>> {
        let mut start = self.read(name)?;
        start.truncate(bytes);
        Ok(start)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.begin()?.files.keys().cloned().collect())
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.begin()?;
        let file = File::whole(bytes.to_vec());
        state.files.insert(name.to_owned(), file);
        state.unlinked.clear();
        Ok(())
    }

    fn room(&self) -> io::Result<u64> {
        self.begin().map(|_| u64::MAX)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.begin()?;
        let file = state.files.remove(from).ok_or_else(|| no_file(from))?;
        state.files.insert(to.to_owned(), file);
        state.unlinked.clear();
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.begin()?;
        let file = state.files.remove(name).ok_or_else(|| no_file(name))?;
        state.unlinked.push((name.to_owned(), file));
        Ok(())
    }
}

struct OpenFile {
    disk: Handle,
    name: String,
    /// Where it is written next.
    at: usize,
}

impl DiskFile for OpenFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.begin()?;
        let file = state.files.get_mut(&self.name);
        let file = file.ok_or_else(|| no_file(&self.name))?;
        file.write(self.at, bytes);
        self.at += bytes.len();
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.begin()?;
        let file = state.files.get_mut(&self.name);
        let file = file.ok_or_else(|| no_file(&self.name))?;
        file.durable = file.now.clone();
        Ok(())
    }
}
