//! How the catalog changes: somebody decides on its newest state, and what was decided becomes one entry of the ledger,
//! with who it was and what was before.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
};

use model::id::{EntityId, EntityKind};
use storage::ledger::Appended;

use super::{
    Catalog, check,
    error::CatalogError,
    plan::INSTALLATION,
    record::{By, Record},
    state::State,
    types::{Change, Format, Row},
};

/// How often a commit decides anew because others were faster.
const COMMIT_TRIES: u32 = 64;
/// Bytes of options of links that an entry keeps as they were.
const MOST_BEFORE: usize = 8 << 20;
/// How often it is looked whether uses of keys shall be stored, milliseconds.
const USES_EVERY_MS: i64 = 600_000;
/// Uses of keys that are stored at once.
const MOST_USES: usize = 10_000;

/// What was decided.
#[derive(Debug, Default)]
pub struct Decided {
    /// What changes.
    pub changes: Vec<Change>,
    /// The change that this takes back.
    pub undoes: Option<Box<str>>,
}

impl From<Vec<Change>> for Decided {
    fn from(changes: Vec<Change>) -> Self {
        Self {
            changes,
            undoes: None,
        }
    }
}

impl Catalog {
    /// Changes the catalog, as whoever runs the installation: see [`Catalog::commit_by`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn commit(
        &self,
        decide: impl FnMut(&State) -> Result<Vec<Change>, CatalogError>,
    ) -> Result<u64, CatalogError> {
        self.commit_by(&By::Operator, decide).await
    }

    /// Changes the catalog. `decide` gets the newest state and is asked again when somebody else
    /// was faster; its changes are checked (names, owners, texts) and become one entry. The
    /// caller reads its own writes afterwards. Gives the number of the newest entry.
    ///
    /// # Errors
    ///
    /// What `decide` refuses, what breaks a rule, and the store's.
    /// After [`storage::ledger::LedgerError::Unknown`] the changes may be in, or come in later.
    pub async fn commit_by<D: Into<Decided>>(
        &self,
        by: &By,
        mut decide: impl FnMut(&State) -> Result<D, CatalogError>,
    ) -> Result<u64, CatalogError> {
        let _writer = self.0.writer.lock().await;
        for _ in 0..COMMIT_TRIES {
            self.follow_locked().await?;
            let (n, changes) = self.read(|state| {
                let decided: Decided = decide(state)?.into();
                check::check(state, &decided.changes)?;
                Ok::<_, CatalogError>((state.n, entry(state, by, decided)))
            })?;
            if changes.is_empty() {
                return Ok(n);
            }
            let stamp = self.0.env.stamp();
            if self.0.ledger.append(n + 1, &changes, stamp).await? == Appended::Yes {
                self.apply(n + 1, changes);
                self.snapshot_if_due();
                return Ok(n + 1);
            }
        }
        let tries = COMMIT_TRIES;
        Err(CatalogError::Contended { tries })
    }

    /// Stores when keys were last used, where what is stored is an hour older, if that was not looked at for ten minutes:
    /// call it as often as you like. What fails is done the next time.
    pub async fn store_uses_now_and_then(&self) {
        let now_ms = self.0.env.clock.now_ms();
        let looked = &self.0.uses_looked_ms;
        let last = looked.load(Ordering::Relaxed);
        let is_ours = || {
            looked
                .compare_exchange(last, now_ms, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        };
        if now_ms - last >= USES_EVERY_MS
            && is_ours()
            && let Err(error) = self.store_uses().await
        {
            tracing::debug!(%error, "uses of keys are not stored; tried again later");
        }
    }

    /// Stores when keys were last used, where what is stored is an hour older. It writes one entry at most, whatever the
    /// number of requests.
    ///
    /// # Errors
    ///
    /// The store's; what was noted stays, and is stored the next time.
    pub async fn store_uses(&self) -> Result<(), CatalogError> {
        if self.read(|state| state.uses_due(1).is_empty()) {
            return Ok(());
        }
        let due = |state: &State| Ok(state.uses_due(MOST_USES));
        self.commit(due).await.map(drop)
    }
}

/// The entry that says what was decided.
fn entry(state: &State, by: &By, decided: Decided) -> Vec<Change> {
    let Decided { changes, undoes } = decided;
    let mut accounts = BTreeSet::new();
    let mut before = Vec::new();
    let (mut bytes, mut is_cut) = (0, false);
    for change in &changes {
        let Some(account) = account_of(state, change) else {
            continue;
        };
        accounts.insert(account.raw);
        let Some(old) = before_of(state, change) else {
            continue;
        };
        bytes += match &old {
            Change::PutLink(link) => link.options_bytes(),
            _ => 0,
        };
        match bytes > MOST_BEFORE {
            true => is_cut = true,
            false => before.push(old),
        }
    }
    let mut entry = Vec::with_capacity(changes.len() + 2);
    if state.format < Format::OURS && !changes.is_empty() {
        entry.push(Change::Format(Format::OURS));
    }
    if !accounts.is_empty() {
        let account = |raw: &u64| EntityId::new(EntityKind::Account, *raw);
        entry.push(Change::Record(Box::new(Record {
            n: state.n + 1,
            by: by.clone(),
            accounts: accounts.iter().map(account).collect(),
            before,
            is_cut,
            undoes,
        })));
    }
    entry.extend(changes);
    entry
}

