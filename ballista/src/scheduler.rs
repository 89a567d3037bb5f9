//! The scheduler: knows the executors and gives them tasks. It reads and writes no store.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use ballista_core::config::TaskSchedulingPolicy;
use ballista_scheduler::{
    cluster::BallistaCluster, config::SchedulerConfig, scheduler_process::start_server,
};
use datafusion::{
    error::Result,
    execution::{SessionState, SessionStateBuilder},
    prelude::SessionConfig,
};

use crate::{MESSAGE, closed, codec::Codec};

/// Seconds between two looks for executors that are silent.
const LOOK: u64 = 2;

/// Serves until the process ends. An executor that is silent for as long as `patience` is lost: what it
/// did is done by others.
pub async fn serve(address: SocketAddr, patience: Duration) -> anyhow::Result<()> {
    let config = SchedulerConfig {
        bind_host: address.ip().to_string(),
        bind_port: address.port(),
        external_host: address.ip().to_string(),
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        override_session_builder: Some(Arc::new(session)),
        override_logical_codec: Some(Codec::logical()),
        override_physical_codec: Some(Arc::new(Codec::default())),
        executor_timeout_seconds: patience.as_secs(),
        no_executors_grace_period_seconds: 2 * patience.as_secs(),
        expire_dead_executor_interval_seconds: LOOK,
        grpc_server_max_decoding_message_size: MESSAGE as u32,
        grpc_server_max_encoding_message_size: MESSAGE as u32,
        ..SchedulerConfig::default()
    };
    let cluster = BallistaCluster::new_from_config(&config).await?;
    start_server(cluster, address, Arc::new(config)).await?;
    Ok(())
}

/// Nothing is planned here: plans of the rollup come planned.
fn session(config: SessionConfig) -> Result<SessionState> {
    let state = SessionStateBuilder::new().with_config(config);
    Ok(state.with_runtime_env(closed::runtime(None)?).build())
}
