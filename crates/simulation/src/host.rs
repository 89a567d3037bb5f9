//! A machine with a disk, on which collectors live one after the other.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use model::LogId;
use tokio::sync::Notify;
use web::Health;

use crate::{
    disk::Machine,
    gate::{Gate, Process},
};

/// A machine with a disk, on which collectors live.
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) machine: Machine,
    pub(crate) killed: Notify,
    pub(crate) here: AtomicBool,
    back: Notify,
    now: Mutex<(Process, Vec<LogId>)>,
    health: Mutex<Health>,
}

impl Host {
    pub(crate) fn new(name: String, gate: &Gate) -> Self {
        Self {
            name,
            machine: Machine::new(gate),
            killed: Notify::new(),
            here: AtomicBool::new(true),
            back: Notify::new(),
            now: Mutex::default(),
            health: Mutex::default(),
        }
    }

    /// Waits until the disk is there.
    pub(crate) async fn present(&self) {
        while !self.here.load(Ordering::SeqCst) {
            self.back.notified().await;
        }
    }

    pub(crate) fn begin(&self, process: &Process) {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).0 = process.clone();
    }

    /// A collector starts: what it says of itself.
    pub(crate) fn says(&self, health: &Health) {
        let mut now = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        *now = health.clone();
    }

    /// Why the collector has no log that takes events, if it says so.
    pub(crate) fn has_no_log(&self) -> Option<String> {
        let health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        health.problems().remove("log")
    }

    /// The log that is on the disk.
    pub(crate) fn is(&self, log: LogId) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.1.last() != Some(&log) {
            now.1.push(log);
        }
    }

    pub(crate) fn log(&self) -> Option<LogId> {
        self.logs().last().copied()
    }

    /// All logs that were ever on the disk. Of a drained one the store may not know it yet.
    pub(crate) fn logs(&self) -> Vec<LogId> {
        let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        now.1.clone()
    }

    pub(crate) fn kill(&self) {
        let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        now.0.kill();
        self.killed.notify_one();
    }

    pub(crate) fn comes_back(&self) {
        self.here.store(true, Ordering::SeqCst);
        self.back.notify_one();
    }
}
