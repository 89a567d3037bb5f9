//! Accounts as whoever runs the installation sees and changes them: plan, quotas, suspension.

use std::sync::Arc;

use axum::{Json, extract::State};
use catalog::{Account, By, CatalogError, Change, Suspension};
use model::EntityId;
use serde::Deserialize;
use utoipa::ToSchema;
use web::Problem;

use super::{
    auth::Operator,
    body::{Body, Given},
    failure::problem,
    params::Segment,
    quotas::QuotasBody,
};
use crate::{
    api_types::AccountView,
    app::App,
    openapi::refusals::{self, Commit, Id, Key, Nothing, Refusals},
};

/// Shows an account
#[utoipa::path(
    get, path = "/v1/accounts/{id}", tag = "Accounts",
    params(("id" = String, Path, description = "The account's id.", example = "acc_0000000000001")),
    responses(
        (status = 200, description = "As it is.", body = AccountView),
        Refusals<(Key, Id, Nothing)>,
    ),
    security(("admin_token" = [])),
)]
pub(crate) async fn read_any_account(
    State(app): State<Arc<App>>,
    _: Operator,
    Segment(id): Segment,
) -> Result<Json<AccountView>, Problem> {
    let id = parsed(&id)?;
    let view = app.catalog.read(|state| {
        let account = state.account(id);
        account.map(|account| AccountView::new(state, account))
    });
    let view = view.ok_or_else(|| Problem::not_found("there is no such account"));
    view.map(Json)
}

/// What whoever runs the installation sets of an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanOfAccountBody {
    /// The name of its plan; null: none, so that it has what the plan `default` says.
    #[schema(value_type = Option<String>, example = "pro")]
    #[serde(default)]
    plan: Given<Box<str>>,
}

/// Gives an account another plan
///
/// It holds everywhere within seconds. What the account has beyond it, it keeps, and makes no more; but where events may be kept for less long, they go
/// with the next rollup, for good.
#[utoipa::path(
    patch, path = "/v1/accounts/{id}", tag = "Accounts",
    params(("id" = String, Path, description = "The account's id.", example = "acc_0000000000001")),
    request_body = PlanOfAccountBody,
    responses(
        (status = 200, description = "As it is now.", body = AccountView),
        Refusals<(Key, Id, refusals::Body, Commit)>,
    ),
    security(("admin_token" = [])),
)]
pub(crate) async fn change_any_account(
    State(app): State<Arc<App>>,
    _: Operator,
    Segment(id): Segment,
    Body(body): Body<PlanOfAccountBody>,
) -> Result<Json<AccountView>, Problem> {
    put(&app, &id, |account| body.plan.set(&mut account.plan)).await
}

/// Sets how much an account may have, whatever its plan says; null takes that back
///
/// Quotas hold where several accounts share an installation. How long events may be kept, how many streams and questions there may be at once, and another
/// number of requests than the usual one hold always.
#[utoipa::path(
    patch, path = "/v1/accounts/{id}/quotas", tag = "Accounts",
    params(("id" = String, Path, description = "The account's id.", example = "acc_0000000000001")),
    request_body = QuotasBody,
    responses(
        (status = 200, description = "As it is now.", body = AccountView),
        Refusals<(Key, Id, refusals::Body, Commit)>,
    ),
    security(("admin_token" = [])),
)]
pub(crate) async fn change_quotas(
    State(app): State<Arc<App>>,
    _: Operator,
    Segment(id): Segment,
    Body(body): Body<QuotasBody>,
) -> Result<Json<AccountView>, Problem> {
    put(&app, &id, |account| body.set(&mut account.quotas)).await
}

/// Why an account is suspended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuspensionBody {
    /// For the account's people: it stands in what they are answered.
    #[schema(value_type = String, example = "phishing")]
    reason: Box<str>,
}

/// Suspends an account: it may do nothing, and nothing of it is lost
///
/// Its keys and shares are answered 403 with the reason, streams end, its links answer 410, its pixels count nothing, and
/// events and conversions are refused. It is heard of everywhere within seconds.
#[utoipa::path(
    put, path = "/v1/accounts/{id}/suspension", tag = "Accounts",
    params(("id" = String, Path, description = "The account's id.", example = "acc_0000000000001")),
    request_body = SuspensionBody,
    responses(
        (status = 200, description = "As it is now.", body = AccountView),
        Refusals<(Key, Id, refusals::Body, Commit)>,
    ),
    security(("admin_token" = [])),
)]
pub(crate) async fn suspend_account(
    State(app): State<Arc<App>>,
    _: Operator,
    Segment(id): Segment,
    Body(body): Body<SuspensionBody>,
) -> Result<Json<AccountView>, Problem> {
    let since_ms = app.env.clock.now_ms();
    let suspend = |account: &mut Account| {
        let before = account.suspended.as_ref();
        let is_erased = before.is_some_and(|it| it.is_erased);
        let before = before.map(|it| it.since_ms);
        account.suspended = Some(Suspension {
            is_erased,
            since_ms: before.unwrap_or(since_ms),
            reason: body.reason.clone(),
        });
    };
    put(&app, &id, suspend).await
}

/// Ends the suspension of an account; one that is erased stays so
#[utoipa::path(
    delete, path = "/v1/accounts/{id}/suspension", tag = "Accounts",
    params(("id" = String, Path, description = "The account's id.", example = "acc_0000000000001")),
    responses(
        (status = 200, description = "As it is now.", body = AccountView),
        Refusals<(Key, Id, Commit)>,
    ),
    security(("admin_token" = [])),
)]
pub(crate) async fn resume_account(
    State(app): State<Arc<App>>,
    _: Operator,
    Segment(id): Segment,
) -> Result<Json<AccountView>, Problem> {
    let is_kept = |it: &Suspension| it.is_erased;
    let resume =
        |account: &mut Account| account.suspended = account.suspended.take().filter(is_kept);
    put(&app, &id, resume).await
}

/// Changes an account, as whoever runs the installation.
async fn put(
    app: &App,
    id: &str,
    change: impl Fn(&mut Account),
) -> Result<Json<AccountView>, Problem> {
    let id = parsed(id)?;
    let mut changed = None;
    let decide = |state: &catalog::State| {
        let old = state
            .account(id)
            .ok_or_else(|| CatalogError::not_found(id))?;
        let mut new = Account::clone(old);
        change(&mut new);
        let is_erased = old.suspended.as_ref().is_some_and(|it| it.is_erased);
        if is_erased && new.plan.is_some() {
            return Err(CatalogError::invalid("plan", "this account is erased"));
        }
        changed = Some(AccountView::new(state, &new));
        Ok(match new == **old {
            true => Vec::new(),
            false => vec![Change::PutAccount(new)],
        })
    };
    let committed = app.catalog.commit_by(&By::Operator, decide).await;
    committed.map_err(problem)?;
    let changed = changed.ok_or_else(|| Problem::internal("a change decided nothing"))?;
    Ok(Json(changed))
}

fn parsed(id: &str) -> Result<EntityId, Problem> {
    let wrong = |e: model::IdError| Problem::bad_request("invalid_id", e.to_string());
    id.parse().map_err(wrong)
}
