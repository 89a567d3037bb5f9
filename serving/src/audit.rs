//! `GET /v1/audit`: for the operator the audit of the installation; for an account its own part.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use audit::{Audit, account};
use axum::{
    Json, Router,
    extract::{FromRef, State},
    routing::get,
};
use handover::{
    manifest::Manifest,
    manifests::Published,
    tally::{self, Turned},
};
use model::{EntityId, time};
use moka::future::Cache;
use object_store::path::Path;
use serde::Deserialize;
use serde_json::{Value, json};
use storage::error::StorageError;
use tokio::sync::Semaphore;
use web::Problem;

use crate::{
    api::{Api, auth::Reach, params::Params},
    stats::{Numbers, Sources, live},
};

/// Days compared unless asked otherwise, and at most.
const USUAL_DAYS: i64 = 7;
const MOST_DAYS: i64 = 92;
/// Accounts whose events are counted at once, and how long a request waits for its turn.
const COUNTS_AT_ONCE: usize = 2;
const PATIENCE: Duration = Duration::from_secs(10);
/// Counts kept: files never change.
const MAX_COUNTS: u64 = 100_000;
/// How old tallies may be when they are shown.
const TALLIES_FOR: Duration = Duration::from_secs(5);

/// Audits of the installation.
#[async_trait]
pub trait AuditControl: Send + Sync {
    /// Makes one: of what is new, or of everything.
    async fn audit(&self, full: bool) -> Result<Audit, NoAudit>;
}

