//! `millrace bench`: how fast each part is here, beside its goal. Figures, not verdicts: machines differ.

mod catalog;
mod events;
mod facts;
mod fill;
mod live;
mod log;
mod redirects;
mod report;
mod rollup;
mod rules;
mod site;
mod speed;

use std::{process::ExitCode, sync::Arc, time::Duration};

use clap::{Args, Subcommand, ValueEnum};
use enrich::Rules;
use model::Hidden;
use storage::{cells::MemoryCells, redis_address::RedisSettings};

use self::{report::Report, site::Site};
use crate::{config::Options, wiring};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Bench {
    #[command(subcommand)]
    part: Option<Part>,
    /// How long each measurement takes, roughly.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// What is measured [default: everything]
    #[arg(long, value_delimiter = ',')]
    only: Vec<Area>,
    /// Also apply cells to this Redis. Its keys are added to: use an empty one.
    #[arg(long)]
    redis: Option<Hidden<String>>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Send a part of the traffic of a large installation: see benches/big.py
    Fill(fill::Fill),
}

/// What can be measured alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Area {
    /// Syncs and appends.
    Log,
    /// Fold and put.
    Speed,
    /// From raw to views.
    Batch,
    /// Redirects, beside nginx where it is installed.
    Redirects,
    /// Intake, and how soon a click is seen.
    Live,
    /// A million links and a hundred thousand domains.
    Catalog,
}

/// What `--help` shows.
pub const EXAMPLES: &str = "Examples:\n  millrace bench\n  millrace bench --only redirects,live --json\n  millrace bench --only speed --redis redis://127.0.0.1:6399\nNothing else should run meanwhile. Redirects are measured beside nginx by wrk: apt install nginx-light wrk.";

impl Bench {
    pub async fn run(self, options: Options) -> anyhow::Result<ExitCode> {
        if let Some(Part::Fill(fill)) = self.part {
            fill.run(options.settings()?).await?;
            return Ok(ExitCode::SUCCESS);
        }
        let time = Duration::from_secs(self.seconds.clamp(1, 60));
        let is_on = |area| self.only.is_empty() || self.only.contains(&area);
        let mut report = Report::new(self.json);
        let mut sync_us = 0.0;
        if is_on(Area::Log) || is_on(Area::Redirects) {
            sync_us = log::syncs(&mut report).await?;
        }
        if is_on(Area::Log) {
            for writers in [1, 8, 64] {
                log::appends(&mut report, writers, time).await?;
            }
        }
        let rules = Arc::new(Rules::new()?);
        if is_on(Area::Speed) {
            self.speed(&mut report, &rules, time).await?;
        }
        if is_on(Area::Batch) {
            rollup::batch(&mut report, rules).await?;
        }
        if is_on(Area::Redirects) || is_on(Area::Live) {
            let site = Site::start().await?;
            if is_on(Area::Redirects) {
                rules::choices(&mut report, time)?;
                redirects::measure(&mut report, &site, time, sync_us).await?;
            }
            if is_on(Area::Live) {
                live::questions(&mut report, &site, time).await?;
                live::visible(&mut report, &site, 3_000, 30.0, time).await?;
                live::visible(&mut report, &site, 10_000, 60.0, time).await?;
                live::intake(&mut report, &site, live::now_ms()).await?;
            }
            site.end().await?;
        }
        if is_on(Area::Catalog) {
            catalog::measure(&mut report).await?;
        }
        report.end()?;
        Ok(ExitCode::SUCCESS)
    }

    async fn speed(
        &self,
        report: &mut Report,
        rules: &Rules,
        time: Duration,
    ) -> anyhow::Result<()> {
        speed::fold(report, rules, time)?;
        let memory = Arc::new(MemoryCells::default());
        speed::apply(report, memory, "memory", 150_000.0, rules, time).await?;
        if let Some(url) = &self.redis {
            let redis = RedisSettings {
                url: url.clone(),
                ca_file: None,
            };
            let cells = wiring::live(Some(&redis)).await?.cells;
            speed::apply(report, cells, "Redis", 100_000.0, rules, time).await?;
        }
        Ok(())
    }
}
