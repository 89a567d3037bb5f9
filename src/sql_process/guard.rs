//! The bounds of a process that answers a question in SQL: it looks at itself, and ends when it has had what it may have.

use std::{
    fs,
    os::unix::process::{ExitStatusExt, parent_id},
    path::PathBuf,
    process, thread,
    time::{Duration, Instant},
};

use asking::AskError;

/// What a process takes beside what its engine knows of: its own code's data, a batch of rows on its way.
const BESIDE: u64 = 256 << 20;
/// The engine has 30 s, and says so by itself if it can.
const TIME: Duration = Duration::from_secs(32);
/// How often it looks.
const EVERY: Duration = Duration::from_millis(5);
/// Signal by which a system without memory ends a process.
const KILLED: i32 = 9;

/// Exit codes.
const MEMORY_CODE: i32 = 80;
const TIME_CODE: i32 = 81;
const ORPHAN_CODE: i32 = 82;

/// What a process may have.
pub struct Bounds {
    /// Bytes that its engine knows of.
    pub memory: u64,
    /// Bytes of what it was given.
    pub given: u64,
    /// Whoever waits for it.
    pub parent: u32,
    /// What is to be removed at a sudden end.
    pub folder: PathBuf,
}

/// Most memory of a process whose engine has `memory`, bytes, without what it was given.
fn most(memory: u64) -> u64 {
    memory + BESIDE
}

/// Ends this process when it has taken too much memory or time, or nobody waits for it.
pub fn watch(bounds: Bounds) -> std::io::Result<()> {
    // If a machine has too little, this one is to go, and not one that takes events.
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
    let started = Instant::now();
    let look = move || {
        loop {
            if let Some(code) = bounds.exceeded(started) {
                let _ = fs::remove_dir_all(&bounds.folder);
                process::exit(code);
            }
            thread::sleep(EVERY);
        }
    };
    thread::Builder::new().name("guard".into()).spawn(look)?;
    Ok(())
}

impl Bounds {
    fn exceeded(&self, started: Instant) -> Option<i32> {
        if held().is_some_and(|bytes| bytes > most(self.memory) + self.given) {
            return Some(MEMORY_CODE);
        }
        if started.elapsed() > TIME {
            return Some(TIME_CODE);
        }
        (parent_id() != self.parent).then_some(ORPHAN_CODE)
    }
}

/// Memory that is this process's own, also where it is swapped out, bytes; `None` where the system does not tell.
fn held() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    };
    Some((kib("RssAnon:")? + kib("VmSwap:").unwrap_or(0)) << 10)
}

/// Why a process ended that said nothing.
pub fn why(ended: process::ExitStatus, memory: u64) -> AskError {
    match (ended.code(), ended.signal()) {
        (Some(MEMORY_CODE), _) => AskError::TooMuch(format!(
            "it has taken {} MiB of memory; ask for less at once",
            most(memory) >> 20
        )),
        (Some(TIME_CODE), _) => too_long(),
        (_, Some(KILLED)) => {
            AskError::TooMuch("the system has ended it, for want of memory".into())
        }
        _ => AskError::Failed(format!("what answers SQL has ended: {ended}")),
    }
}

pub fn too_long() -> AskError {
    AskError::TooMuch("it has taken 30 s; ask for a shorter range, or for less at once".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_seen() {
        let Some(before) = held() else {
            return testing::skip("what_is_held_is_seen", "/proc tells no RssAnon");
        };
        let bounds = |memory| Bounds {
            memory,
            given: 0,
            parent: parent_id(),
            folder: PathBuf::new(),
        };
        let more = vec![1_u8; 64 << 20];
        assert!(held().unwrap() >= before + (60 << 20));
        assert_eq!(bounds(1 << 40).exceeded(Instant::now()), None);
        drop(more);
        let orphan = Bounds {
            parent: 0,
            ..bounds(1 << 40)
        };
        assert_eq!(orphan.exceeded(Instant::now()), Some(ORPHAN_CODE));
    }
}
