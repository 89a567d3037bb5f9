//! Bugs that can be planted, to prove that the simulation of the hand-over, and the oracle over real
//! processes, would find them.
//!
//! Each breaks one rule on which exact numbers rest. They are compiled only where `MILLRACE_BUILD=faults` is
//! in the environment of the build, as in `./test.sh`; everywhere else [`planted`] is a constant.

/// Whether this build can have bugs planted, and be made to die at a [`crate::failpoint`].
pub const FAULTS: bool = cfg!(faults);

/// A rule that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// Events are acknowledged before they are on disk.
    AckBeforeSync,
    /// Events are handed to the stream before they are on disk.
    StreamBeforeSync,
    /// An epoch is closed without a durable note of it.
    CloseNotDurable,
    /// The seal of an epoch is stored before its last segment.
    SealBeforeSegments,
    /// An object that is there with other content is taken for ours.
    OtherContentIsOurs,
    /// A local file goes before its segment is stored.
    ForgetUnstored,
    /// The checkpoint is stored before the cells it speaks of.
    CheckpointBeforeCells,
    /// The checkpoint names the state of Redis after the puts instead of before.
    GenerationsReadLate,
    /// A cell is stored whatever is there already.
    NoUptoCompare,
    /// Events that are missing in the stream are passed over.
    GapPassedOver,
    /// The stream is trimmed without looking at what is flushed and in raw.
    TrimUnflushed,
    /// Cells are pruned before a manifest covers them.
    PruneUncovered,
    /// Cells are pruned before the prune watermark is raised.
    PruneBeforeWatermark,
    /// The horizon jumps over an epoch to the one after it.
    HorizonGap,
    /// A batch publishes although somebody else published first.
    PublishOverOthers,
    /// A reader does not look at the prune watermark.
    NoPruneWatermarkCheck,
    /// A reader does not compare the states of Redis.
    NoGenerationsCheck,
    /// A reader looks at the cells before the checkpoints.
    CellsBeforeCheckpoints,
    /// A reader takes a checkpoint that begins after its manifest.
    NoBaseCheck,
    /// A reader does not ask whether all that was there is folded again.
    NoTargetCheck,
    /// Nobody looks at fences.
    FenceIgnored,
    /// A salvage does not end the stream before it reads it.
    SalvageOpenStream,
    /// A salvage seals before it fences.
    SealsBeforeFence,
    /// A fenced collector leaves behind what raw does not hold.
    NothingMoved,
    /// A sender's key counts as checked although others may have been forgotten meanwhile.
    ForgottenKeysTrusted,
    /// A file that was merged into another stays in the manifest.
    MergedStaysNamed,
    /// A merge ends before its last row.
    MergeDropsLast,
    /// Files are deleted because a list says so, though the manifest names them.
    CollectorTrustsList,
    /// Who imports a history makes his own log of it known, whoever was faster.
    ImportTrustsItself,
}

impl Bug {
    /// All of them.
    pub const ALL: [Bug; 29] = [
        Bug::AckBeforeSync,
        Bug::StreamBeforeSync,
        Bug::CloseNotDurable,
        Bug::SealBeforeSegments,
        Bug::OtherContentIsOurs,
        Bug::ForgetUnstored,
        Bug::CheckpointBeforeCells,
        Bug::GenerationsReadLate,
        Bug::NoUptoCompare,
        Bug::GapPassedOver,
        Bug::TrimUnflushed,
        Bug::PruneUncovered,
        Bug::PruneBeforeWatermark,
        Bug::HorizonGap,
        Bug::PublishOverOthers,
        Bug::NoPruneWatermarkCheck,
        Bug::NoGenerationsCheck,
        Bug::CellsBeforeCheckpoints,
        Bug::NoBaseCheck,
        Bug::NoTargetCheck,
        Bug::FenceIgnored,
        Bug::SalvageOpenStream,
        Bug::SealsBeforeFence,
        Bug::NothingMoved,
        Bug::ForgottenKeysTrusted,
        Bug::MergedStaysNamed,
        Bug::MergeDropsLast,
        Bug::CollectorTrustsList,
        Bug::ImportTrustsItself,
    ];
}

#[cfg(faults)]
std::thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// The bug of every thread of this process.
#[cfg(faults)]
static EVERYWHERE: std::sync::OnceLock<Bug> = std::sync::OnceLock::new();

/// Plants a bug in this thread, or removes it.
///
/// # Panics
///
/// If there is a bug to be planted and the build has none ([`FAULTS`]).
pub fn plant(bug: Option<Bug>) {
    #[cfg(faults)]
    PLANTED.set(bug);
    #[cfg(not(faults))]
    assert_eq!(bug, None, "built without MILLRACE_BUILD=faults");
}

/// Plants the bug that `MILLRACE_BUG` names in the whole process; to be called once, at its start.
/// Without faults in the build nothing is read.
pub fn setup() {
    #[cfg(faults)]
    if let Ok(name) = std::env::var("MILLRACE_BUG") {
        let bug = Bug::ALL.into_iter().find(|bug| format!("{bug:?}") == name);
        let bug = bug.unwrap_or_else(|| panic!("MILLRACE_BUG: there is no bug `{name}`"));
        EVERYWHERE.get_or_init(|| bug);
    }
}

/// Whether this thread, or the whole process, has the bug.
#[cfg(faults)]
pub fn planted(bug: Bug) -> bool {
    PLANTED.get() == Some(bug) || EVERYWHERE.get() == Some(&bug)
}

/// Never.
#[cfg(not(faults))]
#[inline(always)]
pub const fn planted(_: Bug) -> bool {
    false
}
