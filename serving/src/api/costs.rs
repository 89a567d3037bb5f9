//! What was paid for a link or a campaign in a period.

use std::sync::Arc;

use axum::{Json, extract::State, response::Response};
use catalog::{AccountSettings, CatalogError, Change, PeriodCost, Price};
use chrono_tz::Tz;
use http::StatusCode;
use model::{EntityId, random::new_cost_id};
use serde::Deserialize;
use utoipa::ToSchema;
use web::Problem;

use super::{
    auth::{Creator, Reader, Writer},
    body::{Body, Given},
    entries::{self, Entry},
    once::Sent,
    page::Page,
    params::{Params, Segment},
    preconditions::IfMatch,
};
use crate::{
    api_types::{CostView, List},
    app::App,
    openapi::refusals::{self, Again, Commit, Key, Name, Nothing, Query, Refusals, Stale},
    stats::range::instant,
};

/// What clients set of a cost.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CostBody {
    /// The link that it was paid for: its id, its slug, or `ext_` and what the account calls it. This or `campaign` is
    /// needed.
    #[schema(value_type = Option<String>, example = "spring")]
    #[serde(default)]
    link: Given<String>,
    /// The campaign that it was paid for: its id or its name.
    #[schema(value_type = Option<String>, example = json!(null))]
    #[serde(default)]
    campaign: Given<String>,
    /// From then on: RFC 3339 on a quarter of an hour, or a day in the account's time zone. Needed.
    #[schema(value_type = Option<String>, example = "2026-01-01")]
    #[serde(default)]
    from: Given<String>,
    /// Before then, so that a day is not in it. Needed.
    #[schema(value_type = Option<String>, example = "2026-01-08")]
    #[serde(default)]
    to: Given<String>,
    /// What was paid, a decimal. Needed.
    #[schema(value_type = Option<super::body::Money>, example = "70.00")]
    #[serde(default)]
    amount: Given<Price>,
    /// ISO 4217; the account's unless given.
    #[schema(value_type = Option<String>, example = "EUR")]
    #[serde(default)]
    currency: Given<Box<str>>,
    /// For people.
    #[schema(value_type = Option<String>, example = "Invoice 7")]
    #[serde(default)]
    note: Given<Box<str>>,
}

impl CostBody {
    /// Sets the fields that are given.
    fn change(
        &self,
        old: Option<&PeriodCost>,
        blank: Blank,
        state: &catalog::State,
    ) -> Result<PeriodCost, CatalogError> {
        let Blank {
            id,
            account,
            now_ms,
        } = blank;
        let settings = settings(state, account);
        let zone = zone(&settings);
        let read = |field: &'static str, given: &Given<String>, old: Option<i64>| match given {
            Given::Absent => old.ok_or_else(|| required(field)),
            Given::Null => Err(required(field)),
            Given::Value(text) => minute_on_quarter(field, text, zone),
        };
        Ok(PeriodCost {
            id,
            account,
            object: self.object(state, account, old)?,
            from: read("from", &self.from, old.map(|old| old.from))?,
            to: read("to", &self.to, old.map(|old| old.to))?,
            amount: match (&self.amount, old) {
                (Given::Value(amount), _) => *amount,
                (Given::Absent, Some(old)) => old.amount,
                _ => return Err(required("amount")),
            },
            currency: match (&self.currency, old) {
                (Given::Value(currency), _) => currency.clone(),
                (Given::Absent, Some(old)) => old.currency.clone(),
                _ => settings.currency().into(),
            },
            note: match (&self.note, old) {
                (Given::Value(note), _) => Some(note.clone()),
                (Given::Absent, Some(old)) => old.note.clone(),
                _ => None,
            },
            created_ms: old.map_or(now_ms, |old| old.created_ms),
            changed_ms: now_ms,
        })
    }

    /// The link or the campaign, one of which there must be.
    fn object(
        &self,
        state: &catalog::State,
        account: EntityId,
        old: Option<&PeriodCost>,
    ) -> Result<EntityId, CatalogError> {
        let named = |given: &Given<String>| match given {
            Given::Value(text) => Some(text.clone()),
            _ => None,
        };
        let unknown = |field, what| move || CatalogError::invalid(field, what);
        match (named(&self.link), named(&self.campaign), old) {
            (Some(_), Some(_), _) => {
                let why = "and `campaign` cannot be given both: a cost is of one of them";
                Err(CatalogError::invalid("link", why))
            }
            (Some(link), None, _) => {
                let found = state.links.find(account, &link).map(|link| link.id);
                found.ok_or_else(unknown(
                    "link",
                    "must be the id or the slug of a link of this account",
                ))
            }
            (None, Some(campaign), _) => {
                let found = state.campaigns.find(account, &campaign).map(|row| row.id);
                found.ok_or_else(unknown(
                    "campaign",
                    "must be the id or the name of a campaign of this account",
                ))
            }
            (None, None, Some(old)) => Ok(old.object),
            (None, None, None) => {
                let why = "or `campaign` is required";
                Err(CatalogError::invalid("link", why))
            }
        }
    }
}

/// What a cost has before anything is said of it.
struct Blank {
    id: Box<str>,
    account: EntityId,
    now_ms: i64,
}

