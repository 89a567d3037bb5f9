//! The rest at the end: everything is healed, and all that was acknowledged must be there.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

use model::LogId;
use tokio::time::Instant;

use crate::{
    actors::{operator, reader},
    gate::Process,
    host::Host,
    oracle::{Lost, Number},
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
        let looks = Looks::default();
        let seen = see_everything(Arc::clone(&world), self.lost(), looks.clone());
        let seen = tokio::spawn(seen);
        let until = Instant::now() + REST_LIMIT;
        while world.oracle.failure().is_none() {
            let stuck = self.collectors_without_log();
            if seen.is_finished() && stuck.is_empty() {
                break;
            }
            if Instant::now() > until && seen.is_finished() {
                let stuck = stuck.join("; ");
                world
                    .oracle
                    .fail(format!("at rest a collector takes nothing: {stuck}"));
            } else if Instant::now() > until {
                let looks = looks.0.lock().unwrap_or_else(PoisonError::into_inner);
                let all = world.oracle.acknowledged_count();
                world.oracle.fail(format!(
                    "at rest not everything is counted: of {all} acknowledged events {looks}"
                ));
            }
            self.go_on(0.05).await;
        }
    }

    /// Whose log a salvage ended, and who could not go on to the next one.
    fn collectors_without_log(&self) -> Vec<String> {
        let here = |host: &&Arc<Host>| host.here.load(Ordering::SeqCst);
        let hosts = self.hosts.iter().filter(here);
        hosts
            .filter_map(|host| Some(format!("{}: {}", host.name, host.has_no_log()?)))
            .collect()
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

    /// What the disks that did not come back may have taken with them.
    fn lost(&self) -> Lost {
        let gone = self.hosts.iter().filter(|h| !h.here.load(Ordering::SeqCst));
        Lost {
            logs: gone.filter_map(|host| host.log()).collect(),
            kept: match self.world.cluster.losses() {
                0 => self.world.cluster.ever_streamed(),
                _ => BTreeMap::new(),
            },
        }
    }
}

/// How it looked last, for whoever asks why it took too long.
#[derive(Clone, Default)]
struct Looks(Arc<Mutex<String>>);

impl Looks {
    fn are(&self, what: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = what;
    }
}

/// Looks until a complete reading of every entity holds everything that was acknowledged, but for
/// what was only on a lost disk.
async fn see_everything(world: Arc<World>, lost: Lost, looks: Looks) {
    let process = Process::default();
    let mut eyes = reader::Eyes::new(&world, process);
    loop {
        tokio::time::sleep(Duration::from_millis(700)).await;
        eyes.refresh().await;
        let mut counted: BTreeSet<Number> = BTreeSet::new();
        let mut incomplete = None;
        for entity in &world.entities {
            match eyes.read(&world, *entity).await {
                Some(numbers) => counted.extend(numbers),
                None => incomplete = Some(*entity),
            }
        }
        if let Some(entity) = incomplete {
            looks.are(format!("those of {entity} are not complete; see the diary"));
            continue;
        }
        let missing = world.oracle.missing(&counted, &lost);
        if missing.is_empty() {
            return;
        }
        world.gate.note(|| format!("missing {missing:?}"));
        looks.are(format!("these are missing: {missing:?}"));
    }
}
