//! A whole installation, what befalls it, and its rest at the end, when everything must be there.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use enrich::Rules;
use model::{Clock, EntityId, EntityKind, Event, LogId};
use storage::raw;
use tokio::{sync::Notify, task::JoinHandle, time::Instant};

use crate::{
    actors::{batch, collector, operator, reader, speed},
    disk::Machine,
    gate::{Gate, Process},
    oracle::{Number, Oracle},
    redis::Cluster,
    store::{Bucket, Weather},
};

const OBJECTS: u64 = 3;
/// Virtual time in which a healed installation must have everything.
const REST_LIMIT: Duration = Duration::from_secs(300);

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
}

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
        };
        match Self::kind(seed) {
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
        }
    }
}

/// What a run came to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Steps taken.
    pub steps: u64,
    /// Readings, and how many of them were complete.
    pub readings: (u64, u64),
    /// Events acknowledged.
    pub acknowledged: usize,
    /// Manifests published.
    pub manifests: u64,
    /// What went wrong, if anything did.
    pub failure: Option<String>,
    /// What happened, if that was asked for.
    pub diary: Vec<String>,
}

/// A machine with a disk, on which collectors live.
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) machine: Machine,
    pub(crate) killed: Notify,
    here: AtomicBool,
    back: Notify,
    now: Mutex<(Process, Vec<LogId>)>,
}

