//! A collector's disk: what was not synced may be lost, in part, when the machine dies.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ingest::log::{Disk, DiskFile};

use crate::gate::Gate;

#[derive(Clone, Default)]
struct File {
    durable: Vec<u8>,
    pending: Vec<u8>,
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
        for file in state.files.values_mut() {
            let length = file.pending.len() as u64;
            let kept = self.gate.below(length + 1) as usize;
            let mut left = std::mem::take(&mut file.pending);
            if kept < left.len() && self.gate.chance(0.3) {
                // The rest of the block, with something else in it.
                left[kept..].iter_mut().for_each(|b| *b ^= 0x5a);
            } else {
                left.truncate(kept);
            }
            file.durable.append(&mut left);
        }
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
        Ok(Box::new(OpenFile {
            disk: Handle {
                machine: self.machine.clone(),
                life: self.life,
            },
            name: name.to_owned(),
        }))
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let state = self.begin()?;
        let file = state.files.get(name).ok_or_else(|| no_file(name))?;
        Ok([&file.durable[..], &file.pending].concat())
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.begin()?.files.keys().cloned().collect())
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.begin()?;
        let file = File {
            durable: bytes.to_vec(),
            pending: Vec::new(),
        };
        state.files.insert(name.to_owned(), file);
        state.unlinked.clear();
        Ok(())
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
}

impl DiskFile for OpenFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.begin()?;
        let file = state.files.get_mut(&self.name);
        let file = file.ok_or_else(|| no_file(&self.name))?;
        file.pending.extend_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.begin()?;
        let file = state.files.get_mut(&self.name);
        let file = file.ok_or_else(|| no_file(&self.name))?;
        let mut pending = std::mem::take(&mut file.pending);
        file.durable.append(&mut pending);
        Ok(())
    }
}
