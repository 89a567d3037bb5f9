//! Sends to all webhooks, in one process at a time.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use catalog::{Catalog, Webhook, webhook::Begins};
use enrich::Rules;
use handover::overview::{Overview, Seen};
use model::Horizon;
use storage::{
    env::Env,
    error::StorageError,
    leases::{Leases, WEBHOOKS},
    stream::EventStream,
};
use tokio::{sync::Semaphore, task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    courier::Courier,
    feed::Feed,
    restated::{Restated, Until},
    segments::Segments,
    sender::Sender,
};

/// How often it is looked for something new.
const TURN: Duration = Duration::from_secs(1);
/// How long the lease lasts without being renewed: so long messages may wait for another process.
const TTL: Duration = Duration::from_secs(10);
/// How long a step may take to end when this process ends.
const PATIENCE: Duration = Duration::from_secs(20);
/// Webhooks of one account that are told at once.
const OF_ACCOUNT: usize = 4;
/// Webhooks that are told at once, and those of them whose receivers fail, which have room of their own.
const SOUND: usize = 64;
const FAILING: usize = 16;
/// Manifests that are remembered.
const BASES: usize = 256;

/// What messages are made of, and sent with.
pub struct DeliveriesDeps {
    /// Store, time, randomness.
    pub env: Env,
    /// Tells when something may be stored.
    pub stream: Arc<dyn EventStream>,
    /// Who sends.
    pub leases: Arc<dyn Leases>,
    /// This process's own number.
    pub worker: u64,
    /// Accounts, webhooks, names of objects.
    pub catalog: Catalog,
    /// Which logs there are.
    pub overview: Overview,
    /// What is known of events.
    pub rules: Arc<Rules>,
    /// Sends.
    pub sender: Arc<dyn Sender>,
}

/// What all couriers work with.
pub(crate) struct Shared {
    pub env: Env,
    pub catalog: Catalog,
    pub overview: Overview,
    pub rules: Arc<Rules>,
    pub sender: Arc<dyn Sender>,
    pub segments: Arc<Segments>,
    pub feed: Feed,
    pub sound: Arc<Semaphore>,
    pub failing: Arc<Semaphore>,
    pub restated: Restated,
    bases: Mutex<BTreeMap<u64, Arc<Base>>>,
}

/// What a manifest says of where webhooks begin.
#[derive(Default)]
pub(crate) struct Base {
    /// Up to where it covers logs.
    pub horizon: Horizon,
    /// The newest restatement then; `None`: the manifest is gone.
    restated: Option<Option<String>>,
}

impl Shared {
    /// Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.env.clock.now_ms()
    }

    /// What a manifest says, or nothing if it is gone.
    pub async fn base(&self, manifest: u64) -> Result<Arc<Base>, StorageError> {
        let known = |kept: &BTreeMap<u64, Arc<Base>>| kept.get(&manifest).cloned();
        let found = known(&self.bases.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(found) = found {
            return Ok(found);
        }
        let published = self.overview.manifests().get(manifest).await?;
        let base = published.map(|it| Base {
            horizon: it.manifest.horizon.clone(),
            restated: Some(it.manifest.restated.clone()),
        });
        let base = Arc::new(base.unwrap_or_default());
        let mut kept = self.bases.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= BASES {
            kept.pop_first();
        }
        kept.insert(manifest, Arc::clone(&base));
        Ok(base)
    }

    /// The newest restatement that is published.
    pub fn newest_restated(&self) -> Option<String> {
        self.overview.seen().published.manifest.restated.clone()
    }

    /// Which restatements a webhook was told, or has nothing to do with: up to `told`, or those before it began.
    pub async fn told_until(
        &self,
        told: Option<&str>,
        begins: Begins,
    ) -> Result<Until, StorageError> {
        if let Some(told) = told {
            return Ok(self.restated.until(told).await?);
        }
        Ok(match self.base(begins.manifest).await?.restated.clone() {
            Some(told) => Until {
                told,
                before_ms: i64::MIN,
            },
            // Before the first manifest there was nothing that could change.
            None => Until {
                told: None,
                before_ms: begins.at_ms,
            },
        })
    }
}

