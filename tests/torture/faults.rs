//! What happens to an installation.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::FileExt,
    path::Path,
    time::Duration,
};

use handover::segment::{self, End};
use rand::{Rng, RngCore, rngs::StdRng, seq::IndexedRandom};
use tokio::time::sleep;

use crate::{
    site::{Mode, Part, Site},
    support::{http::Customer, load::Load, proxy::Network},
};

/// Longest time a network misbehaves.
const LONGEST_MS: u64 = 2500;
/// Most minutes that a clock is off. S3 refuses signatures of other times: there all are right.
const MOST_OFF: i64 = 90;
/// Most bytes that a torn write leaves behind.
const MOST_TORN: usize = 400;

/// One fault, with everything about it that chance decides.
#[derive(Debug, Clone)]
pub enum Fault {
    /// `kill -9`, and a new start.
    Kill(&'static str),
    /// A collector dies while it writes: its log ends with half a record, or with noise.
    TornTail(&'static str, Torn),
    /// SIGTERM under load, and a new start.
    Drain(&'static str),
    /// Another process of a role starts, beside those that run.
    ScaleUp(&'static str),
    /// One of several collectors drains and stays away; a speed layer or a scheduler dies.
    ScaleDown(&'static str),
    /// A batch run starts beside the schedulers, or is killed.
    Batch,
    /// The clock of a process jumps to so many minutes off.
    Clock(&'static str, i64),
    /// A history is imported, or whoever imports one is killed.
    Import,
    /// Somebody asks for the epochs to be closed and rolled up.
    Rollup,
    Redis(RedisFault),
    Cluster(ClusterFault),
    /// The network before Redis misbehaves for so many milliseconds.
    RedisNetwork(Network, u64),
    /// The network before the store does.
    StoreNetwork(Network, u64),
    /// A process is killed while a network misbehaves, and starts when that is over.
    Both(Box<Fault>, &'static str),
}

/// What is found behind the last whole record.
#[derive(Debug, Clone, Copy)]
pub enum Torn {
    /// The beginning of the file's own last bytes, some bits flipped.
    Record,
    /// Anything.
    Noise,
    /// Zeros, as file systems leave them.
    Zeros,
}

/// What may happen to a Redis.
#[derive(Debug, Clone, Copy)]
pub enum RedisFault {
    /// It loses all keys.
    Flush,
    /// It dies and comes back empty.
    Lost,
    /// It dies and comes back as it was this many milliseconds before.
    Older(u64),
}

/// What may happen to a Redis Cluster.
#[derive(Debug, Clone, Copy)]
pub enum ClusterFault {
    /// A master dies, its replica takes over; it comes back as a replica.
    MasterDies,
    /// A master hangs until its replica has taken over.
    MasterHangs,
    /// One of the masters loses all its keys.
    Flush,
}

impl Fault {
    /// One of those that can happen to this installation now.
    pub fn any(site: &Site, random: &mut StdRng) -> Self {
        use Part::{All, Batch, Collector, Serve, Speed};
        let one = |parts: &[Part], runs: bool, random: &mut StdRng| {
            site.named(parts, runs).choose(random).copied()
        };
        let network = Self::any_network(site, random);
        loop {
            let fault = match random.random_range(0..17) {
                0..=2 => one(&[All, Collector, Speed, Batch, Serve], true, random).map(Self::Kill),
                3 => one(&[All, Collector], true, random)
                    .map(|name| Self::TornTail(name, any_torn(random))),
                4 => one(&[All, Collector, Speed, Batch, Serve], true, random).map(Self::Drain),
                5..=6 => one(&[Collector, Speed, Batch], false, random).map(Self::ScaleUp),
                7 => one(&[Collector, Speed, Batch], true, random)
                    .filter(|name| site.named(&[site.processes[name].part], true).len() > 1)
                    .map(Self::ScaleDown),
                8 => Some(Self::Batch),
                9 => Some(Self::Rollup),
                15..=16 => Some(Self::Import),
                10 => match site.redis {
                    Some(_) => Some(Self::Redis(any_redis(random))),
                    None => Self::any_cluster(site, random),
                },
                13 => one(&[All, Collector, Speed, Batch, Serve], true, random)
                    .filter(|_| site.mode != Mode::S3)
                    .map(|name| Self::Clock(name, random.random_range(-MOST_OFF..=MOST_OFF))),
                11..=12 => network.clone().or(Self::any_cluster(site, random)),
                _ => one(&[All, Collector, Speed, Batch, Serve], true, random)
                    .and_then(|name| Some(Self::Both(Box::new(network.clone()?), name))),
            };
            if let Some(fault) = fault {
                return fault;
            }
        }
    }

    fn any_network(site: &Site, random: &mut StdRng) -> Option<Self> {
        let delay = Duration::from_millis(random.random_range(5..300));
        let network = [
            Network::Slow(delay),
            Network::Down,
            Network::Silent,
            Network::LosesAnswers,
            Network::HalfCloses,
        ];
        let network = *network.choose(random)?;
        let time = random.random_range(100..LONGEST_MS);
        match site.mode {
            Mode::Embedded | Mode::Cluster => None,
            Mode::S3 if random.random_bool(0.5) => Some(Self::StoreNetwork(network, time)),
            Mode::Redis | Mode::S3 => Some(Self::RedisNetwork(network, time)),
        }
    }

    fn any_cluster(site: &Site, random: &mut StdRng) -> Option<Self> {
        let all = [
            ClusterFault::MasterDies,
            ClusterFault::MasterHangs,
            ClusterFault::Flush,
        ];
        site.cluster.as_ref()?;
        all.choose(random).copied().map(Self::Cluster)
    }

    /// Lets it happen, and lets everything work again.
    pub async fn strike(
        self,
        site: &mut Site,
        load: &Load,
        customer: &Customer,
        random: &mut StdRng,
    ) {
        match self {
            Self::Kill(name) => {
                site.process(name).server.kill();
                site.process(name).server.start().await;
            }
            Self::TornTail(name, torn) => {
                site.process(name).server.kill();
                tear(&site.log_folder(name), torn, random);
                site.process(name).server.start().await;
            }
            Self::Drain(name) => {
                site.process(name).server.terminate().await;
                site.process(name).server.start().await;
            }
            Self::ScaleUp(name) => {
                let process = site.process(name);
                process.server.start().await;
                process.runs = true;
                load.ask(&site.collectors());
            }
            Self::ScaleDown(name) => scale_down(site, name, load).await,
            Self::Batch => site.run_or_kill_batch(),
            Self::Clock(name, minutes) => site.set_clock(name, minutes),
            Self::Import => unreachable!("histories are not of an installation"),
            Self::Rollup => customer.ask_for_rollup().await,
            Self::Redis(fault) => strike_redis(site, fault).await,
            Self::Cluster(fault) => strike_cluster(site, fault, random),
            Self::RedisNetwork(..) | Self::StoreNetwork(..) => {
                self.begin(site);
                sleep(self.time()).await;
                self.end(site);
            }
            Self::Both(fault, name) => {
                fault.begin(site);
                site.process(name).server.kill();
                sleep(fault.time()).await;
                fault.end(site);
                site.process(name).server.start().await;
            }
        }
    }

    fn begin(&self, site: &Site) {
        match (self, &site.redis, &site.store_network) {
            (Self::RedisNetwork(state, _), Some(redis), _) => redis.network.set(*state),
            (Self::StoreNetwork(state, _), _, Some(network)) => network.set(*state),
            other => panic!("{:?} is no network of this installation", other.0),
        }
    }

    fn end(&self, site: &Site) {
        match (self, &site.redis, &site.store_network) {
            (Self::RedisNetwork(..), Some(redis), _) => redis.network.set(Network::Works),
            (Self::StoreNetwork(..), _, Some(network)) => network.set(Network::Works),
            other => panic!("{:?} is no network of this installation", other.0),
        }
    }

    fn time(&self) -> Duration {
        match self {
            Self::RedisNetwork(_, ms) | Self::StoreNetwork(_, ms) => Duration::from_millis(*ms),
            _ => Duration::ZERO,
        }
    }
}

fn any_torn(random: &mut StdRng) -> Torn {
    let all = [Torn::Record, Torn::Noise, Torn::Zeros];
    all[random.random_range(0..all.len())]
}

fn any_redis(random: &mut StdRng) -> RedisFault {
    match random.random_range(0..3) {
        0 => RedisFault::Flush,
        1 => RedisFault::Lost,
        _ => RedisFault::Older(random.random_range(50..1500)),
    }
}

async fn scale_down(site: &mut Site, name: &'static str, load: &Load) {
    site.process(name).runs = false;
    load.ask(&site.collectors());
    let process = site.process(name);
    match process.part {
        Part::Collector => drop(process.server.terminate().await),
        _ => process.server.kill(),
    }
}

async fn strike_redis(site: &mut Site, fault: RedisFault) {
    let redis = &mut site.redis.as_mut().unwrap().server;
    match fault {
        RedisFault::Flush => assert!(redis.command(&["FLUSHALL"]).contains("OK")),
        RedisFault::Lost => {
            redis.kill();
            redis.run();
        }
        RedisFault::Older(ms) => {
            redis.save();
            sleep(Duration::from_millis(ms)).await;
            redis.kill();
            redis.run_saved();
        }
    }
}

fn strike_cluster(site: &mut Site, fault: ClusterFault, random: &mut StdRng) {
    let cluster = site.cluster.as_mut().unwrap();
    let master = *cluster.masters().choose(random).unwrap();
    match fault {
        ClusterFault::Flush => {
            let told = cluster.nodes[master].command(&["FLUSHALL"]);
            assert!(told.contains("OK"), "{told}");
        }
        ClusterFault::MasterDies => {
            cluster.fail_over(master);
            cluster.revive();
        }
        ClusterFault::MasterHangs => cluster.fail_over_without_death(master),
    }
}

/// Adds to the newest file of a log what a write that was cut off may leave there. Nothing that
/// was acknowledged is touched: that would be a lost disk.
fn tear(log: &Path, torn: Torn, random: &mut StdRng) {
    let names = fs::read_dir(log).unwrap().map(|f| f.unwrap().path());
    let newest = names
        .filter(|p| p.extension().is_some_and(|e| e == "seg"))
        .max();
    let Some(newest) = newest else {
        return;
    };
    let mut tail = vec![0; random.random_range(1..MOST_TORN)];
    match torn {
        Torn::Zeros => {}
        Torn::Noise => random.fill_bytes(&mut tail),
        Torn::Record => {
            let bytes = fs::read(&newest).unwrap();
            if bytes.is_empty() {
                return;
            }
            tail = bytes[bytes.len().saturating_sub(tail.len())..].to_vec();
            tail.truncate(random.random_range(1..=tail.len()));
            for _ in 0..random.random_range(0..3) {
                let at = random.random_range(0..tail.len());
                tail[at] ^= 1 << random.random_range(0..8);
            }
        }
    }
    // The file goes on behind what is written: it may have been another segment's.
    let end = match segment::scan(&fs::read(&newest).unwrap()) {
        Some(scan) if matches!(scan.end, End::Torn { .. } | End::Open) => scan.valid_len as u64,
        _ => fs::metadata(&newest).unwrap().len(),
    };
    let file = OpenOptions::new().write(true).open(newest).unwrap();
    file.write_all_at(&tail, end).unwrap();
}
