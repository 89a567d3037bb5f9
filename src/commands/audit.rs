//! `millrace audit`.

use std::{process::ExitCode, sync::Arc};

use audit::{AuditDeps, EpochAudit, audit};
use clap::Args;
use handover::manifests::Manifests;

use crate::{
    config::Settings,
    wiring::{self, Base},
};

#[derive(Debug, Args)]
pub struct Audit {
    /// Read everything again, not only what no audit has found to agree yet.
    #[arg(long)]
    full: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Audit {
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let base = Base::open(&settings)?;
        let cells = match settings.redis.as_ref() {
            Some(redis) => Some(wiring::live(Some(redis)).await?.cells),
            None => None,
        };
        let deps = AuditDeps {
            store: Arc::clone(&base.env.store),
            manifests: Manifests::new(Arc::clone(&base.env.store)),
            catalog: base.catalog().await?,
            cells,
            clock: Arc::clone(&base.env.clock),
        };
        let audit = audit(&deps, self.full).await?;
        match self.json {
            true => println!("{}", serde_json::to_string(&audit)?),
            false => print(&audit),
        }
        // What differs raises the alarm of the installation. That nothing does takes it back only
        // if live numbers were looked at as well.
        if (!audit.agrees || deps.cells.is_some())
            && let Err(error) = audit::remember(&base.env, &audit).await
        {
            eprintln!("the audit could not be recorded: {error}");
        }
        Ok(match audit.agrees {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    }
}

fn print(audit: &audit::Audit) {
    println!(
        "{:26}  {:>6}  {:>10}  {:>10}  {:>10}  {:>10}",
        "log", "epoch", "accepted", "stored", "live", "batch"
    );
    audit.epochs.iter().for_each(print_epoch);
    if let Some(why) = &audit.live_unknown {
        println!("live: {why}");
    }
    for (what, reasons) in [
        ("unrecorded", &audit.unrecorded),
        ("rejected", &audit.rejected),
    ] {
        for (reason, events) in reasons {
            println!("{what}: {events} events, {reason}");
        }
    }
    if audit.checked_before > 0 {
        println!(
            "what manifest {} covers was found to agree before; --full reads it again",
            audit.checked_before
        );
    }
    println!("manifest {}: {} events", audit.manifest, audit.events);
    if audit.duplicates > 0 {
        println!(
            "{} of them are not counted: each has the sender's key of another",
            audit.duplicates
        );
    }
    for finding in &audit.findings {
        println!("DIFFERS  {finding}");
    }
    if audit.agrees {
        println!("everything agrees");
    }
}

fn print_epoch(epoch: &EpochAudit) {
    let number = |count: Option<u64>| count.map_or("-".into(), |n| n.to_string());
    let state = if epoch.sealed { "" } else { "  open" };
    let verdict = if epoch.agrees { "" } else { "  DIFFERS" };
    println!(
        "{}  {:>6}  {:>10}  {:>10}  {:>10}  {:>10}{state}{verdict}",
        epoch.log,
        epoch.epoch,
        epoch.accepted,
        epoch.stored,
        number(epoch.live_counted),
        number(epoch.batch_counted)
    );
}
