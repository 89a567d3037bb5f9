//! A batch: takes, reads and publishes as the rollup does, and lists events where the rollup rolls up.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use handover::{
    directory::Directory,
    manifest::{File, Manifest},
    manifests::{Manifests, Published},
    raw, sealed,
    skips::Skips,
};
use model::{EntityId, LogId, Seq};
use object_store::{ObjectStoreExt, path::Path};
use storage::{
    ledger::{Appended, Stamp},
    store::{Store, read},
};

use crate::{gate::Process, oracle::Number, world::World};

/// What is settled, by entity.
pub(crate) type Settled = BTreeMap<EntityId, Vec<Number>>;

const VIEW: &str = "settled";
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Runs batches until the process ends.
pub(crate) async fn run(world: Arc<World>, process: Process) {
    let (store, _) = world.store_of(&process);
    let manifests = Manifests::new(Arc::clone(&store));
    loop {
        let pause = if world.profile.hasty { 300 } else { 1500 };
        world.gate.idle(Duration::from_millis(pause)).await;
        if let Err(error) = once(&world, &store, &manifests).await {
            world.gate.note(|| format!("batch: {error}"));
        }
    }
}

async fn once(world: &World, store: &Store, manifests: &Manifests) -> Result<(), Failed> {
    let current = manifests.latest().await?;
    let horizon = &current.manifest.horizon;
    let mut directory = Directory::default();
    directory.refresh(store).await?;
    let seals = sealed::beyond(
        store,
        &directory,
        horizon,
        |_| None,
        &Skips::default(),
        u64::MAX,
    )
    .await?;
    if seals.is_empty() {
        return Ok(());
    }
    let mut settled = settled_of(store, &current).await?;
    let mut manifest = (*current.manifest).clone();
    for seal in seals {
        let mut count = 0;
        for number in seal.segments.first.to(seal.segments.last) {
            let segment = raw::segment(store, seal.log, number).await?;
            let Some(segment) = segment else {
                world.oracle.fail(format!(
                    "seal {} of {} names segment {number}, which is not stored",
                    seal.epoch, seal.log
                ));
                return Ok(());
            };
            for record in &segment.records {
                count += 1;
                let number = record.event.country.trim_start_matches('e').parse()?;
                let facts = world.rules.facts(&record.event);
                world.oracle.counted_as(number, facts.bot.is_some());
                for entity in record.event.entities() {
                    settled.entry(entity).or_default().push(number);
                }
            }
        }
        if count != seal.count {
            world.oracle.fail(format!(
                "seal {} of {} says {} events, there are {count}",
                seal.epoch, seal.log, seal.count
            ));
        }
        manifest.horizon.0.insert(seal.log, seal.covered());
        manifest.events_count += count;
    }
    let name = format!("{:032x}", world.gate.number());
    let body = settled
        .iter()
        .map(|(entity, numbers)| (entity.to_string(), numbers));
    let body = serde_json::to_vec(&body.collect::<BTreeMap<_, _>>())?;
    store.put(&path_of(&name), body.into()).await?;
    let file = File {
        name,
        rows: 0,
        bytes: 0,
    };
    let view = manifest.day_views.entry(VIEW.into()).or_default();
    view.insert(0, file);
    let stamp = Stamp {
        nonce: world.gate.number(),
        at_ms: 0,
    };
    if manifests.publish(&current, &manifest, stamp).await? == Appended::Yes {
        world
            .gate
            .note(|| format!("MANIFEST {} {:?}", current.n + 1, manifest.horizon));
        check(world, &manifest, &settled).await;
    }
    Ok(())
}

async fn check(world: &World, manifest: &Manifest, settled: &Settled) {
    world.oracle.look_at_store(&world.bucket.truth()).await;
    let horizon: BTreeMap<LogId, Seq> = manifest
        .horizon
        .0
        .iter()
        .map(|(log, c)| (*log, c.seq))
        .collect();
    for entity in &world.entities {
        let numbers = settled.get(entity).map_or(&[][..], Vec::as_slice);
        if let Err(why) = world.oracle.check_settled(*entity, numbers, &horizon) {
            world.oracle.fail(why);
        }
    }
}

fn path_of(name: &str) -> Path {
    Path::from(format!("simulated/{name}.json"))
}

/// What a manifest has settled.
pub(crate) async fn settled_of(store: &Store, published: &Published) -> Result<Settled, Failed> {
    let file = published
        .manifest
        .day_views
        .get(VIEW)
        .and_then(|v| v.get(&0));
    let Some(file) = file else {
        return Ok(Settled::new());
    };
    let bytes = read(store, &path_of(&file.name))
        .await?
        .ok_or("a view is gone")?;
    let named: BTreeMap<String, Vec<Number>> = serde_json::from_slice(&bytes)?;
    let settled = named
        .into_iter()
        .map(|(name, numbers)| Ok((name.parse()?, numbers)));
    settled.collect()
}