fn required(field: &'static str) -> CatalogError {
    CatalogError::invalid(field, "is required")
}

fn minute_on_quarter(field: &'static str, text: &str, zone: Tz) -> Result<i64, CatalogError> {
    let why = "must be RFC 3339 on a quarter of an hour, such as 2026-11-22T10:15:00Z, or a date";
    instant(text, zone).ok_or_else(|| CatalogError::invalid(field, why))
}

pub(super) fn settings(state: &catalog::State, account: EntityId) -> AccountSettings {
    let account = state.account(account);
    account.map_or_else(AccountSettings::default, |account| account.settings.clone())
}

pub(super) fn zone(settings: &AccountSettings) -> Tz {
    settings.timezone.parse().unwrap_or(Tz::UTC)
}

/// A cost as clients see it.
pub(super) fn view_amid(state: &catalog::State, cost: &PeriodCost) -> CostView {
    CostView::new(cost, zone(&settings(state, cost.account)))
}

impl Entry for PeriodCost {
    type View = CostView;
    const PATH: &'static str = "costs";

    fn find<'a>(state: &'a catalog::State, account: EntityId, id: &str) -> Option<&'a Arc<Self>> {
        state.cost(account, id)
    }

    fn all(state: &catalog::State, account: EntityId) -> impl Iterator<Item = &Arc<Self>> {
        state.costs_of(account)
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn view(&self, state: &catalog::State) -> CostView {
        view_amid(state, self)
    }

    fn put(self) -> Change {
        Change::PutCost(self)
    }

    fn delete(account: EntityId, id: Box<str>) -> Change {
        Change::DeleteCost { account, id }
    }
}

/// Says what was paid for a link or a campaign in a period
///
/// It is spread over the clicks of people in the period, and is in `cost`, `profit` and `roi` of `/v1/stats` from then
/// on, also of what was clicked before.
#[utoipa::path(
    post, path = "/v1/costs", tag = "Costs",
    request_body = CostBody,
    responses(
        (status = 201, description = "As it was taken.", body = CostView),
        Refusals<(Key, refusals::Body, Commit, Again)>,
    ),
    security(("key" = ["create"])),
)]
pub(crate) async fn create_cost(
    State(app): State<Arc<App>>,
    Creator(caller): Creator,
    Sent { body, once }: Sent<CostBody>,
) -> Result<Response, Problem> {
    let id: Box<str> = new_cost_id(&*app.env.random).into();
    let now_ms = app.env.clock.now_ms();
    let make = |state: &catalog::State| {
        let blank = Blank {
            id: id.clone(),
            account: caller.account,
            now_ms,
        };
        body.change(None, blank, state)
    };
    entries::create(&app, &caller, once.as_ref(), make).await
}

/// Lists what was paid in periods, in the order of ids
#[utoipa::path(
    get, path = "/v1/costs", tag = "Costs",
    params(Page),
    responses(
        (status = 200, description = "A page of them.", body = List<CostView>),
        Refusals<(Key, Query)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn list_costs(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    Params(page): Params<Page>,
) -> Result<Json<List<CostView>>, Problem> {
    entries::list(&app, caller.account, &page, |_: &PeriodCost| true)
}

/// Shows what was paid in a period
#[utoipa::path(
    get, path = "/v1/costs/{id}", tag = "Costs",
    params(("id" = String, Path, description = "Its id.", example = "cst_0000000000004")),
    responses(
        (status = 200, description = "As it is.", body = CostView),
        Refusals<(Key, Name, Nothing)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn read_cost(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    Segment(id): Segment,
) -> Result<Json<CostView>, Problem> {
    entries::read::<PeriodCost>(&app, caller.account, &id)
}

/// Changes the fields of a cost that are given: numbers are restated at once
#[utoipa::path(
    patch, path = "/v1/costs/{id}", tag = "Costs",
    params(("id" = String, Path, description = "Its id.", example = "cst_0000000000004")),
    request_body = CostBody,
    responses(
        (status = 200, description = "As it is now.", body = CostView),
        Refusals<(Key, Name, refusals::Body, Commit, Stale)>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn change_cost(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    Segment(id): Segment,
    if_match: IfMatch,
    Body(body): Body<CostBody>,
) -> Result<Json<CostView>, Problem> {
    let now_ms = app.env.clock.now_ms();
    let change = |state: &catalog::State, old: &PeriodCost| {
        let blank = Blank {
            id: old.id.clone(),
            account: caller.account,
            now_ms: old.changed_ms,
        };
        let mut new = body.change(Some(old), blank, state)?;
        if new != *old {
            new.changed_ms = now_ms;
        }
        Ok(new)
    };
    entries::change(&app, &caller, &id, &if_match, change).await
}

/// Forgets what was paid in a period: numbers are restated at once
#[utoipa::path(
    delete, path = "/v1/costs/{id}", tag = "Costs",
    params(("id" = String, Path, description = "Its id.", example = "cst_0000000000004")),
    responses(
        (status = 204, description = "It is in no number any more."),
        Refusals<(Key, Name, Commit, Stale)>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn delete_cost(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    Segment(id): Segment,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    entries::delete::<PeriodCost>(&app, &caller, &id, &if_match).await
}
