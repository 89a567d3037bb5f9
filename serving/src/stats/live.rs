//! The live part of an answer: tries for a little while to get all of it.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use handover::{
    manifests::Published,
    overview::Seen,
    reading::{self, Content, Missing, Reader, Why},
};
use model::{EntityId, EntityKind};
use moka::future::Cache;
use storage::{bell::Bell, error::StorageError};
use tokio::time::Instant;
use web::Problem;

use crate::app::App;

/// Tries to get a complete reading before an incomplete one is given.
const TRIES: u32 = 8;
/// Pause between tries: cells may be being folded anew.
const PAUSE: Duration = Duration::from_millis(40);
/// For so long what was missing after all tries is taken to be missing still.
const REMEMBERED: Duration = Duration::from_secs(2);
/// How old a reading may be that live streams share, a little less than the time between messages:
/// one stream alone sees all of its messages fresh.
const SHARED: Duration = Duration::from_millis(900);
/// Readings that are shared: each may hold megabytes of cells.
const MOST_SHARED: u64 = 64;

/// How old a reading may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    /// It begins after it is asked for.
    Now,
    /// Somebody else may have begun it within the last second.
    Second,
}

/// The live part of one entity's numbers, and the manifest it adds to.
#[derive(Clone)]
pub(crate) struct Reading {
    /// The settled part is this one's.
    pub published: Published,
    /// Cells of epochs beyond the manifest.
    pub live: Arc<reading::Reading>,
    /// What may be missing, and why; empty: complete.
    pub missing: Vec<Missing>,
}

/// What readings of one process share.
pub(crate) struct Readings {
    shared: Cache<EntityId, Reading>,
    /// What those that are shared were made of, for the next ones.
    contents: Cache<EntityId, Arc<Content>>,
    /// Held by the one that tries again; the others wait for what it finds.
    turn: tokio::sync::Mutex<()>,
    /// How many have tried again.
    rounds: AtomicU64,
    /// What was missing after all tries.
    missing: Mutex<Option<Tried>>,
}

/// What was missing after all tries, when, and how often the bell had rung.
struct Tried {
    missing: Vec<Missing>,
    at: Instant,
    strokes: u64,
}

impl Default for Readings {
    fn default() -> Self {
        Self {
            shared: Cache::builder()
                .max_capacity(MOST_SHARED)
                .time_to_live(SHARED)
                .build(),
            contents: Cache::new(MOST_SHARED),
            turn: tokio::sync::Mutex::default(),
            rounds: AtomicU64::new(0),
            missing: Mutex::default(),
        }
    }
}

impl Readings {
    fn rounds(&self) -> u64 {
        self.rounds.load(Ordering::SeqCst)
    }

    /// Whether all of this was missing a moment ago, after all tries. Streams, which read again in a second, take it
    /// for missing until the bell rings.
    fn explain(&self, missing: &[Missing], age: Age, bell: &Bell) -> bool {
        let known = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().is_some_and(|tried| {
            let holds = match age {
                Age::Now => tried.at.elapsed() < REMEMBERED,
                Age::Second => bell.holds(tried.strokes, tried.at.elapsed(), REMEMBERED),
            };
            holds && missing.iter().all(|m| tried.missing.contains(m))
        })
    }

    fn remember(&self, missing: &[Missing], strokes: u64) {
        let tried = Tried {
            missing: missing.to_vec(),
            at: Instant::now(),
            strokes,
        };
        *self.missing.lock().unwrap_or_else(PoisonError::into_inner) = Some(tried);
    }
}

/// Reads the live cells of `entity`; tries again for a little while if something is missing.
pub(crate) async fn read(app: &App, entity: EntityId) -> Result<Reading, Problem> {
    read_at(app, entity, Age::Now).await
}

async fn read_at(app: &App, entity: EntityId, age: Age) -> Result<Reading, Problem> {
    app.look_once().await?;
    let rounds = app.readings.rounds();
    let reading = read_once(app, entity, age).await;
    let is_known = |missing: &[Missing]| app.readings.explain(missing, age, &app.env.bell);
    let may_pass = reading.missing.iter().any(|missing| missing.why.may_pass());
    if !may_pass || is_known(&reading.missing) {
        return Ok(reading);
    }
    let turn = app.readings.turn.lock().await;
    if app.readings.rounds() > rounds {
        // Somebody else has tried meanwhile: what is missing now will be for a while.
        drop(turn);
        return Ok(read_once(app, entity, age).await);
    }
    let tried = try_again(app, entity, reading).await;
    app.readings.rounds.fetch_add(1, Ordering::SeqCst);
    tried
}

