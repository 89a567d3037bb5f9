//! What an installation needs: arithmetic over what was measured.

use serde::Serialize;

use super::measured::*;

/// Seconds in a month of 30.44 days.
const MONTH: f64 = 30.44 * 86_400.0;
/// Collectors that stay where one fails.
const LEAST_COLLECTORS: f64 = 2.0;
const GB: f64 = 1e9;

/// What is asked of it.
#[derive(Debug, Clone, Serialize)]
pub struct Load {
    /// Events a second when there are most.
    pub rate: f64,
    /// Events a second on average: what is stored.
    pub mean_rate: f64,
    /// Share of events that are redirects, pixels and postbacks; the others are sent in bulk.
    pub redirects: f64,
    pub accounts: f64,
    pub links: f64,
    /// Days for which everything is kept.
    pub retention_days: f64,
}

/// The machines it runs on, and how full they may be.
#[derive(Debug, Clone, Serialize)]
pub struct Machines {
    pub cores: f64,
    /// GB.
    pub memory: f64,
    /// Share of their cores that may be busy at the rate.
    pub busy: f64,
}

/// What is paid, in any currency.
#[derive(Debug, Clone, Serialize)]
pub struct Prices {
    /// For a core with its share of memory, an hour.
    pub core_hour: f64,
    /// For a GB in the object store, a month.
    pub stored_gb_month: f64,
    /// For a thousand requests that write or list.
    pub thousand_writes: f64,
    /// For a thousand that read.
    pub thousand_reads: f64,
}

/// One kind of process.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Role {
    pub name: &'static str,
    pub processes: f64,
    /// Cores busy at the rate, all processes together.
    pub busy_cores: f64,
    /// GB of each process.
    pub memory_each: f64,
    pub why: String,
}

/// Where something ends, events a second.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Limit {
    pub rate: f64,
    pub what: &'static str,
    pub remedy: &'static str,
}

