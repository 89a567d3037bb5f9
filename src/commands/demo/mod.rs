//! `millrace demo`: everything at once, with a sample that ends now and goes on.

mod check;
mod printed;
mod stream;
mod visitor;

use std::{
    io::Write,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use anyhow::{Context, bail};
use clap::Args;
use testdata::{Recent, expected};

use self::visitor::Visitor;
use crate::{
    config::Options,
    supervise::{self, Role, Running},
};

#[derive(Debug, Args)]
pub struct Demo {
    /// Folder to keep everything in; without it a temporary one, deleted at the end.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Compare all counts with the expected ones, live and settled, and end: 0 if they agree.
    #[arg(long)]
    check: bool,
}

impl Demo {
    pub async fn run(self, options: Options) -> anyhow::Result<ExitCode> {
        let temporary = match &self.dir {
            None => Some(tempfile::tempdir().context("a temporary folder cannot be made")?),
            Some(_) => None,
        };
        let folder = temporary
            .as_ref()
            .map(|t| t.path().to_owned())
            .or(self.dir.clone())
            .unwrap_or_default();
        refuse_used(&folder)?;
        let settings = Options {
            data_dir: Some(folder),
            collect_addr: Some(free(options.collect_addr, 8080)?),
            api_addr: Some(free(options.api_addr, 8081)?),
            ..options
        };
        let mut running = supervise::start(settings.settings()?, &Role::ALL).await?;
        let done = match self.check {
            true => compare(&running).await,
            false => go_on(&mut running).await.map(|()| true),
        };
        running.end().await?;
        done.map(|agrees| match agrees {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    }
}

fn refuse_used(folder: &Path) -> anyhow::Result<()> {
    if folder.join("log").exists() {
        bail!(
            "{} holds a demo already; give an empty folder, or run `millrace up --data-dir {}`",
            folder.display(),
            folder.display()
        );
    }
    Ok(())
}

/// The usual port, or any free one if it is taken and none was asked for.
fn free(asked: Option<SocketAddr>, usual: u16) -> anyhow::Result<SocketAddr> {
    if let Some(address) = asked {
        return Ok(address);
    }
    let bound =
        TcpListener::bind(("127.0.0.1", usual)).or_else(|_| TcpListener::bind(("127.0.0.1", 0)));
    Ok(bound.and_then(|l| l.local_addr())?)
}

/// Shows the sample, and keeps it alive until told to end.
async fn go_on(running: &mut Running) -> anyhow::Result<()> {
    let recent = Recent::until(running.parts.env.clock.now_ms())?;
    let visitor = Visitor::new(running, &recent).await?;
    arrive(&visitor, &recent).await?;
    settle(&visitor).await?;
    visitor
        .post_operator("/v1/jobs/forecast/runs?wait=true")
        .await?;
    printed::addresses(&visitor, running);
    println!("\nClicks, views and conversions go on. Ctrl-C ends it.");
    std::io::stdout().flush()?;
    let parts = Arc::clone(&running.parts);
    let stream = stream::run(&visitor, &recent, &parts);
    // Told to end, a request under way is given up: nobody waits for its event.
    tokio::select! {
        never = stream => match never {},
        told = running.until_told() => told,
    }
}

/// Whether all counts of exactly what was sent are as expected, live and settled. Nothing is
/// streamed meanwhile.
async fn compare(running: &Running) -> anyhow::Result<bool> {
    let recent = Recent::until(running.parts.env.clock.now_ms())?;
    let visitor = Visitor::new(running, &recent).await?;
    let expected = expected::count(&recent.events);
    arrive(&visitor, &recent).await?;
    let live = check::agrees(&visitor, "live", &expected).await?;
    settle(&visitor).await?;
    let settled = check::agrees(&visitor, "settled", &expected).await?;
    println!(
        "{}",
        match live && settled {
            true => "\nAll counts are as expected.",
            false => "\nCounts DIFFER from the expected ones.",
        }
    );
    Ok(live && settled)
}

/// Sends the sample and waits until all of it is counted live.
async fn arrive(visitor: &Visitor, recent: &Recent) -> anyhow::Result<()> {
    println!(
        "Sample account {} is set up: links, pixels, goals, campaigns.",
        visitor.account
    );
    visitor.create_objects().await?;
    let start = Instant::now();
    let sent = visitor.replay(&recent.events).await?;
    println!(
        "Replayed {sent} events of the last {} days in {:.1} s, each on disk before it was acknowledged.",
        recent.days(),
        start.elapsed().as_secs_f64()
    );
    let live = visitor.wait_for_all(recent.events.len() as u64).await?;
    println!(
        "\nLive, {} s after the first event:",
        start.elapsed().as_secs()
    );
    printed::totals(&live);
    Ok(())
}

/// Has everything settled by a batch.
async fn settle(visitor: &Visitor) -> anyhow::Result<()> {
    let run = visitor
        .post_operator("/v1/jobs/rollup/runs?close_epochs=true&wait=true")
        .await?;
    println!("\nA batch has settled everything: {}", run["run"]["detail"]);
    printed::totals(&visitor.totals().await?);
    Ok(())
}
