//! What an installation needs: arithmetic over what was measured.

use serde::Serialize;

use super::{
    limits::limits,
    measured::*,
    roles::{Busy, machines_for, roles},
};

/// Seconds in a month of 30.44 days.
const MONTH: f64 = 30.44 * 86_400.0;
/// Bytes.
pub(super) const GB: f64 = 1e9;

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

/// A month.
#[derive(Debug, Clone, Default, Serialize)]
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
    let events = load.mean_rate * 86_400.0 * load.retention_days;
    let mut needs = Needs {
        machines: machines_for(&roles, machines),
        stored_gb: events * BYTES_STORED / GB,
        writes_a_month: 0.0,
        reads_a_month: 0.0,
        network_mb_a_second: load.rate * (Busy::of(load, machines).redis_bytes + BYTES_STORED)
            / 1e6,
        full_recompute_hours: events * RECOMPUTE_US / 1e6 / machines.cores / 3600.0,
        money: Money::default(),
        limits: limits(load, machines),
        roles,
    };
    requests(load, &mut needs);
    needs.money = money(load, machines, prices, &needs);
    needs
}

const BYTES_STORED: f64 = RAW_BYTES + EVENT_BYTES + VIEW_BYTES;

fn requests(load: &Load, needs: &mut Needs) {
    let ours = needs.roles.iter().filter(|role| role.name != "redis");
    let processes: f64 = ours.map(|role| role.processes).sum();
    let collectors = needs.roles.iter().find(|role| role.name == "collector");
    let collectors = collectors.map_or(1.0, |role| role.processes);
    let full = SEGMENT_BYTES / LOG_BYTES / (load.mean_rate / collectors);
    let segments = collectors * MONTH / SEGMENT_SECONDS.min(full);
    let files = MONTH / ROLLUP_SECONDS * ROLLUP_OBJECTS;
    needs.writes_a_month = segments + files;
    let idle = processes * IDLE_REQUESTS * MONTH;
    needs.reads_a_month = SEGMENT_READS * segments + FILE_READS * files + idle;
}

fn money(load: &Load, machines: &Machines, prices: &Prices, needs: &Needs) -> Money {
    let hours = MONTH / 3600.0;
    let for_machines = needs.machines * machines.cores * hours * prices.core_hour;
    let storage = needs.stored_gb * prices.stored_gb_month;
    let writes = needs.writes_a_month * prices.thousand_writes;
    let requests = (writes + needs.reads_a_month * prices.thousand_reads) / 1000.0;
    let total = for_machines + storage + requests;
    Money {
        machines: for_machines,
        storage,
        requests,
        total,
        per_million_events: total / (load.mean_rate * MONTH / 1e6),
    }
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
            // Two machines do for few; a cluster of Redis costs its replicas.
            let is_fixed = pair[1] <= 3_000.0;
            let each = (few.money.per_million_events, many.money.per_million_events);
            assert!(!is_fixed || each.0 > each.1, "{each:?}");
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
        let sent = Load {
            redirects: 0.001,
            ..load(3_000.0)
        };
        let one = |limits: &[Limit]| {
            limits
                .iter()
                .find(|l| l.what.contains("one process"))
                .unwrap()
                .rate
        };
        let sent = of(&sent, &MACHINES, &PRICES).limits;
        assert!(one(&sent) > one(&limits), "events in bulk cost less");
    }
}
