//! Who imports histories: each of them again and again, beside others who do the same, with a program that may cut them
//! into segments differently.

use std::{sync::Arc, time::Duration};

use handover::imported::{Begun, Done, ImportId, Put, Standing, Writer};
use model::{EntityId, EntityKind, Event};
use storage::store::Store;

use crate::{
    gate::{Gate, Process},
    oracle::Oracle,
    world::{OBJECTS, World},
};

/// Histories in an installation, and events in one, at most.
const HISTORIES: u64 = 2;
const MOST: u64 = 8;
/// Events in a segment, as most programs cut them.
const USUAL: u64 = 3;
/// When the first event of a history occurred.
const LONG_AGO_MS: i64 = 1_690_000_000_000;

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// A history that is imported.
pub(crate) struct History {
    id: ImportId,
    events: Vec<Event>,
}

/// The histories of an installation.
pub(crate) fn histories(gate: &Gate, oracle: &Oracle) -> Vec<History> {
    let history = |number: u64| {
        let events = 1 + gate.below(MOST);
        let event = |minute| {
            let object = 1 + gate.below(OBJECTS);
            oracle.event(object, LONG_AGO_MS + minute as i64 * 60_000, false)
        };
        let events: Vec<Event> = (0..events).map(event).collect();
        oracle.history(&events);
        let name = format!("history-{number}");
        let id = ImportId {
            account: EntityId::new(EntityKind::Account, 1),
            contents: name.clone(),
            name,
        };
        History { id, events }
    };
    (0..=gate.below(HISTORIES)).map(history).collect()
}

/// Imports until the process ends.
pub(crate) async fn run(world: Arc<World>, process: Process) {
    let (store, _) = world.store_of(&process);
    loop {
        world.gate.idle(Duration::from_secs(2)).await;
        let which = world.gate.below(world.histories.len() as u64);
        let Some(history) = world.histories.get(which as usize) else {
            return;
        };
        match import(&world, &store, history).await {
            Ok(done) => {
                world
                    .gate
                    .note(|| format!("IMPORTED {which} as {}", done.log));
                world.oracle.look_at_store(&world.bucket.truth()).await;
                world.oracle.acknowledged_import(done.log);
            }
            Err(error) => world.gate.note(|| format!("import {which}: {error}")),
        }
    }
}

/// As the command does it.
async fn import(world: &World, store: &Store, history: &History) -> Result<Done, Failed> {
    let now_ms = || world.clock().now_ms();
    let mut begun = match history.id.begin(store, now_ms()).await? {
        Standing::Done(done) => return Ok(done),
        Standing::Begun(begun) => begun,
    };
    loop {
        if let Some(done) = attempt(world, store, history, &begun).await? {
            return Ok(done);
        }
        begun = history.id.begin_again(store, &begun, now_ms()).await?;
    }
}

/// Writes all of it; nothing if what is stored is something else.
async fn attempt(
    world: &World,
    store: &Store,
    history: &History,
    begun: &Begun,
) -> Result<Option<Done>, Failed> {
    let size = match world.gate.chance(0.2) {
        true => 1 + world.gate.below(MOST),
        false => USUAL,
    };
    let mut writer = Writer::new(Arc::clone(store), &history.id, begun);
    for events in history.events.chunks(size as usize) {
        let received = |event: &Event| Event {
            received_ms: begun.begun_ms,
            ..event.clone()
        };
        let events = events.iter().map(received).collect();
        if writer.put(events).await? == Put::Other {
            return Ok(None);
        }
    }
    let Some(written) = writer.seal().await? else {
        return Ok(None);
    };
    Ok(Some(history.id.finish(store, begun, written).await?))
}
