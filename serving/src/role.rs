//! The API as a role.

use std::{sync::Arc, time::Duration};

use storage::bell::Look;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use web::{Health, health_routes};

use crate::{
    app::App,
    deps::{ServingDeps, ServingSettings},
    routes,
};

/// How often new links, logs and manifests are looked for.
const FOLLOW: Duration = Duration::from_secs(1);

/// Serves the API on `listener` until `shutdown`.
pub async fn run(
    deps: ServingDeps,
    settings: ServingSettings,
    listener: TcpListener,
    shutdown: CancellationToken,
) {
    let (health, server) = (deps.health.clone(), settings.server.clone());
    let doors = health.clone();
    let app = Arc::new(App::new(deps, settings));
    let following = tokio::spawn(follow(Arc::clone(&app), health, shutdown.clone()));
    let whole = Arc::clone(&app);
    let router = routes::router(app).merge(health_routes(doors, None));
    web::serve(
        listener,
        routes::with_fallbacks(router, whole),
        server,
        shutdown,
    )
    .await;
    if let Err(error) = following.await {
        tracing::error!(%error, "the follower of the API failed");
    }
}

async fn follow(app: Arc<App>, health: Health, shutdown: CancellationToken) {
    let look = Look::new(app.env.bell.clone(), FOLLOW);
    while !shutdown.is_cancelled() {
        let begun = look.begin();
        let fresh = app.overview.follow().await;
        let followed = app.catalog.follow_bell().await;
        if let Err(error) = &followed {
            tracing::warn!(%error, "the catalog could not be followed");
        }
        match fresh.is_ok() && followed.is_ok() {
            true => {
                look.done(begun);
                health.up("serve");
            }
            false => health.down(
                "serve",
                "the object store does not answer; numbers may be old",
            ),
        }
        app.catalog.store_uses_now_and_then().await;
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = look.due() => {}
        }
    }
}
