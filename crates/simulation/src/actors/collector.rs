//! A collector on a machine that may die at any operation of its disk, and its successors there.

use std::{sync::Arc, time::Duration};

use handover::raw::{self, LogInfo};
use ingest::{
    log::{Disk, LogSettings, RecoveryError, Shared, Writer, recover, switch::switch},
    ship::Shipper,
    streamer::{self, Targets},
};
use model::LogId;
use storage::store::Store;
use tokio::{sync::oneshot, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use web::Health;

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
        let life = Life {
            world: Arc::clone(&world),
            host: Arc::clone(&host),
            process: process.clone(),
            store: world.bucket.of(&process),
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
    redis: Arc<Client>,
    disk: Arc<dyn Disk>,
}

/// A log and what carries it on.
struct Session {
    writer: Writer,
    shared: Arc<Shared>,
    stop: CancellationToken,
    streamer: JoinHandle<()>,
    shipper: JoinHandle<Shipper>,
}

impl Life {
    async fn live(self) -> End {
        let Some(mut session) = self.start().await else {
            return End::Died;
        };
        loop {
            self.world.gate.step(&self.process).await;
            if session.shared.fenced.is_cancelled() {
                match self.leave(session).await {
                    Some(next) => session = next,
                    None => return End::Died,
                }
            }
            match self.world.gate.below(100) {
                0..55 => self.append(&mut session),
                55..70 => drop(session.writer.seal()),
                70..78 => {
                    session.writer.close_epoch();
                    if self.world.profile.crash && self.world.gate.chance(0.05) {
                        self.host.machine.light_fuse(self.world.gate.below(2));
                    }
                }
                78 if !self.world.is_quiet() => {
                    self.drain(session).await;
                    return match self.host.machine.is_dead() {
                        true => End::Died,
                        false => End::Drained,
                    };
                }
                _ => self.world.gate.idle(Duration::from_millis(40)).await,
            }
            if self.host.machine.is_dead() {
                return End::Died;
            }
        }
    }

    fn append(&self, session: &mut Session) {
        let world = &self.world;
        let Some(events) = world.take_events() else {
            session.writer.seal();
            session.writer.close_epoch();
            return;
        };
        if world.profile.crash && world.gate.chance(0.02) {
            self.host.machine.light_fuse(world.gate.below(4));
        }
        if world.profile.disk_errors && world.gate.chance(0.05) {
            self.host.machine.fail_after(world.gate.below(4));
        }
        let (reply, answer) = oneshot::channel();
        session.writer.append(events.clone(), reply);
        let mut answer = answer;
        if let Ok(Ok(range)) = answer.try_recv() {
            world
                .gate
                .note(|| format!("acknowledged {} {range:?}", session.shared.log));
            for (seq, event) in range.seqs().zip(&events) {
                world.oracle.acknowledged(session.shared.log, seq, event);
            }
        }
    }

    async fn start(&self) -> Option<Session> {
        let (mut writer, mut shared) = self.recover().await?;
        // With the store out of reach the first collision tells.
        if raw::is_salvaged(&self.store, shared.log)
            .await
            .unwrap_or(false)
        {
            writer.finish();
            let new = LogId(self.world.gate.number());
            let left = switch(
                Arc::clone(&self.disk),
                &self.store,
                &*self.redis,
                shared.log,
                new,
            );
            if let Err(error) = left.await {
                self.world
                    .gate
                    .note(|| format!("{} cannot leave its log: {error}", self.host.name));
                return None;
            }
            (writer, shared) = self.recover().await?;
        }
        Some(self.begin(writer, shared).await)
    }

    async fn recover(&self) -> Option<(Writer, Arc<Shared>)> {
        let settings = LogSettings {
            segment_bytes: 600,
            ..LogSettings::default()
        };
        let new = LogId(self.world.gate.number());
        match recover(Arc::clone(&self.disk), settings, new) {
            Ok((writer, shared)) => {
                self.host.is(shared.log);
                let sealed = shared.sealed();
                let records = sealed
                    .iter()
                    .flat_map(|s| shared.records(s.number).unwrap_or_default());
                let records: Vec<_> = records.collect();
                self.world
                    .oracle
                    .recovered(shared.log, shared.durable_seq(), &records);
                self.world.gate.note(|| {
                    format!(
                        "OPENED {} {} ..{}",
                        self.host.name,
                        shared.log,
                        shared.durable_seq()
                    )
                });
                Some((writer, shared))
            }
            Err(RecoveryError::Disk(_)) => None,
            Err(error) => {
                self.world
                    .oracle
                    .fail(format!("a log cannot be opened: {error}"));
                None
            }
        }
    }

    async fn begin(&self, writer: Writer, shared: Arc<Shared>) -> Session {
        let info = LogInfo {
            log: shared.log,
            created_ms: 0,
            predecessor: shared.predecessor.map(|before| before.log),
            retired_at: None,
            closed: None,
        };
        // If it fails the shipper does it before the first segment.
        let _ = raw::register_log(&self.store, &info).await;
        let stop = CancellationToken::new();
        let targets = Targets {
            stream: self.redis.clone(),
            cells: self.redis.clone(),
        };
        let health = Health::default();
        let streaming = streamer::run(targets, Arc::clone(&shared), health.clone(), stop.clone());
        let crowded = match self.world.gate.chance(0.5) {
            true => 3_000,
            false => u64::MAX,
        };
        let (store, redis) = (Arc::clone(&self.store), self.redis.clone());
        let mut shipper = Shipper::new(store, redis, Arc::clone(&shared), info, health, crowded);
        let stopped = stop.clone();
        let shipping = async move {
            shipper.run(stopped).await;
            shipper
        };
        Session {
            writer,
            shared,
            stop,
            streamer: tokio::spawn(streaming),
            shipper: tokio::spawn(shipping),
        }
    }

    /// From a log that was ended to the next one, as the product does.
    async fn leave(&self, mut session: Session) -> Option<Session> {
        session.writer.finish();
        session.stop.cancel();
        let _ = (session.streamer.await, session.shipper.await);
        let new = LogId(self.world.gate.number());
        loop {
            if self.host.machine.is_dead() {
                return None;
            }
            let old = session.shared.log;
            match switch(Arc::clone(&self.disk), &self.store, &*self.redis, old, new).await {
                Ok(()) => break,
                Err(error) => self
                    .world
                    .gate
                    .note(|| format!("{} cannot leave {old}: {error}", self.host.name)),
            }
            self.world.gate.idle(Duration::from_millis(500)).await;
        }
        let (writer, shared) = self.recover().await?;
        Some(self.begin(writer, shared).await)
    }

    async fn drain(&self, mut session: Session) {
        self.world.gate.note(|| format!("DRAIN {}", self.host.name));
        session.writer.finish();
        session.stop.cancel();
        let _ = session.streamer.await;
        if let Ok(mut shipper) = session.shipper.await {
            shipper.drain().await;
        }
    }
}