impl Host {
    fn new(name: String, gate: &Gate) -> Self {
        Self {
            name,
            machine: Machine::new(gate),
            killed: Notify::new(),
            here: AtomicBool::new(true),
            back: Notify::new(),
            now: Mutex::default(),
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

    /// The log that is on the disk.
    pub(crate) fn is(&self, log: LogId) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.1.last() != Some(&log) {
            now.1.push(log);
        }
    }

    fn log(&self) -> Option<LogId> {
        self.logs().last().copied()
    }

    /// All logs that were ever on the disk. Of a drained one the store may not know it yet.
    fn logs(&self) -> Vec<LogId> {
        let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        now.1.clone()
    }

    fn kill(&self) {
        let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        now.0.kill();
        self.killed.notify_one();
    }

    fn comes_back(&self) {
        self.here.store(true, Ordering::SeqCst);
        self.back.notify_one();
    }
}

/// Everything there is.
pub(crate) struct World {
    pub(crate) gate: Gate,
    pub(crate) profile: Profile,
    pub(crate) oracle: Oracle,
    pub(crate) bucket: Bucket,
    pub(crate) cluster: Cluster,
    pub(crate) rules: Arc<Rules>,
    pub(crate) entities: Vec<EntityId>,
    began: Instant,
    budget: AtomicU64,
    quiet: AtomicBool,
    lost_a_disk: AtomicBool,
    readings: AtomicU64,
    complete: AtomicU64,
    skew: Arc<AtomicI64>,
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
    fn new(seed: u64, profile: Profile, diary: bool) -> Self {
        static RULES: OnceLock<Arc<Rules>> = OnceLock::new();
        let rules = RULES.get_or_init(|| Arc::new(Rules::new().unwrap_or_else(|e| panic!("{e}"))));
        let gate = Gate::new(seed, diary);
        let mut entities = vec![EntityId::new(EntityKind::Account, 1)];
        entities.extend((1..=OBJECTS).map(|raw| EntityId::new(EntityKind::Link, raw)));
        Self {
            bucket: Bucket::new(&gate),
            cluster: Cluster::new(&gate, profile.nodes, profile.fall_back),
            budget: AtomicU64::new(20 + gate.below(60)),
            gate,
            profile,
            oracle: Oracle::default(),
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
            self.oracle.event(1, object, occurred)
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

type Actor = Box<dyn Fn(Arc<World>, Process) -> JoinHandle<()> + Send>;

/// A run and those who act in it.
struct Stage {
    world: Arc<World>,
    hosts: Vec<Arc<Host>>,
    /// Who dies and is replaced.
    mortals: Vec<(Process, Actor)>,
    operators: Vec<LogId>,
}

/// Runs one installation for about `steps` steps and then to its rest. The same seed, profile and
/// number of steps give the same run.
pub fn run(seed: u64, profile: Profile, steps: u64, diary: bool) -> Outcome {
    storage::blocking::run_inline();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap_or_else(|e| panic!("{e}"));
    runtime.block_on(async {
        let world = Arc::new(World::new(seed, profile, diary));
        let mut stage = Stage::new(&world);
        stage.play(steps).await;
        let failed = world.oracle.failure();
        if failed.is_none() {
            stage.rest().await;
        }
        let manifests = storage::manifests::Manifests::new(world.bucket.truth());
        Outcome {
            steps: world.gate.steps(),
            readings: (
                world.readings.load(Ordering::Relaxed),
                world.complete.load(Ordering::Relaxed),
            ),
            acknowledged: world.oracle.acknowledged_count(),
            manifests: manifests.latest().await.map_or(0, |m| m.n),
            failure: world.oracle.failure(),
            diary: world.gate.diary(),
        }
    })
}

fn mortal<F>(act: impl Fn(Arc<World>, Process) -> F + Send + 'static) -> Actor
where
    F: Future<Output = ()> + Send + 'static,
{
    Box::new(move |world, process| tokio::spawn(act(world, process)))
}

impl Stage {
    fn new(world: &Arc<World>) -> Self {
        let hosts = ["a", "b"].map(|name| Arc::new(Host::new(name.into(), &world.gate)));
        for host in &hosts {
            tokio::spawn(collector::run(Arc::clone(world), Arc::clone(host)));
        }
        let actors = [
            mortal(speed),
            mortal(speed),
            mortal(batch::run),
            mortal(batch::run),
            mortal(reader::run),
            mortal(reader::run),
            mortal(reader::run),
        ];
        let begin = |actor: Actor| {
            let process = Process::default();
            actor(Arc::clone(world), process.clone());
            (process, actor)
        };
        Self {
            world: Arc::clone(world),
            hosts: hosts.to_vec(),
            mortals: actors.into_iter().map(begin).collect(),
            operators: Vec::new(),
        }
    }

    /// Steps in random order, with trouble.
    async fn play(&mut self, steps: u64) {
        let world = Arc::clone(&self.world);
        while world.gate.steps() < steps && world.oracle.failure().is_none() {
            self.go_on(if world.profile.hasty { 0.2 } else { 0.04 })
                .await;
            self.trouble();
        }
    }

    async fn go_on(&self, pause: f64) {
        tokio::task::yield_now().await;
        let gate = &self.world.gate;
        let moved = gate.release_one();
        if !moved || gate.chance(pause) {
            gate.idle(Duration::from_millis(300)).await;
        }
    }

    fn trouble(&mut self) {
        let (gate, profile) = (self.world.gate.clone(), self.world.profile);
        if profile.crash && gate.chance(0.003) {
            self.kill_one();
        }
        if profile.flush && gate.chance(0.001) {
            self.world.cluster.flush();
        }
        if profile.fall_back && gate.chance(0.001) {
            self.world.cluster.fall_back();
        }
        if profile.outages && gate.chance(0.003) {
            let weather = [Weather::Fine, Weather::Fine, Weather::Flaky, Weather::Down];
            let [store, redis] = [0; 2].map(|_| weather[gate.below(4) as usize]);
            self.world.bucket.set(store);
            self.world.cluster.set(redis);
        }
        if profile.clocks && gate.chance(0.001) {
            let jump = gate.below(20_000) as i64 - 10_000;
            self.world.skew.fetch_add(jump, Ordering::Relaxed);
        }
        if profile.salvage && gate.chance(0.0015) {
            self.lose_or_find_a_disk();
        }
    }

    fn kill_one(&mut self) {
        let gate = &self.world.gate;
        let which = gate.below((self.mortals.len() + self.hosts.len()) as u64) as usize;
        match self.mortals.get_mut(which) {
            Some((process, actor)) => {
                process.kill();
                *process = Process::default();
                actor(Arc::clone(&self.world), process.clone());
            }
            None => self.hosts[which - self.mortals.len()].kill(),
        }
    }

    fn lose_or_find_a_disk(&mut self) {
        let world = Arc::clone(&self.world);
        let host = Arc::clone(&self.hosts[world.gate.below(self.hosts.len() as u64) as usize]);
        let Some(log) = host.log() else { return };
        let here = host.here.load(Ordering::SeqCst);
        world.lost_a_disk.store(true, Ordering::Relaxed);
        match (here, world.gate.below(10)) {
            (true, 0..5) => {
                world.gate.note(|| format!("DISK LOST {} {log}", host.name));
                // It may be hours until somebody sees to it.
                let hours = world.gate.below(4) as i64;
                world.skew.fetch_add(hours * 3_600_000, Ordering::Relaxed);
                host.here.store(false, Ordering::SeqCst);
                host.kill();
                if world.gate.chance(0.7) {
                    self.salvage(log);
                }
            }
            (true, 5..7) => {
                world.gate.note(|| format!("FALSE SALVAGE {log}"));
                self.salvage(log);
            }
            (false, 0..5) => {
                world.gate.note(|| format!("DISK BACK {}", host.name));
                host.comes_back();
            }
            _ => {}
        }
    }

    fn salvage(&mut self, log: LogId) {
        self.operators.push(log);
        let world = &self.world;
        let process = Process::default();
        tokio::spawn(operator(Arc::clone(world), process.clone(), log));
        if world.gate.chance(0.3) {
            // It dies on the way, and is finished at the rest, or by the collector.
            let world = Arc::clone(world);
            tokio::spawn(async move {
                world.gate.idle(Duration::from_millis(800)).await;
                process.kill();
            });
        }
    }

    /// Everything is healed: now all that was acknowledged must be counted, and said to be so.
    async fn rest(&mut self) {
        let world = Arc::clone(&self.world);
        world.gate.note(|| "REST".into());
        world.gate.quiet();
        world.quiet.store(true, Ordering::Relaxed);
        world.budget.store(0, Ordering::Relaxed);
        world.bucket.set(Weather::Fine);
        world.cluster.set(Weather::Fine);
        for host in &self.hosts {
            host.machine.calm();
        }
        for (process, actor) in &mut self.mortals {
            if process.is_dead() {
                *process = Process::default();
                actor(Arc::clone(&world), process.clone());
            }
        }
        self.find_or_salvage();
        let seen = tokio::spawn(see_everything(Arc::clone(&world), self.excused()));
        let until = Instant::now() + REST_LIMIT;
        while !seen.is_finished() && world.oracle.failure().is_none() {
            if Instant::now() > until {
                let missing = world.oracle.missing(&BTreeSet::new()).len();
                world.oracle.fail(format!("at rest not everything is counted and complete; {missing} events were acknowledged"));
            }
            self.go_on(0.05).await;
        }
    }

    fn find_or_salvage(&mut self) {
        let gate = self.world.gate.clone();
        for host in self.hosts.clone() {
            if host.here.load(Ordering::SeqCst) {
                continue;
            }
            match gate.chance(0.5) {
                true => host
                    .logs()
                    .into_iter()
                    .for_each(|log| self.salvage_for_good(log)),
                false => host.comes_back(),
            }
        }
        for log in self.operators.clone() {
            self.salvage_for_good(log);
        }
    }

    fn salvage_for_good(&self, log: LogId) {
        tokio::spawn(operator(Arc::clone(&self.world), Process::default(), log));
    }

    /// Logs whose disk is lost for good: what only it held may be missing.
    fn excused(&self) -> BTreeMap<LogId, BTreeSet<u64>> {
        let gone = self.hosts.iter().filter(|h| !h.here.load(Ordering::SeqCst));
        let gone = gone.filter_map(|host| host.log());
        let kept = |log| match self.world.cluster.losses() {
            0 => self.world.cluster.ever_streamed(log),
            _ => BTreeSet::new(),
        };
        gone.map(|log| (log, kept(log))).collect()
    }
}

/// Looks until a complete reading of every entity holds everything that was acknowledged, but for
/// what was only on a lost disk: of those `excused` logs, what is neither stored nor named.
async fn see_everything(world: Arc<World>, excused: BTreeMap<LogId, BTreeSet<u64>>) {
    let process = Process::default();
    let mut eyes = reader::Eyes::new(&world, process);
    loop {
        tokio::time::sleep(Duration::from_millis(700)).await;
        eyes.refresh().await;
        let mut counted: BTreeSet<Number> = BTreeSet::new();
        let mut complete = true;
        for entity in &world.entities {
            match eyes.read(&world, *entity).await {
                Some(numbers) => counted.extend(numbers),
                None => complete = false,
            }
        }
        if !complete {
            continue;
        }
        let missing = world.oracle.missing(&counted);
        let unexcused = missing
            .iter()
            .filter(|(log, seq, _)| excused.get(log).is_none_or(|kept| kept.contains(seq)));
        let unexcused: Vec<_> = unexcused.collect();
        world.gate.note(|| format!("missing {unexcused:?}"));
        if unexcused.is_empty() {
            return;
        }
    }
}
