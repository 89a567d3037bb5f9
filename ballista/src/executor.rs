//! An executor: asks a scheduler for tasks and does them.
//!
//! It is put together here rather than by `start_executor_process`, which takes the signals of the process
//! and its log files for itself.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use arrow_flight::flight_service_server::FlightServiceServer;
use ballista_core::{
    BALLISTA_PROTOCOL_VERSION, RuntimeProducer,
    extension::SessionConfigExt,
    ids::new_instance_id,
    serde::{
        BallistaCodec,
        protobuf::{ExecutorRegistration, scheduler_grpc_client::SchedulerGrpcClient},
        scheduler::{ExecutorOperatingSystemSpecification, ExecutorSpecification},
    },
    utils::{
        GrpcClientConfig, GrpcServerConfig, create_grpc_client_endpoint, create_grpc_server,
        create_grpc_server_incoming, default_config_producer,
    },
};
use ballista_executor::{
    execution_loop::poll_loop, executor::Executor, flight_service::BallistaFlightService,
    health::ExecutorHealth, metrics::LoggingMetricsCollector,
};
use batch_layer::Worker;
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tonic::transport::Channel;

use crate::{MESSAGE, closed, codec::Codec};

/// How often it is tried to reach the scheduler at the start.
const TRIES: u32 = 60;
/// Between two of them.
const PAUSE: Duration = Duration::from_secs(1);

/// Where an executor is.
pub struct Place<'a> {
    /// Its scheduler, `http://host:port`.
    pub scheduler: &'a str,
    /// Where it hands out results; port 0: any that is free.
    pub listen: SocketAddr,
    /// The name or address by which others reach it.
    pub host: &'a str,
    /// Where results wait, some KB for each task.
    pub folder: &'a Path,
}

/// Does tasks, so many at a time, until the process ends or the scheduler cannot be found.
pub async fn work(worker: Worker, place: Place<'_>, at_once: usize) -> anyhow::Result<()> {
    let folder = place
        .folder
        .to_str()
        .context("the folder's name is no text")?;
    let incoming = create_grpc_server_incoming(place.listen, &GrpcServerConfig::default());
    let incoming = incoming.with_context(|| format!("cannot listen on {}", place.listen))?;
    let port = incoming.local_addr()?.port();
    let flight = FlightServiceServer::new(BallistaFlightService::new(folder.to_owned()))
        .max_decoding_message_size(MESSAGE)
        .max_encoding_message_size(MESSAGE);
    let server = create_grpc_server(&GrpcServerConfig::default()).add_service(flight);
    let serving = server.serve_with_incoming(incoming);
    let executor = executor(place.host, port, folder, at_once)?;
    let codec = BallistaCodec::<LogicalPlanNode, PhysicalPlanNode>::new(
        Codec::logical(),
        Arc::new(Codec::of_executor(worker)),
    );
    let scheduler = SchedulerGrpcClient::new(connect(place.scheduler).await?)
        .max_decoding_message_size(MESSAGE)
        .max_encoding_message_size(MESSAGE);
    let health = ExecutorHealth::new();
    let working = poll_loop(scheduler, Arc::new(executor), codec, None, None, health);
    tokio::select! {
        ended = serving => ended.context("results cannot be handed out"),
        ended = working => ended.context("tasks cannot be taken"),
    }
}

fn executor(host: &str, port: u16, folder: &str, at_once: usize) -> anyhow::Result<Executor> {
    let registration = ExecutorRegistration {
        id: new_instance_id(),
        host: Some(host.to_owned()),
        port: port.into(),
        // Only schedulers that push call executors.
        grpc_port: port.into(),
        specification: Some(
            ExecutorSpecification::default()
                .with_vcores(at_once as u32)
                .into(),
        ),
        os_info: Some(ExecutorOperatingSystemSpecification::default().into()),
        ballista_protocol_version: BALLISTA_PROTOCOL_VERSION,
    };
    // Our operator keeps to its own bounds; nothing else is executed.
    let runtime = closed::runtime(Some(Path::new(folder)))?;
    let runtime: RuntimeProducer = Arc::new(move |_| Ok(Arc::clone(&runtime)));
    Ok(Executor::with_default_execution_engine(
        registration,
        folder,
        runtime,
        Arc::new(default_config_producer),
        Arc::default(),
        Arc::new(LoggingMetricsCollector::default()),
        at_once,
    ))
}

async fn connect(scheduler: &str) -> anyhow::Result<Channel> {
    let settings = SessionConfig::new_with_ballista().ballista_config();
    let settings = GrpcClientConfig::from(&settings);
    let endpoint = create_grpc_client_endpoint(scheduler.to_owned(), Some(&settings));
    let endpoint = endpoint.with_context(|| format!("`{scheduler}` is no address"))?;
    let mut tried = 0;
    loop {
        tried += 1;
        match endpoint.connect().await {
            Ok(channel) => return Ok(channel),
            Err(error) if tried == TRIES => {
                return Err(error).with_context(|| format!("no scheduler at {scheduler}"));
            }
            Err(error) => tracing::debug!(%error, "the scheduler does not answer yet"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}
