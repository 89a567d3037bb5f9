//! What befalls an installation: kinds of trouble, and which of them a seed brings.

/// What befalls an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Nodes of Redis.
    pub nodes: usize,
    /// Machines and processes die.
    pub crash: bool,
    /// Disk operations fail.
    pub disk_errors: bool,
    /// Redis nodes are flushed.
    pub flush: bool,
    /// Redis nodes fall back to an older state.
    pub fall_back: bool,
    /// Store and Redis fail requests, before or after their effect, or are down.
    pub outages: bool,
    /// Disks are lost, logs salvaged, disks come back.
    pub salvage: bool,
    /// Clocks of processes jump.
    pub clocks: bool,
    /// Time flies and batches follow each other, so that cells are pruned behind readers' backs.
    pub hasty: bool,
    /// Processes hear of each other's writes, and look seldom for what they do not hear of.
    pub bell: bool,
    /// Not clicks alone, but conversions with all that may become of them: readers ask about more, and less is pruned.
    pub conversions: bool,
    /// Histories are imported into logs of their own, by several at once.
    pub imports: bool,
}

/// Of so many seeds one has conversions.
const CONVERSIONS: u64 = 5;
/// Of so many seeds one has imports.
const IMPORTS: u64 = 4;

impl Profile {
    /// How many kinds of trouble [`Profile::of`] knows.
    pub const KINDS: u64 = 9;

    /// The kind of trouble of a seed.
    pub fn kind(seed: u64) -> u64 {
        (seed / 2) % Self::KINDS
    }

    /// The profile of a seed: each trouble alone, none, and all at once.
    pub fn of(seed: u64) -> Self {
        let calm = Self {
            nodes: if seed.is_multiple_of(2) { 1 } else { 3 },
            crash: false,
            disk_errors: false,
            flush: false,
            fall_back: false,
            outages: false,
            salvage: false,
            clocks: false,
            hasty: false,
            bell: false,
            conversions: false,
            imports: false,
        };
        let of_kind = match Self::kind(seed) {
            0 => calm,
            1 => Self {
                crash: true,
                disk_errors: true,
                ..calm
            },
            2 => Self {
                flush: true,
                ..calm
            },
            3 => Self {
                fall_back: true,
                crash: true,
                ..calm
            },
            4 => Self {
                outages: true,
                crash: true,
                ..calm
            },
            5 => Self {
                salvage: true,
                ..calm
            },
            6 => Self {
                salvage: true,
                crash: true,
                flush: true,
                ..calm
            },
            7 => Self {
                hasty: true,
                flush: (seed / 2).is_multiple_of(2),
                ..calm
            },
            _ => Self {
                crash: true,
                disk_errors: true,
                flush: true,
                fall_back: true,
                outages: true,
                salvage: true,
                clocks: true,
                ..calm
            },
        };
        Self {
            // Each kind has some.
            conversions: seed % CONVERSIONS == CONVERSIONS - 1 && !of_kind.hasty,
            imports: (seed / 2) % IMPORTS == IMPORTS - 1,
            ..of_kind
        }
    }
}
