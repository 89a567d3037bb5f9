//! What there is in an installation, beside those who act in it.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
};

use enrich::Rules;
use handover::raw;
use model::{Clock, EntityId, EntityKind, Event, LogId, Randomness};
use storage::{bell::Bell, store::Store};
use tokio::time::Instant;

use crate::{
    actors::importer::{self, History},
    gate::{Gate, Process},
    oracle::Oracle,
    profile::Profile,
    redis::Cluster,
    store::Bucket,
};

/// Links, and goals, that there are.
pub(crate) const OBJECTS: u64 = 3;
const HALF_HOUR_MS: i64 = 1_800_000;

/// Everything there is.
pub(crate) struct World {
    pub(crate) gate: Gate,
    pub(crate) profile: Profile,
    pub(crate) oracle: Oracle,
    pub(crate) bucket: Bucket,
    pub(crate) cluster: Cluster,
    pub(crate) rules: Arc<Rules>,
    pub(crate) entities: Vec<EntityId>,
    /// What is imported.
    pub(crate) histories: Vec<History>,
    began: Instant,
    pub(crate) budget: AtomicU64,
    pub(crate) quiet: AtomicBool,
    pub(crate) lost_a_disk: AtomicBool,
    pub(crate) readings: AtomicU64,
    pub(crate) complete: AtomicU64,
    pub(crate) skew: Arc<AtomicI64>,
}

struct Skewed {
    began: Instant,
    skew: Arc<AtomicI64>,
}

impl Clock for Skewed {
    fn now_ms(&self) -> i64 {
        let since = self.began.elapsed().as_millis() as i64;
        1_700_000_000_000 + since + self.skew.load(Ordering::Relaxed)
    }
}

impl World {
    pub(crate) fn new(seed: u64, profile: Profile, diary: bool) -> Self {
        static RULES: OnceLock<Arc<Rules>> = OnceLock::new();
        let rules = RULES.get_or_init(|| Arc::new(Rules::new().unwrap_or_else(|e| panic!("{e}"))));
        let gate = Gate::new(seed, diary);
        let mut entities = vec![EntityId::new(EntityKind::Account, 1)];
        entities.extend((1..=OBJECTS).map(|raw| EntityId::new(EntityKind::Link, raw)));
        if profile.conversions {
            entities.extend((1..=OBJECTS).map(|raw| EntityId::new(EntityKind::Goal, raw)));
        }
        let oracle = Oracle::default();
        let histories = match profile.imports {
            true => importer::histories(&gate, &oracle),
            false => Vec::new(),
        };
        Self {
            bucket: Bucket::new(&gate),
            cluster: Cluster::new(&gate, profile.nodes, profile.fall_back),
            budget: AtomicU64::new(20 + gate.below(60)),
            gate,
            profile,
            oracle,
            histories,
            rules: Arc::clone(rules),
            entities,
            began: Instant::now(),
            quiet: AtomicBool::new(false),
            lost_a_disk: AtomicBool::new(false),
            readings: AtomicU64::new(0),
            complete: AtomicU64::new(0),
            skew: Arc::default(),
        }
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(Skewed {
            began: self.began,
            skew: Arc::clone(&self.skew),
        })
    }

    /// Randomness of this seed.
    pub(crate) fn random(&self) -> Arc<dyn Randomness> {
        Arc::new(self.gate.clone())
    }

    /// The store as `process` sees it, and what it hears of others' writes to it.
    pub(crate) fn store_of(&self, process: &Process) -> (Store, Bell) {
        let store = self.bucket.of(process);
        match self.profile.bell {
            true => Bell::over(store, self.random()),
            false => (store, Bell::default()),
        }
    }

    /// Events of the next request, as long as there are to be any.
    pub(crate) fn take_events(&self) -> Option<Vec<Event>> {
        let wanted = 1 + self.gate.below(3);
        let left = self.budget.load(Ordering::Relaxed);
        if left < wanted {
            return None;
        }
        self.budget.store(left - wanted, Ordering::Relaxed);
        let now_ms = self.clock().now_ms();
        let event = |_| {
            let object = 1 + self.gate.below(OBJECTS);
            // Late and early ones among them.
            let occurred = now_ms + self.gate.below(7_200_000) as i64 - 3_600_000;
            // Some in one minute.
            let occurred = occurred - occurred.rem_euclid(HALF_HOUR_MS);
            let conversions = self.profile.conversions;
            let event = self.oracle.event(object, occurred, conversions);
            Event {
                received_ms: now_ms,
                ..event
            }
        };
        Some((0..wanted).map(event).collect())
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet.load(Ordering::Relaxed)
    }

    pub(crate) fn lost_a_disk(&self) -> bool {
        self.lost_a_disk.load(Ordering::Relaxed)
    }

    pub(crate) fn count_reading(&self, complete: bool) {
        self.readings.fetch_add(1, Ordering::Relaxed);
        self.complete.fetch_add(complete.into(), Ordering::Relaxed);
    }

    /// Whether a log was drained, so that there is nothing to salvage.
    pub(crate) fn is_drained(&self, log: LogId) -> bool {
        let store = self.bucket.truth();
        let info = futures::executor::block_on(raw::log_info(&store, log));
        info.ok()
            .flatten()
            .is_some_and(|info| info.retired_at.is_some())
    }
}
