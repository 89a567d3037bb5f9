//! A run: those who act in an installation, in an order that the seed decides, and the trouble they
//! have.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use model::LogId;
use tokio::task::JoinHandle;

use crate::{
    actors::{batch, collector, importer, operator, reader, speed},
    gate::Process,
    host::Host,
    profile::Profile,
    store::Weather,
    world::World,
};

/// What a run came to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Steps taken.
    pub steps: u64,
    /// Readings, and how many of them were complete.
    pub readings: (u64, u64),
    /// Events acknowledged.
    pub acknowledged: usize,
    /// Events counted as bots'.
    pub bots: usize,
    /// Manifests published.
    pub manifests: u64,
    /// What went wrong, if anything did.
    pub failure: Option<String>,
    /// What happened, if that was asked for.
    pub diary: Vec<String>,
}

pub(crate) type Actor = Box<dyn Fn(Arc<World>, Process) -> JoinHandle<()> + Send>;

/// A run and those who act in it.
pub(crate) struct Stage {
    pub(crate) world: Arc<World>,
    pub(crate) hosts: Vec<Arc<Host>>,
    /// Who dies and is replaced.
    pub(crate) mortals: Vec<(Process, Actor)>,
    pub(crate) operators: Vec<LogId>,
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
        let manifests = handover::manifests::Manifests::new(world.bucket.truth());
        Outcome {
            steps: world.gate.steps(),
            readings: (
                world.readings.load(Ordering::Relaxed),
                world.complete.load(Ordering::Relaxed),
            ),
            acknowledged: world.oracle.acknowledged_count(),
            bots: world.oracle.bots(),
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
        let mut actors = vec![
            mortal(speed),
            mortal(speed),
            mortal(batch::run),
            mortal(batch::run),
            mortal(reader::run),
            mortal(reader::run),
            mortal(reader::run),
        ];
        if world.profile.imports {
            actors.extend([mortal(importer::run), mortal(importer::run)]);
        }
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

    pub(crate) async fn go_on(&self, pause: f64) {
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
                // While events come, and are shown.
                world.budget.fetch_add(20, Ordering::Relaxed);
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
}
