//! Numbers: settled (batch views of one manifest) plus live (cells of epochs beyond it).

mod answer;
mod arrow;
mod asked;
pub(crate) mod calendar;
mod compare;
mod csv;
pub(crate) mod events;
mod extras;
pub(crate) mod filters;
mod group_by;
mod groups;
#[cfg(test)]
mod hostile;
pub(crate) mod imported;
mod incomplete;
mod list;
pub(crate) mod live;
mod merge;
mod metric;
mod money;
mod period_costs;
mod query;
pub(crate) mod range;
mod rates;
pub(crate) mod settled;
mod spread;
#[cfg(test)]
mod tests;
mod timeline;
mod uniques;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use model::EntityId;
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task::block_in_place,
};
use web::Problem;

pub(crate) use self::{
    answer::answer, asked::StatsQuery, calendar::Interval, filters::FilterParams, live::Age,
    metric::Metric, query::Query,
};
use crate::{
    api::{auth::Viewer, shares},
    api_types::Stats,
    app::App,
    openapi::refusals::{
        EventsAsked, Key, Nothing, Question, Refusals, StoreDown, TooMany, ViewsDown,
    },
};

/// Numbers of the account, or of one of its objects
///
/// Settled and live together, exact at every moment. If something is missing, `meta.complete` is
/// false and `meta.missing` says what. Rows add up to the totals; what `limit` cuts off is in a
/// row with `other`. With `Accept: text/csv` the rows are comma-separated values, with
/// `application/vnd.apache.arrow.stream` an Arrow IPC stream.
#[utoipa::path(
    get, path = "/v1/stats", tag = "Numbers",
    params(StatsQuery, FilterParams),
    responses(
        (status = 200, description = "The numbers.", body = Stats),
        Refusals<(Key, Question, Nothing, StoreDown, (ViewsDown, EventsAsked, TooMany))>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn get_stats(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    headers: HeaderMap,
    asked: StatsQuery,
) -> Result<Response, Problem> {
    // Held until the answer is written: thousands of buckets take their time before and after they are counted.
    let _turn = app.turn(viewer.side()).await?;
    let asked = shares::within(&app, &viewer, asked)?;
    let written = async {
        let query = understand(&app, &viewer, &asked)?;
        shares::check_money(&viewer, &query)?;
        let entity = query.entity(&app.catalog, viewer.account)?;
        let mut numbers = answer(&app, entity, &query, Age::Now).await?;
        if let Some(compare) = asked.compare()? {
            let before = query.compared(compare, &numbers.meta.as_of)?;
            let before_answer = answer(&app, entity, &before, Age::Now).await?;
            numbers.comparison = Some(before.comparison(before_answer));
        }
        if web::accepts(&headers, "text/csv") {
            let kind = [(header::CONTENT_TYPE, "text/csv; charset=utf-8")];
            return Ok((kind, csv::csv(&numbers)?).into_response());
        }
        if web::accepts(&headers, arrow::KIND) {
            let kind = [(header::CONTENT_TYPE, arrow::KIND)];
            return Ok((kind, arrow::arrow(&numbers)?).into_response());
        }
        Ok(Json(numbers).into_response())
    };
    apart(written).await
}

/// Runs what may take long without a pause where it holds up nobody else: what waits on this thread goes on on
/// another.
async fn apart<T>(work: impl Future<Output = T>) -> T {
    let runtime = Handle::current();
    match runtime.runtime_flavor() {
        RuntimeFlavor::MultiThread => block_in_place(|| runtime.block_on(work)),
        _ => work.await,
    }
}

/// What the caller means by it, now.
pub(crate) fn understand(app: &App, viewer: &Viewer, asked: &StatsQuery) -> Result<Query, Problem> {
    understand_of(app, viewer.account, asked)
}

/// What it means to an account, now.
pub(crate) fn understand_of(
    app: &App,
    account: EntityId,
    asked: &StatsQuery,
) -> Result<Query, Problem> {
    let account = app.catalog.account(account);
    let settings = account.map(|account| account.settings.clone());
    asked.understand(&settings.unwrap_or_default(), app.env.clock.now_ms())
}