async fn try_again(app: &App, entity: EntityId, mut reading: Reading) -> Result<Reading, Problem> {
    let strokes = app.env.bell.strokes();
    for _ in 1..TRIES {
        tokio::time::sleep(PAUSE).await;
        app.refresh().await?;
        reading = read_once(app, entity, Age::Now).await;
        if reading.missing.is_empty() {
            return Ok(reading);
        }
    }
    app.readings.remember(&reading.missing, strokes);
    Ok(reading)
}

/// Like [`read`], or what somebody else has read, if it may be as old as that.
pub(crate) async fn read_of(app: &App, entity: EntityId, age: Age) -> Result<Reading, Problem> {
    match age {
        Age::Now => read(app, entity).await,
        Age::Second => {
            let shared = &app.readings.shared;
            let reading = shared.try_get_with(entity, read_at(app, entity, age)).await;
            reading.map_err(Arc::unwrap_or_clone)
        }
    }
}

/// With the live store down the settled part is still true, and said to be a part.
async fn read_once(app: &App, entity: EntityId, age: Age) -> Reading {
    let seen = app.overview.seen();
    let live = read_live(app, &seen, entity, age)
        .await
        .unwrap_or_else(|error| {
            tracing::warn!(%error, "live cells cannot be read");
            let missing = vec![Missing {
                log: None,
                why: Why::NoAnswer,
            }];
            reading::Reading {
                missing,
                ..reading::Reading::default()
            }
        });
    Reading {
        published: seen.published,
        missing: live.missing.clone(),
        live: Arc::new(live),
    }
}

async fn read_live(
    app: &App,
    seen: &Seen,
    entity: EntityId,
    age: Age,
) -> Result<reading::Reading, StorageError> {
    let account = match entity.kind {
        EntityKind::Account => Some(entity),
        _ => app.catalog.describe(entity).map(|known| known.account),
    };
    let reader = Reader {
        published: &seen.published,
        directory: &seen.directory,
        store: &app.env.store,
        fences: &app.fences,
        cells: &*app.cells,
        account,
        now_ms: app.env.clock.now_ms(),
    };
    if age == Age::Now {
        return reader.read(entity).await;
    }
    // While nothing changes, streams do not look for fences either.
    let contents = &app.readings.contents;
    let before = contents.get(&entity).await;
    let (reading, content) = reader.read_again(entity, before.as_deref()).await?;
    contents.insert(entity, Arc::new(content)).await;
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;
    use crate::testing::{Site, clicks};

    #[tokio::test]
    async fn what_is_missing_is_found_out_once_for_all() {
        let (site, counted) = Site::counted().await;
        let (account, _) = site.account().await;
        site.stream(&clicks(account, 1, 1, 4)).await;
        let many = || join_all((0..50).map(|_| read(&site.app, account)));
        let before = counted.requests();
        let incomplete = |all: Vec<Result<Reading, Problem>>| {
            all.into_iter()
                .all(|reading| !reading.unwrap().missing.is_empty())
        };
        assert!(incomplete(many().await));
        let asked = (counted.requests() - before).all();
        // Each lists the fences twice, and one of them tries again.
        assert!(asked < 50 * 2 + 40, "{asked}");
        let before = counted.requests();
        assert!(incomplete(many().await));
        let asked = (counted.requests() - before).all();
        assert!(asked <= 50, "it is remembered: {asked}");
        site.fold(&clicks(account, 1, 1, 4)).await;
        assert!(
            !incomplete(many().await),
            "what is there now is seen at once"
        );
    }

    #[tokio::test]
    async fn live_streams_of_an_account_share_a_reading() {
        let (site, counted) = Site::counted().await;
        let (account, _) = site.account().await;
        site.fold(&clicks(account, 1, 1, 4)).await;
        site.refresh().await;
        let before = counted.requests();
        join_all((0..50).map(|_| read_of(&site.app, account, Age::Second))).await;
        assert_eq!((counted.requests() - before).all(), 1);
        read_of(&site.app, account, Age::Now).await.unwrap();
        assert_eq!(
            (counted.requests() - before).all(),
            2,
            "an answer is of now"
        );
    }
}
