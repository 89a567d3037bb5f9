//! `GET /v1/audit`: for the operator the audit of the installation; for an account its own part.

use std::{collections::BTreeMap, ops::RangeInclusive, sync::Arc, time::Duration};

use asking::Moment;
use audit::account;
use axum::{Json, extract::State};
use handover::{manifest::Manifest, manifests::Published};
use model::{Cube, Dimension, EntityId, Grain, time};
use serde::Deserialize;
use storage::error::StorageError;
use utoipa::IntoParams;
use web::Problem;

use crate::{
    api::{auth::Reach, params::Params},
    api_types::{AccountAudit, AuditAnswer, AuditedDay, CountedLive, CountedSettled},
    app::App,
    gaps,
    openapi::refusals::{Audits, Busy, Key, Query, Refusals, StoreDown},
    stats::{events, live},
};

/// Days compared unless asked otherwise, and at most.
const USUAL_DAYS: i64 = 7;
const MOST_DAYS: i64 = 92;
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Of the installation: read everything again.
    #[param(example = true)]
    full: bool,
    /// Of an account: how many days back, today included; 7 unless given.
    #[param(minimum = 1, maximum = 92, example = 7)]
    days: Option<i64>,
}

/// Whether everything was counted
///
/// With the admin token: of the installation, per epoch: accepted = stored = live-counted =
/// batch-counted. With an API key: of its account, per day.
#[utoipa::path(
    get, path = "/v1/audit", tag = "Audit",
    params(Asked),
    responses(
        (status = 200, description = "What was found.", body = AuditAnswer),
        Refusals<(Key, Query, Audits, Busy, StoreDown)>,
    ),
    security(("key" = ["read"]), ("admin_token" = [])),
)]
pub(crate) async fn get_audit(
    State(app): State<Arc<App>>,
    reach: Reach,
    Params(asked): Params<Asked>,
) -> Result<Json<AuditAnswer>, Problem> {
    let refuse = |detail: &str| Err(Problem::bad_request("invalid_query", detail));
    match reach {
        Reach::Installation if asked.days.is_some() => {
            refuse("`days` is for the audit of an account; send its API key")
        }
        Reach::Installation => {
            let audit = app.audits.audit(asked.full).await?;
            Ok(Json(AuditAnswer::Installation(Box::new(audit))))
        }
        Reach::Account(_) if asked.full => {
            refuse("`full` is for whoever runs the installation; send its admin token")
        }
        Reach::Account(caller) => {
            let days = asked.days.unwrap_or(USUAL_DAYS);
            if !(1..=MOST_DAYS).contains(&days) {
                return refuse("`days` must be from 1 to 92");
            }
            let audit = of_account(&app, caller.account, days).await?;
            Ok(Json(AuditAnswer::Account(audit)))
        }
    }
}

async fn of_account(app: &App, account: EntityId, days: i64) -> Result<AccountAudit, Problem> {
    let turn = tokio::time::timeout(PATIENCE, app.rooms.audits.acquire()).await;
    let busy = || Problem::unavailable("busy", "too many audits are asked for at once", 1);
    let _turn = turn.ok().and_then(Result::ok).ok_or_else(busy)?;
    let reading = live::read(app, account).await?;
    let settled = settled(app, &reading.published, account, days).await?;
    let tallies = gaps::tallies(app)
        .await
        .map_err(|error| Problem::from(&*error))?;
    let turned = tallies.accounts.get(&account).cloned().unwrap_or_default();
    Ok(AccountAudit {
        account,
        agrees: settled.days.iter().all(|day| day.agrees),
        settled,
        live: CountedLive {
            counted: reading.live.cells.iter().map(audit::events_in).sum(),
            complete: reading.live.missing.is_empty(),
        },
        unrecorded: turned.unrecorded,
        rejected: turned.rejected,
        turned_away_as_of: tallies.as_of_ms.map(time::rfc3339),
    })
}

