//! The rest at the end: everything is healed, and all that was acknowledged must be there.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use model::LogId;
use tokio::time::Instant;

use crate::{
    actors::{operator, reader},
    gate::Process,
    oracle::Number,
    stage::Stage,
    store::Weather,
    world::World,
};

/// Virtual time in which a healed installation must have everything.
const REST_LIMIT: Duration = Duration::from_secs(300);

impl Stage {
    /// Everything is healed: now all that was acknowledged must be counted, and said to be so.
    pub(crate) async fn rest(&mut self) {
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
