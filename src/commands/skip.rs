//! `millrace skip`.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use handover::{
    manifests::Manifests,
    raw::{self, Seal},
    skips::{self, Skips},
};
use model::{Epoch, LogId};
use serde_json::json;
use storage::store::{Store, StoreError};

use crate::{config::Settings, wiring::Base};

#[derive(Debug, Args)]
pub struct Skip {
    /// The log that is held back; the health of every process names it, and `millrace audit`.
    #[arg(long)]
    log: LogId,
    /// The epoch that cannot be taken.
    #[arg(long)]
    epoch: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Skip {
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let base = Base::open(&settings)?;
        let (store, log, epoch) = (&base.env.store, self.log, Epoch(self.epoch));
        let manifests = Manifests::new(store.clone());
        let next = manifests
            .latest()
            .await?
            .manifest
            .horizon
            .of(log)
            .epoch
            .next();
        if epoch != next {
            bail!(
                "epoch {epoch} does not hold back log {log}: the next one that batch takes of it is {next}; \
                 nothing was changed"
            );
        }
        let damages = damages(store, log, epoch).await?;
        if damages.is_empty() {
            bail!(
                "epoch {epoch} of log {log} can be read: the next rollup takes it; nothing was changed"
            );
        }
        Skips::add(&base.env, skips::Skip { log, epoch }).await?;
        match self.json {
            true => println!(
                "{}",
                json!({"log": log, "epoch": epoch, "given_up": damages})
            ),
            false => {
                damages.iter().for_each(|why| println!("given up: {why}"));
                println!("the next rollup takes the rest of epoch {epoch} and goes on");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What of an epoch cannot be read.
async fn damages(store: &Store, log: LogId, epoch: Epoch) -> anyhow::Result<Vec<String>> {
    let Some(seal) = self::seal(store, log, epoch).await? else {
        if seal(store, log, epoch.next()).await?.is_some() {
            return Ok(vec![format!("the seal of epoch {epoch}")]);
        }
        bail!(
            "the seal of epoch {epoch} cannot be read, and the next epoch is not sealed yet: only its seal \
             tells what belongs to this one; try again later"
        );
    };
    let Seal {
        segments, count, ..
    } = seal;
    let (mut damages, mut found) = (Vec::new(), 0);
    for number in segments.first.to(segments.last) {
        match raw::segment(store, log, number).await {
            Ok(Some(segment)) if segment.header.epoch == epoch => {
                found += segment.records.len() as u64;
            }
            Ok(Some(_)) => damages.push(format!("segment {number}, which is of another epoch")),
            Ok(None) => damages.push(raw::missing(log, number).to_string()),
            Err(error @ StoreError::Damaged { .. }) => damages.push(error.to_string()),
            Err(error) => return Err(error.into()),
        }
    }
    if damages.is_empty() && found != count {
        damages.push(format!(
            "its seal says {count} events, and its segments hold {found}"
        ));
    }
    Ok(damages)
}

/// A seal, if it is there and whole.
async fn seal(store: &Store, log: LogId, epoch: Epoch) -> Result<Option<Seal>, StoreError> {
    match raw::seal(store, log, epoch).await {
        Err(StoreError::Damaged { .. }) => Ok(None),
        read => read,
    }
}
