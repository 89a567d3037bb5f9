//! Those who act: each is the product's own code, in a process that may die at any step.

pub(crate) mod batch;
pub(crate) mod collector;
pub(crate) mod importer;
pub(crate) mod reader;
mod writer;

use std::{sync::Arc, time::Duration};

use handover::{
    overview::Overview,
    salvage::{SalvageError, salvage},
};
use model::LogId;
use speed_layer::{SpeedDeps, SpeedSettings};
use storage::leases::AllGranted;
use tokio_util::sync::CancellationToken;
use web::Health;

use crate::{gate::Process, world::World};

/// A speed layer that follows all logs.
pub(crate) async fn speed(world: Arc<World>, process: Process) {
    let redis = world.cluster.of(&process);
    let (store, bell) = world.store_of(&process);
    let deps = SpeedDeps {
        overview: Overview::new(Arc::clone(&store), bell.clone()),
        bell: bell.clone(),
        store,
        stream: redis.clone(),
        cells: redis,
        // Leases only save work: without them two workers follow every log, which is harder.
        leases: Arc::new(AllGranted),
        worker: 0,
        rules: Arc::clone(&world.rules),
        clock: world.clock(),
        health: Health::default(),
    };
    let settings = SpeedSettings {
        flush_interval: Duration::from_millis(world.gate.below(30)),
    };
    let folding = speed_layer::run(deps, settings, CancellationToken::new());
    tokio::select! {
        biased;
        () = folding => {}
        () = bell.keep() => {}
    }
}

/// An operator who ends a log whose collector seems to be lost.
pub(crate) async fn operator(world: Arc<World>, process: Process, log: LogId) {
    let (store, _) = world.store_of(&process);
    let redis = world.cluster.of(&process);
    while !world.is_drained(log) {
        match salvage(&store, Some(&*redis), log).await {
            Ok(salvaged) => {
                world.gate.note(|| format!("SALVAGED {salvaged:?}"));
                return;
            }
            // Nothing of it was ever stored or streamed.
            Err(SalvageError::Unknown(_)) => return,
            Err(error) => world.gate.note(|| format!("salvage of {log}: {error}")),
        }
        world.gate.idle(Duration::from_millis(500)).await;
    }
}
