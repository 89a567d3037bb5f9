//! A reader with caches of its own, who never sees a wrong number called complete.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use handover::{
    fences::Fences,
    overview::Overview,
    reading::{Content, Reader, Reading},
};
use model::EntityId;
use storage::{bell::Bell, store::Store};

use super::batch::settled_of;
use crate::{
    gate::Process,
    oracle::{Number, numbers_in},
    world::World,
};

/// What a reader keeps between readings.
pub(crate) struct Eyes {
    process: Process,
    store: Store,
    overview: Overview,
    bell: Bell,
    fences: Fences,
    /// What live streams were shown last.
    contents: BTreeMap<EntityId, Content>,
    looked: bool,
    highest: BTreeMap<EntityId, BTreeSet<Number>>,
}

/// Reads until the process ends.
pub(crate) async fn run(world: Arc<World>, process: Process) {
    let mut eyes = Eyes::new(&world, process);
    let bell = eyes.bell.clone();
    let looking = async {
        loop {
            if !eyes.looked || world.gate.chance(0.4) {
                eyes.refresh().await;
            }
            let entity = world.entities[world.gate.below(world.entities.len() as u64) as usize];
            if eyes.looked {
                eyes.read(&world, entity).await;
            }
            world.gate.idle(Duration::from_millis(60)).await;
        }
    };
    tokio::select! {
        biased;
        () = looking => {}
        () = bell.keep() => {}
    }
}

impl Eyes {
    pub(crate) fn new(world: &World, process: Process) -> Self {
        let (store, bell) = world.store_of(&process);
        Self {
            overview: Overview::new(Arc::clone(&store), bell.clone()),
            store,
            process,
            fences: Fences::new(bell.clone()),
            bell,
            contents: BTreeMap::new(),
            looked: false,
            highest: BTreeMap::new(),
        }
    }

    /// Looks for a manifest and logs, as the API does.
    pub(crate) async fn refresh(&mut self) {
        self.looked |= self.overview.look().await.is_ok();
    }

    /// Reads one entity and checks it; what is counted, if that is complete.
    pub(crate) async fn read(
        &mut self,
        world: &World,
        entity: EntityId,
    ) -> Option<BTreeSet<Number>> {
        let seen = self.overview.seen();
        let published = seen.published;
        let redis = world.cluster.of(&self.process);
        let reader = Reader {
            published: &published,
            directory: &seen.directory,
            store: &self.store,
            fences: &self.fences,
            cells: &*redis,
            account: world.entities.first().copied(),
            now_ms: world.clock().now_ms(),
        };
        // As a live stream does: while nothing changes, fences are not looked for.
        let before = self.contents.get(&entity).filter(|_| world.profile.bell);
        let Ok((reading, content)) = reader.read_again(entity, before).await else {
            return None;
        };
        self.contents.insert(entity, content);
        let settled = settled_of(&world.bucket.truth(), &published).await;
        let settled = match settled {
            Ok(settled) => settled.get(&entity).cloned().unwrap_or_default(),
            Err(error) => {
                world
                    .oracle
                    .fail(format!("manifest {}: {error}", published.n));
                return None;
            }
        };
        world.oracle.look_at_store(&world.bucket.truth()).await;
        world.count_reading(reading.missing.is_empty());
        if !reading.missing.is_empty() {
            world
                .gate
                .note(|| format!("incomplete {entity} {:?}", reading.missing));
            return None;
        }
        let counted = self.check(world, entity, settled, &reading);
        world.gate.note(|| {
            format!(
                "read {entity} {counted:?} manifest {} as of {:?}",
                published.n, reading.as_of
            )
        });
        Some(counted)
    }

    fn check(
        &mut self,
        world: &World,
        entity: EntityId,
        settled: Vec<Number>,
        reading: &Reading,
    ) -> BTreeSet<Number> {
        let live = reading.cells.iter().flat_map(numbers_in);
        let live = live.map(|(number, is_bot)| {
            world.oracle.counted_as(number, is_bot);
            number
        });
        let counted: Vec<Number> = settled.into_iter().chain(live).collect();
        if let Err(why) = world.oracle.check(entity, &counted, &reading.as_of) {
            world.oracle.fail(why);
        }
        let counted: BTreeSet<Number> = counted.into_iter().collect();
        let highest = self.highest.entry(entity).or_default();
        // What was shown is lost only if a log was ended after its stream had lost something.
        let may_fall = world.lost_a_disk() && world.cluster.losses() > 0;
        if !may_fall && !highest.is_subset(&counted) {
            let gone: Vec<_> = highest.difference(&counted).collect();
            world.oracle.fail(format!(
                "{entity} had counted {gone:?} and no longer does, as of {:?}",
                reading.as_of
            ));
        }
        highest.clone_from(&counted);
        counted
    }
}
