//! `GET /v1/forecasts`: what the newest run of predictions says of one entity.

use std::sync::Arc;

use axum::{Json, extract::State};
use handover::forecasts::{self, Grain, Made};
use model::EntityId;
use serde::Deserialize;
use storage::error::StorageError;
use utoipa::{IntoParams, ToSchema};
use web::Problem;

use crate::{
    api::{auth::Reader, params::Params},
    api_types::{ForecastMeta, Forecasts},
    app::App,
    openapi::refusals::{Id, Key, Nothing, Query, Refusals, StoreDown},
};

/// What is asked for. Without an entity: the account; without a grain: both.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Only those with points so far apart.
    #[param(inline, example = "hourly")]
    grain: Option<Wanted>,
    /// `account`, or an id.
    #[param(example = "account")]
    entity: Option<String>,
    /// The id or the slug of a link.
    #[param(example = "spring")]
    link: Option<String>,
    /// The id or the name of a campaign.
    #[param(example = "Spring")]
    campaign: Option<String>,
}

/// A distance between points.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
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
            (None, Some(link), None) => state.links.find(account, link).map(|row| row.id),
            (None, None, Some(name)) => state.campaigns.find(account, name).map(|row| row.id),
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

/// Forecasts of the account or of something in it
///
/// Those of the newest run; none is no error. Give one of `entity`, `link` and `campaign` at most.
#[utoipa::path(
    get, path = "/v1/forecasts", tag = "Forecasts",
    params(Asked),
    responses(
        (status = 200, description = "The forecasts.", body = Forecasts),
        Refusals<(Key, Query, Id, Nothing, StoreDown)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn get_forecasts(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    Params(asked): Params<Asked>,
) -> Result<Json<Forecasts>, Problem> {
    let find = |state: &catalog::State| asked.entity(state, caller.account);
    let entity = app.catalog.read(find)?;
    let newest = app.forecasts.latest::<Made>().await?;
    let made = newest.map(|entry| entry.body);
    let found = match &made {
        Some(made) => forecasts::read(&app.env.store, made, entity).await,
        None => Ok(Vec::new()),
    };
    let found = found.map_err(StorageError::from)?;
    let results = found.iter().filter(|forecast| asked.wants(forecast.grain));
    Ok(Json(Forecasts {
        results: results.map(Into::into).collect(),
        meta: ForecastMeta::new(entity, made.as_ref()),
    }))
}

#[cfg(test)]
mod tests;
