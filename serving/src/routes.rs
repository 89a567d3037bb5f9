//! Every route of the API: its handler, which says what it takes and answers, and a line here.

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::HttpBody,
    extract::Request,
    middleware::{Next, from_fn, from_fn_with_state, map_response},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use utoipa_axum::{router::OpenApiRouter, routes};
use web::Problem;

use crate::{
    api::{
        accounts, annotations, api_keys, bulk, campaigns, cancel, changes, costs, domains,
        erased_accounts, erasures, events, goals, jobs, links, pixels, plans,
        preconditions::tagged, prometheus, rejected, restatements, segments, shares, simulate,
        tenants, totals, webhooks,
    },
    app::App,
    assets, audit, cors, forecasts, live,
    openapi::{self, Document},
    rates, receipts, stats,
};

/// All that is documented.
fn documented() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(stats::get_stats))
        .routes(routes!(events::list_events))
        .routes(routes!(events::query_events))
        .routes(routes!(cancel::cancel_query))
        .routes(routes!(prometheus::get_metrics))
        .routes(routes!(live::get_live))
        .routes(routes!(totals::list_totals))
        .routes(routes!(totals::put_totals, totals::delete_totals))
        .routes(routes!(receipts::get_receipt))
        .routes(routes!(forecasts::get_forecasts))
        .routes(routes!(links::list, links::create))
        .routes(routes!(links::read, links::change, links::delete))
        .routes(routes!(simulate::simulate_link))
        .routes(routes!(
            bulk::create_many_links,
            bulk::change_many_links,
            bulk::put_many_links,
            bulk::delete_many_links
        ))
        .routes(routes!(domains::list_domains, domains::add_domain))
        .routes(routes!(
            domains::read_domain,
            domains::change_domain,
            domains::delete_domain
        ))
        .routes(routes!(domains::verify_domain))
        .routes(routes!(pixels::list, pixels::create))
        .routes(routes!(pixels::read, pixels::change, pixels::delete))
        .routes(routes!(goals::list, goals::create))
        .routes(routes!(goals::read, goals::change, goals::delete))
        .routes(routes!(campaigns::list, campaigns::create))
        .routes(routes!(
            campaigns::read,
            campaigns::change,
            campaigns::delete
        ))
        .routes(routes!(costs::list_costs, costs::create_cost))
        .routes(routes!(
            costs::read_cost,
            costs::change_cost,
            costs::delete_cost
        ))
        .routes(routes!(accounts::list_accounts, accounts::create_account))
        .routes(routes!(
            tenants::read_any_account,
            tenants::change_any_account,
            erased_accounts::erase_account
        ))
        .routes(routes!(tenants::change_quotas))
        .routes(routes!(tenants::suspend_account, tenants::resume_account))
        .routes(routes!(accounts::read_account, accounts::change_account))
        .routes(routes!(accounts::read_usage))
        .routes(routes!(erased_accounts::read_account_erasure))
        .routes(routes!(plans::list_plans))
        .routes(routes!(
            plans::read_plan,
            plans::put_plan,
            plans::delete_plan
        ))
        .routes(routes!(api_keys::list_keys, api_keys::create_key))
        .routes(routes!(api_keys::revoke_key))
        .routes(routes!(api_keys::rotate_key))
        .routes(routes!(segments::list_segments, segments::create_segment))
        .routes(routes!(
            segments::read_segment,
            segments::change_segment,
            segments::delete_segment
        ))
        .routes(routes!(erasures::list_erasures, erasures::create_erasure))
        .routes(routes!(erasures::read_erasure))
        .routes(routes!(shares::list_shares, shares::create_share))
        .routes(routes!(shares::read_share, shares::delete_share))
        .routes(routes!(
            annotations::list_annotations,
            annotations::create_annotation
        ))
        .routes(routes!(
            annotations::read_annotation,
            annotations::change_annotation,
            annotations::delete_annotation
        ))
        .routes(routes!(webhooks::list_webhooks, webhooks::create_webhook))
        .routes(routes!(
            webhooks::read_webhook,
            webhooks::change_webhook,
            webhooks::delete_webhook
        ))
        .routes(routes!(webhooks::test_webhook))
        .routes(routes!(webhooks::rotate_webhook))
        .routes(routes!(webhooks::list_deliveries))
        .routes(routes!(rejected::list_rejected))
        .routes(routes!(restatements::list_restatements))
        .routes(routes!(changes::list_changes))
        .routes(routes!(changes::undo_change))
        .routes(routes!(audit::get_audit))
        .routes(routes!(jobs::list_jobs))
        .routes(routes!(jobs::list_runs, jobs::start_run))
        .routes(routes!(openapi::get_document))
}

/// The document of all routes.
#[cfg(test)]
pub(crate) fn document() -> serde_json::Value {
    openapi::document(documented().into_openapi())
}

/// All routes, those of the dashboard and of the reference too. They have no fallback, so that
/// they can be merged with others: see [`with_fallbacks`].
pub(crate) fn router(app: Arc<App>) -> Router {
    let (router, said) = documented().split_for_parts();
    let text = openapi::document(said).to_string();
    router
        .layer(Extension(Document(text.into())))
        .layer(from_fn(tagged))
        .layer(from_fn_with_state(Arc::clone(&app), rates::limited))
        .layer(map_response(private))
        .layer(from_fn(unread))
        .with_state(app)
        .merge(assets::routes())
}

/// Answers whatever else is asked of `router` with a problem.
pub(crate) fn with_fallbacks(router: Router, app: Arc<App>) -> Router {
    let nothing = || async { Problem::not_found("there is nothing at this address") };
    let not_so = || async {
        let detail = "this address does not take this method; the header Allow says which it does";
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
    };
    router
        .fallback(nothing)
        .method_not_allowed_fallback(not_so)
        // A browser asks with OPTIONS, which no route takes.
        .layer(from_fn_with_state(app, cors::allowed_origins))
}

/// What is refused before its body is read to the end ends the connection: the rest of the body stands where the next
/// request would. Clients that keep connections are told, or their next request would fail.
async fn unread(request: Request, next: Next) -> Response {
    let has_body = !request.body().is_end_stream();
    let mut response = next.run(request).await;
    let is_early = matches!(
        response.status(),
        StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::REQUEST_TIMEOUT
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::SERVICE_UNAVAILABLE
    );
    if has_body && is_early {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}

/// Answers are for the caller alone, and are what they say they are.
async fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}