/// Why there is no audit of the installation.
#[derive(Debug, thiserror::Error)]
pub enum NoAudit {
    /// One at a time.
    #[error("another audit is being made")]
    Busy,
    /// It goes on, but nobody waits for it.
    #[error("the audit takes longer than this request may; run `millrace audit`")]
    Late,
    /// What it compares cannot be read.
    #[error(transparent)]
    Unreadable(#[from] StorageError),
    /// It broke off.
    #[error("{0}")]
    Broken(String),
}

impl From<NoAudit> for Problem {
    fn from(error: NoAudit) -> Self {
        match error {
            NoAudit::Busy => Self::unavailable("busy", error.to_string(), 5),
            NoAudit::Late => Self::unavailable("late", error.to_string(), 60),
            NoAudit::Unreadable(error) => {
                tracing::warn!(%error, "an audit could not be made");
                let detail = "the object store does not answer";
                Self::unavailable("store_unavailable", detail, 5)
            }
            NoAudit::Broken(error) => Self::internal(error),
        }
    }
}

/// What audits are answered from. Cheap to clone.
#[derive(Clone)]
struct Audits(Arc<Inner>);

struct Inner {
    sources: Arc<Sources>,
    control: Arc<dyn AuditControl>,
    /// Events of an account in a file.
    counts: Cache<(Path, EntityId), u64>,
    tallies: Cache<(), Arc<Tallies>>,
    room: Semaphore,
}

/// What all collectors have turned away of each account, and the oldest of their words.
#[derive(Default)]
struct Tallies {
    accounts: BTreeMap<EntityId, Turned>,
    as_of_ms: Option<i64>,
}

impl FromRef<Audits> for Arc<Api> {
    fn from_ref(audits: &Audits) -> Self {
        Arc::clone(&audits.0.sources.api)
    }
}

/// The route of this module.
pub(crate) fn routes(numbers: Numbers, control: Arc<dyn AuditControl>) -> Router {
    let audits = Audits(Arc::new(Inner {
        sources: numbers.0,
        control,
        counts: Cache::new(MAX_COUNTS),
        tallies: Cache::builder().time_to_live(TALLIES_FOR).build(),
        room: Semaphore::new(COUNTS_AT_ONCE),
    }));
    Router::new()
        .route("/v1/audit", get(get_audit))
        .with_state(audits)
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Asked {
    /// Of the installation: read everything again.
    full: bool,
    /// Of an account: how many days back, today included.
    days: Option<i64>,
}

async fn get_audit(
    State(Audits(audits)): State<Audits>,
    reach: Reach,
    Params(asked): Params<Asked>,
) -> Result<Json<Value>, Problem> {
    let refuse = |detail: &str| Err(Problem::bad_request("invalid_query", detail));
    match reach {
        Reach::Installation if asked.days.is_some() => {
            refuse("`days` is for the audit of an account; send its API key")
        }
        Reach::Installation => Ok(Json(json!(audits.control.audit(asked.full).await?))),
        Reach::Account(_) if asked.full => {
            refuse("`full` is for whoever runs the installation; send its admin token")
        }
        Reach::Account(caller) => {
            let days = asked.days.unwrap_or(USUAL_DAYS);
            if !(1..=MOST_DAYS).contains(&days) {
                return refuse("`days` must be from 1 to 92");
            }
            audits.of_account(caller.account, days).await.map(Json)
        }
    }
}

impl Inner {
    async fn of_account(&self, account: EntityId, days: i64) -> Result<Value, Problem> {
        let turn = tokio::time::timeout(PATIENCE, self.room.acquire()).await;
        let busy = || Problem::unavailable("busy", "too many audits are asked for at once", 1);
        let _turn = turn.ok().and_then(Result::ok).ok_or_else(busy)?;
        let reading = live::read(&self.sources, account).await?;
        let (settled, agrees) = self.settled(&reading.published, account, days).await?;
        let live: u64 = reading.live.cells.iter().map(audit::events_in).sum();
        let tallies = self.tallies().await?;
        let turned = tallies.accounts.get(&account).cloned().unwrap_or_default();
        Ok(json!({
            "account": account,
            "agrees": agrees,
            "settled": settled,
            "live": {
                "counted": live,
                "complete": reading.live.missing.is_empty(),
            },
            "unrecorded": turned.unrecorded,
            "rejected": turned.rejected,
            "turned_away_as_of": tallies.as_of_ms.map(time::rfc3339),
        }))
    }

    /// The account's events by day, and whether table and view agree on them. Days without any
    /// are left out: that others have events then is not the account's to know.
    async fn settled(
        &self,
        published: &Published,
        account: EntityId,
        days: i64,
    ) -> Result<(Value, bool), Problem> {
        let manifest = &published.manifest;
        let today = time::day_of(time::minute_of(self.sources.api.clock.now_ms()));
        // Senders' clocks may be ahead: events of tomorrow are there today.
        let range = today - days + 1..=today + 1;
        let duplicates = self.sources.settled.duplicates(manifest).await;
        let duplicates = duplicates.map_err(|error| unreadable(&*error))?;
        let own = duplicates.values().filter(|d| d.account == account.raw);
        let mut left_out: BTreeMap<i64, u64> = BTreeMap::new();
        own.for_each(|d| *left_out.entry(d.day()).or_default() += 1);
        let (mut rows, mut agree, mut sums) = (Vec::new(), true, (0, 0, 0));
        for day in manifest.events.keys().filter(|day| range.contains(day)) {
            let stored = self.stored(manifest, account, *day).await?;
            let counted = self.counted(manifest, account, *day).await?;
            if (stored, counted) == (0, 0) {
                continue;
            }
            let twice = left_out.get(day).copied().unwrap_or(0);
            let agrees = stored == counted + twice;
            agree &= agrees;
            sums = (sums.0 + stored, sums.1 + counted, sums.2 + twice);
            rows.push(json!({
                "date": time::day_text(*day),
                "stored": stored,
                "counted": counted,
                "duplicates": twice,
                "agrees": agrees,
            }));
        }
        let settled = json!({
            "manifest": published.n,
            "stored": sums.0,
            "counted": sums.1,
            "duplicates": sums.2,
            "days": rows,
        });
        Ok((settled, agree))
    }

    /// Events of a day in the table of events.
    async fn stored(
        &self,
        manifest: &Manifest,
        account: EntityId,
        day: i64,
    ) -> Result<u64, Problem> {
        let mut sum = 0;
        for (path, file) in account::files(manifest, day) {
            let count = account::events_in(&self.sources.store, &path, file, account);
            let key = (path.clone(), account);
            let count = self.counts.try_get_with(key, count).await;
            sum += count.map_err(|error| unreadable(&*error))?;
        }
        Ok(sum)
    }

    /// Events of a day in the view that answers are made of.
    async fn counted(
        &self,
        manifest: &Manifest,
        account: EntityId,
        day: i64,
    ) -> Result<u64, Problem> {
        let range = (day * time::DAY, (day + 1) * time::DAY);
        let views = self.sources.settled.cube(manifest, "total", account, range);
        let views = views.await.map_err(|error| unreadable(&error))?;
        let rows = views.iter().flat_map(|rows| rows.iter());
        Ok(rows.map(|row| audit::events_of(&row.counts)).sum())
    }

    async fn tallies(&self) -> Result<Arc<Tallies>, Problem> {
        let read = async {
            let mut all = Tallies::default();
            let directory = self.sources.directory();
            for tally in tally::all(&self.sources.store).await? {
                for (account, turned) in &tally.accounts {
                    all.accounts.entry(*account).or_default().add(turned);
                }
                let info = directory.get(tally.log);
                if info.is_none_or(|info| info.retired_at.is_none()) {
                    let oldest = all.as_of_ms.unwrap_or(i64::MAX);
                    all.as_of_ms = Some(oldest.min(tally.as_of_ms));
                }
            }
            Ok::<_, storage::store::StoreError>(Arc::new(all))
        };
        let tallies = self.tallies.try_get_with((), read).await;
        tallies.map_err(|error| unreadable(&*error))
    }
}

fn unreadable(error: &dyn std::error::Error) -> Problem {
    tracing::warn!(error = %error, "an account's audit could not be made");
    let detail = "what the audit compares cannot be read now; try again, then tell the operator";
    Problem::unavailable("store_unavailable", detail, 5)
}

#[cfg(test)]
mod tests;
