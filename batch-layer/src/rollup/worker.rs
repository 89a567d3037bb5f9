//! What tasks work with, wherever they are done.

use std::sync::Arc;

use enrich::Rules;
use storage::env::Env;
use tokio::sync::Mutex;

use crate::limits::Limits;

/// What the tasks of one process work with. Cheap to clone: clones share the bound of memory.
#[derive(Clone)]
pub struct Worker {
    pub(super) env: Env,
    pub(super) rules: Arc<Rules>,
    pub(super) limits: Limits,
    /// One task computes, on all cores, while another reads: more at once would only take memory.
    pub(super) computing: Arc<Mutex<()>>,
}

impl Worker {
    /// Works on the store of `env`, and takes no more than `limits`.
    pub fn new(env: Env, rules: Arc<Rules>, limits: Limits) -> Self {
        Self {
            env,
            rules,
            limits,
            computing: Arc::default(),
        }
    }
}
