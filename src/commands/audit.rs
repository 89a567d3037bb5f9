//! `millrace audit`.

use std::{process::ExitCode, sync::Arc};

use clap::Args;
use enrich::Rules;

use crate::{config::Settings, mill::Mill, wiring::Base};

#[derive(Debug, Args)]
pub struct Audit {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Audit {
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let mill = Mill::new(&Base::open(&settings)?, Arc::new(Rules::new()?))?;
        let audit = mill
            .run(|deps| async move { batch_layer::audit(&deps).await })
            .await??;
        if self.json {
            println!("{}", serde_json::to_string(&audit)?);
        } else {
            print(&audit);
        }
        Ok(if audit.agrees() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

fn print(audit: &batch_layer::Audit) {
    println!(
        "{:26}  {:>6}  {:>10}  {:>10}  {:>10}",
        "log", "epoch", "accepted", "stored", "counted"
    );
    for epoch in &audit.epochs {
        let counted = epoch.counted.map_or("not yet".into(), |n| n.to_string());
        let verdict = if epoch.agrees() { "" } else { "  DIFFERS" };
        println!(
            "{}  {:>6}  {:>10}  {:>10}  {counted:>10}{verdict}",
            epoch.log, epoch.epoch, epoch.accepted, epoch.stored
        );
        if !epoch.lost.is_empty() {
            println!("    lost: {:?}", &epoch.lost[..epoch.lost.len().min(20)]);
        }
    }
    println!(
        "manifest {}: {} events, accounts' totals add up to {}",
        audit.manifest, audit.events, audit.totals
    );
    println!(
        "{}",
        if audit.agrees() {
            "everything agrees"
        } else {
            "something DIFFERS"
        }
    );
}
