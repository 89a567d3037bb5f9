//! Millrace: click analytics that is live and exact.

mod accounts;
mod asking;
mod auditing;
mod batch_runtime;
mod commands;
mod config;
mod followed;
mod job_health;
mod jobs;
mod lists;
mod memory;
mod own_threads;
mod places;
mod proving;
mod refused;
mod rollup_lag;
mod salting;
mod scheduling;
mod sql_process;
mod supervise;
mod telling;
mod wiring;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = commands::Cli::parse();
    model::planted::setup();
    let filter = EnvFilter::try_from_env("MILLRACE_LOG")
        .unwrap_or_else(|_| EnvFilter::new(cli.default_log()));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    if model::planted::FAULTS {
        tracing::warn!(
            "built with MILLRACE_BUILD=faults, for tests: bugs can be planted; do not operate this binary"
        );
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("millrace")
        .build();
    let result = runtime.map_err(anyhow::Error::from).and_then(|runtime| {
        let result = runtime.block_on(cli.run());
        // Tasks that wait for something that will not come must not hold up the end.
        runtime.shutdown_timeout(std::time::Duration::from_secs(5));
        result
    });
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("millrace: {}", storage::error::told(&*error));
            ExitCode::FAILURE
        }
    }
}