/// The account's events by day, and whether table and view agree on them. Days without any
/// are left out: that others have events then is not the account's to know.
async fn settled(
    app: &App,
    published: &Published,
    account: EntityId,
    days: i64,
) -> Result<CountedSettled, Problem> {
    let manifest = &published.manifest;
    let today = time::day_of(time::minute_of(app.env.clock.now_ms()));
    // Senders' clocks may be ahead: events of tomorrow are there today.
    let wanted = today - days + 1;
    // Of days before, not all events are there to be compared.
    let moment = Moment {
        published: published.clone(),
        upto: BTreeMap::new(),
    };
    let kept_from = app.events.kept_from(account.raw, moment);
    let kept_from = kept_from.await.map_err(events::problem)?;
    let kept_from = kept_from.filter(|day| wanted < *day);
    let range = kept_from.unwrap_or(wanted)..=today + 1;
    let left_out = left_out(app, manifest, account).await?;
    let mut rows = Vec::new();
    for (day, stored) in stored(app, manifest, account, range).await? {
        let counted = counted(app, manifest, account, day).await?;
        let duplicates = left_out.get(&day).copied().unwrap_or(0);
        rows.push(AuditedDay {
            date: time::day_text(day).unwrap_or_default(),
            stored,
            counted,
            duplicates,
            agrees: stored == counted + duplicates,
        });
    }
    Ok(CountedSettled {
        manifest: published.n,
        stored: rows.iter().map(|day| day.stored).sum(),
        counted: rows.iter().map(|day| day.counted).sum(),
        duplicates: rows.iter().map(|day| day.duplicates).sum(),
        days: rows,
        kept_from: kept_from.and_then(time::day_text),
    })
}

/// By day, how many of the account's events repeat another and are not counted.
async fn left_out(
    app: &App,
    manifest: &Manifest,
    account: EntityId,
) -> Result<BTreeMap<i64, u64>, Problem> {
    let duplicates = app.settled.duplicates(manifest).await;
    let duplicates = duplicates.map_err(|error| Problem::from(&*error))?;
    let own = duplicates.values().filter(|d| d.account == account.raw);
    let mut by_day = BTreeMap::new();
    own.for_each(|d| *by_day.entry(d.day()).or_default() += 1);
    Ok(by_day)
}

/// Events of the account in the table of events, by day, where there are any.
async fn stored(
    app: &App,
    manifest: &Manifest,
    account: EntityId,
    range: RangeInclusive<i64>,
) -> Result<BTreeMap<i64, u64>, Problem> {
    let mut sum = BTreeMap::new();
    let (first, last) = (*range.start(), *range.end());
    for events in manifest
        .events()
        .filter(|e| e.days.0 <= last && first <= e.days.1)
    {
        let key = (events.path.clone(), account);
        let count = async {
            let days = account::events_in(&app.env.store, &events, account);
            days.await.map(Arc::new)
        };
        let days = app.counts.events.try_get_with(key, count).await;
        let days = days.map_err(|error| Problem::from(&*error))?;
        for (day, events) in days.range(range.clone()) {
            *sum.entry(*day).or_default() += events;
        }
    }
    Ok(sum)
}

/// Events of a day in the sums that answers are made of.
async fn counted(
    app: &App,
    manifest: &Manifest,
    account: EntityId,
    day: i64,
) -> Result<u64, Problem> {
    let range = (day * time::DAY, (day + 1) * time::DAY);
    let Some(cube) = Cube::find(Dimension::Total, Grain::Quarter) else {
        return Ok(0);
    };
    let sums = app.settled.cube(manifest, cube, account, range);
    let sums = sums.await.map_err(StorageError::from)?;
    let rows = sums.iter().flat_map(|rows| rows.iter());
    let rows = rows.filter(|row| (range.0..range.1).contains(&row.bucket));
    Ok(rows.map(|row| audit::events_of(&row.counts)).sum())
}

#[cfg(test)]
mod tests;
