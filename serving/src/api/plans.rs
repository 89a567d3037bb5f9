//! Plans: quotas under a name, made by whoever runs the installation.

use std::sync::Arc;

use axum::{Json, extract::State};
use catalog::{By, CatalogError, Change, Plan, SomeQuotas};
use http::StatusCode;
use web::Problem;

use super::{
    auth::Operator,
    body::Body,
    failure::problem,
    page::{self, Page},
    params::{Params, Segment},
    quotas::QuotasBody,
};
use crate::{
    api_types::{List, PlanView},
    app::App,
    openapi::refusals::{self, Commit, InUse, Key, Name, Nothing, Query, Refusals},
};

/// Lists all plans
#[utoipa::path(
    get, path = "/v1/plans", tag = "Plans",
    params(Page),
    responses(
        (status = 200, description = "A page of them, in the order of their names.", body = List<PlanView>),
        Refusals<(Key, Query)>,
    ),
    security(("admin_token" = [])),
)]
pub(crate) async fn list_plans(
    State(app): State<Arc<App>>,
    _: Operator,
    Params(page): Params<Page>,
) -> Result<Json<List<PlanView>>, Problem> {
    let limit = page.limit()?;
    let after = page.after(|text| Some(text.to_owned()))?;
    let is_next = |plan: &&Arc<Plan>| after.as_deref().is_none_or(|after| &*plan.name > after);
    let list = app.catalog.read(|state| {
        let rows = state.plans().filter(is_next).take(limit + 1).collect();
        let name = |row: &&Arc<Plan>| row.name.to_string();
        page::answer(rows, limit, name, |row| PlanView::new(state, row))
    });
    Ok(Json(list))
}

/// Shows a plan
#[utoipa::path(
    get, path = "/v1/plans/{name}", tag = "Plans",
    params(("name" = String, Path, description = "Its name.", example = "pro")),
    responses(
        (status = 200, description = "As it is.", body = PlanView),
        Refusals<(Key, Name, Nothing)>,
    ),
    security(("admin_token" = [])),
)]
pub(crate) async fn read_plan(
    State(app): State<Arc<App>>,
    _: Operator,
    Segment(name): Segment,
) -> Result<Json<PlanView>, Problem> {
    let view = app.catalog.read(|state| {
        let plan = state.plan(&name);
        plan.map(|plan| PlanView::new(state, plan))
    });
    let view = view.ok_or_else(|| CatalogError::no_plan(&name));
    view.map(Json).map_err(problem)
}

/// Makes a plan, or puts another one in its place
///
/// What the body does not name is as in the plan `default`, or usual where that does not name it. So `default` is what accounts have of which nothing else
/// is said. What an account has by its plan changes with it, everywhere within seconds. Where events may be kept for less long than before, they go with
/// the next rollup, for good.
#[utoipa::path(
    put, path = "/v1/plans/{name}", tag = "Plans",
    params(("name" = String, Path, description = "1 to 64 letters, digits, `.`, `_` or `-`.", example = "pro")),
    request_body = QuotasBody,
    responses(
        (status = 200, description = "As it is now.", body = PlanView),
        Refusals<(Key, Name, refusals::Body, Commit)>,
    ),
    security(("admin_token" = [])),
)]
pub(crate) async fn put_plan(
    State(app): State<Arc<App>>,
    _: Operator,
    Segment(name): Segment,
    Body(body): Body<QuotasBody>,
) -> Result<Json<PlanView>, Problem> {
    let now_ms = app.env.clock.now_ms();
    let mut quotas = SomeQuotas::default();
    body.set(&mut quotas);
    let mut view = None;
    let decide = |state: &catalog::State| {
        let old = state.plan(&name);
        let new = Plan {
            name: name.as_str().into(),
            quotas,
            created_ms: old.map_or(now_ms, |old| old.created_ms),
        };
        view = Some(PlanView::new(state, &new));
        Ok(match old.is_some_and(|old| **old == new) {
            true => Vec::new(),
            false => vec![Change::PutPlan(new)],
        })
    };
    let committed = app.catalog.commit_by(&By::Operator, decide).await;
    committed.map_err(problem)?;
    let view = view.ok_or_else(|| Problem::internal("a change decided nothing"))?;
    Ok(Json(view))
}

/// Deletes a plan that no account has
#[utoipa::path(
    delete, path = "/v1/plans/{name}", tag = "Plans",
    params(("name" = String, Path, description = "Its name.", example = "pro")),
    responses(
        (status = 204, description = "There is none of this name any more."),
        Refusals<(Key, Name, Commit, InUse)>,
    ),
    security(("admin_token" = [])),
)]
pub(crate) async fn delete_plan(
    State(app): State<Arc<App>>,
    _: Operator,
    Segment(name): Segment,
) -> Result<StatusCode, Problem> {
    let decide = |_: &catalog::State| Ok(vec![Change::DeletePlan(name.as_str().into())]);
    let committed = app.catalog.commit_by(&By::Operator, decide).await;
    committed.map(|_| StatusCode::NO_CONTENT).map_err(problem)
}