/// What it needs, and costs a month.
#[derive(Debug, Clone, Serialize)]
pub struct Needs {
    pub roles: Vec<Role>,
    pub machines: f64,
    pub stored_gb: f64,
    pub writes_a_month: f64,
    pub reads_a_month: f64,
    pub network_mb_a_second: f64,
    /// Of everything that is kept, on one machine.
    pub full_recompute_hours: f64,
    pub money: Money,
    /// The nearest first.
    pub limits: Vec<Limit>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Money {
    pub machines: f64,
    pub storage: f64,
    pub requests: f64,
    pub total: f64,
    pub per_million_events: f64,
}

/// Everything for one load.
pub fn of(load: &Load, machines: &Machines, prices: &Prices) -> Needs {
    let roles = roles(load, machines);
    let count = count(&roles, machines);
    let stored_gb = load.mean_rate * 86_400.0 * load.retention_days * bytes_stored() / GB;
    let (writes, reads) = requests(load, &roles);
    let money = money(load, machines, prices, (count, stored_gb, writes, reads));
    Needs {
        machines: count,
        stored_gb,
        writes_a_month: writes,
        reads_a_month: reads,
        // To Redis and from it, and to the store.
        network_mb_a_second: load.rate * (LIVE_TRAFFIC_BYTES + bytes_stored()) / 1e6,
        full_recompute_hours: load.mean_rate * 86_400.0 * load.retention_days * RECOMPUTE_US
            / 1e6
            / machines.cores
            / 3600.0,
        money,
        limits: limits(machines),
        roles,
    }
}

fn bytes_stored() -> f64 {
    RAW_BYTES + EVENT_BYTES + VIEW_BYTES
}

/// CPU of a collector for one event, microseconds.
fn door_us(load: &Load) -> f64 {
    load.redirects * REDIRECT_US + (1.0 - load.redirects) * SENT_US
}

/// So many processes that each is busy as far as it may be, if each can use so many cores.
fn processes(busy_cores: f64, machines: &Machines, cores_each: f64) -> f64 {
    (busy_cores / (cores_each.min(machines.cores) * machines.busy)).ceil()
}

fn roles(load: &Load, machines: &Machines) -> Vec<Role> {
    let busy = |us: f64| load.rate * us / 1e6;
    let catalog = PROCESS_BYTES + load.links * LINK_BYTES + load.accounts * ACCOUNT_BYTES;
    let logs = (load.rate / (LOG_PER_SECOND * machines.busy)).ceil();
    let collectors = processes(busy(door_us(load)), machines, f64::MAX);
    let collectors = collectors.max(logs).max(LEAST_COLLECTORS);
    // A worker is one thread, and each log has one.
    let layers = processes(busy(SPEED_US), machines, f64::MAX).max(1.0);
    // One epoch of each log is open.
    let open = collectors * EPOCH_EVENTS.min(load.rate * ROLLUP_SECONDS) * OPEN_EVENT_BYTES;
    let redis = processes(busy(REDIS_US), machines, 1.0).max(1.0);
    let live = load.rate * LIVE_SECONDS * LIVE_BYTES;
    let nodes = redis.max((live / (machines.memory * GB * machines.busy)).ceil());
    // A cluster has at least three, and each its replica.
    let nodes = if nodes > 1.0 {
        2.0 * nodes.max(3.0)
    } else {
        1.0
    };
    let masters = if nodes > 1.0 { nodes / 2.0 } else { 1.0 };
    let role = |name, processes, us, memory: f64, why: String| Role {
        name,
        processes,
        busy_cores: busy(us),
        memory_each: memory / GB,
        why,
    };
    vec![
        role(
            "collector",
            collectors,
            door_us(load),
            catalog,
            format!(
                "{} links and {} accounts in memory of each; two, so that one may fail",
                load.links, load.accounts
            ),
        ),
        role(
            "speed",
            layers,
            SPEED_US,
            PROCESS_BYTES + open / layers,
            "the cells of open epochs; another takes over the logs of one that fails".into(),
        ),
        role(
            "redis",
            nodes,
            REDIS_US,
            live / masters,
            format!(
                "events of {} minutes that no manifest covers; with a replica each if it is a cluster",
                LIVE_SECONDS / 60.0
            ),
        ),
        role(
            "batch",
            1.0,
            ROLLUP_US,
            ROLLUP_BYTES,
            format!(
                "each {} minutes of events in {:.1} minutes on one machine",
                ROLLUP_SECONDS / 60.0,
                busy(ROLLUP_US) * ROLLUP_SECONDS / machines.cores / 60.0
            ),
        ),
        role(
            "serve",
            2.0,
            0.0,
            catalog,
            "by questions, not by events; two, so that one may fail".into(),
        ),
    ]
}

/// Machines that hold all processes, by cores and by memory. Two are the least of which one may fail.
fn count(roles: &[Role], machines: &Machines) -> f64 {
    let cores: f64 = roles.iter().map(|role| role.busy_cores).sum();
    let memory: f64 = roles
        .iter()
        .map(|role| role.processes * role.memory_each)
        .sum();
    let by_cores = cores / (machines.cores * machines.busy);
    let by_memory = memory / (machines.memory * 0.8);
    by_cores.max(by_memory).ceil().max(2.0)
}

fn requests(load: &Load, roles: &[Role]) -> (f64, f64) {
    let processes: f64 = roles
        .iter()
        .filter(|role| role.name != "redis")
        .map(|role| role.processes)
        .sum();
    let collectors = roles
        .iter()
        .find(|role| role.name == "collector")
        .map_or(1.0, |role| role.processes);
    let segment = SEGMENT_SECONDS.min(16e6 / RAW_BYTES / (load.mean_rate / collectors).max(0.001));
    let segments = collectors * MONTH / segment;
    let rollups = MONTH / ROLLUP_SECONDS;
    let writes = segments + rollups * ROLLUP_OBJECTS;
    // Each segment is read by the rollup and asked for by the speed layer; merging reads what the rollups wrote.
    let reads = 2.0 * segments + 3.0 * rollups * ROLLUP_OBJECTS + processes * IDLE_REQUESTS * MONTH;
    (writes, reads)
}

fn money(
    load: &Load,
    machines: &Machines,
    prices: &Prices,
    (count, gb, writes, reads): (f64, f64, f64, f64),
) -> Money {
    let hours = MONTH / 3600.0;
    let for_machines = count * machines.cores * hours * prices.core_hour;
    let storage = gb * prices.stored_gb_month;
    let requests = (writes * prices.thousand_writes + reads * prices.thousand_reads) / 1000.0;
    let total = for_machines + storage + requests;
    Money {
        machines: for_machines,
        storage,
        requests,
        total,
        per_million_events: total / (load.mean_rate * MONTH / 1e6),
    }
}

fn limits(machines: &Machines) -> Vec<Limit> {
    let mut limits = vec![
        Limit {
            rate: 1e6 / REDIS_US * machines.busy,
            what: "one Redis: it is one thread",
            remedy: "Redis Cluster: keys are shared out by entity, log and epoch, and each script touches one",
        },
        Limit {
            rate: LOG_PER_SECOND * machines.busy,
            what: "one collector: its log has one writer, and one worker folds it",
            remedy: "more collectors behind a load balancer: each has a log of its own, and nothing is shared between them",
        },
        Limit {
            rate: machines.cores * machines.busy * 1e6 / (REDIRECT_US + SPEED_US + ROLLUP_US),
            what: "everything in one process on one machine",
            remedy: "roles on machines of their own, over Redis and an object store",
        },
        Limit {
            rate: machines.cores * machines.busy * 1e6 / ROLLUP_US,
            what: "the rollup on one machine: it must end before the next",
            remedy: "a larger machine for `batch`, or the plans sent to Ballista executors (ballista/)",
        },
        Limit {
            rate: machines.memory * GB * machines.busy / (LIVE_SECONDS * LIVE_BYTES),
            what: "the memory of one Redis: cells of the last 40 minutes",
            remedy: "Redis Cluster; or shorter epochs and rollups that run more often",
        },
    ];
    limits.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(rate: f64) -> Load {
        Load {
            rate,
            mean_rate: rate,
            redirects: 1.0,
            accounts: 100_000.0,
            links: 1e6,
            retention_days: 365.0,
        }
    }

    const MACHINES: Machines = Machines {
        cores: 8.0,
        memory: 32.0,
        busy: 0.5,
    };
    const PRICES: Prices = Prices {
        core_hour: 0.04,
        stored_gb_month: 0.023,
        thousand_writes: 0.005,
        thousand_reads: 0.0004,
    };

    fn needs(rate: f64) -> Needs {
        of(&load(rate), &MACHINES, &PRICES)
    }

    fn processes_of(needs: &Needs, name: &str) -> f64 {
        needs
            .roles
            .iter()
            .find(|role| role.name == name)
            .unwrap()
            .processes
    }

    #[test]
    fn nothing_gets_less_with_more_events() {
        let rates = [10.0, 300.0, 3_000.0, 30_000.0, 300_000.0, 1e6];
        for pair in rates.windows(2) {
            let (few, many) = (needs(pair[0]), needs(pair[1]));
            assert!(few.machines <= many.machines && few.stored_gb < many.stored_gb);
            assert!(few.money.total < many.money.total);
            assert!(few.money.per_million_events > many.money.per_million_events);
            for (a, b) in few.roles.iter().zip(&many.roles) {
                assert!(a.processes <= b.processes, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn three_thousand_a_second_fit_two_machines_and_a_million_do_not() {
        let few = needs(3_000.0);
        assert_eq!((few.machines, processes_of(&few, "redis")), (2.0, 1.0));
        assert_eq!(processes_of(&few, "collector"), 2.0);
        let many = needs(1e6);
        // 66 busy cores of which half of eight may be busy on each machine, and memory for a fifth of an hour.
        assert!(many.machines > 16.0);
        assert!(
            processes_of(&many, "redis") >= 60.0,
            "each master is one thread"
        );
        assert!(
            processes_of(&many, "collector") >= 27.0,
            "each log is one writer"
        );
    }

    #[test]
    fn a_year_is_stored_by_its_mean_rate() {
        let load = Load {
            mean_rate: 100.0,
            ..load(3_000.0)
        };
        let gb = of(&load, &MACHINES, &PRICES).stored_gb;
        let expected = 100.0 * 86_400.0 * 365.0 * (38.0 + 25.0 + 71.0) / 1e9;
        assert!((gb - expected).abs() < 1e-6, "{gb}");
    }

    #[test]
    fn the_nearest_limit_comes_first() {
        let limits = needs(3_000.0).limits;
        assert!(limits.is_sorted_by(|a, b| a.rate <= b.rate));
        assert!(limits[0].rate > 3_000.0, "{limits:?}");
    }
}
