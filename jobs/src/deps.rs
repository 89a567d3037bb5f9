//! What the scheduler works with, and how it behaves.

use std::{sync::Arc, time::Duration};

use storage::env::Env;

use crate::{epochs::EpochCloser, history::History, job::ScheduledJob};

/// Told the name of a job, and why its history is out of reach if it is.
pub type OnReach = Arc<dyn Fn(&'static str, Option<&str>) + Send + Sync>;

/// What the scheduler works with.
pub struct SchedulerDeps {
    /// Store, time, randomness.
    pub env: Env,
    /// The jobs; any number of processes may have the same ones.
    pub jobs: Vec<ScheduledJob>,
    /// Closes epochs where a request wants that.
    pub epochs: Option<EpochCloser>,
    /// Told whether the jobs' histories are within reach.
    pub on_reach: OnReach,
}

/// How the scheduler behaves.
#[derive(Debug, Clone)]
pub struct SchedulerSettings {
    /// Names this process to people.
    pub by: String,
    /// How often requests and other processes' runs are looked for.
    pub poll: Duration,
    /// How long a run's process may be silent before another takes the run over.
    pub lease: Duration,
    /// How long a run may go on after shutdown began.
    pub drain: Duration,
}

impl SchedulerSettings {
    /// The usual settings of the process `by`.
    pub fn new(by: impl Into<String>) -> Self {
        let (poll, lease, drain) = (
            Duration::from_secs(2),
            Duration::from_secs(60),
            Duration::from_secs(30),
        );
        Self {
            by: by.into(),
            poll,
            lease,
            drain,
        }
    }
}

/// What the runner of one job works with.
pub(crate) struct Runner {
    pub job: ScheduledJob,
    pub history: Arc<History>,
    pub deps: Arc<SchedulerDeps>,
    pub settings: SchedulerSettings,
}
