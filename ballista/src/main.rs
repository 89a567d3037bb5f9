//! `millrace-ballista`: the rollup on several machines.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context;
use batch_layer::{Limits, Mode, RollupDeps, Worker};
use clap::{Parser, Subcommand};
use enrich::Rules;
use handover::manifests::Manifests;
use millrace_ballista::{engine::Ballista, executor, scheduler};
use model::{SystemClock, random::SystemRandom};
use storage::{bell::Bell, env::Env, store};
use tracing_subscriber::EnvFilter;

/// Millrace's rollup on several machines, by Ballista
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Give tasks to executors: one process for all of them.
    #[command(after_help = "Example:\n  millrace-ballista scheduler --listen 10.0.0.1:50050")]
    Scheduler {
        /// Where executors and rollups find it; whoever can reach it can have work done
        #[arg(long, default_value = "127.0.0.1:50050")]
        listen: SocketAddr,
        /// Seconds until an executor that is silent is given up; it asks every 5 at least
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(6..))]
        patience: u64,
    },
    /// Do tasks: any number of processes.
    #[command(
        after_help = "Example:\n  millrace-ballista executor --store-url s3://bucket/prefix \\\n    --scheduler http://10.0.0.1:50050 --listen 10.0.0.2:50051"
    )]
    Executor {
        #[command(flatten)]
        at: Common,
        /// Where it hands out results; port 0: any that is free
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// The name by which the others reach it [default: the address of --listen]
        #[arg(long)]
        host: Option<String>,
        /// Tasks at once: one computes on all cores while the others read and write
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..))]
        tasks: u8,
        /// Folder of results that wait to be fetched [default: a temporary one]
        #[arg(long)]
        work_dir: Option<PathBuf>,
    },
    /// Roll up what has been sealed since the last run, by the executors, and publish it.
    #[command(
        after_help = "Example:\n  millrace-ballista rollup --store-url s3://bucket/prefix \\\n    --scheduler http://10.0.0.1:50050 --tasks 8"
    )]
    Rollup {
        #[command(flatten)]
        at: Common,
        /// Tasks that all executors together do at once: a step is as large as that needs
        #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=1000))]
        tasks: u16,
        /// Recompute everything from raw with today's rules
        #[arg(long)]
        full: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Common {
    /// Object store, the same for all: s3://bucket/prefix with AWS_*, or file:///a/shared/folder
    #[arg(long, env = "MILLRACE_STORE_URL")]
    store_url: String,
    /// The scheduler
    #[arg(
        long,
        env = "MILLRACE_SCHEDULER",
        default_value = "http://127.0.0.1:50050"
    )]
    scheduler: String,
}

impl Common {
    fn env(&self) -> anyhow::Result<Env> {
        let random = Arc::new(SystemRandom);
        let (store, bell) = Bell::over(store::open(&self.store_url)?, random.clone());
        Ok(Env {
            store,
            bell,
            clock: Arc::new(SystemClock),
            random,
        })
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("MILLRACE_LOG");
    tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|_| EnvFilter::new("warn,millrace_ballista=info")))
        .with_writer(std::io::stderr)
        .init();
    let runtime = tokio::runtime::Runtime::new().context("threads cannot be started");
    let ended = runtime.and_then(|runtime| runtime.block_on(run(cli.command)));
    match ended {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", storage::error::told(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Scheduler { listen, patience } => {
            scheduler::serve(listen, Duration::from_secs(patience)).await?;
        }
        Command::Executor {
            at,
            listen,
            host,
            tasks,
            work_dir,
        } => {
            let temporary = tempfile::tempdir().context("no temporary folder can be made")?;
            let place = executor::Place {
                scheduler: &at.scheduler,
                listen,
                host: &host.unwrap_or_else(|| listen.ip().to_string()),
                folder: work_dir.as_deref().unwrap_or(temporary.path()),
            };
            let worker = Worker::new(at.env()?, Arc::new(Rules::new()?), Limits::default());
            executor::work(worker, place, tasks.into()).await?;
        }
        Command::Rollup { at, tasks, full } => return rollup(at, tasks.into(), full).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn rollup(at: Common, tasks: usize, full: bool) -> anyhow::Result<ExitCode> {
    let env = at.env()?;
    let deps = RollupDeps {
        manifests: Manifests::new(Arc::clone(&env.store)),
        env,
        rules: Arc::new(Rules::new()?),
        door_rules: None,
        accounts: None,
        engine: Arc::new(Ballista::new(at.scheduler, tasks)),
        limits: Limits::default(),
    };
    let mode = if full { Mode::Full } else { Mode::Incremental };
    let report = batch_layer::run(&deps, mode).await?;
    println!("{}", serde_json::to_string(&report)?);
    Ok(match report.held.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
