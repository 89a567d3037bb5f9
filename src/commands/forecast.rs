//! `millrace forecast` and `millrace m4`.

use std::{io::Write, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Args;

#[derive(Debug, Args)]
pub struct Forecast {
    /// CSV file with the columns series,time,value.
    file: PathBuf,
    /// Steps to forecast.
    #[arg(long)]
    horizon: usize,
    /// Steps in a season: 24 for hours, 7 for days.
    #[arg(long)]
    season: usize,
    /// File to write instead of the standard output.
    #[arg(long)]
    out: Option<PathBuf>,
}

impl Forecast {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let work = move || {
            let mut text = Vec::new();
            batch_layer::forecast::forecast_csv(&self.file, &mut text, self.horizon, self.season)?;
            match &self.out {
                Some(path) => std::fs::write(path, &text)
                    .with_context(|| format!("cannot write {}", path.display())),
                None => Ok(std::io::stdout().write_all(&text)?),
            }
        };
        tokio::task::spawn_blocking(work).await??;
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints our scores beside the published ones.
pub async fn m4(folder: PathBuf) -> anyhow::Result<ExitCode> {
    let report =
        tokio::task::spawn_blocking(move || batch_layer::forecast::evaluate_m4(&folder)).await??;
    println!("{report}");
    Ok(ExitCode::SUCCESS)
}
