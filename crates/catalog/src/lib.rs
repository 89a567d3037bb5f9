//! Who and what there is: accounts, keys, links, pixels, goals, campaigns.
//!
//! Every process holds the catalog in memory and follows its ledger; look-ups never wait for I/O.

mod allowance;
pub mod annotation;
pub mod answered;
pub mod api_key;
pub mod check;
mod commit;
pub mod copy;
pub mod cost;
pub mod destination;
pub mod domain;
mod error;
pub mod goal_options;
pub mod plan;
pub mod price;
pub mod quotas;
pub mod record;
pub mod retention;
pub mod routing;
pub mod rules;
pub mod segment;
pub mod share;
mod snapshot;
mod state;
mod table;
pub mod types;
mod visitor_memory;
pub mod webhook;
pub mod zone;

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use model::id::EntityId;
use tokio::{sync::Mutex, time::Instant};

pub use self::{
    annotation::Annotation,
    answered::{Answered, Reply},
    api_key::{ApiKey, Replaced, Scope},
    commit::Decided,
    cost::PeriodCost,
    domain::Domain,
    error::CatalogError,
    goal_options::GoalOptions,
    plan::Plan,
    price::Price,
    quotas::{QuotaSource, QuotaSources, Quotas, SomeQuotas},
    record::{By, Record},
    segment::SavedSegment,
    share::Share,
    state::{Description, State},
    table::{EXTERNAL, Table},
    types::{
        Account, AccountSettings, Campaign, Change, Format, Goal, Link, LinkState, Pixel, Row,
        Suspension,
    },
    visitor_memory::VisitorMemory,
    webhook::{Webhook, WebhookFilters, WebhookKind, WebhookMethod},
};
use storage::{
    env::Env,
    ledger::{Ledger, LedgerError},
};

/// Name of the catalog's ledger.
pub const LEDGER: &str = "catalog";
/// How old a look may be that roles share while other processes are not heard, a little less than the time between their
/// turns.
const RECENT: Duration = Duration::from_millis(900);
/// Entries read at once while following: they may be large.
const FOLLOW_AT_ONCE: usize = 32;
/// Changes applied under one write lock: look-ups wait no longer than for these.
const APPLY_AT_ONCE: usize = 512;
/// A snapshot is due after this many entries, more when the catalog is large.
const SNAPSHOT_EVERY: u64 = 128;

/// The catalog. Clones share it.
#[derive(Clone)]
pub struct Catalog(Arc<Inner>);

struct Inner {
    env: Env,
    ledger: Ledger,
    state: RwLock<State>,
    /// Held by whoever changes `state`: when it last caught up, and how often the bell had rung.
    writer: Mutex<Option<(Instant, u64)>>,
    snapshot_n: AtomicU64,
    snapshot_runs: AtomicBool,
    /// Unix milliseconds at which it was last looked whether uses of keys shall be stored.
    uses_looked_ms: AtomicI64,
}

impl Catalog {
    /// Loads the newest snapshot and everything after it. Fails if the store does.
    pub async fn open(env: Env) -> Result<Self, CatalogError> {
        let state = snapshot::load(&env.store).await?;
        let catalog = Self::with(state, env);
        catalog.follow().await?;
        Ok(catalog)
    }

    fn with(state: State, env: Env) -> Self {
        let ledger = Ledger::new(env.store.clone(), LEDGER);
        ledger.know(state.n);
        Self(Arc::new(Inner {
            snapshot_n: AtomicU64::new(state.n),
            snapshot_runs: AtomicBool::new(false),
            uses_looked_ms: AtomicI64::new(env.clock.now_ms()),
            state: RwLock::new(state),
            writer: Mutex::new(None),
            env,
            ledger,
        }))
    }

    /// Takes in what others have committed; gives the number of new entries. One cheap request
    /// when there are none. On failure what was taken in stays, and look-ups go on.
    pub async fn follow(&self) -> Result<u64, CatalogError> {
        let mut caught_up = self.0.writer.lock().await;
        let at = (Instant::now(), self.0.env.bell.strokes());
        let new = self.follow_locked().await?;
        *caught_up = Some(at);
        Ok(new)
    }

    /// Like [`Catalog::follow`], unless nothing can be new since that was done: the roles of a process
    /// follow together.
    pub async fn follow_bell(&self) -> Result<(), CatalogError> {
        let caught_up = *self.0.writer.lock().await;
        let holds = |(at, strokes): (Instant, u64)| {
            let bell = &self.0.env.bell;
            bell.holds(strokes, at.elapsed(), RECENT)
        };
        match caught_up.is_some_and(holds) {
            true => Ok(()),
            false => self.follow().await.map(drop),
        }
    }

    async fn follow_locked(&self) -> Result<u64, CatalogError> {
        let mut count = 0;
        loop {
            let n = self.read(|state| state.n);
            let entries = self.0.ledger.entries_after(n, FOLLOW_AT_ONCE).await?;
            let last = entries.len() < FOLLOW_AT_ONCE;
            for entry in entries {
                self.apply(entry.n, entry.body);
                count += 1;
            }
            if last {
                return Ok(count);
            }
        }
    }

