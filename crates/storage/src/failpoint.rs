//! Named places where a process may be made to die, for tests: with `FAILPOINTS="ship.stored=3*off->return"`
//! it dies when it comes by `ship.stored` for the fourth time. Without the feature `testing` they
//! are not compiled.

/// Every place, in the order in which an event passes them.
pub const ALL: [&str; 14] = [
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

/// Reads `FAILPOINTS`, once, at the start of a process.
pub fn setup() {
    #[cfg(feature = "testing")]
    std::mem::forget(fail::FailScenario::setup());
}

/// The process dies here, as by `kill -9`, if it was told to.
#[inline(always)]
pub fn reach(_name: &'static str) {
    #[cfg(feature = "testing")]
    if fail::eval(_name, |_| ()).is_some() {
        std::process::abort();
    }
}