/// Whose row a change is of; `None` where it is of none.
fn account_of(state: &State, change: &Change) -> Option<EntityId> {
    Some(match change {
        Change::PutAccount(row) => row.id,
        Change::PutPlan(_) | Change::DeletePlan(_) => INSTALLATION,
        Change::PutKey(row) => row.account,
        Change::RevokeKey(id) => state.key_by_id(id)?.account,
        Change::PutLink(row) => row.account,
        Change::PutPixel(row) => row.account,
        Change::PutGoal(row) => row.account,
        Change::PutCampaign(row) => row.account,
        Change::Delete(id) => state.describe(*id)?.account,
        Change::PutDomain(row) => row.account,
        Change::DeleteDomain(host) => state.domain(host)?.account,
        Change::PutCost(row) => row.account,
        Change::PutAnnotation(row) => row.account,
        Change::PutSegment(row) => row.account,
        Change::PutShare(row) => row.account,
        Change::PutWebhook(row) => row.account,
        Change::DeleteCost { account, .. }
        | Change::DeleteAnnotation { account, .. }
        | Change::DeleteSegment { account, .. }
        | Change::DeleteShare { account, .. }
        | Change::DeleteWebhook { account, .. } => *account,
        Change::Format(_)
        | Change::GiveUpSlug { .. }
        | Change::Record(_)
        | Change::History { .. }
        | Change::Answered(_)
        | Change::KeyUsed { .. } => return None,
    })
}

/// The row that a change is of, as it is before it: the change that puts it.
fn before_of(state: &State, change: &Change) -> Option<Change> {
    match change {
        Change::PutAccount(row) => {
            let old = state.account(row.id)?;
            Some(Change::PutAccount(old.as_ref().clone()))
        }
        Change::PutPlan(row) => plan_before(state, &row.name),
        Change::DeletePlan(name) => plan_before(state, name),
        Change::PutKey(row) => key_before(state, &row.id),
        Change::RevokeKey(id) => key_before(state, id),
        Change::PutLink(row) => row_before(state, row.id),
        Change::PutPixel(row) => row_before(state, row.id),
        Change::PutGoal(row) => row_before(state, row.id),
        Change::PutCampaign(row) => row_before(state, row.id),
        Change::Delete(id) => row_before(state, *id),
        Change::PutDomain(row) => domain_before(state, &row.host, row.account),
        Change::DeleteDomain(host) => {
            let account = state.domain(host)?.account;
            domain_before(state, host, account)
        }
        Change::PutCost(row) => cost_before(state, row.account, &row.id),
        Change::DeleteCost { account, id } => cost_before(state, *account, id),
        Change::PutAnnotation(row) => annotation_before(state, row.account, &row.id),
        Change::DeleteAnnotation { account, id } => annotation_before(state, *account, id),
        Change::PutSegment(row) => segment_before(state, row.account, &row.id),
        Change::DeleteSegment { account, id } => segment_before(state, *account, id),
        Change::PutShare(row) => share_before(state, row.account, &row.id),
        Change::DeleteShare { account, id } => share_before(state, *account, id),
        Change::PutWebhook(row) => webhook_before(state, row.account, &row.id),
        Change::DeleteWebhook { account, id } => webhook_before(state, *account, id),
        _ => None,
    }
}

/// A link, pixel, goal or campaign. A deleted one is none.
fn row_before(state: &State, id: EntityId) -> Option<Change> {
    fn live<T: Row>(row: Option<&Arc<T>>) -> Option<T> {
        row.filter(|row| !row.deleted()).map(|row| T::clone(row))
    }
    match id.kind {
        EntityKind::Link => live(state.links.get(id)).map(Change::PutLink),
        EntityKind::Pixel => live(state.pixels.get(id)).map(Change::PutPixel),
        EntityKind::Goal => live(state.goals.get(id)).map(Change::PutGoal),
        EntityKind::Campaign => live(state.campaigns.get(id)).map(Change::PutCampaign),
        EntityKind::Account => None,
    }
}

fn plan_before(state: &State, name: &str) -> Option<Change> {
    let plan = state.plan(name)?;
    Some(Change::PutPlan(plan.as_ref().clone()))
}

fn key_before(state: &State, id: &str) -> Option<Change> {
    let key = state.key_by_id(id)?;
    Some(Change::PutKey(key.as_ref().clone()))
}

/// Nobody's history has the domain of somebody else who claimed it before.
fn domain_before(state: &State, host: &str, account: EntityId) -> Option<Change> {
    let domain = state.domain(host).filter(|old| old.account == account)?;
    Some(Change::PutDomain(domain.as_ref().clone()))
}

fn cost_before(state: &State, account: EntityId, id: &str) -> Option<Change> {
    let cost = state.cost(account, id)?;
    Some(Change::PutCost(cost.as_ref().clone()))
}

fn annotation_before(state: &State, account: EntityId, id: &str) -> Option<Change> {
    let annotation = state.annotation(account, id)?;
    Some(Change::PutAnnotation(annotation.as_ref().clone()))
}

fn segment_before(state: &State, account: EntityId, id: &str) -> Option<Change> {
    let segment = state.segment(account, id)?;
    Some(Change::PutSegment(segment.as_ref().clone()))
}

fn share_before(state: &State, account: EntityId, id: &str) -> Option<Change> {
    let share = state.share(account, id)?;
    Some(Change::PutShare(share.as_ref().clone()))
}

fn webhook_before(state: &State, account: EntityId, id: &str) -> Option<Change> {
    let webhook = state.webhook(account, id)?;
    Some(Change::PutWebhook(Box::new(webhook.as_ref().clone())))
}
