//! `millrace batch …`.

mod shown;

use std::{process::ExitCode, sync::Arc};

use anyhow::Context;
use batch_layer::{By, DoorRules, Mode, Question};
use catalog::Catalog;
use clap::{Args, Subcommand, ValueEnum};
use enrich::Rules;
use model::{EntityId, EntityKind};

use crate::{batch_runtime::BatchRuntime, config::Settings, lists, scheduling, wiring::Base};

/// Rows shown after `--stage`.
const ROWS_AT_FIRST: usize = 20;

#[derive(Debug, Subcommand)]
pub enum Batch {
    /// Roll up what has been sealed since the last run, and publish the views.
    #[command(
        after_help = "Examples:\n  millrace batch run\n  millrace batch run --full --json\n  millrace batch run --full --stage   then: millrace batch diff, and millrace batch publish or discard"
    )]
    Run {
        /// Recompute everything that is settled from raw with today's rules, excluded networks and lists. One that was cut
        /// off goes on where it was; the schedule may go on meanwhile. What is staged is published by it.
        #[arg(long)]
        full: bool,
        /// Recompute, and stop before anything is published: show what would change. It is kept until it is published
        /// or thrown away.
        #[arg(long, requires = "full", conflicts_with = "close_epochs")]
        stage: bool,
        /// First have all collectors close their epochs, so that everything until now is taken.
        #[arg(long)]
        close_epochs: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// What publishing what is staged would change, and why. What has been settled since is counted into it first.
    #[command(
        after_help = "Examples:\n  millrace batch diff\n  millrace batch diff --by day --account acc_0000000000001\n  millrace batch diff --by link --limit 100 --json"
    )]
    Diff(DiffArgs),
    /// Publish what is staged, with what has been settled since. What it replaces is kept for a day.
    #[command(after_help = "Example:\n  millrace batch publish")]
    Publish {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Throw away what is staged.
    #[command(after_help = "Example:\n  millrace batch discard")]
    Discard {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Go back to the numbers from before the last full run; they are kept for a day. What has been settled since is
    /// counted into them.
    #[command(after_help = "Example:\n  millrace batch rollback")]
    Rollback {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// Only of this account.
    #[arg(long, value_parser = account)]
    account: Option<EntityId>,
    /// What a row is. Days are of UTC.
    #[arg(long, value_enum, default_value_t = Rows::Account)]
    by: Rows,
    /// Rows, at most.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    limit: u16,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Rows {
    Account,
    Day,
    /// A link, pixel or goal.
    Link,
}

fn account(text: &str) -> Result<EntityId, String> {
    let id: Result<EntityId, _> = text.parse();
    let id = id.map_err(|e| format!("{e}"))?;
    match id.kind {
        EntityKind::Account => Ok(id),
        other => Err(format!(
            "it is the id of a {}, not of an account",
            other.name()
        )),
    }
}

impl Batch {
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let base = Base::open(&settings)?;
        let catalog = base.catalog().await?;
        let door_rules = match &self {
            Self::Run { full: true, .. } => Some(door_rules(&catalog, &settings)?),
            _ => None,
        };
        let batch = base.batch_with(Arc::new(Rules::new()?), Some(catalog), door_rules)?;
        let (mode, json) = match self {
            Self::Diff(args) => return args.show(&batch).await,
            Self::Run {
                full,
                stage,
                close_epochs,
                json,
            } => {
                if close_epochs {
                    self::close_epochs(&base).await?;
                }
                let mode = match (full, stage) {
                    (true, true) => Mode::Stage,
                    (true, false) => Mode::Full,
                    (false, _) => Mode::Incremental,
                };
                (mode, json)
            }
            Self::Publish { json } => (Mode::Publish, json),
            Self::Discard { json } => (Mode::Discard, json),
            Self::Rollback { json } => (Mode::Back, json),
        };
        let report = batch
            .run(move |deps| async move { batch_layer::run(&deps, mode).await })
            .await??;
        let held = !report.held.is_empty();
        match (mode, json) {
            // What would change is the answer.
            (Mode::Stage, json) => {
                if !json {
                    shown::staged(&report);
                }
                let question = Question {
                    account: None,
                    by: By::Account,
                    limit: ROWS_AT_FIRST,
                };
                show(&batch, question, json).await?;
            }
            (_, true) => println!("{}", serde_json::to_string(&report)?),
            (Mode::Discard, false) => println!("what was staged is thrown away; no number changed"),
            (_, false) => shown::report(&report),
        }
        Ok(match held {
            false => ExitCode::SUCCESS,
            true => ExitCode::FAILURE,
        })
    }
}

/// What doors decide by now.
fn door_rules(catalog: &Catalog, settings: &Settings) -> anyhow::Result<DoorRules> {
    let excluded = catalog.read(|state| {
        let all = state.accounts(None, usize::MAX).into_iter();
        let networks =
            all.map(|account| (account.id.raw, account.settings.excluded_networks.clone()));
        networks
            .filter(|(_, networks)| !networks.is_empty())
            .collect()
    });
    let lists = settings.lists.as_deref().map(lists::read).transpose()?;
    Ok(DoorRules {
        excluded,
        lists: lists.map(|lists| lists.text().to_owned()),
    })
}

async fn close_epochs(base: &Base) -> anyhow::Result<()> {
    let late = scheduling::close_epochs(base).await?;
    if late > 0 {
        eprintln!("{late} collectors did not answer; their open epochs are not in this run");
    }
    Ok(())
}

impl DiffArgs {
    async fn show(self, batch: &BatchRuntime) -> anyhow::Result<ExitCode> {
        let question = Question {
            account: self.account,
            by: match self.by {
                Rows::Account => By::Account,
                Rows::Day => By::Day,
                Rows::Link => By::Link,
            },
            limit: self.limit.into(),
        };
        show(batch, question, self.json).await?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn show(batch: &BatchRuntime, question: Question, json: bool) -> anyhow::Result<()> {
    let diff = batch
        .run(move |deps| async move { batch_layer::diff(&deps, &question).await })
        .await?
        .context("what is staged cannot be compared")?;
    match json {
        true => println!("{}", serde_json::to_string(&diff)?),
        false => shown::diff(&diff),
    }
    Ok(())
}
