//! An installation: its processes, and what they meet in.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use model::Bug;
use storage::testing::{
    redis_cluster::RedisCluster, redis_server::RedisServer, s3_server::S3Server,
};
use tempfile::TempDir;

use crate::support::{
    place::Place,
    process::{self, Server},
    proxy::Proxy,
};

/// Short, so that segments and epochs end between faults too.
const FLAGS: [&str; 4] = ["--segment-interval", "200ms", "--epoch-max-age", "1s"];

/// What an installation is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One process on one folder.
    Embedded,
    /// Many processes over a folder and a Redis.
    Redis,
    /// Many processes over S3 and a Redis.
    S3,
    /// Many processes over a folder and a Redis Cluster with replicas.
    Cluster,
}

/// The roles of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    All,
    Collector,
    Speed,
    Batch,
    Serve,
}

impl Part {
    fn roles(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Collector => "collector",
            Self::Speed => "speed",
            Self::Batch => "batch,jobs",
            Self::Serve => "serve",
        }
    }
}

/// The processes that run from the beginning, and those that come and go.
const MANY: [(&str, Part, bool); 8] = [
    ("collector-1", Part::Collector, true),
    ("collector-2", Part::Collector, false),
    ("collector-3", Part::Collector, false),
    ("speed-1", Part::Speed, true),
    ("speed-2", Part::Speed, false),
    ("batch-1", Part::Batch, true),
    ("batch-2", Part::Batch, false),
    ("serve", Part::Serve, true),
];

/// One process, running or not.
pub struct Process {
    pub part: Part,
    pub server: Server,
    pub runs: bool,
}

/// A Redis and the network before it.
pub struct Redis {
    pub server: RedisServer,
    pub network: Proxy,
}

/// All of it.
pub struct Site {
    pub mode: Mode,
    pub place: Place,
    pub redis: Option<Redis>,
    pub cluster: Option<RedisCluster>,
    /// The network before the store.
    pub store_network: Option<Proxy>,
    pub processes: BTreeMap<&'static str, Process>,
    /// A batch run beside everything else.
    batch: Option<Child>,
    /// Whether the clock of a collector was off.
    doors_clock_was_off: bool,
    folder: TempDir,
}

impl Site {
    /// Starts one; all its processes have the bug.
    pub async fn start(mode: Mode, bug: Option<Bug>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut site = Self {
            mode,
            place: Place::folder(&folder.path().join("store")),
            redis: None,
            cluster: None,
            store_network: None,
            processes: BTreeMap::new(),
            batch: None,
            doors_clock_was_off: false,
            folder,
        };
        if mode == Mode::Cluster {
            site.cluster = Some(RedisCluster::start_replicated());
        }
        if matches!(mode, Mode::Redis | Mode::S3) {
            let server = RedisServer::start();
            let network = Proxy::start(server.address()).await;
            site.redis = Some(Redis { server, network });
        }
        if mode == Mode::S3 {
            let server = S3Server::start();
            let network = Proxy::start(server.address()).await;
            site.place = Place::s3_behind(server, network.address);
            site.store_network = Some(network);
        }
        let bug = bug.map(|bug| ("MILLRACE_BUG".to_owned(), format!("{bug:?}")));
        site.place.env.extend(bug);
        let parts = match mode {
            Mode::Embedded => &[("up", Part::All, true)][..],
            _ => &MANY,
        };
        for (name, part, runs) in parts {
            site.add(name, *part, *runs).await;
        }
        site
    }

    async fn add(&mut self, name: &'static str, part: Part, runs: bool) {
        let folder = self.folder.path().join(name);
        let single = |redis: &Redis| format!("redis://{}", redis.network.address);
        let cluster = self.cluster.as_ref().map(RedisCluster::url);
        let redis = self.redis.as_ref().map(single).or(cluster);
        let mut flags = FLAGS.to_vec();
        if let Some(url) = &redis {
            flags.extend(["--redis-url", url]);
        }
        let server = match part {
            Part::All => Server::up(&folder, &flags),
            _ => Server::run(part.roles(), &folder, &flags),
        };
        let mut server = server.at(&self.place).with_clock();
        if runs {
            server.start().await;
        }
        self.processes.insert(name, Process { part, server, runs });
    }

    /// The names of the processes that run (or do not) and are one of `parts`.
    pub fn named(&self, parts: &[Part], runs: bool) -> Vec<&'static str> {
        let all = self.processes.iter();
        let fitting = all.filter(|(_, p)| p.runs == runs && parts.contains(&p.part));
        fitting.map(|(name, _)| *name).collect()
    }

    /// Addresses of the collectors that run.
    pub fn collectors(&self) -> Vec<String> {
        let names = self.named(&[Part::All, Part::Collector], true);
        let addresses = names
            .iter()
            .map(|name| &self.processes[name].server.collector);
        addresses.cloned().collect()
    }

    /// Address of the API.
    pub fn api(&self) -> &str {
        &self.server().api
    }

    /// The token of its operator.
    pub fn admin_token(&self) -> String {
        self.server().admin_token()
    }

    fn server(&self) -> &Server {
        let serving = |p: &&Process| matches!(p.part, Part::All | Part::Serve);
        &self.processes.values().find(serving).unwrap().server
    }

    /// A process by its name.
    pub fn process(&mut self, name: &str) -> &mut Process {
        self.processes.get_mut(name).unwrap()
    }

    /// Where files may lie that belong to none of its processes.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of a collector's log.
    pub fn log_folder(&self, name: &str) -> PathBuf {
        self.processes[name].server.folder.join("log")
    }

    /// Starts a batch run beside everything else, or kills the one that still runs.
    pub fn run_or_kill_batch(&mut self) {
        if let Some(mut child) = self.batch.take()
            && child.try_wait().unwrap().is_none()
        {
            child.kill().unwrap();
            child.wait().unwrap();
            return;
        }
        let mut command = process::millrace_at(&self.place, &["batch", "run", "--data-dir", "."]);
        command.current_dir(self.folder.path());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.batch = Some(child.unwrap());
    }

    /// Lets the clock of a process be so many minutes off.
    pub fn set_clock(&mut self, name: &str, minutes: i64) {
        let process = &self.processes[name];
        process.server.set_clock(minutes);
        self.doors_clock_was_off |= matches!(process.part, Part::All | Part::Collector);
    }

    /// Whether it is known in which order collectors received what they could not check against each other.
    pub fn has_an_order(&self) -> bool {
        !self.doors_clock_was_off
    }

    /// Ends all jumps of clocks.
    pub fn set_clocks_right(&self) {
        for process in self.processes.values() {
            process.server.set_clock(0);
        }
    }

    /// Waits until nothing runs beside the processes.
    pub async fn wait_for_background(&mut self) {
        if let Some(mut child) = self.batch.take() {
            tokio::task::spawn_blocking(move || child.wait().unwrap())
                .await
                .unwrap();
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(mut child) = self.batch.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
