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
/// How often it tries to remove what it has on the disk.
const CLEARINGS: usize = 5;
/// Signals by which a system without memory ends a process, and a process ends itself that gets none.
const KILLED: i32 = 9;
const ABORTED: i32 = 6;

/// Exit codes.
const MEMORY_CODE: i32 = 80;
const TIME_CODE: i32 = 81;
const ORPHAN_CODE: i32 = 82;

/// What a process may have.
pub struct Bounds {
    /// Bytes that its engine knows of.
    pub memory: u64,
    /// Whoever waits for it.
    pub parent: u32,
    /// What is to be removed at a sudden end.
    pub folder: PathBuf,
}

/// Most memory of a process whose engine has `memory`, bytes, without what it was given.
fn most(memory: u64) -> u64 {
    memory + BESIDE
}

/// Should a machine have too little memory, this process is to go, and not one that takes events.
pub fn offer() {
    // Where there is no such file nothing is lost.
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
}

/// Ends this process when it has taken too much memory, beside what it has now, or time, or nobody waits for it.
pub fn watch(bounds: Bounds) -> std::io::Result<()> {
    let (started, before) = (Instant::now(), held().unwrap_or(0));
    let look = move || {
        loop {
            if let Some(code) = bounds.exceeded(started, before) {
                bounds.clear();
                process::exit(code);
            }
            thread::sleep(EVERY);
        }
    };
    thread::Builder::new().name("guard".into()).spawn(look)?;
    Ok(())
}

impl Bounds {
    fn exceeded(&self, started: Instant, before: u64) -> Option<i32> {
        if held().is_some_and(|bytes| bytes > before + most(self.memory)) {
            return Some(MEMORY_CODE);
        }
        if started.elapsed() > TIME {
            return Some(TIME_CODE);
        }
        (parent_id() != self.parent).then_some(ORPHAN_CODE)
    }

    /// Removes what it has on the disk, while its threads may still put something there.
    fn clear(&self) {
        for _ in 0..CLEARINGS {
            if fs::remove_dir_all(&self.folder).is_ok() {
                return;
            }
        }
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
        (_, Some(KILLED | ABORTED)) => {
            AskError::TooMuch("there was no memory for it; ask for less at once".into())
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
            parent: parent_id(),
            folder: PathBuf::new(),
        };
        // Others may give back some at the same time.
        let more = vec![1_u8; 512 << 20];
        assert!(held().unwrap() >= before + (200 << 20));
        let now = Instant::now();
        assert_eq!(bounds(1 << 40).exceeded(now, 0), None);
        assert_eq!(bounds(0).exceeded(now, 0), Some(MEMORY_CODE));
        drop(more);
        let orphan = Bounds {
            parent: 0,
            ..bounds(1 << 40)
        };
        assert_eq!(orphan.exceeded(now, 0), Some(ORPHAN_CODE));
    }
}
