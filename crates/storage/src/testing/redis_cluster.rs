//! A real Redis Cluster on free local ports, ended when dropped.

use std::process::Command;

use super::redis_server::{RedisServer, free_port, wait_for};

/// Servers that own slots.
const MASTERS: usize = 3;
const SLOTS: &str = "cluster_slots_ok:16384";

/// A cluster of three masters, with or without replicas.
pub struct RedisCluster {
    /// The servers.
    pub nodes: Vec<RedisServer>,
    dead: Option<usize>,
}

impl RedisCluster {
    /// Starts and joins three masters.
    pub fn start() -> Self {
        Self::start_with(0)
    }

    /// The same, each master with a replica that takes over when it dies.
    pub fn start_replicated() -> Self {
        Self::start_with(1)
    }

    fn start_with(replicas: usize) -> Self {
        let ports: Vec<u16> = (0..MASTERS * (1 + replicas))
            .map(|_| free_bus_port())
            .collect();
        let nodes = ports.iter().map(|p| RedisServer::start_on(*p, true));
        let nodes = nodes.collect();
        let addresses: Vec<String> = ports.iter().map(|p| format!("127.0.0.1:{p}")).collect();
        let mut create = Command::new("redis-cli");
        create.args(["--cluster", "create"]).args(&addresses).args([
            "--cluster-replicas",
            &replicas.to_string(),
            "--cluster-yes",
        ]);
        let output = create.output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
        let cluster = Self { nodes, dead: None };
        cluster.wait_until_whole(replicas);
        cluster
    }

    /// `redis+cluster://…` of all servers.
    pub fn url(&self) -> String {
        let nodes: Vec<String> = self.nodes.iter().map(|n| n.address().to_string()).collect();
        format!("redis+cluster://{}", nodes.join(","))
    }

    /// The servers that own slots now, by the word of each.
    pub fn masters(&self) -> Vec<usize> {
        let all = self.running().filter(|(_, node)| {
            let nodes = node.command(&["CLUSTER", "NODES"]);
            let own = nodes.lines().find(|line| line.contains("myself"));
            // The ninth word of a line, if any, is a range of slots.
            own.is_some_and(|line| line.contains("master") && line.split(' ').count() > 8)
        });
        all.map(|(i, _)| i).collect()
    }

    /// Kills a master and waits until its replica owns its slots.
    pub fn fail_over(&mut self, master: usize) {
        self.nodes[master].kill();
        self.dead = Some(master);
        wait_for("a replica to take over", || self.masters().len() == MASTERS);
        self.wait_until_agreed();
    }

    /// Pauses a master until its replica owns its slots; then there are two for a moment.
    pub fn fail_over_without_death(&mut self, master: usize) {
        self.nodes[master].pause(true);
        self.dead = Some(master);
        wait_for("a replica to take over", || self.masters().len() == MASTERS);
        self.nodes[master].pause(false);
        self.dead = None;
        wait_for("the old master to learn it", || {
            !self.masters().contains(&master)
        });
        self.wait_until_whole(1);
    }

    /// Starts the killed server again, empty, and waits until it is a replica like the others.
    pub fn revive(&mut self) {
        if let Some(dead) = self.dead.take() {
            self.nodes[dead].run();
        }
        self.wait_until_whole(1);
    }

    fn running(&self) -> impl Iterator<Item = (usize, &RedisServer)> {
        let all = self.nodes.iter().enumerate();
        all.filter(|(i, _)| Some(*i) != self.dead)
    }

    fn wait_until_agreed(&self) {
        for (_, node) in self.running() {
            wait_for("the cluster to agree", || {
                let info = node.command(&["CLUSTER", "INFO"]);
                info.contains("cluster_state:ok") && info.contains(SLOTS)
            });
        }
    }

    fn wait_until_whole(&self, replicas: usize) {
        self.wait_until_agreed();
        wait_for("the replicas to follow", || {
            let follows = |role: &str| role.contains("slave") && role.contains("connected");
            let roles = self.running().map(|(_, node)| node.command(&["ROLE"]));
            roles.filter(|role| follows(role)).count() == MASTERS * replicas
        });
    }
}

/// The bus of a cluster listens on port + 10000.
fn free_bus_port() -> u16 {
    let mut ports = std::iter::repeat_with(free_port).take(1000);
    ports.find(|p| *p < 50_000).expect("a free port")
}
