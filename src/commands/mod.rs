//! The commands.

mod audit;
mod batch;
mod bench;
mod capacity;
mod demo;
mod doctor;
mod files;
mod forecast;
mod geo;
mod import;
mod job;
mod key;
mod query;
mod replay;
mod salvage;
mod simulate_rules;
mod skip;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{config::Options, sql_process, supervise::Role};

/// Click analytics that is live and exact.
#[derive(Debug, Parser)]
#[command(name = "millrace", version, about, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything in this process.
    #[command(after_help = "Example:\n  millrace up --data-dir ./millrace-data")]
    Up,
    /// Run some roles in this process; they meet in Redis and the object store.
    #[command(
        after_help = "Example:\n  millrace run --roles collector --redis-url redis://127.0.0.1 --store-url s3://bucket/millrace"
    )]
    Run {
        /// What this process does.
        #[arg(long, value_delimiter = ',', required = true)]
        roles: Vec<Role>,
    },
    /// Run everything, with a sample account whose weeks of traffic end now and go on.
    #[command(
        after_help = "Examples:\n  millrace demo\n  millrace demo --check   compare with the expected counts and end"
    )]
    Demo(demo::Demo),
    /// Send recorded events to a collector.
    #[command(after_help = replay::EXAMPLES)]
    Replay(replay::Replay),
    /// Bring links, history and totals over from another tool.
    #[command(subcommand, after_help = import::EXAMPLES)]
    Import(import::Import),
    /// The batch layer.
    #[command(subcommand)]
    Batch(batch::Batch),
    /// Scheduled jobs, in this installation's history.
    #[command(subcommand)]
    Jobs(job::Jobs),
    /// Compare what was accepted, stored and counted live and by batch, per collector and epoch.
    #[command(
        after_help = "Examples:\n  millrace audit --store-url s3://bucket/millrace --redis-url redis://redis\n  millrace audit --full --json   read all of history again\nThe exit code is 1 if anything differs."
    )]
    Audit(audit::Audit),
    /// Ask SQL of events and views, read-only.
    #[command(after_help = query::EXAMPLES)]
    Query(query::Query),
    /// Lead the real clicks of a link by other rules, and tell how many would have gone where.
    #[command(after_help = simulate_rules::EXAMPLES)]
    SimulateRules(simulate_rules::SimulateRules),
    /// Name the files that hold a table now, each event once: for DuckDB, Polars, Spark.
    #[command(
        after_help = "Examples:\n  millrace files events\n  millrace files events --since 2026-01-01 --json\n  duckdb -c \"SELECT count(*) FROM read_parquet([$(millrace files events | sed \"s/.*/'&'/\" | paste -sd,)])\"\nA pattern such as events/**/*.parquet names events twice after a full recompute."
    )]
    Files(files::Files),
    /// End a log whose disk is lost, and bring what the stream still holds of it to the store.
    #[command(
        after_help = "Example:\n  millrace salvage --log 01JD3Z… --redis-url redis://127.0.0.1 --store-url s3://bucket/millrace"
    )]
    Salvage(salvage::Salvage),
    /// Give up what cannot be read of a damaged epoch that holds back its log. It stays so, and audits tell it for ever.
    #[command(
        after_help = "Example:\n  millrace skip --log 01JD3Z… --epoch 17\nTry to put the object back as it was first: `millrace audit` names it."
    )]
    Skip(skip::Skip),
    /// Look whether the object store, Redis and the disk do what exact numbers need.
    #[command(
        after_help = "Example:\n  millrace doctor --store-url s3://bucket/millrace --redis-url redis://redis\nThe exit code is 1 if anything is wrong."
    )]
    Doctor(doctor::Doctor),
    /// What machines, memory, storage and money a load needs, on paper, and what breaks first.
    #[command(after_help = capacity::EXAMPLES)]
    Capacity(capacity::Capacity),
    /// Databases of places.
    #[command(subcommand)]
    Geo(geo::GeoCommand),
    /// API keys.
    #[command(subcommand)]
    Key(key::Key),
    /// Measure each part on this machine. Needs a quiet one.
    #[command(after_help = bench::EXAMPLES)]
    Bench(bench::Bench),
    /// Forecast the series of a CSV file `series,time,value`.
    #[command(
        after_help = "Example:\n  millrace forecast visits.csv --horizon 48 --season 24 > forecast.csv"
    )]
    Forecast(forecast::Forecast),
    /// Score our forecasts on the M4 competition's hourly series.
    #[command(after_help = "Example:\n  millrace m4 ./series-m4-hourly")]
    M4 {
        /// Folder with the competition's files.
        folder: std::path::PathBuf,
    },
    /// Answer one question in SQL for the process that started this one.
    #[command(name = sql_process::COMMAND, hide = true)]
    AnswerSql,
}

impl Cli {
    /// What is logged unless MILLRACE_LOG says otherwise.
    pub fn default_log(&self) -> &'static str {
        match self.command {
            Command::Up | Command::Run { .. } => "info",
            _ => "error",
        }
    }

    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let options = self.options;
        match self.command {
            Command::Up => up::run(options.settings()?, &Role::ALL).await,
            Command::Run { roles } => up::run(options.settings()?, &roles).await,
            Command::Demo(demo) => demo.run(options).await,
            Command::Replay(replay) => replay.run().await,
            Command::Import(import) => import.run(options).await,
            Command::Batch(batch) => batch.run(options.settings()?).await,
            Command::Jobs(jobs) => jobs.run(options.settings()?).await,
            Command::Audit(audit) => audit.run(options.settings()?).await,
            Command::Files(files) => files.run(options.settings()?).await,
            Command::Query(query) => query.run(options.settings()?).await,
            Command::SimulateRules(query) => query.run(options.settings()?).await,
            Command::Bench(bench) => bench.run(options).await,
            Command::Salvage(salvage) => salvage.run(options.settings()?).await,
            Command::Skip(skip) => skip.run(options.settings()?).await,
            Command::Doctor(doctor) => doctor.run(options.settings()?).await,
            Command::Capacity(capacity) => capacity.run(),
            Command::Geo(geo) => geo.run(options.settings()?).await,
            Command::Key(key) => key.run(options.settings()?).await,
            Command::Forecast(forecast) => forecast.run().await,
            Command::M4 { folder } => forecast::m4(folder).await,
            Command::AnswerSql => sql_process::answer_one().await,
        }
    }
}
