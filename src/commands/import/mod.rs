//! `millrace import`: what other tools export, brought here.

mod api;
mod clicks;
mod links;
mod report;
mod totals;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use model::Hidden;

use crate::config::Options;

pub(super) const EXAMPLES: &str =
    "docs/IMPORT.md goes through it step by step: links first, then history or totals.";

#[derive(Debug, Subcommand)]
pub enum Import {
    /// Make links of a list that another tool exports; again it changes what has changed, and nothing else.
    #[command(after_help = links::EXAMPLES)]
    Links(links::Links),
    /// Bring counts over of a tool that exports nothing finer: a labelled part of answers, added to nothing.
    #[command(after_help = totals::EXAMPLES)]
    Totals(totals::Totals),
    /// Count history, clicks, views and conversions, one by one: straight into the object store, once.
    #[command(visible_alias = "conversions", after_help = clicks::EXAMPLES)]
    Clicks(clicks::Clicks),
}

impl Import {
    pub async fn run(self, options: Options) -> anyhow::Result<ExitCode> {
        match self {
            Self::Links(links) => links.run().await,
            Self::Totals(totals) => totals.run().await,
            Self::Clicks(clicks) => clicks.run(options.settings()?).await,
        }
    }
}

/// Where the API is, and who asks.
#[derive(Debug, Args)]
pub struct Door {
    /// The API.
    #[arg(long)]
    url: String,
    /// API key that may write.
    #[arg(long, env = "MILLRACE_KEY", hide_env_values = true)]
    key: Hidden<String>,
}

/// What all lists have.
#[derive(Debug, Args)]
pub struct Lists {
    /// Lists as they were exported: CSV or JSON, plain or packed with gzip. `-` is the standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The tool that made them; csv: any table with our columns.
    #[arg(long, value_parser = imports::links::Tool::NAMES)]
    from: String,
    /// A column or field, and what it is: `--map "Short code=slug"`.
    #[arg(long, value_name = "COLUMN=FIELD")]
    map: Vec<String>,
    /// Where rows go that are refused, each below its reason. [default: FILE.rejected]
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Lists {
    fn tool(&self) -> anyhow::Result<imports::links::Tool> {
        self.from.parse().map_err(anyhow::Error::msg)
    }

    /// Where refused rows of a file go.
    fn rejects_of(&self, file: &std::path::Path) -> PathBuf {
        beside(self.rejects.as_deref(), file, ".rejected")
    }
}

/// A file beside another one, unless it is named. Beside the standard input is the working folder.
fn beside(named: Option<&std::path::Path>, file: &std::path::Path, end: &str) -> PathBuf {
    if let Some(named) = named {
        return named.to_owned();
    }
    let mut name = match file.as_os_str() == "-" {
        true => "stdin".into(),
        false => file.as_os_str().to_owned(),
    };
    name.push(end);
    name.into()
}

/// Opens a file, or the standard input, which must be small: it is read into memory.
fn open_list(file: &std::path::Path) -> anyhow::Result<Box<dyn std::io::BufRead>> {
    match file.as_os_str() == "-" {
        true => Ok(Box::new(std::io::BufReader::new(std::io::stdin()))),
        false => Ok(Box::new(replay::open(file)?)),
    }
}
