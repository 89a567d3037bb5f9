//! `GET /v1/forecasts`: what the newest run of predictions says of one entity.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{FromRef, State},
    routing::get,
};
use handover::forecasts::{self, Forecast, Grain, LEDGER, Made, Point};
use model::{EntityId, time::rfc3339};
use serde::Deserialize;
use serde_json::{Value, json};
use storage::{ledger::Ledger, store::Store};
use web::Problem;

use crate::api::{Api, auth::Reader, params::Params};

/// What forecasts are answered from. Cheap to clone.
#[derive(Clone)]
struct Forecasts(Arc<ForecastsApi>);

struct ForecastsApi {
    api: Arc<Api>,
    store: Store,
    ledger: Ledger,
}

impl FromRef<Forecasts> for Arc<Api> {
    fn from_ref(forecasts: &Forecasts) -> Self {
        Arc::clone(&forecasts.0.api)
    }
}

/// The route of this module.
pub(crate) fn routes(api: Arc<Api>, store: Store) -> Router {
    let ledger = Ledger::new(Arc::clone(&store), LEDGER);
    let state = Forecasts(Arc::new(ForecastsApi { api, store, ledger }));
    Router::new()
        .route("/v1/forecasts", get(get_forecasts))
        .with_state(state)
}

/// What is asked for. Without an entity: the account; without a grain: both.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Asked {
    grain: Option<Wanted>,
    /// `account`, or an id.
    entity: Option<String>,
    /// The id or the slug of a link.
    link: Option<String>,
    /// The id or the name of a campaign.
    campaign: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    Hourly,
    Daily,
}

impl Asked {
    /// Whether forecasts of this grain are wanted.
    fn wants(&self, grain: Grain) -> bool {
        match self.grain {
            None => true,
            Some(Wanted::Hourly) => grain == Grain::Hour,
            Some(Wanted::Daily) => grain == Grain::Day,
        }
    }

    /// The entity that is asked about. Nobody is told of entities of others.
    fn entity(&self, state: &catalog::State, account: EntityId) -> Result<EntityId, Problem> {
        let found = match (&self.entity, &self.link, &self.campaign) {
            (None, None, None) => return Ok(account),
            (Some(word), None, None) if word == "account" => return Ok(account),
            (Some(id), None, None) => {
                let wrong = |e: model::IdError| Problem::bad_request("invalid_id", e.to_string());
                Some(id.parse().map_err(wrong)?)
            }
            (None, Some(link), None) => {
                let links = &state.links;
                let id = link.parse().ok().and_then(|id| links.get(id));
                id.or_else(|| links.named(0, link)).map(|row| row.id)
            }
            (None, None, Some(name)) => {
                let campaigns = &state.campaigns;
                let id = name.parse().ok().and_then(|id| campaigns.get(id));
                let row = id.or_else(|| campaigns.named(account.raw, name));
                row.map(|row| row.id)
            }
            _ => {
                let detail = "give only one of `entity`, `link` and `campaign`";
                return Err(Problem::bad_request("invalid_query", detail));
            }
        };
        let own = |id: &EntityId| state.describe(*id).is_some_and(|d| d.account == account);
        let nothing = || Problem::not_found("this account has no such link, campaign or object");
        found.filter(own).ok_or_else(nothing)
    }
}

/// Forecasts of the caller's account or of something in it; none is no error.
async fn get_forecasts(
    State(Forecasts(state)): State<Forecasts>,
    Reader(caller): Reader,
    Params(asked): Params<Asked>,
) -> Result<Json<Value>, Problem> {
    let catalog = &state.api.catalog;
    let entity = catalog.read(|catalog| asked.entity(catalog, caller.account))?;
    let newest = state.ledger.latest::<Made>().await.map_err(unavailable)?;
    let made = newest.map(|entry| entry.body);
    let found = match &made {
        Some(made) => forecasts::read(&state.store, made, entity).await,
        None => Ok(Vec::new()),
    };
    let found = found.map_err(unavailable)?;
    let results = found.iter().filter(|forecast| asked.wants(forecast.grain));
    Ok(Json(json!({
        "results": results.map(view).collect::<Vec<_>>(),
        "meta": {
            "entity": entity,
            "manifest": made.as_ref().map(|made| made.manifest),
            "made_at": made.as_ref().map(|made| rfc3339(made.made_ms)),
        },
    })))
}

fn unavailable(error: impl std::error::Error) -> Problem {
    tracing::warn!(%error, "forecasts cannot be read");
    let detail = "the forecasts cannot be read now; try again";
    Problem::unavailable("store_unavailable", detail, 5)
}

fn view(forecast: &Forecast) -> Value {
    let point = |point: &Point| {
        json!({
            "time": rfc3339(point.time_ms),
            "value": point.value,
            "lower_80": point.lower_80,
            "upper_80": point.upper_80,
            "lower_95": point.lower_95,
            "upper_95": point.upper_95,
        })
    };
    json!({
        "entity": forecast.entity,
        "grain": match forecast.grain {
            Grain::Hour => "hourly",
            Grain::Day => "daily",
        },
        "model": forecast.model,
        "made_at": rfc3339(forecast.made_ms),
        "backtest": forecast.backtest,
        "points": forecast.points.iter().map(point).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests;
