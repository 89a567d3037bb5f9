//! Processes by role, and the machines that hold them.

use super::{
    measured::*,
    needs::{GB, Load, Machines, Role},
};

/// Collectors and APIs that stay where one fails.
const LEAST: f64 = 2.0;
/// Masters of a Redis Cluster, at least; each has a replica, which does the same work.
const LEAST_MASTERS: f64 = 3.0;
/// Share of a machine's memory that may be taken.
pub(super) const MEMORY: f64 = 0.8;

/// What one event costs at a load.
pub(super) struct Busy {
    /// CPU of a collector, microseconds.
    pub(super) door_us: f64,
    /// CPU of Redis, microseconds.
    pub(super) redis_us: f64,
    /// Bytes to Redis.
    pub(super) redis_bytes: f64,
}

impl Busy {
    pub(super) fn of(load: &Load, machines: &Machines) -> Self {
        let door_us = load.redirects * REDIRECT_US + (1.0 - load.redirects) * SENT_US;
        let of_one_log = load.rate / collectors(load, machines, door_us);
        let fall = (REDIS_RATE / of_one_log).powf(REDIS_FALL).min(1.0);
        Self {
            door_us,
            redis_us: (REDIS_US * fall).max(REDIS_LEAST_US),
            redis_bytes: (REDIS_BYTES * fall).max(REDIS_LEAST_BYTES),
        }
    }
}

/// So many processes that each is busy as far as it may be, if each can use so many cores.
fn processes(busy_cores: f64, machines: &Machines, cores_each: f64) -> f64 {
    (busy_cores / (cores_each.min(machines.cores) * machines.busy)).ceil()
}

/// Each has a log, whose writer and worker are a thread each.
fn collectors(load: &Load, machines: &Machines, door_us: f64) -> f64 {
    let by_cores = processes(load.rate * door_us / 1e6, machines, f64::MAX);
    let by_logs = (load.rate / (LOG_PER_SECOND * machines.busy)).ceil();
    by_cores.max(by_logs).max(LEAST)
}

pub(super) fn roles(load: &Load, machines: &Machines) -> Vec<Role> {
    let cost = Busy::of(load, machines);
    let busy = |us: f64| load.rate * us / 1e6;
    let catalog = PROCESS_BYTES + load.links * LINK_BYTES + load.accounts * ACCOUNT_BYTES;
    let collectors = collectors(load, machines, cost.door_us);
    let layers = processes(busy(SPEED_US), machines, f64::MAX).max(1.0);
    let role = |name, processes, busy_cores, memory: f64, why: String| Role {
        name,
        processes,
        busy_cores,
        memory_each: memory / GB,
        why,
    };
    // One epoch of each log is open.
    let of_one_log = EPOCH_EVENTS.min(load.rate / collectors * ROLLUP_SECONDS);
    let open = collectors * of_one_log * OPEN_EVENT_BYTES;
    let minutes = busy(ROLLUP_US) * ROLLUP_SECONDS / machines.cores / 60.0;
    let known = format!(
        "{} links and {} accounts in memory of each",
        load.links, load.accounts
    );
    vec![
        role(
            "collector",
            collectors,
            busy(cost.door_us),
            catalog,
            format!("{known}; two, so that one may fail"),
        ),
        role(
            "speed",
            layers,
            busy(SPEED_US),
            PROCESS_BYTES + open / layers,
            "the cells of open epochs; another takes over the logs of one that fails".into(),
        ),
        redis(load, machines, busy(cost.redis_us)),
        role(
            "batch",
            1.0,
            busy(ROLLUP_US),
            ROLLUP_BYTES,
            format!(
                "each {} minutes of events in {minutes:.1} minutes on one machine",
                ROLLUP_SECONDS / 60.0
            ),
        ),
        role(
            "serve",
            LEAST,
            0.0,
            catalog,
            "by questions, not by events; two, so that one may fail".into(),
        ),
    ]
}

/// One server, or a cluster: each master is one thread.
fn redis(load: &Load, machines: &Machines, busy_cores: f64) -> Role {
    let live = load.rate * LIVE_SECONDS * LIVE_BYTES;
    let by_cores = processes(busy_cores, machines, 1.0);
    let by_memory = (live / (machines.memory * GB * MEMORY)).ceil();
    let masters = by_cores.max(by_memory).max(1.0);
    let is_cluster = masters > 1.0;
    let masters = if is_cluster {
        masters.max(LEAST_MASTERS)
    } else {
        1.0
    };
    let copies = if is_cluster { 2.0 } else { 1.0 };
    Role {
        name: "redis",
        processes: masters * copies,
        busy_cores: busy_cores * copies,
        memory_each: live / masters / GB,
        why: format!(
            "events of {} minutes that no manifest covers; with a replica each if it is a cluster",
            LIVE_SECONDS / 60.0
        ),
    }
}

/// Machines that hold all processes, by cores and by memory. Two are the least of which one may fail.
pub(super) fn machines_for(roles: &[Role], machines: &Machines) -> f64 {
    let cores: f64 = roles.iter().map(|role| role.busy_cores).sum();
    let memory: f64 = roles
        .iter()
        .map(|role| role.processes * role.memory_each)
        .sum();
    let by_cores = cores / (machines.cores * machines.busy);
    let by_memory = memory / (machines.memory * MEMORY);
    by_cores.max(by_memory).ceil().max(2.0)
}
