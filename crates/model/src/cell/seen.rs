//! Who came in one hour, while it is counted.

use crate::visitors::{EXACT_LIMIT, VisitorSet};

/// So many visitors are gathered before they are put in order among many others, which moves those.
const GATHERED: usize = 64;

/// The visitors of one hour: people or bots.
#[derive(Debug)]
pub(super) struct Seen {
    /// Unix minute.
    pub(super) hour: i64,
    pub(super) bot: bool,
    set: VisitorSet,
    gathered: Vec<u64>,
}

impl Seen {
    pub(super) fn new(hour: i64, bot: bool) -> Self {
        Self {
            hour,
            bot,
            set: VisitorSet::default(),
            gathered: Vec::new(),
        }
    }

    pub(super) fn note(&mut self, visitor: u64) {
        match &self.set {
            VisitorSet::Exact(set) if set.len() >= GATHERED => self.gathered.push(visitor),
            _ => self.set.insert(visitor, EXACT_LIMIT),
        }
        if self.gathered.len() >= GATHERED {
            self.order();
        }
    }

    /// All of them.
    pub(super) fn set(&mut self) -> &VisitorSet {
        self.order();
        &self.set
    }

    fn order(&mut self) {
        self.gathered.sort_unstable();
        self.gathered.dedup();
        self.set.extend_sorted(&self.gathered, EXACT_LIMIT);
        self.gathered.clear();
    }
}
