//! Where something ends, and what moves it.

use super::{
    measured::*,
    needs::{GB, Limit, Load, Machines},
    roles::{Busy, MEMORY},
};

/// The nearest first.
pub(super) fn limits(load: &Load, machines: &Machines) -> Vec<Limit> {
    let cores = machines.cores * machines.busy * 1e6;
    let cost = Busy::of(load, machines);
    let mut limits = vec![
        Limit {
            rate: of_one_redis(load, machines),
            what: "one Redis: it is one thread",
            remedy: "Redis Cluster: keys are shared out by entity, log and epoch, and each script touches one",
        },
        Limit {
            rate: LOG_PER_SECOND * machines.busy,
            what: "one collector: its log has one writer, and one worker folds it",
            remedy: "more collectors behind a load balancer: each has a log of its own, and nothing is shared between them",
        },
        Limit {
            rate: cores / (cost.door_us + SPEED_US + ROLLUP_US),
            what: "everything in one process on one machine",
            remedy: "roles on machines of their own, over Redis and an object store",
        },
        Limit {
            rate: cores / ROLLUP_US,
            what: "the rollup on one machine: it must end before the next",
            remedy: "a larger machine for `batch`, or the plans sent to Ballista executors (ballista/)",
        },
        Limit {
            rate: machines.memory * GB * MEMORY / (LIVE_SECONDS * LIVE_BYTES),
            what: "the memory of one Redis: cells of the last 40 minutes",
            remedy: "Redis Cluster; or shorter epochs and rollups that run more often",
        },
    ];
    limits.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    limits
}

/// The rate at which one thread is as busy as it may be: each event costs less the more there are.
fn of_one_redis(load: &Load, machines: &Machines) -> f64 {
    let is_below = |rate: f64| {
        let load = Load {
            rate,
            ..load.clone()
        };
        rate * Busy::of(&load, machines).redis_us / 1e6 <= machines.busy
    };
    // What it takes grows with the rate, but for steps where another collector is needed.
    let (mut low, mut high) = (1.0, 1e9);
    for _ in 0..60 {
        let middle = f64::sqrt(low * high);
        match is_below(middle) {
            true => low = middle,
            false => high = middle,
        }
    }
    low
}
