//! A collector on a machine that may die at any operation of its disk, and its successors there.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use ingest::{
    log::{Disk, LogSettings, RecoveryError},
    session::{Current, Session, SessionDeps, SessionError},
};
use storage::{bell::Bell, env::Env, store::Store};
use tokio_util::sync::CancellationToken;
use web::Health;

use super::writer::TaskExecutor;
use crate::{gate::Process, host::Host, redis::Client, world::World};

/// How a collector's life ended.
pub(crate) enum End {
    /// The machine or the process died, or it could not start.
    Died,
    /// It was drained.
    Drained,
}

/// One life after the other, as long as the host has its disk.
pub(crate) async fn run(world: Arc<World>, host: Arc<Host>) {
    loop {
        host.present().await;
        let process = Process::default();
        host.begin(&process);
        let disk = host.machine.boot();
        let (store, bell) = world.store_of(&process);
        let life = Life {
            world: Arc::clone(&world),
            host: Arc::clone(&host),
            process: process.clone(),
            store,
            bell,
            redis: world.cluster.of(&process),
            disk,
        };
        let mut life = tokio::spawn(life.live());
        let end = tokio::select! {
            biased;
            () = host.killed.notified() => None,
            end = &mut life => end.ok(),
        };
        life.abort();
        process.kill();
        if !matches!(end, Some(End::Drained)) {
            host.machine.cut_power();
            world.gate.note(|| format!("DIED {}", host.name));
        }
        world.gate.idle(Duration::from_millis(400)).await;
    }
}

struct Life {
    world: Arc<World>,
    host: Arc<Host>,
    process: Process,
    store: Store,
    bell: Bell,
    redis: Arc<Client>,
    disk: Arc<dyn Disk>,
}

impl Life {
    async fn live(self) -> End {
        let Some(session) = self.open().await else {
            return End::Died;
        };
        let current = session.current();
        let closed = CancellationToken::new();
        let session = tokio::spawn(session.stay(closed.clone()));
        self.take_requests(&current).await;
        if self.host.machine.is_dead() {
            return End::Died;
        }
        self.world.gate.note(|| format!("DRAIN {}", self.host.name));
        closed.cancel();
        if let Ok(session) = session.await {
            session.drain().await;
        }
        match self.host.machine.is_dead() {
            true => End::Died,
            false => End::Drained,
        }
    }

    async fn open(&self) -> Option<Session> {
        let world = &self.world;
        let executor = TaskExecutor {
            world: Arc::clone(world),
            host: Arc::clone(&self.host),
            process: self.process.clone(),
        };
        let health = Health::default();
        self.host.says(&health);
        let opened = Session::open(SessionDeps {
            disk: Arc::clone(&self.disk),
            executor: Arc::new(executor),
            env: Env {
                store: Arc::clone(&self.store),
                bell: self.bell.clone(),
                clock: world.clock(),
                random: world.random(),
            },
            stream: self.redis.clone(),
            cells: self.redis.clone(),
            health,
            settings: self.settings(),
        });
        match opened.await {
            Ok(session) => Some(session),
            Err(SessionError::Log(RecoveryError::Disk(_))) => None,
            Err(error) => {
                world
                    .oracle
                    .fail(format!("a log cannot be opened: {error}"));
                None
            }
        }
    }

    /// Small segments, sealed soon; half of the collectors have little room.
    fn settings(&self) -> LogSettings {
        let gate = &self.world.gate;
        LogSettings {
            segment_bytes: 600,
            segment_interval: Duration::from_millis(20 + gate.below(400)),
            max_log_bytes: match gate.chance(0.5) {
                true => 6_000,
                false => 1 << 30,
            },
            most_clicks: 1,
            ..LogSettings::default()
        }
    }

    /// Takes requests until the collector is to be drained, or its machine is dead.
    async fn take_requests(&self, current: &Current) {
        let (gate, machine) = (&self.world.gate, &self.host.machine);
        while !machine.is_dead() {
            gate.step(&self.process).await;
            match gate.below(100) {
                0..40 => self.append(current).await,
                40..55 => {
                    if self.world.profile.crash && gate.chance(0.05) {
                        machine.light_fuse(gate.below(4));
                    }
                    // Whether it could be closed shows in what is sealed.
                    let _ = current.log().close_epoch().await;
                }
                78 if !self.world.is_quiet() => return,
                _ => gate.idle(Duration::from_millis(40)).await,
            }
        }
    }

    /// One request, or some at once.
    async fn append(&self, current: &Current) {
        let (world, gate) = (&self.world, &self.world.gate);
        if world.profile.crash && gate.chance(0.02) {
            self.host.machine.light_fuse(gate.below(6));
        }
        if world.profile.disk_errors && gate.chance(0.05) {
            self.host.machine.fail_after(gate.below(4));
        }
        let at_once = match gate.chance(0.2) {
            true => 1 + gate.below(3),
            false => 1,
        };
        join_all((0..at_once).map(|_| self.request(current))).await;
    }

    async fn request(&self, current: &Current) {
        let world = &self.world;
        let Some(events) = world.take_events() else {
            // Nothing comes any more: all of it is to be settled.
            let _ = current.log().close_epoch().await;
            return;
        };
        let log = current.log();
        if let Ok(span) = log.append(events.clone(), 600).await {
            let id = log.id();
            let gate = &world.gate;
            gate.note(|| format!("acknowledged {id} {}..{}", span.first, span.last));
            for (seq, event) in span.seqs().zip(&events) {
                world.oracle.acknowledged(id, seq, event);
            }
        }
    }
}