/// Sends until `shutdown`.
pub async fn run(deps: DeliveriesDeps, shutdown: CancellationToken) {
    let (leases, worker) = (Arc::clone(&deps.leases), deps.worker);
    let shared = shared(deps);
    let mut couriers = Couriers::default();
    let mut is_ours = false;
    while !shutdown.is_cancelled() {
        if let Err(error) = shared.catalog.follow_bell().await {
            tracing::debug!(%error, "webhooks are told as they were");
        }
        let open: Vec<Arc<Webhook>> = shared
            .catalog
            .read(|state| state.open_webhooks().cloned().collect());
        // Nobody is told: nothing is asked.
        if open.is_empty() {
            couriers.end().await;
        } else {
            is_ours = match leases.take(WEBHOOKS, worker, TTL).await {
                Ok(taken) => taken,
                Err(error) => {
                    tracing::warn!(%error, "webhooks wait: nobody knows who sends");
                    false
                }
            };
            match is_ours {
                true => turn(&shared, &mut couriers, open).await,
                false => couriers.end().await,
            }
        }
        metrics::gauge!("millrace_webhooks_open").set(couriers.0.len() as f64);
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = sleep(TURN) => {}
        }
    }
    couriers.end().await;
    if is_ours && let Err(error) = leases.give(WEBHOOKS, worker).await {
        tracing::debug!(%error, "the lease of webhooks ends by itself");
    }
}

fn shared(deps: DeliveriesDeps) -> Arc<Shared> {
    let segments = Arc::new(Segments::new(
        Arc::clone(&deps.env.store),
        deps.overview.clone(),
    ));
    Arc::new(Shared {
        feed: Feed::new(
            Arc::clone(&deps.env.store),
            deps.stream,
            Arc::clone(&segments),
        ),
        segments,
        restated: Restated::new(Arc::clone(&deps.env.store)),
        env: deps.env,
        catalog: deps.catalog,
        overview: deps.overview,
        rules: deps.rules,
        sender: deps.sender,
        sound: Arc::new(Semaphore::new(SOUND)),
        failing: Arc::new(Semaphore::new(FAILING)),
        bases: Mutex::default(),
    })
}

async fn turn(shared: &Arc<Shared>, couriers: &mut Couriers, open: Vec<Arc<Webhook>>) {
    let told_of = |seen: &Seen| {
        let restated = seen.published.manifest.restated.clone();
        (seen.directory.logs().count(), restated)
    };
    let before = told_of(&shared.overview.seen());
    match shared.overview.follow().await {
        Ok(seen) if told_of(&seen) != before => shared.feed.ring(),
        Ok(_) => {}
        Err(error) => tracing::debug!(%error, "webhooks know no new logs for now"),
    }
    couriers.see_to(shared, open).await;
    shared.feed.look().await;
}

/// A courier for each webhook that is told.
#[derive(Default)]
struct Couriers(HashMap<(u64, Box<str>), Working>);

struct Working {
    room: Arc<Semaphore>,
    stop: CancellationToken,
    work: JoinHandle<()>,
}

impl Couriers {
    /// Starts those that are missing, and ends those that nobody needs.
    async fn see_to(&mut self, shared: &Arc<Shared>, open: Vec<Arc<Webhook>>) {
        let open: BTreeMap<(u64, Box<str>), Arc<Webhook>> = open
            .into_iter()
            .map(|webhook| ((webhook.account.raw, webhook.id.clone()), webhook))
            .collect();
        for (key, working) in &self.0 {
            if !open.contains_key(key) {
                working.stop.cancel();
            }
        }
        // One that has ended by itself, or in a bug, begins anew if it is still needed.
        self.0.retain(|_, working| !working.work.is_finished());
        let mut rooms: HashMap<u64, Arc<Semaphore>> = HashMap::new();
        for ((account, _), working) in &self.0 {
            rooms.insert(*account, Arc::clone(&working.room));
        }
        for (key, webhook) in open {
            if self.0.contains_key(&key) {
                continue;
            }
            let room = rooms
                .entry(key.0)
                .or_insert_with(|| Arc::new(Semaphore::new(OF_ACCOUNT)));
            let (room, stop) = (Arc::clone(room), CancellationToken::new());
            let courier = Courier {
                shared: Arc::clone(shared),
                webhook,
                room: Arc::clone(&room),
                stop: stop.clone(),
            };
            let work = tokio::spawn(courier.run());
            self.0.insert(key, Working { room, stop, work });
        }
    }

    /// Ends all: after the step that each is at, or in the middle of it if that takes long.
    async fn end(&mut self) {
        for working in self.0.values() {
            working.stop.cancel();
        }
        let end = tokio::time::Instant::now() + PATIENCE;
        for (_, mut working) in self.0.drain() {
            if tokio::time::timeout_at(end, &mut working.work)
                .await
                .is_err()
            {
                working.work.abort();
            }
        }
    }
}

#[cfg(test)]
mod tests;
