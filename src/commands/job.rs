//! `millrace jobs`.

use std::{process::ExitCode, sync::Arc};

use ::jobs::RunState;
use clap::Subcommand;
use serde_json::json;

use crate::{config::Settings, scheduling, wiring::Parts};

#[derive(Debug, Subcommand)]
pub enum Jobs {
    /// All jobs, with their last and next runs.
    List,
    /// Ask a running installation for a run, and wait for its end.
    #[command(after_help = "Example:\n  millrace jobs run rollup --close-epochs")]
    Run {
        /// The job.
        name: String,
        /// First have all collectors close their epochs.
        #[arg(long)]
        close_epochs: bool,
    },
    /// The newest runs of a job.
    History {
        /// The job.
        name: String,
        /// How many.
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
}

impl Jobs {
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let parts = Parts::open(settings, false).await?;
        let base = crate::wiring::Base {
            env: parts.env.clone(),
            limits: parts.settings.batch.clone(),
        };
        let catalog = Some(parts.catalog.clone());
        let batch = base.batch_with(Arc::clone(&parts.rules), catalog, None)?;
        let jobs = scheduling::Jobs::new(&parts, &batch)?;
        let jobs = jobs.client();
        let mut failed = false;
        let answer = match self {
            Jobs::List => json!({"items": jobs.list().await?}),
            Jobs::Run { name, close_epochs } => {
                let started = jobs.start(&name, close_epochs, true).await?;
                failed = started.state == RunState::Failed;
                json!(started)
            }
            Jobs::History { name, limit } => json!({"items": jobs.runs(&name, limit).await?}),
        };
        println!("{}", serde_json::to_string_pretty(&answer)?);
        Ok(match failed {
            true => ExitCode::FAILURE,
            false => ExitCode::SUCCESS,
        })
    }
}
