//! `millrace batch run`.

use std::{process::ExitCode, sync::Arc};

use batch_layer::{Mode, Report};
use clap::Subcommand;
use enrich::Rules;

use crate::{config::Settings, scheduling, wiring::Base};

#[derive(Debug, Subcommand)]
pub enum Batch {
    /// Roll up what has been sealed since the last run, and publish the views.
    #[command(after_help = "Examples:\n  millrace batch run\n  millrace batch run --full --json")]
    Run {
        /// Recompute everything that is settled from raw with today's rules. One that was cut off goes on where it
        /// was; the schedule may go on meanwhile.
        #[arg(long)]
        full: bool,
        /// First have all collectors close their epochs, so that everything until now is taken.
        #[arg(long)]
        close_epochs: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Go back to the numbers from before the last full run; they are kept for a day.
    #[command(after_help = "Example:\n  millrace batch rollback")]
    Rollback {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

impl Batch {
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let (mode, close_epochs, json) = match self {
            Self::Run {
                full,
                close_epochs,
                json,
            } => {
                let mode = if full { Mode::Full } else { Mode::Incremental };
                (mode, close_epochs, json)
            }
            Self::Rollback { json } => (Mode::Back, false, json),
        };
        let base = Base::open(&settings)?;
        let batch = base.batch(Arc::new(Rules::new()?))?;
        if close_epochs {
            let late = scheduling::close_epochs(&base).await?;
            if late > 0 {
                eprintln!(
                    "{late} collectors did not answer; their open epochs are not in this run"
                );
            }
        }
        let report = batch
            .run(move |deps| async move { batch_layer::run(&deps, mode).await })
            .await??;
        match json {
            true => println!("{}", serde_json::to_string(&report)?),
            false => print(&report),
        }
        Ok(match report.held.is_empty() {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    }
}

fn print(report: &Report) {
    match report.published {
        true => println!(
            "manifest {}: {} events of {} epochs in {} steps, {} files merged",
            report.manifest, report.events, report.epochs, report.steps, report.merged
        ),
        false => println!("manifest {}: nothing new", report.manifest),
    }
    for why in &report.held {
        println!("  {why}");
    }
    for (view, rows) in &report.changed {
        println!("  {view}: {rows} rows are not as they were");
    }
}
