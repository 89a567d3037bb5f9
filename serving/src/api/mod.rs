//! Accounts, keys, links, pixels, goals, campaigns and jobs over HTTP.

mod accounts;
mod api_keys;
pub(crate) mod auth;
pub(crate) mod body;
mod bulk;
mod campaigns;
pub(crate) mod failure;
mod goals;
pub mod jobs;
mod links;
mod objects;
pub(crate) mod page;
pub(crate) mod params;
mod pixels;

use std::sync::Arc;

use axum::{Router, middleware::map_response, response::Response};
use catalog::{Campaign, Catalog, Goal, Pixel};
use http::{HeaderValue, StatusCode, header};
use model::{Clock, random::Randomness};
use tokio::sync::Semaphore;
use web::Problem;

use self::{auth::AdminToken, jobs::JobControl};

/// How many large bodies are read at once; the rest is asked to come again.
const LARGE_BODIES: usize = 8;

/// What the handlers work with.
pub(crate) struct Api {
    /// Accounts, keys and objects.
    pub catalog: Catalog,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Randomness>,
    /// The token of whoever runs the installation.
    pub admin_token: AdminToken,
    /// The scheduled jobs.
    pub jobs: Arc<dyn JobControl>,
    /// Where visitors reach the collector, for the addresses of links; `/` at its end or not.
    pub public_url: String,
    /// Room for large bodies: see [`Api::large_bodies`].
    pub large_bodies: Semaphore,
}

impl Api {
    /// Room for the large bodies of one process.
    pub(crate) fn large_bodies() -> Semaphore {
        Semaphore::new(LARGE_BODIES)
    }

    /// The public address of `path`, which has no `/` at its start.
    fn public(&self, path: &str) -> String {
        format!("{}/{path}", self.public_url.trim_end_matches('/'))
    }
}

/// All routes of this module. They have no fallback, so that they can be merged with others:
/// see [`with_fallbacks`].
pub(crate) fn routes(api: Arc<Api>) -> Router {
    Router::new()
        .merge(accounts::routes())
        .merge(api_keys::routes())
        .merge(links::routes())
        .merge(objects::routes::<Pixel>())
        .merge(objects::routes::<Goal>())
        .merge(objects::routes::<Campaign>())
        .merge(jobs::routes())
        .layer(map_response(private))
        .with_state(api)
}

/// Answers whatever else is asked of `router` with a problem.
pub(crate) fn with_fallbacks(router: Router) -> Router {
    let nothing = || async { Problem::not_found("there is nothing at this address") };
    let not_so = || async {
        let detail = "this address does not take this method; the header Allow says which it does";
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
    };
    router.fallback(nothing).method_not_allowed_fallback(not_so)
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

#[cfg(test)]
mod tests;
