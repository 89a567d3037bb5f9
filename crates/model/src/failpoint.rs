//! Named places where a process may be made to die, for tests: with `MILLRACE_DIE_AT=ship.stored:3` it
//! dies when it comes by `ship.stored` for the fourth time. Compiled only as [`crate::planted`] is.

/// Every place, in the order in which an event passes them.
pub const ALL: [&str; 17] = [
    "log.written",
    "log.synced",
    "log.sealed",
    "log.epoch_closed",
    "ship.stored",
    "ship.seal",
    "ship.sealed",
    "ship.forget",
    "ship.retired_here",
    "speed.cells",
    "speed.checkpoint",
    "speed.prune_watermark",
    "rollup.files",
    "rollup.published",
    "rollup.merged",
    "rollup.recounting",
    "rollup.recounted",
];

/// Places in a salvage, in order.
pub const SALVAGE: [&str; 4] = [
    "salvage.announced",
    "salvage.rescued",
    "salvage.buried",
    "salvage.fenced",
];

/// Places where a collector leaves a log that was ended, in order.
pub const SWITCH: [&str; 2] = ["switch.written", "switch.said"];

/// Places in the erasure of visitors, in order.
pub const ERASE: [&str; 2] = ["erase.files", "erase.published"];

/// Places in an import of history, in order.
pub const IMPORT: [&str; 5] = [
    "import.begun",
    "import.stored",
    "import.sealed",
    "import.done",
    "import.known",
];

/// The process dies here, as by `kill -9`, if it was told to.
#[inline(always)]
pub fn reach(_name: &'static str) {
    #[cfg(faults)]
    told::reach(_name);
}

#[cfg(faults)]
mod told {
    use std::sync::{
        OnceLock,
        atomic::{AtomicI64, Ordering},
    };

    /// Where this process is to die, and how often it still comes by before.
    struct Told {
        name: String,
        left: AtomicI64,
    }

    static TOLD: OnceLock<Option<Told>> = OnceLock::new();

    fn read() -> Option<Told> {
        let text = std::env::var("MILLRACE_DIE_AT").ok()?;
        let (name, left) = text.split_once(':').unwrap_or((&text, "0"));
        let left = left
            .parse()
            .unwrap_or_else(|_| panic!("MILLRACE_DIE_AT: `{text}` is not NAME:TIMES"));
        Some(Told {
            name: name.to_owned(),
            left: AtomicI64::new(left),
        })
    }

    pub(super) fn reach(name: &str) {
        let told = TOLD.get_or_init(read).as_ref();
        if let Some(told) = told.filter(|told| told.name == name)
            && told.left.fetch_sub(1, Ordering::SeqCst) <= 0
        {
            std::process::abort();
        }
    }
}