    /// Whether a commit of these changes alone would be taken now.
    ///
    /// # Errors
    ///
    /// Why it would not.
    pub fn accepts(&self, changes: &[Change]) -> Result<(), CatalogError> {
        self.read(|state| check::check(state, changes))
    }

    /// Only under the writer lock.
    fn apply(&self, n: u64, changes: Vec<Change>) {
        let mut changes = changes.into_iter().peekable();
        while changes.peek().is_some() {
            let mut state = self.0.state.write().unwrap_or_else(PoisonError::into_inner);
            changes
                .by_ref()
                .take(APPLY_AT_ONCE)
                .for_each(|change| state.apply(change));
        }
        self.0
            .state
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .n = n;
    }

    /// Only under the writer lock, so that nobody waits behind this long read.
    fn snapshot_if_due(&self) {
        let (n, size) = self.read(|state| (state.n, state.len() as u64));
        let since = n.saturating_sub(self.0.snapshot_n.load(Ordering::Relaxed));
        let due = since >= SNAPSHOT_EVERY.max(size / 1_000);
        if !due || self.0.snapshot_runs.swap(true, Ordering::Acquire) {
            return;
        }
        let rows = self.read(State::rows);
        let inner = self.0.clone();
        tokio::spawn(async move {
            match snapshot::save(&inner.env.store, n, rows).await {
                Ok(()) => tracing::debug!(n, "catalog snapshot stored"),
                Err(error) => tracing::warn!(n, %error, "no catalog snapshot; the next is tried"),
            }
            inner.snapshot_n.fetch_max(n, Ordering::Relaxed);
            inner.snapshot_runs.store(false, Ordering::Release);
        });
    }

    /// Reads several things of one moment. Keep it short: writers wait, and behind them others.
    pub fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.0.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The link of the installation that answers at `slug`, whether or not visitors are led on now; no deleted one.
    pub fn link_named(&self, slug: &str) -> Option<Arc<Link>> {
        self.link_at(None, slug)
    }

    /// The same of a domain of an account, or of the installation.
    pub fn link_at(&self, domain: Option<&Domain>, slug: &str) -> Option<Arc<Link>> {
        let scope = domain.map_or(0, |domain| domain::scope(domain.account, &domain.host));
        self.read(|state| state.links.named(scope, slug).cloned())
    }

    /// The domain of this name, if it is known to be its account's.
    pub fn verified_domain(&self, host: &str) -> Option<Arc<Domain>> {
        let domain = self.read(|state| state.domain(host).cloned());
        domain.filter(|domain| domain.verified)
    }

    /// The link that answers at `slug`, if visitors are led on at `now_ms`.
    pub fn link_by_slug(&self, slug: &str, now_ms: i64) -> Option<Arc<Link>> {
        let link = self.link_named(slug);
        link.filter(|link| link.state(now_ms) == LinkState::Live)
    }

    /// The link with this id, deleted or not.
    pub fn link(&self, id: EntityId) -> Option<Arc<Link>> {
        self.read(|state| state.links.get(id).cloned())
    }

    /// The pixel with this id, deleted or not.
    pub fn pixel(&self, id: EntityId) -> Option<Arc<Pixel>> {
        self.read(|state| state.pixels.get(id).cloned())
    }

    /// The goal with this id, deleted or not.
    pub fn goal(&self, id: EntityId) -> Option<Arc<Goal>> {
        self.read(|state| state.goals.get(id).cloned())
    }

    /// The campaign with this id, deleted or not.
    pub fn campaign(&self, id: EntityId) -> Option<Arc<Campaign>> {
        self.read(|state| state.campaigns.get(id).cloned())
    }

    /// The account with this id.
    pub fn account(&self, id: EntityId) -> Option<Arc<Account>> {
        self.read(|state| state.account(id).cloned())
    }

    /// The key that this secret opens now. Its use is noted: see [`Catalog::store_uses`].
    pub fn key(&self, secret: &str) -> Option<Arc<ApiKey>> {
        let now_ms = self.0.env.clock.now_ms();
        self.read(|state| state.key(secret, now_ms).cloned())
    }

    /// The share that this token shows now.
    pub fn share(&self, token: &str) -> Option<Arc<Share>> {
        let now_ms = self.0.env.clock.now_ms();
        self.read(|state| state.share_by_token(token, now_ms).cloned())
    }

    /// The entry of this number, with the time at which it was written, Unix milliseconds.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn entry(&self, n: u64) -> Result<Option<(i64, Vec<Change>)>, LedgerError> {
        let entry = self.0.ledger.entry(n).await?;
        Ok(entry.map(|entry| (entry.at_ms, entry.body)))
    }

    /// What `id` is, deleted or not.
    pub fn describe(&self, id: EntityId) -> Option<Description> {
        self.read(|state| state.describe(id))
    }
}

#[cfg(test)]
mod tests;
