//! `millrace salvage`.

use std::process::ExitCode;

use clap::Args;
use handover::salvage::{Salvaged, salvage};
use model::LogId;
use serde_json::json;

use crate::{
    config::Settings,
    wiring::{Base, live},
};

#[derive(Debug, Args)]
pub struct Salvage {
    /// The log whose disk is lost; `millrace audit` lists them all.
    #[arg(long)]
    log: LogId,
    /// Go on though Redis is lost too: only what is in the object store is kept.
    #[arg(long)]
    without_stream: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Salvage {
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let base = Base::open(&settings)?;
        let salvaged = match (self.without_stream, settings.redis.as_ref()) {
            (true, _) => salvage(&base.env.store, None, self.log).await?,
            (false, None) => anyhow::bail!(
                "the last events of the log may be in Redis: set --redis-url, or say --without-stream"
            ),
            (false, redis) => {
                let live = live(redis).await?;
                salvage(&base.env.store, Some(&*live.stream), self.log).await?
            }
        };
        match self.json {
            true => println!("{}", as_json(&salvaged)),
            false => print(&salvaged),
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn as_json(salvaged: &Salvaged) -> serde_json::Value {
    json!({
        "log": salvaged.end.log,
        "last_seq": salvaged.end.last_seq,
        "rescued": salvaged.rescued,
        "missing_from": salvaged.missing_from,
    })
}

fn print(salvaged: &Salvaged) {
    let end = &salvaged.end;
    println!("log {} ends at event {}", end.log, end.last_seq);
    println!(
        "{} events were brought from the stream to the store",
        salvaged.rescued
    );
    match salvaged.missing_from {
        Some(seq) => println!(
            "event {seq} is missing in the stream; it and later ones are on the lost disk alone"
        ),
        None => println!("the stream held nothing beyond that"),
    }
    println!("If the disk comes back, start its collector: it moves what is missing to a new log.");
}
